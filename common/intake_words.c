#include "common/intake_words.h"

#include <string.h>
#include <strings.h>

/*
 * base/notifications.c of Nagios Core; Icinga 2's compatible names (FLAPPINGEND, DOWNTIMEREMOVED in its configuration).
 * Flapping detection switched off ends the flapping, too.
 */
static const struct {
    const char *word;
    enum event_kind kind;
} KINDS[] = {
    {"PROBLEM",           EVENT_PROBLEM           },
    {"RECOVERY",          EVENT_RECOVERY          },
    {"ACKNOWLEDGEMENT",   EVENT_ACKNOWLEDGEMENT   },
    {"FLAPPINGSTART",     EVENT_FLAPPING_START    },
    {"FLAPPINGSTOP",      EVENT_FLAPPING_STOP     },
    {"FLAPPINGEND",       EVENT_FLAPPING_STOP     },
    {"FLAPPINGDISABLED",  EVENT_FLAPPING_STOP     },
    {"DOWNTIMESTART",     EVENT_DOWNTIME_START    },
    {"DOWNTIMEEND",       EVENT_DOWNTIME_END      },
    {"DOWNTIMECANCELLED", EVENT_DOWNTIME_CANCELLED},
    {"DOWNTIMEREMOVED",   EVENT_DOWNTIME_CANCELLED},
    {"CUSTOM",            EVENT_CUSTOM            },
};

static const struct {
    const char *word;
    enum severity severity;
} SEVERITIES[] = {
    {"OK",             SEVERITY_INFO     },
    {"UP",             SEVERITY_INFO     },
    {"WARN",           SEVERITY_WARNING  },
    {"UNKNOWN",        SEVERITY_ERROR    },
    {"UNREACHABLE",    SEVERITY_ERROR    },
    {"UNREACH",        SEVERITY_ERROR    },
    {"CRIT",           SEVERITY_CRITICAL },
    {"DOWN",           SEVERITY_CRITICAL },
    {"Not classified", SEVERITY_INFO     },
    {"Information",    SEVERITY_INFO     },
    {"Average",        SEVERITY_ERROR    },
    {"High",           SEVERITY_CRITICAL },
    {"Disaster",       SEVERITY_EMERGENCY},
};

/* "ACKNOWLEDGEMENT (NORMAL)" is the word and what Checkmk says of it. */
static bool is_word(const char *text, const char *word)
{
    size_t len = strlen(word);

    return strncasecmp(text, word, len) == 0 && (text[len] == '\0' || strncmp(text + len, " (", 2) == 0);
}

bool word_kind(const char *type, enum event_kind *kind)
{
    for (size_t i = 0; i < sizeof(KINDS) / sizeof(*KINDS); i++) {
        if (is_word(type, KINDS[i].word)) {
            *kind = KINDS[i].kind;
            return true;
        }
    }
    return event_kind_from(type, kind);
}

bool word_severity(const char *word, enum severity *severity)
{
    for (size_t i = 0; i < sizeof(SEVERITIES) / sizeof(*SEVERITIES); i++) {
        if (strcasecmp(SEVERITIES[i].word, word) == 0) {
            *severity = SEVERITIES[i].severity;
            return true;
        }
    }
    return severity_from(word, severity);
}

bool word_is_well(const char *state)
{
    return strcasecmp(state, "OK") == 0 || strcasecmp(state, "UP") == 0;
}
