/*
 * The module that talks to the network; see transport.h. Facts about libcurl that shaped it, measured with 7.88.1:
 * - CURLOPT_MAXFILESIZE let 3.4 GB through when no length was announced, so the answer is counted here;
 * - a request on a kept connection that the server drops is sent again without asking: nothing may go out twice, so no
 *   second connection is opened once a byte has left;
 * - a connection that ends in the middle of the headers is a success with an empty body: the empty line is waited for;
 * - with a login and a server that offers none, mail leaves without the login; with 2yz other than 250 after the dot,
 *   it reports failure: the conversation itself decides (transport_smtp.h);
 * - closing an SMTP connection waits up to two minutes for the answer to QUIT.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <curl/curl.h>

#include "common/clock.h"
#include "common/compat.h"
#include "common/str.h"
#include "common/transport.h"
#include "common/transport_smtp.h"

enum { HEADERS_MOST = 64 * 1024, HEADER_MOST = 1024, SOCKETS_MOST = 64, LONGEST_WAIT_S = 86400 };

/* One request and what is heard and seen while libcurl carries it. */
struct exchange {
    struct arena *arena;
    const struct request *request;
    const char *next; /* of a mail: what is still to be handed over */
    size_t left;
    struct str body;
    size_t header_bytes;
    bool head_ended;         /* by an empty line */
    const char *retry_after; /* the header's value, "" when absent */
    int64_t date_s;
    struct smtp_talk talk;
    bool departed; /* a byte of the request is on the wire */
    bool too_much; /* the answer is longer than anybody needs */
    bool no_login; /* stopped, because the server let us in without the login */
    char words[CURL_ERROR_SIZE];
};

/* Kept over several sends, so that connections are. */
static CURL *handle;
static int sockets[SOCKETS_MOST];
static size_t socket_count;

/* What libcurl asks and tells while it works. */

static curl_socket_t open_socket(void *from, curlsocktype purpose, struct curl_sockaddr *address)
{
    const struct exchange *exchange = from;
    int fd;

    if (purpose != CURLSOCKTYPE_IPCXN || exchange->departed)
        return CURL_SOCKET_BAD;
    fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd >= 0 && socket_count < SOCKETS_MOST)
        sockets[socket_count++] = fd;
    return fd;
}

static int close_socket(void *from, curl_socket_t fd)
{
    (void)from;
    for (size_t i = 0; i < socket_count; i++)
        if (sockets[i] == fd)
            sockets[i] = sockets[--socket_count];
    return close(fd);
}

static bool asks_proxy(const char *bytes, size_t len)
{
    return len >= 8 && memcmp(bytes, "CONNECT ", 8) == 0;
}

static int see_traffic(CURL *curl, curl_infotype type, char *bytes, size_t len, void *into)
{
    struct exchange *exchange = into;

    (void)curl;
    if (type == CURLINFO_HEADER_OUT && exchange->request->mail)
        smtp_said(&exchange->talk, bytes, len);
    if (type == CURLINFO_DATA_OUT || (type == CURLINFO_HEADER_OUT && !asks_proxy(bytes, len)))
        exchange->departed = true;
    return 0;
}

static size_t give_mail(char *into, size_t size, size_t count, void *from)
{
    struct exchange *exchange = from;
    size_t len = exchange->left < size * count ? exchange->left : size * count;

    memcpy(into, exchange->next, len);
    exchange->next += len;
    exchange->left -= len;
    if (exchange->left == 0)
        smtp_said_all(&exchange->talk);
    return len;
}

static size_t hear_body(char *bytes, size_t size, size_t count, void *into)
{
    struct exchange *exchange = into;

    str_addn(&exchange->body, bytes, size * count);
    if (str_fits(&exchange->body))
        return size * count;
    exchange->too_much = true;
    return 0;
}

/* The value of "Name: value" in the arena, or NULL when the line is another header. */
static const char *header_value(struct arena *arena, const char *line, size_t len, const char *name)
{
    size_t name_len = strlen(name);

    if (len <= name_len || len > HEADER_MOST || strncasecmp(line, name, name_len) != 0 || line[name_len] != ':')
        return NULL;
    line += name_len + 1;
    len -= name_len + 1;
    while (len > 0 && isspace((unsigned char)*line)) {
        line++;
        len--;
    }
    while (len > 0 && isspace((unsigned char)line[len - 1]))
        len--;
    return arena_copy(arena, line, len);
}

/* An interim answer (100) has headers of its own, which the next status line makes void. */
static void read_header(struct exchange *exchange, const char *line, size_t len)
{
    const char *value;

    if (len >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        exchange->head_ended = false;
        exchange->retry_after = "";
        exchange->date_s = 0;
    } else if (len > 0 && (line[0] == '\r' || line[0] == '\n')) {
        exchange->head_ended = true;
    } else if ((value = header_value(exchange->arena, line, len, "Retry-After"))) {
        exchange->retry_after = value;
    } else if ((value = header_value(exchange->arena, line, len, "Date"))) {
        exchange->date_s = curl_getdate(value, NULL) > 0 ? (int64_t)curl_getdate(value, NULL) : 0;
    }
}

static bool hear_reply(struct exchange *exchange, const char *line, size_t len)
{
    const struct mail *mail = exchange->request->mail;

    smtp_heard(&exchange->talk, line, len);
    exchange->no_login = mail->user[0] != '\0' && smtp_lacks_login(&exchange->talk);
    exchange->too_much = !str_fits(&exchange->talk.replies);
    /* What follows a refusal is QUIT: its answer is not worth the caller's time. */
    if (exchange->talk.decisive >= 400)
        curl_easy_setopt(handle, CURLOPT_SERVER_RESPONSE_TIMEOUT, 1L);
    return !exchange->no_login && !exchange->too_much;
}

static size_t hear_header(char *bytes, size_t size, size_t count, void *into)
{
    struct exchange *exchange = into;
    size_t len = size * count;

    if (exchange->request->mail)
        return hear_reply(exchange, bytes, len) ? len : 0;
    exchange->header_bytes += len;
    exchange->too_much = exchange->header_bytes > HEADERS_MOST;
    if (exchange->too_much)
        return 0;
    read_header(exchange, bytes, len);
    return len;
}

/* The options of one transfer. */

#define SET(option, value) (curl_easy_setopt(handle, CURLOPT_##option, value) == CURLE_OK)

/* NULL is how libcurl writes an option that is not given. */
static const char *or_null(const char *text)
{
    return text[0] ? text : NULL;
}

static bool set_protocols(bool mail)
{
#ifdef COMPAT_PROTOCOLS_STR
    return SET(PROTOCOLS_STR, mail ? "smtp,smtps" : "http,https");
#else
    return SET(PROTOCOLS, mail ? (long)(CURLPROTO_SMTP | CURLPROTO_SMTPS) : (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

static bool set_limits(int64_t timeout_ms)
{
    long most_ms = timeout_ms < 1 ? 1 : (long)timeout_ms;

    return SET(TIMEOUT_MS, most_ms) &&
           SET(CONNECTTIMEOUT_MS, most_ms < TRANSPORT_CONNECT_MS ? most_ms : (long)TRANSPORT_CONNECT_MS) &&
           SET(SERVER_RESPONSE_TIMEOUT, (most_ms + 999) / 1000) && SET(FOLLOWLOCATION, 0L) &&
           SET(NETRC, (long)CURL_NETRC_IGNORED) && SET(NOSIGNAL, 1L) && SET(PATH_AS_IS, 1L) &&
           SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) && SET(USERAGENT, "notification-plugins/" NOTIFY_VERSION);
}

/* Verification is libcurl's default; said here for the reader. A file of our own replaces the directory, too. */
static bool set_tls(const struct network *network)
{
    const char *ca_file = network->ca_file;
    bool set = SET(SSL_VERIFYPEER, 1L) && SET(SSL_VERIFYHOST, 2L) && SET(SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);

    return set && (!ca_file[0] || (SET(CAINFO, ca_file) && SET(CAPATH, NULL))) &&
           (!network->cert_file[0] || (SET(SSLCERT, network->cert_file) && SET(SSLKEY, network->key_file)));
}

/* "" for the proxy keeps libcurl from asking the environment. */
static bool set_proxy(const struct network *network)
{
    bool set = SET(PROXY, network->proxy) && SET(NOPROXY, network->no_proxy);

    if (!network->proxy[0])
        return set;
    set = set && SET(PROXYUSERPWD, or_null(secret_text(network->proxy_user))) && SET(SUPPRESS_CONNECT_HEADERS, 1L);
    if (strncasecmp(network->proxy, "https:", 6) != 0)
        return set;
    return set && SET(PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
           (!network->ca_file[0] || (SET(PROXY_CAINFO, network->ca_file) && SET(PROXY_CAPATH, NULL)));
}

/* "host!" says that the text is an address or a name, and not a network device. */
static bool set_source(struct arena *arena, const struct network *network)
{
    const char *source = network->source_address;
    long family = strcmp(network->ip, "4") == 0   ? (long)CURL_IPRESOLVE_V4
                  : strcmp(network->ip, "6") == 0 ? (long)CURL_IPRESOLVE_V6
                                                  : (long)CURL_IPRESOLVE_WHATEVER;

    return SET(IPRESOLVE, family) && (!source[0] || SET(INTERFACE, arena_print(arena, "host!%s", source)));
}

static bool set_listeners(struct exchange *exchange)
{
    return SET(ERRORBUFFER, exchange->words) && SET(WRITEFUNCTION, hear_body) && SET(WRITEDATA, exchange) &&
           SET(HEADERFUNCTION, hear_header) && SET(HEADERDATA, exchange) && SET(VERBOSE, 1L) &&
           SET(DEBUGFUNCTION, see_traffic) && SET(DEBUGDATA, exchange) && SET(OPENSOCKETFUNCTION, open_socket) &&
           SET(OPENSOCKETDATA, exchange) && SET(CLOSESOCKETFUNCTION, close_socket);
}

static void free_list(void *list)
{
    curl_slist_free_all(list);
}

/* NULL when there are no lines, or no memory for them: the caller can tell by `count`. */
static struct curl_slist *list_of(struct arena *arena, const char *const *lines, size_t count)
{
    struct curl_slist *list = NULL;

    for (size_t i = 0; i < count; i++) {
        struct curl_slist *longer = curl_slist_append(list, lines[i]);

        if (!longer) {
            curl_slist_free_all(list);
            return NULL;
        }
        list = longer;
    }
    if (list)
        arena_defer(arena, free_list, list);
    return list;
}

/* Exactly the bytes of the body: they may be signed. */
static bool set_http(const struct request *request)
{
    const char *lines[REQUEST_HEADERS + 1] = {"Expect:"};
    struct curl_slist *list;

    memcpy(lines + 1, request->headers, request->header_count * sizeof(*lines));
    list = list_of(request->arena, lines, request->header_count + 1);
    if (!list || !SET(HTTPHEADER, list))
        return false;
    if (strcmp(request->method, "GET") == 0 && request->body_len == 0)
        return SET(HTTPGET, 1L);
    return SET(POST, 1L) && SET(POSTFIELDS, request->body) && SET(POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len) &&
           SET(CUSTOMREQUEST, request->method);
}

static bool set_mail(struct exchange *exchange)
{
    const struct mail *mail = exchange->request->mail;
    struct curl_slist *to = list_of(exchange->arena, &mail->to, 1);
    bool set = to && SET(MAIL_FROM, mail->from) && SET(MAIL_RCPT, to) && SET(UPLOAD, 1L) &&
               SET(READFUNCTION, give_mail) && SET(READDATA, exchange) &&
               SET(INFILESIZE_LARGE, (curl_off_t)exchange->request->body_len) &&
               SET(USE_SSL, mail->tls == TLS_REQUIRED ? (long)CURLUSESSL_ALL : (long)CURLUSESSL_NONE);

    if (mail->user[0])
        set = set && SET(USERNAME, mail->user) && SET(PASSWORD, secret_text(mail->password)) && SET(SASL_IR, 1L);
    return set;
}

static bool set_all(struct exchange *exchange, int64_t timeout_ms)
{
    const struct request *request = exchange->request;

    return SET(URL, request->url) && set_protocols(request->mail != NULL) && set_limits(timeout_ms) &&
           set_tls(request->network) && set_proxy(request->network) && set_source(request->arena, request->network) &&
           set_listeners(exchange) && (request->mail ? set_mail(exchange) : set_http(request));
}

/* What became of it. */

/* Seconds, or a date that counts from the server's own clock. Anything else asks for nothing. */
static int64_t seconds_asked(const struct exchange *exchange)
{
    const char *value = exchange->retry_after;
    int64_t now_s = exchange->date_s ? exchange->date_s : clock_system.wall_ms(clock_system.self) / 1000;
    int64_t wait_s;

    if (value[0] && value[strspn(value, "0123456789")] == '\0')
        wait_s = strtoll(value, NULL, 10);
    else
        wait_s = (int64_t)curl_getdate(value, NULL) - now_s;
    return wait_s < 0 ? 0 : wait_s > LONGEST_WAIT_S ? LONGEST_WAIT_S : wait_s;
}

/* Path and query of a redirect may hold the very token that we were sent with. */
static const char *redirect_host(struct arena *arena)
{
    const char *url = NULL;
    const char *scheme_end;

    if (curl_easy_getinfo(handle, CURLINFO_REDIRECT_URL, &url) != CURLE_OK || !url)
        return "";
    scheme_end = strstr(url, "://");
    return scheme_end ? arena_print(arena, "%.*s://%s", (int)(scheme_end - url), url, url_host(arena, url)) : "";
}

static int http_status(void)
{
    long status = 0;

    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    return (int)status;
}

static bool name_was_found(void)
{
    double seconds = 0;

    curl_easy_getinfo(handle, CURLINFO_NAMELOOKUP_TIME, &seconds);
    return seconds > 0;
}

/* A connection that breaks within the handshake is the network's trouble and may pass; OpenSSL's alerts do not. */
static bool handshake_was_cut(const char *words)
{
    return strcasestr(words, "unexpected eof") || strcasestr(words, "reset by peer") ||
           strstr(words, "SSL_ERROR_SYSCALL");
}

static enum trouble trouble_of_callback(const struct exchange *exchange)
{
    if (exchange->no_login)
        return TROUBLE_AUTH;
    return exchange->too_much ? TROUBLE_BIG : TROUBLE_LOST;
}

static enum trouble trouble_of(const struct exchange *exchange, CURLcode code)
{
    switch ((int)code) { /* not the enum: its values depend on libcurl's version */
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return TROUBLE_NAME;
    case CURLE_OPERATION_TIMEDOUT:
        return exchange->departed ? TROUBLE_LOST : name_was_found() ? TROUBLE_CONNECT : TROUBLE_NAME;
    case CURLE_SSL_CONNECT_ERROR:
        return handshake_was_cut(exchange->words) ? TROUBLE_CONNECT : TROUBLE_TLS;
    case CURLE_PEER_FAILED_VERIFICATION:
#ifdef COMPAT_UNTRUSTED
    case COMPAT_UNTRUSTED:
#endif
    case CURLE_SSL_CIPHER:
    case CURLE_USE_SSL_FAILED:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
        return TROUBLE_TLS;
    case CURLE_LOGIN_DENIED:
        return TROUBLE_AUTH;
    case CURLE_WRITE_ERROR:
        return trouble_of_callback(exchange);
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_FAILED_INIT:
    case CURLE_NOT_BUILT_IN:
    case CURLE_OUT_OF_MEMORY:
    case CURLE_INTERFACE_FAILED:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
        return exchange->departed ? TROUBLE_LOST : TROUBLE_OURS; /* an unsupported protocol may be the answer's */
    }
    return exchange->departed ? TROUBLE_LOST : TROUBLE_CONNECT;
}

static const char *words_of(const struct exchange *exchange, CURLcode code)
{
    if (exchange->no_login)
        return "the server offers no login, and without it nothing is sent";
    if (exchange->too_much)
        return "the answer is too long";
    if (exchange->words[0])
        return arena_copy(exchange->arena, exchange->words, strlen(exchange->words));
    return code == CURLE_OK ? "the answer is not complete" : curl_easy_strerror(code);
}

static void tell_trouble(const struct exchange *exchange, CURLcode code, bool maybe_sent, struct response *response)
{
    response->trouble = code == CURLE_OK ? TROUBLE_LOST : trouble_of(exchange, code);
    response->words = words_of(exchange, code);
    response->maybe_sent = maybe_sent;
}

/* A server acts on a mail once it has seen the final dot, and never before. */
static void tell_mail(const struct exchange *exchange, CURLcode code, struct response *response)
{
    const struct smtp_talk *talk = &exchange->talk;

    response->replies = talk->replies.text;
    if (talk->decisive && !exchange->no_login && !exchange->too_much) {
        response->status = talk->decisive;
        response->command = smtp_command_name(talk->decided);
    } else {
        tell_trouble(exchange, code, talk->command == SMTP_DOT, response);
    }
}

static void tell_http(const struct exchange *exchange, CURLcode code, struct response *response)
{
    response->body = exchange->body.text;
    response->body_len = exchange->body.len;
    response->date_s = exchange->date_s;
    response->retry_after_s = seconds_asked(exchange);
    response->location = redirect_host(exchange->arena);
    if (code == CURLE_OK && exchange->head_ended && http_status() >= 100)
        response->status = http_status();
    else
        tell_trouble(exchange, code, exchange->departed, response);
}

/*
 * Says QUIT and closes, but waits for no answer. Before OpenSSL's own end: what is registered last runs first. See process_end().
 */
static void end_connections(void)
{
    for (size_t i = 0; i < socket_count; i++)
        shutdown(sockets[i], SHUT_RD);
    curl_easy_cleanup(handle);
    curl_global_cleanup();
}

static bool start(void)
{
    if (handle)
        return true;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return false;
    handle = curl_easy_init();
    return handle && atexit(end_connections) == 0 && at_quick_exit(end_connections) == 0;
}

static bool begins_with(const char *text, const char *start_of_it)
{
    return strncasecmp(text, start_of_it, strlen(start_of_it)) == 0;
}

/* libcurl would guess a scheme that is missing. */
static bool scheme_suits(const struct request *request)
{
    const char *url = request->url;

    return request->mail ? begins_with(url, "smtp://") || begins_with(url, "smtps://")
                         : begins_with(url, "http://") || begins_with(url, "https://");
}

/* Of bytes that would end a line or an address. The channel has checked; this is the last door. */
static bool is_sound(const char *text, const char *unwanted)
{
    for (; *text; text++)
        if ((unsigned char)*text <= ' ' || *text == 0x7F || strchr(unwanted, *text))
            return false;
    return true;
}

/* "" when the request can be sent; else why not. */
static const char *objection(const struct request *request)
{
    const char *method = request->method;

    if (!scheme_suits(request))
        return request->mail ? "the address must begin with smtp:// or smtps://"
                             : "the address must begin with https:// or http://";
    if (!is_sound(request->url, ""))
        return "the address holds a space or a control character";
    if (request->mail && !(is_sound(request->mail->from, "<>") && is_sound(request->mail->to, "<>")))
        return "a mail address holds a space, a bracket or a control character";
    if (method[0] == '\0' || method[strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] != '\0')
        return "the method must be a word in capitals";
    return "";
}

static void refuse(const char *why, struct response *response)
{
    response->trouble = TROUBLE_OURS;
    response->words = why;
}

static void send_by_curl(const struct request *request, int64_t timeout_ms, struct response *response)
{
    struct exchange exchange = {
        .arena = response->arena,
        .request = request,
        .next = request->body,
        .left = request->body_len,
        .body = str_in(response->arena, TRANSPORT_MOST_BODY),
        .retry_after = "",
        .talk = smtp_talk_in(response->arena),
    };
    CURLcode code;

    if (objection(request)[0]) {
        refuse(objection(request), response);
        return;
    }
    if (!start() || !set_all(&exchange, timeout_ms)) {
        refuse("libcurl cannot be set up", response);
        return;
    }
    code = curl_easy_perform(handle);
    if (request->mail)
        tell_mail(&exchange, code, response);
    else
        tell_http(&exchange, code, response);
    curl_easy_reset(handle); /* it must not remember what belongs to this exchange */
}

__attribute__((visibility("default"))) extern const struct transport_module transport_curl_module;
const struct transport_module transport_curl_module = {.version = TRANSPORT_VERSION, .send = send_by_curl};
