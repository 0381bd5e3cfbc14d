"""Nagios Core, told by its command pipe; one in a folder of its own, too."""
import grp
import os
import pathlib
import pwd
import stat
import subprocess
import time

from . import daemons


class Running:
    """One that runs, and where its pipe and its log are."""

    def __init__(self, pipe, log_file):
        self.pipe, self.log_file = pathlib.Path(pipe), pathlib.Path(log_file)

    def tell(self, *command):
        """One external command: its name and its fields."""
        line = f"[{int(time.time())}] {';'.join(str(part) for part in command)}\n".encode()
        pipe = os.open(self.pipe, os.O_WRONLY | os.O_NONBLOCK)
        try:
            os.write(pipe, line)
        finally:
            os.close(pipe)

    def service_result(self, service, status, output, host="web01"):
        self.tell("PROCESS_SERVICE_CHECK_RESULT", host, service, status, output)

    def host_result(self, status, output, host="web01"):
        self.tell("PROCESS_HOST_CHECK_RESULT", host, status, output)

    @property
    def log(self):
        return self.log_file.read_text(errors="replace")


class Nagios(Running):
    """Context manager. `commands` and `contacts` are the texts of the files under test; `objects` bring hosts and services."""

    def __init__(self, build, folder, commands, contacts, contact_names, environment, environment_macros=False):
        self.root = daemons.unpacked(build)
        self.folder = pathlib.Path(folder)
        (self.folder / "var/results").mkdir(parents=True)
        super().__init__(self.folder / "var/nagios.cmd", self.folder / "var/nagios.log")
        self.environment = environment
        self.files = {
            "nagios.cfg": daemons.fill("nagios.cfg", self.folder, user=pwd.getpwuid(os.getuid()).pw_name,
                                       group=grp.getgrgid(os.getgid()).gr_name,
                                       environment_macros=int(environment_macros)),
            "objects.cfg": daemons.fill("nagios-objects.cfg", self.folder, contacts=",".join(contact_names)),
            "commands.cfg": commands,
            "contacts.cfg": contacts,
        }

        for name, text in self.files.items():
            (self.folder / name).write_text(text)

    @property
    def program(self):
        return self.root / "usr/sbin/nagios4"

    def check(self):
        """What `nagios4 -v` says about the configuration, and its exit status."""
        done = subprocess.run([self.program, "-v", self.folder / "nagios.cfg"], env={"PATH": "/usr/bin:/bin"},
                              capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stdout + done.stderr

    def __enter__(self):
        self.daemon = daemons.Daemon([self.program, self.folder / "nagios.cfg"],
                                     {"PATH": "/usr/bin:/bin", **self.environment}, self.folder / "output")
        try:
            daemons.wait_for(self.ready, self.daemon, 15, "nagios4")
        except BaseException:
            self.daemon.stop()
            raise
        return self

    def __exit__(self, *_):
        self.daemon.stop()

    def ready(self):
        return self.pipe.exists() and stat.S_ISFIFO(self.pipe.stat().st_mode)
