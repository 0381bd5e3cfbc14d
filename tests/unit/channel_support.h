/*
 * channel_support - what every channel test does: settings from text, a message, the request as built, the answer judged.
 *
 * Expected values in the tests come from the providers' documents and SDKs (tests/data), never from our own output.
 */
#ifndef TESTS_UNIT_CHANNEL_SUPPORT_H
#define TESTS_UNIT_CHANNEL_SUPPORT_H

#include "tests/unit/support.h"

#include "common/channel.h"
#include "common/settings.h"
#include "common/values.h"

/* 2026-01-02 03:04:05 UTC: the clock of tests/data/sms.json. */
#define TEST_WALL_MS INT64_C(1767323045000)
static const struct moment TEST_MOMENT = {.wall_ms = TEST_WALL_MS, .nonce = "00000000000000000000000000000001"};

/* Settings from "name", "value", ..., NULL; a list's items are separated by commas. Fails the test on a fault. */
static inline void *test_settings(struct arena *arena, const struct channel *channel, const char *const *texts)
{
    struct givens givens = {.arena = arena};
    struct secrets secrets = {.arena = arena};
    struct settings_reading reading = {.directory = "/", .environment = "", .secrets = &secrets};
    void *settings = arena_alloc(arena, channel->settings_size);
    struct fault fault = {0};

    for (; *texts; texts += 2) {
        const struct option_row *row = row_named(channel->options, texts[0]);
        const char **one = arena_alloc(arena, sizeof(*one));

        if (!row)
            fail_msg("%s has no option '%s'", channel->name, texts[0]);
        one[0] = texts[1];
        givens_add(&givens, texts[0],
                   row->type == OPTION_TYPE_LIST ? split_commas(arena, texts[1])
                                                 : (struct text_list){.items = one, .count = 1},
                   "test");
    }
    if (!settings_fill(arena, channel->options, settings, &givens, &reading, &fault))
        fail_msg("settings: %s", fault.text);
    return settings;
}
#define TEST_SETTINGS(arena, channel, ...) test_settings(arena, channel, (const char *const[]){__VA_ARGS__, NULL})

/* A problem of the kind that the README shows. `body` is plain, untrusted text. */
static inline struct message test_message(struct arena *arena, const char *title, const char *body)
{
    struct event *event = arena_alloc(arena, sizeof(*event));
    struct message message;

    *event = event_empty();
    event->kind = EVENT_PROBLEM;
    event->severity = SEVERITY_CRITICAL;
    event->source = "zabbix";
    event->host = "web-01";
    event->service = "cpu";
    event->subject = title;
    event->message = body;
    event->event_id = "4711";
    event->time_s = TEST_WALL_MS / 1000;
    message = (struct message){
        .id = "01J0000000TEST",
        .short_id = "#K7F3Q",
        .problem_id = "zabbix-4711",
        .kind = EVENT_PROBLEM,
        .severity = SEVERITY_CRITICAL,
        .language = LANGUAGE_ZH_CN,
        .title = title,
        .text = passage_of(arena, body),
        .level = "严重",
        .time = "2026-01-02 11:04:05",
        .link = "https://monitor.example.com/tr_events.php?eventid=4711",
        .confirm_url = "https://monitor.example.com/confirm/TOKEN",
        .event = event,
    };
    message.values = values_of(arena, &message);
    return message;
}

/* Builds the request for SEND to `recipients` (NULL-terminated; NULL for none). Fails the test on a fault. */
static inline struct request test_build(struct arena *arena, const struct channel *channel, const void *settings,
                                        const struct message *message, const char *const *recipients)
{
    struct intent intent = {.verb = VERB_SEND, .message = message, .recipients = recipients, .reference = ""};
    struct request request = request_in(arena);
    struct fault fault = {0};

    while (recipients && recipients[intent.recipient_count])
        intent.recipient_count++;
    if (!channel->build(settings, &intent, &TEST_MOMENT, &request, &fault))
        fail_msg("build: %s", fault.text);
    for (size_t i = 0; i < request.measure_count; i++)
        if (request.measures[i].length > request.measures[i].most)
            fail_msg("%s measures %zu, over %zu", request.measures[i].what, request.measures[i].length,
                     request.measures[i].most);
    return request;
}

/* One recorded answer of a provider and what it means. */
struct answer_case {
    const char *given;
    int status;
    const char *body;
    enum outcome want;
    const char *code; /* NULL: not looked at */
    enum word remedy; /* WORD_NONE: not looked at */
};

static inline struct verdicts test_classify(struct arena *arena, const struct channel *channel, const void *settings,
                                            const struct intent *intent, int status, const char *body)
{
    struct response response = response_in(arena);
    struct verdicts verdicts = {.arena = arena};

    response.status = status;
    response.trouble = status == 0 ? TROUBLE_CONNECT : TROUBLE_NONE;
    response.body = body;
    response.body_len = strlen(body);
    channel->classify(settings, intent, &response, &verdicts);
    assert_true(verdicts.count > 0);
    return verdicts;
}

static inline void test_answers(struct arena *arena, const struct channel *channel, const void *settings,
                                const struct intent *intent, const struct answer_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct verdicts verdicts = test_classify(arena, channel, settings, intent, cases[i].status, cases[i].body);
        const struct verdict *worst = verdict_worst(&verdicts);

        if (worst->outcome != cases[i].want)
            fail_msg("%s: %s, wanted %s", cases[i].given, outcome_name(worst->outcome), outcome_name(cases[i].want));
        if (cases[i].code && strcmp(cases[i].code, worst->code) != 0)
            fail_msg("%s: code '%s', wanted '%s'", cases[i].given, worst->code, cases[i].code);
        if (cases[i].remedy != WORD_NONE && cases[i].remedy != worst->remedy)
            fail_msg("%s: remedy '%s'", cases[i].given, word_in(LANGUAGE_EN, worst->remedy));
    }
}

#endif
