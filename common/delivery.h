/* delivery - one message down one channel: attempts within a deadline, each one reported. */
#ifndef COMMON_DELIVERY_H
#define COMMON_DELIVERY_H

#include "common/channel.h"
#include "common/retry.h"
#include "common/world.h"

enum { ATTEMPT_MOST_MS = 8000 };

struct attempt {
    unsigned number; /* 1 is the first */
    const char *const *recipients;
    size_t recipient_count;
    const struct request *request;   /* NULL when it could not be built */
    const struct verdicts *verdicts; /* at least one */
    int64_t took_ms;
};

struct delivery {
    const struct channel *channel;
    const void *settings;
    const struct network *network;
    struct retry_policy policy;
    int64_t deadline_ms; /* on the steady clock */
    /* Called after every attempt, in order; may be NULL. */
    void (*on_attempt)(void *self, const struct attempt *attempt);
    void *self;
};

/*
 * Tries until every recipient has a final verdict, attempts are used up, or the next wait would pass the deadline. A
 * message for more recipients than one request may have goes out as several; only those that failed for now are tried
 * again. The result holds one verdict per recipient, or a single one with recipient "" when the channel speaks for all.
 */
struct verdicts deliver(const struct world *world, const struct delivery *delivery, const struct intent *intent);

/* The request of one attempt as it would be sent: for --dry-run and `notifyctl preview`. */
bool build_request(const struct world *world, const struct delivery *delivery, const struct intent *intent,
                   struct request *request, struct fault *fault);

#endif
