/* Answers of WeCom's robots: https://developer.work.weixin.qq.com/document/path/90313 */
#include "common/robot.h"
#include "plugins/answers.h"

static const struct verdict_rule RULES[] = {
    {"0",           NULL,         OUTCOME_DELIVERED, 0,  WORD_NONE       },
    {"45009",       NULL,         OUTCOME_THROTTLED, 60, WORD_FIX_QUOTA  }, /* over 20 a minute */
    {"45033",       NULL,         OUTCOME_THROTTLED, 5,  WORD_FIX_QUOTA  }, /* too many calls at one time */
    {"*",           "freq",       OUTCOME_THROTTLED, 60, WORD_FIX_QUOTA  },
    {"-1",          NULL,         OUTCOME_AGAIN,     30, WORD_FIX_WAIT   },
    {"93000",       "max length", OUTCOME_REFUSED,   0,  WORD_FIX_MESSAGE},
    {"93000",       NULL,         OUTCOME_BROKEN,    0,  WORD_FIX_TOKEN  }, /* wrong key, or the robot was removed */
    {"40058 44004", NULL,         OUTCOME_REFUSED,   0,  WORD_FIX_MESSAGE}, /* too long or malformed, empty */
    {NULL,          NULL,         OUTCOME_REFUSED,   0,  WORD_FIX_REPORT },
};

void wecom_classify(const void *settings, const struct intent *intent, const struct response *response,
                    struct verdicts *verdicts)
{
    struct json_object *doc = answer_json(response, verdicts);

    (void)settings;
    (void)intent;
    if (doc)
        robot_answer(&ROBOT_ERRCODE, RULES, response, doc, verdicts);
}
