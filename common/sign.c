/*
 * https://cloud.tencent.com/document/api/382/52071 (TC3-HMAC-SHA256)
 * https://help.aliyun.com/document_detail/2593177.html (ACS3-HMAC-SHA256)
 * https://help.aliyun.com/zh/sdk/product-overview/rpc-mechanism (version 1)
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 * https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
 */
#include "common/sign.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/civil.h"
#include "common/encode.h"
#include "common/hash.h"
#include "common/str.h"

enum { CANONICAL_MOST = 1024 * 1024, DATE_LENGTH = 10 };

static const char *hex_sha256(struct arena *arena, const char *text, size_t len)
{
    struct digest digest = hash_sha256(text, len);

    return digest_hex(arena, &digest);
}

static const char *hex_hmac(struct arena *arena, const void *key, size_t key_len, const char *text)
{
    struct digest digest = hmac_sha256(key, key_len, text, strlen(text));

    return digest_hex(arena, &digest);
}

/* The headers that a signature covers. */
struct signed_headers {
    struct pair lines[REQUEST_HEADERS]; /* lower-case name and value */
    size_t count;
};

static const char *lowered(struct arena *arena, const char *text, size_t len)
{
    char *copy = arena_copy(arena, text, len);

    for (char *c = copy; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return copy;
}

static int by_name(const void *one, const void *other)
{
    return strcmp(((const struct pair *)one)->name, ((const struct pair *)other)->name);
}

/* A header without a value is not sent: "Content-Type:" takes the transport's own away. */
static struct signed_headers headers_to_sign(const struct request *request, bool (*wanted)(const char *name))
{
    struct signed_headers headers = {.count = 0};

    for (size_t i = 0; i < request->header_count; i++) {
        const char *line = request->headers[i];
        size_t len = strcspn(line, ":");
        const char *name = lowered(request->arena, line, len);
        const char *value = line[len] ? line + len + 1 + strspn(line + len + 1, " ") : "";

        if (value[0] && wanted(name))
            headers.lines[headers.count++] = (struct pair){.name = name, .value = value};
    }
    qsort(headers.lines, headers.count, sizeof(*headers.lines), by_name);
    return headers;
}

/* "content-type;host" */
static const char *names_of(struct arena *arena, const struct signed_headers *headers)
{
    struct str names = str_in(arena, CANONICAL_MOST);

    for (size_t i = 0; i < headers->count; i++)
        str_addf(&names, "%s%s", i ? ";" : "", headers->lines[i].name);
    return names.text;
}

static const char *lines_of(struct arena *arena, const struct signed_headers *headers)
{
    struct str lines = str_in(arena, CANONICAL_MOST);

    for (size_t i = 0; i < headers->count; i++)
        str_addf(&lines, "%s:%s\n", headers->lines[i].name, headers->lines[i].value);
    return lines.text;
}

/* What both clouds sign, but for the first three lines. */
static const char *canonical_request(const struct request *request, const char *path, const char *query,
                                     const struct signed_headers *headers)
{
    struct arena *arena = request->arena;

    return arena_print(arena, "%s\n%s\n%s\n%s\n%s\n%s", request->method, path, query, lines_of(arena, headers),
                       names_of(arena, headers), hex_sha256(arena, request->body, request->body_len));
}

static bool signed_by_tc3(const char *name)
{
    return strcmp(name, "content-type") == 0 || strcmp(name, "host") == 0 || strcmp(name, "x-tc-action") == 0;
}

static struct signed_headers tc3_headers(const struct request *request)
{
    struct signed_headers headers = headers_to_sign(request, signed_by_tc3);

    for (size_t i = 0; i < headers.count; i++) {
        struct pair *line = &headers.lines[i];

        line->value = lowered(request->arena, line->value, strlen(line->value));
    }
    return headers;
}

/* The day's key, then the service's, then the request's: each is the next one's HMAC key. */
static const char *tc3_signature(const struct tc3 *tc3, struct arena *arena, const char *date, const char *to_sign)
{
    const char *first = arena_print(arena, "TC3%s", secret_text(tc3->key.secret));
    struct digest key = hmac_sha256(first, strlen(first), date, strlen(date));

    key = hmac_sha256(key.bytes, key.size, tc3->service, strlen(tc3->service));
    key = hmac_sha256(key.bytes, key.size, "tc3_request", strlen("tc3_request"));
    return hex_hmac(arena, key.bytes, key.size, to_sign);
}

void sign_tc3(const struct tc3 *tc3, struct request *request)
{
    struct arena *arena = request->arena;
    const char *date = arena_copy(arena, civil_utc(arena, tc3->now_s), DATE_LENGTH);
    const char *scope = arena_print(arena, "%s/%s/tc3_request", date, tc3->service);
    struct signed_headers headers;
    const char *canonical;
    const char *to_sign;

    request_header(request, "Host: %s", url_host(arena, request->url));
    headers = tc3_headers(request);
    canonical = canonical_request(request, "/", "", &headers);
    to_sign = arena_print(arena, "TC3-HMAC-SHA256\n%lld\n%s\n%s", (long long)tc3->now_s, scope,
                          hex_sha256(arena, canonical, strlen(canonical)));
    request_header(request, "X-TC-Timestamp: %lld", (long long)tc3->now_s);
    if (secret_given(tc3->key.token))
        request_header(request, "X-TC-Token: %s", secret_text(tc3->key.token));
    request_header(request, "Authorization: TC3-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s",
                   secret_text(tc3->key.id), scope, names_of(arena, &headers),
                   tc3_signature(tc3, arena, date, to_sign));
}

static const char *percent(struct arena *arena, const char *text)
{
    struct str encoded = str_in(arena, 3 * strlen(text));

    encode_percent(&encoded, text);
    return encoded.text;
}

static size_t query_room(const struct pairs *parameters)
{
    size_t room = 0;

    for (size_t i = 0; i < parameters->count; i++)
        room += 3 * (strlen(parameters->items[i].name) + strlen(parameters->items[i].value)) + strlen("&=");
    return room;
}

const char *query_canonical(struct arena *arena, const struct pairs *parameters)
{
    struct pair *sorted = arena_alloc(arena, (parameters->count + 1) * sizeof(*sorted));
    struct str query = str_in(arena, query_room(parameters));

    for (size_t i = 0; i < parameters->count; i++)
        sorted[i] = parameters->items[i];
    qsort(sorted, parameters->count, sizeof(*sorted), by_name);
    for (size_t i = 0; i < parameters->count; i++) {
        str_add(&query, i ? "&" : "");
        encode_percent(&query, sorted[i].name);
        str_addc(&query, '=');
        encode_percent(&query, sorted[i].value);
    }
    return query.text;
}

static bool signed_by_acs3(const char *name)
{
    return strcmp(name, "content-type") == 0 || strcmp(name, "host") == 0 || strncmp(name, "x-acs-", 6) == 0;
}

static void add_acs3_headers(const struct aliyun_call *call, struct request *request)
{
    struct arena *arena = request->arena;

    request_header(request, "Host: %s", url_host(arena, request->url));
    request_header(request, "x-acs-action: %s", call->action);
    request_header(request, "x-acs-version: %s", call->version);
    request_header(request, "x-acs-date: %s", civil_utc(arena, call->now_s));
    request_header(request, "x-acs-signature-nonce: %s", call->nonce);
    request_header(request, "x-acs-content-sha256: %s", hex_sha256(arena, request->body, request->body_len));
    if (secret_given(call->key.token)) {
        request_header(request, "x-acs-accesskey-id: %s", secret_text(call->key.id));
        request_header(request, "x-acs-security-token: %s", secret_text(call->key.token));
    }
}

/* The address's path, "/" when it has none, and its query. */
static const char *url_path(struct arena *arena, const char *url, const char **query)
{
    const char *start = strstr(url, "://");
    const char *path = start ? start + 3 + strcspn(start + 3, "/?") : url;
    size_t len = strcspn(path, "?");

    *query = path[len] ? path + len + 1 : "";
    return len ? arena_copy(arena, path, len) : "/";
}

void sign_acs3(const struct aliyun_call *call, struct request *request)
{
    struct arena *arena = request->arena;
    const char *secret = secret_text(call->key.secret);
    struct signed_headers headers;
    const char *query;
    const char *path = url_path(arena, request->url, &query);
    const char *canonical;
    const char *to_sign;

    add_acs3_headers(call, request);
    headers = headers_to_sign(request, signed_by_acs3);
    canonical = canonical_request(request, path, query, &headers);
    to_sign = arena_print(arena, "ACS3-HMAC-SHA256\n%s", hex_sha256(arena, canonical, strlen(canonical)));
    request_header(request, "Authorization: ACS3-HMAC-SHA256 Credential=%s,SignedHeaders=%s,Signature=%s",
                   secret_text(call->key.id), names_of(arena, &headers),
                   hex_hmac(arena, secret, strlen(secret), to_sign));
}

const char *signature_v1(struct arena *arena, struct secret secret, const char *method, const char *canonical_query)
{
    const char *key = arena_print(arena, "%s&", secret_text(secret));
    const char *to_sign = arena_print(arena, "%s&%%2F&%s", method, percent(arena, canonical_query));
    struct digest mac = hmac_sha1(key, strlen(key), to_sign, strlen(to_sign));

    return digest_base64(arena, &mac);
}

const char *query_signed_v1(struct arena *arena, const struct aliyun_call *call, const char *method,
                            const struct pairs *parameters)
{
    const struct pair common[] = {
        {"Action",           call->action             },
        {"Version",          call->version            },
        {"Format",           "JSON"                   },
        {"AccessKeyId",      secret_text(call->key.id)},
        {"SignatureMethod",  "HMAC-SHA1"              },
        {"SignatureVersion", "1.0"                    },
        {"SignatureNonce",   call->nonce              },
        {"Timestamp",        civil_utc(arena,           call->now_s)},
        {"SecurityToken",                  secret_text(call->key.token)                            },
    };
    size_t common_count = sizeof(common) / sizeof(*common) - !secret_given(call->key.token);
    struct pair *all = arena_alloc(arena, (parameters->count + common_count) * sizeof(*all));
    const char *query;

    for (size_t i = 0; i < parameters->count + common_count; i++)
        all[i] = i < common_count ? common[i] : parameters->items[i - common_count];
    query = query_canonical(arena, &(struct pairs){.items = all, .count = parameters->count + common_count});
    return arena_print(arena, "%s&Signature=%s", query,
                       percent(arena, signature_v1(arena, call->key.secret, method, query)));
}

static bool webhook_key(struct arena *arena, struct secret secret, struct str *key)
{
    static const char PREFIX[] = "whsec_";
    const char *text = secret_text(secret);

    *key = str_in(arena, SECRET_MOST);
    if (strncmp(text, PREFIX, strlen(PREFIX)) == 0)
        text += strlen(PREFIX);
    return decode_base64(key, text) && str_fits(key) && key->len > 0;
}

bool webhook_secret_length(struct arena *arena, struct secret secret, size_t *len)
{
    struct str key;

    if (!webhook_key(arena, secret, &key))
        return false;
    *len = key.len;
    return true;
}

/* "v1,BASE64" */
static bool add_webhook_signature(struct str *signatures, struct secret secret, const char *head,
                                  const struct request *request, struct fault *fault)
{
    struct arena *arena = request->arena;
    struct str key;
    struct str content = str_in(arena, strlen(head) + request->body_len);
    struct digest mac;

    if (!webhook_key(arena, secret, &key))
        return fault_set(fault, FAULT_CONFIG,
                         "the signing secret is not base64, as Standard Webhooks want it: make one with "
                         "`openssl rand -base64 32`");
    str_add(&content, head);
    str_addn(&content, request->body, request->body_len);
    mac = hmac_sha256(key.text, key.len, content.text, content.len);
    str_addf(signatures, "%sv1,%s", signatures->len ? " " : "", digest_base64(arena, &mac));
    return true;
}

bool sign_standard_webhook(const struct webhook_keys *keys, const char *id, int64_t now_s, struct request *request,
                           struct fault *fault)
{
    const char *head = arena_print(request->arena, "%s.%lld.", id, (long long)now_s);
    struct str signatures = str_in(request->arena, CANONICAL_MOST);

    if (!add_webhook_signature(&signatures, keys->current, head, request, fault))
        return false;
    if (secret_given(keys->previous) && !add_webhook_signature(&signatures, keys->previous, head, request, fault))
        return fault_in(fault, "previous_secret");
    request_header(request, "webhook-id: %s", id);
    request_header(request, "webhook-timestamp: %lld", (long long)now_s);
    request_header(request, "webhook-signature: %s", signatures.text);
    return true;
}

void sign_github_webhook(struct secret secret, struct request *request)
{
    const char *key = secret_text(secret);
    struct digest mac = hmac_sha256(key, strlen(key), request->body, request->body_len);

    request_header(request, "X-Hub-Signature-256: sha256=%s", digest_hex(request->arena, &mac));
}

const char *sign_dingtalk(struct arena *arena, struct secret secret, int64_t wall_ms)
{
    const char *key = secret_text(secret);
    const char *text = arena_print(arena, "%lld\n%s", (long long)wall_ms, key);
    struct digest mac = hmac_sha256(key, strlen(key), text, strlen(text));
    struct str signature = str_in(arena, 256);

    str_addf(&signature, "&timestamp=%lld&sign=", (long long)wall_ms);
    encode_percent(&signature, digest_base64(arena, &mac));
    return signature.text;
}

const char *sign_feishu(struct arena *arena, struct secret secret, int64_t wall_s)
{
    const char *key = arena_print(arena, "%lld\n%s", (long long)wall_s, secret_text(secret));
    struct digest mac = hmac_sha256(key, strlen(key), "", 0);

    return digest_base64(arena, &mac);
}
