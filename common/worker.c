#include "common/worker.h"

#include <string.h>

#include "common/announcement.h"
#include "common/asking.h"
#include "common/backlog.h"
#include "common/delivery.h"
#include "common/errand.h"
#include "common/escalation.h"
#include "common/log.h"
#include "common/lookout.h"
#include "common/mute_telling.h"
#include "common/receipt.h"
#include "common/spool.h"
#include "common/storm_telling.h"
#include "common/summary.h"
#include "common/vigil.h"
#include "common/writeback.h"

enum {
    BATCH = 50,       /* rows claimed at once */
    LEASE_MS = 60000, /* of a batch */
    BATCH_MOST_MS = 55000,
    TELL_MOST_MS = 20000, /* for one row */
};

/* --- is there one? --- */

bool worker_seen(struct store *store, int64_t now_ms, int64_t interval_ms, struct fault *fault)
{
    if (!store_begin(store, fault))
        return false;
    if (!store_set_value(store, "worker_seen_ms", now_ms, fault) ||
        !store_set_value(store, "worker_interval_ms", interval_ms, fault)) {
        store_rollback(store);
        return false;
    }
    return store_commit(store, fault);
}

bool worker_age(struct store *store, int64_t now_ms, int64_t *age_ms, struct fault *fault)
{
    int64_t seen_ms;

    if (!store_get_value(store, "worker_seen_ms", 0, &seen_ms, fault))
        return false;
    if (seen_ms == 0 || seen_ms > now_ms + CLOCKS_AGREE_MS)
        *age_ms = -1;
    else
        *age_ms = seen_ms < now_ms ? now_ms - seen_ms : 0;
    return true;
}

bool worker_fresh(struct store *store, int64_t now_ms, bool *fresh, struct fault *fault)
{
    int64_t age_ms;
    int64_t interval_ms;

    if (!worker_age(store, now_ms, &age_ms, fault) ||
        !store_get_value(store, "worker_interval_ms", 0, &interval_ms, fault))
        return false;
    *fresh = age_ms >= 0 && age_ms < 3 * interval_ms;
    return true;
}

/* --- rows that are due --- */

static int64_t smaller(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

static bool is_ending(const struct worker *worker)
{
    return worker->ending && *worker->ending;
}

/* For a whole attempt: one that is cut off may have arrived all the same. */
static bool time_left(const struct worker *worker, int64_t until_ms)
{
    return !is_ending(worker) && world_steady_ms(worker->world) + ATTEMPT_MOST_MS <= until_ms;
}

/* While the lease lasts: others take rows whose lease has run out, and would tell the same. */
static bool run_rows(const struct worker *worker, const struct outbox_row *rows, size_t count, size_t *ran,
                     struct work_done *done, struct fault *fault)
{
    int64_t until_ms = smaller(world_steady_ms(worker->world) + BATCH_MOST_MS, worker->deadline_ms);
    struct errands errands = {
        .world = worker->world, .config = worker->config, .store = worker->store, .done = &done->rows};

    for (*ran = 0; *ran < count && time_left(worker, until_ms); ++*ran)
        if (!errand_run(&errands, &rows[*ran], smaller(world_steady_ms(worker->world) + TELL_MOST_MS, until_ms), fault))
            return false;
    return outbox_give_back(worker->store, rows + *ran, count - *ran, fault);
}

static bool run_batch(const struct worker *worker, struct arena *arena, size_t most, size_t *ran,
                      struct work_done *done, struct fault *fault)
{
    struct outbox_row *rows;
    size_t count = 0;

    *ran = 0;
    return outbox_claim(worker->store, arena, world_wall_ms(worker->world), LEASE_MS, most, &rows, &count, fault) &&
           run_rows(worker, rows, count, ran, done, fault);
}

static bool run_due_rows(const struct worker *worker, struct work_done *done, struct fault *fault)
{
    size_t left = worker->rows_most ? worker->rows_most : SIZE_MAX;
    size_t ran = 1;

    while (ran > 0 && left > 0 && time_left(worker, worker->deadline_ms)) {
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
    for (size_t i = 0; i < sizeof(STEPS) / sizeof(*STEPS) && !is_ending(worker); i++)
        if (!STEPS[i](worker, done, fault))
            return false;
    return true;
}
