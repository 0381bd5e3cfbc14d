"""A closed loop: somebody is asked, takes the problem, and everybody learns of it; nobody does, and it escalates."""
import base64
import hashlib
import hmac
import json
import os
import re
import sqlite3
import stat
import struct
import subprocess
import time
import unittest

from support import run, program, wait_until, write
from test_policy import PEOPLE, PolicyCase

KEY = "0123456789abcdef0123456789abcdef"
CONFIRM = PEOPLE + 'confirm { base_url = "https://monitor.example.com/confirm/"  within = "30m" }\n'


def token_parts(token, key=KEY):
    """What a link's token holds, proved by Python's own HMAC."""
    raw = base64.urlsafe_b64decode(token + "=")
    proof = hmac.new(key.encode(), raw[:13], hashlib.sha256).digest()[:16]
    assert hmac.compare_digest(proof, raw[13:]), "the token is not signed with the key"
    version, = raw[:1]
    return version, raw[1:9].hex(), struct.unpack(">I", raw[9:13])[0]


class ConfirmCase(PolicyCase):
    routes = ""
    head = CONFIRM

    def setUp(self):
        super().setUp()
        self.configure(extra=self.head + self.routes)
        write(self.folder / "etc/confirm.key", KEY + "\n", 0o600)

    def tell(self, *arguments, kind="problem", severity="critical", event_id="4711", channel="webhook", to=(), **fields):
        event = {"kind": kind, "severity": severity, "event_id": event_id, "host": "db-01", "service": "disk", "source": "zabbix",
                 "subject": "Disk is full", "time": int(time.time()), **fields}
        return self.notify(channel, "--source", "json", *arguments, stdin=json.dumps(event))

    def alerts(self):
        return self.sql("SELECT state, taken_by, over_ms > 0 FROM alert ORDER BY opened_ms")


class Links(ConfirmCase):
    def test_a_message_carries_a_link_that_its_key_proves(self):
        before = time.time()
        self.assertEqual(0, self.tell().status)
        [message] = self.arrivals("webhook", 1)
        link = message.json["data"]["confirm_url"]
        base, token = link.rsplit("/", 1)
        self.assertEqual("https://monitor.example.com/confirm", base)
        self.assertEqual(39, len(token))
        version, alert, expires = token_parts(token)
        self.assertEqual(1, version)
        self.assertEqual(self.sql("SELECT id FROM alert"), [(alert,)])
        self.assertEqual(hashlib.sha256(b"zabbix//db-01/disk/4711").hexdigest()[:16], alert)
        self.assertAlmostEqual(before + 7 * 86400, expires, delta=30)

    def test_a_recovery_carries_none_and_ends_it(self):
        self.tell()
        self.assertEqual(0, self.tell(kind="recovery", severity="info").status)
        [_, recovery] = self.arrivals("webhook", 2)
        self.assertNotIn("confirm_url", recovery.json["data"])
        self.assertEqual([("asked", "", 1)], self.alerts())

    def test_less_grave_ones_ask_nobody(self):
        self.assertEqual(0, self.tell(severity="warning").status)
        self.assertNotIn("confirm_url", self.arrivals("webhook", 1)[0].json["data"])
        self.assertEqual([("open", "", 0)], self.alerts())

    def test_what_can_be_taken_carries_a_link_and_nothing_else_does(self):
        for kind, severity, linked in (("problem", "error", True), ("update", "error", True), ("custom", "critical", True),
                                       ("update", "warning", False), ("acknowledgement", "error", False),
                                       ("recovery", "error", False), ("downtime_start", "error", False)):
            with self.subTest(kind):
                self.stub.recorded.clear()
                self.assertEqual(0, self.tell(kind=kind, severity=severity, event_id=kind + severity).status)
                self.assertEqual(linked, "confirm_url" in self.arrivals("webhook", 1)[0].json["data"])

    def test_without_its_key_the_message_goes_without_its_link(self):
        for spoil in (lambda key: key.unlink(), lambda key: write(key, KEY, 0o644), lambda key: write(key, "short", 0o600)):
            spoil(self.folder / "etc/confirm.key")
            self.stub.recorded.clear()
            self.assertEqual(0, self.tell(event_id=str(time.time())).status)
            self.assertNotIn("confirm_url", self.arrivals("webhook", 1)[0].json["data"])
            checked = self.ctl("check")
            self.assertEqual(2, checked.status)
            self.assertIn("confirm.key", checked.output)

    def test_every_channel_shows_it(self):
        """Where a person presses a button or reads a link; SMS shows the short name, for `notifyctl confirm`."""
        for channel in ("dingtalk", "wecom", "feishu", "slack", "teams", "email"):
            with self.subTest(channel):
                to = ["--to", "zhang@example.com"] if channel == "email" else []
                self.assertEqual(0, self.tell(*to, channel=channel, event_id=channel).status)
                [message] = self.arrivals(channel, 1)
                text = message.text if channel == "email" else message.request.body.decode().replace("\\/", "/")
                tokens = re.findall(r"https://monitor\.example\.com/confirm/([A-Za-z0-9_-]{39})", text)
                self.assertTrue(tokens, text)
                token_parts(tokens[0])


class ByHand(ConfirmCase):
    def name(self):
        return self.sql("SELECT short_id FROM alert")[0][0]

    def test_the_first_has_it_and_may_give_it_back(self):
        self.tell()
        pending = self.ctl("pending")
        self.assertIn(f"{self.name()} critical", pending.output)
        self.assertIn("waiting for somebody: 1\n", pending.output)
        self.assertIn("somebody: 0\n", self.ctl("pending", "--older", "30m").output)
        self.assertEqual("Disk is full", json.loads(self.ctl("pending", "--json").output)["pending"][0]["subject"])
        taken = self.ctl("confirm", self.name().lower(), "--by", "李娜", "--comment", "looking")
        self.assertEqual((0, f"{self.name()} taken by 李娜: db-01 / disk: Disk is full\n"), (taken.status, taken.output))
        second = self.ctl("confirm", "--by", "wang", self.name().lstrip("#"))
        self.assertEqual(0, second.status)
        self.assertRegex(second.output, rf"^{self.name()} was taken by 李娜 \d+s ago$")
        self.assertIn("somebody: 0\n", self.ctl("pending").output)
        self.assertEqual(0, self.ctl("confirm", self.name(), "--by", "李娜", "--release").status)
        self.assertIn("somebody: 1\n", self.ctl("pending").output)
        self.assertEqual(0, self.ctl("confirm", self.name(), "--by", "wang", "--solved", "--comment", "cleaned up").status)
        self.assertEqual("NP-USAGE notifyctl confirm: 'more' is one too many\n", self.ctl("confirm", self.name(), "more").errors)
        self.assertEqual([("take", "李娜", "looking"), ("release", "李娜", ""), ("solve", "wang", "cleaned up")],
                         self.sql("SELECT verb, author, words FROM reply ORDER BY rowid"))
        self.assertEqual([("solved", "wang", 0)], self.alerts())

    def test_it_is_said_only_when_it_is_safe_from_a_power_cut(self):
        self.tell()
        keeper = sqlite3.connect(self.folder / "etc/state/state.db")  # else closing it would make all safe
        self.addCleanup(keeper.close)
        keeper.execute("SELECT * FROM alert").fetchall()
        trace = self.folder / "trace"
        done = run("strace", "-f", "-y", "-o", str(trace), "-e", "trace=pwrite64,fsync,fdatasync,write", program("notifyctl"), "confirm",
                   self.name(), "--by", "li", environment={**self.environment, "ASAN_OPTIONS": "detect_leaks=0"})
        self.assertEqual(0, done.status, done)
        calls = [match.groups() for match in re.finditer(r"(\w+)\((\d+)<([^>]*)>", trace.read_text())]
        said = next(at for at, (call, descriptor, _) in enumerate(calls) if (call, descriptor) == ("write", "1"))
        log = [call for call, _, path in calls[:said] if path.endswith("state.db-wal")]
        self.assertIn("pwrite64", log)
        self.assertIn(log[-1], ("fsync", "fdatasync"))

    def test_a_source_without_subjects_is_told_by_its_state(self):
        """Nagios and Icinga."""
        self.tell(subject="", state="CRITICAL")
        self.assertIn("db-01 / disk CRITICAL\n", self.ctl("pending").output)
        self.assertEqual([("db-01 / disk CRITICAL",)], self.sql("SELECT subject FROM alert"))

    def test_what_is_over_cannot_be_taken(self):
        self.tell()
        self.tell(kind="recovery", severity="info")
        done = self.ctl("confirm", self.name(), "--by", "li")
        self.assertEqual(0, done.status)
        self.assertIn("ended 0s ago: nothing to confirm", done.output)
        self.assertEqual([], self.sql("SELECT * FROM reply"))

    def test_names_that_are_not_clear_are_listed(self):
        self.tell()
        self.tell(event_id="4712")
        self.sql("UPDATE alert SET short_id = '#AAAAA'")
        done = self.ctl("confirm", "AAAAA", "--by", "li")
        self.assertNotEqual(0, done.status)
        ids = [row[0] for row in self.sql("SELECT id FROM alert")]
        for one in ids:
            self.assertIn(one, done.errors)
        self.assertEqual([], self.sql("SELECT * FROM reply"))
        self.assertEqual(0, self.ctl("confirm", ids[0], "--by", "li").status)
        self.assertEqual([(ids[0],)], self.sql("SELECT id FROM alert WHERE state = 'taken'"))

    def test_wrong_calls_say_what_is_wanted(self):
        self.tell()
        for arguments, wanted in (([], "say which"), (["ZZZZZ", "--by", "li"], "no alert #ZZZZZ"), ([self.name()], "say who"),
                                  ([self.name(), "x", "--by", "li"], "one too many"), ([self.name(), "--at", "x"], "no option"),
                                  ([self.name(), "--by", "l", "--solved", "--release"], "exclude")):
            done = self.ctl("confirm", *arguments)
            self.assertNotEqual(0, done.status, arguments)
            self.assertIn(wanted, done.errors)
        self.assertEqual([], self.sql("SELECT * FROM reply"))

    def test_an_acknowledgement_in_the_monitoring_system_takes_it(self):
        self.tell()
        self.assertEqual(0, self.tell(kind="acknowledgement", author="wang", comment="mine").status)
        self.assertEqual([("taken", "wang", 0)], self.alerts())
        self.assertIn("somebody: 0\n", self.ctl("pending").output)


ROUTES = """
route "database" {
    severity = "warning"  host = {"db-*"}  channels = {"ops-dingtalk"}  to = {"@zhang"}
    escalate { after = "15m"  channels = {"ops-aliyun-sms"}  to = {"@li"} }
    escalate { after = "40m"  channels = {"ops-email"}  to = {"@boss"} }
}
route "default" { default = yes  channels = {"ops-webhook"} }
"""


class Escalation(ConfirmCase):
    routes = ROUTES

    def tell(self, kind="problem", severity="critical", event_id="4711", host="db-01", **fields):
        done, _ = self.route(kind, severity, event_id, host, **{"service": "disk", "subject": "Disk is full", **fields})
        self.assertEqual(0, done.status, done)

    def pass_minutes(self, minutes):
        """Time goes by: what the store remembers is so much older."""
        for table, columns in (("alert", "opened_ms asked_ms due_ms taken_ms reminded_ms over_ms"), ("step", "due_ms"),
                               ("notification", "created_ms ended_ms"), ("reply", "at_ms"), ("booking", "at_ms")):
            for column in columns.split():
                self.sql(f"UPDATE {table} SET {column} = {column} - ? WHERE {column} > 0", minutes * 60000)

    def tick(self, *expected):
        """One pass; what arrived where, in the order of the channels' names."""
        self.stub.recorded.clear()
        self.mail.mails.clear()
        done = self.ctl("tick")
        self.assertEqual(0, done.status, done)
        came = [record.name for record in self.stub.recorded] + ["email"] * len(self.mail.mails)
        self.assertEqual(sorted(expected), sorted(came))
        return done

    def test_step_by_step_until_somebody_takes_it(self):
        self.tell()
        self.tick()
        self.pass_minutes(14)
        self.tick()
        self.pass_minutes(1)
        self.tick("aliyun_sms")
        self.assertIn("13900139000", self.stub.recorded[0].request.target + self.stub.recorded[0].request.body.decode())
        self.tick()
        self.pass_minutes(25)
        self.tick("email")
        mail = self.mail.mails[0]
        self.assertEqual(["boss@example.com"], mail.recipients)
        self.assertIn("40 分钟无人接手", mail.text)
        self.assertIn("无人接手", mail.text)
        for told in ("ops-dingtalk 张伟", "ops-aliyun-sms 李娜"):
            self.assertRegex(mail.text, rf"\d\d:\d\d {told}")
        self.assertRegex(mail.text, r"monitor\.example\.com/confirm/[A-Za-z0-9_-]{39}")
        self.pass_minutes(60)
        self.tick()
        self.assertEqual([("told",), ("told",)], self.sql("SELECT state FROM step"))

    def test_taken_in_time_nothing_follows_and_the_group_is_told(self):
        self.tell()
        self.pass_minutes(4)
        self.ctl("confirm", self.sql("SELECT short_id FROM alert")[0][0], "--by", "李娜", "--comment", "换盘中")
        self.tick("dingtalk")
        text = self.stub.recorded[0].text
        self.assertIn("李娜 已接手（4 分钟后", text)
        self.assertIn("换盘中", text)
        self.pass_minutes(60)
        self.tick()
        self.assertEqual([("stopped",), ("stopped",)], self.sql("SELECT state FROM step"))
        self.assertEqual([(1,)], self.sql("SELECT announced FROM reply"))

    def test_given_back_it_goes_on_where_it_stood(self):
        self.tell()
        self.pass_minutes(10)
        name = self.sql("SELECT short_id FROM alert")[0][0]
        self.ctl("confirm", name, "--by", "li")
        self.tick("dingtalk")
        self.pass_minutes(60)
        self.ctl("confirm", name, "--by", "li", "--release")
        self.tick("dingtalk")
        self.assertRegex(self.stub.recorded[0].text, "li 已放弃处理")
        self.pass_minutes(4)
        self.tick()
        self.pass_minutes(2)
        self.tick("aliyun_sms")

    def test_over_in_time_nothing_follows(self):
        self.tell()
        self.tell(kind="recovery", severity="info")
        self.pass_minutes(60)
        self.tick()

    def test_acknowledged_in_the_monitoring_system_nothing_follows(self):
        self.tell()
        self.tell(kind="acknowledgement", author="wang")
        self.pass_minutes(60)
        self.tick()

    def test_who_was_called_in_is_told_of_the_end_once(self):
        self.tell()
        self.pass_minutes(16)
        self.tick("aliyun_sms")
        self.pass_minutes(1)
        self.tell(kind="recovery", severity="info")
        self.tick("aliyun_sms")
        self.pass_minutes(1)
        self.tick()
        self.assertEqual({"ended", "stopped"}, {row[0] for row in self.sql("SELECT state FROM step")})

    def test_taken_and_still_there_is_brought_back_to_mind(self):
        self.tell()
        self.ctl("confirm", self.sql("SELECT short_id FROM alert")[0][0], "--by", "li")
        self.tick("dingtalk")
        self.pass_minutes(239)
        self.tick()
        self.pass_minutes(1)
        self.tick("dingtalk")
        self.assertRegex(self.stub.recorded[0].text, r"仍未恢复（li, 4 小时")
        self.tick()
        self.pass_minutes(240)
        self.tick("dingtalk")
        self.ctl("confirm", self.sql("SELECT short_id FROM alert")[0][0], "--by", "li", "--solved")
        self.tick("dingtalk")
        self.pass_minutes(300)
        self.tick()

    def test_a_pass_that_is_stopped_tells_nothing_twice(self):
        self.tell()
        self.pass_minutes(16)
        self.tick("aliyun_sms")
        self.sql("UPDATE step SET state = 'waiting'")  # as if it had been stopped before the mark
        self.sql("UPDATE notification SET created_ms = created_ms - 120000 WHERE reason = 'escalation'")
        self.tick()
        self.sql("UPDATE reply SET announced = 0")
        self.tick()

    def test_a_reminder_that_is_stopped_is_told_once(self):
        self.tell()
        self.ctl("confirm", self.sql("SELECT short_id FROM alert")[0][0], "--by", "li")
        self.tick("dingtalk")
        self.pass_minutes(241)
        self.tick("dingtalk")
        self.sql("UPDATE alert SET reminded_ms = 0")  # as if it had been stopped before the mark
        self.tick()

    def test_taken_while_others_escalate_it_does_not(self):
        """What somebody takes in the middle of a pass is left alone by that pass: here as soon as the first one's step is told."""
        self.tell(severity="emergency")
        self.tell(event_id="4712")
        self.sql("CREATE TRIGGER somebody AFTER UPDATE OF state ON step WHEN NEW.state = 'told' BEGIN"
                 " UPDATE alert SET state = 'taken', taken_by = 'li', taken_ms = NEW.due_ms + 60000 WHERE problem LIKE '%4712';"
                 " UPDATE step SET state = 'stopped' WHERE problem LIKE '%4712'; END")
        self.pass_minutes(16)
        self.tick("aliyun_sms")
        self.assertEqual([("4711", "told"), ("4711", "waiting"), ("4712", "stopped"), ("4712", "stopped")],
                         self.sql("SELECT substr(problem, -4), state FROM step ORDER BY problem, number"))

    def test_a_problem_without_an_id_is_the_same_in_other_words(self):
        """Where only its words tell it from others, what is said of it later still leads to its page."""
        for source, words in (("json", {"subject": "Backup failed"}), ("nagios", {"subject": "", "state": "DOWN"})):
            with self.subTest(source):
                self.tell(event_id="", source=source, service="", **words)
                name, alert = self.sql("SELECT short_id, id FROM alert WHERE source = ?", source)[0]
                self.pass_minutes(41)
                self.tick("aliyun_sms", "email")
                tokens = re.findall(r"/confirm/([A-Za-z0-9_-]{39})", self.mail.mails[0].text)
                self.assertEqual({alert}, {token_parts(token)[1] for token in tokens})
                self.assertEqual({(name,)}, set(self.sql("SELECT short_id FROM notification WHERE source = ?", source)))
                self.ctl("confirm", name, "--by", "li")
                self.tick("dingtalk", "email")
                self.pass_minutes(240)
                self.tick("dingtalk", "email")
                for told in (self.stub.recorded[0].text, self.mail.mails[0].text):
                    self.assertRegex(told, f"编号：.*{name}")
                self.ctl("confirm", name, "--by", "li", "--solved")
                self.tick("dingtalk", "email")

    def test_steps_that_the_configuration_forgot_are_taken_all_the_same(self):
        self.tell()
        self.configure(extra=self.head + ROUTES.replace('escalate { after = "40m"', '# '))
        self.pass_minutes(41)
        self.tick("aliyun_sms", "email")
        self.assertEqual(["boss@example.com"], self.mail.mails[0].recipients)
        self.tell(event_id="4712")
        self.configure(extra=self.head + 'route "default" { default = yes  channels = {"ops-webhook"} }')
        self.pass_minutes(16)
        self.tick("aliyun_sms")
        self.assertIn("13800138000", self.stub.recorded[0].request.target + self.stub.recorded[0].request.body.decode())

    def test_without_steps_of_its_own_the_same_people_by_sms_then_the_operator(self):
        self.configure(extra=self.head + 'route "default" { default = yes  channels = {"ops-dingtalk"}  to = {"@li"} }')
        self.tell()
        self.pass_minutes(31)
        self.tick("aliyun_sms")
        self.assertIn("13900139000", self.stub.recorded[0].request.target + self.stub.recorded[0].request.body.decode())
        self.pass_minutes(30)
        self.tick("email")
        self.assertEqual(["boss@example.com"], self.mail.mails[0].recipients)
        self.pass_minutes(120)
        self.tick()

    def data(self):
        """What the one message says, field by field."""
        [message] = self.stub.recorded
        return message.json["data"]

    def test_what_follows_says_who_when_and_how_long(self):
        self.configure(extra=self.head + 'route "default" { default = yes  channels = {"ops-webhook"}'
                       '  escalate { after = "15m"  channels = {"ops-webhook"} } }')
        self.tell(state="CRITICAL", message="95%", time=int(time.time()) - 60)
        self.pass_minutes(5)
        name, = self.sql("SELECT short_id FROM alert")[0]
        for verb, kind, words in (("--by", "acknowledgement", "li 已接手（5 分钟后）：Disk is full"),
                                  ("--release", "update", "li 已放弃处理（5 分钟后），等待接手：Disk is full"),
                                  ("--solved", "update", "li 表示已解决（5 分钟后）：Disk is full")):
            self.ctl("confirm", name, "--by", "li", "--comment", f"words of {kind}", *([] if verb == "--by" else [verb]))
            self.tick("webhook")
            data = self.data()
            self.assertEqual((kind, words, "li", f"words of {kind}", "5 分钟"),
                             tuple(data[field] for field in ("kind", "subject", "author", "comment", "duration")))
            self.assertAlmostEqual(time.time(), data["time"], delta=20)
            self.assertNotIn("message", data)
            self.assertEqual(("CRITICAL", "zabbix//db-01/disk/4711"), (data["state"], data["problem_id"]))
        self.ctl("confirm", name, "--by", "li", "--release")
        self.tick("webhook")
        self.ctl("confirm", name, "--by", "wang")
        self.tick("webhook")
        self.pass_minutes(240)
        self.tick("webhook")
        self.assertEqual(("update", "仍未恢复（wang, 4 小时）：Disk is full", "wang"),
                         tuple(self.data()[field] for field in ("kind", "subject", "author")))

    def test_the_end_says_what_there_was_and_how_long(self):
        self.configure(extra=self.head + 'route "default" { default = yes  channels = {"ops-dingtalk"}'
                       '  escalate { after = "15m"  channels = {"ops-webhook"} } }')
        self.tell(state="CRITICAL", message="95%", time=int(time.time()) - 1000)
        self.pass_minutes(16)
        self.tick("webhook")
        self.assertEqual(("problem", "CRITICAL"), (self.data()["kind"], self.data()["state"]))
        self.assertIn("95%", self.data()["message"])
        self.tell(kind="recovery", severity="info", state="OK")
        self.tick("webhook")
        data = self.data()
        self.assertEqual(("recovery", "CRITICAL", "16m"), (data["kind"], data["previous_state"], data["duration"][:3]))
        self.assertAlmostEqual(time.time(), data["time"], delta=20)
        self.assertNotIn("state", data)
        self.assertNotIn("message", data)

    def test_a_step_has_the_channels_and_people_of_its_route_where_it_names_none(self):
        self.configure(extra=self.head + """route "default" { default = yes  channels = {"ops-dingtalk"}  to = {"@zhang"}
                       escalate { after = "15m"  to = {"@li"} }  escalate { after = "20m"  channels = {"ops-aliyun-sms"} } }""")
        self.tell()
        self.pass_minutes(15)
        self.tick("dingtalk")
        self.assertIn("@13900139000", self.stub.recorded[0].text)
        self.pass_minutes(5)
        self.tick("aliyun_sms")
        self.assertIn("13800138000", self.stub.recorded[0].request.target + self.stub.recorded[0].request.body.decode())

    def test_a_step_that_reaches_nobody_calls_the_operator(self):
        self.configure(extra=self.head + """route "default" { default = yes  channels = {"ops-dingtalk"}
                       escalate { after = "15m"  channels = {"ops-aliyun-sms"}  to = {"@boss"} } }""")
        self.tell()
        self.pass_minutes(15)
        self.tick("email")
        self.assertEqual(["boss@example.com"], self.mail.mails[0].recipients)

    def test_where_nobody_can_be_called_in_the_log_says_so_once(self):
        self.configure(extra='confirm { within = "15m" }\nroute "default" { default = yes  channels = {"ops-dingtalk"} }\n',
                       channels=("dingtalk",))
        self.tell()
        self.pass_minutes(15)
        worker = subprocess.Popen([program("notifyd"), "--verbose", "--config", str(self.configuration)], text=True,
                                  stderr=subprocess.PIPE, env={"PATH": "/usr/bin:/bin", **self.environment})
        wait_until(lambda: self.sql("SELECT 1 FROM step WHERE state = 'told'"), 20, "the step")
        self.pass_minutes(15)
        wait_until(lambda: not self.sql("SELECT 1 FROM step WHERE state = 'waiting'"), 20, "the next step")
        worker.terminate()
        lines = [line for line in worker.communicate(timeout=20)[1].splitlines() if "NP-ESCALATION" in line]
        self.assertEqual(2, len(lines), lines)
        self.assertRegex(lines[0], r"NP-ESCALATION #\w{5}: nobody can be called in: .*operator")

    def test_those_without_a_name_and_too_many_to_list(self):
        self.configure(extra=self.head + 'contact "sun" { mobile = "13600136000" }\n'
                       'route "default" { default = yes  channels = {"ops-dingtalk"}  to = {"@sun", "@li"}'
                       '  escalate { after = "15m"  channels = {"ops-email"}  to = {"@boss"} } }')
        self.tell()
        columns = ", ".join(row[1] for row in self.sql("PRAGMA table_info(notification)") if row[1] != "id")
        for number in range(9):
            self.sql(f"INSERT INTO notification (id, {columns}) SELECT '{number}', {columns} FROM notification LIMIT 1")
        self.pass_minutes(15)
        self.tick("email")
        text = self.mail.mails[0].text.partition("<!DOCTYPE")[0]
        self.assertEqual(8, text.count("ops-dingtalk sun 李娜"), text)

    def test_who_was_told_by_sms_hears_only_of_the_end(self):
        self.tell()
        self.pass_minutes(16)
        self.tick("aliyun_sms")
        self.ctl("confirm", self.sql("SELECT short_id FROM alert")[0][0], "--by", "li")
        self.tick("dingtalk")
        self.tell(kind="recovery", severity="info")
        self.tick("aliyun_sms")

    def test_the_source_itself_tells_the_others_of_the_end(self):
        """Whom it leaves out is its business."""
        self.tell()
        self.pass_minutes(16)
        self.tick("aliyun_sms")
        super().tell(kind="recovery", severity="info")
        self.assertEqual([("asked", "", 1)], self.alerts())
        self.tick("aliyun_sms")

    def test_an_event_that_cannot_be_read_is_told_by_what_the_alert_says(self):
        self.tell()
        self.sql("UPDATE alert SET event = 'of another version'")
        self.pass_minutes(41)
        self.tick("aliyun_sms", "email")
        self.assertRegex(self.mail.mails[0].text, "41 分钟无人接手：Disk is full")
        self.assertEqual([(1, 1)], self.sql("SELECT COUNT(DISTINCT problem), COUNT(DISTINCT short_id) FROM notification"))

    def test_who_was_kept_from_the_problem_hears_nothing_of_it(self):
        self.configure(extra=self.head + 'route "default" { default = yes  channels = {"ops-dingtalk"}  also = {"ops-webhook"} }')
        self.tell()
        self.sql("UPDATE notification SET outcome = 'held' WHERE section = 'ops-webhook'")
        self.ctl("confirm", self.sql("SELECT short_id FROM alert")[0][0], "--by", "li")
        self.tick("dingtalk")

    def test_what_follows_passes_the_limits_that_protect_from_floods(self):
        self.configure(extra=self.head.replace("per_minute = 100", "per_minute = 1") + self.routes)
        self.tell()
        name, = self.sql("SELECT short_id FROM alert")[0]
        for verb in ([], ["--release"], ["--solved"]):
            self.ctl("confirm", name, "--by", "li", *verb)
            self.tick("dingtalk")

    def test_no_reminders_where_none_are_wanted(self):
        self.configure(extra=self.head.replace('within = "30m"', 'within = "30m"  remind = "0"') + self.routes)
        self.tell()
        self.ctl("confirm", self.sql("SELECT short_id FROM alert")[0][0], "--by", "li")
        self.tick("dingtalk")
        self.pass_minutes(1000)
        self.tick()

    def test_who_was_told_of_an_earlier_end_is_told_of_the_next(self):
        """A source without ids: the same problem again, hours later."""
        for later in range(2):
            self.tell(event_id="", time=int(time.time()) + later)
            self.pass_minutes(16)
            self.tick("aliyun_sms")
            self.tell(event_id="", kind="recovery", severity="info")
            self.tick("aliyun_sms")
            self.pass_minutes(300)

    def test_without_a_worker_a_sender_follows_up_a_few(self):
        """So that it ends in time, whatever waits."""
        for number in range(6):
            self.tell(event_id=str(number))
        self.pass_minutes(16)
        self.stub.recorded.clear()
        self.sql("DELETE FROM value WHERE name LIKE 'worker%'")
        self.tell(event_id="another")
        self.assertEqual([(3,)], self.sql("SELECT COUNT(*) FROM step WHERE state = 'told'"))

    def test_a_source_that_tells_it_again_does_not_begin_anew(self):
        self.tell()
        self.pass_minutes(10)
        self.tell(notification_number="2")
        self.pass_minutes(5)
        self.tick("aliyun_sms")


class Setup(ConfirmCase):
    def test_it_makes_a_key_once(self):
        key = self.folder / "etc/confirm.key"
        key.unlink()
        first = self.ctl("setup")
        self.assertEqual(0, first.status, first)
        self.assertIn("(made)", first.output)
        text = key.read_text()
        self.assertRegex(text, r"^[0-9a-f]{64}\n$")
        self.assertEqual(0o640, stat.S_IMODE(key.stat().st_mode))
        self.assertIn("(was there)", self.ctl("setup").output)
        self.assertEqual(text, key.read_text())
        self.assertEqual([], [name for name in os.listdir(key.parent) if name.endswith(".new")])
        self.assertEqual(0, self.ctl("check").status, self.ctl("check"))

    def test_check_says_what_a_half_configured_block_leaves_out(self):
        page = 'confirm { base_url = "https://monitor.example.com/confirm" }\n'
        operator = 'operator { channels = {"ops-webhook"} }\n'
        step = 'route "x" { default = yes  channels = {"ops-webhook"}  escalate { after = "15m"  channels = {"ops-webhook"} } }\n'
        link, people = "messages have no link", "nobody can be called in"
        for extra, advice in (("confirm { }\n", "'confirm' is empty: nobody is asked"), (page + operator, ""),
                              (page, people), ('confirm { within = "30m" }\n' + operator, link), (step, link),
                              (page + step, people), (step + operator, link), ("", "")):
            with self.subTest(extra):
                self.configure(extra=extra, channels=("webhook",))
                checked = self.ctl("check")
                self.assertEqual(0, checked.status, checked)
                for words in ("'confirm' is empty: nobody is asked", link, people):
                    self.assertEqual(words == advice, words in checked.output, checked.output)
        self.configure(extra=page)  # with SMS, which reach the same people's pockets
        self.assertNotIn(people, self.ctl("check").output)
        (self.folder / "etc/confirm.key").unlink()
        checked = self.ctl("check")
        self.assertEqual(2, checked.status)
        self.assertIn("`notifyctl setup` makes one", checked.output)

    def test_it_lets_the_users_of_daemons_in(self):
        """By the system's own programs; here others stand in for them, and write down how they were called."""
        programs = self.folder / "bin"
        for name in ("groupadd", "usermod"):
            write(programs / name, f'#!/bin/sh\necho {name} "$@" >>{self.folder}/called\n', 0o755)
        environment = {**self.environment, "PATH": f"{programs}:/usr/bin:/bin"}
        done = run(program("notifyctl"), "setup", "nobody", "daemon", environment=environment)
        self.assertEqual(0, done.status, done)
        called = (self.folder / "called").read_text().splitlines()
        groups = "notification-plugins,notification-secrets"
        self.assertEqual([f"usermod --append --groups {groups} -- nobody", f"usermod --append --groups {groups} -- daemon"],
                         [line for line in called if line.startswith("usermod")])
        self.assertIn("user nobody: joins", done.output)
        for name, wanted in (("no-such-user", "there is no user"), ("--all", "wanted names")):
            done = run(program("notifyctl"), "setup", name, environment=environment)
            self.assertNotEqual(0, done.status)
            self.assertIn(wanted, done.errors)
        write(programs / "usermod", "#!/bin/sh\nexit 6\n", 0o755)
        self.assertIn("'usermod' failed", run(program("notifyctl"), "setup", "nobody", environment=environment).errors)


if __name__ == "__main__":
    unittest.main()
