/*
 * notice - a message of our own, about ourselves and about mutes: into the outbox for one leg.
 *
 * It passes our limits, which protect from floods of the sources, and mutes, which keep their problems quiet and not us. The
 * provider's quota holds it.
 */
#ifndef COMMON_NOTICE_H
#define COMMON_NOTICE_H

#include "common/asking.h"

struct notice {
    const struct event *event;
    int64_t again_after_ms; /* an equal one to the same people is not told before */
};

/* Safe from a power cut when *placed; it is false when the same was told, or is being told. */
bool notice_put(const struct world *world, const struct config *config, struct store *store, struct leg *leg,
                const struct notice *notice, bool *placed, struct fault *fault);

#endif
