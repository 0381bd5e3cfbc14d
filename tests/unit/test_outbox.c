#include "tests/unit/store_support.h"

#include "common/circuit.h"
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

static void test_a_lease_of_a_clock_that_was_set_back_ends_in_a_minute(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);

    put_row(place, "ahead", NOW + 3 * HOUR);
    put_row(place, "soon", NOW + 3 * HOUR);
    run_sql(place, arena_print(place->arena, "UPDATE outbox SET state = 'claimed', lease_ms = %lld",
                               (long long)(NOW + 3 * HOUR)));
    run_sql(place,
            arena_print(place->arena, "UPDATE outbox SET lease_ms = %lld WHERE id = 'soon'", (long long)(NOW + 1000)));
    take_back(store, NOW);
    assert_int_equal(of_row(place, "ahead", "lease_ms"), NOW + MINUTE);
    assert_int_equal(of_row(place, "soon", "lease_ms"), NOW + 1000);
}

static void test_only_ones_own_lease_is_given_back(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    struct outbox_row *rows;
    struct fault fault = {0};

    put_row(place, "ours", NOW);
    put_row(place, "theirs", NOW);
    assert_int_equal(claim(place, store, 2, &rows), 2);
    run_sql(place, "UPDATE outbox SET lease_ms = lease_ms + 5 WHERE id = 'theirs'"); /* after ours had run out */
    assert_true(outbox_give_back(store, rows, 2, &fault));
    assert_int_equal(of_row(place, "ours", "lease_ms"), 0);
    assert_int_equal(of_row(place, "theirs", "lease_ms"), NOW + MINUTE + 5);
    assert_int_equal(claim(place, store, 2, &rows), 1);
}

static bool claim_one(struct place *place, struct store *store, const char *id)
{
    struct outbox_row row;
    struct fault fault = {0};
    bool found = false;

    if (!outbox_claim_one(store, place->arena, id, NOW, MINUTE, &row, &found, &fault))
        fail_msg("%s", fault.text);
    return found;
}

static void test_what_is_being_told_is_nobody_elses(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);

    put_row(place, "one", NOW + HOUR);
    put_row(place, "other", NOW + HOUR);
    assert_false(claim_one(place, store, "neither"));
    assert_true(claim_one(place, store, "one"));
    assert_false(claim_one(place, store, "one"));
    run_sql(place, arena_print(place->arena, "UPDATE outbox SET lease_ms = %lld", (long long)NOW));
    assert_true(claim_one(place, store, "one"));
    run_sql(place, arena_print(place->arena, "UPDATE outbox SET lease_ms = %lld",
                               (long long)(NOW + OUTBOX_LEASE_MOST_MS + 1)));
    assert_true(claim_one(place, store, "one"));
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM outbox WHERE state = 'claimed'"), 1);
}

static void note(struct store *store, enum outcome outcome, int64_t now_ms)
{
    struct fault fault = {0};

    assert_true(store_begin(store, &fault));
    assert_true(circuit_note(store, "robot", outcome, now_ms, &fault));
    assert_true(store_commit(store, &fault));
}

static int64_t due_after(struct store *store, int64_t now_ms)
{
    struct fault fault = {0};
    int64_t due_ms = 0;

    assert_true(circuit_due(store, "robot", now_ms, &due_ms, &fault));
    return due_ms - now_ms;
}

static void test_five_failures_in_a_row_within_five_minutes_open_a_circuit(void **state)
{
    struct store *store = open_store(*state);

    for (int i = 0; i < 4; i++)
        note(store, OUTCOME_AGAIN, NOW + i * MINUTE);
    assert_int_equal(due_after(store, NOW + 3 * MINUTE), 0);
    note(store, OUTCOME_REFUSED, NOW + 4 * MINUTE);
    note(store, OUTCOME_THROTTLED, NOW + 4 * MINUTE);
    assert_int_equal(due_after(store, NOW + 4 * MINUTE), 0);
    note(store, OUTCOME_BROKEN, NOW + 5 * MINUTE);
    assert_int_equal(due_after(store, NOW + 5 * MINUTE), MINUTE);
    assert_int_equal(due_after(store, NOW + 6 * MINUTE), 0);
    note(store, OUTCOME_UNCLEAR, NOW + 20 * MINUTE); /* the probe, however late */
    assert_int_equal(due_after(store, NOW + 20 * MINUTE), MINUTE);
    assert_int_equal(due_after(store, NOW), 0); /* the clock was set back */
    note(store, OUTCOME_DELIVERED, NOW + 21 * MINUTE);
    assert_int_equal(due_after(store, NOW + 21 * MINUTE), 0);
    for (int i = 0; i < 4; i++)
        note(store, OUTCOME_AGAIN, NOW + 30 * MINUTE + i);
    note(store, OUTCOME_AGAIN, NOW + 36 * MINUTE);
    assert_int_equal(due_after(store, NOW + 36 * MINUTE), 0);
    for (int i = 1; i < 5; i++)
        note(store, OUTCOME_AGAIN, NOW + 36 * MINUTE + i);
    assert_int_equal(due_after(store, NOW + 36 * MINUTE + 4), MINUTE);
}

static void test_hastened_rows_may_try_what_was_left_alone(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    struct fault fault = {0};
    int64_t count;

    put_row(place, "one", NOW + HOUR);
    put_row(place, "other", NOW + HOUR);
    put_row(place, "due", NOW);
    for (int i = 0; i < 5; i++)
        note(store, OUTCOME_AGAIN, NOW);
    assert_int_equal(due_after(store, NOW), MINUTE);
    assert_true(outbox_hasten(store, "one", NOW, &count, &fault));
    assert_int_equal(count, 1);
    assert_int_equal(due_after(store, NOW), 0);
    assert_int_equal(of_row(place, "one", "due_ms"), NOW);
    assert_int_equal(of_row(place, "other", "due_ms"), NOW + HOUR);
    assert_true(outbox_hasten(store, "", NOW, &count, &fault));
    assert_int_equal(count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PLACE(test_what_was_made_before_the_clock_was_set_back_is_due_now_and_lives_as_long),
        WITH_PLACE(test_what_was_tried_before_the_clock_was_set_back_is_due_now),
        WITH_PLACE(test_a_worker_is_there_for_three_intervals_and_never_from_the_future),
        WITH_PLACE(test_rows_are_claimed_gravest_first_then_oldest),
        WITH_PLACE(test_a_lease_of_a_clock_that_was_set_back_ends_in_a_minute),
        WITH_PLACE(test_only_ones_own_lease_is_given_back),
        WITH_PLACE(test_what_is_being_told_is_nobody_elses),
        WITH_PLACE(test_five_failures_in_a_row_within_five_minutes_open_a_circuit),
        WITH_PLACE(test_hastened_rows_may_try_what_was_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
