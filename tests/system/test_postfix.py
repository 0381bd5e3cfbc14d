"""
Mail through a real Postfix: an instance of its own in a temporary folder, beside whatever the machine runs. Needs root,
because Postfix gives up its rights itself; the machine's own configuration and queue are not touched.
"""
import email
import email.policy
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import program, quoted, run, wait_until, write  # noqa: E402
from transport_support import Authority  # noqa: E402

SIZE_LIMIT = 40000

MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.example.test
mydestination =
mynetworks_style = host
mynetworks = 192.0.2.1
smtpd_relay_restrictions = reject_unauth_destination
alias_maps =
local_recipient_maps =
virtual_mailbox_domains = example.test
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = inline:{{ zhang@example.test=zhang/ }}
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
virtual_mailbox_limit = {limit}
message_size_limit = {limit}
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
maillog_file_prefixes = {folder}
maillog_file = {folder}/log
"""

MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup  unix n - n - 0 cleanup
qmgr     unix n - n 300 1 qmgr
tlsmgr   unix - - n 1000? 1 tlsmgr
rewrite  unix - - n - - trivial-rewrite
bounce   unix - - n - 0 bounce
defer    unix - - n - 0 bounce
trace    unix - - n - 0 bounce
proxymap unix - - n - - proxymap
anvil    unix - - n - 1 anvil
virtual  unix - n n - - virtual
error    unix - - n - - error
retry    unix - - n - - error
discard  unix - - n - - discard
postlog  unix-dgram n - n - 1 postlogd
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@unittest.skipUnless(os.geteuid() == 0, "starting Postfix needs root")
@unittest.skipUnless(shutil.which("postfix"), "the package postfix is not installed")
class Postfix(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.authority = Authority().__enter__()
        cls.addClassCleanup(cls.authority.__exit__)
        folder = tempfile.TemporaryDirectory(prefix="np-postfix-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.folder.chmod(0o755)
        cls.configure()
        cls.postfix("start")
        cls.addClassCleanup(cls.postfix, "stop")
        wait_until(cls.greets, what="Postfix' greeting")

    @classmethod
    def configure(cls):
        owner = pwd.getpwnam("postfix")
        cls.port = free_port()
        certificate, key = cls.authority.certificate("IP:127.0.0.1")
        for name in ("queue", "data", "mail", "conf"):
            (cls.folder / name).mkdir(mode=0o755)
        for name in ("data", "mail"):
            os.chown(cls.folder / name, owner.pw_uid, owner.pw_gid)
        (cls.folder / "conf" / "main.cf").write_text(MAIN.format(
            folder=cls.folder, uid=owner.pw_uid, gid=owner.pw_gid, certificate=certificate, key=key, limit=SIZE_LIMIT))
        (cls.folder / "conf" / "master.cf").write_text(MASTER.format(port=cls.port))

    @classmethod
    def postfix(cls, command):
        done = subprocess.run(["postfix", "-c", str(cls.folder / "conf"), command], capture_output=True, text=True,
                              timeout=60, check=False)
        if done.returncode != 0:
            log = cls.folder / "log"
            raise AssertionError(f"postfix {command}: {done.stderr}{log.read_text() if log.exists() else ''}")

    @classmethod
    def greets(cls):
        try:
            with socket.create_connection(("127.0.0.1", cls.port), 5) as connection:
                return connection.recv(100).startswith(b"220 ")
        except OSError:
            return False

    def send(self, *arguments, to="zhang@example.test", subject="磁盘将满", message="已用 95%", settings=""):
        with tempfile.TemporaryDirectory(prefix="np-postfix-state-") as state:
            config = write(pathlib.Path(state, "n.conf"),
                           f'state = {quoted(state)}\nlanguage = "zh_CN"\nretry {{ attempts = "1" }}\n'
                           f'email "ops" {{ server = "smtp://127.0.0.1:{self.port}/monitor.example.test" '
                           f'from = "监控 <monitor@example.test>" {settings or self.trusting()} }}\n', 0o600)
            return run(program("notify_email"), "--config", str(config), "--to", to, "--subject", subject, "--message",
                       message, *arguments)

    def trusting(self):
        return f"ca_file = {quoted(self.authority.file)}"

    def arrived(self):
        """Mails since the last call; a sent one is waited for by the caller."""
        found = []
        for path in sorted((self.folder / "mail").glob("zhang/new/*"), key=lambda path: path.stat().st_mtime_ns):
            found.append(email.message_from_bytes(path.read_bytes(), policy=email.policy.default))
            path.unlink()
        return found

    def test_a_mail_arrives_encrypted_and_whole(self):
        done = self.send("--host", "web-01", "--severity", "critical")
        self.assertEqual(0, done.status, done)
        self.assertTrue(done.output.startswith("delivered email/ops"), done)
        mail, = wait_until(self.arrived, what="the mail")
        self.assertEqual("[严重] 磁盘将满 (web-01)", mail["subject"])
        self.assertEqual([], mail.defects)
        self.assertIn("with ESMTPS", mail["received"])
        self.assertIn("monitor.example.test", mail["received"])
        self.assertEqual("<monitor@example.test>", mail["return-path"])
        self.assertIn("已用 95%", mail.get_body(("plain",)).get_content())
        self.assertIn("已用 95%", mail.get_body(("html",)).get_content())

    def test_lines_of_dots_arrive_as_they_were(self):
        text = "first\n.\n..\n.\r\nMAIL FROM:<eve@example.test>\n.\nQUIT\nlast"
        self.assertEqual(0, self.send(message=text).status)
        mail, = wait_until(self.arrived, what="the mail")
        self.assertIn(text.replace("\r\n", "\n"), mail.get_body(("plain",)).get_content().replace("\r\n", "\n"))

    def test_an_unknown_recipient_is_refused_for_good(self):
        done = self.send(to="nobody@example.test")
        self.assertEqual(2, done.status, done)
        self.assertIn("NP-EMAIL-550-5.1.1 ", done.errors)
        self.assertIn("User unknown", done.errors)

    def test_a_recipient_elsewhere_needs_a_server_that_relays(self):
        done = self.send(to="zhang@example.com")
        self.assertNotEqual(0, done.status, done)
        self.assertIn("NP-EMAIL-554-5.7.1 ", done.errors)
        self.assertIn("Relay access denied", done.errors)

    def test_a_mail_that_is_too_big_is_refused_before_it_is_sent(self):
        done = self.send(message="\n".join(["0123456789" * 20] * 200))
        self.assertEqual(2, done.status, done)
        self.assertIn("NP-EMAIL-552-5.3.4 ", done.errors)

    def test_a_certificate_that_is_not_trusted_ends_it(self):
        done = self.send(settings='ca_file = ""')
        self.assertNotEqual(0, done.status, done)
        self.assertIn("TLS", done.errors)
        self.assertEqual([], self.arrived())

    def test_a_login_that_is_not_offered_ends_it(self):
        secret = write(self.folder / "password", "canary-6f1d0c2a9b\n", 0o600)
        done = self.send(settings=f'{self.trusting()} username = "us" password_file = {quoted(secret)}')
        self.assertNotEqual(0, done.status, done)
        self.assertIn("LOGIN", done.errors)
        self.assertNotIn("canary", done.errors + done.output)
        self.assertEqual([], self.arrived())


if __name__ == "__main__":
    unittest.main()
