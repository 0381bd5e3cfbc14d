/*
 * sent - text messages that were taken, for when somebody asks what became of them.
 *
 * Keeps the last SENT_MOST of all; a question about an older one finds nothing. A list begins as zeros.
 */
#ifndef SANDBOX_SENT_H
#define SANDBOX_SENT_H

#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"

enum { SENT_MOST = 256 };

struct sent {
    struct arena *arena; /* of the texts */
    const char *number;  /* as the call wrote it */
    const char *id;      /* the provider's */
    const char *own;     /* the sender's: OutId, SessionContext */
    int64_t at_ms;
};

struct sent_list {
    struct sent items[SENT_MOST];
    size_t count; /* all that ever were */
};

void sent_add(struct sent_list *list, const char *number, const char *id, const char *own, int64_t now_ms);

/* Calls `each` for those to this number, `id` ("" for any), not before `since_ms`. */
void sent_visit(const struct sent_list *list, const char *number, const char *id, int64_t since_ms,
                void (*each)(void *self, const struct sent *sent), void *self);

void sent_release(struct sent_list *list);

#endif
