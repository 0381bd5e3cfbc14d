#include "common/outbox.h"

#include <string.h>

enum {
    CIRCUIT_FAILURES = 5,
    CIRCUIT_WITHIN_MS = 300000,
    CIRCUIT_PROBE_MS = 60000,
    DAY_MS = 86400000,
    FUTURE_MS = 2000, /* clocks of two processes agree this well */
};

bool outbox_on_wire(struct store *store, const char *id, int64_t position, int64_t now_ms, struct fault *fault)
{
    return store_change(store, fault, "UPDATE outbox SET state = 'wire', position = ?, due_ms = ? WHERE id = ?", "iit",
                        position, now_ms, id);
}

/* --- the circuit of an endpoint --- */

static bool note_success(struct store *store, const char *key, struct fault *fault)
{
    return store_run(store, fault, "DELETE FROM circuit WHERE key = ?", "t", key);
}

/* Failures that began too long ago are forgotten. */
static bool note_failure(struct store *store, const char *key, int64_t now_ms, struct fault *fault)
{
    return store_run(store, fault,
                     "INSERT INTO circuit (key, failures, first_ms, probe_ms) VALUES (?, 1, ?, ?)"
                     " ON CONFLICT (key) DO UPDATE SET"
                     " failures = CASE WHEN first_ms < ? AND failures < ? THEN 1 ELSE failures + 1 END,"
                     " first_ms = CASE WHEN first_ms < ? AND failures < ? THEN excluded.first_ms ELSE first_ms END,"
                     " probe_ms = excluded.probe_ms",
                     "tiiiiii", key, now_ms, now_ms + CIRCUIT_PROBE_MS, now_ms - CIRCUIT_WITHIN_MS,
                     (int64_t)CIRCUIT_FAILURES, now_ms - CIRCUIT_WITHIN_MS, (int64_t)CIRCUIT_FAILURES);
}

static bool shows_a_broken_endpoint(enum outcome outcome)
{
    return outcome == OUTCOME_AGAIN || outcome == OUTCOME_BROKEN || outcome == OUTCOME_UNCLEAR;
}

static bool keep_circuits(struct store *store, const struct outbox_result *result, struct fault *fault)
{
    for (size_t i = 0; i < result->attempt_count; i++) {
        const struct attempt_record *attempt = &result->attempts[i];

        if (attempt->outcome == OUTCOME_DELIVERED && !note_success(store, attempt->endpoint_key, fault))
            return false;
        if (shows_a_broken_endpoint(attempt->outcome) &&
            !note_failure(store, attempt->endpoint_key, result->now_ms, fault))
            return false;
    }
    return true;
}

struct circuit {
    int64_t failures;
    int64_t probe_ms;
};

static bool keep_state(void *self, struct row *row)
{
    *(struct circuit *)self = (struct circuit){.failures = row_number(row, 0), .probe_ms = row_number(row, 1)};
    return false;
}

bool circuit_closed(struct store *store, const char *endpoint_key, int64_t now_ms, bool *closed, struct fault *fault)
{
    struct circuit circuit = {0};

    if (!store_read(store, NULL, fault, "SELECT failures, probe_ms FROM circuit WHERE key = ?", keep_state, &circuit,
                    "t", endpoint_key))
        return false;
    *closed = circuit.failures < CIRCUIT_FAILURES || circuit.probe_ms <= now_ms ||
              circuit.probe_ms > now_ms + CIRCUIT_PROBE_MS;
    return true;
}

bool circuit_sound(struct store *store, const char *endpoint_key, bool *sound, struct fault *fault)
{
    int64_t failures = 0;

    if (!store_number(store, fault, "SELECT failures FROM circuit WHERE key = ?", 0, &failures, "t", endpoint_key))
        return false;
    *sound = failures == 0;
    return true;
}

/* --- the end of a run --- */

static bool record_attempts(struct store *store, const struct outbox_result *result, struct fault *fault)
{
    for (size_t i = 0; i < result->attempt_count; i++) {
        const struct attempt_record *attempt = &result->attempts[i];

        if (!store_run(store, fault,
                       "INSERT INTO attempt (id, number, at_ms, took_ms, section, recipient, outcome, code, words)"
                       " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                       "tiiittttt", result->id, attempt->number, attempt->at_ms, attempt->took_ms, attempt->section,
                       attempt->recipient, outcome_name(attempt->outcome), attempt->code, attempt->words))
            return false;
    }
    return true;
}

static const char *end_name(const struct outbox_result *result)
{
    static const char *const NAMES[] = {
        [OUTBOX_DELIVERED] = "delivered", [OUTBOX_UNCLEAR] = "unclear", [OUTBOX_WAITS] = "waiting",
        [OUTBOX_REFUSED] = "refused",     [OUTBOX_EXPIRED] = "expired", [OUTBOX_DROPPED] = "dropped",
    };

    return NAMES[result->end];
}

static bool record_end(struct store *store, const struct outbox_result *result, struct fault *fault)
{
    return store_run(store, fault,
                     "UPDATE notification SET outcome = ?, ended_ms = ?, delivered_by = ?, reference = ?, code = ?,"
                     " words = ?, body = CASE WHEN ? = '' THEN body ELSE ? END WHERE id = ?",
                     "tittttttt", end_name(result), result->end == OUTBOX_WAITS ? (int64_t)0 : result->now_ms,
                     result->section, result->reference, result->code, result->words, result->text, result->text,
                     result->id);
}

/* What its outbox row knows of the message goes along, since that row goes. */
static const char ASK_FOR_RECEIPT[] =
    "INSERT OR REPLACE INTO receipt (id, section, recipient, reference, doubt, sent_ms, due_ms, state, legs, event,"
    " template_name, expires_ms) SELECT id, ?, ?, ?, ?, ?, ?, 'waiting', ?, event, template_name, expires_ms"
    " FROM outbox WHERE id = ?";

static bool ask_for_receipts(struct store *store, const struct outbox_result *result, struct fault *fault)
{
    for (size_t i = 0; i < result->receipt_count; i++) {
        const struct receipt_wish *wish = &result->receipts[i];
        int64_t due_ms = wish->sent_ms + RECEIPT_FIRST_MS;

        if (!store_run(store, fault, ASK_FOR_RECEIPT, "tttiiitt", wish->section, wish->recipient, wish->reference,
                       (int64_t)wish->doubt, wish->sent_ms, due_ms, wish->legs, result->id))
            return false;
    }
    return true;
}

static bool clears_a_doubt(const struct outbox_result *result)
{
    for (size_t i = 0; i < result->receipt_count; i++)
        if (result->receipts[i].doubt)
            return true;
    return false;
}

/* What this message speaks of besides itself: alerts of a summary, a problem that is over. */
static bool settle_told(struct store *store, const struct outbox_result *result, struct fault *fault)
{
    switch (result->end) {
    case OUTBOX_DELIVERED:
    case OUTBOX_UNCLEAR:
        return store_run(store, fault,
                         "UPDATE notification SET ended_ms = ? WHERE delivered_by = ?"
                         " AND (outcome = 'held' OR outcome = 'folded')",
                         "it", result->now_ms, result->id);
    case OUTBOX_EXPIRED:
        return store_run(store, fault,
                         "UPDATE notification SET delivered_by = '' WHERE delivered_by = ?"
                         " AND (outcome = 'held' OR outcome = 'folded')",
                         "t", result->id);
    case OUTBOX_WAITS:
    case OUTBOX_REFUSED:
    case OUTBOX_DROPPED:
        break;
    }
    return true;
}

/* Waits on for what is left of it, or is done. */
static bool settle_row(struct store *store, const struct outbox_result *result, struct fault *fault)
{
    if (result->end != OUTBOX_WAITS)
        return store_run(store, fault, "DELETE FROM outbox WHERE id = ?", "t", result->id);
    return store_run(
        store, fault,
        "UPDATE outbox SET state = 'pending', lease_ms = 0, due_ms = ?, position = ?, booked = 0, via = '',"
        " attempts = attempts + ?, legs = CASE WHEN ? = '' THEN legs ELSE ? END WHERE id = ?",
        "iiittt", result->due_ms, result->position, (int64_t)result->attempt_count, result->legs_left,
        result->legs_left, result->id);
}

bool outbox_finish(struct store *store, const struct outbox_result *result, struct fault *fault)
{
    if (!store_begin(store, fault))
        return false;
    if (!record_attempts(store, result, fault) || !record_end(store, result, fault) ||
        !ask_for_receipts(store, result, fault) || !settle_row(store, result, fault) ||
        !settle_told(store, result, fault) || !keep_circuits(store, result, fault)) {
        store_rollback(store);
        return false;
    }
    return store_commit(store, fault) &&
           ((result->end != OUTBOX_WAITS && !clears_a_doubt(result)) || store_promise(store, fault));
}

bool outbox_set_aside(struct store *store, const char *id, const char *reason, struct fault *fault)
{
    if (!store_begin(store, fault))
        return false;
    if (!store_run(store, fault,
                   "UPDATE notification SET outcome = 'held', reason = ?, ended_ms = 0, delivered_by = '' WHERE id = ?",
                   "tt", reason, id) ||
        !store_run(store, fault, "DELETE FROM outbox WHERE id = ?", "t", id)) {
        store_rollback(store);
        return false;
    }
    return store_commit(store, fault) && store_promise(store, fault);
}

/* --- claims --- */

#define ROW_COLUMNS                                                                                                 \
    "o.id, n.short_id, o.problem, o.event, o.legs, o.template_name, o.position, o.attempts, o.state, o.created_ms," \
    " o.expires_ms, o.reason, o.recipient_key, o.booked, o.via, o.due_ms"

struct claims {
    struct arena *arena;
    struct outbox_row *rows;
    size_t count;
};

static bool keep_row(void *self, struct row *row)
{
    struct claims *claims = self;

    claims->rows = arena_grow(claims->arena, claims->rows, (claims->count + 1) * sizeof(*claims->rows));
    claims->rows[claims->count++] = (struct outbox_row){
        .id = row_text(row, 0),
        .short_id = row_text(row, 1),
        .problem = row_text(row, 2),
        .event = row_text(row, 3),
        .legs = row_text(row, 4),
        .template_name = row_text(row, 5),
        .position = row_number(row, 6),
        .attempts = row_number(row, 7),
        .was_on_wire = strcmp(row_text(row, 8), "wire") == 0,
        .created_ms = row_number(row, 9),
        .expires_ms = row_number(row, 10),
        .reason = row_text(row, 11),
        .recipient_key = row_text(row, 12),
        .booked = row_number(row, 13) != 0,
        .via = row_text(row, 14),
        .wire_ms = row_number(row, 15),
    };
    return true;
}

/* Asked before the writers' queue is entered: most passes find nothing. */
static bool anything_waits(struct store *store, bool *waits, struct fault *fault)
{
    int64_t count;

    if (!store_number(store, fault, "SELECT COUNT(*) FROM (SELECT 1 FROM outbox LIMIT 1)", 0, &count, ""))
        return false;
    *waits = count > 0;
    return true;
}

static const char TAKE_BACK[] =
    "UPDATE outbox SET due_ms = MIN(due_ms, ?1), expires_ms = expires_ms - MAX(created_ms - ?1, 0),"
    " created_ms = MIN(created_ms, ?1)"
    " WHERE created_ms > ?1 + ?2 OR (state = 'pending' AND due_ms > ?1 AND"
    " (SELECT a.at_ms FROM attempt a WHERE a.id = outbox.id ORDER BY a.rowid DESC LIMIT 1) > ?1 + ?2)";

static const char TAKE_RECEIPTS_BACK[] = "UPDATE receipt SET due_ms = ?1 + due_ms - sent_ms, sent_ms = ?1"
                                         " WHERE state = 'waiting' AND sent_ms > ?1 + ?2";

static bool change_alone(struct store *store, const char *sql, int64_t now_ms, struct fault *fault)
{
    return store_change(store, fault, sql, "ii", now_ms, (int64_t)FUTURE_MS);
}

static bool take_receipts_back(struct store *store, int64_t now_ms, struct fault *fault)
{
    int64_t count;

    if (!store_number(store, fault, "SELECT COUNT(*) FROM receipt WHERE state = 'waiting' AND sent_ms > ?", 0, &count,
                      "i", now_ms + FUTURE_MS))
        return false;
    return count == 0 || change_alone(store, TAKE_RECEIPTS_BACK, now_ms, fault);
}

bool outbox_take_back(struct store *store, int64_t now_ms, struct fault *fault)
{
    bool waits;

    if (!anything_waits(store, &waits, fault) || !take_receipts_back(store, now_ms, fault))
        return false;
    return !waits || change_alone(store, TAKE_BACK, now_ms, fault);
}

/*
 * A lease that ends in the far future was given by a clock that has been set back since. Read in the order of the index, up to
 * the last row that is wanted: sorting 100,000 rows for each batch would take longer than telling it.
 */
static const char DUE_ROWS[] =
    "SELECT " ROW_COLUMNS " FROM outbox o INDEXED BY outbox_order CROSS JOIN notification n ON n.id = o.id"
    " WHERE ((o.state = 'pending' AND o.due_ms <= ?1) OR"
    " (o.state <> 'pending' AND (o.lease_ms <= ?1 OR o.lease_ms > ?1 + ?2)))"
    " AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.problem = o.problem"
    " AND e.recipient_key = o.recipient_key AND (e.created_ms < o.created_ms OR"
    " (e.created_ms = o.created_ms AND e.id < o.id)))"
    " ORDER BY o.severity DESC, o.created_ms LIMIT ?3";

/* The mark "on the wire" stays until its row is settled or sent anew. */
static const char LEASE[] =
    "UPDATE outbox SET state = CASE state WHEN 'wire' THEN 'wire' ELSE 'claimed' END, lease_ms = ? WHERE id = ?";

static bool lease(struct store *store, const struct claims *claims, int64_t until_ms, struct fault *fault)
{
    for (size_t i = 0; i < claims->count; i++)
        if (!store_run(store, fault, LEASE, "it", until_ms, claims->rows[i].id))
            return false;
    return true;
}

bool outbox_claim(struct store *store, struct arena *arena, int64_t now_ms, int64_t lease_ms, size_t most,
                  struct outbox_row **rows, size_t *count, struct fault *fault)
{
    struct claims claims = {.arena = arena};
    bool waits;

    if (!anything_waits(store, &waits, fault))
        return false;
    *count = 0;
    if (!waits)
        return true;
    if (!store_begin(store, fault))
        return false;
    if (!store_read(store, arena, fault, DUE_ROWS, keep_row, &claims, "iii", now_ms, (int64_t)DAY_MS, (int64_t)most) ||
        !lease(store, &claims, now_ms + lease_ms, fault)) {
        store_rollback(store);
        return false;
    }
    if (!store_commit(store, fault))
        return false;
    *rows = claims.rows;
    *count = claims.count;
    return true;
}

bool outbox_claim_one(struct store *store, struct arena *arena, const char *id, int64_t now_ms, int64_t lease_ms,
                      struct outbox_row *row, bool *found, struct fault *fault)
{
    struct claims claims = {.arena = arena};

    if (!store_begin(store, fault))
        return false;
    if (!store_read(store, arena, fault,
                    "SELECT " ROW_COLUMNS " FROM outbox o JOIN notification n ON n.id = o.id WHERE o.id = ?", keep_row,
                    &claims, "t", id) ||
        !lease(store, &claims, now_ms + lease_ms, fault)) {
        store_rollback(store);
        return false;
    }
    if (!store_commit(store, fault))
        return false;
    *found = claims.count == 1;
    if (*found)
        *row = claims.rows[0];
    return true;
}

bool outbox_next_due(struct store *store, int64_t *due_ms, struct fault *fault)
{
    return store_number(store, fault, "SELECT MIN(CASE state WHEN 'pending' THEN due_ms ELSE lease_ms END) FROM outbox",
                        INT64_MAX, due_ms, "");
}

bool outbox_hasten(struct store *store, const char *id, int64_t now_ms, int64_t *count, struct fault *fault)
{
    if (!store_begin(store, fault))
        return false;
    if (!store_run(store, fault,
                   "UPDATE outbox SET due_ms = ? WHERE state = 'pending' AND due_ms > ? AND (? = '' OR id = ?)", "iitt",
                   now_ms, now_ms, id, id)) {
        store_rollback(store);
        return false;
    }
    *count = store_changed(store);
    return store_commit(store, fault);
}

/* --- the worker --- */

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
    if (seen_ms == 0 || seen_ms > now_ms + FUTURE_MS)
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

static bool keep_text(void *self, struct row *row)
{
    *(const char **)self = row_text(row, 0);
    return false;
}

bool reference_of(struct store *store, struct arena *arena, const char *problem, const char *section,
                  const char *recipient_key, const char **reference, struct fault *fault)
{
    const char *found = "";

    if (!store_read(store, arena, fault,
                    "SELECT reference FROM notification WHERE problem = ? AND recipient_key = ? AND delivered_by = ?"
                    " AND reference <> '' ORDER BY created_ms LIMIT 1",
                    keep_text, &found, "ttt", problem, recipient_key, section))
        return false;
    *reference = found;
    return true;
}
