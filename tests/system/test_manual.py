"""The manual: a page for every program, up to date with its options, without a complaint of the formatter; its examples run, and
what it says of the configuration is read without a mistake."""
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

import test_conf
from support import BUILD, CHANNELS, ROOT, SECTIONS, Case, program, quoted, run, secrets_of, write
from stub.sms import AliyunSms, TencentSms

MAN = ROOT / "packaging/man"
INSTALLED = "/usr/lib/notification-plugins"
PROGRAMS = [path.name for path in sorted(BUILD.iterdir()) if re.fullmatch(r"notify(_[a-z_]+|ctl|d)|check_notify", path.name)]


def plain(path):
    """A page's source with its characters as a reader sees them."""
    text = path.read_text(encoding="utf-8")
    for escape, shown in (("\\-", "-"), ("\\(dq", '"'), ("\\e", "\\")):
        text = text.replace(escape, shown)
    return re.sub(r"\\f[BIR]", "", text)


def page(name):
    found = list(MAN.glob(f"{name}.[158]"))
    return plain(found[0]) if found else ""


def options_in(text):
    return set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]+", text))


class Manual(unittest.TestCase):
    def test_every_program_has_a_page_with_every_option_of_its_help(self):
        self.assertGreaterEqual(len(PROGRAMS), 12)
        for name in PROGRAMS:
            with self.subTest(name):
                text = page(name)
                self.assertIn(f".TH {name} ", text)
                wanted = run(program(name), "--help").output
                shared = page("notify_dingtalk") if name == "notify_route" else ""
                general = plain(MAN / "notification-plugins.7")
                self.assertEqual(set(), options_in(wanted) - options_in(text + shared + general))

    def test_every_option_of_a_page_is_one_of_the_program(self):
        """Those of all notify_* stand in notification-plugins(7), of which --help names a part."""
        shared = options_in(plain(MAN / "notification-plugins.7")) | {"--help", "--version"}
        for name in PROGRAMS:
            told = options_in(re.sub(r"^\.SH SEE ALSO.*", "", page(name), flags=re.DOTALL | re.MULTILINE))
            known = options_in(run(program(name), "--help").output) | shared
            if name == "notifyctl":
                for command in self.commands():
                    known |= options_in(run(program(name), command, "--help").output)
            self.assertEqual(set(), told - known, name)
        listed = {option for names in re.findall(r"^\.TP\n\.B (--.*)$", plain(MAN / "notification-plugins.7"), re.MULTILINE)
                  for option in options_in(names)}
        for option in sorted(listed - {"--help", "--version"}):
            said = run(program("notify_webhook"), option, "--config").errors
            self.assertNotIn("unknown option", said, option)

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

    @staticmethod
    def commands():
        return re.findall(r"^  ([a-z]+)  +", run(program("notifyctl"), "--help").output, flags=re.MULTILINE)

    def test_the_commands_of_notifyctl(self):
        """Help, manual and what the source reads name the same options of each."""
        text = page("notifyctl")
        self.assertEqual(set(self.commands()), set(re.findall(r"^\.TP\n\.B ([a-z]+)", text, re.MULTILINE)))
        read = {option for path in (ROOT / "plugins/notifyctl").glob("*.c")
                for option in re.findall(r'(?:\{|, )"(--[a-z]+)"[,)]', path.read_text(encoding="utf-8"))}
        helped = set()
        for command in self.commands():
            told = options_in("".join(re.findall(rf"^\.B {command}\b.*$", text, re.MULTILINE)))
            helps = options_in(run(program("notifyctl"), command, "--help").output)
            self.assertEqual(told, helps, command)
            helped |= helps
        self.assertEqual(read - {"--help", "--version", "--config", "--system", "--force", "--append", "--groups"}, helped)

    def test_the_formatter_has_no_complaint(self):
        for path in sorted(MAN.glob("*.[1578]")):
            done = subprocess.run(["groff", "-man", "-Tutf8", "-Kutf8", "-ww", "-z", str(path)], capture_output=True,
                                  text=True, check=False)
            self.assertEqual((0, ""), (done.returncode, done.stderr), path.name)


def example(path):
    found = re.search(r"^\.SH EXAMPLES?\n(.*?)(?=^\.SH|\Z)", plain(path), re.DOTALL | re.MULTILINE)
    return re.sub(r"^\..*\n", "", found[1], flags=re.MULTILINE) if found else ""


class Examples(Case):
    """Each is run as it stands in a folder that holds the files which it names, and reaches its provider."""
    providers = {"aliyun_sms": AliyunSms(templates={"SMS_123456789": ["type"]}), "tencent_sms": TencentSms(templates={"1234": 1})}
    # What is not run, and why; what a host writes around a command of ours is taken away from it.
    NOT_RUN = {
        ("notify_ackd.8", r"^notify_ackd .*\n"): ("", "it stays: test_ackd"),
        ("notifyd.8", r"^notifyd .*\n"): ("", "it stays: test_vigil, test_units"),
        ("notify_sandbox.1", r"^notify_sandbox .*\n"): ("", "it stays, at a port that others may have: test_sandbox"),
        ("check_notify.1", r"^define command \{\n.*\n +command_line +(.*)\n\}\n"): (r"\1\n", "Nagios: test_nagios"),
        ("check_notify.1", r"^UserParameter=[a-z.]+,"): ("", "Zabbix' agent: test_check"),
    }
    # What a call by hand does not say since there it follows from the channel.
    MORE = {"slack": "--endpoint URL/api", "aliyun_sms": "--endpoint URL", "tencent_sms": "--endpoint URL"}

    def setUp(self):
        super().setUp()
        self.etc = self.folder / "etc"
        for name, secret in secrets_of(self.stub).items():
            write(self.etc / "secrets" / name, secret + "\n", 0o600)
        for path in BUILD.glob("*notif*"):
            if path.is_file():
                (self.folder / path.name).symlink_to(path)
        write(self.folder / "backup.sh", "#!/bin/sh\necho no space left\nexit 4\n", 0o755)
        self.configure_as("")

    def configure_as(self, text):
        sections = [f'dingtalk "ops" {{ {SECTIONS["dingtalk"]} }}', f'webhook "sms" {{ {SECTIONS["webhook"]} }}',
                    f'email "mail" {{ {SECTIONS["email"]}  to = {{"zhang@example.com"}} }}']
        text += "\n".join(["", *sections, f'state = {quoted(self.etc / "state")}', f'templates = {quoted(ROOT / "templates")}', ""])
        self.configuration = write(self.etc / "notification.conf", text.replace("@URL@", self.stub.url).replace(
            "@MAIL@", self.mail.url), 0o640)
        return self.configuration

    def files_of(self, channel):
        """By the names that the examples give them."""
        known = self.stub.providers
        robot_secrets = {name: known[name].secret for name in ("dingtalk", "feishu")}
        urls = {"feishu": f"{self.stub.url}/open-apis/bot/v2/hook/{known['feishu'].token}",
                "dingtalk": f"{self.stub.url}/robot/send?access_token={known['dingtalk'].token}",
                "wecom": f"{self.stub.url}/cgi-bin/webhook/send?key={known['wecom'].key}"}
        secrets = {"aliyun_sms": known["aliyun_sms"].key_secret, "webhook": known["webhook"].secrets[0]}
        ids = {"aliyun_sms": known["aliyun_sms"].key_id, "tencent_sms": known["tencent_sms"].secret_id}
        return {"robot.url": urls.get(channel), "robot.secret": robot_secrets.get(channel), "slack.token": known["slack"].token,
                "teams.url": self.stub.url + known["teams"].workflow_target, "id": ids.get(channel),
                "secret": secrets.get(channel), "key": known["tencent_sms"].secret_key}

    def run_line(self, line):
        line = line.replace(INSTALLED, str(BUILD)).replace("/usr/local/bin", str(self.folder)).replace(
            "https://cmdb.example.com/alerts", self.stub.url + "/hook").replace("smtp://127.0.0.1:25", self.mail.url)
        return run("/bin/sh", "-c", line, cwd=self.folder / "files",
                   environment={**self.environment, "PATH": f"{self.folder}:/usr/bin:/bin", "HOME": "/"})

    def make_files(self, channel):
        shutil.rmtree(self.folder / "files", ignore_errors=True)
        (self.folder / "files").mkdir()
        for name, secret in self.files_of(channel).items():
            if secret:
                write(self.folder / "files" / name, secret + "\n", 0o600)

    def commands(self, path):
        """The example's commands; what is left of it is a configuration."""
        text = example(path)
        for (name, pattern), (instead, _) in self.NOT_RUN.items():
            if name == path.name:
                text, count = re.subn(pattern, instead, text, flags=re.MULTILINE)
                self.assertEqual(1, count, f"{name}: nothing is like {pattern}")
        lines = text.splitlines()
        own = [line for line in lines if re.match(rf"({INSTALLED}/)?(notify_\w+|notifyctl|check_notify) ?", line)]
        return own, "\n".join(line for line in lines if line not in own)

    def test_run_as_they_stand(self):
        count = 0
        for path in sorted(MAN.glob("*.[1578]")):
            channel = path.stem.removeprefix("notify_")
            self.make_files(channel)
            commands, text = self.commands(path)
            self.configure_as(text)
            checked = run(program("notifyctl"), "check", environment=self.environment)
            self.assertRegex(checked.output, r"(\d+) of \1 sections usable, 0 mistakes" if not text.count("webhook_file") else
                             "/secrets/ops-(webhook|secret)'", path.name)
            for line in commands:
                with self.subTest(f"{path.name}: {line}"):
                    outcome = self.run_line(f"{line} {self.MORE.get(channel, '').replace('URL', self.stub.url)}")
                    if "check_notify" in line:
                        self.assertEqual(2, outcome.status, outcome)
                        self.assertRegex(outcome.output, r"\ANOTIFY CRITICAL - no worker was ever seen")
                    elif "notify_run" in line:
                        self.assertEqual((4, "no space left\n", ""), (outcome.status, outcome.output, outcome.errors))
                    else:
                        self.assertEqual((0, ""), (outcome.status, outcome.errors), outcome)
                        self.assertRegex(outcome.output, r"(?m)^delivered [\w/.-]+ #\w{5} \d+ ms$")
                count += 1
        self.assertEqual(len(CHANNELS) + 5, count)
        for channel in CHANNELS:
            self.arrivals(channel, 1)
        self.assert_nothing_is_doubted()


def fragments(text):
    """(name, fragment) of each statement and block that a text names with its value, blocks whole: what stands in them is theirs."""
    at, found = 0, []
    while match := re.compile(r'(?<![\w"{])([a-z_]+)(?: "[^"]*")? (?:\{ |= (?:"[^"]*"|\{[^}]*\}|(?:yes|no|\d+)\b))').search(text, at):
        at = match.end()
        if match[0].endswith("{ "):
            depth = 1
            while depth and at < len(text):
                depth += {"{": 1, "}": -1}.get(text[at], 0)
                at += 1
        found.append((match[1], text[match.start():at]))
    return found


ROUTE = 'route "x" {{ channels = {{"ops"}}  {0} }}'
LAYER = 'layer {{ name = "second"  members = {{"li"}}  starts = "2026-01-05 09:00"  every = "1w" }}'
ROTATION = 'rotation "x" {{ members = {{"zhang", "li"}}  starts = "2026-01-05 09:00"  every = "1w"  {0} }}'


class Configuration(Case):
    """notification.conf(5): each fragment is read without a mistake where it says that it belongs."""
    BASE = """
dingtalk "ops" { token_file = "secrets/ops"  secret_file = "secrets/ops" }
dingtalk "ops-2" { token_file = "secrets/ops-2"  secret_file = "secrets/ops" }
dingtalk "ops-3" { token_file = "secrets/ops-3"  secret_file = "secrets/ops" }
aliyun_sms "sms" { access_key_id_file = "secrets/id"  access_key_secret_file = "secrets/ops"  sign_name = "x"
                   template_code = "SMS_1"  to = {"13800138000"} }
email "mail" { server = "smtp://127.0.0.1:25"  starttls = "never"  from = "a@example.com"  to = {"b@example.com"} }
contact "zhang" { mobile = "13800138000"  email = "z@example.com" }
contact "li" { mobile = "13900139000"  email = "l@example.com" }
contact "night" { mobile = "13700137000" }
calendar "cn" { file = "calendars/cn-2026.txt" }
rotation "dba" { members = {"zhang", "li"}  starts = "2026-01-05 09:00"  every = "1w" }
"""
    TOP = ("retry", "limit", "storm", "confirm", "monitor", "operator", "contact", "route", "template", "calendar", "rotation", "dingtalk",
           "language")
    # Where a fragment belongs that is none of the top, and what must stand beside it.
    WITHIN = {
        **{name: ROUTE for name in ("during", "default", "continue", "enabled", "mode", "raise", "confirm_within", "escalate",
                                    "hold_until")},
        **{name: ROTATION for name in ("swap", "layer")},
        "override": ROTATION.replace("{0}", LAYER + "  {0}"),
        "outside": 'route "x" {{ channels = {{"ops"}}  during = {{"09:00-18:00"}}  {0} }}',
        "channels": 'route "x" {{ {0} }}',
        "file": 'rotation "x" {{ {0} }}',
        "otherwise": 'rotation "x" {{ members = {{"zhang"}}  starts = "2026-01-05 09:00"  every = "1w"  during = {{"09:00-18:00"}}  {0} }}',
        "remind": 'confirm {{ within = "30m"  {0} }}',
        "daily": 'operator {{ channels = {{"ops"}}  {0} }}',
        "watch": 'monitor "zabbix" {{ url = "https://z.example.com/api_jsonrpc.php"  token_file = "secrets/ops"  {0} }}',
        "pool": 'dingtalk "more" {{ token_file = "secrets/more"  {0} }}',
        "receipts": 'aliyun_sms "more" {{ access_key_id_file = "secrets/id"  access_key_secret_file = "secrets/ops"  sign_name = "x"'
                    '  template_code = "SMS_1"  to = {{"13800138000"}}  {0} }}',
    }

    def setUp(self):
        super().setUp()
        shutil.copytree(ROOT / "conf/calendars", self.folder / "calendars")
        write(self.folder / "oncall.ics", "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n")
        write(self.folder / "confirm.key", "0123456789abcdef" * 4 + "\n", 0o600)

    def check(self, fragment):
        own = re.match(r'(\w+ "[^"]+") \{', fragment)
        base = self.BASE
        if own and own[1] in base:
            base = re.sub(rf"^{re.escape(own[1])} \{{.*?\}}$", "", base, flags=re.DOTALL | re.MULTILINE)
        text = f'{base}\n{fragment}\nstate = {quoted(self.folder / "state")}\ntemplates = {quoted(ROOT / "templates")}\n'
        path = write(self.folder / "notification.conf", text, 0o640)
        for name in re.findall(r'_file\s*=\s*"secrets/([^"]+)"', text):
            write(self.folder / "secrets" / name, test_conf.SECRETS.get(name, f"0123456789abcdef{name}") + "\n", 0o600)
        return run(program("notifyctl"), "--config", str(path), "check")

    def test_each_fragment_is_read(self):
        text = re.sub(r"^\.(B|BR|RS|RE|PP) ?", "", plain(MAN / "notification.conf.5"), flags=re.MULTILINE).replace("\n", " ")
        found = fragments(text)
        self.assertGreater(len(found), 30)
        self.assertEqual(set(), {name for name, _ in found} - {*self.TOP, *self.WITHIN})
        self.assertEqual(set(), {*self.TOP, *self.WITHIN} - {name for name, _ in found}, "no longer in the page")
        for name, fragment in found:
            with self.subTest(fragment):
                whole = fragment if name in self.TOP else self.WITHIN[name].format(fragment)
                outcome = self.check(whole)
                self.assertRegex(outcome.output, r"(\d+) of \1 sections usable, 0 mistakes", f"{whole}\n{outcome}")

    def test_every_statement_is_told(self):
        text = plain(MAN / "notification.conf.5")
        names = {name for path in ("common/config.c", "common/config_blocks.c", *test_conf.EveryStatement.POLICY)
                 for name in test_conf.rows(path, test_conf.EveryStatement.ROW)}
        names |= {name for _, name in test_conf.rows("common/config_sections.c", test_conf.EveryStatement.OPTION)}
        names -= {"listen", "user_header"}  # of notify_ackd(8)
        self.assertGreater(len(names), 60)
        self.assertEqual([], sorted(name for name in names if not re.search(rf"\b{name}\b", text)))

    def test_the_statements_of_notify_ackd(self):
        sources = "".join(path.read_text() for path in [*(ROOT / "plugins/ackd").glob("*.c"), ROOT / "common/config.c"])
        names = re.findall(r"^\.B confirm \{ (\w+) \}$", page("notify_ackd"), re.MULTILINE)
        self.assertGreater(len(names), 4)
        self.assertEqual([], [name for name in names if f'"{name}"' not in sources])


if __name__ == "__main__":
    unittest.main()
