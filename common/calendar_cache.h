/*
 * calendar_cache - what .ics files say, kept in the store: a send need not load libical, nor expand repetitions.
 *
 * The worker and `notifyctl check` fill it; a send only looks. An entry holds for the file exactly as it was (inode, size, times),
 * for a week around the time that it was made. Whatever is amiss with an entry or with the store, the file itself is read.
 */
#ifndef COMMON_CALENDAR_CACHE_H
#define COMMON_CALENDAR_CACHE_H

#include "common/config.h"
#include "common/store.h"

/* True when a calendar or a rotation of the configuration is an .ics file: then the store is worth opening before they are asked. */
bool calendar_cache_helps(const struct config *config);

/* From now on the configuration's .ics files are looked up in the store (NULL: nowhere). */
void calendar_cache_use(struct config *config, struct store *store);

/*
 * Puts into the store what is not there as it is now, or is a day old. Files that changed since the configuration read them are
 * read anew when they are next asked. What cannot be read is left to those who ask for it.
 */
void calendar_cache_fill(struct config *config, struct store *store, int64_t now_s);

#endif
