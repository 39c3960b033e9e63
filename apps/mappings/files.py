"""Mappings as rows of a table: out, and in again with every row that cannot hold named.

Whoever calls reads and writes the file itself. A row is no model to be saved but an act (`set_mapping`:
locks, reasons, the fingerprint, what money lies on), so that django-import-export's defaults are unsafe
for it (it saves without cleaning, and looks up by primary key).
"""

from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Cells
from dataclasses import dataclass

from apps.billing.models import (
    BankAccount,
    Item,
    PaymentMethod,
    PaymentMethodPlace,
    PaymentTerm,
    TaxRate,
)
from apps.connections.models import Connection
from apps.mappings.fit import KINDS, Thing, unfit
from apps.mappings.look_up import key_of
from apps.mappings.models import THINGS, Mapping, RemoteCode

Subject = Mapping.Subject
ABOUT, OURS, NUMBER, NAME, ID = "What", "Ours", "Their number", "Their name", "Their id"
HEAD = (ABOUT, OURS, NUMBER, NAME, ID)
LONGEST = 5000  # rows of a file
Rows = Iterable[tuple[int, Sequence[str]]]  # each with its number in the file, and a text a heading


@dataclass(frozen=True, kw_only=True, slots=True)
class Wrong:
    """Why one row cannot hold: its number in the file (1 is the file itself), the field, what stands
    there, and what to do."""

    row: int
    field: str
    value: str
    remedy: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """One row that can: what of ours is to be called that there."""

    row: int
    subject: str
    thing: Thing | None
    code: RemoteCode

    @property
    def key(self) -> tuple[str, int | None]:
        return self.subject, self.thing.pk if self.thing is not None else None


def called(thing: Thing | None) -> str:
    """What one thing of ours is called in the file: its code where it has one."""
    if thing is None:
        return ""
    if isinstance(thing, Item | TaxRate):
        return thing.code
    if isinstance(thing, PaymentMethodPlace):
        return f"{thing.method.name} since {thing.since.isoformat()}"
    return thing.name


def table(connection: Connection) -> Iterable[tuple[str, str, str, str, str]]:
    """What is mapped, in rows under `HEAD`."""
    rows = Mapping.objects.filter(connection=connection).select_related(
        "code", *THINGS, "method_place__method"
    )
    for row in rows:
        thing: Thing | None = row.thing  # type: ignore[assignment] # one of THINGS
        about = str(Subject(row.subject).label)
        yield about, called(thing), row.code.number, row.code.name, row.code.remote_id


def read(
    connection: Connection, headings: Sequence[str], rows: Rows
) -> tuple[list[Chosen], list[Wrong]]:
    """What differs from what is chosen, and what is wrong. Nothing is written.

    Headings are compared without case and blanks around them. A row without anything of theirs says
    nothing, and is passed over.
    """
    keys = [each.strip().casefold() for each in headings]
    places = {each: keys.index(each.casefold()) for each in HEAD if each.casefold() in keys}
    lacking = [each for each in (ABOUT, OURS) if each not in places]
    if lacking:
        head = ", ".join(HEAD)
        return [], [of_file(f"The file must name the columns: {head}.", lacking[0])]
    found, wrong = [], []
    reader = _Reader(connection)
    for count, (number, cells) in enumerate(rows, start=1):
        if count > LONGEST:
            wrong.append(of_file(f"It has over {LONGEST} rows. Send it in parts."))
            break
        told = {each: cells[places[each]].strip() if each in places else "" for each in HEAD}
        got = reader.row(number, told)
        if isinstance(got, Wrong):
            wrong.append(got)
        elif got is not None:
            found.append(got)
    return found, wrong


class _Reader:
    """Reads rows against what is ours and theirs, loaded once."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        company = connection.company_id
        self.subjects = {str(each.label).casefold(): each.value for each in Subject}
        self.subjects |= {each.value: each.value for each in Subject}
        self.things: dict[str, list[Thing]] = {
            "item": list(Item.objects.filter(company=company)),
            "payment_method": list(PaymentMethod.objects.filter(company=company)),
            "method_place": list(
                PaymentMethodPlace.objects.filter(method__company=company).select_related("method")
            ),
            "payment_term": list(PaymentTerm.objects.filter(company=company)),
            "tax_rate": list(
                TaxRate.objects.filter(company=company).prefetch_related("components")
            ),
            "bank_account": list(BankAccount.objects.filter(company=company)),
        }
        self.codes = list(RemoteCode.objects.filter(connection=connection))
        rows = Mapping.objects.filter(connection=connection)
        self.mapped = {key_of(row): row.code_id for row in rows}
        self.seen: dict[tuple[str, int | None], int] = {}

    def row(self, number: int, row: Cells[str, str]) -> Chosen | Wrong | None:
        if not any(row[each] for each in (NUMBER, NAME, ID)):
            return None

        def wrong(field: str, remedy: str) -> Wrong:
            return Wrong(row=number, field=field, value=row[field], remedy=remedy)

        subject = self.subjects.get(row[ABOUT].casefold())
        if subject is None:
            return wrong(ABOUT, "Write one of: " + ", ".join(str(each) for each in Subject.labels))
        things = self._ours(subject, row[OURS])
        if len(things) != 1:
            many = "Several of ours are called that: choose it on the mapping page."
            none = "Nothing of ours is called that. Write its code, or its name as Tieout has it."
            return wrong(OURS, many if things else none)
        code = self._theirs(subject, row)
        if isinstance(code, str):
            return wrong(ID if row[ID] else NAME if row[NAME] else NUMBER, code)
        chosen = Chosen(row=number, subject=subject, thing=things[0], code=code)
        if chosen.key in self.seen:
            first = f"Row {self.seen[chosen.key]} is about the same. Leave one of them out."
            return wrong(OURS, first)
        self.seen[chosen.key] = number
        if self.mapped.get(chosen.key) == code.pk:
            return None
        if refusal := unfit(self.connection, subject, code, chosen.thing):
            return wrong(NAME if row[NAME] else ID, refusal)
        return chosen

    def _ours(self, subject: str, words: str) -> list[Thing | None]:
        kind = Mapping.argument_of(subject)
        if not kind:
            return [] if words else [None]
        exact: list[Thing | None] = [each for each in self.things[kind] if called(each) == words]
        wanted = words.casefold()
        return exact or [e for e in self.things[kind] if called(e).casefold() == wanted]

    def _theirs(self, subject: str, row: Cells[str, str]) -> RemoteCode | str:
        """Their code, or why there is none."""
        kind = KINDS[subject]
        told = {"remote_id": row[ID], "number": row[NUMBER], "name": row[NAME]}
        asked = {field: words.casefold() for field, words in told.items() if words}
        fits = [
            code
            for code in self.codes
            if code.kind == kind
            and all(getattr(code, field).casefold() == words for field, words in asked.items())
        ]
        active = [code for code in fits if code.active] or fits
        if len(active) == 1:
            return active[0]
        name, what = self.connection.system_name, kind.replace("_", " ")
        if active:
            return f"{name} has {len(active)} of these. Write its id or number as well."
        return (
            f"{name} has no {what} with all of this. Look at its number, name and id, or read their "
            "accounts again."
        )


def of_file(remedy: str, field: str = "") -> Wrong:
    """What is wrong with the file as a whole."""
    return Wrong(row=1, field=field, value="", remedy=remedy)
