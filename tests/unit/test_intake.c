/* The command line: what is an option, what is data, and what a call may not do. */
#include "tests/unit/intake_support.h"

#include "common/config.h"
#include "common/intake_line.h"
#include "plugins/channels.h"

struct settings {
    const char *endpoint;
    struct secret secret;
    struct text_list at_mobiles;
    bool at_all;
};

static const struct option_row ROWS[] = {
    OPTION_TEXT("endpoint", struct settings, endpoint, "", "address"),
    OPTION_SECRET("secret", struct settings, secret, "", "signing secret"),
    OPTION_LIST("at_mobiles", struct settings, at_mobiles, "", "mobiles to mention"),
    OPTION_FLAG("at_all", struct settings, at_all, "no", "mention everybody"),
    OPTION_END,
};

static struct call channel_call(struct arena *arena, const char *const *argv)
{
    static const char *const NOTHING[] = {NULL};
    struct fault fault = {0};
    struct call call;

    if (!read_call(arena, argv, NOTHING, -1, ROWS, &call, &fault))
        fail_msg("%s", fault.text);
    return call;
}

static void test_options_come_in_any_order_and_both_forms(void **state)
{
    struct call call = CALL(*state, "--deadline=10", "--subject", "s", "--profile", "ops", "--verbose", "--to=a",
                            "--template", "disk_alert", "--dry-run", "--config=/x/y.conf", "--state-dir", "/x");

    assert_int_equal(call.wish, WISH_SEND);
    assert_int_equal(call.deadline_ms, 10000);
    assert_string_equal(call.profile, "ops");
    assert_string_equal(call.template_name, "disk_alert");
    assert_string_equal(call.config_path, "/x/y.conf");
    assert_string_equal(call.state, "/x");
    assert_string_equal(call.event.subject, "s");
    assert_string_equal(call.event.template_name, "");
    assert_true(call.dry_run && call.verbose);
    assert_int_equal(call.to.count, 1);
}

static void test_what_is_not_said_has_its_default(void **state)
{
    struct call call = CALL(*state, "--subject", "s");

    assert_int_equal(call.deadline_ms, DEADLINE_DEFAULT_MS);
    assert_false(call.dry_run || call.verbose);
    assert_string_equal(call.profile, "");
    assert_string_equal(call.config_path, "");
    assert_string_equal(call.state, "");
    assert_string_equal(call.template_name, "");
    assert_int_equal(call.options.count, 0);
    for (const struct event_field *field = event_fields; field->name; field++)
        assert_non_null(event_text(&call.event, field));
}

static void test_of_an_option_given_twice_the_last_counts(void **state)
{
    struct call call = CALL(*state, "--host", "a", "-l", "b", "--host=c", "--state", "DOWN", "--state", "UP");

    assert_string_equal(call.event.host, "c");
    assert_string_equal(call.event.state, "UP");
}

static void test_values_may_be_empty_or_look_like_options(void **state)
{
    struct call call =
        CALL(*state, "--subject", "--help", "--message=", "--author", "-x", "--comment", "--", "--url", "");

    assert_int_equal(call.wish, WISH_SEND);
    assert_string_equal(call.event.subject, "--help");
    assert_string_equal(call.event.message, "");
    assert_string_equal(call.event.author, "-x");
    assert_string_equal(call.event.comment, "--");
}

static void test_a_value_may_have_128_kib_and_many_lines(void **state)
{
    size_t len = 128 * 1024;
    char *text = arena_alloc(*state, len + 1);
    struct call call;

    for (size_t i = 0; i < len; i++)
        text[i] = i % 80 == 79 ? '\n' : 'x';
    call = CALL(*state, "--subject", text, "--message", text);
    assert_int_equal(strlen(call.event.message), len);
    assert_null(strchr(call.event.subject, '\n'));
}

static void test_help_and_version_stop_the_reading(void **state)
{
    assert_int_equal(CALL(*state, "--help").wish, WISH_HELP);
    assert_int_equal(CALL(*state, "-h", "--no-such-option").wish, WISH_HELP);
    assert_int_equal(CALL(*state, "--version").wish, WISH_VERSION);
    assert_int_equal(CALL(*state, "--source", "nothing", "-V").wish, WISH_VERSION);
    assert_int_equal(CALL(*state, "--", "--help", "--version", "-h").wish, WISH_SEND);
}

static void test_wrong_command_lines_say_what_is_wrong(void **state)
{
    static const struct {
        const char *name;
        const char *argv[6];
        const char *says;
    } CASES[] = {
        {"unknown option",                      {"notify_test", "--hots", "x"},                           "did you mean '--host'"             },
        {"unknown option of the channel",       {"notify_test", "--at-mobile", "1"},                      "did you mean '--at-mobiles'"       },
        {"no such limit",                       {"notify_test", "--limit-per-minut", "1"},                "did you mean '--limit-per-minute'" },
        {"a limit by its underscores",          {"notify_test", "--limit_per_minute", "1"},               "did you mean '--limit-per-minute'" },
        {"a limit without its value",           {"notify_test", "--limit-per-minute"},                    "'--limit-per-minute' needs a value"},
        {"nothing like it",                     {"notify_test", "--zzzzzzzzzzz", "1"},                    "--help"                            },
        {"no abbreviations",                    {"notify_test", "--sub", "s"},                            "unknown option '--sub'"            },
        {"not by the configuration's name",     {"notify_test", "--at_mobiles", "1"},                     "did you mean '--at-mobiles'"       },
        {"missing value",                       {"notify_test", "--subject"},                             "'--subject' needs a value"         },
        {"missing value of a letter",           {"notify_test", "-t"},                                    "'-t' needs a value"                },
        {"missing value of a channel's option", {"notify_test", "--endpoint"},                            "'--endpoint' needs a value"        },
        {"a flag with a value",                 {"notify_test", "--dry-run=yes"},                         "takes no value"                    },
        {"unknown letter",                      {"notify_test", "-z", "x"},                               "'-z'"                              },
        {"a value that sticks to its letter",   {"notify_test", "-tPROBLEM"},                             "apart"                             },
        {"data without --",                     {"notify_test", "-1001234567", "s", "m"},                 "behind '--'"                       },
        {"no name at all",                      {"notify_test", "--=x"},                                  "unknown option '--'"               },
        {"nothing at all",                      {"notify_test"},                                          "nothing to send"                   },
        {"only how, not what",                  {"notify_test", "--profile", "ops", "--dry-run"},         "nothing to send"                   },
        {"only to whom",                        {"notify_test", "ops"},                                   "--help"                            },
        {"source",                              {"notify_test", "--source", "prometheus"},                "zabbix, nagios"                    },
        {"deadline of 0",                       {"notify_test", "--deadline", "0", "--subject"},          "'--subject' needs a value"         },
        {"deadline of 0",                       {"notify_test", "--deadline=0", "--subject=s"},           "1 to 3600"                         },
        {"deadline of an hour and more",        {"notify_test", "--deadline=3601"},                       "1 to 3600"                         },
        {"deadline in words",                   {"notify_test", "--deadline", "10s"},                     "'10s'"                             },
        {"deadline beyond numbers",             {"notify_test", "--deadline", "99999999999999999999999"}, "1 to 3600"                         },
        {"negative deadline",                   {"notify_test", "--deadline", "-1"},                      "1 to 3600"                         },
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct fault fault = fault_of(*state, ROWS, CASES[i].argv);

        assert_int_equal(fault.kind, FAULT_USAGE);
        if (!strstr(fault.text, CASES[i].says))
            fail_msg("%s: '%s' does not say '%s'", CASES[i].name, fault.text, CASES[i].says);
    }
}

static void test_a_secret_is_never_taken_from_the_command_line_nor_repeated(void **state)
{
    struct fault fault = FAULT(*state, ROWS, "--secret", "SEC0123456789", "--subject", "s");

    assert_int_equal(fault.kind, FAULT_USAGE);
    assert_says(&fault, "--secret-file");
    assert_null(strstr(fault.text, "SEC0123456789"));
    fault = FAULT(*state, ROWS, "--secret=SEC0123456789");
    assert_says(&fault, "--secret-file");
    assert_null(strstr(fault.text, "SEC0123456789"));
    fault = FAULT(*state, ROWS, "--secrte=SEC0123456789");
    assert_null(strstr(fault.text, "SEC0123456789"));
    fault = FAULT(*state, ROWS, "-pSEC0123456789");
    assert_null(strstr(fault.text, "SEC0123456789"));
}

static void test_channel_options_are_collected_for_the_settings(void **state)
{
    static const char *const ARGV[] = {
        "notify_test", "--at-mobiles",   "1",        "--subject", "s", "--secret-file=/run/secret", "--at-mobiles", "2",
        "--proxy",     "http://p:3128/", "--at-all", "yes",       NULL};
    struct call call = channel_call(*state, ARGV);

    assert_int_equal(call.options.count, 5);
    assert_string_equal(call.options.items[0].name, "at_mobiles");
    assert_string_equal(call.options.items[0].where, "--at-mobiles");
    assert_string_equal(call.options.items[0].values.items[0], "1");
    assert_string_equal(call.options.items[1].name, "secret_file");
    assert_string_equal(call.options.items[1].where, "--secret-file");
    assert_string_equal(call.options.items[1].values.items[0], "/run/secret");
    assert_string_equal(call.options.items[3].name, "proxy");
    assert_string_equal(call.options.items[4].values.items[0], "yes");
    assert_string_equal(call.event.subject, "s");
}

static const char *as_long_option(struct arena *arena, const char *name, const char *ending)
{
    char *text = arena_print(arena, "--%s%s", name, ending);

    for (char *c = text; *c; c++)
        if (*c == '_')
            *c = '-';
    return text;
}

/* A recipient, subject and message that are an option each. */
static void check_is_data(struct arena *arena, const char *option)
{
    const char *const argv[] = {"notify_test", "--source", "zabbix", "--", option, option, option, option, NULL};
    struct call call = channel_call(arena, argv);

    assert_int_equal(call.wish, WISH_SEND);
    assert_int_equal(call.to.count, 1);
    assert_string_equal(call.to.items[0], option);
    assert_string_equal(call.event.subject, option);
    assert_string_equal(call.event.message, option);
    assert_int_equal(call.options.count, 0);
    assert_string_equal(call.config_path, "");
    assert_string_equal(call.state, "");
    assert_string_equal(call.profile, "");
    assert_int_equal(call.deadline_ms, DEADLINE_DEFAULT_MS);
    assert_false(call.dry_run || call.verbose);
}

static void check_rows_are_data(struct arena *arena, const struct option_row *rows)
{
    for (; rows->name; rows++) {
        check_is_data(arena, as_long_option(arena, rows->name, "=x"));
        check_is_data(arena, as_long_option(arena, rows->name, "-file=/etc/shadow"));
    }
}

static void test_no_option_is_read_from_what_a_monitoring_system_fills_in(void **state)
{
    for (const struct call_option *option = call_options; option->name; option++) {
        check_is_data(*state, as_long_option(*state, option->name, ""));
        check_is_data(*state, as_long_option(*state, option->name, "=x"));
        if (option->letter[0])
            check_is_data(*state, arena_print(*state, "-%s", option->letter));
    }
    check_rows_are_data(*state, ROWS);
    check_rows_are_data(*state, section_rows);
    for (const char *const *name = config_block_options(*state); *name; name++)
        check_is_data(*state, as_long_option(*state, *name, "=1"));
    for (size_t i = 0; channels_all[i]; i++)
        check_rows_are_data(*state, channels_all[i]->options);
}

static void test_limits_and_retries_are_options_of_a_call(void **state)
{
    struct call call =
        CALL(*state, "--limit-per-minute", "3", "--retry-delay=5s", "--", "ops", "--limit-exempt", "none");

    assert_int_equal(call.options.count, 2);
    assert_string_equal(call.options.items[0].name, "limit_per_minute");
    assert_string_equal(call.options.items[0].values.items[0], "3");
    assert_string_equal(call.options.items[1].name, "retry_delay");
    assert_string_equal(call.options.items[1].where, "--retry-delay");
}

static void test_options_end_at_the_first_operand(void **state)
{
    struct call call = CALL(*state, "--host", "h", "ops", "subject", "text", "--dry-run", "--config=/etc/shadow");

    assert_false(call.dry_run);
    assert_string_equal(call.config_path, "");
    assert_string_equal(call.event.host, "h");
    assert_string_equal(call.to.items[0], "ops");
    assert_string_equal(call.event.message, "text");
}

static void test_the_environment_names_a_configuration_when_no_option_does(void **state)
{
    static const char *const ENVIRONMENT[] = {"NOTIFICATION_PLUGINS_CONFIG=/x/from-environment.conf", NULL};
    static const char *const PLAIN[] = {"notify_test", "--subject", "s", NULL};
    static const char *const NAMED[] = {"notify_test", "--subject", "s", "--config", "/x/named.conf", NULL};
    struct fault fault = {0};
    struct call call;

    assert_true(read_call(*state, PLAIN, ENVIRONMENT, -1, NULL, &call, &fault));
    assert_string_equal(call.config_path, "/x/from-environment.conf");
    assert_true(read_call(*state, NAMED, ENVIRONMENT, -1, NULL, &call, &fault));
    assert_string_equal(call.config_path, "/x/named.conf");
}

static bool has_letter(char letter)
{
    for (const struct call_option *option = call_options; option->name; option++)
        if (option->letter[0] == letter)
            return option->value[0] != '\0';
    return false;
}

/* Those of etc/icinga2/scripts/mail-host-notification.sh and mail-service-notification.sh, but -h. */
static void test_every_letter_of_the_stock_scripts_is_there_and_takes_a_value(void **state)
{
    (void)state;
    for (const char *letter = "46bcdefilnorstuvXx"; *letter; letter++)
        assert_true(has_letter(*letter));
}

static void test_the_table_of_options_is_sound(void **state)
{
    static const char *const BETWEEN[] = {"type",        "severity",   "time",         "duration_sec",
                                          "address6",    "long",       "problem_id",   "last_problem_id",
                                          "console_url", "host_notes", "service_notes"};

    (void)state;
    for (const struct call_option *one = call_options; one->name; one++) {
        bool known = one->fact[0] == '\0' || strncmp(one->fact, "field.", 6) == 0 || event_field_named(one->fact);

        for (size_t i = 0; i < COUNT(BETWEEN); i++)
            known = known || strcmp(one->fact, BETWEEN[i]) == 0;
        if (!known)
            fail_msg("--%s says '%s', which nobody reads", one->name, one->fact);
        assert_true(one->help[0] != '\0');
        assert_true(strlen(one->letter) <= 1);
        for (const struct call_option *other = call_options; other != one; other++)
            if ((one->name[0] && strcmp(one->name, other->name) == 0) ||
                (one->letter[0] && strcmp(one->letter, other->letter) == 0))
                fail_msg("--%s -%s stands twice", one->name, one->letter);
    }
}

static void test_every_field_of_the_event_has_its_option(void **state)
{
    for (const struct event_field *field = event_fields; field->name; field++) {
        const char *option = as_long_option(*state, field->name, "");
        bool there = false;

        for (const struct call_option *row = call_options; row->name; row++)
            there = there || strcmp(row->name, option + 2) == 0;
        if (field->help[0] && !there)
            fail_msg("%s is missing", option);
    }
}

/* A channel's option of a name that every call has could never be given. */
static void test_no_channel_takes_a_common_name(void **state)
{
    for (size_t i = 0; channels_all[i]; i++)
        for (const struct option_row *row = channels_all[i]->options; row->name; row++)
            for (const struct call_option *option = call_options; option->name; option++)
                if (strcmp(as_long_option(*state, row->name, "") + 2, option->name) == 0)
                    fail_msg("%s has an option of its own named '%s'", channels_all[i]->name, row->name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_options_come_in_any_order_and_both_forms),
        WITH_ARENA(test_what_is_not_said_has_its_default),
        WITH_ARENA(test_of_an_option_given_twice_the_last_counts),
        WITH_ARENA(test_values_may_be_empty_or_look_like_options),
        WITH_ARENA(test_a_value_may_have_128_kib_and_many_lines),
        WITH_ARENA(test_help_and_version_stop_the_reading),
        WITH_ARENA(test_wrong_command_lines_say_what_is_wrong),
        WITH_ARENA(test_a_secret_is_never_taken_from_the_command_line_nor_repeated),
        WITH_ARENA(test_channel_options_are_collected_for_the_settings),
        WITH_ARENA(test_no_option_is_read_from_what_a_monitoring_system_fills_in),
        WITH_ARENA(test_limits_and_retries_are_options_of_a_call),
        WITH_ARENA(test_options_end_at_the_first_operand),
        WITH_ARENA(test_the_environment_names_a_configuration_when_no_option_does),
        WITH_ARENA(test_every_letter_of_the_stock_scripts_is_there_and_takes_a_value),
        WITH_ARENA(test_the_table_of_options_is_sound),
        WITH_ARENA(test_every_field_of_the_event_has_its_option),
        WITH_ARENA(test_no_channel_takes_a_common_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
