/*
 * storm_telling - a storm is announced, its announcement kept up to date, and its end told.
 *
 * One announcement for each group of recipients: how many problems in how many minutes, the hosts named most, what is open. A
 * channel that can change its messages shows the counts there as they grow; others tell them in the summaries.
 */
#ifndef COMMON_STORM_TELLING_H
#define COMMON_STORM_TELLING_H

#include "common/digest.h"

/*
 * Puts announcements and ends into the outbox where the provider has a place; *made counts them. The end tells all that was held
 * back. Changed announcements go out at once, and never later than `deadline_ms` (steady).
 */
bool storm_tell(const struct digest_making *making, int64_t deadline_ms, size_t *made, struct fault *fault);

#endif
