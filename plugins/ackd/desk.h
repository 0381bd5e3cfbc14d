/*
 * desk - what the confirmation server answers: a whole request in, a whole answer out.
 *
 *     /TOKEN     the page of one alert; POST takes it, marks it as solved, gives it back
 *     /board     open alerts and mutes, for people whom a proxy vouches for; POST mutes and unmutes
 *     /healthz   "ok" while the store can be read
 *
 * GET, HEAD and OPTIONS change nothing. Each request opens the store for itself and waits at most STORE_PATIENCE_MS for it.
 */
#ifndef ACKD_DESK_H
#define ACKD_DESK_H

#include "common/clock.h"
#include "common/config.h"
#include "common/link.h"
#include "plugins/ackd/guests.h"
#include "plugins/ackd/page.h"
#include "plugins/ackd/rates.h"

enum { FORGED_A_MINUTE = 30, POSTS_A_MINUTE = 60 };

struct desk {
    const struct config *config;
    const struct clock *clock;
    struct link_keys keys;
    struct pages pages;
    const char *prefix; /* path of base_url: "/confirm"; "" for none */
    bool secure;        /* base_url is https */
    struct rates forged;
    struct rates posts;
    int64_t complained_ms; /* steady: when the log was told last that the store cannot be used; 0 for never */
};

/* Reads the key and prepares the pages. The desk must be zeroed; it keeps the arena and the configuration. */
bool desk_open(struct desk *desk, struct arena *arena, const struct config *config, const struct clock *clock,
               struct fault *fault);

/* `guest` is who sent it. */
void desk_serve(struct desk *desk, const struct guest *guest, const struct http_request *request,
                struct http_answer *answer);

#endif
