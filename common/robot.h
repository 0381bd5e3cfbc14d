/*
 * robot - what the group robots of DingTalk, WeCom and Feishu have in common: an address with a token in it, and answers
 * with a code. Pure.
 */
#ifndef COMMON_ROBOT_H
#define COMMON_ROBOT_H

#include "common/channel.h"

enum { ROBOT_URL_MOST = 4096 }; /* bytes */

/* How a provider writes it. */
struct robot_kind {
    const char *standard;  /* address without the query */
    const char *parameter; /* of the query, with the token: "access_token"; "" when the token is the last part of the path */
    const char *option;    /* what the configuration calls the token, for faults */
};

/* How a section gives it. */
struct robot {
    struct secret webhook; /* the whole address as the provider shows it, however it was pasted */
    struct secret token;   /* or only the token */
    const char *endpoint;  /* another one than the standard takes the place of the webhook's */
};

/*
 * The request's address and headers. The address has the token, `signature` ("" or "&name=value...") and nothing of an
 * old signature (timestamp, sign); other parameters of the webhook stay. FAULT_CONFIG when there is no token or no
 * sound address.
 */
bool robot_request(const struct robot_kind *kind, const struct robot *robot, const char *signature,
                   struct request *request, struct fault *fault);

/* Tells what is wrong with the address. */
void robot_check(const struct robot_kind *kind, const struct robot *robot, const struct findings *findings);

/* The meaning of `{"errcode": 0, "errmsg": "ok"}`, whatever the provider calls the two. Without a code it is a failure. */
struct robot_fields {
    const char *code;  /* as a JSON pointer: "/errcode" */
    const char *words; /* "/errmsg" */
};
void robot_answer(const struct robot_fields *fields, const struct verdict_rule *rules, const struct response *response,
                  struct json_object *doc, struct verdicts *verdicts);

/* What DingTalk and WeCom call them. */
extern const struct robot_fields ROBOT_ERRCODE;

#endif
