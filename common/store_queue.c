/*
 * flock(2) of the state directory: fair, and gone with the process that holds it. It knows no time-out of its own.
 */
#include <errno.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "common/compat.h"
#include "common/store_private.h"

enum {
    WAKE_MS = 50, /* how often a waiting writer looks at the clock once its patience is over */
    QUEUE_SIGNAL = SIGUSR2,
};

static int64_t now_steady_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void wake(int number)
{
    (void)number;
}

/* A signal again and again once the patience is over: flock(2) knows no time-out of its own. */
static bool alarm_after(int64_t ms, timer_t *timer)
{
    struct sigaction action = {.sa_handler = wake};
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = QUEUE_SIGNAL};
    struct itimerspec when = {
        .it_value = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000 + 1},
        .it_interval = {.tv_nsec = WAKE_MS * 1000000                            }
    };

    event.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid); /* glibc 2.28 has no gettid() */
    sigaction(QUEUE_SIGNAL, &action, NULL);
    return timer_create(CLOCK_MONOTONIC, &event, timer) == 0 && timer_settime(*timer, 0, &when, NULL) == 0;
}

static bool wait_in_queue(struct store *store)
{
    int64_t until_ms = now_steady_ms() + store->patience_ms;
    timer_t timer;
    int result;

    if (flock(store->descriptor, LOCK_EX | LOCK_NB) == 0)
        return true;
    if (!alarm_after(store->patience_ms, &timer))
        return false;
    do
        result = flock(store->descriptor, LOCK_EX);
    while (result != 0 && errno == EINTR && now_steady_ms() < until_ms);
    timer_delete(timer);
    return result == 0;
}

bool store_queue_enter(struct store *store, struct fault *fault)
{
    int64_t before_ms = now_steady_ms();
    bool entered = wait_in_queue(store);

    store->patience_ms -= now_steady_ms() - before_ms;
    if (store->patience_ms < 1)
        store->patience_ms = 1;
    return entered || fault_set(fault, FAULT_SYSTEM,
                                "state '%s': other programs have held it for too long; see `fuser` of that directory",
                                store->directory);
}

void store_queue_leave(struct store *store)
{
    flock(store->descriptor, LOCK_UN);
}
