/*
 * Tencent Cloud SMS, SendSms 2021-01-11.
 * https://cloud.tencent.com/document/api/382/55981 (SendSms)
 * https://cloud.tencent.com/document/api/382/38780 (codes)
 * https://cloud.tencent.com/document/product/382/39023 (what a variable may hold)
 *
 * The text is a template that the provider approved; we fill its slots by position. Even a bad signature is answered with
 * HTTP 200, and a call that succeeded may have failed for some of its numbers: each has a code of its own.
 */
#include <string.h>

#include "common/channel.h"
#include "common/phone.h"
#include "common/sign.h"
#include "common/sms.h"

struct tencent_sms {
    const char *endpoint;
    struct secret secret_id;
    struct secret secret_key;
    struct secret token;
    const char *app_id;
    const char *region;
    const char *sign_name;
    const char *template_id;
    struct text_list template_params;
    int64_t variable_limit;
};

static const struct option_row OPTIONS[] = {
    OPTION_SECRET("secret_id", struct tencent_sms, secret_id, MANDATORY, "SecretId"),
    OPTION_SECRET("secret_key", struct tencent_sms, secret_key, MANDATORY, "SecretKey"),
    OPTION_SECRET("token", struct tencent_sms, token, "", "token of temporary keys"),
    OPTION_TEXT("app_id", struct tencent_sms, app_id, MANDATORY, "SmsSdkAppId, 1400..."),
    OPTION_TEXT("sign_name", struct tencent_sms, sign_name, MANDATORY, "approved signature: its text, not its id"),
    OPTION_TEXT("template_id", struct tencent_sms, template_id, MANDATORY, "approved template"),
    OPTION_TEMPLATES("template_params", struct tencent_sms, template_params, "{{host}}, {{subject}}",
                     "what stands in {1}, {2}, ... of the template: as many as it has"),
    OPTION_NUMBER("variable_limit", struct tencent_sms, variable_limit, "6",
                  "longest variable in characters: 6 for accounts opened since 2024, more where the console says so"),
    OPTION_TEXT("region", struct tencent_sms, region, "ap-beijing", "ap-beijing, ap-guangzhou or ap-nanjing"),
    OPTION_TEXT("endpoint", struct tencent_sms, endpoint, "https://sms.tencentcloudapi.com/", "address of the API"),
    OPTION_END,
};

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

static bool add_slots(const struct tencent_sms *self, const struct message *message, struct json_object *slots,
                      struct request *request, struct fault *fault)
{
    for (size_t i = 0; i < self->template_params.count; i++) {
        const char *what = arena_print(request->arena, "template_params %zu", i + 1);
        const char *value;

        if (!sms_fill(request->arena, self->template_params.items[i], message, (size_t)self->variable_limit, &value,
                      fault))
            return fault_in(fault, "%s", what);
        request_measure(request, what, value, (size_t)self->variable_limit, UNIT_CHARACTERS);
        jadd_text(slots, value);
    }
    return true;
}

/* A call takes numbers of the mainland or of abroad, not both: the first number decides. */
static bool goes_along(const struct text_list *numbers, const char *number)
{
    return phone_is_mainland(numbers->items[0]) == phone_is_mainland(number);
}

static bool build(const void *settings, const struct intent *intent, const struct moment *moment,
                  struct request *request, struct fault *fault)
{
    const struct tencent_sms *self = settings;
    struct json_object *body = json_doc(request->arena);
    struct json_object *phones = jset_array(body, "PhoneNumberSet");
    struct text_list numbers;

    jset_text(body, "SmsSdkAppId", self->app_id);
    jset_text(body, "SignName", self->sign_name);
    jset_text(body, "TemplateId", self->template_id);
    jset_text(body, "SessionContext", intent->message->id);
    if (!sms_numbers(request->arena, intent, &numbers, fault) ||
        !add_slots(self, intent->message, jset_array(body, "TemplateParamSet"), request, fault))
        return false;
    for (size_t i = 0; i < numbers.count; i++)
        if (goes_along(&numbers, numbers.items[i]))
            jadd_text(phones, numbers.items[i]);
    request->url = self->endpoint;
    request_body(request, json_print(body));
    request_header(request, "Content-Type: application/json; charset=utf-8");
    request_header(request, "X-TC-Action: SendSms");
    request_header(request, "X-TC-Version: 2021-01-11");
    request_header(request, "X-TC-Region: %s", self->region);
    sign_tc3(
        &(struct tc3){
            .service = "sms", .key = {self->secret_id, self->secret_key, self->token},
                 .now_s = moment->wall_ms / 1000
    },
        request);
    return true;
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

    if (goes_along(numbers, number))
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

static void classify(const void *settings, const struct intent *intent, const struct response *response,
                     struct verdicts *verdicts)
{
    struct json_object *answer = answer_json(response, verdicts);
    struct json_object *rows = json_at(answer, "/Response/SendStatusSet");
    const char *code = json_text_at(answer, "/Response/Error/Code");

    (void)settings;
    if (answer && rows && !code[0])
        judge_numbers(intent, rows, response, verdicts);
    else if (answer && (code[0] || answer_accepted(response, verdicts)))
        sms_judge(verdicts, RULES, "", code, json_text_at(answer, "/Response/Error/Message"), response, "");
    sms_refuse_others(intent, verdicts);
}

const struct channel channel_tencent_sms = {
    .name = "tencent_sms",
    .summary = "Tencent Cloud SMS (腾讯云短信)",
    .example = "--secret-id-file id --secret-key-file key --app-id 1400006666 --sign-name 监控系统 --template-id 1234 "
               "--to 13800138000",
    .options = OPTIONS,
    .settings_size = sizeof(struct tencent_sms),
    .verbs = VERB_SEND,
    .addresses = ADDRESS_MOBILE,
    .recipient_limits = {.per_minute = 5, .per_hour = 20, .per_day = 50}, /* a number */
    .endpoint_limits = {.per_day = 500 }, /* a section: SMS cost money */
    .expires_s = 900,
    .recipients_in_request = 200,
    .needs_recipient = true,
    .never_repeats = true,
    .build = build,
    .classify = classify,
};
