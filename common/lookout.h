/*
 * lookout - acknowledgements that were made in the monitoring system, of which it sent no notification.
 *
 * Where somebody is asked to take a problem, its system is asked once a minute who has acknowledged it there: Zabbix by
 * event.get, Icinga 2 by its comments. Nagios and Naemon cannot be asked; they send a notification, if they are told to.
 */
#ifndef COMMON_LOOKOUT_H
#define COMMON_LOOKOUT_H

#include "common/config.h"
#include "common/store.h"
#include "common/world.h"

struct lookout {
    const struct world *world;
    struct config *config;
    struct store *store;
    int64_t deadline_ms; /* steady; no request is begun after it */
};

/* *taken counts alerts. False when the store fails; a system that does not answer is logged and asked again. */
bool lookout_run(const struct lookout *lookout, size_t *taken, struct fault *fault);

#endif
