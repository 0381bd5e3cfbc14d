/*
 * summary - what was held back, told in one message as soon as there is a place for it.
 *
 * One summary for each section and group of recipients: how many, since when, the hosts and services named most, the worst
 * severity, what is still open, and what came and went meanwhile ("was down 3 min").
 */
#ifndef COMMON_SUMMARY_H
#define COMMON_SUMMARY_H

#include "common/digest.h"

/*
 * Puts a summary into the outbox for every group that has something held back and a place free; *made counts them. What a
 * summary tells belongs to it as soon as the summary itself is safely in the outbox, and is told when that arrives. While a storm
 * rages, its own announcement is kept up to date; only channels that cannot change a message get a summary then, every 5 minutes.
 * Of what waits for a section that is gone or broken the operator is told; after a day it is given up.
 */
bool summary_make(const struct digest_making *making, size_t *made, struct fault *fault);

/*
 * What is held back of a set (of one that is not `held`: its problems) belongs to the message `id`, which tells it as it was at
 * `asked_ms`. The end of a problem that came since then is left for the next summary.
 */
bool summary_claim(const struct digest_making *making, const struct digest_set *set, int64_t asked_ms, const char *id,
                   struct fault *fault);

#endif
