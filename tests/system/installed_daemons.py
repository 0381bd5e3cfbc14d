"""Debian's own Zabbix, Nagios and Icinga 2 in a machine where the packages are installed, set up as the pages in packaging/doc tell
an administrator to. Mixins of test_packages.DaemonsComeLater, which gives `root`, `machine`, `stub` and `mail`.
"""
import contextlib
import re
import sqlite3

import support
import test_zabbix
from hosts import icinga2, nagios, zabbix
from stub.server import Answer

PAGES = support.ROOT / "packaging/doc"
CONFIGURATION = "/etc/notification-plugins"
STATE = "/var/lib/notification-plugins"
NODE = "monitor.example.test"
COMMANDS = ("usermod ", "systemctl ", "notifyctl ", "cp ", "install ", "nagios4 ", "icinga2 ")
TOLD_S = 40
RECOVERED = "故障时长"  # how long the trouble lasted: no other message says that

NAGIOS_OBJECTS = """
define host {
    host_name               nagios01
    use                     generic-host
    active_checks_enabled   0
    max_check_attempts      1
    notification_interval   0
    contacts                zhang-san
}
""" + "".join(f"""
define service {{
    host_name               nagios01
    service_description     {name}
    use                     generic-service
    check_command           check_load!1!2
    active_checks_enabled   0
    max_check_attempts      1
    notification_interval   0
    contacts                zhang-san
}}
""" for name in ("disk", "load"))

ICINGA_OBJECTS = """
object Host "icinga01" {
  import "generic-host"
  check_command = "dummy"
  enable_active_checks = false
  vars.notify = "ops"
}
""" + "".join(f"""
object Service "{name}" {{
  import "generic-service"
  host_name = "icinga01"
  check_command = "dummy"
  enable_active_checks = false
  max_check_attempts = 1
}}
""" for name in ("disk", "load"))


def examples(page, heading, tag="text"):
    """The fenced examples of a section of a page, each without the indentation of its list."""
    text = (PAGES / page).read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found = re.findall(rf"^( *)```{tag}\n(.*?)^ *```$", text, re.DOTALL | re.MULTILINE)
    return [re.sub(rf"^{indent}", "", example, flags=re.MULTILINE) for indent, example in found]


def configure(root):
    """Beside what test_packages.configure writes: the example that each page shows, as second robot, since the first is shipped;
    that many are told, and links."""
    path = f"{CONFIGURATION}/notification.conf"
    example, = examples("zabbix.md", "In the frontend", "conf")
    shipped, count = re.subn(r"(?m)^limit {.*}$", "limit { per_minute = 1000  per_hour = 1000  per_day = 1000 }",
                             root.at(path).read_text(encoding="utf-8"))
    assert count == 1 and 'dingtalk "ops"' in shipped
    second = example.replace('dingtalk "ops"', 'dingtalk "dba"')
    root.at(path).write_text(f'{shipped}\n{second}\nconfirm {{ base_url = "https://monitor.example.com/confirm" }}\n', encoding="utf-8")


class Installed:
    """What the three have in common."""

    def follow(self, page, heading):
        """Each command of a section, as root, but for the one that is for systems without our packages; gives what they said."""
        lines = [line for example in examples(page, heading) for line in example.splitlines()
                 if line.startswith(COMMANDS) and not line.startswith("usermod -aG notification-plugins,")]
        self.assertTrue(lines, f"{page}: {heading}")
        done = [self.machine.run("sh", "-c", line) for line in lines]
        return "".join(one.stdout + one.stderr for one in done)

    def configure_more(self, name, text):
        """A file of the administrator's, with the owner that the manual gives it."""
        self.root.write(f"{CONFIGURATION}/conf.d/{name}.conf", text, 0o640)
        self.machine.run("chgrp", "notification-secrets", f"{CONFIGURATION}/conf.d/{name}.conf")

    def keep_secret(self, name, secret):
        self.machine.run("install", "-m", "0640", "-g", "notification-secrets", "/dev/stdin", f"{CONFIGURATION}/secrets/{name}",
                         stdin=secret + "\n")

    def heard(self, channel, *parts):
        """Waits for a message with all of these words. The stand-in takes it when it is signed as it must be."""
        def found():
            texts = [mail.text for mail in self.mail.mails] if channel == "email" else \
                [record.text for record in self.stub.accepted(channel)]
            return any(all(part in text for part in parts) for text in texts)
        support.wait_until(found, TOLD_S, f"{parts} by {channel}", 0.1)

    def everybody_heard(self, *parts):
        for channel in ("dingtalk", "email"):
            self.heard(channel, *parts)

    def store(self, question):
        with contextlib.closing(sqlite3.connect(f"file:{self.root.at(STATE)}/state.db?mode=ro", uri=True, timeout=10)) as store:
            return store.execute(question).fetchall()

    def take(self, which, is_known_there):
        """Somebody here says that a problem is theirs; the worker tells the monitoring system."""
        (number,), = support.wait_until(lambda: self.store(f"SELECT short_id FROM alert WHERE state = 'asked' AND {which}"), TOLD_S,
                                        f"the question who takes {which}", 0.1)
        self.machine.run("runuser", "-u", "notifyd", "--", "notifyctl", "confirm", number, "--by", "Li", "--comment", "looking")
        support.wait_until(is_known_there, TOLD_S, f"the news of {number} in the monitoring system", 0.5)


class Zabbix(Installed):
    """Debian's server with its own configuration, its database and its frontend, run by systemd."""

    def people_and_actions(self, house):
        """The trigger of each."""
        people = {"disk": {"notify_dingtalk": "ops:13800138000", "notify_email": "zhang@example.com"},
                  "routed": {"notify_route": ":"}, "misled": {"once": "nobody"}, "late": {"notify_webhook": "hook"}}
        triggers = {}
        for name, media in people.items():
            triggers[name] = house.add_trigger(name, f"Trigger {name}")
            house.add_action(name, test_zabbix.TRIGGERS, house.add_user(name, media), test_zabbix.of_trigger(triggers[name]))
        return triggers

    def test_2_zabbix_tells_people(self):
        server = zabbix.Installed(self.machine)
        house = test_zabbix.House(server, self.root.at("/usr/share/notification-plugins/zabbix/6.0"))
        triggers = self.people_and_actions(house)
        self.keep_secret("zabbix-token", house.token_to_write_back())
        self.configure_more("zabbix", f'monitor "zabbix" {{ url = "http://127.0.0.1:{server.web_port}/api_jsonrpc.php" '
                            'token_file = "secrets/zabbix-token" }\n')
        self.follow("zabbix.md", "On the server")
        support.wait_until(server.server_answers, 30, "the server")
        self.stub.script("webhook", Answer(status=503))
        for name in triggers:
            house.send(name, 1)

        self.everybody_heard("Trigger disk")
        problem, = server.call("problem.get", output=["eventid"], objectids=[triggers["disk"]])
        server.call("event.acknowledge", eventids=[problem["eventid"]], action=6, message="on my way")
        self.everybody_heard("Trigger disk", "on my way")
        house.send("disk", 0)
        self.everybody_heard("Trigger disk", RECOVERED)

        def log():
            return [(one["status"], one["error"]) for one in house.alerts(objectids=[triggers["disk"]])]
        support.wait_until(lambda: log() == [(test_zabbix.SENT, "")] * 6, 20, "the last entry of the action log")

        self.heard("dingtalk", "Trigger routed")
        failed, = support.wait_until(lambda: [one for one in house.alerts() if one["status"] == test_zabbix.FAILED], TOLD_S,
                                     "the entry that failed")
        self.assertRegex(failed["error"], r"\ANP-CONFIG [^\n]*recipient 'nobody': which dingtalk section\?[^\n]*: ops, dba\n?\Z")
        self.heard("webhook", "Trigger late")
        self.assertEqual([("zabbix", "delivered", 2)], self.store(
            "SELECT source, outcome, (SELECT COUNT(*) FROM attempt WHERE attempt.id = notification.id) FROM notification"
            " WHERE subject LIKE '%Trigger late%'"), "queued by the server, delivered by the timer")
        self.take("subject LIKE '%Trigger routed%'",
                  lambda: server.call("problem.get", output=["acknowledged"], objectids=[triggers["routed"]])[0]["acknowledged"] == "1")


class Nagios(Installed):
    def test_3_nagios_tells_people(self):
        contact, = examples("nagios-naemon.md", "Set up", "nagios")
        self.root.write("/etc/nagios4/conf.d/contact.cfg", contact)
        self.root.write("/etc/nagios4/conf.d/nagios01.cfg", NAGIOS_OBJECTS)
        said = self.follow("nagios-naemon.md", "Set up")
        self.assertIn("Total Errors:   0", said)
        self.assertNotIn("uplicate", said)
        self.configure_more("nagios", examples("nagios-naemon.md", "Who has taken it", "conf")[0])
        self.follow("nagios-naemon.md", "Who has taken it")
        daemon = nagios.Running(self.root.at("/var/lib/nagios4/rw/nagios.cmd"), self.root.at("/var/log/nagios4/nagios.log"))
        support.wait_until(daemon.pipe.exists, 20, "the pipe of Nagios")

        daemon.service_result("disk", 2, "95% used", host="nagios01")
        daemon.service_result("load", 2, "too much", host="nagios01")
        self.everybody_heard("nagios01", "95% used")
        daemon.tell("ACKNOWLEDGE_SVC_PROBLEM", "nagios01", "disk", 2, 1, 0, "Wang", "on my way")
        self.everybody_heard("nagios01", "disk", "on my way")
        daemon.service_result("disk", 0, "40% used", host="nagios01")
        self.everybody_heard("nagios01", "40% used")
        self.heard("dingtalk", "nagios01", "@13800138000")
        self.take("source = 'nagios' AND service = 'load'", lambda: "ACKNOWLEDGE_SVC_PROBLEM;nagios01;load;" in daemon.log)
        self.assertNotRegex(daemon.log, r"NOTIFY job .* (nagios01|zhang-san)")


class Icinga(Installed):
    def test_4_icinga_tells_people(self):
        self.machine.run("icinga2", "api", "setup")
        password = re.search(r'password = "(\w+)"', self.root.at("/etc/icinga2/conf.d/api-users.conf").read_text())[1]
        user = examples("icinga2.md", "Who has taken it")[0]
        monitor, = examples("icinga2.md", "Who has taken it", "conf")
        self.root.write("/etc/icinga2/conf.d/notify-user.conf", user)
        self.root.write("/etc/icinga2/conf.d/icinga01.conf", ICINGA_OBJECTS)
        # mail-host-notification and mail-service-notification are Icinga's own
        ours = (support.ROOT / "conf/icinga2/notification-plugins.conf").read_text().count("object NotificationCommand")
        self.assertIn(f"Instantiated {2 + ours} NotificationCommands", self.follow("icinga2.md", "Set up"))
        self.follow("icinga2.md", "Who has taken it")
        self.keep_secret("icinga-password", re.search('password = "(.*)"', user)[1])
        self.configure_more("icinga2", monitor.replace("icinga.example.com", NODE))
        daemon = icinga2.Running(5665, "root", password, self.root.at("/var/lib/icinga2/certs/ca.crt"))
        support.wait_until(daemon.ready, 30, "Icinga")

        daemon.result("icinga01!disk", 2, "95% used")
        daemon.result("icinga01!load", 2, "too much")
        self.everybody_heard("icinga01", "95% used")
        daemon.act("acknowledge-problem", "icinga01!disk", author="Wang", comment="on my way", notify=True)
        self.everybody_heard("icinga01", "disk", "on my way")
        daemon.result("icinga01!disk", 0, "40% used")
        self.everybody_heard("icinga01", "40% used")
        self.heard("dingtalk", "icinga01", "@13800138000")
        self.take("source = 'icinga2' AND service = 'load'",
                  lambda: daemon.call("GET", "/v1/objects/services/icinga01!load")[1]["results"][0]["attrs"]["acknowledgement"] > 0)
        self.assertNotIn("failed (PID", self.root.at("/var/log/icinga2/icinga2.log").read_text(errors="replace"))
