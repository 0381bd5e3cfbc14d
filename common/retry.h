/* retry - how long to wait before the next attempt. Pure. */
#ifndef COMMON_RETRY_H
#define COMMON_RETRY_H

#include <stdint.h>

#include "common/verdict.h"

struct retry_policy {
    unsigned attempts;     /* at most this many, the first included */
    int64_t first_wait_ms; /* after the first attempt; doubles after the third */
    int64_t most_wait_ms;
};

/* The seed's: three attempts, 5 s apart. */
extern const struct retry_policy retry_default;

/*
 * Milliseconds to wait after attempt number `attempt` (1 is the first), or -1 when there is nothing to wait for: the
 * outcome is final or attempts are used up. What the provider asked for (wait_s) is the least. The waits between the first
 * three attempts are `first_wait_ms`; from then on they double up to `most_wait_ms`, and `dice` (any number) spreads them
 * over their upper half.
 */
int64_t retry_wait_ms(const struct retry_policy *policy, unsigned attempt, const struct verdict *verdict,
                      uint32_t dice);

#endif
