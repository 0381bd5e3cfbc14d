#include <unistd.h>

#include "tests/unit/channel_support.h"
#include "tests/unit/data_support.h"

#include "plugins/webhook_presets.h"

extern const struct channel channel_webhook;

#define WEBHOOK(arena, ...) TEST_SETTINGS(arena, &channel_webhook, __VA_ARGS__)
#define PLAIN(arena)        WEBHOOK(arena, "endpoint", "https://cmdb.example.com/alerts")

static const char SECRET[] = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

static struct json_object *body_of(struct arena *arena, const struct request *request)
{
    struct json_object *body = json_read(arena, request->body, request->body_len);

    if (!body)
        fail_msg("not JSON: %s", request->body);
    return body;
}

/* https://github.com/standard-webhooks/standard-webhooks: {"type": "group.event", "timestamp": ISO 8601, "data": {}} */
static void test_without_a_template_the_event_goes_out_as_json(void **state)
{
    struct message message = test_message(*state, "CPU 使用率 > 90%", "line 1\nline \"2\"");
    struct request request = test_build(*state, &channel_webhook, PLAIN(*state), &message, NULL);
    struct json_object *body = body_of(*state, &request);

    assert_string_equal(request.method, "POST");
    assert_string_equal(request.url, "https://cmdb.example.com/alerts");
    assert_string_equal(request_header_named(&request, "Content-Type"), "application/json");
    assert_string_equal(json_text_at(body, "/type"), "alert.problem");
    assert_string_equal(json_text_at(body, "/timestamp"), "2026-01-02T03:04:05Z");
    assert_string_equal(json_text_at(body, "/data/id"), message.id);
    assert_string_equal(json_text_at(body, "/data/title"), "CPU 使用率 > 90%");
    assert_string_equal(json_text_at(body, "/data/text"), "line 1\nline \"2\"");
    assert_string_equal(json_text_at(body, "/data/level"), "严重");
    assert_string_equal(json_text_at(body, "/data/severity"), "critical");
    assert_string_equal(json_text_at(body, "/data/host"), "web-01");
    assert_string_equal(json_text_at(body, "/data/source"), "zabbix");
    assert_false(json_has(body, "/data/recipient"));
    assert_string_equal(request_header_named(&request, "webhook-id"), "");
}

static void test_a_repeat_says_so_and_a_recipient_is_named(void **state)
{
    static const char *const RECIPIENT[] = {"zhang", NULL};
    struct message message = test_message(*state, "t", "b");
    struct intent intent = {.verb = VERB_SEND,
                            .message = &message,
                            .recipients = RECIPIENT,
                            .recipient_count = 1,
                            .reference = "",
                            .repeat = true};
    struct request request = request_in(*state);
    struct fault fault = {0};

    assert_true(channel_webhook.build(PLAIN(*state), &intent, &TEST_MOMENT, &request, &fault));
    assert_true(json_flag_at(body_of(*state, &request), "/data/possible_repeat"));
    assert_string_equal(json_text_at(body_of(*state, &request), "/data/recipient"), "zhang");
}

static void *with_template(struct arena *arena, const char *template_text, const char *type)
{
    char path[] = "/tmp/np-body-XXXXXX";
    int descriptor = mkstemp(path);
    void *settings;

    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, template_text, strlen(template_text)), strlen(template_text));
    close(descriptor);
    settings = WEBHOOK(arena, "endpoint", "https://a.example.com/", "content_type", type, "body_template", path);
    unlink(path);
    return settings;
}

static void test_a_template_makes_the_body_and_values_are_escaped_for_its_type(void **state)
{
    static const struct {
        const char *type, *text, *want;
    } CASES[] = {
        {"application/json",                  "{\"a\":\"{{title}}\"}",      "{\"a\":\"<\\\"&\\\\ 中\"}"           },
        {"application/vnd.x+json",            "{\"a\":\"{{title}}\"}",      "{\"a\":\"<\\\"&\\\\ 中\"}"           },
        {"application/x-www-form-urlencoded", "a={{title}}&b={{severity}}", "a=%3C%22%26%5C%20%E4%B8%AD&b=critical"},
        {"text/xml; charset=utf-8",           "<a>{{title}}</a>",           "<a>&lt;&quot;&amp;\\ 中</a>"         },
        {"text/plain",                        "{{title}}",                  "<\"&\\ 中"                           },
    };
    struct message message = test_message(*state, "<\"&\\ 中", "b");

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct request request =
            test_build(*state, &channel_webhook, with_template(*state, CASES[i].text, CASES[i].type), &message, NULL);

        assert_string_equal(request.body, CASES[i].want);
        assert_string_equal(request_header_named(&request, "Content-Type"), CASES[i].type);
    }
}

static void test_a_template_that_makes_no_json_is_told_before_it_is_sent(void **state)
{
    static const char *const WRONG[] = {"{\"a\":{{title}}}", "{\"a\":\"{{{title}}}\"}", "{{#title}", "[1 2]"};
    struct message message = test_message(*state, "say \"hi\"", "b");
    struct intent intent = {.verb = VERB_SEND, .message = &message, .reference = ""};

    for (size_t i = 0; i < COUNT(WRONG); i++) {
        struct request request = request_in(*state);
        struct fault fault = {0};

        if (channel_webhook.build(with_template(*state, WRONG[i], "application/json"), &intent, &TEST_MOMENT, &request,
                                  &fault))
            fail_msg("%s became %s", WRONG[i], request.body);
        assert_int_equal(fault.kind, FAULT_CONFIG);
        assert_non_null(strstr(fault.text, "body_template"));
    }
}

/* An SMS modem: GET, everything in the address, percent-encoded so that a value stays one value. */
static void test_get_fills_the_address_and_sends_no_body(void **state)
{
    static const char *const NUMBER[] = {"+8613800138000", NULL};
    struct message message = test_message(*state, "a&to=1#x/../y {{host}} 中", "b");
    struct request request = test_build(
        *state, &channel_webhook,
        WEBHOOK(*state, "method", "GET", "endpoint", "http://gw.example.com/send?to={{recipient}}&text={{title}}"),
        &message, NUMBER);

    assert_string_equal(request.method, "GET");
    assert_string_equal(request.url, "http://gw.example.com/send?to=%2B8613800138000&text=a%26to%3D1%23x%2F..%2Fy%20"
                                     "%7B%7Bhost%7D%7D%20%E4%B8%AD");
    assert_int_equal(request.body_len, 0);
    assert_string_equal(request_header_named(&request, "Content-Type"), "");
}

static void test_headers_and_token_are_sent_and_cannot_be_broken(void **state)
{
    struct message message = test_message(*state, "t", "b");
    struct request request =
        test_build(*state, &channel_webhook,
                   WEBHOOK(*state, "endpoint", "https://a.example.com/", "headers",
                           "X-Site: bj,Content-Type: text/json,X-Evil: a\r\nX-Two: b", "token", "tk_1"),
                   &message, NULL);

    assert_string_equal(request_header_named(&request, "X-Site"), "bj");
    assert_string_equal(request_header_named(&request, "Content-Type"), "text/json");
    assert_string_equal(request_header_named(&request, "Authorization"), "Bearer tk_1");
    assert_string_equal(request_header_named(&request, "X-Two"), "");
    assert_int_equal(request.header_count, 4);
}

static void test_standard_webhooks_keep_the_id_and_renew_the_time(void **state)
{
    static const char *const ZHANG[] = {"zhang", NULL};
    static const char *const LI[] = {"li", NULL};
    struct message message = test_message(*state, "t", "b");
    void *settings = WEBHOOK(*state, "endpoint", "https://a.example.com/", "signing", "standard", "secret", SECRET);
    struct moment later = {.wall_ms = TEST_WALL_MS + 5000, .nonce = "2"};
    struct intent intent = {
        .verb = VERB_SEND, .message = &message, .recipients = ZHANG, .recipient_count = 1, .reference = ""};
    struct request first = test_build(*state, &channel_webhook, settings, &message, ZHANG);
    struct request other = test_build(*state, &channel_webhook, settings, &message, LI);
    struct request alone = test_build(*state, &channel_webhook, settings, &message, NULL);
    struct request again = request_in(*state);
    struct fault fault = {0};

    assert_true(channel_webhook.build(settings, &intent, &later, &again, &fault));
    assert_string_equal(request_header_named(&first, "webhook-timestamp"), "1767323045");
    assert_string_equal(request_header_named(&again, "webhook-timestamp"), "1767323050");
    assert_string_equal(request_header_named(&again, "webhook-id"), request_header_named(&first, "webhook-id"));
    assert_string_not_equal(request_header_named(&again, "webhook-signature"),
                            request_header_named(&first, "webhook-signature"));
    assert_string_not_equal(request_header_named(&other, "webhook-id"), request_header_named(&first, "webhook-id"));
    assert_string_equal(request_header_named(&alone, "webhook-id"), message.id);
    assert_null(strchr(request_header_named(&first, "webhook-id"), '.'));
}

static void test_github_signing_adds_its_header(void **state)
{
    struct message message = test_message(*state, "t", "b");
    struct request request =
        test_build(*state, &channel_webhook,
                   WEBHOOK(*state, "endpoint", "https://a.example.com/", "signing", "github", "secret", "topsecret"),
                   &message, NULL);

    assert_int_equal(strncmp(request_header_named(&request, "X-Hub-Signature-256"), "sha256=", 7), 0);
    assert_int_equal(strlen(request_header_named(&request, "X-Hub-Signature-256")), 7 + 64);
}

static void test_without_a_rule_any_2xx_is_success(void **state)
{
    static const struct answer_case CASES[] = {
        {"200",       200, "whatever", OUTCOME_DELIVERED, "HTTP 200",      WORD_NONE       },
        {"204",       204, "",         OUTCOME_DELIVERED, "HTTP 204",      WORD_NONE       },
        {"redirect",  302, "",         OUTCOME_BROKEN,    "HTTP 302",      WORD_FIX_ADDRESS},
        {"bad",       400, "no",       OUTCOME_REFUSED,   "HTTP 400",      WORD_NONE       },
        {"forbidden", 403, "no",       OUTCOME_BROKEN,    "HTTP 403",      WORD_FIX_TOKEN  },
        {"gone",      410, "",         OUTCOME_BROKEN,    "HTTP 410",      WORD_FIX_ADDRESS},
        {"too many",  429, "",         OUTCOME_THROTTLED, "HTTP 429",      WORD_NONE       },
        {"gateway",   502, "<html>",   OUTCOME_AGAIN,     "HTTP 502",      WORD_NONE       },
        {"nobody",    0,   "",         OUTCOME_AGAIN,     "NO-CONNECTION", WORD_FIX_NETWORK},
    };
    struct message message = test_message(*state, "t", "b");
    struct intent intent = {.verb = VERB_SEND, .message = &message, .reference = ""};

    test_answers(*state, &channel_webhook, PLAIN(*state), &intent, CASES, COUNT(CASES));
}

static void test_success_looks_into_the_answer(void **state)
{
    static const struct {
        const char *success;
        int status;
        const char *body;
        enum outcome want;
        const char *code;
    } CASES[] = {
        {"/code=0",     200, "{\"code\":0}",             OUTCOME_DELIVERED, "HTTP 200"        },
        {"/code=0",     200, "{\"code\":\"0\"}",         OUTCOME_DELIVERED, "HTTP 200"        },
        {"/code=0",     200, "{\"code\":40001}",         OUTCOME_REFUSED,   "40001"           },
        {"/code=0",     200, "{\"code\":\"00\"}",        OUTCOME_REFUSED,   "00"              },
        {"/code=0",     200, "{\"other\":0}",            OUTCOME_REFUSED,   "HTTP 200"        },
        {"/code=0",     200, "{\"code\":null}",          OUTCOME_REFUSED,   "HTTP 200"        },
        {"/code=0",     200, "ok",                       OUTCOME_UNCLEAR,   "UNREADABLE"      },
        {"/code=0",     200, "<html>",                   OUTCOME_AGAIN,     "NOT-THE-PROVIDER"},
        {"/code=0",     500, "{\"code\":0}",             OUTCOME_AGAIN,     "HTTP 500"        },
        {"/ok=true",    200, "{\"ok\":true}",            OUTCOME_DELIVERED, "HTTP 200"        },
        {"/ok=true",    200, "{\"ok\":false}",           OUTCOME_REFUSED,   "HTTP 200"        },
        {"/a/0/id",     200, "{\"a\":[{\"id\":7}]}",     OUTCOME_DELIVERED, "HTTP 200"        },
        {"/a/0/id",     200, "{\"a\":[]}",               OUTCOME_REFUSED,   "HTTP 200"        },
        {"/a~1b=x=y",   200, "{\"a/b\":\"x=y\"}",        OUTCOME_DELIVERED, "HTTP 200"        },
        {"0: Accepted", 202, "0: Accepted for delivery", OUTCOME_DELIVERED, "HTTP 202"        },
        {"ID:",         200, "Err: 601",                 OUTCOME_REFUSED,   "HTTP 200"        },
    };
    struct message message = test_message(*state, "t", "b");
    struct intent intent = {.verb = VERB_SEND, .message = &message, .reference = ""};

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct verdicts verdicts =
            test_classify(*state, &channel_webhook,
                          WEBHOOK(*state, "endpoint", "https://a.example.com/", "success", CASES[i].success), &intent,
                          CASES[i].status, CASES[i].body);

        assert_int_equal(verdicts.count, 1);
        if (verdicts.items[0].outcome != CASES[i].want || strcmp(verdicts.items[0].code, CASES[i].code) != 0)
            fail_msg("%s on %s: %s %s", CASES[i].success, CASES[i].body, outcome_name(verdicts.items[0].outcome),
                     verdicts.items[0].code);
    }
}

static void test_only_a_receiver_that_knows_repeats_is_asked_again_after_silence(void **state)
{
    static const struct {
        const char *signing;
        enum outcome want;
    } CASES[] = {
        {"none",     OUTCOME_UNCLEAR},
        {"github",   OUTCOME_UNCLEAR},
        {"standard", OUTCOME_AGAIN  },
    };
    struct message message = test_message(*state, "t", "b");
    struct intent intent = {.verb = VERB_SEND, .message = &message, .reference = ""};

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct response response = response_in(*state);
        struct verdicts verdicts = {.arena = *state};

        response.trouble = TROUBLE_LOST;
        response.maybe_sent = true;
        channel_webhook.classify(
            WEBHOOK(*state, "endpoint", "https://a.example.com/", "signing", CASES[i].signing, "secret", SECRET),
            &intent, &response, &verdicts);
        assert_int_equal(verdicts.items[0].outcome, CASES[i].want);
    }
}

/* What each service documents, with texts that try to break out of their quotes. */
static void test_presets_build_what_their_service_documents(void **state)
{
    static const struct {
        const char *preset, *recipient, *url, *path, *want;
    } CASES[] = {
        {"bark",       "key1",  "https://api.day.app/push",             "/device_key", "key1"                                     },
        {"bark",       "key1",  "https://api.day.app/push",             "/title",      "a\",\"b\":\"\\ 中"                       },
        {"bark",       "key1",  "https://api.day.app/push",             "/body",       "line\n\"two\""                            },
        {"bark",       "key1",  "https://api.day.app/push",             "/level",      "critical"                                 },
        {"bark",       "key1",  "https://api.day.app/push",             "/url",        "https://monitor.example.com/confirm/TOKEN"},
        {"ntfy",       "ops",   "https://ntfy.sh/",                     "/topic",      "ops"                                      },
        {"ntfy",       "ops",   "https://ntfy.sh/",                     "/priority",   "5"                                        },
        {"ntfy",       "ops",   "https://ntfy.sh/",                     "/message",    "line\n\"two\""                            },
        {"ntfy",       "ops",   "https://ntfy.sh/",                     "/click",      "https://monitor.example.com/confirm/TOKEN"},
        {"pushplus",   "tk",    "https://www.pushplus.plus/send",       "/token",      "tk"                                       },
        {"pushplus",   "tk",    "https://www.pushplus.plus/send",       "/template",   "txt"                                      },
        {"serverchan", "SCT/1", "https://sctapi.ftqq.com/SCT%2F1.send", "/title",      "a\",\"b\":\"\\ 中"                       },
    };
    struct message message = test_message(*state, "a\",\"b\":\"\\ 中", "line\n\"two\"");

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct request request = test_build(*state, &channel_webhook, WEBHOOK(*state, "preset", CASES[i].preset),
                                            &message, (const char *const[]){CASES[i].recipient, NULL});

        assert_string_equal(request.url, CASES[i].url);
        assert_string_equal(json_word_at(*state, body_of(*state, &request), CASES[i].path), CASES[i].want);
        assert_string_equal(request_header_named(&request, "Content-Type"), "application/json");
    }
}

static void test_presets_take_their_token_where_the_service_wants_it(void **state)
{
    static const char *const TOPIC[] = {"ops", NULL};
    struct message message = test_message(*state, "t", "b");
    struct request gotify =
        test_build(*state, &channel_webhook,
                   WEBHOOK(*state, "preset", "gotify", "endpoint", "https://push.example.com/message", "token", "A1"),
                   &message, NULL);
    struct request ntfy = test_build(
        *state, &channel_webhook,
        WEBHOOK(*state, "preset", "ntfy", "endpoint", "https://ntfy.example.com/", "token", "tk_2"), &message, TOPIC);
    struct request bark =
        test_build(*state, &channel_webhook, WEBHOOK(*state, "preset", "bark", "token", "key9"), &message, NULL);

    assert_string_equal(request_header_named(&gotify, "X-Gotify-Key"), "A1");
    assert_int_equal(json_number_at(body_of(*state, &gotify), "/priority", -1), 8);
    assert_string_equal(json_text_at(body_of(*state, &gotify), "/extras/client::notification/click/url"),
                        message.confirm_url);
    assert_string_equal(ntfy.url, "https://ntfy.example.com/");
    assert_string_equal(request_header_named(&ntfy, "Authorization"), "Bearer tk_2");
    assert_string_equal(json_text_at(body_of(*state, &bark), "/device_key"), "key9");
    assert_string_equal(request_header_named(&bark, "Authorization"), "");
}

static void test_a_preset_without_its_recipient_says_what_is_missing(void **state)
{
    struct message message = test_message(*state, "t", "b");
    struct intent intent = {.verb = VERB_SEND, .message = &message, .reference = ""};
    struct request request = request_in(*state);
    struct fault fault = {0};

    assert_false(channel_webhook.build(WEBHOOK(*state, "preset", "ntfy", "token", "tk"), &intent, &TEST_MOMENT,
                                       &request, &fault));
    assert_int_equal(fault.kind, FAULT_INPUT);
    assert_non_null(strstr(fault.text, "a topic"));
}

static void test_a_preset_stays_within_its_limits_and_without_a_link(void **state)
{
    static const char *const KEY[] = {"k", NULL};
    char *body = arena_alloc(*state, 40001);
    struct message message;

    memset(body, 'x', 40000);
    message =
        test_message(*state, "一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十", body);
    message.link = message.confirm_url = "";
    for (const char *name = WEBHOOK_PRESETS; *name; name += strspn(name, " ")) {
        size_t len = strcspn(name, " ");
        struct request request =
            test_build(*state, &channel_webhook, /* checks the measures */
                       WEBHOOK(*state, "preset", arena_copy(*state, name, len), "endpoint", "https://a.example.com/"),
                       &message, KEY);

        assert_int_equal(request.measure_count, 2);
        assert_true(json_is_object(body_of(*state, &request)));
        name += len;
    }
}

/* Recorded or documented answers of each service. */
static void test_presets_know_their_services_answers(void **state)
{
    static const struct {
        const char *preset;
        int status;
        const char *body;
        enum outcome want;
        enum word remedy;
        const char *reference;
    } CASES[] = {
        {"bark",       200, "{\"code\":200,\"message\":\"success\",\"timestamp\":1}",                                        OUTCOME_DELIVERED, WORD_NONE,          ""   },
        {"bark",       400, "{\"code\":400,\"message\":\"failed to get device token: ...\"}",                                OUTCOME_REFUSED,
         WORD_FIX_RECIPIENT,                                                                                                                                        ""   },
        {"bark",       500, "{\"code\":500,\"message\":\"push failed: BadDeviceToken\"}",                                    OUTCOME_REFUSED,   WORD_FIX_RECIPIENT,
         ""                                                                                                                                                              },
        {"bark",       500, "{\"code\":500,\"message\":\"push failed: context deadline exceeded\"}",                         OUTCOME_AGAIN,
         WORD_FIX_WAIT,                                                                                                                                             ""   },
        {"bark",       200, "{}",                                                                                            OUTCOME_REFUSED,   WORD_FIX_REPORT,    ""   },
        {"bark",       200, "<html>",                                                                                        OUTCOME_AGAIN,     WORD_FIX_PROXY,     ""   },
        {"ntfy",       200, "{\"id\":\"Mx1\",\"time\":1,\"event\":\"message\",\"topic\":\"ops\"}",                           OUTCOME_DELIVERED,
         WORD_NONE,                                                                                                                                                 "Mx1"},
        {"ntfy",       200, "{\"welcome\":\"to the hotel\"}",                                                                OUTCOME_REFUSED,   WORD_FIX_MESSAGE,   ""   },
        {"ntfy",       403, "{\"code\":40301,\"http\":403,\"error\":\"forbidden\"}",                                         OUTCOME_BROKEN,    WORD_FIX_TOKEN,     ""   },
        {"ntfy",       400, "{\"code\":40011,\"http\":400,\"error\":\"invalid request: message must be UTF-8\"}",
         OUTCOME_REFUSED,                                                                                                                       WORD_FIX_MESSAGE,   ""   },
        {"ntfy",       429, "{\"code\":42901,\"http\":429,\"error\":\"limit reached: too many requests\"}",                  OUTCOME_THROTTLED,
         WORD_FIX_QUOTA,                                                                                                                                            ""   },
        {"ntfy",       429, "{\"code\":42909,\"http\":429,\"error\":\"limit reached: too many auth failures\"}",
         OUTCOME_BROKEN,                                                                                                                        WORD_FIX_TOKEN,     ""   },
        {"ntfy",       500, "{\"code\":50001,\"http\":500,\"error\":\"internal server error\"}",                             OUTCOME_AGAIN,     WORD_FIX_WAIT,
         ""                                                                                                                                                              },
        {"gotify",     200, "{\"id\":25,\"appid\":5,\"message\":\"m\",\"title\":\"t\"}",                                     OUTCOME_DELIVERED, WORD_NONE,
         "25"                                                                                                                                                            },
        {"gotify",     401,
         "{\"error\":\"Unauthorized\",\"errorCode\":401,\"errorDescription\":\"you need to provide a valid access token\"}",
         OUTCOME_BROKEN,                                                                                                                        WORD_FIX_TOKEN,     ""   },
        {"gotify",     400, "{\"error\":\"Bad Request\",\"errorCode\":400,\"errorDescription\":\"m\"}",                      OUTCOME_REFUSED,
         WORD_FIX_MESSAGE,                                                                                                                                          ""   },
        {"pushplus",   200, "{\"code\":200,\"msg\":\"请求成功\",\"data\":\"f8f4\"}",                                     OUTCOME_DELIVERED, WORD_NONE,
         "f8f4"                                                                                                                                                          },
        {"pushplus",   200, "{\"code\":903,\"msg\":\"无效的用户token\"}",                                               OUTCOME_BROKEN,    WORD_FIX_TOKEN,     ""   },
        {"pushplus",   200, "{\"code\":900,\"msg\":\"用户账号使用受限\"}",                                           OUTCOME_BROKEN,    WORD_FIX_QUOTA,     ""   },
        {"serverchan", 200,
         "{\"code\":0,\"message\":\"\",\"data\":{\"pushid\":\"3\",\"error\":\"SUCCESS\",\"errno\":0}}",                      OUTCOME_DELIVERED, WORD_NONE,          "3"  },
        {"serverchan", 400, "{\"code\":40001,\"message\":\"[AUTH]错误的Key\",\"scode\":461}",                             OUTCOME_BROKEN,
         WORD_FIX_TOKEN,                                                                                                                                            ""   },
        {"serverchan", 400, "{\"code\":40001,\"message\":\"[AUTH]超过当天的发送次数限制[5]\"}",                   OUTCOME_THROTTLED,
         WORD_FIX_QUOTA,                                                                                                                                            ""   },
    };
    static const char *const KEY[] = {"k", NULL};
    struct message message = test_message(*state, "t", "b");
    struct intent intent = {
        .verb = VERB_SEND, .message = &message, .recipients = KEY, .recipient_count = 1, .reference = ""};

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct verdicts verdicts = test_classify(*state, &channel_webhook, WEBHOOK(*state, "preset", CASES[i].preset),
                                                 &intent, CASES[i].status, CASES[i].body);
        const struct verdict *verdict = &verdicts.items[0];

        assert_int_equal(verdicts.count, 1);
        if (verdict->outcome != CASES[i].want || verdict->remedy != CASES[i].remedy ||
            strcmp(verdict->reference, CASES[i].reference) != 0)
            fail_msg("%s %s: %s, %s, '%s'", CASES[i].preset, CASES[i].body, outcome_name(verdict->outcome),
                     word_in(LANGUAGE_EN, verdict->remedy), verdict->reference);
    }
}

struct found {
    struct findings findings;
    size_t mistakes;
    size_t advices;
};

static void count_mistake(void *self, const char *text)
{
    assert_true(text[0]);
    ((struct found *)self)->mistakes++;
}

static void count_advice(void *self, const char *text)
{
    assert_true(text[0]);
    ((struct found *)self)->advices++;
}

static void test_check_finds_options_that_do_not_go_together(void **state)
{
    static const struct {
        const char *options[9];
        size_t mistakes, advices;
    } CASES[] = {
        {{"endpoint", "https://a.example.com/x", NULL},                                                0, 0},
        {{"preset", "bark", NULL},                                                                     0, 0},
        {{"method", "POST", NULL},                                                                     1, 0},
        {{"preset", "gotify", NULL},                                                                   1, 0},
        {{"endpoint", "ftp://a.example.com/", NULL},                                                   1, 0},
        {{"endpoint", "https://{{host}}/x", NULL},                                                     1, 0},
        {{"endpoint", "https://a.example.com/{{host}}", NULL},                                         0, 0},
        {{"endpoint", "https://a.example.com/", "signing", "standard", NULL},                          1, 0},
        {{"endpoint", "https://a.example.com/", "signing", "standard", "secret", "not base64!", NULL}, 1, 0},
        {{"endpoint", "https://a.example.com/", "signing", "standard", "secret", "c2hvcnQ=", NULL},    0, 1},
        {{"endpoint", "https://a.example.com/", "signing", "standard", "secret", SECRET, NULL},        0, 0},
        {{"endpoint", "https://a.example.com/", "signing", "github", "secret", "any words", NULL},     0, 0},
        {{"preset", "bark", "success", "/code=0", NULL},                                               1, 0},
        {{"preset", "bark", "method", "GET", NULL},                                                    1, 0},
        {{"endpoint", "http://a.example.com/", "token", "t", NULL},                                    0, 1},
        {{"endpoint", "https://a.example.com/", "headers", "X-A: b,nonsense,: c", NULL},               2, 0},
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct found found = {0};

        found.findings = (struct findings){*state, count_mistake, count_advice, &found};
        channel_webhook.check(test_settings(*state, &channel_webhook, CASES[i].options), &found.findings);
        if (found.mistakes != CASES[i].mistakes || found.advices != CASES[i].advices)
            fail_msg("case %zu (%s): %zu mistakes, %zu advices", i, CASES[i].options[1], found.mistakes, found.advices);
    }
}

static void test_credentials_in_address_and_headers_are_masked(void **state)
{
    struct arena *arena = *state;
    struct givens givens = {.arena = arena};
    struct secrets secrets = {.arena = arena};
    struct settings_reading reading = {.directory = "/", .environment = "", .secrets = &secrets};
    const char *endpoint[] = {"https://hooks.example.com/t/0123456789abcdefTOKEN"};
    const char *headers[] = {"Authorization: Basic dXNlcjpwYXNz", "X-Site: beijing", "X-Api-Key: k-12345"};
    const char *masked;
    struct fault fault = {0};

    givens_add(&givens, "endpoint", (struct text_list){endpoint, 1}, "test");
    givens_add(&givens, "headers", (struct text_list){headers, 3}, "test");
    assert_true(settings_fill(arena, channel_webhook.options, arena_alloc(arena, channel_webhook.settings_size),
                              &givens, &reading, &fault));
    masked = secrets_mask(arena, &secrets,
                          arena_print(arena, "%s %s %s %s", endpoint[0], headers[0], headers[1], headers[2]));
    assert_null(strstr(masked, "TOKEN"));
    assert_null(strstr(masked, "dXNlcjpwYXNz"));
    assert_null(strstr(masked, "k-12345"));
    assert_string_equal(secrets_mask(arena, &secrets, "the server saw dXNlcjpwYXNz"), "the server saw ***");
    assert_non_null(strstr(masked, "https://hooks.example.com"));
    assert_non_null(strstr(masked, "X-Site: beijing"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_without_a_template_the_event_goes_out_as_json),
        WITH_ARENA(test_a_repeat_says_so_and_a_recipient_is_named),
        WITH_ARENA(test_a_template_makes_the_body_and_values_are_escaped_for_its_type),
        WITH_ARENA(test_a_template_that_makes_no_json_is_told_before_it_is_sent),
        WITH_ARENA(test_get_fills_the_address_and_sends_no_body),
        WITH_ARENA(test_headers_and_token_are_sent_and_cannot_be_broken),
        WITH_ARENA(test_standard_webhooks_keep_the_id_and_renew_the_time),
        WITH_ARENA(test_github_signing_adds_its_header),
        WITH_ARENA(test_without_a_rule_any_2xx_is_success),
        WITH_ARENA(test_success_looks_into_the_answer),
        WITH_ARENA(test_only_a_receiver_that_knows_repeats_is_asked_again_after_silence),
        WITH_ARENA(test_presets_build_what_their_service_documents),
        WITH_ARENA(test_presets_take_their_token_where_the_service_wants_it),
        WITH_ARENA(test_a_preset_without_its_recipient_says_what_is_missing),
        WITH_ARENA(test_a_preset_stays_within_its_limits_and_without_a_link),
        WITH_ARENA(test_presets_know_their_services_answers),
        WITH_ARENA(test_check_finds_options_that_do_not_go_together),
        WITH_ARENA(test_credentials_in_address_and_headers_are_masked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
