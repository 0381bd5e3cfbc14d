#include "common/followup.h"

#include <string.h>

#include "common/asking.h"
#include "common/identity.h"

enum { DUE_MOST = 200 }; /* in one pass */

#define TOLD_ONCE_MS INT64_C(2592000000) /* 30 days: as long as a problem's short name lasts */

struct event followup_event(const struct following *following, const struct alert *alert)
{
    struct arena *arena = following->world->arena;
    struct event event = event_empty();
    struct fault ignored = {0};

    if (event_from_json(arena, json_read(arena, alert->event, strlen(alert->event)), &event, &ignored)) {
        identity_keep(arena, &event);
        return event;
    }
    event = event_empty();
    event.severity = alert->severity;
    event.source = alert->source;
    event.host = alert->host;
    event.service = alert->service;
    event.subject = alert->subject;
    return event;
}

/* --- a pass --- */

struct reading_dues {
    const struct followup_dues *dues;
    unsigned char *items;
    size_t count;
};

static bool keep_due(void *self, struct row *row)
{
    struct reading_dues *reading = self;

    reading->dues->read(row, reading->items + reading->count++ * reading->dues->size);
    return true;
}

static bool act_alone(const struct following *following, const struct followup_dues *dues, const void *due,
                      size_t *made, struct fault *fault)
{
    struct world world = *following->world;
    struct following alone = *following;
    bool acted;

    world.arena = arena_new();
    alone.world = &world;
    acted = dues->act(&alone, due, made, fault);
    arena_release(world.arena);
    return acted;
}

bool followup_each(const struct following *following, const struct followup_dues *dues, int64_t until_ms, size_t *made,
                   struct fault *fault)
{
    struct arena *arena = arena_new();
    size_t most = following->most > 0 && following->most < DUE_MOST ? following->most : DUE_MOST;
    struct reading_dues reading = {.dues = dues, .items = arena_alloc(arena, most * dues->size)};
    bool good =
        store_read(following->store, arena, fault, dues->sql, keep_due, &reading, "ii", until_ms, (int64_t)most);

    for (size_t i = 0; good && i < reading.count; i++)
        good = act_alone(following, dues, reading.items + i * dues->size, made, fault);
    arena_release(arena);
    return good;
}

/* --- who was told --- */

struct gathering {
    const struct following *following;
    enum audience audience;
    struct plan *plan;
};

static bool is_for_pockets(const struct leg *leg)
{
    return leg->section->channel->never_repeats;
}

/* A section that is gone is passed over. */
static bool add_told(void *self, struct row *row)
{
    struct gathering *gathering = self;
    struct arena *arena = gathering->following->world->arena;
    struct chain chain = {.legs = arena_alloc(arena, sizeof(*chain.legs)),
                          .leg_count = 1,
                          .route = config_route(gathering->following->config, row_text(row, 2))};
    struct fault gone = {0};

    if (leg_of_record(arena, gathering->following->config, row_text(row, 0), row_text(row, 1), chain.legs, &gone) &&
        (gathering->audience == AUDIENCE_CALLED_IN || !is_for_pockets(chain.legs)))
        plan_add_chain(arena, gathering->plan, &chain);
    return true;
}

static const char TOLD[] =
    "SELECT DISTINCT section, recipients, route FROM notification WHERE problem = ?"
    " AND created_ms >= ? AND kind = 'problem' AND outcome IN ('delivered', 'unclear', 'waiting')";

static const char CALLED_IN[] =
    "SELECT DISTINCT section, recipients, route FROM notification n WHERE problem = ? AND created_ms >= ?"
    " AND kind = 'problem' AND outcome IN ('delivered', 'unclear', 'waiting') AND reason = 'escalation'"
    " AND NOT EXISTS (SELECT 1 FROM notification r WHERE r.problem = n.problem AND r.recipient_key = n.recipient_key"
    " AND r.kind = 'recovery' AND r.created_ms >= n.created_ms)";

bool followup_audience(const struct following *following, const struct alert *alert, enum audience audience,
                       struct plan *plan, struct fault *fault)
{
    struct gathering gathering = {.following = following, .audience = audience, .plan = plan};

    *plan = (struct plan){0};
    return store_read(following->store, following->world->arena, fault, audience == AUDIENCE_TOLD ? TOLD : CALLED_IN,
                      add_told, &gathering, "ti", alert->problem, alert->opened_ms);
}

/* --- telling them --- */

static bool put_chain(const struct following *following, const struct followup *followup, const struct chain *chain,
                      size_t *made, struct fault *fault)
{
    const struct world *world = following->world;
    const char *id =
        arena_print(world->arena, "f%011llx%s", (unsigned long long)world_wall_ms(world), world_hex(world, 6));
    struct admission_ask ask = asking_for(world, following->config, chain, followup->event, id, "", 0);
    struct admission_answer answer;

    ask.problem = followup->alert->problem;
    ask.short_id = followup->alert->short_id;
    ask.reason = followup->reason;
    ask.repeat_key = arena_print(world->arena, "%s/%s/%s/%s", followup->reason, followup->alert->problem, followup->key,
                                 ask.recipient_key);
    ask.numbered = true;
    ask.repeat_within_ms = TOLD_ONCE_MS;
    ask.beyond_limits = true;
    if (!admission_ask(following->store, world->arena, &ask, &answer, fault))
        return false;
    *made += answer.admission == ADMITTED || answer.admission == QUEUED;
    return true;
}

bool followup_put(const struct following *following, const struct followup *followup, const struct plan *plan,
                  size_t *made, struct fault *fault)
{
    for (size_t i = 0; i < plan->chain_count; i++)
        if (!put_chain(following, followup, &plan->chains[i], made, fault))
            return false;
    return plan->chain_count == 0 || store_promise(following->store, fault);
}
