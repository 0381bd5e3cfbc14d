/*
 * Answers of Teams: https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
 *
 * Workflows answer 202 when they took the message. Connectors answer 200 with "1"; their failures are 200 as well, with
 * "HTTP error 429" and the like in the text.
 */
#include <string.h>

#include "plugins/answers.h"

/* Error codes of workflows, numbers of connectors. */
static const struct verdict_rule RULES[] = {
    {"429",                                          NULL,              OUTCOME_THROTTLED, 30, WORD_FIX_QUOTA  },
    {"413 MessageSizeExceeded",                      NULL,              OUTCOME_REFUSED,   0,  WORD_FIX_MESSAGE},
    {"5*",                                           NULL,              OUTCOME_AGAIN,     30, WORD_FIX_WAIT   },
    {"401 403 DirectApiAuthorizationRequired",       NULL,              OUTCOME_BROKEN,    0,  WORD_FIX_TOKEN  },
    {"404 410 MissingApiVersionParameter",           NULL,              OUTCOME_BROKEN,    0,  WORD_FIX_ADDRESS},
    {"WorkflowTriggerIsNotEnabled WorkflowNotFound", NULL,              OUTCOME_BROKEN,    0,  WORD_FIX_TARGET },
    {"TriggerInputSchemaMismatch InvalidRequest*",   NULL,              OUTCOME_REFUSED,   0,  WORD_FIX_MESSAGE},
    {"*",                                            "delivery failed", OUTCOME_AGAIN,     30, WORD_FIX_WAIT   },
    {NULL,                                           NULL,              OUTCOME_REFUSED,   0,  WORD_FIX_REPORT },
};

static const char *trimmed_body(const struct response *response)
{
    const char *start = response->body + strspn(response->body, " \t\r\n");
    size_t len = strlen(start);

    while (len > 0 && strchr(" \t\r\n", start[len - 1]))
        len--;
    return arena_copy(response->arena, start, len);
}

/* A workflow may also answer with a document of its own making. */
static bool taken(bool adaptive, const struct response *response, const char *body, struct json_object *doc)
{
    if (response->status != 200 && response->status != 202)
        return false;
    if (strcmp(body, "1") == 0)
        return true;
    return adaptive && (body[0] == '\0' || (json_is_object(doc) && !json_has(doc, "/error")));
}

/* A workflow's error code, the number in a connector's text, "NOT-TAKEN" for other text; "" when the status decides. */
static const char *code_of(const struct response *response, const char *body, struct json_object *doc)
{
    static const char NUMBER[] = "HTTP error ";
    const char *number = strstr(body, NUMBER);

    if (response->status == 400)
        return json_text_at(doc, "/error/code");
    if (response->status < 200 || response->status > 299 || body[0] == '\0' || strchr("<{", body[0]))
        return json_text_at(response->status < 300 ? doc : NULL, "/error/code");
    if (!number)
        return "NOT-TAKEN";
    number += strlen(NUMBER);
    return arena_copy(response->arena, number, strspn(number, "0123456789"));
}

void teams_judge(bool adaptive, const struct response *response, struct verdicts *verdicts)
{
    const char *body = trimmed_body(response);
    struct json_object *doc = json_read(response->arena, body, strlen(body));
    const char *code = code_of(response, body, doc);

    if (taken(adaptive, response, body, doc))
        verdict_add(verdicts, (struct verdict){.outcome = OUTCOME_DELIVERED, .code = "ok"});
    else if (code[0])
        verdict_by_rules(verdicts, RULES, "", code, body, response, "");
    else if (answer_json(response, verdicts) && answer_accepted(response, verdicts))
        verdict_by_rules(verdicts, RULES, "", "NOT-TAKEN", body, response, "");
}
