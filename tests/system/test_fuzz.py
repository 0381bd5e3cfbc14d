"""Inputs that nobody wrote: libFuzzer targets with the sanitizers, from seeds that are real.

A fixed number of runs from a fixed seed, so that it takes the same path at each time; NP_FUZZ_SECONDS gives each target that
long instead, as `tests/run --release` does. What is found stays in build/fuzz-findings.
"""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from support import ROOT

SECONDS = int(os.environ.get("NP_FUZZ_SECONDS", "0"))
BUILT = ROOT / "build" / "fuzz"
FINDINGS = ROOT / "build" / "fuzz-findings"
EVENT = {"kind": "problem", "severity": "critical", "time": 1767323045, "host": "db-01", "service": "CPU", "subject": "高",
         "message": "a\nb", "tags": [{"tag": "scope", "value": "performance"}], "fields": {"a": "b"}}


def texts(folder, pattern):
    return [path.read_bytes() for path in sorted((ROOT / folder).rglob(pattern))]


def answers():
    """Every JSON object of the recorded answers, behind a status of 200 and one of 400."""
    found = []

    def look(value):
        if isinstance(value, dict):
            found.append(json.dumps(value, ensure_ascii=False).encode())
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            look(inner)

    look(json.loads((ROOT / "tests/data/chat_answers.json").read_text()))
    found += [b'{"SendStatusSet":[{"Code":"Ok","SerialNo":"1","PhoneNumber":"+8613800138000"}]}', b"<html>502</html>",
              b'{"Response":{"Error":{"Code":"LimitExceeded","Message":"m"},"RequestId":"r"}}', b'{"Code":"OK","BizId":"9"}']
    return [status + body for body in found[:150] for status in (b"\x00\x00", b"\x02\x00")]


# Target: runs, longest input, seeds.
TARGETS = {
    "intake": (20000, 4000, lambda: [
        b"--host\0db-01\0--severity\0critical\0--subject\0s\0--message\0m",
        b"ops\0CPU is high\0notification-plugins/1\nhost=db-01\nseverity=4\n--\ntext",
        b"-l\0db-01\0-o\0CRITICAL\0-t\0PROBLEM\0-s\0CRITICAL", b"--source\0nagios\0--dry-run\0--deadline\05",
        b"--to\0a:b,c\0--tag\0a=b\0--field.x\0y\0--\0z"]),
    "template": (20000, 4000, lambda: [text + b"\0" + json.dumps(EVENT).encode() for text in texts("templates", "*.mustache")]
                 + [b"{{#a}}{{b.c}}{{^d}}{{{e}}}{{&f}}{{/d}}{{/a}}{{! c}}{{=<% %>=}}<%g%>\0{\"a\":[{\"b\":{\"c\":1}}],\"e\":\"<\"}"]),
    "config": (10000, 4000, lambda: texts("conf", "*.conf")[:20] + [
        'state = "/tmp/s"\nwebhook "a" { endpoint = "http://127.0.0.1/" headers = {"A: b"} limit { per_minute = 1 } }\n'
        'route "r" { channels = {"a"} also = {} }\ncontact "li" { mobile = "13800138000" }\ninclude("/dev/null")\n'.encode()]),
    "text": (3000, 1000, lambda: [
        "**主机:** ~db-01^\n- `~df -h^`\n> ~a*b_c[d](e)<@U1>^\n# x\n\n\n\x1b[31mred\u202e\r\n".encode(), b"\xff\xfe\xf0\x9f\x98",
        "🔥 @all <!channel> &amp; http://a.b/~c^".encode()]),
    "answer": (6000, 2000, answers),
    "request": (6000, 2000, lambda: [
        b"\0GET\0/confirm/AQD_EKXerb7v_____8zMN2_ZeMDnZ0P2Io0SlJQ=?r=take\0Accept-Language: zh-CN,zh;q=0.9,en;q=0.8\nCookie: notify_name=%E6%9D%8E%E9%9B%B7\0",
        b"\1POST\0/board\0X-Remote-User: li\nContent-Type: application/x-www-form-urlencoded\nX-Forwarded-For: 192.0.2.1, ::1"
        b"\0proof=498781.00&verb=mute&host=db%2A&for=1h&why=a+b&name=%3Cscript%3E",
        b"\0POST\0/AaUgvL1Jq66lawbyn075ZIWuKbA5cP4r7gaUnNw\0Content-Type: application/x-www-form-urlencoded; charset=utf-8\n"
        b"Sec-Fetch-Site: same-origin\0a=b&c", b"\1HEAD\0/healthz\0x:y\0", b"\1GET\0/confirm/board?unconfirmed=1\0X-Remote-User: li\0"]),
    "event": (20000, 2000, lambda: [json.dumps(EVENT).encode(), b'{"tags":[1],"fields":{"a":{}}}']),
}


class Fuzz(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not shutil.which("clang"):
            raise unittest.SkipTest("clang is not installed")
        for command in (["cmake", "-S", ROOT, "-B", BUILT, "-G", "Ninja", "-DFUZZ=ON", "-DCMAKE_C_COMPILER=clang",
                         "-DCMAKE_BUILD_TYPE=Debug"], ["cmake", "--build", BUILT, "--target", "fuzz"]):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise RuntimeError(f"{done.stdout[-4000:]}{done.stderr[-2000:]}")
        FINDINGS.mkdir(exist_ok=True)

    def test_every_target_is_run(self):
        self.assertEqual({f"fuzz_{name}" for name in TARGETS}, {path.stem for path in (ROOT / "tests/fuzz").glob("fuzz_*.c")})

    def fuzz(self, name):
        runs, longest, seeds = TARGETS[name]
        with tempfile.TemporaryDirectory(prefix="np-fuzz-") as folder:
            written = [(pathlib.Path(folder) / str(number)).write_bytes(seed[:longest]) for number, seed in enumerate(seeds())]
            self.assertGreater(len(written), 0)
            length = f"-max_total_time={SECONDS}" if SECONDS else f"-runs={runs}"
            done = subprocess.run([BUILT / f"fuzz_{name}", folder, length, "-seed=1", f"-max_len={longest}", "-timeout=10",
                                   "-rss_limit_mb=2048", "-verbosity=0", "-print_final_stats=1",
                                   f"-artifact_prefix={FINDINGS}/{name}-"], capture_output=True, check=False)
        said = done.stderr.decode(errors="replace")
        self.assertEqual(0, done.returncode, said[-6000:])
        executed = int(said.split("stat::number_of_executed_units:")[1].split()[0])
        self.assertGreaterEqual(executed, 1 if SECONDS else runs)


for one in TARGETS:
    setattr(Fuzz, f"test_{one}", lambda self, name=one: self.fuzz(name))

if __name__ == "__main__":
    unittest.main()
