/*
 * Checkmk runs a script without arguments and tells it everything in NOTIFY_*:
 * https://docs.checkmk.com/latest/en/notifications.html; the parameters of the rule, one a line, are NOTIFY_PARAMETER_1
 * and so on. Pages: cmk/notification_plugins/utils.py of https://github.com/Checkmk/checkmk.
 */
#include "common/intake_sources.h"

#include <string.h>
#include <strings.h>

#include "common/str.h"

#define PREFIX "NOTIFY_"

static const struct variable ANY[] = {
    {"NOTIFICATIONTYPE",    "type"               },
    {"HOSTNAME",            "host"               },
    {"HOSTALIAS",           "host_name"          },
    {"HOSTADDRESS",         "address"            },
    {"HOSTGROUPNAMES",      "groups"             },
    {"NOTIFICATIONAUTHOR",  "author"             },
    {"NOTIFICATIONCOMMENT", "comment"            },
    {"NOTIFICATIONNUMBER",  "notification_number"},
    {"SHORTDATETIME",       "time"               },
    {"CONTACTNAME",         "contact"            },
    {"CONTACTPAGER",        "field.pager"        },
    {"OMD_SITE",            "instance"           },
    {"MONITORING_HOST",     "source_name"        },
    {NULL,                  NULL                 },
};

static const struct variable OF_HOST[] = {
    {"HOSTSTATE",             "state"         },
    {"PREVIOUSHOSTHARDSTATE", "previous_state"},
    {"LASTHOSTSTATE",         "previous_state"},
    {"HOSTPERFDATA",          "field.perfdata"},
    {"HOSTPROBLEMID",         "problem_id"    },
    {"HOST_NOTIFY_SEVERITY",  "severity"      },
    {NULL,                    NULL            },
};

static const struct variable OF_SERVICE[] = {
    {"SERVICEDESC",              "service"         },
    {"SERVICEDISPLAYNAME",       "service_name"    },
    {"SERVICESTATE",             "state"           },
    {"PREVIOUSSERVICEHARDSTATE", "previous_state"  },
    {"LASTSERVICESTATE",         "previous_state"  },
    {"HOSTSTATE",                "field.host_state"},
    {"SERVICEPERFDATA",          "field.perfdata"  },
    {"SERVICEPROBLEMID",         "problem_id"      },
    {"SERVICE_NOTIFY_SEVERITY",  "severity"        },
    {NULL,                       NULL              },
};

static const char *told(const struct sources *sources, const char *name)
{
    return environment_get(sources->environment, arena_print(sources->facts->arena, PREFIX "%s", name));
}

/* Where the site's pages begin, without the /check_mk that the page's own path repeats. */
static const char *base_url(const struct sources *sources)
{
    struct arena *arena = sources->facts->arena;
    const char *automatic = told(sources, "PARAMETER_URL_PREFIX_AUTOMATIC");
    const char *base = told(sources, "PARAMETER_URL_PREFIX");
    const char *repeated;

    if (!base[0])
        base = told(sources, "PARAMETER_URL_PREFIX_MANUAL");
    if (!base[0])
        base = facts_get(sources->facts, "console_url");
    if (!base[0] && (strcmp(automatic, "http") == 0 || strcmp(automatic, "https") == 0))
        base = arena_print(arena, "%s://%s/%s", automatic, told(sources, "MONITORING_HOST"), told(sources, "OMD_SITE"));
    repeated = strstr(base, "/check_mk");
    return repeated ? arena_copy(arena, base, (size_t)(repeated - base)) : base;
}

static void add_url(const struct sources *sources, bool of_service)
{
    const char *base = base_url(sources);
    const char *path = told(sources, of_service ? "SERVICEURL" : "HOSTURL");

    if (base[0] && path[0])
        facts_add(sources->facts, "url", arena_print(sources->facts->arena, "%s%s", base, path));
}

/* Microseconds since 1970. */
static void add_time(const struct sources *sources)
{
    const char *micros = told(sources, "MICROTIME");
    size_t len = strspn(micros, "0123456789");

    if (len > 6 && micros[len] == '\0')
        facts_add(sources->facts, "time", arena_copy(sources->facts->arena, micros, len - 6));
}

static void add_output(const struct sources *sources, bool of_service)
{
    facts_add_output(
        sources->facts, told(sources, of_service ? "SERVICEOUTPUT" : "HOSTOUTPUT"),
        nagios_decode(sources->facts->arena, told(sources, of_service ? "LONGSERVICEOUTPUT" : "LONGHOSTOUTPUT")));
}

void checkmk_read(const struct sources *sources)
{
    struct facts *facts = sources->facts;
    bool of_service = strcasecmp(told(sources, "WHAT"), "SERVICE") == 0;

    facts_add_line(facts, &sources->line);
    add_output(sources, of_service);
    add_time(sources);
    facts_add_environment(facts, sources->environment, PREFIX, of_service ? OF_SERVICE : OF_HOST);
    facts_add_environment(facts, sources->environment, PREFIX, ANY);
    if (strcmp(facts_get(facts, "problem_id"), "0") != 0)
        facts_add(facts, "event_id", facts_get(facts, "problem_id"));
    add_url(sources, of_service);
}
