/* notifyctl outbox, retry, drop, tick, prune: what waits, and the worker's pass by hand, by cron or by timer. */
#include "common/retention.h"
#include "common/outbox.h"

#include <stdio.h>
#include <string.h>

#include "common/calendar_cache.h"
#include "common/civil.h"
#include "common/worker.h"
#include "plugins/notifyctl/arguments.h"

enum {
    TICK_INTERVAL_MS = 15000, /* the timer's */
    TICK_MOST_MS = 240000,    /* one pass ends before the process does */
    DROP_LEASE_MS = 60000,
};

struct listing {
    const struct operation *operation;
    size_t count;
};

static bool print_row(void *self, struct row *row)
{
    struct listing *listing = self;
    struct arena *arena = arena_new();
    const char *zone = listing->operation->config->timezone;

    listing->count++;
    printf("%s %s %-9s %-8s next %s attempts %lld %s: %s\n", row_text(row, 0), row_text(row, 1),
           severity_name(severity_of_number(row_number(row, 2))), row_text(row, 3),
           civil_text(arena, row_number(row, 4) / 1000, zone), (long long)row_number(row, 5), row_text(row, 6),
           row_text(row, 7));
    arena_release(arena);
    return true;
}

int command_outbox(struct operation *operation)
{
    struct listing listing = {.operation = operation};
    struct store *store = open_store_or_say(operation);
    struct fault fault = {0};

    if (!store)
        return 1;
    if (!store_read(store, NULL, &fault,
                    "SELECT o.id, n.short_id, o.severity, o.state, o.due_ms, o.attempts, n.section, n.subject"
                    " FROM outbox o JOIN notification n ON n.id = o.id ORDER BY o.severity DESC, o.created_ms",
                    print_row, &listing, ""))
        return say_fault(operation, &fault);
    printf("%zu waiting\n", listing.count);
    return 0;
}

static struct worker worker_for(struct operation *operation, struct store *store)
{
    return (struct worker){
        .world = &operation->world,
        .config = operation->config,
        .store = store,
        .directory = operation->config->state,
        .deadline_ms = world_steady_ms(&operation->world) + TICK_MOST_MS,
    };
}

static int pass(struct operation *operation, const struct worker *worker)
{
    struct work_done done;
    struct fault fault = {0};

    if (!work_once(worker, &done, &fault))
        return say_fault(operation, &fault);
    if (done.rows.delivered + done.rows.waiting + done.rows.refused + done.rows.expired + done.rows.unclear +
        done.summaries + done.followups + done.spooled + done.folded + done.storms + done.receipts)
        printf(
            "delivered %zu, waiting %zu, refused %zu, expired %zu, unclear %zu, summaries %zu, follow-ups %zu, from the spool %zu, "
            "left to a summary %zu, storms %zu, receipts %zu\n",
            done.rows.delivered, done.rows.waiting, done.rows.refused, done.rows.expired, done.rows.unclear,
            done.summaries, done.followups, done.spooled, done.folded, done.storms, done.receipts);
    if (done.written_back.told + done.written_back.waiting + done.written_back.failed)
        printf("written back %zu, waiting %zu, failed %zu\n", done.written_back.told, done.written_back.waiting,
               done.written_back.failed);
    if (done.seen > 0)
        printf("acknowledged in the monitoring system %zu\n", done.seen);
    return 0;
}

int command_tick(struct operation *operation)
{
    struct store *store = open_store_or_say(operation);
    struct worker worker;

    if (!store)
        return 1;
    calendar_cache_fill(operation->config, store, world_wall_ms(&operation->world) / 1000);
    calendar_cache_use(operation->config, store);
    worker = worker_for(operation, store);
    worker.interval_ms = TICK_INTERVAL_MS;
    return pass(operation, &worker);
}

/* What waits is due now, and a pass follows at once. */
int command_retry(struct operation *operation)
{
    struct store *store;
    struct worker worker;
    struct fault fault = {0};
    int64_t count = 0;

    if (operation->argc != 2)
        return usage(operation, "an id, or all");
    store = open_store_or_say(operation);
    if (!store)
        return 1;
    if (!outbox_hasten(store, strcmp(operation->argv[1], "all") == 0 ? "" : operation->argv[1],
                       world_wall_ms(&operation->world), &count, &fault))
        return say_fault(operation, &fault);
    if (count == 0 && strcmp(operation->argv[1], "all") != 0) {
        fprintf(stderr, "nothing of the id '%s' waits, or it is being told right now; see notifyctl outbox\n",
                operation->argv[1]);
        return 2;
    }
    printf("%lld made due\n", (long long)count);
    worker = worker_for(operation, store);
    return pass(operation, &worker);
}

int command_drop(struct operation *operation)
{
    struct store *store;
    struct outbox_row row;
    struct fault fault = {0};
    bool found;
    struct outbox_result result = {.end = OUTBOX_DROPPED,
                                   .section = "",
                                   .reference = "",
                                   .text = "",
                                   .code = "DROPPED",
                                   .words = "by the operator",
                                   .legs_left = ""};

    if (operation->argc != 2)
        return usage(operation, "an id");
    store = open_store_or_say(operation);
    if (!store)
        return 1;
    result.id = operation->argv[1];
    result.now_ms = world_wall_ms(&operation->world);
    if (!outbox_claim_one(store, operation->arena, result.id, result.now_ms, DROP_LEASE_MS, &row, &found, &fault))
        return say_fault(operation, &fault);
    if (!found) {
        fprintf(stderr, "nothing of the id '%s' waits, or it is being told right now; see notifyctl outbox\n",
                result.id);
        return 2;
    }
    if (!outbox_finish(store, &result, &fault))
        return say_fault(operation, &fault);
    printf("dropped %s\n", result.id);
    return 0;
}

int command_prune(struct operation *operation)
{
    struct store *store;
    const char *older = "";
    struct argument arguments[] = {
        {"--older", &older, NULL}
    };
    struct fault fault = {0};
    int64_t before_ms;
    int rest;

    if (!arguments_read(operation, arguments, 1, &rest, &fault) ||
        !moment_read(operation, older, 0, &before_ms, &fault))
        return say_fault(operation, &fault);
    store = open_store_or_say(operation);
    if (!store)
        return 1;
    if (!retention_tidy(store, world_wall_ms(&operation->world), &fault) ||
        (before_ms > 0 && !retention_forget(store, before_ms, &fault)))
        return say_fault(operation, &fault);
    return 0;
}
