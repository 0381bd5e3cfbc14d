#include "common/outbox.h"

#include <string.h>

#include "common/circuit.h"
#include "common/clock.h"

enum { ROWS_AT_ONCE = 5000 /* in one transaction */ };

bool outbox_on_wire(struct store *store, const char *id, int64_t position, const char *via, int64_t now_ms,
                    struct fault *fault)
{
    return store_change(store, fault,
                        "UPDATE outbox SET state = 'wire', position = ?, booked = 0, via = ?, due_ms = ? WHERE id = ?",
                        "itit", position, via, now_ms, id);
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
                       attempt->recipient, outcome_name(attempt->outcome), attempt->code, attempt->words) ||
            !circuit_note(store, attempt->endpoint_key, attempt->outcome, result->now_ms, fault))
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
    "INSERT OR REPLACE INTO receipt (id, section, pool, recipient, reference, doubt, sent_ms, due_ms, state, legs, event,"
    " template_name, expires_ms) SELECT id, ?, ?, ?, ?, ?, ?, ?, 'waiting', ?, event, template_name, expires_ms + ?"
    " FROM outbox WHERE id = ?";

static bool ask_for_receipts(struct store *store, const struct outbox_result *result, struct fault *fault)
{
    for (size_t i = 0; i < result->receipt_count; i++) {
        const struct receipt_wish *wish = &result->receipts[i];
        int64_t due_ms = wish->sent_ms + RECEIPT_FIRST_MS;

        if (!store_run(store, fault, ASK_FOR_RECEIPT, "ttttiiitit", wish->section, wish->pool, wish->recipient,
                       wish->reference, (int64_t)wish->doubt, wish->sent_ms, due_ms, wish->legs, wish->longer_ms,
                       result->id))
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

static bool is_there(struct store *store, const char *id, bool *there, struct fault *fault)
{
    int64_t count = 0;

    if (!store_number(store, fault, "SELECT COUNT(*) FROM outbox WHERE id = ?", 0, &count, "t", id))
        return false;
    *there = count > 0;
    return true;
}

/* Somebody else settled it after our lease had run out: that stands, but for a message that was delivered. */
static bool settle(struct store *store, const struct outbox_result *result, struct fault *fault)
{
    bool there = false;

    if (!is_there(store, result->id, &there, fault))
        return false;
    if (!there && result->end != OUTBOX_DELIVERED)
        return true;
    return record_end(store, result, fault) && ask_for_receipts(store, result, fault) &&
           settle_row(store, result, fault) && settle_told(store, result, fault);
}

bool outbox_finish(struct store *store, const struct outbox_result *result, struct fault *fault)
{
    if (!store_begin(store, fault))
        return false;
    if (!record_attempts(store, result, fault) || !settle(store, result, fault)) {
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
    " o.expires_ms, o.reason, o.recipient_key, o.booked, o.via, o.due_ms, o.severity, n.section"

struct claims {
    struct arena *arena;
    int64_t until_ms; /* they are ours */
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
        .severity = row_number(row, 16),
        .section = row_text(row, 17),
        .lease_ms = claims->until_ms,
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

static const char AHEAD[] = "SELECT EXISTS (SELECT 1 FROM attempt WHERE at_ms > ?1 + ?2) OR"
                            " EXISTS (SELECT 1 FROM outbox WHERE created_ms > ?1 + ?2) OR"
                            " EXISTS (SELECT 1 FROM receipt WHERE state = 'waiting' AND sent_ms > ?1 + ?2)";

/* Whoever tells one of them right now keeps it for as long as any telling takes. */
static const char TAKE_BACK[] =
    "UPDATE outbox SET due_ms = MIN(due_ms, ?1), expires_ms = expires_ms - MAX(created_ms - ?1, 0),"
    " created_ms = MIN(created_ms, ?1), lease_ms = MIN(lease_ms, ?1 + 60000)"
    " WHERE created_ms > ?1 + ?2 OR (state = 'pending' AND due_ms > ?1 AND"
    " (SELECT a.at_ms FROM attempt a WHERE a.id = outbox.id ORDER BY a.rowid DESC LIMIT 1) > ?1 + ?2)";

static const char TAKE_RECEIPTS_BACK[] = "UPDATE receipt SET due_ms = ?1 + due_ms - sent_ms, sent_ms = ?1"
                                         " WHERE state = 'waiting' AND sent_ms > ?1 + ?2";

/* Asked before the writers' queue is entered: hardly ever is anything ahead. */
bool outbox_take_back(struct store *store, int64_t now_ms, struct fault *fault)
{
    int64_t ahead;

    if (!store_number(store, fault, AHEAD, 0, &ahead, "ii", now_ms, (int64_t)CLOCKS_AGREE_MS))
        return false;
    return !ahead || (store_change(store, fault, TAKE_BACK, "ii", now_ms, (int64_t)CLOCKS_AGREE_MS) &&
                      store_change(store, fault, TAKE_RECEIPTS_BACK, "ii", now_ms, (int64_t)CLOCKS_AGREE_MS));
}

/*
 * A lease that ends in the far future was given by a clock that has been set back since. Read in the order of the index, up to
 * the last row that is wanted: sorting 100,000 rows for each batch would take longer than telling it.
 */
#define UNLEASED "(o.state = 'pending' OR o.lease_ms <= ?1 OR o.lease_ms > ?1 + ?2)"
static const char DUE_ROWS[] =
    "SELECT " ROW_COLUMNS " FROM outbox o INDEXED BY outbox_order CROSS JOIN notification n ON n.id = o.id"
    " WHERE (o.state <> 'pending' OR o.due_ms <= ?1) AND " UNLEASED
    " AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.problem = o.problem"
    " AND e.recipient_key = o.recipient_key AND (e.created_ms < o.created_ms OR"
    " (e.created_ms = o.created_ms AND e.id < o.id)))"
    " ORDER BY o.severity DESC, o.created_ms LIMIT ?3";

/* The mark "on the wire" stays until its row is settled or sent anew. */
static const char LEASE[] =
    "UPDATE outbox SET state = CASE state WHEN 'wire' THEN 'wire' ELSE 'claimed' END, lease_ms = ? WHERE id = ?";

static bool lease(struct store *store, const struct claims *claims, struct fault *fault)
{
    for (size_t i = 0; i < claims->count; i++)
        if (!store_run(store, fault, LEASE, "it", claims->until_ms, claims->rows[i].id))
            return false;
    return true;
}

bool outbox_claim(struct store *store, struct arena *arena, int64_t now_ms, int64_t lease_ms, size_t most,
                  struct outbox_row **rows, size_t *count, struct fault *fault)
{
    struct claims claims = {.arena = arena, .until_ms = now_ms + lease_ms};
    bool waits;

    if (!anything_waits(store, &waits, fault))
        return false;
    *count = 0;
    if (!waits)
        return true;
    if (!store_begin(store, fault))
        return false;
    if (!store_read(store, arena, fault, DUE_ROWS, keep_row, &claims, "iii", now_ms, (int64_t)OUTBOX_LEASE_MOST_MS,
                    (int64_t)most) ||
        !lease(store, &claims, fault)) {
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
    struct claims claims = {.arena = arena, .until_ms = now_ms + lease_ms};

    if (!store_begin(store, fault))
        return false;
    if (!store_read(store, arena, fault,
                    "SELECT " ROW_COLUMNS
                    " FROM outbox o JOIN notification n ON n.id = o.id WHERE o.id = ?3 AND " UNLEASED,
                    keep_row, &claims, "iit", now_ms, (int64_t)OUTBOX_LEASE_MOST_MS, id) ||
        !lease(store, &claims, fault)) {
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

bool outbox_give_back(struct store *store, const struct outbox_row *rows, size_t count, struct fault *fault)
{
    if (count == 0)
        return true;
    if (!store_begin(store, fault))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!store_run(store, fault, "UPDATE outbox SET lease_ms = 0 WHERE id = ? AND lease_ms = ?", "ti", rows[i].id,
                       rows[i].lease_ms)) {
            store_rollback(store);
            return false;
        }
    return store_commit(store, fault);
}

static const char PUT_OFF[] =
    "UPDATE outbox SET due_ms = ?1 WHERE id IN (SELECT id FROM outbox WHERE recipient_key = ?2 AND legs = ?3"
    " AND position = ?4 AND severity <= ?5 AND state = 'pending' AND due_ms <= ?6 AND ?6 < ?1 LIMIT ?7)";

/* In several transactions: others write in between. */
bool outbox_put_off_alike(struct store *store, const struct outbox_row *row, int64_t now_ms, int64_t due_ms,
                          struct fault *fault)
{
    do {
        if (!store_change(store, fault, PUT_OFF, "ittiiii", due_ms, row->recipient_key, row->legs, row->position,
                          row->severity, now_ms, (int64_t)ROWS_AT_ONCE))
            return false;
    } while (store_changed(store) == ROWS_AT_ONCE);
    return true;
}

bool outbox_hasten(struct store *store, const char *id, int64_t now_ms, int64_t *count, struct fault *fault)
{
    if (!store_begin(store, fault))
        return false;
    if (!circuit_probe_all(store, now_ms, fault) ||
        !store_run(store, fault,
                   "UPDATE outbox SET due_ms = ? WHERE state = 'pending' AND due_ms > ? AND (? = '' OR id = ?)", "iitt",
                   now_ms, now_ms, id, id)) {
        store_rollback(store);
        return false;
    }
    *count = store_changed(store);
    return store_commit(store, fault);
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
