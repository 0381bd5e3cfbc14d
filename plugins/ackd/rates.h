/*
 * rates - how often a client may do something in a minute, for many clients in a table of fixed size. Pure.
 *
 * The longest unseen of a row makes room for a new client: who comes from thousands of addresses is counted less exactly, but
 * never takes more memory.
 */
#ifndef ACKD_RATES_H
#define ACKD_RATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RATES_ROWS = 128, RATES_IN_ROW = 8, RATES_WINDOW_MS = 60000 };

struct rate {
    uint64_t client; /* 0 for a free place */
    int64_t begun_ms;
    int64_t seen_ms;
    unsigned count;
};

struct rates {
    unsigned most; /* in a window */
    struct rate places[RATES_ROWS][RATES_IN_ROW];
};

/* Counts one, and says whether it is within the limit. `client` is its address; `now_ms` is steady. */
bool rates_allow(struct rates *rates, const char *client, int64_t now_ms);

#endif
