#include "common/retry.h"

const struct retry_policy retry_default = {.attempts = 3, .first_wait_ms = 5000, .most_wait_ms = 60000};

enum { STEADY_ATTEMPTS = 3 };

static bool worth_repeating(enum outcome outcome)
{
    switch (outcome) {
    case OUTCOME_AGAIN:
    case OUTCOME_THROTTLED:
        return true;
    case OUTCOME_DELIVERED:
    case OUTCOME_REFUSED:
    case OUTCOME_BROKEN:
    case OUTCOME_UNCLEAR:
        return false;
    }
    return false;
}

static int64_t wait_of_policy(const struct retry_policy *policy, unsigned attempt, uint32_t dice)
{
    int64_t wait_ms = policy->first_wait_ms;

    if (attempt < STEADY_ATTEMPTS)
        return wait_ms;
    for (; attempt >= STEADY_ATTEMPTS && wait_ms < policy->most_wait_ms; attempt--)
        wait_ms *= 2;
    if (wait_ms > policy->most_wait_ms)
        wait_ms = policy->most_wait_ms;
    return wait_ms / 2 + (int64_t)dice % (wait_ms / 2 + 1);
}

int64_t retry_wait_ms(const struct retry_policy *policy, unsigned attempt, const struct verdict *verdict, uint32_t dice)
{
    int64_t wait_ms;

    if (!worth_repeating(verdict->outcome) || attempt >= policy->attempts)
        return -1;
    wait_ms = wait_of_policy(policy, attempt, dice);
    return verdict->wait_s * 1000 > wait_ms ? verdict->wait_s * 1000 : wait_ms;
}
