"""Sales by item and by account, and credit notes with their reasons and approvers."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from apps.billing.models import Approval, CreditNote, Item
from apps.billing.standing.reading import among
from apps.billing.standing.sold import Sold, sold
from apps.connections.models import Connection
from apps.core.money import ZERO, spread_home
from apps.exchange.exports.cells import Cell
from apps.exchange.reports.shape import Asked, Column, Group, Line, Report
from apps.exchange.reports.words import called, names_of
from apps.mappings.look_up import Mappings
from apps.staff.models import User

NOTHING: Final = ""


def _documents(asked: Asked) -> Iterator[Sold]:
    return sold(asked.reading, asked.since or asked.on)


def _line(document: Sold, group: Group, column: str, currency: str, amount: Decimal) -> Line:
    return Line(
        kind=document.kind,
        key=document.key,
        group=group,
        column=column,
        dated=document.dated,
        what=called(document.kind, document.number, document.key),
        currency=currency,
        amount=document.sign * amount,
        customer_id=document.customer_id,
    )


def _side(document: Sold) -> str:
    return "sales" if document.sign > 0 else "credits"


# --- by item ---------------------------------------------------------------------------------------


def _by_item(asked: Asked) -> Iterator[Line]:
    """Bad debts, and what was booked again of them, sell nothing."""
    for document in _documents(asked):
        for each in () if document.is_bad_debt else document.lines:
            group = (NOTHING if each.item_id is None else str(each.item_id),)
            yield _line(document, group, "quantity", "", each.quantity)
            yield _line(
                document, group, _side(document), asked.company.home_currency, each.home_net
            )


def _items(asked: Asked, groups: Collection[Group]) -> Mapping[Group, Sequence[Cell]]:
    keys = {int(each[0]) for each in groups if each[0]}
    found: dict[Group, Sequence[Cell]] = {(NOTHING,): ["", "Without an item"]}
    for rows in among(Item.objects.filter(company=asked.company), "pk", keys):
        for key, code, name in rows.values_list("pk", "code", "name"):
            found[str(key),] = [code, name]
    return found


_NET: Final = (
    Column("sales", "Sold"),
    Column("credits", "Credited"),
    Column("net", "Net", adds=("sales", "credits")),
)
BY_ITEM: Final = Report(
    name="sales-by-item",
    title="Sales by item",
    meaning="What was sold and credited of each item, without tax, in home currency.",
    heads=("Item", "Name"),
    columns=(Column("quantity", "Quantity", is_number=True), *_NET),
    lines=_by_item,
    labels=_items,
    has_period=True,
)


# --- by account ------------------------------------------------------------------------------------


def _by_account(asked: Asked) -> Iterator[Line]:
    """By the accounts to which items are mapped. A discount that is booked apart is on the account of
    its own item, as in the books."""
    account = _Accounts(asked)
    home = asked.company.home_currency
    for document in _documents(asked):
        amounts: dict[str, Decimal] = {}
        for each in document.lines:
            apart = each.discount if document.discount_item_id is not None else ZERO
            at = account.of(each.item_id)
            amounts[at] = amounts.get(at, ZERO) + each.net + apart
            if apart:
                at = account.of(document.discount_item_id)
                amounts[at] = amounts.get(at, ZERO) - apart
        whole = sum((each.home_net for each in document.lines), ZERO)
        for name, amount in spread_home(amounts, document.exchange_rate, whole, home).items():
            yield _line(document, (name,), _side(document), home, amount)


class _Accounts:
    """What an item's sales are booked on in the company's first connected books; each is asked once."""

    def __init__(self, asked: Asked) -> None:
        connection = _books_of(asked)
        self.mappings = None if connection is None else Mappings.of(connection)
        self.items = Item.objects.filter(company=asked.company).only("pk").in_bulk()
        self.known: dict[int | None, str] = {}

    def of(self, item_id: int | None) -> str:
        if item_id not in self.known:
            item = None if item_id is None else self.items.get(item_id)
            code = None if self.mappings is None else self.mappings.income_account(item)
            self.known[item_id] = NOTHING if code is None else str(code)
        return self.known[item_id]


def _books_of(asked: Asked) -> Connection | None:
    connected = Connection.objects.exclude(stage=Connection.Stage.DISCONNECTED)
    return connected.filter(company=asked.company).order_by("pk").first()


def _accounts(asked: Asked, groups: Collection[Group]) -> Mapping[Group, Sequence[Cell]]:
    return {each: [each[0] or "Not mapped to an account"] for each in groups}


BY_ACCOUNT: Final = Report(
    name="sales-by-account",
    title="Sales by account",
    meaning="What was sold and credited, without tax, in home currency, by the accounts to which items "
    "are mapped today in the books that were connected first.",
    heads=("Account",),
    columns=_NET,
    lines=_by_account,
    labels=_accounts,
    has_period=True,
)


# --- credit notes ----------------------------------------------------------------------------------


def _credited(asked: Asked) -> Iterator[Line]:
    for document in _documents(asked):
        if document.kind == "credit_note":
            group = (str(document.key), document.currency)
            net = sum((each.net for each in document.lines), ZERO)
            tax = sum((each.tax for each in document.lines), ZERO)
            yield _line(document, group, "net", document.currency, -net)
            yield _line(document, group, "tax", document.currency, -tax)


def _reasons(asked: Asked, groups: Collection[Group]) -> Mapping[Group, Sequence[Cell]]:
    """Who issued it, and who approved that where a second person had to."""
    keys = {int(each[0]) for each in groups}
    notes = [
        row
        for rows in among(CreditNote.objects.filter(company=asked.company), "pk", keys)
        for row in rows.values_list(
            "pk", "number", "issue_date", "customer_id", "reason", "issued_by_id"
        )
    ]
    approved = {
        key: by
        for rows in among(Approval.objects.filter(state="approved"), "credit_note", keys)
        for key, by in rows.order_by("pk").values_list("credit_note", "decided_by")
    }
    customers = names_of({row[3] for row in notes})
    people = {
        each.pk: each.name or each.email
        for each in User.objects.filter(pk__in={*approved.values(), *(row[5] for row in notes)})
    }
    told = {
        str(key): [number, dated, customers[customer], reason, people.get(by, ""),
                   people.get(approved.get(key) or 0, "")]
        for key, number, dated, customer, reason, by in notes
    }  # fmt: skip
    return {each: [*told[each[0]], each[1]] for each in groups}


CREDIT_NOTES: Final = Report(
    name="credit-notes",
    title="Credit notes",
    meaning="Each credit note of a period with its reason, who issued it and who approved it.",
    heads=("Credit note", "Date", "Customer", "Reason", "Issued by", "Approved by", "Currency"),
    columns=(
        Column("net", "Net"),
        Column("tax", "Tax"),
        Column("total", "Total", adds=("net", "tax")),
    ),
    lines=_credited,
    labels=_reasons,
    has_period=True,
    of_records=True,
)
