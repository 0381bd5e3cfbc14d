#include "common/letter.h"

#include <string.h>
#include <strings.h>

#include "common/markup.h"
#include "common/str.h"

/* What the event says gets its own ceiling, so that buttons and footer always have room. */
enum { TEXT_BYTES = 64 * 1024, FACTS_BYTES = 24 * 1024, FACT_BYTES = 2000 };

/* White text on each is readable (contrast over 4.5:1). */
static const char *mood_colour(enum mood mood)
{
    switch (mood) {
    case MOOD_GOOD:
        return "#1a7f37";
    case MOOD_INFO:
        return "#0969da";
    case MOOD_WARNING:
        return "#8a6100";
    case MOOD_ERROR:
        return "#b93a00";
    case MOOD_CRITICAL:
        return "#cf222e";
    case MOOD_EMERGENCY:
        return "#82071e";
    }
    return "#57606a";
}

static const char *word_of(const struct message *message, enum word word)
{
    return word_in(message->language, word);
}

/* Only addresses of the web become links. */
static bool is_link(const char *url)
{
    return strncasecmp(url, "https://", 8) == 0 || strncasecmp(url, "http://", 7) == 0;
}

static void add_plain_link(struct str *out, const char *label, const char *url)
{
    if (is_link(url))
        str_addf(out, "%s: %s\n", label, url);
}

static void add_footer_text(struct str *out, const struct message *message, const char *between)
{
    str_add(out, message->short_id);
    if (message->short_id[0] && message->time[0])
        str_add(out, between);
    str_add(out, message->time);
}

const char *letter_plain(struct arena *arena, const struct message *message, bool repeat)
{
    struct str out = str_in(arena, LETTER_PLAIN_MOST);

    if (repeat)
        str_addf(&out, "%s\n", word_of(message, WORD_POSSIBLE_REPEAT));
    str_addf(&out, "%s\n\n", message->title);
    str_addf(&out, "%s\n\n",
             passage_write(arena, message->text, MARKUP_PLAIN, TEXT_BYTES, UNIT_BYTES, message->language));
    add_plain_link(&out, word_of(message, WORD_BUTTON_CONFIRM), message->confirm_url);
    add_plain_link(&out, word_of(message, WORD_BUTTON_OPEN), message->link);
    str_add(&out, "\n-- \n"); /* RFC 3676 4.3: what follows is a signature */
    add_footer_text(&out, message, "  ");
    str_addc(&out, '\n');
    return out.text;
}

static const char *escaped(struct arena *arena, const char *text)
{
    return markup_escape(arena, MARKUP_HTML, text);
}

/* Programs that know media queries turn the page dark; those that do not leave it light. Both are complete pages. */
static const char HEAD[] =
    "<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<meta name=\"supported-color-schemes\" content=\"light dark\">\n"
    "<meta name=\"format-detection\" content=\"telephone=no, date=no, address=no\">\n"
    "<style>\n"
    ":root { color-scheme: light dark; supported-color-schemes: light dark; }\n"
    "@media (prefers-color-scheme: dark) {\n"
    " .page { background-color: #0d1117 !important; }\n"
    " .card { background-color: #161b22 !important; border-color: #30363d !important; }\n"
    " .text, .text a { color: #e6edf3 !important; }\n"
    " .text code { background-color: #343942 !important; }\n"
    " .faint { color: #9198a1 !important; }\n"
    " .line { border-color: #30363d !important; }\n"
    " .second { color: #e6edf3 !important; border-color: #444c56 !important; }\n"
    "}\n"
    "@media (max-width: 480px) { .pad { padding-left: 16px !important; padding-right: 16px !important; } }\n"
    "</style>\n";

#define TABLE "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" "
#define FONT  "font-family:-apple-system,'Segoe UI','PingFang SC','Microsoft YaHei','Noto Sans CJK SC',Arial,sans-serif"

/* What lists of mails show beside the subject, instead of the first words of the page. */
static void add_peek(struct str *out, const struct message *message)
{
    str_addf(out, "<div style=\"display:none;max-height:0;overflow:hidden\">%s · %s</div>\n",
             escaped(out->arena, message->title), escaped(out->arena, message->time));
}

/* The level in its colour; a title that says it does not need to be told twice. */
static void add_badge(struct str *out, const struct message *message)
{
    if (!strstr(message->title, message->level))
        str_addf(out,
                 "<span style=\"display:inline-block;background-color:%s;color:#ffffff;border-radius:4px;"
                 "padding:3px 10px;font-size:13px;font-weight:600\">%s</span>\n",
                 mood_colour(message_mood(message)), escaped(out->arena, message->level));
}

static void add_title(struct str *out, const struct message *message, bool repeat)
{
    str_add(out, "<tr><td class=\"pad\" style=\"padding:20px 24px 4px\">\n");
    add_badge(out, message);
    if (repeat)
        str_addf(out, "<span class=\"faint\" style=\"color:#59636e;font-size:13px\">%s</span>\n",
                 word_of(message, WORD_POSSIBLE_REPEAT));
    str_addf(out,
             "<h1 class=\"text\" style=\"margin:8px 0 4px;font-size:20px;line-height:1.35;font-weight:600;"
             "color:#1f2328;word-break:break-word\">%s</h1></td></tr>\n",
             escaped(out->arena, message->title));
}

static const char *with_breaks(struct arena *arena, const char *html)
{
    struct str out = str_in(arena, LETTER_HTML_MOST);

    for (; *html; html++) {
        if (*html == '\n')
            str_add(&out, "<br>");
        else
            str_addc(&out, *html);
    }
    return out.text;
}

static void add_fact(struct str *out, const struct pair *fact)
{
    const char *value = utf8_shorten(out->arena, fact->value, FACT_BYTES, UNIT_BYTES);

    str_addf(out,
             "<tr><td class=\"faint line\" style=\"padding:8px 12px 8px 0;color:#59636e;vertical-align:top;"
             "white-space:nowrap;border-bottom:1px solid #d1d9e0\">%s</td>"
             "<td class=\"text line\" style=\"padding:8px 0;color:#1f2328;vertical-align:top;width:100%%;"
             "word-break:break-word;border-bottom:1px solid #d1d9e0\">%s</td></tr>\n",
             escaped(out->arena, fact->name), with_breaks(out->arena, escaped(out->arena, value)));
}

static void add_facts(struct str *out, const struct message *message)
{
    struct pairs facts = passage_facts(out->arena, message->text);
    size_t most = out->len + FACTS_BYTES;

    if (facts.count == 0)
        return;
    str_add(out, "<tr><td class=\"pad\" style=\"padding:8px 24px\">" TABLE
                 "style=\"border-collapse:collapse;font-size:14px;line-height:1.5\">\n");
    for (size_t i = 0; i < facts.count && out->len < most; i++)
        add_fact(out, &facts.items[i]);
    str_add(out, "</table></td></tr>\n");
}

static void add_text(struct str *out, const struct message *message)
{
    const char *text = passage_write(out->arena, passage_without_facts(out->arena, message->text), MARKUP_HTML,
                                     TEXT_BYTES, UNIT_BYTES, message->language);

    if (text[0])
        str_addf(out,
                 "<tr><td class=\"pad text\" style=\"padding:8px 24px;font-size:14px;line-height:1.6;color:#1f2328;"
                 "word-break:break-word\">%s</td></tr>\n",
                 text);
}

static void add_button(struct str *out, const char *label, const char *url, const char *class, const char *style)
{
    if (is_link(url))
        str_addf(out,
                 "<a href=\"%s\" class=\"%s\" style=\"display:inline-block;margin:4px 8px 4px 0;padding:10px 18px;"
                 "border-radius:6px;font-size:15px;font-weight:600;text-decoration:none;%s\">%s</a>\n",
                 escaped(out->arena, url), class, style, label);
}

static void add_buttons(struct str *out, const struct message *message)
{
    if (!is_link(message->confirm_url) && !is_link(message->link))
        return;
    str_add(out, "<tr><td class=\"pad\" style=\"padding:12px 24px\">\n");
    add_button(out, word_of(message, WORD_BUTTON_CONFIRM), message->confirm_url, "first",
               "background-color:#0969da;border:1px solid #0969da;color:#ffffff");
    add_button(out, word_of(message, WORD_BUTTON_OPEN), message->link, "second",
               "border:1px solid #d1d9e0;color:#1f2328");
    str_add(out, "</td></tr>\n");
}

static void add_footer(struct str *out, const struct message *message)
{
    struct str text = str_in(out->arena, FACT_BYTES);

    add_footer_text(&text, message, " · ");
    str_addf(out,
             "<tr><td class=\"pad faint line\" style=\"padding:12px 24px 16px;font-size:12px;color:#59636e;"
             "border-top:1px solid #d1d9e0\">%s</td></tr>\n",
             escaped(out->arena, text.text));
}

const char *letter_html(struct arena *arena, const struct message *message, bool repeat)
{
    struct str out = str_in(arena, LETTER_HTML_MOST);

    str_addf(&out, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n%s<title>%s</title>\n</head>\n",
             message->language == LANGUAGE_ZH_CN ? "zh-CN" : "en", HEAD, escaped(arena, message->title));
    str_add(&out, "<body class=\"page\" style=\"margin:0;padding:0;background-color:#f6f8fa;" FONT "\">\n");
    add_peek(&out, message);
    str_add(&out, TABLE "class=\"page\" style=\"background-color:#f6f8fa\">"
                        "<tr><td align=\"center\" style=\"padding:16px 8px\">\n" TABLE
                        "class=\"card\" style=\"max-width:600px;background-color:#ffffff;border:1px solid #d1d9e0;"
                        "border-radius:6px;text-align:left\">\n");
    str_addf(&out, "<tr><td style=\"height:6px;line-height:6px;font-size:0;background-color:%s\">&nbsp;</td></tr>\n",
             mood_colour(message_mood(message)));
    add_title(&out, message, repeat);
    add_facts(&out, message);
    add_text(&out, message);
    add_buttons(&out, message);
    add_footer(&out, message);
    str_add(&out, "</table>\n</td></tr></table>\n</body>\n</html>\n");
    return out.text;
}
