"""Whether a note is read over there too, and what staff are told where it is not."""

from dataclasses import dataclass

from apps.connectors.capabilities import Capabilities
from apps.connectors.snapshots import Kind


@dataclass(frozen=True, slots=True)
class Place:
    """Where notes of edits are read in the books of a ledger that can do this."""

    capabilities: Capabilities

    def takes(self, kind: str) -> bool:
        """Whether a note of an edit of this kind of ours goes over. What is set against what is
        noted on the money or credit that it is of."""
        kinds = self.capabilities.edit_notes
        if kind == Kind.ALLOCATION:
            return bool({Kind.PAYMENT, Kind.CREDIT_NOTE} & kinds)
        return kind in kinds

    @property
    def words(self) -> str:
        """Where it is read over there, for whoever writes it; or that it is not."""
        return self.capabilities.edit_note_words or self.otherwise

    @property
    def otherwise(self) -> str:
        said = self.capabilities.cannot.get("edit_notes", "")
        return said or f"{self.capabilities.name} holds no note of this kind: yours stays here."
