/* fuzz - what every libFuzzer target starts from: https://llvm.org/docs/LibFuzzer.html */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A promise that does not hold is a finding like any crash. */
static inline void promise(bool holds)
{
    if (!holds)
        abort();
}

/* The input as text; NULs end it for whoever reads text. */
static inline char *text_of(struct arena *arena, const uint8_t *data, size_t size)
{
    return arena_copy(arena, (const char *)data, size);
}

#endif
