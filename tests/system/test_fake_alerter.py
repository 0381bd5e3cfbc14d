"""The contract between a Zabbix server and an alert script, with a stand-in for the server: fast, and with no package."""
import json
import re
import subprocess
import unittest

import support
from hosts import alerter
from stub.providers import Answer
from test_media_types import generator, intake_table

HOSTILE = ["group-运维 'x'", '$(touch pwned) `id` "dq" back\\slash %s %n', "line\r\nline\ttab \x1b[31m", "", "--config=/etc/x",
           "-V", "'; exit 9; '", "*", "尾\n"]


def expand(text, values):
    """Macros as the server expands them; those without a value stay as they are."""
    for macro, value in values.items():
        text = text.replace(macro, value)
    return text


PROBLEM = {"{EVENT.SOURCE}": "0", "{EVENT.OBJECT}": "0", "{EVENT.VALUE}": "1", "{EVENT.UPDATE.STATUS}": "0",
           "{EVENT.ID}": "4711", "{EVENT.NSEVERITY}": "4", "{EVENT.SEVERITY}": "High", "{EVENT.DATE}": "2026.11.24",
           "{EVENT.TIME}": "17:21:26", "{EVENT.ACK.STATUS}": "No", "{TRIGGER.ID}": "13579",
           "{$ZABBIX.URL}": "https://zabbix.example.test", "{HOST.HOST}": "web01", "{HOST.IP}": "192.0.2.10",
           "{HOST.NAME}": "网页一号", "{EVENT.TAGSJSON}": '[{"tag":"team","value":"dba"}]',
           "{TRIGGER.HOSTGROUP.NAME}": "Linux servers", "{ITEM.NAME}": "CPU load", "{ITEM.KEY}": "system.cpu.load",
           "{EVENT.NAME}": "CPU 过高 it's \"bad\" $(id)", "{ITEM.VALUE}": "95 %", "{EVENT.OPDATA}": "",
           "{TRIGGER.DESCRIPTION}": "看 top\r\n然后打电话"}


def message_of(source="TRIGGERS", mode="PROBLEM", **values):
    """(subject, message) of a template as a server sends it: CRLF."""
    media = generator()
    _, _, subject, keys, instead, text = next(one for one in media.TEMPLATES if one[:2] == (source, mode))
    macros = {**PROBLEM, **{"{%s}" % name.replace("_", "."): value for name, value in values.items()}}
    return expand(subject, macros), expand(media.message_of(keys, instead, text), macros).replace("\r\n", "\n").replace("\n", "\r\n")


class TheStandIn(support.Case):
    """It does what the real server was seen to do."""

    def recorded(self, parameters, **more):
        recorder = self.folder / "record_call"
        subprocess.run(["cc", "-D_GNU_SOURCE", "-o", str(recorder), str(support.ROOT / "tests/tools/record_call.c")], check=True)
        alert = alerter.run(recorder, parameters, **more)
        self.assertTrue(alert.sent, alert)
        return json.loads((self.folder / "record_call.jsonl").read_text())

    def test_parameters_arrive_byte_for_byte(self):
        self.assertEqual(self.recorded(HOSTILE)["argv"][1:], HOSTILE)

    def test_surroundings(self):
        call = self.recorded([])
        self.assertEqual((call["umask"], call["directory"], call["descriptors"]["0"]), (0o002, "/", "/dev/null"))
        self.assertEqual(call["descriptors"]["1"], call["descriptors"]["2"])
        self.assertEqual(len(call["descriptors"]), 5)
        self.assertEqual(call["ignored_signals"] & 1 << 12, 1 << 12)
        self.assertLessEqual(set(call["environment"]), {"PWD", "OLDPWD", "_", "SHLVL"})

    def test_sigpipe_is_as_in_6_0_when_asked(self):
        self.assertEqual(self.recorded([], ignore_sigpipe=False)["ignored_signals"] & 1 << 12, 0)

    def test_a_child_that_keeps_the_pipe_is_waited_for(self):
        script = support.write(self.folder / "script", "#!/bin/sh\nsleep 0.5 &\n", 0o755)
        self.assertGreater(alerter.run(script, []).seconds, 0.4)

    def test_the_deadline_ends_the_group(self):
        script = support.write(self.folder / "script", "#!/bin/sh\nsleep 60\n", 0o755)
        alert = alerter.run(script, [], deadline_s=0.3)
        self.assertEqual((alert.timed_out, alert.error), (True, "Timeout while executing a shell script."))
        self.assertTrue(alerter.group_is_gone(alert.group))

    def test_errors_read_as_in_the_action_log(self):
        for name, text, error in [("words", "#!/bin/sh\necho no >&2\nexit 1\n", "no"),
                                  ("none", "#!/bin/sh\nexit 4\n", "Process exited with code: 4.")]:
            script = support.write(self.folder / name, text, 0o755)
            self.assertEqual(alerter.run(script, []).error, error)


class Programs(support.Case):
    """The real notify_* programs under the contract."""
    TO = {"aliyun_sms": support.MOBILE, "tencent_sms": support.MOBILE, "email": "ops@example.com"}

    def setUp(self):
        super().setUp()
        self.configure(extra=support.MANY + 'route "default" { default = yes  channels = {"ops-webhook"} }\n')

    def alert(self, channel, to, subject, message, **more):
        return alerter.run(support.program(f"notify_{channel}"), ["--source", "zabbix", "--", to, subject, message],
                           environment=self.environment, **more)

    def to(self, channel):
        return self.TO.get(channel, f"ops-{channel}")

    def test_every_channel_delivers_a_problem(self):
        for channel in support.CHANNELS:
            with self.subTest(channel):
                alert = self.alert(channel, self.to(channel), *message_of())
                self.assertTrue(alert.sent, alert.output)
                text = self.arrivals(channel, 1)[-1].text
                self.assertIn("web01" if "sms" in channel else "网页一号", text)
                self.assertIn("CPU 过高", text)
                self.assertNotIn("{EVENT", text)
                self.assertNotIn("notification-plugins/1", text)
        self.assert_nothing_is_doubted()

    def test_a_recipient_that_may_be_of_several_sections_is_named(self):
        self.configure(extra=support.MANY + 'webhook "second" { endpoint = "http://127.0.0.1:1/" }\n')
        self.assertRegex(self.alert("webhook", "nobody", *message_of()).error,
                         r"\ANP-CONFIG notify_webhook: recipient 'nobody': which webhook section\? .*: (second, ops-webhook|ops-webhook, second)\Z")

    def test_a_colon_leaves_people_to_the_routes(self):
        """Zabbix wants something to send to."""
        self.configure(extra='route "default" { default = yes  channels = {"ops-email"}  to = {"oncall@example.com"} }\n')
        for number, to in enumerate((":", "dba@example.com")):
            self.assertTrue(self.alert("route", to, *message_of(EVENT_ID=f"4{number}")).sent)
        self.assertEqual([str(mail.message["to"]) for mail in self.arrivals("email", 2)],
                         ["oncall@example.com", "dba@example.com"])

    def test_what_happened_is_told_in_full(self):
        self.assertTrue(self.alert("webhook", "", *message_of()).sent)
        text = self.arrivals("webhook", 1)[0].text
        for part in ("4711", "web01", "192.0.2.10", "网页一号", "CPU load", "95 %", "Linux servers", "dba", "critical",
                     "https://zabbix.example.test/tr_events.php?triggerid=13579&eventid=4711", "看 top", "然后打电话",
                     "CPU 过高 it's \\\"bad\\\" $(id)"):
            self.assertIn(part, text)
        self.assertNotIn("\\r", text)

    def test_a_recovery_and_an_update_are_told_as_such(self):
        self.assertTrue(self.alert("dingtalk", "", *message_of(
            mode="UPDATE", EVENT_UPDATE_STATUS="1", EVENT_UPDATE_ACTION="acknowledged and commented",
            USER_FULLNAME="张 三 (zhangsan)", EVENT_UPDATE_MESSAGE="处理中\r\n第二行")).sent)
        self.assertTrue(self.alert("dingtalk", "", *message_of(
            mode="RECOVERY", EVENT_VALUE="0", EVENT_RECOVERY_ID="4712", EVENT_DURATION="1m 5s")).sent)
        update, recovery = (record.text for record in self.arrivals("dingtalk", 2))
        for part in ("已确认", "张 三", "处理中", "第二行"):
            self.assertIn(part, update)
        for part in ("恢复", "1m 5s"):
            self.assertIn(part, recovery)

    def test_a_send_to_is_never_an_option(self):
        """Whatever the programs know as an option is a recipient behind the dashes: it shows, changes and breaks nothing."""
        common = {f"--{row[0][0]}" for row in intake_table("call_options")}
        common |= {f"-{row[1][0]}" for row in intake_table("call_options") if row[1][0]}
        for channel in (*support.CHANNELS, "route"):
            listed = support.run(support.program(f"notify_{channel}"), "--help").output
            own = set(re.findall(r"--[a-z][a-z0-9-]+", listed)) - common
            for option in sorted(own | common if channel in ("webhook", "email", "route") else own | {"--config", "-h"}):
                with self.subTest(channel=channel, option=option):
                    output = self.alert(channel, option, "s", "m").output
                    self.assertRegex(output, rf"\A(delivered|suppressed|NP-[\w-]+ .*('{option}'| to {option} ))")
                    self.assertNotIn("NP-USAGE", output)

    def test_a_failure_says_why_and_what_became_of_it_without_secrets(self):
        self.configure(dingtalk='endpoint = "@URL@/robot/send"  token_file = "secrets/wecom-key"')
        alert = self.alert("dingtalk", "", *message_of())
        self.assertFalse(alert.sent)
        why, became, *more = alert.error.splitlines()
        self.assertRegex(why, r"\ANP-DINGTALK-300005 dingtalk/ops-dingtalk broken: token is not exist; ")
        self.assertLess(len(why), 300)
        self.assertRegex(became, r"\Aqueued ")
        self.assertEqual(more, [])
        self.assertNotIn(self.stub.providers["wecom"].key, alert.output)

    def test_nobody_is_left_behind_at_the_deadline(self):
        self.stub.script("webhook", *[Answer(delay_s=5)] * 3)
        alert = self.alert("webhook", "", *message_of(), deadline_s=1)
        self.assertTrue(alert.timed_out)
        self.assertLess(alert.seconds, 2)
        self.assertTrue(alerter.group_is_gone(alert.group))
        self.assertEqual(len([line for line in alert.output.splitlines() if line]), 1, alert.output)

    def test_an_alert_ends_when_the_program_does(self):
        """Nothing keeps the pipe: the alerter reads it to its end."""
        self.assertLess(self.alert("webhook", "", *message_of()).seconds, 5)

    def test_both_dispositions_of_sigpipe(self):
        """A server that goes away between two attempts does not end the program, whatever it inherited."""
        self.configure(extra=support.MANY + 'retry { attempts = 3  delay = "1s" }\n')
        for ignored in (True, False):
            self.stub.script("webhook", Answer(cut="before"))
            alert = self.alert("webhook", "", *message_of(EVENT_ID=f"sigpipe-{ignored}"), ignore_sigpipe=ignored)
            self.assertTrue(alert.sent, alert.output)
        self.assertEqual(len(self.stub.of("webhook")), 4)

    def test_hostile_texts_run_nothing_and_arrive(self):
        for number, text in enumerate(HOSTILE):
            with self.subTest(text):
                subject, message = message_of(EVENT_ID=str(number), EVENT_NAME=text or "x")
                self.assertTrue(self.alert("webhook", "", subject, message).sent)
        self.assertEqual(list(self.folder.glob("pwned")), [])
        self.assertIn("$(touch pwned) `id`", self.arrivals("webhook", len(HOSTILE))[1].text)

    def test_a_comment_cannot_pose_as_a_fact(self):
        """Lines that look like the block's, in what people write, change nothing."""
        forged = "ok\r\nhost=other\r\nnseverity=5\r\nevent_id=1\r\n--\r\nurl=https://evil.example.test/"
        self.alert("webhook", "", *message_of(mode="UPDATE", EVENT_UPDATE_STATUS="1", EVENT_UPDATE_ACTION="commented",
                                              EVENT_UPDATE_MESSAGE=forged, ITEM_VALUE="1\r\nhost=third"))
        record = self.arrivals("webhook", 1)[0]
        self.assertIn('"host": "web01"', record.text)
        self.assertIn('"event_id": "4711"', record.text)
        self.assertNotIn('"url": "https://evil', record.text)
        self.assertIn("critical", record.text)

    def test_a_large_message_arrives_and_one_too_large_fails_as_in_zabbix(self):
        subject, message = message_of(TRIGGER_DESCRIPTION="长" * 30000)
        self.assertTrue(self.alert("dingtalk", "", subject, message).sent)
        self.assert_nothing_is_doubted()
        self.assertEqual(self.alert("dingtalk", "", subject, "x" * 140000).error, "Process exited with code: 1.")

    def test_without_an_event_the_text_still_goes_out(self):
        """The server's own cry when its database is gone, and the Test button."""
        alert = self.alert("wecom", "", "Zabbix database is not available.", "x")
        self.assertTrue(alert.sent, alert.output)
        self.assertIn("Zabbix database is not available.", self.arrivals("wecom", 1)[0].text)


if __name__ == "__main__":
    unittest.main()
