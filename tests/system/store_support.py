"""What tests of the store's promises share: a configuration with limits, a look into the store, time that goes by at once."""
import json
import sqlite3

from support import Case, program, run

LIMITED = 'retry { attempts = 3  delay = "0s" }\n' 'limit { per_minute = 5  per_hour = 20  per_day = 100  repeat_within = "170s" }\n'
MANY = "limit { per_minute = 1000  per_hour = 1000  per_day = 1000 }\n"
NO_STORM = "storm { problems = 0 }\n"
AT_ONCE = 'retry { attempts = 3  delay = "0s" }\n'  # no test waits between two attempts for its own sake


class StoreCase(Case):
    limits = LIMITED

    def setUp(self):
        super().setUp()
        self.configure(extra=self.limits, channels=("webhook", "slack"))

    @property
    def database(self):
        return self.folder / "etc" / "state" / "state.db"

    def sql(self, text, *values):
        connection = sqlite3.connect(self.database, timeout=10)
        try:
            rows = connection.execute(text, values).fetchall()
            connection.commit()
            return rows
        finally:
            connection.close()

    def age(self, seconds):
        """As if that much time had gone by."""
        ms = seconds * 1000
        for table, column in (("booking", "at_ms"), ("notification", "created_ms"), ("outbox", "due_ms"),
                              ("outbox", "created_ms"), ("outbox", "lease_ms"), ("outbox", "expires_ms"),
                              ("attempt", "at_ms"), ("circuit", "probe_ms"), ("circuit", "first_ms"),
                              ("storm", "began_ms"), ("storm", "shown_ms")):
            self.sql(f"UPDATE {table} SET {column} = {column} - ?", ms)

    def tell(self, number, severity="warning", kind="problem", channel="webhook", host="db-01", **more):
        event = {"kind": kind, "severity": severity, "host": host, "service": "CPU", "event_id": str(number),
                 "subject": f"CPU {number} is high", "source": "zabbix"}
        return self.notify(channel, "--source", "json", stdin=json.dumps(event), **more)

    def ctl(self, *arguments, **more):
        return run(program("notifyctl"), *arguments, environment=self.environment, **more)

    def outcomes(self):
        return dict(self.sql("SELECT outcome, COUNT(*) FROM notification GROUP BY outcome"))

    def assert_status(self, status, outcome):
        self.assertEqual(status, outcome.status, str(outcome))
