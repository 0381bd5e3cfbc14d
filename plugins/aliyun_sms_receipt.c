/*
 * Receipts of Alibaba Cloud SMS, QuerySendDetails 2017-05-25: what became of the messages to one number on one day.
 * https://help.aliyun.com/document_detail/419277.html (parameters, answer, the permission dysms:QuerySendDetails)
 * Names and types of the answer's fields: the vendor's SDK, github.com/alibabacloud-go/dysmsapi-20170525 (client/client.go).
 *
 * SendStatus is 1 while the operator's receipt is awaited, 2 when the message failed, 3 when it arrived.
 */
#include <string.h>

#include "common/phone.h"
#include "common/sms_receipt.h"
#include "plugins/answers.h"

enum { AWAITED = 1, FAILED = 2, ARRIVED = 3 };

/* A number gets at most fifty of our messages a day (see its limits): one page of fifty holds them all. */
struct pairs aliyun_receipt_parameters(struct arena *arena, const struct intent *intent, const char *number)
{
    struct pair all[] = {
        {"PhoneNumber", phone_domestic(number)},
        {"SendDate",    sms_receipt_day(arena,  intent->sent_ms)},
        {"PageSize",             "50"                         },
        {"CurrentPage",             "1"},
        {"BizId",             intent->reference                               },
    };
    struct pair *items = arena_alloc(arena, sizeof(all));

    memcpy(items, all, sizeof(all));
    return (struct pairs){.items = items, .count = sizeof(all) / sizeof(*all) - (intent->reference[0] == '\0')};
}

/* OutId is the message's own; without it only the BizId that was asked for tells whose row it is. */
static bool is_ours(struct json_object *row, const struct intent *intent)
{
    const char *own = json_text_at(row, "/OutId");

    return own[0] ? strcmp(own, intent->message->id) == 0 : intent->reference[0] != '\0';
}

/* The row of our message that says most: arrived before failed before awaited. NULL when there is none. */
static struct json_object *telling_row(struct json_object *rows, const struct intent *intent)
{
    struct json_object *best = NULL;
    struct json_object *row;

    for (size_t i = 0; (row = json_item(rows, i)); i++)
        if (is_ours(row, intent) &&
            (!best || json_number_at(row, "/SendStatus", 0) > json_number_at(best, "/SendStatus", 0)))
            best = row;
    return best;
}

static void judge_row(struct json_object *row, const struct response *response, struct verdicts *verdicts)
{
    const char *code = json_text_at(row, "/ErrCode");

    switch (json_number_at(row, "/SendStatus", AWAITED)) {
    case ARRIVED:
        sms_receipt_arrived(verdicts, code, sms_receipt_time(json_text_at(row, "/ReceiveDate")));
        return;
    case FAILED:
        sms_receipt_failed(verdicts, aliyun_sms_rules(), code, "", response);
        return;
    }
    sms_receipt_not_known(verdicts, "the operator has not answered yet");
}

void aliyun_receipt_judge(const struct intent *intent, const struct response *response, struct verdicts *verdicts)
{
    struct json_object *answer = answer_json(response, verdicts);
    const char *code = json_text_at(answer, "/Code");
    struct json_object *row = telling_row(json_at(answer, "/SmsSendDetailDTOs/SmsSendDetailDTO"), intent);

    if (!answer || (!code[0] && !answer_accepted(response, verdicts)))
        return;
    if (strcmp(code, "OK") != 0)
        sms_receipt_not_asked(verdicts, aliyun_sms_rules(), code, json_text_at(answer, "/Message"), response);
    else if (row)
        judge_row(row, response, verdicts);
    else
        sms_receipt_not_known(verdicts, "the provider does not know it");
}
