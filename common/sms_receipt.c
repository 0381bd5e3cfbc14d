#include "common/sms_receipt.h"

#include <string.h>
#include <time.h>

#include "common/civil.h"

enum {
    CHINA_S = 8 * 3600, /* east of UTC, the whole year */
    DAY_S = 86400,
    NEAR_S = 900, /* to midnight */
};

void sms_receipt_arrived(struct verdicts *verdicts, const char *code, int64_t arrived_s)
{
    verdict_add(verdicts, (struct verdict){.outcome = OUTCOME_DELIVERED, .code = code, .arrived_s = arrived_s});
}

/* What the rules of sending messages say of this code; only its remedy is of use here. */
static struct verdict ruled(struct verdicts *verdicts, const struct verdict_rule *rules, const char *code,
                            const char *words, const struct response *response)
{
    struct verdicts one = {.arena = verdicts->arena};

    verdict_by_rules(&one, rules, "", code[0] ? code : "NO-CODE", words, response, "");
    return one.items[0];
}

void sms_receipt_failed(struct verdicts *verdicts, const struct verdict_rule *rules, const char *code,
                        const char *words, const struct response *response)
{
    struct verdict verdict = ruled(verdicts, rules, code, words, response);

    verdict.outcome = OUTCOME_REFUSED;
    verdict.wait_s = 0;
    verdict_add(verdicts, verdict);
}

void sms_receipt_not_known(struct verdicts *verdicts, const char *words)
{
    verdict_add(verdicts, (struct verdict){.outcome = OUTCOME_AGAIN, .code = "NO-RECEIPT", .reason = words});
}

void sms_receipt_not_asked(struct verdicts *verdicts, const struct verdict_rule *rules, const char *code,
                           const char *words, const struct response *response)
{
    struct verdict verdict = ruled(verdicts, rules, code, words, response);

    if (verdict.outcome == OUTCOME_UNCLEAR || verdict.outcome == OUTCOME_DELIVERED)
        verdict.outcome = OUTCOME_AGAIN;
    if (verdict.outcome == OUTCOME_REFUSED)
        verdict.outcome = verdict.remedy == WORD_FIX_REPORT ? OUTCOME_AGAIN : OUTCOME_BROKEN;
    verdict_add(verdicts, verdict);
}

const char *sms_receipt_day(struct arena *arena, int64_t when_ms)
{
    return civil_format(arena, when_ms / 1000 + CHINA_S, "UTC", "%Y%m%d");
}

int64_t sms_receipt_other_day(int64_t when_ms)
{
    int64_t second = (when_ms / 1000 + CHINA_S) % DAY_S;

    if (second < NEAR_S)
        return when_ms - (int64_t)NEAR_S * 1000;
    return second >= DAY_S - NEAR_S ? when_ms + (int64_t)NEAR_S * 1000 : 0;
}

int64_t sms_receipt_time(const char *text)
{
    struct tm time = {0};
    const char *end = strptime(text, "%Y-%m-%d %H:%M:%S", &time);

    return end && *end == '\0' ? (int64_t)timegm(&time) - CHINA_S : 0;
}
