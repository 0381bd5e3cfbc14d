#include "plugins/web/pairs.h"

#include <string.h>
#include <strings.h>

#include "common/str.h"

void pairs_append(struct arena *arena, struct pairs *pairs, const char *name, const char *value)
{
    struct pair *items;

    if (pairs->count >= PAIRS_MOST)
        return;
    items = arena_alloc(arena, (pairs->count + 1) * sizeof(*items));
    if (pairs->count > 0)
        memcpy(items, pairs->items, pairs->count * sizeof(*items));
    items[pairs->count] = (struct pair){.name = name, .value = value};
    pairs->items = items;
    pairs->count++;
}

const char *pairs_value(const struct pairs *pairs, const char *name)
{
    for (size_t i = 0; i < pairs->count; i++)
        if (strcmp(pairs->items[i].name, name) == 0)
            return pairs->items[i].value;
    return "";
}

const char *header_value(const struct pairs *headers, const char *name)
{
    for (size_t i = 0; i < headers->count; i++)
        if (strcasecmp(headers->items[i].name, name) == 0)
            return headers->items[i].value;
    return "";
}

bool pairs_hold(const struct pairs *pairs, const char *name)
{
    for (size_t i = 0; i < pairs->count; i++)
        if (strcmp(pairs->items[i].name, name) == 0)
            return true;
    return false;
}

int hex_digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

const char *form_decode(struct arena *arena, const char *text, size_t len)
{
    struct str out = str_in(arena, len);

    for (size_t at = 0; at < len; at++) {
        int high = at + 2 < len && text[at] == '%' ? hex_digit_value(text[at + 1]) : -1;
        int low = high >= 0 ? hex_digit_value(text[at + 2]) : -1;
        char byte = text[at] == '+' ? ' ' : text[at];

        if (low >= 0) {
            byte = (char)(high * 16 + low);
            at += 2;
        }
        str_addc(&out, byte == '\0' ? '?' : byte);
    }
    return out.text;
}

void form_read(struct arena *arena, const char *text, struct pairs *pairs)
{
    while (*text) {
        size_t len = strcspn(text, "&");
        const char *equals = memchr(text, '=', len);
        size_t name_len = equals ? (size_t)(equals - text) : len;
        const char *value = equals ? equals + 1 : text + len;

        if (len > 0)
            pairs_append(arena, pairs, form_decode(arena, text, name_len),
                         form_decode(arena, value, (size_t)(text + len - value)));
        text += len;
        text += *text == '&';
    }
}

char *lower_case(struct arena *arena, const char *text)
{
    char *copy = arena_copy(arena, text, strlen(text));

    for (char *c = copy; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c + ('a' - 'A'));
    return copy;
}

const char *media_type(struct arena *arena, const char *content_type)
{
    size_t begin = strspn(content_type, " \t");
    size_t len = strcspn(content_type + begin, " \t;");

    return lower_case(arena, arena_copy(arena, content_type + begin, len));
}
