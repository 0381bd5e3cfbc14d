"""The power fails at any system call: nothing is corrupt, and nothing that was promised is gone.

A series of sends and ticks runs under strace; then the state directory is rebuilt as it could be after a power cut at each
call, with writes that were not synced dropped, kept, or kept in part and torn at 512 bytes. As a control, the same with the
syncs of the write-ahead log left out must show losses. NP_POWER_CUTS says how many states to try (50,000 in a release).
"""
import json
import os
import pathlib
import random
import re
import shutil
import sqlite3
import subprocess
import tempfile
import unittest

from support import Case, program
from stub.server import Answer

STATES = int(os.environ.get("NP_POWER_CUTS", "4000"))
SECTOR = 512
CALLS = "openat,pwrite64,write,ftruncate,fdatasync,fsync,unlink,unlinkat,rename,renameat,renameat2"
LINE = re.compile(r"^(?:\d+ +)?(\w+)\((.*)\) += (-?\d+)(.*)$")


def unhex(text):
    return bytes(int(pair, 16) for pair in re.findall(r"\\x([0-9a-f]{2})", text))


def paths_in(arguments):
    """Decoded descriptors `5<...>` and strings, in their order."""
    return [unhex(found).decode(errors="replace") for found in re.findall(r'<((?:\\x[0-9a-f]{2})*)>', arguments)]


def strings_in(arguments):
    return [unhex(found) for found in re.findall(r'"((?:\\x[0-9a-f]{2})*)"', arguments)]


class Recorder:
    """What programs did to one directory, as events in their order."""

    def __init__(self, folder):
        self.folder = str(folder)
        self.events = []

    def inside(self, path):
        return path.startswith(self.folder + "/")

    def absolute(self, base, name):
        return os.path.normpath(os.path.join(base, name.decode()))

    def read(self, trace):
        for line in trace.read_text(errors="replace").splitlines():
            match = LINE.match(line)
            if match and int(match[3]) >= 0:
                self.add(match[1], match[2], int(match[3]))

    def add(self, call, arguments, result):
        descriptors, strings = paths_in(arguments), strings_in(arguments)
        if call == "openat":
            path = self.absolute(descriptors[0] if descriptors else "/", strings[0])
            if self.inside(path) and "O_CREAT" in arguments:
                self.events.append(("create", path, "O_TRUNC" in arguments))
        elif call in ("unlink", "unlinkat"):
            path = self.absolute(descriptors[0] if descriptors else "/", strings[0])
            if self.inside(path):
                self.events.append(("unlink", path))
        elif call.startswith("rename"):
            bases = descriptors if len(descriptors) == 2 else ["/", "/"]
            old, new = (self.absolute(base, name) for base, name in zip(bases, strings))
            if self.inside(old):
                self.events.append(("rename", old, new))
        elif descriptors and self.inside(descriptors[0]):
            self.add_data(call, descriptors[0], arguments, strings, result)

    def add_data(self, call, path, arguments, strings, result):
        if call == "pwrite64":
            self.events.append(("write", path, int(arguments.rsplit(",", 1)[1]), strings[0][:result]))
        elif call == "write":
            self.events.append(("append", path, strings[0][:result]))
        elif call == "ftruncate":
            self.events.append(("truncate", path, int(arguments.rsplit(",", 1)[1])))
        elif call in ("fsync", "fdatasync"):
            self.events.append(("sync", path))


class Disk:
    """Files as they are after some events."""

    def __init__(self, files):
        self.files = {path: bytearray(data) for path, data in files.items()}

    def apply(self, event, sectors=None):
        kind, path = event[0], event[1]
        if kind == "create":
            if path not in self.files or event[2]:
                self.files[path] = bytearray()
        elif kind == "unlink":
            self.files.pop(path, None)
        elif kind == "rename":
            if path in self.files:
                self.files[event[2]] = self.files.pop(path)
        elif kind == "truncate":
            data = self.files.setdefault(path, bytearray())
            del data[event[2]:]
            data.extend(b"\0" * (event[2] - len(data)))
        else:
            data = self.files.setdefault(path, bytearray())
            offset, new = (len(data), event[2]) if kind == "append" else (event[2], event[3])
            data.extend(b"\0" * (offset + len(new) - len(data)))
            for at in range(0, len(new), SECTOR):
                if sectors is None or sectors():
                    data[offset + at:offset + at + len(new[at:at + SECTOR])] = new[at:at + SECTOR]


METADATA = {"create", "unlink", "rename", "truncate"}


def after_cut(snapshot, events, mode, chance, deaf):
    """`mode` says what became of writes that were not synced; `deaf` (path) is a file whose syncs do nothing."""
    disk, pending = Disk(snapshot), []
    for event in events:
        if event[0] == "promise":
            continue
        if event[0] != "sync":
            pending.append(event)
        elif not deaf(event[1]):
            durable = [e for e in pending if e[0] in METADATA or e[1] == event[1]]
            pending = [e for e in pending if not (e[0] in METADATA or e[1] == event[1])]
            for e in durable:
                disk.apply(e)
    if mode == "keep":
        for event in pending:
            disk.apply(event)
    elif mode == "part":
        metadata_until = chance.randrange(len(pending) + 1)
        for at, event in enumerate(pending):
            if event[0] in METADATA:
                if at < metadata_until:
                    disk.apply(event)
            elif chance.random() < 0.5:
                disk.apply(event, lambda: chance.random() < 0.7)
    return disk


class PowerCut(Case):
    def setUp(self):
        super().setUp()
        if not shutil.which("strace"):
            self.skipTest("strace is not installed: power cuts were not tried")
        self.configure(extra='retry { attempts = 1 }\nlimit { per_minute = 3  per_hour = 100  per_day = 100 }\n',
                       channels=("webhook",))
        self.state = self.folder / "etc" / "state"
        self.promises = []

    def traced(self, recorder, *command, stdin=""):
        trace = self.folder / "trace"
        done = subprocess.run(["strace", "-f", "-y", "-xx", "-s", "4000000", "-o", trace, "-e", "trace=" + CALLS,
                               *map(str, command)], input=stdin.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env={"PATH": "/usr/bin:/bin", **self.environment}, timeout=60, check=False)
        recorder.read(trace)
        return done.returncode, done.stdout.decode()

    def event(self, number, host):
        return json.dumps({"kind": "problem", "severity": "warning", "host": host, "service": "CPU", "source": "zabbix",
                           "event_id": str(number), "subject": "CPU is high"})

    def promise(self, recorder, number, wanted):
        recorder.events.append(("promise", number, wanted))

    def record(self, recorder):
        """Sends that arrive, sends that wait, sends that are held back, and ticks among them."""
        send = (program("notify_webhook"), "--source", "json")
        self.assertEqual(0, self.traced(recorder, program("notifyctl"), "tick")[0])
        for number in range(1, 13):
            waits = number % 3 == 0
            if waits:
                self.stub.script("webhook", Answer(status=503))
            status, output = self.traced(recorder, *send, stdin=self.event(number, f"host{0 if number > 6 else number}"))
            self.assertEqual(0, status, output)
            word = output.split()[0]
            self.assertIn(word, ("delivered", "queued", "suppressed"))
            if word != "delivered":
                self.promise(recorder, number, {"queued": ("waiting", "delivered"), "suppressed": ("held",)}[word])
            if number % 5 == 0:
                self.traced(recorder, program("notifyctl"), "tick")

    def outcomes(self, folder):
        """Read by SQLite itself; raises when it finds damage."""
        connection = sqlite3.connect(folder / "state.db")
        try:
            if connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                raise sqlite3.DatabaseError("integrity")
            return dict(connection.execute("SELECT problem, outcome FROM notification").fetchall())
        finally:
            connection.close()

    def count_bad(self, snapshot, events, states, deaf):
        chance = random.Random(7)
        corrupt = lost = tried = 0
        rounds = max(1, states // len(events))
        with tempfile.TemporaryDirectory(prefix="np-cut-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:
            for cut in range(1, len(events) + 1):
                for turn in range(rounds):
                    mode = ("drop", "keep", "part")[min(turn, 2)] if rounds >= 3 else chance.choice(("drop", "part"))
                    disk = after_cut(snapshot, events[:cut], mode, chance, deaf)
                    target = pathlib.Path(folder, "cut")
                    shutil.rmtree(target, ignore_errors=True)
                    target.mkdir()
                    for path, data in disk.files.items():
                        if not path.endswith("-shm") and os.path.dirname(path) == str(self.state):
                            (target / os.path.basename(path)).write_bytes(data)
                    tried += 1
                    try:
                        found = self.outcomes(target)
                    except sqlite3.DatabaseError:
                        corrupt += 1
                        continue
                    promised = [e for e in events[:cut] if e[0] == "promise"]
                    lost += any(not any(key.endswith(f"/{number}") and outcome in wanted for key, outcome in found.items())
                                for _, number, wanted in promised)
        return tried, corrupt, lost

    def recorded(self, keeper):
        """With a keeper, as with notifyd, the log is not folded into the database at the end of each program."""
        self.notify("webhook", "--source", "json", stdin=self.event("first", "hostx"))
        # Read before the keeper opens it: closing any descriptor of a file drops this process' locks on it.
        snapshot = {str(path): path.read_bytes() for path in self.state.iterdir() if path.is_file()}
        connection = sqlite3.connect(self.state / "state.db")
        if keeper:
            connection.execute("SELECT COUNT(*) FROM value").fetchall()
        else:
            connection.close()
        recorder = Recorder(self.state)
        self.record(recorder)
        connection.close()
        self.assertGreater(sum(e[0] == "promise" for e in recorder.events), 4)
        return snapshot, recorder.events

    def test_alone(self):
        snapshot, events = self.recorded(False)
        tried, corrupt, lost = self.count_bad(snapshot, events, STATES, lambda path: False)
        self.assertEqual((0, 0), (corrupt, lost), f"{tried} states")
        print(f"alone: {tried} power cuts, 0 corrupt, 0 promises lost")

    def test_beside_a_keeper(self):
        snapshot, events = self.recorded(True)
        tried, corrupt, lost = self.count_bad(snapshot, events, STATES, lambda path: False)
        self.assertEqual((0, 0), (corrupt, lost), f"{tried} states")
        control, _, gone = self.count_bad(snapshot, events, min(STATES, 1000), lambda path: path.endswith("-wal"))
        self.assertGreater(gone, 0, "the control without syncs lost nothing: the replay sees nothing")
        print(f"beside a keeper: {tried} power cuts, 0 corrupt, 0 promises lost;"
              f" control without syncs of the log: {gone} of {control} states lost a promise")


if __name__ == "__main__":
    unittest.main()
