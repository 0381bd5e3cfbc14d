/*
 * budget - places for messages in sliding windows: of a limit key, of people, of a provider's endpoint.
 *
 * A place is one row of the store and is free again when its window has gone by. Asked and booked inside one transaction of the
 * caller, so that two processes cannot take the same place.
 */
#ifndef COMMON_BUDGET_H
#define COMMON_BUDGET_H

#include "common/event.h"
#include "common/limits.h"
#include "common/store.h"

/* Who wants a place, and when. */
struct budget {
    const char *key;
    struct limits limits;
    enum severity severity;
    bool strict;    /* nobody passes a full window; else what is worse than all in it does */
    int64_t now_ms; /* wall */
};

struct vacancy {
    bool taken;         /* none is free; what follows is about the window that is full */
    const char *window; /* "minute", "hour", "day" */
    int64_t allowed;
    int64_t due_ms; /* wall: when the next one becomes free */
};

/*
 * Is there a place in every window? 0 is a window without an end. What was booked in the future (the clock was set back) counts
 * as booked now.
 */
bool budget_ask(struct store *store, const struct budget *budget, struct vacancy *vacancy, struct fault *fault);

bool budget_book(struct store *store, const char *key, enum severity severity, int64_t now_ms, struct fault *fault);

/* How many messages of the whole `within_ms` (from a minute on) these limits take; INT64_MAX when there is no limit. */
int64_t budget_takes(const struct limits *limits, int64_t within_ms);

/* One of the robots that reach the same group, each with a quota of its own. */
struct endpoint {
    const char *key; /* identity_endpoint() */
    const char *via; /* title of its section; "" for the leg's own */
};

struct endpoints {
    const struct endpoint *items; /* in the order in which they are used */
    size_t count;
};

/*
 * The first endpoint with a free place; those whose circuit is open are passed over while another is left. `first` (a `via`, NULL
 * for none) is asked before the others. When all are full, `vacancy` says which is free next and `found` is that one. A single
 * endpoint is asked whatever its circuit says: the message has nowhere else to go.
 */
bool budget_choose(struct store *store, const struct endpoints *endpoints, const char *first,
                   const struct budget *budget, const struct endpoint **found, struct vacancy *vacancy,
                   struct fault *fault);

#endif
