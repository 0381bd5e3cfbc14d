"""notify_sandbox judges as the providers do: for each a right request, and what each must refuse with its documented answer.

The requests are made from the providers' documents with Python's hmac, independently of the programs.
"""
import base64
import calendar
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import signal
import smtplib
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.parse
import uuid
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("NP_BUILD", ROOT / "build")).resolve()
PROGRAM = str(BUILD / "notify_sandbox")

ACCOUNTS = {
    "dingtalk": {"access_token": "dingtalk-token", "secret": "SEC0123456789abcdef", "keyword": "告警"},
    "wecom": {"key": "wecom-key-0001"},
    "feishu": {"token": "feishu-token-0001", "secret": "feishu-secret-0001", "keyword": "告警"},
    "slack": {"token": "xoxb-sandbox-token", "channel": "C0123456789", "webhook": "T01/B01/hook-token"},
    "teams": {"sig": "teams-signature", "connector": "webhookb2/connector-token"},
    "aliyun_sms": {"access_key_id": "LTAI-sandbox", "access_key_secret": "aliyun-secret", "sign_name": "监控系统",
                   "template_code": "SMS_1", "template": "服务器${server}：${type}"},
    "tencent_sms": {"secret_id": "AKID-sandbox", "secret_key": "tencent-secret", "app_id": "1400006666",
                    "template_id": "1234", "sign_name": "监控系统", "template": "{1}：{2}", "variable_most": 12},
    "webhook": {"secret": "whsec_" + base64.b64encode(b"sandbox webhook secret 32 bytes!").decode()},
    "bark": {"device_key": "bark-device"},
    "ntfy": {"token": "tk_sandbox_token"},
    "email": {"user": "monitor", "password": "mail-password"},
}


class Sandbox:
    """A running notify_sandbox in a folder of its own."""

    def __init__(self, *options, accounts=ACCOUNTS):
        self.folder = tempfile.TemporaryDirectory(prefix="sandbox-")
        self.log = os.path.join(self.folder.name, "log.jsonl")
        port_file = os.path.join(self.folder.name, "ports")
        secrets = os.path.join(self.folder.name, "secrets.json")
        with open(os.open(secrets, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
            json.dump(accounts, file)
        self.process = subprocess.Popen(
            [PROGRAM, "--port-file", port_file, "--secrets", secrets, "--log", self.log, *options],
            stdout=subprocess.DEVNULL)
        end = time.monotonic() + 10
        while not os.path.exists(port_file):
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("notify_sandbox did not start")
            time.sleep(0.01)
        with open(port_file, encoding="utf-8") as file:
            places = dict(line.split() for line in file)
        self.http = places["http"]
        self.smtp = places["smtp"]
        self.port_file = port_file

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=10)
        left = os.path.exists(self.port_file)
        self.folder.cleanup()
        return status, left

    def entries(self):
        with open(self.log, encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def ask(self, target, body=b"", method="POST", headers=None):
        """Status, answer (parsed where it is JSON), headers of the answer."""
        if isinstance(body, (dict, list)):
            body = json.dumps(body, ensure_ascii=False).encode()
            headers = {"Content-Type": "application/json", **(headers or {})}
        connection = http.client.HTTPConnection(self.http, timeout=5)
        with contextlib.closing(connection):
            connection.request(method, target, body, headers or {})
            response = connection.getresponse()
            text = response.read().decode()
        try:
            return response.status, json.loads(text), response.headers
        except ValueError:
            return response.status, text, response.headers


def sandbox(case, *options, **named):
    made = Sandbox(*options, **named)
    case.addCleanup(lambda: made.process.poll() is None and made.stop())
    return made


def mac(key, text, algorithm="sha256"):
    key = key.encode() if isinstance(key, str) else key
    text = text.encode() if isinstance(text, str) else text
    return hmac.new(key, text, algorithm)


def quote(text):
    return urllib.parse.quote(text, safe="-_.~")


class One(unittest.TestCase):
    """One sandbox for all tests of a class."""
    options = ()

    @classmethod
    def setUpClass(cls):
        cls.box = Sandbox(*cls.options)

    @classmethod
    def tearDownClass(cls):
        if cls.box.process.poll() is None:
            cls.box.stop()

    def last(self):
        return self.box.entries()[-1]

    def assert_refused(self, code, why=""):
        entry = self.last()
        self.assertEqual(("refused", code), (entry["verdict"], entry["code"]))
        self.assertIn(why, entry["why"])


class DingTalk(unittest.TestCase):
    account = ACCOUNTS["dingtalk"]
    text = {"msgtype": "markdown", "markdown": {"title": "告警 CPU", "text": "### 告警 CPU\n\n@13800138000"},
            "at": {"atMobiles": ["13800138000"]}}

    def setUp(self):
        self.box = sandbox(self)

    def target(self, token=None, timestamp=None, secret=None, twice=False, plain=False):
        timestamp = timestamp or str(int(time.time() * 1000))
        sign = base64.b64encode(mac(secret or self.account["secret"],
                                    f"{timestamp}\n{secret or self.account['secret']}").digest()).decode()
        sign = sign if plain else quote(quote(sign) if twice else sign)
        return (f"/dingtalk/robot/send?access_token={token or self.account['access_token']}"
                f"&timestamp={timestamp}&sign={sign}")

    def expect(self, errcode, words, target=None, body=None, why="", **named):
        status, answer, _ = self.box.ask(target or self.target(), body or self.text, **named)
        self.assertEqual((200, errcode), (status, answer["errcode"]))
        self.assertIn(words, answer["errmsg"])
        self.assertIn(why, self.box.entries()[-1]["why"])

    def test_takes_a_right_one(self):
        self.expect(0, "ok")
        entry = self.box.entries()[-1]
        self.assertEqual(("accepted", "verified", "signature"), (entry["verdict"], entry["proof"], entry["proof_of"]))
        self.assertEqual((["13800138000"], []), (entry["mentions"], entry["notes"]))
        self.assertEqual("告警 CPU\n\n@13800138000", entry["text"])
        raw = json.dumps(entry)
        self.assertNotIn(self.account["access_token"], raw)
        self.assertNotIn(self.account["secret"], raw)

    def test_refuses_signatures(self):
        seconds = str(int(time.time()))
        old = str(int(time.time() * 1000) - 3601 * 1000)
        self.expect(310000, "sign not match", self.target(secret="other"))
        self.expect(310000, "sign not match", self.target(twice=True), why="twice")
        self.expect(310000, "invalid timestamp", self.target(timestamp=seconds), why="seconds")
        self.expect(310000, "invalid timestamp", self.target(timestamp=old), why="hour")
        self.expect(310000, "sign not match", "/dingtalk/robot/send?access_token=" + self.account["access_token"])

    def test_refuses_an_unencoded_plus(self):
        stamp = next(str(ms) for ms in range(int(time.time() * 1000), 1 << 62)
                     if b"+" in base64.b64encode(mac(self.account["secret"],
                                                     f"{ms}\n{self.account['secret']}").digest()))
        self.expect(310000, "sign not match", self.target(timestamp=stamp, plain=True), why="'+'")

    def test_refuses_tokens_forms_and_lengths(self):
        self.expect(300005, "token is not exist", self.target(token="other"))
        self.expect(40035, "access_token", "/dingtalk/robot/send")
        self.expect(43004, "Content-Type", body=json.dumps(self.text).encode(), headers={"Content-Type": "text/plain"})
        self.expect(40035, "json", body=b"{", headers={"Content-Type": "application/json"})
        self.expect(400105, "", body={"msgtype": "smoke", "smoke": {"text": "告警"}})
        self.expect(460101, "20000", body={"msgtype": "text", "text": {"content": "告警" * 4000}})
        self.expect(310000, "keywords not in content", body={"msgtype": "text", "text": {"content": "hello"}})
        status, answer, _ = self.box.ask(self.target(), method="GET")
        self.assertEqual((200, 43002), (status, answer["errcode"]))

    def test_blocks_the_21st_in_a_minute(self):
        for _ in range(20):
            self.expect(0, "ok")
        self.expect(130101, "20 times per minute")
        self.expect(130101, "20 times per minute", why="blocked")

    def test_tells_what_would_not_work(self):
        self.expect(0, "ok", body={"msgtype": "text", "text": {"content": "告警"}, "at": {"atMobiles": ["13900139000"]}})
        self.assertIn("13900139000", self.box.entries()[-1]["notes"][0])
        self.expect(0, "ok", body={"msgtype": "actionCard", "at": {"isAtAll": True}, "actionCard": {
            "title": "告警", "text": "告警", "singleTitle": "查看", "singleURL": "https://example.com/"}})
        entry = self.box.entries()[-1]
        self.assertEqual(([], [{"name": "查看", "value": "https://example.com/"}]), (entry["mentions"], entry["buttons"]))


class WeCom(unittest.TestCase):
    path = "/wecom/cgi-bin/webhook/send?key="
    text = {"msgtype": "text", "text": {"content": "CPU", "mentioned_list": ["ZhangWei", "@all"]}}

    def setUp(self):
        self.box = sandbox(self)

    def expect(self, errcode, words, body, key=ACCOUNTS["wecom"]["key"]):
        status, answer, _ = self.box.ask(self.path + key, body)
        self.assertEqual((200, errcode), (status, answer["errcode"]))
        self.assertIn(words, answer["errmsg"])

    def test_takes_right_ones(self):
        self.expect(0, "ok", self.text)
        self.assertEqual(["ZhangWei", "所有人"], self.box.entries()[-1]["mentions"])
        self.expect(0, "ok", {"msgtype": "markdown", "markdown": {
            "content": "**CPU** <font color=\"warning\">95%</font> <@LiNa>"}})
        entry = self.box.entries()[-1]
        self.assertEqual(("CPU 95% @LiNa", ["LiNa"], "token"), (entry["text"], entry["mentions"], entry["proof_of"]))

    def test_refuses(self):
        self.expect(93000, "invalid webhook url", self.text, key="other")
        self.expect(0, "ok", {"msgtype": "text", "text": {"content": "x" * 2048}})
        self.expect(40058, "2048", {"msgtype": "text", "text": {"content": "x" * 2049}})
        self.expect(40058, "4096", {"msgtype": "markdown", "markdown": {"content": "中" * 1366}})
        self.expect(44004, "empty content", {"msgtype": "text", "text": {"content": ""}})
        self.expect(40058, "", b"{")

    def test_refuses_the_21st_in_a_minute(self):
        for _ in range(20):
            self.expect(0, "ok", self.text)
        self.expect(45009, "freq out of limit", self.text)


class Feishu(unittest.TestCase):
    path = "/feishu/open-apis/bot/v2/hook/"
    text = {"msg_type": "text", "content": {"text": "告警 <at user_id=\"ou_1\"></at> a &#42;"}}

    def setUp(self):
        self.box = sandbox(self)

    def expect(self, code, words, body, token=ACCOUNTS["feishu"]["token"], at=None, secret=ACCOUNTS["feishu"]["secret"]):
        """Signed by Python's own HMAC."""
        stamp = str(int(time.time()) if at is None else at)
        sign = hmac.new(f"{stamp}\n{secret}".encode(), b"", hashlib.sha256).digest()
        if isinstance(body, dict):
            body = {"timestamp": stamp, "sign": base64.b64encode(sign).decode(), **body}
        status, answer, _ = self.box.ask(self.path + token, body)
        self.assertEqual((200, code), (status, answer["code"]))
        self.assertIn(words, answer["msg"])
        self.assertEqual(code == 0, "StatusCode" in answer)

    def test_takes_right_ones(self):
        self.expect(0, "success", self.text)
        entry = self.box.entries()[-1]
        self.assertEqual((["ou_1"], "告警  a &#42;", "signature"), (entry["mentions"], entry["text"], entry["proof_of"]))
        self.expect(0, "success", {"msg_type": "interactive", "card": {
            "header": {"title": {"tag": "plain_text", "content": "告警 CPU"}, "template": "red"},
            "elements": [{"tag": "markdown", "content": "**主机：** web&#95;01 &#60;x&#62;\n<at id=all></at><at id=ou_2></at>"},
                         {"tag": "action", "actions": [{"tag": "button", "text": {"tag": "plain_text", "content": "查看"},
                                                        "url": "https://example.com/"}]},
                         {"tag": "note", "elements": [{"tag": "plain_text", "content": "严重 · web_01"}]}]}})
        entry = self.box.entries()[-1]
        self.assertEqual(("告警 CPU", "主机： web_01 <x>\n\n严重 · web_01"), (entry["title"], entry["text"]))
        self.assertEqual((["所有人", "ou_2"], [{"name": "查看", "value": "https://example.com/"}]),
                         (entry["mentions"], entry["buttons"]))

    def test_refuses(self):
        self.expect(19001, "token invalid", self.text, token="other")
        self.expect(19021, "sign match fail", self.text, secret="other")
        self.expect(19021, "one hour", self.text, at=int(time.time()) - 3601)
        self.expect(0, "success", self.text, at=int(time.time()) - 3590)
        self.expect(19024, "Key Words", {"msg_type": "text", "content": {"text": "CPU"}})
        self.expect(9499, "Bad Request", {"msg_type": "post", "content": {}})
        self.expect(9499, "Bad Request", {"msg_type": "text", "content": {"text": "告警" + "x" * 20480}})
        self.expect(9499, "Bad Request", b"{")

    def test_refuses_the_sixth_in_a_second(self):
        answers = []
        for _ in range(12):
            stamp = str(int(time.time()))
            sign = hmac.new(f"{stamp}\n{ACCOUNTS['feishu']['secret']}".encode(), b"", hashlib.sha256).digest()
            body = {"timestamp": stamp, "sign": base64.b64encode(sign).decode(), **self.text}
            answers.append(self.box.ask(self.path + ACCOUNTS["feishu"]["token"], body)[1]["code"])
        self.assertEqual([0] * 5, answers[:5])
        self.assertIn(11232, answers)


class Slack(One):
    def ask(self, method, body, token=ACCOUNTS["slack"]["token"], kind="application/json; charset=utf-8"):
        headers = {"Content-Type": kind, **({"Authorization": "Bearer " + token} if token else {})}
        status, answer, _ = self.box.ask("/slack/api/" + method, json.dumps(body).encode(), headers=headers)
        self.assertEqual(200, status)
        return answer

    def test_posts_and_updates(self):
        message = {"channel": "C0123456789", "text": "fallback",
                   "blocks": [{"type": "header", "text": {"type": "plain_text", "text": "CPU"}},
                              {"type": "section", "text": {"type": "mrkdwn", "text": "*web-01* &lt;b&gt; <@U1> <!here>"}},
                              {"type": "actions", "elements": [{"type": "button", "url": "https://example.com/",
                                                                "text": {"type": "plain_text", "text": "Ack"}}]}]}
        answer = self.ask("chat.postMessage", message)
        self.assertTrue(answer["ok"])
        self.assertRegex(answer["ts"], r"^\d{10}\.\d{6}$")
        entry = self.last()
        self.assertEqual(("CPU", "web-01 <b> @U1 @here", ["U1", "here"], "Ack"),
                         (entry["title"], entry["text"], entry["mentions"], entry["buttons"][0]["name"]))
        self.assertTrue(self.ask("chat.update", {**message, "ts": answer["ts"]})["ok"])
        self.assertEqual("message_not_found", self.ask("chat.update", {**message, "ts": "1.000001"})["error"])
        long = {"channel": "C0123456789", "text": "x" * 4001, "ts": answer["ts"]}
        self.assertEqual("msg_too_long", self.ask("chat.update", long)["error"])

    def test_refuses(self):
        text = {"channel": "C0123456789", "text": "x"}
        header = [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]
        section = [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}]
        self.assertEqual("invalid_auth", self.ask("chat.postMessage", text, token="other")["error"])
        self.assertEqual("not_authed", self.ask("chat.postMessage", text, token="")["error"])
        self.assertEqual("invalid_post_type", self.ask("chat.postMessage", text, kind="text/plain")["error"])
        self.assertEqual("channel_not_found", self.ask("chat.postMessage", {**text, "channel": "C9"})["error"])
        self.assertEqual("no_text", self.ask("chat.postMessage", {"channel": "C0123456789"})["error"])
        self.assertEqual("invalid_blocks", self.ask("chat.postMessage", {**text, "blocks": header})["error"])
        self.assertEqual("invalid_blocks", self.ask("chat.postMessage", {**text, "blocks": section})["error"])
        self.assertEqual("missing_charset", self.ask("chat.postMessage", text, kind="application/json")["warning"])

    def test_incoming_webhooks(self):
        path = "/slack/services/"
        self.assertEqual((200, "ok"), self.box.ask(path + "T01/B01/hook-token", {"text": "x"})[:2])
        self.assertEqual((403, "invalid_token"), self.box.ask(path + "T01/B01/other", {"text": "x"})[:2])
        self.assertEqual((404, "no_team"), self.box.ask(path + "T99/B01/hook-token", {"text": "x"})[:2])
        self.assertEqual((400, "no_text"), self.box.ask(path + "T01/B01/hook-token", {})[:2])
        self.assertEqual((400, "invalid_payload"), self.box.ask(path + "T01/B01/hook-token", b"{")[:2])


class Teams(One):
    path = "/teams/workflow/workflows/1/triggers/manual/paths/invoke?api-version=1&sp=%2Ftriggers&sv=1.0&sig="

    @staticmethod
    def card(text="CPU <at>Zhang</at>", written="<at>Zhang</at>"):
        return {"type": "message", "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive", "content": {
                "type": "AdaptiveCard", "version": "1.4",
                "msteams": {"entities": [{"type": "mention", "text": written,
                                          "mentioned": {"id": "z@example.com", "name": "Zhang"}}]},
                "body": [{"type": "TextBlock", "text": "Alert", "weight": "Bolder"},
                         {"type": "TextBlock", "text": text},
                         {"type": "FactSet", "facts": [{"title": "Host", "value": "web\\-01"}]}],
                "actions": [{"type": "Action.OpenUrl", "title": "Ack", "url": "https://example.com/"}]}}]}

    def test_takes_a_card(self):
        self.assertEqual((202, ""), self.box.ask(self.path + "teams-signature", self.card())[:2])
        entry = self.last()
        self.assertEqual(("Alert", "CPU Zhang", ["Zhang"]), (entry["title"], entry["text"], entry["mentions"]))
        self.assertEqual([{"name": "Host", "value": "web-01"}], entry["facts"])
        self.assertEqual("accepted", entry["verdict"])

    def test_refuses_at_once(self):
        status, answer, _ = self.box.ask(self.path + "other", self.card())
        self.assertEqual((401, "DirectApiAuthorizationRequired"), (status, answer["error"]["code"]))
        status, answer, _ = self.box.ask(self.path.split("?")[0] + "?sig=teams-signature", self.card())
        self.assertEqual((400, "MissingApiVersionParameter"), (status, answer["error"]["code"]))
        status, answer, _ = self.box.ask(self.path + "teams-signature", b"{}", headers={"Content-Type": "text/plain"})
        self.assertEqual((400, "InvalidRequestContent"), (status, answer["error"]["code"]))

    def test_answers_202_and_loses_what_the_flow_cannot_post(self):
        self.assertEqual(202, self.box.ask(self.path + "teams-signature", self.card("x" * 29000))[0])
        self.assert_refused("MessageSizeExceeded")
        self.assertEqual(202, self.box.ask(self.path + "teams-signature", self.card(written="<at>Li</at>"))[0])
        self.assert_refused("mention")
        self.assertEqual(202, self.box.ask(self.path + "teams-signature", {"@type": "MessageCard", "text": "x"})[0])
        self.assert_refused("NoAdaptiveCard")

    def test_connector(self):
        path = "/teams/connector/webhookb2/connector-token"
        card = {"@type": "MessageCard", "summary": "x", "sections": [{"activityTitle": "System Alert"}]}
        status, answer, _ = self.box.ask(path, card)
        self.assertEqual((200, 1), (status, answer))
        self.assertEqual(400, self.box.ask(path, {"@type": "MessageCard"})[0])
        self.assertEqual(404, self.box.ask("/teams/connector/webhookb2/other", card)[0])
        status, answer, _ = self.box.ask(path, {**card, "text": "x" * 29000})
        self.assertEqual(200, status)
        self.assertIn("HTTP error 413", answer)
        self.assertIn("HTTP error 429", [self.box.ask(path, card)[1] for _ in range(5)][-1])


class Aliyun(One):
    account = ACCOUNTS["aliyun_sms"]

    def parameters(self, **changed):
        values = {"PhoneNumbers": "13800138000", "SignName": "监控系统", "TemplateCode": "SMS_1",
                  "TemplateParam": json.dumps({"server": "web-01", "type": "CPU 告警"}, ensure_ascii=False)}
        values.update(changed)
        return {name: value for name, value in values.items() if value is not None}

    @staticmethod
    def query(parameters):
        return "&".join(f"{quote(name)}={quote(value)}" for name, value in sorted(parameters.items()))

    def v3(self, at_s=None, secret=None, key=None, action="SendSms", nonce=None, extra=None, **changed):
        headers = {"host": self.box.http, "x-acs-action": action, "x-acs-version": "2017-05-25",
                   "x-acs-date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at_s or time.time())),
                   "x-acs-signature-nonce": nonce or uuid.uuid4().hex,
                   "x-acs-content-sha256": hashlib.sha256(b"").hexdigest()}
        names = sorted(headers)
        query = self.query(self.parameters(**changed))
        canonical = "\n".join(["POST", "/aliyun/", query, *(f"{name}:{headers[name]}" for name in names), "", ";".join(names),
                               headers["x-acs-content-sha256"]])
        text = "ACS3-HMAC-SHA256\n" + hashlib.sha256(canonical.encode()).hexdigest()
        sign = mac(secret or self.account["access_key_secret"], text).hexdigest()
        headers["Authorization"] = (f"ACS3-HMAC-SHA256 Credential={key or self.account['access_key_id']},"
                                    f"SignedHeaders={';'.join(names)},Signature={sign}")
        headers.update(extra or {})
        return self.box.ask("/aliyun/?" + query, headers=headers)[:2]

    def v1(self, at_s=None, secret=None, **changed):
        values = {**self.parameters(**changed), "Action": "SendSms", "Version": "2017-05-25", "Format": "JSON",
                  "AccessKeyId": self.account["access_key_id"], "SignatureMethod": "HMAC-SHA1",
                  "SignatureVersion": "1.0", "SignatureNonce": uuid.uuid4().hex,
                  "Timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at_s or time.time()))}
        text = "POST&%2F&" + quote(self.query(values))
        sign = base64.b64encode(mac((secret or self.account["access_key_secret"]) + "&", text, "sha1").digest()).decode()
        return self.box.ask("/aliyun/", (self.query(values) + "&Signature=" + quote(sign)).encode(),
                            headers={"Content-Type": "application/x-www-form-urlencoded"})[:2]

    def expect(self, answer, status, code):
        self.assertEqual((status, code), (answer[0], answer[1]["Code"]))

    def test_takes_both_signatures(self):
        self.expect(self.v3(), 200, "OK")
        entry = self.last()
        self.assertEqual(("【监控系统】服务器web-01：CPU 告警", ["13800138000"], "verified"),
                         (entry["text"], entry["recipients"], entry["proof"]))
        self.expect(self.v1(), 200, "OK")
        self.assertEqual("verified", self.last()["proof"])

    def test_refuses_signatures(self):
        self.expect(self.v3(secret="other"), 400, "SignatureDoesNotMatch")
        self.expect(self.v1(secret="other"), 400, "SignatureDoesNotMatch")
        self.expect(self.v3(at_s=time.time() - 16 * 60), 400, "InvalidTimeStamp.Expired")
        self.expect(self.v1(at_s=time.time() + 16 * 60), 400, "InvalidTimeStamp.Expired")
        self.expect(self.v3(key="other"), 404, "InvalidAccessKeyId.NotFound")
        self.expect(self.v3(extra={"x-acs-security-token": "unsigned"}), 400, "SignatureDoesNotMatch")
        self.expect(self.v3(action="SendOther"), 404, "InvalidAction.NotFound")
        self.expect(self.v3(nonce="once"), 200, "OK")
        self.expect(self.v3(nonce="once"), 400, "SignatureNonceUsed")
        self.expect(self.box.ask("/aliyun/", headers={"x-acs-action": "SendSms", "x-acs-version": "2017-05-25"})[:2], 400,
                    "IncompleteSignature")

    def test_refuses_messages(self):
        def variables(**values):
            return json.dumps({"server": "web-01", "type": "x", **values}, ensure_ascii=False)
        self.expect(self.v3(PhoneNumbers="138x"), 200, "isv.MOBILE_NUMBER_ILLEGAL")
        self.expect(self.v3(SignName="other"), 200, "isv.SMS_SIGNATURE_ILLEGAL")
        self.expect(self.v3(TemplateCode="SMS_2"), 200, "isv.SMS_TEMPLATE_ILLEGAL")
        self.expect(self.v3(TemplateParam="{"), 200, "isv.INVALID_JSON_PARAM")
        self.expect(self.v3(TemplateParam=variables(type=1)), 200, "isv.INVALID_JSON_PARAM")
        self.expect(self.v3(TemplateParam='{"server":"x"}'), 200, "isv.TEMPLATE_MISSING_PARAMETERS")
        self.expect(self.v3(TemplateParam=variables(type="告" * 35)), 200, "OK")
        self.expect(self.v3(TemplateParam=variables(type="告" * 36)), 200, "isv.PARAM_LENGTH_LIMIT")
        self.expect(self.v3(TemplateParam=variables(type="http://x")), 200, "isv.PARAM_NOT_SUPPORT_URL")
        self.expect(self.v3(TemplateParam=variables(type="🔴")), 200, "isv.UNSUPPORTED_CONTENT")

    def test_says_what_became_of_a_message(self):
        biz_id = self.v3(PhoneNumbers="13600136000", OutId="n1")[1]["BizId"]
        self.v3(PhoneNumbers="13600136000", OutId="n2")
        before = self.last()
        today = time.strftime("%Y%m%d", time.gmtime(time.time() + 8 * 3600))
        asked = dict.fromkeys(("PhoneNumbers", "SignName", "TemplateCode", "TemplateParam"))
        asked |= {"PhoneNumber": "13600136000", "SendDate": today, "PageSize": "50", "CurrentPage": "1"}

        def rows(**changed):
            answer = self.v3(action="QuerySendDetails", **{**asked, **changed})
            self.expect(answer, 200, "OK")
            return [(row["OutId"], row["SendStatus"], row["ErrCode"]) for row in answer[1]["SmsSendDetailDTOs"]["SmsSendDetailDTO"]]
        self.assertEqual([("n1", 3, "DELIVERED")], rows(BizId=biz_id))
        self.assertEqual(["n1", "n2"], [row[0] for row in rows()])
        self.assertEqual([], rows(PhoneNumber="13600136001"))
        self.assertEqual([], rows(SendDate="20200101"))
        self.assertEqual(before, self.last())  # nothing that people would see
        self.expect(self.v3(action="QuerySendDetails", secret="other", **asked), 400, "SignatureDoesNotMatch")

    def test_refuses_the_51st_of_a_day(self):
        for _ in range(50):
            self.expect(self.v3(PhoneNumbers="13900139000"), 200, "OK")
        self.expect(self.v3(PhoneNumbers="13900139000"), 200, "isv.BUSINESS_LIMIT_CONTROL")


class Tencent(One):
    account = ACCOUNTS["tencent_sms"]
    count = 0

    def body(self, **changed):
        Tencent.count += 1
        return {"PhoneNumberSet": ["+8613800138000"], "SmsSdkAppId": "1400006666", "TemplateId": "1234",
                "SignName": "监控系统", "TemplateParamSet": ["web-01", f"CPU {Tencent.count}"], **changed}

    def send(self, body, at_s=None, secret=None, key=None, region="ap-guangzhou", date=None, signed_body=None,
             action="SendSms"):
        at_s = int(at_s or time.time())
        payload = json.dumps(body, ensure_ascii=False).encode()
        kind = "application/json; charset=utf-8"
        canonical = "\n".join(["POST", "/", "", f"content-type:{kind}", f"host:{self.box.http}",
                               f"x-tc-action:{action.lower()}", "",
                               "content-type;host;x-tc-action", hashlib.sha256(signed_body or payload).hexdigest()])
        date = date or time.strftime("%Y-%m-%d", time.gmtime(at_s))
        text = f"TC3-HMAC-SHA256\n{at_s}\n{date}/sms/tc3_request\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signing = mac(mac(mac("TC3" + (secret or self.account["secret_key"]), date).digest(), "sms").digest(),
                      "tc3_request").digest()
        headers = {"Content-Type": kind, "X-TC-Action": action, "X-TC-Version": "2021-01-11",
                   "X-TC-Timestamp": str(at_s),
                   "Authorization": f"TC3-HMAC-SHA256 Credential={key or self.account['secret_id']}/{date}/sms/"
                                    "tc3_request, SignedHeaders=content-type;host;x-tc-action, "
                                    f"Signature={mac(signing, text).hexdigest()}"}
        if region:
            headers["X-TC-Region"] = region
        status, answer, _ = self.box.ask("/tencent/", payload, headers=headers)
        self.assertEqual(200, status)
        return answer["Response"]

    def test_takes_a_right_one(self):
        answer = self.send(self.body(TemplateParamSet=["web-01", "CPU"]))
        self.assertEqual(("Ok", 1), (answer["SendStatusSet"][0]["Code"], answer["SendStatusSet"][0]["Fee"]))
        entry = self.last()
        self.assertEqual(("【监控系统】web-01：CPU", ["+8613800138000"], "verified"),
                         (entry["text"], entry["recipients"], entry["proof"]))

    def test_says_what_became_of_a_message(self):
        serial = self.send(self.body(PhoneNumberSet=["+8613600136000"]))["SendStatusSet"][0]["SerialNo"]
        before = self.last()

        def ask(**changed):
            return self.send({"SmsSdkAppId": "1400006666", "PhoneNumber": "+8613600136000", "BeginTime": int(time.time()) - 60,
                              "Offset": 0, "Limit": 100, **changed}, action="PullSmsSendStatusByPhoneNumber")
        [row] = ask()["PullSmsSendStatusSet"]
        self.assertEqual((serial, "SUCCESS", "DELIVRD"), (row["SerialNo"], row["ReportStatus"], row["Description"]))
        self.assertEqual([], ask(PhoneNumber="+8613600136001")["PullSmsSendStatusSet"])
        self.assertEqual([], ask(BeginTime=int(time.time()) + 60)["PullSmsSendStatusSet"])
        self.assertEqual("UnauthorizedOperation.SmsSdkAppIdVerifyFail", ask(SmsSdkAppId="1")["Error"]["Code"])
        self.assertNotEqual(before, self.last())  # a question that is refused is shown, others are not
        self.assertEqual("UnauthorizedOperation.SmsSdkAppIdVerifyFail", self.last()["code"])

    def test_refuses_calls(self):
        tomorrow = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 86400))
        for code, answer in [
                ("AuthFailure.SignatureFailure", self.send(self.body(), secret="other")),
                ("AuthFailure.SignatureFailure", self.send(self.body(), date=tomorrow)),
                ("AuthFailure.SignatureFailure", self.send(self.body(), signed_body=b"other")),
                ("AuthFailure.SignatureExpire", self.send(self.body(), at_s=time.time() - 301)),
                ("AuthFailure.SignatureExpire", self.send(self.body(), at_s=time.time() * 1000)),
                ("AuthFailure.SecretIdNotFound", self.send(self.body(), key="other")),
                ("MissingParameter", self.send(self.body(), region="")),
                ("MissingParameter.EmptyPhoneNumberSet", self.send(self.body(PhoneNumberSet=[]))),
                ("UnauthorizedOperation.SmsSdkAppIdVerifyFail", self.send(self.body(SmsSdkAppId="1"))),
                ("FailedOperation.SignatureIncorrectOrUnapproved", self.send(self.body(SignName="x"))),
                ("FailedOperation.TemplateIncorrectOrUnapproved", self.send(self.body(TemplateId="1"))),
                ("FailedOperation.TemplateParamSetNotMatchApprovedTemplate",
                 self.send(self.body(TemplateParamSet=["x"]))),
                ("InvalidParameterValue.TemplateParameterLengthLimit",
                 self.send(self.body(TemplateParamSet=["web-01", "告" * 13]))),
                ("InvalidParameterValue.ProhibitedUseUrlInTemplateParameter",
                 self.send(self.body(TemplateParamSet=["http://x", "y"])))]:
            self.assertEqual(code, answer["Error"]["Code"])

    def test_refuses_single_numbers(self):
        answer = self.send(self.body(PhoneNumberSet=["+8613800138001", "12"]))
        self.assertEqual(["Ok", "InvalidParameterValue.IncorrectPhoneNumber"],
                         [row["Code"] for row in answer["SendStatusSet"]])
        same = self.body()
        self.assertEqual("Ok", self.send(same)["SendStatusSet"][0]["Code"])
        self.assertEqual("LimitExceeded.PhoneNumberThirtySecondLimit", self.send(same)["SendStatusSet"][0]["Code"])


class Webhook(One):
    def send(self, body=b'{"title":"CPU","data":{"host":"web-01"}}', at_s=None, secret=None, ident=None, headers=None):
        key = base64.b64decode((secret or ACCOUNTS["webhook"]["secret"])[6:])
        at_s = str(int(at_s or time.time()))
        ident = ident or "msg_" + uuid.uuid4().hex
        sign = base64.b64encode(mac(key, f"{ident}.{at_s}.".encode() + body).digest()).decode()
        return self.box.ask("/webhook/cmdb", body, headers=headers or {
            "Content-Type": "application/json", "webhook-id": ident, "webhook-timestamp": at_s,
            "webhook-signature": f"v1,{sign}"})[:2]

    def test_takes_a_right_one_and_knows_a_repeat(self):
        self.assertEqual((200, {"code": 0, "message": "ok"}), self.send(ident="msg_once"))
        entry = self.last()
        self.assertEqual(("CPU", [{"name": "data.host", "value": "web-01"}], []),
                         (entry["title"], entry["facts"], entry["notes"]))
        self.assertEqual(200, self.send(ident="msg_once")[0])
        self.assertIn("came before", self.last()["notes"][0])

    def test_refuses(self):
        other = "whsec_" + base64.b64encode(b"x" * 32).decode()
        for error, answer in [("invalid_signature", self.send(secret=other)),
                              ("stale_timestamp", self.send(at_s=time.time() - 301)),
                              ("stale_timestamp", self.send(at_s=time.time() * 1000)),
                              ("invalid_signature", self.send(ident="with.stop")),
                              ("invalid_signature", self.send(headers={"Content-Type": "application/json"}))]:
            self.assertEqual((401, error), (answer[0], answer[1]["error"]))
        status, answer = self.send(body=b"{")
        self.assertEqual((400, "invalid_json"), (status, answer["error"]))


class Push(One):
    def test_bark(self):
        message = {"device_key": "bark-device", "title": "CPU", "body": "95%", "url": "https://example.com/"}
        status, answer, _ = self.box.ask("/bark/push", message)
        self.assertEqual((200, 200), (status, answer["code"]))
        self.assertEqual(("CPU", "95%"), (self.last()["title"], self.last()["text"]))
        for status, words, body in [(400, "device key is empty", {"title": "x"}),
                                    (400, "failed to get device token", {**message, "device_key": "other"}),
                                    (500, "PayloadTooLarge", {**message, "body": "x" * 4096})]:
            got, answer, _ = self.box.ask("/bark/push", body)
            self.assertEqual((status, status), (got, answer["code"]))
            self.assertIn(words, answer["message"])

    def test_ntfy(self):
        def send(body, token="tk_sandbox_token"):
            return self.box.ask("/ntfy/", body, headers={"Authorization": "Bearer " + token} if token else {})[:2]
        message = {"topic": "alerts", "title": "CPU", "message": "95%", "priority": 5}
        status, answer = send(message)
        self.assertEqual((200, "alerts"), (status, answer["topic"]))
        for status, code, answer in [(401, 40101, send(message, "other")), (403, 40301, send(message, "")),
                                     (400, 40009, send({**message, "topic": "a b"})),
                                     (400, 40007, send({**message, "priority": 6})), (400, 40024, send(b"{"))]:
            self.assertEqual((status, code), (answer[0], answer[1]["code"]))
        self.assertEqual(200, send({**message, "message": "x" * 4097})[0])
        self.assertIn("attachment", self.last()["notes"][0])


class Mail(One):
    def connect(self):
        host, port = self.box.smtp.rsplit(":", 1)
        client = smtplib.SMTP(host, int(port), timeout=5)
        self.addCleanup(client.close)
        return client

    @staticmethod
    def message():
        mail = EmailMessage()
        mail["Subject"] = "[严重] web01 磁盘 /data 使用率 95% — 请处理，这一行很长很长很长"
        mail["From"] = "monitor@example.com"
        mail["To"] = "dba@example.com"
        mail["Date"] = formatdate()
        mail["Message-ID"] = make_msgid(domain="example.com")
        mail.set_content("磁盘满了\n.\n..两个点")
        mail.add_alternative("<p>磁盘满了</p>", subtype="html")
        return mail

    def test_takes_a_mail(self):
        client = self.connect()
        client.login("monitor", "mail-password")
        client.send_message(self.message())
        entry = self.last()
        self.assertEqual(("accepted", "verified", "login"), (entry["verdict"], entry["proof"], entry["proof_of"]))
        self.assertEqual(self.message()["Subject"], entry["title"])
        self.assertEqual(("磁盘满了\n.\n..两个点", ["dba@example.com"]), (entry["text"], entry["recipients"]))
        self.assertNotIn("mail-password", json.dumps(entry))

    def test_refuses(self):
        with self.assertRaises(smtplib.SMTPAuthenticationError) as caught:
            self.connect().login("monitor", "other")
        self.assertEqual(535, caught.exception.smtp_code)
        with self.assertRaises(smtplib.SMTPSenderRefused) as caught:
            self.connect().send_message(self.message())
        self.assertEqual(530, caught.exception.smtp_code)
        client = self.connect()
        client.login("monitor", "mail-password")
        with self.assertRaises(smtplib.SMTPRecipientsRefused):
            client.send_message(self.message(), to_addrs=["nobody@example.invalid"])
        with self.assertRaises(smtplib.SMTPDataError) as caught:
            client.sendmail("a@example.com", ["b@example.com"], b"Subject: x\r\n\r\nno From\r\n")
        self.assertEqual(550, caught.exception.smtp_code)
        big = EmailMessage()
        big["From"] = big["To"] = "a@example.com"
        big.set_content("x\n" * 200000)
        with self.assertRaises(smtplib.SMTPResponseException) as caught:
            client.send_message(big)
        self.assertEqual(552, caught.exception.smtp_code)


class Answers(unittest.TestCase):
    def test_gives_the_wished_answer_as_often_as_wished(self):
        box = sandbox(self, "--answer", "wecom=45009*2", "--answer", "slack=ratelimited", "--answer", "email=451")
        path = WeCom.path + ACCOUNTS["wecom"]["key"]
        self.assertEqual([45009, 45009, 0], [box.ask(path, WeCom.text)[1]["errcode"] for _ in range(3)])
        status, answer, headers = box.ask("/slack/api/chat.postMessage", {"channel": "C0123456789", "text": "x"},
                                          headers={"Authorization": "Bearer xoxb-sandbox-token"})
        self.assertEqual((429, "ratelimited", "1"), (status, answer["error"], headers["Retry-After"]))
        host, port = box.smtp.rsplit(":", 1)
        with smtplib.SMTP(host, int(port), timeout=5) as client:
            client.login("monitor", "mail-password")
            with self.assertRaises(smtplib.SMTPDataError) as caught:
                client.send_message(Mail.message())
            self.assertEqual(451, caught.exception.smtp_code)


class Program(unittest.TestCase):
    def run_it(self, *arguments):
        return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=10, check=False)

    def test_stays_on_this_machine_unless_told(self):
        for address in ("0.0.0.0:0", "[::]:0", "192.0.2.1:0"):
            done = self.run_it("--listen", address)
            self.assertEqual(3, done.returncode)
            self.assertIn("--public", done.stderr)
        self.assertEqual(3, self.run_it("--listen", "example.com:80").returncode)
        box = sandbox(self, "--listen", "0.0.0.0:0", "--public")
        self.assertEqual(404, box.ask("/")[0])

    def test_ends_cleanly_in_the_middle_of_everything(self):
        box = Sandbox()
        host, port = box.http.rsplit(":", 1)
        half = socket.create_connection((host, int(port)))
        half.sendall(b"POST /wecom/ HTTP/1.1\r\nContent-Length: 10\r\n\r\nab")
        mail = socket.create_connection((host, int(box.smtp.rsplit(":", 1)[1])))
        mail.sendall(b"EHLO x\r\nDATA")
        with half, mail:
            time.sleep(0.1)
            self.assertEqual((0, False), box.stop())

    def test_refuses_large_bodies_and_lives_on(self):
        box = sandbox(self)
        status = box.ask("/webhook/", b"x" * (256 * 1024 + 1), headers={"Content-Type": "text/plain"})[0]
        self.assertEqual(413, status)
        self.assertEqual(404, box.ask("/nothing")[0])
        self.assertEqual("unknown", box.entries()[-1]["channel"])

    def test_holds_64_mail_sessions_and_turns_away_more(self):
        box = sandbox(self)
        host, port = box.smtp.rsplit(":", 1)
        with contextlib.ExitStack() as stack:
            open_ones = [stack.enter_context(socket.create_connection((host, int(port)), timeout=5)) for _ in range(64)]
            self.assertTrue(all(one.recv(100).startswith(b"220") for one in open_ones))
            one_more = stack.enter_context(socket.create_connection((host, int(port)), timeout=5))
            self.assertEqual(b"", one_more.recv(100))
            self.assertEqual(404, box.ask("/")[0])

    def test_secrets_that_others_can_read_are_refused(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("{}")
            file.flush()
            os.chmod(file.name, 0o644)
            done = self.run_it("--secrets", file.name)
        self.assertEqual(2, done.returncode)
        self.assertIn("chmod", done.stderr)

    def test_shows_what_arrived_and_what_is_missing(self):
        box = sandbox(self)
        box.ask(WeCom.path + ACCOUNTS["wecom"]["key"], WeCom.text)
        box.ask(WeCom.path + "other", WeCom.text)
        done = self.run_it("--show", box.log, "--expect", "wecom=1")
        self.assertEqual(0, done.returncode, done.stderr)
        for words in ("WeCom 企业微信", "CPU", "pings @ZhangWei @所有人", "✓ accepted · token checked", "✗ refused: 93000"):
            self.assertIn(words, done.stdout)
        self.assertTrue(done.stdout.endswith("1 of 1 messages arrived, signatures checked\n"), done.stdout)
        done = self.run_it("--show", box.log, "--expect", "wecom=1", "--expect", "slack=2", "--language", "zh_CN")
        self.assertEqual(1, done.returncode)
        self.assertIn("缺少：Slack，仅到达 0 / 2 条", done.stdout)
        self.assertTrue(done.stdout.endswith("1 / 3 条消息已到达，签名均已核对\n"), done.stdout)

    def test_a_record_cannot_speak_to_the_terminal(self):
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
            file.write(json.dumps({"channel": "webhook", "verdict": "accepted", "text": "a\x1b[2Jb\x9b2Jc"}) + "\n")
            file.flush()
            done = self.run_it("--show", file.name)
        self.assertEqual(0, done.returncode)
        self.assertNotIn("\x1b", done.stdout)
        self.assertNotIn("\x9b", done.stdout)

    def test_a_record_that_is_none_is_named_with_its_line(self):
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
            file.write('{"channel":"webhook"}\nnonsense\n')
            file.flush()
            done = self.run_it("--show", file.name)
        self.assertEqual(2, done.returncode)
        self.assertIn(f"{file.name}:2:", done.stderr)


if __name__ == "__main__":
    unittest.main()
