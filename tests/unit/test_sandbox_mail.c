/* The mail sink: SMTP dialogues, and messages as a mail reader shows them. */
#include "tests/unit/support.h"

#include <stdio.h>

#include "common/json.h"
#include "plugins/sandbox/mail.h"
#include "plugins/sandbox/smtp.h"

enum { FILE_MOST = 64 * 1024 };

#define HEAD                                    \
    "From: a@example.com\r\n"                   \
    "To: b@example.com\r\n"                     \
    "Date: Fri, 02 Jan 2026 11:04:05 +0800\r\n" \
    "Message-ID: <1@example.com>\r\n"

static struct exchange mail_of(struct arena *arena, const char *text)
{
    struct exchange exchange = exchange_in(arena, 0);

    exchange.body = text;
    exchange.body_len = strlen(text);
    exchange.code = mail_read(&exchange);
    return exchange;
}

static void test_decodes_subjects_as_pythons_email_package_writes_them(void **state)
{
    struct arena *arena = *state;
    FILE *file = fopen(TEST_DATA "/rfc2047_vectors.json", "re");
    char *text = arena_alloc(arena, FILE_MOST);
    struct json_object *doc;
    size_t count = 0;

    assert_non_null(file);
    doc = json_read(arena, text, fread(text, 1, FILE_MOST, file));
    fclose(file);
    for (; json_has(doc, arena_print(arena, "/%zu", count)); count++) {
        const char *plain = json_text_at(doc, arena_print(arena, "/%zu/subject", count));
        const char *header = json_text_at(doc, arena_print(arena, "/%zu/encoded", count));
        struct exchange exchange = mail_of(arena, arena_print(arena, HEAD "Subject: %s\r\n\r\nx\r\n", header));

        assert_string_equal(plain, exchange.reading.title);
    }
    assert_true(count > 3);
}

static void test_reads_multipart(void **state)
{
    struct exchange exchange = mail_of(*state, HEAD "Subject: =?utf-8?q?=E7=A3=81=E7=9B=98_full?=\r\n"
                                                    "In-Reply-To: <0@example.com>\r\n"
                                                    "Content-Type: multipart/alternative;\r\n boundary=\"=_b\"\r\n\r\n"
                                                    "--=_b\r\nContent-Type: text/plain; charset=utf-8\r\n"
                                                    "Content-Transfer-Encoding: base64\r\n\r\n56OB55uY\r\nIDk1JQ==\r\n"
                                                    "--=_b\r\nContent-Type: text/html\r\n\r\n<p>no</p>\r\n--=_b--\r\n");

    assert_null(exchange.code);
    assert_string_equal("磁盘 full", exchange.reading.title);
    assert_string_equal("磁盘 95%", exchange.reading.text);
    assert_string_equal("<0@example.com>", exchange.reading.thread);
}

static void test_shows_html_when_there_is_nothing_else(void **state)
{
    struct exchange exchange = mail_of(*state, HEAD "Subject: x\r\nContent-Type: text/html\r\n"
                                                    "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
                                                    "<p>a &lt;b&gt;</p><p>c=\r\nd</p>\r\n");

    assert_string_equal("a <b>\ncd", exchange.reading.text);
}

static void test_refuses_what_careful_servers_refuse(void **state)
{
    static const struct {
        const char *given;
        const char *text;
        const char *code;
    } CASES[] = {
        {"a bare LF",             HEAD "Subject: x\r\n\r\na\nb\r\n",                                                      "550"},
        {"no From",               "To: b@example.com\r\nSubject: x\r\n\r\nx\r\n",                                         "550"},
        {"raw UTF-8 in a header", HEAD "Subject: \xE7\xA3\x81\r\n\r\nx\r\n",                                              "554"},
        {"no closing boundary",   HEAD "Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n",
         "554"                                                                                                                 },
        {"broken base64",         HEAD "Subject: x\r\nContent-Transfer-Encoding: base64\r\n\r\n****\r\n",                 "554"},
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct exchange exchange = mail_of(*state, CASES[i].text);

        if (!exchange.code || strcmp(exchange.code, CASES[i].code) != 0)
            fail_msg("%s: %s", CASES[i].given, exchange.code ? exchange.code : "accepted");
    }
}

static void test_refuses_a_line_over_998_bytes(void **state)
{
    char line[1000];

    memset(line, 'x', 999);
    line[999] = '\0';
    assert_string_equal("554", mail_of(*state, arena_print(*state, HEAD "Subject: x\r\n\r\n%s\r\n", line)).code);
    line[998] = '\0';
    assert_null(mail_of(*state, arena_print(*state, HEAD "Subject: x\r\n\r\n%s\r\n", line)).code);
}

/* Dialogues */

struct seen {
    unsigned mails;
    char text[128];
    size_t recipients;
    enum proof proof;
};

static void see(void *self, const struct exchange *exchange)
{
    struct seen *seen = self;

    seen->mails++;
    snprintf(seen->text, sizeof(seen->text), "%s", exchange->reading.text);
    seen->recipients = exchange->reading.recipients.count;
    seen->proof = exchange->proof;
}

static const char *said(struct smtp *smtp, const char *client)
{
    smtp->out.len = 0;
    smtp_take(smtp, client, strlen(client), 0);
    return smtp->out.len > 0 ? smtp->out.text : "";
}

static void expect_codes(struct smtp *smtp, const char *const (*steps)[2], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *reply = said(smtp, steps[i][0]);

        if (strncmp(reply, steps[i][1], 3) != 0)
            fail_msg("to '%s' it said '%s', wanted %s", steps[i][0], reply, steps[i][1]);
    }
}

static struct smtp session(struct arena *arena, const char *accounts, struct seen *seen)
{
    struct stand *stand = arena_alloc(arena, sizeof(*stand));
    struct smtp smtp;

    stand->accounts = json_read(arena, accounts, strlen(accounts));
    smtp = smtp_session(arena, stand);
    smtp.arrived = see;
    smtp.self = seen;
    return smtp;
}

static void test_takes_a_mail_and_undoes_dot_stuffing(void **state)
{
    static const char *const STEPS[][2] = {
        {"MAIL FROM:<a@example.com>\r\n",                          "503"},
        {"EHLO me\r\n",                                            "250"},
        {"RCPT TO:<b@example.com>\r\n",                            "503"},
        {"MAIL FROM:<a@example.com> SIZE=10\r\n",                  "250"},
        {"DATA\r\n",                                               "503"},
        {"RCPT TO:<nobody@example.invalid>\r\n",                   "550"},
        {"RCPT TO:<b@example.com>\r\n",                            "250"},
        {"RCPT TO:<c>\r\n",                                        "501"},
        {"DATA\r\n",                                               "354"},
        {HEAD "Subject: x\r\n\r\n..dot\r\n. not the end\r\n.\r\n", "250"},
        {"QUIT\r\n",                                               "221"},
    };
    struct seen seen = {0};
    struct smtp smtp = session(*state, "{}", &seen);

    expect_codes(&smtp, STEPS, COUNT(STEPS));
    assert_int_equal(1, seen.mails);
    assert_int_equal(1, seen.recipients);
    assert_string_equal(".dot\n not the end", seen.text);
    assert_int_equal(PROOF_UNCHECKED, seen.proof);
    assert_int_equal(SMTP_CLOSING, smtp.state);
}

/* AGFuAHB3 is base64 of NUL "an" NUL "pw". */
static void test_wants_the_login_that_the_account_has(void **state)
{
    static const char *const STEPS[][2] = {
        {"EHLO me\r\n",                         "250"},
        {"MAIL FROM:<a@example.com>\r\n",       "530"},
        {"AUTH PLAIN AGFuAHh4\r\n",             "535"},
        {"AUTH LOGIN\r\n",                      "334"},
        {"YW4=\r\n",                            "334"},
        {"cHc=\r\n",                            "235"},
        {"AUTH PLAIN AGFuAHB3\r\n",             "503"},
        {"MAIL FROM:<a@example.com>\r\n",       "250"},
        {"RCPT TO:<b@example.com>\r\nDATA\r\n", "250"},
        {HEAD "Subject: x\r\n\r\nx\r\n.\r\n",   "250"},
    };
    struct seen seen = {0};
    struct smtp smtp = session(*state, "{\"email\":{\"user\":\"an\",\"password\":\"pw\"}}", &seen);

    expect_codes(&smtp, STEPS, COUNT(STEPS));
    assert_int_equal(PROOF_VERIFIED, seen.proof);
}

static void test_ends_on_a_line_without_end(void **state)
{
    struct seen seen = {0};
    struct smtp smtp = session(*state, "{}", &seen);
    char piece[SMTP_LINE_MOST + 2];

    memset(piece, 'x', sizeof(piece) - 1);
    piece[sizeof(piece) - 1] = '\0';
    assert_int_equal(0, strncmp("500", said(&smtp, piece), 3));
    assert_int_equal(SMTP_CLOSING, smtp.state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_decodes_subjects_as_pythons_email_package_writes_them),
        WITH_ARENA(test_reads_multipart),
        WITH_ARENA(test_shows_html_when_there_is_nothing_else),
        WITH_ARENA(test_refuses_what_careful_servers_refuse),
        WITH_ARENA(test_refuses_a_line_over_998_bytes),
        WITH_ARENA(test_takes_a_mail_and_undoes_dot_stuffing),
        WITH_ARENA(test_wants_the_login_that_the_account_has),
        WITH_ARENA(test_ends_on_a_line_without_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
