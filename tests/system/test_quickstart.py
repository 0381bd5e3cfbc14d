"""packaging/quickstart with the programs that are built: what arrives, what it says when something is missing, what it leaves.

Each test runs it in a tree of its own: the sources' packaging, conf and templates, the built programs, and a `cmake` that has
nothing to do. Package managers are stand-ins, too; nothing is installed.
"""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("NP_BUILD", ROOT / "build")).resolve()
CHANNELS = ["dingtalk", "wecom", "feishu", "slack", "teams", "aliyun_sms", "tencent_sms", "email", "webhook"]


class Quickstart(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="quickstart-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.tree = self.folder / "tree"
        self.tools = self.folder / "tools"
        self.scratch = self.folder / "scratch"
        for made in (self.tools, self.scratch, self.tree / "build", self.tree / "tests"):
            made.mkdir(parents=True)
        shutil.copytree(ROOT / "packaging", self.tree / "packaging")  # finds its tree by its own path
        for name in ("conf", "templates"):
            (self.tree / name).symlink_to(ROOT / name)
        (self.tree / "build/CMakeCache.txt").touch()
        for name in ["notify_sandbox", *(f"notify_{channel}" for channel in CHANNELS)]:
            self.assertTrue((BUILD / name).exists(), f"{BUILD / name} is not built")
            (self.tree / "build" / name).symlink_to(BUILD / name)
        self.tool("cmake", "exit 0")

    def tool(self, name, script):
        path = self.tools / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def run_it(self, *options, language="en_US.UTF-8"):
        return subprocess.run([str(self.tree / "packaging/quickstart"), *options], stdin=subprocess.DEVNULL,
                              env={"PATH": f"{self.tools}:/usr/bin:/bin", "TMPDIR": str(self.scratch), "LANG": language},
                              capture_output=True, text=True, timeout=60, check=False)

    def test_every_channel_brings_three_messages(self):
        done = self.run_it("--yes")
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        self.assertIn("\n27 of 27 messages arrived, signatures checked\n", done.stdout)
        self.assertIn("What next:", done.stdout)
        # and one change: Slack's first message shows that its problem is over
        self.assertEqual(27 + 1, done.stdout.count("└ ✓ accepted"))
        self.assertEqual("", done.stderr)
        # what Zabbix' quoting must bring through
        self.assertIn("top -o %CPU", done.stdout)
        self.assertEqual([], list(self.scratch.iterdir()), "the temporary folder is left")

    def test_speaks_chinese_where_the_machine_does(self):
        done = self.run_it(language="zh_CN.UTF-8")
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        self.assertIn("27 / 27 条消息已到达，签名均已核对", done.stdout)

    def test_a_missing_message_is_named_and_is_a_failure(self):
        (self.tree / "build/notify_slack").unlink()
        (self.tree / "build/notify_slack").symlink_to("/bin/true")
        done = self.run_it()
        self.assertEqual(1, done.returncode)
        self.assertIn("missing: Slack, 0 of 3 arrived", done.stdout)
        self.assertIn("24 of 27 messages arrived", done.stdout)

    def test_a_program_that_fails_is_quoted(self):
        (self.tree / "build/notify_wecom").unlink()
        (self.tree / "build/notify_wecom").write_text("#!/bin/sh\necho 'NP-TEST no such thing' >&2\nexit 2\n")
        (self.tree / "build/notify_wecom").chmod(0o755)
        done = self.run_it()
        self.assertEqual(1, done.returncode)
        self.assertIn("notify_wecom (PROBLEM): NP-TEST no such thing", done.stdout)

    def test_a_program_that_sends_and_then_fails_is_a_failure(self):
        (self.tree / "build/notify_wecom").unlink()
        (self.tree / "build/notify_wecom").write_text(f"#!/bin/sh\n{BUILD}/notify_wecom \"$@\"\nexit 1\n")
        (self.tree / "build/notify_wecom").chmod(0o755)
        done = self.run_it()
        self.assertEqual(1, done.returncode)
        self.assertIn("27 of 27 messages arrived", done.stdout)

    def test_keeps_configuration_and_record_when_asked(self):
        done = self.run_it("--keep")
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        (kept,) = self.scratch.iterdir()
        self.assertIn(str(kept), done.stdout)
        self.assertEqual(0o700, kept.stat().st_mode & 0o777)
        for path in kept.rglob("*"):
            self.assertEqual(0, path.stat().st_mode & 0o007, f"{path} can be read by others")
        record = (kept / "record.jsonl").read_text()
        secrets = [path.read_text().strip() for path in (kept / "secrets").iterdir()]
        self.assertEqual(13, len(secrets))
        for secret in secrets:
            self.assertNotIn(secret, record)

    def test_asks_before_it_installs_and_stops_when_nobody_is_there(self):
        self.tool("pkg-config", "exit 1")
        self.tool("apt-get", f"echo \"$@\" >>{self.folder}/installed")
        self.tool("dnf", f"echo \"$@\" >>{self.folder}/installed")
        done = self.run_it()
        self.assertEqual(1, done.returncode)
        self.assertIn("libjson-c-dev", done.stdout)
        self.assertIn("--yes", done.stderr)
        self.assertFalse((self.folder / "installed").exists())

    def test_installs_what_is_missing_and_only_that(self):
        self.tool("pkg-config", f"test \"$2\" != libconfuse || test -e {self.folder}/installed")
        self.tool("apt-get", f"echo \"$@\" >>{self.folder}/installed")
        self.tool("sudo", "exec \"$@\"")
        done = self.run_it("--yes")
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        calls = [line for line in (self.folder / "installed").read_text().splitlines() if "install" in line]
        self.assertEqual(["libconfuse-dev"], [word for word in calls[-1].split() if word.startswith("lib")])

    def test_a_failed_build_is_shown(self):
        self.tool("cmake", "echo 'the compiler says no'; exit 1")
        done = self.run_it()
        self.assertEqual(1, done.returncode)
        self.assertIn("the compiler says no", done.stderr)
        self.assertEqual([], list(self.scratch.iterdir()))

    def test_knows_its_options(self):
        done = self.run_it("--help")
        self.assertEqual(0, done.returncode)
        self.assertTrue(done.stdout.startswith("Builds the plugins"), done.stdout)
        self.assertEqual(3, self.run_it("--what").returncode)


if __name__ == "__main__":
    unittest.main()
