"""Runs the unit and system tests of finished builds and counts them. Called by tests/run.

    runner.py [--fast] --release DIR --sanitized DIR
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parent.parent

# System tests that start daemons, install something, or count system calls; the rest belongs to --fast.
SLOW = {"test_nagios", "test_icinga2", "test_zabbix", "test_writeback_hosts", "test_quickstart", "test_vendor_sdks", "test_packages",
        "test_killed", "test_power_cut", "test_faults", "test_fuzz", "test_memcheck", "test_static_analysis", "test_bench",
        "test_postfix", "test_proxies", "test_pages", "test_dist", "test_rpm", "test_loop"}
# They run the programs as they are shipped; all others run them with the sanitizers.
SHIPPED = SLOW | {"test_structure", "test_fake_alerter", "test_loading"}

UNIT_TIMEOUT_S = 120
SYSTEM_TIMEOUT_S = int(os.environ.get("NP_SYSTEM_TIMEOUT_S", "900"))

ONE_MODULE = """
import json, sys, unittest
sys.path[:0] = [sys.argv[1]]
class Result(unittest.TextTestResult):
    passed = 0  # what a module or class could not even begin is no test that was run
    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1
suite = unittest.defaultTestLoader.loadTestsFromName(sys.argv[2])
result = unittest.TextTestRunner(stream=sys.stderr, verbosity=2, resultclass=Result).run(suite)
bad = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
skipped = [f"{test.id()}: {why}" for test, why in result.skipped]
print("COUNT " + json.dumps([result.passed, bad, skipped]))
"""


class Report:
    def __init__(self, name, passed, failed, skipped, output, seconds):
        self.name, self.passed, self.failed, self.skipped = name, passed, failed, skipped
        self.output, self.seconds = output, seconds


def run_unit(path):
    before = time.monotonic()
    try:
        done = subprocess.run([str(path)], env={**os.environ, "CMOCKA_MESSAGE_OUTPUT": "TAP"}, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=UNIT_TIMEOUT_S, check=False)
        output, status = done.stdout.decode(errors="replace"), done.returncode
    except subprocess.TimeoutExpired as late:
        output, status = (late.stdout or b"").decode(errors="replace") + "\ntook too long", 1
    passed = len(re.findall(r"^ok \d", output, re.M))
    failed = len(re.findall(r"^not ok \d", output, re.M))
    if (status != 0 or passed == 0) and failed == 0:
        failed = 1
    return Report(f"{path.parent.name}/{path.name}", passed, failed, [], output, time.monotonic() - before)


def run_system(module, build):
    before = time.monotonic()
    environment = {**os.environ, "NP_BUILD": str(build), "PYTHONPATH": str(TOP / "tests")}
    try:
        done = subprocess.run([sys.executable, "-c", ONE_MODULE, str(TOP / "tests/system"), module], env=environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=SYSTEM_TIMEOUT_S, check=False)
        output, counted = done.stderr.decode(errors="replace"), done.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired as late:
        output, counted = (late.stderr or b"").decode(errors="replace") + "\ntook too long", ""
    count = re.search(r"^COUNT (.*)$", counted, re.M)
    passed, failed, skipped = json.loads(count.group(1)) if count else (0, 1, [])
    return Report(f"{build.name}/{module}", passed, failed, skipped, output, time.monotonic() - before)


def unit_tests(build):
    return sorted(p for p in build.glob("test_*") if p.is_file() and os.access(p, os.X_OK))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--fast", action="store_true")
    parser.add_argument("--release", type=pathlib.Path, required=True)
    parser.add_argument("--sanitized", type=pathlib.Path, required=True)
    options = parser.parse_args()
    modules = sorted(p.stem for p in (TOP / "tests/system").glob("test_*.py"))
    if options.fast:
        modules = [m for m in modules if m not in SLOW]
    # The longest first, so that none of them is alone at the end.
    modules.sort(key=lambda m: (m != "test_packages", m not in SLOW))
    reports = []
    workers = (os.cpu_count() or 2) + options.fast  # those of --fast often wait, the others keep the machine busy
    with concurrent.futures.ThreadPoolExecutor(max_workers=workers) as pool:
        jobs = [pool.submit(run_system, m, options.release if m in SHIPPED else options.sanitized) for m in modules]
        builds = [options.sanitized] if options.fast else [options.sanitized, options.release]
        jobs += [pool.submit(run_unit, path) for build in builds for path in unit_tests(build)]
        for job in concurrent.futures.as_completed(jobs):
            report = job.result()
            reports.append(report)
            print(f"{'FAIL' if report.failed else 'ok  '} {report.name}: {report.passed} passed, {report.failed} failed,"
                  f" {len(report.skipped)} skipped, {report.seconds:.1f} s", flush=True)
            if report.failed:
                print(report.output, flush=True)
    for report in reports:
        for line in report.skipped:
            print(f"skipped: {line}")
    failed = sum(r.failed for r in reports)
    print(f"{sum(r.passed for r in reports)} passed, {failed} failed, {sum(len(r.skipped) for r in reports)} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
