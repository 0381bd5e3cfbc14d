/*
 * What is written back: requests and answers of Zabbix' JSON-RPC (6.0, 7.0), Nagios' external commands, Icinga 2's actions.
 * Expected forms are those of their documents and of runs of 6.0.14, 7.0.22, 4.4.6 and 2.13.6.
 */
#include "tests/unit/store_support.h"

#include <fcntl.h>

#include "common/echo.h"
#include "common/fifo.h"
#include "common/utf8.h"
#include "common/words.h"
#include "common/writeback_systems.h"

#define MARK "[#K7F3Q notification-plugins]"

static struct monitor monitor_of(enum monitor_type type)
{
    return (struct monitor){
        .title = "x",
        .type = type,
        .settings = {.url = "https://monitor.example.com:5665/",
                     .token = {"0123456789abcdef"},
                     .user = "notify",
                     .password = {"s3cret:x"}}
    };
}

static struct event disk(void)
{
    struct event event = event_empty();

    event.kind = EVENT_PROBLEM;
    event.source = "zabbix";
    event.event_id = "4711";
    event.host = "web01";
    event.service = "disk /";
    return event;
}

static struct writeback_order order_of(enum alert_verb verb, const char *words, const struct event *event)
{
    return (struct writeback_order){
        .verb = verb, .author = "张三", .words = words, .short_id = "#K7F3Q", .event = event, .language = LANGUAGE_EN};
}

static struct response answer(struct arena *arena, int status, const char *body)
{
    struct response response = response_in(arena);

    response.status = status;
    response.trouble = status == 0 ? TROUBLE_CONNECT : TROUBLE_NONE;
    response.body = body;
    response.body_len = strlen(body);
    return response;
}

static const struct verdict *last(const struct verdicts *verdicts)
{
    assert_true(verdicts->count > 0);
    return &verdicts->items[verdicts->count - 1];
}

/* --- words --- */

static void test_the_mark_is_never_cut_off(void **state)
{
    struct event event = disk();
    struct writeback_order order = order_of(ALERT_TAKE, "", &event);
    char *long_words = arena_copy(*state, "", 0);

    assert_string_equal(writeback_text(*state, &order, 2048, UNIT_CHARACTERS), "张三 is on it " MARK);
    order.words = "line one\nline two";
    assert_string_equal(writeback_text(*state, &order, 2048, UNIT_CHARACTERS),
                        "张三 is on it: line one\nline two " MARK);
    for (int i = 0; i < 500; i++)
        long_words = arena_print(*state, "%s磁盘", long_words);
    order.words = long_words;
    for (size_t most = 60; most < 300; most += 7) {
        const char *text = writeback_text(*state, &order, most, UNIT_BYTES);

        assert_true(strlen(text) <= most);
        assert_true(strlen(text) + 8 > most);
        assert_true(utf8_is_clean(text));
        assert_string_equal(text + strlen(text) - strlen(MARK), MARK);
    }
    assert_int_equal(utf8_count(writeback_text(*state, &order, 200, UNIT_CHARACTERS), UNIT_CHARACTERS), 200);
    assert_string_equal(writeback_text(*state, &order, 10, UNIT_BYTES), "张三 is on it " MARK);
}

/* --- Zabbix --- */

static void test_versions_of_zabbix(void **state)
{
    static const struct {
        const char *body;
        int64_t version;
    } CASES[] = {
        {"{\"jsonrpc\":\"2.0\",\"result\":\"6.0.14\",\"id\":1}",                                   60014 },
        {"{\"jsonrpc\":\"2.0\",\"result\":\"6.4.0\",\"id\":1}",                                    60400 },
        {"{\"jsonrpc\":\"2.0\",\"result\":\"7.0.22\",\"id\":1}",                                   70022 },
        {"{\"jsonrpc\":\"2.0\",\"result\":\"7.4.0rc1\",\"id\":1}",                                 70400 },
        {"{\"jsonrpc\":\"2.0\",\"result\":\"10.12.3\",\"id\":1}",                                  101203},
        {"{\"jsonrpc\":\"2.0\",\"result\":\"six\",\"id\":1}",                                      0     },
        {"{\"jsonrpc\":\"2.0\",\"result\":\"7\",\"id\":1}",                                        0     },
        {"{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32700,\"message\":\"Parse error\"},\"id\":1}", 0     },
        {"<html>login</html>",                                                                     0     },
        {"{}",                                                                                     0     },
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct response response = answer(*state, 200, CASES[i].body);
        struct verdicts verdicts = {.arena = *state};

        assert_int_equal(zabbix_version(&response, &verdicts), CASES[i].version);
        assert_int_equal(verdicts.count, CASES[i].version == 0);
    }
}

static void test_the_token_goes_where_the_version_wants_it(void **state)
{
    static const struct {
        int64_t version;
        bool header;
    } CASES[] = {
        {50400, false},
        {60014, false},
        {60399, false},
        {60400, true },
        {70022, true },
        {70400, true },
    };
    struct monitor monitor = monitor_of(MONITOR_ZABBIX);
    struct event event = disk();
    struct writeback_order order = order_of(ALERT_TAKE, "", &event);

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct request request = request_in(*state);
        struct fault fault = {0};

        assert_true(zabbix_tell(&monitor, CASES[i].version, &order, &request, &fault));
        assert_string_equal(request_header_named(&request, "Content-Type"), "application/json-rpc");
        assert_string_equal(request_header_named(&request, "Authorization"),
                            CASES[i].header ? "Bearer 0123456789abcdef" : "");
        assert_int_equal(strstr(request.body, "\"auth\":\"0123456789abcdef\"") == NULL, CASES[i].header);
        assert_int_equal(strstr(request.body, "0123456789abcdef") == NULL, CASES[i].header);
    }
}

static void test_the_version_is_asked_without_a_token(void **state)
{
    struct monitor monitor = monitor_of(MONITOR_ZABBIX);
    struct request request = request_in(*state);
    struct fault fault = {0};

    assert_true(zabbix_ask_version(&monitor, &request, &fault));
    assert_string_equal(request.body, "{\"jsonrpc\":\"2.0\",\"method\":\"apiinfo.version\",\"id\":1,\"params\":[]}");
    assert_string_equal(request_header_named(&request, "Authorization"), "");
}

static void test_what_zabbix_is_told(void **state)
{
    static const struct {
        enum alert_verb verb;
        const char *words;
        const char *action;
        const char *message;
    } CASES[] = {
        CASE(ALERT_TAKE, "", "6", "张三 is on it " MARK),
        CASE(ALERT_SOLVE, "changed the disk", "6", "张三 has solved it: changed the disk " MARK),
        CASE(ALERT_RELEASE, "ask \"Li\"", "20", "张三 has given it back: ask \\\"Li\\\" " MARK),
    };
    struct monitor monitor = monitor_of(MONITOR_ZABBIX);
    struct event event = disk();

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct writeback_order order = order_of(CASES[i].verb, CASES[i].words, &event);
        struct request request = request_in(*state);
        struct fault fault = {0};

        assert_true(zabbix_tell(&monitor, 70000, &order, &request, &fault));
        assert_string_equal(
            request.body,
            arena_print(*state,
                        "{\"jsonrpc\":\"2.0\",\"method\":\"event.acknowledge\",\"id\":1,\"params\":{\"eventids\":"
                        "[\"4711\"],\"action\":%s,\"message\":\"%s\"}}",
                        CASES[i].action, CASES[i].message));
    }
}

static void test_only_numbers_are_events_of_zabbix(void **state)
{
    static const char *const NONE[] = {"", "service-4", "4711 ", "4711,1", "123456789012345678901", "-1", "[1,2]"};
    struct monitor monitor = monitor_of(MONITOR_ZABBIX);
    struct event event = disk();
    struct writeback_order order = order_of(ALERT_TAKE, "", &event);

    for (size_t i = 0; i < COUNT(NONE); i++) {
        struct request request = request_in(*state);
        struct fault fault = {0};

        event.event_id = NONE[i];
        assert_false(zabbix_tell(&monitor, 70000, &order, &request, &fault));
        assert_int_equal(fault.kind, FAULT_INPUT);
    }
}

#define ERROR(code, message, data)                                                                          \
    "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":" code ",\"message\":\"" message "\",\"data\":\"" data "\"}," \
    "\"id\":1}"

static void test_answers_of_zabbix(void **state)
{
    static const struct {
        const char *name;
        int status;
        const char *body;
        enum outcome want;
        enum word remedy;
    } CASES[] = {
        CASE("6.0 took it", 200, "{\"jsonrpc\":\"2.0\",\"result\":{\"eventids\":[\"4711\"]},\"id\":1}",
             OUTCOME_DELIVERED, WORD_NONE),
        CASE("a number", 200, "{\"jsonrpc\":\"2.0\",\"result\":{\"eventids\":[4711]},\"id\":1}", OUTCOME_DELIVERED,
             WORD_NONE),
        CASE("another event", 200, "{\"jsonrpc\":\"2.0\",\"result\":{\"eventids\":[\"47\"]},\"id\":1}", OUTCOME_BROKEN,
             WORD_FIX_ADDRESS),
        CASE("no event", 200, "{\"jsonrpc\":\"2.0\",\"result\":{\"eventids\":[]},\"id\":1}", OUTCOME_BROKEN,
             WORD_FIX_ADDRESS),
        CASE("no such token", 200, ERROR("-32602", "Invalid params.", "Session terminated, re-login, please."),
             OUTCOME_BROKEN, WORD_FIX_TOKEN),
        CASE("6.0 without auth", 200, ERROR("-32602", "Invalid params.", "Not authorized."), OUTCOME_BROKEN,
             WORD_FIX_TOKEN),
        CASE("7.0 without auth", 200, ERROR("-32602", "Invalid params.", "Not authorised."), OUTCOME_BROKEN,
             WORD_FIX_TOKEN),
        CASE("old token", 200, ERROR("-32602", "Invalid params.", "API token expired."), OUTCOME_BROKEN,
             WORD_FIX_TOKEN),
        CASE("not visible, or gone", 200,
             ERROR("-32500", "Application error.", "No permissions to referred object or it does not exist!"),
             OUTCOME_BROKEN, WORD_FIX_PERMISSION),
        CASE("the role may not", 200,
             ERROR("-32602", "Invalid params.",
                   "Incorrect value for field \\\"action\\\": no permissions to acknowledge problems."),
             OUTCOME_BROKEN, WORD_FIX_PERMISSION),
        CASE("a method is closed", 200,
             ERROR("-32500", "Application error.", "No permissions to call \\\"event.acknowledge\\\"."), OUTCOME_BROKEN,
             WORD_FIX_PERMISSION),
        CASE("not understood", 200,
             ERROR("-32602", "Invalid params.", "Invalid parameter \\\"/action\\\": value must be one of 0-31."),
             OUTCOME_REFUSED, WORD_FIX_REPORT),
        CASE(
            "wrong password", 200,
            ERROR("-32500", "Application error.", "Incorrect user name or password or account is temporarily blocked."),
            OUTCOME_BROKEN, WORD_FIX_PASSWORD),
        CASE("no access to the programming interface", 200,
             ERROR("-32500", "Application error.", "No permissions for system access."), OUTCOME_BROKEN,
             WORD_FIX_PERMISSION),
        CASE("internal", 200, ERROR("-32603", "Internal error.", ""), OUTCOME_AGAIN, WORD_FIX_WAIT),
        CASE("its database is down", 200,
             ERROR("-32500", "Application error.", "Error connecting to database: refused"), OUTCOME_AGAIN,
             WORD_FIX_WAIT),
        CASE("content type", 412, "", OUTCOME_BROKEN, WORD_NONE),
        CASE("wrong path", 404, "<html>not found</html>", OUTCOME_BROKEN, WORD_FIX_ADDRESS),
        CASE("a login page", 200, "<html>", OUTCOME_AGAIN, WORD_FIX_PROXY),
        CASE("other JSON", 200, "{\"ok\":true}", OUTCOME_BROKEN, WORD_FIX_ADDRESS),
        CASE("web server", 502, "<html>bad gateway</html>", OUTCOME_AGAIN, WORD_FIX_WAIT),
        CASE("no answer", 0, "", OUTCOME_AGAIN, WORD_FIX_NETWORK),
    };
    struct event event = disk();
    struct writeback_order order = order_of(ALERT_TAKE, "", &event);

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct response response = answer(*state, CASES[i].status, CASES[i].body);
        struct verdicts verdicts = {.arena = *state};

        zabbix_judge(&order, &response, &verdicts);
        if (verdicts.count != 1 || verdicts.items[0].outcome != CASES[i].want)
            fail_msg("%s: %s", CASES[i].name, outcome_name(verdicts.items[0].outcome));
        if (CASES[i].remedy != WORD_NONE && verdicts.items[0].remedy != CASES[i].remedy)
            fail_msg("%s: %s", CASES[i].name, word_in(LANGUAGE_EN, verdicts.items[0].remedy));
    }
}

#define SAID(id, text) "{\"acknowledgeid\":\"" id "\",\"message\":\"" text "\"}"
#define OURS           "张三 is on it " MARK
#define GIVEN_BACK     "张三 has given it back " MARK

static void test_what_arrived_before_is_known(void **state)
{
    static const struct {
        const char *name;
        const char *list;
        bool said;
    } CASES[] = {
        CASE("nothing", "", false),
        CASE("ours", SAID("9", OURS), true),
        CASE("of another person", SAID("9", "李四 is on it " MARK), false),
        CASE("ours, then a word of others", SAID("9", OURS) "," SAID("10", "thanks"), true),
        CASE("ours, then given back", SAID("9", OURS) "," SAID("10", GIVEN_BACK), false),
        CASE("the same, newest first", SAID("10", GIVEN_BACK) "," SAID("9", OURS), false),
        CASE("taken again", SAID("9", GIVEN_BACK) "," SAID("10", OURS), true),
    };
    struct event event = disk();
    struct writeback_order order = order_of(ALERT_TAKE, "", &event);

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct response response = answer(*state, 200,
                                          arena_print(*state,
                                                      "{\"jsonrpc\":\"2.0\",\"result\":[{\"eventid\":\"4711\","
                                                      "\"acknowledges\":[%s]}],\"id\":1}",
                                                      CASES[i].list));
        struct verdicts verdicts = {.arena = *state};

        if (zabbix_has_said(&order, &response, &verdicts) != CASES[i].said || verdicts.count > 0)
            fail_msg("%s", CASES[i].name);
    }
}

static void test_how_what_was_said_is_asked(void **state)
{
    struct monitor monitor = monitor_of(MONITOR_ZABBIX);
    struct event event = disk();
    struct writeback_order order = order_of(ALERT_TAKE, "", &event);
    struct request old = request_in(*state);
    struct request new = request_in(*state);
    struct fault fault = {0};

    assert_true(zabbix_ask_said(&monitor, 60014, &order, &old, &fault));
    assert_non_null(strstr(old.body, "\"select_acknowledges\":["));
    assert_true(zabbix_ask_said(&monitor, 70000, &order, &new, &fault));
    assert_non_null(strstr(new.body, "\"selectAcknowledges\":["));
    assert_null(strstr(new.body, "select_acknowledges"));
}

static void test_who_acknowledged_there(void **state)
{
    static const char BODY[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":["
        "{\"eventid\":\"1\",\"acknowledged\":\"1\",\"acknowledges\":["
        "{\"acknowledgeid\":\"9\",\"clock\":\"1767323000\",\"message\":\"mine\\nnow\",\"action\":\"6\","
        "\"username\":\"wang\",\"name\":\"Wang\",\"surname\":\"Wei\"},"
        "{\"acknowledgeid\":\"10\",\"clock\":\"1767323009\",\"message\":\"thanks\",\"action\":\"4\"}]},"
        "{\"eventid\":\"2\",\"acknowledged\":\"0\",\"acknowledges\":["
        "{\"acknowledgeid\":\"11\",\"clock\":\"1\",\"message\":\"\",\"action\":\"2\",\"username\":\"li\"}]},"
        "{\"eventid\":\"3\",\"acknowledged\":\"1\",\"acknowledges\":["
        "{\"acknowledgeid\":\"12\",\"clock\":\"1\",\"message\":\"x [#AAAAA notification-plugins]\",\"action\":\"6\"}]},"
        "{\"eventid\":\"4\",\"acknowledged\":\"1\",\"acknowledges\":["
        "{\"acknowledgeid\":\"9\",\"clock\":\"1\",\"message\":\"a\",\"action\":\"2\",\"username\":\"li\"},"
        "{\"acknowledgeid\":\"10\",\"clock\":\"2\",\"message\":\"b\",\"action\":\"2\",\"username\":\"wu\"}]}]}";
    struct response response = answer(*state, 200, BODY);
    struct sightings seen = {.arena = *state};
    struct verdicts verdicts = {.arena = *state};

    assert_true(zabbix_read_seen(&response, &seen, &verdicts));
    assert_int_equal(seen.count, 2);
    assert_string_equal(seen.items[0].event_id, "1");
    assert_string_equal(seen.items[0].author, "Wang Wei");
    assert_string_equal(seen.items[0].words, "mine now");
    assert_int_equal(seen.items[0].at_s, 1767323000);
    assert_string_equal(seen.items[1].event_id, "4");
    assert_string_equal(seen.items[1].author, "wu");
    response = answer(*state, 200, ERROR("-32602", "Invalid params.", "Not authorised."));
    assert_false(zabbix_read_seen(&response, &seen, &verdicts));
    assert_int_equal(last(&verdicts)->outcome, OUTCOME_BROKEN);
}

static void test_icingas_comments_tell_who_acknowledged(void **state)
{
    struct response response = answer(
        *state, 200,
        "{\"results\":[{\"attrs\":{\"author\":\"\xE6\x9D\x8E\xE5\x9B\x9B\",\"entry_time\":1767323000.123,\"host_name\":\"web01\","
        "\"service_name\":\"disk /\",\"text\":\"mine\"},\"name\":\"web01!disk /!x\",\"type\":\"Comment\"},"
        "{\"attrs\":{\"author\":\"a\",\"entry_time\":1.0,\"host_name\":\"web01\",\"service_name\":\"\","
        "\"text\":\"a is on it [#AAAAA notification-plugins]\"}}]}");
    struct sightings seen = {.arena = *state};
    struct verdicts verdicts = {.arena = *state};

    assert_true(icinga2_read_seen(&response, &seen, &verdicts));
    assert_int_equal(seen.count, 1);
    assert_string_equal(seen.items[0].author, "李四");
    assert_string_equal(seen.items[0].host, "web01");
    assert_string_equal(seen.items[0].service, "disk /");
    assert_int_equal(seen.items[0].at_s, 1767323000);
    response = answer(*state, 404, "{\"error\":404.0,\"status\":\"No objects found.\"}");
    assert_true(icinga2_read_seen(&response, &seen, &verdicts));
    response = answer(*state, 403, "{\"error\":403,\"status\":\"Missing permission\"}");
    assert_false(icinga2_read_seen(&response, &seen, &verdicts));
    assert_int_equal(last(&verdicts)->outcome, OUTCOME_BROKEN);
    response = answer(*state, 0, "");
    assert_false(icinga2_read_seen(&response, &seen, &verdicts));
    assert_int_equal(seen.count, 1);
}

/* --- Nagios --- */

static void test_commands_of_nagios(void **state)
{
    static const struct {
        const char *name;
        enum alert_verb verb;
        const char *host, *service, *author, *words;
        const char *want; /* "" when it is refused */
    } CASES[] = {
        CASE("a service", ALERT_TAKE, "web01", "disk /", "张三", "",
             "[1767323045] ACKNOWLEDGE_SVC_PROBLEM;web01;disk /;2;0;1;张三;张三 is on it " MARK "\n"),
        CASE("a host", ALERT_TAKE, "web01", "", "张三", "",
             "[1767323045] ACKNOWLEDGE_HOST_PROBLEM;web01;2;0;1;张三;张三 is on it " MARK "\n"),
        CASE("solved", ALERT_SOLVE, "web01", "", "张三", "new disk",
             "[1767323045] ACKNOWLEDGE_HOST_PROBLEM;web01;2;0;1;张三;张三 has solved it: new disk " MARK "\n"),
        CASE("given back", ALERT_RELEASE, "web01", "disk /", "张三", "",
             "[1767323045] REMOVE_SVC_ACKNOWLEDGEMENT;web01;disk /\n"
             "[1767323045] ADD_SVC_COMMENT;web01;disk /;1;张三;张三 has given it back " MARK "\n"),
        CASE("given back, a host", ALERT_RELEASE, "web01", "", "张三", "",
             "[1767323045] REMOVE_HOST_ACKNOWLEDGEMENT;web01\n"
             "[1767323045] ADD_HOST_COMMENT;web01;1;张三;张三 has given it back " MARK "\n"),
        CASE("a second command in the words", ALERT_TAKE, "web01", "", "a", "x\n[0] SHUTDOWN_PROGRAM\n",
             "[1767323045] ACKNOWLEDGE_HOST_PROBLEM;web01;2;0;1;a;a is on it: x [0] SHUTDOWN_PROGRAM  " MARK "\n"),
        CASE("fields in the words", ALERT_TAKE, "web01", "", "a", "x;y",
             "[1767323045] ACKNOWLEDGE_HOST_PROBLEM;web01;2;0;1;a;a is on it: x,y " MARK "\n"),
        CASE("a second command in the name", ALERT_TAKE, "web01", "", "a\n[0] SHUTDOWN_PROGRAM", "",
             "[1767323045] ACKNOWLEDGE_HOST_PROBLEM;web01;2;0;1;a [0] SHUTDOWN_PROGRAM;a [0] SHUTDOWN_PROGRAM is on "
             "it " MARK "\n"),
        CASE("fields in the name", ALERT_TAKE, "web01", "", "a;b\r\x7F", "",
             "[1767323045] ACKNOWLEDGE_HOST_PROBLEM;web01;2;0;1;a,b  ;a,b   is on it " MARK "\n"),
        CASE("a field in the host", ALERT_TAKE, "web01;x", "", "a", "", ""),
        CASE("a command in the host", ALERT_TAKE, "web01\n[0] SHUTDOWN_PROGRAM", "", "a", "", ""),
        CASE("a field in the service", ALERT_TAKE, "web01", "disk;2", "a", "", ""),
        CASE("a command in the service", ALERT_RELEASE, "web01", "disk\r[0] X", "a", "", ""),
        CASE("no host", ALERT_TAKE, "", "disk", "a", "", ""),
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct event event = disk();
        struct writeback_order order = order_of(CASES[i].verb, CASES[i].words, &event);
        const char *lines = "";
        struct fault fault = {0};

        event.host = CASES[i].host;
        event.service = CASES[i].service;
        order.author = CASES[i].author;
        if (nagios_lines(*state, &order, 1767323045, &lines, &fault) != (CASES[i].want[0] != '\0') ||
            strcmp(lines, CASES[i].want) != 0)
            fail_msg("%s: %s", CASES[i].name, lines);
    }
}

static void test_a_command_is_written_in_one_piece(void **state)
{
    struct event event = disk();
    struct writeback_order order = order_of(ALERT_RELEASE, "", &event);
    char *name = arena_alloc(*state, 501);
    char *words = arena_alloc(*state, 20001);
    const char *lines = "";
    struct fault fault = {0};

    memset(name, 'h', 500);
    memset(words, 'w', 20000);
    event.host = event.service = name;
    order.words = order.author = words;
    assert_true(nagios_lines(*state, &order, 1767323045, &lines, &fault));
    assert_true(strlen(lines) <= 4096);
    assert_non_null(strstr(lines, "… " MARK "\n"));
    event.host = arena_print(*state, "%sh", name);
    assert_false(nagios_lines(*state, &order, 1767323045, &lines, &fault));
}

/* --- Icinga 2 --- */

static void test_what_icinga_is_told(void **state)
{
    static const struct {
        enum icinga2_step step;
        enum alert_verb verb;
        const char *service;
        const char *url;
        const char *body;
    } CASES[] = {
        CASE(ICINGA2_ACKNOWLEDGE, ALERT_TAKE, "disk /",
             "https://monitor.example.com:5665/v1/actions/acknowledge-problem",
             "{\"type\":\"Service\",\"service\":\"web01!disk /\",\"author\":\"张三\",\"comment\":\"张三 is on it " MARK
             "\",\"sticky\":true,\"notify\":false,\"persistent\":false}"),
        CASE(ICINGA2_ACKNOWLEDGE, ALERT_SOLVE, "", "https://monitor.example.com:5665/v1/actions/acknowledge-problem",
             "{\"type\":\"Host\",\"host\":\"web01\",\"author\":\"张三\",\"comment\":\"张三 has solved it " MARK
             "\",\"sticky\":true,\"notify\":false,\"persistent\":false}"),
        CASE(ICINGA2_REMOVE, ALERT_RELEASE, "disk /",
             "https://monitor.example.com:5665/v1/actions/remove-acknowledgement",
             "{\"type\":\"Service\",\"service\":\"web01!disk /\",\"author\":\"张三\"}"),
        CASE(ICINGA2_COMMENT, ALERT_RELEASE, "", "https://monitor.example.com:5665/v1/actions/add-comment",
             "{\"type\":\"Host\",\"host\":\"web01\",\"author\":\"张三\",\"comment\":\"张三 has given it back " MARK
             "\"}"),
    };
    struct monitor monitor = monitor_of(MONITOR_ICINGA2);

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct event event = disk();
        struct writeback_order order = order_of(CASES[i].verb, "", &event);
        struct request request = request_in(*state);
        struct fault fault = {0};

        event.service = CASES[i].service;
        assert_true(icinga2_tell(&monitor, &order, CASES[i].step, &request, &fault));
        assert_string_equal(request.method, "POST");
        assert_string_equal(request.url, CASES[i].url);
        assert_string_equal(request.body, CASES[i].body);
        assert_string_equal(request_header_named(&request, "Accept"), "application/json");
        /* printf 'notify:s3cret:x' | base64 */
        assert_string_equal(request_header_named(&request, "Authorization"), "Basic bm90aWZ5OnMzY3JldDp4");
    }
}

/* Without a name an action is done to every object there is. */
static void test_one_object_of_icinga_is_named(void **state)
{
    static const struct {
        const char *host, *service;
    } CASES[] = {
        CASE("", "disk"), CASE("", ""), CASE("web01!ssh", ""), CASE("web01", "a!b"), CASE("web01!x", "disk /"),
    };
    struct monitor monitor = monitor_of(MONITOR_ICINGA2);

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct event event = disk();
        struct writeback_order order = order_of(ALERT_TAKE, "", &event);
        struct request request = request_in(*state);
        struct fault fault = {0};

        event.host = CASES[i].host;
        event.service = CASES[i].service;
        assert_false(icinga2_tell(&monitor, &order, ICINGA2_ACKNOWLEDGE, &request, &fault));
        assert_int_equal(fault.kind, FAULT_INPUT);
    }
}

#define RESULT(code, words) "{\"results\":[{\"code\":" code ",\"status\":\"" words "\"}]}"

static void test_answers_of_icinga(void **state)
{
    static const struct {
        const char *name;
        int status;
        const char *body;
        enum outcome want;
        enum icinga2_step after_solved;
    } CASES[] = {
        CASE("done", 200, RESULT("200.0", "Successfully acknowledged problem for object 'web01!disk /'."),
             OUTCOME_DELIVERED, ICINGA2_END),
        CASE("done, 2.14", 200, RESULT("200", "Successfully acknowledged problem."), OUTCOME_DELIVERED, ICINGA2_END),
        CASE("it is so", 409, RESULT("409.0", "Service 'web01!disk /' is already acknowledged."), OUTCOME_DELIVERED,
             ICINGA2_COMMENT),
        CASE("over", 409, RESULT("409.0", "Service 'web01!disk /' is OK."), OUTCOME_DELIVERED, ICINGA2_END),
        CASE("gone", 404, "{\"error\":404.0,\"status\":\"No objects found.\"}", OUTCOME_REFUSED, ICINGA2_END),
        CASE("bad login", 401, "<h1>Unauthorized. Please check your user credentials.</h1>", OUTCOME_BROKEN,
             ICINGA2_END),
        CASE("bad login, JSON", 401,
             "{\"error\":401.0,\"status\":\"Unauthorized. Please check your user credentials.\"}", OUTCOME_BROKEN,
             ICINGA2_END),
        CASE("may not", 403, "{\"error\":403,\"status\":\"Missing permission: actions/acknowledge-problem\"}",
             OUTCOME_BROKEN, ICINGA2_END),
        CASE("no match, 2.13", 500, "{\"results\":[]}", OUTCOME_AGAIN, ICINGA2_END),
        CASE("bad request", 400, RESULT("400.0", "Acknowledgements require author and comment."), OUTCOME_REFUSED,
             ICINGA2_END),
        CASE("reloading", 503, "{\"error\":503,\"status\":\"Icinga is reloading\"}", OUTCOME_AGAIN, ICINGA2_END),
        CASE("nothing done", 200, "{\"results\":[]}", OUTCOME_BROKEN, ICINGA2_END),
        CASE("another server", 200, "hello", OUTCOME_BROKEN, ICINGA2_END),
        CASE("no answer", 0, "", OUTCOME_AGAIN, ICINGA2_END),
    };
    struct event event = disk();
    struct writeback_order solved = order_of(ALERT_SOLVE, "", &event);

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct response response = answer(*state, CASES[i].status, CASES[i].body);
        struct verdicts verdicts = {.arena = *state};

        icinga2_judge(&response, &verdicts);
        if (last(&verdicts)->outcome != CASES[i].want)
            fail_msg("%s: %s", CASES[i].name, outcome_name(last(&verdicts)->outcome));
        if (CASES[i].want == OUTCOME_DELIVERED &&
            icinga2_next(&solved, ICINGA2_ACKNOWLEDGE, last(&verdicts)) != CASES[i].after_solved)
            fail_msg("%s: the step after it", CASES[i].name);
    }
}

static void test_the_steps_of_icinga(void **state)
{
    struct event event = disk();
    struct writeback_order taken = order_of(ALERT_TAKE, "", &event);
    struct writeback_order given_back = order_of(ALERT_RELEASE, "", &event);
    struct verdict already = {.code = "409", .reason = "is already acknowledged"};

    (void)state;
    assert_int_equal(icinga2_first(&taken), ICINGA2_ACKNOWLEDGE);
    assert_int_equal(icinga2_next(&taken, ICINGA2_ACKNOWLEDGE, &already), ICINGA2_END);
    assert_int_equal(icinga2_first(&given_back), ICINGA2_REMOVE);
    assert_int_equal(icinga2_next(&given_back, ICINGA2_REMOVE, &already), ICINGA2_COMMENT);
    assert_int_equal(icinga2_next(&given_back, ICINGA2_COMMENT, &already), ICINGA2_END);
}

/* --- the pipe --- */

static void test_a_pipe_is_written_whole_or_not_at_all(void **state)
{
    struct place *place = *state;
    const char *pipe = file_in(place, "pipe");
    const char *plain = file_in(place, "plain");
    const char *linked = file_in(place, "link");
    struct fault fault = {0};
    char read_back[32] = "";
    int reader;

    assert_int_equal(mkfifo(pipe, 0600), 0);
    write_file(place, "plain", "");
    assert_int_equal(symlink(pipe, linked), 0);
    assert_int_equal(fifo_write(pipe, "one\n", 4, &fault), FIFO_LATER);
    assert_non_null(strstr(fault.text, "nobody reads"));
    assert_true(fifo_usable(pipe, &fault));
    reader = open(pipe, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_true(reader >= 0);
    assert_int_equal(fifo_write(pipe, "two\n", 4, &fault), FIFO_WRITTEN);
    assert_int_equal(read(reader, read_back, sizeof(read_back) - 1), 4);
    assert_string_equal(read_back, "two\n");
    assert_int_equal(fifo_write(plain, "x\n", 2, &fault), FIFO_WRONG);
    assert_int_equal(fifo_write(linked, "x\n", 2, &fault), FIFO_WRONG);
    assert_int_equal(fifo_write(file_in(place, "none"), "x\n", 2, &fault), FIFO_WRONG);
    assert_int_equal(access(file_in(place, "none"), F_OK), -1);
    assert_false(fifo_usable(plain, &fault));
    assert_false(fifo_usable(file_in(place, "none"), &fault));
    for (int i = 0; i < 15; i++) { /* it holds 64 KiB */
        char *block = arena_alloc(place->arena, FIFO_MOST);

        memset(block, 'x', FIFO_MOST);
        assert_int_equal(fifo_write(pipe, block, FIFO_MOST, &fault), FIFO_WRITTEN);
    }
    for (int i = 0; i < 2; i++) {
        char *block = arena_alloc(place->arena, FIFO_MOST);

        if (fifo_write(pipe, block, FIFO_MOST, &fault) != FIFO_WRITTEN)
            break;
    }
    assert_int_equal(fifo_write(pipe, "full\n", FIFO_MOST, &fault), FIFO_LATER);
    close(reader);
}

/* --- echoes --- */

static void test_an_echo_is_known_by_its_mark_and_our_record(void **state)
{
    static const struct {
        const char *name;
        enum event_kind kind;
        const char *action;
        const char *comment;
        const char *row; /* verb, state, attempts, minutes since: of what was written back */
        bool ours;
    } CASES[] = {
        CASE("taken, Zabbix", EVENT_ACKNOWLEDGEMENT, "acknowledged and commented", OURS, "'take','done',1,0", true),
        CASE("taken, still on the wire", EVENT_ACKNOWLEDGEMENT, "acknowledged and commented", OURS,
             "'take','waiting',1,0", true),
        CASE("with a line break behind it", EVENT_ACKNOWLEDGEMENT, "", OURS "\r\n", "'take','done',1,0", true),
        CASE("acknowledged there before", EVENT_UPDATE, "commented", OURS, "'take','done',1,0", true),
        CASE("given back", EVENT_UPDATE, "unacknowledged and commented", GIVEN_BACK, "'release','done',1,0", true),
        CASE("nothing was written", EVENT_ACKNOWLEDGEMENT, "acknowledged and commented", OURS, "'take','waiting',0,0",
             false),
        CASE("it failed", EVENT_ACKNOWLEDGEMENT, "acknowledged and commented", OURS, "'take','failed',9,0", false),
        CASE("long ago", EVENT_ACKNOWLEDGEMENT, "acknowledged and commented", OURS, "'take','done',1,16", false),
        CASE("not what we wrote", EVENT_ACKNOWLEDGEMENT, "acknowledged and commented", OURS, "'release','done',1,0",
             false),
        CASE("given back by a stranger", EVENT_UPDATE, "unacknowledged and commented", OURS, "'take','done',1,0",
             false),
        CASE("closed with our mark", EVENT_UPDATE, "commented and closed", OURS, "'take','done',1,0", false),
        CASE("raised with our mark", EVENT_UPDATE, "commented and changed severity from High to Disaster", OURS,
             "'take','done',1,0", false),
        CASE("a problem with our mark", EVENT_PROBLEM, "", OURS, "'take','done',1,0", false),
        CASE("a recovery with our mark", EVENT_RECOVERY, "", OURS, "'take','done',1,0", false),
        CASE("no mark", EVENT_ACKNOWLEDGEMENT, "acknowledged and commented", "I am on it", "'take','done',1,0", false),
        CASE("another problem's mark", EVENT_ACKNOWLEDGEMENT, "acknowledged and commented",
             "x [#AAAAA notification-plugins]", "'take','done',1,0", false),
        CASE("words behind the mark", EVENT_ACKNOWLEDGEMENT, "acknowledged and commented", OURS " no, me",
             "'take','done',1,0", false),
    };
    struct place *place = *state;
    struct store *store = open_store(place);

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct event event = disk();
        struct fault fault = {0};
        bool ours = false;

        event.kind = CASES[i].kind;
        event.action = CASES[i].action;
        event.comment = CASES[i].comment;
        run_sql(place,
                arena_print(place->arena,
                            "DELETE FROM writeback; INSERT INTO writeback (id, problem, author, words, created_ms,"
                            " verb, state, attempts, due_ms) SELECT 'w', 'p', '', '', 0, a, b, c, 10000000 - 60000 * d"
                            " FROM (SELECT column1 a, column2 b, column3 c, column4 d FROM (VALUES (%s)))",
                            CASES[i].row));
        assert_true(echo_is_ours(store, place->arena, &event, "p", "#K7F3Q", 10000000, &ours, &fault));
        if (ours != CASES[i].ours)
            fail_msg("%s", CASES[i].name);
        assert_true(echo_is_ours(store, place->arena, &event, "another", "#K7F3Q", 10000000, &ours, &fault));
        assert_false(ours);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_the_mark_is_never_cut_off),
        WITH_ARENA(test_versions_of_zabbix),
        WITH_ARENA(test_the_token_goes_where_the_version_wants_it),
        WITH_ARENA(test_the_version_is_asked_without_a_token),
        WITH_ARENA(test_what_zabbix_is_told),
        WITH_ARENA(test_only_numbers_are_events_of_zabbix),
        WITH_ARENA(test_answers_of_zabbix),
        WITH_ARENA(test_what_arrived_before_is_known),
        WITH_ARENA(test_how_what_was_said_is_asked),
        WITH_ARENA(test_who_acknowledged_there),
        WITH_ARENA(test_icingas_comments_tell_who_acknowledged),
        WITH_ARENA(test_commands_of_nagios),
        WITH_ARENA(test_a_command_is_written_in_one_piece),
        WITH_ARENA(test_what_icinga_is_told),
        WITH_ARENA(test_one_object_of_icinga_is_named),
        WITH_ARENA(test_answers_of_icinga),
        WITH_ARENA(test_the_steps_of_icinga),
        WITH_PLACE(test_a_pipe_is_written_whole_or_not_at_all),
        WITH_PLACE(test_an_echo_is_known_by_its_mark_and_our_record),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
