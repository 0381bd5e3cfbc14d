#include "common/monitor_call.h"

#include "common/writeback_systems.h"

enum { REQUEST_MS = 30000 }; /* at most, whatever the monitor's timeout is */

static void add_verdict(const struct monitor_call *call, enum outcome outcome, const char *code, const char *reason)
{
    verdict_add(call->verdicts, (struct verdict){.outcome = outcome, .code = code, .reason = reason});
}

void monitor_call_fault(const struct monitor_call *call, const struct fault *fault)
{
    const char *reason = arena_print(call->world->arena, "%s", fault->text);

    if (fault->kind == FAULT_INPUT)
        add_verdict(call, OUTCOME_REFUSED, "CANNOT-SAY", reason);
    else
        add_verdict(call, OUTCOME_BROKEN, "CONFIG", reason);
}

bool monitor_call_send(const struct monitor_call *call, bool built, const struct request *request,
                       const struct fault *fault, struct response *response)
{
    const struct world *world = call->world;
    int64_t left_ms = call->deadline_ms - world_steady_ms(world);
    int64_t timeout_ms = call->monitor->timeout_ms < REQUEST_MS ? call->monitor->timeout_ms : REQUEST_MS;

    *response = response_in(world->arena);
    if (!built) {
        monitor_call_fault(call, fault);
        return false;
    }
    if (left_ms < MONITOR_CALL_LEAST_MS) {
        add_verdict(call, OUTCOME_AGAIN, "NO-TIME", "the pass was over");
        return false;
    }
    world->transport.send(world->transport.self, request, timeout_ms < left_ms ? timeout_ms : left_ms, response);
    return true;
}

/* --- Zabbix' sessions --- */

static bool log_in(const struct monitor_call *call)
{
    struct monitor *monitor = call->monitor;
    struct request request = request_in(call->world->arena);
    struct response response;
    struct fault fault = {0};
    bool built = zabbix_log_in(monitor, &request, &fault);

    if (!monitor_call_send(call, built, &request, &fault, &response))
        return false;
    monitor->settings.token.text = zabbix_session(&response, call->verdicts);
    secrets_add(&monitor->secrets, secret_text(monitor->settings.token));
    return secret_given(monitor->settings.token);
}

int64_t zabbix_enter(const struct monitor_call *call)
{
    struct request request = request_in(call->world->arena);
    struct response response;
    struct fault fault = {0};
    bool built = zabbix_ask_version(call->monitor, &request, &fault);
    int64_t version = 0;

    if (monitor_call_send(call, built, &request, &fault, &response))
        version = zabbix_version(&response, call->verdicts);
    return version == 0 || secret_given(call->monitor->settings.token) || log_in(call) ? version : 0;
}

void zabbix_leave(const struct monitor_call *call, int64_t version)
{
    struct verdicts ignored = {.arena = call->world->arena};
    struct monitor_call quietly = *call;
    struct request request = request_in(call->world->arena);
    struct response response;
    struct fault fault = {0};
    bool built;

    quietly.verdicts = &ignored;
    if (!call->monitor->settings.user[0])
        return;
    built = zabbix_log_out(call->monitor, version, &request, &fault);
    monitor_call_send(&quietly, built, &request, &fault, &response);
}
