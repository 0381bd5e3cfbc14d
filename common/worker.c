#include "common/worker.h"

#include <string.h>

#include "common/announcement.h"
#include "common/backlog.h"
#include "common/confirmation.h"
#include "common/escalation.h"
#include "common/log.h"
#include "common/lookout.h"
#include "common/mute_telling.h"
#include "common/outbox.h"
#include "common/receipt.h"
#include "common/record.h"
#include "common/spool.h"
#include "common/storm_telling.h"
#include "common/summary.h"
#include "common/vigil.h"
#include "common/writeback.h"

enum {
    BATCH = 50,             /* rows claimed at once */
    LEASE_MS = 60000,       /* longer than any telling takes */
    TELL_MOST_MS = 20000,   /* for one row */
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
    struct leg *leg = &errand->chain.legs[errand->position];
    const struct channel *channel = leg->section->channel;

    if (!errand->row->was_on_wire || channel->repeats_safely)
        return true;
    if (errand->position == 0)
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

static int64_t deadline_of(const struct errand *errand)
{
    int64_t deadline_ms = world_steady_ms(&errand->world) + TELL_MOST_MS;

    return deadline_ms < errand->worker->deadline_ms ? deadline_ms : errand->worker->deadline_ms;
}

/* Summaries say themselves from when they are. */
static bool is_our_own(const struct errand *errand)
{
    return strcmp(errand->row->reason, "summary") == 0 || strcmp(errand->row->reason, "storm") == 0;
}

static bool tell_row(struct errand *errand, struct fault *fault)
{
    struct record record = {.world = &errand->world,
                            .store = errand->worker->store,
                            .id = errand->row->id,
                            .secrets = &errand->secrets,
                            .worker_comes = true,
                            .placed = &errand->chain.legs[errand->position]};
    struct telling telling = {
        .world = &errand->world,
        .config = errand->worker->config,
        .event = &errand->event,
        .confirm = confirmation_for(errand->worker->config, errand->chain.route),
        .id = errand->row->id,
        .template_name = errand->row->template_name,
        .late = is_our_own(errand)
                    ? ""
                    : record_beginning(&record, errand->worker->config, &errand->event, errand->row->created_ms),
        .repeat = errand->repeat,
        .deadline_ms = deadline_of(errand),
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
    count(errand->done, &result);
    errand->done->broken += told.broken;
    log_notice("%s %s section=%s code=%s id=%s", outcome_name(told.outcome), errand->row->short_id,
               leg_sender(told.leg)->title, result.code, errand->row->id);
    if (!outbox_finish(errand->worker->store, &result, fault))
        return false;
    record_tell_operator(&record, errand->worker->config, &errand->event, &errand->chain, &told, &result);
    return true;
}

/* The provider's quota holds for the worker, too. */
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

    if (errand->row->booked && errand->position == 0)
        *answer = (struct quota_answer){.taken = true, .via = errand->row->via};
    else if (!quota_take(errand->worker->store, errand->world.arena, &ask, answer, fault))
        return false;
    if (answer->taken)
        leg->via = config_sender(leg->section, answer->via);
    return true;
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

static void tell_operator_of_late(struct errand *errand, const struct outbox_result *result)
{
    struct record record = {.world = &errand->world, .store = errand->worker->store};
    struct told nobody = {.leg = NULL};

    if (errand->chain.leg_count > 0)
        record_tell_operator(&record, errand->worker->config, &errand->event, &errand->chain, &nobody, result);
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
    errand->done->expired++;
    log_error("NP-EXPIRED %s was not delivered in time id=%s", errand->row->short_id, errand->row->id);
    if (is_of_use_later(errand) ? !outbox_set_aside(errand->worker->store, errand->row->id, "late", fault)
                                : !finish(errand, &result, fault))
        return false;
    tell_operator_of_late(errand, &result);
    return true;
}

static bool tell_in_turn(struct errand *errand, struct fault *fault)
{
    struct quota_answer answer;

    if (!survives_doubt(errand))
        return end_unclear(errand, fault);
    if (!take_place(errand, &answer, fault))
        return false;
    if (!answer.taken)
        return put_off(errand, answer.due_ms, "the provider's quota is reached", fault);
    return tell_row(errand, fault);
}

static bool run_errand(struct errand *errand, struct fault *fault)
{
    struct fault why = {0};
    bool understood = understand_row(errand, &why);

    if (now_ms(errand) > errand->row->expires_ms && !(understood && pass_over_late_legs(errand)))
        return expire(errand, fault);
    if (understood)
        return tell_in_turn(errand, fault);
    log_error("%s id=%s", why.text, errand->row->id);
    return put_off(errand, now_ms(errand) + BROKEN_WAIT_MS, why.text, fault);
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
    ask.limits = ask.recipient_limits = (struct limits){0};
    ask.storm.problems = 0;
    ask.place_later = true;
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

/* What is told together, in place of one by one. */
static bool tell_together(const struct worker *worker, struct work_done *done, struct fault *fault)
{
    struct digest_making making = {.world = worker->world, .config = worker->config, .store = worker->store};

    return storm_tell(&making, worker->deadline_ms, &done->storms, fault) &&
           summary_make(&making, &done->summaries, fault);
}

static bool tell_mutes(const struct worker *worker, struct work_done *done, struct fault *fault)
{
    (void)done;
    return mute_tell(worker->world, worker->config, worker->store, fault);
}

static struct following following_of(const struct worker *worker)
{
    return (struct following){
        .world = worker->world, .config = worker->config, .store = worker->store, .most = worker->rows_most};
}

static bool ask_receipts(const struct worker *worker, struct work_done *done, struct fault *fault)
{
    struct following following = following_of(worker);

    return receipt_run(&following, worker->deadline_ms, &done->receipts, fault);
}

static bool follow_up(const struct worker *worker, struct work_done *done, struct fault *fault)
{
    struct following following = following_of(worker);

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

/* Often enough with every heartbeat; whoever only lends a hand has no time for it. */
static bool fold_backlog(const struct worker *worker, struct work_done *done, struct fault *fault)
{
    struct digest_making making = {.world = worker->world, .config = worker->config, .store = worker->store};

    return worker->interval_ms <= 0 || backlog_fold(&making, worker->deadline_ms, &done->folded, fault);
}

static bool take_spool(const struct worker *worker, struct work_done *done, struct fault *fault)
{
    struct taking taking = {.worker = worker, .done = done};

    (void)fault; /* what cannot be taken in stays a file */
    spool_each(worker->world->arena, worker->directory, take_file, &taking);
    return true;
}

static bool show_heartbeat(const struct worker *worker, struct work_done *done, struct fault *fault)
{
    (void)done;
    return worker->interval_ms <= 0 ||
           worker_seen(worker->store, world_wall_ms(worker->world), worker->interval_ms, fault);
}

static bool take_back(const struct worker *worker, struct work_done *done, struct fault *fault)
{
    (void)done;
    return outbox_take_back(worker->store, world_wall_ms(worker->world), fault) &&
           alert_take_back(worker->store, world_wall_ms(worker->world), fault);
}

static bool keep_vigil(const struct worker *worker, struct work_done *done, struct fault *fault)
{
    (void)done;
    return worker->interval_ms <= 0 || vigil_keep(worker->world, worker->config, worker->store, fault);
}

/* A pass, step by step. */
static bool (*const STEPS[])(const struct worker *, struct work_done *, struct fault *) = {
    show_heartbeat, /* whoever queues a message may rely on us */
    take_spool,     /* what was kept as files */
    take_back,      /* times that a clock ran ahead of */
    fold_backlog,   /* more than a channel takes */
    run_due_rows,   /* the gravest first */
    ask_receipts,   /* what became of SMS */
    follow_up,      /* what people said, and what happens if nobody did */
    tell_mutes,     /* their beginnings and ends */
    tell_together,  /* storms and summaries, of what mutes kept back, too */
    run_due_rows,   /* those of the steps before */
    write_back,     /* to the monitoring systems: what people said */
    look_out,       /* and what was said there */
    keep_vigil,     /* all that went well */
};

bool work_once(const struct worker *worker, struct work_done *done, struct fault *fault)
{
    *done = (struct work_done){0};
    for (size_t i = 0; i < sizeof(STEPS) / sizeof(*STEPS); i++)
        if (!STEPS[i](worker, done, fault))
            return false;
    return true;
}
