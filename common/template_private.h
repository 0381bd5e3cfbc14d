/*
 * template_private - what a template is once read: shared by template.c, template_render.c, template_check.c and
 * template_load.c, and by nobody else.
 */
#ifndef COMMON_TEMPLATE_PRIVATE_H
#define COMMON_TEMPLATE_PRIVATE_H

#include <stddef.h>

#include "common/template.h"

enum node_kind { NODE_TEXT, NODE_VALUE, NODE_RAW, NODE_SECTION, NODE_INVERTED, NODE_PARTIAL };

struct node {
    enum node_kind kind;
    const char *text; /* the text itself, or the name */
    size_t end;       /* of a section: index of the first node after it */
    size_t line;
    const char *indent;                 /* of a partial that stands alone on its line */
    const struct library_item *partial; /* NULL when it is nested too deep */
};

struct template
{
    const char *where;
    struct node *nodes;
    size_t count;
    struct library *library; /* the partials that it and they use */
};

/* The partials of one template, each read once for each indentation that it is used with. */
struct library_item {
    const char *name;
    const char *indent;
    size_t depth;              /* least number of partials that lead to it, itself included */
    struct template *template; /* NULL when there is no such partial */
};

enum { LIBRARY_MOST = 64 };

struct library {
    struct arena *arena;
    struct partials partials;
    struct library_item items[LIBRARY_MOST];
    size_t count;
};

/* template_parse() for a text that begins on line `line` of its file. */
struct template *template_parse_at(struct arena *arena, const char *where, size_t line, const char *text,
                                   const struct partials *partials, struct fault *fault);

#endif
