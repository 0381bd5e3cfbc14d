/*
 * Expected values: https://docs.slack.dev/reference/methods/chat.postMessage and chat.update, the reference of Block Kit, the
 * table of escapes in https://docs.slack.dev/messaging/formatting-message-text.
 */
#include "tests/unit/chat_support.h"

extern const struct channel channel_slack;

#define HOOK "https://hooks.slack.com/services/T000/B000/XXXX"

static void *bot(struct arena *arena)
{
    return TEST_SETTINGS(arena, &channel_slack, "token", "xoxb-1", "channel", "C0123456789");
}

static void *hook(struct arena *arena)
{
    return TEST_SETTINGS(arena, &channel_slack, "webhook", HOOK);
}

static struct request build_verb(struct arena *arena, const struct message *message, enum verb verb,
                                 const char *reference)
{
    struct intent intent = {.verb = verb, .message = message, .reference = reference};
    struct request request = request_in(arena);
    struct fault fault = {0};

    if (!channel_slack.build(bot(arena), &intent, &TEST_MOMENT, &request, &fault))
        fail_msg("build: %s", fault.text);
    return request;
}

static struct json_object *body_to(struct arena *arena, const void *settings, const struct message *message,
                                   const char *recipient)
{
    struct request request = test_build(arena, &channel_slack, settings, message, (const char *[]){recipient, NULL});

    return body_of(arena, &request);
}

static void test_a_bot_posts_to_its_channel(void **state)
{
    struct message message = test_message(*state, "磁盘满 <90%", "/var 99% & more");
    struct request request = test_build(*state, &channel_slack, bot(*state), &message, NULL);
    struct json_object *doc = body_of(*state, &request);

    assert_string_equal(request.url, "https://slack.com/api/chat.postMessage");
    assert_string_equal(request_header_named(&request, "authorization"), "Bearer xoxb-1");
    assert_string_equal(request_header_named(&request, "content-type"), "application/json; charset=utf-8");
    assert_text(doc, "/channel", "C0123456789");
    assert_text(doc, "/text", "磁盘满 &lt;90%");
    assert_text(doc, "/parse", "none");
    assert_true(json_has(doc, "/link_names") && !json_flag_at(doc, "/link_names"));
    assert_true(json_has(doc, "/unfurl_links") && !json_flag_at(doc, "/unfurl_links"));
    assert_true(json_has(doc, "/unfurl_media") && !json_flag_at(doc, "/unfurl_media"));
    assert_false(json_has(doc, "/ts"));
    assert_false(json_has(doc, "/thread_ts"));
}

static void test_the_bar_has_text_context_and_buttons(void **state)
{
    struct message message = test_message(*state, "磁盘满", "/var 99% & more");
    struct json_object *doc = body_to(*state, bot(*state), &message, NULL);

    assert_int_equal(json_length(json_at(doc, "/attachments")), 1);
    assert_int_equal(json_length(json_at(doc, "/attachments/0/blocks")), 3);
    assert_text(doc, "/attachments/0/blocks/0/type", "section");
    assert_text(doc, "/attachments/0/blocks/0/text/type", "mrkdwn");
    assert_text(doc, "/attachments/0/blocks/0/text/text", "/var 99% &amp; more");
    assert_text(doc, "/attachments/0/blocks/1/type", "context");
    assert_text(doc, "/attachments/0/blocks/1/elements/0/type", "plain_text");
    assert_text(doc, "/attachments/0/blocks/1/elements/0/text", "严重 · 2026-01-02 11:04:05 · web-01 · zabbix");
    assert_text(doc, "/attachments/0/blocks/2/type", "actions");
    assert_text(doc, "/attachments/0/blocks/2/elements/0/type", "button");
    assert_text(doc, "/attachments/0/blocks/2/elements/0/text/type", "plain_text");
    assert_text(doc, "/attachments/0/blocks/2/elements/0/text/text", "我来处理");
    assert_text(doc, "/attachments/0/blocks/2/elements/0/url", "https://monitor.example.com/confirm/TOKEN");
    assert_text(doc, "/attachments/0/blocks/2/elements/1/text/text", "查看详情");
    message.link = message.confirm_url = "";
    assert_int_equal(json_length(json_at(body_to(*state, bot(*state), &message, NULL), "/attachments/0/blocks")), 2);
}

static void test_the_colour_tells_the_mood(void **state)
{
    static const struct {
        enum event_kind kind;
        enum severity severity;
        const char *want;
    } CASES[] = {
        {EVENT_RECOVERY, SEVERITY_CRITICAL,  "#36a64f"},
        {EVENT_PROBLEM,  SEVERITY_WARNING,   "#ffaa00"},
        {EVENT_PROBLEM,  SEVERITY_CRITICAL,  "#ff0000"},
        {EVENT_PROBLEM,  SEVERITY_ERROR,     "#ff5500"},
        {EVENT_PROBLEM,  SEVERITY_EMERGENCY, "#990000"},
        {EVENT_PROBLEM,  SEVERITY_INFO,      "#439fe0"},
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct message message = test_message(*state, "t", "b");

        message.kind = CASES[i].kind;
        message.severity = CASES[i].severity;
        assert_text(body_to(*state, bot(*state), &message, NULL), "/attachments/0/color", CASES[i].want);
    }
}

static void test_recipients_are_people_or_channels(void **state)
{
    static const struct {
        const char *recipient;
        const char *channel;
        const char *text;
    } CASES[] = {
        {NULL,          "C0123456789", "t"             },
        {"C9876543210", "C9876543210", "t"             },
        {"G0123456789", "G0123456789", "t"             },
        {"D0123456789", "D0123456789", "t"             },
        {"#ops",        "#ops",        "t"             },
        {"U012AB3CD",   "C0123456789", "<@U012AB3CD> t"},
        {"W012AB3CD",   "C0123456789", "<@W012AB3CD> t"},
        {"here",        "C0123456789", "<!here> t"     },
        {"channel",     "C0123456789", "<!channel> t"  },
        {"@all",        "C0123456789", "<!channel> t"  },
        {"U1> <!here",  "U1> <!here",  "t"             }, /* no person: Slack will not find such a channel */
    };

    assert_int_equal(channel_slack.recipients_in_request, 1);
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct message message = test_message(*state, "t", "b");
        struct json_object *doc = body_to(*state, bot(*state), &message, CASES[i].recipient);

        assert_text(doc, "/channel", CASES[i].channel);
        assert_text(doc, "/text", CASES[i].text);
    }
}

static void test_an_update_changes_the_message_of_the_reference(void **state)
{
    struct message message = test_message(*state, "t", "b");
    struct request request = build_verb(*state, &message, VERB_UPDATE, "C777:1503435956.000247");
    struct json_object *doc = body_of(*state, &request);

    assert_string_equal(request.url, "https://slack.com/api/chat.update");
    assert_text(doc, "/channel", "C777");
    assert_text(doc, "/ts", "1503435956.000247");
    assert_text(doc, "/parse", "none");
    assert_false(json_has(doc, "/thread_ts"));
}

static void test_a_reply_goes_to_the_thread_of_the_reference(void **state)
{
    struct message message = test_message(*state, "t", "b");
    struct request request = build_verb(*state, &message, VERB_REPLY, "C777:1503435956.000247");
    struct json_object *doc = body_of(*state, &request);

    assert_string_equal(request.url, "https://slack.com/api/chat.postMessage");
    assert_text(doc, "/channel", "C777");
    assert_text(doc, "/thread_ts", "1503435956.000247");
    assert_false(json_has(doc, "/ts"));
}

static void test_the_reference_of_an_answer_is_the_one_that_build_takes(void **state)
{
    static const struct intent INTENT = {.verb = VERB_SEND, .reference = ""};
    struct message message = test_message(*state, "t", "b");
    struct verdicts verdicts = test_classify(*state, &channel_slack, bot(*state), &INTENT, 200,
                                             "{\"ok\":true,\"channel\":\"C123ABC456\",\"ts\":\"1503435956.000247\"}");
    struct request request = build_verb(*state, &message, VERB_UPDATE, verdicts.items[0].reference);

    assert_text(body_of(*state, &request), "/channel", "C123ABC456");
    assert_text(body_of(*state, &request), "/ts", "1503435956.000247");
}

static void test_a_webhook_gets_the_same_without_a_channel(void **state)
{
    struct message message = test_message(*state, "t", "b");
    struct request request =
        test_build(*state, &channel_slack, hook(*state), &message, (const char *[]){"U012AB3CD", NULL});
    struct json_object *doc = body_of(*state, &request);

    assert_string_equal(request.url, HOOK);
    assert_string_equal(request_header_named(&request, "authorization"), "");
    assert_false(json_has(doc, "/channel"));
    assert_text(doc, "/text", "<@U012AB3CD> t");
    assert_text(doc, "/attachments/0/blocks/0/text/text", "b");
}

static void test_an_endpoint_takes_the_place_of_slack(void **state)
{
    struct message message = test_message(*state, "t", "b");
    void *as_bot = TEST_SETTINGS(*state, &channel_slack, "token", "x", "channel", "C1", "endpoint",
                                 "http://127.0.0.1:1/slack/api");
    void *as_hook = TEST_SETTINGS(*state, &channel_slack, "webhook", HOOK, "endpoint", "http://127.0.0.1:1/hook");

    assert_string_equal(test_build(*state, &channel_slack, as_bot, &message, NULL).url,
                        "http://127.0.0.1:1/slack/api/chat.postMessage");
    assert_string_equal(test_build(*state, &channel_slack, as_hook, &message, NULL).url, "http://127.0.0.1:1/hook");
}

static void test_what_cannot_be_built_says_why(void **state)
{
    const struct {
        const char *name;
        void *settings;
        enum verb verb;
        const char *recipient;
        const char *reference;
        enum fault_kind want;
    } CASES[] = {
        {"neither",             TEST_SETTINGS(*state,      &channel_slack,                       "channel",                                                                       "C1"),       VERB_SEND,NULL, "", FAULT_CONFIG},
        {"no channel",                   TEST_SETTINGS(*state,                                &channel_slack,                                                                    "token",                                                                                                                                        "xoxb-1"),                                                                                                             VERB_SEND,NULL, "", FAULT_CONFIG},
        {"bad address",            TEST_SETTINGS(*state,                            &channel_slack,                                                            "webhook",  "hooks.slack.com/x"),VERB_SEND,NULL, "",
         FAULT_CONFIG},
        {"channel by webhook",hook(*state),VERB_SEND,"#ops","",                                                                                                              FAULT_CONFIG                                                                 },
        {"update by webhook",          hook(*state),                                   VERB_UPDATE,                                                    NULL,                                                                                                                                  "C1:1.2",                                                                                                                                                               FAULT_CONFIG},
        {"no reference",         bot(*state),                                  VERB_UPDATE,                                                    NULL,                                                                                                              "",FAULT_INPUT},
        {"half a reference",         bot(*state),                                  VERB_REPLY,                                                         NULL,                                                                                                                     "C1:",FAULT_INPUT},
        {"other half",          bot(*state),                                   VERB_REPLY,                                                      NULL,                                                                                                                  ":1.2",                                                                                                                    FAULT_INPUT                                                                                                                                                                                                                 },
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct message message = test_message(*state, "t", "b");
        struct intent intent = {.verb = CASES[i].verb,
                                .message = &message,
                                .reference = CASES[i].reference,
                                .recipients = &CASES[i].recipient,
                                .recipient_count = CASES[i].recipient != NULL};
        struct fault fault = build_fault(*state, &channel_slack, CASES[i].settings, &intent);

        if (fault.kind != CASES[i].want)
            fail_msg("%s: %s", CASES[i].name, fault.text);
    }
}

static void test_check_names_what_is_missing(void **state)
{
    assert_string_equal(findings_of(*state, &channel_slack, bot(*state)), "");
    assert_string_equal(findings_of(*state, &channel_slack, hook(*state)), "");
    assert_holds(findings_of(*state, &channel_slack, TEST_SETTINGS(*state, &channel_slack, "channel", "C1")),
                 "mistake: ");
    assert_holds(findings_of(*state, &channel_slack, TEST_SETTINGS(*state, &channel_slack, "token", "x")),
                 "advice: without channel");
    assert_holds(findings_of(*state, &channel_slack,
                             TEST_SETTINGS(*state, &channel_slack, "token", "x", "channel", "C1", "webhook", HOOK)),
                 "advice: with a token");
}

static void test_hostile_text_mentions_nobody(void **state)
{
    struct message message =
        test_message(*state, "<!channel> <@U1> & <https://evil.example/|bank>", hostile_text(*state));
    struct json_object *doc = body_to(*state, bot(*state), &message, "U012AB3CD");
    const char *text = json_text_at(doc, "/text");
    const char *section = json_text_at(doc, "/attachments/0/blocks/0/text/text");

    assert_int_equal(times_in(text, "<"), 1); /* ours */
    assert_int_equal(times_in(section, "<"), 0);
    assert_holds(section, "&lt;!channel&gt;");
    assert_holds(section, "&amp;lt;at&amp;gt;");
    assert_lacks(section, " @channel");
}

static void test_never_exceeds_a_limit(void **state)
{
    static const char *const PIECES[] = {"长", "🔥", "&", "<", "*a*", "_ ", "@a ", "a\n", "\""};

    for (size_t i = 0; i < COUNT(PIECES); i++) {
        struct message message =
            test_message(*state, repeated(*state, PIECES[i], 1000), repeated(*state, PIECES[i], 60000));
        struct json_object *doc = body_to(*state, bot(*state), &message, "U012AB3CD");
        const char *section = json_text_at(doc, "/attachments/0/blocks/0/text/text");

        assert_in_range(utf8_count(section, UNIT_CHARACTERS), 2900, 3000);
        assert_in_range(utf8_count(json_text_at(doc, "/text"), UNIT_CHARACTERS), 255, 4000);
        assert_true(utf8_is_clean(section));
        assert_lacks(section, "&a…");
        assert_holds(section, "内容过长");
    }
}

static void test_every_known_answer_has_its_meaning(void **state)
{
    test_recorded_answers(*state, &channel_slack, bot(*state), "slack");
}

static void test_every_known_answer_of_a_webhook_has_its_meaning(void **state)
{
    test_recorded_answers(*state, &channel_slack, hook(*state), "slack webhook");
}

static void test_waits_as_long_as_slack_asks_for(void **state)
{
    static const struct intent INTENT = {.verb = VERB_SEND, .reference = ""};
    struct response response = response_in(*state);
    struct verdicts verdicts = {.arena = *state};

    response.status = 429;
    response.retry_after_s = 30;
    response.body = "{\"ok\":false,\"error\":\"ratelimited\"}";
    response.body_len = strlen(response.body);
    channel_slack.classify(bot(*state), &INTENT, &response, &verdicts);
    assert_int_equal(verdicts.items[0].outcome, OUTCOME_THROTTLED);
    assert_int_equal(verdicts.items[0].wait_s, 30);
}

static void test_a_huge_answer_is_no_success(void **state)
{
    test_huge_answer(*state, &channel_slack, bot(*state));
    test_huge_answer(*state, &channel_slack, hook(*state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_a_bot_posts_to_its_channel),
        WITH_ARENA(test_the_bar_has_text_context_and_buttons),
        WITH_ARENA(test_the_colour_tells_the_mood),
        WITH_ARENA(test_recipients_are_people_or_channels),
        WITH_ARENA(test_an_update_changes_the_message_of_the_reference),
        WITH_ARENA(test_a_reply_goes_to_the_thread_of_the_reference),
        WITH_ARENA(test_the_reference_of_an_answer_is_the_one_that_build_takes),
        WITH_ARENA(test_a_webhook_gets_the_same_without_a_channel),
        WITH_ARENA(test_an_endpoint_takes_the_place_of_slack),
        WITH_ARENA(test_what_cannot_be_built_says_why),
        WITH_ARENA(test_check_names_what_is_missing),
        WITH_ARENA(test_hostile_text_mentions_nobody),
        WITH_ARENA(test_never_exceeds_a_limit),
        WITH_ARENA(test_every_known_answer_has_its_meaning),
        WITH_ARENA(test_every_known_answer_of_a_webhook_has_its_meaning),
        WITH_ARENA(test_waits_as_long_as_slack_asks_for),
        WITH_ARENA(test_a_huge_answer_is_no_success),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
