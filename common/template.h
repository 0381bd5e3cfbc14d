/*
 * template - Mustache: {{name}}, {{{name}}}, sections, inverted sections, comments, partials, delimiters.
 *
 * All cases of the public specification (v1.3, without the optional modules) pass. Values come from a JSON object; they
 * are never read as templates again. Pure but for template_load(), which reads files.
 */
#ifndef COMMON_TEMPLATE_H
#define COMMON_TEMPLATE_H

#include <stdbool.h>

#include "common/arena.h"
#include "common/fault.h"
#include "common/json.h"
#include "common/words.h"

struct template;

/* What {{name}} does to a value. {{{name}}} and {{&name}} take it as it is in every mode. */
enum escape {
    ESCAPE_HTML, /* & < > " as entities: the specification's mode */
    ESCAPE_MARK, /* set off by MARK_VALUE and MARK_END, for passage_read(); raw values are not set off */
    ESCAPE_NONE, /* SMS variables, titles */
    ESCAPE_JSON, /* inside a JSON string */
    ESCAPE_URL,  /* percent-encoded */
};

enum { TEMPLATE_MOST = 64 * 1024, TEMPLATE_DEPTH = 16, RENDERED_MOST = 1024 * 1024 };

/* Finds the text of a partial; NULL when there is none, which renders as nothing. */
struct partials {
    const char *(*find)(void *self, const char *name);
    void *self;
};

/*
 * `where` names the text in faults: "FILE:LINE: ...". FAULT_CONFIG for an unclosed tag or section, a wrong closing tag,
 * sections over TEMPLATE_DEPTH, a text over TEMPLATE_MOST, and the same in a partial. `partials` may be NULL.
 */
struct template *template_parse(struct arena *arena, const char *where, const char *text,
                                const struct partials *partials, struct fault *fault);

/*
 * Partials nest at most TEMPLATE_DEPTH deep and are at most 64, the rest renders as nothing; so does what comes after half a
 * million steps or after RENDERED_MOST bytes. False are null, false, an empty list, an empty text and a missing name.
 */
const char *template_render(struct arena *arena, const struct template *template, struct json_object *values,
                            enum escape escape);

/*
 * Reports each name that is used but for which `known` says no, and each raw use of a name that is not `trusted`.
 * Dotted names and names inside sections included. FAULT_CONFIG with line and the nearest known name.
 */
struct template_names {
    bool (*known)(const char *name);
    bool (*trusted)(const char *name);
    const char *(*nearest)(const char *name); /* "" when none is near */
};
bool template_check(const struct template *template, const struct template_names *names, struct fault *fault);

/*
 * A message template: a file with a first block (title, level icon) and the text.
 *
 *     title: {{level_icon}} {{subject}}
 *     --
 *     **主机:** {{host}}
 *     ...
 *
 * FILE is DIRECTORY/LANGUAGE/NAME.mustache; partials are looked up beside it. NAME is [a-z0-9_]+. A file without the first
 * block has the title of words.def. A directory that does not have it falls back to English, then to `default`: a missing
 * template never stops a message, *found tells.
 */
struct message_template {
    const char *name;
    const char *path;
    const struct template *title;
    const struct template *text;
};

bool template_name_valid(const char *name);

/* Templates that were read, for a program that tells many messages: each file is read once while it lives. */
struct template_shelf {
    struct arena *arena; /* its templates live here */
    struct shelved *first;
};

/* template_load() through the shelf; what was not found is sought anew each time. */
bool template_take(struct template_shelf *shelf, const char *directory, enum language language, const char *name,
                   struct message_template *template, bool *found, struct fault *fault);

/* FAULT_CONFIG when not even `default` can be read in `directory`, or the file does not parse. */
bool template_load(struct arena *arena, const char *directory, enum language language, const char *name,
                   struct message_template *template, bool *found, struct fault *fault);

#endif
