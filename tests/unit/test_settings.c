/* Settings: what was given, by whom, and what becomes of it. */
#include "tests/unit/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/settings.h"

struct sample {
    const char *text;
    const char *need;
    const char *choice;
    const char *maybe;
    struct secret secret;
    struct text_list list;
    bool flag;
    int64_t number;
    const char *file;
};

static const struct option_row ROWS[] = {
    OPTION_TEXT("text", struct sample, text, "initial", "a text"),
    OPTION_TEXT("need", struct sample, need, MANDATORY, "what it is for"),
    OPTION_CHOICE("choice", struct sample, choice, "one", "one other", "a choice"),
    OPTION_CHOICE("maybe", struct sample, maybe, "", "yes no", "a choice that may be left open"),
    OPTION_SECRET("secret", struct sample, secret, "", "a secret"),
    OPTION_LIST("list", struct sample, list, "a, b", "a list"),
    OPTION_FLAG("flag", struct sample, flag, "no", "a flag"),
    OPTION_NUMBER("number", struct sample, number, "7", "a number"),
    OPTION_FILE_TEMPLATE("file", struct sample, file, "", "a file"),
    OPTION_END,
};

static const struct option_row SECRET_ROWS[] = {
    OPTION_SECRET("secret", struct sample, secret, MANDATORY, "a secret"),
    OPTION_END,
};

static char folder[] = "/tmp/test_settings.XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static void write_file(struct arena *arena, const char *name, const char *bytes, size_t len)
{
    const char *path = arena_print(arena, "%s/%s", folder, name);
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0600), 0);
}

static void drop_file(struct arena *arena, const char *name)
{
    assert_int_equal(unlink(arena_print(arena, "%s/%s", folder, name)), 0);
}

static void give(struct givens *givens, const char *name, const char *value, const char *where)
{
    const char **one = arena_alloc(givens->arena, sizeof(*one));

    one[0] = value;
    givens_add(givens, name, (struct text_list){.items = one, .count = 1}, where);
}

static bool fill(struct arena *arena, const struct option_row *rows, struct sample *sample, const struct givens *givens,
                 struct secrets *secrets, struct fault *fault)
{
    struct settings_reading reading = {.directory = folder, .environment = "NOTIFY_SAMPLE_", .secrets = secrets};

    secrets->arena = arena;
    return settings_fill(arena, rows, sample, givens, &reading, fault);
}

static const char *listed(struct arena *arena, const struct text_list *list)
{
    const char *text = "";

    for (size_t i = 0; i < list->count; i++)
        text = arena_print(arena, "%s[%s]", text, list->items[i]);
    return text;
}

static void test_what_is_not_given_has_its_initial_value(void **state)
{
    struct givens givens = {.arena = *state};
    struct sample sample = {0};
    struct secrets secrets;
    struct fault fault = {0};

    memset(&secrets, 0, sizeof(secrets));
    give(&givens, "need", "here", "x.conf:1");
    give(&givens, "somebody_elses", "here", "x.conf:2");
    assert_true(fill(*state, ROWS, &sample, &givens, &secrets, &fault));
    assert_string_equal(sample.text, "initial");
    assert_string_equal(sample.need, "here");
    assert_string_equal(sample.choice, "one");
    assert_string_equal(sample.maybe, "");
    assert_string_equal(secret_text(sample.secret), "");
    assert_string_equal(listed(*state, &sample.list), "[a][b]");
    assert_false(sample.flag);
    assert_int_equal(sample.number, 7);
    assert_string_equal(sample.file, "");
    assert_int_equal(secrets.count, 0);
}

/* Each row sets `name` to `value`; `want` is a piece of the fault, or "" when it is taken. */
static void test_takes_or_refuses_values_by_their_type(void **state)
{
    static const struct {
        const char *name;
        const char *value;
        const char *want;
    } cases[] = {
        {"text",        "",                    ""                                                      },
        {"choice",      "other",               ""                                                      },
        {"choice",      "another",             "x.conf:9: 'choice' is one of one, other, not 'another'"},
        {"choice",      "",                    "x.conf:9: 'choice' is one of one, other, not ''"       },
        {"choice",      "one other",           "'one other'"                                           },
        {"maybe",       "",                    ""                                                      },
        {"maybe",       "no",                  ""                                                      },
        {"flag",        "yes",                 ""                                                      },
        {"flag",        "True",                ""                                                      },
        {"flag",        "no",                  ""                                                      },
        {"flag",        "FALSE",               ""                                                      },
        {"flag",        "1",                   "x.conf:9: 'flag' is yes or no, not '1'"                },
        {"flag",        "",                    "yes or no"                                             },
        {"number",      "0",                   ""                                                      },
        {"number",      "9223372036854775807", ""                                                      },
        {"number",      "9223372036854775808", "x.conf:9: 'number' is a number (digits only), not '922"},
        {"number",      "-1",                  "digits only"                                           },
        {"number",      "+1",                  "digits only"                                           },
        {"number",      " 1",                  "digits only"                                           },
        {"number",      "1x",                  "digits only"                                           },
        {"number",      "0x10",                "digits only"                                           },
        {"number",      "",                    "digits only"                                           },
        {"file",        "missing",             "x.conf:9: 'file': cannot read '"                       },
        {"file",        ".",                   "is not a regular file"                                 },
        {"secret_file", "missing",             "x.conf:9: 'secret_file': cannot read '"                },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct givens givens = {.arena = *state};
        struct sample sample = {0};
        struct secrets secrets = {0};
        struct fault fault = {0};
        bool taken;

        give(&givens, "need", "here", "x.conf:1");
        give(&givens, cases[i].name, cases[i].value, "x.conf:9");
        taken = fill(*state, ROWS, &sample, &givens, &secrets, &fault);
        if (taken != (cases[i].want[0] == '\0') || !strstr(fault.text, cases[i].want))
            fail_msg("%s = '%s': %s", cases[i].name, cases[i].value, taken ? "taken" : fault.text);
    }
}

static void test_names_a_mandatory_option_that_is_missing(void **state)
{
    struct givens givens = {.arena = *state};
    struct sample sample = {0};
    struct secrets secrets = {0};
    struct fault fault = {0};

    assert_false(fill(*state, ROWS, &sample, &givens, &secrets, &fault));
    assert_int_equal(fault.kind, FAULT_CONFIG);
    assert_string_equal(fault.text, "'need' is missing: what it is for");
    assert_false(fill(*state, SECRET_ROWS, &sample, &givens, &secrets, &fault));
    assert_string_equal(fault.text,
                        "'secret' is missing: a secret; set secret_file, or NOTIFY_SAMPLE_SECRET in the environment");
}

static void test_the_last_value_wins_but_repeated_options_of_a_list_add_up(void **state)
{
    static const struct {
        const char *given;
        struct {
            const char *value;
            const char *where;
        } givens[4];
        const char *want;
    } cases[] = {
        {"one option",                    {{"x", "--list"}},                                   "[x]"      },
        {"options add up",                {{"x", "--list"}, {"y", "--list"}, {"z", "--list"}}, "[x][y][z]"},
        {"a section replaces",            {{"x", "f:1"}, {"y", "f:2"}},                        "[y]"      },
        {"options replace the section's", {{"x", "f:1"}, {"y", "--list"}, {"z", "--list"}},    "[y][z]"   },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct givens givens = {.arena = *state};
        struct sample sample = {0};
        struct secrets secrets = {0};
        struct fault fault = {0};

        give(&givens, "need", "first", "f:1");
        give(&givens, "need", "second", "--need");
        for (size_t k = 0; k < COUNT(cases[i].givens) && cases[i].givens[k].value; k++)
            give(&givens, "list", cases[i].givens[k].value, cases[i].givens[k].where);
        assert_true(fill(*state, ROWS, &sample, &givens, &secrets, &fault));
        assert_string_equal(sample.need, "second");
        if (strcmp(listed(*state, &sample.list), cases[i].want) != 0)
            fail_msg("%s: %s", cases[i].given, listed(*state, &sample.list));
    }
}

static void test_one_value_is_not_two(void **state)
{
    static const char *const TWO[] = {"one", "two"};
    struct givens givens = {.arena = *state};
    struct sample sample = {0};
    struct secrets secrets = {0};
    struct fault fault = {0};

    givens_add(&givens, "need", (struct text_list){.items = TWO, .count = 2}, "f:3");
    assert_false(fill(*state, ROWS, &sample, &givens, &secrets, &fault));
    assert_string_equal(fault.text, "f:3: 'need' takes one value, not 2");
}

static void test_secrets_come_from_the_section_a_file_or_the_environment(void **state)
{
    static const struct {
        const char *given;
        const char *name;
        const char *value;
        const char *where;
        const char *environment; /* NULL: not set */
        const char *want;
    } cases[] = {
        {"in the section",                     "secret",      "inline-secret", "f:1", NULL,         "inline-secret"},
        {"in a file of the section",           "secret_file", "key",           "f:1", NULL,         "file-secret"  },
        {"in the environment",                 "other",       "",              "f:1", "env-secret", "env-secret"   },
        {"the section before the environment", "secret",      "inline-secret", "f:1", "env-secret", "inline-secret"},
        {"an empty variable is none",          "other",       "",              "f:1", "",           ""             },
        {"nowhere",                            "other",       "",              "f:1", NULL,         ""             },
    };

    write_file(*state, "key", "file-secret\n", 12);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct givens givens = {.arena = *state};
        struct sample sample = {0};
        struct secrets secrets = {0};
        struct fault fault = {0};

        unsetenv("NOTIFY_SAMPLE_SECRET");
        if (cases[i].environment)
            assert_int_equal(setenv("NOTIFY_SAMPLE_SECRET", cases[i].environment, 1), 0);
        give(&givens, "need", "here", "f:1");
        give(&givens, cases[i].name, cases[i].value, cases[i].where);
        if (!fill(*state, ROWS, &sample, &givens, &secrets, &fault))
            fail_msg("%s: %s", cases[i].given, fault.text);
        if (strcmp(secret_text(sample.secret), cases[i].want) != 0)
            fail_msg("%s: '%s'", cases[i].given, secret_text(sample.secret));
        assert_int_equal(secrets.count, cases[i].want[0] ? 1 : 0);
        if (cases[i].want[0])
            assert_string_equal(secrets.items[0], cases[i].want);
    }
    unsetenv("NOTIFY_SAMPLE_SECRET");
    drop_file(*state, "key");
}

static void test_an_empty_variable_does_not_stand_for_a_mandatory_secret(void **state)
{
    struct givens givens = {.arena = *state};
    struct sample sample = {0};
    struct secrets secrets = {0};
    struct fault fault = {0};

    assert_int_equal(setenv("NOTIFY_SAMPLE_SECRET", "", 1), 0);
    assert_false(fill(*state, SECRET_ROWS, &sample, &givens, &secrets, &fault));
    unsetenv("NOTIFY_SAMPLE_SECRET");
}

static void test_the_command_line_takes_no_secret_by_value(void **state)
{
    struct givens givens = {.arena = *state};
    struct sample sample = {0};
    struct secrets secrets = {0};
    struct fault fault = {0};

    give(&givens, "secret", "visible-to-all", "--secret");
    assert_false(fill(*state, SECRET_ROWS, &sample, &givens, &secrets, &fault));
    assert_int_equal(fault.kind, FAULT_USAGE);
    assert_non_null(strstr(fault.text, "--secret-file FILE"));
    assert_null(strstr(fault.text, "visible-to-all"));
}

static void test_file_names_of_the_command_line_start_where_the_caller_stands(void **state)
{
    struct givens givens = {.arena = *state};
    struct sample sample = {0};
    struct secrets secrets = {0};
    struct fault fault = {0};
    char before[4096];

    write_file(*state, "key", "file-secret\n", 12);
    assert_non_null(getcwd(before, sizeof(before)));
    assert_int_equal(chdir("/"), 0);
    give(&givens, "secret_file", folder + 1, "--secret-file");
    assert_false(fill(*state, SECRET_ROWS, &sample, &givens, &secrets, &fault));
    assert_non_null(strstr(fault.text, "must be a regular file"));
    give(&givens, "secret_file", arena_print(*state, "%s/key", folder + 1), "--secret-file");
    assert_true(fill(*state, SECRET_ROWS, &sample, &givens, &secrets, &fault));
    assert_string_equal(secret_text(sample.secret), "file-secret");
    assert_int_equal(chdir(before), 0);
    drop_file(*state, "key");
}

static void test_addresses_with_a_token_are_masked_though_they_are_plain_options(void **state)
{
    struct givens givens = {.arena = *state};
    struct sample sample = {0};
    struct secrets secrets = {0};
    struct fault fault = {0};

    give(&givens, "need", "https://x.example/hook?token=abcdef0123456789", "f:1");
    give(&givens, "text", "https://x.example/hook", "f:2");
    assert_true(fill(*state, ROWS, &sample, &givens, &secrets, &fault));
    assert_string_equal(secrets_mask(*state, &secrets, "got abcdef0123456789"), "got ***");
    assert_string_equal(secrets_mask(*state, &secrets, "x.example answered"), "x.example answered");
}

struct masked {
    const char *address;
    struct text_list headers;
};

static void test_credentials_in_addresses_and_headers_are_masked(void **state)
{
    static const struct option_row MASKED_ROWS[] = {
        OPTION_ADDRESS_TEMPLATE("address", struct masked, address, "", "an address"),
        OPTION_HEADERS("headers", struct masked, headers, "", "header lines"),
        OPTION_END,
    };
    static const struct {
        const char *name;
        const char *value;
        const char *text;
        const char *want;
    } cases[] = {
        {"address", "https://x.example/hooks/0123456789abcdef/{{host}}", "POST /hooks/0123456789abcdef/web-01",
         "POST /hooks/***/web-01"                                                                                                             },
        {"address", "https://x.example/hooks",                           "POST https://x.example/hooks",           "POST https://x.example***"},
        {"headers", "Authorization: Bearer 0123456789",                  "sent Bearer 0123456789, got 0123456789", "sent ***, got ***"        },
        {"headers", "X-Api-Key:0123456789",                              "0123456789",                             "***"                      },
        {"headers", "X-Site: bj",                                        "bj",                                     "bj"                       },
        {"headers", "content-type: application/json",                    "application/json",                       "application/json"         },
        {"headers", "no header at all",                                  "all",                                    "all"                      },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct settings_reading reading = {.directory = "", .environment = ""};
        struct givens givens = {.arena = *state};
        struct secrets secrets = {.arena = *state};
        struct masked masked = {0};
        struct fault fault = {0};
        const char *text;

        reading.secrets = &secrets;
        give(&givens, cases[i].name, cases[i].value, "f:1");
        assert_true(settings_fill(*state, MASKED_ROWS, &masked, &givens, &reading, &fault));
        text = secrets_mask(*state, &secrets, cases[i].text);
        if (strcmp(text, cases[i].want) != 0)
            fail_msg("%s: '%s'", cases[i].value, text);
    }
}

static void test_files_are_read_as_utf8_text(void **state)
{
    static const struct {
        const char *given;
        const char *bytes;
        const char *want; /* NULL: refused */
        const char *fault;
    } cases[] = {
        {"plain",   "{\"a\": \"{{host}}\"}\n",    "{\"a\": \"{{host}}\"}\n", ""            },
        {"Windows", "\xEF\xBB\xBFone\r\ntwo\r\n", "one\ntwo\n",              ""            },
        {"empty",   "",                           "",                        ""            },
        {"Chinese", "告警：{{host}}",          "告警：{{host}}",       ""            },
        {"GBK",     "\xB8\xE6\xBE\xAF",           NULL,                      "is not UTF-8"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct givens givens = {.arena = *state};
        struct sample sample = {0};
        struct secrets secrets = {0};
        struct fault fault = {0};
        bool taken;

        write_file(*state, "body", cases[i].bytes, strlen(cases[i].bytes));
        give(&givens, "need", "here", "f:1");
        give(&givens, "file", "body", "f:2");
        taken = fill(*state, ROWS, &sample, &givens, &secrets, &fault);
        if (taken != (cases[i].want != NULL) || !strstr(fault.text, cases[i].fault))
            fail_msg("%s: %s", cases[i].given, taken ? "taken" : fault.text);
        if (taken && strcmp(sample.file, cases[i].want) != 0)
            fail_msg("%s: '%s'", cases[i].given, sample.file);
    }
    drop_file(*state, "body");
}

static void test_files_have_a_ceiling(void **state)
{
    char *bytes = arena_alloc(*state, SETTINGS_FILE_MOST + 1);
    struct givens givens = {.arena = *state};
    struct sample sample = {0};
    struct secrets secrets = {0};
    struct fault fault = {0};

    memset(bytes, 'x', SETTINGS_FILE_MOST + 1);
    give(&givens, "need", "here", "f:1");
    give(&givens, "file", "body", "f:2");
    write_file(*state, "body", bytes, SETTINGS_FILE_MOST);
    assert_true(fill(*state, ROWS, &sample, &givens, &secrets, &fault));
    assert_int_equal(strlen(sample.file), SETTINGS_FILE_MOST);
    write_file(*state, "body", bytes, SETTINGS_FILE_MOST + 1);
    assert_false(fill(*state, ROWS, &sample, &givens, &secrets, &fault));
    assert_non_null(strstr(fault.text, "longer than 65536 bytes"));
    drop_file(*state, "body");
}

static void test_finds_the_row_of_a_name(void **state)
{
    (void)state;
    assert_ptr_equal(row_named(ROWS, "list"), &ROWS[5]);
    assert_ptr_equal(row_named(ROWS, "secret"), &ROWS[4]);
    assert_ptr_equal(row_named(ROWS, "secret_file"), &ROWS[4]);
    assert_null(row_named(ROWS, "list_file"));
    assert_null(row_named(ROWS, "secret_files"));
    assert_null(row_named(ROWS, ""));
}

static void test_reads_durations_with_their_unit(void **state)
{
    static const struct {
        const char *text;
        int64_t want; /* -1: refused */
    } cases[] = {
        {"0",                     0        },
        {"0s",                    0        },
        {"90s",                   90       },
        {"30m",                   1800     },
        {"2h",                    7200     },
        {"1d",                    86400    },
        {"1w",                    604800   },
        {"007s",                  7        },
        {"",                      -1       },
        {"5",                     -1       },
        {"s",                     -1       },
        {"-5s",                   -1       },
        {"+5s",                   -1       },
        {" 5s",                   -1       },
        {"5 s",                   -1       },
        {"5s ",                   -1       },
        {"1.5h",                  -1       },
        {"5S",                    -1       },
        {"5ms",                   -1       },
        {"1h30m",                 -1       },
        {"9223372036854775807s",  INT64_MAX},
        {"9223372036854775807m",  -1       },
        {"99999999999999999999s", -1       },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t seconds = -1;
        bool taken = duration_read(cases[i].text, &seconds);

        if (taken != (cases[i].want >= 0) || seconds != cases[i].want)
            fail_msg("'%s': %lld", cases[i].text, (long long)seconds);
    }
}

static void test_finds_the_name_that_was_meant(void **state)
{
    static const char *const NAMES[] = {"webhook", "token", "secret", "at_mobiles", "at_user_ids", "ip", "to", NULL};
    static const struct {
        const char *name;
        const char *want;
    } cases[] = {
        {"webhok",        "webhook"   },
        {"wehbook",       "webhook"   },
        {"webhooks",      "webhook"   },
        {"tokne",         "token"     },
        {"at_mob",        "at_mobiles"},
        {"at_mobile",     "at_mobiles"},
        {"secretly_said", "secret"    },
        {"xyzzy",         ""          },
        {"",              ""          },
        {"x",             ""          },
        {"ab",            ""          },
        {"io",            "ip"        },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        if (strcmp(name_nearest(NAMES, cases[i].name), cases[i].want) != 0)
            fail_msg("'%s': '%s', wanted '%s'", cases[i].name, name_nearest(NAMES, cases[i].name), cases[i].want);
}

static void test_a_hostile_name_costs_nothing(void **state)
{
    static const char *const NAMES[] = {"webhook", NULL};
    char *name = arena_alloc(*state, 1000001);

    memset(name, 'w', 1000000);
    assert_string_equal(name_nearest(NAMES, name), "");
}

static void test_splits_at_commas(void **state)
{
    static const struct {
        const char *text;
        const char *want;
    } cases[] = {
        {"a,b,c",      "[a][b][c]"    },
        {" a , b ",    "[a][b]"       },
        {"a",          "[a]"          },
        {"",           ""             },
        {" ",          ""             },
        {",",          ""             },
        {",,a,,b,,",   "[a][b]"       },
        {"a b, c\td ", "[a b][c\td]"  },
        {"张伟,李", "[张伟][李]"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct text_list list = split_commas(*state, cases[i].text);

        if (strcmp(listed(*state, &list), cases[i].want) != 0)
            fail_msg("'%s': %s", cases[i].text, listed(*state, &list));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_what_is_not_given_has_its_initial_value),
        WITH_ARENA(test_takes_or_refuses_values_by_their_type),
        WITH_ARENA(test_names_a_mandatory_option_that_is_missing),
        WITH_ARENA(test_the_last_value_wins_but_repeated_options_of_a_list_add_up),
        WITH_ARENA(test_one_value_is_not_two),
        WITH_ARENA(test_secrets_come_from_the_section_a_file_or_the_environment),
        WITH_ARENA(test_an_empty_variable_does_not_stand_for_a_mandatory_secret),
        WITH_ARENA(test_the_command_line_takes_no_secret_by_value),
        WITH_ARENA(test_file_names_of_the_command_line_start_where_the_caller_stands),
        WITH_ARENA(test_addresses_with_a_token_are_masked_though_they_are_plain_options),
        WITH_ARENA(test_credentials_in_addresses_and_headers_are_masked),
        WITH_ARENA(test_files_are_read_as_utf8_text),
        WITH_ARENA(test_files_have_a_ceiling),
        WITH_ARENA(test_finds_the_row_of_a_name),
        WITH_ARENA(test_reads_durations_with_their_unit),
        WITH_ARENA(test_finds_the_name_that_was_meant),
        WITH_ARENA(test_a_hostile_name_costs_nothing),
        WITH_ARENA(test_splits_at_commas),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
