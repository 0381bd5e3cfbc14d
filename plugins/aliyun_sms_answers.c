/*
 * Answers of Alibaba Cloud SMS: https://help.aliyun.com/document_detail/101346.html
 *
 * Refusals come with HTTP 200: the code in the body decides.
 */
#include "common/sms.h"
#include "plugins/answers.h"

/* What a prefix would get wrong stands first. Codes of receipts (CONTENT_ERROR and so on) are here as well. */
static const struct verdict_rule RULES[] = {
    {"OK",                                                     NULL,     OUTCOME_DELIVERED, 0,     WORD_NONE          },
    {"NO-CODE InternalError UnknownError",                     NULL,     OUTCOME_UNCLEAR,   0,     WORD_NONE          },
    {"SignatureNonceUsed",                                     NULL,     OUTCOME_UNCLEAR,   0,     WORD_NONE          }, /* an earlier copy got through */
    {"InvalidTimeStamp.Expired",                               NULL,     OUTCOME_BROKEN,    0,     WORD_FIX_CLOCK     },
    {"isv.BUSINESS_LIMIT_CONTROL",                             "分钟", OUTCOME_THROTTLED, 60,    WORD_FIX_QUOTA     },
    {"isv.BUSINESS_LIMIT_CONTROL",                             "天级", OUTCOME_THROTTLED, 86400, WORD_FIX_QUOTA     },
    {"isv.BUSINESS_LIMIT_CONTROL MOBILE_SEND_LIMIT",           NULL,     OUTCOME_THROTTLED, 3600,  WORD_FIX_QUOTA     },
    {"isv.DAY_LIMIT_CONTROL isv.MONTH_LIMIT_CONTROL",          NULL,     OUTCOME_THROTTLED, 86400, WORD_FIX_QUOTA     },
    {"isp.RAM_PERMISSION_DENY Forbidden*",                     NULL,     OUTCOME_BROKEN,    0,     WORD_FIX_PERMISSION},
    {"isp.* IS_CLOSE Throttling* ServiceUnavailable",          NULL,     OUTCOME_AGAIN,     0,     WORD_FIX_WAIT      },
    {"isv.MOBILE_COUNT_OVER_LIMIT",                            NULL,     OUTCOME_REFUSED,   0,     WORD_FIX_MESSAGE   },
    {"isv.MOBILE* isv.DOMESTIC_NUMBER_NOT_SUPPORTED",          NULL,     OUTCOME_REFUSED,   0,     WORD_FIX_RECIPIENT },
    {"isv.BLACK_KEY_CONTROL_LIMIT isv.CUSTOMER_REFUSED",       NULL,     OUTCOME_REFUSED,   0,     WORD_FIX_RECIPIENT },
    {"isv.SMS_TEST_NUMBER_LIMIT INVALID_NUMBER",               NULL,     OUTCOME_REFUSED,   0,     WORD_FIX_RECIPIENT },
    {"MOBILE_* MOBLLE_* USER_REJECT SP_NOT_BY_INTER_SMS",      NULL,     OUTCOME_REFUSED,   0,     WORD_FIX_RECIPIENT },
    {"isv.TEMPLATE* isv.INVALID_* isv.PARAM*",                 NULL,     OUTCOME_REFUSED,   0,     WORD_FIX_MESSAGE   },
    {"isv.SMS_CONTENT* isv.UNSUPPORTED_CONTENT",               NULL,     OUTCOME_REFUSED,   0,     WORD_FIX_MESSAGE   },
    {"isv.SMS_TEST_TEMPLATE_PARAMS_ILLEGAL PARAMS_ILLEGAL",    NULL,     OUTCOME_REFUSED,   0,     WORD_FIX_MESSAGE   },
    {"CONTENT_* template_parameter_count_illegal",             NULL,     OUTCOME_REFUSED,   0,     WORD_FIX_MESSAGE   },
    {"isv.AMOUNT_NOT_ENOUGH isv.OUT_OF_SERVICE",               NULL,     OUTCOME_BROKEN,    0,     WORD_FIX_BALANCE   },
    {"isv.PRODUCT_UN* isv.ACCOUNT_* InsufficientBalance",      NULL,     OUTCOME_BROKEN,    0,     WORD_FIX_BALANCE   },
    {"isv.SECURITY_FROZEN_ACCOUNT",                            NULL,     OUTCOME_BROKEN,    0,     WORD_FIX_BALANCE   },
    {"isv.DENY_IP_RANGE",                                      NULL,     OUTCOME_BROKEN,    0,     WORD_FIX_ALLOWLIST },
    {"isv.* SIGNATURE_BLACKLIST PORT_NOT_REGISTERED NO_ROUTE", NULL,     OUTCOME_BROKEN,    0,     WORD_FIX_TEMPLATE  },
    {"SignatureDoesNotMatch IncompleteSignature",              NULL,     OUTCOME_BROKEN,    0,     WORD_FIX_KEY       },
    {"InvalidAccessKeyId* InvalidSecurityToken* Missing*",     NULL,     OUTCOME_BROKEN,    0,     WORD_FIX_KEY       },
    {"Invalid* UnsupportedHTTPMethod",                         NULL,     OUTCOME_BROKEN,    0,     WORD_FIX_ADDRESS   }, /* version, action, API */
    {NULL,                                                     NULL,     OUTCOME_REFUSED,   0,     WORD_FIX_REPORT    },
};

const struct verdict_rule *aliyun_sms_rules(void)
{
    return RULES;
}

void aliyun_sms_judge(const struct intent *intent, const struct response *response, struct verdicts *verdicts)
{
    struct json_object *answer = answer_json(response, verdicts);
    const char *code = json_text_at(answer, "/Code");

    if (answer && (code[0] || answer_accepted(response, verdicts)))
        sms_judge(verdicts, RULES, "", code, json_text_at(answer, "/Message"), response,
                  json_text_at(answer, "/BizId"));
    sms_refuse_others(intent, verdicts);
}
