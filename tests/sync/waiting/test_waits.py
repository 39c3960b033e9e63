"""What a record waits for, as a type: kept as text, read back as what it names."""

from typing import Any

import pytest
from django.db.models import Q

from apps.connectors.snapshots import Kind
from apps.sync.models import NO_WAIT, On, Wait


@pytest.mark.parametrize(
    ("wait", "text", "key"),
    [
        (On.RECORD.of(Kind.CREDIT_NOTE, 7), "record:credit_note:7", 7),
        (On.IN_STEP.of(Kind.CUSTOMER, 12), "in_step:customer:12", 12),
        (On.UNDONE.of(3), "undone:3", 3),
    ],
)
def test_a_wait_is_kept_as_text_and_read_back(wait: Wait, text: str, key: int) -> None:
    assert wait == text
    assert (Wait(text).on, Wait(text).key) == (On(text.partition(":")[0]), key)


def test_the_kind_of_the_record_is_read() -> None:
    assert Wait("record:credit_note:7").kind == Kind.CREDIT_NOTE


def test_none_is_for_nothing_and_an_unknown_word_is_refused() -> None:
    assert (NO_WAIT.on, NO_WAIT.name) == (None, "")
    with pytest.raises(ValueError, match="moon"):
        _ = Wait("moon:7").on


@pytest.mark.parametrize("on", list(On))
def test_rows_of_a_wait_never_take_a_longer_word_for_it(on: On) -> None:
    """`record` is no `remote_record`, and what names nothing is asked for as a whole."""
    wanted: dict[str, Any] = (
        {"waits_for": on.value} if on.alone else {"waits_for__startswith": f"{on.value}:"}
    )
    assert on.rows == Q(**wanted)
