#include <stdlib.h>
#include <time.h>

#include "common/markup.h"
#include "common/str.h"
#include "support.h"

#define Z "\xE2\x80\x8B" /* U+200B, zero-width space */
#define V "\x01"         /* a value begins */
#define E "\x02"         /* and ends */

enum { MARKUPS = MARKUP_FEISHU + 1, MARKUPS_IN_ROWS = MARKUP_HTML + 1 }; /* Feishu's cards have rows of their own */
static const char *const MARKUP_NAMES[MARKUPS] = {"plain", "dingtalk", "wecom", "mrkdwn", "card", "html", "feishu"};

static const char *write_all(struct arena *arena, const struct passage *passage, enum markup markup)
{
    return passage_write(arena, passage, markup, SIZE_MAX, UNIT_BYTES, LANGUAGE_EN);
}

static const char *inside_paragraph(struct arena *arena, const char *html)
{
    return arena_print(arena, "<p style=\"margin:0 0 10px 0\">%s</p>", html);
}

struct row {
    const char *name;
    const char *text; /* marked, or a value alone */
    const char *expected[MARKUPS_IN_ROWS];
};

static void check_rows(struct arena *arena, const struct row *rows, size_t count,
                       struct passage *(*make)(struct arena *, const char *))
{
    for (size_t i = 0; i < count; i++)
        for (size_t markup = 0; markup < MARKUPS_IN_ROWS; markup++) {
            const char *expected = rows[i].expected[markup];
            const char *got = write_all(arena, make(arena, rows[i].text), (enum markup)markup);

            if (markup == MARKUP_HTML && strncmp(expected, "<p", 2) != 0 && strncmp(expected, "<ul", 3) != 0 &&
                strncmp(expected, "<blockquote", 11) != 0)
                expected = inside_paragraph(arena, expected);
            if (strcmp(got, expected) != 0)
                fail_msg("%s, %s:\nexpected '%s'\ngot      '%s'", MARKUP_NAMES[markup], rows[i].name, expected, got);
        }
}

/*
 * What the markups do, and so what a value must not be able to: mentions (Slack <!channel> <@U1>, WeCom <@userid>, Teams
 * <at>), links and images, emphasis, code, blocks at the start of a line, HTML, entities, addresses that act on a click,
 * the functions of cards. Sources: the head of common/inert.c, CommonMark 0.30.
 */
static void test_hostile_values_are_inert_wherever_they_stand(void **state)
{
    static const struct row rows[] = {
        CASE("mentions", "hi <!channel> <@U1> <@userid>",
             {"hi <!channel> ＜@U1> ＜@userid>", "hi ＜!channel> ＜@" Z "U1> ＜@" Z "userid>",
              "hi ＜!channel> ＜@" Z "U1> ＜@" Z "userid>", "hi &lt;!channel&gt; &lt;@" Z "U1&gt; &lt;@" Z "userid&gt;",
              "hi <" Z "!channel> <" Z "@" Z "U1> <" Z "@" Z "userid>",
              "hi &lt;!channel&gt; &lt;@U1&gt; &lt;@userid&gt;"}),
        CASE("mention by name", "@all, (@here) a@all",
             {"@all, (@here) a@all", "@" Z "all, (@" Z "here) a@all", "@" Z "all, (@" Z "here) a@all",
              "@" Z "all, (@" Z "here) a@all", "@" Z "all, (@" Z "here) a@all", "@all, (@here) a@all"}),
        CASE("Teams' mention", "<at>Li</at>",
             {"<at>Li</at>", "＜at>Li＜/at>", "＜at>Li＜/at>", "&lt;at&gt;Li&lt;/at&gt;", "<" Z "at>Li<" Z "/at>",
              "&lt;at&gt;Li&lt;/at&gt;"}),
        CASE("colours and HTML", "<font color=\"warning\">x</font><img src=x onerror='a()'>",
             {"<font color=\"warning\">x</font><img src=x onerror='a()'>",
              "＜font color=\"warning\">x＜/font>＜img src=x onerror='a()'>",
              "＜font color=\"warning\">x＜/font>＜img src=x onerror='a()'>",
              "&lt;font color=\"warning\"&gt;x&lt;/font&gt;&lt;img src=x onerror='a()'&gt;",
              "<" Z "font color=\"warning\">x<" Z "/font><" Z "img src=x onerror='a()'>",
              "&lt;font color=&quot;warning&quot;&gt;x&lt;/font&gt;&lt;img src=x onerror=&#39;a()&#39;&gt;"}),
        CASE("links", "[x](http://evil) ![y](http://evil) [z][1]",
             {"[x](http://evil) ![y](http://evil) [z][1]", "[x]" Z "(http://evil) ![y]" Z "(http://evil) [z]" Z "[1]",
              "[x]" Z "(http://evil) ![y]" Z "(http://evil) [z]" Z "[1]", "[x](http://evil) ![y](http://evil) [z][1]",
              "[x]" Z "(http://evil) ![y]" Z "(http://evil) [z]" Z "[1]", "[x](http://evil) ![y](http://evil) [z][1]"}),
        CASE("link definition", "[1]: http://evil",
             {"[1]: http://evil", "[1]" Z ": http://evil", "[1]" Z ": http://evil", "[1]: http://evil",
              "[1]" Z ": http://evil", "[1]: http://evil"}),
        CASE("Slack's link", "<http://evil|bank>",
             {"<http://evil|bank>", "＜http://evil|bank>", "＜http://evil|bank>", "&lt;http://evil|bank&gt;",
              "<" Z "http://evil|bank>", "&lt;http://evil|bank&gt;"}),
        CASE("addresses that act", "dingtalk://a DTMD://b wxwork://c xhttp://d http://e HTTPS://f",
             {"dingtalk://a DTMD://b wxwork://c xhttp://d http://e HTTPS://f",
              "dingtalk:" Z "//a DTMD:" Z "//b wxwork:" Z "//c xhttp:" Z "//d http://e HTTPS://f",
              "dingtalk:" Z "//a DTMD:" Z "//b wxwork:" Z "//c xhttp:" Z "//d http://e HTTPS://f",
              "dingtalk:" Z "//a DTMD:" Z "//b wxwork:" Z "//c xhttp:" Z "//d http://e HTTPS://f",
              "dingtalk:" Z "//a DTMD:" Z "//b wxwork:" Z "//c xhttp:" Z "//d http://e HTTPS://f",
              "dingtalk://a DTMD://b wxwork://c xhttp://d http://e HTTPS://f"}),
        CASE("emphasis", "x *a* **b** _c_ __d__ ~~e~~",
             {"x *a* **b** _c_ __d__ ~~e~~", "x ＊a＊ ＊＊b＊＊ ＿c＿ ＿＿d＿＿ ～～e～～",
              "x ＊a＊ ＊＊b＊＊ ＿c＿ ＿＿d＿＿ ～～e～～", "x ＊a＊ ＊＊b＊＊ ＿c＿ ＿＿d＿＿ ～～e～～",
              "x \\*a\\* \\*\\*b\\*\\* \\_c\\_ \\_\\_d\\_\\_ \\~\\~e\\~\\~", "x *a* **b** _c_ __d__ ~~e~~"}),
        CASE("emphasis inside a word", "a*b*c d_e_f",
             {"a*b*c d_e_f", "a＊b＊c d_e_f", "a＊b＊c d_e_f", "a*b*c d_e_f", "a\\*b\\*c d_e_f", "a*b*c d_e_f"}),
        CASE("emphasis over lines", "x *a\nb* y",
             {"x *a\nb* y", "x ＊a  \nb＊ y", "x ＊a\nb＊ y", "x ＊a\nb＊ y", "x \\*a\n\nb\\* y", "x *a<br>\nb* y"}),
        CASE("code", "`rm` ```x",
             {"`rm` ```x", "｀rm｀ ｀｀｀x", "｀rm｀ ｀｀｀x", "｀rm｀ ｀｀｀x", "\\`rm\\` \\`\\`\\`x", "`rm` ```x"}),
        CASE("heading", "# a\n## b\n#K7F3Q",
             {"# a\n## b\n#K7F3Q", Z "# a  \n" Z "## b  \n" Z "#K7F3Q", Z "# a\n" Z "## b\n" Z "#K7F3Q",
              "# a\n## b\n#K7F3Q", Z "# a\n\n" Z "## b\n\n" Z "#K7F3Q", "# a<br>\n## b<br>\n#K7F3Q"}),
        CASE("lists", "- a\n+ b\n1. c\n12) d",
             {"- a\n+ b\n1. c\n12) d", Z "- a  \n" Z "+ b  \n" Z "1. c  \n" Z "12) d",
              Z "- a\n" Z "+ b\n" Z "1. c\n" Z "12) d", "- a\n+ b\n1. c\n12) d",
              Z "- a\n\n" Z "+ b\n\n" Z "1. c\n\n" Z "12) d", "- a<br>\n+ b<br>\n1. c<br>\n12) d"}),
        CASE("quotes", "> a\n>b",
             {"> a\n>b", Z "> a  \n" Z ">b", Z "> a\n" Z ">b", Z "&gt; a\n" Z "&gt;b", Z "> a\n\n" Z ">b",
              "&gt; a<br>\n&gt;b"}),
        CASE("rules, and headings by what stands under them", "a\n---\n===\n- -",
             {"a\n---\n===\n- -", "a  \n" Z "---  \n" Z "===  \n" Z "- -", "a\n" Z "---\n" Z "===\n" Z "- -",
              "a\n---\n===\n- -", "a\n\n" Z "---\n\n" Z "===\n\n" Z "- -", "a<br>\n---<br>\n===<br>\n- -"}),
        CASE("table", "a|b\n|--|:-|\n:-|-",
             {"a|b\n|--|:-|\n:-|-", "a|b  \n" Z "|--|:-|  \n" Z ":-|-", "a|b\n" Z "|--|:-|\n" Z ":-|-",
              "a|b\n|--|:-|\n:-|-", "a|b\n\n" Z "|--|:-|\n\n" Z ":-|-", "a|b<br>\n|--|:-|<br>\n:-|-"}),
        CASE("indented code", "a\n    b\n\tc",
             {"a\n    b\n\tc", "a  \n" Z "    b  \n" Z "\tc", "a\n" Z "    b\n" Z "\tc", "a\n    b\n\tc",
              "a\n\n" Z "    b\n\n" Z "\tc", "a<br>\n&#160;&#160;&#160;&#160;b<br>\n&#160;c"}),
        CASE("entities", "&lt;at&gt; &#91; &amp AT&T",
             {"&lt;at&gt; &#91; &amp AT&T", "&" Z "lt;at&" Z "gt; &" Z "#91; &amp AT&T",
              "&" Z "lt;at&" Z "gt; &" Z "#91; &amp AT&T", "&amp;lt;at&amp;gt; &amp;#91; &amp;amp AT&amp;T",
              "&" Z "lt;at&" Z "gt; &" Z "#91; &amp AT&T", "&amp;lt;at&amp;gt; &amp;#91; &amp;amp AT&amp;T"}),
        CASE("functions of cards", "{{DATE(2026-01-01T00:00:00Z)}} {{{x",
             {"{{DATE(2026-01-01T00:00:00Z)}} {{{x", "{" Z "{DATE(2026-01-01T00:00:00Z)}} {" Z "{" Z "{x",
              "{" Z "{DATE(2026-01-01T00:00:00Z)}} {" Z "{" Z "{x", "{{DATE(2026-01-01T00:00:00Z)}} {{{x",
              "{" Z "{DATE(2026-01-01T00:00:00Z)}} {" Z "{" Z "{x", "{{DATE(2026-01-01T00:00:00Z)}} {{{x"}),
        CASE("backslashes before signs", "\\\\srv\\*x\nend\\",
             {"\\\\srv\\*x\nend\\", "\\" Z "\\srv\\" Z "*x  \nend\\" Z, "\\" Z "\\srv\\" Z "*x\nend\\" Z,
              "\\\\srv\\*x\nend\\", "\\\\\\srv\\\\*x\n\nend\\\\", "\\\\srv\\*x<br>\nend\\"}),
        CASE("the neutral markup is for templates", "x **a** `b`\n- c",
             {"x **a** `b`\n- c", "x ＊＊a＊＊ ｀b｀  \n" Z "- c", "x ＊＊a＊＊ ｀b｀\n" Z "- c",
              "x ＊＊a＊＊ ｀b｀\n- c", "x \\*\\*a\\*\\* \\`b\\`\n\n" Z "- c", "x **a** `b`<br>\n- c"}),
    };

    check_rows(*state, rows, COUNT(rows), passage_of);
}

static void test_ordinary_values_stay_as_people_know_them(void **state)
{
    static const char readable[] =
        "disk_usage C:\\temp 50% a*b web-01 /var/log/_old ~/x li@example.com x < 5 <5 #3 [x] (y) "
        "10:02:03 {a} https://a.example/x_y-z/~li?p=1#f_g 192.168.1.1 ! - + 磁盘";
    static const struct row rows[] = {
        CASE("a bit of everything", readable,
             {readable, readable, readable,
              "disk_usage C:\\temp 50% a*b web-01 /var/log/_old ~/x li@example.com x &lt; 5 &lt;5 #3 [x] (y) "
              "10:02:03 {a} https://a.example/x_y-z/~li?p=1#f_g 192.168.1.1 ! - + 磁盘",
              readable,
              "disk_usage C:\\temp 50% a*b web-01 /var/log/_old ~/x li@example.com x &lt; 5 &lt;5 #3 [x] (y) "
              "10:02:03 {a} https://a.example/x_y-z/~li?p=1#f_g 192.168.1.1 ! - + 磁盘"}),
        CASE("at the start of a line", "-5 degrees\n192.168.1.1\n+86 10\n2026-01-01\n--force\n:8080",
             {"-5 degrees\n192.168.1.1\n+86 10\n2026-01-01\n--force\n:8080",
              "-5 degrees  \n192.168.1.1  \n+86 10  \n2026-01-01  \n--force  \n:8080",
              "-5 degrees\n192.168.1.1\n+86 10\n2026-01-01\n--force\n:8080",
              "-5 degrees\n192.168.1.1\n+86 10\n2026-01-01\n--force\n:8080",
              "-5 degrees\n\n192.168.1.1\n\n+86 10\n\n2026-01-01\n\n--force\n\n:8080",
              "-5 degrees<br>\n192.168.1.1<br>\n+86 10<br>\n2026-01-01<br>\n--force<br>\n:8080"}),
        CASE("arithmetic", "2 * 3 * 4", {"2 * 3 * 4", "2 * 3 * 4", "2 * 3 * 4", "2 * 3 * 4", "2 * 3 * 4", "2 * 3 * 4"}),
        CASE("a query", "http://a.example/?x=1&y=2",
             {"http://a.example/?x=1&y=2", "http://a.example/?x=1&y=2", "http://a.example/?x=1&y=2",
              "http://a.example/?x=1&amp;y=2", "http://a.example/?x=1&y=2", "http://a.example/?x=1&amp;y=2"}),
    };

    check_rows(*state, rows, COUNT(rows), passage_of);
}

static void test_the_neutral_markup_is_written_in_each_channels_own(void **state)
{
    static const struct row rows[] = {
        CASE(
            "bold, code, lines",
            "**Host:** " V "web-01" E "\n**State:** x\n\n# To do\n- first: `df -h " V "/var" E
            "`\n- second\n> quoted\nend\n",
            {"Host: web-01\nState: x\n\nTo do\n- first: df -h /var\n- second\n> quoted\n\nend",
             "**Host:** web-01  \n**State:** x\n\n#### To do\n\n- first: df -h /var\n- second\n\n> quoted\n\nend",
             "**Host:** web-01\n**State:** x\n\n#### To do\n- first: `df -h /var`\n- second\n> quoted\n\nend",
             "*Host:* web-01\n*State:* x\n\n*To do*\n• first: `df -h /var`\n• second\n> quoted\n\nend",
             "**Host:** web-01\n\n**State:** x\n\n**To do**\n\n- first: df -h /var\r- second\n\n│ quoted\n\nend",
             "<p style=\"margin:0 0 10px 0\"><b>Host:</b> web-01<br>\n<b>State:</b> x</p>\n"
             "<h4 style=\"margin:0 0 10px 0\">To do</h4>\n"
             "<ul style=\"margin:0 0 10px 0\">\n"
             "<li>first: <code style=\"background:#f2f2f2;padding:1px 4px\">df -h /var</code></li>\n"
             "<li>second</li>\n</ul>\n"
             "<blockquote style=\"margin:0 0 10px 0;padding-left:10px;border-left:3px solid #ccc\">quoted</blockquote>\n"
             "<p style=\"margin:0 0 10px 0\">end</p>"}),
        CASE("a label of Chinese right before its value", "**主机：**" V "web-01" E,
             {"主机：web-01", "**主机：** web-01", "**主机：** web-01", "*主机：*" Z "web-01", "**主机：** web-01",
              "<b>主机：</b>web-01"}),
        CASE(
            "a value of several lines keeps its prefix", "- a: " V "1\n2" E "\n> " V "3\n\n4" E,
            {"- a: 1\n- 2\n> 3\n> 4", "- a: 1\n- 2\n\n> 3  \n> 4", "- a: 1\n- 2\n> 3\n> 4", "• a: 1\n• 2\n> 3\n> 4",
             "- a: 1\r- 2\n\n│ 3\n\n│ 4",
             "<ul style=\"margin:0 0 10px 0\">\n<li>a: 1</li>\n<li>2</li>\n</ul>\n"
             "<blockquote style=\"margin:0 0 10px 0;padding-left:10px;border-left:3px solid #ccc\">3<br>\n4</blockquote>"}),
        CASE("signs without a partner are text", "a ** b\n`c",
             {"a ** b\n`c", "a ＊＊ b  \n｀c", "a ＊＊ b\n｀c", "a ＊＊ b\n｀c", "a \\*\\* b\n\n\\`c",
              "a ** b<br>\n`c"}),
        CASE("spaces at the ends of bold go outside", "x** b **y",
             {"x b y", "x **b** y", "x **b** y", "x *b* y", "x **b** y", "x <b>b</b> y"}),
        CASE("bold that is a hostile value", "a **" V "*x* [y](z)" E "** b",
             {"a *x* [y](z) b", "a **＊x＊ [y]" Z "(z)** b", "a **＊x＊ [y]" Z "(z)** b", "a *＊x＊ [y](z)* b",
              "a **\\*x\\* [y]" Z "(z)** b", "a <b>*x* [y](z)</b> b"}),
        CASE("a link made of two values", "x " V "[a]" E V "(http://evil)" E,
             {"x [a](http://evil)", "x [a]" Z "(http://evil)", "x [a]" Z "(http://evil)", "x [a](http://evil)",
              "x [a]" Z "(http://evil)", "x [a](http://evil)"}),
        CASE("a mention made of template and value", "<" V "@all" E "> <" V "!channel" E ">",
             {"＜@all> <!channel>", "＜@" Z "all> ＜!channel>", "＜@" Z "all> ＜!channel>",
              "&lt;@" Z "all&gt; &lt;!channel&gt;", "<" Z "@" Z "all> <" Z "!channel>",
              "&lt;@all&gt; &lt;!channel&gt;"}),
        CASE("a value behind a prefix stands at the start of a line, too", "> " V "# a" E "\n- " V "> b" E,
             {"> # a\n\n- > b", "> " Z "# a\n\n- " Z "> b", "> " Z "# a\n\n- " Z "> b", "> # a\n\n• " Z "&gt; b",
              "│ " Z "# a\n\n- " Z "> b",
              "<blockquote style=\"margin:0 0 10px 0;padding-left:10px;border-left:3px solid #ccc\"># a</blockquote>\n"
              "<ul style=\"margin:0 0 10px 0\">\n<li>&gt; b</li>\n</ul>"}),
    };

    check_rows(*state, rows, COUNT(rows), passage_read);
}

static void test_lines_without_their_value_are_left_out(void **state)
{
    static const struct {
        const char *name;
        const char *marked;
        const char *expected;
    } rows[] = {
        CASE("a missing value", "a\n**b:** " V E "\nc", "a\nc"),
        CASE("a value of spaces", "a\n**b:** " V " \n " E "\nc", "a\nc"),
        CASE("one of two", "a " V "x" E " " V E "\nc", "c"),
        CASE("after a value of several lines", "a " V "x\ny" E " " V E "\nc", "c"),
        CASE("empty lines become one, none at the ends", "\n\na\n\n\n \nb\n\n", "a\n\nb"),
        CASE("empty lines around a lost line become one", "a\n\n" V E "\n\nb", "a\n\nb"),
        CASE("a mark inside a value", "a " V "b" V "c" E "\nd", "a bc\nd"),
        CASE("a value that does not end", "a " V "b\nc", "a b\nc"),
        CASE("a prefix alone", "a\n- \n> \nb", "a\nb"),
        CASE("a heading that lost all its lines", "a\n# h\n- " V E "\n\n- " V E "\n# i\nb", "a\ni\nb"),
        CASE("a heading that lost some", "# h\n- " V E "\n- b", "h\n- b"),
        CASE("a heading that never had any", "a\n# h", "a\nh"),
        CASE("a heading whose own value is missing", "a\n# " V E "\nb", "a\nb"),
        CASE("everything", "**a:** " V E, ""),
        CASE("a command with a path", "`du " V "/var/lib/x-1_2.d@3" E "`", "du /var/lib/x-1_2.d@3"),
        CASE("a command with a space", "a\n`du " V "/a b" E "`", "a"),
        CASE("a command with a semicolon", "a\n`du " V "/;reboot" E "`", "a"),
        CASE("a command with a substitution", "a\n`du " V "$(reboot)" E "`", "a"),
        CASE("a command with a line break", "a\n`du " V "/x\nreboot" E "`", "a"),
        CASE("a command with an option", "a\n`ping " V "-f" E "`", "a"),
        CASE("a command with other letters", "a\n`du " V "/磁盘" E "`", "a"),
        CASE("the same value outside of code", "du " V "/a b;c" E, "du /a b;c"),
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *got = write_all(*state, passage_read(*state, rows[i].marked), MARKUP_PLAIN);

        if (strcmp(got, rows[i].expected) != 0)
            fail_msg("%s: '%s'", rows[i].name, got);
    }
}

static void test_facts_are_labels_with_their_values(void **state)
{
    static const char marked[] =
        "intro\n\n**Host:** " V "web-01" E " (" V "10.0.0.1" E ")\n**主机：**" V "a*b <x>" E "\n"
        "**Out:** " V "1\n\n- 2" E " end\n**no colon** x\n**only:**\n- **list:** x\n"
        "**Run:** `df " V "/var" E "`\n" V "**evil:** x" E "\n**" V "a\nb:" E "** x\n**Gone:** " V E "\n\nend";
    static const struct pair expected[] = {
        {"Host",   "web-01 (10.0.0.1)"},
        {"主机", "a*b <x>"          },
        {"Out",    "1\n\n- 2 end"     },
        {"Run",    "df /var"          },
    };
    const struct passage *passage = passage_read(*state, marked);
    struct pairs facts = passage_facts(*state, passage);

    assert_int_equal(facts.count, COUNT(expected));
    for (size_t i = 0; i < COUNT(expected); i++) {
        assert_string_equal(facts.items[i].name, expected[i].name);
        assert_string_equal(facts.items[i].value, expected[i].value);
    }
    assert_string_equal(write_all(*state, passage_without_facts(*state, passage), MARKUP_PLAIN),
                        "intro\n\nno colon x\nonly:\n- list: x\n**evil:** x\na\nb: x\n\nend");
    assert_int_equal(passage_facts(*state, passage_of(*state, "**a:** b")).count, 0);
}

static void test_one_value_is_escaped_for_any_surroundings(void **state)
{
    static const struct row rows[] = {
        CASE("a link that the next value would finish", "[x]", {"[x]", "[x]" Z, "[x]" Z, "[x]", "[x]" Z, "[x]"}),
        CASE("a tag that would be finished", "a<", {"a＜", "a＜", "a＜", "a&lt;", "a<" Z, "a&lt;"}),
        CASE("a mention that would be finished", "@", {"@", "@" Z, "@" Z, "@" Z, "@" Z, "@"}),
        CASE("emphasis that would be finished", "*a", {"*a", "＊a", "＊a", "＊a", "\\*a", "*a"}),
        CASE("a function that would be finished", "{", {"{", "{" Z, "{" Z, "{", "{" Z, "{"}),
        CASE("a backslash before what follows", "a\\", {"a\\", "a\\" Z, "a\\" Z, "a\\", "a\\\\", "a\\"}),
        CASE("line breaks stay", "a\n- b\n\nc",
             {"a\n- b\n\nc", "a\n" Z "- b\n\nc", "a\n" Z "- b\n\nc", "a\n- b\n\nc", "a\n" Z "- b\n\nc", "a\n- b\n\nc"}),
        CASE("names stay", "web_01.example",
             {"web_01.example", "web_01.example", "web_01.example", "web_01.example", "web_01.example",
              "web_01.example"}),
        CASE("nothing", "", {"", "", "", "", "", ""}),
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t markup = 0; markup < MARKUPS_IN_ROWS; markup++) {
            const char *got = markup_escape(*state, (enum markup)markup, rows[i].text);

            if (strcmp(got, rows[i].expected[markup]) != 0)
                fail_msg("%s, %s: '%s'", MARKUP_NAMES[markup], rows[i].name, got);
        }
}

/*
 * Expected: the table of escapes at the foot of
 * https://open.feishu.cn/document/common-capabilities/message-card/message-cards-content/using-markdown-tags
 */
static void test_feishu_has_every_sign_of_markdown_as_its_number(void **state)
{
    static const struct {
        const char *name;
        const char *marked;
        const char *expected;
    } rows[] = {
        CASE("mentions", V "<at id=all></at> <at email=a@b.c></at>" E,
             "&#60;at id=all&#62;&#60;/at&#62; &#60;at email=a@b.c&#62;&#60;/at&#62;"),
        CASE("colours and tags", V "<font color='red'>x</font><text_tag color='red'>y</text_tag>" E,
             "&#60;font color='red'&#62;x&#60;/font&#62;&#60;text&#95;tag color='red'&#62;y&#60;/text&#95;tag&#62;"),
        CASE("links and images", V "[a](http://evil) ![b](img_v2) [c]($urlVal)" E,
             "&#91;a&#93;(http://evil) !&#91;b&#93;(img&#95;v2) &#91;c&#93;(&#36;urlVal)"),
        CASE("emphasis and code", V "*a* __b__ ~~c~~ `d`" E,
             "&#42;a&#42; &#95;&#95;b&#95;&#95; &#126;&#126;c&#126;&#126; &#96;d&#96;"),
        CASE("emoji, not times and addresses", V ":OK: x:y 10:02:03 http://a.example:8080/ dingtalk://x" E,
             "&#58;OK: x&#58;y 10:02:03 http://a.example:8080/ dingtalk&#58;//x"),
        CASE("backslashes", V "C:\\temp\\*" E, "C:&#92;temp&#92;&#42;"),
        CASE("entities, not every ampersand", V "&#60;at id=all> &lt; R&D a & b" E,
             "&#38;#60;at id=all&#62; &#38;lt; R&D a & b"),
        CASE("lists, rules and headings", V "- a\n1. b\n---\n# c" E, Z "- a\n" Z "1. b\n" Z "---\n" Z "# c"),
        CASE("the neutral markup",
             "**Host:** " V "web_01" E "\n\n# To do\n- `df -h " V "/var" E "`\n- b\n> quoted\nend",
             "**Host:** web&#95;01\n\n**To do**\n• df -h /var\n• b\n│ quoted\n\nend"),
        CASE("a label of Chinese right before its value", "**主机：**" V "web-01" E, "**主机：** web-01"),
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *got = write_all(*state, passage_read(*state, rows[i].marked), MARKUP_FEISHU);

        if (strcmp(got, rows[i].expected) != 0)
            fail_msg("%s:\nexpected '%s'\ngot      '%s'", rows[i].name, rows[i].expected, got);
    }
    assert_string_equal(markup_escape(*state, MARKUP_FEISHU, "a:"), "a&#58;");
}

/* The English notice is 62 bytes with its empty line; a limit under twice that has no room for it. */
static void test_a_cut_is_told_in_the_language_of_the_message(void **state)
{
    const char *hundred =
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789";
    const char *text = arena_print(*state, "**" V "%s" E "** `" V "%s" E "`", hundred, hundred);
    const struct passage *passage = passage_read(*state, text);
    static const struct {
        enum markup markup;
        size_t most;
        enum unit unit;
        enum language language;
        const char *expected; /* its %.*s is the beginning of the digits */
        int digits;
    } rows[] = {
        CASE(MARKUP_PLAIN, 130, UNIT_BYTES, LANGUAGE_EN,
             "%.*s\n\n(the rest was cut: the message is too long for this channel)", 68),
        CASE(MARKUP_PLAIN, 100, UNIT_CHARACTERS, LANGUAGE_ZH_CN, "%.*s\n\n（内容过长，其余已截断）", 86),
        CASE(MARKUP_WECOM, 100, UNIT_BYTES, LANGUAGE_ZH_CN, "**%.*s**\n\n（内容过长，其余已截断）", 58),
        CASE(MARKUP_MRKDWN, 60, UNIT_UTF16, LANGUAGE_ZH_CN, "*%.*s*\n\n（内容过长，其余已截断）", 44),
        CASE(MARKUP_HTML, 60, UNIT_CHARACTERS, LANGUAGE_ZH_CN, "<p style=\"margin:0 0 10px 0\"><b>%.*s</b></p>…", 19),
        CASE(MARKUP_WECOM, 20, UNIT_CHARACTERS, LANGUAGE_ZH_CN, "**%.*s**…", 15),
        CASE(MARKUP_WECOM, 6, UNIT_BYTES, LANGUAGE_EN, "%.*s…", 0),
        CASE(MARKUP_WECOM, 8, UNIT_BYTES, LANGUAGE_EN, "**%.*s**…", 1),
        CASE(MARKUP_WECOM, 2, UNIT_BYTES, LANGUAGE_EN, "%.*s", 0),
        CASE(MARKUP_PLAIN, 2, UNIT_BYTES, LANGUAGE_EN, "%.*s", 2),
        CASE(MARKUP_PLAIN, 0, UNIT_BYTES, LANGUAGE_EN, "%.*s", 0),
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *parts[2] = {strstr(rows[i].expected, "%.*s"), NULL};
        const char *got = passage_write(*state, passage, rows[i].markup, rows[i].most, rows[i].unit, rows[i].language);
        const char *expected;

        parts[1] = parts[0] + 4;
        expected = arena_print(*state, "%.*s%.*s%s", (int)(parts[0] - rows[i].expected), rows[i].expected,
                               rows[i].digits, hundred, parts[1]);
        if (strcmp(got, expected) != 0)
            fail_msg("row %zu: expected '%s', got '%s'", i, expected, got);
    }
}

static void test_an_entity_or_escape_is_never_cut(void **state)
{
    static const struct {
        enum markup markup;
        const char *value;
        const char *whole[3]; /* all that may stand before the three dots */
    } rows[] = {
        {MARKUP_MRKDWN,   "<<<<<<",           {"", "&lt;", "&lt;&lt;"}   },
        {MARKUP_CARD,     "a*b*c*d*e*f*",     {"", "a", "a\\*"}          },
        {MARKUP_CARD,     "\\\\\\\\\\\\\\\\", {"", "\\\\", "\\\\\\\\"}   },
        {MARKUP_FEISHU,   "<<<<<<",           {"", "&#60;", "&#60;&#60;"}},
        {MARKUP_DINGTALK, "@all@all@all@all", {"", "@" Z, "@" Z "a"}     },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct passage *passage = passage_of(*state, rows[i].value);

        for (size_t most = 3; most < strlen(rows[i].whole[2]) + 4; most++) {
            const char *got = passage_write(*state, passage, rows[i].markup, most, UNIT_BYTES, LANGUAGE_EN);
            size_t len = strlen(got) - 3;
            bool known = false;

            assert_string_equal(got + len, "…");
            for (size_t at = 0; at < COUNT(rows[i].whole); at++)
                known |= strlen(rows[i].whole[at]) == len && memcmp(got, rows[i].whole[at], len) == 0;
            if (!known)
                fail_msg("row %zu, at most %zu: '%s'", i, most, got);
        }
    }
}

/* Pieces of which hostile texts are made. */
static const char *const PIECES[] = {"*",
                                     "**",
                                     "_",
                                     "__",
                                     "`",
                                     "```",
                                     "~~",
                                     "[x](http://evil)",
                                     "![x](y)",
                                     "[",
                                     "]",
                                     "(",
                                     ")",
                                     "#",
                                     "# ",
                                     "> ",
                                     "- ",
                                     "1. ",
                                     "---",
                                     "|",
                                     "<at>",
                                     "</at>",
                                     "<!channel>",
                                     "<@U1>",
                                     "<a href=x>",
                                     "<",
                                     ">",
                                     "&lt;",
                                     "&",
                                     "\"",
                                     "'",
                                     "\\",
                                     "http://a_b.c/x?y=1&z=2",
                                     "dingtalk://x",
                                     "{{DATE(x)}}",
                                     "{",
                                     "@all",
                                     "@",
                                     "a",
                                     "b c",
                                     " ",
                                     "    ",
                                     "\t",
                                     "\n",
                                     "\n\n",
                                     "中",
                                     "，",
                                     "磁盘",
                                     "🔴",
                                     "é",
                                     "disk_usage",
                                     "C:\\temp",
                                     ":",
                                     "]:",
                                     "</p>",
                                     "<!--",
                                     Z};

static const char *random_text(struct arena *arena, bool stars)
{
    struct str text = str_in(arena, 4096);

    for (long count = random() % 12; count >= 0; count--) {
        const char *piece = PIECES[(size_t)random() % COUNT(PIECES)];

        if (stars || !strchr(piece, '*'))
            str_add(&text, piece);
    }
    return text.text;
}

static const struct passage *random_passage(struct arena *arena, bool stars)
{
    const char *marked = arena_print(arena,
                                     "**主机：**" V "%s" E "\nx " V "%s" E V "%s" E "\n\n# 建议\n- " V "%s" E
                                     "：`df -h " V "/var" E "`\n> " V "%s" E " **" V "%s" E "** z\n- l",
                                     random_text(arena, stars), random_text(arena, stars), random_text(arena, stars),
                                     random_text(arena, stars), random_text(arena, stars), random_text(arena, stars));

    return random() % 4 ? passage_read(arena, marked) : passage_of(arena, random_text(arena, stars));
}

static size_t count_of(const char *text, const char *piece)
{
    size_t count = 0;

    for (; (text = strstr(text, piece)); text += strlen(piece))
        count++;
    return count;
}

static bool begins(const char *text, const char *const *beginnings)
{
    while (*beginnings && strncmp(text, *beginnings, strlen(*beginnings)) != 0)
        beginnings++;
    return *beginnings != NULL;
}

/* Every tag is one of ours and closed in order; every & begins one of our entities. */
static bool html_is_whole(const char *text)
{
    static const char *const opening[] = {"<p style",          "<b>",       "<ul style",   "<li>",
                                          "<blockquote style", "<h4 style", "<code style", NULL};
    static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;", "&#160;", NULL};
    const char *open[16];
    size_t depth = 0;

    for (; *text; text++) {
        if (*text == '&' && !begins(text, entities))
            return false;
        if (*text != '<' || strncmp(text, "<br>", 4) == 0)
            continue;
        if (text[1] == '/') {
            size_t len = strcspn(text + 2, ">");

            if (depth == 0 || strncmp(open[--depth], text + 2, len) != 0)
                return false;
        } else if (!begins(text, opening) || depth == COUNT(open)) {
            return false;
        } else {
            open[depth++] = text + 1;
        }
    }
    return depth == 0;
}

/* Without asterisks in the values, those that are there are ours. */
static bool pairs_are_closed(enum markup markup, const char *text)
{
    switch (markup) {
    case MARKUP_PLAIN:
        return true;
    case MARKUP_DINGTALK:
    case MARKUP_CARD:
    case MARKUP_FEISHU:
        return count_of(text, "**") % 2 == 0 && count_of(text, "****") == 0;
    case MARKUP_WECOM:
        return count_of(text, "**") % 2 == 0 && count_of(text, "****") == 0 && count_of(text, "`") % 2 == 0;
    case MARKUP_MRKDWN:
        return count_of(text, "*") % 2 == 0 && count_of(text, "**") == 0 && count_of(text, "`") % 2 == 0;
    case MARKUP_HTML:
        return html_is_whole(text);
    }
    return false;
}

static bool is_inert(enum markup markup, const char *text)
{
    static const char *const entities[] = {"&amp;", "&lt;", "&gt;", NULL};

    if (markup == MARKUP_MRKDWN) {
        for (const char *at = text; (at = strchr(at, '&')); at++)
            if (!begins(at, entities))
                return false;
        return !strchr(text, '<') && !strstr(text, "dingtalk://") && !strstr(text, " @all");
    }
    if (markup == MARKUP_FEISHU)
        return !strpbrk(text, "<>_~`[]\\$") && !strstr(text, "&lt;") && !strstr(text, "dingtalk://");
    if (markup == MARKUP_DINGTALK || markup == MARKUP_WECOM || markup == MARKUP_CARD)
        return !strstr(text, "](") && !strstr(text, "]:") && !strstr(text, "<a") && !strstr(text, "</") &&
               !strstr(text, "<!") && !strstr(text, "<@") && !strstr(text, "dingtalk://") && !strstr(text, "&lt;") &&
               (markup != MARKUP_CARD || !strstr(text, "{{"));
    return markup != MARKUP_PLAIN || !strstr(text, "<@");
}

/* Cards part the items of a list by CR; apart from that, what is written is clean text. */
static bool is_text(struct arena *arena, const char *text)
{
    char *copy = arena_copy(arena, text, strlen(text));

    for (char *at = copy; (at = strchr(at, '\r'));)
        *at = '\n';
    return utf8_is_clean(copy);
}

static void check_limit(struct arena *arena, const struct passage *passage, enum markup markup, size_t most,
                        enum unit unit, bool stars)
{
    const char *got = passage_write(arena, passage, markup, most, unit, LANGUAGE_ZH_CN);
    const char *whole = passage_write(arena, passage, markup, SIZE_MAX, unit, LANGUAGE_ZH_CN);
    const char *problem = NULL;

    if (utf8_count(got, unit) > most)
        problem = "too long";
    else if (utf8_count(whole, unit) <= most && strcmp(got, whole) != 0)
        problem = "cut without need";
    else if (utf8_count(whole, unit) > most && most >= 200 && !strstr(got, "其余已截断"))
        problem = "cut in silence";
    else if (!is_text(arena, got))
        problem = "not clean";
    else if (!is_inert(markup, got))
        problem = "not inert";
    else if (!stars && !pairs_are_closed(markup, got))
        problem = "open pairs";
    if (problem)
        fail_msg("%s, at most %zu: %s:\n%s", MARKUP_NAMES[markup], most, problem, got);
}

static void test_whatever_the_text_and_the_limit_the_result_is_whole_and_inert(void **state)
{
    (void)state;
    srandom(7);
    for (int round = 0; round < 400; round++) {
        struct arena *arena = arena_new();
        bool stars = round % 2;
        const struct passage *passage = random_passage(arena, stars);

        for (size_t markup = 0; markup < MARKUPS; markup++)
            for (size_t most = 0; most < 600; most += 1 + (size_t)random() % 37)
                check_limit(arena, passage, (enum markup)markup, most, (enum unit)(random() % 3), stars);
        arena_release(arena);
    }
}

/* Long enough that work growing with the square of the length would take minutes. */
enum { LONG = 128 * 1024 };

static void test_long_texts_of_anything_are_written_in_a_moment(void **state)
{
    char *text = arena_alloc(*state, LONG + 1);

    for (size_t i = 0; i < COUNT(PIECES); i++) {
        struct arena *arena = arena_new();
        size_t len = strlen(PIECES[i]);
        clock_t before = clock();
        const struct passage *passage;

        for (size_t at = 0; at + len <= LONG; at += len)
            memcpy(text + at, PIECES[i], len);
        text[LONG / len * len] = '\0';
        passage = passage_read(arena, arena_print(arena, "**a:** " V "%s" E, text));
        passage_facts(arena, passage);
        for (size_t markup = 0; markup < MARKUPS; markup++) {
            passage_write(arena, passage, (enum markup)markup, 4096, UNIT_BYTES, LANGUAGE_EN);
            markup_escape(arena, (enum markup)markup, text);
        }
        if (clock() - before > CLOCKS_PER_SEC)
            fail_msg("'%s' took %.1f s", PIECES[i], (double)(clock() - before) / CLOCKS_PER_SEC);
        arena_release(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_hostile_values_are_inert_wherever_they_stand),
        WITH_ARENA(test_ordinary_values_stay_as_people_know_them),
        WITH_ARENA(test_the_neutral_markup_is_written_in_each_channels_own),
        WITH_ARENA(test_lines_without_their_value_are_left_out),
        WITH_ARENA(test_facts_are_labels_with_their_values),
        WITH_ARENA(test_feishu_has_every_sign_of_markdown_as_its_number),
        WITH_ARENA(test_one_value_is_escaped_for_any_surroundings),
        WITH_ARENA(test_a_cut_is_told_in_the_language_of_the_message),
        WITH_ARENA(test_an_entity_or_escape_is_never_cut),
        WITH_ARENA(test_whatever_the_text_and_the_limit_the_result_is_whole_and_inert),
        WITH_ARENA(test_long_texts_of_anything_are_written_in_a_moment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
