"""Which tables a pack holds, in the order in which they are read."""

from typing import Final

from apps.trail.pack.books import PROOFS
from apps.trail.pack.changes import CHANGES
from apps.trail.pack.decided import DECIDED
from apps.trail.pack.events import EVENTS
from apps.trail.pack.numbers import NUMBER_SERIES
from apps.trail.pack.rights import PEOPLE
from apps.trail.pack.sends import SENDS
from apps.trail.pack.settings import CLOSING_DATES, MAPPINGS, NOTES
from apps.trail.pack.tables import Table

TABLES: Final[tuple[Table, ...]] = (
    NUMBER_SERIES,
    CHANGES,
    DECIDED,
    SENDS,
    MAPPINGS,
    CLOSING_DATES,
    NOTES,
    PEOPLE,
    EVENTS,
    PROOFS,
)
