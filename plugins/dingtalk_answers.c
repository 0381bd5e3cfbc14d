/*
 * Answers of DingTalk's robots: https://open.dingtalk.com/document/robots/custom-robot-access
 *
 * Nearly everything is answered with 200; "errcode" in the body decides, and one code has several meanings that only
 * "errmsg" tells apart.
 */
#include "common/robot.h"
#include "plugins/answers.h"

/* Of one code, the row whose words stand in "errmsg": English in older answers, Chinese in newer ones. */
static const struct verdict_rule RULES[] = {
    {"0",                       NULL,           OUTCOME_DELIVERED, 0,    WORD_NONE         },
    {"130101 410100",           NULL,           OUTCOME_THROTTLED, 60,   WORD_FIX_QUOTA    }, /* over 20 a minute */
    {"90030",                   NULL,           OUTCOME_THROTTLED, 3600, WORD_FIX_QUOTA    }, /* calls of the day used up */
    {"*",                       "too fast",     OUTCOME_THROTTLED, 60,   WORD_FIX_QUOTA    },
    {"*",                       "per minute",   OUTCOME_THROTTLED, 60,   WORD_FIX_QUOTA    },
    {"*",                       "frequen",      OUTCOME_THROTTLED, 60,   WORD_FIX_QUOTA    },
    {"*",                       "限流",       OUTCOME_THROTTLED, 60,   WORD_FIX_QUOTA    },
    {"-1",                      NULL,           OUTCOME_AGAIN,     30,   WORD_FIX_WAIT     },
    {"310000",                  "keyword",      OUTCOME_BROKEN,    0,    WORD_FIX_KEYWORD  },
    {"310000",                  "关键词",    OUTCOME_BROKEN,    0,    WORD_FIX_KEYWORD  },
    {"310000",                  "timestamp",    OUTCOME_BROKEN,    0,    WORD_FIX_CLOCK    },
    {"310000",                  "签名过期", OUTCOME_BROKEN,    0,    WORD_FIX_CLOCK    },
    {"310000",                  "whitelist",    OUTCOME_BROKEN,    0,    WORD_FIX_ALLOWLIST},
    {"310000",                  "白名单",    OUTCOME_BROKEN,    0,    WORD_FIX_ALLOWLIST},
    {"310000",                  NULL,           OUTCOME_BROKEN,    0,    WORD_FIX_SIGNATURE},
    {"300001 300005 400101 88", NULL,           OUTCOME_BROKEN,    0,    WORD_FIX_TOKEN    },
    {"400013 400102 400106",    NULL,           OUTCOME_BROKEN,    0,    WORD_FIX_TARGET   }, /* group, robot gone */
    {"43010*",                  NULL,           OUTCOME_REFUSED,   0,    WORD_FIX_MESSAGE  }, /* unsafe link or text */
    {"*",                       "too long",     OUTCOME_REFUSED,   0,    WORD_FIX_MESSAGE  },
    {NULL,                      NULL,           OUTCOME_REFUSED,   0,    WORD_FIX_REPORT   },
};

/* The wall in front of the robots stops bursts, in words of its own. */
static bool wall_answered(struct json_object *doc)
{
    return !json_has(doc, "/errcode") && (json_number_at(doc, "/status", 0) == 1111 || json_has(doc, "/punish"));
}

void dingtalk_classify(const void *settings, const struct intent *intent, const struct response *response,
                       struct verdicts *verdicts)
{
    struct json_object *doc = answer_json(response, verdicts);

    (void)settings;
    (void)intent;
    if (doc && wall_answered(doc))
        verdict_add(verdicts, (struct verdict){.outcome = OUTCOME_THROTTLED,
                                               .code = "1111",
                                               .reason = response->body,
                                               .remedy = WORD_FIX_QUOTA,
                                               .wait_s = json_number_at(doc, "/wait", 60)});
    else if (doc)
        robot_answer(&ROBOT_ERRCODE, RULES, response, doc, verdicts);
}
