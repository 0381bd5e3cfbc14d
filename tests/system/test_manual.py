"""The manual: a page for every program, up to date with its options, and without a complaint of the formatter."""
import pathlib
import re
import subprocess
import sys
import unittest

from support import BUILD, program, run

ROOT = pathlib.Path(__file__).resolve().parents[2]
MAN = ROOT / "packaging/man"
PROGRAMS = [path.name for path in sorted(BUILD.iterdir()) if re.fullmatch(r"notify(_[a-z_]+|ctl|d)|check_notify", path.name)]


def page(name):
    found = list(MAN.glob(f"{name}.[158]"))
    return found[0].read_text(encoding="utf-8").replace("\\-", "-") if found else ""


class Manual(unittest.TestCase):
    def test_every_program_has_a_page_with_every_option_of_its_help(self):
        self.assertGreaterEqual(len(PROGRAMS), 12)
        for name in PROGRAMS:
            with self.subTest(name):
                text = page(name)
                self.assertIn(f".TH {name} ", text)
                wanted = run(program(name), "--help").output
                shared = page("notify_dingtalk") if name == "notify_route" else ""
                general = (MAN / "notification-plugins.7").read_text(encoding="utf-8").replace("\\-", "-")
                for option in set(re.findall(r"(?<!\S)--[a-z][a-z-]+", wanted)):
                    self.assertIn(option, text + shared + general)

    def test_generated_pages_are_up_to_date(self):
        done = subprocess.run([sys.executable, str(MAN / "make_man.py"), str(BUILD), "--check"], capture_output=True,
                              text=True, check=False)
        self.assertEqual((0, ""), (done.returncode, done.stderr))

    def test_the_settings_of_a_monitor(self):
        rows = (ROOT / "common/config_monitors.c").read_text(encoding="utf-8")
        names = re.findall(r'OPTION_\w+\("(\w+)", MONITOR', rows)
        self.assertGreater(len(names), 8)
        text = page("notification.conf")
        story = text[text.index(".B monitor"):text.index(".B operator {")]
        for name in names:
            self.assertRegex(story, rf"\b{name}\b")

    def test_the_commands_of_notifyctl(self):
        text = page("notifyctl")
        for command in re.findall(r"^  ([a-z]+)  +", run(program("notifyctl"), "--help").output, flags=re.MULTILINE):
            self.assertRegex(text, rf"(?m)^\.B {command}\b")

    def test_the_formatter_has_no_complaint(self):
        for path in sorted(MAN.glob("*.[1578]")):
            done = subprocess.run(["groff", "-man", "-Tutf8", "-Kutf8", "-ww", "-z", str(path)], capture_output=True,
                                  text=True, check=False)
            self.assertEqual((0, ""), (done.returncode, done.stderr), path.name)


if __name__ == "__main__":
    unittest.main()
