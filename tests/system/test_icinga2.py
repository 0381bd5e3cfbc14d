"""A real Icinga 2 calls the real programs through conf/icinga2, and through the letters of its own mail script alone."""
import unittest

import support
from hosts.icinga2 import Icinga2

NASTY = "磁盘 CRITICAL: \"/\" 100% it's $(touch @PWNED@) `touch @PWNED@` C:\\temp\\new <b>&amp;</b>\nzweite Zeile; a\n第三行"
DISK = "web01!disk /"

USERS = """
object User "everybody" {
  display_name = "值班 O'Neil"
  email = "oncall@example.com"
  pager = "13800138000"
  vars.dingtalk = "ops-dingtalk:13800138000"
}

object User "operator" {
  vars.webhook = "ops-webhook"
}
"""

BY_WEBHOOK = """
apply Notification "webhook" to Service {
  import "notify-service-events"
  command = "notify-service-by-webhook"
  users = [ "operator" ]
  interval = 0
  vars.notification_icingaweb2url = "https://icinga.example.test/icingaweb2"
  assign where true
}

apply Notification "webhook" to Host {
  import "notify-host-events"
  command = "notify-host-by-webhook"
  users = [ "operator" ]
  interval = 0
  vars.notification_icingaweb2url = "https://icinga.example.test/icingaweb2"
  assign where true
}
"""

BY_ALL = "".join(f"""
apply Notification "{channel}" to Service {{
  import "notify-service-events"
  command = "notify-service-by-{channel.replace("_", "-")}"
  users = [ "everybody" ]
  interval = 0
  assign where true
}}
""" for channel in support.CHANNELS)

BY_STOCK = """
apply Notification "stock" to Service {
  import "notify-service-events"
  command = "stock-service"
  users = [ "everybody" ]
  interval = 0
  assign where true
}
"""


class IcingaCase(support.Case):
    notifications = BY_WEBHOOK

    def setUp(self):
        super().setUp()
        self.configure()
        for channel in support.CHANNELS:
            support.program(f"notify_{channel}")
        self.pwned = self.folder / "pwned"
        self.icinga = self.enterContext(Icinga2(
            support.BUILD, self.folder / "icinga2", support.BUILD,
            (support.ROOT / "conf/icinga2/notification-plugins.conf").read_text(), USERS + self.notifications,
            self.environment))

    def tearDown(self):
        """Whatever was said, nothing of it was executed, and Icinga has nothing to complain of."""
        self.assertFalse(self.pwned.exists())
        self.assertNotIn("warning/PluginNotificationTask", self.icinga.log)
        self.assert_nothing_is_doubted()

    def nasty(self):
        return NASTY.replace("@PWNED@", str(self.pwned))

    def event(self, number):
        return self.arrivals("webhook", number)[number - 1].text


class EveryChannel(IcingaCase):
    notifications = BY_ALL

    def test_the_file_passes_icingas_own_check(self):
        status, said = self.icinga.check()
        self.assertEqual(status, 0, said)
        self.assertNotIn("warning/", said)

    def test_a_problem_and_its_recovery_reach_people_on_every_channel(self):
        self.icinga.result(DISK, 2, self.nasty())
        for channel in support.CHANNELS:
            text = self.arrivals(channel, 1)[0].text
            self.assertIn("web01", text, channel)
            if "sms" not in channel:
                for part in ("磁盘 / usage", "CRITICAL", "第三行"):
                    self.assertIn(part, text, channel)
        self.icinga.result(DISK, 0, "OK 恢复")
        for channel in support.CHANNELS:
            text = self.arrivals(channel, 2)[1].text
            if "sms" not in channel:
                self.assertIn("恢复", text, channel)
        self.assertEqual([str(mail.message["to"]) for mail in self.mail.mails], ["oncall@example.com"] * 2)
        self.assertIn("@13800138000", self.arrivals("dingtalk", 1)[0].text)


class Story(IcingaCase):
    def test_a_service_from_problem_to_recovery(self):
        self.icinga.result(DISK, 2, self.nasty())
        problem = self.event(1)
        for part in ('"kind": "problem"', '"severity": "critical"', '"host": "web01"', '"host_name": "Web server 网页"',
                     '"address": "192.0.2.10"', '"service": "disk /"', '"service_name": "磁盘 / usage"',
                     '"state": "CRITICAL"', '"source": "icinga2"', "it's $(touch", "`touch", "C:\\\\temp\\\\new", "<b>&amp;",
                     "\\nzweite Zeile; a\\n第三行", "https://icinga.example.test/icingaweb2/"):
            self.assertIn(part, problem)
        self.icinga.act("acknowledge-problem", DISK, author="张三", comment="处理中\n$(id) it's \"q\"", notify=True)
        for part in ('"kind": "acknowledgement"', "张三", "处理中\\n$(id) it's \\\"q\\\""):
            self.assertIn(part, self.event(2))
        self.icinga.result(DISK, 0, "OK 恢复")
        for part in ('"kind": "recovery"', '"severity": "info"', '"state": "OK"', "OK 恢复"):
            self.assertIn(part, self.event(3))

    def test_a_host_goes_down_and_comes_back(self):
        self.icinga.result("web01", 1, "主机不可达")
        for part in ('"kind": "problem"', '"severity": "critical"', '"state": "DOWN"', "主机不可达"):
            self.assertIn(part, self.event(1))
        self.assertNotIn('"service"', self.event(1))
        self.icinga.result("web01", 0, "PING OK")
        for part in ('"kind": "recovery"', '"state": "UP"'):
            self.assertIn(part, self.event(2))

    def test_a_warning_and_an_unknown_are_less_severe(self):
        for number, (status, severity) in enumerate([(1, "warning"), (3, "error")], 1):
            self.icinga.result(DISK, status, f"x {status}")
            self.assertIn(f'"severity": "{severity}"', self.event(number))

    def test_a_service_may_set_its_own_severity(self):
        self.icinga.result("web01!raised", 1, "x")
        self.assertIn('"severity": "emergency"', self.event(1))

    def test_custom_notifications_and_downtime(self):
        self.icinga.result(DISK, 0, "OK")
        self.icinga.act("send-custom-notification", DISK, author="李四", comment="请看 $(id)")
        for part in ('"kind": "custom"', "李四", "请看 $(id)"):
            self.assertIn(part, self.event(1))
        now = support.time.time()
        self.icinga.act("schedule-downtime", DISK, author="李四", comment="维护", start_time=now - 1, end_time=now + 600)
        self.assertIn('"kind": "downtime_start"', self.event(2))
        self.icinga.act("remove-downtime", DISK, author="李四")
        self.assertRegex(self.event(3), '"kind": "downtime_(end|cancelled)"')  # 2.13 says DOWNTIMEEND of a removed one, too

    def test_flapping(self):
        for round_number in range(10):
            self.icinga.result("web01!flapping", 2 * (round_number % 2), f"round {round_number}")
        support.wait_until(lambda: any('"kind": "flapping_start"' in record.text for record in self.stub.accepted("webhook")),
                           what="the news of flapping")


class Stock(IcingaCase):
    """Somebody only changed the path of Icinga's mail script to ours."""
    notifications = BY_STOCK

    def test_the_letters_of_the_mail_script_are_enough(self):
        self.icinga.result(DISK, 2, self.nasty())
        self.arrivals("dingtalk", 1)
        self.icinga.act("acknowledge-problem", DISK, author="张三", comment="处理中", notify=True)
        self.arrivals("dingtalk", 2)
        self.icinga.result(DISK, 0, "OK 恢复")
        problem, acknowledgement, recovery = (record.text for record in self.arrivals("dingtalk", 3))
        for part in ("web01", "磁盘 / usage", "CRITICAL", "第三行", "严重"):
            self.assertIn(part, problem)
        for part in ("已确认", "张三", "处理中"):
            self.assertIn(part, acknowledgement)
        self.assertIn("恢复", recovery)


class Failure(IcingaCase):
    def tearDown(self):
        pass

    def test_a_wrong_secret_is_one_clear_line_in_the_log(self):
        self.configure(webhook='endpoint = "@URL@/hook"  signing = "standard"  secret_file = "secrets/wrong"')
        support.write(self.folder / "etc/secrets/wrong", "whsec_" + "QUFB" * 8, 0o600)
        self.icinga.result(DISK, 2, "x")
        support.wait_until(lambda: "NP-WEBHOOK-" in self.icinga.log, what="the line in icinga2.log")
        self.assertEqual(self.icinga.log.count("NP-WEBHOOK-"), 1)
        self.assertNotIn("QUFB", self.icinga.log)


if __name__ == "__main__":
    unittest.main()
