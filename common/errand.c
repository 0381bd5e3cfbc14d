#include "common/errand.h"

#include <string.h>

#include "common/circuit.h"
#include "common/confirmation.h"
#include "common/log.h"
#include "common/operator.h"
#include "common/record.h"

enum {
    BROKEN_WAIT_MS = 60000, /* before a row whose sections are all unusable is looked at again */
};

/* One row on its way. */
struct errand {
    struct world world; /* with an arena of its own: a pass over many rows must not grow */
    struct errands *all;
    const struct outbox_row *row;
    int64_t deadline_ms;
    struct event event;
    struct chain chain;
    size_t position; /* in the chain */
    bool repeat;
    struct secrets secrets;
};

static int64_t now_ms(const struct errand *errand)
{
    return world_wall_ms(&errand->world);
}

static bool finish(struct errand *errand, struct outbox_result *result, struct fault *fault)
{
    result->id = errand->row->id;
    result->now_ms = now_ms(errand);
    return outbox_finish(errand->all->store, result, fault);
}

static struct outbox_result plain_result(const char *words)
{
    return (struct outbox_result){
        .section = "", .reference = "", .text = "", .code = "", .words = words, .legs_left = ""};
}

static size_t place_of(const struct errand *errand)
{
    return chain_place(&errand->chain, errand->position);
}

/* --- rows that need no telling --- */

static bool goes_like(const struct outbox_row *row, const struct outbox_row *other)
{
    return strcmp(row->recipient_key, other->recipient_key) == 0 && strcmp(row->legs, other->legs) == 0 &&
           row->position == other->position && row->severity <= other->severity;
}

/* Once in a batch. */
static bool put_off_alike(struct errand *errand, int64_t due_ms, struct fault *fault)
{
    const struct outbox_row *last = errand->all->put_off;

    errand->all->put_off = errand->row;
    return (last && goes_like(errand->row, last)) ||
           outbox_put_off_alike(errand->all->store, errand->row, now_ms(errand), due_ms, fault);
}

/*
 * It waits where it stands now, and a doubt goes with it: what may be there already is not told again as if it were new. Others
 * that would go the same way wait with it.
 */
static bool put_off(struct errand *errand, int64_t due_ms, const char *words, struct fault *fault)
{
    struct outbox_result result = plain_result(words);

    result.end = OUTBOX_WAITS;
    result.due_ms = due_ms;
    result.position = (int64_t)place_of(errand);
    if (errand->repeat) {
        result.position = (int64_t)errand->position;
        result.legs_left = chain_to_json(errand->world.arena, &errand->chain, true);
    }
    errand->all->done->waiting++;
    return finish(errand, &result, fault) && put_off_alike(errand, due_ms, fault);
}

static bool end_unclear(struct errand *errand, struct fault *fault)
{
    struct outbox_result result =
        record_doubt(errand->world.arena, &errand->chain, errand->position, errand->row->wire_ms);

    errand->all->done->unclear++;
    return finish(errand, &result, fault);
}

/* --- telling --- */

/* The section in doubt cannot be used any more: the leg after it takes over, else those before it, again. */
static bool is_told_by_others(struct errand *errand)
{
    size_t doubted = (size_t)errand->row->position;

    errand->repeat = errand->repeat || place_of(errand) < doubted;
    return place_of(errand) != doubted;
}

/*
 * Its sender died with the message on the wire: where the provider can be asked, that comes first; else whoever can be told
 * another way is; a repeat says that it is one.
 */
static bool survives_doubt(struct errand *errand)
{
    struct leg *leg = &errand->chain.legs[errand->position];
    const struct channel *channel = leg->section->channel;

    if (!errand->row->was_on_wire || is_told_by_others(errand) || channel->repeats_safely)
        return true;
    leg->via = config_sender(leg->section, errand->row->via);
    if (record_asks_receipts(leg_sender(leg)))
        return false;
    if (errand->position + 1 < errand->chain.leg_count) {
        errand->position++;
        return true;
    }
    errand->repeat = errand->event.severity >= SEVERITY_CRITICAL && !channel->never_repeats && !errand->repeat;
    return errand->repeat;
}

static void count(struct errands_done *done, const struct outbox_result *result)
{
    switch (result->end) {
    case OUTBOX_DELIVERED:
        done->delivered++;
        return;
    case OUTBOX_UNCLEAR:
        done->unclear++;
        return;
    case OUTBOX_WAITS:
        done->waiting++;
        return;
    case OUTBOX_REFUSED:
    case OUTBOX_DROPPED:
        done->refused++;
        return;
    case OUTBOX_EXPIRED:
        done->expired++;
        return;
    }
}

/* Summaries say themselves from when they are. */
static bool is_our_own(const struct errand *errand)
{
    return strcmp(errand->row->reason, "summary") == 0 || strcmp(errand->row->reason, "storm") == 0;
}

static bool tell_row(struct errand *errand, struct fault *fault)
{
    struct record record = {.world = &errand->world,
                            .store = errand->all->store,
                            .id = errand->row->id,
                            .secrets = &errand->secrets,
                            .worker_comes = true,
                            .placed = &errand->chain.legs[errand->position]};
    struct telling telling = {
        .world = &errand->world,
        .config = errand->all->config,
        .event = &errand->event,
        .confirm = confirmation_for(errand->all->config, errand->chain.route),
        .id = errand->row->id,
        .template_name = errand->row->template_name,
        .late = is_our_own(errand)
                    ? ""
                    : record_beginning(&record, errand->all->config, &errand->event, errand->row->created_ms),
        .repeat = errand->repeat,
        .deadline_ms = errand->deadline_ms,
        .attempts_most = 1,
    };
    struct outbox_result result;
    struct told told;

    errand->secrets.arena = errand->world.arena;
    chain_secrets(&errand->chain, &errand->secrets);
    record_attach(&record, &telling);
    told = tell_chain(&telling, &errand->chain, errand->position);
    result =
        record_result(&record, &errand->chain, &told, errand->event.severity, errand->repeat, errand->row->attempts);
    count(errand->all->done, &result);
    errand->all->done->broken += told.broken;
    log_notice("%s %s section=%s code=%s id=%s", outcome_name(told.outcome), errand->row->short_id,
               leg_sender(told.leg)->title, result.code, errand->row->id);
    if (!outbox_finish(errand->all->store, &result, fault))
        return false;
    record_tell_operator(&record, errand->all->config, &errand->event, errand->row->section, &told, &result);
    return true;
}

/* --- a place of the provider's quota --- */

/* Booked when it was admitted; void when its robot has left the pool since. */
static bool has_place(const struct errand *errand)
{
    const struct outbox_row *row = errand->row;
    struct section *section = errand->chain.legs[0].section;

    return row->booked && place_of(errand) == 0 &&
           (row->via[0] == '\0' || strcmp(config_sender(section, row->via)->title, row->via) == 0);
}

static bool take_place(struct errand *errand, struct quota_answer *answer, struct fault *fault)
{
    struct leg *leg = &errand->chain.legs[errand->position];
    struct quota_ask ask = {
        .pool = asking_pool(errand->world.arena, leg->section),
        .problem = errand->row->problem,
        .recipient_key = errand->row->recipient_key,
        .limits = leg->section->channel->endpoint_limits,
        .severity = errand->event.severity,
        .now_ms = now_ms(errand),
    };

    if (has_place(errand))
        *answer = (struct quota_answer){.taken = true, .via = errand->row->via};
    else if (!quota_take(errand->all->store, errand->world.arena, &ask, answer, fault))
        return false;
    if (answer->taken)
        leg->via = config_sender(leg->section, answer->via);
    return true;
}

/* When one of the legs that are left may be tried: an endpoint that is left alone costs the others no time. */
static bool find_due(const struct errand *errand, int64_t *due_ms, struct fault *fault)
{
    *due_ms = INT64_MAX;
    for (size_t i = errand->position; i < errand->chain.leg_count; i++) {
        struct endpoints pool = asking_pool(errand->world.arena, errand->chain.legs[i].section);

        for (size_t k = 0; k < pool.count; k++) {
            int64_t one_ms;

            if (!circuit_due(errand->all->store, pool.items[k].key, now_ms(errand), &one_ms, fault))
                return false;
            *due_ms = one_ms < *due_ms ? one_ms : *due_ms;
        }
    }
    return true;
}

/* The first leg of those that can be used, from the row's position on; from the beginning when there is none. */
static size_t position_in(const struct chain *chain, size_t place)
{
    for (size_t i = 0; i < chain->leg_count; i++)
        if (chain_place(chain, i) >= place)
            return i;
    return 0;
}

static bool understand_row(struct errand *errand, struct fault *fault)
{
    struct arena *arena = errand->world.arena;
    const char *text = errand->row->event;

    if (!event_from_json(arena, json_read(arena, text, strlen(text)), &errand->event, fault) ||
        !chain_from_json(arena, errand->all->config, errand->row->legs, &errand->chain, &errand->repeat, fault))
        return false;
    errand->position = position_in(&errand->chain, (size_t)errand->row->position);
    return true;
}

/* --- too late --- */

/* How long its message is worth telling on a leg that comes after the first. */
static bool is_in_time(const struct errand *errand, size_t position)
{
    const struct leg *legs = errand->chain.legs;

    return now_ms(errand) <= errand->row->expires_ms - asking_expires_ms(legs[0].section->channel) +
                                 asking_expires_ms(legs[position].section->channel);
}

/* The next leg for which it is not too late. */
static bool pass_over_late_legs(struct errand *errand)
{
    size_t position = errand->position;

    while (position < errand->chain.leg_count && !is_in_time(errand, position))
        position++;
    if (position == errand->chain.leg_count)
        return false;
    errand->position = position;
    return true;
}

/* Also of what no section is there for any more. */
static void tell_operator_of_late(struct errand *errand, const struct outbox_result *result)
{
    struct record record = {.world = &errand->world, .store = errand->all->store};

    record_tell_operator(&record, errand->all->config, &errand->event, errand->row->section, NULL, result);
}

/* What is a chat's today is read tomorrow, too, as part of a summary; an SMS of yesterday is of no use to anybody. */
static bool is_of_use_later(const struct errand *errand)
{
    return errand->chain.leg_count > 0 && !errand->chain.legs[0].section->channel->never_repeats &&
           !is_our_own(errand) && strcmp(errand->row->reason, "operator") != 0;
}

static bool expire(struct errand *errand, struct fault *fault)
{
    struct outbox_result result = plain_result("it was not delivered in time");

    result.end = OUTBOX_EXPIRED;
    result.code = "EXPIRED";
    errand->all->done->expired++;
    log_error("NP-EXPIRED %s was not delivered in time id=%s", errand->row->short_id, errand->row->id);
    if (is_of_use_later(errand) ? !outbox_set_aside(errand->all->store, errand->row->id, "late", fault)
                                : !finish(errand, &result, fault))
        return false;
    tell_operator_of_late(errand, &result);
    return true;
}

static bool tell_in_turn(struct errand *errand, struct fault *fault)
{
    struct quota_answer answer;
    int64_t due_ms;

    if (!survives_doubt(errand))
        return end_unclear(errand, fault);
    if (!find_due(errand, &due_ms, fault))
        return false;
    if (due_ms > now_ms(errand))
        return put_off(errand, due_ms, "the provider has failed again and again", fault);
    if (!take_place(errand, &answer, fault))
        return false;
    if (!answer.taken)
        return put_off(errand, answer.due_ms, "the provider's quota is reached", fault);
    return tell_row(errand, fault);
}

/* A lease brings back what may be on its way already, with its doubt. */
static bool leave(struct errand *errand, const struct fault *why, struct fault *fault)
{
    log_error("%s id=%s", why->text, errand->row->id);
    errand->chain = (struct chain){.legs = NULL}; /* none can be used: it stays where it stood */
    errand->position = (size_t)errand->row->position;
    errand->repeat = false; /* as its legs say, which stay */
    return errand->row->was_on_wire || put_off(errand, now_ms(errand) + BROKEN_WAIT_MS, why->text, fault);
}

static bool run(struct errand *errand, struct fault *fault)
{
    struct fault why = {0};
    bool understood = understand_row(errand, &why);

    if (now_ms(errand) > errand->row->expires_ms && !(understood && pass_over_late_legs(errand)))
        return expire(errand, fault);
    return understood ? tell_in_turn(errand, fault) : leave(errand, &why, fault);
}

bool errand_run(struct errands *errands, const struct outbox_row *row, int64_t deadline_ms, struct fault *fault)
{
    struct errand errand = {
        .world = *errands->world, .all = errands, .row = row, .deadline_ms = deadline_ms, .event = event_empty()};
    bool ran;

    errand.world.arena = arena_new();
    ran = run(&errand, fault);
    arena_release(errand.world.arena);
    return ran;
}
