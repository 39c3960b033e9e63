"""A British company on both sides for the bookkeeper's table of agreement: what is done here, and
what somebody does over there by hand."""

from decimal import Decimal
from typing import Any, ClassVar

from django.db import models

from apps.billing.models import (
    CreditNote,
    Invoice,
    PaymentMethod,
)
from apps.mappings.choices import set_mapping
from apps.mappings.codes import read_codes
from tests.books import Books
from tests.reconciliation.our_side import OurSide, Stands
from tests.sandbox_server import SandboxServer
from tests.sync.theirs import their_id

# Words of the table → their accounts.
ACCOUNTS = {
    "receivable": "Accounts Receivable (A/R)",
    "receivable EUR": "Accounts Receivable (A/R) - EUR",
    "receivable JPY": "Accounts Receivable (A/R) - JPY",
    "income": "Sales of Product Income",
    "consulting": "Consulting Income",
    "tax": "HM Revenue & Customs (HMRC) Payable",
    "clearing": "Undeposited Funds",
    "bank": "Checking",
    "bank EUR": "Euro account",
    "charges": "Bank Charges",
    "bad debts": "Bad Debts",
    "office": "Office Expenses",
    "exchange": "Exchange Gain or Loss",
    "discounts": "Discounts given",
    "rebates": "Discounts given",
    "retainers": "Customer Prepayments",
    "withheld": "Tax withheld",
    "fee tax": "VAT on fees",
}
# What is opened there beside their own chart.
OPENED: dict[str, dict[str, Any]] = {
    "Euro account": {"AccountType": "Bank", "CurrencyRef": {"value": "EUR"}},
    "Tax withheld": {"AccountType": "Other Current Asset"},
    "VAT on fees": {"AccountType": "Other Current Asset"},
}


class Shop(OurSide, Books):
    """VAT, several currencies; live."""

    accounts = ACCOUNTS
    codes: ClassVar = {"20": "20.0% S", "5": "5.0% R"}

    def __init__(self, server: SandboxServer) -> None:
        super().__init__(server, profile="uk", multicurrency=True, country="GB")
        for name, told in OPENED.items():
            self.make("Account", Name=name, **told)
        self.furnish()
        self.go_live()
        self.before = self.trial_balance()

    def map(self) -> None:
        super().map()
        read_codes(self.connection)
        self.map_tax(self.standard, self.codes["20"])
        self.map_tax(self.reduced, self.codes["5"])
        books = self.connection
        no_tax = books.codes.get(kind="tax_code", name="No VAT")
        set_mapping(books, "no_tax", code=no_tax)
        for word, account, method in (
            ("bank", self.account, self.transfer),
            ("bank EUR", self.euro_account, self.euro_transfer),
        ):
            bank = self.code(ACCOUNTS[word])
            set_mapping(books, "bank_account", code=bank, bank_account=account)
            set_mapping(books, "method_account", code=bank, payment_method=method)
        for role, account in (
            ("bank_charge", "charges"),
            ("bad_debt", "bad debts"),
            ("small_difference", "office"),
            ("early_discount", "discounts"),
            ("tax_withheld", "withheld"),
            ("input_tax", "fee tax"),
            ("retainer", "retainers"),
        ):
            set_mapping(books, role, code=self.code(ACCOUNTS[account]))

    def stands(self) -> dict[str, Stands]:
        return {
            each["DocNumber"]: Stands(
                total=Decimal(str(each["TotalAmt"])), due=Decimal(str(each["Balance"]))
            )
            for each in self.theirs("Invoice")
        }

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
        self,
        customer: str,
        net: str,
        day: int,
        kind: str = "Invoice",
        number: str = "",
        abroad: tuple[str, str] = ("", ""),
        **more: Any,
    ) -> str:
        """An invoice, credit memo or receipt with 20 % tax, typed there; `abroad`: in a currency, at
        a rate."""
        currency, rate = abroad
        if number:
            more["DocNumber"] = number
        if currency:
            more |= {"CurrencyRef": {"value": currency}, "ExchangeRate": float(rate)}
        line = {
            "Amount": float(net),
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {
                "ItemRef": {"value": self.item_on("income")},
                "TaxCodeRef": {"value": self.code_id(self.codes["20"])},
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
            EntityRef={"value": customer, "type": "Customer"},
            Line=[{"Amount": float(amount), "DetailType": kind, kind: detail}],
        )

    def pay_there(self, amount: str, day: int, *invoices: Invoice, **told: Any) -> str:
        told.setdefault("account", self.ref("clearing")["value"])
        told["invoices"] = {self.there(each): amount for each in invoices}
        if not invoices:
            told["invoices"] = {}
        return self.do("record_payment", amount=amount, date=f"2026-03-{day:02}", **told)

    def customer_there(self, name: str) -> str:
        return self.do("create_customer", name=name)

    def rename_there(self, customer: Any, name: str) -> None:
        self.do("rename_customer", id=self.there(customer), name=name)

    def void_there(self, invoice: Invoice) -> None:
        self.do("void_invoice", id=self.there(invoice))

    def undo_there(self, payment: str) -> None:
        self.do("void_payment", id=payment)

    def redate_there(self, invoice: Invoice, day: int) -> None:
        self.update("Invoice", invoice, TxnDate=f"2026-03-{day:02}")

    def reprice_there(self, invoice: Invoice, price: int) -> None:
        self.do("change_line", id=self.there(invoice), line=1, quantity=1, price=price)

    def reword_there(self, invoice: Invoice) -> None:
        """Its due date, and its message to the customer."""
        told = {"DueDate": "2026-05-05", "CustomerMemo": {"value": "Thank you"}}
        self.update("Invoice", invoice, **told)

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
                    kind: {"AccountRef": self.ref("consulting")},
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
