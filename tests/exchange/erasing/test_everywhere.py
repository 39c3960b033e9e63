"""A name and an address planted in every column are gone, or it is said where they stay and why."""

import json
import zlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

from apps.billing.models import Company, Customer, Erasure
from apps.core.lifting import lifted
from apps.exchange.erasing import asking, tasks
from apps.exchange.erasing.owned import owned
from apps.exchange.erasing.tables import (
    BOOKS,
    IDENTIFIERS,
    MACHINES,
    NEVER_WALKED,
    PAPER,
    rows,
)
from apps.staff.models import User
from apps.trail import sealing
from apps.trail.sealing import seal
from tests.backoffice.people import make_people
from tests.backoffice.world import WholeWorld
from tests.exchange.erasing.erased import LONG_AFTER, erased
from tests.kept_rows import kept
from tests.trail.raw import attack, found

pytestmark = pytest.mark.django_db
CANARY = "Quillwren"
EMAIL = "q.wren@bell.example"


@pytest.fixture
def people(db: None) -> dict[str, User]:
    return kept(make_people)


@pytest.fixture
def world(people: dict[str, User]) -> WholeWorld:
    return kept(WholeWorld, people["Fay"])


def columns() -> Iterator[tuple[type[models.Model], Any]]:
    """Every column of every table that could hold a name, found without the code under test."""
    kinds = (models.CharField, models.TextField, models.JSONField, models.BinaryField)
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            long = getattr(field, "max_length", None) is None or field.max_length > len(CANARY) + 5
            if isinstance(field, kinds) and long and not field.choices:
                yield model, field


def plant() -> set[str]:
    """Name and address in every column of every row, as who has written them there would; where the
    database holds a column to certain words."""
    refused = set()
    said = json.dumps({"told": f"by {CANARY}, {EMAIL}"})
    for model, field in columns():
        skipped = model._meta.label.removeprefix("billing.").removeprefix("Historical") in (
            "Customer",
            "Company",
        )
        if skipped or model._meta.app_label in ("trail", "contenttypes", "auth"):
            continue
        if field.primary_key or field.unique or field.name in ("email", "legal_name"):
            continue
        if field.name in ("ours", "members"):  # keys of rows
            continue
        quote = connection.ops.quote_name
        into = f"UPDATE {quote(model._meta.db_table)} SET {quote(field.column)} = "
        given: Any = f" {CANARY} {EMAIL}"
        longest = getattr(field, "max_length", None)
        if longest is not None and longest < len(given) + 8:  # and its key
            given = f" {CANARY}"
        if isinstance(field, models.JSONField):
            given = said
        elif isinstance(field, models.BinaryField):
            prints = b"%PDF \xff " + CANARY.encode() + EMAIL.encode()
            given = prints if field.name == "pdf" else zlib.compress(said.encode())
        else:
            # So that no two are the same, and history says what its record says.
            key = "id" if hasattr(model, "history_object") else model._meta.pk.column
            into += f"{quote(key)} || "
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"{into}%s", [given])
        except IntegrityError:
            refused.add(f"{model._meta.label}.{field.name}")
    return refused


def places(word: str, *, theirs: Any = None) -> set[str]:
    """ "app.Model.column" of each in which it stands; of rows of theirs alone, where these are given."""
    hits = set()
    for model, field in columns():
        for key, value in models.QuerySet(model).values_list("pk", field.attname):
            if isinstance(value, bytes | memoryview):
                raw = bytes(value)
                with suppress(zlib.error):  # kept as it came
                    raw = zlib.decompress(raw)
                value = raw.decode("latin-1")
            if word.casefold() not in json.dumps(value, default=str).casefold():
                continue
            if theirs is None or owned(model, [key], theirs):
                hits.add(f"{model._meta.label}.{field.name}")
    return hits


def unexplained(hits: set[str], *kept_there: str) -> list[str]:
    """Those that nobody named as kept."""
    named = {*NEVER_WALKED, *kept_there}
    return sorted(
        hit
        for hit in hits
        if not {hit.rpartition(".")[0], hit.split(".")[0], hit} & named
        and hit.rpartition(".")[2] not in IDENTIFIERS
        and hit != "exchange.FileImport.path"
        and not any(word in hit.rpartition(".")[2] for word in MACHINES)
    )


def spoilt() -> list[tuple[str, str]]:
    """What the trail finds, but for what planting itself did: lines that their history does not have."""
    return [each for each in found() if each[0] != "differs from its history"]


def sealed() -> list[tuple[str, str]]:
    for _ in range(3):
        seal()
    return spoilt()


@pytest.mark.slow
def test_what_was_planted_everywhere_is_gone_or_it_is_said_where_it_stays(
    people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = kept(WholeWorld, people["Fay"])
    monkeypatch.setattr(sealing, "BEHIND", timedelta(0))
    # Of the world something is open everywhere: what is looked at here is the walk.
    monkeypatch.setattr(asking, "in_the_way", lambda customer: [])
    customer = Customer.objects.get(pk=world.invoice.customer_id)
    customer.name, customer.email = f"{CANARY} Ltd", EMAIL
    customer.phone, customer.notes = "+44 20 7946 0000", f"{CANARY} likes tea"
    customer.save()
    customer.name = CANARY
    customer.save()
    with lifted():
        refused = plant()
    # The database holds these empty where others beside them are.
    assert refused == {
        "billing.Allocation.outside_id",
        "connections.Connection.trial_confirmation",
        "sync.Edit.note",
    }
    assert len(places(CANARY)) > 200
    assert sealed() == []
    of_books = {f"{label}.{name}" for label in BOOKS for name in PAPER}
    of_rows = {"billing.Customer.name", "billing.HistoricalCustomer.name"}
    family = (customer.pk,)

    erasure = erased(customer, people["Fay"], people["Ada"])
    assert erasure.rest_kept_until == date(2036, 12, 31)
    assert unexplained(places(EMAIL), *of_books) == []
    assert unexplained(places(CANARY, theirs=family) - of_rows, *BOOKS) == []
    others = {each.rpartition(".")[0] for each in unexplained(places(CANARY), *BOOKS)}
    assert others <= {*erasure.left, "billing.Customer", "billing.HistoricalCustomer"}
    assert {"billing.Invoice.customer_name", "exchange.IssuedPrint.pdf"} & places(CANARY)
    assert sealed() == [], "what a rule changed excuses itself"

    monkeypatch.setattr(Company, "today", lambda self: LONG_AFTER)
    rows(Erasure).update(rest_kept_until=date(2026, 1, 1))
    assert tasks.begin_the_rest() == 1
    assert tasks.go_on(erasure.pk) == "Done."
    assert unexplained(places(CANARY, theirs=family)) == []
    assert unexplained(places(EMAIL, theirs=family)) == []
    assert unexplained(places(EMAIL), *of_books) == []
    assert not {each for each in places(CANARY) if each.startswith("billing.HistoricalCustomer.")}
    customer.refresh_from_db()
    assert customer.name == f"Erased customer {customer.pk}"
    assert sealed() == []
    attack("UPDATE sync_call SET path = %s WHERE id = %s", "forged", world.call.pk)
    assert [what for what, _ in spoilt()] == ["rewritten"], "and excuses nothing that comes later"


@pytest.mark.slow
def test_records_still_say_what_their_history_says(
    people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = kept(WholeWorld, people["Fay"])
    monkeypatch.setattr(sealing, "BEHIND", timedelta(0))
    monkeypatch.setattr(asking, "in_the_way", lambda customer: [])
    customer = Customer.objects.get(pk=world.invoice.customer_id)
    world.payment.memo = f"{customer.name} by cheque"
    world.payment.save()
    seal()
    erasure = erased(customer, people["Fay"], people["Ada"])
    seal()
    assert found() == []
    monkeypatch.setattr(Company, "today", lambda self: LONG_AFTER)
    rows(Erasure).update(rest_kept_until=date(2026, 1, 1))
    tasks.begin_the_rest()
    assert tasks.go_on(erasure.pk) == "Done."
    seal()
    assert found() == []
    world.payment.refresh_from_db()
    assert world.payment.memo == f"Erased customer {customer.pk} by cheque"
