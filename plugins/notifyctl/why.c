/* notifyctl why: what each route thinks of an event, past or imagined, and what would be sent to whom, when. */
#include <stdio.h>
#include <string.h>

#include "common/asking.h"
#include "common/civil.h"
#include "common/confirmation.h"
#include "common/duty.h"
#include "common/history.h"
#include "common/routing.h"
#include "plugins/notifyctl/arguments.h"

struct explaining {
    struct operation *operation;
    struct config *config;
    struct store *store; /* NULL when there is none: then nothing is known of limits */
    struct call call;
    int64_t at_ms;
    int64_t at_s;
    bool past; /* what became of it stands above */
};

static const char *time_text(const struct explaining *explaining, int64_t at_s)
{
    return civil_text(explaining->config->arena, at_s, explaining->config->timezone);
}

static const char *person(struct arena *arena, const struct contact *contact)
{
    const char *name = contact_value(contact, "name");

    return name[0] ? arena_print(arena, "%s (%s)", name, contact->name) : contact->name;
}

/* People. */

static void explain_duty(const struct explaining *explaining, const char *name)
{
    struct duty duty;

    if (!duty_find(explaining->config, name, explaining->at_s, &duty))
        return;
    if (duty.contact)
        printf("    @%s is %s: %s, until %s\n", name, person(explaining->config->arena, duty.contact), duty.shift.why,
               time_text(explaining, duty.shift.until_s));
    else
        printf("    @%s is nobody: %s\n", name, duty.trouble);
}

static void explain_people(const struct explaining *explaining, const struct text_list *to)
{
    for (size_t i = 0; i < to->count; i++)
        if (to->items[i][0] == '@')
            explain_duty(explaining, to->items[i] + 1);
}

/* Routes. */

static void explain_escalation(const struct explaining *explaining, const struct route *route)
{
    for (size_t i = 0; i < route->step_count; i++) {
        const struct escalation_step *step = &route->steps[i];

        printf("    unless somebody confirms, at %s:", time_text(explaining, explaining->at_s + step->after_s));
        for (size_t k = 0; k < step->channels.count; k++)
            printf(" %s", step->channels.items[k]);
        for (size_t k = 0; k < step->to.count; k++)
            printf(" %s", step->to.items[k]);
        putchar('\n');
        explain_people(explaining, &step->to);
    }
}

static void explain_confirmation(const struct explaining *explaining, const struct route *route)
{
    const struct event *event = &explaining->call.event;
    int64_t within_s = confirmation_within_s(&route->confirm, event);

    if (within_s == 0)
        return;
    printf("    a confirmation is waited for until %s\n", time_text(explaining, explaining->at_s + within_s));
    explain_escalation(explaining, route);
}

static void explain_routes(const struct explaining *explaining, const struct routing_trace *trace)
{
    puts("routes:");
    for (size_t i = 0; i < trace->count; i++) {
        const struct routing_step *step = &trace->steps[i];

        printf("  %s \"%s\" (%s): %s\n", step->taken ? "+" : "-", step->route->title, step->route->where, step->why);
        if (!step->taken)
            continue;
        explain_people(explaining, explaining->call.to.count ? &explaining->call.to : &step->route->to);
        explain_confirmation(explaining, step->route);
    }
    if (trace->count == 0)
        puts("  none was looked at");
    else if (trace->count < explaining->config->route_count && !trace->by_operator)
        puts("  those not listed were not looked at any more");
}

/* What the store would say. */

static const char *held_text(const struct explaining *explaining, const struct admission_answer *answer)
{
    struct arena *arena = explaining->config->arena;

    if (strcmp(answer->scope, "route") == 0)
        return arena_print(arena, "held until %s, and told in a summary then",
                           time_text(explaining, answer->due_ms / 1000));
    return arena_print(arena, "held back: %lld a %s reached for this %s; a place is free at %s",
                       (long long)answer->allowed, answer->window, answer->scope,
                       time_text(explaining, answer->due_ms / 1000));
}

static const char *answer_text(const struct explaining *explaining, const struct admission_answer *answer)
{
    struct arena *arena = explaining->config->arena;

    switch (answer->admission) {
    case ADMITTED:
        return arena_print(arena, "told at once (%s)", answer->reason);
    case ADOPTED:
    case IN_FLIGHT:
        return "the same waits in the outbox already: it is told once";
    case REPEATED:
        return arena_print(arena, "suppressed: the same was told %lld s before", (long long)answer->ago_ms / 1000);
    case REFUSED_BEFORE:
        return arena_print(arena, "suppressed: the same was refused %lld s before: %s",
                           (long long)answer->ago_ms / 1000, answer->words);
    case HELD:
        return held_text(explaining, answer);
    case MUTED:
        return arena_print(arena, "suppressed: muted by %s", answer->words);
    case FOLDED:
        return "its problem was held back: both go into the summary";
    case QUEUED:
        return arena_print(arena, "queued: the provider takes %lld a %s", (long long)answer->allowed, answer->window);
    }
    return "";
}

static const char *ask(struct explaining *explaining, const struct chain *chain)
{
    const struct event *event = chain->event ? chain->event : &explaining->call.event;
    struct admission_ask ask;
    struct admission_answer answer;
    struct fault fault = {0};

    if (!explaining->store)
        return chain->hold_until_s
                   ? arena_print(explaining->config->arena, "held until %s", time_text(explaining, chain->hold_until_s))
                   : "told at once, if no limit stands against it: there is no state to ask";
    ask = asking_for(&explaining->operation->world, explaining->operation->config, chain, event, "why", "", 0);
    ask.only_looking = true;
    ask.now_ms = explaining->at_ms;
    if (!admission_ask(explaining->store, explaining->config->arena, &ask, &answer, &fault))
        return arena_copy(explaining->config->arena, fault.text, strlen(fault.text));
    return answer_text(explaining, &answer);
}

static void print_leg(const struct leg *leg, bool first)
{
    printf("%s%s/%s", first ? "" : ", else ", leg->section->channel->name, leg->section->title);
    for (size_t i = 0; i < leg->recipient_count; i++)
        printf("%s%s", i ? "," : " to ", leg->recipients[i]);
}

static void explain_plan(struct explaining *explaining, const struct plan *plan)
{
    puts("messages:");
    for (size_t i = 0; i < plan->chain_count; i++) {
        const struct chain *chain = &plan->chains[i];

        printf("  %zu. ", i + 1);
        for (size_t k = 0; k < chain->leg_count; k++)
            print_leg(&chain->legs[k], k == 0);
        if (chain->event && chain->event->severity != explaining->call.event.severity)
            printf(" as %s", severity_name(chain->event->severity));
        putchar('\n');
        if (!explaining->past)
            printf("     %s\n", ask(explaining, chain));
    }
    if (plan->chain_count == 0)
        puts("  none");
    for (size_t i = 0; i < plan->note_count; i++)
        printf("note: %s\n", plan->notes[i]);
}

static struct routing_past recall(struct explaining *explaining)
{
    struct routing_past past = {0};
    struct fault fault = {0};

    if (explaining->store && routing_follows(&explaining->call.event))
        routing_recall(explaining->store, explaining->config->arena, &explaining->call.event, &past, &fault);
    return past;
}

static int explain(struct explaining *explaining)
{
    const struct event *event = &explaining->call.event;
    struct routing routing = {.arena = explaining->config->arena,
                              .config = explaining->config,
                              .event = event,
                              .to = explaining->call.to,
                              .now_s = explaining->at_s,
                              .past = recall(explaining)};
    struct routing_trace trace;
    struct fault fault = {0};
    struct plan plan;
    bool planned = routing_make(&routing, &plan, &trace, &fault);

    printf("%s of severity %s, host '%s', service '%s', at %s\n", event_kind_name(event->kind),
           severity_name(event->severity), event->host, event->service, time_text(explaining, explaining->at_s));
    explain_routes(explaining, &trace);
    explain_plan(explaining, &plan);
    if (!planned)
        printf("nobody: %s\n", fault.text);
    return planned ? 0 : 2;
}

/* A notification of the past. */

struct remembering {
    struct explaining *explaining;
    const char *id;
    size_t count;
};

static void set_text(struct explaining *explaining, const char *name, const char *value)
{
    event_set(explaining->config->arena, &explaining->call.event, event_field_named(name), value);
}

/* Tags and groups are not kept. */
static void restore_event(struct explaining *explaining, const struct history_entry *entry)
{
    explaining->call.event = event_empty();
    event_kind_from(entry->kind, &explaining->call.event.kind);
    explaining->call.event.severity = entry->severity;
    set_text(explaining, "source", entry->source);
    set_text(explaining, "host", entry->host);
    set_text(explaining, "service", entry->service);
    set_text(explaining, "state", entry->state);
    set_text(explaining, "subject", entry->subject);
    explaining->at_ms = entry->created_ms;
    explaining->at_s = entry->created_ms / 1000;
}

static bool remember(void *self, const struct history_entry *entry)
{
    struct remembering *remembering = self;
    struct explaining *explaining = remembering->explaining;

    printf("%s %s %s: %s %s, because: %s%s%s\n", entry->id, entry->short_id,
           time_text(explaining, entry->created_ms / 1000), entry->section, entry->outcome, entry->reason,
           entry->route[0] ? ", by route " : "", entry->route);
    printf("  recipients: %s\n", entry->recipients[0] ? entry->recipients : "-");
    if (entry->ended_ms)
        printf("  ended %s: %s %s %s\n", time_text(explaining, entry->ended_ms / 1000), entry->delivered_by,
               entry->code, entry->words);
    if (remembering->count++ == 0) {
        restore_event(explaining, entry);
        remembering->id = arena_copy(explaining->config->arena, entry->id, strlen(entry->id));
    }
    return true;
}

static bool print_attempt(void *self, const struct history_attempt *attempt)
{
    const struct explaining *explaining = self;

    printf("  attempt %lld at %s through %s%s%s: %s %s %s (%lld ms)\n", (long long)attempt->number,
           time_text(explaining, attempt->at_ms / 1000), attempt->section, attempt->recipient[0] ? " to " : "",
           attempt->recipient, attempt->outcome, attempt->code, attempt->words, (long long)attempt->took_ms);
    return true;
}

static int explain_past(struct explaining *explaining, const struct history_filter *filter)
{
    struct remembering remembering = {.explaining = explaining, .id = ""};
    struct fault fault = {0};

    if (!explaining->store)
        return 1;
    if (!history_read(explaining->store, filter, remember, &remembering, &fault) ||
        !history_attempts(explaining->store, remembering.id, print_attempt, explaining, &fault))
        return say_fault(explaining->operation, &fault);
    if (remembering.count == 0) {
        fputs("nothing of that id\n", stderr);
        return 1;
    }
    explaining->past = true;
    puts("\nby the routes of today, at that time (tags and groups are not recorded):");
    return explain(explaining);
}

/* Arguments. */

/* "--at TIME" is ours; the rest are event options, read as a notify_* program reads them. */
static bool read_event(struct explaining *explaining, const char **at, struct fault *fault)
{
    struct operation *operation = explaining->operation;
    char **argv = arena_alloc(operation->arena, ((size_t)operation->argc + 1) * sizeof(*argv));
    struct intake intake = {.arena = operation->arena,
                            .argv = argv,
                            .environment = operation->environment,
                            .input = -1,
                            .program = "notifyctl why"};

    for (int i = 0; i < operation->argc; i++) {
        if (strcmp(operation->argv[i], "--at") == 0 && i + 1 < operation->argc)
            *at = operation->argv[++i];
        else
            argv[intake.argc++] = operation->argv[i];
    }
    return intake_read(&intake, &explaining->call, fault);
}

static int explain_imagined(struct explaining *explaining)
{
    struct operation *operation = explaining->operation;
    struct fault fault = {0};
    const char *at = "";

    if (!read_event(explaining, &at, &fault) ||
        !moment_read(operation, at, world_wall_ms(&operation->world), &explaining->at_ms, &fault))
        return say_fault(operation, &fault);
    explaining->at_s = explaining->at_ms / 1000;
    return explain(explaining);
}

/* "--last" may be narrowed by --host and --service. */
static bool read_last(const struct operation *operation, struct history_filter *filter, struct fault *fault)
{
    bool last = false;
    int rest;
    struct argument arguments[] = {
        {"--last",    NULL,             &last},
        {"--host",    &filter->host,    NULL },
        {"--service", &filter->service, NULL },
    };

    filter->most = 1;
    return arguments_read(operation, arguments, sizeof(arguments) / sizeof(*arguments), &rest, fault);
}

static bool asks_for_last(const struct operation *operation)
{
    for (int i = 1; i < operation->argc; i++)
        if (strcmp(operation->argv[i], "--last") == 0)
            return true;
    return false;
}

int command_why(struct operation *operation)
{
    struct explaining explaining = {.operation = operation, .config = operation->config};
    struct history_filter filter = {.id = "",
                                    .host = "",
                                    .service = "",
                                    .section = "",
                                    .recipient = "",
                                    .outcome = "",
                                    .problem = "",
                                    .severity = -1,
                                    .most = 20};
    struct fault fault = {0};

    if (operation->argc < 2)
        return usage(operation, "an ID, --last, or event options such as --host db-1 --severity critical");
    explaining.store = open_store_or_say(operation);
    if (asks_for_last(operation))
        return read_last(operation, &filter, &fault) ? explain_past(&explaining, &filter)
                                                     : say_fault(operation, &fault);
    if (operation->argc == 2 && operation->argv[1][0] != '-') {
        filter.id = operation->argv[1];
        return explain_past(&explaining, &filter);
    }
    return explain_imagined(&explaining);
}
