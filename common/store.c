/*
 * SQLite: https://www.sqlite.org/wal.html, https://www.sqlite.org/howtocorrupt.html
 *
 * Commits run with synchronous=NORMAL: consistent after a power cut, but the last ones may be gone. store_promise() syncs the
 * write-ahead log itself, which is what FULL would have done at each commit.
 */
#include "common/store.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include <linux/magic.h>
#include <sqlite3.h>

#include "common/compat.h"
#include "common/store_schema.h"

enum {
    LEAST_BLOCK = 4096,   /* bytes; below it the mapped index of WAL can hit a full disk */
    ASIDE_MOST = 3,       /* corrupt files that are kept */
    ASIDE_EVERY_S = 3600, /* at most one in this time */
    TIDY_ROWS = 500,      /* deleted in one transaction */
    WAKE_MS = 50,         /* how often a waiting writer looks at the clock once its patience is over */
    KEPT_MOST = 32,       /* compiled statements */
    QUEUE_SIGNAL = SIGUSR2,
};

/* One thread uses a store: no locks within the process. */
enum { OPEN_FLAGS = SQLITE_OPEN_READWRITE | COMPAT_NOFOLLOW | SQLITE_OPEN_NOMUTEX };

static const char FILE_NAME[] = "state.db";
static const char NEW_NAME[] = "state.db.new";

struct store {
    struct arena *arena;
    const char *directory; /* without symbolic links */
    const char *path;
    int descriptor; /* of the directory: writers queue on it */
    sqlite3 *db;
    dev_t device; /* of the opened file: another process may have set it aside */
    ino_t inode;
    sqlite3_stmt *kept[KEPT_MOST]; /* compiled once, used again: see prepare() */
    size_t kept_count;
    int64_t patience_ms; /* left */
    int64_t changed;
    bool corrupt; /* SQLite said so */
};

static int64_t now_steady_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What SQLite says, with what the operator can do about it. */
static bool fault_of_sqlite(struct store *store, const char *doing, struct fault *fault)
{
    int code = sqlite3_errcode(store->db) & 0xFF;
    const char *remedy = "";

    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
        store->corrupt = true;
    if (code == SQLITE_FULL)
        remedy = "; free space on its file system";
    else if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
        remedy = "; another program holds it: see `fuser` of that file";
    else if (code == SQLITE_READONLY || code == SQLITE_CANTOPEN || code == SQLITE_PERM || code == SQLITE_AUTH)
        remedy = "; the user must be in the group of the state directory, which must be writable (2770)";
    else if (code == SQLITE_IOERR)
        remedy = "; see the kernel's log for the disk";
    else if (store->corrupt)
        remedy = "; it will be set aside and begun anew";
    return fault_set(fault, FAULT_SYSTEM, "state '%s': cannot %s: %s%s", store->path, doing, sqlite3_errmsg(store->db),
                     remedy);
}

/* --- the queue of writers --- */

static void wake(int number)
{
    (void)number;
}

/* A signal again and again once the patience is over: flock(2) knows no time-out of its own. */
static bool alarm_after(int64_t ms, timer_t *timer)
{
    struct sigaction action = {.sa_handler = wake};
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = QUEUE_SIGNAL};
    struct itimerspec when = {
        .it_value = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000 + 1},
        .it_interval = {.tv_nsec = WAKE_MS * 1000000                            }
    };

    event.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid); /* glibc 2.28 has no gettid() */
    sigaction(QUEUE_SIGNAL, &action, NULL);
    return timer_create(CLOCK_MONOTONIC, &event, timer) == 0 && timer_settime(*timer, 0, &when, NULL) == 0;
}

static bool wait_in_queue(struct store *store)
{
    int64_t until_ms = now_steady_ms() + store->patience_ms;
    timer_t timer;
    int result;

    if (flock(store->descriptor, LOCK_EX | LOCK_NB) == 0)
        return true;
    if (!alarm_after(store->patience_ms, &timer))
        return false;
    do
        result = flock(store->descriptor, LOCK_EX);
    while (result != 0 && errno == EINTR && now_steady_ms() < until_ms);
    timer_delete(timer);
    return result == 0;
}

static bool enter_queue(struct store *store, struct fault *fault)
{
    int64_t before_ms = now_steady_ms();
    bool entered = wait_in_queue(store);

    store->patience_ms -= now_steady_ms() - before_ms;
    if (store->patience_ms < 1)
        store->patience_ms = 1;
    return entered || fault_set(fault, FAULT_SYSTEM,
                                "state '%s': other programs have held it for too long; see `fuser` of that directory",
                                store->directory);
}

static void leave_queue(struct store *store)
{
    flock(store->descriptor, LOCK_UN);
}

/* --- the file --- */

/* In the packaged place a store made by one of the daemons' users would lock the others out: only root makes it there. */
static bool may_make(const char *directory)
{
    return geteuid() == 0 || strcmp(directory, STORE_PACKAGED_DIRECTORY) != 0;
}

/* For the group, when there is one; its files get the directory's group. */
static bool make_directory(const char *directory)
{
    const struct group *group = getgrnam(STORE_GROUP);

    if (mkdir(directory, S_IRWXU | S_IRWXG) != 0)
        return false;
    if (geteuid() == 0 && group && chown(directory, 0, group->gr_gid) != 0)
        return false;
    return chmod(directory, STORE_DIRECTORY_MODE) == 0;
}

static bool open_directory(struct store *store, const char *directory, struct fault *fault)
{
    char *real = realpath(directory, NULL);

    if (!real && errno == ENOENT && may_make(directory) && make_directory(directory))
        real = realpath(directory, NULL);
    if (!real)
        return fault_set(fault, FAULT_SYSTEM, "state directory '%s': %s; make it, or set `state` to one that exists",
                         directory, strerror(errno));
    store->directory = arena_copy(store->arena, real, strlen(real));
    free(real);
    store->path = arena_print(store->arena, "%s/%s", store->directory, FILE_NAME);
    store->descriptor = open(store->directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (store->descriptor < 0)
        return fault_set(fault, FAULT_SYSTEM,
                         "state directory '%s': %s; the user must be in its group, and its mode 2770", store->directory,
                         strerror(errno));
    return true;
}

static bool look_at_file_system(const struct store *store, bool *small_blocks, struct fault *fault)
{
    struct statfs about;

    if (fstatfs(store->descriptor, &about) != 0)
        return fault_set(fault, FAULT_SYSTEM, "state directory '%s': %s", store->directory, strerror(errno));
    switch ((unsigned long)about.f_type & 0xFFFFFFFF) {
    case NFS_SUPER_MAGIC:
    case SMB_SUPER_MAGIC:
    case CIFS_SUPER_MAGIC:
    case SMB2_SUPER_MAGIC:
        return fault_set(fault, FAULT_SYSTEM,
                         "state directory '%s' is on a network file system, where locks cannot be trusted; set `state` "
                         "to a local directory",
                         store->directory);
    default:
        break;
    }
    *small_blocks = about.f_bsize < LEAST_BLOCK;
    return true;
}

static bool do_sql(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static int keep_first_number(void *into, int columns, char **values, char **names)
{
    (void)names;
    if (columns > 0 && values[0])
        *(int64_t *)into = strtoll(values[0], NULL, 10);
    return 1;
}

static int64_t number_of(sqlite3 *db, const char *sql, int64_t otherwise)
{
    int64_t number = otherwise;

    sqlite3_exec(db, sql, keep_first_number, &number, NULL);
    return number;
}

static bool apply_steps(sqlite3 *db, int64_t from)
{
    char version[64];

    for (int64_t step = from; step < STORE_SCHEMA; step++)
        if (!do_sql(db, STORE_STEPS[step]))
            return false;
    snprintf(version, sizeof(version), "PRAGMA user_version = %d", STORE_SCHEMA);
    return do_sql(db, version);
}

/* Made whole under another name, then given its own: nobody ever sees half a file. */
static bool make_file(struct store *store, bool small_blocks, struct fault *fault)
{
    static const char *const LEFT_OVER[] = {"state.db.new", "state.db.new-wal", "state.db.new-shm",
                                            "state.db.new-journal"};
    const char *path = arena_print(store->arena, "%s/%s", store->directory, NEW_NAME);
    int descriptor;
    bool made;

    for (size_t i = 0; i < sizeof(LEFT_OVER) / sizeof(*LEFT_OVER); i++)
        unlinkat(store->descriptor, LEFT_OVER[i], 0);
    descriptor = openat(store->descriptor, NEW_NAME, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (descriptor < 0 || fchmod(descriptor, STORE_FILE_MODE) != 0)
        return fault_set(fault, FAULT_SYSTEM,
                         "state '%s': cannot be made: %s; the user must be in the directory's group", store->path,
                         strerror(errno));
    close(descriptor);
    made = sqlite3_open_v2(path, &store->db, OPEN_FLAGS, NULL) == SQLITE_OK &&
           do_sql(store->db, small_blocks ? "PRAGMA journal_mode = TRUNCATE" : "PRAGMA journal_mode = WAL") &&
           do_sql(store->db, "BEGIN IMMEDIATE") && apply_steps(store->db, 0) && do_sql(store->db, "COMMIT");
    if (!made)
        fault_of_sqlite(store, "make it", fault);
    sqlite3_close(store->db);
    store->db = NULL;
    if (made &&
        (renameat(store->descriptor, NEW_NAME, store->descriptor, FILE_NAME) != 0 || fsync(store->descriptor) != 0))
        return fault_set(fault, FAULT_SYSTEM, "state '%s': cannot be made: %s", store->path, strerror(errno));
    return made;
}

static bool file_exists(const struct store *store, struct stat *about)
{
    return fstatat(store->descriptor, FILE_NAME, about, AT_SYMLINK_NOFOLLOW) == 0;
}

/* By functions where there are some: each PRAGMA is a statement to compile. */
static bool set_rules(struct store *store)
{
    sqlite3_busy_timeout(store->db, (int)store->patience_ms);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
#ifdef COMPAT_TRUSTED_SCHEMA
    sqlite3_db_config(store->db, COMPAT_TRUSTED_SCHEMA, 0, NULL);
#endif
    return do_sql(store->db, "PRAGMA synchronous = NORMAL; PRAGMA cell_size_check = ON");
}

static bool open_file(struct store *store, struct fault *fault)
{
    struct stat about;

    if (sqlite3_open_v2(store->path, &store->db, OPEN_FLAGS, NULL) != SQLITE_OK || !file_exists(store, &about) ||
        !set_rules(store))
        return fault_of_sqlite(store, "open it", fault);
    if (!S_ISREG(about.st_mode) || about.st_nlink != 1)
        return fault_set(fault, FAULT_SYSTEM, "state '%s' is not a plain file of its own; move it away", store->path);
    store->device = about.st_dev;
    store->inode = about.st_ino;
    return true;
}

static void close_file(struct store *store)
{
    for (size_t i = 0; i < store->kept_count; i++)
        sqlite3_finalize(store->kept[i]);
    store->kept_count = 0;
    sqlite3_close_v2(store->db);
    store->db = NULL;
}

static bool upgrade(struct store *store, struct fault *fault)
{
    int64_t version = number_of(store->db, "PRAGMA user_version", -1);

    if (version == STORE_SCHEMA)
        return true;
    if (version < 0)
        return fault_of_sqlite(store, "read it", fault);
    if (version > STORE_SCHEMA)
        return fault_set(fault, FAULT_SYSTEM,
                         "state '%s' was made by a newer version (schema %lld, this program knows %d); install that "
                         "version here, too",
                         store->path, (long long)version, STORE_SCHEMA);
    if (do_sql(store->db, "BEGIN IMMEDIATE") &&
        apply_steps(store->db, number_of(store->db, "PRAGMA user_version", version)) && do_sql(store->db, "COMMIT"))
        return true;
    fault_of_sqlite(store, "upgrade it", fault);
    do_sql(store->db, "ROLLBACK");
    return false;
}

/* --- a file that is broken --- */

/* True when SQLite's own check finds damage, too. */
static bool surely_corrupt(struct store *store)
{
    sqlite3_stmt *check;
    bool sound;

    if (sqlite3_prepare_v2(store->db, "PRAGMA quick_check(1)", -1, &check, NULL) != SQLITE_OK)
        return (sqlite3_errcode(store->db) & 0xFF) == SQLITE_CORRUPT ||
               (sqlite3_errcode(store->db) & 0xFF) == SQLITE_NOTADB;
    sound = sqlite3_step(check) == SQLITE_ROW && strcmp((const char *)sqlite3_column_text(check, 0), "ok") == 0;
    sqlite3_finalize(check);
    return !sound;
}

/* Not more than one an hour: a machine that corrupts files again and again must not fill its disk with them. */
static bool may_set_aside(const struct store *store, int64_t now_s)
{
    for (int i = 0; i < ASIDE_MOST; i++) {
        const char *name = arena_print(store->arena, "%s.corrupt-%d", FILE_NAME, i);
        struct stat about;

        if (fstatat(store->descriptor, name, &about, AT_SYMLINK_NOFOLLOW) == 0 &&
            about.st_ctim.tv_sec + ASIDE_EVERY_S > now_s)
            return false;
    }
    return true;
}

/* The oldest of the kept ones makes room. */
static void move_aside(const struct store *store)
{
    static const char *const PARTS[] = {"", "-wal", "-shm", "-journal"};

    for (int i = ASIDE_MOST - 1; i >= 0; i--) {
        for (size_t part = 0; part < sizeof(PARTS) / sizeof(*PARTS); part++) {
            const char *from = i > 0 ? arena_print(store->arena, "%s.corrupt-%d%s", FILE_NAME, i - 1, PARTS[part])
                                     : arena_print(store->arena, "%s%s", FILE_NAME, PARTS[part]);
            const char *to = arena_print(store->arena, "%s.corrupt-%d%s", FILE_NAME, i, PARTS[part]);

            renameat(store->descriptor, from, store->descriptor, to);
        }
    }
}

/* Called in the queue. Another process may have been faster: then the name leads to another file already. */
static bool replace_corrupt(struct store *store, bool small_blocks, bool *renewed, struct fault *fault)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (!surely_corrupt(store) || !may_set_aside(store, now.tv_sec))
        return false;
    close_file(store);
    move_aside(store);
    if (!make_file(store, small_blocks, fault) || !open_file(store, fault))
        return false;
    store->corrupt = false;
    *renewed = true;
    return true;
}

/* --- opening --- */

static bool open_sound_file(struct store *store, bool small_blocks, bool *renewed, struct fault *fault)
{
    struct stat about;

    if (!file_exists(store, &about)) {
        if (!may_make(store->directory))
            return fault_set(fault, FAULT_SYSTEM, "state '%s' is missing; `notifyctl check` as root makes it",
                             store->path);
        if (!make_file(store, small_blocks, fault))
            return false;
    }
    if (open_file(store, fault) && upgrade(store, fault))
        return true;
    return store->corrupt && replace_corrupt(store, small_blocks, renewed, fault);
}

/* Most openings find a sound file of this version and need no place in the queue. */
static bool open_quickly(struct store *store, struct fault *fault)
{
    struct stat about;
    struct fault ignored = {0};

    (void)fault;
    if (file_exists(store, &about) && open_file(store, &ignored) &&
        number_of(store->db, "PRAGMA user_version", -1) == STORE_SCHEMA)
        return true;
    close_file(store);
    return false;
}

static void close_store(void *object)
{
    struct store *store = object;

    if (store->corrupt && store->db && flock(store->descriptor, LOCK_EX | LOCK_NB) == 0) {
        struct fault ignored = {0};
        bool renewed;

        replace_corrupt(store, false, &renewed, &ignored);
    }
    close_file(store);
    if (store->descriptor >= 0)
        close(store->descriptor);
}

struct store *store_open(struct arena *arena, const char *directory, int64_t patience_ms, bool *renewed,
                         struct fault *fault)
{
    struct store *store = arena_alloc(arena, sizeof(*store));
    bool small_blocks = false;
    bool opened;

    *store = (struct store){.arena = arena, .descriptor = -1, .patience_ms = patience_ms};
    *renewed = false;
    arena_defer(arena, close_store, store);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* nobody asks for its count of memory, and each count takes a lock */
    if (!open_directory(store, directory, fault) || !look_at_file_system(store, &small_blocks, fault))
        return NULL;
    if (open_quickly(store, fault))
        return store;
    if (!enter_queue(store, fault))
        return NULL;
    store->corrupt = false;
    opened = open_sound_file(store, small_blocks, renewed, fault);
    leave_queue(store);
    return opened ? store : NULL;
}

/* --- transactions --- */

/* The name may lead to a new file by now. */
static bool same_file(struct store *store, struct fault *fault)
{
    struct stat about;

    if (file_exists(store, &about) && about.st_dev == store->device && about.st_ino == store->inode)
        return true;
    close_file(store);
    return open_file(store, fault);
}

bool store_begin(struct store *store, struct fault *fault)
{
    if (!enter_queue(store, fault))
        return false;
    if (same_file(store, fault)) {
        if (do_sql(store->db, "BEGIN IMMEDIATE"))
            return true;
        fault_of_sqlite(store, "write to it", fault);
    }
    leave_queue(store);
    return false;
}

bool store_commit(struct store *store, struct fault *fault)
{
    bool committed = do_sql(store->db, "COMMIT");

    if (!committed) {
        fault_of_sqlite(store, "write to it", fault);
        do_sql(store->db, "ROLLBACK");
    }
    leave_queue(store);
    return committed;
}

void store_rollback(struct store *store)
{
    do_sql(store->db, "ROLLBACK");
    leave_queue(store);
}

/* In TRUNCATE mode there is no log: the commit itself has synced file and journal. */
bool store_promise(struct store *store, struct fault *fault)
{
    const char *name = arena_print(store->arena, "%s-wal", FILE_NAME);
    int descriptor = openat(store->descriptor, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    bool synced = descriptor < 0 ? errno == ENOENT : fdatasync(descriptor) == 0;

    if (!synced)
        fault_set(fault, FAULT_SYSTEM, "state '%s': cannot sync its log: %s", store->path, strerror(errno));
    if (descriptor >= 0)
        close(descriptor);
    return synced;
}

/* --- statements --- */

struct row {
    struct arena *arena;
    sqlite3_stmt *statement;
};

const char *row_text(struct row *row, int column)
{
    const char *text = (const char *)sqlite3_column_text(row->statement, column);

    if (!text)
        return "";
    return row->arena ? arena_copy(row->arena, text, (size_t)sqlite3_column_bytes(row->statement, column)) : text;
}

int64_t row_number(struct row *row, int column)
{
    return sqlite3_column_int64(row->statement, column);
}

bool row_is_null(struct row *row, int column)
{
    return sqlite3_column_type(row->statement, column) == SQLITE_NULL;
}

/* The kept one of the same text, unless it is being read right now. */
static sqlite3_stmt *kept_statement(const struct store *store, const char *sql)
{
    for (size_t i = 0; i < store->kept_count; i++)
        if (!sqlite3_stmt_busy(store->kept[i]) && strcmp(sqlite3_sql(store->kept[i]), sql) == 0)
            return store->kept[i];
    return NULL;
}

static bool is_kept(const struct store *store, const sqlite3_stmt *statement)
{
    for (size_t i = 0; i < store->kept_count; i++)
        if (store->kept[i] == statement)
            return true;
    return false;
}

static sqlite3_stmt *compile(struct store *store, const char *sql)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK)
        return NULL;
    if (store->kept_count < KEPT_MOST)
        store->kept[store->kept_count++] = statement;
    return statement;
}

/* Texts are not copied: they outlive the statement's use, which ends with let_go(). */
static sqlite3_stmt *prepare(struct store *store, const char *sql, const char *types, va_list values)
{
    sqlite3_stmt *statement = kept_statement(store, sql);

    if (!statement)
        statement = compile(store, sql);
    for (int i = 1; statement && *types; i++, types++) {
        if (*types == 't')
            sqlite3_bind_text(statement, i, va_arg(values, const char *), -1, SQLITE_STATIC);
        else
            sqlite3_bind_int64(statement, i, va_arg(values, int64_t));
    }
    return statement;
}

static void let_go(const struct store *store, sqlite3_stmt *statement)
{
    if (!is_kept(store, statement)) {
        sqlite3_finalize(statement);
        return;
    }
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
}

static bool run_statement(struct store *store, struct fault *fault, sqlite3_stmt *statement)
{
    bool done = statement && sqlite3_step(statement) == SQLITE_DONE;
    if (!done)
        fault_of_sqlite(store, "write to it", fault);
    store->changed = sqlite3_changes(store->db);
    let_go(store, statement);
    return done;
}

bool store_run(struct store *store, struct fault *fault, const char *sql, const char *types, ...)
{
    va_list values;
    bool done;

    va_start(values, types);
    done = run_statement(store, fault, prepare(store, sql, types, values));
    va_end(values);
    return done;
}

bool store_change(struct store *store, struct fault *fault, const char *sql, const char *types, ...)
{
    va_list values;
    bool done;

    if (!store_begin(store, fault))
        return false;
    va_start(values, types);
    done = run_statement(store, fault, prepare(store, sql, types, values));
    va_end(values);
    if (done)
        return store_commit(store, fault);
    store_rollback(store);
    return false;
}

int64_t store_changed(const struct store *store)
{
    return store->changed;
}

static bool read_rows(struct store *store, struct arena *arena, struct fault *fault, sqlite3_stmt *statement,
                      bool (*each)(void *self, struct row *row), void *self)
{
    struct row row = {.arena = arena, .statement = statement};
    int step = statement ? SQLITE_ROW : SQLITE_ERROR;
    bool more = true;

    while (more && step == SQLITE_ROW) {
        step = sqlite3_step(statement);
        if (step == SQLITE_ROW)
            more = each(self, &row);
    }
    if (step != SQLITE_ROW && step != SQLITE_DONE)
        fault_of_sqlite(store, "read it", fault);
    let_go(store, statement);
    return step == SQLITE_ROW || step == SQLITE_DONE;
}

bool store_read(struct store *store, struct arena *arena, struct fault *fault, const char *sql,
                bool (*each)(void *self, struct row *row), void *self, const char *types, ...)
{
    sqlite3_stmt *statement;
    va_list values;

    va_start(values, types);
    statement = prepare(store, sql, types, values);
    va_end(values);
    return read_rows(store, arena, fault, statement, each, self);
}

static bool keep_number(void *self, struct row *row)
{
    if (!row_is_null(row, 0))
        *(int64_t *)self = row_number(row, 0);
    return false;
}

bool store_number(struct store *store, struct fault *fault, const char *sql, int64_t otherwise, int64_t *number,
                  const char *types, ...)
{
    sqlite3_stmt *statement;
    va_list values;
    int64_t read = otherwise;

    va_start(values, types);
    statement = prepare(store, sql, types, values);
    va_end(values);
    if (!read_rows(store, store->arena, fault, statement, keep_number, &read))
        return false;
    *number = read;
    return true;
}

bool store_set_value(struct store *store, const char *name, int64_t value, struct fault *fault)
{
    return store_run(store, fault, "INSERT OR REPLACE INTO value (name, number) VALUES (?, ?)", "ti", name, value);
}

bool store_get_value(struct store *store, const char *name, int64_t otherwise, int64_t *value, struct fault *fault)
{
    return store_number(store, fault, "SELECT number FROM value WHERE name = ?", otherwise, value, "t", name);
}

/* --- retention --- */

struct retention {
    const char *sql; /* changes at most ?3 rows of the time from ?1 to before ?2 */
    int64_t days;
};

static const struct retention BOOKINGS = {
    "DELETE FROM booking WHERE rowid IN (SELECT rowid FROM booking WHERE at_ms >= ?1 AND at_ms < ?2 LIMIT ?3)", 1};
static const struct retention BODIES = {
    "UPDATE notification SET body = '' WHERE rowid IN (SELECT rowid FROM notification"
    " WHERE created_ms >= ?1 AND created_ms < ?2 AND body <> '' LIMIT ?3)",
    30};
static const struct retention ATTEMPTS = {
    "DELETE FROM attempt WHERE rowid IN (SELECT rowid FROM attempt WHERE at_ms >= ?1 AND at_ms < ?2 LIMIT ?3)", 90};
static const struct retention RECEIPTS = {
    "DELETE FROM receipt WHERE rowid IN (SELECT rowid FROM receipt WHERE sent_ms >= ?1 AND sent_ms < ?2"
    " AND state <> 'waiting' LIMIT ?3)",
    90};
static const struct retention NOTIFICATIONS = {
    "DELETE FROM notification WHERE rowid IN (SELECT rowid FROM notification"
    " WHERE created_ms >= ?1 AND created_ms < ?2 AND outcome <> 'waiting'"
    " AND NOT (outcome = 'held' AND delivered_by = '') AND NOT EXISTS (SELECT 1 FROM receipt"
    " WHERE id = notification.id AND state = 'waiting') LIMIT ?3)",
    400};
#define ALERTS_OVER "SELECT problem FROM alert WHERE over_ms > 0 AND over_ms >= ?1 AND over_ms < ?2"
static const struct retention STEPS = {
    "DELETE FROM step WHERE rowid IN (SELECT rowid FROM step WHERE problem IN (" ALERTS_OVER ") LIMIT ?3)", 400};
static const struct retention REPLIES = {
    "DELETE FROM reply WHERE rowid IN (SELECT rowid FROM reply WHERE problem IN (" ALERTS_OVER ") LIMIT ?3)", 400};
static const struct retention ALERTS = {"DELETE FROM alert WHERE problem IN (" ALERTS_OVER " LIMIT ?3)", 400};
static const struct retention MUTES = {
    "DELETE FROM mute WHERE rowid IN (SELECT rowid FROM mute WHERE until_ms >= ?1 AND until_ms < ?2 LIMIT ?3)", 400};

static const struct retention WRITEBACKS = {
    "DELETE FROM writeback WHERE rowid IN (SELECT rowid FROM writeback"
    " WHERE created_ms >= ?1 AND created_ms < ?2 AND state <> 'waiting' LIMIT ?3)",
    90};

static bool change_batch(struct store *store, const char *sql, int64_t from_ms, int64_t before_ms, bool *more,
                         struct fault *fault)
{
    if (!store_begin(store, fault))
        return false;
    if (!store_run(store, fault, sql, "iii", from_ms, before_ms, (int64_t)TIDY_ROWS)) {
        store_rollback(store);
        return false;
    }
    *more = store->changed == TIDY_ROWS;
    return store_commit(store, fault);
}

static bool change_between(struct store *store, const struct retention *retention, int64_t from_ms, int64_t before_ms,
                           struct fault *fault)
{
    for (bool more = true; more;)
        if (!change_batch(store, retention->sql, from_ms, before_ms, &more, fault))
            return false;
    return true;
}

static bool change_older(struct store *store, const struct retention *retention, int64_t before_ms, struct fault *fault)
{
    return change_between(store, retention, 0, before_ms, fault);
}

static bool remember(struct store *store, const char *name, int64_t value, struct fault *fault)
{
    if (!store_begin(store, fault))
        return false;
    if (!store_set_value(store, name, value, fault)) {
        store_rollback(store);
        return false;
    }
    return store_commit(store, fault);
}

/* The rows stay: those that have lost their bodies are not looked through again, while all writers wait. */
static bool take_out_bodies(struct store *store, int64_t before_ms, struct fault *fault)
{
    static const char UNTIL[] = "bodies_out_until_ms";
    int64_t from_ms;

    return store_get_value(store, UNTIL, 0, &from_ms, fault) &&
           change_between(store, &BODIES, from_ms, before_ms, fault) && remember(store, UNTIL, before_ms, fault);
}

bool store_tidy(struct store *store, int64_t now_ms, struct fault *fault)
{
    const struct retention *const all[] = {&BOOKINGS, &ATTEMPTS, &RECEIPTS, &NOTIFICATIONS, &STEPS,
                                           &REPLIES,  &ALERTS,   &MUTES,    &WRITEBACKS};

    if (!take_out_bodies(store, now_ms - BODIES.days * 86400000, fault))
        return false;
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
        if (!change_older(store, all[i], now_ms - all[i]->days * 86400000, fault))
            return false;
    do_sql(store->db, "PRAGMA wal_checkpoint(PASSIVE)");
    return true;
}

bool store_forget(struct store *store, int64_t before_ms, struct fault *fault)
{
    return change_older(store, &BOOKINGS, before_ms, fault) && change_older(store, &ATTEMPTS, before_ms, fault) &&
           change_older(store, &RECEIPTS, before_ms, fault) && change_older(store, &NOTIFICATIONS, before_ms, fault) &&
           change_older(store, &STEPS, before_ms, fault) && change_older(store, &REPLIES, before_ms, fault) &&
           change_older(store, &ALERTS, before_ms, fault);
}
