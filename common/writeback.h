/*
 * writeback - what people confirmed is told to the monitoring system: one pass over what waits in the table `writeback`.
 *
 * In order within one problem. What cannot be told now is tried again with a growing wait for 24 hours; then, and when the
 * system will never take it, it has failed and the operator hears of it.
 */
#ifndef COMMON_WRITEBACK_H
#define COMMON_WRITEBACK_H

#include "common/config.h"
#include "common/store.h"
#include "common/world.h"

struct writeback {
    const struct world *world;
    struct config *config;
    struct store *store;
    int64_t deadline_ms; /* steady; no request is begun after it */
};

struct writeback_done {
    size_t told;
    size_t waiting; /* tried, and waits again */
    size_t failed;  /* for good */
};

/* False when the store fails; what was done until then stands. */
bool writeback_run(const struct writeback *writeback, struct writeback_done *done, struct fault *fault);

#endif
