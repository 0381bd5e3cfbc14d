#include "common/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/str.h"

enum { SHORTEST = 6, LONG_SEGMENT = 16 }; /* bytes */

static const char BYTE_ORDER_MARK[] = "\xEF\xBB\xBF"; /* Windows' editor begins UTF-8 files with it */

/* Schemes of addresses that the configuration takes; anything else that holds "://" is a secret as a whole. */
static const char *const SCHEMES[] = {"http", "https", "smtp", "smtps", "socks4", "socks4a", "socks5", "socks5h", NULL};

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
        return (c | 0x20) - 'a' + 10;
    return -1;
}

/* The byte that `at` stands for in percent-encoded text, and how many bytes say it. */
static char byte_at(const char *at, size_t *used)
{
    int high = at[0] == '%' ? hex_digit(at[1]) : -1;
    int low = high >= 0 ? hex_digit(at[2]) : -1;

    *used = low >= 0 ? 3 : 1;
    return low >= 0 ? (char)(high * 16 + low) : at[0];
}

static void remember(struct secrets *secrets, const char *text, size_t len)
{
    if (len < SHORTEST)
        return;
    for (size_t i = 0; i < secrets->count; i++)
        if (strncmp(secrets->items[i], text, len) == 0 && secrets->items[i][len] == '\0')
            return;
    secrets->items = arena_grow(secrets->arena, secrets->items, (secrets->count + 1) * sizeof(*secrets->items));
    secrets->items[secrets->count++] = arena_copy(secrets->arena, text, len);
}

/* A part of an address, as it is written there and as it reads without percent-encoding. */
static void remember_part(struct secrets *secrets, const char *text, size_t len)
{
    struct str plain = str_in(secrets->arena, len);
    size_t used;

    remember(secrets, text, len);
    for (size_t at = 0; at < len; at += used) {
        char byte = byte_at(text + at, &used);

        str_addc(&plain, byte == '\0' ? '%' : byte);
    }
    remember(secrets, plain.text, plain.len);
}

static void remember_user(struct secrets *secrets, const char *text, size_t len)
{
    const char *colon = memchr(text, ':', len);
    size_t name = colon ? (size_t)(colon - text) : len;

    remember_part(secrets, text, len);
    remember_part(secrets, text, name);
    if (colon)
        remember_part(secrets, colon + 1, len - name - 1);
}

static void remember_segments(struct secrets *secrets, const char *path, size_t len)
{
    for (size_t at = 0, size; at < len; at += size + 1) {
        const char *slash = memchr(path + at, '/', len - at);

        size = slash ? (size_t)(slash - path) - at : len - at;
        if (size >= LONG_SEGMENT)
            remember_part(secrets, path + at, size);
    }
}

static void remember_values(struct secrets *secrets, const char *query)
{
    while (*query) {
        size_t len = strcspn(query, "&#");
        const char *equals = memchr(query, '=', len);
        const char *value = equals ? equals + 1 : query;

        remember_part(secrets, value, len - (size_t)(value - query));
        query += len;
        query += *query != '\0';
    }
}

/* `authority` is what follows "://". */
static void add_address(struct secrets *secrets, const char *authority)
{
    const char *after = authority + strcspn(authority, "/?#");
    const char *at = memrchr(authority, '@', (size_t)(after - authority));
    size_t path_len = strcspn(after, "?#");

    if (at)
        remember_user(secrets, authority, (size_t)(at - authority));
    remember_part(secrets, after, strlen(after));
    remember_segments(secrets, after, path_len);
    if (after[path_len])
        remember_values(secrets, after + path_len + 1);
}

/* What follows "://" of an address; NULL when the text is none. */
static const char *authority_of(const char *text)
{
    const char *colon = strstr(text, "://");

    for (size_t i = 0; colon && SCHEMES[i]; i++)
        if (strlen(SCHEMES[i]) == (size_t)(colon - text) && strncasecmp(SCHEMES[i], text, (size_t)(colon - text)) == 0)
            return colon + 3;
    return NULL;
}

void secrets_add(struct secrets *secrets, const char *text)
{
    const char *authority = authority_of(text);

    if (authority)
        add_address(secrets, authority);
    else
        remember(secrets, text, strlen(text));
}

static bool names_credential(const char *name)
{
    static const char *const PARTS[] = {"auth", "key", "token", "secret", "pass", "cookie", "sign"};

    for (size_t i = 0; i < sizeof(PARTS) / sizeof(*PARTS); i++)
        if (strcasestr(name, PARTS[i]))
            return true;
    return false;
}

void secrets_add_header(struct secrets *secrets, const char *line)
{
    size_t len = strcspn(line, ":");
    const char *value = line[len] ? line + len + 1 + strspn(line + len + 1, " ") : "";
    const char *scheme_end = strrchr(value, ' ');

    if (!names_credential(arena_copy(secrets->arena, line, len)))
        return;
    remember(secrets, value, strlen(value));
    if (scheme_end)
        remember(secrets, scheme_end + 1, strlen(scheme_end + 1));
}

/* Bytes at the beginning of `text` that say `secret` percent-encoded, in whatever mixture; 0 when they do not. */
static size_t encoded_length(const char *text, const char *secret)
{
    const char *at = text;
    size_t used;

    for (; *secret; secret++, at += used) {
        if (*at == '\0')
            return 0;
        if (byte_at(at, &used) != *secret && !(*at == '+' && *secret == ' '))
            return 0;
    }
    return (size_t)(at - text);
}

/* Marks in `hidden` every byte of `text` that belongs to `secret`. */
static void hide(const char *text, size_t len, const char *secret, char *hidden)
{
    size_t size = strlen(secret);

    for (size_t at = 0; at < len; at++) {
        size_t plain = strncmp(text + at, secret, size) == 0 ? size : 0;
        size_t encoded = encoded_length(text + at, secret);

        memset(hidden + at, 1, plain > encoded ? plain : encoded);
    }
}

const char *secrets_mask(struct arena *arena, const struct secrets *secrets, const char *text)
{
    size_t len = strlen(text);
    struct str masked = str_in(arena, 4 * len + 3);
    char *hidden = arena_alloc(arena, len + 1);

    /* Secrets may overlap in a text, so that first all are found and then each stretch is replaced. */
    for (size_t i = 0; i < secrets->count; i++)
        hide(text, len, secrets->items[i], hidden);
    for (size_t at = 0; at < len; at++) {
        if (!hidden[at])
            str_addc(&masked, text[at]);
        else if (at == 0 || !hidden[at - 1])
            str_add(&masked, "***");
    }
    return masked.text;
}

static bool mode_allowed(const char *path, const struct stat *found, struct fault *fault)
{
    if (!S_ISREG(found->st_mode))
        return fault_set(fault, FAULT_CONFIG, "'%s' holds a secret and must be a regular file", path);
    if (found->st_mode & 0007)
        return fault_set(fault, FAULT_CONFIG,
                         "'%s' holds a secret and every user of this machine has access to it (mode %04o): chmod "
                         "o-rwx '%s'",
                         path, found->st_mode & 07777U, path);
    if (found->st_mode & 0020)
        return fault_set(fault, FAULT_CONFIG,
                         "'%s' holds a secret and its group may write it (mode %04o): chmod g-w '%s'", path,
                         found->st_mode & 07777U, path);
    return true;
}

/* Up to `size` bytes; -1 with errno when the file cannot be read. */
static ssize_t read_up_to(int descriptor, char *bytes, size_t size)
{
    size_t len = 0;

    while (len < size) {
        ssize_t got = read(descriptor, bytes + len, size - len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        len += (size_t)got;
    }
    return (ssize_t)len;
}

/* The text of a file's `len` bytes, of which there was room for `size`. */
static bool take_text(struct arena *arena, const char *path, const char *bytes, size_t len, struct secret *secret,
                      struct fault *fault)
{
    size_t mark = strlen(BYTE_ORDER_MARK);
    size_t begin = len >= mark && memcmp(bytes, BYTE_ORDER_MARK, mark) == 0 ? mark : 0;

    while (len > begin && (bytes[len - 1] == '\n' || bytes[len - 1] == '\r'))
        len--;
    if (len == begin)
        return fault_set(fault, FAULT_CONFIG, "'%s' is empty: write the secret into it", path);
    if (len - begin > SECRET_MOST)
        return fault_set(fault, FAULT_CONFIG, "'%s' is longer than %d bytes: it is not a secret", path, SECRET_MOST);
    if (memchr(bytes, '\0', len))
        return fault_set(fault, FAULT_CONFIG, "'%s' holds a zero byte: it is not a text", path);
    secret->text = arena_copy(arena, bytes + begin, len - begin);
    return true;
}

/* A FIFO must not hold us up. */
static bool open_file(const char *path, int *descriptor, struct fault *fault)
{
    *descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    return *descriptor >= 0 || fault_set(fault, FAULT_CONFIG, "cannot read '%s': %s", path, strerror(errno));
}

static bool check_open(const char *path, int descriptor, struct fault *fault)
{
    struct stat found;

    if (fstat(descriptor, &found) != 0)
        return fault_set(fault, FAULT_CONFIG, "cannot read '%s': %s", path, strerror(errno));
    return mode_allowed(path, &found, fault);
}

static bool read_open(struct arena *arena, const char *path, int descriptor, struct secret *secret, struct fault *fault)
{
    char bytes[SECRET_MOST + 64]; /* line breaks and the mark come on top */
    ssize_t len;
    bool good;

    if (!check_open(path, descriptor, fault))
        return false;
    len = read_up_to(descriptor, bytes, sizeof(bytes));
    if (len < 0)
        return fault_set(fault, FAULT_CONFIG, "cannot read '%s': %s", path, strerror(errno));
    good = take_text(arena, path, bytes, (size_t)len, secret, fault);
    explicit_bzero(bytes, sizeof(bytes));
    return good;
}

bool secret_read(struct arena *arena, const char *path, struct secret *secret, struct fault *fault)
{
    int descriptor;
    bool good;

    if (!open_file(path, &descriptor, fault))
        return false;
    good = read_open(arena, path, descriptor, secret, fault);
    close(descriptor);
    return good;
}

bool secret_file_fits(const char *path, struct fault *fault)
{
    int descriptor;
    bool good;

    if (!open_file(path, &descriptor, fault))
        return false;
    good = check_open(path, descriptor, fault);
    close(descriptor);
    return good;
}
