/*
 * Tencent Cloud SMS, SendSms 2021-01-11.
 * https://cloud.tencent.com/document/api/382/55981 (SendSms)
 * https://cloud.tencent.com/document/api/382/38780 (codes)
 * https://cloud.tencent.com/document/product/382/39023 (what a variable may hold)
 * https://www.tencentcloud.com/document/product/382/40518 (PullSmsSendStatusByPhoneNumber, for receipts)
 *
 * The text is a template that the provider approved; we fill its slots by position. Even a bad signature is answered with
 * HTTP 200, and a call that succeeded may have failed for some of its numbers: each has a code of its own.
 */
#include <string.h>

#include "common/channel.h"
#include "common/phone.h"
#include "common/sign.h"
#include "common/sms.h"
#include "plugins/answers.h"

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

static bool message_body(const struct tencent_sms *self, const struct intent *intent, const struct text_list *numbers,
                         struct json_object *body, struct request *request, struct fault *fault)
{
    struct json_object *phones = jset_array(body, "PhoneNumberSet");

    jset_text(body, "SmsSdkAppId", self->app_id);
    jset_text(body, "SignName", self->sign_name);
    jset_text(body, "TemplateId", self->template_id);
    jset_text(body, "SessionContext", intent->message->id);
    for (size_t i = 0; i < numbers->count; i++)
        if (tencent_sms_goes_along(numbers, numbers->items[i]))
            jadd_text(phones, numbers->items[i]);
    return add_slots(self, intent->message, jset_array(body, "TemplateParamSet"), request, fault);
}

static void call(const struct tencent_sms *self, const char *action, struct json_object *body, int64_t now_s,
                 struct request *request)
{
    request->url = self->endpoint;
    request_body(request, json_print(body));
    request_header(request, "Content-Type: application/json; charset=utf-8");
    request_header(request, "X-TC-Action: %s", action);
    request_header(request, "X-TC-Version: 2021-01-11");
    request_header(request, "X-TC-Region: %s", self->region);
    sign_tc3(
        &(struct tc3){
            .service = "sms", .key = {self->secret_id, self->secret_key, self->token},
                 .now_s = now_s
    },
        request);
}

static bool build(const void *settings, const struct intent *intent, const struct moment *moment,
                  struct request *request, struct fault *fault)
{
    const struct tencent_sms *self = settings;
    struct json_object *body = json_doc(request->arena);
    int64_t now_s = moment->wall_ms / 1000;
    struct text_list numbers;

    if (!sms_numbers(request->arena, intent, &numbers, fault))
        return false;
    if (intent->verb == VERB_RECEIPT) {
        body = tencent_receipt_body(request->arena, self->app_id, intent, numbers.items[0]);
        call(self, "PullSmsSendStatusByPhoneNumber", body, now_s, request);
        return true;
    }
    if (!message_body(self, intent, &numbers, body, request, fault))
        return false;
    call(self, "SendSms", body, now_s, request);
    return true;
}

static void classify(const void *settings, const struct intent *intent, const struct response *response,
                     struct verdicts *verdicts)
{
    (void)settings;
    if (intent->verb == VERB_RECEIPT)
        tencent_receipt_judge(intent, response, verdicts);
    else
        tencent_sms_judge(intent, response, verdicts);
}

const struct channel channel_tencent_sms = {
    .name = "tencent_sms",
    .summary = "Tencent Cloud SMS (腾讯云短信)",
    .example = "--secret-id-file id --secret-key-file key --app-id 1400006666 --sign-name 监控系统 --template-id 1234 "
               "--template-params {{subject}} --to 13800138000",
    .options = OPTIONS,
    .settings_size = sizeof(struct tencent_sms),
    .verbs = VERB_SEND | VERB_RECEIPT,
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
