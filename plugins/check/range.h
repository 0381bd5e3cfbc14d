/*
 * range - thresholds as the monitoring plugins' guidelines write them. Pure.
 *
 *   10 alarms outside of 0 to 10, 10: below 10, ~:10 above 10, 10:20 outside of 10 to 20, @10:20 inside of it.
 *   https://www.monitoring-plugins.org/doc/guidelines.html#THRESHOLDFORMAT
 */
#ifndef PLUGINS_CHECK_RANGE_H
#define PLUGINS_CHECK_RANGE_H

#include <stdbool.h>
#include <stdint.h>

struct range {
    bool given;
    bool inside; /* @: alarms inside */
    int64_t least;
    int64_t most;
    const char *text; /* as it was written, for performance data; "" when it is not given */
};

/* Whole numbers; false for anything that is no range, and when its start is above its end. */
bool range_read(const char *text, struct range *range);

/* A range that is not given alarms never. */
bool range_alarms(const struct range *range, int64_t value);

#endif
