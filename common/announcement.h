/*
 * announcement - what a person said of a problem is told to those who know of it: "李娜 is on it, after 4 min".
 *
 * Told in the thread of the problem where the channel has threads; not by SMS and voice.
 */
#ifndef COMMON_ANNOUNCEMENT_H
#define COMMON_ANNOUNCEMENT_H

#include "common/followup.h"

/* Puts what was said since the last pass into the outbox; *made counts notifications. */
bool announcement_run(const struct following *following, size_t *made, struct fault *fault);

#endif
