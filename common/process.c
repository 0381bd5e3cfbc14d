#include "common/process.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

enum { FIRST_FREE_FD = 3, FDS_WITHOUT_CLOSE_RANGE = 4096 };

static const char *volatile last_line = "";

static void open_standard_streams(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd < FIRST_FREE_FD);
    if (fd >= FIRST_FREE_FD)
        close(fd);
}

/* A daemon's listening socket kept open by an orphan of ours would stop its next start. */
static void close_from(unsigned first)
{
#ifdef SYS_close_range
    if (syscall(SYS_close_range, first, ~0U, 0) == 0)
        return;
#endif
    for (int fd = (int)first; fd < FDS_WITHOUT_CLOSE_RANGE; fd++)
        close(fd);
}

static void forbid_traces(void)
{
#ifndef SANITIZED /* the leak checker is a tracer */
    prctl(PR_SET_DUMPABLE, 0);
#endif
    setrlimit(RLIMIT_CORE, &(struct rlimit){.rlim_cur = 0, .rlim_max = 0});
}

static void forget_environment(void)
{
    static const char *const NAMES[] = {"SSLKEYLOGFILE", "CURL_CA_BUNDLE", "CURL_HOME",    "NETRC",
                                        "SSL_CERT_FILE", "SSL_CERT_DIR",   "OPENSSL_CONF", "IFS"};

    for (size_t i = 0; i < sizeof(NAMES) / sizeof(*NAMES); i++)
        unsetenv(NAMES[i]);
}

void process_prepare_keeping(unsigned kept)
{
    open_standard_streams();
    close_from(FIRST_FREE_FD + kept);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    umask(S_IRWXG | S_IRWXO);
    forbid_traces();
    forget_environment();
}

void process_prepare(void)
{
    process_prepare_keeping(0);
}

static void end_now(int number)
{
    const char *line = last_line;
    ssize_t ignored = write(STDERR_FILENO, line, strlen(line));

    (void)number;
    (void)ignored;
    _exit(1);
}

void process_watch(int64_t deadline_ms, const char *line)
{
    static const int SIGNALS[] = {SIGTERM, SIGINT, SIGHUP, SIGALRM};
    struct sigaction action = {.sa_handler = end_now};
    struct itimerval timer = {
        .it_value = {.tv_sec = (time_t)(deadline_ms / 1000), .tv_usec = (suseconds_t)(deadline_ms % 1000) * 1000}
    };
    sigset_t none;

    last_line = line;
    if (deadline_ms <= 0)
        return;
    for (size_t i = 0; i < sizeof(SIGNALS) / sizeof(*SIGNALS); i++)
        sigaction(SIGNALS[i], &action, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
}

void process_end(int status)
{
#ifdef SANITIZED
    exit(status); /* the leak checker looks there */
#else
    fflush(NULL);
    quick_exit(status);
#endif
}

const char *process_directory(struct arena *arena)
{
    char path[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", path, sizeof(path));
    const char *slash;

    if (len <= 0 || (size_t)len >= sizeof(path) || path[0] != '/')
        return "";
    slash = memrchr(path, '/', (size_t)len);
    return slash ? arena_copy(arena, path, (size_t)(slash - path)) : "";
}
