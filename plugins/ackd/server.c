#include "plugins/ackd/server.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    HEAD_MOST = 8 * 1024,
    HEAD_MEMORY = 24 * 1024, /* and what the library keeps of it, and the head of the answer */
    BODY_MOST = 8 * 1024,
    FULL_MS = 100, /* without a descriptor left for a new connection */
    FAREWELL_MS = 1000,
};

struct loop {
    struct server *server;
    struct http *http;
    struct guests guests;
    int signals;
    bool exhausted;
};

enum { WATCH_SIGNALS, WATCH_HTTP, WATCH_LISTENERS };

static int64_t now_ms(const struct loop *loop)
{
    const struct clock *clock = loop->server->desk->clock;

    return clock->steady_ms(clock->self);
}

static void serve(void *self, const struct http_request *request, struct http_answer *answer)
{
    struct loop *loop = self;
    const struct guest *guest = guests_find(&loop->guests, request->descriptor);
    const struct guest nobody = {.peer = ""};

    desk_serve(loop->server->desk, guest ? guest : &nobody, request, answer);
}

static void ended(void *self, int descriptor)
{
    struct loop *loop = self;

    guests_remove(&loop->guests, descriptor);
}

static bool is_loopback(const struct guest *guest)
{
    return strncmp(guest->peer, "127.", 4) == 0 || strcmp(guest->peer, "::1") == 0 ||
           strncmp(guest->peer, "::ffff:127.", 11) == 0;
}

static struct guest guest_at(int descriptor, const struct sockaddr_storage *address, socklen_t len, int64_t since_ms)
{
    struct guest guest = {.descriptor = descriptor, .since_ms = since_ms, .unix_socket = address->ss_family == AF_UNIX};

    if (!guest.unix_socket)
        getnameinfo((const struct sockaddr *)address, len, guest.peer, sizeof(guest.peer), NULL, 0, NI_NUMERICHOST);
    guest.local = guest.unix_socket || is_loopback(&guest);
    return guest;
}

/* False when nobody waits any more. */
static bool welcome(struct loop *loop, int listener)
{
    struct sockaddr_storage address = {.ss_family = AF_UNIX};
    socklen_t len = sizeof(address);
    int descriptor = accept4(listener, (struct sockaddr *)&address, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct guest guest;

    if (descriptor < 0) {
        loop->exhausted = errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS;
        return errno == ECONNABORTED || errno == EINTR;
    }
    guest = guest_at(descriptor, &address, len, now_ms(loop));
    if (!guests_admit(&loop->guests, &guest)) {
        close(descriptor);
        return true;
    }
    guests_add(&loop->guests, &guest);
    if (!http_add(loop->http, descriptor, (const struct sockaddr *)&address, len))
        guests_remove(&loop->guests, descriptor);
    return true;
}

/* The library notices that the connection is at its end, and closes it. */
static void send_away(struct loop *loop)
{
    int descriptor;

    while ((descriptor = guests_to_leave(&loop->guests, now_ms(loop))) >= 0)
        shutdown(descriptor, SHUT_RDWR);
}

static nfds_t watch(const struct loop *loop, struct pollfd *watched)
{
    const struct server *server = loop->server;

    watched[WATCH_SIGNALS] = (struct pollfd){.fd = loop->signals, .events = POLLIN};
    watched[WATCH_HTTP] = (struct pollfd){.fd = http_descriptor(loop->http), .events = POLLIN};
    for (size_t i = 0; i < server->listener_count; i++)
        watched[WATCH_LISTENERS + i] =
            (struct pollfd){.fd = loop->exhausted ? -1 : server->listeners[i], .events = POLLIN};
    return WATCH_LISTENERS + server->listener_count;
}

static int sooner(int one, int other)
{
    if (one < 0 || other < 0)
        return one < 0 ? other : one;
    return one < other ? one : other;
}

static int patience_ms(const struct loop *loop)
{
    int ms = sooner(http_patience_ms(loop->http), guests_patience_ms(&loop->guests, now_ms(loop)));

    return loop->exhausted ? sooner(ms, FULL_MS) : ms;
}

/* One turn; false when a signal asks for the end. */
static bool turn(struct loop *loop)
{
    const struct server *server = loop->server;
    struct pollfd watched[WATCH_LISTENERS + LISTENERS_MOST];
    nfds_t count = watch(loop, watched);

    if (poll(watched, count, patience_ms(loop)) < 0 && errno != EINTR)
        return false;
    if (watched[WATCH_SIGNALS].revents)
        return false;
    loop->exhausted = false;
    for (size_t i = 0; i < server->listener_count; i++)
        for (int most = GUESTS_MOST; watched[WATCH_LISTENERS + i].revents && most > 0; most--)
            if (!welcome(loop, server->listeners[i]))
                break;
    http_run(loop->http);
    send_away(loop);
    return true;
}

/* What has come already is answered, if it comes whole in this time. */
static void say_farewell(struct loop *loop)
{
    struct pollfd watched = {.fd = http_descriptor(loop->http), .events = POLLIN};
    int64_t until_ms = now_ms(loop) + FAREWELL_MS;

    http_run(loop->http);
    while (loop->guests.count > 0 && now_ms(loop) < until_ms) {
        poll(&watched, 1, FULL_MS);
        http_run(loop->http);
    }
}

bool server_run(struct server *server, int signals, struct fault *fault)
{
    static struct loop loop; /* too large for a stack */

    loop = (struct loop){.server = server, .signals = signals};
    loop.http = http_start(&(struct http_rules){
        .listener = -1,
        .connections = 2 * GUESTS_MOST,
        .silence_s = GUEST_MS / 1000 + 1,
        .head_memory = HEAD_MEMORY,
        .head_most = HEAD_MOST,
        .body_most = BODY_MOST,
        .one_request = true,
        .serve = serve,
        .ended = ended,
        .self = &loop,
    });
    if (!loop.http || signals < 0)
        return fault_set(fault, FAULT_SYSTEM, "cannot start the HTTP server");
    while (turn(&loop))
        continue;
    for (size_t i = 0; i < server->listener_count; i++)
        close(server->listeners[i]);
    say_farewell(&loop);
    http_stop(loop.http);
    return true;
}
