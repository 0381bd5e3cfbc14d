#include "common/lookout.h"

#include <string.h>

#include "common/log.h"
#include "common/writeback_systems.h"

enum {
    EVERY_MS = 60000,
    NOTIFICATION_S = 60, /* a notification of the acknowledgement, if there is one, comes first */
    ALERTS_MOST = 50,    /* asked about at once: the answer must stay small */
    LEAST_LEFT_MS = 500, /* before the deadline for a request to be begun */
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
};

static bool keep_waiting(void *self, const struct alert *alert)
{
    struct asking *asking = self;
    struct arena *arena = asking->world.arena;
    struct waiting waiting = {.alert = *alert, .event = event_empty()};
    struct fault ignored = {0};

    if (event_from_json(arena, json_read(arena, alert->event, strlen(alert->event)), &waiting.event, &ignored) &&
        config_monitor_for(asking->lookout->config, waiting.event.source, waiting.event.instance) == asking->chosen &&
        (asking->chosen->type != MONITOR_ZABBIX || zabbix_can_acknowledge(&waiting.event)))
        asking->items[asking->count++] = waiting;
    return asking->count < ALERTS_MOST;
}

static bool gather(struct asking *asking, struct fault *fault)
{
    struct alert_filter filter = {
        .problem = "", .short_id = "", .untaken = true, .now_ms = world_wall_ms(&asking->world)};

    asking->items = arena_alloc(asking->world.arena, ALERTS_MOST * sizeof(*asking->items));
    return alert_list(asking->lookout->store, asking->world.arena, &filter, keep_waiting, asking, fault);
}

/* Their event ids, or their hosts. */
static struct text_list names_of(const struct asking *asking)
{
    const char **names = arena_alloc(asking->world.arena, (asking->count + 1) * sizeof(*names));

    for (size_t i = 0; i < asking->count; i++)
        names[i] =
            asking->monitor.type == MONITOR_ZABBIX ? asking->items[i].event.event_id : asking->items[i].event.host;
    return (struct text_list){.items = names, .count = asking->count};
}

/* --- the question --- */

static bool carry(struct asking *asking, const struct request *request, struct response *response)
{
    int64_t left_ms = asking->lookout->deadline_ms - world_steady_ms(&asking->world);
    int64_t timeout_ms = asking->monitor.timeout_ms;

    *response = response_in(asking->world.arena);
    if (left_ms < LEAST_LEFT_MS)
        return false;
    asking->world.transport.send(asking->world.transport.self, request, timeout_ms < left_ms ? timeout_ms : left_ms,
                                 response);
    return true;
}

static bool ask_zabbix(struct asking *asking, struct fault *fault)
{
    struct request probe = request_in(asking->world.arena);
    struct request request = request_in(asking->world.arena);
    struct text_list names = names_of(asking);
    struct response response;
    int64_t version;

    if (!zabbix_ask_version(&asking->monitor, &probe, fault) || !carry(asking, &probe, &response))
        return false;
    version = zabbix_version(&response, &asking->verdicts);
    return version > 0 && zabbix_ask_seen(&asking->monitor, version, &names, &request, fault) &&
           carry(asking, &request, &response) && zabbix_read_seen(&response, &asking->sightings, &asking->verdicts);
}

static bool ask_icinga2(struct asking *asking, struct fault *fault)
{
    struct request request = request_in(asking->world.arena);
    struct text_list names = names_of(asking);
    struct response response;

    return icinga2_ask_seen(&asking->monitor, &names, &request, fault) && carry(asking, &request, &response) &&
           icinga2_read_seen(&response, &asking->sightings, &asking->verdicts);
}

static bool ask_monitor(struct asking *asking)
{
    struct fault why = {0};
    bool asked = config_open_monitor(asking->world.arena, asking->lookout->config, &asking->monitor, &why);
    const struct verdict *verdict;

    if (asked && !asking->monitor.settings.watch)
        return false;
    asked = asked && (asking->monitor.type == MONITOR_ZABBIX ? ask_zabbix(asking, &why) : ask_icinga2(asking, &why));
    verdict = verdict_worst(&asking->verdicts);
    if (!asked)
        log_notice("monitor %s was not asked for acknowledgements: %s", asking->monitor.title,
                   secrets_mask(asking->world.arena, &asking->monitor.secrets, verdict ? verdict->reason : why.text));
    return asked;
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

        if (is_of(waiting, sighting) && sighting->at_s + NOTIFICATION_S <= now_ms / 1000 &&
            sighting->at_s * 1000 > since_ms)
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
    sound = gather(&asking, fault);
    if (sound && asking.count > 0 && ask_monitor(&asking))
        sound = take_those_seen(&asking, taken, fault);
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
