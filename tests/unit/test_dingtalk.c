/*
 * Expected values: https://open.dingtalk.com/document/robots/custom-robot-access for the form of messages, tests/data/chat.json
 * for signatures, answers as recorded by users of the live service.
 */
#include "tests/unit/chat_support.h"

extern const struct channel channel_dingtalk;

#define STANDARD "https://oapi.dingtalk.com/robot/send"
#define WEBHOOK  STANDARD "?access_token=abc123"
#define GATEWAY  "https://gateway.example/dingtalk"
#define STAND_IN "http://127.0.0.1:8080/dingtalk/robot/send"

static void *settings_with(struct arena *arena, const char *name, const char *value)
{
    return TEST_SETTINGS(arena, &channel_dingtalk, "webhook", WEBHOOK, name, value);
}

static struct json_object *body_with(struct arena *arena, const char *format, const struct message *message,
                                     const char *const *recipients)
{
    void *settings = settings_with(arena, "format", format);
    struct request request = test_build(arena, &channel_dingtalk, settings, message, recipients);

    return body_of(arena, &request);
}

static void test_signs_as_published_and_encodes_once(void **state)
{
    struct arena *arena = *state;
    struct json_object *vectors = data_file(arena, "chat.json");
    size_t count = 0;

    for (const char *at = "/dingtalk/0"; json_has(vectors, at); at = arena_print(arena, "/dingtalk/%zu", ++count)) {
        struct json_object *vector = json_at(vectors, at);
        struct message message = test_message(arena, "t", "b");
        struct intent intent = {.verb = VERB_SEND, .message = &message, .reference = ""};
        struct moment moment = {.wall_ms = json_number_at(vector, "/timestamp_ms", 0), .nonce = ""};
        struct request request = request_in(arena);
        struct fault fault = {0};

        assert_true(channel_dingtalk.build(settings_with(arena, "secret", json_text_at(vector, "/secret")), &intent,
                                           &moment, &request, &fault));
        assert_string_equal(request.url,
                            arena_print(arena, WEBHOOK "&timestamp=%lld&sign=%s", (long long)moment.wall_ms,
                                        json_text_at(vector, "/sign_urlencoded")));
    }
    assert_int_equal(count, 3);
}

static void test_takes_the_address_however_it_was_pasted(void **state)
{
    static const struct {
        const char *name;
        const char *webhook;
        const char *token;
        const char *endpoint;
        const char *want;
    } CASES[] = {
        {"whole",            WEBHOOK,                                            "",       STANDARD,        WEBHOOK                            },
        {"token only",       "",                                                 "abc123", STANDARD,        WEBHOOK                            },
        {"odd token",        "",                                                 "a+b/c",  STANDARD,        STANDARD "?access_token=a%2Bb%2Fc" },
        {"old signature",    WEBHOOK "&timestamp=1582163555000&sign=BQKsG%2B",   "",       STANDARD,        WEBHOOK                            },
        {"signature first",  STANDARD "?timestamp=1&sign=x&access_token=abc123", "",       STANDARD,        WEBHOOK                            },
        {"decoded &times",   WEBHOOK "×tamp=XXX&sign=XXX",                      "",       STANDARD,        WEBHOOK                            },
        {"entity",           WEBHOOK "&amp;timestamp=1&amp;sign=x",              "",       STANDARD,        WEBHOOK                            },
        {"no question mark", STANDARD "access_token=abc123",                     "",       STANDARD,        WEBHOOK                            },
        {"ampersand for it", STANDARD "&access_token=abc123",                    "",       STANDARD,        WEBHOOK                            },
        {"fragment",         WEBHOOK "#top",                                     "",       STANDARD,        WEBHOOK                            },
        {"gateway",          GATEWAY "?site=bj&access_token=abc123&v=2",         "",       STANDARD,
         GATEWAY "?access_token=abc123&site=bj&v=2"                                                                                            },
        {"stand-in",         WEBHOOK,                                            "",       STAND_IN,        STAND_IN "?access_token=abc123"    },
        {"stand-in, query",  WEBHOOK "&v=2",                                     "",       STAND_IN "?y=1", STAND_IN "?y=1&access_token=abc123"},
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        void *settings = TEST_SETTINGS(*state, &channel_dingtalk, "webhook", CASES[i].webhook, "token", CASES[i].token,
                                       "endpoint", CASES[i].endpoint);
        struct message message = test_message(*state, "t", "b");
        struct request request = test_build(*state, &channel_dingtalk, settings, &message, NULL);

        if (strcmp(request.url, CASES[i].want) != 0)
            fail_msg("%s: '%s'", CASES[i].name, request.url);
        assert_string_equal(request_header_named(&request, "content-type"), "application/json; charset=utf-8");
    }
}

static void test_a_bad_address_is_a_fault_of_the_configuration_that_does_not_show_it(void **state)
{
    static const char *const CASES[] = {
        "",
        "https://oapi.dingtalk.com/robot/send",
        "https:///robot/send?access_token=abc123",
        "oapi.dingtalk.com/robot/send?access_token=abc123",
        "file:///robot?access_token=abc123",
        "https://oapi.dingtalk.com/robot/send?access_token=abc 123",
        "https://oapi.dingtalk.com/robot/send?access_token=abc123中",
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        void *settings = TEST_SETTINGS(*state, &channel_dingtalk, "webhook", CASES[i], "security", "ip");
        struct message message = test_message(*state, "t", "b");
        struct intent intent = {.verb = VERB_SEND, .message = &message, .reference = ""};
        struct fault fault = build_fault(*state, &channel_dingtalk, settings, &intent);

        assert_int_equal(fault.kind, FAULT_CONFIG);
        assert_lacks(fault.text, "abc");
        assert_string_equal(findings_of(*state, &channel_dingtalk, settings),
                            arena_print(*state, "mistake: %s\n", fault.text));
    }
}

static void test_says_when_the_robot_would_refuse_everything(void **state)
{
    assert_holds(findings_of(*state, &channel_dingtalk, settings_with(*state, "keyword", "")),
                 "advice: the robot must have one of");
    assert_string_equal(findings_of(*state, &channel_dingtalk, settings_with(*state, "keyword", "告警")), "");
    assert_string_equal(findings_of(*state, &channel_dingtalk, settings_with(*state, "security", "ip")), "");
    assert_string_equal(findings_of(*state, &channel_dingtalk, settings_with(*state, "secret", "SEC123")), "");
    assert_holds(findings_of(*state, &channel_dingtalk, settings_with(*state, "keyword", repeated(*state, "长", 30))),
                 "mistake: keyword");
}

static void test_text_has_content_and_at(void **state)
{
    struct message message = test_message(*state, "磁盘满", "/var 99%");
    struct json_object *doc = body_with(*state, "text", &message, (const char *[]){"13800138000", "manager1", NULL});

    assert_text(doc, "/msgtype", "text");
    assert_text(doc, "/text/content",
                "磁盘满\n\n/var 99%\n\n我来处理: https://monitor.example.com/confirm/TOKEN\n"
                "查看详情: https://monitor.example.com/tr_events.php?eventid=4711\n\n@13800138000 @manager1");
    assert_text(doc, "/at/atMobiles/0", "13800138000");
    assert_text(doc, "/at/atUserIds/0", "manager1");
    assert_false(json_flag_at(doc, "/at/isAtAll"));
    assert_false(json_has(doc, "/text/title"));
}

static void test_markdown_has_title_text_links_and_at(void **state)
{
    struct message message = test_message(*state, "磁盘满", "/var 99%");
    struct json_object *doc = body_with(*state, "markdown", &message, (const char *[]){"13800138000", NULL});

    assert_text(doc, "/msgtype", "markdown");
    assert_text(doc, "/markdown/title", "磁盘满");
    assert_holds(json_text_at(doc, "/markdown/text"), "### 磁盘满\n\n/var 99%\n\n");
    assert_holds(json_text_at(doc, "/markdown/text"), "[我来处理](https://monitor.example.com/confirm/TOKEN)");
    assert_holds(json_text_at(doc, "/markdown/text"), "@13800138000");
    assert_text(doc, "/at/atMobiles/0", "13800138000");
}

static void test_nothing_stands_for_what_a_message_lacks(void **state)
{
    struct message message = test_message(*state, "磁盘满", "/var 99%");
    struct request request;

    message.link = message.confirm_url = "";
    assert_text(body_with(*state, "text", &message, NULL), "/text/content", "磁盘满\n\n/var 99%");
    assert_text(body_with(*state, "markdown", &message, NULL), "/markdown/text", "### 磁盘满\n\n/var 99%");
    request = test_build(*state, &channel_dingtalk, settings_with(*state, "keyword", "告警"), &message, NULL);
    assert_text(body_of(*state, &request), "/markdown/text", "### 磁盘满\n\n/var 99%\n\n告警");
}

static void test_action_card_has_a_button_to_confirm(void **state)
{
    struct message message = test_message(*state, "磁盘满", "/var 99%");
    struct json_object *doc = body_with(*state, "auto", &message, NULL);

    assert_text(doc, "/msgtype", "actionCard");
    assert_text(doc, "/actionCard/title", "磁盘满");
    assert_text(doc, "/actionCard/text", "### 磁盘满\n\n/var 99%");
    assert_text(doc, "/actionCard/btns/0/title", "我来处理");
    assert_text(doc, "/actionCard/btns/0/actionURL", "https://monitor.example.com/confirm/TOKEN");
    assert_text(doc, "/actionCard/btns/1/title", "查看详情");
    assert_false(json_has(doc, "/actionCard/singleTitle"));
}

static void test_link_has_an_address(void **state)
{
    struct message message = test_message(*state, "磁盘满", "/var 99%");
    struct json_object *doc = body_with(*state, "link", &message, NULL);

    assert_text(doc, "/msgtype", "link");
    assert_text(doc, "/link/title", "磁盘满");
    assert_text(doc, "/link/text", "磁盘满\n\n/var 99%");
    assert_text(doc, "/link/messageUrl", "https://monitor.example.com/confirm/TOKEN");
}

static void test_what_cannot_ping_or_lead_anywhere_becomes_markdown(void **state)
{
    static const struct {
        const char *format;
        const char *recipient;
        const char *confirm_url;
        const char *link;
        const char *want;
    } CASES[] = {
        {"auto",       NULL,          "https://c/1", "",            "actionCard"},
        {"auto",       NULL,          "",            "https://m/1", "markdown"  },
        {"auto",       "13800138000", "https://c/1", "",            "markdown"  },
        {"auto",       "@all",        "https://c/1", "",            "markdown"  },
        {"actioncard", NULL,          "",            "https://m/1", "actionCard"},
        {"actioncard", NULL,          "",            "",            "markdown"  },
        {"actioncard", "manager1",    "https://c/1", "",            "markdown"  },
        {"link",       "manager1",    "https://c/1", "",            "markdown"  },
        {"link",       NULL,          "",            "",            "markdown"  },
        {"text",       NULL,          "https://c/1", "",            "text"      },
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct message message = test_message(*state, "t", "b");
        const char *recipients[] = {CASES[i].recipient, NULL};

        message.confirm_url = CASES[i].confirm_url;
        message.link = CASES[i].link;
        assert_text(body_with(*state, CASES[i].format, &message, recipients), "/msgtype", CASES[i].want);
    }
}

static void test_recipients_are_mobiles_user_ids_or_all(void **state)
{
    struct message message = test_message(*state, "t", "b");
    struct json_object *doc =
        body_with(*state, "auto", &message,
                  (const char *[]){"+8613800138000", "13900139000", "13800138000", "+85298765432", "manager1",
                                   "014523-77", "@all", "bad name", "x)[y](https://evil.example/", "", NULL});

    assert_text(doc, "/at/atMobiles/0", "13800138000");
    assert_text(doc, "/at/atMobiles/1", "13900139000");
    assert_text(doc, "/at/atMobiles/2", "+85298765432");
    assert_false(json_has(doc, "/at/atMobiles/3"));
    assert_text(doc, "/at/atUserIds/0", "manager1");
    assert_text(doc, "/at/atUserIds/1", "014523-77");
    assert_false(json_has(doc, "/at/atUserIds/2"));
    assert_true(json_flag_at(doc, "/at/isAtAll"));
    assert_holds(json_text_at(doc, "/markdown/text"), "@13800138000 @13900139000 @+85298765432 @manager1 @014523-77");
}

static void test_the_sections_own_mentions_join_those_of_the_call(void **state)
{
    void *settings = TEST_SETTINGS(*state, &channel_dingtalk, "webhook", WEBHOOK, "at_mobiles",
                                   "13800138000, 13900139000", "at_user_ids", "13700137000", "at_all", "yes");
    struct message message = test_message(*state, "t", "b");
    struct request request =
        test_build(*state, &channel_dingtalk, settings, &message, (const char *[]){"13900139000", "li", NULL});
    struct json_object *doc = body_of(*state, &request);

    assert_text(doc, "/at/atMobiles/1", "13900139000");
    assert_false(json_has(doc, "/at/atMobiles/2"));
    assert_text(doc, "/at/atUserIds/0", "13700137000");
    assert_text(doc, "/at/atUserIds/1", "li");
    assert_true(json_flag_at(doc, "/at/isAtAll"));
}

static void test_adds_the_keyword_only_when_neither_title_nor_text_has_it(void **state)
{
    static const struct {
        const char *keyword;
        const char *title;
        const char *body;
        size_t want; /* times in the text */
    } CASES[] = {
        {"告警",  "磁盘满",             "b",            1},
        {"告警",  "【告警】磁盘满", "b",            1},
        {"告警",  "磁盘满",             "这是告警", 1},
        {"@值班", "@值班 磁盘满",     "b",            0}, /* made harmless in the text, as it is in the title */
        {"@值班", "磁盘满",             "@值班",      1},
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct message message = test_message(*state, CASES[i].title, CASES[i].body);
        void *settings = settings_with(*state, "keyword", CASES[i].keyword);
        struct request request = test_build(*state, &channel_dingtalk, settings, &message, NULL);
        const char *text = json_text_at(body_of(*state, &request), "/actionCard/text");

        if (times_in(text, CASES[i].keyword) != CASES[i].want)
            fail_msg("row %zu: '%s'", i, text);
    }
}

static void test_the_keyword_survives_the_cut(void **state)
{
    struct message message =
        test_message(*state, "磁盘满", arena_print(*state, "%s告警", repeated(*state, "长", 60000)));
    struct request request =
        test_build(*state, &channel_dingtalk, settings_with(*state, "keyword", "告警"), &message, NULL);

    assert_holds(json_text_at(body_of(*state, &request), "/actionCard/text"), "告警");
}

static void test_hostile_text_mentions_nobody_and_links_nowhere(void **state)
{
    static const char *const FORMATS[] = {"text", "markdown", "auto", "link"};
    struct message message =
        test_message(*state, "@13900139000 [x](https://evil.example/) <@all>", hostile_text(*state));

    for (size_t i = 0; i < COUNT(FORMATS); i++) {
        struct json_object *doc = body_with(*state, FORMATS[i], &message, NULL);
        const char *markdown =
            arena_print(*state, "%s%s", json_text_at(doc, "/markdown/text"), json_text_at(doc, "/actionCard/text"));

        assert_false(json_has(doc, "/at/atMobiles/0"));
        assert_false(json_has(doc, "/at/atUserIds/0"));
        assert_false(json_flag_at(doc, "/at/isAtAll"));
        assert_lacks(markdown, "](https://evil");
        assert_lacks(markdown, "dingtalk://");
        assert_lacks(markdown, "dtmd://");
    }
}

static void test_a_hostile_address_stays_inside_its_link(void **state)
{
    struct message message = test_message(*state, "t", "b");
    struct json_object *doc;

    message.confirm_url = "";
    message.link = "https://m.example/a) [x](https://evil.example/\"<>`|";
    doc = body_with(*state, "markdown", &message, NULL);
    assert_int_equal(times_in(json_text_at(doc, "/markdown/text"), "]("), 1);
    assert_holds(json_text_at(doc, "/markdown/text"),
                 "](https://m.example/a%29%20%5Bx%5D%28https://evil.example/%22%3C%3E%60%7C)");
    message.link = "javascript:alert(1)";
    assert_lacks(json_text_at(body_with(*state, "markdown", &message, NULL), "/markdown/text"), "](");
}

static void test_never_exceeds_a_limit(void **state)
{
    static const char *const FORMATS[] = {"text", "markdown", "auto", "link"};
    static const char *const PIECES[] = {"长", "🔥", "\\", "\"", "<", "*a*", "@a ", "a\n", "](", "_ "};
    const char *long_url = arena_print(*state, "https://m.example/%s", repeated(*state, "x", 580));
    const char *recipients[101] = {NULL};

    for (size_t i = 0; i < 100; i++)
        recipients[i] = arena_print(*state, "user%.3zu%s", i, repeated(*state, "u", 50));
    for (size_t i = 0; i < COUNT(FORMATS) * COUNT(PIECES) * 2; i++) {
        const char *piece = PIECES[i / 2 % COUNT(PIECES)];
        struct message message = test_message(*state, repeated(*state, piece, 255), repeated(*state, piece, 60000));
        const char *format = FORMATS[i / 2 / COUNT(PIECES)];
        void *settings = TEST_SETTINGS(*state, &channel_dingtalk, "webhook", WEBHOOK, "format", format, "keyword",
                                       "一个相当长的关键词一个相当长的关键词");
        struct request request;
        struct json_object *doc;
        const char *text;

        message.confirm_url = message.link = long_url;
        request = test_build(*state, &channel_dingtalk, settings, &message, i % 2 ? recipients : NULL);
        doc = body_of(*state, &request);
        text = json_text_at(doc, arena_print(*state, "/%s/%s", json_text_at(doc, "/msgtype"),
                                             strcmp(format, "text") == 0 ? "content" : "text"));
        assert_in_range(strlen(text), 1000, 5000);
        assert_in_range(request.body_len, 1, 18000);
        assert_true(utf8_is_clean(text));
    }
}

static void test_a_possible_repeat_says_so(void **state)
{
    struct message message = test_message(*state, "磁盘满", "b");
    struct intent intent = {.verb = VERB_SEND, .message = &message, .reference = "", .repeat = true};
    struct request request = request_in(*state);
    struct fault fault = {0};

    assert_true(channel_dingtalk.build(settings_with(*state, "keyword", ""), &intent, &TEST_MOMENT, &request, &fault));
    assert_text(body_of(*state, &request), "/actionCard/title", "【可能重复】 磁盘满");
}

static void test_every_known_answer_has_its_meaning(void **state)
{
    test_recorded_answers(*state, &channel_dingtalk, settings_with(*state, "keyword", ""), "dingtalk");
}

static void test_a_huge_answer_is_no_success(void **state)
{
    test_huge_answer(*state, &channel_dingtalk, settings_with(*state, "keyword", ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_signs_as_published_and_encodes_once),
        WITH_ARENA(test_takes_the_address_however_it_was_pasted),
        WITH_ARENA(test_a_bad_address_is_a_fault_of_the_configuration_that_does_not_show_it),
        WITH_ARENA(test_says_when_the_robot_would_refuse_everything),
        WITH_ARENA(test_text_has_content_and_at),
        WITH_ARENA(test_markdown_has_title_text_links_and_at),
        WITH_ARENA(test_nothing_stands_for_what_a_message_lacks),
        WITH_ARENA(test_action_card_has_a_button_to_confirm),
        WITH_ARENA(test_link_has_an_address),
        WITH_ARENA(test_what_cannot_ping_or_lead_anywhere_becomes_markdown),
        WITH_ARENA(test_recipients_are_mobiles_user_ids_or_all),
        WITH_ARENA(test_the_sections_own_mentions_join_those_of_the_call),
        WITH_ARENA(test_adds_the_keyword_only_when_neither_title_nor_text_has_it),
        WITH_ARENA(test_the_keyword_survives_the_cut),
        WITH_ARENA(test_hostile_text_mentions_nobody_and_links_nowhere),
        WITH_ARENA(test_a_hostile_address_stays_inside_its_link),
        WITH_ARENA(test_never_exceeds_a_limit),
        WITH_ARENA(test_a_possible_repeat_says_so),
        WITH_ARENA(test_every_known_answer_has_its_meaning),
        WITH_ARENA(test_a_huge_answer_is_no_success),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
