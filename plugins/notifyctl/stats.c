/* notifyctl stats: how well people are told, and how fast they answer. */
#include "common/stats.h"

#include <stdio.h>
#include <string.h>

#include "common/civil.h"
#include "plugins/notifyctl/arguments.h"
#include "plugins/notifyctl/csv.h"

#define WEEK_MS INT64_C(604800000)

enum { CELLS = 15 };

static const char *const HEADS[CELLS] = {
    "key",           "delivered",       "suppressed",      "failed",
    "waiting",       "delivery_p50_ms", "delivery_p95_ms", "problems",
    "asked",         "in_time",         "in_time_percent", "confirm_p50_s",
    "confirm_p95_s", "recover_p50_s",   "recover_p95_s",
};

static int64_t percent(const struct stats_row *row)
{
    return row->asked ? (100 * row->in_time + row->asked / 2) / row->asked : 0;
}

/* In the order of HEADS, from the second on. */
static void numbers_of(const struct stats_row *row, int64_t *numbers)
{
    const int64_t all[CELLS - 1] = {
        row->delivered,
        row->suppressed,
        row->failed,
        row->waiting,
        row->delivery.p50_ms,
        row->delivery.p95_ms,
        row->problems,
        row->asked,
        row->in_time,
        percent(row),
        row->confirm.p50_ms / 1000,
        row->confirm.p95_ms / 1000,
        row->recover.p50_ms / 1000,
        row->recover.p95_ms / 1000,
    };

    memcpy(numbers, all, sizeof(all));
}

static void print_csv(struct arena *arena, const struct stats_row *row)
{
    const char *cells[CELLS] = {row->key};
    int64_t numbers[CELLS - 1];

    numbers_of(row, numbers);
    for (size_t i = 1; i < CELLS; i++)
        cells[i] = arena_print(arena, "%lld", (long long)numbers[i - 1]);
    csv_print(cells, CELLS);
}

static void add_json(struct json_object *json, const struct stats_row *row)
{
    int64_t numbers[CELLS - 1];

    numbers_of(row, numbers);
    jset_text(json, "key", row->key);
    for (size_t i = 1; i < CELLS; i++)
        jset_number(json, HEADS[i], numbers[i - 1]);
}

/* "182 ms", "1.2 s" */
static const char *short_time(struct arena *arena, const struct spread *spread, int64_t ms)
{
    if (spread->count == 0)
        return "-";
    if (ms < 1000)
        return arena_print(arena, "%lld ms", (long long)ms);
    return ms < 60000 ? arena_print(arena, "%lld.%lld s", (long long)ms / 1000, (long long)ms % 1000 / 100)
                      : civil_duration(arena, ms / 1000);
}

static void print_line(struct arena *arena, const char *key, const struct stats_row *row)
{
    printf("%-20s %9lld %9lld %6lld %7lld %9s %9s %8lld %6s %9s %9s %9s %9s\n", key, (long long)row->delivered,
           (long long)row->suppressed, (long long)row->failed, (long long)row->waiting,
           short_time(arena, &row->delivery, row->delivery.p50_ms),
           short_time(arena, &row->delivery, row->delivery.p95_ms), (long long)row->problems,
           row->asked ? arena_print(arena, "%lld%%", (long long)percent(row)) : "-",
           short_time(arena, &row->confirm, row->confirm.p50_ms), short_time(arena, &row->confirm, row->confirm.p95_ms),
           short_time(arena, &row->recover, row->recover.p50_ms),
           short_time(arena, &row->recover, row->recover.p95_ms));
}

static void print_table(struct operation *operation, const struct stats_ask *ask, const struct stats *stats)
{
    struct arena *arena = operation->arena;
    const char *zone = operation->config->timezone;

    printf("%s to %s, by %s\n", civil_text(arena, ask->since_ms / 1000, zone),
           civil_text(arena, ask->until_ms / 1000, zone), stats_by_name(ask->by));
    printf("%-20s %9s %9s %6s %7s %19s %8s %6s %19s %19s\n", "", "", "held", "", "", "delivery", "", "taken",
           "to be taken", "to be over");
    printf("%-20s %9s %9s %6s %7s %9s %9s %8s %6s %9s %9s %9s %9s\n", stats_by_name(ask->by), "delivered", "back",
           "failed", "waiting", "p50", "p95", "problems", "in t.", "p50", "p95", "p50", "p95");
    for (size_t i = 0; i < stats->count; i++)
        print_line(arena, stats->rows[i].key[0] ? stats->rows[i].key : "(none)", &stats->rows[i]);
    print_line(arena, "all", &stats->all);
}

static void print_json(struct operation *operation, const struct stats_ask *ask, const struct stats *stats)
{
    struct json_object *doc = json_doc(operation->arena);
    struct json_object *rows;

    jset_text(doc, "by", stats_by_name(ask->by));
    jset_number(doc, "since_ms", ask->since_ms);
    jset_number(doc, "until_ms", ask->until_ms);
    rows = jset_array(doc, "rows");
    for (size_t i = 0; i < stats->count; i++)
        add_json(jadd_object(rows), &stats->rows[i]);
    add_json(jset_object(doc, "all"), &stats->all);
    puts(json_print(doc));
}

static bool by_from(const char *name, enum stats_by *by)
{
    for (enum stats_by one = STATS_BY_CHANNEL; one < STATS_BY_COUNT; one++) {
        if (strcmp(name, stats_by_name(one)) == 0) {
            *by = one;
            return true;
        }
    }
    return false;
}

enum form { FORM_TABLE, FORM_JSON, FORM_CSV };

static bool read_ask(struct operation *operation, struct stats_ask *ask, enum form *form, struct fault *fault)
{
    const char *since = "";
    const char *until = "";
    const char *by = "channel";
    bool json = false;
    bool csv = false;
    struct argument arguments[] = {
        {"--since", &since, NULL },
        {"--until", &until, NULL },
        {"--by",    &by,    NULL },
        {"--json",  NULL,   &json},
        {"--csv",   NULL,   &csv },
    };
    int rest;

    if (!arguments_read(operation, arguments, sizeof(arguments) / sizeof(*arguments), &rest, fault))
        return false;
    if (rest < operation->argc)
        return fault_set(fault, FAULT_USAGE, "'%s' is no option of stats", operation->argv[rest]);
    if (!by_from(by, &ask->by))
        return fault_set(fault, FAULT_USAGE, "--by wants channel, team, person, route or host, not '%s'", by);
    *form = json ? FORM_JSON : csv ? FORM_CSV : FORM_TABLE;
    ask->now_ms = world_wall_ms(&operation->world);
    return moment_read(operation, since, ask->now_ms - WEEK_MS, &ask->since_ms, fault) &&
           moment_read(operation, until, ask->now_ms, &ask->until_ms, fault);
}

int command_stats(struct operation *operation)
{
    struct stats_ask ask;
    struct stats stats;
    enum form form;
    struct store *store;
    struct fault fault = {0};

    if (!read_ask(operation, &ask, &form, &fault))
        return say_fault(operation, &fault);
    store = open_store_or_say(operation);
    if (!store)
        return 1;
    if (!stats_read(store, operation->arena, operation->config, &ask, &stats, &fault))
        return say_fault(operation, &fault);
    switch (form) {
    case FORM_TABLE:
        print_table(operation, &ask, &stats);
        return 0;
    case FORM_JSON:
        print_json(operation, &ask, &stats);
        return 0;
    case FORM_CSV:
        csv_print(HEADS, CELLS);
        for (size_t i = 0; i < stats.count; i++)
            print_csv(operation->arena, &stats.rows[i]);
        return 0;
    }
    return 0;
}
