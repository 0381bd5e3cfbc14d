/*
 * The module that reads iCalendar files; see calendar.h.
 *
 * Repetitions are expanded by the clock on the wall of the event's own zone, the end as well as the beginning: a weekly shift
 * from Monday 09:00 to Monday 09:00 leaves no gap when the clocks are changed. (RFC 5545, 3.8.5.3, would keep the exact length
 * of the first one.) https://www.rfc-editor.org/rfc/rfc5545
 */
#include <string.h>
#include <strings.h>

#include <libical/ical.h>

#include "common/calendar.h"
#include "common/utf8.h"

enum {
    ROUNDS_MOST = 200000, /* steps of all repetitions together */
    CHANGED_MOST = 5000,  /* occurrences that were moved or cancelled one by one */
};

/* One run of the module. */
struct reading {
    struct calendar *calendar;
    int64_t from_s;
    int64_t until_s;
    struct fault *fault;
    size_t rounds;
    icalcomponent *changed[CHANGED_MOST]; /* those that have a RECURRENCE-ID */
    size_t changed_count;
};

/* libical walks a component with one finger: two loops at once, or a question in a loop, would lose the place. */
struct properties {
    icalproperty **items;
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
    struct properties exceptions;
};

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

static bool is_excluded(const struct happening *happening, int64_t at)
{
    for (size_t i = 0; i < happening->exceptions.count; i++) {
        struct icaltimetype time =
            icalproperty_get_datetime_with_component(happening->exceptions.items[i], happening->component);

        if (time.is_date ? wall(time) == at - at % DAY_S
                         : (int64_t)icaltime_as_timet_with_zone(time, time.zone) == moment(happening, at) ||
                               (!time.zone && wall(time) == at))
            return true;
    }
    return false;
}

/* It was moved or cancelled by an event of its own with the same UID. */
static bool is_changed(const struct happening *happening, int64_t at)
{
    const struct reading *reading = happening->reading;
    const char *uid = icalcomponent_get_uid(happening->component);

    for (size_t i = 0; i < reading->changed_count && uid; i++) {
        icalcomponent *other = reading->changed[i];
        const char *other_uid = icalcomponent_get_uid(other);
        struct icaltimetype id = icalcomponent_get_recurrenceid(other);

        if (other != happening->component && other_uid && strcmp(uid, other_uid) == 0 &&
            (wall(id) == at || (id.zone && (int64_t)icaltime_as_timet_with_zone(id, id.zone) == moment(happening, at))))
            return true;
    }
    return false;
}

static bool take(const struct happening *happening, int64_t at)
{
    if (is_excluded(happening, at) || is_changed(happening, at))
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

static struct properties properties_of(struct arena *arena, icalcomponent *component, icalproperty_kind kind)
{
    int count = icalcomponent_count_properties(component, kind);
    struct properties properties = {.items = arena_alloc(arena, ((size_t)count + 1) * sizeof(icalproperty *))};

    for (icalproperty *property = icalcomponent_get_first_property(component, kind); property;
         property = icalcomponent_get_next_property(component, kind))
        properties.items[properties.count++] = property;
    return properties;
}

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
    happening.exceptions = properties_of(arena, component, ICAL_EXDATE_PROPERTY);
    if (icaltime_is_null_time(happening.starts) || icalcomponent_get_status(component) == ICAL_STATUS_CANCELLED)
        return true;
    if (icaltime_is_utc(happening.starts))
        happening.starts.zone = icaltimezone_get_utc_timezone();
    if (!icaltime_is_null_time(ends) && ends.zone && happening.starts.zone && ends.zone != happening.starts.zone)
        ends = icaltime_convert_to_zone(ends, (icaltimezone *)(uintptr_t)happening.starts.zone);
    happening.length_s = icaltime_is_null_time(ends) ? 0 : wall(ends) - wall(happening.starts);
    if (happening.length_s <= 0 && happening.starts.is_date)
        happening.length_s = DAY_S;
    return happening.length_s <= 0 || follow(&happening);
}

static bool has_recurrence_id(icalcomponent *component)
{
    return icalcomponent_get_first_property(component, ICAL_RECURRENCEID_PROPERTY) != NULL;
}

static bool read_events(struct reading *reading, icalcomponent *calendar)
{
    int most = icalcomponent_count_components(calendar, ICAL_VEVENT_COMPONENT);
    icalcomponent **events = arena_alloc(reading->calendar->arena, ((size_t)most + 1) * sizeof(*events));
    size_t count = 0;

    for (icalcomponent *component = icalcomponent_get_first_component(calendar, ICAL_VEVENT_COMPONENT); component;
         component = icalcomponent_get_next_component(calendar, ICAL_VEVENT_COMPONENT))
        events[count++] = component;
    for (size_t i = 0; i < count; i++)
        if (has_recurrence_id(events[i]) && reading->changed_count < CHANGED_MOST)
            reading->changed[reading->changed_count++] = events[i];
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
