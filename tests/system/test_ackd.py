"""notify_ackd from outside: who may take an alert, who may not, and that nothing and nobody takes one by accident."""
import base64
import concurrent.futures
import contextlib
import fcntl
import hashlib
import hmac
import html
import json
import os
import random
import re
import signal
import socket
import stat
import subprocess
import time
import unittest

from ackd_support import AckdCase, Server, token
from support import ROOT, program, quoted, wait_until, write

NOT_TAKEN = ("asked", "", "", "")


class Page(AckdCase):
    def test_tells_what_where_since_when_and_who_was_told(self):
        alert = self.alert(subject="CPU is at 97%", message="load average: 31, 30, 28", address="10.0.0.5", to="13800138000",
                           url="https://zabbix.example.com/tr_events.php?a=1&b=2", source_name="Zabbix Beijing")
        page = self.serve().ask(f"/{self.token(alert)}", headers={"Accept-Language": "en-GB,en;q=0.9"})
        self.assertEqual(200, page.status)
        for words in ("CPU is at 97%", "Critical", "db01", "Disk /data", "10.0.0.5", "load average: 31, 30, 28",
                      "Zabbix Beijing", 'href="https://zabbix.example.com/tr_events.php?a=1&amp;b=2"', "138****8000",
                      "ops-webhook", "delivered", "Nobody is on it yet", "Times are in Asia/Shanghai", "I am on it"):
            self.assertIn(words, page.text)
        self.assertNotIn("13800138000", page.text)
        self.assertRegex(page.text, r"20\d\d-\d\d-\d\d \d\d:\d\d, for less than a minute")

    def test_speaks_the_readers_language(self):
        link = "/" + self.token(self.alert())
        server = self.serve()
        for accept, words in (("zh-CN,zh;q=0.9,en;q=0.8", "我来处理"), ("zh-TW", "我来处理"), ("de, en;q=0.5, zh;q=0.4", "I am on it"),
                              ("fr", "I am on it"), ("", "I am on it"), ("zh;q=0, en;q=0.1", "I am on it")):
            self.assertIn(words, server.ask(link, headers={"Accept-Language": accept}).text, accept)
        other = self.serve(language="zh_CN").ask(link, headers={"Accept-Language": "fr"})
        self.assertIn("我来处理", other.text)

    def test_keeps_to_itself(self):
        server = self.serve()
        for target in (f"/{self.token(self.alert())}", "/nothing", "/board"):
            page = server.ask(target)
            policy = dict(part.strip().split(" ", 1) for part in page.headers["Content-Security-Policy"].split(";"))
            style = re.search(r"<style>(.*)</style>", page.text, re.S).group(1)
            digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
            self.assertEqual({"default-src": "'none'", "style-src": f"'sha256-{digest}'", "form-action": "'self'",
                              "frame-ancestors": "'none'", "base-uri": "'none'"}, policy)
            self.assertEqual(["nosniff", "no-referrer", "no-store", "noindex, nofollow", "DENY"],
                             [page.headers[name] for name in ("X-Content-Type-Options", "Referrer-Policy", "Cache-Control",
                                                              "X-Robots-Tag", "X-Frame-Options")])
            self.assertNotRegex(page.text, r"(?i)<script|<img|<link|\son\w+=|\ssrc=|style=\"")

    def test_hostile_text_stays_text(self):
        evil = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{name}}{{{style}}}&lt;"
        alert = self.alert(host="h" + evil, service="s" + evil, subject="u" + evil, message="m" + evil + "\n</pre></style>",
                           address=evil, source_name=evil)
        event = json.loads(self.rows("SELECT event FROM alert")[0][0])
        event.update(url="javascript:alert(1)", runbook_url="data:text/html,x")  # whoever put them there
        self.change("UPDATE alert SET event = ?", json.dumps(event))
        server = self.serve()
        link = self.token(alert)
        self.assertEqual(303, self.say(server, link, "take", "n" + evil[:60], "w" + evil).status)
        page = server.ask(f"/{link}?r=%22%3E%3Cscript%3E", headers={"Cookie": 'notify_name="><script>alert(2)</script>'})
        self.assertEqual(200, page.status)
        self.assertNotRegex(page.text, r"<script|<img|javascript:|data:text")
        shown = html.unescape(page.text)
        for prefix in "hsumw":
            self.assertIn(prefix + evil, shown)
        self.assertIn('value="&quot;&gt;&lt;script&gt;alert(2)&lt;/script&gt;"', page.text)
        self.assertEqual(1, page.text.count("</style>"))

    def test_lies_below_a_path_that_the_proxy_takes_away_or_not(self):
        link = self.token(self.alert())
        server = self.serve()
        for target in (f"/confirm/{link}", f"/{link}", f"/{link}?from=singlemessage&isappinstalled=0"):
            page = server.ask(target)
            self.assertEqual(200, page.status, target)
            self.assertIn(f'action="{link}"', page.text)
        for target in (f"/confirm/confirm/{link}", f"/other/{link}", f"//{link}", f"/confirm{link}", f"/{link}/", "/confirm",
                       f"/%2e/{link}"):
            self.assertEqual(404, server.ask(target).status, target)
        answer = self.say(server, f"confirm/{link}", "take",
                          headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-Prefix": "/evil", "Host": "evil.example"})
        self.assertEqual(f"{link}?r=take", answer.headers["Location"])

    def test_a_path_that_looks_like_the_beginning_of_a_token(self):
        self.base_url = "https://monitor.example.com/A"
        link = self.token(self.alert())
        self.assertEqual("A", link[0])
        server = self.serve()
        for target in (f"/{link}", f"/A/{link}"):
            self.assertEqual(200, server.ask(target).status, target)

    def test_says_when_somebody_should_be_on_it_and_when_that_was(self):
        alert = self.alert()
        server = self.serve()
        self.assertIn("Somebody should be by", server.ask(f"/{self.token(alert)}").text)
        self.change("UPDATE alert SET due_ms = due_ms - 7200000")
        self.assertIn("Somebody should have been by", server.ask(f"/{self.token(alert)}").text)

    def test_health(self):
        self.alert()
        server = self.serve()
        answer = server.ask("/healthz")
        self.assertEqual((200, "ok\n"), (answer.status, answer.text))
        self.assertEqual(404, server.ask("/healthz", {}).status)
        (self.state / "state.db").rename(self.state / "away")
        (self.state / "state.db").mkdir()
        self.assertEqual([503] * 3, [server.ask("/healthz").status for _ in range(3)])
        self.assertEqual(0, server.stop())
        self.assertEqual(1, server.log.count("state.db"), server.log)  # not as fast as somebody asks


class Taking(AckdCase):
    def test_take_a_second_person_give_back_and_solve(self):
        alert = self.alert()
        link = self.token(alert)
        server = self.serve()
        answer = self.say(server, link, "take", "李雷", "在路上")
        self.assertEqual((303, f"{link}?r=take"), (answer.status, answer.headers["Location"]))
        self.assertEqual(("no-referrer", "no-store"), (answer.headers["Referrer-Policy"], answer.headers["Cache-Control"]))
        self.assertEqual(("taken", "李雷", "", "在路上"), self.state_of(alert))
        cookie = answer.headers["Set-Cookie"]
        self.assertRegex(cookie, r"^notify_name=%E6%9D%8E%E9%9B%B7; Max-Age=31536000; SameSite=Strict; HttpOnly; Secure$")
        mine = {"Cookie": cookie.split(";")[0], "Accept-Language": "zh"}
        page = server.ask(f"/{link}?r=take", headers=mine)
        self.assertIn("已记录：由你处理。", page.text)
        self.assertIn('value="李雷"', page.text)
        self.assertNotIn('value="take"', page.text)

        # an address that claims what is not so
        for claim in ("take", "solve", "release", "first-solve", "first-release", "over"):
            self.assertNotIn('class="result', server.ask(f"/{link}?r={claim}").text, claim)

        # the same person once more, then somebody who had opened the page before
        self.assertTrue(server.ask(f"/{link}", {"proof": page.proof, "verb": "take", "name": "李雷"}).headers["Location"]
                        .endswith("?r=take"))
        answer = server.ask(f"/{link}", {"proof": page.proof, "verb": "take", "name": "Han Meimei"})
        self.assertEqual((303, f"{link}?r=first-take"), (answer.status, answer.headers["Location"]))
        page = server.ask(f"/{link}?r=first-take")
        self.assertRegex(page.text, r"李雷 was first, at 20\d\d-\d\d-\d\d \d\d:\d\d\.")
        self.assertEqual(("taken", "李雷", "", "在路上"), self.state_of(alert))

        self.assertTrue(self.say(server, link, "release", "李雷").headers["Location"].endswith("?r=release"))
        self.assertEqual(("asked", "", ""), self.state_of(alert)[:3])
        self.assertIn("Given back", server.ask(f"/{link}?r=release").text)
        self.assertTrue(self.say(server, link, "release", "x").headers["Location"].endswith("?r=first-release"))
        self.assertTrue(self.say(server, link, "solve", "Han Meimei", "log rotated").headers["Location"].endswith("?r=solve"))
        self.assertEqual(("solved", "Han Meimei", "Han Meimei", "log rotated"), self.state_of(alert))
        self.assertEqual(["release"], re.findall(r'name="verb" value="(\w+)"', server.ask(f"/{link}").text))
        self.assertTrue(self.say(server, link, "take", "x").headers["Location"].endswith("?r=first-solve"))
        self.assertEqual([("take", "李雷", "page", "在路上"), ("release", "李雷", "page", ""),
                          ("solve", "Han Meimei", "page", "log rotated")], self.replies())
        self.assertEqual(0, server.stop())
        lines = [line for line in server.log.splitlines() if "recorded" in line]
        self.assertEqual(3, len(lines))
        self.assertRegex(lines[0], r"^#[0-9A-Z]{5}: take by '李雷' \(page\): recorded$")
        for secret in (link, "在路上", "log rotated", page.proof):
            self.assertNotIn(secret, server.log)

    def test_a_link_that_claims_something_shows_nothing(self):
        link = self.token(self.alert())
        server = self.serve()
        for claim in ("take", "solve", "first-take", "first-solve", "over", "x"):
            self.assertNotIn('class="result', server.ask(f"/{link}?r={claim}").text, claim)

    def test_what_has_recovered_can_only_be_read(self):
        alert = self.alert()
        link = self.token(alert)
        server = self.serve()
        proof = server.ask(f"/{link}").proof
        self.alert(type="recovery", subject="ok")
        page = server.ask(f"/{link}")
        self.assertEqual(200, page.status)
        self.assertIn("Recovered at", page.text)
        self.assertNotIn("<form", page.text)
        answer = server.ask(f"/{link}", {"proof": proof, "verb": "take", "name": "x"})
        self.assertTrue(answer.headers["Location"].endswith("?r=over"))
        self.assertIn("Nothing was recorded", server.ask(f"/{link}?r=over").text)
        self.assertEqual([], self.replies())

    def test_what_is_missing_is_said_and_what_was_typed_is_kept(self):
        alert = self.alert()
        link = self.token(alert)
        server = self.serve()
        for name, words, verb, status, said in (
                ("", "on my way", "take", 400, "Please enter your name"), (" \t\r\n", "on my way", "take", 400, "Please enter your name"),
                ("x" * 65, "on my way", "take", 400, "Too long"), ("x", "字" * 501, "take", 400, "Too long"),
                ("x", "", "TAKE", 400, "Not accepted"), ("x", "", "", 400, "Not accepted")):
            page = self.say(server, link, verb, name, words)
            self.assertEqual(status, page.status)
            self.assertIn(said, page.text)
            if words:
                self.assertIn(f">{words}</textarea>", page.text)
        self.assertEqual(NOT_TAKEN, self.state_of(alert))
        self.assertEqual(303, self.say(server, link, "take", "字" * 64, "字" * 500).status)

    def test_names_and_comments_are_cleaned(self):
        alert = self.alert()
        server = self.serve()
        self.say(server, self.token(alert), "take", " Li\x1b[31m\tLei\u202e\x00 ", "a\r\nb\x07\x1b]0;x\x07c\udcff".encode(
            "utf-8", "surrogateescape"))
        self.assertEqual(("taken", "Li Lei?", "", "a\nbc\ufffd"), self.state_of(alert))

    def test_a_form_that_was_open_for_long_is_asked_again(self):
        alert = self.alert()
        link = self.token(alert)
        server = self.serve()

        def proof(hours_ago, purpose=link, user="", key=self.key):
            hour = int(time.time()) // 3600 - hours_ago
            text = f"notify_ackd form 1\n{purpose}\n{user}\n{hour}"
            return f"{hour}." + hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()

        for hours, status in ((5, 400), (24 * 13, 400), (24 * 20, 403), (-3, 403)):
            answer = server.ask(f"/{link}", {"proof": proof(hours), "verb": "take", "name": "x", "words": "typed"})
            self.assertEqual(status, answer.status, hours)
            if status == 400:
                self.assertIn("press the button again", answer.text)
                self.assertIn("typed</textarea>", answer.text)
        other = self.token(self.alert(service="other"))
        for wrong in ("", "x", proof(0, other), proof(0, "board"), proof(0, user="li"), proof(0, key="0" * 64),
                      proof(0)[:-1], proof(0) + "0", proof(0).upper()):
            self.assertEqual(403, server.ask(f"/{link}", {"proof": wrong, "verb": "take", "name": "x"}).status, wrong)
        self.assertEqual(NOT_TAKEN, self.state_of(alert))
        self.assertEqual(303, server.ask(f"/{link}", {"proof": proof(1), "verb": "take", "name": "x"}).status)

    def test_a_link_made_with_the_key_before_still_works(self):
        alert = self.alert()
        link = self.token(alert)
        new = "n" * 64
        write(self.folder_of_configuration / "confirm.key", f"{new}\n{self.key}\n", 0o600)
        server = self.serve()
        self.assertEqual(200, server.ask(f"/{link}").status)
        self.assertEqual(200, server.ask(f"/{token(new, alert, int(time.time()) + 60)}").status)
        self.assertEqual(303, self.say(server, link, "take").status)


class Links(AckdCase):
    def test_only_the_true_link_opens_the_page(self):
        alert, other = self.alert(), self.alert(service="other")
        true = self.token(alert)
        raw = base64.urlsafe_b64decode(true + "=")
        wrong = {true[:n] for n in range(len(true))} | {true + "A", true + "=", true.lower(), true[::-1]}
        for bit in range(len(raw) * 8):
            changed = bytearray(raw)
            changed[bit // 8] ^= 1 << bit % 8
            wrong.add(base64.urlsafe_b64encode(changed).decode().rstrip("="))
        wrong.add(base64.urlsafe_b64encode(raw[:1] + bytes.fromhex(other) + raw[9:]).decode().rstrip("="))
        wrong.add(token("k" * 64, alert, int(time.time()) + 60))
        server = self.serve()
        self.assertGreater(len(wrong), 260)
        for n, link in enumerate(sorted(wrong)):
            headers = {"X-Forwarded-For": f"192.0.2.{n % 200}"}
            for form in (None, {"proof": "x", "verb": "take", "name": "x"}):
                answer = server.ask(f"/{link}", form, headers=headers)
                self.assertEqual(404, answer.status, link)
        self.assertEqual(server.ask("/x").text, server.ask("/" + "A" * 39).text)
        self.assertEqual(200, server.ask(f"/{true}").status)
        self.assertEqual([], self.replies())

    def test_an_expired_link_says_so(self):
        alert = self.alert()
        server = self.serve()
        for form in (None, {"proof": "x", "verb": "take", "name": "x"}):
            answer = server.ask(f"/{self.token(alert, -5)}", form)
            self.assertEqual(410, answer.status)
            self.assertIn("has expired", answer.text)
            self.assertNotIn("Disk", answer.text)
        self.assertEqual(NOT_TAKEN, self.state_of(alert))

    def test_a_genuine_link_to_what_is_not_known_here(self):
        self.alert()
        server = self.serve()
        link = self.token("00ff10a5deadbeef")
        page = server.ask(f"/{link}")
        self.assertEqual(404, page.status)
        self.assertIn("No record of this alert", page.text)
        self.assertEqual(404, server.ask(f"/{link}", {"proof": "x", "verb": "take", "name": "x"}).status)

    def test_looking_changes_nothing(self):
        alert = self.alert()
        link = self.token(alert)
        server = self.serve()
        before = (self.state / "state.db").read_bytes(), self.rows("SELECT * FROM alert")
        agents = ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", "facebookexternalhit/1.1", "MicroMessenger",
                  "Mozilla/5.0 DingTalk", "Microsoft Office Existence Discovery", "curl/8")
        for agent in agents:
            for method, status in (("GET", 200), ("HEAD", 200), ("OPTIONS", 204), ("PUT", 405), ("DELETE", 405), ("PATCH", 405),
                                   ("PROPFIND", 405), ("TRACE", 405)):
                for query in ("", "?verb=take&name=x&words=y", "?r=take"):
                    answer = server.ask(f"/{link}{query}", method=method, headers={"User-Agent": agent, "Purpose": "prefetch"})
                    self.assertEqual(status, answer.status, method)
        self.assertEqual("", server.ask(f"/{link}", method="HEAD").text)
        form = "verb=take&name=x&proof=" + server.ask(f"/{link}").proof
        for method in ("GET", "HEAD", "OPTIONS", "PUT"):
            server.ask(f"/{link}", method=method, body=form,
                       headers={"Content-Type": "application/x-www-form-urlencoded", "X-HTTP-Method-Override": "POST"})
        self.assertEqual(before, ((self.state / "state.db").read_bytes(), self.rows("SELECT * FROM alert")))
        self.assertEqual([], self.replies())

    def test_a_post_that_is_sent_again_counts_once(self):
        alert = self.alert()
        link = self.token(alert)
        server = self.serve()
        form = {"proof": server.ask(f"/{link}").proof, "verb": "take", "name": "x"}
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda n: server.ask(f"/{link}", {**form, "name": f"n{n}"}), range(50)))
        self.assertEqual({303}, {answer.status for answer in answers})
        self.assertEqual(1, sum(answer.headers["Location"].endswith("?r=take") for answer in answers))
        self.assertEqual(1, len(self.replies()))
        self.assertEqual(1, len(self.rows("SELECT * FROM writeback")))

    def test_another_site_cannot_post(self):
        alert = self.alert()
        link = self.token(alert)
        server = self.serve()
        form = {"proof": server.ask(f"/{link}").proof, "verb": "take", "name": "x"}
        encoded = "&".join(f"{name}={value}" for name, value in form.items())
        for site in ("cross-site", "same-site", "x"):
            self.assertEqual(403, server.ask(f"/{link}", form, headers={"Sec-Fetch-Site": site}).status)
        for kind in ("text/plain", "application/json", "multipart/form-data; boundary=x", "",
                     "text/plain;application/x-www-form-urlencoded"):
            self.assertEqual(415, server.ask(f"/{link}", method="POST", body=encoded, headers={"Content-Type": kind}).status)
        self.assertEqual(403, server.ask(f"/{link}", {"verb": "take", "name": "x"}).status)
        self.assertEqual(NOT_TAKEN, self.state_of(alert))
        for site in ("same-origin", "none"):
            self.assertEqual(303, server.ask(f"/{link}", form, headers={"Sec-Fetch-Site": site}).status)

    def test_ten_thousand_guesses(self):
        alert = self.alert()
        link = self.token(alert)
        server = self.serve()
        dice = random.Random(1)
        for _ in range(200):  # so that the memory that a server takes at all is taken
            server.ask(f"/{link}")
        before = server.memory_kib()
        guesses = [base64.urlsafe_b64encode(b"\1" + bytes.fromhex(alert) + dice.randbytes(20)).decode().rstrip("=")
                   for _ in range(10000)]

        def guess(one):
            return server.ask(f"/{one}").status

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            statuses = list(pool.map(guess, guesses))
        self.assertEqual({404, 429}, set(statuses))
        self.assertLess(statuses.count(404), 300)
        self.assertEqual("60", server.ask("/" + guesses[0]).headers["Retry-After"])
        self.assertEqual(200, server.ask(f"/{link}").status)
        self.assertEqual(404, server.ask("/" + guesses[0], headers={"X-Forwarded-For": "192.0.2.1, 198.51.100.7"}).status)
        self.assertEqual(NOT_TAKEN, self.state_of(alert))
        self.assertLess(server.memory_kib(), before + 8192)

    def test_who_posts_again_and_again_is_slowed_down(self):
        link = self.token(self.alert())
        server = self.serve()
        form = {"proof": "x", "verb": "take", "name": "x"}
        statuses = [server.ask(f"/{link}", form, headers={"X-Forwarded-For": f"203.0.113.{n}, 2001:db8:1:2::{n + 1:x}"}).status
                    for n in range(61)]
        self.assertEqual([403] * 60 + [429], statuses)
        self.assertEqual(403, server.ask(f"/{link}", form, headers={"X-Forwarded-For": "2001:db8:1:3::1"}).status)


class Wire(AckdCase):
    """What comes as no browser sends it."""

    def setUp(self):
        super().setUp()
        self.raised = self.alert()
        self.link = self.token(self.raised)
        self.server = self.serve()

    def tearDown(self):
        self.assertEqual(200, self.server.ask(f"/{self.link}").status)
        self.assertEqual(NOT_TAKEN, self.state_of(self.raised))
        self.assertEqual(0, self.server.stop())
        super().tearDown()

    def send(self, data):
        """All that comes back until the server hangs up."""
        with self.server.connect() as connection:
            connection.sendall(data)
            answer = b""
            with contextlib.suppress(ConnectionResetError):
                while piece := connection.recv(65536):
                    answer += piece
            return answer

    def honest_request(self):
        before = time.monotonic()
        self.assertEqual(200, self.server.ask(f"/{self.link}").status)
        return time.monotonic() - before

    def post(self, body):
        return self.server.ask(f"/{self.link}", method="POST", body=body,
                               headers={"Content-Type": "application/x-www-form-urlencoded"})

    def test_large_bodies(self):
        self.assertEqual(403, self.post("x=" + "a" * (8192 - 2)).status)
        for more in (1, 60000, 3_000_000):
            self.assertEqual(413, self.post("x=" + "a" * (8192 - 2 + more)).status)
        self.assertEqual(403, self.post("&".join("a=b" for _ in range(2000))).status)
        memory = self.server.memory_kib()
        for _ in range(10):
            self.assertEqual(413, self.post("x" * 3_000_000).status)
        self.assertLess(self.server.memory_kib(), memory + 8192)

    def test_large_heads(self):
        self.assertEqual(200, self.server.ask(f"/{self.link}", headers={"X-Long": "a" * 7900}).status)
        for size in (8200, 12000, 100_000, 1_000_000):
            answer = self.send(b"GET /" + self.link.encode() + b" HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * size + b"\r\n\r\n")
            self.assertRegex(answer[:12], rb"^(HTTP/1.1 4(31|13|00)|)$")
            answer = self.send(b"GET /" + b"a" * size + b" HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertRegex(answer[:12], rb"^(HTTP/1.1 4(31|14|13|00)|)$")
        self.send(b"GET / HTTP/1.1\r\n" + b"".join(b"A%d: b\r\n" % n for n in range(20000)) + b"\r\n")

    def test_garbage(self):
        dice = random.Random(2)
        line = f"POST /{self.link} HTTP/1.1\r\nHost: x\r\n".encode()
        kind = b"Content-Type: application/x-www-form-urlencoded\r\n"
        for data in (b"\0" * 1000, b"\r\n" * 1000, b"GET\r\n\r\n", b"\x16\x03\x01\x02\0\x01\0", b"GET / HTTP/9.9\r\n\r\n",
                     line + kind + b"Content-Length: -1\r\n\r\nverb=take", line + kind + b"Content-Length: 99999999999999999999\r\n\r\n",
                     line + kind + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\nx\r\n0\r\n\r\n",
                     line + kind + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\nx",
                     line + b": \r\n\x00:\x00\r\n\r\n", *(dice.randbytes(dice.randrange(1, 3000)) for _ in range(200))):
            with self.server.connect() as connection:
                connection.sendall(data)
                connection.settimeout(0.1)
                with contextlib.suppress(ConnectionResetError, TimeoutError):
                    while connection.recv(65536):
                        pass

    def test_one_connection_carries_one_request(self):
        proof = self.server.ask(f"/{self.link}").proof
        body = f"proof={proof}&verb=take&name=smuggled".encode()
        hidden = (f"POST /{self.link} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                  f"Content-Length: {len(body)}\r\n\r\n").encode() + body
        first = f"GET /{self.link} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        both = f"GET /x HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".encode()
        for before in (first, both, f"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc".encode()):
            answer = self.send(before + hidden + b"GARBAGE\0" * 100)
            self.assertEqual(1, answer.count(b"HTTP/1.1 "))

    def test_who_dribbles_keeps_nobody_out(self):
        heads = [self.server.connect() for _ in range(40)]
        bodies = [self.server.connect() for _ in range(20)]
        self.addCleanup(lambda: [one.close() for one in heads + bodies])
        for one in heads:
            one.sendall(b"GET / HTTP/1.1\r\nX-A: ")
        for one in bodies:
            one.sendall(f"POST /{self.link} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n".encode())
        slow = set(heads + bodies)
        begun, longest = time.monotonic(), 0
        while slow and time.monotonic() < begun + 15:
            longest = max(longest, self.honest_request())
            for one in list(slow):
                try:
                    one.sendall(b"a")
                    one.setblocking(False)
                    if one.recv(1000) == b"":
                        slow.discard(one)
                except BlockingIOError:
                    pass
                except (ConnectionResetError, BrokenPipeError):
                    slow.discard(one)
                finally:
                    one.setblocking(True)
            time.sleep(0.5)
        self.assertEqual(set(), slow)
        self.assertGreater(time.monotonic() - begun, 9)
        self.assertLess(longest, 1)

    def test_hundreds_of_connections_make_room(self):
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            crowd = [self.server.connect() for _ in range(300)]
            self.addCleanup(lambda: [one.close() for one in crowd])
            longest = max(pool.submit(self.honest_request).result() for _ in range(20))
        self.assertLess(longest, 1)
        files = os.listdir(f"/proc/{self.server.process.pid}/fd")
        self.assertLess(len(files), 64 + 20)


class Users(AckdCase):
    header = "X-Remote-User"

    def setUp(self):
        super().setUp()
        self.socket = f"unix:{self.folder}/ackd.sock"
        self.raised = self.alert()
        self.link = self.token(self.raised)

    def unix(self, more=""):
        return self.serve(self.socket, f'user_header = "{self.header}"  {more}')

    def test_the_proxys_word_is_believed_on_its_socket_only(self):
        tcp = self.serve(more=f'user_header = "{self.header}"')
        page = tcp.ask(f"/{self.link}", headers={self.header: "boss"})
        self.assertNotIn("boss", page.text)
        self.assertEqual(403, tcp.ask("/board", headers={self.header: "boss"}).status)
        self.assertEqual(400, self.say(tcp, self.link, "take", "", headers={self.header: "boss"}).status)
        unnamed = self.serve(self.socket)
        self.assertEqual(403, unnamed.ask("/board", headers={self.header: "boss"}).status)
        unnamed.stop()
        server = self.unix()
        self.assertEqual(403, server.ask("/board").status)
        self.assertEqual(403, server.ask("/board", headers={self.header: ""}).status)
        page = server.ask(f"/{self.link}", headers={self.header: "boss"})
        self.assertIn("Signed in as boss", page.text)
        self.assertNotIn('name="name"', page.text)
        answer = self.say(server, self.link, "take", "somebody else", headers={self.header: "boss"})
        self.assertEqual(303, answer.status)
        self.assertNotIn("Set-Cookie", answer.headers)
        self.assertEqual([("take", "boss", "board", "")], self.replies())

    def test_a_header_that_stands_twice_is_nobodys(self):
        server = self.unix()
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self.socket[5:])
            connection.sendall(b"GET /board HTTP/1.1\r\nHost: x\r\nX-Remote-User: li\r\nx-remote-user: boss\r\n\r\n")
            self.assertTrue(connection.recv(1000).startswith(b"HTTP/1.1 403 "))
        self.assertEqual(200, server.ask("/board", headers={"x-remote-USER": "li"}).status)

    def test_the_board_lists_what_is_open(self):
        self.alert(host="web1", service="HTTP", severity="emergency", subject="502 <b>everywhere</b>")
        self.alert(host="old", service="x", subject="gone")
        self.alert(host="old", service="x", type="recovery", subject="fine")
        server = self.unix()
        me = {self.header: "li"}
        self.say(server, self.link, "take", headers=me)
        page = server.ask("/board", headers=me)
        self.assertEqual(200, page.status)
        self.assertLess(page.text.index("502 &lt;b&gt;everywhere&lt;/b&gt;"), page.text.index("Disk /data is 95% full"))
        self.assertNotIn("gone", page.text)
        self.assertIn("li has been on it since", page.text)
        links = re.findall(r'<a class="card row [a-z ]+" href="([A-Za-z0-9_-]{39})"', page.text)
        self.assertEqual([200, 200], [server.ask(f"/{link}", headers=me).status for link in links])
        page = server.ask("/confirm/board?unconfirmed=1", headers=me)
        self.assertIn("everywhere", page.text)
        self.assertNotIn("95% full", page.text)

    def test_mute_and_unmute(self):
        server = self.unix()
        me = {self.header: "li"}
        page = server.ask("/board", headers=me)
        form = {"proof": page.proof, "verb": "mute", "host": "db*", "service": "", "tag": "", "channel": "", "for": "1h",
                "why": "disk is <replaced>", "author": "boss"}
        self.assertEqual(403, server.ask("/board", form, headers={self.header: "other"}).status)
        self.assertEqual(403, server.ask("/board", form).status)
        self.assertEqual(403, server.ask("/board", {**form, "proof": server.ask(f"/{self.link}", headers=me).proof},
                                         headers=me).status)
        for wrong in ({"host": ""}, {"why": ""}, {"for": "0"}, {"for": "31d"}, {"for": "x"}, {"host": "x" * 201}):
            answer = server.ask("/board", {**form, **wrong}, headers=me)
            self.assertEqual(400, answer.status, wrong)
            self.assertIn("Enter what", answer.text)
        hour = int(time.time()) // 3600 - 5
        stale = hmac.new(self.key.encode(), f"notify_ackd form 1\nboard\nli\n{hour}".encode(), hashlib.sha256).hexdigest()
        answer = server.ask("/board", {**form, "proof": f"{hour}.{stale}"}, headers=me)
        self.assertEqual(400, answer.status)
        self.assertIn("press the button again", answer.text)
        self.assertIn('value="disk is &lt;replaced&gt;"', answer.text)
        self.assertEqual([], self.rows("SELECT * FROM mute"))
        before = int(time.time() * 1000)
        answer = server.ask("/board", form, headers=me)
        self.assertEqual((303, "board?r=mute"), (answer.status, answer.headers["Location"]))
        (name, host, until, author, words), = self.rows("SELECT id, host, until_ms, author, words FROM mute")
        self.assertEqual(("db*", "li", "disk is <replaced>"), (host, author, words))
        self.assertAlmostEqual(before + 3600_000, until, delta=5000)
        done = self.notify("webhook", "--type", "problem", "--host", "db07", "--service", "x", "--subject", "quiet")
        self.assertIn("muted", done.output + done.errors)
        page = server.ask("/board?r=mute", headers=me)
        self.assertIn("Host db*", page.text)
        self.assertIn("by li: disk is &lt;replaced&gt;", page.text)
        self.assertEqual(400, server.ask("/board", {"proof": page.proof, "verb": "unmute", "id": ""}, headers=me).status)
        self.assertEqual(303, server.ask("/board", {"proof": page.proof, "verb": "unmute", "id": name}, headers=me).status)
        self.assertIn("Nothing is muted", server.ask("/board", headers=me).text)
        self.assertEqual(0, server.stop())
        self.assertRegex(server.log, rf"mute {name} begun by 'li'")
        self.assertRegex(server.log, rf"mute {name} ended by 'li'")

    def test_the_socket_is_the_groups_and_no_stale_one_stops_a_start(self):
        path = self.socket[5:]
        server = self.unix()
        self.assertEqual(0o660, stat.S_IMODE(os.stat(path).st_mode))
        second = subprocess.run([program("notify_ackd"), "--config", self.folder_of_configuration / "ackd.conf"],
                                capture_output=True, text=True, timeout=10, check=False)
        self.assertEqual(1, second.returncode)
        self.assertIn("in use", second.stderr)
        self.assertEqual(200, server.ask(f"/{self.link}").status)
        server.process.kill()
        server.process.wait()
        self.assertTrue(os.path.exists(path))
        server = self.unix()
        self.assertEqual(200, server.ask(f"/{self.link}").status)
        self.assertEqual(0, server.stop(signal.SIGINT))
        self.assertFalse(os.path.exists(path))


class Running(AckdCase):
    def test_a_busy_store_is_said_and_nothing_is_recorded(self):
        alert = self.alert()
        link = self.token(alert)
        server = self.serve()
        form = {"proof": server.ask(f"/{link}").proof, "verb": "take", "name": "x"}
        descriptor = os.open(self.state, os.O_RDONLY)
        self.addCleanup(os.close, descriptor)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        self.assertEqual(200, server.ask(f"/{link}").status)
        before = time.monotonic()
        answer = server.ask(f"/{link}", form)
        self.assertEqual((503, "5"), (answer.status, answer.headers["Retry-After"]))
        self.assertIn("Nothing was recorded", answer.text)
        self.assertLess(time.monotonic() - before, 4)
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        self.assertEqual(NOT_TAKEN, self.state_of(alert))
        self.assertEqual(303, server.ask(f"/{link}", form).status)

    def test_ends_in_the_middle_of_everything(self):
        link = self.token(self.alert())
        for number in (signal.SIGTERM, signal.SIGINT):
            server = self.serve()
            with server.connect() as head, server.connect() as body:
                head.sendall(b"GET / HT")
                body.sendall(f"POST /{link} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nab".encode())
                self.assertEqual(200, server.ask(f"/{link}").status)
                self.assertEqual(0, server.stop(number))

    def test_what_has_begun_is_answered_before_the_end(self):
        link = self.token(self.alert())
        server = self.serve()
        with server.connect() as connection:
            connection.sendall(f"GET /{link} HTTP/1.1\r\nHo".encode())
            self.assertEqual(200, server.ask(f"/{link}").status)
            server.process.send_signal(signal.SIGTERM)
            wait_until(lambda: self.refused(server), 5, "the end of listening")
            connection.sendall(b"st: x\r\n\r\n")
            self.assertTrue(connection.recv(1000).startswith(b"HTTP/1.1 200 "))
        self.assertEqual(0, server.stop())

    @staticmethod
    def refused(server):
        try:
            server.connect().close()
        except ConnectionRefusedError:
            return True
        except ConnectionResetError:  # in the queue of connections while that was closed
            return False
        return False

    def test_takes_the_sockets_of_a_service_manager(self):
        link = self.token(self.alert())
        path = f"{self.folder}/manager.sock"
        tcp, unix = socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_UNIX)
        unix.bind(path)
        unix.listen()
        self.addCleanup(tcp.close)
        self.addCleanup(unix.close)
        configuration = write(self.folder_of_configuration / "ackd.conf",
                              f'state = {quoted(self.state)}\nconfirm {{ base_url = "http://127.0.0.1/"  user_header = "X-User"'
                              '  listen = "192.0.2.1:1" }\n', 0o640)

        # the process id is known only after fork(2): a shell writes it and becomes the program
        high = [fcntl.fcntl(one.fileno(), fcntl.F_DUPFD, 50) for one in (tcp, unix)]
        script = (f"exec 3<&{high[0]} 4<&{high[1]}; export LISTEN_PID=$$; "
                  f'exec "$0" --config "$1" --verbose')
        process = subprocess.Popen(["/bin/bash", "-c", script, program("notify_ackd"), configuration], pass_fds=high,
                                   env={"PATH": "/usr/bin:/bin", "LISTEN_FDS": "2"}, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        for one in high:
            os.close(one)
        server = Server.__new__(Server)
        server.process, server.log = process, None
        self.addCleanup(server.stop)
        lines = {process.stdout.readline().strip(), process.stdout.readline().strip()}
        self.assertEqual({f"notify_ackd: 127.0.0.1:{tcp.getsockname()[1]}", f"notify_ackd: unix:{path}"}, lines)
        server.address = f"127.0.0.1:{tcp.getsockname()[1]}"
        self.assertEqual(200, server.ask(f"/{link}").status)
        self.assertEqual(403, server.ask("/board", headers={"X-User": "li"}).status)
        server.address = f"unix:{path}"
        self.assertEqual(200, server.ask("/board", headers={"X-User": "li"}).status)
        self.assertEqual(0, server.stop())
        self.assertTrue(os.path.exists(path))

    def test_a_mistake_in_its_configuration_stops_it(self):
        self.alert()
        good = f'confirm {{ base_url = {quoted(self.base_url)}  listen = "127.0.0.1:0" }}\n'
        key = self.folder_of_configuration / "confirm.key"
        for text, mode, words in ((f"state = {quoted(self.state)}\n", 0o600, "base_url"),
                                  (good + 'user_header = "X"\n', 0o600, "user_header"),
                                  (good.replace("listen", "listens"), 0o600, "listens"),
                                  (good.replace("127.0.0.1:0", "example.com:80"), 0o600, "example.com:80"),
                                  (good.replace("127.0.0.1:0", "unix:relative"), 0o600, "unix:relative"),
                                  (good, 0o644, "confirm.key")):
            path = write(self.folder_of_configuration / "ackd.conf", text, 0o640)
            key.chmod(mode)
            done = subprocess.run([program("notify_ackd"), "--config", path], capture_output=True, text=True, timeout=10,
                                  check=False)
            self.assertEqual(2, done.returncode, text)
            self.assertTrue(done.stderr.startswith("NP-CONFIG notify_ackd: "), done.stderr)
            self.assertIn(words, done.stderr)
            self.assertNotIn(self.key, done.stderr)
        self.assertEqual(3, subprocess.run([program("notify_ackd"), "--nonsense"], capture_output=True, check=False).returncode)

    def test_the_shipped_configuration_works(self):
        link = self.token(self.alert())
        text = (ROOT / "conf/ackd.conf").read_text(encoding="utf-8")
        self.assertIn('# listen = "127.0.0.1:8025"', text)
        text = text.replace('# listen = "127.0.0.1:8025"', 'listen = "127.0.0.1:0"')
        server = Server(write(self.folder_of_configuration / "ackd.conf", f"state = {quoted(self.state)}\n{text}", 0o640))
        self.addCleanup(server.stop)
        self.assertEqual(200, server.ask(f"/confirm/{link}").status)

    def test_an_address_for_all_is_advised_against(self):
        self.alert()
        server = self.serve("0.0.0.0:0")
        self.assertEqual(200, server.ask("/healthz").status)
        self.assertEqual(0, server.stop())
        self.assertIn("can be reached from other machines", server.log)

    def test_knows_no_channel_and_reads_no_secret(self):
        symbols = subprocess.run(["nm", program("notify_ackd")], capture_output=True, text=True, check=True).stdout
        self.assertNotIn("channel_webhook", symbols)
        link = self.token(self.alert())
        path = self.folder_of_configuration / "ackd.conf"
        self.serve().stop()
        trace = self.folder / "trace"
        process = subprocess.Popen(["strace", "-f", "-e", "trace=%file", "-o", trace, program("notify_ackd"), "--config", path],
                                   env={"PATH": "/usr/bin:/bin", "ASAN_OPTIONS": "detect_leaks=0"}, stdout=subprocess.PIPE,
                                   text=True)
        server = Server.__new__(Server)
        server.process, server.log = process, None
        server.address = process.stdout.readline().split(": ", 1)[1].strip()
        self.assertEqual(200, server.ask(f"/{link}").status)
        self.assertEqual(303, self.say(server, link, "take").status)
        child = next(int(line.split()[0]) for line in trace.read_text().splitlines())
        os.kill(child, signal.SIGTERM)
        process.communicate(timeout=20)
        opened = trace.read_text()
        self.assertIn("ackd.conf", opened)
        for name in ("notification.conf", "webhook-secret", "/secrets/"):
            self.assertNotIn(name, opened)


if __name__ == "__main__":
    unittest.main()
