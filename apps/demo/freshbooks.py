"""The simulated FreshBooks, reached over HTTP alone, as a stranger would."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import requests

from apps.demo.other_side import Chart, OpenInvoice, Undeposited
from apps.demo.place import DemoRefused

SECONDS = 30.0
TAXES = {"VAT": "20", "Reduced VAT": "5", "Zero rated": "0"}


class SimulatedFreshBooks:
    """One business in the simulated FreshBooks, and what a person does there by hand."""

    system = "freshbooks"
    is_shown_first = False
    rounds_by_line = True
    chart: Chart | None = None  # no line there names an account

    def __init__(self, ledgers: str) -> None:
        self.ledgers = ledgers
        self.company_id = ""
        self.person = ""
        self.currency = ""
        self.session = requests.Session()
        self.session.trust_env = False

    def is_up(self) -> bool:
        try:
            return self.session.get(f"{self._control}/businesses", timeout=2).ok
        except requests.ConnectionError:
            return False

    def open_company(self, name: str, currency: str, *, published_limits: bool) -> str:
        """A British business whose taxes are those that its documents bear."""
        limits = {"per_second": 5, "in_flight": 2} if published_limits else {}
        told = {"name": name, "currency_code": currency, "country": "United Kingdom"}
        made = self._call("POST", "businesses", {**told, "limits": limits})
        self.company_id, self.person = str(made["account_id"]), str(made["person"])
        self.currency = currency
        for tax, percent in TAXES.items():
            self._act(act="create", kind="taxes", body={"name": tax, "amount": percent})
        return self.company_id

    def page(self) -> str:
        return f"{self.ledgers}/{self.system}/app/{self.company_id}/"

    def open_invoices(self) -> list[OpenInvoice]:
        """Sent invoices with something outstanding, oldest first."""
        return [
            OpenInvoice(
                id=str(each["id"]),
                customer=str(each["customerid"]),
                balance=Decimal(each["outstanding"]["amount"]),
                is_foreign=each["currency_code"] != self.currency,
            )
            for each in self._call("GET", f"businesses/{self.company_id}/objects/invoices")
            if each["vis_state"] == 0
            and each["v3_status"] != "draft"
            and Decimal(each["outstanding"]["amount"]) > 0
        ]

    def record_payment(
        self, invoices: dict[str, Decimal], *, amount: Decimal, customer: str, reference: str
    ) -> str:
        """Money for one invoice; there is neither a receipt over several nor one on account: of
        several the first is paid, and without any one of those that are open."""
        if not invoices:
            found = self.open_invoices()[-1]
            invoices = {found.id: min(found.balance, amount)}
        invoice, part = next(iter(invoices.items()))
        told = {"id": int(invoice), "amount": f"{part:f}", "note": reference}
        return str(self._act(act="pay", **told)["id"])

    def void_payment(self, remote_id: str) -> None:
        self._act(act="delete", kind="payments", id=int(remote_id))

    def undeposited_payments(self, clearing: str) -> Sequence[Undeposited]:
        """None: FreshBooks has no bank deposits."""
        return ()

    def make_deposit(self, bank: str, payments: Sequence[Undeposited], *, dated: date) -> str:
        raise DemoRefused("FreshBooks has no bank deposits.")

    @property
    def _control(self) -> str:
        return f"{self.ledgers}/{self.system}/control"

    def _act(self, **act: Any) -> Any:
        return self._call("POST", f"businesses/{self.company_id}/act", act)

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.session.request(method, f"{self._control}/{path}", json=body, timeout=SECONDS)
        if not answer.ok:
            raise DemoRefused(f"The simulated books refused {path}: {answer.text[:300]}")
        return answer.json()


BOOKS = SimulatedFreshBooks
