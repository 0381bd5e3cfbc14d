#include "common/values.h"

#include <string.h>

#include "common/settings.h"

const struct value_row value_rows[] = {
    {"id",                  "the notification's id"                                        },
    {"short_id",            "its short form, #K7F3Q, when a confirmation is asked for"     },
    {"source",              "zabbix, nagios, icinga2, checkmk, json, manual"               },
    {"source_name",         "the monitoring server's name, or its kind, where there is one"},
    {"instance",            "tells two servers of one kind apart"                          },
    {"event_id",            "the source's id of the problem"                               },
    {"kind",                "problem, recovery, acknowledgement, update, ..."              },
    {"is_recovery",         "for sections: the problem is over"                            },
    {"severity",            "info, warning, error, critical, emergency"                    },
    {"severity_name",       "the severity in the message's language"                       },
    {"level",               "the severity, or the kind, in the message's language"         },
    {"level_icon",          "a coloured sign for it"                                       },
    {"host",                "host name"                                                    },
    {"host_name",           "host's display name"                                          },
    {"server_name",         "display name, else name, of the host"                         },
    {"address",             "host's address"                                               },
    {"service",             "service, item or trigger"                                     },
    {"service_name",        "display name, else name, of the service"                      },
    {"state",               "the source's own word for the state"                          },
    {"previous_state",      "state before"                                                 },
    {"subject",             "one line that says what happened"                             },
    {"title",               "the message's first line, as rendered"                        },
    {"message",             "the text"                                                     },
    {"text",                "the whole message as plain text, as rendered"                 },
    {"time",                "time of the event, local"                                     },
    {"timestamp",           "the same as Unix time in seconds"                             },
    {"duration",            "how long it lasts or lasted"                                  },
    {"threshold",           "limit that was passed"                                        },
    {"value",               "measured value"                                               },
    {"cpu_usage",           "the same"                                                     },
    {"usage",               "the same"                                                     },
    {"disk_path",           "path of the disk"                                             },
    {"free_space",          "space left"                                                   },
    {"url",                 "page of the problem in the monitoring system"                 },
    {"runbook_url",         "page that says what to do"                                    },
    {"confirm_url",         "page where a person takes the problem"                        },
    {"impact",              "who or what suffers"                                          },
    {"groups",              "host groups"                                                  },
    {"notification_number", "how often this problem was told"                              },
    {"author",              "who acknowledged or commented"                                },
    {"comment",             "what they wrote"                                              },
    {"action",              "what an update changed"                                       },
    {"contact",             "whom the monitoring system calls"                             },
    {"recipient",           "the address that this request goes to, where there is one"    },
    {"tags",                "tags.NAME: the first tag of that name"                        },
    {"field",               "field.NAME: anything else that the source said"               },
    {NULL,                  NULL                                                           },
};

static const char *const TRUSTED[] = {"id",    "short_id",   "kind", "is_recovery", "severity",    "severity_name",
                                      "level", "level_icon", "time", "timestamp",   "confirm_url", NULL};

/* The seed's names, and the display names that fall back to the plain ones. */
static void set_aliases(struct json_object *values, const struct event *event)
{
    jset_text(values, "server_name", event->host_name[0] ? event->host_name : event->host);
    jset_text(values, "service_name", event->service_name[0] ? event->service_name : event->service);
    jset_text(values, "source_name", event_server(event));
    jset_text(values, "cpu_usage", event->value);
    jset_text(values, "usage", event->value);
}

static void set_pairs(struct json_object *values, const char *key, const struct pairs *pairs)
{
    struct json_object *object = jset_object(values, key);

    for (size_t i = pairs->count; i-- > 0;)
        jset_text(object, pairs->items[i].name, pairs->items[i].value);
}

static const char *icon(enum mood mood)
{
    switch (mood) {
    case MOOD_GOOD:
    case MOOD_INFO:
        return "🟢";
    case MOOD_WARNING:
        return "🟡";
    case MOOD_ERROR:
    case MOOD_CRITICAL:
        return "🔴";
    case MOOD_EMERGENCY:
        return "💀";
    }
    return "🔔";
}

enum mood message_mood(const struct message *message)
{
    if (message->kind == EVENT_RECOVERY || message->kind == EVENT_DOWNTIME_END || message->kind == EVENT_FLAPPING_STOP)
        return MOOD_GOOD;
    switch (message->severity) {
    case SEVERITY_INFO:
        return MOOD_INFO;
    case SEVERITY_WARNING:
        return MOOD_WARNING;
    case SEVERITY_ERROR:
        return MOOD_ERROR;
    case SEVERITY_CRITICAL:
        return MOOD_CRITICAL;
    case SEVERITY_EMERGENCY:
        return MOOD_EMERGENCY;
    }
    return MOOD_INFO;
}

struct json_object *values_of(struct arena *arena, const struct message *message)
{
    const struct event *event = message->event;
    struct json_object *values = json_doc(arena);

    for (const struct event_field *field = event_fields; field->name; field++)
        jset_text(values, field->name, event_text(event, field));
    set_aliases(values, event);
    jset_text(values, "id", message->id);
    jset_text(values, "short_id", message->short_id);
    jset_text(values, "kind", event_kind_name(message->kind));
    jset_flag(values, "is_recovery", message->kind == EVENT_RECOVERY);
    jset_text(values, "severity", severity_name(message->severity));
    jset_text(values, "severity_name", word_in(message->language, severity_word(message->severity)));
    jset_text(values, "level", message->level);
    jset_text(values, "level_icon", icon(message_mood(message)));
    jset_text(values, "time", message->time);
    jset_number(values, "timestamp", event->time_s);
    jset_text(values, "confirm_url", message->confirm_url);
    set_pairs(values, "tags", &event->tags);
    set_pairs(values, "field", &event->fields);
    values_set_rendered(arena, values, message);
    return values;
}

void values_set_rendered(struct arena *arena, struct json_object *values, const struct message *message)
{
    jset_text(values, "title", message->title);
    jset_text(values, "text",
              message->text
                  ? passage_write(arena, message->text, MARKUP_PLAIN, TEXT_MOST, UNIT_BYTES, message->language)
                  : "");
}

/* "tags.team" is known by its first part. */
bool value_known(const char *name)
{
    size_t len = strcspn(name, ".");

    for (const struct value_row *row = value_rows; row->name; row++) {
        bool group = strcmp(row->name, "tags") == 0 || strcmp(row->name, "field") == 0;

        if (strlen(row->name) == len && strncmp(row->name, name, len) == 0)
            return group || name[len] == '\0';
    }
    return false;
}

bool value_trusted(const char *name)
{
    const char *const *trusted = TRUSTED;

    while (*trusted && strcmp(*trusted, name) != 0)
        trusted++;
    return *trusted != NULL;
}

const char *value_nearest(const char *name)
{
    const char *names[sizeof(value_rows) / sizeof(*value_rows)];

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        names[i] = value_rows[i].name;
    return name_nearest(names, name);
}
