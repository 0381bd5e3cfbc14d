#include "common/backlog.h"

#include <string.h>

#include "common/circuit.h"

enum {
    TAKEN_MS = 120000, /* what a channel takes in this time is told singly */
    LEAST = 4,         /* rows for the same people: fewer are never looked at */
    GROUPS_MOST = 200, /* in one pass */
    BATCH = 1000,      /* rows in one transaction: others write in between */
};

/* Those who are told of it together. */
struct crowd {
    const char *recipient_key;
    const char *legs; /* of one, then of most of them */
    int64_t count;
};

struct crowds {
    struct crowd items[GROUPS_MOST];
    size_t count;
};

static bool keep_crowd(void *self, struct row *row)
{
    struct crowds *crowds = self;

    crowds->items[crowds->count++] =
        (struct crowd){.recipient_key = row_text(row, 0), .legs = "", .count = row_number(row, 1)};
    return crowds->count < GROUPS_MOST;
}

static bool keep_legs(void *self, struct row *row)
{
    ((struct crowd *)self)->legs = row_text(row, 0);
    return false;
}

/* All have the same first leg, but what comes after it may differ. */
static const char ONE[] = "SELECT legs FROM outbox WHERE recipient_key = ? LIMIT 1";
static const char MOST[] = "SELECT legs FROM outbox WHERE recipient_key = ? AND state = 'pending'"
                           " GROUP BY legs ORDER BY COUNT(*) DESC LIMIT 1";

static bool find_legs(const struct digest_making *making, const char *sql, struct crowd *crowd, struct fault *fault)
{
    return store_read(making->store, making->world->arena, fault, sql, keep_legs, crowd, "t", crowd->recipient_key);
}

static int64_t smaller(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

/* INT64_MAX when there is no need to fold: the channel takes any number. */
static int64_t takes(const struct leg *leg)
{
    const struct channel *channel = leg->section->channel;
    int64_t robots = 1 + (int64_t)leg->section->pool_count;
    int64_t endpoint = budget_takes(&channel->endpoint_limits, TAKEN_MS);

    if (endpoint < INT64_MAX / robots)
        endpoint *= robots;
    return smaller(endpoint, budget_takes(&channel->recipient_limits, TAKEN_MS));
}

/* Of a pool, one robot that works is enough. */
static bool answers(const struct digest_making *making, const struct leg *leg, bool *sound, struct fault *fault)
{
    struct endpoints pool = asking_pool(making->world->arena, leg->section);

    *sound = false;
    for (size_t i = 0; i < pool.count && !*sound; i++)
        if (!circuit_sound(making->store, pool.items[i].key, sound, fault))
            return false;
    return true;
}

/* The least grave first, of those the newest. Messages of our own are never folded. */
#define LEAST_GRAVE                                                                       \
    "(SELECT id FROM outbox WHERE recipient_key = ?1 AND legs = ?2 AND state = 'pending'" \
    " AND reason NOT IN ('summary', 'storm', 'operator', 'escalation') ORDER BY severity, created_ms DESC LIMIT ?3)"
static const char FOLD[] = "UPDATE notification SET outcome = 'held', reason = 'waited', ended_ms = 0,"
                           " delivered_by = '' WHERE id IN " LEAST_GRAVE;
static const char TAKE_OUT[] = "DELETE FROM outbox WHERE id IN " LEAST_GRAVE;

static bool fold_batch(const struct digest_making *making, const struct crowd *crowd, int64_t most, int64_t *folded,
                       struct fault *fault)
{
    if (!store_begin(making->store, fault))
        return false;
    if (!store_run(making->store, fault, FOLD, "tti", crowd->recipient_key, crowd->legs, most) ||
        !store_run(making->store, fault, TAKE_OUT, "tti", crowd->recipient_key, crowd->legs, most)) {
        store_rollback(making->store);
        return false;
    }
    *folded = store_changed(making->store);
    return store_commit(making->store, fault);
}

static bool fold_most(const struct digest_making *making, const struct crowd *crowd, int64_t left, int64_t deadline_ms,
                      size_t *folded, struct fault *fault)
{
    int64_t batch = 1;

    while (left > 0 && batch > 0 && world_steady_ms(making->world) < deadline_ms) {
        if (!fold_batch(making, crowd, smaller(left, BATCH), &batch, fault))
            return false;
        left -= batch;
        *folded += (size_t)batch;
    }
    return true;
}

static bool fold_crowd(const struct digest_making *making, struct crowd *crowd, int64_t deadline_ms, size_t *folded,
                       struct fault *fault)
{
    struct fault unusable = {0};
    struct chain chain;
    int64_t kept;
    bool repeat;
    bool sound;

    if (!find_legs(making, ONE, crowd, fault))
        return false;
    if (!chain_from_json(making->world->arena, making->config, crowd->legs, &chain, &repeat, &unusable))
        return true;
    kept = takes(&chain.legs[0]) - 1; /* the summary needs a place, too */
    if (crowd->count <= kept + 1)
        return true;
    if (!answers(making, &chain.legs[0], &sound, fault))
        return false;
    return !sound || (find_legs(making, MOST, crowd, fault) &&
                      fold_most(making, crowd, crowd->count - kept, deadline_ms, folded, fault));
}

bool backlog_fold(const struct digest_making *making, int64_t deadline_ms, size_t *folded, struct fault *fault)
{
    struct crowds *crowds = arena_alloc(making->world->arena, sizeof(*crowds));

    if (!store_read(
            making->store, making->world->arena, fault,
            "SELECT recipient_key, COUNT(*) FROM outbox GROUP BY recipient_key HAVING COUNT(*) > ? ORDER BY COUNT(*) DESC",
            keep_crowd, crowds, "i", (int64_t)LEAST))
        return false;
    for (size_t i = 0; i < crowds->count; i++)
        if (!fold_crowd(making, &crowds->items[i], deadline_ms, folded, fault))
            return false;
    return *folded == 0 || store_promise(making->store, fault);
}
