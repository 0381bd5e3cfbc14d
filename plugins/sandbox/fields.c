#include "plugins/sandbox/fields.h"

#include <string.h>

#include "common/str.h"

enum { FILLED_MOST = 256 * 1024 };

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

unsigned char *base64_read(struct arena *arena, const char *text, size_t *len)
{
    size_t digits = strcspn(text, "=");
    unsigned char *bytes = arena_alloc(arena, digits / 4 * 3 + 4);
    unsigned group = 0;
    size_t filled = 0;

    if (strspn(text + digits, "=") != strlen(text + digits) || strlen(text + digits) > 2 || digits % 4 == 1)
        return NULL;
    for (size_t at = 0; at < digits; at++) {
        int value = base64_value(text[at]);

        if (value < 0)
            return NULL;
        group = group << 6 | (unsigned)value;
        if (at % 4 == 3) {
            bytes[filled++] = (unsigned char)(group >> 16);
            bytes[filled++] = (unsigned char)(group >> 8);
            bytes[filled++] = (unsigned char)group;
            group = 0;
        }
    }
    if (digits % 4 >= 2)
        bytes[filled++] = (unsigned char)(digits % 4 == 2 ? group >> 4 : group >> 10);
    if (digits % 4 == 3)
        bytes[filled++] = (unsigned char)(group >> 2);
    *len = filled;
    return bytes;
}

const char *template_filled(struct arena *arena, const char *template, const char *open, const struct pairs *values)
{
    struct str out = str_in(arena, FILLED_MOST);
    const char *begin;

    while ((begin = strstr(template, open)) != NULL) {
        const char *name = begin + strlen(open);
        size_t len = strcspn(name, "}");

        str_addn(&out, template, (size_t)(begin - template));
        str_add(&out, pairs_value(values, arena_copy(arena, name, len)));
        template = name + len + (name[len] == '}');
    }
    str_add(&out, template);
    return out.text;
}
