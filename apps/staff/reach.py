"""What companies mean for people. Staff knows no companies: billing answers, once it is made ready."""

from collections.abc import Sequence
from typing import Protocol

from apps.staff.models import User


class Reach(Protocol):
    """Who reaches whom, by the companies that each of them sees."""

    def is_within(self, person: User, by: User) -> bool:
        """Whether every company that `person` sees is one that `by` sees."""
        ...

    def give(self, person: User, companies: Sequence[str]) -> str:
        """Let them see these companies (names or keys; none: every one), and say in words what they
        see. Raises `ValidationError` for a name that is no company's."""
        ...

    def must_say(self) -> bool:
        """Whether there are several companies, so that none is meant by itself."""
        ...


answers: list[Reach] = []


def is_within(person: User, by: User) -> bool:
    """Whether somebody who gives access may do so to this person."""
    return all(each.is_within(person, by) for each in answers)
