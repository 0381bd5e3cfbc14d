#include "common/event.h"

#include <string.h>
#include <strings.h>

#include <json-c/json.h>

#include "common/utf8.h"

#define FIELD(field_, name_, many_, authored_, help_)                                                              \
    {                                                                                                              \
        .name = (name_), .offset = offsetof(struct event, field_), .many_lines = (many_), .authored = (authored_), \
        .help = (help_)                                                                                            \
    }

const struct event_field event_fields[] = {
    FIELD(source, "source", false, false, ""),
    FIELD(source_name, "source_name", false, false, "the monitoring server's name for people"),
    FIELD(instance, "instance", false, false, "tells two monitoring servers of one kind apart"),
    FIELD(event_id, "event_id", false, false, "the problem's id, the same in its recovery"),
    FIELD(host, "host", false, false, "host name"),
    FIELD(host_name, "host_name", false, true, "host's display name"),
    FIELD(address, "address", false, false, "host's address"),
    FIELD(service, "service", false, false, "service, item or trigger; none for a host event"),
    FIELD(service_name, "service_name", false, true, "service's display name"),
    FIELD(state, "state", false, false, "OK, WARNING, CRITICAL, UNKNOWN, UP, DOWN ..."),
    FIELD(previous_state, "previous_state", false, false, "state before"),
    FIELD(subject, "subject", false, true, "one line that says what happened"),
    FIELD(message, "message", true, true, "the text; - reads standard input"),
    FIELD(duration, "duration", false, false, "how long it lasts: 1h 5m"),
    FIELD(threshold, "threshold", false, true, "limit that was passed"),
    FIELD(value, "value", false, true, "measured value"),
    FIELD(disk_path, "disk_path", false, true, "path of the disk"),
    FIELD(free_space, "free_space", false, true, "space left"),
    FIELD(url, "url", false, false, "page of the problem in the monitoring system"),
    FIELD(runbook_url, "runbook_url", false, false, "page that says what to do"),
    FIELD(impact, "impact", false, true, "who or what suffers"),
    FIELD(groups, "groups", false, false, "host groups, comma-separated"),
    FIELD(notification_number, "notification_number", false, false, "how often this problem was told"),
    FIELD(author, "author", false, true, "who acknowledged or commented"),
    FIELD(comment, "comment", true, true, "what they wrote"),
    FIELD(action, "action", false, true, "what an update changed"),
    FIELD(contact, "contact", false, true, "whom the monitoring system calls"),
    FIELD(template_name, "template", false, false, ""),
    {.name = NULL, .help = ""},
};

struct event event_empty(void)
{
    struct event event = {.kind = EVENT_NOTE};

    for (const struct event_field *field = event_fields; field->name; field++)
        *(const char **)(void *)((char *)&event + field->offset) = "";
    return event;
}

const struct event_field *event_field_named(const char *name)
{
    const struct event_field *field = event_fields;

    while (field->name && strcmp(field->name, name) != 0)
        field++;
    return field->name ? field : NULL;
}

const char *event_text(const struct event *event, const struct event_field *field)
{
    return *(const char *const *)(const void *)((const char *)event + field->offset);
}

enum word severity_word(enum severity severity)
{
    switch (severity) {
    case SEVERITY_INFO:
        return WORD_LEVEL_INFO;
    case SEVERITY_WARNING:
        return WORD_LEVEL_WARNING;
    case SEVERITY_ERROR:
        return WORD_LEVEL_ERROR;
    case SEVERITY_CRITICAL:
        return WORD_LEVEL_CRITICAL;
    case SEVERITY_EMERGENCY:
        return WORD_LEVEL_EMERGENCY;
    }
    return WORD_LEVEL_INFO;
}

bool event_is_host_down(const struct event *event)
{
    return event->kind == EVENT_PROBLEM && event->service[0] == '\0' &&
           (strcasecmp(event->state, "DOWN") == 0 || strncasecmp(event->state, "UNREACH", 7) == 0);
}

const char *event_server(const struct event *event)
{
    if (event->source_name[0])
        return event->source_name;
    return strcmp(event->source, "manual") == 0 ? "" : event->source;
}

const char *event_headline(struct arena *arena, const struct event *event)
{
    if (event->subject[0] || !event->host[0])
        return event->subject;
    return event->service[0] ? arena_print(arena, "%s / %s %s", event->host, event->service, event->state)
                             : arena_print(arena, "%s %s", event->host, event->state);
}

void event_set(struct arena *arena, struct event *event, const struct event_field *field, const char *value)
{
    *(const char **)(void *)((char *)event + field->offset) =
        field->many_lines ? utf8_clean(arena, value, strlen(value)) : utf8_clean_line(arena, value, strlen(value));
}

void pairs_add(struct arena *arena, struct pairs *pairs, const char *name, const char *value)
{
    struct pair pair = {.name = utf8_clean_line(arena, name, strlen(name)),
                        .value = utf8_clean_line(arena, value, strlen(value))};

    /* The space doubles: at each power of two the array is full. */
    if ((pairs->count & (pairs->count - 1)) == 0)
        pairs->items = arena_grow(arena, pairs->items, (pairs->count ? 2 * pairs->count : 1) * sizeof(*pairs->items));
    pairs->items[pairs->count++] = pair;
}

static const char *const SEVERITIES[SEVERITY_COUNT] = {
    [SEVERITY_INFO] = "info",         [SEVERITY_WARNING] = "warning",     [SEVERITY_ERROR] = "error",
    [SEVERITY_CRITICAL] = "critical", [SEVERITY_EMERGENCY] = "emergency",
};

static const char *const KINDS[EVENT_KIND_COUNT] = {
    [EVENT_PROBLEM] = "problem",
    [EVENT_RECOVERY] = "recovery",
    [EVENT_ACKNOWLEDGEMENT] = "acknowledgement",
    [EVENT_UPDATE] = "update",
    [EVENT_CANCELLED] = "cancelled",
    [EVENT_FLAPPING_START] = "flapping_start",
    [EVENT_FLAPPING_STOP] = "flapping_stop",
    [EVENT_DOWNTIME_START] = "downtime_start",
    [EVENT_DOWNTIME_END] = "downtime_end",
    [EVENT_DOWNTIME_CANCELLED] = "downtime_cancelled",
    [EVENT_CUSTOM] = "custom",
    [EVENT_DISCOVERY] = "discovery",
    [EVENT_AUTOREGISTRATION] = "autoregistration",
    [EVENT_NOTE] = "note",
};

const char *severity_name(enum severity severity)
{
    return SEVERITIES[severity];
}

enum severity severity_of_number(int64_t number)
{
    return number >= 0 && number < SEVERITY_COUNT ? (enum severity)number : SEVERITY_EMERGENCY;
}

const char *event_kind_name(enum event_kind kind)
{
    return KINDS[kind];
}

bool severity_from(const char *name, enum severity *severity)
{
    for (int i = 0; i < SEVERITY_COUNT; i++) {
        if (strcasecmp(SEVERITIES[i], name) == 0) {
            *severity = (enum severity)i;
            return true;
        }
    }
    return false;
}

bool event_kind_from(const char *name, enum event_kind *kind)
{
    for (int i = 0; i < EVENT_KIND_COUNT; i++) {
        if (strcasecmp(KINDS[i], name) == 0) {
            *kind = (enum event_kind)i;
            return true;
        }
    }
    return false;
}

static void pairs_to_json(struct json_object *object, const char *key, const struct pairs *pairs)
{
    struct json_object *child;

    if (pairs->count == 0)
        return;
    child = jset_object(object, key);
    for (size_t i = 0; i < pairs->count; i++)
        jset_text(child, pairs->items[i].name, pairs->items[i].value);
}

/* A list of objects, as in Zabbix: names may repeat. */
static void tags_to_json(struct json_object *object, const struct pairs *tags)
{
    struct json_object *list;

    if (tags->count == 0)
        return;
    list = jset_array(object, "tags");
    for (size_t i = 0; i < tags->count; i++) {
        struct json_object *tag = jadd_object(list);

        jset_text(tag, "tag", tags->items[i].name);
        jset_text(tag, "value", tags->items[i].value);
    }
}

struct json_object *event_to_json(struct arena *arena, const struct event *event)
{
    struct json_object *object = json_doc(arena);

    jset_text(object, "kind", event_kind_name(event->kind));
    jset_text(object, "severity", severity_name(event->severity));
    if (event->time_s)
        jset_number(object, "time", event->time_s);
    for (const struct event_field *field = event_fields; field->name; field++)
        if (event_text(event, field)[0])
            jset_text(object, field->name, event_text(event, field));
    tags_to_json(object, &event->tags);
    pairs_to_json(object, "fields", &event->fields);
    return object;
}

static const char *scalar_text(struct json_object *value)
{
    return json_object_is_type(value, json_type_null) ? "" : json_object_get_string(value);
}

static bool is_scalar(struct json_object *value)
{
    return !json_object_is_type(value, json_type_object) && !json_object_is_type(value, json_type_array);
}

static bool pairs_from_object(struct arena *arena, const char *key, struct json_object *object, struct pairs *pairs,
                              struct fault *fault)
{
    json_object_object_foreach(object, name, value)
    {
        if (!is_scalar(value))
            return fault_set(fault, FAULT_INPUT, "JSON event: '%s.%s' must be a text or a number", key, name);
        pairs_add(arena, pairs, name, scalar_text(value));
    }
    return true;
}

static bool tags_from_list(struct arena *arena, struct json_object *list, struct pairs *tags, struct fault *fault)
{
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *tag = json_object_array_get_idx(list, i);

        if (!json_is_object(tag) || json_text_at(tag, "/tag")[0] == '\0')
            return fault_set(fault, FAULT_INPUT, "JSON event: 'tags' must hold {\"tag\": ..., \"value\": ...}");
        pairs_add(arena, tags, json_text_at(tag, "/tag"), json_text_at(tag, "/value"));
    }
    return true;
}

static bool pairs_from_json(struct arena *arena, const char *key, struct json_object *value, struct pairs *pairs,
                            struct fault *fault)
{
    if (json_is_object(value))
        return pairs_from_object(arena, key, value, pairs, fault);
    if (json_object_is_type(value, json_type_array))
        return tags_from_list(arena, value, pairs, fault);
    return fault_set(fault, FAULT_INPUT, "JSON event: '%s' must be an object", key);
}

/* What is not text in struct event. */
static bool special_from_json(const char *key, struct json_object *value, struct event *event, struct fault *fault)
{
    if (strcmp(key, "kind") == 0 && !event_kind_from(scalar_text(value), &event->kind))
        return fault_set(fault, FAULT_INPUT, "JSON event: 'kind' is '%s'; wanted problem, recovery, ...",
                         scalar_text(value));
    if (strcmp(key, "severity") == 0 && !severity_from(scalar_text(value), &event->severity))
        return fault_set(fault, FAULT_INPUT,
                         "JSON event: 'severity' is '%s'; wanted info, warning, error, critical or emergency",
                         scalar_text(value));
    if (strcmp(key, "time") == 0) {
        if (!json_object_is_type(value, json_type_int))
            return fault_set(fault, FAULT_INPUT, "JSON event: 'time' must be Unix time in seconds");
        event->time_s = json_object_get_int64(value);
    }
    return true;
}

static bool is_special(const char *key)
{
    return strcmp(key, "kind") == 0 || strcmp(key, "severity") == 0 || strcmp(key, "time") == 0;
}

static bool field_from_json(struct arena *arena, const char *key, struct json_object *value, struct event *event,
                            struct fault *fault)
{
    const struct event_field *field = event_field_named(key);

    if (strcmp(key, "tags") == 0)
        return pairs_from_json(arena, key, value, &event->tags, fault);
    if (strcmp(key, "fields") == 0)
        return pairs_from_json(arena, key, value, &event->fields, fault);
    if (!is_scalar(value))
        return fault_set(fault, FAULT_INPUT, "JSON event: '%s' must be a text or a number", key);
    if (is_special(key))
        return special_from_json(key, value, event, fault);
    if (field)
        event_set(arena, event, field, scalar_text(value));
    else
        pairs_add(arena, &event->fields, key, scalar_text(value));
    return true;
}

bool event_from_json(struct arena *arena, struct json_object *json, struct event *event, struct fault *fault)
{
    struct event read = event_empty();

    if (!json_is_object(json))
        return fault_set(fault, FAULT_INPUT, "JSON event: one object was wanted");
    read.kind = EVENT_PROBLEM;
    json_object_object_foreach(json, key, value) if (!field_from_json(arena, key, value, &read, fault)) return false;
    *event = read;
    return true;
}
