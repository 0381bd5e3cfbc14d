/* listener - a listening socket at "127.0.0.1:8080", "[::1]:0" or "localhost:0"; port 0 takes a free one. */
#ifndef SANDBOX_LISTENER_H
#define SANDBOX_LISTENER_H

#include <stdbool.h>

#include "common/arena.h"
#include "common/fault.h"

/*
 * Addresses are numbers or "localhost". One that is not of this machine alone is FAULT_USAGE unless `everybody`: the stand-in
 * answers whoever can reach it.
 */
bool listener_open(const char *address, bool everybody, int *descriptor, struct fault *fault);

/* "127.0.0.1:41234" of a bound socket. */
const char *listener_name(struct arena *arena, int descriptor);

#endif
