/*
 * process - a short-lived program made safe in a strange house.
 *
 * Monitoring daemons hand down open sockets, closed standard streams, ignored signals and a group-writable umask, and
 * they kill what is late: see hosts' conventions in the manual. Called once by main programs, before anything else.
 */
#ifndef COMMON_PROCESS_H
#define COMMON_PROCESS_H

#include <stdint.h>

#include "common/arena.h"

/*
 * Opens 0, 1 and 2 when closed, closes every other descriptor, ignores SIGPIPE and SIGXFSZ, sets umask 077, forbids core
 * dumps and tracing by others, forgets environment variables that change libraries' behaviour.
 */
void process_prepare(void);

/* The same, but the first `kept` descriptors after the standard streams stay open: a service manager's sockets. */
void process_prepare_keeping(unsigned kept);

/*
 * From now on SIGTERM, SIGINT, SIGHUP, and the end of `deadline_ms` milliseconds from now, end the process at once with
 * status 1 after writing `line` (one line with its LF; not copied, may be changed later by calling again with 0) to stderr.
 * It is the last resort where a library hangs: whatever must outlive the process is on disk before.
 */
void process_watch(int64_t deadline_ms, const char *line);

/*
 * Ends the program: writes out what is buffered and takes leave of providers, but does not take apart the libraries one by one,
 * which the kernel does anyway. After arena_release().
 */
_Noreturn void process_end(int status);

/* Where the program lies, whatever link it was called by: the package's modules lie beside it. "" when the kernel does not say. */
const char *process_directory(struct arena *arena);

#endif
