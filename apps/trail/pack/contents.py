"""Which tables a pack holds, in the order in which they are read."""

from typing import Final

from apps.trail.pack.changes import CHANGES
from apps.trail.pack.numbers import NUMBER_SERIES
from apps.trail.pack.sends import SENDS
from apps.trail.pack.tables import Table

TABLES: Final[tuple[Table, ...]] = (NUMBER_SERIES, CHANGES, SENDS)
