/*
 * sms_receipt - what a provider says when it is asked what became of a text message. Pure.
 *
 * Each adds one verdict as struct channel's classify gives it for VERB_RECEIPT: an answer about the message, or about the
 * question.
 */
#ifndef COMMON_SMS_RECEIPT_H
#define COMMON_SMS_RECEIPT_H

#include "common/verdict.h"

/* It is on the phone. `code` is the operator's; `arrived_s` Unix time, 0 when it is not said. */
void sms_receipt_arrived(struct verdicts *verdicts, const char *code, int64_t arrived_s);

/* It will not arrive: REFUSED, with the remedy that `rules` give for the operator's code and words. */
void sms_receipt_failed(struct verdicts *verdicts, const struct verdict_rule *rules, const char *code,
                        const char *words, const struct response *response);

/* On its way, or not found: to be asked again. */
void sms_receipt_not_known(struct verdicts *verdicts, const char *words);

/*
 * The question itself got an error: after a temporary one, one that nobody knows, and a lost answer it may be asked AGAIN; any
 * other is BROKEN, with the remedy that `rules` give.
 */
void sms_receipt_not_asked(struct verdicts *verdicts, const struct verdict_rule *rules, const char *code,
                           const char *words, const struct response *response);

/* "20261124": the day in China, whatever the machine's zone. */
const char *sms_receipt_day(struct arena *arena, int64_t when_ms);

/*
 * A moment of the day before or after in China, when `when_ms` is so near its midnight that the provider's clock, or the way there,
 * may have put the message on that day: a quarter of an hour, by which signatures may be off. Else 0.
 */
int64_t sms_receipt_other_day(int64_t when_ms);

/* Unix seconds of "2026-11-24 20:03:21", the time of China; 0 when it is not of this form. */
int64_t sms_receipt_time(const char *text);

#endif
