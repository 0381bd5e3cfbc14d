"""check_notify: the notifier watched by the monitoring system, in the form that the plugins' guidelines want."""
import re
import sqlite3
import time
import unittest

from support import program, run
from stub.server import Answer
from test_policy import PEOPLE, PolicyCase

# 'label'=value[UOM];[warn];[crit];[min]
DATA = re.compile(r"'([^'=]+)'=(-?\d+)(s?);([^;]*);([^;]*);0(?: |$)")


class Check(PolicyCase):
    def setUp(self):
        super().setUp()
        self.configure(extra=PEOPLE + 'route "default" { default = yes  channels = {"ops-webhook"} }\n', channels=("webhook", "email"))
        self.assertEqual(0, self.ctl("check").status)
        self.assertEqual(0, self.ctl("tick").status)

    def check(self, status, *arguments, words=""):
        done = run(program("check_notify"), *arguments, environment=self.environment)
        self.assertEqual(status, done.status, done)
        self.assertEqual(1, done.output.count("\n"), done)
        text, _, data = done.output.strip().partition(" | ")
        self.assertRegex(text, "^NOTIFY " + ("OK", "WARNING", "CRITICAL", "UNKNOWN")[status] + " - ")
        self.assertIn(words, text)
        found = DATA.findall(data)
        self.assertEqual("".join(f"'{n}'={v}{u};{w};{c};0 " for n, v, u, w, c in found).strip(), data)
        return {name: int(value) for name, value, *_ in found}

    def value(self, name, number):
        self.sql("INSERT OR REPLACE INTO value (name, number) VALUES (?, ?)", name, number)

    def test_all_is_well(self):
        data = self.check(0, words="0 waiting")
        self.assertEqual({"worker_age", "oldest", "outbox", "failed", "unconfirmed", "writebacks", "failures_ops-webhook",
                          "failures_ops-email"}, set(data))

    def test_the_worker_is_gone(self):
        now_ms = int(time.time() * 1000)
        self.value("worker_seen_ms", now_ms - 100_000)
        self.assertAlmostEqual(100, self.check(1, words="since the worker was seen")["worker_age"], delta=5)
        self.value("worker_seen_ms", now_ms - 400_000)
        self.check(2)
        for seconds, status, age in ((1, 0, 0), (400, 2, None)):  # a clock that was set back since: it may be gone for years
            self.value("worker_seen_ms", int(time.time() * 1000) + 1000 * seconds)
            self.assertEqual(age, self.check(status).get("worker_age"))
        self.sql("DELETE FROM value WHERE name = 'worker_seen_ms'")
        self.check(2, words="no worker was seen")
        self.assertIn("worker:  not seen", self.ctl("status").output)

    def test_a_channel_that_fails_and_a_message_that_waits(self):
        self.stub.script("webhook", *[Answer(status=503)] * 3)
        for number in range(3):
            self.route(event_id=str(number))
        data = self.check(1, words="ops-webhook: 3 failures")
        self.assertEqual((3, 3), (data["failures_ops-webhook"], data["outbox"]))
        self.sql("UPDATE outbox SET created_ms = created_ms - 2000000")
        self.assertAlmostEqual(2000, self.check(2, words="the oldest message waits")["oldest"], delta=5)
        self.sql("UPDATE outbox SET created_ms = created_ms + 4000000")  # by a clock that was set back since
        self.assertEqual(0, self.check(1)["oldest"])
        self.sql("UPDATE outbox SET created_ms = created_ms - 2000000, due_ms = 0, lease_ms = 0")
        self.assertEqual(0, self.ctl("tick").status)
        self.assertEqual(0, self.check(0)["failures_ops-webhook"])

    def attempts(self, count, outcome, ago_s):
        now_ms = int(time.time() * 1000)
        self.sql(f"WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {count}) INSERT INTO attempt (id, number,"
                 " at_ms, took_ms, section, recipient, outcome, code, words) SELECT 'n' || n, 1, ? - n, 1, 'ops-webhook', '', ?, '503',"
                 " 'down' FROM c", now_ms - 1000 * ago_s, outcome)

    def test_failures_are_counted_from_the_last_delivery_on(self):
        self.attempts(7, "again", 3000)
        self.attempts(1, "delivered", 2000)
        self.attempts(1, "delivered", 2500)
        self.attempts(2, "again", 1000)
        self.attempts(50, "again", 3700)  # more than an hour ago
        self.assertEqual(2, self.check(0)["failures_ops-webhook"])
        self.assertNotIn("broken:", self.ctl("status").output)
        self.attempts(1, "unclear", 500)
        self.assertEqual(3, self.check(1, words="ops-webhook: 3 failures")["failures_ops-webhook"])
        self.assertIn("broken:  ops-webhook failed 3 times in a row: 503 down", self.ctl("status").output)

    def test_an_outage_in_a_storm_is_counted_in_time(self):
        self.attempts(30000, "again", 60)
        self.assertEqual(30000, self.check(2)["failures_ops-webhook"])
        self.assertIn("failed 30000 times", self.ctl("status").output)

    def test_nobody_hears_and_nobody_answers(self):
        self.route()
        self.sql("UPDATE notification SET outcome = 'expired'")
        self.check(1, words="1 messages of the hour reached nobody")
        self.sql("UPDATE notification SET created_ms = created_ms - 90000000")  # a mail is tried for a day
        self.assertEqual(1, self.check(1)["failed"])
        self.assertIn("failed:", self.ctl("status").output)
        self.sql("UPDATE notification SET ended_ms = ended_ms - 3600000")
        self.check(0)
        self.assertIn("failed:", self.ctl("status").output)
        self.sql("UPDATE notification SET ended_ms = ended_ms - 86400000")
        self.assertNotIn("failed:", self.ctl("status").output)
        self.sql("UPDATE notification SET outcome = 'delivered'")
        self.sql("UPDATE alert SET state = 'asked', due_ms = 1000")
        self.assertEqual(1, self.check(1, words="wait for somebody for too long")["unconfirmed"])
        self.sql("UPDATE alert SET over_ms = 2000")
        self.check(0)

    def test_what_is_held_back_is_said_until_it_is_told(self):
        self.route()
        self.sql("UPDATE notification SET outcome = 'held', delivered_by = ''")
        self.check(0, words="1 held back")
        self.sql("UPDATE notification SET delivered_by = 'summary'")
        self.check(0, words="0 held back")

    def test_words_for_the_monitoring_system(self):
        self.sql("WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 51) INSERT INTO writeback (id, problem, verb,"
                 " author, words, created_ms, due_ms, state) SELECT n, 'p', 'take', 'li', '', 0, 0, 'waiting' FROM c")
        self.assertEqual(51, self.check(1, words="51 words for the monitoring system wait")["writebacks"])
        self.sql("UPDATE writeback SET state = 'done' WHERE id = 1")
        self.assertEqual(50, self.check(0)["writebacks"])

    def test_it_ends_before_its_time_is_over(self):
        lock = sqlite3.connect(self.folder / "etc/state/state.db")
        self.addCleanup(lock.close)
        lock.execute("PRAGMA locking_mode = EXCLUSIVE")
        lock.execute("BEGIN EXCLUSIVE")
        done = run(program("check_notify"), "-t", "1", environment=self.environment)
        self.assertEqual((3, "NOTIFY UNKNOWN - the check took too long\n"), (done.status, done.output), done)

    def test_thresholds_of_the_call(self):
        self.check(1, "-w", "outbox=1:", words="0 messages wait")
        self.check(2, "-w", "outbox=1:", "--critical", "outbox=@0:0")
        for given, status in (("~:0", 0), ("0:5", 0), ("~:-1", 1), ("-5:-1", 1), ("-5:", 0), ("-5:5", 0), ("@-5:-1", 0), ("@0", 1),
                              ("@1", 1), ("@1:", 0), ("~:", 0), ("0", 0), ("1:1", 1)):
            self.check(status, "-w", f"outbox={given}")
        for wrong in ("outbox", "outbox=", "outbox=x", "outbox=5:1", "moon=1", "outbox=1:2:3", "outbox=@", "outbox=99999999999999999999"):
            self.check(3, "-w", wrong, words=wrong)
        for seconds in ("0", "-1", "301", "1x", ""):
            self.check(3, "-t", seconds)
        self.check(0, "-t", "300")
        self.check(3, "-w", "outbox=1", "extra", words="'extra' cannot be used")
        self.check(3, "--moon", words="'--moon' cannot be used")
        self.check(3, "-w", "moon|'x'=1;;;\nsecond", words="'moon/'x'=1;;; second' cannot be used")
        for option in ("--help", "-V"):  # the guidelines' table of return codes
            self.assertEqual(3, run(program("check_notify"), option).status)
        self.check(3, "--config", "/nowhere", words="there is no configuration file")

    def test_a_calendar_that_ends(self):
        table = self.folder / "etc" / "days.txt"
        day = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 20 * 86400))
        table.write_text(f"{day} holiday Rest\n")
        self.configuration.write_text(self.configuration.read_text() + 'calendar "cn" { file = "days.txt" }\n')
        self.assertAlmostEqual(20, self.check(1, words="days until a calendar ends")["calendar_days"], delta=1)
        (self.folder / "etc" / "more.txt").write_text(f"{time.strftime('%Y-%m-%d', time.gmtime(time.time() + 200 * 86400))} holiday Rest\n")
        self.configuration.write_text('calendar "us" { file = "more.txt" }\n' + self.configuration.read_text())
        self.assertAlmostEqual(20, self.check(1)["calendar_days"], delta=1)
        table.write_text("2020-01-01 holiday Rest\n")
        self.assertEqual(0, self.check(2)["calendar_days"])


if __name__ == "__main__":
    unittest.main()
