/*
 * Zabbix' media type "Script": /bin/sh -c "PROGRAM 'TO' 'SUBJECT' 'MESSAGE' ...". Up to 6.2 a script's parameters expand
 * no macro of the event, so the facts travel in a block before the message; from 6.4 on they may be operands of their own.
 * Macros: https://www.zabbix.com/documentation/current/en/manual/appendix/macros/supported_by_location. The kind of an
 * event is decided as Zabbix' own webhooks do (templates/media/slack/media_slack.yaml).
 */
#include "common/intake_sources.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include <json-c/json.h>

#include "common/intake_zabbix.h"
#include "common/json.h"
#include "common/settings.h"

enum { OPERAND_TO, OPERAND_SUBJECT, OPERAND_MESSAGE, OPERANDS_FIXED };

static const char CANCELLED[] = "NOTE: Escalation cancel"; /* "canceled: WHY", of older servers "cancelled: WHY" */
static const char LAST_MESSAGE[] = "Last message sent:";
static const char NO_DATABASE[] = "Zabbix database is not available";

static bool has_word(const char *text, const char *word)
{
    size_t len = strlen(word);

    for (const char *at = strcasestr(text, word); at; at = strcasestr(at + 1, word))
        if ((at == text || !isalpha((unsigned char)at[-1])) && !isalpha((unsigned char)at[len]))
            return true;
    return false;
}

enum event_kind zabbix_update_kind(const char *action)
{
    if (has_word(action, "closed"))
        return EVENT_RECOVERY;
    return has_word(action, "acknowledged") ? EVENT_ACKNOWLEDGEMENT : EVENT_UPDATE;
}

/* Up to 7.0.1 {EVENT.UPDATE.STATUS} of a service stays as it is written; what was done is there in updates only. */
static bool is_update(const struct facts *said)
{
    return strcmp(facts_get(said, "update_status"), "1") == 0 || facts_get(said, "update_nseverity")[0] ||
           facts_get(said, "update_action")[0];
}

/* "" when the block does not say. */
static const char *kind_of(const struct facts *said)
{
    const char *source = facts_get(said, "source");
    const char *value = facts_get(said, "value");

    if (strcmp(source, "1") == 0)
        return event_kind_name(EVENT_DISCOVERY);
    if (strcmp(source, "2") == 0)
        return event_kind_name(EVENT_AUTOREGISTRATION);
    if (strcmp(value, "0") == 0)
        return event_kind_name(EVENT_RECOVERY);
    if (is_update(said))
        return event_kind_name(zabbix_update_kind(facts_get(said, "update_action")));
    return strcmp(value, "1") == 0 ? event_kind_name(EVENT_PROBLEM) : "";
}

static const char *severity_of(const struct facts *said)
{
    static const enum severity BY_NUMBER[] = {SEVERITY_INFO,  SEVERITY_INFO,     SEVERITY_WARNING,
                                              SEVERITY_ERROR, SEVERITY_CRITICAL, SEVERITY_EMERGENCY};
    const char *number = facts_get(said, "update_nseverity");

    if (!number[0])
        number = facts_get(said, "nseverity");
    if (number[0] >= '0' && number[0] <= '5' && number[1] == '\0')
        return severity_name(BY_NUMBER[number[0] - '0']);
    return facts_get(said, "severity");
}

/* The moment that this message is about. */
static const char *time_of(const struct facts *said, const char *kind)
{
    const char *date = facts_get(said, "date");
    const char *time = facts_get(said, "time");

    if (is_update(said)) {
        date = facts_get(said, "update_date");
        time = facts_get(said, "update_time");
    } else if (strcmp(kind, event_kind_name(EVENT_RECOVERY)) == 0 && facts_get(said, "recovery_date")[0]) {
        date = facts_get(said, "recovery_date");
        time = facts_get(said, "recovery_time");
    }
    return date[0] && time[0] ? arena_print(said->arena, "%s %s", date, time) : "";
}

static const char *scalar(struct json_object *value)
{
    return value && !json_object_is_type(value, json_type_object) && !json_object_is_type(value, json_type_array)
               ? json_object_get_string(value)
               : "";
}

/* [{"tag":"team","value":"dba"}] */
static void add_tag_list(struct facts *facts, struct json_object *list)
{
    size_t count = json_object_array_length(list);

    for (size_t i = 0; i < count; i++) {
        struct json_object *tag = json_object_array_get_idx(list, i);

        if (json_is_object(tag))
            facts_add_tag(facts, scalar(json_object_object_get(tag, "tag")),
                          scalar(json_object_object_get(tag, "value")));
    }
}

/* {EVENT.TAGS} is "team:dba, tier:1"; a tag may lack its value. */
static void add_tag_words(struct facts *facts, const char *text)
{
    struct text_list words = split_commas(facts->arena, text);

    for (size_t i = 0; i < words.count; i++) {
        size_t len = strcspn(words.items[i], ":");
        const char *value = words.items[i] + len + (words.items[i][len] == ':');

        facts_add_tag(facts, arena_copy(facts->arena, words.items[i], len), value);
    }
}

static void add_tags(struct facts *facts, const char *text)
{
    struct json_object *json = json_read(facts->arena, text, strlen(text));

    if (json_object_is_type(json, json_type_array)) {
        add_tag_list(facts, json);
    } else if (json_is_object(json)) {
        json_object_object_foreach(json, name, value) facts_add_tag(facts, name, scalar(value));
    } else {
        add_tag_words(facts, text);
    }
}

/* Length of "https://host:port" at the beginning of an address. */
static size_t origin_length(const char *url)
{
    const char *host = strstr(url, "://");

    return host ? (size_t)(host - url) + 3 + strcspn(host + 3, "/?#") : 0;
}

static bool same_host(const char *url, const char *base)
{
    size_t len = origin_length(base);

    return len == origin_length(url) && strncasecmp(url, base, len) == 0;
}

static bool is_number(const char *text)
{
    return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

static const char *problem_page(const struct facts *said, const char *base)
{
    const char *trigger = facts_get(said, "trigger_id");
    const char *event = facts_get(said, "event_id");
    size_t len = strlen(base);

    while (len > 0 && base[len - 1] == '/')
        len--;
    base = arena_copy(said->arena, base, len);
    if (strcmp(facts_get(said, "source"), "4") == 0)
        return arena_print(said->arena, "%s/zabbix.php?action=service.list", base);
    if (is_number(trigger) && is_number(event))
        return arena_print(said->arena, "%s/tr_events.php?triggerid=%s&eventid=%s", base, trigger, event);
    return "";
}

/* The administrator's option is believed before the block. */
static void add_url(struct facts *facts, const struct facts *said)
{
    const char *base = facts_get(facts, "console_url");
    const char *url = facts_get(said, "url");

    if (!is_web_address(base))
        base = facts_get(said, "zabbix_url");
    if (!is_web_address(base))
        base = "";
    if (is_web_address(url) && (!base[0] || same_host(url, base)))
        facts_add(facts, "url", url);
    if (base[0])
        facts_add(facts, "url", problem_page(said, base));
}

static void add_template(struct facts *facts, const char *name)
{
    if (name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0')
        facts_add(facts, "template", name);
}

/* A host, item or user is what the other systems call so; the visible name matters only where it differs. */
static void add_names(struct facts *facts, const struct facts *said)
{
    static const char *const SERVICES[] = {"service", "item", "trigger"};

    for (size_t i = 0; i < sizeof(SERVICES) / sizeof(*SERVICES); i++)
        facts_add(facts, "service", facts_get(said, SERVICES[i]));
    facts_add(facts, "host", facts_get(said, "host"));
    facts_add(facts, "host", facts_get(said, "host_visible"));
    if (strcmp(facts_get(facts, "host"), facts_get(said, "host_visible")) != 0)
        facts_add(facts, "host_name", facts_get(said, "host_visible"));
}

static void add_said(struct facts *facts, const struct facts *said)
{
    static const char *const SAME[][2] = {
        {"event_id",            "event_id"           },
        {"address",             "address"            },
        {"groups",              "groups"             },
        {"threshold",           "threshold"          },
        {"runbook_url",         "runbook_url"        },
        {"notification_number", "notification_number"},
        {"item_value",          "value"              },
        {"opdata",              "value"              },
        {"user",                "author"             },
        {"update_action",       "action"             },
        {"update_message",      "comment"            },
        {"duration",            "duration"           },
        {"age",                 "duration"           },
        {"recovery_id",         "field.recovery_id"  },
        {"trigger_id",          "field.trigger_id"   },
        {"trigger",             "field.trigger"      },
        {"item",                "field.item"         },
        {"item_key",            "field.item_key"     },
        {"opdata",              "field.opdata"       },
        {"ack",                 "field.acknowledged" },
        {"esc_history",         "field.esc_history"  },
    };

    for (size_t i = 0; i < sizeof(SAME) / sizeof(*SAME); i++)
        facts_add(facts, SAME[i][1], facts_get(said, SAME[i][0]));
}

/* Zabbix' word for the state: the severity's name while there is a problem. */
static void add_state(struct facts *facts, const struct facts *said)
{
    bool is_over = strcmp(facts_get(facts, "kind"), event_kind_name(EVENT_RECOVERY)) == 0;

    facts_add(facts, is_over ? "previous_state" : "state", facts_get(said, "severity"));
    if (is_over)
        facts_add(facts, "state", "OK");
}

static void add_block(struct facts *facts, const struct facts *said)
{
    facts_add(facts, "kind", kind_of(said));
    facts_add(facts, "severity", severity_of(said));
    facts_add(facts, "time", time_of(said, facts_get(facts, "kind")));
    add_said(facts, said);
    add_names(facts, said);
    add_state(facts, said);
    add_template(facts, facts_get(said, "template"));
    add_tags(facts, facts_get(said, "tags"));
    add_url(facts, said);
}

/*
 * "NOTE: Escalation canceled: WHY", a line, and the last message again, block and all. The words stay in the message;
 * what follows them is read as ever.
 */
static char *read_cancellation(struct facts *facts, char *message, const char **note)
{
    char *rest = message;

    *note = "";
    if (strncmp(message, CANCELLED, strlen(CANCELLED)) != 0)
        return message;
    *note = lines_take(&rest);
    facts_add(facts, "kind", event_kind_name(EVENT_CANCELLED));
    if (lines_begin(rest, LAST_MESSAGE))
        lines_take(&rest);
    return rest;
}

/* The server's own call for help when it lost its database: there is no event. */
static bool read_outage(struct facts *facts, const char *subject, const char *message)
{
    size_t len = strlen(NO_DATABASE);

    if (strncmp(subject, NO_DATABASE, len) != 0 && strncmp(message, NO_DATABASE, len) != 0)
        return false;
    facts_add(facts, "kind", event_kind_name(EVENT_NOTE));
    facts_add(facts, "severity", severity_name(SEVERITY_CRITICAL));
    facts_add(facts, "subject", subject[0] ? subject : message);
    facts_add(facts, "message", message);
    return true;
}

static const char *operand(const struct line *line, size_t index)
{
    return index < line->operand_count ? line->operands[index] : "";
}

void zabbix_read(const struct sources *sources)
{
    struct facts *facts = sources->facts;
    const char *subject = operand(&sources->line, OPERAND_SUBJECT);
    char *message = lines_normalise(facts->arena, operand(&sources->line, OPERAND_MESSAGE));
    struct facts said = {.arena = facts->arena, .absent = macro_is_unset};
    const char *note;
    bool has_block;

    facts->absent = macro_is_unset;
    facts_add_line(facts, &sources->line);
    if (sources->line.operand_count > OPERANDS_FIXED)
        zabbix_operands_read(&said, sources->line.operands + OPERANDS_FIXED,
                             sources->line.operand_count - OPERANDS_FIXED);
    if (read_outage(facts, subject, message))
        return;
    message = read_cancellation(facts, message, &note);
    has_block = zabbix_block_read(&said, &message);
    add_block(facts, &said);
    if (!has_block)
        zabbix_stock_read(facts, subject, message);
    facts_add(facts, "subject", subject);
    facts_add(facts, "subject", facts_get(&said, "trigger"));
    facts_add(facts, "message", note[0] ? arena_print(facts->arena, "%s\n%s", note, message) : message);
    if (facts_get(facts, "event_id")[0])
        facts_add(facts, "kind", event_kind_name(EVENT_PROBLEM));
}
