"""Books that were in use before firsts were tried: every kind is open, under what is in force."""

from importlib import import_module

import pytest
from django.apps import apps
from django.utils import timezone

from apps.connections.models import Connection
from apps.mappings.models import Mapping, RemoteCode
from apps.sync.models import TRIED_FIRST, FirstOfKind
from apps.sync.want.firsts import RELIES_ON, open_kinds
from tests.factories import make_company, make_item, make_method

pytestmark = pytest.mark.django_db
step = import_module("apps.sync.migrations.0008_first_of_kind")


def connected(remote_id: str, *, tested: bool) -> Connection:
    return Connection.objects.create(
        company=make_company(),
        system="quickbooks",
        environment="simulated",
        remote_company_id=remote_id,
        name=remote_id,
        home_currency="GBP",
        tax_regime="uk",
        trial_matched_at=timezone.now() if tested else None,
    )


def changed(connection: Connection, subject: str, **thing: object) -> None:
    """A mapping that is called otherwise than at first."""
    first, now = (
        RemoteCode.objects.create(
            connection=connection,
            kind="account",
            remote_id=f"{subject}-{place}",
            name=f"{subject} {place}",
            read_at=timezone.now(),
        )
        for place in (1, 2)
    )
    Mapping.objects.create(
        connection=connection, subject=subject, code=now, first_code=first, **thing
    )


def test_books_whose_test_invoice_matched_go_on_as_before_and_others_try() -> None:
    used, new = connected("1", tested=True), connected("2", tested=False)
    changed(used, "method_account", payment_method=make_method(used.company))
    changed(used, "item_account", item=make_item(used.company))
    changed(used, "no_tax")
    changed(used, "bank_charge")

    step.open_where_tested(apps, None)

    assert open_kinds(used) == set(TRIED_FIRST)
    rows = FirstOfKind.objects.filter(connection=used)
    assert {(row.opened_at, row.opened_by, row.record) for row in rows} == {
        (used.trial_matched_at, None, None)
    }
    assert not FirstOfKind.objects.filter(connection=new).exists()
    assert {kind.value: [*subjects] for kind, subjects in RELIES_ON.items()} == {
        kind: [*subjects] for kind, subjects in step.RELIES_ON.items()
    }, "what was relied on then; a later list has a migration of its own"


def test_a_change_afterwards_closes_what_relied_on_it_alone() -> None:
    used = connected("1", tested=True)
    changed(used, "method_account", payment_method=make_method(used.company))
    step.open_where_tested(apps, None)

    method = Mapping.objects.get(subject="method_account")
    Mapping.objects.filter(pk=method.pk).update(code=method.first_code)

    assert {kind.value for kind in open_kinds(used)} == {"credit_note"}
    Mapping.objects.filter(pk=method.pk).update(code=method.code)
    assert open_kinds(used) == set(TRIED_FIRST)
