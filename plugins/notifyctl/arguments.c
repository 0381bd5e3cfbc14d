#include "plugins/notifyctl/arguments.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/settings.h"
#include "common/zone.h"

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

static bool read_date(const struct operation *operation, const char *text, int64_t *when_ms)
{
    const struct config *config = operation->config;
    int64_t local;

    if (!local_read(text, &local))
        return false;
    *when_ms = 1000 * zone_moment(config->arena, local, config->timezone);
    return true;
}

bool moment_read(const struct operation *operation, const char *text, int64_t otherwise_ms, int64_t *when_ms,
                 struct fault *fault)
{
    int64_t now_ms = world_wall_ms(&operation->world);
    bool ahead = text[0] == '+';
    int64_t seconds;

    if (text[0] == '\0') {
        *when_ms = otherwise_ms;
    } else if (strcmp(text, "now") == 0) {
        *when_ms = now_ms;
    } else if (duration_read(text + ahead, &seconds)) {
        *when_ms = ahead ? now_ms + seconds * 1000 : now_ms - seconds * 1000;
    } else if (!read_date(operation, text, when_ms)) {
        return fault_set(
            fault, FAULT_USAGE,
            "'%s' is no time: wanted 30m, 2h or 7d (ago), +2h or +7d (from now), \"2026-11-24 08:00\" or now", text);
    }
    return true;
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
