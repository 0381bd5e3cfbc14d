#include "common/hours.h"

#include <string.h>
#include <strings.h>

#include "common/civil.h"

enum { WORDS_MOST = 16, EVERY_DAY = 0x7F };

static const struct {
    const char *name;
    int day;
} DAY_NAMES[] = {
    {"mon",    0},
    {"tue",    1},
    {"wed",    2},
    {"thu",    3},
    {"fri",    4},
    {"sat",    5},
    {"sun",    6},
    {"周一", 0},
    {"周二", 1},
    {"周三", 2},
    {"周四", 3},
    {"周五", 4},
    {"周六", 5},
    {"周日", 6},
};

/* Reading. */

static bool read_day_name(const char *text, size_t len, int *day)
{
    for (size_t i = 0; i < sizeof(DAY_NAMES) / sizeof(*DAY_NAMES); i++)
        if (strlen(DAY_NAMES[i].name) == len && strncasecmp(DAY_NAMES[i].name, text, len) == 0) {
            *day = DAY_NAMES[i].day;
            return true;
        }
    return false;
}

/* "Mon" or "Fri-Mon", which goes over the weekend. */
static bool read_day_range(const char *text, size_t len, unsigned *weekdays)
{
    const char *dash = memchr(text, '-', len);
    size_t first_len = dash ? (size_t)(dash - text) : len;
    int first;
    int last;

    if (!read_day_name(text, first_len, &first))
        return false;
    last = first;
    if (dash && !read_day_name(dash + 1, len - first_len - 1, &last))
        return false;
    for (int day = first;; day = (day + 1) % 7) {
        *weekdays |= 1U << day;
        if (day == last)
            return true;
    }
}

static bool read_weekdays(const char *word, unsigned *weekdays)
{
    unsigned read = 0;

    for (;; word++) {
        size_t len = strcspn(word, ",");

        if (!read_day_range(word, len, &read))
            return false;
        word += len;
        if (*word == '\0')
            break;
    }
    *weekdays = read;
    return true;
}

/* "09:00-18:00"; what ends before it begins ends on the next day. */
static bool read_time(struct arena *arena, const char *text, size_t len, struct hours_time *time)
{
    const char *word = arena_copy(arena, text, len);
    const char *dash = strchr(word, '-');

    if (!dash || !clock_read(arena_copy(arena, word, (size_t)(dash - word)), &time->from) ||
        !clock_read(dash + 1, &time->until) || time->from == DAY_S)
        return false;
    if (time->until <= time->from)
        time->until += DAY_S;
    return true;
}

static bool read_times(struct arena *arena, const char *word, struct hours *hours)
{
    for (;; word++) {
        size_t len = strcspn(word, ",");

        if (hours->time_count == HOURS_TIMES_MOST || !read_time(arena, word, len, &hours->times[hours->time_count]))
            return false;
        hours->time_count++;
        word += len;
        if (*word == '\0')
            return true;
    }
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text);

    return len > strlen(end) && strcmp(text + len - strlen(end), end) == 0;
}

static bool read_calendar(struct arena *arena, const char *name, struct hours *hours)
{
    static const char WORK[] = "-workdays";
    static const char OFF[] = "-holidays";

    hours->days = ends_with(name, WORK) ? DAYS_OF_WORK : ends_with(name, OFF) ? DAYS_OFF : DAYS_OF_CALENDAR;
    hours->calendar = arena_copy(arena, name, strlen(name) - (hours->days == DAYS_OF_CALENDAR ? 0 : strlen(WORK)));
    return hours->calendar[0] != '\0';
}

/* Days come first, then times, then the zone; each of them may be left out. */
static bool read_word(struct arena *arena, const char *word, int *stage, struct hours *hours)
{
    static const char CALENDAR[] = "calendar:";

    if (*stage < 1 && strncmp(word, CALENDAR, strlen(CALENDAR)) == 0) {
        *stage = 1;
        return read_calendar(arena, word + strlen(CALENDAR), hours);
    }
    if (*stage < 1 && read_weekdays(word, &hours->weekdays)) {
        *stage = 1;
        return true;
    }
    if (*stage < 2 && word[0] >= '0' && word[0] <= '9') {
        *stage = 2;
        return read_times(arena, word, hours);
    }
    if (*stage < 3 && timezone_known(word)) {
        *stage = 3;
        hours->timezone = word;
        return true;
    }
    return false;
}

static bool not_understood(const char *text, const char *word, struct fault *fault)
{
    return fault_set(fault, FAULT_CONFIG,
                     "'%s' of '%s' is not understood: write always, or days, times and zone in this order, such as "
                     "Mon-Fri 09:00-18:00 Asia/Shanghai, or calendar:TITLE-workdays 09:00-18:00",
                     word, text);
}

bool hours_read(struct arena *arena, const char *text, struct hours *hours, bool *always, struct fault *fault)
{
    struct hours read = {.text = text, .weekdays = EVERY_DAY, .calendar = "", .timezone = ""};
    int stage = 0;
    size_t words = 0;

    *always = strcmp(text, "always") == 0;
    for (const char *at = text + strspn(text, " "); *at && !*always; at += strspn(at, " ")) {
        size_t len = strcspn(at, " ");
        const char *word = arena_copy(arena, at, len);

        if (++words > WORDS_MOST || !read_word(arena, word, &stage, &read))
            return not_understood(text, word, fault);
        at += len;
    }
    if (words == 0 && !*always)
        return not_understood(text, text, fault);
    if (read.time_count == 0)
        read.times[read.time_count++] = (struct hours_time){.until = DAY_S};
    *hours = read;
    return true;
}

/* Asking. */

static const char *zone_of(const struct hours_context *context, const struct hours *hours)
{
    return hours->timezone[0] ? hours->timezone : context->timezone;
}

static bool day_fits(const struct hours *hours, const struct calendar *calendar, int64_t day)
{
    switch (hours->days) {
    case DAYS_OF_WEEK:
        return hours->weekdays & 1U << day_of_week(day);
    case DAYS_OF_WORK:
        return calendar_is_workday(calendar, day);
    case DAYS_OFF:
        return !calendar_is_workday(calendar, day);
    case DAYS_OF_CALENDAR:
        return calendar_entry(calendar, day) && !calendar_entry(calendar, day)->workday;
    }
    return true;
}

static bool times_hold(const struct hours_context *context, const struct hours *hours, int64_t day, int64_t now_s)
{
    const char *zone = zone_of(context, hours);

    for (size_t i = 0; i < hours->time_count; i++)
        if (now_s >= zone_moment(context->arena, day * DAY_S + hours->times[i].from, zone) &&
            now_s < zone_moment(context->arena, day * DAY_S + hours->times[i].until, zone))
            return true;
    return false;
}

static bool one_holds(const struct hours_context *context, const struct hours *hours, int64_t now_s)
{
    const struct calendar *calendar =
        hours->days == DAYS_OF_WEEK ? NULL : context->calendar(context->self, hours->calendar);
    int64_t today = zone_local(context->arena, now_s, zone_of(context, hours));
    bool in_span;

    today = (today - ((today % DAY_S) + DAY_S) % DAY_S) / DAY_S;
    if (hours->days != DAYS_OF_WEEK && !calendar)
        return true;
    in_span = hours->days == DAYS_OF_CALENDAR && calendar_span_at(calendar, now_s);
    for (int64_t day = today - 1; day <= today; day++)
        if ((in_span || day_fits(hours, calendar, day)) && times_hold(context, hours, day, now_s))
            return true;
    return false;
}

bool hours_hold(const struct hours_context *context, const struct hours_list *list, int64_t now_s, const char **which)
{
    if (which)
        *which = list->count == 0 ? "always" : "";
    for (size_t i = 0; i < list->count; i++)
        if (one_holds(context, &list->items[i], now_s)) {
            if (which)
                *which = list->items[i].text;
            return true;
        }
    return list->count == 0;
}

static void take_if_next(int64_t moment_s, int64_t now_s, int64_t *next_s)
{
    if (moment_s > now_s && moment_s < *next_s)
        *next_s = moment_s;
}

int64_t hours_next_edge(const struct hours_context *context, const struct hours_list *list, int64_t now_s)
{
    int64_t next_s = now_s + 2 * DAY_S;

    for (size_t i = 0; i < list->count; i++) {
        const struct hours *hours = &list->items[i];
        const char *zone = zone_of(context, hours);
        int64_t today = zone_local(context->arena, now_s, zone) / DAY_S;
        const struct calendar *calendar =
            hours->days == DAYS_OF_CALENDAR ? context->calendar(context->self, hours->calendar) : NULL;

        for (int64_t day = today - 1; day <= today + 1; day++)
            for (size_t k = 0; k < hours->time_count; k++) {
                take_if_next(zone_moment(context->arena, day * DAY_S + hours->times[k].from, zone), now_s, &next_s);
                take_if_next(zone_moment(context->arena, day * DAY_S + hours->times[k].until, zone), now_s, &next_s);
            }
        if (calendar)
            take_if_next(calendar_next_edge(calendar, now_s), now_s, &next_s);
    }
    return next_s;
}
