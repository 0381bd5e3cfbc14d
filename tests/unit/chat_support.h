/* chat_support - what the tests of the chat channels share: hostile texts, bodies read again, what check() says. */
#ifndef TESTS_UNIT_CHAT_SUPPORT_H
#define TESTS_UNIT_CHAT_SUPPORT_H

#include "tests/unit/channel_support.h"

#include "common/json.h"
#include "common/request.h"
#include "common/str.h"
#include "common/utf8.h"

/* What a host name, a plugin's output or a comment may hold: each provider's mentions, links, pictures, markup, quotes. */
static const char HOSTILE[] =
    "@all @13900139000 @channel <!channel> <!here|x> <@U0HOSTILE> <@ZhangWei> <@all> <at>Boss</at> "
    "<font color=\"warning\">x</font> [click](https://evil.example/) ![x](https://evil.example/p.png) "
    "<https://evil.example/|bank> dingtalk://dingtalkclient/page/link dtmd://x "
    "{{DATE(2026-01-01T00:00:00Z)}} **bold** `code` \"quoted\" 'it' \\back\\slash 🔥👨‍👩‍👧 \xE2\x80\xAE?\n"
    "# heading\n> quote\n- item\n1. one\n<script>alert(1)</script> & &lt;at&gt; </at>";

/* The same as it comes from intake. */
static inline const char *hostile_text(struct arena *arena)
{
    return utf8_clean(arena, HOSTILE, strlen(HOSTILE));
}

static inline const char *repeated(struct arena *arena, const char *piece, size_t times)
{
    struct str text = str_in(arena, strlen(piece) * times);

    for (size_t i = 0; i < times; i++)
        str_add(&text, piece);
    return text.text;
}

static inline struct json_object *body_of(struct arena *arena, const struct request *request)
{
    struct json_object *doc = json_read(arena, request->body, request->body_len);

    if (!doc)
        fail_msg("the body is no JSON: %s", request->body);
    return doc;
}

static inline void assert_text(struct json_object *doc, const char *path, const char *want)
{
    if (!json_has(doc, path))
        fail_msg("there is no %s, wanted '%s'", path, want);
    if (strcmp(json_text_at(doc, path), want) != 0)
        fail_msg("%s is '%s', wanted '%s'", path, json_text_at(doc, path), want);
}

static inline size_t times_in(const char *text, const char *piece)
{
    size_t count = 0;

    for (const char *at = text; (at = strstr(at, piece)); at += strlen(piece))
        count++;
    return count;
}

static inline void assert_holds(const char *text, const char *piece)
{
    if (!strstr(text, piece))
        fail_msg("'%s' is not in '%s'", piece, text);
}

static inline void assert_lacks(const char *text, const char *piece)
{
    if (strstr(text, piece))
        fail_msg("'%s' is in '%s'", piece, text);
}

/* What build() says when it cannot; fails the test when it can. */
static inline struct fault build_fault(struct arena *arena, const struct channel *channel, const void *settings,
                                       const struct intent *intent)
{
    struct request request = request_in(arena);
    struct fault fault = {0};

    if (channel->build(settings, intent, &TEST_MOMENT, &request, &fault))
        fail_msg("it was built: %s", request.url);
    return fault;
}

/* What check() says: "mistake: ...\n" and "advice: ...\n". */
static inline void note_mistake(void *self, const char *text)
{
    str_addf(self, "mistake: %s\n", text);
}

static inline void note_advice(void *self, const char *text)
{
    str_addf(self, "advice: %s\n", text);
}

static inline const char *findings_of(struct arena *arena, const struct channel *channel, const void *settings)
{
    struct str *notes = arena_alloc(arena, sizeof(*notes));
    struct findings findings = {.arena = arena, .mistake = note_mistake, .advice = note_advice, .self = notes};

    *notes = str_in(arena, 4096);
    channel->check(settings, &findings);
    return notes->text;
}

/* A file of tests/data. */
static inline struct json_object *data_file(struct arena *arena, const char *name)
{
    enum { MOST = 1 << 20 };
    char *text = arena_alloc(arena, MOST);
    FILE *file = fopen(arena_print(arena, "%s/%s", TEST_DATA, name), "rb");
    struct json_object *doc;

    if (!file)
        fail_msg("tests/data/%s cannot be read", name);
    doc = json_read(arena, text, fread(text, 1, MOST, file));
    fclose(file);
    if (!doc)
        fail_msg("tests/data/%s is no JSON", name);
    return doc;
}

static inline enum word word_named(const char *name)
{
#define WORD(id, en, zh_cn) #id,
    static const char *const NAMES[WORD_COUNT] = {
        "NONE",
#include "common/words.def"
    };
#undef WORD

    for (size_t i = 0; i < WORD_COUNT; i++)
        if (strcmp(NAMES[i], name) == 0)
            return (enum word)i;
    fail_msg("there is no word '%s'", name);
    return WORD_NONE;
}

static inline void assert_verdict(struct arena *arena, struct json_object *row, const struct verdict *verdict)
{
    const char *given = arena_print(arena, "%s %s", json_text_at(row, "/given"), json_text_at(row, "/code"));

    if (strcmp(outcome_name(verdict->outcome), json_text_at(row, "/want")) != 0)
        fail_msg("%s: %s", given, outcome_name(verdict->outcome));
    if (json_has(row, "/code") && strcmp(verdict->code, json_text_at(row, "/code")) != 0)
        fail_msg("%s: code '%s'", given, verdict->code);
    if (json_has(row, "/remedy") && verdict->remedy != word_named(json_text_at(row, "/remedy")))
        fail_msg("%s: remedy '%s'", given, word_in(LANGUAGE_EN, verdict->remedy));
    if (verdict->wait_s != json_number_at(row, "/wait_s", verdict->wait_s))
        fail_msg("%s: wait %lld", given, (long long)verdict->wait_s);
    if (json_has(row, "/reference") && strcmp(verdict->reference, json_text_at(row, "/reference")) != 0)
        fail_msg("%s: reference '%s'", given, verdict->reference);
    if (json_has(row, "/reason") && strcmp(verdict->reason, json_text_at(row, "/reason")) != 0)
        fail_msg("%s: reason '%s'", given, verdict->reason);
}

/* Every row of tests/data/chat_answers.json under `name`. */
static inline void test_recorded_answers(struct arena *arena, const struct channel *channel, const void *settings,
                                         const char *name)
{
    static const struct intent INTENT = {.verb = VERB_SEND, .reference = ""};
    struct json_object *rows = json_at(data_file(arena, "chat_answers.json"), arena_print(arena, "/%s", name));

    assert_true(json_length(rows) > 10);
    for (size_t i = 0; i < json_length(rows); i++) {
        struct json_object *row = json_item(rows, i);
        struct json_object *body = json_at(row, "/body");
        struct verdicts verdicts =
            test_classify(arena, channel, settings, &INTENT, (int)json_number_at(row, "/status", -1),
                          json_is_object(body) ? json_print(body) : json_text_at(row, "/body"));

        assert_int_equal(verdicts.count, 1);
        assert_verdict(arena, row, &verdicts.items[0]);
    }
}

/* Longer than the transport takes. */
static inline void test_huge_answer(struct arena *arena, const struct channel *channel, const void *settings)
{
    static const struct intent INTENT = {.verb = VERB_SEND, .reference = ""};
    struct response response = response_in(arena);
    struct verdicts verdicts = {.arena = arena};

    response.trouble = TROUBLE_BIG;
    response.maybe_sent = true;
    channel->classify(settings, &INTENT, &response, &verdicts);
    assert_int_equal(verdicts.count, 1);
    assert_int_equal(verdicts.items[0].outcome, OUTCOME_UNCLEAR);
    assert_string_equal(verdicts.items[0].code, "HUGE-ANSWER");
}

/* The problem of channel_support.h with these lines: facts and a plain one. */
static inline struct message message_with_facts(struct arena *arena)
{
    struct message message = test_message(arena, "CPU 使用率 > 90%", "");

    message.text = passage_read(arena, "**主机：** \x01"
                                       "web-01\x02\n**数值：** \x01"
                                       "97.3 %\x02\n请检查 \x01top\x02");
    return message;
}

#endif
