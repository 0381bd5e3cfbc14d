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

struct plan {
    struct leg *legs;
    size_t leg_count;
    const char **notes; /* one line each, for stderr: recipients that were left out, and why */
    size_t note_count;
};

/*
 * For notify_<channel>: every recipient's section must be of `channel`. FAULT_CONFIG or FAULT_INPUT when no usable section is
 * left, or when the channel needs a recipient and none is left.
 */
bool plan_make(struct arena *arena, const struct config *config, const struct channel *channel, const struct call *call,
               struct plan *plan, struct fault *fault);

#endif
