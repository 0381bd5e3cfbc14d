"""The Debian packages as an administrator meets them: built twice, installed by apt into a Debian of their own, used by the users
of the monitoring systems, upgraded, run by systemd under all restrictions of the units, and purged.
"""
import concurrent.futures
import contextlib
import os
import pathlib
import re
import shutil
import sqlite3
import stat
import subprocess
import tempfile
import unittest

import installed_daemons
import support
from hosts.daemons import free_port
from hosts.debian import Root, own_network
from stub.providers import Stub, all_providers
from stub.server import Answer
from stub.smtp import Sink

PACKAGING = support.ROOT / "packaging"
NAMES = {"notification-plugins", "notification-plugins-dbgsym", "notification-plugins-icinga2", "notification-plugins-nagios",
         "notification-plugins-zabbix"} | {"notification-plugins-ackd", "notification-plugins-ackd-dbgsym"}
BUILD_S = 500
CONFIGURATION = "/etc/notification-plugins"
STATE = "/var/lib/notification-plugins"
OLD_VERSION = "0.0.9"
DAEMON_USERS = ("zabbix", "nagios", "icinga")
# What dpkg, apt and the tools they call keep for themselves.
OF_THE_SYSTEM = re.compile(r"/(proc|sys|dev|run|tmp|packages|var/(lib/(dpkg|apt|systemd|pam|ucf)|log|cache)|etc/(ld\.so\.cache|\.pwd\.lock|"
                           r"(passwd|group|shadow|gshadow|subuid|subgid)-?))(/|$)")

folder = packages = base = again = ready = None


def build(out, **environment):
    """Runs packaging/build-deb; the packages it made by name."""
    done = subprocess.run([str(PACKAGING / "build-deb"), str(out)], env={**os.environ, **environment},
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=BUILD_S, check=False)
    if done.returncode:
        raise RuntimeError(f"build-deb failed:\n{done.stderr[-4000:]}")
    return {path.name.partition("_")[0]: path for path in sorted(pathlib.Path(out).glob("*.deb"))}


def build_elsewhere():
    """From a tree without git, at another place, in another time zone and language, on one processor."""
    tree = folder / "a longer name/tree"
    tree.mkdir(parents=True)
    listed = subprocess.run(["git", "-C", str(support.ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            capture_output=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        for name in filter(None, listed.stdout.decode().split("\0")):
            if (support.ROOT / name).exists():
                (tree / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(support.ROOT / name, tree / name)
    else:
        shutil.copytree(support.ROOT, tree, dirs_exist_ok=True, ignore=shutil.ignore_patterns("build*", ".git", "__pycache__"))
    out = folder / "again"
    scratch = folder / "another-temporary-folder"
    scratch.mkdir()
    subprocess.run(["sh", "-c", 'umask 077; exec "$0" "$1"', str(tree / "packaging/build-deb"), str(out)], check=True,
                   env={**os.environ, "TZ": "Asia/Shanghai", "LC_ALL": "C", "TMPDIR": str(scratch),
                        "DEB_BUILD_OPTIONS": "parallel=1"}, stdin=subprocess.DEVNULL, capture_output=True, timeout=BUILD_S)
    return {path.name.partition("_")[0]: path for path in sorted(out.glob("*.deb"))}


def older(package):
    """The same package with the version of the one before it."""
    tree = folder / "older" / package.name
    tree.parent.mkdir(exist_ok=True)
    subprocess.run(["dpkg-deb", "-R", str(package), str(tree)], check=True)
    control = tree / "DEBIAN/control"
    control.write_text(control.read_text().replace("0.1.0", OLD_VERSION))
    target = folder / "older" / package.name.replace("0.1.0", OLD_VERSION)
    subprocess.run(["dpkg-deb", "-b", str(tree), str(target)], check=True, capture_output=True)
    return target


def setUpModule():
    global folder, packages, base, again
    if os.geteuid() != 0:
        raise unittest.SkipTest("packages are installed and roots are made by root")
    keep = tempfile.TemporaryDirectory(prefix="np-packages-")
    unittest.addModuleCleanup(keep.cleanup)
    folder = pathlib.Path(keep.name)
    folder.chmod(0o755)
    pool = concurrent.futures.ThreadPoolExecutor(1)
    unittest.addModuleCleanup(pool.shutdown)
    made = pool.submit(Root.make, folder / "base", ["dbus", "systemd"])
    packages = build(folder / "packages")
    base = made.result()
    again = pool.submit(build_elsewhere)


def installed_ones():
    return [path for name, path in packages.items() if not name.endswith("-dbgsym")]


def configure(root, stub):
    """What an administrator writes first: a channel, its secret in a file of its own."""
    root.write(f"{CONFIGURATION}/conf.d/test.conf",
               f'webhook "hook" {{ endpoint = "{stub.url}/hook"  signing = "standard"  secret_file = "secrets/hook" '
               'retry { attempts = 1  delay = "1s" } }\n', 0o640)
    root.write(f"{CONFIGURATION}/secrets/hook", stub.providers["webhook"].secrets[0] + "\n", 0o640)
    root.write(f"{CONFIGURATION}/secrets/ops-webhook",
               f"{stub.url}/robot/send?access_token={stub.providers['dingtalk'].token}\n", 0o640)
    root.write(f"{CONFIGURATION}/secrets/ops-secret", stub.providers["dingtalk"].secret + "\n", 0o640)
    group = int(re.search(r"(?m)^notification-secrets:[^:]*:(\d+):", root.at("/etc/group").read_text()).group(1))
    for path in [root.at(f"{CONFIGURATION}/conf.d/test.conf"), *root.at(f"{CONFIGURATION}/secrets").iterdir()]:
        os.chown(path, 0, group)


def add_daemon_user(root, name):
    root.run("useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", name)


def with_packages():
    """A root with the users of daemons that were there first, and all packages installed; made once."""
    global ready
    if ready is None:
        root = base.copy(folder / "ready")
        for user in DAEMON_USERS:
            add_daemon_user(root, user)
        ready = root, root.install(installed_ones()), root.run("notifyctl", "check", check=False)
    return ready


def schema_steps():
    """The SQL of common/store_schema.c, a text for each step."""
    source = (support.ROOT / "common/store_schema.c").read_text(encoding="utf-8")
    body = re.sub(r"/\*.*?\*/", "", source.partition("STORE_STEPS[] = {")[2].partition("\n};")[0], flags=re.DOTALL)
    steps = [""]
    for text, comma in re.findall(r'"((?:[^"\\]|\\.)*)"|(,)', body):
        if comma:
            steps.append("")
        else:
            steps[-1] += text.encode().decode("unicode_escape")
    return [step for step in steps if step]


def make_first_schema(path):
    """The same rows as a store of the first version would hold them."""
    first = path.with_suffix(".first")
    old, new = sqlite3.connect(path), sqlite3.connect(first)
    new.executescript(schema_steps()[0])
    for table, in new.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        columns = ", ".join(row[1] for row in new.execute(f"PRAGMA table_info({table})"))
        rows = old.execute(f"SELECT {columns} FROM {table}").fetchall()
        new.executemany(f"INSERT OR REPLACE INTO {table} ({columns}) VALUES ({', '.join('?' * len(columns.split(',')))})", rows)
    new.execute("PRAGMA user_version = 1")
    new.execute("PRAGMA journal_mode = WAL")
    new.commit()
    old.close()
    new.close()
    about = path.stat()
    os.chown(first, about.st_uid, about.st_gid)
    first.chmod(0o660)
    for end in ("-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    first.rename(path)


def rows(path, sql):
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


class Built(unittest.TestCase):
    def test_all_packages_are_there(self):
        self.assertEqual(NAMES, set(packages))

    def test_lintian_has_no_complaint(self):
        changes, = (folder / "packages").glob("*.changes")
        done = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning", str(changes)], capture_output=True,
                              text=True, check=False)
        self.assertEqual((0, ""), (done.returncode, done.stdout))

    def test_two_builds_are_equal(self):
        other = again.result()
        self.assertEqual(set(packages), set(other))
        self.assertEqual([], [name for name in packages if packages[name].read_bytes() != other[name].read_bytes()])

    def test_modules_are_dependencies_too(self):
        depends = subprocess.run(["dpkg-deb", "-f", str(packages["notification-plugins"]), "Depends"], capture_output=True,
                                 text=True, check=True).stdout
        for library in ("libcurl4", "libical3", "libsqlite3-0", "libjson-c5", "libconfuse2", "libssl3"):
            self.assertRegex(depends, rf"\b{library}\b")


class InRoot(unittest.TestCase):
    """A copy of a root; all tests of a class share `self.root`."""

    @classmethod
    def setUpClass(cls, origin=None):
        cls.root = (origin or base).copy(folder / cls.__name__)
        cls.addClassCleanup(shutil.rmtree, cls.root.path)
        cls.fill()
        cls.stub = cls.enterClassContext(Stub(all_providers()))

    @classmethod
    def fill(cls):
        """For what a class installs before the stand-ins of the providers are there."""

    def send(self, user, number, program="/usr/lib/notification-plugins/notify_webhook", to="hook"):
        return self.root.run(program, "--source", "zabbix", "--", to, f"Problem {number} of {user}", f"event {number}", user=user,
                             check=False)

    def arrived(self, channel, text):
        def found():
            return [one for one in self.stub.accepted(channel) if text in one.request.body.decode()]
        return support.wait_until(found, 5, f"'{text}' by {channel}")


class Installed(InRoot):
    @classmethod
    def setUpClass(cls):
        origin, cls.said, cls.fresh = with_packages()
        super().setUpClass(origin)
        configure(cls.root, cls.stub)

    def owned(self, path):
        about = self.root.at(path).stat()
        group = re.search(rf"(?m)^([^:]+):[^:]*:{about.st_gid}:", self.root.at("/etc/group").read_text()).group(1)
        return f"{stat.S_IMODE(about.st_mode):04o} {about.st_uid}:{group}"

    def test_who_may_read_and_write_what(self):
        wanted = {CONFIGURATION: "0750 0:notification-secrets", f"{CONFIGURATION}/notification.conf": "0640 0:notification-secrets",
                  f"{CONFIGURATION}/secrets": "0750 0:notification-secrets", f"{CONFIGURATION}/conf.d": "0750 0:notification-secrets",
                  f"{CONFIGURATION}/confirm.key": "0640 0:notification-plugins", STATE: "2770 0:notification-plugins",
                  f"{STATE}/state.db": "0660 0:notification-plugins"}
        self.assertEqual(wanted, {path: self.owned(path) for path in wanted})

    def test_members(self):
        users = {"zabbix", "nagios", "icinga", "notifyd"}
        self.assertEqual(users, self.root.members("notification-secrets"))
        self.assertEqual(users | {"notify-ackd"}, self.root.members("notification-plugins"))

    def test_says_what_must_be_restarted(self):
        self.assertRegex(self.said, r"zabbix is a member .* after a restart \(zabbix-server\)")
        self.assertRegex(self.said, r"nagios is a member .* after a restart \(nagios4 or naemon\)|"
                                    r"nagios is a member .* after a restart \(icinga2\)")

    def test_the_shipped_configuration_wants_two_secrets_and_nothing_else(self):
        mistakes = [line for line in self.fresh.stdout.splitlines() if ": mistake: " in line]
        self.assertEqual(2, self.fresh.returncode)
        self.assertTrue(mistakes and all("/secrets/ops-" in line for line in mistakes), self.fresh.stdout)
        for as_user in ((), ("--as", "zabbix"), ("--as", "notifyd")):
            self.root.run("notifyctl", "check", *as_user)

    def test_others_learn_nothing(self):
        done = self.root.run("notifyctl", "check", user="daemon", check=False)
        self.assertNotEqual(0, done.returncode)
        self.assertIn("may not read", done.stdout + done.stderr)

    def test_each_daemons_user_sends(self):
        for number, (user, program) in enumerate({"zabbix": "/etc/zabbix/alert.d/notify_dingtalk",
                                                  "nagios": "/usr/lib/notification-plugins/notify_dingtalk",
                                                  "icinga": "/usr/lib/notification-plugins/notify_dingtalk"}.items()):
            done = self.send(user, number, program, "ops")
            self.assertEqual(0, done.returncode, f"{user}: {done.stdout}{done.stderr}")
            self.assertRegex(done.stdout, r"\Adelivered dingtalk/ops ")
            self.arrived("dingtalk", f"Problem {number} of {user}")
        for directory in ("/etc/zabbix/alert.d", "/usr/lib/zabbix/alertscripts"):
            for media_type in (support.ROOT / "conf/zabbix/6.0").glob("notify_*.yaml"):
                self.assertFalse(self.root.at(f"{directory}/{media_type.stem}").is_symlink(), "Zabbix 6.0.15 refuses links")
                self.root.run(f"{directory}/{media_type.stem}", "--version", user="zabbix")

    def test_a_pass_of_the_worker_as_its_own_user(self):
        self.stub.script("webhook", Answer(status=503))
        self.send("zabbix", 77)
        self.assertIn("1 waiting", self.root.run("notifyctl", "outbox", user="notifyd").stdout)

        def told():
            self.root.run("notifyctl", "tick", user="notifyd")
            return "0 waiting" in self.root.run("notifyctl", "outbox", user="notifyd").stdout
        support.wait_until(told, 90, "the message that waits", 1)
        self.arrived("webhook", "Problem 77 of zabbix")

    def test_a_pass_by_cron_only_without_systemd(self):
        line = self.root.at("/etc/cron.d/notification-plugins").read_text().splitlines()[-1]
        user, _, command = line.removeprefix("* * * * * ").partition(" ")
        self.assertEqual("notifyd", user)
        # three rests of 15 s are left out
        once = command.replace("sleep 15", "true").replace("notifyctl tick", "echo pass; notifyctl tick")
        self.assertEqual("pass\n" * 4, self.root.run("sh", "-c", once, user=user).stdout)
        self.root.at("/run/systemd/system").mkdir(parents=True)
        try:
            self.assertEqual("", self.root.run("sh", "-c", once, user=user).stdout)
        finally:
            self.root.at("/run/systemd/system").rmdir()

    def test_sysusers_would_make_the_same_accounts(self):
        text = self.root.at("/usr/lib/sysusers.d/notification-plugins.conf").read_text()
        for kind, name, of in re.findall(r"(?m)^([gum]) (\S+) (\S+)", text):
            if kind == "m":
                self.assertIn(name, self.root.members(of))
            else:
                self.assertIn(f"group {name}", self.root.accounts())

    def test_manual_pages_and_examples(self):
        for name in self.root.at("/usr/lib/notification-plugins").iterdir():
            if name.suffix != ".so":
                self.assertTrue(list(self.root.at("/usr/share/man").glob(f"man[18]/{name.name}.*.gz")), name.name)
        for example in (support.ROOT / "conf/conf.d").iterdir():
            self.assertTrue(self.root.at(f"{CONFIGURATION}/conf.d/{example.name}").exists())


class DaemonsComeLater(installed_daemons.Zabbix, installed_daemons.Nagios, installed_daemons.Icinga, InRoot):
    """Debian's own Zabbix is installed together with the packages, its nagios4 and icinga2 later; then all of them tell people."""

    @classmethod
    def fill(cls):
        cls.root.write("/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755)  # nothing is started before it boots
        cls.with_zabbix = cls.root.install(installed_ones(), "zabbix-server-pgsql", "postgresql", "zabbix-frontend-php", "php-cli",
                                           "php-pgsql", "php-cgi")
        cls.before = cls.root.members("notification-plugins")
        cls.said = cls.root.apt("install", "nagios4-core", "icinga2-bin")
        cls.root.at("/usr/sbin/policy-rc.d").unlink()
        cls.root.name(installed_daemons.NODE)
        cls.enterClassContext(own_network())
        cls.mail = cls.enterClassContext(Sink(port=25))

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        configure(cls.root, cls.stub)
        installed_daemons.configure(cls.root)
        cls.machine = cls.enterClassContext(cls.root.booted())

    def test_1_their_users_join(self):
        for user, said in (("zabbix", self.with_zabbix), ("nagios", self.said)):
            self.assertEqual(1, len(re.findall(rf"{user} is a member .* after a restart", said)), user)
        self.assertNotIn("nagios", self.before)
        for group in ("notification-plugins", "notification-secrets"):
            self.assertLessEqual({"zabbix", "nagios"}, self.root.members(group))

    def test_5_all_of_them_use_one_store(self):
        self.assertEqual([("icinga2",), ("nagios",), ("zabbix",)], self.store(
            "SELECT DISTINCT source FROM notification WHERE outcome = 'delivered' AND source IN ('icinga2', 'nagios', 'zabbix')"
            " ORDER BY 1"))
        found = self.machine.run("find", STATE, "-printf", "%y %m %g\n").stdout.splitlines()
        self.assertEqual({"d 2770 notification-plugins", "f 660 notification-plugins"}, set(found))
        self.assertEqual("", self.machine.run("systemctl", "list-units", "--failed", "--plain", "--no-legend", "n*").stdout)

    def test_6_purged_they_leave_the_groups(self):
        self.machine.stop()
        self.root.apt("purge", "notification-plugins-nagios")
        self.assertIn("nagios", self.root.members("notification-secrets"), "Icinga's package still wants it")
        self.root.apt("purge", "notification-plugins-icinga2")
        self.assertNotIn("nagios", self.root.members("notification-secrets"))
        self.assertNotIn("nagios", self.root.members("notification-plugins"))
        self.assertIn("zabbix", self.root.members("notification-secrets"))


class UpgradedAndPurged(InRoot):
    """One story: what was there before, the version before, an upgrade with a store of the first schema, and the end."""

    def tree(self):
        found = set()
        for path in self.root.path.rglob("*"):
            name = f"/{path.relative_to(self.root.path)}"
            if not OF_THE_SYSTEM.match(name):
                found.add(name)
        return found

    def test_upgrade_keeps_everything_and_purge_leaves_nothing(self):
        root, database = self.root, self.root.at(f"{STATE}/state.db")
        for user in DAEMON_USERS:
            add_daemon_user(root, user)
        root.run("groupadd", "--system", "notification-plugins")
        root.run("gpasswd", "--add", "icinga", "notification-plugins")  # the administrator's own doing
        before, accounts = self.tree(), root.accounts()

        root.install([older(path) for path in installed_ones()])
        configure(root, self.stub)
        self.stub.script("webhook", Answer(status=503))
        self.send("nagios", 1)
        self.assertEqual(0, self.send("zabbix", 2).returncode)
        make_first_schema(database)
        with open(root.at(f"{CONFIGURATION}/notification.conf"), "a", encoding="utf-8") as file:
            file.write("# by the administrator\n")
        root.at(CONFIGURATION).chmod(0o755)
        key = root.at(f"{CONFIGURATION}/confirm.key").read_bytes()

        self.assertIn(f"({packages['notification-plugins'].name.split('_')[1]}) over ({OLD_VERSION})", root.install(installed_ones()))
        self.assertEqual([(len(schema_steps()),)], rows(database, "PRAGMA user_version"))
        self.assertEqual({"waiting": 1, "delivered": 1},
                         dict(rows(database, "SELECT outcome, COUNT(*) FROM notification WHERE reason <> 'operator' GROUP BY outcome")))
        self.assertIn("# by the administrator", root.at(f"{CONFIGURATION}/notification.conf").read_text())
        self.assertEqual(0o755, stat.S_IMODE(root.at(CONFIGURATION).stat().st_mode), "what the administrator changed stays")
        self.assertEqual(key, root.at(f"{CONFIGURATION}/confirm.key").read_bytes())
        self.assertEqual(0, self.send("icinga", 3).returncode)

        root.apt("remove", "notification-plugins")
        self.assertTrue(database.exists(), "removed, not purged")
        root.apt("purge", *(name for name in packages if not name.endswith("-dbgsym")))
        root.apt("autoremove", "--purge")
        written = {f"{CONFIGURATION}/{name}" for name in ("conf.d/test.conf", "secrets/hook", "secrets/ops-webhook", "secrets/ops-secret")}
        self.assertEqual({"", "conf.d", "secrets"} | {name.removeprefix(f"{CONFIGURATION}/") for name in written},
                         {name.removeprefix(CONFIGURATION).lstrip("/") for name in self.tree() - before},
                         "the administrator's own files stay, and nothing else")
        made = {"passwd notifyd", "group notifyd", "group notification-secrets"}
        made |= {"passwd notify-ackd", "group notify-ackd"}
        self.assertEqual(accounts | made, root.accounts())
        self.assertEqual({"notifyd"}, root.members("notification-secrets"))
        self.assertEqual({"icinga", "notifyd"} | {"notify-ackd"}, root.members("notification-plugins"))
        self.assertEqual(set(), before - self.tree())


class Booted(InRoot):
    """The units at work under a systemd of their own, with everything that they forbid themselves."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass(with_packages()[0])
        configure(cls.root, cls.stub)
        # One message waits, for the timer.
        cls.stub.script("webhook", Answer(status=503))
        cls.root.run("/usr/lib/notification-plugins/notify_webhook", "--source", "zabbix", "--", "hook", "For the timer", "1",
                     user="zabbix", check=False)
        cls.machine = cls.enterClassContext(cls.root.booted())

    def test_1_only_the_timer_is_on(self):
        states = {name: self.machine.run("systemctl", "is-enabled", name, check=False).stdout.strip()
                  for name in ("notification-plugins-tick.timer", "notifyd.service")}
        self.assertEqual({"notification-plugins-tick.timer": "enabled", "notifyd.service": "disabled"}, states)
        self.assertEqual("active", self.machine.run("systemctl", "is-active", "notification-plugins-tick.timer").stdout.strip())
        self.assertEqual("", self.machine.run("systemctl", "list-units", "--failed", "--plain", "--no-legend", "n*").stdout)

    def test_2_the_timer_delivers_what_waits(self):
        support.wait_until(lambda: any("For the timer" in one.request.body.decode() for one in self.stub.accepted("webhook")), 60,
                           "the message that waited for the timer\n" + self.machine.journal("notification-plugins-tick.service"), 0.2)
        support.wait_until(lambda: self.machine.show("notification-plugins-tick.service", "ActiveState") == "inactive", 10, "its end")
        self.assertEqual("success", self.machine.show("notification-plugins-tick.service", "Result"))
        self.assertEqual("", self.machine.run("find", STATE, "!", "-group", "notification-plugins").stdout)
        said = self.machine.journal("notification-plugins-tick.service")
        self.assertRegex(said, r"(?m)^delivered #")
        self.assertNotRegex(said, r"Starting|Finished|skipped", "nothing of that kind four times a minute")

    def test_3_notifyd_delivers_and_the_timer_rests(self):
        self.machine.run("systemctl", "start", "notifyd.service")
        self.stub.script("webhook", Answer(status=503))
        done = self.send("nagios", 5)
        self.assertIn("queued", done.stdout, done.stderr)
        support.wait_until(lambda: any("Problem 5 of nagios" in one.request.body.decode() for one in self.stub.accepted("webhook")),
                           60, "the message that waited for notifyd", 0.2)
        self.assertEqual("active", self.machine.show("notifyd.service", "ActiveState"), self.machine.journal("notifyd.service"))
        self.machine.run("systemctl", "start", "notification-plugins-tick.service")
        self.assertEqual("no", self.machine.show("notification-plugins-tick.service", "ConditionResult"))
        self.machine.run("systemctl", "reload", "notifyd.service")
        support.wait_until(lambda: "the configuration was read again" in self.machine.journal("notifyd.service"), 10, "the reload", 0.2)
        self.machine.run("systemctl", "stop", "notifyd.service")
        self.assertEqual("success", self.machine.show("notifyd.service", "Result"))
        self.machine.run("systemctl", "start", "notification-plugins-tick.service")
        self.assertEqual("yes", self.machine.show("notification-plugins-tick.service", "ConditionResult"))

    def test_6_an_upgrade_starts_what_runs_anew_and_nothing_else(self):
        """As an upgrade of the same version: what dpkg runs is the same."""
        units = ("notifyd.service", "notify-ackd.service")
        names = sorted(f"/packages/{path.name}" for path in installed_ones())

        def upgraded():
            before = [self.machine.show(unit, "MainPID") for unit in units]
            self.machine.run("dpkg", "--install", *names)
            return list(zip(before, [self.machine.show(unit, "MainPID") for unit in units]))
        self.assertEqual([("0", "0")] * 2, upgraded())
        self.machine.run("systemctl", "start", *units)
        for before, after in upgraded():
            self.assertNotIn(before, ("0", after))
            self.assertNotEqual("0", after)
        self.machine.run("systemctl", "stop", *units, "notify-ackd.socket")

    @contextlib.contextmanager
    def as_the_unit(self, unit, script):
        """In place of the program, a shell under the unit's restrictions; gives what it said."""
        drop_in = f"[Service]\nExecStart=\nExecStart=/bin/sh -c '{script}'\nType=oneshot\nRestart=no\nLogLevelMax=info\n"
        self.root.write(f"/etc/systemd/system/{unit}.d/test.conf", drop_in)
        self.machine.run("systemctl", "daemon-reload")
        try:
            self.machine.run("systemctl", "stop", unit)
            self.machine.run("systemctl", "start", unit, check=False)
            yield self.machine.journal(unit).splitlines()
        finally:
            shutil.rmtree(self.root.at(f"/etc/systemd/system/{unit}.d"))
            self.machine.run("systemctl", "daemon-reload")

    def test_4_what_the_worker_may_not(self):
        # What file modes would let it do.
        for path in ("/srv/open", "/home/open"):
            self.root.at(path).mkdir()
            self.root.at(path).chmod(0o777)
        script = ("touch /srv/open/x || echo no writing; ls /home/open || echo no home; "
                  "touch /tmp/x; chmod u+s /tmp/x || echo no setuid; unshare -U true || echo no namespace; "
                  f"touch {STATE}/x && rm {STATE}/x && echo store; cat {CONFIGURATION}/secrets/hook >/dev/null && echo secrets")
        with self.as_the_unit("notifyd.service", script) as said:
            for wanted in ("no writing", "no home", "no setuid", "no namespace", "store", "secrets"):
                self.assertIn(wanted, said)

    def test_5_the_page_answers_and_sees_no_configuration(self):
        port = free_port()
        self.root.write("/etc/systemd/system/notify-ackd.socket.d/test.conf",
                        f"[Socket]\nListenStream=\nListenStream=127.0.0.1:{port}\nListenStream=/run/notify-ackd/ackd.sock\n")
        self.machine.run("systemctl", "daemon-reload")
        self.machine.run("systemctl", "start", "notify-ackd.socket")
        door = f"/proc/{self.machine.leader}/root/run/notify-ackd/ackd.sock"
        for way in ((), ("--unix-socket", door)):
            done = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", *way, f"http://127.0.0.1:{port}/nonsense"],
                                  capture_output=True, text=True, check=False)
            self.assertRegex(done.stdout, r"\A[34]\d\d\Z", self.machine.journal("notify-ackd.service"))
        self.assertEqual("660 root:notify-ackd",
                         self.machine.run("stat", "--format=%a %U:%G", "/run/notify-ackd/ackd.sock").stdout.strip())
        self.machine.run("systemctl", "stop", "notify-ackd.service", "notify-ackd.socket")
        with self.as_the_unit("notify-ackd.service", "ls /etc/notification-plugins || echo no configuration; "
                              "cat ${CREDENTIALS_DIRECTORY}/confirm.key >/dev/null && echo key; "
                              f"ls {STATE} && echo store") as said:
            for wanted in ("no configuration", "key", "store"):
                self.assertIn(wanted, said)


if __name__ == "__main__":
    unittest.main()
