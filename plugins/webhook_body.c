/*
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#payload-structure
 */
#include "plugins/webhook_body.h"

#include <string.h>

#include <json-c/json_object.h>

#include "common/civil.h"
#include "common/hash.h"
#include "common/template.h"

const char *webhook_event_body(struct arena *arena, const struct intent *intent, struct json_object *values)
{
    const struct message *message = intent->message;
    struct json_object *body = json_doc(arena);
    struct json_object *data = event_to_json(arena, message->event);

    jset_text(body, "type", arena_print(arena, "alert.%s", event_kind_name(message->kind)));
    jset_text(body, "timestamp", civil_utc(arena, message->event->time_s));
    jset_text(data, "id", message->id);
    jset_text(data, "problem_id", message->problem_id);
    jset_text(data, "title", message->title);
    jset_text(data, "text", json_text_at(values, "/text"));
    jset_text(data, "level", message->level);
    if (message->confirm_url[0])
        jset_text(data, "confirm_url", message->confirm_url);
    if (intent->recipient_count > 0)
        jset_text(data, "recipient", intent->recipients[0]);
    if (intent->repeat)
        jset_flag(data, "possible_repeat", true);
    jset_value(body, "data", json_object_get(data)); /* the arena has its own hold on it */
    return json_print(body);
}

static bool render(struct arena *arena, const char *where, const char *text, struct json_object *values,
                   enum escape escape, const char **rendered, struct fault *fault)
{
    const struct template *template = template_parse(arena, where, text, NULL, fault);

    if (template)
        *rendered = template_render(arena, template, values, escape);
    return template != NULL;
}

static enum escape escape_for(const char *content_type)
{
    if (strcasestr(content_type, "json"))
        return ESCAPE_JSON;
    if (strcasestr(content_type, "urlencoded"))
        return ESCAPE_URL;
    return strcasestr(content_type, "xml") || strcasestr(content_type, "html") ? ESCAPE_HTML : ESCAPE_NONE;
}

bool webhook_render_body(struct arena *arena, const char *text, const char *content_type, struct json_object *values,
                         const char **body, struct fault *fault)
{
    enum escape escape = escape_for(content_type);

    if (!render(arena, "body_template", text, values, escape, body, fault))
        return false;
    return escape != ESCAPE_JSON || json_read(arena, *body, strlen(*body)) ||
           fault_set(fault, FAULT_CONFIG, "body_template does not make JSON of this message: are all texts in quotes?");
}

bool webhook_render_address(struct arena *arena, const char *text, struct json_object *values, const char **address,
                            struct fault *fault)
{
    return render(arena, "endpoint", text, values, ESCAPE_URL, address, fault);
}

const char *webhook_id(struct arena *arena, const struct intent *intent)
{
    struct digest digest;

    if (intent->recipient_count == 0)
        return intent->message->id;
    digest = hash_sha256(intent->recipients[0], strlen(intent->recipients[0]));
    return arena_print(arena, "%s-%.8s", intent->message->id, digest_hex(arena, &digest));
}
