/*
 * writeback_systems - how each monitoring system is told that somebody took a problem, solved it or gave it back. Pure.
 *
 * Requests are built and answers judged here; writeback.c carries them. Nobody is notified by what is written: the person
 * who confirmed has told us, and we tell the others.
 */
#ifndef COMMON_WRITEBACK_SYSTEMS_H
#define COMMON_WRITEBACK_SYSTEMS_H

#include "common/alert.h"
#include "common/monitor.h"
#include "common/verdict.h"

/* What is to be told. */
struct writeback_order {
    enum alert_verb verb;
    const char *author;
    const char *words; /* "" for none */
    const char *short_id;
    const struct event *event; /* the newest that told the problem */
    enum language language;
};

/*
 * "张三 正在处理: words [#K7F3Q notification-plugins]", at most `most` in `unit`: the words are cut, never the name and the
 * mark by which we know the echo.
 */
const char *writeback_text(struct arena *arena, const struct writeback_order *order, size_t most, enum unit unit);

/* Somebody acknowledged a problem there. All texts are clean, on one line. */
struct sighting {
    const char *event_id; /* Zabbix; else "" */
    const char *host;     /* Icinga; else "" */
    const char *service;
    const char *author;
    const char *words;
    int64_t at_s;
};

struct sightings {
    struct arena *arena;
    struct sighting *items;
    size_t count;
};

/* Cleans the texts; one whose words end in the mark of any problem is ours, and is left out. */
void sightings_add(struct sightings *sightings, struct sighting sighting);

/* --- Zabbix: https://www.zabbix.com/documentation/current/en/manual/api --- */

/* "60014" of version 6.0.14: the whole number by which versions compare. */
enum { ZABBIX_6_4 = 60400, ZABBIX_7_0 = 70000 };

bool zabbix_ask_version(const struct monitor *monitor, struct request *request, struct fault *fault);
/* 0 after a verdict has been added. */
int64_t zabbix_version(const struct response *response, struct verdicts *verdicts);

/* A session for the monitor's user and password, and the end of it. */
bool zabbix_log_in(const struct monitor *monitor, struct request *request, struct fault *fault);
/* The text that stands for it, as a token does; "" after a verdict has been added. */
const char *zabbix_session(const struct response *response, struct verdicts *verdicts);
bool zabbix_log_out(const struct monitor *monitor, int64_t version, struct request *request, struct fault *fault);

/* Only a trigger's problem can be acknowledged, and it has a number. */
bool zabbix_can_acknowledge(const struct event *event);

/* FAULT_INPUT when the event cannot be acknowledged. */
bool zabbix_tell(const struct monitor *monitor, int64_t version, const struct writeback_order *order,
                 struct request *request, struct fault *fault);
void zabbix_judge(const struct writeback_order *order, const struct response *response, struct verdicts *verdicts);

/* Asks what was said to the event before: an earlier try whose answer was lost may have arrived, and would be said twice. */
bool zabbix_ask_said(const struct monitor *monitor, int64_t version, const struct writeback_order *order,
                     struct request *request, struct fault *fault);
/* True when the newest of our words are these; a verdict is added when the answer cannot be read. */
bool zabbix_has_said(const struct writeback_order *order, const struct response *response, struct verdicts *verdicts);

/* Asks about these events at once. What is marked as ours is no sighting. */
bool zabbix_ask_seen(const struct monitor *monitor, int64_t version, const struct text_list *event_ids,
                     struct request *request, struct fault *fault);
/* False after a verdict has been added. */
bool zabbix_read_seen(const struct response *response, struct sightings *sightings, struct verdicts *verdicts);

/* --- Nagios and Naemon: https://assets.nagios.com/downloads/nagioscore/docs/nagioscore/4/en/extcommands.html --- */

/* The lines for the command pipe, at most FIFO_MOST bytes. FAULT_INPUT when a name cannot stand in a command. */
bool nagios_lines(struct arena *arena, const struct writeback_order *order, int64_t now_s, const char **lines,
                  struct fault *fault);

/* --- Icinga 2: https://icinga.com/docs/icinga-2/latest/doc/12-icinga2-api/ --- */

enum icinga2_step { ICINGA2_ACKNOWLEDGE, ICINGA2_REMOVE, ICINGA2_COMMENT, ICINGA2_END };

enum icinga2_step icinga2_first(const struct writeback_order *order);
bool icinga2_tell(const struct monitor *monitor, const struct writeback_order *order, enum icinga2_step step,
                  struct request *request, struct fault *fault);
void icinga2_judge(const struct response *response, struct verdicts *verdicts);
/* Asks for the acknowledgements of these hosts and their services; needs the permission objects/query/comment. */
bool icinga2_ask_seen(const struct monitor *monitor, const struct text_list *hosts, struct request *request,
                      struct fault *fault);
bool icinga2_read_seen(const struct response *response, struct sightings *sightings, struct verdicts *verdicts);

/* After a step that was DELIVERED. */
enum icinga2_step icinga2_next(const struct writeback_order *order, enum icinga2_step step,
                               const struct verdict *verdict);

#endif
