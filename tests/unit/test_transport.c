/* The network itself is tested from outside: tests/system/test_transport.py, test_email.py. */
#include "tests/unit/support.h"

#include "common/transport.h"
#include "common/transport_smtp.h"

/* Lines between '|': with '>' we said it, "." the message was handed over, all else the server said. */
static struct smtp_talk talk_of(struct arena *arena, const char *lines)
{
    struct smtp_talk talk = smtp_talk_in(arena);

    while (*lines) {
        size_t len = strcspn(lines, "|");
        const char *line = arena_print(arena, "%.*s\r\n", (int)len, lines);

        if (line[0] == '>')
            smtp_said(&talk, line + 1, len + 1);
        else if (strcmp(line, ".\r\n") == 0)
            smtp_said_all(&talk);
        else
            smtp_heard(&talk, line, len + 2);
        lines += len + (lines[len] == '|');
    }
    return talk;
}

#define OPENING  "220 mx|>EHLO us|250-mx|250 AUTH PLAIN|"
#define LOGIN    ">AUTH PLAIN AAA=|235 2.7.0 in|"
#define ENVELOPE ">MAIL FROM:<a@b>|250 ok|>RCPT TO:<c@d>|250 ok|>DATA|354 go|"

static void test_the_reply_that_decides(void **state)
{
    static const struct {
        const char *name, *lines;
        int decisive;
        const char *decided;
    } CASES[] = {
        {"taken",                           OPENING ENVELOPE ".|250 queued|>QUIT|221 bye",                          250, "."       },
        {"another 2yz",                     OPENING ENVELOPE ".|251 fine",                                          251, "."       },
        {"several lines",                   OPENING ENVELOPE ".|550-no|550 never",                                  550, "."       },
        {"only the first of several lines", OPENING ENVELOPE ".|550-no",                                            0,   "DATA"    },
        {"lost after the dot",              OPENING ENVELOPE ".",                                                   0,   "DATA"    },
        {"RCPT refused, QUIT answered",     OPENING ">MAIL FROM:<a@b>|250 ok|>RCPT TO:<c@d>|550 who|>QUIT|221 bye", 550,
         "RCPT"                                                                                                                    },
        {"QUIT refused",                    OPENING ENVELOPE ".|250 queued|>QUIT|500 what",                         250, "."       },
        {"greeting refused",                "554 go away",                                                          554, "CONNECT" },
        {"STARTTLS refused",                OPENING ">STARTTLS|454 no",                                             454, "STARTTLS"},
        {"HELO in place of EHLO",           "220 mx|>EHLO us|502 no|>HELO us|250 mx",                               0,   "EHLO"    },
        {"another mechanism",               OPENING ">AUTH NTLM|504 no|" LOGIN,                                     0,   "AUTH"    },
        {"no reply at all",                 "220 mx|>EHLO us|hello|25|2500 x|999 x|250x|",                          0,   "CONNECT" },
        {"a bare code",                     OPENING ENVELOPE ".|452",                                               452, "."       },
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct smtp_talk talk = talk_of(*state, CASES[i].lines);

        if (talk.decisive != CASES[i].decisive || strcmp(smtp_command_name(talk.decided), CASES[i].decided) != 0)
            fail_msg("%s: %d to %s", CASES[i].name, talk.decisive, smtp_command_name(talk.decided));
    }
}

static void test_a_transaction_without_login_is_noticed(void **state)
{
    static const struct {
        const char *name, *lines;
        bool lacks;
    } CASES[] = {
        {"logged in",                           OPENING LOGIN ">MAIL FROM:<a@b>|250 ok",            false},
        {"not offered",                         "220 mx|>EHLO us|250 mx|>MAIL FROM:<a@b>|250 ok",   true },
        {"refused",                             OPENING ">AUTH PLAIN A|535 no|>MAIL FROM:<a@b>",    true },
        {"235 to another command",              "220 mx|>EHLO us|235 in|>MAIL FROM:<a>",            true },
        {"not yet",                             OPENING,                                            false},
        {"a kept connection",                   ">MAIL FROM:<a@b>|250 ok",                          false},
        {"answers within AUTH are no commands", OPENING ">AUTH LOGIN|334 x|>ZGF0YQ==|334 y|>MAILx", false},
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct smtp_talk talk = talk_of(*state, CASES[i].lines);

        if (smtp_lacks_login(&talk) != CASES[i].lacks)
            fail_msg("%s", CASES[i].name);
    }
}

static void test_all_lines_are_kept_up_to_a_ceiling(void **state)
{
    struct smtp_talk talk = talk_of(*state, "220 mx|>EHLO us|250-a|250 b");

    assert_string_equal(talk.replies.text, "220 mx\n250-a\n250 b");
    for (int i = 0; i < SMTP_REPLIES_MOST && str_fits(&talk.replies); i++)
        smtp_heard(&talk, "250-for ever", 12);
    assert_false(str_fits(&talk.replies));
    assert_true(talk.replies.len <= SMTP_REPLIES_MOST);
}

static void test_a_missing_module_is_named_in_every_place(void **state)
{
    struct fault fault = {0};

    assert_null(transport_load(*state, (const char *const[]){"/nonexistent/one", "/nonexistent/two", NULL}, &fault));
    assert_int_equal(fault.kind, FAULT_SYSTEM);
    assert_non_null(strstr(fault.text, "/nonexistent/one/transport_curl.so"));
    assert_non_null(strstr(fault.text, "/nonexistent/two/transport_curl.so"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_the_reply_that_decides),
        WITH_ARENA(test_a_transaction_without_login_is_noticed),
        WITH_ARENA(test_all_lines_are_kept_up_to_a_ceiling),
        WITH_ARENA(test_a_missing_module_is_named_in_every_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
