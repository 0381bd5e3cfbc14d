/* Expected values: https://developer.work.weixin.qq.com/document/path/91770, answers as recorded by users of the live service. */
#include "tests/unit/chat_support.h"

extern const struct channel channel_wecom;

#define STANDARD "https://qyapi.weixin.qq.com/cgi-bin/webhook/send"
#define WEBHOOK  STANDARD "?key=0000-1111"

static void *settings_with(struct arena *arena, const char *name, const char *value)
{
    return TEST_SETTINGS(arena, &channel_wecom, "webhook", WEBHOOK, name, value);
}

static struct json_object *body_of_settings(struct arena *arena, const void *settings, const struct message *message,
                                            const char *const *recipients)
{
    struct request request = test_build(arena, &channel_wecom, settings, message, recipients);

    return body_of(arena, &request);
}

static struct json_object *body_with(struct arena *arena, const char *format, const struct message *message,
                                     const char *const *recipients)
{
    return body_of_settings(arena, settings_with(arena, "format", format), message, recipients);
}

static void test_takes_the_whole_address_or_the_key(void **state)
{
    static const struct {
        const char *webhook;
        const char *key;
        const char *endpoint;
        const char *want;
    } CASES[] = {
        {WEBHOOK, "",          STANDARD,             WEBHOOK                           },
        {"",      "0000-1111", STANDARD,             WEBHOOK                           },
        {WEBHOOK, "",          "http://127.0.0.1/w", "http://127.0.0.1/w?key=0000-1111"},
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        void *settings = TEST_SETTINGS(*state, &channel_wecom, "webhook", CASES[i].webhook, "key", CASES[i].key,
                                       "endpoint", CASES[i].endpoint);
        struct message message = test_message(*state, "t", "b");
        struct request request = test_build(*state, &channel_wecom, settings, &message, NULL);

        assert_string_equal(request.url, CASES[i].want);
        assert_string_equal(request.method, "POST");
        assert_string_equal(request_header_named(&request, "content-type"), "application/json; charset=utf-8");
    }
}

static void test_a_bad_address_is_a_fault_of_the_configuration(void **state)
{
    static const char *const CASES[] = {"", STANDARD, "qyapi.weixin.qq.com/?key=0000", "https://?key=0000",
                                        "https://a b?key=0"};

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct message message = test_message(*state, "t", "b");
        struct intent intent = {.verb = VERB_SEND, .message = &message, .reference = ""};
        void *settings = TEST_SETTINGS(*state, &channel_wecom, "webhook", CASES[i]);
        struct fault fault = build_fault(*state, &channel_wecom, settings, &intent);

        assert_int_equal(fault.kind, FAULT_CONFIG);
        assert_lacks(fault.text, "0000");
        assert_holds(findings_of(*state, &channel_wecom, settings), "mistake: ");
    }
}

static void test_check_names_the_conflict_of_mobiles_and_markdown(void **state)
{
    static const struct {
        const char *format;
        bool want;
    } CASES[] = {
        {"markdown",      true },
        {"template_card", true },
        {"text",          false},
        {"auto",          false}
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        void *settings = TEST_SETTINGS(*state, &channel_wecom, "webhook", WEBHOOK, "format", CASES[i].format,
                                       "mentioned_mobile_list", "13800138000");
        const char *said = findings_of(*state, &channel_wecom, settings);

        if (CASES[i].want != (strstr(said, "mistake: mentioned_mobile_list and format exclude each other") != NULL))
            fail_msg("%s: '%s'", CASES[i].format, said);
    }
    assert_string_equal(findings_of(*state, &channel_wecom, settings_with(*state, "mentioned_list", "ZhangWei")), "");
}

static void test_text_has_content_and_both_lists(void **state)
{
    struct message message = test_message(*state, "磁盘满", "/var 99%");
    struct json_object *doc = body_with(*state, "text", &message,
                                        (const char *[]){"13800138000", "+8613900139000", "ZhangWei", "@all", NULL});

    assert_text(doc, "/msgtype", "text");
    assert_text(doc, "/text/content",
                "磁盘满\n\n/var 99%\n\n我来处理: https://monitor.example.com/confirm/TOKEN\n"
                "查看详情: https://monitor.example.com/tr_events.php?eventid=4711");
    assert_text(doc, "/text/mentioned_list/0", "ZhangWei");
    assert_text(doc, "/text/mentioned_list/1", "@all");
    assert_text(doc, "/text/mentioned_mobile_list/0", "13800138000");
    assert_text(doc, "/text/mentioned_mobile_list/1", "13900139000");
    assert_int_equal(json_length(json_at(doc, "/text/mentioned_list")), 2);
    assert_int_equal(json_length(json_at(doc, "/text/mentioned_mobile_list")), 2);
}

static void test_markdown_mentions_user_ids_in_its_content(void **state)
{
    struct message message = test_message(*state, "磁盘满", "/var 99%");
    struct json_object *doc = body_with(*state, "markdown", &message, (const char *[]){"ZhangWei", "li.si", NULL});
    const char *content = json_text_at(doc, "/markdown/content");

    assert_text(doc, "/msgtype", "markdown");
    assert_holds(content, "### <font color=\"warning\">磁盘满</font>\n\n/var 99%\n\n");
    assert_holds(content, "[我来处理](https://monitor.example.com/confirm/TOKEN)");
    assert_holds(content, "\n\n<@ZhangWei> <@li.si>");
    message.kind = EVENT_RECOVERY;
    assert_holds(json_text_at(body_with(*state, "markdown", &message, NULL), "/markdown/content"),
                 "<font color=\"info\">");
}

static void test_nothing_stands_for_what_a_message_lacks(void **state)
{
    struct message message = test_message(*state, "磁盘满", "/var 99%");

    message.link = message.confirm_url = "";
    assert_text(body_with(*state, "text", &message, NULL), "/text/content", "磁盘满\n\n/var 99%");
    assert_text(body_with(*state, "markdown", &message, NULL), "/markdown/content",
                "### <font color=\"warning\">磁盘满</font>\n\n/var 99%");
}

static void test_template_card_is_a_text_notice(void **state)
{
    struct message message = message_with_facts(*state);
    struct json_object *doc = body_with(*state, "template_card", &message, NULL);

    assert_text(doc, "/msgtype", "template_card");
    assert_text(doc, "/template_card/card_type", "text_notice");
    assert_text(doc, "/template_card/main_title/title", "CPU 使用率 > 90%");
    assert_text(doc, "/template_card/emphasis_content/title", "严重");
    assert_text(doc, "/template_card/emphasis_content/desc", "web-01");
    assert_text(doc, "/template_card/sub_title_text", "请检查 top");
    assert_text(doc, "/template_card/horizontal_content_list/0/keyname", "主机");
    assert_text(doc, "/template_card/horizontal_content_list/0/value", "web-01");
    assert_text(doc, "/template_card/horizontal_content_list/1/value", "97.3 %");
    assert_int_equal(json_number_at(doc, "/template_card/card_action/type", 0), 1);
    assert_text(doc, "/template_card/card_action/url", "https://monitor.example.com/confirm/TOKEN");
    assert_int_equal(json_number_at(doc, "/template_card/jump_list/1/type", 0), 1);
    assert_text(doc, "/template_card/jump_list/1/title", "查看详情");
    assert_text(doc, "/template_card/jump_list/1/url", "https://monitor.example.com/tr_events.php?eventid=4711");
}

static void test_a_card_shows_no_more_than_a_phone_does(void **state)
{
    struct message message = test_message(*state, repeated(*state, "题", 200), "");
    struct json_object *doc;

    message.text = passage_read(
        *state,
        arena_print(*state, "%s%s",
                    repeated(*state,
                             "**一个很长的名字：** \x01一个很长很长很长很长很长很长很长很长很长很长很长的数值\x02\n",
                             9),
                    repeated(*state, "文", 500)));
    doc = body_with(*state, "template_card", &message, NULL);
    assert_int_equal(utf8_count(json_text_at(doc, "/template_card/main_title/title"), UNIT_CHARACTERS), 26);
    assert_int_equal(utf8_count(json_text_at(doc, "/template_card/sub_title_text"), UNIT_CHARACTERS), 112);
    assert_int_equal(json_length(json_at(doc, "/template_card/horizontal_content_list")), 6);
    assert_text(doc, "/template_card/horizontal_content_list/5/keyname", "一个很长…");
    assert_int_equal(utf8_count(json_text_at(doc, "/template_card/horizontal_content_list/0/value"), UNIT_CHARACTERS),
                     26);
}

static void test_people_who_are_called_decide_the_format(void **state)
{
    static const struct {
        const char *format;
        const char *list;
        const char *recipient;
        const char *link;
        const char *want;
    } CASES[] = {
        {"auto",          "",         NULL,          "https://m/1", "markdown"     },
        {"auto",          "",         "ZhangWei",    "https://m/1", "markdown"     },
        {"auto",          "",         "13800138000", "https://m/1", "text"         },
        {"auto",          "",         "@all",        "https://m/1", "text"         },
        {"auto",          "ZhangWei", NULL,          "https://m/1", "text"         },
        {"markdown",      "ZhangWei", NULL,          "https://m/1", "markdown"     },
        {"markdown",      "",         "13800138000", "https://m/1", "text"         },
        {"template_card", "",         NULL,          "https://m/1", "template_card"},
        {"template_card", "",         "ZhangWei",    "https://m/1", "markdown"     },
        {"template_card", "",         "13800138000", "https://m/1", "text"         },
        {"template_card", "",         NULL,          "",            "markdown"     },
        {"text",          "",         NULL,          "",            "text"         },
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct message message = test_message(*state, "t", "b");
        const char *recipients[] = {CASES[i].recipient, NULL};
        void *settings = TEST_SETTINGS(*state, &channel_wecom, "webhook", WEBHOOK, "format", CASES[i].format,
                                       "mentioned_list", CASES[i].list);
        struct json_object *doc;

        message.confirm_url = "";
        message.link = CASES[i].link;
        doc = body_of_settings(*state, settings, &message, recipients);
        if (strcmp(json_text_at(doc, "/msgtype"), CASES[i].want) != 0)
            fail_msg("row %zu: %s", i, json_text_at(doc, "/msgtype"));
    }
}

static void test_a_user_id_that_looks_like_a_mobile_stays_one_in_its_list(void **state)
{
    struct message message = test_message(*state, "t", "b");
    struct json_object *doc =
        body_of_settings(*state, settings_with(*state, "mentioned_list", "13800138000"), &message, NULL);

    assert_text(doc, "/text/mentioned_list/0", "13800138000");
    assert_int_equal(json_length(json_at(doc, "/text/mentioned_mobile_list")), 0);
}

static void test_hostile_text_mentions_nobody(void **state)
{
    struct message message = test_message(*state, "<@all> <font color=\"info\">ok</font>", hostile_text(*state));
    const char *text = json_text_at(body_with(*state, "text", &message, NULL), "/text/content");
    const char *markdown = json_text_at(
        body_with(*state, "markdown", &message, (const char *[]){"li><@all", "li", NULL}), "/markdown/content");

    assert_lacks(text, "<");
    assert_int_equal(json_length(json_at(body_with(*state, "text", &message, NULL), "/text/mentioned_list")), 0);
    assert_int_equal(times_in(markdown, "<"), 3); /* ours: <font ...>, </font>, <@li> */
    assert_int_equal(times_in(markdown, "<@"), 1);
    assert_int_equal(times_in(markdown, "<@li>"), 1);
    assert_lacks(markdown, "](https://evil");
    assert_int_equal(times_in(markdown, "]("), 2);
}

static void test_never_exceeds_a_limit(void **state)
{
    static const char *const PIECES[] = {"长", "🔥", "\\", "\"", "<", "<@", "*a*", "@a ", "a\n", "](", "_ "};
    const char *long_url = arena_print(*state, "https://m.example/%s", repeated(*state, "x", 580));
    const char *recipients[101] = {NULL};

    for (size_t i = 0; i < 100; i++)
        recipients[i] = arena_print(*state, "user%.3zu%s", i, repeated(*state, "u", 50));
    for (size_t i = 0; i < COUNT(PIECES); i++) {
        struct message message =
            test_message(*state, repeated(*state, PIECES[i], 255), repeated(*state, PIECES[i], 60000));
        const char *text;
        const char *markdown;

        message.confirm_url = message.link = long_url;
        text = json_text_at(body_with(*state, "text", &message, recipients), "/text/content");
        markdown = json_text_at(body_with(*state, "markdown", &message, recipients), "/markdown/content");
        assert_in_range(strlen(text), 1200, 2048);
        assert_in_range(strlen(markdown), 3000, 4096);
        assert_true(utf8_is_clean(text));
        assert_true(utf8_is_clean(markdown));
        assert_holds(markdown, "<@user000");
    }
}

static void test_sixty_thousand_characters_are_cut_between_characters(void **state)
{
    struct message message = test_message(*state, "t", repeated(*state, "长", 60000));
    const char *text = json_text_at(body_with(*state, "text", &message, NULL), "/text/content");

    assert_in_range(strlen(text), 2000, 2048);
    assert_true(utf8_is_clean(text));
    assert_holds(text, "内容过长");
    assert_holds(text, "我来处理: https://monitor.example.com/confirm/TOKEN");
}

static void test_every_known_answer_has_its_meaning(void **state)
{
    test_recorded_answers(*state, &channel_wecom, settings_with(*state, "format", "auto"), "wecom");
}

static void test_a_huge_answer_is_no_success(void **state)
{
    test_huge_answer(*state, &channel_wecom, settings_with(*state, "format", "auto"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_takes_the_whole_address_or_the_key),
        WITH_ARENA(test_a_bad_address_is_a_fault_of_the_configuration),
        WITH_ARENA(test_check_names_the_conflict_of_mobiles_and_markdown),
        WITH_ARENA(test_text_has_content_and_both_lists),
        WITH_ARENA(test_markdown_mentions_user_ids_in_its_content),
        WITH_ARENA(test_nothing_stands_for_what_a_message_lacks),
        WITH_ARENA(test_template_card_is_a_text_notice),
        WITH_ARENA(test_a_card_shows_no_more_than_a_phone_does),
        WITH_ARENA(test_people_who_are_called_decide_the_format),
        WITH_ARENA(test_a_user_id_that_looks_like_a_mobile_stays_one_in_its_list),
        WITH_ARENA(test_hostile_text_mentions_nobody),
        WITH_ARENA(test_never_exceeds_a_limit),
        WITH_ARENA(test_sixty_thousand_characters_are_cut_between_characters),
        WITH_ARENA(test_every_known_answer_has_its_meaning),
        WITH_ARENA(test_a_huge_answer_is_no_success),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
