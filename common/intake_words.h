/* intake_words - the words of monitoring systems for what happened and how bad it is. Pure; any case. */
#ifndef COMMON_INTAKE_WORDS_H
#define COMMON_INTAKE_WORDS_H

#include "common/event.h"

/*
 * Nagios', Naemon's, Icinga 2's and Checkmk's notification types, with what Checkmk puts in brackets behind them, and
 * this project's own kinds. False leaves `kind` alone.
 */
bool word_kind(const char *type, enum event_kind *kind);

/* States of hosts and services, Zabbix' English severities, and this project's own. False leaves `severity` alone. */
bool word_severity(const char *word, enum severity *severity);

/* True for OK, UP and their like. */
bool word_is_well(const char *state);

#endif
