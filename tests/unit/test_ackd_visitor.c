#include "tests/unit/support.h"

#include "plugins/ackd/visitor.h"
#include "plugins/web/pairs.h"

static void test_the_language_that_is_wished_for_most(void **state)
{
    /* RFC 9110, 12.5.4; a tag that is none of ours does not count. */
    static const struct {
        const char *accept;
        enum language language;
    } CASES[] = {
        {"zh-CN,zh;q=0.9,en;q=0.8",             LANGUAGE_ZH_CN},
        {"zh",                                  LANGUAGE_ZH_CN},
        {"ZH-Hant-TW",                          LANGUAGE_ZH_CN},
        {"en-US,en;q=0.9,zh-CN;q=0.8",          LANGUAGE_EN   },
        {"de-DE, de;q=0.9, en;q=0.3, zh;q=0.2", LANGUAGE_EN   },
        {"en;q=0.2, zh;q=0.25",                 LANGUAGE_ZH_CN},
        {"en;q=0.001,zh;q=0",                   LANGUAGE_EN   },
        {"zh;q=0.999,en",                       LANGUAGE_EN   },
        {"zh ; q=0.5 , en ; q=0.6",             LANGUAGE_EN   },
        {"fr, de",                              LANGUAGE_COUNT},
        {"zho, eng, english",                   LANGUAGE_COUNT},
        {"*",                                   LANGUAGE_COUNT},
        {"",                                    LANGUAGE_COUNT},
        {",,;;q=,q",                            LANGUAGE_COUNT},
        {"zh;q=2, en;q=x",                      LANGUAGE_COUNT},
        {"zh;q=",                               LANGUAGE_COUNT},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(CASES); i++)
        if (visitor_language(CASES[i].accept, LANGUAGE_COUNT) != CASES[i].language)
            fail_msg("'%s'", CASES[i].accept);
    assert_int_equal(visitor_language("fr", LANGUAGE_ZH_CN), LANGUAGE_ZH_CN);
}

static void test_the_remembered_name(void **state)
{
    static const struct {
        const char *cookie;
        const char *name;
    } CASES[] = {
        {"notify_name=%E6%9D%8E%E9%9B%B7",                  "李雷"                     },
        {"a=b; notify_name=Li; c=d",                        "Li"                         },
        {"a=b;notify_name=Li+Lei",                          "Li Lei"                     },
        {"xnotify_name=Li; notify_names=Li; notify_name",   ""                           },
        {"notify_name=",                                    ""                           },
        {"notify_name=%0d%0aSet-Cookie:%20a%00b%1b[31m%ff", "Set-Cookie: a?b\xEF\xBF\xBD"},
        {"notify_name=first; notify_name=second",           "first"                      },
        {"",                                                ""                           },
        {";;; ;",                                           ""                           },
    };
    struct arena *arena = *state;
    char long_name[400] = "notify_name=";

    for (size_t i = 0; i < COUNT(CASES); i++)
        assert_string_equal(visitor_name(arena, CASES[i].cookie), CASES[i].name);
    memset(long_name + 12, 'x', 300);
    assert_int_equal(strlen(visitor_name(arena, long_name)), NAME_MOST);
}

static void test_a_name_comes_back_from_its_cookie(void **state)
{
    static const char *const NAMES[] = {"李雷", "a;b=c, d\"e", "100% + x", "O'Brien"};
    struct arena *arena = *state;

    assert_string_equal(visitor_cookie(arena, "Li;", true),
                        "notify_name=Li%3B; Max-Age=31536000; SameSite=Strict; HttpOnly; Secure");
    assert_string_equal(visitor_cookie(arena, "Li", false),
                        "notify_name=Li; Max-Age=31536000; SameSite=Strict; HttpOnly");
    for (size_t i = 0; i < COUNT(NAMES); i++) {
        const char *cookie = visitor_cookie(arena, NAMES[i], true);

        assert_string_equal(visitor_name(arena, arena_copy(arena, cookie, strcspn(cookie, ";"))), NAMES[i]);
    }
}

static void test_by_what_the_limits_know_a_client(void **state)
{
    static const struct {
        const char *name;
        const char *peer;
        bool local;
        const char *forwarded;
        const char *address;
    } CASES[] = {
        {"comes itself",            "192.0.2.7",        false, "",                       "192.0.2.7"       },
        {"claims another address",  "192.0.2.7",        false, "198.51.100.1",           "192.0.2.7"       },
        {"behind a proxy here",     "127.0.0.1",        true,  "198.51.100.1",           "198.51.100.1"    },
        {"claims before the proxy", "127.0.0.1",        true,  "10.0.0.1, 198.51.100.1", "198.51.100.1"    },
        {"last hop is no address",  "127.0.0.1",        true,  "198.51.100.1, unknown",  "127.0.0.1"       },
        {"proxy that says nothing", "127.0.0.1",        true,  "",                       "127.0.0.1"       },
        {"unix socket",             "",                 true,  "2001:db8:1:2:3:4:5:6",   "2001:db8:1:2::"  },
        {"unix socket, nothing",    "",                 true,  "",                       "local"           },
        {"one network of IPv6",     "2001:db8:1:2::99", false, "",                       "2001:db8:1:2::"  },
        {"on this network",         "fe80::1:2%eth0",   false, "",                       "fe80::"          },
        {"IPv4 in IPv6",            "::ffff:192.0.2.7", false, "",                       "::ffff:192.0.2.7"},
    };
    struct arena *arena = *state;

    for (size_t i = 0; i < COUNT(CASES); i++) {
        const char *address = visitor_address(arena, CASES[i].peer, CASES[i].local, CASES[i].forwarded);

        if (strcmp(address, CASES[i].address) != 0)
            fail_msg("%s: %s", CASES[i].name, address);
    }
}

static void test_recipients_are_masked(void **state)
{
    static const struct {
        const char *recipients;
        const char *masked;
    } CASES[] = {
        {"13800138000",                      "138****8000"                   },
        {"+8613800138000",                   "+86138****8000"                },
        {"13800138000,13900139001, @all",    "138****8000, 139****9001, @all"},
        {"+85298765432",                     "+852****5432"                  },
        {"138 0013 8000",                    "138****8000"                   },
        {"1234567",                          "1****67"                       },
        {"li.lei@example.com",               "l***@example.com"              },
        {"李雷@example.com",               "李***@example.com"            },
        {"C0123456789",                      "C0123456789"                   },
        {"ops-group",                        "ops-group"                     },
        {"0123456789abcdef0123456789abcdef", "0123…"                       },
        {"",                                 ""                              },
        {" , ,",                             ""                              },
    };
    struct arena *arena = *state;

    for (size_t i = 0; i < COUNT(CASES); i++)
        assert_string_equal(mask_recipients(arena, CASES[i].recipients), CASES[i].masked);
}

static void test_forms_are_read_as_they_came(void **state)
{
    struct arena *arena = *state;
    struct pairs form = {0};

    form_read(arena, "a=1&b=%E6%9D%8E+x&&c&=d&a=2&e=%zz%4&f=%00g&h=i=j&k=%", &form);
    assert_string_equal(pairs_value(&form, "a"), "1");
    assert_string_equal(pairs_value(&form, "b"), "李 x");
    assert_true(pairs_hold(&form, "c"));
    assert_string_equal(pairs_value(&form, ""), "d");
    assert_string_equal(pairs_value(&form, "e"), "%zz%4");
    assert_string_equal(pairs_value(&form, "f"), "?g");
    assert_string_equal(pairs_value(&form, "h"), "i=j");
    assert_string_equal(pairs_value(&form, "k"), "%");
    assert_string_equal(pairs_value(&form, "nothing"), "");
    assert_string_equal(media_type(arena, " Application/X-WWW-Form-Urlencoded ; charset=x"),
                        "application/x-www-form-urlencoded");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_language_that_is_wished_for_most),
        WITH_ARENA(test_the_remembered_name),
        WITH_ARENA(test_a_name_comes_back_from_its_cookie),
        WITH_ARENA(test_by_what_the_limits_know_a_client),
        WITH_ARENA(test_recipients_are_masked),
        WITH_ARENA(test_forms_are_read_as_they_came),
    };

    return cmocka_run_group_tests_name("ackd_visitor", tests, NULL, NULL);
}
