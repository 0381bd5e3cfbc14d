/*
 * Aliyun SMS: SendSms, and QuerySendDetails for what became of it, signed by version 3 (headers) or version 1 (parameters).
 *
 * https://help.aliyun.com/document_detail/101414.html (SendSms), https://help.aliyun.com/document_detail/101346.html (codes)
 * https://help.aliyun.com/document_detail/419277.html (QuerySendDetails): every message that was taken has arrived.
 * Business errors come with HTTP status 200, the gateway's with 4xx.
 */
#include <string.h>

#include <json-c/json.h>

#include "common/civil.h"
#include "common/hash.h"
#include "common/utf8.h"
#include "plugins/sandbox/fields.h"
#include "plugins/sandbox/provider.h"
#include "plugins/sandbox/verify.h"

enum {
    NUMBERS_MOST = 1000,
    VARIABLE_MOST = 35, /* characters */
    PER_DAY = 50,       /* notices per number, signature and template, whatever the variables */
    DAY_MS = 24 * 3600 * 1000,
    NONCE_MS = 30 * 60 * 1000,
    CHINA_S = 8 * 3600, /* east of UTC */
};

static const struct refusal REFUSALS[] = {
    {"InvalidAction.NotFound",          404, "Specified api is not found, please check your url and method."   },
    {"InvalidVersion",                  400, "Specified parameter Version is not valid."                       },
    {"IncompleteSignature",             400, "The request signature does not conform to Aliyun standards."     },
    {"InvalidTimeStamp.Expired",        400, "Specified time stamp or date value is expired."                  },
    {"InvalidAccessKeyId.NotFound",     404, "Specified access key is not found."                              },
    {"SignatureDoesNotMatch",           400, "Specified signature is not matched with our calculation."        },
    {"SignatureNonceUsed",              400, "Specified signature nonce was used already."                     },
    {"Throttling.User",                 400, "Request was denied due to user flow control."                    },
    {"ServiceUnavailable",              503, "The request has failed due to a temporary failure of the server."},
    {"InternalError",                   500, "The request processing has failed due to some unknown error."    },
    {"isv.MOBILE_NUMBER_ILLEGAL",       200, "非法手机号"                                                 },
    {"isv.MOBILE_COUNT_OVER_LIMIT",     200, "手机号码数量超过限制"                                  },
    {"isv.SMS_SIGNATURE_ILLEGAL",       200, "短信签名不合法"                                           },
    {"isv.SMS_TEMPLATE_ILLEGAL",        200, "短信模版不合法"                                           },
    {"isv.TEMPLATE_MISSING_PARAMETERS", 200, "模版缺少变量"                                              },
    {"isv.INVALID_JSON_PARAM",          200, "JSON参数不合法，只接受字符串值"                     },
    {"isv.PARAM_LENGTH_LIMIT",          200, "参数超出长度限制"                                        },
    {"isv.PARAM_NOT_SUPPORT_URL",       200, "不支持URL"                                                    },
    {"isv.UNSUPPORTED_CONTENT",         200, "内容包含不支持的字符"                                  },
    {"isv.BUSINESS_LIMIT_CONTROL",      200, "触发天级流控Permits:50"                                    },
    {"isv.AMOUNT_NOT_ENOUGH",           200, "账户余额不足"                                              },
    {"isp.SYSTEM_ERROR",                200, "系统错误"                                                    },
    {NULL,                              0,   NULL                                                              },
};

/* SendSms takes its parameters from query and form alike. */
static const char *parameter(const struct exchange *exchange, const char *name)
{
    const char *value = pairs_value(&exchange->parameters, name);

    return value[0] ? value : pairs_value(&exchange->form, name);
}

static bool is_v3(const struct exchange *exchange)
{
    return header_value(&exchange->headers, "x-acs-action")[0] != '\0' ||
           strncmp(header_value(&exchange->headers, "Authorization"), "ACS3", 4) == 0;
}

static const char *action_of(const struct exchange *exchange)
{
    return is_v3(exchange) ? header_value(&exchange->headers, "x-acs-action") : parameter(exchange, "Action");
}

static struct json_object *variables(const struct exchange *exchange)
{
    const char *text = parameter(exchange, "TemplateParam");

    return json_read(exchange->arena, text, strlen(text));
}

static void read_numbers(struct exchange *exchange)
{
    for (const char *at = parameter(exchange, "PhoneNumbers"); *at;) {
        size_t len = strcspn(at, ",");

        texts_add(exchange->arena, &exchange->reading.recipients, arena_copy(exchange->arena, at, len));
        at += len;
        at += *at == ',';
    }
}

/* The text of the short message needs the template's, which the account knows: see reply(). */
static void read_message(struct exchange *exchange)
{
    struct json_object *values = variables(exchange);

    exchange->question = strcmp(action_of(exchange), "QuerySendDetails") == 0;
    exchange->reading.format = is_v3(exchange) ? "SendSms, signature v3" : "SendSms, signature v1";
    read_numbers(exchange);
    if (!json_is_object(values))
        return;
    json_object_object_foreach(values, name, value)
    {
        pairs_append(exchange->arena, &exchange->reading.facts, name, json_object_get_string(value));
    }
}

/* "server {{host}}" of the account's template, ${name} filled in: what stands on the phone. Without one the variables are shown. */
static void show_short_message(struct stand *stand, struct exchange *exchange)
{
    const char *template = account_text(stand, "aliyun_sms", "template");

    if (!template[0])
        return;
    exchange->reading.text = arena_print(exchange->arena, "【%s】%s", parameter(exchange, "SignName"),
                                         template_filled(exchange->arena, template, "${", &exchange->reading.facts));
    exchange->reading.facts = (struct pairs){0};
}

/* The gateway */

static struct pairs all_parameters(const struct exchange *exchange)
{
    struct pairs all = {0};

    for (size_t i = 0; i < exchange->parameters.count; i++)
        pairs_append(exchange->arena, &all, exchange->parameters.items[i].name, exchange->parameters.items[i].value);
    for (size_t i = 0; i < exchange->form.count; i++)
        pairs_append(exchange->arena, &all, exchange->form.items[i].name, exchange->form.items[i].value);
    return all;
}

static const char *judge_signature(struct stand *stand, struct exchange *exchange)
{
    const char *secret = account_text(stand, "aliyun_sms", "access_key_secret");
    bool v3 = is_v3(exchange);
    struct pairs all = v3 ? exchange->parameters : all_parameters(exchange);
    struct signed_request request = signed_part(exchange, &all);
    struct judgement judgement;

    if (!secret[0])
        return NULL;
    judgement = v3 ? verify_aliyun_v3(exchange->arena, secret, &request, exchange->now_ms / 1000)
                   : verify_aliyun_v1(exchange->arena, secret, &request, exchange->now_ms / 1000);
    if (prove(exchange, "signature", judgement.is == SIGNATURE_RIGHT))
        return NULL;
    if (judgement.is == SIGNATURE_MISSING)
        return objection(exchange, "IncompleteSignature", "%s", judgement.why);
    return objection(exchange, judgement.is == SIGNATURE_STALE ? "InvalidTimeStamp.Expired" : "SignatureDoesNotMatch",
                     "%s", judgement.why);
}

static const char *judge_key(struct stand *stand, struct exchange *exchange)
{
    const char *known = account_text(stand, "aliyun_sms", "access_key_id");
    const char *given =
        is_v3(exchange)
            ? authorization_part(exchange->arena, header_value(&exchange->headers, "Authorization"), "Credential")
            : parameter(exchange, "AccessKeyId");

    return known[0] && given[0] && !same_secret(known, given) ? "InvalidAccessKeyId.NotFound" : NULL;
}

static const char *judge_nonce(struct stand *stand, struct exchange *exchange)
{
    const char *nonce = is_v3(exchange) ? header_value(&exchange->headers, "x-acs-signature-nonce")
                                        : parameter(exchange, "SignatureNonce");

    if (!nonce[0])
        return objection(exchange, "IncompleteSignature", "there is no nonce");
    return quota_take(stand, arena_print(exchange->arena, "aliyun nonce %s", nonce), 1, NONCE_MS, exchange->now_ms)
               ? NULL
               : "SignatureNonceUsed";
}

static const char *judge_gateway(struct stand *stand, struct exchange *exchange)
{
    const char *version =
        is_v3(exchange) ? header_value(&exchange->headers, "x-acs-version") : parameter(exchange, "Version");
    const char *code = NULL;

    if (!exchange->question && strcmp(action_of(exchange), "SendSms") != 0)
        return objection(exchange, "InvalidAction.NotFound", "action '%s'; SendSms and QuerySendDetails are played",
                         action_of(exchange));
    if (strcmp(version, "2017-05-25") != 0)
        return "InvalidVersion";
    code = judge_key(stand, exchange);
    if (!code)
        code = judge_signature(stand, exchange);
    return code ? code : judge_nonce(stand, exchange);
}

/* The short message service */

/* 11 digits of the mainland with or without its prefix, or a foreign number: 5 to 15 digits. */
static bool is_number(const char *number)
{
    size_t len;

    number += *number == '+';
    len = strspn(number, "0123456789");
    return number[len] == '\0' && len >= 5 && len <= 15;
}

static const char *judge_numbers(struct exchange *exchange)
{
    const struct texts *numbers = &exchange->reading.recipients;

    if (numbers->count == 0)
        return objection(exchange, "isv.MOBILE_NUMBER_ILLEGAL", "PhoneNumbers is empty");
    if (numbers->count > NUMBERS_MOST)
        return "isv.MOBILE_COUNT_OVER_LIMIT";
    for (size_t i = 0; i < numbers->count; i++)
        if (!is_number(numbers->items[i]))
            return objection(exchange, "isv.MOBILE_NUMBER_ILLEGAL", "'%s' is no number", numbers->items[i]);
    return NULL;
}

/* Signs beyond the basic plane: emoji. */
static bool holds_emoji(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text >= 0xF0)
            return true;
    return false;
}

static const char *judge_variable(struct exchange *exchange, const char *name, const char *value)
{
    if (utf8_count(value, UNIT_CHARACTERS) > VARIABLE_MOST || value[0] == '\0')
        return objection(exchange, "isv.PARAM_LENGTH_LIMIT", "'%s' has %zu characters, 1 to %d are allowed", name,
                         utf8_count(value, UNIT_CHARACTERS), VARIABLE_MOST);
    if (strstr(value, "://") || strstr(value, "www."))
        return objection(exchange, "isv.PARAM_NOT_SUPPORT_URL", "'%s' holds an address", name);
    if (holds_emoji(value))
        return objection(exchange, "isv.UNSUPPORTED_CONTENT", "'%s' holds an emoji", name);
    return NULL;
}

static const char *judge_variables(struct exchange *exchange)
{
    struct json_object *values = variables(exchange);

    if (!parameter(exchange, "TemplateParam")[0])
        return NULL;
    if (!json_is_object(values))
        return objection(exchange, "isv.INVALID_JSON_PARAM", "TemplateParam is not a JSON object");
    json_object_object_foreach(values, name, value)
    {
        const char *code;

        if (!json_object_is_type(value, json_type_string))
            return objection(exchange, "isv.INVALID_JSON_PARAM", "'%s' is not a string", name);
        code = judge_variable(exchange, name, json_object_get_string(value));
        if (code)
            return code;
    }
    return NULL;
}

/* Every ${name} of the template must be given. */
static const char *judge_template(struct stand *stand, struct exchange *exchange)
{
    const char *template = account_text(stand, "aliyun_sms", "template");

    while ((template = strstr(template, "${")) != NULL) {
        size_t len = strcspn(template + 2, "}");
        const char *name = arena_copy(exchange->arena, template + 2, len);

        if (!pairs_hold(&exchange->reading.facts, name))
            return objection(exchange, "isv.TEMPLATE_MISSING_PARAMETERS", "'%s' is not given", name);
        template += 2 + len;
    }
    return NULL;
}

static bool differs(struct stand *stand, const struct exchange *exchange, const char *known, const char *given)
{
    const char *value = account_text(stand, "aliyun_sms", known);

    return !parameter(exchange, given)[0] || (value[0] && strcmp(value, parameter(exchange, given)) != 0);
}

static const char *judge_quota(struct stand *stand, struct exchange *exchange)
{
    const struct texts *numbers = &exchange->reading.recipients;

    for (size_t i = 0; i < numbers->count; i++) {
        const char *key = arena_print(exchange->arena, "aliyun %s %s %s", numbers->items[i],
                                      parameter(exchange, "SignName"), parameter(exchange, "TemplateCode"));

        if (!quota_take(stand, key, PER_DAY, DAY_MS, exchange->now_ms))
            return objection(exchange, "isv.BUSINESS_LIMIT_CONTROL", "more than 50 a day for %s", numbers->items[i]);
    }
    return NULL;
}

static const char *judge(struct stand *stand, struct exchange *exchange)
{
    const char *code = judge_gateway(stand, exchange);

    if (code || exchange->question)
        return code;
    code = judge_numbers(exchange);
    if (!code && differs(stand, exchange, "sign_name", "SignName"))
        code = "isv.SMS_SIGNATURE_ILLEGAL";
    if (!code && differs(stand, exchange, "template_code", "TemplateCode"))
        code = "isv.SMS_TEMPLATE_ILLEGAL";
    if (!code)
        code = judge_variables(exchange);
    if (!code)
        code = judge_template(stand, exchange);
    return code ? code : judge_quota(stand, exchange);
}

/* One BizId a call, whatever its numbers. */
static void take_message(struct stand *stand, struct exchange *exchange, unsigned long serial,
                         struct json_object *document)
{
    const struct texts *numbers = &exchange->reading.recipients;
    const char *id = arena_print(exchange->arena, "%lld%03lu^0", (long long)exchange->now_ms, serial % 1000);

    jset_text(document, "BizId", id);
    for (size_t i = 0; i < numbers->count; i++)
        sent_add(&stand->sent, numbers->items[i], id, parameter(exchange, "OutId"), exchange->now_ms);
}

/* Where its rows go. */
struct details {
    struct arena *arena;
    const char *day; /* in China */
    struct json_object *rows;
};

static void add_detail(void *self, const struct sent *sent)
{
    const struct details *details = self;
    const char *time = civil_format(details->arena, sent->at_ms / 1000 + CHINA_S, "UTC", "%Y-%m-%d %H:%M:%S");
    struct json_object *row;

    if (strcmp(civil_format(details->arena, sent->at_ms / 1000 + CHINA_S, "UTC", "%Y%m%d"), details->day) != 0)
        return;
    row = jadd_object(details->rows);
    jset_text(row, "PhoneNum", sent->number);
    jset_text(row, "OutId", sent->own);
    jset_text(row, "SendDate", time);
    jset_text(row, "ReceiveDate", time);
    jset_text(row, "ErrCode", "DELIVERED");
    jset_number(row, "SendStatus", 3);
}

static void tell_details(const struct stand *stand, const struct exchange *exchange, struct json_object *document)
{
    struct details details = {.arena = exchange->arena,
                              .day = parameter(exchange, "SendDate"),
                              .rows = jset_array(jset_object(document, "SmsSendDetailDTOs"), "SmsSendDetailDTO")};

    sent_visit(&stand->sent, parameter(exchange, "PhoneNumber"), parameter(exchange, "BizId"), 0, add_detail, &details);
    jset_text(document, "TotalCount", arena_print(exchange->arena, "%zu", json_length(details.rows)));
}

static void reply(struct stand *stand, struct exchange *exchange, const char *code)
{
    struct json_object *document = json_doc(exchange->arena);
    struct refusal refusal = {.status = 200, .words = "OK"};
    unsigned long serial = ++stand->serial;

    if (code)
        refusal = refusal_of(REFUSALS, code, 400);
    show_short_message(stand, exchange);
    jset_text(document, "RequestId",
              arena_print(exchange->arena, "00000000-0000-4000-8000-%012lX", serial & 0xFFFFFFFFFFFF));
    if (refusal.status != 200)
        jset_text(document, "HostId", "dysmsapi.aliyuncs.com");
    jset_text(document, "Code", code ? code : "OK");
    jset_text(document, "Message", refusal.words);
    if (!code && exchange->question)
        tell_details(stand, exchange, document);
    else if (!code)
        take_message(stand, exchange, serial, document);
    answer_document(exchange, refusal.status, document);
}

const struct provider provider_aliyun = {
    .channel = "aliyun_sms",
    .prefix = "/aliyun",
    .path = "/",
    .read = read_message,
    .judge = judge,
    .reply = reply,
};
