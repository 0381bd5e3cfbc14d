#include "tests/unit/store_support.h"

#include <sys/wait.h>

#include "common/admission.h"
#include "common/mute.h"
#include "common/outbox.h"

#define NOW INT64_C(1767323045000)

/* A question as a robot's section asks it; what matters to a test is changed by it. */
static struct admission_ask question(struct arena *arena, const char *id, struct event *event)
{
    return (struct admission_ask){
        .id = id,
        .short_id = "#AAAAA",
        .event = event,
        .problem = arena_print(arena, "p/%s", event->event_id),
        .repeat_key =
            arena_print(arena, "r/%s/%s/%s", event->event_id, event_kind_name(event->kind), event->notification_number),
        .numbered = event->notification_number[0] != '\0',
        .section = "ops",
        .channel = "dingtalk",
        .recipients = "",
        .recipient_key = "group",
        .limit_key = "key",
        .endpoint_key = "robot",
        .limits = {.per_minute = 5, .per_hour = 20, .per_day = 100},
        .repeat_within_ms = 170000,
        .exempt = 1U << SEVERITY_EMERGENCY,
        .legs = "{\"legs\":[]}",
        .template_name = "",
        .route = "",
        .reason = "",
        .now_ms = NOW,
        .lease_ms = 20000,
        .expires_ms = NOW + 7200000,
    };
}

static struct event problem(const char *event_id, enum severity severity)
{
    struct event event = event_empty();

    event.kind = EVENT_PROBLEM;
    event.severity = severity;
    event.host = "db-01";
    event.event_id = event_id;
    return event;
}

static struct admission_answer ask(struct place *place, struct store *store, const struct admission_ask *question)
{
    struct admission_answer answer;
    struct fault fault = {0};

    if (!admission_ask(store, place->arena, question, &answer, &fault))
        fail_msg("%s", fault.text);
    return answer;
}

static void end(struct store *store, const char *id, enum outbox_end how, int64_t now_ms)
{
    struct outbox_result result = {.id = id,
                                   .section = "ops",
                                   .reference = "",
                                   .text = "",
                                   .code = "",
                                   .words = "no",
                                   .legs_left = "",
                                   .now_ms = now_ms,
                                   .due_ms = now_ms};
    struct fault fault = {0};

    result.end = how;
    if (!outbox_finish(store, &result, &fault))
        fail_msg("%s", fault.text);
}

/* Asks for a new problem and, when admitted, has it delivered. */
static struct admission_answer tell(struct place *place, struct store *store, int number, enum severity severity,
                                    int64_t now_ms)
{
    struct event event = problem(arena_print(place->arena, "%d", number), severity);
    struct admission_ask asked = question(place->arena, arena_print(place->arena, "n%d", number), &event);
    struct admission_answer answer;

    asked.now_ms = now_ms;
    answer = ask(place, store, &asked);
    if (answer.admission == ADMITTED)
        end(store, answer.id, OUTBOX_DELIVERED, now_ms);
    return answer;
}

static void test_the_sixth_in_a_minute_is_held_and_counted(void **state)
{
    struct store *store = open_store(*state);
    struct admission_answer answer;

    for (int i = 1; i <= 5; i++)
        assert_int_equal(tell(*state, store, i, SEVERITY_WARNING, NOW + i).admission, ADMITTED);
    answer = tell(*state, store, 6, SEVERITY_WARNING, NOW + 6);
    assert_int_equal(answer.admission, HELD);
    assert_string_equal(answer.window, "minute");
    assert_string_equal(answer.scope, "key");
    assert_int_equal(answer.waiting, 1);
    assert_int_equal(tell(*state, store, 7, SEVERITY_WARNING, NOW + 59999).waiting, 2);
    assert_int_equal(tell(*state, store, 8, SEVERITY_WARNING, NOW + 60001).admission, ADMITTED);
}

/* The word decides what the person reads, and whether a summary waits for the route's hours. */
static void test_what_holds_a_message_back_has_its_word(void **state)
{
    static const struct {
        const char *scope;
        struct limits key;
        struct limits recipient;
        struct limits endpoint;
        int64_t hold_until_ms;
        const char *recorded; /* how the store has the second of two */
    } CASES[] = {
        {"key",       {.per_minute = 1}, {0},               {0},               0,             "reason = 'limited' AND release_ms = 0"                  },
        {"recipient", {0},               {.per_minute = 1}, {0},               0,             "reason = 'limited' AND release_ms = 0"                  },
        {"endpoint",  {0},               {0},               {.per_minute = 1}, 0,             "reason = 'limited' AND release_ms = 0"                  },
        {"route",     {0},               {0},               {0},               NOW + 3600000, "reason = 'outside hours' AND release_ms = 1767326645000"},
    };
    struct place *place = *state;
    struct store *store = open_store(place);

    for (size_t i = 0; i < COUNT(CASES); i++) {
        const char *first = arena_print(place->arena, "%s-1", CASES[i].scope);
        const char *second = arena_print(place->arena, "%s-2", CASES[i].scope);
        struct event event = problem(first, SEVERITY_WARNING);
        struct admission_ask asked = question(place->arena, first, &event);
        struct admission_answer answer;

        asked.limits = CASES[i].key;
        asked.recipient_limits = CASES[i].recipient;
        asked.endpoint_limits = CASES[i].endpoint;
        asked.recipient_key = asked.limit_key = asked.endpoint_key = CASES[i].scope;
        assert_int_equal(ask(place, store, &asked).admission, ADMITTED);
        event.event_id = second;
        asked.id = asked.repeat_key = second;
        asked.hold_until_ms = CASES[i].hold_until_ms;
        answer = ask(place, store, &asked);
        assert_int_equal(answer.admission, HELD);
        assert_string_equal(answer.scope, CASES[i].scope);
        assert_int_equal(answer.due_ms, CASES[i].hold_until_ms ? CASES[i].hold_until_ms : NOW + 60001);
        assert_int_equal(
            number_in(place, arena_print(place->arena, "SELECT COUNT(*) FROM notification WHERE id = '%s' AND %s",
                                         second, CASES[i].recorded)),
            1);
    }
}

static void test_the_hour_and_the_day_slide_too(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    int64_t now_ms = NOW;
    int admitted = 0;

    for (int i = 0; i < 40; i++, now_ms += 60001)
        admitted += tell(place, store, i, SEVERITY_WARNING, now_ms).admission == ADMITTED;
    assert_int_equal(admitted, 20);
    assert_string_equal(tell(place, store, 100, SEVERITY_WARNING, now_ms).window, "hour");
    for (int i = 200; i < 600; i++, now_ms += 200000)
        admitted += tell(place, store, i, SEVERITY_WARNING, now_ms).admission == ADMITTED;
    assert_int_equal(admitted, 100);
    assert_string_equal(tell(place, store, 700, SEVERITY_WARNING, now_ms).window, "day");
}

static void test_what_is_worse_than_all_in_the_window_passes_once(void **state)
{
    struct store *store = open_store(*state);

    for (int i = 1; i <= 5; i++)
        tell(*state, store, i, SEVERITY_WARNING, NOW);
    assert_int_equal(tell(*state, store, 6, SEVERITY_WARNING, NOW).admission, HELD);
    assert_int_equal(tell(*state, store, 7, SEVERITY_CRITICAL, NOW).admission, ADMITTED);
    assert_int_equal(tell(*state, store, 8, SEVERITY_CRITICAL, NOW).admission, HELD);
    assert_int_equal(tell(*state, store, 9, SEVERITY_EMERGENCY, NOW).admission, ADMITTED);
    assert_int_equal(tell(*state, store, 10, SEVERITY_EMERGENCY, NOW).admission, ADMITTED);
}

static void test_a_recovery_follows_its_problem(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    struct event event;
    struct admission_ask asked;

    for (int i = 1; i <= 6; i++)
        tell(place, store, i, SEVERITY_WARNING, NOW);
    event = problem("3", SEVERITY_WARNING);
    event.kind = EVENT_RECOVERY;
    asked = question(place->arena, "r3", &event);
    assert_int_equal(ask(place, store, &asked).admission, ADMITTED);
    event = problem("6", SEVERITY_WARNING);
    event.kind = EVENT_RECOVERY;
    asked = question(place->arena, "r6", &event);
    assert_int_equal(ask(place, store, &asked).admission, FOLDED);
    event = problem("nobody knows it", SEVERITY_WARNING);
    event.kind = EVENT_RECOVERY;
    asked = question(place->arena, "r0", &event);
    assert_int_equal(ask(place, store, &asked).admission, ADMITTED);
}

static void test_an_echo_of_ours_is_recorded_and_not_told(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    struct event event = problem("7", SEVERITY_EMERGENCY);
    struct admission_ask asked = question(place->arena, "e1", &event);
    struct admission_answer answer;

    run_sql(place, "INSERT INTO writeback (id, problem, verb, author, words, created_ms, due_ms, attempts, state)"
                   " VALUES ('w', 'p/7', 'take', 'zhang', '', 1767323040000, 1767323044000, 1, 'done')");
    event.kind = EVENT_ACKNOWLEDGEMENT;
    event.comment = "zhang is on it [#AAAAA notification-plugins]";
    asked = question(place->arena, "e1", &event);
    answer = ask(place, store, &asked);
    assert_int_equal(answer.admission, ECHOED);
    assert_string_equal(answer.reason, "echo");
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM notification WHERE reason = 'echo' AND outcome = 'echo'"),
                     1);
    assert_int_equal(number_in(place, "SELECT (SELECT COUNT(*) FROM outbox) + (SELECT COUNT(*) FROM booking)"), 0);
    event.event_id = "8"; /* nothing was written back about this one */
    asked = question(place->arena, "e2", &event);
    assert_int_equal(ask(place, store, &asked).admission, ADMITTED);
}

static void test_the_same_again_is_a_repeat_and_later_a_reminder(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    struct event event = problem("1", SEVERITY_WARNING);
    struct admission_ask asked = question(place->arena, "n1", &event);
    struct admission_answer answer;

    tell(place, store, 1, SEVERITY_WARNING, NOW);
    asked.id = "n1-again";
    asked.now_ms = NOW + 20000;
    answer = ask(place, store, &asked);
    assert_int_equal(answer.admission, REPEATED);
    assert_int_equal(answer.ago_ms, 20000);
    asked.now_ms = NOW + 56000;
    answer = ask(place, store, &asked);
    assert_int_equal(answer.admission, ADMITTED);
    assert_string_equal(answer.reason, "reminder");
}

static void test_an_equal_number_is_never_a_reminder_and_another_number_no_repeat(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    struct event event = problem("1", SEVERITY_WARNING);
    struct admission_ask asked;

    event.notification_number = "1";
    asked = question(place->arena, "a", &event);
    assert_int_equal(ask(place, store, &asked).admission, ADMITTED);
    end(store, "a", OUTBOX_DELIVERED, NOW);
    asked.id = "b";
    asked.now_ms = NOW + 100000;
    assert_int_equal(ask(place, store, &asked).admission, REPEATED);
    event.notification_number = "2";
    asked = question(place->arena, "c", &event);
    assert_int_equal(ask(place, store, &asked).admission, ADMITTED);
}

static void test_a_hosts_retry_adopts_what_waits(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    struct event event = problem("1", SEVERITY_WARNING);
    struct admission_ask asked = question(place->arena, "first", &event);
    struct admission_answer answer;

    assert_int_equal(ask(place, store, &asked).admission, ADMITTED);
    asked.id = "second";
    asked.now_ms = NOW + 10000;
    assert_int_equal(ask(place, store, &asked).admission, IN_FLIGHT);
    end(store, "first", OUTBOX_WAITS, NOW + 11000);
    asked.now_ms = NOW + 12000;
    answer = ask(place, store, &asked);
    assert_int_equal(answer.admission, ADOPTED);
    assert_string_equal(answer.id, "first");
    end(store, "first", OUTBOX_REFUSED, NOW + 13000);
    answer = ask(place, store, &asked);
    assert_int_equal(answer.admission, REFUSED_BEFORE);
    assert_string_equal(answer.words, "no");
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM notification"), 1);
}

static void test_what_still_waits_is_adopted_however_old_it_is(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    struct event event = problem("1", SEVERITY_WARNING);
    struct admission_ask asked = question(place->arena, "first", &event);
    struct admission_answer answer;

    ask(place, store, &asked);
    end(store, "first", OUTBOX_WAITS, NOW + 1000);
    asked.id = "second";
    asked.now_ms = NOW + asked.repeat_within_ms + 3600000;
    answer = ask(place, store, &asked);
    assert_int_equal(answer.admission, ADOPTED);
    assert_string_equal(answer.id, "first");
    end(store, "first", OUTBOX_DELIVERED, asked.now_ms);
    asked.now_ms++;
    assert_int_equal(ask(place, store, &asked).admission,
                     ADMITTED); /* made before the window, and no longer under way */
}

static void test_a_dead_senders_row_is_adopted_when_its_lease_is_over(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    struct event event = problem("1", SEVERITY_WARNING);
    struct admission_ask asked = question(place->arena, "first", &event);

    ask(place, store, &asked);
    asked.now_ms = NOW + 20001;
    assert_int_equal(ask(place, store, &asked).admission, ADOPTED);
}

static void test_the_providers_quota_keeps_places_for_the_gravest(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    struct admission_answer answer = {0};
    int admitted = 0;

    for (int i = 0; i < 30; i++) {
        struct event event = problem(arena_print(place->arena, "%d", i), i < 20 ? SEVERITY_WARNING : SEVERITY_CRITICAL);
        struct admission_ask asked = question(place->arena, arena_print(place->arena, "n%d", i), &event);

        asked.limits = (struct limits){0};
        asked.endpoint_limits = (struct limits){.per_minute = 18, .kept_for_critical = 4};
        asked.now_ms = NOW + i;
        answer = ask(place, store, &asked);
        admitted += answer.admission == ADMITTED;
        if (i == 19)
            assert_int_equal(admitted, 14);
    }
    assert_int_equal(admitted, 18);
    assert_int_equal(answer.admission, QUEUED);
    assert_in_range(answer.due_ms, NOW + 60000, NOW + 60100);
}

/* Counted by the store itself: how many of a severity were admitted. */
static int64_t admitted(const struct place *place, const char *comparison)
{
    return number_in(place, arena_print(place->arena,
                                        "SELECT COUNT(*) FROM notification WHERE outcome = 'waiting' AND severity %s 3"
                                        " AND id IN (SELECT id FROM outbox WHERE state = 'claimed')",
                                        comparison));
}

static void test_places_kept_for_the_gravest_are_exact_in_any_order(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);

    for (int i = 0; i < 60; i++) {
        bool grave = i % 3 == 0;
        struct event event = problem(arena_print(place->arena, "%d", i), grave ? SEVERITY_CRITICAL : SEVERITY_WARNING);
        struct admission_ask asked = question(place->arena, arena_print(place->arena, "n%d", i), &event);

        asked.limits = (struct limits){0};
        asked.endpoint_limits = (struct limits){.per_minute = 18, .kept_for_critical = 4};
        ask(place, store, &asked);
        assert_true(admitted(place, "<") + admitted(place, ">=") <= 18);
    }
    /* 5 grave and 9 others fill 14; the last 4 go to the grave. */
    assert_int_equal(admitted(place, "<"), 9);
    assert_int_equal(admitted(place, ">="), 9);
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM outbox WHERE state = 'pending' AND booked = 0"), 11);
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM booking WHERE key = 'robot'"), 18);
}

static void test_limits_that_make_no_sense_hold_nothing_that_they_should_not(void **state)
{
    static const struct {
        const char *name;
        struct limits limits;
        int admitted; /* of 10 */
    } ROWS[] = {
        {"none",                      {0},                                                                       10},
        {"below none",                {.per_minute = -5, .per_hour = -1, .per_day = -1},                         10},
        {"one",                       {.per_minute = 1},                                                         1 },
        {"only a day",                {.per_day = 3},                                                            3 },
        {"the day below the minute",  {.per_minute = 8, .per_hour = 6, .per_day = 2},                            2 },
        {"the most that can be said", {.per_minute = LIMIT_MOST, .per_hour = LIMIT_MOST, .per_day = LIMIT_MOST}, 10},
        {"more than can be counted",  {.per_minute = INT64_MAX, .per_hour = INT64_MAX},                          10},
        {"more kept than there are",  {.per_minute = 3, .kept_for_critical = 50},                                3 },
        {"as many kept as there are", {.per_minute = 3, .kept_for_critical = 3},                                 3 },
    };
    struct place *place = *state;
    struct store *store = open_store(place);

    for (size_t row = 0; row < sizeof(ROWS) / sizeof(*ROWS); row++) {
        for (int both = 0; both < 2; both++) {
            int count = 0;

            for (int i = 0; i < 10; i++) {
                struct event event = problem(arena_print(place->arena, "%zu-%d-%d", row, both, i), SEVERITY_WARNING);
                struct admission_ask asked =
                    question(place->arena, arena_print(place->arena, "n%zu-%d-%d", row, both, i), &event);

                asked.limit_key = arena_print(place->arena, "key%zu-%d", row, both);
                asked.endpoint_key = arena_print(place->arena, "robot%zu-%d", row, both);
                asked.limits = both ? (struct limits){0} : ROWS[row].limits;
                asked.endpoint_limits = both ? ROWS[row].limits : (struct limits){0};
                count += ask(place, store, &asked).admission == ADMITTED;
            }
            if (count != ROWS[row].admitted)
                fail_msg("%s (%s): %d of 10 admitted, not %d", ROWS[row].name, both ? "endpoint" : "key", count,
                         ROWS[row].admitted);
        }
    }
}

static void test_a_message_that_waits_for_a_place_has_none_yet(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    struct endpoint own = {.key = "robot", .via = ""};
    struct quota_ask quota = {
        .pool = {.items = &own, .count = 1},
        .problem = "p",
        .recipient_key = "group",
        .limits = {.per_minute = 2            },
        .severity = SEVERITY_CRITICAL
    };
    struct quota_answer answer;
    struct fault fault = {0};

    for (int i = 0; i < 6; i++) {
        struct event event = problem(arena_print(place->arena, "%d", i), SEVERITY_CRITICAL);
        struct admission_ask asked = question(place->arena, arena_print(place->arena, "n%d", i), &event);

        asked.limits = (struct limits){0};
        asked.endpoint_limits = quota.limits;
        assert_int_equal(ask(place, store, &asked).admission, i < 2 ? ADMITTED : QUEUED);
    }
    quota.now_ms = NOW + 60001;
    for (int i = 0; i < 4; i++) {
        assert_true(quota_take(store, place->arena, &quota, &answer, &fault));
        assert_int_equal(answer.taken, i < 2);
    }
    assert_int_equal(answer.due_ms, NOW + 60001 + 60001);
}

static void test_a_spooled_message_takes_its_place_when_it_is_told(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    struct event event = problem("1", SEVERITY_WARNING);
    struct admission_ask asked = question(place->arena, "spooled", &event);

    asked.endpoint_limits = (struct limits){.per_minute = 1};
    asked.place_later = true;
    assert_int_equal(ask(place, store, &asked).admission, ADMITTED);
    assert_int_equal(number_in(place, "SELECT booked FROM outbox"), 0);
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM booking WHERE key = 'robot'"), 0);
}

static void test_a_mute_is_obeyed_and_ends(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    struct mute mute = {.id = "m",
                        .host = "DB-*",
                        .service = "",
                        .tag = "",
                        .section = "",
                        .from_ms = NOW,
                        .until_ms = NOW + 3600000,
                        .author = "li",
                        .words = "disk"};
    struct fault fault = {0};
    struct admission_answer answer;

    assert_true(mute_add(store, &mute, &fault));
    answer = tell(place, store, 1, SEVERITY_EMERGENCY, NOW + 1);
    assert_int_equal(answer.admission, MUTED);
    assert_string_equal(answer.words, "li: disk");
    assert_int_equal(tell(place, store, 2, SEVERITY_WARNING, NOW + 3600000).admission, ADMITTED);
}

static void test_a_clock_set_back_blocks_no_key_for_longer_than_its_window(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);

    for (int i = 1; i <= 5; i++)
        tell(place, store, i, SEVERITY_WARNING, NOW + 7200000);
    assert_int_equal(tell(place, store, 6, SEVERITY_WARNING, NOW).admission, HELD);
    assert_int_equal(tell(place, store, 7, SEVERITY_WARNING, NOW + 60001).admission, ADMITTED);
}

enum { PROCESSES = 64 };

/* One of many processes: its own problem, the keys of all. */
static void ask_alone(const struct place *place, int number, void (*shape)(struct admission_ask *, int number))
{
    struct arena *arena = arena_new();
    struct fault fault = {0};
    struct event event = problem(arena_print(arena, "%d", number), SEVERITY_WARNING);
    struct admission_ask asked = question(arena, arena_print(arena, "n%d", number), &event);
    struct admission_answer answer;
    bool renewed;
    struct store *store = store_open(arena, place->directory, 20000, &renewed, &fault);
    bool asked_well;

    if (shape)
        shape(&asked, number);
    event.severity = asked.event->severity;
    asked_well = store && admission_ask(store, arena, &asked, &answer, &fault);
    arena_release(arena);
    _exit(asked_well ? 0 : 1);
}

/* Many processes at once: what is promised is exact. */
static void ask_at_once(const struct place *place, void (*shape)(struct admission_ask *, int number))
{
    pid_t children[PROCESSES];
    int failed = 0;

    open_store(place);
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0)
            ask_alone(place, i, shape);
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status = 0;

        waitpid(children[i], &status, 0);
        failed += status != 0;
    }
    assert_int_equal(failed, 0);
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM notification"), PROCESSES);
}

static void test_sixty_four_processes_take_five_places(void **state)
{
    struct place *place = *state;

    ask_at_once(place, NULL);
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM outbox"), 5);
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM booking WHERE key = 'key'"), 5);
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM notification WHERE outcome = 'held'"), PROCESSES - 5);
}

static const struct endpoint ROBOTS[] = {
    {"robot",  ""     },
    {"second", "ops-2"},
    {"third",  "ops-3"}
};
static struct event grave;

/* Every fourth is grave. */
static void through_three_robots(struct admission_ask *ask, int number)
{
    grave = *ask->event;
    if (number % 4 == 0)
        grave.severity = SEVERITY_CRITICAL;
    ask->event = &grave;
    ask->limits = (struct limits){0};
    ask->endpoint_limits = (struct limits){.per_minute = 18, .kept_for_critical = 4};
    ask->pool = (struct endpoints){.items = ROBOTS, .count = 3};
}

static void test_sixty_four_processes_take_the_places_of_three_robots(void **state)
{
    struct place *place = *state;
    int64_t others;

    ask_at_once(place, through_three_robots);
    assert_in_range(number_in(place, "SELECT COUNT(*) FROM booking WHERE key = 'robot'"), 14, 18);
    assert_in_range(number_in(place, "SELECT COUNT(*) FROM booking WHERE key = 'second'"), 14, 18);
    assert_in_range(number_in(place, "SELECT COUNT(*) FROM booking WHERE key = 'third'"), 0, 18);
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM outbox WHERE booked = 1"),
                     number_in(place, "SELECT COUNT(*) FROM booking WHERE key IN ('robot', 'second', 'third')"));
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM booking WHERE key = 'second'"),
                     number_in(place, "SELECT COUNT(*) FROM outbox WHERE via = 'ops-2'"));
    others = number_in(place, "SELECT COUNT(*) FROM notification WHERE severity < 3 AND outcome = 'waiting'");
    assert_in_range(others, 3 * 14 - 16, 3 * 14);
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM notification WHERE severity >= 3 AND outcome = 'waiting'"),
                     PROCESSES / 4);
}

static void test_of_full_robots_the_one_is_named_that_is_free_next(void **state)
{
    static const struct endpoint FULL[] = {
        {"first",  ""     },
        {"second", "two"  },
        {"third",  "three"}
    };
    const struct endpoints pool = {.items = FULL, .count = 3};
    struct budget budget = {.limits = {.per_minute = 1}, .severity = SEVERITY_WARNING, .strict = true, .now_ms = NOW};
    struct store *store = open_store(*state);
    const struct endpoint *found;
    struct vacancy vacancy;
    struct fault fault = {0};

    run_sql(*state, "INSERT INTO booking VALUES ('first', 1767323040000, 1), ('second', 1767323020000, 1),"
                    " ('third', 1767323030000, 1)");
    assert_true(budget_choose(store, &pool, "three", &budget, &found, &vacancy, &fault));
    assert_true(vacancy.taken);
    assert_string_equal(found->via, "two");
    assert_int_equal(vacancy.due_ms, INT64_C(1767323080001));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PLACE(test_of_full_robots_the_one_is_named_that_is_free_next),
        WITH_PLACE(test_the_sixth_in_a_minute_is_held_and_counted),
        WITH_PLACE(test_what_holds_a_message_back_has_its_word),
        WITH_PLACE(test_the_hour_and_the_day_slide_too),
        WITH_PLACE(test_what_is_worse_than_all_in_the_window_passes_once),
        WITH_PLACE(test_a_recovery_follows_its_problem),
        WITH_PLACE(test_an_echo_of_ours_is_recorded_and_not_told),
        WITH_PLACE(test_the_same_again_is_a_repeat_and_later_a_reminder),
        WITH_PLACE(test_an_equal_number_is_never_a_reminder_and_another_number_no_repeat),
        WITH_PLACE(test_a_hosts_retry_adopts_what_waits),
        WITH_PLACE(test_what_still_waits_is_adopted_however_old_it_is),
        WITH_PLACE(test_a_dead_senders_row_is_adopted_when_its_lease_is_over),
        WITH_PLACE(test_the_providers_quota_keeps_places_for_the_gravest),
        WITH_PLACE(test_places_kept_for_the_gravest_are_exact_in_any_order),
        WITH_PLACE(test_limits_that_make_no_sense_hold_nothing_that_they_should_not),
        WITH_PLACE(test_a_message_that_waits_for_a_place_has_none_yet),
        WITH_PLACE(test_a_spooled_message_takes_its_place_when_it_is_told),
        WITH_PLACE(test_a_mute_is_obeyed_and_ends),
        WITH_PLACE(test_a_clock_set_back_blocks_no_key_for_longer_than_its_window),
        WITH_PLACE(test_sixty_four_processes_take_five_places),
        WITH_PLACE(test_sixty_four_processes_take_the_places_of_three_robots),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
