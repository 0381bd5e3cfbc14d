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
    const char *summary;
    const char *arguments; /* all of them */
    int (*run)(struct operation *operation);
};

#define COMMAND(name_, summary_, arguments_)                                                     \
    {                                                                                            \
        .name = #name_, .summary = (summary_), .arguments = (arguments_), .run = command_##name_ \
    }

static const struct command COMMANDS[] = {
    COMMAND(check, "the whole configuration: every mistake with its line", "[--as USER]"),
    COMMAND(test, "send a test message through one section", "SECTION [TARGET]..."),
    COMMAND(preview, "the exact request, secrets masked, and its lengths", "SECTION [EVENT OPTION]..."),
    COMMAND(status, "worker, outbox, broken channels, last failures, mutes", ""),
    COMMAND(why, "what each route thinks of it, and who is told when",
            "[--at TIME] ID | EVENT OPTION... | --last [--host GLOB] [--service GLOB]"),
    COMMAND(oncall, "who is on duty; gaps, and how fairly it is shared",
            "[--at TIME] [--until TIME] [--holidays CALENDAR] [--json | --ics] [ROTATION]"),
    COMMAND(history, "what was told, held back, failed, and why",
            "[--since 2h] [--host GLOB] [--service GLOB] [--channel GLOB] [--recipient TEXT] "
            "[--severity WORD] [--outcome GLOB] [--problem GLOB] [--id ID] [--json | --csv] [ID]"),
    COMMAND(stats, "delivered, held back, failed; how fast people answer",
            "[--since 7d] [--until TIME] [--by channel|team|person|route|host] [--json | --csv]"),
    COMMAND(outbox, "what waits", ""),
    COMMAND(retry, "try it again now", "ID|all"),
    COMMAND(drop, "give it up", "ID"),
    COMMAND(pending, "what waits for somebody to take it", "[--older 30m] [--json]"),
    COMMAND(confirm, "take it, solve it, give it back", "K7F3Q [--by WHO] [--comment TEXT] [--solved | --release]"),
    COMMAND(mute, "keep known trouble quiet for a while",
            "list | [--host GLOB] [--service GLOB] [--tag NAME=GLOB] [--channel GLOB] --for 2h "
            "--by WHO --why TEXT"),
    COMMAND(unmute, "end it", "ID|all"),
    COMMAND(tick, "one pass of the worker, for a timer or cron", ""),
    COMMAND(prune, "forget what is older than its retention", "[--older 400d]"),
    COMMAND(setup, "make store and key, as root; let daemons' users in", "[USER]..."),
    {.name = NULL},
};

static void print_help(void)
{
    fputs("notifyctl - check, try and watch the notification plugins\n\n"
          "  notifyctl [--config FILE] COMMAND [ARGUMENT]...\n\n",
          stdout);
    for (const struct command *command = COMMANDS; command->name; command++)
        printf("  %-8s %s\n", command->name, command->summary);
    fputs("\nThe arguments of each: notifyctl COMMAND --help\n"
          "\nExample:\n  notifyctl check && notifyctl test ops\n\nEverything else: man notifyctl\n",
          stdout);
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
    fprintf(stderr, "NP-USAGE notifyctl %s: wanted %s; see notifyctl %s --help\n", operation->argv[0], wanted,
            operation->argv[0]);
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
    if (asks_for(operation, "--help", "-h")) {
        const struct command *command = command_named(operation->argv[0]);

        fputs(help_of_command(operation->arena, "notifyctl", command->name, command->arguments, command->summary),
              stdout);
        return 0;
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
