/*
 * Expected values: https://learn.microsoft.com/en-us/microsoftteams/platform/task-modules-and-cards/cards/cards-format,
 * https://learn.microsoft.com/en-us/outlook/actionable-messages/message-card-reference and connectors-using in the same
 * documentation; answers as recorded there and by users.
 */
#include "tests/unit/chat_support.h"

extern const struct channel channel_teams;

#define WORKFLOW                                                                                                                \
    "https://x.environment.api.powerplatform.com:443/powerautomate/automations/direct/workflows/0/cu/01/triggers/manual/paths/" \
    "invoke?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=abc-DEF_123"
#define CONNECTOR "https://tenant.webhook.office.com/webhookb2/0@1/IncomingWebhook/2/3"

static void *workflow(struct arena *arena)
{
    return TEST_SETTINGS(arena, &channel_teams, "webhook", WORKFLOW);
}

static void *connector(struct arena *arena)
{
    return TEST_SETTINGS(arena, &channel_teams, "webhook", CONNECTOR, "format", "messagecard");
}

static struct json_object *body_to(struct arena *arena, const void *settings, const struct message *message,
                                   const char *const *recipients)
{
    struct request request = test_build(arena, &channel_teams, settings, message, recipients);

    return body_of(arena, &request);
}

static void test_the_address_is_used_verbatim(void **state)
{
    struct message message = test_message(*state, "t", "b");
    void *elsewhere =
        TEST_SETTINGS(*state, &channel_teams, "webhook", WORKFLOW, "endpoint", "http://127.0.0.1:1/t?x=1");
    struct request request = test_build(*state, &channel_teams, workflow(*state), &message, NULL);

    assert_string_equal(request.url, WORKFLOW);
    assert_string_equal(request_header_named(&request, "content-type"), "application/json; charset=utf-8");
    assert_string_equal(test_build(*state, &channel_teams, elsewhere, &message, NULL).url, "http://127.0.0.1:1/t?x=1");
}

static void test_a_bad_address_is_a_fault_of_the_configuration(void **state)
{
    static const char *const CASES[] = {"", "x.environment.api.powerplatform.com/?sig=abc", "https:///x?sig=abc",
                                        "https://a/ b?sig=abc"};

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct message message = test_message(*state, "t", "b");
        struct intent intent = {.verb = VERB_SEND, .message = &message, .reference = ""};
        void *settings = TEST_SETTINGS(*state, &channel_teams, "webhook", CASES[i]);
        struct fault fault = build_fault(*state, &channel_teams, settings, &intent);

        assert_int_equal(fault.kind, FAULT_CONFIG);
        assert_lacks(fault.text, "abc");
        assert_holds(findings_of(*state, &channel_teams, settings), "mistake: ");
    }
}

static void test_check_tells_a_connector_from_a_workflow(void **state)
{
    void *proxied =
        TEST_SETTINGS(*state, &channel_teams, "webhook", "https://proxy.example/teams", "format", "messagecard");
    void *mixed = TEST_SETTINGS(*state, &channel_teams, "webhook", CONNECTOR);
    void *other = TEST_SETTINGS(*state, &channel_teams, "webhook", WORKFLOW, "format", "messagecard");

    assert_string_equal(findings_of(*state, &channel_teams, workflow(*state)), "");
    assert_string_equal(findings_of(*state, &channel_teams, connector(*state)), "");
    assert_string_equal(findings_of(*state, &channel_teams, proxied), "");
    assert_holds(findings_of(*state, &channel_teams, mixed), "advice: this is the address of an old connector");
    assert_holds(findings_of(*state, &channel_teams, other), "advice: this is the address of a workflow");
}

static void test_an_adaptive_card_stands_in_a_message(void **state)
{
    struct message message = message_with_facts(*state);
    struct json_object *doc = body_to(*state, workflow(*state), &message, NULL);

    assert_text(doc, "/type", "message");
    assert_text(doc, "/attachments/0/contentType", "application/vnd.microsoft.card.adaptive");
    assert_text(doc, "/attachments/0/content/type", "AdaptiveCard");
    assert_text(doc, "/attachments/0/content/version", "1.4");
    assert_text(doc, "/attachments/0/content/$schema", "http://adaptivecards.io/schemas/adaptive-card.json");
    assert_text(doc, "/attachments/0/content/msteams/width", "full");
    assert_int_equal(json_length(json_at(doc, "/attachments/0/content/msteams/entities")), 0);
}

static void test_the_card_has_title_context_facts_text_and_buttons(void **state)
{
    struct message message = message_with_facts(*state);
    struct json_object *content = json_at(body_to(*state, workflow(*state), &message, NULL), "/attachments/0/content");

    assert_int_equal(json_length(json_at(content, "/body")), 4);
    assert_text(content, "/body/0/type", "TextBlock");
    assert_text(content, "/body/0/text", "CPU 使用率 > 90%");
    assert_text(content, "/body/0/weight", "Bolder");
    assert_text(content, "/body/0/color", "Attention");
    assert_true(json_flag_at(content, "/body/0/wrap"));
    assert_text(content, "/body/1/text", "严重 · 2026-01-02 11:04:05 · web-01 · zabbix");
    assert_text(content, "/body/2/type", "FactSet");
    assert_text(content, "/body/2/facts/0/title", "主机");
    assert_text(content, "/body/2/facts/0/value", "web-01");
    assert_text(content, "/body/2/facts/1/title", "数值");
    assert_text(content, "/body/2/facts/1/value", "97.3 %");
    assert_text(content, "/body/3/type", "TextBlock");
    assert_text(content, "/body/3/text", "请检查 top");
    assert_text(content, "/actions/0/type", "Action.OpenUrl");
    assert_text(content, "/actions/0/title", "我来处理");
    assert_text(content, "/actions/0/url", "https://monitor.example.com/confirm/TOKEN");
    assert_text(content, "/actions/1/title", "查看详情");
}

static void test_the_colour_tells_the_mood(void **state)
{
    static const struct {
        enum event_kind kind;
        enum severity severity;
        const char *adaptive;
        const char *message_card;
    } CASES[] = {
        {EVENT_RECOVERY, SEVERITY_CRITICAL, "Good",      "36a64f"},
        {EVENT_PROBLEM,  SEVERITY_INFO,     "Accent",    "FF6B35"},
        {EVENT_PROBLEM,  SEVERITY_WARNING,  "Warning",   "ffaa00"},
        {EVENT_PROBLEM,  SEVERITY_CRITICAL, "Attention", "ff0000"},
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct message message = test_message(*state, "t", "b");

        message.kind = CASES[i].kind;
        message.severity = CASES[i].severity;
        assert_text(body_to(*state, workflow(*state), &message, NULL), "/attachments/0/content/body/0/color",
                    CASES[i].adaptive);
        assert_text(body_to(*state, connector(*state), &message, NULL), "/themeColor", CASES[i].message_card);
    }
}

static void test_only_recipients_are_mentioned(void **state)
{
    static const char *const RECIPIENTS[] = {"zhang@example.com", "87d349ed-44d7-43e1-9a83-5f2406dee5bd",
                                             "x</at><at>boss", NULL};
    struct message message = test_message(*state, "<at>Boss</at>", hostile_text(*state));
    struct json_object *content =
        json_at(body_to(*state, workflow(*state), &message, RECIPIENTS), "/attachments/0/content");
    const char *printed = json_print(content);

    assert_int_equal(json_length(json_at(content, "/msteams/entities")), 2);
    assert_text(content, "/msteams/entities/0/type", "mention");
    assert_text(content, "/msteams/entities/0/text", "<at>zhang@example.com</at>");
    assert_text(content, "/msteams/entities/0/mentioned/id", "zhang@example.com");
    assert_text(content, "/msteams/entities/0/mentioned/name", "zhang@example.com");
    assert_text(content, "/body/4/text", "<at>zhang@example.com</at> <at>87d349ed-44d7-43e1-9a83-5f2406dee5bd</at>");
    assert_int_equal(times_in(printed, "<at>"), 4); /* two mentions, in the body and in their entities */
}

static void test_hostile_text_links_nowhere_and_is_not_interpreted(void **state)
{
    void *(*const SETTINGS[])(struct arena *) = {workflow, connector};

    for (size_t i = 0; i < COUNT(SETTINGS); i++) {
        struct message message = test_message(*state, "[x](https://evil.example/) <at>Boss</at>", hostile_text(*state));
        struct request request = test_build(*state, &channel_teams, SETTINGS[i](*state), &message, NULL);
        struct json_object *doc = body_of(*state, &request);
        const char *shown = arena_print(*state, "%s%s%s%s", json_text_at(doc, "/attachments/0/content/body/0/text"),
                                        json_text_at(doc, "/attachments/0/content/body/3/text"),
                                        json_text_at(doc, "/title"), json_text_at(doc, "/sections/0/text"));

        assert_holds(shown, "evil.example");
        assert_lacks(shown, "](https");
        assert_lacks(shown, "{{DATE");
        assert_lacks(shown, "<at>");
        assert_lacks(shown, "<script");
        assert_lacks(shown, "**bold**");
    }
}

static void test_a_message_card_has_what_a_connector_takes(void **state)
{
    struct message message = message_with_facts(*state);
    struct json_object *doc = body_to(*state, connector(*state), &message, NULL);

    assert_text(doc, "/@type", "MessageCard");
    assert_text(doc, "/@context", "https://schema.org/extensions");
    assert_text(doc, "/summary", "CPU 使用率 > 90%");
    assert_text(doc, "/title", "CPU 使用率 > 90%");
    assert_text(doc, "/sections/0/activityTitle", "System Alert");
    assert_text(doc, "/sections/0/facts/0/name", "主机");
    assert_text(doc, "/sections/0/facts/0/value", "web-01");
    assert_text(doc, "/sections/0/text", "请检查 top");
    assert_text(doc, "/potentialAction/0/@type", "OpenUri");
    assert_text(doc, "/potentialAction/0/name", "我来处理");
    assert_text(doc, "/potentialAction/0/targets/0/os", "default");
    assert_text(doc, "/potentialAction/0/targets/0/uri", "https://monitor.example.com/confirm/TOKEN");
}

/* The limit counts what is on the wire: escapes of JSON and of Markdown, facts, mentions, addresses. */
static void test_never_exceeds_the_size_that_fails_unseen(void **state)
{
    static const char *const PIECES[] = {"长", "🔥", "\\", "\"", "<", "*a*", "_ ", "@a ", "a\n", "](", "- a\n"};
    void *(*const SETTINGS[])(struct arena *) = {workflow, connector};
    const char *long_url = arena_print(*state, "https://m.example/%s", repeated(*state, "x", 580));
    const char *recipients[101] = {NULL};

    for (size_t i = 0; i < 100; i++)
        recipients[i] = arena_print(*state, "user%.3zu@example.com", i);
    for (size_t i = 0; i < COUNT(PIECES) * COUNT(SETTINGS); i++) {
        struct message message =
            test_message(*state, repeated(*state, PIECES[i / 2], 255), repeated(*state, PIECES[i / 2], 60000));
        struct request request;

        message.confirm_url = message.link = long_url;
        request = test_build(*state, &channel_teams, SETTINGS[i % 2](*state), &message, recipients);
        assert_in_range(request.body_len, 10000, 20000);
        assert_true(utf8_is_clean(request.body));
        body_of(*state, &request);
        assert_holds(request.body, "内容过长");
    }
}

static void test_facts_leave_room_for_the_text(void **state)
{
    static const char *const PIECES[] = {"长", "\\", "\""};

    for (size_t i = 0; i < COUNT(PIECES); i++) {
        struct message message = test_message(*state, "t", "");
        const char *fact = arena_print(*state, "**名：** \x01%s\x02\n", repeated(*state, PIECES[i], 3000));
        struct request request;
        struct json_object *content;

        message.text = passage_read(*state, arena_print(*state, "%s请检查", repeated(*state, fact, 30)));
        request = test_build(*state, &channel_teams, workflow(*state), &message, NULL);
        content = json_at(body_of(*state, &request), "/attachments/0/content");
        assert_in_range(request.body_len, 1, 20000);
        assert_in_range(json_length(json_at(content, "/body/2/facts")), 1, 6);
        assert_text(content, "/body/3/text", "请检查");
    }
}

static void test_every_known_answer_has_its_meaning(void **state)
{
    test_recorded_answers(*state, &channel_teams, workflow(*state), "teams");
}

static void test_every_known_answer_of_a_connector_has_its_meaning(void **state)
{
    test_recorded_answers(*state, &channel_teams, connector(*state), "teams connector");
}

static void test_a_huge_answer_is_no_success(void **state)
{
    test_huge_answer(*state, &channel_teams, workflow(*state));
    test_huge_answer(*state, &channel_teams, connector(*state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_the_address_is_used_verbatim),
        WITH_ARENA(test_a_bad_address_is_a_fault_of_the_configuration),
        WITH_ARENA(test_check_tells_a_connector_from_a_workflow),
        WITH_ARENA(test_an_adaptive_card_stands_in_a_message),
        WITH_ARENA(test_the_card_has_title_context_facts_text_and_buttons),
        WITH_ARENA(test_the_colour_tells_the_mood),
        WITH_ARENA(test_only_recipients_are_mentioned),
        WITH_ARENA(test_hostile_text_links_nowhere_and_is_not_interpreted),
        WITH_ARENA(test_a_message_card_has_what_a_connector_takes),
        WITH_ARENA(test_never_exceeds_the_size_that_fails_unseen),
        WITH_ARENA(test_facts_leave_room_for_the_text),
        WITH_ARENA(test_every_known_answer_has_its_meaning),
        WITH_ARENA(test_every_known_answer_of_a_connector_has_its_meaning),
        WITH_ARENA(test_a_huge_answer_is_no_success),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
