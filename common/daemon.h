/* daemon - the command line that the resident programs have in common: --config FILE, --verbose, --help, --version. */
#ifndef COMMON_DAEMON_H
#define COMMON_DAEMON_H

#include <stdbool.h>

enum daemon_wish { DAEMON_RUN, DAEMON_DONE, DAEMON_WRONG_USAGE };

struct daemon_call {
    const char *path; /* of the configuration: as given, else what it was before */
    bool verbose;
};

/* Answers --help with `help` and --version with the program's name. What is wrong with a call stands on stderr. */
enum daemon_wish daemon_read(int argc, char **argv, const char *program, const char *help, struct daemon_call *call);

#endif
