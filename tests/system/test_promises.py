"""Nothing lost, nobody flooded: what the store promises, seen from outside with the real programs."""
import json
import os
import sqlite3
import subprocess
import time
import unittest

from store_support import LIMITED, StoreCase
from support import program
from stub.server import Answer


class NotLost(StoreCase):
    def test_what_was_not_delivered_waits_and_arrives_with_the_next_tick(self):
        self.stub.script("webhook", *[Answer(status=503)] * 3)
        first = self.tell(1)
        self.assert_status(1, first)
        self.assertIn("no worker has been seen", first.errors)
        self.assertEqual({"waiting": 1}, self.outcomes())
        self.age(3600)
        self.assert_status(0, self.ctl("tick"))
        self.assertEqual(1, len(self.arrivals("webhook", 1)))
        self.assertEqual({"delivered": 1}, self.outcomes())

    def test_with_a_worker_alive_a_queued_message_is_a_success(self):
        self.assert_status(0, self.ctl("tick"))
        self.stub.script("webhook", Answer(status=503))
        queued = self.tell(1)
        self.assert_status(0, queued)
        self.assertIn("queued", queued.output)

    def test_retry_and_drop_know_what_waits(self):
        self.assert_status(0, self.ctl("retry", "all"))
        for command in ("retry", "drop"):
            outcome = self.ctl(command, "n0")
            self.assert_status(2, outcome)
            self.assertIn("nothing of the id 'n0' waits", outcome.errors)

    def test_the_hosts_retry_adopts_the_waiting_message(self):
        self.stub.script("webhook", *[Answer(status=503)] * 3)
        self.assert_status(1, self.tell(1))
        self.assert_status(0, self.tell(1))
        self.assertEqual({"delivered": 1}, self.outcomes())
        self.assertEqual(1, len(self.arrivals("webhook", 1)))
        again = self.tell(1)
        self.assert_status(0, again)
        self.assertIn("suppressed", again.output)

    def test_a_refusal_is_remembered_and_the_provider_not_asked_again(self):
        self.stub.script("slack", Answer.of_json({"ok": False, "error": "msg_too_long"}))
        self.assert_status(2, self.tell(1, channel="slack"))
        asked = len(self.stub.recorded)
        again = self.tell(1, channel="slack")
        self.assert_status(2, again)
        self.assertIn("NP-REFUSED", again.errors)
        self.assertEqual(asked, len(self.stub.recorded))

    def test_late_messages_say_so_and_too_late_ones_expire(self):
        self.stub.script("webhook", *[Answer(status=503)] * 3)
        self.tell(1)
        self.age(37 * 60)
        self.ctl("tick")
        self.assertIn("延迟 37 分钟", self.arrivals("webhook", 1)[0].json["data"]["title"])
        self.stub.script("webhook", *[Answer(status=503)] * 2)  # the worker is there: one attempt, and the summary's
        self.tell(2)
        self.age(3 * 86400)
        self.ctl("tick")
        self.assertEqual({"delivered": 1, "held": 1, "waiting": 1}, self.outcomes())
        self.assertIn("late", self.sql("SELECT reason FROM notification WHERE outcome = 'held'")[0])
        self.age(3600)
        self.ctl("tick")
        self.assertIn("1 条告警自", self.arrivals("webhook", 2)[1].json["data"]["title"])
        self.assertEqual([(1,)], self.sql("SELECT COUNT(*) FROM notification WHERE outcome = 'held' AND ended_ms > 0"))


class Flood(StoreCase):
    def test_what_is_held_back_is_told_in_a_summary(self):
        for number in range(12):
            self.assert_status(0, self.tell(number))
        self.assertEqual({"delivered": 5, "held": 7}, self.outcomes())
        self.assert_status(0, self.tell(7, kind="recovery", severity="info"))
        self.age(61)
        self.assert_status(0, self.ctl("tick"))
        summary = self.arrivals("webhook", 6)[-1].json["data"]
        self.assertIn("7 条告警", summary["title"])
        self.assertIn("db-01 / CPU", summary["text"])
        self.assertIn("已恢复", summary["text"])
        self.assertIn("仍未恢复", summary["text"])
        self.assert_status(0, self.ctl("tick"))
        self.assertEqual(6, len(self.arrivals("webhook", 6)))

    def test_a_worse_one_passes_and_a_recovery_follows_its_problem(self):
        for number in range(6):
            self.tell(number)
        self.tell(100, severity="critical")
        self.tell(0, kind="recovery", severity="info")
        titles = [message.json["data"]["title"] for message in self.arrivals("webhook", 7)]
        self.assertTrue(any("CPU 100" in title for title in titles), titles)
        self.assertTrue(any("恢复" in title and "CPU 0" in title for title in titles), titles)

    def test_a_mute_is_quiet_and_says_who_and_why(self):
        self.tell(0)
        muted = self.ctl("mute", "--host", "db-*", "--for", "2h", "--by", "li", "--why", "disk is being replaced")
        self.assert_status(0, muted)
        quiet = self.tell(1, severity="emergency")
        self.assertIn("muted by li", quiet.output)
        self.assert_status(0, self.tell(2, host="web-01"))
        self.assert_status(0, self.ctl("unmute", "all"))
        self.assert_status(0, self.tell(3))
        titles = [message.json["data"]["title"] for message in self.arrivals("webhook", 4)]
        self.assertEqual(1, sum("静默" in title for title in titles), titles)
        self.assertFalse([title for title in titles if "CPU 1" in title])

    def mute(self, length="2h"):
        self.assert_status(0, self.ctl("mute", "--host", "db-*", "--for", length, "--by", "li", "--why", "disk is being replaced"))

    def test_what_a_mute_kept_back_is_told_when_it_ends(self):
        """By itself, or early; its beginning and its end are no secret either."""
        self.configure(extra=LIMITED + 'operator { channels = {"ops-slack"} }\n', channels=("webhook", "slack"))
        self.tell("before")
        for early in (False, True):
            with self.subTest(early=early):
                self.stub.recorded.clear()
                self.mute()
                for name in ("open", "gone"):
                    self.assertIn("muted by li", self.tell(f"{name}-{early}", severity="critical").output)
                self.assertIn("muted by li", self.tell(f"gone-{early}", kind="recovery", severity="info").output)
                self.assertIn("muted by li", self.tell(f"open-{early}", kind="acknowledgement", severity="info").output)
                for _ in range(2):
                    self.assert_status(0, self.ctl("tick"))
                for channel in ("slack", "webhook"):
                    [begun] = [record.request.body.decode() for record in self.stub.accepted(channel)]
                    self.assertIn("告警已静默", begun)
                    self.assertRegex(begun, "db-.*li.*disk is being replaced")
                if early:
                    self.assert_status(0, self.ctl("unmute", "all"))
                self.sql("UPDATE mute SET from_ms = from_ms - 7200000, until_ms = until_ms - 7200000 WHERE ended = 0")
                self.age(61)
                self.assert_status(0, self.ctl("tick"))
                _, summary = [message.json["data"] for message in self.stub.accepted("webhook")]
                self.assertIn("仍未恢复", summary["text"])
                self.assertIn(f"CPU open-{early} is high", summary["text"])
                self.assertRegex(summary["text"], "db-01 / CPU：故障 .*，已恢复")
                self.assertIn("期间静默 3 条", self.stub.accepted("slack")[1].request.body.decode())
                self.assertEqual([("acknowledgement", "muted"), ("recovery", "folded")],
                                 self.sql("SELECT DISTINCT kind, outcome FROM notification WHERE code <> '' AND kind IN"
                                          " ('recovery', 'acknowledgement') ORDER BY kind"))
                self.assert_status(0, self.ctl("tick"))
                self.assertEqual(2, len(self.stub.accepted("webhook")))
                self.age(3600)

    def test_a_mute_is_told_once_to_whom_it_keeps_something_from(self):
        """Whatever it mutes, their channel or the operator's; SMS are spared."""
        self.configure(extra=LIMITED + 'operator { channels = {"ops-slack"} }\n',
                       channels=("webhook", "slack", "dingtalk", "aliyun_sms"))
        self.assert_status(0, self.ctl("mute", "--channel", "ops-*", "--host", "*", "--for", "2h", "--by", "li", "--why", "moving"))
        event = json.dumps({"kind": "problem", "severity": "critical", "host": "db-01", "service": "CPU", "event_id": "1",
                            "subject": "s"})
        for channel in ("webhook", "slack", "aliyun_sms"):
            to = ["--to", "13800138000"] if channel == "aliyun_sms" else []
            self.assertIn("muted by li", self.notify(channel, "--source", "json", *to, stdin=event).output)
        for _ in range(2):
            self.assert_status(0, self.ctl("tick"))
        self.assertEqual(["slack", "webhook"], sorted(record.name for record in self.stub.recorded))
        self.assertIn("muted by li", self.notify("dingtalk", "--source", "json", stdin=event).output)
        self.assert_status(0, self.ctl("tick"))
        self.assertEqual(["dingtalk", "slack", "webhook"], sorted(record.name for record in self.stub.recorded))
        self.sql("UPDATE notification SET created_ms = created_ms - 3700000")  # the operator hears other trouble again by then
        self.assert_status(0, self.ctl("tick"))
        self.assertEqual(3, len(self.stub.recorded))

    def test_mutes_are_told_past_the_limits(self):
        self.configure(extra='limit { per_minute = 1 }\noperator { channels = {"ops-slack"} }\n', channels=("slack",))
        for _ in range(3):
            self.mute()
        self.assert_status(0, self.ctl("tick"))
        self.assertEqual(3, len(self.stub.accepted("slack")))

    def test_a_mute_whose_end_is_stopped_halfway_ends_at_the_next_pass(self):
        self.configure(extra=LIMITED + 'operator { channels = {"ops-slack"} }\n', channels=("webhook", "slack"))
        self.mute()
        self.tell(1)
        self.ctl("tick")
        self.sql("CREATE TRIGGER stopped BEFORE UPDATE OF ended ON mute BEGIN SELECT RAISE(ABORT, 'stopped'); END")
        self.assert_status(0, self.ctl("unmute", "all"))
        self.age(61)
        self.assertNotEqual(0, self.ctl("tick").status)
        self.assertEqual([("muted",)], self.sql("SELECT outcome FROM notification WHERE kind = 'problem'"))
        self.sql("DROP TRIGGER stopped")
        for _ in range(2):
            self.assert_status(0, self.ctl("tick"))
        ends = [record for record in self.stub.accepted("slack") if "静默已结束" in record.request.body.decode()]
        self.assertEqual(1, len(ends))
        self.assertIn("期间静默 1 条", ends[0].request.body.decode())
        self.assertEqual(2, len(self.stub.accepted("webhook")))

    def test_a_mute_keeps_nobody_with_a_problem_that_is_over(self):
        self.tell(1)
        self.mute()
        self.assert_status(0, self.tell(1, kind="recovery", severity="info"))
        self.assertIn("恢复", self.arrivals("webhook", 2)[1].json["data"]["title"])

    def test_sixty_four_at_once_never_pass_the_limit(self):
        self.configure(extra=LIMITED + "storm { problems = 0 }\n", channels=("webhook",))
        self.tell("first")
        arguments = [str(program("notify_webhook")), "--source", "json"]
        children = []
        for number in range(64):
            child = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                     env={"PATH": "/usr/bin:/bin", **self.environment})
            child.stdin.write(json.dumps({"kind": "problem", "severity": "warning", "host": "db-01", "service": "CPU",
                                          "event_id": f"n{number}", "subject": "s"}).encode())
            child.stdin.close()
            children.append(child)
        for child in children:
            self.assertEqual(0, child.wait(60), child.stderr.read())
            child.stdout.close()
            child.stderr.close()
        self.assertEqual({"delivered": 5, "held": 60}, self.outcomes())
        self.assertEqual(5, len(self.arrivals("webhook", 5)))


class Thread(StoreCase):
    def test_a_recovery_answers_in_the_thread_and_marks_the_first_message(self):
        self.assert_status(0, self.tell(1, channel="slack"))
        first = self.arrivals("slack", 1)[0]
        self.assert_status(0, self.tell(1, kind="acknowledgement", channel="slack"))
        self.assert_status(0, self.tell(1, kind="recovery", channel="slack"))
        paths = [record.request.path.rsplit("/", 1)[-1] for record in self.stub.accepted("slack")]
        self.assertEqual(["chat.postMessage", "chat.postMessage", "chat.postMessage", "chat.update"], paths)
        acknowledged, recovered, updated = [record.json for record in self.stub.accepted("slack")[1:]]
        ts = json.loads(first.answer.body)["ts"]
        self.assertEqual([ts, ts], [acknowledged["thread_ts"], recovered["thread_ts"]])
        self.assertEqual(ts, updated["ts"])
        self.assertIn("恢复", updated["text"])

    def test_without_its_first_message_a_recovery_stands_alone(self):
        self.assert_status(0, self.tell(1, kind="recovery", channel="slack"))
        self.assertNotIn("thread_ts", self.arrivals("slack", 1)[0].json)


class FailOpen(StoreCase):
    """A store that cannot be used never silences an alert."""

    def tell_many(self):
        for number in range(8):
            self.assert_status(0, self.tell(number))
        self.assertEqual(8, len(self.arrivals("webhook", 8)))

    def test_newer_schema(self):
        self.tell("first")
        self.sql("PRAGMA user_version = 99")
        self.stub.recorded.clear()
        self.tell_many()
        self.assertEqual([(99,)], self.sql("PRAGMA user_version"))

    def test_state_directory_that_is_a_file(self):
        (self.folder / "etc" / "state").rmdir()
        (self.folder / "etc" / "state").write_text("")
        self.tell_many()

    def test_locked_for_longer_than_its_patience(self):
        self.tell("first")
        self.stub.recorded.clear()
        connection = sqlite3.connect(self.database, isolation_level=None)
        connection.execute("BEGIN EXCLUSIVE")
        try:
            before = time.monotonic()
            self.assert_status(0, self.tell(1))
            self.assertLess(time.monotonic() - before, 10)
        finally:
            connection.execute("ROLLBACK")
            connection.close()
        self.assertEqual(1, len(self.arrivals("webhook", 1)))

    def test_corrupt(self):
        self.tell("first")
        self.stub.recorded.clear()
        for name in os.listdir(self.database.parent):
            if name != "state.db":
                (self.database.parent / name).unlink()
        self.database.write_bytes(b"no database at all " * 1000)
        self.assert_status(0, self.tell(1))
        self.assertEqual(1, len(self.arrivals("webhook", 1)))
        self.assertEqual({"delivered": 1}, self.outcomes())
        self.assertTrue((self.database.parent / "state.db.corrupt-0").exists())

    def test_what_cannot_be_sent_without_a_store_is_spooled_and_taken_in_later(self):
        self.tell("first")
        [(version,)] = self.sql("PRAGMA user_version")
        self.sql("PRAGMA user_version = 99")
        self.stub.script("webhook", *[Answer(status=503)] * 3)
        self.assert_status(1, self.tell(1))
        self.assertEqual(1, len(list((self.database.parent / "spool").glob("*.json"))))
        self.sql(f"PRAGMA user_version = {version}")
        self.assert_status(0, self.ctl("tick"))
        self.assertEqual(0, len(list((self.database.parent / "spool").glob("*.json"))))
        self.assertIn("CPU 1 is high", [m.json["data"]["subject"] for m in self.arrivals("webhook", 2)])


class Waiting(StoreCase):
    def test_whoever_has_time_tells_what_waits(self):
        self.stub.script("webhook", *[Answer(status=503)] * 3)
        self.assert_status(1, self.tell(1))
        self.age(300)
        self.assert_status(0, self.tell(2))
        self.assertEqual({"delivered": 2}, self.outcomes())

    def test_history_outbox_retry_drop_and_status(self):
        self.stub.script("webhook", *[Answer(status=503)] * 6)
        self.tell(1)
        self.tell(2)
        waiting = self.ctl("outbox")
        self.assertIn("2 waiting", waiting.output)
        (first,), (second,) = self.sql("SELECT id FROM outbox ORDER BY created_ms")
        self.assert_status(0, self.ctl("drop", first))
        self.assert_status(0, self.ctl("retry", second))
        self.assertEqual({"dropped": 1, "delivered": 1}, self.outcomes())
        table = self.ctl("history")
        self.assertEqual(2, len(table.output.splitlines()), table.output)
        rows = [json.loads(line) for line in self.ctl("history", "--json", "--outcome", "delivered").output.splitlines()]
        self.assertEqual([second], [row["id"] for row in rows])
        one = self.ctl("history", second)
        self.assertIn("attempt 1 ops-webhook: again", one.output)
        self.assertIn("CPU 2 is high", one.output)
        self.assertEqual("id,time,kind", self.ctl("history", "--csv").output.splitlines()[0][:12])
        self.assert_status(2, self.ctl("drop", "nothing"))
        status = self.ctl("status")
        self.assertIn("worker:", status.output)
        self.assertIn("outbox:  empty", status.output)


class Operator(StoreCase):
    limits = LIMITED + 'operator { channels = {"ops-slack", "ops-webhook"} }\n'

    def test_the_operator_hears_of_a_broken_channel_once_an_hour_and_elsewhere(self):
        self.stub.script("webhook", *[Answer(status=401)] * 4)
        for number in (1, 2):
            self.tell(number)
        self.ctl("tick")
        heard = [message.text for message in self.arrivals("slack", 1) if "不可用" in message.text]
        self.assertEqual(1, len(heard), heard)
        self.assertIn("通知通道 ops-webhook 不可用", heard[0])
        self.assertEqual([], [m for m in self.stub.accepted("webhook") if "不可用" in m.text])
        self.age(3700)
        self.stub.script("webhook", Answer(status=401))
        self.tell(3)
        self.ctl("tick")
        self.assertEqual(2, len([m for m in self.arrivals("slack", 2) if "不可用" in m.text]))

    def test_the_operator_hears_of_what_expired(self):
        self.stub.script("webhook", *[Answer(status=503)] * 3)
        self.tell(1)
        self.age(3 * 86400)
        self.ctl("tick")
        self.ctl("tick")
        self.assertEqual(1, len([m for m in self.arrivals("slack", 1) if "已过期" in m.text]))

    def test_wrong_usage_names_what_is_wanted(self):
        for arguments, words in (((), "wanted"), (("--since", "yesterday"), "30m"), (("--severity", "bad"), "emergency")):
            with self.subTest(arguments=arguments):
                if arguments:
                    self.assertIn(words, self.ctl("history", *arguments).errors)
        self.assertIn("--why", self.ctl("mute", "--host", "a", "--for", "2h").errors)
        self.assert_status(3, self.ctl("retry"))


if __name__ == "__main__":
    unittest.main()
