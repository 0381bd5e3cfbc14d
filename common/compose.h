/*
 * compose - an event made into a message: ids, words, time, template.
 *
 * The template is the one that the event asks for (`template=` in Zabbix' header block), else --template, else the section's;
 * recoveries and acknowledgements have templates of their own. One that is not installed is replaced by `default`.
 */
#ifndef COMMON_COMPOSE_H
#define COMMON_COMPOSE_H

#include "common/config.h"
#include "common/message.h"

struct composition {
    const char *templates;     /* directory */
    const char *template_name; /* wished by the caller, "" for none */
    const char *timezone;
    const char *confirm_url;
    const char *id; /* of the notification */
    enum language language;
    int64_t wall_ms; /* for an event that does not say when it happened */
};

/* The name of the template that will be sought. */
const char *compose_template_name(const struct event *event, const char *wished);

/*
 * *found is false when another template than the wished one was used. FAULT_CONFIG only when the installation has no usable
 * template at all; the message then says the event in plain lines and is complete all the same.
 */
void compose(struct arena *arena, const struct composition *composition, const struct event *event,
             struct message *message, bool *found, struct fault *fault);

/* 严重, Critical, 恢复, Recovered. */
enum word compose_level(const struct event *event);

#endif
