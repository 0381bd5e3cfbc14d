/* webhook_body - what a webhook sends: the event as JSON, or what a template makes of it. */
#ifndef PLUGINS_WEBHOOK_BODY_H
#define PLUGINS_WEBHOOK_BODY_H

#include "common/channel.h"
#include "common/json.h"

/*
 * {"type":"alert.problem","timestamp":"2026-...Z","data":{...}}, as Standard Webhooks advise: the event's fields, and what
 * the message adds.
 */
const char *webhook_event_body(struct arena *arena, const struct intent *intent, struct json_object *values);

/* A body by a template; values are escaped as the content type asks for. FAULT_CONFIG also when JSON is wanted and not made. */
bool webhook_render_body(struct arena *arena, const char *text, const char *content_type, struct json_object *values,
                         const char **body, struct fault *fault);

/* An address by a template; values are percent-encoded. */
bool webhook_render_address(struct arena *arena, const char *text, struct json_object *values, const char **address,
                            struct fault *fault);

/* Each recipient's request is a message of its own for the receiver: it sorts out repeats by this. */
const char *webhook_id(struct arena *arena, const struct intent *intent);

#endif
