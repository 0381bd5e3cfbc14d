/*
 * telling - one notification told down its chain of legs, until somebody knows.
 *
 * What notify_*, the worker and `notifyctl retry` have in common: compose for the leg, deliver, go on to the next leg when
 * this one will not do, and bring home what is to be recorded. Knows nothing of the store; the caller marks "on the wire"
 * and records.
 */
#ifndef COMMON_TELLING_H
#define COMMON_TELLING_H

#include "common/delivery.h"
#include "common/plan.h"

/* The time that legs get. All of it ends before the deadline. */
enum { LEG_MOST_MS = 10000, LEG_KEPT_MS = 6000, RECORDS_MS = 2000, LEGS_KEPT_FOR = 2 };

struct telling {
    const struct world *world;
    const struct config *config;
    const struct event *event;
    const struct confirmation *confirm; /* whether and where it can be taken; NULL: nowhere */
    const char *id;                     /* of the notification */
    const char *template_name;          /* wished by the caller, "" for none */
    const char *late;                   /* how late it is, to begin the message with; "" when it is not */
    bool repeat;                        /* an earlier try may have arrived */
    int64_t deadline_ms;                /* steady */
    unsigned attempts_most;             /* 0: the section's own policy */
    const char *update; /* the provider's id of a message to be changed, in place of a new one; "" or NULL for none */
    /* False skips a leg: its circuit is open, its provider takes no more. May set the leg's `via`. NULL: none is skipped. */
    bool (*may_try)(void *self, struct leg *leg);
    /* True when an unclear end on this leg will be looked into: the next leg waits for that. NULL: never. */
    bool (*looks_first)(void *self, const struct leg *leg);
    /* The provider's id of the problem's first message there, "" when it is not known; may be NULL. */
    const char *(*reference)(void *self, const struct leg *leg);
    /* Just before and after the network is used; both may be NULL. `place` is the leg's chain_place(). */
    void (*on_wire)(void *self, const struct leg *leg, size_t place);
    void (*on_attempt)(void *self, const struct leg *leg, const struct attempt *attempt);
    void (*note)(void *self, const char *line); /* for the operator's log */
    void *self;
};

/* What became of it. */
struct told {
    enum outcome outcome;     /* the gravest among the recipients of the leg that counts */
    const struct leg *leg;    /* the one that delivered, else the last that was tried */
    size_t position;          /* of that leg in the chain */
    struct verdicts verdicts; /* of that leg */
    const char *short_id;
    const char *text; /* what was said there, plain: for the history */
    enum language language;
    int64_t took_ms;
    bool broken;     /* some leg's configuration or credentials are wrong */
    size_t tried;    /* legs */
    struct leg left; /* recipients of the first leg that are still to be told, when only some were */
};

/*
 * Tries the legs from `position` on. Delivered ends it; BROKEN, REFUSED and spent time go on to the next leg at once; UNCLEAR
 * goes on, too, when there is another and nobody looks first. The outcome is the best that was reached.
 */
struct told tell_chain(const struct telling *telling, const struct chain *chain, size_t position);

/* The message for one leg, as it would be told now. */
struct message tell_compose(const struct telling *telling, const struct leg *leg);

/* The delivery and intent of one leg: for previews. */
struct delivery tell_delivery(const struct telling *telling, const struct leg *leg, int64_t deadline_ms);
struct intent tell_intent(const struct telling *telling, const struct leg *leg, const struct message *message);

#endif
