#include "common/request.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct request request_in(struct arena *arena)
{
    static const struct network DIRECT = {.proxy = "",
                                          .proxy_user = {""},
                                          .no_proxy = "",
                                          .ca_file = "",
                                          .cert_file = "",
                                          .key_file = "",
                                          .source_address = "",
                                          .ip = "any"};

    return (struct request){.arena = arena, .method = "POST", .url = "", .body = "", .network = &DIRECT};
}

struct response response_in(struct arena *arena)
{
    return (struct response){.arena = arena, .body = "", .location = "", .replies = "", .command = "", .words = ""};
}

/* The first byte that no address holds, or the end of it. */
static const char *first_odd(const char *url)
{
    while (*url > ' ' && *url < 0x7F && !strchr("\"<>\\^`{|}", *url))
        url++;
    return url;
}

bool request_to(struct request *request, const char *url, struct fault *fault)
{
    const char *odd = first_odd(url);

    if (strncasecmp(url, "https://", 8) != 0 && strncasecmp(url, "http://", 7) != 0)
        return fault_set(fault, FAULT_CONFIG, "the address begins with '%.*s', not with https://",
                         (int)strspn(url, "abcdefghijklmnopqrstuvwxyz:/"), url);
    if (*odd)
        return fault_set(fault, FAULT_CONFIG,
                         "the address has a sign at position %zu that no address has: copy it anew",
                         (size_t)(odd - url) + 1);
    if (strchr(":", url_host(request->arena, url)[0]))
        return fault_set(fault, FAULT_CONFIG, "the address has no host");
    request->url = url;
    return true;
}

static void drop_controls(char *line)
{
    char *to = line;

    for (; *line; line++)
        if ((unsigned char)*line >= ' ' && *line != 0x7F)
            *to++ = *line;
    *to = '\0';
}

void request_header(struct request *request, const char *format, ...)
{
    va_list args;
    char *line;

    va_start(args, format);
    line = arena_vprint(request->arena, format, args);
    va_end(args);
    drop_controls(line);
    if (request->header_count == REQUEST_HEADERS) {
        fputs("notify: a request with too many headers\n", stderr);
        abort();
    }
    request->headers[request->header_count++] = line;
}

void request_body(struct request *request, const char *text)
{
    request->body = text;
    request->body_len = strlen(text);
}

void request_measure(struct request *request, const char *what, const char *text, size_t most, enum unit unit)
{
    if (request->measure_count < REQUEST_MEASURES)
        request->measures[request->measure_count++] =
            (struct measure){.what = what, .length = utf8_count(text, unit), .most = most, .unit = unit};
}

const char *request_header_named(const struct request *request, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < request->header_count; i++) {
        const char *line = request->headers[i];

        if (strncasecmp(line, name, len) == 0 && line[len] == ':')
            return line + len + 1 + strspn(line + len + 1, " ");
    }
    return "";
}

const char *url_host(struct arena *arena, const char *url)
{
    const char *start = strstr(url, "://");
    const char *at;
    size_t len;

    if (!start)
        return "";
    start += 3;
    len = strcspn(start, "/?#");
    at = memrchr(start, '@', len);
    if (at) {
        len -= (size_t)(at + 1 - start);
        start = at + 1;
    }
    return arena_copy(arena, start, len);
}
