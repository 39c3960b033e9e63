"""The tax summary: the boxes of an agency's return for the sales of a period. Not for US companies."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Sum

from ...models import Posting, StoredObject
from .. import faults
from ..book import Book
from ..currencies import home_cents
from ..posting import rate_of
from ..wire import cents
from . import frame
from .frame import Json, Params
from .periods import Period, period_of

# What a sale adds to a return, with its sign.
SALES = {"Invoice": 1, "SalesReceipt": 1, "CreditMemo": -1, "RefundReceipt": -1}

# What is sold under these is on no return, though a document lists it.
OUTSIDE_SCOPE = ("No VAT", "Out of scope")


@dataclass(frozen=True)
class Box:
    """A line of a return: `of` names what it adds up; a total is written as a section's summary."""

    group: str
    words: str
    of: tuple[str, ...] = ()
    is_total: bool = False


# The lines of the forms themselves: VAT 100, GST34, BAS. Purchases bear no tax here.
RETURNS: dict[str, tuple[Box, ...]] = {
    "GB": (
        Box("Box 1", "VAT due in the period on sales and other outputs", ("tax",)),
        Box("Box 2", "VAT due in the period on acquisitions of goods from the EU"),
        Box("Box 3", "Total VAT due", ("tax",), is_total=True),
        Box("Box 4", "VAT reclaimed in the period on purchases and other inputs"),
        Box("Box 5", "Net VAT to pay or reclaim", ("tax",), is_total=True),
        Box("Box 6", "Total value of sales and other supplies, excluding VAT", ("net",)),
        Box("Box 7", "Total value of purchases and other inputs, excluding VAT"),
    ),
    "CA": (
        Box("Line 101", "Sales and other revenue", ("net",)),
        Box("Line 103", "GST/HST collected or collectible", ("tax",)),
        Box("Line 105", "Total GST/HST and adjustments", ("tax",), is_total=True),
        Box("Line 106", "Input tax credits"),
        Box("Line 109", "Net tax", ("tax",), is_total=True),
    ),
    "AU": (
        Box("G1", "Total sales, including GST", ("net", "tax")),
        Box("1A", "GST on sales", ("tax",), is_total=True),
        Box("1B", "GST on purchases", is_total=True),
    ),
}


def tax_summary(book: Book, params: Params) -> Json:
    """`reports/TaxSummary?agency_id=&start_date=&end_date=`, home currency.

    Raises 5030 in a US company, 2020 without an agency, 2500 for one that does not exist.
    """
    boxes = RETURNS.get(book.company.country)
    if boxes is None:
        raise faults.Refused("5030", "TaxSummary is not supported for US companies.")
    if not params.get("agency_id"):
        raise faults.missing("agency_id")
    frame.accrual_only(params)
    agency = book.referred("TaxAgency", params["agency_id"])
    period = period_of(book, params)
    sums = due_to(book, agency, period)
    rows = [box_row(box, sum(sums[name] for name in box.of)) for box in boxes]
    if frame.order(params):
        rows.reverse()
    return frame.report(
        book,
        "TaxSummary",
        (("", "String"), ("Total", "Money")),
        rows,
        empty=not any(sums.values()),
        DateMacro=period.macro,
        StartPeriod=period.start.isoformat(),
        EndPeriod=period.end.isoformat(),
        SummarizeColumnsBy="Total",
    )


def box_row(box: Box, amount: int) -> Json:
    words = f"{box.group} {box.words}"
    if box.is_total:
        return frame.total_row(words, frame.total(amount), group=box.group)
    return {"ColData": frame.cells(words, frame.money(amount)), "group": box.group}


def due_to(book: Book, agency: StoredObject, period: Period) -> dict[str, int]:
    """Tax and net of an agency's sales in a period, home cents: the tax as it was posted."""
    sold = list(
        StoredObject.objects.filter(
            realm=book.company.realm,
            kind__in=SALES,
            deleted=False,
            txn_date__range=(period.start, period.end),
        )
    )
    account = agency.content["TaxTrackedOnSalesAccountRef"]["value"]
    rates = {
        str(one.object_id)
        for one in book.everything("TaxRate")
        if one.content["AgencyRef"]["value"] == str(agency.object_id)
        and one.content["Name"] not in OUTSIDE_SCOPE
    }
    return {
        "tax": -posted_on(book, int(account), [one.object_id for one in sold]),
        "net": sum(SALES[one.kind] * net_under(one, rates) for one in sold),
    }


def posted_on(book: Book, account: int, txns: Iterable[int]) -> int:
    """What these transactions debit less credit on one account."""
    wanted = set(txns)
    rows = Posting.objects.filter(realm=book.company.realm, account=account)
    per_txn = rows.values_list("txn").annotate(total=Sum("cents"))
    return sum(amount for txn, amount in per_txn if txn in wanted)


def net_under(stored: StoredObject, rates: set[str]) -> int:
    """What a sale is worth under these rates, rates of nil included, before tax."""
    total = 0
    for line in stored.content.get("TxnTaxDetail", {}).get("TaxLine", ()):
        detail = line["TaxLineDetail"]
        if detail["TaxRateRef"]["value"] in rates:
            total += home_cents(cents(detail["NetAmountTaxable"]), rate_of(stored.content))
    return total
