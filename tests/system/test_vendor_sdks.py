"""The vendors' own SDKs judge the signatures of requests that our programs really send.

The SDKs come from npm, by name and with the checksums of tests/vendor/package-lock.json, into the build directory. When npm
or its registry cannot be reached the tests are skipped, and say so: nothing is counted as passed.
"""
import base64
import hashlib
import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import unittest

from support import BUILD, ROOT, Case, program, run, write

VENDOR = ROOT / "tests" / "vendor"
INSTALL_TIMEOUT_S = 240
UNREACHABLE = re.compile(r"\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|"
                         r"ERR_SOCKET_TIMEOUT|E401|E403|E50\d)\b")

ALIYUN = {"id": "LTAI5tTestKeyId000000001", "secret": "TestSecretKey0123456789abcdef+/="}
TENCENT = {"id": "AKIDz8krbsJ5yKBZQpn74WFkmLPx3TEST01", "secret": "Gu5t9xGARNpq86cd98joQYCN3TEST+/="}
SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
PREVIOUS = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

# What tells a careless encoder from a careful one.
SUBJECTS = ["CPU 使用率 95% on /dev/sda1", "a+b *c~ (d)! 'e' \"f\" & g=h;i,j \\ %41 #", "é ℃ 日本語 한국어"]


def sdks():
    """The directory with the SDKs, installed at the first call; SkipTest when that cannot be done here."""
    lock = (VENDOR / "package-lock.json").read_bytes()
    folder = BUILD / f"vendor-sdks-{hashlib.sha256(lock).hexdigest()[:12]}"
    if (folder / "installed").exists():
        return folder
    if not shutil.which("npm") or not shutil.which("node"):
        raise unittest.SkipTest("npm is not installed: the vendors' SDKs did not judge our signatures")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(VENDOR / name, folder)
    try:
        done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=INSTALL_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        raise unittest.SkipTest(f"npm did not answer within {INSTALL_TIMEOUT_S} s: the vendors' SDKs did not judge our "
                                "signatures") from None
    if done.returncode != 0 and UNREACHABLE.search(done.stdout + done.stderr):
        raise unittest.SkipTest("npm's registry cannot be reached: the vendors' SDKs did not judge our signatures")
    if done.returncode != 0:
        raise RuntimeError(f"npm ci failed:\n{done.stdout}{done.stderr}")
    (folder / "installed").touch()
    return folder


class Judged(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sdks = sdks()

    def section(self, text):
        self.configuration = write(self.folder / "etc" / "notification.conf",
                                   f'state = "{self.folder}/state"\nretry {{ attempts = 1  delay = "0s" }}\n'
                                   + text.replace("{url}", self.stub.url), 0o600)

    def sent(self, channel, subject, *arguments):
        """The request that notify_CHANNEL put on the wire for this subject."""
        before = len(self.stub.recorded)
        outcome = self.notify(channel, *arguments, "--to", "13800138000", "--host", "db-01", "--severity", "critical",
                              "--subject", subject, "--message", "text")
        self.assertEqual(before + 1, len(self.stub.recorded), str(outcome))
        return self.stub.recorded[-1].request

    def question(self, name):
        """The request by which the worker asks for the receipt of what was sent before."""
        connection = sqlite3.connect(self.folder / "state" / "state.db", timeout=10)
        connection.execute("UPDATE receipt SET due_ms = 1 WHERE state = 'waiting'")
        connection.commit()
        connection.close()
        outcome = run(program("notifyctl"), "tick", environment=self.environment)
        self.assertEqual(name, self.stub.recorded[-1].name, str(outcome))
        return self.stub.recorded[-1].request

    def ask(self, kind, request, keys):
        question = {"kind": kind, "keys": keys,
                    "request": {"method": request.method, "target": request.target, "headers": request.headers,
                                "body": base64.b64encode(request.body).decode()}}
        done = subprocess.run(["node", str(VENDOR / "judge.js")], cwd=self.sdks, input=json.dumps(question), text=True,
                              capture_output=True, timeout=60, check=False,
                              env={"PATH": os.environ["PATH"], "HOME": str(self.folder)})
        return json.loads(done.stdout) if done.returncode == 0 else {"refused": done.stderr.strip()}


class Aliyun(Judged):
    SECTION = ('aliyun_sms "sms" {{ endpoint = "{{url}}/"  access_key_id = "{id}"  access_key_secret = "{secret}"\n'
               'sign_name = "监控系统"  template_code = "SMS_123456789"  signature = "%s" %s }}\n').format(**ALIYUN)

    def test_version_3_is_what_openapi_util_computes(self):
        self.section(self.SECTION % ("v3", ""))
        for subject in SUBJECTS:
            with self.subTest(subject=subject):
                request = self.sent("aliyun_sms", subject)
                judged = self.ask("aliyunV3", request, ALIYUN)
                self.assertEqual(judged, {"payload": request.headers["x-acs-content-sha256"],
                                          "authorization": request.headers["authorization"]})
                self.assertNotIn("content-type", request.headers)
                self.assertEqual("0", request.headers.get("content-length"))

    def test_version_3_signs_a_temporary_key(self):
        self.section(self.SECTION % ("v3", 'security_token = "CAISto+/ken="'))
        request = self.sent("aliyun_sms", SUBJECTS[0])
        self.assertEqual(self.ask("aliyunV3", request, ALIYUN)["authorization"], request.headers["authorization"])
        self.assertIn("x-acs-security-token", request.headers["authorization"])

    def test_version_1_is_what_both_sdks_compute(self):
        self.section(self.SECTION % ("v1", ""))
        for subject in SUBJECTS:
            with self.subTest(subject=subject):
                request = self.sent("aliyun_sms", subject)
                for kind in ("aliyunV1", "aliyunPopCore"):
                    self.assertEqual(self.ask(kind, request, ALIYUN), {"signature": request.query["Signature"]})

    def test_the_question_for_a_receipt_is_what_the_sdks_compute(self):
        for version, subject in (("v3", SUBJECTS[0]), ("v1", SUBJECTS[2])):
            self.section(self.SECTION % (version, ""))
            self.sent("aliyun_sms", subject)
            request = self.question("aliyun_receipts")
            if version == "v3":
                self.assertEqual(self.ask("aliyunV3", request, ALIYUN)["authorization"], request.headers["authorization"])
            else:
                for kind in ("aliyunV1", "aliyunPopCore"):
                    self.assertEqual(self.ask(kind, request, ALIYUN), {"signature": request.query["Signature"]})

    def test_a_judge_that_has_another_key_disagrees(self):
        self.section(self.SECTION % ("v3", ""))
        request = self.sent("aliyun_sms", SUBJECTS[0])
        judged = self.ask("aliyunV3", request, {**ALIYUN, "secret": "another"})
        self.assertNotEqual(judged["authorization"], request.headers["authorization"])


class Tencent(Judged):
    def setUp(self):
        super().setUp()
        self.section('tencent_sms "sms" { endpoint = "{url}/"  app_id = "1400006666"  sign_name = "监控系统"\n'
                     f'secret_id = "{TENCENT["id"]}"  secret_key = "{TENCENT["secret"]}"\n'
                     'template_id = "1234"  variable_limit = "60" }\n')

    @staticmethod
    def signature(authorization):
        credential = re.search(r"Credential=([^,]+),", authorization)[1]
        return credential, re.search(r"Signature=([0-9a-f]{64})$", authorization)[1]

    def test_tc3_is_what_the_sdk_computes(self):
        for subject in SUBJECTS:
            with self.subTest(subject=subject):
                request = self.sent("tencent_sms", subject)
                judged = self.ask("tencentTc3", request, TENCENT)
                self.assertEqual(1, judged["changed"])
                self.assertEqual(self.signature(judged["authorization"]),
                                 self.signature(request.headers["authorization"]))

    def test_the_question_for_a_receipt_is_what_the_sdk_computes(self):
        self.sent("tencent_sms", "disk")
        request = self.question("tencent_receipts")
        judged = self.ask("tencentTc3", request, TENCENT)
        self.assertEqual(self.signature(judged["authorization"]), self.signature(request.headers["authorization"]))

    def test_a_judge_of_another_body_disagrees(self):
        request = self.sent("tencent_sms", SUBJECTS[0])
        request.body += b" "
        judged = self.ask("tencentTc3", request, TENCENT)
        self.assertNotEqual(self.signature(judged["authorization"]), self.signature(request.headers["authorization"]))


class StandardWebhooks(Judged):
    def test_the_library_believes_our_messages_with_the_new_secret_and_with_the_old_one(self):
        self.section(f'webhook "hook" {{ endpoint = "{self.stub.url}/hook"  signing = "standard"\n'
                     f'secret = "{SECRET}"  previous_secret = "{PREVIOUS}" }}\n')
        for subject in SUBJECTS:
            with self.subTest(subject=subject):
                request = self.sent("webhook", subject, "--type", "problem")
                for secret in (SECRET, PREVIOUS):
                    self.assertEqual(self.ask("standardWebhook", request, {"secret": secret}), {"type": "alert.problem"})

    def test_the_library_refuses_another_secret_and_another_body(self):
        self.section(f'webhook "hook" {{ endpoint = "{self.stub.url}/hook"  signing = "standard"  secret = "{SECRET}" }}\n')
        request = self.sent("webhook", SUBJECTS[0])
        self.assertIn("No matching signature", self.ask("standardWebhook", request, {"secret": PREVIOUS}).get("refused", ""))
        request.body = request.body.replace(b"db-01", b"db-02")
        self.assertIn("No matching signature", self.ask("standardWebhook", request, {"secret": SECRET}).get("refused", ""))


if __name__ == "__main__":
    unittest.main()
