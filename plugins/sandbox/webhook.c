/*
 * A receiver of webhooks: takes any JSON, form or text, and checks Standard Webhooks signatures, or GitHub's.
 *
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
#include <string.h>

#include <json-c/json.h>

#include "common/str.h"
#include "plugins/sandbox/fields.h"
#include "plugins/sandbox/provider.h"
#include "plugins/sandbox/verify.h"

enum { FACTS_MOST = 100, DEPTH_MOST = 6, DAY_MS = 24 * 3600 * 1000 };

static bool is_title(const char *name)
{
    return strcmp(name, "title") == 0 || strcmp(name, "subject") == 0 || strcmp(name, "summary") == 0;
}

static bool is_text(const char *name)
{
    return strcmp(name, "text") == 0 || strcmp(name, "message") == 0 || strcmp(name, "body") == 0 ||
           strcmp(name, "content") == 0;
}

static void take(struct exchange *exchange, const char *name, const char *value)
{
    struct reading *reading = &exchange->reading;
    const char *leaf = strrchr(name, '.') ? strrchr(name, '.') + 1 : name;

    if (is_title(leaf) && !reading->title[0])
        reading->title = value;
    else if (is_text(leaf) && !reading->text[0])
        reading->text = value;
    else if (reading->facts.count < FACTS_MOST && value[0])
        pairs_append(exchange->arena, &reading->facts, name, value);
}

static const char *inside(struct exchange *exchange, const char *path, const char *name)
{
    return path[0] ? arena_print(exchange->arena, "%s.%s", path, name) : name;
}

/* "data.host" and so on for every value of the document. */
static void flatten(struct exchange *exchange, struct json_object *value, const char *path, unsigned depth)
{
    if (json_object_is_type(value, json_type_object) && depth > 0) {
        json_object_object_foreach(value, name, child)
        {
            flatten(exchange, child, inside(exchange, path, arena_copy(exchange->arena, name, strlen(name))),
                    depth - 1);
        }
    } else if (json_object_is_type(value, json_type_array) && depth > 0) {
        for (size_t i = 0; i < json_object_array_length(value); i++)
            flatten(exchange, json_object_array_get_idx(value, i),
                    inside(exchange, path, arena_print(exchange->arena, "%zu", i)), depth - 1);
    } else if (value) {
        take(exchange, path[0] ? path : "text", json_object_get_string(value));
    }
}

static void read_message(struct exchange *exchange)
{
    if (exchange->json) {
        exchange->reading.format = "json";
        flatten(exchange, exchange->json, "", DEPTH_MOST);
        return;
    }
    exchange->reading.format = exchange->form.count > 0 ? "form" : "text";
    for (size_t i = 0; i < exchange->form.count; i++)
        take(exchange, exchange->form.items[i].name, exchange->form.items[i].value);
    if (exchange->form.count == 0)
        exchange->reading.text = exchange->body;
}

static const char *judge_signature(struct stand *stand, struct exchange *exchange, const char *secret)
{
    struct signed_request request = signed_part(exchange, &exchange->parameters);
    bool hub = header_value(&exchange->headers, "X-Hub-Signature-256")[0] != '\0';
    struct judgement judgement =
        hub ? verify_hub(exchange->arena, secret, &request)
            : verify_standard_webhook(exchange->arena, secret, &request, exchange->now_ms / 1000);

    (void)stand;
    if (prove(exchange, "signature", judgement.is == SIGNATURE_RIGHT))
        return NULL;
    return objection(exchange, judgement.is == SIGNATURE_STALE ? "stale_timestamp" : "invalid_signature", "%s",
                     judgement.why);
}

/* A repeat carries the id of the first: a receiver shows it once. */
static void note_repeat(struct stand *stand, struct exchange *exchange)
{
    const char *id = header_value(&exchange->headers, "webhook-id");
    const char *key = arena_print(exchange->arena, "webhook %s", id);

    if (id[0] && !quota_take(stand, key, 1, DAY_MS, exchange->now_ms))
        note(exchange, "the same webhook-id came before: the receiver shows this message once");
}

static const char *judge(struct stand *stand, struct exchange *exchange)
{
    const char *secret = account_text(stand, "webhook", "secret");
    const char *authorization = account_text(stand, "webhook", "authorization");
    bool json = body_is(exchange, "application/json");
    const char *code = NULL;

    if (authorization[0] &&
        !secret_matches(stand, exchange, "webhook", "authorization", header_value(&exchange->headers, "Authorization")))
        return "unauthorized";
    if (secret[0])
        code = judge_signature(stand, exchange, secret);
    if (!code && json && !exchange->json)
        code = "invalid_json";
    if (!code)
        note_repeat(stand, exchange);
    return code;
}

static const struct refusal REFUSALS[] = {
    {"unauthorized",      401, "the Authorization header is wrong"     },
    {"invalid_signature", 401, "the signature does not match"          },
    {"stale_timestamp",   401, "the timestamp is too far from our time"},
    {"invalid_json",      400, "the body is not JSON"                  },
    {"gone",              410, "this receiver was removed"             },
    {"rate_limited",      429, "too many requests"                     },
    {"unavailable",       503, "come back later"                       },
    {NULL,                0,   NULL                                    },
};

static void reply(struct stand *stand, struct exchange *exchange, const char *code)
{
    struct json_object *document = json_doc(exchange->arena);
    struct refusal refusal = {.status = 200, .words = "ok"};

    (void)stand;
    if (code)
        refusal = refusal_of(REFUSALS, code, 400);
    jset_number(document, "code", code ? refusal.status : 0);
    if (code)
        jset_text(document, "error", code);
    jset_text(document, "message", refusal.words);
    exchange->answer.retry_after_s = refusal.status == 429 || refusal.status == 503 ? 1 : 0;
    answer_document(exchange, refusal.status, document);
}

const struct provider provider_webhook = {
    .channel = "webhook",
    .prefix = "/webhook",
    .read = read_message,
    .judge = judge,
    .reply = reply,
};
