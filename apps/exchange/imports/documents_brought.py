"""Brings invoices and credit notes: they wait as drafts, on hold, until their batch is released."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from apps.billing.acts.bulk import write_documents
from apps.connectors.profiles import Profile
from apps.exchange.documents import Refusal
from apps.exchange.imports.assembling import Assembler, Gathered
from apps.exchange.imports.at_hand import lines_of, profile_of
from apps.exchange.imports.judging import Judged, judge
from apps.exchange.imports.masters import Masters
from apps.exchange.imports.port import Preview, Question, ShownRow
from apps.exchange.imports.reading import Line
from apps.exchange.imports.tally import Tally
from apps.exchange.models import FileImport

PORTION = 500  # lines at once: bounds memory, and the lock of a transaction to 200 ms on SQLite
HEADINGS = (
    *("Number", "Date", "Customer name or code", "Item code", "Description"),
    *("Quantity", "Price"),
)


class DocumentsBrought:
    holds = True

    def __init__(self, file_import: FileImport) -> None:
        profile = profile_of(file_import)
        assert isinstance(profile, Profile), "it brings documents"
        self.file_import, self.profile = file_import, profile
        self.masters = Masters(file_import.company, profile)

    def portions(self) -> Iterator[Sequence[Gathered]]:
        yield from _portions(Assembler(self.profile).documents(lines_of(self.file_import)))

    def judge(self, portion: Sequence[Gathered], *, writing: bool) -> "JudgedDocuments":
        batch = self.file_import.batch if writing else None
        return JudgedDocuments(judge(portion, self.masters, batch))

    def first_rows(self, at_most: int) -> Preview:
        lines = islice(lines_of(self.file_import), at_most)
        return Preview(headings=HEADINGS, figures=frozenset({5, 6}), rows=[*map(_shown, lines)])


@dataclass(frozen=True, slots=True)
class JudgedDocuments:
    judged: Judged

    @property
    def refusals(self) -> Sequence[Refusal]:
        return self.judged.refusals

    @property
    def questions(self) -> Sequence[Question]:
        return ()

    def count(self, tally: Tally) -> None:
        self.judged.count(tally)

    def write(self) -> None:
        if self.judged.prepared is not None:
            write_documents(self.judged.prepared)


def _shown(line: Line) -> ShownRow:
    told = (
        line.number,
        f"{line.day:%-d %b %Y}" if line.day else "",
        line.customer_code or line.customer_name,
        line.item,
        line.description,
        f"{line.quantity:f}",
        f"{line.unit_price:f} {line.currency}".strip(),
    )
    return ShownRow(row=line.row, cells=told, trouble=line.trouble)


def _portions(documents: Iterable[Gathered]) -> Iterator[list[Gathered]]:
    """As many documents as have a portion of rows, at least one; the same ones in every reading. What
    takes an invoice back comes in a later one than that, and than another credit of it."""
    portion: list[Gathered] = []
    rows = 0
    for each in documents:
        if portion and (rows + each.rows > PORTION or _takes_back_one_of(each, portion)):
            yield portion
            portion, rows = [], 0
        portion.append(each)
        rows += each.rows
    if portion:
        yield portion


def _takes_back_one_of(gathered: Gathered, portion: Iterable[Gathered]) -> bool:
    """Whether it takes an invoice back that is among these, or that another among them takes back."""
    origin = gathered.origin
    return bool(origin) and any(origin in (each.number, each.origin) for each in portion)
