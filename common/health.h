/*
 * health - how the notifier itself is: numbers that a check compares with thresholds.
 */
#ifndef COMMON_HEALTH_H
#define COMMON_HEALTH_H

#include "common/config.h"
#include "common/store.h"

struct channel_health {
    const char *section;
    int64_t failures;  /* attempts since the last delivery there, within the last hour */
    int64_t delivered; /* notifications in the last hour */
};

struct health {
    int64_t worker_age_s;            /* since the worker was last seen; -1 as worker_age() says */
    int64_t outbox;                  /* messages that wait */
    int64_t oldest_s;                /* the longest wait of one of them, for a worker or a provider; 0 for none */
    int64_t held;                    /* kept back, not told in a summary yet */
    int64_t failed;                  /* refused or expired within the last hour: reached nobody */
    int64_t unconfirmed;             /* problems that somebody should have taken by now */
    int64_t writebacks;              /* words for the monitoring system that wait */
    int64_t calendar_days;           /* until the first calendar ends; -1 without calendars that end */
    struct channel_health *channels; /* of the configuration, in its order */
    size_t channel_count;
};

/* `now_ms` is wall time. Calendars are opened. */
bool health_read(struct store *store, struct arena *arena, const struct config *config, int64_t now_ms,
                 struct health *health, struct fault *fault);

#endif
