"""The configuration that is shipped: doing what its comments say leads to one without a mistake."""
import pathlib
import re
import shutil
import tempfile
import unittest

from support import ROOT, program, quoted, run, write

# What stands in each file that the examples name; where it does not matter, any text of some length.
SECRETS = {
    "ops-webhook": "https://oapi.dingtalk.com/robot/send?access_token=0123456789abcdef",
    "ops-secret": "SEC0123456789abcdef",
    "ops-wecom": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=01234567-89ab-cdef",
    "noc-hook": "https://hooks.slack.com/services/T0001/B0001/abcdefghijklmnopqrstuvwx",
    "noc-token": "xoxb-0123456789",
    "it-teams": "https://prod-01.logic.azure.com/workflows/0123456789abcdef?sig=abcdef",
    "cmdb": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
}


class ShippedConfiguration(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="np-conf-")))
        (self.folder / "conf.d").mkdir()
        text = (ROOT / "conf" / "notification.conf").read_text(encoding="utf-8")
        text += f"templates = {quoted(ROOT / 'templates')}\nstate = {quoted(self.folder / 'state')}\n"
        self.path = write(self.folder / "notification.conf", text, 0o640)

    def write_secrets(self):
        for path in self.folder.rglob("*.conf"):
            for name in re.findall(r'_file\s*=\s*"secrets/([^"]+)"', path.read_text(encoding="utf-8")):
                write(self.folder / "secrets" / name, SECRETS.get(name, "0123456789abcdef") + "\n", 0o640)

    def check(self):
        return run(program("notifyctl"), "--config", str(self.path), "check")

    def test_passes_once_its_two_secrets_exist(self):
        self.write_secrets()
        self.assertEqual({"ops-webhook", "ops-secret"}, {p.name for p in (self.folder / "secrets").iterdir()})
        outcome = self.check()
        self.assertEqual(0, outcome.status, str(outcome))
        self.assertIn("1 of 1 sections usable, 0 mistakes", outcome.output)

    def test_names_the_line_and_the_file_while_a_secret_is_missing(self):
        outcome = self.check()
        line = self.path.read_text(encoding="utf-8").split("\n").index('    webhook_file = "secrets/ops-webhook"') + 1
        self.assertNotEqual(0, outcome.status)
        self.assertIn(f"{self.path}:{line}: mistake: 'webhook_file': cannot read '{self.folder}/secrets/ops-webhook'",
                      outcome.output)

    def test_passes_with_all_examples_taken_over(self):
        for example in (ROOT / "conf" / "conf.d").glob("*.conf.example"):
            shutil.copy(example, self.folder / "conf.d" / example.stem)
            (self.folder / "conf.d" / example.stem).chmod(0o640)
        shutil.copytree(ROOT / "conf" / "calendars", self.folder / "calendars")
        self.write_secrets()
        outcome = self.check()
        self.assertEqual(0, outcome.status, str(outcome))
        self.assertRegex(outcome.output, r"(\d+) of \1 sections usable, 0 mistakes")

    def test_the_first_channel_is_five_lines(self):
        text = self.path.read_text(encoding="utf-8")
        section = text[text.index("dingtalk \"ops\""):].split("\n}", 1)[0] + "\n}"
        self.assertLessEqual(len(section.split("\n")), 5)


if __name__ == "__main__":
    unittest.main()
