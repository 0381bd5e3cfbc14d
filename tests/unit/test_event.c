#include "tests/unit/support.h"

#include "common/event.h"

static struct event read_event(struct arena *arena, const char *json)
{
    struct event event = event_empty();
    struct fault fault = {0};

    if (!event_from_json(arena, json_read(arena, json, strlen(json)), &event, &fault))
        fail_msg("%s", fault.text);
    return event;
}

static void test_an_empty_event_has_no_missing_text(void **state)
{
    struct event event = event_empty();

    (void)state;
    for (const struct event_field *field = event_fields; field->name; field++)
        assert_string_equal(event_text(&event, field), "");
}

static void test_json_goes_in_and_comes_out_the_same(void **state)
{
    struct event event =
        read_event(*state, "{\"kind\":\"recovery\",\"severity\":\"critical\",\"time\":1767323045,"
                           "\"host\":\"db-01\",\"message\":\"a\\nb\",\"value\":96.5,"
                           "\"tags\":[{\"tag\":\"team\",\"value\":\"dba\"},{\"tag\":\"team\",\"value\":\"ops\"}],"
                           "\"fields\":{\"rack\":\"7\"},\"unheard_of\":true}");
    struct event again = read_event(*state, json_print(event_to_json(*state, &event)));

    assert_int_equal(again.kind, EVENT_RECOVERY);
    assert_int_equal(again.severity, SEVERITY_CRITICAL);
    assert_int_equal(again.time_s, 1767323045);
    assert_string_equal(again.host, "db-01");
    assert_string_equal(again.message, "a\nb");
    assert_string_equal(again.value, "96.5");
    assert_int_equal(again.tags.count, 2);
    assert_string_equal(again.tags.items[1].value, "ops");
    assert_int_equal(again.fields.count, 2);
    assert_string_equal(again.fields.items[1].name, "unheard_of");
}

static void test_a_wrong_type_names_its_field(void **state)
{
    static const struct {
        const char *json;
        const char *says;
    } CASES[] = {
        {"[]",                          "one object"},
        {"{\"host\":{}}",               "'host'"    },
        {"{\"severity\":\"very bad\"}", "very bad"  },
        {"{\"kind\":\"disaster\"}",     "disaster"  },
        {"{\"time\":\"now\"}",          "Unix time" },
        {"{\"tags\":\"team\"}",         "'tags'"    },
        {"{\"tags\":[1]}",              "'tags'"    },
        {"{\"fields\":{\"a\":[]}}",     "'fields.a'"},
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct event event = event_empty();
        struct fault fault = {0};

        assert_false(event_from_json(*state, json_read(*state, CASES[i].json, strlen(CASES[i].json)), &event, &fault));
        assert_int_equal(fault.kind, FAULT_INPUT);
        if (!strstr(fault.text, CASES[i].says))
            fail_msg("%s: '%s' does not say '%s'", CASES[i].json, fault.text, CASES[i].says);
    }
}

static void test_text_is_cleaned_at_the_door(void **state)
{
    struct event event = event_empty();

    event_set(*state, &event, event_field_named("subject"), "CPU\nhigh\x1b[31m!\xff");
    event_set(*state, &event, event_field_named("message"), "one\r\ntwo");
    assert_string_equal(event.subject, "CPU high!\xEF\xBF\xBD");
    assert_string_equal(event.message, "one\ntwo");
}

static void test_many_pairs_keep_their_order(void **state)
{
    struct pairs pairs = {0};

    for (int i = 0; i < 1000; i++)
        pairs_add(*state, &pairs, "n", arena_print(*state, "%d", i));
    assert_int_equal(pairs.count, 1000);
    for (int i = 0; i < 1000; i++)
        assert_string_equal(pairs.items[i].value, arena_print(*state, "%d", i));
}

static void test_names_are_read_in_any_case(void **state)
{
    enum severity severity = SEVERITY_INFO;
    enum event_kind kind = EVENT_NOTE;

    (void)state;
    assert_true(severity_from("EMERGENCY", &severity));
    assert_int_equal(severity, SEVERITY_EMERGENCY);
    assert_false(severity_from("disaster", &severity));
    assert_int_equal(severity, SEVERITY_EMERGENCY);
    assert_true(event_kind_from("Flapping_Start", &kind));
    assert_int_equal(kind, EVENT_FLAPPING_START);
}

/* "manual" tells people nothing. */
static void test_the_server_is_named_where_there_is_one(void **state)
{
    static const struct {
        const char *source, *name, *want;
    } CASES[] = {
        {"zabbix", "",          "zabbix"   },
        {"zabbix", "Zabbix BJ", "Zabbix BJ"},
        {"manual", "",          ""         },
        {"manual", "notifyctl", "notifyctl"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(*CASES); i++) {
        struct event event = event_empty();

        event.source = CASES[i].source;
        event.source_name = CASES[i].name;
        assert_string_equal(event_server(&event), CASES[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_an_empty_event_has_no_missing_text),
        WITH_ARENA(test_json_goes_in_and_comes_out_the_same),
        WITH_ARENA(test_a_wrong_type_names_its_field),
        WITH_ARENA(test_text_is_cleaned_at_the_door),
        WITH_ARENA(test_many_pairs_keep_their_order),
        WITH_ARENA(test_names_are_read_in_any_case),
        cmocka_unit_test(test_the_server_is_named_where_there_is_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
