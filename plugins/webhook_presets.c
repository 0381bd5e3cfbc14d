/*
 * https://github.com/Finb/bark-server/blob/master/docs/API_V2.md (and route_push.go for the answers)
 * https://docs.ntfy.sh/publish/#publish-as-json (and server/errors.go)
 * https://gotify.net/api-docs
 * https://www.pushplus.plus/doc/guide/api.html
 * https://sct.ftqq.com/
 */
#include "plugins/webhook_presets.h"

#include <string.h>

/* The status repeats the code; 500 tells Apple's words, some of which are final. */
static const struct verdict_rule BARK_RULES[] = {
    {"200", NULL,              OUTCOME_DELIVERED, 0, WORD_NONE         },
    {"400", NULL,              OUTCOME_REFUSED,   0, WORD_FIX_RECIPIENT},
    {"500", "BadDeviceToken",  OUTCOME_REFUSED,   0, WORD_FIX_RECIPIENT},
    {"500", "Unregistered",    OUTCOME_REFUSED,   0, WORD_FIX_RECIPIENT},
    {"500", "PayloadTooLarge", OUTCOME_REFUSED,   0, WORD_FIX_MESSAGE  },
    {"5*",  NULL,              OUTCOME_AGAIN,     0, WORD_FIX_WAIT     },
    {"4*",  NULL,              OUTCOME_BROKEN,    0, WORD_FIX_TOKEN    },
    {NULL,  NULL,              OUTCOME_REFUSED,   0, WORD_FIX_REPORT   },
};

/* Five digits, the first three are the status. */
static const struct verdict_rule NTFY_RULES[] = {
    {"ACCEPTED", NULL, OUTCOME_DELIVERED, 0,    WORD_NONE       },
    {"42908",    NULL, OUTCOME_THROTTLED, 3600, WORD_FIX_QUOTA  }, /* messages of the day */
    {"42909",    NULL, OUTCOME_BROKEN,    0,    WORD_FIX_TOKEN  }, /* too many failed logins */
    {"429*",     NULL, OUTCOME_THROTTLED, 0,    WORD_FIX_QUOTA  },
    {"401*",     NULL, OUTCOME_BROKEN,    0,    WORD_FIX_TOKEN  },
    {"403*",     NULL, OUTCOME_BROKEN,    0,    WORD_FIX_TOKEN  },
    {"404*",     NULL, OUTCOME_BROKEN,    0,    WORD_FIX_ADDRESS},
    {"5*",       NULL, OUTCOME_AGAIN,     0,    WORD_FIX_WAIT   },
    {NULL,       NULL, OUTCOME_REFUSED,   0,    WORD_FIX_MESSAGE},
};

static const struct verdict_rule GOTIFY_RULES[] = {
    {"ACCEPTED", NULL, OUTCOME_DELIVERED, 0, WORD_NONE       },
    {"401",      NULL, OUTCOME_BROKEN,    0, WORD_FIX_TOKEN  },
    {"403",      NULL, OUTCOME_BROKEN,    0, WORD_FIX_TOKEN  },
    {"404",      NULL, OUTCOME_BROKEN,    0, WORD_FIX_ADDRESS},
    {"5*",       NULL, OUTCOME_AGAIN,     0, WORD_FIX_WAIT   },
    {NULL,       NULL, OUTCOME_REFUSED,   0, WORD_FIX_MESSAGE},
};

/* The status is always 200. After 900 every further call makes the ban longer. */
static const struct verdict_rule PUSHPLUS_RULES[] = {
    {"200", NULL, OUTCOME_DELIVERED, 0, WORD_NONE          },
    {"500", NULL, OUTCOME_AGAIN,     0, WORD_FIX_WAIT      },
    {"600", NULL, OUTCOME_AGAIN,     0, WORD_FIX_WAIT      },
    {"888", NULL, OUTCOME_BROKEN,    0, WORD_FIX_BALANCE   },
    {"900", NULL, OUTCOME_BROKEN,    0, WORD_FIX_QUOTA     },
    {"903", NULL, OUTCOME_BROKEN,    0, WORD_FIX_TOKEN     },
    {"905", NULL, OUTCOME_BROKEN,    0, WORD_FIX_PERMISSION}, /* real name not verified */
    {"401", NULL, OUTCOME_BROKEN,    0, WORD_FIX_TOKEN     },
    {"403", NULL, OUTCOME_BROKEN,    0, WORD_FIX_TOKEN     },
    {NULL,  NULL, OUTCOME_REFUSED,   0, WORD_FIX_REPORT    },
};

static const struct verdict_rule SERVERCHAN_RULES[] = {
    {"0",     NULL,           OUTCOME_DELIVERED, 0,    WORD_NONE      },
    {"40001", "超过当天", OUTCOME_THROTTLED, 3600, WORD_FIX_QUOTA }, /* five a day are free */
    {"40001", NULL,           OUTCOME_BROKEN,    0,    WORD_FIX_TOKEN },
    {NULL,    NULL,           OUTCOME_REFUSED,   0,    WORD_FIX_REPORT},
};

/* Urgency in the order of enum mood: recovered, information, warning, error, critical, emergency. */
/* Apple takes 4096 bytes in all */
static const struct webhook_preset BARK = {
    .name = "bark",
    .endpoint = "https://api.day.app/push",
    .body = "{\"device_key\":\"{{recipient}}\",\"title\":\"{{title}}\",\"body\":\"{{text}}\","
            "\"level\":\"{{urgency}}\",\"group\":\"{{server_name}}\",\"id\":\"{{id}}\",\"isArchive\":\"1\""
            "{{#link}},\"url\":\"{{link}}\"{{/link}}}",
    .token_header = "",
    .recipient = "a device key",
    .text_most = 2000,
    .title_most = 100,
    .urgency = {"active", "passive", "active", "timeSensitive", "critical", "critical"},
    .code = "/code",
    .reason = "/message",
    .reference = "",
    .proof = "",
    .rules = BARK_RULES,
};

/* what is longer than 4096 bytes becomes an attachment */
static const struct webhook_preset NTFY = {
    .name = "ntfy",
    .endpoint = "https://ntfy.sh/",
    .body = "{\"topic\":\"{{recipient}}\",\"title\":\"{{title}}\",\"message\":\"{{text}}\","
            "\"priority\":{{urgency}}{{#link}},\"click\":\"{{link}}\"{{/link}}}",
    .token_header = "Authorization: Bearer ",
    .recipient = "a topic",
    .text_most = 4096,
    .title_most = 250,
    .urgency = {"3", "2", "3", "4", "5", "5"},
    .code = "/code",
    .reason = "/error",
    .reference = "/id",
    .proof = "/id",
    .rules = NTFY_RULES,
};

static const struct webhook_preset GOTIFY = {
    .name = "gotify",
    .endpoint = "",
    .body = "{\"title\":\"{{title}}\",\"message\":\"{{text}}\",\"priority\":{{urgency}}"
            "{{#link}},\"extras\":{\"client::notification\":{\"click\":{\"url\":\"{{link}}\"}}}{{/link}}}",
    .token_header = "X-Gotify-Key: ",
    .recipient = "",
    .text_most = 16000,
    .title_most = 250,
    .urgency = {"4", "2", "5", "7", "8", "10"},
    .code = "/errorCode",
    .reason = "/errorDescription",
    .reference = "/id",
    .proof = "/id",
    .rules = GOTIFY_RULES,
};

/* takes 20000 characters */
static const struct webhook_preset PUSHPLUS = {
    .name = "pushplus",
    .endpoint = "https://www.pushplus.plus/send",
    .body = "{\"token\":\"{{recipient}}\",\"title\":\"{{title}}\",\"content\":\"{{text}}\",\"template\":\"txt\"}",
    .token_header = "",
    .recipient = "a user token",
    .text_most = 16000,
    .title_most = 100,
    .code = "/code",
    .reason = "/msg",
    .reference = "/data",
    .proof = "",
    .rules = PUSHPLUS_RULES,
};

/* Markdown, 32 KB; keys that begin with sctp have another endpoint */
static const struct webhook_preset SERVERCHAN = {
    .name = "serverchan",
    .endpoint = "https://sctapi.ftqq.com/{{recipient}}.send",
    .body = "{\"title\":\"{{title}}\",\"desp\":\"{{text}}\"}",
    .token_header = "",
    .recipient = "a SendKey",
    .markup = MARKUP_CARD,
    .text_most = 30000,
    .title_most = 32,
    .code = "/code",
    .reason = "/message",
    .reference = "/data/pushid",
    .proof = "",
    .rules = SERVERCHAN_RULES,
};

static const struct webhook_preset *const PRESETS[] = {&BARK, &NTFY, &GOTIFY, &PUSHPLUS, &SERVERCHAN};

const struct webhook_preset *webhook_preset(const char *name)
{
    for (size_t i = 0; i < sizeof(PRESETS) / sizeof(*PRESETS); i++)
        if (strcmp(PRESETS[i]->name, name) == 0)
            return PRESETS[i];
    return NULL;
}

void webhook_preset_values(const struct webhook_preset *preset, const struct message *message, const char *recipient,
                           struct json_object *values, struct request *request)
{
    const char *urgency = preset->urgency[message_mood(message)];
    const char *title = utf8_shorten(request->arena, message->title, preset->title_most, UNIT_CHARACTERS);
    const char *text =
        passage_write(request->arena, message->text, preset->markup, preset->text_most, UNIT_BYTES, message->language);

    jset_text(values, "recipient", recipient);
    jset_text(values, "link", message->confirm_url[0] ? message->confirm_url : message->link);
    jset_text(values, "urgency", urgency ? urgency : "");
    jset_text(values, "title", title);
    jset_text(values, "text", text);
    request_measure(request, "title", title, preset->title_most, UNIT_CHARACTERS);
    request_measure(request, "text", text, preset->text_most, UNIT_BYTES);
}

void webhook_preset_judge(const struct webhook_preset *preset, const struct response *response,
                          struct verdicts *verdicts)
{
    struct json_object *answer = answer_json(response, verdicts);
    const char *code = json_word_at(response->arena, answer, preset->code);

    if (!answer || (!code[0] && !answer_accepted(response, verdicts)))
        return;
    if (!code[0])
        code = preset->proof[0] && json_has(answer, preset->proof) ? "ACCEPTED" : "UNKNOWN-ANSWER";
    verdict_by_rules(verdicts, preset->rules, "", code, json_text_at(answer, preset->reason), response,
                     preset->reference[0] ? json_word_at(response->arena, answer, preset->reference) : "");
}
