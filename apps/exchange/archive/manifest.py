"""What an archive says of itself: version, members with their checksums, control totals."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

# Raised with every change of what travels: a model, a field, or what one means.
FORMAT: Final = 6
MANIFEST: Final = "manifest.json"
PEOPLE: Final = "people"
RECEIVABLES: Final = "receivables"
LARGEST: Final = 8 << 20  # bytes of the manifest


@dataclass(slots=True)
class Member:
    """One list of rows: `last` is the highest key, 0 where there is none."""

    rows: int
    size: int  # bytes
    sha256: str
    last: int = 0
    fields: list[str] = field(default_factory=list)


class Digest:
    """Counts and sums up lines as they go by."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self.rows = self.size = 0

    def add(self, line: bytes) -> None:
        self._digest.update(line)
        self.rows += 1
        self.size += len(line)

    def member(self, last: int = 0, fields: list[str] | None = None) -> Member:
        return Member(
            rows=self.rows,
            size=self.size,
            sha256=self._digest.hexdigest(),
            last=last,
            fields=fields or [],
        )

    def is_of(self, member: Member) -> bool:
        return (self.rows, self._digest.hexdigest()) == (member.rows, member.sha256)


@dataclass(slots=True)
class Manifest:
    company: int  # its key where it came from
    legal_name: str
    made_at: str
    members: dict[str, Member]
    totals: dict[str, Any]
    # Approvals that waited for a second person while their record was as it was asked for.
    asked: list[int]
    format: int = FORMAT

    @property
    def last(self) -> int:
        return max(each.last for each in self.members.values())

    def to_json(self) -> bytes:
        return json.dumps(asdict(self), ensure_ascii=False, indent=1).encode()

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Raises TypeError, ValueError or AttributeError for what is none."""
        members = {str(name): Member(**each) for name, each in dict(stored["members"]).items()}
        return cls(**{**stored, "members": members})
