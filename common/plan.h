/*
 * plan - who is told, through which sections, in which order. Pure: configuration and call in, legs out.
 *
 * A recipient is written `[profile][:target[,target]]`: "ops-group", "ops-group:13800138000,@dba", "noc:C0123456789",
 * "13800138000,13900139000". The first colon divides only when its left side is a section's title; without a colon it is a
 * section's title, else targets. @name is a contact; so is a target that a contact lists as its mail, mobile or login: it
 * becomes that contact's address on the channel. What the channel cannot write is left out, with a note.
 */
#ifndef COMMON_PLAN_H
#define COMMON_PLAN_H

#include "common/config.h"
#include "common/intake.h"

struct leg {
    struct section *section; /* opened */
    const char **recipients;
    size_t recipient_count;
};

/* Legs in order of preference: the next is used when the one before did not deliver. */
struct chain {
    struct leg *legs;
    size_t leg_count;
};

struct plan {
    struct chain *chains; /* each of them is told */
    size_t chain_count;
    const char **notes; /* one line each, for stderr: recipients that were left out, and why */
    size_t note_count;
};

/*
 * For notify_<channel>: every recipient's section must be of `channel`. FAULT_CONFIG or FAULT_INPUT when no usable section is
 * left, or when the channel needs a recipient and none is left.
 */
bool plan_make(struct arena *arena, const struct config *config, const struct channel *channel, const struct call *call,
               struct plan *plan, struct fault *fault);

/*
 * For notify_route: one chain of the route's `channels`, one for each of `also`. The call's recipients, else the route's, else
 * each section's own are written in every leg as its channel can. Sections that are switched off, broken or cannot reach anybody
 * are left out with a note. FAULT_CONFIG when the configuration has no route, or none of its legs is left.
 */
bool plan_route(struct arena *arena, const struct config *config, const struct call *call, struct plan *plan,
                struct fault *fault);

/* A chain as the outbox keeps it: titles and recipients, no setting and no secret. */
const char *chain_to_json(struct arena *arena, const struct chain *chain, bool repeat);

/*
 * The way back, with the configuration of today: sections that are gone or broken are left out. *repeat says that an earlier
 * try may have arrived. FAULT_CONFIG when no leg is left.
 */
bool chain_from_json(struct arena *arena, const struct config *config, const char *text, struct chain *chain,
                     bool *repeat, struct fault *fault);

#endif
