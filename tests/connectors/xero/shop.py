"""The company of the bookkeeper's table, live on the simulated Xero."""

from decimal import Decimal
from typing import Any

from apps.billing.models import Company
from apps.mappings.choices import set_mapping
from apps.mappings.codes import read_codes
from tests.connectors.xero.live import XeroBooks
from tests.factories import make_company
from tests.reconciliation.our_side import OurSide, Stands

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
        self.map_tax(self.standard, "20% (VAT on Income)")
        self.map_tax(self.reduced, "5% (VAT on Income)")
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
