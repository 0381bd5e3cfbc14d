#include "plugins/sandbox/exchange.h"

#include <stdarg.h>
#include <string.h>

#include "plugins/sandbox/fields.h"

struct exchange exchange_in(struct arena *arena, int64_t now_ms)
{
    return (struct exchange){
        .arena = arena,
        .now_ms = now_ms,
        .channel = "",
        .method = "",
        .target = "",
        .path = "",
        .body = "",
        .reading = {.format = "", .title = "",  .text = "", .color = "", .thread = ""},
        .proof_of = "",
        .why = "",
        .answer = {.content_type = "", .body = ""},
    };
}

void texts_add(struct arena *arena, struct texts *texts, const char *text)
{
    texts->items = arena_grow(arena, texts->items, (texts->count + 1) * sizeof(*texts->items));
    texts->items[texts->count++] = text;
}

void note(struct exchange *exchange, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    texts_add(exchange->arena, &exchange->reading.notes, arena_vprint(exchange->arena, format, args));
    va_end(args);
}

const char *objection(struct exchange *exchange, const char *code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    exchange->why = arena_vprint(exchange->arena, format, args);
    va_end(args);
    return code;
}

bool prove(struct exchange *exchange, const char *what, bool right)
{
    exchange->proof_of = what;
    exchange->proof = right ? PROOF_VERIFIED : PROOF_WRONG;
    return right;
}

void answer_text(struct exchange *exchange, int status, const char *content_type, const char *body)
{
    exchange->answer.status = status;
    exchange->answer.content_type = content_type;
    exchange->answer.body = body;
}

void answer_document(struct exchange *exchange, int status, struct json_object *document)
{
    answer_text(exchange, status, "application/json; charset=utf-8", json_print(document));
}

bool body_is(const struct exchange *exchange, const char *type)
{
    return strcmp(media_type(exchange->arena, header_value(&exchange->headers, "Content-Type")), type) == 0;
}
