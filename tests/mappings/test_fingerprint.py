"""What a test invoice relied on: a change of it pauses a live connection in the same UPDATE."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from apps.billing.changes import made_by
from apps.billing.models import Item, PaymentMethod, PaymentTerm
from apps.connections.lifecycle import pause, set_cut_off
from apps.connections.models import Connection
from apps.mappings.choices import REASON_NEEDED, set_mapping
from apps.mappings.fingerprint import fingerprint, refresh
from apps.mappings.models import RemoteCode
from apps.staff.models import User
from tests.mappings.conftest import go_live

pytestmark = pytest.mark.django_db

Named = Callable[[str], RemoteCode]


@pytest.fixture
def live(books: Connection, code: Named, card: PaymentMethod) -> Connection:
    set_mapping(books, "income", code=code("Sales"))
    set_mapping(books, "method_account", code=code("Undeposited"), payment_method=card)
    go_live(books)
    return books


@pytest.fixture
def why(fay: User) -> Iterator[None]:
    """Fay changes mappings of live books, and says why."""
    with made_by(fay.pk, reason="The chart was tidied up"):
        yield


def stage_of(books: Connection) -> tuple[str, str]:
    row = Connection.objects.get(pk=books.pk)
    return row.stage, row.stage_reason


def test_the_fingerprint_is_written_with_the_first_choice(books: Connection, code: Named) -> None:
    set_mapping(books, "income", code=code("Sales"))
    row = Connection.objects.get(pk=books.pk)
    assert len(row.settings_fingerprint) == 64
    assert row.settings_fingerprint == fingerprint(row)


@pytest.mark.usefixtures("why")
def test_a_changed_mapping_pauses_in_plain_words_and_in_one_update(
    live: Connection, code: Named
) -> None:
    with CaptureQueriesContext(
        database,
    ) as queries:
        set_mapping(live, "income", code=code("Consulting"))
    updates = [
        query["sql"]
        for query in queries
        if query["sql"].startswith('UPDATE "connections_connection"')
    ]
    assert len(updates) == 1
    assert '"settings_fingerprint"' in updates[0]
    assert '"stage"' in updates[0]
    assert stage_of(live) == (
        "paused",
        "“Sales account by default” was changed to 410 Consulting. Send a test invoice again, then go live.",
    )
    assert live.history.first().stage == "paused"


def test_a_choice_for_a_new_item_method_or_term_asks_for_no_new_test(
    live: Connection, code: Named, transfer: PaymentMethod, net_30: PaymentTerm
) -> None:
    new = Item.objects.create(company=live.company, code="NEW", name="New")
    set_mapping(live, "item_account", code=code("Consulting"), item=new)
    set_mapping(live, "method_account", code=code("Bank"), payment_method=transfer)
    set_mapping(live, "term", code=code("Net 30"), payment_term=net_30)
    assert stage_of(live) == ("live", "")


@pytest.mark.usefixtures("why")
def test_changing_what_was_chosen_for_a_new_item_does(live: Connection, code: Named) -> None:
    new = Item.objects.create(company=live.company, code="NEW", name="New")
    set_mapping(live, "item_account", code=code("Consulting"), item=new)
    set_mapping(live, "item_account", code=code("Vouchers"), item=new)
    assert stage_of(live)[0] == "paused"


@pytest.mark.usefixtures("why")
def test_an_own_account_for_an_item_that_was_booked_by_default_is_a_change(
    books: Connection, code: Named, mug: Item
) -> None:
    set_mapping(books, "income", code=code("Sales"))
    go_live(books)
    set_mapping(books, "item_account", code=code("Consulting"), item=mug)
    assert stage_of(books)[0] == "paused"


def test_the_default_account_said_for_an_old_item_is_no_change(
    books: Connection, code: Named, mug: Item
) -> None:
    set_mapping(books, "income", code=code("Sales"))
    go_live(books)
    set_mapping(books, "item_account", code=code("Sales"), item=mug)
    assert stage_of(books) == ("live", "")


@pytest.mark.usefixtures("why")
def test_a_change_taken_back_restores_what_was_tested(live: Connection, code: Named) -> None:
    tested = fingerprint(live)
    set_mapping(live, "income", code=code("Consulting"))
    assert fingerprint(live) != tested
    set_mapping(live, "income", code=code("Sales"))
    live.refresh_from_db()
    assert fingerprint(live) == tested == live.settings_fingerprint
    assert live.stage == "paused"  # going live again is a person's act, without a new test


@pytest.mark.usefixtures("why")
def test_a_test_of_the_changed_mapping_holds_until_it_is_changed_back(
    live: Connection, code: Named
) -> None:
    set_mapping(live, "income", code=code("Consulting"))
    go_live(live)
    assert stage_of(live)[0] == "live"
    set_mapping(live, "income", code=code("Sales"))
    assert stage_of(live)[0] == "paused"


@pytest.mark.parametrize("change", [{"tax_regime": "us"}, {"home_currency": "EUR"}])
def test_settings_of_their_books_are_in_it(live: Connection, change: dict[str, Any]) -> None:
    Connection.objects.filter(pk=live.pk).update(**change)
    live.refresh_from_db()
    refresh(live, reason="Their books were set up otherwise.")
    assert stage_of(live) == ("paused", "Their books were set up otherwise.")


def test_the_cut_off_is_not_in_it(live: Connection) -> None:
    before = fingerprint(live)
    set_cut_off(live, date(2026, 2, 1))
    refresh(live)
    assert fingerprint(live) == before
    assert stage_of(live)[0] == "live"


def test_a_change_of_what_live_books_rely_on_needs_a_reason_that_its_history_keeps(
    live: Connection, code: Named, fay: User
) -> None:
    with made_by(fay.pk), pytest.raises(ValidationError, match="Give a reason") as refused:
        set_mapping(live, "income", code=code("Consulting"))
    assert refused.value.code == REASON_NEEDED
    assert stage_of(live) == ("live", "")

    with made_by(fay.pk, reason="Consulting is all we sell"):
        changed = set_mapping(live, "income", code=code("Consulting"))

    last = changed.history.first()
    assert (last.history_user, last.history_change_reason) == (fay, "Consulting is all we sell")


def test_pausing_first_does_not_spare_the_reason(live: Connection, code: Named) -> None:
    pause(live, "To change the account quietly")
    with pytest.raises(ValidationError, match="Give a reason"):
        set_mapping(live, "income", code=code("Consulting"))


def test_a_first_choice_in_live_books_needs_no_reason(
    live: Connection, code: Named, transfer: PaymentMethod
) -> None:
    set_mapping(live, "method_account", code=code("Bank"), payment_method=transfer)
    assert stage_of(live) == ("live", "")
