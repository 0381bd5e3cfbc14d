/*
 * zone - local time and back, exact over changes of summer time.
 *
 * Zones are the system's (zoneinfo); "" is the machine's own. A day is a number of days since 1970-01-01; a second of a day
 * may lie beyond it (86400 is the next midnight). Seconds are Unix time.
 *
 * A local time that the clock never shows (it was put forward over it) is the first moment after the jump; one that it shows
 * twice is the first of the two: always the first moment at which the clock has reached it. So later local times are never
 * earlier moments, and what follows each other without a gap by the clock does so in truth.
 */
#ifndef COMMON_ZONE_H
#define COMMON_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"

enum { DAY_S = 86400 };

struct civil_day {
    int64_t year;
    int month; /* 1 to 12 */
    int day;   /* 1 to 31 */
};

/* The proleptic Gregorian calendar. */
int64_t day_number(struct civil_day day);
struct civil_day day_civil(int64_t number);
bool day_exists(struct civil_day day);
int day_of_week(int64_t number); /* 0 is Monday, 6 Sunday */

/* Local time as a count: days since 1970-01-01 times 86400, plus the second of the day. */
int64_t zone_local(struct arena *arena, int64_t seconds, const char *zone);

/* The way back. */
int64_t zone_moment(struct arena *arena, int64_t local, const char *zone);

/* "2026-02-16", and "2026-02-16 09:00" or with :SS, as a day and as local time. */
bool day_read(const char *text, int64_t *day);
bool local_read(const char *text, int64_t *local);

/* "09:00", "9:05", "24:00" in seconds since midnight. */
bool clock_read(const char *text, int64_t *seconds);

/* For everybody who must ask libc about another zone: sets TZ, and puts back what was there. */
void zone_enter(struct arena *arena, const char *zone, const char **before);
void zone_leave(const char *zone, const char *before);

#endif
