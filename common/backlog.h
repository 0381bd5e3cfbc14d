/*
 * backlog - what waits in the outbox after a long outage: more for the same people than their channel takes in two minutes is
 * told in one summary, but for the gravest.
 */
#ifndef COMMON_BACKLOG_H
#define COMMON_BACKLOG_H

#include "common/digest.h"

/*
 * Takes the least grave out of the outbox, for the next summary; *folded counts them. Nothing is folded for an endpoint whose last
 * attempt failed: the summary could not arrive either. Stops at `deadline_ms` (steady), between two batches.
 */
bool backlog_fold(const struct digest_making *making, int64_t deadline_ms, size_t *folded, struct fault *fault);

#endif
