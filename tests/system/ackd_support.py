"""A running notify_ackd with a store that real alerts have filled, and tokens made without it: for test_ackd and test_pages."""
import base64
import hashlib
import hmac
import http.client
import pathlib
import re
import secrets
import signal
import socket
import sqlite3
import struct
import subprocess
import time
import urllib.parse
from dataclasses import dataclass

from support import MANY, Case, program, quoted, write


def token(key, alert, expires_s):
    """The link's token as its definition says (decision: version, 64 bits of the alert, expiry, 128 bits of HMAC-SHA256)."""
    body = b"\x01" + bytes.fromhex(alert) + struct.pack(">I", expires_s)
    proof = hmac.new(key.encode(), body, hashlib.sha256).digest()[:16]
    return base64.urlsafe_b64encode(body + proof).decode().rstrip("=")


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    text: str

    @property
    def proof(self):
        return re.search(r'name="proof" value="([^"]+)"', self.text).group(1)


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=10)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Server:
    """notify_ackd as a service manager starts it: no HOME, no LANG."""

    def __init__(self, configuration):
        self.process = subprocess.Popen([program("notify_ackd"), "--config", str(configuration), "--verbose"],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        # freed memory would be kept for 256 MB by the sanitizer
                                        env={"PATH": "/usr/bin:/bin", "ASAN_OPTIONS": "quarantine_size_mb=1"},
                                        text=True)
        line = self.process.stdout.readline()
        if not line.startswith("notify_ackd: "):
            raise AssertionError(f"it did not start: {self.process.communicate()}")
        self.address = line.split(": ", 1)[1].strip()
        self.log = None

    @property
    def port(self):
        return int(self.address.rsplit(":", 1)[1])

    def connect(self):
        """A bare socket."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def ask(self, target, form=None, method=None, headers=None, body=None):
        """One request; with a form it is a POST."""
        if self.address.startswith("unix:"):
            connection = UnixConnection(self.address[len("unix:"):])
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = dict(headers or {})
        if form is not None:
            body = urllib.parse.urlencode(form)
            headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        try:
            connection.request(method or ("GET" if body is None else "POST"), target, body, headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read().decode())
        finally:
            connection.close()

    def memory_kib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1))

    def stop(self, number=signal.SIGTERM):
        """Its exit status; what it logged is in `log` then."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        _, self.log = self.process.communicate(timeout=20)
        return self.process.returncode


class AckdCase(Case):
    base_url = "https://monitor.example.com/confirm"

    def setUp(self):
        super().setUp()
        self.key = secrets.token_hex(32)
        confirm = f"base_url = {quoted(self.base_url)}  within = \"30m\""
        self.configure(extra=f"{MANY}confirm {{ {confirm} }}", channels=("webhook",))
        self.folder_of_configuration = self.configuration.parent
        write(self.folder_of_configuration / "confirm.key", self.key + "\n", 0o600)
        self.state = self.folder_of_configuration / "state"

    def serve(self, listen="127.0.0.1:0", more="", language="en"):
        """`more` stands in the block confirm."""
        path = write(self.folder_of_configuration / "ackd.conf",
                     f'state = {quoted(self.state)}\nlanguage = "{language}"\ntimezone = "Asia/Shanghai"\n'
                     f"confirm {{ base_url = {quoted(self.base_url)}  listen = {quoted(listen)}  {more} }}\n", 0o640)
        server = Server(path)
        self.addCleanup(server.stop)
        return server

    def alert(self, **event):
        """Raises one through notify_webhook; returns its id. The webhook's message is at the stub."""
        known = {"type": "problem", "host": "db01", "service": "Disk /data", "severity": "critical",
                 "subject": "Disk /data is 95% full", **event}
        options = [word for name, value in known.items() for word in (f"--{name.replace('_', '-')}", value)]
        done = self.notify("webhook", *options)
        self.assertEqual(0, done.status, done)
        return self.rows("SELECT id FROM alert WHERE host = ? AND service = ?", known["host"], known["service"])[0][0]

    def token(self, alert, lives_s=3600):
        return token(self.key, alert, int(time.time()) + lives_s)

    def rows(self, sql, *values):
        database = sqlite3.connect(self.state / "state.db", timeout=10)
        try:
            return database.execute(sql, values).fetchall()
        finally:
            database.close()

    def change(self, sql, *values):
        database = sqlite3.connect(self.state / "state.db", timeout=10)
        with database:
            database.execute(sql, values)
        database.close()

    def state_of(self, alert):
        return self.rows("SELECT state, taken_by, solved_by, words FROM alert WHERE id = ?", alert)[0]

    def replies(self):
        return self.rows("SELECT verb, author, via, words FROM reply ORDER BY rowid")

    def say(self, server, link, verb, name="Li Lei", words="", **more):
        """Opens the page and presses a button, as a browser does."""
        page = server.ask(f"/{link}", **more)
        form = {"proof": page.proof, "verb": verb, "name": name, "words": words}
        return server.ask(f"/{link}", form, **more)
