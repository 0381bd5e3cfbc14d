#include "common/mime.h"

#include <string.h>
#include <strings.h>

#include "common/civil.h"
#include "common/encode.h"
#include "common/utf8.h"

enum {
    LINE_COLUMNS = 76,
    WORD_BYTES = 45,      /* of UTF-8 in one encoded-word: 60 in base64, 72 with its frame, 75 are allowed */
    FRAME_COLUMNS = 12,   /* =?UTF-8?B? and ?= */
    SHORTEST_WORD = 20,   /* columns of one with one character of four bytes */
    BODY_LINE_BYTES = 57, /* 76 in base64 */
    LOCAL_MOST = 64,      /* RFC 5321 4.5.3.1 */
    LABEL_MOST = 63,
    DOMAIN_MOST = 255,
    ADDRESS_MOST = 254,
};

#define LETTERS_AND_DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
#define ATOM               LETTERS_AND_DIGITS "!#$%&'*+-/=?^_`{|}~"

/* "" when the part before the @ is sound, else what is wrong with it. */
static const char *wrong_with_local(const char *local, size_t len)
{
    if (len == 0 || len > LOCAL_MOST)
        return "the part before '@' must have 1 to 64 characters";
    if (strspn(local, ATOM ".") < len)
        return "before '@' only letters, digits and .!#$%&'*+-/=?^_`{|}~ can stand";
    return "";
}

static bool is_label(const char *label, size_t len)
{
    return len > 0 && len <= LABEL_MOST && strspn(label, LETTERS_AND_DIGITS "-") >= len && label[0] != '-' &&
           label[len - 1] != '-';
}

static const char *wrong_with_domain(const char *domain)
{
    if (strlen(domain) > DOMAIN_MOST)
        return "the domain is too long";
    for (const char *at = domain; *at; at++)
        if ((unsigned char)*at >= 0x80)
            return "write an international domain in its ASCII form, 'xn--...'";
    for (const char *label = domain;; label++) {
        size_t len = strcspn(label, ".");

        if (!is_label(label, len))
            return "after '@' a domain is wanted: letters, digits and hyphens between dots";
        label += len;
        if (*label == '\0')
            return "";
    }
}

static const char *wrong_with_address(const char *address)
{
    const char *at = strrchr(address, '@');
    const char *wrong;

    if (!at)
        return "it has no '@'";
    wrong = wrong_with_local(address, (size_t)(at - address));
    if (!wrong[0])
        wrong = wrong_with_domain(at + 1);
    return wrong[0] || strlen(address) <= ADDRESS_MOST ? wrong : "it is longer than 254 characters";
}

static char *trimmed(struct arena *arena, const char *text, size_t len)
{
    while (len > 0 && *text == ' ') {
        text++;
        len--;
    }
    while (len > 0 && text[len - 1] == ' ')
        len--;
    return arena_copy(arena, text, len);
}

/* The text of "a \"quoted\" name". */
static const char *unquoted(char *name)
{
    size_t len = strlen(name);
    char *to = name;

    if (len < 2 || name[0] != '"' || name[len - 1] != '"')
        return name;
    for (size_t i = 1; i < len - 1; i++) {
        if (name[i] == '\\' && i + 1 < len - 1)
            i++;
        *to++ = name[i];
    }
    *to = '\0';
    return name;
}

static bool has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7F)
            return true;
    return false;
}

bool mailbox_read(struct arena *arena, const char *text, enum fault_kind kind, struct mailbox *mailbox,
                  struct fault *fault)
{
    struct mailbox found = {.name = "", .address = trimmed(arena, text, strlen(text))};
    size_t len = strlen(found.address);
    const char *open = strrchr(found.address, '<');
    const char *wrong;

    if (has_control(text))
        return fault_set(fault, kind, "a mail address holds a control character: '%s'", text);
    if (open && found.address[len - 1] == '>') {
        found.name = unquoted(trimmed(arena, found.address, (size_t)(open - found.address)));
        found.address = arena_copy(arena, open + 1, len - 2 - (size_t)(open - found.address));
    }
    wrong = wrong_with_address(found.address);
    if (wrong[0])
        return fault_set(fault, kind, "'%s' is no mail address: %s", text, wrong);
    *mailbox = found;
    return true;
}

const char *mailbox_domain(const struct mailbox *mailbox)
{
    return strrchr(mailbox->address, '@') + 1;
}

static size_t column_of(const struct str *out)
{
    const char *line = memrchr(out->text, '\n', out->len);

    return line ? out->len - (size_t)(line + 1 - out->text) : out->len;
}

static bool is_printable(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || (unsigned char)*text > '~')
            return false;
    return true;
}

/* A reader would take "=?" for the beginning of an encoded-word. */
static bool needs_no_encoding(const struct str *out, const char *text)
{
    return is_printable(text) && !strstr(text, "=?") && column_of(out) + strlen(text) <= LINE_COLUMNS;
}

static const char *without_controls(struct arena *arena, const char *text)
{
    char *copy = arena_copy(arena, text, strlen(text));

    for (char *at = copy; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7F)
            *at = ' ';
    return copy;
}

/* No character is divided between two words, and between words only a fold stands, which readers take away. */
static void add_encoded_words(struct str *out, const char *text)
{
    if (column_of(out) + SHORTEST_WORD > LINE_COLUMNS)
        str_add(out, "\r\n ");
    while (*text && str_fits(out)) {
        size_t room = (LINE_COLUMNS - FRAME_COLUMNS - column_of(out)) / 4 * 3;
        size_t len = utf8_fit(text, room < WORD_BYTES ? room : WORD_BYTES, UNIT_BYTES);

        str_add(out, "=?UTF-8?B?");
        encode_base64(out, (const unsigned char *)text, len);
        str_add(out, "?=");
        text += len;
        if (*text)
            str_add(out, "\r\n ");
    }
}

void mime_header(struct str *out, const char *name, const char *text)
{
    text = without_controls(out->arena, text);
    str_addf(out, "%s: ", name);
    if (needs_no_encoding(out, text))
        str_add(out, text);
    else
        add_encoded_words(out, text);
    str_add(out, "\r\n");
}

static void add_quoted(struct str *out, const char *text)
{
    str_addc(out, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            str_addc(out, '\\');
        str_addc(out, *text);
    }
    str_addc(out, '"');
}

static void add_name(struct str *out, const char *name)
{
    if (!needs_no_encoding(out, name))
        add_encoded_words(out, name);
    else if (name[strspn(name, ATOM " ")] == '\0')
        str_add(out, name);
    else
        add_quoted(out, name);
}

void mime_mailbox_header(struct str *out, const char *name, const struct mailbox *mailbox)
{
    str_addf(out, "%s: ", name);
    if (mailbox->name[0]) {
        add_name(out, without_controls(out->arena, mailbox->name));
        str_add(out, column_of(out) + strlen(mailbox->address) + 3 > LINE_COLUMNS ? "\r\n " : " ");
        str_addf(out, "<%s>\r\n", mailbox->address);
    } else {
        str_addf(out, "%s\r\n", mailbox->address);
    }
}

const char *mime_date(struct arena *arena, int64_t seconds)
{
    return civil_format(arena, seconds, "", "%a, %d %b %Y %H:%M:%S %z");
}

/* RFC 2045 6.8: line breaks of a text become CR LF before they are encoded. */
static const char *with_crlf(struct arena *arena, const char *text)
{
    char *copy = arena_alloc(arena, 2 * strlen(text) + 1);
    char *to = copy;

    for (; *text; text++) {
        if (*text == '\n')
            *to++ = '\r';
        if (*text != '\r')
            *to++ = *text;
    }
    return copy;
}

static void add_part(struct str *out, const char *boundary, const struct mime_part *part)
{
    const char *text = with_crlf(out->arena, part->text);
    size_t len = strlen(text);

    str_addf(out, "--=_%s\r\nContent-Type: %s; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n", boundary,
             part->type);
    for (size_t at = 0; at < len; at += BODY_LINE_BYTES) {
        size_t left = len - at;

        encode_base64(out, (const unsigned char *)text + at, left < BODY_LINE_BYTES ? left : BODY_LINE_BYTES);
        str_add(out, "\r\n");
    }
}

void mime_alternative(struct str *out, const char *boundary, const struct mime_part *parts, size_t count)
{
    str_addf(out, "MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary=\"=_%s\"\r\n\r\n", boundary);
    for (size_t i = 0; i < count; i++)
        add_part(out, boundary, &parts[i]);
    str_addf(out, "--=_%s--\r\n", boundary);
}
