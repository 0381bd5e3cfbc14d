"""A closed loop: somebody is asked, takes the problem, and everybody learns of it; nobody does, and it escalates."""
import base64
import hashlib
import hmac
import json
import os
import re
import stat
import struct
import time
import unittest

from support import run, program, write
from test_policy import PEOPLE, PolicyCase

KEY = "0123456789abcdef0123456789abcdef"
CONFIRM = PEOPLE + 'confirm { base_url = "https://monitor.example.com/confirm/"  within = "30m" }\n'


def token_parts(token, key=KEY):
    """What a link's token holds, proved by Python's own HMAC."""
    raw = base64.urlsafe_b64decode(token + "=")
    proof = hmac.new(key.encode(), raw[:13], hashlib.sha256).digest()[:16]
    assert hmac.compare_digest(proof, raw[13:]), "the token is not signed with the key"
    version, = raw[:1]
    return version, raw[1:9].hex(), struct.unpack(">I", raw[9:13])[0]


class ConfirmCase(PolicyCase):
    routes = ""
    head = CONFIRM

    def setUp(self):
        super().setUp()
        self.configure(extra=self.head + self.routes)
        write(self.folder / "etc/confirm.key", KEY + "\n", 0o600)

    def tell(self, *arguments, kind="problem", severity="critical", event_id="4711", channel="webhook", to=(), **fields):
        event = {"kind": kind, "severity": severity, "event_id": event_id, "host": "db-01", "service": "disk", "source": "zabbix",
                 "subject": "Disk is full", "time": int(time.time()), **fields}
        return self.notify(channel, "--source", "json", *arguments, stdin=json.dumps(event))

    def alerts(self):
        return self.sql("SELECT state, taken_by, over_ms > 0 FROM alert ORDER BY opened_ms")


class Links(ConfirmCase):
    def test_a_message_carries_a_link_that_its_key_proves(self):
        before = time.time()
        self.assertEqual(0, self.tell().status)
        [message] = self.arrivals("webhook", 1)
        link = message.json["data"]["confirm_url"]
        base, token = link.rsplit("/", 1)
        self.assertEqual("https://monitor.example.com/confirm", base)
        self.assertEqual(39, len(token))
        version, alert, expires = token_parts(token)
        self.assertEqual(1, version)
        self.assertEqual(self.sql("SELECT id FROM alert"), [(alert,)])
        self.assertEqual(hashlib.sha256(b"zabbix//db-01/disk/4711").hexdigest()[:16], alert)
        self.assertAlmostEqual(before + 7 * 86400, expires, delta=30)

    def test_a_recovery_carries_none_and_ends_it(self):
        self.tell()
        self.assertEqual(0, self.tell(kind="recovery", severity="info").status)
        [_, recovery] = self.arrivals("webhook", 2)
        self.assertNotIn("confirm_url", recovery.json["data"])
        self.assertEqual([("asked", "", 1)], self.alerts())

    def test_less_grave_ones_ask_nobody(self):
        self.assertEqual(0, self.tell(severity="warning").status)
        self.assertNotIn("confirm_url", self.arrivals("webhook", 1)[0].json["data"])
        self.assertEqual([("open", "", 0)], self.alerts())

    def test_without_its_key_the_message_goes_without_its_link(self):
        for spoil in (lambda key: key.unlink(), lambda key: write(key, KEY, 0o644), lambda key: write(key, "short", 0o600)):
            spoil(self.folder / "etc/confirm.key")
            self.stub.recorded.clear()
            self.assertEqual(0, self.tell(event_id=str(time.time())).status)
            self.assertNotIn("confirm_url", self.arrivals("webhook", 1)[0].json["data"])
            checked = self.ctl("check")
            self.assertEqual(2, checked.status)
            self.assertIn("confirm.key", checked.output)

    def test_every_channel_shows_it(self):
        """Where a person presses a button or reads a link; SMS shows the short name, for `notifyctl confirm`."""
        for channel in ("dingtalk", "wecom", "slack", "teams", "email"):
            with self.subTest(channel):
                to = ["--to", "zhang@example.com"] if channel == "email" else []
                self.assertEqual(0, self.tell(*to, channel=channel, event_id=channel).status)
                [message] = self.arrivals(channel, 1)
                text = message.text if channel == "email" else message.request.body.decode().replace("\\/", "/")
                tokens = re.findall(r"https://monitor\.example\.com/confirm/([A-Za-z0-9_-]{39})", text)
                self.assertTrue(tokens, text)
                token_parts(tokens[0])


class ByHand(ConfirmCase):
    def name(self):
        return self.sql("SELECT short_id FROM alert")[0][0]

    def test_the_first_has_it_and_may_give_it_back(self):
        self.tell()
        pending = self.ctl("pending")
        self.assertIn(f"{self.name()} critical", pending.output)
        self.assertIn("1 wait for somebody", pending.output)
        self.assertIn("0 wait", self.ctl("pending", "--older", "30m").output)
        self.assertEqual("Disk is full", json.loads(self.ctl("pending", "--json").output)["pending"][0]["subject"])
        taken = self.ctl("confirm", self.name().lower(), "--by", "李娜", "--comment", "looking")
        self.assertEqual((0, f"{self.name()} taken by 李娜: db-01 / disk, Disk is full\n"), (taken.status, taken.output))
        second = self.ctl("confirm", "--by", "wang", self.name().lstrip("#"))
        self.assertEqual(0, second.status)
        self.assertRegex(second.output, rf"^{self.name()} was taken by 李娜 \d+s ago$")
        self.assertIn("0 wait", self.ctl("pending").output)
        self.assertEqual(0, self.ctl("confirm", self.name(), "--by", "李娜", "--release").status)
        self.assertIn("1 wait", self.ctl("pending").output)
        self.assertEqual(0, self.ctl("confirm", self.name(), "--by", "wang", "--solved", "--comment", "cleaned up").status)
        self.assertEqual([("take", "李娜", "looking"), ("release", "李娜", ""), ("solve", "wang", "cleaned up")],
                         self.sql("SELECT verb, author, words FROM reply ORDER BY rowid"))
        self.assertEqual([("solved", "wang", 0)], self.alerts())

    def test_what_is_over_cannot_be_taken(self):
        self.tell()
        self.tell(kind="recovery", severity="info")
        done = self.ctl("confirm", self.name(), "--by", "li")
        self.assertEqual(0, done.status)
        self.assertIn("is over", done.output)
        self.assertEqual([], self.sql("SELECT * FROM reply"))

    def test_names_that_are_not_clear_are_listed(self):
        self.tell()
        self.tell(event_id="4712")
        self.sql("UPDATE alert SET short_id = '#AAAAA'")
        done = self.ctl("confirm", "AAAAA", "--by", "li")
        self.assertNotEqual(0, done.status)
        ids = [row[0] for row in self.sql("SELECT id FROM alert")]
        for one in ids:
            self.assertIn(one, done.errors)
        self.assertEqual([], self.sql("SELECT * FROM reply"))
        self.assertEqual(0, self.ctl("confirm", ids[0], "--by", "li").status)
        self.assertEqual([(ids[0],)], self.sql("SELECT id FROM alert WHERE state = 'taken'"))

    def test_wrong_calls_say_what_is_wanted(self):
        self.tell()
        for arguments, wanted in (([], "say which"), (["ZZZZZ", "--by", "li"], "no alert #ZZZZZ"), ([self.name()], "say who"),
                                  ([self.name(), "x", "--by", "li"], "one too many"), ([self.name(), "--at", "x"], "no option"),
                                  ([self.name(), "--by", "l", "--solved", "--release"], "exclude")):
            done = self.ctl("confirm", *arguments)
            self.assertNotEqual(0, done.status, arguments)
            self.assertIn(wanted, done.errors)
        self.assertEqual([], self.sql("SELECT * FROM reply"))

    def test_an_acknowledgement_in_the_monitoring_system_takes_it(self):
        self.tell()
        self.assertEqual(0, self.tell(kind="acknowledgement", author="wang", comment="mine").status)
        self.assertEqual([("taken", "wang", 0)], self.alerts())
        self.assertIn("0 wait", self.ctl("pending").output)


class Setup(ConfirmCase):
    def test_it_makes_a_key_once(self):
        key = self.folder / "etc/confirm.key"
        key.unlink()
        first = self.ctl("setup")
        self.assertEqual(0, first.status, first)
        self.assertIn("(made)", first.output)
        text = key.read_text()
        self.assertRegex(text, r"^[0-9a-f]{64}\n$")
        self.assertEqual(0o640, stat.S_IMODE(key.stat().st_mode))
        self.assertIn("(was there)", self.ctl("setup").output)
        self.assertEqual(text, key.read_text())
        self.assertEqual([], [name for name in os.listdir(key.parent) if name.endswith(".new")])
        self.assertEqual(0, self.ctl("check").status, self.ctl("check"))


if __name__ == "__main__":
    unittest.main()
