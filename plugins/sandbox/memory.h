/*
 * memory - what happened under a key, and when: quotas, nonces, ids of earlier messages.
 *
 * Keeps the last MEMORY_MOST happenings of all keys together; older ones are forgotten.
 */
#ifndef SANDBOX_MEMORY_H
#define SANDBOX_MEMORY_H

#include <stddef.h>
#include <stdint.h>

enum { MEMORY_MOST = 4096 };

struct happening {
    unsigned char key[32]; /* SHA-256: keys may be long, and may be secrets */
    int64_t at_ms;
};

struct memory {
    struct happening happenings[MEMORY_MOST];
    size_t count; /* all that ever happened */
};

void memory_add(struct memory *memory, const char *key, int64_t now_ms);

/* How often it happened within the last `window_ms`. */
size_t memory_count(const struct memory *memory, const char *key, int64_t window_ms, int64_t now_ms);

#endif
