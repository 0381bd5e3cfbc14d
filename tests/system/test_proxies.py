"""conf/nginx and conf/apache: real servers pass requests to a stand-in for notify_ackd, and what clients pretend goes no further."""
import http.client
import pathlib
import re
import subprocess
import tempfile
import unittest
import urllib.parse

import support
from ackd_support import AckdCase
from hosts.proxies import Apache, Behind, Nginx

SOCKET = "/run/notify-ackd/ackd.sock"
TOKEN = "AQAAAAAAAAAqZ2Vo_bm9uc2Vuc2UtdG9rZW4-x"
# What a client may try to be taken for somebody, or to come from somewhere.
PRETENDED = [("X-Remote-User", "admin"), ("x-remote-USER", "root"), ("X-Forwarded-For", "192.0.2.66"),
             ("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Proto", "gopher"), ("X-Forwarded-Prefix", "/evil"),
             ("Forwarded", "for=192.0.2.66"), ("Authorization", "Basic YWRtaW46YWRtaW4=")]
# Other ways to write the board's address.
BOARDS = ["/confirm/board", "/confirm/board/", "/confirm/board?all=1", "/confirm/%62oard", "/confirm//board",
          "/confirm/x/../board", "/confirm/./board", "/confirm/board/../board", "/confirm/board%2f", "/confirm/board;x"]
LOGIN = ("Authorization", "Basic bGk6Z2VoZWlt")  # li:geheim


class Before:
    """A server with our snippets before what begin_behind() begins on the socket."""

    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="np-proxy-")))
        self.folder.chmod(0o755)
        self.begin_behind()
        hashed = subprocess.run(["openssl", "passwd", "-apr1", "geheim"], capture_output=True, text=True, check=True).stdout
        (self.folder / "passwords").write_text(f"li:{hashed}")
        certificate = support.certificate(self)
        self.trusted = support.trusting(certificate)
        snippets = {}
        for path in (support.ROOT / "conf" / self.place).glob("*.conf"):
            text = path.read_text()
            for old, new in {SOCKET: self.folder / "ackd.sock", self.passwords: self.folder / "passwords"}.items():
                text = text.replace(old, str(new))
            snippets[path.name] = text
        self.proxy = self.server(support.BUILD, self.folder / "server", certificate, snippets)

    def ask(self, method, path, headers=(), body=None):
        """(status, headers) of one request, sent as it stands."""
        return self.ask_whole(method, path, headers, body)[:2]

    def ask_whole(self, method, path, headers=(), body=None):
        """The same with the text."""
        line = http.client.HTTPSConnection("127.0.0.1", self.proxy.port, timeout=10, context=self.trusted)
        try:
            line.putrequest(method, path, skip_host=True)
            line.putheader("Host", "monitor.example.com")
            for name, value in headers:
                line.putheader(name, value)
            if body is not None:
                line.putheader("Content-Length", str(len(body)))
            line.endheaders(body)
            answer = line.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        finally:
            line.close()


class Proxies(Before):
    """Before a stand-in, to see what arrives there. Run for each server."""

    def begin_behind(self):
        self.behind = self.enterContext(Behind(self.folder / "ackd.sock"))

    def test_the_servers_own_check_finds_nothing(self):
        status, said = self.proxy.check()
        self.assertEqual(status, 0, said)
        self.assertNotRegex(said, r"warn|error")

    def test_a_listener_on_tcp_may_take_the_sockets_place(self):
        """The line in the comment, with the one for the socket taken out."""
        for path in self.proxy.folder.glob("notify-ackd*.conf"):
            text = re.sub(r"^(\s*)# ((?:server|ProxyPass) [^\n]*127\.0\.0\.1:8025)", r"\1\2", path.read_text(), flags=re.MULTILINE)
            path.write_text(re.sub(r"^.*ackd\.sock.*\n", "", text, flags=re.MULTILINE))
        self.assertIn("127.0.0.1:8025", "".join(re.sub(r"#.*", "", path.read_text())
                                                for path in self.proxy.folder.glob("notify-ackd*.conf")))
        status, said = self.proxy.check()
        self.assertEqual(status, 0, said)

    def test_a_link_needs_no_login_and_brings_no_pretended_name(self):
        with self.proxy:
            for method, body in (("GET", None), ("HEAD", None), ("POST", b"act=take")):
                status, headers = self.ask(method, f"/confirm/{TOKEN}?l=en", PRETENDED, body)
                self.assertEqual(status, 200)
                self.assertEqual(headers.get_all("Cache-Control"), ["no-store"])
                self.assertEqual(headers.get_all("Referrer-Policy"), ["no-referrer"])
                request = self.behind.requests[-1]
                self.assertEqual((request.method, request.path, request.body), (method, f"/{TOKEN}?l=en", body or b""))
                self.assertEqual({name: request.all(name) for name in (
                    "X-Remote-User", "Authorization", "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto",
                    "X-Forwarded-Prefix", "Host")}, {
                    "X-Remote-User": [], "Authorization": [], "Forwarded": [], "X-Forwarded-For": ["127.0.0.1"],
                    "X-Forwarded-Host": ["monitor.example.com"], "X-Forwarded-Proto": ["https"],
                    "X-Forwarded-Prefix": ["/confirm"], "Host": ["monitor.example.com"]})
        self.assertNotIn(TOKEN, self.proxy.logs, "whoever reads a log could confirm")

    def test_the_board_needs_a_login_however_its_address_is_written(self):
        with self.proxy:
            for path in BOARDS:
                with self.subTest(path):
                    before = len(self.behind.requests)
                    status, _ = self.ask("GET", path, PRETENDED)
                    for request in self.behind.requests[before:]:  # as a link, then: notify_ackd shows nobody a board
                        self.assertEqual(request.all("X-Remote-User"), [], path)
                    if path in BOARDS[:4]:
                        self.assertEqual((status, len(self.behind.requests)), (401, before), path)

    def test_the_board_knows_who_logged_in(self):
        with self.proxy:
            pretended = [one for one in PRETENDED if one[0] != "Authorization"]
            for method, path, arrives in (("GET", "/confirm/board", "/board"), ("POST", "/confirm/board/mute", "/board/mute")):
                self.assertEqual(self.ask(method, path, [*pretended, LOGIN], b"" if method == "POST" else None)[0], 200)
                request = self.behind.requests[-1]
                self.assertEqual((request.path, request.all("X-Remote-User"), request.all("Authorization")),
                                 (arrives, ["li"], []))
                self.assertEqual(request.all("X-Forwarded-For"), ["127.0.0.1"])
            wrong = ("Authorization", "Basic bGk6ZmFsc2No")
            self.assertEqual(self.ask("GET", "/confirm/board", [wrong])[0], 401)
            self.assertEqual(len(self.behind.requests), 2)

    def test_a_large_body_and_other_methods_stay_outside(self):
        with self.proxy:
            self.assertEqual(self.ask("POST", f"/confirm/{TOKEN}", body=b"x" * 16384)[0], 200)
            for path in (f"/confirm/{TOKEN}", "/confirm/board"):
                self.assertIn(self.ask("POST", path, [LOGIN], b"x" * 16385)[0], (403, 413), path)
                for method in ("PUT", "DELETE", "OPTIONS"):
                    self.assertIn(self.ask(method, path, [LOGIN])[0], (403, 405), (method, path))
            self.assertEqual([len(request.body) for request in self.behind.requests], [16384])

    def test_nothing_else_reaches_it(self):
        with self.proxy:
            for path in ("/", "/confirmation", "/board"):
                self.assertIn(self.ask("GET", path)[0], (403, 404), path)
            self.assertEqual(self.behind.requests, [])


class ByNginx(Proxies, unittest.TestCase):
    place, passwords, server = "nginx", "/etc/nginx/notify-board.htpasswd", Nginx

    def test_guessing_is_slowed_down(self):
        with self.proxy:
            statuses = [self.ask("GET", f"/confirm/{number}")[0] for number in range(40)]
        self.assertIn(429, statuses)
        self.assertEqual(statuses[:20], [200] * 20)
        self.assertLess(len(self.behind.requests), 30)


class ByApache(Proxies, unittest.TestCase):
    place, passwords, server = "apache", "/etc/apache2/notify-board.htpasswd", Apache


class WithAckd(Before):
    """Before notify_ackd itself."""

    def begin_behind(self):
        self.alert_id = self.alert()
        self.ackd = self.serve(f"unix:{self.folder}/ackd.sock", 'user_header = "X-Remote-User"')
        (self.folder / "ackd.sock").chmod(0o666)  # nobody's server is in no group of ours

    def post(self, path, form, *headers):
        body = urllib.parse.urlencode(form).encode()
        return self.ask_whole("POST", path, [("Content-Type", "application/x-www-form-urlencoded"), *headers], body)

    def test_an_alert_is_taken_through_it(self):
        link = self.token(self.alert_id)
        with self.proxy:
            status, _, page = self.ask_whole("GET", f"/confirm/{link}", PRETENDED)
            self.assertEqual(200, status)
            self.assertNotIn("admin", page)
            proof = re.search(r'name="proof" value="([^"]+)"', page).group(1)
            status, headers, _ = self.post(f"/confirm/{link}", {"proof": proof, "verb": "take", "name": "Li Lei"}, *PRETENDED)
            self.assertEqual(303, status)
            here = f"https://monitor.example.com/confirm/{link}"
            self.assertEqual(f"{here}?r=take", urllib.parse.urljoin(here, headers["Location"]))
            self.assertIn("Secure", headers["Set-Cookie"])
            self.assertEqual(404, self.ask("GET", f"/confirm/{link[:-1]}x")[0])
        self.assertEqual([("take", "Li Lei", "page", "")], self.replies())

    def test_the_board_is_shown_to_who_has_logged_in(self):
        with self.proxy:
            self.assertEqual(401, self.ask("GET", "/confirm/board", PRETENDED)[0])
            status, _, page = self.ask_whole("GET", "/confirm/board?unconfirmed=1", [LOGIN])
            self.assertEqual(200, status)
            self.assertIn("Disk /data is 95% full", page)
            proof = re.search(r'name="proof" value="([^"]+)"', page).group(1)
            form = {"proof": proof, "verb": "mute", "host": "db*", "for": "1h", "why": "known"}
            self.assertEqual(401, self.post("/confirm/board", form)[0])
            self.assertEqual(303, self.post("/confirm/board", form, LOGIN)[0])
            for path in BOARDS:
                self.assertNotIn("Disk /data is 95% full", self.ask_whole("GET", path, PRETENDED)[2], path)
        self.assertEqual([("db*", "li")], self.rows("SELECT host, author FROM mute"))


class AckdBehindNginx(WithAckd, AckdCase):
    place, passwords, server = ByNginx.place, ByNginx.passwords, Nginx


class AckdBehindApache(WithAckd, AckdCase):
    place, passwords, server = ByApache.place, ByApache.passwords, Apache


if __name__ == "__main__":
    unittest.main()
