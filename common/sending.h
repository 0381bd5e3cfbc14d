/*
 * sending - a caller's event: admitted, told, recorded, and one line on what became of it.
 *
 * What notify_*, `notifyctl test` and `notifyctl preview` have in common.
 */
#ifndef COMMON_SENDING_H
#define COMMON_SENDING_H

#include "common/plan.h"
#include "common/store.h"
#include "common/world.h"

struct sending {
    const struct world *world;
    struct config *config;
    const struct event *event;
    const char *id;               /* of the notification: see sending_id() */
    const char *template_name;    /* wished by the caller, "" for none */
    const struct givens *options; /* of the call, for every section that a route uses; NULL for none */
    int64_t deadline_ms;          /* steady; everything ends before it */
    bool preview;                 /* print the requests in place of sending them */
    struct json_object *result;   /* NULL, or filled: success, success_channels, failed_channels, suppressed */
    bool quiet;                   /* no line on stdout: it belongs to somebody else */
    bool beyond_limits;           /* a person asked for it: no limit of ours holds it back */
    const char *state;            /* directory of the store, "" for the configuration's */
    struct store *store;          /* NULL: without limits and records */
    struct secrets secrets;       /* no line leaves without being masked */
    bool storm_begins;            /* with this run's problem: it is to be announced */
    bool alarm;                   /* the operator is to hear that there is no worker */
    bool told;                    /* something went out to a provider in this run */
    int status;                   /* the exit status so far: the gravest chain decides */
};

/* An empty result for `sending.result`; one line on stdout in place of those for people. */
struct json_object *sending_result(struct arena *arena);

/* A new id: time first, so that ids sort; chance, so that they are unique among many hosts. */
const char *sending_id(const struct world *world);

/*
 * Opens the store, unless it is open. One that cannot be used is told to the operator, and the message goes out without limits: the store must
 * never silence an alert.
 */
void sending_open_store(struct sending *sending);

/*
 * Before people and hours are asked: where they stand in .ics files, opens the store, which knows what those say.
 */
void sending_prepare_people(struct sending *sending);

/*
 * Plans by the configuration's routes; `to` are the recipients of the call, none for the routes' own. Opens the store for what
 * follows a problem, to see who was told of it.
 */
bool sending_route(struct sending *sending, const struct text_list *to, struct plan *plan, struct fault *fault);

/* Tells (or shows) every chain; one line on stdout for each that is settled, one on stderr for each that is not. */
void send_all(struct sending *sending, const struct plan *plan);

/* One line on stderr and in the system's log, masked. */
void sending_complain(const struct sending *sending, const char *line);

/* Mistakes of the configuration cost their own section only; they are said in the system's log at every run. */
void sending_tell_findings(const struct sending *sending);

#endif
