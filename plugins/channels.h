/* channels - every channel that this build has; the list ends with NULL. */
#ifndef PLUGINS_CHANNELS_H
#define PLUGINS_CHANNELS_H

#include "common/channel.h"

extern const struct channel *const channels_all[];

#endif
