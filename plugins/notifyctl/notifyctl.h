/* notifyctl - the operator's tool: one file a subcommand, each a row of the table in main.c. */
#ifndef PLUGINS_NOTIFYCTL_NOTIFYCTL_H
#define PLUGINS_NOTIFYCTL_NOTIFYCTL_H

#include "common/config.h"
#include "common/world.h"

/* What every subcommand starts from. */
struct operation {
    struct arena *arena;
    struct world world;
    const char *config_path;
    struct config *config; /* loaded; mistakes stand in its findings */
    int argc;              /* argv[0] is the subcommand */
    char **argv;
    char **environment;
};

/* Each returns the exit status: 0 done, 1 failed, 2 refused or misconfigured, 3 wrong usage. */
int command_check(struct operation *operation);
int command_test(struct operation *operation);
int command_preview(struct operation *operation);
int command_history(struct operation *operation);
int command_outbox(struct operation *operation);
int command_retry(struct operation *operation);
int command_drop(struct operation *operation);
int command_prune(struct operation *operation);
int command_tick(struct operation *operation);
int command_status(struct operation *operation);
int command_oncall(struct operation *operation);
int command_why(struct operation *operation);
int command_confirm(struct operation *operation);
int command_pending(struct operation *operation);
int command_setup(struct operation *operation);
int command_stats(struct operation *operation);
int command_mute(struct operation *operation);
int command_unmute(struct operation *operation);

/* Says on stderr how the subcommand is called; returns 3. */
int usage(const struct operation *operation, const char *wanted);

#endif
