/*
 * listener - a listening socket at "127.0.0.1:8080", "[::1]:0", "localhost:0" (port 0 takes a free one) or "unix:/path", or
 * those that the service manager has opened already.
 */
#ifndef WEB_LISTENER_H
#define WEB_LISTENER_H

#include <stdbool.h>

#include "common/arena.h"
#include "common/fault.h"

enum { LISTENERS_MOST = 16 };

/*
 * Addresses are numbers or "localhost". A unix socket gets mode 0660; one that nobody listens on any more is replaced. FAULT_USAGE
 * for what is no address, FAULT_SYSTEM when it cannot be had.
 */
bool listener_open(const char *address, int *descriptor, struct fault *fault);

/* True when only this machine can reach it: loopback or a unix socket. False for what is no address. */
bool address_is_local(const char *address);

/* "127.0.0.1:41234" or "unix:/path" of a bound socket. */
const char *listener_name(struct arena *arena, int descriptor);
bool listener_is_unix(int descriptor);

/* The file of "unix:/path", NULL for other addresses. */
const char *listener_file(const char *address);

/*
 * How many sockets the service manager hands down as descriptors 3, 4 ...: LISTEN_PID and LISTEN_FDS of sd_listen_fds(3). At
 * most LISTENERS_MOST; 0 when they are meant for another process. To be asked before process_prepare_keeping().
 */
int listeners_inherited(void);

/* Makes the one at `descriptor` fit for use; false when it does not listen. */
bool listener_adopt(int descriptor);

#endif
