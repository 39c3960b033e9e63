"""Keys that a person made for programs. They outlive sessions, so whoever ends those asks here.

Which keys there are is known further up: whoever keeps them puts itself on the list as it is loaded.
"""

from collections.abc import Callable
from dataclasses import dataclass

from apps.staff.models import User


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnKeys:
    """`count` says how many keys of a person's own open something; `revoke` ends them, keeps an event
    of each, and says how many there were."""

    count: Callable[[User], int]
    revoke: Callable[[User], int]


keepers: list[OwnKeys] = []


def count_keys(person: User) -> int:
    return sum(keeper.count(person) for keeper in keepers)


def revoke_keys(person: User) -> int:
    return sum(keeper.revoke(person) for keeper in keepers)
