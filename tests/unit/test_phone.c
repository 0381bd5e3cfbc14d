#include "tests/unit/support.h"

#include "common/phone.h"

/* E.164: at most fifteen digits; the mainland's mobiles have eleven and begin with 13 to 19. */
static void test_reads_numbers_as_people_write_them(void **state)
{
    static const struct {
        const char *written, *want, *domestic;
    } CASES[] = {
        {"13800138000",        "+8613800138000",   "13800138000"    },
        {"+8613800138000",     "+8613800138000",   "13800138000"    },
        {"8613800138000",      "+8613800138000",   "13800138000"    },
        {"008613800138000",    "+8613800138000",   "13800138000"    },
        {" 138 0013 8000 ",    "+8613800138000",   "13800138000"    },
        {"+86-138-0013-8000",  "+8613800138000",   "13800138000"    },
        {"+86 (138) 00138000", "+8613800138000",   "13800138000"    },
        {"19912345678",        "+8619912345678",   "19912345678"    },
        {"+861064812345678",   "+861064812345678", "1064812345678"  }, /* a data card */
        {"+852 9876 5432",     "+85298765432",     "85298765432"    },
        {"0085298765432",      "+85298765432",     "85298765432"    },
        {"+14155552671",       "+14155552671",     "14155552671"    },
        {"+123456789012345",   "+123456789012345", "123456789012345"},
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct fault fault = {0};
        const char *e164 = "";

        if (!phone_read(*state, CASES[i].written, &e164, &fault))
            fail_msg("'%s': %s", CASES[i].written, fault.text);
        assert_string_equal(e164, CASES[i].want);
        assert_string_equal(phone_domestic(e164), CASES[i].domestic);
        assert_string_equal(phone_digits(e164), CASES[i].want + 1);
        assert_int_equal(phone_is_mainland(e164), strncmp(CASES[i].want, "+86", 3) == 0);
    }
}

static void test_refuses_what_would_reach_a_stranger_or_break_out(void **state)
{
    static const char *const CASES[] = {
        "",
        "+",
        "00",
        "zhang",
        "@all",
        "1380013800",   /* a digit is missing */
        "138001380000", /* one too many */
        "12800138000",  /* no mobile begins so */
        "4155552671",   /* which country? */
        "85298765432",  /* the same */
        "+8613800",
        "+861380013800",
        "+86110",
        "+0123456789",
        "+1234567890123456", /* over fifteen */
        "+123456",
        "++8613800138000",
        "138００138000", /* full-width digits */
        "13800138000,13900139000",
        "13800138000\r\nX-Evil: 1",
        "13800138000&Action=DeleteSmsTemplate",
        "13800138000\tx",
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct fault fault = {0};
        const char *e164 = "untouched";

        if (phone_read(*state, CASES[i], &e164, &fault))
            fail_msg("'%s' was taken as %s", CASES[i], e164);
        assert_int_equal(fault.kind, FAULT_INPUT);
        assert_string_equal(e164, "untouched");
        assert_null(strchr(fault.text, '\n'));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_reads_numbers_as_people_write_them),
        WITH_ARENA(test_refuses_what_would_reach_a_stranger_or_break_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
