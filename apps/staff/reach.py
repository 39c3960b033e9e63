"""What companies mean for people. Staff knows no companies: billing answers, once it is made ready."""

from collections.abc import Sequence
from typing import Protocol, TypeAlias

from django.http import HttpRequest

from apps.staff.models import User

# The keys of companies; None: every one, also those that come later.
Seen: TypeAlias = frozenset[int] | None


class Reach(Protocol):
    """Who reaches whom, by the companies that each of them sees."""

    def is_within(self, person: User, by: User) -> bool:
        """Whether every company that `person` sees is one that `by` sees."""
        ...

    def seen_by(self, person: User) -> Seen:
        """Which companies a person sees, asked anew."""
        ...

    def named(self, companies: Seen, reader: User) -> list[str]:
        """Those of these companies that the reader sees, by name."""
        ...

    def put(
        self,
        person: User,
        companies: Seen,
        *,
        by: User | None,
        agreed: User | None,
        request: HttpRequest | None,
    ) -> None:
        """Let them see these companies and no other, keep an event, and tell their administrators."""
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


def seen_by(person: User) -> Seen:
    """Which companies a person sees; every one where nobody knows of companies."""
    return next((each.seen_by(person) for each in answers), None)


def named(companies: Seen, reader: User) -> list[str]:
    """Those of these companies that the reader sees, by name."""
    return [name for each in answers for name in each.named(companies, reader)]


def put(
    person: User,
    companies: Seen,
    *,
    by: User | None,
    agreed: User | None = None,
    request: HttpRequest | None = None,
) -> None:
    """Let them see these companies and no other. Whoever calls it asked who has to agree."""
    for each in answers:
        each.put(person, companies, by=by, agreed=agreed, request=request)


def listed(companies: Seen) -> list[int] | None:
    """As JSON keeps them."""
    return None if companies is None else sorted(companies)


def in_words(companies: Seen) -> str:
    """By number alone: whoever reads it may see none of them."""
    if companies is None:
        return "every company"
    return {0: "no company", 1: "1 company"}.get(len(companies), f"{len(companies)} companies")
