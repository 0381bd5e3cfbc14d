#include "tests/unit/store_support.h"

#include <sys/wait.h>

#include <sqlite3.h>

#include "common/retention.h"

static void test_a_new_store_is_made_for_the_group(void **state)
{
    struct place *place = *state;
    struct stat about;

    assert_non_null(open_store(place));
    assert_int_equal(stat(file_in(place, "state.db"), &about), 0);
    assert_int_equal(about.st_mode & 0777, 0660);
    assert_int_not_equal(access(file_in(place, "state.db.new"), F_OK), 0);
}

/* As one of the daemons' users; a process of its own, since it gives up its rights. */
static void try_packaged_place(void)
{
    struct arena *arena = arena_new();
    struct fault fault = {0};
    bool renewed;
    bool opened;

    if (geteuid() == 0 && setuid(65534) != 0)
        _exit(2);
    opened = store_open(arena, STORE_PACKAGED_DIRECTORY, 100, &renewed, &fault);
    _exit(!opened && strstr(fault.text, STORE_PACKAGED_DIRECTORY) ? 0 : 1);
}

static void test_the_packaged_place_is_made_by_root_only(void **state)
{
    pid_t child;
    int status = 0;

    (void)state;
    if (access(STORE_PACKAGED_DIRECTORY, F_OK) == 0)
        return; /* installed here: that directory is not the tests' */
    child = fork();
    if (child == 0)
        try_packaged_place();
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_not_equal(access(STORE_PACKAGED_DIRECTORY, F_OK), 0);
}

static void test_what_is_committed_is_there_for_the_next(void **state)
{
    struct place *place = *state;
    struct store *one = open_store(place);
    struct store *other = open_store(place);
    struct fault fault = {0};
    int64_t value = 0;

    assert_true(store_begin(one, &fault));
    assert_true(store_set_value(one, "answer", 42, &fault));
    assert_true(store_commit(one, &fault));
    assert_true(store_promise(one, &fault));
    assert_true(store_get_value(other, "answer", 0, &value, &fault));
    assert_int_equal(value, 42);
}

static void test_what_is_rolled_back_is_gone(void **state)
{
    struct store *store = open_store(*state);
    struct fault fault = {0};
    int64_t value = 0;

    assert_true(store_begin(store, &fault));
    assert_true(store_set_value(store, "answer", 42, &fault));
    store_rollback(store);
    assert_true(store_get_value(store, "answer", 7, &value, &fault));
    assert_int_equal(value, 7);
}

static void test_a_writer_waits_no_longer_than_its_patience(void **state)
{
    struct place *place = *state;
    struct store *one = open_store(place);
    struct store *other;
    struct fault fault = {0};
    bool renewed;

    other = store_open(place->arena, place->directory, 100, &renewed, &fault);
    assert_true(store_begin(one, &fault));
    assert_false(store_begin(other, &fault));
    assert_non_null(strstr(fault.text, "too long"));
    assert_true(store_commit(one, &fault));
    assert_true(store_begin(other, &fault));
    store_rollback(other);
}

static void test_a_newer_schema_stays_untouched(void **state)
{
    struct place *place = *state;
    struct fault fault = {0};
    bool renewed;

    open_store(place);
    run_sql(place, "PRAGMA user_version = 99");
    assert_null(store_open(place->arena, place->directory, 1000, &renewed, &fault));
    assert_non_null(strstr(fault.text, "newer version"));
    assert_int_equal(number_in(place, "PRAGMA user_version"), 99);
}

static void test_a_corrupt_file_is_set_aside_once_an_hour(void **state)
{
    struct place *place = *state;
    struct fault fault = {0};
    bool renewed = false;

    write_file(place, "state.db",
               "this is no database, and it is longer than a header would be ......................"
               "..............................................................................");
    assert_non_null(store_open(place->arena, place->directory, 1000, &renewed, &fault));
    assert_true(renewed);
    assert_int_equal(access(file_in(place, "state.db.corrupt-0"), F_OK), 0);
    write_file(place, "state.db",
               "again no database ..............................................................."
               "..............................................................................");
    unlink(file_in(place, "state.db-wal"));
    assert_null(store_open(place->arena, place->directory, 1000, &renewed, &fault));
    assert_int_not_equal(access(file_in(place, "state.db.corrupt-1"), F_OK), 0);
}

static void test_a_store_that_was_replaced_is_opened_anew(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    struct fault fault = {0};

    assert_int_equal(rename(file_in(place, "state.db"), file_in(place, "old.db")), 0);
    unlink(file_in(place, "state.db-wal"));
    unlink(file_in(place, "state.db-shm"));
    open_store(place);
    assert_true(store_begin(store, &fault));
    assert_true(store_set_value(store, "answer", 1, &fault));
    assert_true(store_commit(store, &fault));
    assert_int_equal(number_in(place, "SELECT number FROM value WHERE name = 'answer'"), 1);
}

static void test_a_link_in_place_of_the_file_is_refused(void **state)
{
    struct place *place = *state;
    struct fault fault = {0};
    bool renewed;

    write_file(place, "elsewhere", "");
    assert_int_equal(symlink(file_in(place, "elsewhere"), file_in(place, "state.db")), 0);
    assert_null(store_open(place->arena, place->directory, 1000, &renewed, &fault));
}

static void test_old_rows_go_in_their_time(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    struct fault fault = {0};

    run_sql(place, "INSERT INTO booking VALUES ('a', 1000, 0), ('a', 200000000, 0)");
    assert_true(retention_tidy(store, 200000001, &fault));
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM booking"), 1);
}

static void test_alerts_are_forgotten_400_days_after_their_end(void **state)
{
    const int64_t day_ms = 86400000;
    struct place *place = *state;
    struct store *store = open_store(place);
    struct fault fault = {0};

    run_sql(place,
            "INSERT INTO alert (problem, id, short_id, opened_ms, over_ms, severity, source, host, service, subject,"
            " event, state) VALUES ('gone', '1', '', 1, 1000, 0, '', '', '', '', '', 'open'),"
            " ('open', '2', '', 1, 0, 0, '', '', '', '', '', 'open')");
    run_sql(place, "INSERT INTO step (problem, route, number, due_ms, state) VALUES ('gone', '', 0, 1, 'stopped'),"
                   " ('gone', '', 1, 1, 'stopped'), ('open', '', 0, 1, 'waiting')");
    run_sql(place,
            "INSERT INTO reply (problem, at_ms, verb, author, via, words) VALUES ('gone', 1, 'take', '', '', ''),"
            " ('open', 1, 'take', '', '', '')");
    assert_true(retention_tidy(store, 400 * day_ms + 1000, &fault));
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM alert"), 2);
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM step"), 3);
    assert_true(retention_tidy(store, 400 * day_ms + 1001, &fault));
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM alert WHERE problem = 'open'"), 1);
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM alert WHERE problem = 'gone'"), 0);
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM step"), 1);
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM reply"), 1);
}

static void add_told(struct place *place, const char *id, int64_t created_ms)
{
    run_sql(place,
            arena_print(place->arena,
                        "INSERT INTO notification (id, short_id, created_ms, problem, repeat_key, kind, severity,"
                        " source, host, service, state, subject, section, channel, recipients, recipient_key,"
                        " limit_key, endpoint_key, reason, outcome, body) VALUES ('%s', '', %lld, '', '', '', 0,"
                        " '', '', '', '', '', '', '', '', '', '', '', '', 'delivered', 'what was said')",
                        id, (long long)created_ms));
}

static void test_what_was_said_is_forgotten_after_thirty_days_the_rest_stays(void **state)
{
    static const char BODIES[] = "SELECT COUNT(*) FROM notification WHERE body <> ''";
    const int64_t day_ms = 86400000;
    const int64_t begin_ms = 1000 * day_ms;
    struct place *place = *state;
    struct store *store = open_store(place);
    struct fault fault = {0};

    add_told(place, "first", begin_ms);
    add_told(place, "second", begin_ms + day_ms);
    add_told(place, "third", begin_ms + 2 * day_ms);
    assert_true(retention_tidy(store, begin_ms + 30 * day_ms, &fault));
    assert_int_equal(number_in(place, BODIES), 3);
    assert_true(retention_tidy(store, begin_ms + 30 * day_ms + 1, &fault));
    assert_int_equal(number_in(place, BODIES), 2);
    assert_true(retention_tidy(store, begin_ms + 32 * day_ms, &fault));
    assert_int_equal(number_in(place, BODIES), 1);
    assert_true(retention_tidy(store, begin_ms + 32 * day_ms + 1, &fault));
    assert_int_equal(number_in(place, BODIES), 0);
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM notification"), 3);
}

/* One reading within another of the same words: each has its own place in the rows. */
struct nested {
    struct store *store;
    int depth;
    int64_t sum;
};

static bool add_up(void *self, struct row *row)
{
    static const char NUMBERS[] = "SELECT number FROM value ORDER BY number";
    struct nested *outer = self;
    struct nested inner = {.store = outer->store, .depth = outer->depth + 1};
    struct fault fault = {0};

    if (outer->depth < 2)
        assert_true(store_read(outer->store, NULL, &fault, NUMBERS, add_up, &inner, ""));
    outer->sum += row_number(row, 0) + inner.sum;
    return true;
}

static void test_a_reading_within_the_same_reading_has_its_own_place(void **state)
{
    struct place *place = *state;
    struct nested all = {.store = open_store(place)};
    struct fault fault = {0};

    run_sql(place, "INSERT INTO value VALUES ('a', 1), ('b', 20), ('c', 300)");
    for (int i = 0; i < 2; i++) {
        all.sum = 0;
        assert_true(store_read(all.store, NULL, &fault, "SELECT number FROM value ORDER BY number", add_up, &all, ""));
        assert_int_equal(all.sum, 321 + 3 * 321 + 9 * 321);
    }
}

/* A kept statement holds no text of its last use. */
static void test_a_statement_is_used_again_with_other_values(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    struct fault fault = {0};
    int64_t value = 0;

    for (int64_t i = 0; i < 100; i++) {
        const char *name = arena_print(place->arena, "name %lld", (long long)i);

        assert_true(store_begin(store, &fault));
        assert_true(store_set_value(store, name, i, &fault));
        assert_true(store_commit(store, &fault));
        assert_true(store_get_value(store, name, -1, &value, &fault));
        assert_int_equal(value, i);
        assert_true(store_get_value(store, "nobody's", -1, &value, &fault));
        assert_int_equal(value, -1);
    }
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM value WHERE name = 'name ' || number"), 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PLACE(test_a_new_store_is_made_for_the_group),
        WITH_PLACE(test_the_packaged_place_is_made_by_root_only),
        WITH_PLACE(test_what_is_committed_is_there_for_the_next),
        WITH_PLACE(test_what_is_rolled_back_is_gone),
        WITH_PLACE(test_a_writer_waits_no_longer_than_its_patience),
        WITH_PLACE(test_a_newer_schema_stays_untouched),
        WITH_PLACE(test_a_corrupt_file_is_set_aside_once_an_hour),
        WITH_PLACE(test_a_store_that_was_replaced_is_opened_anew),
        WITH_PLACE(test_a_link_in_place_of_the_file_is_refused),
        WITH_PLACE(test_old_rows_go_in_their_time),
        WITH_PLACE(test_alerts_are_forgotten_400_days_after_their_end),
        WITH_PLACE(test_what_was_said_is_forgotten_after_thirty_days_the_rest_stays),
        WITH_PLACE(test_a_reading_within_the_same_reading_has_its_own_place),
        WITH_PLACE(test_a_statement_is_used_again_with_other_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
