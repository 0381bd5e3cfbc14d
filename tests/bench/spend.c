/*
 * spend - runs commands as a monitoring system does and tells what each run cost.
 *
 *     spend ROUNDS COMMAND... -- COMMAND... [-- ...]    one after the other, in turns, ROUNDS times
 *     spend --at-once COUNT COMMAND...                  COUNT of them at the same time
 *
 * A line for each run: which command (from 0), wall and CPU (user and system) in microseconds, peak memory in KiB, exit status.
 * A word "@" of a command becomes a number that no other run has. The caller is small on purpose: until exec a child's memory is its
 * parent's, and a large parent (an interpreter) would be what is measured.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { COMMANDS_MOST = 8, WORDS_MOST = 64, AT_ONCE_MOST = 1024, NUMBER_MOST = 24 };

extern char **environ;

struct run {
    pid_t pid;
    int command;
    long long started_us;
};

static long long now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static long long us_of(struct timeval time)
{
    return time.tv_sec * 1000000LL + time.tv_usec;
}

static void give_up(const char *what)
{
    fprintf(stderr, "spend: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* Numbers of two calls differ, too. */
static const char *next_number(char number[NUMBER_MOST])
{
    static long long last;

    if (last == 0)
        last = now_us();
    snprintf(number, NUMBER_MOST, "%lld", ++last);
    return number;
}

static struct run start(char **words, int command)
{
    struct run run = {.command = command};
    char number[NUMBER_MOST];
    char *filled[WORDS_MOST] = {NULL};
    posix_spawn_file_actions_t streams;

    next_number(number);
    for (int i = 0; words[i] && i < WORDS_MOST - 1; i++)
        filled[i] = strcmp(words[i], "@") == 0 ? number : words[i];
    posix_spawn_file_actions_init(&streams);
    for (int fd = 0; fd < 3; fd++)
        posix_spawn_file_actions_addopen(&streams, fd, "/dev/null", O_RDWR, 0);
    run.started_us = now_us();
    errno = posix_spawnp(&run.pid, filled[0], &streams, NULL, filled, environ);
    if (errno != 0)
        give_up(filled[0]);
    posix_spawn_file_actions_destroy(&streams);
    return run;
}

static void tell(const struct run *run, int status, const struct rusage *usage)
{
    printf("%d %lld %lld %ld %d\n", run->command, now_us() - run->started_us,
           us_of(usage->ru_utime) + us_of(usage->ru_stime), usage->ru_maxrss,
           WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static void in_turns(int rounds, char ***commands, int count)
{
    for (int i = 0; i < rounds * count; i++) {
        struct run run = start(commands[i % count], i % count);
        struct rusage usage;
        int status;

        if (wait4(run.pid, &status, 0, &usage) != run.pid)
            give_up("wait4");
        tell(&run, status, &usage);
    }
}

static void at_once(int count, char **words)
{
    static struct run runs[AT_ONCE_MOST];

    for (int i = 0; i < count; i++)
        runs[i] = start(words, 0);
    for (int left = count; left > 0; left--) {
        struct rusage usage;
        int status;
        pid_t pid = wait4(-1, &status, 0, &usage);

        for (int i = 0; i < count; i++)
            if (runs[i].pid == pid)
                tell(&runs[i], status, &usage);
    }
}

int main(int argc, char **argv)
{
    char **commands[COMMANDS_MOST];
    int count = 0;

    if (argc > 3 && strcmp(argv[1], "--at-once") == 0 && atoi(argv[2]) <= AT_ONCE_MOST) {
        at_once(atoi(argv[2]), argv + 3);
        return 0;
    }
    for (int i = 2; i < argc && count < COMMANDS_MOST; i++) {
        if (i == 2 || strcmp(argv[i - 1], "--") == 0)
            commands[count++] = argv + i;
    }
    for (int i = 2; i < argc; i++)
        if (strcmp(argv[i], "--") == 0)
            argv[i] = NULL;
    if (count == 0) {
        fputs("usage: spend ROUNDS COMMAND... [-- COMMAND...] | spend --at-once COUNT COMMAND...\n", stderr);
        return 1;
    }
    in_turns(atoi(argv[1]), commands, count);
    return 0;
}
