/* What an arena promises of deferred actions: they run, newest first, also in optimised builds. */
#include "tests/unit/support.h"

static char order[4];
static size_t ran;

static void note_letter(void *letter)
{
    order[ran++] = *(const char *)letter;
}

static void test_runs_deferred_actions_newest_first(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    arena_defer(arena, note_letter, arena_copy(arena, "a", 1));
    arena_defer(arena, note_letter, arena_copy(arena, "b", 1));
    arena_release(arena);
    assert_string_equal("ba", order);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_runs_deferred_actions_newest_first)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
