/*
 * fifo - one write to a named pipe that another program reads, whole or not at all.
 *
 * Never creates the file, never waits, never follows a symbolic link: a shell's ">" on a missing pipe leaves a plain file
 * with which Nagios refuses to start, and a pipe that nobody reads would block its writer forever.
 */
#ifndef COMMON_FIFO_H
#define COMMON_FIFO_H

#include <stddef.h>

#include "common/fault.h"

enum { FIFO_MOST = 4096 }; /* bytes that the system writes in one piece: PIPE_BUF of Linux */

enum fifo_end {
    FIFO_WRITTEN,
    FIFO_LATER, /* nobody reads it now, or it is full */
    FIFO_WRONG, /* not there, not a pipe, or not ours to write: somebody must mend it */
};

/* `len` is at most FIFO_MOST. The fault says why when it is not written. */
enum fifo_end fifo_write(const char *path, const char *bytes, size_t len, struct fault *fault);

/* Is there a pipe that this user may write? A pipe that nobody reads now is good. */
bool fifo_usable(const char *path, struct fault *fault);

#endif
