/* Words, times and escapes of monitoring systems. */
#include "tests/unit/intake_support.h"

#include <stdlib.h>
#include <time.h>

#include "common/intake_time.h"
#include "common/intake_words.h"

/* Expected seconds are those of `date -u -d ... +%s`. */
static void test_times_are_read_as_they_are_written(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } CASES[] = {
        {"0",                           0           },
        {"1795540886",                  1795540886  },
        {"1795540886.999",              1795540886  },
        {"2026-11-24 17:21:26",         1795540886  },
        {"2026-11-24 17:21",            1795540860  },
        {"2026.11.24 17:21:26",         1795540886  },
        {"2026/11/24 17:21:26",         1795540886  },
        {"2026-11-24T17:21:26Z",        1795540886  },
        {"2026-11-24t17:21:26.123456z", 1795540886  },
        {"2026-11-25T01:21:26+08:00",   1795540886  },
        {"2026-11-25 01:21:26 +0800",   1795540886  },
        {"2026-11-24 13:51:26 -0330",   1795540886  },
        {"  2026-11-24 17:21:26  ",     1795540886  },
        {"2024-02-29 00:00:00",         1709164800  },
        {"1970-01-01 00:00:00",         0           },
        {"9999-12-31 23:59:59",         253402300799},
        {"253402300799",                253402300799},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(CASES); i++) {
        int64_t seconds = -1;

        if (!time_read(CASES[i].text, &seconds) || seconds != CASES[i].seconds)
            fail_msg("'%s': %lld", CASES[i].text, (long long)seconds);
    }
}

static void test_what_is_no_time_leaves_the_seconds_alone(void **state)
{
    static const char *const TEXTS[] = {"",
                                        " ",
                                        "now",
                                        "-1",
                                        "1795540886x",
                                        "1795540886 1",
                                        "17955408860000",
                                        "253402300800",
                                        "2026-11-24",
                                        "2026-11-24 17",
                                        "2026-11-24 24:00:00",
                                        "2026-11-24 17:60:00",
                                        "2026-13-24 17:21:26",
                                        "2026-00-24 17:21:26",
                                        "2026-11-00 17:21:26",
                                        "2026-02-30 17:21:26",
                                        "2025-02-29 00:00:00",
                                        "1969-12-31 23:59:59",
                                        "26-11-24 17:21:26",
                                        "2026-11-24 17:21:26 CET",
                                        "2026-11-24 17:21:26 +08",
                                        "2026-11-24 17:21:26 +0860",
                                        "2026-11-24 17:21:26Z later",
                                        "2026-11-24 17:21:26 +0800 +0800",
                                        "Tue Nov 24 17:21:26 UTC 2026",
                                        "{EVENT.DATE} {EVENT.TIME}"};

    (void)state;
    for (size_t i = 0; i < COUNT(TEXTS); i++) {
        int64_t seconds = -7;

        if (time_read(TEXTS[i], &seconds) || seconds != -7)
            fail_msg("'%s' was read as %lld", TEXTS[i], (long long)seconds);
    }
}

static void test_a_time_without_an_offset_is_the_machine_s(void **state)
{
    int64_t seconds = 0;

    (void)state;
    setenv("TZ", "Asia/Shanghai", 1);
    tzset();
    assert_true(time_read("2026-11-25 01:21:26", &seconds));
    setenv("TZ", "UTC", 1);
    tzset();
    assert_int_equal(seconds, 1795540886);
}

/* Left to right, once; anything else stays. */
static void test_nagios_escapes_are_undone_once(void **state)
{
    static const struct {
        const char *text;
        const char *decoded;
    } CASES[] = {
        {"",                 ""              },
        {"one\\ntwo",        "one\ntwo"      },
        {"C:\\\\new",        "C:\\new"       },
        {"a\\\\\\nb",        "a\\\nb"        },
        {"a\\\\\\\\nb",      "a\\\\nb"       },
        {"\\n\\n",           "\n\n"          },
        {"tab \\t stays",    "tab \\t stays" },
        {"ends in one \\",   "ends in one \\"},
        {"ends in two \\\\", "ends in two \\"},
        {"中\\n文",        "中\n文"      },
    };

    for (size_t i = 0; i < COUNT(CASES); i++)
        assert_string_equal(nagios_decode(*state, CASES[i].text), CASES[i].decoded);
}

static void test_states_and_severities_of_every_system(void **state)
{
    static const struct {
        const char *word;
        enum severity severity;
    } CASES[] = {
        {"OK",             SEVERITY_INFO     },
        {"UP",             SEVERITY_INFO     },
        {"WARNING",        SEVERITY_WARNING  },
        {"UNKNOWN",        SEVERITY_ERROR    },
        {"UNREACHABLE",    SEVERITY_ERROR    },
        {"UNREACH",        SEVERITY_ERROR    },
        {"CRITICAL",       SEVERITY_CRITICAL },
        {"DOWN",           SEVERITY_CRITICAL },
        {"down",           SEVERITY_CRITICAL },
        {"Not classified", SEVERITY_INFO     },
        {"Information",    SEVERITY_INFO     },
        {"Warning",        SEVERITY_WARNING  },
        {"Average",        SEVERITY_ERROR    },
        {"High",           SEVERITY_CRITICAL },
        {"Disaster",       SEVERITY_EMERGENCY},
        {"info",           SEVERITY_INFO     },
        {"error",          SEVERITY_ERROR    },
        {"emergency",      SEVERITY_EMERGENCY},
    };
    enum severity severity;

    (void)state;
    for (size_t i = 0; i < COUNT(CASES); i++) {
        severity = CASES[i].severity == SEVERITY_INFO ? SEVERITY_ERROR : SEVERITY_INFO;
        assert_true(word_severity(CASES[i].word, &severity));
        if (severity != CASES[i].severity)
            fail_msg("%s is %s", CASES[i].word, severity_name(severity));
    }
    severity = SEVERITY_ERROR;
    assert_false(word_severity("", &severity) || word_severity("PENDING", &severity));
    assert_int_equal(severity, SEVERITY_ERROR);
}

static void test_types_of_notifications(void **state)
{
    enum event_kind kind = EVENT_NOTE;

    (void)state;
    assert_true(word_kind("ACKNOWLEDGEMENT (STICKY)", &kind));
    assert_int_equal(kind, EVENT_ACKNOWLEDGEMENT);
    assert_true(word_kind("flappingend", &kind));
    assert_int_equal(kind, EVENT_FLAPPING_STOP);
    assert_true(word_kind("downtime_cancelled", &kind));
    assert_int_equal(kind, EVENT_DOWNTIME_CANCELLED);
    assert_false(word_kind("PROBLEMS", &kind) || word_kind("", &kind) || word_kind("ALERTHANDLER (OK)", &kind));
    assert_int_equal(kind, EVENT_DOWNTIME_CANCELLED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_times_are_read_as_they_are_written),
        WITH_ARENA(test_what_is_no_time_leaves_the_seconds_alone),
        WITH_ARENA(test_a_time_without_an_offset_is_the_machine_s),
        WITH_ARENA(test_nagios_escapes_are_undone_once),
        WITH_ARENA(test_states_and_severities_of_every_system),
        WITH_ARENA(test_types_of_notifications),
    };

    setenv("TZ", "UTC", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
