"""A layout tried on a file before it is saved: how its first rows would be read, and what would be refused."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from apps.connectors.profiles import AnyProfile
from apps.exchange.documents import Refusal
from apps.exchange.imports.at_hand import studied
from apps.exchange.imports.bringers import bringer_of
from apps.exchange.imports.opening import Opened
from apps.exchange.imports.own.as_json import to_json
from apps.exchange.imports.own.sample import LOOKED_AT
from apps.exchange.imports.port import NO_PREVIEW, Preview
from apps.exchange.imports.styles import DAY_ORDER, DECIMAL_MARK
from apps.exchange.imports.tally import WRITES, Tally
from apps.exchange.imports.taxes import NONE_OF_OURS
from apps.exchange.models import FileImport
from apps.exchange.tables.port import Doubt, FileRefused

ROWS: Final = 20  # as they are read
REFUSALS: Final = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """`taken` and `refused` count what the first rows become; `sentence` says why they cannot be read."""

    preview: Preview = NO_PREVIEW
    taken: int = 0
    refused: int = 0
    refusals: Sequence[Refusal] = ()
    doubts: Sequence[Doubt] = ()
    sentence: str = ""
    proven: Mapping[str, str] = field(default_factory=dict)  # how the file writes numbers and days

    @property
    def strange_taxes(self) -> bool:
        """Whether something is refused for a tax rate that is none of ours."""
        return any(NONE_OF_OURS in each.sentence for each in self.refusals)


def tried(file_import: FileImport, profile: AnyProfile) -> Trial:
    """Nothing is stored, of the import neither."""
    stands_in = FileImport(
        **{
            each.attname: getattr(file_import, each.attname)
            for each in FileImport._meta.concrete_fields
        }
    )
    stands_in.read_by = {"name": profile.name, "content": to_json(profile)}
    stands_in.batch = None
    try:
        found = studied(stands_in, at_most=LOOKED_AT)
        stands_in.dialect = dataclasses.asdict(found.look.dialect)
        stands_in.styles = found.styles.to_json()
        bringer = bringer_of(stands_in)
        preview = bringer.first_rows(ROWS)
        portion = next(iter(bringer.portions()), ())
        judged = bringer.judge(portion, writing=False)
    except FileRefused as refusal:
        return Trial(sentence=str(refusal))
    tally = Tally()
    judged.count(tally)
    refused = tally.documents["refused"]
    return Trial(
        preview=preview,
        taken=sum(tally.documents[each] for each in WRITES),
        refused=refused,
        refusals=judged.refusals[:REFUSALS],
        doubts=found.doubts,
        proven=_proven(found),
    )


def _proven(found: Opened) -> dict[str, str]:
    """What its cells leave no doubt of. That decimals stand behind a point is also said where there are
    none, so it proves nothing."""
    open_still = {each.field for each in found.doubts}
    told = {}
    marks = {each.decimal_mark for each in found.styles.numbers.values()}
    if "," in marks and DECIMAL_MARK not in open_still:
        told[DECIMAL_MARK] = ","
    orders = {each.order.value for each in found.styles.days.values()}
    if len(orders) == 1 and DAY_ORDER not in open_still:
        told[DAY_ORDER] = orders.pop()
    return told
