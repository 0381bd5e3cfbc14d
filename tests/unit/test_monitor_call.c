#include "tests/unit/support.h"

#include "common/monitor_call.h"

/* A monitoring system that answers from a script, and a clock that moves by what each answer takes. */
struct script {
    const char *bodies[4];
    int64_t takes_ms;
    int64_t now_ms;
    size_t sent;
    const char *asked[4];
    int64_t allowed_ms[4];
};

static int64_t script_now(void *self)
{
    return ((struct script *)self)->now_ms;
}

static void script_send(void *self, const struct request *request, int64_t timeout_ms, struct response *response)
{
    struct script *script = self;
    size_t number = script->sent++;

    assert_in_range(number, 0, COUNT(script->bodies) - 1);
    script->asked[number] = request->body;
    script->allowed_ms[number] = timeout_ms;
    script->now_ms += script->takes_ms;
    response->status = 200;
    response->body = script->bodies[number];
    response->body_len = strlen(response->body);
}

/* All that a call needs, for a script. */
struct setting {
    struct world world;
    struct monitor monitor;
    struct verdicts verdicts;
    struct monitor_call call;
};

static struct monitor_call *call_for(struct setting *setting, struct arena *arena, struct script *script)
{
    *setting = (struct setting){
        .world = {.arena = arena,
                  .clock = {.wall_ms = script_now, .steady_ms = script_now, .self = script},
                  .transport = {script_send, script}},
        .monitor = {.title = "zabbix",
                  .type = MONITOR_ZABBIX,
                  .settings = {.url = "https://z.example/api_jsonrpc.php",
                                 .user = "np",
                                 .password = {"secret-password"},
                                 .token = {""}},
                  .timeout_ms = 10000,
                  .secrets = {.arena = arena}},
        .verdicts = {.arena = arena                 },
        .call = {.deadline_ms = 20000     },
    };
    setting->call.world = &setting->world;
    setting->call.monitor = &setting->monitor;
    setting->call.verdicts = &setting->verdicts;
    return &setting->call;
}

#define VERSION "{\"result\":\"6.0.14\"}"

static void test_who_logs_in_logs_out(void **state)
{
    struct script script = {
        .bodies = {VERSION, "{\"result\":\"5e55\"}", "{\"result\":true}"}
    };
    struct setting setting;
    struct monitor_call *call = call_for(&setting, *state, &script);

    assert_int_equal(zabbix_enter(call), 60014);
    assert_string_equal(secret_text(setting.monitor.settings.token), "5e55");
    assert_string_equal(script.asked[1], "{\"jsonrpc\":\"2.0\",\"method\":\"user.login\",\"id\":1,\"params\":{"
                                         "\"username\":\"np\",\"password\":\"secret-password\"}}");
    zabbix_leave(call, 60014);
    assert_string_equal(script.asked[2], "{\"jsonrpc\":\"2.0\",\"method\":\"user.logout\",\"id\":1,\"params\":[],"
                                         "\"auth\":\"5e55\"}");
    assert_int_equal(setting.verdicts.count, 0);
}

static void test_a_token_needs_neither(void **state)
{
    struct script script = {.bodies = {VERSION}};
    struct setting setting;
    struct monitor_call *call = call_for(&setting, *state, &script);

    setting.monitor.settings.user = "";
    setting.monitor.settings.token.text = "t0ken";
    assert_int_equal(zabbix_enter(call), 60014);
    zabbix_leave(call, 60014);
    assert_int_equal(script.sent, 1);
}

static void test_what_is_no_session_ends_it(void **state)
{
    static const char *const ANSWERS[] = {"{\"result\":\"\"}", "{\"result\":{\"sessionid\":\"x\"}}", "{\"result\":7}"};

    for (size_t i = 0; i < COUNT(ANSWERS); i++) {
        struct script script = {
            .bodies = {VERSION, ANSWERS[i]}
        };
        struct setting setting;

        assert_int_equal(zabbix_enter(call_for(&setting, *state, &script)), 0);
        assert_int_equal(setting.verdicts.count, 1);
        assert_string_equal(setting.verdicts.items[0].code, "NOT-ZABBIX");
    }
}

/* The end of a session that fails must not become the end of what was told in it. */
static void test_leaving_adds_no_verdict(void **state)
{
    struct script script = {.bodies = {"<html>"}, .now_ms = 0};
    struct setting setting;
    struct monitor_call *call = call_for(&setting, *state, &script);

    zabbix_leave(call, 60014);
    script.now_ms = 20000;
    zabbix_leave(call, 60014);
    assert_int_equal(script.sent, 1);
    assert_int_equal(setting.verdicts.count, 0);
}

static void test_a_request_gets_its_time_and_no_more(void **state)
{
    static const struct {
        int64_t timeout_ms;
        int64_t now_ms;
        int64_t allowed_ms; /* 0: it is not begun */
    } CASES[] = {
        {10000, 0,      10000},
        {10000, 12000,  8000 },
        {60000, 0,      20000},
        {60000, -90000, 30000},
        {10000, 19500,  500  },
        {10000, 19501,  0    },
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct script script = {.bodies = {VERSION}, .now_ms = CASES[i].now_ms};
        struct setting setting;
        struct monitor_call *call = call_for(&setting, *state, &script);

        setting.monitor.timeout_ms = CASES[i].timeout_ms;
        setting.monitor.settings.token.text = "t0ken";
        zabbix_enter(call);
        assert_int_equal(script.allowed_ms[0], CASES[i].allowed_ms);
        assert_int_equal(script.sent, CASES[i].allowed_ms > 0);
        assert_int_equal(setting.verdicts.count, CASES[i].allowed_ms == 0);
        if (CASES[i].allowed_ms == 0)
            assert_string_equal(setting.verdicts.items[0].code, "NO-TIME");
    }
}

static void test_whose_fault_it_is(void **state)
{
    static const struct {
        enum fault_kind kind;
        enum outcome want;
    } CASES[] = {
        {FAULT_INPUT,  OUTCOME_REFUSED},
        {FAULT_CONFIG, OUTCOME_BROKEN },
        {FAULT_SYSTEM, OUTCOME_BROKEN },
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct script script = {.bodies = {VERSION}};
        struct setting setting;
        struct monitor_call *call = call_for(&setting, *state, &script);
        struct request request = request_in(*state);
        struct response response;
        struct fault fault = {0};

        fault_set(&fault, CASES[i].kind, "why");
        assert_false(monitor_call_send(call, false, &request, &fault, &response));
        assert_int_equal(setting.verdicts.items[0].outcome, CASES[i].want);
        assert_string_equal(setting.verdicts.items[0].reason, "why");
        assert_int_equal(script.sent, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_who_logs_in_logs_out),
        WITH_ARENA(test_a_token_needs_neither),
        WITH_ARENA(test_what_is_no_session_ends_it),
        WITH_ARENA(test_leaving_adds_no_verdict),
        WITH_ARENA(test_a_request_gets_its_time_and_no_more),
        WITH_ARENA(test_whose_fault_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
