#include <stdlib.h>
#include <time.h>

#include "common/utf8.h"
#include "support.h"

#define R  "\xEF\xBF\xBD" /* U+FFFD */
#define LS "\xE2\x80\xA8" /* U+2028 */
#define PS "\xE2\x80\xA9" /* U+2029 */

#define BYTES(text) (text), sizeof(text) - 1

struct row {
    const char *name;
    const char *bytes;
    size_t len;
    const char *expected;
};

static void check_rows(struct arena *arena, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *clean = utf8_clean(arena, rows[i].bytes, rows[i].len);

        if (strcmp(clean, rows[i].expected) != 0)
            fail_msg("%s: '%s'", rows[i].name, clean);
        assert_true(utf8_is_clean(clean));
    }
}

/*
 * The groups of Markus Kuhn's "UTF-8 decoder capability and stress test" (https://www.cl.cam.ac.uk/~mgk25/ucs/examples/
 * UTF-8-test.txt); the number of replacements follows the Unicode standard 15, 3.9, tables 3-8 to 3-11.
 */
static void test_ill_formed_bytes_become_replacement_characters(void **state)
{
    static const struct row rows[] = {
        CASE("first of each length", BYTES("\x01|\x7F|\xC2\x80|\xDF\xBF|\xE0\xA0\x80|\xEF\xBF\xBC|\xF0\x90\x80\x80"),
             "|||\xDF\xBF|\xE0\xA0\x80|\xEF\xBF\xBC|\xF0\x90\x80\x80"),
        CASE("before and after the surrogates", BYTES("\xED\x9F\xBF\xEE\x80\x80"), "\xED\x9F\xBF\xEE\x80\x80"),
        CASE("the last character", BYTES("\xF4\x8F\xBF\xBD"), "\xF4\x8F\xBF\xBD"),
        CASE("beyond the last character", BYTES("\xF4\x90\x80\x80"), R R R R),
        CASE("lone continuation", BYTES("a\x80z"), "a" R "z"),
        CASE("six continuations", BYTES("\x80\xBF\x80\xBF\x80\xBF"), R R R R R R),
        CASE("lone leads of two", BYTES("\xC2 \xDF "), R " " R " "),
        CASE("lone leads of three", BYTES("\xE0 \xEF "), R " " R " "),
        CASE("lone leads of four", BYTES("\xF0 \xF4 "), R " " R " "),
        CASE("F5 and above", BYTES("\xF5\xF8\xFC\xFE\xFF"), R R R R R),
        CASE("beyond, with continuations", BYTES("\xF5\x80\x80\x80"), R R R R),
        CASE("five and six bytes", BYTES("\xF8\x88\x80\x80\x80\xFC\x84\x80\x80\x80\x80"), R R R R R R R R R R R),
        CASE("last byte missing", BYTES("\xC2|\xE4\xB8|\xF0\x9F\x94|"), R "|" R "|" R "|"),
        CASE("two bytes missing", BYTES("\xE4|\xF0\x9F|"), R "|" R "|"),
        CASE("cut at the end", BYTES("a\xF0\x9F\x94"), "a" R),
        CASE("cut ones in a row", BYTES("\xC2\xE4\xB8\xF0\x9F\x94"), R R R),
        CASE("overlong '/'", BYTES("\xC0\xAF|\xE0\x80\xAF|\xF0\x80\x80\xAF"), R R "|" R R R "|" R R R R),
        CASE("overlong U+007F, U+07FF, U+FFFF", BYTES("\xC1\xBF|\xE0\x9F\xBF|\xF0\x8F\xBF\xBF"),
             R R "|" R R R "|" R R R R),
        CASE("overlong NUL", BYTES("\xC0\x80|\xE0\x80\x80|\xF0\x80\x80\x80"), R R "|" R R R "|" R R R R),
        CASE("surrogates", BYTES("\xED\xA0\x80|\xED\xAD\xBF|\xED\xBF\xBF"), R R R "|" R R R "|" R R R),
        CASE("a pair of surrogates", BYTES("\xED\xA0\xBD\xED\xB8\x80"), R R R R R R),
        CASE("table 3-8, not the shortest form", BYTES("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41"), R R R R R R R R "A"),
        CASE("table 3-9, surrogates", BYTES("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41"), R R R R R R R R "A"),
        CASE("table 3-10, others", BYTES("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42"), R R R R R "A" R R "B"),
        CASE("table 3-11, truncated", BYTES("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"), R R R R "A"),
        CASE("GB 18030 bytes", BYTES("\xB4\xC5\xC5\xCC"), R R R R),
        CASE("a replacement character already", BYTES("a" R "b"), "a" R "b"),
    };

    check_rows(*state, rows, COUNT(rows));
}

static void test_what_terminals_and_readers_act_on_is_removed(void **state)
{
    static const struct row rows[] = {
        CASE("colour", BYTES("\x1B[31mred\x1B[0m"), "red"),
        CASE("colour with parameters and intermediates", BYTES("a\x1B[38;5;1 qb"), "ab"),
        CASE("cursor, clear screen", BYTES("\x1B[2J\x1B[1;1Hx"), "x"),
        CASE("window title, BEL", BYTES("a\x1B]0;title\x07z"), "az"),
        CASE("window title, ST", BYTES("a\x1B]0;title\x1B\\z"), "az"),
        CASE("hyperlink", BYTES("\x1B]8;;http://evil\x1B\\click\x1B]8;;\x1B\\"), "click"),
        CASE("device control string", BYTES("a\x1BP1$r0m\x1B\\z"), "az"),
        CASE("character set", BYTES("a\x1B(0z"), "az"),
        CASE("reset",
             BYTES("a\x1B"
                   "cz"),
             "az"),
        CASE("a sequence cut off by the end", BYTES("a\x1B[31"), "a31"),
        CASE("a string without an end hides nothing", BYTES("a\x1B]0;x\ndisk full\x07"), "a0;x\ndisk full"),
        CASE("a string without an end before another", BYTES("\x1B]a\x1B[1mb\x07"), "ab"),
        CASE("ESC alone and at the end", BYTES("a\x1B\nb\x1B"), "a\nb"),
        CASE("ESC before ill-formed bytes", BYTES("\x1B\x80z"), R "z"),
        CASE("NUL", BYTES("a\0b"), "ab"),
        CASE("C0",
             BYTES("\x01\x02\x03\x07\x08\x0B\x0C\x0E\x1F"
                   "a\tb"),
             "a\tb"),
        CASE("DEL and C1",
             BYTES("a\x7F\xC2\x80\xC2\x85\xC2\x9B"
                   "31m\xC2\x9Fz"),
             "a31mz"),
        CASE("no-break space stays", BYTES("a\xC2\xA0z"), "a\xC2\xA0z"),
        CASE("line ends", BYTES("a\r\nb\rc\nd\r\r\ne"), "a\nb\nc\nd\n\ne"),
        CASE("line and paragraph separators", BYTES("a" LS "b" PS "c"), "a\nb\nc"),
        CASE("bidirectional embedding", BYTES("a\xE2\x80\xAA\xE2\x80\xAB\xE2\x80\xAC\xE2\x80\xAD\xE2\x80\xAEz"), "az"),
        CASE("bidirectional isolates", BYTES("a\xE2\x81\xA6\xE2\x81\xA7\xE2\x81\xA8\xE2\x81\xA9z"), "az"),
        CASE("neighbours of the bidirectional controls stay", BYTES("\xE2\x80\xAF\xE2\x81\xA5\xE2\x81\xAA"),
             "\xE2\x80\xAF\xE2\x81\xA5\xE2\x81\xAA"),
        CASE("byte order mark",
             BYTES("\xEF\xBB\xBF"
                   "a\xEF\xBB\xBFz"),
             "az"),
        CASE("noncharacters",
             BYTES("a\xEF\xBF\xBE\xEF\xBF\xBF\xEF\xB7\x90\xEF\xB7\xAF\xF0\x9F\xBF\xBE\xF4\x8F\xBF\xBFz"), "az"),
        CASE("neighbours of noncharacters stay", BYTES("\xEF\xB7\x8F\xEF\xB7\xB0\xEF\xBF\xBC"),
             "\xEF\xB7\x8F\xEF\xB7\xB0\xEF\xBF\xBC"),
        CASE("ordinary text", BYTES("磁盘 disk_usage 95% 🔴 é\n\tC:\\temp"), "磁盘 disk_usage 95% 🔴 é\n\tC:\\temp"),
        CASE("formats are text", BYTES("%s%n%x"), "%s%n%x"),
        CASE("nothing", BYTES(""), ""),
    };

    check_rows(*state, rows, COUNT(rows));
}

static void test_text_that_is_not_clean_is_known_as_such(void **state)
{
    static const char *const rows[] = {"a\rb",         "\x1B",         "\x7F", "\xC2\x85", LS,
                                       "\xE2\x80\xAE", "\xEF\xBB\xBF", "\x80", "\xC0\xAF", "\xED\xA0\x80",
                                       "\xE4\xB8",     "\xEF\xBF\xBE", "\x01"};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (utf8_is_clean(rows[i]))
            fail_msg("row %zu", i);
}

static void test_a_line_has_no_breaks_and_no_spaces_at_its_ends(void **state)
{
    static const struct row rows[] = {
        {"breaks",             BYTES("a\nb\r\n\tc"),                "a b c"                  },
        {"ends",               BYTES(" \n a\tb \n\t "),             "a b"                    },
        {"spaces inside stay", BYTES("a  b"),                       "a  b"                   },
        {"nothing but space",  BYTES("\n\t  \n"),                   ""                       },
        {"header injection",   BYTES("x\r\nBcc: evil@example.com"), "x Bcc: evil@example.com"},
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(utf8_clean_line(*state, rows[i].bytes, rows[i].len), rows[i].expected);
}

static void test_text_is_measured_in_each_unit(void **state)
{
    static const struct {
        const char *text;
        size_t counts[3]; /* bytes, characters, UTF-16 */
    } rows[] = {
        {"",               {0, 0, 0} },
        {"abc",            {3, 3, 3} },
        {"é磁",          {5, 2, 2} },
        {"🔴",           {4, 1, 2} },
        {"a磁🔴é🔴", {14, 5, 7}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t unit = 0; unit < 3; unit++)
            assert_int_equal(utf8_count(rows[i].text, (enum unit)unit), rows[i].counts[unit]);
}

static void test_text_is_cut_between_characters(void **state)
{
    static const struct {
        size_t most;
        enum unit unit;
        const char *fit;
        const char *shortened;
    } rows[] = {
        {0,        UNIT_BYTES,      "",               ""              },
        {3,        UNIT_BYTES,      "a",              "…"           },
        {4,        UNIT_BYTES,      "a磁",           "a…"          },
        {7,        UNIT_BYTES,      "a磁",           "a磁…"       },
        {8,        UNIT_BYTES,      "a磁🔴",       "a磁…"       },
        {13,       UNIT_BYTES,      "a磁🔴é",     "a磁🔴é…" },
        {14,       UNIT_BYTES,      "a磁🔴é🔴", "a磁🔴é🔴"},
        {1,        UNIT_CHARACTERS, "a",              "…"           },
        {3,        UNIT_CHARACTERS, "a磁🔴",       "a磁…"       },
        {5,        UNIT_CHARACTERS, "a磁🔴é🔴", "a磁🔴é🔴"},
        {3,        UNIT_UTF16,      "a磁",           "a磁…"       },
        {4,        UNIT_UTF16,      "a磁🔴",       "a磁…"       },
        {6,        UNIT_UTF16,      "a磁🔴é",     "a磁🔴é…" },
        {7,        UNIT_UTF16,      "a磁🔴é🔴", "a磁🔴é🔴"},
        {SIZE_MAX, UNIT_UTF16,      "a磁🔴é🔴", "a磁🔴é🔴"},
    };
    static const char text[] = "a磁🔴é🔴";

    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t fit = utf8_fit(text, rows[i].most, rows[i].unit);

        if (fit != strlen(rows[i].fit))
            fail_msg("row %zu: %zu bytes fit", i, fit);
        assert_string_equal(utf8_shorten(*state, text, rows[i].most, rows[i].unit), rows[i].shortened);
    }
}

static void fill(char *bytes, size_t len)
{
    /* Mostly bytes that decide something, or random input would hardly ever be well-formed for long. */
    static const unsigned char telling[] = {0x00, 0x1B, '[',  ']',  'm',  0x07, '\\', '\r', '\n',
                                            '\t', 0x7F, 0x80, 0x9B, 0xA0, 0xA8, 0xBF, 0xC0, 0xC2,
                                            0xE0, 0xE2, 0xED, 0xEF, 0xF0, 0xF4, 0xF5, 0xFF};

    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)(random() % 3 ? telling[(size_t)random() % sizeof(telling)] : (unsigned char)random());
}

static void test_whatever_comes_in_clean_text_comes_out_and_stays(void **state)
{
    char bytes[96];

    (void)state;
    srandom(1);
    for (int round = 0; round < 20000; round++) {
        struct arena *arena = arena_new();
        size_t len = (size_t)random() % sizeof(bytes);
        const char *clean;
        const char *line;

        fill(bytes, len);
        clean = utf8_clean(arena, bytes, len);
        line = utf8_clean_line(arena, bytes, len);
        assert_true(utf8_is_clean(clean));
        assert_true(utf8_is_clean(line));
        assert_null(strpbrk(line, "\n\t"));
        assert_string_equal(utf8_clean(arena, clean, strlen(clean)), clean);
        assert_string_equal(utf8_clean_line(arena, line, strlen(line)), line);
        for (size_t most = 0; most < 20; most++)
            for (size_t unit = 0; unit < 3; unit++) {
                const char *cut = utf8_shorten(arena, clean, most, (enum unit)unit);

                assert_true(utf8_is_clean(cut));
                assert_in_range(utf8_count(cut, (enum unit)unit), 0, most);
            }
        arena_release(arena);
    }
}

static void test_ten_megabytes_are_cut_to_the_most_in_a_moment(void **state)
{
    static const struct {
        const char *name;
        const char *piece;
    } rows[] = {
        {"letters",    "a"     },
        {"Chinese",    "磁"   },
        {"ill-formed", "\xFF"  },
        {"ESC ]",      "\x1B]" },
        {"ESC [ 0",    "\x1B[0"},
        {"CR",         "\r"    },
        {"removed",    "\x01"  },
    };
    size_t len = (size_t)10 << 20;
    char *bytes = arena_alloc(*state, len);

    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t piece = strlen(rows[i].piece);
        clock_t before = clock();
        const char *clean;

        for (size_t at = 0; at + piece <= len; at += piece)
            memcpy(bytes + at, rows[i].piece, piece);
        clean = utf8_clean(*state, bytes, len);
        assert_true(utf8_is_clean(clean));
        assert_in_range(strlen(clean), 0, TEXT_MOST);
        if (piece != 2 && rows[i].piece[0] > 0x01)
            assert_string_equal(clean + strlen(clean) - 3, "…");
        if (clock() - before > CLOCKS_PER_SEC)
            fail_msg("%s took %.1f s", rows[i].name, (double)(clock() - before) / CLOCKS_PER_SEC);
    }
}

static void test_text_of_the_most_length_is_kept_whole(void **state)
{
    char *bytes = arena_alloc(*state, TEXT_MOST + 2);
    const char *clean;

    memset(bytes, 'a', TEXT_MOST + 1);
    assert_int_equal(strlen(utf8_clean(*state, bytes, TEXT_MOST)), TEXT_MOST);
    clean = utf8_clean(*state, bytes, TEXT_MOST + 1);
    assert_int_equal(strlen(clean), TEXT_MOST);
    assert_string_equal(clean + TEXT_MOST - 4, "a…");
    assert_false(utf8_is_clean(bytes));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_ill_formed_bytes_become_replacement_characters),
        WITH_ARENA(test_what_terminals_and_readers_act_on_is_removed),
        WITH_ARENA(test_text_that_is_not_clean_is_known_as_such),
        WITH_ARENA(test_a_line_has_no_breaks_and_no_spaces_at_its_ends),
        WITH_ARENA(test_text_is_measured_in_each_unit),
        WITH_ARENA(test_text_is_cut_between_characters),
        WITH_ARENA(test_whatever_comes_in_clean_text_comes_out_and_stays),
        WITH_ARENA(test_ten_megabytes_are_cut_to_the_most_in_a_moment),
        WITH_ARENA(test_text_of_the_most_length_is_kept_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
