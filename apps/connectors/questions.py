"""Open questions about a ledger, as data of its connector: what is assumed, the requests that ask, and
how their answers are read. Pure: no row, no state, nothing leaves from here.

A module `questions` beside a connector exports `PROOF`; the registry finds it. The runner carries
the steps of each question in their order, and takes back whatever they made.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol

from apps.connectors.port import Request


class Verdict(StrEnum):
    AS_ASSUMED = "as assumed"
    NOT = "not"
    COULD_NOT = "could not be asked"


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of a question. `seen`: what they answered, or why nothing could be asked."""

    verdict: Verdict
    seen: str


class CannotAsk(Exception):
    """These books cannot answer a question: a sentence that says what is missing there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """An answer as questions read it. `said` is its JSON, None where it was none."""

    status: int
    said: Any
    at: datetime  # when it came

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """What a question may know: the day of its documents, a tag that no record of theirs bears, and
    the answers to the steps before, by name."""

    company: str  # their id of it
    home_currency: str
    day: date
    tag: str
    question: int = 0  # its place in this run: no two questions make anything of one name
    answers: Mapping[str, Answer] = field(default_factory=dict)

    def __getitem__(self, step: str) -> Answer:
        return self.answers[step]

    def named(self, what: str) -> str:
        """A name for something that this run makes once, and nobody else."""
        return f"{self.tag} {what}"

    def numbered(self, what: str) -> str:
        """A name or number for something of this question."""
        return f"{self.tag} {self.question} {what}"


@dataclass(frozen=True, slots=True)
class Write:
    """What a step writes, in words for whoever must allow it, and what of it stands there when the
    run is over."""

    what: str
    leaves: str
    dated: bool = True  # with the day of the run


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One request. `once`: every question that names this step sees the same answer to it."""

    name: str
    request: Callable[[Scene], Request]  # raises `CannotAsk`
    write: Write | None = None
    once: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """One open point. `behind` is the decision or the mark that leaves it open, `assumed` what is
    assumed until it is proved, `switch` the switch of the simulated ledger, where it has one.

    A question that no request can ask has no steps, and says why in `unaskable`.
    """

    id: str
    asks: str
    behind: str
    assumed: str
    switch: str = ""
    steps: tuple[Step, ...] = ()
    read: Callable[[Scene], Finding] | None = None  # raises `CannotAsk`
    unaskable: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """Something that this run made there. `names` are all words by which a write may mean it."""

    kind: str
    remote_id: str
    names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TheirBooks:
    """Whose books these are. A demo company may be written to; any other only by its typed name."""

    name: str
    demo: bool


class Proof(Protocol):
    """The questions about one ledger, and what the runner must know to carry them."""

    @property
    def questions(self) -> tuple[Question, ...]: ...

    @property
    def about(self) -> Step:
        """The read that tells whose books these are."""
        ...

    @property
    def kept_words(self) -> frozenset[str]:
        """Keys whose texts are kinds, codes and sentences of theirs: nobody's data. Of any other
        key a text is left out of the recordings."""
        ...

    @property
    def kept_figures(self) -> frozenset[str]:
        """Keys whose texts may be figures; only those are kept."""
        ...

    def books(self, scene: Scene, environment: str) -> TheirBooks:
        """Of the answer to `about`. Raises `CannotAsk`."""
        ...

    def made(self, request: Request, said: Any) -> tuple[Made, ...]:
        """What a write made, by its answer."""
        ...

    def meant(self, request: Request) -> frozenset[str]:
        """Whatever a write would change or set something against, as `Made.names` call it."""
        ...

    def look(self, scene: Scene, made: Made) -> Request: ...

    def standing(self, made: Made, answer: Answer) -> str:
        """What stands there of it, in words; "" where it is gone."""
        ...

    def take_back(self, scene: Scene, made: Made, answer: Answer) -> Request | None:
        """The next write that takes it back, by how it was just read; None where nothing is left to
        be done."""
        ...


def as_assumed(seen: str) -> Finding:
    return Finding(Verdict.AS_ASSUMED, seen)


def otherwise(seen: str) -> Finding:
    return Finding(Verdict.NOT, seen)


def told(holds: bool, seen: str) -> Finding:
    return as_assumed(seen) if holds else otherwise(seen)


def body_of(request: Request) -> Any:
    """The JSON of a request; None where it has none."""
    return json.loads(request.body) if request.body else None
