"""Icinga 2, told by its REST interface; one in a folder of its own, too."""
import base64
import json
import os
import pathlib
import secrets
import ssl
import subprocess
import urllib.error
import urllib.request

import grp
import pwd

from . import daemons


def make_certificates(folder):
    """A certificate authority, the node's certificate, without which the listener does not start, and that of a client."""
    folder.mkdir(parents=True)
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
    openssl("req", "-x509", *key, "-subj", "/CN=test CA", "-keyout", "ca.key", "-out", "ca.crt")
    (folder / "names").write_text("subjectAltName=DNS:test,IP:127.0.0.1\n")
    for name, names in (("test", ["-extfile", "names"]), ("client", [])):
        openssl("req", *key, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", *names,
                "-out", f"{name}.crt")


class Running:
    """One that runs, told by its REST interface on loopback as an ApiUser; `authority` is the file of the certificate's."""

    def __init__(self, port, user, password, authority):
        self.port, self.user, self.password = port, user, password
        context = ssl.create_default_context(cafile=str(authority))
        context.check_hostname = False
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}),
                                                  urllib.request.HTTPSHandler(context=context))

    def ready(self):
        try:
            return self.call("GET", "/v1/objects/hosts")[0] == 200
        except OSError:
            return False

    def call(self, method, path, value=None):
        """(status, JSON) of a request to the REST interface."""
        request = urllib.request.Request(f"https://127.0.0.1:{self.port}{path}", method=method,
                                         data=None if value is None else json.dumps(value).encode())
        authorization = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        for name, text in {"Accept": "application/json", "Authorization": f"Basic {authorization}"}.items():
            request.add_header(name, text)
        try:
            with self.opener.open(request, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"null")

    def act(self, action, name, **more):
        """An action on a host ("web01") or service ("web01!disk /"); RuntimeError when Icinga refuses it."""
        kind = {"type": "Service", "service": name} if "!" in name else {"type": "Host", "host": name}
        status, said = self.call("POST", f"/v1/actions/{action}", {**kind, **more})
        if status != 200:
            raise RuntimeError(f"{action} of {name}: {status} {said}")
        return said

    def result(self, name, status, output):
        self.act("process-check-result", name, exit_status=status, plugin_output=output)


class Icinga2(Running):
    """Context manager. `commands` is the text of the file under test, `users` that of users and apply rules."""

    def __init__(self, build, folder, programs, commands, users, environment):
        self.root = daemons.unpacked(build)
        self.folder = pathlib.Path(folder)
        port, password = daemons.free_port(), secrets.token_hex(8)
        self.environment = environment
        for name in ("data", "log", "cache", "spool", "run"):
            (self.folder / name).mkdir(parents=True)
        make_certificates(self.folder / "data/certs")
        for name, text in {"notification-plugins.conf": commands, "users.conf": users,
                           "icinga2.conf": daemons.fill("icinga2.conf", self.folder, port=port,
                                                        password=password, programs=programs)}.items():
            (self.folder / name).write_text(text)
        super().__init__(port, "test", password, self.folder / "data/certs/ca.crt")

    def arguments(self, *more):
        libraries = daemons.libraries(self.root)
        places = {"ConfigDir": "", "DataDir": "/data", "LogDir": "/log", "CacheDir": "/cache", "SpoolDir": "/spool",
                  "InitRunDir": "/run", "PidPath": "/run/icinga2.pid"}
        defined = [f"{name}={self.folder}{place}" for name, place in places.items()]
        defined += [f"RunAsUser={pwd.getpwuid(os.getuid()).pw_name}", f"RunAsGroup={grp.getgrgid(os.getgid()).gr_name}"]
        return [libraries / "icinga2/sbin/icinga2", "daemon", *more, "-c", self.folder / "icinga2.conf", "-I",
                self.root / "usr/share/icinga2/include", *[part for one in defined for part in ("-D", one)]]

    @property
    def surroundings(self):
        return {"PATH": "/usr/bin:/bin", "LD_LIBRARY_PATH": str(daemons.libraries(self.root)), **self.environment}

    def check(self):
        """What `icinga2 daemon -C` says about the configuration, and its exit status."""
        done = subprocess.run([str(one) for one in self.arguments("-C")], env=self.surroundings, capture_output=True,
                              text=True, timeout=60, check=False)
        return done.returncode, done.stdout + done.stderr

    def __enter__(self):
        self.daemon = daemons.Daemon(self.arguments(), self.surroundings, self.folder / "output")
        try:
            daemons.wait_for(self.ready, self.daemon, 30, "icinga2")
        except BaseException:
            self.daemon.stop()
            raise
        return self

    def __exit__(self, *_):
        self.daemon.stop()

    @property
    def log(self):
        return (self.folder / "log/icinga2.log").read_text(errors="replace")
