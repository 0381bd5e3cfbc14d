/* Rotations: turns as Python's zoneinfo has them, exceptions, layers, files, and whether every second is somebody's. */
#include "tests/unit/data_support.h"
#include "tests/unit/policy_support.h"

#include "common/duty.h"
#include "common/roster.h"

#define PEOPLE                                                                                                                 \
    "contact \"zhang\" { name = \"张伟\" }\ncontact \"li\" { name = \"李娜\" }\ncontact \"wang\" { email = \"w@x.cn\" }\n" \
    "contact \"an\" { name = \"An\" }\n"
#define WEEKLY \
    "members = {\"zhang\", \"li\"} starts = \"2026-01-05 09:00\" every = \"1w\" timezone = \"Asia/Shanghai\"\n"

static const char *on_duty(struct config *config, const char *name, const char *when, const char **why)
{
    struct duty duty;

    if (!duty_find(config, name, moment_at(config->arena, when, "Asia/Shanghai"), &duty))
        fail_msg("there is no %s", name);
    if (why)
        *why = duty.shift.why;
    return duty.contact ? duty.contact->name : "";
}

static void test_turns_begin_when_the_clock_says_so_in_every_zone(void **state)
{
    struct arena *arena = *state;
    struct json_object *rows = test_data(arena, "turns.json");
    size_t count = json_length(rows);

    assert_true(count > 100);
    for (size_t i = 0; i < count; i++) {
        struct json_object *row = json_at(rows, arena_print(arena, "/%zu", i));
        static const char *const NAMES[] = {"a", "b", "c", "d", "e"};
        struct rotation_layer layer = {
            .name = "", .members = {.items = NAMES, .count = 5},
                 .every_s = 3600 * json_number_at(row, "/every_h", 0)
        };
        struct rotation rotation = {
            .timezone = json_text_at(row, "/zone"), .otherwise = "", .layers = &layer, .layer_count = 1};
        struct hours_context context = {.arena = arena, .timezone = ""};
        int64_t begins = json_number_at(row, "/begins", 0);
        int64_t ends = json_number_at(row, "/ends", 0);
        int64_t turn = json_number_at(row, "/turn", 0);
        struct shift shift;

        assert_true(local_read(json_text_at(row, "/starts"), &layer.starts));
        for (int64_t at_s = begins; at_s<ends; at_s += ends - begins> DAY_S ? 3600 : 900) {
            shift = rotation_shift(&context, &rotation, &layer, at_s);
            if (shift.until_s != ends || strcmp(shift.member, NAMES[turn % 5]) != 0)
                fail_msg("%s turn %lld at %lld: %s until %lld, not %lld", rotation.timezone, (long long)turn,
                         (long long)at_s, shift.member, (long long)shift.until_s, (long long)ends);
        }
        shift = rotation_shift(&context, &rotation, &layer, begins - 1);
        if (turn > 0 && (shift.until_s != begins || strcmp(shift.member, NAMES[(turn - 1) % 5]) != 0))
            fail_msg("%s before turn %lld: %s until %lld, not %lld", rotation.timezone, (long long)turn, shift.member,
                     (long long)shift.until_s, (long long)begins);
    }
}

static void test_who_is_on_duty(void **state)
{
    static const struct {
        const char *name;
        const char *inside; /* of the rotation */
        const char *when;
        const char *who;
        const char *why;
    } CASES[] = {
        CASE("the first turn", WEEKLY, "2026-01-05 09:00", "zhang", "turn"),
        CASE("its last second", WEEKLY, "2026-01-12 08:59:59", "zhang", "turn"),
        CASE("the hand-over", WEEKLY, "2026-01-12 09:00", "li", "turn"),
        CASE("before it began", WEEKLY, "2026-01-05 08:59:59", "", "not begun"),
        CASE("over the end of the year", WEEKLY, "2026-12-31 23:59:59", "li", "turn"),
        CASE("in the next year", WEEKLY, "2027-01-04 09:00", "zhang", "turn"),
        CASE("a hundred years later", WEEKLY, "2126-01-07 09:00", "zhang", "turn"),
        CASE("an override",
             WEEKLY "override { from = \"2026-01-06 09:00\" until = \"2026-01-07 09:00\" member = \"wang\" }",
             "2026-01-06 09:00", "wang", "override"),
        CASE("its end",
             WEEKLY "override { from = \"2026-01-06 09:00\" until = \"2026-01-07 09:00\" member = \"wang\" }",
             "2026-01-07 09:00", "zhang", "turn"),
        CASE("of two that overlap the later statement counts",
             WEEKLY "override { from = \"2026-01-06 09:00\" until = \"2026-01-09 09:00\" member = \"wang\" }\n"
                    "override { from = \"2026-01-07 09:00\" until = \"2026-01-08 09:00\" member = \"li\" }",
             "2026-01-07 10:00", "li", "override"),
        CASE("and the earlier one again afterwards",
             WEEKLY "override { from = \"2026-01-06 09:00\" until = \"2026-01-09 09:00\" member = \"wang\" }\n"
                    "override { from = \"2026-01-07 09:00\" until = \"2026-01-08 09:00\" member = \"li\" }",
             "2026-01-08 10:00", "wang", "override"),
        CASE("a swap, one way",
             WEEKLY "swap { from = \"2026-01-05 09:00\" until = \"2026-01-19 09:00\" between = {\"zhang\", \"li\"} }",
             "2026-01-06 10:00", "li", "swap"),
        CASE("a swap, the other way",
             WEEKLY "swap { from = \"2026-01-05 09:00\" until = \"2026-01-19 09:00\" between = {\"@zhang\", \"li\"} }",
             "2026-01-13 10:00", "zhang", "swap"),
        CASE("a swap of others",
             WEEKLY "swap { from = \"2026-01-05 09:00\" until = \"2026-01-19 09:00\" between = {\"wang\", \"li\"} }",
             "2026-01-06 10:00", "zhang", "turn"),
        CASE("a swap sees the override before it",
             WEEKLY "override { from = \"2026-01-06 09:00\" until = \"2026-01-07 09:00\" member = \"wang\" }\n"
                    "swap { from = \"2026-01-05 09:00\" until = \"2026-01-19 09:00\" between = {\"wang\", \"li\"} }",
             "2026-01-06 10:00", "li", "swap"),
        CASE("not the override after it",
             WEEKLY "swap { from = \"2026-01-05 09:00\" until = \"2026-01-19 09:00\" between = {\"wang\", \"li\"} }\n"
                    "override { from = \"2026-01-06 09:00\" until = \"2026-01-07 09:00\" member = \"wang\" }",
             "2026-01-06 10:00", "wang", "override"),
        CASE("an override before it began",
             WEEKLY "override { from = \"2026-01-01 00:00\" until = \"2026-01-05 09:00\" member = \"wang\" }",
             "2026-01-03 00:00", "wang", "override"),
        CASE("an override of another layer",
             WEEKLY
             "layer { name = \"second\" members = {\"wang\"} starts = \"2026-01-05 09:00\" every = \"1w\" }\n"
             "override { layer = \"second\" from = \"2026-01-06 09:00\" until = \"2026-01-07 09:00\" member = \"li\" }",
             "2026-01-06 10:00", "zhang", "turn"),
        CASE("within its hours", WEEKLY "during = \"Mon-Fri 09:00-18:00\"", "2026-01-06 17:59:59", "zhang", "turn"),
        CASE("outside of them", WEEKLY "during = \"Mon-Fri 09:00-18:00\"", "2026-01-06 18:00", "", "outside its hours"),
        CASE("outside of them somebody else", WEEKLY "during = \"Mon-Fri 09:00-18:00\" otherwise = \"@night\"",
             "2026-01-06 18:00", "wang", "otherwise"),
        CASE("or a contact", WEEKLY "during = \"Mon-Fri 09:00-18:00\" otherwise = \"wang\"", "2026-01-06 18:00", "wang",
             "otherwise"),
        CASE("leads to itself", WEEKLY "during = \"Mon-Fri 09:00-18:00\" otherwise = \"@r\"", "2026-01-06 18:00", "",
             "otherwise"),
        CASE("a day on the 29th of February",
             "members = {\"zhang\", \"li\"} starts = \"2024-02-28 00:00\" every = \"1d\" timezone = \"Asia/Shanghai\"",
             "2024-02-29 12:00", "li", "turn"),
        CASE("and the day after",
             "members = {\"zhang\", \"li\"} starts = \"2024-02-28 00:00\" every = \"1d\" timezone = \"Asia/Shanghai\"",
             "2024-03-01 12:00", "zhang", "turn"),
        CASE("before a stranger's turn",
             "members = {\"zhao\", \"zhang\", \"li\"} starts = \"2026-01-05 09:00\" every = \"1w\"", "2026-01-27 12:00",
             "zhang", "turn"),
        CASE("a file, by title", "file = \"duty.ics\"", "2026-06-01 16:00", "li", "calendar"),
        CASE("a file, by name", "file = \"duty.ics\"", "2026-06-02 16:00", "zhang", "calendar"),
        CASE("a file, by name within a text", "file = \"duty.ics\"", "2026-06-03 16:00", "zhang", "calendar"),
        CASE("a file's gap", "file = \"duty.ics\"", "2026-06-04 16:00", "", "gap"),
        CASE("a file's stranger", "file = \"duty.ics\"", "2026-06-05 16:00", "", "calendar"),
        CASE("a file's stranger, and somebody else", "file = \"duty.ics\" otherwise = \"@night\"", "2026-06-05 16:00",
             "wang", "otherwise"),
        CASE("strangers only", "members = {\"zhao\"} starts = \"2026-01-05 09:00\" every = \"1w\" otherwise = \"li\"",
             "2026-06-05 16:00", "li", "otherwise"),
        CASE("a file's word that a short name begins", "file = \"duty.ics\"", "2026-06-06 16:00", "", "calendar"),
        CASE("a file's word that is the short name", "file = \"duty.ics\"", "2026-06-07 16:00", "an", "calendar"),
        CASE(
            "a swap of those whom a file names",
            "file = \"duty.ics\" swap { from = \"2026-06-01 00:00\" until = \"2026-06-30 00:00\" between = {\"zhang\", "
            "\"li\"} }",
            "2026-06-03 16:00", "li", "swap"),
        CASE("a file that is not there", "file = \"gone.ics\"", "2026-06-05 16:00", "", "gap"),
    };
    static const char DUTY[] =
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"
        "BEGIN:VEVENT\r\nUID:1\r\nDTSTART:20260601T080000Z\r\nDTEND:20260601T090000Z\r\nSUMMARY:li\r\nEND:VEVENT\r\n"
        "BEGIN:VEVENT\r\nUID:2\r\nDTSTART:20260602T080000Z\r\nDTEND:20260602T090000Z\r\nSUMMARY:张伟\r\nEND:VEVENT\r\n"
        "BEGIN:VEVENT\r\nUID:3\r\nDTSTART:20260603T080000Z\r\nDTEND:20260603T090000Z\r\nSUMMARY:值班：张伟（一线）\r\nEND:VEVENT\r\n"
        "BEGIN:VEVENT\r\nUID:4\r\nDTSTART:20260605T080000Z\r\nDTEND:20260605T090000Z\r\nSUMMARY:zhao\r\nEND:VEVENT\r\n"
        "BEGIN:VEVENT\r\nUID:6\r\nDTSTART:20260606T080000Z\r\nDTEND:20260606T090000Z\r\nSUMMARY:Anna DeAn\r\nEND:VEVENT\r\n"
        "BEGIN:VEVENT\r\nUID:7\r\nDTSTART:20260607T080000Z\r\nDTEND:20260607T090000Z\r\nSUMMARY:on call: An.\r\nEND:VEVENT\r\n"
        "END:VCALENDAR\r\n";
    struct arena *arena = *state;

    policy_file(arena, "duty.ics", DUTY);
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct config *config = policy_config(
            arena,
            arena_print(arena,
                        PEOPLE "timezone = \"Asia/Shanghai\"\nrotation \"night\" { members = {\"wang\"} starts = "
                               "\"2026-01-01 00:00\" every = \"1d\" timezone = \"UTC\" }\nrotation \"r\" {\n%s\n}\n",
                        CASES[i].inside));
        const char *why;
        const char *who = on_duty(config, "r", CASES[i].when, &why);

        if (config->finding_count > 0 && !strstr(CASES[i].inside, "zhao"))
            fail_msg("%s: %s", CASES[i].name, policy_findings(config));
        if (strcmp(who, CASES[i].who) != 0 || strcmp(why, CASES[i].why) != 0)
            fail_msg("%s: '%s' by %s", CASES[i].name, who, why);
    }
}

static void test_times_without_a_zone_are_the_rotations_own(void **state)
{
    struct arena *arena = *state;
    struct config *config = policy_config(
        arena,
        PEOPLE "rotation \"r\" { file = \"duty.ics\" timezone = \"Europe/Berlin\" layer { name = \"second\" file = "
               "\"duty.ics\" } }\nrotation \"s\" { file = \"duty.ics\" layer { name = \"second\" file = "
               "\"duty.ics\" } }\ncalendar \"c\" { file = \"duty.ics\" }\ntimezone = \"Asia/Tokyo\"\n");
    static const struct {
        const char *name;
        const char *utc; /* when it begins at 09:00 by its clock */
    } CASES[] = {
        CASE("r", "2026-06-01 07:00"),
        CASE("r/second", "2026-06-01 07:00"),
        CASE("s", "2026-06-01 00:00"),
        CASE("s/second", "2026-06-01 00:00"),
    };

    policy_file(arena, "duty.ics",
                "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20260601T090000\r\n"
                "DTEND:20260601T100000\r\nSUMMARY:li\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
    assert_string_equal(policy_findings(config), "");
    for (size_t i = 0; i < COUNT(CASES); i++) {
        int64_t begins_s = moment_at(arena, CASES[i].utc, "UTC");
        struct duty duty;

        assert_true(duty_find(config, CASES[i].name, begins_s, &duty));
        if (!duty.contact)
            fail_msg("%s: %s", CASES[i].name, duty.trouble);
        assert_true(duty_find(config, CASES[i].name, begins_s - 1, &duty) && !duty.contact);
    }
    assert_string_equal(config_calendar(config, "c")->timezone, "Asia/Tokyo");
}

static void test_every_second_is_somebodys(void **state)
{
    static const char *const ZONES[] = {"Asia/Shanghai",       "Europe/Berlin",    "America/New_York",
                                        "Australia/Lord_Howe", "America/Santiago", "America/St_Johns"};
    static const char *const EVERY[] = {"12h", "1d", "1w", "36h"};
    struct arena *arena = *state;

    for (size_t i = 0; i < COUNT(ZONES); i++)
        for (size_t k = 0; k < COUNT(EVERY); k++) {
            struct config *config = policy_config(
                arena,
                arena_print(arena,
                            PEOPLE
                            "rotation \"r\" { members = {\"zhang\", \"li\", \"wang\"} starts = \"2026-01-01 "
                            "02:30\" every = \"%s\" timezone = \"%s\"\n"
                            "override { from = \"2026-03-29 02:30\" until = \"2026-03-29 03:15\" member = \"li\" } }",
                            EVERY[k], ZONES[i]));
            int64_t from_s = moment_at(arena, "2026-01-02 00:00", "UTC");
            int64_t until_s = moment_at(arena, "2027-01-02 00:00", "UTC");
            int64_t at_s = from_s;
            int64_t total = 0;
            struct fault fault = {0};
            struct roster roster;
            struct share *shares;
            size_t count;

            assert_true(roster_make(config, "r", from_s, until_s, &roster, &fault));
            assert_int_equal(roster.uncovered_s, 0);
            for (size_t n = 0; n < roster.count; n++) {
                assert_true(roster.stints[n].from_s == at_s && roster.stints[n].until_s > at_s);
                assert_non_null(roster.stints[n].contact);
                at_s = roster.stints[n].until_s;
            }
            assert_int_equal(at_s, until_s);
            shares = roster_shares(config, &roster, ZONES[i], NULL, &count);
            assert_int_equal(count, 3);
            for (size_t n = 0; n < count; n++)
                total += shares[n].total_s;
            assert_int_equal(total, until_s - from_s);
        }
}

static void test_shares_count_nights_weekends_and_holidays(void **state)
{
    struct arena *arena = *state;
    struct config *config =
        policy_config(arena, PEOPLE "calendar \"cn\" { file = \"cn.txt\" }\nrotation \"r\" {\n" WEEKLY "}\n");
    struct fault fault = {0};
    struct roster roster;
    struct share *shares;
    size_t count;

    policy_file(arena, "cn.txt", "2026-01-17 holiday\n2026-01-18 workday\n");
    assert_true(calendar_open(config_calendar(config, "cn"), 0, &fault));
    /* Monday 2026-01-05 09:00 to Monday 2026-01-19 09:00: a week each. */
    assert_true(roster_make(config, "r", moment_at(arena, "2026-01-05 09:00", "Asia/Shanghai"),
                            moment_at(arena, "2026-01-19 09:00", "Asia/Shanghai"), &roster, &fault));
    shares = roster_shares(config, &roster, "Asia/Shanghai", config_calendar(config, "cn"), &count);
    assert_int_equal(count, 2);
    assert_string_equal(shares[0].contact->name, "zhang");
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(shares[i].total_s, 7 * DAY_S);
        assert_int_equal(shares[i].night_s, 7 * 8 * 3600);
        assert_int_equal(shares[i].weekend_s, 2 * DAY_S);
        assert_int_equal(shares[i].holiday_s, i == 0 ? 0 : DAY_S);
    }
}

static void test_a_mistake_is_named_and_costs_no_more_than_itself(void **state)
{
    static const struct {
        const char *inside;
        const char *finding;
    } CASES[] = {
        CASE("", "there is nobody in turn"),
        CASE("members = {} starts = \"2026-01-05 09:00\" every = \"1w\"", "there is nobody in turn"),
        CASE("members = {\"zhang\"} every = \"1w\"", "'starts' wants a day and time of day"),
        CASE("members = {\"zhang\"} starts = \"2026-02-30 09:00\" every = \"1w\"", "not '2026-02-30 09:00'"),
        CASE("members = {\"zhang\"} starts = \"2026-01-05 09:00\"", "'every' wants the length of a turn"),
        CASE("members = {\"zhang\"} starts = \"2026-01-05 09:00\" every = \"0\"", "'every' wants the length of a turn"),
        CASE("members = {\"zhang\"} starts = \"2026-01-05 09:00\" every = \"-1d\"",
             "'every' wants the length of a turn"),
        CASE("members = {\"zhang\"} starts = \"2026-01-05 09:00\" every = \"1s\"",
             "'every' wants the length of a turn"),
        CASE("members = {\"zhang\"} starts = \"2026-01-05 09:00\" every = \"99999999999999w\"",
             "'every' wants the length"),
        CASE("members = {\"zhao\"} starts = \"2026-01-05 09:00\" every = \"1w\"",
             "names 'zhao', and there is no contact"),
        CASE("members = {\"zhang\"} starts = \"2026-01-05 09:00\" every = \"1w\" timezone = \"Mars/Olympus\"",
             "'timezone' wants a time zone"),
        CASE(WEEKLY "override { from = \"2026-01-06 09:00\" until = \"2026-01-06 09:00\" member = \"li\" }",
             "ends before it begins"),
        CASE(WEEKLY "override { from = \"2026-01-06 09:00\" until = \"2026-01-07 09:00\" }", "it names nobody"),
        CASE(WEEKLY "override { member = \"li\" }", "'from' wants a day"),
        CASE(WEEKLY
             "override { layer = \"x\" from = \"2026-01-06 09:00\" until = \"2026-01-07 09:00\" member = \"li\" }",
             "has no layer 'x'"),
        CASE(WEEKLY "override { from = \"2026-01-06 09:00\" until = \"2026-01-07 09:00\" member = \"zhao\" }",
             "names 'zhao'"),
        CASE(WEEKLY "swap { from = \"2026-01-06 09:00\" until = \"2026-01-07 09:00\" between = {\"li\"} }",
             "it names nobody"),
        CASE(WEEKLY "layer { members = {\"li\"} starts = \"2026-01-05 09:00\" every = \"1w\" }",
             "a layer wants a name"),
        CASE(WEEKLY "layer { name = \"a/b\" members = {\"li\"} starts = \"2026-01-05 09:00\" every = \"1w\" }",
             "not 'a/b'"),
        CASE(WEEKLY "during = \"sometimes\"", "'sometimes'"),
        CASE(WEEKLY "during = \"calendar:gone-workdays\"", "names the calendar 'gone'"),
        CASE(WEEKLY "otherwise = \"@gone\"", "'otherwise' names '@gone'"),
        CASE(WEEKLY "membres = {\"li\"}", "did you mean 'members'?"),
    };
    struct arena *arena = *state;

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct config *config =
            policy_config(arena, arena_print(arena, PEOPLE "rotation \"r\" {\n%s\n}\n", CASES[i].inside));
        struct duty duty;

        if (config->finding_count != 1 || !strstr(config->findings[0].text, CASES[i].finding))
            fail_msg("%s: %s", CASES[i].inside, policy_findings(config));
        assert_true(duty_find(config, "r", moment_at(arena, "2026-01-06 12:00", "Asia/Shanghai"), &duty));
        if (strstr(CASES[i].inside, "Asia/Shanghai") && (!duty.contact || strcmp(duty.contact->name, "zhang") != 0))
            fail_msg("%s: nobody is left on duty", CASES[i].inside);
    }
}

static void test_titles_of_people_and_rotations_are_one_space(void **state)
{
    struct config *config =
        policy_config(*state, "rotation \"zhang\" {\n" WEEKLY "}\n" PEOPLE "rotation \"li\" {\n" WEEKLY "}\n");

    assert_int_equal(config->finding_count, 2);
    assert_non_null(strstr(policy_findings(config), "'zhang' is taken by a contact"));
    assert_non_null(strstr(policy_findings(config), "'li' is taken by"));
    config = policy_config(*state, PEOPLE "rotation \"all\" {\n" WEEKLY "}\ncontact \"all\" {}\n");
    assert_int_equal(config->finding_count, 2);
    assert_non_null(strstr(policy_findings(config), "give this rotation another title"));
    assert_non_null(strstr(policy_findings(config), "give this contact another title"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_turns_begin_when_the_clock_says_so_in_every_zone),
        WITH_ARENA(test_who_is_on_duty),
        WITH_ARENA(test_times_without_a_zone_are_the_rotations_own),
        WITH_ARENA(test_every_second_is_somebodys),
        WITH_ARENA(test_shares_count_nights_weekends_and_holidays),
        WITH_ARENA(test_a_mistake_is_named_and_costs_no_more_than_itself),
        WITH_ARENA(test_titles_of_people_and_rotations_are_one_space),
    };

    return cmocka_run_group_tests(tests, make_policy_folder, drop_policy_folder);
}
