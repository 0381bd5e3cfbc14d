/* Calendars: both forms, what is shipped, and what must not be taken. */
#include "tests/unit/policy_support.h"

#include "common/calendar.h"
#include "common/str.h"

static struct calendar *read_as(struct arena *arena, const char *name, const char *text, const char *zone,
                                bool only_spans, struct fault *fault)
{
    struct calendar *calendar = arena_alloc(arena, sizeof(*calendar));

    policy_file(arena, name, text);
    *calendar = (struct calendar){.arena = arena,
                                  .title = "test",
                                  .path = policy_path(arena, name),
                                  .timezone = zone,
                                  .only_spans = only_spans,
                                  .trouble = ""};
    return calendar_open(calendar, moment_at(arena, "2026-06-01 00:00", "UTC"), fault) ? calendar : NULL;
}

static struct calendar *sound(struct arena *arena, const char *name, const char *text, bool only_spans)
{
    struct fault fault = {0};
    struct calendar *calendar = read_as(arena, name, text, "Europe/Berlin", only_spans, &fault);

    if (!calendar)
        fail_msg("%s", fault.text);
    return calendar;
}

static int64_t day_at(const char *text)
{
    int64_t day = 0;

    assert_true(day_read(text, &day));
    return day;
}

/* "2026-04-06 09:00+7d zhang; " of every span, in Berlin's time. */
static const char *spans_text(const struct calendar *calendar)
{
    const char *text = "";

    for (size_t i = 0; i < calendar->span_count; i++) {
        const struct calendar_span *span = &calendar->spans[i];
        int64_t local = zone_local(calendar->arena, span->from_s, "Europe/Berlin");
        struct civil_day day = day_civil(local / DAY_S);

        text = arena_print(calendar->arena, "%s%02d-%02d %02lld:%02lld+%lldh %s; ", text, day.month, day.day,
                           (long long)(local % DAY_S / 3600), (long long)(local % 3600 / 60),
                           (long long)(span->until_s - span->from_s) / 3600, span->name);
    }
    return text;
}

static void test_the_shipped_table_is_the_state_councils(void **state)
{
    /* The days that differ from the week, from the announcement of 2025-11-04. */
    static const char *const OFF_IN_THE_WEEK[] = {"2026-01-01", "2026-01-02", "2026-02-16", "2026-02-17", "2026-02-18",
                                                  "2026-02-19", "2026-02-20", "2026-02-23", "2026-04-06", "2026-05-01",
                                                  "2026-05-04", "2026-05-05", "2026-06-19", "2026-09-25", "2026-10-01",
                                                  "2026-10-02", "2026-10-05", "2026-10-06", "2026-10-07"};
    static const char *const WORK_AT_WEEKENDS[] = {"2026-01-04", "2026-02-14", "2026-02-28",
                                                   "2026-05-09", "2026-09-20", "2026-10-10"};
    struct arena *arena = *state;
    struct calendar calendar = {
        .arena = arena, .title = "cn", .path = TEST_DATA "/../../conf/calendars/cn-2026.txt", .timezone = ""};
    struct fault fault = {0};
    size_t unusual = 0;
    size_t holidays = 0;

    if (!calendar_open(&calendar, 0, &fault))
        fail_msg("%s", fault.text);
    for (size_t i = 0; i < COUNT(OFF_IN_THE_WEEK); i++)
        assert_false(calendar_is_workday(&calendar, day_at(OFF_IN_THE_WEEK[i])));
    for (size_t i = 0; i < COUNT(WORK_AT_WEEKENDS); i++)
        assert_true(calendar_is_workday(&calendar, day_at(WORK_AT_WEEKENDS[i])));
    for (int64_t day = day_at("2026-01-01"); day <= day_at("2026-12-31"); day++)
        unusual += calendar_is_workday(&calendar, day) != (day_of_week(day) < 5);
    for (size_t i = 0; i < calendar.day_count; i++)
        holidays += !calendar.days[i].workday;
    assert_int_equal(unusual, COUNT(OFF_IN_THE_WEEK) + COUNT(WORK_AT_WEEKENDS));
    assert_int_equal(holidays, 3 + 9 + 3 + 5 + 3 + 3 + 7);
    assert_string_equal(calendar_entry(&calendar, day_at("2026-02-17"))->name, "春节");
    assert_true(calendar.ends && calendar.last_day == day_at("2026-12-31"));
}

static void test_reads_the_text_form(void **state)
{
    struct calendar *calendar = sound(*state, "c.txt",
                                      "\xEF\xBB\xBF# with a byte order mark\r\n"
                                      "  2026-03-01   holiday   Name with  blanks  # and a comment\r\n"
                                      "\n\t\n2026-03-03..2026-03-04 workday\n"
                                      "2026-03-28 22:00..2026-03-29 04:00 span Moves\n",
                                      false);

    assert_int_equal(calendar->day_count, 3);
    assert_string_equal(calendar->days[0].name, "Name with  blanks");
    assert_true(calendar->days[2].workday && calendar->days[2].day == day_at("2026-03-04"));
    assert_string_equal(spans_text(calendar), "03-28 22:00+5h Moves; "); /* an hour is missing in that night */
    assert_false(calendar->ends);
    assert_int_equal(calendar->last_day, day_at("2026-03-04"));
}

static void test_a_work_day_within_a_holiday_is_a_work_day(void **state)
{
    static const char *const FORMS[] = {
        "2026-02-14..2026-02-23 holiday Spring\n2026-02-14 workday shift\n2026-02-20 workday shift\n",
        "2026-02-20 workday shift\n2026-02-14 workday shift\n2026-02-14..2026-02-23 holiday Spring\n",
        "2026-02-14..2026-02-23 holiday A\n2026-02-13..2026-02-22 holiday B\n2026-02-14 workday\n2026-02-20 workday\n",
    };

    for (size_t i = 0; i < COUNT(FORMS); i++) {
        const struct calendar *calendar = sound(*state, "c.txt", FORMS[i], false);

        assert_true(calendar_is_workday(calendar, day_at("2026-02-14")));
        assert_false(calendar_is_workday(calendar, day_at("2026-02-19")));
        assert_true(calendar_is_workday(calendar, day_at("2026-02-20")));
        assert_false(calendar_is_workday(calendar, day_at("2026-02-23")));
    }
}

static void test_names_the_line_of_a_mistake(void **state)
{
    static const struct {
        const char *text;
        const char *complaint;
    } CASES[] = {
        CASE("2026-02-30 holiday", "c.txt:1: '2026-02-30' is no day"),
        CASE("\n\n2026-02-01 holliday", "c.txt:3: wanted is holiday or"),
        CASE("2026-02-01", "c.txt:1: wanted is holiday or"),
        CASE("2026-02-03..2026-02-01 holiday", "c.txt:1: the last day is before"),
        CASE("1000-01-01..9999-01-01 holiday", "c.txt:1: the last day is before"),
        CASE("2026-02-01...2026-02-02 holiday", "c.txt:1: '2026-02-01...2026-02-02'"),
        CASE("until tomorrow", "c.txt:1: 'tomorrow' is no day"),
        CASE("2026-02-01 10:00..2026-02-01 09:00 span x", "c.txt:1: '2026-02-01 10:00"),
        CASE("2026-02-01 10:00..2026-02-01 25:00 span x", "c.txt:1: '2026-02-01 10:00"),
        CASE("BEGIN:VCALENDAR", "c.txt:1: 'BEGIN:VCALENDAR'"),
        CASE("\xff\xfe\x01 holiday", "c.txt:1: "),
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct fault fault = {0};

        if (read_as(*state, "c.txt", CASES[i].text, "UTC", false, &fault))
            fail_msg("'%s' was taken", CASES[i].text);
        if (!strstr(fault.text, CASES[i].complaint))
            fail_msg("'%s': %s", CASES[i].text, fault.text);
    }
}

static void test_a_calendar_that_is_too_long_is_refused(void **state)
{
    struct arena *arena = *state;
    struct str text = str_in(arena, 1 << 20);
    struct fault fault = {0};

    for (int i = 0; i < 6; i++)
        str_add(&text, "2026-01-01..2035-12-31 holiday x\n");
    assert_null(read_as(arena, "c.txt", text.text, "UTC", false, &fault));
    assert_non_null(strstr(fault.text, "more than 20000 entries"));
}

static void test_a_file_that_everybody_may_write_is_refused(void **state)
{
    struct arena *arena = *state;
    struct calendar calendar = {.arena = arena, .title = "x", .path = policy_path(arena, "w.txt"), .timezone = ""};
    struct fault fault = {0};

    policy_file(arena, "w.txt", "2026-01-01 holiday\n");
    assert_int_equal(chmod(calendar.path, 0666), 0);
    assert_false(calendar_open(&calendar, 0, &fault));
    assert_non_null(strstr(fault.text, "every user of this machine may write it"));
    calendar = (struct calendar){.arena = arena, .title = "x", .path = "/dev/zero", .timezone = ""};
    assert_false(calendar_open(&calendar, 0, &fault));
}

#define ICS(body)        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" body "END:VCALENDAR\r\n"
#define EVENT(uid, body) "BEGIN:VEVENT\r\nUID:" uid "\r\n" body "END:VEVENT\r\n"

static void test_reads_events_of_ics_files(void **state)
{
    static const struct {
        const char *name;
        const char *text;
        const char *spans;
    } CASES[] = {
        CASE("UTC", ICS(EVENT("1", "DTSTART:20260601T070000Z\r\nDTEND:20260601T090000Z\r\nSUMMARY:a\r\n")),
             "06-01 09:00+2h a; "),
        CASE("its own zone, a duration",
             ICS(EVENT("1", "DTSTART;TZID=Asia/Shanghai:20260601T090000\r\nDURATION:PT3H\r\nSUMMARY:a\r\n")),
             "06-01 03:00+3h a; "),
        CASE("no zone: that of the calendar",
             ICS(EVENT("1", "DTSTART:20260601T090000\r\nDTEND:20260601T100000\r\nSUMMARY:a\r\n")),
             "06-01 09:00+1h a; "),
        CASE("a week over the change of the clocks is seven days of the wall",
             ICS(EVENT("1", "DTSTART;TZID=Europe/Berlin:20260323T090000\r\nDTEND;TZID=Europe/Berlin:20260330T090000\r\n"
                            "RRULE:FREQ=WEEKLY;COUNT=3\r\nSUMMARY:a\r\n")),
             "03-23 09:00+167h a; 03-30 09:00+168h a; 04-06 09:00+168h a; "),
        CASE(
            "every second week, one left out, one moved, one cancelled",
            ICS(EVENT("1", "DTSTART;TZID=Europe/Berlin:20260601T090000\r\nDTEND;TZID=Europe/Berlin:20260601T100000\r\n"
                           "RRULE:FREQ=WEEKLY;INTERVAL=2;UNTIL=20260815T000000Z\r\nSUMMARY:a\r\n"
                           "EXDATE;TZID=Europe/Berlin:20260615T090000\r\n")
                    EVENT("1",
                          "RECURRENCE-ID;TZID=Europe/Berlin:20260629T090000\r\n"
                          "DTSTART;TZID=Europe/Berlin:20260630T110000\r\nDTEND;TZID=Europe/Berlin:20260630T120000\r\n"
                          "SUMMARY:moved\r\n")
                        EVENT(
                            "1",
                            "RECURRENCE-ID;TZID=Europe/Berlin:20260713T090000\r\n"
                            "DTSTART;TZID=Europe/Berlin:20260713T090000\r\nDTEND;TZID=Europe/Berlin:20260713T100000\r\n"
                            "STATUS:CANCELLED\r\nSUMMARY:gone\r\n")),
            "06-01 09:00+1h a; 06-30 11:00+1h moved; 07-27 09:00+1h a; 08-10 09:00+1h a; "),
        CASE(
            "a zone that the file describes itself",
            ICS("BEGIN:VTIMEZONE\r\nTZID:Office\r\nBEGIN:STANDARD\r\nDTSTART:19701025T030000\r\n"
                "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\n"
                "BEGIN:DAYLIGHT\r\nDTSTART:19700329T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n"
                "TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n" EVENT(
                    "1", "DTSTART;TZID=Office:20260323T090000\r\nDTEND;TZID=Office:20260330T090000\r\n"
                         "RRULE:FREQ=WEEKLY;COUNT=2\r\nSUMMARY:a\r\n")
                    EVENT("2",
                          "DTSTART;TZID=Office:20260601T090000\r\nDTEND;TZID=Office:20260601T100000\r\nSUMMARY:b\r\n")),
            "03-23 09:00+167h a; 03-30 09:00+168h a; 06-01 09:00+1h b; "),
        CASE("dates added",
             ICS(EVENT(
                 "1", "DTSTART:20260601T070000Z\r\nDTEND:20260601T080000Z\r\nRDATE:20260605T070000Z\r\nSUMMARY:a\r\n")),
             "06-01 09:00+1h a; 06-05 09:00+1h a; "),
        CASE("exceptions by UTC, by the clock of the event, and by the day",
             ICS(EVENT("1", "DTSTART;TZID=Asia/Shanghai:20260601T170000\r\nDTEND;TZID=Asia/Shanghai:20260601T180000\r\n"
                            "RRULE:FREQ=DAILY;COUNT=7\r\nEXDATE:20260602T090000Z\r\nEXDATE:20260603T170000\r\n"
                            "EXDATE:20260604T090000\r\nEXDATE;VALUE=DATE:20260605\r\nSUMMARY:a\r\n")
                     EVENT("1", "RECURRENCE-ID:20260606T090000Z\r\nDTSTART:20260606T100000Z\r\n"
                                "DTEND:20260606T110000Z\r\nSUMMARY:moved\r\n")
                         EVENT("2", "RECURRENCE-ID:20260607T090000Z\r\nDTSTART:20260607T100000Z\r\n"
                                    "DTEND:20260607T110000Z\r\nSUMMARY:another's\r\n")),
             "06-01 11:00+1h a; 06-04 11:00+1h a; 06-06 12:00+1h moved; 06-07 11:00+1h a; 06-07 12:00+1h another's; "),
        CASE("two calendars in one file",
             ICS(EVENT("1", "DTSTART:20260601T070000Z\r\nDTEND:20260601T080000Z\r\nSUMMARY:a\r\n"))
                 ICS(EVENT("2", "DTSTART:20260602T070000Z\r\nDTEND:20260602T080000Z\r\nSUMMARY:b\r\n")),
             "06-01 09:00+1h a; 06-02 09:00+1h b; "),
        CASE(
            "nobody's summary, somebody's invitation",
            ICS(EVENT("1", "DTSTART:20260601T070000Z\r\nDTEND:20260601T080000Z\r\nATTENDEE:mailto:li@example.com\r\n")),
            "06-01 09:00+1h li@example.com; "),
        CASE("escaped and folded",
             ICS(EVENT("1", "DTSTART:20260601T070000Z\r\nDTEND:20260601T080000Z\r\nSUMMARY:张\r\n  伟\\, a\r\n")),
             "06-01 09:00+1h 张 伟, a; "),
        CASE("what has no end or beginning is nothing",
             ICS(EVENT("1", "DTSTART:20260601T070000Z\r\nSUMMARY:a\r\n") EVENT("2", "SUMMARY:b\r\n")
                     EVENT("3", "DTSTART:20260601T070000Z\r\nDTEND:20260601T060000Z\r\nSUMMARY:c\r\n")),
             ""),
        CASE("long ago, and far ahead",
             ICS(EVENT("1", "DTSTART:20200601T070000Z\r\nDTEND:20200601T080000Z\r\nSUMMARY:a\r\n")
                     EVENT("2", "DTSTART:20400601T070000Z\r\nDTEND:20400601T080000Z\r\nSUMMARY:b\r\n")),
             ""),
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        const struct calendar *calendar = sound(*state, "c.ics", CASES[i].text, false);

        if (strcmp(spans_text(calendar), CASES[i].spans) != 0)
            fail_msg("%s: %s", CASES[i].name, spans_text(calendar));
    }
}

static void test_whole_days_are_days_off_work_days_or_duties(void **state)
{
    static const char TEXT[] =
        ICS(EVENT("1", "DTSTART;VALUE=DATE:20260328\r\nDTEND;VALUE=DATE:20260330\r\nSUMMARY:清明节\r\n")
                EVENT("2", "DTSTART;VALUE=DATE:20260404\r\nSUMMARY:清明节 补班\r\n")
                    EVENT("3", "DTSTART;VALUE=DATE:20260501\r\nRRULE:FREQ=YEARLY;COUNT=2\r\nSUMMARY:Workers' Day\r\n"));
    const struct calendar *calendar = sound(*state, "c.ics", TEXT, false);

    static const char MOVED[] = ICS(
        EVENT("1",
              "DTSTART;VALUE=DATE:20260501\r\nRRULE:FREQ=DAILY;COUNT=4\r\nEXDATE;VALUE=DATE:20260502\r\nSUMMARY:a\r\n")
            EVENT("1", "RECURRENCE-ID;VALUE=DATE:20260503\r\nDTSTART;VALUE=DATE:20260510\r\nSUMMARY:b\r\n"));

    assert_int_equal(calendar->span_count, 0);
    assert_int_equal(calendar->day_count, 5);
    assert_false(calendar_entry(calendar, day_at("2026-03-29"))->workday);
    assert_null(calendar_entry(calendar, day_at("2026-03-30")));
    assert_true(calendar_entry(calendar, day_at("2026-04-04"))->workday);
    assert_false(calendar_entry(calendar, day_at("2027-05-01"))->workday);
    assert_string_equal(spans_text(sound(*state, "c.ics", MOVED, true)),
                        "05-01 00:00+24h a; 05-04 00:00+24h a; 05-10 00:00+24h b; ");
    calendar = sound(*state, "c.ics", TEXT, true);
    assert_int_equal(calendar->day_count, 0);
    assert_string_equal(spans_text(calendar), "03-28 00:00+47h 清明节; 04-04 00:00+24h 清明节 补班; "
                                              "05-01 00:00+24h Workers' Day; 05-01 00:00+24h Workers' Day; ");
}

/* Each of many occurrences is looked up among many exceptions: that must not be asked of every pair. */
static void test_many_exceptions_of_many_occurrences_take_no_long_time(void **state)
{
    enum { CHANGES = 10000 };
    struct arena *arena = *state;
    struct str text = str_in(arena, CALENDAR_MOST);
    const struct calendar *calendar;

    str_add(&text, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20060601T000000Z\r\n"
                   "DTEND:20060601T003000Z\r\nRRULE:FREQ=HOURLY;UNTIL=20260501T020000Z\r\nSUMMARY:a\r\n");
    for (int i = 0; i < CHANGES; i++) /* of 1996: nothing happens then, whoever reads must look */
        str_addf(&text, "EXDATE:1996%02d%02dT%02d%02d00Z\r\n", 1 + i % 12, 1 + i / 12 % 28, i / 336 % 24, i % 60);
    str_add(&text, "END:VEVENT\r\n");
    for (int i = 0; i < CHANGES; i++)
        str_addf(&text,
                 "BEGIN:VEVENT\r\nUID:1\r\nRECURRENCE-ID:1996%02d%02dT%02d%02d00Z\r\nDTSTART:19960101T000000Z\r\n"
                 "STATUS:CANCELLED\r\nEND:VEVENT\r\n",
                 1 + i % 12, 1 + i / 12 % 28, i / 336 % 24, i % 60);
    str_add(&text, "END:VCALENDAR\r\n");
    assert_true(str_fits(&text));
    calendar = sound(arena, "c.ics", text.text, false);
    assert_int_equal(calendar->span_count, 335 * 24 + 3); /* from 366 days before 2026-06-01 on */
}

static void test_takes_no_ics_file_that_would_not_end(void **state)
{
    static const struct {
        const char *text;
        const char *complaint;
    } CASES[] = {
        CASE(ICS(EVENT("1",
                       "DTSTART:19700101T000000Z\r\nDTEND:19700101T000001Z\r\nRRULE:FREQ=SECONDLY\r\nSUMMARY:a\r\n")),
             "more often than hourly"),
        CASE(
            ICS(EVENT(
                "1",
                "DTSTART:19700101T000000Z\r\nDTEND:19700101T000001Z\r\nRRULE:FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30\r\n")),
            "more often than hourly"),
        CASE(
            ICS(EVENT("1", "DTSTART:19700101T000000Z\r\nDTEND:19700101T000001Z\r\nRRULE:FREQ=HOURLY\r\nSUMMARY:a\r\n")),
            "more often than can be followed"),
        CASE("", "no iCalendar file"),
        CASE("hello", "no iCalendar file"),
        CASE("BEGIN:VCARD\r\nEND:VCARD\r\n", "no VCALENDAR"),
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct fault fault = {0};

        if (read_as(*state, "c.ics", CASES[i].text, "UTC", false, &fault))
            fail_msg("'%s' was taken", CASES[i].text);
        if (!strstr(fault.text, CASES[i].complaint))
            fail_msg("'%s': %s", CASES[i].text, fault.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_the_shipped_table_is_the_state_councils),
        WITH_ARENA(test_reads_the_text_form),
        WITH_ARENA(test_a_work_day_within_a_holiday_is_a_work_day),
        WITH_ARENA(test_names_the_line_of_a_mistake),
        WITH_ARENA(test_a_calendar_that_is_too_long_is_refused),
        WITH_ARENA(test_a_file_that_everybody_may_write_is_refused),
        WITH_ARENA(test_reads_events_of_ics_files),
        WITH_ARENA(test_whole_days_are_days_off_work_days_or_duties),
        WITH_ARENA(test_many_exceptions_of_many_occurrences_take_no_long_time),
        WITH_ARENA(test_takes_no_ics_file_that_would_not_end),
    };

    return cmocka_run_group_tests(tests, make_policy_folder, drop_policy_folder);
}
