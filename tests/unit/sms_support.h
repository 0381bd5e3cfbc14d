/* sms_support - what the tests of the SMS channels share: every known code, and texts that no SMS may carry. */
#ifndef TESTS_UNIT_SMS_SUPPORT_H
#define TESTS_UNIT_SMS_SUPPORT_H

#include "tests/unit/channel_support.h"
#include "tests/unit/data_support.h"

/* The classes of tests/data/sms-error-codes.json. */
static inline enum outcome outcome_of_class(const char *class)
{
    static const struct {
        const char *class;
        enum outcome outcome;
    } CLASSES[] = {
        {"ok",        OUTCOME_DELIVERED},
        {"temporary", OUTCOME_AGAIN    },
        {"rate",      OUTCOME_THROTTLED},
        {"recipient", OUTCOME_REFUSED  },
        {"message",   OUTCOME_REFUSED  },
        {"config",    OUTCOME_BROKEN   },
        {"clock",     OUTCOME_BROKEN   },
        {"ambiguous", OUTCOME_UNCLEAR  },
    };

    for (size_t i = 0; i < COUNT(CLASSES); i++)
        if (strcmp(CLASSES[i].class, class) == 0)
            return CLASSES[i].outcome;
    fail_msg("no such class: %s", class);
    return OUTCOME_UNCLEAR;
}

/* Gives one code to a channel in an answer of its kind. */
struct code_test {
    struct arena *arena;
    const struct channel *channel;
    const void *settings;
    const struct intent *intent;
    const char *format; /* an answer with a %s for the code */
    const char *ending; /* put behind prefixes: "SomethingNew" */
};

static inline void expect_class(void *self, const char *code, const char *class)
{
    const struct code_test *test = self;
    struct str body = str_in(test->arena, 4096);
    const char *at = strstr(test->format, "%s");
    struct verdicts verdicts;
    const struct verdict *verdict;

    str_addn(&body, test->format, (size_t)(at - test->format));
    str_addf(&body, "%s%s", code, test->ending);
    str_add(&body, at + 2);
    verdicts = test_classify(test->arena, test->channel, test->settings, test->intent, 200, body.text);
    verdict = verdict_worst(&verdicts);
    if (verdict->outcome != outcome_of_class(class))
        fail_msg("%s%s: %s, wanted %s (%s)", code, test->ending, outcome_name(verdict->outcome),
                 outcome_name(outcome_of_class(class)), class);
    if (strcmp(class, "clock") == 0)
        assert_int_equal(verdict->remedy, WORD_FIX_CLOCK);
    if (strcmp(class, "recipient") == 0)
        assert_int_equal(verdict->remedy, WORD_FIX_RECIPIENT);
    if (strcmp(class, "message") == 0 && verdict->remedy != WORD_FIX_MESSAGE)
        fail_msg("%s: %s", code, word_in(LANGUAGE_EN, verdict->remedy));
    if (strcmp(class, "rate") == 0)
        assert_true(verdict->wait_s >= 30);
    if (verdict->outcome == OUTCOME_BROKEN && verdict->remedy == WORD_NONE)
        fail_msg("%s: nobody is told what to do", code);
}

/* Every code of the provider, and codes that it may invent behind known prefixes. */
static inline void expect_classes(struct code_test test, const char *provider)
{
    struct json_object *doc = test_data(test.arena, "sms-error-codes.json");

    test.ending = "";
    test_members(json_at(doc, arena_print(test.arena, "/%s", provider)), expect_class, &test);
    test.ending = "SomethingNew";
    test_members(json_at(doc, arena_print(test.arena, "/%s_prefix", provider)), expect_class, &test);
}

static inline struct intent sms_intent(const struct message *message, const char *const *recipients)
{
    struct intent intent = {.verb = VERB_SEND, .message = message, .recipients = recipients, .reference = ""};

    while (recipients[intent.recipient_count])
        intent.recipient_count++;
    return intent;
}

#endif
