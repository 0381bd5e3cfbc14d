#include "common/storm.h"

#include <string.h>

#include "common/clock.h"

enum { LOOKED_AT = 4 }; /* times the policy's number: problems may be told more than once */

static int64_t since_ms(const struct storm_policy *policy, int64_t now_ms)
{
    return now_ms - policy->within_s * 1000;
}

struct sight {
    bool found;
    int64_t count;
    int64_t gravest;
    int64_t first_ms;
};

static bool keep_sight(void *self, struct row *row)
{
    *(struct sight *)self = (struct sight){
        .found = true, .count = row_number(row, 0), .gravest = row_number(row, 1), .first_ms = row_number(row, 2)};
    return false;
}

/* Other problems than `except` that people may be told of now; not more rows are looked at than decide. */
static bool count_problems(struct store *store, const struct storm_policy *policy, const char *recipient_key,
                           const char *except, int64_t now_ms, struct sight *sight, struct fault *fault)
{
    *sight = (struct sight){0};
    return store_read(store, NULL, fault,
                      "SELECT COUNT(DISTINCT problem), MAX(severity), MIN(created_ms) FROM (SELECT problem, severity,"
                      " created_ms FROM notification WHERE recipient_key = ? AND kind = 'problem' AND created_ms > ?"
                      " AND created_ms <= ? AND outcome <> 'muted' AND reason <> 'outside hours' AND problem <> ?"
                      " ORDER BY created_ms DESC LIMIT ?)",
                      keep_sight, sight, "tiiti", recipient_key, since_ms(policy, now_ms), now_ms + CLOCKS_AGREE_MS,
                      except, LOOKED_AT * policy->problems);
}

static bool begin(struct store *store, const struct storm_ask *ask, const struct sight *sight, struct fault *fault)
{
    return store_run(store, fault,
                     "INSERT INTO storm (recipient_key, section, recipients, began_ms, gravest) VALUES (?, ?, ?, ?, ?)",
                     "tttii", ask->recipient_key, ask->section, ask->recipients, sight->first_ms, sight->gravest);
}

/* Of the gravest level alone, as many as make a storm? */
static bool level_storms(struct store *store, const struct storm_ask *ask, bool *storms, struct fault *fault)
{
    int64_t count = 0;

    if (!store_number(store, fault,
                      "SELECT COUNT(*) FROM (SELECT 1 FROM notification WHERE recipient_key = ? AND kind = 'problem'"
                      " AND created_ms > ? AND created_ms <= ? AND severity >= ? AND outcome <> 'muted'"
                      " AND reason <> 'outside hours' LIMIT ?)",
                      0, &count, "tiiii", ask->recipient_key, since_ms(ask->policy, ask->now_ms),
                      ask->now_ms + CLOCKS_AGREE_MS, (int64_t)ask->severity, ask->policy->problems))
        return false;
    *storms = count >= ask->policy->problems;
    return true;
}

static bool weigh(struct store *store, const struct storm_ask *ask, int64_t gravest, bool *holds, struct fault *fault)
{
    int64_t severity = (int64_t)ask->severity;
    bool storms = false;

    if (severity > gravest)
        return store_run(store, fault, "UPDATE storm SET gravest = ? WHERE recipient_key = ?", "it", severity,
                         ask->recipient_key);
    if (severity == gravest && !level_storms(store, ask, &storms, fault))
        return false;
    *holds = severity < gravest || storms;
    return true;
}

static bool keep_gravest(void *self, struct row *row)
{
    *(struct sight *)self = (struct sight){.found = true, .gravest = row_number(row, 0)};
    return false;
}

static bool find_storm(struct store *store, const char *recipient_key, struct sight *storm, struct fault *fault)
{
    *storm = (struct sight){0};
    return store_read(store, NULL, fault, "SELECT gravest FROM storm WHERE recipient_key = ?", keep_gravest, storm, "t",
                      recipient_key);
}

bool storm_ask(struct store *store, const struct storm_ask *ask, struct storm_answer *answer, struct fault *fault)
{
    struct sight storm;
    struct sight sight;

    *answer = (struct storm_answer){0};
    if (ask->policy->problems <= 0 || ask->policy->within_s <= 0)
        return true;
    if (!find_storm(store, ask->recipient_key, &storm, fault) ||
        !count_problems(store, ask->policy, ask->recipient_key, ask->problem, ask->now_ms, &sight, fault))
        return false;
    if (storm.found)
        return 2 * (sight.count + 1) < ask->policy->problems || weigh(store, ask, storm.gravest, &answer->holds, fault);
    answer->begins = sight.count >= ask->policy->problems;
    return !answer->begins ||
           (begin(store, ask, &sight, fault) && weigh(store, ask, sight.gravest, &answer->holds, fault));
}

/* --- those under way --- */

struct gathering {
    struct storm *items;
    size_t count;
};

static bool keep_storm(void *self, struct row *row)
{
    struct gathering *gathering = self;

    gathering->items[gathering->count++] = (struct storm){
        .recipient_key = row_text(row, 0),
        .section = row_text(row, 1),
        .recipients = row_text(row, 2),
        .began_ms = row_number(row, 3),
        .gravest = severity_of_number(row_number(row, 4)),
        .announced_by = row_text(row, 5),
        .shown = row_number(row, 6),
        .shown_ms = row_number(row, 7),
    };
    return gathering->count < STORMS_MOST;
}

bool storm_list(struct store *store, struct arena *arena, struct storm **storms, size_t *count, struct fault *fault)
{
    struct gathering gathering = {.items = arena_alloc(arena, STORMS_MOST * sizeof(*gathering.items))};

    if (!store_read(store, arena, fault,
                    "SELECT recipient_key, section, recipients, began_ms, gravest, announced_by, shown, shown_ms"
                    " FROM storm ORDER BY gravest DESC",
                    keep_storm, &gathering, ""))
        return false;
    *storms = gathering.items;
    *count = gathering.count;
    return true;
}

bool storm_is_over(struct store *store, const struct storm_policy *policy, const struct storm *storm, int64_t now_ms,
                   bool *over, struct fault *fault)
{
    struct sight sight = {0};

    if (policy->problems > 0 && !count_problems(store, policy, storm->recipient_key, "", now_ms, &sight, fault))
        return false;
    *over = policy->problems <= 0 || 2 * sight.count < policy->problems;
    return true;
}

bool storm_shown(struct store *store, const struct storm *storm, const char *id, int64_t problems, int64_t now_ms,
                 struct fault *fault)
{
    return store_change(store, fault,
                        "UPDATE storm SET announced_by = ?, shown = ?, shown_ms = ? WHERE recipient_key = ?", "tiit",
                        id, problems, now_ms, storm->recipient_key);
}

bool storm_forget(struct store *store, const struct storm *storm, struct fault *fault)
{
    return store_change(store, fault, "DELETE FROM storm WHERE recipient_key = ?", "t", storm->recipient_key);
}

bool storm_rages(struct store *store, const char *recipient_key, int64_t *began_ms, struct fault *fault)
{
    return store_number(store, fault, "SELECT began_ms FROM storm WHERE recipient_key = ?", 0, began_ms, "t",
                        recipient_key);
}
