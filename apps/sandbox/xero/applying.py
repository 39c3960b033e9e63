"""What is applied to a document: payments and allocations, what is left, and PAID that comes and goes."""

from decimal import Decimal

from ..clock import microseconds
from . import ledger, wire
from .refusals import Refused
from .store import Content, Organisation
from .wire import ZERO

PAYMENTS = "Payments"
ALLOCATIONS = "Allocations"


def applications(org: Organisation, document: Content) -> list[tuple[str, Content]]:
    return [(kind, org.objects[kind][one]) for kind, one in document["applied"]]


def paid(org: Organisation, document: Content) -> Decimal:
    return sum(
        (one["amount"] for kind, one in applications(org, document) if kind == PAYMENTS), ZERO
    )


def credited(org: Organisation, document: Content) -> Decimal:
    return sum(
        (one["amount"] for kind, one in applications(org, document) if kind == ALLOCATIONS), ZERO
    )


def left(org: Organisation, document: Content) -> Decimal:
    """What is due of an invoice, or left of a credit."""
    total: Decimal = document["total"]
    return total - paid(org, document) - credited(org, document)


def apply(org: Organisation, target: list[str], kind: str, made: Content) -> None:
    """Note an application on its document and settle the document when nothing is left."""
    document = org.edit(*target)
    document["applied"] = [*document["applied"], [kind, made["id"]]]
    settle(org, target[0], document)


def release(org: Organisation, target: list[str], made: Content) -> None:
    document = org.edit(*target)
    document["applied"] = [one for one in document["applied"] if one[1] != made["id"]]
    settle(org, target[0], document)


def settle(org: Organisation, kind: str, document: Content) -> None:
    """PAID when nothing is left, AUTHORISED again when something is; the entries follow."""
    if document["status"] in ledger.LIVE:
        done = left(org, document) == 0 and bool(document["applied"])
        nil = document["total"] == 0 and kind == "Invoices"
        done = done or (nil and org.switch("nil_invoice") == "paid")
        document["status"] = "PAID" if done else "AUTHORISED"
        days = [one["date"] for _, one in applications(org, document)]
        document["paid_on"] = max([*days, document["date"]]) if done else None
    ledger.repost_applied(org, document)


def check_open_day(org: Organisation, day: str, what: str = "document") -> None:
    """Nothing is dated on or before a lock date."""
    for name, words in (
        ("end_of_year_lock_date", "end of year lock date"),
        ("period_lock_date", "period lock date"),
    ):
        lock = org.settings[name]
        if lock and day <= lock:
            raise Refused(f"The {what} date cannot be before the {words} {lock}")


def note(org: Organisation, content: Content, changes: str, details: str = "") -> None:
    """A line of the history that Xero writes by itself."""
    content["history"] = [
        *content.get("history", ()),
        {
            "changes": changes,
            "details": details,
            "user": "System Generated",
            "at": microseconds(org.now),
        },
    ]


def day_after(first: str, second: str) -> str:
    """The later of two days: an allocation's own date."""
    return max(first, second)


def money(value: object, name: str) -> Decimal:
    """An amount above nought with two decimals."""
    try:
        amount = wire.read_number(value)
    except ValueError:
        raise Refused(f"{name} must be a number, not {value!r}") from None
    if amount <= 0:
        raise Refused(f"{name} must be greater than zero.")
    return wire.cents(amount)
