/*
 * confirmation - whether a person is asked to take a problem, until when, and where.
 *
 * Asked is where the configuration speaks of it: a block `confirm { ... }`, globally or in the route, or a route's `escalate`.
 */
#ifndef COMMON_CONFIRMATION_H
#define COMMON_CONFIRMATION_H

#include "common/link.h"
#include "common/route.h"

/* The route's policy, or with NULL the one for all. */
const struct confirmation *confirmation_for(const struct config *config, const struct route *route);

/* How long somebody has to take it, in seconds; 0 when nobody is asked. */
int64_t confirmation_within_s(const struct confirmation *confirmation, const struct event *event);

/* True for what tells people of a problem that they can take. */
bool confirmation_asks(const struct confirmation *confirmation, const struct event *event);

/*
 * The address of the page where this problem is taken, "" when nobody is asked or there is no page. FAULT_CONFIG, and still "",
 * when the key cannot be used: a message without its link is better than none.
 */
const char *confirmation_url(struct arena *arena, const struct config *config, const struct confirmation *confirmation,
                             const struct event *event, int64_t now_s, struct fault *fault);

/* confirm { key_file }, relative to the configuration. */
const char *confirmation_key_path(const struct config *config);

#endif
