#include "common/routing.h"

#include <string.h>

#include "common/civil.h"
#include "common/glob.h"
#include "common/intake_words.h"
#include "common/recipient.h"
#include "common/str.h"

enum { HOLD_MOST_DAYS = 14, EVERY_SEVERITY = (1U << SEVERITY_COUNT) - 1, CHAINS_MOST = 200 };

/* One run of routing_make(). */
struct run {
    const struct routing *routing;
    struct plan *plan;
    struct routing_trace *trace;
    struct text_list to;       /* targets of the call */
    const int64_t *people_at;  /* who was on call at one of these moments is told */
    size_t people_at_count;    /* of those moments */
    const struct section *own; /* whose own recipients are enough: no note about others */
    const char *quiet;         /* why nobody is told, on purpose; "" when that is not so */
    bool taken;                /* by a route */
    bool stranded;             /* a route took it, and none of its channels can be used */
};

/* --- matching --- */

static bool any_tag_matches(struct text_list globs, const struct pairs *tags)
{
    for (size_t i = 0; i < globs.count; i++)
        if (glob_fits_tag(globs.items[i], tags))
            return true;
    return false;
}

static bool any_group_matches(struct arena *arena, struct text_list globs, const char *groups)
{
    struct text_list names = split_commas(arena, groups);

    for (size_t i = 0; i < names.count; i++)
        if (globs_fit(globs, names.items[i]))
            return true;
    return false;
}

static bool kind_fits(const struct route *route, enum event_kind kind)
{
    return route->kind.count == 0 || globs_fit(route->kind, event_kind_name(kind));
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
    if (route->host.count && !globs_fit_either(route->host, event->host, event->host_name))
        return unlike(arena, "host", event->host);
    if (route->service.count && !globs_fit_either(route->service, event->service, event->service_name))
        return unlike(arena, "service", event->service);
    if (route->tag.count && !any_tag_matches(route->tag, &event->tags))
        return arena_print(arena, "no tag of the event matches");
    if (route->group.count && !any_group_matches(arena, route->group, event->groups))
        return unlike(arena, "group", event->groups);
    if (route->source.count && !globs_fit_either(route->source, event->source, event->source_name))
        return unlike(arena, "source", event->source);
    if (!kind_fits(route, event->kind))
        return unlike(arena, "kind", event_kind_name(event->kind));
    return "";
}

bool routing_follows(const struct event *event)
{
    return event->kind == EVENT_RECOVERY || event->kind == EVENT_ACKNOWLEDGEMENT || event->kind == EVENT_UPDATE ||
           event->kind == EVENT_CANCELLED;
}

/* "DOWN" was critical; what it cannot have been, or says nothing, leaves all open. */
static unsigned severity_of_state(const char *state)
{
    enum severity severity = SEVERITY_INFO;

    return word_severity(state, &severity) && severity > SEVERITY_INFO ? 1U << severity : EVERY_SEVERITY;
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

/* Once: several routes, and moments, may find the same. */
static void add_note(struct run *run, const char *text)
{
    for (size_t i = 0; i < run->plan->note_count; i++)
        if (strcmp(run->plan->notes[i], text) == 0)
            return;
    plan_add_note(run->routing->arena, run->plan, text);
}

static void note(void *self, const char *target, const char *why)
{
    struct run *run = self;

    if (!run->own)
        add_note(run, arena_print(run->routing->arena, "recipient '%s' %s", target, why));
}

static void add_targets(struct run *run, struct text_list targets, const struct section *own, struct leg *leg)
{
    struct recipient_book book = {
        .arena = run->routing->arena, .config = run->routing->config, .note = note, .self = run};
    struct recipients recipients = {
        .channel = leg->section->channel, .items = leg->recipients, .count = leg->recipient_count};

    run->own = own;
    for (size_t i = 0; i < targets.count * run->people_at_count; i++) {
        book.now_s = run->people_at[i % run->people_at_count];
        recipients_add(&book, &recipients, targets.items[i / run->people_at_count]);
    }
    leg->recipients = recipients.items;
    leg->recipient_count = recipients.count;
}

/* False with a note when the section cannot be used now. */
static bool open_leg(struct run *run, const char *title, struct leg *leg)
{
    const struct config *config = run->routing->config;
    struct fault fault = {0};

    *leg = (struct leg){.section = config_section(config, NULL, title, &fault)};
    if (leg->section && config_open_section(config, leg->section, run->routing->options, &fault))
        return true;
    add_note(run, arena_print(run->routing->arena, "section \"%s\" is left out: %s", title, fault.text));
    return false;
}

static bool has_somebody(struct run *run, const struct leg *leg)
{
    if (leg->recipient_count > 0 || !leg->section->channel->needs_recipient)
        return true;
    add_note(run, arena_print(run->routing->arena, "section \"%s\" is left out: nobody is left to tell there",
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

static void add_legs_of(const struct chain *chain, struct leg *legs, size_t *count)
{
    for (size_t i = 0; i < chain->leg_count; i++) {
        bool again = false;

        for (size_t k = 0; k < *count; k++)
            again = again || same_leg(&legs[k], &chain->legs[i]);
        if (!again)
            legs[(*count)++] = chain->legs[i];
    }
}

/* False when the other is told earlier. */
static bool is_first_told(const struct chain *chain, const struct chain *other)
{
    return chain->hold_until_s == 0 || (other->hold_until_s > 0 && chain->hold_until_s <= other->hold_until_s);
}

/* One message of two routes: as early, as grave and as needed as the one or the other wants it, with the legs of both. */
static struct chain merged(const struct run *run, const struct chain *one, const struct chain *other)
{
    const struct chain *first = is_first_told(one, other) ? one : other;
    const struct chain *second = first == one ? other : one;
    struct chain chain = *first;

    chain.legs = arena_alloc(run->routing->arena, (one->leg_count + other->leg_count) * sizeof(*chain.legs));
    chain.leg_count = 0;
    add_legs_of(first, chain.legs, &chain.leg_count);
    add_legs_of(second, chain.legs, &chain.leg_count);
    if (second->event->severity > chain.event->severity)
        chain.event = second->event;
    if (second->part < chain.part)
        chain.part = second->part;
    return chain;
}

/* Two routes may lead to the same group: it is told once. */
static void add_chain(struct run *run, const struct chain *chain)
{
    struct plan *plan = run->plan;

    if (chain->leg_count == 0)
        return;
    for (size_t i = 0; i < plan->chain_count; i++)
        if (same_leg(&plan->chains[i].legs[0], &chain->legs[0])) {
            plan->chains[i] = merged(run, &plan->chains[i], chain);
            return;
        }
    if (plan->chain_count < CHAINS_MOST)
        plan_add_chain(run->routing->arena, plan, chain);
    else
        add_note(run, "the routes make more messages of this event than can be told: the last ones are left out");
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
    if (route->silent)
        run->quiet = "a route without channels takes this event: nobody is told";
}

static void trace(struct run *run, const struct route *route, bool taken, const char *why)
{
    struct routing_trace *steps = run->trace;

    steps->steps = arena_grow(run->routing->arena, steps->steps, (steps->count + 1) * sizeof(*steps->steps));
    steps->steps[steps->count++] = (struct routing_step){.route = route, .taken = taken, .why = why};
}

static bool is_exempt(const struct run *run, const struct route *route)
{
    unsigned exempt = route->has_limits ? route->limits.exempt : run->routing->config->limits.exempt;

    return exempt & 1U << raised(run, route)->severity;
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
    if (is_exempt(run, route)) {
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

static bool try_names(struct run *run, const struct route *route)
{
    const struct routing *routing = run->routing;
    const char *mismatch = route_mismatch(routing->arena, route, routing->event, severities_of(routing->event));

    if (mismatch[0]) {
        trace(run, route, false, mismatch);
        return false;
    }
    if (!routing_follows(routing->event))
        return try_hours(run, route);
    trace(run, route, true,
          routing->past.routes.count ? "asks for this kind by its name"
                                     : "takes it: there is no record of the problem");
    take(run, route, 0);
    return true;
}

/* `kind = {"recovery"}` is a wish of its own, whoever was told of the problem. */
static bool asks_for_this_kind(const struct run *run, const struct route *route)
{
    return route->kind.count > 0 && kind_fits(route, run->routing->event->kind) && !kind_fits(route, EVENT_PROBLEM) &&
           !(route->fallback && run->taken);
}

/* Whoever told of a problem tells what follows it, but for a route that names its kinds, and not this one. */
static bool try_follow_up(struct run *run, const struct route *route)
{
    const struct routing *routing = run->routing;
    const char *kind = event_kind_name(routing->event->kind);

    if (!told_before(routing, route)) {
        if (asks_for_this_kind(run, route))
            return try_names(run, route);
        trace(run, route, false, "did not tell of the problem");
        return false;
    }
    if (!kind_fits(route, routing->event->kind)) {
        run->quiet = "the routes that told of its problem want other kinds only: nobody is told";
        trace(run, route, false,
              arena_print(routing->arena, "told of the problem, but %s is not among its kinds", kind));
        return false;
    }
    trace(run, route, true, "told of the problem before");
    take(run, route, 0);
    return true;
}

static bool has_record(const struct run *run)
{
    return routing_follows(run->routing->event) && run->routing->past.routes.count > 0;
}

static bool try_route(struct run *run, const struct route *route)
{
    if (!route->enabled) {
        trace(run, route, false, "it is switched off: enabled = no");
        return false;
    }
    return has_record(run) ? try_follow_up(run, route) : try_names(run, route);
}

static void try_those(struct run *run, bool fallback)
{
    const struct config *config = run->routing->config;

    for (size_t i = 0; i < config->route_count; i++) {
        const struct route *route = config->routes[i];

        if (route->fallback != fallback || !try_route(run, route))
            continue;
        run->taken = true;
        if (!route->goes_on && !has_record(run))
            break;
    }
}

/* Everybody who told of a problem tells of its end: one that grew worse may have gone from the default route to another. */
static void try_routes(struct run *run)
{
    try_those(run, false);
    if (!run->taken || has_record(run))
        try_those(run, true);
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
    add_note(run, why);
    add_legs(run, &operator->channels, operator->to, &chain);
    add_chain(run, &chain);
}

static bool somebody_is_told(const struct run *run, struct fault *fault)
{
    const struct plan *plan = run->plan;

    if (plan->chain_count > 0 || run->quiet[0])
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

static struct run run_of(const struct routing *routing, struct plan *plan, struct routing_trace *trace)
{
    return (struct run){.routing = routing,
                        .plan = plan,
                        .trace = trace,
                        .people_at = &routing->now_s,
                        .people_at_count = 1,
                        .quiet = ""};
}

bool routing_make(const struct routing *routing, struct plan *plan, struct routing_trace *trace, struct fault *fault)
{
    struct routing known = *routing;
    struct run run = run_of(&known, plan, trace);
    bool direct;

    *plan = (struct plan){0};
    *trace = (struct routing_trace){0};
    known.past.routes = those_still_there(routing);
    if (routing_follows(routing->event) && routing->past.told_count > 0) {
        run.people_at = routing->past.told_s;
        run.people_at_count = routing->past.told_count;
    }
    direct = take_direct(&run, &run.to);
    if (!direct || run.to.count > 0) {
        try_routes(&run);
        if (!run.taken && !run.quiet[0])
            ask_operator(&run, "no route takes this event: it goes to the operator's channels");
        else if (run.stranded)
            ask_operator(&run, "a route has no channel that can be used now: the operator's channels are told, too");
        else if (plan->chain_count == 0)
            add_note(&run, run.quiet);
    }
    return somebody_is_told(&run, fault);
}

bool routing_step(const struct routing *routing, const struct route *route, const struct text_list *channels,
                  const struct text_list *to, struct plan *plan)
{
    struct routing_trace trace = {0};
    struct run run = run_of(routing, plan, &trace);
    struct chain chain = chain_of(&run, route, routing->event, channels->count);
    bool made = add_legs(&run, channels, *to, &chain) > 0;

    add_chain(&run, &chain);
    return made;
}
