/* What a real parser makes of the mail is judged by Python's email package in tests/system/test_email.py. */
#include "tests/unit/channel_support.h"

#include <stdlib.h>
#include <strings.h>

#include "common/letter.h"
#include "common/smtp_reply.h"
#include "common/str.h"
#include "plugins/channels.h"

extern const struct channel channel_email;

#define FROM        "from", "监控 <monitor@example.com>"
#define SETTINGS(a) TEST_SETTINGS(a, &channel_email, FROM)

static const char *const ZHANG[] = {"zhang@example.com", NULL};

/* The unfolded value of a header, "" when there is none. */
static const char *header(struct arena *arena, const struct request *request, const char *name)
{
    const char *head_end = strstr(request->body, "\r\n\r\n");
    const char *head = arena_copy(arena, request->body, (size_t)(head_end + 2 - request->body));
    struct str value = str_in(arena, 4096);
    const char *line = head;

    while (line && strncasecmp(line, arena_print(arena, "%s: ", name), strlen(name) + 2) != 0)
        line = (line = strstr(line, "\r\n")) && line[2] ? line + 2 : NULL;
    if (!line)
        return "";
    line += strlen(name) + 2;
    for (;;) {
        size_t len = strcspn(line, "\r");

        str_addn(&value, line, len);
        line += len + 2;
        if (*line != ' ')
            return value.text;
    }
}

static void test_the_envelope_is_one_transaction(void **state)
{
    const void *settings = TEST_SETTINGS(*state, &channel_email, FROM, "server", "smtps://mail.example.com:465",
                                         "starttls", "never", "username", "u");
    struct message message = test_message(*state, "磁盘将满", "**主机:** web-01");
    struct request request =
        test_build(*state, &channel_email, settings, &message, (const char *const[]){"张伟 <zhang@example.com>", NULL});

    assert_string_equal(request.url, "smtps://mail.example.com:465");
    assert_string_equal(request.mail->from, "monitor@example.com");
    assert_string_equal(request.mail->to, "zhang@example.com");
    assert_string_equal(request.mail->user, "u");
    assert_int_equal(request.mail->tls, TLS_NEVER);
    assert_int_equal(channel_email.recipients_in_request, 1);
    assert_int_equal(request.body_len, strlen(request.body));
}

static void test_encryption_is_demanded_by_default(void **state)
{
    struct message message = test_message(*state, "a", "b");
    struct request request = test_build(*state, &channel_email, SETTINGS(*state), &message, ZHANG);

    assert_int_equal(request.mail->tls, TLS_REQUIRED);
    assert_string_equal(request.mail->user, "");
}

static void test_headers_say_that_a_machine_wrote_it(void **state)
{
    struct message message = test_message(*state, "a", "b");
    struct request request;

    setenv("TZ", "Asia/Shanghai", 1);
    request = test_build(*state, &channel_email, SETTINGS(*state), &message, ZHANG);
    unsetenv("TZ");
    assert_string_equal(header(*state, &request, "Date"), "Fri, 02 Jan 2026 11:04:05 +0800");
    assert_string_equal(header(*state, &request, "From"), "=?UTF-8?B?55uR5o6n?= <monitor@example.com>");
    assert_string_equal(header(*state, &request, "To"), "zhang@example.com");
    assert_string_equal(header(*state, &request, "Auto-Submitted"), "auto-generated");
    assert_string_equal(header(*state, &request, "X-Auto-Response-Suppress"), "DR, RN, NRN, OOF, AutoReply");
    assert_string_equal(header(*state, &request, "Precedence"), "");
    assert_string_equal(header(*state, &request, "Reply-To"), "");
}

/* Same subject but for the bracket, one root: that is what mail programs make a thread of. */
static void test_a_recovery_hangs_on_its_problem(void **state)
{
    struct message problem = test_message(*state, "CPU usage high", "x");
    struct message recovery = problem;
    struct event *first = arena_alloc(*state, sizeof(*first));
    const char *root, *id;
    struct request request;

    *first = *problem.event;
    first->notification_number = "1";
    problem.event = first;
    problem.level = "Critical";
    request = test_build(*state, &channel_email, SETTINGS(*state), &problem, ZHANG);
    root = header(*state, &request, "Message-ID");
    assert_string_equal(header(*state, &request, "In-Reply-To"), "");
    assert_string_equal(header(*state, &request, "Subject"), "[Critical] CPU usage high (web-01)");

    recovery.kind = EVENT_RECOVERY;
    recovery.id = "01J0000000TWO";
    recovery.level = "Recovered";
    request = test_build(*state, &channel_email, SETTINGS(*state), &recovery, ZHANG);
    id = header(*state, &request, "Message-ID");
    assert_string_equal(header(*state, &request, "In-Reply-To"), root);
    assert_string_equal(header(*state, &request, "References"), root);
    assert_string_not_equal(id, root);
    assert_non_null(strstr(id, ".recovery."));
    assert_string_equal(header(*state, &request, "Subject"), "[Recovered] CPU usage high (web-01)");
}

/* Gmail and Exchange drop a second mail with the same id: an attempt's repeat should vanish, a reminder must not. */
static void test_ids_are_the_same_for_attempts_and_differ_for_reminders_and_people(void **state)
{
    struct message message = test_message(*state, "a", "b");
    struct message reminder = message;
    struct request one = test_build(*state, &channel_email, SETTINGS(*state), &message, ZHANG);
    struct request again = test_build(*state, &channel_email, SETTINGS(*state), &message, ZHANG);
    struct request later, other;

    reminder.id = "01J0000000LATER";
    later = test_build(*state, &channel_email, SETTINGS(*state), &reminder, ZHANG);
    other =
        test_build(*state, &channel_email, SETTINGS(*state), &message, (const char *const[]){"li@example.com", NULL});
    assert_string_equal(header(*state, &one, "Message-ID"), header(*state, &again, "Message-ID"));
    assert_string_not_equal(header(*state, &one, "Message-ID"), header(*state, &later, "Message-ID"));
    assert_string_equal(header(*state, &one, "References"), header(*state, &later, "References"));
    assert_string_not_equal(header(*state, &one, "References"), header(*state, &other, "References"));
}

static void test_the_subject_is_the_same_in_every_state(void **state)
{
    static const struct {
        const char *subject, *host, *state, *want;
    } CASES[] = {
        {"web-01 / cpu CRITICAL",   "web-01", "CRITICAL", "[L] web-01 / cpu"                    },
        {"web-01 DOWN",             "web-01", "DOWN",     "[L] web-01"                          },
        {"CPU high on web-01",      "web-01", "High",     "[L] CPU high on web-01"              },
        {"Zabbix says: state High", "web-01", "High",     "[L] Zabbix says: state High (web-01)"},
        {"backup failed",           "",       "",         "[L] backup failed"                   },
        {"web-01",                  "web-01", "web-01",   "[L] web-01"                          },
        {"",                        "",       "",         "[L] the title"                       },
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct message message = test_message(*state, "the title", "b");
        struct event event = event_empty();
        struct request request;

        event.subject = CASES[i].subject;
        event.host = CASES[i].host;
        event.state = CASES[i].state;
        message.event = &event;
        message.level = "L";
        request = test_build(*state, &channel_email, SETTINGS(*state), &message, ZHANG);
        assert_string_equal(header(*state, &request, "Subject"), CASES[i].want);
    }
}

static void test_importance_follows_the_severity(void **state)
{
    static const struct {
        enum event_kind kind;
        enum severity severity;
        const char *flag, *priority, *importance;
    } CASES[] = {
        {EVENT_PROBLEM,  SEVERITY_EMERGENCY, "yes", "1", "high"},
        {EVENT_PROBLEM,  SEVERITY_CRITICAL,  "yes", "1", "high"},
        {EVENT_PROBLEM,  SEVERITY_ERROR,     "yes", "2", "high"},
        {EVENT_PROBLEM,  SEVERITY_WARNING,   "yes", "",  ""    },
        {EVENT_RECOVERY, SEVERITY_EMERGENCY, "yes", "",  ""    },
        {EVENT_PROBLEM,  SEVERITY_EMERGENCY, "no",  "",  ""    },
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        const void *settings = TEST_SETTINGS(*state, &channel_email, FROM, "importance", CASES[i].flag);
        struct message message = test_message(*state, "a", "b");
        struct request request;

        message.kind = CASES[i].kind;
        message.severity = CASES[i].severity;
        request = test_build(*state, &channel_email, settings, &message, ZHANG);
        assert_string_equal(header(*state, &request, "X-Priority"), CASES[i].priority);
        assert_string_equal(header(*state, &request, "Importance"), CASES[i].importance);
    }
}

static void test_nothing_is_built_for_an_address_that_is_none(void **state)
{
    static const struct {
        const char *from, *to;
        enum fault_kind kind;
    } CASES[] = {
        {"monitor@example.com",          "zhang@example.com\r\nBcc: eve@example.com", FAULT_INPUT },
        {"monitor@example.com",          "a@b.c> <d@e.f",                             FAULT_INPUT },
        {"monitor@example.com",          "张伟",                                    FAULT_INPUT },
        {"monitor",                      "zhang@example.com",                         FAULT_CONFIG},
        {"x\r\ny <monitor@example.com>", "zhang@example.com",                         FAULT_CONFIG},
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        const void *settings = TEST_SETTINGS(*state, &channel_email, "from", CASES[i].from);
        struct message message = test_message(*state, "a", "b");
        struct intent intent = {
            .verb = VERB_SEND, .message = &message, .recipients = &CASES[i].to, .recipient_count = 1};
        struct request request = request_in(*state);
        struct fault fault = {0};

        assert_false(channel_email.build(settings, &intent, &TEST_MOMENT, &request, &fault));
        assert_int_equal(fault.kind, CASES[i].kind);
    }
}

struct heard {
    struct findings findings;
    int mistakes, advice;
};

static void count_mistake(void *self, const char *text)
{
    assert_true(text[0]);
    ((struct heard *)self)->mistakes++;
}

static void count_advice(void *self, const char *text)
{
    assert_true(text[0]);
    ((struct heard *)self)->advice++;
}

static void test_odd_settings_are_told(void **state)
{
    static const struct {
        const char *server, *starttls, *username, *password, *from, *reply_to;
        int mistakes, advice;
    } CASES[] = {
        {"smtp://mail.example.com:587", "required", "u", "p", "a@b.c", "",  0, 0},
        {"smtp://127.0.0.1:25",         "never",    "",  "",  "a@b.c", "",  0, 0},
        {"smtp://127.0.0.1:25",         "required", "",  "",  "a@b.c", "",  0, 1},
        {"smtp://mail.example.com",     "never",    "u", "p", "a@b.c", "",  0, 1},
        {"smtp://127.0.0.1",            "never",    "u", "p", "a@b.c", "",  0, 0},
        {"smtps://mail.example.com",    "never",    "u", "p", "a@b.c", "",  0, 0},
        {"mail.example.com:25",         "required", "",  "",  "a@b.c", "",  1, 0},
        {"http://mail.example.com",     "required", "",  "",  "a@b.c", "",  1, 0},
        {"smtp://u:p@mail.example.com", "required", "",  "",  "a@b.c", "",  1, 0},
        {"smtp://mail.example.com",     "required", "u", "",  "a@b.c", "",  1, 0},
        {"smtp://mail.example.com",     "required", "",  "p", "a@b.c", "",  1, 0},
        {"smtp://mail.example.com",     "required", "",  "",  "a",     "b", 2, 0},
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        void *settings =
            TEST_SETTINGS(*state, &channel_email, "server", CASES[i].server, "starttls", CASES[i].starttls, "username",
                          CASES[i].username, "from", CASES[i].from, "reply_to", CASES[i].reply_to);
        struct heard heard = {.mistakes = 0};
        struct findings findings = {.arena = *state, .mistake = count_mistake, .advice = count_advice, .self = &heard};

        for (const struct option_row *row = channel_email.options; row->name; row++)
            if (strcmp(row->name, "password") == 0)
                ((struct secret *)(void *)((char *)settings + row->offset))->text = CASES[i].password;
        channel_email.check(settings, &findings);
        if (heard.mistakes != CASES[i].mistakes || heard.advice != CASES[i].advice)
            fail_msg("row %zu: %d mistakes, %d advice", i, heard.mistakes, heard.advice);
    }
}

/* RFC 5321 4.2.3, RFC 4954 6, and what Postfix, Exim, Exchange and Gmail say in their own words. */
static void test_replies_mean_what_the_standards_say(void **state)
{
    static const struct {
        const char *command;
        int status;
        const char *replies;
        enum outcome want;
        enum word remedy;
        const char *code;
    } CASES[] = {
        {".",        250, "250 2.0.0 Ok: queued as 4XyZ12",  OUTCOME_DELIVERED, WORD_NONE,           "250 2.0.0" },
        {".",        251, "251 will forward",                OUTCOME_DELIVERED, WORD_NONE,           "251"       },
        {"CONNECT",  421, "421 too busy",                    OUTCOME_AGAIN,     WORD_FIX_WAIT,       "421"       },
        {"CONNECT",  554, "554 no SMTP service here",        OUTCOME_BROKEN,    WORD_FIX_ADDRESS,    "554"       },
        {"CONNECT",  521, "521 does not accept mail",        OUTCOME_BROKEN,    WORD_FIX_ADDRESS,    "521"       },
        {"EHLO",     550, "550 bad HELO",                    OUTCOME_BROKEN,    WORD_FIX_ADDRESS,    "550"       },
        {"STARTTLS", 454, "454 4.7.0 no TLS now",            OUTCOME_AGAIN,     WORD_NONE,           "454 4.7.0" },
        {"AUTH",     454, "454 4.7.0 temporary",             OUTCOME_AGAIN,     WORD_FIX_LOGIN,      "454 4.7.0" },
        {"AUTH",     535, "535 5.7.8 credentials invalid",   OUTCOME_BROKEN,    WORD_FIX_LOGIN,      "535 5.7.8" },
        {"AUTH",     534, "534 5.7.9 mechanism is too weak", OUTCOME_BROKEN,    WORD_FIX_LOGIN,      "534 5.7.9" },
        {"AUTH",     538, "538 encryption required",         OUTCOME_BROKEN,    WORD_FIX_LOGIN,      "538"       },
        {"MAIL",     530, "530 5.7.0 log in first",          OUTCOME_BROKEN,    WORD_FIX_LOGIN,      "530 5.7.0" },
        {"MAIL",     550, "550 5.7.1 not your address",      OUTCOME_BROKEN,    WORD_FIX_PERMISSION, "550 5.7.1" },
        {"MAIL",     553, "553 sender domain unknown",       OUTCOME_BROKEN,    WORD_FIX_ADDRESS,    "553"       },
        {"MAIL",     552, "552 5.3.4 too big",               OUTCOME_REFUSED,   WORD_FIX_MESSAGE,    "552 5.3.4" },
        {"MAIL",     451, "451 local error",                 OUTCOME_AGAIN,     WORD_FIX_WAIT,       "451"       },
        {"MAIL",     455, "455 parameters",                  OUTCOME_AGAIN,     WORD_FIX_WAIT,       "455"       },
        {"RCPT",     450, "450 4.2.0 <z@e.c>: Greylisted",   OUTCOME_AGAIN,     WORD_FIX_WAIT,       NULL        },
        {"RCPT",     450, "450 4.2.1 busy",                  OUTCOME_AGAIN,     WORD_FIX_WAIT,       "450 4.2.1" },
        {"RCPT",     452, "452 4.2.2 storage",               OUTCOME_AGAIN,     WORD_FIX_WAIT,       "452 4.2.2" },
        {"RCPT",     550, "550 5.1.1 unknown",               OUTCOME_REFUSED,   WORD_FIX_RECIPIENT,  "550 5.1.1" },
        {"RCPT",     551, "551 not local",                   OUTCOME_REFUSED,   WORD_FIX_RECIPIENT,  "551"       },
        {"RCPT",     553, "553 5.1.3 bad syntax",            OUTCOME_REFUSED,   WORD_FIX_RECIPIENT,  "553 5.1.3" },
        {"RCPT",     556, "556 5.1.10 null MX",              OUTCOME_REFUSED,   WORD_FIX_RECIPIENT,  "556 5.1.10"},
        {"RCPT",     552, "552 5.2.2 mailbox full",          OUTCOME_REFUSED,   WORD_FIX_RECIPIENT,  "552 5.2.2" },
        {"RCPT",     552, "552 too many recipients",         OUTCOME_AGAIN,     WORD_FIX_WAIT,       "552"       },
        {"RCPT",     554, "554 5.7.1 Relay access denied",   OUTCOME_BROKEN,    WORD_FIX_PERMISSION, "554 5.7.1" },
        {"RCPT",     550, "550 relay not permitted",         OUTCOME_BROKEN,    WORD_FIX_PERMISSION, "550"       },
        {"RCPT",     530, "530 5.7.0 log in first",          OUTCOME_BROKEN,    WORD_FIX_LOGIN,      "530 5.7.0" },
        {"DATA",     451, "451 try later",                   OUTCOME_AGAIN,     WORD_FIX_WAIT,       "451"       },
        {"DATA",     554, "554 no valid recipients",         OUTCOME_REFUSED,   WORD_FIX_MESSAGE,    "554"       },
        {".",        451, "451 4.3.0 queue",                 OUTCOME_AGAIN,     WORD_FIX_WAIT,       "451 4.3.0" },
        {".",        452, "452 4.3.1 disk",                  OUTCOME_AGAIN,     WORD_FIX_WAIT,       "452 4.3.1" },
        {".",        552, "552 5.3.4 too big",               OUTCOME_REFUSED,   WORD_FIX_MESSAGE,    "552 5.3.4" },
        {".",        554, "554 5.7.1 spam",                  OUTCOME_REFUSED,   WORD_FIX_MESSAGE,    "554 5.7.1" },
        {".",        354, "354 again?",                      OUTCOME_REFUSED,   WORD_NONE,           "354"       },
    };
    struct intent intent = {.verb = VERB_SEND, .recipients = ZHANG, .recipient_count = 1};

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct response response = response_in(*state);
        struct verdicts verdicts = {.arena = *state};

        response.status = CASES[i].status;
        response.command = CASES[i].command;
        response.replies = arena_print(*state, "220 hello\n250 first\n%s", CASES[i].replies);
        channel_email.classify(SETTINGS(*state), &intent, &response, &verdicts);
        assert_int_equal(verdicts.count, 1);
        if (verdicts.items[0].outcome != CASES[i].want)
            fail_msg("%s %s: %s", CASES[i].command, CASES[i].replies, outcome_name(verdicts.items[0].outcome));
        if (CASES[i].remedy != WORD_NONE && verdicts.items[0].remedy != CASES[i].remedy)
            fail_msg("%s %s: %s", CASES[i].command, CASES[i].replies, word_in(LANGUAGE_EN, verdicts.items[0].remedy));
        if (CASES[i].code)
            assert_string_equal(verdicts.items[0].code, CASES[i].code);
        assert_string_equal(verdicts.items[0].recipient, "zhang@example.com");
        assert_int_equal(verdicts.items[0].wait_s, strstr(CASES[i].replies, "Greylisted") ? 300 : 0);
        assert_non_null(strstr(CASES[i].replies, verdicts.items[0].reason));
    }
}

static void test_no_reply_is_unclear_only_after_the_dot(void **state)
{
    static const struct {
        enum trouble trouble;
        bool maybe_sent;
        enum outcome want;
    } CASES[] = {
        {TROUBLE_LOST,    true,  OUTCOME_UNCLEAR},
        {TROUBLE_LOST,    false, OUTCOME_AGAIN  },
        {TROUBLE_CONNECT, false, OUTCOME_AGAIN  },
        {TROUBLE_AUTH,    false, OUTCOME_BROKEN },
        {TROUBLE_TLS,     false, OUTCOME_BROKEN },
    };
    struct intent intent = {.verb = VERB_SEND, .recipients = ZHANG, .recipient_count = 1};

    assert_false(channel_email.repeats_safely);
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct response response = response_in(*state);
        struct verdicts verdicts = {.arena = *state};

        response.trouble = CASES[i].trouble;
        response.maybe_sent = CASES[i].maybe_sent;
        channel_email.classify(SETTINGS(*state), &intent, &response, &verdicts);
        assert_int_equal(verdicts.items[0].outcome, CASES[i].want);
    }
}

static void test_what_a_reply_says(void **state)
{
    static const struct {
        int status;
        const char *replies, *code, *words;
    } CASES[] = {
        {250, "250-mx\n250 SIZE\n250 2.0.0 Ok\n221 2.0.0 Bye",         "250 2.0.0", "2.0.0 Ok"                      },
        {550, "550-5.1.1 No\n550-5.1.1 such\n550 5.1.1 user\n221 bye", "550 5.1.1", "5.1.1 No 5.1.1 such 5.1.1 user"},
        {451, "451 first\n250 ok\n451 second",                         "451",       "second"                        },
        {550, "550",                                                   "550",       ""                              },
        {550, "550-",                                                  "550",       ""                              },
        {550, "",                                                      "550",       ""                              },
        {550, "550 5.1 no",                                            "550",       "5.1 no"                        },
        {550, "550 5.1. no",                                           "550",       "5.1. no"                       },
        {550, "550 5.1234.1 no",                                       "550",       "5.1234.1 no"                   },
        {550, "550 3.1.1 no",                                          "550",       "3.1.1 no"                      },
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct smtp_reply reply = smtp_reply_read(*state, CASES[i].status, CASES[i].replies);

        assert_string_equal(reply.code, CASES[i].code);
        assert_string_equal(reply.words, CASES[i].words);
    }
}

/* As Postfix, Exim, OpenSMTPD and Gmail write it. */
static void test_the_id_of_an_accepted_mail(void **state)
{
    static const struct {
        const char *reply, *id;
    } CASES[] = {
        {"250 2.0.0 Ok: queued as 4XyZ12",                               "4XyZ12"                                },
        {"250 OK id=1tABCd-000123-AB",                                   "1tABCd-000123-AB"                      },
        {"250 2.0.0 3b4c5d6e Message accepted for delivery",             "3b4c5d6e Message accepted for delivery"},
        {"250 2.0.0 OK  1732478600 d9443c01a7336-2129dbfa9d1sm - gsmtp",
         "OK  1732478600 d9443c01a7336-2129dbfa9d1sm - gsmtp"                                                    },
        {"250",                                                          ""                                      },
    };

    for (size_t i = 0; i < COUNT(CASES); i++)
        assert_string_equal(smtp_reply_read(*state, 250, CASES[i].reply).id, CASES[i].id);
}

static void test_hostile_text_stays_text_in_the_page(void **state)
{
    static const char HOSTILE[] = "</td><script>alert(1)</script><img src=x onerror=y>\"'&{{x}}";
    struct message message = test_message(*state, HOSTILE, HOSTILE);
    const char *page;

    message.level = HOSTILE;
    message.link = "javascript:alert(1)";
    message.confirm_url = "https://x/\"><script>";
    message.short_id = HOSTILE;
    page = letter_html(*state, &message, false);
    assert_null(strstr(page, "<script"));
    assert_null(strstr(page, "<img"));
    assert_null(strstr(page, "javascript:"));
    assert_non_null(strstr(page, "&lt;script&gt;"));
    assert_null(strstr(letter_plain(*state, &message, false), "javascript:"));
}

static void test_buttons_and_footer_outlive_any_text(void **state)
{
    struct str text = str_in(*state, 2000000);
    struct message message;
    const char *page, *plain;

    for (int i = 0; i < 40000; i++)
        str_addf(&text, "**Label %d:** <&\"value\n<<<<<<<<<<<<<<<<\n", i);
    message = test_message(*state, "a", text.text);
    message.text = passage_read(*state, text.text);
    page = letter_html(*state, &message, true);
    plain = letter_plain(*state, &message, true);
    assert_true(strlen(page) < LETTER_HTML_MOST);
    assert_non_null(strstr(page, "https://monitor.example.com/confirm/TOKEN"));
    assert_non_null(strstr(page, "#K7F3Q"));
    assert_non_null(strstr(page, "【可能重复】"));
    assert_string_equal(page + strlen(page) - 8, "</html>\n");
    assert_non_null(strstr(plain, "https://monitor.example.com/confirm/TOKEN"));
    assert_non_null(strstr(plain, "#K7F3Q"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_the_envelope_is_one_transaction),
        WITH_ARENA(test_encryption_is_demanded_by_default),
        WITH_ARENA(test_headers_say_that_a_machine_wrote_it),
        WITH_ARENA(test_a_recovery_hangs_on_its_problem),
        WITH_ARENA(test_ids_are_the_same_for_attempts_and_differ_for_reminders_and_people),
        WITH_ARENA(test_the_subject_is_the_same_in_every_state),
        WITH_ARENA(test_importance_follows_the_severity),
        WITH_ARENA(test_nothing_is_built_for_an_address_that_is_none),
        WITH_ARENA(test_odd_settings_are_told),
        WITH_ARENA(test_replies_mean_what_the_standards_say),
        WITH_ARENA(test_no_reply_is_unclear_only_after_the_dot),
        WITH_ARENA(test_what_a_reply_says),
        WITH_ARENA(test_the_id_of_an_accepted_mail),
        WITH_ARENA(test_hostile_text_stays_text_in_the_page),
        WITH_ARENA(test_buttons_and_footer_outlive_any_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
