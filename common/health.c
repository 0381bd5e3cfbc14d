#include "common/health.h"

#include <string.h>

#include "common/policy.h"
#include "common/worker.h"

enum { HOUR_MS = 3600000, WAITED_MOST_MS = 2 * 86400000 };

struct looking {
    struct health *health;
    int64_t now_ms;
};

static bool keep_outbox(void *self, struct row *row)
{
    struct looking *looking = self;
    int64_t oldest_ms = row_number(row, 1);

    looking->health->outbox = row_number(row, 0);
    if (looking->health->outbox > 0 && oldest_ms < looking->now_ms)
        looking->health->oldest_s = (looking->now_ms - oldest_ms) / 1000;
    return false;
}

static bool keep_channel(void *self, struct row *row)
{
    struct health *health = self;

    for (size_t i = 0; i < health->channel_count; i++) {
        if (strcmp(health->channels[i].section, row_text(row, 0)) == 0) {
            health->channels[i].failures = row_number(row, 1);
            health->channels[i].delivered = row_number(row, 2);
        }
    }
    return true;
}

/* The last delivery is found once for each section: looked for at each failure, an hour's outage takes longer than the check may. */
static const char CHANNELS[] =
    "SELECT a.section, SUM(a.outcome <> 'delivered' AND a.at_ms >= COALESCE(d.at_ms, 0)), SUM(a.outcome = 'delivered')"
    " FROM attempt a LEFT JOIN (SELECT section, MAX(at_ms) AS at_ms FROM attempt WHERE at_ms > ?1"
    " AND outcome = 'delivered' GROUP BY section) d ON d.section = a.section WHERE a.at_ms > ?1 GROUP BY a.section";

/* A message may wait for a day before it has failed. */
static const char FAILED[] = "SELECT COUNT(*) FROM notification WHERE created_ms > ? AND ended_ms > ?"
                             " AND outcome IN ('refused', 'expired')";

static bool read_worker(struct store *store, const struct looking *looking, struct fault *fault)
{
    int64_t age_ms;

    if (!worker_age(store, looking->now_ms, &age_ms, fault))
        return false;
    looking->health->worker_age_s = age_ms < 0 ? -1 : age_ms / 1000;
    return true;
}

static void look_at_calendars(const struct config *config, int64_t now_ms, struct health *health)
{
    health->calendar_days = -1;
    for (size_t i = 0; i < config->calendar_count; i++) {
        struct fault ignored = {0}; /* `notifyctl check` tells it */
        int64_t days = calendar_open(config->calendars[i], now_ms / 1000, &ignored)
                           ? policy_days_left(config, config->calendars[i], now_ms / 1000)
                           : INT64_MAX;

        if (days != INT64_MAX && (health->calendar_days < 0 || days < health->calendar_days))
            health->calendar_days = days > 0 ? days : 0;
    }
}

static void list_channels(struct arena *arena, const struct config *config, struct health *health)
{
    health->channels = arena_alloc(arena, (config->section_count + 1) * sizeof(*health->channels));
    for (size_t i = 0; i < config->section_count; i++)
        health->channels[health->channel_count++] = (struct channel_health){.section = config->sections[i]->title};
}

bool health_read(struct store *store, struct arena *arena, const struct config *config, int64_t now_ms,
                 struct health *health, struct fault *fault)
{
    struct looking looking = {.health = health, .now_ms = now_ms};

    *health = (struct health){0};
    list_channels(arena, config, health);
    look_at_calendars(config, now_ms, health);
    return read_worker(store, &looking, fault) &&
           store_read(store, NULL, fault, "SELECT COUNT(*), MIN(created_ms) FROM outbox", keep_outbox, &looking, "") &&
           store_number(store, fault, "SELECT COUNT(*) FROM notification WHERE outcome = 'held' AND delivered_by = ''",
                        0, &health->held, "") &&
           store_number(store, fault, FAILED, 0, &health->failed, "ii", now_ms - WAITED_MOST_MS, now_ms - HOUR_MS) &&
           store_number(store, fault,
                        "SELECT COUNT(*) FROM alert WHERE over_ms = 0 AND state = 'asked' AND due_ms <= ?", 0,
                        &health->unconfirmed, "i", now_ms) &&
           store_number(store, fault, "SELECT COUNT(*) FROM writeback WHERE state = 'waiting'", 0, &health->writebacks,
                        "") &&
           store_read(store, NULL, fault, CHANNELS, keep_channel, health, "i", now_ms - HOUR_MS);
}
