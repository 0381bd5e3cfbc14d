/*
 * intake_facts - what a call says, before it is an event: names with values, of which the first given counts.
 *
 * Each source adds what it found in the order in which it is to be believed; facts_settle() makes the event of it. Names
 * are those of event_fields[], "field.NAME" for what has no place of its own, and a few that stand between:
 *
 *   kind, severity    this project's words (event_kind_name(), severity_name())
 *   type              the source's word for what happened: PROBLEM, FLAPPINGSTART
 *   time              a time as time_read() takes it
 *   duration_sec      seconds, perhaps with a fraction
 *   address6          used where there is no address
 */
#ifndef COMMON_INTAKE_FACTS_H
#define COMMON_INTAKE_FACTS_H

#include "common/event.h"
#include "common/intake_line.h"

/* Tags of an event, and values of --field and its like; what is over it is left out. */
enum { PAIRS_MOST = 1000 };

struct fact {
    const char *name;
    const char *value; /* raw: cleaned when it enters the event */
};

struct facts {
    struct arena *arena;
    bool (*absent)(const char *value); /* what this source writes when it has nothing to say; may be NULL */
    struct fact *items;
    size_t count;
    struct pairs tags;
};

/* Does nothing when the name is there already, or the value is blank or absent(). */
void facts_add(struct facts *facts, const char *name, const char *value);

/* "" when there is none. */
const char *facts_get(const struct facts *facts, const char *name);

void facts_add_tag(struct facts *facts, const char *name, const char *value);

/* Everything that the command line says of the event: of an option given twice the last counts. */
void facts_add_line(struct facts *facts, const struct line *line);

/* "" when it is not set. `environment` is as environ(7) has it. */
const char *environment_get(char *const *environment, const char *name);

/* A variable and the fact it carries. */
struct variable {
    const char *name; /* without the prefix */
    const char *fact;
};

/* The rows of `table`, up to name NULL, in their order. */
void facts_add_environment(struct facts *facts, char *const *environment, const char *prefix,
                           const struct variable *table);

/*
 * Puts the facts into the event. Kind and severity follow from the state where nothing says them, and stay as they are
 * where nothing follows. Addresses of pages are taken only when they begin with http:// or https://.
 */
void facts_settle(const struct facts *facts, struct event *event);

/* True for an address of the web without spaces or controls. */
bool is_web_address(const char *text);

#endif
