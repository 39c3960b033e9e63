"""The company of the bookkeeper's table, live on the simulated FreshBooks."""

from decimal import Decimal
from typing import Any

from apps.billing.models import Company
from tests.connectors.freshbooks.live import FreshBooksBooks
from tests.factories import make_company
from tests.reconciliation.our_side import OurSide, Stands

# Words of the table → their accounts: where money came to is not told, and whatever is taken off
# an invoice lowers income. What lies on account stands on an account of its own.
ACCOUNTS = {
    "receivable": "1200",
    "receivable EUR": "1200",
    "receivable JPY": "1200",
    "income": "4000",
    "consulting": "4000",
    "rebates": "4000",
    "charges": "4000",
    "fee tax": "4000",
    "bad debts": "4000",
    "office": "4000",
    "discounts": "4000",
    "withheld": "4000",
    "tax": "2310",
    "bank": "1000",
    "bank EUR": "1000",
    "clearing": "1000",
    "exchange": "4000",
    "retainers": "1200",
}


class FreshBooksShop(OurSide, FreshBooksBooks):
    accounts = ACCOUNTS

    def __init__(self, server: Any, *, company: Company | None = None, **theirs: Any) -> None:
        super().__init__(server, company=company or make_company(country="GB"), **theirs)
        for percent in ("20", "5"):
            body = {"name": f"VAT {percent}", "amount": percent}
            self.server.act(self.business, "create", kind="taxes", body=body)
        self.furnish()
        self.go_live()
        self.before = self.trial_balance()

    def trial_balance(self) -> dict[str, Decimal]:
        """Number of an account → debit less credit, its sub-accounts together. Of home currency."""
        found: dict[str, Decimal] = {}
        for number, amount in super().trial_balance().items():
            own = number.partition("-")[0]
            own = ACCOUNTS["receivable"] if own == "1201" else own
            found[own] = found.get(own, Decimal(0)) + amount
        return {number: amount for number, amount in found.items() if amount}

    def stands(self) -> dict[str, Stands]:
        return {
            each["invoice_number"]: Stands(
                total=Decimal(each["amount"]["amount"]), due=Decimal(each["outstanding"]["amount"])
            )
            for each in self.theirs("invoices")
            if each["vis_state"] == 0
        }
