/*
 * sink - the least HTTP provider there can be, for the benchmark: answers every POST with {"errcode":0,"errmsg":"ok"}.
 *
 * One process, epoll, keep-alive; so little work that what is measured is the client. `sink PORT_FILE` writes its port there.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS = 4096, REQUEST_MOST = 65536, EVENTS = 256 };

struct connection {
    char bytes[REQUEST_MOST + 1];
    size_t len;
};

static struct connection *connections[CONNECTIONS];

static const char ANSWER[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 27\r\n\r\n"
                             "{\"errcode\":0,\"errmsg\":\"ok\"}";

static int listen_somewhere(const char *port_file)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    FILE *file;

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, 1024) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        return -1;
    file = fopen(port_file, "we");
    if (!file)
        return -1;
    fprintf(file, "%d\n", ntohs(address.sin_port));
    fclose(file);
    return fd;
}

/* The length of the first whole request in the buffer, 0 when there is none yet. */
static size_t whole_request(const struct connection *connection)
{
    const char *end = strstr(connection->bytes, "\r\n\r\n");
    const char *length = strcasestr(connection->bytes, "\r\ncontent-length:");
    size_t head;
    size_t body = 0;

    if (!end)
        return 0;
    head = (size_t)(end - connection->bytes) + 4;
    if (length && length < end)
        body = (size_t)strtoul(length + strlen("\r\ncontent-length:"), NULL, 10);
    return connection->len >= head + body ? head + body : 0;
}

static void drop(int fd)
{
    free(connections[fd]);
    connections[fd] = NULL;
    close(fd);
}

static void serve(int fd)
{
    struct connection *connection = connections[fd];
    ssize_t got = read(fd, connection->bytes + connection->len, REQUEST_MOST - connection->len);
    size_t used;

    if (got <= 0) {
        if (got == 0 || errno != EAGAIN)
            drop(fd);
        return;
    }
    connection->len += (size_t)got;
    connection->bytes[connection->len] = '\0';
    while ((used = whole_request(connection)) > 0) {
        if (write(fd, ANSWER, sizeof(ANSWER) - 1) < 0) {
            drop(fd);
            return;
        }
        memmove(connection->bytes, connection->bytes + used, connection->len - used + 1);
        connection->len -= used;
    }
}

static void welcome(int listener, int epoll)
{
    int fd;

    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        int one = 1;

        if (fd >= CONNECTIONS || !(connections[fd] = calloc(1, sizeof(**connections)))) {
            close(fd);
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    }
}

int main(int argc, char **argv)
{
    int listener = argc == 2 ? listen_somewhere(argv[1]) : -1;
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    struct epoll_event events[EVENTS];

    if (listener < 0 || epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) != 0)
        return 1;
    for (;;) {
        int count = epoll_wait(epoll, events, EVENTS, -1);

        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == listener)
                welcome(listener, epoll);
            else
                serve(events[i].data.fd);
        }
    }
}
