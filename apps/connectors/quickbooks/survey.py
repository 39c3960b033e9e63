"""Everything of theirs page by page, over as many runs as it takes."""

import json
from collections.abc import Iterator, Sequence

from apps.connectors.port import Courier, Purpose, SurveyPage
from apps.connectors.quickbooks.client import PAGE, count, quoted, rows, select, total
from apps.connectors.quickbooks.feed import (
    Reader,
    must_agree,
    next_behind,
    of_any_state,
    time_of,
)


def survey(
    reader: Reader, entities: Sequence[str], position: str, purpose: Purpose, courier: Courier
) -> Iterator[SurveyPage]:
    """All objects page by page, each with where the next begins: entity, the id behind which,
    and how many of it were listed. What is deleted meanwhile leaves more listed than counted,
    which the feed tells; fewer were left out, and the entity is begun anew.

    Raises TryLater then, once it has said so.
    """
    begins = [_position(each, "", 0) for each in entities] + [""]
    wanted, after, seen = json.loads(position or begins[0])
    for place in range(list(entities).index(wanted), len(entities)):
        entity, full = entities[place], True
        while full:
            following = [f"Id > {quoted(after)}"] if after else []
            asked = [
                select(entity, [*of_any_state(entity), *following]),
                count(entity, of_any_state(entity)),
            ]
            page, counted = reader.ask_together(asked, purpose, courier)
            found = rows(page, entity)
            seen += len(found)
            full = len(found) == PAGE
            after = next_behind(entity, found, after) if full else ""
            left_out = not full and seen < total(counted)
            goes_on = _position(entity, after, seen) if full else begins[place + 1]
            yield SurveyPage(
                objects=tuple(reader.objects(entity, found)),
                position=begins[place] if left_out else goes_on,
                read_at=time_of(page),
            )
            if left_out:
                must_agree(entity, seen, total(counted))
        seen = 0


def _position(entity: str, after: str, seen: int) -> str:
    return json.dumps([entity, after, seen])
