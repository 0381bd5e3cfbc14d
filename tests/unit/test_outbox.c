#include "tests/unit/store_support.h"

#include "common/outbox.h"
#include "common/worker.h"

#define NOW INT64_C(1767323045000)

enum { HOUR = 3600000, MINUTE = 60000 };

/* A row as it stands in the outbox; what matters to a test is changed by SQL. */
static void put_row(const struct place *place, const char *id, int64_t created_ms)
{
    run_sql(place,
            arena_print(place->arena,
                        "INSERT INTO notification (id, short_id, created_ms, problem, repeat_key, kind, severity,"
                        " source, host, service, state, subject, section, channel, recipients, recipient_key,"
                        " limit_key, endpoint_key, reason, outcome) VALUES ('%s', '#AAAAA', %lld, 'p/%s', 'r',"
                        " 'problem', 1, '', 'db-01', '', '', '', 'ops', 'webhook', '', 'group', 'l', 'e', 'first',"
                        " 'waiting')",
                        id, (long long)created_ms, id));
    run_sql(place, arena_print(place->arena,
                               "INSERT INTO outbox (id, problem, recipient_key, severity, state, due_ms, legs, event,"
                               " template_name, created_ms, expires_ms, reason) VALUES ('%s', 'p/%s', 'group', 1,"
                               " 'pending', %lld, '{}', '{}', '', %lld, %lld, 'first')",
                               id, id, (long long)created_ms, (long long)created_ms, (long long)(created_ms + HOUR)));
}

static int64_t of_row(const struct place *place, const char *id, const char *column)
{
    return number_in(place, arena_print(place->arena, "SELECT %s FROM outbox WHERE id = '%s'", column, id));
}

static void take_back(struct store *store, int64_t now_ms)
{
    struct fault fault = {0};

    if (!outbox_take_back(store, now_ms, &fault))
        fail_msg("%s", fault.text);
}

static void test_what_was_made_before_the_clock_was_set_back_is_due_now_and_lives_as_long(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);

    put_row(place, "ahead", NOW + 3 * HOUR);
    put_row(place, "just", NOW + 1500);
    put_row(place, "past", NOW - MINUTE);
    run_sql(place, "UPDATE outbox SET due_ms = due_ms + 30000 WHERE id = 'past'");
    take_back(store, NOW);
    assert_int_equal(of_row(place, "ahead", "created_ms"), NOW);
    assert_int_equal(of_row(place, "ahead", "due_ms"), NOW);
    assert_int_equal(of_row(place, "ahead", "expires_ms"), NOW + HOUR);
    assert_int_equal(of_row(place, "just", "created_ms"), NOW + 1500);
    assert_int_equal(of_row(place, "past", "created_ms"), NOW - MINUTE);
    assert_int_equal(of_row(place, "past", "due_ms"), NOW - 30000);
}

static void test_what_was_tried_before_the_clock_was_set_back_is_due_now(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);

    put_row(place, "tried", NOW - MINUTE);
    put_row(place, "waits", NOW - MINUTE);
    run_sql(place, arena_print(place->arena, "UPDATE outbox SET due_ms = %lld", (long long)(NOW + 3 * HOUR)));
    run_sql(place,
            arena_print(place->arena, "INSERT INTO attempt VALUES ('tried', 1, %lld, 1, 'ops', '', 'again', '', '')",
                        (long long)(NOW + 2 * HOUR)));
    take_back(store, NOW);
    assert_int_equal(of_row(place, "tried", "due_ms"), NOW);
    assert_int_equal(of_row(place, "tried", "expires_ms"), NOW - MINUTE + HOUR);
    assert_int_equal(of_row(place, "waits", "due_ms"), NOW + 3 * HOUR);
}

static bool is_fresh(struct store *store, int64_t now_ms)
{
    struct fault fault = {0};
    bool fresh = false;

    if (!worker_fresh(store, now_ms, &fresh, &fault))
        fail_msg("%s", fault.text);
    return fresh;
}

static void test_a_worker_is_there_for_three_intervals_and_never_from_the_future(void **state)
{
    struct store *store = open_store(*state);
    struct fault fault = {0};

    assert_false(is_fresh(store, NOW));
    assert_true(worker_seen(store, NOW, MINUTE, &fault));
    assert_true(is_fresh(store, NOW));
    assert_true(is_fresh(store, NOW + 3 * MINUTE - 1));
    assert_false(is_fresh(store, NOW + 3 * MINUTE));
    assert_true(is_fresh(store, NOW - 2000));
    assert_false(is_fresh(store, NOW - 2001));
    assert_false(is_fresh(store, NOW - HOUR));
}

static size_t claim(struct place *place, struct store *store, size_t most, struct outbox_row **rows)
{
    struct fault fault = {0};
    size_t count = 0;

    if (!outbox_claim(store, place->arena, NOW, MINUTE, most, rows, &count, &fault))
        fail_msg("%s", fault.text);
    return count;
}

static void test_rows_are_claimed_gravest_first_then_oldest(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    static const struct {
        const char *id;
        int severity;
        int64_t created_ms;
    } ROWS[] = {
        {"late warning",  1, NOW - 10},
        {"critical",      3, NOW - 5 },
        {"early warning", 1, NOW - 20},
        {"emergency",     4, NOW - 1 },
        {"not due",       4, NOW - 2 },
    };
    static const char *const ORDER[] = {"emergency", "critical", "early warning", "late warning"};
    struct outbox_row *rows;

    for (size_t i = 0; i < sizeof(ROWS) / sizeof(*ROWS); i++) {
        put_row(place, ROWS[i].id, ROWS[i].created_ms);
        run_sql(place, arena_print(place->arena, "UPDATE outbox SET severity = %d WHERE id = '%s'", ROWS[i].severity,
                                   ROWS[i].id));
    }
    run_sql(place,
            arena_print(place->arena, "UPDATE outbox SET due_ms = %lld WHERE id = 'not due'", (long long)(NOW + 1)));
    assert_int_equal(claim(place, store, 3, &rows), 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(rows[i].id, ORDER[i]);
    assert_int_equal(claim(place, store, 3, &rows), 1);
    assert_string_equal(rows[0].id, ORDER[3]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PLACE(test_what_was_made_before_the_clock_was_set_back_is_due_now_and_lives_as_long),
        WITH_PLACE(test_what_was_tried_before_the_clock_was_set_back_is_due_now),
        WITH_PLACE(test_a_worker_is_there_for_three_intervals_and_never_from_the_future),
        WITH_PLACE(test_rows_are_claimed_gravest_first_then_oldest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
