/* Encodings are decoded again with Nettle's base64; those of tests/data are by Python's email package. */
#include "tests/unit/support.h"

#include <stdio.h>
#include <stdlib.h>

#include <nettle/base64.h>

#include "common/json.h"
#include "common/mime.h"
#include "common/utf8.h"

enum { FILE_MOST = 64 * 1024 };

static struct json_object *vectors(struct arena *arena)
{
    char *text = arena_alloc(arena, FILE_MOST);
    FILE *file = fopen(TEST_DATA "/rfc2047_vectors.json", "r");
    struct json_object *doc;
    size_t len;

    assert_non_null(file);
    len = fread(text, 1, FILE_MOST, file);
    fclose(file);
    doc = json_read(arena, text, len);
    assert_non_null(doc);
    return doc;
}

/* The text of a header as a mail program shows it; fails when an encoded-word is not one or divides a character. */
static const char *decoded(struct arena *arena, const char *header)
{
    struct str out = str_in(arena, FILE_MOST);
    const char *word;

    while ((word = strcasestr(header, "=?utf-8?b?"))) {
        const char *data = word + 10;
        size_t len = strcspn(data, "?");
        unsigned char *bytes = arena_alloc(arena, BASE64_DECODE_LENGTH(len) + 1);
        struct base64_decode_ctx decoding;
        size_t got;

        base64_decode_init(&decoding);
        assert_int_equal(1, base64_decode_update(&decoding, &got, bytes, len, data));
        assert_true(base64_decode_final(&decoding) && data[len + 1] == '=');
        if (strspn(header, "\r\n ") < (size_t)(word - header))
            str_addn(&out, header, (size_t)(word - header));
        assert_true(utf8_is_clean(arena_copy(arena, (const char *)bytes, got)));
        str_addn(&out, (const char *)bytes, got);
        header = data + strcspn(data, "?") + 2;
    }
    str_addn(&out, header, strcspn(header, "\r"));
    return out.text;
}

static void assert_lines_are_short(const char *text)
{
    while (*text) {
        const char *end = strstr(text, "\r\n");

        assert_non_null(end);
        assert_true(end - text <= 76);
        assert_null(memchr(text, '\n', (size_t)(end - text)));
        assert_null(memchr(text, '\r', (size_t)(end - text)));
        text = end + 2;
    }
}

static const char *header_of(struct arena *arena, const char *name, const char *text)
{
    struct str out = str_in(arena, FILE_MOST);

    mime_header(&out, name, text);
    assert_lines_are_short(out.text);
    assert_memory_equal(out.text, name, strlen(name));
    return out.text + strlen(name) + 2;
}

static void test_subjects_read_as_those_of_the_reference(void **state)
{
    struct json_object *doc = vectors(*state);
    int i = 0;

    for (; json_has(doc, arena_print(*state, "/%d", i)); i++) {
        const char *subject = json_text_at(doc, arena_print(*state, "/%d/subject", i));
        const char *reference = json_text_at(doc, arena_print(*state, "/%d/encoded", i));

        assert_string_equal(decoded(*state, arena_print(*state, "%s\r\n", reference)), subject);
        assert_string_equal(decoded(*state, header_of(*state, "Subject", subject)), subject);
    }
    assert_true(i >= 4);
}

static void test_every_length_is_folded_within_the_line(void **state)
{
    static const char *const PIECES[] = {"a", "é", "严", "😀", "a😀", " 重 "};

    for (size_t piece = 0; piece < COUNT(PIECES); piece++) {
        struct str text = str_in(*state, FILE_MOST);

        for (int count = 1; count < 60; count++) {
            str_add(&text, PIECES[piece]);
            assert_string_equal(decoded(*state, header_of(*state, "Subject", text.text)), text.text);
            assert_string_equal(
                decoded(*state, header_of(*state, "A-Header-With-Quite-A-Long-Name-That-Fills-The-Line", text.text)),
                text.text);
        }
    }
}

static void test_short_ascii_stays_readable(void **state)
{
    assert_string_equal(header_of(*state, "Subject", "PROBLEM: CPU high on db-01"), "PROBLEM: CPU high on db-01\r\n");
    assert_string_equal(header_of(*state, "Subject", ""), "\r\n");
}

static void test_a_header_stays_one_header(void **state)
{
    static const char *const TEXTS[] = {
        "a\r\nBcc: eve@example.com",
        "a\nBcc: eve@example.com",
        "a\rBcc: x",
        "a\r\n\r\n<html>",
        "重\r\nBcc: x",
        "a\x7F\x01z",
    };

    for (size_t i = 0; i < COUNT(TEXTS); i++) {
        const char *header = header_of(*state, "Subject", TEXTS[i]);
        const char *shown = decoded(*state, header);

        assert_int_equal(strlen(shown), strlen(TEXTS[i]));
        assert_true(utf8_is_clean(shown));
        assert_null(strpbrk(shown, "\r\n\x7F\x01"));
        for (const char *line = header; (line = strstr(line, "\r\n")) && line[2]; line += 2)
            assert_int_equal(line[2], ' ');
    }
}

static void test_addresses(void **state)
{
    static const struct {
        const char *text, *name, *address;
    } CASES[] = {
        {"a@b",                                   "",           "a@b"                                  },
        {"zhang@example.com",                     "",           "zhang@example.com"                    },
        {" zhang@example.com ",                   "",           "zhang@example.com"                    },
        {"<zhang@example.com>",                   "",           "zhang@example.com"                    },
        {"监控 <monitor@example.com>",          "监控",     "monitor@example.com"                  },
        {"Ops Team<ops@example.com>",             "Ops Team",   "ops@example.com"                      },
        {"\"Doe, \\\"J\\\"\" <j@example.com>",    "Doe, \"J\"", "j@example.com"                        },
        {"a <b> c <d@example.com>",               "a <b> c",    "d@example.com"                        },
        {"o'neil+tag_1%x=y@mail.sub.example.com", "",           "o'neil+tag_1%x=y@mail.sub.example.com"},
        {"<<zhang@example.com>",                  "<",          "zhang@example.com"                    },
        {"root@localhost",                        "",           "root@localhost"                       },
        {"x@xn--fiqs8s.example",                  "",           "x@xn--fiqs8s.example"                 },
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct mailbox mailbox = {0};
        struct fault fault = {0};

        if (!mailbox_read(*state, CASES[i].text, FAULT_INPUT, &mailbox, &fault))
            fail_msg("%s: %s", CASES[i].text, fault.text);
        assert_string_equal(mailbox.name, CASES[i].name);
        assert_string_equal(mailbox.address, CASES[i].address);
        assert_string_equal(mailbox_domain(&mailbox), strrchr(CASES[i].address, '@') + 1);
    }
}

static void test_refuses_what_is_no_address(void **state)
{
#define TEN   "aaaaaaaaaa"
#define SIXTY TEN TEN TEN TEN TEN TEN
    static const struct {
        const char *text, *says;
    } CASES[] = {
        {"",                                                    "no '@'"    },
        {"zhang",                                               "no '@'"    },
        {"@example.com",                                        "1 to 64"   },
        {SIXTY "aaaaa@example.com",                             "1 to 64"   },
        {"zhang@",                                              "domain"    },
        {"zhang@.com",                                          "domain"    },
        {"zhang@example..com",                                  "domain"    },
        {"zhang@-x.com",                                        "domain"    },
        {"zhang@x-.com",                                        "domain"    },
        {"zhang@" SIXTY "aaaa.com",                             "domain"    },
        {"z@" SIXTY "." SIXTY "." SIXTY "." SIXTY ".comabcdef", "254"       },
        {"z@" SIXTY "." SIXTY "." SIXTY "." SIXTY "." SIXTY,    "too long"  },
        {"zhang@example.com\r\nDATA",                           "control"   },
        {"zhang\n@example.com",                                 "control"   },
        {"a\r\nBcc: x <zhang@example.com>",                     "control"   },
        {"zhang @example.com",                                  "before '@'"},
        {"zhang@exam ple.com",                                  "domain"    },
        {"a@b.c,d@e.f",                                         "before '@'"},
        {"a@b.c d@e.f",                                         "before '@'"},
        {"a@b@c.d",                                             "before '@'"},
        {"zhang@example.com>",                                  "domain"    },
        {"<zhang@example.com",                                  "before '@'"},
        {"<zhang@example.com>>",                                "domain"    },
        {"\"a b\"@example.com",                                 "before '@'"},
        {"(c)a@example.com",                                    "before '@'"},
        {"张@example.com",                                     "before '@'"},
        {"zhang@例子.中国",                                 "xn--"      },
        {"zhang@[127.0.0.1]",                                   "domain"    },
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct mailbox mailbox = {0};
        struct fault fault = {0};
        bool read = mailbox_read(*state, CASES[i].text, FAULT_CONFIG, &mailbox, &fault);

        if (read)
            fail_msg("'%s' was read as '%s'", CASES[i].text, mailbox.address);
        assert_int_equal(fault.kind, FAULT_CONFIG);
        if (!strstr(fault.text, CASES[i].says))
            fail_msg("'%s': %s", CASES[i].text, fault.text);
    }
}

static void test_names_are_quoted_or_encoded(void **state)
{
    static const struct {
        const char *name, *want;
    } CASES[] = {
        {"",              "From: a@b.example\r\n"                        },
        {"Ops Team",      "From: Ops Team <a@b.example>\r\n"             },
        {"Doe, J.",       "From: \"Doe, J.\" <a@b.example>\r\n"          },
        {"a \"b\" \\c",   "From: \"a \\\"b\\\" \\\\c\" <a@b.example>\r\n"},
        {"x> <eve@evil",  "From: \"x> <eve@evil\" <a@b.example>\r\n"     },
        {"监控",        "From: =?UTF-8?B?55uR5o6n?= <a@b.example>\r\n" }, /* printf 监控 | base64 */
        {"a\r\nBcc: x@y", "From: \"a  Bcc: x@y\" <a@b.example>\r\n"      },
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct str out = str_in(*state, FILE_MOST);

        mime_mailbox_header(&out, "From", &(struct mailbox){.name = CASES[i].name, .address = "a@b.example"});
        assert_string_equal(out.text, CASES[i].want);
    }
}

/* `TZ=... LC_ALL=C date -d @1795510380 -R` */
static void test_dates(void **state)
{
    static const struct {
        const char *zone, *want;
    } CASES[] = {
        {"UTC",              "Tue, 24 Nov 2026 08:53:00 +0000"},
        {"Asia/Shanghai",    "Tue, 24 Nov 2026 16:53:00 +0800"},
        {"America/St_Johns", "Tue, 24 Nov 2026 05:23:00 -0330"},
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        setenv("TZ", CASES[i].zone, 1);
        assert_string_equal(mime_date(*state, 1795510380), CASES[i].want);
    }
    unsetenv("TZ");
}

static void test_parts_end_lines_as_mail_does(void **state)
{
    static const struct mime_part PARTS[] = {
        {"text/plain", "a\nb\r\n.\nc"},
        {"text/html",  ""            },
    };
    struct str out = str_in(*state, FILE_MOST);

    mime_alternative(&out, "x", PARTS, COUNT(PARTS));
    assert_lines_are_short(out.text);
    /* printf 'a\r\nb\r\n.\r\nc' | base64 */
    assert_string_equal(out.text,
                        "MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary=\"=_x\"\r\n\r\n"
                        "--=_x\r\nContent-Type: text/plain; charset=utf-8\r\n"
                        "Content-Transfer-Encoding: base64\r\n\r\nYQ0KYg0KLg0KYw==\r\n"
                        "--=_x\r\nContent-Type: text/html; charset=utf-8\r\n"
                        "Content-Transfer-Encoding: base64\r\n\r\n"
                        "--=_x--\r\n");
}

static void test_a_ceiling_ends_the_work(void **state)
{
    struct str out = str_in(*state, 100);

    mime_header(&out, "Subject", "严重严重严重严重严重严重严重严重严重严重严重严重严重严重严重严重严重严重严重严重");
    assert_false(str_fits(&out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_subjects_read_as_those_of_the_reference),
        WITH_ARENA(test_every_length_is_folded_within_the_line),
        WITH_ARENA(test_short_ascii_stays_readable),
        WITH_ARENA(test_a_header_stays_one_header),
        WITH_ARENA(test_addresses),
        WITH_ARENA(test_refuses_what_is_no_address),
        WITH_ARENA(test_names_are_quoted_or_encoded),
        WITH_ARENA(test_dates),
        WITH_ARENA(test_parts_end_lines_as_mail_does),
        WITH_ARENA(test_a_ceiling_ends_the_work),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
