/*
 * report - what became of a notification, in one line for people and scripts. Pure.
 *
 * Lines begin in English with a stable code; words for people follow in the configured language. Masked by the caller.
 */
#ifndef COMMON_REPORT_H
#define COMMON_REPORT_H

#include "common/config.h"
#include "common/verdict.h"

/* Longest line, characters: monitoring systems keep little more. */
enum { REPORT_MOST = 300 };

/* What a line speaks of. */
struct report {
    const struct section *section;
    const char *short_id;
    enum language language;
    int64_t took_ms;
};

/* "delivered dingtalk/ops-group #K7F3Q 182 ms". */
const char *report_success(struct arena *arena, const struct report *report, const struct verdicts *verdicts);

/* "NP-DINGTALK-310000 dingtalk/ops-group broken: sign not match; check the signing secret ...". */
const char *report_failure(struct arena *arena, const struct report *report, const struct verdict *verdict);

/* 0 delivered or unclear, 1 not delivered yet, 2 never. */
int report_exit_status(enum outcome outcome);

/* "NP-DINGTALK-310000" */
const char *report_code(struct arena *arena, const struct channel *channel, const struct verdict *verdict);

#endif
