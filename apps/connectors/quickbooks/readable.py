"""What of an object of theirs cannot be read, found before anything is made of it. Pure.

Every field that Tieout reads is looked at by its name, wherever it stands: a figure, a day, a text,
a reference. What is missing where an object cannot be without it is told as well: a null is never a
figure. Fields that Tieout does not read may hold anything.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from apps.connectors.port import Unreadable
from apps.connectors.quickbooks.wire import moment

# Money and rates: nil is a figure, and neither null nor an empty text is nil.
MONEY = frozenset(
    {
        "TotalAmt",
        "Balance",
        "UnappliedAmt",
        "HomeTotalAmt",
        "TotalTax",
        "Amount",
        "NetAmountTaxable",
        "ExchangeRate",
    }
)
FIGURES = MONEY | {"Qty", "UnitPrice"}  # the latter two may be left open
DAYS = frozenset({"TxnDate", "DueDate"})
TEXTS = frozenset(
    {
        "DocNumber",
        "PrivateNote",
        "Notes",
        "DisplayName",
        "Name",
        "Sku",
        "Type",
        "type",
        "Description",
        "DetailType",
        "TxnType",
        "PostingType",
        "PaymentRefNum",
        "Memo",
        "Address",
        "FreeFormNumber",
        *(f"Line{number}" for number in range(1, 6)),
        "City",
        "CountrySubDivisionCode",
        "PostalCode",
        "Country",
    }
)
LISTS = frozenset({"Line", "LinkedTxn", "TaxLine"})
# Objects that are read further; a reference is one by its name.
OBJECTS = frozenset(
    {
        "MetaData",
        "CustomerMemo",
        "TxnTaxDetail",
        "TaxLineDetail",
        "SalesItemLineDetail",
        "DiscountLineDetail",
        "GroupLineDetail",
        "JournalEntryLineDetail",
        "AccountBasedExpenseLineDetail",
        "DepositLineDetail",
        "Entity",
        "CashBack",
        "BillAddr",
        "PrimaryEmailAddr",
        "PrimaryPhone",
    }
)
NEEDED: dict[str, tuple[str, ...]] = {
    "Invoice": ("TotalAmt", "TxnDate"),
    "CreditMemo": ("TotalAmt", "TxnDate"),
    "Payment": ("TotalAmt", "TxnDate"),
    "SalesReceipt": ("TotalAmt", "TxnDate"),
    "RefundReceipt": ("TotalAmt", "TxnDate"),
    "Purchase": ("TotalAmt", "TxnDate"),
    "Deposit": ("TotalAmt", "TxnDate"),
    "JournalEntry": ("TxnDate",),
    "Customer": ("DisplayName",),
    "Item": ("Name",),
}
WITHOUT_AMOUNT = ("DescriptionOnly", "SubTotalLineDetail", "GroupLineDetail")
LONGEST_ID = 20  # their longest seen has 19 digits
SHOWN = 60  # characters of a value that staff are shown
MOST_DIGITS = 15  # before the point; Python reads numbers of that many exactly
MOST_PLACES = 20
NAMES = 1000  # of fields, which are judged once

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_REFERENCE = re.compile(r"\w+Ref")
_CURRENCY = re.compile(r"[A-Z]{3}")


def unreadable_in(entity: str, source: Mapping[str, Any]) -> Unreadable | None:
    """The first field that cannot be read; None where all can."""
    for name in NEEDED.get(entity, ()):
        if source.get(name) in (None, ""):
            return Unreadable(name, shown(source[name]) if name in source else "missing")
    return next(_problems(source, ""), None)


def id_of(source: Mapping[str, Any]) -> str:
    """Their id; "" where it is none that anything could be kept under."""
    value = source.get("Id")
    return str(value) if _is_id(value) else ""


def shown(value: Any) -> str:
    """A value as staff are shown it."""
    if value is None:
        return "null"
    plain = value if isinstance(value, str) else repr(value)
    return (plain[: SHOWN - 1] + "…" if len(plain) > SHOWN else plain) or "empty"


def _problems(source: Mapping[str, Any], within: str) -> Iterator[Unreadable]:
    for name, value in source.items():
        reads_well = _reader_of(name)
        if reads_well is None:
            continue
        if not reads_well(name, value, source):
            yield Unreadable(f"{within}{name}", shown(value))
        elif name in LISTS:
            yield from _in_list(name, value or [], within)
        elif name in OBJECTS and value:
            yield from _problems(value, f"{within}{name} ")


def _in_list(name: str, listed: list[Any], within: str) -> Iterator[Unreadable]:
    for place, each in enumerate(listed, 1):
        at = f"{within}{name} {place}"
        if not isinstance(each, Mapping):
            yield Unreadable(at, shown(each))
            continue
        for needed in _needed_in(name, each):
            if each.get(needed) in (None, ""):
                yield Unreadable(
                    f"{at} {needed}", shown(each[needed]) if needed in each else "missing"
                )
        yield from _problems(each, f"{at} ")


def _needed_in(name: str, each: Mapping[str, Any]) -> tuple[str, ...]:
    if name == "LinkedTxn":
        return ("TxnId", "TxnType")
    words = name == "Line" and each.get("DetailType") in WITHOUT_AMOUNT
    return () if words else ("Amount",)


Reads = Callable[[str, Any, Mapping[str, Any]], bool]  # a field's name, its value, what holds it


@lru_cache(NAMES)
def _reader_of(name: str) -> Reads | None:
    """What tells whether a field can be read; None where anything may stand in it. Most fields of
    theirs are such, so that a name is judged once and not on each object."""
    if name in FIGURES:
        return _figure_reads
    of_a_value = _of_a_value(name)
    if of_a_value is None:
        return None
    return lambda _, value, __: value is None or value == "" or of_a_value(value)


def _of_a_value(name: str) -> Callable[[Any], bool] | None:
    if name in DAYS:
        return _is_day
    if name == "LastUpdatedTime":
        return _is_moment
    if name in ("TxnId", "SyncToken"):
        return _is_id
    if name in TEXTS:
        return _is_text
    if name in LISTS:
        return _is_list
    if name == "CurrencyRef":
        return _is_currency
    if _REFERENCE.fullmatch(name):
        return _is_reference
    return _is_object if name in OBJECTS else None


def _figure_reads(name: str, value: Any, within: Mapping[str, Any]) -> bool:
    if value is None or value == "":
        words = name == "Amount" and within.get("DetailType") in WITHOUT_AMOUNT
        return name not in MONEY or words
    return _is_figure(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_object(value: Any) -> bool:
    return isinstance(value, Mapping)


def _is_figure(value: Any) -> bool:
    if isinstance(value, float) and 1e-3 <= abs(value) < 10**MOST_DIGITS:
        return True  # Python writes 17 digits of it at most
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return False
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return False
    if not found.is_finite():
        return False
    exponent = found.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -MOST_PLACES and found.adjusted() < MOST_DIGITS


def _is_day(value: Any) -> bool:
    if not isinstance(value, str) or not _DAY.match(value):
        return False
    return _is_moment(value[:10])


def _is_moment(value: Any) -> bool:
    try:
        return moment(value) is not None
    except (ValueError, OverflowError):
        return False


def _is_id(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return False
    plain = str(value)
    return 0 < len(plain) <= LONGEST_ID and plain.isascii() and plain.isprintable()


def _is_currency(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return False
    wanted = value.get("value")
    return not value or (isinstance(wanted, str) and bool(_CURRENCY.fullmatch(wanted)))


def _is_reference(value: Any) -> bool:
    """An empty object is no reference; one that has anything has its id."""
    if not isinstance(value, Mapping):
        return False
    if not value:
        return True
    wanted = value.get("value")
    return wanted == "" or (
        isinstance(wanted, int | str)
        and not isinstance(wanted, bool)
        and 0 < len(str(wanted)) <= 2 * LONGEST_ID
        and str(wanted).isprintable()
    )
