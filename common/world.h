/*
 * world - time, network and chance, handed down so that tests can bring their own.
 *
 * With a clock that moves only when somebody sleeps, a retry story of 25 seconds runs in microseconds.
 */
#ifndef COMMON_WORLD_H
#define COMMON_WORLD_H

#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/transport.h"

struct world {
    struct arena *arena;
    struct clock clock;
    struct transport transport;
    void (*random)(void *self, unsigned char *bytes, size_t len); /* unguessable */
    void *random_self;
};

/* The real one. */
struct world world_system(struct arena *arena);

int64_t world_wall_ms(const struct world *world);
int64_t world_steady_ms(const struct world *world);
void world_sleep_ms(const struct world *world, int64_t ms);
uint32_t world_dice(const struct world *world);

/* 2 * `bytes` random hex digits; `bytes` at most 32. */
const char *world_hex(const struct world *world, size_t bytes);

#endif
