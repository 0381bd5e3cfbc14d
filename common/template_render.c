#include <stdint.h>
#include <string.h>

#include <json-c/json.h>

#include "common/encode.h"
#include "common/markup.h"
#include "common/str.h"
#include "common/template.h"
#include "common/template_private.h"

/* What a hostile template may cost: nodes visited and contexts searched, some milliseconds. */
enum { STEPS_MOST = 500 * 1000 };

struct context {
    struct json_object *value;
    const struct context *outer;
};

struct rendering {
    struct str out;
    enum escape escape;
    size_t steps; /* left */
};

static bool step(struct rendering *rendering)
{
    if (rendering->steps == 0 || !str_fits(&rendering->out))
        return false;
    rendering->steps--;
    return true;
}

/* The member named by the first `len` bytes of `name`. */
static bool member(struct json_object *object, const char *name, size_t len, struct json_object **value)
{
    char key[256];

    if (!json_object_is_type(object, json_type_object) || len >= sizeof(key))
        return false;
    memcpy(key, name, len);
    key[len] = '\0';
    return json_object_object_get_ex(object, key, value);
}

/* The first part of a dotted name is looked for from the inside out, the others in what was found. */
static struct json_object *find(struct rendering *rendering, const struct context *context, const char *name)
{
    struct json_object *value = NULL;
    size_t len = strcspn(name, ".");

    if (strcmp(name, ".") == 0)
        return context->value;
    while (!member(context->value, name, len, &value)) {
        context = context->outer;
        if (!context || !step(rendering))
            return NULL;
    }
    while (name[len] == '.') {
        name += len + 1;
        len = strcspn(name, ".");
        if (!member(value, name, len, &value))
            return NULL;
    }
    return value;
}

static const char *text_of(struct json_object *value)
{
    if (!value)
        return "";
    if (json_object_is_type(value, json_type_string))
        return json_object_get_string(value);
    return json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

/* An empty text is false, too: {{#service}} asks whether there is one. */
static bool is_true(struct json_object *value)
{
    switch (json_object_get_type(value)) {
    case json_type_null:
        return false;
    case json_type_boolean:
        return json_object_get_boolean(value);
    case json_type_array:
        return json_object_array_length(value) > 0;
    case json_type_string:
        return json_object_get_string_len(value) > 0;
    case json_type_double:
    case json_type_int:
    case json_type_object:
        return true;
    }
    return true;
}

static void add_html(struct str *out, const char *text)
{
    for (; *text; text++) {
        const char *entity = html_entity(*text);

        if (entity)
            str_add(out, entity);
        else
            str_addc(out, *text);
    }
}

static void add_unmarked(struct str *out, const char *text)
{
    for (; *text; text++)
        if (*text != MARK_VALUE && *text != MARK_END)
            str_addc(out, *text);
}

static void add_marked(struct str *out, const char *text)
{
    str_addc(out, MARK_VALUE);
    add_unmarked(out, text);
    str_addc(out, MARK_END);
}

/* RFC 8259, section 7. */
static void add_json(struct str *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            str_addf(out, "\\%c", *text);
        else if (*text == '\n')
            str_add(out, "\\n");
        else if ((unsigned char)*text < 0x20)
            str_addf(out, "\\u%04x", (unsigned)*text);
        else
            str_addc(out, *text);
    }
}

static void add_escaped(struct str *out, const char *text, enum escape escape)
{
    switch (escape) {
    case ESCAPE_HTML:
        add_html(out, text);
        return;
    case ESCAPE_MARK:
        add_marked(out, text);
        return;
    case ESCAPE_NONE:
        str_add(out, text);
        return;
    case ESCAPE_JSON:
        add_json(out, text);
        return;
    case ESCAPE_URL:
        encode_percent(out, text);
        return;
    }
}

/* As it is; but nobody but the renderer sets marks. */
static void add_raw(struct rendering *rendering, const char *text)
{
    if (rendering->escape == ESCAPE_MARK)
        add_unmarked(&rendering->out, text);
    else
        str_add(&rendering->out, text);
}

static void render_nodes(struct rendering *rendering, const struct template *template, size_t from, size_t end,
                         const struct context *context, size_t depth);

static void render_section(struct rendering *rendering, const struct template *template, size_t at,
                           const struct context *context, size_t depth)
{
    const struct node *node = &template->nodes[at];
    struct json_object *value = find(rendering, context, node->text);
    bool inverted = node->kind == NODE_INVERTED;
    struct context inner = {.value = value, .outer = context};

    if (is_true(value) == inverted)
        return;
    if (inverted) {
        render_nodes(rendering, template, at + 1, node->end, context, depth);
    } else if (!json_object_is_type(value, json_type_array)) {
        render_nodes(rendering, template, at + 1, node->end, &inner, depth);
    } else {
        size_t count = json_object_array_length(value);

        for (size_t i = 0; i < count && step(rendering); i++) {
            inner.value = json_object_array_get_idx(value, i);
            render_nodes(rendering, template, at + 1, node->end, &inner, depth);
        }
    }
}

static void render_partial(struct rendering *rendering, const struct node *node, const struct context *context,
                           size_t depth)
{
    const struct template *partial = node->partial ? node->partial->template : NULL;

    if (partial && depth < TEMPLATE_DEPTH)
        render_nodes(rendering, partial, 0, partial->count, context, depth + 1);
}

static void render_node(struct rendering *rendering, const struct template *template, size_t at,
                        const struct context *context, size_t depth)
{
    const struct node *node = &template->nodes[at];

    switch (node->kind) {
    case NODE_TEXT:
        add_raw(rendering, node->text);
        return;
    case NODE_VALUE:
        add_escaped(&rendering->out, text_of(find(rendering, context, node->text)), rendering->escape);
        return;
    case NODE_RAW:
        add_raw(rendering, text_of(find(rendering, context, node->text)));
        return;
    case NODE_SECTION:
    case NODE_INVERTED:
        render_section(rendering, template, at, context, depth);
        return;
    case NODE_PARTIAL:
        render_partial(rendering, node, context, depth);
        return;
    }
}

/* Recursion is bounded: sections nest at most TEMPLATE_DEPTH deep in a text, texts at most TEMPLATE_DEPTH deep. */
static void render_nodes(struct rendering *rendering, const struct template *template, size_t from, size_t end,
                         const struct context *context, size_t depth)
{
    for (size_t i = from; i < end && step(rendering); i = template->nodes[i].end)
        render_node(rendering, template, i, context, depth);
}

const char *template_render(struct arena *arena, const struct template *template, struct json_object *values,
                            enum escape escape)
{
    struct rendering rendering = {.out = str_in(arena, RENDERED_MOST), .escape = escape, .steps = STEPS_MOST};
    const struct context context = {.value = values};

    render_nodes(&rendering, template, 0, template->count, &context, 0);
    return rendering.out.text;
}
