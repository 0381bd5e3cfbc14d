/*
 * limits - how many messages in which time. Pure data.
 *
 * Windows slide: "a minute" is the last sixty seconds, whenever it is asked. 0 is no limit.
 */
#ifndef COMMON_LIMITS_H
#define COMMON_LIMITS_H

#include <stdint.h>

struct limits {
    int64_t per_minute;
    int64_t per_hour;
    int64_t per_day;
    int64_t kept_for_critical; /* places of the minute that only `critical` and above may take */
};

/* What a configuration says about one limit key: `limit {...}`, globally and in each section. */
struct limit_policy {
    struct limits limits;
    int64_t repeat_within_s; /* the same message again within this time is not told again; 0 switches it off */
    unsigned exempt;         /* bit 1 << severity: is never held back */
};

/* More problems at once than people can read: from here on they are told together. */
struct storm_policy {
    int64_t problems; /* more than this many for the same people; 0 switches it off */
    int64_t within_s;
};

/* The greatest number that a configuration may name. */
enum { LIMIT_MOST = 1000000 };

#endif
