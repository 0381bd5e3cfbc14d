"""Zabbix' and Icinga 2's programming interfaces as far as a confirmation is written back through them.

Zabbix as seen on 6.0.14 and 7.0.22 and in CEvent.php (what each bit of `action` does, which errors come), with what 6.4 and 7.2
changed about tokens and names; Icinga 2 as seen on 2.13.6.
"""
import base64
import json
import time

from .server import Answer, Provider, Refused

ACKNOWLEDGE, MESSAGE, UNACKNOWLEDGE = 2, 4, 16


class ZabbixApi(Provider):
    """`events` maps the number of a trigger's problem to what was said to it: dicts with action, message, and who said it when."""
    name = "zabbix"

    def __init__(self, version="6.0.14", token="0123456789abcdef" * 4, events=()):
        self.version, self.token = version, token
        self.number = tuple(int(part) for part in version.split(".")[:2])
        self.events = {event: [] for event in events}
        self.acknowledged = set()
        self.permitted = True
        self.lose_answers = 0  # of so many acknowledgements that were done
        self.user, self.password = "write-back", 'p"\\s 密'
        self.sessions = []  # those that nobody has ended
        self.logins = 0
        self.when_done = lambda: None

    def recognises(self, request):
        return request.path == "/zabbix/api_jsonrpc.php"

    def error(self, asked, code, message, data):
        return Refused(Answer.of_json({"jsonrpc": "2.0", "error": {"code": code, "message": message, "data": data},
                                       "id": asked.get("id")}))

    def judge(self, request, now_s):
        if request.method != "POST" or request.content_type not in ("application/json-rpc", "application/json"):
            raise Refused(Answer(412))
        asked = request.json
        result = getattr(self, "call_" + asked["method"].replace(".", "_"))(asked, request)
        answer = Answer.of_json({"jsonrpc": "2.0", "result": result, "id": asked["id"]})
        if asked["method"] == "event.acknowledge":
            self.when_done()
            if self.lose_answers:
                self.lose_answers -= 1
                answer.cut = "before"
        return answer

    def text(self, request):
        return request.body.decode()

    def log_in(self, asked, request):
        bearer = request.headers.get("authorization", "")
        if "auth" in asked and self.number >= (7, 2):
            raise self.error(asked, -32600, "Invalid request.", 'Invalid parameter "/": unexpected parameter "auth".')
        given = bearer.removeprefix("Bearer ") if bearer and self.number >= (6, 4) else asked.get("auth")
        if given is None:
            raise self.error(asked, -32602, "Invalid params.", "Not authorized.")
        if given not in (self.token, *self.sessions):
            raise self.error(asked, -32602, "Invalid params.", "Session terminated, re-login, please.")

    def call_user_login(self, asked, request):
        if "auth" in asked or "authorization" in request.headers:
            raise self.error(asked, -32602, "Invalid params.", 'The "user.login" method must be called without "auth".')
        if asked["params"] != {"username": self.user, "password": self.password}:
            raise self.error(asked, -32500, "Application error.",
                             "Incorrect user name or password or account is temporarily blocked.")
        self.logins += 1
        self.sessions.append(f"{self.logins:032x}")
        return self.sessions[-1]

    def call_user_logout(self, asked, request):
        self.log_in(asked, request)
        self.sessions.remove(request.headers.get("authorization", "").removeprefix("Bearer ") or asked["auth"])
        return True

    def call_apiinfo_version(self, asked, request):
        if "auth" in asked or "authorization" in request.headers:
            raise self.error(asked, -32602, "Invalid params.", 'The "apiinfo.version" method must be called without "auth".')
        return self.version

    def call_event_acknowledge(self, asked, request):
        self.log_in(asked, request)
        given = asked["params"]
        action = given["action"]
        if len(given.get("message", "")) > 2048:
            raise self.error(asked, -32602, "Invalid params.", 'Invalid parameter "/message": value is too long.')
        if not self.permitted:
            raise self.error(asked, -32602, "Invalid params.",
                             'Incorrect value for field "action": no permissions to acknowledge problems.')
        for event in given["eventids"]:
            if event not in self.events:
                raise self.error(asked, -32500, "Application error.",
                                 "No permissions to referred object or it does not exist!")
            done = action & MESSAGE
            if action & ACKNOWLEDGE and event not in self.acknowledged:
                done |= ACKNOWLEDGE
                self.acknowledged.add(event)
            if action & UNACKNOWLEDGE and event in self.acknowledged:
                done |= UNACKNOWLEDGE
                self.acknowledged.discard(event)
            self.say(event, done, given["message"], "write-back")
        return {"eventids": given["eventids"]}

    def say(self, event, action, message, username, name="", surname="", clock=None):
        self.events[event].append({"action": action, "message": message, "username": username, "name": name,
                                   "surname": surname, "clock": int(clock if clock is not None else time.time())})

    def call_event_get(self, asked, request):
        self.log_in(asked, request)
        given = asked["params"]
        known = ["select_acknowledges"] if self.number < (7, 2) else []
        known += ["selectAcknowledges"] if self.number >= (7, 0) else []
        name = next((name for name in known if name in given), None)
        if not name:
            raise self.error(asked, -32602, "Invalid params.", 'Invalid parameter "/": unexpected parameter.')
        if not all(event.isdigit() for event in given["eventids"]):
            raise self.error(asked, -32602, "Invalid params.", 'Invalid parameter "/eventids/1": a number is expected.')
        return [self.only(given["output"], {"eventid": event, "acknowledged": str(int(event in self.acknowledged))}) |
                {"acknowledges": [self.only(given[name], {"acknowledgeid": str(7 + number),
                                                          **{key: str(value) for key, value in said.items()}})
                                  for number, said in reversed(list(enumerate(self.events[event])))]}
                for event in given["eventids"] if event in self.events]

    @staticmethod
    def only(names, value):
        return value if names == "extend" else {name: value[name] for name in names}


class Icinga2Api(Provider):
    """`objects` maps a name ("web01", "web01!disk /") to what was said to it: dicts with action and the request's fields. Without
    a `user` whoever shows a certificate is known by that."""
    name = "icinga2"

    def __init__(self, user="notify", password="p:s 密", objects=()):
        self.user, self.password = user, password
        self.objects = {name: [] for name in objects}
        self.acknowledged, self.fine = set(), set()
        self.comments = []  # attributes of those that others left

    def recognises(self, request):
        return request.path.startswith("/v1/")

    def text(self, request):
        return request.body.decode()

    def error(self, status, words):
        return Refused(Answer.of_json({"error": float(status), "status": words}, status=status))

    def judge(self, request, now_s):
        login = self.user and "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        if request.headers.get("authorization", "") != login:
            raise Refused(Answer.of_text("<h1>Unauthorized. Please check your user credentials.</h1>", status=401,
                                         headers={"WWW-Authenticate": 'Basic realm="Icinga 2"'}))
        asked = request.json
        if request.path == "/v1/objects/comments":
            return self.query(request, asked)
        action = request.path.removeprefix("/v1/actions/")
        if request.method != "POST" or request.headers.get("accept") != "application/json":
            raise self.error(404, "The requested path could not be found.")
        name = asked.get(asked["type"].lower())
        if name is None:
            raise AssertionError("it would act on every object")
        if name not in self.objects or ("!" in name) != (asked["type"] == "Service"):
            raise self.error(404, "No objects found.")
        words = self.do(action, name, asked)
        self.objects[name].append({"action": action, **asked})
        return Answer.of_json({"results": [{"code": 200.0, "status": words}]})

    def query(self, request, asked):
        if request.method != "POST" or request.headers.get("x-http-method-override") != "GET":
            raise self.error(404, "The requested path could not be found.")
        if asked["filter"] != "comment.entry_type==4 && comment.host_name in hosts":
            raise AssertionError("this stand-in knows one filter only")
        found = [one for one in self.comments if one["entry_type"] == 4 and one["host_name"] in asked["filter_vars"]["hosts"]]
        return Answer.of_json({"results": [{"attrs": {name: one[name] for name in asked["attrs"]}, "joins": {}, "meta": {},
                                            "name": "x", "type": "Comment"} for one in found]})

    def refuse(self, code, words):
        return Refused(Answer.of_json({"results": [{"code": float(code), "status": words}]}, status=code))

    def do(self, action, name, asked):
        if action == "acknowledge-problem":
            if not asked.get("author") or not asked.get("comment"):
                raise self.refuse(400, "Acknowledgements require author and comment.")
            if name in self.fine:
                raise self.refuse(409, f"Service '{name}' is OK.")
            if name in self.acknowledged:
                raise self.refuse(409, f"Service '{name}' is already acknowledged.")
            self.acknowledged.add(name)
            return f"Successfully acknowledged problem for object '{name}'."
        if action == "remove-acknowledgement":
            self.acknowledged.discard(name)
            return f"Successfully removed acknowledgement for object '{name}'."
        if action == "add-comment":
            return f"Successfully added comment '{name}!x' for object '{name}'."
        raise self.error(404, f"Action '{action}' does not exist.")


def said(record):
    """The method of a call to Zabbix."""
    return json.loads(record.request.body)["method"]
