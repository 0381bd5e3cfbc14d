"""The machine fails us: system calls, memory, disk, clock, names, other users. An alert leaves all the same.

Faults are injected by strace into calls on the files of the state, and by a preloaded library into allocations. What needs
more rights than the caller has (mounts, other users, a name server that hangs) is skipped, and says so.
"""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

from support import BUILD, Case, program, run, wait_until, write
from stub.server import Answer
from stub.webhook import Webhook

# Errors that each call can give for a file. An error ends its row as soon as there are no more such calls to fail.
FAULTS = (("openat", "EACCES", "EMFILE", "ENOSPC", "EIO"), ("pwrite64", "EIO", "ENOSPC"), ("fdatasync", "EIO", "ENOSPC"),
          ("ftruncate", "EIO", "ENOSPC"), ("fcntl", "EIO", "EACCES"), ("flock", "EIO", "ENOLCK"), ("mmap", "EIO", "ENOMEM"),
          ("write", "EIO", "ENOSPC"), ("read", "EIO"), ("pread64", "EIO"), ("unlink", "EIO", "EACCES"))
OCCURRENCES = range(1, 9)
FILES = ("", "/state.db", "/state.db-wal", "/state.db-shm", "/state.db-journal", "/state.db.new", "/state.db.new-wal",
         "/state.db.new-journal")
PLENTY = 'retry { attempts = 3  delay = "0s" }\nlimit { per_minute = 1000  per_hour = 1000  per_day = 1000 }\n'
HOUR_MS = 3600000


def event_text(number, severity="warning"):
    return json.dumps({"kind": "problem", "severity": severity, "host": "db-01", "service": "CPU", "source": "zabbix",
                       "event_id": str(number), "subject": f"alert {number} is high"})


class FaultCase(Case):
    """Many copies of one state directory, each with its own configuration beside the first."""
    extra = PLENTY

    def setUp(self):
        super().setUp()
        self.configure(extra=self.extra, channels=("webhook",))
        self.state = self.folder / "etc" / "state"

    def sql(self, state, text, *values):
        connection = sqlite3.connect(state / "state.db", timeout=10)
        try:
            rows = connection.execute(text, values).fetchall()
            connection.commit()
            return rows
        finally:
            connection.close()

    def copy(self, name, template):
        """A state directory like `template`, and the environment of programs that use it."""
        state = self.folder / "etc" / f"state-{name}"
        shutil.copytree(template, state)
        return state, self.environment_of(name, state)

    def environment_of(self, name, state, **settings):
        text = self.configuration.read_text().replace(str(self.state), str(state))
        for old, new in settings.items():
            text = text.replace(old, new)
        path = write(self.configuration.parent / f"{name}.conf", text)
        return {"NOTIFICATION_PLUGINS_CONFIG": str(path), "NP_STATE": str(state)}

    def send(self, number, environment=None, command=(), **more):
        # The state is named here, too: a configuration that cannot be read must not lead to the machine's own store.
        state = (environment or self.environment).get("NP_STATE", self.state)
        words = [*map(str, command), str(program("notify_webhook")), "--source", "json", "--state-dir", str(state)]
        return run(words[0], *words[1:], environment=environment or self.environment, stdin=event_text(number), **more)

    def tick(self, environment=None, command=(), **more):
        words = [*map(str, command), str(program("notifyctl")), "tick"]
        return run(words[0], *words[1:], environment=environment or self.environment, **more)

    def told(self, number):
        return sum(f"alert {number} is high" in record.text for record in self.stub.accepted("webhook"))

    def rows(self, state):
        return self.sql(state, "SELECT outcome FROM notification")

    def assert_whole(self, state, where):
        self.assertEqual([("ok",)], self.sql(state, "PRAGMA integrity_check"), where)

    def assert_ended(self, outcome, where):
        """Not by a signal, strace's or a shell's word for it included."""
        self.assertIn(outcome.status, (0, 1, 2), f"{where}: {outcome}")


class SystemCalls(FaultCase):
    """One failed call on the state's files."""

    def injected(self, state, trace, call, error, occurrence, start):
        """The outcome, or None when there was no such call to fail."""
        command = ["strace", "-f", "-qq", "-o", trace, "-e", f"trace={call}",
                   "-e", f"inject={call}:error={error}:when={occurrence}"]
        for name in FILES:
            command += ["-P", f"{state}{name}"]
        outcome = start(command)
        return outcome if "INJECTED" in trace.read_text() else None

    def try_row(self, call, error, template, start, judge):
        """One call and one error at each of its occurrences; how many there were."""
        for occurrence in OCCURRENCES:
            where = f"{call}-{error}-{occurrence}"
            state, environment = self.copy(where, template)
            trace = self.folder / f"{where}.trace"
            outcome = self.injected(state, trace, call, error, occurrence,
                                    lambda command: start(where, state, environment, command))
            if outcome is None:
                return occurrence - 1
            self.assert_ended(outcome, where)
            judge(where, state, environment, outcome)
            if (state / "state.db").exists():
                self.assert_whole(state, where)
            shutil.rmtree(state)
        return len(OCCURRENCES)

    def try_all(self, template, start, judge, least):
        if not shutil.which("strace"):
            self.skipTest("strace is not installed")
        if run(shutil.which("strace"), "-qq", "-o", "/dev/null", "true").status != 0:
            self.skipTest("strace may not trace here")
        rows = [(call, error) for call, *errors in FAULTS for error in errors]
        with ThreadPoolExecutor(max_workers=os.cpu_count() or 2) as pool:
            counts = list(pool.map(lambda row: self.try_row(*row, template, start, judge), rows))
        self.assertGreater(sum(counts), least)
        self.assert_nothing_is_doubted()

    def told_template(self):
        """A store with one delivered message."""
        self.assertEqual(0, self.send("seed").status)
        template = self.folder / "template"
        shutil.copytree(self.state, template)
        return template

    def test_a_send_reaches_the_provider(self):
        def judge(where, state, environment, outcome):
            self.assertEqual(1, self.told(where), f"{where}: {outcome}")
            self.assertEqual(0, outcome.status, f"{where}: {outcome}")

        self.try_all(self.told_template(), lambda where, state, environment, command: self.send(
            where, environment, command), judge, 40)

    def test_the_first_send_of_all_reaches_the_provider(self):
        """The store is made in the same run."""
        empty = self.folder / "empty"
        empty.mkdir(mode=0o700)

        def judge(where, state, environment, outcome):
            self.assertEqual(1, self.told(where), f"{where}: {outcome}")
            self.assertEqual(0, outcome.status, f"{where}: {outcome}")

        self.try_all(empty, lambda where, state, environment, command: self.send(where, environment, command), judge, 60)

    def test_a_repeat_is_suppressed_or_told_again_but_never_crashes(self):
        def judge(where, state, environment, outcome):
            self.assertEqual(0, outcome.status, f"{where}: {outcome}")

        self.try_all(self.told_template(), lambda where, state, environment, command: self.send(
            "seed", environment, command), judge, 25)

    def test_a_tick_loses_nothing(self):
        self.stub.script("webhook", *[Answer(status=503)] * 3)
        self.assertEqual(1, self.send("waiting").status)
        self.sql(self.state, "UPDATE outbox SET due_ms = due_ms - ?", HOUR_MS)

        def start(where, state, environment, command):
            self.sql(state, "UPDATE outbox SET event = replace(event, 'alert waiting', 'alert ' || ?)", where)
            return self.tick(environment, command)

        def judge(where, state, environment, outcome):
            if outcome.status == 0:
                waits = self.sql(state, "SELECT COUNT(*) FROM outbox")[0][0]
                self.assertTrue(self.told(where) or waits, f"{where}: neither told nor waiting: {outcome}")
            for _ in range(2):
                self.sql(state, "UPDATE outbox SET due_ms = due_ms - ?1, lease_ms = lease_ms - ?1", HOUR_MS)
                later = self.tick(environment)
                self.assertEqual(0, later.status, f"{where}: {later}")
            self.assertIn(self.told(where), (1, 2), f"{where}: {outcome}")
            self.assertEqual([("delivered",)], self.rows(state), where)

        template = self.folder / "template"
        shutil.copytree(self.state, template)
        self.try_all(template, start, judge, 25)


@contextlib.contextmanager
def mounted(case, folder, *arguments):
    """A file system on `folder`; the test is skipped where mounting is not allowed."""
    folder.mkdir(exist_ok=True)
    done = subprocess.run(["mount", *map(str, arguments), str(folder)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        case.skipTest(f"mounting is not allowed here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fill(folder):
    """Not a byte is left; returns the file to remove."""
    path = folder / "ballast"
    for size in (65536, 512):
        with contextlib.suppress(OSError), open(path, "ab", buffering=0) as file:
            while True:
                file.write(b"x" * size)
    return path


class Disk(FaultCase):
    def judge_full(self, disk):
        """A store that was made while there was room, and one that never could be."""
        state, environment = disk / "state", self.environment_of("full", disk / "state")
        state.mkdir()
        self.assertEqual(0, self.send("roomy", environment).status)
        for spare in (0, 1, 2, 4, 6, 8, 10, 12, 14, 16, 20, 24, 32, 40, 48, 64, 80, 96):
            ballast = fill(disk)
            os.truncate(ballast, max(0, ballast.stat().st_size - spare * 1024))
            outcome = self.send(f"spare-{spare}", environment)
            self.assertEqual(0, outcome.status, f"{spare} KiB free: {outcome}")
            self.assertEqual(1, self.told(f"spare-{spare}"))
        ballast = fill(disk)
        self.assert_ended(self.tick(environment), "tick")
        self.assertEqual(0, self.send("new", self.environment_of("new", disk / "never")).status)
        self.assertEqual(1, self.told("new"))
        ballast.unlink()
        self.assert_whole(state, "after room was made")
        self.assertEqual(0, self.send("roomy again", environment).status)
        self.assertEqual(1, self.sql(state, "SELECT COUNT(*) FROM notification WHERE problem LIKE '%/roomy again'")[0][0])

    def test_full_memory_file_system(self):
        with mounted(self, self.folder / "disk", "-t", "tmpfs", "-o", "size=1500k", "tmpfs") as disk:
            self.judge_full(disk)

    def test_full_disk_with_small_blocks(self):
        """SQLite's write-ahead log would end in SIGBUS there."""
        image = self.folder / "image"
        with open(image, "wb") as file:
            file.truncate(6 << 20)
        subprocess.run(["mkfs.ext4", "-q", "-b", "1024", "-m", "0", "-O", "^has_journal", str(image)], check=True)
        with mounted(self, self.folder / "disk", "-o", "loop", image) as disk:
            self.judge_full(disk)

    def test_read_only(self):
        with mounted(self, self.folder / "disk", "-t", "tmpfs", "-o", "size=4m", "tmpfs") as disk:
            environment = self.environment_of("read-only", disk / "state")
            (disk / "state").mkdir()
            self.assertEqual(0, self.send("writable", environment).status)
            subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
            self.assertEqual(0, self.send("read-only", environment).status)
            self.assertEqual(1, self.told("read-only"))
            self.assert_ended(self.tick(environment), "tick")


class Users(FaultCase):
    GROUP, FIRST, SECOND = 3010, 3001, 3002
    PROCESSES = 16

    def share(self):
        """Programs and configuration where both users can read them, and a state as a package makes it."""
        programs = self.folder / "programs"
        programs.mkdir()
        for name in ("notify_webhook", "transport_curl.so"):
            shutil.copy(BUILD / name, programs / name)
        for path in [self.configuration, self.configuration.parent, self.configuration.parent / "secrets", self.state,
                     *(self.configuration.parent / "secrets").iterdir()]:
            os.chown(path, 0, self.GROUP)
            path.chmod(0o750 if path.is_dir() else 0o640)
        self.state.chmod(0o2770)
        return programs / "notify_webhook"

    def start(self, path, user, umask, number):
        child = subprocess.Popen(["setpriv", f"--reuid={user}", f"--regid={user}", f"--groups={self.GROUP}", path, "--source",
                                  "json"], env={"PATH": "/usr/bin:/bin", **self.environment}, stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, umask=umask)
        child.stdin.write(event_text(number).encode())
        child.stdin.close()
        child.stdin = None
        return child

    def test_two_users_share_one_store(self):
        if os.geteuid() != 0:
            self.skipTest("other users can be taken on by root only")
        path = self.share()
        for umask in (0o022, 0o077):
            with self.subTest(umask=oct(umask)):
                for name in self.state.iterdir():
                    name.unlink()
                children = [self.start(path, user, umask, f"{umask}-{user}-{number}")
                            for number in range(self.PROCESSES) for user in (self.FIRST, self.SECOND)]
                for child in children:
                    output, errors = child.communicate(timeout=60)
                    self.assertEqual((0, b""), (child.returncode, errors), output)
                self.assertEqual([("delivered", 2 * self.PROCESSES)], self.sql(
                    self.state, "SELECT outcome, COUNT(*) FROM notification GROUP BY outcome"))
                self.assert_whole(self.state, "two users")


class Limits(FaultCase):
    extra = 'retry { attempts = 3  delay = "0s" }\nlimit { per_minute = 2  per_hour = 20  per_day = 100 }\n'

    def count(self):
        return dict(self.sql(self.state, "SELECT outcome, COUNT(*) FROM notification GROUP BY outcome"))

    def test_two_configurations_on_one_store(self):
        wide = self.environment_of("wide", self.state, **{"per_minute = 2": "per_minute = 5"})
        for number in range(4):
            self.assertEqual(0, self.send(f"narrow-{number}").status)
        self.assertEqual({"delivered": 2, "held": 2}, self.count())
        for number in range(4):
            self.assertEqual(0, self.send(f"wide-{number}", wide).status)
        self.assertEqual({"delivered": 5, "held": 3}, self.count())
        self.assertEqual(0, self.send("narrow-again").status)
        self.assertEqual({"delivered": 5, "held": 4}, self.count())

    def test_a_limit_of_none(self):
        """Either it is refused with words, or nothing passes and all of it is kept for the summary."""
        none = self.environment_of("none", self.state, **{"per_minute = 2": "per_minute = 0"})
        outcomes = [self.send(f"none-{number}", none) for number in range(3)]
        for outcome in outcomes:
            self.assert_ended(outcome, "none")
        told = sum(self.told(f"none-{number}") for number in range(3))
        held = self.count().get("held", 0)
        self.assertEqual(3, told + held, [str(outcome) for outcome in outcomes])


class Clock(FaultCase):
    providers = {"webhook": Webhook(scheme="github")}
    extra = 'retry { attempts = 3  delay = "0s" }\nlimit { per_minute = 2  per_hour = 20  per_day = 100 }\n'

    def setUp(self):
        super().setUp()
        # A signature with the time in it would be refused, rightly.
        write(self.configuration, self.configuration.read_text().replace('"standard"', '"github"'))

    def at(self, offset_s):
        library = next(iter(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), None)
        if library is None:
            self.skipTest("faketime is not installed")
        return {**self.environment, "LD_PRELOAD": str(library), "FAKETIME": f"{offset_s:+d}s",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1"}

    def send_at(self, offset_s, number):
        outcome = self.send(number, self.at(offset_s))
        self.assertEqual(0, outcome.status, str(outcome))
        return self.told(number)

    def test_set_back_blocks_no_key_for_longer_than_its_window(self):
        self.assertEqual([1, 1, 0], [self.send_at(7200, f"future-{number}") for number in range(3)])
        self.send_at(0, "set back")
        self.assertEqual(1, self.send_at(62, "a minute later"))

    def test_set_forward_and_back_again(self):
        self.assertEqual([1, 1, 0], [self.send_at(0, f"now-{number}") for number in range(3)])
        self.assertEqual(1, self.send_at(86400, "a day ahead"))
        self.send_at(1, "and back")
        self.assertEqual(1, self.send_at(63, "a minute later"))

    def test_what_waits_is_told_though_the_clock_was_set_back(self):
        self.stub.script("webhook", *[Answer(status=503)] * 3)
        self.assertEqual(1, self.send("waiting", self.at(7200)).status)
        self.assertEqual(0, self.tick(self.at(300)).status)
        self.assertEqual(1, self.told("waiting"))

    def test_what_was_tried_in_the_future_is_told(self):
        self.stub.script("webhook", *[Answer(status=503)] * 6)
        self.assertEqual(1, self.send("waiting", self.at(0)).status)
        self.assertIn("waiting 1", self.tick(self.at(1800)).output)
        self.stub.clear()
        self.tick(self.at(300))
        self.assertEqual(1, self.told("waiting"))


class Ended(FaultCase):
    """Stopped from outside while a slow provider has the message."""

    def stop(self, number, severity, kind):
        self.stub.script("webhook", Answer(status=503, delay_s=1.5))
        child = subprocess.Popen([str(program("notify_webhook")), "--source", "json"], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 env={"PATH": "/usr/bin:/bin", **self.environment})
        child.stdin.write(event_text(number, severity).encode())
        child.stdin.close()
        child.stdin = None
        wait_until(lambda: (self.state / "state.db").exists() and self.sql(
            self.state, "SELECT 1 FROM outbox WHERE state = 'wire'"), what="the request")
        time.sleep(0.2)
        child.send_signal(kind)
        child.communicate(timeout=10)
        return child.returncode

    def judge(self, number, severity, kind):
        """Nobody knows whether the provider acted: what is grave is told again, the rest ends as unclear."""
        self.assertNotEqual(0, self.stop(number, severity, kind))
        self.assertEqual(1, self.sql(self.state, "SELECT COUNT(*) FROM outbox")[0][0])
        self.sql(self.state, "UPDATE outbox SET due_ms = due_ms - ?1, lease_ms = lease_ms - ?1", HOUR_MS)
        self.stub.scripted["webhook"].clear()
        self.assertEqual(0, self.tick().status)
        grave = severity == "critical"
        self.assertEqual(int(grave), self.told(number))
        self.assertEqual([("delivered" if grave else "unclear",)], self.sql(
            self.state, "SELECT outcome FROM notification WHERE problem LIKE ?", f"%/{number}"))

    def test_what_was_on_the_wire_waits_for_the_next_tick(self):
        self.send("seed")
        for kind in (signal.SIGTERM, signal.SIGKILL):
            for severity in ("critical", "warning"):
                with self.subTest(kind=kind.name, severity=severity):
                    self.judge(f"{kind.name}-{severity}", severity, kind)


HANGING_NAMES = r"""
set -e
ip link set lo up 2>/dev/null || python3 -c '
import fcntl, socket, struct
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh14x", b"lo", 0x1 | 0x40))'
mount --bind "$1" /etc/resolv.conf
python3 -c '
import socket, sys, time
held = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(3)]
for number, one in enumerate(held): one.bind(("127.0.0.%d" % (number + 1), 53))
print("ready", flush=True)
time.sleep(30)' > "$2" &
server=$!
trap 'kill $server' EXIT
while ! [ -s "$2" ]; do sleep 0.05; done
shift 2
set +e
python3 - "$@" <<'PROGRAM'
import subprocess, sys, time
before = time.monotonic()
done = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, timeout=25)
print("STATUS", done.returncode, "SECONDS", time.monotonic() - before)
PROGRAM
"""


class Names(FaultCase):
    DEADLINE_S = 5

    def test_name_servers_that_never_answer(self):
        if shutil.which("unshare") is None or run(shutil.which("unshare"), "-mn", "true").status != 0:
            self.skipTest("namespaces of one's own are not allowed here")
        resolver = write(self.folder / "resolv.conf", "".join(f"nameserver 127.0.0.{n}\n" for n in (1, 2, 3)))
        environment = self.environment_of("names", self.state, **{self.stub.url: "http://hook.example.net"})
        outcome = run(shutil.which("unshare"), "-mn", "sh", "-c", HANGING_NAMES, "sh", str(resolver), str(
            self.folder / "ready"), str(program("notify_webhook")), "--deadline", str(self.DEADLINE_S), "--subject", "s",
            "--message", "m", environment=environment, timeout_s=40)
        if "STATUS" not in outcome.output:
            self.skipTest(f"/etc/resolv.conf cannot be covered here: {outcome.errors.strip()[-200:]}")
        words = outcome.output.split("STATUS", 1)[1].split()
        self.assertEqual("1", words[0], str(outcome))
        self.assertLessEqual(float(words[2]), self.DEADLINE_S + 1, str(outcome))
        self.assertEqual(1, self.sql(self.state, "SELECT COUNT(*) FROM outbox")[0][0], str(outcome))


# Fails the call number NP_FAIL_AT; with 0 it counts. The insides of libconfuse 3.3 and of json-c 0.16's parser are spared: both
# assert, or use what they did not get, and nothing above them can help it. Before dlsym() has found the real ones, a small store serves it.
ALLOCATOR = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *(*real_malloc)(size_t);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);
static void (*real_free)(void *);
static _Alignas(16) char early[65536];
static size_t early_used;
static atomic_long calls;
static long fail_at = -1;

static void *early_take(size_t size)
{
    void *taken = early + early_used;
    early_used += (size + 15) & ~(size_t)15;
    return early_used <= sizeof(early) ? taken : NULL;
}
static int is_early(const void *at) { return (const char *)at >= early && (const char *)at < early + sizeof(early); }
static void end(void);
__attribute__((constructor)) static void begin(void)
{
    real_malloc = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
    real_realloc = (void *(*)(void *, size_t))dlsym(RTLD_NEXT, "realloc");
    real_free = (void (*)(void *))dlsym(RTLD_NEXT, "free");
    real_calloc = (void *(*)(size_t, size_t))dlsym(RTLD_NEXT, "calloc");
    fail_at = atol(getenv("NP_FAIL_AT"));
    at_quick_exit(end);
}
__attribute__((destructor)) static void end(void)
{
    if (fail_at == 0)
        fprintf(stderr, "ALLOCATIONS %ld\n", atomic_load(&calls));
}
static int is_of(const char *path, const char *library) { return strstr(path, library) != NULL; }
static int fails_for(const void *caller)
{
    Dl_info about;
    if (fail_at < 0 || !dladdr(caller, &about) || is_of(about.dli_fname, "libconfuse") || 
        (is_of(about.dli_fname, "libjson-c") && !(about.dli_sname && is_of(about.dli_sname, "json_object_new"))))
        return 0;
    if (atomic_fetch_add(&calls, 1) + 1 != fail_at)
        return 0;
    errno = ENOMEM;
    return 1;
}
void *malloc(size_t size) { return !real_malloc ? early_take(size) : fails_for(__builtin_return_address(0)) ? NULL : real_malloc(size); }
void *calloc(size_t count, size_t size)
{
    return !real_calloc ? early_take(count * size) : fails_for(__builtin_return_address(0)) ? NULL : real_calloc(count, size);
}
void *realloc(void *old, size_t size)
{
    if (real_realloc && !is_early(old))
        return fails_for(__builtin_return_address(0)) ? NULL : real_realloc(old, size);
    void *fresh = malloc(size);
    if (fresh && old)
        memcpy(fresh, old, (size_t)(early + sizeof(early) - (char *)old) < size ? (size_t)(early + sizeof(early) - (char *)old) : size);
    return fresh;
}
/* Else the caller would be libc, whoever asked it. */
static char *copy(const char *text, size_t length, const void *caller)
{
    char *fresh = !real_malloc ? early_take(length + 1) : fails_for(caller) ? NULL : real_malloc(length + 1);
    if (fresh) {
        memcpy(fresh, text, length);
        fresh[length] = 0;
    }
    return fresh;
}
char *strdup(const char *text) { return copy(text, strlen(text), __builtin_return_address(0)); }
char *strndup(const char *text, size_t most) { return copy(text, strnlen(text, most), __builtin_return_address(0)); }
void free(void *old)
{
    if (real_free && !is_early(old))
        real_free(old);
}
"""


class Memory(FaultCase):
    RUNS = 1200  # all of them, at present

    def preload(self):
        source = write(self.folder / "allocator.c", ALLOCATOR)
        library = self.folder / "allocator.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-fno-builtin", "-o", library, source, "-ldl"], check=True)
        return library

    def test_each_allocation_fails_in_turn(self):
        library = self.preload()

        def repeat(number):
            return self.send("seed", {**self.environment, "LD_PRELOAD": str(library), "NP_FAIL_AT": str(number)})

        self.assertEqual(0, self.send("seed").status)
        counted = repeat(0)
        self.assertIn("suppressed", counted.output)
        total = int(counted.errors.split("ALLOCATIONS")[1])
        self.assertGreater(total, 100)
        numbers = range(1, total + 1, max(1, total // self.RUNS))
        with ThreadPoolExecutor(max_workers=os.cpu_count() or 2) as pool:
            for number, outcome in zip(numbers, pool.map(repeat, numbers)):
                self.assertIn(outcome.status, (0, 1, 2, 3), f"allocation {number} of {total}: {outcome}")
        self.assert_whole(self.state, "after all")


if __name__ == "__main__":
    unittest.main()
