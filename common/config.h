/*
 * config - notification.conf through libconfuse, statement by statement.
 *
 * A small scanner cuts the file and its includes into top-level statements; each is parsed alone, so that one mistake
 * costs one statement and never the rest. Mistakes and advice are findings with FILE:LINE and the remedy. Channel
 * sections are turned into settings only when they are used.
 */
#ifndef COMMON_CONFIG_H
#define COMMON_CONFIG_H

#include "common/limits.h"
#include "common/retry.h"
#include "common/settings.h"
#include "common/statements.h"

#define CONFIG_DEFAULT_PATH "/etc/notification-plugins/notification.conf"

/* Ceilings of what one file can make us remember; STATEMENTS_MOST and CONFIG_MOST are the others. */
enum { FINDINGS_MOST = 500 };

struct finding {
    bool mistake;      /* else advice */
    const char *where; /* "FILE:LINE", or "FILE" when it is about the file itself */
    const char *text;  /* what was wanted, what was found, the remedy; one line, no secret */
};

/* When an answer of a person is waited for, and where it is given: see confirmation.h. */
struct confirmation {
    bool asked;                       /* the configuration speaks of it */
    const char *base_url;             /* "" when there is no confirmation page */
    int64_t within_s[SEVERITY_COUNT]; /* 0: not waited for */
    int64_t from;                     /* enum severity: less grave ones ask for no confirmation */
    const char *key_file;             /* makes and proves links: see link.h */
    int64_t link_valid_s;
    int64_t remind_s;        /* what was taken and is still there is brought back to mind; 0: never */
    const char *listen;      /* of notify_ackd: ADDRESS:PORT or unix:PATH */
    const char *user_header; /* in which a proxy names who is logged in, "" for none */
};

/* Who hears when the notifier itself fails. */
struct operator_contact {
    struct text_list channels; /* titles of sections */
    struct text_list to;
    int64_t daily_s; /* seconds since midnight: when it is told that all is well; -1 for never */
};

/* What every channel section takes beside the channel's own options. */
struct section_settings {
    bool enabled;
    struct text_list to;   /* recipients when the call names none */
    struct text_list pool; /* titles of sections */
    const char *language;  /* "" for the global one */
    const char *template_name;
    const char *deadline; /* "" for the call's */
    const char *proxy;
    struct secret proxy_user;
    const char *no_proxy;
    const char *ca_file;
    const char *source_address;
    const char *ip;
    bool receipts; /* where the provider can be asked what became of a message, it is */
};
extern const struct option_row section_rows[];

struct section {
    const struct channel *channel;
    const char *title;
    const char *where;
    struct givens givens;
    struct retry_policy own_retry; /* as the configuration has them */
    struct limit_policy own_limits;
    struct storm_policy storm;
    bool broken;         /* a finding disabled it */
    const char *trouble; /* that finding: "FILE:LINE: ..."; "" when there is none */
    /* Set by config_open_section(). */
    bool opened;               /* without options of a call: what is here may be used again */
    struct retry_policy retry; /* with the options of the call; before it, its own */
    struct limit_policy limits;
    bool limits_by_call; /* the call says something of them: they count before a route's */
    const void *settings;
    struct section_settings common;
    struct network network;
    struct secrets secrets;
    struct section **pool; /* opened: further robots of the same group; what they do not say is as it is here */
    size_t pool_count;
};

/* A person or group with an address on each channel. */
struct contact {
    const char *name; /* the section's title, written @name */
    const char *where;
    struct givens
        givens; /* name, mobile, email, language, timezone, and one per channel: dingtalk, wecom, slack, ... */
};

/*
 * `template "disk_alert" { service = {"disk*"}  host = {"db-*"}  item = {"vfs.fs.*"} }`: the template of events for which nobody
 * asks for one. All that are given must fit; a list of globs fits when one of its items does.
 */
struct template_rule {
    const char *template_name;
    const char *where;
    struct text_list host;    /* name, or name for people */
    struct text_list service; /* the same */
    struct text_list item;    /* key or name: the fields `item_key` and `item`, as Zabbix says them */
};

struct route;
struct rotation;
struct calendar;
struct monitor;

struct config {
    struct arena *arena;
    const char *path;             /* "" for a call without a configuration */
    const char *directory;        /* relative file names start here */
    const char *state;            /* state directory */
    const char *templates;        /* template directory */
    struct template_shelf *shelf; /* those that were read */
    enum language language;
    const char *timezone; /* "" for the machine's */
    struct retry_policy retry;
    struct limit_policy limits;
    struct storm_policy storm;
    struct confirmation confirm;
    struct operator_contact operator;
    const char *proxy;
    const char *no_proxy;
    const char *ca_file;
    const char *heartbeat; /* an address that the worker asks; "" for none */
    int64_t heartbeat_every_s;
    struct section **sections;
    size_t section_count;
    struct contact **contacts;
    size_t contact_count;
    struct route **routes; /* in the order of the file; see route.h */
    size_t route_count;
    struct rotation **rotations;
    size_t rotation_count;
    struct calendar **calendars;
    size_t calendar_count;
    struct monitor **monitors; /* see monitor.h */
    size_t monitor_count;
    struct template_rule *template_rules; /* in the order of the file */
    size_t template_rule_count;
    struct finding *findings;
    size_t finding_count;
};

/*
 * `channels` ends with NULL. NULL and FAULT_CONFIG only when the file itself cannot be read; everything else becomes
 * findings, and what is sound can be used. A file that others may write is a mistake; one that others may read is a
 * mistake when it holds a secret.
 */
struct config *config_load(struct arena *arena, const char *path, const struct channel *const *channels,
                           struct fault *fault);

/* What a call without a configuration file uses. */
struct config *config_none(struct arena *arena);

/*
 * The section to use for `channel` (NULL: of any channel) with this title; "" is the only one of that channel. FAULT_CONFIG
 * says which there are when it is not clear, or that it is switched off; FAULT_INPUT when there is none of that name.
 */
struct section *config_section(const struct config *config, const struct channel *channel, const char *title,
                               struct fault *fault);

/* A section made of options alone. */
struct section *config_section_of(const struct config *config, const struct channel *channel);

/*
 * Reads secrets and fills the settings, once for as long as the configuration lives, but for calls with options; `extra` (may
 * be NULL) are those, which win. A secret that is not given is taken from the environment: NOTIFY_<CHANNEL>_<NAME>. FAULT_CONFIG
 * says what is wrong with the section.
 */
bool config_open_section(const struct config *config, struct section *section, const struct givens *extra,
                         struct fault *fault);

/* The member of an opened section's pool with this title; itself when there is none, and for "". */
struct section *config_sender(struct section *section, const char *via);

/* Options of a call that stand for a value of a block: "limit_per_minute" for `per_minute` in `limit { ... }`. */
bool config_is_block_option(const char *name);
/* All of them; ends with NULL. */
const char *const *config_block_options(struct arena *arena);

/* Sets the section's limits and retries to what the options of a call say; FAULT_CONFIG names a wrong one. */
bool config_take_block_options(const struct config *config, const struct givens *options, struct section *section,
                               struct fault *fault);

/* Opens every section and reports what it finds, advice and templates included: for `notifyctl check`. */
void config_check_sections(struct config *config);

const struct contact *config_contact(const struct config *config, const char *name);
/* A contact's value, "" when not given. */
const char *contact_value(const struct contact *contact, const char *name);
/*
 * The contact that has this value as title, name, mobile, email or any channel's address; NULL when none. Mobiles are the
 * same with and without +86, mail addresses in any case.
 */
const struct contact *config_contact_with(const struct config *config, const char *value);
/* The same; else the contact whose name stands in the text, the longest of several: "On call: Zhang Wei (primary)". */
const struct contact *config_contact_meant(const struct config *config, const char *text);

/* The first that fits; NULL when none does. */
const struct template_rule *config_template_rule(const struct config *config, const struct event *event);

void config_add_finding(struct config *config, bool mistake, const char *where, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
