#!/usr/bin/env python3
"""Writes the media types in conf/zabbix from the tables below, for Zabbix 6.0 and for 7.0.

    packaging/zabbix/make_media_types.py            writes them
    packaging/zabbix/make_media_types.py --check    says which are not up to date, and fails

Zabbix 6.0 expands only {ALERT.SENDTO}, {ALERT.SUBJECT} and {ALERT.MESSAGE} in a script's parameters, and keeps all of them
in 255 characters. So the facts travel in the message: a block of key=value lines between "notification-plugins/1" and
"--", then text for people. A macro that does not apply arrives as it stands or as *UNKNOWN*; the programs know both. What
people or plugins write may hold line breaks and comes last in the block: from there on other keys are not believed.
{ESC.HISTORY} is left out: it would tell everybody the addresses of all who were told before.
"""
import argparse
import pathlib
import sys

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "conf/zabbix"

# Program's name without "notify_", whom it reaches, what "Send to" holds, sessions at once.
CHANNELS = [
    ("dingtalk", "DingTalk group robot (钉钉群机器人)",
     "the section's title in notification.conf, or title:mobile,mobile to mention people", 10),
    ("wecom", "WeCom group robot (企业微信群机器人)",
     "the section's title in notification.conf, or title:userid,mobile to mention people", 10),
    ("feishu", "Feishu or Lark group robot (飞书群机器人)",
     "the section's title in notification.conf, or title:open_id to mention people", 10),
    ("slack", "Slack", "the section's title in notification.conf, or title:channel id", 10),
    ("teams", "Microsoft Teams workflow", "the section's title in notification.conf", 10),
    ("aliyun_sms", "Aliyun SMS (阿里云短信)", "mobile numbers separated by commas, or title:numbers", 3),
    ("tencent_sms", "Tencent Cloud SMS (腾讯云短信)", "mobile numbers separated by commas, or title:numbers", 3),
    ("email", "mail by your own server", "mail addresses separated by commas, or title:addresses", 10),
    ("webhook", "signed webhook of your own", "the section's title in notification.conf", 10),
    ("route", "all channels, by the routes of notification.conf",
     "a colon, for the people whom the routes name; or @contact, @rotation or addresses in their place", 10),
]

PARAMETERS = ["--source", "zabbix", "--", "{ALERT.SENDTO}", "{ALERT.SUBJECT}", "{ALERT.MESSAGE}"]

# Key of the block to the macro that fills it, in the order of zabbix_keys[] (common/intake_options.c), which must be kept.
KEYS = {
    "source": "{EVENT.SOURCE}",
    "object": "{EVENT.OBJECT}",
    "value": "{EVENT.VALUE}",
    "update_status": "{EVENT.UPDATE.STATUS}",
    "event_id": "{EVENT.ID}",
    "recovery_id": "{EVENT.RECOVERY.ID}",
    "nseverity": "{EVENT.NSEVERITY}",
    "update_nseverity": "{EVENT.UPDATE.NSEVERITY}",
    "severity": "{EVENT.SEVERITY}",
    "date": "{EVENT.DATE}",
    "time": "{EVENT.TIME}",
    "recovery_date": "{EVENT.RECOVERY.DATE}",
    "recovery_time": "{EVENT.RECOVERY.TIME}",
    "update_date": "{EVENT.UPDATE.DATE}",
    "update_time": "{EVENT.UPDATE.TIME}",
    "duration": "{EVENT.DURATION}",
    "age": "{EVENT.AGE}",
    "ack": "{EVENT.ACK.STATUS}",
    "trigger_id": "{TRIGGER.ID}",
    "zabbix_url": "{$ZABBIX.URL}",
    "host": "{HOST.HOST}",
    "address": "{HOST.IP}",
    "tags": "{EVENT.TAGSJSON}",
    "host_visible": "{HOST.NAME}",
    "groups": "{TRIGGER.HOSTGROUP.NAME}",
    "service": "{SERVICE.NAME}",
    "item": "{ITEM.NAME}",
    "item_key": "{ITEM.KEY}",
    "trigger": "{EVENT.NAME}",
    "user": "{USER.FULLNAME}",
    "update_action": "{EVENT.UPDATE.ACTION}",
    "item_value": "{ITEM.VALUE}",
    "opdata": "{EVENT.OPDATA}",
    "update_message": "{EVENT.UPDATE.MESSAGE}",
}

EVERY = "source object event_id date time zabbix_url"
STATE = "value update_status nseverity severity ack tags trigger"
TRIGGER = "trigger_id host address host_visible groups item item_key item_value opdata"
RECOVERY = "recovery_id recovery_date recovery_time duration"
UPDATE = "update_date update_time age user update_action update_message"
SERVICE = "service"
INTERNAL = "value host address host_visible item item_key trigger"
DEVICE = {"host": "{DISCOVERY.DEVICE.DNS}", "address": "{DISCOVERY.DEVICE.IPADDRESS}",
          "service": "{DISCOVERY.SERVICE.NAME}", "trigger": "{DISCOVERY.DEVICE.IPADDRESS} {DISCOVERY.DEVICE.STATUS}"}

# Source, mode, subject, keys, macros that stand in for those of KEYS, text for people.
TEMPLATES = [
    ("TRIGGERS", "PROBLEM", "{EVENT.NAME}", f"{EVERY} {STATE} {TRIGGER}", {}, "{TRIGGER.DESCRIPTION}"),
    ("TRIGGERS", "RECOVERY", "{EVENT.NAME}", f"{EVERY} {STATE} {TRIGGER} {RECOVERY}", {}, ""),
    ("TRIGGERS", "UPDATE", "{EVENT.NAME}", f"{EVERY} {STATE} {TRIGGER} {UPDATE}", {}, ""),
    ("DISCOVERY", "PROBLEM", "{DISCOVERY.DEVICE.IPADDRESS} {DISCOVERY.DEVICE.STATUS}",
     f"{EVERY} host address service trigger", DEVICE,
     "{DISCOVERY.RULE.NAME}\n{DISCOVERY.SERVICE.NAME} {DISCOVERY.SERVICE.PORT} {DISCOVERY.SERVICE.STATUS}"),
    ("AUTOREGISTRATION", "PROBLEM", "{HOST.HOST}", f"{EVERY} host address", {}, "{HOST.IP}:{HOST.PORT} {HOST.METADATA}"),
    ("INTERNAL", "PROBLEM", "{EVENT.NAME}", f"{EVERY} {INTERNAL}", {}, "{EVENT.STATUS}\n{ITEM.STATE.ERROR}"),
    ("INTERNAL", "RECOVERY", "{EVENT.NAME}", f"{EVERY} {INTERNAL} {RECOVERY}", {}, "{EVENT.STATUS}"),
    ("SERVICE", "PROBLEM", "{EVENT.NAME}", f"{EVERY} {STATE} {SERVICE}", {}, "{SERVICE.ROOTCAUSE}"),
    ("SERVICE", "RECOVERY", "{EVENT.NAME}", f"{EVERY} {STATE} {SERVICE} {RECOVERY}", {}, "{SERVICE.DESCRIPTION}"),
    ("SERVICE", "UPDATE", "{EVENT.NAME}", f"{EVERY} {STATE} {SERVICE} update_nseverity update_date update_time", {},
     "{SERVICE.ROOTCAUSE}"),
]


def message_of(keys, instead, text):
    facts = [f"{key}={instead.get(key, macro)}" for key, macro in KEYS.items() if key in keys.split()]
    return "\n".join(["notification-plugins/1", *facts, "--", *text.splitlines()])


def quoted(text):
    return "'" + str(text).replace("'", "''") + "'"


def parameters(version):
    if version == "6.0":
        return [f"        - {quoted(value)}" for value in PARAMETERS]
    return [line for order, value in enumerate(PARAMETERS)
            for line in (f"        - sortorder: {quoted(order)}", f"          value: {quoted(value)}")]


def templates():
    for source, mode, subject, keys, instead, text in TEMPLATES:
        yield f"        - event_source: {source}"
        yield f"          operation_mode: {mode}"
        yield f"          subject: {quoted(subject)}"
        yield "          message: |"
        yield from (f"            {line}" for line in message_of(keys, instead, text).split("\n"))


def media_type(version, channel):
    """Numbers are quoted: Zabbix takes no other."""
    name, reaches, send_to, sessions = channel
    return "\n".join([
        "# made by packaging/zabbix/make_media_types.py",
        "zabbix_export:",
        f"  version: {quoted(version)}",
        "  media_types:",
        f"    - name: notify_{name}",
        "      type: SCRIPT",
        f"      script_name: notify_{name}",
        "      parameters:",
        *parameters(version),
        "      status: ENABLED",
        f"      max_sessions: {quoted(sessions)}",
        "      attempts: '3'",
        "      attempt_interval: 10s",
        f"      description: {quoted(f'{reaches}. Send to: {send_to}.')}",
        "      message_templates:",
        *templates(),
    ]) + "\n"


def files():
    """Path in conf/zabbix to content."""
    return {f"{version}/notify_{channel[0]}.yaml": media_type(version, channel)
            for version in ("6.0", "7.0") for channel in CHANNELS}


def main():
    options = argparse.ArgumentParser(description="writes the media types in conf/zabbix")
    options.add_argument("--check", action="store_true", help="only say which are not up to date")
    check = options.parse_args().check
    stale = [name for name, text in files().items()
             if not (FOLDER / name).exists() or (FOLDER / name).read_text(encoding="utf-8") != text]
    for name in stale:
        print(FOLDER / name)
        if not check:
            (FOLDER / name).parent.mkdir(parents=True, exist_ok=True)
            (FOLDER / name).write_text(files()[name], encoding="utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
