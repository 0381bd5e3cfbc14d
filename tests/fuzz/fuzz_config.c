/* A configuration file, in memory. Whatever it says becomes findings. */
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "common/config.h"
#include "plugins/channels.h"

static char path[64];

static void forget(void)
{
    unlink(path);
}

static void keep(const uint8_t *data, size_t size)
{
    int file;

    if (!path[0]) {
        snprintf(path, sizeof(path), "/dev/shm/np-fuzz-%ld.conf", (long)getpid());
        atexit(forget);
    }
    file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    promise(file >= 0 && write(file, data, size) == (ssize_t)size);
    close(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct fault fault = {0};
    struct config *config;

    keep(data, size);
    config = config_load(arena, path, channels_all, &fault);
    promise(config || fault.kind == FAULT_CONFIG);
    for (size_t i = 0; config && i < config->finding_count; i++)
        promise(config->findings[i].text[0] && !strchr(config->findings[i].text, '\n'));
    arena_release(arena);
    return 0;
}
