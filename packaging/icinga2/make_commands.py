#!/usr/bin/env python3
"""Writes conf/icinga2/notification-plugins.conf and the same commands as a basket for Icinga Director, from the tables below.

    packaging/icinga2/make_commands.py            writes them
    packaging/icinga2/make_commands.py --check    says which are not up to date, and fails

The basket is what Director's own export writes: objects by type and name, Director's fields by number. What its import reads:
library/Director/DirectorObject/Automation/BasketSnapshot.php and Data/ObjectImporter.php of
https://github.com/Icinga/icingaweb2-module-director. An object that exists is changed to what stands here.
"""
import argparse
import json
import pathlib
import sys

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "conf/icinga2"
PROGRAMS = "/usr/lib/notification-plugins"

# Program's name without "notify_", and the macro that says whom it shall tell; "" leaves that to notification.conf.
CHANNELS = [
    ("dingtalk", "$user.vars.dingtalk$"),
    ("wecom", "$user.vars.wecom$"),
    ("feishu", "$user.vars.feishu$"),
    ("slack", "$user.vars.slack$"),
    ("teams", "$user.vars.teams$"),
    ("aliyun_sms", "$user.pager$"),
    ("tencent_sms", "$user.pager$"),
    ("email", "$user.email$"),
    ("webhook", "$user.vars.webhook$"),
    ("route", ""),
]

# Option, value, order (None: any).
ANY = [
    ("--source", "icinga2", -2),
    ("--to", "$notify_to$", -1),
    ("--type", "$notification.type$", None),
    ("--time", "$icinga.timet$", None),
    ("--host", "$host.name$", None),
    ("--host-name", "$host.display_name$", None),
    ("--address", "$address$", None),
    ("--contact", "$user.display_name$", None),
    ("--author", "$notification.author$", None),
    ("--comment", "$notification.comment$", None),
    ("--console-url", "$notification_icingaweb2url$", None),
]
HOST = [
    ("--state", "$host.state$", None),
    ("--message", "$host.output$", None),
    ("--last-ok", "$host.last_state_up$", None),
    ("--severity", "$host.vars.notify_severity$", None),
]
SERVICE = [
    ("--service", "$service.name$", None),
    ("--service-name", "$service.display_name$", None),
    ("--state", "$service.state$", None),
    ("--message", "$service.output$", None),
    ("--last-ok", "$service.last_state_ok$", None),
    ("--severity", "$service.vars.notify_severity$", None),
]
TEMPLATES = [("notify-any", None, ANY), ("notify-host", "notify-any", HOST), ("notify-service", "notify-any", SERVICE)]
TIMEOUT_S = 50

TYPES = ["Problem", "Acknowledgement", "Recovery", "Custom", "FlappingStart", "FlappingEnd", "DowntimeStart", "DowntimeEnd",
         "DowntimeRemoved"]
EVENTS = [("notify-host-events", ["Up", "Down"]), ("notify-service-events", ["OK", "Warning", "Critical", "Unknown"])]

# The check of the notifier itself: option, value.
CHECK = [("--warning", "$notify_warning$"), ("--critical", "$notify_critical$")]

# Director's fields: variable, caption, description; the objects that show them.
FIELDS = [
    ("dingtalk", "DingTalk", "section:mobile,mobile - the section's title in notification.conf, and whom to mention"),
    ("wecom", "WeCom", "section:userid,mobile - the section's title in notification.conf, and whom to mention"),
    ("feishu", "Feishu", "section:open_id - the section's title in notification.conf, and whom to mention"),
    ("slack", "Slack", "section:channel id - the section's title in notification.conf"),
    ("teams", "Teams", "the section's title in notification.conf"),
    ("webhook", "Webhook", "section:target - the section's title in notification.conf"),
    ("notify_to", "Notify whom", "section:target,target in place of the user's own; @name is a contact of notification.conf"),
    ("notification_icingaweb2url", "Icinga Web", "address of Icinga Web: messages link to it"),
    ("notify_warning", "Warning", "thresholds of check_notify: NAME=RANGE"),
    ("notify_critical", "Critical", "thresholds of check_notify: NAME=RANGE"),
]
USER_FIELDS = ["dingtalk", "wecom", "feishu", "slack", "teams", "webhook"]
NOTIFICATION_FIELDS = ["notify_to", "notification_icingaweb2url"]
CHECK_FIELDS = ["notify_warning", "notify_critical"]

HEAD = """/*
 * Notification commands for Icinga 2: one for hosts and one for services for each channel. Copy or link this file to
 * /etc/icinga2/conf.d or a zone's folder. At the end: templates for apply rules; notifications.conf shows users and rules.
 * Made by packaging/icinga2/make_commands.py; director-basket.json holds the same for Icinga Director.
 *
 * Commands are arrays, so no shell is in the way and texts arrive as they are. Arguments whose macro is missing are left
 * out. Notes and addresses (`host.notes`, `notes_url`) are left out on purpose: a lonely $ in one of them makes Icinga drop
 * the whole notification (https://github.com/Icinga/icinga2/issues/9186).
 * No secret stands here: Icinga logs the arguments of every command that fails. Channels, tokens and defaults are sections of
 * /etc/notification-plugins/notification.conf.
 *
 * vars.notify_severity of a host or service sets its own severity: info, warning, error, critical, emergency.
 * vars.notification_icingaweb2url of a notification, host or command makes messages link to Icinga Web.
 */
if (!globals.contains("NotificationPluginDir")) {
  const NotificationPluginDir = "@PROGRAMS@"
}
"""

WHOM = """
/* Whom a user is: `vars.dingtalk = "ops:13800138000"`, written [section][:target[,target]] with the title of the
   channel's section in notification.conf; without it the only section is used. Mail goes to `email`, SMS to `pager`.
   notify-host-by-route and notify-service-by-route leave channels and people to the routes of notification.conf; a
   notification's vars.notify_to = "@name" names a contact or rotation of that file all the same. */
"""


CHECK_HEAD = """
/* Icinga watches the notifier itself; notify_warning and notify_critical are lists such as [ "outbox=100", "oldest=900" ]. */
object CheckCommand "notify-check" {
  command = [ NotificationPluginDir + "/check_notify" ]
  timeout = 20s
  arguments = {
"""


def command_name(kind, program):
    """As in conf/nagios/commands.cfg."""
    return f"notify-{kind}-by-{'mail' if program == 'email' else program.replace('_', '-')}"


def commands():
    """(kind, program, whom) in the order of the files."""
    return [(kind, program, whom) for program, whom in CHANNELS for kind in ("host", "service")]


# --- Icinga's own language ---

def argument_line(option, value, order):
    return f'    "{option}" = "{value}"' if order is None else f'    "{option}" = {{ value = "{value}"; order = {order} }}'


def template_text(name, base, arguments):
    head = f'  import "{base}"\n  arguments += {{' if base else f"  timeout = {TIMEOUT_S}s\n  arguments = {{"
    return "\n".join([f'\ntemplate NotificationCommand "{name}" {{', head,
                      *(argument_line(*argument) for argument in arguments), "  }", "}", ""])


def command_text(kind, program, whom):
    lines = [f'\nobject NotificationCommand "{command_name(kind, program)}" {{', f'  import "notify-{kind}"',
             f'  command = [ NotificationPluginDir + "/notify_{program}" ]', *([f'  vars.notify_to = "{whom}"'] if whom else []),
             "}", ""]
    return "\n".join(lines)


def events_text(name, states):
    half = len(TYPES) - 1
    return (f'\ntemplate Notification "{name}" {{\n  states = [ {", ".join(states)} ]\n'
            f'  types = [ {", ".join(TYPES[:half])},\n            {", ".join(TYPES[half:])} ]\n}}\n')


def check_text():
    return CHECK_HEAD + "".join(argument_line(option, value, None) + "\n" for option, value in CHECK) + "  }\n}\n"


def configuration():
    return HEAD.replace("@PROGRAMS@", PROGRAMS) + "".join(template_text(*one) for one in TEMPLATES) + WHOM + \
        "".join(command_text(*one) for one in commands()) + "".join(events_text(*one) for one in EVENTS) + check_text()


# --- Director's ---

def argument_value(value, order):
    return value if order is None else {"value": value, "order": str(order)}


def base_of_command(name, object_type, imports, arguments, **more):
    return {"object_name": name, "object_type": object_type, "imports": imports,
            "arguments": {option: argument_value(value, order) for option, value, order in arguments}, **more}


def fields_of(names):
    numbers = [field[0] for field in FIELDS]
    return [{"datafield_id": numbers.index(name) + 1, "is_required": "n", "var_filter": None} for name in names]


def command_templates():
    for name, base, arguments in TEMPLATES:
        own = {} if base else {"methods_execute": "PluginNotification", "timeout": str(TIMEOUT_S),
                               "fields": fields_of(NOTIFICATION_FIELDS)}
        yield base_of_command(name, "template", [base] if base else [], arguments, **own)


def command_objects():
    for kind, program, whom in commands():
        own = {"vars": {"notify_to": whom}} if whom else {}
        yield base_of_command(command_name(kind, program), "object", [f"notify-{kind}"], [],
                              command=f"{PROGRAMS}/notify_{program}", methods_execute="PluginNotification", **own)


def check_object():
    arguments = [(option, value, None) for option, value in CHECK]
    return base_of_command("notify-check", "object", [], arguments, command=f"{PROGRAMS}/check_notify", timeout="20",
                           methods_execute="PluginCheck", fields=fields_of(CHECK_FIELDS))


def field(name, caption, description):
    kind = "Array" if name in CHECK_FIELDS else "String"
    return {"varname": name, "caption": caption, "description": description, "format": None, "settings": {},
            "datatype": f"Icinga\\Module\\Director\\DataType\\DataType{kind}"}


def basket():
    def by_name(objects):
        return {one["object_name"]: one for one in objects}
    return {
        "CommandTemplate": by_name(command_templates()),
        "Command": by_name([*command_objects(), check_object()]),
        "UserTemplate": by_name([{"object_name": "notify-user", "object_type": "template",
                                  "fields": fields_of(USER_FIELDS)}]),
        "NotificationTemplate": by_name(
            {"object_name": name, "object_type": "template", "states": states, "types": TYPES,
             "fields": fields_of(NOTIFICATION_FIELDS)} for name, states in EVENTS),
        "Datafield": {str(number): field(*one) for number, one in enumerate(FIELDS, 1)},
    }


def files():
    return {"notification-plugins.conf": configuration(),
            "director-basket.json": json.dumps(basket(), indent=4, ensure_ascii=False) + "\n"}


def main():
    options = argparse.ArgumentParser(description="writes the files in conf/icinga2")
    options.add_argument("--check", action="store_true", help="only say which are not up to date")
    check = options.parse_args().check
    stale = [name for name, text in files().items()
             if not (FOLDER / name).exists() or (FOLDER / name).read_text(encoding="utf-8") != text]
    for name in stale:
        print(FOLDER / name)
        if not check:
            (FOLDER / name).write_text(files()[name], encoding="utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
