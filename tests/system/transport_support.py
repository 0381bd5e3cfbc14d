"""What the tests of the network door share: the program that sends, servers that misbehave, certificates."""
import json
import os
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get("NP_BUILD", os.path.join(TOP, "build")))
TOOL = os.path.join(BUILD, "tool_send")


def is_sanitized(program=TOOL):
    """AddressSanitizer keeps memory of its own: then its use says nothing."""
    return b"libasan" in subprocess.run(["ldd", program], capture_output=True, check=True).stdout


@dataclass
class Sent:
    answers: list
    stderr: str
    seconds: float

    @property
    def answer(self):
        return self.answers[0]


def send(*requests, environment=None, program=TOOL):
    """Carries the requests through one process of the real transport."""
    lines = "".join(json.dumps(request) + "\n" for request in requests)
    started = time.monotonic()
    done = subprocess.run([program], input=lines.encode(), capture_output=True, timeout=60, check=False,
                          env={"PATH": "/usr/bin:/bin", **(environment or {})})
    seconds = time.monotonic() - started
    errors = done.stderr.decode("utf-8", "replace")
    if done.returncode != 0:
        raise AssertionError(f"{program} ended with {done.returncode}: {errors}")
    answers = [json.loads(line) for line in done.stdout.decode("utf-8", "replace").splitlines()]
    return Sent(answers, errors, seconds)


@dataclass
class Server:
    """
    Context manager: a TCP server on a port of its own. `talk(connection, server)` runs once a connection, in a thread;
    when it returns, the connection is closed. `said` and `peers` are what clients sent and where they came from.
    """
    talk: object
    tls: ssl.SSLContext = None
    backlog: int = 64
    said: list = field(default_factory=list)
    peers: list = field(default_factory=list)

    def __enter__(self):
        self.stopping = threading.Event()
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(self.backlog)
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()
        self.thread.join(5)

    def _accept(self):
        while True:
            try:
                connection, peer = self.socket.accept()
            except OSError:
                return
            self.peers.append(peer)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            try:
                if self.tls:
                    connection = self.tls.wrap_socket(connection, server_side=True)
                self.talk(connection, self)
            except (OSError, ValueError):
                pass
            finally:
                connection.close()

    def wait(self, seconds):
        """Sleeps, but not longer than the test lasts."""
        self.stopping.wait(seconds)


class Authority:
    """Context manager: a certificate authority, and certificates that it signs, in a folder of its own."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="np-ca-")
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                      "-subj", "/CN=Test CA", "-keyout", self.path("ca.key"), "-out", self.path("ca.pem"))
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    @staticmethod
    def _openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)

    @property
    def file(self):
        return self.path("ca.pem")

    def certificate(self, name, days=2):
        """Signed for `name` ("IP:127.0.0.1", "DNS:mail.example.com"). A negative number of days is expired."""
        base = self.path(name.replace(":", "-") + str(days))
        with open(base + ".ext", "w", encoding="ascii") as file:
            file.write(f"subjectAltName={name}\n")
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=test",
                      "-keyout", base + ".key", "-out", base + ".csr")
        self._openssl("x509", "-req", "-in", base + ".csr", "-CA", self.file, "-CAkey", self.path("ca.key"),
                      "-CAcreateserial", "-days", str(days), "-extfile", base + ".ext", "-out", base + ".pem")
        return base + ".pem", base + ".key"

    def server(self, name="IP:127.0.0.1", days=2):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.certificate(name, days))
        return context
