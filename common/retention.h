/* retention - what has been kept long enough goes: how long each table keeps what. */
#ifndef COMMON_RETENTION_H
#define COMMON_RETENTION_H

#include "common/store.h"

/* For `notifyctl prune` and the worker: what is older than its retention goes, in batches; then a passive checkpoint. */
bool retention_tidy(struct store *store, int64_t now_ms, struct fault *fault);

/* Forgets what was told, and alerts that are over, from before; what still waits stays. */
bool retention_forget(struct store *store, int64_t before_ms, struct fault *fault);

#endif
