"""Nobody flooded: storms, what is exempt, what came and went, what came too late, seen from outside with the real programs."""
import json
import time
import unittest

from store_support import AT_ONCE, MANY, NO_STORM, StoreCase
from stub.server import Answer


class Storm(StoreCase):
    limits = MANY + 'storm { problems = 6  within = "1m" }\n'

    def rain(self, *numbers, **more):
        for number in numbers:
            self.assert_status(0, self.tell(number, host=f"web-{number}", **more))

    def titles(self, channel="webhook"):
        if channel == "slack":
            return [message.text for message in self.stub.accepted("slack")]
        return [message.json["data"]["title"] for message in self.stub.accepted(channel)]

    def test_a_storm_is_announced_once_and_single_messages_wait(self):
        self.rain(*range(6))
        self.assertEqual({"delivered": 6}, self.outcomes())
        begun = self.tell(6, host="web-6")
        self.assertIn("a storm of problems", begun.output)
        self.rain(7, 8, 9)
        titles = self.titles()
        self.assertEqual(7, len(titles), titles)
        self.assertIn("告警风暴：7 个问题", titles[6])
        self.assertIn("不再逐条发送", self.stub.accepted("webhook")[6].json["data"]["text"])
        self.assertIn("web-0", self.stub.accepted("webhook")[6].json["data"]["text"])
        self.assertEqual([("storm", 4)], self.sql("SELECT reason, COUNT(*) FROM notification WHERE outcome = 'held' GROUP BY 1"))

    def test_what_is_worse_or_exempt_passes_until_its_own_level_storms(self):
        self.rain(*range(8))
        before = len(self.titles())
        self.rain(100, severity="critical")
        self.rain(101, severity="critical")
        self.rain(102, severity="emergency")
        self.assertEqual(before + 3, len(self.titles()), self.titles())
        self.rain(103, severity="critical")
        self.assertEqual(before + 3, len(self.titles()), "an emergency was seen: critical is below the gravest now")

    def test_a_worse_one_that_begins_the_storm_passes(self):
        self.rain(*range(6))
        self.rain(6, severity="critical")
        titles = self.titles()
        self.assertEqual(8, len(titles), titles)
        self.assertIn("CPU 6", titles[6])
        self.assertIn("告警风暴：7 个问题", titles[7])

    def test_what_waits_for_the_hours_of_its_route_makes_no_storm(self):
        now = time.time() + 8 * 3600
        clock = [time.strftime("%H:%M", time.gmtime(now + hours * 3600)) for hours in (2, 4)]
        self.configure(extra=self.limits + 'route "urgent" { severity = "critical"  channels = {"ops-webhook"} }\n'
                       f'route "later" {{ during = "{clock[0]}-{clock[1]}"  outside = "hold"  channels = {{"ops-webhook"}} }}\n',
                       channels=("webhook",))
        self.rain(*range(8), channel="route")
        self.assertEqual({"held": 8}, self.outcomes())
        self.rain(8, channel="route", severity="critical")
        self.assertEqual(1, len(self.titles()), self.titles())
        self.assertIn("CPU 8", self.titles()[0])

    def test_the_gravest_level_that_storms_by_itself_is_held_too(self):
        self.rain(*range(12), severity="critical")
        self.assertEqual(7, len(self.titles()), self.titles())

    def test_a_recovery_of_what_was_told_passes(self):
        self.rain(*range(8))
        before = len(self.titles())
        self.assert_status(0, self.tell(0, host="web-0", kind="recovery", severity="info"))
        self.assertEqual(before + 1, len(self.titles()))
        self.assert_status(0, self.tell(7, host="web-7", kind="recovery", severity="info"))
        self.assertEqual(before + 1, len(self.titles()), "its problem was held back")

    def test_its_end_is_told_with_what_is_open_and_nothing_is_left_untold(self):
        self.rain(*range(9))
        self.tell(1, host="web-1", kind="recovery", severity="info")
        self.tell(8, host="web-8", kind="recovery", severity="info")
        self.age(40)
        self.ctl("tick")
        self.assertFalse(any("结束" in title for title in self.titles()))
        self.age(30)
        self.assert_status(0, self.ctl("tick"))
        end = self.stub.accepted("webhook")[-1].json["data"]
        self.assertRegex(end["title"], "告警风暴结束，历时 2 分钟：共 9 个问题，7 个仍未恢复")
        self.assertEqual([], self.sql("SELECT * FROM storm"))
        self.assertEqual([(0,)], self.sql("SELECT COUNT(*) FROM notification WHERE outcome IN ('held', 'folded')"
                                          " AND (ended_ms = 0 OR delivered_by = '')"))
        self.ctl("tick")
        self.age(400)
        self.ctl("tick")
        self.assertEqual(end["title"], self.titles()[-1], "and nothing comes after it")
        self.rain(50)
        self.assertIn("CPU 50", self.titles()[-1])

    def test_counts_are_told_at_most_every_five_minutes_where_nothing_can_be_changed(self):
        number = 0
        for minute in range(7):
            self.rain(*range(number, number + 7))
            number += 7
            self.age(55)
            self.ctl("tick")
        summaries = [title for title in self.titles() if "被合并" in title]
        self.assertEqual(1, len(summaries), self.titles())
        text = next(m.json["data"]["text"] for m in self.stub.accepted("webhook") if "被合并" in m.json["data"]["title"])
        self.assertRegex(text, r"告警风暴：\d\d 个问题")

    def test_a_channel_that_can_changes_its_announcement(self):
        for number in range(9):
            self.assert_status(0, self.tell(number, host=f"web-{number}", channel="slack"))
        self.ctl("tick")
        self.assertEqual(7, len(self.stub.accepted("slack")), "not at every look")
        self.age(31)
        self.assert_status(0, self.ctl("tick"))
        calls = [(r.request.path.rsplit("/", 1)[-1], r) for r in self.stub.accepted("slack")]
        self.assertEqual(["chat.postMessage"] * 7 + ["chat.update"], [path for path, _ in calls])
        announced, changed = calls[6][1], calls[7][1]
        self.assertEqual(json.loads(announced.answer.body)["ts"], changed.json["ts"])
        self.assertIn("7 个问题", announced.text)
        self.assertIn("9 个问题", changed.text)
        self.ctl("tick")
        self.assertEqual(8, len(self.stub.accepted("slack")), "nothing new to show")

    def test_none_is_announced_when_it_is_switched_off(self):
        self.configure(extra=MANY + NO_STORM + AT_ONCE, channels=("webhook",))
        self.rain(*range(40))
        self.assertEqual(40, len(self.titles()))

    def test_without_a_statement_thirty_in_a_minute_are_a_storm(self):
        self.configure(extra=MANY, channels=("webhook",))
        self.rain(*range(31))
        self.assertIn("告警风暴：31 个问题", self.titles()[30])

    def test_a_first_host_that_is_down_is_never_held(self):
        self.rain(*range(8))
        before = len(self.titles())
        for number in (200, 201):
            event = {"kind": "problem", "severity": "warning", "host": f"db-{number}", "state": "DOWN", "source": "nagios",
                     "event_id": str(number), "subject": f"db-{number} is DOWN"}
            self.assert_status(0, self.notify("webhook", "--source", "json", stdin=json.dumps(event)))
        self.assertEqual(before + 1, len(self.titles()), self.titles())
        self.assertIn("db-200", self.titles()[-1])


class Exempt(StoreCase):
    limits = MANY + NO_STORM + AT_ONCE

    def test_over_twenty_a_minute_become_one_digest_that_names_each_host(self):
        for number in range(27):
            self.assert_status(0, self.tell(number, host=f"core-{number:02}", severity="emergency"))
        self.assertEqual({"delivered": 20, "held": 7}, self.outcomes())
        self.age(11)
        self.assert_status(0, self.ctl("tick"))
        digest = self.arrivals("webhook", 21)[20].json["data"]
        for number in range(20, 27):
            self.assertIn(f"core-{number}", digest["text"].split("\n服务")[0])
        self.assertEqual(21, len(self.arrivals("webhook", 21)))


class CameAndWent(StoreCase):
    limits = MANY + NO_STORM + AT_ONCE

    def test_a_recovery_takes_its_waiting_problem_along(self):
        self.stub.script("webhook", *[Answer(status=503)] * 3)
        began = [time.strftime("%H:%M", time.gmtime(time.time() + ahead + 8 * 3600 - 17 * 60)) for ahead in (0, 10)]
        self.assert_status(1, self.tell(1))
        self.age(17 * 60)
        self.assert_status(0, self.tell(1, kind="recovery", severity="info"))
        [only] = self.arrivals("webhook", 1)
        title = only.json["data"]["title"]
        self.assertRegex(title, rf"(\d\d-\d\d )?({'|'.join(began)})–(\d\d-\d\d )?\d\d:\d\d 故障，已恢复")
        self.assertNotIn("延迟", title)
        self.assert_status(0, self.ctl("tick"))
        self.assertEqual(1, len(self.arrivals("webhook", 1)))
        self.assertEqual({"delivered": 1, "folded": 1}, self.outcomes())
        [(told,)] = self.sql("SELECT n.kind FROM notification p JOIN notification n ON n.id = p.delivered_by"
                             " WHERE p.outcome = 'folded' AND p.ended_ms > 0")
        self.assertEqual("recovery", told)

    def test_it_says_so_too_when_the_recovery_itself_has_to_wait(self):
        self.stub.script("webhook", *[Answer(status=503)] * 6)
        self.assert_status(1, self.tell(1))
        self.age(600)
        self.assert_status(1, self.tell(1, kind="recovery", severity="info"))
        self.age(300)
        self.assert_status(0, self.ctl("tick"))
        [only] = self.arrivals("webhook", 1)
        self.assertIn("故障，已恢复", only.json["data"]["title"])
        self.assertIn("延迟 5 分钟", only.json["data"]["title"])

    def test_other_recipients_have_a_message_of_their_own(self):
        self.stub.script("webhook", *[Answer(status=503)] * 3)
        self.assert_status(1, self.tell(1))
        self.assert_status(0, self.tell(1, channel="slack"))
        self.assert_status(0, self.tell(1, kind="recovery", severity="info", channel="slack"))
        self.assertEqual([("pending",)], self.sql("SELECT state FROM outbox"))

    def test_what_a_summary_told_is_over_in_a_summary(self):
        self.configure(extra="limit { per_minute = 1  per_hour = 100  per_day = 100 }\n" + NO_STORM, channels=("webhook",))
        self.tell(1)
        self.tell(2)
        self.age(61)
        self.ctl("tick")
        self.assertIn("1 条告警", self.arrivals("webhook", 2)[1].json["data"]["title"])
        held = self.tell(2, kind="recovery", severity="info")
        self.assertIn("a summary told its problem", held.output)
        self.age(61)
        self.ctl("tick")
        over = self.arrivals("webhook", 3)[2].json["data"]
        self.assertEqual("🟢 【提示】此前汇总的问题已恢复：1 个（1 分钟内）", over["title"])
        self.assertIn("db-01 / CPU：已恢复", over["text"])


class Expiry(StoreCase):
    """On expiry the next leg that is still of use, then the operator."""

    def setUp(self):
        super().setUp()
        self.route = ('route "all" { channels = {"ops-aliyun-sms", "ops-email"}  to = {"@zhang"} }\n'
                      'contact "zhang" { mobile = "+8613800138000"  email = "zhang@example.com" }\n'
                      'operator { channels = {"ops-slack"} }\n')
        self.configure(extra=MANY + NO_STORM + AT_ONCE + self.route, channels=("aliyun_sms", "email", "slack"))

    def route_one(self, number):
        event = {"kind": "problem", "severity": "critical", "host": "db-01", "service": "CPU", "event_id": str(number),
                 "subject": f"CPU {number} is high", "source": "zabbix"}
        return self.notify("route", "--source", "json", stdin=json.dumps(event))

    def test_an_sms_that_is_too_late_goes_by_mail(self):
        self.stub.script("aliyun_sms", *[Answer(status=503)] * 3)
        self.configure(extra=MANY + NO_STORM + AT_ONCE + self.route, channels=("aliyun_sms", "email", "slack"),
                       email='server = "smtp://127.0.0.1:1"  from = "monitor@example.com"  starttls = "never"')
        self.assert_status(1, self.route_one(1))
        self.configure(extra=MANY + NO_STORM + AT_ONCE + self.route, channels=("aliyun_sms", "email", "slack"))
        self.age(16 * 60)
        asked = len(self.stub.of("aliyun_sms"))
        self.assert_status(0, self.ctl("tick"))
        self.assertIn("CPU 1 is high", str(self.arrivals("email", 1)[0].text))
        self.assertEqual(asked, len(self.stub.of("aliyun_sms")), "an SMS is of no use after a quarter of an hour")
        self.assertEqual([("delivered", "ops-email")],
                         self.sql("SELECT outcome, delivered_by FROM notification WHERE kind = 'problem'"))

    def test_what_no_leg_could_tell_in_time_is_told_the_operator(self):
        self.configure(extra=MANY + NO_STORM + AT_ONCE + 'operator { channels = {"ops-slack"} }\n', channels=("aliyun_sms", "slack"))
        self.stub.script("aliyun_sms", *[Answer(status=503)] * 3)
        event = {"kind": "problem", "severity": "critical", "host": "db-01", "event_id": "1", "subject": "down", "source": "zabbix"}
        self.assert_status(1, self.notify("aliyun_sms", "--to", "13800138000", "--source", "json", stdin=json.dumps(event)))
        self.age(16 * 60)
        self.ctl("tick")
        self.ctl("tick")
        self.assertEqual([("expired",)], self.sql("SELECT outcome FROM notification WHERE channel = 'aliyun_sms'"))
        self.assertEqual(1, len([m for m in self.arrivals("slack", 1) if "已过期" in m.text]))

    def test_a_summary_that_expires_gives_back_what_it_tells(self):
        self.configure(extra="limit { per_minute = 1  per_hour = 100  per_day = 100 }\n" + NO_STORM, channels=("webhook",))
        self.tell(1)
        self.tell(2)
        self.age(61)
        self.stub.script("webhook", Answer(status=503))
        self.ctl("tick")
        self.assertEqual([(0,)], self.sql("SELECT COUNT(*) FROM notification WHERE outcome = 'held' AND delivered_by = ''"))
        self.assertEqual([(1,)], self.sql("SELECT COUNT(*) FROM notification WHERE outcome = 'held' AND ended_ms = 0"))
        self.age(3 * 3600)
        self.ctl("tick")
        self.assertEqual([("held", 1), ("expired", 0)],
                         self.sql("SELECT outcome, ended_ms > 0 FROM notification WHERE outcome = 'held' UNION ALL"
                                  " SELECT outcome, 0 FROM notification WHERE outcome = 'expired'"))
        self.assertIn("1 条告警", self.arrivals("webhook", 2)[1].json["data"]["title"])


if __name__ == "__main__":
    unittest.main()
