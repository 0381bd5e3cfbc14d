/*
 * Tencent Cloud SMS: SendSms, and PullSmsSendStatusByPhoneNumber for what became of it, signed by TC3-HMAC-SHA256.
 *
 * https://cloud.tencent.com/document/api/382/55981 (SendSms), https://cloud.tencent.com/document/api/382/59177 (codes)
 * Every answer comes with HTTP status 200; a call that succeeded may have failed for some of its numbers.
 */
#include <string.h>

#include "common/hash.h"
#include "common/utf8.h"
#include "plugins/sandbox/fields.h"
#include "plugins/sandbox/provider.h"
#include "plugins/sandbox/verify.h"

enum {
    NUMBERS_MOST = 200,
    VARIABLES_MOST = 100,
    HALF_MINUTE_MS = 30 * 1000,
};

static const struct refusal REFUSALS[] = {
    {"InvalidAction",                                             200, "The request action=SendSms is invalid."                                     },
    {"NoSuchVersion",                                             200, "The specified version does not exist."                                      },
    {"MissingParameter",                                          200, "The request is missing a required parameter `Region`."                      },
    {"AuthFailure.InvalidAuthorization",                          200, "The request header `Authorization` is invalid."                             },
    {"AuthFailure.SecretIdNotFound",                              200, "The SecretId is not found, please ensure that your SecretId is correct."    },
    {"AuthFailure.SignatureExpire",                               200,
     "The provided credentials could not be validated: the request is out of its five minutes."                                                     },
    {"AuthFailure.SignatureFailure",                              200,
     "The provided credentials could not be validated. Please check your signature is correct."                                                     },
    {"FailedOperation.JsonParseFail",                             200, "解析请求包体时候失败。"                                          },
    {"MissingParameter.EmptyPhoneNumberSet",                      200, "传入的号码列表为空，请确认您的参数中是否传入号码。"},
    {"LimitExceeded.PhoneNumberCountLimit",                       200, "调用接口单次提交的手机号个数超过200个。"                  },
    {"UnauthorizedOperation.SmsSdkAppIdVerifyFail",               200, "SmsSdkAppId 校验失败。"                                                },
    {"FailedOperation.SignatureIncorrectOrUnapproved",            200, "签名未审批或格式错误。"                                          },
    {"FailedOperation.TemplateIncorrectOrUnapproved",             200, "模板未审批或内容不匹配。"                                       },
    {"FailedOperation.TemplateParamSetNotMatchApprovedTemplate",  200, "请求内容与审核通过的模板内容不匹配。"                     },
    {"InvalidParameterValue.TemplateParameterLengthLimit",        200, "单个模板变量字符数超过规定数。"                              },
    {"InvalidParameterValue.ProhibitedUseUrlInTemplateParameter", 200, "禁止在模板变量中使用 URL。"                                      },
    {"InvalidParameterValue.IncorrectPhoneNumber",                200, "手机号格式错误。"                                                   },
    {"LimitExceeded.PhoneNumberThirtySecondLimit",                200, "单个手机号30秒内下发短信条数超过设定的上限。"          },
    {"RequestLimitExceeded",                                      200, "请求的次数超过了频率限制。"                                    },
    {"InternalError.Timeout",                                     200, "请求下发短信超时。"                                                },
    {NULL,                                                        0,   NULL                                                                         },
};

static const char *text_in(struct exchange *exchange, const char *list, size_t index)
{
    return json_text_at(exchange->json, arena_print(exchange->arena, "/%s/%zu", list, index));
}

static bool has_in(struct exchange *exchange, const char *list, size_t index)
{
    return json_has(exchange->json, arena_print(exchange->arena, "/%s/%zu", list, index));
}

static void read_message(struct exchange *exchange)
{
    struct reading *reading = &exchange->reading;

    exchange->question = strcmp(header_value(&exchange->headers, "X-TC-Action"), "PullSmsSendStatusByPhoneNumber") == 0;
    reading->format = "SendSms";
    for (size_t i = 0; i <= NUMBERS_MOST && has_in(exchange, "PhoneNumberSet", i); i++)
        texts_add(exchange->arena, &reading->recipients, text_in(exchange, "PhoneNumberSet", i));
    for (size_t i = 0; i < VARIABLES_MOST && has_in(exchange, "TemplateParamSet", i); i++)
        pairs_append(exchange->arena, &reading->facts, arena_print(exchange->arena, "%zu", i + 1),
                     text_in(exchange, "TemplateParamSet", i));
}

/* The account's template, {1} {2} filled in: what stands on the phone. Without one the variables are shown. */
static void show_short_message(struct stand *stand, struct exchange *exchange)
{
    const char *template = account_text(stand, "tencent_sms", "template");

    if (!template[0])
        return;
    exchange->reading.text = arena_print(exchange->arena, "【%s】%s", json_text_at(exchange->json, "/SignName"),
                                         template_filled(exchange->arena, template, "{", &exchange->reading.facts));
    exchange->reading.facts = (struct pairs){0};
}

static size_t variables_in(const char *template)
{
    size_t count = 0;

    for (; *template; template ++)
        count += *template == '{';
    return count;
}

static const char *judge_signature(struct stand *stand, struct exchange *exchange)
{
    const char *secret = account_text(stand, "tencent_sms", "secret_key");
    struct signed_request request = signed_part(exchange, &exchange->parameters);
    struct judgement judgement;

    if (!secret[0])
        return NULL;
    judgement = verify_tc3(exchange->arena, secret, "sms", &request, exchange->now_ms / 1000);
    if (prove(exchange, "signature", judgement.is == SIGNATURE_RIGHT))
        return NULL;
    if (judgement.is == SIGNATURE_MISSING)
        return objection(exchange, "AuthFailure.InvalidAuthorization", "%s", judgement.why);
    return objection(exchange,
                     judgement.is == SIGNATURE_STALE ? "AuthFailure.SignatureExpire" : "AuthFailure.SignatureFailure",
                     "%s", judgement.why);
}

static const char *judge_key(struct stand *stand, struct exchange *exchange)
{
    const char *known = account_text(stand, "tencent_sms", "secret_id");
    const char *credential =
        authorization_part(exchange->arena, header_value(&exchange->headers, "Authorization"), "Credential");
    const char *given = arena_copy(exchange->arena, credential, strcspn(credential, "/"));

    return known[0] && given[0] && !same_secret(known, given) ? "AuthFailure.SecretIdNotFound" : NULL;
}

static const char *judge_gateway(struct stand *stand, struct exchange *exchange)
{
    const char *action = header_value(&exchange->headers, "X-TC-Action");
    const char *code = judge_key(stand, exchange);

    if (!exchange->question && strcmp(action, "SendSms") != 0)
        return objection(exchange, "InvalidAction",
                         "action '%s'; SendSms and PullSmsSendStatusByPhoneNumber are played", action);
    if (strcmp(header_value(&exchange->headers, "X-TC-Version"), "2021-01-11") != 0)
        return "NoSuchVersion";
    if (!code)
        code = judge_signature(stand, exchange);
    if (!code && !header_value(&exchange->headers, "X-TC-Region")[0])
        code = "MissingParameter";
    if (!code && (!body_is(exchange, "application/json") || !json_is_object(exchange->json)))
        code = objection(exchange, "FailedOperation.JsonParseFail", "the body is not a JSON object");
    return code;
}

static bool differs(struct stand *stand, const struct exchange *exchange, const char *known, const char *given)
{
    const char *value = account_text(stand, "tencent_sms", known);

    return value[0] && strcmp(value, json_text_at(exchange->json, given)) != 0;
}

/* How many characters a variable may have depends on the account: "variable_most", 0 for no limit. */
static const char *judge_variables(struct stand *stand, struct exchange *exchange)
{
    const char *template = account_text(stand, "tencent_sms", "template");
    int64_t most = json_number_at(stand->accounts, "/tencent_sms/variable_most", 0);
    const struct pairs *facts = &exchange->reading.facts;

    if (template[0] && variables_in(template) != facts->count)
        return objection(exchange, "FailedOperation.TemplateParamSetNotMatchApprovedTemplate",
                         "%zu variables were given, the template has %zu", facts->count, variables_in(template));
    for (size_t i = 0; i < facts->count; i++) {
        if (most > 0 && utf8_count(facts->items[i].value, UNIT_CHARACTERS) > (size_t)most)
            return objection(exchange, "InvalidParameterValue.TemplateParameterLengthLimit",
                             "variable %zu has %zu characters, %lld are allowed", i + 1,
                             utf8_count(facts->items[i].value, UNIT_CHARACTERS), (long long)most);
        if (strstr(facts->items[i].value, "://"))
            return "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter";
    }
    return NULL;
}

static const char *judge(struct stand *stand, struct exchange *exchange)
{
    const char *code = judge_gateway(stand, exchange);

    if (code)
        return code;
    if (differs(stand, exchange, "app_id", "/SmsSdkAppId"))
        return "UnauthorizedOperation.SmsSdkAppIdVerifyFail";
    if (exchange->question)
        return NULL;
    if (exchange->reading.recipients.count == 0)
        return "MissingParameter.EmptyPhoneNumberSet";
    if (exchange->reading.recipients.count > NUMBERS_MOST)
        return "LimitExceeded.PhoneNumberCountLimit";
    if (differs(stand, exchange, "sign_name", "/SignName"))
        return "FailedOperation.SignatureIncorrectOrUnapproved";
    if (differs(stand, exchange, "template_id", "/TemplateId"))
        return "FailedOperation.TemplateIncorrectOrUnapproved";
    return judge_variables(stand, exchange);
}

/* +86..., 0086..., 86... or 11 digits; others only with a plus. */
static bool is_number(const char *number)
{
    bool plus = *number == '+';
    size_t len = strspn(number + plus, "0123456789");

    if (number[plus + len] != '\0' || len < 5 || len > 17)
        return false;
    return plus || len == 11 || strncmp(number, "86", 2) == 0 || strncmp(number, "0086", 4) == 0;
}

static const char *judge_number(struct stand *stand, struct exchange *exchange, const char *number)
{
    const char *key = arena_print(exchange->arena, "tencent %s %s", number, exchange->body);

    if (!is_number(number))
        return "InvalidParameterValue.IncorrectPhoneNumber";
    return quota_take(stand, key, 1, HALF_MINUTE_MS, exchange->now_ms) ? NULL
                                                                       : "LimitExceeded.PhoneNumberThirtySecondLimit";
}

/* One status a number; a call whose numbers all failed counts as refused in the record. */
static void add_status(struct stand *stand, struct exchange *exchange, struct json_object *set, const char *number)
{
    const char *code = judge_number(stand, exchange, number);
    struct json_object *status = jadd_object(set);
    const char *id =
        code ? "" : arena_print(exchange->arena, "5000:%lld%lu", (long long)exchange->now_ms, ++stand->serial);

    if (!code)
        sent_add(&stand->sent, number, id, "", exchange->now_ms); /* few accounts get their SessionContext back */
    jset_text(status, "SerialNo", id);
    jset_text(status, "PhoneNumber", number);
    jset_number(status, "Fee", code ? 0 : 1);
    jset_text(status, "SessionContext", json_text_at(exchange->json, "/SessionContext"));
    jset_text(status, "Code", code ? code : "Ok");
    jset_text(status, "Message", code ? refusal_of(REFUSALS, code, 200).words : "send success");
    jset_text(status, "IsoCode", code ? "" : "CN");
    if (code)
        exchange->code = objection(exchange, code, "for %s", number);
}

/* https://www.tencentcloud.com/document/product/382/40518 */
static void add_receipt(void *self, const struct sent *sent)
{
    struct json_object *row = jadd_object(self);

    jset_text(row, "PhoneNumber", sent->number);
    jset_text(row, "SerialNo", sent->id);
    jset_text(row, "SessionContext", sent->own);
    jset_text(row, "ReportStatus", "SUCCESS");
    jset_text(row, "Description", "DELIVRD");
    jset_number(row, "UserReceiveTime", sent->at_ms / 1000);
}

static void reply(struct stand *stand, struct exchange *exchange, const char *code)
{
    struct json_object *document = json_doc(exchange->arena);
    struct json_object *response = jset_object(document, "Response");

    show_short_message(stand, exchange);
    if (code) {
        struct json_object *error = jset_object(response, "Error");

        jset_text(error, "Code", code);
        jset_text(error, "Message", refusal_of(REFUSALS, code, 200).words);
    } else if (exchange->question) {
        sent_visit(&stand->sent, json_text_at(exchange->json, "/PhoneNumber"), "",
                   1000 * json_number_at(exchange->json, "/BeginTime", 0), add_receipt,
                   jset_array(response, "PullSmsSendStatusSet"));
    } else {
        struct json_object *set = jset_array(response, "SendStatusSet");

        for (size_t i = 0; i < exchange->reading.recipients.count; i++)
            add_status(stand, exchange, set, exchange->reading.recipients.items[i]);
    }
    jset_text(response, "RequestId",
              arena_print(exchange->arena, "00000000-0000-4000-8000-%012lx", ++stand->serial & 0xFFFFFFFFFFFF));
    answer_document(exchange, 200, document);
}

const struct provider provider_tencent = {
    .channel = "tencent_sms",
    .prefix = "/tencent",
    .path = "/",
    .read = read_message,
    .judge = judge,
    .reply = reply,
};
