"""Books of the worked ledger that agree with ours, worked out by hand.

The worked ledger tells one total, its receivable by currency and day. On it stand here (debits and
credits of the receivable, pounds but for one euro invoice):

    02 Mar  invoice of 25,000.00                      25,000.00 Dr   → 25,000.00
    10 Mar  invoice of EUR 200.00                     EUR 200.00 Dr
    16 Mar  payment, three receipts there             25,000.00 Cr   →      0.00
    18 Mar  invoice of 100.00                            100.00 Dr   →    100.00
    20 Mar  payment, 60.00 and 30.00 set against it      100.00 Cr   →      0.00
    24 Mar  refund of what was left of it                 10.00 Dr   →     10.00
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from apps.billing.actions import allocate, pay_refund
from apps.billing.models import Invoice, Payment, Refund
from apps.connections.courier import ReadCourier
from apps.connections.lifecycle import open_connector
from apps.reconciliation.compare import compare
from apps.reconciliation.figures import Comparison, Explanation
from apps.reconciliation.theirs import Theirs, theirs_of
from apps.staff.models import User
from apps.sync.models import IN_DOUBT, State, SyncRecord
from tests.factories import make_customer, make_invoice, make_item, make_payment
from tests.worked.works import Works

MID_MARCH, END_OF_MARCH = date(2026, 3, 15), date(2026, 3, 31)


@dataclass
class Example:
    """The books of the table above, in agreement."""

    works: Works
    large: Invoice
    three: Payment  # receipts 1, 2 and 3 there
    euros: Invoice
    small: Invoice
    shared: Payment  # receipt 4
    refund: Refund
    seconds: int = 0

    def compare(self, on: date = END_OF_MARCH) -> Comparison:
        """Their limit of requests a minute is not what is tried."""
        self.seconds += 61
        self.works.service.move_clock(self.seconds)
        return compare(self.works.connection, as_of=on)

    def owed(self, on: date = END_OF_MARCH) -> Mapping[str, Decimal]:
        """By their books, asked of the simulation and not of the connector."""
        return self.works.service.receivable(self.works.organisation, on)

    def there(self, invoice: Invoice) -> str:
        found = [each for each in self.works.theirs("invoice") if each["number"] == invoice.number]
        return str(found[0]["id"])


def until_calm(works: Works) -> None:
    for _ in range(12):
        works.run()
        if not SyncRecord.objects.filter(state__in=[State.WAITING, *IN_DOUBT]).exists():
            break
        time.sleep(0.05)
    stuck = SyncRecord.objects.exclude(state__in=[State.IN_THE_BOOKS, State.LEFT_OUT])
    assert [(each.kind, each.state, each.sentence) for each in stuck] == []


def books_of_the_table(works: Works) -> Example:
    customer, item = make_customer(works.company), make_item(works.company)
    large = make_invoice(customer=customer, lines=[(item, 1, 25000)])
    three = make_payment(invoice=large, method=works.method)
    euros = make_invoice(
        customer=make_customer(works.company, currency="EUR"),
        lines=[(item, 1, 200)],
        currency="EUR",
        exchange_rate=Decimal("0.85"),
        issue_date=date(2026, 3, 10),
    )
    until_calm(works)
    small = make_invoice(customer=customer, issue_date=date(2026, 3, 18))
    on = date(2026, 3, 20)
    shared = make_payment(customer=customer, amount=100, method=works.method, date=on)
    for part in (60, 30):
        allocate(shared, small, Decimal(part), on=on)
    refund = pay_refund(
        shared, amount=Decimal(10), on=date(2026, 3, 24), method=works.method, reason="Too much"
    )
    until_calm(works)
    return Example(works, large, three, euros, small, shared, refund)


def by_currency(found: Comparison) -> dict[str, tuple[Decimal, Decimal]]:
    """Ours and theirs."""
    return {line.currency: (line.ours, line.theirs) for line in found.totals}


def both(**amounts: str) -> dict[str, tuple[Decimal, Decimal]]:
    return {currency: (Decimal(each), Decimal(each)) for currency, each in amounts.items()}


def explanations(found: Comparison) -> list[Explanation]:
    return [each for line in found.totals for each in line.explanations]


def typed(works: Works, amount: str, dated: str, remark: str = "") -> None:
    contact = works.theirs("contact")[0]["id"]
    money = {"currency": "GBP", "rate": "1.000000", "amount": amount}
    body = {"contact": contact, "dated": dated, "remark": remark, **money}
    works.act("POST", "/receipts", body)


def read(works: Works) -> Theirs:
    """Their side as of the end of March."""
    with ReadCourier(works.connection) as courier:
        return theirs_of(open_connector(works.connection), courier, END_OF_MARCH)


def fay() -> User:
    return User.objects.get(name="Fay")
