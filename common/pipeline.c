#include "common/pipeline.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/compose.h"
#include "common/config.h"
#include "common/delivery.h"
#include "common/help.h"
#include "common/intake.h"
#include "common/log.h"
#include "common/plan.h"
#include "common/preview.h"
#include "common/process.h"
#include "common/report.h"
#include "common/world.h"

/* One run of a notify_<channel>, from the call to the exit status. */
struct run {
    struct world world;
    struct arena *arena;
    const struct channel *channel;
    const struct channel *const *channels;
    const char *program;
    struct call call;
    struct config *config;
    struct plan plan;
    struct secrets secrets; /* of every leg: no line leaves without being masked */
    const char *id;         /* the notification's */
    int64_t started_ms;     /* steady */
    int status;             /* the exit status so far: the gravest leg decides */
};

static const char *masked(const struct run *run, const char *text)
{
    return secrets_mask(run->arena, &run->secrets, text);
}

/* Why not, for the monitoring system and for the system's log. */
static void complain(const struct run *run, const char *line)
{
    fprintf(stderr, "%s\n", masked(run, line));
    log_error("%s id=%s", masked(run, line), run->id);
}

static void keep_status(struct run *run, int status)
{
    run->status = status > run->status ? status : run->status;
}

/* A one-off call needs no configuration; one that was named must be there. */
static bool read_config(struct run *run, struct fault *fault)
{
    const char *path = run->call.config_path;
    bool named = path[0] != '\0';

    if (!named)
        path = CONFIG_DEFAULT_PATH;
    if (!named && run->call.options.count > 0 && access(path, R_OK) != 0)
        run->config = config_none(run->arena);
    else
        run->config = config_load(run->arena, path, run->channels, fault);
    return run->config != NULL;
}

/* Mistakes elsewhere in the configuration cost their own section only, and are said at every run. */
static void tell_findings(const struct run *run)
{
    for (size_t i = 0; i < run->config->finding_count; i++) {
        const struct finding *finding = &run->config->findings[i];

        if (finding->mistake)
            log_error("%s: %s", finding->where, masked(run, finding->text));
    }
}

static void gather_secrets(struct run *run)
{
    for (size_t i = 0; i < run->plan.leg_count; i++) {
        const struct secrets *secrets = &run->plan.legs[i].section->secrets;

        for (size_t k = 0; k < secrets->count; k++)
            secrets_add(&run->secrets, secrets->items[k]);
    }
}

/* Who calls, what happened, who shall know. */
static bool understand(struct run *run, const struct intake *intake, struct fault *fault)
{
    if (!intake_read(intake, &run->call, fault))
        return false;
    if (run->call.wish != WISH_SEND)
        return true;
    process_watch(run->call.deadline_ms, "NP-DEADLINE the time allowed is over; the outcome is not known\n");
    log_open(run->program, run->call.verbose);
    if (!read_config(run, fault))
        return false;
    if (!plan_make(run->arena, run->config, run->channel, &run->call, &run->plan, fault)) {
        tell_findings(run);
        return false;
    }
    gather_secrets(run);
    tell_findings(run);
    return true;
}

static enum language language_of(const struct run *run, const struct section *section)
{
    enum language language = language_from(section->common.language);

    return language == LANGUAGE_COUNT ? run->config->language : language;
}

static struct message message_for(const struct run *run, const struct section *section)
{
    struct composition composition = {
        .templates = run->config->templates,
        .template_name = run->call.template_name[0] ? run->call.template_name : section->common.template_name,
        .timezone = run->config->timezone,
        .confirm_url = "",
        .id = run->id,
        .language = language_of(run, section),
        .wall_ms = world_wall_ms(&run->world),
    };
    struct message message;
    struct fault fault = {0};
    bool found = true;

    compose(run->arena, &composition, &run->call.event, &message, &found, &fault);
    if (!found)
        log_error("template '%s' is not installed in '%s'; another one is used %s",
                  compose_template_name(&run->call.event, composition.template_name), composition.templates,
                  fault.text);
    return message;
}

/* What --dry-run shows in place of sending. */
static void show(struct run *run, const struct delivery *delivery, const struct intent *intent)
{
    struct request request;
    struct fault fault = {0};

    if (build_request(&run->world, delivery, intent, &request, &fault)) {
        fputs(preview_text(run->arena, &request, &run->secrets), stdout);
    } else {
        complain(run, fault.text);
        keep_status(run, fault_exit_status(&fault));
    }
}

static void log_attempt(void *self, const struct attempt *attempt)
{
    const struct run *run = self;
    const struct verdict *verdict = verdict_worst(attempt->verdicts);

    log_notice("attempt=%u outcome=%s code=%s ms=%lld id=%s %s", attempt->number, outcome_name(verdict->outcome),
               verdict->code, (long long)attempt->took_ms, run->id, masked(run, verdict->reason));
}

/* The line that says what became of one leg. */
static void account(struct run *run, const struct section *section, const struct message *message,
                    const struct verdicts *verdicts, int64_t took_ms)
{
    struct report report = {
        .section = section, .short_id = message->short_id, .language = message->language, .took_ms = took_ms};
    const struct verdict *worst = verdict_worst(verdicts);

    for (size_t i = 0; i < verdicts->count; i++)
        if (verdicts->items[i].outcome != OUTCOME_DELIVERED)
            complain(run, report_failure(run->arena, &report, &verdicts->items[i]));
    if (worst->outcome == OUTCOME_DELIVERED || worst->outcome == OUTCOME_UNCLEAR) {
        const char *line = masked(run, report_success(run->arena, &report, verdicts));

        puts(line);
        log_notice("%s id=%s", line, run->id);
    }
    keep_status(run, report_exit_status(worst->outcome));
}

static void tell(struct run *run, const struct leg *leg)
{
    const struct section *section = leg->section;
    struct message message = message_for(run, section);
    struct delivery delivery = {
        .channel = section->channel,
        .settings = section->settings,
        .network = &section->network,
        .policy = section->retry,
        .deadline_ms = run->started_ms + run->call.deadline_ms - 1000,
        .on_attempt = log_attempt,
        .self = run,
    };
    struct intent intent = {
        .verb = VERB_SEND,
        .message = &message,
        .recipients = leg->recipients,
        .recipient_count = leg->recipient_count,
        .reference = "",
    };
    int64_t before_ms = world_steady_ms(&run->world);
    struct verdicts verdicts;

    if (run->call.dry_run) {
        show(run, &delivery, &intent);
        return;
    }
    verdicts = deliver(&run->world, &delivery, &intent);
    account(run, section, &message, &verdicts, world_steady_ms(&run->world) - before_ms);
}

static void tell_everybody(struct run *run)
{
    for (size_t i = 0; i < run->plan.note_count; i++)
        complain(run, run->plan.notes[i]);
    for (size_t i = 0; i < run->plan.leg_count; i++)
        tell(run, &run->plan.legs[i]);
}

/* Time first, so that ids sort; chance, so that they are unique among many hosts. */
static const char *new_id(struct run *run)
{
    return arena_print(run->arena, "n%011llx%s", (unsigned long long)world_wall_ms(&run->world),
                       world_hex(&run->world, 6));
}

static void grant_wish(struct run *run)
{
    switch (run->call.wish) {
    case WISH_HELP:
        fputs(help_text(run->arena, run->channel), stdout);
        return;
    case WISH_VERSION:
        fputs(version_text(run->arena, run->program), stdout);
        return;
    case WISH_SEND:
        tell_everybody(run);
        return;
    }
}

int notify_main(int argc, char **argv, char **environment, const struct channel *channel,
                const struct channel *const *channels)
{
    struct arena *arena;
    struct run run;
    struct intake intake;
    struct fault fault = {0};

    process_prepare();
    arena = arena_new();
    run = (struct run){.world = world_system(arena),
                       .arena = arena,
                       .channel = channel,
                       .channels = channels,
                       .program = arena_print(arena, "notify_%s", channel->name),
                       .secrets = {.arena = arena}};
    run.started_ms = world_steady_ms(&run.world);
    run.id = new_id(&run);
    intake = (struct intake){.arena = arena,
                             .argc = argc,
                             .argv = argv,
                             .environment = environment,
                             .input = STDIN_FILENO,
                             .rows = channel->options,
                             .program = run.program};
    if (understand(&run, &intake, &fault)) {
        grant_wish(&run);
    } else {
        complain(&run, arena_print(arena, "NP-%s %s: %s", fault.kind == FAULT_USAGE ? "USAGE" : "CONFIG", run.program,
                                   fault.text));
        run.status = fault_exit_status(&fault);
    }
    arena_release(arena);
    return run.status;
}
