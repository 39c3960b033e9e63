"""A British company on both sides for the bookkeeper's table of agreement: what is done here, and
what somebody does over there by hand."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models

from apps.billing.actions import Part, credit_invoice, issue, pay_refund, receive_payment
from apps.billing.models import (
    BankAccount,
    CreditNote,
    Customer,
    Invoice,
    Payment,
    PaymentMethod,
    Refund,
    TaxAgency,
    TaxComponent,
    TaxRate,
)
from apps.mappings.choices import set_mapping
from apps.mappings.codes import read_codes
from apps.sync.models import State
from tests.books import Books
from tests.factories import make_customer, make_invoice, make_item, make_method
from tests.sandbox_server import SandboxServer
from tests.sync.theirs import their_id

# Words of the table → their accounts.
ACCOUNTS = {
    "receivable": "Accounts Receivable (A/R)",
    "receivable EUR": "Accounts Receivable (A/R) - EUR",
    "income": "Sales of Product Income",
    "consulting": "Consulting Income",
    "tax": "HM Revenue & Customs (HMRC) Payable",
    "clearing": "Undeposited Funds",
    "bank": "Checking",
    "charges": "Bank Charges",
    "bad debts": "Bad Debts",
    "office": "Office Expenses",
    "exchange": "Exchange Gain or Loss",
}
MARCH = 3


class Shop(Books):
    """VAT, several currencies, money through clearing or straight to the bank; live."""

    def __init__(self, server: SandboxServer) -> None:
        super().__init__(server, profile="uk", multicurrency=True, country="GB")
        company = self.company
        company.country = "GB"
        company.save()
        self.standard = self.rate("S20", "20", agency="HMRC")
        self.account = BankAccount.objects.create(company=company, name="Current", currency="GBP")
        self.transfer = make_method(company, posts_to="bank")
        self.item = make_item(company)
        self.go_live()
        self.before = self.trial_balance()

    def rate(
        self, code: str, percent: str, *, agency: str, country: str = "GB", called: str = ""
    ) -> TaxRate:
        """A rate of ours, under the code of theirs with its percentage."""
        rate = TaxRate.objects.create(
            company=self.company, code=code, name=f"VAT {code}", country=country
        )
        owed, _ = TaxAgency.objects.get_or_create(company=self.company, name=agency)
        TaxComponent.objects.create(rate=rate, agency=owed, name="VAT", percent=Decimal(percent))
        if called:
            self.map_tax(rate, called)
        return rate

    def map_tax(self, rate: TaxRate, called: str) -> None:
        code = self.connection.codes.get(kind="tax_code", name=called)
        set_mapping(self.connection, "tax", code=code, tax_rate=rate)

    def map(self) -> None:
        super().map()
        read_codes(self.connection)
        self.map_tax(self.standard, "20.0% S")
        books = self.connection
        no_tax = books.codes.get(kind="tax_code", name="No VAT")
        set_mapping(books, "no_tax", code=no_tax)
        checking = self.code("Checking")
        set_mapping(books, "bank_account", code=checking, bank_account=self.account)
        set_mapping(books, "method_account", code=checking, payment_method=self.transfer)
        for role, account in (
            ("bank_charge", "charges"),
            ("bad_debt", "bad debts"),
            ("small_difference", "office"),
        ):
            set_mapping(books, role, code=self.code(ACCOUNTS[account]))

    def change(self) -> dict[str, Decimal]:
        """What their trial balance has moved by since this was last asked, by words of the table."""
        now, words = self.trial_balance(), {name: word for word, name in ACCOUNTS.items()}
        moved = {
            words.get(name, name): now.get(name, Decimal(0)) - self.before.get(name, Decimal(0))
            for name in now.keys() | self.before.keys()
        }
        self.before = now
        return {name: amount for name, amount in moved.items() if amount}

    def settle(self) -> None:
        """Runs until nothing is on its way; what waits for a person may stay."""
        for _ in range(3):
            self.run()
            waiting = self.connection.sync_records.filter(state=State.WAITING, due_at__isnull=False)
            if not waiting.exists():
                return

    # --- Here ---

    def sale(self, net: str = "100", *, rate: TaxRate | None = None, **fields: Any) -> Invoice:
        """An invoice of 10 March, of a customer of its own unless told otherwise."""
        customer = fields.pop("customer", None) or make_customer(self.company)
        line = (self.item, 1, Decimal(net), rate or self.standard)
        fields.setdefault("issue_date", date(2026, MARCH, 10))
        return make_invoice(customer=customer, lines=[line], **fields)

    def paid(self, invoice: Invoice, amount: str, day: int = 16, **fields: Any) -> Payment:
        fields.setdefault("method", self.method)
        return receive_payment(
            customer=invoice.customer,
            amount=Decimal(amount),
            date=date(2026, MARCH, day),
            apply=[(invoice, min(Decimal(amount), invoice.balance_due))],
            **fields,
        )

    def money(self, customer: Customer, amount: str, day: int = 16, **fields: Any) -> Payment:
        """On account."""
        fields.setdefault("method", self.method)
        on = date(2026, MARCH, day)
        return receive_payment(customer=customer, amount=Decimal(amount), date=on, **fields)

    def credit(self, invoice: Invoice, net: str = "", day: int = 12) -> CreditNote:
        lines = [Part(line=invoice.lines.get(), net=Decimal(net))] if net else None
        on = date(2026, MARCH, day)
        note = credit_invoice(invoice, reason="Sent back", on=on, lines=lines)
        issue(note)
        note.refresh_from_db()
        return note

    def refund(self, note: CreditNote | Payment, amount: str, day: int = 18) -> Refund:
        on = date(2026, MARCH, day)
        return pay_refund(
            note, amount=Decimal(amount), on=on, method=self.transfer, reason="Asked for it"
        )

    # --- Over there ---

    def there(self, subject: Any) -> str:
        return their_id(self, subject)

    def do(self, act: str, **told: Any) -> str:
        return str(self.server.act(self.realm, act, **told)["Id"])

    def make(self, kind: str, **body: Any) -> str:
        return self.do("create", kind=kind, body=body)

    def update(self, kind: str, subject: Any, **body: Any) -> None:
        self.do(
            "update",
            kind=kind,
            id=subject if isinstance(subject, str) else self.there(subject),
            body=body,
        )

    def ref(self, account: str) -> dict[str, str]:
        return {"value": self.code(ACCOUNTS[account]).remote_id}

    def code_id(self, tax: str) -> str:
        return self.connection.codes.get(kind="tax_code", name=tax).remote_id

    def item_on(self, account: str) -> str:
        """An item of theirs whose sales are booked there."""
        for each in self.theirs("Item"):
            if (
                each.get("IncomeAccountRef")
                and each["IncomeAccountRef"]["value"] == self.ref(account)["value"]
            ):
                return str(each["Id"])
        body = {"Type": "Service", "IncomeAccountRef": self.ref(account)}
        return self.do("create_item", name=f"For {account}", body=body)

    def recode(self, document: Invoice | CreditNote, account: str = "consulting") -> None:
        kind = "Invoice" if isinstance(document, Invoice) else "CreditMemo"
        self.do(
            "change_line", kind=kind, id=self.there(document), line=1, item=self.item_on(account)
        )

    def type_sale(
        self, customer: str, net: str, day: int, kind: str = "Invoice", **more: Any
    ) -> str:
        """An invoice, credit memo or receipt with 20 % tax, typed there."""
        line = {
            "Amount": float(net),
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {
                "ItemRef": {"value": self.item_on("income")},
                "TaxCodeRef": {"value": self.code_id("20.0% S")},
            },
        }
        body = {
            "CustomerRef": {"value": customer},
            "TxnDate": f"2026-03-{day:02}",
            "GlobalTaxCalculation": "TaxExcluded",
            "Line": [line],
            **more,
        }
        return self.make(kind, **body)

    def journal(self, debit: str, credit: str, amount: str, day: int, customer: str = "") -> str:
        """The receivable's line names the customer."""
        lines = []
        for side, account in (("Debit", debit), ("Credit", credit)):
            detail: dict[str, Any] = {"PostingType": side, "AccountRef": self.ref(account)}
            if account == "receivable":
                detail["Entity"] = {"Type": "Customer", "EntityRef": {"value": customer}}
            kind = "JournalEntryLineDetail"
            lines.append({"Amount": float(amount), "DetailType": kind, kind: detail})
        return self.make("JournalEntry", TxnDate=f"2026-03-{day:02}", Line=lines)

    def pay_out(self, customer: str, amount: str, day: int) -> str:
        """An expense to the receivable of a customer, out of the bank."""
        detail = {"AccountRef": self.ref("receivable"), "CustomerRef": {"value": customer}}
        kind = "AccountBasedExpenseLineDetail"
        return self.make(
            "Purchase",
            AccountRef=self.ref("bank"),
            PaymentType="Cash",
            TxnDate=f"2026-03-{day:02}",
            CurrencyRef={"value": "GBP"},
            GlobalTaxCalculation="NotApplicable",
            EntityRef={"value": customer, "type": "Customer"},
            Line=[{"Amount": float(amount), "DetailType": kind, kind: detail}],
        )

    def pay_there(self, amount: str, day: int, *invoices: Invoice, **told: Any) -> str:
        told.setdefault("account", self.ref("clearing")["value"])
        told["invoices"] = {self.there(each): amount for each in invoices}
        if not invoices:
            told["invoices"] = {}
        return self.do("record_payment", amount=amount, date=f"2026-03-{day:02}", **told)

    def join(self, invoice: Invoice, kind: str, credit: str, amount: str, day: int = 21) -> str:
        """A payment of nil that sets a credit of theirs against an invoice."""
        lines = [
            {"Amount": float(amount), "LinkedTxn": [{"TxnId": one, "TxnType": what}]}
            for one, what in ((self.there(invoice), "Invoice"), (credit, kind))
        ]
        return self.make(
            "Payment",
            CustomerRef={"value": self.there(invoice.customer)},
            TotalAmt=0,
            TxnDate=f"2026-03-{day:02}",
            Line=lines,
        )

    def deposit_there(self, payments: list[tuple[str, str]], fee: str = "", day: int = 19) -> str:
        lines: list[dict[str, Any]] = [
            {
                "Amount": float(amount),
                "LinkedTxn": [{"TxnId": one, "TxnType": "Payment", "TxnLineId": "0"}],
            }
            for one, amount in payments
        ]
        if fee:
            kind = "DepositLineDetail"
            lines.append(
                {
                    "Amount": -float(fee),
                    "DetailType": kind,
                    kind: {"AccountRef": self.ref("office")},
                }
            )
        return self.make(
            "Deposit",
            DepositToAccountRef=self.ref("bank"),
            TxnDate=f"2026-03-{day:02}",
            Line=lines,
        )


def method_moves(method: PaymentMethod, to: str) -> None:
    """As it could be moved before that was refused: nobody told the money that came by it."""
    models.QuerySet(PaymentMethod).filter(pk=method.pk).update(posts_to=to)
