/* Expected values: https://open.feishu.cn/document/ukTMukTMukTM/ucTM5YjL3ETO24yNxkjN; signatures in tests/data/chat.json. */
#include "tests/unit/chat_support.h"

extern const struct channel channel_feishu;

#define STANDARD "https://open.feishu.cn/open-apis/bot/v2/hook"
#define WEBHOOK  STANDARD "/01234567-89ab"

static void *settings_with(struct arena *arena, const char *name, const char *value)
{
    return TEST_SETTINGS(arena, &channel_feishu, "webhook", WEBHOOK, name, value);
}

static struct json_object *body_with(struct arena *arena, const char *name, const char *value,
                                     const struct message *message, const char *const *recipients)
{
    struct request request = test_build(arena, &channel_feishu, settings_with(arena, name, value), message, recipients);

    return body_of(arena, &request);
}

static void test_published_signatures(void **state)
{
    struct json_object *vectors = json_at(data_file(*state, "chat.json"), "/feishu");

    assert_in_range(json_length(vectors), 3, 100);
    for (size_t i = 0; i < json_length(vectors); i++) {
        struct json_object *vector = json_item(vectors, i);
        int64_t now_s = json_number_at(vector, "/timestamp_s", 0);
        struct moment moment = {.wall_ms = now_s * 1000 + 999, .nonce = ""};
        struct message message = test_message(*state, "t", "b");
        struct intent intent = {.verb = VERB_SEND, .message = &message, .reference = ""};
        void *settings = settings_with(*state, "secret", json_text_at(vector, "/secret"));
        struct request request = request_in(*state);
        struct fault fault = {0};

        assert_true(channel_feishu.build(settings, &intent, &moment, &request, &fault));
        assert_string_equal(request.url, WEBHOOK);
        assert_text(body_of(*state, &request), "/timestamp", arena_print(*state, "%lld", (long long)now_s));
        assert_text(body_of(*state, &request), "/sign", json_text_at(vector, "/sign_base64"));
    }
}

static void test_without_a_secret_nothing_is_signed(void **state)
{
    struct message message = test_message(*state, "t", "b");
    struct json_object *doc = body_with(*state, "format", "card", &message, NULL);

    assert_false(json_has(doc, "/sign"));
    assert_false(json_has(doc, "/timestamp"));
}

static void test_takes_the_whole_address_or_the_token(void **state)
{
    static const struct {
        const char *webhook;
        const char *token;
        const char *endpoint;
        const char *want;
    } CASES[] = {
        {WEBHOOK,                                                "",              STANDARD,                WEBHOOK                              },
        {"",                                                     "01234567-89ab", STANDARD,                WEBHOOK                              },
        {WEBHOOK "?from=copy#x",                                 "",              STANDARD,                WEBHOOK                              },
        {"https://open.larksuite.com/open-apis/bot/v2/hook/abc", "",              STANDARD,
         "https://open.larksuite.com/open-apis/bot/v2/hook/abc"                                                                                 },
        {WEBHOOK,                                                "",              "http://127.0.0.1/hook", "http://127.0.0.1/hook/01234567-89ab"},
        {"",                                                     "a/b?c",         "http://127.0.0.1/hook", "http://127.0.0.1/hook/a%2Fb%3Fc"    },
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        void *settings = TEST_SETTINGS(*state, &channel_feishu, "webhook", CASES[i].webhook, "token", CASES[i].token,
                                       "endpoint", CASES[i].endpoint);
        struct message message = test_message(*state, "t", "b");
        struct request request = test_build(*state, &channel_feishu, settings, &message, NULL);

        assert_string_equal(request.url, CASES[i].want);
        assert_string_equal(request.method, "POST");
        assert_string_equal(request_header_named(&request, "content-type"), "application/json; charset=utf-8");
    }
}

static void test_a_bad_address_is_a_fault_of_the_configuration(void **state)
{
    static const char *const CASES[] = {"", STANDARD "/", "open.feishu.cn/hook/0000", "https:///hook/0000", "0000"};

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct message message = test_message(*state, "t", "b");
        struct intent intent = {.verb = VERB_SEND, .message = &message, .reference = ""};
        void *settings = TEST_SETTINGS(*state, &channel_feishu, "webhook", CASES[i]);
        struct fault fault = build_fault(*state, &channel_feishu, settings, &intent);

        assert_int_equal(fault.kind, FAULT_CONFIG);
        assert_lacks(fault.text, "0000");
        assert_holds(findings_of(*state, &channel_feishu, settings), "mistake: ");
    }
    assert_string_equal(findings_of(*state, &channel_feishu, settings_with(*state, "secret", "x")), "");
    assert_holds(findings_of(*state, &channel_feishu, settings_with(*state, "keyword", repeated(*state, "k", 65))),
                 "mistake: keyword");
}

static void test_a_card_has_title_text_buttons_and_context(void **state)
{
    struct message message = message_with_facts(*state);
    struct json_object *doc = body_with(*state, "format", "card", &message, NULL);

    assert_text(doc, "/msg_type", "interactive");
    assert_true(json_flag_at(doc, "/card/config/wide_screen_mode"));
    assert_text(doc, "/card/header/title/tag", "plain_text");
    assert_text(doc, "/card/header/title/content", "CPU 使用率 > 90%");
    assert_text(doc, "/card/header/template", "red");
    assert_text(doc, "/card/elements/0/tag", "markdown");
    assert_text(doc, "/card/elements/0/content", "**主机：** web-01\n**数值：** 97.3 %\n请检查 top");
    assert_text(doc, "/card/elements/1/tag", "action");
    assert_text(doc, "/card/elements/1/actions/0/tag", "button");
    assert_text(doc, "/card/elements/1/actions/0/type", "primary");
    assert_text(doc, "/card/elements/1/actions/0/text/tag", "plain_text");
    assert_text(doc, "/card/elements/1/actions/0/text/content", "我来处理");
    assert_text(doc, "/card/elements/1/actions/0/url", "https://monitor.example.com/confirm/TOKEN");
    assert_text(doc, "/card/elements/1/actions/1/type", "default");
    assert_text(doc, "/card/elements/1/actions/1/text/content", "查看详情");
    assert_text(doc, "/card/elements/2/tag", "note");
    assert_text(doc, "/card/elements/2/elements/0/tag", "plain_text");
    assert_holds(json_text_at(doc, "/card/elements/2/elements/0/content"), "web-01");
    assert_int_equal(json_length(json_at(doc, "/card/elements")), 3);
}

static void test_nothing_stands_for_what_a_message_lacks(void **state)
{
    struct message message = test_message(*state, "磁盘满", "/var 99%");
    struct event event = event_empty();
    struct json_object *doc;

    message.link = message.confirm_url = message.level = message.time = "";
    message.event = &event;
    doc = body_with(*state, "format", "card", &message, NULL);
    assert_int_equal(json_length(json_at(doc, "/card/elements")), 1);
    assert_text(doc, "/card/elements/0/content", "/var 99%");
    assert_text(body_with(*state, "format", "text", &message, NULL), "/content/text", "磁盘满\n\n/var 99%");
}

static void test_the_colour_tells_the_severity(void **state)
{
    static const struct {
        enum event_kind kind;
        enum severity severity;
        const char *want;
    } CASES[] = {
        {EVENT_PROBLEM,  SEVERITY_INFO,      "blue"   },
        {EVENT_PROBLEM,  SEVERITY_WARNING,   "yellow" },
        {EVENT_PROBLEM,  SEVERITY_ERROR,     "orange" },
        {EVENT_PROBLEM,  SEVERITY_CRITICAL,  "red"    },
        {EVENT_PROBLEM,  SEVERITY_EMERGENCY, "carmine"},
        {EVENT_RECOVERY, SEVERITY_CRITICAL,  "green"  },
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct message message = test_message(*state, "t", "b");

        message.kind = CASES[i].kind;
        message.severity = CASES[i].severity;
        assert_text(body_with(*state, "format", "card", &message, NULL), "/card/header/template", CASES[i].want);
    }
}

static void test_text_has_title_text_and_links(void **state)
{
    struct message message = test_message(*state, "磁盘满", "/var 99%");
    struct json_object *doc =
        body_with(*state, "format", "text", &message, (const char *[]){"ou_18eac85d", "@all", NULL});

    assert_text(doc, "/msg_type", "text");
    assert_text(doc, "/content/text",
                "磁盘满\n\n/var 99%\n\n我来处理: https://monitor.example.com/confirm/TOKEN\n"
                "查看详情: https://monitor.example.com/tr_events.php?eventid=4711\n\n"
                "<at user_id=\"ou_18eac85d\"></at><at user_id=\"all\"></at>");
}

static void test_people_are_mentioned_by_their_ids(void **state)
{
    struct message message = test_message(*state, "t", "b");

    assert_text(body_with(*state, "at_users", "ou_1,c56e3gg8", &message, (const char *[]){"ou_2", "ou_1", NULL}),
                "/card/elements/0/content", "b\n\n<at id=ou_1></at> <at id=c56e3gg8></at> <at id=ou_2></at>");
    assert_text(body_with(*state, "at_users", "@all", &message, NULL), "/card/elements/0/content",
                "b\n\n<at id=all></at>");
}

static void test_a_keyword_is_added_to_a_title_without_it(void **state)
{
    struct message message = test_message(*state, "磁盘满", "告警");

    assert_text(body_with(*state, "keyword", "告警", &message, NULL), "/card/header/title/content", "磁盘满 · 告警");
    assert_text(body_with(*state, "keyword", "磁盘", &message, NULL), "/card/header/title/content", "磁盘满");
}

static void test_hostile_text_mentions_nobody(void **state)
{
    struct message message = test_message(*state, "<at id=all></at> **x**", hostile_text(*state));
    const char *const people[] = {"ou_1></at><at id=all", "ou_1", NULL};
    struct json_object *card = body_with(*state, "format", "card", &message, people);
    const char *markdown = json_text_at(card, "/card/elements/0/content");
    const char *text = json_text_at(body_with(*state, "format", "text", &message, people), "/content/text");

    assert_text(card, "/card/header/title/tag", "plain_text"); /* nothing acts in there */
    assert_int_equal(times_in(markdown, "<"), 2);              /* ours: <at id=ou_1></at> */
    assert_int_equal(times_in(markdown, "<at id=ou_1></at>"), 1);
    assert_lacks(markdown, "](");
    assert_lacks(markdown, "**");
    assert_int_equal(times_in(text, "<"), 2);
    assert_int_equal(times_in(text, "<at user_id=\"ou_1\"></at>"), 1);
}

static void test_never_exceeds_the_body(void **state)
{
    static const char *const PIECES[] = {"长", "🔥", "\\", "\"", "<", "<@", "*a*", "@a ", "a\n", "](", "_ "};
    const char *long_url = arena_print(*state, "https://m.example/%s", repeated(*state, "x", 580));
    const char *recipients[101] = {NULL};

    for (size_t i = 0; i < 100; i++)
        recipients[i] = arena_print(*state, "user%.3zu%s", i, repeated(*state, "u", 50));
    for (size_t i = 0; i < 2 * COUNT(PIECES); i++) {
        const char *piece = PIECES[i / 2];
        struct message message = test_message(*state, repeated(*state, piece, 255), repeated(*state, piece, 60000));
        struct request request;

        message.confirm_url = message.link = long_url;
        request = test_build(*state, &channel_feishu, settings_with(*state, "format", i % 2 ? "card" : "text"),
                             &message, recipients);
        assert_in_range(request.body_len, 7000, 20000);
        assert_true(utf8_is_clean(request.body));
        assert_holds(request.body, "user000");
        assert_holds(request.body, "内容过长");
    }
}

static void test_every_known_answer_has_its_meaning(void **state)
{
    test_recorded_answers(*state, &channel_feishu, settings_with(*state, "format", "card"), "feishu");
}

static void test_a_huge_answer_is_no_success(void **state)
{
    test_huge_answer(*state, &channel_feishu, settings_with(*state, "format", "card"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_published_signatures),
        WITH_ARENA(test_without_a_secret_nothing_is_signed),
        WITH_ARENA(test_takes_the_whole_address_or_the_token),
        WITH_ARENA(test_a_bad_address_is_a_fault_of_the_configuration),
        WITH_ARENA(test_a_card_has_title_text_buttons_and_context),
        WITH_ARENA(test_nothing_stands_for_what_a_message_lacks),
        WITH_ARENA(test_the_colour_tells_the_severity),
        WITH_ARENA(test_text_has_title_text_and_links),
        WITH_ARENA(test_people_are_mentioned_by_their_ids),
        WITH_ARENA(test_a_keyword_is_added_to_a_title_without_it),
        WITH_ARENA(test_hostile_text_mentions_nobody),
        WITH_ARENA(test_never_exceeds_the_body),
        WITH_ARENA(test_every_known_answer_has_its_meaning),
        WITH_ARENA(test_a_huge_answer_is_no_success),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
