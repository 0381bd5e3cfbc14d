/*
 * Answers of Tencent Cloud SMS: https://cloud.tencent.com/document/api/382/38780
 *
 * Even a bad signature is answered with HTTP 200, and a call that succeeded may have failed for some of its numbers: each has a
 * code of its own.
 */
#include <string.h>

#include "common/phone.h"
#include "common/sms.h"
#include "plugins/answers.h"

/* What a prefix would get wrong stands first. */
static const struct verdict_rule RULES[] = {
    {"Ok",                                                      NULL, OUTCOME_DELIVERED, 0,     WORD_NONE          },
    {"RequestLimitExceeded* ServiceUnavailable",                NULL, OUTCOME_AGAIN,     0,     WORD_FIX_WAIT      },
    {"LimitExceeded.GlobalSmsSendingRateLimit",                 NULL, OUTCOME_AGAIN,     0,     WORD_FIX_WAIT      },
    {"LimitExceeded.PhoneNumberThirtySecondLimit",              NULL, OUTCOME_THROTTLED, 30,    WORD_FIX_QUOTA     },
    {"LimitExceeded.DeliveryFrequencyLimit",                    NULL, OUTCOME_THROTTLED, 60,    WORD_FIX_QUOTA     },
    {"LimitExceeded.PhoneNumberOneHourLimit",                   NULL, OUTCOME_THROTTLED, 3600,  WORD_FIX_QUOTA     },
    {"LimitExceeded.AppCountryOrRegionInBlacklist",             NULL, OUTCOME_BROKEN,    0,     WORD_FIX_PERMISSION},
    {"LimitExceeded.PhoneNumberCountLimit",                     NULL, OUTCOME_REFUSED,   0,     WORD_FIX_MESSAGE   },
    {"LimitExceeded.*",                                         NULL, OUTCOME_THROTTLED, 86400, WORD_FIX_QUOTA     }, /* of the day */
    {"AuthFailure.SignatureExpire InternalError.RequestTime*",  NULL, OUTCOME_BROKEN,    0,     WORD_FIX_CLOCK     },
    {"InternalError.JsonParseFail InvalidParameter.Dirty*",     NULL, OUTCOME_REFUSED,   0,     WORD_FIX_MESSAGE   },
    {"InternalError.Sig* InvalidParameter.AppidAndBizId",       NULL, OUTCOME_BROKEN,    0,     WORD_FIX_KEY       },
    {"InternalError.RestApiInterfaceNotExist",                  NULL, OUTCOME_BROKEN,    0,     WORD_FIX_ADDRESS   },
    {"NO-CODE InternalError*",                                  NULL, OUTCOME_UNCLEAR,   0,     WORD_NONE          },
    {"AuthFailure.UnauthorizedOperation",                       NULL, OUTCOME_BROKEN,    0,     WORD_FIX_PERMISSION},
    {"AuthFailure* InvalidParameterValue.SdkAppIdNotExist",     NULL, OUTCOME_BROKEN,    0,     WORD_FIX_KEY       },
    {"UnauthorizedOperation.ServiceSuspendDueToArrears",        NULL, OUTCOME_BROKEN,    0,     WORD_FIX_BALANCE   },
    {"UnauthorizedOperation.RequestIpNotInWhitelist Ip*",       NULL, OUTCOME_BROKEN,    0,     WORD_FIX_ALLOWLIST },
    {"UnauthorizedOperation*",                                  NULL, OUTCOME_BROKEN,    0,     WORD_FIX_PERMISSION},
    {"InvalidParameterValue.IncorrectPhoneNumber",              NULL, OUTCOME_REFUSED,   0,     WORD_FIX_RECIPIENT },
    {"InvalidParameter* MissingParameter*",                     NULL, OUTCOME_REFUSED,   0,     WORD_FIX_MESSAGE   },
    {"UnsupportedOperation.ContainDomesticAndInternational*",   NULL, OUTCOME_REFUSED,   0,     WORD_FIX_MESSAGE   },
    {"UnsupportedOperation.UnsupportedRegion",                  NULL, OUTCOME_REFUSED,   0,     WORD_FIX_RECIPIENT },
    {"UnsupportedOperation.ContainDomestic*",                   NULL, OUTCOME_REFUSED,   0,     WORD_FIX_RECIPIENT },
    {"FailedOperation.PhoneNumber*",                            NULL, OUTCOME_REFUSED,   0,     WORD_FIX_RECIPIENT },
    {"FailedOperation.ContainSensitiveWord",                    NULL, OUTCOME_REFUSED,   0,     WORD_FIX_MESSAGE   },
    {"FailedOperation.TemplateParamSet* FailedOperation.Fail*", NULL, OUTCOME_REFUSED,   0,     WORD_FIX_MESSAGE   },
    {"FailedOperation.Json* FailedOperation.Marketing*",        NULL, OUTCOME_REFUSED,   0,     WORD_FIX_MESSAGE   },
    {"FailedOperation.InsufficientBalance* ResourceInsuff*",    NULL, OUTCOME_BROKEN,    0,     WORD_FIX_BALANCE   },
    {"FailedOperation.* UnsupportedOperation*",                 NULL, OUTCOME_BROKEN,    0,     WORD_FIX_TEMPLATE  },
    {"InvalidAction NoSuch* ActionOffline UnsupportedRegion",   NULL, OUTCOME_BROKEN,    0,     WORD_FIX_ADDRESS   },
    {NULL,                                                      NULL, OUTCOME_REFUSED,   0,     WORD_FIX_REPORT    },
};

const struct verdict_rule *tencent_sms_rules(void)
{
    return RULES;
}

bool tencent_sms_goes_along(const struct text_list *numbers, const char *number)
{
    return phone_is_mainland(numbers->items[0]) == phone_is_mainland(number);
}

/* The answer's row for a number; NULL when it says nothing of it. It repeats numbers as we wrote them. */
static struct json_object *status_of(struct json_object *rows, const char *number)
{
    struct json_object *row;

    for (size_t i = 0; (row = json_item(rows, i)); i++)
        if (strcmp(json_text_at(row, "/PhoneNumber"), number) == 0)
            return row;
    return NULL;
}

/* One number of a call that the provider took. */
static void judge_number(const struct text_list *numbers, const char *recipient, const char *number,
                         struct json_object *rows, const struct response *response, struct verdicts *verdicts)
{
    struct json_object *row = status_of(rows, number);

    if (tencent_sms_goes_along(numbers, number))
        sms_judge(verdicts, RULES, recipient, json_text_at(row, "/Code"),
                  row ? json_text_at(row, "/Message") : "the answer does not mention this number", response,
                  json_text_at(row, "/SerialNo"));
    else
        verdict_add(verdicts, (struct verdict){.recipient = recipient,
                                               .outcome = OUTCOME_AGAIN,
                                               .code = "NEXT-REQUEST",
                                               .reason = "numbers of the mainland and of abroad go out separately",
                                               .remedy = WORD_FIX_WAIT});
}

static void judge_numbers(const struct intent *intent, struct json_object *rows, const struct response *response,
                          struct verdicts *verdicts)
{
    struct text_list numbers;
    struct fault fault = {0};
    const char *number;

    if (!sms_numbers(response->arena, intent, &numbers, &fault))
        return;
    for (size_t i = 0; i < intent->recipient_count; i++)
        if (phone_read(response->arena, intent->recipients[i], &number, &fault))
            judge_number(&numbers, intent->recipients[i], number, rows, response, verdicts);
}

void tencent_sms_judge(const struct intent *intent, const struct response *response, struct verdicts *verdicts)
{
    struct json_object *answer = answer_json(response, verdicts);
    struct json_object *rows = json_at(answer, "/Response/SendStatusSet");
    const char *code = json_text_at(answer, "/Response/Error/Code");

    if (answer && rows && !code[0])
        judge_numbers(intent, rows, response, verdicts);
    else if (answer && (code[0] || answer_accepted(response, verdicts)))
        sms_judge(verdicts, RULES, "", code, json_text_at(answer, "/Response/Error/Message"), response, "");
    sms_refuse_others(intent, verdicts);
}
