/*
 * monitor - a monitoring system that is told what people confirmed: `monitor "title" { type = "..." ... }`.
 *
 * Zabbix by its programming interface, Nagios and Naemon by their command pipe, Icinga 2 by its REST interface.
 */
#ifndef COMMON_MONITOR_H
#define COMMON_MONITOR_H

#include "common/config.h"

enum monitor_type { MONITOR_ZABBIX, MONITOR_NAGIOS, MONITOR_ICINGA2 };

struct monitor_settings {
    bool enabled;
    const char *type;     /* "" when the title says it */
    const char *instance; /* of the events that it is for; "" for any */
    const char *timeout;
    bool watch; /* ask it for acknowledgements */
    const char *url;
    struct secret token;
    const char *user;
    struct secret password;
    const char *cert_file;
    const char *key_file;
    const char *command_file;
    const char *ca_file;
};
extern const struct option_row monitor_rows[];

struct monitor {
    const char *title;
    const char *where;
    enum monitor_type type;
    struct givens givens;
    bool broken;         /* a finding disabled it */
    const char *trouble; /* that finding */
    /* Set by config_open_monitor(). */
    struct monitor_settings settings;
    int64_t timeout_ms;
    struct network network;
    struct secrets secrets;
};

/* The source of the events that a system of this type sends: "zabbix", "nagios", "icinga2". */
const char *monitor_source(enum monitor_type type);

/*
 * The monitor for events of this source and instance, enabled; one that names the instance before one that is for any. NULL
 * when there is none.
 */
const struct monitor *config_monitor_for(const struct config *config, const char *source, const char *instance);

/*
 * Reads the settings and secrets into `monitor`, a copy of the configuration's: they live in `arena`. FAULT_CONFIG says what is
 * wrong, with its line.
 */
bool config_open_monitor(struct arena *arena, const struct config *config, struct monitor *monitor,
                         struct fault *fault);

/* Opens every one, and looks whether this user may write the command pipe: for `notifyctl check`. */
void config_check_monitors(struct config *config);

#endif
