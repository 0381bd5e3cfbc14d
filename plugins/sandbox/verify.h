/*
 * verify - signatures judged as the providers judge them.
 *
 * Written from the providers' documents, apart from common/sign.c, so that each can find the other's mistakes. Pure: the
 * time comes in, nothing is remembered.
 *
 *   DingTalk           https://open.dingtalk.com/document/robots/customize-robot-security-settings
 *   Feishu             https://open.feishu.cn/document/ukTMukTMukTM/ucTM5YjL3ETO24yNxkjN
 *   Aliyun V3, V1      https://help.aliyun.com/document_detail/2593177.html, https://help.aliyun.com/document_detail/25490.htm
 *   Tencent TC3        https://cloud.tencent.com/document/api/213/30654
 *   Standard Webhooks  https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
#ifndef SANDBOX_VERIFY_H
#define SANDBOX_VERIFY_H

#include <stdint.h>

#include "common/arena.h"
#include "common/event.h"

enum signature {
    SIGNATURE_RIGHT,
    SIGNATURE_MISSING, /* there is none, or a part of it is not there */
    SIGNATURE_STALE,   /* its time is out of the provider's window */
    SIGNATURE_WRONG,
};

struct judgement {
    enum signature is;
    const char *why; /* for the developer of the sender: "" when right; never holds a secret or the right signature */
};

/* What is signed of a request. `parameters` are decoded. */
struct signed_request {
    const char *method;
    const char *path; /* as in the request line; Aliyun's own is always "/" */
    const struct pairs *parameters;
    const struct pairs *headers;
    const char *body;
    size_t body_len;
};

/* `timestamp` and `sign` as decoded from the query. Milliseconds, within one hour. */
struct judgement verify_dingtalk(struct arena *arena, const char *secret, const char *timestamp, const char *sign,
                                 int64_t now_ms);

/* `timestamp` and `sign` of the body. Seconds, within one hour. */
struct judgement verify_feishu(struct arena *arena, const char *secret, const char *timestamp, const char *sign,
                               int64_t now_s);

/* ACS3-HMAC-SHA256; within 15 minutes. Every x-acs-* header that was sent must be signed. */
struct judgement verify_aliyun_v3(struct arena *arena, const char *secret, const struct signed_request *request,
                                  int64_t now_s);

/* HMAC-SHA1 over the parameters of query and form together; within 15 minutes. */
struct judgement verify_aliyun_v1(struct arena *arena, const char *secret, const struct signed_request *request,
                                  int64_t now_s);

/* TC3-HMAC-SHA256; within 300 seconds. */
struct judgement verify_tc3(struct arena *arena, const char *secret, const char *service,
                            const struct signed_request *request, int64_t now_s);

/* Standard Webhooks, v1; within 5 minutes. `secret` begins with "whsec_". */
struct judgement verify_standard_webhook(struct arena *arena, const char *secret, const struct signed_request *request,
                                         int64_t now_s);

/* X-Hub-Signature-256, as GitHub signs. */
struct judgement verify_hub(struct arena *arena, const char *secret, const struct signed_request *request);

/* The part `name` of an Authorization header: "Credential", "SignedHeaders", "Signature"; "" when it is not there. */
const char *authorization_part(struct arena *arena, const char *authorization, const char *name);

#endif
