/*
 * hours - "Mon-Fri 09:00-18:00 Asia/Shanghai": the hours in which something holds.
 *
 *     always
 *     Mon-Fri 09:00-18:00              days, times of day, or both
 *     Mon-Fri,Sun 09:00-12:00,13:00-18:00 Asia/Shanghai
 *     Fri 22:00-06:00                  belongs to the day on which it begins: until Saturday 06:00
 *     calendar:cn-workdays 09:00-18:00 work days of calendar "cn": Monday to Friday, without holidays, with make-up days
 *     calendar:cn-holidays             all other days
 *     calendar:maintenance             while something stands in calendar "maintenance"; with times, at these only
 *
 * Several of them hold when one does. Days and times are the clock's on the wall of the zone, also when summer time begins or
 * ends: an end that the clock jumps over is the moment of the jump.
 */
#ifndef COMMON_HOURS_H
#define COMMON_HOURS_H

#include "common/calendar.h"

enum { HOURS_TIMES_MOST = 8 };

enum hours_days { DAYS_OF_WEEK, DAYS_OF_WORK, DAYS_OFF, DAYS_OF_CALENDAR };

/* Seconds since midnight; `until` is greater than `from`, and beyond 86400 when it lies on the next day. */
struct hours_time {
    int64_t from;
    int64_t until;
};

struct hours {
    const char *text; /* as written */
    enum hours_days days;
    unsigned weekdays;    /* DAYS_OF_WEEK: bit 0 is Monday */
    const char *calendar; /* title of the other kinds */
    struct hours_time times[HOURS_TIMES_MOST];
    size_t time_count;
    const char *timezone; /* "" for the configuration's */
};

struct hours_list {
    struct hours *items; /* none: always */
    size_t count;
};

/* FAULT_CONFIG says which word is not understood. `always` is true for the text that needs no rule. */
bool hours_read(struct arena *arena, const char *text, struct hours *hours, bool *always, struct fault *fault);

/* What hours are looked up with. */
struct hours_context {
    struct arena *arena;
    const char *timezone; /* of hours that name none */
    /* The calendar of a title; NULL when there is none, or when it cannot be read: its hours then always hold. */
    struct calendar *(*calendar)(void *self, const char *title);
    /* For rotations: the contact's title that an entry of a calendar means, else the entry itself. NULL: it is the title. */
    const char *(*person)(void *self, const char *entry);
    void *self;
};

/* *which (may be NULL) is the text that holds, "" when none does. */
bool hours_hold(const struct hours_context *context, const struct hours_list *list, int64_t now_s, const char **which);

/* The next moment after `now_s` at which the answer may be another; at most two days later. */
int64_t hours_next_edge(const struct hours_context *context, const struct hours_list *list, int64_t now_s);

#endif
