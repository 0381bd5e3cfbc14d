/*
 * http - the stand-in's HTTP server, on libmicrohttpd, run by the caller's event loop.
 *
 * At most HTTP_CONNECTIONS at once, bodies up to HTTP_BODY_MOST, ten seconds of silence end a connection.
 */
#ifndef SANDBOX_HTTP_H
#define SANDBOX_HTTP_H

#include "common/clock.h"
#include "plugins/sandbox/exchange.h"

enum { HTTP_CONNECTIONS = 64, HTTP_BODY_MOST = 256 * 1024, HTTP_SILENCE_S = 10 };

struct http;

/*
 * Takes over the listening socket. `serve` is called for each whole request and fills in the exchange's answer. NULL when the
 * server cannot be started.
 */
struct http *http_start(int listener, const struct clock *clock, void (*serve)(void *self, struct exchange *exchange),
                        void *self);

/* The descriptor to poll for reading, and for how long at most; -1 for ever. */
int http_descriptor(const struct http *http);
int http_patience_ms(const struct http *http);

/* Does what is to be done now. */
void http_run(struct http *http);

/* Ends every connection and closes the listening socket. */
void http_stop(struct http *http);

#endif
