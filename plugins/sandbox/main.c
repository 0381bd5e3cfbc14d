/* notify_sandbox: a local stand-in for the providers, and the reader of what it recorded. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/help.h"
#include "common/process.h"
#include "common/secret.h"
#include "plugins/sandbox/server.h"
#include "plugins/sandbox/show.h"
#include "plugins/web/listener.h"

struct options {
    const char *listen;
    const char *smtp;
    const char *port_file;
    const char *secrets;
    const char *log;
    const char *show;
    bool everybody;
};

static const char HELP[] =
    "notify_sandbox - a local stand-in for DingTalk, WeCom, Feishu, Slack, Teams, SMS, push services, webhooks and mail\n"
    "\n"
    "  notify_sandbox [OPTION]...            serve until SIGTERM; messages are shown as they arrive\n"
    "  notify_sandbox --show FILE [OPTION]...  show what a record holds\n"
    "\n"
    "  --listen ADDRESS:PORT    HTTP, by default 127.0.0.1:0 (0: a free port)\n"
    "  --smtp ADDRESS:PORT      mail sink, by default 127.0.0.1:0\n"
    "  --public                 the addresses may be reached from other machines\n"
    "  --port-file FILE         where the addresses are written once both are open: 'http ADDRESS:PORT' and\n"
    "                           'smtp ADDRESS:PORT', a line each; removed at the end\n"
    "  --secrets FILE           JSON: the accounts' tokens and secrets; without one signatures are not checked\n"
    "  --log FILE               record each message as a line of JSON, in place of showing it\n"
    "  --answer CHANNEL=CODE    refuse with this code of the provider; CODE*3 for the next three only; may repeat\n"
    "  --expect CHANNEL=COUNT   with --show: status 1 when fewer than COUNT were accepted; may repeat\n"
    "  --language en|zh_CN      of what is shown\n"
    "\n"
    "Example:\n"
    "  notify_sandbox --listen 127.0.0.1:8080 --answer dingtalk=130101\n";

static int usage(const char *text, const char *value)
{
    fprintf(stderr, "notify_sandbox: %s '%s'; see notify_sandbox --help\n", text, value);
    return 3;
}

/* "NAME=VALUE" of an option; false without a name or without a value. */
static bool divide(struct arena *arena, const char *argument, const char **name, const char **value)
{
    const char *equals = strchr(argument, '=');

    if (!equals || equals == argument || equals[1] == '\0')
        return false;
    *name = arena_copy(arena, argument, (size_t)(equals - argument));
    *value = equals + 1;
    return true;
}

static bool add_answer(struct arena *arena, struct stand *stand, const char *argument)
{
    struct forced *forced = &stand->forced[stand->forced_count];
    const char *value;
    const char *times;

    if (stand->forced_count == FORCED_MOST || !divide(arena, argument, &forced->channel, &value))
        return false;
    times = strchr(value, '*');
    forced->code = arena_copy(arena, value, times ? (size_t)(times - value) : strlen(value));
    forced->left = times ? strtol(times + 1, NULL, 10) : -1;
    stand->forced_count++;
    return forced->code[0] != '\0' && forced->left != 0;
}

static bool add_expected(struct arena *arena, struct showing *showing, const char *argument)
{
    struct expected *expected = &showing->expected[showing->expected_count];
    const char *value;

    if (showing->expected_count == EXPECTED_MOST || !divide(arena, argument, &expected->channel, &value))
        return false;
    expected->count = strtol(value, NULL, 10);
    showing->expected_count++;
    return expected->count > 0;
}

/* Every text of an account is a secret but these. */
static bool is_open(const char *name)
{
    static const char *const OPEN[] = {"keyword",       "channel",     "sign_name", "template",
                                       "template_code", "template_id", "app_id",    "user"};

    for (size_t i = 0; i < sizeof(OPEN) / sizeof(*OPEN); i++)
        if (strcmp(OPEN[i], name) == 0)
            return true;
    return false;
}

static void remember_secret(void *self, const char *name, const char *value)
{
    if (!is_open(name))
        secrets_add(self, value);
}

static bool read_accounts(struct arena *arena, const char *path, struct stand *stand, struct secrets *secrets,
                          struct fault *fault)
{
    struct secret text;

    if (!secret_read(arena, path, &text, fault))
        return false;
    stand->accounts = json_read(arena, secret_text(text), strlen(secret_text(text)));
    if (!json_is_object(stand->accounts))
        return fault_set(fault, FAULT_CONFIG, "'%s' is not a JSON object of accounts", path);
    accounts_visit(stand->accounts, remember_secret, secrets);
    return true;
}

/* Whole or not at all: who waits for the file may read it as soon as it is there. */
static bool write_port_file(struct arena *arena, const char *path, const struct server *server, struct fault *fault)
{
    const char *part = arena_print(arena, "%s.part", path);
    FILE *file = fopen(part, "we");
    bool good = file != NULL;

    if (file) {
        good = fprintf(file, "http %s\nsmtp %s\n", listener_name(arena, server->http_listener),
                       listener_name(arena, server->smtp_listener)) > 0;
        good = fclose(file) == 0 && good;
    }
    if (good && rename(part, path) == 0)
        return true;
    return fault_set(fault, FAULT_SYSTEM, "cannot write '%s': %s", path, strerror(errno));
}

/* The stand-in answers whoever can reach it. */
static bool open_listener(const struct options *options, const char *address, int *descriptor, struct fault *fault)
{
    if (options->everybody || address_is_local(address))
        return listener_open(address, descriptor, fault);
    return fault_set(fault, FAULT_USAGE,
                     "'%s' is no address and port of this machine alone, such as 127.0.0.1:0; give --public if other "
                     "machines shall reach it",
                     address);
}

static bool serve(struct arena *arena, const struct options *options, struct stand *stand,
                  const struct showing *showing, struct fault *fault)
{
    struct secrets secrets = {.arena = arena};
    struct journal journal;
    struct server server = {.clock = &clock_system, .stand = stand, .journal = &journal};
    bool good;

    if (options->secrets[0] && !read_accounts(arena, options->secrets, stand, &secrets, fault))
        return false;
    if (!journal_open(&journal, options->log, &secrets, showing, fault) ||
        !open_listener(options, options->listen, &server.http_listener, fault) ||
        !open_listener(options, options->smtp, &server.smtp_listener, fault) ||
        (options->port_file[0] && !write_port_file(arena, options->port_file, &server, fault)))
        return false;
    printf("notify_sandbox: http://%s smtp://%s\n", listener_name(arena, server.http_listener),
           listener_name(arena, server.smtp_listener));
    fflush(stdout);
    good = server_run(&server, fault);
    sent_release(&stand->sent);
    if (options->port_file[0])
        unlink(options->port_file);
    return good;
}

static int show(struct arena *arena, const struct options *options, struct showing *showing, struct fault *fault)
{
    bool complete = false;

    if (!show_file(arena, showing, options->show, &complete, fault))
        return -1;
    return complete ? 0 : 1;
}

static bool wants_color(void)
{
    const char *off = getenv("NO_COLOR"); /* https://no-color.org */

    return isatty(STDOUT_FILENO) && !(off && off[0]);
}

enum {
    OPTION_LISTEN = 1,
    OPTION_SMTP,
    OPTION_PUBLIC,
    OPTION_PORT_FILE,
    OPTION_SECRETS,
    OPTION_LOG,
    OPTION_ANSWER,
    OPTION_SHOW,
    OPTION_EXPECT,
    OPTION_LANGUAGE
};

static const struct option OPTIONS[] = {
    {"listen",    required_argument, NULL, OPTION_LISTEN   },
    {"smtp",      required_argument, NULL, OPTION_SMTP     },
    {"public",    no_argument,       NULL, OPTION_PUBLIC   },
    {"port-file", required_argument, NULL, OPTION_PORT_FILE},
    {"secrets",   required_argument, NULL, OPTION_SECRETS  },
    {"log",       required_argument, NULL, OPTION_LOG      },
    {"answer",    required_argument, NULL, OPTION_ANSWER   },
    {"show",      required_argument, NULL, OPTION_SHOW     },
    {"expect",    required_argument, NULL, OPTION_EXPECT   },
    {"language",  required_argument, NULL, OPTION_LANGUAGE },
    {"help",      no_argument,       NULL, 'h'             },
    {"version",   no_argument,       NULL, 'V'             },
    {NULL,        0,                 NULL, 0               },
};

/* What the command line asks for. */
struct wishes {
    struct arena *arena;
    struct options options;
    struct showing showing;
    struct stand *stand;
};

static bool take_option(struct wishes *wishes, int option, const char *argument)
{
    switch (option) {
    case OPTION_LISTEN:
        wishes->options.listen = argument;
        return true;
    case OPTION_SMTP:
        wishes->options.smtp = argument;
        return true;
    case OPTION_PUBLIC:
        wishes->options.everybody = true;
        return true;
    case OPTION_PORT_FILE:
        wishes->options.port_file = argument;
        return true;
    case OPTION_SECRETS:
        wishes->options.secrets = argument;
        return true;
    case OPTION_LOG:
        wishes->options.log = argument;
        return true;
    case OPTION_SHOW:
        wishes->options.show = argument;
        return true;
    case OPTION_ANSWER:
        return add_answer(wishes->arena, wishes->stand, argument);
    case OPTION_EXPECT:
        return add_expected(wishes->arena, &wishes->showing, argument);
    case OPTION_LANGUAGE:
        wishes->showing.language = language_from(argument);
        return wishes->showing.language != LANGUAGE_COUNT;
    default:
        return false;
    }
}

/* -1 to go on, else the exit status. */
static int read_options(struct wishes *wishes, int argc, char **argv)
{
    int option;

    while ((option = getopt_long(argc, argv, "hV", OPTIONS, NULL)) != -1) {
        if (option == 'h') {
            fputs(HELP, stdout);
            return 0;
        }
        if (option == 'V') {
            fputs(version_text(wishes->arena, "notify_sandbox"), stdout);
            return 0;
        }
        if (option == '?' || !take_option(wishes, option, optarg))
            return option == '?' ? 3 : usage("cannot use", optarg);
    }
    return optind < argc ? usage("unexpected argument", argv[optind]) : -1;
}

static int run(struct wishes *wishes)
{
    struct fault fault = {0};
    int status = 0;

    if (wishes->options.show[0])
        status = show(wishes->arena, &wishes->options, &wishes->showing, &fault);
    else if (!serve(wishes->arena, &wishes->options, wishes->stand, &wishes->showing, &fault))
        status = -1;
    if (status >= 0)
        return status;
    fprintf(stderr, "notify_sandbox: %s\n", fault.text);
    return fault_exit_status(&fault);
}

int main(int argc, char **argv)
{
    struct arena *arena = arena_new();
    struct wishes wishes = {
        .arena = arena,
        .options =
            {.listen = "127.0.0.1:0", .smtp = "127.0.0.1:0", .port_file = "", .secrets = "", .log = "", .show = ""},
        .stand = arena_alloc(arena, sizeof(*wishes.stand)),
    };
    int status;

    process_prepare();
    wishes.showing = (struct showing){.out = stdout, .color = wants_color(), .language = LANGUAGE_EN};
    status = read_options(&wishes, argc, argv);
    if (status < 0)
        status = run(&wishes);
    arena_release(arena);
    return status;
}
