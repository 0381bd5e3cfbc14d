/*
 * spool - the last resort when the store cannot be used and nobody took the message: one file a notification.
 *
 * Written whole or not at all (write, fsync, rename, fsync of the directory); the worker takes it into the outbox as soon as
 * the store works again.
 */
#ifndef COMMON_SPOOL_H
#define COMMON_SPOOL_H

#include "common/arena.h"
#include "common/fault.h"

enum { SPOOL_FILES_MOST = 10000, SPOOL_FILE_MOST = 4 * 1024 * 1024 };

/* `text` is kept as DIRECTORY/spool/ID.json. FAULT_SYSTEM when it cannot be. */
bool spool_keep(struct arena *arena, const char *directory, const char *id, const char *text, struct fault *fault);

/* Calls `each` for every spooled file, oldest first; true removes it. A directory that is not there holds nothing. */
void spool_each(struct arena *arena, const char *directory, bool (*each)(void *self, const char *id, const char *text),
                void *self);

#endif
