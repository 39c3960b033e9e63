"""What a verification found, each in a sentence that says which row of which company."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from apps.billing.models import Company
from apps.trail.sources import Source, is_history, remembers

MOST: Final = 1_000  # findings that are told one by one; the rest are counted
# Fields by which people know a record, the best first.
_NAMES: Final = ("number", "code", "legal_name", "name", "path", "words", "act")


class Found(StrEnum):
    REWRITTEN = "rewritten"
    CUT_OUT = "cut out"
    PUT_IN = "put in later"
    ORDER = "order changed"
    TAIL = "tail cut"
    DIFFERS = "differs from its history"
    KEY = "key lost"
    UNCHECKED = "cannot be checked"
    UNGUARDED = "not guarded"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """`bare` is the sentence without what the row itself says: what is of no company may still quote one."""

    what: Found
    sentence: str
    bare: str
    company: int | None = None


@dataclass(slots=True)
class Findings:
    """The first of them, and how many there are. `tell` hears each as it is found."""

    tell: Callable[[Finding], None] = lambda finding: None
    count: int = 0
    first: list[Finding] = field(default_factory=list)

    def add(
        self, what: Found, sentence: str, company: int | None = None, *, called: str = ""
    ) -> None:
        """`called` is what the sentence quotes of the row, as `quoted` puts it."""
        bare = sentence.replace(quoted(called), "", 1) if called else sentence
        finding = Finding(what=what, sentence=sentence, bare=bare, company=company)
        self.count += 1
        if len(self.first) < MOST:
            self.first.append(finding)
        self.tell(finding)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.first)


class Names:
    """What rows and companies are called. One statement, however many are named."""

    def __init__(self) -> None:
        self._companies: Mapping[int, str] | None = None

    def company(self, key: int | None) -> str:
        """“ of Acme Ltd”, or nothing for what is nobody's."""
        if key is None:
            return ""
        if self._companies is None:
            self._companies = dict(Company.objects.values_list("pk", "legal_name"))
        return f" of {self._companies.get(key, f'company {key}')}"

    def row(
        self,
        source: Source,
        key: int,
        company: int | None,
        columns: Sequence[str] = (),
        values: Sequence[Any] = (),
    ) -> str:
        """“The history of invoice 12 (INV-0001) of Acme Ltd, row 4711 of billing_historicalinvoice”."""
        said = dict(zip(columns, values, strict=True)) if values else {}
        table = source.model._meta.db_table
        shown = quoted(called_by(columns, values))
        if is_history(source.model):
            subject = remembers(source.model)
            record = f" {said['id']}" if "id" in said else ""
            words = f"The history of {subject._meta.verbose_name}{record}{shown}"
        else:
            words = f"The {source.words}{shown}"
        return f"{words}{self.company(company)}, row {key} of {table},"


def called_by(columns: Sequence[str], values: Sequence[Any]) -> str:
    """What people know a row by; empty where nothing of it says."""
    said = dict(zip(columns, values, strict=True)) if values else {}
    return next((str(said[each]) for each in _NAMES if said.get(each)), "")


def quoted(called: str) -> str:
    return f" ({called[:60]})" if called else ""


def when(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%-d %B %Y, %H:%M} UTC" if moment else "an unknown time"
