"""notify_route: channels in order of preference, the next at once when one will not do, and those that are told always."""
import json
import sqlite3
import unittest

from support import Case, program, run
from stub.server import Answer

ROUTE = """
retry { attempts = 1 }
limit { per_minute = 100  per_hour = 1000  per_day = 1000 }
contact "zhang" { mobile = "13800138000"  email = "zhang@example.com"  dingtalk = "13800138000" }
route "default" { channels = {"ops-dingtalk", "ops-slack", "ops-aliyun-sms"}  also = {"ops-email"}  to = {"@zhang"} }
"""


class Route(Case):
    def setUp(self):
        super().setUp()
        self.configure(extra=ROUTE)
        self.number = 0

    def route(self, *options, **more):
        self.number += 1
        event = {"kind": "problem", "severity": "critical", "host": "db-01", "service": "CPU", "source": "zabbix",
                 "event_id": str(self.number), "subject": "CPU is high"}
        return run(program("notify_route"), "--source", "json", *options, stdin=json.dumps(event),
                   environment=self.environment, **more)

    def result(self, *options):
        done = self.route("--json", *options)
        return done.status, json.loads(done.output), done.errors

    def test_the_first_channel_and_those_told_always(self):
        status, result, _ = self.result()
        self.assertEqual(0, status)
        self.assertEqual({"success": True, "success_channels": ["ops-dingtalk", "ops-email"], "failed_channels": [],
                          "suppressed": []}, result)
        self.assertEqual(["13800138000"], self.arrivals("dingtalk", 1)[0].json["at"]["atMobiles"])
        self.assertEqual(["zhang@example.com"], self.arrivals("email", 1)[0].recipients)
        self.assertEqual([], self.stub.accepted("slack"))

    def test_the_next_when_one_is_broken_refuses_or_is_away(self):
        answers = (Answer.of_json({"errcode": 310000, "errmsg": "sign not match"}),
                   Answer.of_json({"errcode": 430104, "errmsg": "improper content"}), Answer(status=503), Answer(cut="before"))
        for answer in answers:
            with self.subTest(answer=answer.body or answer.status):
                self.stub.script("dingtalk", answer)
                status, result, errors = self.result()
                self.assertEqual((0, ["ops-slack", "ops-email"], ["ops-dingtalk"]),
                                 (status, result["success_channels"], result["failed_channels"]))
                self.assertIn("ops-dingtalk", " ".join(result["failed_channels"]))

    def test_the_last_resort_and_its_recipient(self):
        self.stub.script("dingtalk", Answer(status=503))
        self.stub.script("slack", Answer.of_json({"ok": False, "error": "invalid_auth"}))
        status, result, _ = self.result()
        self.assertEqual((0, ["ops-aliyun-sms", "ops-email"], ["ops-dingtalk", "ops-slack"]),
                         (status, result["success_channels"], result["failed_channels"]))
        self.assertEqual("13800138000", self.arrivals("aliyun_sms", 1)[0].request.query["PhoneNumbers"])

    def test_all_fail_and_the_message_waits(self):
        self.stub.script("dingtalk", Answer(status=503))
        self.stub.script("slack", Answer(status=503))
        self.stub.script("aliyun_sms", Answer.of_json({"Code": "isp.SYSTEM_ERROR", "Message": "again"}))
        done = self.route()
        self.assertEqual(1, done.status, done)
        self.assertIn("queued", done.errors)
        self.assertEqual(1, len(self.arrivals("email", 1)))
        connection = sqlite3.connect(self.folder / "etc" / "state" / "state.db")
        connection.execute("UPDATE outbox SET due_ms = 0, lease_ms = 0")
        connection.commit()
        connection.close()
        run(program("notifyctl"), "tick", environment=self.environment)
        self.assertEqual(1, len(self.arrivals("dingtalk", 1)))

    def test_a_channel_that_failed_five_times_is_left_alone(self):
        self.stub.script("dingtalk", *[Answer(status=503)] * 5)
        for _ in range(5):
            self.result()
        asked = len(self.stub.of("dingtalk"))
        status, result, _ = self.result()
        self.assertEqual((0, ["ops-slack", "ops-email"], []),
                         (status, result["success_channels"], result["failed_channels"]))
        self.assertEqual(asked, len(self.stub.of("dingtalk")))
        connection = sqlite3.connect(self.folder / "etc" / "state" / "state.db")
        connection.execute("UPDATE circuit SET probe_ms = probe_ms - 61000")
        connection.commit()
        connection.close()
        self.assertEqual("ops-dingtalk", self.result()[1]["success_channels"][0])
        self.assertEqual("ops-dingtalk", self.result()[1]["success_channels"][0])

    def test_a_section_that_is_switched_off_or_broken_is_left_out(self):
        self.configure(extra=ROUTE, dingtalk='enabled = "no" token = "abc"', slack='token_file = "secrets/nothing"')
        status, result, errors = self.result()
        self.assertEqual((0, ["ops-aliyun-sms", "ops-email"]), (status, result["success_channels"]), errors)
        self.assertIn("ops-slack", errors)

    def test_what_is_suppressed_is_said(self):
        self.configure(extra=ROUTE.replace("per_minute = 100", "per_minute = 1"))
        self.result()
        status, result, _ = self.result()
        self.assertEqual((0, []), (status, result["success_channels"]))
        self.assertEqual(2, len(result["suppressed"]))

    def test_without_a_route_the_remedy_is_said(self):
        self.configure()
        done = self.route()
        self.assertEqual(2, done.status)
        self.assertIn('route "default"', done.errors)

    def test_mistakes_in_a_route_are_found(self):
        self.configure(extra=ROUTE.replace('"ops-slack"', '"ops-slak"'))
        done = run(program("notifyctl"), "check", environment=self.environment)
        self.assertEqual(2, done.status)
        self.assertIn("ops-slak", done.output)
        self.assertEqual(0, self.result()[0])


if __name__ == "__main__":
    unittest.main()
