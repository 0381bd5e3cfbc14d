/*
 * Receipts of Tencent Cloud SMS, PullSmsSendStatusByPhoneNumber 2021-01-11: what the operators reported of one number.
 * https://www.tencentcloud.com/document/product/382/40518 (20 calls a second; the last seven days)
 * Fields and their values: the vendor's SDK, github.com/TencentCloud/tencentcloud-sdk-python (sms/v20210111/models.py): Offset
 * is always 0, Limit at most 100, ReportStatus SUCCESS or FAIL; there is a row only when the operator has reported.
 */
#include <string.h>

#include "common/phone.h"
#include "common/sms_receipt.h"
#include "plugins/answers.h"

enum {
    MARGIN_S = 300, /* by which our clock may be wrong: as much as the signature may */
    ROWS_MOST = 100,
};

/*
 * What Description says of a message that failed: the state of the operator's report (UNDELIV, EXPIRED, REJECTD: SMPP 3.4,
 * 5.2.28) or its words. Operators have hundreds of codes of their own; nearly all are about the number.
 */
static const struct verdict_rule RECEIPT_RULES[] = {
    {"REJECTD*", NULL,     OUTCOME_REFUSED, 0, WORD_FIX_MESSAGE  },
    {"*",        "关键", OUTCOME_REFUSED, 0, WORD_FIX_MESSAGE  },
    {"*",        "敏感", OUTCOME_REFUSED, 0, WORD_FIX_MESSAGE  },
    {"*",        "签名", OUTCOME_REFUSED, 0, WORD_FIX_TEMPLATE },
    {"*",        "频",    OUTCOME_REFUSED, 0, WORD_FIX_QUOTA    },
    {"*",        "上限", OUTCOME_REFUSED, 0, WORD_FIX_QUOTA    },
    {NULL,       NULL,     OUTCOME_REFUSED, 0, WORD_FIX_RECIPIENT},
};

/* EndTime may be left out: until now. Ours could be in the provider's future. */
struct json_object *tencent_receipt_body(struct arena *arena, const char *app_id, const struct intent *intent,
                                         const char *number)
{
    struct json_object *body = json_doc(arena);

    jset_text(body, "SmsSdkAppId", app_id);
    jset_text(body, "PhoneNumber", number);
    jset_number(body, "BeginTime", intent->sent_ms / 1000 - MARGIN_S);
    jset_number(body, "Offset", 0);
    jset_number(body, "Limit", ROWS_MOST);
    return body;
}

/* SessionContext comes back only for accounts that have asked for it. */
static bool is_ours(struct json_object *row, const struct intent *intent)
{
    if (intent->reference[0])
        return strcmp(json_text_at(row, "/SerialNo"), intent->reference) == 0;
    return strcmp(json_text_at(row, "/SessionContext"), intent->message->id) == 0;
}

static struct json_object *own_row(struct json_object *rows, const struct intent *intent)
{
    struct json_object *row;

    for (size_t i = 0; (row = json_item(rows, i)); i++)
        if (is_ours(row, intent))
            return row;
    return NULL;
}

/* "UNDELIV" is the operator's code and words at once; a sentence is only words. */
static bool is_code(const char *text)
{
    return text[0] &&
           strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:_.-") == strlen(text);
}

static void judge_row(struct json_object *row, const struct response *response, struct verdicts *verdicts)
{
    const char *status = json_text_at(row, "/ReportStatus");
    const char *words = json_text_at(row, "/Description");
    const char *code = is_code(words) ? words : status;

    if (strcmp(status, "SUCCESS") == 0)
        sms_receipt_arrived(verdicts, code, json_number_at(row, "/UserReceiveTime", 0));
    else if (strcmp(status, "FAIL") == 0)
        sms_receipt_failed(verdicts, RECEIPT_RULES, code, code == words ? "" : words, response);
    else
        sms_receipt_not_known(verdicts, words);
}

void tencent_receipt_judge(const struct intent *intent, const struct response *response, struct verdicts *verdicts)
{
    struct json_object *answer = answer_json(response, verdicts);
    struct json_object *row = own_row(json_at(answer, "/Response/PullSmsSendStatusSet"), intent);
    const char *code = json_text_at(answer, "/Response/Error/Code");

    if (!answer || (!code[0] && !answer_accepted(response, verdicts)))
        return;
    if (code[0] || !json_has(answer, "/Response/RequestId"))
        sms_receipt_not_asked(verdicts, tencent_sms_rules(), code, json_text_at(answer, "/Response/Error/Message"),
                              response);
    else if (row)
        judge_row(row, response, verdicts);
    else
        sms_receipt_not_known(verdicts, "the operator has not answered yet");
}
