#include "plugins/ackd/rates.h"

#include <string.h>

#include "common/hash.h"

/* SHA-256, so that nobody can choose addresses that push others out of a row. Never 0. */
static uint64_t number_of(const char *client)
{
    struct digest digest = hash_sha256(client, strlen(client));
    uint64_t number = 0;

    for (size_t i = 0; i < sizeof(number); i++)
        number = number << 8 | digest.bytes[i];
    return number ? number : 1;
}

static struct rate *place_of(struct rates *rates, uint64_t client)
{
    struct rate *row = rates->places[client % RATES_ROWS];
    struct rate *oldest = row;

    for (size_t i = 0; i < RATES_IN_ROW; i++) {
        if (row[i].client == client)
            return &row[i];
        if (row[i].client == 0 || (oldest->client != 0 && row[i].seen_ms < oldest->seen_ms))
            oldest = &row[i];
    }
    *oldest = (struct rate){.client = client};
    return oldest;
}

bool rates_allow(struct rates *rates, const char *client, int64_t now_ms)
{
    struct rate *place = place_of(rates, number_of(client));

    if (place->count == 0 || now_ms - place->begun_ms >= RATES_WINDOW_MS) {
        place->begun_ms = now_ms;
        place->count = 0;
    }
    place->seen_ms = now_ms;
    if (place->count >= rates->most)
        return false;
    place->count++;
    return true;
}
