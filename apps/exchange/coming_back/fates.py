"""What becomes of a row that came back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.connections.models import BroughtRow

State = BroughtRow.State


@dataclass(frozen=True, kw_only=True, slots=True)
class Fate:
    """`said` is what is told on where it is taken (now, or once a person says so), under `key`: the
    same is never told twice. `version`: of the file that it is about. `more`: what follows from it."""

    called: str
    state: State
    sentence: str = ""
    remedy: str = ""
    said: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""
    version: str = ""
    more: tuple[tuple[str, str, Mapping[str, Any]], ...] = ()  # key, version, said

    @property
    def kept(self) -> dict[str, Any]:
        """What the row holds until it is decided."""
        return {"key": self.key, "version": self.version, "said": dict(self.said)}


def refused(called: str, sentence: str, remedy: str) -> Fate:
    return Fate(called=called or "–", state=State.REFUSED, sentence=sentence, remedy=remedy)


def known(called: str, sentence: str) -> Fate:
    return Fate(called=called, state=State.KNOWN, sentence=sentence)
