"""Robots of one group used in turn, and the quota of each, seen from outside with the real programs."""
import json
import subprocess
import time
import unittest

from store_support import AT_ONCE, MANY, NO_STORM, StoreCase
from support import program
from stub.chat import DingTalk
from stub.providers import Stub
from stub.server import Answer


class Fallback(StoreCase):
    limits = MANY + NO_STORM + AT_ONCE + 'route "all" { channels = {"ops-webhook", "ops-dingtalk"} }\n'

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
        self.configure(extra=MANY + NO_STORM + AT_ONCE + sections + more, channels=("webhook",))
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


if __name__ == "__main__":
    unittest.main()
