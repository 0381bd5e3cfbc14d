/*
 * What Zabbix fills in: macros that may stay as they are written, and the block of key=value lines that carries them. The
 * order of zabbix_keys[] is the protection: text of people comes last, so nothing in it can pass for a fact.
 */
#include "common/intake_zabbix.h"

#include <ctype.h>
#include <string.h>

enum { KEYS_MOST = 64 };

/* "{HOST.NAME2}" of {NAME}, {$NAME}, {#NAME}: the characters of a macro's name. */
static size_t macro_name(const char *text)
{
    size_t len = 0;

    while (isupper((unsigned char)text[len]) || isdigit((unsigned char)text[len]) || text[len] == '.' ||
           text[len] == '_')
        len++;
    return len;
}

/* A context of a user macro, or a tag's name, up to the closing brace: {$LIMIT:"a}b"}, {EVENT.TAGS.team name}. */
static const char *pass_context(const char *text)
{
    if (*text == '"') {
        for (text++; *text && *text != '"'; text++)
            if (text[0] == '\\' && text[1])
                text++;
        return *text ? text + 1 : text;
    }
    return text + strcspn(text, "{}\n");
}

/* Behind the macro that begins at `text`, NULL when none does. */
static const char *pass_macro(const char *text)
{
    size_t len;

    if (*text++ != '{')
        return NULL;
    text += *text == '$' || *text == '#';
    len = macro_name(text);
    if (len == 0)
        return NULL;
    text += len;
    if (*text == ':')
        text = pass_context(text + 1);
    else if (strncmp(text - len, "EVENT.", 6) == 0 || strncmp(text - len, "INVENTORY.", 10) == 0)
        text = pass_context(text);
    return *text == '}' ? text + 1 : NULL;
}

/* {{ITEM.VALUE}.regsub("a", "b")}: a function over a macro. */
static bool is_function(const char *text, size_t len)
{
    const char *end = text[0] == '{' ? pass_macro(text + 1) : NULL;

    return end && *end == '.' && len >= 3 && strcmp(text + len - 2, ")}") == 0;
}

bool macro_is_unset(const char *value)
{
    const char *end = pass_macro(value);

    return strcmp(value, "*UNKNOWN*") == 0 || (end && *end == '\0') || is_function(value, strlen(value));
}

/* One walk through a block. */
struct block {
    struct facts *said;
    bool claimed[KEYS_MOST];         /* keys whose first line was seen, set or not */
    bool authored;                   /* from here on people's text may stand in the lines */
    const struct zabbix_key *latest; /* whose value is not in `said` yet */
    const char *value;
};

char *lines_normalise(struct arena *arena, const char *text)
{
    char *copy = arena_copy(arena, text, strlen(text));
    char *to = copy;

    for (const char *from = copy; *from; from++)
        if (from[0] != '\r')
            *to++ = *from;
        else if (from[1] != '\n')
            *to++ = '\n';
    *to = '\0';
    return copy;
}

char *lines_take(char **text)
{
    char *line = *text;
    size_t len = strcspn(line, "\n");

    *text += len + (line[len] == '\n');
    line[len] = '\0';
    return line;
}

bool lines_begin(const char *text, const char *line)
{
    size_t len = strlen(line);

    return strncmp(text, line, len) == 0 && (text[len] == '\n' || text[len] == '\0');
}

static const struct zabbix_key *key_of(const char *line)
{
    size_t len = strcspn(line, "=");

    for (const struct zabbix_key *key = zabbix_keys; line[len] == '=' && key->name; key++)
        if (strlen(key->name) == len && memcmp(key->name, line, len) == 0)
            return key;
    return NULL;
}

static const char *value_of(const char *line)
{
    return strchr(line, '=') + 1;
}

/* An authored value is known only when the next one begins. */
static void finish_value(struct block *block)
{
    if (block->latest)
        facts_add(block->said, block->latest->name, block->value);
    block->latest = NULL;
}

/* `line` stands right behind the line before it, which lines_take() cut off: a value that goes on is made whole again. */
static void read_block_line(struct block *block, char *line)
{
    const struct zabbix_key *key = key_of(line);
    bool *claimed = key ? &block->claimed[key - zabbix_keys] : NULL;

    if (!key || *claimed || (block->authored && !key->authored)) {
        if (block->latest && block->authored)
            line[-1] = '\n';
        return;
    }
    finish_value(block);
    *claimed = true;
    block->authored = key->authored;
    block->latest = key;
    block->value = value_of(line);
}

/* The line that ends the block, NULL when there is none. */
static const char *block_end(const char *text)
{
    while (*text && !lines_begin(text, ZABBIX_BLOCK_END)) {
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    return *text ? text : NULL;
}

/* A block whose end was forgotten is as long as lines are keys: the message must not be lost with it. */
bool zabbix_block_read(struct facts *said, char **message)
{
    struct block block = {.said = said};
    char *text = *message;
    const char *end;

    if (!lines_begin(text, ZABBIX_BLOCK_BEGIN))
        return false;
    lines_take(&text);
    end = block_end(text);
    while (*text && (end ? text < end : key_of(text) != NULL))
        read_block_line(&block, lines_take(&text));
    finish_value(&block);
    if (end)
        lines_take(&text);
    *message = text;
    return true;
}

void zabbix_operands_read(struct facts *said, char *const *operands, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct zabbix_key *key = key_of(operands[i]);

        if (key)
            facts_add(said, key->name, lines_normalise(said->arena, value_of(operands[i])));
    }
}
