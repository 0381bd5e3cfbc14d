/*
 * event - what a monitoring system reports, the same for all of them.
 *
 * Every text is clean UTF-8 (utf8_clean), lives in the run's arena and is never NULL; "" means that the source did not
 * say. The text fields stand in one table, event_fields[], which serves the command line (--host), Zabbix' header block
 * (host=), templates ({{host}}) and JSON ("host").
 */
#ifndef COMMON_EVENT_H
#define COMMON_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/fault.h"
#include "common/json.h"
#include "common/words.h"

enum severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_ERROR, SEVERITY_CRITICAL, SEVERITY_EMERGENCY };
enum { SEVERITY_COUNT = SEVERITY_EMERGENCY + 1 };

enum event_kind {
    EVENT_PROBLEM,
    EVENT_RECOVERY,
    EVENT_ACKNOWLEDGEMENT, /* somebody took it; the problem is still there */
    EVENT_UPDATE,          /* comment, changed severity, acknowledgement taken back */
    EVENT_CANCELLED,       /* the source will say no more about it ("Escalation cancelled") */
    EVENT_FLAPPING_START,
    EVENT_FLAPPING_STOP,
    EVENT_DOWNTIME_START,
    EVENT_DOWNTIME_END,
    EVENT_DOWNTIME_CANCELLED,
    EVENT_CUSTOM,           /* somebody asked the monitoring system to send it */
    EVENT_DISCOVERY,        /* Zabbix: a device or service was found */
    EVENT_AUTOREGISTRATION, /* Zabbix: an agent introduced itself */
    EVENT_NOTE,             /* a plain message: no problem behind it */
};
enum { EVENT_KIND_COUNT = EVENT_NOTE + 1 };

struct pair {
    const char *name;
    const char *value;
};

struct pairs {
    struct pair *items;
    size_t count;
};

struct event {
    enum event_kind kind;
    enum severity severity;
    int64_t time_s;          /* Unix time of the event, 0 when the source did not say */
    const char *source;      /* "zabbix", "nagios", "icinga2", "checkmk", "json", "manual" */
    const char *source_name; /* the monitoring server's name for people */
    const char *instance;    /* tells two servers of one kind apart */
    const char *event_id;    /* the source's id of the problem, the same in its recovery and updates */
    const char *host;        /* name, as the source knows it */
    const char *host_name;   /* display name, when it differs */
    const char *address;
    const char *service;      /* "" for a host event */
    const char *service_name; /* display name, when it differs */
    const char *state;        /* the source's own word: CRITICAL, DOWN, High */
    const char *previous_state;
    const char *subject;  /* one line */
    const char *message;  /* many lines */
    const char *duration; /* as the source words it: "1m 5s" */
    const char *threshold;
    const char *value; /* measured */
    const char *disk_path;
    const char *free_space;
    const char *url; /* page of the problem in the source's console */
    const char *runbook_url;
    const char *impact;
    const char *groups; /* comma-separated */
    const char *notification_number;
    const char *author; /* of an acknowledgement, comment or downtime */
    const char *comment;
    const char *action;        /* what an update did, in the source's words */
    const char *contact;       /* name of the person the source calls for */
    const char *template_name; /* "template", wanted by the source */
    struct pairs tags;         /* names may repeat, as in Zabbix */
    struct pairs fields;       /* anything else: {{field.NAME}} */
};

struct event_field {
    const char *name;
    size_t offset; /* of a const char * in struct event */
    bool many_lines;
    bool authored;    /* written by people or plugins: never used raw, never taken from a header block's later line */
    const char *help; /* for --help and the manual; "" when the field has no option of its own */
};

/* Ends with a row whose name is NULL. */
extern const struct event_field event_fields[];

/* An event of which nothing is known: every text "". */
struct event event_empty(void);

/* NULL when there is no such field. */
const struct event_field *event_field_named(const char *name);
const char *event_text(const struct event *event, const struct event_field *field);

/* The monitoring server for people: its name, else its kind; "" for a call by hand. */
const char *event_server(const struct event *event);

/* What happened in one line: the subject, else "HOST / SERVICE STATE" as far as they are known; "" when nothing is. */
const char *event_headline(struct arena *arena, const struct event *event);

/* A host, not a service, that cannot be reached. */
bool event_is_host_down(const struct event *event);

/* Cleans `value` and sets the field. */
void event_set(struct arena *arena, struct event *event, const struct event_field *field, const char *value);

/* Appends a pair; both texts are cleaned as one line. */
void pairs_add(struct arena *arena, struct pairs *pairs, const char *name, const char *value);

const char *severity_name(enum severity severity); /* "critical" */
const char *event_kind_name(enum event_kind kind); /* "problem", "flapping_start" */

enum word severity_word(enum severity severity); /* WORD_LEVEL_CRITICAL: 严重, Critical */

/* From its number in a record; a number that is none is SEVERITY_EMERGENCY: better too loud. */
enum severity severity_of_number(int64_t number);

/* Both take any case and leave the value alone when the name is unknown. */
bool severity_from(const char *name, enum severity *severity);
bool event_kind_from(const char *name, enum event_kind *kind);

/* All that the event says, as the outbox and the webhook carry it: given fields only; tags as a list of {"tag", "value"}, fields as an object. */
struct json_object *event_to_json(struct arena *arena, const struct event *event);

/* The way back. Unknown names go to `fields`; wrong types are FAULT_INPUT naming the field. */
bool event_from_json(struct arena *arena, struct json_object *json, struct event *event, struct fault *fault);

#endif
