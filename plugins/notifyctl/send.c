/* notifyctl test and preview: one event through one section, for real or on the screen. */
#include "plugins/notifyctl/notifyctl.h"

#include <string.h>

#include "common/fault.h"
#include "common/intake.h"
#include "common/sending.h"

enum { PREVIEW_WALL_S = 1767323045 }; /* 2026-01-02 03:04:05 UTC: a preview is the same every time */

static int64_t preview_wall_ms(void *self)
{
    (void)self;
    return INT64_C(1000) * PREVIEW_WALL_S;
}

static void preview_random(void *self, unsigned char *bytes, size_t len)
{
    (void)self;
    memset(bytes, 0, len);
}

static void set_text(struct operation *operation, struct event *event, const char *name, const char *value)
{
    event_set(operation->arena, event, event_field_named(name), value);
}

/* What a person sees who has just installed the plugins. */
static struct event test_event(struct operation *operation)
{
    struct event event = event_empty();

    event.kind = EVENT_NOTE;
    event.time_s = world_wall_ms(&operation->world) / 1000;
    set_text(operation, &event, "source", "manual");
    set_text(operation, &event, "source_name", "notifyctl");
    set_text(operation, &event, "subject", word_in(operation->config->language, WORD_TEST_SUBJECT));
    set_text(operation, &event, "message", word_in(operation->config->language, WORD_TEST_MESSAGE));
    return event;
}

static struct event sample_event(struct operation *operation)
{
    static const char *const TEXTS[][2] = {
        {"source",    "zabbix"                                                            },
        {"event_id",  "4711"                                                              },
        {"host",      "db-01"                                                             },
        {"address",   "192.0.2.10"                                                        },
        {"service",   "CPU"                                                               },
        {"subject",   "CPU 使用率过高 / CPU load is high"                            },
        {"message",   "load average: 23.4, 18.0, 9.7\nPROCS CRITICAL: 812 processes"      },
        {"value",     "96.5%"                                                             },
        {"threshold", "90%"                                                               },
        {"duration",  "5m 20s"                                                            },
        {"state",     "High"                                                              },
        {"url",       "https://monitor.example.com/tr_events.php?triggerid=7&eventid=4711"},
    };
    struct event event = event_empty();

    event.kind = EVENT_PROBLEM;
    event.severity = SEVERITY_CRITICAL;
    event.time_s = PREVIEW_WALL_S;
    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(*TEXTS); i++)
        set_text(operation, &event, TEXTS[i][0], TEXTS[i][1]);
    return event;
}

static struct section *section_titled(struct operation *operation, struct fault *fault)
{
    return config_section(operation->config, NULL, operation->argv[1], fault);
}

static int send_event(struct operation *operation, const struct call *call, const struct event *event, bool preview)
{
    struct sending sending = {
        .world = &operation->world,
        .config = operation->config,
        .event = event,
        .id = sending_id(&operation->world),
        .template_name = call->template_name,
        .deadline_ms = world_steady_ms(&operation->world) + DEADLINE_DEFAULT_MS,
        .preview = preview,
        .beyond_limits = true,
        .state = "",
        .secrets = {.arena = operation->arena},
    };
    struct fault fault = {0};
    struct section *section = section_titled(operation, &fault);
    struct plan plan;

    if (!section || !plan_make(operation->arena, operation->config, section->channel, call,
                               world_wall_ms(&operation->world) / 1000, &plan, &fault)) {
        sending_complain(&sending, arena_print(operation->arena, "NP-CONFIG %s", fault.text));
        return fault_exit_status(&fault);
    }
    if (!preview)
        sending_open_store(&sending);
    send_all(&sending, &plan);
    return sending.status;
}

int command_test(struct operation *operation)
{
    struct call call = {.profile = "", .template_name = ""};
    struct event event;
    const char *to;

    if (operation->argc < 2)
        return usage(operation, "a section's title");
    to = operation->argv[1];
    for (int i = 2; i < operation->argc; i++)
        to = arena_print(operation->arena, "%s%s%s", to, i == 2 ? ":" : ",", operation->argv[i]);
    call.to = (struct text_list){.items = &to, .count = 1};
    event = test_event(operation);
    return send_event(operation, &call, &event, false);
}

/* Event options are read as a notify_* program reads them. */
static bool read_event(struct operation *operation, struct call *call, struct fault *fault)
{
    struct section *section = section_titled(operation, fault);
    struct intake intake = {
        .arena = operation->arena,
        .argc = operation->argc - 1,
        .argv = operation->argv + 1,
        .environment = operation->environment,
        .input = -1,
        .rows = section ? section->channel->options : NULL,
        .program = "notifyctl preview",
    };

    return section && intake_read(&intake, call, fault);
}

int command_preview(struct operation *operation)
{
    struct call call = {.template_name = ""};
    struct fault fault = {0};
    struct event event;

    if (operation->argc < 2)
        return usage(operation, "a section's title");
    operation->world.clock.wall_ms = preview_wall_ms;
    operation->world.random = preview_random;
    event = sample_event(operation);
    if (operation->argc > 2) {
        if (!read_event(operation, &call, &fault)) {
            struct sending sending = {
                .world = &operation->world, .id = "", .state = "", .secrets = {.arena = operation->arena}};

            sending_complain(&sending, fault.text);
            return fault_exit_status(&fault);
        }
        event = call.event;
    }
    call.profile = operation->argv[1];
    return send_event(operation, &call, &event, true);
}
