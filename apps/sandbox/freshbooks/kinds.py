"""Each kind of object: where it lies, under which keys it travels, what makes and ends it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from . import credits, invoices, ledger, masters, other_money, payments
from .refusals import Refused
from .store import Business, Content

Make = Callable[[Business, Content], Content]
Change = Callable[[Business, Content, Content], None]
Answer = Callable[[Business, Content, set[str]], Content]
End = Callable[[Business, Content], None]
Move = Callable[[Business, Content, int], None]


def hide(books: Business, content: Content) -> None:
    content["vis_state"] = ledger.DELETED


def show(books: Business, content: Content, state: int) -> None:
    content["vis_state"] = state


@dataclass(frozen=True)
class Kind:
    """`name` is where the books keep it; `single` and `plural` are its keys on the wire."""

    word: str
    name: str
    path: str
    single: str
    plural: str
    identity: str
    scope: str
    answer: Answer
    make: Make | None = None
    change: Change | None = None
    end: End = hide
    move: Move = show
    actions: dict[str, End] = field(default_factory=dict)
    # What DELETE does: "soft", "real", or nothing of the kind.
    deletes: str = ""
    # Of which noun its events are.
    event: str = ""


def delete_expense(books: Business, expense: Content) -> None:
    other_money.end_expense(books, expense, ledger.DELETED)


def delete_income(books: Business, income: Content) -> None:
    other_money.end_income(books, income, ledger.DELETED)


KINDS: dict[str, Kind] = {
    one.path: one
    for one in (
        Kind(
            "Client", "clients", "users/clients", "client", "clients", "userid", "clients",
            masters.client_answer, masters.make_client, masters.change_client,
            event="client",
        ),
        Kind(
            "Item", "items", "items/items", "item", "items", "itemid", "billable_items",
            masters.item_answer, masters.make_item, masters.change_item, event="item",
        ),
        Kind(
            "Tax", "taxes", "taxes/taxes", "tax", "taxes", "taxid", "taxes",
            masters.tax_answer, masters.make_tax, masters.change_tax, deletes="real", event="tax",
        ),
        Kind(
            "Invoice", "invoices", "invoices/invoices", "invoice", "invoices", "invoiceid", "invoices",
            invoices.answer, invoices.make, invoices.change, invoices.delete, invoices.restore,
            {"action_mark_as_sent": invoices.mark_as_sent, "action_email": invoices.mark_as_sent},
            deletes="soft", event="invoice",
        ),
        Kind(
            "Payment", "payments", "payments/payments", "payment", "payments", "logid", "payments",
            payments.answer, payments.make, payments.change, payments.delete, payments.restore,
            event="payment",
        ),
        Kind(
            "Credit note", "credit_notes", "credit_notes/credit_notes", "credit_note", "credit_notes", "creditid",
            "credit_notes", credits.answer, credits.make, credits.change, payments.delete_credit,
            credits.restore,
            {"action_mark_as_sent": credits.mark_as_sent, "action_email": credits.mark_as_sent},
            event="credit_note",
        ),
        Kind(
            "Expense", "expenses", "expenses/expenses", "expense", "expenses", "expenseid", "expenses",
            other_money.expense_answer, other_money.make_expense, other_money.change_expense,
            delete_expense, other_money.end_expense, event="expense",
        ),
        Kind(
            "Category", "categories", "expenses/categories", "category", "categories", "categoryid",
            "expenses", masters.category_answer,
        ),
        Kind(
            "Other income", "other_incomes", "other_incomes/other_incomes", "other_income", "other_income",
            "incomeid", "other_income", other_money.income_answer, other_money.make_income,
            other_money.change_income, delete_income, other_money.end_income, deletes="soft",
        ),
        Kind(
            "Journal entry", "journal_entries", "journal_entries/journal_entries", "journal_entry",
            "journal_entries", "entryid", "journal_entries", other_money.journal_answer,
            other_money.make_journal,
        ),
    )
}  # fmt: skip


def named(books: Business, kind: Kind, identity: str) -> Content:
    """The object of this id, deleted or not; 1012 where there is none."""
    found = books.find(kind.name, identity)
    if found is None:
        raise Refused(1012, f"{kind.word} not found.", kind.identity, identity, kind.single)
    return found
