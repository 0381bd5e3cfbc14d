"""systemd's units, the AppArmor profiles and the completion of bash, judged by the programs that will read them."""
import configparser
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from support import BUILD, ROOT, program, run

UNITS = ROOT / "packaging/systemd"
SERVICES = ("notifyd.service", "notification-plugins-tick.service", "notify-ackd.service")
# What `systemd-analyze security` may say at most, in tenths. 9.6 is a service without any restriction.
WORST = {"notifyd.service": 13, "notification-plugins-tick.service": 13, "notify-ackd.service": 4}


def settings(name):
    """Sections of a unit; a setting that is repeated has its values on lines of their own."""
    class Repeated(dict):
        def __setitem__(self, key, value):
            if isinstance(value, list) and key in self:
                value = self[key] + value
            super().__setitem__(key, value)
    parser = configparser.RawConfigParser(dict_type=Repeated, strict=False, delimiters=("=",), comment_prefixes=("#",))
    parser.optionxform = str
    parser.read(UNITS / name, encoding="utf-8")
    return {section: dict(parser.items(section)) for section in parser.sections()}


def hardening(name):
    """The lines after the one that says that units share them, up to the next section."""
    text = (UNITS / name).read_text(encoding="utf-8").partition("\n# Nothing of the system")[2]
    return text.partition("\n[")[0].strip().splitlines()


class Units(unittest.TestCase):
    def analyze(self, *arguments):
        self.assertTrue(shutil.which("systemd-analyze"), "the package systemd is missing")
        return subprocess.run(["systemd-analyze", "--no-pager", "--man=no", *map(str, arguments)], capture_output=True,
                              text=True, check=False)

    def test_systemd_has_no_complaint(self):
        with tempfile.TemporaryDirectory(prefix="np-units-") as folder:
            for path in UNITS.iterdir():
                if path.suffix in (".service", ".socket", ".timer"):
                    text = re.sub(r"(?m)^(ExecStart=)\S+", r"\1/bin/true", path.read_text(encoding="utf-8"))
                    (pathlib.Path(folder) / path.name).write_text(text, encoding="utf-8")
            done = self.analyze("verify", *sorted(pathlib.Path(folder).iterdir()))
            self.assertEqual((0, ""), (done.returncode, done.stdout + done.stderr))

    def test_exposure_stays_low(self):
        for name, most in WORST.items():
            done = self.analyze("security", "--offline=true", f"--threshold={most}", UNITS / name)
            self.assertEqual(0, done.returncode, "\n".join(done.stdout.splitlines()[-1:]) + done.stderr)

    def test_all_services_are_hardened_alike(self):
        first = hardening(SERVICES[0])
        self.assertIn("ProtectSystem=strict", first)
        for name in SERVICES[1:]:
            self.assertEqual(first, hardening(name), name)

    def test_programs_are_installed_where_units_look(self):
        for name in SERVICES:
            path = settings(name)["Service"]["ExecStart"].split()[0]
            self.assertEqual("/usr/lib/notification-plugins", os.path.dirname(path))
            if name != "notify-ackd.service":
                program(os.path.basename(path))

    def test_timer_and_worker_do_not_meet(self):
        directory = settings("notifyd.service")["Service"]["RuntimeDirectory"]
        condition = settings("notification-plugins-tick.service")["Unit"]["ConditionPathExists"]
        self.assertEqual(f"!/run/{directory}", condition)

    def test_the_page_sees_no_configuration(self):
        service = settings("notify-ackd.service")["Service"]
        self.assertEqual("/etc/notification-plugins", service["InaccessiblePaths"])
        self.assertNotIn("SupplementaryGroups", service)
        self.assertNotIn("notification-secrets", (UNITS / "notify-ackd.sysusers").read_text(encoding="utf-8"))


@unittest.skipUnless(shutil.which("apt-get"), "AppArmor is not at home here")
class AppArmor(unittest.TestCase):
    def test_profiles_are_sound(self):
        parser = shutil.which("apparmor_parser") or "/usr/sbin/apparmor_parser"
        for path in sorted((ROOT / "packaging/apparmor").iterdir()):
            done = subprocess.run([parser, "-Q", "-K", "-T", "--base", "/etc/apparmor.d", str(path)], capture_output=True,
                                  text=True, check=False)
            said = [line for line in done.stderr.splitlines() if "interface file missing" not in line]
            self.assertEqual((0, []), (done.returncode, said), path.name)


class Completion(unittest.TestCase):
    SCRIPT = ROOT / "packaging/completion/notifyctl"

    def complete(self, *words, name="notifyctl", function="_notifyctl"):
        """What bash would offer for the last word."""
        lines = [f". {self.SCRIPT}", "COMP_WORDS=(\"$@\")", "COMP_CWORD=$(($# - 1))", function,
                 "printf '%s\\n' \"${COMPREPLY[@]}\""]
        done = subprocess.run(["bash", "-uc", "\n".join(lines), "bash", str(program(name)), *words],
                              capture_output=True, text=True, check=False)
        self.assertEqual("", done.stderr)
        return sorted(done.stdout.split())

    def test_every_command_and_option_of_the_help(self):
        help_text = run(program("notifyctl"), "--help").output
        commands = re.findall(r"(?m)^  ([a-z]+)  +\S", help_text)
        self.assertGreaterEqual(len(commands), 16)
        self.assertEqual(sorted([*commands, "--config", "--help", "--version"]), self.complete(""))
        for command in commands:
            arguments = run(program("notifyctl"), command, "--help").output
            self.assertEqual(sorted(set(re.findall(r"--[a-z][a-z-]*", arguments))), self.complete(command, "-"), command)

    def test_every_option_of_the_help_of_what_is_called_by_name(self):
        named = re.search(r"^complete .*_notify_program ((?:.*\\\n)*.*)$", self.SCRIPT.read_text(), re.MULTILINE)[1]
        names = set(named.replace("\\\n", " ").split())
        self.assertEqual({path.name for path in BUILD.glob("*notify_*") if path.is_file()} - {"notify_ackd"} | {"check_notify"}, names)
        for name in names:
            options = set(re.findall(r"--[a-z][a-z-]*", run(program(name), "--help").output))
            self.assertEqual(sorted(options), self.complete("--", name=name, function="_notify_program"), name)

    def test_a_begun_word(self):
        self.assertEqual(["history"], self.complete("his"))
        self.assertIn("root", self.complete("check", "--as", "ro"))

    def test_sections_of_the_configuration(self):
        offered = self.complete("--config", str(ROOT / "conf/sandbox/notification.conf"), "test", "")
        self.assertIn("ops-group", offered)
        self.assertNotIn("zhang", offered)


if __name__ == "__main__":
    unittest.main()
