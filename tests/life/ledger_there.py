"""The same desk beside a simulated QuickBooks: its trial balance in the words of the tables."""

from decimal import Decimal

from apps.billing.models import AccountRole
from apps.mappings.choices import set_mapping
from apps.sync.models import State, SyncRecord
from tests.books import Books
from tests.kept_books import live_on
from tests.life.desk import Desk
from tests.life.table import Amounts
from tests.sandbox_server import SandboxServer

ROLES = {
    AccountRole.BANK_CHARGE: "Bank Charges",
    AccountRole.BAD_DEBT: "Bad Debts",
    AccountRole.EARLY_DISCOUNT: "Discounts given",
    AccountRole.SMALL_DIFFERENCE: "Office Expenses",
    AccountRole.TAX_WITHHELD: "Prepaid Expenses",
    AccountRole.RETAINER: "Customer Prepayments",
}
ACCOUNTS = {
    "Accounts Receivable (A/R)": "receivable",
    "Sales of Product Income": "income",
    "Undeposited Funds": "clearing",
    "Checking": "bank",
    **{account: role.value.replace("_", " ") for role, account in ROLES.items()},
}


class There(Books):
    """A British company over there, mapped and live; what its books hold since then."""

    def __init__(self, server: SandboxServer) -> None:
        self.desk = Desk.opened()
        super().__init__(server, company=self.desk.company, profile="uk")
        self.method = self.desk.method

    @classmethod
    def live(cls, server: SandboxServer) -> "There":
        """Opened once a session, and brought back."""
        there, desk = live_on(cls, server, its_desk)
        there.desk, there.before = desk, there.trial_balance()
        return there

    def map(self) -> None:
        super().map()
        books = self.connection
        set_mapping(books, "tax", code=self.tax_code("20.0% S"), tax_rate=self.desk.rate)
        set_mapping(books, "no_tax", code=self.tax_code("No VAT"))
        set_mapping(books, "bank_account", code=self.code("Checking"), bank_account=self.desk.bank)
        set_mapping(
            books,
            "method_account",
            code=self.code("Checking"),
            payment_method=self.desk.bank_method,
        )
        for role, account in ROLES.items():
            set_mapping(books, role.value, code=self.code(account))

    def tax_code(self, name: str):
        return self.connection.codes.get(kind="tax_code", name=name)

    def trial_balance(self) -> Amounts:
        found: Amounts = {}
        for row in self.server.trial_balance(self.realm)["rows"]:
            amount = Decimal(str(row["debit"])) - Decimal(str(row["credit"]))
            name = (
                "tax" if row["name"].endswith("Payable") else ACCOUNTS.get(row["name"], row["name"])
            )
            found[name] = found.get(name, Decimal(0)) + amount
        return found

    def books(self) -> Amounts:
        """Debit less credit of every account that has moved since the company went live."""
        now = self.trial_balance()
        moved = {
            name: now.get(name, Decimal(0)) - self.before.get(name, Decimal(0))
            for name in now.keys() | self.before.keys()
        }
        return {name: amount for name, amount in moved.items() if amount}

    def not_there(self) -> list[tuple[str, str, str]]:
        """What is not in the books, and why."""
        waiting = SyncRecord.objects.filter(connection=self.connection).exclude(
            state__in=[State.IN_THE_BOOKS, State.LEFT_OUT]
        )
        return [(each.kind, each.state, each.sentence) for each in waiting]


def its_desk(there: There) -> Desk:
    return there.desk
