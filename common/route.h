/*
 * route - the operator's policy as the configuration has it: which events go to whom, through which channels, when, and what
 * follows if nobody answers. Data only, and the lookups in it; routing.h applies it.
 *
 * A mistake in a route costs the value that it stands in, and the rest works in its louder form: a severity that cannot be read
 * lets every severity through, hours that cannot be read are `always`.
 */
#ifndef COMMON_ROUTE_H
#define COMMON_ROUTE_H

#include "common/config.h"
#include "common/rotation.h"

/* One `escalate { after = "15m"  channels = {...}  to = {...} }`. */
struct escalation_step {
    const char *where;
    int64_t after_s;           /* since the notification */
    struct text_list channels; /* titles of sections, in order of preference */
    struct text_list to;       /* "@rotation", "@contact", addresses; none: the route's own */
};

enum route_mode { ROUTE_FIRST, ROUTE_ALL };    /* channels one after the other until one delivers; every one of them */
enum route_outside { ROUTE_SKIP, ROUTE_HOLD }; /* outside of `during`: look at the next route; keep it for later */

struct route {
    const char *title;
    const char *where;
    bool enabled;
    bool fallback; /* `default = yes`: only for events that no other route took */

    /* All that are given must fit. Globs; a list fits when one of its items does. */
    unsigned severities; /* bit 1 << severity */
    struct text_list host;
    struct text_list service;
    struct text_list tag; /* "NAME" or "NAME=GLOB" */
    struct text_list group;
    struct text_list source;
    struct text_list kind;
    struct hours_list during;
    int64_t outside;    /* enum route_outside */
    int64_t hold_until; /* seconds since midnight; -1: until `during` begins again */
    bool goes_on;       /* `continue = yes`: later routes are looked at, too */

    int64_t mode; /* enum route_mode */
    struct text_list channels;
    struct text_list also;
    bool silent; /* `channels = {}`: what it takes is told to nobody, on purpose */
    struct text_list to;
    const char *template_name; /* "" for the section's */
    int64_t raise;             /* enum severity that the event has at least; SEVERITY_COUNT leaves it */
    bool has_limits;
    struct limit_policy limits; /* in place of the section's */

    /* Waiting for a person: what the route says, over what `confirm {...}` says for all. */
    struct confirmation confirm;
    struct escalation_step *steps; /* by time */
    size_t step_count;
};

/* NULL when there is none of this title. */
const struct route *config_route(const struct config *config, const char *title);
const struct rotation *config_rotation(const struct config *config, const char *title);
struct calendar *config_calendar(const struct config *config, const char *title);

/* Whether "NAME" or "NAME/LAYER" is a contact, a rotation, or a layer of one. */
bool config_names_somebody(const struct config *config, const char *name);

/* What hours and rotations of this configuration are looked up with; calendars are opened as of `now_s` when they are needed. */
struct policy_context {
    const struct config *config;
    int64_t now_s;
};
struct hours_context route_hours_context(struct policy_context *policy);

#endif
