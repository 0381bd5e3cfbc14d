#include "plugins/notifyctl/arguments.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/settings.h"

static const struct argument *argument_named(const struct argument *arguments, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(arguments[i].name, name) == 0)
            return &arguments[i];
    return NULL;
}

bool arguments_read(const struct operation *operation, const struct argument *arguments, size_t count, int *rest,
                    struct fault *fault)
{
    int at = 1;

    while (at < operation->argc && strncmp(operation->argv[at], "--", 2) == 0) {
        const struct argument *argument = argument_named(arguments, count, operation->argv[at]);

        if (!argument)
            return fault_set(fault, FAULT_USAGE, "%s has no option '%s'", operation->argv[0], operation->argv[at]);
        if (argument->flag) {
            *argument->flag = true;
            at++;
        } else if (at + 1 < operation->argc) {
            *argument->text = operation->argv[at + 1];
            at += 2;
        } else {
            return fault_set(fault, FAULT_USAGE, "'%s' wants a value", operation->argv[at]);
        }
    }
    *rest = at;
    return true;
}

static bool read_date(const char *text, int64_t *when_ms)
{
    static const char *const FORMS[] = {"%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"};

    for (size_t i = 0; i < sizeof(FORMS) / sizeof(*FORMS); i++) {
        struct tm tm = {.tm_isdst = -1};
        const char *end = strptime(text, FORMS[i], &tm);

        if (end && *end == '\0') {
            *when_ms = (int64_t)mktime(&tm) * 1000;
            return true;
        }
    }
    return false;
}

bool moment_read(const struct operation *operation, const char *text, int64_t otherwise_ms, int64_t *when_ms,
                 struct fault *fault)
{
    int64_t seconds;

    *when_ms = otherwise_ms;
    if (text[0] == '\0')
        return true;
    if (duration_read(text, &seconds)) {
        *when_ms = world_wall_ms(&operation->world) - seconds * 1000;
        return true;
    }
    return read_date(text, when_ms) ||
           fault_set(fault, FAULT_USAGE, "'%s' is no time: wanted 30m, 2h, 7d or \"2026-11-24 08:00\"", text);
}

int say_fault(const struct operation *operation, const struct fault *fault)
{
    fprintf(stderr, "%s notifyctl %s: %s\n", fault->kind == FAULT_USAGE ? "NP-USAGE" : "NP-STATE", operation->argv[0],
            fault->text);
    return fault_exit_status(fault);
}

struct store *open_store_or_say(struct operation *operation)
{
    struct fault fault = {0};
    bool renewed = false;
    struct store *store = store_open(operation->arena, operation->config->state, STORE_PATIENCE_MS, &renewed, &fault);

    if (!store)
        say_fault(operation, &fault);
    if (renewed)
        fprintf(stderr, "the state in '%s' was corrupt: it was set aside and begun anew\n", operation->config->state);
    return store;
}
