"""What all system tests share: where the programs are, a stub of every provider, a configuration that points at it.

Run one file, or all of them:

    python3 tests/system/test_nagios.py
    NP_BUILD=build python3 -m unittest discover -s tests/system
"""
import os
import pathlib
import shutil
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

    def enter_class_context(case_class, manager):
        value = manager.__enter__()
        case_class.addClassCleanup(manager.__exit__, None, None, None)
        return value
    unittest.TestCase.enterContext = enter_context
    unittest.TestCase.enterClassContext = classmethod(enter_class_context)


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


CHANNELS = ("dingtalk", "wecom", "feishu", "slack", "teams", "aliyun_sms", "tencent_sms", "email", "webhook")
MOBILE = "13800138000"

# One section for each channel, pointing at the stub; @NAME@ is filled in, and secrets are files beside the configuration.
SECTIONS = {
    "dingtalk": 'endpoint = "@URL@/robot/send"  token_file = "secrets/dingtalk-token"  secret_file = "secrets/dingtalk-secret"',
    "feishu": 'endpoint = "@URL@/open-apis/bot/v2/hook"  token_file = "secrets/feishu-token"  secret_file = "secrets/feishu-secret"',
    "wecom": 'endpoint = "@URL@/cgi-bin/webhook/send"  key_file = "secrets/wecom-key"',
    "slack": 'endpoint = "@URL@/api"  token_file = "secrets/slack-token"  channel = "C0123456789"',
    "teams": 'webhook_file = "secrets/teams-webhook"',
    "aliyun_sms": 'endpoint = "@URL@"  access_key_id_file = "secrets/aliyun-id"  access_key_secret_file = '
                  '"secrets/aliyun-secret"  sign_name = "监控系统"  template_code = "SMS_123456789"  template_param = '
                  '{"server={{host}}", "type={{subject}}", "time={{time}}"}',
    "tencent_sms": 'endpoint = "@URL@"  secret_id_file = "secrets/tencent-id"  secret_key_file = "secrets/tencent-key"  '
                   'app_id = "1400006666"  region = "ap-guangzhou"  sign_name = "监控系统"  template_id = "1234"  '
                   'template_params = {"{{host}}", "{{subject}}"}',
    "email": 'server = "@MAIL@"  from = "监控 <monitor@example.com>"  starttls = "never"',
    "webhook": 'endpoint = "@URL@/hook"  signing = "standard"  secret_file = "secrets/webhook-secret"',
}


def secrets_of(stub):
    """File name to secret, as the stub's providers know them."""
    known = stub.providers
    return {
        "dingtalk-token": known["dingtalk"].token,
        "dingtalk-secret": known["dingtalk"].secret,
        "wecom-key": known["wecom"].key,
        "feishu-token": known["feishu"].token,
        "feishu-secret": known["feishu"].secret,
        "slack-token": known["slack"].token,
        "teams-webhook": stub.url + known["teams"].workflow_target,
        "aliyun-id": known["aliyun_sms"].key_id,
        "aliyun-secret": known["aliyun_sms"].key_secret,
        "tencent-id": known["tencent_sms"].secret_id,
        "tencent-key": known["tencent_sms"].secret_key,
        "webhook-secret": known["webhook"].secrets[0],
    }


# Enough for a test to say much about one service; the product's own limits have their own tests.
MANY = "limit { per_minute = 1000  per_hour = 1000  per_day = 1000 }\n"


def configuration(folder, stub, mail, extra=MANY, channels=CHANNELS, owner=None, **instead):
    """Writes notification.conf with the section "ops-CHANNEL" for each channel, and returns its path. `instead` gives the
    inside of a channel's section; `owner` is a user's name that shall be able to read it."""
    folder = pathlib.Path(folder)
    text = f'state = {quoted(folder / "state")}\ntemplates = {quoted(ROOT / "templates")}\nlanguage = "zh_CN"\n'
    text += f'timezone = "Asia/Shanghai"\n{extra}\n'
    for channel in channels:
        inside = instead.get(channel, SECTIONS[channel]).replace("@URL@", stub.url).replace("@MAIL@", mail.url)
        text += f'{channel} "ops-{channel.replace("_", "-")}" {{ {inside} }}\n'
    path = write(folder / "notification.conf", text)
    for name, secret in secrets_of(stub).items():
        write(folder / "secrets" / name, secret + "\n", 0o600)
    (folder / "state").mkdir(exist_ok=True)
    for one in [folder, *folder.rglob("*")] if owner else []:
        shutil.chown(one, owner, owner)
    return path


class Case(unittest.TestCase):
    """A folder, a stub of all providers, a mail server, and a configuration for them; all gone after the test."""
    providers = {}  # to put others in the place of the standard ones
    maxDiff = None

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="np-")))
        self.folder.chmod(0o755)
        self.stub = self.enterContext(Stub(all_providers(**self.providers)))
        self.mail = self.enterContext(Sink())

    def configure(self, **more):
        self.configuration = configuration(self.folder / "etc", self.stub, self.mail, **more)
        return self.configuration

    @property
    def environment(self):
        return {"NOTIFICATION_PLUGINS_CONFIG": str(self.configuration)}

    def notify(self, channel, *arguments, **more):
        """Runs notify_CHANNEL with the case's configuration."""
        environment = {**self.environment, **more.pop("environment", {})}
        return run(program(f"notify_{channel}"), *arguments, environment=environment, **more)

    def arrivals(self, channel, count, timeout_s=10):
        """The messages that a channel's provider or the mail server took: at least `count`, in their order."""
        if channel == "email":
            return self.mail.wait(count, timeout_s)
        return self.stub.wait(count, channel, timeout_s)

    def assert_nothing_is_doubted(self):
        """The providers swallowed nothing that would be lost or look wrong."""
        doubted = [(record.name, record.doubts) for record in self.stub.recorded if record.doubts]
        doubted += [("email", mail.doubts) for mail in self.mail.mails if mail.doubts]
        self.assertEqual(doubted, [])
