#include "common/compose.h"

#include <string.h>

#include "common/civil.h"
#include "common/identity.h"
#include "common/template.h"
#include "common/utf8.h"
#include "common/values.h"

enum { TITLE_MOST = 255 }; /* characters */

enum word compose_level(const struct event *event)
{
    switch (event->kind) {
    case EVENT_RECOVERY:
        return WORD_KIND_RECOVERY;
    case EVENT_ACKNOWLEDGEMENT:
        return WORD_KIND_ACKNOWLEDGEMENT;
    case EVENT_UPDATE:
        return WORD_KIND_UPDATE;
    case EVENT_CANCELLED:
        return WORD_KIND_CANCELLED;
    case EVENT_FLAPPING_START:
        return WORD_KIND_FLAPPING_START;
    case EVENT_FLAPPING_STOP:
        return WORD_KIND_FLAPPING_STOP;
    case EVENT_DOWNTIME_START:
        return WORD_KIND_DOWNTIME_START;
    case EVENT_DOWNTIME_END:
        return WORD_KIND_DOWNTIME_END;
    case EVENT_DOWNTIME_CANCELLED:
        return WORD_KIND_DOWNTIME_CANCELLED;
    case EVENT_DISCOVERY:
        return WORD_KIND_DISCOVERY;
    case EVENT_AUTOREGISTRATION:
        return WORD_KIND_AUTOREGISTRATION;
    case EVENT_PROBLEM:
    case EVENT_CUSTOM:
    case EVENT_NOTE:
        return severity_word(event->severity);
    }
    return severity_word(event->severity);
}

static struct template_choice choice_of(const char *name, enum template_reason reason)
{
    return (struct template_choice){.name = name, .reason = reason};
}

static const char *usual_template(const struct event *event)
{
    return event_is_host_down(event) ? "host_down" : "default";
}

struct template_choice compose_choose(const struct config *config, const struct event *event, const char *wished,
                                      const char *of_section)
{
    const struct template_rule *rule;

    if (event->kind == EVENT_RECOVERY)
        return choice_of("recovery", TEMPLATE_OF_KIND);
    if (event->kind == EVENT_ACKNOWLEDGEMENT)
        return choice_of("acknowledged", TEMPLATE_OF_KIND);
    if (template_name_valid(event->template_name))
        return choice_of(event->template_name, TEMPLATE_OF_EVENT);
    if (template_name_valid(wished))
        return choice_of(wished, TEMPLATE_OF_CALL);
    rule = config_template_rule(config, event);
    if (rule)
        return (struct template_choice){.name = rule->template_name, .reason = TEMPLATE_OF_RULE, .rule = rule};
    if (template_name_valid(of_section))
        return choice_of(of_section, TEMPLATE_OF_SECTION);
    return choice_of(usual_template(event), TEMPLATE_USUAL);
}

/* Somebody must be able to tell what happened even from an event that hardly says it. */
static const char *subject_of(struct arena *arena, const struct event *event, enum language language)
{
    const char *headline = event_headline(arena, event);

    return headline[0] ? headline : word_in(language, WORD_SYSTEM_NOTICE);
}

/* What is said when no template can be read: everything that matters, a line each. */
static void compose_plainly(struct arena *arena, struct message *message)
{
    const struct event *event = message->event;
    const char *text = arena_print(arena, "%s\n%s %s %s\n%s", event->subject, event->host, event->service,
                                   message->time, event->message);

    message->title = arena_print(arena, "【%s】%s", message->level, event->subject);
    message->text = passage_of(arena, text);
}

static void compose_by_template(struct arena *arena, const struct message_template *template, struct message *message)
{
    const char *title = template_render(arena, template->title, message->values, ESCAPE_NONE);

    message->title = utf8_shorten(arena, utf8_clean_line(arena, title, strlen(title)), TITLE_MOST, UNIT_CHARACTERS);
    message->text = passage_read(arena, template_render(arena, template->text, message->values, ESCAPE_MARK));
}

static const struct event *completed(struct arena *arena, const struct composition *composition,
                                     const struct event *event)
{
    struct event *whole = arena_alloc(arena, sizeof(*whole));

    *whole = *event;
    whole->subject = subject_of(arena, event, composition->language);
    if (whole->time_s == 0)
        whole->time_s = composition->wall_ms / 1000;
    return whole;
}

void compose(struct arena *arena, const struct composition *composition, const struct event *event,
             struct message *message, bool *found, struct fault *fault)
{
    struct message_template template;
    const struct event *whole = completed(arena, composition, event);

    *message = (struct message){
        .id = composition->id,
        .short_id = identity_short(arena, identity_problem(arena, event)),
        .problem_id = identity_problem(arena, event),
        .kind = event->kind,
        .severity = event->severity,
        .language = composition->language,
        .title = "",
        .level = word_in(composition->language, compose_level(event)),
        .time = civil_text(arena, whole->time_s, composition->timezone),
        .link = event->url,
        .confirm_url = composition->confirm_url,
        .event = whole,
    };
    message->values = values_of(arena, message);
    if (template_take(composition->shelf, composition->templates, composition->language, composition->template_name,
                      &template, found, fault)) {
        compose_by_template(arena, &template, message);
    } else {
        *found = false;
        compose_plainly(arena, message);
    }
    values_set_rendered(arena, message->values, message);
}
