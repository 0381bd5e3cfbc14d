#include "common/report.h"

#include <ctype.h>
#include <string.h>

const char *report_code(struct arena *arena, const struct channel *channel, const struct verdict *verdict)
{
    char *code = arena_print(arena, "NP-%s-%s", channel->name, verdict->code[0] ? verdict->code : "UNKNOWN");

    for (char *at = code; *at; at++) {
        if (at < code + 3 + strlen(channel->name))
            *at = (char)toupper((unsigned char)*at);
        if (*at == ' ' || *at == '_')
            *at = '-';
    }
    return code;
}

static size_t count_delivered(const struct verdicts *verdicts)
{
    size_t count = 0;

    for (size_t i = 0; i < verdicts->count; i++)
        count += verdicts->items[i].outcome == OUTCOME_DELIVERED;
    return count;
}

const char *report_success(struct arena *arena, const struct report *report, const struct verdicts *verdicts)
{
    size_t delivered = count_delivered(verdicts);
    const char *share = verdicts->count > 1 ? arena_print(arena, " %zu of %zu", delivered, verdicts->count) : "";

    return arena_print(arena, "%s %s/%s %s%s %lld ms", delivered ? "delivered" : "unclear",
                       report->section->channel->name, report->section->title, report->short_id, share,
                       (long long)report->took_ms);
}

const char *report_failure(struct arena *arena, const struct report *report, const struct verdict *verdict)
{
    const char *to = verdict->recipient[0] ? arena_print(arena, " to %s", verdict->recipient) : "";
    const char *remedy = word_in(report->language, verdict->remedy);
    const char *line =
        arena_print(arena, "%s %s/%s%s %s: %s%s%s", report_code(arena, report->section->channel, verdict),
                    report->section->channel->name, report->section->title, to, outcome_name(verdict->outcome),
                    verdict->reason[0] ? verdict->reason : "-", remedy[0] ? "; " : "", remedy);

    return utf8_shorten(arena, line, REPORT_MOST, UNIT_CHARACTERS);
}

int report_exit_status(enum outcome outcome)
{
    switch (outcome) {
    case OUTCOME_DELIVERED:
    case OUTCOME_UNCLEAR:
        return 0;
    case OUTCOME_AGAIN:
    case OUTCOME_THROTTLED:
        return 1;
    case OUTCOME_REFUSED:
    case OUTCOME_BROKEN:
        return 2;
    }
    return 2;
}
