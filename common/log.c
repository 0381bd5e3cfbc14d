#include "common/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

static bool aloud;

void log_open(const char *program, bool verbose)
{
    aloud = verbose;
    openlog(program, LOG_PID, LOG_DAEMON);
}

static void say(int level, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
static void say(int level, const char *format, va_list args)
{
    va_list again;

    va_copy(again, args);
    vsyslog(level, format, args);
    if (aloud) {
        vfprintf(stderr, format, again);
        fputc('\n', stderr);
    }
    va_end(again);
}

void log_error(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(LOG_ERR, format, args);
    va_end(args);
}

void log_notice(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(LOG_NOTICE, format, args);
    va_end(args);
}
