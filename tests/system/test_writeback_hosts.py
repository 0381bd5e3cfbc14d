"""Real daemons: what a person confirms here they show as acknowledged, and what is acknowledged there is taken here."""
import pathlib
import re
import sqlite3
import subprocess
import tempfile
import unittest

import support
import test_icinga2
import test_nagios
import test_zabbix
from hosts.zabbix import Zabbix, system_user
from stub.providers import Stub, all_providers
from stub.smtp import Sink

CONFIRM = support.MANY + 'confirm { base_url = "https://monitor.example.com/confirm"  within = "30m" }\n'
KEY = "0123456789abcdef" * 2


class Loop:
    """What each daemon's test does here; `ctl` and `state` are the test's."""

    def sql(self, text):
        connection = sqlite3.connect(f"file:{self.state / 'state.db'}?mode=ro", uri=True, timeout=10)
        try:
            return connection.execute(text).fetchall()
        finally:
            connection.close()

    about = "1"  # which alert, in SQL

    def alert(self):
        return support.wait_until(lambda: self.sql(f"SELECT short_id FROM alert WHERE {self.about}"), 20, "an alert")[0][0]

    def states(self):
        return self.sql(f"SELECT state, taken_by, taken_via FROM alert WHERE {self.about}")

    def confirm(self, *arguments):
        done = self.ctl("confirm", self.alert(), "--by", "张三", *arguments)
        self.assertEqual(0, done.status, done)
        self.assertEqual(0, self.ctl("tick").status)
        # A program that told the problem may still be passing by, and have taken it up before us.
        support.wait_until(lambda: not self.sql("SELECT 1 FROM writeback WHERE state = 'waiting' AND result = ''"), 20,
                           "the end of the first try")

    def told(self):
        """What people heard by the daemon's notifications; beside these we announce who has taken it."""
        return self.sql("SELECT COUNT(*) FROM notification WHERE outcome = 'delivered' AND reason <> 'confirmation'"
                        " AND subject <> 'Quiet'")[0][0]

    def written(self):
        return self.sql("SELECT verb, state FROM writeback ORDER BY created_ms, rowid")


def later(configuration, user=None, program=None):
    """A pass of the worker in two minutes: the daemons' clocks are the machine's."""
    done = subprocess.run([program or support.program("tool_later"), "120"], text=True, capture_output=True, timeout=60,
                          env={"PATH": "/usr/bin:/bin", "NOTIFICATION_PLUGINS_CONFIG": str(configuration)}, user=user,
                          group=user, extra_groups=[] if user else None, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Nagios(Loop, test_nagios.NagiosCase):
    def configure(self, **more):
        pipe = self.folder / "nagios/var/nagios.cmd"
        more["extra"] = CONFIRM + f'monitor "nagios" {{ command_file = {support.quoted(pipe)} }}\n'
        super().configure(**more)
        support.write(self.folder / "etc/confirm.key", KEY, 0o600)
        self.state = self.folder / "etc/state"

    def ctl(self, *arguments):
        return support.run(support.program("notifyctl"), *arguments, environment=self.environment)

    def status(self, kind):
        """Blocks of status.dat: [{name: value}]."""
        text = (self.folder / "nagios/var/status.dat").read_text(errors="replace")
        return [dict(line.strip().partition("=")[::2] for line in block.splitlines() if "=" in line)
                for block in re.findall(rf"^{kind} {{\n(.*?)^\s*}}", text, re.MULTILINE | re.DOTALL)]

    def disk(self):
        return next(one for one in self.status("servicestatus") if one["service_description"] == "磁盘 / usage")

    def acknowledged(self):
        return self.disk()["problem_has_been_acknowledged"] == "1"

    def test_a_service_from_here_to_there_and_back(self):
        self.nagios.service_result("磁盘 / usage", 2, "CRITICAL")
        self.event(1)
        self.confirm("--comment", "looking; it's \"mine\"\n[0] DISABLE_NOTIFICATIONS")
        support.wait_until(self.acknowledged, 15, "the acknowledgement in status.dat")
        comment = support.wait_until(lambda: self.status("servicecomment"), 15, "its comment")[0]
        self.assertEqual("张三", comment["author"])
        self.assertIn(f"张三 正在处理: looking, it's \"mine\" [0] DISABLE_NOTIFICATIONS "
                      f"[{self.alert()} notification-plugins]", comment["comment_data"])
        self.assertEqual("1", self.status("programstatus")[0]["enable_notifications"])
        self.assertEqual(1, self.told(), "nobody is told of it by Nagios")
        self.confirm("--release")
        support.wait_until(lambda: not self.acknowledged(), 15, "the end of the acknowledgement")
        support.wait_until(lambda: any("已退回" in one["comment_data"] for one in self.status("servicecomment")), 15, "its comment")

    def test_a_host(self):
        self.nagios.host_result(1, "CRITICAL - down")
        self.event(1)
        self.confirm()
        support.wait_until(lambda: next(one for one in self.status("hoststatus") if one["host_name"] == "web01")
                           ["problem_has_been_acknowledged"] == "1", 15, "the acknowledgement in status.dat")

    def test_an_acknowledgement_there_takes_it_here(self):
        self.nagios.service_result("磁盘 / usage", 2, "CRITICAL")
        self.event(1)
        self.assertEqual([("asked", "", "")], self.states())
        self.nagios.tell("ACKNOWLEDGE_SVC_PROBLEM", "web01", "磁盘 / usage", 2, 1, 0, "李四", "mine")
        self.event(2)
        support.wait_until(lambda: self.states() == [("taken", "李四", "nagios")], what="the alert taken")
        self.assertEqual([], self.written())

    def test_it_waits_while_nagios_is_stopped(self):
        self.nagios.service_result("磁盘 / usage", 2, "CRITICAL")
        self.event(1)
        self.nagios.daemon.stop()
        self.confirm()
        self.assertEqual([("take", "waiting")], self.written())


class Icinga2(Loop, test_icinga2.IcingaCase):
    def setUp(self):
        super().setUp()
        folder = self.folder / "icinga2/data/certs"
        self.configure(extra=CONFIRM + f'monitor "icinga2" {{ url = "https://127.0.0.1:{self.icinga.port}"  user = "write-back"  '
                                       f'password_file = "secrets/icinga"  ca_file = "{folder}/ca.crt" }}\n')
        support.write(self.folder / "etc/secrets/icinga", self.icinga.password, 0o600)

    def configure(self, **more):
        super().configure(**{"extra": CONFIRM, **more})
        support.write(self.folder / "etc/confirm.key", KEY, 0o600)
        self.state = self.folder / "etc/state"

    ctl = Nagios.ctl

    def look(self, kind, name):
        _, said = self.icinga.call("GET", f"/v1/objects/{kind}?" + name)
        return [one["attrs"] for one in said["results"]]

    def disk(self):
        return self.look("services", "service=web01!disk%20/")[0]

    def comments(self):
        return [(one["author"], one["text"]) for one in self.look("comments", "")]

    def test_a_service_from_here_to_there_and_back(self):
        self.icinga.result(test_icinga2.DISK, 2, "CRITICAL")
        self.event(1)
        self.confirm("--comment", 'looking; "mine"\nsecond $(id)')
        mark = f"[{self.alert()} notification-plugins]"
        self.assertEqual(2, self.disk()["acknowledgement"], "sticky")
        self.assertEqual([("张三", f'张三 正在处理: looking; "mine" second $(id) {mark}')],
                         [(author, text.replace("\n", " ")) for author, text in self.comments()])
        self.confirm("--solved", "--comment", "new disk")
        self.assertIn(("张三", f"张三 已解决: new disk {mark}"), self.comments())
        self.confirm("--release")
        self.assertEqual(0, self.disk()["acknowledgement"])
        self.assertEqual([("take", "done"), ("solve", "done"), ("release", "done")], self.written())
        self.assertEqual(1, self.told(), "nobody is told of it by Icinga")

    def test_a_certificate_in_place_of_the_password(self):
        certs = self.folder / "icinga2/data/certs"
        (certs / "client.key").chmod(0o640)
        self.configure(extra=CONFIRM + f'monitor "icinga2" {{ url = "https://127.0.0.1:{self.icinga.port}"  ca_file = "{certs}/ca.crt"  '
                                       f'cert_file = "{certs}/client.crt"  key_file = "{certs}/client.key" }}\n')
        for name in (test_icinga2.DISK, "web01"):
            self.icinga.result(name, 2 if "!" in name else 1, "CRITICAL")
        self.arrivals("webhook", 2)
        self.icinga.act("acknowledge-problem", "web01", author="李四", comment="mine", notify=False)
        self.assertIn("seen 1", later(self.configuration))
        ident, = self.sql("SELECT id FROM alert WHERE state = 'asked'")[0]
        self.assertEqual(0, self.ctl("confirm", ident, "--by", "张三").status)
        self.assertEqual(0, self.ctl("tick").status)
        self.assertEqual([("take", "done")], self.written())
        self.assertEqual(2, self.disk()["acknowledgement"])

    def test_a_host(self):
        self.icinga.result("web01", 1, "down")
        self.event(1)
        self.confirm()
        self.assertEqual(2, self.look("hosts", "host=web01")[0]["acknowledgement"])

    def test_what_is_acknowledged_or_over_there_is_done(self):
        self.icinga.result(test_icinga2.DISK, 2, "CRITICAL")
        self.event(1)
        self.icinga.act("acknowledge-problem", test_icinga2.DISK, author="李四", comment="mine", notify=False)
        self.confirm()
        self.assertEqual([("take", "done")], self.written())
        self.assertEqual([("李四", "mine")], self.comments())
        self.confirm("--solved")
        self.assertEqual(2, len(self.comments()))

    def test_an_acknowledgement_there_takes_it_here(self):
        self.icinga.result(test_icinga2.DISK, 2, "CRITICAL")
        self.event(1)
        self.icinga.act("acknowledge-problem", test_icinga2.DISK, author="李四", comment="mine", notify=True)
        self.event(2)
        support.wait_until(lambda: self.states() == [("taken", "李四", "icinga2")], what="the alert taken")
        self.assertEqual([], self.written())


    def test_an_acknowledgement_there_is_seen_without_a_notification(self):
        for name in (test_icinga2.DISK, "web01"):
            self.icinga.result(name, 2 if "!" in name else 1, "CRITICAL")
        self.arrivals("webhook", 2)
        self.icinga.act("acknowledge-problem", "web01", author="李四", comment="mine\n$(id)", notify=False)
        self.assertIn("seen 1", later(self.configuration))
        self.assertEqual([("web01", "", "taken", "李四", "icinga2", "mine $(id)"), ("web01", "disk /", "asked", "", "", "")],
                         self.sql("SELECT host, service, state, taken_by, taken_via, words FROM alert ORDER BY service"))
        self.assertEqual([], self.written())


class Zabbix60(Loop, unittest.TestCase):
    about = "subject <> 'Quiet'"

    @classmethod
    def setUpClass(cls):
        programs = [support.program(name) for name in (*(f"notify_{channel}" for channel in (*support.CHANNELS, "route")), "notifyctl", "tool_later")]
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="np-zabbix-")))
        cls.folder.chmod(0o755)
        cls.stub = cls.enterClassContext(Stub(all_providers()))
        cls.mail = cls.enterClassContext(Sink())
        cls.configuration = cls.folder / "etc/notification.conf"
        cls.zabbix = cls.enterClassContext(Zabbix(cls.folder / "zabbix", [*programs, support.BUILD / "transport_curl.so"],
                                                  {"NOTIFICATION_PLUGINS_CONFIG": str(cls.configuration)}))
        cls.house = test_zabbix.House(cls.zabbix)
        cls.configure(cls.house.token_to_write_back())
        operator = cls.house.add_user("operator", cls.people())
        cls.trigger = cls.house.add_trigger("cpu", "CPU 过高")
        cls.quiet = cls.house.add_trigger("quiet", "Quiet")  # of which nobody is told
        cls.house.add_action("operator", test_zabbix.TRIGGERS, operator, test_zabbix.of_trigger(cls.trigger))
        cls.zabbix.start_server()

    @classmethod
    def people(cls):
        """Media of the one who is told."""
        return {"notify_webhook": "ops-webhook"}

    @classmethod
    def configure(cls, secret, login='token_file = "secrets/zabbix"'):
        support.configuration(
            cls.folder / "etc", cls.stub, cls.mail, extra=CONFIRM + 'monitor "zabbix" { url = "http://127.0.0.1:'
            f'{cls.zabbix.web_port}/api_jsonrpc.php"  {login} }}\n')
        support.write(cls.folder / "etc/confirm.key", KEY, 0o600)
        support.write(cls.folder / "etc/secrets/zabbix", secret, 0o600)
        cls.state = cls.folder / "etc/state"
        for one in [cls.folder / "etc", *(cls.folder / "etc").rglob("*")] if system_user("zabbix") else []:
            support.shutil.chown(one, "zabbix", "zabbix")

    def ctl(self, *arguments):
        """As the server's user, who owns the store."""
        done = subprocess.run([self.folder / "zabbix/alert.d/notifyctl", *arguments], text=True, capture_output=True,
                              env={"PATH": "/usr/bin:/bin", "NOTIFICATION_PLUGINS_CONFIG": str(self.configuration)},
                              user=system_user("zabbix"), group=system_user("zabbix"),
                              extra_groups=[] if system_user("zabbix") else None, timeout=60, check=False)
        return support.Outcome(done.returncode, done.stdout, done.stderr, 0)

    def event(self):
        found, = self.zabbix.call("event.get", output=["eventid", "acknowledged"], objectids=[self.trigger], value=1,
                                  select_acknowledges=["message", "action"])
        return found

    def sent(self, count):
        """So many notifications went through the server, and all programs ended well."""
        def found():
            alerts = self.house.alerts()
            return len(alerts) >= count and all(one["status"] == test_zabbix.SENT for one in alerts) and alerts
        return support.wait_until(found, 40, f"alert {count}")

    def test_a_problem_from_here_to_there_and_back(self):
        self.house.send("cpu", 95)
        support.wait_until(lambda: (self.state / "state.db").exists() and self.told() == 1, 40, "the problem")
        self.sent(1)
        self.assertEqual("0", self.event()["acknowledged"])

        self.confirm("--comment", "looking, it's \"mine\"\n第二行 $(id)")
        mark = f"[{self.alert()} notification-plugins]"
        event = self.event()
        self.assertEqual("1", event["acknowledged"])
        self.assertEqual([("6", f'张三 正在处理: looking, it\'s "mine" 第二行 $(id) {mark}')],
                         [(one["action"], one["message"].replace("\r", "").replace("\n", " ")) for one in event["acknowledges"]])
        self.sent(2)
        support.wait_until(lambda: self.sql("SELECT 1 FROM notification WHERE reason = 'echo'"), 20, "the echo")
        self.assertEqual(1, self.told(), "people know it already")

        self.confirm("--release")
        self.assertEqual("0", self.event()["acknowledged"])
        self.sent(3)
        support.wait_until(lambda: len(self.sql("SELECT 1 FROM notification WHERE reason = 'echo'")) == 2, 20, "the echo")
        self.assertEqual([("asked", "", "")], self.states())
        self.assertEqual(1, self.told())

        self.zabbix.call("event.acknowledge", eventids=[event["eventid"]], action=6, message="mine")
        support.wait_until(lambda: self.told() == 2, 40, "the acknowledgement")
        support.wait_until(lambda: self.states()[0][0] == "taken", 20, "the alert taken")
        self.assertEqual("zabbix", self.states()[0][2])
        self.assertIn("Zabbix Administrator", self.states()[0][1])
        self.zabbix.call("event.acknowledge", eventids=[event["eventid"]], action=16)
        support.wait_until(lambda: self.told() == 3, 40, "its end")
        support.wait_until(lambda: self.states() == [("asked", "", "")], 20, "the alert given back")
        self.assertEqual([("take", "done"), ("release", "done")], self.written())

        self.confirm("--solved", "--comment", "more processors")
        self.assertEqual("1", self.event()["acknowledged"])

    def test_an_acknowledgement_there_is_seen_without_a_notification(self):
        """Nothing is sent to the store's problem by an action: it is put there as if another server had told it."""
        self.house.send("quiet", 1)
        found = support.wait_until(lambda: self.zabbix.call("problem.get", output=["eventid"], objectids=[self.quiet]), 20,
                                   "the problem")
        event = found[0]["eventid"]
        told = subprocess.run([self.folder / "zabbix/alert.d/notify_webhook", "--source", "json"], text=True,
                              input=f'{{"kind": "problem", "severity": "critical", "source": "zabbix", "host": "web01", '
                                    f'"event_id": "{event}", "subject": "Quiet"}}', capture_output=True, timeout=60,
                              env={"PATH": "/usr/bin:/bin", "NOTIFICATION_PLUGINS_CONFIG": str(self.configuration)},
                              user=system_user("zabbix"), group=system_user("zabbix"),
                              extra_groups=[] if system_user("zabbix") else None, check=False)
        self.assertEqual(0, told.returncode, told.stderr)
        self.zabbix.call("event.acknowledge", eventids=[event], action=6, message="mine")
        later(self.configuration, system_user("zabbix"), self.folder / "zabbix/alert.d/tool_later")
        self.assertEqual([("taken", "zabbix", "mine")],
                         self.sql(f"SELECT state, taken_via, words FROM alert WHERE problem LIKE '%/{event}'"))
        self.check_a_session(event)

    def check_a_session(self, event):
        """By a user and a password in place of a token; what was said is known again, whatever is in it."""
        self.configure(test_zabbix.WRITE_BACK_PASSWORD, 'user = "write-back"  password_file = "secrets/zabbix"')
        ident, = self.sql(f"SELECT id FROM alert WHERE problem LIKE '%/{event}'")[0]
        said = self.ctl("confirm", ident, "--by", "张三", "--release", "--comment", "  first <b>\"line\"\r\nsecond\\n 第二行  ")
        self.assertEqual(0, said.status, said)
        for state in ("state", "'waiting', attempts = 1, due_ms = 0"):  # as if the answer had been lost
            with sqlite3.connect(self.state / "state.db", timeout=10) as connection:
                connection.execute(f"UPDATE writeback SET state = {state} WHERE problem LIKE '%/{event}'")
            connection.close()
            self.assertEqual(0, self.ctl("tick").status)
            found, = self.zabbix.call("event.get", output=["acknowledged"], eventids=[event], select_acknowledges=["message"])
            self.assertEqual(("0", 2), (found["acknowledged"], len(found["acknowledges"])), found)
        self.assertEqual([("release", "done", 2, "TOLD an earlier try had arrived")],
                         self.sql(f"SELECT verb, state, attempts, result FROM writeback WHERE problem LIKE '%/{event}'"))
        self.assertEqual([["0"]], self.zabbix.database.rows("SELECT COUNT(*) FROM sessions s JOIN users u ON u.userid = s.userid"
                                                            " WHERE u.username = 'write-back' AND s.status = 0", "zabbix"))


if __name__ == "__main__":
    unittest.main()
