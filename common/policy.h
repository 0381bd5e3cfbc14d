/* policy - what can be found wrong with routes, rotations and calendars before the night comes. */
#ifndef COMMON_POLICY_H
#define COMMON_POLICY_H

#include "common/roster.h"

/* Days: before a table of holidays ends, and ahead for rotations without anybody. */
enum { CALENDAR_WARN_DAYS = 60, ROSTER_AHEAD_DAYS = 60 };

/* Days until the last day that the table knows; INT64_MAX when it has no days. The calendar is opened. */
int64_t policy_days_left(const struct config *config, const struct calendar *calendar, int64_t now_s);

/* Adds findings: calendars that cannot be read or run out, templates that are not there, times at which nobody is on
 * duty. */
void policy_check(struct config *config, int64_t now_s);

#endif
