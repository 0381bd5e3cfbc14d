/* arguments - the options of a subcommand: "--name value" pairs from one table. */
#ifndef PLUGINS_NOTIFYCTL_ARGUMENTS_H
#define PLUGINS_NOTIFYCTL_ARGUMENTS_H

#include "common/fault.h"
#include "common/store.h"
#include "plugins/notifyctl/notifyctl.h"

struct argument {
    const char *name;  /* "--since" */
    const char **text; /* takes a value; or */
    bool *flag;        /* takes none */
};

/* Fills in what argv gives, from argv[1] on; *rest is the index of the first operand. FAULT_USAGE names the option. */
bool arguments_read(const struct operation *operation, const struct argument *arguments, size_t count, int *rest,
                    struct fault *fault);

/*
 * A point in time: "30m", "2h", "7d" ago, "+2h" ahead, "now", "2026-11-24", "2026-11-24 08:00", in the configuration's time zone. "" is `otherwise`.
 */
bool moment_read(const struct operation *operation, const char *text, int64_t otherwise_ms, int64_t *when_ms,
                 struct fault *fault);

/* Opens the store, or says on stderr why not and returns NULL. */
struct store *open_store_or_say(struct operation *operation);

/* Says the fault on stderr; returns its exit status. */
int say_fault(const struct operation *operation, const struct fault *fault);

#endif
