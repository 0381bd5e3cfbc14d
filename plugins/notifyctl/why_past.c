#include "plugins/notifyctl/why_past.h"

#include <stdio.h>
#include <string.h>

#include "common/alert.h"
#include "common/civil.h"
#include "common/json.h"

enum { ENTRIES_MOST = 100, SAME_EVENT_MS = 2000 }; /* the chains of one event are admitted one after the other */

struct looking {
    struct operation *operation;
    struct store *store;
    struct history_entry *entries;
    size_t count;
    size_t rows; /* of the query that runs */
};

static const char *time_text(const struct looking *looking, int64_t at_ms)
{
    return civil_text(looking->operation->arena, at_ms / 1000, looking->operation->config->timezone);
}

/* What the store gives is gone with its row. */
static bool keep_entry(void *self, const struct history_entry *entry)
{
    static const size_t TEXTS[] = {
        offsetof(struct history_entry, id),        offsetof(struct history_entry, short_id),
        offsetof(struct history_entry, problem),   offsetof(struct history_entry, kind),
        offsetof(struct history_entry, source),    offsetof(struct history_entry, host),
        offsetof(struct history_entry, service),   offsetof(struct history_entry, state),
        offsetof(struct history_entry, subject),   offsetof(struct history_entry, section),
        offsetof(struct history_entry, channel),   offsetof(struct history_entry, recipients),
        offsetof(struct history_entry, reason),    offsetof(struct history_entry, route),
        offsetof(struct history_entry, outcome),   offsetof(struct history_entry, delivered_by),
        offsetof(struct history_entry, reference), offsetof(struct history_entry, code),
        offsetof(struct history_entry, words),     offsetof(struct history_entry, body),
    };
    struct looking *looking = self;
    struct history_entry *kept = &looking->entries[looking->count++];

    *kept = *entry;
    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(*TEXTS); i++) {
        const char **text = (const char **)(void *)((char *)kept + TEXTS[i]);

        *text = arena_copy(looking->operation->arena, *text, strlen(*text));
    }
    return looking->count < ENTRIES_MOST;
}

static bool is(const struct history_entry *entry, const char *outcome)
{
    return strcmp(entry->outcome, outcome) == 0;
}

/* --- the outbox --- */

static void print_legs(const struct looking *looking, const char *legs)
{
    struct arena *arena = looking->operation->arena;
    struct json_object *doc = json_read(arena, legs, strlen(legs));
    size_t count = json_length(json_at(doc, "/legs"));

    for (size_t i = 0; i < count; i++) {
        struct json_object *leg = json_at(doc, arena_print(arena, "/legs/%zu", i));
        size_t recipients = json_length(json_at(leg, "/recipients"));

        printf("%s%s", i ? ", else " : "    in this order: ", json_text_at(leg, "/section"));
        for (size_t k = 0; k < recipients; k++)
            printf("%s%s", k ? "," : " to ", json_text_at(leg, arena_print(arena, "/recipients/%zu", k)));
    }
    if (count)
        putchar('\n');
}

static bool print_outbox(void *self, struct row *row)
{
    struct looking *looking = self;
    const char *template_name = row_text(row, 4);

    looking->rows++;
    printf("  waits in the outbox (%s), next at %s, given up at %s%s%s\n", row_text(row, 0),
           time_text(looking, row_number(row, 1)), time_text(looking, row_number(row, 2)),
           template_name[0] ? "; template " : "", template_name);
    print_legs(looking, row_text(row, 3));
    return false;
}

static bool tell_outbox(struct looking *looking, const struct history_entry *entry, struct fault *fault)
{
    looking->rows = 0;
    if (!store_read(looking->store, NULL, fault,
                    "SELECT state, due_ms, expires_ms, legs, template_name FROM outbox WHERE id = ?", print_outbox,
                    looking, "t", entry->id))
        return false;
    if (looking->rows == 0)
        puts("  waits, and stands in the outbox no more: its process is at it, or died with it");
    return true;
}

/* --- the end --- */

static int64_t release_of(const struct looking *looking, const struct history_entry *entry)
{
    struct fault fault = {0};
    int64_t release_ms = 0;

    store_number(looking->store, &fault, "SELECT release_ms FROM notification WHERE id = ?", 0, &release_ms, "t",
                 entry->id);
    return release_ms;
}

static void tell_held(const struct looking *looking, const struct history_entry *entry)
{
    int64_t release_ms = release_of(looking, entry);

    if (release_ms)
        printf("  held until %s by the hours of its route", time_text(looking, release_ms));
    else
        printf("  held back by a limit: %s", entry->words[0] ? entry->words : "which one is not recorded");
    if (entry->ended_ms)
        printf("; told in summary %s at %s\n", entry->delivered_by, time_text(looking, entry->ended_ms));
    else
        puts("; not told in a summary yet");
}

static bool tell_end(struct looking *looking, const struct history_entry *entry, struct fault *fault)
{
    if (is(entry, "waiting"))
        return tell_outbox(looking, entry, fault);
    if (is(entry, "held"))
        tell_held(looking, entry);
    else if (is(entry, "muted"))
        printf("  muted by %s\n", entry->words);
    else if (is(entry, "folded"))
        puts("  not told: its problem was held back from these people, too");
    else
        printf("  %s at %s%s%s%s%s%s%s\n", entry->outcome, time_text(looking, entry->ended_ms),
               entry->delivered_by[0] ? " by " : "", entry->delivered_by, entry->code[0] ? ": " : "", entry->code,
               entry->words[0] ? ": " : "", entry->words);
    return true;
}

/* --- attempts, and the rest of the event --- */

static bool print_attempt(void *self, const struct history_attempt *attempt)
{
    struct looking *looking = self;

    looking->rows++;
    printf("  attempt %lld at %s through %s%s%s: %s %s %s (%lld ms)\n", (long long)attempt->number,
           time_text(looking, attempt->at_ms), attempt->section, attempt->recipient[0] ? " to " : "",
           attempt->recipient, attempt->outcome, attempt->code, attempt->words, (long long)attempt->took_ms);
    return true;
}

static bool print_other(void *self, struct row *row)
{
    const char *route = row_text(row, 4);

    (void)self;
    printf("  of the same event: %s through %s: %s, because: %s%s%s\n", row_text(row, 0), row_text(row, 1),
           row_text(row, 2), row_text(row, 3), route[0] ? ", by route " : "", route);
    return true;
}

static bool tell_others(struct looking *looking, const struct history_entry *entry, struct fault *fault)
{
    return store_read(looking->store, NULL, fault,
                      "SELECT id, section, outcome, reason, route FROM notification WHERE problem = ? AND kind = ?"
                      " AND created_ms BETWEEN ? AND ? AND id <> ? ORDER BY id",
                      print_other, looking, "ttiit", entry->problem, entry->kind, entry->created_ms - SAME_EVENT_MS,
                      entry->created_ms + SAME_EVENT_MS, entry->id);
}

static bool tell_entry(struct looking *looking, const struct history_entry *entry, struct fault *fault)
{
    printf("%s %s: %s of severity %s, host '%s', service '%s', state '%s': %s\n", entry->id, entry->short_id,
           entry->kind, severity_name(entry->severity), entry->host, entry->service, entry->state, entry->subject);
    printf("  asked for at %s through %s/%s to %s\n", time_text(looking, entry->created_ms), entry->channel,
           entry->section, entry->recipients[0] ? entry->recipients : "the group");
    printf("  because: %s%s%s\n", entry->reason, entry->route[0] ? ", by route " : ", by no route", entry->route);
    looking->rows = 0;
    if (!history_attempts(looking->store, entry->id, print_attempt, looking, fault))
        return false;
    if (looking->rows == 0)
        puts("  no attempt is recorded");
    return tell_end(looking, entry, fault) && tell_others(looking, entry, fault);
}

bool past_print(struct operation *operation, struct store *store, const struct history_filter *filter,
                struct history_entry *newest, bool *found, struct fault *fault)
{
    struct looking looking = {.operation = operation, .store = store};

    looking.entries = arena_alloc(operation->arena, ENTRIES_MOST * sizeof(*looking.entries));
    if (!history_read(store, filter, keep_entry, &looking, fault))
        return false;
    for (size_t i = 0; i < looking.count; i++)
        if (!tell_entry(&looking, &looking.entries[i], fault))
            return false;
    *found = looking.count > 0;
    if (*found)
        *newest = looking.entries[0];
    return true;
}

/* --- the event --- */

struct recalling {
    struct arena *arena;
    struct event *event;
    bool known;
};

static bool keep_event(void *self, const struct alert *alert)
{
    struct recalling *recalling = self;
    struct json_object *doc = json_read(recalling->arena, alert->event, strlen(alert->event));
    struct fault fault = {0};

    recalling->known = doc && event_from_json(recalling->arena, doc, recalling->event, &fault);
    return false;
}

struct event past_event(struct operation *operation, struct store *store, const struct history_entry *entry,
                        bool *whole)
{
    struct arena *arena = operation->arena;
    struct event event = event_empty();
    struct event told = event_empty();
    struct recalling recalling = {.arena = arena, .event = &told};
    struct alert_filter filter = {.problem = entry->problem, .short_id = ""};
    struct fault fault = {0};

    *whole = alert_list(store, arena, &filter, keep_event, &recalling, &fault) && recalling.known;
    if (*whole)
        event = told;
    event_kind_from(entry->kind, &event.kind);
    event.severity = entry->severity;
    event.source = entry->source;
    event.host = entry->host;
    event.service = entry->service;
    event.state = entry->state;
    event.subject = entry->subject;
    return event;
}
