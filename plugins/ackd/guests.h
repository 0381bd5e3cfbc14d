/*
 * guests - the connections that are open: how many, whose, since when. Pure.
 *
 * A connection has GUEST_MS from its beginning to the end of its answer, whatever it sends meanwhile. When all places are taken
 * the one that is open longest makes room: who dribbles can never keep others out.
 */
#ifndef ACKD_GUESTS_H
#define ACKD_GUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GUESTS_MOST = 64, GUESTS_OF_ONE = 16, GUEST_MS = 10000, GUEST_NAME = 64 };

struct guest {
    int descriptor;
    int64_t since_ms; /* steady */
    bool leaving;     /* was told to go, and is not closed yet */
    bool unix_socket;
    bool local;            /* a unix socket or loopback: a proxy of this machine may stand there */
    char peer[GUEST_NAME]; /* address without port, "" for a unix socket */
};

struct guests {
    struct guest items[2 * GUESTS_MOST]; /* those that leave may still be there */
    size_t count;
};

/* False when there are GUESTS_OF_ONE from that address already: proxies of this machine are not counted. */
bool guests_admit(const struct guests *guests, const struct guest *guest);

void guests_add(struct guests *guests, const struct guest *guest);
void guests_remove(struct guests *guests, int descriptor);
const struct guest *guests_find(const struct guests *guests, int descriptor);

/*
 * The descriptor of one that must go now, -1 when none must: its time is over, or there are more than GUESTS_MOST. It is marked
 * as leaving; to be called until it says -1.
 */
int guests_to_leave(struct guests *guests, int64_t now_ms);

/* Until the next one's time is over; -1 when there is none. */
int guests_patience_ms(const struct guests *guests, int64_t now_ms);

#endif
