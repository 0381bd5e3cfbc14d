/*
 * store - what outlives one run: one SQLite file `state.db` in the state directory, shared by all programs of the host.
 *
 * This is the ground floor: opening, the queue of writers, transactions, and statements as small calls. What the rows mean
 * stands in the modules above it: admission, outbox, history, mute. Nothing else touches the file.
 *
 * A writer queues on flock(2) of the state directory's descriptor, which is fair, and begins with BEGIN IMMEDIATE. A store
 * that cannot be used is a FAULT_SYSTEM with the remedy; callers send all the same (see `spool`).
 */
#ifndef COMMON_STORE_H
#define COMMON_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/fault.h"

enum { STORE_SCHEMA = 2, STORE_PATIENCE_MS = 2000, STORE_DIRECTORY_MODE = 02770, STORE_FILE_MODE = 0660 };

#define STORE_PACKAGED_DIRECTORY "/var/lib/notification-plugins"
#define STORE_GROUP              "notification-plugins" /* whose members share it: zabbix, nagios, icinga ... */

struct store;

/*
 * Opens DIRECTORY/state.db; closed with the arena. Creates directory and file where there are none; in the packaged place only
 * as root, for all users of the group. Upgrades an older schema in one transaction; one from a newer version is
 * a fault and stays untouched. Waits at most `patience_ms` in all for other processes, here and in the calls below.
 *
 * WAL, or TRUNCATE on a file system with blocks under 4 KiB (there a full disk would raise SIGBUS). Refused on network file
 * systems. A file that is corrupt beyond doubt (quick_check) is set aside as state.db.corrupt-TIME, at most once an hour and
 * three in all, and a new one begun; *renewed says so.
 */
struct store *store_open(struct arena *arena, const char *directory, int64_t patience_ms, bool *renewed,
                         struct fault *fault);

/*
 * Takes the writers' queue and begins. Every true is followed by store_commit() or store_rollback(). What was committed
 * survives the end of the process; store_promise() makes it survive a power cut, too: called before anything that an exit
 * status 0 rests on.
 */
bool store_begin(struct store *store, struct fault *fault);
bool store_commit(struct store *store, struct fault *fault);
void store_rollback(struct store *store);
bool store_promise(struct store *store, struct fault *fault);

/*
 * One statement with its values. The format names their types: 't' const char *, 'i' int64_t; "" for none.
 *
 *     store_run(store, fault, DELETE_MUTE, "t", id)
 */
bool store_run(struct store *store, struct fault *fault, const char *sql, const char *types, ...);

/* The same as a transaction of its own: begun, run, committed; nothing is changed when it fails. */
bool store_change(struct store *store, struct fault *fault, const char *sql, const char *types, ...);

/* Rows changed by the last store_run() or store_change(). */
int64_t store_changed(const struct store *store);

/* A row being read. Texts are never NULL; they live in the arena given to store_read(), or with NULL until `each` returns. */
struct row;
const char *row_text(struct row *row, int column);
int64_t row_number(struct row *row, int column);
bool row_is_null(struct row *row, int column);

/*
 * Calls `each` for every row until it returns false. Needs no transaction. *count (may be NULL) is how many rows were read.
 */
bool store_read(struct store *store, struct arena *arena, struct fault *fault, const char *sql,
                bool (*each)(void *self, struct row *row), void *self, const char *types, ...);

/* The first column of the first row as a number, `otherwise` when there is none. */
bool store_number(struct store *store, struct fault *fault, const char *sql, int64_t otherwise, int64_t *number,
                  const char *types, ...);

/*
 * Named values of the whole store: heartbeat of the worker and the like. store_set_value() stands inside a transaction, as
 * store_run() does; store_change_value() is a transaction of its own, as store_change() is.
 */
bool store_set_value(struct store *store, const char *name, int64_t value, struct fault *fault);
bool store_change_value(struct store *store, const char *name, int64_t value, struct fault *fault);
bool store_get_value(struct store *store, const char *name, int64_t otherwise, int64_t *value, struct fault *fault);

#endif
