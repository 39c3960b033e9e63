"""The simulated QuickBooks, reached over HTTP alone, as a stranger would."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import requests

from apps.demo.other_side import Chart, OpenInvoice, Undeposited
from apps.demo.place import DemoRefused

SECONDS = 30.0


class SimulatedQuickBooks:
    """One company in the simulated QuickBooks, and what a person does there by hand."""

    system = "quickbooks"
    is_shown_first = True
    rounds_by_line = False
    chart = Chart(
        services="Services",
        goods="Sales of Product Income",
        bank="Checking",
        discounts="Discounts given",
        bank_charges="Bank Charges",
        bad_debts="Bad Debts",
        prepayments="Customer Prepayments",
        clearing="Undeposited Funds",
    )

    def __init__(self, ledgers: str) -> None:
        self.ledgers = ledgers
        self.company_id = ""
        self.person = ""
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

    def page(self) -> str:
        return f"{self.ledgers}/{self.system}/app/{self.company_id}"

    def open_invoices(self) -> list[OpenInvoice]:
        """Invoices with a balance due, oldest first."""
        found = self._call("GET", f"companies/{self.company_id}/objects/Invoice")
        return [_open_invoice(each) for each in found if _decimal(each["Balance"]) > 0]

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

    def undeposited_payments(self, clearing: str) -> list[Undeposited]:
        """Payments that lie on this account (an id), in no deposit yet."""
        found = self._call("GET", f"companies/{self.company_id}/objects/Payment")
        return [
            Undeposited(id=str(each["Id"]), amount=_decimal(each["TotalAmt"]))
            for each in found
            if each.get("DepositToAccountRef", {}).get("value") == clearing
            and _decimal(each["TotalAmt"]) > 0
            and not any(link["TxnType"] == "Deposit" for link in each.get("LinkedTxn", []))
        ]

    def make_deposit(self, bank: str, payments: Sequence[Undeposited], *, dated: date) -> str:
        """Bank these payments over there, by hand; their id of the deposit. `bank` is an id."""
        body = {
            "TxnDate": dated.isoformat(),
            "DepositToAccountRef": {"value": bank},
            "Line": [
                {
                    "Amount": f"{each.amount}",
                    "LinkedTxn": [{"TxnId": each.id, "TxnType": "Payment", "TxnLineId": "0"}],
                }
                for each in payments
            ],
        }
        return str(self._act(act="create", kind="Deposit", body=body)["Id"])

    def void_payment(self, remote_id: str) -> None:
        self._act(act="void_payment", id=remote_id)

    def _act(self, **act: Any) -> Any:
        return self._call("POST", f"companies/{self.company_id}/act", act)

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.session.request(
            method, f"{self.ledgers}/control/{path}", json=body, timeout=SECONDS
        )
        if not answer.ok:
            raise DemoRefused(f"The simulated books refused {path}: {answer.text[:300]}")
        return answer.json(parse_float=Decimal)


def _open_invoice(source: dict[str, Any]) -> OpenInvoice:
    return OpenInvoice(
        id=str(source["Id"]),
        customer=str(source["CustomerRef"]["value"]),
        balance=_decimal(source["Balance"]),
        is_foreign=_decimal(source.get("ExchangeRate", 1)) != 1,
    )


def _decimal(stated: Any) -> Decimal:
    return Decimal(str(stated))


BOOKS = SimulatedQuickBooks
