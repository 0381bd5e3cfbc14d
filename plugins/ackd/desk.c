#include "plugins/ackd/desk.h"

#include <string.h>
#include <strings.h>

#include "common/confirmation.h"
#include "common/log.h"
#include "common/utf8.h"
#include "plugins/ackd/proof.h"
#include "plugins/ackd/visit.h"
#include "plugins/ackd/visitor.h"

enum { COMPLAIN_EVERY_MS = 10000 };

/* --- what pages share --- */

struct json_object *visit_values(const struct visit *visit)
{
    return page_values(visit->arena, &visit->desk->pages, visit->language, visit->zone, visit->now_ms / 1000);
}

const char *visit_time(const struct visit *visit, int64_t ms)
{
    return page_time(visit->arena, ms, visit->zone);
}

const char *visit_words(const struct visit *visit, enum word word, const char *first, const char *second)
{
    const char *values[] = {first, second};

    return word_print(visit->arena, visit->language, word, values, 2);
}

void refuse(struct visit *visit, int status, enum word title, enum word why)
{
    page_notice(&visit->desk->pages, visit->arena, visit_values(visit), word_in(visit->language, title),
                word_in(visit->language, why), status, visit->answer);
}

/* A store that is out of order must not fill the log as fast as people press buttons. */
static void complain(struct desk *desk, const struct fault *fault)
{
    int64_t now_ms = desk->clock->steady_ms(desk->clock->self);

    if (desk->complained_ms != 0 && now_ms - desk->complained_ms < COMPLAIN_EVERY_MS)
        return;
    desk->complained_ms = now_ms;
    log_error("%s", fault->text);
}

void answer_busy(struct visit *visit, const struct fault *fault)
{
    complain(visit->desk, fault);
    pairs_append(visit->arena, &visit->answer->headers, "Retry-After", "5");
    refuse(visit, 503, WORD_PAGE_BUSY, WORD_PAGE_BUSY_WHY);
}

struct store *visit_store(struct visit *visit)
{
    struct fault fault = {0};
    bool renewed = false;
    struct store *store = store_open(visit->arena, visit->desk->config->state, STORE_PATIENCE_MS, &renewed, &fault);

    if (renewed)
        log_error("state '%s' was corrupt: it was set aside and begun anew", visit->desk->config->state);
    if (!store)
        answer_busy(visit, &fault);
    return store;
}

void answer_see(struct visit *visit, const char *where)
{
    pairs_append(visit->arena, &visit->answer->headers, "Location", where);
    pairs_append(visit->arena, &visit->answer->headers, "Cache-Control", "no-store");
    pairs_append(visit->arena, &visit->answer->headers, "Referrer-Policy", "no-referrer");
    visit->answer->status = 303;
}

const char *form_line(const struct visit *visit, const char *name)
{
    const char *value = pairs_value(&visit->form, name);

    return utf8_clean_line(visit->arena, value, strlen(value));
}

bool check_form(struct visit *visit, const char *purpose, bool *stale)
{
    switch (form_judge(visit->arena, &visit->desk->keys, purpose, visit->user, visit->now_ms / 1000,
                       pairs_value(&visit->form, "proof"))) {
    case FORM_PROVEN:
        *stale = false;
        return true;
    case FORM_STALE:
        *stale = true;
        return true;
    case FORM_FOREIGN:
        break;
    }
    refuse(visit, 403, WORD_PAGE_REFUSED, WORD_PAGE_REFUSED_WHY);
    return false;
}

/* --- the way of a request --- */

static void too_many(struct visit *visit)
{
    pairs_append(visit->arena, &visit->answer->headers, "Retry-After", "60");
    refuse(visit, 429, WORD_PAGE_TOO_MANY, WORD_PAGE_TOO_MANY_WHY);
}

/*
 * Only forged tokens are counted: where many people share an address (a proxy that does not tell them apart), somebody who
 * guesses must not keep the others from their pages.
 */
static void refuse_forged(struct visit *visit)
{
    const struct clock *clock = visit->desk->clock;

    if (rates_allow(&visit->desk->forged, visit->address, clock->steady_ms(clock->self)))
        refuse(visit, 404, WORD_PAGE_UNKNOWN, WORD_PAGE_UNKNOWN_WHY);
    else
        too_many(visit);
}

static void serve_token(struct visit *visit, bool post)
{
    const char *id = "";

    switch (link_read(visit->arena, &visit->desk->keys, visit->name, visit->now_ms / 1000, &id)) {
    case LINK_VALID:
        serve_alert(visit, id, post);
        return;
    case LINK_EXPIRED:
        refuse(visit, 410, WORD_PAGE_EXPIRED, WORD_PAGE_EXPIRED_WHY);
        return;
    case LINK_FORGED:
        break;
    }
    refuse_forged(visit);
}

static void serve_health(struct visit *visit)
{
    struct fault fault = {0};
    struct store *store = visit_store(visit);
    int64_t number;

    if (!store)
        return;
    if (!store_get_value(store, "health", 0, &number, &fault)) {
        answer_busy(visit, &fault);
        return;
    }
    pairs_append(visit->arena, &visit->answer->headers, "Cache-Control", "no-store");
    visit->answer->status = 200;
    visit->answer->content_type = "text/plain; charset=utf-8";
    visit->answer->body = "ok\n";
}

static void serve_name(struct visit *visit, bool post)
{
    if (strcmp(visit->name, "healthz") == 0 && !post)
        serve_health(visit);
    else if (strcmp(visit->name, "board") == 0)
        serve_board(visit, post);
    else
        serve_token(visit, post);
}

/* Browsers say from where a request comes; a page of another site has no business here. */
static bool from_elsewhere(const struct http_request *request)
{
    const char *site = header_value(&request->headers, "Sec-Fetch-Site");

    return site[0] && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0;
}

static void serve_post(struct visit *visit)
{
    const struct http_request *request = visit->request;
    const struct clock *clock = visit->desk->clock;
    const char *type = media_type(visit->arena, header_value(&request->headers, "Content-Type"));

    if (!rates_allow(&visit->desk->posts, visit->address, clock->steady_ms(clock->self))) {
        too_many(visit);
    } else if (request->body_too_large) {
        refuse(visit, 413, WORD_PAGE_TOO_LARGE, WORD_PAGE_TOO_LARGE_WHY);
    } else if (from_elsewhere(request)) {
        refuse(visit, 403, WORD_PAGE_REFUSED, WORD_PAGE_REFUSED_WHY);
    } else if (strcmp(type, "application/x-www-form-urlencoded") != 0) {
        refuse(visit, 415, WORD_PAGE_REFUSED, WORD_PAGE_REFUSED_WHY);
    } else {
        form_read(visit->arena, request->body, &visit->form);
        serve_name(visit, true);
    }
}

static void serve_method(struct visit *visit)
{
    const char *method = visit->request->method;

    if (visit->request->head_too_large) {
        refuse(visit, 431, WORD_PAGE_TOO_LARGE, WORD_PAGE_TOO_LARGE_WHY);
    } else if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0) {
        serve_name(visit, false);
    } else if (strcmp(method, "POST") == 0) {
        serve_post(visit);
    } else {
        pairs_append(visit->arena, &visit->answer->headers, "Allow", "GET, HEAD, POST");
        if (strcmp(method, "OPTIONS") == 0)
            visit->answer->status = 204;
        else
            refuse(visit, 405, WORD_PAGE_REFUSED, WORD_PAGE_REFUSED_WHY);
    }
}

/* --- who comes, and for what --- */

/*
 * The proxy's word, believed on the unix socket only, which nobody else can reach. A header that stands there twice was not
 * written by the proxy alone.
 */
static const char *vouched_user(const struct desk *desk, const struct guest *guest, const struct http_request *request)
{
    const char *header = desk->config->confirm.user_header;
    const char *user = header_value(&request->headers, header);
    size_t count = 0;

    for (size_t i = 0; i < request->headers.count; i++)
        count += strcasecmp(request->headers.items[i].name, header) == 0;
    if (!header[0] || !guest->unix_socket || count != 1)
        return "";
    user = utf8_clean_line(request->arena, user, strlen(user));
    return arena_copy(request->arena, user, utf8_fit(user, NAME_MOST, UNIT_CHARACTERS));
}

/* A proxy may pass base_url's path on, or take it away. */
static const char *name_in(struct arena *arena, const char *target, const char *prefix)
{
    size_t len = strlen(prefix);

    if (len > 0 && strncmp(target, prefix, len) == 0 && target[len] == '/')
        target += len;
    return target[0] == '/' ? arena_copy(arena, target + 1, strcspn(target + 1, "?")) : "";
}

static struct visit begin(struct desk *desk, const struct guest *guest, const struct http_request *request,
                          struct http_answer *answer)
{
    const struct pairs *headers = &request->headers;
    const char *query = strchr(request->target, '?');
    struct visit visit = {
        .desk = desk,
        .request = request,
        .answer = answer,
        .arena = request->arena,
        .now_ms = desk->clock->wall_ms(desk->clock->self),
        .language = visitor_language(header_value(headers, "Accept-Language"), desk->config->language),
        .zone = desk->config->timezone,
        .name = name_in(request->arena, request->target, desk->prefix),
        .address = visitor_address(request->arena, guest->peer, guest->local, header_value(headers, "X-Forwarded-For")),
        .user = vouched_user(desk, guest, request),
    };

    if (query)
        form_read(request->arena, query + 1, &visit.query);
    return visit;
}

void desk_serve(struct desk *desk, const struct guest *guest, const struct http_request *request,
                struct http_answer *answer)
{
    struct visit visit = begin(desk, guest, request, answer);

    serve_method(&visit);
}

/* --- opening --- */

/* "/confirm" of "https://monitor.example.com/confirm/". */
static const char *path_of(struct arena *arena, const char *url)
{
    const char *host = strstr(url, "://");
    const char *path = host ? strchr(host + 3, '/') : NULL;
    size_t len = path ? strlen(path) : 0;

    while (len > 0 && path[len - 1] == '/')
        len--;
    return len > 0 ? arena_copy(arena, path, len) : "";
}

bool desk_open(struct desk *desk, struct arena *arena, const struct config *config, const struct clock *clock,
               struct fault *fault)
{
    const char *base_url = config->confirm.base_url;

    if (!base_url[0])
        return fault_set(fault, FAULT_CONFIG,
                         "'%s': confirm { base_url } is missing: the address at which people reach this server, the "
                         "same as in notification.conf",
                         config->path);
    desk->config = config;
    desk->clock = clock;
    desk->prefix = path_of(arena, base_url);
    desk->secure = strncasecmp(base_url, "https://", 8) == 0;
    desk->forged.most = FORGED_A_MINUTE;
    desk->posts.most = POSTS_A_MINUTE;
    return link_keys_read(arena, confirmation_key_path(config), &desk->keys, fault) &&
           pages_prepare(arena, &desk->pages, fault);
}
