/*
 * server - the confirmation server's one loop: listening sockets, connections and signals in a single thread.
 *
 * One thread, because time zones are the process's own in libc, because nothing then needs a lock, and because what people do
 * here is little: a page is read in a millisecond, and only a press of a button can wait for the store, at most
 * STORE_PATIENCE_MS.
 */
#ifndef ACKD_SERVER_H
#define ACKD_SERVER_H

#include "plugins/ackd/desk.h"
#include "plugins/web/listener.h"

struct server {
    struct desk *desk;
    int listeners[LISTENERS_MOST];
    size_t listener_count;
};

/*
 * Serves until `signals` (stopping_signals()) can be read; the listeners are closed then. FAULT_SYSTEM when it cannot begin.
 */
bool server_run(struct server *server, int signals, struct fault *fault);

#endif
