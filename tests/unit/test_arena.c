#include "tests/unit/support.h"

static const char *order[3];
static size_t told;

static void tell(void *object)
{
    order[told++] = object;
}

/* A compiler that trusts the attributes of arena_alloc() too much loses the object: seen with gcc 12 -O2. */
static void test_deferred_actions_get_their_objects_newest_first(void **state)
{
    static char first[] = "first";
    static char second[] = "second";
    struct arena *arena = arena_new();

    (void)state;
    told = 0;
    arena_defer(arena, tell, first);
    arena_alloc(arena, 100);
    arena_defer(arena, tell, second);
    arena_release(arena);
    assert_int_equal(told, 2);
    assert_string_equal(order[0], "second");
    assert_string_equal(order[1], "first");
}

static void test_blocks_keep_their_content_while_others_grow(void **state)
{
    char *one = arena_copy(*state, "one", 3);
    char *two = arena_grow(*state, NULL, 4);
    char *three = arena_print(*state, "%s", "three");

    memcpy(two, "two", 4);
    for (size_t size = 4; size < 5000; size *= 2)
        two = arena_grow(*state, two, size);
    assert_string_equal(one, "one");
    assert_string_equal(two, "two");
    assert_string_equal(three, "three");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deferred_actions_get_their_objects_newest_first),
        WITH_ARENA(test_blocks_keep_their_content_while_others_grow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
