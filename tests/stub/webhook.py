"""Somebody's own receiver: Standard Webhooks or GitHub's signature, verified as their libraries do."""
import json
import re

from . import signatures
from .server import Answer, Provider, Refused


class Webhook(Provider):
    """`scheme` is "standard", "github" or "" for a receiver that trusts everybody. Several secrets serve a rotation."""
    name = "webhook"
    SKEW_S = 300

    def __init__(self, scheme="standard", secrets=("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",), path="/hook"):
        self.scheme, self.secrets, self.path = scheme, secrets, path

    def recognises(self, request):
        return request.path.startswith(self.path)

    def judge(self, request, now_s):
        if self.scheme == "standard":
            self.check_standard(request, now_s)
        elif self.scheme == "github":
            self.check_github(request)
        return Answer(204)

    @staticmethod
    def refusal(text):
        return Refused(Answer.of_json({"error": text}, 401))

    def check_standard(self, request, now_s):
        message_id, timestamp = request.headers.get("webhook-id", ""), request.headers.get("webhook-timestamp", "")
        if not message_id or "." in message_id:
            raise self.refusal("webhook-id is missing or has a dot")
        if not re.fullmatch(r"\d+", timestamp) or abs(int(timestamp) - now_s) > self.SKEW_S:
            raise self.refusal("webhook-timestamp is not within 5 minutes, in seconds")
        expected = [signatures.standard_webhook(secret, message_id, timestamp, request.body) for secret in self.secrets]
        given = request.headers.get("webhook-signature", "").split(" ")
        if not any(signatures.same(one, other) for one in given for other in expected):
            raise self.refusal("webhook-signature does not match")

    def check_github(self, request):
        given = request.headers.get("x-hub-signature-256", "")
        if not any(signatures.same(given, signatures.github(secret, request.body)) for secret in self.secrets):
            raise self.refusal("X-Hub-Signature-256 does not match")

    def text(self, request):
        try:
            return json.dumps(request.json, ensure_ascii=False, indent=1)
        except ValueError:
            return request.body.decode("utf-8", "replace")
