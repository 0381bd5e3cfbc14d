/*
 * http - a small HTTP server on libmicrohttpd, run by the caller's event loop in one thread.
 *
 * It takes whole requests with bounded heads and bodies, each in an arena of its own that is released with the answer. Clocks,
 * limits of clients and everything about content is the caller's.
 */
#ifndef WEB_HTTP_H
#define WEB_HTTP_H

#include <sys/socket.h>

#include "plugins/web/pairs.h"

struct http_request {
    struct arena *arena;
    const char *method;
    const char *target; /* as in the request line: path and query */
    struct pairs headers;
    const char *body; /* NUL-terminated; "" when it was over the limit */
    size_t body_len;
    bool head_too_large; /* nothing of a body was taken */
    bool body_too_large;
    int descriptor; /* of the connection */
};

struct http_answer {
    int status;
    const char *content_type; /* "" for none */
    struct pairs headers;
    const char *body;
};

struct http_rules {
    int listener; /* taken over; -1 when every connection comes through http_add() */
    unsigned connections;
    unsigned silence_s; /* after that many a connection is ended */
    size_t head_memory; /* of a connection, for the head of a request and of its answer */
    size_t head_most;   /* request line and headers; over it head_too_large is set */
    size_t body_most;   /* over it body_too_large is set, and the rest is not kept */
    bool one_request;   /* each answer ends its connection */
    /* Called for each whole request; fills in the answer, which lives in the request's arena. */
    void (*serve)(void *self, const struct http_request *request, struct http_answer *answer);
    void (*ended)(void *self, int descriptor); /* the connection is about to be closed; may be NULL */
    void *self;
};

struct http;

/* NULL when the server cannot be started. */
struct http *http_start(const struct http_rules *rules);

/* Takes over a connection that the caller has accepted; it is closed when there is no place for it. */
bool http_add(struct http *http, int descriptor, const struct sockaddr *address, socklen_t len);

/* The descriptor to poll for reading, and for how long at most; -1 for ever. */
int http_descriptor(const struct http *http);
int http_patience_ms(const struct http *http);

/* Does what is to be done now. */
void http_run(struct http *http);

/* Ends every connection and closes the listening socket. */
void http_stop(struct http *http);

#endif
