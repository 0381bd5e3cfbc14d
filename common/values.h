/*
 * values - the names that templates may use, and what they stand for.
 *
 * One table lists them for templates, for `notifyctl check` and for the manual: the event's fields, what the message adds
 * (level, level_icon, time, id, ...), aliases (server_name, cpu_usage, ...), tags.NAME and field.NAME.
 */
#ifndef COMMON_VALUES_H
#define COMMON_VALUES_H

#include "common/message.h"

struct value_row {
    const char *name;
    const char *help;
};
/* Ends with name NULL. */
extern const struct value_row value_rows[];

/* The object that template_render() takes, made from the message's event and the message's own fields. */
struct json_object *values_of(struct arena *arena, const struct message *message);

/* Sets the two that are known only when the message is rendered: {{title}} and {{text}}. */
void values_set_rendered(struct arena *arena, struct json_object *values, const struct message *message);

bool value_known(const char *name);
/* True for what this program makes itself: safe without escaping. */
bool value_trusted(const char *name);
const char *value_nearest(const char *name);

#endif
