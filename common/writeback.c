#include "common/writeback.h"

#include <string.h>

#include "common/fifo.h"
#include "common/log.h"
#include "common/monitor_call.h"
#include "common/operator.h"
#include "common/record.h"
#include "common/writeback_systems.h"

enum {
    BATCH = 50,        /* rows looked at together */
    LEASE_MS = 180000, /* longer than any row takes: five requests of 30 s and a little */
    HOUR_MS = 3600000, /* no row waits longer: what is due later was written by a clock that has been set back since */
    DAY_MS = 86400000, /* then nobody needs it any more */
};

/* --- rows --- */

struct wanted_row {
    const char *id;
    const char *problem;
    enum alert_verb verb;
    const char *author;
    const char *words;
    int64_t created_ms;
    int64_t due_ms;
    int64_t attempts;
    const char *result;
    const char *short_id; /* "" when the alert is gone */
    const char *event;
};

struct batch {
    struct arena *arena;
    struct wanted_row *rows;
    size_t count;
};

static bool keep_row(void *self, struct row *row)
{
    struct batch *batch = self;

    batch->rows = arena_grow(batch->arena, batch->rows, (batch->count + 1) * sizeof(*batch->rows));
    batch->rows[batch->count++] = (struct wanted_row){
        .id = row_text(row, 0),
        .problem = row_text(row, 1),
        .verb = alert_verb_from(row_text(row, 2)),
        .author = row_text(row, 3),
        .words = row_text(row, 4),
        .created_ms = row_number(row, 5),
        .due_ms = row_number(row, 6),
        .attempts = row_number(row, 7),
        .result = row_text(row, 8),
        .short_id = row_text(row, 9),
        .event = row_text(row, 10),
    };
    return true;
}

/* In the order in which it was said: a clock may have been set back in between. */
static const char DUE[] =
    "SELECT w.id, w.problem, w.verb, w.author, w.words, w.created_ms, w.due_ms, w.attempts, w.result, a.short_id, a.event"
    " FROM writeback w LEFT JOIN alert a ON a.problem = w.problem"
    " WHERE w.state = 'waiting' AND (w.due_ms <= ?1 OR w.due_ms > ?1 + ?2)"
    " AND NOT EXISTS (SELECT 1 FROM writeback e WHERE e.problem = w.problem AND e.state = 'waiting'"
    " AND e.rowid < w.rowid) ORDER BY w.rowid LIMIT ?3";

/* A pass; whoever did not answer once is left alone until the next. */
struct pass {
    const struct writeback *writeback;
    struct writeback_done *done;
    struct text_list silent; /* titles of monitors; lives as long as the pass */
};

/* One row on its way. */
struct errand {
    struct pass *pass;
    const struct writeback *writeback;
    struct world world; /* with an arena of its own */
    const struct wanted_row *row;
    bool wanted; /* there is a monitor */
    struct monitor monitor;
    struct event event;
    struct writeback_order order;
    struct verdicts verdicts;
    struct monitor_call call;
};

static int64_t now_ms(const struct errand *errand)
{
    return world_wall_ms(&errand->world);
}

/* Another worker may look at the same rows: whoever counts the attempt first has it. */
static bool claim(struct errand *errand, bool *claimed, struct fault *fault)
{
    struct store *store = errand->writeback->store;

    if (!store_begin(store, fault))
        return false;
    if (!store_run(store, fault,
                   "UPDATE writeback SET attempts = attempts + 1, due_ms = ?"
                   " WHERE id = ? AND state = 'waiting' AND attempts = ?",
                   "iti", now_ms(errand) + LEASE_MS, errand->row->id, errand->row->attempts)) {
        store_rollback(store);
        return false;
    }
    *claimed = store_changed(store) == 1;
    return store_commit(store, fault);
}

/* --- ends --- */

/* `due_ms` of what was told is the time of it: its echo is known by that for a while. */
static bool end_row(struct errand *errand, const char *state, int64_t due_ms, const char *result, struct fault *fault)
{
    struct store *store = errand->writeback->store;

    return store_change(store, fault, "UPDATE writeback SET state = ?, due_ms = ?, result = ? WHERE id = ?", "titt",
                        state, due_ms, result, errand->row->id);
}

static void tell_operator(struct errand *errand, const char *code, const char *detail)
{
    struct trouble_report report = {
        .section = errand->monitor.title,
        .code = code,
        .words = WORD_OPERATOR_WRITEBACK,
        .detail = arena_print(errand->world.arena, "%s\n%s", detail, errand->event.subject),
    };

    operator_tell(&errand->world, errand->writeback->config, errand->writeback->store, &errand->event, &report);
}

static bool fail(struct errand *errand, const char *result, struct fault *fault)
{
    errand->pass->done->failed++;
    log_error("NP-WRITEBACK %s: %s %s was not told: %s id=%s", errand->monitor.title, errand->row->short_id,
              alert_verb_name(errand->row->verb), result, errand->row->id);
    if (!end_row(errand, "failed", now_ms(errand), result, fault))
        return false;
    tell_operator(errand, "WRITEBACK-FAILED", result);
    return true;
}

static bool wait_on(struct errand *errand, const char *result, int64_t wait_s, struct fault *fault)
{
    int64_t due_ms = record_next_try_ms(now_ms(errand), errand->row->attempts + 1, wait_s, world_dice(&errand->world));

    if (due_ms > now_ms(errand) + HOUR_MS)
        due_ms = now_ms(errand) + HOUR_MS;
    errand->pass->done->waiting++;
    return end_row(errand, "waiting", due_ms, result, fault);
}

static const char *masked(const struct errand *errand, const char *text)
{
    return secrets_mask(errand->world.arena, &errand->monitor.secrets, text);
}

static const char *result_of(const struct errand *errand, const struct verdict *verdict)
{
    const char *remedy = verdict->remedy == WORD_NONE || verdict->outcome == OUTCOME_DELIVERED
                             ? ""
                             : word_in(LANGUAGE_EN, verdict->remedy);

    return masked(errand, arena_print(errand->world.arena, "%s %s%s%s", verdict->code, verdict->reason,
                                      remedy[0] ? "; " : "", remedy));
}

/* A timeout is long, and there may be many rows. */
static void note_silence(struct errand *errand)
{
    struct pass *pass = errand->pass;
    const char **titles = arena_alloc(pass->writeback->world->arena, (pass->silent.count + 1) * sizeof(*titles));

    for (size_t i = 0; i < pass->silent.count; i++)
        titles[i] = pass->silent.items[i];
    titles[pass->silent.count] = errand->monitor.title;
    pass->silent = (struct text_list){.items = titles, .count = pass->silent.count + 1};
}

static bool is_silent(const struct errand *errand)
{
    for (size_t i = 0; i < errand->pass->silent.count; i++)
        if (strcmp(errand->pass->silent.items[i], errand->monitor.title) == 0)
            return true;
    return false;
}

static bool settle(struct errand *errand, struct fault *fault)
{
    const struct verdict *verdict = &errand->verdicts.items[errand->verdicts.count - 1];
    const char *result = result_of(errand, verdict);

    log_notice("writeback attempt=%lld monitor=%s verb=%s outcome=%s code=%s id=%s %s",
               (long long)errand->row->attempts + 1, errand->monitor.title, alert_verb_name(errand->row->verb),
               outcome_name(verdict->outcome), verdict->code, errand->row->id, result);
    switch (verdict->outcome) {
    case OUTCOME_DELIVERED:
        errand->pass->done->told++;
        return end_row(errand, "done", now_ms(errand), result, fault);
    case OUTCOME_REFUSED:
        return fail(errand, result, fault);
    case OUTCOME_BROKEN:
        tell_operator(errand, "WRITEBACK-BROKEN", result);
        break;
    case OUTCOME_AGAIN:
    case OUTCOME_THROTTLED:
    case OUTCOME_UNCLEAR:
        note_silence(errand);
        break;
    }
    return wait_on(errand, result, verdict->wait_s, fault);
}

/* --- requests --- */

static void add_verdict(struct errand *errand, enum outcome outcome, const char *code, const char *reason)
{
    verdict_add(&errand->verdicts, (struct verdict){.outcome = outcome, .code = code, .reason = reason});
}

/* False when it is not known: then a verdict has been added. */
static bool zabbix_was_told(struct errand *errand, int64_t version, bool *told)
{
    struct request request = request_in(errand->world.arena);
    struct response response;
    struct fault fault = {0};
    size_t before = errand->verdicts.count;
    bool built = zabbix_ask_said(&errand->monitor, version, &errand->order, &request, &fault);

    if (!monitor_call_send(&errand->call, built, &request, &fault, &response))
        return false;
    *told = zabbix_has_said(&errand->order, &response, &errand->verdicts);
    return errand->verdicts.count == before;
}

static void tell_zabbix_once(struct errand *errand, int64_t version)
{
    struct request request = request_in(errand->world.arena);
    struct response response;
    struct fault fault = {0};
    bool told = false;
    bool built;

    if (errand->row->attempts > 0 && !zabbix_was_told(errand, version, &told))
        return;
    if (told) {
        add_verdict(errand, OUTCOME_DELIVERED, "TOLD", "an earlier try had arrived");
        return;
    }
    built = zabbix_tell(&errand->monitor, version, &errand->order, &request, &fault);
    if (monitor_call_send(&errand->call, built, &request, &fault, &response))
        zabbix_judge(&errand->order, &response, &errand->verdicts);
}

static void tell_zabbix(struct errand *errand)
{
    int64_t version = zabbix_enter(&errand->call);

    if (version == 0)
        return;
    tell_zabbix_once(errand, version);
    zabbix_leave(&errand->call, version);
}

static void tell_icinga2(struct errand *errand)
{
    const struct verdict *last = NULL;

    for (enum icinga2_step step = icinga2_first(&errand->order); step != ICINGA2_END;
         step = icinga2_next(&errand->order, step, last)) {
        struct request request = request_in(errand->world.arena);
        struct response response;
        struct fault fault = {0};
        bool built = icinga2_tell(&errand->monitor, &errand->order, step, &request, &fault);

        if (!monitor_call_send(&errand->call, built, &request, &fault, &response))
            return;
        icinga2_judge(&response, &errand->verdicts);
        last = &errand->verdicts.items[errand->verdicts.count - 1];
        if (last->outcome != OUTCOME_DELIVERED)
            return;
    }
}

static void tell_nagios(struct errand *errand)
{
    const char *path = errand->monitor.settings.command_file;
    const char *lines = "";
    struct fault fault = {0};

    if (!nagios_lines(errand->world.arena, &errand->order, now_ms(errand) / 1000, &lines, &fault)) {
        monitor_call_fault(&errand->call, &fault);
        return;
    }
    switch (fifo_write(path, lines, strlen(lines), &fault)) {
    case FIFO_WRITTEN:
        add_verdict(errand, OUTCOME_DELIVERED, "WRITTEN", "the command was handed over");
        return;
    case FIFO_LATER:
        add_verdict(errand, OUTCOME_AGAIN, "PIPE", fault.text);
        return;
    case FIFO_WRONG:
        add_verdict(errand, OUTCOME_BROKEN, "PIPE", fault.text);
        return;
    }
}

static void tell_monitor(struct errand *errand)
{
    struct fault fault = {0};

    if (!config_open_monitor(errand->world.arena, errand->writeback->config, &errand->monitor, &fault)) {
        monitor_call_fault(&errand->call, &fault);
        return;
    }
    switch (errand->monitor.type) {
    case MONITOR_ZABBIX:
        tell_zabbix(errand);
        return;
    case MONITOR_NAGIOS:
        tell_nagios(errand);
        return;
    case MONITOR_ICINGA2:
        tell_icinga2(errand);
        return;
    }
}

/* --- the pass --- */

/* False when there is no record of the problem any more. */
static bool understand(struct errand *errand)
{
    struct arena *arena = errand->world.arena;
    const struct wanted_row *row = errand->row;
    const struct config *config = errand->writeback->config;
    const struct monitor *monitor;
    struct fault fault = {0};

    if (!row->event[0] ||
        !event_from_json(arena, json_read(arena, row->event, strlen(row->event)), &errand->event, &fault))
        return false;
    monitor = config_monitor_for(config, errand->event.source, errand->event.instance);
    errand->wanted = monitor != NULL;
    if (monitor)
        errand->monitor = *monitor;
    errand->order = (struct writeback_order){.verb = row->verb,
                                             .author = row->author,
                                             .words = row->words,
                                             .short_id = row->short_id,
                                             .event = &errand->event,
                                             .language = config->language};
    return true;
}

/* Where nobody wants to be told, nothing is wrong. */
static bool pass_over(struct errand *errand, struct fault *fault)
{
    static const char NONE[] = "no monitor is configured for it";

    log_notice("writeback %s of %s: %s id=%s", alert_verb_name(errand->row->verb), errand->row->short_id, NONE,
               errand->row->id);
    return end_row(errand, "done", 0, NONE, fault);
}

static bool run_claimed(struct errand *errand, bool known, struct fault *fault)
{
    if (!known)
        return fail(errand, "there is no record of its problem any more", fault);
    if (!errand->wanted)
        return pass_over(errand, fault);
    if (errand->row->attempts > 0 && now_ms(errand) > errand->row->created_ms + DAY_MS)
        return fail(errand, arena_print(errand->world.arena, "it was tried for 24 hours; %s", errand->row->result),
                    fault);
    tell_monitor(errand);
    return settle(errand, fault);
}

static bool run_errand(struct errand *errand, bool *ran, struct fault *fault)
{
    bool known = understand(errand);

    *ran = false;
    if (is_silent(errand))
        return true;
    return claim(errand, ran, fault) && (!*ran || run_claimed(errand, known, fault));
}

static bool run_row(struct pass *pass, const struct wanted_row *row, size_t *count, struct fault *fault)
{
    struct errand errand = {.pass = pass,
                            .writeback = pass->writeback,
                            .world = *pass->writeback->world,
                            .row = row,
                            .monitor = {.title = "-"},
                            .event = event_empty()};
    bool ran;
    bool sound;

    errand.world.arena = arena_new();
    errand.verdicts.arena = errand.monitor.secrets.arena = errand.world.arena;
    errand.call = (struct monitor_call){.world = &errand.world,
                                        .monitor = &errand.monitor,
                                        .deadline_ms = pass->writeback->deadline_ms,
                                        .verdicts = &errand.verdicts};
    sound = run_errand(&errand, &ran, fault);
    *count += ran;
    arena_release(errand.world.arena);
    return sound;
}

static bool time_left(const struct writeback *writeback)
{
    return world_steady_ms(writeback->world) + MONITOR_CALL_LEAST_MS < writeback->deadline_ms;
}

static bool run_batch(struct pass *pass, struct arena *arena, size_t *count, struct fault *fault)
{
    const struct writeback *writeback = pass->writeback;
    struct batch batch = {.arena = arena};

    if (!store_read(writeback->store, arena, fault, DUE, keep_row, &batch, "iii", world_wall_ms(writeback->world),
                    (int64_t)HOUR_MS, (int64_t)BATCH))
        return false;
    for (size_t i = 0; i < batch.count && time_left(writeback); i++)
        if (!run_row(pass, &batch.rows[i], count, fault))
            return false;
    return true;
}

/* What one row of a problem has settled makes its next one due. */
bool writeback_run(const struct writeback *writeback, struct writeback_done *done, struct fault *fault)
{
    struct pass pass = {.writeback = writeback, .done = done};
    size_t count = 1;

    *done = (struct writeback_done){0};
    while (count > 0 && time_left(writeback)) {
        struct arena *arena = arena_new();
        bool sound;

        count = 0;
        sound = run_batch(&pass, arena, &count, fault);
        arena_release(arena);
        if (!sound)
            return false;
    }
    return true;
}
