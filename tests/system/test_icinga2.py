"""A real Icinga 2 calls the real programs through conf/icinga2, as it is or through Icinga Director, and through the letters of
its own mail script alone."""
import unittest

import support
from hosts.director import Director
from hosts.icinga2 import Icinga2

CONF = support.ROOT / "conf/icinga2"
PROGRAMS = "/usr/lib/notification-plugins"

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
  command = "notify-service-by-{"mail" if channel == "email" else channel.replace("_", "-")}"
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


MONITOR = """
object Host "monitor" {
  import "passive"
  vars.notify_check = true
  vars.notify_warning = [ "outbox=17" ]
  vars.notify_critical = [ "outbox=4711", "oldest=3600" ]
}
"""


class IcingaCase(support.Case):
    notifications = BY_WEBHOOK
    extra = ""

    def setUp(self):
        super().setUp()
        self.configure(extra=support.MANY + self.extra)
        for channel in (*support.CHANNELS, "route"):
            support.program(f"notify_{channel}")
        self.pwned = self.folder / "pwned"
        self.icinga = self.enterContext(Icinga2(
            support.BUILD, self.folder / "icinga2", support.BUILD,
            self.commands(), USERS + self.notifications, self.environment))

    def commands(self):
        return (CONF / "notification-plugins.conf").read_text()

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


class ByDirector(EveryChannel):
    """The basket is restored by a real Director, and Icinga reads what that makes of it."""

    def commands(self):
        director = self.enterContext(Director(support.BUILD, self.folder / "director"))
        basket = (CONF / "director-basket.json").read_text()
        for _ in range(2):  # who updates the package uploads it again
            self.assertIn("have been restored", director.run("basket", "restore", stdin=basket))
        self.assertEqual(director.fields(), {
            "command": {("notify-any", "notify_to"), ("notify-any", "notification_icingaweb2url"),
                        ("notify-check", "notify_warning"), ("notify-check", "notify_critical")},
            "user": {("notify-user", name) for name in ("dingtalk", "wecom", "feishu", "slack", "teams", "webhook")},
            "notification": {(f"notify-{kind}-events", name) for kind in ("host", "service")
                             for name in ("notify_to", "notification_icingaweb2url")}})
        made = director.rendered()
        for name in ("notify-host-by-route", "notify-service-by-route"):
            self.assertIn(f'object NotificationCommand "{name}"', made)
        return made.replace(PROGRAMS, str(support.BUILD))


class ShippedRules(IcingaCase):
    """conf/icinga2/notifications.conf as it is."""
    extra = ('dingtalk "ops" { endpoint = "@URL@/robot/send"  token_file = "secrets/dingtalk-token"  secret_file = '
             '"secrets/dingtalk-secret" }\nroute "default" { default = yes  channels = {"ops-webhook"}  also = {"ops-email"}  '
             'to = {"oncall@example.com"} }\n')
    notifications = (CONF / "notifications.conf").read_text() + MONITOR

    def configure(self, extra="", **more):
        return super().configure(extra=extra.replace("@URL@", self.stub.url), **more)

    def test_the_file_passes_icingas_own_check(self):
        status, said = self.icinga.check()
        self.assertEqual(status, 0, said)
        self.assertNotIn("warning/", said)

    def test_a_group_is_told_by_its_channels(self):
        self.icinga.result("ops01!disk /", 2, "voll")
        self.assertIn("@13800138000", self.arrivals("dingtalk", 1)[0].text)
        self.assertEqual([str(mail.message["to"]) for mail in self.arrivals("email", 1)], ["zhang.san@example.com"])
        self.icinga.result("ops01", 1, "down")
        self.assertIn("down", self.arrivals("dingtalk", 2)[1].text)

    def test_routes_choose_channels_and_people(self):
        self.icinga.result("route01!disk /", 2, "voll")
        self.assertIn('"host": "route01"', self.event(1))
        self.assertEqual([str(mail.message["to"]) for mail in self.arrivals("email", 1)], ["oncall@example.com"])
        self.icinga.result("route01", 1, "down")
        self.assertIn('"state": "DOWN"', self.event(2))
        self.assertEqual(self.stub.of("dingtalk"), [])


class Watched(IcingaCase):
    """Icinga checks the notifier by the rule of notifications.conf."""
    notifications = ShippedRules.notifications + 'object CheckerComponent "checker" { }\n'

    def setUp(self):
        support.program("check_notify")
        super().setUp()

    def test_the_check_runs_with_its_thresholds(self):
        def result():
            status, said = self.icinga.call("GET", "/v1/objects/services/monitor!notification-plugins")
            return status == 200 and said["results"][0]["attrs"]["last_check_result"]
        self.icinga.act("reschedule-check", "monitor!notification-plugins", force=True)
        found = support.wait_until(result, what="a result of check_notify")
        self.assertIn(found["exit_status"], (0, 1, 2), found)
        figures = " ".join(found["performance_data"])
        self.assertRegex(figures, r"'?outbox'?=\d+;17;4711")
        self.assertRegex(figures, r"'?oldest'?=\d+s?;\d+;3600")


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
