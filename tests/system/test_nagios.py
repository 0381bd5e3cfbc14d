"""A real Nagios Core calls the real programs through conf/nagios; what people read is taken from the providers' stand-ins."""
import re
import unittest

import support
from hosts.nagios import Nagios

NASTY = """磁盘 CRITICAL: "/" 100% it's $(touch @PWNED@) `touch @PWNED@` C:\\temp\\new <b>&amp;</b>"""
PROGRAMS = "/usr/lib/notification-plugins"

CONTACTS = """
define contact {
    contact_name    everybody
    use             notify-by-dingtalk,notify-by-wecom,notify-by-feishu,notify-by-slack,notify-by-teams,notify-by-aliyun-sms,\
notify-by-tencent-sms,notify-by-mail,notify-by-webhook
    email           oncall@example.com
    pager           13800138000
    _DINGTALK       ops-dingtalk:13800138000
}

define contact {
    contact_name    operator
    use             notify-by-webhook
    _WEBHOOK        ops-webhook
}

define contact {
    contact_name    routes
    use             notify-by-route
}

define contact {
    contact_name    dba
    use             notify-by-route
    _NOTIFY         @dba
}
"""


class NagiosCase(support.Case):
    contacts = "operator"
    environment_macros = False
    extra = ""

    def setUp(self):
        super().setUp()
        self.configure(extra=support.MANY + self.extra)
        for channel in (*support.CHANNELS, "route"):
            support.program(f"notify_{channel}")
        conf = support.ROOT / "conf/nagios"
        self.pwned = self.folder / "pwned"
        self.nagios = self.enterContext(Nagios(
            support.BUILD, self.folder / "nagios",
            (conf / "commands.cfg").read_text().replace(PROGRAMS, str(support.BUILD)),
            (conf / "contacts.cfg").read_text() + CONTACTS + self.more_objects(), [self.contacts], self.environment, self.environment_macros))

    def more_objects(self):
        return ""

    def tearDown(self):
        """Whatever was said, nothing of it was executed, and Nagios has nothing to complain of."""
        self.assertFalse(self.pwned.exists())
        self.assertNotIn("is a non-check helper but exited with", self.nagios.log)
        self.assert_nothing_is_doubted()

    def nasty(self):
        return NASTY.replace("@PWNED@", str(self.pwned))

    def event(self, number):
        """The event that the receiver of webhooks got as message number `number`, as a flat text."""
        return self.arrivals("webhook", number)[number - 1].text


class EveryChannel(NagiosCase):
    contacts = "everybody"

    def test_the_files_pass_nagios_own_check(self):
        status, said = self.nagios.check()
        self.assertEqual(status, 0, said)
        for count in ("Total Warnings: 0", "Total Errors:   0"):
            self.assertIn(count, said)

    def test_a_contact_as_the_manual_shows_it_passes_as_well(self):
        contact = re.search(r"```nagios\n(.*?)```", (support.ROOT / "packaging/doc/nagios-naemon.md").read_text(), re.DOTALL)[1]
        with open(self.folder / "nagios/contacts.cfg", "a", encoding="utf-8") as file:
            file.write(contact)
        status, said = self.nagios.check()
        self.assertEqual(status, 0, said)
        self.assertIn("Checked 5 contacts", said)

    def test_a_problem_and_its_recovery_reach_people_on_every_channel(self):
        self.nagios.service_result("磁盘 / usage", 2, self.nasty())
        for channel in support.CHANNELS:
            text = self.arrivals(channel, 1)[0].text
            self.assertIn("web01", text, channel)
            if "sms" not in channel:
                for part in ("磁盘 / usage", "CRITICAL", "100% its"):
                    self.assertIn(part, text, channel)
        self.nagios.service_result("磁盘 / usage", 0, "OK 恢复")
        for channel in support.CHANNELS:
            text = self.arrivals(channel, 2)[1].text
            self.assertIn("web01", text, channel)
            if "sms" not in channel:
                self.assertIn("恢复", text, channel)
        self.assertEqual([str(mail.message["to"]) for mail in self.mail.mails], ["oncall@example.com"] * 2)
        self.assertIn("@13800138000", self.arrivals("dingtalk", 1)[0].text)


class Watched(NagiosCase):
    """Nagios checks the notifier by conf/nagios/check.cfg."""

    def setUp(self):
        support.program("check_notify")
        super().setUp()

    def more_objects(self):
        return (support.ROOT / "conf/nagios/check.cfg").read_text().replace(PROGRAMS, str(support.BUILD)) + """
define service {
    use         notify-check
    host_name   web01
    contacts    operator
}
"""

    def test_the_check_runs_with_its_thresholds(self):
        self.nagios.tell("SCHEDULE_FORCED_SVC_CHECK", "web01", "notification-plugins", int(support.time.time()))

        def figures():
            status = self.folder / "nagios/var/status.dat"
            text = status.read_text() if status.exists() else ""
            return re.search(r"service_description=notification-plugins\n.*?\tperformance_data=(\S.*?)\n", text, re.DOTALL)
        self.assertRegex(support.wait_until(figures, 30, "a result of check_notify")[1], r"'?outbox'?=\d+;1000;10000")


class Routes(NagiosCase):
    contacts = "routes"
    extra = ('contact "dba" { email = "dba@example.com" }\n'
             'route "default" { default = yes  channels = {"ops-email"}  to = {"oncall@example.com"} }\n')

    def test_choose_channels_and_people(self):
        self.nagios.service_result("磁盘 / usage", 2, self.nasty())
        self.nagios.host_result(1, "主机不可达")
        mails = self.arrivals("email", 2)
        self.assertEqual([str(mail.message["to"]) for mail in mails], ["oncall@example.com"] * 2)


class RoutesForSomebody(Routes):
    contacts = "dba"

    def test_choose_channels_and_people(self):
        self.nagios.service_result("磁盘 / usage", 2, "x")
        self.assertEqual([str(mail.message["to"]) for mail in self.arrivals("email", 1)], ["dba@example.com"])


class Story(NagiosCase):
    def test_a_service_from_problem_to_recovery(self):
        self.nagios.service_result("磁盘 / usage", 2, self.nasty() + "\\nzweite Zeile a;b\\n第三行 C:\\\\x | used=99%")
        problem = self.event(1)
        for part in ('"kind": "problem"', '"severity": "critical"', '"host": "web01"', '"address": "192.0.2.10"',
                     '"service": "磁盘 / usage"', '"state": "CRITICAL"', '"source": "nagios"', "web-servers",
                     "100% its (touch", "zweite Zeile a;b", "第三行", "https://wiki.example.test/disk?host=web01"):
            self.assertIn(part, problem)
        self.assertNotIn("$_", problem)
        self.nagios.tell("ACKNOWLEDGE_SVC_PROBLEM", "web01", "磁盘 / usage", 2, 1, 0, "张三", "处理中; it's $(id)")
        for part in ('"kind": "acknowledgement"', "张三", "处理中; its (id)"):
            self.assertIn(part, self.event(2))
        self.nagios.service_result("磁盘 / usage", 0, "OK 恢复")
        recovery = self.event(3)
        for part in ('"kind": "recovery"', '"severity": "info"', '"state": "OK"', "OK 恢复"):
            self.assertIn(part, recovery)
        ids = {record.json["data"]["event_id"] if "data" in record.json else record.json["event_id"]
               for record in self.stub.of("webhook")}
        self.assertEqual(len(ids), 1, "one problem, one id")

    def test_a_host_goes_down_and_comes_back(self):
        self.nagios.host_result(1, "CRITICAL - 主机不可达")
        for part in ('"kind": "problem"', '"severity": "critical"', '"host": "web01"', '"state": "DOWN"', "主机不可达"):
            self.assertIn(part, self.event(1))
        self.assertNotIn('"service"', self.event(1))
        self.nagios.host_result(0, "PING OK")
        for part in ('"kind": "recovery"', '"state": "UP"', "PING OK"):
            self.assertIn(part, self.event(2))

    def test_a_warning_and_an_unknown_are_less_severe(self):
        for number, (status, severity) in enumerate([(1, "warning"), (3, "error")], 1):
            self.nagios.service_result("磁盘 / usage", status, f"x {status}")
            self.assertIn(f'"severity": "{severity}"', self.event(number))

    def test_a_service_may_set_its_own_severity(self):
        self.nagios.service_result("raised", 1, "x")
        self.assertIn('"severity": "emergency"', self.event(1))

    def test_custom_notifications_and_downtime(self):
        self.nagios.service_result("磁盘 / usage", 0, "OK")
        self.nagios.tell("SEND_CUSTOM_SVC_NOTIFICATION", "web01", "磁盘 / usage", 2, "李四", "请看")
        self.assertIn('"kind": "custom"', self.event(1))
        now = int(support.time.time())
        self.nagios.tell("SCHEDULE_SVC_DOWNTIME", "web01", "磁盘 / usage", now - 1, now + 600, 1, 0, 600, "李四", "维护")
        self.assertIn('"kind": "downtime_start"', self.event(2))
        self.nagios.tell("DEL_SVC_DOWNTIME", 1)
        self.assertIn('"kind": "downtime_cancelled"', self.event(3))

    def test_flapping(self):
        for round_number in range(10):
            self.nagios.service_result("flapping", 2 * (round_number % 2), f"round {round_number}")
            support.time.sleep(0.05)
        support.wait_until(lambda: any('"kind": "flapping_start"' in record.text for record in self.stub.accepted("webhook")),
                           what="the news of flapping")


class Environment(NagiosCase):
    """With enable_environment_macros the programs read what Nagios would have cut out of the command line."""
    environment_macros = True

    def test_texts_and_comments_arrive_as_they_were_written(self):
        self.nagios.service_result("磁盘 / usage", 2, self.nasty())
        self.assertIn(self.nasty().replace("\\", "\\\\").replace('"', '\\"').partition("C:")[0], self.event(1))
        self.nagios.tell("ACKNOWLEDGE_SVC_PROBLEM", "web01", "磁盘 / usage", 2, 1, 0, "张三", "it's $(id) <b>")
        self.assertIn("it's $(id) <b>", self.event(2))


class Failure(NagiosCase):
    def tearDown(self):
        pass

    def test_a_wrong_secret_is_one_clear_line_in_the_log(self):
        self.configure(webhook='endpoint = "@URL@/hook"  signing = "standard"  secret_file = "secrets/wrong"')
        support.write(self.folder / "etc/secrets/wrong", "whsec_" + "QUFB" * 8, 0o600)
        self.nagios.service_result("磁盘 / usage", 2, "x")
        support.wait_until(lambda: "NP-WEBHOOK-" in self.nagios.log, what="the line in nagios.log")
        lines = [line for line in self.nagios.log.splitlines() if "NP-" in line]
        self.assertEqual(len(lines), 1, lines)
        self.assertNotIn("QUFB", self.nagios.log)


if __name__ == "__main__":
    unittest.main()
