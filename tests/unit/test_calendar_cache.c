/* What .ics files say, kept in the store: never another answer than the file's, and libical is spared where it can be. */
#include "tests/unit/policy_support.h"
#include "tests/unit/store_support.h"

#include <sys/wait.h>
#include <time.h>

#include "common/calendar_cache.h"
#include "common/duty.h"
#include "common/str.h"

#define EVENT(day, name)                                                                              \
    "BEGIN:VEVENT\r\nUID:" day "\r\nDTSTART:202606" day "T080000Z\r\nDTEND:202606" day "T090000Z\r\n" \
    "SUMMARY:" name "\r\nEND:VEVENT\r\n"
#define ICS(events) "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" events "END:VCALENDAR\r\n"

static const char POLICY[] =
    "timezone = \"Europe/Berlin\"\ncontact \"li\" {}\ncontact \"zhang\" {}\n"
    "calendar \"moves\" { file = \"moves.ics\" }\ncalendar \"text\" { file = \"days.txt\" }\n"
    "rotation \"r\" { file = \"duty.ics\"  layer { name = \"second\"  file = \"duty.ics\" } }\n";

/* Ahead of the clock, so that files written just now have settled. */
static int64_t now_s(void)
{
    return (int64_t)time(NULL) + 60;
}

static void write_files(struct arena *arena, const char *duty)
{
    policy_file(arena, "duty.ics", duty);
    policy_file(arena, "days.txt", "2026-06-01 holiday\n");
    policy_file(
        arena, "moves.ics",
        ICS("BEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20260605\r\nSUMMARY:补班 \\, a\r\nEND:VEVENT\r\n"
            "BEGIN:VEVENT\r\nUID:2\r\nDTSTART;VALUE=DATE:20260606\r\nSUMMARY:\r\nEND:VEVENT\r\n" EVENT("03", "x  y")));
}

static int64_t later_s; /* when it is asked */

/* Everything that the configuration's calendars say. */
static const char *all_said(struct arena *arena, struct config *config)
{
    struct calendar *calendars[] = {config_calendar(config, "moves"), config_calendar(config, "text"),
                                    config_rotation(config, "r")->layers[0].calendar,
                                    config_rotation(config, "r")->layers[1].calendar};
    struct str text = str_in(arena, 65536);

    for (size_t i = 0; i < COUNT(calendars); i++) {
        struct fault fault = {0};

        if (!calendar_open(calendars[i], now_s() + later_s, &fault))
            fail_msg("%s", fault.text);
        for (size_t k = 0; k < calendars[i]->day_count; k++)
            str_addf(&text, "%lld%s'%s' ", (long long)calendars[i]->days[k].day,
                     calendars[i]->days[k].workday ? "+" : "-", calendars[i]->days[k].name);
        for (size_t k = 0; k < calendars[i]->span_count; k++)
            str_addf(&text, "%lld..%lld'%s' ", (long long)calendars[i]->spans[k].from_s,
                     (long long)calendars[i]->spans[k].until_s, calendars[i]->spans[k].name);
    }
    return text.text;
}

static bool libical_is_loaded(void)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[4096];
    bool found = false;

    assert_non_null(maps);
    while (!found && fgets(line, sizeof(line), maps))
        found = strstr(line, "calendar_ical.so") != NULL;
    fclose(maps);
    return found;
}

/* The rest of a child: libical that one process loads is none of the next one's. */
static bool in_child(bool (*act)(struct place *place), struct place *place)
{
    pid_t child = fork();
    int status = 0;

    assert_true(child >= 0);
    if (child == 0)
        _exit(act(place) ? 42 : 43);
    waitpid(child, &status, 0);
    if (!WIFEXITED(status) || (WEXITSTATUS(status) != 42 && WEXITSTATUS(status) != 43))
        fail_msg("the child ended with %d", status);
    return WEXITSTATUS(status) == 42;
}

static struct config *config_again(struct place *place)
{
    struct fault fault = {0};

    return config_load(place->arena, policy_path(place->arena, "x"), POLICY_CHANNELS, &fault);
}

static bool fill(struct place *place)
{
    calendar_cache_fill(config_again(place), open_store(place), now_s());
    return true;
}

static const char *wanted; /* what the files say */

/* True when the store answered; another answer than that of the files is the end of the child. */
static bool is_answered_by_the_store(struct place *place)
{
    struct config *config = config_again(place);
    const char *said;

    calendar_cache_use(config, open_store(place));
    said = all_said(place->arena, config);
    if (strcmp(said, wanted) != 0) {
        fprintf(stderr, "%s\nis not\n%s\n", said, wanted);
        _exit(1);
    }
    return !libical_is_loaded();
}

static bool read_files(struct place *place)
{
    FILE *file = fopen(file_in(place, "wanted"), "we");

    fputs(all_said(place->arena, config_again(place)), file);
    fclose(file);
    return true;
}

/* Read by a child, so that this process never loads libical. */
static void learn_what_the_files_say(struct place *place)
{
    char text[8192];
    FILE *file;
    size_t len;

    in_child(read_files, place);
    file = fopen(file_in(place, "wanted"), "re");
    assert_non_null(file);
    len = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    assert_true(len > 100);
    wanted = arena_copy(place->arena, text, len);
}

static void prepare(struct place *place)
{
    write_files(place->arena, ICS(EVENT("01", "li") EVENT("02", "zhang")));
    assert_string_equal(policy_findings(policy_config(place->arena, POLICY)), "");
    open_store(place);
    learn_what_the_files_say(place);
}

static void test_what_was_read_once_is_answered_by_the_store(void **state)
{
    struct place *place = *state;

    prepare(place);
    assert_true(calendar_cache_helps(config_again(place)));
    assert_false(in_child(is_answered_by_the_store, place));
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM calendar"), 0); /* who only asks fills nothing */
    in_child(fill, place);
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM calendar"), 2); /* both layers are one file in one zone */
    assert_true(in_child(is_answered_by_the_store, place));
    in_child(fill, place);
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM calendar"), 2);
}

static void run_inside(const struct place *place, const char *sql)
{
    sqlite3 *db = look_inside(place);

    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

static void test_what_is_stale_or_spoilt_is_read_from_the_file(void **state)
{
    static const char *const CASES[] = {
        "UPDATE calendar SET content = content || 's 1 2 x' || char(10)",
        "UPDATE calendar SET content = ''",
        "UPDATE calendar SET content = substr(content, 2)",
        "UPDATE calendar SET digest = ''",
        "UPDATE calendar SET file = file || '1'",
        "UPDATE calendar SET made_s = made_s - 8 * 86400",
        "UPDATE calendar SET made_s = made_s + 1",
        "UPDATE calendar SET content = 7, digest = 8, made_s = 'x'",
        "DELETE FROM calendar",
        "DROP TABLE calendar",
    };
    struct place *place = *state;

    prepare(place);
    for (size_t i = 0; i < COUNT(CASES); i++) {
        in_child(fill, place);
        if (!in_child(is_answered_by_the_store, place))
            fail_msg("before '%s': it is not answered by the store", CASES[i]);
        run_inside(place, CASES[i]);
        if (in_child(is_answered_by_the_store, place))
            fail_msg("'%s' is believed", CASES[i]);
        if (i + 1 < COUNT(CASES))
            run_inside(place, "DELETE FROM calendar");
    }
    in_child(fill, place); /* without the table: no fault, and the file */
    assert_false(in_child(is_answered_by_the_store, place));
}

static bool fill_eight_days_ago(struct place *place)
{
    calendar_cache_fill(config_again(place), open_store(place), now_s() - 8 * DAY_S);
    return true;
}

static bool fill_too_soon(struct place *place)
{
    calendar_cache_fill(config_again(place), open_store(place), (int64_t)time(NULL));
    return true;
}

static void test_a_file_that_was_just_written_is_not_kept(void **state)
{
    struct place *place = *state;

    prepare(place);
    in_child(fill_too_soon, place);
    in_child(fill_eight_days_ago, place);
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM calendar"), 0);
}

/* Repetitions are expanded around the time of reading. */
static void test_it_serves_for_a_week_around_its_making(void **state)
{
    static const struct {
        int days;
        bool served;
    } CASES[] = {
        {0,  true },
        {6,  true },
        {8,  false},
        {-6, true },
        {-8, false}
    };
    struct place *place = *state;

    prepare(place);
    in_child(fill, place);
    for (size_t i = 0; i < COUNT(CASES); i++) {
        later_s = CASES[i].days * DAY_S;
        if (in_child(is_answered_by_the_store, place) != CASES[i].served)
            fail_msg("%d days later", CASES[i].days);
    }
    later_s = 0;
}

static void test_another_file_another_answer(void **state)
{
    struct place *place = *state;

    prepare(place);
    in_child(fill, place);
    write_files(place->arena, ICS(EVENT("01", "zh") EVENT("02", "zhang"))); /* as long as before */
    learn_what_the_files_say(place);
    assert_false(in_child(is_answered_by_the_store, place));
    in_child(fill, place);
    assert_true(in_child(is_answered_by_the_store, place));
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM calendar"), 2);
    policy_config(place->arena, arena_print(place->arena, "%s", strstr(POLICY, "contact"))); /* in the machine's zone */
    learn_what_the_files_say(place);
    assert_false(in_child(is_answered_by_the_store, place));
    in_child(fill, place);
    assert_true(in_child(is_answered_by_the_store, place));
    setenv("TZ", "Asia/Tokyo", 1);
    learn_what_the_files_say(place);
    assert_false(in_child(is_answered_by_the_store, place));
    setenv("TZ", "UTC", 1);
}

/* notifyd: the configuration stays for months, and the file is changed meanwhile. */
static bool sees_the_new_file(struct place *place)
{
    struct config *config = config_again(place);
    struct store *store = open_store(place);
    struct duty duty;
    int64_t at_s = moment_at(place->arena, "2026-06-01 08:30", "UTC");

    calendar_cache_use(config, store);
    calendar_cache_fill(config, store, now_s());
    if (!duty_find(config, "r", at_s, &duty) || !duty.contact || strcmp(duty.contact->name, "li") != 0)
        return false;
    policy_file(place->arena, "duty.ics", ICS(EVENT("01", "zhang")));
    calendar_cache_fill(config, store, now_s());
    return duty_find(config, "r", at_s, &duty) && duty.contact && strcmp(duty.contact->name, "zhang") == 0;
}

static void test_a_configuration_that_stays_sees_the_new_file(void **state)
{
    struct place *place = *state;

    prepare(place);
    assert_true(in_child(sees_the_new_file, place));
}

static void test_without_ics_files_there_is_nothing_to_keep(void **state)
{
    struct place *place = *state;
    struct config *config;

    write_files(place->arena, ICS(""));
    config = policy_config(place->arena, "calendar \"text\" { file = \"days.txt\" }\n");
    assert_false(calendar_cache_helps(config));
    calendar_cache_fill(config, open_store(place), now_s());
    assert_int_equal(number_in(place, "SELECT COUNT(*) FROM calendar"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PLACE(test_what_was_read_once_is_answered_by_the_store),
        WITH_PLACE(test_what_is_stale_or_spoilt_is_read_from_the_file),
        WITH_PLACE(test_a_file_that_was_just_written_is_not_kept),
        WITH_PLACE(test_it_serves_for_a_week_around_its_making),
        WITH_PLACE(test_another_file_another_answer),
        WITH_PLACE(test_a_configuration_that_stays_sees_the_new_file),
        WITH_PLACE(test_without_ics_files_there_is_nothing_to_keep),
    };

    return cmocka_run_group_tests(tests, make_policy_folder, drop_policy_folder);
}
