/*
 * operator - somebody hears when the notifier itself fails.
 *
 * A message to the channels of `operator {...}`, put into the outbox; the same trouble once an hour. Never told through the
 * section that is in trouble, and never about a message of this kind: trouble must not feed on itself.
 */
#ifndef COMMON_OPERATOR_H
#define COMMON_OPERATOR_H

#include "common/config.h"
#include "common/store.h"
#include "common/world.h"

/* The source of these messages' events. */
#define OPERATOR_SOURCE "notifier"

struct trouble_report {
    const char *section; /* in trouble, "" for none in particular */
    const char *code;    /* tells kinds of trouble apart: "BROKEN", "EXPIRED" ... */
    enum word words;     /* what happened: a format with one %s, the section or problem */
    const char *detail;  /* the masked line that says why */
    bool good_news;      /* nothing is in trouble */
};

/* What is told. */
struct event operator_event(const struct world *world, const struct config *config,
                            const struct trouble_report *report);

/*
 * True when something was put into the outbox. Without a store, an operator or a usable channel the line in the system's log is
 * all there is; *about is the event that was being told.
 */
bool operator_tell(const struct world *world, const struct config *config, struct store *store,
                   const struct event *about, const struct trouble_report *report);

#endif
