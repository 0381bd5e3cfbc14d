#include "tests/unit/sms_support.h"

#include "common/sms.h"

/* Aliyun: isv.PARAM_NOT_SUPPORT_URL, isv.UNSUPPORTED_CONTENT; Tencent: no links in variables; both: no empty variable. */
static void test_a_slot_holds_only_what_an_sms_carries(void **state)
{
    static const struct {
        const char *given, *text;
        size_t most;
        const char *want;
    } CASES[] = {
        {"plain",               "web-01",                                35, "web-01"                          },
        {"Chinese",             "磁盘 /data 使用率 95%",            35, "磁盘 /data 使用率 95%"      },
        {"empty",               "",                                      35, "-"                               },
        {"blank",               " \n\t ",                                35, "-"                               },
        {"lines",               "one\n  two\tthree",                     35, "one two three"                   },
        {"cut by characters",   "一二三四五六七",                 6,  "一二三四五六"              },
        {"cut behind a blank",  "CPU usage",                             4,  "CPU"                             },
        {"address",             "see https://mon.example.com/x?y=1 now", 35, "see now"                         },
        {"address alone",       "http://mon.example.com/",               35, "-"                               },
        {"address, capitals",   "HTTPS://Mon.Example.Com",               35, "-"                               },
        {"address before text", "详情 http://t.cn/abc，请处理",    35, "详情 ，请处理"             },
        {"www",                 "go to www.example.com!",                35, "go to"                           },
        {"ftp",                 "ftp://a.b/c",                           35, "-"                               },
        {"no address",          "awww.x http web https",                 35, "awww.x http web https"           },
        {"signature brackets",  "【银行】验证码",                 35, "银行验证码"                 },
        {"emoji",               "🔴 down 💀",                        35, "down"                            },
        {"emoji of the BMP",    "⚠️ disk ❤ ✅ ⏰",               35, "disk"                            },
        {"joined emoji",        "👨‍👩‍👧ok",                  35, "ok"                              },
        {"zero width",          "a\u200Bb\u202Ec\uFEFFd",                35, "abcd"                            },
        {"controls",
         "a\x01"
         "b\x1B[31mc",                                                   35, "ab[31mc"                         },
        {"beyond the BMP",      "𠮷野家",                            35, "野家"                          },
        {"kept signs",          "℃ ① ￥ → ° % & \" \\ < >",      35, "℃ ① ￥ → ° % & \" \\ < >"},
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        const char *got = sms_slot(*state, CASES[i].text, CASES[i].most);

        if (strcmp(got, CASES[i].want) != 0)
            fail_msg("%s: '%s', wanted '%s'", CASES[i].given, got, CASES[i].want);
    }
}

static void test_one_slip_does_not_silence_the_other_numbers(void **state)
{
    static const char *const RECIPIENTS[] = {"zhang", "138 0013 8000", "+8613800138000", "+852 9876 5432", "12", NULL};
    struct message message = test_message(*state, "t", "b");
    struct intent intent = sms_intent(&message, RECIPIENTS);
    struct verdicts verdicts = {.arena = *state};
    struct text_list numbers;
    struct fault fault = {0};

    assert_true(sms_numbers(*state, &intent, &numbers, &fault));
    assert_int_equal(numbers.count, 2);
    assert_string_equal(numbers.items[0], "+8613800138000");
    assert_string_equal(numbers.items[1], "+85298765432");
    sms_refuse_others(&intent, &verdicts);
    assert_int_equal(verdicts.count, 2);
    assert_string_equal(verdicts.items[0].recipient, "zhang");
    assert_string_equal(verdicts.items[1].recipient, "12");
    assert_int_equal(verdicts.items[0].outcome, OUTCOME_REFUSED);
    assert_int_equal(verdicts.items[0].remedy, WORD_FIX_RECIPIENT);
}

static void test_without_any_number_nothing_is_sent(void **state)
{
    static const char *const RECIPIENTS[] = {"zhang", "li", NULL};
    struct message message = test_message(*state, "t", "b");
    struct intent intent = sms_intent(&message, RECIPIENTS);
    struct text_list numbers;
    struct fault fault = {0};

    assert_false(sms_numbers(*state, &intent, &numbers, &fault));
    assert_int_equal(fault.kind, FAULT_INPUT);
    assert_non_null(strstr(fault.text, "'zhang'"));
    intent.recipient_count = 0;
    assert_false(sms_numbers(*state, &intent, &numbers, &fault));
    assert_int_equal(fault.kind, FAULT_INPUT);
}

static void test_a_wrong_clock_is_told_with_the_providers_time(void **state)
{
    static const struct verdict_rule RULES[] = {
        {"late", NULL, OUTCOME_BROKEN,  0, WORD_FIX_CLOCK },
        {NULL,   NULL, OUTCOME_REFUSED, 0, WORD_FIX_REPORT},
    };
    struct response response = response_in(*state);
    struct verdicts verdicts = {.arena = *state};

    response.date_s = TEST_WALL_MS / 1000;
    sms_judge(&verdicts, RULES, "", "late", "expired", &response, "");
    sms_judge(&verdicts, RULES, "", "other", "expired", &response, "");
    response.date_s = 0;
    sms_judge(&verdicts, RULES, "", "late", "expired", &response, "");
    assert_non_null(strstr(verdicts.items[0].reason, "2026-01-02T03:04:05Z"));
    assert_string_equal(verdicts.items[1].reason, "expired");
    assert_string_equal(verdicts.items[2].reason, "expired");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_a_slot_holds_only_what_an_sms_carries),
        WITH_ARENA(test_one_slip_does_not_silence_the_other_numbers),
        WITH_ARENA(test_without_any_number_nothing_is_sent),
        WITH_ARENA(test_a_wrong_clock_is_told_with_the_providers_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
