/*
 * rotation - who is on call: people in turn, handed over at a time of the wall clock, with exceptions.
 *
 * Layers are duties side by side: the first of them has the rotation's own name (@dba), the others are written behind it
 * (@dba/secondary). Turns are counted by the clock on the wall of the rotation's zone: a turn of a week begins at the same time
 * of day, whether or not the clocks were changed meanwhile (see zone.h).
 */
#ifndef COMMON_ROTATION_H
#define COMMON_ROTATION_H

#include "common/channel.h"
#include "common/hours.h"

struct rotation_layer {
    const char *name; /* "" for the first */
    const char *where;
    struct text_list members;  /* titles of contacts */
    int64_t starts;            /* local time of the first member's first turn */
    int64_t every_s;           /* length of a turn by the clock on the wall */
    struct calendar *calendar; /* in place of members: spans named by contacts; NULL when there is none */
};

/* A time that somebody takes over. */
struct rotation_override {
    const char *where;
    const char *layer; /* "" for the first */
    int64_t from;      /* local time */
    int64_t until;
    const char *member;
    const char *other; /* of a swap: these two take each other's turns; "" for a take-over */
};

struct rotation {
    const char *title;
    const char *where;
    const char *timezone; /* "" for the configuration's */
    struct hours_list during;
    const char *otherwise; /* who is asked while nobody is on duty: "@night", a contact's title, "" for nobody */
    struct rotation_layer *layers; /* at least one */
    size_t layer_count;
    struct rotation_override *overrides; /* the last that fits counts */
    size_t override_count;
};

/* An unbroken time in which one person is on call. */
struct shift {
    int64_t from_s; /* the moment asked for, or later than the true beginning */
    int64_t until_s;
    const char *member; /* a contact's title; "" for nobody, whoever `otherwise` names */
    const char *why;    /* "turn", "override", "swap", "calendar", "not begun", "outside its hours", "gap" */
};

/* NULL when there is no layer of this name. */
const struct rotation_layer *rotation_layer_named(const struct rotation *rotation, const char *name);

/* Who is on duty at `at_s`, and how long that is so at least. The context's zone serves rotations that name none. */
struct shift rotation_shift(const struct hours_context *context, const struct rotation *rotation,
                            const struct rotation_layer *layer, int64_t at_s);

#endif
