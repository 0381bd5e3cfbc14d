"""README and the pages in packaging/doc: their tables are current, their configurations have no mistake, their commands run, the lines
that they say a program prints are printed, links lead somewhere.

Nothing leaves this machine: README's commands reach a stub; of the pages all HTTP goes to a proxy that is not there, and mail to a
port where nobody listens.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import support
import test_conf

FOLDER = support.ROOT / "packaging/doc"
CHANNELS = {"dingtalk": "dingtalk.md", "wecom": "wecom.md", "feishu": "feishu.md", "slack": "slack.md", "teams": "teams.md",
            "aliyun_sms": "aliyun-sms.md", "tencent_sms": "tencent-sms.md", "email": "email.md", "webhook": "webhook-and-push.md"}
OF_CHINA = ("dingtalk", "wecom", "feishu", "aliyun-sms", "tencent-sms", "zabbix")
MINE = ["index.md", *CHANNELS.values(), "zabbix.md", "nagios-naemon.md", "icinga2.md", "checkmk.md", "operation.md",
        *(f"{name}.zh-CN.md" for name in OF_CHINA)]
READMES = ("README.md", "README.zh-CN.md")
DEAD = "http://127.0.0.1:1"
PROGRAMS = "/usr/lib/notification-plugins"


def blocks(page, tag):
    """The fenced examples of a page with this tag, without the indentation of the list that they stand in."""
    found = re.findall(rf"^( *)```{tag}\n(.*?)^ *```$", (FOLDER / page).read_text(), re.DOTALL | re.MULTILINE)
    return [re.sub(rf"^{indent}", "", text, flags=re.MULTILINE) for indent, text in found]


def make_doc():
    sys.path.insert(0, str(FOLDER))
    import make_doc as module  # pylint: disable=import-outside-toplevel
    return module


def everything():
    """Every page for users, with README: (name, text)."""
    return [(path.name, path.read_text()) for path in [*(support.ROOT / name for name in READMES), *sorted(FOLDER.glob("*.md"))]]


class Pages(unittest.TestCase):
    maxDiff = None

    def test_all_are_there(self):
        self.assertEqual([name for name in MINE if not (FOLDER / name).exists()], [])
        self.assertEqual(set(CHANNELS), set(support.CHANNELS))

    def test_tables_are_what_the_sources_say(self):
        done = subprocess.run([sys.executable, str(FOLDER / "make_doc.py"), "--check"], capture_output=True, text=True,
                              check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_every_table_of_answers_is_on_a_page(self):
        named = set(re.findall(r"<!-- answers (\w+) -->", "".join((FOLDER / name).read_text() for name in MINE)))
        arrays = {(path.name, name) for folder in ("plugins", "common") for path in (support.ROOT / folder).glob("*.c")
                  for name in re.findall(r"^static const struct verdict_rule (\w+)\[\] = \{$", path.read_text(), re.MULTILINE)}
        tables = make_doc().TABLES
        self.assertEqual({(pathlib.Path(tables[name][0]).name, tables[name][1]) for name in named}, arrays)

    def test_each_page_says_how_to_try_it_and_what_errors_mean(self):
        for name in MINE[1:]:
            if name == "operation.md":
                continue
            heads = re.findall(r"^## (.*)$", (FOLDER / name).read_text(), re.MULTILINE)
            wanted = ("试一试", "应答|报错", "限制") if ".zh-CN." in name else ("Try it", "What .* mean", "Limits")
            for one in wanted:
                self.assertTrue([head for head in heads if re.search(one, head)], f"{name}: {one}")

    def test_links_lead_somewhere(self):
        for name, text in everything():
            folder = support.ROOT if name in READMES else FOLDER
            for target, head in re.findall(r"\]\(([^)#]+)(?:#([^)]+))?\)", text):
                if "://" in target:
                    continue
                self.assertTrue((folder / target).exists(), f"{name}: {target}")
                heads = re.findall(r"^#+ (.*)$", (folder / target).read_text(), re.MULTILINE) if head else []
                self.assertIn(head, [""] if not head else [one.lower().replace(" ", "-") for one in heads], name)

    def test_named_files_are_shipped(self):
        for name in MINE:
            for path in re.findall(r"/usr/share/notification-plugins/([\w./*-]+\w)", (FOLDER / name).read_text()):
                self.assertTrue(list((support.ROOT / "conf").glob(path)), f"{name}: {path}")

    def test_chinese_pages_show_the_same_examples(self):
        for name in OF_CHINA:
            for tag in ("conf", "sh"):
                def bare(page, tag=tag):
                    return [re.sub(r"\s*#.*$|'[^']*'", "", text, flags=re.MULTILINE).split() for text in blocks(page, tag)]
                self.assertEqual(bare(f"{name}.zh-CN.md"), bare(f"{name}.md"), name)

    def test_lines_are_not_too_long_to_read_as_text(self):
        for name in MINE:
            for line in (FOLDER / name).read_text().splitlines():
                if not line.lstrip().startswith("|") and "NOTIFY_WHAT" not in line:
                    self.assertLessEqual(len(line), 145, f"{name}: {line}")


class Examples(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="np-doc-")))
        (self.folder / "bin").mkdir()
        for path in [*support.BUILD.glob("notify*"), support.BUILD / "check_notify"]:
            if path.is_file():
                (self.folder / "bin" / path.name).symlink_to(path)

    def configure(self, text):
        """The example, with secrets in its files, a store of its own, and no way out of this machine."""
        for name in re.findall(r'_file\s*=\s*"secrets/([^"]+)"', text):
            secret = test_conf.SECRETS.get(name, "0123456789abcdef")
            if name == "ops-wecom" or 'webhook_file   = "secrets/ops-wecom"' in text:
                secret = test_conf.SECRETS["ops-wecom"]
            support.write(self.folder / "secrets" / name, secret + "\n", 0o640)
        more = {"state": self.folder / "state", "templates": support.ROOT / "templates", "proxy": DEAD}
        pipe = self.folder / "nagios.cmd"
        if not pipe.exists():
            os.mkfifo(pipe, 0o600)
        support.write(self.folder / "icinga2-ca.crt", "PEM\n")
        text = text.replace("/var/lib/nagios4/rw/nagios.cmd", str(pipe))
        text = text.replace("127.0.0.1:25\"", "127.0.0.1:1\"") + "\nretry { attempts = 1 }\n"
        text += "".join(f"{name} = {support.quoted(value)}\n" for name, value in more.items())
        return support.write(self.folder / "notification.conf", text, 0o640)

    def run_command(self, line, path):
        environment = {"PATH": f"{self.folder}/bin:/usr/bin:/bin", "NOTIFICATION_PLUGINS_CONFIG": str(path), "HOME": "/"}
        return support.run("/bin/sh", "-c", line, environment=environment)

    def test_configurations_have_no_mistake(self):
        count = 0
        for name in MINE:
            for text in blocks(name, "conf"):
                with self.subTest(f"{name}: {text}"):
                    outcome = support.run(support.program("notifyctl"), "--config", str(self.configure(text)), "check")
                    self.assertEqual(outcome.status, 0, str(outcome))
                    self.assertRegex(outcome.output, r"(\d+) of \1 sections usable, 0 mistakes")
                count += 1
        self.assertGreater(count, 18)

    def test_commands_run(self):
        """Each is understood; what would leave the machine fails for now, and says so."""
        count = 0
        for name in MINE:
            path = self.configure("\n".join(blocks(name, "conf")))
            for line in "".join(blocks(name, "sh")).splitlines():
                with self.subTest(f"{name}: {line}"):
                    self.assertRegex(line, r"^([A-Z_]+=\S+ |[A-Z_]+='[^']*' )*(notifyctl|notify_\w+|check_notify) ")
                    outcome = self.run_command(line, path)
                    self.assertIn(outcome.status, (0, 1, 2) if line.startswith("check_") else (0, 1), str(outcome))
                    self.assertNotRegex(outcome.output + outcome.errors, "NP-USAGE|NP-CONFIG")
                    if "notifyctl test" in line or line.startswith("notify_"):
                        self.assertRegex(outcome.output + outcome.errors, r"NP-[A-Z-]+-\S+ \w+/\S+.* again: |queued |suppressed")
                count += 1
        self.assertGreater(count, 40)

    def test_wrappers_run(self):
        """The files for a host's directory of scripts, called as that host does."""
        count = 0
        for name in MINE:
            path = self.configure("\n".join(blocks(name, "conf")))
            for text in blocks(name, "text"):
                if not text.startswith("#!/bin/sh"):
                    continue
                script = support.write(self.folder / "script", text.replace(PROGRAMS, str(support.BUILD)), 0o755)
                arguments = [] if "checkmk" in name else ["--source", "zabbix", "--", "ops", "subject", "message"]
                outcome = support.run(script, *arguments, environment={
                    "NOTIFICATION_PLUGINS_CONFIG": str(path), "NOTIFY_WHAT": "HOST", "NOTIFY_HOSTNAME": "web01",
                    "NOTIFY_HOSTSTATE": "DOWN", "NOTIFY_NOTIFICATIONTYPE": "PROBLEM"})
                self.assertRegex(outcome.errors, r"\ANP-DINGTALK-\S+ dingtalk/ops again: ", f"{name}: {outcome}")
                count += 1
        self.assertEqual(count, 3)

    def test_secrets_are_put_where_the_configuration_looks(self):
        """The commands that make them, with a folder and a group of the test."""
        for name in MINE:
            made = [text for text in blocks(name, "text") if text.startswith("cd /etc/notification-plugins")]
            for text in made:
                folder = self.folder / name
                (folder / "secrets").mkdir(parents=True)
                text = text.replace("/etc/notification-plugins", str(folder)).replace("-g notification-secrets", "")
                outcome = support.run("/bin/sh", "-ec", text, stdin="secret\n")
                self.assertEqual(outcome.status, 0, f"{name}: {outcome}")
                there = {f"secrets/{path.name}" for path in (folder / "secrets").iterdir()}
                self.assertEqual({(path.stat().st_mode & 0o777) for path in (folder / "secrets").iterdir()}, {0o640}, name)
                named = set(re.findall(r'_file\s*=\s*"([^"]+)"', blocks(name, "conf")[0]))
                self.assertEqual(there - named, set(), name)
                self.assertTrue(there & named, name)

    def test_commands_in_tables_and_texts_are_known(self):
        known = set(re.findall(r"^  (\w+) ", support.run(support.program("notifyctl"), "--help").output, re.MULTILINE))
        for name in MINE:
            for command in re.findall(r"notifyctl (\w+)", (FOLDER / name).read_text()):
                self.assertIn(command, known, name)


class Readme(support.Case):
    """What it says is done to the letter, in a folder of the test, by both languages alike."""
    # Indented examples that are not run here, by how they begin, and why.
    NOT_RUN = {
        "packaging/quickstart": "builds everything: test_quickstart",
        "tests/run": "runs this test, too",
        "packaging/build-deb": "builds and installs packages: test_packages",
        "service_notification_commands": "for Nagios: test_nagios",
        'command = "notify-': "for Icinga 2: test_icinga2",
    }

    def examples(self, name):
        """Configurations and commands, in their order; what is neither must be in the list above, and all of that in the text."""
        configurations, commands, found = [], [], set()
        for block in re.findall(r"(?:^    .*\n)+", (support.ROOT / name).read_text(), re.MULTILINE):
            text = re.sub(r"^    ", "", block, flags=re.MULTILINE)
            other = [key for key in self.NOT_RUN if text.startswith(key)]
            if other:
                found.update(other)
            elif re.match(r'\w+ (= |"[^"]+" \{)', text):
                configurations.append(text)
            else:
                commands += [re.sub(r" +#.*", "", line) for line in text.splitlines()]
        self.assertEqual(set(self.NOT_RUN), found, name)
        return configurations, commands

    def write_configuration(self, text):
        own = f'state = {support.quoted(self.folder / "state")}\ntemplates = {support.quoted(support.ROOT / "templates")}\n'
        self.configuration = support.write(self.folder / "etc/notification.conf", text.replace(
            "smtp://127.0.0.1:25", self.mail.url) + own, 0o640)

    def do(self, line):
        """A command with the paths of this test; what is pasted comes from standard input."""
        robot = self.stub.providers["dingtalk"]
        pasted = {"webhook": f"{self.stub.url}/robot/send?access_token={robot.token}", "secret": robot.secret}
        line = line.replace("sudo ", "").replace("-g notification-secrets ", "").replace(
            "/etc/notification-plugins", str(self.folder / "etc"))
        return support.run("/bin/sh", "-c", line, cwd=self.folder, stdin=pasted.get(line.rpartition("-")[2], ""), environment={
            **self.environment, "PATH": f"{self.folder}/bin:/usr/bin:/bin", "HOME": "/"})

    def follow(self, name):
        configurations, commands = self.examples(name)
        self.write_configuration(configurations[0])
        for line in commands:
            outcome = self.do(line)
            self.assertEqual((4, "") if line.startswith("notify_run") else (0, ""), (outcome.status, outcome.errors),
                             f"{line}: {outcome}")
            if " test " in line or line.startswith("notify_dingtalk"):
                self.assertRegex(outcome.output, r"\Adelivered dingtalk/ops #\w{5} \d+ ms\n\Z")
            if line.endswith(" check"):
                self.assertIn("2 of 2 sections usable, 0 mistakes", outcome.output)
        self.write_configuration("".join(configurations))
        self.assertEqual(0, self.do("notifyctl setup").status)
        self.assertIn("2 of 2 sections usable, 0 mistakes", self.do("notifyctl check").output)
        return commands

    def test_is_followed_to_the_letter(self):
        (self.folder / "bin").mkdir()
        for path in support.BUILD.glob("*notif*"):
            if path.is_file():
                (self.folder / "bin" / path.name).symlink_to(path)
        support.write(self.folder / "bin/backup.sh", "#!/bin/sh\nexit 4\n", 0o755)
        support.write(self.folder / "log", "no space left\n")
        for name, words in zip(READMES, (("Test message", "Backup failed", "backup failed"), ("测试消息", "备份失败", "backup 失败"))):
            with self.subTest(name):
                self.stub.recorded.clear()
                self.assertGreater(len(self.follow(name)), 5)
                told = [record.json["markdown"]["title"] for record in self.arrivals("dingtalk", 3)]
                self.assertEqual([True] * 3, [word in title for word, title in zip(words, told)], told)

    def test_both_languages_show_the_same(self):
        (configurations, commands), (of_china, also) = (self.examples(name) for name in READMES)
        self.assertEqual(configurations, [text.replace('language = "zh_CN"', 'language = "en"') for text in of_china])
        self.assertEqual(commands, [line.replace("备份失败", "Backup failed") for line in also])

    def test_what_is_for_hosts_is_shipped(self):
        for name in READMES:
            text = (support.ROOT / name).read_text()
            for command in re.findall(r"notify-(?:host|service)-by-[a-z-]+", text):
                for path in ("nagios/commands.cfg", "icinga2/notification-plugins.conf"):
                    self.assertRegex((support.ROOT / "conf" / path).read_text(), rf'[ "]{command}\b')

    def test_stays_short(self):
        for name in READMES:
            self.assertLess(len((support.ROOT / name).read_text().splitlines()), 100, name)


class Printed(unittest.TestCase):
    """What a page says that a program prints."""
    LINE = re.compile(r"NP-([\w.-]+) ([a-z_]+)/\S+(?: to \S+)? ([a-z]+): ([^;]*?)(?: ?\.\.\.)?(?:; (.*))?$")

    def quotations(self):
        for name, text in everything():
            for quotation in re.findall(r"`((?:NP-|delivered |suppressed|queued |this user )[^`]*)`", text):
                yield name, quotation

    def rules(self, channel):
        return [rule for key in make_doc().TABLES if key.startswith({"email": "smtp_recipient"}.get(channel, channel))
                for rule in make_doc().rules(key)]

    def judged(self, channel, code, words):
        """(outcome, word of the remedy) of an answer: the first row that fits it."""
        for codes, says, outcome, _, word, _ in self.rules(channel):
            fits = not codes or any(re.fullmatch(one.replace("*", ".*"), code) for one in codes.split())
            if fits and says.lower() in words.lower():
                return outcome.lower(), word
        return "", ""

    def test_each_line_with_a_code_is_what_the_tables_make_of_the_answer(self):
        remedies, count = make_doc().words(), 0
        for name, quotation in self.quotations():
            line = self.LINE.match(quotation)
            if not line:
                continue
            code, channel, outcome, words, remedy = line.groups()
            prefix = channel.upper().replace("_", "-") + "-"
            self.assertTrue(code.startswith(prefix), quotation)
            code = code.removeprefix(prefix)
            if channel == "slack":
                code = code.replace("-", "_")
            if channel == "email":
                code, words = code.split("-")[0], code
            with self.subTest(f"{name}: {quotation}"):
                judged, word = self.judged(channel, code, words)
                self.assertEqual(outcome, judged)
                if remedy and remedy.strip(" .…"):
                    self.assertTrue(remedies[word][".zh-CN." in name].startswith(remedy.strip(" .…")), remedies[word])
            count += 1
        self.assertGreater(count, 8)

    def test_all_else_stands_in_the_sources(self):
        sources = "".join(path.read_text() for folder in ("common", "plugins") for path in sorted((support.ROOT / folder).rglob("*.c")))
        sources = re.sub(r'"\s*"', "", sources)
        for name, quotation in self.quotations():
            if self.LINE.match(quotation):
                continue
            if code := re.fullmatch(r"NP-DINGTALK-(\d+)", quotation):
                self.assertIn(f'"{code[1]}"', sources, name)
                continue
            for piece in re.split(r"\.\.\.|#\w+|\d+ ms|[a-z]+/[a-z]+", quotation):
                self.assertIn(piece.strip(), sources, f"{name}: {quotation}")

    def test_each_statement_that_is_named_exists(self):
        sources = "".join(path.read_text() for folder in ("common", "plugins") for path in (support.ROOT / folder).rglob("*.c"))
        known = set(re.findall(r'(?:ROW|OPTION)\w*\("(\w+)"', sources))
        known |= {f"{name}_file" for name in re.findall(r'OPTION_SECRET\w*\("(\w+)"', sources)}
        known |= {"enable_ha", "client_cn", *CHANNELS}  # Icinga 2's; and in a contact every channel's own address
        count = 0
        for name, text in everything():
            for statement in re.findall(r"`([a-z_]+) = [^`]+`", text):
                self.assertIn(statement, known, name)
                count += 1
        self.assertGreater(count, 10)


if __name__ == "__main__":
    unittest.main()
