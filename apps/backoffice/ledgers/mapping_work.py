"""What the mappings of one set of books ask of a person, for the first page."""

from dataclasses import dataclass

from apps.backoffice.ledgers.steps import MAP, page_of
from apps.connections.models import Connection
from apps.mappings.doubts import Doubt, doubts
from apps.mappings.names import field_of
from apps.sync.mapped.completeness import Lacking, lacking_of, waiting_for


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


def mapping_work(connection: Connection) -> list[Asked]:
    """One question for each mapping that no longer holds, what was only renamed, and all that was
    never chosen in one line."""
    lacking = {each.key: each for each in lacking_of(connection)}
    changed = doubts(connection)
    found = [_question(connection, each, lacking.get(each.key)) for each in changed]
    asked = {each.key for each in changed if each.asks}
    open_choices = [each for key, each in lacking.items() if key not in asked]
    if open_choices:
        first = open_choices[0]
        waiting = f" Waits for it: {first.blocks_in_words}." if first.count else ""
        found.append(
            Asked(
                count=len(open_choices),
                what=f"Not mapped for {connection}",
                more=f"{first.what}{waiting}",
                url=page_of(connection, MAP),
            )
        )
    return found


def _question(connection: Connection, doubt: Doubt, lacking: Lacking | None) -> Asked:
    blocked = 0
    if doubt.asks:
        rows = waiting_for(connection, doubt.key).values()
        blocked = lacking.count if lacking else sum(each.count() for each in rows)
    told = f"{blocked} record{'' if blocked == 1 else 's'} that wait are booked under it."
    return Asked(
        count=1,
        what=f"{'Look at' if doubt.asks else 'Renamed in'} "
        f"{f'a mapping of {connection}' if doubt.asks else connection.system_name}",
        more=f"{doubt.sentence} {told}" if blocked else doubt.sentence,
        url=choice_page(connection, field_of(*doubt.key)),
    )
