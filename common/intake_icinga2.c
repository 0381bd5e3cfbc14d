/*
 * Icinga 2. Texts arrive byte for byte, with real line breaks; what it does not know is left out (arguments) or empty
 * (env). Letters and variables are those of its own scripts: etc/icinga2/scripts and etc/icinga2/conf.d/commands.conf of
 * https://github.com/Icinga/icinga2.
 */
#include "common/intake_sources.h"

#include <string.h>

#include "common/encode.h"

enum { ADDRESS_MOST = 8192 };

static const struct variable ANY[] = {
    {"NOTIFICATIONTYPE",       "type"       },
    {"HOSTNAME",               "host"       },
    {"HOSTDISPLAYNAME",        "host_name"  },
    {"HOSTADDRESS",            "address"    },
    {"HOSTADDRESS6",           "address6"   },
    {"LONGDATETIME",           "time"       },
    {"NOTIFICATIONAUTHORNAME", "author"     },
    {"NOTIFICATIONCOMMENT",    "comment"    },
    {"HOSTNOTES",              "host_notes" },
    {"ICINGAWEB2URL",          "console_url"},
    {NULL,                     NULL         },
};

static const struct variable OF_HOST[] = {
    {"HOSTSTATE",  "state"  },
    {"HOSTOUTPUT", "message"},
    {NULL,         NULL     },
};

static const struct variable OF_SERVICE[] = {
    {"SERVICENAME",        "service"         },
    {"SERVICEDISPLAYNAME", "service_name"    },
    {"SERVICESTATE",       "state"           },
    {"SERVICEOUTPUT",      "message"         },
    {"SERVICENOTES",       "service_notes"   },
    {"HOSTSTATE",          "field.host_state"},
    {NULL,                 NULL              },
};

/* Pages of Icinga DB Web. */
static void add_url(struct facts *facts)
{
    const char *base = facts_get(facts, "console_url");
    const char *host = facts_get(facts, "host");
    const char *service = facts_get(facts, "service");
    size_t len = strlen(base);
    struct str url = str_in(facts->arena, ADDRESS_MOST);

    if (!is_web_address(base) || !host[0])
        return;
    while (len > 0 && base[len - 1] == '/')
        len--;
    str_addn(&url, base, len);
    str_add(&url, service[0] ? "/icingadb/service?name=" : "/icingadb/host?name=");
    encode_percent(&url, service[0] ? service : host);
    if (service[0]) {
        str_add(&url, "&host.name=");
        encode_percent(&url, host);
    }
    if (str_fits(&url))
        facts_add(facts, "url", url.text);
}

static void add_notes(struct facts *facts)
{
    const char *host_notes = facts_get(facts, "host_notes");

    facts_add(facts, "field.notes", facts_get(facts, "service_notes"));
    facts_add(facts, facts_get(facts, "service")[0] ? "field.host_notes" : "field.notes", host_notes);
}

/* Of the two names a call may give only the second: a service is meant all the same. */
static void add_service(struct facts *facts)
{
    facts_add(facts, "service", facts_get(facts, "service_name"));
    facts_add(facts, "host", facts_get(facts, "host_name"));
}

void icinga2_read(const struct sources *sources, bool with_environment)
{
    struct facts *facts = sources->facts;

    facts_add_output(facts, line_value(&sources->line, "message") ? line_value(&sources->line, "message") : "",
                     line_value(&sources->line, "long") ? line_value(&sources->line, "long") : "");
    facts_add_line(facts, &sources->line);
    if (with_environment) {
        bool of_service = facts_get(facts, "service")[0] || environment_get(sources->environment, "SERVICENAME")[0];

        facts_add_environment(facts, sources->environment, "", of_service ? OF_SERVICE : OF_HOST);
        facts_add_environment(facts, sources->environment, "", ANY);
    }
    add_service(facts);
    facts_add(facts, "event_id", facts_get(facts, "problem_id"));
    add_notes(facts);
    add_url(facts);
}
