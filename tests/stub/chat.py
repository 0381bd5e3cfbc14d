"""DingTalk, WeCom, Feishu, Slack and Teams as their documents describe them."""
import html
import re
from collections import defaultdict, deque

from . import signatures
from .server import Answer, Provider, Refused


class Throttle:
    """So many messages a minute; a robot over it is silent for `penalty_s`."""

    def __init__(self, per_minute, penalty_s=0):
        self.per_minute = per_minute
        self.penalty_s = penalty_s
        self.sent = defaultdict(deque)
        self.blocked_until = defaultdict(float)

    def passes(self, key, now_s):
        sent = self.sent[key]
        while sent and sent[0] <= now_s - 60:
            sent.popleft()
        if now_s < self.blocked_until[key]:
            return False
        if len(sent) >= self.per_minute:
            self.blocked_until[key] = now_s + self.penalty_s
            return False
        sent.append(now_s)
        return True


def json_object(request, refuse):
    """The body as a JSON object, or what `refuse()` raises."""
    try:
        value = request.json
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise refuse()
    return value


def text_at(value, *path):
    """The non-empty text at a path of names, or None."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) and value.strip() else None


class DingTalk(Provider):
    """https://open.dingtalk.com/document/orgapp/custom-robots-send-group-messages; errors come with HTTP 200."""
    name = "dingtalk"
    MORE = ", more: [https://ding-doc.dingtalk.com/doc#/serverapi2/qf2nxq]"
    MOST_BYTES = 20000
    SKEW_MS = 3600 * 1000
    PARTS = {"text": [("content",)], "markdown": [("title",), ("text",)], "link": [("title",), ("text",), ("messageUrl",)],
             "actionCard": [("title",), ("text",)], "feedCard": []}

    def __init__(self, token="token-of-the-robot", secret="SECsecret-of-the-robot", keywords=(), per_minute=20):
        self.token, self.secret, self.keywords = token, secret, keywords
        self.throttle = Throttle(per_minute, penalty_s=600)

    def recognises(self, request):
        return request.path == "/robot/send"

    def judge(self, request, now_s):
        self.check_call(request)
        if self.secret:
            self.check_signature(request, now_s)
        message = json_object(request, lambda: self.refusal(40035, "缺少参数 json"))
        self.check_message(message, request.body)
        if not self.throttle.passes(self.token, now_s):
            raise self.refusal(130101, "send too fast, exceed 20 times per minute")
        return Answer.of_json({"errcode": 0, "errmsg": "ok"})

    @staticmethod
    def refusal(code, text):
        return Refused(Answer.of_json({"errcode": code, "errmsg": text}))

    def check_call(self, request):
        if request.method != "POST":
            raise self.refusal(43002, "require http POST")
        if request.content_type.partition(";")[0].strip().lower() != "application/json":
            raise self.refusal(43004, "无效的HTTP HEADER Content-Type")
        if not request.query.get("access_token"):
            raise self.refusal(40035, "缺少参数 access_token")
        if request.query["access_token"] != self.token:
            raise self.refusal(300005, "token is not exist")

    def check_signature(self, request, now_s):
        timestamp, sign = request.query.get("timestamp", ""), request.query.get("sign", "")
        if not timestamp.isdigit() or abs(int(timestamp) - now_s * 1000) > self.SKEW_MS:
            raise self.refusal(310000, "invalid timestamp" + self.MORE)
        if not signatures.same(sign, signatures.dingtalk(self.secret, timestamp)):
            if "%" in sign:
                self.doubts.append("the signature is percent-encoded twice")
            raise self.refusal(310000, "sign not match" + self.MORE)

    def check_message(self, message, body):
        kind = message.get("msgtype")
        if kind not in self.PARTS:
            raise self.refusal(400105, "unsupported msgtype")
        if len(body) > self.MOST_BYTES:
            raise self.refusal(460101, f"message too long, exceed {self.MOST_BYTES} bytes")
        for path in self.PARTS[kind]:
            if not text_at(message, kind, *path):
                raise self.refusal(40035, f"缺少参数 {kind}.{'.'.join(path)}")
        self.check_at(message)
        said = " ".join(str(value) for value in message[kind].values())
        if self.keywords and not any(word in said for word in self.keywords):
            raise self.refusal(310000, "keywords not in content" + self.MORE)

    def check_at(self, message):
        """A mention pings only when it stands in `at` and in the text; the service says nothing about half of it."""
        at, kind = message.get("at") or {}, message["msgtype"]
        text = message[kind].get("content") or message[kind].get("text") or ""
        for who in at.get("atMobiles", []) + at.get("atUserIds", []):
            if f"@{who}" not in text:
                self.doubts.append(f"@{who} is mentioned but not in the text")
        if at and kind not in ("text", "markdown"):
            self.doubts.append(f"{kind} mentions nobody")
        if not isinstance(at.get("isAtAll", False), bool):
            self.doubts.append("isAtAll is not true or false")

    def text(self, request):
        kind = request.json["msgtype"]
        return "\n".join(str(value) for value in request.json[kind].values())


class WeCom(Provider):
    """https://developer.work.weixin.qq.com/document/path/91770; errors come with HTTP 200."""
    name = "wecom"
    MOST_BYTES = {"text": 2048, "markdown": 4096, "markdown_v2": 4096}

    def __init__(self, key="key-of-the-robot", per_minute=20):
        self.key = key
        self.throttle = Throttle(per_minute)

    def recognises(self, request):
        return request.path == "/cgi-bin/webhook/send"

    def judge(self, request, now_s):
        if request.query.get("key") != self.key:
            raise self.refusal(93000, "invalid webhook url, hint: [1700000000], from ip: 127.0.0.1")
        message = json_object(request, lambda: self.refusal(47001, "data format error"))
        kind = message.get("msgtype")
        if kind not in self.MOST_BYTES:
            raise self.refusal(40008, "invalid message type")
        self.check_content(kind, message.get(kind))
        if not self.throttle.passes(self.key, now_s):
            raise self.refusal(45009, "api freq out of limit")
        return Answer.of_json({"errcode": 0, "errmsg": "ok"})

    @staticmethod
    def refusal(code, text):
        return Refused(Answer.of_json({"errcode": code, "errmsg": text}))

    def check_content(self, kind, part):
        content = text_at({"part": part}, "part", "content")
        if not content:
            raise self.refusal(44004, "empty content")
        if len(content.encode()) > self.MOST_BYTES[kind]:
            raise self.refusal(40058, f"{kind}.content exceed max length {self.MOST_BYTES[kind]}. invalid Request Parameter")
        for name in ("mentioned_list", "mentioned_mobile_list"):
            if name in part and kind != "text":
                self.doubts.append(f"{name} mentions nobody in {kind}")
            if not all(isinstance(who, str) for who in part.get(name, [])):
                raise self.refusal(40058, f"{kind}.{name} invalid Request Parameter")

    def text(self, request):
        return request.json[request.json["msgtype"]]["content"]


class Feishu(Provider):
    """https://open.feishu.cn/document/ukTMukTMukTM/ucTM5YjL3ETO24yNxkjN; errors come with HTTP 200."""
    name = "feishu"
    HOOK = "/open-apis/bot/v2/hook/"
    MOST_BYTES = 20 * 1024
    SKEW_S = 3600

    def __init__(self, token="token-of-the-feishu-robot", secret="secret-of-the-feishu-robot", keywords=(), per_minute=100):
        self.token, self.secret, self.keywords = token, secret, keywords
        self.throttle = Throttle(per_minute)

    def recognises(self, request):
        return request.path.startswith(self.HOOK)

    def judge(self, request, now_s):
        if request.path != self.HOOK + self.token:
            raise self.refusal(19001, "param invalid: incoming webhook access token invalid")
        message = json_object(request, self.bad_request)
        if request.method != "POST" or len(request.body) > self.MOST_BYTES:
            raise self.bad_request()
        if self.secret:
            self.check_signature(message, now_s)
        said = "\n".join(self.check_message(message))
        if self.keywords and not any(word in said for word in self.keywords):
            raise self.refusal(19024, "Key Words Not Found")
        if not self.throttle.passes(self.token, now_s):
            raise self.refusal(11232, "frequency limited")
        return Answer.of_json({"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"})

    @staticmethod
    def refusal(code, text):
        return Refused(Answer.of_json({"code": code, "msg": text}))

    def bad_request(self):
        return Refused(Answer.of_json({"code": 9499, "msg": "Bad Request", "data": {}}))

    def check_signature(self, message, now_s):
        timestamp, sign = str(message.get("timestamp", "")), str(message.get("sign", ""))
        if not timestamp.isdigit() or abs(int(timestamp) - now_s) > self.SKEW_S or \
                not signatures.same(sign, signatures.feishu(self.secret, timestamp)):
            raise self.refusal(19021, "sign match fail or timestamp is not within one hour from current time")

    def check_message(self, message):
        """The texts that people see."""
        if message.get("msg_type") == "text":
            text = text_at(message, "content", "text")
            if not text:
                raise self.bad_request()
            return [text]
        card = message.get("card")
        if message.get("msg_type") != "interactive" or not isinstance(card, dict) or not card.get("elements"):
            raise self.bad_request()
        for element in card["elements"]:
            self.check_element(element)
        return texts_in(card, ("content",))

    def check_element(self, element):
        """Of the form JSON 1.0: markdown, buttons that open an address, a note."""
        tag = element.get("tag")
        if tag == "markdown":
            known = text_at(element, "content")
            for who in re.findall(r"<at ([^>]*)>", element.get("content", "")):
                if not re.fullmatch(r"id=[A-Za-z0-9._@-]+", who):
                    self.doubts.append(f"<at {who}> mentions nobody")
        elif tag == "action":
            known = element.get("actions") and all(text_at(one, "text", "content") and text_at(one, "url") and
                                                   one.get("tag") == "button" for one in element["actions"])
        else:
            known = tag == "note" and all(text_at(one, "content") for one in element.get("elements", [{}]))
        if not known:
            raise self.bad_request()

    def text(self, request):
        return html.unescape("\n".join(self.check_message(request.json)))


class Slack(Provider):
    """https://docs.slack.dev/reference/methods/chat.postMessage, chat.update and incoming webhooks."""
    name = "slack"

    def __init__(self, token="xoxb-token-of-the-app", channels=("C0123456789",), hook="/services/T000/B000/hook-of-slack"):
        self.token, self.channels, self.hook = token, channels, hook
        self.posted = {}

    def recognises(self, request):
        return request.path.startswith(("/api/chat.", "/services/"))

    def judge(self, request, now_s):
        if request.path.startswith("/services/"):
            return self.judge_hook(request)
        self.check_token(request)
        message = json_object(request, lambda: self.error("invalid_json"))
        if request.path == "/api/chat.postMessage":
            return self.post(message, now_s)
        if request.path == "/api/chat.update":
            return self.update(message)
        raise self.error("unknown_method")

    @staticmethod
    def error(word):
        return Refused(Answer.of_json({"ok": False, "error": word}))

    @staticmethod
    def hook_error(status, word):
        return Refused(Answer.of_text(word, status))

    def check_token(self, request):
        authorization = request.headers.get("authorization", "")
        if not authorization.startswith("Bearer "):
            raise self.error("not_authed")
        if authorization != f"Bearer {self.token}":
            raise self.error("invalid_auth")
        if not re.fullmatch(r'application/json; *charset="?utf-8"?', request.content_type, re.IGNORECASE):
            self.doubts.append("missing_charset")

    def check_message(self, message, error):
        blocks = list(message.get("blocks", []))
        for attachment in message.get("attachments", []):
            blocks += attachment.get("blocks", [])
        if not (text_at(message, "text") or blocks or message.get("attachments")):
            raise error("no_text")
        if len(blocks) > 50 or not all(self.block_fits(block) for block in blocks):
            raise error("invalid_blocks")
        if len(message.get("text", "")) > 40000:
            self.doubts.append("Slack cuts texts over 40,000 characters")

    @staticmethod
    def block_fits(block):
        """Lengths of header (150), section (3000; 10 fields of 2000), actions (25 buttons of 75, address 3000)."""
        kind, text = block.get("type"), block.get("text", {}).get("text", "")
        if kind == "header":
            return block["text"].get("type") == "plain_text" and 0 < len(text) <= 150
        if kind == "section":
            fields = block.get("fields", [])
            return (text or fields) and len(text) <= 3000 and len(fields) <= 10 and \
                all(0 < len(one["text"]) <= 2000 for one in fields)
        if kind == "actions":
            elements = block.get("elements", [])
            return 0 < len(elements) <= 25 and all(0 < len(one["text"]["text"]) <= 75 and len(one.get("url", "")) <= 3000
                                                   for one in elements)
        return kind in ("context", "divider", "image", "markdown", "rich_text")

    def post(self, message, now_s):
        channel = message.get("channel", "")
        if channel not in self.channels:
            raise self.error("channel_not_found")
        self.check_message(message, self.error)
        stamp = f"{int(now_s)}.{len(self.posted):06d}"
        self.posted[stamp] = channel
        return Answer.of_json({"ok": True, "channel": channel, "ts": stamp, "message": {"text": message.get("text", "")}})

    def update(self, message):
        if self.posted.get(message.get("ts")) != message.get("channel"):
            raise self.error("message_not_found")
        if len(message.get("text", "")) > 4000:
            raise self.error("msg_too_long")
        self.check_message(message, self.error)
        if message.get("parse") != "none":
            self.doubts.append("chat.update links names unless parse is none")
        return Answer.of_json({"ok": True, "channel": message["channel"], "ts": message["ts"]})

    def judge_hook(self, request):
        if request.path != self.hook:
            raise self.hook_error(404, "no_service")
        message = json_object(request, lambda: self.hook_error(400, "invalid_payload"))
        self.check_message(message, lambda word: self.hook_error(400, word))
        return Answer.of_text("ok")

    def text(self, request):
        return "\n".join(texts_in(request.json, ("text", "fallback", "title", "value")))


class Teams(Provider):
    """https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors; a workflow accepts, then fails silently."""
    name = "teams"
    WORKFLOW = "/workflows/0123456789abcdef/triggers/manual/paths/invoke"
    CONNECTOR = "/webhookb2/tenant@it/IncomingWebhook/hook-of-teams/owner"
    ADAPTIVE = "application/vnd.microsoft.card.adaptive"
    MOST_BYTES = 28 * 1024

    def __init__(self, signature="signature-of-the-workflow"):
        self.signature = signature

    @property
    def workflow_target(self):
        return f"{self.WORKFLOW}?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig={self.signature}"

    def recognises(self, request):
        return request.path.startswith(("/workflows/", "/powerautomate/", "/webhookb2/"))

    def judge(self, request, now_s):
        return self.judge_connector(request) if request.path.startswith("/webhookb2/") else self.judge_workflow(request)

    @staticmethod
    def error(status, code):
        return Refused(Answer.of_json({"error": {"code": code, "message": code}}, status))

    def judge_workflow(self, request):
        if request.path != self.WORKFLOW:
            raise self.error(404, "WorkflowNotFound")
        if "api-version" not in request.query:
            raise self.error(400, "MissingApiVersionParameter")
        if request.query.get("sig") != self.signature:
            raise self.error(401, "DirectApiAuthorizationRequired")
        message = json_object(request, lambda: self.error(400, "InvalidRequestContent"))
        if len(request.body) > self.MOST_BYTES:
            self.doubts.append(f"MessageSizeExceeded: {len(request.body)} bytes")
        self.check_cards(message)
        return Answer(202)

    def check_cards(self, message):
        if message.get("type") != "message" or not message.get("attachments"):
            self.doubts.append("no message with attachments")
        for attachment in message.get("attachments") or []:
            card = attachment.get("content") or {}
            if attachment.get("contentType") != self.ADAPTIVE or card.get("type") != "AdaptiveCard":
                self.doubts.append("an attachment is not an adaptive card")
            if not card.get("version") or not card.get("body"):
                self.doubts.append("the card has no version or no body")
            self.check_mentions(card)

    def check_mentions(self, card):
        """The text of a mention must stand in a text block, byte for byte."""
        shown = "\n".join(texts_in(card.get("body", []), ("text",)))
        entities = card.get("msteams", {}).get("entities", [])
        for entity in entities:
            if entity["text"] not in shown:
                self.doubts.append(f"{entity['text']} is mentioned but not in the text")
        for mention in re.findall(r"<at>.*?</at>", shown):
            if mention not in [entity["text"] for entity in entities]:
                self.doubts.append(f"{mention} stands in the text and mentions nobody")

    def judge_connector(self, request):
        if request.path != self.CONNECTOR:
            raise Refused(Answer.of_text("Invalid webhook URL", 404))
        card = json_object(request, lambda: Refused(Answer.of_text("Bad payload received by generic incoming webhook.", 400)))
        if card.get("@type") != "MessageCard" or not (text_at(card, "summary") or text_at(card, "text")):
            raise Refused(Answer.of_text("Summary or Text is required.", 400))
        if len(request.body) > self.MOST_BYTES:
            raise Refused(Answer.of_text("Webhook message delivery failed with error: Microsoft Teams endpoint returned "
                                         "HTTP error 413 with ContextId tcid=0"))
        return Answer.of_text("1")

    def text(self, request):
        return "\n".join(texts_in(request.json, ("text", "title", "value", "summary", "activityTitle", "name")))


def texts_in(value, names):
    """Every text under one of the names, in the order of the document."""
    if isinstance(value, list):
        return [text for item in value for text in texts_in(item, names)]
    if not isinstance(value, dict):
        return []
    found = []
    for name, item in value.items():
        found += [item] if name in names and isinstance(item, str) else texts_in(item, names)
    return found
