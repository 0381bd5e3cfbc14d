"""The RPM packages: built twice, judged by rpmlint, installed by rpm into a system of their own with the scripts that run at
installation, used there by the users of the monitoring systems, installed once more, and erased.

That system is a Debian: its libraries are not in rpm's database, so nothing is said of dependencies between packages of a
RHEL, nor of its SELinux; systemd's macros, which Debian's rpm does not have, are only parsed.
"""
import concurrent.futures
import os
import pathlib
import re
import shutil
import stat
import subprocess
import tempfile
import unittest

import support
from hosts.debian import Root
from stub.providers import Stub, all_providers

PACKAGING = support.ROOT / "packaging"
SPECIFICATION = PACKAGING / "rpm/notification-plugins.spec"
PARTS = {"notification-plugins", "notification-plugins-zabbix", "notification-plugins-nagios", "notification-plugins-icinga2",
         "notification-plugins-ackd"}
# What the programs need at run time, by Debian's names.
LIBRARIES = ["libcurl4", "libjson-c5", "libconfuse2", "libsqlite3-0", "libical3", "libmicrohttpd12", "tzdata"]
CONFIGURATION, STATE = "/etc/notification-plugins", "/var/lib/notification-plugins"
BUILD_S = 400

folder = packages = again = root = None


def call(*command, check=True, environment=None):
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=BUILD_S, check=False,
                          env={**os.environ, "CCACHE_DISABLE": "1", **(environment or {})})
    if check and done.returncode:
        raise AssertionError(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout[-6000:]}")
    return done


def build(tree, out, **environment):
    """Runs a tree's packaging/build-rpm; the packages it made, by name ("….src" for the sources)."""
    call("nice", tree / "packaging/build-rpm", "--no-check", "--top", folder / "top", out, environment=environment)
    found = {}
    for path in sorted(out.glob("*.rpm")):
        name, kind = call("rpm", "-qp", "--nosignature", "--qf", "%{NAME} %{SOURCEPACKAGE}", path).stdout.split()
        found[name + (".src" if kind == "1" else "")] = path
    return found


def build_elsewhere():
    """From an unpacked archive, at another place, in another time zone and language."""
    archive = pathlib.Path(call(PACKAGING / "dist", folder / "archive").stdout.strip())
    tree = folder / "a longer name"
    tree.mkdir()
    call("tar", "-xf", archive, "-C", tree, "--strip-components=1")
    return build(tree, folder / "again", TZ="Asia/Shanghai", LC_ALL="C")


def setUpModule():
    global folder, packages, again, root
    if os.geteuid() != 0:
        raise unittest.SkipTest("packages are installed and roots are made by root")
    keep = tempfile.TemporaryDirectory(prefix="np-rpm-")
    unittest.addModuleCleanup(keep.cleanup)
    folder = pathlib.Path(keep.name)
    folder.chmod(0o755)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        made = pool.submit(Root.make, folder / "root", LIBRARIES)
        packages = build(support.ROOT, folder / "packages")
        again = build_elsewhere()
        root = made.result()


def rpm(*arguments, check=True):
    """rpm at work in the root, with a database of its own there. --nodeps: its libraries came as Debian's packages."""
    return call("rpm", "--root", root.path, "--dbpath", "/var/lib/rpm", *arguments, check=check).stdout


def daemon_package(name, user, program):
    """A package that brings what a monitoring system's brings: its user before its files, and its program."""
    top = folder / "daemons" / name
    top.mkdir(parents=True)
    specification = top / f"{name}.spec"
    specification.write_text(f"""
Name: {name}
Version: 1
Release: 1
Summary: Stands in for the daemon
License: Apache-2.0
BuildArch: noarch
%description
It has its user and its program's name.
%install
mkdir -p $RPM_BUILD_ROOT{os.path.dirname(program)}
echo '#!/bin/sh' >$RPM_BUILD_ROOT{program}
%pre
getent passwd {user} >/dev/null || useradd -r -U -s /sbin/nologin {user}
%files
%attr(0755,root,root) {program}
""", encoding="utf-8")
    call("rpmbuild", "-bb", "--nodeps", "--define", f"_topdir {top}", specification)
    return next((top / "RPMS/noarch").glob("*.rpm"))


class Built(unittest.TestCase):
    def test_all_parts_are_there(self):
        wanted = {*PARTS, "notification-plugins-debuginfo", "notification-plugins.src"}
        self.assertEqual(wanted, {name for name in packages if name != "notification-plugins-ackd-debuginfo"})

    def test_two_builds_are_the_same(self):
        self.assertEqual(list(packages), list(again))
        self.assertEqual([], [name for name in packages if packages[name].read_bytes() != again[name].read_bytes()])

    def test_rpmlint_has_nothing_to_say(self):
        done = call("rpmlint", "-c", PACKAGING / "rpm/rpmlint.toml", *packages.values(), SPECIFICATION, check=False)
        self.assertRegex(done.stdout, r"0 errors, 0 warnings", done.stdout)

    def test_the_version_is_that_of_the_sources(self):
        version = re.search(r"VERSION (\S+)", (support.ROOT / "CMakeLists.txt").read_text().split("project(", 1)[1]).group(1)
        text = SPECIFICATION.read_text(encoding="utf-8")
        self.assertEqual(version, re.search(r"(?m)^Version: +(\S+)", text).group(1))
        self.assertEqual(f"{version}-1", re.search(r"(?m)^%changelog\n\* .* - (\S+)$", text).group(1))

    def test_debug_information_is_apart_and_names_no_folder_of_the_build(self):
        names = call("rpm", "-qlp", packages["notification-plugins-debuginfo"]).stdout
        for name in ("notify_email", "notifyctl", "transport_curl.so"):
            self.assertRegex(names, rf"/usr/lib/debug/.*/{name}-.*\.debug")
        there = folder / "debuginfo"
        there.mkdir()
        subprocess.run(f"rpm2cpio '{packages['notification-plugins-debuginfo']}' | cpio -id --quiet", shell=True, check=True, cwd=there)
        debug = next(there.rglob("notify_email-*.debug"))
        self.assertNotIn(str(folder).encode(), debug.read_bytes())

    def test_private_modules_are_offered_to_nobody_and_what_they_need_is_required(self):
        provides = call("rpm", "-qp", "--provides", packages["notification-plugins"]).stdout
        self.assertNotIn(".so", provides)
        requires = call("rpm", "-qp", "--requires", packages["notification-plugins"]).stdout
        for library in ("libcurl", "libcrypto", "libsqlite3", "libjson-c", "libconfuse", "libical"):
            self.assertRegex(requires, rf"(?m)^{library}\.so\.\d+")

    def test_the_specification_is_read_with_every_choice(self):
        systemd = ["--define", "systemd_requires Requires: systemd"]
        for macro in ("post", "preun", "postun_with_restart"):
            systemd += ["--define", f"systemd_{macro}() systemctl-{macro} %{{*}}"]
        for choice in ([], ["--without", "ackd"], ["--without", "check", "--without", "ical"], ["--define", "rhel 8", "--define", "dist .el8"]):
            text = call("rpmspec", "-P", "--define", f"_sourcedir {folder}", *choice, *systemd, SPECIFICATION).stdout
            self.assertIn("systemctl-post notifyd.service notification-plugins-tick.timer", text)
            self.assertIn("systemctl-postun_with_restart notifyd.service", text)
            self.assertEqual("ackd" not in choice, "systemctl-preun notify-ackd.socket notify-ackd.service" in text)
            self.assertEqual("ical" in choice or "rhel 8" in choice, "pkgconfig(libical)" not in text)


def account_lines(text):
    """What a sysusers.d file asks for: {"g NAME", "u NAME", "m USER GROUP"}."""
    return {" ".join(words[:3] if words[0] == "m" else words[:2]) for line in text.splitlines()
            if (words := line.split()) and words[0] in "gum"}


class Accounts(unittest.TestCase):
    def test_the_script_makes_what_sysusers_would(self):
        text = SPECIFICATION.read_text(encoding="utf-8")
        for part, name in (("%pre\n", "notification-plugins"), ("%pre ackd\n", "notify-ackd")):
            script = re.sub(r"\\\n *", "", text.split(part, 1)[1].split("exit 0")[0])
            made = {f"g {group}" for group in re.findall(r"groupadd -r (\S+)", script)}
            for group, others, user in re.findall(r"useradd -r -g (\S+) -G (\S+) .* (\S+)$", script, re.M):
                made |= {f"u {user}", *(f"m {user} {other}" for other in others.split(","))}
                self.assertIn(f"g {group}", made)
                made.remove(f"g {group}")  # `u` makes one of its name
            wanted = account_lines((PACKAGING / f"systemd/{name}.sysusers").read_text(encoding="utf-8"))
            self.assertEqual(wanted, made)


class Policy(unittest.TestCase):
    """The module for SELinux is compiled; whether a kernel that enforces it agrees is not known here."""

    def test_it_compiles_against_the_reference_policy(self):
        there = folder / "selinux"
        shutil.copytree(PACKAGING / "rpm/selinux", there)
        call("make", "-C", there, "-f", "/usr/share/selinux/devel/Makefile", "notification_plugins.pp")
        self.assertTrue((there / "notification_plugins.pp").stat().st_size)

    def test_every_place_has_a_label(self):
        lines = [line.split("\t")[0] for line in (PACKAGING / "rpm/selinux/notification_plugins.fc").read_text().splitlines()
                 if line.startswith("/")]
        for path in (CONFIGURATION, f"{CONFIGURATION}/secrets/ops-secret", STATE, f"{STATE}/state.db-wal", "/run/notify-ackd/ackd.sock",
                     "/usr/lib/zabbix/alertscripts/notify_email",
                     *(f"/usr/lib/notification-plugins/{name}" for name in ("notify_email", "notifyctl", "notifyd", "notify_ackd"))):
            self.assertTrue([line for line in lines if re.fullmatch(line, path)], path)
        for module in ("transport_curl.so", "calendar_ical.so"):
            self.assertFalse([line for line in lines if re.fullmatch(line, f"/usr/lib/notification-plugins/{module}")], module)


class Installed(unittest.TestCase):
    """Zabbix is there before, with an agent's user beside it; Nagios and Icinga come after."""
    @classmethod
    def setUpClass(cls):
        cls.stub = cls.enterClassContext(Stub(all_providers()))
        rpm("--initdb")
        rpm("-i", "--nodeps", daemon_package("zabbix-server-mysql", "zabbix", "/usr/sbin/zabbix_server_mysql"))
        root.run("useradd", "--system", "--user-group", "naemon")  # a user alone is no daemon
        cls.said = rpm("-i", "--nodeps", "--excludedocs", *(packages[name] for name in sorted(PARTS)))
        cls.before = root.members("notification-secrets")
        cls.fresh = root.run("notifyctl", "check", check=False)
        cls.said_later = rpm("-i", "--nodeps", daemon_package("nagios", "nagios", "/usr/sbin/nagios"))
        cls.said_later += rpm("-i", "--nodeps", daemon_package("icinga2-bin", "icinga", "/usr/sbin/icinga2"))
        cls.group = int(re.search(r"(?m)^notification-secrets:[^:]*:(\d+):", root.at("/etc/group").read_text()).group(1))
        cls.write_configuration()

    @classmethod
    def write_configuration(cls):
        provider = cls.stub.providers["dingtalk"]
        for name, secret in (("ops-webhook", f"{cls.stub.url}/robot/send?access_token={provider.token}"),
                             ("ops-secret", provider.secret)):
            root.write(f"{CONFIGURATION}/secrets/{name}", secret + "\n", 0o640)
            os.chown(root.at(f"{CONFIGURATION}/secrets/{name}"), 0, cls.group)
        with open(root.at(f"{CONFIGURATION}/notification.conf"), "a", encoding="utf-8") as file:
            file.write("# the administrator's\n")

    def owned(self, path):
        about = root.at(path).stat()
        group = re.search(rf"(?m)^([^:]+):[^:]*:{about.st_gid}:", root.at("/etc/group").read_text()).group(1)
        return f"{stat.S_IMODE(about.st_mode):04o} {about.st_uid}:{group}"

    def test_1_who_may_read_and_write_what(self):
        wanted = {CONFIGURATION: "0750 0:notification-secrets", f"{CONFIGURATION}/notification.conf": "0640 0:notification-secrets",
                  f"{CONFIGURATION}/conf.d": "0750 0:notification-secrets", f"{CONFIGURATION}/secrets": "0750 0:notification-secrets",
                  f"{CONFIGURATION}/confirm.key": "0640 0:notification-plugins", STATE: "2770 0:notification-plugins",
                  f"{STATE}/state.db": "0660 0:notification-plugins"}
        self.assertEqual(wanted, {path: self.owned(path) for path in wanted})

    def test_1_users_join_with_their_daemon(self):
        self.assertEqual({"notifyd", "zabbix"}, self.before)
        self.assertRegex(self.said, r"user zabbix joined its groups; restart the daemon")
        for user in ("nagios", "icinga"):
            self.assertRegex(self.said_later, rf"user {user} joined its groups")
        senders = {"notifyd", "zabbix", "nagios", "icinga"}
        self.assertEqual(senders, root.members("notification-secrets"))
        self.assertEqual(senders | {"notify-ackd"}, root.members("notification-plugins"))

    def test_1_files_are_as_they_were_packed(self):
        lines = rpm("-V", "--nodeps", *PARTS, check=False).splitlines()
        self.assertEqual([], [line for line in lines if not line.endswith(f"c {CONFIGURATION}/notification.conf")])

    def test_1_what_systemd_reads_is_there(self):
        for path in ("systemd/system/notifyd.service", "systemd/system/notification-plugins-tick.service",
                     "systemd/system/notification-plugins-tick.timer", "systemd/system-preset/80-notification-plugins.preset",
                     "sysusers.d/notification-plugins.conf", "tmpfiles.d/notification-plugins.conf"):
            self.assertTrue(root.at(f"/usr/lib/{path}").is_file(), path)

    def test_1_the_shipped_configuration_wants_two_secrets_and_nothing_else(self):
        mistakes = [line for line in self.fresh.stdout.splitlines() if ": mistake: " in line]
        self.assertEqual(2, self.fresh.returncode, self.fresh)
        self.assertTrue(mistakes and all("/secrets/ops-" in line for line in mistakes), self.fresh.stdout)
        root.run("notifyctl", "check", "--as", "zabbix")

    def test_1_every_program_runs(self):
        names = [path.name for path in root.at("/usr/lib/notification-plugins").iterdir() if path.suffix != ".so"]
        self.assertGreaterEqual(len(names), 13)
        for name in names:
            done = root.run(f"/usr/lib/notification-plugins/{name}", "--help", check=False)
            self.assertEqual(3 if name == "check_notify" else 0, done.returncode)  # as the guidelines for checks want it
            self.assertIn(name, done.stdout)

    def test_1_zabbix_sends_by_its_alert_scripts(self):
        for media_type in (support.ROOT / "conf/zabbix/7.0").glob("*.yaml"):
            script = f"/usr/lib/zabbix/alertscripts/{media_type.stem}"
            self.assertFalse(root.at(script).is_symlink(), "Zabbix 6.0.15 refuses links")
            root.run(script, "--version", user="zabbix")
        for number, (user, program) in enumerate({"zabbix": "/usr/lib/zabbix/alertscripts/notify_dingtalk",
                                                  "nagios": "/usr/lib/notification-plugins/notify_dingtalk",
                                                  "icinga": "/usr/lib/notification-plugins/notify_dingtalk"}.items()):
            done = root.run(program, "--source", "zabbix", "--", "ops", f"Problem {number} of {user}", f"event {number}", user=user)
            self.assertRegex(done.stdout, r"\Adelivered dingtalk/ops ", done)
            support.wait_until(lambda: [one for one in self.stub.accepted("dingtalk")
                                        if f"Problem {number} of {user}" in one.request.body.decode()], 5, user)
        self.assertIn("Problem 0 of zabbix", root.run("notifyctl", "history", user="notifyd").stdout)

    def test_1_others_learn_nothing(self):
        for user in ("naemon", "daemon"):
            done = root.run("notifyctl", "check", user=user, check=False)
            self.assertNotEqual(0, done.returncode)
            self.assertIn("may not read", done.stdout + done.stderr)

    def test_1_integration_files_name_what_is_there(self):
        for path in ("/usr/share/notification-plugins/nagios/commands.cfg", "/etc/icinga2/conf.d/notification-plugins.conf"):
            text = root.at(path).read_text(encoding="utf-8")
            programs = set(re.findall(r"/usr/lib/notification-plugins(?:/\w+)?", text))
            self.assertTrue(programs, path)
            for program in programs:
                self.assertTrue(root.at(program).exists(), program)
        commands = root.at("/usr/share/notification-plugins/nagios/commands.cfg").read_text(encoding="utf-8")
        self.assertNotRegex(commands, r"(?m)^\s*command_name\s+notify-(host|service)-by-email$")  # Nagios' samples have them

    def test_2_installed_again_it_keeps_what_is_the_administrators(self):
        key, configuration = (root.at(f"{CONFIGURATION}/{name}").read_bytes() for name in ("confirm.key", "notification.conf"))
        said = rpm("-U", "--nodeps", "--force", *(packages[name] for name in sorted(PARTS)))
        self.assertNotIn("joined", said)
        self.assertEqual(key, root.at(f"{CONFIGURATION}/confirm.key").read_bytes())
        self.assertEqual(configuration, root.at(f"{CONFIGURATION}/notification.conf").read_bytes())
        self.assertIn("Problem 0 of zabbix", root.run("notifyctl", "history", user="notifyd").stdout)

    def test_3_erased_it_leaves_configuration_store_and_groups(self):
        key = root.at(f"{CONFIGURATION}/confirm.key").read_bytes()
        rpm("-e", "--nodeps", *PARTS)
        for path in ("/usr/lib/notification-plugins", "/usr/share/notification-plugins", "/usr/bin/notifyctl",
                     "/usr/lib/zabbix/alertscripts", "/etc/icinga2/conf.d/notification-plugins.conf"):
            self.assertFalse(os.path.lexists(root.at(path)), path)
        self.assertEqual(key, root.at(f"{CONFIGURATION}/confirm.key").read_bytes())
        self.assertIn("the administrator's", root.at(f"{CONFIGURATION}/notification.conf.rpmsave").read_text(encoding="utf-8"))
        self.assertTrue(root.at(f"{STATE}/state.db").exists())
        self.assertEqual("2770 0:notification-plugins", self.owned(STATE))
        self.assertIn("zabbix", root.members("notification-plugins"))


if __name__ == "__main__":
    unittest.main()
