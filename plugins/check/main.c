/*
 * check_notify - a check of the notifier itself, for Nagios, Naemon, Icinga 2 and Zabbix: somebody must notice when the one who
 * tells does not.
 *
 * Its own rows are thresholds on numbers from health.h; output and exit status as the monitoring plugins' guidelines say.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/health.h"
#include "common/help.h"
#include "common/process.h"
#include "common/str.h"
#include "common/world.h"
#include "plugins/channels.h"
#include "plugins/check/range.h"

enum status { STATUS_OK, STATUS_WARNING, STATUS_CRITICAL, STATUS_UNKNOWN };
enum { TIMEOUT_S = 10, LINE_MOST = 8192, METRICS = 8, CHANNEL_METRIC = METRICS - 1 };

static const char LATE[] = "NOTIFY UNKNOWN - the check took too long\n";

/* One number and its thresholds. */
struct metric {
    const char *name;
    const char *unit; /* of the performance data: "s", "" */
    const char *words;
    const char *warning; /* by default; "" for none */
    const char *critical;
    struct range ranges[2]; /* warning, critical */
};

static struct metric metrics[METRICS] = {
    {"worker_age",       "s", "s since the worker was seen",             "45",   "300",   {{0}}},
    {"oldest",           "s", "s the oldest message waits",              "300",  "1800",  {{0}}},
    {"outbox",           "",  "messages wait",                           "1000", "10000", {{0}}},
    {"failed",           "",  "messages of the hour reached nobody",     "0",    "10",    {{0}}},
    {"unconfirmed",      "",  "problems wait for somebody for too long", "0",    "",      {{0}}},
    {"writebacks",       "",  "words for the monitoring system wait",    "50",   "",      {{0}}},
    {"calendar_days",    "",  "days until a calendar ends",              "30:",  "7:",    {{0}}},
    {"channel_failures", "",  "failures since the last delivery",        "2",    "10",    {{0}}},
};

struct checking {
    struct arena *arena;
    struct str problems; /* what is wrong, in the order of the metrics: one line */
    struct str data;     /* performance data */
    enum status status;
};

static const char *status_word(enum status status)
{
    static const char *const WORDS[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};

    return WORDS[status];
}

static enum status judge(const struct metric *metric, int64_t value)
{
    return range_alarms(&metric->ranges[1], value)   ? STATUS_CRITICAL
           : range_alarms(&metric->ranges[0], value) ? STATUS_WARNING
                                                     : STATUS_OK;
}

/* 'label'=value[unit];warning;critical;min */
static void add_data(struct checking *checking, const struct metric *metric, const char *label, int64_t value)
{
    str_addf(&checking->data, "%s'%s'=%lld%s;%s;%s;0", checking->data.len ? " " : "", label, (long long)value,
             metric->unit, metric->ranges[0].text, metric->ranges[1].text);
}

static void blame(struct checking *checking, enum status status, const char *words)
{
    if (status == STATUS_OK)
        return;
    checking->status = status > checking->status ? status : checking->status;
    str_addf(&checking->problems, "%s%s", checking->problems.len ? ", " : "", words);
}

static void look(struct checking *checking, const struct metric *metric, int64_t value)
{
    blame(checking, judge(metric, value), arena_print(checking->arena, "%lld %s", (long long)value, metric->words));
    add_data(checking, metric, metric->name, value);
}

/* Labels hold neither quotes nor equals signs; titles of sections never do. */
static void look_at_channel(struct checking *checking, const struct channel_health *channel)
{
    const struct metric *metric = &metrics[CHANNEL_METRIC];

    blame(checking, judge(metric, channel->failures),
          arena_print(checking->arena, "%s: %lld %s", channel->section, (long long)channel->failures, metric->words));
    add_data(checking, metric, arena_print(checking->arena, "failures_%s", channel->section), channel->failures);
}

static void look_at_all(struct checking *checking, const struct health *health)
{
    if (health->worker_age_s < 0)
        blame(checking, STATUS_CRITICAL, "no worker was seen: start notifyd, or enable the tick timer");
    else
        look(checking, &metrics[0], health->worker_age_s);
    look(checking, &metrics[1], health->oldest_s);
    look(checking, &metrics[2], health->outbox);
    look(checking, &metrics[3], health->failed);
    look(checking, &metrics[4], health->unconfirmed);
    look(checking, &metrics[5], health->writebacks);
    if (health->calendar_days >= 0)
        look(checking, &metrics[6], health->calendar_days);
    for (size_t i = 0; i < health->channel_count; i++)
        look_at_channel(checking, &health->channels[i]);
}

/* A bar would begin the performance data, a line break the long text. */
static void print_words(const char *words)
{
    for (; *words; words++)
        putchar(*words == '|' ? '/' : *words == '\n' ? ' ' : *words);
}

static int say(enum status status, const char *words, const char *data)
{
    printf("NOTIFY %s - ", status_word(status));
    print_words(words);
    printf("%s%s\n", data[0] ? " | " : "", data);
    return (int)status;
}

static int check(struct arena *arena, const char *path)
{
    struct checking checking = {.arena = arena, .problems = str_in(arena, LINE_MOST), .data = str_in(arena, LINE_MOST)};
    struct world world = world_system(arena);
    struct health health;
    struct fault fault = {0};
    struct config *config = config_load(arena, path, channels_all, &fault);
    struct store *store = NULL;
    bool renewed;

    if (config)
        store = store_open(arena, config->state, STORE_PATIENCE_MS, &renewed, &fault);
    if (!store || !health_read(store, arena, config, world_wall_ms(&world), &health, &fault))
        return say(STATUS_UNKNOWN, fault.text, "");
    look_at_all(&checking, &health);
    if (checking.status == STATUS_OK)
        str_addf(&checking.problems, "worker seen %lld s ago, %lld waiting, %lld held back, %lld unconfirmed",
                 (long long)health.worker_age_s, (long long)health.outbox, (long long)health.held,
                 (long long)health.unconfirmed);
    return say(checking.status, checking.problems.text, checking.data.text);
}

static void print_help(void)
{
    fputs("check_notify - checks the notification plugins themselves\n\n"
          "  check_notify [--config FILE] [-w NAME=RANGE]... [-c NAME=RANGE]... [-t SECONDS]\n\n"
          "  -w, --warning NAME=RANGE   other thresholds than these:\n",
          stdout);
    for (size_t i = 0; i < METRICS; i++)
        printf("      %-17s -w %-5s -c %-6s %s\n", metrics[i].name, metrics[i].warning[0] ? metrics[i].warning : "-",
               metrics[i].critical[0] ? metrics[i].critical : "-", metrics[i].words);
    fputs("  -c, --critical NAME=RANGE  the same\n"
          "  -t, --timeout SECONDS      ends as UNKNOWN after it, 10\n"
          "  -h, --help  -V, --version\n\n"
          "Ranges are those of the monitoring plugins: 10, 10:, ~:10, 10:20, @10:20.\n\n"
          "Example:\n  check_notify -w outbox=100 -c oldest=900\n\nEverything else: man check_notify\n",
          stdout);
}

/* "outbox=100" */
static bool set_threshold(const char *text, bool critical)
{
    const char *equals = strchr(text, '=');

    for (size_t i = 0; equals && i < METRICS; i++)
        if (strlen(metrics[i].name) == (size_t)(equals - text) &&
            strncmp(metrics[i].name, text, (size_t)(equals - text)) == 0)
            return range_read(equals + 1, &metrics[i].ranges[critical]);
    return false;
}

static void set_defaults(void)
{
    for (size_t i = 0; i < METRICS; i++) {
        const char *texts[] = {metrics[i].warning, metrics[i].critical};

        for (size_t k = 0; k < 2; k++) {
            metrics[i].ranges[k] = (struct range){.text = ""};
            if (texts[k][0])
                range_read(texts[k], &metrics[i].ranges[k]);
        }
    }
}

static bool timeout_from(const char *text, long *seconds)
{
    char *end;

    *seconds = strtol(text, &end, 10);
    return end != text && *end == '\0' && *seconds > 0 && *seconds <= 300;
}

static int cannot_use(const char *argument)
{
    fputs("NOTIFY UNKNOWN - '", stdout);
    print_words(argument);
    puts("' cannot be used; see check_notify --help");
    return '?';
}

/* 0 to go on, 'h' or 'V' for what is asked, '?' after what cannot be used has been said. */
static int read_options(int argc, char **argv, const char **path, long *timeout_s)
{
    static const struct option OPTIONS[] = {
        {"config",   required_argument, NULL, 'C'},
        {"warning",  required_argument, NULL, 'w'},
        {"critical", required_argument, NULL, 'c'},
        {"timeout",  required_argument, NULL, 't'},
        {"help",     no_argument,       NULL, 'h'},
        {"version",  no_argument,       NULL, 'V'},
        {NULL,       0,                 NULL, 0  },
    };
    int option;

    while ((option = getopt_long(argc, argv, "w:c:t:hV", OPTIONS, NULL)) != -1) {
        bool good = true;

        if (option == 'h' || option == 'V')
            return option;
        if (option == 'C')
            *path = optarg;
        else if (option == 't')
            good = timeout_from(optarg, timeout_s);
        else
            good = option != '?' && set_threshold(optarg, option == 'c');
        if (!good)
            return cannot_use(optarg ? optarg : argv[optind - 1]);
    }
    return optind < argc ? cannot_use(argv[optind]) : 0;
}

static void end_late(int number)
{
    ssize_t ignored = write(STDOUT_FILENO, LATE, sizeof(LATE) - 1);

    (void)number;
    (void)ignored;
    _exit(STATUS_UNKNOWN);
}

int main(int argc, char **argv)
{
    const char *named = getenv("NOTIFICATION_PLUGINS_CONFIG");
    const char *path = named && named[0] ? named : CONFIG_DEFAULT_PATH;
    struct arena *arena;
    long timeout_s = TIMEOUT_S;
    int status;

    process_prepare();
    set_defaults();
    status = read_options(argc, argv, &path, &timeout_s);
    arena = arena_new();
    if (status == 'h') {
        print_help();
    } else if (status == 'V') {
        fputs(version_text(arena, "check_notify"), stdout);
    } else if (status == 0) {
        signal(SIGALRM, end_late);
        alarm((unsigned)timeout_s);
        status = check(arena, path);
        arena_release(arena);
        return status;
    }
    arena_release(arena);
    return STATUS_UNKNOWN; /* for help and version, too: the guidelines say so */
}
