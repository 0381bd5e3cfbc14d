"""PostgreSQL in a folder, for the hosts that keep their configuration in a database."""
import glob
import os
import pathlib
import shutil
import signal
import subprocess

from . import daemons


def programs():
    """Newest version first; None when there is none."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]), reverse=True)
    return pathlib.Path(found[0]) if found else None


def system_user(name):
    """A user of the system when we are root (PostgreSQL refuses to run as root), else ourselves."""
    return name if os.getuid() == 0 else None


class Postgres:
    """Context manager; loses everything at the end, and with it when the machine stops."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self.port = daemons.free_port()
        self.daemon = None
        if system_user("postgres"):
            shutil.chown(self.folder, "postgres", "postgres")

    def __enter__(self):
        user = system_user("postgres")
        subprocess.run([programs() / "initdb", "-D", self.folder / "data", "-A", "trust", "-U", "postgres", "-E", "UTF8",
                        "--locale=C.UTF-8", "--no-sync"], check=True, capture_output=True, cwd="/", user=user, group=user,
                       extra_groups=[] if user else None)
        settings = {"listen_addresses": "127.0.0.1", "port": self.port, "fsync": "off", "full_page_writes": "off",
                    "synchronous_commit": "off", "unix_socket_directories": self.folder}
        output = self.folder.parent / "postgres.output"
        self.daemon = daemons.Daemon([programs() / "postgres", "-D", self.folder / "data",
                                      *[part for name, value in settings.items() for part in ("-c", f"{name}={value}")]],
                                     {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}, output, user=user)
        try:
            daemons.wait_for(lambda: self.sql("select 1", check=False) == 0, self.daemon, 30, "postgres")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        """Fast: does not wait for those who are connected."""
        self.daemon.stop(signal.SIGINT)

    def client(self, text, database, user, *options):
        return subprocess.run([programs() / "psql", "-q", "-X", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p",
                               str(self.port), "-U", user, *options, database], input=text.encode(), capture_output=True,
                              check=False)

    def sql(self, text, database="postgres", user="postgres", check=True):
        done = self.client(text, database, user)
        if check and done.returncode:
            raise RuntimeError(done.stderr.decode())
        return done.returncode

    def rows(self, query, database):
        """A query's rows, each a list of texts."""
        done = self.client(query, database, "postgres", "-A", "-t", "-F", "\x1f", "-R", "\x1e")
        if done.returncode:
            raise RuntimeError(done.stderr.decode())
        return [row.split("\x1f") for row in done.stdout.decode().rstrip("\n").split("\x1e") if row]

    def create(self, name):
        """A database and its owner of the same name and password."""
        self.sql(f"create role {name} login password '{name}'")
        self.sql(f"create database {name} owner {name} encoding 'UTF8' template template0")
