/*
 * vigil - the notifier shows that it lives: nobody misses a message that was never sent, so silence must be told from peace.
 *
 * `heartbeat` is an address that the worker asks every so often: a service elsewhere raises the alarm when it stops. `daily` in
 * `operator {...}` is the time of day when the operator is told that all is well, with the figures of the last 24 hours.
 */
#ifndef COMMON_VIGIL_H
#define COMMON_VIGIL_H

#include "common/config.h"
#include "common/store.h"
#include "common/world.h"

/* At the end of a worker's pass that went well. An address that does not answer is logged, without its text: it may be a secret. */
bool vigil_keep(const struct world *world, const struct config *config, struct store *store, struct fault *fault);

#endif
