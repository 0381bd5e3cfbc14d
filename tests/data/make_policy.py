"""Makes zones.json, turns.json, month.json and calls.json: what zone.c, rotation.c, routing.c and escalation.c must answer, worked
out by Python's zoneinfo.

    python3 tests/data/make_policy.py        writes the files beside itself

Nothing here is taken from the C sources; where the manual says what happens at a change of the clocks ("the first moment at
which the clock has reached it"), it is searched second by second.
"""
import datetime
import json
import pathlib
import random
import zoneinfo

HERE = pathlib.Path(__file__).parent
UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1)
# A change of the clocks in each, at different hours, by an hour or by half of one, to the north and south; and none.
ZONES = {
    "Europe/Berlin": ["2026-03-29 02:00", "2026-10-25 03:00"],
    "America/New_York": ["2026-03-08 02:00", "2026-11-01 02:00"],
    "Australia/Lord_Howe": ["2026-04-05 02:00", "2026-10-04 02:00"],
    "America/Santiago": ["2026-04-05 00:00", "2026-09-06 00:00"],
    "America/St_Johns": ["2026-03-08 02:00", "2026-11-01 02:00"],
    "Europe/London": ["2026-03-29 01:00", "2026-10-25 02:00"],
    "Africa/Casablanca": ["2026-02-15 03:00", "2026-03-22 02:00"],
    "Asia/Shanghai": ["2026-02-28 24:00", "2026-12-31 24:00"],
    "Pacific/Apia": ["2011-12-30 00:00"],
    "Asia/Kathmandu": ["2024-02-29 00:00"],
}


def day_and_clock(text):
    day, clock = text.split(" ")
    hours, minutes = clock.split(":")
    return datetime.datetime.fromisoformat(day) + datetime.timedelta(hours=int(hours), minutes=int(minutes))


def wall(zone, moment):
    """What the clock shows, without its zone."""
    return datetime.datetime.fromtimestamp(moment, UTC).astimezone(zoneinfo.ZoneInfo(zone)).replace(tzinfo=None)


def count(local):
    return int((local - EPOCH).total_seconds())


def first_moment(zone, local):
    """The first second at which the clock shows `local` (whole minutes) or more, looked for in the two days around it."""
    low, high = count(local) - 26 * 3600, count(local) + 26 * 3600
    for step in (60, 1):  # the first minute that has reached it, then the seconds before that one
        at = low
        while wall(zone, at) < local:
            at += step
            assert at <= high
        low = at - step
    return at


def zones():
    rows = []
    for zone, changes in ZONES.items():
        for change in changes:
            around = day_and_clock(change)
            for minutes in (-1500, -150, -90, -61, -60, -31, -30, -1, 0, 1, 15, 30, 31, 59, 60, 61, 90, 150, 1500):
                local = around + datetime.timedelta(minutes=minutes)
                moment = first_moment(zone, local)
                rows.append({"zone": zone, "wanted": str(local), "local": count(local), "moment": moment,
                             "shown": count(wall(zone, moment))})
    return rows


ROTATIONS = [  # zone, begins, length of a turn in hours by the wall, members, years to look at
    ("Europe/Berlin", "2026-01-05 09:00", 168), ("America/New_York", "2025-12-29 08:30", 24),
    ("Australia/Lord_Howe", "2026-01-01 02:15", 24), ("America/Santiago", "2026-01-01 00:00", 24),
    ("America/St_Johns", "2026-01-01 02:30", 12), ("Europe/London", "2026-01-01 01:30", 36),
    ("Asia/Shanghai", "2026-01-05 09:00", 168), ("Europe/Berlin", "2024-02-28 00:00", 24),
    ("Europe/Berlin", "2026-03-28 02:30", 1), ("America/New_York", "2026-10-31 01:30", 1),
]


def turns():
    rows = []
    for zone, begins, hours in ROTATIONS:
        start = day_and_clock(begins)
        for number in sorted({0, 1, 2, 3, 24, 25, 26, 27, 28, 29, 30, 31, 7 * 24 // hours, 90 * 24 // hours,
                              280 * 24 // hours, 365 * 24 // hours, 366 * 24 // hours}):
            moment, end = (first_moment(zone, start + n * datetime.timedelta(hours=hours)) for n in (number, number + 1))
            rows.append({"zone": zone, "starts": begins, "every_h": hours, "turn": number, "begins": moment, "ends": end})
    return rows


# The month of test_routing.c: see the configuration there.
HOLIDAYS = {datetime.date(2026, 2, day) for day in range(15, 24)}
WORKDAYS = {datetime.date(2026, 2, 14), datetime.date(2026, 2, 28)}


def works(day):
    return day in WORKDAYS or (day.weekday() < 5 and day not in HOLIDAYS)


def on_duty(local):
    """Weekly from 2026-01-05 09:00, zhang first; li all over the Spring Festival; on the 25th zhang and li have swapped."""
    if datetime.datetime(2026, 2, 16, 9) <= local < datetime.datetime(2026, 2, 23, 9):
        return "li"
    person = ("zhang", "li")[int((local - datetime.datetime(2026, 1, 5, 9)).total_seconds()) // (7 * 86400) % 2]
    if local.date() == datetime.date(2026, 2, 25):
        person = {"zhang": "li", "li": "zhang"}[person]
    return person


def expected(local, severity):
    """Chains as "section:recipient>section", and what is held with its time behind @."""
    person = on_duty(local)
    if severity == "critical":
        return [f"sms:{person}>chat:{person}", "mail:archive"]
    if works(local.date()) and 9 <= local.hour < 18:
        return [f"chat:{person}"]
    if severity == "error":
        night = local.replace(hour=9, minute=0, second=0, microsecond=0)
        while night <= local or not works(night.date()):
            night += datetime.timedelta(days=1)
        return [f"chat:{person}@{count(night) - 8 * 3600}"]
    return ["mail:archive"]


def month():
    rows = []
    at = datetime.datetime(2026, 2, 1)
    while at < datetime.datetime(2026, 3, 1):
        for severity in ("warning", "error", "critical"):
            rows.append([count(at) - 8 * 3600, severity, " ".join(expected(at, severity))])
        at += datetime.timedelta(hours=1)
        if at.hour in (9, 18) and at.minute == 0:  # and the second before the hours change
            edge = at - datetime.timedelta(seconds=1)
            rows.append([count(edge) - 8 * 3600, "error", " ".join(expected(edge, "error"))])
    return rows


# The month of test_month.c, with the change of the clocks in Berlin: see the configuration there.
BERLIN = "Europe/Berlin"
REST = {datetime.date(2026, 3, 17), datetime.date(2026, 3, 18)}
MADE_UP_FOR = {datetime.date(2026, 3, 21)}
STEP = 300  # seconds: everything happens on this grid


def in_office(local):
    day = local.date()
    return 9 <= local.hour < 18 and (day in MADE_UP_FOR or (day.weekday() < 5 and day not in REST))


def on_call(local):
    """Twelve hours each by the clock on the wall from 2026-03-01 08:00, zhang first; li alone from the 14th to the 16th."""
    if datetime.datetime(2026, 3, 14, 9) <= local < datetime.datetime(2026, 3, 16, 9):
        return "li"
    return ("zhang", "li")[int((local - datetime.datetime(2026, 3, 1, 8)).total_seconds()) // (12 * 3600) % 2]


def first_told(severity, at):
    """Where a problem goes at once, whether it is of the route with steps of its own, and its people in pockets."""
    local = wall(BERLIN, at)
    if severity == "critical":
        return f"chat:{on_call(local)}", "critical"
    if severity == "error" and in_office(local):
        return f"chat:{on_call(local)}", "office"
    return "mail:archive", "rest"


def steps_of(route, begun):
    """(seconds after, who) for each; the same people by SMS are those on call then."""
    if route == "critical":
        return [(900, lambda at: f"sms:{on_call(wall(BERLIN, at))}"), (2700, lambda at: "mail:boss")]
    if route == "office":  # those on call now, and those who were told
        return [(1800, lambda at: "sms:" + ",".join(dict.fromkeys([on_call(wall(BERLIN, at)), on_call(wall(BERLIN, begun))]))),
                (3600, lambda at: "mail:boss")]
    return [(1800, lambda at: "mail:boss"), (3600, lambda at: "mail:boss")]


def calls_of(problem):
    """Every call that one problem leads to."""
    begun, severity = problem["at"], problem["severity"]
    taken, solved, over = problem["taken"] or 10**12, problem["solved"] or 10**12, problem["over"]
    where, route = first_told(severity, begun)
    calls, told, called_in = [(begun, where, "problem")], [where], []
    asked = severity in ("error", "critical")
    for after, who in steps_of(route, begun) if asked else []:
        at = begun + after
        if at < min(taken, solved, over):
            calls.append((at, who(at), "problem"))
            called_in.append(who(at))
            told.append(who(at))
    group = [one for one in dict.fromkeys(told) if not one.startswith("sms")]
    if taken < over:
        calls += [(taken, one, "acknowledgement") for one in group]
        reminder = taken + 4 * 3600
        while reminder < min(over, solved):
            calls += [(reminder, one, "update") for one in group]
            reminder += 4 * 3600
    if solved < over:
        calls += [(solved, one, "update") for one in group]
    return calls + [(over, one, "recovery") for one in dict.fromkeys([where] + called_in)]


def calls():
    dice = random.Random(2026)
    first, last = first_moment(BERLIN, datetime.datetime(2026, 3, 1)), first_moment(BERLIN, datetime.datetime(2026, 4, 1))
    problems, seen = [], []
    for number in range(160):
        at = first + STEP * dice.randrange((last - first - 86400) // STEP)
        taken = dice.choice((0, 0, at + STEP * dice.randrange(1, 15)))
        solved = dice.choice((0, taken + STEP * dice.randrange(1, 60))) if taken else 0
        over = at + STEP * dice.choice((1, 2, 3, 5, 8, 13, 21, 150))
        problem = {"id": number + 1, "at": at, "severity": dice.choice(("warning", "error", "critical")), "taken": taken,
                   "solved": solved, "over": over}
        problems.append(problem)
        seen += calls_of(problem)
    for change in (datetime.datetime(2026, 3, 29, 1, 50), datetime.datetime(2026, 3, 29, 7, 50), datetime.datetime(2026, 3, 28, 19, 50)):
        at = first_moment(BERLIN, change)  # steps over the change of the clocks, and over the hand-overs around it
        problems.append({"id": len(problems) + 1, "at": at, "severity": "critical", "taken": 0, "solved": 0, "over": at + 7200})
        seen += calls_of(problems[-1])
    return {"problems": problems, "from": first, "until": last, "calls": [[at, f"{who} {kind}"] for at, who, kind in sorted(seen)]}


def write(name, rows):
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (HERE / name).write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    write("zones.json", zones())
    write("turns.json", turns())
    write("month.json", month())
    (HERE / "calls.json").write_text(json.dumps(calls(), indent=0) + "\n", encoding="utf-8")
