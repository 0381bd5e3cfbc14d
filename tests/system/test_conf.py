"""The configuration that is shipped: doing what its comments say leads to one without a mistake, and all that the program knows
is shown."""
import os
import pathlib
import re
import shutil
import tempfile
import unittest

from support import ROOT, program, quoted, run, write

CONF = ROOT / "conf"

# What stands in each file that the examples name; where it does not matter, any text of some length.
SECRETS = {
    "ops-webhook": "https://oapi.dingtalk.com/robot/send?access_token=0123456789abcdef",
    "ops-secret": "SEC0123456789abcdef",
    "ops-wecom": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=01234567-89ab-cdef",
    "ops-feishu": "https://open.feishu.cn/open-apis/bot/v2/hook/01234567-89ab-cdef",
    "noc-hook": "https://hooks.slack.com/services/T0001/B0001/abcdefghijklmnopqrstuvwx",
    "noc-token": "xoxb-0123456789",
    "it-teams": "https://prod-01.logic.azure.com/workflows/0123456789abcdef?sig=abcdef",
    "cmdb": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "cmdb-old": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "proxy": "name:password",
}
STATEMENT = re.compile(r'^(\w+)(?: "[^"]*")?\s*(?:=|\{)')


class Case(unittest.TestCase):
    """A configuration directory as the package installs it, with the examples taken over where wanted."""

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="np-conf-")))
        (self.folder / "conf.d").mkdir()
        text = (CONF / "notification.conf").read_text(encoding="utf-8")
        self.path = self.write_main(text)

    def write_main(self, text):
        own = {"templates": ROOT / "templates", "state": self.folder / "state"}
        for name, value in own.items():  # after those of the file that a test took in
            text = re.sub(rf"^{name}\s*=.*", "", text, flags=re.MULTILINE) + f"{name} = {quoted(value)}\n"
        return write(self.folder / "notification.conf", text, 0o640)

    def take_over_examples(self):
        for example in (CONF / "conf.d").glob("*.conf.example"):
            shutil.copy(example, self.folder / "conf.d" / example.stem)
            (self.folder / "conf.d" / example.stem).chmod(0o640)
        shutil.copytree(CONF / "calendars", self.folder / "calendars")
        self.make_monitors()
        write(self.folder / "ticket.json", '{"title": "{{title}}", "text": "{{message}}"}', 0o640)
        write(self.folder / "oncall.ics", "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n", 0o640)

    def make_monitors(self):
        """What the daemons of the examples would have made."""
        path = self.folder / "conf.d" / "monitors.conf"
        text = path.read_text(encoding="utf-8")
        os.mkfifo(self.folder / "nagios.cmd", 0o600)
        for name in ("ca.crt", "ca.pem", "notify.crt"):
            write(self.folder / name, "PEM\n")
        for there in ("/var/lib/nagios4/rw/nagios.cmd", "/var/lib/icinga2/certs/ca.crt"):
            self.assertIn(there, text)
            text = text.replace(there, there.rpartition("/")[2])
        write(path, text, 0o640)

    def write_secrets(self):
        for path in self.folder.rglob("*.conf"):
            for name in re.findall(r'_file\s*=\s*"secrets/([^"]+)"', path.read_text(encoding="utf-8")):
                write(self.folder / "secrets" / name, SECRETS.get(name, "0123456789abcdef") + "\n", 0o640)
        write(self.folder / "confirm.key", "0123456789abcdef" * 4 + "\n", 0o640)  # as `notifyctl setup` makes it

    def check(self):
        return run(program("notifyctl"), "--config", str(self.path), "check")

    def assert_passes(self, about=None):
        outcome = self.check()
        self.assertEqual(0, outcome.status, f"{about}: {outcome}")
        self.assertRegex(outcome.output, r"(\d+) of \1 sections usable, 0 mistakes")


class ShippedConfiguration(Case):
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
        self.take_over_examples()
        self.write_secrets()
        self.assert_passes()

    def test_the_first_channel_is_five_lines(self):
        text = self.path.read_text(encoding="utf-8")
        section = text[text.index("dingtalk \"ops\""):].split("\n}", 1)[0] + "\n}"
        self.assertLessEqual(len(section.split("\n")), 5)


def block_around(lines, number):
    """The numbers of the lines of the innermost block that is open at a line; of the top level without one."""
    first, last = number, number
    while first > 0 and not (first < number and re.match(r'\w[^#]*\{\s*(#.*)?$', lines[first])):
        if lines[first] == "}" and first < number:
            return range(0)
        first -= 1
    while last < len(lines) and lines[last] != "}":
        last += 1
    return range(first, last) if lines[number].startswith(" ") else range(0)


def commented_statement(lines, number):
    """The lines of the statement that stands in the comment of a line, without the comment's sign; [] when none does."""
    first = re.match(r"(\s*)# (\S.*)", lines[number])
    if not first or not STATEMENT.match(first[2]):
        return []
    if not re.search(r"\{\s*$", first[2]):
        return [first[1] + first[2]]
    last = next(at for at in range(number, len(lines)) if lines[at].strip() == "# }")
    return [line.replace("# ", "", 1) for line in lines[number:last + 1]]


def taken_in(text, number):
    """The text with the statement in the comment of a line taken in, in place of that of the same name beside it."""
    lines = text.split("\n")
    statement = commented_statement(lines, number)
    name = STATEMENT.match(statement[0].strip())[1]
    around = block_around(lines, number)
    for other in around if around else range(len(lines)):
        outside = not around and not re.match(r"\w", lines[other])
        if not outside and re.match(rf"\s*{name}\b\s*[={{]", lines[other]):
            lines[other] = ""
    lines[number:number + len(statement)] = statement
    return "\n".join(lines)


class CommentedStatements(Case):
    """Each may be taken in as it stands."""

    def test_are_accepted_one_by_one(self):
        self.take_over_examples()
        count = 0
        for path in [self.path, *sorted((self.folder / "conf.d").glob("*.conf"))]:
            text = path.read_text(encoding="utf-8")
            lines, behind = text.split("\n"), 0
            for number, line in enumerate(lines):
                statement = commented_statement(lines, number)
                if not statement or number < behind:
                    continue
                behind = number + len(statement)
                with self.subTest(f"{path.name}:{number + 1}: {line.strip()}"):
                    write(path, taken_in(text, number), 0o640)
                    if path == self.path:
                        self.write_main(path.read_text())
                    self.write_secrets()
                    self.assert_passes(line)
                count += 1
            write(path, text, 0o640)
        self.assertGreater(count, 60)


def rows(path, pattern):
    return re.findall(pattern, (ROOT / path).read_text(), re.DOTALL | re.MULTILINE)


class EveryStatement(unittest.TestCase):
    """What the sources know is shown in the files, live or in a comment."""
    ROW = r'\bROW(?:_CHOICE|_OPTION)?\("(\w+)"'
    POLICY = [f"common/config_{name}.c" for name in ("calendars", "contacts", "rotations", "routes", "templates")]
    OPTION = r'\bOPTION_([A-Z]+)\("(\w+)"'

    def text(self):
        return "\n".join(path.read_text() for path in [CONF / "notification.conf", *sorted((CONF / "conf.d").iterdir())])

    def assert_shown(self, names, text, where):
        """`token` may be shown as token_file, as secrets should be."""
        self.assertGreater(len(names), 0, where)
        missing = [name for name in names if not re.search(rf'(^|[\s{{]){name}(_file)?( "[^"]+")?\s*[={{]', text, re.MULTILINE)]
        self.assertEqual(missing, [], where)

    def test_of_the_whole_and_of_routes(self):
        for path in ("common/config.c", "common/config_blocks.c", *self.POLICY):
            if path.endswith("contacts.c"):
                continue  # names of their own
            self.assert_shown({*rows(path, self.ROW), *re.findall(r'form_add_\w+\(&?form, "(\w+)"', (ROOT / path).read_text())},
                              self.text(), path)

    def test_of_all_sections(self):
        self.assert_shown([name for _, name in rows("common/config_sections.c", self.OPTION)] + ["limit", "retry"], self.text(),
                          "config_sections.c")

    def test_of_each_channel(self):
        channels = re.search(r"^set\(channels ([a-z_ ]+)\)", (ROOT / "CMakeLists.txt").read_text(), re.MULTILINE)[1].split()
        for channel in channels:
            sections = re.findall(rf'^{channel} "[^"]+" \{{(?:[^\n]*\}}$|.*?^\}})', self.text(), re.DOTALL | re.MULTILINE)
            names = {name for path in (ROOT / "plugins").glob(f"{channel}*.c")
                     for _, name in rows(path.relative_to(ROOT), self.OPTION)}
            self.assert_shown(names, "\n".join(sections), channel)

    def test_of_monitors(self):
        self.assert_shown([name for _, name in rows("common/config_monitors.c", self.OPTION)],
                          (CONF / "conf.d/monitors.conf.example").read_text(), "monitors")

    def test_of_contacts(self):
        names = re.findall(r'"(\w+)"', rows("common/config_contacts.c", r"CONTACT_NAMES\[\] = \{(.*?)\}")[0])
        self.assert_shown(names, (CONF / "conf.d/contacts.conf.example").read_text(), "contacts")

    def test_every_block_that_is_known(self):
        names = re.findall(r'"(\w+)"', rows("common/config.c", r"BLOCK_NAMES\[\] = \{(.*?)\}")[0])
        for path in self.POLICY:
            names += rows(path, r'struct policy_statement \w+ = \{\s*\.name = "(\w+)"')
        missing = [name for name in names if not re.search(rf'^(# )?{name}( "[^"]+")?\s*[{{(]', self.text(), re.MULTILINE)]
        self.assertEqual((missing, len(names) > 8), ([], True))


if __name__ == "__main__":
    unittest.main()
