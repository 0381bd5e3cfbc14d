"""The files for the hosts are held to what the hosts and our programs take, without starting any of them."""
import importlib.util
import re
import subprocess
import sys
import unittest

from support import ROOT

GENERATOR = ROOT / "packaging/zabbix/make_media_types.py"
CHANNELS = re.search(r"^set\(channels ([a-z_ ]+)\)", (ROOT / "CMakeLists.txt").read_text(), re.MULTILINE)[1].split()
PROGRAMS = [*CHANNELS, "route"]


def generator():
    spec = importlib.util.spec_from_file_location("make_media_types", GENERATOR)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def intake_table(name):
    """Rows of a table in the intake's sources, as lists of their texts and words."""
    text = "".join(path.read_text() for path in sorted((ROOT / "common").glob("intake*.c")))
    body = re.search(rf"const struct \w+ {name}\[\] = \{{(.*?)\n\}};", text, re.DOTALL)[1]
    return [re.findall(r'"((?:[^"\\]|\\.)*)"|\b(true|false)\b', row)
            for row in re.findall(r"^    \{(.*?)\},$", body, re.MULTILINE) if '"' in row]


class MediaTypes(unittest.TestCase):
    def files(self):
        return {path: path.read_text() for path in sorted((ROOT / "conf/zabbix").glob("*/*.yaml"))}

    def test_are_what_their_source_makes(self):
        done = subprocess.run([sys.executable, str(GENERATOR), "--check"], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_there_is_one_for_each_program_and_version(self):
        self.assertEqual({f"{path.parent.name}/{path.stem}" for path in self.files()},
                         {f"{version}/notify_{channel}" for version in ("6.0", "7.0") for channel in PROGRAMS})

    def test_have_all_ten_templates(self):
        """Zabbix fails an alert for which its media type has no template."""
        wanted = {"TRIGGERS": {"PROBLEM", "RECOVERY", "UPDATE"}, "DISCOVERY": {"PROBLEM"}, "AUTOREGISTRATION": {"PROBLEM"},
                  "INTERNAL": {"PROBLEM", "RECOVERY"}, "SERVICE": {"PROBLEM", "RECOVERY", "UPDATE"}}
        pairs = sorted((source, mode) for source, modes in wanted.items() for mode in modes)
        for path, text in self.files().items():
            found = re.findall(r"event_source: (\w+)\n +operation_mode: (\w+)\n", text)
            self.assertEqual(sorted(found), pairs, path)

    def test_numbers_are_quoted_and_nothing_is_there_that_only_some_versions_take(self):
        for path, text in self.files().items():
            self.assertEqual(re.findall(r"^\s*[\w-]+: \d[\d.]*$", text, re.MULTILINE), [], path)
            self.assertNotRegex(text, r"\b(date|content_type|message_format|provider): '?\d", path)
            self.assertNotIn("\t", text)

    def test_parameters_fit_in_6_0_and_only_data_follows_the_dashes(self):
        for path, text in self.files().items():
            found = re.findall(r"^        - '(.*)'$" if "6.0" in str(path) else r"^          value: '(.*)'$", text, re.MULTILINE)
            self.assertEqual(found[-4:], ["--", "{ALERT.SENDTO}", "{ALERT.SUBJECT}", "{ALERT.MESSAGE}"], path)
            self.assertFalse([one for one in found[:-3] if "{" in one], path)
            self.assertLessEqual(len("\n".join(found) + "\n"), 255)

    def test_keys_are_those_that_a_real_server_of_each_version_took(self):
        """6.0.14 and 7.0.22; another key is refused with "unexpected tag"."""
        both = {"zabbix_export", "version", "media_types", "name", "type", "script_name", "parameters", "status", "max_sessions",
                "attempts", "attempt_interval", "description", "message_templates", "event_source", "operation_mode", "subject",
                "message"}
        for path, text in self.files().items():
            text = re.sub(r"^ {12}.*\n", "", text, flags=re.MULTILINE)  # messages
            self.assertEqual(set(re.findall(r"^ *(?:- )?(\w+):", text, re.MULTILINE)),
                             both | ({"sortorder", "value"} if path.parent.name == "7.0" else set()), path)
            self.assertEqual(re.findall(r"sortorder: '(\d+)'", text), list("012345") if path.parent.name == "7.0" else [], path)

    def test_an_alert_is_tried_three_times_and_several_at_once(self):
        """Zabbix' own default is one session: a slow provider would hold up all alerts. SMS gateways want few."""
        for path, text in self.files().items():
            sessions = "3" if "sms" in path.stem else "10"
            for line in ("attempts: '3'", "attempt_interval: 10s", f"max_sessions: '{sessions}'", "status: ENABLED"):
                self.assertIn(f"\n      {line}\n", text, path)

    def test_subjects_fit_where_zabbix_keeps_them(self):
        """media_type_message.subject is a varchar(255)."""
        for path, text in self.files().items():
            for subject in re.findall(r"^ +subject: '(.*)'$", text, re.MULTILINE):
                self.assertLessEqual(len(subject), 255, path)

    def test_both_versions_say_the_same(self):
        for path, text in self.files().items():
            other = (ROOT / "conf/zabbix/7.0" / path.name).read_text()
            self.assertEqual(text.split("message_templates:")[1], other.split("message_templates:")[1])

    def test_blocks_hold_keys_that_the_programs_know_in_their_order(self):
        known = [row[0][0] for row in intake_table("zabbix_keys")]
        for path, text in self.files().items():
            for block in re.findall(r"notification-plugins/1\n(.*?)\n +--\n", text, re.DOTALL):
                keys = re.findall(r"^ +(\w+)=", block, re.MULTILINE)
                self.assertEqual([key for key in keys if key not in known], [], path)
                self.assertEqual(keys, sorted(keys, key=known.index), path)

    def test_macros_are_those_that_the_programs_expect(self):
        macros = {row[0][0]: row[1][0] for row in intake_table("zabbix_keys")}
        self.assertEqual({key: macro for key, macro in generator().KEYS.items() if macros[key] != macro}, {})


class Commands(unittest.TestCase):
    """conf/nagios and conf/icinga2."""

    def test_icinga_files_are_what_their_source_makes(self):
        done = subprocess.run([sys.executable, str(ROOT / "packaging/icinga2/make_commands.py"), "--check"],
                              capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_nagios_has_a_contact_template_for_each_program(self):
        """A contact that uses one is told by both commands, which exist."""
        text = (ROOT / "conf/nagios/contacts.cfg").read_text()
        self.assertEqual(set(re.findall(r"^    name +notify-by-(\S+)", text, re.MULTILINE)),
                         {channel.replace("_", "-").replace("email", "mail") for channel in PROGRAMS})
        for kind in ("host", "service"):
            self.assertEqual(set(re.findall(rf"{kind}_notification_commands +\+(\S+)", text)),
                             {name for name in self.nagios() if name.startswith(f"notify-{kind}-")})

    def test_no_secret_is_asked_for_in_a_command(self):
        for path in ("nagios/commands.cfg", "icinga2/notification-plugins.conf", "icinga2/director-basket.json"):
            text = (ROOT / "conf" / path).read_text()
            self.assertNotRegex(text, r"--[a-z-]*(token|secret|password|key|webhook|endpoint)\b|\$USER\d", path)

    def nagios(self):
        text = (ROOT / "conf/nagios/commands.cfg").read_text().replace("\\\n", " ")
        return dict(re.findall(r"command_name +(\S+)\n +command_line +(.*?)\n", text))

    def test_nagios_has_both_commands_for_each_program(self):
        self.assertEqual(set(self.nagios()), {f"notify-{kind}-by-{channel.replace('_', '-').replace('email', 'mail')}"
                                              for kind in ("host", "service") for channel in PROGRAMS})

    def test_nagios_commands_differ_only_in_program_and_recipient(self):
        for kind in ("host", "service"):
            lines = {re.sub(r"notify_\w+|--to '[^']*'", "", " ".join(line.split()))
                     for name, line in self.nagios().items() if name.startswith(f"notify-{kind}-")}
            self.assertEqual(len(lines), 1)

    def test_nagios_runs_them_without_a_shell(self):
        """Outside of single quotes there is none of the signs for which Nagios takes a shell, and no macro."""
        for name, line in self.nagios().items():
            self.assertEqual(line.count("'") % 2, 0, name)
            self.assertNotRegex(re.sub(r"'[^']*'", "", line), r"[|<>&;()*?$`\"\\]", name)

    def test_nagios_takes_no_text_that_old_versions_do_not_clean(self):
        for name, line in self.nagios().items():
            self.assertNotRegex(line, r"NOTIFICATION(AUTHOR|COMMENT)|ALIAS|DISPLAYNAME|CONTACTADDRESS", name)

    def test_options_are_known_to_the_programs(self):
        known = {row[0][0] for row in intake_table("call_options")}
        icinga = (ROOT / "conf/icinga2/notification-plugins.conf").read_text().partition("object CheckCommand")[0]
        used = set(re.findall(r" --([a-z0-9-]+) ", " ".join(self.nagios().values()))) | \
            set(re.findall(r'^    "--([a-z0-9-]+)" =', icinga, re.MULTILINE))
        self.assertGreater(len(used), 15)
        self.assertEqual(used - known, set())

    def test_icinga_has_both_commands_for_each_program(self):
        icinga = (ROOT / "conf/icinga2/notification-plugins.conf").read_text()
        self.assertEqual(set(re.findall(r'^object NotificationCommand "(.*)"', icinga, re.MULTILINE)),
                         set(self.nagios()))


if __name__ == "__main__":
    unittest.main()
