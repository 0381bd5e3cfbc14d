"""The pages of notify_ackd in a real browser, as people see them: on a phone and on a desk, in Chinese and in English.

Headless Chromium through chromedriver. NP_SCREENSHOTS names a folder that keeps what was seen.
"""
import base64
import contextlib
import http.server
import json
import os
import pathlib
import re
import subprocess
import tempfile
import threading
import unittest
import urllib.request

from ackd_support import AckdCase, UnixConnection
from support import wait_until

PHONE, DESK = (360, 740), (1280, 900)
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # https://www.w3.org/TR/webdriver2/#elements
LONG = "web-" + "0123456789" * 20 + ".example.com"


class Driver:
    """chromedriver, gone with its browsers after the test."""

    def __init__(self, case):
        self.folder = pathlib.Path(case.enterContext(tempfile.TemporaryDirectory(prefix="np-browser-")))
        self.log = self.folder / "log"
        self.process = subprocess.Popen(["chromedriver", "--port=0", f"--log-path={self.log}"], stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, "HOME": str(self.folder), "TMPDIR": str(self.folder)})
        case.addCleanup(self.stop)
        line = next(line for line in self.process.stdout if "started successfully on port" in line)
        self.url = f"http://127.0.0.1:{re.search(r'port ([0-9]+)', line).group(1)}"

    def stop(self):
        self.process.terminate()
        self.process.communicate(timeout=20)

    def call(self, method, path, **values):
        request = urllib.request.Request(self.url + path, json.dumps(values).encode() if method == "POST" else None,
                                         {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]


class Browser:
    """One person's browser: https://www.w3.org/TR/webdriver2/"""

    def __init__(self, case, driver, size, language, dark=False):
        self.case, self.driver = case, driver
        options = {"args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                            f"--accept-lang={language}", f"--window-size={size[0]},{size[1]}",
                            "--blink-settings=preferredColorScheme=" + ("0" if dark else "1")]}
        if size == PHONE:
            options["mobileEmulation"] = {"deviceMetrics": {"width": size[0], "height": size[1], "pixelRatio": 2, "touch": True}}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options,
                  "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}
        self.path = "/session/" + driver.call("POST", "/session", capabilities={"alwaysMatch": wanted})["sessionId"]
        case.addCleanup(driver.call, "DELETE", self.path)

    def open(self, url):
        self.driver.call("POST", self.path + "/url", url=url)

    def run(self, script, *arguments):
        return self.driver.call("POST", self.path + "/execute/sync", script=script, args=list(arguments))

    def find(self, css):
        return self.driver.call("POST", self.path + "/element", using="css selector", value=css)[ELEMENT]

    def type(self, css, text):
        self.driver.call("POST", f"{self.path}/element/{self.find(css)}/value", text=text)

    def click(self, css):
        before = self.run("return performance.timeOrigin")
        self.driver.call("POST", f"{self.path}/element/{self.find(css)}/click")
        wait_until(lambda: self.run("return performance.timeOrigin") != before, 10, "the next page")

    def text(self, css="main"):
        return self.run("const e = document.querySelector(arguments[0]); return e ? e.innerText : ''", css)

    def value(self, css):
        return self.run("return document.querySelector(arguments[0]).value", css)

    def log(self, kind):
        return self.driver.call("POST", self.path + "/se/log", type=kind)

    def picture(self, name):
        folder = os.environ.get("NP_SCREENSHOTS")
        if folder:
            data = self.driver.call("GET", self.path + "/screenshot")
            (pathlib.Path(folder) / f"{name}.png").write_bytes(base64.b64decode(data))

    def check(self, own):
        """What holds for every page, wherever it is seen: to be asked after the last one."""
        asked = [json.loads(entry["message"])["message"] for entry in self.log("performance")]
        urls = [one["params"]["request"]["url"] for one in asked if one["method"] == "Network.requestWillBeSent"]
        self.case.assertTrue(urls)
        self.case.assertEqual([], [url for url in urls if not url.startswith(own)])
        complaints = [entry["message"] for entry in self.log("browser") if "/favicon.ico" not in entry["message"]]
        self.case.assertEqual([], complaints)

    def check_layout(self):
        wide, room = self.run("const s = document.scrollingElement; return [s.scrollWidth, s.clientWidth]")
        self.case.assertLessEqual(wide, room)
        heights = self.run("return [...document.querySelectorAll('button, input:not([type=hidden]), select, textarea')]"
                           ".map(e => e.getBoundingClientRect().height)")
        self.case.assertEqual([], [height for height in heights if height < 44])


class Gate(http.server.BaseHTTPRequestHandler):
    """The web server before notify_ackd that has asked its visitor for a password."""
    path_of_socket = user = ""

    def do_GET(self):
        connection = UnixConnection(self.path_of_socket)
        with contextlib.closing(connection):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name: value for name, value in self.headers.items() if name.lower() != "x-remote-user"}
            connection.request(self.command, self.path, body or None, {**headers, "X-Remote-User": self.user})
            answer = connection.getresponse()
            text = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("date", "connection", "server", "content-length"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_POST = do_GET

    def log_message(self, *_):
        pass


class Pages(AckdCase):
    base_url = "http://127.0.0.1/confirm"

    def setUp(self):
        super().setUp()
        self.driver = Driver(self)

    def raised(self):
        return self.alert(subject="磁盘 /data 使用率 95%，剩余 512 MB", message="DISK CRITICAL - free space: /data 512 MB (5%)\n"
                          "/data/log/app.log 41 GB", address="10.0.0.15", to="13800138000", source_name="Zabbix 北京",
                          url="https://zabbix.example.com/tr_events.php?triggerid=1")

    def test_an_alert_is_taken_on_a_phone_and_seen_on_a_desk(self):
        alert = self.raised()
        server = self.serve()
        url = f"http://127.0.0.1:{server.port}/{self.token(alert)}"
        phone = Browser(self, self.driver, PHONE, "zh-CN")
        phone.open(url)
        self.assertEqual("zh-CN", phone.run("return document.documentElement.lang"))
        phone.check_layout()
        phone.picture("phone-open")
        bottom = phone.run("return document.querySelector('button.main').getBoundingClientRect().bottom")
        self.assertLessEqual(bottom, PHONE[1])  # seen without scrolling
        self.assertEqual("asked", self.state_of(alert)[0])
        phone.run("document.querySelector('button.main').focus()")
        phone.type("#name", "李雷")
        phone.type("#words", "正在清理日志")
        phone.click("button[value=take]")
        self.assertEqual("已记录：由你处理。", phone.text(".result"))
        self.assertIn("李雷 正在处理", phone.text(".state"))
        self.assertEqual(("taken", "李雷", "", "正在清理日志"), self.state_of(alert))
        self.assertEqual("李雷", phone.value("#name"))
        phone.check_layout()
        phone.picture("phone-taken")
        phone.open(url)
        self.assertEqual("", phone.text(".result"))
        self.assertEqual("李雷", phone.value("#name"))

        desk = Browser(self, self.driver, DESK, "en-US", dark=True)
        desk.open(url)
        self.assertEqual("en", desk.run("return document.documentElement.lang"))
        self.assertIn("李雷 has been on it since", desk.text(".state"))
        self.assertEqual("", desk.value("#name"))
        desk.check_layout()
        desk.picture("desk-taken-dark")
        desk.run("document.querySelector('button[value=solve]').click()")  # without a name the browser does not send it
        self.assertEqual("taken", self.state_of(alert)[0])
        desk.type("#name", "Han Meimei")
        desk.type("#words", "log rotated")
        desk.click("button[value=solve]")
        self.assertEqual("Thank you, it is marked as solved.", desk.text(".result"))
        self.assertEqual(("solved", "李雷", "Han Meimei", "log rotated"), self.state_of(alert))
        phone.open(url)
        self.assertIn("Han Meimei 已解决", phone.text(".state"))
        phone.click("button[value=release]")
        self.assertEqual("已交还，将重新通知其他人。", phone.text(".result"))
        self.assertEqual("asked", self.state_of(alert)[0])
        for browser in (phone, desk):
            browser.check(f"http://127.0.0.1:{server.port}/")

    def test_long_and_hostile_text_breaks_no_page(self):
        evil = "<script>document.title='broken'</script><style>*{display:none}</style><iframe src=//example.com>"
        alert = self.alert(host=LONG, service="s" * 200, subject=evil + "中" * 200, message=("m" * 3000 + evil),
                           url="https://example.com/" + "u" * 500, severity="emergency")
        server = self.serve()
        link = self.token(alert)
        self.assertEqual(303, self.say(server, link, "take", "N" * 64, "W" * 500).status)
        for size, language in ((PHONE, "en-US"), (PHONE, "zh-CN"), (DESK, "en-US")):
            browser = Browser(self, self.driver, size, language)
            for name in (link, link + "?r=first-take", "nothing"):
                browser.open(f"http://127.0.0.1:{server.port}/{name}")
                browser.check_layout()
            browser.open(f"http://127.0.0.1:{server.port}/{link}")
            self.assertIn("<script>document.title='broken'</script>", browser.text("h1"))
            self.assertEqual(0, browser.run("return document.querySelectorAll('script, iframe').length"))
            self.assertNotEqual("broken", browser.run("return document.title"))
            if size == PHONE and language == "en-US":
                browser.picture("phone-long")
            complaints = [entry["message"] for entry in browser.log("browser")]
            self.assertEqual([], [one for one in complaints if "404" not in one])

    def test_the_board(self):
        self.alert(host="db01", subject="磁盘 /data 使用率 95%")
        self.alert(host=LONG, service="HTTP", severity="emergency", subject="HTTP 502: 3 of 4 backends are down")
        self.alert(host="sw3", service="Ping", severity="warning", subject="Packet loss 12%")
        socket_path = f"{self.folder}/ackd.sock"
        self.serve(f"unix:{socket_path}", 'user_header = "X-Remote-User"')
        gate = type("OurGate", (Gate,), {"path_of_socket": socket_path, "user": "li.lei"})
        web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), gate)
        threading.Thread(target=web.serve_forever, daemon=True).start()
        self.addCleanup(web.server_close)
        self.addCleanup(web.shutdown)
        own = f"http://127.0.0.1:{web.server_address[1]}/"
        for size, language, name in ((PHONE, "zh-CN", "phone-board"), (DESK, "en-US", "desk-board")):
            browser = Browser(self, self.driver, size, language)
            browser.open(own + "confirm/board")
            browser.check_layout()
            self.assertEqual(3, browser.run("return document.querySelectorAll('a.row').length"))
            browser.type("#host", "db*")
            browser.type("#why", "换盘 <b>")
            browser.click("button[value=mute]")
            self.assertIn("db*", browser.text("form.mute"))
            browser.check_layout()
            browser.picture(name)
            browser.click("button[value=unmute]")
            browser.click("nav a:last-child")
            browser.click("a.row")
            browser.check_layout()
            self.assertIn("li.lei", browser.text("p.user"))
            if browser.run("return document.querySelector('button[value=take]') !== null"):
                browser.click("button[value=take]")
            self.assertIn("li.lei", browser.text(".state"))
            browser.check(own)
        self.assertEqual([("li.lei", "board")] * 2, self.rows("SELECT author, via FROM reply"))
        self.assertEqual([("db*", "li.lei", "换盘 <b>")] * 2, self.rows("SELECT host, author, words FROM mute"))


if __name__ == "__main__":
    unittest.main()
