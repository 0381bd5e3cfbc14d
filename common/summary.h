/*
 * summary - what was held back, told in one message as soon as there is a place for it.
 *
 * One summary for each section and group of recipients: how many, since when, the hosts and services named most, the worst
 * severity, what is still open, and what came and went meanwhile ("was down 3 min").
 */
#ifndef COMMON_SUMMARY_H
#define COMMON_SUMMARY_H

#include "common/asking.h"

struct summary_making {
    const struct world *world;
    struct config *config;
    struct store *store;
};

/*
 * Puts a summary into the outbox for every group that has something held back and a place free; *made counts them. What a
 * summary tells is marked as told only when the summary itself is safely in the outbox.
 */
bool summary_make(const struct summary_making *making, size_t *made, struct fault *fault);

#endif
