#include "common/store_schema.h"

/* Times are Unix milliseconds. Texts are never NULL. Keys are texts: no row number leaves the store. */
const char *const STORE_STEPS[] = {
    "CREATE TABLE value (name TEXT PRIMARY KEY, number INTEGER NOT NULL);"

    /* Every notification that was asked for, sent or not, with the reason. */
    "CREATE TABLE notification ("
    " id TEXT PRIMARY KEY, short_id TEXT NOT NULL, created_ms INTEGER NOT NULL, problem TEXT NOT NULL,"
    " repeat_key TEXT NOT NULL, kind TEXT NOT NULL, severity INTEGER NOT NULL, source TEXT NOT NULL,"
    " host TEXT NOT NULL, service TEXT NOT NULL, state TEXT NOT NULL, subject TEXT NOT NULL,"
    " section TEXT NOT NULL, channel TEXT NOT NULL, recipients TEXT NOT NULL, recipient_key TEXT NOT NULL,"
    " limit_key TEXT NOT NULL, endpoint_key TEXT NOT NULL, reason TEXT NOT NULL,"
    " route TEXT NOT NULL DEFAULT '',"        /* title of the route that took it */
    " release_ms INTEGER NOT NULL DEFAULT 0," /* held by a route's hours: no summary tells it before */
    " outcome TEXT NOT NULL," /* waiting delivered unclear refused expired dropped held muted folded echo */
    " ended_ms INTEGER NOT NULL DEFAULT 0," /* 0 while it waits, and while it is held and not told in a summary */
    " delivered_by TEXT NOT NULL DEFAULT '', reference TEXT NOT NULL DEFAULT '', code TEXT NOT NULL DEFAULT '',"
    " words TEXT NOT NULL DEFAULT '', body TEXT NOT NULL DEFAULT '');"
    "CREATE INDEX notification_repeat ON notification (repeat_key, created_ms);"
    "CREATE INDEX notification_problem ON notification (problem, recipient_key, created_ms);"
    "CREATE INDEX notification_time ON notification (created_ms);"
    "CREATE INDEX notification_held ON notification (section, recipient_key) WHERE outcome = 'held' AND ended_ms = 0;"

    /* What was accepted and is not told yet. */
    "CREATE TABLE outbox ("
    " id TEXT PRIMARY KEY, problem TEXT NOT NULL, recipient_key TEXT NOT NULL, severity INTEGER NOT NULL,"
    " state TEXT NOT NULL," /* pending claimed wire */
    " due_ms INTEGER NOT NULL, lease_ms INTEGER NOT NULL DEFAULT 0, position INTEGER NOT NULL DEFAULT 0,"
    " attempts INTEGER NOT NULL DEFAULT 0, legs TEXT NOT NULL, event TEXT NOT NULL, template_name TEXT NOT NULL,"
    " created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, reason TEXT NOT NULL);"
    "CREATE INDEX outbox_due ON outbox (due_ms);"
    "CREATE INDEX outbox_problem ON outbox (problem, recipient_key, created_ms);"

    /* One row for each place taken: of a limit key, a recipient, an endpoint. Written with every message, so it has no index that
       only tidying would use: the oldest stand first in the table. */
    "CREATE TABLE booking (key TEXT NOT NULL, at_ms INTEGER NOT NULL, severity INTEGER NOT NULL);"
    "CREATE INDEX booking_key ON booking (key, at_ms);"

    "CREATE TABLE attempt ("
    " id TEXT NOT NULL, number INTEGER NOT NULL, at_ms INTEGER NOT NULL, took_ms INTEGER NOT NULL,"
    " section TEXT NOT NULL, recipient TEXT NOT NULL, outcome TEXT NOT NULL, code TEXT NOT NULL, words TEXT NOT NULL);"
    "CREATE INDEX attempt_id ON attempt (id);"
    "CREATE INDEX attempt_time ON attempt (at_ms);"

    "CREATE TABLE circuit (key TEXT PRIMARY KEY, failures INTEGER NOT NULL, first_ms INTEGER NOT NULL,"
    " probe_ms INTEGER NOT NULL);"

    "CREATE TABLE mute (id TEXT PRIMARY KEY, host TEXT NOT NULL, service TEXT NOT NULL, tag TEXT NOT NULL,"
    " section TEXT NOT NULL, from_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL, author TEXT NOT NULL,"
    " words TEXT NOT NULL, ended INTEGER NOT NULL DEFAULT 0);",

    "ALTER TABLE mute ADD COLUMN announced INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE notification ADD COLUMN team TEXT NOT NULL DEFAULT '';" /* tag `team`, else the first group */

    /* Problems that are open or were, and who has taken them. Times of 0 have not come. */
    "CREATE TABLE alert ("
    " problem TEXT PRIMARY KEY, id TEXT NOT NULL," /* 16 hex digits, in the link */
    " short_id TEXT NOT NULL, opened_ms INTEGER NOT NULL, over_ms INTEGER NOT NULL DEFAULT 0,"
    " severity INTEGER NOT NULL, source TEXT NOT NULL, host TEXT NOT NULL, service TEXT NOT NULL,"
    " subject TEXT NOT NULL, event TEXT NOT NULL," /* JSON: the newest that told the problem */
    " state TEXT NOT NULL,"                        /* open asked taken solved */
    " asked_ms INTEGER NOT NULL DEFAULT 0, due_ms INTEGER NOT NULL DEFAULT 0," /* somebody should have taken it by then */
    " taken_ms INTEGER NOT NULL DEFAULT 0, taken_by TEXT NOT NULL DEFAULT '', taken_via TEXT NOT NULL DEFAULT '',"
    " reminded_ms INTEGER NOT NULL DEFAULT 0, solved_ms INTEGER NOT NULL DEFAULT 0, solved_by TEXT NOT NULL DEFAULT '', words TEXT NOT NULL DEFAULT '');"
    "CREATE INDEX alert_id ON alert (id);"
    "CREATE INDEX alert_short ON alert (short_id);"
    "CREATE INDEX alert_open ON alert (opened_ms) WHERE over_ms = 0;"
    "CREATE INDEX alert_over ON alert (over_ms) WHERE over_ms > 0;"

    /* What people said to it: took it, solved it, gave it back. */
    "CREATE TABLE reply ("
    " problem TEXT NOT NULL, at_ms INTEGER NOT NULL, verb TEXT NOT NULL," /* take solve release */
    " author TEXT NOT NULL, via TEXT NOT NULL, words TEXT NOT NULL, announced INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX reply_problem ON reply (problem, at_ms);"
    "CREATE INDEX reply_new ON reply (at_ms) WHERE announced = 0;"

    /* What happens if nobody takes it. */
    "CREATE TABLE step ("
    " problem TEXT NOT NULL, route TEXT NOT NULL, number INTEGER NOT NULL, due_ms INTEGER NOT NULL,"
    " state TEXT NOT NULL," /* waiting told ended stopped */
    " PRIMARY KEY (problem, route, number));"
    "CREATE INDEX step_due ON step (due_ms) WHERE state = 'waiting';"
    "CREATE INDEX step_told ON step (problem) WHERE state = 'told';"

    /* What the monitoring system is still to be told of it. */
    "CREATE TABLE writeback ("
    " id TEXT PRIMARY KEY, problem TEXT NOT NULL, verb TEXT NOT NULL, author TEXT NOT NULL, words TEXT NOT NULL,"
    " created_ms INTEGER NOT NULL, due_ms INTEGER NOT NULL," /* of what has ended: when */
    " attempts INTEGER NOT NULL DEFAULT 0,"
    " state TEXT NOT NULL," /* waiting done failed */
    " result TEXT NOT NULL DEFAULT '');"
    "CREATE INDEX writeback_due ON writeback (due_ms) WHERE state = 'waiting';"

    /* What became of messages whose provider can be asked, one row for each recipient; and what follows if they did not arrive. */
    "CREATE TABLE receipt ("
    " id TEXT NOT NULL, section TEXT NOT NULL, recipient TEXT NOT NULL, reference TEXT NOT NULL,"
    " pool TEXT NOT NULL DEFAULT ''," /* title of the section in whose pool `section` is; '' for none */
    " doubt INTEGER NOT NULL,"        /* 1: no answer came, nobody knows whether it went out */
    " sent_ms INTEGER NOT NULL, due_ms INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0,"
    " state TEXT NOT NULL," /* waiting arrived failed next silent unasked */
    " legs TEXT NOT NULL,"  /* JSON as in the outbox: those after this one; '' for none */
    " event TEXT NOT NULL, template_name TEXT NOT NULL, expires_ms INTEGER NOT NULL," /* as in the outbox */
    " ended_ms INTEGER NOT NULL DEFAULT 0, code TEXT NOT NULL DEFAULT '', words TEXT NOT NULL DEFAULT '',"
    " PRIMARY KEY (id, section, recipient));"
    "CREATE INDEX receipt_due ON receipt (due_ms) WHERE state = 'waiting';"

    /* A waiting message takes its place of the provider's quota once; of a pool it goes through one robot. */
    "ALTER TABLE outbox ADD COLUMN booked INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE outbox ADD COLUMN via TEXT NOT NULL DEFAULT '';" /* title of that robot's section; '' for the leg's own */
    "DROP INDEX outbox_due;"
    "CREATE INDEX outbox_order ON outbox (severity DESC, created_ms, due_ms, state, lease_ms);"
    "CREATE INDEX outbox_people ON outbox (recipient_key, severity DESC, created_ms);"

    /* What another message tells: `delivered_by` is its id as soon as that one waits, `ended_ms` the time when it arrived. */
    "DROP INDEX notification_held;"
    /* With its last two columns the index alone answers how many wait. */
    "CREATE INDEX notification_held ON notification (section, recipient_key, outcome, delivered_by)"
    " WHERE delivered_by = '' AND (outcome = 'held' OR outcome = 'folded');"
    "CREATE INDEX notification_muted ON notification (code, section, recipients) WHERE outcome = 'muted';"
    "CREATE INDEX notification_told_by ON notification (delivered_by) WHERE outcome = 'held' OR outcome = 'folded';"
    "CREATE INDEX notification_people ON notification (recipient_key, created_ms) WHERE kind = 'problem';"

    /* More problems at once than people can read, while it lasts. */
    "CREATE TABLE storm ("
    " recipient_key TEXT PRIMARY KEY, section TEXT NOT NULL, recipients TEXT NOT NULL,"
    " began_ms INTEGER NOT NULL," /* the first of the problems that began it */
    " gravest INTEGER NOT NULL,"
    " announced_by TEXT NOT NULL DEFAULT ''," /* id of the notification that announces it */
    " shown INTEGER NOT NULL DEFAULT 0,"      /* problems that the announcement speaks of */
    " shown_ms INTEGER NOT NULL DEFAULT 0);"

    /* What .ics files say, until they change: calendar_cache.h. */
    "CREATE TABLE calendar ("
    " key TEXT PRIMARY KEY, file TEXT NOT NULL, made_s INTEGER NOT NULL, content TEXT NOT NULL, digest TEXT NOT NULL);",
};
