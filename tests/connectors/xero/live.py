"""A company of ours connected to an organisation of the simulated Xero, as staff would have done it."""

from decimal import Decimal
from typing import Any

from tests.books import Books
from tests.factories import make_method

VERSIONS = {"GBP": "UK", "NZD": "NZ", "AUD": "AU", "USD": "US", "EUR": "GLOBAL"}


class XeroBooks(Books):
    """`theirs`: settings and switches of the organisation (docs/sandbox.md)."""

    system = "xero"
    income, received_on = "Sales", "Business Bank Account"

    def opened(self, **theirs: Any) -> str:
        told = {"version": VERSIONS[self.company.home_currency], **theirs}
        return str(self.server.open(self.company.legal_name, **told))

    def map(self) -> None:
        """Money that a receipt leaves on account has to lie in a bank there."""
        self.method = self.method or make_method(self.company, posts_to="bank")
        super().map()

    def pressed(self) -> dict[str, Any]:
        return {"tenant": [self.realm], "decision": "allow"}

    def trial_balance(self) -> dict[str, Decimal]:
        """Debit less credit of every account of theirs that is not nil."""
        rows = self.server.control("GET", f"organisations/{self.realm}/trial-balance")["rows"]
        found = {
            row["name"]: Decimal(str(row["debit"])) - Decimal(str(row["credit"])) for row in rows
        }
        return {name: amount for name, amount in found.items() if amount}

    def balance(self, account: str) -> Decimal:
        return self.trial_balance().get(account, Decimal(0))

    def their_invoice(self, number: str) -> dict[str, Any]:
        return next(each for each in self.theirs("Invoices") if each.get("InvoiceNumber") == number)
