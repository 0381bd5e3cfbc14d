/* The file itself: https://www.sqlite.org/wal.html, https://www.sqlite.org/howtocorrupt.html */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include <linux/magic.h>
#include <sqlite3.h>

#include "common/compat.h"
#include "common/store_private.h"
#include "common/store_schema.h"

enum {
    LEAST_BLOCK = 4096,   /* bytes; below it the mapped index of WAL can hit a full disk */
    ASIDE_MOST = 3,       /* corrupt files that are kept */
    ASIDE_EVERY_S = 3600, /* at most one in this time */
};

/* One thread uses a store: no locks within the process. */
enum { OPEN_FLAGS = SQLITE_OPEN_READWRITE | COMPAT_NOFOLLOW | SQLITE_OPEN_NOMUTEX };

static const char NEW_NAME[] = STORE_FILE_NAME ".new";

bool store_fault(struct store *store, const char *doing, struct fault *fault)
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
    store->path = arena_print(store->arena, "%s/%s", store->directory, STORE_FILE_NAME);
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

bool store_sql(sqlite3 *db, const char *sql)
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
        if (!store_sql(db, STORE_STEPS[step]))
            return false;
    snprintf(version, sizeof(version), "PRAGMA user_version = %d", STORE_SCHEMA);
    return store_sql(db, version);
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
           store_sql(store->db, small_blocks ? "PRAGMA journal_mode = TRUNCATE" : "PRAGMA journal_mode = WAL") &&
           store_sql(store->db, "BEGIN IMMEDIATE") && apply_steps(store->db, 0) && store_sql(store->db, "COMMIT");
    if (!made)
        store_fault(store, "make it", fault);
    sqlite3_close(store->db);
    store->db = NULL;
    if (made && (renameat(store->descriptor, NEW_NAME, store->descriptor, STORE_FILE_NAME) != 0 ||
                 fsync(store->descriptor) != 0))
        return fault_set(fault, FAULT_SYSTEM, "state '%s': cannot be made: %s", store->path, strerror(errno));
    return made;
}

bool store_file_exists(const struct store *store, struct stat *about)
{
    return fstatat(store->descriptor, STORE_FILE_NAME, about, AT_SYMLINK_NOFOLLOW) == 0;
}

/* By functions where there are some: each PRAGMA is a statement to compile. */
static bool set_rules(struct store *store)
{
    sqlite3_busy_timeout(store->db, (int)store->patience_ms);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
#ifdef COMPAT_TRUSTED_SCHEMA
    sqlite3_db_config(store->db, COMPAT_TRUSTED_SCHEMA, 0, NULL);
#endif
    return store_sql(store->db, "PRAGMA synchronous = NORMAL; PRAGMA cell_size_check = ON");
}

bool store_file_open(struct store *store, struct fault *fault)
{
    struct stat about;

    if (sqlite3_open_v2(store->path, &store->db, OPEN_FLAGS, NULL) != SQLITE_OK || !store_file_exists(store, &about) ||
        !set_rules(store))
        return store_fault(store, "open it", fault);
    if (!S_ISREG(about.st_mode) || about.st_nlink != 1)
        return fault_set(fault, FAULT_SYSTEM, "state '%s' is not a plain file of its own; move it away", store->path);
    store->device = about.st_dev;
    store->inode = about.st_ino;
    return true;
}

void store_file_close(struct store *store)
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
        return store_fault(store, "read it", fault);
    if (version > STORE_SCHEMA)
        return fault_set(fault, FAULT_SYSTEM,
                         "state '%s' was made by a newer version (schema %lld, this program knows %d); install that "
                         "version here, too",
                         store->path, (long long)version, STORE_SCHEMA);
    if (store_sql(store->db, "BEGIN IMMEDIATE") &&
        apply_steps(store->db, number_of(store->db, "PRAGMA user_version", version)) && store_sql(store->db, "COMMIT"))
        return true;
    store_fault(store, "upgrade it", fault);
    store_sql(store->db, "ROLLBACK");
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
        const char *name = arena_print(store->arena, "%s.corrupt-%d", STORE_FILE_NAME, i);
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
            const char *from = i > 0 ? arena_print(store->arena, "%s.corrupt-%d%s", STORE_FILE_NAME, i - 1, PARTS[part])
                                     : arena_print(store->arena, "%s%s", STORE_FILE_NAME, PARTS[part]);
            const char *to = arena_print(store->arena, "%s.corrupt-%d%s", STORE_FILE_NAME, i, PARTS[part]);

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
    store_file_close(store);
    move_aside(store);
    if (!make_file(store, small_blocks, fault) || !store_file_open(store, fault))
        return false;
    store->corrupt = false;
    *renewed = true;
    return true;
}

/* --- opening --- */

static bool open_sound_file(struct store *store, bool small_blocks, bool *renewed, struct fault *fault)
{
    struct stat about;

    if (!store_file_exists(store, &about)) {
        if (!may_make(store->directory))
            return fault_set(fault, FAULT_SYSTEM, "state '%s' is missing; `notifyctl check` as root makes it",
                             store->path);
        if (!make_file(store, small_blocks, fault))
            return false;
    }
    if (store_file_open(store, fault) && upgrade(store, fault))
        return true;
    return store->corrupt && replace_corrupt(store, small_blocks, renewed, fault);
}

/* Most openings find a sound file of this version and need no place in the queue. */
static bool open_quickly(struct store *store, struct fault *fault)
{
    struct stat about;
    struct fault ignored = {0};

    (void)fault;
    if (store_file_exists(store, &about) && store_file_open(store, &ignored) &&
        number_of(store->db, "PRAGMA user_version", -1) == STORE_SCHEMA)
        return true;
    store_file_close(store);
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
    store_file_close(store);
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
    if (!store_queue_enter(store, fault))
        return NULL;
    store->corrupt = false;
    opened = open_sound_file(store, small_blocks, renewed, fault);
    store_queue_leave(store);
    return opened ? store : NULL;
}
