/*
 * sms - what providers of text messages have in common: recipients that are numbers, texts that are approved templates
 * with slots, answers that speak of our clock. Pure.
 */
#ifndef COMMON_SMS_H
#define COMMON_SMS_H

#include "common/channel.h"

/*
 * The recipients' numbers as E.164, each once, in their order. What is not a number is left out, so that one slip does not
 * silence the others: sms_refuse_others() accounts for it. FAULT_INPUT when nothing is left.
 */
bool sms_numbers(struct arena *arena, const struct intent *intent, struct text_list *numbers, struct fault *fault);

/* REFUSED for each recipient that is not a number. */
void sms_refuse_others(const struct intent *intent, struct verdicts *verdicts);

/*
 * `text` as a slot of an approved template takes it, at most `most` characters: one line, without addresses of the web,
 * without 【】 (they set off the signature), without emoji and other signs that no SMS can carry; "-" when nothing is left,
 * because providers refuse an empty slot.
 */
const char *sms_slot(struct arena *arena, const char *text, size_t most);

/* sms_slot() of a Mustache template. FAULT_CONFIG when it does not parse. */
bool sms_fill(struct arena *arena, const char *template_text, const struct message *message, size_t most,
              const char **value, struct fault *fault);

/*
 * verdict_by_rules(), with "NO-CODE" for a code that is missing; where the remedy is to set the clock, the reason also
 * says what time the provider's server has.
 */
void sms_judge(struct verdicts *verdicts, const struct verdict_rule *rules, const char *recipient, const char *code,
               const char *reason, const struct response *response, const char *reference);

/* Items are "NAME=TEMPLATE": an item without a name is a mistake. `option` names the list. */
void sms_check_named(const char *option, const struct text_list *items, const struct findings *findings);

/* The filled items as a JSON object whose values are all texts, each measured against `most` characters. */
bool sms_fill_named(const char *option, const struct text_list *items, size_t most, const struct message *message,
                    struct request *request, const char **json, struct fault *fault);

/* Numbers in their domestic form, separated by commas. */
const char *sms_joined(struct arena *arena, const struct text_list *numbers);

#endif
