"""The oldest libraries that are supported: both ways of common/compat.h compile, and nothing newer is used beside it."""
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIBRARIES = ("json-c", "libconfuse", "sqlite3", "libcurl", "libcrypto", "libmicrohttpd")

# What came after the floor, and when. A source that needs one goes by common/compat.h.
TOO_NEW = {
    "json-c/json_types.h": "json-c 0.14", "json_tokener_get_parse_end": "json-c 0.14", "json_object_new_null": "json-c 0.14",
    "json_object_array_shrink": "json-c 0.15", "json_object_new_array_ext": "json-c 0.15", "json_object_get_uint64": "json-c 0.14",
    "SQLITE_OPEN_NOFOLLOW": "SQLite 3.31", "SQLITE_DBCONFIG_TRUSTED_SCHEMA": "SQLite 3.31", "sqlite3_changes64": "SQLite 3.37",
    "sqlite3_hard_heap_limit64": "SQLite 3.31", "RETURNING": "SQLite 3.35", "NULLS LAST": "SQLite 3.30", " STRICT": "SQLite 3.37",
    "PROTOCOLS_STR": "libcurl 7.85", "curl_easy_header": "libcurl 7.83", "curl_url_strerror": "libcurl 7.80",
    "CURLOPT_DOH_URL": "libcurl 7.62", "CURLOPT_CAINFO_BLOB": "libcurl 7.77", "CURLOPT_MAXAGE_CONN": "libcurl 7.65",
    "curl_url(": "libcurl 7.62", "EVP_MAC_fetch": "OpenSSL 3.0", "EVP_MD_fetch": "OpenSSL 3.0", "EVP_Q_mac": "OpenSSL 3.0",
    "EVP_Q_digest": "OpenSSL 3.0", "gettid()": "glibc 2.30", "close_range(": "glibc 2.34", "memfd_secret": "Linux 5.14",
    "enum MHD_Result": "libmicrohttpd 0.9.71",
}


def sources():
    return sorted(path for folder in ("common", "plugins") for path in (ROOT / folder).rglob("*.[ch]"))


def code_for_the_floor(text):
    """Without comments, and without what only newer libraries compile."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    return re.sub(r"^#ifdef COMPAT_.*?^#(?:else|endif)", "", text, flags=re.DOTALL | re.MULTILINE)


class Floor(unittest.TestCase):
    def test_nothing_newer_is_used_beside_the_compat_header(self):
        found = [f"{path.relative_to(ROOT)}: {name} ({since})" for path in sources() if path.name != "compat.h"
                 for name, since in TOO_NEW.items() if re.search(r"(?<![A-Z_a-z])" + re.escape(name),
                                                                 code_for_the_floor(path.read_text(encoding="utf-8")))]
        self.assertEqual([], found)

    def test_the_old_way_compiles(self):
        users = [path for path in sources() if '#include "common/compat.h"' in path.read_text(encoding="utf-8")]
        self.assertGreaterEqual(len(users), 4)
        flags = subprocess.run(["pkg-config", "--cflags", *LIBRARIES], check=True, capture_output=True, text=True).stdout
        for path in users:
            with self.subTest(path.name):
                done = subprocess.run(["cc", "-std=c11", "-D_GNU_SOURCE", "-DCOMPAT_FLOOR", '-DNOTIFY_VERSION="0"',
                                       '-DNOTIFY_LIBEXECDIR="/x"', '-DNOTIFY_DATADIR="/x"', "-Wall", "-Wextra", "-Wundef",
                                       "-Wno-deprecated-declarations", "-Werror", "-fsyntax-only", "-I", str(ROOT), "-include",
                                       str(ROOT / "common/banned.h"), *flags.split(), str(path)],
                                      capture_output=True, text=True, check=False)
                self.assertEqual(0, done.returncode, done.stderr)


if __name__ == "__main__":
    unittest.main()
