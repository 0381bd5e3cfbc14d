/* Calls as monitoring systems make them, and what they must be understood to say: tests/data/calls/ *.json. */
#include "tests/unit/intake_support.h"

#include <stdlib.h>
#include <time.h>

#include <json-c/json.h>

static const char *const SOURCE_NAMES[] = {
    [SOURCE_AUTO] = "auto",       [SOURCE_ZABBIX] = "zabbix", [SOURCE_NAGIOS] = "nagios", [SOURCE_ICINGA2] = "icinga2",
    [SOURCE_CHECKMK] = "checkmk", [SOURCE_JSON] = "json",     [SOURCE_MANUAL] = "manual"};

static const char *const *texts_at(struct arena *arena, struct json_object *object, const char *path)
{
    struct json_object *list = json_at(object, path);
    size_t count = list ? json_object_array_length(list) : 0;
    const char **texts = arena_alloc(arena, (count + 1) * sizeof(*texts));

    for (size_t i = 0; i < count; i++)
        texts[i] = json_object_get_string(json_object_array_get_idx(list, i));
    return texts;
}

static const char *utc(struct arena *arena, int64_t seconds)
{
    time_t when = (time_t)seconds;
    struct tm tm;
    char *text = arena_alloc(arena, 32);

    assert_non_null(gmtime_r(&when, &tm));
    strftime(text, 32, "%Y-%m-%d %H:%M:%S", &tm);
    return text;
}

/* What the event says of `name`, which is a field's, or "kind", "tags.team" and so on; NULL when there is no such. */
static const char *said(struct arena *arena, const struct event *event, const char *name)
{
    const struct event_field *field = event_field_named(name);

    if (strncmp(name, "tags.", 5) == 0)
        return pair_named(&event->tags, name + 5);
    if (strncmp(name, "field.", 6) == 0)
        return pair_named(&event->fields, name + 6);
    if (strcmp(name, "kind") == 0)
        return event_kind_name(event->kind);
    if (strcmp(name, "severity") == 0)
        return severity_name(event->severity);
    if (strcmp(name, "time") == 0)
        return utc(arena, event->time_s);
    if (strcmp(name, "unix_time") == 0)
        return arena_print(arena, "%lld", (long long)event->time_s);
    return field ? event_text(event, field) : NULL;
}

static void check_event(struct arena *arena, const char *name, struct json_object *wanted, const struct event *event)
{
    json_object_object_foreach(wanted, key, value)
    {
        const char *found = said(arena, event, key);

        if (!found || strcmp(found, json_object_get_string(value)) != 0)
            fail_msg("%s: %s is '%s', not '%s'", name, key, found ? found : "(nothing)", json_object_get_string(value));
    }
}

static void check_recipients(struct arena *arena, const char *name, struct json_object *wanted,
                             const struct text_list *to)
{
    const char *const *texts = texts_at(arena, wanted, "/to");
    size_t count = 0;

    for (; texts[count]; count++)
        if (count >= to->count || strcmp(texts[count], to->items[count]) != 0)
            fail_msg("%s: recipient %zu is not '%s'", name, count, texts[count]);
    if (json_has(wanted, "/to") && to->count != count)
        fail_msg("%s: %zu recipients, not %zu", name, to->count, count);
}

static void check_call(struct arena *arena, const char *name, struct json_object *wanted, const struct call *call)
{
    const char *source = json_text_at(wanted, "/source");

    if (source[0] && strcmp(source, SOURCE_NAMES[call->source]) != 0)
        fail_msg("%s: source is %s, not %s", name, SOURCE_NAMES[call->source], source);
    if (json_has(wanted, "/profile"))
        assert_string_equal(call->profile, json_text_at(wanted, "/profile"));
    check_recipients(arena, name, wanted, &call->to);
}

static void check_absent(struct arena *arena, const char *name, struct json_object *row, const struct event *event)
{
    const char *const *fields = texts_at(arena, row, "/absent");

    for (size_t i = 0; fields[i]; i++)
        if (pair_named(&event->fields, fields[i]))
            fail_msg("%s: field.%s is there", name, fields[i]);
}

static void check_row(struct arena *arena, struct json_object *row)
{
    const char *name = json_text_at(row, "/name");
    const char *const *environment = texts_at(arena, row, "/env");
    int input = json_has(row, "/input") ? descriptor_of(json_text_at(row, "/input")) : -1;
    struct fault fault = {0};
    struct call call;

    if (!read_call(arena, texts_at(arena, row, "/argv"), environment, input, NULL, &call, &fault))
        fail_msg("%s: %s", name, fault.text);
    if (input >= 0)
        close(input);
    check_call(arena, name, json_at(row, "/call"), &call);
    assert_true(json_has(row, "/event"));
    check_event(arena, name, json_at(row, "/event"), &call.event);
    check_absent(arena, name, row, &call.event);
}

static const char *read_file(struct arena *arena, const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = arena_alloc(arena, 1024 * 1024);

    if (!file)
        fail_msg("cannot read %s", path);
    text[fread(text, 1, 1024 * 1024 - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void check_file(struct arena *arena, const char *name, size_t rows)
{
    const char *text = read_file(arena, arena_print(arena, "%s/calls/%s.json", TEST_DATA, name));
    struct json_object *list = json_read(arena, text, strlen(text));

    assert_true(json_object_is_type(list, json_type_array));
    assert_in_range(json_object_array_length(list), rows, 1000);
    for (size_t i = 0; i < json_object_array_length(list); i++)
        check_row(arena, json_object_array_get_idx(list, i));
}

static void test_understands_zabbix(void **state)
{
    check_file(*state, "zabbix", 18);
}

static void test_understands_the_stock_messages_of_zabbix(void **state)
{
    check_file(*state, "zabbix_stock", 16);
}

static void test_understands_nagios_and_naemon(void **state)
{
    check_file(*state, "nagios", 24);
}

static void test_understands_icinga2(void **state)
{
    check_file(*state, "icinga2", 24);
}

static void test_understands_checkmk(void **state)
{
    check_file(*state, "checkmk", 6);
}

static void test_understands_people_and_scripts(void **state)
{
    check_file(*state, "manual", 13);
}

static void test_understands_json(void **state)
{
    check_file(*state, "json", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_understands_zabbix),
        WITH_ARENA(test_understands_the_stock_messages_of_zabbix),
        WITH_ARENA(test_understands_nagios_and_naemon),
        WITH_ARENA(test_understands_icinga2),
        WITH_ARENA(test_understands_checkmk),
        WITH_ARENA(test_understands_people_and_scripts),
        WITH_ARENA(test_understands_json),
    };

    setenv("TZ", "UTC", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
