#include "common/calendar.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/process.h"
#include "common/str.h"
#include "common/utf8.h"

#define MODULE_FILE   "calendar_ical.so"
#define MODULE_SYMBOL "calendar_ical_module"

enum { YEARS_BACK_S = 366 * DAY_S, YEARS_AHEAD_S = 3 * 366 * DAY_S, RANGE_DAYS_MOST = 3660 };

/* Entries. */

static bool too_many(const struct calendar *calendar, struct fault *fault)
{
    return fault_set(fault, FAULT_CONFIG, "calendar \"%s\" has more than %d entries", calendar->title,
                     CALENDAR_ENTRIES_MOST);
}

bool calendar_add_day(struct calendar *calendar, int64_t day, bool workday, const char *name, struct fault *fault)
{
    if (calendar->day_count == CALENDAR_ENTRIES_MOST)
        return too_many(calendar, fault);
    if (calendar->day_count % 64 == 0)
        calendar->days =
            arena_grow(calendar->arena, calendar->days, (calendar->day_count + 64) * sizeof(*calendar->days));
    calendar->days[calendar->day_count++] = (struct calendar_day){.day = day, .workday = workday, .name = name};
    return true;
}

bool calendar_add_span(struct calendar *calendar, int64_t from_s, int64_t until_s, const char *name,
                       struct fault *fault)
{
    if (calendar->span_count == CALENDAR_ENTRIES_MOST)
        return too_many(calendar, fault);
    if (calendar->span_count % 64 == 0)
        calendar->spans =
            arena_grow(calendar->arena, calendar->spans, (calendar->span_count + 64) * sizeof(*calendar->spans));
    calendar->spans[calendar->span_count++] =
        (struct calendar_span){.from_s = from_s, .until_s = until_s, .name = name};
    return true;
}

/* The text form. */

struct text_reading {
    struct calendar *calendar;
    int64_t last; /* of `until`, when `limited` */
    bool limited;
};

/* Words are separated by blanks; the rest of the line is the name. */
static const char *next_word(struct arena *arena, const char **at)
{
    size_t len;
    const char *word;

    *at += strspn(*at, " \t\r");
    len = strcspn(*at, " \t\r");
    word = arena_copy(arena, *at, len);
    *at += len;
    return word;
}

static const char *rest_of(struct arena *arena, const char *at)
{
    size_t len;

    at += strspn(at, " \t\r");
    len = strlen(at);
    while (len > 0 && strchr(" \t\r", at[len - 1]))
        len--;
    return arena_copy(arena, at, len);
}

static bool add_days(struct calendar *calendar, int64_t first, int64_t last, bool workday, const char *name,
                     struct fault *fault)
{
    if (last < first || last - first > RANGE_DAYS_MOST)
        return fault_set(fault, FAULT_CONFIG, "the last day is before the first, or more than %d days after it",
                         RANGE_DAYS_MOST);
    for (int64_t day = first; day <= last; day++)
        if (!calendar_add_day(calendar, day, workday, name, fault))
            return false;
    return true;
}

/* "2026-02-15..2026-02-23 holiday 春节", "2026-02-14 workday" */
static bool read_days(struct calendar *calendar, const char *word, const char *at, struct fault *fault)
{
    const char *dots = strstr(word, "..");
    const char *kind = next_word(calendar->arena, &at);
    bool workday = strcmp(kind, "workday") == 0;
    int64_t first;
    int64_t last;

    if (!day_read(dots ? arena_copy(calendar->arena, word, (size_t)(dots - word)) : word, &first) ||
        !day_read(dots ? dots + 2 : word, &last))
        return fault_set(fault, FAULT_CONFIG, "'%s' is no day: write 2026-02-14 or 2026-02-15..2026-02-23", word);
    if (!workday && strcmp(kind, "holiday") != 0)
        return fault_set(fault, FAULT_CONFIG, "wanted is holiday or workday behind the day, not '%s'", kind);
    return add_days(calendar, first, last, workday, rest_of(calendar->arena, at), fault);
}

/* "2026-03-01 22:00..2026-03-02 04:00 span Data centre moves"; false when it is none. */
static bool is_span(const char *line)
{
    const char *dots = strstr(line, "..");

    return dots && memchr(line, ':', (size_t)(dots - line));
}

static bool read_span(struct calendar *calendar, const char *line, struct fault *fault)
{
    struct arena *arena = calendar->arena;
    const char *dots = strstr(line, "..");
    const char *at = dots + 2;
    const char *day = next_word(arena, &at);
    const char *until = arena_print(arena, "%s %s", day, next_word(arena, &at));
    const char *kind = next_word(arena, &at);
    int64_t from_local;
    int64_t until_local;

    if (!local_read(arena_copy(arena, line, (size_t)(dots - line)), &from_local) || !local_read(until, &until_local) ||
        until_local <= from_local || strcmp(kind, "span") != 0)
        return fault_set(fault, FAULT_CONFIG,
                         "'%s' is no span: write 2026-03-01 22:00..2026-03-02 04:00 span NAME, the end after the "
                         "beginning",
                         line);
    return calendar_add_span(calendar, zone_moment(arena, from_local, calendar->timezone),
                             zone_moment(arena, until_local, calendar->timezone), rest_of(arena, at), fault);
}

static bool read_until(struct text_reading *reading, const char *at, struct fault *fault)
{
    const char *word = next_word(reading->calendar->arena, &at);

    if (!day_read(word, &reading->last))
        return fault_set(fault, FAULT_CONFIG, "'%s' is no day: write until 2026-12-31", word);
    reading->limited = true;
    return true;
}

static bool read_line(struct text_reading *reading, const char *line, struct fault *fault)
{
    const char *at = line + strspn(line, " \t\r");
    const char *begin = at;
    const char *word = next_word(reading->calendar->arena, &at);

    if (word[0] == '\0')
        return true;
    if (strcmp(word, "until") == 0)
        return read_until(reading, at, fault);
    if (is_span(begin))
        return read_span(reading->calendar, rest_of(reading->calendar->arena, begin), fault);
    return read_days(reading->calendar, word, at, fault);
}

static bool read_text(struct calendar *calendar, const char *text, struct fault *fault)
{
    struct text_reading reading = {.calendar = calendar};
    int number = 0;

    for (const char *at = text; *at;) {
        size_t len = strcspn(at, "\n");
        const char *line = utf8_clean(calendar->arena, at, strcspn(at, "#\n"));

        number++;
        if (!read_line(&reading, line, fault))
            return fault_in(fault, "%s:%d", calendar->path, number);
        at += len + (at[len] == '\n');
    }
    calendar->ends = reading.limited;
    calendar->last_day = reading.last;
    return true;
}

/* The module. */

static const struct calendar_module *load_module(struct arena *arena, struct fault *fault)
{
    const char *own = process_directory(arena);
    const char *const directories[] = {own[0] ? own : NOTIFY_LIBEXECDIR, NOTIFY_LIBEXECDIR};
    static const struct calendar_module *module;

    for (size_t i = 0; i < 2 && !module; i++) {
        void *library = dlopen(arena_print(arena, "%s/" MODULE_FILE, directories[i]), RTLD_NOW | RTLD_LOCAL);
        const struct calendar_module *found = library ? dlsym(library, MODULE_SYMBOL) : NULL;

        if (found && found->version == CALENDAR_VERSION)
            module = found;
    }
    if (!module)
        fault_set(fault, FAULT_SYSTEM,
                  "cannot load '" MODULE_FILE "', which reads .ics files: install the package's "
                  "calendar part (libical), or write the calendar in the text form");
    return module;
}

/* The file. */

bool calendar_is_ical(const char *path)
{
    size_t len = strlen(path);

    return len > 4 && strcmp(path + len - 4, ".ics") == 0;
}

struct calendar calendar_like(const struct calendar *calendar, struct arena *arena)
{
    return (struct calendar){.arena = arena,
                             .title = calendar->title,
                             .where = calendar->where,
                             .path = calendar->path,
                             .timezone = calendar->timezone,
                             .only_spans = calendar->only_spans,
                             .trouble = ""};
}

static struct calendar_file file_of(const struct stat *stat)
{
    enum { SECOND_NS = 1000000000 };

    return (struct calendar_file){.inode = (int64_t)stat->st_ino,
                                  .size = stat->st_size,
                                  .modified_ns = (int64_t)stat->st_mtim.tv_sec * SECOND_NS + stat->st_mtim.tv_nsec,
                                  .changed_ns = (int64_t)stat->st_ctim.tv_sec * SECOND_NS + stat->st_ctim.tv_nsec};
}

bool calendar_stat(const struct calendar *calendar, struct calendar_file *file)
{
    struct stat found;

    if (stat(calendar->path, &found) != 0)
        return false;
    *file = file_of(&found);
    return true;
}

static bool read_all(int descriptor, struct str *text)
{
    char piece[16384];
    ssize_t got;

    while ((got = read(descriptor, piece, sizeof(piece))) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return false;
        str_addn(text, piece, (size_t)got);
    }
    return true;
}

/* -1 with a fault. */
static int open_file(struct calendar *calendar, struct fault *fault)
{
    int descriptor = open(calendar->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat stat;

    if (descriptor < 0) {
        fault_set(fault, FAULT_CONFIG, "cannot read '%s': %s", calendar->path, strerror(errno));
        return -1;
    }
    if (fstat(descriptor, &stat) != 0 || !S_ISREG(stat.st_mode) || (stat.st_mode & S_IWOTH)) {
        close(descriptor);
        fault_set(fault, FAULT_CONFIG, "'%s' is no regular file, or every user of this machine may write it",
                  calendar->path);
        return -1;
    }
    calendar->file = file_of(&stat);
    return descriptor;
}

static bool read_contents(struct calendar *calendar, int descriptor, int64_t now_s, struct fault *fault)
{
    struct str text = str_in(calendar->arena, CALENDAR_MOST);
    const struct calendar_module *module;

    if (!read_all(descriptor, &text))
        return fault_set(fault, FAULT_CONFIG, "cannot read '%s'", calendar->path);
    if (!str_fits(&text))
        return fault_set(fault, FAULT_CONFIG, "'%s' is longer than %d bytes", calendar->path, CALENDAR_MOST);
    if (!calendar_is_ical(calendar->path))
        return read_text(calendar, text.text, fault);
    module = load_module(calendar->arena, fault);
    return module && (module->read(calendar, text.text, text.len, now_s - YEARS_BACK_S, now_s + YEARS_AHEAD_S, fault) ||
                      fault_in(fault, "%s", calendar->path));
}

static bool is_recalled(struct calendar *calendar, int64_t now_s)
{
    return calendar_is_ical(calendar->path) && calendar->recall &&
           calendar->recall(calendar->recall_self, calendar, &calendar->file, now_s);
}

static bool read_calendar(struct calendar *calendar, int64_t now_s, struct fault *fault)
{
    int descriptor = open_file(calendar, fault);
    bool good;

    if (descriptor < 0)
        return false;
    good = is_recalled(calendar, now_s) || read_contents(calendar, descriptor, now_s, fault);
    close(descriptor);
    return good;
}

/* Order. */

static int by_day(const void *one, const void *other)
{
    const struct calendar_day *a = one;
    const struct calendar_day *b = other;

    if (a->day != b->day)
        return a->day < b->day ? -1 : 1;
    return a->workday - b->workday;
}

/* Of two entries of one day the work day counts: who writes it down makes an exception. */
static void keep_one_a_day(struct calendar *calendar)
{
    size_t kept = 0;

    for (size_t i = 0; i < calendar->day_count; i++) {
        if (kept > 0 && calendar->days[kept - 1].day == calendar->days[i].day)
            kept--;
        calendar->days[kept++] = calendar->days[i];
    }
    calendar->day_count = kept;
}

static int by_beginning(const void *one, const void *other)
{
    const struct calendar_span *a = one;
    const struct calendar_span *b = other;

    if (a->from_s != b->from_s)
        return a->from_s < b->from_s ? -1 : 1;
    return a->until_s < b->until_s ? -1 : a->until_s > b->until_s;
}

static void put_in_order(struct calendar *calendar)
{
    if (calendar->day_count)
        qsort(calendar->days, calendar->day_count, sizeof(*calendar->days), by_day);
    keep_one_a_day(calendar);
    if (calendar->span_count)
        qsort(calendar->spans, calendar->span_count, sizeof(*calendar->spans), by_beginning);
    if (!calendar->ends && calendar->day_count)
        calendar->last_day = calendar->days[calendar->day_count - 1].day;
}

bool calendar_open(struct calendar *calendar, int64_t now_s, struct fault *fault)
{
    struct fault found = {0};

    if (!calendar->opened) {
        calendar->opened = true;
        calendar->broken = !read_calendar(calendar, now_s, &found);
        calendar->trouble = arena_copy(calendar->arena, found.text, strlen(found.text));
        put_in_order(calendar);
    }
    return !calendar->broken || fault_set(fault, FAULT_CONFIG, "%s", calendar->trouble);
}

/* Asking. */

static int compare_day(const void *key, const void *entry)
{
    int64_t day = *(const int64_t *)key;
    const struct calendar_day *other = entry;

    return day < other->day ? -1 : day > other->day;
}

const struct calendar_day *calendar_entry(const struct calendar *calendar, int64_t day)
{
    return calendar->day_count
               ? bsearch(&day, calendar->days, calendar->day_count, sizeof(*calendar->days), compare_day)
               : NULL;
}

bool calendar_is_workday(const struct calendar *calendar, int64_t day)
{
    const struct calendar_day *entry = calendar_entry(calendar, day);

    return entry ? entry->workday : day_of_week(day) < 5;
}

const struct calendar_span *calendar_span_at(const struct calendar *calendar, int64_t now_s)
{
    for (size_t i = 0; i < calendar->span_count && calendar->spans[i].from_s <= now_s; i++)
        if (now_s < calendar->spans[i].until_s)
            return &calendar->spans[i];
    return NULL;
}

int64_t calendar_next_edge(const struct calendar *calendar, int64_t now_s)
{
    int64_t next_s = INT64_MAX;

    for (size_t i = 0; i < calendar->span_count; i++) {
        const struct calendar_span *span = &calendar->spans[i];

        if (span->from_s > now_s && span->from_s < next_s)
            next_s = span->from_s;
        if (span->until_s > now_s && span->until_s < next_s)
            next_s = span->until_s;
    }
    return next_s;
}
