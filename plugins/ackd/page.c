#include "plugins/ackd/page.h"

#include <string.h>
#include <strings.h>

#include "common/civil.h"
#include "common/hash.h"
#include "plugins/ackd/pages.h"

/* --- preparation --- */

static const char *text_of(const unsigned char *bytes)
{
    return (const char *)bytes;
}

/* The frame's one partial is the page. */
static const char *find_body(void *self, const char *name)
{
    return strcmp(name, "body") == 0 ? self : NULL;
}

static bool prepare(struct arena *arena, const char *name, const unsigned char *body, const struct template **prepared,
                    struct fault *fault)
{
    const struct partials partials = {.find = find_body,
                                      .self = arena_copy(arena, text_of(body), strlen(text_of(body)))};

    *prepared = template_parse(arena, name, text_of(PAGE_frame), &partials, fault);
    return *prepared != NULL;
}

static const char *policy_of(struct arena *arena, const char *style)
{
    struct digest digest = hash_sha256(style, strlen(style));

    return arena_print(arena,
                       "default-src 'none'; style-src 'sha256-%s'; form-action 'self'; frame-ancestors 'none'; "
                       "base-uri 'none'",
                       digest_base64(arena, &digest));
}

bool pages_prepare(struct arena *arena, struct pages *pages, struct fault *fault)
{
    *pages = (struct pages){.style = text_of(PAGE_style), .policy = policy_of(arena, text_of(PAGE_style))};
    return prepare(arena, "alert.mustache", PAGE_alert, &pages->templates[PAGE_ALERT], fault) &&
           prepare(arena, "board.mustache", PAGE_board, &pages->templates[PAGE_BOARD], fault) &&
           prepare(arena, "notice.mustache", PAGE_notice, &pages->templates[PAGE_NOTICE], fault);
}

/* --- values --- */

/* The rows whose names begin with PAGE_, under the rest of their names in lower case. */
static void add_words(struct arena *arena, struct json_object *words, enum language language)
{
#define WORD(id, en, zh_cn) #id,
    static const char *const NAMES[] = {
        "",
#include "common/words.def"
    };
#undef WORD
    static const char PREFIX[] = "PAGE_";

    for (size_t i = 1; i < sizeof(NAMES) / sizeof(*NAMES); i++)
        if (strncmp(NAMES[i], PREFIX, sizeof(PREFIX) - 1) == 0)
            jset_text(words, lower_case(arena, NAMES[i] + sizeof(PREFIX) - 1), word_in(language, (enum word)i));
}

struct json_object *page_values(struct arena *arena, const struct pages *pages, enum language language,
                                const char *zone, int64_t now_s)
{
    struct json_object *values = json_doc(arena);
    const char *name = zone[0] ? zone : civil_format(arena, now_s, zone, "%Z");

    add_words(arena, jset_object(values, "words"), language);
    jset_text(values, "lang", language == LANGUAGE_ZH_CN ? "zh-CN" : "en");
    jset_text(values, "style", pages->style);
    jset_text(values, "times", word_print(arena, language, WORD_PAGE_TIMES, &name, 1));
    return values;
}

const char *page_time(struct arena *arena, int64_t ms, const char *zone)
{
    return civil_format(arena, ms / 1000, zone, "%Y-%m-%d %H:%M");
}

const char *page_link(const char *url)
{
    return strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0 ? url : "";
}

/* --- answers --- */

void page_answer(const struct pages *pages, struct arena *arena, enum page page, struct json_object *values, int status,
                 struct http_answer *answer)
{
    const char *const headers[][2] = {
        {"Content-Security-Policy", pages->policy      },
        {"X-Content-Type-Options",  "nosniff"          },
        {"X-Frame-Options",         "DENY"             },
        {"Referrer-Policy",         "no-referrer"      },
        {"Cache-Control",           "no-store"         },
        {"X-Robots-Tag",            "noindex, nofollow"},
    };

    for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++)
        pairs_append(arena, &answer->headers, headers[i][0], headers[i][1]);
    answer->status = status;
    answer->content_type = "text/html; charset=utf-8";
    answer->body = template_render(arena, pages->templates[page], values, ESCAPE_HTML);
}

void page_notice(const struct pages *pages, struct arena *arena, struct json_object *values, const char *title,
                 const char *why, int status, struct http_answer *answer)
{
    jset_text(values, "title", title);
    jset_text(values, "why", why);
    page_answer(pages, arena, PAGE_NOTICE, values, status, answer);
}
