"""A held sentence names the cause that is left, not one that is gone."""

from datetime import date

import pytest

from apps.connections.lifecycle import refresh_company
from apps.mappings.choices import set_mapping
from apps.sync.models import State
from tests.books import Books
from tests.factories import make_invoice, make_item, make_tax_rate
from tests.kept_books import live_books
from tests.sandbox_server import SandboxServer

pytestmark = pytest.mark.django_db


@pytest.fixture
def taxed(ledger: SandboxServer) -> Books:
    return live_books(ledger, profile="uk")


@pytest.mark.parametrize("first", ["S20", "R5"])
def test_after_one_of_two_mappings_the_sentence_names_only_the_other(
    taxed: Books, first: str
) -> None:
    codes = {"S20": "20.0% S", "R5": "5.0% R"}
    rates = {
        "S20": make_tax_rate(taxed.company, "20", code="S20"),
        "R5": make_tax_rate(taxed.company, "5", code="R5", treatment="reduced"),
    }
    lines = [(make_item(taxed.company), 1, "100", rate) for rate in rates.values()]
    invoice = make_invoice(company=taxed.company, lines=lines)
    taxed.run()
    held = taxed.record(invoice)
    assert held.state == State.NEEDS_PERSON
    assert all(code in held.sentence for code in rates)

    set_mapping(taxed.connection, "tax", code=taxed.code(codes[first]), tax_rate=rates[first])
    taxed.run()

    held = taxed.record(invoice)
    (other,) = {*rates} - {first}
    assert held.state == State.NEEDS_PERSON
    assert first not in held.sentence
    assert other in held.sentence


@pytest.mark.parametrize("first", ["mapping", "closing date"])
def test_of_two_causes_of_different_kinds_the_one_that_is_gone_is_not_named(
    taxed: Books, first: str
) -> None:
    rate = make_tax_rate(taxed.company, "20", code="S20")
    lines = [(make_item(taxed.company), 1, "100", rate)]
    invoice = make_invoice(company=taxed.company, lines=lines, issue_date=date(2026, 3, 2))
    _close(taxed, "2026-03-31")
    taxed.run()
    held = taxed.record(invoice)
    assert "S20" in held.sentence
    assert "closed" in held.sentence

    if first == "mapping":
        set_mapping(taxed.connection, "tax", code=taxed.code("20.0% S"), tax_rate=rate)
    else:
        _close(taxed, "2026-02-28")
    taxed.run()

    held = taxed.record(invoice)
    assert held.state == State.NEEDS_PERSON
    assert ("S20" in held.sentence, "closed" in held.sentence) == (
        first != "mapping",
        first == "mapping",
    )


def _close(books: Books, day: str) -> None:
    books.server.set_up(books.realm, book_close_date=day)
    refresh_company(books.connection)
    books.connection.refresh_from_db()
