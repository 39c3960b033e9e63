"""Mappings as rows of a table: out, and in again with every row that cannot hold named.

The csv module reads and writes it, and not django-import-export: a row is no model to be saved but
an act (`set_mapping`: locks, reasons, the fingerprint, what money lies on), and that library's
defaults are unsafe for books (it saves without cleaning, looks up by primary key, and writes what a
spreadsheet runs as a formula).
"""

import csv
import io
from collections.abc import Iterable
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
GUARD = "'"  # before a text that a spreadsheet would run as a formula


@dataclass(frozen=True, kw_only=True, slots=True)
class Wrong:
    """Why one row cannot hold: its number in the file (the head is 1), the field, what stands
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


def read(connection: Connection, content: bytes) -> tuple[list[Chosen], list[Wrong]]:
    """What differs from what is chosen, and what is wrong. Nothing is written.

    A row without anything of theirs says nothing, and is passed over.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return [], [_of_file("It is no text in UTF-8. Save it as “CSV UTF-8”.")]
    first, _, _ = text.partition("\n")
    delimiter = ";" if first.count(";") > first.count(",") else ","
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    lacking = [each for each in (ABOUT, OURS) if each not in (rows.fieldnames or ())]
    if lacking:
        head = ", ".join(HEAD)
        return [], [_of_file(f"The first row must name the columns: {head}.", lacking[0])]
    found, wrong = [], []
    reader = _Reader(connection)
    try:
        for number, row in enumerate(rows, start=2):
            if number > LONGEST + 1:
                wrong.append(_of_file(f"It has over {LONGEST} rows. Send it in parts."))
                break
            got = reader.row(number, {key: _plain(row.get(key)) for key in HEAD})
            if isinstance(got, Wrong):
                wrong.append(got)
            elif got is not None:
                found.append(got)
    except csv.Error as trouble:
        wrong.append(_of_file(f"It cannot be read as CSV ({trouble}). Save it as CSV again."))
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

    def row(self, number: int, row: dict[str, str]) -> Chosen | Wrong | None:
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

    def _theirs(self, subject: str, row: dict[str, str]) -> RemoteCode | str:
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


def _plain(cell: str | None) -> str:
    text = (cell or "").strip()
    return text[1:] if text.startswith(GUARD) and text[1:2] in ("=", "+", "-", "@") else text


def _of_file(remedy: str, field: str = "") -> Wrong:
    return Wrong(row=1, field=field, value="", remedy=remedy)
