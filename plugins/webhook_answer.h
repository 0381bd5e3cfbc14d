/* webhook_answer - what a service that we do not know means by its answer. */
#ifndef PLUGINS_WEBHOOK_ANSWER_H
#define PLUGINS_WEBHOOK_ANSWER_H

#include "common/verdict.h"

/*
 * DELIVERED when the status is 2xx and the answer says `success`: "/code=0" is a JSON pointer and the value there, "/id" a
 * pointer to anything, other text is how the answer begins, "" asks for nothing. Else REFUSED with the answer's own words.
 */
void webhook_judge(const char *success, const struct response *response, struct verdicts *verdicts);

#endif
