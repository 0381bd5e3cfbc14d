"""The stand-ins for the providers are held to the vendors' own vectors: what they accept, and what they must not."""
import base64
import calendar
import http.client
import json
import smtplib
import time
import unittest
import urllib.parse

import support
from stub import signatures
from stub.sms import AliyunReceipts
from stub.providers import (AliyunSms, Answer, DingTalk, Feishu, Request, Slack, Stub, Teams, TencentSms, WeCom, Webhook,
                            all_providers)
from stub.server import judged
from stub.smtp import Sink

SMS = json.loads((support.ROOT / "tests/data/sms.json").read_text())
CHAT = json.loads((support.ROOT / "tests/data/chat.json").read_text())
NOW = 1700000000.0


def utc(text):
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


def ask(provider, request, now_s=NOW):
    answer, accepted, doubts = judged(provider, request, now_s)
    return answer, accepted, doubts


def post(target, value, **headers):
    body = value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()
    named = {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return Request("POST", target, named, body)


class Signatures(unittest.TestCase):
    def test_published_and_computed_dingtalk_signatures(self):
        for row in CHAT["dingtalk"]:
            with self.subTest(row["origin"]):
                sign = signatures.dingtalk(row["secret"], row["timestamp_ms"])
                self.assertEqual(sign, row["base64"])
                self.assertEqual(signatures.percent_encode(sign), row["sign_urlencoded"])

    def test_published_and_computed_feishu_signatures(self):
        for row in CHAT["feishu"]:
            with self.subTest(row["origin"]):
                self.assertEqual(signatures.feishu(row["secret"], row["timestamp_s"]), row["sign_base64"])

    def test_published_webhook_signatures(self):
        for row in CHAT["standard_webhooks"]:
            with self.subTest(row["webhook_id"]):
                self.assertEqual(signatures.standard_webhook(row["secret"], row["webhook_id"], row["webhook_timestamp"],
                                                             row["body"].encode()), row["webhook_signature"])
        for row in CHAT["github_style_sha256"]:
            self.assertEqual(signatures.github(row["secret"], row["body"].encode()), row["x_hub_signature_256"])

    def test_aliyun_v1_of_the_vendor(self):
        rows = [row for row in SMS["published"] if row["kind"] == "aliyun-v1"] + SMS["aliyun_v1"]
        for row in rows:
            with self.subTest(row["id"]):
                self.assertEqual(signatures.aliyun_v1_string(row["method"], row["signedParams"]), row["stringToSign"])
                self.assertEqual(signatures.aliyun_v1(row["method"], row["signedParams"], row["accessKeySecret"]),
                                 row["signature"])

    def test_aliyun_v3_of_the_vendor(self):
        rows = [row for row in SMS["published"] if row["kind"] == "aliyun-v3"] + SMS["aliyun_v3"]
        for row in rows:
            with self.subTest(row["id"]):
                signature = signatures.aliyun_v3(row["canonicalRequest"], row["accessKeySecret"])
                self.assertEqual(signature, row["signature"])

    def test_tencent_tc3_of_the_vendor(self):
        rows = [row for row in SMS["published"] if row["kind"] == "tencent-tc3"] + SMS["tencent_tc3"]
        for row in rows:
            with self.subTest(row["id"]):
                if "secretKey" in row:
                    self.assertEqual(signatures.tencent(row["canonicalRequest"], row["timestamp"], row["date"],
                                                        row["service"], row["secretKey"]), row["signature"])


class VendorRequests(unittest.TestCase):
    """Whole requests as the vendors' SDKs put them on the wire pass; with one byte changed they do not."""

    def request_of(self, row):
        raw = row["request"]
        if isinstance(raw.get("headers"), list):
            headers = {name.lower(): value for name, value in raw["headers"]}
        else:
            headers = {name.lower(): value for name, value in (raw.get("headers") or {}).items()}
        headers.setdefault("host", row["host"])
        if raw.get("contentType"):
            headers["content-type"] = raw["contentType"]
        body = base64.b64decode(row["payloadBase64"]) if "payloadBase64" in row else (raw.get("body") or "").encode()
        return Request(raw.get("method", row.get("method", "POST")), raw["target"], headers, body)

    def refuses_another_key(self, provider, row, code, **changed):
        for name, value in changed.items():
            setattr(provider, name, value)
        answer, accepted, _ = ask(provider, self.request_of(row), self.time_of(row))
        self.assertFalse(accepted)
        self.assertIn(code, answer.body.decode())

    def time_of(self, row):
        return row["timestamp"] if isinstance(row.get("timestamp"), int) else utc(row.get("timestamp") or row["date"])

    def signature_passes(self, provider, row):
        """Whatever the provider thinks of sign names and templates afterwards, the signature is not the reason."""
        answer, _, _ = ask(provider, self.request_of(row), self.time_of(row))
        self.assertNotRegex(answer.body.decode(), "Signature(DoesNotMatch|Failure|Expire)|Incomplete|InvalidAccessKey|"
                                                  "InvalidTimeStamp|AuthFailure", row["id"])

    def test_aliyun_v1(self):
        for row in [row for row in SMS["aliyun_v1"] if row.get("request") and row["action"] == "SendSms"]:
            with self.subTest(row["id"]):
                self.signature_passes(AliyunSms(row["accessKeyId"], row["accessKeySecret"]), row)
                self.refuses_another_key(AliyunSms(row["accessKeyId"], row["accessKeySecret"]), row,
                                         "SignatureDoesNotMatch", key_secret=row["accessKeySecret"] + "x")

    def test_aliyun_v3(self):
        for row in [row for row in SMS["aliyun_v3"] if row.get("request") and row["action"] == "SendSms"]:
            with self.subTest(row["id"]):
                self.signature_passes(AliyunSms(row["accessKeyId"], row["accessKeySecret"]), row)
                self.refuses_another_key(AliyunSms(row["accessKeyId"], row["accessKeySecret"]), row,
                                         "SignatureDoesNotMatch", key_secret=row["accessKeySecret"] + "x")

    def test_tencent(self):
        for row in [row for row in SMS["tencent_tc3"] if row.get("request") and row["service"] == "sms"]:
            with self.subTest(row["id"]):
                self.signature_passes(TencentSms(row["secretId"], row["secretKey"]), row)
                self.refuses_another_key(TencentSms(row["secretId"], row["secretKey"]), row,
                                         "SignatureFailure", secret_key=row["secretKey"] + "x")

    def test_the_vectors_hold_whole_requests(self):
        for name in ("aliyun_v1", "aliyun_v3", "tencent_tc3"):
            self.assertTrue([row for row in SMS[name] if row.get("request")], name)


class DingTalkRobot(unittest.TestCase):
    MESSAGE = {"msgtype": "markdown", "markdown": {"title": "告警", "text": "磁盘 / 已满 @13800138000"},
               "at": {"atMobiles": ["13800138000"]}}

    def target(self, now_s=NOW, sign=None, token="token-of-the-robot", timestamp=None, encode=signatures.percent_encode):
        timestamp = str(int(now_s * 1000)) if timestamp is None else timestamp
        sign = signatures.dingtalk("SECsecret-of-the-robot", timestamp) if sign is None else sign
        return f"/robot/send?access_token={token}&timestamp={timestamp}&sign={encode(sign)}"

    def code(self, request, provider=None):
        answer, accepted, _ = ask(provider or DingTalk(), request)
        code = json.loads(answer.body)["errcode"]
        self.assertEqual(accepted, code == 0)
        self.assertEqual(answer.status, 200)
        return code

    def test_answers_as_documented(self):
        def twice(text):
            return signatures.percent_encode(signatures.percent_encode(text))
        now_with_plus = next(NOW + second for second in range(3000)
                             if "+" in signatures.dingtalk("SECsecret-of-the-robot", int((NOW + second) * 1000)))
        rows = [
            ("signed", post(self.target(), self.MESSAGE), 0),
            ("59 minutes off", post(self.target(NOW - 59 * 60), self.MESSAGE), 0),
            ("61 minutes off", post(self.target(NOW - 61 * 60), self.MESSAGE), 310000),
            ("time in seconds", post(self.target(timestamp=str(int(NOW))), self.MESSAGE), 310000),
            ("encoded twice", post(self.target(encode=twice), self.MESSAGE), 310000),
            ("not encoded, so that + is a space", post(self.target(now_with_plus, encode=str), self.MESSAGE), 310000),
            ("another secret", post(self.target(sign=signatures.dingtalk("SECx", int(NOW * 1000))), self.MESSAGE), 310000),
            ("no signature", post("/robot/send?access_token=token-of-the-robot", self.MESSAGE), 310000),
            ("another token", post(self.target(token="x"), self.MESSAGE), 300005),
            ("no token", post("/robot/send", self.MESSAGE), 40035),
            ("GET", Request("GET", self.target(), {"content-type": "application/json"}), 43002),
            ("a form", post(self.target(), self.MESSAGE, content_type="application/x-www-form-urlencoded"), 43004),
            ("no title", post(self.target(), {"msgtype": "markdown", "markdown": {"text": "x"}}), 40035),
            ("unknown type", post(self.target(), {"msgtype": "html"}), 400105),
            ("not JSON", post(self.target(), b"{"), 40035),
            ("too long", post(self.target(), {"msgtype": "text", "text": {"content": "长" * 7000}}), 460101),
        ]
        for name, request, code in rows:
            with self.subTest(name):
                self.assertEqual(self.code(request), code)

    def test_wants_one_of_its_keywords(self):
        robot = DingTalk(secret="", keywords=["告警", "监控"])
        target = "/robot/send?access_token=token-of-the-robot"
        self.assertEqual(self.code(post(target, self.MESSAGE), robot), 0)
        self.assertEqual(self.code(post(target, {"msgtype": "text", "text": {"content": "hello"}}), robot), 310000)

    def test_is_silent_for_ten_minutes_after_twenty_a_minute(self):
        robot, request = DingTalk(secret=""), post("/robot/send?access_token=token-of-the-robot", self.MESSAGE)
        codes = [json.loads(ask(robot, request, NOW + i)[0].body)["errcode"] for i in range(21)]
        self.assertEqual(codes, [0] * 20 + [130101])
        self.assertFalse(ask(robot, request, NOW + 500)[1])
        self.assertTrue(ask(robot, request, NOW + 700)[1])

    def test_notices_mentions_that_ping_nobody(self):
        message = {"msgtype": "text", "text": {"content": "x"}, "at": {"atMobiles": ["13800138000"]}}
        self.assertEqual(len(ask(DingTalk(), post(self.target(), message))[2]), 1)
        self.assertEqual(ask(DingTalk(), post(self.target(), self.MESSAGE))[2], [])


class OtherChats(unittest.TestCase):
    def outcomes(self, rows, provider):
        for name, request, said in rows:
            with self.subTest(name):
                answer, accepted, _ = ask(provider() if callable(provider) else provider, request)
                self.assertEqual(accepted, said is None, answer.body)
                if said:
                    self.assertIn(said, answer.body.decode())

    def test_wecom(self):
        good = "/cgi-bin/webhook/send?key=key-of-the-robot"

        def markdown(text):
            return {"msgtype": "markdown", "markdown": {"content": text}}
        self.outcomes([
            ("markdown", post(good, markdown("磁盘")), None),
            ("4096 bytes", post(good, markdown("x" * 4096)), None),
            ("4098 bytes of Chinese", post(good, markdown("磁" * 1366)), "40058"),
            ("text over 2048", post(good, {"msgtype": "text", "text": {"content": "x" * 2049}}), "40058"),
            ("empty", post(good, markdown(" ")), "44004"),
            ("another key", post("/cgi-bin/webhook/send?key=x", markdown("x")), "93000"),
            ("unknown type", post(good, {"msgtype": "html"}), "40008"),
        ], WeCom)

    def test_feishu(self):
        good = "/open-apis/bot/v2/hook/token-of-the-feishu-robot"

        def signed(body, at=0, secret="secret-of-the-feishu-robot"):
            stamp = str(int(NOW) + at)
            return {"timestamp": stamp, "sign": signatures.feishu(secret, stamp), **body}

        def card(*elements):
            return {"msg_type": "interactive", "card": {"elements": list(elements)}}
        text = {"msg_type": "text", "content": {"text": "磁盘"}}
        self.outcomes([
            ("text", post(good, signed(text)), None),
            ("card", post(good, signed(card({"tag": "markdown", "content": "磁盘"}))), None),
            ("another token", post(good + "x", signed(text)), "19001"),
            ("another secret", post(good, signed(text, secret="x")), "19021"),
            ("no signature", post(good, text), "19021"),
            ("over an hour old", post(good, signed(text, -3601)), "19021"),
            ("nothing to read", post(good, signed({"msg_type": "text", "content": {"text": ""}})), "9499"),
            ("unknown element", post(good, signed(card({"tag": "marquee"}))), "9499"),
            ("a button that leads nowhere", post(good, signed(card({"tag": "action", "actions": [
                {"tag": "button", "text": {"content": "x"}}]}))), "9499"),
            ("over 20 KB", post(good, signed({"msg_type": "text", "content": {"text": "x" * 20480}})), "9499"),
        ], Feishu)
        refused = ask(Feishu(keywords=["告警"]), post(good, signed(text)))
        self.assertIn("19024", refused[0].body.decode())
        doubts = ask(Feishu(), post(good, signed(card({"tag": "markdown", "content": "<at id=all></at> <at email=a@b.c></at>"}))))[2]
        self.assertEqual(doubts, ["<at email=a@b.c> mentions nobody"])

    def test_slack_web_api(self):
        auth = {"authorization": "Bearer xoxb-token-of-the-app", "content_type": "application/json; charset=utf-8"}
        target, channel = "/api/chat.postMessage", "C0123456789"
        header = {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}
        self.outcomes([
            ("text", post(target, {"channel": channel, "text": "磁盘"}, **auth), None),
            ("no token", post(target, {"channel": channel, "text": "x"}), "not_authed"),
            ("another token", post(target, {"channel": channel, "text": "x"}, authorization="Bearer x"), "invalid_auth"),
            ("another channel", post(target, {"channel": "C1", "text": "x"}, **auth), "channel_not_found"),
            ("nothing to say", post(target, {"channel": channel}, **auth), "no_text"),
            ("long header", post(target, {"channel": channel, "text": "x", "blocks": [header]}, **auth), "invalid_blocks"),
            ("update of nothing", post("/api/chat.update", {"channel": channel, "ts": "1.0", "text": "x"}, **auth),
             "message_not_found"),
        ], Slack)

    def test_slack_updates_what_it_posted(self):
        slack, auth = Slack(), {"authorization": "Bearer xoxb-token-of-the-app",
                                "content_type": "application/json; charset=utf-8"}
        posted = json.loads(ask(slack, post("/api/chat.postMessage", {"channel": "C0123456789", "text": "x"}, **auth))[0].body)
        update = {"channel": posted["channel"], "ts": posted["ts"], "text": "y", "parse": "none"}
        self.assertTrue(ask(slack, post("/api/chat.update", update, **auth))[1])

    def test_slack_hook(self):
        slack = Slack()
        self.outcomes([
            ("text", post(slack.hook, {"text": "x"}), None),
            ("another hook", post("/services/T/B/x", {"text": "x"}), "no_service"),
            ("not JSON", post(slack.hook, b"payload"), "invalid_payload"),
            ("nothing", post(slack.hook, {}), "no_text"),
        ], slack)

    def test_teams(self):
        teams = Teams()
        card = {"type": "message", "attachments": [{"contentType": Teams.ADAPTIVE, "content": {
            "type": "AdaptiveCard", "version": "1.4", "body": [{"type": "TextBlock", "text": "磁盘"}]}}]}
        self.outcomes([
            ("card", post(teams.workflow_target, card), None),
            ("another signature", post(teams.workflow_target + "x", card), "DirectApiAuthorizationRequired"),
            ("no api-version", post(f"{teams.WORKFLOW}?sig={teams.signature}", card), "MissingApiVersionParameter"),
            ("another flow", post("/workflows/x/triggers/manual/paths/invoke", card), "WorkflowNotFound"),
            ("connector", post(teams.CONNECTOR, {"@type": "MessageCard", "summary": "x"}), None),
            ("empty connector card", post(teams.CONNECTOR, {"@type": "MessageCard"}), "Summary or Text"),
            ("large connector card", post(teams.CONNECTOR, {"@type": "MessageCard", "text": "x" * 29000}), "HTTP error 413"),
        ], teams)

    def test_teams_doubts_what_a_workflow_would_swallow(self):
        teams = Teams()
        for name, value in [("old card", {"@type": "MessageCard", "text": "x"}), ("no attachments", {"type": "message"}),
                            ("too large", {"type": "message", "attachments": [{"content": {"text": "x" * 29000}}]})]:
            with self.subTest(name):
                answer, accepted, doubts = ask(teams, post(teams.workflow_target, value))
                self.assertEqual((answer.status, accepted), (202, True))
                self.assertTrue(doubts)


class Messages(unittest.TestCase):
    """What the SMS services refuse after the signature is right."""

    def aliyun(self, action="SendSms", **changed):
        provider = AliyunSms()
        values = {"server": "web01", "type": "磁盘已满", "time": "10:02"}
        parameters = {"PhoneNumbers": "13800138000", "SignName": "监控系统", "TemplateCode": "SMS_123456789",
                      "TemplateParam": json.dumps(values), **changed}
        headers = {"host": "dysmsapi.aliyuncs.com", "x-acs-action": action, "x-acs-version": "2017-05-25",
                   "x-acs-date": "2023-11-14T22:13:20Z", "x-acs-signature-nonce": "1",
                   "x-acs-content-sha256": signatures.sha256_hex(b"")}
        signed = sorted(headers)
        query = signatures.canonical_query(list(parameters.items()))
        canonical = signatures.aliyun_v3_request("POST", "/", list(parameters.items()), headers, signed, b"")
        headers["authorization"] = f"ACS3-HMAC-SHA256 Credential={provider.key_id},SignedHeaders={';'.join(signed)}," \
                                   f"Signature={signatures.aliyun_v3(canonical, provider.key_secret)}"
        return provider, Request("POST", f"/?{query}", headers)

    def test_aliyun_answers_as_documented(self):
        link, long = json.dumps({"server": "http://x", "type": "x", "time": "x"}), "长" * 36
        rows = [
            ("good", {}, "OK"),
            ("bad number", {"PhoneNumbers": "12345"}, "isv.MOBILE_NUMBER_ILLEGAL"),
            ("bad sign", {"SignName": "x"}, "isv.SMS_SIGNATURE_ILLEGAL"),
            ("bad template", {"TemplateCode": "SMS_1"}, "isv.SMS_TEMPLATE_ILLEGAL"),
            ("a number as value", {"TemplateParam": '{"server":1,"type":"x","time":"x"}'}, "isv.INVALID_JSON_PARAM"),
            ("a missing variable", {"TemplateParam": '{"server":"x"}'}, "isv.TEMPLATE_MISSING_PARAMETERS"),
            ("36 characters", {"TemplateParam": json.dumps({"server": long, "type": "x", "time": "x"})},
             "isv.PARAM_LENGTH_LIMIT"),
            ("a link", {"TemplateParam": link}, "isv.PARAM_NOT_SUPPORT_URL"),
        ]
        for name, changed, code in rows:
            with self.subTest(name):
                provider, request = self.aliyun(**changed)
                answer, accepted, _ = ask(provider, request)
                self.assertEqual(json.loads(answer.body)["Code"], code)
                self.assertEqual(accepted, code == "OK")

    def test_aliyun_says_what_became_of_a_message(self):
        sender, message = self.aliyun(OutId="n1")
        sent = json.loads(ask(sender, message)[0].body)
        receipts = AliyunReceipts(sender)
        # NOW is 06:13:20 of the next day in China
        rows = [
            ("arrived", {"BizId": sent["BizId"]}, "arrived", [(3, "DELIVERED", "2023-11-15 06:13:24")]),
            ("without its id", {}, "arrived", [(3, "DELIVERED", "2023-11-15 06:13:24")]),
            ("failed", {}, "MOBILE_IN_BLACK", [(2, "MOBILE_IN_BLACK", "2023-11-15 06:13:24")]),
            ("awaited", {}, "waiting", [(1, "", None)]),
            ("lost", {}, "unknown", []),
            ("another message", {"BizId": "1^0"}, "arrived", []),
            ("another number", {"PhoneNumber": "13900139000"}, "arrived", []),
            ("the day in UTC", {"SendDate": "20231114"}, "arrived", []),
        ]
        for name, changed, state, wanted in rows:
            with self.subTest(name):
                sender.nonces.clear()
                receipts.states["13800138000"] = state
                _, request = self.aliyun("QuerySendDetails", **{"PhoneNumber": "13800138000", "SendDate": "20231115",
                                                                "PageSize": "50", "CurrentPage": "1", **changed})
                answer, accepted, _ = ask(receipts, request)
                self.assertTrue(accepted, answer)
                self.assertEqual(wanted, [(row["SendStatus"], row["ErrCode"], row.get("ReceiveDate"))
                                          for row in json.loads(answer.body)["SmsSendDetailDTOs"]["SmsSendDetailDTO"]])
        request.headers["authorization"] = request.headers["authorization"][:-1] + "x"
        self.assertFalse(ask(receipts, request)[1])

    def test_aliyun_takes_a_nonce_once_and_no_old_time(self):
        provider, request = self.aliyun()
        self.assertTrue(ask(provider, request)[1])
        self.assertIn("SignatureNonceUsed", ask(provider, request)[0].body.decode())
        provider, request = self.aliyun()
        self.assertIn("InvalidTimeStamp.Expired", ask(provider, request, NOW + 16 * 60)[0].body.decode())

    def test_aliyun_wants_every_header_of_its_own_signed(self):
        provider, request = self.aliyun()
        request.headers["x-acs-security-token"] = "x"
        self.assertIn("SignatureDoesNotMatch", ask(provider, request)[0].body.decode())

    def tencent(self, now_s=NOW, **changed):
        provider = TencentSms()
        body = json.dumps({"PhoneNumberSet": ["+8613800138000"], "SmsSdkAppId": "1400006666", "TemplateId": "1234",
                           "SignName": "监控系统", "TemplateParamSet": ["web01", "磁盘"], **changed}).encode()
        headers = {"content-type": "application/json", "host": "sms.tencentcloudapi.com", "x-tc-action": "SendSms",
                   "x-tc-version": "2021-01-11", "x-tc-timestamp": str(int(now_s)), "x-tc-region": "ap-guangzhou"}
        date, signed = time.strftime("%Y-%m-%d", time.gmtime(now_s)), ["content-type", "host", "x-tc-action"]
        signature = signatures.tencent(signatures.tencent_request(headers, signed, body), int(now_s), date, "sms",
                                       provider.secret_key)
        headers["authorization"] = f"TC3-HMAC-SHA256 Credential={provider.secret_id}/{date}/sms/tc3_request, " \
                                   f"SignedHeaders={';'.join(signed)}, Signature={signature}"
        return provider, Request("POST", "/", headers, body)

    def test_tencent_answers_as_documented(self):
        rows = [
            ("good", {}, '"Ok"'),
            ("five minutes off", {"now_s": NOW - 301}, "AuthFailure.SignatureExpire"),
            ("another application", {"SmsSdkAppId": "1"}, "SmsSdkAppIdVerifyFail"),
            ("another sign", {"SignName": "x"}, "SignatureIncorrectOrUnapproved"),
            ("another template", {"TemplateId": "1"}, "TemplateIncorrectOrUnapproved"),
            ("one variable too many", {"TemplateParamSet": ["1", "2", "3"]}, "TemplateParamSetNotMatchApprovedTemplate"),
            ("a long variable", {"TemplateParamSet": ["长" * 13, "2"]}, "TemplateParameterLengthLimit"),
            ("nobody", {"PhoneNumberSet": []}, "EmptyPhoneNumberSet"),
            ("a bad number", {"PhoneNumberSet": ["+8612345"]}, "IncorrectPhoneNumber"),
        ]
        for name, changed, code in rows:
            with self.subTest(name):
                answer, accepted, _ = ask(*self.tencent(**changed))
                self.assertEqual(answer.status, 200)
                self.assertIn(code, answer.body.decode())
                self.assertEqual(accepted, name == "good")

    def test_tencent_judges_each_number(self):
        provider, request = self.tencent(PhoneNumberSet=["+8613800138000", "+8612345"])
        answer, accepted, _ = ask(provider, request)
        self.assertTrue(accepted)
        self.assertEqual([one["Code"] for one in json.loads(answer.body)["Response"]["SendStatusSet"]],
                         ["Ok", "InvalidParameterValue.IncorrectPhoneNumber"])


class Webhooks(unittest.TestCase):
    SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

    def signed(self, now_s=NOW, secret=SECRET, message_id="msg_1", body=b'{"type":"alert.problem"}'):
        headers = {"webhook_id": message_id, "webhook_timestamp": str(int(now_s)),
                   "webhook_signature": signatures.standard_webhook(secret, message_id, int(now_s), body)}
        return post("/hook", body, **headers)

    def test_standard_webhooks(self):
        rows = [("signed", self.signed(), True), ("six minutes old", self.signed(NOW - 360), False),
                ("another secret", self.signed(secret="whsec_AAAA"), False), ("a dot", self.signed(message_id="a.b"), False)]
        for name, request, good in rows:
            with self.subTest(name):
                self.assertEqual(ask(Webhook(), request)[1], good)

    def test_one_of_several_signatures_is_enough(self):
        request = self.signed()
        request.headers["webhook-signature"] = "v1,AAAA " + request.headers["webhook-signature"]
        self.assertTrue(ask(Webhook(), request)[1])

    def test_github(self):
        row = CHAT["github_style_sha256"][0]
        receiver = Webhook("github", [row["secret"]])
        request = post("/hook", row["body"].encode(), x_hub_signature_256=row["x_hub_signature_256"])
        self.assertTrue(ask(receiver, request)[1])
        request.body += b" "
        self.assertFalse(ask(receiver, request)[1])


class Server(unittest.TestCase):
    """The recorder and the scripted answers, over a real connection."""

    def setUp(self):
        self.stub = self.enterContext(Stub(all_providers(webhook=Webhook(""))))

    def post(self, body=b"{}", timeout=5):
        connection = http.client.HTTPConnection(self.stub.host, timeout=timeout)
        self.addCleanup(connection.close)
        connection.request("POST", "/hook", body, {"Content-Type": "application/json"})
        return connection.getresponse()

    def test_records_what_came(self):
        self.assertEqual(self.post('{"host":"网页"}'.encode()).status, 204)
        record, = self.stub.wait(1, "webhook")
        self.assertEqual((record.json["host"], record.request.headers["content-type"]), ("网页", "application/json"))

    def test_answers_by_script_and_then_by_itself(self):
        self.stub.script("webhook", Answer(503, b"busy", {"Retry-After": "1"}), Answer.of_json({"x": 1}, 429))
        answers = [self.post() for _ in range(3)]
        self.assertEqual([answer.status for answer in answers], [503, 429, 204])
        self.assertEqual(answers[0].headers["Retry-After"], "1")
        self.assertEqual(len(self.stub.accepted()), 1)
        with self.assertRaises(TimeoutError):
            self.stub.wait(2, timeout_s=0.1)

    def test_cuts_the_connection_before_and_inside_an_answer(self):
        self.stub.script("webhook", Answer(cut="before"), Answer(body=b"0123456789", cut=4))
        with self.assertRaises(http.client.RemoteDisconnected):
            self.post()
        with self.assertRaises(http.client.IncompleteRead) as caught:
            self.post().read()
        self.assertEqual(caught.exception.partial, b"0123")

    def test_delays(self):
        self.stub.script("webhook", Answer(delay_s=0.3))
        with self.assertRaises(TimeoutError):
            self.post(timeout=0.1)

    def test_an_unknown_address_is_recorded_and_refused(self):
        connection = http.client.HTTPConnection(self.stub.host, timeout=5)
        self.addCleanup(connection.close)
        connection.request("GET", "/nowhere")
        self.assertEqual(connection.getresponse().status, 404)
        self.assertEqual(len(self.stub.of("unknown")), 1)


class MailSink(unittest.TestCase):
    def client(self, sink):
        client = smtplib.SMTP("127.0.0.1", int(urllib.parse.urlsplit(sink.url).port), timeout=5)
        self.addCleanup(client.close)
        return client

    def test_keeps_what_it_takes(self):
        with Sink() as sink:
            self.client(sink).sendmail("a@x.org", ["b@x.org", "c@x.org"], b"Subject: s\r\n\r\n.dot\r\n")
            mail, = sink.wait(1)
            self.assertEqual((mail.sender, mail.recipients, mail.data, mail.doubts),
                             ("a@x.org", ["b@x.org", "c@x.org"], b"Subject: s\r\n\r\n.dot\r\n", []))

    def test_wants_a_login_when_it_has_users(self):
        with Sink(users={"me": "secret"}) as sink:
            client = self.client(sink)
            with self.assertRaises(smtplib.SMTPSenderRefused):
                client.sendmail("a@x.org", ["b@x.org"], b"x")
            with self.assertRaises(smtplib.SMTPAuthenticationError):
                client.login("me", "wrong")
            client.login("me", "secret")
            client.sendmail("a@x.org", ["b@x.org"], b"x\r\n")
            self.assertEqual(sink.wait(1)[0].user, "me")

    def test_offers_tls(self):
        certificate = support.certificate(self)
        with Sink(certificate=certificate) as sink:
            client = self.client(sink)
            client.starttls(context=support.trusting(certificate))
            client.sendmail("a@x.org", ["b@x.org"], b"x\r\n")
            self.assertTrue(sink.wait(1)[0].encrypted)

    def test_gives_the_replies_of_the_test(self):
        with Sink(replies={"RCPT": ["450 4.2.1 busy"], ".": ["552 5.2.2 full"]}) as sink:
            with self.assertRaises(smtplib.SMTPRecipientsRefused):
                self.client(sink).sendmail("a@x.org", ["b@x.org"], b"x")
            with self.assertRaises(smtplib.SMTPDataError):
                self.client(sink).sendmail("a@x.org", ["b@x.org"], b"x")
            self.assertEqual(sink.mails, [])

    def test_notices_bare_line_feeds(self):
        with Sink() as sink:
            client = self.client(sink)
            client.ehlo()
            for command in ("MAIL FROM:<a@x.org>", "RCPT TO:<b@x.org>", "DATA"):
                client.docmd(command)
            client.send(b"one\ntwo\r\n.\r\n")
            client.getreply()
            self.assertEqual(len(sink.wait(1)[0].doubts), 1)


if __name__ == "__main__":
    unittest.main()
