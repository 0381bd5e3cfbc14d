#include "common/daemon.h"

#include <getopt.h>
#include <stdio.h>

enum daemon_wish daemon_read(int argc, char **argv, const char *program, const char *help, struct daemon_call *call)
{
    static const struct option OPTIONS[] = {
        {"config",  required_argument, NULL, 'c'},
        {"verbose", no_argument,       NULL, 'v'},
        {"help",    no_argument,       NULL, 'h'},
        {"version", no_argument,       NULL, 'V'},
        {NULL,      0,                 NULL, 0  },
    };
    int option;

    while ((option = getopt_long(argc, argv, "hV", OPTIONS, NULL)) != -1) {
        switch (option) {
        case 'c':
            call->path = optarg;
            break;
        case 'v':
            call->verbose = true;
            break;
        case 'h':
            fputs(help, stdout);
            return DAEMON_DONE;
        case 'V':
            printf("%s (notification-plugins) %s\n", program, NOTIFY_VERSION);
            return DAEMON_DONE;
        default:
            return DAEMON_WRONG_USAGE;
        }
    }
    if (optind == argc)
        return DAEMON_RUN;
    fprintf(stderr, "NP-USAGE %s: '%s' is no option; see %s --help\n", program, argv[optind], program);
    return DAEMON_WRONG_USAGE;
}
