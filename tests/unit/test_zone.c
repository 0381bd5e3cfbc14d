/* Local time and back: at every change of the clocks as Python's zoneinfo has it (tests/data/make_policy.py). */
#include "tests/unit/data_support.h"

#include <stdlib.h>

#include "common/zone.h"

static void test_is_the_first_moment_at_which_the_clock_has_reached_a_time(void **state)
{
    struct arena *arena = *state;
    struct json_object *rows = test_data(arena, "zones.json");
    size_t count = json_length(rows);

    assert_true(count > 300);
    for (size_t i = 0; i < count; i++) {
        struct json_object *row = json_at(rows, arena_print(arena, "/%zu", i));
        const char *zone = json_text_at(row, "/zone");
        int64_t moment = zone_moment(arena, json_number_at(row, "/local", -1), zone);

        if (moment != json_number_at(row, "/moment", -1) ||
            zone_local(arena, moment, zone) != json_number_at(row, "/shown", -1))
            fail_msg("%s %s: %lld, which shows %lld", zone, json_text_at(row, "/wanted"), (long long)moment,
                     (long long)zone_local(arena, moment, zone));
    }
}

static void test_later_local_times_are_never_earlier_moments(void **state)
{
    static const char *const ZONES[] = {"Europe/Berlin", "Australia/Lord_Howe", "America/Santiago", "Pacific/Apia"};
    static const char *const DAYS[] = {"2026-03-29", "2026-04-05", "2026-09-06", "2011-12-30"};
    struct arena *arena = *state;

    for (size_t i = 0; i < COUNT(ZONES); i++) {
        int64_t day;
        int64_t before;

        assert_true(day_read(DAYS[i], &day));
        before = zone_moment(arena, (day - 1) * DAY_S, ZONES[i]);
        for (int64_t local = (day - 1) * DAY_S + 300; local < (day + 3) * DAY_S; local += 300) {
            int64_t moment = zone_moment(arena, local, ZONES[i]);

            if (moment < before)
                fail_msg("%s: %lld comes before the time before it", ZONES[i], (long long)local);
            before = moment;
        }
    }
}

static void test_leaves_the_machines_zone_alone(void **state)
{
    struct arena *arena = *state;

    setenv("TZ", "Asia/Tokyo", 1);
    zone_local(arena, 0, "America/New_York");
    assert_string_equal(getenv("TZ"), "Asia/Tokyo");
    assert_int_equal(zone_local(arena, 0, ""), 9 * 3600);
    unsetenv("TZ");
}

static void test_counts_days_as_the_calendar_does(void **state)
{
    static const struct {
        const char *text;
        int64_t number;
        int weekday; /* of date(1) */
    } CASES[] = {
        {"1970-01-01", 0,       3},
        {"1969-12-31", -1,      2},
        {"2000-02-29", 11016,   1},
        {"2024-02-29", 19782,   3},
        {"2024-03-01", 19783,   4},
        {"2025-12-31", 20453,   2},
        {"2026-01-01", 20454,   3},
        {"2100-03-01", 47541,   0},
        {"9999-12-31", 2932896, 4},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct civil_day civil = day_civil(CASES[i].number);
        int64_t day = 0;

        assert_true(day_read(CASES[i].text, &day));
        assert_int_equal(day, CASES[i].number);
        assert_int_equal(day_of_week(day), CASES[i].weekday);
        assert_int_equal(day_number(civil), CASES[i].number);
    }
}

static void test_takes_no_day_or_time_that_does_not_exist(void **state)
{
    static const char *const DAYS[] = {"2026-02-29", "2100-02-29", "2026-13-01",  "2026-00-10",
                                       "2026-04-31", "26-01-01",   "2026-1-1",    "2026-01-01x",
                                       "",           "2026-01",    " 2026-01-01", "-026-01-01"};
    static const char *const CLOCKS[] = {"24:01", "09:60", "9", "09:0", "09:00x", "-1:00", "", "25:00", "009:00"};
    static const char *const LOCALS[] = {"2026-01-01 ", "2026-01-01 25:00", "2026-01-01  09:00", "09:00"};
    int64_t read = 77;

    (void)state;
    for (size_t i = 0; i < COUNT(DAYS); i++)
        if (day_read(DAYS[i], &read))
            fail_msg("'%s' was taken for a day", DAYS[i]);
    for (size_t i = 0; i < COUNT(CLOCKS); i++)
        if (clock_read(CLOCKS[i], &read))
            fail_msg("'%s' was taken for a time of day", CLOCKS[i]);
    for (size_t i = 0; i < COUNT(LOCALS); i++)
        if (local_read(LOCALS[i], &read))
            fail_msg("'%s' was taken for a local time", LOCALS[i]);
    assert_int_equal(read, 77);
    assert_true(clock_read("24:00", &read) && read == 86400);
    assert_true(clock_read("9:05", &read) && read == 32700);
    assert_true(local_read("1970-01-02 00:00:01", &read) && read == 86401);
    assert_true(local_read("1970-01-02T01:00", &read) && read == 90000);
    assert_true(local_read("1970-01-02", &read) && read == 86400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_is_the_first_moment_at_which_the_clock_has_reached_a_time),
        WITH_ARENA(test_later_local_times_are_never_earlier_moments),
        WITH_ARENA(test_leaves_the_machines_zone_alone),
        WITH_ARENA(test_counts_days_as_the_calendar_does),
        WITH_ARENA(test_takes_no_day_or_time_that_does_not_exist),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
