#include "common/sending.h"

#include <stdio.h>
#include <string.h>

#include "common/compose.h"
#include "common/delivery.h"
#include "common/log.h"
#include "common/preview.h"
#include "common/report.h"

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

static void keep_status(struct sending *sending, int status)
{
    sending->status = status > sending->status ? status : sending->status;
}

static enum language language_of(const struct sending *sending, const struct section *section)
{
    enum language language = language_from(section->common.language);

    return language == LANGUAGE_COUNT ? sending->config->language : language;
}

static struct message message_for(const struct sending *sending, const struct section *section)
{
    struct composition composition = {
        .templates = sending->config->templates,
        .template_name = sending->template_name[0] ? sending->template_name : section->common.template_name,
        .timezone = sending->config->timezone,
        .confirm_url = "",
        .id = sending->id,
        .language = language_of(sending, section),
        .wall_ms = world_wall_ms(sending->world),
    };
    struct message message;
    struct fault fault = {0};
    bool found = true;

    compose(sending->world->arena, &composition, sending->event, &message, &found, &fault);
    if (!found)
        log_error("template '%s' is not installed in '%s', another one is used; %s",
                  compose_template_name(sending->event, composition.template_name), composition.templates, fault.text);
    return message;
}

static void show(struct sending *sending, const struct delivery *delivery, const struct intent *intent)
{
    struct request request;
    struct fault fault = {0};

    if (build_request(sending->world, delivery, intent, &request, &fault)) {
        fputs(preview_text(sending->world->arena, &request, &sending->secrets), stdout);
    } else {
        sending_complain(sending, fault.text);
        keep_status(sending, fault_exit_status(&fault));
    }
}

static void log_attempt(void *self, const struct attempt *attempt)
{
    const struct sending *sending = self;
    const struct verdict *verdict = verdict_worst(attempt->verdicts);

    log_notice("attempt=%u outcome=%s code=%s ms=%lld id=%s %s", attempt->number, outcome_name(verdict->outcome),
               verdict->code, (long long)attempt->took_ms, sending->id, masked(sending, verdict->reason));
}

static void tell_success(const struct sending *sending, const struct report *report, const struct verdicts *verdicts)
{
    const char *line = masked(sending, report_success(sending->world->arena, report, verdicts));

    puts(line);
    fflush(stdout);
    log_notice("%s id=%s", line, sending->id);
}

/* The lines that say what became of one leg. */
static void account(struct sending *sending, const struct report *report, const struct verdicts *verdicts)
{
    enum outcome worst = verdict_worst(verdicts)->outcome;

    for (size_t i = 0; i < verdicts->count; i++)
        if (verdicts->items[i].outcome != OUTCOME_DELIVERED)
            sending_complain(sending, report_failure(sending->world->arena, report, &verdicts->items[i]));
    if (worst == OUTCOME_DELIVERED || worst == OUTCOME_UNCLEAR)
        tell_success(sending, report, verdicts);
    keep_status(sending, report_exit_status(worst));
}

static void send_leg(struct sending *sending, const struct leg *leg)
{
    const struct section *section = leg->section;
    struct message message = message_for(sending, section);
    struct delivery delivery = {
        .channel = section->channel,
        .settings = section->settings,
        .network = &section->network,
        .policy = section->retry,
        .deadline_ms = sending->deadline_ms,
        .on_attempt = log_attempt,
        .self = sending,
    };
    struct intent intent = {
        .verb = VERB_SEND,
        .message = &message,
        .recipients = leg->recipients,
        .recipient_count = leg->recipient_count,
        .reference = "",
    };
    struct report report = {.section = section, .short_id = message.short_id, .language = message.language};
    int64_t before_ms = world_steady_ms(sending->world);
    struct verdicts verdicts;

    if (sending->preview) {
        show(sending, &delivery, &intent);
        return;
    }
    verdicts = deliver(sending->world, &delivery, &intent);
    report.took_ms = world_steady_ms(sending->world) - before_ms;
    account(sending, &report, &verdicts);
}

static void gather_secrets(struct sending *sending, const struct plan *plan)
{
    sending->secrets.arena = sending->world->arena;
    for (size_t i = 0; i < plan->leg_count; i++) {
        const struct secrets *secrets = &plan->legs[i].section->secrets;

        for (size_t k = 0; k < secrets->count; k++)
            secrets_add(&sending->secrets, secrets->items[k]);
    }
}

void send_all(struct sending *sending, const struct plan *plan)
{
    gather_secrets(sending, plan);
    for (size_t i = 0; i < plan->note_count; i++)
        sending_complain(sending, plan->notes[i]);
    for (size_t i = 0; i < plan->leg_count; i++)
        send_leg(sending, &plan->legs[i]);
}

const char *sending_id(const struct world *world)
{
    return arena_print(world->arena, "n%011llx%s", (unsigned long long)world_wall_ms(world), world_hex(world, 6));
}

void sending_tell_findings(const struct sending *sending)
{
    for (size_t i = 0; i < sending->config->finding_count; i++) {
        const struct finding *finding = &sending->config->findings[i];

        if (finding->mistake)
            log_error("%s: %s", finding->where, masked(sending, finding->text));
    }
}
