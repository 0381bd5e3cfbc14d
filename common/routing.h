/*
 * routing - the operator's routes applied to one event: who is told, through which channels, now or later.
 *
 * Routes are looked at in the order of the file; the first that fits takes the event, and those after it only if it says
 * `continue = yes`. Routes with `default = yes` are looked at when no other took it. What nobody takes goes to the operator's
 * channels, with a note: an alert that no route knows is a mistake in the routes, and silence would hide it.
 *
 * A recovery, update or acknowledgement follows its problem: it goes where that was told, to the people who were on call
 * whenever it was, whatever its own severity and the hour (a recovery has no severity in Nagios, and nobody may be left with a
 * problem that is over). Only a route that names kinds is taken at its word: it gets no other, and takes those that it names.
 * Without a record of the problem it is matched by all but the hours, and by the severity only if that is known.
 *
 * Where two routes lead to the same people through the same section first, they are told once: at the earlier time, with the
 * graver severity, and with the further channels of both to fall back on.
 */
#ifndef COMMON_ROUTING_H
#define COMMON_ROUTING_H

#include "common/plan.h"
#include "common/store.h"

/* What was told of the problem before; nothing when there is no record. */
struct routing_past {
    int64_t *told_s; /* wall: when other people than before were told of it, the first time at first */
    size_t told_count;
    struct text_list routes; /* titles, each once */
};

struct routing {
    struct arena *arena;
    const struct config *config;
    const struct event *event;
    struct text_list to;          /* of the call: takes the place of the routes' own */
    const struct givens *options; /* of the call, for every section that is used; NULL for none */
    int64_t now_s;
    struct routing_past past; /* of a follow-up */
};

/* Reads it from the store. */
bool routing_recall(struct store *store, struct arena *arena, const struct event *event, struct routing_past *past,
                    struct fault *fault);

/* What was thought about one route: for `notifyctl why`. */
struct routing_step {
    const struct route *route;
    bool taken;
    const char *why; /* "severity warning is below critical", "takes it", "held until 2026-11-25 09:00" */
};

struct routing_trace {
    struct routing_step *steps;
    size_t count;
    bool by_operator; /* no route took it, or none had a usable channel */
};

/* True for what follows a problem: its record is worth looking up. */
bool routing_follows(const struct event *event);

/*
 * A route that takes an event and names no channel tells nobody, on purpose: true with an empty plan and a note. FAULT_CONFIG
 * when nobody can be told at all.
 */
bool routing_make(const struct routing *routing, struct plan *plan, struct routing_trace *trace, struct fault *fault);

/*
 * One chain through these sections, in order of preference, to these people: an escalation step. False, with notes, when none
 * of the sections can be used.
 */
bool routing_step(const struct routing *routing, const struct route *route, const struct text_list *channels,
                  const struct text_list *to, struct plan *plan);

/* Whether a route fits by its names alone, and by what not ("" when it fits). Hours are another matter. */
const char *route_mismatch(struct arena *arena, const struct route *route, const struct event *event,
                           unsigned severities);

/* When what this route keeps back is told: see hold_until in route.h. */
int64_t route_hold_end(const struct config *config, const struct route *route, int64_t now_s);

#endif
