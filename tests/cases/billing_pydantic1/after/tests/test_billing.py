import json
import unittest

from billing import app
from billing.app import Billing, start
from billing.settings import Settings, Smtp, Tax

TAX = {"de": 0.19, "fr": 0.2}


class BillingTest(unittest.TestCase):
    def setUp(self):
        self.smtp = Smtp(host="mail", user="billing", password="secret")
        self.billing = Billing(smtp=self.smtp, tax=TAX)

    def test_total(self):
        self.assertEqual(self.billing.total("de", 100), 119.0)
        self.assertEqual(self.billing.total("us", 100), 100.0)

    def test_sender(self):
        self.assertEqual(self.billing.sender(), "billing@mail:25")

    def test_login(self):
        login = self.billing.login()
        self.assertEqual(login.user, "billing")
        self.assertEqual(login.password, "secret")
        self.assertIn("secret", json.dumps(json.loads(login.json())))

    def test_another_currency(self):
        other = app.Billing(smtp=self.smtp, tax={}, currency="USD")
        self.assertEqual(other.total("de", 1), 1.0)


class StartTest(unittest.TestCase):
    def settings(self, **smtp):
        return Settings(
            smtp=Smtp(**{"host": "localhost", "userName": "me", **smtp}),
            tax=[Tax(country=country, rate=rate) for country, rate in TAX.items()],
        )

    def test_start(self):
        billing = start(self.settings())
        self.assertEqual(billing.total("fr", 10), 12.0)
        self.assertEqual(billing.sender(), "me@localhost:25")

    def test_start_with_another_port(self):
        self.assertEqual(start(self.settings(port=587)).sender(), "me@localhost:587")


def test_the_port_is_optional():
    assert start(Settings(smtp=Smtp(host="a", user="b"), tax=[])).sender() == "b@a:25"
