#include "plugins/web/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { WAITING = 64, NAME_MOST = 128, UNIX_MODE = 0660 };

static const char UNIX[] = "unix:";

const char *listener_file(const char *address)
{
    return strncmp(address, UNIX, sizeof(UNIX) - 1) == 0 ? address + sizeof(UNIX) - 1 : NULL;
}

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

/* NULL when it is none; else to be freed. */
static struct addrinfo *look_up(const char *address)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char host[NAME_MOST];
    const char *port;

    return divide(address, host, &port) && getaddrinfo(host, port, &hints, &found) == 0 ? found : NULL;
}

bool address_is_local(const char *address)
{
    struct addrinfo *found = listener_file(address) ? NULL : look_up(address);
    bool local = listener_file(address) || (found && is_loopback(found->ai_addr));

    if (found)
        freeaddrinfo(found);
    return local;
}

static int bind_to(int family, const struct sockaddr *address, socklen_t len)
{
    int descriptor = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;

    if (descriptor < 0)
        return -1;
    if (family != AF_UNIX)
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(descriptor, address, len) == 0 && listen(descriptor, WAITING) == 0)
        return descriptor;
    close(descriptor);
    return -1;
}

/* A socket of a process that is gone: nobody answers on it. */
static void remove_stale(const struct sockaddr_un *address)
{
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct stat about;

    if (descriptor >= 0 && lstat(address->sun_path, &about) == 0 && S_ISSOCK(about.st_mode) &&
        connect(descriptor, (const struct sockaddr *)address, sizeof(*address)) != 0 && errno == ECONNREFUSED)
        unlink(address->sun_path);
    if (descriptor >= 0)
        close(descriptor);
}

static int open_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    mode_t before;
    int descriptor;

    if (strlen(path) >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path));
    remove_stale(&address);
    before = umask((mode_t)~UNIX_MODE & 0777);
    descriptor = bind_to(AF_UNIX, (const struct sockaddr *)&address, sizeof(address));
    umask(before);
    return descriptor;
}

bool listener_open(const char *address, int *descriptor, struct fault *fault)
{
    const char *file = listener_file(address);
    struct addrinfo *found = file ? NULL : look_up(address);

    if (file ? file[0] != '/' : !found)
        return fault_set(fault, FAULT_USAGE, "'%s' is not an address and port such as 127.0.0.1:0, nor unix:/path",
                         address);
    *descriptor = file ? open_unix(file) : bind_to(found->ai_family, found->ai_addr, found->ai_addrlen);
    if (found)
        freeaddrinfo(found);
    return *descriptor >= 0 || fault_set(fault, FAULT_SYSTEM, "cannot listen on '%s': %s", address, strerror(errno));
}

static bool name_of(int descriptor, struct sockaddr_storage *address, socklen_t *len)
{
    *address = (struct sockaddr_storage){.ss_family = AF_UNSPEC};
    *len = sizeof(*address);
    return getsockname(descriptor, (struct sockaddr *)address, len) == 0;
}

bool listener_is_unix(int descriptor)
{
    struct sockaddr_storage address;
    socklen_t len;

    return name_of(descriptor, &address, &len) && address.ss_family == AF_UNIX;
}

const char *listener_name(struct arena *arena, int descriptor)
{
    struct sockaddr_storage address;
    socklen_t len;
    char host[NAME_MOST];
    char port[16];

    if (!name_of(descriptor, &address, &len))
        return "";
    if (address.ss_family == AF_UNIX)
        return arena_print(arena, "%s%s", UNIX, ((const struct sockaddr_un *)(const void *)&address)->sun_path);
    if (getnameinfo((struct sockaddr *)&address, len, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return "";
    return arena_print(arena, address.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

static long number_in(const char *name)
{
    const char *text = getenv(name);
    char *end;
    long number = text ? strtol(text, &end, 10) : -1;

    return text && end != text && *end == '\0' ? number : -1;
}

int listeners_inherited(void)
{
    long count = number_in("LISTEN_FDS");
    bool ours = number_in("LISTEN_PID") == (long)getpid();

    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDNAMES");
    return ours && count > 0 && count <= LISTENERS_MOST ? (int)count : 0;
}

bool listener_adopt(int descriptor)
{
    int listens = 0;
    socklen_t len = sizeof(listens);

    if (getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) != 0 || !listens)
        return false;
    return fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 &&
           fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) == 0;
}
