/*
 * notify_ackd - the page on which people take an alert, and the board of open alerts.
 *
 * Reads a configuration of its own: no channel's settings, no provider's secret. What it needs is the state directory and the
 * key of the links.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/daemon.h"
#include "common/log.h"
#include "common/process.h"
#include "plugins/ackd/server.h"
#include "plugins/web/stopping.h"

#define ACKD_DEFAULT_PATH "/etc/notification-plugins/ackd.conf"

enum { FIRST_INHERITED = 3 };

static const char HELP[] = "notify_ackd - the page on which people take an alert, and the board of open alerts\n\n"
                           "  notify_ackd [--config FILE] [--verbose]\n\n"
                           "  --config FILE  by default " ACKD_DEFAULT_PATH "\n"
                           "  --verbose      log to stderr, too\n"
                           "  --help, --version\n\n"
                           "Put a web server with TLS before it. SIGTERM ends it.\n\n"
                           "Example:\n  notify_ackd --config /etc/notification-plugins/ackd.conf\n\n"
                           "Everything else: man notify_ackd\n";

/* A server that reads half of what it was told would be open where it should be shut: a mistake stops it. */
static struct config *read_configuration(struct arena *arena, const char *path, struct fault *fault)
{
    static const struct channel *const NO_CHANNELS[] = {NULL};
    struct config *config = config_load(arena, path, NO_CHANNELS, fault);

    for (size_t i = 0; config && i < config->finding_count; i++) {
        if (config->findings[i].mistake) {
            fault_set(fault, FAULT_CONFIG, "%s: %s", config->findings[i].where, config->findings[i].text);
            return NULL;
        }
        log_notice("%s: %s", config->findings[i].where, config->findings[i].text);
    }
    return config;
}

static bool listen_on(struct server *server, const char *address, struct fault *fault)
{
    if (!listener_open(address, &server->listeners[0], fault)) {
        fault->kind = fault->kind == FAULT_USAGE ? FAULT_CONFIG : fault->kind;
        return fault_in(fault, "confirm { listen }");
    }
    server->listener_count = 1;
    if (!address_is_local(address))
        log_notice("'%s' can be reached from other machines without TLS: better listen on 127.0.0.1 or a unix socket, "
                   "behind a web server",
                   address);
    return true;
}

static bool adopt(struct server *server, int count, struct fault *fault)
{
    for (int i = 0; i < count; i++) {
        if (!listener_adopt(FIRST_INHERITED + i))
            return fault_set(fault, FAULT_SYSTEM, "descriptor %d of the service manager is no listening socket",
                             FIRST_INHERITED + i);
        server->listeners[server->listener_count++] = FIRST_INHERITED + i;
    }
    return true;
}

static void tell_begin(struct arena *arena, const struct server *server)
{
    for (size_t i = 0; i < server->listener_count; i++) {
        const char *name = listener_name(arena, server->listeners[i]);

        printf("notify_ackd: %s\n", name);
        log_notice("serves on %s", name);
    }
    fflush(stdout);
}

static bool live(struct arena *arena, const char *path, int inherited, struct fault *fault)
{
    static struct desk desk; /* too large for a stack */
    struct config *config = read_configuration(arena, path, fault);
    struct server server = {.desk = &desk};
    int signals = stopping_signals();
    bool good;

    if (!config || !desk_open(&desk, arena, config, &clock_system, fault))
        return false;
    if (inherited > 0 ? !adopt(&server, inherited, fault) : !listen_on(&server, config->confirm.listen, fault))
        return false;
    tell_begin(arena, &server);
    good = server_run(&server, signals, fault);
    if (inherited == 0 && listener_file(config->confirm.listen))
        unlink(listener_file(config->confirm.listen));
    return good;
}

int main(int argc, char **argv)
{
    struct daemon_call call = {.path = ACKD_DEFAULT_PATH};
    int inherited = listeners_inherited();
    struct fault fault = {0};
    struct arena *arena;
    enum daemon_wish wish;
    bool good;

    process_prepare_keeping((unsigned)inherited);
    wish = daemon_read(argc, argv, "notify_ackd", HELP, &call);
    if (wish != DAEMON_RUN)
        return wish == DAEMON_DONE ? 0 : 3;
    arena = arena_new();
    log_open("notify_ackd", call.verbose);
    good = live(arena, call.path, inherited, &fault);
    if (!good) {
        fprintf(stderr, "NP-%s notify_ackd: %s\n", fault.kind == FAULT_CONFIG ? "CONFIG" : "SYSTEM", fault.text);
        log_error("%s", fault.text);
    } else {
        log_notice("ends");
    }
    arena_release(arena);
    return good ? 0 : fault_exit_status(&fault);
}
