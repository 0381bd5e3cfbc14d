/*
 * form - what a statement may hold, and the statement read by it: the only door to libconfuse.
 *
 * A form lists names and blocks; form_parse() hands a statement to libconfuse with it and says in our words what libconfuse
 * has against it. Every value is a text or a list of texts; what they mean is the caller's business.
 */
#ifndef COMMON_FORM_H
#define COMMON_FORM_H

#include <confuse.h>

#include "common/settings.h"
#include "common/statements.h"

struct form {
    struct arena *arena;
    cfg_opt_t *options; /* the last has no name; NULL while the form is empty */
    size_t count;
};

/* A name that the form has already is passed over: the first counts. */
void form_add_name(struct form *form, const char *name, bool list);

/* A block NAME { ... } or NAME "title" { ... } with these names inside; `inside` must not grow any more. */
void form_add_block(struct form *form, const char *name, const struct form *inside, bool titled);
/* One that may be repeated without a title. */
void form_add_repeated_block(struct form *form, const char *name, const struct form *inside);

/* "did you mean 'x'?" where a name of the form is near, else all of them. */
const char *form_suggestion(const struct form *form, const char *name);

/* How to take names that the form does not have. */
enum strictness { FORM_STRICT, FORM_LENIENT };

struct parsed {
    const struct statement *statement;
    cfg_t *cfg;
    const char *complaint; /* "" when there is none */
    int line;              /* of the complaint */
};

/* False with a complaint. The statement must have no mistake of its own. */
bool form_parse(const struct form *form, const struct statement *statement, enum strictness strictness,
                struct parsed *parsed);

/* A block as libconfuse has it; NULL when the statement did not write it. */
cfg_t *parsed_block(cfg_t *around, const char *name);
size_t parsed_block_count(cfg_t *around, const char *name);
cfg_t *parsed_block_nth(cfg_t *around, const char *name, size_t number);

/* The values of a name, cleaned; none when it was not set, or to an empty list. */
struct text_list parsed_values(struct arena *arena, cfg_t *block, const char *name);

#endif
