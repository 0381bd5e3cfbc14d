#include "tests/unit/store_support.h"

#include "common/alert.h"
#include "common/identity.h"

#define NOW INT64_C(1767323045000)

enum { MINUTE_MS = 60000 };

static struct event event_of(enum event_kind kind, const char *source)
{
    struct event event = event_empty();

    event.kind = kind;
    event.severity = SEVERITY_CRITICAL;
    event.source = source;
    event.host = "db-01";
    event.service = "disk";
    event.event_id = "4711";
    event.subject = "Disk is full";
    return event;
}

static const int64_t STEPS[] = {900, 1800};

/* As an admission notes it. */
static void note(struct place *place, struct store *store, const struct event *event, int64_t within_ms, int64_t now_ms)
{
    struct alert_news news = {
        .event = event,
        .problem = identity_problem(place->arena, event),
        .short_id = "#AAAAA",
        .now_ms = now_ms,
        .within_ms = within_ms,
        .route = "db",
        .after_s = STEPS,
        .step_count = 2,
    };
    struct fault fault = {0};

    if (!store_begin(store, &fault) || !alert_note(store, place->arena, &news, &fault) || !store_commit(store, &fault))
        fail_msg("%s", fault.text);
}

static void open_one(struct place *place, struct store *store, const char *source)
{
    struct event event = event_of(EVENT_PROBLEM, source);

    note(place, store, &event, 30 * MINUTE_MS, NOW);
}

static const char *the_id(struct place *place, const char *source)
{
    struct event event = event_of(EVENT_PROBLEM, source);

    return alert_id(place->arena, identity_problem(place->arena, &event));
}

static struct alert find(struct place *place, struct store *store, const char *source)
{
    struct alert alert = {0};
    struct fault fault = {0};
    bool found = false;

    assert_true(alert_find(store, place->arena, the_id(place, source), &alert, &found, &fault));
    assert_true(found);
    return alert;
}

static enum alert_answer say(struct place *place, struct store *store, struct alert_reply said, struct alert *alert)
{
    enum alert_answer answer = ALERT_UNKNOWN;
    struct fault fault = {0};

    said.id = the_id(place, "zabbix");
    if (!alert_reply(store, place->arena, &said, alert, &answer, &fault))
        fail_msg("%s", fault.text);
    return answer;
}

static enum alert_answer reply(struct place *place, struct store *store, enum alert_verb verb, const char *author,
                               int64_t now_ms, struct alert *alert)
{
    struct alert_reply said = {.verb = verb, .author = author, .via = "page", .words = "looking", .now_ms = now_ms};

    return say(place, store, said, alert);
}

static void test_a_problem_opens_its_alert_and_asks(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    struct alert alert;

    open_one(place, store, "zabbix");
    alert = find(place, store, "zabbix");
    assert_int_equal(alert.state, ALERT_ASKED);
    assert_int_equal(alert.opened_ms, NOW);
    assert_int_equal(alert.due_ms, NOW + 30 * MINUTE_MS);
    assert_int_equal(alert.severity, SEVERITY_CRITICAL);
    assert_string_equal(alert.host, "db-01");
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM step WHERE state = 'waiting'"), 2);
    assert_int_equal(number_in(place, "SELECT due_ms FROM step WHERE number = 1"), NOW + 30 * MINUTE_MS);
}

/* Another channel, a reminder: the first asking counts. */
static void test_telling_it_again_neither_delays_nor_repeats(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    struct event event = event_of(EVENT_PROBLEM, "zabbix");

    open_one(place, store, "zabbix");
    event.severity = SEVERITY_EMERGENCY;
    note(place, store, &event, 30 * MINUTE_MS, NOW + 10 * MINUTE_MS);
    assert_int_equal(find(place, store, "zabbix").due_ms, NOW + 30 * MINUTE_MS);
    assert_int_equal(find(place, store, "zabbix").severity, SEVERITY_EMERGENCY);
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM step"), 2);
    assert_int_equal(number_in(place, "SELECT MIN(due_ms) FROM step"), NOW + 15 * MINUTE_MS);
    note(place, store, &event, 5 * MINUTE_MS, NOW + 11 * MINUTE_MS);
    assert_int_equal(find(place, store, "zabbix").due_ms, NOW + 16 * MINUTE_MS);
    assert_int_equal(find(place, store, "zabbix").asked_ms, NOW);
}

static void test_nobody_is_asked_without_a_time(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    struct event event = event_of(EVENT_PROBLEM, "zabbix");

    note(place, store, &event, 0, NOW);
    assert_int_equal(find(place, store, "zabbix").state, ALERT_OPEN);
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM step"), 0);
}

static void test_its_end_stops_the_steps(void **state)
{
    static const enum event_kind ENDS[] = {EVENT_RECOVERY, EVENT_CANCELLED};
    struct place *place = *state;
    struct store *store = open_store(place);

    for (size_t i = 0; i < sizeof(ENDS) / sizeof(*ENDS); i++) {
        struct event event = event_of(ENDS[i], "zabbix");

        open_one(place, store, "zabbix");
        note(place, store, &event, 0, NOW + MINUTE_MS);
        note(place, store, &event, 0, NOW + 2 * MINUTE_MS); /* to the next channel */
        assert_int_equal(find(place, store, "zabbix").over_ms, NOW + MINUTE_MS);
        assert_int_equal(number_in(place, "SELECT COUNT(*) FROM step WHERE state = 'waiting'"), 0);
    }
}

/* Icinga gives no id: the same host and service again is the same key. */
static void test_a_problem_that_comes_back_begins_anew(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    struct event problem = event_of(EVENT_PROBLEM, "zabbix");
    struct event recovery = event_of(EVENT_RECOVERY, "zabbix");
    struct alert alert;

    open_one(place, store, "zabbix");
    assert_int_equal(reply(place, store, ALERT_TAKE, "li", NOW + 1, &alert), ALERT_DONE);
    note(place, store, &recovery, 0, NOW + MINUTE_MS);
    note(place, store, &problem, 30 * MINUTE_MS, NOW + 60 * MINUTE_MS);
    alert = find(place, store, "zabbix");
    assert_int_equal(alert.state, ALERT_ASKED);
    assert_int_equal(alert.over_ms, 0);
    assert_int_equal(alert.opened_ms, NOW + 60 * MINUTE_MS);
    assert_string_equal(alert.taken_by, "");
    assert_int_equal(number_in(place, "SELECT MIN(due_ms) FROM step WHERE state = 'waiting'"), NOW + 75 * MINUTE_MS);
}

static void add_told(struct place *place, const char *id, const char *kind, const char *reason, int64_t created_ms)
{
    run_sql(place,
            arena_print(place->arena,
                        "INSERT INTO notification (id, short_id, created_ms, problem, repeat_key, kind, severity,"
                        " source, host, service, state, subject, section, channel, recipients, recipient_key,"
                        " limit_key, endpoint_key, reason, outcome) VALUES ('%s', '', %lld, 'icinga2//db-01/disk/open',"
                        " '', '%s', 0, '', '', '', '', '', '', '', '', '', '', '', '%s', 'delivered')",
                        id, (long long)created_ms, kind, reason));
}

/* Icinga's stock command gives no id, and perhaps nobody was told of the end. */
static void test_after_a_day_of_silence_it_is_another_problem(void **state)
{
    enum { HOUR_MS = 60 * MINUTE_MS };
    struct place *place = *state;
    struct store *store = open_store(place);
    struct event event = event_of(EVENT_PROBLEM, "icinga2");
    int64_t opened_ms[3];

    event.event_id = "";
    note(place, store, &event, 30 * MINUTE_MS, NOW);
    run_sql(place, "UPDATE alert SET state = 'taken', taken_by = 'li', taken_ms = opened_ms");
    add_told(place, "first", "problem", "first", NOW);
    add_told(place, "ours", "problem", "escalation", NOW + 30 * HOUR_MS);
    add_told(place, "said", "acknowledgement", "confirmation", NOW + 30 * HOUR_MS);
    add_told(place, "now", "problem", "reminder", NOW + 24 * HOUR_MS - 1);
    note(place, store, &event, 30 * MINUTE_MS, NOW + 24 * HOUR_MS - 1);
    opened_ms[0] = number_in(place, "SELECT opened_ms FROM alert WHERE state = 'taken'");
    note(place, store, &event, 30 * MINUTE_MS, NOW + 48 * HOUR_MS - 2);
    opened_ms[1] = number_in(place, "SELECT opened_ms FROM alert WHERE state = 'taken'");
    add_told(place, "next", "problem", "reminder", NOW + 48 * HOUR_MS - 1); /* as the admission records it before */
    note(place, store, &event, 30 * MINUTE_MS, NOW + 48 * HOUR_MS - 1);
    opened_ms[2] = number_in(place, "SELECT opened_ms FROM alert WHERE state = 'asked' AND taken_by = ''");
    assert_int_equal(opened_ms[0], NOW);
    assert_int_equal(opened_ms[1], NOW);
    assert_int_equal(opened_ms[2], NOW + 48 * HOUR_MS - 1);
    event.event_id = "4711"; /* with an id it is what it says that it is */
    note(place, store, &event, 30 * MINUTE_MS, NOW);
    note(place, store, &event, 30 * MINUTE_MS, NOW + 100 * HOUR_MS);
    assert_int_equal(find(place, store, "icinga2").opened_ms, NOW);
}

static void test_the_first_who_takes_it_has_it(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    struct alert alert;

    open_one(place, store, "zabbix");
    assert_int_equal(reply(place, store, ALERT_TAKE, "li", NOW + 1000, &alert), ALERT_DONE);
    assert_int_equal(alert.state, ALERT_TAKEN);
    assert_string_equal(alert.taken_by, "li");
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM step WHERE state = 'waiting'"), 0);
    assert_int_equal(reply(place, store, ALERT_TAKE, "wang", NOW + 2000, &alert), ALERT_ALREADY);
    assert_int_equal(reply(place, store, ALERT_TAKE, "li", NOW + 3000, &alert), ALERT_ALREADY);
    assert_string_equal(alert.taken_by, "li");
    assert_int_equal(alert.taken_ms, NOW + 1000);
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM reply"), 1);
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM writeback WHERE verb = 'take'"), 1);
}

static void test_what_is_given_back_waits_for_somebody_again(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    struct alert alert;

    open_one(place, store, "zabbix");
    assert_int_equal(reply(place, store, ALERT_RELEASE, "li", NOW + 1, &alert), ALERT_ALREADY);
    reply(place, store, ALERT_TAKE, "li", NOW + 5 * MINUTE_MS, &alert);
    assert_int_equal(reply(place, store, ALERT_RELEASE, "li", NOW + 25 * MINUTE_MS, &alert), ALERT_DONE);
    assert_int_equal(alert.state, ALERT_ASKED);
    assert_string_equal(alert.taken_by, "");
    /* The twenty minutes that somebody was on it do not count. */
    assert_int_equal(alert.due_ms, NOW + 50 * MINUTE_MS);
    assert_int_equal(number_in(place, "SELECT due_ms FROM step WHERE number = 0 AND state = 'waiting'"),
                     NOW + 35 * MINUTE_MS);
}

static void test_words_of_one_millisecond_are_all_left_for_the_monitoring_system(void **state)
{
    static const enum alert_verb VERBS[] = {ALERT_TAKE, ALERT_RELEASE, ALERT_TAKE, ALERT_RELEASE, ALERT_TAKE};
    struct place *place = *state;
    struct store *store = open_store(place);
    struct alert alert;

    open_one(place, store, "zabbix");
    for (size_t i = 0; i < COUNT(VERBS); i++)
        assert_int_equal(reply(place, store, VERBS[i], "Li", NOW + MINUTE_MS, &alert), ALERT_DONE);
    assert_int_equal(number_in(place, "SELECT COUNT(DISTINCT id) FROM writeback"), COUNT(VERBS));
}

/* What was told before somebody took it is not told again. */
static void test_given_back_only_what_was_stopped_goes_on(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    struct alert alert;

    open_one(place, store, "zabbix");
    run_sql(place, "UPDATE step SET state = 'told' WHERE number = 0");
    reply(place, store, ALERT_TAKE, "li", NOW + 20 * MINUTE_MS, &alert);
    reply(place, store, ALERT_RELEASE, "li", NOW + 21 * MINUTE_MS, &alert);
    assert_int_equal(number_in(place, "SELECT number FROM step WHERE state = 'waiting'"), 1);
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM step WHERE state = 'told'"), 1);
}

static void test_what_nobody_was_asked_for_is_open_again(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    struct event event = event_of(EVENT_PROBLEM, "zabbix");
    struct alert alert;

    note(place, store, &event, 0, NOW);
    assert_int_equal(reply(place, store, ALERT_SOLVE, "li", NOW + 1, &alert), ALERT_DONE);
    assert_int_equal(reply(place, store, ALERT_RELEASE, "li", NOW + 2, &alert), ALERT_DONE);
    assert_int_equal(alert.state, ALERT_OPEN);
    assert_int_equal(alert.due_ms, 0);
    assert_int_equal(alert.solved_ms, 0);
    assert_string_equal(alert.solved_by, "");
}

/* Somebody is on it: who is told of it now is not asked, whatever its route says. */
static void test_telling_it_while_somebody_is_on_it_asks_nobody(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    struct event event = event_of(EVENT_PROBLEM, "zabbix");
    struct alert alert;

    note(place, store, &event, 0, NOW);
    reply(place, store, ALERT_TAKE, "li", NOW + 1, &alert);
    note(place, store, &event, 30 * MINUTE_MS, NOW + MINUTE_MS);
    assert_int_equal(find(place, store, "zabbix").state, ALERT_TAKEN);
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM step"), 0);
}

static void test_who_solves_what_another_took_leaves_that_standing(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    struct alert_reply solved = {
        .verb = ALERT_SOLVE, .author = "wang", .via = "notifyctl", .words = "", .now_ms = NOW + 2000};
    struct alert alert;

    open_one(place, store, "zabbix");
    reply(place, store, ALERT_TAKE, "li", NOW + 1000, &alert);
    assert_int_equal(say(place, store, solved, &alert), ALERT_DONE);
    assert_string_equal(alert.taken_by, "li");
    assert_string_equal(alert.taken_via, "page");
    assert_int_equal(alert.taken_ms, NOW + 1000);
    assert_string_equal(alert.solved_by, "wang");
    assert_int_equal(alert.solved_ms, NOW + 2000);
    assert_string_equal(alert.words, "looking"); /* the newest words that there are */
}

/* A person's time counts from when that person took it, whatever was said to the one before. */
static void test_taking_it_begins_a_time_of_its_own(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    struct event event = event_of(EVENT_ACKNOWLEDGEMENT, "zabbix");
    struct alert_reply taken = {
        .verb = ALERT_TAKE, .author = "li", .via = "page", .words = "", .now_ms = NOW + 3 * MINUTE_MS};
    struct alert alert;

    open_one(place, store, "zabbix");
    reply(place, store, ALERT_TAKE, "wang", NOW + MINUTE_MS, &alert);
    reply(place, store, ALERT_RELEASE, "wang", NOW + 2 * MINUTE_MS, &alert);
    for (int round = 0; round < 2; round++) {
        run_sql(place, "UPDATE alert SET reminded_ms = 9000000000000"); /* by a clock that ran ahead */
        if (round == 0)
            assert_int_equal(say(place, store, taken, &alert), ALERT_DONE);
        else
            note(place, store, &event, 0, NOW + 5 * MINUTE_MS);
        assert_int_equal(number_in(place, "SELECT reminded_ms FROM alert"), 0);
        assert_string_equal(find(place, store, "zabbix").words, "looking");
        reply(place, store, ALERT_RELEASE, "li", NOW + (4 + 2 * round) * MINUTE_MS, &alert);
    }
}

static void test_who_solves_it_has_taken_it(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    struct alert alert;

    open_one(place, store, "zabbix");
    assert_int_equal(reply(place, store, ALERT_SOLVE, "li", NOW + 1000, &alert), ALERT_DONE);
    assert_int_equal(alert.state, ALERT_SOLVED);
    assert_string_equal(alert.taken_by, "li");
    assert_string_equal(alert.solved_by, "li");
    assert_string_equal(alert.words, "looking");
    assert_int_equal(reply(place, store, ALERT_TAKE, "wang", NOW + 2000, &alert), ALERT_ALREADY);
    assert_int_equal(reply(place, store, ALERT_SOLVE, "wang", NOW + 2000, &alert), ALERT_ALREADY);
}

static void test_what_is_over_or_unknown_cannot_be_taken(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    struct event recovery = event_of(EVENT_RECOVERY, "zabbix");
    struct alert alert = {.taken_by = "nobody"};

    assert_int_equal(reply(place, store, ALERT_TAKE, "li", NOW, &alert), ALERT_UNKNOWN);
    open_one(place, store, "zabbix");
    note(place, store, &recovery, 0, NOW + 1);
    assert_int_equal(reply(place, store, ALERT_TAKE, "li", NOW + 2, &alert), ALERT_OVER);
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM reply"), 0);
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM writeback"), 0);
}

static void test_an_acknowledgement_of_the_source_takes_it(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    struct event event = event_of(EVENT_ACKNOWLEDGEMENT, "nagios");
    struct alert alert;

    open_one(place, store, "nagios");
    event.author = "wang";
    event.comment = "on it";
    note(place, store, &event, 0, NOW + MINUTE_MS);
    note(place, store, &event, 0, NOW + MINUTE_MS); /* to the next channel */
    alert = find(place, store, "nagios");
    assert_int_equal(alert.state, ALERT_TAKEN);
    assert_string_equal(alert.taken_by, "wang");
    assert_string_equal(alert.taken_via, "nagios");
    assert_string_equal(alert.words, "on it");
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM reply WHERE announced = 1"), 1);
    /* It knows. */
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM writeback"), 0);
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM step WHERE state = 'waiting'"), 0);
}

static void test_our_own_word_takes_nothing(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    struct event event = event_of(EVENT_ACKNOWLEDGEMENT, "zabbix");

    open_one(place, store, "zabbix");
    event.author = "the program's user";
    event.comment = "zhang is on it [#AAAAA notification-plugins]";
    note(place, store, &event, 0, NOW + MINUTE_MS);
    assert_int_equal(find(place, store, "zabbix").state, ALERT_ASKED);
    event.comment = "zhang is on it [#BBBBB notification-plugins]";
    note(place, store, &event, 0, NOW + MINUTE_MS);
    assert_int_equal(find(place, store, "zabbix").state, ALERT_TAKEN);
}

static void test_an_acknowledgement_taken_back_at_the_source_gives_it_back(void **state)
{
    static const struct {
        const char *action;
        bool given_back;
    } CASES[] = {
        {"unacknowledged",                                      true },
        {"unacknowledged and commented",                        true },
        {"commented",                                           false},
        {"commented and changed severity from High to Warning", false},
    };
    struct place *place = *state;
    struct store *store = open_store(place);

    open_one(place, store, "zabbix");
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct event event = event_of(EVENT_UPDATE, "zabbix");
        struct alert alert;

        reply(place, store, ALERT_TAKE, "zhang", NOW + (int64_t)(i + 1) * MINUTE_MS, &alert);
        event.action = CASES[i].action;
        event.author = "wang";
        note(place, store, &event, 0, NOW + 11 * MINUTE_MS);
        note(place, store, &event, 0, NOW + 11 * MINUTE_MS); /* to the next channel */
        alert = find(place, store, "zabbix");
        assert_int_equal(alert.state, CASES[i].given_back ? ALERT_ASKED : ALERT_TAKEN);
        assert_int_equal(number_in(place, "SELECT COUNT(*) FROM step WHERE state = 'waiting'"),
                         CASES[i].given_back ? 2 : 0);
    }
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM reply WHERE verb = 'release' AND author = 'wang'"
                                      " AND via = 'zabbix' AND announced = 1"),
                     2);
    /* It knows. */
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM writeback WHERE verb = 'release'"), 0);
}

/* Zabbix tells people one after the other: the last may hear of the problem when the first know that it is over. */
static void test_what_is_told_late_does_not_open_it_again(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    struct event problem = event_of(EVENT_PROBLEM, "zabbix");
    struct event recovery = event_of(EVENT_RECOVERY, "zabbix");

    problem.time_s = NOW / 1000;
    recovery.time_s = NOW / 1000 + 30;
    note(place, store, &problem, 30 * MINUTE_MS, NOW);
    note(place, store, &recovery, 0, NOW + 30000);
    note(place, store, &problem, 30 * MINUTE_MS, NOW + 40000);
    assert_int_equal(find(place, store, "zabbix").over_ms, NOW + 30000);
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM step WHERE state = 'waiting'"), 0);
    problem.time_s += 60;
    note(place, store, &problem, 30 * MINUTE_MS, NOW + 60000);
    assert_int_equal(find(place, store, "zabbix").over_ms, 0);
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM step WHERE state = 'waiting'"), 2);
}

static void test_a_clock_that_is_set_back_delays_nothing(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    struct fault fault = {0};
    struct alert alert;
    int64_t now_ms = NOW - 60 * MINUTE_MS;

    open_one(place, store, "zabbix");
    open_one(place, store, "nagios");
    reply(place, store, ALERT_TAKE, "li", NOW + MINUTE_MS, &alert);
    assert_true(alert_take_back(store, NOW - 2000, &fault)); /* as far as two clocks may differ */
    assert_int_equal(find(place, store, "nagios").opened_ms, NOW);
    assert_true(alert_take_back(store, now_ms, &fault));
    alert = find(place, store, "nagios");
    assert_int_equal(alert.opened_ms, now_ms);
    assert_int_equal(alert.asked_ms, now_ms);
    assert_int_equal(alert.due_ms, now_ms + 30 * MINUTE_MS);
    assert_int_equal(number_in(place, "SELECT MIN(due_ms) FROM step WHERE state = 'waiting'"), now_ms + 15 * MINUTE_MS);
    assert_int_equal(find(place, store, "zabbix").taken_ms, now_ms);
    assert_int_equal(reply(place, store, ALERT_RELEASE, "li", now_ms + MINUTE_MS, &alert), ALERT_DONE);
    assert_int_equal(alert.due_ms, now_ms + 31 * MINUTE_MS);
}

struct seen {
    int count;
    const char *first;
};

static bool count_alert(void *self, const struct alert *alert)
{
    struct seen *seen = self;

    if (seen->count++ == 0)
        seen->first = alert->source;
    return true;
}

static bool count_said(void *self, const struct alert_said *said)
{
    struct seen *seen = self;

    if (seen->count++ == 0)
        seen->first = alert_verb_name(said->verb);
    return true;
}

static int list(struct place *place, struct store *store, struct alert_filter filter)
{
    struct seen seen = {0};
    struct fault fault = {0};

    filter.problem = "";
    filter.short_id = filter.short_id ? filter.short_id : "";
    filter.now_ms = filter.now_ms ? filter.now_ms : NOW;
    assert_true(alert_list(store, place->arena, &filter, count_alert, &seen, &fault));
    return seen.count;
}

/* The source of the alert that stands first. */
static const char *first_of(struct place *place, struct store *store)
{
    struct alert_filter filter = {.problem = "", .short_id = "", .now_ms = NOW};
    struct seen seen = {0};
    struct fault fault = {0};

    assert_true(alert_list(store, place->arena, &filter, count_alert, &seen, &fault));
    return seen.first;
}

static void test_lists(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place);
    struct event recovery = event_of(EVENT_RECOVERY, "nagios");
    struct alert alert;
    struct seen seen = {0};
    struct fault fault = {0};

    open_one(place, store, "zabbix");
    open_one(place, store, "nagios");
    open_one(place, store, "icinga2");
    assert_int_equal(list(place, store, (struct alert_filter){.before_ms = 0}), 3);
    assert_int_equal(list(place, store, (struct alert_filter){.short_id = "#AAAAA"}), 3);
    reply(place, store, ALERT_TAKE, "li", NOW + 1, &alert);
    note(place, store, &recovery, 0, NOW + 2);
    assert_int_equal(list(place, store, (struct alert_filter){.before_ms = 0}), 2);
    assert_int_equal(list(place, store, (struct alert_filter){.untaken = true}), 1);
    assert_int_equal(list(place, store, (struct alert_filter){.before_ms = NOW}), 0);
    assert_int_equal(list(place, store, (struct alert_filter){.most = 1}), 1);
    run_sql(place, "UPDATE alert SET opened_ms = opened_ms - 1 WHERE source = 'icinga2'");
    assert_string_equal(first_of(place, store), "icinga2");
    run_sql(place, "UPDATE alert SET severity = 1 WHERE source = 'icinga2'");
    assert_string_equal(first_of(place, store), "zabbix");
    reply(place, store, ALERT_RELEASE, "li", NOW + 3, &alert);
    assert_int_equal(list(place, store, (struct alert_filter){.untaken = true}), 2);
    assert_int_equal(list(place, store, (struct alert_filter){.before_ms = NOW + 1}), 2);
    /* A name is free again 30 days after the end. */
    assert_int_equal(
        list(place, store, (struct alert_filter){.short_id = "#AAAAA", .now_ms = NOW + INT64_C(2592000002)}), 2);
    assert_true(alert_said(store, place->arena, alert.problem, count_said, &seen, &fault));
    assert_int_equal(seen.count, 2);
    assert_string_equal(seen.first, "take");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PLACE(test_a_problem_opens_its_alert_and_asks),
        WITH_PLACE(test_telling_it_again_neither_delays_nor_repeats),
        WITH_PLACE(test_nobody_is_asked_without_a_time),
        WITH_PLACE(test_its_end_stops_the_steps),
        WITH_PLACE(test_a_problem_that_comes_back_begins_anew),
        WITH_PLACE(test_after_a_day_of_silence_it_is_another_problem),
        WITH_PLACE(test_the_first_who_takes_it_has_it),
        WITH_PLACE(test_what_is_given_back_waits_for_somebody_again),
        WITH_PLACE(test_given_back_only_what_was_stopped_goes_on),
        WITH_PLACE(test_what_nobody_was_asked_for_is_open_again),
        WITH_PLACE(test_telling_it_while_somebody_is_on_it_asks_nobody),
        WITH_PLACE(test_who_solves_what_another_took_leaves_that_standing),
        WITH_PLACE(test_taking_it_begins_a_time_of_its_own),
        WITH_PLACE(test_words_of_one_millisecond_are_all_left_for_the_monitoring_system),
        WITH_PLACE(test_who_solves_it_has_taken_it),
        WITH_PLACE(test_what_is_over_or_unknown_cannot_be_taken),
        WITH_PLACE(test_an_acknowledgement_of_the_source_takes_it),
        WITH_PLACE(test_our_own_word_takes_nothing),
        WITH_PLACE(test_an_acknowledgement_taken_back_at_the_source_gives_it_back),
        WITH_PLACE(test_what_is_told_late_does_not_open_it_again),
        WITH_PLACE(test_a_clock_that_is_set_back_delays_nothing),
        WITH_PLACE(test_lists),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
