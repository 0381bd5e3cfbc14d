"""A mail server that keeps what it takes. It speaks enough SMTP for a client to prove itself: EHLO, STARTTLS, AUTH, one
transaction after the other; a test can put other replies in the way of any command."""
import base64
import email
import email.policy
import re
import socket
import socketserver
import ssl
import threading
from dataclasses import dataclass, field


@dataclass
class Mail:
    """One accepted transaction. `data` as it came, dots unstuffed."""
    sender: str
    recipients: list
    data: bytes
    encrypted: bool
    user: str
    doubts: list = field(default_factory=list)

    @property
    def message(self):
        return email.message_from_bytes(self.data, policy=email.policy.default)

    @property
    def text(self):
        parts = [part.get_content() for part in self.message.walk() if part.get_content_maintype() == "text"]
        return "\n".join([str(self.message["subject"])] + parts)


class Session(socketserver.StreamRequestHandler):
    """Replies are looked up in the sink's `replies` first: {"RCPT": ["450 busy", ...]} is used once each."""

    def setup(self):
        super().setup()
        self.encrypted, self.user = False, ""
        self.reset()

    def reset(self):
        self.sender, self.recipients = None, []

    def finish(self):
        super().finish()
        self.connection.close()

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def scripted(self, verb):
        """True when the test's own reply was given, or the line cut, instead of ours."""
        with self.server.sink.changed:
            waiting = self.server.sink.replies.get(verb, [])
            reply = waiting.pop(0) if waiting else None
        if reply is None:
            return False
        if reply == "cut":
            self.connection.shutdown(socket.SHUT_RDWR)
            raise ConnectionError
        self.say(reply)
        return True

    def handle(self):
        try:
            if not self.scripted("CONNECT"):
                self.say("220 sink.test ESMTP")
            while line := self.rfile.readline(4096):
                if not self.obey(line):
                    return
        except (ConnectionError, OSError):
            pass

    def obey(self, line):
        """One command; False ends the session."""
        text = line.decode("utf-8", "replace")
        if not text.endswith("\r\n"):
            self.say("500 lines end in CR LF")
            return True
        verb, _, rest = text.rstrip("\r\n").partition(" ")
        command = getattr(self, f"do_{verb.lower()}", None)
        with self.server.sink.changed:
            self.server.sink.commands.append(text.rstrip("\r\n"))
        if self.scripted(verb.upper()):
            return True
        if not command:
            self.say("500 what?")
            return True
        return command(rest) is not False

    def do_ehlo(self, _):
        self.reset()
        offers = ["sink.test", "8BITMIME", "SIZE 20000000"]
        if self.server.sink.context and not self.encrypted:
            offers.append("STARTTLS")
        if self.server.sink.users:
            offers.append("AUTH PLAIN LOGIN")
        for offer in offers[:-1]:
            self.say(f"250-{offer}")
        self.say(f"250 {offers[-1]}")

    def do_helo(self, _):
        self.reset()
        self.say("250 sink.test")

    def do_starttls(self, _):
        if not self.server.sink.context:
            self.say("454 TLS not available")
            return
        self.say("220 go ahead")
        self.connection = self.server.sink.context.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
        self.encrypted = True
        self.reset()

    def do_auth(self, rest):
        kind, _, first = rest.partition(" ")
        if kind.upper() == "PLAIN":
            _, user, password = base64.b64decode(first or self.ask("")).decode().split("\0")
        else:
            user = base64.b64decode(first or self.ask("VXNlcm5hbWU6")).decode()
            password = base64.b64decode(self.ask("UGFzc3dvcmQ6")).decode()
        if self.server.sink.users.get(user) == password:
            self.user = user
            self.say("235 2.7.0 accepted")
        else:
            self.say("535 5.7.8 authentication credentials invalid")

    def ask(self, challenge):
        self.say(f"334 {challenge}")
        return self.rfile.readline(4096).strip().decode()

    def do_mail(self, rest):
        found = re.fullmatch(r"FROM:<([^<>\r\n]*)>(?: .*)?", rest, re.IGNORECASE)
        if self.server.sink.users and not self.user:
            self.say("530 5.7.0 authentication required")
        elif not found:
            self.say("501 5.5.4 syntax")
        else:
            self.sender = found[1]
            self.say("250 2.1.0 ok")

    def do_rcpt(self, rest):
        found = re.fullmatch(r"TO:<([^<>\s]+@[^<>\s]+)>(?: .*)?", rest, re.IGNORECASE)
        if self.sender is None:
            self.say("503 5.5.1 MAIL first")
        elif not found:
            self.say("501 5.1.3 syntax")
        else:
            self.recipients.append(found[1])
            self.say("250 2.1.5 ok")

    def do_data(self, _):
        if not self.recipients:
            self.say("503 5.5.1 RCPT first")
            return
        self.say("354 end with .")
        data, doubts = self.read_data()
        mail = Mail(self.sender, self.recipients, data, self.encrypted, self.user, doubts)
        self.reset()
        if not self.scripted("."):
            number = self.server.sink.keep(mail)
            self.say(f"250 2.0.0 queued as {number}")

    def read_data(self):
        """Bytes up to the dot, and what a strict server would not like about them."""
        data, doubts = b"", []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                raise ConnectionError
            if not line.endswith(b"\r\n"):
                doubts.append(f"a bare line feed after {line[:40]!r}")
            if len(line) > 1000:
                doubts.append(f"a line of {len(line)} bytes")
            data += line[1:] if line.startswith(b".") else line
        return data, doubts

    def do_rset(self, _):
        self.reset()
        self.say("250 2.0.0 ok")

    def do_noop(self, _):
        self.say("250 2.0.0 ok")

    def do_quit(self, _):
        self.say("221 2.0.0 bye")
        return False


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


class Sink:
    """Context manager. `users` {name: password} demands AUTH; `certificate` (PEM with key) offers STARTTLS; 0 takes any port."""

    def __init__(self, users=None, certificate=None, replies=None, port=0):
        self.users, self.replies = users or {}, replies or {}
        self.mails, self.commands = [], []
        self.changed = threading.Condition()
        self.context = None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate)
        self.server = Server(("127.0.0.1", port), Session)
        self.server.sink = self
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.server.server_address[1]}"

    def keep(self, mail):
        with self.changed:
            self.mails.append(mail)
            self.changed.notify_all()
            return len(self.mails)

    def clear(self):
        with self.changed:
            self.mails.clear()
            self.commands.clear()

    def wait(self, count, timeout_s=10):
        with self.changed:
            if not self.changed.wait_for(lambda: len(self.mails) >= count, timeout_s):
                raise TimeoutError(f"wanted {count} mails within {timeout_s} s, there are {len(self.mails)}: {self.commands}")
            return list(self.mails)
