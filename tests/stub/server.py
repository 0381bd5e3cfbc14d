"""The HTTP side of the stand-ins: takes requests, records them, answers as the provider says or as the test wrote."""
import http.server
import json
import socket
import ssl
import threading
import time
import urllib.parse
from dataclasses import dataclass, field


@dataclass
class Request:
    """One request as it came over the wire. Header names are lower-case."""
    method: str
    target: str
    headers: dict
    body: bytes = b""
    repeated: list = field(default_factory=list)  # header names that came more than once

    @property
    def path(self):
        return self.target.partition("?")[0]

    @property
    def query_pairs(self):
        return urllib.parse.parse_qsl(self.target.partition("?")[2], keep_blank_values=True)

    @property
    def query(self):
        return dict(self.query_pairs)

    @property
    def form_pairs(self):
        return urllib.parse.parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True)

    @property
    def json(self):
        """The body as JSON; ValueError when it is not, or not in UTF-8."""
        return json.loads(self.body.decode("utf-8"))

    @property
    def content_type(self):
        return self.headers.get("content-type", "")


@dataclass
class Answer:
    """What the provider says; `cut` closes the connection: "before" any byte, or after that many bytes of the body."""
    status: int = 200
    body: bytes = b""
    headers: dict = field(default_factory=dict)
    delay_s: float = 0
    cut: object = None

    @staticmethod
    def of_json(value, status=200, **more):
        headers = {"Content-Type": "application/json; charset=utf-8", **more.pop("headers", {})}
        return Answer(status, json.dumps(value, ensure_ascii=False).encode(), headers, **more)

    @staticmethod
    def of_text(text, status=200, **more):
        headers = {"Content-Type": "text/plain; charset=utf-8", **more.pop("headers", {})}
        return Answer(status, text.encode(), headers, **more)


class Refused(Exception):
    """Leaves a provider's judgement with its answer."""

    def __init__(self, answer):
        super().__init__(answer.body.decode("utf-8", "replace"))
        self.answer = answer


class Provider:
    """One service: judges requests by its own documents. `accepted` answers mean that a person would see the message."""
    name = ""

    def recognises(self, request):
        raise NotImplementedError

    def judge(self, request, now_s):
        """The Answer of an accepted request; Refused otherwise. Appends to self.doubts what the service swallows silently."""
        raise NotImplementedError

    def text(self, request):
        """All that a person would read of this message, a line each."""
        raise NotImplementedError


@dataclass
class Recorded:
    provider: Provider
    request: Request
    answer: Answer
    accepted: bool
    doubts: list
    at_s: float

    @property
    def name(self):
        return self.provider.name

    @property
    def json(self):
        return self.request.json

    @property
    def text(self):
        return self.provider.text(self.request)

    def __str__(self):
        return f"{self.name} {self.request.method} {self.request.target} -> {self.answer.status} " \
               f"{self.answer.body.decode('utf-8', 'replace')}\n{self.request.body.decode('utf-8', 'replace')}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle_one(self):
        self.server.stub.serve(self)

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = do_PATCH = handle_one

    def log_message(self, format, *args):
        pass


class HttpServer(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request, client_address):
        pass  # clients that go away are part of the tests


def read_body(handler):
    if "chunked" not in handler.headers.get("Transfer-Encoding", ""):
        return handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
    body = b""
    while size := int(handler.rfile.readline().split(b";")[0], 16):
        body += handler.rfile.read(size)
        handler.rfile.readline()
    handler.rfile.readline()
    return body


def read_request(handler):
    headers, repeated = {}, []
    for name, value in handler.headers.items():
        repeated += [name.lower()] if name.lower() in headers else []
        headers[name.lower()] = value.encode("latin-1").decode("utf-8", "replace")
    return Request(handler.command, handler.path, headers, read_body(handler), repeated)


def write_answer(handler, answer):
    if answer.delay_s:
        time.sleep(answer.delay_s)
    if answer.cut == "before":
        return
    handler.send_response(answer.status)
    length = {} if answer.status in (204, 304) else {"Content-Length": str(len(answer.body))}
    for name, value in {**length, **answer.headers}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(answer.body if answer.cut is None else answer.body[:answer.cut])
    handler.wfile.flush()


class Stub:
    """All providers behind one loopback port. Use as a context manager; `certificate` (PEM with key) makes it HTTPS, and with
    `clients` (PEM) whoever connects shows one that this authority has signed."""

    def __init__(self, providers, certificate=None, now=time.time, port=0, clients=None):
        self.providers = {provider.name: provider for provider in providers}
        self.now = now
        self.recorded = []
        self.scripted = {name: [] for name in self.providers}
        self.changed = threading.Condition()
        self.server = HttpServer(("127.0.0.1", port), Handler)
        self.server.stub = self
        self.scheme = "https" if certificate else "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            if clients:
                context.verify_mode = ssl.CERT_REQUIRED
                context.load_verify_locations(clients)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    @property
    def host(self):
        return f"127.0.0.1:{self.server.server_address[1]}"

    @property
    def url(self):
        return f"{self.scheme}://{self.host}"

    def script(self, name, *answers):
        """The next answers of a provider, before it judges by itself again; None is one that it judges."""
        with self.changed:
            self.scripted[name] += answers

    def clear(self):
        with self.changed:
            self.recorded.clear()
            for answers in self.scripted.values():
                answers.clear()

    def of(self, name):
        with self.changed:
            return [record for record in self.recorded if record.name == name]

    def accepted(self, name=None):
        with self.changed:
            return [record for record in self.recorded if record.accepted and name in (None, record.name)]

    def wait(self, count, name=None, timeout_s=10, accepted=True):
        """Waits until so many messages arrived and returns all; TimeoutError says what there is instead."""
        def found():
            return [record for record in self.recorded
                    if name in (None, record.name) and (record.accepted or not accepted)]
        with self.changed:
            if not self.changed.wait_for(lambda: len(found()) >= count, timeout_s):
                seen = "\n".join(str(record) for record in self.recorded) or "nothing"
                raise TimeoutError(f"wanted {count} of {name or 'any'} within {timeout_s} s, there is:\n{seen}")
            return found()

    def serve(self, handler):
        request = read_request(handler)
        answer = self.record(request)
        handler.close_connection = handler.close_connection or answer.cut is not None
        write_answer(handler, answer)
        if answer.cut is not None:
            handler.connection.shutdown(socket.SHUT_RDWR)

    def record(self, request):
        with self.changed:
            provider = next((one for one in self.providers.values() if one.recognises(request)), UNKNOWN)
            answer, accepted, doubts = judged(provider, request, self.now())
            waiting = self.scripted.get(provider.name)
            scripted = waiting.pop(0) if waiting else None
            if scripted:
                answer, accepted = scripted, False
            self.recorded.append(Recorded(provider, request, answer, accepted, doubts, self.now()))
            self.changed.notify_all()
            return answer


def judged(provider, request, now_s):
    """(answer, accepted, doubts). A provider that trips over a request has found one that no service would take."""
    provider.doubts = []
    if request.repeated:
        provider.doubts.append(f"repeated headers: {request.repeated}")
    try:
        return provider.judge(request, now_s), True, provider.doubts
    except Refused as refused:
        return refused.answer, False, provider.doubts


class Unknown(Provider):
    name = "unknown"

    def recognises(self, request):
        return False

    def judge(self, request, now_s):
        raise Refused(Answer.of_text("no provider has this address", 404))

    def text(self, request):
        return request.body.decode("utf-8", "replace")


UNKNOWN = Unknown()
