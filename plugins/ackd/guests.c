#include "plugins/ackd/guests.h"

#include <string.h>

bool guests_admit(const struct guests *guests, const struct guest *guest)
{
    size_t same = 0;

    if (guests->count == sizeof(guests->items) / sizeof(*guests->items))
        return false;
    for (size_t i = 0; i < guests->count; i++)
        same += strcmp(guests->items[i].peer, guest->peer) == 0;
    return guest->local || same < GUESTS_OF_ONE;
}

void guests_add(struct guests *guests, const struct guest *guest)
{
    guests->items[guests->count++] = *guest;
}

/* The order is that of arrival. */
void guests_remove(struct guests *guests, int descriptor)
{
    for (size_t i = 0; i < guests->count; i++) {
        if (guests->items[i].descriptor != descriptor)
            continue;
        guests->count--;
        memmove(&guests->items[i], &guests->items[i + 1], (guests->count - i) * sizeof(*guests->items));
        return;
    }
}

const struct guest *guests_find(const struct guests *guests, int descriptor)
{
    for (size_t i = 0; i < guests->count; i++)
        if (guests->items[i].descriptor == descriptor)
            return &guests->items[i];
    return NULL;
}

static struct guest *oldest_of(struct guests *guests, size_t *staying)
{
    struct guest *oldest = NULL;

    *staying = 0;
    for (size_t i = 0; i < guests->count; i++) {
        if (guests->items[i].leaving)
            continue;
        if (!oldest)
            oldest = &guests->items[i];
        (*staying)++;
    }
    return oldest;
}

int guests_to_leave(struct guests *guests, int64_t now_ms)
{
    size_t staying;
    struct guest *oldest = oldest_of(guests, &staying);

    if (!oldest || (staying <= GUESTS_MOST && now_ms - oldest->since_ms < GUEST_MS))
        return -1;
    oldest->leaving = true;
    return oldest->descriptor;
}

int guests_patience_ms(const struct guests *guests, int64_t now_ms)
{
    for (size_t i = 0; i < guests->count; i++)
        if (!guests->items[i].leaving) {
            int64_t left = guests->items[i].since_ms + GUEST_MS - now_ms;

            return left < 0 ? 0 : (int)left;
        }
    return -1;
}
