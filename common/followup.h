/*
 * followup - what is said of a problem by ourselves, after its source has spoken: that nobody has taken it, who has, that it is
 * over for those who were called in later.
 *
 * Each is put into the outbox as a notification of its own, past the limits that protect from floods of the source.
 */
#ifndef COMMON_FOLLOWUP_H
#define COMMON_FOLLOWUP_H

#include "common/alert.h"
#include "common/plan.h"
#include "common/world.h"

struct following {
    const struct world *world;
    struct config *config;
    struct store *store;
    size_t most; /* of each kind in one pass; 0 for a pass's worth */
};

/* What is due, and what is done about each. */
struct followup_dues {
    const char *sql; /* ?1 is a time, ?2 how many at most */
    size_t size;     /* of one thing that is due */
    void (*read)(struct row *row, void *due);
    bool (*act)(const struct following *following, const void *due, size_t *made, struct fault *fault);
};

/* Each is acted on with an arena of its own: a pass over many must not grow. */
bool followup_each(const struct following *following, const struct followup_dues *dues, int64_t until_ms, size_t *made,
                   struct fault *fault);

/* The event that told the problem, as it came; its words may be changed (identity_keep()). */
struct event followup_event(const struct following *following, const struct alert *alert);

/* Whom of those who were told: everybody but by SMS and voice, or those that a step called in and nobody has told of its end. */
enum audience { AUDIENCE_TOLD, AUDIENCE_CALLED_IN };

/* A chain for each section and group of people that was told of the problem since it was opened; none is no fault. */
bool followup_audience(const struct following *following, const struct alert *alert, enum audience audience,
                       struct plan *plan, struct fault *fault);

/* How a notification of ours is recorded, and what keeps it from being told twice. */
struct followup {
    const struct alert *alert;
    const struct event *event;
    const char *reason; /* for the history: "escalation", "confirmation", "reminder" ... */
    const char *key;    /* the same again for the same people is not told */
};

/* Puts it into the outbox for every chain of the plan, safe from a power cut; *made counts those that were not there yet. */
bool followup_put(const struct following *following, const struct followup *followup, const struct plan *plan,
                  size_t *made, struct fault *fault);

#endif
