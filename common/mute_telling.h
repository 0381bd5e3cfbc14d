/*
 * mute_telling - a mute is no secret: the operator's channels hear when one begins and when it ends, and what it kept back is told
 * in a summary after its end, to those whom it was kept from.
 */
#ifndef COMMON_MUTE_TELLING_H
#define COMMON_MUTE_TELLING_H

#include "common/config.h"
#include "common/store.h"
#include "common/world.h"

/* Announces the mutes that are new, and ends those whose time is over: see summary.h for what then tells their problems. */
bool mute_tell(const struct world *world, const struct config *config, struct store *store, struct fault *fault);

#endif
