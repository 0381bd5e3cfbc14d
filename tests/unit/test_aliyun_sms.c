#include "tests/unit/sms_support.h"

#include "common/sign.h"

extern const struct channel channel_aliyun_sms;

#define ALIYUN(arena, ...)                                                                                        \
    TEST_SETTINGS(arena, &channel_aliyun_sms, "access_key_id", "LTAI5tTestKeyId000000001", "access_key_secret",   \
                  "TestSecretKey0123456789abcdef+/=", "sign_name", "运维 监控", "template_code", "SMS_123456789", \
                  __VA_ARGS__)

static const char *const ONE[] = {"13800138000", NULL};

static const char *unescaped(struct arena *arena, const char *text, size_t len)
{
    struct str plain = str_in(arena, len);

    for (size_t i = 0; i < len; i++) {
        if (text[i] == '%') {
            char digits[] = {text[i + 1], text[i + 2], '\0'};

            str_addc(&plain, (char)strtol(digits, NULL, 16));
            i += 2;
        } else {
            assert_true(text[i] != '+' && text[i] > ' ' && text[i] < 0x7F);
            str_addc(&plain, text[i]);
        }
    }
    return plain.text;
}

/* A parameter of the query as the provider reads it; "" when it is not there. */
static const char *parameter(struct arena *arena, const struct request *request, const char *name)
{
    const char *at = strchr(request->url, '?');

    while (at) {
        size_t len = strcspn(++at, "&");
        size_t name_len = strcspn(at, "=");

        if (strlen(name) == name_len && strncmp(at, name, name_len) == 0)
            return unescaped(arena, at + name_len + 1, len - name_len - 1);
        at = at[len] ? at + len : NULL;
    }
    return "";
}

static void test_sends_an_empty_post_with_everything_in_the_query(void **state)
{
    struct message message = test_message(*state, "CPU 使用率 > 90%", "text");
    struct request request =
        test_build(*state, &channel_aliyun_sms, ALIYUN(*state, "extend_code", "90999"), &message, ONE);
    const char *json = parameter(*state, &request, "TemplateParam");
    struct json_object *variables = json_read(*state, json, strlen(json));

    assert_string_equal(request.method, "POST");
    assert_int_equal(request.body_len, 0);
    assert_int_equal(strncmp(request.url, "https://dysmsapi.aliyuncs.com/?", 31), 0);
    assert_string_equal(parameter(*state, &request, "PhoneNumbers"), "13800138000");
    assert_string_equal(parameter(*state, &request, "SignName"), "运维 监控");
    assert_string_equal(parameter(*state, &request, "TemplateCode"), "SMS_123456789");
    assert_string_equal(parameter(*state, &request, "OutId"), message.id);
    assert_string_equal(parameter(*state, &request, "SmsUpExtendCode"), "90999");
    assert_string_equal(json_text_at(variables, "/server"), "web-01");
    assert_string_equal(json_text_at(variables, "/type"), "CPU 使用率 > 90%");
    assert_string_equal(json_text_at(variables, "/time"), "2026-01-02 11:04:05");
    assert_string_equal(request.headers[0], "Content-Type:"); /* libcurl would add one that is not signed */
    assert_string_equal(request_header_named(&request, "x-acs-action"), "SendSms");
    assert_string_equal(request_header_named(&request, "x-acs-version"), "2017-05-25");
    assert_string_equal(request_header_named(&request, "x-acs-date"), "2026-01-02T03:04:05Z");
    assert_string_equal(request_header_named(&request, "x-acs-signature-nonce"), TEST_MOMENT.nonce);
}

/* The vector's request, with the region that we always send taken out, carries the vector's query. */
static void test_the_query_is_that_of_the_vendors_sdk(void **state)
{
    struct json_object *vector = json_at(test_data(*state, "sms.json"), "/aliyun_v3/1");
    struct message message = test_message(*state, "high", "");
    static const char *const NUMBER[] = {"13800000000", NULL};
    void *settings = TEST_SETTINGS(*state, &channel_aliyun_sms, "access_key_id", "LTAI5tTestKeyId000000001",
                                   "access_key_secret", "TestSecretKey0123456789abcdef+/=", "sign_name", "OpsTeam",
                                   "template_code", "SMS_123456789", "template_param", "host=web01,level={{subject}}");
    struct request request = test_build(*state, &channel_aliyun_sms, settings, &message, NUMBER);

    assert_string_equal(json_text_at(vector, "/id"), "aliyun-v3-sendsms-ascii-minimal");
    assert_string_equal(
        strchr(request.url, '?') + 1,
        arena_print(*state, "OutId=%s&%s", message.id,
                    arena_print(*state, "%.*sRegionId=cn-hangzhou&%s", (int)strlen("PhoneNumbers=13800000000&"),
                                json_text_at(vector, "/canonicalQuery"),
                                strstr(json_text_at(vector, "/canonicalQuery"), "SignName"))));
}

static void test_version_1_signs_the_query_and_sends_no_header_of_version_3(void **state)
{
    struct message message = test_message(*state, "a+b *c~ /d", "");
    struct request request = test_build(*state, &channel_aliyun_sms, ALIYUN(*state, "signature", "v1"), &message, ONE);
    const char *query = strchr(request.url, '?') + 1;
    const char *signature = strstr(query, "&Signature=");

    assert_non_null(signature);
    assert_string_equal(parameter(*state, &request, "SignatureMethod"), "HMAC-SHA1");
    assert_string_equal(parameter(*state, &request, "Timestamp"), "2026-01-02T03:04:05Z");
    assert_string_equal(request_header_named(&request, "Authorization"), "");
    assert_string_equal(request_header_named(&request, "x-acs-action"), "");
    assert_string_equal(parameter(*state, &request, "Signature"),
                        signature_v1(*state, (struct secret){"TestSecretKey0123456789abcdef+/="}, "POST",
                                     arena_copy(*state, query, (size_t)(signature - query))));
}

static void test_numbers_are_written_as_the_provider_wants_them(void **state)
{
    static const char *const MANY[] = {"+86 138-0013-8000", "nobody", "+852 9876 5432", "13800138000", NULL};
    struct message message = test_message(*state, "t", "");
    struct request request = test_build(*state, &channel_aliyun_sms, ALIYUN(*state, NULL), &message, MANY);

    assert_string_equal(parameter(*state, &request, "PhoneNumbers"), "13800138000,85298765432");
    assert_int_equal(channel_aliyun_sms.recipients_in_request, 1);
    assert_true(channel_aliyun_sms.never_repeats);
    assert_false(channel_aliyun_sms.repeats_safely);
}

/* Whatever an event says, it stays the text of its variable. */
static void test_hostile_values_stay_values(void **state)
{
    static const char *const HOSTILE[] = {
        "\"}&PhoneNumbers=13900000000&x={\"",
        "{{host}}{{{message}}}",
        "&Action=DeleteSmsTemplate",
        "\\\"\\u0000",
        "\r\nX-Evil: 1",
        "https://evil.example.com/",
        "【中国银行】您的账户",
        "%26Action%3DX",
        "💣💣💣",
        "",
    };

    for (size_t i = 0; i < COUNT(HOSTILE); i++) {
        struct message message = test_message(*state, HOSTILE[i], "");
        struct request request = test_build(*state, &channel_aliyun_sms, ALIYUN(*state, NULL), &message, ONE);
        const char *json = parameter(*state, &request, "TemplateParam");
        struct json_object *variables = json_read(*state, json, strlen(json));
        const char *type = json_text_at(variables, "/type");

        assert_non_null(variables);
        assert_string_equal(json_text_at(variables, "/server"), "web-01");
        assert_true(type[0] && !strstr(type, "://") && !strstr(type, "【"));
        assert_string_equal(parameter(*state, &request, "PhoneNumbers"), "13800138000");
        assert_string_equal(parameter(*state, &request, "Action"), "");
        for (size_t k = 0; k < request.header_count; k++)
            assert_null(strpbrk(request.headers[k], "\r\n"));
    }
}

static void test_variables_are_cut_to_the_limit_in_characters(void **state)
{
    struct message message =
        test_message(*state, "一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十", "");
    struct request request = test_build(*state, &channel_aliyun_sms, ALIYUN(*state, NULL), &message, ONE);
    struct request shorter =
        test_build(*state, &channel_aliyun_sms, ALIYUN(*state, "variable_limit", "5"), &message, ONE);

    assert_int_equal(request.measure_count, 3);
    assert_int_equal(request.measures[1].length, 35);
    assert_non_null(strstr(parameter(*state, &shorter, "TemplateParam"), "\"一二三四五\""));
}

struct found {
    struct findings findings;
    size_t mistakes;
};

static void count_mistake(void *self, const char *text)
{
    struct found *found = self;

    assert_non_null(strstr(text, "template_param"));
    found->mistakes++;
}

static void test_parameters_without_a_name_are_mistakes(void **state)
{
    struct found found = {0};

    found.findings = (struct findings){*state, count_mistake, count_mistake, &found};
    channel_aliyun_sms.check(ALIYUN(*state, "template_param", "{{host}},={{host}},a={{host}},b="), &found.findings);
    assert_int_equal(found.mistakes, 2);
}

static void test_every_published_code_has_its_meaning(void **state)
{
    struct message message = test_message(*state, "t", "");
    struct intent intent = sms_intent(&message, ONE);
    struct code_test test = {*state,
                             &channel_aliyun_sms,
                             ALIYUN(*state, NULL),
                             &intent,
                             "{\"RequestId\":\"r\",\"Code\":\"%s\",\"Message\":\"m\"}",
                             ""};

    expect_classes(test, "aliyun");
}

/* https://help.aliyun.com/document_detail/101346.html; gateway errors come with other statuses, business errors with 200. */
static void test_the_code_in_the_body_decides_not_the_status(void **state)
{
    static const struct answer_case CASES[] = {
        {"accepted",            200, "{\"Code\":\"OK\",\"Message\":\"OK\",\"BizId\":\"9006197469364984^0\",\"RequestId\":\"r\"}",
         OUTCOME_DELIVERED,                                                                                                                        "OK",                    WORD_NONE        },
        {"refused with 200",    200, "{\"Code\":\"isv.SMS_TEMPLATE_ILLEGAL\",\"Message\":\"模版不合法\"}",                   OUTCOME_BROKEN,
         "isv.SMS_TEMPLATE_ILLEGAL",                                                                                                                                        WORD_FIX_TEMPLATE},
        {"throttled with 400",  400, "{\"Code\":\"Throttling.User\",\"Message\":\"flow control\"}",                               OUTCOME_AGAIN,   NULL,
         WORD_FIX_WAIT                                                                                                                                                                       },
        {"bad signature",       403, "{\"Code\":\"SignatureDoesNotMatch\"}",                                                      OUTCOME_BROKEN,  "SignatureDoesNotMatch",
         WORD_FIX_KEY                                                                                                                                                                        },
        {"unknown key",         404, "{\"Code\":\"InvalidAccessKeyId.NotFound\"}",                                                OUTCOME_BROKEN,  NULL,                    WORD_FIX_KEY     },
        {"broken inside",       500, "{\"Code\":\"InternalError\"}",                                                              OUTCOME_UNCLEAR, NULL,                    WORD_NONE        },
        {"busy",                503, "{\"Code\":\"ServiceUnavailable\"}",                                                         OUTCOME_AGAIN,   NULL,                    WORD_NONE        },
        {"OK of another kind",  200, "{\"Code\":\"ok\"}",                                                                         OUTCOME_REFUSED, "ok",                    WORD_FIX_REPORT  },
        {"OK as a number",      200, "{\"Code\":0}",                                                                              OUTCOME_UNCLEAR, NULL,                    WORD_NONE        },
        {"no code",             200, "{\"RequestId\":\"r\"}",                                                                     OUTCOME_UNCLEAR, NULL,                    WORD_NONE        },
        {"no code, bad status", 403, "{\"message\":\"blocked\"}",                                                                 OUTCOME_BROKEN,  "HTTP 403",              WORD_NONE        },
        {"a page",              200, "<html>login",                                                                               OUTCOME_AGAIN,   "NOT-THE-PROVIDER",      WORD_FIX_PROXY   },
        {"nothing",             200, "",                                                                                          OUTCOME_UNCLEAR, "UNREADABLE",            WORD_NONE        },
        {"no connection",       0,   "",                                                                                          OUTCOME_AGAIN,   "NO-CONNECTION",         WORD_FIX_NETWORK },
    };
    struct message message = test_message(*state, "t", "");
    struct intent intent = sms_intent(&message, ONE);
    struct verdicts verdicts;

    test_answers(*state, &channel_aliyun_sms, ALIYUN(*state, NULL), &intent, CASES, COUNT(CASES));
    verdicts = test_classify(*state, &channel_aliyun_sms, ALIYUN(*state, NULL), &intent, 200, CASES[0].body);
    assert_int_equal(verdicts.count, 1);
    assert_string_equal(verdicts.items[0].reference, "9006197469364984^0");
}

/* The provider's words for its windows: 触发分钟级流控Permits:1, 触发小时级流控Permits:5, 触发天级流控Permits:10. */
static void test_waits_as_long_as_the_window_that_the_message_names(void **state)
{
    static const struct {
        const char *message;
        int64_t wait_s;
    } CASES[] = {
        {"触发分钟级流控Permits:1", 60   },
        {"触发小时级流控Permits:5", 3600 },
        {"触发天级流控Permits:10",   86400},
        {"business limit",                 3600 },
    };
    struct message message = test_message(*state, "t", "");
    struct intent intent = sms_intent(&message, ONE);

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct verdicts verdicts = test_classify(
            *state, &channel_aliyun_sms, ALIYUN(*state, NULL), &intent, 200,
            arena_print(*state, "{\"Code\":\"isv.BUSINESS_LIMIT_CONTROL\",\"Message\":\"%s\"}", CASES[i].message));

        assert_int_equal(verdicts.items[0].outcome, OUTCOME_THROTTLED);
        assert_int_equal(verdicts.items[0].wait_s, CASES[i].wait_s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_sends_an_empty_post_with_everything_in_the_query),
        WITH_ARENA(test_the_query_is_that_of_the_vendors_sdk),
        WITH_ARENA(test_version_1_signs_the_query_and_sends_no_header_of_version_3),
        WITH_ARENA(test_numbers_are_written_as_the_provider_wants_them),
        WITH_ARENA(test_hostile_values_stay_values),
        WITH_ARENA(test_variables_are_cut_to_the_limit_in_characters),
        WITH_ARENA(test_parameters_without_a_name_are_mistakes),
        WITH_ARENA(test_every_published_code_has_its_meaning),
        WITH_ARENA(test_the_code_in_the_body_decides_not_the_status),
        WITH_ARENA(test_waits_as_long_as_the_window_that_the_message_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
