"""The pages in packaging/doc: their tables are current, their configurations have no mistake, their commands run, links lead somewhere.

Nothing leaves this machine: all HTTP goes to a proxy that is not there, and mail to a port where nobody listens.
"""
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import support
from test_conf import SECRETS

FOLDER = support.ROOT / "packaging/doc"
CHANNELS = {"dingtalk": "dingtalk.md", "wecom": "wecom.md", "feishu": "feishu.md", "slack": "slack.md", "teams": "teams.md",
            "aliyun_sms": "aliyun-sms.md", "tencent_sms": "tencent-sms.md", "email": "email.md", "webhook": "webhook-and-push.md"}
OF_CHINA = ("dingtalk", "wecom", "feishu", "aliyun-sms", "tencent-sms", "zabbix")
MINE = ["index.md", *CHANNELS.values(), "zabbix.md", "nagios-naemon.md", "icinga2.md", "checkmk.md", "operation.md",
        *(f"{name}.zh-CN.md" for name in OF_CHINA)]
DEAD = "http://127.0.0.1:1"
PROGRAMS = "/usr/lib/notification-plugins"


def blocks(page, tag):
    """The fenced examples of a page with this tag, without the indentation of the list that they stand in."""
    found = re.findall(rf"^( *)```{tag}\n(.*?)^ *```$", (FOLDER / page).read_text(), re.DOTALL | re.MULTILINE)
    return [re.sub(rf"^{indent}", "", text, flags=re.MULTILINE) for indent, text in found]


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
        sys.path.insert(0, str(FOLDER))
        import make_doc  # pylint: disable=import-outside-toplevel
        self.assertEqual({(pathlib.Path(make_doc.TABLES[name][0]).name, make_doc.TABLES[name][1]) for name in named}, arrays)

    def test_each_page_says_how_to_try_it_and_what_errors_mean(self):
        for name in MINE[1:]:
            if name == "operation.md":
                continue
            heads = re.findall(r"^## (.*)$", (FOLDER / name).read_text(), re.MULTILINE)
            wanted = ("试一试", "应答|报错", "限制") if ".zh-CN." in name else ("Try it", "What .* mean", "Limits")
            for one in wanted:
                self.assertTrue([head for head in heads if re.search(one, head)], f"{name}: {one}")

    def test_links_lead_somewhere(self):
        for name in MINE:
            for target in re.findall(r"\]\(([^)#]+)\)", (FOLDER / name).read_text()):
                if "://" not in target:
                    self.assertTrue((FOLDER / target).exists(), f"{name}: {target}")

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
            secret = SECRETS.get(name, "0123456789abcdef")
            if name == "ops-wecom" or 'webhook_file   = "secrets/ops-wecom"' in text:
                secret = SECRETS["ops-wecom"]
            support.write(self.folder / "secrets" / name, secret + "\n", 0o640)
        more = {"state": self.folder / "state", "templates": support.ROOT / "templates", "proxy": DEAD}
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


if __name__ == "__main__":
    unittest.main()
