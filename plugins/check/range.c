#include "plugins/check/range.h"

#include <ctype.h>
#include <stdint.h>

/* Digits, a minus before them; stops at what is no digit. */
static bool read_number(const char **text, int64_t *number)
{
    bool minus = **text == '-';
    int64_t value = 0;

    *text += minus;
    if (!isdigit((unsigned char)**text))
        return false;
    for (; isdigit((unsigned char)**text); (*text)++) {
        if (value > (INT64_MAX - 9) / 10)
            return false;
        value = value * 10 + (**text - '0');
    }
    *number = minus ? -value : value;
    return true;
}

bool range_read(const char *text, struct range *range)
{
    struct range read = {.given = true, .least = 0, .most = INT64_MAX, .text = text};

    read.inside = *text == '@';
    text += read.inside;
    if (*text == '~' && text[1] == ':') {
        read.least = INT64_MIN;
        text += 1;
    } else {
        if (!read_number(&text, &read.least))
            return false;
        if (*text == '\0') {
            read.most = read.least;
            read.least = 0;
        }
    }
    if (*text == ':') {
        text++;
        if (*text && !read_number(&text, &read.most))
            return false;
    }
    if (*text || read.least > read.most)
        return false;
    *range = read;
    return true;
}

bool range_alarms(const struct range *range, int64_t value)
{
    bool within = value >= range->least && value <= range->most;

    return range->given && within == range->inside;
}
