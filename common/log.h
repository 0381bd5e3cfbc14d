/*
 * log - lines for the operator in the system's log. Only the pipeline and main programs log.
 *
 * Every line is masked by the caller (secrets_mask) and carries the notification's id. Goes to syslog(3), where journald
 * picks it up; with `verbose` to stderr, too.
 */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stdbool.h>

void log_open(const char *program, bool verbose);
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_notice(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
