/*
 * Push services for phones: Bark and ntfy.
 *
 * https://github.com/Finb/bark-server (route_push.go), https://docs.ntfy.sh/publish/#publish-as-json (errors.go)
 */
#include <string.h>

#include "common/hash.h"
#include "plugins/sandbox/fields.h"
#include "plugins/sandbox/provider.h"

enum {
    APNS_MOST = 4096,    /* bytes of what Apple carries */
    MESSAGE_MOST = 4096, /* bytes; ntfy makes an attachment of what is longer */
    REQUESTS = 60,       /* ntfy: a bucket of 60 that fills by one in 5 s */
    BUCKET_MS = 300 * 1000,
};

static void add_button(struct exchange *exchange, const char *label, const char *url)
{
    if (url[0])
        pairs_append(exchange->arena, &exchange->reading.buttons, label, url);
}

/* Bark */

static void read_bark(struct exchange *exchange)
{
    struct reading *reading = &exchange->reading;

    reading->format = json_text_at(exchange->json, "/level");
    reading->title = json_text_at(exchange->json, "/title");
    reading->text = json_text_at(exchange->json, "/body");
    if (!reading->text[0])
        reading->text = json_text_at(exchange->json, "/markdown");
    reading->thread = json_text_at(exchange->json, "/id");
    add_button(exchange, "url", json_text_at(exchange->json, "/url"));
}

static const char *judge_bark(struct stand *stand, struct exchange *exchange)
{
    const char *key = json_text_at(exchange->json, "/device_key");

    if (strcmp(exchange->method, "POST") != 0 || !json_is_object(exchange->json))
        return "400";
    if (!key[0])
        return "400 empty";
    if (!secret_matches(stand, exchange, "bark", "device_key", key))
        return "400 unknown";
    if (exchange->body_len > APNS_MOST)
        return objection(exchange, "500 large", "%zu bytes", exchange->body_len);
    return NULL;
}

static const struct refusal BARK_REFUSALS[] = {
    {"400",         400, "request bind failed: the body is not JSON"                                 },
    {"400 empty",   400, "device key is empty"                                                       },
    {"400 unknown", 400, "failed to get device token: failed to get [***] device token from database"},
    {"500 large",   500, "push failed: APNs PayloadTooLarge"                                         },
    {"500",         500, "push failed: APNs InternalServerError"                                     },
    {NULL,          0,   NULL                                                                        },
};

static void reply_bark(struct stand *stand, struct exchange *exchange, const char *code)
{
    struct json_object *document = json_doc(exchange->arena);
    struct refusal refusal = {.status = 200, .words = "success"};

    (void)stand;
    if (code)
        refusal = refusal_of(BARK_REFUSALS, code, 500);
    jset_number(document, "code", refusal.status);
    jset_text(document, "message", refusal.words);
    jset_number(document, "timestamp", exchange->now_ms / 1000);
    answer_document(exchange, refusal.status, document);
}

const struct provider provider_bark = {
    .channel = "bark",
    .prefix = "/bark",
    .path = "/push",
    .read = read_bark,
    .judge = judge_bark,
    .reply = reply_bark,
};

/* ntfy */

static void read_ntfy(struct exchange *exchange)
{
    struct reading *reading = &exchange->reading;
    const char *topic = json_text_at(exchange->json, "/topic");

    reading->format = json_flag_at(exchange->json, "/markdown") ? "markdown" : "text";
    reading->title = json_text_at(exchange->json, "/title");
    reading->text = json_text_at(exchange->json, "/message");
    if (topic[0])
        texts_add(exchange->arena, &reading->recipients, topic);
    add_button(exchange, "click", json_text_at(exchange->json, "/click"));
    for (size_t i = 0; i < 3; i++) {
        const char *action = arena_print(exchange->arena, "/actions/%zu", i);

        add_button(exchange, json_text_at(exchange->json, arena_print(exchange->arena, "%s/label", action)),
                   json_text_at(exchange->json, arena_print(exchange->arena, "%s/url", action)));
    }
    if (strlen(reading->text) > MESSAGE_MOST)
        note(exchange, "%zu bytes: ntfy makes an attachment of a message over %d", strlen(reading->text), MESSAGE_MOST);
}

static bool is_topic(const char *topic)
{
    static const char ALLOWED[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    size_t len = strlen(topic);

    return len >= 1 && len <= 64 && strspn(topic, ALLOWED) == len;
}

static const char *judge_ntfy(struct stand *stand, struct exchange *exchange)
{
    const char *known = account_text(stand, "ntfy", "token");
    const char *authorization = header_value(&exchange->headers, "Authorization");
    int64_t priority = json_number_at(exchange->json, "/priority", 3);

    if (known[0] && !authorization[0])
        return "40301";
    if (known[0] && (strncmp(authorization, "Bearer ", 7) != 0 ||
                     !secret_matches(stand, exchange, "ntfy", "token", authorization + 7)))
        return "40101";
    if (!json_is_object(exchange->json))
        return "40024";
    if (!is_topic(json_text_at(exchange->json, "/topic")))
        return "40009";
    if (priority < 1 || priority > 5)
        return "40007";
    return quota_take(stand, "ntfy", REQUESTS, BUCKET_MS, exchange->now_ms) ? NULL : "42901";
}

static const struct refusal NTFY_REFUSALS[] = {
    {"40007", 400, "invalid request: priority invalid"               },
    {"40009", 400, "invalid request: topic invalid"                  },
    {"40024", 400, "invalid request: request body must be valid JSON"},
    {"40101", 401, "unauthorized"                                    },
    {"40301", 403, "forbidden"                                       },
    {"42901", 429, "limit reached: too many requests"                },
    {"50001", 500, "internal server error"                           },
    {NULL,    0,   NULL                                              },
};

static void reply_ntfy(struct stand *stand, struct exchange *exchange, const char *code)
{
    struct json_object *document = json_doc(exchange->arena);
    struct refusal refusal = {.status = 200};

    if (code) {
        refusal = refusal_of(NTFY_REFUSALS, code, 400);
        jset_number(document, "code", strtoll(code, NULL, 10));
        jset_number(document, "http", refusal.status);
        jset_text(document, "error", refusal.words);
        jset_text(document, "link", "https://ntfy.sh/docs/publish/#limitations");
    } else {
        jset_text(document, "id", arena_print(exchange->arena, "sandbox%05lu", ++stand->serial % 100000));
        jset_number(document, "time", exchange->now_ms / 1000);
        jset_text(document, "event", "message");
        jset_text(document, "topic", json_text_at(exchange->json, "/topic"));
        jset_text(document, "message", json_text_at(exchange->json, "/message"));
    }
    answer_document(exchange, refusal.status, document);
}

const struct provider provider_ntfy = {
    .channel = "ntfy",
    .prefix = "/ntfy",
    .path = "/",
    .read = read_ntfy,
    .judge = judge_ntfy,
    .reply = reply_ntfy,
};
