/* support - what every unit test starts from. */
#ifndef TESTS_UNIT_SUPPORT_H
#define TESTS_UNIT_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/arena.h"

/* `test` with a fresh arena in *state. */
#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, with_arena, drop_arena)
#define COUNT(array)     (sizeof(array) / sizeof(*(array)))

/* A row of a table whose rows are too long to be laid out in columns: it is laid out like a call. */
#define CASE(...)   \
    {               \
        __VA_ARGS__ \
    }

static inline int with_arena(void **state)
{
    *state = arena_new();
    return 0;
}

static inline int drop_arena(void **state)
{
    arena_release(*state);
    return 0;
}

#endif
