/*
 * mute_telling - a mute is no secret: the operator's channels hear when one begins and when it ends. Who else it keeps something
 * from hears of it then, once, by whom it is, why and until when; and after its end, in a summary, what that was.
 *
 * Whom it will concern cannot be said when it is set: routes choose by the problem, the hour and who is on call. SMS and voice are
 * spared.
 */
#ifndef COMMON_MUTE_TELLING_H
#define COMMON_MUTE_TELLING_H

#include "common/config.h"
#include "common/store.h"
#include "common/world.h"

/*
 * Announces the mutes that are new, to people from whom they keep something, and ends those whose time is over: see summary.h for
 * what then tells their problems. Killed anywhere, it goes on at the next call and tells nothing twice.
 */
bool mute_tell(const struct world *world, const struct config *config, struct store *store, struct fault *fault);

#endif
