"""What a test needs of a bench, said beside the test by facts of its capabilities."""

from collections.abc import Callable
from typing import Any, TypeVar

from apps.connectors.port import Capabilities
from apps.connectors.snapshots import Kind

NEEDS, KINDS = "_needs_of_a_bench", "_kinds_of_a_test"
Test = TypeVar("Test", bound=Callable[..., Any])


def has(fact: Callable[[Capabilities], Any]) -> Callable[[Test], Test]:
    """Only on benches whose capabilities say so."""

    def marked(test: Test) -> Test:
        setattr(test, NEEDS, (*getattr(test, NEEDS, ()), fact))
        return test

    return marked


def of_kinds(*kinds: Kind) -> Callable[[Test], Test]:
    """Once for each of these kinds that a bench has, as `kind`."""

    def marked(test: Test) -> Test:
        setattr(test, KINDS, kinds)
        return test

    return marked
