#include "common/routing.h"

#include <fnmatch.h>
#include <string.h>
#include <strings.h>

#include "common/civil.h"
#include "common/recipient.h"
#include "common/str.h"

enum { HOLD_MOST_DAYS = 14, EVERY_SEVERITY = (1U << SEVERITY_COUNT) - 1, CHAINS_MOST = 200 };

/* One run of routing_make(). */
struct run {
    const struct routing *routing;
    struct plan *plan;
    struct routing_trace *trace;
    struct text_list to;       /* targets of the call */
    int64_t people_at_s;       /* who was on call then is told */
    const struct section *own; /* whose own recipients are enough: no note about others */
    bool quiet;                /* a route took it that tells nobody on purpose */
    bool stranded;             /* a route took it, and none of its channels can be used */
};

/* --- matching --- */

static bool any_matches(struct text_list globs, const char *text)
{
    for (size_t i = 0; i < globs.count; i++)
        if (fnmatch(globs.items[i], text, FNM_NOESCAPE | FNM_CASEFOLD) == 0)
            return true;
    return false;
}

/* Hosts have a name and one for people. */
static bool either_matches(struct text_list globs, const char *name, const char *display)
{
    return any_matches(globs, name) || (display[0] && any_matches(globs, display));
}

/* "NAME" is any value of the tag; "NAME=GLOB" one that fits. */
static bool tag_matches(const char *glob, const struct pairs *tags)
{
    const char *equals = strchr(glob, '=');
    size_t len = equals ? (size_t)(equals - glob) : strlen(glob);

    for (size_t i = 0; i < tags->count; i++)
        if (strlen(tags->items[i].name) == len && strncasecmp(tags->items[i].name, glob, len) == 0 &&
            (!equals || fnmatch(equals + 1, tags->items[i].value, FNM_NOESCAPE | FNM_CASEFOLD) == 0))
            return true;
    return false;
}

static bool any_tag_matches(struct text_list globs, const struct pairs *tags)
{
    for (size_t i = 0; i < globs.count; i++)
        if (tag_matches(globs.items[i], tags))
            return true;
    return false;
}

static bool any_group_matches(struct arena *arena, struct text_list globs, const char *groups)
{
    struct text_list names = split_commas(arena, groups);

    for (size_t i = 0; i < names.count; i++)
        if (any_matches(globs, names.items[i]))
            return true;
    return false;
}

static const char *unlike(struct arena *arena, const char *name, const char *value)
{
    return arena_print(arena, "%s '%s' does not match", name, value);
}

const char *route_mismatch(struct arena *arena, const struct route *route, const struct event *event,
                           unsigned severities)
{
    if (!(route->severities & severities))
        return arena_print(arena, "severity %s is not among its own", severity_name(event->severity));
    if (route->host.count && !either_matches(route->host, event->host, event->host_name))
        return unlike(arena, "host", event->host);
    if (route->service.count && !either_matches(route->service, event->service, event->service_name))
        return unlike(arena, "service", event->service);
    if (route->tag.count && !any_tag_matches(route->tag, &event->tags))
        return arena_print(arena, "no tag of the event matches");
    if (route->group.count && !any_group_matches(arena, route->group, event->groups))
        return unlike(arena, "group", event->groups);
    if (route->source.count && !either_matches(route->source, event->source, event->source_name))
        return unlike(arena, "source", event->source);
    if (route->kind.count && !any_matches(route->kind, event_kind_name(event->kind)))
        return unlike(arena, "kind", event_kind_name(event->kind));
    return "";
}

bool routing_follows(const struct event *event)
{
    return event->kind == EVENT_RECOVERY || event->kind == EVENT_ACKNOWLEDGEMENT || event->kind == EVENT_UPDATE ||
           event->kind == EVENT_CANCELLED;
}

static unsigned severity_of_state(const char *state)
{
    static const struct {
        const char *state;
        enum severity severity;
    } STATES[] = {
        {"WARNING",     SEVERITY_WARNING },
        {"UNKNOWN",     SEVERITY_ERROR   },
        {"UNREACHABLE", SEVERITY_ERROR   },
        {"CRITICAL",    SEVERITY_CRITICAL},
        {"DOWN",        SEVERITY_CRITICAL},
    };

    for (size_t i = 0; i < sizeof(STATES) / sizeof(*STATES); i++)
        if (strcasecmp(STATES[i].state, state) == 0)
            return 1U << STATES[i].severity;
    return EVERY_SEVERITY;
}

/* The severities that the event may have had: a recovery of Nagios is `info`, whatever its problem was. */
static unsigned severities_of(const struct event *event)
{
    if (!routing_follows(event) || event->severity > SEVERITY_INFO)
        return 1U << event->severity;
    return severity_of_state(event->previous_state);
}

static bool told_before(const struct routing *routing, const struct route *route)
{
    for (size_t i = 0; i < routing->past.routes.count; i++)
        if (strcmp(routing->past.routes.items[i], route->title) == 0)
            return true;
    return false;
}

/* --- hours --- */

static bool holds_at(const struct config *config, const struct route *route, int64_t at_s, const char **which)
{
    struct policy_context policy = {.config = config, .now_s = at_s};
    struct hours_context context = route_hours_context(&policy);

    return hours_hold(&context, &route->during, at_s, which);
}

/* The first moment after now at which its hours hold. */
static int64_t next_hours(const struct config *config, const struct route *route, int64_t now_s)
{
    struct policy_context policy = {.config = config, .now_s = now_s};
    struct hours_context context = route_hours_context(&policy);

    for (int64_t at_s = now_s; at_s < now_s + HOLD_MOST_DAYS * DAY_S;) {
        at_s = hours_next_edge(&context, &route->during, at_s);
        if (hours_hold(&context, &route->during, at_s, NULL))
            return at_s;
    }
    return now_s + DAY_S;
}

/* The clock that `hold_until` means: that of the route's hours. */
static const char *zone_of(const struct config *config, const struct route *route)
{
    return route->during.count && route->during.items[0].timezone[0] ? route->during.items[0].timezone
                                                                     : config->timezone;
}

int64_t route_hold_end(const struct config *config, const struct route *route, int64_t now_s)
{
    const char *zone = zone_of(config, route);
    int64_t today = zone_local(config->arena, now_s, zone) / DAY_S;
    int64_t first_s = 0;

    if (route->hold_until < 0)
        return next_hours(config, route, now_s);
    for (int64_t day = today; day <= today + HOLD_MOST_DAYS; day++) {
        int64_t at_s = zone_moment(config->arena, day * DAY_S + route->hold_until, zone);

        if (at_s <= now_s)
            continue;
        if (holds_at(config, route, at_s, NULL))
            return at_s;
        first_s = first_s ? first_s : at_s;
    }
    return first_s;
}

/* --- chains --- */

static void note(void *self, const char *target, const char *why)
{
    struct run *run = self;

    if (!run->own)
        plan_add_note(run->routing->arena, run->plan,
                      arena_print(run->routing->arena, "recipient '%s' %s", target, why));
}

static void add_targets(struct run *run, struct text_list targets, const struct section *own, struct leg *leg)
{
    struct recipient_book book = {.arena = run->routing->arena,
                                  .config = run->routing->config,
                                  .now_s = run->people_at_s,
                                  .note = note,
                                  .self = run};
    struct recipients recipients = {
        .channel = leg->section->channel, .items = leg->recipients, .count = leg->recipient_count};

    run->own = own;
    for (size_t i = 0; i < targets.count; i++)
        recipients_add(&book, &recipients, targets.items[i]);
    leg->recipients = recipients.items;
    leg->recipient_count = recipients.count;
}

/* False with a note when the section cannot be used now. */
static bool open_leg(struct run *run, const char *title, struct leg *leg)
{
    const struct config *config = run->routing->config;
    struct fault fault = {0};

    *leg = (struct leg){.section = config_section(config, NULL, title, &fault)};
    if (leg->section && config_open_section(config, leg->section, NULL, &fault))
        return true;
    plan_add_note(run->routing->arena, run->plan,
                  arena_print(run->routing->arena, "section \"%s\" is left out: %s", title, fault.text));
    return false;
}

static bool has_somebody(struct run *run, const struct leg *leg)
{
    if (leg->recipient_count > 0 || !leg->section->channel->needs_recipient)
        return true;
    plan_add_note(run->routing->arena, run->plan,
                  arena_print(run->routing->arena, "section \"%s\" is left out: nobody is left to tell there",
                              leg->section->title));
    return false;
}

/* Those asked for come first; a section's own recipients are for when there are none. An archive is told as it is set up. */
static bool make_leg(struct run *run, const char *title, struct text_list to, bool own_first, struct leg *leg)
{
    const struct text_list *own;

    if (!open_leg(run, title, leg))
        return false;
    own = &leg->section->common.to;
    if (own_first && own->count > 0)
        add_targets(run, *own, NULL, leg);
    if (leg->recipient_count == 0)
        add_targets(run, to, own->count ? leg->section : NULL, leg);
    if (leg->recipient_count == 0)
        add_targets(run, *own, NULL, leg);
    return has_somebody(run, leg);
}

static bool same_leg(const struct leg *one, const struct leg *other)
{
    if (one->section != other->section || one->recipient_count != other->recipient_count)
        return false;
    for (size_t i = 0; i < one->recipient_count; i++)
        if (strcmp(one->recipients[i], other->recipients[i]) != 0)
            return false;
    return true;
}

/* Two routes may lead to the same group. */
static bool is_told_already(const struct plan *plan, const struct leg *leg)
{
    for (size_t i = 0; i < plan->chain_count; i++)
        if (same_leg(&plan->chains[i].legs[0], leg))
            return true;
    return false;
}

static void add_chain(struct run *run, struct chain *chain)
{
    if (chain->leg_count > 0 && run->plan->chain_count < CHAINS_MOST && !is_told_already(run->plan, &chain->legs[0]))
        plan_add_chain(run->routing->arena, run->plan, chain);
}

/* What every chain of a route has. */
static struct chain chain_of(const struct run *run, const struct route *route, const struct event *event, size_t legs)
{
    return (struct chain){.legs = arena_alloc(run->routing->arena, (legs + 1) * sizeof(struct leg)),
                          .route = route,
                          .event = event,
                          .template_name = route ? route->template_name : ""};
}

static size_t add_legs(struct run *run, const struct text_list *titles, struct text_list to, struct chain *chain)
{
    for (size_t i = 0; i < titles->count; i++)
        if (make_leg(run, titles->items[i], to, false, &chain->legs[chain->leg_count]))
            chain->leg_count++;
    return chain->leg_count;
}

static size_t add_separately(struct run *run, const struct chain *like, struct text_list titles, struct text_list to,
                             bool own_first)
{
    size_t made = 0;

    for (size_t i = 0; i < titles.count; i++) {
        struct chain chain = *like;

        chain.legs = arena_alloc(run->routing->arena, sizeof(*chain.legs));
        chain.leg_count = make_leg(run, titles.items[i], to, own_first, &chain.legs[0]);
        made += chain.leg_count;
        add_chain(run, &chain);
    }
    return made;
}

/* --- one route --- */

static const struct event *raised(const struct run *run, const struct route *route)
{
    struct event *event;

    if (route->raise == SEVERITY_COUNT || route->raise <= (int64_t)run->routing->event->severity)
        return run->routing->event;
    event = arena_alloc(run->routing->arena, sizeof(*event));
    *event = *run->routing->event;
    event->severity = severity_of_number(route->raise);
    return event;
}

static void take(struct run *run, const struct route *route, int64_t hold_until_s)
{
    struct chain chain = chain_of(run, route, raised(run, route), route->channels.count);
    struct text_list to = run->to.count ? run->to : route->to;
    size_t made;

    chain.hold_until_s = hold_until_s;
    if (route->mode == ROUTE_ALL) {
        chain.part = PART_ONE_OF;
        made = add_separately(run, &chain, route->channels, to, false);
    } else {
        made = add_legs(run, &route->channels, to, &chain);
        add_chain(run, &chain);
    }
    chain.part = PART_ALSO;
    made += add_separately(run, &chain, route->also, to, true) && route->channels.count == 0;
    run->stranded = run->stranded || (made == 0 && !route->silent);
    run->quiet = run->quiet || route->silent;
}

static void trace(struct run *run, const struct route *route, bool taken, const char *why)
{
    struct routing_trace *steps = run->trace;

    steps->steps = arena_grow(run->routing->arena, steps->steps, (steps->count + 1) * sizeof(*steps->steps));
    steps->steps[steps->count++] = (struct routing_step){.route = route, .taken = taken, .why = why};
}

static bool is_exempt(const struct routing *routing, const struct route *route)
{
    unsigned exempt = route->has_limits ? route->limits.exempt : routing->config->limits.exempt;

    return exempt & 1U << routing->event->severity;
}

static bool try_hours(struct run *run, const struct route *route)
{
    const struct routing *routing = run->routing;
    const char *which;
    int64_t hold_until_s;

    if (holds_at(routing->config, route, routing->now_s, &which)) {
        trace(run, route, true, arena_print(routing->arena, "takes it, during '%s'", which));
        take(run, route, 0);
        return true;
    }
    if (route->outside == ROUTE_SKIP) {
        trace(run, route, false, "it is outside of its hours");
        return false;
    }
    if (is_exempt(routing, route)) {
        trace(run, route, true, "takes it outside of its hours: this severity is never held back");
        take(run, route, 0);
        return true;
    }
    hold_until_s = route_hold_end(routing->config, route, routing->now_s);
    trace(run, route, true,
          arena_print(routing->arena, "takes it outside of its hours: held until %s",
                      civil_text(routing->arena, hold_until_s, zone_of(routing->config, route))));
    take(run, route, hold_until_s);
    return true;
}

static bool try_route(struct run *run, const struct route *route)
{
    const struct routing *routing = run->routing;
    bool follows = routing_follows(routing->event);
    const char *mismatch;

    if (!route->enabled) {
        trace(run, route, false, "it is switched off: enabled = no");
        return false;
    }
    if (follows && routing->past.routes.count > 0) {
        bool told = told_before(routing, route);

        trace(run, route, told, told ? "told of the problem before" : "did not tell of the problem");
        if (told)
            take(run, route, 0);
        return told;
    }
    mismatch = route_mismatch(routing->arena, route, routing->event, severities_of(routing->event));
    if (mismatch[0]) {
        trace(run, route, false, mismatch);
        return false;
    }
    if (!follows)
        return try_hours(run, route);
    trace(run, route, true, "takes it: there is no record of the problem");
    take(run, route, 0);
    return true;
}

/* Everybody who told of a problem tells of its end. */
static bool try_routes(struct run *run, bool fallback)
{
    const struct config *config = run->routing->config;
    bool all = routing_follows(run->routing->event) && run->routing->past.routes.count > 0;
    bool taken = false;

    for (size_t i = 0; i < config->route_count; i++) {
        const struct route *route = config->routes[i];

        if (route->fallback != fallback)
            continue;
        if (!try_route(run, route))
            continue;
        taken = true;
        if (!route->goes_on && !all)
            break;
    }
    return taken;
}

/* --- the whole --- */

/* "SECTION[:TARGET]" goes there and asks no route; other targets take the place of the routes' own. */
static bool take_direct(struct run *run, struct text_list *targets)
{
    const struct routing *routing = run->routing;
    struct recipient_book book = {.arena = routing->arena, .config = routing->config};
    const char **items = NULL;
    size_t count = 0;
    bool direct = false;

    for (size_t i = 0; i < routing->to.count; i++) {
        struct text_list named;
        const char *title;

        recipient_split(&book, routing->to.items[i], &title, &named);
        if (title[0]) {
            struct chain chain = chain_of(run, NULL, routing->event, 1);
            struct text_list section = {.items = &title, .count = 1};

            direct = true;
            add_separately(run, &chain, section, named, false);
            continue;
        }
        items = arena_grow(routing->arena, items, (count + named.count + 1) * sizeof(*items));
        for (size_t k = 0; k < named.count; k++)
            items[count++] = named.items[k];
    }
    *targets = (struct text_list){.items = items, .count = count};
    return direct;
}

/* Louder than anybody asked for, since somebody must hear of it. */
static void ask_operator(struct run *run, const char *why)
{
    const struct operator_contact *operator= & run->routing->config->operator;
    struct chain chain = chain_of(run, NULL, run->routing->event, operator->channels.count);

    run->trace->by_operator = true;
    plan_add_note(run->routing->arena, run->plan, why);
    add_legs(run, &operator->channels, operator->to, &chain);
    add_chain(run, &chain);
}

static bool somebody_is_told(const struct run *run, struct fault *fault)
{
    const struct plan *plan = run->plan;

    if (plan->chain_count > 0 || run->quiet)
        return true;
    if (plan->note_count > 1)
        return fault_set(fault, FAULT_CONFIG, "nobody can be told: %s; %s", plan->notes[plan->note_count - 1],
                         plan->notes[0]);
    return fault_set(fault, FAULT_CONFIG,
                     "no route takes this event, and there is no operator: write route \"default\" { default = yes  "
                     "channels = {...} } or operator { channels = {...} }");
}

/* A route that was renamed or switched off since cannot follow its problem: the others are asked then. */
static struct text_list those_still_there(const struct routing *routing)
{
    const struct text_list *routes = &routing->past.routes;
    const char **items = arena_alloc(routing->arena, (routes->count + 1) * sizeof(*items));
    size_t count = 0;

    for (size_t i = 0; i < routes->count; i++) {
        const struct route *route = config_route(routing->config, routes->items[i]);

        if (route && route->enabled)
            items[count++] = routes->items[i];
    }
    return (struct text_list){.items = items, .count = count};
}

bool routing_make(const struct routing *routing, struct plan *plan, struct routing_trace *trace, struct fault *fault)
{
    struct routing known = *routing;
    struct run run = {.routing = &known, .plan = plan, .trace = trace, .people_at_s = routing->now_s};
    bool direct;

    *plan = (struct plan){0};
    *trace = (struct routing_trace){0};
    known.past.routes = those_still_there(routing);
    if (routing_follows(routing->event) && routing->past.known)
        run.people_at_s = routing->past.since_s;
    direct = take_direct(&run, &run.to);
    if (!direct || run.to.count > 0) {
        if (!try_routes(&run, false) && !try_routes(&run, true))
            ask_operator(&run, "no route takes this event: it goes to the operator's channels");
        else if (run.stranded)
            ask_operator(&run, "a route has no channel that can be used now: the operator's channels are told, too");
        else if (run.quiet && plan->chain_count == 0)
            plan_add_note(routing->arena, plan, "a route without channels takes this event: nobody is told");
    }
    return somebody_is_told(&run, fault);
}

bool routing_step(const struct routing *routing, const struct route *route, const struct text_list *channels,
                  const struct text_list *to, struct plan *plan)
{
    struct routing_trace trace = {0};
    struct run run = {.routing = routing, .plan = plan, .trace = &trace, .people_at_s = routing->now_s};
    struct chain chain = chain_of(&run, route, routing->event, channels->count);
    bool made = add_legs(&run, channels, *to, &chain) > 0;

    add_chain(&run, &chain);
    return made;
}
