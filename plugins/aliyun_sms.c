/*
 * Alibaba Cloud SMS, SendSms 2017-05-25.
 * https://help.aliyun.com/document_detail/419273.html (SendSms)
 * https://help.aliyun.com/document_detail/101346.html (codes)
 * https://help.aliyun.com/document_detail/463270.html (what a variable may hold: 1 to 35 characters, no links)
 * https://help.aliyun.com/document_detail/419277.html (QuerySendDetails, for receipts)
 *
 * The text is a template that the provider approved; we fill its variables. SendSms is not idempotent, and refusals come
 * with HTTP 200: the code in the body decides.
 */
#include <string.h>

#include "common/channel.h"
#include "common/phone.h"
#include "common/sign.h"
#include "common/sms.h"
#include "plugins/answers.h"

struct aliyun_sms {
    const char *endpoint;
    struct secret access_key_id;
    struct secret access_key_secret;
    struct secret security_token;
    const char *region;
    const char *sign_name;
    const char *template_code;
    struct text_list template_param;
    int64_t variable_limit;
    const char *extend_code;
    const char *signature;
};

static const struct option_row OPTIONS[] = {
    OPTION_TEXT("endpoint", struct aliyun_sms, endpoint, "https://dysmsapi.aliyuncs.com/", "address of the API"),
    OPTION_SECRET("access_key_id", struct aliyun_sms, access_key_id, MANDATORY, "AccessKey ID"),
    OPTION_SECRET("access_key_secret", struct aliyun_sms, access_key_secret, MANDATORY, "AccessKey Secret"),
    OPTION_SECRET("security_token", struct aliyun_sms, security_token, "", "STS token of a temporary AccessKey"),
    OPTION_TEXT("region", struct aliyun_sms, region, "cn-hangzhou", "region"),
    OPTION_TEXT("sign_name", struct aliyun_sms, sign_name, MANDATORY, "approved signature, without 【】"),
    OPTION_TEXT("template_code", struct aliyun_sms, template_code, MANDATORY, "approved template, SMS_..."),
    OPTION_TEMPLATES("template_param", struct aliyun_sms, template_param,
                     "server={{host}}, type={{subject}}, time={{time}}", "the template's variables: NAME=VALUE"),
    OPTION_NUMBER("variable_limit", struct aliyun_sms, variable_limit, "35", "longest variable, in characters"),
    OPTION_TEXT("extend_code", struct aliyun_sms, extend_code, "", "extension of the sender's number"),
    OPTION_CHOICE("signature", struct aliyun_sms, signature, "v3", "v3 v1",
                  "v1 is for gateways of private clouds that know only the old signature"),
    OPTION_END,
};

static void check(const void *settings, const struct findings *findings)
{
    const struct aliyun_sms *self = settings;

    sms_check_named("template_param", &self->template_param, findings);
}

static void sign(const struct aliyun_sms *self, const char *action, const struct moment *moment,
                 const struct pairs *parameters, struct request *request)
{
    struct aliyun_call call = {
        .action = action,
        .version = "2017-05-25",
        .key = {self->access_key_id, self->access_key_secret, self->security_token},
        .now_s = moment->wall_ms / 1000,
        .nonce = moment->nonce,
    };
    bool old = strcmp(self->signature, "v1") == 0;
    const char *query = old ? query_signed_v1(request->arena, &call, request->method, parameters)
                            : query_canonical(request->arena, parameters);

    request->url = arena_print(request->arena, "%s?%s", self->endpoint, query);
    request_header(request, "Content-Type:"); /* there is no body: nothing is sent that is not signed */
    if (!old)
        sign_acs3(&call, request);
}

static struct pairs parameters_of(const struct aliyun_sms *self, const struct message *message, struct arena *arena,
                                  const char *numbers, const char *variables)
{
    struct pair all[] = {
        {"PhoneNumbers",    numbers            },
        {"SignName",        self->sign_name    },
        {"TemplateCode",    self->template_code},
        {"TemplateParam",   variables          },
        {"OutId",           message->id        }, /* comes back with the receipt */
        {"RegionId",        self->region       },
        {"SmsUpExtendCode", self->extend_code  },
    };
    size_t count = sizeof(all) / sizeof(*all) - (self->extend_code[0] == '\0');
    struct pair *items = arena_alloc(arena, sizeof(all));

    memcpy(items, all, sizeof(all));
    return (struct pairs){.items = items, .count = count};
}

static bool build(const void *settings, const struct intent *intent, const struct moment *moment,
                  struct request *request, struct fault *fault)
{
    const struct aliyun_sms *self = settings;
    struct text_list numbers;
    struct pairs parameters;
    const char *variables;

    if (!sms_numbers(request->arena, intent, &numbers, fault))
        return false;
    if (intent->verb == VERB_RECEIPT) {
        parameters = aliyun_receipt_parameters(request->arena, intent, numbers.items[0]);
        sign(self, "QuerySendDetails", moment, &parameters, request);
        return true;
    }
    if (!sms_fill_named("template_param", &self->template_param, (size_t)self->variable_limit, intent->message, request,
                        &variables, fault))
        return false;
    parameters = parameters_of(self, intent->message, request->arena, sms_joined(request->arena, &numbers), variables);
    sign(self, "SendSms", moment, &parameters, request);
    return true;
}

static void classify(const void *settings, const struct intent *intent, const struct response *response,
                     struct verdicts *verdicts)
{
    (void)settings;
    if (intent->verb == VERB_RECEIPT)
        aliyun_receipt_judge(intent, response, verdicts);
    else
        aliyun_sms_judge(intent, response, verdicts);
}

const struct channel channel_aliyun_sms = {
    .name = "aliyun_sms",
    .summary = "Alibaba Cloud SMS (阿里云短信)",
    .example = "--access-key-id-file id --access-key-secret-file secret --sign-name 监控系统 "
               "--template-code SMS_123456789 --template-param type={{subject}} --to 13800138000",
    .options = OPTIONS,
    .settings_size = sizeof(struct aliyun_sms),
    .verbs = VERB_SEND | VERB_RECEIPT,
    .addresses = ADDRESS_MOBILE,
    .recipient_limits = {.per_minute = 5, .per_hour = 20, .per_day = 50}, /* a number */
    .endpoint_limits = {.per_day = 500 }, /* a section: SMS cost money */
    .expires_s = 900,
    .recipients_in_request = 1, /* the provider's advice for urgent messages; one answer speaks for one number */
    .needs_recipient = true,
    .receipts_by_day = true,
    .never_repeats = true,
    .check = check,
    .build = build,
    .classify = classify,
};
