/*
 * answers - what providers' answers mean: the rules for their codes and how to find the code, a file a provider.
 *
 * Each adds at least one verdict, as struct channel's classify must.
 */
#ifndef PLUGINS_ANSWERS_H
#define PLUGINS_ANSWERS_H

#include "common/message.h"
#include "common/settings.h"
#include "common/verdict.h"

/* Robots answer alike, whatever was sent. */
void dingtalk_classify(const void *settings, const struct intent *intent, const struct response *response,
                       struct verdicts *verdicts);
void feishu_classify(const void *settings, const struct intent *intent, const struct response *response,
                     struct verdicts *verdicts);
void wecom_classify(const void *settings, const struct intent *intent, const struct response *response,
                    struct verdicts *verdicts);

/* A webhook answers otherwise than the methods of a bot. */
void slack_judge(bool webhook, const struct response *response, struct verdicts *verdicts);

/* Workflows take adaptive cards, connectors the older kind. */
void teams_judge(bool adaptive, const struct response *response, struct verdicts *verdicts);

void aliyun_sms_judge(const struct intent *intent, const struct response *response, struct verdicts *verdicts);
void tencent_sms_judge(const struct intent *intent, const struct response *response, struct verdicts *verdicts);

/* The provider's own codes, for calls that send nothing. */
const struct verdict_rule *aliyun_sms_rules(void);
const struct verdict_rule *tencent_sms_rules(void);

/* What became of a message to one number (E.164): what is asked, and what the answer means. */
struct pairs aliyun_receipt_parameters(struct arena *arena, const struct intent *intent, const char *number);
void aliyun_receipt_judge(const struct intent *intent, const struct response *response, struct verdicts *verdicts);
struct json_object *tencent_receipt_body(struct arena *arena, const char *app_id, const struct intent *intent,
                                         const char *number);
void tencent_receipt_judge(const struct intent *intent, const struct response *response, struct verdicts *verdicts);

/* A call of Tencent's takes numbers of the mainland or of abroad, not both: the first number decides. */
bool tencent_sms_goes_along(const struct text_list *numbers, const char *number);

#endif
