"""The print as issued is made once and kept; what is printed later is a copy."""

import hashlib
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from apps.billing import actions
from apps.billing.acts.drafting import DraftLine
from apps.exchange.models import IssuedPrint
from apps.exchange.printing import kept
from apps.exchange.printing.paper import CannotPrint
from tests.exchange.printing.reading import text_of
from tests.exchange.printing.world import two_rates
from tests.factories import make_credit_note, make_invoice, make_payment

pytestmark = pytest.mark.django_db


def test_the_first_print_is_kept_and_given_again() -> None:
    invoice = two_rates()
    first = kept.kept_print(invoice)

    assert kept.print_now(invoice) == bytes(first.pdf)
    assert first.sha256 == hashlib.sha256(bytes(first.pdf)).hexdigest()
    assert (first.size, first.language, first.template_version) == (len(first.pdf), "en", 2)
    assert IssuedPrint.objects.count() == 1


def test_it_shows_what_was_issued_though_it_is_first_needed_later() -> None:
    """Part paid, its message changed and the company moved: none of that was on what was sent."""
    invoice = two_rates(message="Thank you.")
    make_payment(invoice=invoice, amount=100)
    actions.change_open_fields(invoice, message="The rest in May.", purchase_order_number="PO 9")
    company = invoice.company
    company.address = "1 New Street\nLeeds"
    company.save()
    invoice.refresh_from_db()
    assert kept.has_moved(invoice)
    first = text_of(bytes(kept.kept_print(invoice).pdf))
    copy = text_of(kept.print_now(invoice))

    assert "14 Wharf Street" in first
    assert "Thank you." in first
    for later in ("Leeds", "PO 9", "Paid on", "COPY", "The rest in May."):
        assert later not in first
        assert later in copy


def test_an_amended_invoice_is_never_taken_for_what_was_printed_before() -> None:
    invoice = two_rates()
    first = kept.kept_print(invoice)
    invoice.company.amend_allowed = True
    invoice.company.save()
    line = DraftLine(quantity=Decimal(1), unit_price=Decimal("99.95"), description="Lantern")
    actions.amend_invoice(invoice, lines=[line], reason="Typed wrongly")
    invoice.refresh_from_db()

    assert kept.is_amended(invoice)
    copy = text_of(kept.print_now(invoice))
    assert "COPY" in copy
    assert "99.95" in copy
    assert bytes(kept.kept_print(invoice).pdf) == bytes(first.pdf)


def test_it_is_changed_and_deleted_by_nobody() -> None:
    first = kept.kept_print(two_rates())
    first.pdf = b"another"
    for write in (first.save, first.delete, IssuedPrint.objects.all().delete):
        with pytest.raises(ValidationError):
            write()
    with pytest.raises(ValidationError):
        IssuedPrint.objects.update(pdf=b"another")


def test_a_second_first_print_finds_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two at once: the later one writes nothing, and gives what the other wrote."""
    invoice = two_rates()
    print_as_issued = kept.print_as_issued

    def meanwhile(*given: Any) -> bytes:
        monkeypatch.setattr(kept, "print_as_issued", print_as_issued)
        kept.kept_print(invoice)
        return print_as_issued(*given)

    monkeypatch.setattr(kept, "print_as_issued", meanwhile)
    assert kept.kept_print(invoice).pk == IssuedPrint.objects.get().pk


@pytest.mark.slow
def test_a_row_is_of_one_document() -> None:
    first = kept.kept_print(two_rates())
    note = make_credit_note(invoice=first.invoice)
    row = {name: getattr(first, name) for name in
           ("company_id", "language", "template_version", "pdf", "size", "sha256",
            "frozen_sha256")}  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        IssuedPrint.objects.create(**row)
    with pytest.raises(IntegrityError), transaction.atomic():
        IssuedPrint.objects.create(**row, invoice=first.invoice, credit_note=note)


def test_a_draft_has_none() -> None:
    draft = make_invoice(issued=False)
    with pytest.raises(CannotPrint):
        kept.kept_print(draft)
    draft.delete()
    assert not IssuedPrint.objects.exists()
