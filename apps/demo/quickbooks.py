"""The other side: the simulated books, reached over HTTP alone, as a stranger would."""

from datetime import date
from decimal import Decimal
from typing import Any

import requests

from apps.demo.place import DemoRefused

SECONDS = 30.0


class Books:
    """One company in the simulated QuickBooks, and what a person does there by hand."""

    def __init__(self, ledgers: str) -> None:
        self.ledgers = ledgers
        self.company_id = ""
        self.session = requests.Session()
        self.session.trust_env = False

    def is_up(self) -> bool:
        try:
            return self.session.get(f"{self.ledgers}/control/companies", timeout=2).ok
        except requests.ConnectionError:
            return False

    def open_company(self, name: str, currency: str, *, published_limits: bool) -> str:
        """A British company with VAT and several currencies switched on."""
        answer = self._call(
            "POST",
            "companies",
            {
                "name": name,
                "country": "GB",
                "home_currency": currency,
                "profile": "uk",
                "multicurrency": True,
                "limits": {"published": True} if published_limits else {},
            },
        )
        self.company_id = str(answer["realm_id"])
        return self.company_id

    def open_invoices(self) -> list[dict[str, Any]]:
        """Invoices with a balance due, oldest first, as their API answers them."""
        found = self._call("GET", f"companies/{self.company_id}/objects/Invoice")
        return [each for each in found if Decimal(str(each["Balance"])) > 0]

    def record_payment(
        self, invoices: dict[str, Decimal], *, amount: Decimal, customer: str, reference: str
    ) -> str:
        """Money received over there, set against invoices (their id → amount); their id of it."""
        answer = self._act(
            act="record_payment",
            amount=f"{amount:f}",
            customer=customer,
            reference=reference,
            invoices={remote_id: f"{part:f}" for remote_id, part in invoices.items()},
        )
        return str(answer["Id"])

    def undeposited_payments(self, clearing: str) -> list[dict[str, Any]]:
        """Payments that lie on this account (an id), in no deposit yet."""
        found = self._call("GET", f"companies/{self.company_id}/objects/Payment")
        return [
            each
            for each in found
            if each.get("DepositToAccountRef", {}).get("value") == clearing
            and Decimal(str(each["TotalAmt"])) > 0
            and not any(link["TxnType"] == "Deposit" for link in each.get("LinkedTxn", []))
        ]

    def make_deposit(self, bank: str, payments: list[dict[str, Any]], *, dated: date) -> str:
        """Bank these payments over there, by hand; their id of the deposit. `bank` is an id."""
        body = {
            "TxnDate": dated.isoformat(),
            "DepositToAccountRef": {"value": bank},
            "Line": [
                {
                    "Amount": f"{each['TotalAmt']}",
                    "LinkedTxn": [{"TxnId": each["Id"], "TxnType": "Payment", "TxnLineId": "0"}],
                }
                for each in payments
            ],
        }
        return str(self._act(act="create", kind="Deposit", body=body)["Id"])

    def void_payment(self, remote_id: str) -> None:
        self._act(act="void_payment", id=remote_id)

    def state(self) -> dict[str, Any]:
        """Counters of the company: calls by endpoint, doubles, objects by kind."""
        found: dict[str, Any] = self._call("GET", f"companies/{self.company_id}")
        return found

    def _act(self, **act: Any) -> Any:
        return self._call("POST", f"companies/{self.company_id}/act", act)

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.session.request(
            method, f"{self.ledgers}/control/{path}", json=body, timeout=SECONDS
        )
        if not answer.ok:
            raise DemoRefused(f"The simulated books refused {path}: {answer.text[:300]}")
        return answer.json(parse_float=Decimal)
