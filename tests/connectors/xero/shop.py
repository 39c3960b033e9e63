"""The company of the bookkeeper's table, live on the simulated Xero."""

from decimal import Decimal
from typing import Any, ClassVar

from apps.billing.models import Company, CreditNote, Invoice
from apps.mappings.choices import set_mapping
from apps.mappings.codes import read_codes
from tests.connectors.xero.live import XeroBooks
from tests.factories import make_company
from tests.reconciliation.our_side import OurSide, Stands
from tests.sync.theirs import their_id

# Words of the table → their accounts. A receipt of which something stays on account lies in a bank
# there, so that clearing is one; one receivable holds all currencies.
ACCOUNTS = {
    "receivable": "Accounts Receivable",
    "receivable EUR": "Accounts Receivable",
    "receivable JPY": "Accounts Receivable",
    "income": "Sales",
    "rebates": "Other Revenue",
    "consulting": "Interest Income",
    "tax": "VAT",
    "clearing": "Business Savings Account",
    "bank": "Business Bank Account",
    "bank EUR": "Euro account",
    "charges": "Bank Fees",
    "fee tax": "Prepayments",
    "bad debts": "Bad Debts",
    "office": "General Expenses",
    "discounts": "Discount Allowed",
    "withheld": "Tax Withheld",
    "retainers": "Customer Deposits",
    "exchange": "Realised Currency Gains",
    "rounding": "Rounding",
}
ROLES = {
    "bank_charge": "charges",
    "input_tax": "fee tax",
    "bad_debt": "bad debts",
    "small_difference": "office",
    "early_discount": "discounts",
    "tax_withheld": "withheld",
    "retainer": "retainers",
}


class XeroShop(OurSide, XeroBooks):
    accounts = ACCOUNTS
    codes: ClassVar = {"20": "20% (VAT on Income)", "5": "5% (VAT on Income)"}
    received_on = ACCOUNTS["clearing"]

    def __init__(self, server: Any, *, company: Company | None = None, **theirs: Any) -> None:
        super().__init__(server, company=company or make_company(country="GB"), **theirs)
        for code in ("EUR", "JPY"):
            self.server.act(self.realm, "add_currency", code=code)
        euro = {"Code": "092", "Name": "Euro account", "Type": "BANK", "CurrencyCode": "EUR"}
        body = {**euro, "BankAccountNumber": "DE02120300000000202051"}
        self.server.act(self.realm, "create", kind="Accounts", body=body)
        self.furnish()
        self.go_live()
        self.before = self.trial_balance()

    def map(self) -> None:
        read_codes(self.connection)
        self.map_tax(self.standard, self.codes["20"])
        self.map_tax(self.reduced, self.codes["5"])
        super().map()
        for word, account, method in (
            ("bank", self.account, self.transfer),
            ("bank EUR", self.euro_account, self.euro_transfer),
        ):
            bank = self.code(ACCOUNTS[word])
            set_mapping(self.connection, "bank_account", code=bank, bank_account=account)
            set_mapping(self.connection, "method_account", code=bank, payment_method=method)
        for role, word in ROLES.items():
            self.map_role(role, ACCOUNTS[word])

    def stands(self) -> dict[str, Stands]:
        return {
            each["InvoiceNumber"]: Stands(
                total=Decimal(str(each["Total"])), due=Decimal(str(each["AmountDue"]))
            )
            for each in self.theirs("Invoices")
            if each["Status"] not in ("VOIDED", "DELETED")
        }

    # --- Over there ---

    def there(self, subject: Any) -> str:
        return their_id(self, subject)

    def act(self, act: str, **told: Any) -> Any:
        return self.server.act(self.realm, act, **told)

    def number(self, word: str) -> str:
        return str(self.code(ACCOUNTS[word]).number)

    def type_sale(
        self,
        customer: str,
        net: str,
        day: int,
        kind: str = "Invoice",
        number: str = "",
        abroad: tuple[str, str] = ("", ""),
    ) -> str:
        """An invoice or a credit note with 20 % tax, typed there."""
        of = {"Invoice": ("Invoices", "ACCREC"), "CreditMemo": ("CreditNotes", "ACCRECCREDIT")}
        plural, word = of[kind]
        line = {"Description": "Typed", "Quantity": 1, "UnitAmount": net, "AccountCode": "200"}
        currency, rate = abroad
        body = {
            "Type": word,
            "Status": "AUTHORISED",
            "Contact": {"ContactID": customer},
            "Date": f"2026-03-{day:02}",
            "DueDate": "2026-04-30",
            f"{plural[:-1]}Number": number,
            "LineAmountTypes": "Exclusive",
            "LineItems": [{**line, "TaxType": "OUTPUT2"}],
        }
        if currency:
            body |= {"CurrencyCode": currency, "CurrencyRate": str(round(1 / Decimal(rate), 6))}
        if kind == "CreditMemo":
            del body["DueDate"]
        made = self.act("create", kind=plural, body={k: v for k, v in body.items() if v})
        return str(made[f"{plural[:-1]}ID"])

    def customer_there(self, name: str) -> str:
        return str(self.act("create", kind="Contacts", body={"Name": name})["ContactID"])

    def rename_there(self, customer: Any, name: str) -> None:
        body = {"ContactID": self.there(customer), "Name": name}
        self.act("update", kind="Contacts", body=body)

    def void_there(self, invoice: Invoice) -> None:
        self.act("void", id=self.there(invoice))

    def redate_there(self, invoice: Invoice, day: int) -> None:
        self.act("edit", id=self.there(invoice), date=f"2026-03-{day:02}")

    def reprice_there(self, invoice: Invoice, price: int) -> None:
        self.act("edit", id=self.there(invoice), amount=price)

    def reword_there(self, invoice: Invoice) -> None:
        self.act("edit", id=self.there(invoice), due="2026-05-05")

    def recode(self, document: Invoice | CreditNote, account: str = "consulting") -> None:
        kind = "Invoices" if isinstance(document, Invoice) else "CreditNotes"
        told = {"id": self.there(document), "account": self.number(account)}
        self.act("edit", kind=kind, **told)

    def journal(self, debit: str, credit: str, amount: str, day: int, customer: str = "") -> str:
        """No line of one names a customer."""
        told = {"debit": self.number(debit), "credit": self.number(credit)}
        made = self.act("journal", amount=amount, date=f"2026-03-{day:02}", **told)
        return str(made["ManualJournalID"])

    def pay_there(self, amount: str, day: int, *invoices: Invoice, customer: str = "") -> str:
        on = f"2026-03-{day:02}"
        account = self.number("clearing")
        if not invoices:
            told = {"contact": customer, "amount": amount, "bank_account": account, "date": on}
            return str(self.act("overpayment", **told)["OverpaymentID"])
        (one,) = invoices
        told = {"invoice": self.there(one), "amount": amount, "account": account, "date": on}
        return str(self.act("record_payment", **told)["PaymentID"])

    def undo_there(self, payment: str) -> None:
        on_account = {each["OverpaymentID"] for each in self.theirs("Overpayments")}
        act = "delete_overpayment" if payment in on_account else "delete_payment"
        self.act(act, id=payment)

    def join(self, invoice: Invoice, kind: str, credit: str, amount: str) -> None:
        told = {"id": credit, "invoice": self.there(invoice), "amount": amount}
        self.act("allocate", kind={"CreditMemo": "CreditNotes"}[kind], **told)
