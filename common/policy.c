#include "common/policy.h"

#include <string.h>

#include "common/civil.h"
#include "common/template.h"

int64_t policy_days_left(const struct config *config, const struct calendar *calendar, int64_t now_s)
{
    if (!calendar->ends && calendar->day_count == 0)
        return INT64_MAX;
    return calendar->last_day - zone_local(config->arena, now_s, calendar->timezone) / DAY_S;
}

static const char *day_text(struct arena *arena, int64_t day)
{
    struct civil_day civil = day_civil(day);

    return arena_print(arena, "%04lld-%02d-%02d", (long long)civil.year, civil.month, civil.day);
}

/* The place is told apart from the words: "FILE:LINE: words". */
static void tell_trouble(struct config *config, const char *where, const char *trouble)
{
    config_add_finding(config, true, where, "%s", trouble);
}

static bool open_or_tell(struct config *config, struct calendar *calendar, int64_t now_s)
{
    struct fault fault = {0};

    if (!calendar->path[0])
        return false;
    if (calendar_open(calendar, now_s, &fault))
        return true;
    tell_trouble(config, calendar->where, arena_copy(config->arena, fault.text, strlen(fault.text)));
    return false;
}

static void check_calendar(struct config *config, struct calendar *calendar, int64_t now_s)
{
    int64_t left;

    if (!open_or_tell(config, calendar, now_s))
        return;
    left = policy_days_left(config, calendar, now_s);
    if (left < 0)
        config_add_finding(config, false, calendar->where,
                           "calendar \"%s\" ended on %s: since then Monday to Friday are taken for work days; add the "
                           "new year's days to '%s'",
                           calendar->title, day_text(config->arena, calendar->last_day), calendar->path);
    else if (left < CALENDAR_WARN_DAYS)
        config_add_finding(config, false, calendar->where,
                           "calendar \"%s\" ends on %s, in %lld days: add the new year's days to '%s' in time",
                           calendar->title, day_text(config->arena, calendar->last_day), (long long)left,
                           calendar->path);
}

/* Hours say for themselves when nobody is wanted; a rotation without hours is for always. */
static void check_layer(struct config *config, const struct rotation *rotation, const struct rotation_layer *layer,
                        int64_t now_s)
{
    const char *name =
        layer->name[0] ? arena_print(config->arena, "%s/%s", rotation->title, layer->name) : rotation->title;
    struct roster roster;
    struct fault fault = {0};

    if (layer->calendar && !open_or_tell(config, layer->calendar, now_s))
        return;
    if (!roster_make(config, name, now_s, now_s + ROSTER_AHEAD_DAYS * DAY_S, &roster, &fault)) {
        tell_trouble(config, layer->where, arena_copy(config->arena, fault.text, strlen(fault.text)));
        return;
    }
    for (size_t i = 0; i < roster.count; i++) {
        const struct stint *stint = &roster.stints[i];
        const char *zone = rotation->timezone[0] ? rotation->timezone : config->timezone;

        if (stint->contact || (strcmp(stint->why, "outside its hours") == 0 && !rotation->otherwise[0]))
            continue;
        config_add_finding(config, false, layer->where, "from %s to %s %s",
                           civil_text(config->arena, stint->from_s, zone),
                           civil_text(config->arena, stint->until_s, zone), stint->trouble);
        return;
    }
}

static void check_template(struct config *config, const char *where, const char *who, const char *name)
{
    struct message_template template;
    struct fault fault = {0};
    bool found = false;

    if (!name[0])
        return;
    template_load(config->arena, config->templates, config->language, name, &template, &found, &fault);
    if (!found)
        config_add_finding(config, true, where,
                           "%s names the template '%s', which is not installed in '%s': another one is used", who, name,
                           config->templates);
}

static void check_templates(struct config *config)
{
    for (size_t i = 0; i < config->route_count; i++)
        check_template(config, config->routes[i]->where,
                       arena_print(config->arena, "route \"%s\"", config->routes[i]->title),
                       config->routes[i]->template_name);
    for (size_t i = 0; i < config->template_rule_count; i++)
        check_template(config, config->template_rules[i].where, "this rule", config->template_rules[i].template_name);
}

void policy_check(struct config *config, int64_t now_s)
{
    check_templates(config);
    for (size_t i = 0; i < config->calendar_count; i++)
        check_calendar(config, config->calendars[i], now_s);
    for (size_t i = 0; i < config->rotation_count; i++)
        for (size_t k = 0; k < config->rotations[i]->layer_count; k++)
            check_layer(config, config->rotations[i], &config->rotations[i]->layers[k], now_s);
}
