#!/usr/bin/env python3
"""Writes the manual's pages in packaging/man from the programs' own tables, so that a page cannot tell another story.

    packaging/man/make_man.py BUILD_DIRECTORY            writes them
    packaging/man/make_man.py BUILD_DIRECTORY --check    says which are not up to date, and fails

A channel's options come from its --help; what all notify_* share from call_options[] (common/intake_options.c); fields of
templates from common/values.c. Pages that have a story of their own (notifyctl.8, notification.conf.5 ...) are written by hand.
"""
import argparse
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "packaging/man"
CHANNELS = ("webhook", "dingtalk", "wecom", "feishu", "slack", "teams", "aliyun_sms", "tencent_sms", "email")
ROW = re.compile(r'\{\s*"([a-z0-9-]*)",\s*"(\w?)",\s*"([^"]*)",\s*"[^"]*",\s*"([^"]*)"(?: (CONFIG_DEFAULT_PATH))?')
FIELD = re.compile(r'\{"(\w+)",\s+"([^"]+)"\s*\}')
CONFIGURATION = "/etc/notification-plugins/notification.conf"


def roff(text):
    """Text as the formatter shall show it."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^([.'])", r"\\&\1", text, flags=re.MULTILINE)


def item(term, text):
    return f".TP\n.B {roff(term)}\n{roff(text)}\n"


def call_options():
    text = (ROOT / "common/intake_options.c").read_text(encoding="utf-8")
    text = text[:text.index("zabbix_keys[]")] if "zabbix_keys[]" in text else text
    for name, letter, value, words, default in ROW.findall(text):
        names = [f"--{name}"] * bool(name) + [f"-{letter}"] * bool(letter)
        yield ", ".join(names) + (f" {value}" if value else ""), words + (CONFIGURATION if default else "")


def block_options():
    """limit { ... } and retry { ... } as options: the rows of config_blocks.c."""
    text = (ROOT / "common/config_blocks.c").read_text(encoding="utf-8")
    for block, rows in re.findall(r"(\w+)_rows\[\] = \{(.*?)ROW_END", text, flags=re.DOTALL):
        for name, kind, words in re.findall(r'ROW_OPTION\("(\w+)", (\w+),[^"]*"([^"]+)"\)', rows):
            value = "SEVERITY" if kind == "EXEMPT" else kind
            yield f"--{block}-{name.replace('_', '-')} {value}", words


def fields():
    text = (ROOT / "common/values.c").read_text(encoding="utf-8")
    return FIELD.findall(text[:text.index("NULL}")])


def help_of(build, channel):
    text = subprocess.run([build / f"notify_{channel}", "--help"], check=True, capture_output=True, text=True).stdout
    title = text.split("\n", 1)[0].split(" - ", 1)[1]
    between = re.split(r"^This channel.*\n", text, maxsplit=1, flags=re.MULTILINE)[1]
    options, example = between.split("\nExample:\n")
    example = example.split("\nEverything else")[0]
    rows = re.findall(r"^  (--\S+(?: [A-Z]+| yes\|no)?)(?: +|\n {10,})(.*(?:\n {10,}.*)*)", options, flags=re.MULTILINE)
    example = re.sub(r" \\\n\s*", " ", example.strip())
    return title, [(term, " ".join(words.split())) for term, words in rows], example


def channel_page(build, channel):
    title, options, example = help_of(build, channel)
    program = f"notify_{channel}"
    page = f".TH {program} 1 \"\" notification-plugins \"Notification plugins\"\n"
    page += f".SH NAME\n{program} \\- {roff(title)}\n"
    page += f".SH SYNOPSIS\n.B {program}\n[\\fIOPTION VALUE\\fR]... \\-\\- \\fITO SUBJECT MESSAGE\\fR [\\fIKEY=VALUE\\fR]...\n.br\n"
    page += f".B {program}\n[\\fIOPTION VALUE\\fR]... \\-\\-type \\fIWORD\\fR \\-\\-host \\fIHOST\\fR ...\n"
    page += (".SH DESCRIPTION\nTells people through this channel about one event of Zabbix, Nagios, Naemon, Icinga 2, Checkmk or "
             "anything else. How it is called, what is held back and retried, and the exit status are the same for all "
             "channels: see\n.BR notification\\-plugins (7).\n")
    page += (".SH OPTIONS OF THIS CHANNEL\nAs options, or without the dashes and with underscores as statements of a section\n"
             f".B {channel} \"TITLE\" {{ ... }}\nof\n.BR notification.conf (5).\nAn option that ends in _file has two further forms there: without "
             "_file the secret itself, readable by its owner and group only, and\n.BR ${NAME}\nfrom the environment.\n")
    page += "".join(item(term, words) for term, words in options)
    return page + f".SH EXAMPLE\n.nf\n{roff(example)}\n.fi\n.SH SEE ALSO\n.BR notification\\-plugins (7),\n.BR notification.conf (5),\n.BR notifyctl (8)\n"


def pages(build):
    for channel in CHANNELS:
        yield f"notify_{channel}.1", channel_page(build, channel)
    general = (FOLDER / "notification-plugins.7.in").read_text(encoding="utf-8")
    yield "notification-plugins.7", general.replace(
        "@OPTIONS@\n", "".join(item(term, words) for term, words in call_options())).replace(
        "@BLOCKS@\n", "".join(item(term, words) for term, words in block_options())).replace(
        "@FIELDS@\n", "".join(item(name, words) for name, words in fields()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    stale = []
    for name, text in pages(options.build.resolve()):
        path = FOLDER / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if not options.check:
            path.write_text(text, encoding="utf-8")
    if options.check and stale:
        sys.exit(f"not up to date: {', '.join(stale)}; run packaging/man/make_man.py BUILD_DIRECTORY")


if __name__ == "__main__":
    main()
