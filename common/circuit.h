/*
 * circuit - a provider's endpoint that fails again and again is left alone, but for one probe a minute.
 *
 * It opens with 5 failures in a row within 5 minutes and closes with the first success. Reading needs no transaction; noting
 * stands inside the caller's.
 */
#ifndef COMMON_CIRCUIT_H
#define COMMON_CIRCUIT_H

#include "common/store.h"
#include "common/verdict.h"

/* When the endpoint may be tried, wall: `now_ms`, or the time of its next probe. */
bool circuit_due(struct store *store, const char *endpoint_key, int64_t now_ms, int64_t *due_ms, struct fault *fault);

/* True when the last attempt at this endpoint did not fail. */
bool circuit_sound(struct store *store, const char *endpoint_key, bool *sound, struct fault *fault);

/* What one attempt came to. A refusal of the message says nothing of the endpoint. */
bool circuit_note(struct store *store, const char *endpoint_key, enum outcome outcome, int64_t now_ms,
                  struct fault *fault);

/* Somebody says that things are mended: each may be probed at once. */
bool circuit_probe_all(struct store *store, int64_t now_ms, struct fault *fault);

#endif
