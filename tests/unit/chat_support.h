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
