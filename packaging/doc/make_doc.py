#!/usr/bin/env python3
"""Writes the tables of providers' answers into the pages of packaging/doc, from the programs' own tables.

    packaging/doc/make_doc.py            writes them
    packaging/doc/make_doc.py --check    says which pages are not up to date, and fails

A table stands between <!-- answers NAME --> and <!-- /answers -->; NAME is a key of TABLES. What a user is told to do comes
from common/words.def, in the language of the page.
"""
import argparse
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "packaging/doc"

# Name in the pages: source, array.
TABLES = {
    **{name: (f"plugins/{name}_answers.c", "RULES")
       for name in ("dingtalk", "wecom", "feishu", "slack", "teams", "aliyun_sms", "tencent_sms")},
    **{name: ("plugins/webhook_presets.c", f"{name.upper()}_RULES")
       for name in ("bark", "ntfy", "gotify", "pushplus", "serverchan")},
    "tencent_sms_receipt": ("plugins/tencent_sms_receipt.c", "RECEIPT_RULES"),
    "smtp_session": ("common/smtp_reply.c", "SESSION_RULES"),
    "smtp_recipient": ("common/smtp_reply.c", "RECIPIENT_RULES"),
    "smtp_message": ("common/smtp_reply.c", "MESSAGE_RULES"),
    "zabbix_api": ("common/writeback_zabbix.c", "RULES"),
    "icinga2_api": ("common/writeback_icinga2.c", "RULES"),
}
ROW = re.compile(r'^    \{("[^"]*"|NULL),\s+("[^"]*"|NULL),\s+OUTCOME_(\w+),\s+(\d+),\s+WORD_(\w+)\s*\},(?: /\* (.*?) \*/)?$',
                 re.MULTILINE)
WORD = re.compile(r'^WORD\((\w+), "((?:[^"\\]|\\.)*)", "((?:[^"\\]|\\.)*)"\)', re.MULTILINE)
SECONDS = {86400: ("a day", "1 天"), 3600: ("an hour", "1 小时"), 300: ("5 minutes", "5 分钟"), 60: ("a minute", "1 分钟")}
HEADS = ("| code | says | what becomes of the message | what to do |\n|---|---|---|---|",
         "| 错误码 | 应答内容 | 消息的去向 | 处理办法 |\n|---|---|---|---|")
OUTCOMES = {
    "DELIVERED": ("delivered", "已送达"),
    "AGAIN": ("is tried again", "自动重试"),
    "THROTTLED": ("waits, then is tried again", "等待后重试"),
    "REFUSED": ("not taken: next channel", "被拒绝：改走下一通道"),
    "BROKEN": ("settings are wrong: next channel, `operator` is told", "配置有误：改走下一通道，并告知 `operator`"),
    "UNCLEAR": ("may have arrived: not repeated by SMS, marked elsewhere", "可能已送达：短信不重发"),
}
ALL_OTHERS = ("any other", "其他")
ANY = ("any", "任意")
WAITS = ("waits {0}, then is tried again", "等待 {0}后重试")
AFTER = ("is tried again after {0}", "{0}后重试")


def words():
    """Word to its texts, English and Chinese."""
    return {name: (en, zh) for name, en, zh in WORD.findall((ROOT / "common/words.def").read_text(encoding="utf-8"))}


def rules(name):
    """(code, says, outcome, wait in seconds, word, comment) of each row, in the order in which they are looked at."""
    source, array = TABLES[name]
    text = (ROOT / source).read_text(encoding="utf-8")
    body = re.search(rf"struct verdict_rule {array}\[\] = \{{\n(.*?)\n\}};", text, re.DOTALL)[1]
    found = ROW.findall(body)
    if len(found) != body.count("\n") + 1:
        raise ValueError(f"{source}: a row of {array} is not understood")
    return [(code.strip('"') if code != "NULL" else "", says.strip('"') if says != "NULL" else "", outcome, int(wait), word,
             comment) for code, says, outcome, wait, word, comment in found]


def duration(seconds, language):
    return SECONDS[seconds][language] if seconds in SECONDS else (f"{seconds} s", f"{seconds} 秒")[language]


def outcome_text(outcome, wait, language):
    if wait and outcome in ("THROTTLED", "AGAIN"):
        return (WAITS if outcome == "THROTTLED" else AFTER)[language].format(duration(wait, language))
    return OUTCOMES[outcome][language]


def table_row(rule, remedies, language):
    code, says, outcome, wait, word, comment = rule
    shown = " ".join(f"`{one}`" for one in code.replace("*", "…").split()) or ALL_OTHERS[language]
    if code == "*":
        shown = ANY[language]
    if comment and language == 0:
        shown += f" ({comment})"
    remedy = remedies[word][language] if word != "NONE" else ""
    return f"| {shown} | {says} | {outcome_text(outcome, wait, language)} | {remedy} |"


def table(name, language):
    remedies = words()
    return "\n".join([HEADS[language], *(table_row(rule, remedies, language) for rule in rules(name))])


def page_with_tables(path):
    text = path.read_text(encoding="utf-8")
    language = 1 if ".zh-CN." in path.name else 0
    return re.sub(r"(<!-- answers (\w+) -->\n).*?(<!-- /answers -->)",
                  lambda found: found[1] + table(found[2], language) + "\n" + found[3], text, flags=re.DOTALL)


def main():
    options = argparse.ArgumentParser(description="writes the tables in packaging/doc")
    options.add_argument("--check", action="store_true", help="only say which pages are not up to date")
    check = options.parse_args().check
    pages = {path: page_with_tables(path) for path in sorted(FOLDER.glob("*.md"))}
    stale = [path for path, text in pages.items() if path.read_text(encoding="utf-8") != text]
    for path in stale:
        print(path)
        if not check:
            path.write_text(pages[path], encoding="utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
