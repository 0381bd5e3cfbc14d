/* roster - who is on call over a span of time, second by second, and how fairly it is shared. Pure but for calendars' files. */
#ifndef COMMON_ROSTER_H
#define COMMON_ROSTER_H

#include "common/duty.h"

enum { STINTS_MOST = 100000, STINT_AHEAD_S = 62 * DAY_S, NIGHT_BEGINS_S = 22 * 3600, NIGHT_ENDS_S = 6 * 3600 };

/* An unbroken time of one person. Each begins where the one before it ends. */
struct stint {
    int64_t from_s;
    int64_t until_s;
    const struct contact *contact; /* NULL for nobody */
    const char *by;                /* the rotation that names the contact at last */
    const char *why;               /* as struct shift has it */
    const char *trouble;           /* why there is nobody */
};

struct roster {
    struct stint *stints;
    size_t count;
    int64_t uncovered_s; /* seconds with nobody */
};

/* What one person bears. Night is 22:00 to 06:00, a weekend Saturday and Sunday, by the clock on the wall. */
struct share {
    const struct contact *contact;
    size_t stints;
    int64_t total_s;
    int64_t night_s;
    int64_t weekend_s;
    int64_t holiday_s; /* days off of the calendar */
};

/*
 * The person of one moment and how long that is so, STINT_AHEAD_S at most: what duty_find() says may end where the same person
 * goes on. False when there is no rotation or layer of this name.
 */
bool roster_stint(const struct config *config, const char *name, int64_t at_s, struct stint *stint);

/* FAULT_INPUT when there is no rotation or layer of this name, or the span has too many stints. */
bool roster_make(const struct config *config, const char *name, int64_t from_s, int64_t until_s, struct roster *roster,
                 struct fault *fault);

/* One row for each person of the roster, in the order of their first stint; `holidays` (opened) may be NULL. */
struct share *roster_shares(const struct config *config, const struct roster *roster, const char *zone,
                            const struct calendar *holidays, size_t *count);

#endif
