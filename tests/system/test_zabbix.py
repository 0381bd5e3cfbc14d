"""A real Zabbix 6.0 server calls the real programs through the media types of conf/zabbix, imported as an administrator does.

One server serves all tests of this file: everything that shall happen is set off at once, and each test waits for its part.
"""
import pathlib
import re
import tempfile
import unittest

import support
from hosts.zabbix import Zabbix, system_user
from stub.providers import Stub, all_providers
from stub.smtp import Sink

CONF = support.ROOT / "conf/zabbix/6.0"
NAME = "CPU 过高 it's \"bad\" $(touch @PWNED@) `touch @PWNED@` C:\\new <b>"
COMMENT = "处理中 $(touch @PWNED@)\nzweite Zeile: it's \"q\"\nhost=other\nnseverity=0\n--\nEnde"
SEND_TO = {"dingtalk": "ops-dingtalk:13800138000", "wecom": "ops-wecom", "feishu": "ops-feishu", "slack": "ops-slack", "teams": "ops-teams",
           "aliyun_sms": support.MOBILE, "tencent_sms": support.MOBILE, "email": "oncall@example.com", "webhook": "ops-webhook"}
PROBLEM, RECOVERY, UPDATE = range(3)  # operation modes
TRIGGERS, DISCOVERY, AUTOREGISTRATION, INTERNAL, SERVICES = range(5)  # event sources
SENT, FAILED = "1", "2"
WRITE_BACK_PASSWORD = 'Xk29-"dle\\Pw'


class House:
    """The server with one host, users for whom media are set, and actions that tell them."""

    def __init__(self, zabbix, media_types=CONF):
        self.zabbix, self.media = zabbix, {}
        for path in sorted(media_types.glob("*.yaml")):
            self.add_media_type(path.stem, path.read_text())
        # The same media type, but it shall not try three times with ten seconds between: for what fails on purpose.
        once = (media_types / "notify_dingtalk.yaml").read_text().replace("attempts: '3'", "attempts: '1'")
        self.add_media_type("once", once.replace("- name: notify_dingtalk", "- name: once"))
        zabbix.call("usermacro.createglobal", macro="{$ZABBIX.URL}", value="https://zabbix.example.test")
        self.group = zabbix.call("hostgroup.create", name="Web servers 网页")["groupids"][0]
        interface = {"type": 1, "main": 1, "useip": 1, "ip": "192.0.2.10", "dns": "", "port": "10050"}
        self.host = zabbix.call("host.create", host="web01", name="网页一号", groups=[{"groupid": self.group}],
                                interfaces=[interface])["hostids"][0]

    def add_media_type(self, name, text):
        self.zabbix.import_media_types(text)
        found, = self.zabbix.call("mediatype.get", output=["mediatypeid"], filter={"name": name})
        self.media[name] = found["mediatypeid"]

    def add_user(self, name, send_to):
        """Somebody else than who acknowledges: Zabbix tells nobody of what they did themselves."""
        media = [{"mediatypeid": self.media[media_type], "sendto": to, "active": 0, "severity": 63,
                  "period": "1-7,00:00-24:00"} for media_type, to in send_to.items()]
        return self.zabbix.call("user.create", username=name, passwd="Xk29-dle-Pw", roleid="3",
                                usrgrps=[{"usrgrpid": "7"}], medias=media)["userids"][0]

    def token_to_write_back(self):
        """Of a user with a role that may do no more than it needs."""
        rules = {"ui.default_access": 0, "api.access": 1, "api.mode": 1, "api": ["event.acknowledge", "event.get", "user.logout"],
                 "actions.default_access": 0,
                 "actions": [{"name": "acknowledge_problems", "status": 1}, {"name": "add_problem_comments", "status": 1}],
                 "ui": [{"name": "monitoring.problems", "status": 1}]}
        role = self.zabbix.call("role.create", name="write-back", type=1, rules=rules)["roleids"][0]
        group = self.zabbix.call("usergroup.create", name="write-back", rights={"permission": 2, "id": self.group})["usrgrpids"][0]
        user = self.zabbix.call("user.create", username="write-back", passwd=WRITE_BACK_PASSWORD, roleid=role,
                                usrgrps=[{"usrgrpid": group}])["userids"][0]
        token = self.zabbix.call("token.create", name="write-back", userid=user)["tokenids"][0]
        return self.zabbix.call("token.generate", token)[0]["token"]

    def add_trigger(self, key, name, value_type=3):
        """A trapper item with a trigger on it; value_type 3 is a number, 0 a fraction."""
        self.zabbix.call("item.create", name=f"Item {key}", key_=key, hostid=self.host, type=2, value_type=value_type)
        trigger = {"description": name, "expression": f"last(/web01/{key})>0", "priority": 4, "comments": "看 top",
                   "tags": [{"tag": "team", "value": "dba"}, {"tag": "key", "value": key}]}
        return self.zabbix.call("trigger.create", trigger)["triggerids"][0]

    def add_action(self, name, source, user, conditions=()):
        tell = {"operationtype": 0, "opmessage": {"default_msg": 1, "mediatypeid": "0"}, "opmessage_usr": [{"userid": user}]}
        action = {"name": name, "eventsource": source, "operations": [tell],
                  "filter": {"evaltype": 0, "conditions": list(conditions)}}
        if source in (TRIGGERS, INTERNAL, SERVICES):
            action["esc_period"] = "1h"
            action["recovery_operations"] = [{"operationtype": 11, "opmessage": {"default_msg": 1}}]
        if source in (TRIGGERS, SERVICES):
            action["update_operations"] = [{"operationtype": 12, "opmessage": {"default_msg": 1}}]
        self.zabbix.call("action.create", action)

    def send(self, key, value):
        support.wait_until(lambda: self.zabbix.send_value("web01", key, value), 20, f"the server's word for {key}", 0.2)

    def alerts(self, **wanted):
        return self.zabbix.call("alert.get", output="extend", sortfield="alertid", **wanted)


def of_trigger(trigger):
    return [{"conditiontype": 2, "operator": 0, "value": trigger}]


class Zabbix60(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        programs = [support.program(path.stem) for path in sorted(CONF.glob("*.yaml"))]
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="np-zabbix-")))
        cls.folder.chmod(0o755)
        cls.stub = cls.enterClassContext(Stub(all_providers()))
        cls.mail = cls.enterClassContext(Sink())
        cls.pwned = cls.folder / "pwned"
        configuration = support.configuration(
            cls.folder / "etc", cls.stub, cls.mail, owner=system_user("zabbix"), extra=support.MANY +
            f'dingtalk "misled" {{ endpoint = "{cls.stub.url}/robot/send"  token_file = "secrets/wecom-key" }}\n'
            'route "default" { default = yes  channels = {"ops-webhook"} }\n')
        cls.zabbix = cls.enterClassContext(Zabbix(cls.folder / "zabbix", [*programs, support.BUILD / "transport_curl.so"],
                                                  {"NOTIFICATION_PLUGINS_CONFIG": str(configuration)}))
        cls.house = House(cls.zabbix)
        cls.arrange()
        cls.zabbix.start_server()
        cls.set_off()

    @classmethod
    def filled(cls, text):
        return text.replace("@PWNED@", str(cls.pwned))

    @classmethod
    def arrange(cls):
        house = cls.house
        everybody = house.add_user("everybody", {f"notify_{channel}": SEND_TO[channel] for channel in support.CHANNELS})
        misled = house.add_user("misled", {"once": "misled"})
        operator = house.add_user("operator", {"notify_webhook": "ops-webhook"})
        routes = house.add_user("routes", {"notify_route": ":"})
        cls.trigger = house.add_trigger("cpu", cls.filled(NAME))
        house.add_action("everybody", TRIGGERS, everybody, of_trigger(cls.trigger))
        house.add_action("misled", TRIGGERS, misled, of_trigger(house.add_trigger("misled", "Nobody hears this")))
        house.add_action("routes", TRIGGERS, routes, of_trigger(house.add_trigger("routed", "按路由 routed")))
        house.add_trigger("unsupported", "x")
        house.add_action("discovered", DISCOVERY, operator)
        house.add_action("registered", AUTOREGISTRATION, operator)
        house.add_action("internal", INTERNAL, operator)
        house.add_action("services", SERVICES, operator)
        cls.zabbix.call("service.create", name="支付 service", algorithm=1, sortorder=1,
                        problem_tags=[{"tag": "key", "operator": 0, "value": "cpu"}])
        port = int(cls.stub.host.partition(":")[2])
        cls.zabbix.call("drule.create", name="Loopback", iprange="127.0.0.1", delay="5s",
                        dchecks=[{"type": 8, "ports": str(port)}])

    @classmethod
    def set_off(cls):
        cls.house.send("cpu", 95)
        cls.house.send("misled", 1)
        cls.house.send("routed", 1)
        cls.house.send("unsupported", "not a number")
        cls.zabbix.tell_server({"request": "active checks", "host": "new-host", "host_metadata": "metadata 新",
                                "ip": "127.0.0.1", "port": 10050})

    def arrived(self, channel, count):
        """Messages about the trigger of everybody; what the operator hears of other sources comes by the webhook, too."""
        def found():
            if channel == "email":
                return self.mail.mails
            return [record for record in self.stub.accepted(channel) if self.is_of_everybody(record)]
        return support.wait_until(lambda: len(found()) >= count and found(), 40, f"message {count} by {channel}")

    def is_of_everybody(self, record):
        return record.name != "webhook" or ("CPU 过高" in record.text and "支付" not in record.text)

    def told_operator(self, *parts):
        """The webhook message that holds all of these."""
        def found():
            return [record.text for record in self.stub.accepted("webhook") if all(part in record.text for part in parts)]
        return support.wait_until(found, 40, f"a message with {parts}")[0]

    def test_problem_update_and_recovery_reach_people_on_every_channel(self):
        for channel in support.CHANNELS:
            text = self.arrived(channel, 1)[0].text
            self.assertIn("CPU 过高", text, channel)
            self.assertIn("web01" if "sms" in channel else "网页一号", text, channel)
        problem = self.arrived("webhook", 1)[0].text
        event, = self.zabbix.call("problem.get", output=["eventid"], objectids=[self.trigger])
        for part in ('"kind": "problem"', '"severity": "critical"', '"source": "zabbix"', f'"event_id": "{event["eventid"]}"',
                     '"host": "web01"', "网页一号", "192.0.2.10", "Item cpu", "95", "team", "dba", "看 top", "Web servers 网页",
                     f"https://zabbix.example.test/tr_events.php?triggerid={self.trigger}&eventid={event['eventid']}",
                     "it's \\\"bad\\\" $(touch", "`touch", "C:\\\\new <b>"):
            self.assertIn(part, problem)
        for part in ("{EVENT", "{HOST", "*UNKNOWN*", "\\r", "notification-plugins/1"):
            self.assertNotIn(part, problem)

        self.zabbix.call("event.acknowledge", eventids=[event["eventid"]], action=6, message=self.filled(COMMENT))
        for channel in support.CHANNELS:
            text = self.arrived(channel, 2)[1].text
            if "sms" not in channel:
                self.assertIn("处理中", text, channel)
        update = self.arrived("webhook", 2)[1].text
        for part in ('"kind": "acknowledgement"', f'"event_id": "{event["eventid"]}"', '"host": "web01"', "Zabbix Administrator",
                     "zweite Zeile: it's", "Ende", '"severity": "critical"'):
            self.assertIn(part, update)

        self.house.send("cpu", 0)
        for channel in support.CHANNELS:
            text = self.arrived(channel, 3)[2].text
            if "sms" not in channel:
                self.assertIn("恢复", text, channel)
        recovery = self.arrived("webhook", 3)[2].text
        for part in ('"kind": "recovery"', f'"event_id": "{event["eventid"]}"', '"duration": "'):
            self.assertIn(part, recovery)
        for text in (problem, update, recovery):
            self.assertNotIn(support.MOBILE, text, "nobody learns where the others are told")

        alerts = support.wait_until(
            lambda: (found := self.house.alerts(eventids=self.events_of(self.trigger))) and
            all(alert["status"] == SENT for alert in found) and found, 20, "the status of the alerts")
        self.assertEqual(len(alerts), 3 * len(support.CHANNELS), [(one["subject"], one["error"]) for one in alerts])
        self.assertEqual({alert["error"] for alert in alerts}, {""})
        self.assertFalse(self.pwned.exists())

    def test_every_file_arrives_as_it_is_written(self):
        """What a real server made of each file, field by field."""
        fields = {"type": "1", "status": "0", "attempt_interval": "10s", "maxattempts": "3"}
        for path in sorted(CONF.glob("*.yaml")):
            media, = self.zabbix.call("mediatype.get", output="extend", selectMessageTemplates="extend",
                                      filter={"name": path.stem})
            sessions = "3" if "sms" in path.stem else "10"
            self.assertEqual({name: media[name] for name in (*fields, "exec_path", "maxsessions", "exec_params")},
                             {**fields, "exec_path": path.stem, "maxsessions": sessions, "exec_params":
                              "--source\nzabbix\n--\n{ALERT.SENDTO}\n{ALERT.SUBJECT}\n{ALERT.MESSAGE}\n"}, path.stem)
            kinds = sorted((int(one["eventsource"]), int(one["recovery"])) for one in media["message_templates"])
            self.assertEqual(kinds, [(TRIGGERS, PROBLEM), (TRIGGERS, RECOVERY), (TRIGGERS, UPDATE), (DISCOVERY, PROBLEM),
                                     (AUTOREGISTRATION, PROBLEM), (INTERNAL, PROBLEM), (INTERNAL, RECOVERY),
                                     (SERVICES, PROBLEM), (SERVICES, RECOVERY), (SERVICES, UPDATE)], path.stem)
            for one in media["message_templates"]:
                lines = one["message"].splitlines()
                self.assertEqual(lines[0], "notification-plugins/1", path.stem)
                self.assertIn("--", lines, path.stem)
                self.assertTrue(one["subject"], path.stem)

    def test_the_template_of_check_notify_is_taken(self):
        """Its items are those that the agent's file answers; the commands there run as the agent runs them."""
        create = {"createMissing": True, "updateExisting": True}
        for _ in range(2):  # a newer one is imported over it
            self.zabbix.call("configuration.import", format="yaml", source=(CONF.parent / "template_check_notify.yaml").read_text(),
                             rules={"groups": create, "templates": create, "items": create, "triggers": create})
        template, = self.zabbix.call("template.get", filter={"host": "notification-plugins"}, selectItems=["key_"],
                                     selectTriggers=["priority"])
        self.assertEqual(sorted(one["priority"] for one in template["triggers"]), ["2", "2", "4"])
        parameters = dict(re.findall(r"^UserParameter=([\w.]+),(.*)$", (CONF.parent / "check_notify.conf").read_text(), re.M))
        self.assertEqual({one["key_"] for one in template["items"]}, set(parameters))
        environment = {"NOTIFICATION_PLUGINS_CONFIG": str(self.folder / "etc/notification.conf")}
        said = {key: support.run("/bin/sh", "-c", line.replace("/usr/lib/notification-plugins", str(support.BUILD)),
                                 environment=environment).output.strip() for key, line in parameters.items()}
        self.assertRegex(said["notify.check"], r"\ANOTIFY (OK|WARNING|CRITICAL)\b.*\|")
        self.assertRegex(said["notify.check.status"], r"\A[0-2]\Z")

    def test_routes_choose_where_a_problem_is_told(self):
        self.assertIn('"host": "web01"', self.told_operator("按路由 routed"))

    def events_of(self, trigger):
        return [event["eventid"] for event in self.zabbix.call("event.get", output=["eventid"], objectids=[trigger])]

    def test_a_wrong_token_is_a_clear_line_in_the_action_log(self):
        def failed():
            return [alert for alert in self.house.alerts() if alert["status"] == FAILED]
        alert, = support.wait_until(failed, 40, "the failed alert")
        why, became, *more = alert["error"].splitlines()
        self.assertRegex(why, r"\ANP-DINGTALK-300005 dingtalk/misled broken: token is not exist; ")
        self.assertLess(len(why), 300)
        self.assertRegex(became, r"\Aqueued dingtalk/misled ")
        self.assertEqual(more, [])
        self.assertNotIn(self.stub.providers["wecom"].key, self.zabbix.log + alert["error"])

    def test_a_host_that_introduces_itself(self):
        text = self.told_operator("new-host", "autoregistration")
        self.assertIn("metadata 新", text)

    def test_an_item_that_is_not_supported(self):
        text = self.told_operator("Item unsupported")
        self.assertIn('"host": "web01"', text)
        self.assertIn('"kind": "problem"', text)

    def test_a_business_service(self):
        text = self.told_operator("支付 service")
        self.assertIn('"severity": "critical"', text)

    def test_a_device_that_was_discovered(self):
        text = self.told_operator('"discovery"')
        self.assertIn("127.0.0.1", text)
        self.assertIn("Loopback", text)

    @classmethod
    def tearDownClass(cls):
        doubted = [(record.name, record.doubts) for record in cls.stub.recorded if record.doubts]
        doubted += [("email", mail.doubts) for mail in cls.mail.mails if mail.doubts]
        if doubted:
            raise AssertionError(f"providers would have swallowed something: {doubted}")


if __name__ == "__main__":
    unittest.main()
