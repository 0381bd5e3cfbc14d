#include "plugins/sandbox/sent.h"

#include <string.h>

static void forget(struct sent *sent)
{
    if (sent->arena)
        arena_release(sent->arena);
    *sent = (struct sent){.arena = NULL};
}

void sent_add(struct sent_list *list, const char *number, const char *id, const char *own, int64_t now_ms)
{
    struct sent *sent = &list->items[list->count++ % SENT_MOST];
    struct arena *arena = arena_new();

    forget(sent);
    *sent = (struct sent){.arena = arena,
                          .number = arena_copy(arena, number, strlen(number)),
                          .id = arena_copy(arena, id, strlen(id)),
                          .own = arena_copy(arena, own, strlen(own)),
                          .at_ms = now_ms};
}

void sent_visit(const struct sent_list *list, const char *number, const char *id, int64_t since_ms,
                void (*each)(void *self, const struct sent *sent), void *self)
{
    for (size_t i = 0; i < SENT_MOST; i++) {
        const struct sent *sent = &list->items[i];

        if (sent->arena && sent->at_ms >= since_ms && strcmp(sent->number, number) == 0 &&
            (!id[0] || strcmp(sent->id, id) == 0))
            each(self, sent);
    }
}

void sent_release(struct sent_list *list)
{
    for (size_t i = 0; i < SENT_MOST; i++)
        forget(&list->items[i]);
}
