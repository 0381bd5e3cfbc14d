/*
 * errand - one message of the outbox on its way: is it in time, in doubt, does its provider have a place for it; told; its end.
 */
#ifndef COMMON_ERRAND_H
#define COMMON_ERRAND_H

#include "common/config.h"
#include "common/outbox.h"
#include "common/world.h"

/* What became of all those that were run. */
struct errands_done {
    size_t delivered;
    size_t waiting; /* tried or put off, and waits again */
    size_t refused;
    size_t expired;
    size_t unclear;
    size_t broken; /* told in vain: configuration or credentials are wrong */
};

/* A batch of claimed rows. */
struct errands {
    const struct world *world;
    struct config *config;
    struct store *store;
    struct errands_done *done;
    const struct outbox_row *put_off; /* the last whose like were put off with it; NULL at first */
};

/* Runs one of them; `done` counts it. Ends before `deadline_ms` (steady). False when the store fails. */
bool errand_run(struct errands *errands, const struct outbox_row *row, int64_t deadline_ms, struct fault *fault);

#endif
