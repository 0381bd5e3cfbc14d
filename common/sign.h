/*
 * sign - request signatures of providers whose scheme is more than one HMAC.
 *
 * Pure: the same inputs give the same bytes, so published examples are the tests. A signature covers the very bytes of
 * request->body and of the address: neither may change afterwards. Each attempt is signed anew, with its own time and
 * nonce.
 */
#ifndef COMMON_SIGN_H
#define COMMON_SIGN_H

#include <stdint.h>

#include "common/event.h"
#include "common/fault.h"
#include "common/request.h"
#include "common/secret.h"

/* What a cloud gives to a program that calls it. */
struct access_key {
    struct secret id;
    struct secret secret;
    struct secret token; /* of temporary credentials, "" with lasting ones */
};

/*
 * Tencent Cloud API 3.0, TC3-HMAC-SHA256, for a POST to "/" of the address's host. Signed are the host and, of what the
 * request has by now, Content-Type and X-TC-Action. Adds Host, X-TC-Timestamp, X-TC-Token and Authorization.
 */
struct tc3 {
    const char *service; /* "sms" */
    struct access_key key;
    int64_t now_s; /* Unix time; the provider accepts five minutes of difference */
};
void sign_tc3(const struct tc3 *tc3, struct request *request);

/* A call of an Alibaba Cloud product in RPC style. */
struct aliyun_call {
    const char *action;  /* "SendSms" */
    const char *version; /* "2017-05-25" */
    struct access_key key;
    int64_t now_s;     /* Unix time; the provider accepts fifteen minutes of difference */
    const char *nonce; /* new for each attempt */
};

/* Parameters sorted by name, percent-encoded and joined with "&": what is signed is what is sent. */
const char *query_canonical(struct arena *arena, const struct pairs *parameters);

/*
 * Signature version 3, ACS3-HMAC-SHA256. The address has a query from query_canonical(), or none. Signed are the body, the
 * host, Content-Type and every x-acs- header that the request has by now. Adds Host, the x-acs- headers of the call and
 * Authorization.
 */
void sign_acs3(const struct aliyun_call *call, struct request *request);

/*
 * Signature version 1, HMAC-SHA1 over all parameters, deprecated by the provider; gateways of private clouds know only
 * this one. The query to send: `parameters`, those of the call, and Signature.
 */
const char *query_signed_v1(struct arena *arena, const struct aliyun_call *call, const char *method,
                            const struct pairs *parameters);

/* The value of Signature for a canonical query. */
const char *signature_v1(struct arena *arena, struct secret secret, const char *method, const char *canonical_query);

/*
 * Standard Webhooks 1.0.0, scheme v1: webhook-id, webhook-timestamp, webhook-signature. `id` is the same for every attempt
 * and holds no full stop. Secrets are base64, with or without "whsec_" before them; with `previous` ("" for none) both
 * sign, so that the receiver can change over at its leisure. FAULT_CONFIG when a secret is not base64.
 */
struct webhook_keys {
    struct secret current;
    struct secret previous;
};
bool sign_standard_webhook(const struct webhook_keys *keys, const char *id, int64_t now_s, struct request *request,
                           struct fault *fault);

/* True when sign_standard_webhook() can use the secret; `len` is its length in bytes. */
bool webhook_secret_length(struct arena *arena, struct secret secret, size_t *len);

/* GitHub's way: X-Hub-Signature-256 over the body, the secret as it is. */
void sign_github_webhook(struct secret secret, struct request *request);

/* DingTalk: "&timestamp=...&sign=...", where sign is base64(HMAC-SHA256(secret, "<milliseconds>\n<secret>")), percent-encoded once. */
const char *sign_dingtalk(struct arena *arena, struct secret secret, int64_t wall_ms);

/* Feishu: base64(HMAC-SHA256("<seconds>\n<secret>", "")). The same seconds go into the message's "timestamp". */
const char *sign_feishu(struct arena *arena, struct secret secret, int64_t wall_s);

#endif
