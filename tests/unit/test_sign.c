#include <stdlib.h>
#include <time.h>

#include "tests/unit/data_support.h"

#include "common/encode.h"
#include "common/hash.h"
#include "common/sign.h"

/* The vendors' SDKs and documents made these: see tests/data/README.md. */
static struct json_object *vectors(struct arena *arena, const char *path)
{
    return json_at(test_data(arena, "sms.json"), path);
}

struct gathering {
    struct arena *arena;
    struct pairs pairs;
};

static void gather(void *self, const char *key, const char *value)
{
    struct gathering *gathering = self;
    struct pairs *pairs = &gathering->pairs;

    pairs->items = arena_grow(gathering->arena, pairs->items, (pairs->count + 1) * sizeof(*pairs->items));
    pairs->items[pairs->count++] = (struct pair){.name = key, .value = value};
}

/* In reverse, so that the order of the document is no help. */
static struct pairs pairs_at(struct arena *arena, struct json_object *record, const char *path)
{
    struct gathering gathering = {.arena = arena};
    struct pairs *pairs = &gathering.pairs;

    test_members(json_at(record, path), gather, &gathering);
    for (size_t i = 0; i < pairs->count / 2; i++) {
        struct pair kept = pairs->items[i];

        pairs->items[i] = pairs->items[pairs->count - 1 - i];
        pairs->items[pairs->count - 1 - i] = kept;
    }
    return gathering.pairs;
}

static int64_t seconds_of(const char *iso)
{
    struct tm tm = {0};

    assert_non_null(strptime(iso, "%Y-%m-%dT%H:%M:%SZ", &tm));
    return timegm(&tm);
}

static bool of_kind(struct json_object *record, const char *kind)
{
    return strcmp(json_text_at(record, "/kind"), kind) == 0;
}

static void same(struct json_object *record, const char *what, const char *got, const char *want)
{
    if (!want[0] || strcmp(got, want) != 0)
        fail_msg("%s: %s is\n%s\nwanted\n%s", json_text_at(record, "/id"), what, got, want);
}

/* What a signature of version 1 goes through, one step after the other. */
static void check_v1(struct arena *arena, struct json_object *record)
{
    struct pairs parameters = pairs_at(arena, record, "/signedParams");
    const char *query = query_canonical(arena, &parameters);
    struct secret secret = {json_text_at(record, "/accessKeySecret")};

    same(record, "the query", query, json_text_at(record, "/canonicalizedQueryString"));
    same(record, "the signature", signature_v1(arena, secret, json_text_at(record, "/method"), query),
         json_text_at(record, "/signature"));
}

static void test_aliyun_v1_gives_the_published_signatures(void **state)
{
    struct json_object *published = vectors(*state, "/published");
    struct json_object *made = vectors(*state, "/aliyun_v1");
    size_t checked = 0;

    for (size_t i = 0; json_item(published, i); i++)
        if (of_kind(json_item(published, i), "aliyun-v1")) {
            check_v1(*state, json_item(published, i));
            checked++;
        }
    assert_int_equal(checked, 6);
    for (size_t i = 0; json_item(made, i); i++, checked++)
        check_v1(*state, json_item(made, i));
    assert_int_equal(checked, 16);
}

static void test_hmac_sha1_and_the_query_are_those_of_the_sdks_own_tests(void **state)
{
    struct json_object *published = vectors(*state, "/published");
    struct json_object *record;
    size_t checked = 0;

    for (size_t i = 0; (record = json_item(published, i)); i++) {
        const char *key = json_text_at(record, "/key");
        const char *text = json_text_at(record, "/message");
        struct digest mac = hmac_sha1(key, strlen(key), text, strlen(text));

        if (of_kind(record, "hmac-sha1-base64")) {
            same(record, "the digest", digest_base64(*state, &mac), json_text_at(record, "/mac"));
            checked++;
        } else if (of_kind(record, "aliyun-canonical-query")) {
            struct pairs parameters = pairs_at(*state, record, "/params");

            same(record, "the query", query_canonical(*state, &parameters), json_text_at(record, "/canonicalQuery"));
            checked++;
        }
    }
    assert_int_equal(checked, 3);
}

static struct aliyun_call call_of(struct json_object *record)
{
    const char *date = json_text_at(record, "/date");

    if (!date[0])
        date = json_text_at(record, "/timestamp");
    if (!date[0])
        date = json_text_at(record, "/signedHeaders/x-acs-date");
    return (struct aliyun_call){
        .action = json_text_at(record, "/action"),
        .version = json_text_at(record, "/version"),
        .key = {{json_text_at(record, "/accessKeyId")}, {json_text_at(record, "/accessKeySecret")}, {""}},
        .now_s = seconds_of(date),
        .nonce = json_text_at(record, "/nonce"),
    };
}

/* The whole query, as the SDK would send it. */
static void test_aliyun_v1_adds_its_own_parameters(void **state)
{
    struct json_object *made = vectors(*state, "/aliyun_v1");
    struct json_object *record;

    for (size_t i = 0; (record = json_item(made, i)); i++) {
        struct aliyun_call call = call_of(record);
        struct pairs parameters = pairs_at(*state, record, "/params");
        const char *method = json_text_at(record, "/method");
        struct str signature = str_in(*state, 100);

        encode_percent(&signature, json_text_at(record, "/signature"));
        same(record, "the query", query_signed_v1(*state, &call, method, &parameters),
             arena_print(*state, "%s&Signature=%s", json_text_at(record, "/canonicalizedQueryString"), signature.text));
    }
}

static void test_aliyun_v1_signs_the_token_of_temporary_keys(void **state)
{
    struct aliyun_call call = {.action = "SendSms", .version = "2017-05-25", .nonce = "n"};
    struct pairs none = {0};

    call.key = (struct access_key){{"id"}, {"secret"}, {"a+b=="}};
    assert_non_null(strstr(query_signed_v1(*state, &call, "POST", &none), "&SecurityToken=a%2Bb%3D%3D&"));
    call.key.token.text = "";
    assert_null(strstr(query_signed_v1(*state, &call, "POST", &none), "SecurityToken"));
}

/* The published example has no action and version beside its headers. */
static void complete(struct json_object *record, struct aliyun_call *call)
{
    if (!call->action[0])
        call->action = json_text_at(record, "/signedHeaders/x-acs-action");
    if (!call->version[0])
        call->version = json_text_at(record, "/signedHeaders/x-acs-version");
    if (!call->nonce[0])
        call->nonce = json_text_at(record, "/signedHeaders/x-acs-signature-nonce");
}

static void check_v3(struct arena *arena, struct json_object *record)
{
    struct request request = request_in(arena);
    struct aliyun_call call = call_of(record);
    const char *query = json_text_at(record, "/canonicalQuery");
    const char *type = json_text_at(record, "/signedHeaders/content-type");
    const char *provider = json_text_at(record, "/signedHeaders/x-acs-credentials-provider");

    complete(record, &call);
    if (!type[0]) {
        struct pairs parameters = pairs_at(arena, record, "/params");

        same(record, "the query", query_canonical(arena, &parameters), query);
    }
    request.url =
        arena_print(arena, "https://%s%s%s", json_text_at(record, "/signedHeaders/host"), query[0] ? "/?" : "", query);
    request_body(&request, json_text_at(record, "/request/body"));
    request_header(&request, type[0] ? "Content-Type: %s" : "Content-Type:%s", type);
    if (provider[0])
        request_header(&request, "x-acs-credentials-provider: %s", provider);
    sign_acs3(&call, &request);
    same(record, "the digest of the body", request_header_named(&request, "x-acs-content-sha256"),
         json_text_at(record, "/hashedPayload"));
    same(record, "the header", request_header_named(&request, "Authorization"), json_text_at(record, "/authorization"));
}

static void test_aliyun_v3_gives_the_published_signatures(void **state)
{
    struct json_object *published = vectors(*state, "/published");
    struct json_object *made = vectors(*state, "/aliyun_v3");
    size_t checked = 0;

    for (size_t i = 0; json_item(published, i); i++)
        if (of_kind(json_item(published, i), "aliyun-v3")) {
            check_v3(*state, json_item(published, i));
            checked++;
        }
    assert_int_equal(checked, 1);
    for (size_t i = 0; json_item(made, i); i++, checked++)
        check_v3(*state, json_item(made, i));
    assert_true(checked >= 10);
}

static void test_aliyun_v3_signs_the_token_and_the_port(void **state)
{
    struct aliyun_call call = {.action = "SendSms", .version = "2017-05-25", .nonce = "n"};
    struct request request = request_in(*state);
    const char *authorization;

    call.key = (struct access_key){{"id"}, {"secret"}, {"token"}};
    request.url = "http://127.0.0.1:18080";
    sign_acs3(&call, &request);
    authorization = request_header_named(&request, "Authorization");
    assert_string_equal(request_header_named(&request, "Host"), "127.0.0.1:18080");
    assert_string_equal(request_header_named(&request, "x-acs-security-token"), "token");
    assert_non_null(strstr(authorization, "SignedHeaders=host;x-acs-accesskey-id;x-acs-action;x-acs-content-sha256;"
                                          "x-acs-date;x-acs-security-token;x-acs-signature-nonce;x-acs-version,"));
}

static void check_tc3(struct arena *arena, struct json_object *record)
{
    struct request request = request_in(arena);
    struct tc3 tc3 = {
        .service = json_text_at(record, "/service"),
        .key = {{json_text_at(record, "/secretId")}, {json_text_at(record, "/secretKey")}, {""}},
        .now_s = json_number_at(record, "/timestamp", 0),
    };
    const char *payload = json_text_at(record, "/payload");
    struct digest digest = hash_sha256(payload, strlen(payload));

    same(record, "the digest of the body", digest_hex(arena, &digest), json_text_at(record, "/hashedPayload"));
    request.url = arena_print(arena, "https://%s/", json_text_at(record, "/host"));
    request_body(&request, payload);
    request_header(&request, "Content-Type: %s", json_text_at(record, "/contentType"));
    if (strstr(json_text_at(record, "/signedHeaders"), "x-tc-action"))
        request_header(&request, "X-TC-Action: %s", json_text_at(record, "/action"));
    sign_tc3(&tc3, &request);
    same(record, "the header", request_header_named(&request, "Authorization"), json_text_at(record, "/authorization"));
    assert_string_equal(request_header_named(&request, "X-TC-Timestamp"),
                        arena_print(arena, "%lld", (long long)tc3.now_s));
}

static void test_tc3_gives_the_published_signatures(void **state)
{
    struct json_object *published = vectors(*state, "/published");
    struct json_object *made = vectors(*state, "/tencent_tc3");
    size_t checked = 0;

    for (size_t i = 0; json_item(published, i); i++)
        if (of_kind(json_item(published, i), "tencent-tc3")) {
            check_tc3(*state, json_item(published, i));
            checked++;
        }
    assert_int_equal(checked, 2);
    for (size_t i = 0; json_item(made, i); i++, checked++)
        check_tc3(*state, json_item(made, i));
    assert_true(checked >= 11);
}

/* In Beijing it is already the third: the scope is the day of UTC. */
static void test_tc3_uses_the_day_of_utc_whatever_the_machines_zone(void **state)
{
    struct tc3 tc3 = {
        .service = "sms", .key = {{"id"}, {"key"}, {"session"}},
             .now_s = seconds_of("2026-01-02T16:00:01Z")
    };
    struct request request = request_in(*state);

    setenv("TZ", "CST-8", 1);
    tzset();
    request.url = "https://sms.tencentcloudapi.com/";
    sign_tc3(&tc3, &request);
    unsetenv("TZ");
    tzset();
    assert_non_null(
        strstr(request_header_named(&request, "Authorization"), "Credential=id/2026-01-02/sms/tc3_request"));
    assert_string_equal(request_header_named(&request, "X-TC-Token"), "session");
}

static void test_standard_webhooks_gives_the_published_signatures(void **state)
{
    struct json_object *all = json_at(test_data(*state, "chat.json"), "/standard_webhooks");
    struct json_object *record;
    size_t i;

    for (i = 0; (record = json_item(all, i)); i++) {
        struct request request = request_in(*state);
        struct webhook_keys keys = {{json_text_at(record, "/secret")}, {""}};
        const char *id = json_text_at(record, "/webhook_id");
        struct fault fault = {0};

        request_body(&request, json_text_at(record, "/body"));
        assert_true(
            sign_standard_webhook(&keys, id, json_number_at(record, "/webhook_timestamp", 0), &request, &fault));
        same(record, "the signature", request_header_named(&request, "webhook-signature"),
             json_text_at(record, "/webhook_signature"));
        assert_string_equal(request_header_named(&request, "webhook-id"), id);
        assert_string_equal(request_header_named(&request, "webhook-timestamp"),
                            json_word_at(*state, record, "/webhook_timestamp"));
    }
    assert_int_equal(i, 3);
}

/* The specification: several signatures stand side by side, set off by a space. */
static void test_while_a_secret_is_changed_both_sign(void **state)
{
    struct json_object *all = json_at(test_data(*state, "chat.json"), "/standard_webhooks");
    struct json_object *record = json_item(all, 0);
    struct webhook_keys keys = {{"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="},
                                {json_text_at(record, "/secret")}};
    struct request request = request_in(*state);
    struct fault fault = {0};
    const char *signatures;

    request_body(&request, json_text_at(record, "/body"));
    assert_true(sign_standard_webhook(&keys, json_text_at(record, "/webhook_id"),
                                      json_number_at(record, "/webhook_timestamp", 0), &request, &fault));
    signatures = request_header_named(&request, "webhook-signature");
    assert_int_equal(strncmp(signatures, "v1,", 3), 0);
    assert_string_equal(strchr(signatures, ' ') + 1, json_text_at(record, "/webhook_signature"));
}

static void test_a_webhook_secret_that_is_no_base64_is_a_mistake_that_is_not_shown(void **state)
{
    static const char *const WRONG[] = {"whsec_", "whsec_not base64!", "hunter2hunter2.", "MfKQ9", "whsec_====", ""};

    for (size_t i = 0; i < COUNT(WRONG); i++) {
        struct webhook_keys keys = {{WRONG[i]}, {""}};
        struct request request = request_in(*state);
        struct fault fault = {0};
        size_t len = 0;

        if (sign_standard_webhook(&keys, "id", 1, &request, &fault))
            fail_msg("'%s' signs", WRONG[i]);
        assert_int_equal(fault.kind, FAULT_CONFIG);
        assert_true(!WRONG[i][0] || !strstr(fault.text, WRONG[i]));
        assert_int_equal(request.header_count, 0);
        assert_false(webhook_secret_length(*state, keys.current, &len));
    }
}

static void test_github_signature_is_that_of_an_independent_program(void **state)
{
    struct json_object *record = json_at(test_data(*state, "chat.json"), "/github_style_sha256/0");
    struct request request = request_in(*state);

    request_body(&request, json_text_at(record, "/body"));
    sign_github_webhook((struct secret){json_text_at(record, "/secret")}, &request);
    same(record, "the signature", request_header_named(&request, "X-Hub-Signature-256"),
         json_text_at(record, "/x_hub_signature_256"));
}

/* RFC 4648, section 10, and what decoders must not take. */
static void test_base64_decodes_with_and_without_padding(void **state)
{
    static const struct {
        const char *text, *want;
    } CASES[] = {
        {"",         ""            },
        {"Zg==",     "f"           },
        {"Zg",       "f"           },
        {"Zm8=",     "fo"          },
        {"Zm8",      "fo"          },
        {"Zm9v",     "foo"         },
        {"Zm9vYg==", "foob"        },
        {"Zm9vYmE=", "fooba"       },
        {"Zm9vYmFy", "foobar"      },
        {"+/+/",     "\xFB\xFF\xBF"},
    };
    static const char *const WRONG[] = {"Z",     "Zg=",    "Zg===", "=",     "====", "Zm9=v",
                                        "Zm 9v", "Zm9v\n", "Zm-_",  "Zm9vY", "中文"};

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct str out = str_in(*state, 100);

        if (!decode_base64(&out, CASES[i].text) || strcmp(out.text, CASES[i].want) != 0)
            fail_msg("'%s' became '%s'", CASES[i].text, out.text);
    }
    for (size_t i = 0; i < COUNT(WRONG); i++) {
        struct str out = str_in(*state, 100);

        if (decode_base64(&out, WRONG[i]))
            fail_msg("'%s' was taken", WRONG[i]);
    }
}

static void test_base64_comes_back_for_every_byte_and_length(void **state)
{
    unsigned char bytes[256];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)(i * 167 + 13); /* each value once */
    for (size_t len = 0; len <= sizeof(bytes); len++) {
        struct str text = str_in(*state, 400);
        struct str back = str_in(*state, 400);

        encode_base64(&text, bytes, len);
        assert_true(decode_base64(&back, text.text));
        assert_int_equal(back.len, len);
        assert_memory_equal(back.text, bytes, len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_aliyun_v1_gives_the_published_signatures),
        WITH_ARENA(test_hmac_sha1_and_the_query_are_those_of_the_sdks_own_tests),
        WITH_ARENA(test_aliyun_v1_adds_its_own_parameters),
        WITH_ARENA(test_aliyun_v1_signs_the_token_of_temporary_keys),
        WITH_ARENA(test_aliyun_v3_gives_the_published_signatures),
        WITH_ARENA(test_aliyun_v3_signs_the_token_and_the_port),
        WITH_ARENA(test_tc3_gives_the_published_signatures),
        WITH_ARENA(test_tc3_uses_the_day_of_utc_whatever_the_machines_zone),
        WITH_ARENA(test_standard_webhooks_gives_the_published_signatures),
        WITH_ARENA(test_while_a_secret_is_changed_both_sign),
        WITH_ARENA(test_a_webhook_secret_that_is_no_base64_is_a_mistake_that_is_not_shown),
        WITH_ARENA(test_github_signature_is_that_of_an_independent_program),
        WITH_ARENA(test_base64_decodes_with_and_without_padding),
        WITH_ARENA(test_base64_comes_back_for_every_byte_and_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
