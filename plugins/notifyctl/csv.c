#include "plugins/notifyctl/csv.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static void print_field(const char *text, bool last)
{
    putchar('"');
    if (text[0] && strchr("=+-@\t\r", text[0]))
        putchar('\'');
    for (; *text; text++) {
        if (*text == '"')
            putchar('"');
        putchar(*text);
    }
    fputs(last ? "\"\r\n" : "\",", stdout);
}

void csv_print(const char *const *fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        print_field(fields[i], i + 1 == count);
}
