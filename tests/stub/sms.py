"""Aliyun SMS and Tencent Cloud SMS: the signature first, then the message."""
import calendar
import json
import re
import time
import uuid

from . import signatures
from .server import Answer, Provider, Refused

LINK = re.compile(r"https?://|www\.", re.IGNORECASE)


def utc_seconds(text):
    """Of 2026-01-02T03:04:05Z; None when it is not such a time."""
    try:
        return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))
    except ValueError:
        return None


class AliyunSms(Provider):
    """SendSms of Dysmsapi 2017-05-25, signature V3 (ACS3) or V1. Business errors come with HTTP 200, the gateway's with 4xx.

    `templates` maps a template's code to the names of its variables.
    """
    name = "aliyun_sms"
    SKEW_S = 15 * 60
    MOST_IN_VARIABLE = 35  # characters

    def __init__(self, key_id="LTAI5tTestKeyId000000001", key_secret="TestSecretKey0123456789abcdef+/=", sign_name="监控系统",
                 templates=None):
        self.key_id, self.key_secret, self.sign_name = key_id, key_secret, sign_name
        self.templates = templates or {"SMS_123456789": ["server", "type", "time"]}
        self.nonces = set()
        self.sent = 0
        self.taken = []  # (parameters, BizId, seconds) of each message, for its receipt

    def recognises(self, request):
        return "x-acs-action" in request.headers or "Action" in self.v1_parameters(request)

    def judge(self, request, now_s):
        parameters = self.checked(request, now_s, "SendSms")
        self.check_message(parameters)
        self.sent += 1
        number = f"{int(now_s)}{self.sent:06d}^0"
        self.taken.append((parameters, number, now_s))
        return self.answer("OK", "OK", BizId=number)

    def action_of(self, request):
        return request.headers.get("x-acs-action") or self.v1_parameters(request).get("Action")

    def checked(self, request, now_s, action):
        """The parameters of a call whose signature is right."""
        if "x-acs-action" in request.headers:
            return self.check_v3(request, now_s, action)
        return self.check_v1(request, now_s, action)

    @staticmethod
    def answer(code, message, status=200, **more):
        return Answer.of_json({"Code": code, "Message": message, "RequestId": str(uuid.uuid4()).upper(), **more}, status)

    def refusal(self, code, message, status=200):
        return Refused(self.answer(code, message, status))

    def check_time_and_nonce(self, text, nonce, now_s):
        seconds = utc_seconds(text)
        if seconds is None or abs(seconds - now_s) > self.SKEW_S:
            raise self.refusal("InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.", 400)
        if not nonce or nonce in self.nonces:
            raise self.refusal("SignatureNonceUsed", "Specified signature nonce was used already.", 400)
        self.nonces.add(nonce)

    def check_v3(self, request, now_s, wanted):
        found = re.fullmatch(r"ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})",
                             request.headers.get("authorization", ""))
        if not found:
            raise self.refusal("IncompleteSignature", "The request signature does not conform to Aliyun standards.", 400)
        key_id, signed, signature = found[1], found[2].split(";"), found[3]
        if key_id != self.key_id:
            raise self.refusal("InvalidAccessKeyId.NotFound", "Specified access key is not found.", 404)
        self.check_signed_headers(request, signed)
        if request.headers.get("x-acs-content-sha256") != signatures.sha256_hex(request.body):
            raise self.refusal("SignatureDoesNotMatch", "x-acs-content-sha256 is not that of the body", 400)
        canonical = signatures.aliyun_v3_request(request.method, request.path, request.query_pairs, request.headers,
                                                 signed, request.body)
        if not signatures.same(signature, signatures.aliyun_v3(canonical, self.key_secret)):
            raise self.refusal("SignatureDoesNotMatch", "Specified signature is not matched with our calculation.", 400)
        self.check_time_and_nonce(request.headers.get("x-acs-date", ""), request.headers.get("x-acs-signature-nonce"), now_s)
        self.check_action(request.headers.get("x-acs-action"), request.headers.get("x-acs-version"), wanted)
        return dict(request.query_pairs + request.form_pairs)

    def check_signed_headers(self, request, signed):
        """Every x-acs-* header that is sent must be signed, host and a body's content-type too; names are sorted."""
        wanted = {name for name in request.headers if name.startswith("x-acs-")} | {"host"}
        wanted |= {"content-type"} if request.body or "content-type" in request.headers else set()
        if signed != sorted(signed) or not wanted <= set(signed):
            raise self.refusal("SignatureDoesNotMatch", f"headers that are not signed: {sorted(wanted - set(signed))}", 400)

    @staticmethod
    def v1_parameters(request):
        parameters = dict(request.query_pairs)
        if request.content_type.startswith("application/x-www-form-urlencoded"):
            parameters.update(request.form_pairs)
        return parameters

    def check_v1(self, request, now_s, wanted):
        parameters = self.v1_parameters(request)
        if parameters.get("AccessKeyId") != self.key_id:
            raise self.refusal("InvalidAccessKeyId.NotFound", "Specified access key is not found.", 404)
        if (parameters.get("SignatureMethod"), parameters.get("SignatureVersion")) != ("HMAC-SHA1", "1.0"):
            raise self.refusal("IncompleteSignature", "The request signature does not conform to Aliyun standards.", 400)
        expected = signatures.aliyun_v1(request.method, parameters, self.key_secret)
        if not signatures.same(parameters.get("Signature", ""), expected):
            raise self.refusal("SignatureDoesNotMatch", "Specified signature is not matched with our calculation.", 400)
        self.check_time_and_nonce(parameters.get("Timestamp", ""), parameters.get("SignatureNonce"), now_s)
        self.check_action(parameters.get("Action"), parameters.get("Version"), wanted)
        if parameters.get("Format") != "JSON":
            self.doubts.append("the answer would be XML")
        return parameters

    def check_action(self, action, version, wanted):
        if version != "2017-05-25":
            raise self.refusal("InvalidVersion", "Specified parameter Version is not valid.", 400)
        if action != wanted:
            raise self.refusal("InvalidAction.NotFound", "Specified api is not found.", 404)

    def check_message(self, parameters):
        numbers = parameters.get("PhoneNumbers", "").split(",")
        if len(numbers) > 1000:
            raise self.refusal("isv.MOBILE_COUNT_OVER_LIMIT", "手机号码数量超过限制")
        if not all(re.fullmatch(r"(\+|00)?(86)?1[3-9]\d{9}|(\+|00)?[2-9]\d{6,14}", number) for number in numbers):
            raise self.refusal("isv.MOBILE_NUMBER_ILLEGAL", "号码格式错误")
        if parameters.get("SignName") != self.sign_name:
            raise self.refusal("isv.SMS_SIGNATURE_ILLEGAL", "该账号下找不到对应签名")
        if parameters.get("TemplateCode") not in self.templates:
            raise self.refusal("isv.SMS_TEMPLATE_ILLEGAL", "该账号下找不到对应模板")
        self.check_variables(self.templates[parameters["TemplateCode"]], parameters.get("TemplateParam", "{}"))

    def check_variables(self, names, text):
        try:
            values = json.loads(text)
        except ValueError:
            values = None
        if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
            raise self.refusal("isv.INVALID_JSON_PARAM", "参数格式错误，请修改为字符串值")
        if not set(names) <= set(values):
            raise self.refusal("isv.TEMPLATE_MISSING_PARAMETERS", "模板变量缺少对应参数值")
        if not all(1 <= len(values[name]) <= self.MOST_IN_VARIABLE for name in names):
            raise self.refusal("isv.PARAM_LENGTH_LIMIT", "参数超过长度限制")
        if any(LINK.search(values[name]) for name in names):
            raise self.refusal("isv.PARAM_NOT_SUPPORT_URL", "变量不支持传入URL")
        if any("【" in values[name] or "】" in values[name] for name in names):
            raise self.refusal("isv.TEMPLATE_PARAMS_ILLEGAL", "变量内容不能包含【】")

    def parameters(self, request):
        return {**dict(request.query_pairs), **self.v1_parameters(request)}

    def text(self, request):
        return "\n".join(json.loads(self.parameters(request).get("TemplateParam", "{}")).values())


class TencentSms(Provider):
    """SendSms 2021-01-11, TC3-HMAC-SHA256. HTTP 200 whatever happens; each number has its own result.

    `templates` maps a template's id to the number of its variables.
    """
    name = "tencent_sms"
    SKEW_S = 300

    def __init__(self, secret_id="AKIDz8krbsJ5yKBZQpn74WFkmLPx3TEST01", secret_key="Gu5t9xGARNpq86cd98joQYCN3TEST+/=",
                 app_id="1400006666", sign_name="监控系统", templates=None, most_in_variable=12):
        self.secret_id, self.secret_key, self.app_id, self.sign_name = secret_id, secret_key, app_id, sign_name
        self.templates = templates or {"1234": 2}
        self.most_in_variable = most_in_variable
        self.sent = 0
        self.taken = []  # (number, SerialNo, SessionContext, seconds) of each message, for its receipt

    def recognises(self, request):
        return "x-tc-action" in request.headers

    def judge(self, request, now_s):
        message = self.checked(request, now_s, "SendSms")
        self.check_message(message)
        return self.answer(message, now_s)

    def checked(self, request, now_s, action):
        """The body of a call whose signature is right."""
        self.check_signature(request, now_s)
        self.check_action(request, action)
        try:
            return request.json
        except ValueError:
            raise self.refusal("FailedOperation.JsonParseFail", "解析用户请求包失败") from None

    @staticmethod
    def refusal(code, message):
        error = {"Error": {"Code": code, "Message": message}, "RequestId": str(uuid.uuid4())}
        return Refused(Answer.of_json({"Response": error}))

    def check_signature(self, request, now_s):
        found = re.fullmatch(r"TC3-HMAC-SHA256 Credential=([^/]+)/(\d{4}-\d\d-\d\d)/sms/tc3_request, ?"
                             r"SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})", request.headers.get("authorization", ""))
        if not found:
            raise self.refusal("AuthFailure.InvalidAuthorization", "请求头部的 Authorization 不符合腾讯云标准。")
        secret_id, date, signed, signature = found[1], found[2], found[3].split(";"), found[4]
        timestamp = request.headers.get("x-tc-timestamp", "")
        if secret_id != self.secret_id:
            raise self.refusal("AuthFailure.SecretIdNotFound", "密钥不存在。")
        if not timestamp.isdigit() or abs(int(timestamp) - now_s) > self.SKEW_S:
            raise self.refusal("AuthFailure.SignatureExpire", "签名过期。")
        if date != time.strftime("%Y-%m-%d", time.gmtime(int(timestamp))) or not {"content-type", "host"} <= set(signed):
            raise self.refusal("AuthFailure.SignatureFailure", "签名错误：日期须为 UTC，且须签 content-type 与 host。")
        canonical = signatures.tencent_request(request.headers, signed, request.body)
        if not signatures.same(signature, signatures.tencent(canonical, timestamp, date, "sms", self.secret_key)):
            raise self.refusal("AuthFailure.SignatureFailure", "签名错误。")

    def check_action(self, request, wanted):
        if request.headers.get("x-tc-version") != "2021-01-11":
            raise self.refusal("NoSuchVersion", "接口版本不存在。")
        if request.headers.get("x-tc-action") != wanted:
            raise self.refusal("InvalidAction", "接口不存在。")
        if not request.headers.get("x-tc-region"):
            raise self.refusal("MissingParameter", "缺少参数 X-TC-Region。")

    def check_message(self, message):
        numbers, values = message.get("PhoneNumberSet") or [], message.get("TemplateParamSet") or []
        if not numbers:
            raise self.refusal("MissingParameter.EmptyPhoneNumberSet", "传入的号码列表为空。")
        if len(numbers) > 200:
            raise self.refusal("LimitExceeded.PhoneNumberCountLimit", "号码个数超过上限。")
        if message.get("SmsSdkAppId") != self.app_id:
            raise self.refusal("UnauthorizedOperation.SmsSdkAppIdVerifyFail", "SmsSdkAppId 校验失败。")
        if message.get("SignName") != self.sign_name:
            raise self.refusal("FailedOperation.SignatureIncorrectOrUnapproved", "签名未审批或格式错误。")
        if message.get("TemplateId") not in self.templates:
            raise self.refusal("FailedOperation.TemplateIncorrectOrUnapproved", "模板未审批或内容不匹配。")
        if not all(isinstance(value, str) for value in values) or len(values) != self.templates[message["TemplateId"]]:
            raise self.refusal("FailedOperation.TemplateParamSetNotMatchApprovedTemplate", "模板参数个数不匹配。")
        if any(len(value) > self.most_in_variable for value in values):
            raise self.refusal("InvalidParameterValue.TemplateParameterLengthLimit", "模板变量过长。")
        if any(LINK.search(value) for value in values):
            raise self.refusal("InvalidParameterValue.ProhibitedUseUrlInTemplateParameter", "模板变量禁止使用 URL。")
        if not all(values):
            self.doubts.append("an empty variable leaves a hole in the text")

    def result(self, number, context, now_s):
        self.sent += 1
        if re.fullmatch(r"(\+86|0086|86)?1[3-9]\d{9}", number):
            self.taken.append((number, f"5000:{self.sent:030d}", context, now_s))
            return {"SerialNo": f"5000:{self.sent:030d}", "PhoneNumber": number, "Fee": 1, "SessionContext": context,
                    "Code": "Ok", "Message": "send success", "IsoCode": "CN"}
        return {"SerialNo": "", "PhoneNumber": number, "Fee": 0, "SessionContext": context,
                "Code": "InvalidParameterValue.IncorrectPhoneNumber", "Message": "incorrect phone number", "IsoCode": ""}

    def answer(self, message, now_s):
        results = [self.result(number, message.get("SessionContext", ""), now_s) for number in message["PhoneNumberSet"]]
        answer = Answer.of_json({"Response": {"SendStatusSet": results, "RequestId": str(uuid.uuid4())}})
        if not any(result["Code"] == "Ok" for result in results):
            raise Refused(answer)
        return answer

    def text(self, request):
        return "\n".join(request.json.get("TemplateParamSet", []))


class Receipts(Provider):
    """What became of the messages that an SMS provider took. `states` maps a number (11 digits) to what is said of it:
    "arrived" (the standard), "waiting", "unknown", or the operator's code of what failed; a list is used up, one a question.
    """
    states = {}

    def __init__(self, sender):
        self.sender = sender
        self.states = {}

    def state(self, number):
        state = self.states.get(number[-11:], "arrived")
        return (state.pop(0) if len(state) > 1 else state[0]) if isinstance(state, list) else state

    def text(self, request):
        return ""


class AliyunReceipts(Receipts):
    """QuerySendDetails: https://help.aliyun.com/document_detail/419277.html; times are China's."""
    name = "aliyun_receipts"

    def recognises(self, request):
        return self.sender.action_of(request) == "QuerySendDetails"

    def judge(self, request, now_s):
        self.sender.doubts = self.doubts
        asked = self.sender.checked(request, now_s, "QuerySendDetails")
        if not re.fullmatch(r"\d{5,15}", asked.get("PhoneNumber", "")):
            raise self.sender.refusal("isv.MOBILE_NUMBER_ILLEGAL", "号码格式错误")
        if not re.fullmatch(r"\d{8}", asked.get("SendDate", "")) or not 1 <= int(asked.get("PageSize", 0)) <= 50 or \
                int(asked.get("CurrentPage", 0)) < 1:
            raise self.sender.refusal("isv.INVALID_PARAMETERS", "参数异常")
        rows = [self.row(*one) for one in self.sender.taken if self.is_asked(asked, *one)]
        rows = [row for row in rows if row]
        return self.sender.answer("OK", "OK", TotalCount=str(len(rows)), SmsSendDetailDTOs={"SmsSendDetailDTO": rows})

    @staticmethod
    def is_asked(asked, parameters, biz_id, sent_s):
        return asked["PhoneNumber"] == parameters["PhoneNumbers"][-len(asked["PhoneNumber"]):] and \
            asked["SendDate"] == time.strftime("%Y%m%d", time.gmtime(sent_s + 8 * 3600)) and \
            asked.get("BizId", biz_id) == biz_id

    def row(self, parameters, _, sent_s):
        state = self.state(parameters["PhoneNumbers"])
        if state == "unknown":
            return None
        of_china = [time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(at_s + 8 * 3600)) for at_s in (sent_s, sent_s + 4)]
        row = {"PhoneNum": parameters["PhoneNumbers"], "TemplateCode": parameters["TemplateCode"], "SendDate": of_china[0],
               "OutId": parameters["OutId"], "Content": "【监控系统】", "SendStatus": 1, "ErrCode": ""}
        if state == "arrived":
            row |= {"SendStatus": 3, "ErrCode": "DELIVERED", "ReceiveDate": of_china[1]}
        elif state != "waiting":
            row |= {"SendStatus": 2, "ErrCode": state, "ReceiveDate": of_china[1]}
        return row


class TencentReceipts(Receipts):
    """PullSmsSendStatusByPhoneNumber: https://www.tencentcloud.com/document/product/382/40518; a row only once the operator has
    reported. SessionContext comes back only to accounts that asked for it: `with_context`."""
    name = "tencent_receipts"

    def __init__(self, sender, with_context=False):
        super().__init__(sender)
        self.with_context = with_context

    def recognises(self, request):
        return request.headers.get("x-tc-action") == "PullSmsSendStatusByPhoneNumber"

    def judge(self, request, now_s):
        asked = self.sender.checked(request, now_s, "PullSmsSendStatusByPhoneNumber")
        if asked.get("SmsSdkAppId") != self.sender.app_id:
            raise self.sender.refusal("UnauthorizedOperation.SmsSdkAppIdVerifyFail", "SmsSdkAppId 校验失败。")
        if not re.fullmatch(r"\+\d{5,15}", asked.get("PhoneNumber", "")) or asked.get("Offset") != 0 or \
                not 1 <= asked.get("Limit", 0) <= 100:
            raise self.sender.refusal("InvalidParameterValue", "参数取值错误。")
        if not now_s - 7 * 86400 <= asked.get("BeginTime", 0) < asked.get("EndTime", now_s):
            raise self.sender.refusal("InvalidParameterValue.BeginTimeVerifyFail", "开始时间校验失败。")
        rows = [self.row(*one) for one in self.sender.taken
                if one[0][-11:] == asked["PhoneNumber"][-11:] and asked["BeginTime"] <= one[3] <= asked.get("EndTime", now_s)]
        return Answer.of_json({"Response": {"PullSmsSendStatusSet": [row for row in rows if row],
                                            "RequestId": str(uuid.uuid4())}})

    def row(self, number, serial, context, sent_s):
        state = self.state(number)
        if state in ("unknown", "waiting"):
            return None
        return {"SerialNo": serial, "PhoneNumber": number, "SubscriberNumber": number[-11:], "CountryCode": "86",
                "ReportStatus": "SUCCESS" if state == "arrived" else "FAIL",
                "Description": "DELIVRD" if state == "arrived" else state, "UserReceiveTime": int(sent_s) + 4,
                "SessionContext": context if self.with_context else ""}
