/* intake_support - calls as a monitoring system makes them, for the tests of intake. */
#ifndef TESTS_UNIT_INTAKE_SUPPORT_H
#define TESTS_UNIT_INTAKE_SUPPORT_H

#include "tests/unit/support.h"

#include <stdio.h>
#include <unistd.h>

#include "common/intake.h"

/* A descriptor that gives `text` and then ends. */
static inline int descriptor_of(const char *text)
{
    FILE *file = tmpfile();
    int descriptor;

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    rewind(file);
    descriptor = dup(fileno(file));
    fclose(file);
    assert_int_equal(lseek(descriptor, 0, SEEK_SET), 0);
    return descriptor;
}

/* Both lists end with NULL; argv[0] is the program. */
static inline bool read_call(struct arena *arena, const char *const *argv, const char *const *environment, int input,
                             const struct option_row *rows, struct call *call, struct fault *fault)
{
    struct intake intake = {.arena = arena, .input = input, .rows = rows, .program = "notify_test"};
    char **copied;

    while (argv[intake.argc])
        intake.argc++;
    copied = arena_alloc(arena, ((size_t)intake.argc + 1) * sizeof(*copied));
    for (int i = 0; i < intake.argc; i++)
        copied[i] = arena_copy(arena, argv[i], strlen(argv[i]));
    intake.argv = copied;
    intake.environment = (char **)(uintptr_t)environment;
    return intake_read(&intake, call, fault);
}

/* A call that is understood, without environment and input. */
#define CALL(arena, ...) call_of(arena, (const char *const[]){"notify_test", __VA_ARGS__, NULL})

static inline struct call call_of(struct arena *arena, const char *const *argv)
{
    static const char *const NOTHING[] = {NULL};
    struct fault fault = {0};
    struct call call;

    if (!read_call(arena, argv, NOTHING, -1, NULL, &call, &fault))
        fail_msg("not understood: %s", fault.text);
    return call;
}

/* Why a call is not understood. */
#define FAULT(arena, rows, ...) fault_of(arena, rows, (const char *const[]){"notify_test", __VA_ARGS__, NULL})

static inline struct fault fault_of(struct arena *arena, const struct option_row *rows, const char *const *argv)
{
    static const char *const NOTHING[] = {NULL};
    struct fault fault = {0};
    struct call call;

    if (read_call(arena, argv, NOTHING, -1, rows, &call, &fault))
        fail_msg("'%s ...' was understood", argv[1] ? argv[1] : "");
    return fault;
}

static inline void assert_says(const struct fault *fault, const char *words)
{
    if (!strstr(fault->text, words))
        fail_msg("'%s' does not say '%s'", fault->text, words);
}

static inline const char *pair_named(const struct pairs *pairs, const char *name)
{
    for (size_t i = 0; i < pairs->count; i++)
        if (strcmp(pairs->items[i].name, name) == 0)
            return pairs->items[i].value;
    return NULL;
}

#endif
