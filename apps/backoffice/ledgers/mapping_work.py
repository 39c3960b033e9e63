"""What the mappings of one set of books ask of a person, for the first page."""

from dataclasses import dataclass, field

from apps.backoffice.ledgers.steps import MAP, page_of
from apps.connections.models import Connection
from apps.core.together import Together
from apps.mappings.doubts import Doubt, doubts_of
from apps.mappings.names import Key, field_of
from apps.sync.mapped.lacking import Lacks


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """One line: how many, of what, and where to answer."""

    count: int
    what: str
    more: str
    url: str


def choice_page(connection: Connection, field: str) -> str:
    """The mapping page at one choice."""
    return f"{page_of(connection, MAP)}?show={field}#id_{field}"


@dataclass
class MappingWork:
    """Of one set of books: `ask`, then `ask_blocks` once that was answered, then `lines`."""

    lacks: Lacks
    keys: dict[Key, str] = field(default_factory=dict)
    doubts: list[Doubt] = field(default_factory=list)

    @property
    def connection(self) -> Connection:
        return self.lacks.connection

    def ask(self, asked: Together) -> None:
        self.lacks.ask(asked)

    def ask_blocks(self, asked: Together, then: Together) -> None:
        self.keys = self.lacks.keys(asked)
        self.doubts = doubts_of(self.connection, self.lacks.rows)
        doubted = {each.key: "" for each in self.doubts if each.asks}
        self.lacks.ask_blocks(then, {**self.keys, **doubted})

    def lines(self, asked: Together, then: Together) -> list[Asked]:
        """One question for each mapping that no longer holds, what was only renamed, and all that was
        never chosen in one line."""
        lacking = {each.key: each for each in self.lacks.lacking(asked, then, self.keys)}
        found = [self._question(each, then) for each in self.doubts]
        doubted = {each.key for each in self.doubts if each.asks}
        open_choices = [each for key, each in lacking.items() if key not in doubted]
        if open_choices:
            first = open_choices[0]
            waiting = f" Waits for it: {first.blocks_in_words}." if first.count else ""
            found.append(
                Asked(
                    count=len(open_choices),
                    what=f"Not mapped for {self.connection}",
                    more=f"{first.what}{waiting}",
                    url=page_of(self.connection, MAP),
                )
            )
        return found

    def _question(self, doubt: Doubt, then: Together) -> Asked:
        connection = self.connection
        blocked = sum(self.lacks.blocks(then, doubt.key).values()) if doubt.asks else 0
        told = f"{blocked} record{'' if blocked == 1 else 's'} that wait are booked under it."
        return Asked(
            count=1,
            what=f"{'Look at' if doubt.asks else 'Renamed in'} "
            f"{f'a mapping of {connection}' if doubt.asks else connection.system_name}",
            more=f"{doubt.sentence} {told}" if blocked else doubt.sentence,
            url=choice_page(connection, field_of(*doubt.key)),
        )
