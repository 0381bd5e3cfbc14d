#include "common/calendar_cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/calendar.h"
#include "common/hash.h"
#include "common/rotation.h"
#include "common/str.h"

enum {
    USED_S =
        7 *
        DAY_S, /* how far from its making an entry serves: repetitions are expanded for a year back and three ahead */
    MADE_ANEW_S = DAY_S, /* the worker makes it anew: rules of time zones may have changed */
    KEPT_S = 30 * DAY_S, /* entries of calendars that nobody has any more */
    SETTLED_S = 2,       /* a file that was written just now may be written again, and look the same */
    PATH_MOST = 4096,
    CONTENT_MOST = 8 * 1024 * 1024,
};

/* Texts. */

/* The machine's own zone, as far as it has a name: it is another one for a process with another TZ. */
static const char *zone_of_machine(struct arena *arena)
{
    const char *variable = getenv("TZ");
    char *link = arena_alloc(arena, PATH_MOST);
    ssize_t len = readlink("/etc/localtime", link, PATH_MOST - 1);

    if (variable)
        return arena_print(arena, "TZ=%s", variable);
    return len > 0 ? link : "/etc/localtime";
}

/* Everything beside the file that an answer depends on. */
static const char *key_of(const struct calendar *calendar)
{
    struct arena *arena = calendar->arena;

    return arena_print(arena, NOTIFY_VERSION " %d %d %s %s", CALENDAR_VERSION, calendar->only_spans,
                       calendar->timezone[0] ? calendar->timezone : zone_of_machine(arena), calendar->path);
}

static const char *file_text(struct arena *arena, const struct calendar_file *file)
{
    return arena_print(arena, "%lld %lld %lld %lld", (long long)file->inode, (long long)file->size,
                       (long long)file->modified_ns, (long long)file->changed_ns);
}

static const char *digest_of(struct arena *arena, const char *key, const char *file, int64_t made_s,
                             const char *content)
{
    const char *all = arena_print(arena, "%s\n%s\n%lld\n%s", key, file, (long long)made_s, content);
    struct digest digest = hash_sha256(all, strlen(all));

    return digest_hex(arena, &digest);
}

/* "d DAY 0|1 NAME" for a day, "s FROM UNTIL NAME" for a span; a line each. */
static const char *content_of(const struct calendar *calendar)
{
    struct str text = str_in(calendar->arena, CONTENT_MOST);

    for (size_t i = 0; i < calendar->day_count; i++)
        str_addf(&text, "d %lld %d %s\n", (long long)calendar->days[i].day, calendar->days[i].workday,
                 calendar->days[i].name);
    for (size_t i = 0; i < calendar->span_count; i++)
        str_addf(&text, "s %lld %lld %s\n", (long long)calendar->spans[i].from_s, (long long)calendar->spans[i].until_s,
                 calendar->spans[i].name);
    return str_fits(&text) ? text.text : "";
}

static bool read_number(const char **at, int64_t *number)
{
    char *end;

    errno = 0;
    *number = strtoll(*at, &end, 10);
    if (end == *at || *end != ' ' || errno)
        return false;
    *at = end + 1;
    return true;
}

static bool read_entry(struct calendar *calendar, const char *line, struct fault *fault)
{
    const char *at = line + 2;
    int64_t first;
    int64_t second;

    if ((line[0] != 'd' && line[0] != 's') || line[1] != ' ' || !read_number(&at, &first) || !read_number(&at, &second))
        return false;
    return line[0] == 'd' ? calendar_add_day(calendar, first, second != 0, at, fault)
                          : calendar_add_span(calendar, first, second, at, fault);
}

static bool read_content(struct calendar *calendar, const char *content)
{
    struct fault fault = {0};

    while (*content) {
        size_t len = strcspn(content, "\n");

        if (content[len] != '\n' || len < 2 || !read_entry(calendar, arena_copy(calendar->arena, content, len), &fault))
            return false;
        content += len + 1;
    }
    return true;
}

/* The store. */

struct entry {
    bool found;
    int64_t made_s;
    const char *content;
    const char *digest;
};

static bool keep_row(void *self, struct row *row)
{
    *(struct entry *)self = (struct entry){
        .found = true, .made_s = row_number(row, 0), .content = row_text(row, 1), .digest = row_text(row, 2)};
    return false;
}

static bool find_entry(struct store *store, const struct calendar *calendar, const struct calendar_file *file,
                       struct entry *entry)
{
    struct arena *arena = calendar->arena;
    const char *key = key_of(calendar);
    const char *text = file_text(arena, file);
    struct fault fault = {0};

    *entry = (struct entry){.found = false};
    return store_read(store, arena, &fault, "SELECT made_s, content, digest FROM calendar WHERE key = ? AND file = ?",
                      keep_row, entry, "tt", key, text) &&
           entry->found && strcmp(entry->digest, digest_of(arena, key, text, entry->made_s, entry->content)) == 0;
}

static bool recall(void *self, struct calendar *calendar, const struct calendar_file *file, int64_t now_s)
{
    struct calendar known = *calendar;
    struct entry entry;

    if (!find_entry(self, calendar, file, &entry) || entry.made_s > now_s + USED_S || entry.made_s < now_s - USED_S ||
        !read_content(&known, entry.content))
        return false;
    *calendar = known;
    return true;
}

/* An entry that cannot be written is missed by nobody: the file is there. */
static void put_entry(struct store *store, const struct calendar *calendar, int64_t now_s)
{
    const char *key = key_of(calendar);
    const char *file = file_text(calendar->arena, &calendar->file);
    const char *content = content_of(calendar);
    struct fault fault = {0};

    if (!store_begin(store, &fault))
        return;
    if (!store_run(store, &fault, "DELETE FROM calendar WHERE key = ? OR made_s < ?", "ti", key, now_s - KEPT_S) ||
        !store_run(store, &fault, "INSERT INTO calendar (key, file, made_s, content, digest) VALUES (?, ?, ?, ?, ?)",
                   "ttitt", key, file, now_s, content, digest_of(calendar->arena, key, file, now_s, content)) ||
        !store_commit(store, &fault))
        store_rollback(store);
}

/* Each .ics file of the configuration. */

static void each_file(const struct config *config, void (*each)(void *self, struct calendar *calendar), void *self)
{
    for (size_t i = 0; i < config->calendar_count; i++)
        if (calendar_is_ical(config->calendars[i]->path))
            each(self, config->calendars[i]);
    for (size_t i = 0; i < config->rotation_count; i++)
        for (size_t k = 0; k < config->rotations[i]->layer_count; k++) {
            struct calendar *calendar = config->rotations[i]->layers[k].calendar;

            if (calendar && calendar_is_ical(calendar->path))
                each(self, calendar);
        }
}

static void count_it(void *self, struct calendar *calendar)
{
    (void)calendar;
    ++*(size_t *)self;
}

bool calendar_cache_helps(const struct config *config)
{
    size_t count = 0;

    each_file(config, count_it, &count);
    return count > 0;
}

static void look_up(void *self, struct calendar *calendar)
{
    calendar->recall = self ? recall : NULL;
    calendar->recall_self = self;
}

void calendar_cache_use(struct config *config, struct store *store)
{
    each_file(config, look_up, store);
}

struct filling {
    struct store *store;
    int64_t now_s;
};

static bool same_file(const struct calendar_file *one, const struct calendar_file *other)
{
    return one->inode == other->inode && one->size == other->size && one->modified_ns == other->modified_ns &&
           one->changed_ns == other->changed_ns;
}

static bool has_settled(const struct calendar_file *file, int64_t now_s)
{
    return file->changed_ns / 1000000000 < now_s - SETTLED_S && file->modified_ns / 1000000000 < now_s - SETTLED_S;
}

static void read_anew(const struct filling *filling, const struct calendar *calendar, const struct calendar_file *file)
{
    struct arena *arena = arena_new();
    struct calendar fresh = calendar_like(calendar, arena);
    struct fault fault = {0};

    if (calendar_open(&fresh, filling->now_s, &fault) && same_file(&fresh.file, file))
        put_entry(filling->store, &fresh, filling->now_s);
    arena_release(arena);
}

static bool is_there(const struct filling *filling, const struct calendar *calendar, const struct calendar_file *file)
{
    struct arena *arena = arena_new();
    const struct calendar asked = calendar_like(calendar, arena);
    struct entry entry;
    bool there = find_entry(filling->store, &asked, file, &entry) && entry.made_s <= filling->now_s &&
                 entry.made_s > filling->now_s - MADE_ANEW_S;

    arena_release(arena);
    return there;
}

/* It is read anew when it is next asked. */
static void forget(struct calendar *calendar)
{
    struct calendar fresh = calendar_like(calendar, calendar->arena);

    fresh.recall = calendar->recall;
    fresh.recall_self = calendar->recall_self;
    *calendar = fresh;
}

static void fill(void *self, struct calendar *calendar)
{
    const struct filling *filling = self;
    struct calendar_file file;

    if (!calendar_stat(calendar, &file))
        return;
    if (calendar->opened && !same_file(&calendar->file, &file))
        forget(calendar);
    if (has_settled(&file, filling->now_s) && !is_there(filling, calendar, &file))
        read_anew(filling, calendar, &file);
}

void calendar_cache_fill(struct config *config, struct store *store, int64_t now_s)
{
    struct filling filling = {.store = store, .now_s = now_s};

    each_file(config, fill, &filling);
}
