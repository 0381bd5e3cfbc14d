"""A Zabbix server with its database and its programming interface, from Debian's packages: in a folder of its own, or as the
packages themselves run it in a machine."""
import gzip
import json
import os
import pathlib
import shutil
import socket
import struct
import time
import unittest
import urllib.request

from . import daemons
from .postgres import Postgres, programs as postgres_programs, system_user

SERVER = "/usr/sbin/zabbix_server"
FRONTEND = pathlib.Path("/usr/share/zabbix")
SQL = pathlib.Path("/usr/share/zabbix-server-pgsql")
# What a server without hosts needs; the templates in data.sql are 32 MB and take 16 s.
NEEDED_TABLES = {"config", "users", "users_groups", "usrgrp", "role", "role_rule", "media_type", "media_type_param",
                 "media_type_message", "hstgrp", "regexps", "expressions", "graph_theme", "ids"}
SERVER_SETTINGS = {"StartAlerters": 10, "StartPollers": 1, "StartPingers": 0, "StartIPMIPollers": 0, "StartHTTPPollers": 0,
                   "StartDiscoverers": 1, "StartTrappers": 2, "HousekeepingFrequency": 0, "ServiceManagerSyncFrequency": 1}
FRONTEND_S = 30


def missing():
    """What of the packages is not there: for a skip that says so."""
    needed = {"zabbix-server-pgsql": os.path.exists(SERVER), "zabbix-frontend-php": FRONTEND.exists(),
              "php-cli": shutil.which("php"), "postgresql": postgres_programs()}
    return [name for name, there in needed.items() if not there]


def schema(folder=SQL):
    return gzip.open(folder / "schema.sql.gz", "rt", encoding="utf-8").read()


def needed_rows(folder):
    """The lines of data.sql for NEEDED_TABLES. A statement may go on over many lines."""
    keep = False
    with gzip.open(folder / "data.sql.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("INSERT INTO "):
                keep = line.split()[2] in NEEDED_TABLES
            elif line in ("COMMIT;\n", "START TRANSACTION;\n"):
                keep = False
            if keep:
                yield line


def needed_data(folder=SQL):
    """What fills NEEDED_TABLES, for the database's administrator: it does without the order that foreign keys ask for."""
    return "begin; set session_replication_role=replica;\n" + "".join(needed_rows(folder)) + "commit;"


def frontend_configuration(database_port, server_port):
    """The text of zabbix.conf.php."""
    database = {"TYPE": "POSTGRESQL", "SERVER": "127.0.0.1", "PORT": str(database_port), "DATABASE": "zabbix",
                "USER": "zabbix", "PASSWORD": "zabbix", "SCHEMA": "", "KEY_FILE": "", "CERT_FILE": "", "CA_FILE": "",
                "CIPHER_LIST": "", "VAULT_URL": "", "VAULT_DB_PATH": "", "VAULT_TOKEN": ""}
    fields = ", ".join(f"'{name}' => '{value}'" for name, value in database.items())
    return (f"<?php $DB = [{fields}, 'ENCRYPTION' => false, 'VERIFY_HOST' => false, 'DOUBLE_IEEE754' => true];\n"
            f"$ZBX_SERVER = '127.0.0.1'; $ZBX_SERVER_PORT = '{server_port}'; $ZBX_SERVER_NAME = 'test';\n"
            "$IMAGE_FORMAT_DEFAULT = IMAGE_FORMAT_PNG;\n")


def frontend_command(port, pages):
    return ["php", "-d", "date.timezone=UTC", "-d", "memory_limit=256M", "-S", f"127.0.0.1:{port}", "-t", str(pages)]


class Running:
    """One that runs, told by its programming interface and by the port for values, which both are on loopback."""

    def __init__(self, web_port, server_port):
        self.web_port, self.server_port, self.token = web_port, server_port, None

    def log_in(self):
        self.token = self.call("user.login", username="Admin", password="zabbix")

    def frontend_answers(self):
        try:
            return bool(self.call("apiinfo.version"))
        except OSError:
            return False

    def server_answers(self):
        return daemons.listens(self.server_port)

    def call(self, method, *positional, **named):
        """The result of an API method; RuntimeError with Zabbix' own words."""
        asked = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(positional) or named}
        if self.token:
            asked["auth"] = self.token
        request = urllib.request.Request(f"http://127.0.0.1:{self.web_port}/api_jsonrpc.php", json.dumps(asked).encode(),
                                         {"Content-Type": "application/json-rpc"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=30) as answer:
            said = json.load(answer)
        if "error" in said:
            raise RuntimeError(f"{method}: {said['error']}")
        return said["result"]

    def tell_server(self, value):
        """One request in the protocol of agents and senders; its answer."""
        body = json.dumps(value).encode()
        with socket.create_connection(("127.0.0.1", self.server_port), timeout=10) as line:
            line.sendall(b"ZBXD\x01" + struct.pack("<Q", len(body)) + body)
            head, answer = line.recv(13, socket.MSG_WAITALL), b""
            size, = struct.unpack("<Q", head[5:13])
            while len(answer) < size and (part := line.recv(65536)):
                answer += part
        return json.loads(answer)

    def send_value(self, host, key, value):
        """True when the server took it: it refuses items that it has not read from the database yet."""
        said = self.tell_server({"request": "sender data", "data": [{"host": host, "key": key, "value": str(value)}]})
        return "processed: 1" in said.get("info", "")

    def import_media_types(self, text):
        rules = {"mediaTypes": {"createMissing": True, "updateExisting": True}}
        return self.call("configuration.import", format="yaml", rules=rules, source=text)


class Zabbix(Running):
    """Context manager with database and programming interface; start_server() comes when the test has set up what the server
    shall find, since it looks for new rules once a minute. `programs` are copied to where it looks for alert scripts."""

    def __init__(self, folder, programs, environment):
        absent = missing()
        if absent:
            raise unittest.SkipTest(f"packages are not installed: {', '.join(absent)}")
        self.folder = pathlib.Path(folder)
        self.environment = environment
        self.daemons = []
        super().__init__(daemons.free_port(), daemons.free_port())
        self.database = Postgres(self.folder / "database")
        for name, user in {"run": "zabbix", "alert.d": None}.items():
            (self.folder / name).mkdir(parents=True)
            if user and system_user(user):
                shutil.chown(self.folder / name, user, user)
        for program in programs:
            shutil.copy(program, self.folder / "alert.d")

    def __enter__(self):
        self.database.__enter__()
        try:
            self.fill_database()
            self.start_frontend()
            self.log_in()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        """Server, frontend, database: the other way round than they came."""
        for daemon in reversed(self.daemons):
            daemon.stop()
        self.database.__exit__()

    def start(self, name, arguments, ready, user=None, environment=None):
        daemon = daemons.Daemon(arguments, {"PATH": "/usr/sbin:/usr/bin:/bin", "LANG": "C.UTF-8", **(environment or {})},
                                self.folder / f"{name}.output", user=system_user(user) if user else None)
        self.daemons.append(daemon)
        daemons.wait_for(ready, daemon, 30, name)

    def fill_database(self):
        self.database.create("zabbix")
        self.database.sql(schema(), "zabbix", "zabbix")
        self.database.sql(needed_data(), "zabbix")

    def start_frontend(self):
        """PHP's own server over a copy in which the place of the configuration file, a constant, is ours."""
        pages = self.folder / "frontend"
        shutil.copytree(FRONTEND, pages, ignore=shutil.ignore_patterns("assets", "locale", "audio"),
                        ignore_dangling_symlinks=True)
        constant = pages / "include/classes/core/CConfigFile.php"
        constant.write_text(constant.read_text().replace("/etc/zabbix/zabbix.conf.php", f"{self.folder}/frontend.conf.php"))
        (self.folder / "frontend.conf.php").write_text(frontend_configuration(self.database.port, self.server_port))
        self.start("php", frontend_command(self.web_port, pages), self.frontend_answers, user="zabbix")

    def start_server(self):
        settings = {"ListenIP": "127.0.0.1", "ListenPort": self.server_port, "LogFile": self.folder / "run/server.log",
                    "PidFile": self.folder / "run/server.pid", "SocketDir": self.folder / "run", "DBHost": "127.0.0.1",
                    "DBPort": self.database.port, "DBName": "zabbix", "DBUser": "zabbix", "DBPassword": "zabbix",
                    "AlertScriptsPath": self.folder / "alert.d", **SERVER_SETTINGS}
        (self.folder / "server.conf").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        self.start("zabbix_server", [SERVER, "-f", "-c", self.folder / "server.conf"], self.server_answers, user="zabbix",
                   environment=self.environment)

    @property
    def log(self):
        return (self.folder / "run/server.log").read_text(errors="replace")


class Installed(Running):
    """That of a machine where its packages are installed, made ready as their README.Debian says, and run by their own unit;
    start_server() is systemd's business."""
    DATABASE_PORT, SERVER_PORT, WEB_PORT = 5432, 10051, 8080

    def __init__(self, machine):
        super().__init__(self.WEB_PORT, self.SERVER_PORT)
        self.machine = machine
        self.fill_database()
        self.start_frontend()
        self.log_in()

    def sql(self, text, database="postgres"):
        self.machine.run("runuser", "-u", "postgres", "--", "psql", "-q", "-X", "-v", "ON_ERROR_STOP=1", database, stdin=text)

    def fill_database(self):
        root, files = self.machine.root, self.machine.root.at(SQL)
        self.sql("create role zabbix login password 'zabbix'")
        self.sql("create database zabbix owner zabbix")
        self.sql("set role zabbix;\n" + schema(files), "zabbix")
        self.sql(needed_data(files), "zabbix")
        root.write("/etc/zabbix/zabbix_server.conf.d/database.conf", "DBPassword=zabbix\n")

    def start_frontend(self):
        self.machine.root.write("/etc/zabbix/zabbix.conf.php", frontend_configuration(self.DATABASE_PORT, self.SERVER_PORT))
        self.machine.run("systemd-run", "--quiet", "--unit=frontend", "--property=User=www-data",
                         *frontend_command(self.WEB_PORT, FRONTEND))
        end = time.monotonic() + FRONTEND_S
        while not self.frontend_answers():
            if time.monotonic() > end:
                raise TimeoutError(f"the frontend does not answer: {self.machine.journal('frontend')}")
            time.sleep(0.1)
