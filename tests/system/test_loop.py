"""The closed loop with real daemons and a real browser: an alert of Nagios, Icinga 2 and Zabbix reaches a group with a link, somebody
takes it there, the daemon itself shows it as acknowledged, nothing escalates, and the recovery ends the thread."""
import re
import socket
import unittest

import support
import test_icinga2
import test_nagios
import test_writeback_hosts
import test_zabbix
from ackd_support import Server
from test_pages import DESK, PHONE, Browser, Driver

ROUTE = """
route "loop" {
    channels = {"ops-slack"}
    escalate { after = "15m"  channels = {"ops-aliyun-sms"}  to = {"13900139000"} }
}
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


class Closed:
    """What happens whichever daemon it is; `ctl`, `state`, `stub` and `raise_alert` are the test's."""
    size, language, button = PHONE, "zh-CN", "button[value=take]"

    def serve(self):
        """notify_ackd as it is installed: a configuration of its own, the same key."""
        folder = self.configuration.parent
        support.write(folder / "ackd.conf", f'state = {support.quoted(self.state)}\n'
                      f'confirm {{ base_url = "{self.base_url}"  listen = "127.0.0.1:{self.port}" }}\n', 0o640)
        server = Server(folder / "ackd.conf")
        self.addCleanup(server.stop)

    def messages(self, method="chat.postMessage"):
        return [record.json for record in self.stub.recorded if record.name == "slack" and record.request.target.endswith(method)]

    def arrived(self, count, what):
        return support.wait_until(lambda: len(found := self.messages()) >= count and found, 40, what)

    def close_the_loop(self):
        self.serve()
        self.raise_alert()
        first = self.arrived(1, "the alert")[0]
        link = re.search(rf"{re.escape(self.base_url)}/[A-Za-z0-9_-]{{39}}", str(first))[0]
        self.assertEqual([("waiting",)], self.sql("SELECT state FROM step"))
        browser = Browser(self, Driver(self), self.size, self.language)
        browser.open(link)
        self.assertIn("web01", browser.text())
        browser.picture(f"loop-{type(self).__name__}")
        browser.type("#name", "李雷")
        browser.type("#words", "on my way")
        browser.click(self.button)
        browser.check(f"http://127.0.0.1:{self.port}/")
        self.assertEqual([("taken", "李雷", "page")], self.states())

        support.wait_until(lambda: self.sql("SELECT 1 FROM notification WHERE outcome = 'delivered'"), 20, "the first one's end")
        done = self.ctl("tick")
        self.assertEqual(0, done.status, done)
        self.assertIn("written back 1", done.output)
        support.wait_until(self.is_acknowledged, 20, "the acknowledgement in the daemon")
        head = self.sql("SELECT reference FROM notification WHERE reason = 'first'")[0][0].rpartition("/")[2].rpartition(":")[2]
        said = self.arrived(2, "who is on it")[1]
        self.assertIn("李雷", str(said))
        self.assertIn(said["thread_ts"], head)
        self.assertEqual([("stopped",)], self.sql("SELECT state FROM step"))

        self.end_alert()
        recovery = self.arrived(3, "the recovery")[2]
        self.assertEqual(said["thread_ts"], recovery["thread_ts"])
        self.assertEqual([("stopped",)], self.sql("SELECT state FROM step"))
        self.assertEqual(0, self.ctl("tick").status)
        self.assertEqual([], [record for record in self.stub.recorded if record.name == "aliyun_sms"])
        self.assertEqual([(1,)], self.sql("SELECT over_ms > 0 FROM alert"))
        browser.open(link)
        self.assertIsNone(browser.run(f"return document.querySelector('{self.button}')"))


class Nagios(Closed, test_writeback_hosts.Nagios):
    contacts = "routes"

    def configure(self, **more):
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}/confirm"
        pipe = self.folder / "nagios/var/nagios.cmd"
        extra = f'{support.MANY}confirm {{ base_url = "{self.base_url}" }}\nmonitor "nagios" {{ command_file = {support.quoted(pipe)} }}\n'
        test_nagios.NagiosCase.configure(self, extra=extra + ROUTE)
        support.write(self.folder / "etc/confirm.key", test_writeback_hosts.KEY, 0o600)
        self.state = self.folder / "etc/state"

    def raise_alert(self):
        self.nagios.service_result("磁盘 / usage", 2, "CRITICAL - 95%")

    def end_alert(self):
        self.nagios.service_result("磁盘 / usage", 0, "OK")

    def is_acknowledged(self):
        return self.acknowledged() and any(one["author"] == "李雷" and "on my way" in one["comment_data"]
                                           for one in self.status("servicecomment"))

    def test_from_critical_to_ok(self):
        self.close_the_loop()


BY_ROUTE = """
object User "routes" { }

apply Notification "route" to Service {
  import "notify-service-events"
  command = "notify-service-by-route"
  users = [ "routes" ]
  interval = 0
  assign where true
}
"""


class Icinga2(Closed, test_writeback_hosts.Icinga2):
    notifications = BY_ROUTE
    size, language = DESK, "en-US"

    def configure(self, **more):
        if not hasattr(self, "port"):
            self.port = free_port()
            self.base_url = f"http://127.0.0.1:{self.port}/confirm"
        extra = more.get("extra", "").replace("https://monitor.example.com/confirm", self.base_url)
        super().configure(**{**more, "extra": extra + ROUTE})

    def raise_alert(self):
        self.icinga.result(test_icinga2.DISK, 2, "CRITICAL - 95%")

    def end_alert(self):
        self.icinga.result(test_icinga2.DISK, 0, "OK")

    def is_acknowledged(self):
        return self.disk()["acknowledgement"] > 0 and any(author == "李雷" and "on my way" in text for author, text in self.comments())

    def test_from_critical_to_ok(self):
        self.close_the_loop()


class Zabbix60(Closed, test_writeback_hosts.Zabbix60):
    @classmethod
    def configure(cls, token):
        cls.port = free_port()
        cls.base_url = f"http://127.0.0.1:{cls.port}/confirm"
        support.configuration(
            cls.folder / "etc", cls.stub, cls.mail, owner=test_zabbix.system_user("zabbix"), extra=support.MANY + ROUTE +
            f'confirm {{ base_url = "{cls.base_url}" }}\nmonitor "zabbix" {{ url = "http://127.0.0.1:{cls.zabbix.web_port}'
            '/api_jsonrpc.php"  token_file = "secrets/zabbix" }\n')
        support.write(cls.folder / "etc/confirm.key", test_writeback_hosts.KEY, 0o600)
        support.write(cls.folder / "etc/secrets/zabbix", token, 0o600)
        cls.state = cls.folder / "etc/state"
        for one in [cls.folder / "etc/confirm.key", cls.folder / "etc/secrets/zabbix"] if test_zabbix.system_user("zabbix") else []:
            support.shutil.chown(one, "zabbix", "zabbix")

    @classmethod
    def people(cls):
        return {"notify_route": ":"}

    def raise_alert(self):
        self.house.send("cpu", 95)

    def end_alert(self):
        self.house.send("cpu", 0)

    def is_acknowledged(self):
        event = self.event()
        return event["acknowledged"] == "1" and any("李雷" in one["message"] and "on my way" in one["message"]
                                                    for one in event["acknowledges"])

    def test_from_critical_to_ok(self):
        self.close_the_loop()


def load_tests(loader, _, __):
    """The cases that these stand on are test_writeback_hosts' own."""
    return unittest.TestSuite(case("test_from_critical_to_ok") for case in (Nagios, Icinga2, Zabbix60))


if __name__ == "__main__":
    unittest.main()
