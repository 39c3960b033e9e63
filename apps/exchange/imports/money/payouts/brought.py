"""Brings the payouts of a card processor: payments, refunds, and one bank deposit for each, on hold."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice

from apps.exchange.imports.answering import answers_of
from apps.exchange.imports.at_hand import profile_of, records_of
from apps.exchange.imports.money import holding
from apps.exchange.imports.money.payouts.converting import converted
from apps.exchange.imports.money.payouts.gathering import Payout, gather
from apps.exchange.imports.money.payouts.judging import Judge
from apps.exchange.imports.money.payouts.links import Links
from apps.exchange.imports.money.payouts.methods import Methods
from apps.exchange.imports.money.payouts.movements import (
    CALLED,
    GOES_BACK,
    MovementRow,
    movements_of,
    only,
)
from apps.exchange.imports.money.payouts.planning import Planner
from apps.exchange.imports.money.payouts.standing import Standing
from apps.exchange.imports.money.payouts.whose import Whose
from apps.exchange.imports.port import Judgement, Preview, ShownRow
from apps.exchange.models import FileImport
from apps.exchange.profiles.movements import MovementKind, PayoutProfile

PORTION = 100  # movements at once: each is a row of a plan, and what it names is asked for together
PAYOUTS_AT_ONCE = 20
HEADINGS = ("What", "Called", "Day", "Whose", "Gross", "Fee", "Net", "Payout")
FIGURES = frozenset({4, 5, 6})

Portion = Sequence[MovementRow] | Sequence[Payout]


class PayoutsBrought:
    """Its movements are held in memory, about a kilobyte each: what a payout is made of, and what a
    refund gives back, may stand anywhere in the file."""

    holds = True

    def __init__(self, file_import: FileImport) -> None:
        profile = profile_of(file_import)
        assert isinstance(profile, PayoutProfile), "it brings payouts"
        self.file_import, self.profile = file_import, profile
        self._last: MovementRow | None = None  # that was judged

    @cached_property
    def rows(self) -> list[MovementRow]:
        rows = list(self._read())
        converted(rows)
        return rows

    def _read(self) -> Iterator[MovementRow]:
        zone = self.file_import.company.time_zone
        return movements_of(records_of(self.file_import), self.profile, zone)

    def portions(self) -> Iterator[Portion]:
        """Payments first, then what gives them back, then the payouts in which they lie."""
        gathered = gather(only(self.rows), self.profile)
        in_payouts = {fee.row for each in gathered.payouts for fee in each.fees}
        own = {each.row for each in gathered.payouts if each.is_told}
        gone = [each for each in self.rows if each.row not in in_payouts | own]
        for wanted in (False, True):
            some = [each for each in gone if _gives_back(each) is wanted]
            for start in range(0, len(some), PORTION):
                portion = some[start : start + PORTION]
                yield portion
                if self._last is not portion[-1]:
                    # Judged by an earlier task: what it has of invoices, and what of ours it is, is
                    # to be known.
                    self.judge(portion, writing=False)
        for start in range(0, len(gathered.payouts), PAYOUTS_AT_ONCE):
            yield gathered.payouts[start : start + PAYOUTS_AT_ONCE]

    @cached_property
    def _judge(self) -> Judge:
        company = self.file_import.company
        methods = Methods(company, self.profile, self.file_import.said)
        standing = Standing(company, [each.pk for each in methods.by_currency.values()])
        planner = Planner(
            company=company,
            profile=self.profile,
            methods=methods,
            links=Links.among(only(self.rows)),
            whose=Whose(company, taken=standing.taken()),
            standing=standing,
            answers=answers_of(self.file_import),
        )
        return Judge(
            company=company,
            profile=self.profile,
            planner=planner,
            hold=self._hold,
        )

    def _hold(self, movements: Sequence[holding.Movement]) -> None:
        assert self.file_import.batch is not None, "it is written into a batch"
        holding.hold(self.file_import.batch, movements)

    def judge(self, portion: Portion, *, writing: bool) -> Judgement:
        payouts = [each for each in portion if isinstance(each, Payout)]
        if payouts:
            return self._judge.payouts(payouts, writing=writing)
        rows = [each for each in portion if isinstance(each, MovementRow)]
        self._last = rows[-1]
        return self._judge.movements(rows)

    def first_rows(self, at_most: int) -> Preview:
        rows = list(islice(self._read(), at_most))
        return Preview(headings=HEADINGS, figures=FIGURES, rows=[*map(_shown, rows)])


def _gives_back(row: MovementRow) -> bool:
    return row.movement is not None and row.movement.kind in GOES_BACK


def _shown(row: MovementRow) -> ShownRow:
    told = row.movement
    trouble = row.refusals[0].sentence if row.refusals else row.left_out or ""
    if told is None:
        return ShownRow(row=row.row, cells=("",) * len(HEADINGS), trouble=trouble)
    whose = told.customer_code or told.invoice or told.order or told.email or told.name
    is_payout = told.kind is MovementKind.PAYOUT
    day = (told.bank_day if is_payout else None) or told.day
    cells = (
        CALLED[told.kind],
        told.transaction,
        f"{day:%-d %b %Y}",
        whose or told.description,
        f"{told.gross:f} {told.currency}",
        f"{told.fee:f}",
        f"{told.net:f}",
        told.source if is_payout else told.payout,
    )
    return ShownRow(row=row.row, cells=cells, trouble=trouble)
