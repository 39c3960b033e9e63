"""Other currencies: the customer's for ever, our rate on every document, totals at home."""

import dataclasses
from collections.abc import Callable
from decimal import Decimal

import pytest

from apps.connectors.errors import RecordRefused
from apps.connectors.port import Role
from apps.connectors.snapshots import DocumentSnapshot, InvoiceSnapshot, Kind
from tests.contract.stage import Stage
from tests.contract.taxed import codes, document, owed
from tests.contract.test_what_arrives import compared

Books = Callable[..., Stage]


@pytest.fixture
def several(open_stage: Books) -> Stage:
    """Books in dollars that keep other currencies too."""
    return open_stage("multicurrency")


def customer_in(stage: Stage, currency: str) -> str:
    ours = stage.customer(f"Customer in {currency} {next(stage.refs)}", currency=currency)
    assert stage.connector.objections(ours) == ()
    there = stage.send(ours)
    assert there.currency == currency
    return there.remote_id


def foreign(stage: Stage, currency: str, rate: str, home_total: str, *nets: str) -> InvoiceSnapshot:
    item = stage.send(stage.item(f"ITEM-{next(stage.refs)}")).remote_id
    return stage.invoice(
        f"INV-{next(stage.refs)}",
        customer_in(stage, currency),
        stage.lines(item, *nets),
        currency=currency,
        exchange_rate=Decimal(rate),
        home_total=Decimal(home_total),
    )


def unlike(stage: Stage, ours: DocumentSnapshot, theirs: object) -> list[str]:
    assert stage.connector.objections(ours) == ()
    return compared(stage.connector, ours, theirs)


@pytest.mark.parametrize(
    ("currency", "rate", "home_total", "nets"),
    [
        ("EUR", "1.0837", "133.30", ("100.00", "23.00")),  # 123 x 1.0837 = 133.2951
        ("GBP", "1.271234", "0.13", ("0.10",)),
        ("JPY", "0.006412", "8.02", ("1000", "251")),  # 1251 x 0.006412 = 8.021412
        ("KWD", "3.2561", "41.19", ("12.65",)),  # two decimals of three
        ("USD", "1", "50.00", ("50.00",)),
    ],
)
def test_a_foreign_invoice_arrives_with_its_rate_and_its_worth_at_home(
    several: Stage, currency: str, rate: str, home_total: str, nets: tuple[str, ...]
) -> None:
    ours = foreign(several, currency, rate, home_total, *nets)
    there = several.send(ours)
    assert unlike(several, ours, there.snapshot) == []
    assert unlike(several, ours, several.again(there).snapshot) == []
    assert there.currency == currency
    income = several.balance(several.account(Role.INCOME))
    assert income == -Decimal(home_total)
    effect = {each.account_id: each.debit - each.credit for each in several.connector.effect(ours)}
    assert effect == {"receivable": Decimal(home_total), "income": -Decimal(home_total)}


@pytest.mark.parametrize("minor_units", ["currency", "cents"])
def test_whole_yen_stay_whole_whatever_they_round_to(open_stage: Books, minor_units: str) -> None:
    stage = open_stage("multicurrency", minor_units=minor_units)
    ours = foreign(stage, "JPY", "0.006412", "0.64", "100")
    line = dataclasses.replace(ours.lines[0], quantity=Decimal(3), unit_price=Decimal("33.4"))
    ours = dataclasses.replace(ours, lines=(line,))  # 3 x 33.4 = 100.2
    there = stage.send(ours)
    assert unlike(stage, ours, there.snapshot) == []
    assert there.amount == 100


def test_a_rate_finer_than_they_hold_is_refused_where_it_tells(several: Stage) -> None:
    ours = foreign(several, "JPY", "0.0064120349", "64.12", "10000")
    there = several.send(ours)  # 64.120349 and, at 0.0064120, 64.12
    assert unlike(several, ours, there.snapshot) == []
    much = foreign(several, "JPY", "0.0064120349", "64120.35", "10000000")
    (sentence,) = several.connector.objections(much)
    assert "64120.00 USD instead of 64120.35 USD" in sentence


def test_a_credit_note_takes_the_rate_of_its_invoice(several: Stage) -> None:
    ours = foreign(several, "EUR", "1.0837", "133.30", "100.00", "23.00")
    several.send(ours)
    credit = several.credit_note(
        "CN-1",
        ours.customer_id,
        ours.lines,
        currency="EUR",
        exchange_rate=ours.exchange_rate,
        home_total=ours.home_total,
    )
    there = several.send(credit)
    assert unlike(several, credit, there.snapshot) == []
    assert {account: each for account, each in balances(several).items() if each} == {}


def balances(stage: Stage) -> dict[str, Decimal]:
    return dict(stage.connector.balances(stage.courier))


def test_a_rate_survives_a_change_of_something_else_and_is_put_right(several: Stage) -> None:
    ours = foreign(several, "EUR", "1.0837", "133.30", "100.00", "23.00")
    there = several.send(ours)
    for message in ("One", ""):
        ours = dataclasses.replace(ours, message=message)
        there = several.send(ours, there)
        assert unlike(several, ours, there.snapshot) == []
    dearer = dataclasses.replace(ours, exchange_rate=Decimal("1.2"), home_total=Decimal("147.60"))
    there = several.send(dearer, there)
    assert unlike(several, dearer, there.snapshot) == []
    lower = dataclasses.replace(
        dearer,
        lines=ours.lines[:1],
        net=Decimal(100),
        total=Decimal(100),
        home_total=Decimal(120),
    )
    there = several.send(lower, there)
    assert unlike(several, lower, there.snapshot) == []
    assert several.balance(several.account(Role.INCOME)) == -120


@pytest.mark.parametrize("kind", [Kind.INVOICE, Kind.CREDIT_NOTE])
def test_a_foreign_void_leaves_the_books_at_nil(several: Stage, kind: Kind) -> None:
    ours = foreign(several, "EUR", "1.0837", "133.30", "100.00", "23.00")
    if kind is Kind.CREDIT_NOTE:
        told = {"currency": "EUR", "exchange_rate": ours.exchange_rate}
        there = several.send(several.credit_note("CN-1", ours.customer_id, ours.lines, **told))
        void = several.credit_note("CN-1", ours.customer_id, ours.lines, void=True, **told)
        assert several.send(void, there).void
    else:
        there = several.send(ours)
        assert several.send(dataclasses.replace(ours, void=True), there).void
    assert {account: each for account, each in balances(several).items() if each} == {}


def test_tax_of_a_foreign_document_is_owed_at_home(open_stage: Books) -> None:
    stage = open_stage("uk", multicurrency=True)
    assert stage.company.multi_currency
    told = {"currency": "EUR", "exchange_rate": Decimal("0.8561")}
    ours = document(
        stage,
        Kind.INVOICE,
        "INV-1",
        ("100.00", "20.0% S", "20.00"),
        ("9.99", "No VAT", "0"),
        **told,
    )
    # 129.99 x 0.8561 = 111.284439
    ours = dataclasses.replace(
        ours, customer_id=customer_in(stage, "EUR"), home_total=Decimal("111.28")
    )
    there = stage.send(ours)
    assert unlike(stage, ours, there.snapshot) == []
    assert owed(stage, "HM Revenue & Customs (HMRC)") == Decimal("17.12")  # 20 x 0.8561
    part = codes(stage)["20.0% S"].parts[0].remote_id
    effect = {each.account_id: each.debit - each.credit for each in stage.connector.effect(ours)}
    assert (effect["receivable"], effect[f"tax:{part}"]) == (Decimal("111.28"), Decimal("-17.12"))


def test_a_currency_that_is_not_the_customers_is_refused_in_words(several: Stage) -> None:
    ours = dataclasses.replace(
        foreign(several, "EUR", "1.0837", "133.30", "123.00"), currency="GBP"
    )
    error = several.outcome(ours).error
    assert isinstance(error, RecordRefused)
    assert error.sentence
    # Nor does one that is there change its currency.
    there = several.send(dataclasses.replace(ours, currency="EUR"))
    error = several.outcome(ours, there).error
    assert isinstance(error, RecordRefused)
    assert "EUR" in error.sentence
    assert "GBP" in error.sentence


def test_books_of_one_currency_refuse_another_before_any_call(stage: Stage) -> None:
    customer, item = stage.masters()
    ours = stage.invoice("INV-1", customer, stage.lines(item, "10.00"), currency="EUR")
    for refused in (ours, stage.customer("Une", currency="EUR")):
        (sentence,) = stage.connector.objections(refused)
        assert "EUR" in sentence
