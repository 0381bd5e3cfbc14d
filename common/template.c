#include "common/template.h"

#include <stdint.h>
#include <string.h>

#include "common/str.h"
#include "common/template_private.h"

enum { DELIMITER_MOST = 16 };

/* A text while it is read. */
struct parser {
    struct arena *arena;
    struct fault *fault;
    const char *text;
    const char *at;
    size_t line; /* of `at` */
    char open[DELIMITER_MOST + 1];
    char close[DELIMITER_MOST + 1];
    struct template *template;
    size_t space;                    /* nodes allocated */
    size_t sections[TEMPLATE_DEPTH]; /* nodes of the sections that are open */
    size_t depth;
};

/* A tag with its delimiters, as it stands in the text. */
struct tag {
    const char *from;
    const char *end;
    char type; /* the sign that follows the delimiter, 0 for a plain name */
    const char *name;
    size_t line;
};

static bool wrong(const struct parser *parser, size_t line, const char *what, const char *name)
{
    return fault_set(parser->fault, FAULT_CONFIG, "%s:%zu: %s '%s'", parser->template->where, line, what, name);
}

static struct node *add_node(struct parser *parser, enum node_kind kind, const char *text, size_t line)
{
    struct template *template = parser->template;

    if (template->count == parser->space) {
        parser->space = parser->space ? parser->space * 2 : 16;
        template->nodes = arena_grow(parser->arena, template->nodes, parser->space * sizeof(*template->nodes));
    }
    template->nodes[template->count] =
        (struct node){.kind = kind, .text = text, .end = template->count + 1, .line = line, .indent = ""};
    return &template->nodes[template->count++];
}

static void add_text(struct parser *parser, const char *from, const char *end)
{
    if (from < end)
        add_node(parser, NODE_TEXT, arena_copy(parser->arena, from, (size_t)(end - from)), parser->line);
}

static size_t lines_in(const char *from, const char *end)
{
    size_t lines = 0;

    for (; from < end; from++)
        lines += *from == '\n';
    return lines;
}

static const char *trimmed(struct arena *arena, const char *from, const char *end)
{
    while (from < end && strchr(" \t\r\n", *from))
        from++;
    while (end > from && strchr(" \t\r\n", end[-1]))
        end--;
    return arena_copy(arena, from, (size_t)(end - from));
}

/* Reads the tag at `from`; what closes it depends on its type: {{{name}}} and {{=...=}} have a sign more. */
static bool read_tag(struct parser *parser, const char *from, struct tag *tag)
{
    const char *inside = from + strlen(parser->open);
    const char *end;
    char close[DELIMITER_MOST + 2];
    char type = *inside && strchr("#^/!>&={", *inside) ? *inside : '\0';

    snprintf(close, sizeof(close), "%s%s", type == '{' ? "}" : type == '=' ? "=" : "", parser->close);
    inside += type != '\0';
    end = strstr(inside, close);
    tag->line = parser->line + lines_in(parser->at, from);
    if (!end) {
        fault_set(parser->fault, FAULT_CONFIG, "%s:%zu: '%s' is not closed by '%s'", parser->template->where, tag->line,
                  parser->open, close);
        return false;
    }
    tag->from = from;
    tag->end = end + strlen(close);
    tag->type = type;
    tag->name = type == '!' ? "" : trimmed(parser->arena, inside, end);
    if (type != '!' && !*tag->name)
        return wrong(parser, tag->line, "nothing stands in",
                     arena_copy(parser->arena, from, (size_t)(tag->end - from)));
    return true;
}

/*
 * A tag that shows nothing and has its line for itself takes the line with it: *from and *end are moved to the line's
 * ends. True when it was so.
 */
static bool stands_alone(const struct parser *parser, const struct tag *tag, const char **from, const char **end)
{
    const char *begin = tag->from;
    const char *rest = tag->end + strspn(tag->end, " \t");

    if (tag->type == '\0' || tag->type == '&' || tag->type == '{')
        return false;
    while (begin > parser->text && (begin[-1] == ' ' || begin[-1] == '\t'))
        begin--;
    if (begin > parser->text && begin[-1] != '\n')
        return false;
    if (*rest == '\r' && rest[1] == '\n')
        rest++;
    if (*rest != '\n' && *rest != '\0')
        return false;
    *from = begin;
    *end = *rest == '\n' ? rest + 1 : rest;
    return true;
}

static bool open_section(struct parser *parser, const struct tag *tag)
{
    if (parser->depth == TEMPLATE_DEPTH)
        return wrong(parser, tag->line, "sections nest too deep at", tag->name);
    parser->sections[parser->depth++] = parser->template->count;
    add_node(parser, tag->type == '#' ? NODE_SECTION : NODE_INVERTED, tag->name, tag->line);
    return true;
}

static bool close_section(struct parser *parser, const struct tag *tag)
{
    struct node *section;

    if (parser->depth == 0)
        return wrong(parser, tag->line, "no section is open that could be closed by", tag->name);
    section = &parser->template->nodes[parser->sections[--parser->depth]];
    if (strcmp(section->text, tag->name) != 0)
        return fault_set(parser->fault, FAULT_CONFIG, "%s:%zu: section '%s' of line %zu is closed by '%s'",
                         parser->template->where, tag->line, section->text, section->line, tag->name);
    section->end = parser->template->count;
    return true;
}

/* {{=<% %>=}}: two words without '=' or spaces. */
static bool set_delimiters(struct parser *parser, const struct tag *tag)
{
    const char *open = tag->name;
    size_t open_len = strcspn(open, " \t\r\n");
    const char *close = open + open_len + strspn(open + open_len, " \t\r\n");
    size_t close_len = strcspn(close, " \t\r\n");

    if (close_len == 0 || close[close_len] || open_len > DELIMITER_MOST || close_len > DELIMITER_MOST ||
        strchr(tag->name, '='))
        return wrong(parser, tag->line, "delimiters must be two short words without '=', found", tag->name);
    snprintf(parser->open, sizeof(parser->open), "%.*s", (int)open_len, open);
    snprintf(parser->close, sizeof(parser->close), "%.*s", (int)close_len, close);
    return true;
}

static bool take_tag(struct parser *parser, const struct tag *tag, const char *indent)
{
    switch (tag->type) {
    case '!':
        return true;
    case '=':
        return set_delimiters(parser, tag);
    case '#':
    case '^':
        return open_section(parser, tag);
    case '/':
        return close_section(parser, tag);
    case '>':
        add_node(parser, NODE_PARTIAL, tag->name, tag->line)->indent = indent;
        return true;
    default:
        add_node(parser, tag->type ? NODE_RAW : NODE_VALUE, tag->name, tag->line);
        return true;
    }
}

static bool parse_next(struct parser *parser)
{
    const char *from = strstr(parser->at, parser->open);
    const char *indent = "";
    struct tag tag = {.from = from};
    const char *end;

    if (!from) {
        end = parser->at + strlen(parser->at);
        add_text(parser, parser->at, end);
        parser->at = end;
        return true;
    }
    if (!read_tag(parser, from, &tag))
        return false;
    end = tag.end;
    if (stands_alone(parser, &tag, &from, &end))
        indent = arena_copy(parser->arena, from, (size_t)(tag.from - from));
    add_text(parser, parser->at, from);
    if (!take_tag(parser, &tag, indent))
        return false;
    parser->line += lines_in(parser->at, end);
    parser->at = end;
    return true;
}

/* Reads one text; its partials are known by name only. */
static struct template *parse_text(struct library *library, const char *where, size_t line, const char *text,
                                   struct fault *fault)
{
    struct template *template = arena_alloc(library->arena, sizeof(*template));
    struct parser parser = {
        .arena = library->arena,
        .fault = fault,
        .text = text,
        .at = text,
        .line = line,
        .open = "{{",
        .close = "}}",
        .template = template,
    };

    *template = (struct template){.where = where, .library = library};
    if (strlen(text) > TEMPLATE_MOST) {
        fault_set(fault, FAULT_CONFIG, "%s: the text is longer than %d bytes", where, TEMPLATE_MOST);
        return NULL;
    }
    while (*parser.at)
        if (!parse_next(&parser))
            return NULL;
    if (parser.depth > 0) {
        const struct node *section = &template->nodes[parser.sections[parser.depth - 1]];

        wrong(&parser, section->line, "no closing tag for section", section->text);
        return NULL;
    }
    return template;
}

/* The partial's text with the indentation of the tag that asks for it before each line; NULL when it grows too long. */
static const char *indented(struct arena *arena, const char *text, const char *indent)
{
    struct str out = str_in(arena, TEMPLATE_MOST);

    if (!*indent)
        return text;
    while (*text && str_fits(&out)) {
        size_t len = strcspn(text, "\n");

        len += text[len] == '\n';
        str_add(&out, indent);
        str_addn(&out, text, len);
        text += len;
    }
    return str_fits(&out) ? out.text : NULL;
}

static const struct library_item *library_item(struct library *library, const struct node *node, size_t depth)
{
    for (size_t i = 0; i < library->count; i++)
        if (strcmp(library->items[i].name, node->text) == 0 && strcmp(library->items[i].indent, node->indent) == 0)
            return &library->items[i];
    if (depth > TEMPLATE_DEPTH || library->count == LIBRARY_MOST)
        return NULL;
    library->items[library->count] = (struct library_item){.name = node->text, .indent = node->indent, .depth = depth};
    return &library->items[library->count++];
}

static void link_partials(struct library *library, struct template *template, size_t depth)
{
    for (size_t i = 0; i < template->count; i++)
        if (template->nodes[i].kind == NODE_PARTIAL)
            template->nodes[i].partial = library_item(library, &template->nodes[i], depth + 1);
}

static bool read_item(struct library *library, struct library_item *item, struct fault *fault)
{
    const struct partials *partials = &library->partials;
    const char *text = partials->find ? partials->find(partials->self, item->name) : NULL;
    const char *where = arena_print(library->arena, "partial '%s'", item->name);

    if (!text)
        return true;
    text = indented(library->arena, text, item->indent);
    if (!text)
        return fault_set(fault, FAULT_CONFIG, "%s: indented, the text is longer than %d bytes", where, TEMPLATE_MOST);
    item->template = parse_text(library, where, 1, text, fault);
    if (item->template)
        link_partials(library, item->template, item->depth);
    return item->template != NULL;
}

struct template *template_parse_at(struct arena *arena, const char *where, size_t line, const char *text,
                                   const struct partials *partials, struct fault *fault)
{
    struct library *library = arena_alloc(arena, sizeof(*library));
    struct template *template;

    library->arena = arena;
    if (partials)
        library->partials = *partials;
    template = parse_text(library, where, line, text, fault);
    if (!template)
        return NULL;
    link_partials(library, template, 0);
    /* Breadth first: each partial is met where it is least deep, and a partial within itself is met once. */
    for (size_t i = 0; i < library->count; i++)
        if (!read_item(library, &library->items[i], fault)) {
            fault_in(fault, "%s", where);
            return NULL;
        }
    return template;
}

struct template *template_parse(struct arena *arena, const char *where, const char *text,
                                const struct partials *partials, struct fault *fault)
{
    return template_parse_at(arena, where, 1, text, partials, fault);
}
