"""The network door against servers that lie, stall, drown and cut: what is reported, and what never happens."""
import os
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import warnings
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from transport_support import Authority, BUILD, Server, TOOL, is_sanitized, send  # noqa: E402

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{\"errcode\":0}"
MEMORY_KIB = 20 * 1024
SLACK_S = 0.5
CANARY = "canary-6f1d0c2a9b"


def read_request(connection):
    """One request as (head, body), or None at the end."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n")
                   if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head.decode("latin-1"), body


def answering(*answers):
    """Says the next answer to each request on a connection; the last one serves for all that follow."""
    def talk(connection, server):
        at = 0
        while (request := read_request(connection)) is not None:
            server.said.append(request)
            connection.sendall(answers[min(at, len(answers) - 1)])
            at += 1
    return talk


def headers_of(head):
    return [line.split(":", 1)[0].lower() for line in head.split("\r\n")[1:]]


def request_to(server, path="/", **more):
    scheme = "https" if server.tls else "http"
    return {"url": f"{scheme}://127.0.0.1:{server.port}{path}", "body": "{}", "timeout_ms": 3000, **more}


class Cases(unittest.TestCase):
    def check(self, answer, **wanted):
        self.assertEqual(wanted, {name: answer[name] for name in wanted}, answer)


class WhatGoesOut(Cases):
    def test_the_body_is_sent_byte_for_byte(self):
        body = '{"text":"严重 \\u0000 %00 <&>\\r\\n"}'
        with Server(answering(OK)) as server:
            for method in ("POST", "PUT"):
                self.check(send(request_to(server, method=method, body=body)).answer, status=200, trouble="none",
                           body='{"errcode":0}', maybe_sent=False)
        self.assertEqual([body.encode()] * 2, [body for _, body in server.said])
        self.assertEqual(["POST / HTTP/1.1", "PUT / HTTP/1.1"], [head.split("\r\n")[0] for head, _ in server.said])

    def test_an_empty_post_says_so(self):
        with Server(answering(OK)) as server:
            send(request_to(server, "/a/../b?Action=SendSms&x=..%2F/../y", body="", headers=["Content-Type:"]))
        head = server.said[0][0]
        self.assertIn("POST /a/../b?Action=SendSms&x=..%2F/../y HTTP/1.1", head)
        self.assertIn("Content-Length: 0", head)
        self.assertNotIn("content-type", headers_of(head))

    def test_a_get_has_no_body(self):
        with Server(answering(OK)) as server:
            send(request_to(server, method="GET", body=""))
        self.assertTrue(server.said[0][0].startswith("GET / HTTP/1.1"))
        self.assertNotIn("content-length", headers_of(server.said[0][0]))

    def test_only_the_wanted_headers_leave(self):
        with Server(answering(OK)) as server:
            send(request_to(server, body="x" * 5000, headers=["Host: sms.example.com", "X-A: b", "Content-Type: a/b"]))
        head = server.said[0][0]
        self.assertEqual(["accept", "content-length", "content-type", "host", "user-agent", "x-a"],
                         sorted(headers_of(head)))
        self.assertIn("Host: sms.example.com\r\n", head)
        self.assertRegex(head, r"User-Agent: notification-plugins/\d+\.\d+\.\d+\r\n")

    def test_a_value_cannot_add_a_header(self):
        with Server(answering(OK)) as server:
            send(request_to(server, headers=["X-A: b\r\nX-Injected: yes\r\n\r\nGET /two HTTP/1.1"]))
            refused = send(request_to(server, "/\r\nX-Injected: yes")).answer
        self.assertNotIn("x-injected", headers_of(server.said[0][0]))
        self.assertEqual(1, len(server.said))
        self.check(refused, status=0, trouble="ours", maybe_sent=False)

    def test_no_other_scheme_is_spoken(self):
        for url in ("file:///etc/hostname", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "dict://127.0.0.1/", "scp://a/",
                    "smtp://127.0.0.1/", "127.0.0.1/", "//127.0.0.1/", "http:/127.0.0.1", ""):
            with self.subTest(url=url):
                self.check(send({"url": url}).answer, status=0, trouble="ours", body="", maybe_sent=False)
        self.check(send({"url": "http://127.0.0.1/", "mail": {"from": "a@b.c", "to": "a@b.c"}}).answer, trouble="ours")

    def test_the_source_address_is_used(self):
        with Server(answering(OK)) as server:
            send(request_to(server, network={"source_address": "127.0.0.9"}))
            wrong = send(request_to(server, network={"source_address": "192.0.2.1"})).answer
        self.assertEqual(["127.0.0.9"], [host for host, _ in server.peers])
        self.check(wrong, trouble="ours", maybe_sent=False)


class Connections(Cases):
    def test_they_are_kept_within_a_process(self):
        with Server(answering(OK)) as server:
            answers = send(*[request_to(server, f"/{i}") for i in range(5)]).answers
        self.assertEqual([200] * 5, [answer["status"] for answer in answers])
        self.assertEqual((1, 5), (len(server.peers), len(server.said)))

    def test_nothing_goes_out_twice_when_a_kept_one_breaks(self):
        """libcurl alone sends such a request again on a new connection."""
        def talk(connection, server):
            server.said.append(read_request(connection))
            connection.sendall(OK)
            server.said.append(read_request(connection))

        for body in ("{}", ""):
            with self.subTest(body=body), Server(talk) as server:
                first, second = send(request_to(server, body=body), request_to(server, body=body)).answers
                self.check(first, status=200)
                self.check(second, status=0, trouble="lost", maybe_sent=True)
                self.assertEqual(2, len(server.said))

    def test_a_kept_one_that_was_closed_is_replaced(self):
        def talk(connection, server):
            server.said.append(read_request(connection))
            connection.sendall(OK)

        with Server(talk) as server, Server(lambda *_: server.wait(0.2)) as other:
            pause = {"url": f"http://127.0.0.1:{other.port}/", "timeout_ms": 1000}
            answers = send(request_to(server), pause, request_to(server)).answers
        self.assertEqual([200, 0, 200], [answer["status"] for answer in answers])

    def test_options_of_one_request_do_not_stay_for_the_next(self):
        with Server(answering(OK)) as server:
            send(request_to(server, method="PUT", headers=["Authorization: secret"]), request_to(server),
                 request_to(server, method="GET", body=""))
        self.assertEqual(["PUT", "POST", "GET"], [head.split()[0] for head, _ in server.said])
        self.assertNotIn("authorization", headers_of(server.said[1][0]))


class Answers(Cases):
    def ask(self, answer, **more):
        with Server(answering(answer)) as server:
            return send(request_to(server, **more)).answer

    def test_a_redirect_is_told_and_never_followed(self):
        with Server(answering(OK)) as other:
            for status in (301, 302, 303, 307, 308):
                target = f"http://127.0.0.1:{other.port}/secret/path?token=x"
                head = f"HTTP/1.1 {status} X\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n"
                self.check(self.ask(head.encode()), status=status, trouble="none",
                           location=f"http://127.0.0.1:{other.port}")
            self.assertEqual([], other.peers)
        for target, location in (("ftp://u:p@h.example/x", "ftp://h.example"), ("", "")):
            head = f"HTTP/1.1 302 X\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n"
            self.check(self.ask(head.encode()), status=302, location=location)

    def test_retry_after_is_seconds_or_a_date_within_a_day(self):
        date = "Date: Tue, 24 Nov 2026 10:00:00 GMT\r\n"
        for lines, wait_s in (
                ("Retry-After: 120\r\n", 120),
                ("retry-after:7\r\n", 7),
                ("Retry-After: 0\r\n", 0),
                ("Retry-After: 99999\r\n", 86400),
                ("Retry-After: " + "9" * 40 + "\r\n", 86400),
                ("Retry-After: -5\r\n", 0),
                ("Retry-After: 1.5\r\n", 0),
                ("Retry-After: soon\r\n", 0),
                ("Retry-After: \r\n", 0),
                ("Retry-After: " + "x" * 5000 + "\r\n", 0),
                (date + "Retry-After: Tue, 24 Nov 2026 10:01:30 GMT\r\n", 90),
                ("Retry-After: Tue, 24 Nov 2026 10:01:30 GMT\r\n" + date, 90),
                (date + "Retry-After: Tue, 24 Nov 2026 09:00:00 GMT\r\n", 0),
                ("Retry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\n", 0),
                (date + "Retry-After: Fri, 01 Jan 2038 00:00:00 GMT\r\n", 86400),
                ("Retry-After: 5\r\nRetry-After: 6\r\n", 6),
        ):
            with self.subTest(lines=lines):
                answer = self.ask(b"HTTP/1.1 429 Slow\r\n" + lines.encode() + b"Content-Length: 0\r\n\r\n")
                self.check(answer, status=429, retry_after_s=wait_s)

    def test_the_servers_clock_is_read(self):
        for line, date_s in (("Date: Tue, 24 Nov 2026 10:00:00 GMT\r\n", 1795514400), ("Date: now\r\n", 0), ("", 0)):
            self.check(self.ask(f"HTTP/1.1 200 OK\r\n{line}Content-Length: 0\r\n\r\n".encode()), date_s=date_s)

    def test_interim_answers_are_passed_over(self):
        interim = b"HTTP/1.1 100 Continue\r\nRetry-After: 9\r\n\r\nHTTP/1.1 103 Early\r\nDate: x\r\n\r\n"
        self.check(self.ask(interim + OK), status=200, retry_after_s=0, body='{"errcode":0}')

    def test_all_bytes_of_a_body_count(self):
        nul = b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"errcode\":0}\0\0"
        self.check(self.ask(nul), status=200, body_len=15)
        self.check(self.ask(b"HTTP/1.1 204 No\r\n\r\n"), status=204, body_len=0, body="")
        chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        self.check(self.ask(chunked), status=200, body="abcde")

    def test_what_is_no_http_is_no_answer(self):
        for answer in (b"\r\n\r\n", b"hello\r\n", b"HTTP/1.1 banana\r\n\r\n", b"SSH-2.0-OpenSSH_9\r\n",
                       b"\x15\x03\x01\0\2\2F", b"HTTP/0.9\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: abc\r\n\r\n"):
            def talk(connection, server):
                server.said.append(read_request(connection))
                connection.sendall(answer)
            with self.subTest(answer=answer), Server(talk) as server:
                self.check(send(request_to(server)).answer, status=0, trouble="lost", maybe_sent=True)

    def test_a_cut_answer_is_never_taken_for_a_whole_one(self):
        """Cut at each byte, by an end and by a reset."""
        def cutting(at, reset):
            def talk(connection, server):
                server.said.append(read_request(connection))
                connection.sendall(OK[:at])
                if reset:
                    time.sleep(0.002)
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return talk

        for reset in (False, True):
            for at in range(len(OK)):
                with self.subTest(at=at, reset=reset), Server(cutting(at, reset)) as server:
                    self.check(send(request_to(server)).answer, status=0, trouble="lost", maybe_sent=True)
                    self.assertEqual(1, len(server.said))


class Floods(Cases):
    def flood(self, talk, timeout_ms=3000):
        with Server(talk) as server:
            sent = send(request_to(server, timeout_ms=timeout_ms))
        if not is_sanitized():
            self.assertLess(sent.answer["memory_kib"], MEMORY_KIB)
        self.assertLess(sent.seconds, timeout_ms / 1000 + SLACK_S)
        return sent.answer

    @staticmethod
    def pour(head, piece, count):
        def talk(connection, _):
            read_request(connection)
            connection.sendall(head)
            for _ in range(count):
                connection.sendall(piece)
        return talk

    @staticmethod
    def bomb(mebibytes):
        squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
        return b"".join(squeeze.compress(bytes(1 << 20)) for _ in range(mebibytes)) + squeeze.flush()

    def test_a_huge_body_is_left_at_the_ceiling(self):
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
        self.check(self.flood(self.pour(head, b"x" * 65536, 16 * 1024)), status=0, trouble="big", maybe_sent=True)

    def test_the_ceiling_itself_is_allowed(self):
        for length, status in ((256 * 1024, 200), (256 * 1024 + 1, 0)):
            head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % length
            self.check(self.flood(self.pour(head, b"x" * length, 1)), status=status)

    def test_huge_headers_are_left(self):
        answer = self.flood(self.pour(b"HTTP/1.1 200 OK\r\n", b"X-A: " + b"y" * 1000 + b"\r\n", 1000000))
        self.check(answer, status=0, trouble="big", maybe_sent=True)

    def test_one_endless_header_is_left(self):
        self.check(self.flood(self.pour(b"HTTP/1.1 200 OK\r\nX-A: ", b"y" * 65536, 10000)), status=0, maybe_sent=True)

    def test_nothing_is_unpacked(self):
        bomb = self.bomb(64)
        head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
        self.check(self.flood(self.pour(head + bomb, b"", 0)), status=200, body_len=len(bomb))

    def test_what_libcurl_unpacks_all_the_same_is_counted(self):
        bomb = self.bomb(64)
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n%x\r\n" % len(bomb)
        self.check(self.flood(self.pour(head + bomb + b"\r\n0\r\n\r\n", b"", 0)), status=0, maybe_sent=True)


class Stalls(Cases):
    def stall(self, talk, timeout_ms=1000, **more):
        with Server(talk, **more) as server:
            sent = send(request_to(server, timeout_ms=timeout_ms))
        self.assertGreater(sent.seconds, timeout_ms / 1000 - 0.1)
        self.assertLess(sent.seconds, timeout_ms / 1000 + SLACK_S)
        return sent.answer

    @staticmethod
    def drip(head, byte):
        def talk(connection, server):
            read_request(connection)
            connection.sendall(head)
            while not server.stopping.is_set():
                connection.sendall(byte)
                server.wait(0.1)
        return talk

    def test_silence_ends_with_the_time(self):
        def talk(connection, server):
            read_request(connection)
            server.wait(10)
        self.check(self.stall(talk), status=0, trouble="lost", maybe_sent=True)

    def test_dripping_ends_with_the_time(self):
        body = self.drip(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"a")
        for talk in (body, self.drip(b"HTTP/1.1 200 OK\r\nX-A: ", b"a")):
            self.check(self.stall(talk), status=0, trouble="lost", maybe_sent=True)

    def test_a_handshake_that_never_ends_has_sent_nothing(self):
        with Server(lambda _, server: server.wait(10)) as server:
            sent = send({"url": f"https://127.0.0.1:{server.port}/", "timeout_ms": 1000})
        self.assertLess(sent.seconds, 1 + SLACK_S)
        self.check(sent.answer, status=0, trouble="connect", maybe_sent=False)

    def test_a_server_that_accepts_nobody_is_left_after_three_seconds(self):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(0)
            waiting = [socket.socket() for _ in range(4)]
            for one in waiting:  # the queue is full, further connections wait for ever
                one.setblocking(False)
                one.connect_ex(listener.getsockname())
            sent = send({"url": f"http://127.0.0.1:{listener.getsockname()[1]}/", "timeout_ms": 8000})
            for one in waiting:
                one.close()
        self.assertLess(sent.seconds, 3 + SLACK_S)
        self.check(sent.answer, status=0, trouble="connect", maybe_sent=False)

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    @unittest.skipUnless(shutil.which("unshare") and shutil.which("ip"), "needs unshare and ip")
    def test_dead_name_servers_end_with_the_time(self):
        """Three that never answer: without RES_OPTIONS this takes 28 s."""
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "resolv.conf"), "w", encoding="ascii") as file:
                file.write("nameserver 127.0.0.1\nnameserver 127.0.0.2\nnameserver 127.0.0.3\n")
            with open(os.path.join(folder, "nsswitch.conf"), "w", encoding="ascii") as file:
                file.write("hosts: dns\n")
            script = ("ip link set lo up; for f in resolv.conf nsswitch.conf; do mount --bind $1/$f /etc/$f; done; "
                      "exec python3 -c 'import socket, subprocess, sys\n"
                      "held = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(3)]\n"
                      "for i, s in enumerate(held): s.bind((\"127.0.0.%d\" % (i + 1), 53))\n"
                      "sys.exit(subprocess.call([sys.argv[1]]))' $2")
            started = time.monotonic()
            done = subprocess.run(["unshare", "-mn", "sh", "-c", script, "sh", folder, TOOL], capture_output=True,
                                  input=b'{"url": "https://hook.example.net/x", "timeout_ms": 3000}\n', timeout=60)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn(b'"trouble":"name","maybe_sent":false', done.stdout)
        self.assertLess(time.monotonic() - started, 3 + 2 * SLACK_S)


class Tls(Cases):
    @classmethod
    def setUpClass(cls):
        cls.authority = Authority().__enter__()
        cls.addClassCleanup(cls.authority.__exit__)

    def ask(self, context, **more):
        with Server(answering(OK), tls=context) as server:
            answer = send(request_to(server, **more)).answer
        return answer, server

    def trusted(self):
        return {"ca_file": self.authority.file}

    def test_a_trusted_certificate_passes(self):
        answer, server = self.ask(self.authority.server(), network=self.trusted())
        self.check(answer, status=200, trouble="none")
        self.assertEqual(1, len(server.said))

    def test_nothing_is_sent_to_a_server_that_is_not_trusted(self):
        old = self.authority.server()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        old.set_ciphers("ALL:@SECLEVEL=0")
        for name, context, network in (("unknown authority", self.authority.server(), {}),
                                       ("another name", self.authority.server("DNS:mail.example.com"), self.trusted()),
                                       ("expired", self.authority.server(days=-1), self.trusted()),
                                       ("TLS 1.1", old, self.trusted())):
            with self.subTest(name):
                answer, server = self.ask(context, network=network, headers=["Authorization: " + CANARY])
                self.check(answer, status=0, trouble="tls", maybe_sent=False)
                self.assertEqual([], server.said)

    def test_who_we_are_is_shown_to_a_server_that_asks(self):
        context = self.authority.server()
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(self.authority.file)
        certificate, key = self.authority.certificate("DNS:us.example.com")
        answer, server = self.ask(context, network={**self.trusted(), "cert_file": certificate, "key_file": key})
        self.check(answer, status=200, trouble="none")
        answer, server = self.ask(context, network=self.trusted())
        self.check(answer, status=0)
        self.assertEqual([], server.said)
        for wrong in ({"cert_file": "/nonexistent.pem", "key_file": key}, {"cert_file": certificate, "key_file": certificate}):
            answer, _ = self.ask(context, network={**self.trusted(), **wrong})
            self.check(answer, trouble="ours", maybe_sent=False)

    def test_a_ca_file_that_is_missing_is_our_mistake(self):
        answer, _ = self.ask(self.authority.server(), network={"ca_file": "/nonexistent.pem"})
        self.check(answer, trouble="ours", maybe_sent=False)
        self.assertIn("/nonexistent.pem", answer["words"])

    def test_a_handshake_that_is_cut_may_pass_later(self):
        with Server(lambda connection, _: connection.recv(100)) as server:
            self.check(send({"url": f"https://127.0.0.1:{server.port}/"}).answer, trouble="connect", maybe_sent=False)

    def test_a_server_without_tls_is_no_match(self):
        with Server(lambda connection, _: connection.sendall(b"HTTP/1.1 400 no\r\n\r\n")) as server:
            self.check(send({"url": f"https://127.0.0.1:{server.port}/"}).answer, trouble="tls", maybe_sent=False)

    def test_keys_are_never_logged(self):
        with tempfile.TemporaryDirectory() as folder, Server(answering(OK), tls=self.authority.server()) as server:
            log = os.path.join(folder, "keys")
            sent = send(request_to(server, network=self.trusted()), environment={"SSLKEYLOGFILE": log})
            self.assertEqual(200, sent.answer["status"])
            self.assertFalse(os.path.exists(log))


class Environment(Cases):
    def test_proxies_of_the_environment_are_ignored(self):
        with Server(answering(OK)) as server, Server(answering(OK)) as proxy:
            address = f"http://127.0.0.1:{proxy.port}"
            names = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
            self.check(send(request_to(server), environment={name: address for name in names}).answer, status=200)
        self.assertEqual((1, 0), (len(server.peers), len(proxy.peers)))

    def test_a_proxy_of_the_settings_is_used_but_for_no_proxy(self):
        with Server(answering(OK)) as server, Server(answering(OK)) as proxy:
            network = {"proxy": f"http://127.0.0.1:{proxy.port}", "proxy_user": "user:pass"}
            send(request_to(server, network=network))
            self.assertIn(f"POST http://127.0.0.1:{server.port}/ HTTP/1.1", proxy.said[0][0])
            self.assertIn("Proxy-Authorization: Basic dXNlcjpwYXNz", proxy.said[0][0])
            send(request_to(server, network={**network, "no_proxy": "127.0.0.1"}),
                 environment={"no_proxy": "example.com"})
            send(request_to(server, network=network), environment={"no_proxy": "*"})
        self.assertEqual((1, 2), (len(server.said), len(proxy.said)))

    def test_a_proxy_that_refuses_has_passed_nothing_on(self):
        with Server(answering(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")) as proxy:
            answer = send({"url": "https://hook.example.net/" + CANARY,
                           "network": {"proxy": f"http://127.0.0.1:{proxy.port}"}}).answer
        self.check(answer, status=0, trouble="connect", maybe_sent=False)
        self.assertIn("407", answer["words"])
        self.assertTrue(proxy.said[0][0].startswith("CONNECT hook.example.net:443"))

    def test_netrc_is_ignored(self):
        with tempfile.TemporaryDirectory() as home, Server(answering(OK)) as server:
            with open(os.path.join(home, ".netrc"), "w", encoding="ascii") as file:
                file.write("machine 127.0.0.1 login l password p\n")
            send(request_to(server), environment={"HOME": home, "NETRC": os.path.join(home, ".netrc")})
        self.assertNotIn("authorization", headers_of(server.said[0][0]))

    def test_secrets_stay_out_of_words_and_stderr(self):
        with Server(answering(OK)) as closed:
            pass
        with Server(lambda connection, _: connection.recv(10)) as cutting:
            for url in (f"http://127.0.0.1:{closed.port}/{CANARY}?t={CANARY}",
                        f"http://127.0.0.1:{cutting.port}/{CANARY}",
                        f"https://127.0.0.1:{cutting.port}/{CANARY}", f"http://[bad/{CANARY}", f"ftp://h/{CANARY}",
                        f"http://127.0.0.1:99999/{CANARY}", f"http://127.0.0.1/ {CANARY}",
                        f"http://user:{CANARY}@127.0.0.1:{closed.port}/"):
                with self.subTest(url=url):
                    sent = send({"url": url, "body": CANARY, "headers": [f"Authorization: {CANARY}"],
                                 "timeout_ms": 1000, "network": {"proxy_user": f"u:{CANARY}"}})
                    self.assertEqual(0, sent.answer["status"])
                    self.assertNotIn(CANARY, sent.answer["words"] + sent.stderr)
                    self.assertEqual("", sent.stderr)


class Module(Cases):
    def alone(self, module=None):
        """The program away from its build directory, with this as its module."""
        folder = tempfile.TemporaryDirectory(prefix="np-alone-")
        self.addCleanup(folder.cleanup)
        program = shutil.copy(TOOL, folder.name)
        if module is not None:
            with open(os.path.join(folder.name, "transport_curl.so"), "wb") as file:
                file.write(module)
        return folder.name, send({"url": "http://127.0.0.1:1/"}, program=program).answer

    def test_a_missing_or_broken_one_is_our_trouble_and_named(self):
        for module in (None, b"", b"no library at all"):
            with self.subTest(module=module):
                folder, answer = self.alone(module)
                self.check(answer, status=0, trouble="ours", maybe_sent=False)
                self.assertIn(folder + "/transport_curl.so", answer["words"])
                self.assertIn("/lib/notification-plugins/transport_curl.so", answer["words"])

    def test_it_is_found_beside_the_program_whatever_link_calls_it(self):
        with tempfile.TemporaryDirectory() as folder, Server(answering(OK)) as server:
            link = os.path.join(folder, "notify")
            os.symlink(TOOL, link)
            self.check(send(request_to(server), program=link).answer, status=200)

    def test_programs_do_not_need_libcurl_to_start(self):
        def needed(name):
            return subprocess.run(["ldd", os.path.join(BUILD, name)], capture_output=True, text=True, check=True).stdout
        self.assertNotIn("libcurl", needed("tool_send"))
        self.assertIn("libcurl", needed("transport_curl.so"))

    def test_it_exports_one_name(self):
        names = subprocess.run(["nm", "-D", "--defined-only", os.path.join(BUILD, "transport_curl.so")], check=True,
                               capture_output=True, text=True).stdout.split("\n")
        names = [line.split()[-1] for line in names if line and "asan" not in line and "odr" not in line]
        self.assertEqual(["transport_curl_module"], names)


if __name__ == "__main__":
    unittest.main()
