#include "tests/unit/support.h"

#include <stdio.h>

#include "plugins/ackd/guests.h"
#include "plugins/ackd/rates.h"

static int count_allowed(struct rates *rates, const char *client, int times, int64_t now_ms)
{
    int allowed = 0;

    for (int i = 0; i < times; i++)
        allowed += rates_allow(rates, client, now_ms);
    return allowed;
}

static void test_each_client_has_its_own_minute(void **state)
{
    static struct rates rates;

    (void)state;
    rates = (struct rates){.most = 30};
    assert_int_equal(count_allowed(&rates, "192.0.2.1", 100, 5000), 30);
    assert_int_equal(count_allowed(&rates, "192.0.2.2", 100, 5000), 30);
    assert_int_equal(count_allowed(&rates, "192.0.2.1", 100, 5000 + RATES_WINDOW_MS - 1), 0);
    assert_int_equal(count_allowed(&rates, "192.0.2.1", 100, 5000 + RATES_WINDOW_MS), 30);
}

static void test_a_crowd_is_counted_in_the_same_memory(void **state)
{
    static struct rates rates;
    char client[32];
    int allowed = 0;

    (void)state;
    rates = (struct rates){.most = 1};
    assert_true(rates_allow(&rates, "known", 1));
    for (int i = 0; i < 100; i++) {
        snprintf(client, sizeof(client), "10.0.%d.%d", i / 256, i % 256);
        allowed += rates_allow(&rates, client, 2);
        allowed += rates_allow(&rates, client, 2);
    }
    assert_int_equal(allowed, 100);
    assert_false(rates_allow(&rates, "known", 3));
    for (int i = 0; i < 100000; i++) {
        snprintf(client, sizeof(client), "crowd %d", i);
        rates_allow(&rates, client, 10 + i);
    }
    assert_true(rates_allow(&rates, "known", 100100));
}

/* Whoever goes on is not forgotten for others that come by once. */
static void test_who_goes_on_is_not_pushed_out(void **state)
{
    static struct rates rates;
    char client[32];

    (void)state;
    rates = (struct rates){.most = 1};
    for (int i = 0; i < 30000; i++) {
        snprintf(client, sizeof(client), "crowd %d", i);
        rates_allow(&rates, client, i);
        if (i >= 10000)
            assert_int_equal(rates_allow(&rates, "known", i), i == 10000);
    }
}

static struct guest guest(int descriptor, const char *peer, bool local, int64_t since_ms)
{
    struct guest one = {.descriptor = descriptor, .since_ms = since_ms, .local = local};

    snprintf(one.peer, sizeof(one.peer), "%s", peer);
    return one;
}

static bool come(struct guests *guests, const struct guest *one)
{
    if (!guests_admit(guests, one))
        return false;
    guests_add(guests, one);
    return true;
}

static void test_sixteen_from_one_address(void **state)
{
    static struct guests guests;
    struct guest one;

    (void)state;
    guests = (struct guests){0};
    for (int i = 0; i < GUESTS_OF_ONE; i++) {
        one = guest(i, "192.0.2.1", false, 0);
        assert_true(come(&guests, &one));
    }
    one = guest(100, "192.0.2.1", false, 0);
    assert_false(come(&guests, &one));
    one = guest(101, "192.0.2.2", false, 0);
    assert_true(come(&guests, &one));
    for (int i = 0; i < 2 * GUESTS_OF_ONE; i++) {
        one = guest(200 + i, "127.0.0.1", true, 0);
        assert_true(come(&guests, &one));
    }
    guests_remove(&guests, 3);
    assert_null(guests_find(&guests, 3));
    assert_string_equal(guests_find(&guests, 101)->peer, "192.0.2.2");
    one = guest(102, "192.0.2.1", false, 0);
    assert_true(come(&guests, &one));
}

static void test_ten_seconds_each(void **state)
{
    static struct guests guests;
    struct guest one = guest(5, "192.0.2.1", false, 1000);

    (void)state;
    guests = (struct guests){0};
    assert_int_equal(guests_patience_ms(&guests, 0), -1);
    assert_int_equal(guests_to_leave(&guests, 99999), -1);
    guests_add(&guests, &one);
    one = guest(6, "192.0.2.1", false, 2000);
    guests_add(&guests, &one);
    assert_int_equal(guests_patience_ms(&guests, 3000), 8000);
    assert_int_equal(guests_to_leave(&guests, 10999), -1);
    assert_int_equal(guests_to_leave(&guests, 11000), 5);
    assert_int_equal(guests_to_leave(&guests, 11000), -1);
    assert_int_equal(guests_patience_ms(&guests, 11000), 1000);
    assert_int_equal(guests_patience_ms(&guests, 20000), 0);
    guests_remove(&guests, 5);
    assert_int_equal(guests_to_leave(&guests, 12000), 6);
    assert_int_equal(guests_patience_ms(&guests, 12000), -1);
}

static void test_the_longest_here_makes_room(void **state)
{
    static struct guests guests;
    struct guest one;
    int descriptor = 0;

    (void)state;
    guests = (struct guests){0};
    for (int i = 0; i < GUESTS_MOST; i++) {
        one = guest(i, "127.0.0.1", true, i);
        assert_true(come(&guests, &one));
        assert_int_equal(guests_to_leave(&guests, i), -1);
    }
    for (int i = GUESTS_MOST; i < 2 * GUESTS_MOST; i++) {
        one = guest(i, "127.0.0.1", true, i);
        assert_true(come(&guests, &one));
        assert_int_equal(guests_to_leave(&guests, i), descriptor++);
        assert_int_equal(guests_to_leave(&guests, i), -1);
    }
    one = guest(999, "127.0.0.1", true, 999);
    assert_false(come(&guests, &one)); /* nobody has left yet */
    guests_remove(&guests, 0);
    assert_true(come(&guests, &one));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_client_has_its_own_minute),
        cmocka_unit_test(test_a_crowd_is_counted_in_the_same_memory),
        cmocka_unit_test(test_who_goes_on_is_not_pushed_out),
        cmocka_unit_test(test_sixteen_from_one_address),
        cmocka_unit_test(test_ten_seconds_each),
        cmocka_unit_test(test_the_longest_here_makes_room),
    };

    return cmocka_run_group_tests_name("ackd_limits", tests, NULL, NULL);
}
