#include "plugins/sandbox/mail.h"

#include <string.h>
#include <strings.h>

#include "common/str.h"
#include "plugins/sandbox/fields.h"
#include "plugins/sandbox/plain.h"

enum { LINE_MOST = 998, PARTS_MOST = 20, MAIL_MOST = 512 * 1024 };

struct part {
    struct pairs headers;
    const char *body;
    size_t len;
};

/* Header lines up to the empty one; returns what follows it. A folded line is joined with a space. */
static const char *read_headers(struct arena *arena, const char *text, struct pairs *headers)
{
    while (*text && strncmp(text, "\r\n", 2) != 0) {
        struct str value = str_in(arena, MAIL_MOST);
        size_t name = strcspn(text, ":\r\n");
        const char *start = text;

        text += name + (text[name] == ':');
        text += strspn(text, " \t");
        for (;;) {
            size_t len = strcspn(text, "\r\n");

            str_addn(&value, text, len);
            text += len;
            text += strspn(text, "\r\n") > 2 ? 2 : strspn(text, "\r\n");
            if (*text != ' ' && *text != '\t')
                break;
            text += strspn(text, " \t");
            str_addc(&value, ' ');
        }
        pairs_append(arena, headers, arena_copy(arena, start, name), value.text);
    }
    return strncmp(text, "\r\n", 2) == 0 ? text + 2 : text;
}

static const char *quoted_read(struct arena *arena, const char *text, size_t len, bool underscores, size_t *out_len)
{
    struct str out = str_in(arena, MAIL_MOST);

    for (size_t at = 0; at < len; at++) {
        int high = text[at] == '=' && at + 2 < len ? hex_digit_value(text[at + 1]) : -1;
        int low = high >= 0 ? hex_digit_value(text[at + 2]) : -1;

        if (low >= 0) {
            str_addc(&out, (char)(high * 16 + low));
            at += 2;
        } else if (text[at] == '=' && at + 2 < len && text[at + 1] == '\r' && text[at + 2] == '\n') {
            at += 2;
        } else {
            str_addc(&out, underscores && text[at] == '_' ? ' ' : text[at]);
        }
    }
    *out_len = out.len;
    return out.text;
}

/* base64 with line breaks in it. */
static const char *lines_base64_read(struct arena *arena, const char *text, size_t len)
{
    struct str digits = str_in(arena, MAIL_MOST);
    size_t size = 0;
    const unsigned char *bytes;

    for (size_t at = 0; at < len; at++)
        if (!strchr("\r\n \t", text[at]))
            str_addc(&digits, text[at]);
    bytes = base64_read(arena, digits.text, &size);
    return bytes ? arena_copy(arena, (const char *)bytes, size) : NULL;
}

/* Length of the RFC 2047 word at `text`, its text in *decoded; 0 when there is none. */
static size_t encoded_word(struct arena *arena, const char *text, const char **decoded)
{
    static const char BEGIN[] = "=?UTF-8?";
    const char *content = text + strlen(BEGIN) + 2;
    const char *end;
    size_t len;

    if (strncasecmp(text, BEGIN, strlen(BEGIN)) != 0 || !strchr("BbQq", text[strlen(BEGIN)]) ||
        text[strlen(BEGIN) + 1] != '?')
        return 0;
    end = strstr(content, "?=");
    if (!end)
        return 0;
    if (strchr("Bb", text[strlen(BEGIN)]))
        *decoded = lines_base64_read(arena, content, (size_t)(end - content));
    else
        *decoded = quoted_read(arena, content, (size_t)(end - content), true, &len);
    return *decoded ? (size_t)(end + 2 - text) : 0;
}

/* Spaces between two encoded words are not shown. */
static const char *words_read(struct arena *arena, const char *text)
{
    struct str out = str_in(arena, MAIL_MOST);
    bool after_word = false;

    while (*text) {
        size_t spaces = after_word ? strspn(text, " \t") : 0;
        const char *decoded = "";
        size_t used = encoded_word(arena, text + spaces, &decoded);

        if (used > 0) {
            str_add(&out, decoded);
            text += spaces + used;
        } else {
            str_addc(&out, *text++);
        }
        after_word = used > 0;
    }
    return out.text;
}

/* A parameter of a header: boundary="..." */
static const char *parameter_of(struct arena *arena, const char *value, const char *name)
{
    for (const char *at = strchr(value, ';'); at; at = strchr(at, ';')) {
        at++;
        at += strspn(at, " \t");
        if (strncasecmp(at, name, strlen(name)) == 0 && at[strlen(name)] == '=') {
            bool quoted = at[strlen(name) + 1] == '"';
            const char *begin = at + strlen(name) + 1 + quoted;

            return arena_copy(arena, begin, strcspn(begin, quoted ? "\"" : "; \t"));
        }
    }
    return "";
}

static const char *part_text(struct arena *arena, const struct part *part)
{
    const char *encoding = header_value(&part->headers, "Content-Transfer-Encoding");
    size_t len;

    if (strcasecmp(encoding, "base64") == 0)
        return lines_base64_read(arena, part->body, part->len);
    if (strcasecmp(encoding, "quoted-printable") == 0)
        return quoted_read(arena, part->body, part->len, false, &len);
    return arena_copy(arena, part->body, part->len);
}

/* Takes the part that a reader of plain text sees: text/plain, else text/html without its tags. */
static bool take_part(struct exchange *exchange, const struct part *part, const char **html)
{
    const char *type = media_type(exchange->arena, header_value(&part->headers, "Content-Type"));
    const char *text;

    if (type[0] && strcmp(type, "text/plain") != 0 && strcmp(type, "text/html") != 0)
        return true;
    text = part_text(exchange->arena, part);
    if (!text)
        return false;
    if (strcmp(type, "text/html") == 0)
        *html = text;
    else if (!exchange->reading.text[0])
        exchange->reading.text = text;
    return true;
}

static const char *take_multipart(struct exchange *exchange, const char *body, const char *boundary, const char **html)
{
    const char *mark = arena_print(exchange->arena, "\r\n--%s", boundary);
    const char *at = strncmp(body, mark + 2, strlen(mark) - 2) == 0 ? body : strstr(body, mark);
    size_t skip = at == body ? strlen(mark) - 2 : strlen(mark);

    for (size_t i = 0; at && i < PARTS_MOST; i++) {
        struct part part = {0};
        const char *next;

        if (strncmp(at + skip, "--", 2) == 0)
            return NULL;
        next = strstr(at + skip, mark);
        if (!next)
            break;
        part.body = read_headers(exchange->arena, at + skip + strspn(at + skip, " \t\r\n"), &part.headers);
        part.len = part.body < next ? (size_t)(next - part.body) : 0;
        if (!take_part(exchange, &part, html))
            return objection(exchange, "554", "a part is not base64, although its header says so");
        at = next;
        skip = strlen(mark);
    }
    return objection(exchange, "554", "the closing boundary is not there");
}

static const char *judge_lines(struct exchange *exchange)
{
    const char *headers_end = strstr(exchange->body, "\r\n\r\n");

    for (const char *at = exchange->body; *at;) {
        size_t len = strcspn(at, "\n");

        if (at[len] == '\n' && (len == 0 || at[len - 1] != '\r'))
            return objection(exchange, "550", "5.6.11 a line ends in a bare LF");
        if (len > LINE_MOST + 1)
            return objection(exchange, "554", "5.6.0 a line has more than %d bytes", LINE_MOST);
        at += len;
        at += *at == '\n';
    }
    for (const char *at = exchange->body; headers_end && at < headers_end; at++)
        if ((unsigned char)*at >= 0x80)
            return objection(exchange, "554", "5.6.9 a header holds bytes that are not ASCII");
    return NULL;
}

static const char *judge_headers(struct exchange *exchange)
{
    static const char *const NEEDED[] = {"From", "To", "Date", "Message-ID", "Subject"};

    for (size_t i = 0; i < sizeof(NEEDED) / sizeof(*NEEDED); i++)
        if (!header_value(&exchange->headers, NEEDED[i])[0])
            return objection(exchange, "550", "5.7.1 the message has no %s", NEEDED[i]);
    return NULL;
}

static const char *without_returns(struct arena *arena, const char *text)
{
    struct str out = str_in(arena, MAIL_MOST);

    for (; *text; text++)
        if (*text != '\r')
            str_addc(&out, *text);
    while (out.len > 0 && out.text[out.len - 1] == '\n')
        out.text[--out.len] = '\0';
    return out.text;
}

const char *mail_read(struct exchange *exchange)
{
    struct part whole = {.body = read_headers(exchange->arena, exchange->body, &exchange->headers)};
    const char *type = header_value(&exchange->headers, "Content-Type");
    const char *boundary = parameter_of(exchange->arena, type, "boundary");
    const char *html = "";
    const char *code = judge_lines(exchange);

    whole.headers = exchange->headers;
    whole.len = strlen(whole.body);
    exchange->reading.title = words_read(exchange->arena, header_value(&exchange->headers, "Subject"));
    exchange->reading.thread = header_value(&exchange->headers, "In-Reply-To");
    exchange->reading.format = media_type(exchange->arena, type);
    if (!code)
        code = judge_headers(exchange);
    if (!code && boundary[0])
        code = take_multipart(exchange, whole.body, boundary, &html);
    else if (!code && !take_part(exchange, &whole, &html))
        code = objection(exchange, "554", "the body is not base64, although its header says so");
    if (!exchange->reading.text[0])
        exchange->reading.text = plain_html(exchange->arena, html);
    exchange->reading.text = without_returns(exchange->arena, exchange->reading.text);
    return code;
}
