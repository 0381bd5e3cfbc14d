/* How an alert looks: what, where, since when, who was told, and what people said. */
#include <string.h>

#include "common/history.h"
#include "common/utf8.h"
#include "plugins/ackd/visit.h"
#include "plugins/ackd/visitor.h"

enum { TOLD_MOST = 30, MESSAGE_MOST = 2000, BEFORE_MS = 60000 };

static const char *state_line(const struct visit *visit, const struct alert *alert)
{
    if (alert->over_ms > 0)
        return visit_words(visit, WORD_PAGE_OVER, visit_time(visit, alert->over_ms), "");
    switch (alert->state) {
    case ALERT_OPEN:
        break;
    case ALERT_ASKED:
        return visit_words(visit, alert->due_ms > visit->now_ms ? WORD_PAGE_ASKED : WORD_PAGE_OVERDUE,
                           visit_time(visit, alert->due_ms), "");
    case ALERT_TAKEN:
        return visit_words(visit, WORD_PAGE_TAKEN, alert->taken_by, visit_time(visit, alert->taken_ms));
    case ALERT_SOLVED:
        return visit_words(visit, WORD_PAGE_SOLVED, alert->solved_by, visit_time(visit, alert->solved_ms));
    }
    return word_in(visit->language, WORD_PAGE_OPEN);
}

static const char *state_class(const struct alert *alert)
{
    static const char *const CLASSES[] = {
        [ALERT_OPEN] = "nobody", [ALERT_ASKED] = "nobody", [ALERT_TAKEN] = "taken", [ALERT_SOLVED] = "solved"};

    return alert->over_ms > 0 ? "recovered" : CLASSES[alert->state];
}

void show_alert(const struct visit *visit, struct json_object *values, const struct alert *alert)
{
    const char *level = severity_name(alert->severity);

    jset_text(values, "level_class", alert->over_ms > 0 ? arena_print(visit->arena, "%s over", level) : level);
    jset_text(values, "level",
              word_in(visit->language, alert->over_ms > 0 ? WORD_KIND_RECOVERY : severity_word(alert->severity)));
    jset_text(values, "short_id", alert->short_id);
    jset_text(values, "subject", alert->subject[0] ? alert->subject : word_in(visit->language, WORD_SYSTEM_NOTICE));
    jset_text(values, "state_line", state_line(visit, alert));
    jset_text(values, "state_class", state_class(alert));
}

static void show_fact(const struct visit *visit, struct json_object *facts, enum word word, const char *value)
{
    if (value[0])
        jadd_texts(facts, "name", word_in(visit->language, word), "value", value, NULL);
}

static const char *with_display_name(const struct visit *visit, const char *name, const char *display)
{
    return display[0] && strcmp(display, name) != 0 ? arena_print(visit->arena, "%s (%s)", display, name) : name;
}

static const char *since(const struct visit *visit, const struct alert *alert)
{
    const char *opened = visit_time(visit, alert->opened_ms);
    const char *values[] = {opened, visit_time(visit, alert->over_ms),
                            words_duration(visit->arena, visit->language, alert->over_ms - alert->opened_ms)};

    if (alert->over_ms > 0)
        return word_print(visit->arena, visit->language, WORD_PAGE_FROM_TO, values, 3);
    return visit_words(visit, WORD_PAGE_SINCE_FOR, opened,
                       words_duration(visit->arena, visit->language, visit->now_ms - alert->opened_ms));
}

static struct event event_of(const struct visit *visit, const struct alert *alert)
{
    struct event event = event_empty();
    struct fault ignored = {0};
    struct json_object *json = json_read(visit->arena, alert->event, strlen(alert->event));

    if (json && !event_from_json(visit->arena, json, &event, &ignored))
        event = event_empty();
    return event;
}

static void show_facts(const struct visit *visit, struct json_object *values, const struct alert *alert,
                       const struct event *event)
{
    struct json_object *facts = jset_array(values, "facts");

    show_fact(visit, facts, WORD_PAGE_HOST, with_display_name(visit, alert->host, event->host_name));
    show_fact(visit, facts, WORD_PAGE_SERVICE, with_display_name(visit, alert->service, event->service_name));
    show_fact(visit, facts, WORD_PAGE_ADDRESS, event->address);
    show_fact(visit, facts, WORD_PAGE_STATE, event->state);
    show_fact(visit, facts, alert->over_ms > 0 ? WORD_PAGE_LASTED : WORD_PAGE_SINCE, since(visit, alert));
    show_fact(visit, facts, WORD_PAGE_SOURCE, event_server(event));
}

static void show_details(const struct visit *visit, struct json_object *values, const struct event *event)
{
    const char *message = strcmp(event->message, event->subject) == 0 ? "" : event->message;
    const char *url = page_link(event->url);
    const char *runbook_url = page_link(event->runbook_url);

    jset_texts(values, "message", utf8_shorten(visit->arena, message, MESSAGE_MOST, UNIT_CHARACTERS), "url", url,
               "open", word_in(visit->language, WORD_BUTTON_OPEN), "runbook_url", runbook_url, NULL);
    jset_flag(values, "has_details", message[0] || url[0] || runbook_url[0]);
}

/* --- what happened so far --- */

struct listing {
    const struct visit *visit;
    struct json_object *items;
};

static bool show_said(void *self, const struct alert_said *said)
{
    static const enum word VERBS[] = {[ALERT_TAKE] = WORD_PAGE_SAID_TAKE,
                                      [ALERT_SOLVE] = WORD_PAGE_SAID_SOLVE,
                                      [ALERT_RELEASE] = WORD_PAGE_SAID_RELEASE};
    const struct listing *listing = self;

    jadd_texts(listing->items, "author", said->author, "verb", word_in(listing->visit->language, VERBS[said->verb]),
               "at", visit_time(listing->visit, said->at_ms), "text", said->words, NULL);
    return true;
}

struct outcome_row {
    const char *outcome;
    enum word word;
    const char *class;
};

static const struct outcome_row OUTCOMES[] = {
    {"delivered", WORD_PAGE_TOLD_DELIVERED, "good"},
    {"waiting",   WORD_PAGE_TOLD_WAITING,   ""    },
    {"unclear",   WORD_PAGE_TOLD_UNCLEAR,   ""    },
    {"refused",   WORD_PAGE_TOLD_REFUSED,   "bad" },
    {"expired",   WORD_PAGE_TOLD_EXPIRED,   "bad" },
    {"dropped",   WORD_PAGE_TOLD_DROPPED,   "bad" },
    {"held",      WORD_PAGE_TOLD_HELD,      ""    },
    {"muted",     WORD_PAGE_TOLD_MUTED,     ""    },
    {"folded",    WORD_PAGE_TOLD_FOLDED,    ""    },
};

static const struct outcome_row *outcome_named(const char *name)
{
    for (size_t i = 0; i < sizeof(OUTCOMES) / sizeof(*OUTCOMES); i++)
        if (strcmp(OUTCOMES[i].outcome, name) == 0)
            return &OUTCOMES[i];
    return NULL;
}

/* The section that took it, which is another one when the first would not do. */
static const char *through(const struct visit *visit, const struct history_entry *entry)
{
    if (!entry->delivered_by[0] || strcmp(entry->delivered_by, entry->section) == 0)
        return entry->section;
    return arena_print(visit->arena, "%s → %s", entry->section, entry->delivered_by);
}

static bool show_told(void *self, const struct history_entry *entry)
{
    const struct listing *listing = self;
    const struct visit *visit = listing->visit;
    const struct outcome_row *row = outcome_named(entry->outcome);

    jadd_texts(listing->items, "section", through(visit, entry), "to", mask_recipients(visit->arena, entry->recipients),
               "at", visit_time(visit, entry->created_ms), "outcome",
               row ? word_in(visit->language, row->word) : entry->outcome, "outcome_class", row ? row->class : "",
               NULL);
    return true;
}

static bool show_past(const struct visit *visit, struct store *store, struct json_object *values,
                      const struct alert *alert, struct fault *fault)
{
    struct listing said = {.visit = visit, .items = jset_array(values, "said")};
    struct listing told = {.visit = visit, .items = jset_array(values, "told")};

    if (!alert_said(store, visit->arena, alert->problem, show_said, &said, fault) ||
        !history_of_problem(store, visit->arena, alert->problem, alert->opened_ms - BEFORE_MS, TOLD_MOST, show_told,
                            &told, fault))
        return false;
    jset_flag(values, "has_said", json_length(said.items) > 0);
    return true;
}

bool show_whole_alert(const struct visit *visit, struct store *store, struct json_object *values,
                      const struct alert *alert, struct fault *fault)
{
    struct event event = event_of(visit, alert);

    show_alert(visit, values, alert);
    show_facts(visit, values, alert, &event);
    show_details(visit, values, &event);
    return show_past(visit, store, values, alert, fault);
}
