/* A month on one clock: who is called, when, through what, until somebody takes it or it is over. Judged by tests/data/calls.json. */
#include "tests/unit/data_support.h"
#include "tests/unit/policy_support.h"

#include <dirent.h>

#include "common/alert.h"
#include "common/civil.h"
#include "common/identity.h"
#include "common/sending.h"
#include "common/worker.h"

enum { GRID_S = 300, CALLS_MOST = 5000, PROBLEMS_MOST = 500, ALLOWED_MS = 20000 };

static const char POLICY[] =
    "timezone = \"Europe/Berlin\"\n"
    "limit { per_minute = 0  per_hour = 0  per_day = 0 }\n"
    "confirm { within = \"30m\"  from = \"error\" }\n"
    "operator { channels = {\"letters\"}  to = {\"@boss\"} }\n"
    "contact \"zhang\" { mobile = \"13800138000\" }\n"
    "contact \"li\" { mobile = \"13900139000\" }\n"
    "contact \"boss\" { email = \"boss@example.com\" }\n"
    "calendar \"de\" { file = \"days\" }\n"
    "rotation \"ops\" { members = {\"zhang\", \"li\"}  starts = \"2026-02-01 08:00\"  every = \"12h\"\n"
    "    override { from = \"2026-03-14 09:00\"  until = \"2026-03-16 09:00\"  member = \"li\" } }\n"
    "chat \"group\" { endpoint = \"chat\" }\n"
    "mail \"letters\" { endpoint = \"mail\" }\n"
    "pocket \"phones\" { endpoint = \"sms\" }\n"
    "route \"critical\" { severity = \"critical\"  channels = {\"group\"}  to = {\"@ops\"}\n"
    "    escalate { after = \"15m\"  channels = {\"phones\"}  to = {\"@ops\"} }\n"
    "    escalate { after = \"45m\"  channels = {\"letters\"}  to = {\"@boss\"} } }\n"
    "route \"office\" { severity = \"error\"  during = {\"calendar:de-workdays 09:00-18:00\"}  channels = {\"group\"}  to = {\"@ops\"} }\n"
    "route \"rest\" { default = yes  channels = {\"letters\"}  to = {\"archive@example.com\"} }\n";

/* Days off, and a Saturday made up for them. */
static const char DAYS[] = "2026-03-17..2026-03-18 holiday rest\n2026-03-21 workday made up for\nuntil 2026-12-31\n";

/* Everything that was told in the month, in its order. */
struct month {
    int64_t now_ms;
    struct arena *arena; /* of the calls */
    struct heard {
        int64_t at_s;
        const char *text;
    } calls[CALLS_MOST];
    size_t count;
};

static struct month month;

static const char *name_of(const char *recipient)
{
    static const char *const NAMES[][2] = {
        {"13800138000",         "zhang"  },
        {"+8613800138000",      "zhang"  },
        {"13900139000",         "li"     },
        {"+8613900139000",      "li"     },
        {"boss@example.com",    "boss"   },
        {"archive@example.com", "archive"},
    };

    for (size_t i = 0; i < sizeof(NAMES) / sizeof(*NAMES); i++)
        if (strcmp(NAMES[i][0], recipient) == 0)
            return NAMES[i][1];
    return recipient;
}

/* "chat:zhang problem" */
static bool build_call(const void *settings, const struct intent *intent, const struct moment *moment,
                       struct request *request, struct fault *fault)
{
    const struct plain_settings *plain = settings;
    const char *people = "";

    (void)moment, (void)fault;
    for (size_t i = 0; i < intent->recipient_count; i++)
        people = arena_print(request->arena, "%s%s%s", people, i ? "," : "", name_of(intent->recipients[i]));
    request->url = "http://provider.test/";
    request_body(request, arena_print(request->arena, "%s:%s %s", plain->endpoint, people,
                                      event_kind_name(intent->message->kind)));
    return true;
}

static void classify_call(const void *settings, const struct intent *intent, const struct response *response,
                          struct verdicts *verdicts)
{
    (void)settings, (void)intent;
    if (answer_accepted(response, verdicts))
        verdict_add(verdicts, (struct verdict){.outcome = OUTCOME_DELIVERED});
}

static void keep_call(void *self, const struct request *request, int64_t timeout_ms, struct response *response)
{
    struct arena *arena = response->arena;

    (void)self, (void)timeout_ms;
    assert_true(month.count < CALLS_MOST);
    month.calls[month.count++] = (struct heard){.at_s = month.now_ms / 1000,
                                                .text = arena_copy(month.arena, request->body, strlen(request->body))};
    *response = (struct response){.arena = arena, .status = 200, .body = "", .location = "", .words = ""};
}

static int64_t month_now(void *self)
{
    (void)self;
    return month.now_ms;
}

static void no_sleep(void *self, int64_t ms)
{
    (void)self, (void)ms;
    fail_msg("nothing has to wait here");
}

static void count_up(void *self, unsigned char *bytes, size_t len)
{
    static unsigned counter;

    (void)self;
    counter++;
    for (size_t i = 0; i < len; i++)
        bytes[i] = (unsigned char)(counter >> (8 * (i % 4)));
}

static const struct channel GROUP = {.name = "chat",
                                     .options = PLAIN_ROWS,
                                     .settings_size = sizeof(struct plain_settings),
                                     .verbs = VERB_SEND,
                                     .addresses = ADDRESS_LOGIN | ADDRESS_MOBILE,
                                     .build = build_call,
                                     .classify = classify_call};
static const struct channel LETTERS = {.name = "mail",
                                       .options = PLAIN_ROWS,
                                       .settings_size = sizeof(struct plain_settings),
                                       .verbs = VERB_SEND,
                                       .addresses = ADDRESS_MAIL,
                                       .needs_recipient = true,
                                       .build = build_call,
                                       .classify = classify_call};
static const struct channel POCKET = {.name = "pocket",
                                      .options = PLAIN_ROWS,
                                      .settings_size = sizeof(struct plain_settings),
                                      .verbs = VERB_SEND,
                                      .addresses = ADDRESS_MOBILE,
                                      .needs_recipient = true,
                                      .never_repeats = true,
                                      .build = build_call,
                                      .classify = classify_call};
static const struct channel *const CHANNELS[] = {&GROUP, &LETTERS, &POCKET, NULL};

static struct world month_world(struct arena *arena)
{
    return (struct world){
        .arena = arena,
        .clock = {.wall_ms = month_now,  .steady_ms = month_now, .sleep_ms = no_sleep},
        .transport = {.send = keep_call},
        .random = count_up
    };
}

/* One problem and what people do about it; 0 is never. Unix seconds. */
struct problem {
    const char *id;
    enum severity severity;
    int64_t at_s;
    int64_t taken_s;
    int64_t solved_s;
    int64_t over_s;
};

/* What the month is lived with. */
struct house {
    struct config *config;
    struct store *store;
    struct problem *problems;
    size_t problem_count;
};

static struct event event_of(const struct problem *problem, struct arena *arena, enum event_kind kind)
{
    struct event event = event_empty();

    event.kind = kind;
    event.severity = problem->severity;
    event.source = "zabbix";
    event.host = "db-01";
    event.event_id = problem->id;
    event.service = arena_print(arena, "service %s", problem->id);
    event.subject = "something";
    event.time_s = month.now_ms / 1000;
    return event;
}

static void tell(struct house *house, const struct problem *problem, enum event_kind kind)
{
    struct arena *arena = arena_new();
    struct world world = month_world(arena);
    struct event event = event_of(problem, arena, kind);
    struct sending sending = {.world = &world,
                              .config = house->config,
                              .event = &event,
                              .id = sending_id(&world),
                              .template_name = "",
                              .deadline_ms = month.now_ms + ALLOWED_MS,
                              .quiet = true,
                              .state = "",
                              .store = house->store,
                              .secrets = {.arena = arena}};
    struct text_list nobody = {0};
    struct plan plan;
    struct fault fault = {0};

    if (!sending_route(&sending, &nobody, &plan, &fault))
        fail_msg("%s", fault.text);
    send_all(&sending, &plan);
    assert_int_equal(sending.status, 0);
    arena_release(arena);
}

static void reply(struct house *house, const struct problem *problem, enum alert_verb verb)
{
    struct arena *arena = arena_new();
    struct event event = event_of(problem, arena, EVENT_PROBLEM);
    struct alert_reply said = {.id = alert_id(arena, identity_problem(arena, &event)),
                               .verb = verb,
                               .author = "wang",
                               .via = "page",
                               .words = "",
                               .now_ms = month.now_ms};
    enum alert_answer answer;
    struct alert alert;
    struct fault fault = {0};

    if (!alert_reply(house->store, arena, &said, &alert, &answer, &fault))
        fail_msg("%s", fault.text);
    arena_release(arena);
}

static void work(struct house *house)
{
    struct arena *arena = arena_new();
    struct world world = month_world(arena);
    struct worker worker = {.world = &world,
                            .config = house->config,
                            .store = house->store,
                            .directory = house->config->state,
                            .deadline_ms = month.now_ms + ALLOWED_MS,
                            .interval_ms = 1000 * GRID_S};
    struct work_done done;
    struct fault fault = {0};

    if (!work_once(&worker, &done, &fault))
        fail_msg("%s", fault.text);
    arena_release(arena);
}

/* What happens at one moment: first the source and the people, then the worker, who has nothing to do while all is well. */
static void live(struct house *house, int64_t now_s)
{
    bool trouble = false;

    month.now_ms = now_s * 1000;
    for (size_t i = 0; i < house->problem_count; i++) {
        const struct problem *problem = &house->problems[i];

        trouble = trouble || (problem->at_s <= now_s && now_s <= problem->over_s);
        if (problem->at_s == now_s)
            tell(house, problem, EVENT_PROBLEM);
        if (problem->over_s == now_s)
            tell(house, problem, EVENT_RECOVERY);
        if (problem->taken_s == now_s)
            reply(house, problem, ALERT_TAKE);
        if (problem->solved_s == now_s)
            reply(house, problem, ALERT_SOLVE);
    }
    if (trouble)
        work(house);
}

static void read_problems(struct arena *arena, struct json_object *rows, struct house *house)
{
    house->problem_count = json_length(rows);
    assert_in_range(house->problem_count, 100, PROBLEMS_MOST);
    house->problems = arena_alloc(arena, PROBLEMS_MOST * sizeof(*house->problems));
    for (size_t i = 0; i < house->problem_count; i++) {
        struct json_object *row = json_at(rows, arena_print(arena, "/%zu", i));
        struct problem *problem = &house->problems[i];

        *problem = (struct problem){.id = arena_print(arena, "%lld", (long long)json_number_at(row, "/id", 0)),
                                    .at_s = json_number_at(row, "/at", 0),
                                    .taken_s = json_number_at(row, "/taken", 0),
                                    .solved_s = json_number_at(row, "/solved", 0),
                                    .over_s = json_number_at(row, "/over", 0)};
        assert_true(severity_from(json_text_at(row, "/severity"), &problem->severity));
    }
}

static int by_time_and_text(const void *one, const void *other)
{
    const struct heard *a = one;
    const struct heard *b = other;

    if (a->at_s != b->at_s)
        return a->at_s < b->at_s ? -1 : 1;
    return strcmp(a->text, b->text);
}

static void compare(struct arena *arena, struct json_object *wanted)
{
    size_t count = json_length(wanted);

    qsort(month.calls, month.count, sizeof(*month.calls), by_time_and_text);
    for (size_t i = 0; i < count || i < month.count; i++) {
        struct json_object *one = json_at(wanted, arena_print(arena, "/%zu", i));
        int64_t at_s = one ? json_number_at(one, "/0", 0) : 0;
        const char *text = one ? json_text_at(one, "/1") : "nothing more";
        struct heard call = i < month.count ? month.calls[i] : (struct heard){.text = "nothing more"};

        if (call.at_s != at_s || strcmp(call.text, text) != 0)
            fail_msg("call %zu: wanted '%s' at %s, found '%s' at %s", i, text, civil_text(arena, at_s, "Europe/Berlin"),
                     call.text, civil_text(arena, call.at_s, "Europe/Berlin"));
    }
}

static void remove_folder(void *path)
{
    struct dirent *entry;
    DIR *folder = opendir(path);

    while (folder && (entry = readdir(folder)))
        unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder)
        closedir(folder);
    rmdir(path);
}

static void test_a_month_of_calls(void **state)
{
    struct arena *arena = arena_new();
    char *folder = arena_print(arena, "%s/state", policy_folder);
    struct json_object *data = test_data(arena, "calls.json");
    struct house house = {0};
    struct fault fault = {0};
    bool renewed;

    (void)state;
    month = (struct month){.arena = arena};
    arena_defer(arena, remove_folder, folder);
    policy_file(arena, "days", DAYS);
    policy_file(arena, "x", arena_print(arena, "state = \"%s\"\ntemplates = \"%s\"\n%s", folder, TEMPLATES, POLICY));
    house.config = config_load(arena, policy_path(arena, "x"), CHANNELS, &fault);
    assert_non_null(house.config);
    assert_string_equal(policy_findings(house.config), "");
    house.store = store_open(arena, folder, STORE_PATIENCE_MS, &renewed, &fault);
    if (!house.store)
        fail_msg("%s", fault.text);
    read_problems(arena, json_at(data, "/problems"), &house);
    for (int64_t now_s = json_number_at(data, "/from", 0); now_s < json_number_at(data, "/until", 0); now_s += GRID_S)
        live(&house, now_s);
    compare(arena, json_at(data, "/calls"));
    arena_release(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_month_of_calls),
    };

    return cmocka_run_group_tests(tests, make_policy_folder, drop_policy_folder);
}
