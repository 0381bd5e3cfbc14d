#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/compose.h"
#include "common/template.h"
#include "common/utf8.h"
#include "common/values.h"
#include "support.h"

static const char *const NAMES[] = {"default",      "cpu_alert",  "disk_alert", "memory_alert",
                                    "service_down", "host_down",  "recovery",   "acknowledged",
                                    "sms",          "job_result", "business"};

static const enum language LANGUAGES[] = {LANGUAGE_ZH_CN, LANGUAGE_EN};

static const struct {
    const char *name;
    enum markup markup;
} MARKUPS[] = {
    {"plain",    MARKUP_PLAIN   },
    {"dingtalk", MARKUP_DINGTALK},
    {"wecom",    MARKUP_WECOM   },
    {"mrkdwn",   MARKUP_MRKDWN  },
    {"card",     MARKUP_CARD    },
    {"html",     MARKUP_HTML    },
    {"feishu",   MARKUP_FEISHU  },
};

/* What a monitoring system says when it says all it can. */
static struct event full_event(void)
{
    struct event event = event_empty();

    event.severity = SEVERITY_CRITICAL;
    event.time_s = 1764014601;
    event.source = "zabbix";
    event.source_name = "Zabbix 北京";
    event.event_id = "4711";
    event.host = "web-01";
    event.host_name = "web-01.example.com";
    event.address = "10.0.0.21";
    event.service = "nginx.service";
    event.service_name = "nginx";
    event.state = "CRITICAL";
    event.previous_state = "WARNING";
    event.subject = "disk_usage on C:\\temp > 90%";
    event.message = "last value 95.2%\n2nd line: a*b [x](http://evil.example) <!channel>";
    event.duration = "12m 30s";
    event.threshold = "90%";
    event.value = "95.2%";
    event.disk_path = "/var/lib";
    event.free_space = "3.1 GiB";
    event.url = "https://zabbix.example.com/tr_events.php?triggerid=1&eventid=4711";
    event.runbook_url = "https://wiki.example.com/nginx_5xx?v=2";
    event.impact = "shop";
    event.groups = "Linux servers";
    event.notification_number = "2";
    event.author = "li";
    event.comment = "looking into it";
    event.action = "acknowledged";
    return event;
}

/* And when it says hardly anything. */
static struct event poor_event(void)
{
    struct event event = event_empty();

    event.subject = "something is wrong";
    event.source = "manual";
    return event;
}

static struct message composed(struct arena *arena, enum language language, const char *name, struct event event)
{
    struct template_shelf shelf = {.arena = arena};
    const struct composition composition = {
        .shelf = &shelf,
        .templates = TEMPLATES,
        .template_name = name,
        .timezone = "Asia/Shanghai",
        .confirm_url = "",
        .id = "01JD8M3Z7Q5X2B9KTV4A6CHEFN",
        .language = language,
        .wall_ms = 1764014601000,
    };
    struct message message;
    struct fault fault = {0};
    bool found = false;

    if (strcmp(name, "recovery") == 0)
        event.kind = EVENT_RECOVERY;
    if (strcmp(name, "acknowledged") == 0)
        event.kind = EVENT_ACKNOWLEDGEMENT;
    compose(arena, &composition, memcpy(arena_alloc(arena, sizeof(event)), &event, sizeof(event)), &message, &found,
            &fault);
    if (!found)
        fail_msg("%s/%s: %s", language_name(language), name, fault.text);
    return message;
}

static void show(const char *title, const struct message *message, const char *text)
{
    if (getenv("NP_SHOW"))
        printf("--- %s\n[%s]\n%s\n", title, message->title, text);
}

/* A label with nothing after it: the line ends with a colon, whatever signs a markup sets around it. */
static bool has_empty_label(const char *text)
{
    for (const char *end; *text; text = *end ? end + 1 : end) {
        size_t len;

        end = text + strcspn(text, "\n\r");
        len = (size_t)(end - text);
        while (len > 0 && strchr("* ", text[len - 1]))
            len--;
        if (len > 4 && strncmp(text + len - 4, "</b>", 4) == 0)
            len -= 4;
        if ((len > 0 && text[len - 1] == ':') || (len > 2 && strncmp(text + len - 3, "：", 3) == 0))
            return true;
    }
    return false;
}

static void check_shown(struct arena *arena, enum language language, const char *name, const char *which,
                        const struct event *event)
{
    const struct message message = composed(arena, language, name, *event);

    for (size_t i = 0; i < COUNT(MARKUPS); i++) {
        const char *title =
            arena_print(arena, "%s/%s, %s event, %s", language_name(language), name, which, MARKUPS[i].name);
        const char *text = passage_write(arena, message.text, MARKUPS[i].markup, TEXT_MOST, UNIT_BYTES, language);

        show(title, &message, text);
        if (strstr(text, "{{") || strstr(message.title, "{{") || has_empty_label(text) || !*text || !*message.title)
            fail_msg("%s:\n%s\n%s", title, message.title, text);
        assert_true(utf8_is_clean(message.title));
    }
}

static void test_each_template_loads_and_uses_known_names_only(void **state)
{
    const struct template_names names = {.known = value_known, .trusted = value_trusted, .nearest = value_nearest};

    for (size_t i = 0; i < COUNT(LANGUAGES) * COUNT(NAMES); i++) {
        enum language language = LANGUAGES[i / COUNT(NAMES)];
        const char *name = NAMES[i % COUNT(NAMES)];
        struct message_template template;
        struct fault fault = {0};
        bool found = false;

        if (!template_load(*state, TEMPLATES, language, name, &template, &found, &fault) ||
            !template_check(template.title, &names, &fault) || !template_check(template.text, &names, &fault))
            fail_msg("%s", fault.text);
        assert_true(found);
        assert_string_equal(template.path,
                            arena_print(*state, "%s/%s/%s.mustache", TEMPLATES, language_name(language), name));
    }
}

static size_t files_in(struct arena *arena, enum language language)
{
    DIR *folder = opendir(arena_print(arena, "%s/%s", TEMPLATES, language_name(language)));
    size_t count = 0;

    assert_non_null(folder);
    for (const struct dirent *entry; (entry = readdir(folder));)
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

static void test_both_languages_have_the_same_templates(void **state)
{
    static const size_t partials = 2;

    for (size_t i = 0; i < COUNT(LANGUAGES); i++)
        assert_int_equal(files_in(*state, LANGUAGES[i]), COUNT(NAMES) + partials);
}

static void test_a_full_event_reads_well_in_every_markup(void **state)
{
    const struct event event = full_event();

    for (size_t i = 0; i < COUNT(LANGUAGES) * COUNT(NAMES); i++)
        check_shown(*state, LANGUAGES[i / COUNT(NAMES)], NAMES[i % COUNT(NAMES)], "full", &event);
}

static void test_a_nearly_empty_event_leaves_no_broken_lines(void **state)
{
    const struct event event = poor_event();

    for (size_t i = 0; i < COUNT(LANGUAGES) * COUNT(NAMES); i++)
        check_shown(*state, LANGUAGES[i / COUNT(NAMES)], NAMES[i % COUNT(NAMES)], "poor", &event);
}

static const char *plain(struct arena *arena, const struct message *message)
{
    return passage_write(arena, message->text, MARKUP_PLAIN, TEXT_MOST, UNIT_BYTES, message->language);
}

/* When, which server, what, state against threshold and since when, how bad, what to do, an id to follow it by. */
static void test_a_problem_answers_what_people_ask(void **state)
{
    static const struct {
        const char *name;
        const char *answers[10];
    } rows[] = {
        CASE("default", {"2025-11-25 04:03:21", "web-01.example.com（10.0.0.21）", "nginx", "95.2%（阈值 90%）",
                         "12m 30s", "严重", "shop", "第 2 次通知"}),
        CASE("cpu_alert", {"2025-11-25 04:03:21", "web-01.example.com（10.0.0.21）", "95.2%", "90%", "12m 30s", "严重",
                           "top -b -n1 | head -20", "第 2 次通知"}),
        CASE("disk_alert", {"2025-11-25 04:03:21", "web-01.example.com（10.0.0.21）", "/var/lib", "95.2%", "90%",
                            "严重", "3.1 GiB", "du -x -d1 -h /var/lib | sort -h | tail", "第 2 次通知"}),
        CASE("memory_alert", {"2025-11-25 04:03:21", "web-01.example.com（10.0.0.21）", "95.2%", "90%", "12m 30s",
                              "严重", "free -m", "第 2 次通知"}),
        CASE("service_down", {"2025-11-25 04:03:21", "web-01.example.com（10.0.0.21）", "nginx", "WARNING → CRITICAL",
                              "12m 30s", "严重", "journalctl -u nginx.service -n 50", "第 2 次通知"}),
        CASE("host_down", {"2025-11-25 04:03:21", "web-01.example.com（10.0.0.21）", "WARNING → CRITICAL", "12m 30s",
                           "严重", "ping -c 4 10.0.0.21", "第 2 次通知"}),
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct message message = composed(*state, LANGUAGE_ZH_CN, rows[i].name, full_event());
        const char *text = plain(*state, &message);

        assert_non_null(strstr(text, message.short_id));
        for (size_t at = 0; rows[i].answers[at]; at++)
            if (!strstr(text, rows[i].answers[at]))
                fail_msg("%s does not say '%s':\n%s", rows[i].name, rows[i].answers[at], text);
    }
}

/* The kind stands in the title; what it is about is as grave as before, and over when it is over. */
static void test_the_level_line_tells_the_severity(void **state)
{
    struct event event = full_event();
    struct message update;
    struct message recovery;

    event.kind = EVENT_UPDATE;
    update = composed(*state, LANGUAGE_EN, "default", event);
    recovery = composed(*state, LANGUAGE_EN, "recovery", event);
    assert_non_null(strstr(plain(*state, &update), "Level: Critical"));
    assert_null(strstr(plain(*state, &recovery), "Level:"));
}

/* The words and their order as people of the first version know them. */
static void test_the_default_message_has_the_known_layout(void **state)
{
    static const char *const labels[] = {"时间：", "级别：", "内容：", "来源："};
    const struct message message = composed(*state, LANGUAGE_ZH_CN, "default", full_event());
    const char *at = plain(*state, &message);

    assert_string_equal(message.title, "🔴 【严重】disk_usage on C:\\temp > 90%");
    for (size_t i = 0; i < COUNT(labels); i++) {
        at = strstr(at, labels[i]);
        assert_non_null(at);
    }
}

/* A value that a shell would read is never part of a command: its line goes, the others stay. */
static void test_no_hostile_value_gets_into_a_command(void **state)
{
    static const char *const hostile[] = {"/var; rm -rf /", "$(reboot)", "`reboot`", "-rf", "a b", "x\ny", "a|b", "~"};

    for (size_t i = 0; i < COUNT(hostile); i++) {
        struct event event = full_event();
        struct message message;
        const char *text;

        event.disk_path = hostile[i];
        message = composed(*state, LANGUAGE_EN, "disk_alert", event);
        text = plain(*state, &message);
        assert_null(strstr(text, "du -x"));
        assert_non_null(strstr(text, "df -h"));
    }
}

static void test_a_text_message_is_two_short_lines(void **state)
{
    const struct message message = composed(*state, LANGUAGE_ZH_CN, "sms", full_event());
    const char *text = plain(*state, &message);

    assert_string_equal(text, arena_print(*state,
                                          "严重：web-01.example.com disk_usage on C:\\temp > 90%%，当前 95.2%%\n"
                                          "2025-11-25 04:03:21，持续 12m 30s，编号 %s",
                                          message.short_id));
}

/* A worker tells thousands with a handful of files. A name that is not there must not fill its memory. */
static void test_a_file_is_read_once(void **state)
{
    struct template_shelf shelf = {.arena = *state};
    struct message_template first;
    struct message_template again;
    struct fault fault = {0};
    bool found;

    assert_true(template_take(&shelf, TEMPLATES, LANGUAGE_EN, "recovery", &first, &found, &fault));
    assert_true(template_take(&shelf, TEMPLATES, LANGUAGE_EN, "recovery", &again, &found, &fault));
    assert_true(found);
    assert_ptr_equal(first.text, again.text);
    assert_true(template_take(&shelf, TEMPLATES, LANGUAGE_ZH_CN, "recovery", &again, &found, &fault));
    assert_ptr_not_equal(first.text, again.text);
    assert_true(template_take(&shelf, TEMPLATES, LANGUAGE_EN, "not_there", &first, &found, &fault));
    assert_false(found);
    assert_true(template_take(&shelf, TEMPLATES, LANGUAGE_EN, "not_there", &again, &found, &fault));
    assert_false(found);
    assert_ptr_not_equal(first.text, again.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_each_template_loads_and_uses_known_names_only),
        WITH_ARENA(test_both_languages_have_the_same_templates),
        WITH_ARENA(test_a_full_event_reads_well_in_every_markup),
        WITH_ARENA(test_a_nearly_empty_event_leaves_no_broken_lines),
        WITH_ARENA(test_a_problem_answers_what_people_ask),
        WITH_ARENA(test_the_level_line_tells_the_severity),
        WITH_ARENA(test_the_default_message_has_the_known_layout),
        WITH_ARENA(test_no_hostile_value_gets_into_a_command),
        WITH_ARENA(test_a_text_message_is_two_short_lines),
        WITH_ARENA(test_a_file_is_read_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
