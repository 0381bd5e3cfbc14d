#include "common/world.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "common/encode.h"

static void random_system(void *self, unsigned char *bytes, size_t len)
{
    (void)self;
    while (len > 0) {
        ssize_t got = getrandom(bytes, len, 0);

        if (got < 0 && errno != EINTR)
            abort();
        if (got > 0) {
            bytes += got;
            len -= (size_t)got;
        }
    }
}

struct world world_system(struct arena *arena)
{
    return (struct world){
        .arena = arena, .clock = clock_system, .transport = transport_system, .random = random_system};
}

int64_t world_wall_ms(const struct world *world)
{
    return world->clock.wall_ms(world->clock.self);
}

int64_t world_steady_ms(const struct world *world)
{
    return world->clock.steady_ms(world->clock.self);
}

void world_sleep_ms(const struct world *world, int64_t ms)
{
    world->clock.sleep_ms(world->clock.self, ms);
}

uint32_t world_dice(const struct world *world)
{
    unsigned char bytes[4];

    world->random(world->random_self, bytes, sizeof(bytes));
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

const char *world_hex(const struct world *world, size_t bytes)
{
    unsigned char random[32];
    struct str hex = str_in(world->arena, 2 * sizeof(random));

    if (bytes > sizeof(random))
        bytes = sizeof(random);
    world->random(world->random_self, random, bytes);
    encode_hex(&hex, random, bytes);
    return hex.text;
}
