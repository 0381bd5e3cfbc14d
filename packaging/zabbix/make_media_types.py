#!/usr/bin/env python3
"""Writes the media types in conf/zabbix from the tables below, for Zabbix 6.0 and for 7.0.

    packaging/zabbix/make_media_types.py            writes them
    packaging/zabbix/make_media_types.py --check    says which are not up to date, and fails

Zabbix 6.0 expands only {ALERT.SENDTO}, {ALERT.SUBJECT} and {ALERT.MESSAGE} in a script's parameters, and keeps all of them
in 255 characters. So the facts travel in the message: a block of key=value lines between "notification-plugins/1" and
"--", then text for people. A macro that does not apply arrives as it stands or as *UNKNOWN*; the programs know both. Facts
that people or plugins write, which may hold line breaks, come last in the block: of a key that comes twice the first counts.
"""
import argparse
import pathlib
import sys

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "conf/zabbix"

# Media type, whom it reaches, what "Send to" holds, sessions at once.
CHANNELS = [
    ("dingtalk", "DingTalk group robot (钉钉群机器人)",
     "the section's title in notification.conf, or title:mobile,mobile to mention people", 10),
    ("wecom", "WeCom group robot (企业微信群机器人)",
     "the section's title in notification.conf, or title:userid,mobile to mention people", 10),
    ("slack", "Slack", "the section's title in notification.conf, or title:channel id", 10),
    ("teams", "Microsoft Teams workflow", "the section's title in notification.conf", 10),
    ("aliyun_sms", "Aliyun SMS (阿里云短信)", "mobile numbers separated by commas, or title:numbers", 3),
    ("tencent_sms", "Tencent Cloud SMS (腾讯云短信)", "mobile numbers separated by commas, or title:numbers", 3),
    ("email", "mail by your own server", "mail addresses separated by commas, or title:addresses", 10),
    ("webhook", "signed webhook of your own", "the section's title in notification.conf", 10),
]

PARAMETERS = ["--source", "zabbix", "--", "{ALERT.SENDTO}", "{ALERT.SUBJECT}", "{ALERT.MESSAGE}"]

EVENT = [
    ("event_source", "{EVENT.SOURCE}"),
    ("event_object", "{EVENT.OBJECT}"),
    ("event_id", "{EVENT.ID}"),
]
STATE = [("event_value", "{EVENT.VALUE}")]
SEVERITY = [("event_nseverity", "{EVENT.NSEVERITY}")]
TIME = [("event_date", "{EVENT.DATE}"), ("event_time", "{EVENT.TIME}")]
SERVER = [("zabbix_url", "{$ZABBIX.URL}")]
UPDATE_STATUS = [("event_update_status", "{EVENT.UPDATE.STATUS}")]
RECOVERY = [("recovery_id", "{EVENT.RECOVERY.ID}"), ("recovery_date", "{EVENT.RECOVERY.DATE}"),
            ("recovery_time", "{EVENT.RECOVERY.TIME}"), ("duration", "{EVENT.DURATION}")]
TRIGGER = [
    ("trigger_id", "{TRIGGER.ID}"),
    ("host", "{HOST.HOST}"),
    ("address", "{HOST.CONN}"),
    ("groups", "{TRIGGER.HOSTGROUP.NAME}"),
    ("ack_status", "{EVENT.ACK.STATUS}"),
    ("notification_number", "{ESC.HISTORY}"),
]
TRIGGER_WORDS = [
    ("host_name", "{HOST.NAME}"),
    ("runbook_url", "{TRIGGER.URL}"),
    ("tags", "{EVENT.TAGSJSON}"),
    ("service", "{ITEM.NAME}"),
    ("value", "{ITEM.LASTVALUE}"),
]
UPDATE = [("update_date", "{EVENT.UPDATE.DATE}"), ("update_time", "{EVENT.UPDATE.TIME}"),
          ("event_update_nseverity", "{EVENT.UPDATE.NSEVERITY}")]
UPDATE_WORDS = [("action", "{EVENT.UPDATE.ACTION}"), ("author", "{USER.FULLNAME}")]
INTERNAL = [("host", "{HOST.HOST}"), ("address", "{HOST.CONN}")]
INTERNAL_WORDS = [("host_name", "{HOST.NAME}"), ("service", "{ITEM.NAME}"), ("state", "{EVENT.STATUS}")]
SERVICE_WORDS = [("tags", "{SERVICE.TAGSJSON}"), ("service", "{SERVICE.NAME}")]
DISCOVERY = [("host", "{DISCOVERY.DEVICE.DNS}"), ("address", "{DISCOVERY.DEVICE.IPADDRESS}"),
             ("state", "{DISCOVERY.DEVICE.STATUS}"), ("service", "{DISCOVERY.SERVICE.NAME}")]
AUTOREGISTRATION = [("host", "{HOST.HOST}"), ("address", "{HOST.IP}")]

# Source, mode, subject, facts, text for people.
TEMPLATES = [
    ("TRIGGERS", "PROBLEM", "{EVENT.NAME}",
     EVENT + STATE + UPDATE_STATUS + SEVERITY + TIME + SERVER + TRIGGER + TRIGGER_WORDS,
     "{EVENT.OPDATA}\n{TRIGGER.DESCRIPTION}"),
    ("TRIGGERS", "RECOVERY", "{EVENT.NAME}",
     EVENT + STATE + UPDATE_STATUS + SEVERITY + TIME + RECOVERY + SERVER + TRIGGER + TRIGGER_WORDS,
     "{EVENT.OPDATA}"),
    ("TRIGGERS", "UPDATE", "{EVENT.NAME}",
     EVENT + STATE + UPDATE_STATUS + SEVERITY + TIME + UPDATE + SERVER + TRIGGER + TRIGGER_WORDS + UPDATE_WORDS,
     "{EVENT.UPDATE.MESSAGE}"),
    ("DISCOVERY", "PROBLEM", "{DISCOVERY.DEVICE.IPADDRESS} {DISCOVERY.DEVICE.STATUS}",
     EVENT + TIME + SERVER + DISCOVERY,
     "{DISCOVERY.RULE.NAME}\n{DISCOVERY.DEVICE.DNS} {DISCOVERY.DEVICE.UPTIME}\n"
     "{DISCOVERY.SERVICE.NAME} {DISCOVERY.SERVICE.PORT} {DISCOVERY.SERVICE.STATUS}"),
    ("AUTOREGISTRATION", "PROBLEM", "{HOST.HOST}",
     EVENT + TIME + SERVER + AUTOREGISTRATION,
     "{HOST.IP}:{HOST.PORT}"),
    ("INTERNAL", "PROBLEM", "{EVENT.NAME}",
     EVENT + STATE + TIME + SERVER + INTERNAL + INTERNAL_WORDS,
     "{ITEM.STATE.ERROR}"),
    ("INTERNAL", "RECOVERY", "{EVENT.NAME}",
     EVENT + STATE + TIME + RECOVERY + SERVER + INTERNAL + INTERNAL_WORDS,
     "{ITEM.STATE}"),
    ("SERVICE", "PROBLEM", "{EVENT.NAME}",
     EVENT + STATE + UPDATE_STATUS + SEVERITY + TIME + SERVER + SERVICE_WORDS,
     "{SERVICE.ROOTCAUSE}"),
    ("SERVICE", "RECOVERY", "{EVENT.NAME}",
     EVENT + STATE + UPDATE_STATUS + SEVERITY + TIME + RECOVERY + SERVER + SERVICE_WORDS,
     "{SERVICE.DESCRIPTION}"),
    ("SERVICE", "UPDATE", "{EVENT.NAME}",
     EVENT + STATE + UPDATE_STATUS + SEVERITY + TIME + UPDATE + SERVER + SERVICE_WORDS,
     "{SERVICE.ROOTCAUSE}"),
]


def message_of(facts, text):
    lines = ["notification-plugins/1"] + [f"{key}={macro}" for key, macro in facts] + ["--"] + text.split("\n")
    return "\n".join(lines)


def quoted(text):
    return "'" + str(text).replace("'", "''") + "'"


def parameters(version):
    if version == "6.0":
        return [f"        - {quoted(value)}" for value in PARAMETERS]
    return [line for order, value in enumerate(PARAMETERS)
            for line in (f"        - sortorder: {quoted(order)}", f"          value: {quoted(value)}")]


def templates():
    for source, mode, subject, facts, text in TEMPLATES:
        yield f"        - event_source: {source}"
        yield f"          operation_mode: {mode}"
        yield f"          subject: {quoted(subject)}"
        yield "          message: |"
        yield from (f"            {line}" for line in message_of(facts, text).split("\n"))


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
