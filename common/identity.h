/*
 * identity - which notifications speak of the same problem. Pure.
 *
 * A problem is (source, instance, host, service, epoch); the epoch is what the source calls the problem: Zabbix' event id,
 * Nagios' problem id, the start that Icinga reports. Ids of Nagios begin anew when its retention is lost, so host and
 * service always belong to the key.
 */
#ifndef COMMON_IDENTITY_H
#define COMMON_IDENTITY_H

#include "common/event.h"

/* The same for a problem, its updates and its recovery; readable, clean, at most IDENTITY_MOST bytes. */
enum { IDENTITY_MOST = 512 };
const char *identity_problem(struct arena *arena, const struct event *event);

/* Five letters of Crockford's base 32 that people can read out, from any text: "#K7F3Q". */
const char *identity_short(struct arena *arena, const char *id);

#endif
