#include "common/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_spool(struct arena *arena, const char *directory, bool make)
{
    const char *path = arena_print(arena, "%s/spool", directory);

    if (make)
        mkdir(path, S_IRWXU | S_IRWXG);
    return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static bool write_all(int descriptor, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t written = write(descriptor, text, len);

        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0) {
            text += written;
            len -= (size_t)written;
        }
    }
    return true;
}

static bool keep_file(int spool, const char *unfinished, const char *name, const char *text)
{
    int descriptor = openat(spool, unfinished, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0660);
    bool kept;

    if (descriptor < 0)
        return false;
    kept = fchmod(descriptor, 0660) == 0 && write_all(descriptor, text, strlen(text)) && fsync(descriptor) == 0;
    kept = close(descriptor) == 0 && kept;
    if (kept && renameat(spool, unfinished, spool, name) == 0 && fsync(spool) == 0)
        return true;
    unlinkat(spool, unfinished, 0);
    return false;
}

bool spool_keep(struct arena *arena, const char *directory, const char *id, const char *text, struct fault *fault)
{
    int spool = open_spool(arena, directory, true);
    bool kept = spool >= 0 && keep_file(spool, arena_print(arena, ".%s", id), arena_print(arena, "%s.json", id), text);

    if (!kept)
        fault_set(fault, FAULT_SYSTEM, "cannot keep the message in '%s/spool': %s", directory, strerror(errno));
    if (spool >= 0)
        close(spool);
    return kept;
}

/* A whole file of its own, or NULL. */
static const char *read_file(struct arena *arena, int spool, const char *name)
{
    int descriptor = openat(spool, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    struct stat about;
    char *text = NULL;
    ssize_t len = -1;

    if (descriptor < 0)
        return NULL;
    if (fstat(descriptor, &about) == 0 && S_ISREG(about.st_mode) && about.st_size <= SPOOL_FILE_MOST) {
        text = arena_alloc(arena, (size_t)about.st_size + 1);
        len = read(descriptor, text, (size_t)about.st_size);
    }
    close(descriptor);
    return len >= 0 ? text : NULL;
}

static int only_messages(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return entry->d_name[0] != '.' && len > strlen(".json") && strcmp(entry->d_name + len - 5, ".json") == 0;
}

static void offer(struct arena *arena, int spool, const char *name,
                  bool (*each)(void *self, const char *id, const char *text), void *self)
{
    const char *text = read_file(arena, spool, name);
    const char *id = arena_copy(arena, name, strlen(name) - strlen(".json"));

    if (text && each(self, id, text))
        unlinkat(spool, name, 0);
}

/* Names begin with the time: their order is the order of their making. */
void spool_each(struct arena *arena, const char *directory, bool (*each)(void *self, const char *id, const char *text),
                void *self)
{
    int spool = open_spool(arena, directory, false);
    struct dirent **entries = NULL;
    int count;

    if (spool < 0)
        return;
    count = scandirat(spool, ".", &entries, only_messages, alphasort);
    for (int i = 0; i < count; i++) {
        if (i < SPOOL_FILES_MOST)
            offer(arena, spool, entries[i]->d_name, each, self);
        free(entries[i]);
    }
    free(entries);
    close(spool);
}
