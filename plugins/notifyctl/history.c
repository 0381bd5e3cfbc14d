/* notifyctl history: every notification with its reason, and every attempt. */
#include "common/history.h"

#include <stdio.h>
#include <string.h>

#include "common/civil.h"
#include "common/utf8.h"
#include "plugins/notifyctl/arguments.h"
#include "plugins/notifyctl/csv.h"

enum { SHOWN_MOST = 1000, SUBJECT_MOST = 60, DAY_MS = 86400000 };

enum form { FORM_TABLE, FORM_JSON, FORM_CSV };

struct printing {
    const struct operation *operation;
    enum form form;
    size_t count;
};

static struct json_object *entry_to_json(struct arena *arena, const struct history_entry *entry)
{
    struct json_object *json = json_doc(arena);

    jset_text(json, "id", entry->id);
    jset_text(json, "short_id", entry->short_id);
    jset_number(json, "created_ms", entry->created_ms);
    jset_text(json, "problem", entry->problem);
    jset_text(json, "kind", entry->kind);
    jset_text(json, "severity", severity_name(entry->severity));
    jset_text(json, "source", entry->source);
    jset_text(json, "host", entry->host);
    jset_text(json, "service", entry->service);
    jset_text(json, "state", entry->state);
    jset_text(json, "subject", entry->subject);
    jset_text(json, "section", entry->section);
    jset_text(json, "channel", entry->channel);
    jset_text(json, "recipients", entry->recipients);
    jset_text(json, "reason", entry->reason);
    jset_text(json, "route", entry->route);
    jset_text(json, "outcome", entry->outcome);
    jset_number(json, "ended_ms", entry->ended_ms);
    jset_text(json, "delivered_by", entry->delivered_by);
    jset_text(json, "code", entry->code);
    jset_text(json, "words", entry->words);
    return json;
}

static void print_csv(const char *time, const struct history_entry *entry)
{
    const char *fields[] = {entry->id,         time,
                            entry->kind,       severity_name(entry->severity),
                            entry->host,       entry->service,
                            entry->state,      entry->subject,
                            entry->section,    entry->channel,
                            entry->recipients, entry->reason,
                            entry->outcome,    entry->delivered_by,
                            entry->code,       entry->words};

    csv_print(fields, sizeof(fields) / sizeof(*fields));
}

static void print_line(struct arena *arena, const char *time, const struct history_entry *entry)
{
    printf("%s %-7s %-9s %-10s %-10s %-16s %s %s%s%s\n", time, entry->short_id, severity_name(entry->severity),
           entry->outcome, entry->reason, entry->section, entry->host, entry->service[0] ? "/ " : "",
           entry->service[0] ? arena_print(arena, "%s ", entry->service) : "",
           utf8_shorten(arena, entry->subject, SUBJECT_MOST, UNIT_CHARACTERS));
}

static bool print_entry(void *self, const struct history_entry *entry)
{
    struct printing *printing = self;
    struct arena *arena = arena_new();
    const char *time = civil_text(arena, entry->created_ms / 1000, printing->operation->config->timezone);

    printing->count++;
    switch (printing->form) {
    case FORM_TABLE:
        print_line(arena, time, entry);
        break;
    case FORM_JSON:
        puts(json_print(entry_to_json(arena, entry)));
        break;
    case FORM_CSV:
        print_csv(time, entry);
        break;
    }
    arena_release(arena);
    return true;
}

static bool print_attempt(void *self, const struct history_attempt *attempt)
{
    const struct printing *printing = self;
    struct arena *arena = arena_new();

    printf("  %s attempt %lld %s%s%s: %s %s %s (%lld ms)\n",
           civil_text(arena, attempt->at_ms / 1000, printing->operation->config->timezone), (long long)attempt->number,
           attempt->section, attempt->recipient[0] ? " to " : "", attempt->recipient, attempt->outcome, attempt->code,
           attempt->words, (long long)attempt->took_ms);
    arena_release(arena);
    return true;
}

static const char *receipt_words(const char *state)
{
    static const struct {
        const char *state;
        const char *words;
    } ALL[] = {
        {"waiting", "asked for next at this time"  },
        {"arrived", "arrived"                      },
        {"failed",  "did not arrive:"              },
        {"next",    "did not arrive, next channel:"},
        {"silent",  "none came:"                   },
        {"unasked", "cannot be asked for:"         },
    };

    for (size_t i = 0; i < sizeof(ALL) / sizeof(*ALL); i++)
        if (strcmp(ALL[i].state, state) == 0)
            return ALL[i].words;
    return state;
}

static bool print_receipt(void *self, const struct history_receipt *receipt)
{
    const struct printing *printing = self;
    struct arena *arena = arena_new();
    bool arrived = strcmp(receipt->state, "arrived") == 0;

    printf("  %s %s to %s receipt: %s %s%s%s\n",
           civil_text(arena, receipt->at_ms / 1000, printing->operation->config->timezone), receipt->section,
           receipt->recipient, receipt_words(receipt->state), arrived ? receipt->words : receipt->code,
           arrived || !receipt->words[0] ? "" : " ", arrived ? "" : receipt->words);
    arena_release(arena);
    return true;
}

/* One notification in full: what was asked, what was said, every attempt. */
struct detail {
    struct printing *printing;
    struct store *store;
    const char *ids[16]; /* attempts are read after the rows */
    size_t count;
};

static bool print_detail(void *self, const struct history_entry *entry)
{
    struct detail *detail = self;

    print_entry(detail->printing, entry);
    printf("  problem:    %s\n  recipients: %s\n  because:    %s\n  ended:      %s %s %s\n", entry->problem,
           entry->recipients[0] ? entry->recipients : "-", entry->reason, entry->outcome, entry->code, entry->words);
    if (entry->body[0])
        printf("  said:\n%s\n", entry->body);
    if (detail->count < sizeof(detail->ids) / sizeof(*detail->ids))
        detail->ids[detail->count++] = arena_copy(detail->printing->operation->arena, entry->id, strlen(entry->id));
    return true;
}

static int show_one(struct printing *printing, struct store *store, const struct history_filter *filter)
{
    struct detail detail = {.printing = printing, .store = store};
    struct fault fault = {0};

    if (!history_read(store, filter, print_detail, &detail, &fault))
        return say_fault(printing->operation, &fault);
    for (size_t i = 0; i < detail.count; i++)
        if (!history_attempts(store, detail.ids[i], print_attempt, printing, &fault) ||
            !history_receipts(store, detail.ids[i], print_receipt, printing, &fault))
            return say_fault(printing->operation, &fault);
    if (detail.count == 0)
        fprintf(stderr, "nothing is recorded of '%s'; see notifyctl history\n", filter->id);
    return detail.count == 0;
}

static bool read_filter(struct operation *operation, struct history_filter *filter, enum form *form,
                        struct fault *fault)
{
    const char *since = "";
    const char *severity = "";
    enum severity least = SEVERITY_INFO;
    bool json = false;
    bool csv = false;
    struct argument arguments[] = {
        {"--since",     &since,             NULL },
        {"--host",      &filter->host,      NULL },
        {"--service",   &filter->service,   NULL },
        {"--channel",   &filter->section,   NULL },
        {"--recipient", &filter->recipient, NULL },
        {"--severity",  &severity,          NULL },
        {"--outcome",   &filter->outcome,   NULL },
        {"--problem",   &filter->problem,   NULL },
        {"--id",        &filter->id,        NULL },
        {"--json",      NULL,               &json},
        {"--csv",       NULL,               &csv },
    };
    int rest;

    if (!arguments_read(operation, arguments, sizeof(arguments) / sizeof(*arguments), &rest, fault))
        return false;
    if (rest < operation->argc)
        filter->id = operation->argv[rest];
    if (severity[0] && !severity_from(severity, &least))
        return fault_set(fault, FAULT_USAGE, "'%s' is no severity: info, warning, error, critical, emergency",
                         severity);
    filter->severity = severity[0] ? (int)least : -1;
    *form = json ? FORM_JSON : csv ? FORM_CSV : FORM_TABLE;
    return moment_read(operation, since, filter->id[0] ? 0 : world_wall_ms(&operation->world) - DAY_MS,
                       &filter->since_ms, fault);
}

int command_history(struct operation *operation)
{
    struct history_filter filter = {.id = "",
                                    .host = "",
                                    .service = "",
                                    .section = "",
                                    .recipient = "",
                                    .outcome = "",
                                    .problem = "",
                                    .most = SHOWN_MOST};
    struct printing printing = {.operation = operation};
    struct fault fault = {0};
    struct store *store;

    if (!read_filter(operation, &filter, &printing.form, &fault))
        return say_fault(operation, &fault);
    store = open_store_or_say(operation);
    if (!store)
        return 1;
    if (filter.id[0] && printing.form == FORM_TABLE)
        return show_one(&printing, store, &filter);
    if (printing.form == FORM_CSV)
        fputs("id,time,kind,severity,host,service,state,subject,section,channel,recipients,reason,outcome,"
              "delivered_by,code,words\r\n",
              stdout);
    if (!history_read(store, &filter, print_entry, &printing, &fault))
        return say_fault(operation, &fault);
    return 0;
}
