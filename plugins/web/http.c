#include "plugins/web/http.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <microhttpd.h>

#include "common/compat.h"
#include "common/str.h"

struct http {
    struct MHD_Daemon *daemon;
    struct http_rules rules;
};

/* One request while it comes in. */
struct incoming {
    struct http_request request;
    struct str body;
    size_t head_len;
    bool begun;
};

/* The request line's target as it came: libmicrohttpd itself decodes it. */
static void *see_target(void *self, const char *target, struct MHD_Connection *connection)
{
    struct http *http = self;
    struct arena *arena = arena_new();
    struct incoming *incoming = arena_alloc(arena, sizeof(*incoming));

    (void)connection;
    incoming->request = (struct http_request){
        .arena = arena, .method = "", .target = arena_copy(arena, target, strlen(target)), .body = ""};
    incoming->head_len = strlen(target);
    incoming->body = str_in(arena, http->rules.body_most);
    return incoming;
}

static COMPAT_MHD_RESULT take_header(void *self, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct incoming *incoming = self;
    struct arena *arena = incoming->request.arena;

    (void)kind;
    incoming->head_len += strlen(name) + (value ? strlen(value) : 0);
    pairs_append(arena, &incoming->request.headers, arena_copy(arena, name, strlen(name)),
                 value ? arena_copy(arena, value, strlen(value)) : "");
    return MHD_YES;
}

static int descriptor_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

    return info ? info->connect_fd : -1;
}

static COMPAT_MHD_RESULT send_answer(const struct http *http, struct MHD_Connection *connection,
                                     const struct http_answer *answer)
{
    union {
        const char *text;
        void *bytes; /* copied, not written to */
    } body = {.text = answer->body};
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(answer->body), body.bytes, MHD_RESPMEM_MUST_COPY);
    COMPAT_MHD_RESULT result;

    if (!response)
        return MHD_NO;
    if (answer->content_type[0])
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->content_type);
    for (size_t i = 0; i < answer->headers.count; i++)
        MHD_add_response_header(response, answer->headers.items[i].name, answer->headers.items[i].value);
    if (http->rules.one_request)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    result = MHD_queue_response(connection, (unsigned)answer->status, response);
    MHD_destroy_response(response);
    return result;
}

static COMPAT_MHD_RESULT answer_request(const struct http *http, struct MHD_Connection *connection,
                                        struct incoming *incoming)
{
    struct http_request *request = &incoming->request;
    struct http_answer answer = {.status = 500, .content_type = "", .body = ""};

    request->body_too_large = incoming->body.cut;
    if (!request->body_too_large) {
        request->body = incoming->body.text;
        request->body_len = incoming->body.len;
    }
    request->descriptor = descriptor_of(connection);
    http->rules.serve(http->rules.self, request, &answer);
    return send_answer(http, connection, &answer);
}

static COMPAT_MHD_RESULT begin_request(const struct http *http, struct MHD_Connection *connection, const char *method,
                                       struct incoming *incoming)
{
    incoming->begun = true;
    incoming->request.method = arena_copy(incoming->request.arena, method, strlen(method));
    MHD_get_connection_values(connection, MHD_HEADER_KIND, take_header, incoming);
    incoming->request.head_too_large = incoming->head_len > http->rules.head_most;
    return incoming->request.head_too_large ? answer_request(http, connection, incoming) : MHD_YES;
}

/* Called when the head is there, for each piece of the body, and once more at the end. */
static COMPAT_MHD_RESULT handle(void *self, struct MHD_Connection *connection, const char *url, const char *method,
                                const char *version, const char *upload, size_t *upload_len, void **context)
{
    struct http *http = self;
    struct incoming *incoming = *context;

    (void)url;
    (void)version;
    if (!incoming->begun)
        return begin_request(http, connection, method, incoming);
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
        arena_release(incoming->request.arena);
    *context = NULL;
}

static void notice(void *self, struct MHD_Connection *connection, void **context,
                   enum MHD_ConnectionNotificationCode what)
{
    struct http *http = self;

    (void)context;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED && http->rules.ended)
        http->rules.ended(http->rules.self, descriptor_of(connection));
}

struct http *http_start(const struct http_rules *rules)
{
    struct http *http = calloc(1, sizeof(*http));
    unsigned flags = MHD_USE_EPOLL | (rules->listener < 0 ? (unsigned)MHD_USE_NO_LISTEN_SOCKET : 0);

    if (!http)
        return NULL;
    http->rules = *rules;
    http->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, handle, http, MHD_OPTION_URI_LOG_CALLBACK, see_target, http, MHD_OPTION_NOTIFY_COMPLETED,
        forget, http, MHD_OPTION_NOTIFY_CONNECTION, notice, http, MHD_OPTION_CONNECTION_LIMIT, rules->connections,
        MHD_OPTION_CONNECTION_TIMEOUT, rules->silence_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT, rules->head_memory,
        rules->listener < 0 ? MHD_OPTION_END : MHD_OPTION_LISTEN_SOCKET, rules->listener, MHD_OPTION_END);
    if (http->daemon)
        return http;
    free(http);
    return NULL;
}

bool http_add(struct http *http, int descriptor, const struct sockaddr *address, socklen_t len)
{
    return MHD_add_connection(http->daemon, descriptor, address, len) == MHD_YES;
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
