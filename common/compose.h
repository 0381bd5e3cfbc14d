/*
 * compose - an event made into a message: ids, words, time, template.
 *
 * The template is the one that the event asks for (`template=` in Zabbix' header block), else --template, else the route's, else
 * that of the first rule of the configuration that fits, else the section's; recoveries and acknowledgements have templates of
 * their own. One that is not installed is replaced by `default`.
 */
#ifndef COMMON_COMPOSE_H
#define COMMON_COMPOSE_H

#include "common/config.h"
#include "common/message.h"
#include "common/template.h"

struct composition {
    struct template_shelf *shelf; /* what was read before */
    const char *templates;        /* directory */
    const char *template_name;    /* that is sought: see compose_choose() */
    const char *timezone;
    const char *confirm_url;
    const char *id; /* of the notification */
    enum language language;
    int64_t wall_ms; /* for an event that does not say when it happened */
};

/* Why a template is taken. */
enum template_reason {
    TEMPLATE_OF_KIND,    /* a recovery or acknowledgement */
    TEMPLATE_OF_EVENT,   /* the source asks for it */
    TEMPLATE_OF_CALL,    /* --template, or the route */
    TEMPLATE_OF_RULE,    /* `template "NAME" { ... }` */
    TEMPLATE_OF_SECTION, /* `template` in the section */
    TEMPLATE_USUAL,      /* nobody asks for one */
};

struct template_choice {
    const char *name;
    enum template_reason reason;
    const struct template_rule *rule; /* NULL when none was taken */
};

/* `wished` is --template's or the route's, `of_section` the section's; "" for none. */
struct template_choice compose_choose(const struct config *config, const struct event *event, const char *wished,
                                      const char *of_section);

/*
 * *found is false when another template than the wished one was used. FAULT_CONFIG only when the installation has no usable
 * template at all; the message then says the event in plain lines and is complete all the same.
 */
void compose(struct arena *arena, const struct composition *composition, const struct event *event,
             struct message *message, bool *found, struct fault *fault);

/* 严重, Critical, 恢复, Recovered. */
enum word compose_level(const struct event *event);

#endif
