"""How a Zabbix server runs an alert script, without the server: for fast tests of the contract.

Seen on a real 6.0.14 and 7.0.22 server and in their sources (src/libs/zbxexec/execute.c, alerter.c):
/bin/sh -c with each parameter in single quotes; own process group; stdin /dev/null; stdout and stderr one pipe, read until
its end and not only until the script's; descriptors of the server left open; the server's environment; umask 0002; SIGPIPE
ignored (7.0); after 40 s SIGTERM to the group, then only `sh` is waited for. Messages of imported media types have CRLF.
"""
import contextlib
import os
import pathlib
import select
import signal
import socket
import subprocess
import time
from dataclasses import dataclass

DEADLINE_S = 40
LAST_WORDS_S = 0.2
ERROR_MOST = 2048  # bytes of alerts.error
ARGUMENT_MOST = 128 * 1024  # bytes: MAX_ARG_STRLEN of Linux


@dataclass
class Alert:
    status: int  # as the shell's: negative when a signal ended it
    output: str
    seconds: float
    timed_out: bool
    group: int

    @property
    def sent(self):
        return self.status == 0 and not self.timed_out

    @property
    def error(self):
        """What alert.get shows."""
        if self.sent:
            return ""
        if self.timed_out:
            return "Timeout while executing a shell script."
        if self.output.strip():
            return self.output.encode()[:ERROR_MOST].decode("utf-8", "replace").rstrip("\n")
        return f"Process exited with code: {self.status}." if self.status > 0 else \
            f"Process killed by signal: {-self.status}."


def shell_line(script, parameters):
    quoted = ["'" + one.replace("'", "'\\''") + "'" for one in parameters]
    return " ".join([str(script), *quoted])


def read_to_end(pipe, end_s):
    """(all that came, whether the end came in time)"""
    output = b""
    while (left := end_s - time.monotonic()) > 0:
        if select.select([pipe], [], [], left)[0]:
            part = os.read(pipe.fileno(), 65536)
            if not part:
                return output, True
            output += part
    return output, False


def run(script, parameters, environment=None, deadline_s=DEADLINE_S, ignore_sigpipe=True):
    """Runs a script as the alerter does. A line too long for one argument (128 KiB) fails as it does there."""
    if len(shell_line(script, parameters).encode()) >= ARGUMENT_MOST:
        return Alert(1, "", 0, False, 0)
    with socket.socket(socket.AF_UNIX) as listener, open("/etc/hostname", "rb") as other:
        before = time.monotonic()
        process = subprocess.Popen(["/bin/sh", "-c", shell_line(script, parameters)], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment or {}, cwd="/",
                                   start_new_session=True, umask=0o002, restore_signals=not ignore_sigpipe,
                                   pass_fds=(listener.fileno(), other.fileno()))
        output, ended = read_to_end(process.stdout, before + deadline_s)
        if not ended:
            os.killpg(process.pid, signal.SIGTERM)
        process.wait()
        output += read_to_end(process.stdout, time.monotonic() + LAST_WORDS_S)[0]  # for the tests: Zabbix reads no more
        process.stdout.close()
        return Alert(process.returncode, output.decode("utf-8", "replace"), time.monotonic() - before, not ended, process.pid)


def runs_in(group):
    """Ids of the processes of a group that still run; one that only waits to be collected does not."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, its_group = stat.read_text().rpartition(") ")[2].split()[:3]
            found += [stat.parent.name] if int(its_group) == group and state not in "ZX" else []
    return found


def group_is_gone(group, patience_s=2):
    """True when no process of the script's group is left."""
    end = time.monotonic() + patience_s
    while runs_in(group):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
