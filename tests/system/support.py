"""What all system tests share: where the programs are, a stub of every provider, a configuration that points at it.

Run one file, or all of them:

    python3 tests/system/test_nagios.py
    NP_BUILD=build python3 -m unittest discover -s tests/system
"""
import contextlib
import os
import pathlib
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("NP_BUILD", ROOT / "build")).resolve()
sys.path.insert(0, str(ROOT / "tests"))

from stub.providers import Stub, all_providers  # noqa: E402 (the path above makes it known)
from stub.smtp import Sink  # noqa: E402

if not hasattr(unittest.TestCase, "enterContext"):  # Python before 3.11
    def enter_context(case, manager):
        value = manager.__enter__()
        case.addCleanup(manager.__exit__, None, None, None)
        return value
    unittest.TestCase.enterContext = enter_context


def program(name):
    """The path of a built program. A missing one is a failure, never a skip."""
    path = BUILD / name
    if not os.access(path, os.X_OK):
        raise FileNotFoundError(f"{path} is not built: build it, or name the build directory in NP_BUILD")
    return path


@dataclass
class Outcome:
    status: int
    output: str
    errors: str
    seconds: float

    def __str__(self):
        return f"status {self.status} after {self.seconds:.2f} s\nstdout: {self.output}\nstderr: {self.errors}"


def run(path, *arguments, environment=None, stdin=None, timeout_s=30, cwd=None):
    """Runs a program in a bare environment, as daemons have it; text in, text out."""
    before = time.monotonic()
    done = subprocess.run([str(path), *arguments], env={"PATH": "/usr/bin:/bin", **(environment or {})}, cwd=cwd,
                          input=stdin.encode() if stdin is not None else None,
                          stdin=subprocess.DEVNULL if stdin is None else None,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout_s, check=False)
    return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode(), time.monotonic() - before)


def wait_until(condition, timeout_s=10, what="it", step_s=0.02):
    """Polls until the condition gives something true, and returns that."""
    end = time.monotonic() + timeout_s
    while not (value := condition()):
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not come within {timeout_s} s")
        time.sleep(step_s)
    return value


def write(path, text, mode=0o644):
    """Written with its final mode from the first byte on: it may hold a secret."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), mode)
        file.write(text)
    return path


def quoted(value):
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def certificate(case):
    """A self-signed certificate for 127.0.0.1 with its key, one PEM file, gone after the test."""
    folder = pathlib.Path(case.enterContext(tempfile.TemporaryDirectory(prefix="np-tls-")))
    key, cert, both = folder / "key.pem", folder / "cert.pem", folder / "both.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                    "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out",
                    str(cert)], check=True, capture_output=True)
    both.write_text(key.read_text() + cert.read_text())
    return both


def trusting(certificate_file):
    return ssl.create_default_context(cafile=str(certificate_file))
