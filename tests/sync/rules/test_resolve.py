"""Which of two values stands: whatever both sides did, no value is lost unseen."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.snapshots import SHAPES, Kind
from apps.sync.models import Side
from apps.sync.rules.fields import CHOICES, FIXED, may_be_chosen, why_fixed
from apps.sync.rules.resolve import Stands, resolve

VALUES = st.sampled_from(["", "a", "b", "c"])
SIDES = st.sampled_from(list(Side))


@given(base=VALUES, ours=VALUES, theirs=VALUES, side=SIDES, followed=st.booleans())
def test_one_of_the_three_stands_and_nothing_is_lost(
    base: str, ours: str, theirs: str, side: Side, followed: bool
) -> None:
    found = resolve(base, ours, theirs, side, followed=followed)

    if found.stands in (Stands.OPEN, Stands.LEFT):
        return  # both values stay where they are
    assert found.value in (base, ours, theirs)
    # What somebody wrote and what does not stand is written down.
    written = {value for value in (ours, theirs) if value != base}
    assert written <= {found.value, *found.kept}
    assert found.value not in found.kept
    assert set(found.kept) <= {ours, theirs}


@given(base=VALUES, ours=VALUES, theirs=VALUES, side=SIDES, followed=st.booleans())
def test_what_was_settled_is_settled(
    base: str, ours: str, theirs: str, side: Side, followed: bool
) -> None:
    """Carried out on both sides, the same rule finds nothing more to do."""
    found = resolve(base, ours, theirs, side, followed=followed)
    if found.stands in (Stands.OPEN, Stands.LEFT):
        return
    again = resolve(found.value, found.value, found.value, side, followed=followed)
    assert again.stands == Stands.ALIKE


@pytest.mark.parametrize(
    ("ours", "theirs", "side", "stands"),
    [
        ("a", "b", Side.ASK, Stands.OPEN),
        ("a", "b", Side.OURS, Stands.OURS),
        ("a", "b", Side.THEIRS, Stands.THEIRS),
        ("base", "b", Side.ASK, Stands.FOLLOWED),
        ("base", "b", Side.OURS, Stands.OURS),
        ("base", "b", Side.THEIRS, Stands.FOLLOWED),
        ("a", "base", Side.ASK, Stands.SENT),
        ("a", "base", Side.OURS, Stands.SENT),
        ("a", "base", Side.THEIRS, Stands.THEIRS),
        ("a", "a", Side.ASK, Stands.ALIKE),
    ],
)
def test_a_master_by_rule(ours: str, theirs: str, side: Side, stands: Stands) -> None:
    assert resolve("base", ours, theirs, side, followed=True).stands == stands


@pytest.mark.parametrize(
    ("side", "stands"),
    [(Side.ASK, Stands.LEFT), (Side.OURS, Stands.OURS), (Side.THEIRS, Stands.THEIRS)],
)
def test_what_theirs_alone_changed_on_a_document(side: Side, stands: Stands) -> None:
    assert resolve("base", "base", "b", side, followed=False).stands == stands


@pytest.mark.parametrize("kind", list(Kind))
def test_every_field_is_chosen_or_fixed_with_a_reason(kind: Kind) -> None:
    fields = {each.name for each in dataclasses.fields(SHAPES[kind]) if each.metadata.get("whose")}
    chosen, fixed = set(CHOICES.get(kind, ())), set(FIXED[kind])
    assert chosen | fixed == fields
    assert not chosen & fixed
    assert all(FIXED[kind].values())


@pytest.mark.parametrize("kind", list(Kind))
def test_amount_tax_date_and_customer_are_never_chosen(kind: Kind) -> None:
    """Of what is asked or theirs (ACCOUNTING, "Whose is what") nothing is in the list."""
    for each in dataclasses.fields(SHAPES[kind]):
        if each.metadata.get("whose") in ("ask", "kept"):
            assert not may_be_chosen(kind, each.name), each.name
            assert why_fixed(kind, each.name)
