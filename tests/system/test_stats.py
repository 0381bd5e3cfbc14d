"""notifyctl stats, judged by a count of the same rows in Python."""
import csv
import io
import json
import math
import random
import time
import unittest

from test_policy import PEOPLE, PolicyCase

COLUMNS = ("delivered", "suppressed", "failed", "waiting", "delivery_p50_ms", "delivery_p95_ms", "problems", "asked", "in_time",
           "in_time_percent", "confirm_p50_s", "confirm_p95_s", "recover_p50_s", "recover_p95_s")
OUTCOMES = ("delivered", "unclear", "held", "muted", "folded", "refused", "expired", "dropped", "waiting", "echo")
MOBILES = {"zhang": "13800138000", "li": "13900139000", "wang": "13700137000",
           **{f"c{number}": f"1360000000{number}" for number in range(9)}}
CONTACTS = "".join(f'contact "c{number}" {{ mobile = "1360000000{number}" }}\n' for number in range(9))


def nearest_rank(values, percent):
    return sorted(values)[max(math.ceil(len(values) * percent / 100), 1) - 1] if values else 0


def counted(rows, alerts, now_ms):
    """What the rows of one key come to."""
    result = dict.fromkeys(COLUMNS, 0)
    delivery = []
    for row in rows:
        kind = {"delivered": "delivered", "unclear": "delivered", "held": "suppressed", "muted": "suppressed",
                "folded": "suppressed", "waiting": "waiting"}.get(row["outcome"], "failed")
        result[kind] += 1
        if kind == "delivered":
            delivery.append(row["ended_ms"] - row["created_ms"])
    mine = [alerts[problem] for problem in {row["problem"] for row in rows if row["kind"] == "problem"}]
    due = [a for a in mine if a["asked_ms"] and (a["taken_ms"] or (a["over_ms"] or now_ms) > a["due_ms"])]
    in_time = [a for a in due if a["taken_ms"] and a["taken_ms"] <= a["due_ms"]]
    confirm = [a["taken_ms"] - a["asked_ms"] for a in due if a["taken_ms"]]
    recover = [a["over_ms"] - a["opened_ms"] for a in mine if a["over_ms"]]
    result.update(problems=len(mine), asked=len(due), in_time=len(in_time),
                  in_time_percent=math.floor(100 * len(in_time) / len(due) + 0.5) if due else 0,
                  delivery_p50_ms=nearest_rank(delivery, 50), delivery_p95_ms=nearest_rank(delivery, 95),
                  confirm_p50_s=nearest_rank(confirm, 50) // 1000, confirm_p95_s=nearest_rank(confirm, 95) // 1000,
                  recover_p50_s=nearest_rank(recover, 50) // 1000, recover_p95_s=nearest_rank(recover, 95) // 1000)
    return result


class Stats(PolicyCase):
    count = 0

    def put_alert(self, problem, opened_ms, asked_ms=0, due_ms=0, taken_ms=0, over_ms=0):
        self.sql("INSERT INTO alert (problem, id, short_id, opened_ms, over_ms, severity, source, host, service, subject, event,"
                 " state, asked_ms, due_ms, taken_ms) VALUES (?, ?, '#', ?, ?, 3, 'zabbix', 'h', 's', 't', '{}', 'asked', ?, ?, ?)",
                 problem, problem, opened_ms, over_ms, asked_ms, due_ms, taken_ms)

    def put(self, problem, created_ms, ended_ms=0, kind="problem", outcome="delivered", channel="ops-a", people=(), recipients="", team="",
            route="", host="", told_by=""):
        self.count += 1
        self.sql("INSERT INTO notification (id, short_id, created_ms, problem, repeat_key, kind, severity, source, host, service,"
                 " state, subject, section, channel, recipients, recipient_key, limit_key, endpoint_key, reason, outcome, ended_ms,"
                 " route, team, delivered_by) VALUES (?, '#', ?, ?, '', ?, 3, 'zabbix', ?, '', '', '', ?, 'webhook', ?, '', '', '', 'first',"
                 " ?, ?, ?, ?, ?)", f"n{self.count}", created_ms, problem, kind, host, channel,
                 recipients or ",".join(MOBILES[name] for name in people), outcome, ended_ms or created_ms, route, team, told_by)

    def fill(self, seed=1, problems=60):
        """A week's worth of made-up rows in a store that the programs made themselves."""
        self.configure(extra=PEOPLE + CONTACTS + 'route "default" { default = yes  channels = {"ops-webhook"} }')
        self.assertEqual(0, self.ctl("check").status)
        dice = random.Random(seed)
        self.now_ms = int(time.time() * 1000)
        rows, alerts = [], {}
        for number in range(problems):
            opened = self.now_ms - dice.randrange(3600_000, 6 * 86400_000)
            asked = dice.choice((0, opened))
            due = asked and asked + 1800_000
            taken = asked and dice.choice((0, asked + dice.randrange(1000, 3600_000)))
            over = dice.choice((0, opened + dice.randrange(60_000, 7200_000)))
            alert = {"problem": f"p{number}", "opened_ms": opened, "asked_ms": asked, "due_ms": due, "taken_ms": taken, "over_ms": over}
            alerts[alert["problem"]] = alert
            self.put_alert(**alert)
            for copy in range(dice.randrange(1, 6)):
                people = dice.sample(sorted(MOBILES), dice.choice((0, 1, 2, len(MOBILES))))
                row = {"problem": alert["problem"], "created_ms": opened + copy * 1000, "kind": dice.choice(("problem", "problem", "update")),
                       "outcome": dice.choice(OUTCOMES), "channel": dice.choice(("ops-a", "ops-b", "ops-c")), "people": people,
                       "team": dice.choice(("dba", "web", "")), "route": dice.choice(("default", "")), "host": f"h{dice.randrange(4)}"}
                row["ended_ms"] = row["created_ms"] + dice.randrange(20, 30_000)
                section, told_by = row["channel"], f"n{number}-summary" if row["outcome"] in ("held", "folded") else ""
                if row["outcome"] in ("delivered", "unclear") and dice.random() < 0.5:
                    row["channel"] = told_by = "ops-c"  # another leg of its chain
                if row["outcome"] != "echo":
                    rows.append(row)
                self.put(**{**row, "channel": section}, told_by=told_by)
        return rows, alerts

    def stats(self, *arguments):
        done = self.ctl("stats", *arguments)
        self.assertEqual(0, done.status, done)
        return done.output

    def test_every_number_is_what_another_program_counts(self):
        rows, alerts = self.fill()
        for by in ("channel", "team", "route", "host", "person"):
            with self.subTest(by):
                keys = {}
                for row in rows:
                    for key in (row["people"] or [""]) if by == "person" else [row[by]]:
                        keys.setdefault(key, []).append(row)
                got = json.loads(self.stats("--by", by, "--json"))
                self.assertEqual({key: counted(mine, alerts, self.now_ms) for key, mine in keys.items()},
                                 {one.pop("key"): one for one in got["rows"]})
                got["all"].pop("key")
                self.assertEqual(counted(rows, alerts, self.now_ms), got["all"])

    def test_the_same_as_csv_and_as_a_table(self):
        self.fill()
        wanted = json.loads(self.stats("--json"))["rows"]
        lines = list(csv.DictReader(io.StringIO(self.stats("--csv"))))
        self.assertEqual([{key: str(value) for key, value in row.items()} for row in wanted], lines)
        table = self.stats()
        for row in wanted:
            self.assertRegex(table, rf"(?m)^{row['key']} +{row['delivered']} +{row['suppressed']} +{row['failed']} ")
        self.assertTrue(all(len(line) <= 150 for line in table.splitlines()), table)

    def test_a_span_of_time(self):
        rows, _ = self.fill()
        since = self.now_ms - 3 * 86400_000
        got = json.loads(self.stats("--since", "3d", "--json"))["all"]
        mine = [row for row in rows if row["created_ms"] >= since + 5000]
        self.assertAlmostEqual(len(mine), got["delivered"] + got["suppressed"] + got["failed"] + got["waiting"], delta=1)
        self.assertEqual(0, json.loads(self.stats("--since", "9d", "--until", "8d", "--json"))["all"]["delivered"])

    def test_an_empty_store_and_wrong_calls(self):
        self.fill(problems=0)
        self.assertIn("all", self.stats())
        for arguments, wanted in ((["--by", "moon"], "person"), (["x"], "no option"), (["--since", "x"], "is no time")):
            done = self.ctl("stats", *arguments)
            self.assertEqual(3, done.status)
            self.assertIn(wanted, done.errors)

    def all(self, *arguments):
        return json.loads(self.stats(*arguments, "--json"))["all"]

    def test_taken_or_over_in_the_last_moment(self):
        self.fill(problems=0)
        opened = self.now_ms - 3600_000
        for name, times in {"taken": {"taken_ms": opened + 1800_000}, "over": {"over_ms": opened + 1800_000},
                            "late": {"over_ms": opened + 1800_001}, "waits": {}}.items():
            due = self.now_ms + 3600_000 if name == "waits" else opened + 1800_000
            self.put_alert(name, opened, asked_ms=opened, due_ms=due, **times)
            self.put(name, opened, ended_ms=opened - 5000)  # by a clock that was set back
        found = self.all()
        self.assertEqual((4, 2, 1, 50), tuple(found[key] for key in ("problems", "asked", "in_time", "in_time_percent")))
        self.assertEqual((0, 0), (found["delivery_p50_ms"], found["delivery_p95_ms"]))

    def test_one_two_and_twenty_measured_times(self):
        self.fill(problems=0)
        for times, p50, p95 in (([7], 7, 7), ([9, 7], 7, 9), (range(1, 21), 10, 19), (range(1, 22), 11, 20)):
            self.sql("DELETE FROM notification")
            for number in times:
                self.put("p", self.now_ms - 1000, ended_ms=self.now_ms - 1000 + number)
            found = self.all()
            self.assertEqual((p50, p95), (found["delivery_p50_ms"], found["delivery_p95_ms"]))

    def test_days_are_those_of_the_configured_zone_and_one_may_have_23_hours(self):
        self.fill(problems=0)
        text = self.configuration.read_text(encoding="utf-8")
        self.configuration.write_text(text.replace('"Asia/Shanghai"', '"America/New_York"'), encoding="utf-8")
        begin, end = 1772946000_000, 1773028800_000  # 2026-03-08 00:00 EST and 2026-03-09 00:00 EDT
        for ms in (begin - 1, begin, end - 1, end):
            self.put("p", ms)
        self.put_alert("p", begin - 1, asked_ms=begin - 1, due_ms=begin)
        found = self.all("--since", "2026-03-08 00:00", "--until", "2026-03-09 00:00")
        self.assertEqual((2, 0), (found["delivered"], found["problems"]), "it was opened the day before")
        self.assertEqual((1, 1), tuple(self.all("--since", "2026-03-07 00:00", "--until", "2026-03-08 00:00")[key]
                                       for key in ("delivered", "problems")))
        self.assertEqual(4, self.all("--since", "2026-02-28 00:00", "--until", "2026-04-01 00:00")["delivered"])
        self.assertIn("2026-03-08 00:00:00 to 2026-03-09 00:00:00", self.stats("--since", "2026-03-08 00:00", "--until",
                                                                              "2026-03-09 00:00"))

    def test_a_week_when_nothing_is_said_and_most_first(self):
        self.fill(problems=0)
        day = 86400_000
        for days, channel in ((6.9, "ops-b"), (3, "ops-a"), (0.1, "ops-c"), (0.2, "ops-c"), (7.1, "ops-b")):
            self.put("p", self.now_ms - int(days * day), channel=channel)
        rows = json.loads(self.stats("--json"))["rows"]
        self.assertEqual([("ops-c", 2), ("ops-a", 1), ("ops-b", 1)], [(row["key"], row["delivered"]) for row in rows])

    def test_one_person_is_counted_once_in_a_message(self):
        self.fill(problems=0)
        self.put("p", self.now_ms - 1000, recipients="13800138000,zhang@example.com,13900139000")
        rows = json.loads(self.stats("--by", "person", "--json"))["rows"]
        self.assertEqual([("li", 1), ("zhang", 1)], [(row["key"], row["delivered"]) for row in rows])

    def test_how_times_and_names_are_written(self):
        self.fill(problems=0)
        for team, took in (("ms", 999), ("s", 1250), ("min", 125_000)):
            self.put("p", self.now_ms - 200_000, ended_ms=self.now_ms - 200_000 + took, team=team)
        table = self.stats("--by", "team")
        for team, took in (("ms", "999 ms"), ("s", "1.2 s"), ("min", "2m 5s")):
            self.assertRegex(table, rf"(?m)^{team} +1 +0 +0 +0 +{took} +{took} ")
        self.put("p", self.now_ms - 1000, team='=1+"x",y')
        self.assertIn('"\'=1+""x"",y","1"', self.stats("--by", "team", "--csv"))

    def test_what_the_programs_record_is_counted(self):
        self.fill(problems=0)
        done, _ = self.route(tags=[{"tag": "team", "value": "dba"}])
        self.assertEqual(0, done.status, done)
        [row] = json.loads(self.stats("--by", "team", "--json"))["rows"]
        self.assertEqual(("dba", 1, 1), (row["key"], row["delivered"], row["problems"]))
        self.assertGreater(row["delivery_p50_ms"], 0)


if __name__ == "__main__":
    unittest.main()
