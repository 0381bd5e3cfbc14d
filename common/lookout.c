#include "common/lookout.h"

#include <string.h>

#include "common/log.h"
#include "common/monitor_call.h"
#include "common/writeback_systems.h"

enum {
    EVERY_MS = 60000,
    NOTIFICATION_S = 60, /* a notification of the acknowledgement, if there is one, comes first */
    TOGETHER = 50,       /* asked about at once: the answer must stay small */
};

/* Once a minute, whichever process comes first. */
static bool is_due(const struct lookout *lookout, bool *due, struct fault *fault)
{
    int64_t now_ms = world_wall_ms(lookout->world);
    int64_t last_ms = 0;

    if (!store_begin(lookout->store, fault))
        return false;
    if (!store_get_value(lookout->store, "lookout_ms", 0, &last_ms, fault)) {
        store_rollback(lookout->store);
        return false;
    }
    *due = now_ms - last_ms >= EVERY_MS || last_ms > now_ms;
    if (*due && !store_set_value(lookout->store, "lookout_ms", now_ms, fault)) {
        store_rollback(lookout->store);
        return false;
    }
    return store_commit(lookout->store, fault);
}

/* --- what waits --- */

struct waiting {
    struct alert alert;
    struct event event;
};

/* One system that is asked. */
struct asking {
    const struct lookout *lookout;
    const struct monitor *chosen;
    struct world world; /* with an arena of its own */
    struct monitor monitor;
    struct waiting *items;
    size_t count;
    struct sightings sightings;
    struct verdicts verdicts;
    struct monitor_call call;
};

static bool keep_waiting(void *self, const struct alert *alert)
{
    struct asking *asking = self;
    struct arena *arena = asking->world.arena;
    struct waiting waiting = {.alert = *alert, .event = event_empty()};
    struct fault ignored = {0};

    if (!event_from_json(arena, json_read(arena, alert->event, strlen(alert->event)), &waiting.event, &ignored) ||
        config_monitor_for(asking->lookout->config, waiting.event.source, waiting.event.instance) != asking->chosen ||
        (asking->chosen->type == MONITOR_ZABBIX && !zabbix_can_acknowledge(&waiting.event)))
        return true;
    asking->items = arena_grow(arena, asking->items, (asking->count + 1) * sizeof(*asking->items));
    asking->items[asking->count++] = waiting;
    return true;
}

static bool gather(struct asking *asking, struct fault *fault)
{
    struct alert_filter filter = {
        .problem = "", .short_id = "", .untaken = true, .now_ms = world_wall_ms(&asking->world)};

    return alert_list(asking->lookout->store, asking->world.arena, &filter, keep_waiting, asking, fault);
}

/* --- the question --- */

/* The event ids, or the hosts, of a question's worth. */
static struct text_list names_from(const struct asking *asking, size_t from)
{
    size_t left = asking->count - from;
    size_t count = left < TOGETHER ? left : TOGETHER;
    const char **names = arena_alloc(asking->world.arena, count * sizeof(*names));

    for (size_t i = 0; i < count; i++) {
        const struct event *event = &asking->items[from + i].event;

        names[i] = asking->monitor.type == MONITOR_ZABBIX ? event->event_id : event->host;
    }
    return (struct text_list){.items = names, .count = count};
}

static bool ask_about(struct asking *asking, int64_t version, const struct text_list *names)
{
    bool zabbix = asking->monitor.type == MONITOR_ZABBIX;
    struct request request = request_in(asking->world.arena);
    struct response response;
    struct fault fault = {0};
    bool built = zabbix ? zabbix_ask_seen(&asking->monitor, version, names, &request, &fault)
                        : icinga2_ask_seen(&asking->monitor, names, &request, &fault);

    return monitor_call_send(&asking->call, built, &request, &fault, &response) &&
           (zabbix ? zabbix_read_seen(&response, &asking->sightings, &asking->verdicts)
                   : icinga2_read_seen(&response, &asking->sightings, &asking->verdicts));
}

static bool ask_about_all(struct asking *asking, int64_t version)
{
    for (size_t from = 0; from < asking->count; from += TOGETHER) {
        struct text_list names = names_from(asking, from);

        if (!ask_about(asking, version, &names))
            return false;
    }
    return true;
}

static bool ask_zabbix(struct asking *asking)
{
    int64_t version = zabbix_enter(&asking->call);
    bool asked;

    if (version == 0)
        return false;
    asked = ask_about_all(asking, version);
    zabbix_leave(&asking->call, version);
    return asked;
}

static void ask_monitor(struct asking *asking)
{
    struct fault fault = {0};
    bool open = config_open_monitor(asking->world.arena, asking->lookout->config, &asking->monitor, &fault);

    if (!open)
        monitor_call_fault(&asking->call, &fault);
    if (open && !asking->monitor.settings.watch)
        return;
    if (open && (asking->monitor.type == MONITOR_ZABBIX ? ask_zabbix(asking) : ask_about_all(asking, 0)))
        return;
    log_notice("monitor %s was not asked for acknowledgements: %s", asking->monitor.title,
               secrets_mask(asking->world.arena, &asking->monitor.secrets, verdict_worst(&asking->verdicts)->reason));
}

/* --- the answer --- */

static bool is_of(const struct waiting *waiting, const struct sighting *sighting)
{
    const struct event *event = &waiting->event;

    if (sighting->event_id[0])
        return strcmp(sighting->event_id, event->event_id) == 0;
    return strcmp(sighting->host, event->host) == 0 && strcmp(sighting->service, event->service) == 0;
}

static bool take(struct asking *asking, const struct waiting *waiting, const struct sighting *sighting, size_t *taken,
                 struct fault *fault)
{
    const char *source = monitor_source(asking->monitor.type);
    struct alert_reply reply = {.id = waiting->alert.id,
                                .verb = ALERT_TAKE,
                                .author = sighting->author[0] ? sighting->author : source,
                                .via = source,
                                .words = sighting->words,
                                .now_ms = world_wall_ms(&asking->world)};
    enum alert_answer answer = ALERT_UNKNOWN;
    struct alert alert;

    if (!alert_reply(asking->lookout->store, asking->world.arena, &reply, &alert, &answer, fault))
        return false;
    if (answer == ALERT_DONE) {
        ++*taken;
        log_notice("%s was acknowledged in %s by %s", waiting->alert.short_id, asking->monitor.title, reply.author);
    }
    return true;
}

/* What was acknowledged before it was given back here says nothing of now; the system will hear of that. */
static bool released_ms(struct asking *asking, const struct waiting *waiting, int64_t *at_ms, struct fault *fault)
{
    return store_number(asking->lookout->store, fault,
                        "SELECT MAX(at_ms) FROM reply WHERE problem = ? AND verb = 'release'", 0, at_ms, "t",
                        waiting->alert.problem);
}

static bool take_if_seen(struct asking *asking, const struct waiting *waiting, size_t *taken, struct fault *fault)
{
    int64_t now_ms = world_wall_ms(&asking->world);
    int64_t since_ms = 0;

    if (!released_ms(asking, waiting, &since_ms, fault))
        return false;
    for (size_t i = 0; i < asking->sightings.count; i++) {
        const struct sighting *sighting = &asking->sightings.items[i];

        if (is_of(waiting, sighting) && sighting->at_s <= now_ms / 1000 - NOTIFICATION_S &&
            sighting->at_s > since_ms / 1000)
            return take(asking, waiting, sighting, taken, fault);
    }
    return true;
}

static bool take_those_seen(struct asking *asking, size_t *taken, struct fault *fault)
{
    for (size_t i = 0; i < asking->count; i++)
        if (!take_if_seen(asking, &asking->items[i], taken, fault))
            return false;
    return true;
}

static bool look_at(const struct lookout *lookout, const struct monitor *monitor, size_t *taken, struct fault *fault)
{
    struct asking asking = {.lookout = lookout, .chosen = monitor, .world = *lookout->world, .monitor = *monitor};
    bool sound;

    asking.world.arena = asking.sightings.arena = asking.verdicts.arena = arena_new();
    asking.call = (struct monitor_call){.world = &asking.world,
                                        .monitor = &asking.monitor,
                                        .deadline_ms = lookout->deadline_ms,
                                        .verdicts = &asking.verdicts};
    sound = gather(&asking, fault);
    if (sound && asking.count > 0) {
        ask_monitor(&asking);
        sound = take_those_seen(&asking, taken, fault);
    }
    arena_release(asking.world.arena);
    return sound;
}

static bool can_be_asked(const struct config *config)
{
    for (size_t i = 0; i < config->monitor_count; i++)
        if (config->monitors[i]->type != MONITOR_NAGIOS)
            return true;
    return false;
}

bool lookout_run(const struct lookout *lookout, size_t *taken, struct fault *fault)
{
    const struct config *config = lookout->config;
    bool due = false;

    if (!can_be_asked(config))
        return true;
    if (!is_due(lookout, &due, fault))
        return false;
    for (size_t i = 0; due && i < config->monitor_count; i++)
        if (config->monitors[i]->type != MONITOR_NAGIOS && !look_at(lookout, config->monitors[i], taken, fault))
            return false;
    return true;
}
