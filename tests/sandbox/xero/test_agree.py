"""Whatever is done, in whatever order: the books balance, and reports, documents and ledger agree."""

import random
from typing import Any

import pytest

from tests.xero_twin import XeroCaller, XeroTwin, sale

from .test_reports import cells


class Season:
    """A season of acts drawn by chance; what is refused changes nothing."""

    def __init__(self, xero: XeroCaller, seed: int) -> None:
        self.xero = xero
        self.draw = random.Random(seed)
        self.contacts = [xero.contact(name) for name in ("A", "B")]
        self.refused = 0

    def send(self, method: str, path: str, body: Any = None, **params: Any) -> None:
        answer = self.xero.call(method, path, body, **params)
        assert answer.status_code in (200, 400, 404), answer.text
        self.refused += answer.status_code != 200

    def one_of(self, kind: str) -> Any:
        found = self.xero.get(kind, page="1", pageSize="1000")[kind]
        return self.draw.choice(found) if found else None

    def amount(self) -> float:
        return self.draw.randint(1, 30_000) / 100

    def day(self) -> str:
        return f"2026-{self.draw.randint(1, 9):02d}-{self.draw.randint(1, 28):02d}"

    def body(self, **more: Any) -> dict[str, Any]:
        foreign = self.draw.random() < 0.4
        line = sale("")["LineItems"][0]
        lines = [
            {**line, "UnitAmount": self.amount(), "Quantity": self.draw.choice([1, 3, 0.25])}
            for _ in range(self.draw.randint(1, 3))
        ]
        return {
            **sale(self.draw.choice(self.contacts)),
            "Date": self.day(),
            "DueDate": "2026-12-31",
            "LineAmountTypes": self.draw.choice(["Exclusive", "Inclusive", "NoTax"]),
            "LineItems": lines,
            **(
                {"CurrencyCode": "EUR", "CurrencyRate": self.draw.choice([0.5, 0.61, 0.7])}
                if foreign
                else {}
            ),
            **more,
        }

    def invoice(self) -> None:
        self.send("PUT", "Invoices", {"Invoices": [self.body()]})

    def note(self) -> None:
        self.send("PUT", "CreditNotes", {"CreditNotes": [self.body(Type="ACCRECCREDIT")]})

    def change(self) -> None:
        if found := self.one_of("Invoices"):
            told = {"InvoiceID": found["InvoiceID"], "LineItems": self.body()["LineItems"]}
            self.send("POST", "Invoices", {"Invoices": [told]})

    def end(self) -> None:
        if found := self.one_of("Invoices"):
            told = {"InvoiceID": found["InvoiceID"], "Status": "VOIDED"}
            self.send("POST", "Invoices", {"Invoices": [told]})

    def pay(self) -> None:
        kind, name = self.draw.choice(
            [
                ("Invoices", "Invoice"),
                ("CreditNotes", "CreditNote"),
                ("Overpayments", "Overpayment"),
            ]
        )
        if found := self.one_of(kind):
            left = found.get("AmountDue", found.get("RemainingCredit"))
            told = {
                name: {f"{name}ID": found[f"{name}ID"]},
                "Account": {"Code": self.draw.choice(["090", "615"])},
                "Date": self.day(),
                "Amount": self.draw.choice([left, round(left / 3, 2), self.amount()]),
                "CurrencyRate": self.draw.choice([0.55, 0.66]),
            }
            self.send("PUT", "Payments", {"Payments": [told]})

    def unpay(self) -> None:
        if found := self.one_of("Payments"):
            self.send("POST", f"Payments/{found['PaymentID']}", {"Status": "DELETED"})

    def receive(self) -> None:
        over = {
            "Type": self.draw.choice(["RECEIVE-OVERPAYMENT", "RECEIVE-PREPAYMENT"]),
            "Contact": {"ContactID": self.draw.choice(self.contacts)},
            "BankAccount": {"Code": "090"},
            "Date": self.day(),
            "LineItems": [
                {
                    "Description": "d",
                    "Quantity": 1,
                    "UnitAmount": self.amount(),
                    "AccountCode": "830",
                    "TaxType": "OUTPUT2",
                }
            ],
        }
        self.send("PUT", "BankTransactions", {"BankTransactions": [over]})

    def allocate(self) -> None:
        kind = self.draw.choice(["CreditNotes", "Overpayments", "Prepayments"])
        source, invoice = self.one_of(kind), self.one_of("Invoices")
        if source and invoice:
            identity = source[f"{kind[:-1]}ID"]
            most = min(source["RemainingCredit"], invoice["AmountDue"])
            told = {"Amount": round(most / 2, 2), "Invoice": {"InvoiceID": invoice["InvoiceID"]}}
            self.send("PUT", f"{kind}/{identity}/Allocations", {"Allocations": [told]})

    def deallocate(self) -> None:
        found = self.one_of("CreditNotes")
        for each in (found or {}).get("Allocations", ())[:1]:
            path = f"CreditNotes/{found['CreditNoteID']}/Allocations/{each['AllocationID']}"
            self.send("DELETE", path)

    def play(self, acts: int) -> None:
        for _ in range(acts):
            self.draw.choice(
                [
                    self.invoice,
                    self.invoice,
                    self.note,
                    self.change,
                    self.end,
                    self.pay,
                    self.pay,
                    self.unpay,
                    self.receive,
                    self.allocate,
                    self.allocate,
                    self.deallocate,
                ]
            )()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.variants
@pytest.mark.slow
def test_books_reports_and_documents_agree(twin: XeroTwin, seed: int) -> None:
    xero = twin.connect(twin.open())
    xero.done("PUT", "Currencies", {"Code": "EUR"})
    season = Season(xero, seed)
    season.play(110)
    assert season.refused > 0
    assert twin.state(xero.tenant)["ledger_difference"] == 0
    for day in ("2026-04-15", "2026-12-31"):
        report = xero.get("Reports/TrialBalance", date=day)["Reports"][0]
        rows = {row[0]: row[3:] for row in cells(report)}
        total = cells(report, "SummaryRow")[-1]
        assert total[3] == total[4]
        debit, credit = rows.get("Accounts Receivable (610)", ["0", ""])
        receivable = float(debit or 0) - float(credit or 0)
        aged = sum(
            float(cells(one_of(xero, contact, day), "SummaryRow")[-1][-1])
            for contact in season.contacts
        )
        # The report turns each document into the base currency by itself.
        assert abs(receivable - aged) < 0.15
    for one in twin.objects(xero.tenant, "Invoices"):
        if one["Status"] in ("AUTHORISED", "PAID"):
            settled = one["AmountPaid"] + one["AmountCredited"] + one["AmountDue"]
            assert round(settled, 2) == one["Total"]
            assert (one["Status"] == "PAID") is (one["AmountDue"] == 0)


def one_of(xero: XeroCaller, contact: str, day: str) -> Any:
    return xero.get("Reports/AgedReceivablesByContact", contactId=contact, date=day)["Reports"][0]
