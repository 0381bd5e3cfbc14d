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

/* Options of our command definitions, and NAGIOS_* for what they leave out. Naemon is the same. */
void nagios_read(const struct sources *sources);

/* The letters of Icinga 2's mail scripts, long options; with `with_environment` also the variables of env{}. */
void icinga2_read(const struct sources *sources, bool with_environment);

/* NOTIFY_*. */
void checkmk_read(const struct sources *sources);

/* Output of a plugin: its first line and, below it, the others. */
void facts_add_output(struct facts *facts, const char *output, const char *further);

#endif
