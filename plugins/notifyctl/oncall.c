/* notifyctl oncall: who is on duty, whether there is always somebody, and how fairly it is shared. */
#include "common/roster.h"

#include <stdio.h>
#include <string.h>

#include "common/civil.h"
#include "common/json.h"
#include "common/utf8.h"
#include "plugins/notifyctl/arguments.h"

enum { AHEAD_MOST_S = 366 * DAY_S, LINE_MOST = 75 }; /* octets of a line: RFC 5545, 3.1 */

struct showing {
    struct operation *operation;
    const struct config *config;
    int64_t from_s;
    int64_t until_s; /* equal to from_s: one moment */
    bool json;
    bool ics;
    bool uncovered; /* somewhere there is nobody */
    size_t shown;
    const char *only;          /* rotation, or rotation/layer; "" for all */
    const char *calendar_name; /* of holidays; "" for the first that has some */
};

static const char *zone_of(const struct showing *showing, const struct rotation *rotation)
{
    return rotation->timezone[0] ? rotation->timezone : showing->config->timezone;
}

static const char *person(struct arena *arena, const struct contact *contact)
{
    const char *name = contact ? contact_value(contact, "name") : "";

    if (!contact)
        return "NOBODY";
    return name[0] ? arena_print(arena, "%s (%s)", name, contact->name) : contact->name;
}

static const char *clock_text(const struct showing *showing, const struct rotation *rotation, int64_t at_s)
{
    return civil_format(showing->config->arena, at_s, zone_of(showing, rotation), "%Y-%m-%d %H:%M %Z");
}

static const struct calendar *holidays_of(const struct showing *showing)
{
    for (size_t i = 0; i < showing->config->calendar_count; i++) {
        struct calendar *calendar = showing->config->calendars[i];
        struct fault fault = {0};

        if (showing->calendar_name[0] && strcmp(calendar->title, showing->calendar_name) != 0)
            continue;
        if (calendar_open(calendar, showing->from_s, &fault) && calendar->day_count > 0)
            return calendar;
    }
    return NULL;
}

/* One moment. */

static void show_now(struct showing *showing, const struct rotation *rotation, const char *name)
{
    struct arena *arena = showing->config->arena;
    struct stint now;
    struct stint next;

    if (!roster_stint(showing->config, name, showing->from_s, &now))
        return;
    showing->uncovered = showing->uncovered || !now.contact;
    printf("%-16s %s until %s", name, person(arena, now.contact), clock_text(showing, rotation, now.until_s));
    if (now.until_s == showing->from_s + STINT_AHEAD_S)
        printf(" at least");
    else if (roster_stint(showing->config, name, now.until_s, &next))
        printf(", then %s", person(arena, next.contact));
    if (now.contact && contact_value(now.contact, "mobile")[0])
        printf("; %s", contact_value(now.contact, "mobile"));
    printf(" [%s%s%s]\n", now.why, strcmp(now.by, name) == 0 ? "" : ": ", strcmp(now.by, name) == 0 ? "" : now.by);
    if (!now.contact)
        printf("%-16s %s\n", "", now.trouble);
}

/* A span. */

static const char *hours_text(struct arena *arena, int64_t seconds)
{
    return arena_print(arena, "%lld.%lld", (long long)(seconds / 3600), (long long)(seconds % 3600 / 360));
}

static void show_stints(const struct showing *showing, const struct rotation *rotation, const struct roster *roster)
{
    struct arena *arena = showing->config->arena;

    for (size_t i = 0; i < roster->count; i++) {
        const struct stint *stint = &roster->stints[i];

        printf("  %s - %s  %s [%s]%s%s\n", clock_text(showing, rotation, stint->from_s),
               clock_text(showing, rotation, stint->until_s), person(arena, stint->contact), stint->why,
               stint->contact ? "" : " ", stint->contact ? "" : stint->trouble);
    }
}

/* The stints lie end to end by their making: it is said only after it was looked at once more. */
static bool is_unbroken(const struct showing *showing, const struct roster *roster)
{
    int64_t at_s = showing->from_s;

    for (size_t i = 0; i < roster->count; i++) {
        if (roster->stints[i].from_s != at_s || roster->stints[i].until_s <= at_s)
            return false;
        at_s = roster->stints[i].until_s;
    }
    return at_s == showing->until_s;
}

static void show_proof(struct showing *showing, const struct roster *roster)
{
    long long all = showing->until_s - showing->from_s;

    if (!is_unbroken(showing, roster)) {
        puts("  the stints do not lie end to end: please report this");
        showing->uncovered = true;
    } else if (roster->uncovered_s == 0) {
        printf("  covered: every one of %lld seconds\n", all);
    } else {
        printf("  NOT COVERED: %lld of %lld seconds\n", (long long)roster->uncovered_s, all);
        showing->uncovered = true;
    }
}

static void show_shares(const struct showing *showing, const struct rotation *rotation, const struct roster *roster)
{
    struct arena *arena = showing->config->arena;
    const struct calendar *holidays = holidays_of(showing);
    size_t count;
    const struct share *shares = roster_shares(showing->config, roster, zone_of(showing, rotation), holidays, &count);

    printf("  %-24s %7s %8s %8s %8s %8s\n", "person", "stints", "hours", "nights", "weekends", "holidays");
    for (size_t i = 0; i < count; i++)
        printf("  %-24s %7zu %8s %8s %8s %8s\n", person(arena, shares[i].contact), shares[i].stints,
               hours_text(arena, shares[i].total_s), hours_text(arena, shares[i].night_s),
               hours_text(arena, shares[i].weekend_s), holidays ? hours_text(arena, shares[i].holiday_s) : "-");
}

static void show_as_json(const struct showing *showing, const struct rotation *rotation, const char *name,
                         const struct roster *roster)
{
    struct arena *arena = showing->config->arena;
    struct json_object *doc = json_doc(arena);
    struct json_object *stints = jset_array(doc, "stints");
    struct json_object *people = jset_array(doc, "shares");
    size_t count;
    const struct share *shares =
        roster_shares(showing->config, roster, zone_of(showing, rotation), holidays_of(showing), &count);

    jset_text(doc, "rotation", name);
    jset_text(doc, "timezone", zone_of(showing, rotation));
    jset_number(doc, "uncovered_s", roster->uncovered_s);
    for (size_t i = 0; i < roster->count; i++) {
        struct json_object *stint = jadd_object(stints);

        jset_text(stint, "from", civil_utc(arena, roster->stints[i].from_s));
        jset_text(stint, "until", civil_utc(arena, roster->stints[i].until_s));
        jset_text(stint, "contact", roster->stints[i].contact ? roster->stints[i].contact->name : "");
        jset_text(stint, "by", roster->stints[i].by);
        jset_text(stint, "why", roster->stints[i].why);
    }
    for (size_t i = 0; i < count; i++) {
        struct json_object *share = jadd_object(people);

        jset_text(share, "contact", shares[i].contact->name);
        jset_number(share, "stints", (int64_t)shares[i].stints);
        jset_number(share, "total_s", shares[i].total_s);
        jset_number(share, "night_s", shares[i].night_s);
        jset_number(share, "weekend_s", shares[i].weekend_s);
        jset_number(share, "holiday_s", shares[i].holiday_s);
    }
    puts(json_print(doc));
}

/* iCalendar: https://www.rfc-editor.org/rfc/rfc5545 */

/* Folded at 75 octets, between characters. */
static void put_ics(const char *line)
{
    size_t column = 0;

    for (const char *at = line; *at;) {
        size_t len = utf8_next(at);

        if (column + len > LINE_MOST) {
            fputs("\r\n ", stdout);
            column = 1;
        }
        fwrite(at, 1, len, stdout);
        column += len;
        at += len;
    }
    fputs("\r\n", stdout);
}

static const char *ics_text(struct arena *arena, const char *text)
{
    char *out = arena_alloc(arena, 2 * strlen(text) + 1);
    char *to = out;

    for (; *text; text++) {
        if (strchr("\\;,", *text))
            *to++ = '\\';
        *to++ = *text;
    }
    return out;
}

static const char *ics_time(struct arena *arena, int64_t at_s)
{
    return civil_format(arena, at_s, "UTC", "%Y%m%dT%H%M%SZ");
}

static void show_as_ics(const struct showing *showing, const char *name, const struct roster *roster)
{
    struct arena *arena = showing->config->arena;
    const char *stamp = ics_time(arena, world_wall_ms(&showing->operation->world) / 1000);

    for (size_t i = 0; i < roster->count; i++) {
        const struct stint *stint = &roster->stints[i];
        const char *title = stint->contact ? contact_value(stint->contact, "name") : "NOBODY";

        if (stint->contact && !title[0])
            title = stint->contact->name;
        put_ics("BEGIN:VEVENT");
        put_ics(arena_print(arena, "UID:%s-%lld@notification-plugins", name, (long long)stint->from_s));
        put_ics(arena_print(arena, "DTSTAMP:%s", stamp));
        put_ics(arena_print(arena, "DTSTART:%s", ics_time(arena, stint->from_s)));
        put_ics(arena_print(arena, "DTEND:%s", ics_time(arena, stint->until_s)));
        put_ics(arena_print(arena, "SUMMARY:%s", ics_text(arena, title)));
        put_ics(arena_print(arena, "CATEGORIES:%s", ics_text(arena, name)));
        put_ics("END:VEVENT");
    }
}

/* All. */

/* One moment is the whole stint that it lies in, from then on. */
static bool make_roster(const struct showing *showing, const char *name, struct roster *roster, struct fault *fault)
{
    int64_t until_s = showing->until_s;
    struct stint stint;

    if (until_s == showing->from_s && roster_stint(showing->config, name, until_s, &stint))
        until_s = stint.until_s;
    return roster_make(showing->config, name, showing->from_s, until_s, roster, fault);
}

static bool show_layer(struct showing *showing, const struct rotation *rotation, const struct rotation_layer *layer,
                       struct fault *fault)
{
    struct arena *arena = showing->config->arena;
    const char *name = layer->name[0] ? arena_print(arena, "%s/%s", rotation->title, layer->name) : rotation->title;
    struct roster roster;

    if (showing->only[0] && strcmp(showing->only, name) != 0 && strcmp(showing->only, rotation->title) != 0)
        return true;
    showing->shown++;
    if (showing->until_s == showing->from_s && !showing->json && !showing->ics) {
        show_now(showing, rotation, name);
        return true;
    }
    if (!make_roster(showing, name, &roster, fault))
        return false;
    if (showing->ics) {
        show_as_ics(showing, name, &roster);
    } else if (showing->json) {
        show_as_json(showing, rotation, name, &roster);
    } else {
        printf("%s\n", name);
        show_stints(showing, rotation, &roster);
        show_proof(showing, &roster);
        show_shares(showing, rotation, &roster);
    }
    showing->uncovered = showing->uncovered || roster.uncovered_s > 0;
    return true;
}

static bool show_all(struct showing *showing, struct fault *fault)
{
    for (size_t i = 0; i < showing->config->rotation_count; i++) {
        const struct rotation *rotation = showing->config->rotations[i];

        for (size_t k = 0; k < rotation->layer_count; k++)
            if (!show_layer(showing, rotation, &rotation->layers[k], fault))
                return false;
    }
    if (showing->shown == 0)
        return fault_set(fault, FAULT_USAGE,
                         showing->only[0] ? "the configuration has no rotation \"%s\""
                                          : "the configuration has no rotation%s",
                         showing->only);
    return true;
}

static bool read_span(struct showing *showing, struct fault *fault)
{
    struct operation *operation = showing->operation;
    const char *at = "";
    const char *until = "";
    struct argument arguments[] = {
        {"--at",       &at,                     NULL          },
        {"--until",    &until,                  NULL          },
        {"--holidays", &showing->calendar_name, NULL          },
        {"--json",     NULL,                    &showing->json},
        {"--ics",      NULL,                    &showing->ics },
    };
    int64_t from_ms;
    int64_t until_ms;
    int rest;

    if (!arguments_read(operation, arguments, sizeof(arguments) / sizeof(*arguments), &rest, fault) ||
        !moment_read(operation, at, world_wall_ms(&operation->world), &from_ms, fault) ||
        !moment_read(operation, until, from_ms, &until_ms, fault))
        return false;
    if (rest < operation->argc)
        showing->only = operation->argv[rest] + (operation->argv[rest][0] == '@');
    showing->from_s = from_ms / 1000;
    showing->until_s = until_ms / 1000;
    if (showing->until_s < showing->from_s || showing->until_s > showing->from_s + AHEAD_MOST_S)
        return fault_set(fault, FAULT_USAGE, "--until wants a time after --at, at most a year later");
    return true;
}

int command_oncall(struct operation *operation)
{
    struct showing showing = {.operation = operation, .config = operation->config, .only = "", .calendar_name = ""};
    struct fault fault = {0};
    bool shown;

    if (!read_span(&showing, &fault))
        return say_fault(operation, &fault);
    if (showing.ics) {
        put_ics("BEGIN:VCALENDAR");
        put_ics("VERSION:2.0");
        put_ics("PRODID:-//notification-plugins//oncall//EN");
    }
    shown = show_all(&showing, &fault);
    if (showing.ics)
        put_ics("END:VCALENDAR");
    if (!shown)
        return say_fault(operation, &fault);
    return showing.uncovered ? 1 : 0;
}
