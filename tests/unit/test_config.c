/* The configuration: what is read, what each mistake costs and how it is told. */
#include "tests/unit/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/config.h"
#include "common/monitor.h"

/* Two channels with the same options, made for these tests. */

struct bell {
    struct secret token;
    const char *endpoint;
    const char *format;
    struct text_list mobiles;
    bool loud;
    int64_t size;
    const char *subject;
    struct text_list parameters;
};

static const struct option_row BELL_ROWS[] = {
    OPTION_SECRET("token", struct bell, token, MANDATORY, "the bell's token"),
    OPTION_TEXT("endpoint", struct bell, endpoint, "https://bell.example", "base address"),
    OPTION_CHOICE("format", struct bell, format, "text", "text markdown", "form of the message"),
    OPTION_LIST("mobiles", struct bell, mobiles, "", "whom to mention"),
    OPTION_FLAG("loud", struct bell, loud, "no", "ring loudly"),
    OPTION_NUMBER("size", struct bell, size, "7", "size of the bell"),
    OPTION_TEMPLATE("subject", struct bell, subject, "{{subject}}", "subject line"),
    OPTION_TEMPLATES("parameters", struct bell, parameters, "{{host}}", "variables"),
    OPTION_END,
};

static void check_bell(const void *settings, const struct findings *findings)
{
    const struct bell *bell = settings;

    if (bell->size == 13)
        findings->mistake(findings->self, "a size of 13 brings bad luck: take 12");
    if (bell->size == 14)
        findings->mistake(findings->self, arena_print(findings->arena, "the token %s is too long", bell->token.text));
    if (bell->loud)
        findings->advice(findings->self, "a loud bell wakes the neighbours");
}

static const struct channel BELL = {
    .name = "bell", .options = BELL_ROWS, .settings_size = sizeof(struct bell), .check = check_bell};
static const struct channel GONG = {.name = "gong", .options = BELL_ROWS, .settings_size = sizeof(struct bell)};
/* A channel that is called like something that every person has. */
static const struct channel EMAIL = {.name = "email", .options = BELL_ROWS, .settings_size = sizeof(struct bell)};
static const struct channel *const CHANNELS[] = {&BELL, &GONG, &EMAIL, NULL};

/* A folder with a configuration, and with a file for secrets. */

static char folder[] = "/tmp/test_config.XXXXXX";

static const char *path_of(struct arena *arena, const char *name)
{
    return arena_print(arena, "%s/%s", folder, name);
}

static void write_bytes(struct arena *arena, const char *name, const char *bytes, size_t len, mode_t mode)
{
    FILE *file = fopen(path_of(arena, name), "we");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path_of(arena, name), mode), 0);
}

static int make_folder(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    unsetenv("TEST_UNSET");
    unsetenv("NOTIFY_BELL_TOKEN");
    if (!mkdtemp(folder))
        return -1;
    write_bytes(arena, "token", "token-of-the-file\n", 18, 0600);
    write_bytes(arena, "open", "token-of-the-file\n", 18, 0644);
    arena_release(arena);
    return 0;
}

static int remove_folder(void **state)
{
    static const char *const NAMES[] = {"x", "token", "open"};
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < COUNT(NAMES); i++)
        unlink(path_of(arena, NAMES[i]));
    arena_release(arena);
    return rmdir(folder);
}

static struct config *load_bytes(struct arena *arena, const char *bytes, size_t len, mode_t mode)
{
    struct fault fault = {0};
    struct config *config;

    write_bytes(arena, "x", bytes, len, mode);
    config = config_load(arena, path_of(arena, "x"), CHANNELS, &fault);
    if (!config)
        fail_msg("%s", fault.text);
    return config;
}

static struct config *load(struct arena *arena, const char *text)
{
    return load_bytes(arena, text, strlen(text), 0640);
}

/* "x:LINE" of a finding, without the folder. */
static const char *place(const struct finding *finding)
{
    return strncmp(finding->where, folder, strlen(folder)) == 0 ? finding->where + strlen(folder) + 1 : finding->where;
}

/* "LINE what; " of all findings, for the report of a test that fails. */
static const char *findings_text(const struct config *config)
{
    const char *text = "";

    for (size_t i = 0; i < config->finding_count; i++)
        text = arena_print(config->arena, "%s[%s %s%s]", text, place(&config->findings[i]),
                           config->findings[i].mistake ? "" : "(advice) ", config->findings[i].text);
    return text;
}

/* "title" of each section, with ! when it is broken. */
static const char *sections_text(const struct config *config)
{
    const char *text = "";

    for (size_t i = 0; i < config->section_count; i++)
        text = arena_print(config->arena, "%s%s%s ", text, config->sections[i]->title,
                           config->sections[i]->broken ? "!" : "");
    return text;
}

static struct section *section_named(struct config *config, const char *title)
{
    struct fault fault = {0};
    struct section *section = config_section(config, NULL, title, &fault);

    if (!section)
        fail_msg("%s", fault.text);
    return section;
}

static const struct bell *opened(struct config *config, const char *title)
{
    struct section *section = section_named(config, title);
    struct fault fault = {0};

    if (!config_open_section(config, section, NULL, &fault))
        fail_msg("%s", fault.text);
    return section->settings;
}

static void test_reads_everything_that_a_configuration_can_say(void **state)
{
    struct config *config = load(*state, "state = \"/var/tmp/state\"  templates = \"messages\"\n"
                                         "language = \"zh_CN\"  timezone = \"UTC\"\n"
                                         "proxy = \"http://proxy:3128\" no_proxy = \"a,b\" ca_file = \"token\"\n"
                                         "bell \"ops\" {\n"
                                         "  token = \"abc\\\"def\" mobiles = {\"1\", '2',\n  # three\n  3}\n"
                                         "  loud = yes  size = 12  format = markdown\n"
                                         "  retry { attempts = 2 }  limit { per_minute = 1 exempt = \"none\" }\n"
                                         "}\n"
                                         "retry { attempts = 5 delay = \"2m\" }\n"
                                         "limit { per_minute = 6 per_hour = 0 per_day = 99 repeat_within = 0 }\n"
                                         "operator { channels = {\"ops\"} to = \"@zhang\" }\n"
                                         "confirm { base_url = \"https://m.example/c\" within = \"1h\" "
                                         "emergency = \"1m\" from = \"critical\" }\n"
                                         "contact \"zhang\" { name = \"张伟\" bell = \"b1\" }\n");
    const struct bell *bell;

    assert_string_equal(findings_text(config), "");
    assert_string_equal(config->directory, folder);
    assert_string_equal(config->state, "/var/tmp/state");
    assert_string_equal(config->templates, path_of(*state, "messages"));
    assert_int_equal(config->language, LANGUAGE_ZH_CN);
    assert_string_equal(config->timezone, "UTC");
    assert_string_equal(config->no_proxy, "a,b");
    assert_int_equal(config->retry.attempts, 5);
    assert_int_equal(config->retry.first_wait_ms, 120000);
    assert_true(config->retry.most_wait_ms >= 120000);
    assert_int_equal(config->limits.limits.per_minute, 6);
    assert_int_equal(config->limits.limits.per_hour, 0);
    assert_int_equal(config->limits.repeat_within_s, 0);
    assert_int_equal(config->limits.exempt, 1U << SEVERITY_EMERGENCY);
    assert_string_equal(config->operator.channels.items[0], "ops");
    assert_string_equal(config->operator.to.items[0], "@zhang");
    assert_string_equal(config->confirm.base_url, "https://m.example/c");
    assert_int_equal(config->confirm.within_s[SEVERITY_INFO], 3600);
    assert_int_equal(config->confirm.within_s[SEVERITY_CRITICAL], 3600);
    assert_int_equal(config->confirm.within_s[SEVERITY_EMERGENCY], 60);
    assert_int_equal(config->confirm.from, SEVERITY_CRITICAL);
    bell = opened(config, "ops");
    assert_string_equal(secret_text(bell->token), "abc\"def");
    assert_int_equal(bell->mobiles.count, 3);
    assert_string_equal(bell->mobiles.items[2], "3");
    assert_true(bell->loud);
    assert_int_equal(bell->size, 12);
    assert_string_equal(bell->format, "markdown");
    assert_int_equal(config->sections[0]->retry.attempts, 2);
    assert_int_equal(config->sections[0]->retry.first_wait_ms,
                     120000); /* from the global block, though it stands below */
    assert_int_equal(config->sections[0]->limits.limits.per_minute, 1);
    assert_int_equal(config->sections[0]->limits.limits.per_day, 99);
    assert_int_equal(config->sections[0]->limits.exempt, 0);
    assert_string_equal(config->sections[0]->network.proxy, "http://proxy:3128");
    assert_string_equal(config->sections[0]->network.ca_file, path_of(*state, "token"));
}

struct mistake_case {
    const char *text;
    const char *place;
    const char *piece; /* of the finding; "" when there is none */
};

static void check_mistakes(struct arena *arena, const struct mistake_case *cases, size_t count, bool sections)
{
    for (size_t i = 0; i < count; i++) {
        struct config *config = load(arena, cases[i].text);

        if (sections) {
            config_check_sections(config);
            config_check_monitors(config);
        }
        if (cases[i].piece[0] == '\0' && config->finding_count == 0)
            continue;
        if (config->finding_count != 1 || strcmp(place(&config->findings[0]), cases[i].place) != 0 ||
            !strstr(config->findings[0].text, cases[i].piece) || !cases[i].piece[0])
            fail_msg("%s\n  gave %s", cases[i].text, findings_text(config));
    }
}

static void test_names_the_line_and_the_remedy_of_each_mistake(void **state)
{
    static const struct mistake_case CASES[] = {
        {"langage = \"en\"",                                       "x:1", "this version does not know 'langage': did you mean 'language'?"          },
        {"\n\nroute \"x\" {\n}",                                   "x:3", "route \"x\" tells nobody: give it channels"                              },
        {"\n\ngateway \"x\" {\n}",                                 "x:3", "this version does not know 'gateway': known are bell, gong, email, state"},
        {"bel \"x\" { }",                                          "x:1", "did you mean 'bell'?"                                                    },
        {"language = \"de\"",                                      "x:1", "'language' wants en or zh_CN, not 'de'"                                  },
        {"timezone = \"Asia/Peking\"",                             "x:1", "'timezone' wants a time zone of this machine"                            },
        {"language = {\"en\"}",                                    "x:1", "one value is wanted here"                                                },
        {"language \"en\"",                                        "x:1", "'language' wants a { behind its title"                                   },
        {"language { }",                                           "x:1", "'language' is written as language = VALUE"                               },
        {"proxy = \"\"\nproxy = \"\"",                             "x:2", "'proxy' is set already at "                                              },
        {"retry = 3",                                              "x:1", "'retry' is written as retry { ... }"                                     },
        {"retry \"x\" { }",                                        "x:1", "'retry' is written as retry { ... }"                                     },
        {"retry { }\nretry { }",                                   "x:2", "'retry' is set already at "                                              },
        {"retry {\n attempts = 0\n}",                              "x:2", "'attempts' wants a number from 1 to 20, not '0'"                         },
        {"retry {\n attempts = 21\n}",                             "x:2", "from 1 to 20"                                                            },
        {"retry {\n attempts = three\n}",                          "x:2", "from 1 to 20, not 'three'"                                               },
        {"retry {\n attempts = 99999999999999999999\n}",           "x:2", "from 1 to 20"                                                            },
        {"retry {\n delay = 5\n}",                                 "x:2", "'delay' wants a duration from 0 to 1h with its unit"                     },
        {"retry {\n delay = 2h\n}",                                "x:2", "'delay' wants a duration from 0 to 1h"                                   },
        {"retry {\n dely = 5s\n}",                                 "x:2", "'dely' is not known here: did you mean 'delay'?"                         },
        {"limit {\n per_minute = -1\n}",                           "x:2", "'per_minute' wants a number from 0 to 1000000, not '-1'"                 },
        {"limit {\n repeat_within = 8d\n}",                        "x:2", "from 0 to 7d"                                                            },
        {"limit {\n exempt = \"disaster\"\n}",                     "x:2", "info, warning, error, critical, emergency or none"                       },
        {"storm {\n problems = -1\n}",                             "x:2", "'problems' wants a number from 0 to 1000000, not '-1'"                   },
        {"storm {\n problems = 1000001\n}",                        "x:2", "from 0 to 1000000"                                                       },
        {"storm {\n within = 0\n}",                                "x:2", "such as 90s"                                                             },
        {"heartbeat = \"ftp://x\"",                                "x:1", "https:// or http://"                                                     },
        {"operator {\n daily = 25:00\n}",                          "x:2", "a time of day"                                                           },
        {"limit {\n per_day = 99999999999999999999\n}",            "x:2", "from 0 to 1000000"                                                       },
        {"limit {\n per_second = 1\n}",                            "x:2", "'per_second' is not known here: known are per_minute, per_hour"          },
        {"confirm {\n base_url = \"m.example\"\n}",                "x:2", "begins with https:// or http://"                                         },
        {"confirm {\n within = \"soon\"\n}",                       "x:2", "with its unit"                                                           },
        {"confirm {\n from = \"all\"\n}",                          "x:2", "info, warning, error"                                                    },
        {"confirm {\n within = \"30m\"\n}\nconfirm { }",           "x:4", "'confirm' is set already at "                                            },
        {"\noperator { channels = {\"nobody\"} }",                 "x:2", "names the channel 'nobody', and there is no section"                     },
        {"\noperator { to = {\"@nobody\"} }",                      "x:2", "names @nobody, and there is no contact"                                  },
        {"include \"x\"",                                          "x:1", "wants a { behind its title"                                              },
        {"include = \"x\"",                                        "x:1", "'include' is written as include("                                        },
        {"\ncontact \"zhang\" {\n nam = \"x\"\n}",                 "x:3", "'nam' is not known here: did you mean 'name'?"                           },
        {"contact \"zhang\" {\n\n slack = \"x\"\n}",               "x:3", "'slack' is not known here: known are name, mobile"                       },
        {"contact \"zhang\" {\n mobile = \"none\"\n}",             "x:2", "'mobile' wants a number such as +8613800138000"                          },
        {"contact \"zhang\" {\n email = \"zhang\"\n}",             "x:2", "'email' wants an address such as li@example.com"                         },
        {"contact \"zhang\" {\n email = \"a@b, c@d\"\n}",          "x:2", "'email' wants an address"                                                },
        {"contact \"zhang\" {\n language = \"fr\"\n}",             "x:2", "'language' wants en or zh_CN"                                            },
        {"contact \"zhang\" {\n timezone = \"Mars\"\n}",           "x:2", "'timezone' wants a time zone"                                            },
        {"contact \"all\" { }",                                    "x:1", "@all means everybody"                                                    },
        {"contact { }",                                            "x:1", "'contact' is written as contact \"TITLE\" { ... }"                       },
        {"contact \"a\" { }\n\ncontact \"a\" { }",                 "x:3", "the title 'a' is taken by "                                              },
        {"bell { }",                                               "x:1", "'bell' is written as bell \"TITLE\" { ... }"                             },
        {"bell = 1",                                               "x:1", "'bell' is written as bell \"TITLE\" { ... }"                             },
        {"bell \"运维\" { }",                                    "x:1", "letters, digits, '_', '.' and '-' only, not '运维'"                    },
        {"bell \"a b\" { }",                                       "x:1", "letters, digits"                                                         },
        {"bell \"a:b\" { }",                                       "x:1", "letters, digits"                                                         },
        {"bell \"13800138000\" { }",                               "x:1", "a title of digits only would be taken for a telephone number"            },
        {"bell \"a\" { }\ngong \"a\" { }",                         "x:2", "the title 'a' is taken by "                                              },
        {"bell \"a\" {\n\n  tokn = \"x\"\n}",                      "x:3", "'tokn' is not known here: did you mean 'token'?"                         },
        {"bell \"a\" {\n  tken_file = \"x\"\n}",                   "x:2", "did you mean 'token_file'?"                                              },
        {"bell \"a\" {\n  enable = no\n}",                         "x:2", "did you mean 'enabled'?"                                                 },
        {"bell \"a\" {\n  token \"x\"\n}",                         "x:2", "missing equal sign after option 'token': write NAME = \"VALUE\""         },
        {"bell \"a\" {\n  token = {\"x\"}\n}",                     "x:2", "one value is wanted here"                                                },
        {"bell \"a\" {\n  size = 1\n  size = 2\n}",                "x:3", "'size' is set already at "                                               },
        {"bell \"a\" {\n  mobiles = {\"1\" \"2\"}\n}",             "x:2", "with commas between the items"                                           },
        {"bell \"a\" {\n  token = \"x\"\n  token_file = \"y\"\n}", "x:3", "'token' and 'token_file' are both set"                                   },
        {"bell \"a\" {\n  retry {\n    attemps = 1\n  }\n}",       "x:3", "did you mean 'attempts'?"                                                },
        {"bell \"a\" {\n  retry {\n    attempts = 0\n  }\n}",      "x:3", "from 1 to 20"                                                            },
        {"bell \"a\" {\n  limit {\n    per_day = x\n  }\n}",       "x:3", "'per_day' wants a number"                                                },
        {"bell \"a\" {\n  token = \"${TEST_UNSET}\"\n}",           "x:2", "no variable 'TEST_UNSET'"                                                },
        {"bell \"a\" {\n  token = \"x\n}",                         "x:2", "is not closed on its line"                                               },
        {"bell \"a\" {\n  token = \"x\"\n",                        "x:1", "the brace that opens here is never closed"                               },
    };

    check_mistakes(*state, CASES, COUNT(CASES), false);
}

#define URL    "url = \"https://z.example/api_jsonrpc.php\"\n"
#define ICINGA "monitor \"icinga2\" {\n url = \"https://i.example:5665\"\n"

static void test_checking_monitors_names_the_line_and_the_remedy(void **state)
{
    static const struct mistake_case CASES[] = {
        CASE("monitor \"zabbix\" {\n" URL " token_file = \"token\"\n}", "", ""),
        CASE("monitor \"hq\" {\n type = zabbix\n" URL " token_file = \"token\"\n}", "", ""),
        CASE("monitor \"zabbix\" {\n url = \"http://127.0.0.1/api_jsonrpc.php\"\n token_file = \"token\"\n}", "", ""),
        CASE("monitor \"icinga2\" {\n url = \"https://i.example:5665\"\n user = np\n password_file = \"token\"\n}", "",
             ""),
        CASE("monitor \"hq\" {\n" URL "}", "x:1", "monitor \"hq\" wants type = \"zabbix\", \"nagios\""),
        CASE("monitor \"hq\" {\n type = icinga\n}", "x:2", "\"naemon\" or \"icinga2\", not 'icinga'"),
        CASE("monitor { }", "x:1", "'monitor' is written as monitor \"TITLE\" { ... }"),
        CASE("monitor \"zabbix\" {\n ulr = \"x\"\n}", "x:2", "'ulr' is not known here: did you mean 'url'?"),
        CASE("monitor \"zabbix\" {\n tokn_file = \"x\"\n}", "x:2", "did you mean 'token_file'?"),
        CASE("monitor \"zabbix\" { enabled = no }\nmonitor \"zabbix\" { }", "x:2", "the title 'zabbix' is taken by "),
        CASE("\nmonitor \"zabbix\" {\n token_file = \"token\"\n}", "x:2", "monitor \"zabbix\": 'url' is missing"),
        CASE("monitor \"zabbix\" {\n" URL "}", "x:1", "'token_file' is missing: the file that holds the API token"),
        CASE("monitor \"zabbix\" {\n" URL " token_file = \"missing\"\n}", "x:3", "'token_file': cannot read '"),
        CASE("monitor \"zabbix\" {\n" URL " token_file = \"open\"\n}", "x:3", "chmod o-rwx '"),
        CASE("monitor \"zabbix\" {\n" URL " token = \"0123456\"\n token_file = \"token\"\n}", "x:4",
             "'token' and 'token_file' are both set"),
        CASE("monitor \"zabbix\" {\n token_file = \"token\"\n url = \"ftp://z\"\n}", "x:3", "begins with https://"),
        CASE("monitor \"zabbix\" {\n token_file = \"token\"\n url = \"https://a:b@z\"\n}", "x:3", "without a user"),
        CASE("monitor \"zabbix\" {\n token_file = \"token\"\n url = \"http://z.example/\"\n}", "x:3",
             "over http:// its token can be read on the way: use https://"),
        CASE("monitor \"zabbix\" {\n" URL " token_file = \"token\"\n timeout = 2m\n}", "x:4",
             "'timeout' wants a duration from 1s to 60s"),
        CASE("monitor \"zabbix\" {\n" URL " token_file = \"token\"\n ca_file = \"missing\"\n}", "x:4",
             "'ca_file' cannot be read: '"),
        CASE("monitor \"icinga2\" {\n url = \"http://127.0.0.1:5665\"\n}", "x:2", "begins with https://"),
        CASE("monitor \"icinga2\" {\n url = \"https://i:5665\"\n password_file = \"token\"\n}", "x:1",
             "'user' is missing: the name of an ApiUser"),
        CASE("monitor \"icinga2\" {\n url = \"https://i:5665\"\n user = np\n}", "x:1", "'password_file' is missing"),
        CASE("monitor \"icinga2\" {\n url = \"https://i:5665\"\n user = \"a:b\"\n password_file = \"token\"\n}", "x:3",
             "'user' may hold no ':'"),
        CASE("monitor \"zabbix\" {\n" URL " user = np\n password_file = \"token\"\n}", "", ""),
        CASE("monitor \"zabbix\" {\n" URL " user = np\n}", "x:1", "'password_file' is missing"),
        CASE("monitor \"zabbix\" {\n" URL " user = np\n token_file = \"token\"\n}", "x:3",
             "'user' is of no use beside a token"),
        CASE("monitor \"zabbix\" {\n user = np\n password_file = \"token\"\n url = \"http://z.example/\"\n}", "x:4",
             "over http:// its password can be read"),
        CASE(ICINGA " cert_file = \"open\"\n key_file = \"token\"\n}", "", ""),
        CASE(ICINGA " cert_file = \"open\"\n key_file = \"token\"\n user = np\n}", "x:5",
             "'user' is of no use beside a certificate"),
        CASE(ICINGA " cert_file = \"open\"\n}", "x:1", "'key_file' is missing"),
        CASE(ICINGA " key_file = \"token\"\n}", "x:1", "'cert_file' is missing"),
        CASE(ICINGA " cert_file = \"missing\"\n key_file = \"token\"\n}", "x:3", "'cert_file' cannot be read: '"),
        CASE(ICINGA " cert_file = \"open\"\n key_file = \"missing\"\n}", "x:4",
             "'key_file' cannot be used: cannot read '"),
        CASE(ICINGA " cert_file = \"open\"\n key_file = \"open\"\n}", "x:4", "chmod o-rwx '"),
        CASE("monitor \"nagios\" { }", "x:1", "'command_file' is missing"),
        CASE("monitor \"naemon\" {\n command_file = \"missing\"\n}", "x:2", "check_external_commands=1"),
        CASE("monitor \"nagios\" {\n command_file = \"token\"\n}", "x:2", "is not a named pipe"),
        CASE("monitor \"nagios\" {\n command_file = \"missing\"\n enabled = no\n}", "", ""),
    };

    check_mistakes(*state, CASES, COUNT(CASES), true);
}

static void test_the_monitor_of_an_event(void **state)
{
    struct config *config = load(*state, "monitor \"zabbix\" { url = \"https://a\" token = \"0123456\" }\n"
                                         "monitor \"b\" { type = zabbix instance = \"branch\" }\n"
                                         "monitor \"c\" { type = zabbix instance = \"branch\" enabled = no }\n"
                                         "monitor \"naemon\" { command_file = \"pipe\" }\n"
                                         "monitor \"icinga2\" { instance = \"hq\" }\n");
    static const struct {
        const char *source, *instance, *want;
    } CASES[] = {
        {"zabbix",  "",       "zabbix" },
        {"zabbix",  "hq",     "zabbix" },
        {"zabbix",  "branch", "b"      },
        {"nagios",  "x",      "naemon" },
        {"icinga2", "hq",     "icinga2"},
        {"icinga2", "",       ""       },
        {"checkmk", "",       ""       },
    };
    struct fault fault = {0};
    struct monitor opened = *config->monitors[3];

    assert_string_equal(findings_text(config), "");
    for (size_t i = 0; i < COUNT(CASES); i++) {
        const struct monitor *monitor = config_monitor_for(config, CASES[i].source, CASES[i].instance);

        assert_string_equal(monitor ? monitor->title : "", CASES[i].want);
    }
    assert_true(config_open_monitor(*state, config, &opened, &fault));
    assert_string_equal(opened.settings.command_file, path_of(*state, "pipe"));
    assert_int_equal(opened.timeout_ms, 10000);
}

static void test_checking_sections_names_the_line_and_the_remedy(void **state)
{
    static const struct mistake_case CASES[] = {
        {"bell \"a\" {\n token = \"0123456\"\n}",                                             "",    ""                                             },
        {"\nbell \"a\" {\n}",                                                                 "x:2",
         "bell \"a\": 'token' is missing: the bell's token; set token_file, or NOTIFY_BELL_TOKEN"                                                   },
        {"bell \"a\" {\n token_file = \"missing\"\n}",                                        "x:2", "'token_file': cannot read '"                  },
        {"bell \"a\" {\n token_file = \"open\"\n}",                                           "x:2", "chmod o-rwx '"                                },
        {"bell \"a\" {\n token_file = \"token\"\n}",                                          "",    ""                                             },
        {"bell \"a\" { token = \"0123456\"\n size = big\n}",                                  "x:2", "'size' is a number (digits only), not 'big'"  },
        {"bell \"a\" { token = \"0123456\"\n loud = maybe\n}",                                "x:2", "'loud' is yes or no, not 'maybe'"             },
        {"bell \"a\" { token = \"0123456\"\n format = html\n}",                               "x:2", "'format' is one of text, markdown, not 'html'"},
        {"bell \"a\" { token = \"0123456\"\n enabled = maybe\n}",                             "x:2", "'enabled' is yes or no"                       },
        {"bell \"a\" { token = \"0123456\"\n language = fr\n}",                               "x:2", "'language' wants en or zh_CN, not 'fr'"       },
        {"bell \"a\" { token = \"0123456\"\n deadline = 8\n}",                                "x:2",
         "'deadline' wants a duration from 1s to 1h, not '8'"                                                                                       },
        {"bell \"a\" { token = \"0123456\"\n deadline = 0\n}",                                "x:2", "'deadline' wants a duration from 1s to 1h"    },
        {"bell \"a\" { token = \"0123456\"\n deadline = 2h\n}",                               "x:2", "'deadline' wants a duration from 1s to 1h"    },
        {"bell \"a\" { token = \"0123456\"\n proxy = \"proxy:3128\"\n}",                      "x:2", "'proxy' wants an address that begins"         },
        {"bell \"a\" { token = \"0123456\"\n ca_file = \"missing\"\n}",                       "x:1", "'ca_file': cannot read '"                     },
        {"bell \"a\" { token = \"0123456\"\n ip = 5\n}",                                      "x:2", "'ip' is one of any, 4, 6, not '5'"            },
        {"bell \"a\" { token = \"0123456\"\n template = \"../x\"\n}",                         "x:2",
         "'template' wants a name of small letters"                                                                                                 },
        {"bell \"a\" { token = \"0123456\"\n template = \"nowhere\"\n}",                      "x:2", "which is not installed in"                    },
        {"bell \"a\" { token = \"0123456\"\n size = 13\n}",                                   "x:1", "a size of 13 brings bad luck"                 },
        {"bell \"a\" { token = \"0123456\"\n size = 14\n}",                                   "x:1", "the token *** is too long"                    },
        {"bell \"a\" { token = \"0123456\"\n subject = \"{{hots}}\"\n}",                      "x:2", "'hots'"                                       },
        {"bell \"a\" { token = \"0123456\"\n parameters = {\"{{host}}\", \"{{sevice}}\"}\n}", "x:2", "'sevice'"                                     },
        {"bell \"a\" { token = \"0123456\" enabled = no size = 13 }",                         "x:1", "a size of 13 brings bad luck"                 },
    };

    check_mistakes(*state, CASES, COUNT(CASES), true);
}

static void test_a_template_that_does_not_parse_is_a_mistake_of_its_line(void **state)
{
    struct config *config = load(*state, "bell \"a\" { token = \"0123456\"\n\n subject = \"{{host\"\n}");

    config_check_sections(config);
    assert_int_equal(config->finding_count, 1);
    assert_string_equal(place(&config->findings[0]), "x:3");
    assert_true(config->findings[0].mistake);
}

static void test_what_a_channel_advises_is_told_by_check_only(void **state)
{
    struct config *config = load(*state, "bell \"a\" {\n token = \"0123456\"\n loud = yes\n}");

    opened(config, "a");
    assert_int_equal(config->finding_count, 0);
    config_check_sections(config);
    assert_int_equal(config->finding_count, 1);
    assert_false(config->findings[0].mistake);
    assert_string_equal(place(&config->findings[0]), "x:1");
    assert_string_equal(config->findings[0].text, "bell \"a\": a loud bell wakes the neighbours");
    assert_false(config->sections[0]->broken);
}

/* The five ways in which libconfuse alone fails silently or gives up. */
static void test_one_mistake_never_silences_the_rest(void **state)
{
    static const struct {
        const char *given;
        const char *text;
        const char *sections;
        size_t findings;
    } cases[] = {
        {"the first of three is wrong",
         "bell \"a\" { nonsense = 1 }\nbell \"b\" { token = \"0123456\" }\nbell \"c\" { token = \"0123456\" }",                   "a! b c ", 1},
        {"a title is repeated",                   "bell \"a\" { token = \"0123456\" size = 3 }\nbell \"a\" { }",                  "a ",      1},
        {"the last section is not closed",        "bell \"a\" { token = \"0123456\" }\nbell \"b\" { token = \"0123456\"",
         "a b! ",                                                                                                                            1},
        {"a variable is not set",                 "bell \"a\" { token = \"${TEST_UNSET}\" }\nbell \"b\" { token = \"0123456\" }",
         "a! b ",                                                                                                                            1},
        {"a section in the middle is not closed",
         "bell \"a\" { token = \"0123456\" }\nbell \"b\" {\n size = 1\nbell \"c\" { token = \"0123456\" }",                       "a b! c ",
         1                                                                                                                                    },
        {"a quote is not closed",
         "bell \"a\" { token = \"0123456\" }\nbell \"b\" {\n token = \"x\n}\nbell \"c\" { token = \"0123456\" }",                 "a b! c ", 1},
        {"a block of the section is wrong",       "bell \"a\" { token = \"0123456\" retry { attempts = 0 } }",                    "a ",      1},
        {"a global value is wrong",               "language = \"xx\"\nbell \"a\" { token = \"0123456\" }",                        "a ",      1},
        {"libconfuse stumbles inside a text",     "bell \"a\" { token = \"\\777\" }\nbell \"b\" { token = \"0123456\" }",
         "a! b ",                                                                                                                            1},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct config *config = load(*state, cases[i].text);

        config_check_sections(config);
        if (strcmp(sections_text(config), cases[i].sections) != 0 || config->finding_count != cases[i].findings)
            fail_msg("%s: %s %s", cases[i].given, sections_text(config), findings_text(config));
    }
}

static void test_a_repeated_title_leaves_the_first_as_it_is(void **state)
{
    struct config *config =
        load(*state, "bell \"a\" { token = \"0123456\" size = 3 }\nbell \"a\" { token = \"7890123\" size = 4 }");

    assert_int_equal(opened(config, "a")->size, 3);
}

static void test_a_dozen_included_files_are_read(void **state)
{
    struct config *config;

    assert_int_equal(mkdir(path_of(*state, "conf.d"), 0755), 0);
    for (int i = 0; i < 12; i++) {
        const char *text = arena_print(*state, "# %d\nbell \"b%d\" {\n token_file = \"token\"\n%s}\n", i, i,
                                       i == 5 ? " tken = 1\n" : "");

        write_bytes(*state, arena_print(*state, "conf.d/%02d.conf", i), text, strlen(text), 0640);
    }
    config = load(*state, "include(\"conf.d/*.conf\")\nlanguage = \"zh_CN\"\n");
    config_check_sections(config);
    assert_string_equal(sections_text(config), "b0 b1 b2 b3 b4 b5! b6 b7 b8 b9 b10 b11 ");
    assert_int_equal(config->finding_count, 1);
    assert_string_equal(place(&config->findings[0]), "conf.d/05.conf:4");
    assert_int_equal(config->language, LANGUAGE_ZH_CN);
    for (int i = 0; i < 12; i++)
        unlink(path_of(*state, arena_print(*state, "conf.d/%02d.conf", i)));
    assert_int_equal(rmdir(path_of(*state, "conf.d")), 0);
}

static void test_a_broken_section_says_why_when_it_is_wanted(void **state)
{
    struct config *config = load(*state, "bell \"a\" {\n tken = 1\n}\nbell \"b\" { token = \"0123456\" }");
    struct fault fault = {0};

    assert_false(config_open_section(config, section_named(config, "a"), NULL, &fault));
    assert_int_equal(fault.kind, FAULT_CONFIG);
    assert_non_null(strstr(fault.text, "/x:2: 'tken' is not known here: did you mean 'token'?"));
    assert_string_equal(secret_text(opened(config, "b")->token), "0123456");
}

static void test_what_is_wrong_with_retries_leaves_the_global_ones(void **state)
{
    struct config *config = load(*state, "retry { attempts = 4 delay = \"nonsense\" }\n"
                                         "bell \"a\" { token = \"0123456\" retry { attempts = 99 delay = \"1s\" } }");

    assert_int_equal(config->finding_count, 2);
    assert_int_equal(config->retry.attempts, 4);
    assert_int_equal(config->retry.first_wait_ms, 5000);
    assert_int_equal(config->sections[0]->retry.attempts, 4);
    assert_int_equal(config->sections[0]->retry.first_wait_ms, 1000);
    assert_false(config->sections[0]->broken);
}

static void test_whoever_exempts_a_severity_exempts_the_graver_ones(void **state)
{
    struct config *config = load(*state, "limit { exempt = \"error\" }");

    assert_int_equal(config->limits.exempt, 1U << SEVERITY_ERROR | 1U << SEVERITY_CRITICAL | 1U << SEVERITY_EMERGENCY);
}

/* "x:1" is the beginning of "x:12" as well. */
static void test_a_finding_about_line_12_is_not_put_on_line_1(void **state)
{
    struct config *config =
        load(*state, "bell \"a\" { token = \"0123456\"\n\n\n\n\n\n\n\n\n\n\n size = big loud = yes\n}");

    config_check_sections(config);
    assert_int_equal(config->finding_count, 1);
    assert_string_equal(place(&config->findings[0]), "x:12");
    assert_string_equal(config->findings[0].text, "'size' is a number (digits only), not 'big'");
}

static void test_faults_of_a_section_hold_no_secret(void **state)
{
    struct config *config = load(*state, "proxy = \"http://somebody:proxy-password@p:1\"\n"
                                         "bell \"a\" { token = \"0123456\" size = 14 }\n"
                                         "bell \"b\" { token = \"0123456\" }");
    struct fault fault = {0};

    assert_false(config_open_section(config, section_named(config, "a"), NULL, &fault));
    assert_non_null(strstr(fault.text, "/x:2: bell \"a\": the token *** is too long"));
    opened(config, "b");
    assert_string_equal(secrets_mask(*state, &section_named(config, "b")->secrets, "proxy-password"), "***");
}

static void test_chooses_a_section_or_says_which_there_are(void **state)
{
    struct config *config = load(*state, "bell \"one\" { token = \"0123456\" }\nbell \"two\" { token = \"0123456\" }\n"
                                         "gong \"three\" { token = \"0123456\" }\n"
                                         "gong \"four\" { token = \"0123456\" enabled = no }");
    const struct {
        const struct channel *channel;
        const char *title;
        const char *want;
        enum fault_kind kind;
        const char *piece;
    } cases[] = {
        {&BELL, "one",   "one",   FAULT_NONE,   ""                                                                             },
        {NULL,  "one",   "one",   FAULT_NONE,   ""                                                                             },
        {&GONG, "",      "three", FAULT_NONE,   ""                                                                             }, /* the only one that is on */
        {&BELL, "",      "",      FAULT_CONFIG, "which bell section? name one with --profile or before the recipient: one, two"},
        {NULL,  "",      "",      FAULT_CONFIG, "one, two, three"                                                              },
        {&GONG, "one",   "",      FAULT_INPUT,  "\"one\" is a section of bell, not of gong"                                    },
        {&GONG, "four",  "",      FAULT_CONFIG, "section \"four\" is switched off: enabled = no"                               },
        {&GONG, "tree",  "",      FAULT_INPUT,  "has no section \"tree\": did you mean 'three'?"                               },
        {&GONG, "xyzzy", "",      FAULT_INPUT,  "has no section \"xyzzy\""                                                     },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fault fault = {0};
        const struct section *section = config_section(config, cases[i].channel, cases[i].title, &fault);

        if (strcmp(section ? section->title : "", cases[i].want) != 0 || fault.kind != cases[i].kind ||
            !strstr(fault.text, cases[i].piece))
            fail_msg("row %zu: %s", i, section ? section->title : fault.text);
    }
}

static void test_no_section_at_all_says_how_to_make_one(void **state)
{
    struct config *config = load(*state, "language = \"en\"");
    struct fault fault = {0};

    assert_null(config_section(config, &BELL, "", &fault));
    assert_int_equal(fault.kind, FAULT_CONFIG);
    assert_non_null(strstr(fault.text, "has no bell section: add bell \"TITLE\" { ... }"));
}

static void give(struct givens *givens, const char *name, const char *value, const char *where)
{
    const char **one = arena_alloc(givens->arena, sizeof(*one));

    one[0] = value;
    givens_add(givens, name, (struct text_list){.items = one, .count = 1}, where);
}

static void test_options_of_the_call_win_over_the_section(void **state)
{
    struct config *config = load(*state, "bell \"a\" { token = \"0123456\" size = 3 mobiles = {\"1\", \"2\"} }");
    struct section *section = section_named(config, "a");
    struct givens extra = {.arena = *state};
    struct fault fault = {0};
    const struct bell *bell;

    give(&extra, "size", "4", "--size");
    give(&extra, "mobiles", "3", "--mobiles");
    give(&extra, "mobiles", "4", "--mobiles");
    give(&extra, "proxy", "https://p:1", "--proxy");
    assert_true(config_open_section(config, section, &extra, &fault));
    bell = section->settings;
    assert_int_equal(bell->size, 4);
    assert_int_equal(bell->mobiles.count, 2);
    assert_string_equal(bell->mobiles.items[0], "3");
    assert_string_equal(section->network.proxy, "https://p:1");
    give(&extra, "size", "x", "--size");
    assert_false(config_open_section(config, section, &extra, &fault));
    assert_string_equal(fault.text, "--size is a number (digits only), not 'x'");
}

static void test_limits_and_retries_of_the_call_win_over_the_sections_for_that_call(void **state)
{
    static const struct {
        const char *name;
        const char *value;
        const char *says; /* "" when it is taken */
    } CASES[] = {
        {"limit_per_minute",    "7",        ""                                                              },
        {"limit_per_hour",      "0",        ""                                                              },
        {"limit_per_day",       "9",        ""                                                              },
        {"limit_repeat_within", "2m",       ""                                                              },
        {"limit_exempt",        "critical", ""                                                              },
        {"retry_attempts",      "5",        ""                                                              },
        {"retry_delay",         "1m",       ""                                                              },
        {"limit_per_minute",    "many",     "--x: 'per_minute' wants a number from 0 to 1000000, not 'many'"},
        {"limit_per_minute",    "-1",       "wants a number"                                                },
        {"limit_repeat_within", "120",      "wants a duration from 0 to 7d with its unit"                   },
        {"limit_exempt",        "serious",  "wants info, warning, error"                                    },
        {"retry_attempts",      "0",        "wants a number from 1 to 20"                                   },
        {"retry_delay",         "2h",       "wants a duration from 0 to 1h"                                 },
    };
    struct config *config =
        load(*state, "bell \"a\" { token = \"t\" limit { per_minute = 1 per_hour = 2 } retry { attempts = 2 } }\n");
    struct section *section = section_named(config, "a");
    struct givens all = {.arena = *state};
    struct fault fault = {0};

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct givens extra = {.arena = *state};
        bool good = CASES[i].says[0] == '\0';

        give(&extra, CASES[i].name, CASES[i].value, "--x");
        if (good)
            give(&all, CASES[i].name, CASES[i].value, "--x");
        fault = (struct fault){0};
        if (config_open_section(config, section, &extra, &fault) != good || !strstr(fault.text, CASES[i].says))
            fail_msg("%s = %s: %s", CASES[i].name, CASES[i].value, fault.text);
        assert_true(config_is_block_option(CASES[i].name));
    }
    assert_int_equal(config->finding_count, 0);
    assert_true(config_open_section(config, section, &all, &fault));
    assert_int_equal(section->limits.limits.per_minute, 7);
    assert_int_equal(section->limits.limits.per_hour, 0);
    assert_int_equal(section->limits.limits.per_day, 9);
    assert_int_equal(section->limits.repeat_within_s, 120);
    assert_int_equal(section->limits.exempt, 1U << SEVERITY_CRITICAL | 1U << SEVERITY_EMERGENCY);
    assert_int_equal(section->retry.attempts, 5);
    assert_int_equal(section->retry.first_wait_ms, 60000);
    assert_true(section->limits_by_call);
    assert_true(config_open_section(config, section, NULL, &fault)); /* for a message of another call */
    assert_int_equal(section->limits.limits.per_minute, 1);
    assert_int_equal(section->limits.limits.per_hour, 2);
    assert_int_equal(section->retry.attempts, 2);
    assert_false(section->limits_by_call);
    assert_false(config_is_block_option("limit_per_second") || config_is_block_option("per_minute") ||
                 config_is_block_option("limit_attempts") || config_is_block_option("retry_") ||
                 config_is_block_option("confirm_within"));
}

static void test_a_call_without_a_configuration_uses_its_options(void **state)
{
    struct config *config = config_none(*state);
    struct section *section = config_section_of(config, &BELL);
    struct givens extra = {.arena = *state};
    struct fault fault = {0};

    assert_false(config_open_section(config, section, &extra, &fault));
    assert_string_equal(
        fault.text, "'token' is missing: the bell's token; set token_file, or NOTIFY_BELL_TOKEN in the environment");
    give(&extra, "token_file", path_of(*state, "token"), "--token-file");
    assert_true(config_open_section(config, section, &extra, &fault));
    assert_string_equal(secret_text(((const struct bell *)section->settings)->token), "token-of-the-file");
    assert_int_equal(section->retry.attempts, 3);
    assert_int_equal(section->limits.limits.per_minute, 5);
    assert_string_equal(section->network.proxy, "");
    assert_int_equal(setenv("NOTIFY_BELL_TOKEN", "token-of-the-environment", 1), 0);
    assert_true(config_open_section(config, section, NULL, &fault));
    assert_string_equal(secret_text(((const struct bell *)section->settings)->token), "token-of-the-environment");
    unsetenv("NOTIFY_BELL_TOKEN");
}

static void test_a_section_goes_its_own_way_through_the_network(void **state)
{
    struct config *config = load(*state, "proxy = \"http://global:1\" no_proxy = \"x\"\n"
                                         "bell \"global\" { token = \"0123456\" }\n"
                                         "bell \"own\" { token = \"0123456\" proxy = \"socks5h://u:secret-pw@own:2\" "
                                         "proxy_user = \"somebody:password\" ip = 6 source_address = \"10.0.0.1\" }\n"
                                         "bell \"direct\" { token = \"0123456\" proxy = \"\" }");
    const struct section *own = section_named(config, "own");

    opened(config, "global");
    opened(config, "own");
    opened(config, "direct");
    assert_string_equal(section_named(config, "global")->network.proxy, "http://global:1");
    assert_string_equal(section_named(config, "global")->network.no_proxy, "x");
    assert_string_equal(section_named(config, "global")->network.ip, "any");
    assert_string_equal(section_named(config, "direct")->network.proxy, "");
    assert_string_equal(own->network.proxy, "socks5h://u:secret-pw@own:2");
    assert_string_equal(secret_text(own->network.proxy_user), "somebody:password");
    assert_string_equal(own->network.ip, "6");
    assert_string_equal(own->network.source_address, "10.0.0.1");
    assert_string_equal(secrets_mask(*state, &own->secrets, "secret-pw 0123456 somebody:password"), "*** *** ***");
}

static void test_contacts_are_found_by_any_of_their_addresses(void **state)
{
    struct config *config = load(*state, "contact \"zhang\" { name = \"张伟\" mobile = \"+86 138-0013-8000\" "
                                         "email = \"Zhang@Example.com\" bell = \"manager1\" language = \"en\" }\n"
                                         "contact \"li\" { mobile = \"13900139000\" gong = \"li.lei\" }\n"
                                         "contact \"smith\" { mobile = \"+441632960961\" email = \"\" }");
    static const struct {
        const char *value;
        const char *want;
    } cases[] = {
        {"zhang",             "zhang"},
        {"张伟",            "zhang"},
        {"13800138000",       "zhang"},
        {"+8613800138000",    "zhang"},
        {"8613800138000",     "zhang"},
        {"008613800138000",   "zhang"},
        {"zhang@example.com", "zhang"},
        {"manager1",          "zhang"},
        {"13900139000",       "li"   },
        {"+8613900139000",    "li"   },
        {"li.lei",            "li"   },
        {"+441632960961",     "smith"},
        {"441632960961",      "smith"},
        {"en",                ""     },
        {"",                  ""     },
        {"13800138001",       ""     },
        {"MANAGER1",          ""     },
        {"@zhang",            ""     },
    };

    assert_string_equal(findings_text(config), "");
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct contact *contact = config_contact_with(config, cases[i].value);

        if (strcmp(contact ? contact->name : "", cases[i].want) != 0)
            fail_msg("'%s': '%s'", cases[i].value, contact ? contact->name : "");
    }
    assert_string_equal(contact_value(config_contact(config, "zhang"), "mobile"), "+8613800138000");
    assert_string_equal(contact_value(config_contact(config, "zhang"), "gong"), "");
    assert_null(config_contact(config, "wang"));
}

static void test_a_contact_with_a_mistake_keeps_its_other_addresses(void **state)
{
    struct config *config = load(*state, "contact \"zhang\" { mobile = \"x\" emial = \"a@b\" bell = \"manager1\" }");

    assert_int_equal(config->finding_count, 2);
    assert_string_equal(contact_value(config_contact(config, "zhang"), "bell"), "manager1");
    assert_string_equal(contact_value(config_contact(config, "zhang"), "mobile"), "");
}

static void test_modes_of_the_file(void **state)
{
    static const char SECRET[] = "bell \"a\" {\n token = \"0123456\"\n}";
    static const char FILES[] = "bell \"a\" {\n token_file = \"token\"\n}";
    static const struct {
        mode_t mode;
        const char *text;
        const char *place;
        const char *piece; /* "" when there is nothing to say */
        const char *sections;
    } cases[] = {
        {0600, SECRET, "",    "",                                                                                       "a " },
        {0640, SECRET, "",    "",                                                                                       "a " },
        {0644, SECRET, "x:2", "'token' is a secret that every user of this machine can read: chmod 0640 '",             "a " },
        {0644, FILES,  "",    "",                                                                                       "a " },
        {0660, SECRET, "x",   "its group may write this file: chmod g-w '",                                             "a " },
        {0602, FILES,  "x",   "every user of this machine may write this file, so nothing in it is used: chmod 0640 '",
         "a! "                                                                                                               },
        {0646, SECRET, "x",   "may write this file",                                                                    "a! "},
        {0666, FILES,  "x",   "may write this file",                                                                    "a! "},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct config *config = load_bytes(*state, cases[i].text, strlen(cases[i].text), cases[i].mode);

        if (config->finding_count != (cases[i].piece[0] ? 1 : 0) ||
            strcmp(sections_text(config), cases[i].sections) != 0 ||
            (config->finding_count && (strcmp(place(&config->findings[0]), cases[i].place) != 0 ||
                                       !strstr(config->findings[0].text, cases[i].piece))))
            fail_msg("mode %04o: %s%s", (unsigned)cases[i].mode, sections_text(config), findings_text(config));
    }
}

static void test_a_secret_from_a_variable_does_not_stand_in_the_file(void **state)
{
    static const char TEXT[] = "bell \"a\" {\n token = \"${TEST_TOKEN}\"\n}";
    struct config *config;

    assert_int_equal(setenv("TEST_TOKEN", "0123456", 1), 0);
    config = load_bytes(*state, TEXT, strlen(TEXT), 0644);
    assert_string_equal(findings_text(config), "");
    assert_string_equal(secret_text(opened(config, "a")->token), "0123456");
    unsetenv("TEST_TOKEN");
}

static void test_nothing_of_a_file_that_others_may_write_is_used(void **state)
{
    static const char TEXT[] =
        "state = \"/tmp/theirs\"\nproxy = \"http://theirs:1\"\nbell \"a\" { token_file = \"token\" }";
    struct config *config = load_bytes(*state, TEXT, strlen(TEXT), 0666);
    struct fault fault = {0};

    assert_string_equal(config->state, "/var/lib/notification-plugins");
    assert_string_equal(config->proxy, "");
    assert_false(config_open_section(config, section_named(config, "a"), NULL, &fault));
    assert_non_null(strstr(fault.text, "chmod 0640"));
}

static void test_a_missing_file_says_how_to_make_one(void **state)
{
    struct fault fault = {0};

    assert_null(config_load(*state, path_of(*state, "missing"), CHANNELS, &fault));
    assert_int_equal(fault.kind, FAULT_CONFIG);
    assert_non_null(strstr(fault.text, "there is no configuration file '"));
    assert_non_null(strstr(fault.text, "copy /"));
    assert_null(config_load(*state, folder, CHANNELS, &fault));
    assert_non_null(strstr(fault.text, "is not a regular file"));
}

static void test_values_are_clean_text(void **state)
{
    struct config *config = load(*state, "bell \"a\" {\n token = \"0123456\"\n subject = \"a\\x1b[31mb\\nc\\xffd\"\n}");

    assert_string_equal(opened(config, "a")->subject, "ab\nc\xEF\xBF\xBD"
                                                      "d");
}

static void test_hostile_files_end_fast_and_are_told(void **state)
{
    static const struct {
        const char *given;
        const char *piece;
        size_t pieces;
    } cases[] = {
        {"ten thousand braces",         "{",                       10000  },
        {"ten thousand open sections",  "bell \"a\" {\n",          10000  },
        {"ten thousand empty sections", "bell \"a\" { }\n",        10000  },
        {"unknown statements",          "a = 1\n",                 200000 },
        {"open quotes",                 "a = \"\n",                200000 },
        {"one very long name",          "a",                       1000000},
        {"invalid bytes",               "\xFF\xFE",                500000 },
        {"variables",                   "a = \"${TEST_UNSET}\"\n", 50000  },
        {"one value of 3 MB",           "0123456789",              300000 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *arena = arena_new();
        size_t size = strlen(cases[i].piece);
        char *text = arena_alloc(arena, size * cases[i].pieces + 1);
        clock_t before = clock();
        double took_s;
        struct config *config;

        for (size_t k = 0; k < cases[i].pieces; k++)
            memcpy(text + k * size, cases[i].piece, size);
        config = load_bytes(arena, text, size * cases[i].pieces, 0640);
        took_s = (double)(clock() - before) / CLOCKS_PER_SEC;
        if (took_s > 2 || config->finding_count == 0 || config->finding_count > FINDINGS_MOST)
            fail_msg("%s: %.1f s, %zu findings", cases[i].given, took_s, config->finding_count);
        arena_release(arena);
    }
    (void)state;
}

static void test_zero_bytes_cost_their_statement_only(void **state)
{
    static const char TEXT[] = "bell \"a\" { token = \"01\0"
                               "23456\" }\n\0\nbell \"b\" { token = \"0123456\" }";
    struct config *config = load_bytes(*state, TEXT, sizeof(TEXT) - 1, 0640);

    assert_string_equal(sections_text(config), "a! b ");
    assert_string_equal(secret_text(opened(config, "b")->token), "0123456");
}

static void test_libconfuse_says_nothing_by_itself(void **state)
{
    int saved = dup(STDERR_FILENO);
    FILE *caught = tmpfile();

    assert_non_null(caught);
    fflush(stderr);
    dup2(fileno(caught), STDERR_FILENO);
    load(*state, "bell \"a\" { nonsense = {{ }\nretry { attempts }\ncontact \"x\" { a = = }\nlanguage = , ");
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    assert_int_equal(fseek(caught, 0, SEEK_END), 0);
    assert_int_equal(ftell(caught), 0);
    fclose(caught);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_reads_everything_that_a_configuration_can_say),
        WITH_ARENA(test_names_the_line_and_the_remedy_of_each_mistake),
        WITH_ARENA(test_checking_monitors_names_the_line_and_the_remedy),
        WITH_ARENA(test_the_monitor_of_an_event),
        WITH_ARENA(test_checking_sections_names_the_line_and_the_remedy),
        WITH_ARENA(test_a_template_that_does_not_parse_is_a_mistake_of_its_line),
        WITH_ARENA(test_what_a_channel_advises_is_told_by_check_only),
        WITH_ARENA(test_one_mistake_never_silences_the_rest),
        WITH_ARENA(test_a_repeated_title_leaves_the_first_as_it_is),
        WITH_ARENA(test_a_dozen_included_files_are_read),
        WITH_ARENA(test_a_broken_section_says_why_when_it_is_wanted),
        WITH_ARENA(test_what_is_wrong_with_retries_leaves_the_global_ones),
        WITH_ARENA(test_whoever_exempts_a_severity_exempts_the_graver_ones),
        WITH_ARENA(test_a_finding_about_line_12_is_not_put_on_line_1),
        WITH_ARENA(test_faults_of_a_section_hold_no_secret),
        WITH_ARENA(test_chooses_a_section_or_says_which_there_are),
        WITH_ARENA(test_no_section_at_all_says_how_to_make_one),
        WITH_ARENA(test_options_of_the_call_win_over_the_section),
        WITH_ARENA(test_limits_and_retries_of_the_call_win_over_the_sections_for_that_call),
        WITH_ARENA(test_a_call_without_a_configuration_uses_its_options),
        WITH_ARENA(test_a_section_goes_its_own_way_through_the_network),
        WITH_ARENA(test_contacts_are_found_by_any_of_their_addresses),
        WITH_ARENA(test_a_contact_with_a_mistake_keeps_its_other_addresses),
        WITH_ARENA(test_modes_of_the_file),
        WITH_ARENA(test_a_secret_from_a_variable_does_not_stand_in_the_file),
        WITH_ARENA(test_nothing_of_a_file_that_others_may_write_is_used),
        WITH_ARENA(test_a_missing_file_says_how_to_make_one),
        WITH_ARENA(test_values_are_clean_text),
        WITH_ARENA(test_hostile_files_end_fast_and_are_told),
        WITH_ARENA(test_zero_bytes_cost_their_statement_only),
        WITH_ARENA(test_libconfuse_says_nothing_by_itself),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
