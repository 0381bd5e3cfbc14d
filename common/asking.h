/* asking - the question to the store, made from a chain and an event: keys, limits, times. Pure but for the clock. */
#ifndef COMMON_ASKING_H
#define COMMON_ASKING_H

#include "common/admission.h"
#include "common/plan.h"
#include "common/world.h"

/*
 * Keys and limits are those of the chain's first leg. `lease_ms` is how long the row will be ours. The fields that a caller
 * may change afterwards: beyond_limits, exempt, repeat_within_ms, expires_ms.
 */
struct admission_ask asking_for(const struct world *world, const struct config *config, const struct chain *chain,
                                const struct event *event, const char *id, const char *template_name, int64_t lease_ms);

/* The robots that reach the group of an opened section: itself and its pool. */
struct endpoints asking_pool(struct arena *arena, const struct section *section);

/* How long a message is worth telling on a channel. */
int64_t asking_expires_ms(const struct channel *channel);

#endif
