/* Which template an event gets, and why; design: the source's wish, the call's, the rules', the section's, the usual one. */
#include "tests/unit/policy_support.h"

#include "common/compose.h"

#define RULES                                                                                        \
    "template \"disk_alert\" { service = {\"disk*\", \"Disk *\"}  host = {\"db-*\"} }\n"             \
    "template \"disk_alert\" { item = {\"vfs.fs.*\"} }\n"                                            \
    "template \"cpu_alert\" { service = {\"CPU*\", \"*\"}  item = {\"system.cpu.*\", \"CPU *\"} }\n" \
    "template \"business\" { host = {\"Shop *\"} }\n"

static struct event problem_of(const char *host, const char *service)
{
    struct event event = event_empty();

    event.kind = EVENT_PROBLEM;
    event.host = host;
    event.service = service;
    event.state = "CRITICAL";
    return event;
}

static void test_the_first_rule_that_fits_is_taken(void **state)
{
    static const struct {
        const char *name;
        const char *host;
        const char *display;
        const char *service;
        const char *field;
        const char *value;
        const char *template_name;
        int line; /* of the rule, 0 for none */
    } CASES[] = {
        CASE("both fit", "db-01", "", "disk /data", "", "", "disk_alert", 1),
        CASE("in any case of letters", "DB-01", "", "DISK /", "", "", "disk_alert", 1),
        CASE("the host does not", "web-01", "", "disk /data", "", "", "default", 0),
        CASE("the service does not", "db-01", "", "load", "", "", "default", 0),
        CASE("a key", "web-01", "", "x", "item_key", "vfs.fs.size[/,pused]", "disk_alert", 2),
        CASE("an item's name", "web-01", "", "x", "item", "CPU idle time", "cpu_alert", 3),
        CASE("another field", "web-01", "", "x", "items", "vfs.fs.size", "default", 0),
        CASE("the earlier of two", "db-01", "", "disk", "item_key", "system.cpu.load", "disk_alert", 1),
        CASE("a name for people", "web-9", "Shop 9", "x", "", "", "business", 4),
        CASE("no host, no service", "", "", "", "", "", "default", 0),
    };
    struct arena *arena = *state;
    struct config *config = policy_config(arena, RULES);

    assert_string_equal(policy_findings(config), "");
    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct event event = problem_of(CASES[i].host, CASES[i].service);
        struct template_choice choice;

        event.host_name = CASES[i].display;
        if (CASES[i].field[0])
            pairs_add(arena, &event.fields, CASES[i].field, CASES[i].value);
        choice = compose_choose(config, &event, "", "");
        if (strcmp(choice.name, CASES[i].template_name) != 0 || (CASES[i].line != 0) != (choice.rule != NULL) ||
            (choice.rule && strcmp(strrchr(choice.rule->where, ':'), arena_print(arena, ":%d", CASES[i].line)) != 0))
            fail_msg("%s: %s by %s", CASES[i].name, choice.name, choice.rule ? choice.rule->where : "no rule");
        assert_int_equal(choice.reason, CASES[i].line ? TEMPLATE_OF_RULE : TEMPLATE_USUAL);
    }
}

static void test_who_asks_for_a_template_comes_before_the_rules(void **state)
{
    static const struct {
        const char *name;
        enum event_kind kind;
        const char *of_event;
        const char *of_call;
        const char *host;
        const char *of_section;
        const char *template_name;
        enum template_reason reason;
    } CASES[] = {
        CASE("a recovery", EVENT_RECOVERY, "a", "b", "db-01", "c", "recovery", TEMPLATE_OF_KIND),
        CASE("an acknowledgement", EVENT_ACKNOWLEDGEMENT, "a", "b", "db-01", "c", "acknowledged", TEMPLATE_OF_KIND),
        CASE("the source", EVENT_PROBLEM, "a", "b", "db-01", "c", "a", TEMPLATE_OF_EVENT),
        CASE("the call", EVENT_PROBLEM, "", "b", "db-01", "c", "b", TEMPLATE_OF_CALL),
        CASE("a rule", EVENT_PROBLEM, "", "", "db-01", "c", "disk_alert", TEMPLATE_OF_RULE),
        CASE("an update's rule", EVENT_UPDATE, "", "", "db-01", "", "disk_alert", TEMPLATE_OF_RULE),
        CASE("the section", EVENT_PROBLEM, "", "", "web-01", "c", "c", TEMPLATE_OF_SECTION),
        CASE("nobody", EVENT_PROBLEM, "", "", "web-01", "", "default", TEMPLATE_USUAL),
        CASE("no names at all", EVENT_PROBLEM, "../x", "B", "web-01", "c/d", "default", TEMPLATE_USUAL),
    };
    struct arena *arena = *state;
    struct config *config = policy_config(arena, RULES);

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct event event = problem_of(CASES[i].host, "disk");
        struct template_choice choice;

        event.kind = CASES[i].kind;
        event.template_name = CASES[i].of_event;
        choice = compose_choose(config, &event, CASES[i].of_call, CASES[i].of_section);
        if (strcmp(choice.name, CASES[i].template_name) != 0 || choice.reason != CASES[i].reason)
            fail_msg("%s: %s, %d", CASES[i].name, choice.name, (int)choice.reason);
    }
}

static void test_a_mistake_in_a_rule_is_named_and_costs_the_rule(void **state)
{
    static const struct {
        const char *rule;
        const char *finding;
    } CASES[] = {
        CASE("template \"disk_alert\" {}", "it does not say for what"),
        CASE("template \"disk_alert\" { host = {} }", "it does not say for what"),
        CASE("template \"Disk\" { host = {\"db-*\"} }", "small letters, digits and '_', not 'Disk'"),
        CASE("template \"../x\" { host = {\"db-*\"} }", "not '../x'"),
        CASE("template { host = {\"db-*\"} }", "is written as template \"TITLE\""),
        CASE("template \"disk_alert\" { hots = {\"db-*\"} }", "did you mean 'host'?"),
        CASE("templte \"disk_alert\" { host = {\"db-*\"} }", "did you mean 'template'?"),
    };
    struct event event = problem_of("db-01", "disk");

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct config *config = policy_config(*state, CASES[i].rule);

        if (!strstr(policy_findings(config), CASES[i].finding))
            fail_msg("%s: %s", CASES[i].rule, policy_findings(config));
        assert_null(config_template_rule(config, &event));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_the_first_rule_that_fits_is_taken),
        WITH_ARENA(test_who_asks_for_a_template_comes_before_the_rules),
        WITH_ARENA(test_a_mistake_in_a_rule_is_named_and_costs_the_rule),
    };

    return cmocka_run_group_tests(tests, make_policy_folder, drop_policy_folder);
}
