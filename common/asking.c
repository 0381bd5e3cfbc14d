#include "common/asking.h"

#include "common/confirmation.h"
#include "common/identity.h"
#include "common/str.h"

enum { EXPIRES_S = 7200, ESCALATION_STEPS = 2 };

static const char *join_recipients(struct arena *arena, const struct leg *leg)
{
    struct str text = str_in(arena, TEXT_MOST);

    for (size_t i = 0; i < leg->recipient_count; i++)
        str_addf(&text, "%s%s", i ? "," : "", leg->recipients[i]);
    return text.text;
}

/* By default the problems of one service share a key: different problems do not add up to a flood. */
static const char *limit_key_of(struct arena *arena, const char *recipient_key, const struct event *event)
{
    return arena_print(arena, "limit/%s/%s/%s", recipient_key, event->host, event->service);
}

int64_t asking_expires_ms(const struct channel *channel)
{
    return 1000 * (channel->expires_s > 0 ? channel->expires_s : EXPIRES_S);
}

static const char *endpoint_of(struct arena *arena, const struct section *section)
{
    return identity_endpoint(arena, section->channel->name, section->secrets.items, section->secrets.count);
}

struct endpoints asking_pool(struct arena *arena, const struct section *section)
{
    struct endpoint *items = arena_alloc(arena, (section->pool_count + 1) * sizeof(*items));

    items[0] = (struct endpoint){.key = endpoint_of(arena, section), .via = ""};
    for (size_t i = 0; i < section->pool_count; i++)
        items[i + 1] = (struct endpoint){.key = endpoint_of(arena, section->pool[i]), .via = section->pool[i]->title};
    return (struct endpoints){.items = items, .count = section->pool_count + 1};
}

/* The route's own steps; without any, two of ours: first the same people by SMS, then the operator (see escalation.h). */
static void set_steps(struct arena *arena, const struct route *route, struct admission_ask *ask)
{
    size_t own = route ? route->step_count : 0;
    int64_t *after_s = arena_alloc(arena, (own + ESCALATION_STEPS) * sizeof(*after_s));

    if (ask->confirm_within_ms <= 0)
        return;
    for (size_t i = 0; i < own; i++)
        after_s[i] = route->steps[i].after_s;
    for (size_t i = 0; own == 0 && i < ESCALATION_STEPS; i++)
        after_s[i] = (int64_t)(i + 1) * ask->confirm_within_ms / 1000;
    ask->steps_after_s = after_s;
    ask->step_count = own ? own : ESCALATION_STEPS;
}

struct admission_ask asking_for(const struct world *world, const struct config *config, const struct chain *chain,
                                const struct event *event, const char *id, const char *template_name, int64_t lease_ms)
{
    struct arena *arena = world->arena;
    const struct leg *leg = &chain->legs[0];
    const struct section *section = leg->section;
    const struct channel *channel = section->channel;
    const char *endpoint = endpoint_of(arena, section);
    const char *recipients = identity_recipients(arena, endpoint, leg->recipients, leg->recipient_count);
    int64_t now_ms = world_wall_ms(world);
    const struct limit_policy *policy =
        chain->route && chain->route->has_limits && !section->limits_by_call ? &chain->route->limits : &section->limits;

    struct admission_ask ask = {
        .id = id,
        .short_id = identity_short(arena, identity_problem(arena, event)),
        .event = event,
        .problem = identity_problem(arena, event),
        .repeat_key = identity_repeat(arena, event, recipients),
        .numbered = event->notification_number[0] != '\0',
        .section = section->title,
        .channel = channel->name,
        .recipients = join_recipients(arena, leg),
        .recipient_key = recipients,
        .limit_key = limit_key_of(arena, recipients, event),
        .endpoint_key = endpoint,
        .limits = policy->limits,
        .recipient_limits = channel->recipient_limits,
        .endpoint_limits = channel->endpoint_limits,
        .pool = asking_pool(arena, section),
        .storm = section->storm,
        .repeat_within_ms = policy->repeat_within_s * 1000,
        .exempt = policy->exempt,
        .legs = chain_to_json(arena, chain, false),
        .template_name = template_name,
        .reason = "",
        .route = chain->route ? chain->route->title : "",
        .hold_until_ms = chain->hold_until_s * 1000,
        .now_ms = now_ms,
        .lease_ms = lease_ms,
        .expires_ms = now_ms + asking_expires_ms(channel),
        .confirm_within_ms = 1000 * confirmation_within_s(confirmation_for(config, chain->route), event),
    };

    set_steps(arena, chain->route, &ask);
    return ask;
}
