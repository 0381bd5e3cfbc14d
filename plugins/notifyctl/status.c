/* notifyctl status: what a person wants to know at three in the night, worst first. */
#include <stdio.h>
#include <string.h>

#include "common/civil.h"
#include "common/mute.h"
#include "common/roster.h"
#include "common/worker.h"
#include "plugins/notifyctl/arguments.h"

enum { HOUR_MS = 3600000 };

struct looking {
    const struct operation *operation;
    struct store *store;
    int64_t now_ms;
    bool trouble;
};

static void print_worker(struct looking *looking)
{
    struct arena *arena = looking->operation->arena;
    struct fault fault = {0};
    int64_t age_ms = -1;
    bool fresh = false;

    worker_fresh(looking->store, looking->now_ms, &fresh, &fault);
    worker_age(looking->store, looking->now_ms, &age_ms, &fault);
    looking->trouble = looking->trouble || !fresh;
    if (age_ms < 0)
        puts("worker:  not seen; start notifyd, or enable the tick timer");
    else
        printf("worker:  %s, last seen %s ago\n", fresh ? "alive" : "GONE", civil_duration(arena, age_ms / 1000));
}

static bool print_outbox_row(void *self, struct row *row)
{
    struct looking *looking = self;
    struct arena *arena = looking->operation->arena;

    if (row_number(row, 0) > 0)
        printf("outbox:  %lld waiting, the oldest for %s\n", (long long)row_number(row, 0),
               civil_duration(arena, (looking->now_ms - row_number(row, 1)) / 1000));
    else
        puts("outbox:  empty");
    return false;
}

static bool print_writeback(void *self, struct row *row)
{
    struct looking *looking = self;

    looking->trouble = true;
    printf("monitor: %lld confirmation%s %s to be written back: %s\n", (long long)row_number(row, 0),
           row_number(row, 0) == 1 ? "" : "s", strcmp(row_text(row, 1), "failed") == 0 ? "failed" : "waits",
           row_text(row, 2));
    return true;
}

static bool print_held(void *self, struct row *row)
{
    (void)self;
    printf("held:    %lld for %s, to be told in a summary\n", (long long)row_number(row, 0), row_text(row, 1));
    return true;
}

static bool print_circuit(void *self, struct row *row)
{
    struct looking *looking = self;

    looking->trouble = true;
    printf("broken:  %s failed %lld times in a row: %s\n", row_text(row, 0), (long long)row_number(row, 1),
           row_text(row, 2));
    return true;
}

/* Three failures within the hour, and no delivery since. */
static const char BROKEN[] =
    "SELECT a.section, COUNT(*), MAX(a.code || ' ' || a.words) FROM attempt a LEFT JOIN (SELECT section,"
    " MAX(at_ms) AS at_ms FROM attempt WHERE at_ms > ?1 AND outcome = 'delivered' GROUP BY section) d"
    " ON d.section = a.section WHERE a.at_ms > ?1 AND a.at_ms >= COALESCE(d.at_ms, 0)"
    " AND a.outcome IN ('again', 'broken', 'unclear') GROUP BY a.section HAVING COUNT(*) >= 3";

/* A message may wait for a day before it has failed. */
static const char FAILED[] =
    "SELECT ended_ms, short_id, section, outcome, code, words FROM notification WHERE created_ms > ?"
    " AND ended_ms > ? AND outcome IN ('refused', 'expired', 'unclear') ORDER BY ended_ms DESC LIMIT 5";

static void print_oncall(const struct looking *looking)
{
    const struct config *config = looking->operation->config;

    for (size_t i = 0; i < config->rotation_count; i++) {
        const char *name = config->rotations[i]->title;
        struct stint stint;

        if (!roster_stint(config, name, looking->now_ms / 1000, &stint))
            continue;
        printf("on call: @%s %s until %s%s%s\n", name, stint.contact ? stint.contact->name : "NOBODY",
               civil_text(config->arena, stint.until_s, config->timezone), stint.contact ? "" : ": ", stint.trouble);
    }
}

static bool print_failure(void *self, struct row *row)
{
    struct looking *looking = self;

    printf("failed:  %s %s %s %s: %s %s\n",
           civil_text(looking->operation->arena, row_number(row, 0) / 1000, looking->operation->config->timezone),
           row_text(row, 1), row_text(row, 2), row_text(row, 3), row_text(row, 4), row_text(row, 5));
    return true;
}

static bool print_mute(void *self, const struct mute *mute)
{
    const struct looking *looking = self;

    printf("muted:   %s until %s by %s: %s (host '%s' service '%s' tag '%s' channel '%s')\n", mute->id,
           civil_text(looking->operation->arena, mute->until_ms / 1000, looking->operation->config->timezone),
           mute->author, mute->words, mute->host, mute->service, mute->tag, mute->section);
    return true;
}

static bool look(struct looking *looking, struct fault *fault)
{
    struct store *store = looking->store;

    print_worker(looking);
    print_oncall(looking);
    return store_read(store, NULL, fault, "SELECT COUNT(*), MIN(created_ms) FROM outbox", print_outbox_row, looking,
                      "") &&
           store_read(store, NULL, fault,
                      "SELECT COUNT(*), state, MAX(result) FROM writeback WHERE (state = 'waiting' AND attempts > 0)"
                      " OR (state = 'failed' AND due_ms > ?) GROUP BY state",
                      print_writeback, looking, "i", looking->now_ms - 24 * HOUR_MS) &&
           store_read(store, NULL, fault,
                      "SELECT COUNT(*), section FROM notification WHERE outcome = 'held' AND delivered_by = ''"
                      " GROUP BY section",
                      print_held, looking, "") &&
           store_read(store, NULL, fault, BROKEN, print_circuit, looking, "i", looking->now_ms - HOUR_MS) &&
           store_read(store, NULL, fault, FAILED, print_failure, looking, "ii", looking->now_ms - 48 * HOUR_MS,
                      looking->now_ms - 24 * HOUR_MS) &&
           mute_list(store, looking->operation->arena, looking->now_ms, print_mute, looking, fault);
}

int command_status(struct operation *operation)
{
    struct looking looking = {.operation = operation, .now_ms = world_wall_ms(&operation->world)};
    struct fault fault = {0};

    if (operation->argc != 1)
        return usage(operation, "no argument");
    looking.store = open_store_or_say(operation);
    if (!looking.store)
        return 1;
    if (!look(&looking, &fault))
        return say_fault(operation, &fault);
    return looking.trouble ? 1 : 0;
}
