/*
 * worker - one pass over what is due: the same code for `notifyctl tick`, notifyd, and a notify_* with time to spare.
 *
 * Takes spooled files into the outbox, leaves to a summary what is more than a channel takes, tells due rows (gravest first, in
 * order within one problem), announces storms and their ends, sends summaries of what was held back, ends what has expired, asks
 * what became of text messages, tells the monitoring systems what people confirmed.
 */
#ifndef COMMON_WORKER_H
#define COMMON_WORKER_H

#include "common/config.h"
#include "common/errand.h"
#include "common/store.h"
#include "common/world.h"
#include "common/writeback.h"

struct worker {
    const struct world *world;
    struct config *config;
    struct store *store;
    const char *directory; /* of the state */
    int64_t deadline_ms;   /* steady; no message is begun that might not be told by then */
    int64_t interval_ms;   /* until the next pass, for the heartbeat; 0 makes no heartbeat */
    size_t rows_most;      /* 0: as many as are due */
};

struct work_done {
    struct errands_done rows;
    size_t summaries;
    size_t followups; /* escalations, announcements, reminders */
    size_t spooled;   /* files taken in */
    size_t receipts;  /* that told what became of a message */
    size_t folded;    /* waited too long to be told one by one: left to a summary */
    size_t storms;    /* announced or over */
    struct writeback_done written_back;
    size_t seen; /* alerts that were acknowledged in their monitoring system */
};

/* False when the store fails; what was done until then stands. */
bool work_once(const struct worker *worker, struct work_done *done, struct fault *fault);

/* The worker was here, and comes again within `interval_ms`. */
bool worker_seen(struct store *store, int64_t now_ms, int64_t interval_ms, struct fault *fault);

/* Since it was last seen; -1 when it never was, or at a time that has not come: the clock was set back, and nobody knows. */
bool worker_age(struct store *store, int64_t now_ms, int64_t *age_ms, struct fault *fault);

/* Younger than three intervals. */
bool worker_fresh(struct store *store, int64_t now_ms, bool *fresh, struct fault *fault);

#endif
