"""The shape of the sources: layers point downward, headers stand alone, channels stay small and alike in nothing."""
import os
import re
import subprocess
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def sources(folder, endings=(".c", ".h")):
    path = os.path.join(TOP, folder)
    return sorted(os.path.join(path, name) for name in os.listdir(path) if name.endswith(endings))


def text_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def module_of(path):
    return os.path.splitext(os.path.basename(path))[0]


def included(path):
    return [module_of(name) for name in re.findall(r'^#include "common/([^"]+\.h)"', text_of(path), re.M)]


def layers():
    table = {}
    for line in text_of(os.path.join(TOP, "tests/layers.txt")).splitlines():
        if line and not line.startswith("#"):
            number, *names = line.split()
            table.update((name, int(number)) for name in names)
    return table


def layer_of(table, module):
    """intake_zabbix belongs where intake does."""
    while module not in table and "_" in module:
        module = module.rsplit("_", 1)[0]
    return table.get(module)


class Layers(unittest.TestCase):
    def test_every_module_has_a_layer(self):
        table = layers()
        self.assertEqual([], [p for p in sources("common") if layer_of(table, module_of(p)) is None])

    def test_includes_point_downward(self):
        table = layers()
        upward = [f"{module_of(p)} ({layer_of(table, module_of(p))}) includes {name} ({layer_of(table, name)})"
                  for p in sources("common") for name in included(p)
                  if layer_of(table, name) > layer_of(table, module_of(p))]
        self.assertEqual([], upward)

    def test_there_is_no_circle_of_headers(self):
        edges = {module_of(p): included(p) for p in sources("common", (".h",))}

        def visit(module, path):
            self.assertNotIn(module, path, " -> ".join(path + [module]))
            for other in edges.get(module, []):
                visit(other, path + [module])

        for module in edges:
            visit(module, [])

    def test_common_knows_no_plugin(self):
        self.assertEqual([], [p for p in sources("common") if '#include "plugins/' in text_of(p)])

    def test_headers_compile_alone(self):
        for path in sources("common", (".h",)):
            with self.subTest(header=module_of(path)):
                done = subprocess.run(["cc", "-std=c17", "-D_GNU_SOURCE", "-I", TOP, "-fsyntax-only", "-x", "c", path],
                                      capture_output=True, text=True)
                self.assertEqual(0, done.returncode, done.stderr)


class Channels(unittest.TestCase):
    def channels(self):
        names = re.search(r"^set\(channels ([^)]+)\)", text_of(os.path.join(TOP, "CMakeLists.txt")), re.M).group(1)
        return [os.path.join(TOP, "plugins", name + ".c") for name in names.split()]

    def parts(self):
        """A channel's file and those that stand beside it: dingtalk.c, dingtalk_answers.c."""
        return [p for p in sources("plugins", (".c",)) if module_of(p) not in ("main", "route_main", "run_main")]

    def test_a_channel_is_short(self):
        lengths = {module_of(p): len(text_of(p).splitlines()) for p in self.channels()}
        self.assertEqual({}, {name: n for name, n in lengths.items() if not 60 <= n <= 150})
        self.assertEqual([], [module_of(p) for p in self.parts() if len(text_of(p).splitlines()) > 200])

    def test_a_channel_does_no_input_or_output(self):
        forbidden = re.compile(r"\b(printf|fopen|open|getenv|time|clock_gettime|curl_\w+|sqlite3_\w+|sleep|free|malloc)\(")
        found = [f"{module_of(p)}: {m.group(0)}" for p in self.parts() for m in forbidden.finditer(text_of(p))]
        self.assertEqual([], found)

    def test_channels_share_no_copied_lines(self):
        """Six lines in a row that stand in two channels belong to common/."""
        seen = {}
        copied = []
        for path in self.parts():
            lines = [line.strip() for line in text_of(path).splitlines()]
            lines = [line for line in lines if len(line) > 3 and not line.startswith(("#include", "/*", "*", "//", "."))]
            for at in range(len(lines) - 5):
                piece = tuple(lines[at:at + 6])
                other = seen.setdefault(piece, path)
                if other != path:
                    copied.append(f"{module_of(path)} and {module_of(other)}: {piece[0]}")
        self.assertEqual([], copied)


class Cleanliness(unittest.TestCase):
    def test_nothing_unfinished_is_committed(self):
        marks = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b|not implemented")
        files = [p for folder in ("common", "plugins") for p in sources(folder)]
        self.assertEqual([], [p for p in files if marks.search(text_of(p))])


if __name__ == "__main__":
    unittest.main()
