#include "common/zone.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

void zone_enter(struct arena *arena, const char *zone, const char **before)
{
    const char *now = getenv("TZ");

    *before = now ? arena_copy(arena, now, strlen(now)) : NULL;
    if (zone[0])
        setenv("TZ", zone, 1);
    tzset();
}

void zone_leave(const char *zone, const char *before)
{
    if (!zone[0])
        return;
    if (before)
        setenv("TZ", before, 1);
    else
        unsetenv("TZ");
    tzset();
}

/* Days. The two conversions: Howard Hinnant, https://howardhinnant.github.io/date_algorithms.html */

int64_t day_number(struct civil_day day)
{
    int64_t year = day.year - (day.month <= 2);
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (day.month > 2 ? day.month - 3 : day.month + 9) + 2) / 5 + day.day - 1;

    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

struct civil_day day_civil(int64_t number)
{
    int64_t shifted = number + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;

    return (struct civil_day){
        .year = year_of_era + era * 400 + (month >= 10),
        .month = (int)(month < 10 ? month + 3 : month - 9),
        .day = (int)(day_of_year - (153 * month + 2) / 5 + 1),
    };
}

bool day_exists(struct civil_day day)
{
    struct civil_day same = day_civil(day_number(day));

    return day.month >= 1 && day.month <= 12 && day.day >= 1 && same.year == day.year && same.month == day.month &&
           same.day == day.day;
}

int day_of_week(int64_t number)
{
    return (int)(((number + 3) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
}

/* Zones. */

static int64_t local_now(int64_t seconds)
{
    time_t when = (time_t)seconds;
    struct tm tm;

    return localtime_r(&when, &tm) ? seconds + tm.tm_gmtoff : seconds;
}

int64_t zone_local(struct arena *arena, int64_t seconds, const char *zone)
{
    const char *before;
    int64_t local;

    zone_enter(arena, zone, &before);
    local = local_now(seconds);
    zone_leave(zone, before);
    return local;
}

/* The first second whose local time is not before `local`, found between one that is and one that is not. */
static int64_t first_moment(int64_t before, int64_t reached, int64_t local)
{
    while (reached - before > 1) {
        int64_t middle = before + (reached - before) / 2;

        if (local_now(middle) >= local)
            reached = middle;
        else
            before = middle;
    }
    return reached;
}

/*
 * The clock is a straight line but for jumps, and no two jumps are within hours of each other: the difference to UTC half a day
 * before and after holds on either side of the one jump that may be near.
 */
static int64_t moment_now(int64_t local)
{
    int64_t guess = local - (local_now(local) - local);
    int64_t earlier = local - (local_now(guess - DAY_S / 2) - (guess - DAY_S / 2));
    int64_t later = local - (local_now(guess + DAY_S / 2) - (guess + DAY_S / 2));

    if (local_now(earlier) == local && local_now(later) == local)
        return earlier < later ? earlier : later;
    if (local_now(earlier) == local)
        return earlier;
    if (local_now(later) == local)
        return later;
    return first_moment(guess - 2 * DAY_S, guess + 2 * DAY_S, local); /* a jump leaves out a day at most: Apia, 2011 */
}

int64_t zone_moment(struct arena *arena, int64_t local, const char *zone)
{
    const char *before;
    int64_t seconds;

    zone_enter(arena, zone, &before);
    seconds = moment_now(local);
    zone_leave(zone, before);
    return seconds;
}

/* Texts. */

/* Reads `digits` digits or, with a negative number, one or two; NULL when they are not there. */
static const char *read_digits(const char *at, int digits, int *value)
{
    int most = digits < 0 ? -digits : digits;
    int count = 0;

    for (*value = 0; count < most && *at >= '0' && *at <= '9'; count++)
        *value = *value * 10 + (*at++ - '0');
    return count == most || (digits < 0 && count > 0) ? at : NULL;
}

static const char *read_sign(const char *at, char sign)
{
    return at && *at == sign ? at + 1 : NULL;
}

static const char *read_day(const char *at, int64_t *number)
{
    struct civil_day day;
    int year;

    if (!(at = read_digits(at, 4, &year)) || !(at = read_sign(at, '-')) || !(at = read_digits(at, 2, &day.month)) ||
        !(at = read_sign(at, '-')) || !(at = read_digits(at, 2, &day.day)))
        return NULL;
    day.year = year;
    *number = day_number(day);
    return day_exists(day) ? at : NULL;
}

static const char *read_clock(const char *at, int64_t *seconds)
{
    int hours;
    int minutes;
    int rest = 0;

    if (!(at = read_digits(at, -2, &hours)) || !(at = read_sign(at, ':')) || !(at = read_digits(at, 2, &minutes)))
        return NULL;
    if (*at == ':' && !(at = read_digits(at + 1, 2, &rest)))
        return NULL;
    *seconds = hours * 3600 + minutes * 60 + rest;
    return minutes < 60 && rest < 60 && *seconds <= DAY_S ? at : NULL;
}

bool day_read(const char *text, int64_t *day)
{
    int64_t read;
    const char *end = read_day(text, &read);

    if (!end || *end)
        return false;
    *day = read;
    return true;
}

bool clock_read(const char *text, int64_t *seconds)
{
    int64_t read;
    const char *end = read_clock(text, &read);

    if (!end || *end)
        return false;
    *seconds = read;
    return true;
}

bool local_read(const char *text, int64_t *local)
{
    int64_t day;
    int64_t seconds = 0;
    const char *end = read_day(text, &day);

    if (end && (*end == ' ' || *end == 'T'))
        end = read_clock(end + 1, &seconds);
    if (!end || *end)
        return false;
    *local = day * DAY_S + seconds;
    return true;
}
