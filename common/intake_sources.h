/*
 * intake_sources - each monitoring system's call turned into facts.
 *
 * A reader adds facts in the order in which they are to be believed. None of them can fail: what a source says oddly is
 * left out or kept as a field.
 */
#ifndef COMMON_INTAKE_SOURCES_H
#define COMMON_INTAKE_SOURCES_H

#include "common/intake_facts.h"

struct sources {
    struct line line;
    char *const *environment;
    struct facts *facts;
};

/* The operands TO SUBJECT MESSAGE [KEY=VALUE]..., the block before the message, Zabbix' own stock messages. */
void zabbix_read(const struct sources *sources);

/*
 * A message without a block: what the stock messages of Zabbix' media types say, from their subject's prefix and the
 * lines of their text. Adds the subject without the prefix, so that a problem and its recovery have the same.
 */
void zabbix_stock_read(struct facts *facts, const char *subject, const char *message);

/* The kind of an update: acknowledged, closed, or anything else. `action` is {EVENT.UPDATE.ACTION}. */
enum event_kind zabbix_update_kind(const char *action);

/* Options of our command definitions, and NAGIOS_* for what they leave out. Naemon is the same. */
void nagios_read(const struct sources *sources);

/* The letters of Icinga 2's mail scripts, long options; with `with_environment` also the variables of env{}. */
void icinga2_read(const struct sources *sources, bool with_environment);

/* NOTIFY_*. */
void checkmk_read(const struct sources *sources);

/* Output of a plugin: its first line and, below it, the others. */
void facts_add_output(struct facts *facts, const char *output, const char *further);

#endif
