/*
 * monitor_call - requests to the programming interface of one monitoring system, carried within a deadline.
 */
#ifndef COMMON_MONITOR_CALL_H
#define COMMON_MONITOR_CALL_H

#include "common/monitor.h"
#include "common/verdict.h"
#include "common/world.h"

enum { MONITOR_CALL_LEAST_MS = 500 }; /* before the deadline for a request to be begun */

/* What goes wrong is added to the verdicts. */
struct monitor_call {
    const struct world *world; /* answers live in its arena */
    struct monitor *monitor;   /* opened; the caller's own copy */
    int64_t deadline_ms;       /* steady; no request is begun after it */
    struct verdicts *verdicts;
};

/* What is wrong on our side: REFUSED for FAULT_INPUT, else BROKEN. */
void monitor_call_fault(const struct monitor_call *call, const struct fault *fault);

/* Sends what was built. False after a verdict: when it was not `built`, for the reason in `fault`, or no time is left. */
bool monitor_call_send(const struct monitor_call *call, bool built, const struct request *request,
                       const struct fault *fault, struct response *response);

/*
 * Learns Zabbix' version. Where the monitor has a user in place of a token it logs in, too: the session takes the token's place
 * in `monitor`, and is ended by zabbix_leave(): Zabbix keeps one that nobody ends for a year. (The role of the user must allow
 * user.logout.) 0 after a verdict.
 */
int64_t zabbix_enter(const struct monitor_call *call);
void zabbix_leave(const struct monitor_call *call, int64_t version);

#endif
