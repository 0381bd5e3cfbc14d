/* route "TITLE" { ... }: see route.h. */
#include <string.h>

#include "common/config_policy.h"

#define ROUTE struct route
static const struct value_row ROUTE_ROWS[] = {
    ROW("enabled", FLAG, ROUTE, enabled, 0, 0),
    ROW("default", FLAG, ROUTE, fallback, 0, 0),
    ROW("severity", RANGE, ROUTE, severities, 0, 0),
    ROW("host", LIST, ROUTE, host, 0, 0),
    ROW("service", LIST, ROUTE, service, 0, 0),
    ROW("tag", LIST, ROUTE, tag, 0, 0),
    ROW("group", LIST, ROUTE, group, 0, 0),
    ROW("source", LIST, ROUTE, source, 0, 0),
    ROW("kind", LIST, ROUTE, kind, 0, 0),
    ROW_CHOICE("outside", ROUTE, outside, "skip hold"),
    ROW("hold_until", CLOCK, ROUTE, hold_until, 0, 0),
    ROW("continue", FLAG, ROUTE, goes_on, 0, 0),
    ROW_CHOICE("mode", ROUTE, mode, "first all"),
    ROW("channels", LIST, ROUTE, channels, 0, 0),
    ROW("also", LIST, ROUTE, also, 0, 0),
    ROW("to", LIST, ROUTE, to, 0, 0),
    ROW("template", TEXT, ROUTE, template_name, 0, 0),
    ROW("raise", SEVERITY, ROUTE, raise, 0, 0),
    ROW_END,
};

static const struct value_row STEP_ROWS[] = {
    ROW("after", DURATION, struct escalation_step, after_s, MINUTE, 7 * DAY),
    ROW("channels", LIST, struct escalation_step, channels, 0, 0),
    ROW("to", LIST, struct escalation_step, to, 0, 0),
    ROW_END,
};

/* By time; those of the same time as they are written. */
static void add_step(struct route *route, const struct escalation_step *step)
{
    size_t at = route->step_count++;

    for (; at > 0 && route->steps[at - 1].after_s > step->after_s; at--)
        route->steps[at] = route->steps[at - 1];
    route->steps[at] = *step;
}

static void read_steps(const struct reading *reading, cfg_t *cfg, struct route *route)
{
    size_t count = parsed_block_count(cfg, "escalate");

    route->steps = arena_alloc(reading->arena, (count + 1) * sizeof(*route->steps));
    for (size_t i = 0; i < count; i++) {
        struct givens givens = reading_gather_nth(reading, parsed_block_nth(cfg, "escalate", i), "escalate", i);
        struct escalation_step step = {.where = reading_at(reading, reading_line_of_nth(reading, "escalate", i))};

        reading_fill(reading, STEP_ROWS, &givens, &step);
        if (step.after_s == 0)
            config_add_finding(reading->config, true, step.where,
                               "an escalation wants a time from 1m to 7d: write after = \"15m\"");
        else
            add_step(route, &step);
    }
}

/* What there is once: one key, one server; and what is said when nobody knows any more which route it was. */
static void refuse_what_is_for_all(const struct reading *reading, const struct givens *givens)
{
    static const char *const FOR_ALL[] = {"key_file", "remind", "listen", "user_header"};

    for (size_t i = 0; i < sizeof(FOR_ALL) / sizeof(*FOR_ALL); i++) {
        const struct given *given = given_named(givens, FOR_ALL[i]);

        if (given)
            config_add_finding(reading->config, true, given->where,
                               "'%s' is the same for all routes: it belongs into the confirm {...} outside of them",
                               FOR_ALL[i]);
    }
}

/* `confirm_within` is `confirm { within = ... }` in one word. */
static void read_confirmation(const struct reading *reading, cfg_t *cfg, const struct givens *own, struct route *route)
{
    struct givens givens = reading_gather(reading, parsed_block(cfg, "confirm"), "confirm");
    const struct given *within = given_named(own, "confirm_within");

    refuse_what_is_for_all(reading, &givens);
    if (within && !given_named(&givens, "within"))
        givens_add(&givens, "within", within->values, within->where);
    reading_take_confirm(reading, &givens, &route->confirm);
    /* Who writes steps wants them taken, whatever the severity. */
    route->confirm.asked = route->confirm.asked || parsed_block_count(cfg, "escalate") > 0;
    if (parsed_block_count(cfg, "escalate") > 0 && !given_named(&givens, "from"))
        route->confirm.from = SEVERITY_INFO;
}

/* Kinds that there are not are left out; when none is left, every kind fits. */
static void check_kinds(const struct reading *reading, const struct givens *givens, struct route *route)
{
    const char **good = arena_alloc(reading->arena, (route->kind.count + 1) * sizeof(*good));
    size_t count = 0;

    for (size_t i = 0; i < route->kind.count; i++) {
        enum event_kind kind;

        if (event_kind_from(route->kind.items[i], &kind) || strpbrk(route->kind.items[i], "*?["))
            good[count++] = route->kind.items[i];
        else
            config_add_finding(reading->config, true, policy_where(reading, givens, "kind"),
                               "'kind' wants problem, recovery, acknowledgement, update and the like, not '%s'",
                               route->kind.items[i]);
    }
    route->kind = (struct text_list){.items = good, .count = count};
}

static void fill_route(struct reading *reading, cfg_t *cfg)
{
    struct config *config = reading->config;
    struct route *route = arena_alloc(reading->arena, sizeof(*route));
    struct givens givens = reading_gather(reading, cfg, "");
    struct givens limit = reading_gather(reading, parsed_block(cfg, "limit"), "limit");

    *route = (struct route){.title = reading->now->title,
                            .where = reading_here(reading),
                            .enabled = true,
                            .severities = (1U << SEVERITY_COUNT) - 1,
                            .hold_until = -1,
                            .template_name = "",
                            .raise = SEVERITY_COUNT,
                            .silent =
                                given_named(&givens, "channels") && given_named(&givens, "channels")->values.count == 0,
                            .has_limits = limit.count > 0,
                            .limits = config->limits,
                            .confirm = config->confirm};
    reading_fill(reading, ROUTE_ROWS, &givens, route);
    reading_fill(reading, limit_rows, &limit, &route->limits);
    route->during = policy_hours(reading, &givens, "during");
    check_kinds(reading, &givens, route);
    read_confirmation(reading, cfg, &givens, route);
    read_steps(reading, cfg, route);
    config->routes = arena_grow(config->arena, config->routes, (config->route_count + 1) * sizeof(struct route *));
    config->routes[config->route_count++] = route;
}
static struct form form_of_route(const struct reading *reading)
{
    struct form form = form_of_values(reading->arena, ROUTE_ROWS);
    struct form step = form_of_values(reading->arena, STEP_ROWS);
    struct form limit = form_of_values(reading->arena, limit_rows);
    struct form confirm = form_of_values(reading->arena, confirm_rows);

    form_add_name(&form, "during", true);
    form_add_name(&form, "confirm_within", false);
    form_add_block(&form, "limit", &limit, false);
    form_add_block(&form, "confirm", &confirm, false);
    form_add_repeated_block(&form, "escalate", &step);
    return form;
}

const struct route *config_route(const struct config *config, const char *title)
{
    for (size_t i = 0; i < config->route_count; i++)
        if (strcmp(config->routes[i]->title, title) == 0)
            return config->routes[i];
    return NULL;
}

static const char *where_taken(const struct config *config, const char *title)
{
    return config_route(config, title) ? config_route(config, title)->where : NULL;
}

/* Checks over the whole. */

static bool asks_nobody(const struct confirmation *confirmation)
{
    for (int64_t severity = confirmation->from; severity < SEVERITY_COUNT; severity++)
        if (confirmation->within_s[severity] > 0)
            return false;
    return true;
}

static void check_route(struct config *config, const struct route *route)
{
    const char *who = arena_print(config->arena, "route \"%s\"", route->title);

    config_check_channels(config, route->where, who, &route->channels);
    config_check_channels(config, route->where, who, &route->also);
    config_check_people(config, route->where, who, &route->to);
    policy_check_hours(config, route->where, &route->during);
    for (size_t i = 0; i < route->step_count; i++) {
        config_check_channels(config, route->steps[i].where, who, &route->steps[i].channels);
        config_check_people(config, route->steps[i].where, who, &route->steps[i].to);
    }
    if (route->channels.count + route->also.count == 0 && !route->silent)
        config_add_finding(config, true, route->where,
                           "%s tells nobody: give it channels = {\"SECTION\"}, or channels = {} if that is meant", who);
    if (route->step_count > 0 && asks_nobody(&route->confirm))
        config_add_finding(config, false, route->steps[0].where,
                           "%s: nobody is asked to take it, so nothing escalates: `within` is 0", who);
    if (route->outside == ROUTE_HOLD && route->during.count == 0)
        config_add_finding(config, false, route->where, "%s: 'outside' is of no use without 'during'", who);
    if (route->outside == ROUTE_SKIP && route->hold_until >= 0)
        config_add_finding(config, false, route->where, "%s: 'hold_until' is of no use without outside = \"hold\"",
                           who);
}

static void check_routes(struct config *config)
{
    for (size_t i = 0; i < config->route_count; i++)
        check_route(config, config->routes[i]);
}

const struct policy_statement route_statement = {.name = "route",
                                                 .form = form_of_route,
                                                 .fill = fill_route,
                                                 .where_taken = where_taken,
                                                 .any_title = true,
                                                 .check = check_routes};
