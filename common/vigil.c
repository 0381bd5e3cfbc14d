#include "common/vigil.h"

#include <stdlib.h>
#include <string.h>

#include "common/civil.h"
#include "common/log.h"
#include "common/operator.h"

enum { PING_MOST_MS = 5000, DAY_MS = 86400000 };

/* --- the address elsewhere --- */

static void ping(const struct world *world, const struct config *config)
{
    struct request request = request_in(world->arena);
    struct network network = *request.network;
    struct response response = response_in(world->arena);
    struct fault fault = {0};

    network.proxy = config->proxy;
    network.no_proxy = config->no_proxy;
    network.ca_file = config->ca_file;
    request.method = "GET";
    request.network = &network;
    if (!request_to(&request, config->heartbeat, &fault)) {
        log_error("NP-HEARTBEAT %s", fault.text);
        return;
    }
    world->transport.send(world->transport.self, &request, PING_MOST_MS, &response);
    if (response.status < 200 || response.status > 299)
        log_error("NP-HEARTBEAT the address of `heartbeat` did not take it: status %d %s", response.status,
                  response.words);
}

static bool ping_if_due(const struct world *world, const struct config *config, struct store *store,
                        struct fault *fault)
{
    int64_t now_ms = world_wall_ms(world);
    int64_t last_ms = 0;

    if (config->heartbeat[0] == '\0')
        return true;
    if (!store_get_value(store, "heartbeat_ms", 0, &last_ms, fault))
        return false;
    if (last_ms <= now_ms && now_ms - last_ms < config->heartbeat_every_s * 1000)
        return true;
    if (!store_change_value(store, "heartbeat_ms", now_ms, fault))
        return false;
    ping(world, config);
    return true;
}

/* --- once a day --- */

static bool count_of(struct store *store, const char *sql, int64_t since_ms, int64_t *count, struct fault *fault)
{
    return store_number(store, fault, sql, 0, count, "i", since_ms);
}

static const char *line(const struct world *world, const struct config *config, enum word word, int64_t number)
{
    const char *value = arena_print(world->arena, "%lld", (long long)number);

    return word_print(world->arena, config->language, word, &value, 1);
}

/* The figures, and whether they are good ones. */
static bool write_day(const struct world *world, const struct config *config, struct store *store, const char **text,
                      bool *well, struct fault *fault)
{
    int64_t since_ms = world_wall_ms(world) - DAY_MS;
    int64_t delivered;
    int64_t held;
    int64_t failed;
    int64_t waiting;

    if (!count_of(store, "SELECT COUNT(*) FROM notification WHERE created_ms > ? AND outcome = 'delivered'", since_ms,
                  &delivered, fault) ||
        !count_of(store, "SELECT COUNT(*) FROM notification WHERE created_ms > ? AND outcome IN ('held', 'muted')",
                  since_ms, &held, fault) ||
        !count_of(store,
                  "SELECT COUNT(*) FROM notification WHERE created_ms > ? AND outcome IN ('refused', 'expired',"
                  " 'unclear')",
                  since_ms, &failed, fault) ||
        !store_number(store, fault, "SELECT COUNT(*) FROM outbox", 0, &waiting, ""))
        return false;
    *well = failed == 0;
    *text = arena_print(world->arena, "%s\n%s\n%s\n%s", line(world, config, WORD_DAILY_DELIVERED, delivered),
                        line(world, config, WORD_DAILY_HELD, held), line(world, config, WORD_DAILY_FAILED, failed),
                        line(world, config, WORD_DAILY_WAITING, waiting));
    return true;
}

/* Local, as the day's number 20260102 and the seconds since midnight. */
static int64_t day_of(const struct world *world, const struct config *config)
{
    return strtoll(civil_format(world->arena, world_wall_ms(world) / 1000, config->timezone, "%Y%m%d"), NULL, 10);
}

static int64_t seconds_of_day(const struct world *world, const struct config *config)
{
    int64_t now_s = world_wall_ms(world) / 1000;
    int64_t clock = strtoll(civil_format(world->arena, now_s, config->timezone, "%H%M"), NULL, 10);

    return clock / 100 * 3600 + clock % 100 * 60;
}

static bool is_time(const struct world *world, const struct config *config, int64_t told_on)
{
    return config->operator.daily_s >= 0 && config->operator.channels.count> 0 &&
           seconds_of_day(world, config) >= config->operator.daily_s && told_on != day_of(world, config);
}

static bool tell_daily(const struct world *world, const struct config *config, struct store *store, struct fault *fault)
{
    int64_t today = day_of(world, config);
    struct event nothing = event_empty();
    struct trouble_report report = {.section = "", .good_news = true};
    int64_t told_on = 0;
    bool well = true;

    if (!store_get_value(store, "daily_on", 0, &told_on, fault))
        return false;
    if (!is_time(world, config, told_on))
        return true;
    if (!write_day(world, config, store, &report.detail, &well, fault))
        return false;
    report.code = arena_print(world->arena, "DAILY-%lld", (long long)today);
    report.words = well ? WORD_DAILY_FINE : WORD_DAILY_FAILURES;
    operator_tell(world, config, store, &nothing, &report);
    return store_change_value(
        store, "daily_on", today,
        fault); /* after it: what is lost would look like trouble, what is told twice is left out */
}

bool vigil_keep(const struct world *world, const struct config *config, struct store *store, struct fault *fault)
{
    return tell_daily(world, config, store, fault) && ping_if_due(world, config, store, fault);
}
