"""The source archive, and what is built from it: the same bytes each time, at the places that were asked for."""
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from support import run  # noqa: E402 (the path above makes it known)

DIST = ROOT / "packaging/dist"
PROGRAMS = ("notify_webhook", "notify_dingtalk", "notify_wecom", "notify_feishu", "notify_slack", "notify_teams", "notify_aliyun_sms",
            "notify_tencent_sms", "notify_email", "notify_route", "notify_run", "notify_sandbox", "notifyctl", "notifyd")
# Neither the developer's compiler cache nor their flags.
BARE = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LC_ALL": "C.UTF-8", "CCACHE_DISABLE": "1"}


def call(*command, cwd=None, environment=None):
    done = subprocess.run([str(word) for word in command], cwd=cwd, env=BARE if environment is None else environment,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}:\n{done.stdout[-4000:]}")
    return done.stdout


def make_archive(folder, dist=DIST, **environment):
    folder.mkdir(parents=True, exist_ok=True)
    return pathlib.Path(call(dist, folder, environment={**BARE, **environment}).strip())


def unpack(archive, folder):
    folder.mkdir(parents=True)
    call("tar", "-xf", archive, "-C", folder)
    return folder / archive.name.removesuffix(".tar.gz")


def build(tree, where, *options):
    call("cmake", "-S", tree, "-B", where, "-G", "Ninja", "-DBUILD_TESTING=OFF", *options)
    call("cmake", "--build", where)
    return where


def install(where, destination):
    call("cmake", "--install", where, environment={**BARE, "DESTDIR": str(destination)})
    return destination


def content(top):
    """Path to bytes, or to a link's target."""
    return {str(path.relative_to(top)): os.readlink(path) if path.is_symlink() else path.read_bytes()
            for path in sorted(top.rglob("*")) if path.is_symlink() or path.is_file()}


class Scratch(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="np-dist-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.archive = make_archive(cls.folder / "archive")


class Archive(Scratch):
    def test_is_the_same_each_time(self):
        other = make_archive(self.folder / "again", TZ="Asia/Shanghai", LC_ALL="C", GZIP="-1")
        self.assertEqual(self.archive.read_bytes(), other.read_bytes())

    def test_an_unpacked_one_makes_the_same(self):
        tree = unpack(self.archive, self.folder / "unpacked")
        (tree / "build-mine").mkdir()
        (tree / "build-mine/CMakeCache.txt").touch()
        self.assertEqual(self.archive.read_bytes(), make_archive(self.folder / "second", tree / "packaging/dist").read_bytes())

    def test_a_checkout_gives_what_is_tracked_with_the_commits_time(self):
        tree = unpack(self.archive, self.folder / "checkout")
        git = ("git", "-c", "user.name=x", "-c", "user.email=x@example.com", "-C", tree)
        call(*git, "init", "-q")
        call(*git, "add", "-A")
        when = "1700000000"
        call(*git, "commit", "-q", "-m", "x", environment={**BARE, "GIT_COMMITTER_DATE": f"@{when} +0000"})
        (tree / "left-over").write_text("not tracked")
        (tree / "README.md").chmod(0o600)
        archive = make_archive(self.folder / "checked-out", tree / "packaging/dist")
        with tarfile.open(archive) as tar:
            members = tar.getmembers()
        self.assertEqual({int(when)}, {member.mtime for member in members})
        self.assertNotIn("left-over", " ".join(member.name for member in members))
        with tarfile.open(self.archive) as tar:
            self.assertEqual([(member.name, member.mode) for member in tar.getmembers()],
                             [(member.name, member.mode) for member in members])

    def test_the_time_can_be_given(self):
        archive = make_archive(self.folder / "timed", SOURCE_DATE_EPOCH="1234567890")
        with tarfile.open(archive) as tar:
            self.assertEqual({1234567890}, {member.mtime for member in tar.getmembers()})

    def test_holds_sources_of_nobody_in_order(self):
        version = re.search(r"VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text().split("project(", 1)[1]).group(1)
        top = f"notification-plugins-{version}"
        self.assertEqual(f"{top}.tar.gz", self.archive.name)
        with tarfile.open(self.archive) as tar:
            members = tar.getmembers()
        names = [member.name for member in members]
        self.assertEqual(sorted(names), names)
        for needed in ("CMakeLists.txt", "LICENSE", "common/words.def", "packaging/dist", "templates/en/default.mustache"):
            self.assertIn(f"{top}/{needed}", names)
        self.assertEqual([], [name for name in names if not name.startswith(f"{top}/") or
                              re.search(r"/(\.git|build[^/]*|__pycache__)/|\.pyc$", name)])
        self.assertEqual({("root", "root", 0, 0)}, {(m.uname, m.gname, m.uid, m.gid) for m in members})
        self.assertEqual({0o644, 0o755}, {member.mode for member in members})

    def test_man_pages_bear_no_date(self):
        pages = sorted((ROOT / "packaging/man").glob("*.[1578]"))
        self.assertGreaterEqual(len(pages), len(PROGRAMS))
        for page in pages:
            title = re.search(r"^\.TH .*$", page.read_text(encoding="utf-8"), re.M).group(0)
            self.assertRegex(title, r'^\.TH \S+ \d "" ', page.name)

    def test_says_what_it_wants(self):
        self.assertTrue(call(DIST, "--help").startswith("Makes the source archive"))
        self.assertEqual(3, run(DIST, "--what").status)


class Built(Scratch):
    """Two builds of one archive in two places."""
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tree = unpack(cls.archive, cls.folder / "one")
        cls.build = build(cls.tree, cls.folder / "one/out", "-DCMAKE_INSTALL_PREFIX=/usr")
        cls.installed = install(cls.build, cls.folder / "root")
        tree = unpack(cls.archive, cls.folder / "another/and/deeper")
        cls.other_build = build(tree, tree / "build", "-DCMAKE_INSTALL_PREFIX=/usr")
        cls.other = install(cls.other_build, cls.folder / "other-root")

    def test_two_places_give_the_same_programs(self):
        mine, theirs = content(self.installed), content(self.other)
        self.assertEqual(list(mine), list(theirs))
        self.assertEqual([], [name for name in mine if mine[name] != theirs[name]])

    def test_nothing_tells_where_it_was_built(self):
        here = str(self.folder).encode()
        self.assertEqual([], [name for name, data in content(self.installed).items()
                              if here in (data if isinstance(data, bytes) else data.encode())])

    def test_modules_and_programs_ask_no_strange_directory_for_libraries(self):
        folder = self.installed / "usr/lib/notification-plugins"
        for path in folder.iterdir():
            dynamic = call("readelf", "-d", path)
            self.assertNotRegex(dynamic, r"R(UN)?PATH", path.name)

    def test_everything_is_where_packages_have_it(self):
        folder = self.installed / "usr/lib/notification-plugins"
        self.assertLessEqual({*PROGRAMS, "transport_curl.so", "calendar_ical.so"}, {path.name for path in folder.iterdir()})
        self.assertEqual("../lib/notification-plugins/notifyctl", os.readlink(self.installed / "usr/bin/notifyctl"))
        for path in ("notification.conf", "nagios/commands.cfg", "icinga2/notification-plugins.conf", "zabbix/7.0/notify_email.yaml",
                     "templates/zh_CN/default.mustache"):
            self.assertTrue((self.installed / "usr/share/notification-plugins" / path).is_file(), path)
        self.assertTrue((self.installed / "usr/share/man/man8/notifyctl.8").is_file())
        self.assertEqual((ROOT / "conf/nagios/commands.cfg").read_bytes(),
                         (self.installed / "usr/share/notification-plugins/nagios/commands.cfg").read_bytes())

    def test_programs_run_where_they_were_installed(self):
        for name in PROGRAMS:
            done = run(self.installed / "usr/lib/notification-plugins" / name, "--help")
            self.assertEqual(0, done.status, done)
            self.assertIn(name, done.output)
        self.assertEqual(0, run(self.installed / "usr/bin/notifyctl", "--help").status)

    def places(self, destination, programs, data, mans, bins):
        programs_at = destination / programs.lstrip("/")
        self.assertTrue((programs_at / "notify_email").is_file(), programs)
        self.assertTrue((programs_at / "transport_curl.so").is_file())
        link = destination / bins.lstrip("/") / "notifyctl"
        self.assertFalse(os.readlink(link).startswith("/"), "a link that DESTDIR breaks")
        self.assertEqual((programs_at / "notifyctl").resolve(), link.resolve())
        self.assertTrue((destination / mans.lstrip("/") / "man7/notification-plugins.7").is_file())
        data_at = destination / data.lstrip("/")
        for name in ("nagios/commands.cfg", "icinga2/notification-plugins.conf"):
            text = (data_at / name).read_text(encoding="utf-8")
            self.assertIn(f"{programs}/notify_email" if name.endswith("cfg") else f'"{programs}"', text)
            self.assertNotRegex(text, r"(?<![\w/])/usr/lib/notification-plugins")
        binary = (programs_at / "notify_email").read_bytes()
        self.assertIn(f"{programs}\0".encode(), binary)
        self.assertIn(f"{data}/templates\0".encode(), binary)

    def test_other_places_are_honoured(self):
        where = build(self.tree, self.build, "-DCMAKE_INSTALL_PREFIX=/usr/local")
        self.places(install(where, self.folder / "local-root"), "/usr/local/lib/notification-plugins",
                    "/usr/local/share/notification-plugins", "/usr/local/share/man", "/usr/local/bin")
        # lib64 is for libraries that others link with
        where = build(self.tree, self.build, "-DCMAKE_INSTALL_PREFIX=/opt/np", "-DCMAKE_INSTALL_LIBDIR=lib64", "-DCMAKE_INSTALL_LIBEXECDIR=libexec",
                      "-DCMAKE_INSTALL_DATADIR=data", "-DCMAKE_INSTALL_MANDIR=/opt/manuals", "-DCMAKE_INSTALL_BINDIR=cmd")
        self.places(install(where, self.folder / "opt-root"), "/opt/np/lib/notification-plugins", "/opt/np/data/notification-plugins",
                    "/opt/manuals", "/opt/np/cmd")
        where = build(self.tree, self.build, "-DCMAKE_INSTALL_PREFIX=/usr", "-DPROGRAMS_DIR=/usr/libexec/notification-plugins",
                      "-DCMAKE_INSTALL_DATADIR=share", "-DCMAKE_INSTALL_MANDIR=share/man", "-DCMAKE_INSTALL_BINDIR=bin")
        self.places(install(where, self.folder / "libexec-root"), "/usr/libexec/notification-plugins",
                    "/usr/share/notification-plugins", "/usr/share/man", "/usr/bin")


if __name__ == "__main__":
    unittest.main()
