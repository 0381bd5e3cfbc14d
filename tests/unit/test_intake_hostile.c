/* Whatever is thrown at it, intake answers: a clean event, or one line that says why not. */
#include "tests/unit/intake_support.h"

#include <fcntl.h>

#include "common/intake_input.h"
#include "common/utf8.h"

enum { ROUNDS = 20000, ARGUMENTS_MOST = 12, LENGTH_MOST = 48 };

/* Marsaglia's xorshift64: the same calls in every run. */
static uint64_t dice(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static const char *const PIECES[] = {
    "-",
    "--",
    "=",
    "--host",
    "--message",
    "--source",
    "--tag",
    "--field",
    "--time",
    "-t",
    "-s",
    "-o",
    "-v",
    "--long",
    "nagios",
    "zabbix",
    "icinga2",
    "checkmk",
    "manual",
    "json",
    "PROBLEM",
    "OK",
    "{EVENT.ID}",
    "{{ITEM.VALUE}.regsub(",
    "{$X:\"",
    "*UNKNOWN*",
    "\\n",
    "\\",
    "$_X$",
    "\r\n",
    "\n",
    "\xff\xfe",
    "\xe4\xb8",
    "\x1b[31m",
    "\xe2\x80\xae",
    "tags=[{\"tag\":",
    "url=http://",
    "event_id=",
    "update_message=",
    "value=0",
    "source=1",
    "Problem: ",
    "Resolved in ",
    "Original problem ID: ",
    "NOTE: Escalation cancel",
    "Last message sent:",
    " at 1 on 2",
    "2026-11-24 ",
    "17:21:26",
    "=",
    ":",
    ",",
    "\"",
    "}",
    "99999999999999",
    ZABBIX_BLOCK_BEGIN "\n",
    "\n--\n",
    "--duration-sec",
    "--console-url",
    "https://x",
};

/* A few of the pieces that mean something, or plain bytes. */
static char *random_argument(struct arena *arena, uint64_t *seed)
{
    char *text = arena_alloc(arena, LENGTH_MOST + 1);
    size_t len = 0;

    for (uint64_t parts = dice(seed) % 4; parts > 0; parts--) {
        const char *piece = PIECES[dice(seed) % COUNT(PIECES)];

        if (len + strlen(piece) + 1 > LENGTH_MOST)
            break;
        memcpy(text + len, piece, strlen(piece));
        len += strlen(piece);
        if (dice(seed) % 4 == 0)
            text[len++] = (char)(1 + dice(seed) % 255);
    }
    return text;
}

static void check_clean(const struct call *call)
{
    for (const struct event_field *field = event_fields; field->name; field++) {
        assert_true(utf8_is_clean(event_text(&call->event, field)));
        assert_true(field->many_lines || !strchr(event_text(&call->event, field), '\n'));
    }
    for (size_t i = 0; i < call->event.tags.count; i++)
        assert_true(utf8_is_clean(call->event.tags.items[i].name) && utf8_is_clean(call->event.tags.items[i].value));
    for (size_t i = 0; i < call->event.fields.count; i++)
        assert_true(utf8_is_clean(call->event.fields.items[i].name) &&
                    utf8_is_clean(call->event.fields.items[i].value));
    for (size_t i = 0; i < call->to.count; i++)
        assert_true(utf8_is_clean(call->to.items[i]));
    assert_true(call->event.url[0] == '\0' || strncasecmp(call->event.url, "http", 4) == 0);
    assert_in_range(call->event.kind, 0, EVENT_KIND_COUNT - 1);
    assert_in_range(call->event.severity, 0, SEVERITY_COUNT - 1);
    assert_true(call->source != SOURCE_AUTO || call->wish != WISH_SEND);
}

/* True when the call was understood. */
static bool try_call(uint64_t *seed, int input)
{
    struct arena *arena = arena_new();
    const char *argv[ARGUMENTS_MOST + 2] = {"notify_test"};
    const char *environment[3] = {NULL};
    size_t count = dice(seed) % (ARGUMENTS_MOST + 1);
    struct fault fault = {0};
    struct call call;
    bool understood;

    for (size_t i = 0; i < count; i++)
        argv[1 + i] = random_argument(arena, seed);
    if (dice(seed) % 4 == 0)
        environment[0] = arena_print(arena, "NAGIOS_NOTIFICATIONTYPE=%s", random_argument(arena, seed));
    if (dice(seed) % 4 == 0 && environment[0])
        environment[1] = arena_print(arena, "NAGIOS_LONGSERVICEOUTPUT=%s", random_argument(arena, seed));
    understood = read_call(arena, argv, environment, input, NULL, &call, &fault);
    if (understood && call.wish == WISH_SEND)
        check_clean(&call);
    if (!understood)
        assert_true(fault.kind != FAULT_NONE && fault.text[0] && !strchr(fault.text, '\n') &&
                    utf8_is_clean(fault.text));
    arena_release(arena);
    return understood;
}

static void test_20000_random_calls_are_answered(void **state)
{
    uint64_t seed = 0x9E3779B97F4A7C15;
    int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int understood = 0;

    (void)state;
    for (int i = 0; i < ROUNDS; i++)
        understood += try_call(&seed, input);
    close(input);
    /* Both answers are common: else the calls would test only one of them. */
    assert_in_range(understood, ROUNDS / 10, ROUNDS * 9 / 10);
}

static void test_bytes_become_clean_text_in_every_place(void **state)
{
    struct call call = CALL(*state, "--host", "web\x1b[31m01\n", "--message", "a\r\nb\xff\xe2\x80\xae", "--tag",
                            "t\x07=v\nw", "--field", "n\xff=v\x01", "--to", "ops\n\xff", "--profile", "p\n");

    assert_string_equal(call.event.host, "web01");
    assert_string_equal(call.event.message, "a\nb\xEF\xBF\xBD");
    assert_string_equal(pair_named(&call.event.tags, "t"), "v w");
    assert_string_equal(pair_named(&call.event.fields, "n\xEF\xBF\xBD"), "v");
    assert_string_equal(call.to.items[0], "ops \xEF\xBF\xBD");
    assert_string_equal(call.profile, "p");
}

static void test_a_hundred_thousand_tags_and_fields_leave_room_for_the_rest(void **state)
{
    size_t count = 100000;
    const char **argv = arena_alloc(*state, (4 * count + 8) * sizeof(*argv));
    size_t at = 0;
    struct call call;

    argv[at++] = "notify_test";
    argv[at++] = "--host";
    argv[at++] = "h";
    for (size_t i = 0; i < count; i++) {
        argv[at++] = "--tag";
        argv[at++] = "t=v";
        argv[at++] = "--field";
        argv[at++] = arena_print(*state, "f%zu=v", i);
    }
    argv[at++] = "--state";
    argv[at++] = "DOWN";
    call = call_of(*state, argv);
    assert_int_equal(call.event.tags.count, 1000);
    assert_in_range(call.event.fields.count, 900, 1000);
    assert_string_equal(call.event.host, "h");
    assert_string_equal(call.event.state, "DOWN");
}

static struct fault input_fault(struct arena *arena, int input, const char *source)
{
    static const char *const NOTHING[] = {NULL};
    const char *const argv[] = {"notify_test", "--deadline=1", "--subject", "s", "--source",
                                source,        "--message",    "-",         NULL};
    struct fault fault = {0};
    struct call call;

    if (read_call(arena, argv, NOTHING, input, NULL, &call, &fault))
        fail_msg("the call was understood");
    return fault;
}

static void test_standard_input_that_cannot_be_used_says_why(void **state)
{
    static const struct {
        const char *text;
        const char *says;
    } CASES[] = {
        {"",                     "not JSON"},
        {"{",                    "not JSON"},
        {"[1]",                  "object"  },
        {"{\"host\":[]}",        "'host'"  },
        {"{\"severity\":\"x\"}", "severity"},
        {"{} {}",                "not JSON"},
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        int input = descriptor_of(CASES[i].text);
        struct fault fault = input_fault(*state, input, "json");

        close(input);
        assert_int_equal(fault.kind, FAULT_INPUT);
        assert_says(&fault, CASES[i].says);
    }
}

static void test_standard_input_that_is_missing_is_a_fault(void **state)
{
    struct fault fault = input_fault(*state, -1, "manual");

    assert_int_equal(fault.kind, FAULT_INPUT);
    assert_says(&fault, "--message -");
    fault = input_fault(*state, -1, "json");
    assert_int_equal(fault.kind, FAULT_INPUT);
}

static void test_standard_input_has_a_ceiling(void **state)
{
    size_t most = (size_t)1024 * 1024;
    char *text = arena_alloc(*state, most + 2);
    struct fault fault;
    int input;

    memset(text, 'x', most + 1);
    input = descriptor_of(text);
    fault = input_fault(*state, input, "manual");
    close(input);
    assert_int_equal(fault.kind, FAULT_INPUT);
    assert_says(&fault, "1048576 bytes");
}

static void test_a_silent_pipe_does_not_hold_the_call(void **state)
{
    struct fault fault = {0};
    const char *text;
    int ends[2];

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(write(ends[1], "begun", 5), 5);
    assert_false(input_read(*state, ends[0], 20, &text, &fault));
    close(ends[0]);
    close(ends[1]);
    assert_int_equal(fault.kind, FAULT_INPUT);
    assert_says(&fault, "nothing came");
}

static void test_a_json_event_that_says_nothing_is_a_fault(void **state)
{
    static const char *const NOTHING[] = {NULL};
    static const char *const ARGV[] = {"notify_test", "--source", "json", "ops", NULL};
    int input = descriptor_of("{\"source\":\"x\",\"severity\":\"error\"}");
    struct fault fault = {0};
    struct call call;

    assert_false(read_call(*state, ARGV, NOTHING, input, NULL, &call, &fault));
    close(input);
    assert_int_equal(fault.kind, FAULT_INPUT);
    assert_says(&fault, "says nothing");
}

/* A plugin's output of 42 KB passed Nagios' arguments whole in a real run. */
static void test_long_output_arrives_whole(void **state)
{
    size_t len = 42000;
    char *text = arena_alloc(*state, len + 1);
    struct call call;

    memset(text, 'x', len);
    call = CALL(*state, "--source", "nagios", "-t", "PROBLEM", "-l", "h", "-s", "DOWN", "-o", "first", "--long", text);
    assert_int_equal(strlen(call.event.message), strlen("first\n") + len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_20000_random_calls_are_answered),
        WITH_ARENA(test_bytes_become_clean_text_in_every_place),
        WITH_ARENA(test_a_hundred_thousand_tags_and_fields_leave_room_for_the_rest),
        WITH_ARENA(test_standard_input_that_cannot_be_used_says_why),
        WITH_ARENA(test_standard_input_that_is_missing_is_a_fault),
        WITH_ARENA(test_standard_input_has_a_ceiling),
        WITH_ARENA(test_a_silent_pipe_does_not_hold_the_call),
        WITH_ARENA(test_a_json_event_that_says_nothing_is_a_fault),
        WITH_ARENA(test_long_output_arrives_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
