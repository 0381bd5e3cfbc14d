#include "common/civil.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/zone.h"

enum { FORMATTED_MOST = 128 };

/* Formats are literals, checked where they are written: see the attribute in the header. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
const char *civil_format(struct arena *arena, int64_t seconds, const char *zone, const char *format)
{
    char *text = arena_alloc(arena, FORMATTED_MOST);
    time_t when = (time_t)seconds;
    const char *before;
    struct tm tm;

    zone_enter(arena, zone, &before);
    if (!localtime_r(&when, &tm) || strftime(text, FORMATTED_MOST, format, &tm) == 0)
        text[0] = '\0';
    zone_leave(zone, before);
    return text;
}
#pragma GCC diagnostic pop

const char *civil_text(struct arena *arena, int64_t seconds, const char *zone)
{
    return civil_format(arena, seconds, zone, "%Y-%m-%d %H:%M:%S");
}

const char *civil_utc(struct arena *arena, int64_t seconds)
{
    char *text = arena_alloc(arena, FORMATTED_MOST);
    time_t when = (time_t)seconds;
    struct tm tm;

    if (!gmtime_r(&when, &tm) || strftime(text, FORMATTED_MOST, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        text[0] = '\0';
    return text;
}

const char *civil_duration(struct arena *arena, int64_t seconds)
{
    long long left = seconds < 0 ? 0 : seconds;

    if (left >= 86400)
        return arena_print(arena, "%lldd %lldh", left / 86400, left % 86400 / 3600);
    if (left >= 3600)
        return arena_print(arena, "%lldh %lldm", left / 3600, left % 3600 / 60);
    if (left >= 60)
        return arena_print(arena, "%lldm %llds", left / 60, left % 60);
    return arena_print(arena, "%llds", left);
}

/* Folders and tables of zones stand there, too: a zone's file begins with TZif (RFC 8536, 3.1). */
static bool is_zone_file(const char *path)
{
    char magic[4];
    FILE *file = fopen(path, "re");
    bool good = file && fread(magic, 1, sizeof(magic), file) == sizeof(magic) && memcmp(magic, "TZif", 4) == 0;

    if (file)
        fclose(file);
    return good;
}

bool timezone_known(const char *zone)
{
    static const char ALLOWED[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
    char path[128] = "/usr/share/zoneinfo/";

    if (zone[strspn(zone, ALLOWED)] != '\0' || strlen(zone) > 64 || zone[0] == '\0')
        return false;
    memcpy(path + strlen(path), zone, strlen(zone) + 1);
    return is_zone_file(path);
}
