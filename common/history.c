#include "common/history.h"

#include <string.h>
#include <strings.h>

#include "common/glob.h"

#define ENTRY_COLUMNS                                                                                             \
    "id, short_id, created_ms, problem, kind, severity, source, host, service, state, subject, section, channel," \
    " recipients, reason, outcome, ended_ms, delivered_by, reference, code, words, body, route"

struct reading {
    const struct history_filter *filter;
    bool (*each)(void *self, const struct history_entry *entry);
    void *self;
    int64_t count;
};

static struct history_entry entry_of(struct row *row)
{
    return (struct history_entry){
        .id = row_text(row, 0),
        .short_id = row_text(row, 1),
        .created_ms = row_number(row, 2),
        .problem = row_text(row, 3),
        .kind = row_text(row, 4),
        .severity = severity_of_number(row_number(row, 5)),
        .source = row_text(row, 6),
        .host = row_text(row, 7),
        .service = row_text(row, 8),
        .state = row_text(row, 9),
        .subject = row_text(row, 10),
        .section = row_text(row, 11),
        .channel = row_text(row, 12),
        .recipients = row_text(row, 13),
        .reason = row_text(row, 14),
        .outcome = row_text(row, 15),
        .ended_ms = row_number(row, 16),
        .delivered_by = row_text(row, 17),
        .reference = row_text(row, 18),
        .code = row_text(row, 19),
        .words = row_text(row, 20),
        .body = row_text(row, 21),
        .route = row_text(row, 22),
    };
}

static bool id_fits(const char *wanted, const struct history_entry *entry)
{
    const char *bare = wanted + (wanted[0] == '#');

    return wanted[0] == '\0' || strcmp(wanted, entry->id) == 0 ||
           (entry->short_id[0] && strcasecmp(bare, entry->short_id + 1) == 0);
}

static bool fits(const struct history_filter *filter, const struct history_entry *entry)
{
    return id_fits(filter->id, entry) && glob_fits_if_given(filter->host, entry->host) &&
           glob_fits_if_given(filter->service, entry->service) && glob_fits_if_given(filter->section, entry->section) &&
           (filter->recipient[0] == '\0' || strstr(entry->recipients, filter->recipient)) &&
           glob_fits_if_given(filter->outcome, entry->outcome) && glob_fits_if_given(filter->problem, entry->problem) &&
           (int)entry->severity >= filter->severity;
}

static bool read_entry(void *self, struct row *row)
{
    struct reading *reading = self;
    struct history_entry entry = entry_of(row);

    if (!fits(reading->filter, &entry))
        return true;
    reading->count++;
    return reading->each(reading->self, &entry) && reading->count < reading->filter->most;
}

bool history_read(struct store *store, const struct history_filter *filter,
                  bool (*each)(void *self, const struct history_entry *entry), void *self, struct fault *fault)
{
    struct reading reading = {.filter = filter, .each = each, .self = self};

    return store_read(store, NULL, fault,
                      "SELECT " ENTRY_COLUMNS
                      " FROM notification WHERE created_ms >= ? ORDER BY created_ms DESC, id DESC",
                      read_entry, &reading, "i", filter->since_ms);
}

struct passing {
    bool (*each)(void *self, const struct history_entry *entry);
    void *self;
};

static bool pass_entry(void *self, struct row *row)
{
    struct passing *passing = self;
    struct history_entry entry = entry_of(row);

    return passing->each(passing->self, &entry);
}

bool history_of_problem(struct store *store, struct arena *arena, const char *problem, int64_t since_ms, int64_t most,
                        bool (*each)(void *self, const struct history_entry *entry), void *self, struct fault *fault)
{
    struct passing passing = {.each = each, .self = self};

    return store_read(store, arena, fault,
                      "SELECT " ENTRY_COLUMNS " FROM notification WHERE problem = ? AND created_ms >= ?"
                      " ORDER BY created_ms DESC, id DESC LIMIT ?",
                      pass_entry, &passing, "tii", problem, since_ms, most);
}

struct attempts {
    bool (*each)(void *self, const struct history_attempt *attempt);
    void *self;
};

static bool read_attempt(void *self, struct row *row)
{
    struct attempts *attempts = self;
    struct history_attempt attempt = {
        .number = row_number(row, 0),
        .at_ms = row_number(row, 1),
        .took_ms = row_number(row, 2),
        .section = row_text(row, 3),
        .recipient = row_text(row, 4),
        .outcome = row_text(row, 5),
        .code = row_text(row, 6),
        .words = row_text(row, 7),
    };

    return attempts->each(attempts->self, &attempt);
}

bool history_attempts(struct store *store, const char *id,
                      bool (*each)(void *self, const struct history_attempt *attempt), void *self, struct fault *fault)
{
    struct attempts attempts = {.each = each, .self = self};

    return store_read(
        store, NULL, fault,
        "SELECT number, at_ms, took_ms, section, recipient, outcome, code, words FROM attempt WHERE id = ?"
        " ORDER BY at_ms, number",
        read_attempt, &attempts, "t", id);
}

struct receipts {
    bool (*each)(void *self, const struct history_receipt *receipt);
    void *self;
};

static bool read_receipt(void *self, struct row *row)
{
    struct receipts *receipts = self;
    struct history_receipt receipt = {
        .section = row_text(row, 0),
        .recipient = row_text(row, 1),
        .state = row_text(row, 2),
        .at_ms = row_number(row, 3),
        .code = row_text(row, 4),
        .words = row_text(row, 5),
    };

    return receipts->each(receipts->self, &receipt);
}

bool history_receipts(struct store *store, const char *id,
                      bool (*each)(void *self, const struct history_receipt *receipt), void *self, struct fault *fault)
{
    struct receipts receipts = {.each = each, .self = self};

    return store_read(store, NULL, fault,
                      "SELECT section, recipient, state, CASE state WHEN 'waiting' THEN due_ms ELSE ended_ms END, code,"
                      " words FROM receipt WHERE id = ? ORDER BY sent_ms, rowid",
                      read_receipt, &receipts, "t", id);
}
