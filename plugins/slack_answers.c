/*
 * Answers of Slack: https://docs.slack.dev/reference/methods/chat.postMessage#errors
 *
 * Methods answer 200 with "ok" and, when it is false, a word in "error"; webhooks answer with a status and that word
 * alone.
 */
#include <string.h>

#include "plugins/answers.h"

/* The words of both. WORD_NONE: the earlier message is out of reach, the caller posts a new one. */
static const struct verdict_rule RULES[] = {
    {"ratelimited rate_limited",                               NULL, OUTCOME_THROTTLED, 1,  WORD_FIX_QUOTA     },
    {"message_limit_exceeded",                                 NULL, OUTCOME_REFUSED,   0,  WORD_FIX_QUOTA     },
    {"request_timeout service_unavailable fatal_error",        NULL, OUTCOME_AGAIN,     0,  WORD_FIX_WAIT      },
    {"internal_error update_failed rollup_error",              NULL, OUTCOME_AGAIN,     0,  WORD_FIX_WAIT      },
    {"team_added_to_org org_login_required",                   NULL, OUTCOME_AGAIN,     30, WORD_FIX_WAIT      },
    {"external_channel_migrating",                             NULL, OUTCOME_AGAIN,     30, WORD_FIX_WAIT      },
    {"invalid_auth not_authed account_inactive invalid_token", NULL, OUTCOME_BROKEN,    0,  WORD_FIX_TOKEN     },
    {"token_revoked token_expired not_allowed_token_type",     NULL, OUTCOME_BROKEN,    0,  WORD_FIX_TOKEN     },
    {"missing_scope no_permission access_denied",              NULL, OUTCOME_BROKEN,    0,  WORD_FIX_PERMISSION},
    {"app_access_restricted ekm_access_denied",                NULL, OUTCOME_BROKEN,    0,  WORD_FIX_PERMISSION},
    {"two_factor_setup_required restricted_action*",           NULL, OUTCOME_BROKEN,    0,  WORD_FIX_PERMISSION},
    {"action_prohibited posting_to_general_channel_denied",    NULL, OUTCOME_BROKEN,    0,  WORD_FIX_PERMISSION},
    {"channel_not_found channel_is_archived is_archived",      NULL, OUTCOME_BROKEN,    0,  WORD_FIX_TARGET    },
    {"not_in_channel team_* messages_tab_disabled",            NULL, OUTCOME_BROKEN,    0,  WORD_FIX_TARGET    },
    {"no_service* no_team no_active_hooks",                    NULL, OUTCOME_BROKEN,    0,  WORD_FIX_ADDRESS   },
    {"user_not_found",                                         NULL, OUTCOME_REFUSED,   0,  WORD_FIX_RECIPIENT },
    {"message_not_found cant_update_message",                  NULL, OUTCOME_REFUSED,   0,  WORD_NONE          },
    {"edit_window_closed block_mismatch",                      NULL, OUTCOME_REFUSED,   0,  WORD_NONE          },
    {"cannot_reply_to_message thread_not_found",               NULL, OUTCOME_REFUSED,   0,  WORD_NONE          },
    {"no_text invalid_blocks* invalid_payload msg_*",          NULL, OUTCOME_REFUSED,   0,  WORD_FIX_MESSAGE   },
    {"too_many_attachments attachment_payload_limit_exceeded", NULL, OUTCOME_REFUSED,   0,  WORD_FIX_MESSAGE   },
    {NULL,                                                     NULL, OUTCOME_REFUSED,   0,  WORD_FIX_REPORT    },
};

/* "ok" or a word like "invalid_token"; "" when the answer is anything else. */
static const char *word_of(const struct response *response)
{
    const char *start = response->body + strspn(response->body, " \r\n");
    size_t len = strspn(start, "abcdefghijklmnopqrstuvwxyz_");

    return start[len + strspn(start + len, " \r\n")] ? "" : arena_copy(response->arena, start, len);
}

static void classify_document(const struct response *response, struct json_object *doc, struct verdicts *verdicts)
{
    struct arena *arena = response->arena;
    const char *error = json_text_at(doc, "/error");
    const char *needed = json_text_at(doc, "/needed"); /* with missing_scope */
    const char *reason = needed[0] ? arena_print(arena, "%s: needed %s", error, needed) : error;
    const char *reference = arena_print(arena, "%s:%s", json_text_at(doc, "/channel"), json_text_at(doc, "/ts"));

    if (error[0] && response->status < 500)
        verdict_by_rules(verdicts, RULES, "", error, reason, response, "");
    else if (!answer_accepted(response, verdicts))
        return;
    else if (json_flag_at(doc, "/ok"))
        verdict_add(verdicts, (struct verdict){.outcome = OUTCOME_DELIVERED, .code = "ok", .reference = reference});
    else
        verdict_by_rules(verdicts, RULES, "", "NOT-OK", response->body, response, "");
}

void slack_judge(bool webhook, const struct response *response, struct verdicts *verdicts)
{
    int status = response->status;
    bool decides = status == 200 || (status >= 400 && status < 500 && status != 408 && status != 429);
    const char *word = webhook ? word_of(response) : "";
    struct json_object *doc;

    if (status == 200 && strcmp(word, "ok") == 0)
        verdict_add(verdicts, (struct verdict){.outcome = OUTCOME_DELIVERED, .code = word});
    else if (decides && word[0])
        verdict_by_rules(verdicts, RULES, "", word, word, response, "");
    else if ((doc = answer_json(response, verdicts)))
        classify_document(response, doc, verdicts);
}
