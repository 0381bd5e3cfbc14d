/*
 * The messages that Zabbix' media types come with, English whatever the frontend's language: messageTemplates() of
 * ui/include/classes/helpers/CMediatypeHelper.php. Until 5.0 "Resolved: " and "Updated problem: " name no duration;
 * before 4.0 the subject was "{TRIGGER.STATUS}: {TRIGGER.NAME}".
 */
#include "common/intake_zabbix.h"

#include <string.h>

#include "common/intake_time.h"

/* How a subject begins, and what stands somewhere behind; `with_duration`: "Resolved in 1m 5s: ". */
static const struct prefix {
    const char *text;
    const char *later;
    enum event_kind kind;
    bool with_duration;
    bool stays; /* its words say more than the kind does */
} PREFIXES[] = {
    {"Problem: ",           "",                      EVENT_PROBLEM,          false, false},
    {"PROBLEM: ",           "",                      EVENT_PROBLEM,          false, false},
    {"Resolved: ",          "",                      EVENT_RECOVERY,         false, false},
    {"OK: ",                "",                      EVENT_RECOVERY,         false, false},
    {"Updated problem: ",   "",                      EVENT_UPDATE,           false, false},
    {"Resolved in ",        ": ",                    EVENT_RECOVERY,         true,  false},
    {"Updated problem in ", ": ",                    EVENT_UPDATE,           true,  false},
    {"Service \"",          "\" problem: ",          EVENT_PROBLEM,          false, true },
    {"Service \"",          "\" resolved in ",       EVENT_RECOVERY,         false, true },
    {"Changed \"",          "\" service status to ", EVENT_UPDATE,           false, true },
    {"Discovery: ",         "",                      EVENT_DISCOVERY,        false, true },
    {"Autoregistration: ",  "",                      EVENT_AUTOREGISTRATION, false, true },
    {"Auto registration: ", "",                      EVENT_AUTOREGISTRATION, false, true },
};

static const struct prefix *prefix_of(const char *subject)
{
    for (size_t i = 0; i < sizeof(PREFIXES) / sizeof(*PREFIXES); i++) {
        size_t len = strlen(PREFIXES[i].text);

        if (strncmp(subject, PREFIXES[i].text, len) == 0 && strstr(subject + len, PREFIXES[i].later))
            return &PREFIXES[i];
    }
    return NULL;
}

/* "WHO ACTION problem at DATE TIME.": the first line of an update; a comment on the lines below it is not asked. */
static enum event_kind kind_of_update(struct arena *arena, const char *message)
{
    const char *line = arena_copy(arena, message, strcspn(message, "\n"));
    const char *end = strstr(line, " problem at ");

    return end ? zabbix_update_kind(arena_copy(arena, line, (size_t)(end - line))) : EVENT_UPDATE;
}

/* The rest of the first line that begins with `label`, or of the last one; "" when there is none. */
static const char *labelled(struct arena *arena, const char *message, const char *label, bool last)
{
    const char *found = "";
    size_t len = strlen(label);

    for (const char *line = message; *line; line += *line == '\n') {
        size_t whole = strcspn(line, "\n");

        if (strncmp(line, label, len) == 0 && (last || !found[0]))
            found = arena_copy(arena, line + len, whole - len);
        line += whole;
    }
    return found;
}

/* "... at 20:03:21 on 2026.11.24" of the first line. */
static void add_time(struct facts *facts, const char *message)
{
    const char *line = arena_copy(facts->arena, message, strcspn(message, "\n"));
    const char *time = strstr(line, " at ");
    const char *date = time ? strstr(time, " on ") : NULL;

    const char *moment = date ? arena_print(facts->arena, "%s %.*s", date + 4, (int)(date - time) - 4, time + 4) : "";
    int64_t seconds;

    if (time_read(moment, &seconds))
        facts_add(facts, "time", moment);
}

/*
 * Operational data may hold a line that looks like one of these, and stands before the id but behind the others: so the
 * last id is the server's, and the first of the others.
 */
static void add_lines(struct facts *facts, const char *message)
{
    facts_add(facts, "host", labelled(facts->arena, message, "Host: ", false));
    facts_add(facts, "host", labelled(facts->arena, message, "Host name: ", false));
    facts_add(facts, "address", labelled(facts->arena, message, "Host IP: ", false));
    facts_add(facts, "severity", labelled(facts->arena, message, "Severity: ", false));
    facts_add(facts, "duration", labelled(facts->arena, message, "Problem duration: ", false));
    facts_add(facts, "value", labelled(facts->arena, message, "Operational data: ", false));
    facts_add(facts, "event_id", labelled(facts->arena, message, "Original problem ID: ", true));
}

static void add_state(struct facts *facts, enum event_kind kind)
{
    const char *severity = facts_get(facts, "severity");

    facts_add(facts, kind == EVENT_RECOVERY ? "previous_state" : "state", severity);
    if (kind == EVENT_RECOVERY)
        facts_add(facts, "state", "OK");
}

void zabbix_stock_read(struct facts *facts, const char *subject, const char *message)
{
    const struct prefix *prefix = prefix_of(subject);
    enum event_kind kind;

    if (!prefix)
        return;
    kind = prefix->kind == EVENT_UPDATE ? kind_of_update(facts->arena, message) : prefix->kind;
    facts_add(facts, "kind", event_kind_name(kind));
    if (prefix->kind != EVENT_UPDATE) { /* of which the lines are what somebody wrote */
        add_time(facts, message);
        add_lines(facts, message);
        add_state(facts, kind);
    }
    if (prefix->with_duration) {
        const char *duration = subject + strlen(prefix->text);

        facts_add(facts, "duration", arena_copy(facts->arena, duration, strcspn(duration, ":")));
        facts_add(facts, "subject", strstr(subject, ": ") + 2);
    } else if (!prefix->stays) {
        facts_add(facts, "subject", subject + strlen(prefix->text));
    }
}
