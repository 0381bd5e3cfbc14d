/*
 * Answers of Feishu's robots: https://open.feishu.cn/document/ukTMukTMukTM/ucTM5YjL3ETO24yNxkjN
 *
 * "code" decides. Older robots answered with "StatusCode" alone; newer ones send it along with their successes only, so
 * without "code" it counts, and beside it never.
 */
#include "common/robot.h"
#include "plugins/answers.h"

static const struct verdict_rule RULES[] = {
    {"0",                    NULL,        OUTCOME_DELIVERED, 0,  WORD_NONE         },
    {"11232 11247 99991400", NULL,        OUTCOME_THROTTLED, 10, WORD_FIX_QUOTA    }, /* 100 a minute, 5 a second; full hours */
    {"*",                    "frequency", OUTCOME_THROTTLED, 10, WORD_FIX_QUOTA    },
    {"19001",                NULL,        OUTCOME_BROKEN,    0,  WORD_FIX_TOKEN    },
    {"19021",                NULL,        OUTCOME_BROKEN,    0,  WORD_FIX_SIGNATURE}, /* or over an hour off */
    {"19022",                NULL,        OUTCOME_BROKEN,    0,  WORD_FIX_ALLOWLIST},
    {"19024",                NULL,        OUTCOME_BROKEN,    0,  WORD_FIX_KEYWORD  },
    {"9499 19002 19036",     NULL,        OUTCOME_REFUSED,   0,  WORD_FIX_MESSAGE  }, /* malformed, or over 20 KB */
    {NULL,                   NULL,        OUTCOME_REFUSED,   0,  WORD_FIX_REPORT   },
};

static const struct robot_fields NOW = {.code = "/code", .words = "/msg"};
static const struct robot_fields FORMERLY = {.code = "/StatusCode", .words = "/StatusMessage"};

void feishu_classify(const void *settings, const struct intent *intent, const struct response *response,
                     struct verdicts *verdicts)
{
    struct json_object *doc = answer_json(response, verdicts);

    (void)settings;
    (void)intent;
    if (doc)
        robot_answer(json_has(doc, "/code") ? &NOW : &FORMERLY, RULES, response, doc, verdicts);
}
