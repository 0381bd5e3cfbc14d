#include "plugins/sandbox/http.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <microhttpd.h>

#include "common/str.h"
#include "plugins/sandbox/fields.h"

#if MHD_VERSION < 0x00097002 /* RHEL 8: results were plain numbers */
#    define MHD_Result int
#endif

enum { HEAD_MOST = 64 * 1024 };

struct http {
    struct MHD_Daemon *daemon;
    const struct clock *clock;
    void (*serve)(void *self, struct exchange *exchange);
    void *self;
};

/* One request while it comes in. */
struct incoming {
    struct arena *arena;
    struct exchange exchange;
    struct str body;
    bool begun;
};

/* The request line's target as it came: libmicrohttpd itself decodes it. */
static void *see_target(void *self, const char *target, struct MHD_Connection *connection)
{
    struct http *http = self;
    struct arena *arena = arena_new();
    struct incoming *incoming = arena_alloc(arena, sizeof(*incoming));

    (void)connection;
    incoming->arena = arena;
    incoming->exchange = exchange_in(arena, http->clock->wall_ms(http->clock->self));
    incoming->exchange.target = arena_copy(arena, target, strlen(target));
    incoming->body = str_in(arena, HTTP_BODY_MOST);
    return incoming;
}

static enum MHD_Result take_header(void *self, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct incoming *incoming = self;

    (void)kind;
    pairs_append(incoming->arena, &incoming->exchange.headers, arena_copy(incoming->arena, name, strlen(name)),
                 value ? arena_copy(incoming->arena, value, strlen(value)) : "");
    return MHD_YES;
}

static enum MHD_Result send_answer(struct MHD_Connection *connection, const struct answer *answer)
{
    union {
        const char *text;
        void *bytes; /* copied, not written to */
    } body = {.text = answer->body};
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(answer->body), body.bytes, MHD_RESPMEM_MUST_COPY);
    char seconds[16];
    enum MHD_Result result;

    if (!response)
        return MHD_NO;
    if (answer->content_type[0])
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->content_type);
    if (answer->retry_after_s > 0) {
        snprintf(seconds, sizeof(seconds), "%d", answer->retry_after_s);
        MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
    }
    result = MHD_queue_response(connection, (unsigned)answer->status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_request(struct http *http, struct MHD_Connection *connection, struct incoming *incoming)
{
    struct exchange *exchange = &incoming->exchange;

    if (incoming->body.cut) {
        answer_text(exchange, 413, "text/plain", "the stand-in takes bodies up to 256 KiB\n");
        return send_answer(connection, &exchange->answer);
    }
    exchange->body = incoming->body.text;
    exchange->body_len = incoming->body.len;
    http->serve(http->self, exchange);
    return send_answer(connection, &exchange->answer);
}

/* Called when the head is there, for each piece of the body, and once more at the end. */
static enum MHD_Result handle(void *self, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *upload, size_t *upload_len, void **context)
{
    struct http *http = self;
    struct incoming *incoming = *context;

    (void)url;
    (void)version;
    if (!incoming->begun) {
        incoming->begun = true;
        incoming->exchange.method = arena_copy(incoming->arena, method, strlen(method));
        MHD_get_connection_values(connection, MHD_HEADER_KIND, take_header, incoming);
        return MHD_YES;
    }
    if (*upload_len > 0) {
        str_addn(&incoming->body, upload, *upload_len);
        *upload_len = 0;
        return MHD_YES;
    }
    return answer_request(http, connection, incoming);
}

static void forget(void *self, struct MHD_Connection *connection, void **context,
                   enum MHD_RequestTerminationCode reason)
{
    struct incoming *incoming = *context;

    (void)self;
    (void)connection;
    (void)reason;
    if (incoming)
        arena_release(incoming->arena);
    *context = NULL;
}

struct http *http_start(int listener, const struct clock *clock, void (*serve)(void *self, struct exchange *exchange),
                        void *self)
{
    struct http *http = calloc(1, sizeof(*http));

    if (!http)
        return NULL;
    *http = (struct http){.clock = clock, .serve = serve, .self = self};
    http->daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, handle, http, MHD_OPTION_LISTEN_SOCKET, listener,
                                    MHD_OPTION_URI_LOG_CALLBACK, see_target, http, MHD_OPTION_NOTIFY_COMPLETED, forget,
                                    http, MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS,
                                    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_SILENCE_S,
                                    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_MOST, MHD_OPTION_END);
    if (http->daemon)
        return http;
    free(http);
    return NULL;
}

int http_descriptor(const struct http *http)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);

    return info ? info->epoll_fd : -1;
}

int http_patience_ms(const struct http *http)
{
    MHD_UNSIGNED_LONG_LONG ms = 0;

    if (MHD_get_timeout(http->daemon, &ms) != MHD_YES)
        return -1;
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

void http_run(struct http *http)
{
    MHD_run(http->daemon);
}

void http_stop(struct http *http)
{
    MHD_stop_daemon(http->daemon);
    free(http);
}
