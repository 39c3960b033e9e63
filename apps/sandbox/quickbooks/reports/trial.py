"""The trial balance: the ledger itself for control and pages, and the report with years closed."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Sum

from ...models import Posting, StoredObject
from .. import wire
from ..book import Book
from ..wire import cents
from . import frame
from .frame import Json, Params
from .periods import Period, fiscal_year_start, period_of

# Income and expenses; everything else is carried on from year to year.
PROFIT = ("Revenue", "Expense")
Sums = dict[int, int]


@dataclass(frozen=True)
class Row:
    """One account with its balance on one of the two sides, in the home currency."""

    account: str
    name: str
    type: str
    debit: Decimal
    credit: Decimal


def trial_balance(book: Book, until: date | None = None) -> list[Row]:
    """Accounts with a balance, in the order of the chart; debits and credits sum to the same.

    What was posted, and nothing else: no year is closed here.
    """
    return rows_of(accounts(book), posted(book, until))


def accounts(book: Book) -> list[StoredObject]:
    return list(book.objects("Account").order_by("object_id"))


def posted(book: Book, until: date | None = None) -> Sums:
    """Account -> debit less credit of everything up to a day, in cents."""
    rows = Posting.objects.filter(realm=book.company.realm)
    if until:
        rows = rows.filter(txn_date__lte=until)
    return dict(rows.values_list("account").annotate(total=Sum("cents")))


def rows_of(chart: list[StoredObject], sums: Sums) -> list[Row]:
    return [
        Row(
            account=str(account.object_id),
            name=account.content["FullyQualifiedName"],
            type=account.content["AccountType"],
            debit=wire.from_cents(max(amount, 0)),
            credit=wire.from_cents(max(-amount, 0)),
        )
        for account in chart
        if (amount := sums.get(account.object_id, 0))
    ]


def closed(book: Book, chart: list[StoredObject], period: Period) -> Sums:
    """Balances at the end of a period, older income and expenses in Retained Earnings.

    Nothing is posted for it: it is worked out whenever a report is run. Only what lies in the
    fiscal year of the period's last day stands on income and expenses.
    """
    begins = fiscal_year_start(book, period.end)
    if book.settings["trial_balance_profit"] == "range":
        begins = max(begins, period.start)
    older = Posting.objects.filter(realm=book.company.realm, txn_date__lt=begins)
    profit = {one.object_id for one in chart if one.content["Classification"] in PROFIT}
    sums = posted(book, period.end)
    retained = retained_earnings(chart)
    before = older.filter(account__in=profit).values_list("account")
    for account, amount in before.annotate(total=Sum("cents")):
        sums[account] -= amount
        sums[retained] = sums.get(retained, 0) + amount
    return sums


def retained_earnings(chart: list[StoredObject]) -> int:
    """The account that a company is opened with for what earlier years left."""
    return min(
        one.object_id
        for one in chart
        if one.content["AccountType"] == "Equity"
        and one.content["AccountSubType"] == "RetainedEarnings"
    )


def trial_balance_report(book: Book, params: Params) -> Json:
    """`reports/TrialBalance?start_date=&end_date=`."""
    frame.accrual_only(params)
    period, chart = period_of(book, params), accounts(book)
    closes = book.settings["fiscal_closing"]
    sums = closed(book, chart, period) if closes else posted(book, period.end)
    rows = rows_of(chart, sums)
    if frame.order(params):
        rows.reverse()
    debit = sum(cents(row.debit) for row in rows)
    credit = sum(cents(row.credit) for row in rows)
    return frame.report(
        book,
        "TrialBalance",
        (("", "Account"), ("Debit", "Money"), ("Credit", "Money")),
        [
            *(
                {"ColData": frame.cells(row.name, *sides(row), identity=row.account)}
                for row in rows
            ),
            frame.total_row("TOTAL", frame.money(debit), frame.money(credit)),
        ],
        empty=not rows,
        ReportBasis="Accrual",
        DateMacro=period.macro,
        StartPeriod=period.start.isoformat(),
        EndPeriod=period.end.isoformat(),
        SummarizeColumnsBy="Total",
    )


def sides(row: Row) -> tuple[str, str]:
    return frame.money(cents(row.debit)), frame.money(cents(row.credit))
