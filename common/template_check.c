#include <string.h>

#include "common/str.h"
#include "common/template.h"
#include "common/template_private.h"

/* A line of output holds no more. */
enum { REPORT_MOST = 600 };

struct checking {
    struct arena *arena;
    const struct template_names *names;
    struct str report;
    size_t mistakes;
    /* Sections around the node that is looked at. */
    const struct node *sections[TEMPLATE_DEPTH];
    size_t ends[TEMPLATE_DEPTH];
    size_t depth;
};

static void report(struct checking *checking, const struct template *template, const struct node *node,
                   const char *what, const char *near)
{
    if (checking->mistakes++ > 0)
        str_add(&checking->report, "; ");
    str_addf(&checking->report, "%s:%zu: %s '%s'", template->where, node->line, what, node->text);
    if (*near)
        str_addf(&checking->report, ", nearest is '%s'", near);
}

/* Inside {{#tags}} the name `team` may stand for tags.team. "" when it stands for itself only. */
static const char *inner_name(struct checking *checking, const char *name)
{
    for (size_t i = checking->depth; i-- > 0;) {
        const char *inner = arena_print(checking->arena, "%s.%s", checking->sections[i]->text, name);

        if (strcmp(checking->sections[i]->text, ".") != 0 && checking->names->known(inner))
            return inner;
    }
    return "";
}

/* What {{.}} stands for: the innermost section that has a name. */
static const char *dot_name(const struct checking *checking)
{
    size_t i = checking->depth;

    while (i > 0 && strcmp(checking->sections[i - 1]->text, ".") == 0)
        i--;
    return i > 0 ? checking->sections[i - 1]->text : "";
}

static void check_name(struct checking *checking, const struct template *template, const struct node *node)
{
    const struct template_names *names = checking->names;
    bool dot = strcmp(node->text, ".") == 0;
    const char *name = dot ? dot_name(checking) : node->text;
    const char *inner = dot ? "" : inner_name(checking, name);

    if (!dot && !*inner && !names->known(name))
        report(checking, template, node, "unknown name", names->nearest(name));
    else if (node->kind == NODE_RAW && !names->trusted(*inner ? inner : name))
        report(checking, template, node, "without escaping, only this program's own values are safe, not", "");
}

static void check_nodes(struct checking *checking, const struct template *template)
{
    checking->depth = 0;
    for (size_t i = 0; i < template->count; i++) {
        const struct node *node = &template->nodes[i];

        while (checking->depth > 0 && checking->ends[checking->depth - 1] <= i)
            checking->depth--;
        if (node->kind != NODE_TEXT && node->kind != NODE_PARTIAL)
            check_name(checking, template, node);
        if (node->kind == NODE_SECTION) {
            checking->sections[checking->depth] = node;
            checking->ends[checking->depth++] = node->end;
        }
    }
}

bool template_check(const struct template *template, const struct template_names *names, struct fault *fault)
{
    const struct library *library = template->library;
    struct checking checking = {.arena = library->arena, .names = names, .report = str_in(library->arena, REPORT_MOST)};

    check_nodes(&checking, template);
    for (size_t i = 0; i < library->count; i++)
        if (library->items[i].template)
            check_nodes(&checking, library->items[i].template);
    return checking.mistakes == 0 || fault_set(fault, FAULT_CONFIG, "%s", checking.report.text);
}
