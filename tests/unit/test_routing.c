/* Routing: which route takes an event, who is told through what, when; and a month with a moving clock. */
#include "tests/unit/data_support.h"
#include "tests/unit/policy_support.h"

#include "common/routing.h"

#define SECTIONS                                                                                                          \
    "timezone = \"Asia/Shanghai\"\n"                                                                                      \
    "chat \"group\" {}\nchat \"other\" {}\nchat \"off\" { enabled = no }\nmail \"archive\" { to = {\"archive@x.cn\"} }\n" \
    "sms \"urgent\" {}\nmail \"post\" {}\noperator { channels = {\"other\"} }\n"
#define PEOPLE                                                                                 \
    "contact \"zhang\" { chat = \"zhang\" mobile = \"13800138000\" email = \"zhang@x.cn\" }\n" \
    "contact \"li\" { chat = \"li\" mobile = \"13900139000\" }\n"                              \
    "rotation \"dba\" { members = {\"zhang\", \"li\"} starts = \"2026-01-05 09:00\" every = \"1w\" }\n"

static struct event problem(const char *host, const char *service, enum severity severity)
{
    struct event event = event_empty();

    event.kind = EVENT_PROBLEM;
    event.severity = severity;
    event.source = "zabbix";
    event.source_name = "monitor-1";
    event.host = host;
    event.service = service;
    event.groups = "Production/DB, Linux servers";
    return event;
}

/* "urgent:138...>group:zhang archive:archive@x.cn": chains apart by blanks, legs by >; @ and a moment when it is held. */
static const char *plan_text(struct arena *arena, const struct plan *plan)
{
    struct str text = str_in(arena, 4096);

    for (size_t i = 0; i < plan->chain_count; i++) {
        const struct chain *chain = &plan->chains[i];

        for (size_t k = 0; k < chain->leg_count; k++) {
            str_addf(&text, "%s%s", k ? ">" : i ? " " : "", chain->legs[k].section->title);
            for (size_t n = 0; n < chain->legs[k].recipient_count; n++)
                str_addf(&text, "%s%s", n ? "," : ":", chain->legs[k].recipients[n]);
        }
        if (chain->hold_until_s)
            str_addf(&text, "@%lld", (long long)chain->hold_until_s);
        if (chain->event && chain->event->severity == SEVERITY_EMERGENCY)
            str_add(&text, "!");
    }
    return text.text;
}

static const char *notes_text(struct arena *arena, const struct plan *plan)
{
    const char *text = "";

    for (size_t i = 0; i < plan->note_count; i++)
        text = arena_print(arena, "%s%s; ", text, plan->notes[i]);
    return text;
}

static const char *routed(struct config *config, const struct event *event, const char *when, const char *to,
                          struct plan *plan)
{
    struct routing routing = {
        .arena = config->arena,
        .config = config,
        .event = event,
        .to = {.items = &to, .count = to[0] ? 1 : 0},
        .now_s = moment_at(config->arena, when, "Asia/Shanghai")
    };
    struct routing_trace trace;
    struct fault fault = {0};

    return routing_make(&routing, plan, &trace, &fault) ? plan_text(config->arena, plan)
                                                        : arena_print(config->arena, "fault: %s", fault.text);
}

static struct config *sound_config(struct arena *arena, const char *routes)
{
    struct config *config = policy_config(arena, arena_print(arena, SECTIONS PEOPLE "%s\n", routes));

    if (config->finding_count > 0)
        fail_msg("%s: %s", routes, policy_findings(config));
    return config;
}

static void test_the_first_route_that_fits_takes_it(void **state)
{
    static const struct {
        const char *name;
        const char *routes;
        const char *plan;
    } CASES[] = {
        CASE("everything", "route \"a\" { channels = {\"group\"} }", "group"),
        CASE("the first", "route \"a\" { channels = {\"group\"} }\nroute \"b\" { channels = {\"urgent\"} }", "group"),
        CASE("the next, when told so",
             "route \"a\" { continue = yes channels = {\"group\"} }\nroute \"b\" { channels = {\"other\"} }",
             "group other"),
        CASE("one that is off",
             "route \"a\" { enabled = no channels = {\"group\"} }\nroute \"b\" { channels = {\"other\"} }", "other"),
        CASE("the default last",
             "route \"a\" { default = yes channels = {\"group\"} }\nroute \"b\" { channels = {\"other\"} }", "other"),
        CASE(
            "the default when nothing else",
            "route \"a\" { default = yes channels = {\"group\"} }\nroute \"b\" { host = {\"x\"} channels = {\"other\"} }",
            "group"),
        CASE("severity and above", "route \"a\" { severity = \"error\" channels = {\"group\"} }", "group"),
        CASE("severity itself", "route \"a\" { severity = \"critical\" channels = {\"group\"} }", "group"),
        CASE("severity below", "route \"a\" { severity = \"emergency\" channels = {\"group\"} }", "other"),
        CASE("a range", "route \"a\" { severity = \"warning..critical\" channels = {\"group\"} }", "group"),
        CASE("a range that ends before", "route \"a\" { severity = \"warning..error\" channels = {\"group\"} }",
             "other"),
        CASE("up to", "route \"a\" { severity = \"..critical\" channels = {\"group\"} }", "group"),
        CASE("host", "route \"a\" { host = {\"web-*\", \"db-*\"} channels = {\"group\"} }", "group"),
        CASE("host in capitals", "route \"a\" { host = {\"DB-01\"} channels = {\"group\"} }", "group"),
        CASE("another host", "route \"a\" { host = {\"db-?\"} channels = {\"group\"} }", "other"),
        CASE("service", "route \"a\" { service = {\"disk*\"} channels = {\"group\"} }", "group"),
        CASE("another service", "route \"a\" { service = {\"cpu\"} channels = {\"group\"} }", "other"),
        CASE("a tag's value", "route \"a\" { tag = {\"team=dba\"} channels = {\"group\"} }", "group"),
        CASE("any value", "route \"a\" { tag = {\"team\"} channels = {\"group\"} }", "group"),
        CASE("one of two values", "route \"a\" { tag = {\"team=web*\"} channels = {\"group\"} }", "group"),
        CASE("another value", "route \"a\" { tag = {\"team=net\"} channels = {\"group\"} }", "other"),
        CASE("a part of a tag's name", "route \"a\" { tag = {\"tea=dba\"} channels = {\"group\"} }", "other"),
        CASE("a group among several", "route \"a\" { group = {\"Linux*\"} channels = {\"group\"} }", "group"),
        CASE("a path of groups", "route \"a\" { group = {\"Production/*\"} channels = {\"group\"} }", "group"),
        CASE("another group", "route \"a\" { group = {\"Windows*\"} channels = {\"group\"} }", "other"),
        CASE("source", "route \"a\" { source = {\"zabbix\"} channels = {\"group\"} }", "group"),
        CASE("the server's name", "route \"a\" { source = {\"monitor-*\"} channels = {\"group\"} }", "group"),
        CASE("kind", "route \"a\" { kind = {\"problem\"} channels = {\"group\"} }", "group"),
        CASE("another kind", "route \"a\" { kind = {\"recovery\", \"down*\"} channels = {\"group\"} }", "other"),
        CASE("all must fit", "route \"a\" { host = {\"db-*\"} service = {\"cpu\"} channels = {\"group\"} }", "other"),
        CASE("nobody, on purpose", "route \"a\" { channels = {} }", ""),
        CASE("raised", "route \"a\" { raise = \"emergency\" channels = {\"group\"} }", "group!"),
        CASE("not lowered", "route \"a\" { raise = \"info\" channels = {\"group\"} }", "group"),
    };
    struct arena *arena = *state;

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct config *config = sound_config(arena, CASES[i].routes);
        struct event event = problem("db-01", "disk /data", SEVERITY_CRITICAL);
        struct plan plan;
        const char *text;

        pairs_add(arena, &event.tags, "team", "dba");
        pairs_add(arena, &event.tags, "team", "web-shop");
        text = routed(config, &event, "2026-01-06 12:00", "", &plan);
        if (strcmp(text, CASES[i].plan) != 0)
            fail_msg("%s: '%s'", CASES[i].name, text);
    }
}

static void test_channels_people_and_copies(void **state)
{
    static const struct {
        const char *name;
        const char *route;
        const char *to;
        const char *plan;
        const char *note;
    } CASES[] = {
        CASE("in order of preference", "channels = {\"urgent\", \"group\"} to = {\"@dba\"}", "",
             "urgent:13800138000>group:zhang", ""),
        CASE("each of them", "mode = \"all\" channels = {\"urgent\", \"group\"} to = {\"@dba\"}", "",
             "urgent:13800138000 group:zhang", ""),
        CASE("always", "channels = {\"group\"} also = {\"archive\", \"post\"} to = {\"@zhang\"}", "",
             "group:zhang archive:archive@x.cn post:zhang@x.cn", ""),
        CASE("whom the section names, when the route names nobody", "channels = {\"archive\"}", "",
             "archive:archive@x.cn", ""),
        CASE("whom the call names", "channels = {\"group\"} to = {\"@zhang\"}", "@li", "group:li", ""),
        CASE("an address of a contact", "channels = {\"urgent\", \"group\"} to = {\"@zhang\"}", "zhang@x.cn",
             "urgent:13800138000>group:zhang", ""),
        CASE("a section that the call names", "channels = {\"group\"} to = {\"@zhang\"}", "other:@li", "other:li", ""),
        CASE("nobody is left there", "channels = {\"post\", \"group\"} to = {\"@li\"}", "", "group:li",
             "\"post\" is left out: nobody"),
        CASE("switched off", "channels = {\"off\", \"group\"}", "", "group", "\"off\" is left out"),
        CASE("no channel is left: the operator hears it", "channels = {\"off\"} also = {\"archive\"}", "",
             "archive:archive@x.cn other", "no channel that can be used"),
        CASE("the same twice", "channels = {\"group\"} also = {\"group\", \"group\"}", "", "group", ""),
        CASE("everybody", "channels = {\"group\"} to = {\"@all\"}", "", "group:@all", ""),
    };
    struct arena *arena = *state;

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct config *config = sound_config(arena, arena_print(arena, "route \"a\" { %s }", CASES[i].route));
        struct event event = problem("db-01", "", SEVERITY_CRITICAL);
        struct plan plan;
        const char *text = routed(config, &event, "2026-01-06 12:00", CASES[i].to, &plan);

        if (strcmp(text, CASES[i].plan) != 0 || !strstr(notes_text(arena, &plan), CASES[i].note))
            fail_msg("%s: '%s', notes: %s", CASES[i].name, text, notes_text(arena, &plan));
        if (!CASES[i].note[0] && plan.note_count > 0)
            fail_msg("%s: %s", CASES[i].name, notes_text(arena, &plan));
    }
}

static void test_outside_of_its_hours_it_is_passed_over_or_held(void **state)
{
    static const struct {
        const char *name;
        const char *route;
        enum severity severity;
        const char *when;
        const char *held_until; /* "" told now; NULL: goes on to the next route */
    } CASES[] = {
        CASE("within", "during = \"Mon-Fri 09:00-18:00\"", SEVERITY_ERROR, "2026-01-06 09:00", ""),
        CASE("outside", "during = \"Mon-Fri 09:00-18:00\"", SEVERITY_ERROR, "2026-01-06 18:00", NULL),
        CASE("held until they begin", "during = \"Mon-Fri 09:00-18:00\" outside = \"hold\"", SEVERITY_ERROR,
             "2026-01-06 18:00", "2026-01-07 09:00"),
        CASE("over the weekend", "during = \"Mon-Fri 09:00-18:00\" outside = \"hold\"", SEVERITY_ERROR,
             "2026-01-09 18:00", "2026-01-12 09:00"),
        CASE("before they begin", "during = \"Mon-Fri 09:00-18:00\" outside = \"hold\"", SEVERITY_ERROR,
             "2026-01-06 08:59:59", "2026-01-06 09:00"),
        CASE("until a time", "during = \"Mon-Fri 09:00-18:00\" outside = \"hold\" hold_until = \"10:30\"",
             SEVERITY_ERROR, "2026-01-06 18:00", "2026-01-07 10:30"),
        CASE("on a day of theirs", "during = \"Mon-Fri 09:00-18:00\" outside = \"hold\" hold_until = \"10:30\"",
             SEVERITY_ERROR, "2026-01-09 18:00", "2026-01-12 10:30"),
        CASE("a time outside of them", "during = \"Mon-Fri 09:00-18:00\" outside = \"hold\" hold_until = \"07:00\"",
             SEVERITY_ERROR, "2026-01-06 18:00", "2026-01-07 07:00"),
        CASE("the very second", "during = \"Mon-Fri 10:00-18:00\" outside = \"hold\" hold_until = \"09:00\"",
             SEVERITY_ERROR, "2026-01-06 09:00", "2026-01-07 09:00"),
        CASE("the clock of its hours",
             "during = \"Mon-Fri 09:00-18:00 Europe/Berlin\" outside = \"hold\" hold_until = \"09:00\"", SEVERITY_ERROR,
             "2026-01-06 09:00", "2026-01-06 16:00"),
        CASE("over a change of the clocks", "during = \"Sun 02:30-06:00 Europe/Berlin\" outside = \"hold\"",
             SEVERITY_ERROR, "2026-03-28 12:00", "2026-03-29 09:00"),
        CASE("the gravest is never held", "during = \"Mon-Fri 09:00-18:00\" outside = \"hold\"", SEVERITY_EMERGENCY,
             "2026-01-06 18:00", ""),
        CASE("nor what is raised to it", "during = \"Mon-Fri 09:00-18:00\" outside = \"hold\" raise = \"emergency\"",
             SEVERITY_ERROR, "2026-01-06 18:00", ""),
        CASE("nor what its limit exempts",
             "during = \"Mon-Fri 09:00-18:00\" outside = \"hold\" limit { exempt = \"error\" }", SEVERITY_ERROR,
             "2026-01-06 18:00", ""),
    };
    struct arena *arena = *state;

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct config *config = sound_config(
            arena,
            arena_print(
                arena,
                "route \"a\" { %s channels = {\"group\"} }\nroute \"b\" { channels = {\"urgent\"} to = {\"@li\"} }",
                CASES[i].route));
        struct event event = problem("db-01", "", CASES[i].severity);
        const char *held = CASES[i].held_until;
        struct plan plan;

        routed(config, &event, CASES[i].when, "", &plan);
        assert_int_equal(plan.chain_count, 1);
        if (strcmp(plan.chains[0].legs[0].section->title, held ? "group" : "urgent") != 0)
            fail_msg("%s: %s", CASES[i].name, plan.chains[0].legs[0].section->title);
        if (plan.chains[0].hold_until_s != (held && held[0] ? moment_at(arena, held, "Asia/Shanghai") : 0))
            fail_msg("%s: held until %lld", CASES[i].name, (long long)plan.chains[0].hold_until_s);
    }
}

static const char FOLLOWED[] =
    "route \"night\" { severity = \"critical\" during = \"00:00-09:00\" channels = {\"urgent\"} to = {\"@dba\"} }\n"
    "route \"day\" { severity = \"warning..error\" channels = {\"group\"} to = {\"@dba\"} }\n"
    "route \"rest\" { channels = {\"other\"} }";

static void test_what_follows_a_problem_goes_where_it_was_told(void **state)
{
    static const char *const TOLD[] = {"night", "gone", "day"};
    static const struct {
        const char *name;
        enum event_kind kind;
        size_t told;    /* of TOLD */
        size_t moments; /* of TOLD_AT */
        const char *plan;
    } CASES[] = {
        /* At noon of the second week: told in the first one, when zhang was on call. */
        CASE("a recovery", EVENT_RECOVERY, 2, 1, "urgent:13800138000"),
        CASE("an acknowledgement", EVENT_ACKNOWLEDGEMENT, 1, 1, "urgent:13800138000"),
        CASE("every route that told of it", EVENT_RECOVERY, 3, 1, "urgent:13800138000 group:zhang"),
        CASE("everybody who was told of it", EVENT_RECOVERY, 1, 2, "urgent:13800138000,13900139000"),
        CASE("a problem is told anew", EVENT_PROBLEM, 2, 1, "other"),
    };
    struct arena *arena = *state;
    int64_t told_at[] = {moment_at(arena, "2026-01-06 03:00", "Asia/Shanghai"),
                         moment_at(arena, "2026-01-12 10:00", "Asia/Shanghai")};
    struct config *config = sound_config(arena, FOLLOWED);

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct event event = problem("db-01", "", SEVERITY_INFO);
        struct routing routing = {
            .arena = arena,
            .config = config,
            .event = &event,
            .now_s = moment_at(arena, "2026-01-13 12:00", "Asia/Shanghai"),
            .past = {
                     .told_s = told_at, .told_count = CASES[i].moments, .routes = {.items = TOLD, .count = CASES[i].told}}
        };
        struct routing_trace trace;
        struct fault fault = {0};
        struct plan plan;

        event.kind = CASES[i].kind;
        assert_true(routing_make(&routing, &plan, &trace, &fault));
        if (strcmp(plan_text(arena, &plan), CASES[i].plan) != 0)
            fail_msg("%s: %s", CASES[i].name, plan_text(arena, &plan));
    }
}

static void test_kinds_and_default_routes_of_what_follows(void **state)
{
#define PROBLEMS "route \"a\" { kind = {\"problem\"} channels = {\"urgent\"} to = {\"@li\"} }\n"
    static const char *const TOLD[] = {"a", "b"};
    static const struct {
        const char *name;
        const char *routes;
        size_t told; /* of TOLD */
        const char *plan;
        const char *note;
    } CASES[] = {
        CASE("it grew worse, and left the default route",
             "route \"a\" { severity = \"critical\" channels = {\"group\"} }\n"
             "route \"b\" { default = yes channels = {\"other\"} }",
             2, "group other", ""),
        CASE("a route that wants problems only", PROBLEMS, 1, "", "want other kinds only"),
        CASE("another asks for recoveries", PROBLEMS "route \"r\" { kind = {\"recovery\"} channels = {\"group\"} }", 1,
             "group", ""),
        CASE("but not of these hosts",
             PROBLEMS "route \"r\" { kind = {\"recovery\"} host = {\"web-*\"} channels = {\"group\"} }", 1, "",
             "want other kinds only"),
        CASE("another of both kinds did not tell of the problem",
             PROBLEMS "route \"r\" { kind = {\"problem\", \"recovery\"} channels = {\"group\"} }", 1, "",
             "want other kinds only"),
        CASE("a default route is for what no other takes",
             "route \"a\" { channels = {\"group\"} }\n"
             "route \"r\" { default = yes kind = {\"recovery\"} channels = {\"other\"} }",
             1, "group", ""),
        CASE("any kind", "route \"a\" { kind = {\"*\"} channels = {\"group\"} }", 1, "group", ""),
    };
    struct arena *arena = *state;

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct event event = problem("db-01", "", SEVERITY_CRITICAL);
        struct routing routing = {.arena = arena,
                                  .config = sound_config(arena, CASES[i].routes),
                                  .event = &event,
                                  .past = {.routes = {.items = TOLD, .count = CASES[i].told}}};
        struct routing_trace trace;
        struct fault fault = {0};
        struct plan plan;

        event.kind = EVENT_RECOVERY;
        assert_true(routing_make(&routing, &plan, &trace, &fault));
        if (strcmp(plan_text(arena, &plan), CASES[i].plan) != 0 ||
            (CASES[i].note[0] != '\0') != (plan.note_count > 0) || !strstr(notes_text(arena, &plan), CASES[i].note))
            fail_msg("%s: '%s', notes: %s", CASES[i].name, plan_text(arena, &plan), notes_text(arena, &plan));
    }
}

static void test_two_routes_to_the_same_people_are_one_message(void **state)
{
#define HELD "during = \"Mon-Fri 09:00-18:00\" outside = \"hold\" continue = yes channels = {\"group\"} "
    static const struct {
        const char *name;
        const char *one;
        const char *other;
        const char *plan; /* at 20:00; moments: 2026-01-07 in Shanghai */
    } CASES[] = {
        CASE("told now by the second", HELD, "channels = {\"group\"}", "group"),
        CASE("the earlier of two times", HELD "hold_until = \"10:00\"", HELD, "group@1767747600"), /* 09:00 */
        CASE("whichever comes first", HELD, HELD "hold_until = \"10:00\"", "group@1767747600"),
        CASE("both ways to fall back", "continue = yes channels = {\"group\", \"urgent\"} to = {\"13700137000\"}",
             "channels = {\"group\", \"other\"} to = {\"13700137000\"}",
             "group:13700137000>urgent:13700137000>other:13700137000"),
        CASE("the graver", "continue = yes channels = {\"group\"}", "raise = \"emergency\" channels = {\"group\"}",
             "group!"),
        CASE("the graver, first", "continue = yes raise = \"emergency\" channels = {\"group\"}",
             "channels = {\"group\"}", "group!"),
        CASE("other people", "continue = yes channels = {\"group\"} to = {\"@li\"}", "channels = {\"group\"}",
             "group:li group"),
    };
    struct arena *arena = *state;

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct config *config = sound_config(
            arena, arena_print(arena, "route \"a\" { %s }\nroute \"b\" { %s }", CASES[i].one, CASES[i].other));
        struct event event = problem("db-01", "", SEVERITY_ERROR);
        struct plan plan;
        const char *text = routed(config, &event, "2026-01-06 20:00", "", &plan);

        if (strcmp(text, CASES[i].plan) != 0)
            fail_msg("%s: %s", CASES[i].name, text);
    }
}

static void test_what_one_route_copies_and_another_needs_must_arrive(void **state)
{
    struct arena *arena = *state;
    struct config *config =
        sound_config(arena, "route \"a\" { continue = yes channels = {\"other\"} also = {\"group\"} }\n"
                            "route \"b\" { channels = {\"group\"} }");
    struct event event = problem("db-01", "", SEVERITY_ERROR);
    struct plan plan;

    assert_string_equal(routed(config, &event, "2026-01-06 20:00", "", &plan), "other group");
    assert_int_equal(plan.chains[1].part, PART_MAIN);
}

static void test_without_a_record_a_recovery_is_matched_by_what_is_known(void **state)
{
    static const struct {
        const char *name;
        enum severity severity;
        const char *previous;
        const char *plan;
    } CASES[] = {
        CASE("Nagios: the state before", SEVERITY_INFO, "WARNING", "group:li"),
        CASE("Nagios: down", SEVERITY_INFO, "DOWN", "urgent:13900139000"),
        CASE("Zabbix: the problem's severity", SEVERITY_ERROR, "", "group:li"),
        CASE("nothing is known: the first that fits by its names", SEVERITY_INFO, "", "urgent:13900139000"),
    };
    struct arena *arena = *state;
    struct config *config = sound_config(arena, FOLLOWED);

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct event event = problem("db-01", "", CASES[i].severity);
        struct plan plan;
        const char *text;

        event.kind = EVENT_RECOVERY;
        event.previous_state = CASES[i].previous;
        text = routed(config, &event, "2026-01-13 12:00", "", &plan); /* outside of the night route's hours */
        if (strcmp(text, CASES[i].plan) != 0)
            fail_msg("%s: %s", CASES[i].name, text);
    }
}

static void test_what_nobody_takes_is_loud(void **state)
{
    struct arena *arena = *state;
    struct config *config = sound_config(arena, "route \"a\" { host = {\"x\"} channels = {\"group\"} }");
    struct event event = problem("db-01", "", SEVERITY_INFO);
    struct plan plan;

    assert_string_equal(routed(config, &event, "2026-01-06 12:00", "", &plan), "other");
    assert_non_null(strstr(notes_text(arena, &plan), "no route takes this event"));
    config = policy_config(arena, "chat \"group\" {}\nroute \"a\" { host = {\"x\"} channels = {\"group\"} }\n");
    assert_non_null(strstr(routed(config, &event, "2026-01-06 12:00", "", &plan), "fault: no route takes this event"));
    config = policy_config(arena, "chat \"group\" {}\nroute \"a\" { channels = {\"nothing\"} }\n");
    assert_non_null(strstr(routed(config, &event, "2026-01-06 12:00", "", &plan), "fault: nobody can be told"));
}

static void test_what_a_route_says_of_waiting_is_kept_for_others(void **state)
{
    struct arena *arena = *state;
    struct config *config = sound_config(
        arena, "confirm { within = \"40m\" from = \"warning\" }\n"
               "route \"a\" { channels = {\"group\"} confirm_within = \"10m\"\n"
               "  escalate { after = \"30m\" channels = {\"post\"} }\n"
               "  escalate { after = \"15m\" channels = {\"urgent\", \"group\"} to = {\"@li\", \"@dba\"} }\n"
               "  confirm { from = \"error\" critical = \"5m\" } limit { per_minute = 7 } template = \"disk_alert\" }\n"
               "route \"b\" { channels = {\"group\"} }");
    const struct route *a = config_route(config, "a");
    const struct route *b = config_route(config, "b");

    assert_int_equal(a->step_count, 2);
    assert_int_equal(a->steps[0].after_s, 900);
    assert_int_equal(a->steps[0].channels.count, 2);
    assert_string_equal(a->steps[0].to.items[1], "@dba");
    assert_int_equal(a->steps[1].after_s, 1800);
    assert_int_equal(a->steps[1].to.count, 0);
    assert_int_equal(a->confirm.within_s[SEVERITY_ERROR], 600);
    assert_int_equal(a->confirm.within_s[SEVERITY_CRITICAL], 300);
    assert_int_equal(a->confirm.from, SEVERITY_ERROR);
    assert_int_equal(b->confirm.within_s[SEVERITY_ERROR], 2400);
    assert_int_equal(b->confirm.from, SEVERITY_WARNING);
    assert_true(a->has_limits && !b->has_limits);
    assert_int_equal(a->limits.limits.per_minute, 7);
    assert_int_equal(a->limits.limits.per_hour, 20);
    assert_string_equal(a->template_name, "disk_alert");
}

static void test_escalations_of_one_time_stay_as_they_are_written(void **state)
{
    struct arena *arena = *state;
    const char *lines = "";
    const struct route *route;
    const char *order = "";

    for (int line = 12; line < 97; line++)
        lines = arena_print(arena, "%s\n", lines);
    route = config_route(
        sound_config(
            arena, arena_print(arena,
                               "%sroute \"a\" { channels = {\"group\"}\nescalate { after = \"1h\" to = {\"@zhang\"} }\n"
                               "escalate { after = \"15m\" to = {\"@li\"} }\nescalate { after = \"15m\" to = "
                               "{\"@zhang\"} } }",
                               lines)),
        "a");
    assert_non_null(strstr(route->steps[0].where, ":99")); /* as a word it comes after 100 */
    for (size_t i = 0; i < route->step_count; i++)
        order = arena_print(arena, "%s%s", order, route->steps[i].to.items[0]);
    assert_string_equal(order, "@li@zhang@zhang");
}

static void test_hostile_values_are_named_and_leave_the_loud_form(void **state)
{
    static const struct {
        const char *inside;
        const char *finding;
    } CASES[] = {
        CASE("severity = \"sever\"", "'severity' wants a severity"),
        CASE("severity = \"critical..warning\"", "'severity' wants a severity"),
        CASE("severity = \"warning...error\"", "'severity' wants a severity"),
        CASE("severity = \"\"", "'severity' wants a severity"),
        CASE("severity = {\"error\"}", "one value is wanted here"),
        CASE("during = \"at night\"", "'during': 'at'"),
        CASE("during = {\"\"}", "'during'"),
        CASE("during = \"calendar:gone-workdays\"", "the calendar 'gone'"),
        CASE("outside = \"keep\"", "one of: skip hold"),
        CASE("hold_until = \"9\" during = \"00:00-24:00\"", "a time of day"),
        CASE("hold_until = \"09:00\" during = \"00:00-24:00\"", "'hold_until' is of no use without outside"),
        CASE("mode = \"both\"", "one of: first all"),
        CASE("continue = maybe", "yes or no"),
        CASE("enabled = perhaps", "yes or no"),
        CASE("raise = \"loud\"", "info, warning, error"),
        CASE("kind = {\"problems\"}", "'kind' wants problem"),
        CASE("also = {\"nothing\"}", "the channel 'nothing'"),
        CASE("to = {\"@nobody\"}", "names @nobody"),
        CASE("to = {\"@dba/third\"}", "names @dba/third"),
        CASE("escalate { channels = {\"group\"} }", "an escalation wants a time"),
        CASE("escalate { after = \"0\" channels = {\"group\"} }", "'after' wants a duration"),
        CASE("escalate { after = \"15m\" channels = {\"nothing\"} }", "the channel 'nothing'"),
        CASE("escalate { after = \"15m\" to = {\"@gone\"} }", "names @gone"),
        CASE("escalate { after = \"15m\" after = \"20m\" }", "'after' is set already"),
        CASE("confirm { within = \"soon\" }", "'within' wants a duration"),
        CASE("confirm_within = \"1y\"", "'within' wants a duration"),
        CASE("confirm { key_file = \"k\" }", "'key_file' is the same for all routes"),
        CASE("confirm { remind = \"1h\" }", "'remind' is the same for all routes"),
        CASE("confirm { listen = \"unix:/x\" }", "'listen' is the same for all routes"),
        CASE("confirm { user_header = \"X\" }", "'user_header' is the same for all routes"),
        CASE("confirm_within = \"0\" escalate { after = \"15m\" to = {\"@zhang\"} }", "nobody is asked to take it"),
        CASE(
            "confirm { critical = \"0\" emergency = \"0\" from = \"critical\" } escalate { after = \"15m\" to = {\"@zhang\"} }",
            "nobody is asked to take it"),
        CASE("limit { per_minute = -1 }", "'per_minute' wants a number"),
        CASE("severty = \"error\"", "did you mean 'severity'?"),
        CASE("host = {\"db-[\"}", ""),
    };
    struct arena *arena = *state;

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct config *config = policy_config(
            arena, arena_print(arena, SECTIONS PEOPLE "route \"a\" { %s\nchannels = {\"group\"} }\n", CASES[i].inside));
        struct event event = problem("db-[", "", SEVERITY_WARNING);
        struct plan plan;

        if (CASES[i].finding[0] && (config->finding_count < 1 || !strstr(policy_findings(config), CASES[i].finding)))
            fail_msg("%s: %s", CASES[i].inside, policy_findings(config));
        if (strncmp(CASES[i].inside, "severity = {", 12) == 0)
            continue; /* libconfuse gives the statement up: the operator is told */
        routed(config, &event, "2026-01-06 03:00", "", &plan);
        assert_true(plan.chain_count > 0);
        if (strcmp(plan.chains[0].legs[0].section->title, "group") != 0)
            fail_msg("%s: it is not taken any more", CASES[i].inside);
    }
}

static void test_a_month_with_a_moving_clock(void **state)
{
    static const char POLICY[] =
        "timezone = \"Asia/Shanghai\"\nchat \"chat\" {}\nsms \"sms\" {}\nmail \"mail\" { to = {\"archive\"} }\n"
        "contact \"archive\" { email = \"archive@x.cn\" }\n"
        "contact \"zhang\" { chat = \"zhang\" mobile = \"13800138000\" }\ncontact \"li\" { chat = \"li\" mobile = \"13900139000\" }\n"
        "calendar \"cn\" { file = \"cn.txt\" }\n"
        "rotation \"duty\" { members = {\"zhang\", \"li\"} starts = \"2026-01-05 09:00\" every = \"1w\"\n"
        "  override { from = \"2026-02-16 09:00\" until = \"2026-02-23 09:00\" member = \"li\" }\n"
        "  swap { from = \"2026-02-25 00:00\" until = \"2026-02-26 00:00\" between = {\"zhang\", \"li\"} } }\n"
        "route \"urgent\" { severity = \"critical\" channels = {\"sms\", \"chat\"} also = {\"mail\"} to = {\"@duty\"} }\n"
        "route \"day\" { during = \"calendar:cn-workdays 09:00-18:00\" channels = {\"chat\"} to = {\"@duty\"} }\n"
        "route \"later\" { severity = \"error\" during = \"calendar:cn-workdays 09:00-18:00\" outside = \"hold\"\n"
        "  hold_until = \"09:00\" channels = {\"chat\"} to = {\"@duty\"} }\n"
        "route \"kept\" { default = yes channels = {\"mail\"} }\n";
    struct arena *arena = *state;
    struct config *config;
    struct json_object *rows = test_data(arena, "month.json");
    size_t count = json_length(rows);

    policy_file(arena, "cn.txt", "2026-02-15..2026-02-23 holiday\n2026-02-14 workday\n2026-02-28 workday\n");
    config = policy_config(arena, POLICY);
    assert_string_equal(policy_findings(config), "");
    assert_true(count > 2000);
    for (size_t i = 0; i < count; i++) {
        struct event event = problem("db-01", "", SEVERITY_WARNING);
        struct routing routing = {.arena = arena,
                                  .config = config,
                                  .event = &event,
                                  .now_s = json_number_at(rows, arena_print(arena, "/%zu/0", i), 0)};
        struct routing_trace trace;
        struct fault fault = {0};
        struct str text = str_in(arena, 1024);
        struct plan plan;
        const char *plain;

        assert_true(severity_from(json_text_at(rows, arena_print(arena, "/%zu/1", i)), &event.severity));
        assert_true(routing_make(&routing, &plan, &trace, &fault));
        plain = plan_text(arena, &plan);
        for (const char *at = plain; *at;) { /* people by their names */
            static const char *const NAMES[][2] = {
                {"13800138000",  "zhang"  },
                {"13900139000",  "li"     },
                {"archive@x.cn", "archive"}
            };
            size_t used = 0;

            for (size_t k = 0; k < COUNT(NAMES) && !used; k++)
                if (strncmp(at, NAMES[k][0], strlen(NAMES[k][0])) == 0) {
                    str_add(&text, NAMES[k][1]);
                    used = strlen(NAMES[k][0]);
                }
            if (!used)
                str_addc(&text, *at);
            at += used ? used : 1;
        }
        if (strcmp(text.text, json_text_at(rows, arena_print(arena, "/%zu/2", i))) != 0)
            fail_msg("%lld %s: %s, not %s", (long long)routing.now_s, severity_name(event.severity), text.text,
                     json_text_at(rows, arena_print(arena, "/%zu/2", i)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_the_first_route_that_fits_takes_it),
        WITH_ARENA(test_channels_people_and_copies),
        WITH_ARENA(test_outside_of_its_hours_it_is_passed_over_or_held),
        WITH_ARENA(test_what_follows_a_problem_goes_where_it_was_told),
        WITH_ARENA(test_kinds_and_default_routes_of_what_follows),
        WITH_ARENA(test_two_routes_to_the_same_people_are_one_message),
        WITH_ARENA(test_what_one_route_copies_and_another_needs_must_arrive),
        WITH_ARENA(test_without_a_record_a_recovery_is_matched_by_what_is_known),
        WITH_ARENA(test_what_nobody_takes_is_loud),
        WITH_ARENA(test_what_a_route_says_of_waiting_is_kept_for_others),
        WITH_ARENA(test_escalations_of_one_time_stay_as_they_are_written),
        WITH_ARENA(test_hostile_values_are_named_and_leave_the_loud_form),
        WITH_ARENA(test_a_month_with_a_moving_clock),
    };

    return cmocka_run_group_tests(tests, make_policy_folder, drop_policy_folder);
}
