"""The account that money goes to: of a payment, a receipt, or a deposit on an invoice."""

from ...models import StoredObject
from .. import faults
from ..book import Book
from ..filing import Content
from .common import refer

DEPOSIT_ACCOUNTS = ("Bank", "Other Current Asset")


def deposit_account(book: Book, content: Content, current: StoredObject | None) -> None:
    """A bank or other current asset account, in the money's own currency or the home currency."""
    refer(book, content, "DepositToAccountRef", "Account", current)
    identity = content["DepositToAccountRef"]["value"]
    account = book.referred("Account", identity, allow_inactive=True)
    if account.content["AccountType"] not in DEPOSIT_ACCOUNTS:
        raise faults.Refused(
            "6010", "Choose a bank or other current asset account.", "DepositToAccountRef"
        )
    own = account.content["CurrencyRef"]["value"]
    if own not in (content["CurrencyRef"]["value"], book.company.home_currency):
        raise faults.business(
            f"The account is kept in {own}: choose one in the currency of the transaction.",
            "DepositToAccountRef",
        )
    content["DepositToAccountRef"] = {"value": identity}
