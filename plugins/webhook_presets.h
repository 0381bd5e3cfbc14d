/* webhook_presets - services for which the webhook knows address, body and answers, so that one line configures them. */
#ifndef PLUGINS_WEBHOOK_PRESETS_H
#define PLUGINS_WEBHOOK_PRESETS_H

#include "common/json.h"
#include "common/markup.h"
#include "common/message.h"
#include "common/request.h"
#include "common/verdict.h"

/* Beside the usual values, address and body may name {{recipient}}, {{urgency}} and {{link}}. */
struct webhook_preset {
    const char *name;
    const char *endpoint; /* "" where everybody has a server of their own */
    const char *body;     /* Mustache that makes JSON */
    const char
        *token_header;     /* the header that takes `token`, up to the token; "" when `token` is the usual recipient */
    const char *recipient; /* what a recipient is, for the complaint that there is none; "" when there are none */
    enum markup markup;    /* of {{text}} */
    size_t text_most;      /* bytes */
    size_t title_most;     /* characters */
    const char *urgency[MOOD_EMERGENCY + 1];

    /* JSON pointers into the answer, "" for none. */
    const char *code;
    const char *reason;
    const char *reference;
    const char *proof;                /* stands in no answer but the service's yes */
    const struct verdict_rule *rules; /* its code "ACCEPTED" is an answer without a code that holds the proof */
};

/* For the option's choices. */
#define WEBHOOK_PRESETS "bark ntfy gotify pushplus serverchan"

/* NULL when there is none of that name. */
const struct webhook_preset *webhook_preset(const char *name);

/* Puts what the preset's templates name into `values`: title and text cut to its limits, urgency, link, recipient. */
void webhook_preset_values(const struct webhook_preset *preset, const struct message *message, const char *recipient,
                           struct json_object *values, struct request *request);

void webhook_preset_judge(const struct webhook_preset *preset, const struct response *response,
                          struct verdicts *verdicts);

#endif
