"""After a long outage: worst first, the rest in one summary, and fast with 100,000 waiting messages."""
import re
import time
import unittest

from store_support import AT_ONCE, MANY, NO_STORM, StoreCase
from support import ROOT
from stub.chat import DingTalk
from stub.server import Answer


class Backlog(StoreCase):
    limits = MANY + NO_STORM + AT_ONCE
    ROWS = 100000
    providers = {"dingtalk": DingTalk(per_minute=1000)}  # its minutes go by on a clock of its own
    SEVERITIES = ("info", "warning", "error", "critical")

    def setUp(self):
        super().setUp()
        self.configure(extra=MANY + NO_STORM + AT_ONCE, channels=("webhook", "dingtalk"))

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
        parts = {"ROW_COLUMNS": text[text.index("#define ROW_COLUMNS"):text.index("struct claims")],
                 "UNLEASED": text[text.index("#define UNLEASED"):text.index("static const char DUE_ROWS")]}
        parts = {name: "".join(re.findall(r'"(.*?)"', part)) for name, part in parts.items()}
        text = text[text.index("DUE_ROWS[] ="):]
        return "".join(part or parts[name] for part, name in re.findall(r'"(.*?)"|(ROW_COLUMNS|UNLEASED)', text[:text.index(";\n")]))


if __name__ == "__main__":
    unittest.main()
