/* notifyctl why: what each route thinks of an event, past or imagined, and what would be sent to whom, when. */
#include <stdio.h>
#include <string.h>

#include "common/asking.h"
#include "common/civil.h"
#include "common/compose.h"
#include "common/confirmation.h"
#include "common/roster.h"
#include "common/routing.h"
#include "common/template.h"
#include "plugins/notifyctl/arguments.h"
#include "plugins/notifyctl/why_past.h"

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
    struct stint stint;

    if (!roster_stint(explaining->config, name, explaining->at_s, &stint))
        return;
    if (stint.contact)
        printf("    @%s is %s: %s, until %s\n", name, person(explaining->config->arena, stint.contact), stint.why,
               time_text(explaining, stint.until_s));
    else
        printf("    @%s is nobody: %s\n", name, stint.trouble);
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
    case ECHOED:
        return "suppressed: it is the echo of a confirmation that people know";
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

/* Templates. */

static const char *reason_text(const struct explaining *explaining, const struct chain *chain, const struct leg *leg,
                               const struct template_choice *choice)
{
    struct arena *arena = explaining->config->arena;

    switch (choice->reason) {
    case TEMPLATE_OF_KIND:
        return "recoveries and acknowledgements have their own";
    case TEMPLATE_OF_EVENT:
        return "the event asks for it";
    case TEMPLATE_OF_CALL:
        return explaining->call.template_name[0] ? "--template"
                                                 : arena_print(arena, "route \"%s\"", chain->route->title);
    case TEMPLATE_OF_RULE:
        return arena_print(arena, "the first rule that fits, %s", choice->rule->where);
    case TEMPLATE_OF_SECTION:
        return arena_print(arena, "section \"%s\"", leg->section->title);
    case TEMPLATE_USUAL:
        break;
    }
    return "nobody asks for another";
}

static bool is_installed(const struct explaining *explaining, const char *name)
{
    const struct config *config = explaining->config;
    struct message_template template;
    struct fault fault = {0};
    bool found = false;

    return template_load(config->arena, config->templates, config->language, name, &template, &found, &fault) && found;
}

/* One line, and another where a section further down the chain would take another one. */
static void explain_templates(const struct explaining *explaining, const struct chain *chain)
{
    const struct event *event = chain->event ? chain->event : &explaining->call.event;
    const char *wished = explaining->call.template_name[0] || !chain->template_name ? explaining->call.template_name
                                                                                    : chain->template_name;
    const char *before = "";

    for (size_t i = 0; i < chain->leg_count; i++) {
        const struct leg *leg = &chain->legs[i];
        struct template_choice choice =
            compose_choose(explaining->config, event, wished, leg->section->common.template_name);

        if (strcmp(choice.name, before) != 0)
            printf("     template %s: %s%s\n", choice.name, reason_text(explaining, chain, leg, &choice),
                   is_installed(explaining, choice.name) ? "" : "; it is not installed: default is used");
        before = choice.name;
    }
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
        explain_templates(explaining, chain);
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
                              .options = &explaining->call.options,
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

static int explain_past(struct explaining *explaining, const struct history_filter *filter)
{
    struct history_entry newest;
    struct fault fault = {0};
    bool found;
    bool whole;

    if (!explaining->store)
        return 1;
    if (!past_print(explaining->operation, explaining->store, filter, &newest, &found, &fault))
        return say_fault(explaining->operation, &fault);
    if (!found) {
        fputs("nothing of the kind is recorded; see notifyctl history\n", stderr);
        return 1;
    }
    explaining->past = true;
    explaining->call.event = past_event(explaining->operation, explaining->store, &newest, &whole);
    explaining->at_ms = newest.created_ms;
    explaining->at_s = newest.created_ms / 1000;
    printf(
        "\nThat is what was recorded. What follows is what the configuration of TODAY would decide of it at that time (%s):\n",
        whole ? "with the tags, groups and fields with which its problem was last told"
              : "without tags, groups and fields, which are not recorded");
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
    struct explaining explaining = {.operation = operation, .config = operation->config, .call = {.template_name = ""}};
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
        return usage(operation, "an ID, --last, or event options such as --host db-1 --state CRITICAL");
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
