/*
 * channel - all that is particular about one way of reaching people.
 *
 * A channel is a constant: its options, its limits and two pure functions. It
 * opens nothing, logs nothing, sleeps never and keeps no state between calls.
 */
#ifndef COMMON_CHANNEL_H
#define COMMON_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

#include "common/fault.h"
#include "common/limits.h"
#include "common/message.h"
#include "common/request.h"
#include "common/secret.h"
#include "common/verdict.h"

enum option_type {
    OPTION_TYPE_TEXT,   /* const char *, "" when absent */
    OPTION_TYPE_CHOICE, /* const char *, one of the words in `choices` */
    OPTION_TYPE_SECRET, /* struct secret; NAME or NAME_file in the configuration, --NAME-file on the command line */
    OPTION_TYPE_LIST,   /* struct text_list */
    OPTION_TYPE_FLAG,   /* bool, yes/no/true/false */
    OPTION_TYPE_NUMBER, /* int64_t, digits only */
    OPTION_TYPE_FILE,   /* const char *, the content of the file that the value names; relative to the configuration */
};

struct text_list {
    const char *const *items;
    size_t count;
};

/* One row feeds the command line, the configuration file, --help and the manual page. */
struct option_row {
    const char *name; /* "at_mobiles": at_mobiles in a section, --at-mobiles on the command line */
    enum option_type type;
    size_t offset;       /* of the field in the settings struct */
    const char *initial; /* NULL makes the option mandatory; a list's items are separated by commas */
    const char *choices; /* CHOICE: words separated by spaces; else NULL */
    const char *help;    /* one line, no final stop */
    bool template;       /* TEXT and LIST: the value is a Mustache template over the message's values */
    bool masked; /* TEXT: an address; LIST: header lines. What may be a credential in them is kept like a secret */
};

/* Rows whose field does not have the C type of the option do not compile. */
#define OPTION_TEXT(name, type, field, initial, help) \
    OPTION_ROW(name, TEXT, type, field, const char *, initial, NULL, false, help)
#define OPTION_TEMPLATE(name, type, field, initial, help) \
    OPTION_ROW(name, TEXT, type, field, const char *, initial, NULL, true, help)
#define OPTION_CHOICE(name, type, field, initial, choices, help) \
    OPTION_ROW(name, CHOICE, type, field, const char *, initial, choices, false, help)
#define OPTION_SECRET(name, type, field, initial, help) \
    OPTION_ROW(name, SECRET, type, field, struct secret, initial, NULL, false, help)
#define OPTION_LIST(name, type, field, initial, help) \
    OPTION_ROW(name, LIST, type, field, struct text_list, initial, NULL, false, help)
#define OPTION_TEMPLATES(name, type, field, initial, help) \
    OPTION_ROW(name, LIST, type, field, struct text_list, initial, NULL, true, help)
#define OPTION_FLAG(name, type, field, initial, help) \
    OPTION_ROW(name, FLAG, type, field, bool, initial, NULL, false, help)
#define OPTION_NUMBER(name, type, field, initial, help) \
    OPTION_ROW(name, NUMBER, type, field, int64_t, initial, NULL, false, help)
#define OPTION_FILE_TEMPLATE(name, type, field, initial, help) \
    OPTION_ROW(name, FILE, type, field, const char *, initial, NULL, true, help)
#define OPTION_ADDRESS_TEMPLATE(name, type, field, initial, help) \
    OPTION_ROW_MASKED(name, TEXT, type, field, const char *, initial, NULL, true, true, help)
#define OPTION_HEADERS(name, type, field, initial, help) \
    OPTION_ROW_MASKED(name, LIST, type, field, struct text_list, initial, NULL, false, true, help)
#define OPTION_END   \
    {                \
        .name = NULL \
    }
#define OPTION_ROW(name, kind, type, field, ctype, initial, choices, template, help) \
    OPTION_ROW_MASKED(name, kind, type, field, ctype, initial, choices, template, false, help)
#define OPTION_ROW_MASKED(name_, kind_, type_, field_, ctype_, initial_, choices_, template_, masked_, help_) \
    {                                                                                                         \
        .name = (name_), .type = OPTION_TYPE_##kind_, .initial = (initial_), .choices = (choices_),           \
        .template = (template_), .masked = (masked_), .help = (help_),                                        \
        .offset = offsetof(type_, field_) + 0 * sizeof(char[_Generic(((type_ *)0)->field_, ctype_ : 1)])      \
    }
#define MANDATORY NULL

/* What a channel finds odd in its settings. A mistake makes the section unusable; advice is said by `notifyctl check`. */
struct findings {
    struct arena *arena;
    void (*mistake)(void *self, const char *text);
    void (*advice)(void *self, const char *text);
    void *self;
};

/* The kinds of address that people have. */
enum address_kind {
    ADDRESS_MAIL = 1,   /* zhang@example.com */
    ADDRESS_MOBILE = 2, /* 13800138000, +8613800138000 */
    ADDRESS_LOGIN = 4,  /* anything else: a user id, a channel id, a topic */
};

struct channel {
    const char *name;                 /* "dingtalk": program notify_dingtalk, section `dingtalk "title" {...}` */
    const char *summary;              /* one line for --help */
    const char *example;              /* options of a one-off call, for --help; an event follows */
    const struct option_row *options; /* up to OPTION_END */
    size_t settings_size;
    unsigned verbs;               /* of enum verb */
    unsigned addresses;           /* of enum address_kind: what its recipients can be; others are left out */
    size_t recipients_in_request; /* 0: any number; else requests are made for at most this many each */
    bool needs_recipient;         /* false: the address is in the settings, recipients are mentions */
    bool repeats_safely;          /* an idempotency handle makes a repeat after UNCLEAR harmless */
    bool receipts_by_day;         /* RECEIPT is answered for the day of `sent_ms` in China only */
    bool never_repeats;           /* SMS, voice: not even one marked repeat after UNCLEAR */

    struct limits endpoint_limits;  /* the provider's own quota for one robot, token or account */
    struct limits recipient_limits; /* how much one person or group is told, over all problems */
    int64_t expires_s;              /* after this time a message is not worth telling here any more */

    /* Looks at options that depend on each other. May be NULL. */
    void (*check)(const void *settings, const struct findings *findings);

    /*
     * Fills `request` (from request_in) for one attempt. FAULT_INPUT when the message or a recipient cannot be sent by
     * this channel at all, FAULT_CONFIG when a setting is in the way.
     */
    bool (*build)(const void *settings, const struct intent *intent, const struct moment *moment,
                  struct request *request, struct fault *fault);

    /*
     * Says what the answer means: at least one verdict. Must not fail; an unknown answer is never DELIVERED. For RECEIPT
     * DELIVERED is: it arrived; REFUSED: it did not, and never will; BROKEN: the provider does not let us ask; all else: it is
     * not known yet.
     */
    void (*classify)(const void *settings, const struct intent *intent, const struct response *response,
                     struct verdicts *verdicts);
};

#endif
