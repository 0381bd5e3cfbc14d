/*
 * The module that reads iCalendar files; see calendar.h.
 *
 * Repetitions are expanded by the clock on the wall of the event's own zone, the end as well as the beginning: a weekly shift
 * from Monday 09:00 to Monday 09:00 leaves no gap when the clocks are changed. (RFC 5545, 3.8.5.3, would keep the exact length
 * of the first one.) https://www.rfc-editor.org/rfc/rfc5545
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <libical/ical.h>

#include "common/calendar.h"
#include "common/utf8.h"

enum { ROUNDS_MOST = 200000 }; /* steps of all repetitions together */

/* An occurrence that an event of its own takes the place of: it was moved or cancelled. */
struct change {
    const char *uid;
    struct icaltimetype occurrence;
};

/* One run of the module. */
struct reading {
    struct calendar *calendar;
    int64_t from_s;
    int64_t until_s;
    struct fault *fault;
    size_t rounds;
    struct change *changes; /* by their UIDs */
    size_t change_count;
};

/* libical walks a component with one finger: two loops at once, or a question in a loop, would lose the place. */
struct properties {
    icalproperty **items;
    size_t count;
};

/* In ascending order. */
struct numbers {
    int64_t *items;
    size_t count;
};

/* One event, whatever its number of occurrences. */
struct happening {
    struct reading *reading;
    icalcomponent *component;
    const char *name;
    struct icaltimetype starts;
    int64_t length_s; /* by the clock on the wall */
    struct properties rules;
    struct properties dates;
    struct numbers left_out;      /* moments at which nothing happens after all */
    struct numbers days_left_out; /* and days by the clock on the wall */
};

/* Components. */

static struct properties properties_of(struct arena *arena, icalcomponent *component, icalproperty_kind kind)
{
    int count = icalcomponent_count_properties(component, kind);
    struct properties properties = {.items = arena_alloc(arena, ((size_t)count + 1) * sizeof(icalproperty *))};

    for (icalproperty *property = icalcomponent_get_first_property(component, kind); property;
         property = icalcomponent_get_next_property(component, kind))
        properties.items[properties.count++] = property;
    return properties;
}

static bool has_recurrence_id(icalcomponent *component)
{
    return icalcomponent_get_first_property(component, ICAL_RECURRENCEID_PROPERTY) != NULL;
}

/* Times. */

/* As if there were no zones: seconds since 1970 by the clock on the wall. */
static int64_t wall(struct icaltimetype time)
{
    struct civil_day day = {.year = time.year, .month = time.month, .day = time.day};

    return day_number(day) * DAY_S + (time.is_date ? 0 : time.hour * 3600 + time.minute * 60 + time.second);
}

static struct icaltimetype from_wall(int64_t seconds, struct icaltimetype like)
{
    int64_t days = (seconds - (seconds % DAY_S + DAY_S) % DAY_S) / DAY_S;
    struct civil_day day = day_civil(days);
    int rest = (int)(seconds - days * DAY_S);

    like.year = (int)day.year;
    like.month = day.month;
    like.day = day.day;
    if (!like.is_date) {
        like.hour = rest / 3600;
        like.minute = rest / 60 % 60;
        like.second = rest % 60;
    }
    return like;
}

static int64_t moment(const struct happening *happening, int64_t at)
{
    const struct calendar *calendar = happening->reading->calendar;
    struct icaltimetype time = from_wall(at, happening->starts);

    if (!time.zone)
        return zone_moment(calendar->arena, at, calendar->timezone);
    return (int64_t)icaltime_as_timet_with_zone(time, time.zone);
}

/* Entries. */

static const char *text_of(struct arena *arena, const char *text)
{
    return text ? utf8_clean_line(arena, text, strlen(text)) : "";
}

/* The summary; without one, whom the event invites. */
static const char *name_of(struct arena *arena, icalcomponent *component)
{
    const char *summary = text_of(arena, icalcomponent_get_summary(component));
    icalproperty *attendee = icalcomponent_get_first_property(component, ICAL_ATTENDEE_PROPERTY);
    const char *address;

    if (summary[0] || !attendee)
        return summary;
    address = text_of(arena, icalproperty_get_attendee(attendee));
    return strncasecmp(address, "mailto:", 7) == 0 ? address + 7 : address;
}

static bool is_workday(const char *name)
{
    static const char *const WORDS[] = {"补班", "上班", "调班", "(班)", "（班）"};

    for (size_t i = 0; i < sizeof(WORDS) / sizeof(*WORDS); i++)
        if (strstr(name, WORDS[i]))
            return true;
    return strcasestr(name, "workday") || strcasestr(name, "working day");
}

static bool add_days(const struct happening *happening, int64_t at)
{
    struct calendar *calendar = happening->reading->calendar;

    for (int64_t day = at / DAY_S; day * DAY_S < at + happening->length_s; day++)
        if (!calendar_add_day(calendar, day, is_workday(happening->name), happening->name, happening->reading->fault))
            return false;
    return true;
}

/* False when there are too many. */
static bool add_occurrence(const struct happening *happening, int64_t at)
{
    struct reading *reading = happening->reading;
    int64_t from_s = moment(happening, at);
    int64_t until_s = moment(happening, at + happening->length_s);

    if (until_s <= reading->from_s || from_s >= reading->until_s || until_s <= from_s)
        return true;
    if (happening->starts.is_date && !reading->calendar->only_spans)
        return add_days(happening, at);
    return calendar_add_span(reading->calendar, from_s, until_s, happening->name, reading->fault);
}

/* Exceptions. */

static int compare_numbers(const void *one, const void *other)
{
    int64_t a = *(const int64_t *)one;
    int64_t b = *(const int64_t *)other;

    return a < b ? -1 : a > b;
}

static void put_in_order(struct numbers *numbers)
{
    if (numbers->count)
        qsort(numbers->items, numbers->count, sizeof(*numbers->items), compare_numbers);
}

static bool is_among(const struct numbers *numbers, int64_t number)
{
    return numbers->count && bsearch(&number, numbers->items, numbers->count, sizeof(*numbers->items), compare_numbers);
}

/* A time without a zone is meant by the clock of the event. */
static void leave_out(struct happening *happening, struct icaltimetype time)
{
    if (time.is_date && !happening->starts.is_date)
        happening->days_left_out.items[happening->days_left_out.count++] = wall(time);
    else if (!time.is_date && time.zone)
        happening->left_out.items[happening->left_out.count++] = (int64_t)icaltime_as_timet_with_zone(time, time.zone);
    else
        happening->left_out.items[happening->left_out.count++] = moment(happening, wall(time));
}

static int compare_changes(const void *one, const void *other)
{
    return strcmp(((const struct change *)one)->uid, ((const struct change *)other)->uid);
}

/* The first of those with this UID; `change_count` when there is none. */
static size_t first_change(const struct reading *reading, const char *uid)
{
    struct change key = {.uid = uid};
    const struct change *found = uid && reading->change_count ? bsearch(&key, reading->changes, reading->change_count,
                                                                        sizeof(*reading->changes), compare_changes)
                                                              : NULL;
    size_t at = found ? (size_t)(found - reading->changes) : reading->change_count;

    while (found && at > 0 && strcmp(reading->changes[at - 1].uid, uid) == 0)
        at--;
    return at;
}

static size_t count_changes(const struct reading *reading, const char *uid, size_t at)
{
    size_t count = 0;

    while (at + count < reading->change_count && strcmp(reading->changes[at + count].uid, uid) == 0)
        count++;
    return count;
}

/* A changed occurrence is itself an event: nothing is left out of that. */
static void gather_exceptions(struct happening *happening)
{
    const struct reading *reading = happening->reading;
    struct arena *arena = reading->calendar->arena;
    struct properties dates = properties_of(arena, happening->component, ICAL_EXDATE_PROPERTY);
    const char *uid = icalcomponent_get_uid(happening->component);
    size_t at = has_recurrence_id(happening->component) ? reading->change_count : first_change(reading, uid);
    size_t changes = count_changes(reading, uid, at);

    happening->left_out.items = arena_alloc(arena, (dates.count + changes + 1) * sizeof(int64_t));
    happening->days_left_out.items = arena_alloc(arena, (dates.count + changes + 1) * sizeof(int64_t));
    for (size_t i = 0; i < dates.count; i++)
        leave_out(happening, icalproperty_get_datetime_with_component(dates.items[i], happening->component));
    for (size_t i = 0; i < changes; i++)
        leave_out(happening, reading->changes[at + i].occurrence);
    put_in_order(&happening->left_out);
    put_in_order(&happening->days_left_out);
}

static bool take(const struct happening *happening, int64_t at)
{
    if (is_among(&happening->left_out, moment(happening, at)) ||
        is_among(&happening->days_left_out, at - (at % DAY_S + DAY_S) % DAY_S))
        return true;
    return add_occurrence(happening, at);
}

/* Repetitions. */

static bool too_often(const struct happening *happening, const char *why)
{
    return fault_set(happening->reading->fault, FAULT_CONFIG, "event '%s' %s", happening->name, why);
}

/* The first occurrence is the event itself and was taken already. */
static bool follow_rule(const struct happening *happening, icalproperty *property)
{
    struct icalrecurrencetype rule = icalproperty_get_rrule(property);
    struct reading *reading = happening->reading;
    struct icaltimetype next;
    icalrecur_iterator *iterator;
    bool good = true;

    if (rule.freq == ICAL_SECONDLY_RECURRENCE || rule.freq == ICAL_MINUTELY_RECURRENCE)
        return too_often(happening, "repeats more often than hourly");
    iterator = icalrecur_iterator_new(rule, happening->starts);
    if (!iterator)
        return too_often(happening, "has a repetition that cannot be understood");
    while (good && !icaltime_is_null_time(next = icalrecur_iterator_next(iterator))) {
        int64_t at = wall(next);

        if (at - 2 * DAY_S > reading->until_s)
            break;
        if (++reading->rounds > ROUNDS_MOST)
            good = too_often(happening, "repeats more often than can be followed");
        else if (at != wall(happening->starts))
            good = take(happening, at);
    }
    icalrecur_iterator_free(iterator);
    return good;
}

static bool follow_date(const struct happening *happening, icalproperty *property)
{
    struct icaldatetimeperiodtype date = icalproperty_get_rdate(property);
    struct icaltimetype time = icaltime_is_null_time(date.time) ? date.period.start : date.time;

    if (time.zone && happening->starts.zone)
        time = icaltime_convert_to_zone(time, (icaltimezone *)(uintptr_t)happening->starts.zone);
    return icaltime_is_null_time(time) || take(happening, wall(time));
}

static bool follow(const struct happening *happening)
{
    if (!take(happening, wall(happening->starts)))
        return false;
    for (size_t i = 0; i < happening->rules.count; i++)
        if (!follow_rule(happening, happening->rules.items[i]))
            return false;
    for (size_t i = 0; i < happening->dates.count; i++)
        if (!follow_date(happening, happening->dates.items[i]))
            return false;
    return true;
}

/* The file. */

static bool read_event(struct reading *reading, icalcomponent *component)
{
    struct happening happening = {.reading = reading,
                                  .component = component,
                                  .name = name_of(reading->calendar->arena, component),
                                  .starts = icalcomponent_get_dtstart(component)};
    struct icaltimetype ends = icalcomponent_get_dtend(component);
    struct arena *arena = reading->calendar->arena;

    happening.rules = properties_of(arena, component, ICAL_RRULE_PROPERTY);
    happening.dates = properties_of(arena, component, ICAL_RDATE_PROPERTY);
    if (icaltime_is_null_time(happening.starts) || icalcomponent_get_status(component) == ICAL_STATUS_CANCELLED)
        return true;
    if (icaltime_is_utc(happening.starts))
        happening.starts.zone = icaltimezone_get_utc_timezone();
    if (!icaltime_is_null_time(ends) && ends.zone && happening.starts.zone && ends.zone != happening.starts.zone)
        ends = icaltime_convert_to_zone(ends, (icaltimezone *)(uintptr_t)happening.starts.zone);
    happening.length_s = icaltime_is_null_time(ends) ? 0 : wall(ends) - wall(happening.starts);
    if (happening.length_s <= 0 && happening.starts.is_date)
        happening.length_s = DAY_S;
    if (happening.length_s <= 0)
        return true;
    gather_exceptions(&happening);
    return follow(&happening);
}

static void gather_changes(struct reading *reading, icalcomponent *const *events, size_t count)
{
    reading->changes = arena_alloc(reading->calendar->arena, (count + 1) * sizeof(*reading->changes));
    reading->change_count = 0;
    for (size_t i = 0; i < count; i++) {
        const char *uid = icalcomponent_get_uid(events[i]);
        icalproperty *id = icalcomponent_get_first_property(events[i], ICAL_RECURRENCEID_PROPERTY);

        if (id && uid)
            reading->changes[reading->change_count++] =
                (struct change){.uid = uid, .occurrence = icalproperty_get_datetime_with_component(id, events[i])};
    }
    if (reading->change_count)
        qsort(reading->changes, reading->change_count, sizeof(*reading->changes), compare_changes);
}

static bool read_events(struct reading *reading, icalcomponent *calendar)
{
    int most = icalcomponent_count_components(calendar, ICAL_VEVENT_COMPONENT);
    icalcomponent **events = arena_alloc(reading->calendar->arena, ((size_t)most + 1) * sizeof(*events));
    size_t count = 0;

    for (icalcomponent *component = icalcomponent_get_first_component(calendar, ICAL_VEVENT_COMPONENT); component;
         component = icalcomponent_get_next_component(calendar, ICAL_VEVENT_COMPONENT))
        events[count++] = component;
    gather_changes(reading, events, count);
    for (size_t i = 0; i < count; i++)
        if (!read_event(reading, events[i]))
            return false;
    return true;
}

/* One file may hold several calendars. */
static bool read_root(struct reading *reading, icalcomponent *root)
{
    bool any = icalcomponent_isa(root) == ICAL_VCALENDAR_COMPONENT;

    if (any)
        return read_events(reading, root);
    for (icalcomponent *calendar = icalcomponent_get_first_component(root, ICAL_VCALENDAR_COMPONENT); calendar;
         calendar = icalcomponent_get_next_component(root, ICAL_VCALENDAR_COMPONENT)) {
        any = true;
        if (!read_events(reading, calendar))
            return false;
    }
    return any || fault_set(reading->fault, FAULT_CONFIG, "there is no VCALENDAR in it");
}

static bool read_ical(struct calendar *calendar, const char *bytes, size_t len, int64_t from_s, int64_t until_s,
                      struct fault *fault)
{
    struct reading *reading = arena_alloc(calendar->arena, sizeof(*reading));
    icalcomponent *root = icalparser_parse_string(arena_copy(calendar->arena, bytes, len));
    bool good;

    if (!root)
        return fault_set(fault, FAULT_CONFIG, "it is no iCalendar file");
    *reading = (struct reading){.calendar = calendar, .from_s = from_s, .until_s = until_s, .fault = fault};
    good = read_root(reading, root);
    icalcomponent_free(root);
    return good;
}

extern const struct calendar_module calendar_ical_module __attribute__((visibility("default")));
const struct calendar_module calendar_ical_module = {.version = CALENDAR_VERSION, .read = read_ical};
