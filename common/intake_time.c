#include "common/intake_time.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

static const int64_t LAST_S = 253402300799; /* 9999-12-31 23:59:59 UTC */

/* Digits at *text, `least` to `most` of them; moves behind them. */
static bool take_number(const char **text, int least, int most, int64_t *number)
{
    int64_t value = 0;
    int count = 0;

    while (count < most && isdigit((unsigned char)**text)) {
        value = 10 * value + (*(*text)++ - '0');
        count++;
    }
    if (count < least)
        return false;
    *number = value;
    return true;
}

static bool take_one_of(const char **text, const char *letters)
{
    if (**text == '\0' || !strchr(letters, **text))
        return false;
    ++*text;
    return true;
}

static void pass_fraction(const char **text)
{
    if (**text != '.')
        return;
    do
        ++*text;
    while (isdigit((unsigned char)**text));
}

/* Two digits, up to `most`. */
static bool take_part(const char **text, int64_t most, int *part)
{
    int64_t number;

    if (!take_number(text, 2, 2, &number) || number > most)
        return false;
    *part = (int)number;
    return true;
}

static bool take_date(const char **text, struct tm *tm)
{
    int64_t year;

    if (!take_number(text, 4, 4, &year) || year < 1970 || !take_one_of(text, "-./") ||
        !take_part(text, 12, &tm->tm_mon) || !take_one_of(text, "-./") || !take_part(text, 31, &tm->tm_mday))
        return false;
    tm->tm_year = (int)year - 1900;
    tm->tm_mon--;
    return tm->tm_mon >= 0 && tm->tm_mday > 0;
}

static bool take_clock(const char **text, struct tm *tm)
{
    if (!take_part(text, 23, &tm->tm_hour) || !take_one_of(text, ":") || !take_part(text, 59, &tm->tm_min))
        return false;
    if (take_one_of(text, ":") && !take_part(text, 60, &tm->tm_sec))
        return false;
    pass_fraction(text);
    return true;
}

/* "Z", "+08:00", " +0800": seconds east of Greenwich. */
static bool take_offset(const char **text, int *offset_s)
{
    int hours;
    int minutes;
    bool west;

    *text += strspn(*text, " ");
    if (take_one_of(text, "Zz")) {
        *offset_s = 0;
        return true;
    }
    west = **text == '-';
    if (!take_one_of(text, "+-") || !take_part(text, 23, &hours))
        return false;
    take_one_of(text, ":");
    if (!take_part(text, 59, &minutes))
        return false;
    *offset_s = (west ? -1 : 1) * (hours * 3600 + minutes * 60);
    return true;
}

static bool read_civil(const char *text, int64_t *seconds)
{
    struct tm tm = {.tm_isdst = -1};
    int offset_s;
    int day;

    if (!take_date(&text, &tm) || !take_one_of(&text, " Tt") || !take_clock(&text, &tm))
        return false;
    day = tm.tm_mday;
    if (text[strspn(text, " ")] == '\0')
        *seconds = mktime(&tm);
    else if (take_offset(&text, &offset_s) && text[strspn(text, " ")] == '\0')
        *seconds = (int64_t)timegm(&tm) - offset_s;
    else
        return false;
    return tm.tm_mday == day; /* the 30th of February has become a day of March */
}

static bool read_unix(const char *text, int64_t *seconds)
{
    if (!take_number(&text, 1, 12, seconds))
        return false;
    pass_fraction(&text);
    return *text == '\0';
}

bool time_read(const char *text, int64_t *seconds)
{
    int64_t read = 0;

    text += strspn(text, " ");
    if (!(read_unix(text, &read) || read_civil(text, &read)) || read < 0 || read > LAST_S)
        return false;
    *seconds = read;
    return true;
}
