"""A batch waits on hold, and is released or taken back whole."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from apps.billing.actions import issue, raise_closing_date
from apps.billing.acts import batches
from apps.billing.acts.batches import look_through, release_batch, take_back_batch
from apps.billing.acts.bulk import DraftDocument, DraftLine, create_documents
from apps.billing.changes import made_by
from apps.billing.models import (
    ActLimit,
    Batch,
    Change,
    Company,
    CreditNote,
    Document,
    Frozen,
    Invoice,
)
from apps.staff.access import add_member, set_up_roles
from apps.staff.acts import ActName, RoleName
from apps.staff.models import User
from tests.factories import make_company, make_customer, make_item, make_tax_rate

pytestmark = pytest.mark.django_db
MARCH = date(2026, 3, 2)


def bring(company: Company, *numbers: str, **fields: object) -> Batch:
    """Invoices of 100.00 and VAT of 20.00 each under these numbers, as an import brings them."""
    batch = Batch.objects.create(
        company=company, name="march.csv", brought_by_id=fields.pop("by", None)
    )  # type: ignore[misc]
    rate = make_tax_rate(company)
    customer, item = make_customer(company), make_item(company, tax_rate=rate)
    create_documents(
        [
            DraftDocument(
                customer=customer,
                issue_date=MARCH,
                number=number,
                issued=False,
                batch=batch,
                lines=[DraftLine(item=item, quantity=Decimal(10), unit_price=Decimal(10))],
                **fields,  # type: ignore[arg-type]
            )
            for number in numbers
        ]
    )
    return batch


def accountant(name: str) -> User:
    return add_member(f"{name}@example.com", RoleName.ACCOUNTANT, "correct horse staple", name=name)


def numbers(*of: Document.Status) -> list[str | None]:
    rows = Invoice.objects.filter(status__in=of) if of else Invoice.objects.all()
    return list(rows.order_by("number").values_list("number", flat=True))


def test_on_hold_its_documents_are_drafts_that_bear_their_numbers() -> None:
    bring(make_company(), "A-1", "A-2")
    invoice = Invoice.objects.get(number="A-1")
    assert (invoice.is_draft, invoice.number_given, str(invoice)) == (True, True, "Draft A-1")
    assert (invoice.total, invoice.customer_name) == (Decimal("120.00"), "")


def test_released_they_are_issued_on_these_numbers_and_leave_a_change_each() -> None:
    company = make_company()
    batch = bring(company, "A-1", "A-2")
    Change.objects.all().delete()
    assert release_batch(batch).issued == 2
    assert batch.released_at is not None
    invoice = Invoice.objects.get(number="A-1")
    assert (invoice.status, invoice.revision) == ("issued", 2)
    assert (invoice.customer_name, invoice.due_date) == (invoice.customer.name, MARCH)
    assert (invoice.net, invoice.tax, invoice.total) == (100, 20, 120)
    assert [line.tax_percent for line in invoice.lines.all()] == [20]
    changes = Change.objects.filter(kind="invoice").order_by("subject_id")
    assert [(each.subject_id, each.revision) for each in changes] == [
        (each.pk, 2) for each in Invoice.objects.order_by("pk")
    ]
    then = invoice.history.first()  # type: ignore[attr-defined]
    assert (then.history_type, then.status, len(then.lines_then)) == ("~", "issued", 1)
    # The next of our own series is not theirs.
    assert not company.series.exists()


def test_nobody_issues_one_of_them_alone_or_changes_its_number() -> None:
    bring(make_company(), "A-1")
    invoice = Invoice.objects.get()
    with pytest.raises(ValidationError, match=r"waits in the batch “march\.csv”"):
        issue(invoice)
    invoice.refresh_from_db()
    invoice.number = "A-9"
    with pytest.raises(Frozen, match="number of a draft"):
        invoice.save()


def test_one_that_is_unfit_keeps_all_of_them_on_hold_unless_it_is_left() -> None:
    company = make_company()
    batch = bring(company, "A-1", "A-2")
    other = Invoice.objects.get(number="A-2").customer
    gone = make_customer(company, currency=other.currency)
    late = Invoice.objects.get(number="A-2")
    late.customer = gone
    late.save()
    gone.active = False
    gone.save()
    assert list(look_through(batch).unfit) == ["Invoice A-2"]
    with pytest.raises(ValidationError, match=r"Invoice A-2: .* is inactive"):
        release_batch(batch)
    assert (numbers("issued"), Batch.objects.get().is_on_hold) == ([], True)  # type: ignore[arg-type]

    left = release_batch(batch, leave_unfit=True)
    assert (left.issued, list(left.unfit)) == (1, ["Invoice A-2"])
    assert batch.released_at is None
    gone.active = True
    gone.save()
    assert release_batch(batch).issued == 1
    assert batch.released_at is not None


def test_a_month_that_closed_meanwhile_keeps_them() -> None:
    company = make_company()
    batch = bring(company, "A-1")
    raise_closing_date(company, date(2026, 3, 31), reason="March is reported")
    with pytest.raises(ValidationError, match=r"Invoice A-1: .*closed"):
        release_batch(batch)


def test_a_release_that_was_broken_off_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = bring(make_company(), *(f"A-{place}" for place in range(1, 5)))
    monkeypatch.setattr(batches, "PORTION", 2)
    write = batches._write
    done: list[int] = []

    def killed(drafts: Sequence[batches._Draft], changed: Sequence[models.Model]) -> None:
        if done:
            raise KeyboardInterrupt
        done.append(len(drafts))
        write(drafts, changed)  # type: ignore[arg-type]

    monkeypatch.setattr(batches, "_write", killed)
    with pytest.raises(KeyboardInterrupt):
        release_batch(batch)
    assert len(numbers(Document.Status.ISSUED)) == 2
    with pytest.raises(ValidationError, match="was released"):
        take_back_batch(batch)
    monkeypatch.undo()
    assert release_batch(batch).issued == 2
    assert Batch.objects.get().released_at is not None


def test_taken_back_nothing_of_them_is_left_but_their_history() -> None:
    company = make_company()
    batch = bring(company, "A-1", "A-2")
    assert take_back_batch(batch) == 2
    assert (numbers(), take_back_batch(batch)) == ([], 0)
    gone = Invoice.history.filter(history_type="-")  # type: ignore[attr-defined]
    assert [(each.number, len(each.lines_then)) for each in gone.order_by("number")] == [
        ("A-1", 1),
        ("A-2", 1),
    ]
    with pytest.raises(ValidationError, match="was taken back"):
        release_batch(batch)
    bring(company, "A-1")  # the number is free again
    assert numbers() == ["A-1"]


def test_the_database_knows_no_batch_that_is_both() -> None:
    batch = bring(make_company(), "A-1")
    release_batch(batch)
    with pytest.raises(IntegrityError), transaction.atomic():
        models.QuerySet(Batch).update(taken_back_at=timezone.now())


@pytest.mark.parametrize("brought_by_the_same", [True, False])
def test_a_rebate_is_released_by_another_than_who_brought_it(brought_by_the_same: bool) -> None:
    set_up_roles()
    company, who, other = make_company(), accountant("fay"), accountant("gus")
    brought_by = who.pk if brought_by_the_same else other.pk
    batch = bring(company, "C-1", model=CreditNote, by=brought_by)
    with made_by(who.pk):
        if brought_by_the_same:
            with pytest.raises(ValidationError, match="needs a second person"):
                release_batch(batch)
        else:
            assert release_batch(batch).issued == 1


def test_above_the_limit_somebody_else_releases_it() -> None:
    set_up_roles()
    company, who = make_company(), accountant("fay")
    ActLimit.objects.create(
        company=company,
        act=ActName.ISSUE_INVOICE,
        role=RoleName.ACCOUNTANT,
        amount=Decimal(119),
    )
    batch = bring(company, "A-1")
    with (
        made_by(who.pk),
        pytest.raises(ValidationError, match=r"120\.00 is above your limit of 119"),
    ):
        release_batch(batch)
    assert release_batch(batch).issued == 1
