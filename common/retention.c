#include "common/retention.h"

enum { BATCH = 500 }; /* rows changed in one transaction: others write in between */

struct retention {
    const char *sql; /* changes at most ?3 rows of the time from ?1 to before ?2 */
    int64_t days;
};

static const struct retention BOOKINGS = {
    "DELETE FROM booking WHERE rowid IN (SELECT rowid FROM booking WHERE at_ms >= ?1 AND at_ms < ?2 LIMIT ?3)", 1};
static const struct retention BODIES = {
    "UPDATE notification SET body = '' WHERE rowid IN (SELECT rowid FROM notification"
    " WHERE created_ms >= ?1 AND created_ms < ?2 AND body <> '' LIMIT ?3)",
    30};
static const struct retention ATTEMPTS = {
    "DELETE FROM attempt WHERE rowid IN (SELECT rowid FROM attempt WHERE at_ms >= ?1 AND at_ms < ?2 LIMIT ?3)", 90};
static const struct retention RECEIPTS = {
    "DELETE FROM receipt WHERE rowid IN (SELECT rowid FROM receipt WHERE sent_ms >= ?1 AND sent_ms < ?2"
    " AND state <> 'waiting' LIMIT ?3)",
    90};
static const struct retention NOTIFICATIONS = {
    "DELETE FROM notification WHERE rowid IN (SELECT rowid FROM notification"
    " WHERE created_ms >= ?1 AND created_ms < ?2 AND outcome <> 'waiting'"
    " AND NOT (outcome = 'held' AND delivered_by = '') AND NOT EXISTS (SELECT 1 FROM receipt"
    " WHERE id = notification.id AND state = 'waiting') LIMIT ?3)",
    400};
#define ALERTS_OVER "SELECT problem FROM alert WHERE over_ms > 0 AND over_ms >= ?1 AND over_ms < ?2"
static const struct retention STEPS = {
    "DELETE FROM step WHERE rowid IN (SELECT rowid FROM step WHERE problem IN (" ALERTS_OVER ") LIMIT ?3)", 400};
static const struct retention REPLIES = {
    "DELETE FROM reply WHERE rowid IN (SELECT rowid FROM reply WHERE problem IN (" ALERTS_OVER ") LIMIT ?3)", 400};
static const struct retention ALERTS = {"DELETE FROM alert WHERE problem IN (" ALERTS_OVER " LIMIT ?3)", 400};
static const struct retention MUTES = {
    "DELETE FROM mute WHERE rowid IN (SELECT rowid FROM mute WHERE until_ms >= ?1 AND until_ms < ?2 LIMIT ?3)", 400};

static const struct retention WRITEBACKS = {
    "DELETE FROM writeback WHERE rowid IN (SELECT rowid FROM writeback"
    " WHERE created_ms >= ?1 AND created_ms < ?2 AND state <> 'waiting' LIMIT ?3)",
    90};

static bool change_between(struct store *store, const struct retention *retention, int64_t from_ms, int64_t before_ms,
                           struct fault *fault)
{
    do
        if (!store_change(store, fault, retention->sql, "iii", from_ms, before_ms, (int64_t)BATCH))
            return false;
    while (store_changed(store) == BATCH);
    return true;
}

static bool change_older(struct store *store, const struct retention *retention, int64_t before_ms, struct fault *fault)
{
    return change_between(store, retention, 0, before_ms, fault);
}

/* The rows stay: those that have lost their bodies are not looked through again, while all writers wait. */
static bool take_out_bodies(struct store *store, int64_t before_ms, struct fault *fault)
{
    static const char UNTIL[] = "bodies_out_until_ms";
    int64_t from_ms;

    return store_get_value(store, UNTIL, 0, &from_ms, fault) &&
           change_between(store, &BODIES, from_ms, before_ms, fault) &&
           store_change_value(store, UNTIL, before_ms, fault);
}

bool retention_tidy(struct store *store, int64_t now_ms, struct fault *fault)
{
    int64_t busy;
    const struct retention *const all[] = {&BOOKINGS, &ATTEMPTS, &RECEIPTS, &NOTIFICATIONS, &STEPS,
                                           &REPLIES,  &ALERTS,   &MUTES,    &WRITEBACKS};

    if (!take_out_bodies(store, now_ms - BODIES.days * 86400000, fault))
        return false;
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
        if (!change_older(store, all[i], now_ms - all[i]->days * 86400000, fault))
            return false;
    return store_number(store, fault, "PRAGMA wal_checkpoint(PASSIVE)", 0, &busy, "");
}

bool retention_forget(struct store *store, int64_t before_ms, struct fault *fault)
{
    return change_older(store, &BOOKINGS, before_ms, fault) && change_older(store, &ATTEMPTS, before_ms, fault) &&
           change_older(store, &RECEIPTS, before_ms, fault) && change_older(store, &NOTIFICATIONS, before_ms, fault) &&
           change_older(store, &STEPS, before_ms, fault) && change_older(store, &REPLIES, before_ms, fault) &&
           change_older(store, &ALERTS, before_ms, fault);
}
