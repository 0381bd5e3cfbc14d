/*
 * later - one pass of the worker as if time had gone by: for daemons whose clock a test cannot set.
 *
 *     later SECONDS      with the configuration in NOTIFICATION_PLUGINS_CONFIG
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/log.h"
#include "common/process.h"
#include "common/worker.h"
#include "plugins/channels.h"

static int64_t later_wall_ms(void *self)
{
    const int64_t *ahead_ms = self;

    return clock_system.wall_ms(clock_system.self) + *ahead_ms;
}

static int run(struct arena *arena, int64_t ahead_ms)
{
    struct world world = world_system(arena);
    struct fault fault = {0};
    struct config *config = config_load(arena, getenv("NOTIFICATION_PLUGINS_CONFIG"), channels_all, &fault);
    struct worker worker = {.world = &world, .config = config, .deadline_ms = world_steady_ms(&world) + 60000};
    struct work_done done;
    bool renewed;

    world.clock.wall_ms = later_wall_ms;
    world.clock.self = &ahead_ms;
    worker.store = config ? store_open(arena, config->state, STORE_PATIENCE_MS, &renewed, &fault) : NULL;
    worker.directory = config ? config->state : "";
    if (!worker.store || !work_once(&worker, &done, &fault)) {
        fprintf(stderr, "%s\n", fault.text);
        return 1;
    }
    printf("seen %zu\n", done.seen);
    return 0;
}

int main(int argc, char **argv)
{
    struct arena *arena = arena_new();
    int status = 3;

    process_prepare();
    log_open("later", true);
    if (argc == 2)
        status = run(arena, strtoll(argv[1], NULL, 10) * 1000);
    arena_release(arena);
    return status;
}
