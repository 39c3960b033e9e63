"""A rule changes a row while the sealer has it in hand: nothing is missed, and nobody is blamed."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.core.deeds import Deed, What, tell
from apps.core.lifting import lifted
from apps.staff.models import SecurityEvent
from apps.staff.security import Kind, note
from apps.trail import sealing
from apps.trail.models import Again, Entry, Floor
from apps.trail.sealing import seal
from tests.trail.raw import attack, found, only

TABLE = "staff.SecurityEvent"


def erase(key: int, words: str = "Somebody changed the limit") -> None:
    """As where the law has a person's name erased; a transaction of its own where none is open."""
    with transaction.atomic(), lifted():
        SecurityEvent._base_manager.filter(pk=key)._update(
            [(SecurityEvent._meta.get_field("words"), None, words)]
        )
        tell(Deed(what=What.CHANGED, rule="Name erased", table=TABLE, keys=[key]))


@pytest.fixture
def between(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Callable[[], Any]], None]]:
    """`between(act)`: act once, after the sealer has read its rows and before it seals them."""
    acts: list[Callable[[], Any]] = []
    digest_of = sealing.digest_of

    def at_first(*given: Any) -> bytes:
        if acts and given[2] == TABLE:
            acts.pop()()
        return digest_of(*given)

    monkeypatch.setattr(sealing, "digest_of", at_first)
    yield acts.append
    assert not acts, "the sealer never came to it"


def entries(key: int) -> int:
    return Entry.objects.filter(kind=TABLE, key=key).count()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("sealed_before", [False, True])
def test_a_deed_that_ends_between_reading_and_sealing(
    sealed_before: bool, heads: Any, between: Callable[[Callable[[], Any]], None]
) -> None:
    event = note(Kind.OPERATED, "Ada changed the limit")
    if sealed_before:
        seal()
        erase(event.pk, "Ada changed it")  # waits to be sealed anew, and is changed once more then
    between(lambda: erase(event.pk))
    assert seal().ended
    assert found() == [], "the sealer has yet to come to it again"
    assert seal().ended
    assert (entries(event.pk), found()) == (1 + sealed_before, [])
    assert not Again.objects.filter(kind=TABLE).exists()

    attack("UPDATE staff_securityevent SET words = 'Nobody did it' WHERE id = %s", event.pk)
    only(found(), "rewritten", "(Nobody did it)")


def take_away(key: int, *, by_rule: bool) -> None:
    with transaction.atomic(), lifted():
        SecurityEvent._base_manager.filter(pk=key)._raw_delete("default")
        if by_rule:
            tell(Deed(what=What.PURGED, rule="Old events", table=TABLE, keys=[key]))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("by_rule", [True, False])
@pytest.mark.parametrize("in_hand", [True, False])
def test_what_is_gone_is_looked_at_no_more_and_is_missed_where_no_rule_took_it(
    by_rule: bool,
    in_hand: bool,
    heads: Any,
    between: Callable[[Callable[[], Any]], None],
) -> None:
    """Between reading and sealing, or before it was read at all."""
    event = note(Kind.OPERATED, "Ada changed the limit")
    seal()
    erase(event.pk)  # waits to be sealed anew
    if in_hand:
        between(lambda: take_away(event.pk, by_rule=by_rule))
    else:
        take_away(event.pk, by_rule=by_rule)
    seal()
    Floor.objects.filter(kind=TABLE).update(high_at=timezone.now() - timedelta(hours=2))
    seal()
    assert not Again.objects.filter(kind=TABLE).exists()
    if by_rule:
        assert found() == []
    else:
        only(found(), "cut out", "is gone, and no rule did it")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.parametrize("sealed_before", [False, True])
def test_a_deed_that_is_open_while_its_row_is_sealed(
    sealed_before: bool, heads: Any, between: Callable[[Callable[[], Any]], None]
) -> None:
    event = note(Kind.OPERATED, "Ada changed the limit")
    if sealed_before:
        seal()
        erase(event.pk, "Ada changed it")
    told, may_end = threading.Event(), threading.Event()

    def deed() -> None:
        with transaction.atomic():
            erase(event.pk)
            told.set()
            assert may_end.wait(20)
        connection.close()

    writer = threading.Thread(target=deed)

    def begin() -> None:
        writer.start()
        assert told.wait(20)
        # Where the row waits on the list, the sealer waits for the deed: it ends by itself.
        threading.Timer(0.5, may_end.set).start()

    between(begin)
    assert seal().ended
    writer.join(20)
    assert found() == []
    assert seal().ended
    assert seal().ended
    assert found() == []
    attack("UPDATE staff_securityevent SET words = 'Nobody did it' WHERE id = %s", event.pk)
    only(found(), "rewritten", "(Nobody did it)")
