"""What each customer owes as of a day: one figure, or every document that makes it up."""

from itertools import groupby

from .. import faults
from ..book import Book
from . import details, frame, people
from .aging import due_between, method
from .frame import Json, Params
from .periods import period_of, sent_day
from .receivables import Item, items_as_of, names

ALL_DATES = "all"


def balance_items(book: Book, params: Params) -> tuple[list[Item], str, str]:
    """The documents as of `report_date`, else the end of `date_macro`, else today; day and range."""
    macro = params.get("date_macro") or ""
    if macro and macro != ALL_DATES and not params.get("report_date"):
        day = period_of(book, {"date_macro": macro}).end
    else:
        day, macro = sent_day(params, "report_date", book.today), ALL_DATES
    wanted = frame.customers_asked(book, params)
    items = items_as_of(book, day, settled_since=method(params) == "Current")
    kept = [one for one in items if wanted is None or one.customer in wanted]
    return kept, day.isoformat(), macro.lower()


def customer_balance(book: Book, params: Params) -> Json:
    """`reports/CustomerBalance?report_date=`: a row a customer that owes or is owed, home currency."""
    frame.accrual_only(params)
    items, day, macro = balance_items(book, params)
    figures: people.Figures = {}
    for item in items:
        figures.setdefault(item.customer, [0])[0] += item.open_home
    figures = {customer: row for customer, row in figures.items() if any(row)}
    return frame.report(
        book,
        "CustomerBalance",
        (("", "Customer"), ("Total", "Money")),
        [
            *people.by_customer(book, figures, backwards=frame.order(params)),
            people.grand_total(figures, 1),
        ],
        empty=not figures,
        options=[("report_date", day)],
        Customer=params.get("customer", ""),
        DateMacro=macro,
    )


def customer_balance_detail(book: Book, params: Params) -> Json:
    """`reports/CustomerBalanceDetail?report_date=`: the documents, a section a customer.

    `arpaid` chooses what is open (the default), what is settled, or all.
    """
    items, day, macro = balance_items(book, params)
    paid = params.get("arpaid") or "Unpaid"
    if paid not in ("All", "Paid", "Unpaid"):
        raise faults.Refused("2170", f"{paid} is not All, Paid or Unpaid", "arpaid")
    items = [
        one
        for one in items
        if due_between(params, one) and (paid == "All" or bool(one.open) == (paid == "Unpaid"))
    ]
    called = names(book)
    columns = details.shown(book, params)
    items.sort(
        key=lambda one: (called[one.customer], one.customer, one.dated, one.stored.object_id)
    )
    rows = [
        details.section(called[customer], list(found), columns, identity=str(customer))
        for customer, found in groupby(items, key=lambda one: one.customer)
    ]
    rows.append(frame.total_row(*details.sums("TOTAL", items, columns), group=""))
    return frame.report(
        book,
        "CustomerBalanceDetail",
        details.heading(columns),
        rows,
        empty=not items,
        options=[("report_date", day)],
        Customer=params.get("customer", ""),
        DateMacro=macro,
    )
