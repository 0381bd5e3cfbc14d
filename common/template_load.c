#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/str.h"
#include "common/template.h"
#include "common/template_private.h"
#include "common/utf8.h"

enum { NAME_MOST = 64 };

static const char FALLBACK[] = "default";

/* A template file cut in two. */
struct parts {
    const char *title;
    size_t title_line;
    const char *text;
    size_t text_line;
};

struct folder {
    struct arena *arena;
    const char *path;
};

bool template_name_valid(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");

    return len > 0 && len <= NAME_MOST && name[len] == '\0';
}

/* One byte more than a template may have is read: the parser then says that it is too long. */
static bool read_whole(int descriptor, struct str *bytes)
{
    char buffer[4096];
    ssize_t got;

    do {
        got = read(descriptor, buffer, sizeof(buffer));
        if (got > 0)
            str_addn(bytes, buffer, (size_t)got);
    } while ((got > 0 && str_fits(bytes)) || (got < 0 && errno == EINTR));
    return got >= 0;
}

/* The file as clean text: with LF line ends and without a byte order mark, whatever editor wrote it. NULL and errno. */
static const char *read_text(struct arena *arena, const char *path)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct str bytes = str_in(arena, TEMPLATE_MOST + 4096);
    struct stat status;
    bool done;
    int error;

    if (descriptor < 0)
        return NULL;
    if (fstat(descriptor, &status) == 0 && !S_ISREG(status.st_mode)) {
        close(descriptor);
        errno = EINVAL;
        return NULL;
    }
    done = read_whole(descriptor, &bytes);
    error = errno;
    close(descriptor);
    errno = error;
    return done ? utf8_clean(arena, bytes.text, bytes.len) : NULL;
}

/* Reads the title's line and the line `--` after it, if the file begins with a title. */
static bool cut_parts(struct arena *arena, const char *path, const char *file, const char *title, struct parts *parts,
                      struct fault *fault)
{
    static const char key[] = "title:";
    size_t len = strcspn(file, "\n");
    const char *rest = file + len;

    *parts = (struct parts){.title = title, .title_line = 1, .text = file, .text_line = 1};
    if (strncmp(file, key, strlen(key)) != 0)
        return true;
    if (strncmp(rest, "\n--\n", 4) != 0)
        return fault_set(fault, FAULT_CONFIG, "%s:2: after the title a line '--' is wanted, found '%.*s'", path,
                         (int)strcspn(rest + (*rest != '\0'), "\n"), rest + (*rest != '\0'));
    file += strlen(key);
    file += strspn(file, " \t");
    parts->title = arena_copy(arena, file, (size_t)(rest - file));
    parts->text = rest + 4;
    parts->text_line = 3;
    return true;
}

/* The partial is the text of the template of that name in the same folder. */
static const char *find_partial(void *self, const char *name)
{
    const struct folder *folder = self;
    struct fault fault;
    struct parts parts;
    const char *path;
    const char *file;

    if (!template_name_valid(name))
        return NULL;
    path = arena_print(folder->arena, "%s/%s.mustache", folder->path, name);
    file = read_text(folder->arena, path);
    if (!file || !cut_parts(folder->arena, path, file, "", &parts, &fault))
        return NULL;
    return parts.text;
}

static bool parse_file(struct arena *arena, const char *folder_path, const char *file, const char *title,
                       struct message_template *template, struct fault *fault)
{
    struct folder *folder = arena_alloc(arena, sizeof(*folder));
    const struct partials partials = {.find = find_partial, .self = folder};
    struct message_template read = *template;
    struct parts parts;

    *folder = (struct folder){.arena = arena, .path = folder_path};
    if (!cut_parts(arena, read.path, file, title, &parts, fault))
        return false;
    read.title = template_parse_at(arena, read.path, parts.title_line, parts.title, &partials, fault);
    if (!read.title)
        return false;
    read.text = template_parse_at(arena, read.path, parts.text_line, parts.text, &partials, fault);
    if (!read.text)
        return false;
    *template = read;
    return true;
}

bool template_load(struct arena *arena, const char *directory, enum language language, const char *name,
                   struct message_template *template, bool *found, struct fault *fault)
{
    const char *const names[] = {name, name, FALLBACK, FALLBACK};
    const enum language languages[] = {language, LANGUAGE_EN, language, LANGUAGE_EN};
    const char *path = "";
    int error = 0;

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        const char *folder = arena_print(arena, "%s/%s", directory, language_name(languages[i]));
        struct message_template read = {.name = arena_print(arena, "%s", names[i])};
        const char *file;

        if (!template_name_valid(names[i]))
            continue;
        read.path = path = arena_print(arena, "%s/%s.mustache", folder, names[i]);
        file = read_text(arena, path);
        error = errno;
        if (!file)
            continue;
        if (!parse_file(arena, folder, file, word_in(language, WORD_TEMPLATE_TITLE), &read, fault))
            return false;
        *template = read;
        *found = i < 2;
        return true;
    }
    return fault_set(fault, FAULT_CONFIG, "cannot read template '%s': %s", path, strerror(error));
}

/* --- the shelf --- */

struct shelved {
    const char *directory;
    enum language language;
    struct message_template template;
    struct shelved *next;
};

bool template_take(struct template_shelf *shelf, const char *directory, enum language language, const char *name,
                   struct message_template *template, bool *found, struct fault *fault)
{
    struct shelved *shelved = shelf->first;

    while (shelved && (shelved->language != language || strcmp(shelved->template.name, name) != 0 ||
                       strcmp(shelved->directory, directory) != 0))
        shelved = shelved->next;
    if (shelved) {
        *template = shelved->template;
        *found = true;
        return true;
    }
    if (!template_load(shelf->arena, directory, language, name, template, found, fault))
        return false;
    if (*found) {
        shelved = arena_alloc(shelf->arena, sizeof(*shelved));
        *shelved = (struct shelved){.directory = arena_copy(shelf->arena, directory, strlen(directory)),
                                    .language = language,
                                    .template = *template,
                                    .next = shelf->first};
        shelf->first = shelved;
    }
    return true;
}
