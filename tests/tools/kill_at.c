/*
 * kill_at - runs a program and kills it (SIGKILL) as it enters its Nth system call.
 *
 *     kill_at N PROGRAM [ARGUMENT]...
 *
 * Prints the number of system calls that were entered. Exits with the program's own status when it ended before its Nth call,
 * else with 137. Threads and children of the program are traced, too, and count together.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KILLED = 137, SYSCALL_STOP = SIGTRAP | 0x80 };

static pid_t start(char **argv)
{
    pid_t child = fork();

    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
        execv(argv[0], argv);
        _exit(127);
    }
    return child;
}

/* True for a stop at the entry of a call; every second stop of a thread is the call's end. */
static int counts(pid_t thread, int status)
{
    struct __ptrace_syscall_info info;

    return WIFSTOPPED(status) && WSTOPSIG(status) == SYSCALL_STOP &&
           ptrace(PTRACE_GET_SYSCALL_INFO, thread, (void *)sizeof(info), &info) > 0 &&
           info.op == PTRACE_SYSCALL_INFO_ENTRY;
}

/* A signal that the program gave itself is passed on; our own stops are not. */
static int signal_to_pass(int status)
{
    int number = WSTOPSIG(status);

    return number == SIGSTOP || number == SIGTRAP || number == SYSCALL_STOP ? 0 : number;
}

static int watch(pid_t child, long at)
{
    long entered = 0;
    int status;
    pid_t thread;

    while ((thread = waitpid(-1, &status, __WALL)) > 0) {
        if (thread == child && (WIFEXITED(status) || WIFSIGNALED(status))) {
            printf("%ld\n", entered);
            return WIFEXITED(status) ? WEXITSTATUS(status) : KILLED;
        }
        if (!WIFSTOPPED(status))
            continue;
        if (counts(thread, status) && ++entered == at)
            kill(child, SIGKILL);
        ptrace(PTRACE_SYSCALL, thread, NULL, signal_to_pass(status));
    }
    return 1;
}

int main(int argc, char **argv)
{
    pid_t child;
    int status;

    if (argc < 3) {
        fputs("kill_at N PROGRAM [ARGUMENT]...\n", stderr);
        return 3;
    }
    child = start(argv + 2);
    if (child < 0 || waitpid(child, &status, 0) != child)
        return 1;
    ptrace(PTRACE_SETOPTIONS, child, NULL,
           PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_EXITKILL);
    ptrace(PTRACE_SYSCALL, child, NULL, NULL);
    return watch(child, strtol(argv[1], NULL, 10));
}
