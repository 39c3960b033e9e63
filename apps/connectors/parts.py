"""One record's part of a call that carried several.

A system whose calls carry several has a module `parts` beside its connector, with `part_of`: how its
answers are taken apart is its own knowledge.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

Json: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """What of the body and of the answer, as JSON, is of one record; None where that cannot be told,
    so that nobody reads another record's answer as this one's."""

    sent: Any = None
    answered: Any = None


# Of a call whose body carried these members in their order, the part of one of them: the members, the
# one, the body, the answer. Pure; of an answer that is none of theirs (empty, torn) it knows nothing.
PartOf: TypeAlias = Callable[[Sequence[int], int, Json, Json], Part]
