/*
 * Nagios Core and Naemon. Arguments have lost the characters of illegal_macro_output_chars (`~$&|'"<>), the variables of
 * enable_environment_macros=1 have not: https://assets.nagios.com/downloads/nagioscore/docs/nagioscore/4/en/macros.html.
 * Only the LONG* macros are escaped: a line break is \n, a backslash is doubled (escape_newlines() of base/utils.c).
 */
#include "common/intake_sources.h"

#include <ctype.h>
#include <string.h>

#include "common/str.h"
#include "common/utf8.h"

#define PREFIX "NAGIOS_"

static const struct variable ANY[] = {
    {"NOTIFICATIONTYPE",       "type"                  },
    {"HOSTNAME",               "host"                  },
    {"HOSTDISPLAYNAME",        "host_name"             },
    {"HOSTALIAS",              "host_name"             },
    {"HOSTADDRESS",            "address"               },
    {"HOSTGROUPNAMES",         "groups"                },
    {"TIMET",                  "time"                  },
    {"CONTACTNAME",            "contact"               },
    {"CONTACTPAGER",           "field.pager"           },
    {"NOTIFICATIONAUTHOR",     "author"                },
    {"NOTIFICATIONNUMBER",     "notification_number"   },
    {"NOTIFICATIONRECIPIENTS", "field.recipients"      },
 /* Off by one in Nagios: the variable of $CONTACTADDRESS1$ ends in 0. */
    {"CONTACTADDRESS0",        "field.contact_address1"},
    {"CONTACTADDRESS1",        "field.contact_address2"},
    {"CONTACTADDRESS2",        "field.contact_address3"},
    {"CONTACTADDRESS3",        "field.contact_address4"},
    {"CONTACTADDRESS4",        "field.contact_address5"},
    {"CONTACTADDRESS5",        "field.contact_address6"},
    {NULL,                     NULL                    },
};

static const struct variable OF_HOST[] = {
    {"HOSTSTATE",            "state"                },
    {"LASTHOSTSTATE",        "previous_state"       },
    {"HOSTACKAUTHOR",        "author"               },
    {"HOSTDURATIONSEC",      "duration_sec"         },
    {"HOSTPERFDATA",         "field.perfdata"       },
    {"HOSTNOTESURL",         "runbook_url"          },
    {"HOSTACTIONURL",        "field.action_url"     },
    {"HOSTPROBLEMID",        "problem_id"           },
    {"LASTHOSTPROBLEMID",    "last_problem_id"      },
    {"HOSTNOTIFICATIONID",   "field.notification_id"},
    {"_HOSTNOTIFY_SEVERITY", "severity"             },
    {NULL,                   NULL                   },
};

static const struct variable OF_SERVICE[] = {
    {"SERVICEDESC",             "service"              },
    {"SERVICEDISPLAYNAME",      "service_name"         },
    {"SERVICESTATE",            "state"                },
    {"LASTSERVICESTATE",        "previous_state"       },
    {"HOSTSTATE",               "field.host_state"     },
    {"SERVICEACKAUTHOR",        "author"               },
    {"SERVICEDURATIONSEC",      "duration_sec"         },
    {"SERVICEPERFDATA",         "field.perfdata"       },
    {"SERVICENOTESURL",         "runbook_url"          },
    {"SERVICEACTIONURL",        "field.action_url"     },
    {"SERVICEPROBLEMID",        "problem_id"           },
    {"LASTSERVICEPROBLEMID",    "last_problem_id"      },
    {"SERVICENOTIFICATIONID",   "field.notification_id"},
    {"_SERVICENOTIFY_SEVERITY", "severity"             },
    {"_HOSTNOTIFY_SEVERITY",    "severity"             },
    {NULL,                      NULL                   },
};

const char *nagios_decode(struct arena *arena, const char *text)
{
    struct str out = str_in(arena, strlen(text));

    for (; *text; text++) {
        if (text[0] == '\\' && (text[1] == 'n' || text[1] == '\\')) {
            str_addc(&out, text[1] == 'n' ? '\n' : '\\');
            text++;
        } else {
            str_addc(&out, *text);
        }
    }
    return out.text;
}

/* A macro that Nagios did not know stays as it was written: "$_CONTACTDINGTALK$". */
static bool is_left_over(const char *value)
{
    size_t len = strlen(value);

    if (len < 3 || value[0] != '$' || value[len - 1] != '$')
        return false;
    for (size_t i = 1; i < len - 1; i++)
        if (!isupper((unsigned char)value[i]) && !isdigit((unsigned char)value[i]) && !strchr("_:", value[i]))
            return false;
    return true;
}

/* True when `given` is `raw` with characters taken out: what Nagios does on the way to an argument. */
static bool is_stripped(const char *given, const char *raw)
{
    for (; *raw && *given; raw++)
        if (*raw == *given)
            given++;
    return *given == '\0';
}

/* The variable where it says the same as the argument, and more of it. */
static const char *fuller(const char *given, const char *raw)
{
    return raw[0] && (!given || is_left_over(given) || is_stripped(given, raw)) ? raw : given ? given : "";
}

static const char *variable(const struct sources *sources, bool of_service, const char *of_host, const char *name)
{
    return environment_get(sources->environment, of_service ? name : of_host);
}

/*
 * Where the further lines come apart, the first line is what it is, and a backslash in it is one; a definition of the
 * old kind puts both into one argument with \n between them.
 */
static void add_output(const struct sources *sources, bool of_service)
{
    struct arena *arena = sources->facts->arena;
    const char *raw = variable(sources, of_service, PREFIX "HOSTOUTPUT", PREFIX "SERVICEOUTPUT");
    const char *raw_long = variable(sources, of_service, PREFIX "LONGHOSTOUTPUT", PREFIX "LONGSERVICEOUTPUT");
    const char *given = line_value(&sources->line, "message");
    const char *given_long = line_value(&sources->line, "long");
    const char *further = fuller(given_long, raw_long);

    if (given && !given_long && strstr(given, "\\n") && !is_stripped(given, raw))
        facts_add(sources->facts, "message", nagios_decode(arena, given));
    else
        facts_add_output(sources->facts, fuller(given, raw), nagios_decode(arena, further));
}

static void add_comment(const struct sources *sources, bool of_service)
{
    const char *acknowledged = variable(sources, of_service, PREFIX "HOSTACKCOMMENT", PREFIX "SERVICEACKCOMMENT");
    const char *raw = environment_get(sources->environment, PREFIX "NOTIFICATIONCOMMENT");
    const char *author = environment_get(sources->environment, PREFIX "NOTIFICATIONAUTHOR");

    facts_add(sources->facts, "comment", fuller(line_value(&sources->line, "comment"), raw[0] ? raw : acknowledged));
    facts_add(sources->facts, "author", fuller(line_value(&sources->line, "author"), author));
}

/* Of a host's recovery the problem's id is 0 and the last one counts. Naemon's are words, so they are never read. */
static void add_event_id(struct facts *facts)
{
    const char *now = facts_get(facts, "problem_id");

    if (now[0] && strcmp(now, "0") != 0)
        facts_add(facts, "event_id", now);
    else if (strcmp(facts_get(facts, "last_problem_id"), "0") != 0)
        facts_add(facts, "event_id", facts_get(facts, "last_problem_id"));
}

void facts_add_output(struct facts *facts, const char *output, const char *further)
{
    facts_add(facts, "message",
              further[0] && output[0] ? arena_print(facts->arena, "%s\n%s", output, further)
              : output[0]             ? output
                                      : further);
}

void nagios_read(const struct sources *sources)
{
    const char *service = line_value(&sources->line, "service");
    bool of_service;

    sources->facts->absent = is_left_over;
    if (!service || is_left_over(service))
        service = environment_get(sources->environment, PREFIX "SERVICEDESC");
    of_service = service[0] != '\0';
    add_output(sources, of_service);
    add_comment(sources, of_service);
    facts_add_line(sources->facts, &sources->line);
    facts_add_environment(sources->facts, sources->environment, PREFIX, of_service ? OF_SERVICE : OF_HOST);
    facts_add_environment(sources->facts, sources->environment, PREFIX, ANY);
    add_event_id(sources->facts);
}
