/* `monitor "title" {...}`: where it is written back that somebody has taken a problem. */
#include "common/config_reading.h"
#include "common/monitor.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/fifo.h"

enum { TIMEOUT_LEAST_S = 1, TIMEOUT_MOST_S = 60 };

#define MONITOR struct monitor_settings
const struct option_row monitor_rows[] = {
    OPTION_FLAG("enabled", MONITOR, enabled, "yes", "no switches it off"),
    OPTION_TEXT("type", MONITOR, type, "", "zabbix, nagios, naemon or icinga2; may be left out when the title is one"),
    OPTION_TEXT("instance", MONITOR, instance, "", "only for events of this --instance"),
    OPTION_TEXT("timeout", MONITOR, timeout, "10s", "time allowed for one request"),
    OPTION_FLAG("watch", MONITOR, watch, "yes", "ask it once a minute who acknowledged what waits here; not Nagios"),
    OPTION_TEXT("url", MONITOR, url, "", "Zabbix: https://HOST/zabbix/api_jsonrpc.php; Icinga 2: https://HOST:5665"),
    OPTION_SECRET("token", MONITOR, token, "", "Zabbix: token of a user that may acknowledge problems"),
    OPTION_TEXT("user", MONITOR, user, "", "Icinga 2: name of the ApiUser; Zabbix: of a user, in place of a token"),
    OPTION_SECRET("password", MONITOR, password, "", "its password"),
    OPTION_TEXT("cert_file", MONITOR, cert_file, "",
                "certificate to show (PEM); Icinga 2: in place of user and password"),
    OPTION_TEXT("key_file", MONITOR, key_file, "", "its private key (PEM), without a passphrase"),
    OPTION_TEXT("command_file", MONITOR, command_file, "", "Nagios, Naemon: the pipe of external commands"),
    OPTION_TEXT("ca_file", MONITOR, ca_file, "", "certificates to trust in place of the system's (PEM)"),
    OPTION_END,
};

static const struct {
    const char *name;
    enum monitor_type type;
} TYPES[] = {
    {"zabbix",  MONITOR_ZABBIX },
    {"nagios",  MONITOR_NAGIOS },
    {"naemon",  MONITOR_NAGIOS },
    {"icinga2", MONITOR_ICINGA2},
};

const char *monitor_source(enum monitor_type type)
{
    static const char *const SOURCES[] = {
        [MONITOR_ZABBIX] = "zabbix", [MONITOR_NAGIOS] = "nagios", [MONITOR_ICINGA2] = "icinga2"};

    return SOURCES[type];
}

static bool type_from(const char *name, enum monitor_type *type)
{
    for (size_t i = 0; i < sizeof(TYPES) / sizeof(*TYPES); i++)
        if (strcmp(TYPES[i].name, name) == 0) {
            *type = TYPES[i].type;
            return true;
        }
    return false;
}

static const char *given_text(const struct givens *givens, const char *name)
{
    const struct given *given = given_named(givens, name);

    return given && given->values.count == 1 ? given->values.items[0] : "";
}

/* --- reading --- */

static void break_monitor(struct monitor *monitor, struct config *config, const char *where, const char *why)
{
    config_add_finding(config, true, where, "%s", why);
    monitor->broken = true;
    monitor->trouble = arena_print(config->arena, "%s: %s", where, why);
}

static void fill_monitor(const struct reading *reading, struct monitor *monitor, cfg_t *cfg)
{
    struct config *config = reading->config;
    const struct given *given;
    const char *type;

    monitor->givens = reading_gather(reading, cfg, "");
    reading_find_doubles(reading, monitor_rows, &monitor->givens);
    reading_check_secrets(reading, monitor_rows, &monitor->givens);
    given = given_named(&monitor->givens, "type");
    type = given ? given_text(&monitor->givens, "type") : monitor->title;
    if (!type_from(type, &monitor->type))
        break_monitor(monitor, config, given ? given->where : monitor->where,
                      arena_print(config->arena,
                                  "monitor \"%s\" wants type = \"zabbix\", \"nagios\", \"naemon\" or \"icinga2\", not "
                                  "'%s'",
                                  monitor->title, type));
}

static const struct monitor *monitor_titled(const struct config *config, const char *title)
{
    for (size_t i = 0; i < config->monitor_count; i++)
        if (strcmp(config->monitors[i]->title, title) == 0)
            return config->monitors[i];
    return NULL;
}

static struct monitor *add_monitor(const struct reading *reading)
{
    struct config *config = reading->config;
    struct monitor *monitor = arena_alloc(config->arena, sizeof(*monitor));

    *monitor = (struct monitor){.title = reading->now->title,
                                .where = reading_here(reading),
                                .givens = {.arena = config->arena},
                                .trouble = "",
                                .secrets = {.arena = config->arena}};
    config->monitors =
        arena_grow(config->arena, config->monitors, (config->monitor_count + 1) * sizeof(*config->monitors));
    config->monitors[config->monitor_count++] = monitor;
    return monitor;
}

bool reading_take_monitor(struct reading *reading)
{
    const struct monitor *other = monitor_titled(reading->config, reading->now->title);
    struct form inside = {.arena = reading->arena};
    struct form form = {.arena = reading->arena};
    struct monitor *monitor;
    struct parsed parsed;

    if (strcmp(reading->now->name, "monitor") != 0)
        return false;
    form_add_options(&inside, monitor_rows);
    form_add_block(&form, "monitor", &inside, true);
    if (!reading_has_shape(reading, SHAPE_SECTION, "monitor \"TITLE\" { ... }") || !reading_title_fits(reading) ||
        !reading_title_is_free(reading, other ? other->where : NULL))
        return true;
    monitor = add_monitor(reading);
    if (reading_parse(reading, &form, &parsed)) {
        fill_monitor(reading, monitor, parsed_block(parsed.cfg, "monitor"));
    } else {
        monitor->broken = true;
        monitor->trouble = arena_print(reading->arena, "%s: %s", reading_at(reading, parsed.line), parsed.complaint);
        type_from(monitor->title, &monitor->type);
    }
    return true;
}

/* --- opening --- */

/* One run of config_open_monitor(). */
struct opening {
    struct arena *arena;
    const struct config *config;
    struct monitor *monitor;
    struct fault *fault;
};

static bool wrong(const struct opening *opening, const char *name, const char *why)
{
    const struct given *given = given_named(&opening->monitor->givens, name);

    return fault_set(opening->fault, FAULT_CONFIG, "%s: monitor \"%s\": '%s' %s",
                     given ? given->where : opening->monitor->where, opening->monitor->title, name, why);
}

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool check_url(const struct opening *opening)
{
    const char *url = opening->monitor->settings.url;
    bool plain = opening->monitor->type == MONITOR_ZABBIX && starts(url, "http://"); /* Icinga speaks TLS only */

    if (!url[0])
        return wrong(opening, "url", "is missing: the address of its programming interface");
    if (!plain && !starts(url, "https://"))
        return wrong(opening, "url", "wants an address that begins with https://");
    return strpbrk(url, " ?#@") ? wrong(opening, "url", "wants an address without a user, '?' and '#'") : true;
}

static bool check_zabbix_login(const struct opening *opening)
{
    const struct monitor_settings *settings = &opening->monitor->settings;

    if (secret_given(settings->token))
        return !settings->user[0] || wrong(opening, "user", "is of no use beside a token: leave one of them out");
    if (!settings->user[0])
        return wrong(opening, "token_file", "is missing: the file that holds the API token");
    return secret_given(settings->password) ||
           wrong(opening, "password_file", "is missing: the file that holds the user's password");
}

static bool check_icinga2_login(const struct opening *opening)
{
    const struct monitor_settings *settings = &opening->monitor->settings;

    if (settings->cert_file[0])
        return !settings->user[0] || wrong(opening, "user", "is of no use beside a certificate: leave one of them out");
    if (!settings->user[0])
        return wrong(opening, "user", "is missing: the name of an ApiUser");
    if (strchr(settings->user, ':'))
        return wrong(opening, "user", "may hold no ':'");
    return secret_given(settings->password) ||
           wrong(opening, "password_file", "is missing: the file that holds the ApiUser's password");
}

static bool check_by_type(const struct opening *opening)
{
    const struct monitor *monitor = opening->monitor;

    switch (monitor->type) {
    case MONITOR_ZABBIX:
        return check_url(opening) && check_zabbix_login(opening);
    case MONITOR_NAGIOS:
        return monitor->settings.command_file[0] ||
               wrong(opening, "command_file", "is missing: `command_file` of the daemon's main configuration");
    case MONITOR_ICINGA2:
        return check_url(opening) && check_icinga2_login(opening);
    }
    return true;
}

static bool check_timeout(const struct opening *opening)
{
    int64_t seconds;

    if (!duration_read(opening->monitor->settings.timeout, &seconds) || seconds < TIMEOUT_LEAST_S ||
        seconds > TIMEOUT_MOST_S)
        return wrong(opening, "timeout", "wants a duration from 1s to 60s");
    opening->monitor->timeout_ms = seconds * 1000;
    return true;
}

static const char *path_from(const struct opening *opening, const char *path)
{
    return path[0] && path[0] != '/' ? arena_print(opening->arena, "%s/%s", opening->config->directory, path) : path;
}

static bool can_be_read(const struct opening *opening, const char *name, const char *path)
{
    if (!path[0] || access(path, R_OK) == 0)
        return true;
    return wrong(opening, name, arena_print(opening->arena, "cannot be read: '%s': %s", path, strerror(errno)));
}

static bool check_certificate(const struct opening *opening)
{
    const struct network *network = &opening->monitor->network;
    struct fault why = {0};

    if (!network->cert_file[0] && !network->key_file[0])
        return true;
    if (!network->cert_file[0])
        return wrong(opening, "cert_file", "is missing: the certificate that belongs to the key");
    if (!network->key_file[0])
        return wrong(opening, "key_file", "is missing: the private key that belongs to the certificate");
    return can_be_read(opening, "cert_file", network->cert_file) &&
           (secret_file_fits(network->key_file, &why) ||
            wrong(opening, "key_file", arena_print(opening->arena, "cannot be used: %s", why.text)));
}

/* The monitoring system is near: no proxy stands between, whatever the channels need. */
static bool fill_network(const struct opening *opening)
{
    const struct config *config = opening->config;
    struct monitor *monitor = opening->monitor;
    const char *own = path_from(opening, monitor->settings.ca_file);

    monitor->network = (struct network){.proxy = "",
                                        .proxy_user = {""},
                                        .no_proxy = "",
                                        .ca_file = own[0] ? own : config->ca_file,
                                        .cert_file = path_from(opening, monitor->settings.cert_file),
                                        .key_file = path_from(opening, monitor->settings.key_file),
                                        .source_address = "",
                                        .ip = "any"};
    monitor->settings.command_file = path_from(opening, monitor->settings.command_file);
    return can_be_read(opening, "ca_file", own) && check_certificate(opening);
}

bool config_open_monitor(struct arena *arena, const struct config *config, struct monitor *monitor, struct fault *fault)
{
    struct opening opening = {.arena = arena, .config = config, .monitor = monitor, .fault = fault};
    struct settings_reading reading = {
        .directory = config->directory, .environment = "NOTIFY_MONITOR_", .secrets = &monitor->secrets};

    if (monitor->broken)
        return fault_set(fault, FAULT_CONFIG, "%s", monitor->trouble);
    monitor->secrets = (struct secrets){.arena = arena};
    monitor->settings = (struct monitor_settings){0};
    return settings_fill(arena, monitor_rows, &monitor->settings, &monitor->givens, &reading, fault) &&
           check_timeout(&opening) && fill_network(&opening) && check_by_type(&opening);
}

/* --- choosing --- */

static bool is_on(const struct monitor *monitor)
{
    const char *enabled = given_text(&monitor->givens, "enabled");

    return strcasecmp(enabled, "no") != 0 && strcasecmp(enabled, "false") != 0;
}

const struct monitor *config_monitor_for(const struct config *config, const char *source, const char *instance)
{
    const struct monitor *any = NULL;

    for (size_t i = 0; i < config->monitor_count; i++) {
        const struct monitor *monitor = config->monitors[i];
        const char *wanted = given_text(&monitor->givens, "instance");

        if (!is_on(monitor) || strcmp(monitor_source(monitor->type), source) != 0)
            continue;
        if (wanted[0] && strcmp(wanted, instance) == 0)
            return monitor;
        if (!wanted[0] && !any)
            any = monitor;
    }
    return any;
}

/* --- checking --- */

static void tell_fault(struct config *config, const struct monitor *monitor, const struct fault *fault)
{
    const char *text = secrets_mask(config->arena, &monitor->secrets, fault->text);
    const char *where = monitor->where;

    for (size_t i = 0; i < monitor->givens.count; i++)
        if (begins_with_place(text, monitor->givens.items[i].where))
            where = monitor->givens.items[i].where;
    config_add_finding(config, true, where, "%s", without_place(text, where));
}

static bool is_near(const char *url)
{
    return starts(url, "http://127.") || starts(url, "http://localhost:") || starts(url, "http://localhost/") ||
           starts(url, "http://[::1]");
}

static void advise(struct config *config, const struct monitor *monitor)
{
    const struct given *url = given_named(&monitor->givens, "url");
    struct fault fault = {0};

    if (monitor->type == MONITOR_NAGIOS && !fifo_usable(monitor->settings.command_file, &fault))
        config_add_finding(config, true, given_named(&monitor->givens, "command_file")->where, "'command_file': %s",
                           fault.text);
    if (url && starts(monitor->settings.url, "http://") && !is_near(monitor->settings.url))
        config_add_finding(config, false, url->where,
                           "monitor \"%s\": over http:// its %s can be read on the way: use https://", monitor->title,
                           monitor->settings.user[0] ? "password" : "token");
}

void config_check_monitors(struct config *config)
{
    for (size_t i = 0; i < config->monitor_count; i++) {
        struct monitor monitor = *config->monitors[i];
        struct fault fault = {0};

        if (monitor.broken || !is_on(&monitor)) /* what is broken has its finding already */
            continue;
        if (config_open_monitor(config->arena, config, &monitor, &fault))
            advise(config, &monitor);
        else
            tell_fault(config, &monitor, &fault);
    }
}
