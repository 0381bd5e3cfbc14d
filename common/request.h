/*
 * request - one exchange with a provider, as plain values.
 *
 * A channel fills a request and later judges the response; only the transport
 * turns them into network traffic. That keeps channels pure and their tests
 * free of sockets and clocks.
 */
#ifndef COMMON_REQUEST_H
#define COMMON_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/fault.h"
#include "common/secret.h"
#include "common/utf8.h"

enum { REQUEST_HEADERS = 24, REQUEST_MEASURES = 8 };

enum tls { TLS_REQUIRED, TLS_NEVER }; /* SMTP: STARTTLS must succeed, or is not asked for */

/* What an SMTP exchange has beside url and body: one transaction, one recipient. */
struct mail {
    const char *from; /* envelope addresses, checked: no control characters, no spaces, no angle brackets */
    const char *to;
    const char *user; /* "" for no login; with a login, a server that offers none is a failure */
    struct secret password;
    enum tls tls;
};

/* How to get there; the same for every request of a section. All "" by default. */
struct network {
    const char
        *proxy; /* http://, https:// or socks5h:// address; "" is a direct connection, whatever the environment says */
    struct secret proxy_user; /* "name:password" */
    const char *no_proxy;     /* comma-separated host names that are reached directly */
    const char *ca_file;      /* PEM, in place of the system's */
    const char *cert_file;    /* PEM: who we are, where the server asks for a certificate */
    const char *key_file;     /* PEM: the private key to it */
    const char *source_address;
    const char *ip; /* "any", "4" or "6" */
};

/* A length that the provider limits, for `notifyctl preview` and the tests. */
struct measure {
    const char *what; /* "markdown.text" */
    size_t length;
    size_t most;
    enum unit unit;
};

struct request {
    struct arena *arena;
    const char *method;                   /* "POST" when a channel does not set it; unused for mail */
    const char *url;                      /* https://, http:// or smtp(s)://; holds tokens, so never logged unmasked */
    const char *headers[REQUEST_HEADERS]; /* "Name: value", header_count of them */
    size_t header_count;
    const char *body; /* the very bytes that are sent, and signed */
    size_t body_len;
    const struct mail *mail; /* NULL for HTTP */
    const struct network *network;
    struct measure measures[REQUEST_MEASURES];
    size_t measure_count;
};

/* Why no answer came. */
enum trouble {
    TROUBLE_NONE,
    TROUBLE_NAME,    /* the host's name cannot be resolved */
    TROUBLE_CONNECT, /* refused, unreachable, or connecting took too long */
    TROUBLE_TLS,     /* certificate not trusted, or no common protocol */
    TROUBLE_AUTH,    /* SMTP: login wanted by us and not offered, or refused */
    TROUBLE_LOST,    /* the connection broke, or time ran out, after the request began to leave */
    TROUBLE_BIG,     /* the answer was longer than TRANSPORT_MOST_BODY */
    TROUBLE_OURS,    /* the request cannot be made: bad address, missing file, transport module not installed */
};

struct response {
    struct arena *arena;
    int status;            /* HTTP or SMTP code; 0 when no answer came */
    enum trouble trouble;  /* TROUBLE_NONE when status counts */
    bool maybe_sent;       /* no answer, but the provider may have acted on the request */
    int64_t retry_after_s; /* Retry-After, clamped to 0 .. one day; 0 when the provider did not ask */
    int64_t date_s;        /* the Date header, Unix time; 0 when absent: tells how wrong our clock is */
    const char *body;      /* raw bytes, NUL-terminated, never NULL */
    size_t body_len;
    const char *location; /* of a redirect, its scheme and host only; else "" */
    const char *replies;  /* SMTP: every line the server said, separated by LF; else "" */
    const char *command;  /* SMTP: what `status` answers: CONNECT, EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA, "." */
    const char *words;    /* the transport's own words when trouble is not NONE, else "" */
};

/* `arena`, and "" or zero everywhere else. */
struct request request_in(struct arena *arena);
struct response response_in(struct arena *arena);

/*
 * Sets the url. FAULT_CONFIG when it is no http(s) address with a host, in printable ASCII; the text says what is wrong
 * with it and never holds it, since addresses hold tokens.
 */
bool request_to(struct request *request, const char *url, struct fault *fault);

/*
 * Adds "Name: value". Bytes below 0x20 and 0x7F are left out of the value, so that it cannot add a header of its own.
 * More than REQUEST_HEADERS is a mistake of the program and stops it.
 */
void request_header(struct request *request, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The body as JSON text, with its length. */
void request_body(struct request *request, const char *text);

void request_measure(struct request *request, const char *what, const char *text, size_t most, enum unit unit);

/* A header's value, or "" when it is not there. For tests and for signing. */
const char *request_header_named(const struct request *request, const char *name);

/* "host" or "host:port" of an http(s) address, as the Host header carries it; "" when there is none. */
const char *url_host(struct arena *arena, const char *url);

#endif
