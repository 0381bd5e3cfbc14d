/* intake_time - points in time as monitoring systems write them. */
#ifndef COMMON_INTAKE_TIME_H
#define COMMON_INTAKE_TIME_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Unix seconds ("1767323045", a fraction is cut), or a date and a time: "2026-11-24 20:03:21", Zabbix' "2026.11.24
 * 20:03:21", RFC 3339's "2026-11-24T20:03:21.5+08:00", Icinga's "2026-11-24 20:03:21 +0800". Without an offset it is the
 * machine's local time. False, and `seconds` untouched, for anything else and for years outside 1970 to 9999.
 */
bool time_read(const char *text, int64_t *seconds);

#endif
