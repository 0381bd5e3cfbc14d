/*
 * A request to notify_ackd, whose store cannot be opened: METHOD NUL TARGET NUL HEADER LINES NUL BODY. The first byte says whether
 * it comes over the unix socket.
 */
#include "tests/fuzz/fuzz.h"

#include "common/utf8.h"
#include "plugins/ackd/desk.h"
#include "plugins/ackd/visitor.h"

static int64_t fixed_ms(void *self)
{
    (void)self;
    return INT64_C(1795611600000);
}

static const struct clock CLOCK = {.wall_ms = fixed_ms, .steady_ms = fixed_ms};

/* Opened once: as in the server it serves one request after the other. */
static struct desk *open_desk(void)
{
    static struct desk desk;
    static struct config *config;
    static struct arena *arena;
    struct fault fault = {0};

    if (arena)
        return &desk;
    arena = arena_new();
    config = config_none(arena);
    config->state = "/dev/null/state";
    config->confirm.user_header = "X-Remote-User";
    desk = (struct desk){
        .config = config,
        .clock = &CLOCK,
        .keys = {.current = {"0123456789abcdef0123456789abcdef"}, .previous = {""}},
        .prefix = "/confirm",
        .forged = {.most = 1U << 30                                              },
        .posts = {.most = 1U << 30}
    };
    promise(pages_prepare(arena, &desk.pages, &fault));
    return &desk;
}

/* The next piece up to a NUL. */
static const char *next(struct arena *arena, const uint8_t **data, size_t *size)
{
    size_t len = strnlen((const char *)*data, *size);
    const char *text = text_of(arena, *data, len);

    *data += len;
    *size -= len;
    if (*size > 0) {
        (*data)++;
        (*size)--;
    }
    return text;
}

static void read_headers(struct arena *arena, const char *text, struct pairs *headers)
{
    while (*text) {
        size_t len = strcspn(text, "\n");
        const char *colon = memchr(text, ':', len);

        if (colon)
            pairs_append(arena, headers, arena_copy(arena, text, (size_t)(colon - text)),
                         arena_copy(arena, colon + 1, len - (size_t)(colon + 1 - text)));
        text += len + (text[len] == '\n');
    }
}

/* Nothing was recorded, so nothing is said to be done; no text leaves its place. */
static void judge(const struct http_answer *answer)
{
    static const int STATUSES[] = {200, 204, 400, 403, 404, 405, 410, 413, 415, 431, 503};
    bool known = false;

    for (size_t i = 0; i < sizeof(STATUSES) / sizeof(*STATUSES); i++)
        known = known || answer->status == STATUSES[i];
    promise(known);
    promise(!strstr(answer->body, "<script"));
    for (size_t i = 0; i < answer->headers.count; i++)
        promise(!strpbrk(answer->headers.items[i].value, "\r\n"));
}

static void visit_parts(struct arena *arena, const char *text)
{
    const char *name = visitor_name(arena, text);

    promise(utf8_is_clean(name) && utf8_count(name, UNIT_CHARACTERS) <= NAME_MOST);
    promise(!strpbrk(visitor_cookie(arena, name, true), "\r\n"));
    promise(visitor_address(arena, text, true, text)[0] != '\0');
    visitor_language(text, LANGUAGE_EN);
    mask_recipients(arena, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct http_request request = {.arena = arena};
    struct http_answer answer = {.content_type = "", .body = ""};
    struct guest guest = {.peer = "192.0.2.1"};

    if (size > 0) {
        guest.unix_socket = guest.local = data[0] & 1;
        request.body_too_large = data[0] & 2;
        data++;
        size--;
    }
    request.method = next(arena, &data, &size);
    request.target = next(arena, &data, &size);
    read_headers(arena, next(arena, &data, &size), &request.headers);
    request.body = text_of(arena, data, size);
    request.body_len = size;
    desk_serve(open_desk(), &guest, &request, &answer);
    judge(&answer);
    visit_parts(arena, request.body);
    arena_release(arena);
    return 0;
}
