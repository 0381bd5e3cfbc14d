/*
 * The stand-in's verifiers against the vendors' own SDKs and published examples (tests/data/sms.json, chat.json): each vector is
 * right, and wrong as soon as one thing about it is.
 */
#include "tests/unit/support.h"

#include <stdio.h>
#include <stdlib.h>

#include <json-c/json.h>

#include "common/json.h"
#include "plugins/sandbox/fields.h"
#include "plugins/sandbox/verify.h"

enum { FILE_MOST = 1024 * 1024, QUARTER_S = 15 * 60 };

/* A request that a vector describes. It points into itself, so it stays where it was made. */
struct vector {
    const char *name;
    const char *secret;
    struct pairs parameters;
    struct pairs headers;
    struct signed_request request;
    int64_t at_s;
};

static struct json_object *data_file(struct arena *arena, const char *name)
{
    FILE *file = fopen(arena_print(arena, "%s/%s", TEST_DATA, name), "re");
    char *text = arena_alloc(arena, FILE_MOST);
    size_t len;

    assert_non_null(file);
    len = fread(text, 1, FILE_MOST, file);
    fclose(file);
    return json_read(arena, text, len);
}

static struct json_object *item(struct arena *arena, struct json_object *doc, const char *list, size_t index)
{
    return json_at(doc, arena_print(arena, "/%s/%zu", list, index));
}

static void add_pairs_of(struct arena *arena, struct pairs *pairs, struct json_object *object)
{
    json_object_object_foreach(object, name, value)
    {
        pairs_append(arena, pairs, name, json_object_get_string(value));
    }
}

static struct vector *vector_new(struct arena *arena, const char *name, const char *secret)
{
    struct vector *vector = arena_alloc(arena, sizeof(*vector));

    vector->name = name;
    vector->secret = secret;
    return vector;
}

static int64_t utc(const char *text)
{
    struct tm tm = {.tm_isdst = 0};

    assert_non_null(strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm));
    return timegm(&tm);
}

static void complete(struct vector *vector, const char *method, const char *body)
{
    vector->request = (struct signed_request){
        .method = method,
        .path = "/",
        .parameters = &vector->parameters,
        .headers = &vector->headers,
        .body = body,
        .body_len = strlen(body),
    };
}

/* A copy of the texts with the first digit or letter of one value changed. */
static struct pairs with_change(struct arena *arena, const struct pairs *pairs, const char *name)
{
    struct pairs changed = {0};

    for (size_t i = 0; i < pairs->count; i++) {
        char *value = arena_copy(arena, pairs->items[i].value, strlen(pairs->items[i].value));

        if (strcmp(pairs->items[i].name, name) == 0 && value[0])
            value[0] = value[0] == 'x' ? 'y' : 'x';
        pairs_append(arena, &changed, pairs->items[i].name, value);
    }
    return changed;
}

static void expect(const struct vector *vector, const char *what, struct judgement got, enum signature want)
{
    if (got.is != want)
        fail_msg("%s, %s: judged %d (%s), wanted %d", vector->name, what, (int)got.is, got.why, (int)want);
}

/* Aliyun, version 3 */

static struct vector *aliyun_v3(struct arena *arena, struct json_object *json)
{
    struct vector *vector = vector_new(arena, json_text_at(json, "/id"), json_text_at(json, "/accessKeySecret"));
    const char *target = json_text_at(json, "/request/target");
    const char *query = strchr(target, '?');

    if (json_has(json, "/request")) {
        form_read(arena, query ? query + 1 : "", &vector->parameters);
        for (size_t i = 0; json_has(json, arena_print(arena, "/request/headers/%zu", i)); i++)
            pairs_append(arena, &vector->headers, json_text_at(json, arena_print(arena, "/request/headers/%zu/0", i)),
                         json_text_at(json, arena_print(arena, "/request/headers/%zu/1", i)));
    } else { /* a published example: no raw request */
        add_pairs_of(arena, &vector->parameters, json_at(json, "/params"));
        add_pairs_of(arena, &vector->headers, json_at(json, "/signedHeaders"));
        pairs_append(arena, &vector->headers, "Authorization", json_text_at(json, "/authorization"));
    }
    vector->at_s = utc(header_value(&vector->headers, "x-acs-date"));
    complete(vector, json_text_at(json, "/method"), json_text_at(json, "/request/body"));
    return vector;
}

static void try_aliyun_v3(struct arena *arena, struct json_object *json)
{
    struct vector *vector = aliyun_v3(arena, json);
    const char *first = vector->parameters.count > 0 ? vector->parameters.items[0].name : "";
    struct pairs parameters = with_change(arena, &vector->parameters, first);
    struct pairs headers = with_change(arena, &vector->headers, "x-acs-signature-nonce");
    struct signed_request changed = vector->request;

    expect(vector, "as it is", verify_aliyun_v3(arena, vector->secret, &vector->request, vector->at_s),
           SIGNATURE_RIGHT);
    expect(vector, "15 minutes later",
           verify_aliyun_v3(arena, vector->secret, &vector->request, vector->at_s + QUARTER_S), SIGNATURE_RIGHT);
    expect(vector, "a second more",
           verify_aliyun_v3(arena, vector->secret, &vector->request, vector->at_s + QUARTER_S + 1), SIGNATURE_STALE);
    expect(vector, "another secret", verify_aliyun_v3(arena, "other", &vector->request, vector->at_s), SIGNATURE_WRONG);
    changed.headers = &headers;
    expect(vector, "another nonce", verify_aliyun_v3(arena, vector->secret, &changed, vector->at_s), SIGNATURE_WRONG);
    changed = vector->request;
    changed.parameters = &parameters;
    if (vector->parameters.count > 0)
        expect(vector, "another parameter", verify_aliyun_v3(arena, vector->secret, &changed, vector->at_s),
               SIGNATURE_WRONG);
    changed = vector->request;
    changed.path = "/other/";
    expect(vector, "another path", verify_aliyun_v3(arena, vector->secret, &changed, vector->at_s), SIGNATURE_WRONG);
    changed = vector->request;
    changed.body = "x";
    changed.body_len = 1;
    expect(vector, "another body", verify_aliyun_v3(arena, vector->secret, &changed, vector->at_s), SIGNATURE_WRONG);
}

static void test_aliyun_v3_as_the_vendors_sdk_signs_it(void **state)
{
    struct json_object *doc = data_file(*state, "sms.json");
    size_t count = 0;

    for (struct json_object *json; (json = item(*state, doc, "aliyun_v3", count)); count++)
        try_aliyun_v3(*state, json);
    assert_int_equal(11, count);
}

static void test_aliyun_v3_as_published(void **state)
{
    struct json_object *doc = data_file(*state, "sms.json");
    size_t count = 0;

    for (size_t i = 0; item(*state, doc, "published", i); i++)
        if (strcmp(json_text_at(item(*state, doc, "published", i), "/kind"), "aliyun-v3") == 0) {
            try_aliyun_v3(*state, item(*state, doc, "published", i));
            count++;
        }
    assert_int_equal(1, count);
}

static void test_aliyun_v3_wants_every_x_acs_header_signed(void **state)
{
    struct vector *vector = aliyun_v3(*state, item(*state, data_file(*state, "sms.json"), "aliyun_v3", 0));

    pairs_append(*state, &vector->headers, "X-Acs-Security-Token", "unsigned");
    expect(vector, "a header more", verify_aliyun_v3(*state, vector->secret, &vector->request, vector->at_s),
           SIGNATURE_WRONG);
}

/* Aliyun, version 1 */

static struct vector *aliyun_v1(struct arena *arena, struct json_object *json)
{
    struct vector *vector = vector_new(arena, json_text_at(json, "/id"), json_text_at(json, "/accessKeySecret"));

    add_pairs_of(arena, &vector->parameters, json_at(json, "/signedParams"));
    pairs_append(arena, &vector->parameters, "Signature", json_text_at(json, "/signature"));
    vector->at_s = utc(pairs_value(&vector->parameters, "Timestamp"));
    complete(vector, json_text_at(json, "/method"), "");
    return vector;
}

static void try_aliyun_v1(struct arena *arena, struct json_object *json)
{
    struct vector *vector = aliyun_v1(arena, json);
    struct pairs parameters = with_change(arena, &vector->parameters, "Action");
    struct signed_request changed = vector->request;

    expect(vector, "as it is", verify_aliyun_v1(arena, vector->secret, &vector->request, vector->at_s),
           SIGNATURE_RIGHT);
    expect(vector, "16 minutes early", verify_aliyun_v1(arena, vector->secret, &vector->request, vector->at_s - 960),
           SIGNATURE_STALE);
    expect(vector, "another secret", verify_aliyun_v1(arena, "other", &vector->request, vector->at_s), SIGNATURE_WRONG);
    changed.parameters = &parameters;
    expect(vector, "another action", verify_aliyun_v1(arena, vector->secret, &changed, vector->at_s), SIGNATURE_WRONG);
    changed = vector->request;
    changed.method = strcmp(changed.method, "GET") == 0 ? "POST" : "GET";
    expect(vector, "another method", verify_aliyun_v1(arena, vector->secret, &changed, vector->at_s), SIGNATURE_WRONG);
}

static void test_aliyun_v1_as_the_vendors_sdks_sign_it(void **state)
{
    struct json_object *doc = data_file(*state, "sms.json");
    size_t count = 0;

    for (struct json_object *json; (json = item(*state, doc, "aliyun_v1", count)); count++)
        try_aliyun_v1(*state, json);
    assert_int_equal(10, count);
}

static void test_aliyun_v1_as_published(void **state)
{
    struct json_object *doc = data_file(*state, "sms.json");
    size_t count = 0;

    for (size_t i = 0; item(*state, doc, "published", i); i++)
        if (strncmp(json_text_at(item(*state, doc, "published", i), "/id"), "published-aliyun-v1", 19) == 0) {
            try_aliyun_v1(*state, item(*state, doc, "published", i));
            count++;
        }
    assert_int_equal(3, count);
}

/* Tencent */

static struct vector *tencent(struct arena *arena, struct json_object *json)
{
    struct vector *vector = vector_new(arena, json_text_at(json, "/id"), json_text_at(json, "/secretKey"));

    vector->at_s = json_number_at(json, "/timestamp", 0);
    pairs_append(arena, &vector->headers, "Authorization", json_text_at(json, "/authorization"));
    pairs_append(arena, &vector->headers, "Content-Type", json_text_at(json, "/contentType"));
    pairs_append(arena, &vector->headers, "Host", json_text_at(json, "/host"));
    pairs_append(arena, &vector->headers, "X-TC-Action", json_text_at(json, "/action"));
    pairs_append(arena, &vector->headers, "X-TC-Timestamp", arena_print(arena, "%lld", (long long)vector->at_s));
    complete(vector, "POST", json_text_at(json, "/payload"));
    return vector;
}

static void try_tencent(struct arena *arena, struct json_object *json)
{
    struct vector *vector = tencent(arena, json);
    const char *service = json_text_at(json, "/service");
    struct pairs headers = with_change(arena, &vector->headers, "Host");
    struct signed_request changed = vector->request;

    expect(vector, "as it is", verify_tc3(arena, vector->secret, service, &vector->request, vector->at_s),
           SIGNATURE_RIGHT);
    expect(vector, "5 minutes later", verify_tc3(arena, vector->secret, service, &vector->request, vector->at_s + 300),
           SIGNATURE_RIGHT);
    expect(vector, "a second more", verify_tc3(arena, vector->secret, service, &vector->request, vector->at_s + 301),
           SIGNATURE_STALE);
    expect(vector, "another secret", verify_tc3(arena, "other", service, &vector->request, vector->at_s),
           SIGNATURE_WRONG);
    expect(vector, "another service", verify_tc3(arena, vector->secret, "other", &vector->request, vector->at_s),
           SIGNATURE_WRONG);
    changed.headers = &headers;
    expect(vector, "another host", verify_tc3(arena, vector->secret, service, &changed, vector->at_s), SIGNATURE_WRONG);
    changed = vector->request;
    changed.body_len--;
    expect(vector, "a byte less", verify_tc3(arena, vector->secret, service, &changed, vector->at_s), SIGNATURE_WRONG);
}

static void test_tencent_as_the_vendors_sdk_signs_it(void **state)
{
    struct json_object *doc = data_file(*state, "sms.json");
    size_t count = 0;

    for (struct json_object *json; (json = item(*state, doc, "tencent_tc3", count)); count++)
        try_tencent(*state, json);
    assert_int_equal(9, count);
}

static void test_tencent_as_published(void **state)
{
    struct json_object *doc = data_file(*state, "sms.json");
    size_t count = 0;

    for (size_t i = 0; item(*state, doc, "published", i); i++)
        if (strcmp(json_text_at(item(*state, doc, "published", i), "/kind"), "tencent-tc3") == 0) {
            try_tencent(*state, item(*state, doc, "published", i));
            count++;
        }
    assert_int_equal(2, count);
}

/* DingTalk */

static void test_dingtalk_as_published(void **state)
{
    struct json_object *doc = data_file(*state, "chat.json");
    size_t count = 0;

    for (struct json_object *json; (json = item(*state, doc, "dingtalk", count)); count++) {
        const char *secret = json_text_at(json, "/secret");
        int64_t at_ms = json_number_at(json, "/timestamp_ms", 0);
        const char *timestamp = arena_print(*state, "%lld", (long long)at_ms);
        const char *seconds = arena_print(*state, "%lld", (long long)at_ms / 1000);
        const char *sign = json_text_at(json, "/base64");
        const char *twice = json_text_at(json, "/sign_urlencoded");
        int64_t hour_ms = 3600 * 1000;

        assert_int_equal(SIGNATURE_RIGHT, verify_dingtalk(*state, secret, timestamp, sign, at_ms).is);
        assert_int_equal(SIGNATURE_RIGHT, verify_dingtalk(*state, secret, timestamp, sign, at_ms + hour_ms).is);
        assert_int_equal(SIGNATURE_STALE, verify_dingtalk(*state, secret, timestamp, sign, at_ms + hour_ms + 1).is);
        assert_int_equal(SIGNATURE_STALE, verify_dingtalk(*state, secret, seconds, sign, at_ms).is);
        assert_int_equal(SIGNATURE_WRONG, verify_dingtalk(*state, secret, timestamp, twice, at_ms).is);
        assert_int_equal(SIGNATURE_WRONG, verify_dingtalk(*state, "other", timestamp, sign, at_ms).is);
        assert_int_equal(SIGNATURE_MISSING, verify_dingtalk(*state, secret, "", "", at_ms).is);
    }
    assert_int_equal(3, count);
}

/* Feishu */

static void test_feishu_as_published(void **state)
{
    struct json_object *doc = data_file(*state, "chat.json");
    size_t count = 0;

    for (struct json_object *json; (json = item(*state, doc, "feishu", count)); count++) {
        const char *secret = json_text_at(json, "/secret");
        int64_t at_s = json_number_at(json, "/timestamp_s", 0);
        const char *timestamp = arena_print(*state, "%lld", (long long)at_s);
        const char *milliseconds = arena_print(*state, "%lld", (long long)at_s * 1000);
        const char *sign = json_text_at(json, "/sign_base64");

        assert_int_equal(SIGNATURE_RIGHT, verify_feishu(*state, secret, timestamp, sign, at_s).is);
        assert_int_equal(SIGNATURE_RIGHT, verify_feishu(*state, secret, timestamp, sign, at_s + 3600).is);
        assert_int_equal(SIGNATURE_STALE, verify_feishu(*state, secret, timestamp, sign, at_s + 3601).is);
        assert_int_equal(SIGNATURE_STALE, verify_feishu(*state, secret, milliseconds, sign, at_s).is);
        assert_int_equal(SIGNATURE_WRONG, verify_feishu(*state, "other", timestamp, sign, at_s).is);
        assert_int_equal(SIGNATURE_MISSING, verify_feishu(*state, secret, "", "", at_s).is);
    }
    assert_int_equal(3, count);
}

/* Webhooks */

static struct vector *webhook(struct arena *arena, struct json_object *json, const char *signature)
{
    struct vector *vector = vector_new(arena, json_text_at(json, "/origin"), json_text_at(json, "/secret"));

    vector->at_s = json_number_at(json, "/webhook_timestamp", 0);
    pairs_append(arena, &vector->headers, "webhook-id", json_text_at(json, "/webhook_id"));
    pairs_append(arena, &vector->headers, "webhook-timestamp", arena_print(arena, "%lld", (long long)vector->at_s));
    pairs_append(arena, &vector->headers, "webhook-signature", signature);
    return vector;
}

static void test_standard_webhooks_as_published(void **state)
{
    struct json_object *doc = data_file(*state, "chat.json");
    size_t count = 0;

    for (struct json_object *json; (json = item(*state, doc, "standard_webhooks", count)); count++) {
        const char *right = json_text_at(json, "/webhook_signature");
        struct vector *vector = webhook(*state, json, right);
        struct vector *rotated = webhook(*state, json, arena_print(*state, "v1,AAAA v1a,BBBB %s", right));
        struct vector *other = webhook(*state, json, "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");

        complete(vector, "POST", json_text_at(json, "/body"));
        complete(rotated, "POST", json_text_at(json, "/body"));
        complete(other, "POST", json_text_at(json, "/body"));
        expect(vector, "as it is", verify_standard_webhook(*state, vector->secret, &vector->request, vector->at_s),
               SIGNATURE_RIGHT);
        expect(vector, "5 minutes early",
               verify_standard_webhook(*state, vector->secret, &vector->request, vector->at_s - 300), SIGNATURE_RIGHT);
        expect(vector, "a second more",
               verify_standard_webhook(*state, vector->secret, &vector->request, vector->at_s - 301), SIGNATURE_STALE);
        expect(vector, "one of several keys",
               verify_standard_webhook(*state, vector->secret, &rotated->request, vector->at_s), SIGNATURE_RIGHT);
        expect(vector, "another signature",
               verify_standard_webhook(*state, vector->secret, &other->request, vector->at_s), SIGNATURE_WRONG);
    }
    assert_int_equal(3, count);
}

static void test_github_signature(void **state)
{
    struct json_object *json = item(*state, data_file(*state, "chat.json"), "github_style_sha256", 0);
    struct vector *vector = vector_new(*state, "github", json_text_at(json, "/secret"));

    pairs_append(*state, &vector->headers, "x-hub-signature-256", json_text_at(json, "/x_hub_signature_256"));
    complete(vector, "POST", json_text_at(json, "/body"));
    expect(vector, "as it is", verify_hub(*state, vector->secret, &vector->request), SIGNATURE_RIGHT);
    expect(vector, "another secret", verify_hub(*state, "other", &vector->request), SIGNATURE_WRONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_aliyun_v3_as_the_vendors_sdk_signs_it),
        WITH_ARENA(test_aliyun_v3_as_published),
        WITH_ARENA(test_aliyun_v3_wants_every_x_acs_header_signed),
        WITH_ARENA(test_aliyun_v1_as_the_vendors_sdks_sign_it),
        WITH_ARENA(test_aliyun_v1_as_published),
        WITH_ARENA(test_tencent_as_the_vendors_sdk_signs_it),
        WITH_ARENA(test_tencent_as_published),
        WITH_ARENA(test_dingtalk_as_published),
        WITH_ARENA(test_feishu_as_published),
        WITH_ARENA(test_standard_webhooks_as_published),
        WITH_ARENA(test_github_signature),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
