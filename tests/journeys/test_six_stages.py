"""From "connected" to "live" in a browser, for each ledger, into books that are full already.

A part of what their company holds is ours under slightly different names, and some only looks so.
What stands there in the end is counted in their own books.
"""

import json
import os
import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from playwright.sync_api import Page, expect

from apps.billing.models import Invoice, PaymentMethod
from apps.connections.lifecycle import open_connector
from apps.connectors.snapshots import Kind
from apps.mappings.models import Mapping as Mapped
from apps.staff.models import User
from apps.sync import tasks
from apps.sync.decide.matching import accept, reject
from apps.sync.match.pairs import Matches, Pair, matches
from apps.sync.models import Call, On, Reason, RemoteRecord, State, SyncRecord
from apps.sync.run import run_connection
from tests.books import Books
from tests.factories import make_company, make_invoice, make_method, make_tax_rate
from tests.journeys.filling import FEWER, FILLINGS, WHOLE, Filling, Sale, Size
from tests.journeys.looks import Looks
from tests.journeys.opened import closed, consent, opened, read_there
from tests.sandbox_server import SandboxServer
from tests.sync.match.town import settle_here

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# By hand: TIEOUT_WALK_WHOLE=1 walks with 300 customers, 80 items and 500 invoices there.
SIZE = WHOLE if os.environ.get("TIEOUT_WALK_WHOLE") else FEWER
CUT_OFF = date(2026, 3, 1)
BEFORE, SINCE = date(2026, 2, 10), date(2026, 3, 2)
Keys = set[tuple[int, int]]
KINDS = (Kind.CUSTOMER, Kind.ITEM)
# What is chosen where nothing is proposed: ours → theirs.
CHOSEN: Mapping[str, Mapping[str, str]] = {
    "quickbooks": {"Sales account by default": "Sales of Product Income"},
    "xero": {"Sales account by default": "200 Sales"},
    "freshbooks": {},
}


class Walk:
    """Fay on her way through the pages of one ledger; what a worker would do meanwhile is called as the
    worker calls it."""

    def __init__(self, page: Page, books: Books, size: Size, looks: Looks, fay: User) -> None:
        self.page, self.books, self.size, self.looks, self.fay = page, books, size, looks, fay
        self.customers_there, self.items_there, self.invoices_there = FILLINGS[books.system].kinds
        self.folk, self.goods = size.town(len(books.theirs(self.items_there)))
        self.only_here = [*(one for one, _ in self.folk.alike), *self.folk.only_here]
        self.own_items = [*(one for one, _ in self.goods.alike), *self.goods.only_here]
        self.told: dict[str, Any] = {}  # what was counted on the way

    # --- Before she begins

    def settle_here(self) -> None:
        """Our customers, items and an invoice for each customer: those of the customers who are theirs
        too stand over there as well."""
        company = self.books.company
        people, things = settle_here(company, self.folk, self.goods)
        self.method = make_method(company, name="Bank transfer")
        if self.books.system == "xero":
            PaymentMethod.objects.update(posts_to="bank")
        rate = make_tax_rate(company, 20, name="VAT 20 %", code="VAT20")
        both = len(self.folk.same)
        self.invoices = []
        for number, customer in enumerate(people):
            dated = BEFORE if number < both - self.size.typed_since else SINCE
            line = (things[number % len(things)], 1, 10 + number)
            self.invoices.append(make_invoice(customer=customer, lines=[line], issue_date=dated))
        # One that shows most of what can go wrong: tax, a discount, two lines.
        has_discounts = self.books.system != "freshbooks"  # of a line: there it is in its price
        off = {"discount_percent": Decimal(10)} if has_discounts else {}
        lines = [(things[-1], 2, 40, rate, off), (things[-2], 3, 15, rate)]
        self.shown = make_invoice(customer=people[-1], lines=lines, issue_date=SINCE)

    def fill_there(self) -> None:
        filling: Filling = FILLINGS[self.books.system](self.books)
        both = len(self.folk.same)
        sales = [
            Sale(
                number=str(each.number),
                customer=place,
                total=each.total,
                dated=each.issue_date,
            )
            for place, each in enumerate(self.invoices[:both])
        ]
        for number in range(self.size.invoices - both):
            # Of theirs that none of ours is like, so that none of these is anybody's of ours.
            whose = len(self.folk.there) - 1 - number % len(self.folk.only_there)
            sales.append(
                Sale(
                    number=f"T-{number}", customer=whose, total=Decimal(900 + number), dated=BEFORE
                )
            )
        filling.fill(self.folk.there, self.goods.there, sales)
        self.before = self.standing()
        assert list(self.before.values()) == [*self.size.there, self.size.invoices]

    def standing(self) -> dict[str, int]:
        kinds = (self.customers_there, self.items_there, self.invoices_there)
        return {kind: len(self.books.theirs(kind)) for kind in kinds}

    # --- The stages

    def connect(self) -> None:
        page = self.page
        page.goto("/admin/connections/connection/connect/")
        self.looks.at("1-directory")
        consent(page, self.books)
        expect(page.get_by_text(re.compile("Reading .* …"))).to_be_visible()
        self.looks.at("1-reading", asks_again=True)
        self.connection = self.books.connection = read_there(page)
        expect(page.get_by_text("Is this the right company?").last).to_be_visible()
        facts = page.locator("table", has_text="Home currency")
        for figure in map(str, self.before.values()):
            expect(facts).to_contain_text(figure)
        self.looks.at("1-right-company")
        page.get_by_role("button", name="Yes, this is the right company").click()
        expect(page.get_by_text("A check before anything goes over")).to_be_visible()
        self.looks.at("1-check")
        for each in page.locator("fieldset").all():
            if each.locator("input[type=radio]").count():
                each.locator("input[type=radio]").first.check()
        page.get_by_role("button", name="Save the answers").click()
        expect(page.get_by_text("The check is done").last).to_be_visible()

    def say_whose(self) -> None:
        page = self.page
        page.get_by_role("link", name="Go on: what is whose").click()
        page.get_by_label("Send what is dated on or after").fill(CUT_OFF.isoformat())
        page.get_by_role("button", name="Show what falls on each side").click()
        preview = page.locator("#preview")
        open_here = len(self.folk.same) - self.size.typed_since
        open_there = self.before[self.invoices_there] - self.size.typed_since
        expect(preview).to_contain_text(f"{open_here} invoices in Tieout, {open_there} in")
        self.looks.at("2-whose")
        page.get_by_role("button", name="Save the answers").click()
        if page.locator("[name=sure]").count():
            page.locator("[name=sure]").check()
            page.get_by_role("button", name="Save the answers").click()
        expect(page.get_by_role("link", name="Go on: map")).to_be_visible()
        self.looks.at("2-settled")

    def map(self) -> None:
        page = self.page
        page.get_by_role("link", name="Go on: map").click()
        self.looks.at("3-map")
        together = page.get_by_role("button", name=re.compile("^Accept all"))
        if together.count():
            together.click()
            expect(page.get_by_text("saved").first).to_be_visible()
        taken = set(Mapped.objects.values_list("subject", flat=True))
        assert taken <= {"income", "item_account", "term", "method"}, "taken unseen"
        self.told["mapped together"] = Mapped.objects.count()
        chosen = CHOSEN[self.books.system]
        while (row := page.locator(".t-row", has=page.locator(".t-bad")).first).count():
            words = row.locator("label").inner_text()
            take = row.get_by_role("button", name=re.compile("^Take it"))
            if take.count():
                take.click()
            else:
                theirs = next((each for ours, each in chosen.items() if ours in words), "")
                select = row.locator("select")
                select.select_option(**({"label": theirs} if theirs else {"index": 1}))
                page.get_by_role("button", name="Save", exact=True).click()
            expect(page.get_by_text("saved").first).to_be_visible()
        expect(page.get_by_text("Everything that is needed is chosen")).to_be_visible()
        self.looks.at("3-mapped")

    def match(self) -> None:
        page = self.page
        page.get_by_role("link", name="Go on: match").click()
        self.looks.at("4-exact")
        self.planted, self.alike = self.keys_of("same"), self.keys_of("alike")
        assert sum(map(len, self.planted.values())) == sum(self.size.same)
        assert sum(map(len, self.alike.values())) == sum(self.size.alike)
        missed = wrong = exact_ones = 0
        for kind in KINDS:
            found = self.found(kind)
            proposed, exact = keys(found.pairs), keys(found.exact)
            missed += len(self.planted[kind] - proposed)
            wrong += len(exact - self.planted[kind])
            exact_ones += len(exact)
            self.accept_all_exact(kind)
            assert self.tied(kind) == exact, "more or less than what was exact"
        self.told["planted missed"], self.told["exact and wrong"] = missed, wrong
        self.told["accepted together"] = exact_ones
        accepted = sum(len(self.tied(kind) & self.alike[kind]) for kind in KINDS)
        self.told["look-alikes accepted together"] = accepted
        assert (missed, wrong, accepted) == (0, 0, 0), str(self.told)
        assert exact_ones * 4 > sum(self.size.same), "too few are told without a person"
        self.decide_the_likely()
        self.take_what_both_have()
        self.link_what_was_open()

    def found(self, kind: Kind) -> Matches:
        return matches(self.connection, open_connector(self.connection), kind)

    def accept_all_exact(self, kind: Kind) -> None:
        self.page.goto(f"{self.page.url.split('?')[0]}?kind={kind.value}")
        self.page.get_by_role("button", name=re.compile("^Accept all")).click()
        expect(self.page.get_by_text("nothing was sent").first).to_be_visible()
        while left := self.found(kind).exact:  # what the worker does with what goes on behind
            tasks.match_many(self.connection.pk, kind.value, "accept", self.fay.pk, 0)
            assert len(self.found(kind).exact) < len(left)

    def keys_of(self, which: str) -> dict[Kind, Keys]:
        """Pairs of the town by the keys of our record and of theirs."""
        found = {}
        for kind, some in ((Kind.CUSTOMER, self.folk), (Kind.ITEM, self.goods)):
            told = self.found(kind)
            here = {each.name: key for key, each in told.here.items()}
            there = {each.name: key for key, each in told.there.items()}
            found[kind] = {
                (here[one.name], there[other.name]) for one, other in getattr(some, which)
            }
        return found

    def tied(self, kind: Kind) -> Keys:
        rows = RemoteRecord.objects.filter(
            connection=self.connection, of_kind=kind, sync_record__isnull=False, part=""
        )
        return set(rows.values_list(f"sync_record__{kind.value}", "pk"))

    def decide_the_likely(self) -> None:
        """The first of each kind by hand, the others by what the same buttons do."""
        page, likely = self.page, 0
        for kind in KINDS:
            page.goto(f"{page.url.split('?')[0]}?kind={kind.value}&section=likely")
            if kind == Kind.CUSTOMER:
                self.looks.at("4-likely")
            likely += len(self.found(kind).likely)
            self.accept_one(kind)
            self.reject_one(kind)
            with transaction.atomic():
                for pair in self.found(kind).likely:
                    same = (pair.ours, pair.theirs) in self.planted[kind]
                    told = (self.connection, kind, pair.ours, pair.theirs)
                    if same:
                        accept(*told, user_id=self.fay.pk)
                    else:
                        reject(*told, user_id=self.fay.pk, reason="They are two companies.")
        self.told["likely, decided by a person"] = likely
        for kind in KINDS:
            assert self.tied(kind) == self.planted[kind]

    def accept_one(self, kind: Kind) -> None:
        one, other = self.find_one(kind, self.planted[kind])
        said = f"{one} is the same as {other}"
        self.page.get_by_role("button", name=said, exact=True).click()
        expect(self.page.get_by_text("They are one now").first).to_be_visible()

    def reject_one(self, kind: Kind) -> None:
        """Two that only look alike: asked why."""
        page, (one, other) = self.page, self.find_one(kind, self.alike[kind])
        page.get_by_label(f"{one} is not the same as {other}", exact=True).click()
        page.get_by_label("Why not", exact=True).first.fill("Another one of that name")
        page.get_by_role("button", name=f"{one} and {other} are two", exact=True).click()
        expect(page.get_by_text("Kept apart").first).to_be_visible()

    def find_one(self, kind: Kind, of: Keys) -> tuple[str, str]:
        """The first of these that is asked about, found by its name: ours and theirs."""
        page, found = self.page, self.found(kind)
        ours, theirs = min(of & keys(found.likely))
        one, other = found.here[ours].name, found.there[theirs].name
        page.get_by_label("Find by name").fill(one)
        page.get_by_role("button", name="Find", exact=True).click()
        return one, other

    def take_what_both_have(self) -> None:
        """Invoices of since the cut-off that both sides have: known by number, customer, day and amount."""
        page = self.page
        page.reload()
        tabs = page.get_by_role("navigation", name="What is matched")
        waits = str(self.size.typed_since)
        tabs.get_by_role("link", name=f"Invoices {waits}", exact=True).click()
        self.looks.at("4-invoices")
        page.get_by_role("button", name=re.compile("^Link all")).click()
        expect(page.get_by_text("nothing was sent").first).to_be_visible()
        tasks.match_many(self.connection.pk, Kind.INVOICE.value, "accept", self.fay.pk, 0)
        there = SyncRecord.objects.filter(connection=self.connection, kind=Kind.INVOICE)
        self.told["adopted of since the cut-off"] = there.filter(state=State.IN_THE_BOOKS).count()
        assert self.told["adopted of since the cut-off"] == self.size.typed_since
        page.reload()
        expect(page.get_by_text("Nothing is left to decide").first).to_be_visible()
        self.looks.at("4-matched")

    def link_what_was_open(self) -> None:
        """Invoices of before the cut-off that both sides have: known by number, customer and amount."""
        page = self.page
        page.get_by_role("link", name="Open at the cut-off", exact=True).first.click()
        here = page.url
        page.goto(f"{here}?q=Copper")  # two hundred rows take axe as long as the whole way
        self.looks.at("4-open")
        page.goto(here)
        while (button := page.get_by_role("button", name=re.compile("^Link the .* agree"))).count():
            button.click()
            expect(page.get_by_text("neither side is written").first).to_be_visible()
        linked = SyncRecord.objects.filter(connection=self.connection, opening=True).count()
        self.told["adopted of before the cut-off"] = linked
        assert linked == len(self.folk.same) - self.size.typed_since

    def test(self) -> None:
        page = self.page
        assert self.standing() == self.before, "something was made before the test invoice"
        assert not self.writing_calls(), "something left before the test invoice"
        page.goto(f"/admin/connections/connection/{self.connection.pk}/test-invoice/")
        expect(
            page.get_by_text(re.compile("Proposed because it has tax.* and 2 lines"))
        ).to_be_visible()
        assert str(self.shown.pk) == page.get_by_label("Which invoice").input_value()
        self.looks.at("5-test")
        page.get_by_role("button", name="Send the test invoice").click()
        expect(page.get_by_role("heading", name=re.compile("It matched"))).to_be_visible()
        assert page.locator(".t-differs").count() == 0
        self.looks.at("5-matched")

    def writing_calls(self) -> bool:
        return Call.objects.filter(may_have_left_until__isnull=False).exists()

    def go_live(self) -> None:
        page = self.page
        page.get_by_role("link", name="Go on: go live").click()
        expect(page.get_by_role("heading", name="What the first run will do")).to_be_visible()
        for what, figure in (
            ("customers", len(self.only_here) - 1),
            ("items", len(self.own_items) - 2),
        ):  # less the test's own
            row = page.locator("tr", has_text=f"New {what} in")
            expect(row).to_contain_text(str(figure))
        self.looks.at("6-go-live")
        page.get_by_role("button", name="Go live").click()
        expect(page.get_by_text(re.compile("is live")).first).to_be_visible()
        self.looks.at("6-running", asks_again=True)
        with closed(page):
            self.run_until_idle()
        left = self.not_in_the_books()
        shown = "on the way|need.* a person" if left else "Everything is in the books"
        expect(page.get_by_role("heading", name=re.compile(shown))).to_be_visible()
        self.looks.at("6-ended", asks_again=bool(left))
        page.get_by_role("link", name="To the connection").click()
        expect(page.get_by_role("heading", name="What happens by itself")).to_be_visible()
        self.looks.at("7-connection")

    def run_until_idle(self) -> None:
        for _ in range(30):
            run = run_connection(self.connection.pk, get=True)
            assert run is not None
            if not run.pushed:
                return
        raise AssertionError("it never ends")

    # --- In the end

    def not_in_the_books(self) -> list[SyncRecord]:
        rows = SyncRecord.objects.filter(connection=self.connection)
        return list(rows.exclude(state__in=[State.IN_THE_BOOKS, State.LEFT_OUT]))

    def count(self) -> None:
        system, now = self.books.system, self.standing()
        made = {kind: now[kind] - count for kind, count in self.before.items()}
        taken = SyncRecord.objects.filter(connection=self.connection, reason=Reason.NAME_TAKEN)
        held = [each for each in self.not_in_the_books() if each.kind == Kind.INVOICE]
        # A ledger that has each code once refuses an item whose code another of theirs bears.
        assert bool(taken) == (system == "xero")
        assert all(each.sentence and each.remedy for each in taken)
        wait_for = {On.RECORD.of(Kind.ITEM, each.item_id) for each in taken}
        assert {each.waits_for for each in held} <= wait_for, [str(each.sentence) for each in held]
        of_ours = Invoice.objects.filter(company=self.books.company).count()
        expected = {
            self.customers_there: len(self.only_here),
            self.items_there: len(self.own_items) - len(taken),
            self.invoices_there: of_ours - len(self.folk.same) - len(held),
        }
        self.told["made there"] = made
        self.told["held with a reason"] = len(held) + len(taken)
        self.told["duplicates"] = sum(made.values()) - sum(expected.values())
        assert made == expected, str(self.told)
        open_still = {each.pk: str(each.sentence) for each in self.not_in_the_books()}
        assert set(open_still) == {each.pk for each in (*held, *taken)}, open_still
        for kind in KINDS:
            assert not self.tied(kind) & self.alike[kind]
            assert self.planted[kind] <= self.tied(kind)


def keys(pairs: Iterable[Pair]) -> Keys:
    return {(each.ours, each.theirs) for each in pairs}


@pytest.mark.parametrize(
    ("system", "size", "width"),
    [("quickbooks", SIZE, 1440), ("xero", SIZE, 390), ("freshbooks", SIZE, 1440)],
    ids=["quickbooks", "xero", "freshbooks"],
)
def test_from_consent_to_live_books_and_nothing_stands_there_twice(
    system: str,
    size: Size,
    width: int,
    staff: dict[str, User],
    enter: Any,
    reached: SandboxServer,
    pictures: Path,
) -> None:
    company = make_company(legal_name="Thornfield Trading Ltd")
    theirs = {"profile": "uk"} if system == "quickbooks" else {}
    books = opened(system, reached, company, **theirs)
    page = enter(staff["Fay"], width)
    page.set_default_timeout(60_000)  # a press on a hundred links writes them one by one
    looks = Looks(page, pictures, system, every=system == "quickbooks")
    walk = Walk(page, books, size, looks, staff["Fay"])
    walk.settle_here()
    walk.fill_there()
    walk.connect()
    walk.say_whose()
    walk.map()
    walk.match()
    walk.test()
    walk.go_live()
    walk.count()
    (pictures / f"{system}-figures.txt").write_text(json.dumps(walk.told, indent=2))
    assert walk.looks.wrong == []
