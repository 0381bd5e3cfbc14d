"""Silence is told from peace: an address elsewhere, a daily line, a missing worker."""
import unittest

from store_support import AT_ONCE, StoreCase
from stub.providers import Stub, all_providers
from stub.server import Answer


class Vigil(StoreCase):
    """Silence is told from peace."""

    def vigil(self, **more):
        self.configure(**{**more, "channels": ("webhook", "slack"), "extra": AT_ONCE + more.get("extra", "")})

    def test_the_worker_asks_an_address_elsewhere_every_so_often(self):
        with Stub(all_providers()) as elsewhere:
            self.vigil(extra=f'heartbeat = "{elsewhere.url}/ping/secret-of-it"\nheartbeat_every = "1m"\n')
            asked = lambda: [record.request.path for record in elsewhere.recorded]  # noqa: E731
            self.assert_status(0, self.ctl("tick"))
            self.assert_status(0, self.ctl("tick"))
            self.assertEqual(["/ping/secret-of-it"], asked())
            self.assertEqual("GET", elsewhere.recorded[0].request.method)
            self.sql("UPDATE value SET number = number - 61000 WHERE name = 'heartbeat_ms'")
            self.assert_status(0, self.ctl("tick"))
            self.assertEqual(2, len(asked()))
            self.tell(1)
            self.assertEqual(2, len(asked()), "only the worker")

    def test_it_is_asked_through_the_proxy(self):
        self.vigil(extra=f'proxy = "{self.stub.url}"\nheartbeat = "http://elsewhere.example/hook"\n')
        self.assert_status(0, self.ctl("tick"))
        self.assertEqual(["http://elsewhere.example/hook"], [record.request.target for record in self.stub.recorded])

    def test_an_address_that_does_not_answer_stops_nothing(self):
        self.vigil(extra='heartbeat = "http://127.0.0.1:1/secret-of-it"\n')
        ticked = self.ctl("tick")
        self.assert_status(0, ticked)
        self.assertNotIn("secret-of-it", ticked.output + ticked.errors)

    def test_the_operator_hears_once_a_day_that_all_is_well(self):
        self.vigil(extra='operator { channels = {"ops-slack"}  daily = "00:00" }\n')
        self.tell(1)
        self.assert_status(0, self.ctl("tick"))
        self.assert_status(0, self.ctl("tick"))
        self.ctl("tick")
        [daily] = self.arrivals("slack", 1)
        self.assertIn("通知系统正常", daily.text)
        self.assertIn("24 小时内送达：1", daily.text)
        self.age(7200)
        self.ctl("tick")
        self.ctl("tick")
        self.assertEqual(1, len(self.stub.accepted("slack")), "once a day, not once an hour")
        self.sql("UPDATE value SET number = number - 1 WHERE name = 'daily_on'")
        self.age(86400)
        self.sql("UPDATE notification SET outcome = 'refused', created_ms = created_ms + 86400000 WHERE kind = 'problem'")
        self.ctl("tick")
        self.ctl("tick")
        self.assertIn("有发送失败", self.arrivals("slack", 2)[1].text)

    def test_it_is_not_told_before_its_time(self):
        self.vigil(extra='operator { channels = {"ops-slack"}  daily = "24:00" }\n')
        self.ctl("tick")
        self.ctl("tick")
        self.assertEqual([], self.stub.accepted("slack"))

    def test_the_operator_hears_that_there_is_no_worker_once_an_hour(self):
        self.vigil(extra='operator { channels = {"ops-slack"} }\n')
        for number in range(2):
            self.stub.script("webhook", *[Answer(status=503)] * 3)
            self.assert_status(1, self.tell(number))
        self.assertEqual(1, len(self.stub.accepted("slack")))
        self.assertIn("未发现后台进程", self.stub.accepted("slack")[0].text)
        self.age(3700)
        self.stub.script("webhook", *[Answer(status=503)] * 6)
        self.assert_status(1, self.tell(3))
        self.assertEqual(2, len(self.stub.accepted("slack")))


if __name__ == "__main__":
    unittest.main()
