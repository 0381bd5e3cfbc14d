/*
 * escalation - a problem that nobody takes is brought to the next people; one that somebody took is not forgotten.
 *
 * Steps are set when a problem is told (see asking.c and alert.h) and run here when they are due. A route's own steps name
 * channels and people; without any there are two: the same people by SMS, then the operator. They stop when somebody takes it,
 * when it is over, or when the monitoring system says that it is acknowledged. Who was called in is told of the end, too.
 * What was taken and is still there after `remind` is brought back to mind.
 */
#ifndef COMMON_ESCALATION_H
#define COMMON_ESCALATION_H

#include "common/followup.h"

/*
 * Puts what is due into the outbox; *made counts notifications. A step is marked as told only when they are safely there, and is
 * never told twice.
 */
bool escalation_run(const struct following *following, size_t *made, struct fault *fault);

#endif
