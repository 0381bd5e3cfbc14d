#include "common/worker.h"

#include <string.h>

#include "common/announcement.h"
#include "common/confirmation.h"
#include "common/escalation.h"
#include "common/identity.h"
#include "common/log.h"
#include "common/lookout.h"
#include "common/outbox.h"
#include "common/receipt.h"
#include "common/record.h"
#include "common/spool.h"
#include "common/summary.h"
#include "common/writeback.h"

enum {
    BATCH = 50,             /* rows claimed at once */
    LEASE_MS = 60000,       /* longer than any telling takes */
    TELL_MOST_MS = 20000,   /* for one row */
    LATE_MS = 120000,       /* later than this is said */
    BROKEN_WAIT_MS = 60000, /* before a row whose sections are all unusable is looked at again */
};

/* One row on its way. */
struct errand {
    const struct worker *worker;
    struct world world; /* with an arena of its own: a pass over many rows must not grow */
    const struct outbox_row *row;
    struct work_done *done;
    struct event event;
    struct chain chain;
    size_t position;
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
    return outbox_finish(errand->worker->store, result, fault);
}

static struct outbox_result plain_result(const char *words)
{
    return (struct outbox_result){
        .section = "", .reference = "", .text = "", .code = "", .words = words, .legs_left = ""};
}

/* --- rows that need no telling --- */

static bool put_off(struct errand *errand, int64_t due_ms, const char *words, struct fault *fault)
{
    struct outbox_result result = plain_result(words);

    result.end = OUTBOX_WAITS;
    result.due_ms = due_ms;
    result.position = errand->row->position;
    errand->done->waiting++;
    return finish(errand, &result, fault);
}

static bool end_unclear(struct errand *errand, struct fault *fault)
{
    struct outbox_result result =
        record_doubt(errand->world.arena, &errand->chain, errand->position, errand->row->wire_ms);

    errand->done->unclear++;
    return finish(errand, &result, fault);
}

/* --- telling --- */

/*
 * Its sender died with the message on the wire: where the provider can be asked, that comes first; else whoever can be told
 * another way is; a repeat says that it is one.
 */
static bool survives_doubt(struct errand *errand)
{
    const struct section *section = errand->chain.legs[errand->position].section;
    const struct channel *channel = section->channel;

    if (!errand->row->was_on_wire || channel->repeats_safely)
        return true;
    if (record_asks_receipts(section))
        return false;
    if (errand->position + 1 < errand->chain.leg_count) {
        errand->position++;
        return true;
    }
    errand->repeat = errand->event.severity >= SEVERITY_CRITICAL && !channel->never_repeats && !errand->repeat;
    return errand->repeat;
}

static const char *lateness(const struct errand *errand)
{
    int64_t late_ms = now_ms(errand) - errand->row->created_ms;
    const char *minutes = arena_print(errand->world.arena, "%lld", (long long)late_ms / 60000);

    if (late_ms < LATE_MS || strcmp(errand->row->reason, "summary") == 0)
        return "";
    return word_print(errand->world.arena, errand->worker->config->language, WORD_LATE, &minutes, 1);
}

static void count(struct work_done *done, const struct outbox_result *result)
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

static void gather_secrets(struct errand *errand)
{
    errand->secrets.arena = errand->world.arena;
    for (size_t i = 0; i < errand->chain.leg_count; i++) {
        const struct secrets *secrets = &errand->chain.legs[i].section->secrets;

        for (size_t k = 0; k < secrets->count; k++)
            secrets_add(&errand->secrets, secrets->items[k]);
    }
}

static int64_t deadline_of(const struct errand *errand)
{
    int64_t deadline_ms = world_steady_ms(&errand->world) + TELL_MOST_MS;

    return deadline_ms < errand->worker->deadline_ms ? deadline_ms : errand->worker->deadline_ms;
}

static bool tell_row(struct errand *errand, struct fault *fault)
{
    struct record record = {.world = &errand->world,
                            .store = errand->worker->store,
                            .id = errand->row->id,
                            .secrets = &errand->secrets,
                            .worker_comes = true};
    struct telling telling = {
        .world = &errand->world,
        .config = errand->worker->config,
        .event = &errand->event,
        .confirm = confirmation_for(errand->worker->config, errand->chain.route),
        .id = errand->row->id,
        .template_name = errand->row->template_name,
        .late = lateness(errand),
        .repeat = errand->repeat,
        .deadline_ms = deadline_of(errand),
        .attempts_most = 1,
    };
    struct outbox_result result;
    struct told told;

    gather_secrets(errand);
    record_attach(&record, &telling);
    told = tell_chain(&telling, &errand->chain, errand->position);
    result =
        record_result(&record, &errand->chain, &told, errand->event.severity, errand->repeat, errand->row->attempts);
    count(errand->done, &result);
    log_notice("%s %s section=%s code=%s id=%s", outcome_name(told.outcome), errand->row->short_id,
               told.leg->section->title, result.code, errand->row->id);
    if (!outbox_finish(errand->worker->store, &result, fault))
        return false;
    record_tell_operator(&record, errand->worker->config, &errand->event, &errand->chain, &told, &result);
    return true;
}

/* The provider's quota holds for the worker, too. */
static bool take_place(struct errand *errand, bool *taken, int64_t *due_ms, struct fault *fault)
{
    const struct section *section = errand->chain.legs[errand->position].section;
    const char *key =
        identity_endpoint(errand->world.arena, section->channel->name, section->secrets.items, section->secrets.count);

    *taken = true;
    if (errand->row->attempts == 0 && errand->row->position == 0 && !errand->row->was_on_wire)
        return true; /* booked when it was admitted */
    return quota_take(errand->worker->store, errand->world.arena, key, &section->channel->endpoint_limits,
                      errand->event.severity, now_ms(errand), taken, due_ms, fault);
}

static bool understand_row(struct errand *errand, struct fault *fault)
{
    struct arena *arena = errand->world.arena;
    const char *text = errand->row->event;

    if (!event_from_json(arena, json_read(arena, text, strlen(text)), &errand->event, fault) ||
        !chain_from_json(arena, errand->worker->config, errand->row->legs, &errand->chain, &errand->repeat, fault))
        return false;
    errand->position = (size_t)errand->row->position < errand->chain.leg_count ? (size_t)errand->row->position : 0;
    return true;
}

static bool expire(struct errand *errand, struct fault *fault)
{
    struct outbox_result result = plain_result("it was not delivered in time");
    struct record record = {.world = &errand->world, .store = errand->worker->store};
    struct told nobody = {.leg = NULL};
    struct fault ignored = {0};

    result.end = OUTBOX_EXPIRED;
    result.code = "EXPIRED";
    errand->done->expired++;
    log_error("NP-EXPIRED %s was not delivered in time id=%s", errand->row->short_id, errand->row->id);
    if (!finish(errand, &result, fault))
        return false;
    if (understand_row(errand, &ignored))
        record_tell_operator(&record, errand->worker->config, &errand->event, &errand->chain, &nobody, &result);
    return true;
}

static bool run_errand(struct errand *errand, struct fault *fault)
{
    struct fault why = {0};
    int64_t due_ms = 0;
    bool taken;

    if (now_ms(errand) > errand->row->expires_ms)
        return expire(errand, fault);
    if (!understand_row(errand, &why)) {
        log_error("%s id=%s", why.text, errand->row->id);
        return put_off(errand, now_ms(errand) + BROKEN_WAIT_MS, why.text, fault);
    }
    if (!survives_doubt(errand))
        return end_unclear(errand, fault);
    if (!take_place(errand, &taken, &due_ms, fault))
        return false;
    if (!taken)
        return put_off(errand, due_ms, "the provider's quota is reached", fault);
    return tell_row(errand, fault);
}

static bool run_row(const struct worker *worker, const struct outbox_row *row, struct work_done *done,
                    struct fault *fault)
{
    struct errand errand = {.worker = worker, .world = *worker->world, .row = row, .done = done};
    bool ran;

    errand.world.arena = arena_new();
    ran = run_errand(&errand, fault);
    arena_release(errand.world.arena);
    return ran;
}

static bool time_left(const struct worker *worker)
{
    return world_steady_ms(worker->world) < worker->deadline_ms;
}

static bool run_batch(const struct worker *worker, struct arena *arena, size_t most, size_t *ran,
                      struct work_done *done, struct fault *fault)
{
    struct outbox_row *rows;
    size_t count = 0;

    if (!outbox_claim(worker->store, arena, world_wall_ms(worker->world), LEASE_MS, most, &rows, &count, fault))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!run_row(worker, &rows[i], done, fault))
            return false;
    *ran = count;
    return true;
}

static bool run_due_rows(const struct worker *worker, struct work_done *done, struct fault *fault)
{
    size_t left = worker->rows_most ? worker->rows_most : SIZE_MAX;
    size_t ran = 1;

    while (ran > 0 && left > 0 && time_left(worker)) {
        struct arena *arena = arena_new();
        bool sound = run_batch(worker, arena, left < BATCH ? left : BATCH, &ran, done, fault);

        arena_release(arena);
        if (!sound)
            return false;
        left -= ran;
    }
    return true;
}

/* --- the spool --- */

struct taking {
    const struct worker *worker;
    struct work_done *done;
};

/* Admitted without limits: it was promised before the limits could be asked. */
static bool take_in(const struct worker *worker, const char *id, struct json_object *doc, struct fault *fault)
{
    struct arena *arena = worker->world->arena;
    const char *text = json_text_at(doc, "/event");
    struct admission_answer answer;
    struct admission_ask ask;
    struct event event;
    struct chain chain;
    bool repeat;

    if (!event_from_json(arena, json_read(arena, text, strlen(text)), &event, fault) ||
        !chain_from_json(arena, worker->config, json_text_at(doc, "/legs"), &chain, &repeat, fault))
        return false;
    ask = asking_for(worker->world, worker->config, &chain, &event, id, json_text_at(doc, "/template"), 0);
    ask.limits = ask.recipient_limits = ask.endpoint_limits = (struct limits){0};
    ask.expires_ms += json_number_at(doc, "/created_ms", ask.now_ms) - ask.now_ms;
    return admission_ask(worker->store, arena, &ask, &answer, fault) && store_promise(worker->store, fault);
}

/* A file that is no message is logged and goes: it would come back at every pass. */
static bool take_file(void *self, const char *id, const char *text)
{
    struct taking *taking = self;
    struct json_object *doc = json_read(taking->worker->world->arena, text, strlen(text));
    struct fault fault = {0};

    if (!json_is_object(doc)) {
        log_error("spooled file '%s' cannot be read and is dropped", id);
        return true;
    }
    if (!take_in(taking->worker, id, doc, &fault)) {
        log_error("spooled message waits: %s id=%s", fault.text, id);
        return false;
    }
    taking->done->spooled++;
    return true;
}

static bool make_summaries(const struct worker *worker, struct work_done *done, struct fault *fault)
{
    struct summary_making making = {.world = worker->world, .config = worker->config, .store = worker->store};

    return summary_make(&making, &done->summaries, fault);
}

static bool follow_up(const struct worker *worker, struct work_done *done, struct fault *fault)
{
    struct following following = {.world = worker->world, .config = worker->config, .store = worker->store};

    if (!receipt_run(&following, worker->deadline_ms, worker->rows_most, &done->receipts, fault))
        return false;
    return announcement_run(&following, &done->followups, fault) && escalation_run(&following, &done->followups, fault);
}

/* A program that only passes by does not ask around. */
static bool look_out(const struct worker *worker, struct work_done *done, struct fault *fault)
{
    struct lookout lookout = {
        .world = worker->world, .config = worker->config, .store = worker->store, .deadline_ms = worker->deadline_ms};

    return worker->rows_most > 0 || lookout_run(&lookout, &done->seen, fault);
}

static bool write_back(const struct worker *worker, struct work_done *done, struct fault *fault)
{
    struct writeback writeback = {
        .world = worker->world, .config = worker->config, .store = worker->store, .deadline_ms = worker->deadline_ms};

    if (!writeback_run(&writeback, &done->written_back, fault))
        return false;
    return done->written_back.waiting + done->written_back.failed == 0 ||
           run_due_rows(worker, done, fault); /* what the operator is told about it */
}

bool work_once(const struct worker *worker, struct work_done *done, struct fault *fault)
{
    struct taking taking = {.worker = worker, .done = done};

    *done = (struct work_done){0};
    if (worker->interval_ms > 0 &&
        !worker_seen(worker->store, world_wall_ms(worker->world), worker->interval_ms, fault))
        return false;
    spool_each(worker->world->arena, worker->directory, take_file, &taking);
    return outbox_take_back(worker->store, world_wall_ms(worker->world), fault) && run_due_rows(worker, done, fault) &&
           follow_up(worker, done, fault) && make_summaries(worker, done, fault) && run_due_rows(worker, done, fault) &&
           write_back(worker, done, fault) && look_out(worker, done, fault);
}
