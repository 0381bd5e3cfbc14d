#include "common/form.h"

#include <string.h>

#include "common/str.h"
#include "common/utf8.h"

/* What libconfuse's complaints mean for the operator; the first that fits counts. */
static const struct {
    const char *says;
    const char *remedy;
} COMPLAINTS[] = {
    {"unexpected token '{'",  "one value is wanted here, not a list or a block"                                          },
    {"unexpected token",      "wanted are NAME = \"VALUE\", or NAME = {\"ONE\", \"OTHER\"} with commas between the items"},
    {"missing equal sign",    "write NAME = \"VALUE\""                                                                   },
    {"missing opening brace", "write NAME { ... }"                                                                       },
    {"attempt to append",     "use = in place of +="                                                                     },
};

static void add(struct form *form, cfg_opt_t option)
{
    static const cfg_opt_t END = CFG_END();

    form->options = arena_grow(form->arena, form->options, (form->count + 2) * sizeof(*form->options));
    form->options[form->count++] = option;
    form->options[form->count] = END;
}

static bool has(const struct form *form, const char *name)
{
    for (size_t i = 0; i < form->count; i++)
        if (strcmp(form->options[i].name, name) == 0)
            return true;
    return false;
}

void form_add_name(struct form *form, const char *name, bool list)
{
    cfg_opt_t text = CFG_STR(name, NULL, CFGF_NODEFAULT);
    cfg_opt_t texts = CFG_STR_LIST(name, NULL, CFGF_NODEFAULT);

    if (!has(form, name))
        add(form, list ? texts : text);
}

void form_add_block(struct form *form, const char *name, const struct form *inside, bool titled)
{
    cfg_opt_t block = CFG_SEC(name, inside->options, CFGF_NODEFAULT);
    cfg_opt_t titled_block = CFG_SEC(name, inside->options, CFGF_NODEFAULT | CFGF_TITLE | CFGF_MULTI);

    add(form, titled ? titled_block : block);
}

static const char *suggestion(struct arena *arena, const cfg_opt_t *options, size_t count, const char *name)
{
    const char **names = arena_alloc(arena, (count + 1) * sizeof(*names));
    struct str list = str_in(arena, 4096);
    const char *nearest;

    for (size_t i = 0; i < count; i++) {
        names[i] = options[i].name;
        str_addf(&list, "%s %s", i ? "," : "", names[i]);
    }
    nearest = name_nearest(names, name);
    return nearest[0] ? arena_print(arena, "did you mean '%s'?", nearest)
                      : arena_print(arena, "known are%s", list.text);
}

void form_add_repeated_block(struct form *form, const char *name, const struct form *inside)
{
    cfg_opt_t block = CFG_SEC(name, inside->options, CFGF_NODEFAULT | CFGF_MULTI);

    add(form, block);
}

const char *form_suggestion(const struct form *form, const char *name)
{
    return suggestion(form->arena, form->options, form->count, name);
}

/* One run of form_parse(). */
struct parsing {
    struct arena *arena;
    const cfg_opt_t *options;
    struct parsed *parsed;
};

/* libconfuse hands its callbacks no pointer of ours; its lexer has only one state for the whole process anyway. */
static struct parsing *current;

/* libconfuse counts lines from the beginning of the statement. */
static void complain(cfg_t *cfg, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
static void complain(cfg_t *cfg, const char *format, va_list args)
{
    if (!current || current->parsed->complaint[0])
        return;
    current->parsed->complaint = arena_vprint(current->arena, format, args);
    current->parsed->line = current->parsed->statement->line + cfg->line - 1;
}

/* The options of the block in which `name` was written. */
static const cfg_opt_t *options_around(const struct parsing *parsing, const char *name)
{
    const struct statement *statement = parsing->parsed->statement;
    const cfg_opt_t *options = parsing->options;
    const char *block = "";

    if (statement->shape == SHAPE_SECTION)
        options = options->subopts;
    for (size_t i = 0; i < statement->assignment_count; i++) {
        const struct assignment *assignment = &statement->assignments[i];

        if (strcmp(assignment->name, name) == 0 && assignment->line == parsing->parsed->line)
            block = assignment->block;
    }
    for (const cfg_opt_t *option = options; option->name; option++)
        if (option->type == CFGT_SEC && strcmp(option->name, block) == 0)
            return option->subopts;
    return options;
}

static const char *unknown_name(const struct parsing *parsing, const char *name)
{
    const cfg_opt_t *options = options_around(parsing, name);
    size_t count = 0;

    while (options[count].name)
        count++;
    return arena_print(parsing->arena, "'%s' is not known here: %s", name,
                       suggestion(parsing->arena, options, count, name));
}

static const char *explained(const struct parsing *parsing)
{
    static const char UNKNOWN[] = "no such option '";
    const char *said = parsing->parsed->complaint;

    if (strncmp(said, UNKNOWN, strlen(UNKNOWN)) == 0)
        return unknown_name(parsing,
                            arena_copy(parsing->arena, said + strlen(UNKNOWN), strcspn(said + strlen(UNKNOWN), "'")));
    for (size_t i = 0; i < sizeof(COMPLAINTS) / sizeof(*COMPLAINTS); i++)
        if (strncmp(said, COMPLAINTS[i].says, strlen(COMPLAINTS[i].says)) == 0)
            return arena_print(parsing->arena, "%s: %s", said, COMPLAINTS[i].remedy);
    return said;
}

static void free_parsed(void *cfg)
{
    cfg_free(cfg);
}

bool form_parse(const struct form *form, const struct statement *statement, enum strictness strictness,
                struct parsed *parsed)
{
    struct parsing parsing = {.arena = form->arena, .options = form->options, .parsed = parsed};
    int result;

    *parsed = (struct parsed){.statement = statement, .complaint = "", .line = statement->line};
    parsed->cfg = cfg_init(form->options, strictness == FORM_LENIENT ? CFGF_IGNORE_UNKNOWN : CFGF_NONE);
    if (!parsed->cfg) {
        parsed->complaint = "libconfuse has no memory left";
        return false;
    }
    arena_defer(form->arena, free_parsed, parsed->cfg);
    cfg_set_error_function(parsed->cfg, complain);
    current = &parsing;
    result = cfg_parse_buf(parsed->cfg, statement->text);
    current = NULL;
    if (result == CFG_SUCCESS && !parsed->complaint[0])
        return true;
    parsed->complaint = parsed->complaint[0] ? explained(&parsing) : "libconfuse cannot read this statement";
    return false;
}

cfg_t *parsed_block(cfg_t *around, const char *name)
{
    return cfg_size(around, name) ? cfg_getnsec(around, name, 0) : NULL;
}

size_t parsed_block_count(cfg_t *around, const char *name)
{
    return cfg_size(around, name);
}

cfg_t *parsed_block_nth(cfg_t *around, const char *name, size_t number)
{
    return cfg_getnsec(around, name, (unsigned)number);
}

struct text_list parsed_values(struct arena *arena, cfg_t *block, const char *name)
{
    cfg_opt_t *option = cfg_getopt(block, name);
    unsigned count = option && option->type == CFGT_STR ? cfg_opt_size(option) : 0;
    const char **items = arena_alloc(arena, (count + 1) * sizeof(*items));

    for (unsigned i = 0; i < count; i++) {
        const char *value = cfg_opt_getnstr(option, i);

        items[i] = value ? utf8_clean(arena, value, strlen(value)) : "";
    }
    return (struct text_list){.items = items, .count = count};
}
