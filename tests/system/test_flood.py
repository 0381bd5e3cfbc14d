"""Nobody flooded: storms, backlogs, robots used in turn, and what came and went, seen from outside with the real programs."""
import json
import re
import subprocess
import time
import unittest

from store_support import StoreCase
from support import ROOT, program
from stub.chat import DingTalk
from stub.providers import Stub, all_providers
from stub.server import Answer

MANY = "limit { per_minute = 1000  per_hour = 1000  per_day = 1000 }\n"
NO_STORM = "storm { problems = 0 }\n"


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
        self.configure(extra=MANY + NO_STORM, channels=("webhook",))
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
    limits = MANY + NO_STORM

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
    limits = MANY + NO_STORM

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
        self.assertIn("1 个问题", over["title"])
        self.assertIn("db-01 / CPU：已恢复", over["text"])


class Expiry(StoreCase):
    """On expiry the next leg that is still of use, then the operator."""

    def setUp(self):
        super().setUp()
        self.route = ('route "all" { channels = {"ops-aliyun-sms", "ops-email"}  to = {"@zhang"} }\n'
                      'contact "zhang" { mobile = "+8613800138000"  email = "zhang@example.com" }\n'
                      'operator { channels = {"ops-slack"} }\n')
        self.configure(extra=MANY + NO_STORM + self.route, channels=("aliyun_sms", "email", "slack"))

    def route_one(self, number):
        event = {"kind": "problem", "severity": "critical", "host": "db-01", "service": "CPU", "event_id": str(number),
                 "subject": f"CPU {number} is high", "source": "zabbix"}
        return self.notify("route", "--source", "json", stdin=json.dumps(event))

    def test_an_sms_that_is_too_late_goes_by_mail(self):
        self.stub.script("aliyun_sms", *[Answer(status=503)] * 3)
        self.configure(extra=MANY + NO_STORM + self.route, channels=("aliyun_sms", "email", "slack"),
                       email='server = "smtp://127.0.0.1:1"  from = "monitor@example.com"  starttls = "never"')
        self.assert_status(1, self.route_one(1))
        self.configure(extra=MANY + NO_STORM + self.route, channels=("aliyun_sms", "email", "slack"))
        self.age(16 * 60)
        asked = len(self.stub.of("aliyun_sms"))
        self.assert_status(0, self.ctl("tick"))
        self.assertIn("CPU 1 is high", str(self.arrivals("email", 1)[0].text))
        self.assertEqual(asked, len(self.stub.of("aliyun_sms")), "an SMS is of no use after a quarter of an hour")
        self.assertEqual({"delivered": 1}, self.outcomes())

    def test_what_no_leg_could_tell_in_time_is_told_the_operator(self):
        self.configure(extra=MANY + NO_STORM + 'operator { channels = {"ops-slack"} }\n', channels=("aliyun_sms", "slack"))
        self.stub.script("aliyun_sms", *[Answer(status=503)] * 3)
        event = {"kind": "problem", "severity": "critical", "host": "db-01", "event_id": "1", "subject": "down", "source": "zabbix"}
        self.assert_status(1, self.notify("aliyun_sms", "--to", "13800138000", "--source", "json", stdin=json.dumps(event)))
        self.age(16 * 60)
        self.ctl("tick")
        self.ctl("tick")
        self.assertEqual([("expired",)], self.sql("SELECT outcome FROM notification WHERE channel = 'aliyun_sms'"))
        self.assertIn("已过期", self.arrivals("slack", 1)[0].text)

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


class Fallback(StoreCase):
    limits = MANY + NO_STORM + 'route "all" { channels = {"ops-webhook", "ops-dingtalk"} }\n'

    def test_the_quota_of_the_next_leg_holds_too(self):
        self.configure(extra=self.limits, channels=("webhook", "dingtalk"))
        self.assert_status(0, self.tell("first", channel="dingtalk"))
        [(key,)] = self.sql("SELECT endpoint_key FROM notification")
        for _ in range(17):
            self.sql("INSERT INTO booking VALUES (?, ?, 1)", key, int(time.time() * 1000))
        for number, severity, arrived in ((1, "warning", 1), (2, "critical", 1)):
            self.stub.script("webhook", *[Answer(status=503)] * 3)
            self.assert_status(1, self.tell(number, channel="route", severity=severity))
            self.assertEqual(arrived, len(self.stub.accepted("dingtalk")))
        self.age(61)
        self.stub.script("webhook", *[Answer(status=503)] * 3)
        self.assert_status(0, self.tell(3, channel="route"))
        self.assertIn("CPU 3", self.stub.accepted("dingtalk")[1].text)


class Pool(StoreCase):
    """Three robots of one group, each at a provider's address of its own."""
    robots = ("one", "two", "three")

    def setUp(self):
        super().setUp()
        self.stubs = {name: self.enterContext(Stub([DingTalk(token=f"token-{name}", secret=f"SEC-{name}")]))
                      for name in self.robots}
        self.pooled()

    def pooled(self, pool='"two", "three"', more=""):
        sections = ""
        for name, stub in self.stubs.items():
            key = (f'webhook = "{stub.url}/robot/send?access_token=token-{name}"' if name == "two" else
                   f'token = "token-{name}"')
            sections += (f'dingtalk "{name}" {{ endpoint = "{stub.url}/robot/send"  {key}  secret = "SEC-{name}"'
                         + (f'  at_mobiles = {{"13800138000"}}  pool = {{{pool}}}' if name == "one" else "") + " }\n")
        self.configure(extra=MANY + NO_STORM + sections + more, channels=("webhook",))
        self.configuration.chmod(0o600)

    def start(self, number, severity="warning", kind="problem"):
        event = {"kind": kind, "severity": severity, "host": f"web-{number}", "service": "CPU", "event_id": str(number),
                 "subject": f"CPU {number} is high", "source": "zabbix"}
        child = subprocess.Popen([str(program("notify_dingtalk")), "--profile", "one", "--source", "json"], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={"PATH": "/usr/bin:/bin", **self.environment})
        child.stdin.write(json.dumps(event).encode())
        child.stdin.close()
        return child

    def end(self, child):
        status = child.wait(60)
        child.stdout.close()
        child.stderr.close()
        return status

    def sent(self):
        return [len(self.stubs[name].accepted("dingtalk")) for name in self.robots]

    def test_each_robot_takes_its_quota_and_places_for_the_gravest_are_kept(self):
        self.end(self.start("first"))
        for severity, count in (("warning", 56), ("critical", 14)):
            for first in range(0, count, 8):  # more at once wait longer for the store than it may take
                for child in [self.start(f"{severity}-{number}", severity) for number in range(first, min(first + 8, count))]:
                    self.end(child)
        self.assertEqual([18, 18, 18], self.sent())
        by_severity = self.sql("SELECT severity, COUNT(*) FROM notification WHERE outcome = 'delivered' GROUP BY severity")
        self.assertEqual([(1, 42), (3, 12)], by_severity)
        self.assertEqual({"delivered": 54, "held": 15, "waiting": 2}, self.outcomes())
        for name in self.robots:
            record = self.stubs[name].accepted("dingtalk")[0]
            self.assertEqual(["13800138000"], record.json["at"]["atMobiles"], "what the first says holds for the others")

    def test_what_follows_a_message_goes_through_the_robot_that_sent_it(self):
        for number in range(15):
            self.assertEqual(0, self.end(self.start(number)))
        self.assertEqual([14, 1, 0], self.sent())
        self.age(61)  # the first has places again
        self.assertEqual(0, self.end(self.start(14, "info", "recovery")))
        self.assertEqual([14, 2, 0], self.sent())
        self.assertEqual(0, self.end(self.start(14, "warning", "update")))
        self.assertEqual([14, 3, 0], self.sent())
        self.assertEqual(("two",), self.sql("SELECT delivered_by FROM notification WHERE kind = 'recovery'")[0])

    def test_a_robot_whose_circuit_is_open_is_skipped(self):
        self.end(self.start("first"))
        [(key,)] = self.sql("SELECT key FROM booking WHERE key = (SELECT endpoint_key FROM notification)")
        now = int(time.time() * 1000)
        self.sql("INSERT INTO circuit VALUES (?, 5, ?, ?)", key, now, now + 60000)
        self.assertEqual(0, self.end(self.start("second")))
        self.assertEqual([1, 1, 0], self.sent())

    def test_what_waits_takes_the_robot_that_is_free_when_it_is_told(self):
        for name in self.robots:
            self.stubs[name].script("dingtalk", *[Answer(status=503)] * 3)
        self.assertEqual(1, self.end(self.start("late")))
        now = int(time.time() * 1000)
        [(key,)] = self.sql("SELECT endpoint_key FROM notification")
        self.age(600)
        for _ in range(14):
            self.sql("INSERT INTO booking VALUES (?, ?, 1)", key, now)
        self.stubs["two"].clear()
        self.assert_status(0, self.ctl("tick"))
        self.assertEqual([0, 1, 0], self.sent())

    def test_check_names_a_member_that_is_missing_or_of_another_channel(self):
        checked = self.ctl("check")
        self.assertNotIn("pool", checked.output + checked.errors)
        for pool, words in (('"two", "fuor"', "'fuor'"), ('"ops-webhook"', "section of webhook"), ('"one"', "this section itself")):
            with self.subTest(pool=pool):
                self.pooled(pool)
                checked = self.ctl("check")
                self.assertNotEqual(0, checked.status)
                self.assertIn("'pool' names", checked.output + checked.errors)
                self.assertIn(words, checked.output + checked.errors)
                self.assertEqual(0, self.end(self.start(pool)), "the others still work")


class Backlog(StoreCase):
    limits = MANY + NO_STORM
    ROWS = 100000
    providers = {"dingtalk": DingTalk(per_minute=1000)}  # its minutes go by on a clock of its own
    SEVERITIES = ("info", "warning", "error", "critical")

    def setUp(self):
        super().setUp()
        self.configure(extra=MANY + NO_STORM, channels=("webhook", "dingtalk"))

    def fill(self, channel, rows):
        """As if so many had been queued since two hours ago: the first message's rows, many times."""
        self.stub.script(channel, *[Answer(status=503)] * 3)
        self.assert_status(1, self.tell("model", channel=channel))
        columns = {name: [c for (_, c, *_) in self.sql(f"PRAGMA table_info({name})")] for name in ("notification", "outbox")}
        now = int(time.time() * 1000)
        for table, every in columns.items():
            changed = {"id": "'q' || i", "severity": "i % 4", "created_ms": f"{now} - 3600000 + i", "problem": "'p' || i",
                       "host": "'host-' || (i % 40)", "repeat_key": "'r' || i", "due_ms": "0", "attempts": "1",
                       "expires_ms": f"{now} + 3600000",
                       "event": "json_set(event, '$.host', 'host-' || (i % 40), '$.event_id', 'p' || i, '$.severity',"
                                " CASE i % 4 WHEN 0 THEN 'info' WHEN 1 THEN 'warning' WHEN 2 THEN 'error' ELSE 'critical' END)"}
            values = ", ".join(changed.get(column, column) for column in every)
            self.sql(f"INSERT INTO {table} ({', '.join(every)}) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                     f" WHERE i < {rows}) SELECT {values} FROM n, {table} WHERE id NOT LIKE 'q%'")
        self.sql("DELETE FROM outbox WHERE id NOT LIKE 'q%'")
        self.sql("DELETE FROM notification WHERE id NOT LIKE 'q%'")
        self.sql("DELETE FROM circuit")
        self.sql("DELETE FROM booking")
        self.stub.clear()

    def test_a_hundred_thousand_are_told_in_a_summary_but_for_the_gravest(self):
        self.fill("dingtalk", self.ROWS)
        before = time.monotonic()
        self.assert_status(0, self.ctl("tick", timeout_s=120))
        first_s = time.monotonic() - before
        told = self.arrivals("dingtalk", 18)
        self.assertEqual(18, len(told))
        for message in told:
            self.assertIn("严重", message.text)
        self.age(61)
        self.assert_status(0, self.ctl("tick", timeout_s=120))
        self.age(61)
        self.assert_status(0, self.ctl("tick", timeout_s=120))
        messages = self.arrivals("dingtalk", 36)
        self.assertEqual(36, len(messages))
        summary = next(m for m in messages if "积压未发" in m.text)
        self.assertIn("99965 条告警自", summary.text)
        self.assertIn("host-", summary.text)
        self.assertIn("仍未恢复：99965", summary.text)
        self.assertEqual({"delivered": 36, "held": 99965}, self.outcomes())
        self.assertEqual([(99965,)], self.sql("SELECT COUNT(*) FROM notification n JOIN notification s ON s.id = n.delivered_by"
                                              " WHERE n.outcome = 'held' AND n.ended_ms > 0 AND s.outcome = 'delivered'"))
        self.assertLess(first_s, 60)
        print(f"folded {self.ROWS} in {first_s:.1f} s", flush=True)

    def test_a_channel_without_a_quota_tells_all_worst_first(self):
        self.fill("webhook", 400)
        self.assert_status(0, self.ctl("tick", timeout_s=120))
        told = [message.json["data"]["severity"] for message in self.arrivals("webhook", 400)]
        order = [self.SEVERITIES.index(severity) for severity in told]
        self.assertEqual(sorted(order, reverse=True), order)

    def test_nothing_is_folded_while_the_channel_does_not_answer(self):
        self.fill("dingtalk", 100)
        [(key,)] = self.sql("SELECT DISTINCT endpoint_key FROM notification")
        self.sql("INSERT INTO circuit VALUES (?, 5, 0, ?)", key, int(time.time() * 1000) + 60000)
        self.stub.script("dingtalk", *[Answer(status=503)] * 100)
        self.ctl("tick")
        self.assertEqual({"waiting": 100}, self.outcomes())

    def test_claims_read_an_index_in_order_and_sort_nothing(self):
        self.fill("webhook", 2)
        plan = self.sql("EXPLAIN QUERY PLAN " + self.claim_statement(), *(1, 1, 1))
        words = "\n".join(str(row[3]) for row in plan)
        self.assertIn("outbox_order", words)
        self.assertNotIn("TEMP B-TREE", words)

    @staticmethod
    def claim_statement():
        text = (ROOT / "common/outbox.c").read_text(encoding="utf-8")
        columns = "".join(re.findall(r'"(.*?)"', text[text.index("#define ROW_COLUMNS"):text.index("struct claims")]))
        text = text[text.index("DUE_ROWS[] ="):]
        return "".join(part or columns for part in re.findall(r'"(.*?)"|ROW_COLUMNS', text[:text.index(";\n")]))


class Vigil(StoreCase):
    """Silence is told from peace."""

    def vigil(self, **more):
        self.configure(channels=("webhook", "slack"), **more)

    def test_the_worker_asks_an_address_elsewhere_every_so_often(self):
        with Stub(all_providers()) as elsewhere:
            self.vigil(extra=f'heartbeat = "{elsewhere.url}/ping/secret-of-it"\nheartbeat_every = "1m"\n')
            asked = lambda: [record.request.path for record in elsewhere.recorded]  # noqa: E731
            self.assert_status(0, self.ctl("tick"))
            self.assert_status(0, self.ctl("tick"))
            self.assertEqual(["/ping/secret-of-it"], asked())
            self.assertEqual("GET", elsewhere.recorded[0].request.method)
            self.sql("UPDATE value SET number = number - 61000 WHERE name = 'heartbeat_ms'")
            self.assert_status(0, self.ctl("tick"))
            self.assertEqual(2, len(asked()))
            self.tell(1)
            self.assertEqual(2, len(asked()), "only the worker")

    def test_an_address_that_does_not_answer_stops_nothing(self):
        self.vigil(extra='heartbeat = "http://127.0.0.1:1/secret-of-it"\n')
        ticked = self.ctl("tick")
        self.assert_status(0, ticked)
        self.assertNotIn("secret-of-it", ticked.output + ticked.errors)

    def test_the_operator_hears_once_a_day_that_all_is_well(self):
        self.vigil(extra='operator { channels = {"ops-slack"}  daily = "00:00" }\n')
        self.tell(1)
        self.assert_status(0, self.ctl("tick"))
        self.assert_status(0, self.ctl("tick"))
        self.ctl("tick")
        [daily] = self.arrivals("slack", 1)
        self.assertIn("通知系统正常", daily.text)
        self.assertIn("24 小时内送达：1", daily.text)
        self.age(7200)
        self.ctl("tick")
        self.ctl("tick")
        self.assertEqual(1, len(self.stub.accepted("slack")), "once a day, not once an hour")
        self.sql("UPDATE value SET number = number - 1 WHERE name = 'daily_on'")
        self.age(86400)
        self.sql("UPDATE notification SET outcome = 'refused', created_ms = created_ms + 86400000 WHERE kind = 'problem'")
        self.ctl("tick")
        self.ctl("tick")
        self.assertIn("有发送失败", self.arrivals("slack", 2)[1].text)

    def test_it_is_not_told_before_its_time(self):
        self.vigil(extra='operator { channels = {"ops-slack"}  daily = "24:00" }\n')
        self.ctl("tick")
        self.ctl("tick")
        self.assertEqual([], self.stub.accepted("slack"))

    def test_the_operator_hears_that_there_is_no_worker_once_an_hour(self):
        self.vigil(extra='operator { channels = {"ops-slack"} }\n')
        for number in range(2):
            self.stub.script("webhook", *[Answer(status=503)] * 3)
            self.assert_status(1, self.tell(number))
        self.assertEqual(1, len(self.stub.accepted("slack")))
        self.assertIn("未发现后台进程", self.stub.accepted("slack")[0].text)
        self.age(3700)
        self.stub.script("webhook", *[Answer(status=503)] * 6)
        self.assert_status(1, self.tell(3))
        self.assertEqual(2, len(self.stub.accepted("slack")))


if __name__ == "__main__":
    unittest.main()
