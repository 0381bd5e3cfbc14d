/* What waits: told in order, by one at a time, through providers that work; with clocks and answers of the test's own. */
#include "tests/unit/worker_support.h"

#include "common/retention.h"

#define SECTIONS                                                                                                 \
    "wall \"dead\" { key = \"dead-0123456789\" }\nwall \"ops\" { key = \"ops-0123456789\" }\n"                   \
    "robot \"one\" { key = \"one-0123456789\"  pool = {\"two\"} }\nrobot \"two\" { key = \"two-0123456789\" }\n" \
    "phone \"sms\" { key = \"sms-0123456789\" }\n"

static const char *id_of(struct arena *arena, size_t number)
{
    return arena_print(arena, "m%04zu", number);
}

static void queue_many(struct house *house, const char *section, size_t count)
{
    for (size_t i = 0; i < count; i++)
        queue(house, (struct queued){{section}, {NULL}, SEVERITY_ERROR, id_of(house->arena, house->made++)});
}

/* --- one at a time --- */

static void nobody_else_may_take_what_is_told(struct house *house)
{
    assert_int_equal(
        number(house, arena_print(house->arena, "SELECT COUNT(*) FROM outbox WHERE state = 'wire' AND lease_ms <= %lld",
                                  (long long)house->wall_ms + 8000)),
        0);
}

static void test_a_slow_provider_lets_no_lease_run_out(void **state)
{
    struct house *house = house_at(*state, SECTIONS);

    queue_many(house, "ops", 20);
    house->takes_ms = 7900;
    house->on_send = nobody_else_may_take_what_is_told;
    assert_int_equal(work(house).rows.delivered, 20);
    assert_int_equal(house->sent_count, 20);
}

static void test_rows_that_nobody_came_to_are_due_at_once(void **state)
{
    struct house *house = house_at(*state, SECTIONS);
    struct worker worker = {.world = &house->world,
                            .config = house->config,
                            .store = house->store,
                            .directory = house->place->directory,
                            .deadline_ms = house->steady_ms + 20000};
    struct work_done done;
    struct fault fault = {0};

    queue_many(house, "ops", 20);
    house->takes_ms = 7000;
    assert_true(work_once(&worker, &done, &fault));
    assert_int_equal(done.rows.delivered, 2); /* at 0 and 7 s: another might not end in time */
    assert_int_equal(done.rows.waiting + done.rows.unclear, 0);
    house->takes_ms = 10;
    assert_int_equal(work(house).rows.delivered, 18);
}

static bool dropped;

static void drop_it(struct house *house)
{
    (void)house;
    if (!dropped)
        run_sql(house->place, "UPDATE notification SET outcome = 'dropped'; DELETE FROM outbox");
    dropped = true;
}

static void test_what_somebody_else_settled_meanwhile_stays_settled(void **state)
{
    struct house *house = house_at(*state, SECTIONS);

    queue_many(house, "ops", 1);
    house->status = 503;
    house->on_send = drop_it;
    work(house);
    assert_int_equal(number(house, "SELECT COUNT(*) FROM notification WHERE outcome = 'dropped'"), 1);
    assert_int_equal(number(house, "SELECT COUNT(*) FROM attempt"), 1);
    queue_many(house, "ops", 1);
    dropped = false;
    house->status = 200;
    work(house);
    assert_int_equal(number(house, "SELECT COUNT(*) FROM notification WHERE outcome = 'delivered'"), 1);
}

/* --- what cannot be told now costs the others nothing --- */

static void test_an_endpoint_that_fails_again_and_again_is_left_alone_but_for_a_probe_a_minute(void **state)
{
    struct house *house = house_at(*state, SECTIONS);

    queue_many(house, "dead", 120);
    house->status = 503;
    work(house);
    assert_int_equal(house->sent_count, 5);
    assert_int_equal(number(house, "SELECT COUNT(*) FROM outbox WHERE state = 'pending' AND due_ms > 1767323045000"),
                     120);
    house_rest(house, 30000);
    work(house);
    assert_int_equal(house->sent_count, 5);
    house_rest(house, 31000);
    work(house);
    assert_int_equal(house->sent_count, 6);
    house->status = 200;
    house_rest(house, 61000);
    assert_int_equal(work(house).rows.delivered, 120);
}

static void test_a_chain_goes_on_where_only_its_first_endpoint_is_left_alone(void **state)
{
    struct house *house = house_at(*state, SECTIONS);
    const struct queued wish = {
        {"dead", "ops"},
        {NULL     },
        SEVERITY_ERROR, "chained"
    };

    queue_many(house, "dead", 5);
    house->status = 503;
    work(house);
    sent(house);
    house->status = 200;
    queue(house, wish);
    work(house);
    assert_string_equal(sent(house), "ops::chained\n");
}

static void test_rows_of_a_section_that_is_gone_are_looked_at_once_a_minute(void **state)
{
    struct house *house = house_at(*state, SECTIONS);
    struct work_done done;

    queue_many(house, "dead", 500);
    queue(house, (struct queued){{"ops"}, {NULL}, SEVERITY_INFO, "less grave"});
    furnish(house, "wall \"ops\" { key = \"ops-0123456789\" }\n");
    done = work(house);
    assert_string_equal(sent(house), "ops::less grave\n");
    assert_true(done.rows.waiting <= 50); /* a batch one by one, the others in one stroke */
    assert_int_equal(number(house, "SELECT COUNT(*) FROM outbox WHERE due_ms >= 1767323105000"), 500);
    house_rest(house, 61000);
    furnish(house, SECTIONS);
    assert_int_equal(work(house).rows.delivered, 500);
}

static void test_a_full_quota_lets_the_same_wait_and_the_graver_pass(void **state)
{
    struct house *house = house_at(*state, SECTIONS);

    queue_many(house, "two", 200);
    house->interval_ms = 0; /* nothing is left to a summary */
    assert_int_equal(work(house).rows.waiting, 48);
    assert_int_equal(house->sent_count, 2);
    assert_int_equal(number(house, "SELECT COUNT(*) FROM outbox WHERE state = 'pending' AND due_ms > 1767323046000"),
                     198);
}

static void test_what_waits_alike_is_not_graver_and_of_the_same_chain(void **state)
{
    struct house *house = house_at(*state, SECTIONS);
    struct outbox_row *rows;
    size_t count;
    struct fault fault = {0};
    static const struct queued WISHES[] = {
        {{"ops"},         {NULL}, SEVERITY_ERROR,    "this"        },
        {{"ops"},         {NULL}, SEVERITY_WARNING,  "less grave"  },
        {{"ops"},         {NULL}, SEVERITY_ERROR,    "as grave"    },
        {{"ops"},         {NULL}, SEVERITY_ERROR,    "further on"  },
        {{"ops"},         {NULL}, SEVERITY_ERROR,    "due later"   },
        {{"ops"},         {NULL}, SEVERITY_ERROR,    "claimed"     },
        {{"ops"},         {NULL}, SEVERITY_CRITICAL, "graver"      },
        {{"ops", "dead"}, {NULL}, SEVERITY_ERROR,    "other chain" },
        {{"dead"},        {NULL}, SEVERITY_ERROR,    "other people"},
    };

    for (size_t i = 0; i < COUNT(WISHES); i++)
        queue(house, WISHES[i]);
    run_sql(house->place, "UPDATE outbox SET due_ms = 5"
                          "; UPDATE outbox SET due_ms = 9000000000000 WHERE id = 'due later'"
                          "; UPDATE outbox SET position = 1 WHERE id = 'further on'"
                          "; UPDATE outbox SET state = 'claimed' WHERE id = 'claimed'");
    assert_true(outbox_claim(house->store, house->arena, NOW, 60000, 50, &rows, &count, &fault));
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].id, "this") == 0)
            rows[0] = rows[i];
    run_sql(house->place, "UPDATE outbox SET state = 'pending' WHERE id NOT IN ('this', 'claimed')");
    assert_true(outbox_put_off_alike(house->store, &rows[0], NOW, NOW + 77, &fault));
    assert_int_equal(number(house, "SELECT COUNT(*) FROM outbox WHERE due_ms = 1767323045077"), 2);
    assert_int_equal(
        number(house, "SELECT COUNT(*) FROM outbox WHERE due_ms = 1767323045077 AND id IN ('less grave', 'as grave')"),
        2);
}

/* --- doubts --- */

static void on_the_wire(struct house *house, const char *id, const char *more)
{
    run_sql(house->place,
            arena_print(house->arena, "UPDATE outbox SET state = 'wire', lease_ms = 1, due_ms = %lld%s WHERE id = '%s'",
                        (long long)house->wall_ms - 70000, more, id));
}

static void test_a_doubt_outlasts_a_full_quota(void **state)
{
    struct house *house = house_at(*state, SECTIONS);

    queue(house, (struct queued){{"two"}, {NULL}, SEVERITY_CRITICAL, "a"});
    queue(house, (struct queued){{"two"}, {NULL}, SEVERITY_CRITICAL, "b"});
    queue(house, (struct queued){{"two"}, {NULL}, SEVERITY_ERROR, "doubtful"});
    run_sql(house->place, "UPDATE outbox SET severity = 2, event = replace(event, '\"error\"', '\"critical\"')");
    on_the_wire(house, "doubtful", "");
    work(house);
    assert_string_equal(sent(house), "two::a\ntwo::b\n");
    house_rest(house, 61000);
    work(house);
    assert_string_equal(sent(house), "two::doubtful:repeat\n");
}

static void test_a_doubt_that_moved_on_to_the_next_leg_stays_there(void **state)
{
    struct house *house = house_at(*state, SECTIONS);

    queue(house, (struct queued){{"two"}, {NULL}, SEVERITY_CRITICAL, "a"});
    queue(house, (struct queued){{"two"}, {NULL}, SEVERITY_CRITICAL, "b"});
    queue(house, (struct queued){
                     {"ops", "two"},
                     {NULL    },
                     SEVERITY_ERROR, "doubtful"
    });
    on_the_wire(house, "doubtful", "");
    work(house);
    assert_string_equal(sent(house), "two::a\ntwo::b\n");
    assert_int_equal(number(house, "SELECT position FROM outbox WHERE id = 'doubtful'"), 1);
    house_rest(house, 61000);
    work(house);
    assert_string_equal(sent(house), "two::doubtful\n");
}

static void test_a_doubt_outlasts_a_section_that_is_gone_for_a_while(void **state)
{
    struct house *house = house_at(*state, SECTIONS);

    queue(house, (struct queued){{"ops"}, {NULL}, SEVERITY_CRITICAL, "doubtful"});
    on_the_wire(house, "doubtful", "");
    furnish(house, "wall \"other\" { key = \"ops-0123456789\" }\n");
    work(house);
    assert_string_equal(sent(house), "");
    furnish(house, SECTIONS);
    house_rest(house, 61000);
    work(house);
    assert_string_equal(sent(house), "ops::doubtful:repeat\n");
}

static void test_a_repeat_keeps_its_mark_and_its_legs_while_its_section_is_gone(void **state)
{
    struct house *house = house_at(*state, SECTIONS);

    queue(house, (struct queued){{"ops"}, {NULL}, SEVERITY_CRITICAL, "again"});
    run_sql(house->place, "UPDATE outbox SET legs = '{\"repeat\":true,' || substr(legs, 2)");
    furnish(house, "wall \"other\" { key = \"ops-0123456789\" }\n");
    work(house);
    furnish(house, SECTIONS);
    house_rest(house, 61000);
    work(house);
    assert_string_equal(sent(house), "ops::again:repeat\n");
}

/* --- robots of a pool --- */

static void test_a_place_of_a_robot_that_has_left_the_pool_is_void(void **state)
{
    struct house *house = house_at(*state, SECTIONS);

    queue(house, (struct queued){{"one"}, {NULL}, SEVERITY_ERROR, "booked"});
    run_sql(house->place, "UPDATE outbox SET booked = 1, via = 'two'");
    furnish(house, "robot \"one\" { key = \"one-0123456789\" }\nrobot \"two\" { key = \"two-0123456789\" }\n");
    work(house);
    assert_string_equal(sent(house), "one::booked\n");
    assert_int_equal(number(house, "SELECT COUNT(*) FROM booking WHERE key LIKE 'robot/%' AND key NOT LIKE '%/group'"),
                     1);
}

static void test_a_booked_place_is_used_once(void **state)
{
    struct house *house = house_at(*state, SECTIONS);

    queue(house, (struct queued){{"one"}, {NULL}, SEVERITY_CRITICAL, "booked"});
    run_sql(house->place, "UPDATE outbox SET booked = 1, via = 'two'");
    work(house);
    assert_string_equal(sent(house), "two::booked\n");
    assert_int_equal(number(house, "SELECT COUNT(*) FROM booking WHERE key LIKE 'robot/%' AND key NOT LIKE '%/group'"),
                     0);
}

static void the_second_robot_is_on_the_wire(struct house *house)
{
    if (strncmp(house->sent[house->sent_count - 1], "two", 3) == 0)
        assert_int_equal(
            number(house, "SELECT COUNT(*) FROM outbox WHERE state = 'wire' AND via = 'two' AND booked = 0"), 1);
}

/* Whoever looks into a doubt asks the account that was called. */
static void test_the_row_says_which_robot_was_called(void **state)
{
    struct house *house = house_at(*state, SECTIONS);

    queue_many(house, "one", 3);
    house->on_send = the_second_robot_is_on_the_wire;
    assert_int_equal(work(house).rows.delivered, 3);
    assert_string_equal(sent(house), "one::m0000\none::m0001\ntwo::m0002\n");
}

/* --- too late --- */

static void test_a_place_of_the_first_channel_is_none_of_the_second(void **state)
{
    struct house *house = house_at(*state, SECTIONS);

    queue(house, (struct queued){
                     {"sms", "two"},
                     {"13800138000"    },
                     SEVERITY_ERROR, "late for an SMS"
    });
    run_sql(house->place, "UPDATE outbox SET booked = 1");
    house_rest(house, 20 * 60000);
    queue(house, (struct queued){{"two"}, {NULL}, SEVERITY_CRITICAL, "a"});
    queue(house, (struct queued){{"two"}, {NULL}, SEVERITY_CRITICAL, "b"});
    work(house);
    assert_string_equal(sent(house), "two::a\ntwo::b\n");
    house_rest(house, 61000);
    work(house);
    assert_string_equal(sent(house), "two::late for an SMS\n");
}

static void test_the_operator_hears_of_what_expired_though_its_section_is_gone(void **state)
{
    struct house *house = house_at(*state, SECTIONS "operator { channels = {\"ops\"} }\n");

    queue(house, (struct queued){{"dead"}, {NULL}, SEVERITY_ERROR, "late"});
    furnish(house, "wall \"ops\" { key = \"ops-0123456789\" }\noperator { channels = {\"ops\"} }\n");
    house_rest(house, 2 * 3600000 + 1);
    assert_int_equal(work(house).rows.expired, 1);
    assert_string_equal(sent(house), "ops::dead-EXPIRED\n");
}

/* --- what is forgotten --- */

static void test_what_is_still_asked_for_is_not_forgotten(void **state)
{
    struct house *house = house_at(*state, SECTIONS);
    struct fault fault = {0};

    queue(house, (struct queued){{"sms"}, {"13800138000"}, SEVERITY_ERROR, "asked for"});
    queue(house, (struct queued){{"ops"}, {NULL}, SEVERITY_ERROR, "told"});
    assert_int_equal(work(house).rows.delivered, 2);
    assert_true(retention_forget(house->store, house->wall_ms + 1, &fault));
    assert_int_equal(number(house, "SELECT COUNT(*) FROM receipt WHERE id = 'asked for'"), 1);
    assert_int_equal(number(house, "SELECT COUNT(*) FROM notification"), 1);
    house_rest(house, 60000);
    assert_int_equal(work(house).receipts, 1);
    assert_true(retention_forget(house->store, house->wall_ms + 1, &fault));
    assert_int_equal(number(house, "SELECT COUNT(*) FROM receipt"), 0);
    assert_int_equal(number(house, "SELECT COUNT(*) FROM notification"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PLACE(test_a_slow_provider_lets_no_lease_run_out),
        WITH_PLACE(test_rows_that_nobody_came_to_are_due_at_once),
        WITH_PLACE(test_what_somebody_else_settled_meanwhile_stays_settled),
        WITH_PLACE(test_an_endpoint_that_fails_again_and_again_is_left_alone_but_for_a_probe_a_minute),
        WITH_PLACE(test_a_chain_goes_on_where_only_its_first_endpoint_is_left_alone),
        WITH_PLACE(test_rows_of_a_section_that_is_gone_are_looked_at_once_a_minute),
        WITH_PLACE(test_a_full_quota_lets_the_same_wait_and_the_graver_pass),
        WITH_PLACE(test_what_waits_alike_is_not_graver_and_of_the_same_chain),
        WITH_PLACE(test_a_doubt_outlasts_a_full_quota),
        WITH_PLACE(test_a_doubt_that_moved_on_to_the_next_leg_stays_there),
        WITH_PLACE(test_a_doubt_outlasts_a_section_that_is_gone_for_a_while),
        WITH_PLACE(test_a_place_of_a_robot_that_has_left_the_pool_is_void),
        WITH_PLACE(test_a_booked_place_is_used_once),
        WITH_PLACE(test_a_repeat_keeps_its_mark_and_its_legs_while_its_section_is_gone),
        WITH_PLACE(test_a_place_of_the_first_channel_is_none_of_the_second),
        WITH_PLACE(test_what_is_still_asked_for_is_not_forgotten),
        WITH_PLACE(test_the_row_says_which_robot_was_called),
        WITH_PLACE(test_the_operator_hears_of_what_expired_though_its_section_is_gone),
    };

    return cmocka_run_group_tests(tests, make_policy_folder, drop_policy_folder);
}
