/*
 * admission - may this be told now? Asked and booked in one transaction, so that two processes cannot take the same place.
 *
 * In this order: is it a repeat of what was told or is being told; is it the echo of what we
 * wrote back; is it muted; does its recovery belong to a problem that
 * was held back; is it outside of its route's hours; is there a storm; do the limits of its key, its recipients and its
 * endpoint have a place. See the manual, "Limits".
 *
 * Exempt severities pass storms and all limits but the provider's; more than 20 of them a minute are told together. So does the
 * first DOWN of a host that these people are told of within an hour. A recovery whose problem still waits in the outbox takes
 * that one with it: one message tells both.
 */
#ifndef COMMON_ADMISSION_H
#define COMMON_ADMISSION_H

#include "common/budget.h"
#include "common/event.h"
#include "common/limits.h"
#include "common/store.h"

struct admission_ask {
    const char *id; /* of the notification, when it is a new one */
    const char *short_id;
    const struct event *event;
    const char *problem;    /* identity_problem() */
    const char *repeat_key; /* identity_repeat() */
    bool numbered;          /* the source counts reminders: an equal key is never a reminder */
    const char *section;    /* title of the first leg */
    const char *channel;
    const char *recipients; /* as text, for the history */
    const char *recipient_key;
    const char *limit_key;
    const char *endpoint_key;
    struct limits limits;           /* of limit_key: the seed's 5, 20, 100 */
    struct limits recipient_limits; /* of recipient_key */
    struct limits endpoint_limits;  /* of endpoint_key: the provider's quota */
    struct endpoints pool;          /* endpoint_key and others that reach the same people; none: endpoint_key alone */
    struct storm_policy storm;
    bool place_later; /* no place of the provider's quota is asked or booked: the worker does when it tells it */
    int64_t repeat_within_ms;
    unsigned exempt;       /* bit 1 << severity: passes limits and recipient_limits */
    bool only_looking;     /* nothing is recorded or booked: what the answer would be */
    bool only_if_free;     /* HELD and QUEUED leave no record: the asker comes again by itself */
    const char *route;     /* title of the route that took it, "" for none */
    int64_t hold_until_ms; /* wall: a route tells it only then; 0 for now */
    const char *reason;    /* for the history, "" for the usual ones */
    bool beyond_limits;    /* escalation step, confirmation: passes `limits` */
    bool beyond_mutes;     /* what we say of ourselves and of mutes: see notice.h */
    const char *legs;      /* JSON for the outbox: [{"section", "recipients"}] in order of preference */
    const char *template_name;
    int64_t confirm_within_ms;    /* somebody should take it by then; 0: nobody is asked */
    const int64_t *steps_after_s; /* what follows if nobody does: see alert.h */
    size_t step_count;
    int64_t now_ms;     /* wall */
    int64_t lease_ms;   /* how long the row is ours */
    int64_t expires_ms; /* wall: later it is not worth telling */
};

enum admission {
    ADMITTED,       /* booked; the outbox row is claimed by us */
    ADOPTED,        /* an earlier call's row for the same, not delivered yet: claimed by us, its id in the answer */
    IN_FLIGHT,      /* the same is being told by another process now: ask again a little later */
    REPEATED,       /* it was delivered `ago_ms` ago */
    REFUSED_BEFORE, /* it was refused `ago_ms` ago: `words` says why */
    HELD,           /* a limit is reached; it is counted and will be told in a summary */
    MUTED,
    ECHOED, /* our own word about who has taken it, come back from the monitoring system: see echo.h */
    FOLDED, /* the recovery of a problem that was held back: told with it in the summary */
    QUEUED, /* the provider's quota is reached, but it is too grave to be held: waits in the outbox until `due_ms` */
};

struct admission_answer {
    enum admission admission;
    const char *id;
    const char *reason; /* "first", "reminder", "recovery", ... as the history says it */
    const char *window; /* HELD: "minute", "hour", "day" */
    const char *scope;  /* HELD: "key", "recipient", "endpoint", "storm", "exempt"; "route" outside of its hours, until
                           `due_ms`; "summary": the recovery of what a summary told */
    const char *via;    /* ADMITTED: title of the pool's section that has the place; "" for the leg's own */
    bool storm_begins;  /* HELD: with this one; somebody should announce it */
    int64_t allowed;    /* HELD: how many the window takes */
    int64_t waiting;    /* HELD: how many are held back for this key by now */
    int64_t ago_ms;
    int64_t due_ms;
    const char *words; /* for the history: who muted it, why it was refused, which limit was reached */
};

bool admission_ask(struct store *store, struct arena *arena, const struct admission_ask *ask,
                   struct admission_answer *answer, struct fault *fault);

/* A message of the outbox that has no place of the provider's quota yet. */
struct quota_ask {
    struct endpoints pool; /* at least one */
    const char *problem;   /* what follows a message goes through the robot that sent it */
    const char *recipient_key;
    struct limits limits;
    enum severity severity;
    int64_t now_ms;
};

struct quota_answer {
    bool taken;
    const char *via; /* taken: title of the section that sends it, "" for the leg's own */
    int64_t due_ms;  /* not taken: when there is a place */
};

/* Books one place. */
bool quota_take(struct store *store, struct arena *arena, const struct quota_ask *ask, struct quota_answer *answer,
                struct fault *fault);

const char *admission_name(enum admission admission);

#endif
