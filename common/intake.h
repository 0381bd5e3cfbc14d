/*
 * intake - argv, environment and standard input of a monitoring system turned into a call.
 *
 * Understands Zabbix (positional TO SUBJECT MESSAGE, header block, key=value), Nagios and Naemon (options, NAGIOS_*),
 * Icinga 2 (the letters of its stock scripts, long options), Checkmk (NOTIFY_*), and JSON on standard input. Parsing is
 * total: odd fields never stop a notification, only a command line that says nothing does.
 */
#ifndef COMMON_INTAKE_H
#define COMMON_INTAKE_H

#include "common/event.h"
#include "common/settings.h"

enum source { SOURCE_AUTO, SOURCE_ZABBIX, SOURCE_NAGIOS, SOURCE_ICINGA2, SOURCE_CHECKMK, SOURCE_JSON, SOURCE_MANUAL };

enum wish { WISH_SEND, WISH_HELP, WISH_VERSION };

struct call {
    enum wish wish;
    enum source source; /* never AUTO after intake_read() */
    struct event event;
    struct text_list to;       /* every --to, {ALERT.SENDTO}, -r, as given: "[profile][:target[,target]]" */
    const char *profile;       /* "" for the only section of the channel */
    const char *config_path;   /* "" for the default */
    const char *state;         /* "" for the configuration's */
    const char *template_name; /* of --template; the event's own wish stands in the event */
    int64_t deadline_ms;       /* time allowed in all */
    bool dry_run;
    bool verbose;
    bool json;             /* the result as one JSON document on standard output */
    struct givens options; /* of the channel and of section_rows, for settings_fill() */
};

enum { DEADLINE_DEFAULT_MS = 24000, DEADLINE_LEAST_MS = 1000, DEADLINE_MOST_MS = 3600000 };

struct intake {
    struct arena *arena;
    int argc;
    char **argv; /* argv[0] is the program */
    char **environment;
    int input; /* descriptor of standard input, read only for --message - and --source json; -1 when there is none */
    const struct option_row *rows; /* the channel's options; may be NULL */
    const char *program;
};

/*
 * FAULT_USAGE: an unknown option (with the nearest known one), a missing value, nothing to say. Options are long, but for
 * the letters of Icinga's scripts; they end at "--" or at the first operand. What follows is data, whatever it looks like.
 */
bool intake_read(const struct intake *intake, struct call *call, struct fault *fault);

/* One row of the command line, of --help and of the manual. */
struct call_option {
    const char *name;   /* "host"; "" when it has a letter only */
    const char *letter; /* "l", or "" */
    const char *value;  /* "NAME"; "" when it takes none */
    const char
        *fact; /* what it says of the event: a name of event_fields[], "field.NAME", or one that a source knows */
    const char *help;
};
/* All options that every notify_* has, in the manual's order; ends with name NULL. */
extern const struct call_option call_options[];

/*
 * What the block before a Zabbix message may say, and the key=value operands after it: the first line of the message is
 * ZABBIX_BLOCK_BEGIN, each line after it KEY=VALUE, the last one ZABBIX_BLOCK_END. The table stands in the order that
 * media types must keep: what people or plugins wrote comes last, and from its first line on a plain key is text and no
 * longer believed, since such a value may hold line breaks. The first line of a key wins, even when it is unset; an
 * operand wins over the block. A line that is no key continues the authored value above it.
 */
#define ZABBIX_BLOCK_BEGIN "notification-plugins/1"
#define ZABBIX_BLOCK_END   "--"

struct zabbix_key {
    const char *name;
    const char *macro; /* what media types put there; "" when the administrator fills it */
    bool authored;     /* may be written by people or plugins, and have many lines */
    const char *help;
};
/* Ends with name NULL. */
extern const struct zabbix_key zabbix_keys[];

/*
 * Decoders of the sources, as hosts document them. Nagios: \n and \\ once, left to right. Zabbix: a value that is a
 * literal macro or *UNKNOWN* is absent.
 */
const char *nagios_decode(struct arena *arena, const char *text);
bool macro_is_unset(const char *value);

#endif
