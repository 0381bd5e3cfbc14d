/* why_past - what was decided about a notification and what became of it, as far as the store recorded it: for `notifyctl why`. */
#ifndef PLUGINS_NOTIFYCTL_WHY_PAST_H
#define PLUGINS_NOTIFYCTL_WHY_PAST_H

#include "common/history.h"
#include "plugins/notifyctl/notifyctl.h"

/*
 * Prints every notification that fits, newest first: its reason, route, limits, attempts and end, and what else was told of the
 * same event. `newest` lives in the operation's arena; *found is false when there is none.
 */
bool past_print(struct operation *operation, struct store *store, const struct history_filter *filter,
                struct history_entry *newest, bool *found, struct fault *fault);

/*
 * The event of a notification, as far as it is recorded; *whole is true when tags, groups and fields are known, too: those with
 * which its problem was last told.
 */
struct event past_event(struct operation *operation, struct store *store, const struct history_entry *entry,
                        bool *whole);

#endif
