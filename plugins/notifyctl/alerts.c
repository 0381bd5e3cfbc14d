/* notifyctl confirm and pending: who is on it, told from a terminal; and what still waits for somebody. */
#include "common/alert.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/civil.h"
#include "common/utf8.h"
#include "plugins/notifyctl/arguments.h"

enum { ID_LENGTH = 16 };

struct listing {
    const struct operation *operation;
    struct json_object *rows; /* NULL: a line for each */
    int64_t now_ms;
    size_t count;
    struct alert first;
};

static const char *ago(const struct listing *listing, int64_t when_ms)
{
    return civil_duration(listing->operation->arena, (listing->now_ms - when_ms) / 1000);
}

/* "db-01 / disk: Disk is full"; a subject that names the host says enough. */
static const char *what_of(struct arena *arena, const struct alert *alert)
{
    if (strstr(alert->subject, alert->host))
        return alert->subject;
    return arena_print(arena, "%s%s%s: %s", alert->host, alert->service[0] ? " / " : "", alert->service,
                       alert->subject);
}

/* --- confirm --- */

static bool keep_match(void *self, const struct alert *alert)
{
    struct listing *listing = self;

    if (listing->count++ == 0)
        listing->first = *alert;
    return true;
}

static bool print_match(void *self, const struct alert *alert)
{
    struct listing *listing = self;

    fprintf(stderr, "  %s %s %s%s\n", alert->id, ago(listing, alert->opened_ms),
            what_of(listing->operation->arena, alert), alert->over_ms ? " (over)" : "");
    return true;
}

static bool is_alert_id(const char *text)
{
    return strlen(text) == ID_LENGTH && strspn(text, "0123456789abcdef") == ID_LENGTH;
}

/* "k7f3q", "#K7F3Q" */
static const char *short_id_of(struct arena *arena, const char *text)
{
    char *name = arena_print(arena, "#%s", text[0] == '#' ? text + 1 : text);

    for (char *c = name; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return name;
}

/* The id of the alert that is meant; FAULT_INPUT when there is none or more than one, which are listed. */
static bool which_alert(struct operation *operation, struct store *store, const char *name, const char **id,
                        struct fault *fault)
{
    struct listing listing = {.operation = operation, .now_ms = world_wall_ms(&operation->world)};
    struct alert_filter filter = {
        .problem = "", .short_id = short_id_of(operation->arena, name), .now_ms = listing.now_ms};

    if (is_alert_id(name)) {
        *id = name;
        return true;
    }
    if (!alert_list(store, operation->arena, &filter, keep_match, &listing, fault))
        return false;
    if (listing.count == 0)
        return fault_set(fault, FAULT_INPUT, "there is no alert %s here; `notifyctl pending` lists those that wait",
                         filter.short_id);
    if (listing.count > 1) {
        fprintf(stderr, "%zu alerts are called %s; name the one that is meant:\n", listing.count, filter.short_id);
        alert_list(store, operation->arena, &filter, print_match, &listing, fault);
        return fault_set(fault, FAULT_INPUT, "%s is not clear", filter.short_id);
    }
    *id = listing.first.id;
    return true;
}

static int print_answer(struct operation *operation, const struct alert_reply *reply, const struct alert *alert,
                        enum alert_answer answer)
{
    struct listing listing = {.operation = operation, .now_ms = reply->now_ms};
    static const char *const DONE[] = {
        [ALERT_TAKE] = "taken by", [ALERT_SOLVE] = "solved by", [ALERT_RELEASE] = "given back by"};

    switch (answer) {
    case ALERT_DONE:
        printf("%s %s %s: %s\n", alert->short_id, DONE[reply->verb], reply->author, what_of(operation->arena, alert));
        return 0;
    case ALERT_ALREADY:
        if (reply->verb == ALERT_RELEASE)
            printf("%s waits already: nobody has taken it\n", alert->short_id);
        else if (alert->state == ALERT_SOLVED)
            printf("%s was solved by %s %s ago\n", alert->short_id, alert->solved_by, ago(&listing, alert->solved_ms));
        else
            printf("%s was taken by %s %s ago\n", alert->short_id, alert->taken_by, ago(&listing, alert->taken_ms));
        return 0;
    case ALERT_OVER:
        printf("%s ended %s ago: nothing to confirm\n", alert->short_id, ago(&listing, alert->over_ms));
        return 0;
    case ALERT_UNKNOWN:
        break;
    }
    fprintf(stderr, "there is no alert %s here\n", reply->id);
    return 2;
}

/* The login name of who calls, when nobody is named. */
static const char *caller(const struct operation *operation)
{
    const char *names[] = {getenv("SUDO_USER"), getenv("LOGNAME"), getenv("USER")};

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (names[i] && names[i][0])
            return utf8_clean_line(operation->arena, names[i], strlen(names[i]));
    return "";
}

static const char *clean(const struct operation *operation, const char *text)
{
    return utf8_clean_line(operation->arena, text, strlen(text));
}

static bool read_reply(struct operation *operation, struct alert_reply *reply, const char **name, struct fault *fault)
{
    bool solved = false;
    bool release = false;
    struct argument arguments[] = {
        {"--by",      &reply->author, NULL    },
        {"--comment", &reply->words,  NULL    },
        {"--solved",  NULL,           &solved },
        {"--release", NULL,           &release},
    };
    size_t count = sizeof(arguments) / sizeof(*arguments);
    int rest;

    /* Options may stand on both sides of the name. */
    if (!arguments_read(operation, arguments, count, &rest, fault))
        return false;
    if (rest == operation->argc)
        return fault_set(fault, FAULT_USAGE, "say which: the short name that the message shows, such as K7F3Q");
    *name = operation->argv[rest];
    operation->argv[rest] = operation->argv[0];
    operation->argc -= rest;
    operation->argv += rest;
    if (!arguments_read(operation, arguments, count, &rest, fault))
        return false;
    if (rest < operation->argc)
        return fault_set(fault, FAULT_USAGE, "'%s' is one too many", operation->argv[rest]);
    if (solved && release)
        return fault_set(fault, FAULT_USAGE, "--solved and --release exclude each other");
    reply->verb = solved ? ALERT_SOLVE : release ? ALERT_RELEASE : ALERT_TAKE;
    reply->author = reply->author[0] ? clean(operation, reply->author) : caller(operation);
    reply->words = clean(operation, reply->words);
    return reply->author[0] || fault_set(fault, FAULT_USAGE, "say who: --by li");
}

int command_confirm(struct operation *operation)
{
    struct alert_reply reply = {.author = "", .via = "notifyctl", .words = ""};
    enum alert_answer answer = ALERT_UNKNOWN;
    const char *name = "";
    struct store *store;
    struct alert alert;
    struct fault fault = {0};

    if (!read_reply(operation, &reply, &name, &fault))
        return say_fault(operation, &fault);
    store = open_store_or_say(operation);
    if (!store)
        return 1;
    reply.now_ms = world_wall_ms(&operation->world);
    if (!which_alert(operation, store, name, &reply.id, &fault) ||
        !alert_reply(store, operation->arena, &reply, &alert, &answer, &fault))
        return say_fault(operation, &fault);
    return print_answer(operation, &reply, &alert, answer);
}

/* --- pending --- */

static void add_row(struct listing *listing, const struct alert *alert)
{
    struct json_object *row = jadd_object(listing->rows);

    jset_text(row, "short_id", alert->short_id);
    jset_text(row, "id", alert->id);
    jset_text(row, "severity", severity_name(alert->severity));
    jset_text(row, "source", alert->source);
    jset_text(row, "host", alert->host);
    jset_text(row, "service", alert->service);
    jset_text(row, "subject", alert->subject);
    jset_number(row, "opened_ms", alert->opened_ms);
    jset_number(row, "due_ms", alert->due_ms);
}

static bool show_pending(void *self, const struct alert *alert)
{
    struct listing *listing = self;
    struct arena *arena = listing->operation->arena;
    bool late = alert->due_ms > 0 && alert->due_ms <= listing->now_ms;

    listing->count++;
    if (listing->rows) {
        add_row(listing, alert);
        return true;
    }
    printf("%s %-9s for %s, %s %s: %s\n", alert->short_id, severity_name(alert->severity),
           ago(listing, alert->opened_ms), late ? "LATE by" : "due in",
           civil_duration(arena, (late ? listing->now_ms - alert->due_ms : alert->due_ms - listing->now_ms) / 1000),
           what_of(arena, alert));
    return true;
}

int command_pending(struct operation *operation)
{
    struct listing listing = {.operation = operation, .now_ms = world_wall_ms(&operation->world)};
    struct alert_filter filter = {.problem = "", .short_id = "", .untaken = true, .now_ms = listing.now_ms};
    const char *older = "";
    bool json = false;
    struct argument arguments[] = {
        {"--older", &older, NULL },
        {"--json",  NULL,   &json},
    };
    struct json_object *doc = json_doc(operation->arena);
    struct store *store;
    struct fault fault = {0};
    int rest;

    if (!arguments_read(operation, arguments, sizeof(arguments) / sizeof(*arguments), &rest, &fault) ||
        !moment_read(operation, older, 0, &filter.before_ms, &fault))
        return say_fault(operation, &fault);
    if (rest < operation->argc)
        return usage(operation, "--older 30m or --json");
    store = open_store_or_say(operation);
    if (!store)
        return 1;
    if (json)
        listing.rows = jset_array(doc, "pending");
    if (!alert_list(store, operation->arena, &filter, show_pending, &listing, &fault))
        return say_fault(operation, &fault);
    if (json)
        puts(json_print(doc));
    else
        printf("waiting for somebody: %zu\n", listing.count);
    return 0;
}
