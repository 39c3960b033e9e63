"""What goes in comes out: every field of every row, keys moved, people by e-mail address."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.db import connection

from apps.billing.acts.approving import approve
from apps.billing.models import Approval, Batch, Change, Company, Invoice, InvoiceLine
from apps.connections.models import Connection, Grant
from apps.exchange.archive import sealed
from apps.exchange.archive.carried import kinds
from apps.exchange.archive.reading import CannotRestore
from apps.exchange.archive.returning import RESTORED
from apps.exchange.models import FileImport, IssuedPrint
from apps.exchange.printing.kept import is_amended
from apps.staff.models import User
from tests.exchange.archive.photograph import (
    Photograph,
    cleared,
    differences,
    keys_named,
    photograph,
)
from tests.exchange.archive.world import Packed, archived, packed_world, restored
from tests.factories import make_company, make_invoice

pytestmark = pytest.mark.django_db


@pytest.fixture
def packed(db: None, monkeypatch: pytest.MonkeyPatch) -> Packed:
    monkeypatch.setattr(sealed, "_N", 1 << 4)  # a guess may be cheap here
    return packed_world()


@pytest.fixture
def fay(packed: Packed) -> User:
    return User.objects.create_user("fay@example.com", name="Fay")


def lost_keys(after: Photograph) -> list[tuple[str, str, int]]:
    return [
        (label, wanted, key)
        for label, wanted, key in keys_named(after)
        if not apps.get_model(wanted)._base_manager.filter(pk=key).exists()
    ]


def test_a_company_comes_back_beside_another_with_no_field_of_no_row_changed(
    packed: Packed,
) -> None:
    assert {label for label, rows in packed.before.items() if not rows} == set()
    other = make_invoice(company=make_company(legal_name="Another Ltd"))
    beside = photograph()

    company = restored(packed.file)

    both = photograph()
    for label, rows in beside.items():
        assert both[label][: len(rows)] == rows, label  # left as it was
    after = {label: both[label][len(rows) :] for label, rows in beside.items()}
    moved_by = company.pk - packed.company
    assert moved_by > 0
    assert differences(packed.before, after, moved_by) == []
    assert lost_keys(after) == []
    assert {*Invoice.objects.exclude(company=company)} == {other}
    assert not Change.objects.filter(company=company).exists()
    assert not Grant.objects.exists()

    second = archived(company)
    cleared()
    again = restored(second)

    assert differences(packed.before, photograph(), again.pk - packed.company) == []


def test_in_a_database_without_any_company_all_keys_stay(packed: Packed) -> None:
    forget_keys_given()

    company = restored(packed.file)

    assert company.pk == packed.company
    assert differences(packed.before, photograph(), 0) == []
    # What is made next takes none of the keys that came.
    make_invoice(company=company)
    make_company()


@pytest.mark.slow
def test_what_waits_for_a_second_person_can_be_approved_where_it_came_to(
    packed: Packed, fay: User
) -> None:
    make_company()  # keys were given
    rights = Permission.objects.filter(codename__in=["void_invoice", "approve"])
    gus = User.objects.create_user("gus@example.com", name="Gus")
    for person in (fay, gus):
        person.user_permissions.set(rights)
    company = restored(packed.file)
    waiting = Approval.objects.get(company=company)

    approve(waiting, gus)

    waiting.refresh_from_db()
    assert waiting.state == Approval.State.APPROVED
    assert Invoice.objects.get(pk=waiting.invoice_id).status == Invoice.Status.VOID


@pytest.mark.slow
def test_kept_prints_are_those_of_their_documents_still(packed: Packed) -> None:
    make_company()

    restored(packed.file)

    found = IssuedPrint.objects.get()
    assert found.invoice is not None
    assert not is_amended(found.invoice)


def test_its_books_are_disconnected_and_known_to_be_newer(packed: Packed) -> None:
    company = restored(packed.file)

    found = Connection.objects.get(company=company)
    assert (found.stage, found.stage_reason) == (Connection.Stage.DISCONNECTED, RESTORED)
    assert found.grant is None
    assert found.found_older_at is not None
    assert found.history.latest("history_id").stage_reason == RESTORED
    assert "invoice" in found.read_anew
    assert found.sync_records.filter(state="in_the_books").exists()


def test_people_who_are_not_here_are_written_down_without_any_right(packed: Packed) -> None:
    company = restored(packed.file)

    fay = User.objects.get(email="fay@example.com")
    assert (fay.name, fay.is_active, fay.is_staff) == ("Fay", False, False)
    assert not fay.has_usable_password()
    assert Approval.objects.get(company=company).requested_by == fay


@pytest.mark.slow
def test_a_person_who_is_here_keeps_name_and_rights(packed: Packed, fay: User) -> None:
    User.objects.filter(pk=fay.pk).update(name="Fay Adams")

    restored(packed.file)

    fay.refresh_from_db()
    assert (fay.name, fay.is_active) == ("Fay Adams", True)


def test_a_company_is_not_restored_beside_itself(packed: Packed) -> None:
    company = restored(packed.file)
    before = photograph()

    with pytest.raises(CannotRestore, match=f"There is a company “{company}” already"):
        restored(packed.file)
    with pytest.raises(CannotRestore, match=f"stands here already, as “{company}”"):
        restored(packed.file, name="Thornfield Two Ltd")

    assert photograph() == before


@pytest.mark.slow
def test_under_another_name_where_its_own_is_taken(packed: Packed) -> None:
    make_company(legal_name="Thornfield Trading Ltd")

    company = restored(packed.file, name="Thornfield (restored) Ltd")

    assert company.legal_name == "Thornfield (restored) Ltd"
    assert Company.objects.count() == 2


@pytest.mark.slow
def test_books_that_another_company_uses_here_stop_it(packed: Packed) -> None:
    before = packed.before["connections.Connection"][0]
    other = make_company(legal_name="Another Ltd")
    Connection.objects.create(
        company=other, name="Books", home_currency="GBP",
        **{name: before[name] for name in ("system", "environment", "remote_company_id")},
    )  # fmt: skip

    with pytest.raises(CannotRestore, match="belong to “Another Ltd” here"):
        restored(packed.file)

    assert list(Company.objects.all()) == [other]


@pytest.mark.slow
def test_an_import_under_way_stays_and_its_batch_travels(packed: Packed) -> None:
    company = make_company()
    batch = Batch.objects.create(company=company, name="may.csv")
    for name, stage in (("may.csv", "writing"), ("june.csv", "written")):
        FileImport.objects.create(
            company=company, name=name, path="imports/1", size=1, sha256="1" * 64,
            profile="online-retail", stage=stage, batch=batch if stage == "writing" else None,
        )  # fmt: skip
    file = archived(company)
    cleared()

    restored(file)

    assert [each.name for each in FileImport.objects.all()] == ["june.csv"]
    assert Batch.objects.get().name == "may.csv"


def test_a_row_that_the_database_changes_as_it_takes_it_is_noticed(
    packed: Packed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All is read back before anybody sees it: one penny more, and nothing stays."""
    spoil = f'UPDATE "{InvoiceLine._meta.db_table}" SET net = net + 0.01 WHERE position = 2'

    def spoiling(tables: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(spoil)  # as a trigger or a fault of the disk would

    monkeypatch.setattr(connection, "check_constraints", spoiling)
    with pytest.raises(CannotRestore, match=r"billing\.InvoiceLine would not be"):
        restored(packed.file)

    assert not Company.objects.exists()


def forget_keys_given() -> None:
    """As in a database that was just made."""
    with connection.cursor() as cursor:
        for kind in kinds():
            table = kind.model._meta.db_table
            if connection.vendor == "postgresql":
                key = kind.model._meta.pk.column
                cursor.execute(
                    "SELECT setval(s::regclass, 1, false) FROM pg_get_serial_sequence(%s, %s) s "
                    "WHERE s IS NOT NULL",
                    [f'"{table}"', key],
                )
            else:
                cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
