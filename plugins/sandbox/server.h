/*
 * server - the stand-in's one loop: HTTP, mail sink and signals in a single thread, so that nothing needs a lock.
 */
#ifndef SANDBOX_SERVER_H
#define SANDBOX_SERVER_H

#include "common/clock.h"
#include "common/fault.h"
#include "plugins/sandbox/journal.h"
#include "plugins/sandbox/provider.h"

struct server {
    const struct clock *clock;
    struct stand *stand;
    struct journal *journal;
    int http_listener;
    int smtp_listener;
};

/* Serves until SIGTERM or SIGINT. Both listeners are closed then. FAULT_SYSTEM when it cannot begin. */
bool server_run(struct server *server, struct fault *fault);

#endif
