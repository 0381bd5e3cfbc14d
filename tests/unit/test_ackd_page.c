#include "tests/unit/support.h"

#include "plugins/ackd/page.h"
#include "plugins/ackd/pages.h"
#include "plugins/ackd/proof.h"

#define NOW INT64_C(1795611600) /* the beginning of an hour */

/* Made by Python's hmac and hashlib. */
#define PROOF_TAIL     ".691ea40c0f3ccca6fb43a299eaa8875c40afdc2f6e6e5efb4af30f8f8ed4f563"
#define PROOF_OF_TOKEN "498781" PROOF_TAIL
#define PROOF_OF_BOARD "498781.6e80d514e77b373a9d882d24c33f792bebd861406c7c948769cb0832339a44b9"

static const struct link_keys KEYS = {.current = {"0123456789abcdef0123456789abcdef"}, .previous = {""}};
static const struct link_keys OTHER = {.current = {"fedcba9876543210fedcba9876543210"}, .previous = {""}};
static const struct link_keys ROTATING = {.current = {"fedcba9876543210fedcba9876543210"},
                                          .previous = {"0123456789abcdef0123456789abcdef"}};

static void test_a_form_proves_where_it_comes_from(void **state)
{
    static const struct {
        const char *name;
        const struct link_keys *keys;
        const char *purpose;
        const char *user;
        int64_t now_s;
        const char *proof;
        enum form_state state;
    } CASES[] = {
        {"fresh",                  &KEYS,     "TOKEN", "",       NOW,              PROOF_OF_TOKEN,          FORM_PROVEN },
        {"after an hour",          &KEYS,     "TOKEN", "",       NOW + 3600,       PROOF_OF_TOKEN,          FORM_PROVEN },
        {"after two hours",        &KEYS,     "TOKEN", "",       NOW + 7200,       PROOF_OF_TOKEN,          FORM_STALE  },
        {"after two weeks",        &KEYS,     "TOKEN", "",       NOW + 14 * 86400, PROOF_OF_TOKEN,          FORM_STALE  },
        {"after that",             &KEYS,     "TOKEN", "",       NOW + 15 * 86400, PROOF_OF_TOKEN,          FORM_FOREIGN},
        {"the clock was put back", &KEYS,     "TOKEN", "",       NOW - 3600,       PROOF_OF_TOKEN,          FORM_PROVEN },
        {"long before",            &KEYS,     "TOKEN", "",       NOW - 7200,       PROOF_OF_TOKEN,          FORM_FOREIGN},
        {"another alert",          &KEYS,     "TOKEM", "",       NOW,              PROOF_OF_TOKEN,          FORM_FOREIGN},
        {"another user",           &KEYS,     "board", "han",    NOW,              PROOF_OF_BOARD,          FORM_FOREIGN},
        {"the user",               &KEYS,     "board", "li.lei", NOW,              PROOF_OF_BOARD,          FORM_PROVEN },
        {"another key",            &OTHER,    "TOKEN", "",       NOW,              PROOF_OF_TOKEN,          FORM_FOREIGN},
        {"the key before",         &ROTATING, "TOKEN", "",       NOW,              PROOF_OF_TOKEN,          FORM_PROVEN },
        {"another hour",           &KEYS,     "TOKEN", "",       NOW,              "498780" PROOF_TAIL,     FORM_FOREIGN},
        {"one more",               &KEYS,     "TOKEN", "",       NOW,              PROOF_OF_TOKEN "0",      FORM_FOREIGN},
        {"nothing",                &KEYS,     "TOKEN", "",       NOW,              "",                      FORM_FOREIGN},
        {"no proof",               &KEYS,     "TOKEN", "",       NOW,              "498781.",               FORM_FOREIGN},
        {"no hour",                &KEYS,     "TOKEN", "",       NOW,              ".00",                   FORM_FOREIGN},
        {"an hour without end",    &KEYS,     "TOKEN", "",       NOW,              "99999999999999999999.", FORM_FOREIGN},
    };
    struct arena *arena = *state;

    assert_string_equal(form_proof(arena, &KEYS, "TOKEN", "", NOW), PROOF_OF_TOKEN);
    assert_string_equal(form_proof(arena, &KEYS, "board", "li.lei", NOW + 3599), PROOF_OF_BOARD);
    for (size_t i = 0; i < COUNT(CASES); i++)
        if (form_judge(arena, CASES[i].keys, CASES[i].purpose, CASES[i].user, CASES[i].now_s, CASES[i].proof) !=
            CASES[i].state)
            fail_msg("%s", CASES[i].name);
}

/* Every {{words.NAME}} of the pages is a row of words.def, else a button would be blank. */
static void test_every_word_of_the_pages_is_known(void **state)
{
    static const unsigned char *const PAGES[] = {PAGE_frame, PAGE_alert, PAGE_board, PAGE_notice};
    struct arena *arena = *state;
    struct pages pages;
    struct fault fault = {0};
    size_t count = 0;

    assert_true(pages_prepare(arena, &pages, &fault));
    for (enum language language = 0; language < LANGUAGE_COUNT; language++) {
        struct json_object *values = page_values(arena, &pages, language, "Asia/Shanghai", NOW);

        for (size_t i = 0; i < COUNT(PAGES); i++)
            for (const char *at = (const char *)PAGES[i]; (at = strstr(at, "{{words.")) != NULL; count++) {
                const char *name = arena_copy(arena, at + 8, strcspn(at + 8, "}"));

                if (!json_text_at(values, arena_print(arena, "/words/%s", name))[0])
                    fail_msg("{{words.%s}}", name);
                at += 8;
            }
    }
    assert_true(count > 30);
}

static void test_no_value_gets_out_of_its_place(void **state)
{
    static const char EVIL[] = "<\"'&>{{style}}";
    struct arena *arena = *state;
    struct pages pages;
    struct fault fault = {0};
    struct http_answer answer = {0};

    assert_true(pages_prepare(arena, &pages, &fault));
    page_notice(&pages, arena, page_values(arena, &pages, LANGUAGE_EN, "", NOW), EVIL, EVIL, 404, &answer);
    assert_int_equal(answer.status, 404);
    assert_string_equal(answer.content_type, "text/html; charset=utf-8");
    assert_null(strstr(answer.body, EVIL));
    assert_non_null(strstr(answer.body, "<title>&lt;&quot;'&amp;&gt;{{style}}</title>"));
    assert_non_null(strstr(answer.body, "<p>&lt;&quot;'&amp;&gt;{{style}}</p>"));
}

/* An attribute that is not in double quotes would need more than the engine escapes. */
static void test_every_attribute_is_quoted(void **state)
{
    static const unsigned char *const PAGES[] = {PAGE_frame, PAGE_alert, PAGE_board, PAGE_notice};

    (void)state;
    for (size_t i = 0; i < COUNT(PAGES); i++) {
        const char *page = (const char *)PAGES[i];

        assert_null(strchr(page, '\''));
        assert_null(strstr(page, "={{"));
        assert_null(strstr(page, "{{&"));
        assert_true(PAGES[i] == PAGE_frame || !strstr(page, "{{{"));
    }
    assert_null(strstr((const char *)PAGE_style, "</"));
}

static void test_links_lead_to_web_pages_only(void **state)
{
    static const char *const BAD[] = {"javascript:alert(1)", " https://a", "data:text/html,x", "//a", "/a", "httpx://a",
                                      "vbscript:x",          "",           "\thttp://a"};

    (void)state;
    assert_string_equal(page_link("https://zabbix.example.com/?a=1"), "https://zabbix.example.com/?a=1");
    assert_string_equal(page_link("HTTP://a"), "HTTP://a");
    for (size_t i = 0; i < COUNT(BAD); i++)
        assert_string_equal(page_link(BAD[i]), "");
}

static void test_times_and_durations(void **state)
{
    static const struct {
        int64_t minutes;
        const char *en;
        const char *zh;
    } CASES[] = {
        {0,            "less than a minute", "不到 1 分钟"  },
        {1,            "1 min",              "1 分钟"         },
        {59,           "59 min",             "59 分钟"        },
        {60,           "1 h",                "1 小时"         },
        {185,          "3 h 5 min",          "3 小时 5 分钟"},
        {1440,         "1 d",                "1 天"            },
        {1440 + 59,    "1 d",                "1 天"            },
        {4 * 1440 - 1, "3 d 23 h",           "3 天 23 小时"  },
    };
    struct arena *arena = *state;

    for (size_t i = 0; i < COUNT(CASES); i++) {
        assert_string_equal(words_duration(arena, LANGUAGE_EN, CASES[i].minutes * 60000), CASES[i].en);
        assert_string_equal(words_duration(arena, LANGUAGE_ZH_CN, CASES[i].minutes * 60000 + 59999), CASES[i].zh);
    }
    assert_string_equal(words_duration(arena, LANGUAGE_EN, -5), "less than a minute"); /* the clock was put back */
    /* date -d @1795611600 with TZ */
    assert_string_equal(page_time(arena, NOW * 1000, "Asia/Shanghai"), "2026-11-25 21:00");
    assert_string_equal(page_time(arena, NOW * 1000, "UTC"), "2026-11-25 13:00");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_a_form_proves_where_it_comes_from),  WITH_ARENA(test_every_word_of_the_pages_is_known),
        WITH_ARENA(test_no_value_gets_out_of_its_place),     cmocka_unit_test(test_every_attribute_is_quoted),
        cmocka_unit_test(test_links_lead_to_web_pages_only), WITH_ARENA(test_times_and_durations),
    };

    return cmocka_run_group_tests_name("ackd_page", tests, NULL, NULL);
}
