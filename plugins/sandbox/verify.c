#include "plugins/sandbox/verify.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "common/encode.h"
#include "common/hash.h"
#include "common/str.h"
#include "plugins/sandbox/fields.h"

enum {
    DINGTALK_WINDOW_MS = 3600 * 1000,
    FEISHU_WINDOW_S = 3600,
    ALIYUN_WINDOW_S = 15 * 60,
    TENCENT_WINDOW_S = 300,
    WEBHOOK_WINDOW_S = 5 * 60,
    SIGNED_MOST = 1024 * 1024, /* bytes */
    NUMBER_DIGITS = 15,        /* so that a thousandfold still fits */
};

static const struct judgement RIGHT = {.is = SIGNATURE_RIGHT, .why = ""};

static struct judgement judged(struct arena *arena, enum signature is, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static struct judgement judged(struct arena *arena, enum signature is, const char *format, ...)
{
    struct judgement judgement = {.is = is};
    va_list args;

    va_start(args, format);
    judgement.why = arena_vprint(arena, format, args);
    va_end(args);
    return judgement;
}

/* Digits only; false for anything else. */
static bool read_number(const char *text, int64_t *number)
{
    size_t len = strlen(text);

    if (len == 0 || len > NUMBER_DIGITS || strspn(text, "0123456789") != len)
        return false;
    *number = strtoll(text, NULL, 10);
    return true;
}

/* "2026-01-02T03:04:05Z" */
static bool read_utc(const char *text, int64_t *seconds)
{
    struct tm tm = {.tm_isdst = 0};
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);

    if (!end || *end != '\0')
        return false;
    *seconds = timegm(&tm);
    return true;
}

static int64_t distance(int64_t one, int64_t other)
{
    return one < other ? other - one : one - other;
}

static bool same_as_digest(struct arena *arena, const char *given, struct digest digest, bool hex)
{
    return same_secret(given, hex ? digest_hex(arena, &digest) : digest_base64(arena, &digest));
}

/* DingTalk */

static const char *dingtalk_mistake(const char *sign)
{
    if (strchr(sign, '%'))
        return "the signature was percent-encoded twice";
    if (strchr(sign, ' '))
        return "the signature was not percent-encoded: its '+' arrived as a space";
    return "the signature is not base64(HMAC-SHA256(secret, timestamp LF secret))";
}

struct judgement verify_dingtalk(struct arena *arena, const char *secret, const char *timestamp, const char *sign,
                                 int64_t now_ms)
{
    const char *text = arena_print(arena, "%s\n%s", timestamp, secret);
    int64_t at_ms;

    if (!timestamp[0] || !sign[0])
        return judged(arena, SIGNATURE_MISSING, "the query has no timestamp and sign");
    if (!read_number(timestamp, &at_ms))
        return judged(arena, SIGNATURE_STALE, "the timestamp is not a number");
    if (distance(at_ms * 1000, now_ms) < DINGTALK_WINDOW_MS)
        return judged(arena, SIGNATURE_STALE, "the timestamp is in seconds; milliseconds are wanted");
    if (distance(at_ms, now_ms) > DINGTALK_WINDOW_MS)
        return judged(arena, SIGNATURE_STALE, "the timestamp is more than an hour off");
    if (!same_as_digest(arena, sign, hmac_sha256(secret, strlen(secret), text, strlen(text)), false))
        return judged(arena, SIGNATURE_WRONG, "%s", dingtalk_mistake(sign));
    return RIGHT;
}

struct judgement verify_feishu(struct arena *arena, const char *secret, const char *timestamp, const char *sign,
                               int64_t now_s)
{
    const char *key = arena_print(arena, "%s\n%s", timestamp, secret);
    int64_t at_s;

    if (!timestamp[0] || !sign[0])
        return judged(arena, SIGNATURE_MISSING, "the body has no timestamp and sign");
    if (!read_number(timestamp, &at_s))
        return judged(arena, SIGNATURE_STALE, "the timestamp is not a number");
    if (distance(at_s / 1000, now_s) <= FEISHU_WINDOW_S)
        return judged(arena, SIGNATURE_STALE, "the timestamp is in milliseconds; seconds are wanted");
    if (distance(at_s, now_s) > FEISHU_WINDOW_S)
        return judged(arena, SIGNATURE_STALE, "the timestamp is more than an hour off");
    if (!same_as_digest(arena, sign, hmac_sha256(key, strlen(key), "", 0), false))
        return judged(arena, SIGNATURE_WRONG, "the signature is not base64(HMAC-SHA256(timestamp LF secret, nothing))");
    return RIGHT;
}

/* What Aliyun's two signatures and Tencent's have in common */

const char *authorization_part(struct arena *arena, const char *authorization, const char *name)
{
    const char *at = authorization + strcspn(authorization, " ");

    while (*at) {
        size_t len;

        at += strspn(at, ", ");
        len = strcspn(at, ",");
        if (strncmp(at, name, strlen(name)) == 0 && at[strlen(name)] == '=')
            return arena_copy(arena, at + strlen(name) + 1, len - strlen(name) - 1);
        at += len;
    }
    return "";
}

static int by_bytes(const void *one, const void *other)
{
    const struct pair *left = one;
    const struct pair *right = other;
    int order = strcmp(left->name, right->name);

    return order != 0 ? order : strcmp(left->value, right->value);
}

/* "k=v&k=v": sorted by name, both percent-encoded; without the parameter `leave_out`. */
static const char *canonical_query(struct arena *arena, const struct pairs *parameters, const char *leave_out)
{
    struct pair *sorted = arena_alloc(arena, (parameters->count + 1) * sizeof(*sorted));
    struct str out = str_in(arena, SIGNED_MOST);
    size_t count = 0;

    for (size_t i = 0; i < parameters->count; i++)
        if (strcmp(parameters->items[i].name, leave_out) != 0)
            sorted[count++] = parameters->items[i];
    qsort(sorted, count, sizeof(*sorted), by_bytes);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            str_addc(&out, '&');
        encode_percent(&out, sorted[i].name);
        str_addc(&out, '=');
        encode_percent(&out, sorted[i].value);
    }
    return out.text;
}

static bool signs_header(const char *signed_headers, const char *name)
{
    size_t len = strlen(name);

    while (*signed_headers) {
        size_t size = strcspn(signed_headers, ";");

        if (size == len && strncasecmp(signed_headers, name, len) == 0)
            return true;
        signed_headers += size;
        signed_headers += *signed_headers == ';';
    }
    return false;
}

static const char *trimmed(struct arena *arena, const char *text)
{
    size_t begin = strspn(text, " \t");
    size_t end = strlen(text);

    while (end > begin && (text[end - 1] == ' ' || text[end - 1] == '\t'))
        end--;
    return arena_copy(arena, text + begin, end - begin);
}

/* "name:value\n" for each name of `signed_headers`, in its order, which must be sorted. NULL when it is not. */
static const char *canonical_headers(struct arena *arena, const char *signed_headers, const struct pairs *headers,
                                     bool lower_values)
{
    struct str out = str_in(arena, SIGNED_MOST);
    const char *before = "";

    for (const char *at = signed_headers; *at;) {
        size_t len = strcspn(at, ";");
        const char *name = arena_copy(arena, at, len);
        const char *value = trimmed(arena, header_value(headers, name));

        if (strcmp(before, name) >= 0)
            return NULL;
        str_addf(&out, "%s:%s\n", name, lower_values ? lower_case(arena, value) : value);
        before = name;
        at += len;
        at += *at == ';';
    }
    return out.text;
}

static const char *sha256_of(struct arena *arena, const char *text, size_t len)
{
    struct digest digest = hash_sha256(text, len);

    return digest_hex(arena, &digest);
}

/* Hash of the canonical request; NULL when SignedHeaders is not sorted. */
static const char *canonical_hash(struct arena *arena, const struct signed_request *request, const char *path,
                                  const char *query, const char *signed_headers, bool lower_values)
{
    const char *headers = canonical_headers(arena, signed_headers, request->headers, lower_values);
    const char *text;

    if (!headers)
        return NULL;
    text = arena_print(arena, "%s\n%s\n%s\n%s\n%s\n%s", request->method, path, query, headers, signed_headers,
                       sha256_of(arena, request->body, request->body_len));
    return sha256_of(arena, text, strlen(text));
}

/* Aliyun */

static struct judgement judge_aliyun_time(struct arena *arena, const char *date, int64_t now_s)
{
    int64_t at_s;

    if (!read_utc(date, &at_s))
        return judged(arena, SIGNATURE_STALE, "the time must read like 2026-01-02T03:04:05Z");
    if (distance(at_s, now_s) > ALIYUN_WINDOW_S)
        return judged(arena, SIGNATURE_STALE, "the time is more than 15 minutes off");
    return RIGHT;
}

/* The name of an x-acs-* header that was sent and not signed; "" when there is none. */
static const char *unsigned_header(const struct pairs *headers, const char *signed_headers)
{
    for (size_t i = 0; i < headers->count; i++)
        if (strncasecmp(headers->items[i].name, "x-acs-", 6) == 0 &&
            !signs_header(signed_headers, headers->items[i].name))
            return headers->items[i].name;
    return signs_header(signed_headers, "host") ? "" : "host";
}

struct judgement verify_aliyun_v3(struct arena *arena, const char *secret, const struct signed_request *request,
                                  int64_t now_s)
{
    const char *authorization = header_value(request->headers, "Authorization");
    const char *signed_headers = authorization_part(arena, authorization, "SignedHeaders");
    const char *sign = authorization_part(arena, authorization, "Signature");
    const char *left_out = unsigned_header(request->headers, signed_headers);
    struct judgement time = judge_aliyun_time(arena, header_value(request->headers, "x-acs-date"), now_s);
    const char *query = canonical_query(arena, request->parameters, "");
    const char *hash = canonical_hash(arena, request, request->path, query, signed_headers, false);
    const char *text;

    if (strncmp(authorization, "ACS3-HMAC-SHA256 ", 17) != 0 || !signed_headers[0] || !sign[0])
        return judged(arena, SIGNATURE_MISSING, "Authorization is not ACS3-HMAC-SHA256 with its three parts");
    if (time.is != SIGNATURE_RIGHT)
        return time;
    if (left_out[0])
        return judged(arena, SIGNATURE_WRONG, "the header %s is not signed", left_out);
    if (!same_secret(header_value(request->headers, "x-acs-content-sha256"),
                     sha256_of(arena, request->body, request->body_len)))
        return judged(arena, SIGNATURE_WRONG, "x-acs-content-sha256 is not the hash of the body");
    if (!hash)
        return judged(arena, SIGNATURE_WRONG, "SignedHeaders is not sorted");
    text = arena_print(arena, "ACS3-HMAC-SHA256\n%s", hash);
    if (!same_as_digest(arena, sign, hmac_sha256(secret, strlen(secret), text, strlen(text)), true))
        return judged(arena, SIGNATURE_WRONG, "the signature does not match; hash of the canonical request here: %s",
                      hash);
    return RIGHT;
}

struct judgement verify_aliyun_v1(struct arena *arena, const char *secret, const struct signed_request *request,
                                  int64_t now_s)
{
    const char *sign = pairs_value(request->parameters, "Signature");
    struct judgement time = judge_aliyun_time(arena, pairs_value(request->parameters, "Timestamp"), now_s);
    const char *key = arena_print(arena, "%s&", secret);
    struct str text = str_in(arena, SIGNED_MOST);

    if (!sign[0] || strcmp(pairs_value(request->parameters, "SignatureMethod"), "HMAC-SHA1") != 0)
        return judged(arena, SIGNATURE_MISSING, "there is no Signature made by HMAC-SHA1");
    if (time.is != SIGNATURE_RIGHT)
        return time;
    str_addf(&text, "%s&%%2F&", request->method);
    encode_percent(&text, canonical_query(arena, request->parameters, "Signature"));
    if (!same_as_digest(arena, sign, hmac_sha1(key, strlen(key), text.text, text.len), false))
        return judged(arena, SIGNATURE_WRONG, "the signature does not match; string to sign here: %s", text.text);
    return RIGHT;
}

/* Tencent */

static struct digest tc3_key(struct arena *arena, const char *secret, const char *date, const char *service)
{
    const char *first = arena_print(arena, "TC3%s", secret);
    struct digest key = hmac_sha256(first, strlen(first), date, strlen(date));

    key = hmac_sha256(key.bytes, key.size, service, strlen(service));
    return hmac_sha256(key.bytes, key.size, "tc3_request", strlen("tc3_request"));
}

static const char *utc_date(struct arena *arena, int64_t seconds)
{
    time_t when = (time_t)seconds;
    struct tm tm;
    char text[32];

    if (!gmtime_r(&when, &tm) || strftime(text, sizeof(text), "%Y-%m-%d", &tm) == 0)
        return "";
    return arena_copy(arena, text, strlen(text));
}

static struct judgement judge_tc3_signature(struct arena *arena, const char *secret, const char *service,
                                            const struct signed_request *request, int64_t at_s)
{
    const char *authorization = header_value(request->headers, "Authorization");
    const char *credential = authorization_part(arena, authorization, "Credential");
    const char *signed_headers = authorization_part(arena, authorization, "SignedHeaders");
    const char *date = utc_date(arena, at_s);
    const char *scope = arena_print(arena, "%s/%s/tc3_request", date, service);
    const char *given_scope = strchr(credential, '/') ? strchr(credential, '/') + 1 : "";
    struct digest key = tc3_key(arena, secret, date, service);
    const char *hash = canonical_hash(arena, request, "/", "", signed_headers, true);
    const char *text;

    if (strcmp(scope, given_scope) != 0)
        return judged(arena, SIGNATURE_WRONG, "the credential's scope is '%s', not '%s'", given_scope, scope);
    if (!signs_header(signed_headers, "content-type") || !signs_header(signed_headers, "host"))
        return judged(arena, SIGNATURE_WRONG, "content-type and host must be signed");
    if (!hash)
        return judged(arena, SIGNATURE_WRONG, "SignedHeaders is not sorted");
    text = arena_print(arena, "TC3-HMAC-SHA256\n%lld\n%s\n%s", (long long)at_s, scope, hash);
    if (!same_as_digest(arena, authorization_part(arena, authorization, "Signature"),
                        hmac_sha256(key.bytes, key.size, text, strlen(text)), true))
        return judged(arena, SIGNATURE_WRONG, "the signature does not match; hash of the canonical request here: %s",
                      hash);
    return RIGHT;
}

struct judgement verify_tc3(struct arena *arena, const char *secret, const char *service,
                            const struct signed_request *request, int64_t now_s)
{
    const char *authorization = header_value(request->headers, "Authorization");
    int64_t at_s;

    if (strncmp(authorization, "TC3-HMAC-SHA256 ", 16) != 0 ||
        !authorization_part(arena, authorization, "Signature")[0])
        return judged(arena, SIGNATURE_MISSING, "Authorization is not TC3-HMAC-SHA256 with its three parts");
    if (!read_number(header_value(request->headers, "X-TC-Timestamp"), &at_s))
        return judged(arena, SIGNATURE_STALE, "X-TC-Timestamp is not a number of seconds");
    if (distance(at_s, now_s) > TENCENT_WINDOW_S)
        return judged(arena, SIGNATURE_STALE, "X-TC-Timestamp is more than 5 minutes off");
    return judge_tc3_signature(arena, secret, service, request, at_s);
}

/* Webhooks */

static bool one_matches(struct arena *arena, const char *signatures, struct digest digest)
{
    while (*signatures) {
        size_t len = strcspn(signatures, " ");

        if (len > 3 && strncmp(signatures, "v1,", 3) == 0 &&
            same_as_digest(arena, arena_copy(arena, signatures + 3, len - 3), digest, false))
            return true;
        signatures += len;
        signatures += strspn(signatures, " ");
    }
    return false;
}

static struct judgement judge_webhook_signature(struct arena *arena, const char *secret,
                                                const struct signed_request *request)
{
    const char *id = header_value(request->headers, "webhook-id");
    const char *timestamp = header_value(request->headers, "webhook-timestamp");
    const char *prefixless = strncmp(secret, "whsec_", 6) == 0 ? secret + 6 : secret;
    struct str text = str_in(arena, SIGNED_MOST);
    size_t key_len = 0;
    const unsigned char *key = base64_read(arena, prefixless, &key_len);

    if (!key || key_len == 0)
        return judged(arena, SIGNATURE_WRONG, "the stand-in's own secret is not whsec_ and base64");
    str_addf(&text, "%s.%s.", id, timestamp);
    str_addn(&text, request->body, request->body_len);
    if (!one_matches(arena, header_value(request->headers, "webhook-signature"),
                     hmac_sha256(key, key_len, text.text, text.len)))
        return judged(arena, SIGNATURE_WRONG,
                      "no v1 signature matches base64(HMAC-SHA256(key, id . timestamp . body))");
    return RIGHT;
}

struct judgement verify_standard_webhook(struct arena *arena, const char *secret, const struct signed_request *request,
                                         int64_t now_s)
{
    const char *id = header_value(request->headers, "webhook-id");
    int64_t at_s;

    if (!id[0] || !header_value(request->headers, "webhook-signature")[0])
        return judged(arena, SIGNATURE_MISSING, "webhook-id or webhook-signature is not there");
    if (strchr(id, '.'))
        return judged(arena, SIGNATURE_WRONG, "webhook-id holds a full stop");
    if (!read_number(header_value(request->headers, "webhook-timestamp"), &at_s))
        return judged(arena, SIGNATURE_STALE, "webhook-timestamp is not a number of seconds");
    if (distance(at_s, now_s * 1000) < WEBHOOK_WINDOW_S * 1000)
        return judged(arena, SIGNATURE_STALE, "webhook-timestamp is in milliseconds; seconds are wanted");
    if (distance(at_s, now_s) > WEBHOOK_WINDOW_S)
        return judged(arena, SIGNATURE_STALE, "webhook-timestamp is more than 5 minutes off");
    return judge_webhook_signature(arena, secret, request);
}

struct judgement verify_hub(struct arena *arena, const char *secret, const struct signed_request *request)
{
    const char *given = header_value(request->headers, "X-Hub-Signature-256");

    if (strncmp(given, "sha256=", 7) != 0)
        return judged(arena, SIGNATURE_MISSING, "X-Hub-Signature-256 does not begin with sha256=");
    if (!same_as_digest(arena, given + 7, hmac_sha256(secret, strlen(secret), request->body, request->body_len), true))
        return judged(arena, SIGNATURE_WRONG, "X-Hub-Signature-256 is not hex(HMAC-SHA256(secret, body))");
    return RIGHT;
}
