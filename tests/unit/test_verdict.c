#include "tests/unit/support.h"

#include "common/verdict.h"

struct answer {
    const char *given;
    int status;
    enum trouble trouble;
    bool maybe_sent;
    const char *body;
    enum outcome want;
    const char *code;
};

static struct response respond(struct arena *arena, const struct answer *answer)
{
    struct response response = response_in(arena);

    response.status = answer->status;
    response.trouble = answer->trouble;
    response.maybe_sent = answer->maybe_sent;
    response.body = answer->body;
    response.body_len = strlen(answer->body);
    return response;
}

/* RFC 9110 for the classes; decision "unknown answers" for the rest. */
static void test_every_answer_that_is_not_json_has_a_meaning(void **state)
{
    static const struct answer CASES[] = {
        {"refused connection",    0,   TROUBLE_CONNECT, false, "",                      OUTCOME_AGAIN,     "NO-CONNECTION"   },
        {"no such name",          0,   TROUBLE_NAME,    false, "",                      OUTCOME_AGAIN,     "NO-NAME"         },
        {"lost before sending",   0,   TROUBLE_LOST,    false, "",                      OUTCOME_AGAIN,     "NO-ANSWER"       },
        {"lost after sending",    0,   TROUBLE_LOST,    true,  "",                      OUTCOME_UNCLEAR,   "NO-ANSWER"       },
        {"huge answer",           0,   TROUBLE_BIG,     true,  "",                      OUTCOME_UNCLEAR,   "HUGE-ANSWER"     },
        {"untrusted certificate", 0,   TROUBLE_TLS,     false, "",                      OUTCOME_BROKEN,    "TLS"             },
        {"no transport module",   0,   TROUBLE_OURS,    false, "",                      OUTCOME_BROKEN,    "CANNOT-ASK"      },
        {"empty 200",             200, TROUBLE_NONE,    false, "",                      OUTCOME_UNCLEAR,   "UNREADABLE"      },
        {"200 with a page",       200, TROUBLE_NONE,    false, "\n <html>sign in",      OUTCOME_AGAIN,     "NOT-THE-PROVIDER"},
        {"200 cut JSON",          200, TROUBLE_NONE,    false, "{\"errcode\":0,\"er",   OUTCOME_UNCLEAR,   "UNREADABLE"      },
        {"200 array",             200, TROUBLE_NONE,    false, "[0]",                   OUTCOME_UNCLEAR,   "UNREADABLE"      },
        {"200 two documents",     200, TROUBLE_NONE,    false, "{\"errcode\":0}{}",     OUTCOME_UNCLEAR,   "UNREADABLE"      },
        {"redirect",              302, TROUBLE_NONE,    false, "",                      OUTCOME_BROKEN,    "HTTP 302"        },
        {"bad request page",      400, TROUBLE_NONE,    false, "<html>",                OUTCOME_BROKEN,    "HTTP 400"        },
        {"forbidden page",        403, TROUBLE_NONE,    false, "no",                    OUTCOME_BROKEN,    "HTTP 403"        },
        {"slow",                  408, TROUBLE_NONE,    false, "",                      OUTCOME_AGAIN,     "HTTP 408"        },
        {"too many",              429, TROUBLE_NONE,    false, "",                      OUTCOME_THROTTLED, "HTTP 429"        },
        {"bad gateway",           502, TROUBLE_NONE,    false, "<html>502 Bad Gateway", OUTCOME_AGAIN,     "HTTP 502"        },
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct response response = respond(*state, &CASES[i]);
        struct verdicts verdicts = {.arena = *state};

        assert_null(answer_json(&response, &verdicts));
        assert_int_equal(verdicts.count, 1);
        if (verdicts.items[0].outcome != CASES[i].want || strcmp(verdicts.items[0].code, CASES[i].code) != 0)
            fail_msg("%s: %s %s", CASES[i].given, outcome_name(verdicts.items[0].outcome), verdicts.items[0].code);
    }
}

static void test_json_is_handed_on_whatever_the_status(void **state)
{
    static const int STATUSES[] = {200, 400, 403, 500};

    for (size_t i = 0; i < COUNT(STATUSES); i++) {
        struct answer answer = {"json", STATUSES[i], TROUBLE_NONE, false, "{\"Code\":\"X\"}\n", OUTCOME_AGAIN, ""};
        struct response response = respond(*state, &answer);
        struct verdicts verdicts = {.arena = *state};

        assert_non_null(answer_json(&response, &verdicts));
        assert_int_equal(verdicts.count, 0);
    }
}

static void test_rules_match_exactly_by_prefix_and_by_words(void **state)
{
    static const struct verdict_rule RULES[] = {
        {"310000",         "sign not match", OUTCOME_BROKEN,    0,  WORD_FIX_SIGNATURE},
        {"310000",         NULL,             OUTCOME_BROKEN,    0,  WORD_FIX_KEYWORD  },
        {"LimitExceeded*", NULL,             OUTCOME_THROTTLED, 60, WORD_FIX_QUOTA    },
        {"88 no_team* 8",  NULL,             OUTCOME_BROKEN,    0,  WORD_FIX_TOKEN    },
        {NULL,             NULL,             OUTCOME_REFUSED,   0,  WORD_FIX_REPORT   },
    };
    static const struct {
        const char *code;
        const char *reason;
        enum word remedy;
    } CASES[] = {
        {"310000",            "description: Sign Not Match", WORD_FIX_SIGNATURE},
        {"310000",            "keywords not in content",     WORD_FIX_KEYWORD  },
        {"LimitExceeded.Day", "",                            WORD_FIX_QUOTA    },
        {"3100001",           "",                            WORD_FIX_REPORT   },
        {"88",                "",                            WORD_FIX_TOKEN    },
        {"8",                 "",                            WORD_FIX_TOKEN    },
        {"no_team_here",      "",                            WORD_FIX_TOKEN    },
        {"888",               "",                            WORD_FIX_REPORT   },
        {"88 no_team",        "",                            WORD_FIX_REPORT   },
        {"",                  "",                            WORD_FIX_REPORT   },
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct response response = response_in(*state);
        struct verdicts verdicts = {.arena = *state};

        verdict_by_rules(&verdicts, RULES, "", CASES[i].code, CASES[i].reason, &response, NULL);
        assert_int_equal(verdicts.items[0].remedy, CASES[i].remedy);
    }
}

static void test_the_providers_wait_wins_over_the_rule(void **state)
{
    static const struct verdict_rule RULES[] = {
        {NULL, NULL, OUTCOME_THROTTLED, 60, WORD_FIX_QUOTA},
    };
    struct response response = response_in(*state);
    struct verdicts verdicts = {.arena = *state};

    verdict_by_rules(&verdicts, RULES, "", "x", "", &response, NULL);
    response.retry_after_s = 7;
    verdict_by_rules(&verdicts, RULES, "", "x", "", &response, NULL);
    assert_int_equal(verdicts.items[0].wait_s, 60);
    assert_int_equal(verdicts.items[1].wait_s, 7);
}

static void test_the_worst_verdict_asks_for_the_most(void **state)
{
    struct verdicts verdicts = {.arena = *state};

    assert_null(verdict_worst(&verdicts));
    verdict_add(&verdicts, (struct verdict){.outcome = OUTCOME_DELIVERED});
    assert_int_equal(verdict_worst(&verdicts)->outcome, OUTCOME_DELIVERED);
    verdict_add(&verdicts, (struct verdict){.outcome = OUTCOME_REFUSED});
    verdict_add(&verdicts, (struct verdict){.outcome = OUTCOME_AGAIN});
    verdict_add(&verdicts, (struct verdict){.outcome = OUTCOME_UNCLEAR});
    assert_int_equal(verdict_worst(&verdicts)->outcome, OUTCOME_AGAIN);
}

static void test_a_providers_words_are_cleaned_and_cut(void **state)
{
    struct verdicts verdicts = {.arena = *state};
    char *long_words = arena_alloc(*state, 100001);

    memset(long_words, 'x', 100000);
    verdict_add(&verdicts, (struct verdict){.reason = "one\ntwo\x1b[2J"});
    verdict_add(&verdicts, (struct verdict){.reason = long_words});
    assert_string_equal(verdicts.items[0].reason, "one two");
    assert_in_range(strlen(verdicts.items[1].reason), 100, 210);
    assert_string_equal(verdicts.items[1].reference, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_every_answer_that_is_not_json_has_a_meaning),
        WITH_ARENA(test_json_is_handed_on_whatever_the_status),
        WITH_ARENA(test_rules_match_exactly_by_prefix_and_by_words),
        WITH_ARENA(test_the_providers_wait_wins_over_the_rule),
        WITH_ARENA(test_the_worst_verdict_asks_for_the_most),
        WITH_ARENA(test_a_providers_words_are_cleaned_and_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
