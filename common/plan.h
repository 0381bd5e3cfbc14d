/*
 * plan - who is told, through which sections, in which order. Configuration and call in, legs out.
 *
 * A recipient is written `[profile][:target[,target]]`: "ops-group", "ops-group:13800138000,@dba", "noc:C0123456789",
 * "13800138000,13900139000". The first colon divides only when its left side is a section's title; without a colon it is a
 * section's title, else targets. @name is a contact, or a rotation: whoever is on call at that moment. A target that a contact
 * lists as its mail, mobile or login becomes that contact's address on the channel. What the channel cannot write is left out,
 * with a note.
 */
#ifndef COMMON_PLAN_H
#define COMMON_PLAN_H

#include "common/intake.h"
#include "common/route.h"

struct leg {
    struct section *section; /* opened */
    struct section *via;     /* the member of its pool that sends it; NULL for itself */
    const char **recipients;
    size_t recipient_count;
};

/* Whose credentials are used. */
static inline struct section *leg_sender(const struct leg *leg)
{
    return leg->via ? leg->via : leg->section;
}

/* What a chain's failure means for the exit status. */
enum chain_part {
    PART_MAIN,   /* it must arrive */
    PART_ONE_OF, /* one among those of its route must arrive: mode = "all" */
    PART_ALSO,   /* one more copy: that it is refused does not count against the others */
};

/* Legs in order of preference: the next is used when the one before did not deliver. */
struct chain {
    struct leg *legs;
    size_t leg_count;
    const size_t *places;      /* see chain_place(); NULL: each leg at its index */
    const struct route *route; /* whose policy it is; NULL when the caller named the section */
    const struct event *event; /* as this route tells it; NULL: as it came */
    const char *template_name; /* "" or NULL: the caller's */
    enum chain_part part;
    int64_t hold_until_s; /* wall: kept back until then and told in a summary; 0 when it is told now */
};

/* Where a leg stands in the row of the outbox that keeps its chain: legs before it may be of no use any more. */
static inline size_t chain_place(const struct chain *chain, size_t position)
{
    return chain->places ? chain->places[position] : position;
}

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
               int64_t now_s, struct plan *plan, struct fault *fault);

void plan_add_note(struct arena *arena, struct plan *plan, const char *note);
struct chain *plan_add_chain(struct arena *arena, struct plan *plan, const struct chain *chain);

/*
 * Opens the section for the recipients of a record, parted by commas. FAULT_CONFIG or FAULT_INPUT when it is not there any more.
 */
bool leg_of_record(struct arena *arena, const struct config *config, const char *section, const char *recipients,
                   struct leg *leg, struct fault *fault);

/* What must not be seen of the sections that may send it. */
void chain_secrets(const struct chain *chain, struct secrets *secrets);

/* A chain as the outbox keeps it: titles of sections and of the route, recipients; no setting and no secret. */
const char *chain_to_json(struct arena *arena, const struct chain *chain, bool repeat);

/*
 * The way back, with the configuration of today: sections that are gone or broken are left out. *repeat says that an earlier
 * try may have arrived. FAULT_CONFIG when no leg is left.
 */
bool chain_from_json(struct arena *arena, const struct config *config, const char *text, struct chain *chain,
                     bool *repeat, struct fault *fault);

#endif
