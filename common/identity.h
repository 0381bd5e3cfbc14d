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

/*
 * For whoever tells a problem in other words than its source did: where words alone tell it from others, it gets an id by those
 * that it has now, and stays the same problem whatever they become.
 */
void identity_keep(struct arena *arena, struct event *event);

/*
 * The same for two notifications that would tell the same people the same thing: problem, kind, state, recipients, and the
 * source's number of the notification; without a number the event's own fields.
 */
const char *identity_repeat(struct arena *arena, const struct event *event, const char *recipient_key);

/* Where messages really go: channel, host of the address, credential. Quotas and circuits belong to it. */
const char *identity_endpoint(struct arena *arena, const char *channel, const char *const *secrets, size_t count);

/* The endpoint and whom it tells: sorted addresses or mentions. */
const char *identity_recipients(struct arena *arena, const char *endpoint_key, const char *const *recipients,
                                size_t count);

/*
 * Five letters of Crockford's base 32 that people can read out: "#K7F3Q". Made from the problem's identity, so that a problem,
 * its updates and its recovery bear the same, whoever is told.
 */
const char *identity_short(struct arena *arena, const char *problem);

#endif
