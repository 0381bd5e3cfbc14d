#include "common/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Printed text that was cut may end inside a character: take its first bytes away again. */
static void end_on_character(char *text)
{
    size_t len = strlen(text);
    size_t back = 0;

    while (back < 3 && back < len && ((unsigned char)text[len - 1 - back] & 0xC0) == 0x80)
        back++;
    if (back < len && (unsigned char)text[len - 1 - back] >= 0xC0) {
        unsigned char lead = (unsigned char)text[len - 1 - back];
        size_t want = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;

        if (back < want)
            text[len - 1 - back] = '\0';
    }
}

static void make_line(char *text)
{
    end_on_character(text);
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7F)
            *text = ' ';
}

bool fault_set(struct fault *fault, enum fault_kind kind, const char *format, ...)
{
    va_list args;

    fault->kind = kind;
    va_start(args, format);
    vsnprintf(fault->text, sizeof(fault->text), format, args);
    va_end(args);
    make_line(fault->text);
    return false;
}

bool fault_in(struct fault *fault, const char *format, ...)
{
    char inner[sizeof(fault->text)];
    va_list args;
    size_t used;

    memcpy(inner, fault->text, sizeof(inner));
    va_start(args, format);
    vsnprintf(fault->text, sizeof(fault->text), format, args);
    va_end(args);
    used = strlen(fault->text);
    snprintf(fault->text + used, sizeof(fault->text) - used, ": %s", inner);
    make_line(fault->text);
    return false;
}

int fault_exit_status(const struct fault *fault)
{
    switch (fault->kind) {
    case FAULT_NONE:
        return 0;
    case FAULT_SYSTEM:
        return 1;
    case FAULT_INPUT:
    case FAULT_CONFIG:
        return 2;
    case FAULT_USAGE:
        return 3;
    }
    return 3;
}
