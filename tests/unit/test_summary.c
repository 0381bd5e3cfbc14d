/* What is told together: storms, summaries, the daily line; with a clock of the test's own. */
#include "tests/unit/worker_support.h"

#include "common/summary.h"

enum { MINUTE = 60000, HOUR = 3600000, DAY = 86400000 };

#define OPS      "wall \"ops\" { key = \"ops-0123456789\" }\n"
#define ELSE     "wall \"else\" { key = \"else-0123456789\" }\n"
#define STORM    "storm { problems = 6  within = \"1m\" }\n"
#define OPERATOR "operator { channels = {\"else\"} }\n"

/* How one notification of a source ends; admitted ones are delivered. */
static enum admission tell(struct house *house, enum event_kind kind, enum severity severity, const char *event_id,
                           const struct limits *limits)
{
    struct fault fault = {0};
    struct leg leg = {.section = config_section(house->config, NULL, "ops", &fault)};
    struct chain chain = {.legs = &leg, .leg_count = 1};
    struct event event = event_empty();
    struct admission_answer answer;
    struct admission_ask ask;
    const char *id = arena_print(house->arena, "n%zu", house->made++);

    assert_true(config_open_section(house->config, leg.section, NULL, &fault));
    event.kind = kind;
    event.severity = severity;
    event.host = arena_print(house->arena, "host-%s", event_id);
    event.source = "zabbix";
    event.event_id = event_id;
    event.subject = "CPU is high";
    ask = asking_for(&house->world, house->config, &chain, &event, id, "", 0);
    ask.limits = *limits;
    assert_true(admission_ask(house->store, house->arena, &ask, &answer, &fault));
    if (answer.admission == ADMITTED) {
        struct outbox_result result = {.id = id,
                                       .section = "ops",
                                       .reference = "",
                                       .text = "",
                                       .code = "",
                                       .words = "",
                                       .legs_left = "",
                                       .now_ms = house->wall_ms};

        assert_true(outbox_finish(house->store, &result, &fault));
    }
    return answer.admission;
}

static enum admission problem(struct house *house, enum severity severity, size_t number)
{
    static const struct limits NONE;

    return tell(house, EVENT_PROBLEM, severity, arena_print(house->arena, "%zu", number), &NONE);
}

static void problems(struct house *house, size_t from, size_t count)
{
    for (size_t i = from; i < from + count; i++)
        problem(house, SEVERITY_WARNING, i);
}

static int64_t untold(const struct house *house)
{
    return number(house, "SELECT COUNT(*) FROM notification WHERE outcome IN ('held', 'folded') AND ended_ms = 0");
}

/* All problems that came until now. */
static void hold(struct house *house)
{
    run_sql(house->place, arena_print(house->arena,
                                      "UPDATE notification SET outcome = 'held', delivered_by = '', ended_ms = 0,"
                                      " reason = 'limited', created_ms = MIN(created_ms, %lld) WHERE kind = 'problem'",
                                      (long long)house->wall_ms));
}

/* --- storms --- */

static void test_the_end_of_a_storm_leaves_what_it_does_not_speak_of(void **state)
{
    static const struct limits ONE = {.per_hour = 1};
    struct house *house = house_at(*state, STORM OPS);

    tell(house, EVENT_PROBLEM, SEVERITY_WARNING, "a", &ONE);
    hold(house);
    house_rest(house, MINUTE + 1);
    problems(house, 0, 7);
    assert_int_equal(number(house, "SELECT COUNT(*) FROM storm"), 1);
    tell(house, EVENT_UPDATE, SEVERITY_WARNING, "a", &ONE);
    assert_int_equal(tell(house, EVENT_ACKNOWLEDGEMENT, SEVERITY_WARNING, "a", &ONE), HELD);
    work(house); /* announced, since it has room; a summary would be its second message at once */
    assert_int_equal(number(house, "SELECT COUNT(*) FROM notification WHERE reason = 'storm' AND kind = 'note'"), 1);
    house_rest(house, 2 * MINUTE);
    work(house);
    assert_int_equal(number(house, "SELECT COUNT(*) FROM storm"), 0);
    assert_int_equal(untold(house), 3);
    house_rest(house, MINUTE + 1);
    work(house);
    assert_int_equal(untold(house), 0);
    assert_int_equal(
        number(house, "SELECT COUNT(*) FROM notification WHERE reason = 'summary' AND outcome = 'delivered'"), 1);
}

static void test_the_end_of_a_storm_leaves_recoveries_that_a_summary_has_to_tell(void **state)
{
    struct house *house = house_at(*state, STORM OPS);
    static const struct limits NONE;

    tell(house, EVENT_PROBLEM, SEVERITY_WARNING, "told", &NONE);
    run_sql(house->place, "UPDATE notification SET outcome = 'held', delivered_by = 'a summary', ended_ms = 5");
    house_rest(house, 2 * MINUTE);
    problems(house, 0, 8);
    assert_int_equal(tell(house, EVENT_RECOVERY, SEVERITY_INFO, "told", &NONE), HELD);
    work(house);
    house_rest(house, 2 * MINUTE);
    work(house);
    assert_int_equal(number(house, "SELECT COUNT(*) FROM storm"), 0);
    assert_int_equal(number(house, "SELECT COUNT(*) FROM notification WHERE kind = 'recovery' AND ended_ms = 0"), 1);
    house_rest(house, MINUTE + 1);
    work(house);
    assert_int_equal(untold(house), 0);
}

static void test_a_clock_that_was_set_back_makes_no_storm_and_keeps_none(void **state)
{
    struct house *house = house_at(*state, STORM OPS);

    for (size_t i = 0; i < 20; i++) { /* as many as come in three quiet hours */
        problem(house, SEVERITY_WARNING, i);
        house_rest(house, 10 * MINUTE);
    }
    assert_int_equal(number(house, "SELECT COUNT(*) FROM storm"), 0);
    house->wall_ms = NOW;
    house_rest(house, -4 * HOUR);
    assert_int_equal(problem(house, SEVERITY_WARNING, 100), ADMITTED);
    assert_int_equal(number(house, "SELECT COUNT(*) FROM storm"), 0);
    problems(house, 200, 8);
    assert_int_equal(number(house, "SELECT COUNT(*) FROM storm"), 1);
    house_rest(house, -HOUR);
    work(house);
    assert_int_equal(number(house, "SELECT COUNT(*) FROM storm"), 0);
}

static void test_the_gravest_level_storms_by_what_comes_now(void **state)
{
    struct house *house = house_at(*state, STORM OPS);

    for (size_t i = 0; i < 20; i++)
        problem(house, SEVERITY_CRITICAL, i);
    house->wall_ms -= 4 * HOUR;
    run_sql(house->place, "DELETE FROM storm");
    problem(house, SEVERITY_CRITICAL, 100);
    problems(house, 200, 7);
    assert_int_equal(number(house, "SELECT COUNT(*) FROM storm"), 1);
    assert_int_equal(problem(house, SEVERITY_CRITICAL, 300), ADMITTED);
}

static void test_a_clock_that_was_set_back_holds_none_of_the_gravest(void **state)
{
    struct house *house = house_at(*state, "storm { problems = 0 }\n" OPS);

    for (size_t i = 0; i < 20; i++)
        assert_int_equal(problem(house, SEVERITY_EMERGENCY, i), ADMITTED);
    assert_int_equal(problem(house, SEVERITY_EMERGENCY, 20), HELD);
    house->wall_ms -= HOUR;
    assert_int_equal(problem(house, SEVERITY_EMERGENCY, 21), ADMITTED);
}

/* Less than half as many as began it. */
static void test_a_storm_of_six_is_over_with_two_in_its_time(void **state)
{
    struct house *house = house_at(*state, STORM OPS);

    problems(house, 0, 8);
    house_rest(house, MINUTE + 1);
    assert_int_equal(problem(house, SEVERITY_INFO, 20), ADMITTED); /* the first of few pass */
    assert_int_equal(problem(house, SEVERITY_INFO, 21), ADMITTED);
    assert_int_equal(problem(house, SEVERITY_INFO, 22), HELD); /* as many as keep it going */
    work(house);
    assert_int_equal(number(house, "SELECT COUNT(*) FROM storm"), 1);
    house_rest(house, MINUTE + 1);
    problems(house, 30, 2);
    work(house);
    assert_int_equal(number(house, "SELECT COUNT(*) FROM storm"), 0);
}

/* --- summaries --- */

static void test_a_clock_that_was_set_back_keeps_no_summary_waiting(void **state)
{
    struct house *house = house_at(*state, "storm { problems = 0 }\n" OPS);

    problem(house, SEVERITY_WARNING, 1);
    hold(house);
    house_rest(house, MINUTE);
    assert_int_equal(work(house).summaries, 1);
    house->wall_ms -= 4 * HOUR;
    problem(house, SEVERITY_WARNING, 2);
    hold(house);
    assert_int_equal(work(house).summaries, 0);
    house_rest(house, MINUTE);
    assert_int_equal(work(house).summaries, 1);
}

static void test_what_was_held_at_a_time_that_has_not_come_again_is_told_now(void **state)
{
    struct house *house = house_at(*state, "storm { problems = 0 }\n" OPS);

    problem(house, SEVERITY_WARNING, 1);
    hold(house);
    house->wall_ms -= HOUR;
    assert_int_equal(work(house).summaries, 1);
}

static void test_what_waits_for_a_section_that_is_gone_is_said_and_given_up_after_a_day(void **state)
{
    struct house *house = house_at(*state, "storm { problems = 0 }\n" OPERATOR OPS ELSE);

    problem(house, SEVERITY_WARNING, 1);
    hold(house);
    house_rest(house, MINUTE);
    furnish(house, "storm { problems = 0 }\n" OPERATOR ELSE);
    work(house);
    work(house);
    assert_string_equal(sent(house), "else::ops-BROKEN\n");
    house_rest(house, DAY - 2 * MINUTE);
    work(house);
    assert_string_equal(sent(house), "else::ops-BROKEN\n");
    assert_int_equal(untold(house), 1);
    house_rest(house, 2 * MINUTE);
    work(house);
    assert_int_equal(number(house, "SELECT COUNT(*) FROM notification WHERE outcome = 'expired' AND ended_ms > 0"), 1);
    house_rest(house, 2 * HOUR);
    sent(house);
    work(house);
    assert_string_equal(sent(house), "");
}

static void test_what_waits_for_a_section_that_comes_back_is_told(void **state)
{
    struct house *house = house_at(*state, "storm { problems = 0 }\n" OPS ELSE);

    problem(house, SEVERITY_WARNING, 1);
    hold(house);
    house_rest(house, MINUTE);
    furnish(house, "storm { problems = 0 }\n" ELSE);
    assert_int_equal(work(house).summaries, 0);
    furnish(house, "storm { problems = 0 }\n" OPS);
    assert_int_equal(work(house).summaries, 1);
    assert_int_equal(untold(house), 0);
}

static void test_what_another_worker_told_meanwhile_counts_as_told(void **state)
{
    struct house *house = house_at(*state, "storm { problems = 0 }\n" OPS);
    struct digest_making making = {.world = &house->world, .config = house->config, .store = house->store};
    struct digest_set set = {.held = true, .section = "ops", .recipient_key = "they", .until_ms = NOW + DAY};
    struct fault fault = {0};

    problem(house, SEVERITY_WARNING, 1);
    hold(house);
    problem(house, SEVERITY_WARNING, 2); /* n1: delivered */
    problem(house, SEVERITY_WARNING, 3); /* n2: came too late */
    run_sql(house->place, "UPDATE notification SET outcome = 'expired' WHERE id = 'n2'");
    run_sql(house->place, "UPDATE notification SET recipient_key = 'they'");
    assert_true(summary_claim(&making, &set, NOW + DAY, "n1", &fault));
    assert_int_equal(number(house, "SELECT ended_ms FROM notification WHERE delivered_by = 'n1' AND outcome = 'held'"),
                     NOW);
}

/* --- once a day --- */

#define DAILY "timezone = \"Asia/Shanghai\"\noperator { channels = {\"else\"}  daily = \"11:04\" }\n" ELSE

static void test_the_daily_line_comes_once_at_its_minute_of_its_zone(void **state)
{
    struct house *house = house_at(*state, DAILY);

    house->wall_ms = NOW - 6000; /* 11:03:59 */
    work(house);
    assert_string_equal(sent(house), "");
    house_rest(house, 1000);
    work(house);
    work(house);
    assert_string_equal(sent(house), "else::-DAILY-20260102\n");
    house_rest(house, 13 * HOUR); /* 00:04 */
    work(house);
    assert_string_equal(sent(house), "");
    house_rest(house, 11 * HOUR);
    work(house);
    work(house);
    assert_string_equal(sent(house), "else::-DAILY-20260103\n");
}

static void test_a_daily_line_of_a_night_without_its_hour_comes_after_it(void **state)
{
    struct house *house =
        house_at(*state, "timezone = \"Europe/Berlin\"\noperator { channels = {\"else\"}  daily = \"02:30\" }\n" ELSE);

    house->wall_ms = INT64_C(1774745940000); /* 2026-03-29 01:59 in Berlin: 03:00 follows */
    run_sql(house->place, "INSERT OR REPLACE INTO value VALUES ('daily_on', 20260328)");
    work(house);
    assert_string_equal(sent(house), "");
    house_rest(house, MINUTE);
    work(house);
    work(house); /* it was put into the outbox at the end of the one before */
    assert_string_equal(sent(house), "else::-DAILY-20260329\n");
    house->wall_ms = INT64_C(1792888200000); /* 2026-10-25 02:30, for the first time */
    work(house);
    house_rest(house, HOUR); /* and for the second */
    work(house);
    assert_string_equal(sent(house), "else::-DAILY-20261025\n");
}

static void test_the_daily_line_counts_all_that_waits(void **state)
{
    struct house *house = house_at(*state, "language = \"en\"\n" DAILY OPS);

    house->wall_ms = NOW - 6000;
    queue(house, (struct queued){{"ops"}, {NULL}, SEVERITY_WARNING, "waits"});
    queue(house, (struct queued){{"ops"}, {NULL}, SEVERITY_WARNING, "under way"});
    run_sql(house->place, "UPDATE outbox SET due_ms = 9000000000000, expires_ms = 9000000000000");
    run_sql(house->place,
            "UPDATE outbox SET state = 'claimed', lease_ms = 1767323100000, created_ms = 5 WHERE id = 'under way'");
    house_rest(house, 7000);
    work(house);
    work(house);
    assert_int_equal(number(house, "SELECT body LIKE '%Waiting now: 2%' FROM notification WHERE source = 'notifier'"),
                     1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PLACE(test_the_end_of_a_storm_leaves_what_it_does_not_speak_of),
        WITH_PLACE(test_the_end_of_a_storm_leaves_recoveries_that_a_summary_has_to_tell),
        WITH_PLACE(test_a_clock_that_was_set_back_makes_no_storm_and_keeps_none),
        WITH_PLACE(test_the_gravest_level_storms_by_what_comes_now),
        WITH_PLACE(test_a_clock_that_was_set_back_holds_none_of_the_gravest),
        WITH_PLACE(test_a_storm_of_six_is_over_with_two_in_its_time),
        WITH_PLACE(test_what_was_held_at_a_time_that_has_not_come_again_is_told_now),
        WITH_PLACE(test_a_clock_that_was_set_back_keeps_no_summary_waiting),
        WITH_PLACE(test_what_waits_for_a_section_that_is_gone_is_said_and_given_up_after_a_day),
        WITH_PLACE(test_what_waits_for_a_section_that_comes_back_is_told),
        WITH_PLACE(test_what_another_worker_told_meanwhile_counts_as_told),
        WITH_PLACE(test_the_daily_line_comes_once_at_its_minute_of_its_zone),
        WITH_PLACE(test_a_daily_line_of_a_night_without_its_hour_comes_after_it),
        WITH_PLACE(test_the_daily_line_counts_all_that_waits),
    };

    return cmocka_run_group_tests(tests, make_policy_folder, drop_policy_folder);
}
