"""What became of many things that a person decided at once."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Done:
    """How many went well, the sentences of those that were refused, and how many go on in the
    background. `after`: the key behind which another slice goes on; None at the end."""

    count: int = 0
    refused: list[str] = field(default_factory=list)
    later: int = 0
    after: int | None = None
