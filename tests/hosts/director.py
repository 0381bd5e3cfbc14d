"""Icinga Director by its command line, over a database of its own: for what an administrator uploads there."""
import pathlib
import shutil
import subprocess
import unittest

from . import daemons, postgres

# icingacli with its places in constants; `configuration` and `share` are where the packages were unpacked.
START = """<?php
require_once '@SHARE@/php/Icinga/Application/Cli.php';
Icinga\\Application\\Cli::start('@SHARE@/icingaweb2', '@FOLDER@/configuration')->dispatch();
"""
RESOURCE = """[director]
type = "db"
db = "pgsql"
host = "127.0.0.1"
port = "@PORT@"
dbname = "director"
username = "director"
password = "director"
charset = "utf8"
"""


def missing():
    return [name for name, there in {"php-cli": shutil.which("php"), "postgresql": postgres.programs()}.items() if not there]


class Director:
    """Context manager; its database is filled with Director's own schema."""

    def __init__(self, build, folder):
        if missing():
            raise unittest.SkipTest(f"packages are not installed: {', '.join(missing())}")
        self.root = daemons.unpacked(build)
        self.share = self.root / "usr/share"
        self.folder = pathlib.Path(folder)
        self.database = postgres.Postgres(self.folder / "database")

    def write_configuration(self):
        configuration = self.folder / "configuration"
        modules = self.share / "icingaweb2/modules"
        texts = {
            "config.ini": f'[global]\nmodule_path = "{modules}"\nconfig_resource = "director"\n[logging]\nlog = "none"\n',
            "resources.ini": RESOURCE.replace("@PORT@", str(self.database.port)),
            "modules/director/config.ini": '[db]\nresource = "director"\n',
        }
        for name, text in texts.items():
            (configuration / name).parent.mkdir(parents=True, exist_ok=True)
            (configuration / name).write_text(text)
        (configuration / "enabledModules").mkdir()
        for name in ("director", "incubator", "reactbundle"):
            (configuration / "enabledModules" / name).symlink_to(modules / name)
        (self.folder / "icingacli.php").write_text(
            START.replace("@SHARE@", str(self.share)).replace("@FOLDER@", str(self.folder)))

    def __enter__(self):
        self.database.__enter__()
        try:
            self.database.create("director")
            self.database.sql("create extension pgcrypto", "director")
            self.write_configuration()
            self.run("migration", "run")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.database.__exit__()

    def run(self, *arguments, stdin=""):
        """What `icingacli director` says; RuntimeError when it fails."""
        extensions = [part for name in ("intl", "curl") for path in (self.root / "usr/lib/php").glob(f"*/{name}.so")
                      for part in ("-d", f"extension={path}")]
        environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "ICINGAWEB_LIBDIR": f"{self.share}/icinga-php",
                       "ICINGAWEB_STORAGEDIR": str(self.folder)}
        done = subprocess.run(["php", *extensions, "-d", "date.timezone=UTC", "-d", "error_reporting=E_ALL & ~E_DEPRECATED",
                               str(self.folder / "icingacli.php"), "director", *arguments], input=stdin.encode(),
                              env=environment, capture_output=True, timeout=120, check=False)
        if done.returncode:
            raise RuntimeError(f"{arguments}: {done.returncode} {done.stdout.decode()[-2000:]} {done.stderr.decode()[-2000:]}")
        return done.stdout.decode()

    def rows(self, query):
        """The rows of a query, each a list of texts."""
        return self.database.rows(query, "director")

    def fields(self):
        """Kind of object to the pairs (object, variable) of its fields."""
        return {kind: {tuple(row) for row in self.rows(
            f"select o.object_name, f.varname from icinga_{kind} o join icinga_{kind}_field l on l.{kind}_id = o.id "
            "join director_datafield f on f.id = l.datafield_id")} for kind in ("command", "user", "notification")}

    def rendered(self):
        """All that it would deploy, as one text of Icinga's language."""
        self.run("config", "render")
        return "\n".join(text for name, text in self.rows(
            "select c.file_path, g.content from director_generated_config_file c join director_generated_file g on "
            "g.checksum = c.file_checksum") if not name.endswith("001-director-basics.conf"))
