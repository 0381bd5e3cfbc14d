#include "common/stats.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "common/route.h"

const char *stats_by_name(enum stats_by by)
{
    static const char *const NAMES[] = {
        [STATS_BY_CHANNEL] = "channel", [STATS_BY_TEAM] = "team", [STATS_BY_PERSON] = "person",
        [STATS_BY_ROUTE] = "route",     [STATS_BY_HOST] = "host",
    };

    return NAMES[by];
}

/* --- measured times --- */

struct times {
    int64_t *items;
    size_t count;
    size_t space;
};

static void add_time(struct arena *arena, struct times *times, int64_t ms)
{
    if (times->count == times->space) {
        times->space = times->space ? 2 * times->space : 16;
        times->items = arena_grow(arena, times->items, times->space * sizeof(*times->items));
    }
    times->items[times->count++] = ms > 0 ? ms : 0;
}

static int by_size(const void *one, const void *other)
{
    int64_t a = *(const int64_t *)one;
    int64_t b = *(const int64_t *)other;

    return (a > b) - (a < b);
}

/* Nearest rank: the least value that at least `percent` of all are not above. */
static int64_t percentile(const struct times *times, size_t percent)
{
    size_t rank = (times->count * percent + 99) / 100;

    return times->count ? times->items[rank > 0 ? rank - 1 : 0] : 0;
}

static struct spread spread_of(struct times *times)
{
    if (times->count)
        qsort(times->items, times->count, sizeof(*times->items), by_size);
    return (struct spread){
        .count = (int64_t)times->count, .p50_ms = percentile(times, 50), .p95_ms = percentile(times, 95)};
}

/* --- one key --- */

struct bucket {
    struct stats_row row;
    struct times delivery;
    struct times confirm;
    struct times recover;
    const char *problem; /* the last that was counted: rows come sorted by it */
};

struct counting {
    struct arena *arena;
    const struct config *config;
    const struct stats_ask *ask;
    void *tree; /* of buckets, by key */
    struct bucket **buckets;
    size_t count;
    size_t space;
    struct bucket all;
};

static int by_key(const void *one, const void *other)
{
    return strcmp(((const struct bucket *)one)->row.key, ((const struct bucket *)other)->row.key);
}

static void keep_bucket(struct counting *counting, struct bucket *bucket)
{
    if (counting->count == counting->space) {
        counting->space = counting->space ? 2 * counting->space : 64;
        counting->buckets = arena_grow(counting->arena, counting->buckets, counting->space * sizeof(struct bucket *));
    }
    counting->buckets[counting->count++] = bucket;
}

/* NULL when there is no memory for one more. */
static struct bucket *bucket_of(struct counting *counting, const char *key)
{
    struct bucket wanted = {.row = {.key = key}};
    struct bucket **found = tfind(&wanted, &counting->tree, by_key);
    struct bucket *bucket;

    if (found)
        return *found;
    bucket = arena_alloc(counting->arena, sizeof(*bucket));
    *bucket = (struct bucket){.row = {.key = arena_copy(counting->arena, key, strlen(key))}, .problem = ""};
    if (!tsearch(bucket, &counting->tree, by_key))
        return NULL;
    keep_bucket(counting, bucket);
    return bucket;
}

/* --- one row --- */

enum {
    SECTION,
    RECIPIENTS,
    ROUTE,
    HOST,
    TEAM,
    KIND,
    OUTCOME,
    CREATED,
    ENDED,
    PROBLEM,
    OPENED,
    OVER,
    ASKED,
    DUE,
    TAKEN,
};

/* What a summary told names that summary as what delivered it. An echo of our own words was for nobody. */
static const char ROWS[] =
    "SELECT CASE WHEN n.delivered_by = '' OR n.outcome IN ('held', 'folded') THEN n.section ELSE n.delivered_by END,"
    " n.recipients, n.route, n.host, n.team,"
    " n.kind, n.outcome, n.created_ms, n.ended_ms, n.problem, COALESCE(a.opened_ms, 0), COALESCE(a.over_ms, 0),"
    " COALESCE(a.asked_ms, 0), COALESCE(a.due_ms, 0), COALESCE(a.taken_ms, 0)"
    " FROM notification n LEFT JOIN alert a ON a.problem = n.problem AND a.opened_ms >= ?1 AND a.opened_ms < ?2"
    " WHERE n.created_ms >= ?1 AND n.created_ms < ?2 AND n.outcome <> 'echo' ORDER BY n.problem, n.created_ms";

static bool is_one_of(const char *outcome, const char *const *names)
{
    while (*names && strcmp(*names, outcome) != 0)
        names++;
    return *names != NULL;
}

static void count_notification(struct counting *counting, struct bucket *bucket, struct row *row)
{
    static const char *const DELIVERED[] = {"delivered", "unclear", NULL};
    static const char *const SUPPRESSED[] = {"held", "muted", "folded", NULL};
    const char *outcome = row_text(row, OUTCOME);

    if (is_one_of(outcome, DELIVERED)) {
        bucket->row.delivered++;
        add_time(counting->arena, &bucket->delivery, row_number(row, ENDED) - row_number(row, CREATED));
    } else if (is_one_of(outcome, SUPPRESSED)) {
        bucket->row.suppressed++;
    } else if (strcmp(outcome, "waiting") == 0) {
        bucket->row.waiting++;
    } else {
        bucket->row.failed++;
    }
}

/* What was over before anybody had to take it says nothing of people; what is not due yet, neither. */
static void count_answer(struct counting *counting, struct bucket *bucket, struct row *row)
{
    int64_t asked_ms = row_number(row, ASKED);
    int64_t due_ms = row_number(row, DUE);
    int64_t taken_ms = row_number(row, TAKEN);
    int64_t over_ms = row_number(row, OVER);
    int64_t until_ms = over_ms ? over_ms : counting->ask->now_ms;

    if (asked_ms == 0 || (taken_ms == 0 && until_ms <= due_ms))
        return;
    bucket->row.asked++;
    bucket->row.in_time += taken_ms > 0 && taken_ms <= due_ms;
    if (taken_ms > 0)
        add_time(counting->arena, &bucket->confirm, taken_ms - asked_ms);
}

static void count_problem(struct counting *counting, struct bucket *bucket, struct row *row)
{
    if (row_number(row, OPENED) == 0 || strcmp(row_text(row, KIND), "problem") != 0 ||
        strcmp(row_text(row, PROBLEM), bucket->problem) == 0)
        return;
    bucket->problem = arena_copy(counting->arena, row_text(row, PROBLEM), strlen(row_text(row, PROBLEM)));
    bucket->row.problems++;
    count_answer(counting, bucket, row);
    if (row_number(row, OVER) > 0)
        add_time(counting->arena, &bucket->recover, row_number(row, OVER) - row_number(row, OPENED));
}

static void count_in(struct counting *counting, const char *key, struct row *row)
{
    struct bucket *bucket = bucket_of(counting, key);

    if (!bucket)
        return;
    count_notification(counting, bucket, row);
    count_problem(counting, bucket, row);
}

/* Each of the people that a message went to; "" for a group as such. */
static void count_people(struct counting *counting, struct row *row)
{
    struct arena *arena = arena_new();
    struct text_list list = split_commas(arena, row_text(row, RECIPIENTS));
    const struct contact **seen = arena_alloc(arena, (list.count + 1) * sizeof(*seen));
    size_t people = 0;

    for (size_t i = 0; i < list.count; i++) {
        const struct contact *contact = config_contact_with(counting->config, list.items[i]);
        bool again = contact == NULL;

        for (size_t k = 0; k < people && !again; k++)
            again = seen[k] == contact;
        if (again)
            continue;
        seen[people++] = contact;
        count_in(counting, contact->name, row);
    }
    if (people == 0)
        count_in(counting, "", row);
    arena_release(arena);
}

static bool count_row(void *self, struct row *row)
{
    static const int COLUMNS[] = {
        [STATS_BY_CHANNEL] = SECTION, [STATS_BY_TEAM] = TEAM, [STATS_BY_ROUTE] = ROUTE, [STATS_BY_HOST] = HOST};
    struct counting *counting = self;

    count_notification(counting, &counting->all, row);
    count_problem(counting, &counting->all, row);
    if (counting->ask->by == STATS_BY_PERSON)
        count_people(counting, row);
    else
        count_in(counting, row_text(row, COLUMNS[counting->ask->by]), row);
    return true;
}

/* --- the whole --- */

static struct stats_row finish(struct bucket *bucket)
{
    bucket->row.delivery = spread_of(&bucket->delivery);
    bucket->row.confirm = spread_of(&bucket->confirm);
    bucket->row.recover = spread_of(&bucket->recover);
    return bucket->row;
}

static int by_delivered(const void *one, const void *other)
{
    const struct stats_row *a = one;
    const struct stats_row *b = other;

    if (a->delivered != b->delivered)
        return a->delivered > b->delivered ? -1 : 1;
    return strcmp(a->key, b->key);
}

static void leave_node(void *node)
{
    (void)node; /* buckets live in the arena */
}

bool stats_read(struct store *store, struct arena *arena, const struct config *config, const struct stats_ask *ask,
                struct stats *stats, struct fault *fault)
{
    struct counting counting = {
        .arena = arena, .config = config, .ask = ask, .all = {.row = {.key = ""}, .problem = ""}
    };
    bool read = store_read(store, NULL, fault, ROWS, count_row, &counting, "ii", ask->since_ms, ask->until_ms);

    tdestroy(counting.tree, leave_node);
    if (!read)
        return false;
    *stats = (struct stats){.rows = arena_alloc(arena, (counting.count + 1) * sizeof(*stats->rows)),
                            .count = counting.count};
    for (size_t i = 0; i < counting.count; i++)
        stats->rows[i] = finish(counting.buckets[i]);
    qsort(stats->rows, stats->count, sizeof(*stats->rows), by_delivered);
    stats->all = finish(&counting.all);
    return true;
}
