#include "common/circuit.h"

enum {
    FAILURES = 5,
    WITHIN_MS = 300000,
    PROBE_MS = 60000, /* from one to the next */
};

struct circuit {
    int64_t failures;
    int64_t probe_ms;
};

static bool keep_state(void *self, struct row *row)
{
    *(struct circuit *)self = (struct circuit){.failures = row_number(row, 0), .probe_ms = row_number(row, 1)};
    return false;
}

static bool find_circuit(struct store *store, const char *endpoint_key, struct circuit *circuit, struct fault *fault)
{
    *circuit = (struct circuit){0};
    return store_read(store, NULL, fault, "SELECT failures, probe_ms FROM circuit WHERE key = ?", keep_state, circuit,
                      "t", endpoint_key);
}

/* A probe later than the next one can be was set before the clock went back. */
bool circuit_due(struct store *store, const char *endpoint_key, int64_t now_ms, int64_t *due_ms, struct fault *fault)
{
    struct circuit circuit;

    if (!find_circuit(store, endpoint_key, &circuit, fault))
        return false;
    *due_ms = now_ms;
    if (circuit.failures >= FAILURES && circuit.probe_ms > now_ms && circuit.probe_ms <= now_ms + PROBE_MS)
        *due_ms = circuit.probe_ms;
    return true;
}

bool circuit_sound(struct store *store, const char *endpoint_key, bool *sound, struct fault *fault)
{
    struct circuit circuit;

    if (!find_circuit(store, endpoint_key, &circuit, fault))
        return false;
    *sound = circuit.failures == 0;
    return true;
}

/* Failures that began too long ago are forgotten. */
static bool note_failure(struct store *store, const char *endpoint_key, int64_t now_ms, struct fault *fault)
{
    return store_run(store, fault,
                     "INSERT INTO circuit (key, failures, first_ms, probe_ms) VALUES (?1, 1, ?2, ?3)"
                     " ON CONFLICT (key) DO UPDATE SET"
                     " failures = CASE WHEN first_ms < ?4 AND failures < ?5 THEN 1 ELSE failures + 1 END,"
                     " first_ms = CASE WHEN first_ms < ?4 AND failures < ?5 THEN ?2 ELSE first_ms END,"
                     " probe_ms = ?3",
                     "tiiii", endpoint_key, now_ms, now_ms + PROBE_MS, now_ms - WITHIN_MS, (int64_t)FAILURES);
}

bool circuit_note(struct store *store, const char *endpoint_key, enum outcome outcome, int64_t now_ms,
                  struct fault *fault)
{
    switch (outcome) {
    case OUTCOME_DELIVERED:
        return store_run(store, fault, "DELETE FROM circuit WHERE key = ?", "t", endpoint_key);
    case OUTCOME_AGAIN:
    case OUTCOME_BROKEN:
    case OUTCOME_UNCLEAR:
        return note_failure(store, endpoint_key, now_ms, fault);
    case OUTCOME_THROTTLED:
    case OUTCOME_REFUSED:
        break;
    }
    return true;
}

bool circuit_probe_all(struct store *store, int64_t now_ms, struct fault *fault)
{
    return store_run(store, fault, "UPDATE circuit SET probe_ms = ?", "i", now_ms);
}
