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

/* --- receipts --- */

static struct request receipt_request(struct arena *arena, const char *reference, const char *number, int64_t sent_ms,
                                      const void *settings)
{
    struct message message = {.id = "01J0000000TEST"};
    struct intent intent = {.verb = VERB_RECEIPT,
                            .message = &message,
                            .recipients = &number,
                            .recipient_count = 1,
                            .reference = reference,
                            .sent_ms = sent_ms};
    struct request request = request_in(arena);
    struct fault fault = {0};

    if (!channel_aliyun_sms.build(settings, &intent, &TEST_MOMENT, &request, &fault))
        fail_msg("%s", fault.text);
    return request;
}

/* Parameters and their forms: https://help.aliyun.com/document_detail/419277.html */
static void test_asks_for_the_receipt_of_one_number_on_its_day_in_china(void **state)
{
    static const struct {
        const char *number;
        const char *written;
        int64_t sent_s;
        const char *day;
    } CASES[] = {
        {"+86 138 0013 8000", "13800138000", 1767283199, "20260101"}, /* 2026-01-01 23:59:59 +08:00 */
        {"13800138000",       "13800138000", 1767283200, "20260102"},
        {"+852 9876 5432",    "85298765432", 1767323045, "20260102"},
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct request request = receipt_request(*state, "9006197469364984^0", CASES[i].number, CASES[i].sent_s * 1000,
                                                 ALIYUN(*state, NULL));

        assert_string_equal(request_header_named(&request, "x-acs-action"), "QuerySendDetails");
        assert_string_equal(request_header_named(&request, "x-acs-version"), "2017-05-25");
        assert_string_equal(parameter(*state, &request, "PhoneNumber"), CASES[i].written);
        assert_string_equal(parameter(*state, &request, "SendDate"), CASES[i].day);
        assert_string_equal(parameter(*state, &request, "BizId"), "9006197469364984^0");
        assert_string_equal(parameter(*state, &request, "PageSize"), "50");
        assert_string_equal(parameter(*state, &request, "CurrentPage"), "1");
        assert_string_equal(parameter(*state, &request, "TemplateParam"), "");
        assert_int_equal(request.body_len, 0);
    }
}

static void test_without_an_answer_it_asks_without_its_id(void **state)
{
    struct request request =
        receipt_request(*state, "", "13800138000", TEST_WALL_MS, ALIYUN(*state, "signature", "v1"));

    assert_null(strstr(request.url, "BizId"));
    assert_string_equal(parameter(*state, &request, "Action"), "QuerySendDetails");
    assert_string_equal(parameter(*state, &request, "SignatureMethod"), "HMAC-SHA1");
}

#define DETAILS(rows)                                                                                                 \
    "{\"TotalCount\":\"1\",\"Message\":\"OK\",\"RequestId\":\"r\",\"SmsSendDetailDTOs\":{\"SmsSendDetailDTO\":[" rows \
    "]},\"Code\":\"OK\"}"
#define DETAIL(status, code)                                                                                       \
    "{\"ErrCode\":\"" code "\",\"TemplateCode\":\"SMS_123456789\",\"OutId\":\"01J0000000TEST\",\"ReceiveDate\":"   \
    "\"2026-01-02 11:04:09\",\"SendDate\":\"2026-01-02 11:04:05\",\"PhoneNum\":\"13800138000\",\"Content\":\"c\"," \
    "\"SendStatus\":" status "}"
#define OTHER "{\"ErrCode\":\"DELIVERED\",\"OutId\":\"another\",\"SendStatus\":3}"

static const struct answer_case RECEIPTS[] = {
    {"arrived",                               200,           DETAILS(DETAIL("3",                           "DELIVERED")),                                                                                       OUTCOME_DELIVERED,"DELIVERED",WORD_NONE},
    {"awaited",                                       200,                                            DETAILS(DETAIL("1",                                               "")),                                                                                     OUTCOME_AGAIN,"NO-RECEIPT",WORD_NONE},
    {"out of service",                              200,                                           DETAILS(DETAIL("2",                                                                        "MOBILE_NOT_ON_SERVICE")),                                                                                                                                           OUTCOME_REFUSED,"MOBILE_NOT_ON_SERVICE",
     WORD_FIX_RECIPIENT},
    {"blacklist",                200,                                     DETAILS(DETAIL("2",                                                                                 "MOBILE_IN_BLACK")),                                                                                                                                                                          OUTCOME_REFUSED,"MOBILE_IN_BLACK",WORD_FIX_RECIPIENT},
    {"telephone is full",                        200,                    DETAILS(DETAIL("2",                                              "MOBLLE_TERMINAL_ERROR")),OUTCOME_REFUSED,"MOBLLE_TERMINAL_ERROR",
     WORD_FIX_RECIPIENT},
    {"too many",              200,            DETAILS(DETAIL("2","MOBILE_SEND_LIMIT")),                                                                                                                                                                                        OUTCOME_REFUSED,"MOBILE_SEND_LIMIT",WORD_FIX_QUOTA},
    {"a word in it",                     200,  DETAILS(DETAIL("2",                                            "CONTENT_KEYWORD")),OUTCOME_REFUSED,"CONTENT_KEYWORD",
     WORD_FIX_MESSAGE},
    {"no route",                200,          DETAILS(DETAIL("2","NO_ROUTE")),                                                                                                                                        OUTCOME_REFUSED,                                                                                                                                                                  "NO_ROUTE",WORD_FIX_TEMPLATE},
    {"the operator's system",                              200,                         DETAILS(DETAIL("2",                                          "isp.SYSTEM_ERROR")),                                                                                                                                          OUTCOME_REFUSED,"isp.SYSTEM_ERROR",
     WORD_FIX_WAIT},
    {"not known why",                                       200,                              DETAILS(DETAIL("2",                                          "SP_NEW_REASON")),                                                                                                   OUTCOME_REFUSED,"SP_NEW_REASON",WORD_FIX_REPORT},
    {"no reason",                           200,                                        DETAILS(DETAIL("2",                                                                      "")),                                                                                                                                OUTCOME_REFUSED,"NO-CODE",WORD_NONE},
    {"a status of tomorrow",                        200,                      DETAILS(DETAIL("7",                                                                  "DELIVERED")),                                                                                                                                                           OUTCOME_AGAIN,                                                                                         "NO-RECEIPT",                                                                                                                                                                                                                                                                                                                                                                         WORD_NONE},
    {"nothing",                        200,                            DETAILS(""),                                                               OUTCOME_AGAIN,                                   "NO-RECEIPT",WORD_NONE                                                                                                   },
    {"no list",                          200,                          "{\"Code\":\"OK\",\"Message\":\"OK\"}",OUTCOME_AGAIN,"NO-RECEIPT",WORD_NONE},
    {"only another's",                            200, DETAILS(OTHER),OUTCOME_AGAIN,                           "NO-RECEIPT",WORD_NONE},
    {"another's before ours", 200,DETAILS(OTHER "," DETAIL("2",                "NO_ROUTE")),                                                                                                                                                                                  OUTCOME_REFUSED,                                                                                                                                                                                                                                                                                                                                                  "NO_ROUTE",                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         WORD_NONE},
    {"failed, then arrived",                         200,                         DETAILS(DETAIL("2",                                                                                       "NO_ROUTE") "," DETAIL("3",                                                                                                                                                       "DELIVERED")),                                                          OUTCOME_DELIVERED,
     "DELIVERED", WORD_NONE},
    {"may not ask",           200,                                     "{\"Code\":\"isp.RAM_PERMISSION_DENY\",\"Message\":\"m\"}",                                                   OUTCOME_BROKEN,
     "isp.RAM_PERMISSION_DENY",WORD_FIX_PERMISSION},
    {"no such key",            404,"{\"Code\":\"InvalidAccessKeyId.NotFound\"}",OUTCOME_BROKEN,NULL,WORD_FIX_KEY},
    {"asked wrongly",                                       200,                                        "{\"Code\":\"isv.INVALID_PARAMETERS\",\"Message\":\"m\"}",                                                                       OUTCOME_BROKEN,                                                                            NULL,WORD_NONE},
    {"too often",                                       400,                                        "{\"Code\":\"Throttling.User\",\"Message\":\"m\"}",                                                                      OUTCOME_AGAIN,                                                                                                                                               NULL, WORD_NONE                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                },
    {"a code of tomorrow",                                       200,                                      "{\"Code\":\"DATA_NOT_EXIST\",\"Message\":\"m\"}",                                         OUTCOME_AGAIN,                                            "DATA_NOT_EXIST",
     WORD_NONE},
    {"an internal error",                                       500,                                          "{\"Code\":\"InternalError\",\"Message\":\"m\"}",                                             OUTCOME_AGAIN,                                                       NULL,WORD_NONE},
    {"a page",                                       200,                                 "<html>login",                                    OUTCOME_AGAIN,                                                 "NOT-THE-PROVIDER",WORD_NONE},
    {"no connection",                                       0,                                  "",                                     OUTCOME_AGAIN,                                               "NO-CONNECTION",WORD_NONE},
};

/* Only what the provider says of our message itself can be REFUSED: a question that fails fails nothing. */
static void test_a_receipt_says_what_became_of_the_message(void **state)
{
    struct message message = {.id = "01J0000000TEST"};
    struct intent intent = sms_intent(&message, ONE);
    struct verdicts verdicts;

    intent.verb = VERB_RECEIPT;
    test_answers(*state, &channel_aliyun_sms, ALIYUN(*state, NULL), &intent, RECEIPTS, COUNT(RECEIPTS));
    verdicts = test_classify(*state, &channel_aliyun_sms, ALIYUN(*state, NULL), &intent, 200, RECEIPTS[0].body);
    assert_int_equal(verdicts.count, 1);
    assert_int_equal(verdicts.items[0].arrived_s, TEST_WALL_MS / 1000 + 4); /* 11:04:09 in China */
}

/* A gateway that leaves OutId out is believed about the BizId that was asked for, and about no other. */
static void test_a_row_without_our_own_id_counts_only_for_its_bizid(void **state)
{
    static const char ROW[] = DETAILS("{\"ErrCode\":\"DELIVERED\",\"SendStatus\":3}");
    struct message message = {.id = "01J0000000TEST"};
    struct intent intent = sms_intent(&message, ONE);

    intent.verb = VERB_RECEIPT;
    assert_int_equal(
        test_classify(*state, &channel_aliyun_sms, ALIYUN(*state, NULL), &intent, 200, ROW).items[0].outcome,
        OUTCOME_AGAIN);
    intent.reference = "9006197469364984^0";
    assert_int_equal(
        test_classify(*state, &channel_aliyun_sms, ALIYUN(*state, NULL), &intent, 200, ROW).items[0].outcome,
        OUTCOME_DELIVERED);
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
        WITH_ARENA(test_asks_for_the_receipt_of_one_number_on_its_day_in_china),
        WITH_ARENA(test_without_an_answer_it_asks_without_its_id),
        WITH_ARENA(test_a_receipt_says_what_became_of_the_message),
        WITH_ARENA(test_a_row_without_our_own_id_counts_only_for_its_bizid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
