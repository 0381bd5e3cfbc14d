#include "tests/unit/sms_support.h"

#include "common/sign.h"

extern const struct channel channel_tencent_sms;

#define TENCENT(arena, ...)                                                                                          \
    TEST_SETTINGS(arena, &channel_tencent_sms, "secret_id", "AKIDz8krbsJ5yKBZQpn74WFkmLPx3TEST01", "secret_key",     \
                  "Gu5t9xGARNpq86cd98joQYCN3TEST+/=", "app_id", "1400006666", "sign_name", "OpsTeam", "template_id", \
                  "1234", __VA_ARGS__)

static const char *const ONE[] = {"13800000000", NULL};

static struct json_object *body_of(struct arena *arena, const struct request *request)
{
    struct json_object *body = json_read(arena, request->body, request->body_len);

    assert_non_null(body);
    assert_int_equal(request->body_len, strlen(request->body));
    return body;
}

/* https://cloud.tencent.com/document/api/382/55981 */
static void test_sends_what_the_documentation_asks_for(void **state)
{
    static const char *const TWO[] = {"13800000000", "+86 139 0000 0001", NULL};
    struct message message = test_message(*state, "high", "");
    struct request request = test_build(*state, &channel_tencent_sms, TENCENT(*state, NULL), &message, TWO);
    struct json_object *body = body_of(*state, &request);

    assert_string_equal(request.method, "POST");
    assert_string_equal(request.url, "https://sms.tencentcloudapi.com/");
    assert_string_equal(request_header_named(&request, "Content-Type"), "application/json; charset=utf-8");
    assert_string_equal(request_header_named(&request, "Host"), "sms.tencentcloudapi.com");
    assert_string_equal(request_header_named(&request, "X-TC-Action"), "SendSms");
    assert_string_equal(request_header_named(&request, "X-TC-Version"), "2021-01-11");
    assert_string_equal(request_header_named(&request, "X-TC-Region"), "ap-beijing");
    assert_string_equal(request_header_named(&request, "X-TC-Timestamp"), "1767323045");
    assert_string_equal(request_header_named(&request, "X-TC-Token"), "");
    assert_string_equal(json_text_at(body, "/PhoneNumberSet/0"), "+8613800000000");
    assert_string_equal(json_text_at(body, "/PhoneNumberSet/1"), "+8613900000001");
    assert_int_equal(json_length(json_at(body, "/PhoneNumberSet")), 2);
    assert_string_equal(json_text_at(body, "/SmsSdkAppId"), "1400006666");
    assert_string_equal(json_text_at(body, "/SignName"), "OpsTeam");
    assert_string_equal(json_text_at(body, "/TemplateId"), "1234");
    assert_string_equal(json_text_at(body, "/TemplateParamSet/0"), "web-01");
    assert_string_equal(json_text_at(body, "/TemplateParamSet/1"), "high");
    assert_string_equal(json_text_at(body, "/SessionContext"), message.id);
}

/* The same parameters as the vector's; what signs them is held to the vectors in test_sign. */
static void test_the_body_that_is_signed_is_the_body_that_is_sent(void **state)
{
    struct message message = test_message(*state, "磁盘 \"/data\" \\ 95%", "");
    struct request request = test_build(*state, &channel_tencent_sms,
                                        TENCENT(*state, "variable_limit", "40", "token", "session"), &message, ONE);
    struct request again = request_in(*state);
    struct tc3 tc3 = {.service = "sms", .now_s = TEST_WALL_MS / 1000};

    tc3.key =
        (struct access_key){{"AKIDz8krbsJ5yKBZQpn74WFkmLPx3TEST01"}, {"Gu5t9xGARNpq86cd98joQYCN3TEST+/="}, {"session"}};
    again.url = "https://sms.tencentcloudapi.com/";
    request_body(&again, request.body);
    request_header(&again, "Content-Type: application/json; charset=utf-8");
    request_header(&again, "X-TC-Action: SendSms");
    sign_tc3(&tc3, &again);
    assert_string_equal(request_header_named(&request, "Authorization"), request_header_named(&again, "Authorization"));
    assert_non_null(
        strstr(request_header_named(&request, "Authorization"), "SignedHeaders=content-type;host;x-tc-action,"));
    assert_string_equal(request_header_named(&request, "X-TC-Token"), "session");
}

static void test_another_endpoint_is_signed_with_its_port(void **state)
{
    struct message message = test_message(*state, "t", "");
    struct request request =
        test_build(*state, &channel_tencent_sms, TENCENT(*state, "endpoint", "http://127.0.0.1:18080/"), &message, ONE);

    assert_string_equal(request_header_named(&request, "Host"), "127.0.0.1:18080");
}

/* Accounts opened since January 2024: six characters a variable. */
static void test_variables_are_cut_to_six_characters_unless_told_otherwise(void **state)
{
    struct message message = test_message(*state, "磁盘使用率超过阈值", "");
    struct request request = test_build(*state, &channel_tencent_sms, TENCENT(*state, NULL), &message, ONE);
    struct request longer =
        test_build(*state, &channel_tencent_sms, TENCENT(*state, "variable_limit", "12"), &message, ONE);

    assert_string_equal(json_text_at(body_of(*state, &request), "/TemplateParamSet/1"), "磁盘使用率超");
    assert_string_equal(json_text_at(body_of(*state, &longer), "/TemplateParamSet/1"), "磁盘使用率超过阈值");
    assert_int_equal(request.measure_count, 2);
}

static void test_hostile_values_stay_values(void **state)
{
    static const char *const HOSTILE[] = {"\"],\"PhoneNumberSet\":[\"+8613900000000\"],\"x\":[\"",
                                          "{{host}}",
                                          "\\",
                                          "\r\n",
                                          "https://evil.example.com/",
                                          "【中国银行】",
                                          "💣",
                                          ""};

    for (size_t i = 0; i < COUNT(HOSTILE); i++) {
        struct message message = test_message(*state, HOSTILE[i], "");
        struct request request =
            test_build(*state, &channel_tencent_sms, TENCENT(*state, "variable_limit", "100"), &message, ONE);
        struct json_object *body = body_of(*state, &request);
        const char *value = json_text_at(body, "/TemplateParamSet/1");

        assert_int_equal(json_length(json_at(body, "/PhoneNumberSet")), 1);
        assert_string_equal(json_text_at(body, "/PhoneNumberSet/0"), "+8613800000000");
        assert_int_equal(json_length(json_at(body, "/TemplateParamSet")), 2);
        assert_true(value[0] && !strstr(value, "://") && !strstr(value, "【"));
    }
}

static const struct verdict *verdict_of(const struct verdicts *verdicts, const char *recipient)
{
    for (size_t i = 0; i < verdicts->count; i++)
        if (strcmp(verdicts->items[i].recipient, recipient) == 0)
            return &verdicts->items[i];
    fail_msg("no verdict for '%s'", recipient);
    return NULL;
}

/* SendStatusSet has a row a number: a call that succeeded may have failed for some. */
static void test_each_number_has_its_own_verdict(void **state)
{
    static const char *const MANY[] = {"13800000000", "+86 139 0000 0001", "13800000002", "13800000003", "li", NULL};
    static const char ANSWER[] =
        "{\"Response\":{\"SendStatusSet\":["
        "{\"SerialNo\":\"\",\"PhoneNumber\":\"+8613900000001\",\"Fee\":0,\"Code\":\"LimitExceeded.PhoneNumberDailyLimit\","
        "\"Message\":\"the number of sms messages sent from a single mobile number every day exceeds the upper limit\"},"
        "{\"SerialNo\":\"5000:1045710669157053657849499619\",\"PhoneNumber\":\"+8613800000000\",\"Fee\":1,"
        "\"SessionContext\":\"test\",\"Code\":\"Ok\",\"Message\":\"send success\",\"IsoCode\":\"CN\"},"
        "{\"SerialNo\":\"\",\"PhoneNumber\":\"+8613800000002\",\"Fee\":0,\"Code\":\"InternalError.Timeout\","
        "\"Message\":\"\"}],\"RequestId\":\"r\"}}";
    struct message message = test_message(*state, "t", "");
    struct intent intent = sms_intent(&message, MANY);
    struct verdicts verdicts = test_classify(*state, &channel_tencent_sms, TENCENT(*state, NULL), &intent, 200, ANSWER);

    assert_int_equal(verdicts.count, 5);
    assert_int_equal(verdict_of(&verdicts, "13800000000")->outcome, OUTCOME_DELIVERED);
    assert_string_equal(verdict_of(&verdicts, "13800000000")->reference, "5000:1045710669157053657849499619");
    assert_int_equal(verdict_of(&verdicts, "+86 139 0000 0001")->outcome, OUTCOME_THROTTLED);
    assert_int_equal(verdict_of(&verdicts, "13800000002")->outcome, OUTCOME_UNCLEAR);
    assert_int_equal(verdict_of(&verdicts, "13800000003")->outcome, OUTCOME_UNCLEAR); /* not a word about it */
    assert_int_equal(verdict_of(&verdicts, "li")->outcome, OUTCOME_REFUSED);
}

/* UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber: one call takes one kind. */
static void test_numbers_of_the_mainland_and_of_abroad_go_out_separately(void **state)
{
    static const char *const MIXED[] = {"13800000000", "+85298765432", "13800000001", NULL};
    static const char ANSWER[] =
        "{\"Response\":{\"SendStatusSet\":[{\"PhoneNumber\":\"+8613800000000\",\"Code\":\"Ok\"},"
        "{\"PhoneNumber\":\"+8613800000001\",\"Code\":\"Ok\"}]}}";
    struct message message = test_message(*state, "t", "");
    struct intent intent = sms_intent(&message, MIXED);
    struct request request = test_build(*state, &channel_tencent_sms, TENCENT(*state, NULL), &message, MIXED);
    struct verdicts verdicts = test_classify(*state, &channel_tencent_sms, TENCENT(*state, NULL), &intent, 200, ANSWER);

    assert_int_equal(json_length(json_at(body_of(*state, &request), "/PhoneNumberSet")), 2);
    assert_int_equal(verdict_of(&verdicts, "13800000001")->outcome, OUTCOME_DELIVERED);
    assert_int_equal(verdict_of(&verdicts, "+85298765432")->outcome, OUTCOME_AGAIN);
    intent = sms_intent(&message, MIXED + 1);
    intent.recipient_count = 1;
    request = test_build(*state, &channel_tencent_sms, TENCENT(*state, NULL), &message,
                         (const char *const[]){MIXED[1], NULL});
    assert_string_equal(json_text_at(body_of(*state, &request), "/PhoneNumberSet/0"), "+85298765432");
}

static void test_every_published_code_has_its_meaning_for_a_call_and_for_a_number(void **state)
{
    struct message message = test_message(*state, "t", "");
    struct intent intent = sms_intent(&message, ONE);
    struct code_test call = {*state,
                             &channel_tencent_sms,
                             TENCENT(*state, NULL),
                             &intent,
                             "{\"Response\":{\"Error\":{\"Code\":\"%s\",\"Message\":\"m\"},\"RequestId\":\"r\"}}",
                             ""};
    struct code_test number = call;

    number.format = "{\"Response\":{\"SendStatusSet\":[{\"PhoneNumber\":\"+8613800000000\",\"Code\":\"%s\"}]}}";
    expect_classes(call, "tencent");
    expect_classes(number, "tencent");
}

static void test_status_200_alone_delivers_nothing(void **state)
{
    static const struct answer_case CASES[] = {
        {"bad signature",            200,
         "{\"Response\":{\"Error\":{\"Code\":\"AuthFailure.SignatureFailure\",\"Message\":\"m\"},\"RequestId\":\"r\"}}",             OUTCOME_BROKEN,  "AuthFailure.SignatureFailure", WORD_FIX_KEY  },
        {"clock",                    200, "{\"Response\":{\"Error\":{\"Code\":\"AuthFailure.SignatureExpire\",\"Message\":\"m\"}}}",
         OUTCOME_BROKEN,                                                                                                                              NULL,                           WORD_FIX_CLOCK},
        {"Aliyun's spelling of yes", 200,
         "{\"Response\":{\"SendStatusSet\":[{\"PhoneNumber\":\"+8613800000000\",\"Code\":\"OK\"}]}}",                                OUTCOME_REFUSED,
         "OK",                                                                                                                                                                        WORD_NONE     },
        {"another number's yes",     200,
         "{\"Response\":{\"SendStatusSet\":[{\"PhoneNumber\":\"+8613900000009\",\"Code\":\"Ok\"}]}}",                                OUTCOME_UNCLEAR,
         "NO-CODE",                                                                                                                                                                   WORD_NONE     },
        {"no rows",                  200, "{\"Response\":{\"SendStatusSet\":[]}}",                                                   OUTCOME_UNCLEAR, NULL,                           WORD_NONE     },
        {"rows of nonsense",         200, "{\"Response\":{\"SendStatusSet\":\"Ok\"}}",                                               OUTCOME_UNCLEAR, NULL,                           WORD_NONE     },
        {"error and a yes",          200,
         "{\"Response\":{\"Error\":{\"Code\":\"InternalError\"},\"SendStatusSet\":[{\"PhoneNumber\":\"+8613800000000\","
         "\"Code\":\"Ok\"}]}}",                                                                                                      OUTCOME_UNCLEAR, "InternalError",                WORD_NONE     },
        {"empty object",             200, "{}",                                                                                      OUTCOME_UNCLEAR, "NO-CODE",                      WORD_NONE     },
        {"a page",                   200, "<html>",                                                                                  OUTCOME_AGAIN,   "NOT-THE-PROVIDER",             WORD_FIX_PROXY},
        {"bad gateway",              502, "<html>",                                                                                  OUTCOME_AGAIN,   "HTTP 502",                     WORD_NONE     },
        {"forbidden",                403, "{}",                                                                                      OUTCOME_BROKEN,  "HTTP 403",                     WORD_NONE     },
    };
    struct message message = test_message(*state, "t", "");
    struct intent intent = sms_intent(&message, ONE);

    test_answers(*state, &channel_tencent_sms, TENCENT(*state, NULL), &intent, CASES, COUNT(CASES));
    assert_true(channel_tencent_sms.never_repeats);
    assert_int_equal(channel_tencent_sms.recipients_in_request, 200);
}

/* --- receipts --- */

/* The vendor's SDK (tencentcloud-sdk-python, sms/v20210111/models.py) and its example: names, types, Offset 0. */
static void test_asks_for_the_receipts_of_one_number(void **state)
{
    static const char *const NUMBER[] = {"138 0000 0000", NULL};
    struct message message = {.id = "01J0000000TEST"};
    struct intent intent = sms_intent(&message, NUMBER);
    struct request request = request_in(*state);
    struct fault fault = {0};
    struct json_object *body;

    intent.verb = VERB_RECEIPT;
    intent.sent_ms = TEST_WALL_MS - 30000;
    assert_true(channel_tencent_sms.build(TENCENT(*state, NULL), &intent, &TEST_MOMENT, &request, &fault));
    body = body_of(*state, &request);
    assert_string_equal(request_header_named(&request, "X-TC-Action"), "PullSmsSendStatusByPhoneNumber");
    assert_string_equal(request_header_named(&request, "X-TC-Version"), "2021-01-11");
    assert_string_equal(json_text_at(body, "/SmsSdkAppId"), "1400006666");
    assert_string_equal(json_text_at(body, "/PhoneNumber"), "+8613800000000");
    assert_in_range(json_number_at(body, "/BeginTime", 0), TEST_WALL_MS / 1000 - 30 - 600, TEST_WALL_MS / 1000 - 30);
    assert_int_equal(json_number_at(body, "/Offset", -1), 0);
    assert_in_range(json_number_at(body, "/Limit", 0), 1, 100);
    assert_non_null(
        strstr(request_header_named(&request, "Authorization"), "SignedHeaders=content-type;host;x-tc-action,"));
}

#define STATUSES(rows) "{\"Response\":{\"PullSmsSendStatusSet\":[" rows "],\"RequestId\":\"r\"}}"
#define STATUS(serial, status, description)                                                                         \
    "{\"Description\":\"" description                                                                               \
    "\",\"CountryCode\":\"86\",\"SubscriberNumber\":\"13800000000\",\"ReportStatus\":"                              \
    "\"" status "\",\"PhoneNumber\":\"+8613800000000\",\"SerialNo\":\"" serial "\",\"UserReceiveTime\":1620734188," \
    "\"SessionContext\":\"\"}"
#define OWN     "5000:1045710669157053657849499619"
#define ANOTHER "5000:1045710669157053657849498556"

static const struct answer_case RECEIPTS[] = {
    {"arrived",                  200,              STATUSES(STATUS(ANOTHER,         "FAIL",                                                                                      "UNDELIV") "," STATUS(OWN,                                                                                     "SUCCESS","DELIVRD")),
     OUTCOME_DELIVERED, "DELIVRD", WORD_NONE},
    {"unreachable",          200,                 STATUSES(STATUS(OWN,                                       "FAIL",                                                                                                                                  "UNDELIV")),                                                                                                                                                                                                                                   OUTCOME_REFUSED,"UNDELIV", WORD_FIX_RECIPIENT},
    {"an operator's code",                    200,                         STATUSES(STATUS(OWN,   "FAIL","MK:0012")),OUTCOME_REFUSED,"MK:0012",
     WORD_FIX_RECIPIENT},
    {"rejected",    200,STATUSES(STATUS(OWN,"FAIL",                                                                                                                             "REJECTD")),                                                                                                                                                                                                                                                                                                                                                                                                               OUTCOME_REFUSED,                                                                                                                                                                                                                                                                                                                                                                                                           "REJECTD", WORD_FIX_MESSAGE},
    {"words",                          200,                                 STATUSES(STATUS(OWN,                                                          "FAIL",                                                                                                                                                          "用户关机或停机")),                                                                                                                                                                                                                                                                  OUTCOME_REFUSED,"FAIL", WORD_FIX_RECIPIENT},
    {"blacklist",                 200,                 STATUSES(STATUS(OWN,                                                "FAIL",                                                                                                                                     "手机号在黑名单库中")),                                                                                                                                                                                                                      OUTCOME_REFUSED,"FAIL",
     WORD_FIX_RECIPIENT},
    {"a word in it", 200,  STATUSES(STATUS(OWN,                           "FAIL","运营商关键字拦截")),OUTCOME_REFUSED,"FAIL", WORD_FIX_MESSAGE},
    {"no words",       200, STATUSES(STATUS(OWN,"FAIL","")),OUTCOME_REFUSED,"FAIL", WORD_FIX_RECIPIENT},
    {"a status of tomorrow",             200,                          STATUSES(STATUS(OWN,                                     "success",                                                                                                "DELIVRD")),                                                                                                                                                                                                                                       OUTCOME_AGAIN,                             "NO-RECEIPT", WORD_NONE},
    {"only another's",          200,                          STATUSES(STATUS(ANOTHER,                                                "SUCCESS",                                                                                                                                  "DELIVRD")),                                                                                                                                                                                                                            OUTCOME_AGAIN,"NO-RECEIPT", WORD_NONE},
    {"nothing yet",           200,                     STATUSES(""),                                  OUTCOME_AGAIN,                                                                                                                             "NO-RECEIPT",                                                                                                                                                                                                                                                                                                                                                                                                                                          WORD_NONE                                                                                                                                                 },
    {"null",                 200,                      "{\"Response\":{\"PullSmsSendStatusSet\":null,\"RequestId\":\"r\"}}",    OUTCOME_AGAIN,"NO-RECEIPT",
     WORD_NONE},
    {"may not ask",              200,"{\"Response\":{\"Error\":{\"Code\":\"AuthFailure.UnauthorizedOperation\"}}}",OUTCOME_BROKEN,
     NULL,WORD_FIX_PERMISSION},
    {"no such key",                          200,                              "{\"Response\":{\"Error\":{\"Code\":\"AuthFailure.SecretIdNotFound\"}}}",                                                OUTCOME_BROKEN,                                                                                                           NULL,
     WORD_FIX_KEY},
    {"asked wrongly",                          200,                                     "{\"Response\":{\"Error\":{\"Code\":\"InvalidParameterValue.BeginTimeVerifyFail\"}}}",
     OUTCOME_BROKEN,                                                   NULL,                                                                                                                                                WORD_NONE},
    {"too often",                          200,                              "{\"Response\":{\"Error\":{\"Code\":\"RequestLimitExceeded\"}}}",                                             OUTCOME_AGAIN,                                                                              NULL,
     WORD_NONE},
    {"an internal error",                          200,                              "{\"Response\":{\"Error\":{\"Code\":\"InternalError.Timeout\"}}}",                                 OUTCOME_AGAIN,                       NULL,
     WORD_NONE                                                           },
    {"a code of tomorrow",                          200,                            "{\"Response\":{\"Error\":{\"Code\":\"Something.New\"}}}",                               OUTCOME_AGAIN, NULL,
     WORD_NONE},
    {"empty object",                          200,                                "{}",                                   OUTCOME_AGAIN,                                 NULL,                                                                                     WORD_NONE    },
    {"bad gateway",                          502,                        "<html>",                           OUTCOME_AGAIN,                        "HTTP 502",                                                                                        WORD_NONE},
};

static void test_a_receipt_says_what_became_of_the_message(void **state)
{
    struct message message = {.id = "01J0000000TEST"};
    struct intent intent = sms_intent(&message, ONE);
    struct verdicts verdicts;

    intent.verb = VERB_RECEIPT;
    intent.reference = OWN;
    test_answers(*state, &channel_tencent_sms, TENCENT(*state, NULL), &intent, RECEIPTS, COUNT(RECEIPTS));
    verdicts = test_classify(*state, &channel_tencent_sms, TENCENT(*state, NULL), &intent, 200, RECEIPTS[0].body);
    assert_int_equal(verdicts.count, 1);
    assert_int_equal(verdicts.items[0].arrived_s, 1620734188);
}

/* Without a SerialNo the SessionContext that we sent must come back: an empty one is anybody's. */
static void test_without_an_answer_only_our_own_context_counts(void **state)
{
    static const char OURS[] =
        STATUSES("{\"ReportStatus\":\"SUCCESS\",\"SerialNo\":\"" OWN "\",\"SessionContext\":\"01J0000000TEST\"}");
    struct message message = {.id = "01J0000000TEST"};
    struct intent intent = sms_intent(&message, ONE);

    intent.verb = VERB_RECEIPT;
    assert_int_equal(
        test_classify(*state, &channel_tencent_sms, TENCENT(*state, NULL), &intent, 200, OURS).items[0].outcome,
        OUTCOME_DELIVERED);
    assert_int_equal(test_classify(*state, &channel_tencent_sms, TENCENT(*state, NULL), &intent, 200, RECEIPTS[0].body)
                         .items[0]
                         .outcome,
                     OUTCOME_AGAIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_sends_what_the_documentation_asks_for),
        WITH_ARENA(test_the_body_that_is_signed_is_the_body_that_is_sent),
        WITH_ARENA(test_another_endpoint_is_signed_with_its_port),
        WITH_ARENA(test_variables_are_cut_to_six_characters_unless_told_otherwise),
        WITH_ARENA(test_hostile_values_stay_values),
        WITH_ARENA(test_each_number_has_its_own_verdict),
        WITH_ARENA(test_numbers_of_the_mainland_and_of_abroad_go_out_separately),
        WITH_ARENA(test_every_published_code_has_its_meaning_for_a_call_and_for_a_number),
        WITH_ARENA(test_status_200_alone_delivers_nothing),
        WITH_ARENA(test_asks_for_the_receipts_of_one_number),
        WITH_ARENA(test_a_receipt_says_what_became_of_the_message),
        WITH_ARENA(test_without_an_answer_only_our_own_context_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
