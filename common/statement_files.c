#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/statements_private.h"
#include "common/str.h"

const char *directory_of(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        return ".";
    return slash == path ? "/" : arena_copy(arena, path, (size_t)(slash - path));
}

static bool read_all(int descriptor, struct str *content, const char *path, struct fault *fault)
{
    char bytes[16384];
    ssize_t got;

    while ((got = read(descriptor, bytes, sizeof(bytes))) != 0) {
        if (got < 0 && errno != EINTR)
            return fault_set(fault, FAULT_CONFIG, "cannot read '%s': %s", path, strerror(errno));
        if (got > 0)
            str_addn(content, bytes, (size_t)got);
        if (!str_fits(content))
            return fault_set(fault, FAULT_CONFIG, "'%s' is too long: a configuration has at most %d bytes", path,
                             CONFIG_MOST);
    }
    return true;
}

static bool read_open(struct statements *statements, const char *path, int descriptor, struct source_file *source,
                      struct str *content, struct fault *fault)
{
    struct stat found;

    if (fstat(descriptor, &found) != 0)
        return fault_set(fault, FAULT_CONFIG, "cannot read '%s': %s", path, strerror(errno));
    if (!S_ISREG(found.st_mode))
        return fault_set(fault, FAULT_CONFIG, "'%s' is not a regular file", path);
    *source = (struct source_file){
        .path = path,
        .others_write = (found.st_mode & S_IWOTH) != 0,
        .others_read = (found.st_mode & S_IROTH) != 0,
        .group_writes = (found.st_mode & S_IWGRP) != 0,
    };
    *content = str_in(statements->arena, CONFIG_MOST - statements->bytes);
    if (!read_all(descriptor, content, path, fault))
        return false;
    statements->bytes += content->len;
    return true;
}

static bool read_file(struct statements *statements, const char *path, struct source_file **source, struct str *content,
                      struct fault *fault)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    bool good;

    if (descriptor < 0)
        return fault_set(fault, FAULT_CONFIG, "cannot read '%s': %s", path, strerror(errno));
    *source = arena_alloc(statements->arena, sizeof(**source));
    good = read_open(statements, path, descriptor, *source, content, fault);
    close(descriptor);
    if (!good)
        return false;
    statements->sources = arena_grow(statements->arena, statements->sources,
                                     (statements->source_count + 1) * sizeof(*statements->sources));
    statements->sources[statements->source_count++] = *source;
    return true;
}

static bool is_include(const struct statement *statement)
{
    return statement->shape == SHAPE_CALL && strcmp(statement->name, "include") == 0 && !statement->mistake[0];
}

static void append_trouble(struct statements *statements, const struct statement *include, const char *why)
{
    struct statement trouble = *include;

    statement_refuse(&trouble, why);
    statements_append(statements, &trouble);
}

static void include_file(struct statements *statements, const struct statement *include, const char *path)
{
    struct statements more = {.arena = statements->arena};
    struct source_file *source = NULL;
    struct str content = {0};
    struct fault fault = {0};

    if (!read_file(statements, path, &source, &content, &fault)) {
        append_trouble(statements, include, arena_print(statements->arena, "%s", fault.text));
        return;
    }
    statements_scan(&more, source, content.text, content.len);
    for (size_t i = 0; i < more.count; i++) {
        if (is_include(&more.items[i]))
            append_trouble(statements, &more.items[i],
                           "an included file cannot include others: move this line into the main file");
        else
            statements_append(statements, &more.items[i]);
    }
}

/* A directory that is not there has no files; one that may not be read hides them. */
static int glob_trouble(const char *path, int error)
{
    (void)path;
    return error != ENOENT;
}

static void free_matches(void *matches)
{
    globfree(matches);
}

/* Many matches are told once. */
static void include_each(struct statements *statements, const struct statement *include, const glob_t *matches)
{
    for (size_t i = 0; i < matches->gl_pathc; i++) {
        if (statements->source_count == CONFIG_FILES_MOST) {
            append_trouble(statements, include,
                           arena_print(statements->arena,
                                       "there are more than %d files: '%s' and those behind it are not read",
                                       CONFIG_FILES_MOST, matches->gl_pathv[i]));
            return;
        }
        include_file(statements, include, matches->gl_pathv[i]);
    }
}

static void include_matches(struct statements *statements, const char *directory, const struct statement *include)
{
    struct arena *arena = statements->arena;
    glob_t *matches = arena_alloc(arena, sizeof(*matches));
    const char *pattern =
        include->title[0] == '/' ? include->title : arena_print(arena, "%s/%s", directory, include->title);
    int found = glob(pattern, 0, glob_trouble, matches);

    arena_defer(arena, free_matches, matches);
    if (found == 0)
        include_each(statements, include, matches);
    else if (found != GLOB_NOMATCH)
        append_trouble(statements, include,
                       arena_print(arena, "cannot look for '%s': is its directory readable?", pattern));
    else if (!strpbrk(pattern, "*?["))
        append_trouble(statements, include, arena_print(arena, "there is no file '%s'", pattern));
}

bool statements_read(struct statements *statements, const char *path, struct fault *fault)
{
    struct statements main = {.arena = statements->arena};
    const char *directory = directory_of(statements->arena, path);
    struct source_file *source = NULL;
    struct str content = {0};

    if (!read_file(statements, path, &source, &content, fault))
        return false;
    statements_scan(&main, source, content.text, content.len);
    for (size_t i = 0; i < main.count; i++) {
        if (is_include(&main.items[i]))
            include_matches(statements, directory, &main.items[i]);
        else
            statements_append(statements, &main.items[i]);
    }
    return true;
}
