/* notifyctl's door: global options, then a subcommand. */
#include "plugins/notifyctl/notifyctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/help.h"
#include "common/log.h"
#include "common/process.h"
#include "plugins/channels.h"

enum { PATIENCE_MS = 300000 }; /* a person waits in front of it */

struct command {
    const char *name;
    const char *arguments;
    const char *summary;
    int (*run)(struct operation *operation);
};

static const struct command COMMANDS[] = {
    {"check",   "[--as USER]",                   "the whole configuration: every mistake with its line",  command_check  },
    {"test",    "SECTION [TARGET]...",           "send a test message through one section",               command_test   },
    {"preview", "SECTION [EVENT OPTION]...",     "the exact request, secrets masked, and its lengths",    command_preview},
    {"status",  "",                              "worker, outbox, broken channels, last failures, mutes", command_status },
    {"why",     "ID | --last | EVENT OPTION...", "what each route thinks of it, and who is told when",    command_why    },
    {"oncall",  "[--at TIME] [ROTATION]",        "who is on duty; gaps, and how fairly it is shared",     command_oncall },
    {"history", "[FILTER]... [ID]",              "what was told, held back, failed, and why",             command_history},
    {"stats",   "[--since 7d] [--by person]",    "delivered, held back, failed; how fast people answer",  command_stats  },
    {"outbox",  "",                              "what waits",                                            command_outbox },
    {"retry",   "ID|all",                        "try it again now",                                      command_retry  },
    {"drop",    "ID",                            "give it up",                                            command_drop   },
    {"pending", "[--older 30m] [--json]",        "what waits for somebody to take it",                    command_pending},
    {"confirm", "K7F3Q [--by WHO] [--solved]",   "take it, solve it, give it back",                       command_confirm},
    {"mute",    "list | --host GLOB --for 2h",   "keep known trouble quiet for a while",                  command_mute   },
    {"unmute",  "ID|all",                        "end it",                                                command_unmute },
    {"tick",    "",                              "one pass of the worker, for a timer or cron",           command_tick   },
    {"prune",   "[--older 400d]",                "forget what is older than its retention",               command_prune  },
    {"setup",   "[USER]...",                     "make store and key, as root; let daemons' users in",    command_setup  },
    {NULL,      NULL,                            NULL,                                                    NULL           },
};

static void print_help(void)
{
    fputs("notifyctl - check, try and watch the notification plugins\n\n"
          "  notifyctl [--config FILE] COMMAND [ARGUMENT]...\n\n",
          stdout);
    for (const struct command *command = COMMANDS; command->name; command++)
        printf("  %-8s %-29s %s\n", command->name, command->arguments, command->summary);
    fputs("\nExample:\n  notifyctl check && notifyctl test ops-group\n\nEverything else: man notifyctl\n", stdout);
}

static const struct command *command_named(const char *name)
{
    const struct command *command = COMMANDS;

    while (command->name && strcmp(command->name, name) != 0)
        command++;
    return command->name ? command : NULL;
}

int usage(const struct operation *operation, const char *wanted)
{
    fprintf(stderr, "NP-USAGE notifyctl %s: wanted %s; see notifyctl --help\n", operation->argv[0], wanted);
    return 3;
}

/* Global options stand before the subcommand. */
static bool read_globals(struct operation *operation)
{
    const char *from_environment = getenv("NOTIFICATION_PLUGINS_CONFIG");

    operation->config_path = from_environment && from_environment[0] ? from_environment : CONFIG_DEFAULT_PATH;
    operation->argc--;
    operation->argv++;
    while (operation->argc >= 2 && strcmp(operation->argv[0], "--config") == 0) {
        operation->config_path = operation->argv[1];
        operation->argc -= 2;
        operation->argv += 2;
    }
    return operation->argc > 0 && command_named(operation->argv[0]) != NULL;
}

static int run_command(struct operation *operation)
{
    struct fault fault = {0};

    operation->config = config_load(operation->arena, operation->config_path, channels_all, &fault);
    if (!operation->config) {
        fprintf(stderr, "NP-CONFIG notifyctl: %s\n", fault.text);
        return fault_exit_status(&fault);
    }
    return command_named(operation->argv[0])->run(operation);
}

static bool asks_for(const struct operation *operation, const char *option, const char *letter)
{
    return operation->argc == 2 && (strcmp(operation->argv[1], option) == 0 || strcmp(operation->argv[1], letter) == 0);
}

static int serve(struct operation *operation)
{
    if (operation->argc == 1 || asks_for(operation, "--help", "-h")) {
        print_help();
        return operation->argc == 1 ? 3 : 0;
    }
    if (asks_for(operation, "--version", "-V")) {
        fputs(version_text(operation->arena, "notifyctl"), stdout);
        return 0;
    }
    if (!read_globals(operation)) {
        fprintf(stderr, "NP-USAGE notifyctl: no command '%s'; see notifyctl --help\n",
                operation->argc > 0 ? operation->argv[0] : "");
        return 3;
    }
    return run_command(operation);
}

int main(int argc, char **argv, char **environment)
{
    struct operation operation = {.argc = argc, .argv = argv, .environment = environment};
    int status;

    process_prepare();
    process_watch(PATIENCE_MS, "NP-DEADLINE notifyctl took too long\n");
    log_open("notifyctl", false);
    operation.arena = arena_new();
    operation.world = world_system(operation.arena);
    status = serve(&operation);
    arena_release(operation.arena);
    return status;
}
