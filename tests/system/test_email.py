"""Mail: what servers say at each step and what is made of it, and what a mail program makes of what arrived."""
import base64
import email
import email.policy
import email.utils
import os
import pathlib
import re
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import Sink, program, quoted, run, wait_until, write  # noqa: E402
from transport_support import Authority, Server, send  # noqa: E402

CANARY = "canary-6f1d0c2a9b"
MAIL = "Subject: x\r\n\r\n.dot\r\n..two\r\nend\r\n"
SLACK_S = 0.7

USUAL = {"CONNECT": "220 mx.test ESMTP", "EHLO": "250-mx.test\n250-SIZE 20000000\n250 8BITMIME", "HELO": "250 mx.test",
         "AUTH": "235 2.7.0 in", "MAIL": "250 2.1.0 ok", "RCPT": "250 2.1.5 ok", "DATA": "354 go on",
         ".": "250 2.0.0 queued as 4XyZ12", "QUIT": "221 bye", "STARTTLS": "220 go on"}
WITH_AUTH = "250-mx.test\n250 AUTH PLAIN LOGIN"
WITH_STARTTLS = "250-mx.test\n250 STARTTLS"


class Hangup(Exception):
    pass


class Script:
    """
    A server that says what it was told to: {"RCPT": "550 5.1.1 who"}; a list is used up reply by reply. "close" hangs
    up, "silence" says nothing for ever, "torrent" never stops. With a context, STARTTLS is served.
    """

    def __init__(self, context=None, **replies):
        self.context = context
        self.replies = {**USUAL, **{name.replace("DOT", "."): reply for name, reply in replies.items()}}
        self.messages = []

    def __call__(self, connection, server):
        try:
            self.reply("CONNECT", connection, server)
            self.serve(connection, server)
        except Hangup:
            pass

    def serve(self, connection, server):
        file = connection.makefile("rb")
        while line := file.readline():
            line = line.decode("utf-8", "replace").rstrip("\r\n")
            server.said.append(line)
            verb = line.split(" ")[0].upper()
            reply = self.reply(verb, connection, server)
            if verb == "STARTTLS" and reply.startswith("220"):
                with self.context.wrap_socket(connection, server_side=True) as secure:
                    return self.serve(secure, server)
            if verb == "DATA" and reply.startswith("354"):
                self.messages.append(self.read_message(file))
                self.reply(".", connection, server)
            if verb == "QUIT":
                return None
        return None

    @staticmethod
    def read_message(file):
        data = b""
        while (line := file.readline()) != b".\r\n":
            if not line:
                raise Hangup
            data += line
        return data

    def reply(self, verb, connection, server):
        reply = self.replies.get(verb, "500 what?")
        if isinstance(reply, list):
            reply = reply.pop(0) if len(reply) > 1 else reply[0]
        if reply == "close":
            raise Hangup
        if reply == "silence":
            server.wait(20)
            raise Hangup
        while reply == "torrent":
            connection.sendall(b"250-and more\r\n" * 1000)
        connection.sendall(reply.replace("\n", "\r\n").encode() + b"\r\n")
        return reply


def request_to(server, **mail):
    more = {name: mail.pop(name) for name in ("body", "network", "timeout_ms") if name in mail}
    address = f"{mail.pop('scheme', 'smtp')}://127.0.0.1:{server.port}/us.test"
    return {"url": address, "body": MAIL, "timeout_ms": 3000, **more,
            "mail": {"from": "a@example.com", "to": "b@example.com", "tls": "never", **mail}}


class Cases(unittest.TestCase):
    def check(self, answer, **wanted):
        self.assertEqual(wanted, {name: answer[name] for name in wanted}, answer)


class Conversation(Cases):
    def ask(self, script, **mail):
        with Server(script) as server:
            return send(request_to(server, **mail)), server.said

    def test_an_accepted_mail(self):
        script = Script()
        sent, said = self.ask(script)
        wait_until(lambda: said[-1] == "QUIT", what="QUIT")  # the program is gone by then
        self.check(sent.answer, status=250, command=".", trouble="none", maybe_sent=False)
        self.assertEqual("250 2.0.0 queued as 4XyZ12", sent.answer["replies"].split("\n")[-1])
        self.assertEqual(["EHLO us.test", f"MAIL FROM:<a@example.com> SIZE={len(MAIL)}", "RCPT TO:<b@example.com>",
                          "DATA", "QUIT"], said)
        self.assertEqual([b"Subject: x\r\n\r\n..dot\r\n...two\r\nend\r\n"], script.messages)

    def test_each_refusal_is_told_with_its_step(self):
        for step, reply in (("CONNECT", "554 no"), ("CONNECT", "421 busy"), ("MAIL", "550 5.7.1"), ("MAIL", "451 no"),
                            ("RCPT", "550-5.1.1 who\n550 5.1.1 is that"), ("RCPT", "450 4.7.1 Greylisted"),
                            ("DATA", "554 no"), ("DATA", "451 no"), (".", "451 no"), (".", "552 no"),
                            (".", "554-a\n554 b")):
            with self.subTest(step=step, reply=reply):
                script = Script(**{step.replace(".", "DOT"): reply})
                sent, _ = self.ask(script)
                self.check(sent.answer, status=int(reply[:3]), command=step, trouble="none", maybe_sent=False)
                self.assertIn(reply, sent.answer["replies"])
                self.assertEqual(1 if step == "." else 0, len(script.messages))

    def test_any_2yz_after_the_dot_is_taken(self):
        sent, _ = self.ask(Script(DOT="251 2.1.5 forwarded"))
        self.check(sent.answer, status=251, command=".", trouble="none")

    def test_ehlo_refused_and_helo_taken(self):
        sent, said = self.ask(Script(EHLO="502 what"))
        self.check(sent.answer, status=250, command=".")
        self.assertEqual("HELO us.test", said[1])

    def test_lost_before_the_dot_was_not_sent(self):
        for step in ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA"):
            with self.subTest(step=step):
                sent, _ = self.ask(Script(**{step: "close"}))
                self.check(sent.answer, status=0, maybe_sent=False)
                self.assertIn(sent.answer["trouble"], ("lost", "connect"))

    def test_lost_after_the_dot_is_unclear(self):
        script = Script(DOT="close")
        sent, _ = self.ask(script)
        self.check(sent.answer, status=0, trouble="lost", maybe_sent=True)
        self.assertEqual(1, len(script.messages))

    def test_silence_ends_with_the_time(self):
        for step, maybe_sent in (("CONNECT", False), ("RCPT", False), ("DATA", False), (".", True)):
            with self.subTest(step=step):
                sent, _ = self.ask(Script(**{step.replace(".", "DOT"): "silence"}), timeout_ms=400)
                trouble = "connect" if step == "CONNECT" else "lost"
                self.check(sent.answer, status=0, trouble=trouble, maybe_sent=maybe_sent)
                self.assertLess(sent.seconds, 0.4 + SLACK_S)

    def test_nobody_waits_for_the_answer_to_quit(self):
        for quit_reply in ("silence", "close"):
            sent, _ = self.ask(Script(QUIT=quit_reply))
            self.check(sent.answer, status=250)
            self.assertLess(sent.seconds, SLACK_S)

    def test_after_a_refusal_quit_is_waited_for_a_second_at_most(self):
        for step in ("CONNECT", "MAIL", "RCPT", "DATA", "."):
            with self.subTest(step=step):
                sent, _ = self.ask(Script(QUIT="silence", **{step.replace(".", "DOT"): "550 no"}), timeout_ms=8000)
                self.check(sent.answer, status=550, command=step)
                self.assertLess(sent.seconds, 1 + SLACK_S)

    def test_a_server_that_talks_for_ever_is_left(self):
        for step in ("CONNECT", "EHLO", "RCPT"):
            with self.subTest(step=step):
                sent, _ = self.ask(Script(**{step: "torrent"}))
                self.check(sent.answer, status=0, maybe_sent=False)
                self.assertIn(sent.answer["trouble"], ("big", "lost"))  # libcurl has a ceiling of its own for EHLO
                self.assertLess(sent.seconds, 2)

    def test_what_is_no_reply_is_no_success(self):
        for step, reply in (("CONNECT", "hello"), ("RCPT", "ok"), (".", "ok"), (".", "25 ok"), (".", "999 ok")):
            with self.subTest(step=step, reply=reply):
                sent, _ = self.ask(Script(**{step.replace(".", "DOT"): reply}), timeout_ms=400)
                self.check(sent.answer, status=0, maybe_sent=step == ".")

    def test_several_mails_use_one_connection(self):
        script = Script(RCPT=["250 ok", "550 5.1.1 who", "250 ok", "250 ok"])
        with Server(script) as server:
            answers = send(*[request_to(server, to=f"{i}@example.com") for i in range(4)]).answers
        self.assertEqual([250, 550, 250, 250], [answer["status"] for answer in answers])
        self.assertEqual(2, len(server.peers))  # a refusal ends one
        self.assertEqual(3, len(script.messages))

    def test_nothing_can_be_added_to_an_envelope(self):
        with Server(Script()) as server:
            for wrong in ("b@example.com>\r\nDATA", "b@example.com\n", "b c@example.com", "<b@example.com", "b>@x.com"):
                for field in ("from", "to"):
                    self.check(send(request_to(server, **{field: wrong})).answer, status=0, trouble="ours")
        self.assertEqual([], server.peers)


class Login(Cases):
    def ask(self, script, **mail):
        with Server(script) as server:
            answers = send(*[request_to(server, user="us", password=CANARY, **mail)] * 2)
        self.assertEqual("", answers.stderr)
        return answers, server.said

    def test_it_is_done_once_a_connection(self):
        script = Script(EHLO=WITH_AUTH)
        sent, said = self.ask(script)
        self.assertEqual([250, 250], [answer["status"] for answer in sent.answers])
        plain = base64.b64encode(b"\0us\0" + CANARY.encode()).decode()
        self.assertEqual(["AUTH PLAIN " + plain], [line for line in said if line.startswith("AUTH")])

    def test_login_mechanism(self):
        class Asking(Script):
            def reply(self, verb, connection, server):
                if verb == "AUTH":
                    file = connection.makefile("rb")
                    if len(server.said[-1].split()) < 3:
                        connection.sendall(b"334 VXNlcm5hbWU6\r\n")
                        server.said.append(file.readline().decode().strip())
                    connection.sendall(b"334 UGFzc3dvcmQ6\r\n")
                    server.said.append(file.readline().decode().strip())
                return super().reply(verb, connection, server)

        sent, said = self.ask(Asking(EHLO="250-mx.test\n250 AUTH LOGIN"))
        self.assertEqual([250, 250], [answer["status"] for answer in sent.answers])
        self.assertIn(base64.b64encode(CANARY.encode()).decode(), said)

    def test_without_an_offer_nothing_is_sent(self):
        for replies in ({}, {"EHLO": "502 no"}, {"EHLO": "250-mx.test\n250 AUTH X-UNKNOWN"}):
            with self.subTest(replies=replies):
                script = Script(**replies)
                sent, said = self.ask(script)
                for answer in sent.answers:
                    self.check(answer, status=0, trouble="auth", maybe_sent=False)
                self.assertEqual([], script.messages)
                self.assertNotIn("DATA", said)

    def test_refusals_are_told(self):
        for reply in ("535 5.7.8 wrong", "454 4.7.0 later", "534 5.7.9 weak", "538 encrypt"):
            with self.subTest(reply=reply):
                script = Script(EHLO="250-mx.test\n250 AUTH PLAIN", AUTH=reply)
                sent, _ = self.ask(script)
                self.check(sent.answer, status=int(reply[:3]), command="AUTH", trouble="none")
                self.assertEqual([], script.messages)
                self.assertNotIn(CANARY, str(sent.answers))


class Encryption(Cases):
    @classmethod
    def setUpClass(cls):
        cls.authority = Authority().__enter__()
        cls.addClassCleanup(cls.authority.__exit__)
        cls.trusted = {"ca_file": cls.authority.file}

    def ask(self, script, implicit=None, **mail):
        with Server(script, tls=implicit) as server:
            answer = send(request_to(server, **{"user": "us", "password": CANARY, "tls": "required", **mail})).answer
        return answer, server.said

    def script(self, *certificate, **replies):
        return Script(context=self.authority.server(*certificate), **{"EHLO": [WITH_STARTTLS, WITH_AUTH], **replies})

    def test_starttls_comes_before_login_and_mail(self):
        script = self.script()
        answer, said = self.ask(script, network=self.trusted)
        self.check(answer, status=250, trouble="none")
        self.assertEqual(["EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "QUIT"],
                         [line.split()[0] for line in said])
        self.assertEqual(1, len(script.messages))

    def test_smtps(self):
        answer, _ = self.ask(Script(EHLO=WITH_AUTH), implicit=self.authority.server(), scheme="smtps",
                             network=self.trusted)
        self.check(answer, status=250, trouble="none")

    def test_nothing_leaves_unencrypted_when_encryption_is_required(self):
        """Not offered, refused for now, offered by a man in the middle who takes it away, answered in the clear."""
        for name, replies, wanted in (
                ("not offered", {"EHLO": WITH_AUTH}, {"status": 0, "trouble": "tls"}),
                ("no EHLO", {"EHLO": "502 no"}, {"status": 502, "command": "EHLO"}),
                ("refused for now", {"EHLO": WITH_STARTTLS, "STARTTLS": "454 4.7.0 later"},
                 {"status": 454, "command": "STARTTLS"})):
            with self.subTest(name):
                script = Script(**replies)
                answer, said = self.ask(script)
                self.check(answer, maybe_sent=False, **wanted)
                self.assertEqual([], [line for line in said if line.split()[0] in ("AUTH", "MAIL", "DATA")])

    def test_a_server_that_is_not_trusted_gets_nothing(self):
        for name, certificate, network in (("unknown authority", (), {}),
                                           ("expired", ("IP:127.0.0.1", -1), self.trusted),
                                           ("another name", ("DNS:mail.example.com",), self.trusted)):
            with self.subTest(name):
                answer, said = self.ask(self.script(*certificate), network=network)
                self.check(answer, status=0, trouble="tls", maybe_sent=False)
                self.assertEqual(["EHLO us.test", "STARTTLS"], said)
                answer, said = self.ask(Script(), implicit=self.authority.server(*certificate), scheme="smtps",
                                        network=network)
                self.check(answer, status=0, trouble="tls", maybe_sent=False)
                self.assertEqual([], said)

    def test_words_before_the_handshake_do_not_count(self):
        """A reply that somebody put into the clear text after STARTTLS is not taken for one of the session."""
        answer, said = self.ask(self.script(STARTTLS="220 go on\n250-evil\n250 AUTH PLAIN"), network=self.trusted)
        self.assertNotIn("AUTH", " ".join(said[:2]))
        self.assertIn(answer["status"], (0, 250))
        self.assertNotEqual((0, True), (answer["status"], answer["maybe_sent"]))


class Arrived(Cases):
    """What the program sent, read by Python's email package."""

    def mail(self, *arguments, status=0, settings="", to="zhang@example.com", subject="disk full", message="95%"):
        with Sink() as sink, tempfile.TemporaryDirectory(prefix="np-mail-") as folder:
            config = write(pathlib.Path(folder, "n.conf"),
                           f'language = "zh_CN"\nemail "ops" {{ server = {quoted(sink.url)} starttls = "never"\n'
                           f'from = "监控 <monitor@example.com>" {settings} }}\n', 0o600)
            done = run(program("notify_email"), "--config", str(config), "--state-dir", folder, *arguments, "--", to,
                       subject, message)
            self.assertEqual(status, done.status, done)
            self.done = done
            for mail in sink.mails:
                self.assertEqual([], mail.doubts)
            return sink.mails, sink.commands

    def one(self, *arguments, **more):
        mails, _ = self.mail(*arguments, **more)
        self.assertEqual(1, len(mails))
        return mails[0].message

    @staticmethod
    def part(message, kind):
        return next(part for part in message.walk() if part.get_content_type() == kind)

    def test_a_mail_as_programs_read_it(self):
        message = self.one("--type", "PROBLEM", "--host", "web-01", "--severity", "critical", subject="磁盘 /data 将满",
                           message="已用 95%")
        self.assertEqual([], message.defects)
        self.assertEqual("[严重] 磁盘 /data 将满 (web-01)", message["subject"])
        self.assertEqual(("监控", "monitor@example.com"), email.utils.parseaddr(message["from"]))
        self.assertEqual("zhang@example.com", message["to"])
        self.assertLess(abs(email.utils.parsedate_to_datetime(message["date"]).timestamp() - time.time()), 60)
        self.assertEqual(["text/plain", "text/html"], [part.get_content_type() for part in message.iter_parts()])
        for kind in ("text/plain", "text/html"):
            part = self.part(message, kind)
            self.assertEqual([], part.defects)
            self.assertEqual("base64", part["content-transfer-encoding"])
            self.assertIn("已用 95%", part.get_content())
        self.assertEqual("auto-generated", message["auto-submitted"])
        self.assertEqual("high", message["importance"])

    def test_every_line_is_short_and_ends_as_mail_does(self):
        mails, _ = self.mail("--host", "web-01", subject="长" * 200, message="长" * 5000 + "\n.\n..\n.x\r\n")
        for line in mails[0].data.split(b"\r\n"):
            self.assertLessEqual(len(line), 998 if line.startswith(b"Message-ID: ") else 76)  # an id cannot be folded
            self.assertNotIn(b"\n", line)
        for kind in ("text/plain", "text/html"):  # RFC 2045 6.8: CR LF under the base64, too
            text = self.part(mails[0].message, kind).get_payload(decode=True)
            self.assertEqual((text.count(b"\r\n"), text.count(b"\r\n")), (text.count(b"\n"), text.count(b"\r")))
        self.assertIn("\n.\n..\n.x\n", self.part(mails[0].message, "text/plain").get_content().replace("\r\n", "\n"))

    def test_subjects_come_back_as_they_were(self):
        for subject in ("CPU high on db-01", "=?UTF-8?B?aW5qZWN0ZWQ=?= text", "=?utf-8?q?x?=", "ÄÖÜ ß",
                        "𠮷😀 " * 30, "a" * 200, "word " * 40, '"quoted" \\ <x@y>', "a = b ?= c"):
            with self.subTest(subject=subject):
                self.assertEqual(f"[提示] {subject.strip()}", str(self.one(subject=subject)["subject"]))
                english = self.one(subject=subject, settings='language = "en"')
                self.assertEqual(f"[Information] {subject.strip()}", str(english["subject"]))

    def test_nothing_can_be_added_to_the_headers(self):
        usual = sorted(name.lower() for name in self.one("--host", "a", "--event-id", "1").keys())
        for hostile in ("x\r\nBcc: eve@example.com", "x\nX-Evil: 1", "x\rX-Evil: 1", "x\r\n\r\nbody", "x\x00y",
                        "=?utf-8?q?x=0D=0ABcc:_eve@example.com?="):
            with self.subTest(hostile=hostile):
                argument = hostile.replace("\x00", "\\0")
                message = self.one("--host", argument, "--service", argument, "--event-id", argument,
                                   "--author", argument, subject=argument, message=argument)
                self.assertEqual(usual, sorted({*(name.lower() for name in message.keys())}))
                self.assertEqual(2, len(list(message.iter_parts())))

    def test_recipients_that_are_no_addresses_get_nothing(self):
        for to in ("zhang@example.com\r\nDATA", "zhang@example.com> <eve@example.com", "张@example.com", "a@例子.中国",
                   "zhang@exam_ple.com", "a b@example.com"):
            with self.subTest(to=to):
                mails, commands = self.mail(to=to, status=2)
                self.assertEqual(([], []), (mails, commands))
                self.assertIn("NP-", self.done.errors + self.done.output)

    def test_a_recovery_joins_the_thread_of_its_problem(self):
        event = ("--host", "web-01", "--service", "cpu", "--event-id", "77")
        problem = self.one("--type", "PROBLEM", "--notification-number", "1", "--state", "CRITICAL", *event,
                           subject="CPU high")
        recovery = self.one("--type", "RECOVERY", "--notification-number", "2", "--state", "OK", *event,
                            subject="CPU high")
        reminder = self.one("--type", "PROBLEM", "--notification-number", "2", "--state", "CRITICAL", *event,
                            subject="CPU high")
        for later in (recovery, reminder):
            self.assertEqual(problem["message-id"], later["in-reply-to"])
            self.assertEqual(problem["message-id"], later["references"])
            self.assertNotEqual(problem["message-id"], later["message-id"])
        bracket = re.compile(r"^\[[^]]+\] ")
        self.assertEqual(1, len({bracket.sub("", str(mail["subject"])) for mail in (problem, recovery, reminder)}))
        self.assertTrue(str(recovery["subject"]).startswith("[恢复]"))
        self.assertNotIn("importance", recovery)

    def test_each_recipient_has_a_transaction(self):
        mails, commands = self.mail(to="zhang@example.com,li@example.com")
        self.assertEqual([["zhang@example.com"], ["li@example.com"]], [mail.recipients for mail in mails])
        self.assertEqual([["zhang@example.com"], ["li@example.com"]], [mail.message["to"].split(",") for mail in mails])
        self.assertEqual(1, sum(command.startswith("EHLO") for command in commands))

    def test_plain_text_alone(self):
        message = self.one(settings='html = "no" importance = "no"')
        self.assertEqual(["text/plain"], [part.get_content_type() for part in message.iter_parts()])


if __name__ == "__main__":
    unittest.main()
