#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "common/markup.h"
#include "common/str.h"
#include "common/template.h"
#include "common/utf8.h"
#include "support.h"

/* The specification's cases: https://github.com/mustache/spec, v1.3, one file a module. */
static const struct {
    const char *file;
    size_t cases;
} MODULES[] = {
    {"comments",      12},
    {"delimiters",    14},
    {"interpolation", 42},
    {"inverted",      22},
    {"partials",      12},
    {"sections",      34},
};

static const char *find_in_object(void *self, const char *name)
{
    struct json_object *partials = self;
    struct json_object *text = NULL;

    return json_object_object_get_ex(partials, name, &text) ? json_object_get_string(text) : NULL;
}

static const char *member_text(struct json_object *object, const char *name)
{
    return json_object_get_string(json_object_object_get(object, name));
}

/* Prints what differs, so that a failing case is known by its name. */
static bool case_passes(const char *module, struct json_object *row)
{
    struct arena *arena = arena_new();
    struct fault fault = {0};
    const struct partials partials = {.find = find_in_object, .self = json_object_object_get(row, "partials")};
    const char *expected = member_text(row, "expected");
    const struct template *template =
        template_parse(arena, "case", member_text(row, "template"), partials.self ? &partials : NULL, &fault);
    const char *got =
        template ? template_render(arena, template, json_object_object_get(row, "data"), ESCAPE_HTML) : fault.text;
    bool passes = strcmp(got, expected) == 0;

    if (!passes)
        print_error("%s, %s: expected '%s', got '%s'\n", module, member_text(row, "name"), expected, got);
    arena_release(arena);
    return passes;
}

static void test_every_case_of_the_specification_passes(void **state)
{
    size_t failed = 0;
    size_t total = 0;

    for (size_t i = 0; i < COUNT(MODULES); i++) {
        const char *path = arena_print(*state, "%s/mustache/%s.json", TEST_DATA, MODULES[i].file);
        struct json_object *module = json_object_from_file(path);
        struct json_object *tests = json_object_object_get(module, "tests");

        assert_non_null(module);
        assert_int_equal(json_object_array_length(tests), MODULES[i].cases);
        for (size_t at = 0; at < MODULES[i].cases; at++)
            failed += !case_passes(MODULES[i].file, json_object_array_get_idx(tests, at));
        total += MODULES[i].cases;
        json_object_put(module);
    }
    assert_int_equal(failed, 0);
    assert_int_equal(total, 136);
}

static struct json_object *values(struct arena *arena, const char *json)
{
    return json_read(arena, json, strlen(json));
}

static const char *render(struct arena *arena, const char *text, const char *json, enum escape escape)
{
    struct fault fault = {0};
    const struct template *template = template_parse(arena, "t", text, NULL, &fault);

    if (!template)
        fail_msg("%s", fault.text);
    return template_render(arena, template, values(arena, json), escape);
}

static void test_each_mode_escapes_values_for_its_place(void **state)
{
    static const struct {
        const char *name;
        enum escape escape;
        const char *expected;
    } rows[] = {
        {"HTML: the specification's four",            ESCAPE_HTML, "a&lt;b&gt;&amp;&quot;'\\ \n|"},
        {"none",                                      ESCAPE_NONE, "a<b>&\"'\\ \n|"              },
        {"JSON: RFC 8259 section 7",                  ESCAPE_JSON, "a<b>&\\\"'\\\\ \\n|"         },
        {"URL: RFC 3986, unreserved characters stay", ESCAPE_URL,  "a%3Cb%3E%26%22%27%5C%20%0A|" },
        {"marks",                                     ESCAPE_MARK,
         "\x01"
         "a<b>&\"'\\ \n"
         "\x02|"                                                                                 },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *got = render(*state, "{{v}}|", "{\"v\":\"a<b>&\\\"'\\\\ \\n\"}", rows[i].escape);

        if (strcmp(got, rows[i].expected) != 0)
            fail_msg("%s: '%s'", rows[i].name, got);
    }
}

static void test_raw_values_are_neither_escaped_nor_marked(void **state)
{
    assert_string_equal(render(*state, "{{{v}}}{{&v}}", "{\"v\":\"<\"}", ESCAPE_HTML), "<<");
    assert_string_equal(render(*state, "{{{v}}}{{&v}}", "{\"v\":\"<\"}", ESCAPE_MARK), "<<");
}

static void test_nobody_but_the_renderer_sets_marks(void **state)
{
    const char *hostile = "{\"v\":\"a\\u0002**b**\\u0001c\"}";

    assert_string_equal(render(*state, "{{v}}", hostile, ESCAPE_MARK), "\x01"
                                                                       "a**b**c\x02");
    assert_string_equal(render(*state, "{{{v}}}\x01{{v}}\x02", hostile, ESCAPE_MARK), "a**b**c\x01"
                                                                                      "a**b**c\x02");
}

static void test_empty_text_and_nothing_are_false_and_everything_else_is_true(void **state)
{
    static const struct {
        const char *json;
        const char *expected;
    } rows[] = {
        {"{\"v\":\"\"}",   "no" },
        {"{}",             "no" },
        {"{\"v\":null}",   "no" },
        {"{\"v\":false}",  "no" },
        {"{\"v\":[]}",     "no" },
        {"{\"v\":\" \"}",  "yes"},
        {"{\"v\":0}",      "yes"},
        {"{\"v\":{}}",     "yes"},
        {"{\"v\":[\"\"]}", "yes"},
        {"{\"v\":\"no\"}", "yes"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *got = render(*state, "{{#v}}yes{{/v}}{{^v}}no{{/v}}", rows[i].json, ESCAPE_MARK);

        if (strcmp(got, rows[i].expected) != 0)
            fail_msg("%s is %s", rows[i].json, got);
    }
}

static void test_values_are_never_read_as_templates(void **state)
{
    assert_string_equal(render(*state, "{{a}} {{{a}}}", "{\"a\":\"{{b}}{{>p}}{{#b}}\",\"b\":\"secret\"}", ESCAPE_NONE),
                        "{{b}}{{>p}}{{#b}} {{b}}{{>p}}{{#b}}");
}

static void test_a_mistake_is_named_with_its_line(void **state)
{
    static const struct {
        const char *text;
        const char *expected;
    } rows[] = {
        CASE("a\n{{b", "f:2: '{{' is not closed by '}}'"),
        CASE("{{{b}}", "f:1: '{{' is not closed by '}}}'"),
        CASE("\n\n{{#a}}\n", "f:3: no closing tag for section 'a'"),
        CASE("{{#a}}\n{{#b}}\n{{/a}}", "f:3: section 'b' of line 2 is closed by 'a'"),
        CASE("x\n{{/a}}", "f:2: no section is open that could be closed by 'a'"),
        CASE("{{! a\nb }}{{ }}", "f:2: nothing stands in '{{ }}'"),
        CASE("{{=<%=}}", "f:1: delimiters must be two short words without '=', found '<%'"),
        CASE("{{=a b c=}}", "f:1: delimiters must be two short words without '=', found 'a b c'"),
        CASE("\r\n{{=<% %>=}}\r\n<%/x%>", "f:3: no section is open that could be closed by 'x'"),
        CASE("{{> p}}", "f: partial 'p':2: no closing tag for section 'a'"),
    };
    struct partials partials = {.find = find_in_object, .self = values(*state, "{\"p\":\"\\n{{#a}}\"}")};

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fault fault = {0};

        assert_null(template_parse(*state, "f", rows[i].text, &partials, &fault));
        assert_int_equal(fault.kind, FAULT_CONFIG);
        assert_string_equal(fault.text, rows[i].expected);
    }
}

static const char *repeated(struct arena *arena, const char *text, size_t times)
{
    struct str out = str_in(arena, SIZE_MAX / 2);

    for (size_t i = 0; i < times; i++)
        str_add(&out, text);
    return out.text;
}

static void test_a_text_may_be_as_long_as_the_limit_and_no_longer(void **state)
{
    struct fault fault = {0};

    assert_non_null(template_parse(*state, "f", repeated(*state, "x", TEMPLATE_MOST), NULL, &fault));
    assert_null(template_parse(*state, "f", repeated(*state, "x", TEMPLATE_MOST + 1), NULL, &fault));
    assert_string_equal(fault.text, "f: the text is longer than 65536 bytes");
}

static void test_sections_nest_as_deep_as_the_limit_and_no_deeper(void **state)
{
    struct fault fault = {0};
    const char *good = arena_print(*state, "%s%s", repeated(*state, "{{#a}}", TEMPLATE_DEPTH),
                                   repeated(*state, "{{/a}}", TEMPLATE_DEPTH));

    assert_non_null(template_parse(*state, "f", good, NULL, &fault));
    assert_null(template_parse(*state, "f", repeated(*state, "{{#a}}", TEMPLATE_DEPTH + 1), NULL, &fault));
    assert_string_equal(fault.text, "f:1: sections nest too deep at 'a'");
}

static void test_a_partial_within_itself_ends_at_the_limit(void **state)
{
    struct fault fault = {0};
    struct partials partials = {.find = find_in_object, .self = values(*state, "{\"p\":\"x{{>p}}\"}")};
    const struct template *template = template_parse(*state, "f", "{{>p}}", &partials, &fault);

    assert_non_null(template);
    assert_string_equal(template_render(*state, template, NULL, ESCAPE_NONE), repeated(*state, "x", TEMPLATE_DEPTH));
}

static const char *find_any(void *self, const char *name)
{
    (void)name;
    return self;
}

static void test_partials_are_limited_in_number_and_indented_length(void **state)
{
    static char x[] = "x";
    struct partials partials = {.find = find_any, .self = x};
    struct fault fault = {0};
    struct str text = str_in(*state, TEMPLATE_MOST);
    const struct template *template;

    for (int i = 0; i < 100; i++)
        str_addf(&text, "{{>p%d}}{{>p%d}}", i, i);
    template = template_parse(*state, "f", text.text, &partials, &fault);
    assert_non_null(template);
    assert_string_equal(template_render(*state, template, NULL, ESCAPE_NONE), repeated(*state, "xx", 64));

    partials.self = arena_print(*state, "%s", repeated(*state, "\n", TEMPLATE_MOST / 2));
    assert_non_null(template_parse(*state, "f", "{{>p}}", &partials, &fault));
    assert_non_null(template_parse(*state, "f", " {{>p}}", &partials, &fault));
    assert_null(template_parse(*state, "f", "  {{>p}}", &partials, &fault));
    assert_string_equal(fault.text, "f: partial 'p': indented, the text is longer than 65536 bytes");
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Each of these would run for years, or fill the memory, without a bound. */
static void test_hostile_templates_end_fast(void **state)
{
    struct arena *arena = *state;
    const char *list = arena_print(arena, "[%s0]", repeated(arena, "0,", 999));
    const struct {
        const char *name;
        const char *text;
        const char *partial;
        const char *json;
    } rows[] = {
        CASE("ten of itself, sixteen deep", "{{>p}}", repeated(arena, "{{>p}}", 10), "{}"),
        CASE("growing indentation", "{{>p}}", repeated(arena, " {{>p}}\n", 1000), "{}"),
        CASE("nested lists",
             arena_print(arena, "%s%s", repeated(arena, "{{#a}}", TEMPLATE_DEPTH),
                         repeated(arena, "{{/a}}", TEMPLATE_DEPTH)),
             "", arena_print(arena, "{\"a\":%s}", list)),
        CASE("output without end", "{{#a}}{{#a}}{{#a}}{{b}}{{/a}}{{/a}}{{/a}}", "",
             arena_print(arena, "{\"a\":%s,\"b\":\"%s\"}", list, repeated(arena, "x", 10000))),
        CASE("ten thousand tags", repeated(arena, "{{a}}", 10000), "", "{\"a\":\"{{a}}\"}"),
        CASE("ten thousand partials", repeated(arena, "{{>p}}", 10000), "y", "{}"),
        CASE("only openings", repeated(arena, "{{", 30000), "", "{}"),
        CASE("many dots", arena_print(arena, "{{a%s}}", repeated(arena, ".a", 30000)), "", "{\"a\":{}}"),
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fault fault = {0};
        struct json_object *texts = json_doc(arena);
        const struct partials partials = {.find = find_in_object, .self = texts};
        double before = seconds();
        const struct template *template;
        const char *text = "";

        jset_text(texts, "p", rows[i].partial);
        template = template_parse(arena, "f", rows[i].text, &partials, &fault);
        if (template)
            text = template_render(arena, template, values(arena, rows[i].json), ESCAPE_MARK);
        assert_in_range(strlen(text), 0, RENDERED_MOST);
        if (seconds() - before > 1.0)
            fail_msg("%s took %.2f s", rows[i].name, seconds() - before);
    }
}

static bool known(const char *name)
{
    return strcmp(name, "host") == 0 || strcmp(name, "id") == 0 || strcmp(name, "tags") == 0 ||
           strncmp(name, "tags.", 5) == 0;
}

static bool trusted(const char *name)
{
    return strcmp(name, "id") == 0;
}

static const char *nearest(const char *name)
{
    return name[0] == 'h' ? "host" : "";
}

static void test_the_check_finds_unknown_names_and_raw_use_of_foreign_text(void **state)
{
    static const struct {
        const char *text;
        const char *expected; /* "" when all is well */
    } rows[] = {
        CASE("{{host}} {{{id}}} {{tags.team}} {{#host}}{{.}}{{/host}}", ""),
        CASE("{{#tags}}{{team}}{{/tags}}", ""),
        CASE("{{^host}}{{{id}}}{{/host}}{{! nonsense }}", ""),
        CASE("a\n{{hots}}", "f:2: unknown name 'hots', nearest is 'host'"),
        CASE("{{#zzz}}{{/zzz}}\n{{^hotel}}{{/hotel}}",
             "f:1: unknown name 'zzz'; f:2: unknown name 'hotel', nearest is 'host'"),
        CASE("{{host.name}}", "f:1: unknown name 'host.name', nearest is 'host'"),
        CASE("\n{{{host}}}", "f:2: without escaping, only this program's own values are safe, not 'host'"),
        CASE("{{&tags.id}}", "f:1: without escaping, only this program's own values are safe, not 'tags.id'"),
        CASE("{{#tags}}{{{id}}}{{/tags}}", "f:1: without escaping, only this program's own values are safe, not 'id'"),
        CASE("{{#host}}{{{.}}}{{/host}}", "f:1: without escaping, only this program's own values are safe, not '.'"),
        CASE("{{#host}}{{#.}}{{{.}}}{{/.}}{{/host}}",
             "f:1: without escaping, only this program's own values are safe, not '.'"),
        CASE("{{#id}}{{{.}}}{{/id}}", ""),
        CASE("{{>p}}", "partial 'p':2: unknown name 'x'"),
    };
    const struct template_names names = {.known = known, .trusted = trusted, .nearest = nearest};
    const struct partials partials = {.find = find_in_object, .self = values(*state, "{\"p\":\"\\n{{x}}\"}")};

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fault fault = {0};
        const struct template *template = template_parse(*state, "f", rows[i].text, &partials, &fault);

        assert_non_null(template);
        assert_int_equal(template_check(template, &names, &fault), rows[i].expected[0] == '\0');
        assert_string_equal(fault.text, rows[i].expected);
    }
}

/* Files of one test: a folder with en/ and zh_CN/. */
static const char *new_folder(struct arena *arena)
{
    char *path = arena_print(arena, "%s", "/tmp/np_templates_XXXXXX");

    assert_non_null(mkdtemp(path));
    assert_int_equal(mkdir(arena_print(arena, "%s/en", path), 0700), 0);
    assert_int_equal(mkdir(arena_print(arena, "%s/zh_CN", path), 0700), 0);
    return path;
}

static void write_file(struct arena *arena, const char *folder, const char *name, const char *text)
{
    FILE *file = fopen(arena_print(arena, "%s/%s.mustache", folder, name), "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void remove_folder(struct arena *arena, const char *folder, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        unlink(arena_print(arena, "%s/%s.mustache", folder, names[i]));
    rmdir(arena_print(arena, "%s/en", folder));
    rmdir(arena_print(arena, "%s/zh_CN", folder));
    assert_int_equal(rmdir(folder), 0);
}

static void test_loading_falls_back_to_english_then_to_the_default(void **state)
{
    static const char *const files[] = {"en/default", "zh_CN/default", "en/disk", "zh_CN/disk", "en/only_en"};
    static const struct {
        enum language language;
        const char *name;
        const char *text;
        bool found;
    } rows[] = {
        {LANGUAGE_ZH_CN, "disk",       "zh_CN/disk",    true },
        {LANGUAGE_EN,    "disk",       "en/disk",       true },
        {LANGUAGE_ZH_CN, "only_en",    "en/only_en",    true },
        {LANGUAGE_ZH_CN, "none",       "zh_CN/default", false},
        {LANGUAGE_EN,    "none",       "en/default",    false},
        {LANGUAGE_EN,    "../en/disk", "en/default",    false},
        {LANGUAGE_EN,    "",           "en/default",    false},
        {LANGUAGE_EN,    "Disk",       "en/default",    false},
    };
    const char *folder = new_folder(*state);

    for (size_t i = 0; i < COUNT(files); i++)
        write_file(*state, folder, files[i], files[i]);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct message_template template;
        struct fault fault = {0};
        bool found = !rows[i].found;

        assert_true(template_load(*state, folder, rows[i].language, rows[i].name, &template, &found, &fault));
        assert_int_equal(found, rows[i].found);
        assert_string_equal(template_render(*state, template.text, NULL, ESCAPE_NONE), rows[i].text);
        assert_string_equal(template.path, arena_print(*state, "%s/%s.mustache", folder, rows[i].text));
    }
    remove_folder(*state, folder, files, COUNT(files));
}

static void test_a_file_has_a_title_and_partials_beside_it(void **state)
{
    static const char *const files[] = {"en/default", "en/foot", "zh_CN/foot"};
    const char *folder = new_folder(*state);
    struct json_object *data = values(*state, "{\"subject\":\"disk full\",\"level\":\"Error\",\"level_icon\":\"!\"}");
    struct message_template template;
    struct fault fault = {0};
    bool found;

    write_file(*state, folder, files[0],
               "\xEF\xBB\xBFtitle:  <{{subject}}>\r\n--\r\none\r\n{{>foot}}two{{>../en/foot}}");
    write_file(*state, folder, files[1], "title: of its own\n--\nfoot {{level}}\n");
    assert_true(template_load(*state, folder, LANGUAGE_ZH_CN, "default", &template, &found, &fault));
    assert_string_equal(template_render(*state, template.title, data, ESCAPE_NONE), "<disk full>");
    assert_string_equal(template_render(*state, template.text, data, ESCAPE_NONE), "one\nfoot Error\ntwo");

    write_file(*state, folder, files[0], "no title here\n--\n{{subject}}");
    assert_true(template_load(*state, folder, LANGUAGE_ZH_CN, "default", &template, &found, &fault));
    assert_string_equal(template_render(*state, template.title, data, ESCAPE_NONE), "! 【Error】disk full");
    assert_string_equal(template_render(*state, template.text, data, ESCAPE_NONE), "no title here\n--\ndisk full");
    assert_true(template_load(*state, folder, LANGUAGE_EN, "default", &template, &found, &fault));
    assert_string_equal(template_render(*state, template.title, data, ESCAPE_NONE), "! [Error] disk full");
    remove_folder(*state, folder, files, COUNT(files));
}

static void test_a_template_that_cannot_be_used_says_where_and_why(void **state)
{
    static const char *const files[] = {"en/default", "en/bad", "en/torn", "en/long"};
    const char *folder = new_folder(*state);
    struct message_template template = {.name = "untouched"};
    struct fault fault = {0};
    bool found;

    assert_false(template_load(*state, folder, LANGUAGE_EN, "bad", &template, &found, &fault));
    assert_int_equal(fault.kind, FAULT_CONFIG);
    assert_string_equal(fault.text, arena_print(*state, "cannot read template '%s/en/default.mustache': %s", folder,
                                                "No such file or directory"));
    write_file(*state, folder, files[1], "title: x\n--\nfirst\n{{#a}}\n");
    assert_false(template_load(*state, folder, LANGUAGE_EN, "bad", &template, &found, &fault));
    assert_string_equal(fault.text,
                        arena_print(*state, "%s/en/bad.mustache:4: no closing tag for section 'a'", folder));
    write_file(*state, folder, files[2], "title: x\nfirst\n");
    assert_false(template_load(*state, folder, LANGUAGE_EN, "torn", &template, &found, &fault));
    assert_string_equal(fault.text, arena_print(*state,
                                                "%s/en/torn.mustache:2: after the title a line '--' is wanted, "
                                                "found 'first'",
                                                folder));
    write_file(*state, folder, files[3], repeated(*state, "0123456789", 20000));
    assert_false(template_load(*state, folder, LANGUAGE_EN, "long", &template, &found, &fault));
    assert_string_equal(fault.text,
                        arena_print(*state, "%s/en/long.mustache: the text is longer than 65536 bytes", folder));
    assert_string_equal(template.name, "untouched");
    remove_folder(*state, folder, files, COUNT(files));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_every_case_of_the_specification_passes),
        WITH_ARENA(test_each_mode_escapes_values_for_its_place),
        WITH_ARENA(test_raw_values_are_neither_escaped_nor_marked),
        WITH_ARENA(test_nobody_but_the_renderer_sets_marks),
        WITH_ARENA(test_empty_text_and_nothing_are_false_and_everything_else_is_true),
        WITH_ARENA(test_values_are_never_read_as_templates),
        WITH_ARENA(test_a_mistake_is_named_with_its_line),
        WITH_ARENA(test_a_text_may_be_as_long_as_the_limit_and_no_longer),
        WITH_ARENA(test_sections_nest_as_deep_as_the_limit_and_no_deeper),
        WITH_ARENA(test_a_partial_within_itself_ends_at_the_limit),
        WITH_ARENA(test_partials_are_limited_in_number_and_indented_length),
        WITH_ARENA(test_hostile_templates_end_fast),
        WITH_ARENA(test_the_check_finds_unknown_names_and_raw_use_of_foreign_text),
        WITH_ARENA(test_loading_falls_back_to_english_then_to_the_default),
        WITH_ARENA(test_a_file_has_a_title_and_partials_beside_it),
        WITH_ARENA(test_a_template_that_cannot_be_used_says_where_and_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
