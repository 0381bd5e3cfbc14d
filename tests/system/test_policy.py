"""The right people: routes with hours, recoveries that follow their problem, who is on call, and why."""
import datetime
import json
import sqlite3
import subprocess
import unittest
import zoneinfo

from support import Case, program, run, wait_until, write
from stub.server import Answer

PEOPLE = """
retry { attempts = 1 }
limit { per_minute = 100  per_hour = 1000  per_day = 1000 }
operator { channels = {"ops-email"}  to = {"@boss"} }
contact "zhang" { name = "张伟"  mobile = "13800138000"  email = "zhang@example.com" }
contact "li" { name = "李娜"  mobile = "13900139000"  email = "li@example.com" }
contact "wang" { name = "王强"  mobile = "13700137000" }
contact "boss" { email = "boss@example.com" }
"""


class PolicyCase(Case):
    routes = ""

    def setUp(self):
        super().setUp()
        self.configure(extra=PEOPLE + self.routes)

    def route(self, kind="problem", severity="critical", event_id="1", host="db-01", **more):
        event = {"kind": kind, "severity": severity, "host": host, "service": "CPU", "source": "zabbix", "event_id": event_id,
                 "subject": f"CPU is high ({kind})", **more}
        done = run(program("notify_route"), "--source", "json", "--json", stdin=json.dumps(event), environment=self.environment)
        return done, json.loads(done.output) if done.output else {}

    def ctl(self, *arguments):
        return run(program("notifyctl"), *arguments, environment=self.environment)

    def sql(self, text, *values):
        if not (self.folder / "etc" / "state" / "state.db").exists():
            return []
        connection = sqlite3.connect(self.folder / "etc" / "state" / "state.db", timeout=10)
        try:
            rows = connection.execute(text, values).fetchall()
            connection.commit()
            return rows
        finally:
            connection.close()


def clock(minutes):
    """HH:MM of Shanghai so many minutes from now."""
    return (datetime.datetime.now(zoneinfo.ZoneInfo("Asia/Shanghai")) + datetime.timedelta(minutes=minutes)).strftime("%H:%M")


class Hours(PolicyCase):
    def setUp(self):
        self.routes = f"""
            route "urgent" {{ severity = "emergency"  channels = {{"ops-dingtalk"}} }}
            route "later" {{ during = "{clock(120)}-{clock(240)}"  outside = "hold"  channels = {{"ops-dingtalk"}} }}
        """
        super().setUp()

    def test_what_is_held_is_told_in_one_summary_when_the_hours_begin(self):
        for number in range(3):
            done, result = self.route(event_id=str(number))
            self.assertEqual(0, done.status, done)
            self.assertRegex(result["suppressed"][0], f'outside the hours of route "later", told in a summary at .* {clock(120)}:00')
        self.route(kind="recovery", event_id="2")
        self.sql("UPDATE notification SET created_ms = created_ms - 7200000")  # old enough for a summary, but for the hours
        self.ctl("tick")
        self.assertEqual([], self.stub.of("dingtalk"))
        self.assertEqual([("outside hours", 3)],
                         self.sql("SELECT reason, COUNT(*) FROM notification WHERE outcome = 'held' GROUP BY reason"))
        self.sql("UPDATE notification SET release_ms = 1")
        self.ctl("tick")
        told = self.arrivals("dingtalk", 1)
        self.assertEqual(1, len(told))
        text = json.dumps(told[0].json, ensure_ascii=False)
        self.assertIn("3 条告警", text)
        self.assertIn("已恢复", text)

    def test_what_a_mute_kept_back_waits_for_the_hours(self):
        self.ctl("mute", "--host", "db-*", "--for", "2h", "--by", "li", "--why", "work")
        self.route()
        self.assertEqual([("muted",)], self.sql("SELECT outcome FROM notification WHERE kind = 'problem'"))
        self.ctl("tick")
        self.ctl("unmute", "all")
        self.sql("UPDATE notification SET created_ms = created_ms - 7200000")
        self.ctl("tick")
        self.assertEqual([], self.stub.of("dingtalk"))
        self.sql("UPDATE notification SET release_ms = 1")
        self.ctl("tick")
        self.assertIn("1 条告警", json.dumps(self.arrivals("dingtalk", 1)[0].json, ensure_ascii=False))

    def test_the_gravest_is_told_at_any_hour(self):
        self.assertEqual(["ops-dingtalk"], self.route(severity="emergency")[1]["success_channels"])


class FollowUp(PolicyCase):
    routes = """
        rotation "duty" { members = {"zhang"}  starts = "2026-01-05 09:00"  every = "1w" }
        route "critical" { severity = "critical"  channels = {"ops-aliyun-sms"}  to = {"@duty"} }
        route "rest" { channels = {"ops-dingtalk"} }
    """

    def told(self):
        return [record.request.query["PhoneNumbers"] for record in self.stub.of("aliyun_sms")]

    def test_a_recovery_goes_to_who_was_told_of_the_problem_and_was_on_call_then(self):
        self.route()
        text = self.configuration.read_text(encoding="utf-8")
        write(self.configuration, text.replace('members = {"zhang"}', 'members = {"zhang"}  override { from = "2026-01-05 09:00"  '
                                               f'until = "2036-01-05 09:00"  member = "li" }}'))
        self.sql("UPDATE notification SET created_ms = 1767600000000")  # 2026-01-05 16:00 in Shanghai
        write(self.configuration, text.replace('members = {"zhang"}', 'members = {"zhang"}  override { from = "2026-02-01 09:00"  '
                                               f'until = "2036-01-05 09:00"  member = "li" }}'))
        done, result = self.route(kind="recovery", severity="info")
        self.assertEqual(["ops-aliyun-sms"], result["success_channels"], done)
        self.assertEqual(["13800138000", "13800138000"], self.told())
        self.route(event_id="2")
        self.assertEqual("13900139000", self.told()[-1])
        self.assertEqual([], self.stub.of("dingtalk"))

    def test_everybody_who_was_told_before_and_after_a_hand_over_hears_of_the_end(self):
        self.route()
        self.sql("UPDATE notification SET created_ms = 1767600000000")  # 2026-01-05 16:00 in Shanghai
        text = self.configuration.read_text(encoding="utf-8")
        write(self.configuration, text.replace('members = {"zhang"}', 'members = {"zhang"}  override { from = "2026-02-01 09:00"  '
                                               'until = "2036-01-05 09:00"  member = "li" }'))
        self.route()  # the source reminds: now it is the turn of another
        self.assertEqual(["13800138000", "13900139000"], self.told())
        self.route(kind="recovery", severity="info")
        self.assertEqual(["13800138000", "13900139000"], sorted(",".join(self.told()[2:]).split(",")))

    def test_the_next_problem_of_a_source_without_ids_is_another_story(self):
        self.route(severity="warning", event_id="")
        self.route(kind="recovery", severity="info", event_id="")
        self.assertEqual(2, len(self.stub.of("dingtalk")))
        self.sql("UPDATE notification SET created_ms = created_ms - 3600000")
        self.route(severity="critical", event_id="")
        self.sql("UPDATE notification SET created_ms = created_ms - 3600000")
        self.route(kind="recovery", severity="info", event_id="", state="OK")
        self.assertEqual(2, len(self.told()))
        self.assertEqual(2, len(self.stub.of("dingtalk")))


class ManyChains(PolicyCase):
    routes = """
        route "all" { host = {"all-*"}  mode = "all"  channels = {"ops-dingtalk", "ops-slack"} }
        route "raised" { host = {"raised-*"}  raise = "emergency"  channels = {"ops-webhook"} }
        route "copies" { host = {"db-*"}  channels = {"ops-dingtalk"}  also = {"ops-slack"} }
    """

    def test_with_all_one_success_is_enough(self):
        self.stub.script("dingtalk", Answer.of_json({"errcode": 310000, "errmsg": "sign not match"}))
        done, result = self.route(host="all-1")
        self.assertEqual((0, ["ops-slack"], ["ops-dingtalk"]), (done.status, result["success_channels"], result["failed_channels"]))
        self.stub.script("dingtalk", Answer(status=503))
        self.stub.script("slack", Answer(status=503))
        done, result = self.route(host="all-2")
        self.assertEqual((1, []), (done.status, result["success_channels"]), done)

    def test_a_refused_copy_does_not_count_against_the_others(self):
        self.stub.script("slack", Answer.of_json({"ok": False, "error": "msg_too_long"}))
        done, result = self.route()
        self.assertEqual((0, ["ops-dingtalk"], ["ops-slack"]), (done.status, result["success_channels"], result["failed_channels"]))

    def test_a_raised_severity_is_what_people_read(self):
        self.route(host="raised-1", severity="warning")
        self.assertEqual("emergency", self.arrivals("webhook", 1)[0].json["data"]["severity"])

    def test_what_no_route_takes_goes_to_the_operator_with_a_note(self):
        done, result = self.route(host="unknown-1")
        self.assertEqual((0, ["ops-email"]), (done.status, result["success_channels"]))
        self.assertIn("no route takes this event", done.errors)
        self.assertEqual(["boss@example.com"], self.arrivals("email", 1)[0].recipients)

    def test_every_chain_is_recorded_before_the_first_is_told(self):
        """Killed while the first channel hangs: the copy is not lost."""
        self.stub.script("dingtalk", Answer(delay_s=3))
        event = {"kind": "problem", "severity": "critical", "host": "db-01", "source": "zabbix", "event_id": "9", "subject": "s"}
        with subprocess.Popen([str(program("notify_route")), "--source", "json"], stdin=subprocess.PIPE, text=True,
                              env={"PATH": "/usr/bin:/bin", **self.environment}) as child:
            child.stdin.write(json.dumps(event))
            child.stdin.close()
            wait_until(lambda: self.sql("SELECT 1 FROM outbox WHERE state = 'wire'"), what="the first message on the wire")
            child.kill()
        self.assertEqual([("copies", 2)], self.sql("SELECT route, COUNT(*) FROM notification GROUP BY route"))
        self.sql("UPDATE outbox SET lease_ms = 0, due_ms = 0")
        self.ctl("tick")
        self.assertEqual(1, len(self.arrivals("slack", 1)))


def who(rotation, at):
    """An independent answer: six weeks of `duty` of the class below, at a moment in UTC."""
    zone = zoneinfo.ZoneInfo(rotation["zone"])
    local = at.astimezone(zone).replace(tzinfo=None)
    turn = int((local - rotation["starts"]) // rotation["every"])
    return rotation["members"][turn % len(rotation["members"])]


class OnCall(PolicyCase):
    routes = """
        calendar "cn" { file = "cn.txt" }
        rotation "duty" { members = {"zhang", "li", "wang"}  starts = "2026-03-02 09:00"  every = "1d"  timezone = "Europe/Berlin"
            layer { name = "second"  file = "second.ics" }
        }
    """
    MODEL = {"zone": "Europe/Berlin", "starts": datetime.datetime(2026, 3, 2, 9), "every": datetime.timedelta(days=1),
             "members": ["zhang", "li", "wang"]}

    def setUp(self):
        super().setUp()
        write(self.folder / "etc" / "cn.txt", "2026-04-04..2026-04-06 holiday 清明节\nuntil 2026-12-31\n")
        write(self.folder / "etc" / "second.ics", "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\n"
              "DTSTART;TZID=Europe/Berlin:20260302T090000\r\nDTEND;TZID=Europe/Berlin:20260309T090000\r\nRRULE:FREQ=WEEKLY;COUNT=8\r\n"
              "SUMMARY:李娜\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")

    def span(self, *more):
        return self.ctl("oncall", "--at", "2026-03-03 00:00", "--until", "2026-04-14 00:00", *more)

    def test_every_moment_is_the_right_persons_over_the_change_of_the_clocks(self):
        done = self.span("--json", "duty")
        duty, second = (json.loads(line) for line in done.output.splitlines())
        self.assertEqual((0, 0, 0), (done.status, duty["uncovered_s"], second["uncovered_s"]), done)
        self.assertEqual(["li"], [stint["contact"] for stint in second["stints"]])
        stints = [(datetime.datetime.fromisoformat(s["from"].replace("Z", "+00:00")),
                   datetime.datetime.fromisoformat(s["until"].replace("Z", "+00:00")), s["contact"]) for s in duty["stints"]]
        self.assertEqual(datetime.timedelta(hours=23), dict((s[0].strftime("%d"), s[1] - s[0]) for s in stints if s[0].month == 3)["28"])
        at, end = stints[0][0], stints[-1][1]
        for before, after in zip(stints, stints[1:]):
            self.assertEqual(before[1], after[0])
        while at < end:
            (person,) = [s[2] for s in stints if s[0] <= at < s[1]]
            self.assertEqual(who(self.MODEL, at), person, at)
            at += datetime.timedelta(minutes=30)
        shares = {share["contact"]: share for share in duty["shares"]}
        self.assertEqual((end - stints[0][0]).total_seconds(), sum(share["total_s"] for share in shares.values()))
        self.assertEqual(3 * 86400, sum(share["holiday_s"] for share in shares.values()))

    def test_the_table_proves_and_the_ics_comes_back_the_same(self):
        table = self.span("duty")
        self.assertEqual(0, table.status)
        self.assertIn("covered: every one of 3628800 seconds", table.output)
        ics = self.span("--ics", "duty")
        self.assertTrue(ics.output.startswith("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:"), ics.output)
        self.assertEqual([], [line for line in ics.output.encode().split(b"\r\n") if len(line) > 75])
        events = [block for block in ics.output.split("BEGIN:VEVENT")[1:] if "CATEGORIES:duty\r\n" in block]
        write(self.folder / "etc" / "back.ics", "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT" + "BEGIN:VEVENT".join(
            event.replace("END:VCALENDAR\r\n", "") for event in events) + "END:VCALENDAR\r\n")
        text = self.configuration.read_text(encoding="utf-8")
        write(self.configuration, text + 'rotation "back" { file = "back.ics" }\n')
        lines = [json.loads(line) for name in ("duty", "back") for line in self.span("--json", name).output.splitlines()]
        people = {line["rotation"]: [(s["from"], s["until"], s["contact"]) for s in line["stints"]] for line in lines}
        self.assertEqual(people["duty"], people["back"])

    def test_a_gap_is_told_with_its_seconds_and_a_status(self):
        done = self.ctl("oncall", "--at", "2026-04-26 00:00", "--until", "2026-04-28 00:00", "duty/second")
        self.assertEqual(1, done.status)
        self.assertIn("NOT COVERED: ", done.output)
        self.assertIn("NOBODY", done.output)
        check = self.ctl("check")
        self.assertIn("nobody is on duty", check.output)

    def test_one_moment(self):
        done = self.ctl("oncall", "--at", "2026-03-04 00:00", "duty")
        self.assertIn("李娜 (li) until 2026-03-04 09:00 CET, then 王强 (wang); 13900139000 [turn]", done.output)
        (stint,) = json.loads(self.ctl("oncall", "--at", "2026-03-04 00:00", "--json", "duty").output.splitlines()[0])["stints"]
        self.assertEqual(("2026-03-03T16:00:00Z", "2026-03-04T08:00:00Z"), (stint["from"], stint["until"]))
        self.assertEqual(3, self.ctl("oncall", "nothing").status)
        self.assertEqual(3, self.ctl("oncall", "--at", "yesterday").status)
        self.assertEqual(3, self.ctl("oncall", "--until", "2d").status)

    def test_a_turn_ends_where_another_person_begins(self):
        """Hours are looked up day by day: the midnights between do not end a turn."""
        text = self.configuration.read_text(encoding="utf-8")
        write(self.configuration, text + """
            rotation "weekend" { members = {"zhang", "li"}  starts = "2026-03-02 00:00"  every = "1w"  during = "Sat,Sun" }
            rotation "alone" { members = {"wang"}  starts = "2026-03-02 00:00"  every = "1d" }
        """)
        friday = self.ctl("oncall", "--at", "2026-03-06 12:00", "weekend").output
        self.assertIn("NOBODY until 2026-03-07 00:00 CST, then 张伟 (zhang)", friday)
        self.assertIn("张伟 (zhang) until 2026-03-09 00:00 CST, then NOBODY", self.ctl("oncall", "--at", "2026-03-07 12:00", "weekend").output)
        self.assertIn("NOBODY until 2026-03-14 00:00 CST, then 李娜 (li)", self.ctl("oncall", "--at", "2026-03-09 12:00", "weekend").output)
        self.assertIn("王强 (wang) until 2026-05-05 12:00 CST at least", self.ctl("oncall", "--at", "2026-03-04 12:00", "alone").output)

    def test_check_warns_before_the_calendar_ends(self):
        soon = (datetime.datetime.now(zoneinfo.ZoneInfo("Asia/Shanghai")).date() + datetime.timedelta(days=30)).isoformat()
        write(self.folder / "etc" / "cn.txt", f"until {soon}\n")
        self.assertIn(f'advice: calendar "cn" ends on {soon}, in 30 days', self.ctl("check").output)
        write(self.folder / "etc" / "cn.txt", "2020-01-01 holiday\n")
        self.assertIn('calendar "cn" ended on 2020-01-01', self.ctl("check").output)
        write(self.folder / "etc" / "cn.txt", "2020-01-01 holy day\n")
        done = self.ctl("check")
        self.assertEqual(2, done.status)
        self.assertIn("cn.txt:1: wanted is holiday or workday", done.output)


class Why(PolicyCase):
    routes = """
        rotation "duty" { members = {"zhang", "li"}  starts = "2026-01-05 09:00"  every = "1w" }
        route "off" { enabled = no  channels = {"ops-slack"} }
        route "web" { host = {"web-*"}  channels = {"ops-slack"} }
        route "night" { during = "NIGHT"  channels = {"ops-webhook"}  confirm_within = "5m" }
        route "db" { severity = "error"  channels = {"ops-aliyun-sms", "ops-dingtalk"}  also = {"ops-email"}  to = {"@duty"}
                     confirm_within = "10m"  escalate { after = "20m"  channels = {"ops-dingtalk"}  to = {"@li"} } }
        route "never" { channels = {"ops-slack"} }
    """

    def setUp(self):
        """An hour that is neither noon, which is asked for, nor now, when it is told."""
        self.routes = self.routes.replace("NIGHT", "05:00-06:00" if clock(0)[:2] in ("01", "02", "03") else "02:00-03:00")
        super().setUp()

    def test_an_imagined_event_is_explained_and_nothing_is_told_or_recorded(self):
        done = self.ctl("why", "--at", "2026-01-06 12:00", "--host", "db-01", "--severity", "critical", "--type", "problem",
                        "--subject", "s")
        self.assertEqual(0, done.status, done)
        for line in ('- "off" (', ': it is switched off', '- "web" (', "host 'db-01' does not match", '- "night" (', "outside of its hours",
                     '+ "db" (', "takes it, during 'always'", "@duty is 张伟 (zhang): turn, until 2026-01-12 09:00:00",
                     "a confirmation is waited for until 2026-01-06 12:10:00",
                     "unless somebody confirms, at 2026-01-06 12:20:00: ops-dingtalk @li",
                     "1. aliyun_sms/ops-aliyun-sms to 13800138000, else dingtalk/ops-dingtalk to 13800138000",
                     "2. email/ops-email to zhang@example.com", "told at once (first)"):
            self.assertIn(line, done.output)
        self.assertNotIn('"never" (', done.output)
        self.assertNotIn("a confirmation", self.ctl("why", "--host", "db-01", "--severity", "critical", "--type", "update").output)
        self.assertEqual([], self.stub.recorded)
        self.assertEqual([(0,)], self.sql("SELECT (SELECT COUNT(*) FROM notification) + (SELECT COUNT(*) FROM booking)"))

    def test_limits_repeats_and_mutes_are_seen(self):
        self.route()
        event = ("--source", "manual", "--host", "db-01", "--severity", "critical", "--type", "problem", "--subject", "s")
        self.assertIn("told at once", self.ctl("why", *event).output)
        self.ctl("mute", "--host", "db-*", "--for", "2h", "--by", "li", "--why", "work")
        self.assertIn("suppressed: muted by li: work", self.ctl("why", *event).output)

    def test_a_past_one_with_its_reason_route_and_attempts(self):
        self.stub.script("aliyun_sms", Answer.of_json({"Code": "isv.AMOUNT_NOT_ENOUGH", "Message": "no money"}))
        self.route()
        ((notification,),) = self.sql("SELECT id FROM notification WHERE section = 'ops-aliyun-sms'")
        for asked in ((notification,), ("--last", "--host", "db-*")):
            done = self.ctl("why", *asked)
            self.assertEqual(0, done.status, done)
            self.assertIn("because: first, by route db", done.output)
            self.assertIn('+ "db" (', done.output)
            recorded, today = done.output.split("\n\n", 1)
            self.assertTrue(today.startswith("That is what was recorded. What follows is what the configuration of TODAY would decide"))
            self.assertNotIn("route", recorded.replace("by route db", ""))
        done = self.ctl("why", notification)
        self.assertRegex(done.output, r"asked for at .* through aliyun_sms/ops-aliyun-sms to \d{11}\n")
        self.assertRegex(done.output, r"\n  delivered at .* by ops-dingtalk")
        self.assertRegex(done.output, r"\n  of the same event: \S+ through ops-email: delivered, because: first, by route db")
        self.assertRegex(done.output, r"attempt 1 at .* through ops-aliyun-sms.*: broken \S*AMOUNT_NOT_ENOUGH")
        self.assertRegex(done.output, r"attempt 1 at .* through ops-dingtalk")
        self.assertEqual(1, self.ctl("why", "nothing").status)

    def test_a_past_one_is_told_as_it_was_whatever_the_routes_are_today(self):
        event = {"tags": [{"tag": "team", "value": "dba"}]}
        self.stub.script("dingtalk", Answer(status=503))
        write(self.configuration, self.configuration.read_text(encoding="utf-8").replace(
            'route "off" {', 'route "dba" { tag = {"team=dba"}  channels = {"ops-dingtalk"}  limit { per_minute = 1 } }  route "off" {'))
        self.route(**event)
        self.route(event_id="2", **event)
        self.ctl("mute", "--host", "db-*", "--for", "2h", "--by", "li", "--why", "work")
        self.route(event_id="3", **event)
        waits, held, muted = (row[0] for row in self.sql("SELECT id FROM notification WHERE reason <> 'operator' ORDER BY created_ms"))
        text = self.configuration.read_text(encoding="utf-8")
        write(self.configuration, text.replace('route "dba" {', 'route "renamed" {'))
        for notification, lines in {
                waits: ["because: first, by route dba", "waits in the outbox (pending), next at ", "in this order: ops-dingtalk"],
                held: ["because: limited, by route dba", "no attempt is recorded", "held back by a limit: 1 a minute for this key; not told"],
                muted: ["because: muted, by route dba", "muted by li: work"]}.items():
            recorded, today = self.ctl("why", notification).output.split("\n\n", 1)
            for line in lines:
                self.assertIn(line, recorded)
            self.assertIn('+ "renamed" (', today)
            self.assertIn("with the tags, groups and fields with which its problem was last told", today)
        self.sql("DELETE FROM alert")
        today = self.ctl("why", held).output.split("\n\n", 1)[1]
        self.assertIn("without tags, groups and fields, which are not recorded", today)
        self.assertIn('- "renamed" (', today)
        self.assertEqual(3, self.ctl("why").status)


class CalendarFiles(PolicyCase):
    """A send needs no libical once a worker has read the .ics files."""
    routes = """
        rotation "duty" { file = "duty.ics" }
        route "all" { during = "calendar:open"  channels = {"ops-aliyun-sms"}  to = {"@duty"} }
        calendar "open" { file = "open.ics" }
    """

    def setUp(self):
        super().setUp()
        for name, summary in (("duty", "张伟"), ("open", "always")):
            self.write_ics(name, summary)

    def write_ics(self, name, summary):
        write(self.folder / "etc" / f"{name}.ics", "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20260101T000000Z\r\n"
              f"DTEND:20260102T000000Z\r\nRRULE:FREQ=DAILY\r\nSUMMARY:{summary}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")

    def tell(self, number, name="notify_route", *options):
        """Who was told, and whether libical was loaded for it."""
        done = run(program(name), *options, "--source", "manual", "--type", "problem", "--severity", "critical", "--host", "h",
                   "--event-id", str(number), "--subject", "s",
                   environment={**self.environment, "LD_DEBUG": "files"})
        self.assertEqual(0, done.status)
        self.assertTrue("transport_curl.so" in done.errors)
        return self.stub.of("aliyun_sms")[-1].request.query["PhoneNumbers"], "calendar_ical.so" in done.errors

    def fill(self):
        """A file is kept when it has not been written for some seconds."""
        def filled():
            self.ctl("tick")
            return self.sql("SELECT COUNT(*) FROM calendar") == [(2,)]
        wait_until(filled, what="the calendars in the store")

    def test_a_send_asks_the_store_and_without_it_the_file(self):
        self.assertEqual(("13800138000", True), self.tell(1))
        self.fill()
        self.assertEqual(("13800138000", False), self.tell(2))
        self.assertEqual(("13800138000", False), self.tell(5, "notify_aliyun_sms", "--to", "@duty"))
        self.write_ics("duty", "李娜")
        self.assertEqual(("13900139000", True), self.tell(3))
        self.sql("UPDATE calendar SET content = 's 0 4000000000 wang' || char(10)")
        self.assertEqual(("13900139000", True), self.tell(4))


class OptionsOfACall(PolicyCase):
    """Limits and retries of one call, over those of section and route."""
    routes = """
        route "few" { host = {"few-*"}  channels = {"ops-dingtalk"}  limit { per_minute = 1 } }
        route "all" { channels = {"ops-dingtalk"} }
    """

    def tell(self, number, *options, program_name="notify_dingtalk", host="h"):
        return run(program(program_name), *options, "--source", "manual", "--type", "problem", "--severity", "warning", "--host", host,
                   "--service", "s", "--event-id", str(number), "--subject", f"problem {number}", environment=self.environment)

    def test_a_limit_of_the_call_holds_back(self):
        self.assertIn("delivered", self.tell(1, "--limit-per-minute", "1").output)
        self.assertIn("1 a minute reached", self.tell(2, "--limit-per-minute", "1").output)
        self.assertIn("delivered", self.tell(3, "--limit-per-minute", "1", "--limit-exempt", "warning").output)
        self.assertIn("delivered", self.tell(4).output)
        done = self.tell(5, "--limit-per-minute", "some")
        self.assertEqual(2, done.status, done)
        self.assertIn("--limit-per-minute: 'per_minute' wants a number", done.errors)

    def test_it_counts_before_that_of_a_route(self):
        for number in range(1, 4):
            done = self.tell(number, "--limit-per-minute", "2", program_name="notify_route", host="few-1")
            self.assertIn("delivered" if number < 3 else "2 a minute reached", done.output, done)
        self.assertIn("1 a minute reached", self.tell(9, program_name="notify_route", host="few-1").output)

    def test_retries_of_the_call(self):
        self.stub.script("dingtalk", *[Answer(status=503)] * 8)
        self.tell(1)
        self.assertEqual(1, len(self.stub.of("dingtalk")))
        self.tell(2, "--retry-attempts", "3", "--retry-delay", "0")
        self.assertEqual(4, len(self.stub.of("dingtalk")))
        self.tell(3, "--retry-attempts", "2", "--retry-delay", "0", program_name="notify_route")
        self.assertEqual(6, len(self.stub.of("dingtalk")))


class Templates(PolicyCase):
    routes = """
        template "disk_alert" { service = {"disk*"}  host = {"db-*"} }
        template "cpu_alert" { item = {"system.cpu.*"} }
        template "nothing_there" { host = {"gone-*"} }
        route "named" { host = {"named-*"}  channels = {"ops-dingtalk"}  template = "business" }
        route "all" { channels = {"ops-dingtalk"} }
    """
    EVENT = ("--severity", "critical", "--type", "problem", "--subject", "s")

    def test_why_tells_which_template_and_who_chose_it(self):
        for arguments, line in (
                (("--host", "db-01", "--service", "disk /data"), "template disk_alert: the first rule that fits, "),
                (("--host", "web-1", "--service", "x", "--field", "item_key=system.cpu.load[all]"), "template cpu_alert: the first rule"),
                (("--host", "web-1", "--service", "disk"), "template default: nobody asks for another"),
                (("--host", "db-01", "--service", "disk", "--template", "memory_alert"), "template memory_alert: --template"),
                (("--host", "named-1", "--service", "disk"), 'template business: route "named"'),
                (("--host", "gone-1"), "; it is not installed: default is used"),
                (("--host", "db-01", "--service", "disk", "--state", "OK", "--type", "recovery"), "template recovery: recoveries and")):
            self.assertIn(line, self.ctl("why", *self.EVENT, *arguments).output, arguments)

    def test_check_names_a_template_that_is_not_installed(self):
        done = self.ctl("check")
        self.assertEqual(2, done.status)
        self.assertRegex(done.output, r"conf:\d+: mistake: this rule names the template 'nothing_there', which is not installed")
        self.assertEqual(1, done.output.count("which is not installed"))

    def test_the_message_is_told_by_the_rules_template(self):
        self.route(service="disk /data")
        self.assertIn("journalctl --disk-usage", json.dumps(self.arrivals("dingtalk", 1)[0].json))
        self.route(service="load", event_id="2")
        self.assertNotIn("journalctl --disk-usage", json.dumps(self.arrivals("dingtalk", 2)[1].json))


if __name__ == "__main__":
    unittest.main()
