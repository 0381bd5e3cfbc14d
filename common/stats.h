/*
 * stats - how well people are told, and how fast they answer: counted from the store over a span of time.
 */
#ifndef COMMON_STATS_H
#define COMMON_STATS_H

#include "common/config.h"
#include "common/store.h"

/* What rows are counted by. A team is the event's tag `team`, else its first group. */
enum stats_by { STATS_BY_CHANNEL, STATS_BY_TEAM, STATS_BY_PERSON, STATS_BY_ROUTE, STATS_BY_HOST, STATS_BY_COUNT };

const char *stats_by_name(enum stats_by by); /* "channel" ... */

/* Of measured times, by the nearest rank. */
struct spread {
    int64_t count;
    int64_t p50_ms;
    int64_t p95_ms;
};

struct stats_row {
    const char *key; /* a section's title, a team, a contact's name ...; "" for those without */
    /* Notifications. */
    int64_t delivered;  /* unclear ones count as delivered */
    int64_t suppressed; /* held back, muted, folded into a summary */
    int64_t failed;     /* refused, expired, dropped */
    int64_t waiting;
    struct spread delivery; /* from admission to the provider's yes */
    /* Problems, each once. */
    int64_t problems;
    int64_t asked;         /* somebody should have taken them by now, or has */
    int64_t in_time;       /* of those: taken before their time was over */
    struct spread confirm; /* from the asking to the taking */
    struct spread recover; /* from the first notification to the end */
};

struct stats {
    struct stats_row *rows; /* by delivered, most first */
    size_t count;
    struct stats_row all;
};

/* Notifications admitted from `since_ms` on and before `until_ms`; `now_ms` decides whose time is over. */
struct stats_ask {
    enum stats_by by;
    int64_t since_ms;
    int64_t until_ms;
    int64_t now_ms;
};

bool stats_read(struct store *store, struct arena *arena, const struct config *config, const struct stats_ask *ask,
                struct stats *stats, struct fault *fault);

#endif
