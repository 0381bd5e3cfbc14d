#include "common/intake_line.h"

#include <string.h>

#include "common/config.h"
#include "common/utf8.h"

/* One walk along the arguments. */
struct walk {
    const struct intake *intake;
    struct line *line;
    struct fault *fault;
    char **at;
    char **end;
};

/* An argument's first `len` bytes, fit for a line of output. */
static const char *shown(const struct walk *walk, const char *text, size_t len)
{
    return utf8_clean_line(walk->line->arena, text, len);
}

static const struct call_option *option_lettered(char letter)
{
    for (const struct call_option *option = call_options; option->name; option++)
        if (option->letter[0] == letter)
            return option;
    return NULL;
}

static const struct call_option *option_named(const char *name, size_t len)
{
    for (const struct call_option *option = call_options; option->name; option++)
        if (strlen(option->name) == len && len > 0 && memcmp(option->name, name, len) == 0)
            return option;
    return NULL;
}

static bool is_flag(const struct call_option *option)
{
    return option->value[0] == '\0';
}

static void add_option(struct line *line, const struct call_option *option, const char *value, bool by_letter)
{
    size_t count = line->option_count;

    /* The space doubles: at each power of two the array is full. */
    if ((count & (count - 1)) == 0)
        line->options = arena_grow(line->arena, line->options, (count ? 2 * count : 1) * sizeof(*line->options));
    line->options[line->option_count++] =
        (struct line_option){.option = option, .value = value, .by_letter = by_letter};
    if (strcmp(option->name, "help") == 0)
        line->wish = WISH_HELP;
    if (strcmp(option->name, "version") == 0)
        line->wish = WISH_VERSION;
}

/* "at-mobiles" of the command line is "at_mobiles" of the configuration. */
static char *configuration_name(struct arena *arena, const char *name, size_t len)
{
    char *copy = arena_copy(arena, name, len);

    for (char *c = copy; *c; c++)
        if (*c == '-')
            *c = '_';
    return copy;
}

static const struct option_row *setting_named(const struct intake *intake, const char *name)
{
    const struct option_row *row = intake->rows ? row_named(intake->rows, name) : NULL;

    return row ? row : row_named(section_rows, name);
}

/* "at_mobiles" of the configuration is "at-mobiles" of the command line. */
static const char *line_name(struct arena *arena, const char *name)
{
    char *copy = arena_copy(arena, name, strlen(name));

    for (char *c = copy; *c; c++)
        if (*c == '_')
            *c = '-';
    return copy;
}

static void add_names(struct arena *arena, const struct option_row *rows, const char **names, size_t *count)
{
    for (; rows && rows->name; rows++)
        names[(*count)++] =
            arena_print(arena, "%s%s", line_name(arena, rows->name), rows->type == OPTION_TYPE_SECRET ? "-file" : "");
}

static size_t rows_in(const struct option_row *rows)
{
    size_t count = 0;

    while (rows && rows[count].name)
        count++;
    return count;
}

/* The option that was probably meant, "" when none is near. */
static const char *nearest_option(const struct walk *walk, const char *name)
{
    struct arena *arena = walk->line->arena;
    const char *const *blocks = config_block_options(arena);
    size_t count = 0;
    size_t block_count = 0;
    const char **names;

    while (call_options[count].name)
        count++;
    while (blocks[block_count])
        block_count++;
    names = arena_alloc(arena, (count + block_count + rows_in(walk->intake->rows) + rows_in(section_rows) + 1) *
                                   sizeof(*names));
    count = 0;
    for (size_t i = 0; i < block_count; i++)
        names[count++] = line_name(arena, blocks[i]);
    for (const struct call_option *option = call_options; option->name; option++)
        if (option->name[0])
            names[count++] = option->name;
    add_names(arena, walk->intake->rows, names, &count);
    add_names(arena, section_rows, names, &count);
    return name_nearest(names, name);
}

static bool unknown_option(const struct walk *walk, const char *name)
{
    const char *nearest = nearest_option(walk, name);

    if (nearest[0])
        return fault_set(walk->fault, FAULT_USAGE, "unknown option '--%s': did you mean '--%s'? See --help", name,
                         nearest);
    return fault_set(walk->fault, FAULT_USAGE, "unknown option '--%s': see --help; data belongs behind '--'", name);
}

/* What follows the '=', else the next argument, whatever it looks like. */
static bool take_value(struct walk *walk, const char *option, const char *equals, const char **value)
{
    if (equals)
        *value = equals + 1;
    else if (walk->at < walk->end)
        *value = *walk->at++;
    else
        return fault_set(walk->fault, FAULT_USAGE, "option '%s' needs a value", option);
    return true;
}

static bool read_setting(struct walk *walk, const char *name, size_t len, const char *equals)
{
    struct arena *arena = walk->line->arena;
    const char *where = arena_print(arena, "--%s", shown(walk, name, len));
    const char *given = configuration_name(arena, name, len);
    const struct option_row *row = setting_named(walk->intake, given);
    const char **value = arena_alloc(arena, sizeof(*value));

    if ((!row && !config_is_block_option(given)) || strchr(where + 2, '_'))
        return unknown_option(walk, where + 2);
    if (row && row->type == OPTION_TYPE_SECRET && strcmp(row->name, given) == 0)
        return fault_set(walk->fault, FAULT_USAGE,
                         "'%s': every user of this machine can read the command line: put the secret into a file and "
                         "give '%s-file FILE'",
                         where, where);
    if (!take_value(walk, where, equals, value))
        return false;
    if (!row ||
        (row->type != OPTION_TYPE_SECRET && row->type != OPTION_TYPE_FILE)) /* a path is what the file system has */
        *value = utf8_clean(arena, *value, strlen(*value));
    givens_add(&walk->line->settings, given, (struct text_list){.items = value, .count = 1}, where);
    return true;
}

static bool read_long(struct walk *walk, const char *name)
{
    const char *equals = strchr(name, '=');
    size_t len = equals ? (size_t)(equals - name) : strlen(name);
    const struct call_option *option = option_named(name, len);
    const char *value = "";

    if (!option)
        return read_setting(walk, name, len, equals);
    if (is_flag(option) && equals)
        return fault_set(walk->fault, FAULT_USAGE, "option '--%s' takes no value", option->name);
    if (!is_flag(option) && !take_value(walk, arena_print(walk->line->arena, "--%s", option->name), equals, &value))
        return false;
    add_option(walk->line, option, value, false);
    return true;
}

/* Only the letter is repeated to the user: what sticks to it may be a password. */
static const char *first_character(const struct walk *walk, const char *text)
{
    const char *clean = shown(walk, text, strnlen(text, 8));

    return arena_copy(walk->line->arena, clean, utf8_next(clean));
}

static bool read_letter(struct walk *walk, const char *letter)
{
    const struct call_option *option = letter[1] ? NULL : option_lettered(letter[0]);
    const char *value = "";

    if (!option)
        return fault_set(walk->fault, FAULT_USAGE,
                         "unknown option '-%s': options are long (--to) or one letter and a value apart (-t PROBLEM); "
                         "data belongs behind '--'",
                         first_character(walk, letter));
    if (!is_flag(option) && !take_value(walk, arena_print(walk->line->arena, "-%s", option->letter), NULL, &value))
        return false;
    add_option(walk->line, option, value, true);
    return true;
}

bool line_read(const struct intake *intake, size_t argc, char **argv, struct line *line, struct fault *fault)
{
    struct line read = {.arena = intake->arena, .settings = {.arena = intake->arena}, .wish = WISH_SEND};
    struct walk walk = {.intake = intake, .line = &read, .fault = fault, .at = argv, .end = argv + argc};

    while (walk.at < walk.end && read.wish == WISH_SEND) {
        const char *argument = *walk.at;

        if (argument[0] != '-' || argument[1] == '\0')
            break;
        walk.at++;
        if (strcmp(argument, "--") == 0)
            break;
        if (argument[1] == '-' ? !read_long(&walk, argument + 2) : !read_letter(&walk, argument + 1))
            return false;
    }
    read.operands = walk.at;
    read.operand_count = (size_t)(walk.end - walk.at);
    *line = read;
    return true;
}

const char *line_value(const struct line *line, const char *name)
{
    for (size_t i = line->option_count; i-- > 0;)
        if (strcmp(line->options[i].option->name, name) == 0)
            return line->options[i].value;
    return NULL;
}
