"""The books proof: whoever doubts a comparison adds all its postings up with a tool of her own.

Two sides by hand, debits and credits at home: an invoice of 100.00 and one of theirs alone of 75.00, a
payment of 60.00, a document typed there. By our rows and theirs: receivable 100 − 60 + 75 = 115.00 Dr,
sales 175.00 Cr, bank 60.00 Dr.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import InvoiceSnapshot, Kind, Line
from apps.exchange.exports.plain_text.ledger import PROGRAMS
from apps.exchange.exports.plain_text.of_comparison import proof_text
from apps.reconciliation import keeping
from apps.reconciliation.compare import lay_side_by_side
from apps.reconciliation.journal import Journal, entries_of
from apps.reconciliation.models import KeptComparison
from tests.exchange.exports.test_plain_text import proved
from tests.factories import make_credit_note, make_invoice, make_payment
from tests.reconciliation.sides import RECEIVABLE, SALES, Sides

pytestmark = pytest.mark.django_db
MARCH = date(2026, 3, 31)


@pytest.fixture
def sides() -> Sides:
    found = Sides()
    invoice = make_invoice(company=found.company)
    payment = make_payment(invoice=invoice, amount="60", method=found.bank)
    found.document(invoice)
    found.payment(payment)
    typed(found)
    return found


def typed(sides: Sides) -> None:
    """An invoice of 75.00 that only their books have."""
    snapshot = InvoiceSnapshot(
        marker="",
        number="T-1",
        customer_id="999",
        issue_date=date(2026, 3, 20),
        currency="GBP",
        lines=(Line(key="1", net=Decimal(75), account_id=SALES),),
        net=Decimal(75),
        tax=Decimal(0),
        total=Decimal(75),
    )
    sides.put(
        RemoteObject(
            kind="Invoice",
            remote_id="9001",
            of_kind=Kind.INVOICE,
            snapshot=snapshot,
            number="T-1",
            amount=Decimal(75),
            balance=Decimal(75),
            dated=date(2026, 3, 20),
        )
    )
    sides.post(RECEIVABLE, Decimal(75))
    sides.post(SALES, Decimal(-75))


def kept(sides: Sides, monkeypatch: pytest.MonkeyPatch, *, by: bool = True) -> KeptComparison:
    """As a worker makes one that a person asked for, but for the reading of their books."""

    def compare(connection: Any, *, as_of: date | None, journal: Journal | None, hold: Any) -> Any:
        sides.theirs.balances = sides.balances
        return lay_side_by_side(connection, sides.theirs, journal)

    monkeypatch.setattr(keeping, "compare", compare)
    user = get_user_model().objects.create_user(email="fay@example.com", password=None, name="Fay")
    asked = KeptComparison.objects.create(
        connection=sides.connection, on=MARCH, asked_by=user if by else None
    )
    found = keeping.carry_out(asked.pk)
    assert found is not None
    found.refresh_from_db()
    return found


def text(comparison: KeptComparison, program: str) -> str:
    return b"".join(proof_text(comparison, program)).decode()


def test_every_record_has_an_entry_that_balances(
    sides: Sides, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = kept(sides, monkeypatch)
    assert found.agrees
    assert found.journal is not None
    entries = list(entries_of(bytes(found.journal)))
    assert [sum(amount for _, amount in each.postings) for each in entries] == [0, 0, 0]
    assert [each.words.split()[0] for each in entries] == ["Invoice", "Payment", "Invoice"]
    assert [each.day for each in entries] == [
        date(2026, 3, 2),
        date(2026, 3, 16),
        date(2026, 3, 20),
    ]


@pytest.mark.parametrize("program", list(PROGRAMS))
def test_the_programs_of_accountants_accept_it(
    sides: Sides, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str
) -> None:
    made = text(kept(sides, monkeypatch), program)
    assert made.count("-175.00") == 1  # what their trial balance says of sales
    assert proved(program, made, tmp_path) == ""


@pytest.mark.parametrize("program", list(PROGRAMS))
def test_and_refuse_it_where_both_sides_differ_by_a_penny(
    sides: Sides, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str
) -> None:
    sides.post(SALES, Decimal("0.01"))
    found = kept(sides, monkeypatch)
    assert not found.agrees
    assert proved(program, text(found, program), tmp_path) != ""


def test_credits_recoded_lines_and_dates_to_come_are_taken_down(
    sides: Sides, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    note = make_credit_note(company=sides.company, issue_date=date(2026, 4, 9))
    remote = sides.document(note)
    moved = replace(remote.snapshot.lines[0], account_id="45")  # type: ignore[union-attr] # a credit note
    sides.change(remote, snapshot={"lines": (moved,)})
    sides.post("45", note.net)
    sides.post(SALES, -note.net)
    found = kept(sides, monkeypatch)
    assert found.agrees, found.found
    made = text(found, "journal")
    assert "given another account there" in made
    assert proved("journal", made, tmp_path) == ""


def test_the_timetable_keeps_none(sides: Sides, monkeypatch: pytest.MonkeyPatch) -> None:
    found = kept(sides, monkeypatch, by=False)
    assert found.journal is None
    with pytest.raises(LookupError):
        text(found, "journal")
