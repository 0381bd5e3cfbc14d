/*
 * page - HTML is made here and nowhere else: every text passes the template engine, which escapes it.
 *
 * The pages are templates in plugins/ackd/pages/, compiled in, inside one frame. No script, nothing from elsewhere; the only
 * style is named in the policy by its hash.
 */
#ifndef ACKD_PAGE_H
#define ACKD_PAGE_H

#include "common/json.h"
#include "common/template.h"
#include "plugins/web/http.h"

enum page { PAGE_ALERT, PAGE_BOARD, PAGE_NOTICE };
enum { PAGE_COUNT = PAGE_NOTICE + 1 };

struct pages {
    const struct template *templates[PAGE_COUNT];
    const char *style;
    const char *policy; /* Content-Security-Policy */
};

/* FAULT_CONFIG only when a template is wrong, which a test excludes. */
bool pages_prepare(struct arena *arena, struct pages *pages, struct fault *fault);

/* What every page needs: its words as {{words.NAME}}, its language, and what its times mean. */
struct json_object *page_values(struct arena *arena, const struct pages *pages, enum language language,
                                const char *zone, int64_t now_s);

/* Fills in the answer: the page, its status, and the headers that keep it to itself. `title` is escaped like all else. */
void page_answer(const struct pages *pages, struct arena *arena, enum page page, struct json_object *values, int status,
                 struct http_answer *answer);

/* A page of two sentences. */
void page_notice(const struct pages *pages, struct arena *arena, struct json_object *values, const char *title,
                 const char *why, int status, struct http_answer *answer);

/* "2026-11-25 21:20" */
const char *page_time(struct arena *arena, int64_t ms, const char *zone);

/* The address if it leads to a web page (http, https), else "": nothing else may stand in a link. */
const char *page_link(const char *url);

#endif
