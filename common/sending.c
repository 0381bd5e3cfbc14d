#include "common/sending.h"

#include <stdio.h>
#include <string.h>

#include "common/asking.h"
#include "common/calendar_cache.h"
#include "common/civil.h"
#include "common/confirmation.h"
#include "common/log.h"
#include "common/operator.h"
#include "common/preview.h"
#include "common/record.h"
#include "common/report.h"
#include "common/routing.h"
#include "common/spool.h"
#include "common/worker.h"

enum {
    SPARE_ROWS = 3,          /* of others' messages, told by the way */
    SPARE_MOST_MS = 3000,    /* for them, and an attempt's time for the last */
    IN_FLIGHT_WAIT_MS = 200, /* between two looks at the same message under way in another process */
};

/* --- lines --- */

static const char *masked(const struct sending *sending, const char *text)
{
    return secrets_mask(sending->world->arena, &sending->secrets, text);
}

void sending_complain(const struct sending *sending, const char *line)
{
    const char *safe = masked(sending, line);

    fprintf(stderr, "%s\n", safe);
    log_error("%s id=%s", safe, sending->id);
}

static void say(const struct sending *sending, const char *line)
{
    const char *safe = masked(sending, line);

    if (!sending->result && !sending->quiet) {
        puts(safe);
        fflush(stdout);
    }
    log_notice("%s id=%s", safe, sending->id);
}

static void keep_status(struct sending *sending, int status)
{
    sending->status = status > sending->status ? status : sending->status;
}

void sending_tell_findings(const struct sending *sending)
{
    for (size_t i = 0; i < sending->config->finding_count; i++) {
        const struct finding *finding = &sending->config->findings[i];

        if (finding->mistake)
            log_error("%s: %s", finding->where, masked(sending, finding->text));
    }
}

/* --- one chain --- */

/* What a chain goes through. */
struct course {
    struct sending *sending;
    const struct chain *chain;
    struct telling telling;
    struct record record;
    struct admission_answer answer;
    bool recorded; /* an outbox row is ours */
    bool settled;  /* nothing is to be told now */
    int64_t deadline_ms;
};

/* A route may raise the severity, and name a template. */
static const struct event *event_for(const struct sending *sending, const struct chain *chain)
{
    return chain->event ? chain->event : sending->event;
}

static const char *template_for(const struct sending *sending, const struct chain *chain)
{
    return !sending->template_name[0] && chain->template_name ? chain->template_name : sending->template_name;
}

static const struct section *first_section(const struct chain *chain)
{
    return chain->legs[0].section;
}

static const char *state_directory(const struct sending *sending)
{
    return sending->state[0] ? sending->state : sending->config->state;
}

/* Waits, as long as there is time, for another process that tells the same right now. */
static bool admit(struct course *course, struct fault *fault)
{
    const struct sending *sending = course->sending;
    int64_t left_ms = sending->deadline_ms - world_steady_ms(sending->world);
    struct admission_ask ask =
        asking_for(sending->world, sending->config, course->chain, event_for(sending, course->chain), course->answer.id,
                   template_for(sending, course->chain), left_ms + RECORDS_MS);

    ask.beyond_limits = sending->beyond_limits;
    while (admission_ask(sending->store, sending->world->arena, &ask, &course->answer, fault)) {
        if (course->answer.admission != IN_FLIGHT ||
            world_steady_ms(sending->world) + IN_FLIGHT_WAIT_MS > sending->deadline_ms)
            return true;
        world_sleep_ms(sending->world, IN_FLIGHT_WAIT_MS);
        ask.now_ms = world_wall_ms(sending->world);
    }
    return false;
}

static const char *course_name(const struct course *course)
{
    const struct section *section = first_section(course->chain);

    return arena_print(course->sending->world->arena, "%s/%s", section->channel->name, section->title);
}

/* Why nothing is sent now, in words that a person can check. */
static const char *why_not(const struct course *course)
{
    const struct admission_answer *answer = &course->answer;
    struct arena *arena = course->sending->world->arena;
    const char *name = course_name(course);

    switch (answer->admission) {
    case HELD:
        if (strcmp(answer->scope, "route") == 0)
            return arena_print(arena, "suppressed %s: outside the hours of route \"%s\", told in a summary at %s", name,
                               course->chain->route->title,
                               civil_text(arena, answer->due_ms / 1000, course->sending->config->timezone));
        if (strcmp(answer->scope, "storm") == 0)
            return arena_print(arena, "suppressed %s: a storm of problems, %lld waiting for the summary", name,
                               (long long)answer->waiting);
        if (strcmp(answer->scope, "exempt") == 0)
            return arena_print(arena,
                               "suppressed %s: over %lld a minute that no limit holds, %lld waiting for the summary",
                               name, (long long)answer->allowed, (long long)answer->waiting);
        if (strcmp(answer->scope, "summary") == 0)
            return arena_print(arena, "suppressed %s: a summary told its problem, and will tell its end", name);
        return arena_print(arena, "suppressed %s: %lld a %s reached for this %s, %lld waiting for the summary", name,
                           (long long)answer->allowed, answer->window, answer->scope, (long long)answer->waiting);
    case MUTED:
        return arena_print(arena, "suppressed %s: muted by %s", name, answer->words);
    case ECHOED:
        return arena_print(arena, "suppressed %s: it is the echo of a confirmation that people know", name);
    case FOLDED:
        return arena_print(arena, "suppressed %s: its problem was held back; both go into the summary", name);
    case REPEATED:
        return arena_print(arena, "suppressed %s: the same was told %lld s ago", name,
                           (long long)answer->ago_ms / 1000);
    case QUEUED:
        return arena_print(arena, "queued %s: the provider takes %lld a %s", name, (long long)answer->allowed,
                           answer->window);
    case IN_FLIGHT:
        return arena_print(arena, "queued %s: another process is telling the same", name);
    case REFUSED_BEFORE:
        return arena_print(arena, "NP-REFUSED %s: the same was refused %lld s ago: %s", name,
                           (long long)answer->ago_ms / 1000, answer->words);
    case ADMITTED:
    case ADOPTED:
        break;
    }
    return name;
}

static bool worker_is_there(const struct sending *sending)
{
    struct fault fault = {0};
    bool fresh = false;

    return sending->store && worker_fresh(sending->store, world_wall_ms(sending->world), &fresh, &fault) && fresh;
}

/* Once an hour. True when somebody is to hear of it now. */
static bool tell_of_no_worker(const struct sending *sending, const char *line)
{
    struct trouble_report report = {
        .section = "", .code = "NO-WORKER", .words = WORD_OPERATOR_NO_WORKER, .detail = masked(sending, line)};

    return operator_tell(sending->world, sending->config, sending->store, sending->event, &report);
}

/* A row that waits is a promise only when somebody will come for it. */
static void account_waiting(struct sending *sending, const char *line)
{
    if (worker_is_there(sending)) {
        say(sending, line);
        return;
    }
    line = arena_print(sending->world->arena, "%s; no worker has been seen: start notifyd or the tick timer", line);
    sending_complain(sending, line);
    sending->alarm = tell_of_no_worker(sending, line) || sending->alarm;
    keep_status(sending, 1);
}

static void account_answer(struct course *course)
{
    struct sending *sending = course->sending;

    switch (course->answer.admission) {
    case HELD:
    case MUTED:
    case ECHOED:
    case FOLDED:
    case REPEATED:
        say(sending, why_not(course));
        if (sending->result)
            jadd_text(json_at(sending->result, "/suppressed"), why_not(course));
        return;
    case QUEUED:
    case IN_FLIGHT:
        account_waiting(sending, why_not(course));
        return;
    case REFUSED_BEFORE:
        sending_complain(sending, why_not(course));
        keep_status(sending, 2);
        return;
    case ADMITTED:
    case ADOPTED:
        return;
    }
}

/* The lines that say what became of a chain that was told. */
static void account_told(struct course *course, const struct told *told, bool waits)
{
    struct sending *sending = course->sending;
    struct arena *arena = sending->world->arena;
    struct report report = {.section = leg_sender(told->leg),
                            .short_id = told->short_id,
                            .language = told->language,
                            .took_ms = told->took_ms};

    for (size_t i = 0; i < told->verdicts.count; i++)
        if (told->verdicts.items[i].outcome != OUTCOME_DELIVERED)
            sending_complain(sending, report_failure(arena, &report, &told->verdicts.items[i]));
    if (told->outcome == OUTCOME_DELIVERED || told->outcome == OUTCOME_UNCLEAR)
        say(sending, report_success(arena, &report, &told->verdicts));
    else if (waits)
        account_waiting(sending, arena_print(arena, "queued %s %s", course_name(course), told->short_id));
    else
        keep_status(sending, report_exit_status(told->outcome));
}

/* Without a store, what could not be told is kept as a file for the worker. */
static bool keep_in_spool(const struct course *course)
{
    const struct sending *sending = course->sending;
    struct arena *arena = sending->world->arena;
    struct json_object *doc = json_doc(arena);
    struct fault fault = {0};

    jset_text(doc, "event", json_print(event_to_json(arena, event_for(sending, course->chain))));
    jset_text(doc, "legs", chain_to_json(arena, course->chain, false));
    jset_text(doc, "template", template_for(sending, course->chain));
    jset_number(doc, "created_ms", world_wall_ms(sending->world));
    if (state_directory(sending)[0] &&
        spool_keep(arena, state_directory(sending), course->answer.id, json_print(doc), &fault))
        return true;
    log_error("%s id=%s", fault.text, sending->id);
    return false;
}

/* Sections that were asked and did not deliver, each once. */
static void add_failed(const struct course *course, const char *delivered_by)
{
    const struct record *record = &course->record;

    for (size_t i = 0; i < record->attempt_count; i++) {
        const char *section = record->attempts[i].section;
        bool again = i > 0 && strcmp(record->attempts[i - 1].section, section) == 0;

        if (!again && strcmp(section, delivered_by) != 0)
            jadd_text(json_at(course->sending->result, "/failed_channels"), section);
    }
}

/* For scripts: the seed's success_channels and failed_channels. */
static void add_to_result(const struct course *course, const struct told *told)
{
    bool delivered = told->outcome == OUTCOME_DELIVERED || told->outcome == OUTCOME_UNCLEAR;
    struct json_object *result = course->sending->result;

    if (!result)
        return;
    if (delivered) {
        jset_flag(result, "success", true);
        jadd_text(json_at(result, "/success_channels"), leg_sender(told->leg)->title);
    }
    add_failed(course, delivered ? leg_sender(told->leg)->title : "");
}

/* Writes down how it ended; true when the message waits somewhere safe. */
static bool record_end(struct course *course, const struct told *told)
{
    const struct sending *sending = course->sending;
    struct outbox_result result =
        record_result(&course->record, course->chain, told, course->telling.event->severity, course->telling.repeat, 0);
    struct fault fault = {0};

    if (!course->recorded)
        return result.end == OUTBOX_WAITS && keep_in_spool(course);
    if (outbox_finish(sending->store, &result, &fault)) {
        record_tell_operator(&course->record, sending->config, sending->event, first_section(course->chain)->title,
                             told, &result);
        return result.end == OUTBOX_WAITS;
    }
    log_error("%s id=%s", fault.text, sending->id);
    return false;
}

static void tell(struct course *course)
{
    struct told told = tell_chain(&course->telling, course->chain, 0);

    course->sending->told = true;
    add_to_result(course, &told);
    account_told(course, &told, record_end(course, &told));
}

static void start(struct course *course)
{
    struct sending *sending = course->sending;
    struct leg *first = &course->chain->legs[0];

    course->record = (struct record){.world = sending->world,
                                     .store = course->recorded ? sending->store : NULL,
                                     .id = course->answer.id,
                                     .secrets = &sending->secrets,
                                     .worker_comes = worker_is_there(sending),
                                     .placed = course->answer.admission == ADMITTED ? first : NULL};
    if (course->recorded && course->answer.via[0])
        first->via = config_sender(first->section, course->answer.via);
    course->telling = (struct telling){
        .world = sending->world,
        .config = sending->config,
        .event = event_for(sending, course->chain),
        .confirm = confirmation_for(sending->config, course->chain->route),
        .id = course->answer.id,
        .template_name = template_for(sending, course->chain),
        .late = record_beginning(&course->record, sending->config, event_for(sending, course->chain),
                                 world_wall_ms(sending->world)),
        .deadline_ms = course->deadline_ms,
        .attempts_most = course->record.worker_comes ? 1 : 0,
    };
    record_attach(&course->record, &course->telling);
}

static void ask_store(struct course *course)
{
    struct fault fault = {0};

    if (!course->sending->store)
        return;
    course->recorded = admit(course, &fault);
    if (!course->recorded)
        log_error("%s; sending without limits id=%s", fault.text, course->sending->id);
    course->sending->storm_begins = course->sending->storm_begins || (course->recorded && course->answer.storm_begins);
    course->settled = course->recorded && course->answer.admission != ADMITTED && course->answer.admission != ADOPTED;
}

static void finish(struct course *course)
{
    if (course->settled) {
        account_answer(course);
        return;
    }
    start(course);
    tell(course);
}

/* --- many chains --- */

/* What the ends of the chains come to: see `part` in plan.h. */
struct balance {
    int status;             /* of those that must arrive */
    int best;               /* of those of which one must arrive; -1 while there is none */
    const struct route *of; /* whose `best` it is */
};

static void close_group(struct balance *balance)
{
    if (balance->best > balance->status)
        balance->status = balance->best;
    balance->best = -1;
}

static void take_end(struct balance *balance, const struct chain *chain, int status)
{
    if (balance->of != chain->route)
        close_group(balance);
    balance->of = chain->route;
    if (chain->part == PART_ONE_OF)
        balance->best = balance->best < 0 || status < balance->best ? status : balance->best;
    else if (status > balance->status && (chain->part == PART_MAIN || status == 1))
        balance->status = status;
}

/* Those that follow keep a share of the time. */
static int64_t deadline_of(const struct sending *sending, size_t chains_to_come)
{
    size_t kept = chains_to_come < LEGS_KEPT_FOR ? chains_to_come : LEGS_KEPT_FOR;

    return sending->deadline_ms - (int64_t)kept * LEG_KEPT_MS;
}

/* All are admitted before the first is told: from then on each of them outlives this process. */
static void send_chains(struct sending *sending, const struct plan *plan)
{
    struct course *courses = arena_alloc(sending->world->arena, (plan->chain_count + 1) * sizeof(*courses));
    struct balance balance = {.status = sending->status, .best = -1};

    for (size_t i = 0; i < plan->chain_count; i++) {
        courses[i] = (struct course){.sending = sending,
                                     .chain = &plan->chains[i],
                                     .answer = {.id = i == 0 ? sending->id : sending_id(sending->world)},
                                     .deadline_ms = deadline_of(sending, plan->chain_count - i - 1)};
        ask_store(&courses[i]);
    }
    for (size_t i = 0; i < plan->chain_count; i++) {
        sending->status = 0;
        finish(&courses[i]);
        take_end(&balance, courses[i].chain, sending->status);
    }
    close_group(&balance);
    sending->status = balance.status;
}

/* --- previews --- */

static void show_leg(struct sending *sending, const struct chain *chain, const struct leg *leg)
{
    struct telling telling = {.world = sending->world,
                              .config = sending->config,
                              .event = event_for(sending, chain),
                              .confirm = confirmation_for(sending->config, chain->route),
                              .id = sending->id,
                              .template_name = template_for(sending, chain),
                              .late = ""};
    struct message message = tell_compose(&telling, leg);
    struct delivery delivery = tell_delivery(&telling, leg, sending->deadline_ms);
    struct intent intent = tell_intent(&telling, leg, &message);
    struct request request;
    struct fault fault = {0};

    if (build_request(sending->world, &delivery, &intent, &request, &fault)) {
        fputs(preview_text(sending->world->arena, &request, &sending->secrets), stdout);
    } else {
        sending_complain(sending, fault.text);
        keep_status(sending, fault_exit_status(&fault));
    }
}

static void show_chain(struct sending *sending, const struct chain *chain)
{
    for (size_t i = 0; i < chain->leg_count; i++)
        show_leg(sending, chain, &chain->legs[i]);
}

/* --- all --- */

/* What was told of a problem decides who hears of its end; without a store it is told as if it were new. */
static struct routing_past recall(struct sending *sending)
{
    struct routing_past past = {0};
    struct fault fault = {0};

    if (sending->preview || !routing_follows(sending->event))
        return past;
    sending_open_store(sending);
    if (sending->store && !routing_recall(sending->store, sending->world->arena, sending->event, &past, &fault))
        log_error("%s id=%s", fault.text, sending->id);
    return past;
}

void sending_prepare_people(struct sending *sending)
{
    if (sending->preview || !calendar_cache_helps(sending->config))
        return;
    sending_open_store(sending);
    calendar_cache_use(sending->config, sending->store);
}

bool sending_route(struct sending *sending, const struct text_list *to, struct plan *plan, struct fault *fault)
{
    struct routing routing = {.arena = sending->world->arena,
                              .config = sending->config,
                              .event = sending->event,
                              .to = *to,
                              .options = sending->options,
                              .now_s = world_wall_ms(sending->world) / 1000,
                              .past = recall(sending)};
    struct routing_trace trace;
    bool planned;

    sending_prepare_people(sending);
    planned = routing_make(&routing, plan, &trace, fault);

    for (size_t i = 0; i < trace.count; i++)
        if (trace.steps[i].taken)
            log_notice("route \"%s\" %s id=%s", trace.steps[i].route->title, trace.steps[i].why, sending->id);
    return planned;
}

static void gather_secrets(struct sending *sending, const struct chain *chain)
{
    chain_secrets(chain, &sending->secrets);
}

void sending_open_store(struct sending *sending)
{
    struct fault fault = {0};
    bool renewed = false;

    if (sending->store || state_directory(sending)[0] == '\0')
        return;
    sending->store = store_open(sending->world->arena, state_directory(sending), STORE_PATIENCE_MS, &renewed, &fault);
    if (!sending->store)
        log_error("%s; sending without limits id=%s", fault.text, sending->id);
    if (renewed)
        log_error("state '%s' was corrupt: it was set aside and begun anew id=%s", state_directory(sending),
                  sending->id);
}

/*
 * Without a worker, whoever comes by with time to spare tells a few of those that wait. Whose problem began a storm announces it
 * without waiting for the worker; so does the operator's message that there is none.
 */
static void lend_a_hand(const struct sending *sending)
{
    int64_t now_ms = world_steady_ms(sending->world);
    struct worker worker = {.world = sending->world,
                            .config = sending->config,
                            .store = sending->store,
                            .directory = state_directory(sending),
                            .deadline_ms = now_ms + SPARE_MOST_MS + ATTEMPT_MOST_MS,
                            .rows_most = SPARE_ROWS};
    struct work_done done;
    struct fault fault = {0};

    bool spare = sending->status == 0 && (sending->storm_begins || (sending->told && !worker_is_there(sending)));

    if (!sending->store || !(spare || sending->alarm) || worker.deadline_ms > sending->deadline_ms)
        return;
    if (!work_once(&worker, &done, &fault))
        log_error("%s id=%s", fault.text, sending->id);
}

void send_all(struct sending *sending, const struct plan *plan)
{
    for (size_t i = 0; i < plan->chain_count; i++)
        gather_secrets(sending, &plan->chains[i]);
    for (size_t i = 0; i < plan->note_count; i++)
        sending_complain(sending, plan->notes[i]);
    for (size_t i = 0; sending->preview && i < plan->chain_count; i++)
        show_chain(sending, &plan->chains[i]);
    if (!sending->preview)
        send_chains(sending, plan);
    if (sending->result)
        puts(masked(sending, json_print(sending->result)));
    if (!sending->preview)
        lend_a_hand(sending);
}

struct json_object *sending_result(struct arena *arena)
{
    struct json_object *result = json_doc(arena);

    jset_flag(result, "success", false);
    jset_array(result, "success_channels");
    jset_array(result, "failed_channels");
    jset_array(result, "suppressed");
    return result;
}

const char *sending_id(const struct world *world)
{
    return arena_print(world->arena, "n%011llx%s", (unsigned long long)world_wall_ms(world), world_hex(world, 6));
}
