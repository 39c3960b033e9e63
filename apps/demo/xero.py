"""The simulated Xero, reached over HTTP alone, as a stranger would."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import requests

from apps.demo.other_side import Chart, OpenInvoice, Undeposited
from apps.demo.place import DemoRefused

SECONDS = 30.0
BANK = "090"  # the code of its one bank account in use


class SimulatedXero:
    """One organisation in the simulated Xero, and what a person does there by hand."""

    system = "xero"
    is_shown_first = False
    rounds_by_line = False
    chart = Chart(
        services="Sales",
        goods="Other Revenue",
        bank="Business Bank Account",
        discounts="Sales",
        bank_charges="Bank Fees",
        bad_debts="Bad Debts",
        prepayments="Customer Deposits",
        clearing="Card Clearing",
    )

    def __init__(self, ledgers: str) -> None:
        self.ledgers = ledgers
        self.company_id = ""
        self.person = ""
        self.session = requests.Session()
        self.session.trust_env = False

    def is_up(self) -> bool:
        try:
            return self.session.get(f"{self._control}/organisations", timeout=2).ok
        except requests.ConnectionError:
            return False

    def open_company(self, name: str, currency: str, *, published_limits: bool) -> str:
        """A British organisation with VAT that knows the euro beside its own currency."""
        limits = {"published": True} if published_limits else {}
        told = {"name": name, "version": "UK", "base_currency": currency, "limits": limits}
        self.company_id = str(self._call("POST", "organisations", told)["tenant_id"])
        self._act(act="add_currency", code="EUR")
        return self.company_id

    def page(self) -> str:
        return f"{self.ledgers}/{self.system}/app/{self.company_id}/"

    def open_invoices(self) -> list[OpenInvoice]:
        """Approved sales invoices with something due, oldest first."""
        return [
            OpenInvoice(
                id=str(each["InvoiceID"]),
                customer=str(each["Contact"]["ContactID"]),
                balance=_decimal(each["AmountDue"]),
                is_foreign=_decimal(each.get("CurrencyRate", 1)) != 1,
            )
            for each in self._objects("Invoices")
            if each["Type"] == "ACCREC"
            and each["Status"] == "AUTHORISED"
            and _decimal(each["AmountDue"]) > 0
        ]

    def record_payment(
        self, invoices: dict[str, Decimal], *, amount: Decimal, customer: str, reference: str
    ) -> str:
        """Money received over there: for one invoice, for several as a batch, or on account; its id."""
        if not invoices:
            made = self._act(act="overpayment", contact=customer, amount=f"{amount:f}")
            return str(made["OverpaymentID"])
        if len(invoices) > 1:
            parts = {remote_id: f"{part:f}" for remote_id, part in invoices.items()}
            made = self._act(act="record_batch", invoices=parts, account=BANK, reference=reference)
            return str(made["BatchPaymentID"])
        ((invoice, part),) = invoices.items()
        told = {"invoice": invoice, "amount": f"{part:f}", "reference": reference}
        return str(self._act(act="record_payment", account=BANK, **told)["PaymentID"])

    def void_payment(self, remote_id: str) -> None:
        """A batch goes with every payment in it."""
        batches = [each["BatchPaymentID"] for each in self._objects("BatchPayments")]
        self._act(act="delete_batch" if remote_id in batches else "delete_payment", id=remote_id)

    def undeposited_payments(self, clearing: str) -> Sequence[Undeposited]:
        """None: Xero has no bank deposits."""
        return ()

    def make_deposit(self, bank: str, payments: Sequence[Undeposited], *, dated: date) -> str:
        raise DemoRefused("Xero has no bank deposits.")

    @property
    def _control(self) -> str:
        return f"{self.ledgers}/{self.system}/control"

    def _objects(self, kind: str) -> Any:
        return self._call("GET", f"organisations/{self.company_id}/objects/{kind}")

    def _act(self, **act: Any) -> Any:
        return self._call("POST", f"organisations/{self.company_id}/act", act)

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.session.request(method, f"{self._control}/{path}", json=body, timeout=SECONDS)
        if not answer.ok:
            raise DemoRefused(f"The simulated books refused {path}: {answer.text[:300]}")
        return answer.json(parse_float=Decimal)


def _decimal(stated: Any) -> Decimal:
    return Decimal(str(stated))


BOOKS = SimulatedXero
