/* The scanner: where statements begin and end, what is wrong with them, and that nothing makes it slow. */
#include "tests/unit/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/statements.h"

static const struct source_file SOURCE = {.path = "x.conf"};

static struct statements scanned(struct arena *arena, const char *bytes, size_t len)
{
    struct statements statements = {.arena = arena};

    statements_scan(&statements, &SOURCE, bytes, len);
    return statements;
}

/* "LINE name title;" for each that can be parsed, "LINE !mistake's line;" for the others. */
static const char *summary(struct arena *arena, const struct statements *statements)
{
    const char *text = "";

    for (size_t i = 0; i < statements->count; i++) {
        const struct statement *statement = &statements->items[i];

        if (statement->mistake[0])
            text = arena_print(arena, "%s%d %s!%d;", text, statement->line, statement->name, statement->mistake_line);
        else
            text = arena_print(arena, "%s%d %s %s;", text, statement->line, statement->name, statement->title);
    }
    return text;
}

struct scan_case {
    const char *given;
    const char *text;
    const char *want;
};

static void check_cases(struct arena *arena, const struct scan_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct statements statements = scanned(arena, cases[i].text, strlen(cases[i].text));

        if (strcmp(summary(arena, &statements), cases[i].want) != 0)
            fail_msg("%s: %s wanted %s%s%s", cases[i].given, summary(arena, &statements), cases[i].want,
                     statements.count ? " " : "", statements.count ? statements.items[0].mistake : "");
    }
}

static void test_cuts_sound_text(void **state)
{
    static const struct scan_case CASES[] = {
        {"nothing",                                            "",                                                                               ""                             },
        {"blanks and comments",                                "\n # one\n// two\n/* three\n four */\n",                                         ""                             },
        {"a value",                                            "language = \"en\"\n",                                                            "1 language ;"                 },
        {"no line break at the end",                           "language = en",                                                                  "1 language ;"                 },
        {"two on a line",                                      "proxy = \"\"  ca_file = \"\"",                                                   "1 proxy ;1 ca_file ;"         },
        {"a list",                                             "to = { \"a\",\n \"b\" }\nx = 1",                                                 "1 to ;3 x ;"                  },
        {"a section",                                          "\nslack \"noc\" {\n token = \"x\"\n}\nx = 1",                                    "2 slack noc;5 x ;"            },
        {"a title without quotes",                             "slack noc { }",                                                                  "1 slack noc;"                 },
        {"a title in single quotes",                           "slack 'noc' { }",                                                                "1 slack noc;"                 },
        {"the brace on the next line",                         "slack \"noc\"\n{\n}\nx = 1",                                                     "1 slack noc;4 x ;"            },
        {"blocks inside",                                      "slack \"noc\" {\n retry { attempts = 1 }\n limit {\n per_day = 1\n }\n}\nx = 1",
         "1 slack noc;7 x ;"                                                                                                                                                    },
        {"a call",                                             "include(\"conf.d/*.conf\")\nx = 1",                                              "1 include conf.d/*.conf;2 x ;"},
        {"braces in texts",                                    "x = \"}{\"\ny = '{'\nz = 1",                                                     "1 x ;2 y ;3 z ;"              },
        {"braces in comments",                                 "a \"b\" { # }\n // }\n /* } \n } */ }\nx = 1",                                   "1 a b;5 x ;"                  },
        {"comment signs in texts",                             "x = \"# // /*\"\ny = '# // /*'\nz = 1",                                          "1 x ;2 y ;3 z ;"              },
        {"quotes in comments",                                 "# don't\nx = 1 // \"\ny = 1",                                                    "2 x ;3 y ;"                   },
        {"escaped quotes",                                     "x = \"\\\"}\\\\\"\ny = '\\'}'\nz = 1",                                           "1 x ;2 y ;3 z ;"              },
        {"the other quotes",                                   "x = \"it's\"\ny = 'a \"b'\nz = 1",                                               "1 x ;2 y ;3 z ;"              },
        {"a text continued on the next line",                  "x = \"one \\\n two\"\ny = 1",                                                    "1 x ;3 y ;"                   },
        {"Windows line breaks",                                "\xEF\xBB\xBFx = 1\r\ny \"t\" {\r\n}\r\nz = 1\r\n",                               "1 x ;2 y t;4 z ;"             },
        {"a value on the next line, in quotes",                "x =\n \"1\"\ny = 1",                                                             "1 x ;3 y ;"                   },
        {"appended to",                                        "x += {\"1\"}\ny = 1",                                                            "1 x ;2 y ;"                   },
        {"octal and hexadecimal",                              "x = \"\\101\\x41\\e\\n\"",                                                       "1 x ;"                        },
        {"a path",                                             "x = /etc/notify\ny = a/b",                                                       "1 x ;2 y ;"                   },
        {"Chinese",                                            "x = \"监控系统\" # 注释\ny = 值",                                         "1 x ;2 y ;"                   },
        {"GBK in a comment",                                   "# \xB8\xE6\xBE\xAF\nx = 1",                                                      "2 x ;"                        },
        {"not unclosed: a list line that begins with a title", "a \"b\" {\n x = {\n \"t\" }\n}\ny = 1",                                          "1 a b;5 y ;"                  },
    };

    check_cases(*state, CASES, COUNT(CASES));
}

static void test_a_mistake_costs_one_statement(void **state)
{
    static const struct scan_case CASES[] = {
        {"open quote in a value",                           "a = \"x\nb = 1",                                          "1 a!1;2 b ;"            },
        {"open quote in a section",                         "a \"t\" {\n x = \"y\n z = 1\n}\nb = 1",                   "1 a!2;5 b ;"            },
        {"open quote before the closing brace",             "a \"t\" { x = \"y }\nb = 1\nc = 1",                       "1 a!1;2 b ;3 c ;"       },
        {"open single quote",                               "a \"t\" {\n x = 'y\n}\nb = 1",                            "1 a!2;4 b ;"            },
        {"quote escaped away",                              "a = \"x\\\"\nb = 1",                                      "1 a!1;2 b ;"            },
        {"section not closed before another",               "a \"t\" {\n x = 1\nb \"u\" {\n}\nc = 1",                  "1 a!1;3 b u;5 c ;"      },
        {"section not closed before another, all indented", " a \"t\" {\n  x = 1\n b \"u\" {\n }\n c = 1",
         "1 a!1;3 b u;5 c ;"                                                                                                                    },
        {"inner block not closed",                          "a \"t\" {\n retry {\n x = 1\n}\nb \"u\" {\n}",            "1 a!1;5 b u;"           },
        {"list not closed",                                 "a \"t\" {\n to = {\"x\"\n}\nb \"u\" { }",                 "1 a!1;4 b u;"           },
        {"last section not closed",                         "a \"t\" { }\nb \"u\" {\n x = 1\n",                        "1 a t;2 b!2;"           },
        {"last section not closed, values follow",          "b \"u\" {\n  x = 1\nc = 1\nd = 1",                        "1 b!1;3 c ;4 d ;"       },
        {"one brace too many",                              "a \"t\" { } }\nb = 1",                                    "1 a t;1 !1;2 b ;"       },
        {"many braces too many",                            "}\n}\n}}}\nb = 1",                                        "1 !1;4 b ;"             },
        {"too deep",                                        "a {\n b {\n c {\n d {\n e {\nf \"g\" { }\nh = 1",         "1 a!1;6 f g;7 h ;"      },
        {"no name",                                         "\"a\" = 1\nb = 1",                                        "1 !1;2 b ;"             },
        {"a name in capitals",                              "Slack \"x\" { }\nb = 1",                                  "1 !1;2 b ;"             },
        {"a name alone",                                    "a\nb = 1",                                                "1 a!1;2 b ;"            },
        {"a title alone",                                   "a \"t\"\nb = 1",                                          "1 a!1;2 b ;"            },
        {"no value",                                        "a =\nb = 1",                                              "1 a!1;2 b ;"            },
        {"no value in a section",                           "a \"t\" {\n x =\n y = 1\n}\nb = 1",                       "1 a!2;5 b ;"            },
        {"a comment where the value should be",             "a = #ops\nb = 1",                                         "1 a!1;2 b ;"            },
        {"comment not closed",                              "a = 1 /* x\nb = 1",                                       "1 a ;1 !1;2 b ;"        },
        {"comment not closed at the end",                   "a = 1\n/* b = 1",                                         "1 a ;2 !2;"             },
        {"comment not closed in a section",                 "a \"t\" {\n x = 1 /*\n}\nb = 1",                          "1 a!2;4 b ;"            },
        {"a semicolon",                                     "a \"t\" {\n x = 1;\n}\nb = 1;\nc = 1",                    "1 a!2;4 b!4;5 c ;"      },
        {"a plus without quotes",                           "a = +86138\nb = 1",                                       "1 a!1;2 b ;"            },
        {"a star without quotes",                           "a = *\nb = 1",                                            "1 a!1;2 b ;"            },
        {"an address without quotes",                       "a = https://x.example/}\nb = 1",                          "1 a!1;1 !1;2 b ;"       },
        {"full-width quotes",                               "a = “x”\nb = 1",                                      "1 a!1;2 b ;"            },
        {"full-width equals sign",                          "a ＝ \"x\"\nb = 1",                                      "1 a!1;2 b ;"            },
        {"octal too long",                                  "a = \"\\0101\"\nb = 1",                                   "1 a!1;2 b ;"            },
        {"octal too great",                                 "a = \"\\400\"\nb = \"\\1234\"\nc = \"\\18\"\nd = 1",      "1 a!1;2 b!2;3 c!3;4 d ;"},
        {"zero bytes by escape",                            "a = \"\\0\"\nb = \"\\x0\"\nc = \"\\x00\"\nd = \"\\x01\"", "1 a!1;2 b!2;3 c!3;4 d ;"},
        {"invalid UTF-8",                                   "a \"t\" {\n x = \"\xB8\xE6\"\n}\nb = 1",                  "1 a!2;4 b ;"            },
        {"a terminal escape",                               "a = \"\x1B[31m\"\nb = 1",                                 "1 a!1;2 b ;"            },
        {"a call without its end",                          "include(\"x\"\nb = 1",                                    "1 include!1;2 b ;"      },
        {"a call without argument",                         "include()\nb = 1",                                        "1 include ;2 b ;"       },
        {"a name inside that is none",                      "a \"t\" {\n retry|attempts = 1\n}\nb = 1",                "1 a!2;4 b ;"            },
    };

    check_cases(*state, CASES, COUNT(CASES));
}

static void test_a_zero_byte_costs_one_statement(void **state)
{
    static const char TEXT[] = "a \"t\" {\n x = \"y\0z\"\n}\nb = 1\n\0\0\nc = 1 # \0\nd = 1";
    struct statements statements = scanned(*state, TEXT, sizeof(TEXT) - 1);

    assert_string_equal(summary(*state, &statements), "1 a!2;4 b ;5 !5;6 c ;7 d ;");
}

static void test_variables_that_are_not_set_are_mistakes(void **state)
{
    static const struct scan_case CASES[] = {
        {"set",                                "a = \"${TEST_SET}\"\nb = ${TEST_SET}",            "1 a ;2 b ;"       },
        {"set and empty",                      "a = \"${TEST_EMPTY}\"",                           "1 a ;"            },
        {"not set",                            "a = \"${TEST_UNSET}\"\nb = ${TEST_UNSET}\nc = 1", "1 a!1;2 b!2;3 c ;"},
        {"not set, in a section",              "a \"t\" {\n\n x = \"y${TEST_UNSET}\"\n}\nc = 1",  "1 a!3;5 c ;"      },
        {"not set, with a value in its place", "a = \"${TEST_UNSET:-x}\"\nb = ${TEST_UNSET:-x}",  "1 a ;2 b ;"       },
        {"in single quotes it is no variable", "a = '${TEST_UNSET}'",                             "1 a ;"            },
        {"escaped it is no variable",          "a = \"\\${TEST_UNSET}\"",                         "1 a ;"            },
        {"in a comment it is no variable",     "# ${TEST_UNSET}\na = 1 # ${TEST_UNSET}",          "2 a ;"            },
        {"a dollar alone",                     "a = \"5$\"\nb = \"$x\"",                          "1 a ;2 b ;"       },
        {"not closed",                         "a = \"${TEST_SET\"\nb = 1",                       "1 a!1;2 b ;"      },
        {"empty name",                         "a = \"${}\"\nb = 1",                              "1 a!1;2 b ;"      },
        {"text around one needs quotes",       "a = ${TEST_SET}x\nb = 1",                         "1 a!1;2 b ;"      },
    };

    assert_int_equal(setenv("TEST_SET", "value", 1), 0);
    assert_int_equal(setenv("TEST_EMPTY", "", 1), 0);
    assert_int_equal(unsetenv("TEST_UNSET"), 0);
    check_cases(*state, CASES, COUNT(CASES));
}

static void test_keeps_the_text_with_comments_as_blanks(void **state)
{
    static const char TEXT[] = "# before\na \"t\" { # c\n x = \"#\" /* d\n */ y = 1\n} # after\n";
    struct statements statements = scanned(*state, TEXT, sizeof(TEXT) - 1);

    assert_int_equal(statements.count, 1);
    assert_string_equal(statements.items[0].text, "a \"t\" {    \n x = \"#\"     \n    y = 1\n}");
    assert_int_equal(statements.items[0].shape, SHAPE_SECTION);
}

static void test_knows_the_line_of_each_name(void **state)
{
    static const char TEXT[] =
        "\na \"t\" {\n x = 1\n retry {\n  attempts = {\"q\",\n \"r\"} delay =\n \"s\"\n }\n y = \"z\"\n}\n";
    static const struct assignment WANT[] = {
        {"",      "x",        3, false},
        {"",      "retry",    4, true },
        {"retry", "attempts", 5, false},
        {"retry", "delay",    6, false},
        {"",      "y",        9, false},
    };
    struct statements statements = scanned(*state, TEXT, sizeof(TEXT) - 1);

    assert_int_equal(statements.count, 1);
    assert_string_equal(statements.items[0].mistake, "");
    assert_int_equal(statements.items[0].assignment_count, COUNT(WANT));
    for (size_t i = 0; i < COUNT(WANT); i++) {
        const struct assignment *found = &statements.items[0].assignments[i];

        assert_string_equal(found->block, WANT[i].block);
        assert_string_equal(found->name, WANT[i].name);
        assert_int_equal(found->line, WANT[i].line);
        assert_int_equal(found->opens, WANT[i].opens);
    }
}

/* `piece` over and over, up to `len` bytes. */
static char *repeated(struct arena *arena, const char *piece, size_t len)
{
    char *text = arena_alloc(arena, len + 1);
    size_t size = strlen(piece);

    for (size_t at = 0; at < len; at++)
        text[at] = piece[at % size];
    return text;
}

static void test_hostile_text_ends_fast(void **state)
{
    static const char *const PIECES[] = {
        "{",
        "}",
        "{}",
        "a{",
        "a {\n",
        "a \"t\" {\n",
        "\"",
        "\"\n",
        "'",
        "\\",
        "#",
        "/*",
        "/* */",
        "a = {",
        "a = ",
        "a = 1\n",
        "${",
        "${x}",
        "a(",
        "a(\n",
        "\xFF",
        "\x01",
        " ",
        "\n",
        "limit {",
        "limit {\n",
        "a \"t\" {\n}",
        "a \"",
        "\na \"t\"",
        "a \"t\" {\n b {\n",
        "=\n",
        "x{\ny=1\n",
        "a",
        "\"\\",
        "a \"t\" {\n \"",
        "\n{\n}\n",
        "a = \"${\n",
        "a{/*\n",
        "+",
        "a \"t\" { b = {\n",
    };

    for (size_t i = 0; i < COUNT(PIECES); i++) {
        struct arena *arena = arena_new();
        size_t len = 1024 * 1024;
        clock_t before = clock();
        struct statements statements = scanned(arena, repeated(arena, PIECES[i], len), len);
        double took_s = (double)(clock() - before) / CLOCKS_PER_SEC;

        /* Milliseconds without a sanitizer; a tenth of a second where one counts every byte. */
        if (took_s > 1 || statements.count > STATEMENTS_MOST)
            fail_msg("'%s' over and over: %.1f s, %zu statements", PIECES[i], took_s, statements.count);
        arena_release(arena);
    }
    (void)state;
}

static void test_says_so_when_there_are_too_many_statements(void **state)
{
    struct statements statements = scanned(*state, repeated(*state, "a = 1\n", 6 * 20000), 6 * 20000);

    assert_int_equal(statements.count, STATEMENTS_MOST);
    assert_string_equal(statements.items[STATEMENTS_MOST - 2].mistake, "");
    assert_non_null(strstr(statements.items[STATEMENTS_MOST - 1].mistake, "too many statements"));
}

/* Files. */

static char folder[] = "/tmp/test_statements.XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static const char *path_of(struct arena *arena, const char *name)
{
    return arena_print(arena, "%s/%s", folder, name);
}

static void write_file(struct arena *arena, const char *name, const char *text)
{
    FILE *file = fopen(path_of(arena, name), "we");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void drop_file(struct arena *arena, const char *name)
{
    assert_int_equal(unlink(path_of(arena, name)), 0);
}

/* "FILE:LINE name" of each, the mistakes included. */
static const char *places(struct arena *arena, const struct statements *statements)
{
    const char *text = "";

    for (size_t i = 0; i < statements->count; i++) {
        const struct statement *statement = &statements->items[i];

        text = arena_print(arena, "%s%s:%d %s%s;", text, strrchr(statement->source->path, '/') + 1, statement->line,
                           statement->name, statement->mistake[0] ? "!" : "");
    }
    return text;
}

static struct statements read_from(struct arena *arena, const char *name)
{
    struct statements statements = {.arena = arena};
    struct fault fault = {0};

    if (!statements_read(&statements, path_of(arena, name), &fault))
        fail_msg("%s: %s", name, fault.text);
    return statements;
}

static void test_includes_a_dozen_files_in_the_order_of_their_names(void **state)
{
    const char *want = "main:1 a;";
    struct statements statements;

    assert_int_equal(mkdir(path_of(*state, "conf.d"), 0755), 0);
    write_file(*state, "main", "a = 1\ninclude(\"conf.d/*.conf\")\nz = 1\n");
    for (int i = 12; i > 0; i--)
        write_file(*state, arena_print(*state, "conf.d/%02d.conf", i), "\nb = 1\n");
    write_file(*state, "conf.d/00.conf.dpkg-old", "c = 1\n");
    for (int i = 1; i <= 12; i++)
        want = arena_print(*state, "%s%02d.conf:2 b;", want, i);
    statements = read_from(*state, "main");
    assert_string_equal(places(*state, &statements), arena_print(*state, "%smain:3 z;", want));
    for (int i = 1; i <= 12; i++)
        drop_file(*state, arena_print(*state, "conf.d/%02d.conf", i));
    drop_file(*state, "conf.d/00.conf.dpkg-old");
    drop_file(*state, "main");
    assert_int_equal(rmdir(path_of(*state, "conf.d")), 0);
}

static void test_what_can_go_wrong_with_an_include_costs_that_include(void **state)
{
    static const struct {
        const char *given;
        const char *main;
        const char *want;
        const char *mistake; /* a piece of the first; "" when there is none */
    } cases[] = {
        {"no file of that name",  "include(\"missing\")\nz = 1",          "main:1 include!;main:2 z;",            "there is no file '/tmp/"           },
        {"no file that matches",  "include(\"missing*\")\nz = 1",         "main:2 z;",                            ""                                  },
        {"no directory",          "include(\"missing.d/*.conf\")\nz = 1", "main:2 z;",                            ""                                  },
        {"a directory",           "include(\".\")\nz = 1",                "main:1 include!;main:2 z;",            "is not a regular file"             },
        {"itself",                "include(\"main\")\nz = 1",             "main:1 include!;main:2 z;main:2 z;",   "an included file cannot include"   },
        {"another that includes", "include(\"other\")\nz = 1",            "other:1 include!;other:2 y;main:2 z;",
         "move this line into the main file"                                                                                                          },
        {"no quotes",             "include(other)\nz = 1",                "main:1 include!;main:2 z;",            "wanted: include(\"conf.d/*.conf\")"},
        {"two at once",           "include(\"other\", \"other\")\nz = 1", "main:1 include!;main:2 z;",            "wanted: include("                  },
    };

    write_file(*state, "other", "include(\"x\")\ny = 1");
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *first = "";
        struct statements statements;

        write_file(*state, "main", cases[i].main);
        statements = read_from(*state, "main");
        for (size_t k = statements.count; k-- > 0;)
            first = statements.items[k].mistake[0] ? statements.items[k].mistake : first;
        if (strcmp(places(*state, &statements), cases[i].want) != 0 || !strstr(first, cases[i].mistake))
            fail_msg("%s: %s %s", cases[i].given, places(*state, &statements), first);
    }
    drop_file(*state, "main");
    drop_file(*state, "other");
}

static void test_all_files_together_have_a_ceiling(void **state)
{
    struct statements statements = {.arena = *state};
    struct fault fault = {0};

    write_file(*state, "big", repeated(*state, "# comment\n", 5 * 1000 * 1000));
    assert_false(statements_read(&statements, path_of(*state, "big"), &fault));
    assert_int_equal(fault.kind, FAULT_CONFIG);
    assert_non_null(strstr(fault.text, "is too long"));
    write_file(*state, "big", repeated(*state, "# comment\n", 3 * 1000 * 1000));
    write_file(*state, "main", "include(\"big\")\ninclude(\"big\")\nz = 1");
    statements = read_from(*state, "main");
    assert_string_equal(places(*state, &statements), "main:2 include!;main:3 z;");
    drop_file(*state, "main");
    drop_file(*state, "big");
}

static void test_takes_so_many_files_and_no_more(void **state)
{
    struct statements statements;

    write_file(*state, "main", "include(\"f*\")\nz = 1");
    for (int i = 0; i < CONFIG_FILES_MOST; i++)
        write_file(*state, arena_print(*state, "f%03d", i), "b = 1\n");
    statements = read_from(*state, "main");
    assert_int_equal(statements.count, CONFIG_FILES_MOST - 1 + 1 + 1);
    assert_non_null(strstr(statements.items[CONFIG_FILES_MOST - 1].mistake, "more than 200 files"));
    assert_non_null(strstr(statements.items[CONFIG_FILES_MOST - 1].mistake, "/f199'"));
    for (int i = 0; i < CONFIG_FILES_MOST; i++)
        drop_file(*state, arena_print(*state, "f%03d", i));
    drop_file(*state, "main");
}

static void test_knows_who_may_read_and_write_a_file(void **state)
{
    static const struct {
        mode_t mode;
        bool others_read;
        bool others_write;
        bool group_writes;
    } cases[] = {
        {0600, false, false, false},
        {0640, false, false, false},
        {0644, true,  false, false},
        {0660, false, false, true },
        {0664, true,  false, true },
        {0602, false, true,  false},
        {0604, true,  false, false},
        {0666, true,  true,  true },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct source_file *source;
        struct statements statements;

        write_file(*state, "main", "z = 1");
        assert_int_equal(chmod(path_of(*state, "main"), cases[i].mode), 0);
        statements = read_from(*state, "main");
        source = statements.items[0].source;
        if (source->others_read != cases[i].others_read || source->others_write != cases[i].others_write ||
            source->group_writes != cases[i].group_writes)
            fail_msg("mode %04o", (unsigned)cases[i].mode);
        drop_file(*state, "main");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_cuts_sound_text),
        WITH_ARENA(test_a_mistake_costs_one_statement),
        WITH_ARENA(test_a_zero_byte_costs_one_statement),
        WITH_ARENA(test_variables_that_are_not_set_are_mistakes),
        WITH_ARENA(test_keeps_the_text_with_comments_as_blanks),
        WITH_ARENA(test_knows_the_line_of_each_name),
        WITH_ARENA(test_hostile_text_ends_fast),
        WITH_ARENA(test_says_so_when_there_are_too_many_statements),
        WITH_ARENA(test_includes_a_dozen_files_in_the_order_of_their_names),
        WITH_ARENA(test_what_can_go_wrong_with_an_include_costs_that_include),
        WITH_ARENA(test_all_files_together_have_a_ceiling),
        WITH_ARENA(test_takes_so_many_files_and_no_more),
        WITH_ARENA(test_knows_who_may_read_and_write_a_file),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
