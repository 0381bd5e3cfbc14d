"""What a run loads: the libraries that only sending needs, and their start-up, are not paid for by a run that sends nothing."""
import re
import unittest

from support import Case, MANY, wait_until
from test_email import Script
from test_promises import StoreCase
from transport_support import Server

FOR_SENDING = {"libcurl", "libssl", "transport_curl"}


class Loading(StoreCase):
    limits = 'limit { per_minute = 1  per_hour = 20  per_day = 100  repeat_within = "0" }\n'

    def loaded(self, number, word):
        """By the dynamic loader's own account. `word` begins the line that the run says."""
        outcome = self.tell(number, environment={"LD_DEBUG": "files"})
        self.assert_status(0, outcome)
        self.assertEqual(word, outcome.output.split()[0])
        return set(re.findall(r"calling init: \S*/(\w+?)\.so", outcome.errors.replace("-", "_")))

    def test_one_that_is_suppressed_loads_nothing_for_sending(self):
        delivered, suppressed = self.loaded(1, "delivered"), self.loaded(2, "suppressed")
        self.assertLessEqual({"libcurl", "transport_curl"}, delivered)  # the account is complete
        self.assertIn("libsqlite3", suppressed)
        self.assertEqual(set(), FOR_SENDING & suppressed)


class Leaving(Case):
    def test_a_program_that_ends_at_once_still_takes_leave_of_the_mail_server(self):
        with Server(Script()) as server:
            self.configure(channels=("email",), extra=MANY + 'retry { attempts = 1 }\n',
                           email=f'server = "smtp://127.0.0.1:{server.port}"  from = "a@example.com"  starttls = "never"')
            outcome = self.notify("email", "--to", "b@example.com", "--subject", "s", "--message", "m")
            self.assertEqual(0, outcome.status, str(outcome))
            wait_until(lambda: server.said[-1] == "QUIT", what="QUIT")


del StoreCase  # its own tests are not this file's

if __name__ == "__main__":
    unittest.main()
