/*
 * exchange - one request as it came, what a member of the group reads in it, and the provider's answer.
 *
 * Everything belongs to the exchange's arena. Texts are as they came, so not clean: the journal cleans them.
 */
#ifndef SANDBOX_EXCHANGE_H
#define SANDBOX_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/event.h"
#include "common/json.h"

struct texts {
    const char **items;
    size_t count;
};

/* What became of the signature, token or login that a request carries. */
enum proof {
    PROOF_UNCHECKED, /* the stand-in does not know the secret, or refused the request for another reason before */
    PROOF_VERIFIED,
    PROOF_WRONG,
};

/* What a member of the group sees. "" and nothing where the message does not say it. */
struct reading {
    const char *format; /* "markdown" */
    const char *title;
    const char *text;
    const char *color;
    const char *thread;      /* id of the message that this one answers or changes */
    struct texts mentions;   /* who is pinged */
    struct texts recipients; /* numbers and addresses */
    struct pairs buttons;    /* label and address */
    struct pairs facts;      /* name and value */
    struct texts notes;      /* for the developer of the sender: what a provider would pass over without a word */
};

struct answer {
    int status;
    const char *content_type;
    const char *body;
    int retry_after_s; /* 0 for no header */
};

struct exchange {
    struct arena *arena;
    int64_t now_ms;
    const char *channel; /* "dingtalk" */

    const char *method;
    const char *target;      /* as in the request line: path and query */
    const char *path;        /* what follows the provider's prefix, without the query */
    struct pairs parameters; /* of the query */
    struct pairs form;       /* of a body that is a form */
    struct pairs headers;
    const char *body; /* NUL-terminated */
    size_t body_len;
    struct json_object *json; /* the body, NULL when it is not JSON */

    bool question; /* about an earlier message: people see nothing of it */
    struct reading reading;
    enum proof proof;
    const char *proof_of; /* "signature", "token" or "login" */
    const char *code;     /* the provider's code of the refusal; NULL when accepted */
    const char *why;      /* in more words than the provider's, "" when they say it all */
    struct answer answer;
};

/* An exchange of which nothing is known yet: every text "". */
struct exchange exchange_in(struct arena *arena, int64_t now_ms);

/* Each copies nothing; texts are of the exchange's arena or constant. */
void texts_add(struct arena *arena, struct texts *texts, const char *text);
void note(struct exchange *exchange, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Returns `code`, and remembers why: for `return objection(...)` in a provider's judge(). */
const char *objection(struct exchange *exchange, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Sets the proof and returns `right`. */
bool prove(struct exchange *exchange, const char *what, bool right);

void answer_text(struct exchange *exchange, int status, const char *content_type, const char *body);
void answer_document(struct exchange *exchange, int status, struct json_object *document);

/* True when the body's media type is `type`, whatever its parameters. */
bool body_is(const struct exchange *exchange, const char *type);

#endif
