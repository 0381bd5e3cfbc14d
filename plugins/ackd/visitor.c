#include "plugins/ackd/visitor.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/encode.h"
#include "common/utf8.h"
#include "plugins/web/pairs.h"

enum { COOKIE_MOST = 4096, COOKIE_LASTS_S = 365 * 86400, DIGITS_OF_PHONE = 7, LONG_WORD = 16, SHOWN = 4 };

static const char COOKIE[] = "notify_name";

/* --- language --- */

/* Of "zh-CN;q=0.8" in thousandths; 1000 when it does not say, 0 for what is no number. */
static long wish_of(const char *item, size_t len)
{
    const char *semicolon = memchr(item, ';', len);
    const char *q = semicolon ? semicolon + 1 + strspn(semicolon + 1, " \t") : NULL;
    long wish = 0;

    if (!q)
        return 1000;
    if (strncasecmp(q, "q=", 2) != 0 || (q[2] != '0' && q[2] != '1'))
        return 0;
    wish = (q[2] - '0') * 1000;
    if (q[3] == '.')
        for (size_t i = 0, unit = 100; i < 3 && q[4 + i] >= '0' && q[4 + i] <= '9'; i++, unit /= 10)
            wish += (q[4 + i] - '0') * (long)unit;
    return wish > 1000 ? 1000 : wish;
}

/* The primary subtag alone decides: every Chinese reads zh_CN rather than English. */
static enum language language_of(const char *item, size_t len)
{
    size_t word = 0;

    while (word < len && item[word] != '-' && item[word] != ';' && item[word] != ' ')
        word++;
    if (word == 2 && strncasecmp(item, "zh", 2) == 0)
        return LANGUAGE_ZH_CN;
    return word == 2 && strncasecmp(item, "en", 2) == 0 ? LANGUAGE_EN : LANGUAGE_COUNT;
}

enum language visitor_language(const char *accept, enum language otherwise)
{
    enum language best = otherwise;
    long best_wish = 0;

    while (*accept) {
        size_t begin = strspn(accept, ", \t");
        size_t len = strcspn(accept + begin, ",");
        enum language language = language_of(accept + begin, len);
        long wish = wish_of(accept + begin, len);

        if (language != LANGUAGE_COUNT && wish > best_wish) {
            best = language;
            best_wish = wish;
        }
        accept += begin + len;
    }
    return best;
}

/* --- the remembered name --- */

const char *visitor_name(struct arena *arena, const char *cookie)
{
    while (*cookie) {
        size_t begin = strspn(cookie, "; \t");
        size_t len = strcspn(cookie + begin, ";");
        const char *item = cookie + begin;

        if (len > sizeof(COOKIE) - 1 && len < COOKIE_MOST && strncmp(item, COOKIE, sizeof(COOKIE) - 1) == 0 &&
            item[sizeof(COOKIE) - 1] == '=') {
            const char *value = form_decode(arena, item + sizeof(COOKIE), len - sizeof(COOKIE));
            const char *name = utf8_clean_line(arena, value, strlen(value));

            return arena_copy(arena, name, utf8_fit(name, NAME_MOST, UNIT_CHARACTERS));
        }
        cookie += begin + len;
    }
    return "";
}

const char *visitor_cookie(struct arena *arena, const char *name, bool secure)
{
    struct str value = str_in(arena, COOKIE_MOST);

    encode_percent(&value, name);
    return arena_print(arena, "%s=%s; Max-Age=%d; SameSite=Strict; HttpOnly%s", COOKIE, value.text, COOKIE_LASTS_S,
                       secure ? "; Secure" : "");
}

/* --- the address --- */

static const char *last_hop(struct arena *arena, const char *forwarded)
{
    const char *comma = strrchr(forwarded, ',');
    const char *hop = comma ? comma + 1 : forwarded;

    hop += strspn(hop, " \t");
    return arena_copy(arena, hop, strcspn(hop, " \t"));
}

/* "" for what is no address. */
static const char *address_key(struct arena *arena, const char *text)
{
    unsigned char bytes[sizeof(struct in6_addr)] = {0};
    char written[INET6_ADDRSTRLEN];

    if (inet_pton(AF_INET, text, bytes) == 1)
        return inet_ntop(AF_INET, bytes, written, sizeof(written)) ? arena_copy(arena, written, strlen(written)) : "";
    if (inet_pton(AF_INET6, text, bytes) != 1)
        return "";
    if (!IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)(const void *)bytes))
        memset(bytes + sizeof(bytes) / 2, 0, sizeof(bytes) / 2);
    return inet_ntop(AF_INET6, bytes, written, sizeof(written)) ? arena_copy(arena, written, strlen(written)) : "";
}

const char *visitor_address(struct arena *arena, const char *peer, bool local, const char *forwarded)
{
    const char *key = local ? address_key(arena, last_hop(arena, forwarded)) : "";

    if (!key[0])
        key = address_key(arena, arena_copy(arena, peer, strcspn(peer, "%")));
    return key[0] ? key : "local";
}

/* --- recipients --- */

static bool is_number(const char *text, size_t *digits)
{
    *digits = 0;
    for (const char *c = text; *c; c++) {
        if (*c >= '0' && *c <= '9')
            (*digits)++;
        else if (!strchr("+ -", *c))
            return false;
    }
    return *digits >= DIGITS_OF_PHONE;
}

/* Three digits and the last four; a country's "+86" stays before them. */
static const char *mask_number(struct arena *arena, const char *text)
{
    size_t len = strlen(text);
    size_t shown = text[0] == '+' ? (len > 12 ? 6 : 4) : 3;

    if (len < shown + SHOWN + 1)
        shown = 1;
    return arena_print(arena, "%.*s****%s", (int)shown, text, text + len - (len > 8 ? SHOWN : 2));
}

static const char *mask_word(struct arena *arena, const char *text)
{
    const char *at = strchr(text, '@');
    size_t digits;

    if (is_number(text, &digits))
        return mask_number(arena, text);
    if (at && at > text)
        return arena_print(arena, "%.*s***%s", (int)utf8_next(text), text, at);
    if (text[0] == '@' || utf8_count(text, UNIT_CHARACTERS) <= LONG_WORD)
        return text;
    return arena_print(arena, "%.*s…", (int)utf8_fit(text, SHOWN, UNIT_CHARACTERS), text);
}

const char *mask_recipients(struct arena *arena, const char *recipients)
{
    struct str masked = str_in(arena, strlen(recipients) * 2 + 64);

    while (*recipients) {
        size_t begin = strspn(recipients, ", ");
        size_t len = strcspn(recipients + begin, ",");
        size_t end = len;

        while (end > 0 && recipients[begin + end - 1] == ' ')
            end--;
        if (end > 0) {
            str_add(&masked, masked.len > 0 ? ", " : "");
            str_add(&masked, mask_word(arena, arena_copy(arena, recipients + begin, end)));
        }
        recipients += begin + len;
    }
    return masked.text;
}
