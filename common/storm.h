/*
 * storm - more problems at once than people can read: when it begins, what it holds back, when it is over.
 *
 * Asked inside the transaction that admits a notification, for each group of recipients by itself. A storm begins with more
 * problems in a time than the policy says. While it lasts, a problem below the gravest level seen is not told singly; nor is one
 * of that level once it storms by itself. It is over when less than half as many come.
 */
#ifndef COMMON_STORM_H
#define COMMON_STORM_H

#include "common/event.h"
#include "common/limits.h"
#include "common/store.h"

struct storm_ask {
    const struct storm_policy *policy;
    const char *recipient_key;
    const char *section;
    const char *recipients; /* as text */
    const char *problem;    /* identity_problem() */
    enum severity severity;
    int64_t now_ms; /* wall */
};

struct storm_answer {
    bool begins; /* with this problem: it is to be announced */
    bool holds;  /* this one is not grave enough to be told singly */
};

bool storm_ask(struct store *store, const struct storm_ask *ask, struct storm_answer *answer, struct fault *fault);

/* One that has begun and is not over. */
struct storm {
    const char *recipient_key;
    const char *section;
    const char *recipients;
    int64_t began_ms;
    enum severity gravest;
    const char *announced_by; /* id of the notification, "" before it is announced */
    int64_t shown;            /* problems that the announcement speaks of */
    int64_t shown_ms;         /* since when it does */
};

enum { STORMS_MOST = 200 };

/* Those under way, at most STORMS_MOST, the gravest first. */
bool storm_list(struct store *store, struct arena *arena, struct storm **storms, size_t *count, struct fault *fault);

bool storm_is_over(struct store *store, const struct storm_policy *policy, const struct storm *storm, int64_t now_ms,
                   bool *over, struct fault *fault);

/* The announcement `id` tells so many problems. */
bool storm_shown(struct store *store, const struct storm *storm, const char *id, int64_t problems, int64_t now_ms,
                 struct fault *fault);

/* Nothing remembers it any more but the notifications that told it. */
bool storm_forget(struct store *store, const struct storm *storm, struct fault *fault);

/* Is one under way for these people? *began_ms is 0 when there is none. */
bool storm_rages(struct store *store, const char *recipient_key, int64_t *began_ms, struct fault *fault);

#endif
