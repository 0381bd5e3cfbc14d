"""What became of text messages: the provider is asked, and what did not arrive takes the next channel."""
import json
import subprocess
import time
import unittest

from stub.providers import Stub
from stub.server import Answer
from stub.sms import AliyunReceipts, AliyunSms
from support import program, wait_until
from test_policy import PEOPLE, PolicyCase

ROUTES = """
route "both" { service = {"both"}  channels = {"ops-aliyun-sms", "ops-email"}  to = {"@zhang", "@li"} }
route "chain" { service = {"chain"}  channels = {"ops-aliyun-sms", "ops-tencent-sms", "ops-email"}  to = {"@zhang"} }
route "tencent" { service = {"tencent"}  channels = {"ops-tencent-sms", "ops-email"}  to = {"@zhang"} }
route "last" { service = {"last"}  channels = {"ops-email", "ops-aliyun-sms"}  to = {"@zhang"} }
route "alone" { service = {"alone"}  channels = {"ops-aliyun-sms"}  to = {"@zhang"} }
route "default" { default = yes  channels = {"ops-aliyun-sms", "ops-email"}  to = {"@zhang"} }
"""
ZHANG, LI = "13800138000", "13900139000"


class ReceiptCase(PolicyCase):
    routes = ROUTES
    extra = ""

    def setUp(self):
        super().setUp()
        self.configure(extra=PEOPLE + self.routes + self.extra)
        self.states = self.stub.providers["aliyun_receipts"].states
        self.tencent_states = self.stub.providers["tencent_receipts"].states

    def tell(self, service="CPU", kind="problem", event_id="1", **more):
        done, _ = self.route(kind=kind, event_id=event_id, service=service, **more)
        return done

    def pass_seconds(self, seconds):
        """Time goes by: what the store remembers is so much older, and so are the messages at the providers."""
        for table, columns in (("notification", "created_ms ended_ms"), ("outbox", "created_ms due_ms lease_ms expires_ms"),
                               ("receipt", "sent_ms due_ms expires_ms"), ("booking", "at_ms"), ("attempt", "at_ms"),
                               ("alert", "opened_ms over_ms asked_ms due_ms"), ("value", "number")):
            for column in columns.split():
                where = "name LIKE '%_ms' AND name <> 'worker_interval_ms'" if table == "value" else f"{column} > 0"
                self.sql(f"UPDATE {table} SET {column} = {column} - ? WHERE {where}", seconds * 1000)
        for name in ("aliyun_sms", "tencent_sms"):
            taken = self.stub.providers[name].taken
            taken[:] = [(*one[:-1], one[-1] - seconds) for one in taken]

    def tick(self):
        done = self.ctl("tick")
        self.assertEqual(0, done.status, done)
        return done

    def after(self, *seconds):
        """A pass of the worker at each of these seconds after the last one."""
        for one in seconds:
            self.pass_seconds(one)
            self.tick()

    def asked(self, name="aliyun"):
        return self.stub.of(f"{name}_receipts")

    def receipts(self):
        return self.sql("SELECT recipient, state, tries, code FROM receipt ORDER BY section, recipient")

    def outcomes(self):
        return self.sql("SELECT outcome, delivered_by FROM notification WHERE source <> 'notifier' ORDER BY created_ms")

    def mails(self, who="zhang"):
        return [mail for mail in self.mail.mails if mail.recipients == [f"{who}@example.com"]]

    def history(self):
        return self.ctl("history", self.sql("SELECT id FROM notification ORDER BY created_ms")[0][0]).output


class Arrival(ReceiptCase):
    def test_what_arrived_is_asked_for_once_and_said(self):
        self.tell()
        self.tick()
        self.after(28)
        self.assertEqual([], self.asked())
        self.after(2)
        [question] = self.asked()
        self.assertTrue(question.accepted, question)
        self.assertEqual(ZHANG, question.request.query["PhoneNumber"])
        self.assertEqual([(ZHANG, "arrived", 1, "DELIVERED")], self.receipts())
        self.after(90, 480, 3600)
        self.assertEqual(1, len(self.asked()))
        self.assertRegex(self.history(), rf"ops-aliyun-sms to {ZHANG} receipt: arrived after [345] s\n")
        self.assertEqual([("delivered", "ops-aliyun-sms")], self.outcomes())
        self.assertEqual([], self.mail.mails)
        self.assertEqual([("", "")], self.sql("SELECT legs, event FROM receipt"))
        self.assert_nothing_is_doubted()

    def test_it_is_asked_at_half_a_minute_two_and_ten_minutes_and_then_no_more(self):
        self.states[ZHANG] = "waiting"
        self.tell()
        for seconds, questions in ((26, 0), (6, 1), (75, 1), (15, 2), (440, 2), (45, 3), (3600, 3), (7200, 3)):
            self.after(seconds)
            self.assertEqual(questions, len(self.asked()), seconds)
        self.assertEqual([(ZHANG, "silent", 3, "NO-RECEIPT")], self.receipts())
        self.assertEqual([("delivered", "ops-aliyun-sms")], self.outcomes())
        self.assertIn("receipt: none came: NO-RECEIPT", self.history())
        self.assertEqual([], self.mail.mails)

    def test_tencent_answers_for_each_number_of_one_call(self):
        self.configure(extra=PEOPLE + 'route "all" { channels = {"ops-tencent-sms", "ops-email"}  to = {"@zhang", "@li"} }\n')
        self.tencent_states[LI] = "UNDELIV"
        self.tell()
        self.after(30)
        self.assertEqual([True, True], [question.accepted for question in self.asked("tencent")])
        self.assertEqual({"+86" + ZHANG, "+86" + LI}, {question.json["PhoneNumber"] for question in self.asked("tencent")})
        self.assertEqual([(ZHANG, "arrived", 1, "DELIVRD"), (LI, "next", 1, "UNDELIV")], self.receipts())
        self.assertEqual([("delivered", "ops-email")], self.outcomes())

    def test_an_older_signature_asks_too(self):
        self.configure(extra=PEOPLE + self.routes)
        text = self.configuration.read_text(encoding="utf-8")
        self.configuration.write_text(text.replace('template_code = ', 'signature = "v1"  template_code = '), encoding="utf-8")
        self.tell()
        self.after(30)
        self.assertEqual([(ZHANG, "arrived", 1, "DELIVERED")], self.receipts())

    def test_receipts_no_asks_nothing(self):
        text = self.configuration.read_text(encoding="utf-8")
        self.configuration.write_text(text.replace('template_code = ', 'receipts = no  template_code = '), encoding="utf-8")
        self.tell()
        self.after(30, 90, 480)
        self.assertEqual([], self.asked())
        self.assertEqual([], self.receipts())

    def test_receipts_of_a_channel_that_has_none_are_advised_against(self):
        text = self.configuration.read_text(encoding="utf-8")
        self.configuration.write_text(text.replace('starttls = "never"', 'starttls = "never"  receipts = yes'), encoding="utf-8")
        checked = self.ctl("check")
        self.assertEqual(0, checked.status, checked)
        self.assertIn("'receipts' says nothing here: email has no receipts", checked.output + checked.errors)

    def test_many_are_asked_in_one_pass(self):
        for number in range(5):
            self.tell(event_id=str(number))
        self.after(30)
        self.assertEqual(5, len(self.asked()))
        self.assertEqual({"arrived"}, {state for _, state, _, _ in self.receipts()})


class Failure(ReceiptCase):
    def test_what_did_not_arrive_takes_the_next_channel(self):
        self.states[ZHANG] = ["waiting", "MOBILE_NOT_ON_SERVICE"]
        self.tell()
        self.after(30)
        self.assertEqual([], self.mail.mails)
        self.after(90)
        [mail] = self.mails()
        self.assertIn("CPU is high", mail.text)
        self.assertEqual([("delivered", "ops-email")], self.outcomes())
        history = self.history()
        self.assertIn("receipt: did not arrive, next channel: MOBILE_NOT_ON_SERVICE 请检查接收人的号码或地址", history)
        self.assertIn("ops-email to zhang@example.com: delivered", history)
        self.after(480, 3600)
        self.assertEqual(1, len(self.mail.mails))
        self.assertEqual(2, len(self.asked()))

    def test_every_channel_of_the_chain_gets_its_turn(self):
        self.states[ZHANG] = "MOBILE_IN_BLACK"
        self.tencent_states[ZHANG] = "REJECTD"
        self.tell("chain")
        self.after(30)
        self.assertEqual(1, len(self.stub.accepted("tencent_sms")))
        self.assertEqual([("delivered", "ops-tencent-sms")], self.outcomes())
        self.assertEqual([], self.mail.mails)
        self.after(30)
        self.assertEqual(1, len(self.mails()))
        self.assertEqual([("delivered", "ops-email")], self.outcomes())

    def test_two_that_failed_are_followed_by_one(self):
        self.states.update({ZHANG: "MOBILE_IN_BLACK", LI: ["waiting", "waiting", "MOBILE_IN_BLACK"]})
        self.tell("both")
        self.after(30, 90, 480)
        self.assertEqual([(ZHANG, "next", 1, "MOBILE_IN_BLACK"), (LI, "next", 3, "MOBILE_IN_BLACK")], self.receipts())
        self.assertEqual((1, 1), (len(self.mails()), len(self.mails("li"))))

    def test_who_waits_alone_keeps_the_channels_that_follow(self):
        self.stub.script("aliyun_sms", None, Answer(status=503))
        self.mail.replies["RCPT"] = ["550 no such person"] * 2
        self.states.update({ZHANG: "arrived", LI: "MOBILE_NOT_ON_SERVICE"})
        self.tell("both")
        [(legs,)] = self.sql("SELECT legs FROM outbox")
        self.assertEqual({"route": "both", "legs": [{"recipients": [LI], "section": "ops-aliyun-sms"},
                                                    {"recipients": ["zhang@example.com", "li@example.com"], "section": "ops-email"}]},
                         json.loads(legs))
        self.after(250)
        self.assertEqual([("delivered", "ops-aliyun-sms")], self.outcomes())
        self.after(60)
        self.assertEqual([(ZHANG, "arrived"), (LI, "next")], [row[:2] for row in self.receipts()])
        self.assertEqual(1, len(self.mails("li")))
        self.assertNotIn("未能送达", "".join(mail.text for mail in self.mails("boss")))

    def test_without_another_channel_the_operator_is_told_and_it_counts_as_failed(self):
        self.states[ZHANG] = "MOBILE_NOT_ON_SERVICE"
        self.tell("alone")
        self.after(30)
        self.tick()
        [mail] = self.mails("boss")
        self.assertIn("ops-aliyun-sms 发出的短信未能送达", mail.text)
        self.assertIn("MOBILE_NOT_ON_SERVICE", mail.text)
        self.assertEqual([("refused", "ops-aliyun-sms")], self.outcomes())
        self.assertIn("receipt: did not arrive: MOBILE_NOT_ON_SERVICE", self.history())
        stats = json.loads(self.ctl("stats", "--json").output)
        row = next(row for row in stats["rows"] if row["key"] == "ops-aliyun-sms")
        self.assertEqual((0, 1), (row["delivered"], row["failed"]))

    def test_one_of_two_does_not_speak_for_both(self):
        text = self.configuration.read_text(encoding="utf-8")
        self.configuration.write_text(text.replace('channels = {"ops-aliyun-sms"}  to = {"@zhang"}',
                                                   'channels = {"ops-aliyun-sms"}  to = {"@zhang", "@li"}'), encoding="utf-8")
        self.states[LI] = "MOBILE_NOT_ON_SERVICE"
        self.tell("alone")
        self.after(30)
        self.assertEqual([("delivered", "ops-aliyun-sms")], self.outcomes())
        self.assertEqual([(ZHANG, "arrived"), (LI, "failed")], [row[:2] for row in self.receipts()])

    def test_a_problem_that_is_over_wakes_nobody(self):
        self.states[ZHANG] = "MOBILE_NOT_ON_SERVICE"
        self.tell()
        self.states[ZHANG] = "waiting"
        self.tell(kind="recovery", severity="info")
        self.states[ZHANG] = "MOBILE_NOT_ON_SERVICE"
        self.after(30)
        mails = self.mails()
        self.assertEqual(1, len(mails), mails)  # that it is over, which did not arrive either
        self.assertIn("recovery", mails[0].text)

    def test_a_mail_is_not_too_late_where_an_sms_would_be(self):
        self.states[ZHANG] = "MOBILE_NOT_ON_SERVICE"
        self.tell()
        self.after(901)
        self.assertEqual(([], 1), (self.mails("boss"), len(self.mails())))
        self.assertEqual([("delivered", "ops-email")], self.outcomes())

    def test_what_is_too_late_for_the_next_channel_is_not_told_any_more(self):
        self.states[ZHANG] = "MOBILE_NOT_ON_SERVICE"
        self.tell("chain")
        self.after(901)
        self.assertEqual([], self.stub.of("tencent_sms"))
        self.assertEqual([("refused", "ops-aliyun-sms")], self.outcomes())
        self.tick()
        self.assertEqual(1, len(self.mails("boss")))


class Question(ReceiptCase):
    def test_a_key_that_may_not_ask_is_said_once_and_asked_no_more(self):
        refusal = {"Code": "isp.RAM_PERMISSION_DENY", "Message": "RAM权限DENY", "RequestId": "r"}
        self.stub.script("aliyun_receipts", *[Answer.of_json(refusal)] * 5)
        self.tell()
        self.tell(event_id="2")
        self.after(30, 1)
        self.assertEqual(2, len(self.asked()))
        self.after(90, 480)
        self.assertEqual(2, len(self.asked()))
        self.assertEqual(1, len(self.mails("boss")))
        self.assertIn("receipts = no", self.mails("boss")[0].text)
        self.assertEqual({"unasked"}, {state for _, state, _, _ in self.receipts()})
        self.assertEqual([], self.mails())
        self.assertIn("receipt: cannot be asked for: isp.RAM_PERMISSION_DENY RAM权限DENY; 请为账号或 token 补充所缺的权限",
                      self.history())

    def test_trouble_on_the_way_is_no_answer(self):
        for trouble in (Answer(status=503), Answer(cut="before"),
                        Answer.of_json({"Code": "Throttling.User", "Message": "flow control"}, 400)):
            self.stub.script("aliyun_receipts", trouble)
        self.tell()
        self.after(30, 90, 480)
        self.assertEqual([(ZHANG, "silent", 3, "Throttling.User")], self.receipts())
        self.assertEqual(([], []), (self.mails(), self.mails("boss")))

    def test_a_section_that_is_gone_is_not_asked(self):
        self.tell()
        text = self.configuration.read_text(encoding="utf-8")
        self.configuration.write_text(text.replace('"ops-aliyun-sms"', '"ops-other"'), encoding="utf-8")
        self.after(30)
        self.assertEqual([(ZHANG, "unasked", 1, "NO-SECTION")], self.receipts())

    def test_a_clock_that_is_set_back_makes_nothing_wait_for_hours(self):
        self.tell()
        self.pass_seconds(-7200)
        self.tick()
        self.after(30)
        self.assertEqual(1, len(self.asked()))


class Midnight(ReceiptCase):
    """Aliyun has a message under the day, in China, on which it took it."""

    def ask_for(self, ours_s, theirs_s, reference=True):
        """Of a message sent and taken so many seconds after a midnight in China; asked for half an hour later."""
        midnight_s = int(time.time() + 8 * 3600) // 86400 * 86400 - 8 * 3600
        self.tell()
        self.sql("UPDATE receipt SET sent_ms = ?, due_ms = 0, reference = CASE WHEN ? THEN reference ELSE '' END",
                 (midnight_s + ours_s) * 1000, reference)
        taken = self.stub.providers["aliyun_sms"].taken
        taken[:] = [(*one[:-1], midnight_s + theirs_s) for one in taken]
        self.tick()

    def begin_anew(self):
        for table in ("receipt", "notification", "booking"):
            self.sql(f"DELETE FROM {table}")
        self.stub.clear()
        self.stub.providers["aliyun_sms"].taken.clear()

    def days(self):
        return len({question.request.query["SendDate"] for question in self.asked()})

    def test_both_days_are_asked_when_midnight_is_near(self):
        self.tell()
        for ours_s, theirs_s in ((1, -1), (-1, 1), (899, -1), (-900, 0)):
            for reference in (True, False):
                with self.subTest(ours=ours_s, theirs=theirs_s, reference=reference):
                    self.begin_anew()
                    self.ask_for(ours_s, theirs_s, reference)
                    self.assertEqual([(ZHANG, "arrived", 1, "DELIVERED")], self.receipts())
                    self.assertEqual(2, self.days())

    def test_one_day_is_enough_where_it_knows_the_message_and_far_from_midnight(self):
        self.ask_for(1, 2)
        self.assertEqual((1, 1), (self.days(), len(self.asked())))
        self.states[ZHANG] = "unknown"
        for far_s in (900, -901):
            self.begin_anew()
            self.ask_for(far_s, far_s)
            self.assertEqual(1, len(self.asked()), far_s)

    def test_what_is_still_under_way_near_midnight_is_asked_for_again(self):
        self.states[ZHANG] = ["waiting", "arrived"]
        self.ask_for(1, 2)
        self.assertEqual([(ZHANG, "waiting", 1, "NO-RECEIPT")], self.receipts())
        self.sql("UPDATE receipt SET due_ms = 0")
        self.tick()
        self.assertEqual([(ZHANG, "arrived", 2, "DELIVERED")], self.receipts())


class Pool(ReceiptCase):
    """Two accounts used in turn; the second says nothing but where it is and its keys."""

    def setUp(self):
        super().setUp()
        sender = AliyunSms(key_id="LTAI5tSecondKeyId00000001")
        self.second_receipts = AliyunReceipts(sender)
        self.second = self.enterContext(Stub([self.second_receipts, sender]))
        text = self.configuration.read_text(encoding="utf-8")
        text = text.replace('template_code = ', 'pool = {"second"}  template_code = ')
        text += (f'aliyun_sms "second" {{ endpoint = "{self.second.url}/"  access_key_id = "LTAI5tSecondKeyId00000001"\n'
                 f'  access_key_secret = "{sender.key_secret}" }}\n')
        self.configuration.write_text(text, encoding="utf-8")
        self.configuration.chmod(0o600)
        self.assertEqual(0, self.tell().status)
        [(key,)] = self.sql("SELECT endpoint_key FROM notification")
        now_ms = int(time.time() * 1000)
        self.sql("INSERT INTO circuit VALUES (?, 5, ?, ?)", key, now_ms, now_ms + 60000)
        for table in ("notification", "receipt", "alert"):
            self.sql(f"DELETE FROM {table}")
        self.stub.clear()

    def test_the_account_that_sent_it_is_asked(self):
        self.assertEqual(0, self.tell(event_id="2").status)
        self.assertEqual([("delivered", "second")], self.outcomes())
        self.after(30)
        self.assertEqual([(ZHANG, "arrived", 1, "DELIVERED")], self.receipts())
        self.assertEqual(([], 1), (self.asked(), len(self.second.of("aliyun_receipts"))))

    def test_what_its_account_could_not_bring_takes_the_next_channel(self):
        self.second_receipts.states[ZHANG] = "MOBILE_NOT_ON_SERVICE"
        self.tell(event_id="2")
        self.after(30)
        self.assertEqual(([(ZHANG, "next", 1, "MOBILE_NOT_ON_SERVICE")], 1), (self.receipts(), len(self.mails())))
        self.assertEqual([("delivered", "ops-email")], self.outcomes())

    def test_a_doubt_is_cleared_by_the_account_that_it_is_about(self):
        self.tick()
        self.second.script("aliyun_sms", Answer(cut="before"))
        self.tell(event_id="2")
        self.assertEqual([("unclear", "second")], self.outcomes())
        self.after(30)
        self.assertEqual([("delivered", "second")], self.outcomes())
        self.assertEqual(([], []), (self.asked(), self.mail.mails))

    def test_an_account_that_has_left_the_pool_is_asked_by_what_it_says_itself(self):
        self.tell(event_id="2")
        text = self.configuration.read_text(encoding="utf-8")
        own = 'sign_name = "x"  template_code = "y"  access_key_id = "LTAI5tSecond'
        self.configuration.write_text(text.replace('pool = {"second"}', "").replace('access_key_id = "LTAI5tSecond', own),
                                      encoding="utf-8")
        self.after(30)
        self.assertEqual([(ZHANG, "arrived", 1, "DELIVERED")], self.receipts())

    def test_an_account_that_is_gone_is_not_asked(self):
        self.tell(event_id="2")
        text = self.configuration.read_text(encoding="utf-8")
        self.configuration.write_text(text.replace('pool = {"second"}', "")[:text.index('aliyun_sms "second"') - 17], encoding="utf-8")
        self.after(30)
        self.assertEqual([(ZHANG, "unasked", 1, "NO-SECTION")], self.receipts())
        self.assertEqual([("delivered", "second")], self.outcomes())


class Doubt(ReceiptCase):
    """No answer came to the message itself: the provider is asked before anything is said twice."""

    def lose_the_answer(self, service="CPU", **more):
        self.tick()  # there is a worker
        self.stub.script("aliyun_sms", Answer(cut="before"))
        done = self.tell(service, **more)
        self.assertEqual(0, done.status, done)
        self.assertEqual([("unclear", "ops-aliyun-sms")], self.outcomes())

    def test_what_arrived_is_delivered_and_nothing_follows(self):
        self.lose_the_answer()
        self.after(30)
        [question] = self.asked()
        self.assertNotIn("BizId", question.request.query)
        self.assertEqual([("delivered", "ops-aliyun-sms")], self.outcomes())
        self.after(90, 480)
        self.assertEqual(([], 1, 1), (self.mail.mails, len(self.asked()), len(self.stub.of("aliyun_sms"))))

    def test_a_doubt_about_one_of_two_is_cleared_by_its_own_receipt(self):
        self.states.update({ZHANG: "arrived", LI: ["waiting", "arrived"]})
        self.lose_the_answer("both")
        self.after(30)
        self.assertEqual([(ZHANG, "arrived"), (LI, "waiting")], [row[:2] for row in self.receipts()])
        self.assertEqual([("delivered", "ops-aliyun-sms")], self.outcomes())
        self.after(90)
        self.assertEqual([(ZHANG, "arrived"), (LI, "arrived")], [row[:2] for row in self.receipts()])
        self.assertEqual([("delivered", "ops-aliyun-sms")], self.outcomes())
        self.assertEqual([], self.mail.mails)

    def test_what_the_provider_does_not_know_takes_the_next_channel(self):
        self.states[ZHANG] = "unknown"
        self.lose_the_answer()
        self.after(30)
        self.assertEqual([], self.mail.mails)
        self.after(90)
        self.assertEqual(1, len(self.mails()))
        self.assertEqual([("delivered", "ops-email")], self.outcomes())
        self.assertEqual(1, len(self.stub.of("aliyun_sms")))
        self.after(480)
        self.assertEqual(1, len(self.mails()))

    def test_what_failed_takes_it_at_once(self):
        self.states[ZHANG] = "MOBILE_NOT_ON_SERVICE"
        self.lose_the_answer()
        self.after(30)
        self.assertEqual(1, len(self.mails()))

    def test_without_another_channel_it_stays_unclear_and_the_operator_is_told(self):
        self.states[ZHANG] = "unknown"
        self.lose_the_answer("alone")
        self.after(30, 90)
        self.tick()
        self.assertEqual([("unclear", "ops-aliyun-sms")], self.outcomes())
        self.assertIn("是否送达无从得知", self.mails("boss")[0].text)
        self.assertEqual(1, len(self.stub.of("aliyun_sms")))

    def test_without_a_worker_the_next_channel_is_used_at_once(self):
        self.stub.script("aliyun_sms", Answer(cut="before"))
        self.assertEqual(0, self.tell().status)
        self.assertEqual(1, len(self.mails()))
        self.assertEqual([("delivered", "ops-email")], self.outcomes())

    def test_tencent_is_looked_up_by_its_session(self):
        self.tick()
        self.stub.providers["tencent_receipts"].with_context = True
        self.stub.script("tencent_sms", Answer(cut="before"))
        self.tell("tencent")
        self.after(30)
        self.assertEqual([(ZHANG, "arrived", 1, "DELIVRD")], self.receipts())
        self.assertEqual([], self.mail.mails)

    def kill_a_sender(self, service):
        """While the provider of SMS thinks."""
        self.stub.script("aliyun_sms", Answer(delay_s=5))
        event = json.dumps({"kind": "problem", "severity": "critical", "host": "db-01", "service": service, "source": "zabbix",
                            "event_id": "1", "subject": "CPU is high"})
        with subprocess.Popen([str(program("notify_route")), "--source", "json"], stdin=subprocess.PIPE,
                              env={"PATH": "/usr/bin:/bin", **self.environment}) as sender:
            sender.stdin.write(event.encode())
            sender.stdin.close()
            wait_until(lambda: self.stub.of("aliyun_sms"), what="the message")
            sender.kill()

    def test_a_killed_sender_of_a_second_channel_is_looked_up_there(self):
        self.mail.replies["RCPT"] = ["550 no such person"]
        self.kill_a_sender("last")
        self.after(120)
        self.assertEqual([(ZHANG, "arrived", 1, "DELIVERED")], self.receipts())
        self.assertEqual([("delivered", "ops-aliyun-sms")], self.outcomes())
        self.assertEqual(([], 1), (self.mail.mails, len(self.stub.of("aliyun_sms"))))

    def test_a_killed_sender_is_looked_up(self):
        self.kill_a_sender("CPU")
        [(state, wire_ms)] = self.sql("SELECT state, due_ms FROM outbox")
        self.assertEqual("wire", state)
        self.assertAlmostEqual(time.time(), wire_ms / 1000, delta=5)
        self.after(120)
        self.assertEqual([(ZHANG, "arrived", 1, "DELIVERED")], self.receipts())
        self.assertEqual([("delivered", "ops-aliyun-sms")], self.outcomes())
        self.assertEqual(([], 1), (self.mail.mails, len(self.stub.of("aliyun_sms"))))

    def leave_stopped(self, *sections, position=0, state="wire", booked=0):
        """A message whose sender was stopped at the section of this position."""
        self.tell()
        self.sql("DELETE FROM receipt")
        row = self.sql("SELECT id, problem, recipient_key, severity, created_ms FROM notification")[0]
        address = {"ops-email": "zhang@example.com"}
        legs = json.dumps({"legs": [{"section": one, "recipients": [address.get(one, ZHANG)]} for one in sections], "route": "default"})
        event = json.dumps({"kind": "problem", "severity": "critical", "host": "db-01", "subject": "CPU is high"})
        now_ms = int(time.time() * 1000)
        self.sql("INSERT INTO outbox (id, problem, recipient_key, severity, state, due_ms, lease_ms, legs, event, template_name,"
                 " created_ms, expires_ms, reason, position, booked) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?, '', ?, ?)",
                 row[0], row[1], row[2], row[3], state, now_ms - 70000, now_ms - 10000, legs, event, row[4], now_ms + 900000, position,
                 booked)

    def test_the_section_in_doubt_is_known_though_another_is_gone(self):
        self.leave_stopped("ops-gone", "ops-tencent-sms", "ops-email", position=1)
        self.tick()
        self.assertEqual([("ops-tencent-sms", "")], self.sql("SELECT section, reference FROM receipt"))
        self.assertEqual(([], []), (self.mail.mails, self.stub.of("tencent_sms")))

    def test_when_the_section_in_doubt_is_gone_the_next_one_tells_it(self):
        self.leave_stopped("ops-aliyun-sms", "ops-gone", "ops-email", position=1)
        self.tick()
        [mail] = self.mails()
        self.assertNotIn("可能重复", mail.text)
        self.assertEqual((1, []), (len(self.stub.of("aliyun_sms")), self.receipts()))

    def test_when_the_section_in_doubt_was_the_last_and_is_gone_it_is_told_again_as_a_repeat(self):
        self.leave_stopped("ops-email", "ops-gone", position=1)
        self.tick()
        [mail] = self.mails()
        self.assertIn("可能重复", mail.text)
        self.assertEqual([("delivered", "ops-email")], self.outcomes())

    def test_who_is_called_is_written_down_by_its_place_in_the_row(self):
        self.leave_stopped("ops-gone", "ops-tencent-sms", "ops-email", state="pending", booked=1)
        self.stub.script("tencent_sms", Answer(delay_s=5))
        booked = self.sql("SELECT COUNT(*) FROM booking")
        with subprocess.Popen([str(program("notifyctl")), "tick"], env={"PATH": "/usr/bin:/bin", **self.environment}) as worker:
            wait_until(lambda: self.stub.of("tencent_sms"), what="the message")
            worker.kill()
        self.assertEqual([("wire", 1)], self.sql("SELECT state, position FROM outbox"))
        self.assertGreater(self.sql("SELECT COUNT(*) FROM booking"), booked, "the place that was taken was another provider's")

    def test_a_sender_that_was_stopped_is_looked_up(self):
        self.states[ZHANG] = ["waiting", "arrived"]
        self.leave_stopped("ops-aliyun-sms", "ops-email")
        self.tick()
        self.assertEqual(1, len(self.asked()))
        self.assertEqual([("unclear", "ops-aliyun-sms")], self.outcomes())
        self.after(60)
        self.assertEqual([("delivered", "ops-aliyun-sms")], self.outcomes())
        self.assertEqual(([], 1), (self.mail.mails, len(self.stub.of("aliyun_sms"))))


del PolicyCase

if __name__ == "__main__":
    unittest.main()
