"""Which payment of the same file a refund or a chargeback gives back."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from apps.exchange.imports.money.payouts.movements import COMES_IN, GOES_BACK, Movement
from apps.exchange.imports.money.payouts.words import said_in


@dataclass(slots=True)
class Links:
    """The payments of a file by what is told of them, as far as one that gives money back says so too;
    never by their amount."""

    named: dict[str, Movement] = field(default_factory=dict)  # by what the processor calls them
    told: dict[str, list[Movement]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def among(cls, movements: Sequence[Movement]) -> "Links":
        links = cls()
        back = [each for each in movements if each.kind in GOES_BACK]
        names = {name for each in back for name in (each.original, each.source) if name}
        wanted = {said for each in back for said in said_in(each)}
        for each in movements:
            if each.kind not in COMES_IN:
                continue
            for name in {each.transaction, each.source} & names:
                links.named.setdefault(name, each)
            for said in said_in(each):
                if said in wanted:
                    links.told[said].append(each)
        return links

    def given_back(self, movement: Movement) -> Movement | None:
        """None where nothing of it names one payment alone."""
        for name in (movement.original, movement.source):
            found = self.named.get(name) if name else None
            if found is not None:
                return found
        for said in said_in(movement):
            fit = [each for each in self.told.get(said, ()) if _may_be(each, movement)]
            if fit:
                return fit[0] if len(fit) == 1 else None
        return None


def _may_be(payment: Movement, movement: Movement) -> bool:
    """Whether as much came in, before."""
    return (
        payment.currency == movement.currency
        and payment.day <= movement.day
        and payment.gross >= -movement.gross
    )
