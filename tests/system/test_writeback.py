"""What people confirm is told to the monitoring system: queued while that is down, told once, and known when it comes back."""
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

from support import program, quoted, wait_until, write
from stub.monitors import ACKNOWLEDGE, MESSAGE, UNACKNOWLEDGE, Icinga2Api, ZabbixApi, said
from stub.server import Answer, Stub
from test_confirm import CONFIRM, ConfirmCase

HOUR_MS = 3600000


class WritebackCase(ConfirmCase):
    head = CONFIRM.replace('"@boss"', '"boss@example.com"')

    def name(self):
        return self.sql("SELECT short_id FROM alert")[0][0]

    @property
    def mark(self):
        return f"[{self.name()} notification-plugins]"

    def confirm(self, *arguments, by="张三"):
        done = self.ctl("confirm", self.name(), "--by", by, *arguments)
        self.assertEqual(0, done.status, done)

    def tick(self):
        done = self.ctl("tick")
        self.assertEqual(0, done.status, done)
        return done.output

    def let_time_pass(self, ms=HOUR_MS):
        self.sql("UPDATE writeback SET due_ms = due_ms - ?, created_ms = created_ms - ?", ms, ms)

    def rows(self):
        return self.sql("SELECT verb, state, attempts FROM writeback ORDER BY created_ms, rowid")

    def result(self):
        return self.sql("SELECT result FROM writeback")[0][0]


class ZabbixCase(WritebackCase):
    version = "6.0.14"

    def setUp(self):
        super().setUp()
        self.zabbix = ZabbixApi(self.version, events=["4711", "4712"])
        self.api = Stub([self.zabbix])
        self.api.__enter__()
        self.port = int(self.api.host.partition(":")[2])
        self.addCleanup(lambda: self.api and self.api.__exit__())
        self.configure(extra=self.head + f'monitor "zabbix" {{ url = "{self.api.url}/zabbix/api_jsonrpc.php"  '
                                         'token_file = "secrets/zabbix-token"  timeout = "3s" }\n')
        write(self.folder / "etc/confirm.key", "0123456789abcdef" * 2 + "\n", 0o600)
        write(self.folder / "etc/secrets/zabbix-token", self.zabbix.token + "\n", 0o600)

    def stop(self):
        self.api.__exit__()
        self.api = None

    def start(self):
        self.api = Stub([self.zabbix], port=self.port)
        self.api.__enter__()

    def said(self):
        return [(one["action"], one["message"]) for one in self.zabbix.events["4711"]]


class Zabbix(ZabbixCase):
    def test_every_version_takes_it_once(self):
        for version in ("6.0.14", "6.4.0", "7.0.22", "7.4.1"):
            with self.subTest(version):
                self.zabbix.__init__(version, events=[version])
                self.sql("DELETE FROM alert")
                self.sql("DELETE FROM writeback")
                self.assertEqual(0, self.tell(event_id=version.replace(".", "")).status)
                self.zabbix.events = {version.replace(".", ""): []}
                self.confirm("--comment", "looking")
                self.assertIn("written back 1", self.tick())
                [[one]] = self.zabbix.events.values()
                self.assertEqual((ACKNOWLEDGE | MESSAGE, f"张三 正在处理: looking {self.mark}"), (one["action"], one["message"]))
                self.assertEqual([("take", "done", 1)], self.rows())
                self.assertEqual(["apiinfo.version", "event.acknowledge"], [said(record) for record in self.api.recorded][-2:])
                asked = len(self.api.recorded)
                self.tick()
                self.assertEqual(asked, len(self.api.recorded))

    def test_what_is_said_comes_in_its_order(self):
        self.tell()
        self.confirm()
        self.confirm("--release", "--comment", "not mine", by="李四")
        self.confirm("--solved", "--comment", "new disk", by="王五")
        self.tick()
        self.assertEqual([(ACKNOWLEDGE | MESSAGE, f"张三 正在处理 {self.mark}"),
                          (UNACKNOWLEDGE | MESSAGE, f"李四 已退回: not mine {self.mark}"),
                          (ACKNOWLEDGE | MESSAGE, f"王五 已解决: new disk {self.mark}")], self.said())
        self.assertEqual([("take", "done", 1), ("release", "done", 1), ("solve", "done", 1)], self.rows())

    def test_it_waits_while_zabbix_is_down_and_nothing_overtakes(self):
        self.tell()
        self.confirm()
        self.stop()
        self.assertIn("waiting 1", self.tick())
        self.confirm("--release")
        self.tick()
        self.assertEqual([("take", "waiting", 1), ("release", "waiting", 0)], self.rows())
        status = self.ctl("status")
        self.assertEqual(1, status.status)
        self.assertRegex(status.output, r"monitor: 1 confirmation waits to be written back: NO-CONNECTION")
        self.start()
        self.assertEqual("", self.tick(), "its time has not come")
        self.let_time_pass()
        self.tick()
        self.assertEqual([ACKNOWLEDGE | MESSAGE, UNACKNOWLEDGE | MESSAGE], [action for action, _ in self.said()])
        self.assertEqual([("take", "done", 2), ("release", "done", 1)], self.rows())
        self.assertNotIn("monitor:", self.ctl("status").output)

    def test_many_rows_wait_for_one_time_out_only(self):
        for number in range(5):
            self.tell(event_id=str(number))
        self.stop()
        for ident, in self.sql("SELECT id FROM alert"):
            self.assertEqual(0, self.ctl("confirm", ident, "--by", "li").status)
        self.tick()
        self.assertEqual(1, sum(attempts for _, _, attempts in self.rows()))

    def test_an_answer_that_was_lost_is_not_said_twice(self):
        for version in ("6.0.14", "6.4.0", "7.0.22", "7.4.1"):
            with self.subTest(version):
                self.zabbix.__init__(version, events=["4711"])
                self.sql("DELETE FROM alert")
                self.sql("DELETE FROM writeback")
                self.sql("DELETE FROM notification")
                self.tell()
                self.confirm()
                self.zabbix.lose_answers = 1
                self.tick()
                self.assertEqual([("take", "waiting", 1)], self.rows())
                self.let_time_pass()
                self.tick()
                self.assertEqual([("take", "done", 2)], self.rows())
                self.assertEqual(1, len(self.said()))

    def test_killed_between_it_is_not_said_twice(self):
        self.tell()
        self.confirm()
        process = None

        def kill():
            process.send_signal(signal.SIGKILL)
            process.wait()
        self.zabbix.when_done = kill
        process = subprocess.Popen([str(program("notifyctl")), "tick"], env={"PATH": "/usr/bin:/bin", **self.environment},
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: process.poll() is not None, what="its end")
        self.assertEqual(-signal.SIGKILL, process.returncode)
        self.assertEqual([("take", "waiting", 1)], self.rows())
        self.zabbix.when_done = lambda: None
        self.assertEqual("", self.tick(), "another worker may still be at it")
        self.let_time_pass()
        self.tick()
        self.assertEqual([("take", "done", 2)], self.rows())
        self.assertEqual(1, len(self.said()))

    def test_a_token_that_is_refused_waits_for_a_day_and_the_operator_hears(self):
        write(self.folder / "etc/secrets/zabbix-token", "f" * 64 + "\n", 0o600)
        self.tell()
        self.confirm()
        self.tick()
        self.tick()
        self.assertEqual([("take", "waiting", 1)], self.rows())
        self.assertIn("re-login", self.result())
        [told] = self.arrivals("email", 1)
        self.assertIn("zabbix", told.text)
        self.assertNotIn("f" * 64, told.text + self.result())
        self.let_time_pass(25 * HOUR_MS)
        self.tick()
        self.assertEqual([("take", "failed", 2)], self.rows())
        self.assertRegex(self.result(), "it was tried for 24 hours; .*re-login")
        self.assertRegex(self.ctl("status").output, "monitor: 1 confirmation failed to be written back: it was tried")
        self.tick()
        self.assertEqual(2, len(self.arrivals("email", 2)))

    def test_a_permission_that_is_missing_can_be_given(self):
        self.zabbix.permitted = False
        self.tell()
        self.confirm()
        self.tick()
        self.assertIn("no permissions", self.result())
        self.zabbix.permitted = True
        self.let_time_pass()
        self.tick()
        self.assertEqual([("take", "done", 2)], self.rows())

    def test_a_web_server_in_trouble_is_asked_again(self):
        self.tell()
        self.confirm()
        self.api.script("zabbix", Answer(status=502))
        self.tick()
        self.assertEqual([("take", "waiting", 1)], self.rows())
        self.let_time_pass()
        self.tick()
        self.assertEqual([("take", "done", 2)], self.rows())

    def test_a_wish_to_wait_is_heeded_for_an_hour_at_most(self):
        self.tell()
        self.confirm()
        self.api.script("zabbix", Answer(status=429, headers={"Retry-After": "7200"}))
        self.tick()
        self.tick()
        self.assertEqual([("take", "waiting", 1)], self.rows())
        self.let_time_pass()
        self.tick()
        self.assertEqual([("take", "done", 2)], self.rows())

    def test_after_a_day_without_a_worker_it_is_still_told(self):
        self.tell()
        self.confirm()
        self.let_time_pass(30 * HOUR_MS)
        self.zabbix.permitted = False
        self.tick()
        self.assertEqual([("take", "waiting", 1)], self.rows())
        self.zabbix.permitted = True
        self.sql("UPDATE writeback SET attempts = 0, due_ms = 0")
        self.tick()
        self.assertEqual([("take", "done", 1)], self.rows())

    def test_a_clock_that_is_set_back_turns_no_order_round(self):
        self.tell()
        self.confirm()
        self.sql("UPDATE writeback SET created_ms = created_ms + 1800000, due_ms = due_ms + 1800000")
        self.confirm("--release")
        self.tick()
        self.assertEqual([], self.said())
        self.let_time_pass()
        self.tick()
        self.assertEqual([ACKNOWLEDGE | MESSAGE, UNACKNOWLEDGE | MESSAGE], [action for action, _ in self.said()])

    def test_what_waits_for_a_time_that_a_clock_was_set_back_from_is_due(self):
        self.tell()
        self.confirm()
        self.sql("UPDATE writeback SET due_ms = due_ms + 86400000")
        self.tick()
        self.assertEqual([("take", "done", 1)], self.rows())

    def test_a_row_that_another_worker_has_tried_meanwhile_is_left_to_its_time(self):
        for event in ("4711", "4712"):
            self.tell(event_id=event)
        for ident, in self.sql("SELECT id FROM alert ORDER BY problem"):
            self.assertEqual(0, self.ctl("confirm", ident, "--by", "li").status)

        def other_worker():
            self.sql("UPDATE writeback SET attempts = 1, due_ms = due_ms + 600000 WHERE problem LIKE '%4712'")
        self.zabbix.when_done = other_worker
        self.tick()
        self.assertEqual([("take", "done", 1), ("take", "waiting", 1)], self.rows())

    def test_a_redirect_is_not_followed_and_a_huge_answer_not_read(self):
        for answer, word in ((Answer(status=302, headers={"Location": "https://evil.example/x"}), "redirect to 'https://evil.example'"),
                             (Answer(body=b"{" * 600_000), "HUGE-ANSWER"), (Answer.of_json([1, 2]), "UNREADABLE"),
                             (Answer.of_json({"jsonrpc": "2.0", "result": {"a": 1}, "id": 1}), "NOT-ZABBIX")):
            with self.subTest(word):
                for table in ("alert", "writeback", "notification"):
                    self.sql(f"DELETE FROM {table}")
                self.tell()
                self.confirm()
                self.api.script("zabbix", answer)
                self.tick()
                self.assertEqual([("take", "waiting", 1)], self.rows())
                self.assertIn(word, self.result())
                self.assertEqual([], self.said())

    def test_an_event_that_is_no_triggers_is_not_asked(self):
        self.tell(event_id="service-3")
        self.confirm()
        self.tick()
        self.assertEqual([("take", "failed", 1)], self.rows())
        self.assertNotIn("event.acknowledge", [said(record) for record in self.api.recorded])

    def test_other_sources_have_no_monitor(self):
        self.tell(source="checkmk")
        self.confirm()
        self.assertNotIn("written back", self.tick())
        self.assertEqual([("take", "done", 1)], self.rows())
        self.assertEqual("no monitor is configured for it", self.result())
        self.assertEqual([], self.api.recorded)

    def test_long_words_are_cut_and_the_mark_stays(self):
        self.tell()
        self.confirm("--comment", "磁盘" * 1500)
        self.tick()
        [(_, message)] = self.said()
        self.assertLessEqual(len(message), 2048)
        self.assertTrue(message.endswith(f"… {self.mark}"), message[-60:])

    def test_check_reads_its_settings(self):
        self.assertEqual(0, self.ctl("check").status, self.ctl("check"))
        write(self.folder / "etc/secrets/zabbix-token", "x" * 20, 0o644)
        checked = self.ctl("check")
        self.assertEqual(2, checked.status)
        self.assertIn("'token_file'", checked.output)


class Session(ZabbixCase):
    """A user and a password in place of a token."""

    def setUp(self):
        super().setUp()
        text = self.configuration.read_text(encoding="utf-8")
        write(self.configuration, text.replace('token_file = "secrets/zabbix-token"',
                                               'user = "write-back"  password_file = "secrets/zabbix-password"'))
        self.password(self.zabbix.password)

    def password(self, text):
        write(self.folder / "etc/secrets/zabbix-password", text + "\n", 0o600)

    def test_it_logs_in_tells_and_leaves_no_session_behind(self):
        for version in ("6.0.14", "7.4.1"):
            with self.subTest(version):
                self.zabbix.__init__(version, events=["4711"])
                for table in ("alert", "writeback", "notification"):
                    self.sql(f"DELETE FROM {table}")
                self.tell()
                self.confirm()
                self.tick()
                self.assertEqual([("take", "done", 1)], self.rows())
                self.assertEqual((1, []), (self.zabbix.logins, self.zabbix.sessions))

    def test_what_fails_leaves_none_either(self):
        self.zabbix.permitted = False
        self.tell()
        self.confirm()
        self.tick()
        self.assertIn("no permissions", self.result())
        self.assertEqual((1, []), (self.zabbix.logins, self.zabbix.sessions))

    def test_a_wrong_password_is_said_in_words_without_it(self):
        self.password("wrong-password")
        self.tell()
        self.confirm()
        self.tick()
        self.assertEqual([("take", "waiting", 1)], self.rows())
        self.assertIn("check user name and password", self.result())
        [told] = self.arrivals("email", 1)
        self.assertNotIn("wrong-password", told.text + self.result())
        self.assertEqual(["apiinfo.version", "user.login"], [said(record) for record in self.api.recorded])

    def test_a_session_is_as_secret_as_a_token(self):
        self.tell()
        self.confirm()
        error = {"code": -32602, "message": "Invalid params.", "data": f"Session {1:032x} is none."}
        self.api.script("zabbix", None, None, Answer.of_json({"jsonrpc": "2.0", "error": error, "id": 1}))
        self.tick()
        self.assertIn("Session *** is none", self.result())

    def test_who_acknowledged_there_is_asked_in_a_session_too(self):
        self.tell()
        self.zabbix.acknowledged.add("4711")
        self.zabbix.say("4711", ACKNOWLEDGE, "", "wang", "Wang", "Wei", clock=time.time() - 120)
        self.assertIn("acknowledged in the monitoring system 1", self.tick())
        self.assertEqual((1, []), (self.zabbix.logins, self.zabbix.sessions))


class Echo(ZabbixCase):
    def told(self):
        """Messages but those by which we announce ourselves who has taken it."""
        return self.sql("SELECT COUNT(*) FROM notification WHERE outcome = 'delivered' AND reason <> 'confirmation'")[0][0]

    def test_our_own_words_are_not_told_again(self):
        self.tell()
        self.confirm("--comment", "looking")
        self.tick()
        [(_, message)] = self.said()
        done = self.tell(kind="acknowledgement", author="Zabbix API", comment=message, action="acknowledged and commented")
        self.assertEqual(0, done.status)
        self.assertIn("echo", done.output)
        self.assertEqual(1, self.told())
        self.assertEqual([("echo", "echo")], self.sql(
            "SELECT reason, outcome FROM notification WHERE kind = 'acknowledgement' AND reason <> 'confirmation'"))
        self.assertIn("echo", self.ctl("history").output)
        self.assertEqual([("taken", "张三", 0)], self.alerts())
        self.assertEqual(1, len(self.rows()))

    def test_a_late_echo_does_not_take_what_was_given_back(self):
        self.tell()
        self.confirm()
        self.confirm("--release")
        self.tick()
        (_, taken), (_, given_back) = self.said()
        self.tell(kind="acknowledgement", author="Zabbix API", comment=taken, action="acknowledged and commented")
        self.tell(kind="update", author="Zabbix API", comment=given_back, action="unacknowledged and commented")
        self.assertEqual(1, self.told())
        self.assertEqual([("asked", "", 0)], self.alerts())

    def test_a_forged_mark_silences_nothing_else(self):
        self.tell()
        forged = f"never mind {self.mark}"
        for number, event in enumerate([{"kind": "acknowledgement", "action": "acknowledged and commented"},
                                        {"kind": "problem", "event_id": "4712", "action": ""},
                                        {"kind": "update", "action": "commented and closed"},
                                        {"kind": "recovery", "severity": "info"}], 2):
            done = self.tell(comment=forged, author="stranger", **event)
            self.assertEqual(0, done.status, done)
            self.assertEqual(number, self.told(), done)

    def test_the_mark_in_a_persons_words_silences_no_announcement(self):
        self.tell()
        self.confirm("--comment", f"copied {self.mark}")
        self.tick()
        self.confirm("--release")
        self.confirm("--comment", f"copied {self.mark}", by="李四")
        self.tick()
        self.assertEqual([(3,)], self.sql("SELECT COUNT(*) FROM notification WHERE reason = 'confirmation' AND outcome ="
                                          " 'delivered'"))

    def test_words_of_others_are_told(self):
        self.tell()
        self.confirm()
        self.tick()
        self.tell(kind="acknowledgement", author="wang", comment="me, too", action="commented")
        self.assertEqual(2, self.told())

    def test_taken_back_in_zabbix_it_waits_again(self):
        self.tell()
        self.confirm()
        self.tell(kind="update", author="wang", comment="", action="unacknowledged")
        self.assertEqual([("asked", "", 0)], self.alerts())
        self.assertEqual(2, self.told())


class Lookout(ZabbixCase):
    """Somebody acknowledges in Zabbix, and no notification of it comes."""

    def acknowledge(self, ago_s=120, event="4711", words="mine"):
        self.zabbix.acknowledged.add(event)
        self.zabbix.say(event, ACKNOWLEDGE | MESSAGE, words, "wang", "Wang", "Wei", clock=time.time() - ago_s)

    def look_again(self):
        self.sql("UPDATE value SET number = number - 61000 WHERE name = 'lookout_ms'")
        return self.tick()

    def asked(self):
        return [said(record) for record in self.api.recorded].count("event.get")

    def test_it_is_taken_here_and_announced(self):
        for version in ("6.0.14", "7.0.22", "7.4.1"):
            with self.subTest(version):
                self.zabbix.__init__(version, events=["4711", "4712"])
                for table in ("alert", "reply", "value", "notification"):
                    self.sql(f"DELETE FROM {table}")
                self.tell()
                self.tell(event_id="4712")
                self.acknowledge()
                self.assertIn("acknowledged in the monitoring system 1", self.tick())
                self.assertEqual([("taken", "Wang Wei", "zabbix"), ("asked", "", "")],
                                 self.sql("SELECT state, taken_by, taken_via FROM alert ORDER BY problem"))
                self.assertEqual([], self.rows(), "Zabbix knows it")
                self.tick()
                self.assertEqual([(1,)], self.sql("SELECT COUNT(*) FROM notification WHERE reason = 'confirmation'"))

    def test_once_a_minute_while_somebody_is_waited_for(self):
        self.tick()
        self.assertEqual(0, self.asked(), "nobody is waited for")
        self.tell()
        self.look_again()
        self.tick()
        self.tick()
        self.assertEqual(1, self.asked())
        self.look_again()
        self.assertEqual(2, self.asked())
        self.confirm()
        self.look_again()
        self.assertEqual(2, self.asked(), "somebody has taken it")

    def test_a_notification_of_it_would_come_first(self):
        self.tell()
        self.acknowledge(ago_s=30)
        self.tick()
        self.assertEqual([("asked", "", 0)], self.alerts())

    def test_what_was_given_back_since_is_not_taken_again(self):
        self.zabbix.permitted = False
        self.tell()
        self.acknowledge()
        self.tick()
        self.confirm("--release")
        self.look_again()
        self.assertEqual([("asked", "", 0)], self.alerts())

    def test_our_own_mark_is_no_news(self):
        self.tell()
        self.acknowledge(words=f"x {self.mark}")
        self.tick()
        self.assertEqual([("asked", "", 0)], self.alerts())

    def test_more_than_one_question_can_take_are_asked_about_in_several(self):
        self.tell()
        self.sql("WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 119) INSERT INTO alert (problem, id, short_id,"
                 " opened_ms, severity, source, host, service, subject, event, state, asked_ms, due_ms) SELECT 'p' || n, 'i' || n,"
                 " '#B' || n, opened_ms - n, severity, source, host, service, subject, replace(event, '4711', 1000 + n), state,"
                 " asked_ms, due_ms FROM c, alert")
        self.acknowledge()
        self.assertIn("acknowledged in the monitoring system 1", self.tick())
        self.assertEqual(3, self.asked())

    def test_only_problems_that_it_knows_are_asked_about(self):
        self.tell(event_id="service-3")
        self.tell(event_id="4712", source="checkmk")
        self.tick()
        self.assertEqual([], self.api.recorded)

    def test_after_a_clock_was_set_back_it_is_asked_at_once(self):
        self.tell()
        self.sql("INSERT OR REPLACE INTO value (name, number) VALUES ('lookout_ms', ?)", int(time.time() * 1000) + 24 * HOUR_MS)
        self.tick()
        self.assertEqual(1, self.asked())

    def test_who_shows_no_name_is_called_by_the_system(self):
        self.tell()
        self.zabbix.acknowledged.add("4711")
        self.zabbix.say("4711", ACKNOWLEDGE, "", "", clock=time.time() - 120)
        self.tick()
        self.assertEqual([("taken", "zabbix", 0)], self.alerts())

    def test_a_time_that_is_none_takes_nothing(self):
        self.tell()
        self.acknowledge()
        for clock in (2**63 - 1, -2**63, 2**70):
            self.zabbix.events["4711"][0]["clock"] = clock
            self.look_again()
            self.assertEqual([("asked", "", 0)], self.alerts())

    def test_it_is_not_asked_when_that_is_not_wanted(self):
        path = self.folder / "etc/notification.conf"
        write(path, path.read_text().replace('timeout = "3s"', "watch = no"))
        self.tell()
        self.acknowledge()
        self.tick()
        self.assertEqual([], self.api.recorded)

    def test_trouble_with_it_disturbs_nothing(self):
        self.tell()
        self.stop()
        self.tick()
        self.assertEqual([("asked", "", 0)], self.alerts())


class Nagios(WritebackCase):
    def setUp(self):
        super().setUp()
        self.pipe = self.folder / "nagios.cmd"
        os.mkfifo(self.pipe, 0o600)
        self.configure(extra=self.head + f'monitor "naemon" {{ command_file = {quoted(self.pipe)} }}\n')
        write(self.folder / "etc/confirm.key", "0123456789abcdef" * 2 + "\n", 0o600)

    def read(self):
        """What a daemon that begins to read now would get in one pass of ours."""
        reader = os.open(self.pipe, os.O_RDONLY | os.O_NONBLOCK)
        try:
            self.tick()
            try:
                return os.read(reader, 65536).decode()
            except BlockingIOError:
                return ""
        finally:
            os.close(reader)

    def test_a_command_is_written_when_somebody_reads(self):
        self.tell(source="nagios")
        self.confirm("--comment", "looking")
        self.tick()
        self.assertEqual([("take", "waiting", 1)], self.rows())
        self.assertIn("nobody reads", self.result())
        self.let_time_pass()
        self.assertRegex(self.read(), r"\A\[\d{10}\] ACKNOWLEDGE_SVC_PROBLEM;db-01;disk;2;0;1;张三;张三 正在处理: looking "
                                      rf"\[{self.name()} notification-plugins\]\n\Z")
        self.assertEqual([("take", "done", 2)], self.rows())
        self.assertEqual("", self.read())

    def test_nobody_writes_a_command_of_their_own(self):
        self.tell(source="nagios")
        self.confirm("--comment", "x\n[0] SHUTDOWN_PROGRAM\n;[1] DISABLE_NOTIFICATIONS", by="a;b\n[0] RESTART_PROGRAM")
        self.confirm("--release", "--comment", "y\r[0] SHUTDOWN_PROGRAM", by="c\x7f;d")
        lines = self.read().splitlines()
        self.assertEqual(3, len(lines), lines)
        for line, command, fields in zip(lines, ("ACKNOWLEDGE_SVC_PROBLEM", "REMOVE_SVC_ACKNOWLEDGEMENT", "ADD_SVC_COMMENT"),
                                         (8, 3, 6)):
            self.assertRegex(line, rf"\A\[\d{{10}}\] {command};db-01;disk")
            self.assertEqual(fields, len(line.split(";")), line)

    def test_a_name_that_is_none_is_not_written(self):
        self.tell(source="nagios", host="db-01;x")
        self.confirm()
        self.assertEqual("", self.read())
        self.assertEqual([("take", "failed", 1)], self.rows())
        self.assertEqual(1, len(self.arrivals("email", 1)))

    def test_a_file_in_its_place_is_left_alone(self):
        self.pipe.unlink()
        self.pipe.write_text("mine")
        self.tell(source="nagios")
        self.confirm()
        self.tick()
        self.assertEqual("mine", self.pipe.read_text())
        self.assertIn("is not a named pipe", self.result())
        self.pipe.unlink()
        self.let_time_pass()
        self.tick()
        self.assertFalse(self.pipe.exists())
        self.assertIn("there is no", self.result())
        self.assertEqual(2, self.ctl("check").status)


def authority(folder, name):
    """A certificate authority, and a server's certificate of it for 127.0.0.1: (CA file, PEM with key)."""
    folder = pathlib.Path(folder)
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
    openssl("req", "-x509", *key, "-days", "2", "-subj", f"/CN={name}", "-keyout", f"{name}.ca.key", "-out", f"{name}.ca")
    openssl("req", *key, "-subj", "/CN=127.0.0.1", "-keyout", f"{name}.key", "-out", f"{name}.csr")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{name}.ca", "-CAkey", f"{name}.ca.key", "-CAcreateserial",
            "-days", "2", "-extfile", "names", "-out", f"{name}.crt")
    both = folder / f"{name}.pem"
    both.write_text((folder / f"{name}.key").read_text() + (folder / f"{name}.crt").read_text())
    return folder / f"{name}.ca", both


class Icinga2(WritebackCase):
    @classmethod
    def setUpClass(cls):
        folder = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="np-ca-"))
        cls.ca, cls.certificate = authority(folder, "ours")
        cls.other_ca, _ = authority(folder, "other")

    def setUp(self):
        super().setUp()
        self.icinga = Icinga2Api(objects=["db-01!disk", "db-01"])
        self.api = self.enterContext(Stub([self.icinga], certificate=self.certificate))
        self.use(self.ca)

    def use(self, ca, login='user = "notify"  password_file = "secrets/icinga"'):
        self.configure(extra=self.head + f'monitor "icinga2" {{ url = "{self.api.url}"  {login}  ca_file = {quoted(ca)}  '
                                         'timeout = "3s" }\n')
        write(self.folder / "etc/confirm.key", "0123456789abcdef" * 2 + "\n", 0o600)
        write(self.folder / "etc/secrets/icinga", self.icinga.password + "\n", 0o600)

    def said(self, name="db-01!disk"):
        return [(one["action"], one["author"], one.get("comment", "")) for one in self.icinga.objects[name]]

    def test_a_service_is_acknowledged_without_telling_anybody(self):
        self.tell(source="icinga2")
        self.confirm("--comment", 'it\'s "q"; a')
        self.tick()
        self.assertEqual([("acknowledge-problem", "张三", f'张三 正在处理: it\'s "q"; a {self.mark}')], self.said())
        [one] = self.icinga.objects["db-01!disk"]
        self.assertEqual((True, False), (one["sticky"], one["notify"]))
        self.assertEqual([("take", "done", 1)], self.rows())

    def test_a_host_is_given_back_and_solved(self):
        self.tell(source="icinga2", service="")
        self.confirm()
        self.confirm("--release", by="李四")
        self.confirm("--solved", "--comment", "new disk", by="王五")
        self.tick()
        self.assertEqual([("acknowledge-problem", "张三"), ("remove-acknowledgement", "李四"), ("add-comment", "李四"),
                          ("acknowledge-problem", "王五")], [one[:2] for one in self.said("db-01")])

    def test_solved_after_taken_is_a_comment(self):
        self.tell(source="icinga2")
        self.confirm()
        self.confirm("--solved", "--comment", "new disk")
        self.tick()
        self.assertEqual(["acknowledge-problem", "add-comment"], [one[0] for one in self.said()])
        self.assertIn("new disk", self.said()[1][2])

    def test_what_is_so_already_is_done(self):
        for state in ("acknowledged", "fine"):
            with self.subTest(state):
                self.sql("DELETE FROM alert")
                self.sql("DELETE FROM writeback")
                getattr(self.icinga, state).add("db-01!disk")
                self.tell(source="icinga2", event_id=state)
                self.confirm()
                self.tick()
                self.assertEqual([("take", "done", 1)], self.rows())
                self.assertEqual([], self.said())

    def test_an_object_that_is_gone_fails_in_words(self):
        self.tell(source="icinga2", host="gone")
        self.confirm()
        self.tick()
        self.assertEqual([("take", "failed", 1)], self.rows())
        self.assertIn("No objects found", self.result())
        self.assertEqual(1, len(self.arrivals("email", 1)))

    def test_another_certificate_gets_no_password(self):
        self.use(self.other_ca)
        self.tell(source="icinga2")
        self.confirm()
        self.tick()
        self.assertEqual([("take", "waiting", 1)], self.rows())
        self.assertIn("TLS", self.result())
        self.assertEqual([], self.api.recorded)
        self.use(self.ca)
        self.let_time_pass()
        self.tick()
        self.assertEqual([("take", "done", 2)], self.rows())

    def test_a_wrong_password_waits_and_the_operator_hears(self):
        write(self.folder / "etc/secrets/icinga", "wrong-password", 0o600)
        self.tell(source="icinga2")
        self.confirm()
        self.tick()
        self.assertEqual([("take", "waiting", 1)], self.rows())
        self.assertEqual(1, len(self.arrivals("email", 1)))
        self.assertNotIn("wrong-password", self.result())

    def test_a_certificate_stands_in_place_of_the_password(self):
        self.icinga.user = ""
        self.api = self.enterContext(Stub([self.icinga], certificate=self.certificate, clients=self.ca))
        for authority, state in (("other", "waiting"), ("ours", "done")):
            for end in ("crt", "key"):
                text = (self.ca.parent / f"{authority}.{end}").read_text()
                write(self.folder / f"etc/secrets/notify.{end}", text, 0o640)
            self.use(self.ca, 'cert_file = "secrets/notify.crt"  key_file = "secrets/notify.key"')
            self.sql("DELETE FROM alert")
            self.sql("DELETE FROM writeback")
            self.tell(source="icinga2", event_id=authority)
            self.confirm()
            self.tick()
            self.assertEqual([("take", state, 1)], self.rows(), self.result())
        self.assertEqual(1, len(self.said()))

    def test_an_acknowledgement_there_is_seen(self):
        comment = {"entry_type": 4, "host_name": "db-01", "service_name": "disk", "author": "李四", "text": "mine",
                   "entry_time": time.time() - 100}
        self.icinga.comments = [{**comment, "entry_type": 1}, {**comment, "service_name": ""}]
        self.tell(source="icinga2")
        self.tick()
        self.assertEqual([("asked", "", 0)], self.alerts())
        self.icinga.comments.append(comment)
        self.sql("DELETE FROM value WHERE name = 'lookout_ms'")
        self.tick()
        self.assertEqual([("taken", "李四", 0)], self.alerts())
        self.assertEqual([], self.rows())

    def test_while_it_reads_its_configuration_it_is_asked_again(self):
        self.tell(source="icinga2")
        self.confirm()
        self.api.script("icinga2", Answer.of_json({"error": 503.0, "status": "Icinga is reloading"}, status=503))
        self.tick()
        self.assertEqual([("take", "waiting", 1)], self.rows())
        self.let_time_pass()
        self.tick()
        self.assertEqual(1, len(self.said()))


if __name__ == "__main__":
    unittest.main()
