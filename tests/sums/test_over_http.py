"""Drawn documents through the engine into a simulated QuickBooks, in each regime and by each
rounding rule, and every figure read there. Three a company here; `python -m tests.sums.many
--over-http 500` runs five hundred."""

import os
from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.billing.actions import DraftLine, credit_invoice, issue
from apps.billing.acts.bulk.documents import DraftDocument, create_documents
from apps.billing.models import (
    Company,
    CreditNote,
    Customer,
    Document,
    Invoice,
    Item,
    TaxAgency,
    TaxComponent,
    TaxRate,
)
from apps.billing.sums.tax_rates import rate_terms
from apps.billing.sums.totals import RateTerms, reckon
from apps.core.money import HELD_RATE
from apps.mappings.choices import set_mapping
from apps.reconciliation.compare import compare
from apps.sync.models import State
from tests.books import Books
from tests.factories import make_company, make_customer, make_item
from tests.sandbox_server import SandboxServer
from tests.sums.drawing import Drawn, Seeded, drawn
from tests.sync.conftest import ledger as ledger  # the fixture

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

DOCUMENTS = int(os.environ.get("TIEOUT_OVER_HTTP", "24"))
SEED = os.environ.get("TIEOUT_SEED", "2026")
DAY = date(2026, 3, 2)
CURRENCIES = ("GBP", "USD", "EUR", "JPY", "KWD")
# Regime of the sums, profile over there, home currency, and codes of theirs with their parts.
PLACES = (
    (
        *("code a line", "uk", "GBP", "No VAT"),
        {"20.0% S": ("20",), "5.0% R": ("5",), "0.0% Z": ("0",), "Exempt": ("0",)},
    ),
    (
        *("code a line", "ca", "CAD", "OOS"),
        {"GST": ("5",), "HST ON": ("13",), "GST/QST QC": ("5", "9.975")},
    ),
    (
        *("code a document", "us_manual_tax", "USD", ""),
        {"California": ("8",), "Tucson": ("7.1", "2")},
    ),
    (*("automated", "us_sales_tax", "USD", ""), {"TAX": ("7.25", "2.25")}),
)
TURNS = [(place, rounding) for place in PLACES for rounding in ("line", "rate")]


class Shop(Books):
    """A company with a customer a currency, whose tax rates are called as theirs are."""

    def __init__(self, server: SandboxServer, place: Any, rounding: str) -> None:
        self.regime, profile, home, self.untaxed, codes = place
        company = make_company(home_currency=home, tax_rounding=rounding)
        self.rates = {code: _rate(company, code, parts) for code, parts in codes.items()}
        super().__init__(
            server,
            company=company,
            profile=profile,
            multicurrency=True,
            tax_rounding=rounding,
        )
        self.item: Item = make_item(company)
        self.customers: dict[str, Customer] = {
            currency: make_customer(
                company, name=f"Bell in {currency}", currency=currency, region="CA", country="US"
            )
            for currency in {*CURRENCIES, home}
        }
        self.go_live()

    def map(self) -> None:
        super().map()
        if self.untaxed:
            set_mapping(self.connection, "no_tax", code=self.tax_code(self.untaxed))
        for name, rate in self.rates.items():
            set_mapping(self.connection, "tax", code=self.tax_code(name), tax_rate=rate)

    def tax_code(self, name: str) -> Any:
        return self.connection.codes.get(kind="tax_code", name=name)

    def draws(self, seed: str, count: int) -> list[Drawn]:
        """Documents that come to something: what comes to nothing cannot be issued."""
        found: list[Drawn] = []
        by = Seeded(seed)
        home = self.company.home_currency
        while len(found) < count:
            one = drawn(
                by,
                [home, *CURRENCIES] if home != "CAD" else ["CAD", "CAD"],
                regimes=[self.regime],
                roundings=[self.company.tax_rounding],
                homes=[home],
                known=[rate_terms(rate) for rate in self.rates.values()],
            )
            # Finer rates are refused at issue.
            held = one.terms.exchange_rate.quantize(HELD_RATE)
            one = replace(one, terms=replace(one.terms, exchange_rate=held))
            sums = reckon(one.lines, one.terms)
            if sums.total > 0 and all(line.net >= 0 for line in sums.lines):
                found.append(one)
        return found

    def draft(self, one: Drawn) -> DraftDocument:
        by_id = {rate.pk: rate for rate in self.rates.values()}
        terms = one.terms
        return DraftDocument(
            customer=self.customers[terms.currency],
            issue_date=DAY,
            tax_mode=terms.mode,
            discount_percent=terms.discount_percent,
            discount_amount=terms.discount_amount,
            exchange_rate=terms.exchange_rate,
            lines=[
                DraftLine(
                    item=self.item,
                    quantity=line.quantity,
                    unit_price=line.unit_price,
                    tax_rate=_of(line.rate, by_id) if terms.mode != "none" else None,
                    discount_percent=line.discount_percent,
                    discount_amount=line.discount_amount,
                )
                for line in one.lines
            ],
        )


def _of(rate: RateTerms | None, by_id: dict[int, TaxRate]) -> TaxRate | None:
    return None if rate is None else by_id[rate.id]


def _rate(company: Company, code: str, percents: tuple[str, ...]) -> TaxRate:
    rate = TaxRate.objects.create(company=company, code=code, name=code)
    for place, percent in enumerate(percents, 1):
        agency, _ = TaxAgency.objects.get_or_create(company=company, name=f"Agency {place}")
        TaxComponent.objects.create(
            rate=rate, agency=agency, name=f"{code} {place}", percent=percent, position=place
        )
    return rate


@pytest.mark.parametrize(("place", "rounding"), TURNS, ids=[f"{p[1]}-{r}" for p, r in TURNS])
def test_what_is_drawn_here_is_what_they_hold(
    place: Any, rounding: str, ledger: SandboxServer
) -> None:
    shop = Shop(ledger, place, rounding)
    draws = shop.draws(f"{SEED}/{place[1]}/{rounding}", -(-DOCUMENTS // len(TURNS)))
    made, refused = _issued(shop, draws)
    invoices = [invoice for _, invoice in made]
    for one, invoice in made:
        invoice.refresh_from_db()
        sums = reckon(one.lines, one.terms)
        assert (invoice.net, invoice.tax, invoice.total) == (sums.net, sums.tax, sums.total)
        assert (invoice.home_total, invoice.home_tax) == (sums.home_total, sums.home_tax)
    notes = [_credited(invoice) for invoice in invoices[::3]]

    for _ in range(2):
        run = shop.run()
        assert run.outcome == run.Outcome.DONE, run.sentence

    held = [*invoices, *notes]
    states = {shop.record(each).state for each in held}
    assert states <= {State.IN_THE_BOOKS}, states
    theirs = {
        (kind, each["DocNumber"]): each
        for kind in ("Invoice", "CreditMemo")
        for each in shop.theirs(kind)
    }
    for document in held:
        kind = "Invoice" if isinstance(document, Invoice) else "CreditMemo"
        _is_equal(shop, document, theirs[kind, str(document.number)])
    assert all(each.terms.currency != shop.company.home_currency for each in refused)
    comparison = compare(shop.connection)
    assert comparison.differences == [], comparison.differences[:3]
    assert comparison.only_here == []
    currencies = Counter(each.currency for each in held)
    told = ", ".join(f"{currency} {count}" for currency, count in sorted(currencies.items()))
    print(  # noqa: T201 - a line of the command's table: pytest shows it with -rA
        f"{place[1]} {rounding}: {len(held)} held ({told}), "
        f"{len(refused)} refused for their decimals, 0 differ"
    )


def _credited(invoice: Any) -> CreditNote:
    note = credit_invoice(invoice, reason="Sent back", on=DAY)
    issue(note)
    note.refresh_from_db()
    assert (note.net, note.tax, note.total) == (invoice.net, invoice.tax, invoice.total)
    assert (note.home_total, note.home_tax) == (invoice.home_total, invoice.home_tax)
    assert [one.tax for one in note.shares] == [one.tax for one in invoice.shares]
    assert [(line.net, line.tax) for line in note.lines.all()] == [
        (line.net, line.tax) for line in invoice.lines.all()
    ]
    return note


def _issued(shop: Shop, draws: list[Drawn]) -> tuple[list[tuple[Drawn, Any]], list[Drawn]]:
    """What could be issued, and what is refused in words before it is frozen."""
    made, refused = [], []
    for one in draws:
        try:
            (invoice,) = create_documents([shop.draft(one)])
        except ValidationError as refusal:
            # Three decimals of a dinar.
            if "2 decimals" not in " ".join(refusal.messages):
                raise
            refused.append(one)
        else:
            made.append((one, invoice))
    return made, refused


def _is_equal(shop: Shop, document: Document, theirs: dict[str, Any]) -> None:
    tax = theirs["TxnTaxDetail"]
    assert Decimal(str(theirs["TotalAmt"])) == document.total, document
    assert Decimal(str(tax["TotalTax"])) == document.tax, document
    if "HomeTotalAmt" in theirs:
        assert Decimal(str(theirs["HomeTotalAmt"])) == document.home_total, document
    amounts = [
        Decimal(str(line["Amount"]))
        for line in theirs["Line"]
        if line["DetailType"] == "SalesItemLineDetail"
    ]
    assert sum(amounts) == document.net, document
    if shop.regime != "automated":
        by_rate = sorted(Decimal(str(line["Amount"])) for line in tax.get("TaxLine", []))
        ours = sorted(one.tax for one in document.shares)
        assert [each for each in by_rate if each] == [each for each in ours if each], document
