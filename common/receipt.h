/*
 * receipt - what became of messages that a provider took, asked until it is known.
 *
 * For channels that know VERB_RECEIPT: half a minute, two minutes and ten minutes after the message. One that did not arrive
 * takes the next leg of its chain, under its own id, late and limited as every message of the outbox; with no leg left, or after
 * its time, or when its problem is over by then, the operator is told and the history says so. One that nobody knows the end of
 * ("unclear") is looked for twice, and then counts as not arrived.
 */
#ifndef COMMON_RECEIPT_H
#define COMMON_RECEIPT_H

#include "common/followup.h"

/*
 * Asks for those that are due, the gravest first, none after `deadline_ms` (steady).
 * *settled counts those whose end is known. False when the store fails. Killed anywhere, it goes on at the next call: a
 * question may be asked again, a leg is used once.
 */
bool receipt_run(const struct following *following, int64_t deadline_ms, size_t *settled, struct fault *fault);

#endif
