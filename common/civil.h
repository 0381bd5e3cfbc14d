/*
 * civil - Unix time as people write it.
 *
 * Time zones are the system's (zoneinfo); "" is the machine's own. Formats are strftime's with English names, whatever
 * the locale.
 */
#ifndef COMMON_CIVIL_H
#define COMMON_CIVIL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"

/* The seed's form, in `zone`: "2026-11-24 20:03:21". */
const char *civil_text(struct arena *arena, int64_t seconds, const char *zone);

/* strftime in `zone`; at most 127 bytes, "" when longer. */
const char *civil_format(struct arena *arena, int64_t seconds, const char *zone, const char *format)
    __attribute__((format(strftime, 4, 0)));

/* "2026-11-24T12:03:21Z": ISO 8601 in UTC, whatever the machine's zone. */
const char *civil_utc(struct arena *arena, int64_t seconds);

/* "1h 5m", "3d 2h", "42s". */
const char *civil_duration(struct arena *arena, int64_t seconds);

/* True when the system knows a zone of this name. */
bool timezone_known(const char *zone);

#endif
