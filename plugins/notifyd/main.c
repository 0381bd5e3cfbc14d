/*
 * notifyd - the optional resident worker: holds the store and the connections open, and tells what is due at once.
 *
 * The same pass as `notifyctl tick`; without notifyd a timer runs that. SIGHUP reads the configuration again (a bad one is
 * logged and the old one stays), SIGTERM ends it after the message in hand.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/calendar_cache.h"
#include "common/config.h"
#include "common/daemon.h"
#include "common/log.h"
#include "common/process.h"
#include "common/retention.h"
#include "common/worker.h"
#include "plugins/channels.h"

enum {
    LOOK_MS = 1000,          /* between two looks at what is due */
    HEARTBEAT_MS = 15000,    /* written at most this often */
    PASS_MOST_MS = 60000,    /* one pass; SIGHUP is answered between two of them */
    TIDY_EVERY_MS = 3600000, /* retention */
    TROUBLE_MS = 10000,      /* before a store that failed is opened again */
};

static volatile sig_atomic_t ending;
static volatile sig_atomic_t reloading;

static void on_signal(int number)
{
    if (number == SIGHUP)
        reloading = 1;
    else
        ending = 1;
}

/* What lives as long as one configuration. */
struct house {
    struct arena *arena;
    struct config *config;
    struct store *store;
    int64_t tidied_ms;
    int64_t heartbeat_ms;
};

static void leave(struct house *house)
{
    arena_release(house->arena);
    *house = (struct house){0};
}

/* A house is only entered when its configuration can be read. */
static bool enter(const char *path, struct house *house, struct fault *fault)
{
    bool renewed = false;

    *house = (struct house){.arena = arena_new()};
    house->config = config_load(house->arena, path, channels_all, fault);
    if (house->config) {
        for (size_t i = 0; i < house->config->finding_count; i++)
            if (house->config->findings[i].mistake)
                log_error("%s: %s", house->config->findings[i].where, house->config->findings[i].text);
        house->store = store_open(house->arena, house->config->state, STORE_PATIENCE_MS, &renewed, fault);
    }
    if (renewed)
        log_error("state '%s' was corrupt: it was set aside and begun anew", house->config->state);
    if (house->config && house->store) {
        calendar_cache_use(house->config, house->store);
        return true;
    }
    leave(house);
    return false;
}

static void reload(const char *path, struct house *house)
{
    struct house next;
    struct fault fault = {0};

    reloading = 0;
    if (enter(path, &next, &fault)) {
        next.tidied_ms = house->tidied_ms;
        leave(house);
        *house = next;
        log_notice("the configuration was read again");
    } else {
        log_error("%s; the old configuration stays", fault.text);
    }
}

static void rest(int64_t ms)
{
    struct timespec time = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};

    nanosleep(&time, NULL);
}

static bool tidy(struct house *house, int64_t now_ms, struct fault *fault)
{
    if (now_ms - house->tidied_ms < TIDY_EVERY_MS && now_ms >= house->tidied_ms)
        return true;
    house->tidied_ms = now_ms;
    reloading = 1; /* what lookups left in the configuration's arena goes */
    return retention_tidy(house->store, now_ms, fault);
}

/* One pass with an arena of its own: a process that lives for months must not grow. */
static bool work(struct house *house, struct fault *fault)
{
    struct arena *arena = arena_new();
    struct world world = world_system(arena);
    int64_t now_ms = world_wall_ms(&world);
    bool heart_is_due = now_ms - house->heartbeat_ms >= HEARTBEAT_MS || now_ms < house->heartbeat_ms;
    struct worker worker = {
        .world = &world,
        .config = house->config,
        .store = house->store,
        .directory = house->config->state,
        .deadline_ms = world_steady_ms(&world) + PASS_MOST_MS,
        .interval_ms = heart_is_due ? HEARTBEAT_MS : 0,
        .ending = &ending,
    };
    struct work_done done;
    bool worked;

    if (heart_is_due)
        calendar_cache_fill(house->config, house->store, now_ms / 1000);
    worked = work_once(&worker, &done, fault) && tidy(house, now_ms, fault);
    if (heart_is_due)
        house->heartbeat_ms = now_ms;
    if (done.rows.broken > 0)
        reloading = 1; /* a secret may have been mended since */
    arena_release(arena);
    return worked;
}

static int live(const char *path)
{
    struct house house;
    struct fault fault = {0};

    if (!enter(path, &house, &fault)) {
        fprintf(stderr, "NP-CONFIG notifyd: %s\n", fault.text);
        log_error("%s", fault.text);
        return fault_exit_status(&fault);
    }
    log_notice("at work on '%s'", house.config->state);
    while (!ending) {
        if (reloading)
            reload(path, &house);
        if (work(&house, &fault)) {
            rest(ending ? 0 : LOOK_MS);
        } else {
            log_error("%s; trying again", fault.text);
            fault = (struct fault){0};
            rest(TROUBLE_MS);
            reloading = 1;
        }
    }
    log_notice("ends");
    leave(&house);
    return 0;
}

static const char HELP[] = "notifyd - the resident worker of the notification plugins (optional)\n\n"
                           "  notifyd [--config FILE] [--verbose]\n\n"
                           "Tells what waits in the outbox, sends summaries of what was held back, escalates\n"
                           "what nobody takes. SIGHUP reads the configuration again. Without notifyd a timer\n"
                           "runs `notifyctl tick`.\n\n"
                           "Example:\n  notifyd --config /etc/notification-plugins/notification.conf\n\n"
                           "Everything else: man notifyd\n";

int main(int argc, char **argv)
{
    struct daemon_call call = {.path = CONFIG_DEFAULT_PATH};
    struct sigaction action = {.sa_handler = on_signal};
    enum daemon_wish wish;

    process_prepare();
    wish = daemon_read(argc, argv, "notifyd", HELP, &call);
    if (wish != DAEMON_RUN)
        return wish == DAEMON_DONE ? 0 : 3;
    log_open("notifyd", call.verbose);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    return live(call.path);
}
