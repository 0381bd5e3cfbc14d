"""Where the daemons' programs are: unpacked from Debian's packages without installing them, and started and stopped by pid.

    python3 tests/hosts/daemons.py BUILD     downloads and unpacks now, so that tests need no network later
    python3 tests/hosts/daemons.py --install prints the packages to install
"""
import contextlib
import fcntl
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
UNPACK_S = 120


def packages(way):
    lines = [line.split() for line in (HERE / "packages").read_text().splitlines() if not line.startswith("#")]
    return [line[1] for line in lines if line and line[0] == way]


def download(names, folder):
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        raise unittest.SkipTest("Nagios and Icinga 2 are taken from Debian's packages, and this is no Debian")
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["apt-get", "download", *names], cwd=folder, capture_output=True, text=True, timeout=UNPACK_S,
                          check=False)
    if done.returncode:
        raise unittest.SkipTest(f"cannot download {' '.join(names)}: {done.stderr.strip().splitlines()[-1]}")


def unpacked(build):
    """The folder that holds usr/ of the daemons, made at the first call; tests that run side by side wait for it."""
    home = pathlib.Path(build) / "daemons"
    home.mkdir(parents=True, exist_ok=True)
    names = packages("unpack")
    stamp = home / "stamp"
    with open(home / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != "\n".join(names):
            download(names, home / "packages")
            for package in sorted((home / "packages").glob("*.deb")):
                subprocess.run(["dpkg", "-x", str(package), str(home / "root")], check=True, timeout=UNPACK_S)
            stamp.write_text("\n".join(names))
    return home / "root"


def libraries(root):
    return next((root / "usr/lib").glob("*-linux-gnu"))


def free_port():
    """A port that was free a moment ago: the daemons cannot be told 0, and Zabbix wants one below 32768."""
    while True:
        port = random.randrange(10000, 32000)
        with contextlib.suppress(OSError), socket.socket() as one:
            one.bind(("127.0.0.1", port))
            return port


def listens(port):
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def fill(template, folder, **values):
    """A file of this folder with each @NAME@ replaced."""
    text = (HERE / template).read_text()
    for name, value in {"FOLDER": folder, **values}.items():
        text = text.replace(f"@{name.upper()}@", str(value))
    return text


class Daemon:
    """A process of ours in its own process group, its output in a file; stopped by its pid and by nothing else."""

    def __init__(self, arguments, environment, output, user=None, cwd="/"):
        self.output = pathlib.Path(output)
        with open(self.output, "ab") as log:
            self.process = subprocess.Popen([str(one) for one in arguments], env=environment, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, start_new_session=True, cwd=cwd, user=user, group=user,
                                            extra_groups=[] if user else None, umask=0o022)

    @property
    def alive(self):
        return self.process.poll() is None

    def stop(self, number=signal.SIGTERM, patience_s=15):
        if not self.alive:
            return
        self.process.send_signal(number)
        try:
            self.process.wait(patience_s)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def wait_for(condition, daemon, timeout_s, what):
    """Polls; a daemon that ended meanwhile is told with its last words."""
    end = time.monotonic() + timeout_s
    while not condition():
        words = daemon.output.read_text(errors="replace")[-2000:]
        if not daemon.alive:
            raise RuntimeError(f"{what} ended with status {daemon.process.returncode}: {words}")
        if time.monotonic() > end:
            daemon.stop()
            raise TimeoutError(f"{what} is not ready after {timeout_s} s: {words}")
        time.sleep(0.02)


if __name__ == "__main__":
    if sys.argv[1:] == ["--install"]:
        print(*packages("install"))
    else:
        print(unpacked(sys.argv[1]))
