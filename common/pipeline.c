#include "common/pipeline.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/help.h"
#include "common/intake.h"
#include "common/log.h"
#include "common/process.h"
#include "common/sending.h"

enum { SPARE_MS = 1000 }; /* between the last answer and the watchdog: for the records */

static const char OVERDUE[] = "NP-DEADLINE the time allowed is over; what became of the message is not known\n";

/* One run of a notify_<channel>, from the call to the exit status. */
struct run {
    struct world world;
    struct arena *arena;
    const struct channel *channel; /* NULL: the route picks */
    const struct channel *const *channels;
    const char *program;
    struct call call;
    struct plan plan;
    struct sending sending;
};

/* A one-off call needs no configuration; one that was named must be there. */
static bool read_config(struct run *run, struct fault *fault)
{
    const char *path = run->call.config_path[0] ? run->call.config_path : CONFIG_DEFAULT_PATH;
    bool may_do_without = run->call.config_path[0] == '\0' && run->call.options.count > 0;

    if (may_do_without && access(path, R_OK) != 0)
        run->sending.config = config_none(run->arena);
    else
        run->sending.config = config_load(run->arena, path, run->channels, fault);
    return run->sending.config != NULL;
}

/* Who shall know, and how. */
static bool prepare(struct run *run, struct fault *fault)
{
    int64_t started_ms = world_steady_ms(&run->world);
    bool planned;

    process_watch(run->call.deadline_ms, OVERDUE);
    if (run->call.event.time_s == 0)
        run->call.event.time_s = world_wall_ms(&run->world) / 1000; /* told later, it still says when it happened */
    run->sending.event = &run->call.event;
    run->sending.template_name = run->call.template_name;
    run->sending.options = &run->call.options;
    run->sending.deadline_ms = started_ms + run->call.deadline_ms - SPARE_MS;
    run->sending.preview = run->call.dry_run;
    run->sending.state = run->call.state;
    run->sending.result = run->call.json ? sending_result(run->arena) : NULL;
    if (!read_config(run, fault))
        return false;
    sending_prepare_people(&run->sending);
    if (run->channel)
        planned = plan_make(run->arena, run->sending.config, run->channel, &run->call,
                            world_wall_ms(&run->world) / 1000, &run->plan, fault);
    else
        planned = sending_route(&run->sending, &run->call.to, &run->plan, fault);
    sending_tell_findings(&run->sending);
    if (planned && !run->call.dry_run)
        sending_open_store(&run->sending);
    return planned;
}

static bool notify(struct run *run, const struct intake *intake, struct fault *fault)
{
    if (!intake_read(intake, &run->call, fault))
        return false;
    log_open(run->program, run->call.verbose);
    switch (run->call.wish) {
    case WISH_HELP:
        fputs(run->channel ? help_text(run->arena, run->channel) : help_of_route(), stdout);
        return true;
    case WISH_VERSION:
        fputs(version_text(run->arena, run->program), stdout);
        return true;
    case WISH_SEND:
        break;
    }
    if (!prepare(run, fault))
        return false;
    send_all(&run->sending, &run->plan);
    return true;
}

static void explain(struct run *run, const struct fault *fault)
{
    const char *code = fault->kind == FAULT_USAGE ? "NP-USAGE" : "NP-CONFIG";

    sending_complain(&run->sending, arena_print(run->arena, "%s %s: %s", code, run->program, fault->text));
    run->sending.status = fault_exit_status(fault);
}

static int run_program(struct run *run, const char *program, int argc, char **argv, char **environment)
{
    struct intake intake = {.argc = argc,
                            .argv = argv,
                            .environment = environment,
                            .input = STDIN_FILENO,
                            .rows = run->channel ? run->channel->options : NULL};
    struct fault fault = {0};

    process_prepare();
    run->arena = arena_new();
    run->world = world_system(run->arena);
    run->program = arena_print(run->arena, "notify_%s", program);
    run->sending = (struct sending){.world = &run->world,
                                    .id = sending_id(&run->world),
                                    .template_name = "",
                                    .state = "",
                                    .secrets = {.arena = run->arena}};
    intake.arena = run->arena;
    intake.program = run->program;
    if (!notify(run, &intake, &fault))
        explain(run, &fault);
    arena_release(run->arena);
    return run->sending.status;
}

int notify_main(int argc, char **argv, char **environment, const struct channel *channel,
                const struct channel *const *channels)
{
    struct run run = {.channel = channel, .channels = channels};

    return run_program(&run, channel->name, argc, argv, environment);
}

int route_main(int argc, char **argv, char **environment, const struct channel *const *channels)
{
    struct run run = {.channels = channels};

    return run_program(&run, "route", argc, argv, environment);
}
