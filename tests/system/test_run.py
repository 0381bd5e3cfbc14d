"""notify_run: a command that runs as it would by itself, and people who hear how it ended."""
import signal
import subprocess
import time
import unittest

from support import Case, program, run

ROUTE = 'route "default" { channels = {"ops-slack"} }\n'
NOISY = "for i in $(seq 1 3000); do echo line $i; done; echo out of space >&2; exit 7"


class Run(Case):
    def setUp(self):
        super().setUp()
        self.configure(extra=ROUTE)

    def job(self, *arguments, **more):
        return run(program("notify_run"), *arguments, environment=self.environment, **more)

    def test_a_failure_is_told_with_its_last_lines(self):
        done = self.job("--name", "backup", "--to", "ops-dingtalk", "--", "sh", "-c", NOISY)
        self.assertEqual((7, ""), (done.status, done.errors))
        self.assertEqual([f"line {i}" for i in range(1, 3001)] + ["out of space"], done.output.splitlines())
        text = self.arrivals("dingtalk", 1)[0].json["markdown"]["text"]
        for wanted in ("backup", "7", "line 3000", "out of space"):
            self.assertIn(wanted, text)
        self.assertIn("line 2982", text)
        self.assertNotIn("line 2981", text)
        self.assert_nothing_is_doubted()

    def test_success_is_silent_unless_asked(self):
        self.assertEqual((0, "done\n", ""), self.ended("--to", "ops-slack", "--", "echo", "done"))
        self.assertEqual([], self.stub.accepted("slack"))
        self.assertEqual((0, "done\n", ""), self.ended("--always", "--name", "nightly", "--", "echo", "done"))
        self.assertIn("nightly", str(self.arrivals("slack", 1)[0].json))

    def test_two_failures_are_two_messages(self):
        for _ in range(2):
            self.job("--name", "backup", "--", "false")
        self.arrivals("slack", 2)

    def test_the_command_is_run_as_it_is(self):
        self.assertEqual((0, "$HOME * ;\n", ""), self.ended("--", "echo", "$HOME * ;"))
        self.assertEqual((127, "notify_run: cannot run '/no/such': No such file or directory\n", ""),
                         self.ended("--to", "ops-slack", "--", "/no/such"))
        self.assertEqual("5", self.job("--", "wc", "-c", stdin="12345").output.strip())

    def test_a_message_that_fails_leaves_the_status_alone(self):
        done = self.job("--to", "no-such", "--", "sh", "-c", "exit 9")
        self.assertEqual(9, done.status)
        self.assertIn("NP-CONFIG", done.errors)
        self.assertIn("no-such", done.errors)

    def test_a_request_to_end_is_passed_on(self):
        job = subprocess.Popen([str(program("notify_run")), "--", "sleep", "60"],
                               env={"PATH": "/usr/bin:/bin", **self.environment})
        time.sleep(0.5)
        job.send_signal(signal.SIGTERM)
        self.assertEqual(128 + signal.SIGTERM, job.wait(20))
        self.assertIn("143", str(self.arrivals("slack", 1)[0].json))

    def test_usage(self):
        done = self.job("--name", "backup")
        self.assertEqual((3, ""), (done.status, done.output))
        self.assertIn("NP-USAGE", done.errors)

    def ended(self, *arguments):
        done = self.job(*arguments)
        return done.status, done.output, done.errors


if __name__ == "__main__":
    unittest.main()
