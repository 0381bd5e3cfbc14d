#include "common/fifo.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert((int)FIFO_MOST <= (int)PIPE_BUF, "a write of FIFO_MOST bytes must be in one piece");

static enum fifo_end cannot_open(const char *path, int why, struct fault *fault)
{
    if (why == ENXIO)
        fault_set(fault, FAULT_SYSTEM, "nobody reads '%s': the daemon is not running", path);
    else if (why == ENOENT)
        fault_set(fault, FAULT_CONFIG,
                  "there is no '%s': the daemon makes it when external commands are switched on "
                  "(check_external_commands=1) and it runs",
                  path);
    else if (why == EACCES)
        fault_set(fault, FAULT_CONFIG, "this user may not write '%s': put it into the pipe's group", path);
    else
        fault_set(fault, FAULT_CONFIG, "cannot open '%s': %s", path, strerror(why));
    return why == ENXIO ? FIFO_LATER : FIFO_WRONG;
}

/* What it is can be asked of the open descriptor only: a name may mean another file the next moment. */
static bool is_pipe(int file, const char *path, struct fault *fault)
{
    struct stat about;

    if (fstat(file, &about) == 0 && S_ISFIFO(about.st_mode))
        return true;
    return fault_set(fault, FAULT_CONFIG, "'%s' is not a named pipe", path);
}

static enum fifo_end write_whole(int file, const char *path, const char *bytes, size_t len, struct fault *fault)
{
    ssize_t written = write(file, bytes, len);

    if (written == (ssize_t)len)
        return FIFO_WRITTEN;
    fault_set(fault, FAULT_SYSTEM, "cannot write to '%s': %s", path,
              written < 0 ? strerror(errno) : "it took a part only");
    return FIFO_LATER;
}

enum fifo_end fifo_write(const char *path, const char *bytes, size_t len, struct fault *fault)
{
    int file = open(path, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
    enum fifo_end end = FIFO_WRONG;

    if (file < 0)
        return cannot_open(path, errno, fault);
    if (is_pipe(file, path, fault))
        end = write_whole(file, path, bytes, len, fault);
    close(file);
    return end;
}

/* Opening says ENXIO for a pipe that nobody reads, and for a socket. */
static bool is_pipe_by_name(const char *path)
{
    struct stat about;

    return lstat(path, &about) == 0 && S_ISFIFO(about.st_mode);
}

bool fifo_usable(const char *path, struct fault *fault)
{
    int file = open(path, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
    int why = errno;
    bool good;

    if (file < 0 && why == ENXIO && is_pipe_by_name(path))
        return true;
    if (file < 0) {
        cannot_open(path, why, fault);
        return false;
    }
    good = is_pipe(file, path, fault);
    close(file);
    return good;
}
