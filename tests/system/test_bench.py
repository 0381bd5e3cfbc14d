"""The benchmark runs and fills its whole table. Its figures are not judged here: they are the machine's as much as ours."""
import re
import shutil
import subprocess
import unittest

from support import BUILD, ROOT

ROWS = {
    "one delivered against curl, wall", "one delivered against curl, cpu", "one delivered against curl, memory",
    "one delivered against apprise, times as fast", "one delivered against apprise, memory",
    "one suppressed against curl, wall", "one suppressed against curl, cpu",
    "64 at once, throughput against 64 × curl", "64 at once, p99", "64 at once, longest of 192",
    "a store with 100,000 notifications against an empty one", "notifyctl tick draining to one provider",
}


class Bench(unittest.TestCase):
    def test_every_figure_is_measured(self):
        done = subprocess.run([ROOT / "tests/bench/run", "--build", BUILD, "--quick", "--rounds", "4"], capture_output=True, text=True,
                              timeout=300, check=False)
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        table = [[cell.strip() for cell in line.strip("| ").split("|")] for line in done.stdout.splitlines() if line.startswith("|")]
        rows = {row[0]: row for row in table[2:]}
        self.assertEqual(ROWS, set(rows), done.stdout)
        for name, row in rows.items():
            with self.subTest(name):
                if "apprise" in name and not shutil.which("apprise"):
                    self.assertEqual("not measured", row[3])
                    continue
                self.assertIn(row[3], ("met", "MISSED"))
                self.assertGreater(float(re.match(r"[\d.]+", row[1]).group()), 0)


if __name__ == "__main__":
    unittest.main()
