#include "plugins/sandbox/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WAITING = 64, NAME_MOST = 128 };

static bool is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
    return address->sa_family == AF_INET &&
           ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr) >> 24 == 127;
}

/* Host and port of "HOST:PORT" or "[HOST]:PORT". */
static bool divide(const char *address, char host[NAME_MOST], const char **port)
{
    const char *colon = strrchr(address, ':');
    size_t len = colon ? (size_t)(colon - address) : 0;
    bool brackets = len >= 2 && address[0] == '[' && address[len - 1] == ']';

    if (len == 0 || len >= NAME_MOST)
        return false;
    *port = colon + 1;
    len -= brackets ? 2 : 0;
    memcpy(host, address + brackets, len);
    host[len] = '\0';
    if (strcmp(host, "localhost") == 0)
        memcpy(host, "127.0.0.1", sizeof("127.0.0.1"));
    return true;
}

static int bind_to(const struct addrinfo *found)
{
    int descriptor = socket(found->ai_family, found->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;

    if (descriptor < 0)
        return -1;
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(descriptor, found->ai_addr, found->ai_addrlen) == 0 && listen(descriptor, WAITING) == 0)
        return descriptor;
    close(descriptor);
    return -1;
}

bool listener_open(const char *address, bool everybody, int *descriptor, struct fault *fault)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char host[NAME_MOST];
    const char *port;
    bool good;

    if (!divide(address, host, &port) || getaddrinfo(host, port, &hints, &found) != 0)
        return fault_set(fault, FAULT_USAGE, "'%s' is not an address and port such as 127.0.0.1:0", address);
    good = everybody || is_loopback(found->ai_addr);
    *descriptor = good ? bind_to(found) : -1;
    freeaddrinfo(found);
    if (!good)
        return fault_set(fault, FAULT_USAGE,
                         "'%s' can be reached from other machines: give --public if that is meant, or 127.0.0.1",
                         address);
    return *descriptor >= 0 || fault_set(fault, FAULT_SYSTEM, "cannot listen on '%s': %s", address, strerror(errno));
}

const char *listener_name(struct arena *arena, int descriptor)
{
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    socklen_t len = sizeof(address);
    char host[NAME_MOST];
    char port[16];

    if (getsockname(descriptor, (struct sockaddr *)&address, &len) != 0 ||
        getnameinfo((struct sockaddr *)&address, len, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return "";
    return arena_print(arena, address.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}
