"""Ten tasks of a day, each from its first page, with every click and every field that is filled counted.

`BEFORE` was measured by the same hand over the same world on d03febf2, before the form of invoices was
made anew: none costs more than it did then.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from apps.billing.models import ActLimit, BankAccount, Customer, Deposit, Invoice, Item
from apps.connections.models import Connection
from apps.mappings.models import Mapping
from apps.reconciliation.models import ReviewItem, ReviewWeek
from apps.reconciliation.review.listing import refresh
from apps.staff.models import User
from apps.sync.models import Conflict, RemoteRecord, SyncRecord, packed
from tests.backoffice.world import World
from tests.factories import (
    make_customer,
    make_invoice,
    make_item,
    make_method,
    make_payment,
    make_tax_rate,
    make_term,
)
from tests.journeys.clicks import Cost, Hand

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MOST_TO_ISSUE, MOST_FOR_A_CHEQUE = 12, 5  # clicks

BEFORE = {
    "issue an invoice of three lines": Cost(clicks=11, fields=7),
    "receive a cheque over three invoices": Cost(clicks=5, fields=3),
    "credit an invoice, and set it against it": Cost(clicks=8, fields=2),
    "amend an issued invoice": Cost(clicks=4, fields=3),
    "decide what was changed on both sides": Cost(clicks=4, fields=0),
    "send a failed record again": Cost(clicks=3, fields=0),
    "map what is missing": Cost(clicks=3, fields=0),
    "make a bank deposit": Cost(clicks=4, fields=1),
    "export this month's invoices": Cost(clicks=5, fields=1),
    "sign off the week": Cost(clicks=2, fields=1),
}


class Day:
    """A world with something to do of each kind."""

    def __init__(self, fay: User) -> None:
        self.fay, self.world = fay, World(fay)
        company = self.company = self.world.company
        self.today: date = company.today()
        company.amend_allowed = True
        company.save()
        ActLimit.objects.all().delete()
        lantern = self.world.records[Item]
        terms = make_term(company, name="Net 30", due_days=30)
        self.shop = make_customer(company, name="Kestrel Cycles", terms=terms)
        for _ in range(4):
            self._sold(self.shop, (lantern, 10, 10))
        books = make_customer(company, name="Harbour Books")
        self.wrong = self._sold(books, (lantern, 10, 10), ("Box", 1, 5))
        self.back = self._sold(books, ("Desk", 1, 80))
        make_item(company, code="BOOK-1", name="Pattern book", unit_price="5.00",
                  tax_rate=make_tax_rate(company, 20, code="S20", name="Standard"))  # fmt: skip
        make_item(company, code="BOX-1", name="Gift box", unit_price="1.20")
        bank = BankAccount.objects.create(company=company, name="Barclays", currency="GBP")
        card = make_method(company, name="Card", bank_account=bank)
        for amount in (60, 40):
            make_payment(customer=self.shop, amount=amount, method=card, date=self.today)
        self._connected()
        self._to_be_signed()

    def _sold(self, customer: Customer, *lines: Any) -> Invoice:
        return make_invoice(customer=customer, issue_date=self.today, lines=lines)

    def _connected(self) -> None:
        """Live for ten days; over there the customer of the conflict still stands."""
        Connection.objects.update(
            stage="live",
            settings_fingerprint="as it is",
            trial_fingerprint="as it is",
            trial_matched_at=timezone.now(),
            created_at=timezone.now() - timedelta(days=10),
        )
        record = Conflict.objects.get().sync_record
        RemoteRecord.objects.create(
            connection=record.connection,
            kind="Customer",
            remote_id="61",
            of_kind="customer",
            name="Bell & Daughters",
            sync_record=record,
            packed_raw=packed({"Id": "61", "SyncToken": "0", "DisplayName": "Bell & Daughters"}),
            arrival=RemoteRecord.Arrival.APPLIED,
            read_at=timezone.now(),
        )

    def _to_be_signed(self) -> None:
        refresh(self.company)
        ReviewItem.objects.filter(ended_at=None).update(owner=self.fay, due_on=self.today)


def issue(hand: Hand, day: Day) -> None:
    """Lines open by themselves, totals and due date are there before anything is saved."""
    page = hand.page
    hand.menu("Invoices")
    hand.press(page.locator("a[href$='/billing/invoice/add/']").first)
    hand.find("id_customer", "Kestrel")
    for place, (code, quantity) in enumerate((("LAN-1", "3"), ("BOOK-1", "2"), ("BOX-1", "5"))):
        hand.find(f"id_lines-{place}-item", code)
        hand.fill(page.locator(f"#id_lines-{place}-quantity"), quantity)
    running = page.locator("[data-running=sums]")
    expect(running.locator(".t-strong")).to_contain_text("55.50")  # 37.50, 10.00 with 2.00, 6.00
    expect(page.locator("[data-running=due]")).to_contain_text("by the terms “Net 30”")
    before = Invoice.objects.count()
    hand.button("Save and issue")
    expect(page.locator("main")).to_contain_text("55.50 GBP to Kestrel Cycles, due on ")
    hand.button("Issue")
    expect(page.get_by_text(re.compile("Issued as INV-.*: 55.50 GBP to Kestrel"))).to_be_visible()
    assert Invoice.objects.count() == before + 1
    assert Invoice.objects.latest("pk").lines.count() == 3


def receive(hand: Hand, day: Day) -> None:
    page = hand.page
    hand.menu("Payments")
    hand.link("Receive payment")
    hand.fill(page.get_by_label("Customer, or the number of an open invoice"), "Kestrel")
    page.keyboard.press("Enter")
    hand.fill(page.get_by_label("Amount (GBP)"), "300.00")
    hand.choose(page.get_by_label("Payment method"), "Bank transfer (GBP)")
    hand.fill(page.get_by_label("Reference"), "CHQ 12")
    hand.button("Receive payment")
    expect(page.get_by_text("300.00 GBP received.")).to_be_visible()
    assert Invoice.objects.filter(customer=day.shop, balance_due=0).count() == 3


def opened(hand: Hand, invoice: Invoice) -> None:
    """An invoice that is known by its number."""
    hand.menu("Invoices")
    hand.fill(hand.page.locator("#searchbar"), str(invoice.number))
    hand.page.keyboard.press("Enter")
    hand.link(str(invoice.number))


def credit(hand: Hand, day: Day) -> None:
    opened(hand, day.back)
    hand.link("Credit this invoice")
    hand.fill(hand.page.get_by_label("Reason"), "Sent back")
    hand.button("Make it, and go on to issue it")
    hand.button("Issue")
    expect(hand.page.get_by_text(f"80.00 GBP of it is set against {day.back}.")).to_be_visible()
    day.back.refresh_from_db()
    assert (day.back.credited, day.back.balance_due) == (80, 0)


def amend(hand: Hand, day: Day) -> None:
    opened(hand, day.wrong)
    hand.link("Amend")
    hand.fill(hand.page.locator("#id_lines-0-quantity"), "8")
    hand.fill(hand.page.get_by_label("Reason"), "Two fewer came")
    hand.button("Amend")
    said = "Line 1, Brass lantern: quantity 10, net 100.00 → quantity 8, net 80.00"
    expect(hand.page.get_by_text(said)).to_be_visible()
    day.wrong.refresh_from_db()
    assert day.wrong.total == Decimal(85)


def decide(hand: Hand, day: Day) -> None:
    hand.line("Changed on both sides")
    hand.link("Customer Bell & Daughters")
    hand.link("Put ours back")
    hand.button("Put ours back")
    expect(hand.page.locator("main")).to_contain_text("Ours stands")
    assert Conflict.objects.get().decided_at is not None


def send_again(hand: Hand, day: Day) -> None:
    hand.line("Records that failed")
    hand.link("Invoice INV-2026-00002")
    hand.button("Retry")
    expect(hand.page.get_by_text("It will be tried again now.")).to_be_visible()
    assert SyncRecord.objects.get(pk=day.world.record.pk).state == "waiting"


def map_missing(hand: Hand, day: Day) -> None:
    hand.line("Not mapped for")
    hand.choose(hand.page.get_by_label("Card: account"), "Undeposited Funds")
    hand.button("Save")
    expect(hand.page.get_by_text("1 choice saved").first).to_be_visible()
    assert Mapping.objects.filter(code__name="Undeposited Funds").exists()


def deposit(hand: Hand, day: Day) -> None:
    hand.menu("Bank deposits")
    hand.link("Make bank deposit")
    hand.link("Look through")
    hand.fill(hand.page.get_by_label("Amount on the bank statement"), "100.00")
    hand.button("Make bank deposit")
    expect(hand.page.get_by_text("Bank deposit made: 100.00 GBP on Barclays.")).to_be_visible()
    assert Deposit.objects.latest("pk").total == 100


def export(hand: Hand, day: Day) -> None:
    hand.menu("Invoices")
    hand.press(hand.page.get_by_text("Filters").first)
    first = day.today.replace(day=1).isoformat()
    hand.fill(hand.page.locator("[name=issue_date_from]"), first)
    hand.button("Apply Filters")
    hand.link("Export")
    with hand.page.expect_download() as file:
        hand.button("Export")
    assert file.value.suggested_filename.endswith(".xlsx")


def sign(hand: Hand, day: Day) -> None:
    hand.line("Unsigned weeks of")
    hand.fill(hand.page.get_by_label("Remark"), "All known.")
    hand.button("Sign a week of the review")
    expect(hand.page.get_by_text("All known.").first).to_be_visible()
    assert ReviewWeek.objects.latest("pk").signed_by == day.fay


# In the order of a day; what one does is not in the way of the next.
TASKS: list[Callable[[Hand, Day], None]] = [
    issue, receive, credit, amend, decide, send_again, map_missing, deposit, export, sign,
]  # fmt: skip


def test_no_daily_task_costs_more_than_it_did(
    staff: dict[str, User], enter: Any, pictures: Path
) -> None:
    day = Day(staff["Fay"])
    page = enter(staff["Fay"], 1440)
    told: dict[str, Cost] = {}
    for name, task in zip(BEFORE, TASKS, strict=True):
        page.goto("/admin/")
        hand = Hand(page)
        task(hand, day)
        told[name] = hand.cost
    (pictures / "clicks.txt").write_text(
        "\n".join(f"{name}: {cost}" for name, cost in told.items())
    )
    more = {
        name: (before, told[name])
        for name, before in BEFORE.items()
        if told[name].clicks > before.clicks or told[name].fields > before.fields
    }
    assert more == {}
    assert told["issue an invoice of three lines"].clicks <= MOST_TO_ISSUE
    assert told["receive a cheque over three invoices"].clicks <= MOST_FOR_A_CHEQUE
    # What was made shorter stays so.
    assert told["issue an invoice of three lines"] == Cost(clicks=8, fields=7)
    assert told["receive a cheque over three invoices"] == Cost(clicks=4, fields=3)
    assert told["credit an invoice, and set it against it"] == Cost(clicks=5, fields=2)
