/*
 * calendar - days off, make-up work days and spans of time, from a text file or an iCalendar file (.ics).
 *
 * The text form has one entry a line; # begins a comment. Days are days of the wall calendar. Where a day stands both as a day
 * off and as a work day, it is a work day: the exception of a longer holiday.
 *
 *     2026-02-15..2026-02-23 holiday 春节
 *     2026-02-14 workday
 *     2026-03-01 22:00..2026-03-02 04:00 span Data centre moves
 *     until 2026-12-31                       the table says nothing about later days
 *
 * Of an .ics file, whole-day events are holidays, or work days when their summary says so (补班, 上班, workday), and timed
 * events are spans; repetitions (RRULE, RDATE, EXDATE) are expanded. Such files are read by calendar_ical.so, a module of its
 * own, so that no other program loads libical.
 */
#ifndef COMMON_CALENDAR_H
#define COMMON_CALENDAR_H

#include "common/fault.h"
#include "common/zone.h"

/* Bytes of a file; entries; a span of time that repetitions are expanded for. */
enum { CALENDAR_MOST = 4 * 1024 * 1024, CALENDAR_ENTRIES_MOST = 20000 };

struct calendar_day {
    int64_t day;
    bool workday; /* else a day off */
    const char *name;
};

struct calendar_span {
    int64_t from_s;
    int64_t until_s;
    const char *name;
};

/* A file as it was when it was read: other numbers, other contents. */
struct calendar_file {
    int64_t inode;
    int64_t size;
    int64_t modified_ns;
    int64_t changed_ns;
};

struct calendar {
    struct arena *arena;
    const char *title;
    const char *where;
    const char *path;
    const char *timezone; /* of spans in the text form, and of .ics times that name no zone */
    bool only_spans;      /* whole-day events are spans from midnight to midnight: who is on call that day */
    /* What an .ics file of these numbers says, where it is known already: days and spans; false leaves all. May be NULL. */
    bool (*recall)(void *self, struct calendar *calendar, const struct calendar_file *file, int64_t now_s);
    void *recall_self;
    /* Set by calendar_open(). */
    bool opened;
    struct calendar_file file;
    bool broken;
    const char *trouble; /* "FILE:LINE: ..." */
    struct calendar_day *days;
    size_t day_count;
    struct calendar_span *spans; /* by their beginning */
    size_t span_count;
    bool ends;        /* the table says how far it goes */
    int64_t last_day; /* of the table: as it says, else the last entry's */
};

/*
 * Reads the file once; later calls answer the same. `now_s` is where repetitions are expanded around: one year back, three
 * ahead. FAULT_CONFIG names the line and what is wanted.
 */
bool calendar_open(struct calendar *calendar, int64_t now_s, struct fault *fault);

bool calendar_is_ical(const char *path);

/* The same calendar, not opened, and known from nowhere but its file. */
struct calendar calendar_like(const struct calendar *calendar, struct arena *arena);

/* Its file as it is now; false when it cannot be read. */
bool calendar_stat(const struct calendar *calendar, struct calendar_file *file);

/* Of an opened calendar. A day that is not in it is a work day from Monday to Friday. */
bool calendar_is_workday(const struct calendar *calendar, int64_t day);
/* NULL when the day is not in the table. */
const struct calendar_day *calendar_entry(const struct calendar *calendar, int64_t day);
/* The span around this moment, NULL when there is none. */
const struct calendar_span *calendar_span_at(const struct calendar *calendar, int64_t now_s);
/* The next beginning or end of a span after `now_s`, INT64_MAX when there is none. */
int64_t calendar_next_edge(const struct calendar *calendar, int64_t now_s);

/* What calendar_ical.so gives: appends days and spans. */
struct calendar_module {
    int version;
    bool (*read)(struct calendar *calendar, const char *bytes, size_t len, int64_t from_s, int64_t until_s,
                 struct fault *fault);
};
enum { CALENDAR_VERSION = 1 };

/* For readers of either form: FAULT_CONFIG when there are too many. */
bool calendar_add_day(struct calendar *calendar, int64_t day, bool workday, const char *name, struct fault *fault);
bool calendar_add_span(struct calendar *calendar, int64_t from_s, int64_t until_s, const char *name,
                       struct fault *fault);

#endif
