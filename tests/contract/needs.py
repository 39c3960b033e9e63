"""What a test needs of a bench, said beside the test by facts of its capabilities."""

from collections.abc import Callable
from typing import Any, TypeVar

from apps.connectors.port import Capabilities
from apps.connectors.snapshots import Kind

NEEDS, KINDS, KEPT = "_needs_of_a_bench", "_kinds_of_a_test", "_kinds_of_a_system"
Test = TypeVar("Test", bound=Callable[..., Any])


def stands_alone(can: Capabilities, kind: Kind) -> bool:
    """Whether a record of this kind is pushed by itself: an allocation that payments carry inside
    is only where it may be of a credit note."""
    carried = kind in can.carried_inside and Kind.CREDIT_NOTE not in can.kinds
    return kind in can.kinds and not carried


def sets_against(can: Capabilities) -> bool:
    """Whether anything is set against an invoice there, by itself or inside a payment."""
    return Kind.ALLOCATION in can.kinds


def has(fact: Callable[[Capabilities], Any]) -> Callable[[Test], Test]:
    """Only on benches whose capabilities say so."""

    def marked(test: Test) -> Test:
        setattr(test, NEEDS, (*getattr(test, NEEDS, ()), fact))
        return test

    return marked


def of_divided_kinds(test: Test) -> Test:
    """Once for each kind of which a bench has a record that is several objects there."""
    setattr(test, KEPT, lambda system, kind: kind in system.divided)
    return of_kinds(*Kind)(test)


def edited_there(test: Test) -> Test:
    """Not of kinds that nobody changes there."""
    setattr(test, KEPT, lambda system, kind: kind not in system.fixed)
    return test


def noted_there(test: Test) -> Test:
    """Only of kinds of which a change by hand is noted there."""
    setattr(test, KEPT, lambda system, kind: kind in system.capabilities.edit_notes)
    return test


def of_kinds(*kinds: Kind) -> Callable[[Test], Test]:
    """Once for each of these kinds that a bench has and is sent by itself, as `kind`."""

    def marked(test: Test) -> Test:
        setattr(test, KINDS, kinds)
        return test

    return marked
