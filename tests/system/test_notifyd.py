"""notifyd as it lives: it tells what waits, reads its configuration again, and ends when it is told to, with nothing lost or doubled."""
import signal
import subprocess
import time
import unittest

import support
from store_support import MANY, NO_STORM, StoreCase
from stub.server import Answer

END_S = 10  # generous: what a slow machine needs for the message in hand


class Notifyd(StoreCase):
    limits = MANY + NO_STORM + 'retry { attempts = 1 }\n'

    def start(self):
        process = subprocess.Popen([support.program("notifyd"), "--config", self.configuration],
                                   env={"PATH": "/usr/bin:/bin"}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)

        def end():
            if process.poll() is None:
                process.kill()
            process.communicate()
        self.addCleanup(end)
        support.wait_until(lambda: process.poll() is not None or self.heartbeat(), 10, "notifyd's heartbeat", 0.05)
        return process

    def heartbeat(self):
        return self.database.exists() and self.sql("SELECT number FROM value WHERE name = 'worker_seen_ms'")

    def queue(self, count):
        """Messages that the provider could not take just now, due at once; no worker looked at them yet."""
        for number in range(count):
            self.stub.script("webhook", Answer(status=503))
            self.tell(number)
        self.sql("UPDATE outbox SET due_ms = 0")
        self.sql("DELETE FROM circuit")
        self.stub.clear()

    def told(self):
        return [record.request.json["data"]["event_id"] for record in self.stub.accepted("webhook")]

    def test_tells_what_waits_and_what_comes(self):
        self.queue(3)
        self.start()
        self.arrivals("webhook", 3)
        self.stub.script("webhook", Answer(status=503))
        self.assertIn("queued", self.tell(3).output)
        self.sql("UPDATE outbox SET due_ms = 0")
        self.arrivals("webhook", 4)
        self.assertEqual(["0", "1", "2", "3"], self.told())

    def test_a_signal_ends_it_after_the_message_in_hand_and_the_others_wait(self):
        self.queue(20)
        self.stub.script("webhook", *[Answer(status=204, delay_s=0.5)] * 20)
        process = self.start()
        support.wait_until(lambda: len(self.stub.of("webhook")) >= 2, 10, "the second message", 0.01)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(0, process.wait(END_S))
        told = len(self.stub.of("webhook"))
        self.assertLess(told, 20)
        self.assertEqual({"delivered": told, "waiting": 20 - told}, self.outcomes())
        self.assertEqual([(0,)], self.sql("SELECT DISTINCT lease_ms FROM outbox"))
        self.stub.scripted["webhook"].clear()
        self.assert_status(0, self.ctl("tick"))
        self.assertEqual({"delivered": 20}, self.outcomes())
        self.assertEqual(20, len(self.stub.of("webhook")))

    def test_a_hangup_reads_the_configuration_again_but_not_a_bad_one(self):
        process = self.start()
        text = self.configuration.read_text(encoding="utf-8")
        self.configuration.unlink()
        process.send_signal(signal.SIGHUP)
        time.sleep(1.5)  # a look at what is due comes each second
        self.assertIsNone(process.poll())
        self.configuration.write_text(text, encoding="utf-8")
        self.queue(1)
        self.arrivals("webhook", 1)
        self.configuration.write_text(text.replace("/hook", "/hook?new=1"), encoding="utf-8")
        process.send_signal(signal.SIGHUP)
        time.sleep(1.5)
        self.stub.script("webhook", Answer(status=503))
        self.tell(7)
        self.stub.clear()
        self.configuration.write_text(text, encoding="utf-8")  # whom a sender would ask, notifyd does not yet
        self.sql("UPDATE outbox SET due_ms = 0")
        support.wait_until(lambda: self.stub.of("webhook"), 10, "the message", 0.05)
        self.assertEqual({"new": "1"}, self.stub.of("webhook")[0].request.query)

    def test_without_a_configuration_it_says_so_and_ends(self):
        self.configuration.unlink()
        process = self.start()
        _, errors = process.communicate(timeout=END_S)
        self.assertEqual(2, process.returncode)
        self.assertRegex(errors, r"\ANP-CONFIG notifyd: there is no configuration file '.*notification.conf'")


if __name__ == "__main__":
    unittest.main()
