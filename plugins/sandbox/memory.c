#include "plugins/sandbox/memory.h"

#include <string.h>

#include "common/hash.h"

void memory_add(struct memory *memory, const char *key, int64_t now_ms)
{
    struct happening *happening = &memory->happenings[memory->count % MEMORY_MOST];
    struct digest digest = hash_sha256(key, strlen(key));

    memcpy(happening->key, digest.bytes, sizeof(happening->key));
    happening->at_ms = now_ms;
    memory->count++;
}

size_t memory_count(const struct memory *memory, const char *key, int64_t window_ms, int64_t now_ms)
{
    struct digest digest = hash_sha256(key, strlen(key));
    size_t kept = memory->count < MEMORY_MOST ? memory->count : MEMORY_MOST;
    size_t found = 0;

    for (size_t i = 0; i < kept; i++) {
        const struct happening *happening = &memory->happenings[i];

        if (happening->at_ms > now_ms - window_ms && memcmp(happening->key, digest.bytes, sizeof(digest.bytes)) == 0)
            found++;
    }
    return found;
}
