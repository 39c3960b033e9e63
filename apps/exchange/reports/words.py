"""What records and customers are called in reports."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from apps.billing.models import AccountRole, Customer, Refund
from apps.billing.standing.reading import among
from apps.exchange.exports.cells import Cell
from apps.exchange.reports.shape import Asked, Group

KINDS: Final = {
    "invoice": "Invoice",
    "credit_note": "Credit note",
    "payment": "Payment",
    "refund": "Refund",
    "adjustment": "Adjustment",
    "deposit": "Bank deposit",
    "allocation": "Applied amount",
}


def called(kind: str, number: str, key: int) -> str:
    """“Invoice INV-7”; what bears no number, by its key here: “Bad debts no. 7”."""
    if kind == "adjustment":
        return f"{AccountRole(number).label} no. {key}"
    if kind == "refund" and number in Refund.Why.labels:
        return f"{number} no. {key}"
    return f"{KINDS[kind]} {number or f'no. {key}'}"


def names_of(keys: Iterable[int]) -> dict[int, str]:
    """Customers by key, as they are called today."""
    found: dict[int, str] = {}
    for rows in among(Customer.objects.all(), "pk", set(keys)):
        found.update(rows.values_list("pk", "name"))
    return found


def customers(asked: Asked, groups: Collection[Group]) -> Mapping[Group, Sequence[Cell]]:
    """Of groups that begin with the key of a customer; the rest as it is."""
    names = names_of(int(each[0]) for each in groups)
    return {each: [names[int(each[0])], *each[1:]] for each in groups}


def as_they_are(asked: Asked, groups: Collection[Group]) -> Mapping[Group, Sequence[Cell]]:
    return {each: list(each) for each in groups}
