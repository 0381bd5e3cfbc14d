#include "common/operator.h"

#include <string.h>

#include "common/log.h"
#include "common/notice.h"
#include "common/recipient.h"
#include "common/utf8.h"

enum { AGAIN_AFTER_MS = 3600000 };

struct event operator_event(const struct world *world, const struct config *config, const struct trouble_report *report)
{
    struct arena *arena = world->arena;
    struct event event = event_empty();

    event.kind = EVENT_NOTE;
    event.severity = report->good_news ? SEVERITY_INFO : SEVERITY_ERROR;
    event.source = OPERATOR_SOURCE;
    event.source_name = "notification-plugins";
    event.service = report->section;
    event.event_id = arena_print(arena, "%s-%s", report->section, report->code);
    event.notification_number = "1"; /* an equal one is never taken for a reminder */
    event.time_s = world_wall_ms(world) / 1000;
    event.subject = word_print(arena, config->language, report->words, &report->section, 1);
    event.message = utf8_clean(arena, report->detail, strlen(report->detail));
    return event;
}

/* People as this channel writes them: "@boss" is nobody's address. */
static void write_recipients(const struct world *world, const struct config *config, struct leg *leg)
{
    struct recipient_book book = {.arena = world->arena, .config = config, .now_s = world_wall_ms(world) / 1000};
    struct recipients recipients = {.channel = leg->section->channel};

    for (size_t i = 0; i < config->operator.to.count; i++)
        recipients_add(&book, &recipients, config->operator.to.items[i]);
    leg->recipients = recipients.items;
    leg->recipient_count = recipients.count;
}

static bool put(const struct world *world, const struct config *config, struct store *store, const char *title,
                const struct event *event)
{
    struct notice notice = {.event = event, .again_after_ms = AGAIN_AFTER_MS};
    struct fault fault = {0};
    struct leg leg = {.section = config_section(config, NULL, title, &fault)};
    bool placed = false;

    if (!leg.section || !config_open_section(config, leg.section, NULL, &fault))
        return false;
    write_recipients(world, config, &leg);
    if (!notice_put(world, config, store, &leg, &notice, &placed, &fault))
        log_error("%s", fault.text);
    return placed;
}

bool operator_tell(const struct world *world, const struct config *config, struct store *store,
                   const struct event *about, const struct trouble_report *report)
{
    const struct text_list *channels = &config->operator.channels;
    struct event event;
    bool told = false;

    if (!store || strcmp(about->source, OPERATOR_SOURCE) == 0)
        return false;
    event = operator_event(world, config, report);
    for (size_t i = 0; i < channels->count; i++)
        if (strcmp(channels->items[i], report->section) != 0)
            told = put(world, config, store, channels->items[i], &event) || told;
    return told;
}
