/* Hours: what is understood, and when it holds. Moments are written in UTC, worked out by hand from the zones' offsets. */
#include "tests/unit/policy_support.h"

#include "common/hours.h"

static struct calendar *the_calendar;

static struct calendar *find_calendar(void *self, const char *title)
{
    (void)self;
    return strcmp(title, "cn") == 0 ? the_calendar : NULL;
}

static struct hours_context context_in(struct arena *arena, const char *zone)
{
    return (struct hours_context){.arena = arena, .timezone = zone, .calendar = find_calendar};
}

static struct hours_list list_of(struct arena *arena, const char *text)
{
    struct hours_list list = {.items = arena_alloc(arena, sizeof(*list.items))};
    struct fault fault = {0};
    bool always;

    if (!hours_read(arena, text, list.items, &always, &fault))
        fail_msg("%s", fault.text);
    list.count = !always;
    return list;
}

static void open_calendar(struct arena *arena)
{
    static struct calendar calendar;
    struct fault fault = {0};

    policy_file(arena, "cn.txt",
                "2026-02-15..2026-02-23 holiday\n2026-02-14 workday\n2026-02-28 workday\n"
                "2026-03-01 22:00..2026-03-02 04:00 span moves\n");
    calendar = (struct calendar){.arena = arena,
                                 .title = "cn",
                                 .path = policy_path(arena, "cn.txt"),
                                 .timezone = "Asia/Shanghai",
                                 .trouble = ""};
    if (!calendar_open(&calendar, 0, &fault))
        fail_msg("%s", fault.text);
    the_calendar = &calendar;
}

static void test_holds_when_the_clock_on_the_wall_says_so(void **state)
{
    static const struct {
        const char *text;
        const char *utc;
        bool holds;
    } CASES[] = {
        {"always",                             "2026-02-16 03:00",    true },
        {"Mon-Fri 09:00-18:00",                "2026-02-16 01:00",    true }, /* Monday 09:00 in Shanghai */
        {"Mon-Fri 09:00-18:00",                "2026-02-16 00:59:59", false},
        {"Mon-Fri 09:00-18:00",                "2026-02-16 09:59:59", true },
        {"Mon-Fri 09:00-18:00",                "2026-02-16 10:00",    false},
        {"Mon-Fri 09:00-18:00",                "2026-02-14 03:00",    false}, /* Saturday */
        {"周一-周五 09:00-18:00",          "2026-02-16 01:00",    true },
        {"mon-fri 9:00-18:00",                 "2026-02-16 01:00",    true },
        {"Sat-Mon",                            "2026-02-15 16:00",    true }, /* Monday 00:00 */
        {"Sat-Mon",                            "2026-02-16 16:00",    false},
        {"Mon,Wed,Fri 12:00-13:00",            "2026-02-18 04:30",    true },
        {"Mon,Wed,Fri 12:00-13:00",            "2026-02-17 04:30",    false},
        {"09:00-12:00,13:00-18:00",            "2026-02-15 04:30",    false}, /* 12:30 */
        {"09:00-12:00,13:00-18:00",            "2026-02-15 05:00",    true },
        {"Fri 22:00-06:00",                    "2026-02-13 13:59:59", false}, /* Friday 21:59:59 */
        {"Fri 22:00-06:00",                    "2026-02-13 14:00",    true },
        {"Fri 22:00-06:00",                    "2026-02-13 21:59:59", true }, /* Saturday 05:59:59 */
        {"Fri 22:00-06:00",                    "2026-02-13 22:00",    false},
        {"Fri 22:00-06:00",                    "2026-02-12 21:00",    false}, /* Friday 05:00 is Thursday's night */
        {"00:00-24:00",                        "2026-02-13 21:00",    true },
        {"09:00-09:00",                        "2026-02-13 21:00",    true }, /* all around the clock */
        {"Mon 00:00-01:00 UTC",                "2026-02-16 00:30",    true }, /* its own zone */
        {"Mon 00:00-01:00 UTC",                "2026-02-15 16:30",    false},
        {"Sun 02:00-03:00 Europe/Berlin",      "2026-03-29 00:30",    false}, /* 01:30 */
        {"Sun 02:00-03:00 Europe/Berlin",      "2026-03-29 01:00",    false}, /* 03:00: that hour is not there */
        {"Sun 01:30-02:30 Europe/Berlin",      "2026-03-29 00:59:59", true },
        {"Sun 01:30-02:30 Europe/Berlin",      "2026-03-29 01:00",    false}, /* the jump ends it */
        {"Sun 02:30-04:00 Europe/Berlin",      "2026-03-29 01:00",    true }, /* the jump begins it */
        {"Sun 02:00-03:00 Europe/Berlin",      "2026-10-25 00:30",    true }, /* the hour comes twice */
        {"Sun 02:00-03:00 Europe/Berlin",      "2026-10-25 01:30",    true },
        {"Sun 02:00-03:00 Europe/Berlin",      "2026-10-25 02:00",    false},
        {"Tue 08:00-09:00 America/New_York",   "2026-03-10 12:30",    true }, /* after the change */
        {"Tue 08:00-09:00 America/New_York",   "2026-03-03 13:30",    true }, /* before it */
        {"Thu 23:00-01:00",                    "2026-12-31 16:30",    true }, /* into the new year */
        {"calendar:cn-workdays 09:00-18:00",   "2026-02-14 03:00",    true }, /* a Saturday of work */
        {"calendar:cn-workdays 09:00-18:00",   "2026-02-16 03:00",    false}, /* a Monday off */
        {"calendar:cn-workdays 09:00-18:00",   "2026-02-24 03:00",    true },
        {"calendar:cn-workdays 09:00-18:00",   "2026-03-01 03:00",    false}, /* a plain Sunday */
        {"calendar:cn-holidays",               "2026-02-16 03:00",    true },
        {"calendar:cn-holidays",               "2026-02-14 03:00",    false},
        {"calendar:cn-holidays",               "2026-03-01 03:00",    true },
        {"calendar:cn",                        "2026-02-20 03:00",    true },
        {"calendar:cn",                        "2026-02-14 03:00",    false},
        {"calendar:cn",                        "2026-03-01 14:00",    true }, /* the span begins at 22:00 */
        {"calendar:cn",                        "2026-03-01 13:59:59", false},
        {"calendar:cn",                        "2026-03-01 20:00",    false}, /* and ends at 04:00 */
        {"calendar:cn 23:00-23:30",            "2026-03-01 15:10",    true }, /* within the span */
        {"calendar:cn 23:00-23:30",            "2026-03-01 14:59:59", false},
        {"calendar:cn 01:00-02:00",            "2026-03-01 17:30",    true }, /* on its second day */
        {"calendar:gone-workdays 09:00-18:00", "2026-02-16 21:00",    true }, /* what is not there, is always */
    };
    struct arena *arena = *state;
    struct hours_context context = context_in(arena, "Asia/Shanghai");

    open_calendar(arena);
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct hours_list list = list_of(arena, CASES[i].text);
        const char *which;

        if (hours_hold(&context, &list, moment_at(arena, CASES[i].utc, "UTC"), &which) != CASES[i].holds)
            fail_msg("'%s' at %s UTC: wanted %d", CASES[i].text, CASES[i].utc, CASES[i].holds);
        assert_string_equal(which, CASES[i].holds ? CASES[i].text : "");
    }
}

static void test_the_answer_never_changes_between_two_edges(void **state)
{
    static const char *const TEXTS[] = {"Mon-Fri 09:00-18:00 Europe/Berlin",
                                        "Sun 01:30-02:30 Europe/Berlin",
                                        "22:00-06:00 America/Santiago",
                                        "calendar:cn-workdays 09:00-18:00",
                                        "calendar:cn",
                                        "Sat,Sun Australia/Lord_Howe"};
    static const char *const FROM[] = {"2026-02-10 00:00", "2026-03-26 00:00", "2026-04-03 00:00", "2026-10-23 00:00"};
    struct arena *arena = *state;
    struct hours_context context = context_in(arena, "Asia/Shanghai");

    open_calendar(arena);
    for (size_t i = 0; i < COUNT(TEXTS); i++)
        for (size_t k = 0; k < COUNT(FROM); k++) {
            struct hours_list list = list_of(arena, TEXTS[i]);
            int64_t from_s = moment_at(arena, FROM[k], "UTC");
            int64_t edge_s = hours_next_edge(&context, &list, from_s);
            bool holds = hours_hold(&context, &list, from_s, NULL);

            for (int64_t at_s = from_s; at_s < from_s + 6 * DAY_S; at_s += 900) {
                if (at_s >= edge_s) {
                    holds = hours_hold(&context, &list, at_s, NULL);
                    edge_s = hours_next_edge(&context, &list, at_s);
                    assert_true(edge_s > at_s);
                } else if (hours_hold(&context, &list, at_s, NULL) != holds) {
                    fail_msg("'%s' from %s: it changes %lld s before its edge", TEXTS[i], FROM[k],
                             (long long)(edge_s - at_s));
                }
            }
        }
}

static void test_says_which_word_is_not_understood(void **state)
{
    static const struct {
        const char *text;
        const char *word;
    } CASES[] = {
        {"",                                                                                                            "''"                },
        {"   ",                                                                                                         "''"                },
        {"never",                                                                                                       "'never'"           },
        {"Mon-Fri 9-18",                                                                                                "'9-18'"            },
        {"Mon-Fri 09:00-25:00",                                                                                         "'09:00-25:00'"     },
        {"Mon-Fri 24:00-06:00",                                                                                         "'24:00-06:00'"     },
        {"Mon-Fri 09:00",                                                                                               "'09:00'"           },
        {"Mon-Fre 09:00-18:00",                                                                                         "'Mon-Fre'"         },
        {"Mon- 09:00-18:00",                                                                                            "'Mon-'"            },
        {"Mon,,Tue",                                                                                                    "'Mon,,Tue'"        },
        {"09:00-18:00 Mon-Fri",                                                                                         "'Mon-Fri'"         },
        {"Mon-Fri 09:00-18:00 Asia/Shangahi",                                                                           "'Asia/Shangahi'"   },
        {"Mon-Fri 09:00-18:00 Europe",                                                                                  "'Europe'"          }, /* a folder */
        {"Mon-Fri 09:00-18:00 leapseconds",                                                                             "'leapseconds'"     },
        {"Mon-Fri 09:00-18:00 ../../etc/passwd",                                                                        "'../../etc/passwd'"},
        {"Asia/Shanghai Mon-Fri",                                                                                       "'Mon-Fri'"         },
        {"calendar:",                                                                                                   "'calendar:'"       },
        {"calendar:cn Mon",                                                                                             "'Mon'"             },
        {"always Mon",                                                                                                  "'always'"          },
        {"01:00-02:00,03:00-04:00,05:00-06:00,07:00-08:00,09:00-10:00,11:00-12:00,13:00-14:00,15:00-16:00,17:00-18:00",
         "'01:00-02:00"                                                                                                                     },
        {"a b c d e f g h i j k l m n o p q",                                                                           "'a'"               },
    };
    struct arena *arena = *state;

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct fault fault = {0};
        struct hours hours;
        bool always;

        if (hours_read(arena, CASES[i].text, &hours, &always, &fault))
            fail_msg("'%s' was taken", CASES[i].text);
        if (strncmp(CASES[i].text, " ", 1) != 0 && !strstr(fault.text, CASES[i].word))
            fail_msg("'%s': %s", CASES[i].text, fault.text);
        assert_non_null(strstr(fault.text, "Mon-Fri 09:00-18:00 Asia/Shanghai"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_holds_when_the_clock_on_the_wall_says_so),
        WITH_ARENA(test_the_answer_never_changes_between_two_edges),
        WITH_ARENA(test_says_which_word_is_not_understood),
    };

    return cmocka_run_group_tests(tests, make_policy_folder, drop_policy_folder);
}
