"""valgrind's memcheck over whole runs, as shipped: what the sanitizers do not see is the libraries' use of memory."""
import json
import shutil
import unittest

from support import Case, program, run

EVENT = json.dumps({"kind": "problem", "severity": "warning", "host": "db-01", "service": "CPU", "event_id": "1",
                    "source": "zabbix", "subject": "CPU is high"})


class Memcheck(Case):
    ERROR = 99

    def checked_send(self):
        return run(self.valgrind, "-q", f"--error-exitcode={self.ERROR}", "--leak-check=full", "--errors-for-leak-kinds=definite",
                   str(program("notify_webhook")), "--source", "json", "--deadline", "120", stdin=EVENT, timeout_s=150,
                   environment=self.environment)

    def test_one_delivered_and_one_suppressed(self):
        self.valgrind = shutil.which("valgrind")
        if not self.valgrind:
            self.skipTest("valgrind is not installed")
        self.configure(channels=("webhook",))
        for words in ("delivered", "suppressed"):
            outcome = self.checked_send()
            self.assertEqual(0, outcome.status, str(outcome))
            self.assertIn(words, outcome.output)
        self.assertEqual(1, len(self.arrivals("webhook", 1)))


if __name__ == "__main__":
    unittest.main()
