/*
 * https://www.itu.int/rec/T-REC-E.164 (at most fifteen digits, the first is not 0)
 * The numbering plan of China's ministry: mobiles have eleven digits and begin with 13 to 19; data cards have thirteen.
 */
#include "common/phone.h"

#include <string.h>

enum { FEWEST_DIGITS = 7, MOST_DIGITS = 15, MOBILE_DIGITS = 11, DATA_CARD_DIGITS = 13 };

static const char DIGITS[] = "0123456789";
static const char CHINA[] = "+86";

/* The digits of `text` without the signs that people put between them; "" when there is something else. */
static const char *digits_of(struct arena *arena, const char *text)
{
    char *digits = arena_copy(arena, text, strlen(text));
    char *to = digits;

    for (const char *at = text; *at; at++) {
        if (strchr(DIGITS, *at))
            *to++ = *at;
        else if (!strchr(" -().", *at))
            return "";
    }
    *to = '\0';
    return digits;
}

static bool is_mobile(const char *digits)
{
    return strlen(digits) == MOBILE_DIGITS && digits[0] == '1' && digits[1] >= '3';
}

static bool valid_in_china(const char *digits)
{
    return is_mobile(digits) || (strlen(digits) == DATA_CARD_DIGITS && digits[0] == '1');
}

static bool valid_international(const char *digits)
{
    size_t len = strlen(digits);

    if (strncmp(digits, "86", 2) == 0)
        return valid_in_china(digits + 2);
    return digits[0] != '0' && len >= FEWEST_DIGITS && len <= MOST_DIGITS;
}

bool phone_read(struct arena *arena, const char *text, const char **e164, struct fault *fault)
{
    const char *start = text + strspn(text, " ");
    bool plus = start[0] == '+';
    const char *digits = digits_of(arena, start + plus);
    bool zeros = !plus && strncmp(digits, "00", 2) == 0;

    digits += zeros ? 2 : 0;
    if (!plus && !zeros && is_mobile(digits))
        *e164 = arena_print(arena, "%s%s", CHINA, digits);
    else if ((plus || zeros || strncmp(digits, "86", 2) == 0) && valid_international(digits))
        *e164 = arena_print(arena, "+%s", digits);
    else
        return fault_set(fault, FAULT_INPUT,
                         "'%s' is not a mobile number: write eleven digits for the mainland of China, or + and the "
                         "country code",
                         text);
    return true;
}

bool phone_is_mainland(const char *e164)
{
    return strncmp(e164, CHINA, strlen(CHINA)) == 0;
}

const char *phone_digits(const char *e164)
{
    return e164 + 1;
}

const char *phone_domestic(const char *e164)
{
    return e164 + (phone_is_mainland(e164) ? strlen(CHINA) : 1);
}
