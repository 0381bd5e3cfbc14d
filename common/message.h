/*
 * message - what is to be said to whom, after rendering and before any channel's markup.
 *
 * Every pointer belongs to the run's arena; texts are clean UTF-8 and never NULL.
 */
#ifndef COMMON_MESSAGE_H
#define COMMON_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "common/event.h"
#include "common/markup.h"
#include "common/words.h"

struct message {
    const char *id;       /* the notification's, the same for every attempt: [A-Za-z0-9_-]+, for idempotency handles */
    const char *short_id; /* "#K7F3Q", shown to people; "" when no confirmation is asked for */
    const char *problem_id; /* the same for all notifications of one problem: mail threads, deduplication keys */
    enum event_kind kind;
    enum severity severity;
    enum language language;
    const char *title;          /* one line, plain */
    const struct passage *text; /* the body */
    const char *level;          /* the severity's word in `language`, or the recovery's: 严重, 恢复 */
    const char *time;           /* of the event, local, "2026-11-24 20:03:21" */
    const char *link;           /* problem page in the source's console, "" when none */
    const char *confirm_url;    /* "" when none */
    const struct event *event;
    struct json_object *values; /* what templates may name; channels with templates of their own render them from it */
};

/* What the colour bar, icon and card style of a message say: recovered, or how bad. */
enum mood { MOOD_GOOD, MOOD_INFO, MOOD_WARNING, MOOD_ERROR, MOOD_CRITICAL, MOOD_EMERGENCY };
enum mood message_mood(const struct message *message);

/* Where a request goes and what it is for. */
enum verb {
    VERB_SEND = 1,    /* a new message */
    VERB_UPDATE = 2,  /* change the message that `reference` names */
    VERB_REPLY = 4,   /* answer in the thread of `reference` */
    VERB_RECEIPT = 8, /* ask what became of `reference`, at one recipient; of `message` only the id is known */
    VERB_LOGIN = 16,  /* fetch an access token */
};

struct intent {
    enum verb verb;
    const struct message *message;
    const char *const *recipients; /* addresses or mentions as this channel writes them */
    size_t recipient_count;
    const char *
        reference; /* the provider's id from an earlier verdict; "" for SEND, and for a RECEIPT of what got no answer */
    int64_t sent_ms; /* RECEIPT: when it was sent, Unix time */
    bool repeat;     /* an earlier try may have arrived: the text says so */
};

/* The moment of an attempt: signatures carry it, so each attempt has its own. */
struct moment {
    int64_t wall_ms;   /* Unix time */
    const char *nonce; /* 32 random hex digits, new for each attempt */
};

#endif
