#include "plugins/sandbox/server.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plugins/sandbox/smtp.h"
#include "plugins/web/http.h"
#include "plugins/web/stopping.h"

enum {
    SESSIONS = 64,
    SILENCE_MS = 10 * 1000,
    TICK_MS = 1000, /* how late a silent session may be noticed */
    PIECE = 16 * 1024,
    HTTP_CONNECTIONS = 64,
    HTTP_SILENCE_S = 10,
    HTTP_HEAD_MOST = 64 * 1024,
    HTTP_BODY_MOST = 256 * 1024,
};

struct session {
    int descriptor;
    int64_t heard_ms; /* steady */
    struct arena *arena;
    struct smtp smtp;
};

struct loop {
    struct server *server;
    struct http *http;
    int signals;
    struct session sessions[SESSIONS];
    size_t session_count;
};

enum { WATCH_SIGNALS, WATCH_HTTP, WATCH_SMTP, WATCH_SESSIONS };

static struct exchange exchange_of(const struct server *server, const struct http_request *request)
{
    struct exchange exchange = exchange_in(request->arena, server->clock->wall_ms(server->clock->self));

    exchange.method = request->method;
    exchange.target = request->target;
    exchange.headers = request->headers;
    exchange.body = request->body;
    exchange.body_len = request->body_len;
    return exchange;
}

static void serve_http(void *self, const struct http_request *request, struct http_answer *answer)
{
    struct server *server = self;
    struct exchange exchange = exchange_of(server, request);

    if (request->body_too_large) {
        answer_text(&exchange, 413, "text/plain", "the stand-in takes bodies up to 256 KiB\n");
    } else {
        exchange_serve(server->stand, &exchange);
        if (!exchange.question || exchange.code)
            journal_add(server->journal, &exchange);
    }
    answer->status = exchange.answer.status;
    answer->content_type = exchange.answer.content_type;
    answer->body = exchange.answer.body;
    if (exchange.answer.retry_after_s > 0)
        pairs_append(request->arena, &answer->headers, "Retry-After",
                     arena_print(request->arena, "%d", exchange.answer.retry_after_s));
}

static struct http *start_http(struct server *server)
{
    return http_start(&(struct http_rules){
        .listener = server->http_listener,
        .connections = HTTP_CONNECTIONS,
        .silence_s = HTTP_SILENCE_S,
        .head_memory = HTTP_HEAD_MOST,
        .head_most = HTTP_HEAD_MOST,
        .body_most = HTTP_BODY_MOST,
        .serve = serve_http,
        .self = server,
    });
}

static void mail_arrived(void *self, const struct exchange *exchange)
{
    struct server *server = self;

    journal_add(server->journal, exchange);
}

/* What does not fit the socket's buffer at once is lost: answers are short, and who does not read them is hung up on. */
static bool send_out(struct session *session)
{
    const struct str *out = &session->smtp.out;
    ssize_t sent = out->len == 0 ? 0 : send(session->descriptor, out->text, out->len, MSG_NOSIGNAL | MSG_DONTWAIT);
    bool good = sent == (ssize_t)out->len;

    smtp_sent(&session->smtp);
    return good && session->smtp.state != SMTP_CLOSING;
}

static void end_session(struct loop *loop, size_t index)
{
    struct session *session = &loop->sessions[index];

    close(session->descriptor);
    arena_release(session->arena);
    *session = loop->sessions[--loop->session_count];
}

static void begin_session(struct loop *loop)
{
    int descriptor = accept4(loop->server->smtp_listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct session *session = &loop->sessions[loop->session_count];

    if (descriptor < 0)
        return;
    if (loop->session_count == SESSIONS) {
        close(descriptor);
        return;
    }
    session->descriptor = descriptor;
    session->heard_ms = loop->server->clock->steady_ms(loop->server->clock->self);
    session->arena = arena_new();
    session->smtp = smtp_session(session->arena, loop->server->stand);
    session->smtp.arrived = mail_arrived;
    session->smtp.self = loop->server;
    loop->session_count++;
    if (!send_out(session))
        end_session(loop, loop->session_count - 1);
}

/* False when the session is over. */
static bool hear(struct loop *loop, struct session *session)
{
    const struct clock *clock = loop->server->clock;
    char piece[PIECE];
    ssize_t len = recv(session->descriptor, piece, sizeof(piece), MSG_DONTWAIT);

    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    if (len <= 0)
        return false;
    session->heard_ms = clock->steady_ms(clock->self);
    smtp_take(&session->smtp, piece, (size_t)len, clock->wall_ms(clock->self));
    return send_out(session);
}

static void end_silent_sessions(struct loop *loop)
{
    int64_t now_ms = loop->server->clock->steady_ms(loop->server->clock->self);

    for (size_t i = loop->session_count; i-- > 0;)
        if (now_ms - loop->sessions[i].heard_ms > SILENCE_MS)
            end_session(loop, i);
}

static nfds_t watch(const struct loop *loop, struct pollfd *watched)
{
    watched[WATCH_SIGNALS] = (struct pollfd){.fd = loop->signals, .events = POLLIN};
    watched[WATCH_HTTP] = (struct pollfd){.fd = http_descriptor(loop->http), .events = POLLIN};
    watched[WATCH_SMTP] = (struct pollfd){.fd = loop->server->smtp_listener, .events = POLLIN};
    for (size_t i = 0; i < loop->session_count; i++)
        watched[WATCH_SESSIONS + i] = (struct pollfd){.fd = loop->sessions[i].descriptor, .events = POLLIN};
    return WATCH_SESSIONS + loop->session_count;
}

static int patience(const struct loop *loop)
{
    int http = http_patience_ms(loop->http);

    if (loop->session_count == 0)
        return http;
    return http < 0 || http > TICK_MS ? TICK_MS : http;
}

/* One turn; false when a signal asks for the end. Sessions are visited from the last: ending one moves the last to its place. */
static bool turn(struct loop *loop)
{
    struct pollfd watched[WATCH_SESSIONS + SESSIONS];
    nfds_t count = watch(loop, watched);

    if (poll(watched, count, patience(loop)) < 0 && errno != EINTR)
        return false;
    if (watched[WATCH_SIGNALS].revents)
        return false;
    http_run(loop->http);
    for (size_t i = loop->session_count; i-- > 0;)
        if (watched[WATCH_SESSIONS + i].revents && !hear(loop, &loop->sessions[i]))
            end_session(loop, i);
    if (watched[WATCH_SMTP].revents)
        begin_session(loop);
    end_silent_sessions(loop);
    return true;
}

bool server_run(struct server *server, struct fault *fault)
{
    static struct loop loop; /* too large for a stack */

    loop = (struct loop){.server = server, .signals = stopping_signals()};
    loop.http = start_http(server);
    if (!loop.http || loop.signals < 0)
        return fault_set(fault, FAULT_SYSTEM, "cannot start the HTTP server");
    while (turn(&loop))
        continue;
    while (loop.session_count > 0)
        end_session(&loop, loop.session_count - 1);
    http_stop(loop.http);
    close(server->smtp_listener);
    close(loop.signals);
    return true;
}
