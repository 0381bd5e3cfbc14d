/* The block before a Zabbix message: what it may say, and what people's text in it may not. */
#include "tests/unit/intake_support.h"

static struct call block_call(struct arena *arena, const char *lines)
{
    return CALL(arena, "--source", "zabbix", "--", "ops", "subject",
                arena_print(arena, "%s\n%s", ZABBIX_BLOCK_BEGIN, lines));
}

static void test_unset_macros_are_told_from_text(void **state)
{
    static const struct {
        const char *text;
        bool unset;
    } CASES[] = {
        {"{EVENT.ID}",                               true },
        {"{HOST.NAME2}",                             true },
        {"{$ZABBIX.URL}",                            true },
        {"{$LIMIT:disk}",                            true },
        {"{$LIMIT:\"a}b\"}",                         true },
        {"{$LIMIT:\"say \\\"}\\\"\"}",               true },
        {"{#FSNAME}",                                true },
        {"{EVENT.TAGS.team}",                        true },
        {"{EVENT.TAGS.\"two words\"}",               true },
        {"{EVENT.TAGS.数据库}",                   true },
        {"{INVENTORY.LOCATION}",                     true },
        {"{{ITEM.VALUE}.regsub(\"([0-9]+)\", \\1)}", true },
        {"*UNKNOWN*",                                true },
        {"",                                         false},
        {"EVENT.ID",                                 false},
        {"{}",                                       false},
        {"{$}",                                      false},
        {"{event.id}",                               false},
        {"{EVENT.ID",                                false},
        {"{EVENT.ID} ",                              false},
        {"{HOST.IP}:{HOST.PORT}",                    false},
        {"a {EVENT.ID}",                             false},
        {"{\"json\":1}",                             false},
        {"{A:b} and {C:d}",                          false},
        {"{{A}}",                                    false},
        {"*UNKNOWN* value",                          false},
        {"{$A:\"open}",                              false},
        {"{",                                        false},
        {"{{",                                       false},
        {"{{A}.",                                    false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(CASES); i++)
        if (macro_is_unset(CASES[i].text) != CASES[i].unset)
            fail_msg("'%s' is %s", CASES[i].text, CASES[i].unset ? "unset" : "text");
}

/* As CWebhook of the media types of Zabbix 7.0 decides, and for an update by the words of {EVENT.UPDATE.ACTION}. */
static void test_the_kind_follows_the_official_rule(void **state)
{
    static const struct {
        const char *source;
        const char *value;
        const char *update_status;
        const char *action;
        enum event_kind kind;
    } CASES[] = {
        {"0", "1",             "0",                     "{EVENT.UPDATE.ACTION}",                 EVENT_PROBLEM         },
        {"0", "0",             "0",                     "{EVENT.UPDATE.ACTION}",                 EVENT_RECOVERY        },
        {"0", "1",             "1",                     "acknowledged",                          EVENT_ACKNOWLEDGEMENT },
        {"0", "1",             "1",                     "acknowledged and commented",            EVENT_ACKNOWLEDGEMENT },
        {"0", "1",             "1",                     "commented, acknowledged",               EVENT_ACKNOWLEDGEMENT },
        {"0", "1",             "1",                     "unacknowledged",                        EVENT_UPDATE          },
        {"0", "1",             "1",                     "unacknowledged and commented",          EVENT_UPDATE          },
        {"0", "1",             "1",                     "commented",                             EVENT_UPDATE          },
        {"0", "1",             "1",                     "changed severity from High to Warning", EVENT_UPDATE          },
        {"0", "1",             "1",                     "suppressed until 2026.11.25",           EVENT_UPDATE          },
        {"0", "0",             "1",                     "commented and closed",                  EVENT_RECOVERY        },
        {"0", "1",             "1",                     "closed",                                EVENT_RECOVERY        },
        {"0", "1",             "{EVENT.UPDATE.STATUS}", "acknowledged",                          EVENT_ACKNOWLEDGEMENT },
        {"1", "{EVENT.VALUE}", "{EVENT.UPDATE.STATUS}", "{EVENT.UPDATE.ACTION}",                 EVENT_DISCOVERY       },
        {"2", "{EVENT.VALUE}", "{EVENT.UPDATE.STATUS}", "{EVENT.UPDATE.ACTION}",                 EVENT_AUTOREGISTRATION},
        {"3", "1",             "{EVENT.UPDATE.STATUS}", "{EVENT.UPDATE.ACTION}",                 EVENT_PROBLEM         },
        {"3", "0",             "{EVENT.UPDATE.STATUS}", "{EVENT.UPDATE.ACTION}",                 EVENT_RECOVERY        },
        {"4", "1",             "1",                     "{EVENT.UPDATE.ACTION}",                 EVENT_UPDATE          },
        {"4", "0",             "{EVENT.UPDATE.STATUS}", "{EVENT.UPDATE.ACTION}",                 EVENT_RECOVERY        },
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct call call =
            block_call(*state, arena_print(*state, "source=%s\nvalue=%s\nupdate_status=%s\nupdate_action=%s\n--",
                                           CASES[i].source, CASES[i].value, CASES[i].update_status, CASES[i].action));

        if (call.event.kind != CASES[i].kind)
            fail_msg("row %zu (%s): %s", i, CASES[i].action, event_kind_name(call.event.kind));
    }
}

static void test_severities_are_read_by_number(void **state)
{
    static const enum severity WANTED[] = {SEVERITY_INFO,  SEVERITY_INFO,     SEVERITY_WARNING,
                                           SEVERITY_ERROR, SEVERITY_CRITICAL, SEVERITY_EMERGENCY};
    struct call call;

    for (int i = 0; i <= 5; i++) {
        call = block_call(*state, arena_print(*state, "value=1\nnseverity=%d\nseverity=自定义\n--", i));
        assert_int_equal(call.event.severity, WANTED[i]);
        assert_string_equal(call.event.state, "自定义");
    }
    call = block_call(*state, "value=1\nnseverity=6\nseverity=Disaster\n--");
    assert_int_equal(call.event.severity, SEVERITY_EMERGENCY);
    call = block_call(*state, "value=1\nnseverity={EVENT.NSEVERITY}\n--");
    assert_int_equal(call.event.severity, SEVERITY_INFO);
}

/* A comment tries everything: other facts, the end of the block, a second block. */
static void test_a_comment_cannot_say_what_the_server_says(void **state)
{
    static const char COMMENT[] =
        "fine\nevent_id=666\nhost=other\nseverity=Disaster\nnseverity=5\nvalue=0\nurl=http://evil.example/\n"
        "runbook_url=http://evil.example/\nzabbix_url=http://evil.example/\ntemplate=x\nrecovery_id=1\n"
        "tags=[{\"tag\":\"team\",\"value\":\"x\"}]\nto=evil\nprofile=evil\nconfig=/etc/shadow\n"
        "update_message=second\n" ZABBIX_BLOCK_BEGIN "\nhost=other\n--\nhost=other\nSeverity: High";
    struct call call =
        block_call(*state, arena_print(*state,
                                       "source=0\nvalue=1\nupdate_status=1\nevent_id=8\nnseverity=2\ntrigger_id=7\n"
                                       "zabbix_url=https://z.example.com\nhost=real\nupdate_action=commented\n"
                                       "update_message=%s\n--\nbody",
                                       COMMENT));

    assert_int_equal(call.event.kind, EVENT_UPDATE);
    assert_int_equal(call.event.severity, SEVERITY_WARNING);
    assert_string_equal(call.event.event_id, "8");
    assert_string_equal(call.event.host, "real");
    assert_string_equal(call.event.url, "https://z.example.com/tr_events.php?triggerid=7&eventid=8");
    assert_string_equal(call.event.runbook_url, "");
    assert_string_equal(call.event.template_name, "");
    assert_int_equal(call.event.tags.count, 0);
    assert_null(pair_named(&call.event.fields, "recovery_id"));
    assert_int_equal(call.to.count, 1);
    assert_string_equal(call.to.items[0], "ops");
    assert_string_equal(call.profile, "");
    assert_string_equal(call.config_path, "");
    /* Nothing of it is lost either: it is a comment, and what stands behind its "--" is text. */
    assert_non_null(strstr(call.event.comment, "fine\nevent_id=666\nhost=other"));
    assert_non_null(strstr(call.event.comment, "update_message=second"));
    assert_string_equal(call.event.message, "host=other\nSeverity: High\n--\nbody");
}

static void test_the_first_line_of_a_key_wins_even_when_it_is_unset(void **state)
{
    struct call call =
        block_call(*state, "value=1\nevent_id=8\nevent_id=9\nrecovery_id={EVENT.RECOVERY.ID}\nrecovery_id=666\n--");

    assert_string_equal(call.event.event_id, "8");
    assert_null(pair_named(&call.event.fields, "recovery_id"));
}

static void test_lines_that_are_no_key_are_dropped_before_and_kept_behind_people_s_text(void **state)
{
    struct call call = block_call(
        *state,
        "host=h\nrack=7\nno key at all\naddress=192.0.2.1\nopdata=one\ntwo\nrack=8\nupdate_message=a\n\nb\n--\nbody");

    assert_string_equal(call.event.host, "h");
    assert_string_equal(call.event.address, "192.0.2.1");
    assert_string_equal(call.event.value, "one two rack=8");
    assert_string_equal(call.event.comment, "a\n\nb");
    assert_string_equal(call.event.message, "body");
}

static void test_a_block_whose_end_was_forgotten_does_not_swallow_the_message(void **state)
{
    struct call call = block_call(*state, "host=h\nevent_id=8\nThe disk is full.\nhost=other");

    assert_string_equal(call.event.host, "h");
    assert_string_equal(call.event.message, "The disk is full.\nhost=other");
    call = CALL(*state, "--source=zabbix", "ops", "s", ZABBIX_BLOCK_BEGIN);
    assert_string_equal(call.event.message, "");
}

static void test_line_breaks_of_every_kind_are_one(void **state)
{
    struct call call = block_call(*state, "host=h\r\naddress=192.0.2.1\revent_id=8\n--\r\none\rtwo\r\nthree");

    assert_string_equal(call.event.host, "h");
    assert_string_equal(call.event.address, "192.0.2.1");
    assert_string_equal(call.event.event_id, "8");
    assert_string_equal(call.event.message, "one\ntwo\nthree");
}

static void test_only_the_first_line_begins_a_block(void **state)
{
    struct call call = CALL(*state, "--source=zabbix", "ops", "s", "text\n" ZABBIX_BLOCK_BEGIN "\nhost=h\n--\n");

    assert_string_equal(call.event.host, "");
    call = CALL(*state, "--source=zabbix", "ops", "s", ZABBIX_BLOCK_BEGIN "1\nhost=h\n--\n");
    assert_string_equal(call.event.host, "");
}

static void test_operands_win_over_the_block_and_are_the_same_closed_list(void **state)
{
    struct call call =
        CALL(*state, "--source=zabbix", "ops", "s", ZABBIX_BLOCK_BEGIN "\nhost=block\naddress=192.0.2.1\n--\n",
             "host=operand", "address={HOST.IP}", "to=evil", "profile=evil", "endpoint=http://evil.example",
             "config=/x", "--dry-run", "rack=7", "update_message=a\r\nb");

    assert_string_equal(call.event.host, "operand");
    assert_string_equal(call.event.address, "192.0.2.1");
    assert_string_equal(call.event.comment, "a\nb");
    assert_int_equal(call.to.count, 1);
    assert_string_equal(call.profile, "");
    assert_int_equal(call.options.count, 0);
    assert_false(call.dry_run);
    assert_null(pair_named(&call.event.fields, "rack"));
}

static void test_pages_are_on_the_frontend_s_host(void **state)
{
    static const struct {
        const char *name;
        const char *lines;
        const char *url;
    } CASES[] = {
        {"made of the ids",          "event_id=8\ntrigger_id=7\nzabbix_url=https://z.example.com/zabbix/",
         "https://z.example.com/zabbix/tr_events.php?triggerid=7&eventid=8"                                                           },
        {"given, same host",         "zabbix_url=https://z.example.com/zabbix\nurl=https://Z.example.com/p",
         "https://Z.example.com/p"                                                                                                    },
        {"given, other host",        "zabbix_url=https://z.example.com/zabbix\nurl=https://evil.example/p",       ""                  },
        {"host that only begins so", "zabbix_url=https://z.example.com\nurl=https://z.example.com.evil.example/", ""                  },
        {"user before the host",     "zabbix_url=https://z.example.com\nurl=https://z.example.com@evil.example/", ""                  },
        {"other port",               "zabbix_url=https://z.example.com\nurl=https://z.example.com:8443/",         ""                  },
        {"given, no frontend",       "url=http://192.0.2.1/p",                                                    "http://192.0.2.1/p"},
        {"script",                   "url=javascript:alert(1)",                                                   ""                  },
        {"file",                     "url=file:///etc/passwd",                                                    ""                  },
        {"spaces",                   "url=http://x/ onmouseover=",                                                ""                  },
        {"macro not set",            "event_id=8\ntrigger_id=7\nzabbix_url={$ZABBIX.URL}",                        ""                  },
        {"frontend is no address",   "event_id=8\ntrigger_id=7\nzabbix_url=zabbix",                               ""                  },
        {"ids that are none",        "event_id=8&x=1\ntrigger_id=7\nzabbix_url=https://z.example.com",            ""                  },
        {"trigger unknown",          "event_id=8\ntrigger_id={TRIGGER.ID}\nzabbix_url=https://z.example.com",     ""                  },
    };

    for (size_t i = 0; i < COUNT(CASES); i++) {
        struct call call = block_call(*state, arena_print(*state, "value=1\n%s\n--", CASES[i].lines));

        if (strcmp(call.event.url, CASES[i].url) != 0)
            fail_msg("%s: '%s'", CASES[i].name, call.event.url);
    }
}

static void test_the_administrator_s_frontend_wins_over_the_block_s(void **state)
{
    struct call call =
        CALL(*state, "--source=zabbix", "--console-url", "https://z.example.com", "ops", "s",
             ZABBIX_BLOCK_BEGIN
             "\nevent_id=8\ntrigger_id=7\nzabbix_url=http://evil.example\nurl=http://evil.example/\n--\n");

    assert_string_equal(call.event.url, "https://z.example.com/tr_events.php?triggerid=7&eventid=8");
}

static void test_a_template_is_a_plain_name(void **state)
{
    assert_string_equal(block_call(*state, "template=disk_alert\n--").event.template_name, "disk_alert");
    assert_string_equal(block_call(*state, "template=../../etc/passwd\n--").event.template_name, "");
    assert_string_equal(block_call(*state, "template=Disk\n--").event.template_name, "");
    assert_string_equal(block_call(*state, "template={EVENT.TAGS.template}\n--").event.template_name, "");
    assert_string_equal(block_call(*state, "host=h\n--").template_name, "");
}

static void test_tags_come_in_three_forms(void **state)
{
    static const char *const FORMS[] = {
        "[{\"tag\":\"team\",\"value\":\"dba\"},{\"tag\":\"urgent\",\"value\":\"\"},{\"tag\":\"n\",\"value\":7}]",
        "{\"team\":\"dba\",\"urgent\":\"\",\"n\":7}",
        "team:dba, urgent, n:7",
    };

    for (size_t i = 0; i < COUNT(FORMS); i++) {
        struct call call = block_call(*state, arena_print(*state, "host=h\ntags=%s\n--", FORMS[i]));

        assert_int_equal(call.event.tags.count, 3);
        assert_string_equal(pair_named(&call.event.tags, "team"), "dba");
        assert_string_equal(pair_named(&call.event.tags, "urgent"), "");
        assert_string_equal(pair_named(&call.event.tags, "n"), "7");
    }
}

static void test_odd_tags_do_no_harm(void **state)
{
    static const char *const FORMS[] = {"[]",
                                        "{}",
                                        "[1,null,[],{}]",
                                        "[{\"tag\":null}]",
                                        "[{\"tag\":{}}]",
                                        "null",
                                        "7",
                                        "[",
                                        "",
                                        "{\"a\":[1],\"\":2}",
                                        ",,,",
                                        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["};

    for (size_t i = 0; i < COUNT(FORMS); i++)
        assert_string_equal(block_call(*state, arena_print(*state, "host=h\ntags=%s\n--", FORMS[i])).event.host, "h");
}

static void test_a_hundred_thousand_tags_are_cut_to_the_first(void **state)
{
    size_t count = 100000;
    char *tags = arena_alloc(*state, count * 40 + 3);
    size_t len = 0;
    struct call call;

    tags[len++] = '[';
    for (size_t i = 0; i < count; i++)
        len += (size_t)snprintf(tags + len, 40, "%s{\"tag\":\"t%zu\",\"value\":\"v\"}", i ? "," : "", i);
    tags[len++] = ']';
    call = block_call(*state, arena_print(*state, "host=h\ntags=%s\n--\nbody", tags));
    assert_string_equal(call.event.host, "h");
    assert_string_equal(call.event.message, "body");
    assert_int_equal(call.event.tags.count, 1000);
    assert_string_equal(call.event.tags.items[999].name, "t999");
}

static void test_a_hundred_thousand_lines_take_no_long_time(void **state)
{
    size_t count = 100000;
    char *lines = arena_alloc(*state, 8 * count + 1);
    struct call call;

    for (size_t i = 0; i < count; i++)
        memcpy(lines + 8 * i, "user=xx\n", 8);
    call = block_call(*state, arena_print(*state, "host=h\nupdate_message=\n%s--\nbody", lines));
    assert_string_equal(call.event.message, "body");
    assert_int_equal(strlen(call.event.author), 2 + 8 * (count - 1));
}

static void test_keys_stand_in_the_order_that_protects_them(void **state)
{
    bool authored = false;
    size_t count = 0;

    (void)state;
    for (const struct zabbix_key *key = zabbix_keys; key->name; key++) {
        assert_true(!authored || key->authored);
        authored = key->authored;
        count++;
        assert_true(key->help[0] != '\0');
        assert_true(key->macro[0] == '\0' || macro_is_unset(key->macro));
    }
    assert_true(authored);
    assert_in_range(count, 40, 64); /* as many as the reader of a block keeps in mind */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(test_unset_macros_are_told_from_text),
        WITH_ARENA(test_the_kind_follows_the_official_rule),
        WITH_ARENA(test_severities_are_read_by_number),
        WITH_ARENA(test_a_comment_cannot_say_what_the_server_says),
        WITH_ARENA(test_the_first_line_of_a_key_wins_even_when_it_is_unset),
        WITH_ARENA(test_lines_that_are_no_key_are_dropped_before_and_kept_behind_people_s_text),
        WITH_ARENA(test_a_block_whose_end_was_forgotten_does_not_swallow_the_message),
        WITH_ARENA(test_line_breaks_of_every_kind_are_one),
        WITH_ARENA(test_only_the_first_line_begins_a_block),
        WITH_ARENA(test_operands_win_over_the_block_and_are_the_same_closed_list),
        WITH_ARENA(test_pages_are_on_the_frontend_s_host),
        WITH_ARENA(test_the_administrator_s_frontend_wins_over_the_block_s),
        WITH_ARENA(test_a_template_is_a_plain_name),
        WITH_ARENA(test_tags_come_in_three_forms),
        WITH_ARENA(test_odd_tags_do_no_harm),
        WITH_ARENA(test_a_hundred_thousand_tags_are_cut_to_the_first),
        WITH_ARENA(test_a_hundred_thousand_lines_take_no_long_time),
        WITH_ARENA(test_keys_stand_in_the_order_that_protects_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
