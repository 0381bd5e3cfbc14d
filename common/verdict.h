/*
 * verdict - what a provider's answer means.
 *
 * Providers' codes are data: a channel lists them as rules, and what every HTTP or SMTP server means by its status
 * stands here once. An unknown answer is never DELIVERED.
 */
#ifndef COMMON_VERDICT_H
#define COMMON_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/json.h"
#include "common/request.h"
#include "common/words.h"

enum outcome {
    OUTCOME_DELIVERED, /* the provider took it */
    OUTCOME_AGAIN,     /* not acted on, try again: network, 5xx */
    OUTCOME_THROTTLED, /* not acted on, try again after wait_s */
    OUTCOME_REFUSED,   /* this message will never pass here: use the next leg */
    OUTCOME_BROKEN,    /* credentials or settings are wrong: use the next leg and tell the operator */
    OUTCOME_UNCLEAR,   /* it went out, the answer was lost: trying again may double it */
};
enum { OUTCOME_COUNT = OUTCOME_UNCLEAR + 1 };

struct verdict {
    const char *recipient; /* "" when the answer speaks for all */
    enum outcome outcome;
    const char *code; /* the provider's own: "310000", "ratelimited", "HTTP 502"; ours when it said none: "NO-ANSWER" */
    const char *reason;    /* the provider's own words: clean, one line, at most 200 characters */
    enum word remedy;      /* what the operator can do; WORD_NONE when there is nothing to add */
    int64_t wait_s;        /* THROTTLED and AGAIN: at least this long, 0 when the provider did not say */
    const char *reference; /* the provider's id of the message, "" when it gave none */
    int64_t arrived_s;     /* of a receipt: when it arrived, Unix time; 0 when the provider did not say */
};

enum { VERDICTS_MOST = 1000 };

/* One answer may judge several recipients. */
struct verdicts {
    struct arena *arena;
    struct verdict *items;
    size_t count;
};

const char *outcome_name(enum outcome outcome); /* "delivered", "again", ... */

/* Texts that are NULL become "", the reason is cleaned and cut. */
void verdict_add(struct verdicts *verdicts, struct verdict verdict);

/* The gravest outcome of all: what the caller reports. DELIVERED only when every one is. NULL when there is none. */
const struct verdict *verdict_worst(const struct verdicts *verdicts);

/* One row a code. The first row that matches counts; the row with code NULL ends the table and is for all other codes. */
struct verdict_rule {
    const char *code; /* one or several between spaces; each exact, or a prefix when it ends in '*' */
    const char *says; /* NULL, or words that the reason must hold, in any case: providers reuse codes */
    enum outcome outcome;
    int64_t wait_s; /* used when the answer itself asks for no wait */
    enum word remedy;
};

/* Adds the verdict for one recipient ("" for all) that `rules` give for `code` and `reason`. */
void verdict_by_rules(struct verdicts *verdicts, const struct verdict_rule *rules, const char *recipient,
                      const char *code, const char *reason, const struct response *response, const char *reference);

/*
 * True when the server answered 2xx. Otherwise the general meaning has been added: nothing sent is AGAIN, sent and no
 * answer UNCLEAR, our own mistakes and untrusted certificates BROKEN, 3xx BROKEN naming the host, 401 403 404 410 BROKEN,
 * 408 425 5xx AGAIN, 429 THROTTLED, other 4xx REFUSED.
 */
bool answer_accepted(const struct response *response, struct verdicts *verdicts);

/*
 * The JSON object of an answer with any status, or NULL after the meaning has been added: as above, and 2xx that is not a
 * JSON object is AGAIN when a front answered instead of the provider (HTML), else UNCLEAR; 4xx that is not JSON is BROKEN.
 */
struct json_object *answer_json(const struct response *response, struct verdicts *verdicts);

#endif
