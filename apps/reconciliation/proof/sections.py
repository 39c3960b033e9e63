"""A proof as it reads: from what it keeps, and from nothing else, for the page and for the paper.

Figures are laid beside each other by kind and currency, and what differs is added up by figure, so that
each difference is explained by what is named, or said to be unexplained.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from apps.connectors.totals import ControlTotal
from apps.core.money import ZERO
from apps.reconciliation.figures import TOTALS, TOTALS_MEAN, shown
from apps.reconciliation.keeping import LISTS
from apps.reconciliation.month_end.figures import HOME
from apps.reconciliation.month_end.words import STEPS
from apps.reconciliation.proof.sums import first_up, named_by_figure, sums_of

COUNTED: Final = {
    "documents": "invoices and credit notes",
    "payments": "payments",
    "refunds": "refunds",
    "adjustments": "adjustments",
    "deposits": "bank deposits",
}
NOTHING: Final = "–"
GOOD, BAD = "good", "bad"


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """`differs`: a reader's eye has to stop here."""

    cells: tuple[str, ...]
    differs: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A table; the last `figures` columns hold amounts, the others share the room by their `widths`."""

    title: str
    note: str = ""
    headings: tuple[str, ...]
    figures: int = 0
    widths: tuple[int, ...]
    rows: Sequence[Row]


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One set of books, or the month: a verdict, facts, and tables."""

    title: str
    verdict: str
    tone: str
    sentence: str
    facts: Sequence[tuple[str, str]]
    sections: Sequence[Section] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True, slots=True)
class Laid:
    title: str
    company: Mapping[str, str]
    facts: Sequence[tuple[str, str]]
    parts: Sequence[Part]


def lay(told: Mapping[str, Any], sha256: str) -> Laid:
    """All that a proof says, in order."""
    company, signed, month = told["company"], told["signed"], told["month"]
    zone = ZoneInfo(company["time_zone"])
    compared = [_compared(each, company["home_currency"], zone) for each in told["comparisons"]]
    if month is not None:
        title = f"Books proof, {date.fromisoformat(month['last']):%B %Y}"
    else:
        title = f"Books proof as of {_day(told['comparisons'][0]['on'])}"
    facts = [
        ("Company", company["name"]),
        *([("Tax number", company["tax_number"])] if company["tax_number"] else []),
        ("Home currency", company["home_currency"]),
        ("Signed by", _named(signed)),
        ("Signed on", _moment(signed["at"], zone)),
        *([("One person", _alone(signed["one_person"], zone))] if "one_person" in signed else []),
        *([("Remark", signed["remark"])] if signed["remark"] else []),
        ("Checksum (SHA-256)", sha256),
    ]
    parts = compared if month is None else [_month(month, company["home_currency"]), *compared]
    return Laid(title=title, company=company, facts=facts, parts=parts)


# --- the month -------------------------------------------------------------------------------------


def _month(month: Mapping[str, Any], home: str) -> Part:
    last = date.fromisoformat(month["last"])
    checks = Section(
        title="What was asked before it was closed",
        headings=("What", "What was found", "Verdict"),
        widths=(2, 6, 2),
        rows=[
            Row(cells=(each["topic"], each["sentence"], each["verdict"]))
            for each in month["checks"]
        ],
    )
    return Part(
        title=f"{last:%B %Y}",
        verdict="Closed",
        tone=GOOD,
        sentence=month["reason"],
        facts=[("Closed up to and including", _day(month["last"]))],
        sections=[_rolled(month["receivable"], home), checks],
    )


def _rolled(receivable: Mapping[str, Mapping[str, str]], home: str) -> Section:
    """Each currency; all of them in home currency only where one is another."""
    currencies = sorted({*receivable} - {HOME})
    listed = currencies if currencies in ([], [home]) else [*currencies, HOME]
    return Section(
        title="What moved the receivable",
        note="By our records, in the currency in which it is owed.",
        headings=("Receivable", "Amount"),
        figures=1,
        widths=(1,),
        rows=[
            Row(
                cells=(
                    f"{words} (all, in home currency)" if currency == HOME else words,
                    shown(Decimal(receivable[currency][step]), home)
                    if currency == HOME
                    else shown(Decimal(receivable[currency][step]), currency),
                )
            )
            for currency in listed
            for step, words in STEPS.items()
            if step in receivable[currency]
        ],
    )


# --- one set of books ------------------------------------------------------------------------------


def _compared(told: Mapping[str, Any], home: str, zone: ZoneInfo) -> Part:
    asked = told["asked_by"] or "the timetable"
    facts = [
        ("Their company", _theirs(told)),
        (
            "Totals as of the end of" if told.get("of_now", True) else "As of the end of",
            _day(told["on"]),
        ),
        ("Asked for", f"{_moment(told['asked_at'], zone)}, by {asked}"),
        ("Their books were read", _span(told["begun_at"], told["ended_at"], zone)),
        ("Compared", _counted(told["counted"])),
    ]
    if told["postings_sha256"]:
        facts.append(("Checksum of the postings", told["postings_sha256"]))
    if told["not_held_against"]:
        facts.append(("Held against nothing", told["not_held_against"]))
    return Part(
        title=f"{told['books']} ({told['system']})",
        verdict="Both sides agree" if told["agrees"] else "Both sides do not agree",
        tone=GOOD if told["agrees"] else BAD,
        sentence=told["sentence"],
        facts=facts,
        sections=[each for each in _sections(told, home, zone) if each.rows],
    )


def _sections(told: Mapping[str, Any], home: str, zone: ZoneInfo) -> Iterator[Section]:
    system = told["system"]
    yield _sums(told, home)
    yield _cut_off(told, home)
    for total in told["totals"]:
        yield from _total(total, system)
    yield _accounts(told["accounts"], system, home)
    yield _differences(told["differences"], system, zone)
    yield _questions(told["questions"], zone)
    for name, words in LISTS.items():
        listed = told["listed"].get(name, ())
        yield Section(
            title=_many(words, listed),
            headings=("What was found",),
            widths=(1,),
            rows=[Row(cells=(each,)) for each in listed],
        )


def _sums(told: Mapping[str, Any], home: str) -> Section:
    named = named_by_figure([*told["differences"], *told.get("set_off_elsewhen", ())])
    rows = []
    for each in sums_of(told["sums"], home):
        if each.is_of_before:
            continue
        explained = named[each.place]
        amounts = each.ours, each.theirs, each.apart, explained, each.apart - explained
        heads = first_up(each.kind), first_up(each.figure)
        rows.append(_figures(heads, each.currency, amounts, differs=bool(each.apart)))
    return Section(
        title="Documents and money that stand on both sides",
        note="By kind, the sum of each figure; the differences that are named below, added up.",
        headings=("Kind", "Figure", "Here", "There", "Difference", "Named below", "Unexplained"),
        figures=5,
        widths=(1, 1),
        rows=rows,
    )


def _cut_off(told: Mapping[str, Any], home: str) -> Section:
    rows = [
        _figures((each.words,), each.currency, (each.ours, each.theirs, each.apart))
        for each in sums_of(told["sums"], home)
        if each.is_of_before
    ]
    return Section(
        title="Open at the cut-off, and linked: what is open of it",
        note="What was accepted when they were linked is told of each below.",
        headings=("What", "Here", "There", "Difference"),
        figures=3,
        widths=(1,),
        rows=rows,
    )


def _total(total: Mapping[str, Any], system: str) -> Iterator[Section]:
    name, currency = ControlTotal(total["total"]), total["currency"]
    explained = sum((Decimal(each["amount"]) for each in total["explanations"]), ZERO)
    ours, theirs, apart, rest = (
        Decimal(total[name]) for name in ("ours", "theirs", "difference", "unexplained")
    )
    yield Section(
        title=f"{TOTALS[name]} in {currency}",
        note=TOTALS_MEAN[name].format(day=_day(total["on"])),
        headings=("By our records", f"{system} says", "Difference", "Explained", "Unexplained"),
        figures=5,
        widths=(),
        rows=[_figures((), currency, (ours, theirs, apart, explained, rest), differs=bool(rest))],
    )
    if not total["explanations"]:
        return
    rows = [
        _figures((each["sentence"],), currency, (Decimal(each["amount"]),))
        for each in total["explanations"]
    ]
    unexplained = _figures(("Unexplained",), currency, (rest,), differs=bool(rest))
    whole = _figures(("Difference",), currency, (apart,))
    yield Section(
        title=f"What makes the difference in {currency}",
        headings=("Record", "By"),
        figures=1,
        widths=(1,),
        rows=[*rows, unexplained, whole],
    )


def _accounts(accounts: Sequence[Mapping[str, Any]], system: str, home: str) -> Section:
    rows = []
    for each in accounts:
        ours, theirs, explained, rest = (
            Decimal(each[name]) for name in ("ours", "theirs", "explained", "difference")
        )
        rows.append(
            _figures((each["name"],), home, (ours, theirs, theirs - ours, explained, rest),
                     differs=bool(rest))
        )  # fmt: skip
    return Section(
        title="Accounts",
        note=f"Their trial balance beside our records, debit less credit, in {home}. What is theirs alone, "
        "or was given another account there by hand, is explained and listed below; what is left may be of "
        "records that differ.",
        headings=("Account", "By our records", f"{system} says", "Difference", "Explained",
                  "Unexplained"),
        figures=5,
        widths=(1,),
        rows=rows,
    )  # fmt: skip


def _differences(told: Sequence[Mapping[str, str]], system: str, zone: ZoneInfo) -> Section:
    return Section(
        title=_many("Differences", told),
        headings=("Why", "What differs", "Since", "Here", system, "Theirs less ours"),
        figures=1,
        widths=(2, 5, 2, 2, 2),
        rows=[
            Row(
                cells=(
                    each.get("why") or each["listed"],
                    each["sentence"],
                    _moment(each["since"], zone) if each.get("since") else NOTHING,
                    each.get("here") or NOTHING,
                    each.get("there") or NOTHING,
                    _amount(each),
                ),
            )
            for each in told
        ],
    )


def _questions(told: Sequence[Mapping[str, Any]], zone: ZoneInfo) -> Section:
    return Section(
        title=_many("Questions", told),
        note="What figures alone cannot tell, and what people said of it.",
        headings=("What was asked", "Answer", "Why", "Who, when", "Amount"),
        figures=1,
        widths=(5, 3, 3, 2),
        rows=[
            Row(
                cells=(
                    each["sentence"],
                    _answer(each),
                    each.get("reason") or NOTHING,
                    f"{each['by']}, {_moment(each['at'], zone)}" if each.get("by") else NOTHING,
                    _amount(each),
                ),
                differs=each["blocked"] and not each.get("answer"),
            )
            for each in told
        ],
    )


def _answer(question: Mapping[str, Any]) -> str:
    if not question.get("answer"):
        return "Nobody answered it" if question["blocked"] else NOTHING
    since = " (after the comparison)" if question["blocked"] else ""
    return f"{question['answer']}{since}"


# --- words -----------------------------------------------------------------------------------------


def _figures(
    heads: tuple[str, ...], currency: str, amounts: Iterable[Decimal], *, differs: bool = False
) -> Row:
    told = tuple(shown(each, currency) for each in amounts)
    return Row(cells=(*heads, *told), differs=differs)


def _amount(told: Mapping[str, Any]) -> str:
    if not (told.get("amount") and told.get("currency")):
        return NOTHING
    return shown(Decimal(told["amount"]), told["currency"])


def _many(words: str, listed: Sequence[object]) -> str:
    return f"{words}: {len(listed):,}"


def _counted(counted: Mapping[str, int]) -> str:
    told = [f"{words}: {counted[name]:,}" for name, words in COUNTED.items() if name in counted]
    return first_up("; ".join(told)) or NOTHING


def _theirs(told: Mapping[str, Any]) -> str:
    return f"{told['their_company']} ({told['environment']})"


def _named(signed: Mapping[str, str]) -> str:
    by, email = signed["by"], signed["email"]
    return by if by == email else f"{by} ({email})"


def _alone(declared: Mapping[str, str], zone: ZoneInfo) -> str:
    return (
        f"{declared['person']} gives access and works on the books alone, as declared on"
        f" {_moment(declared['at'], zone)}: {declared['reason']}"
    )


def _day(day: str) -> str:
    return f"{date.fromisoformat(day):%-d %b %Y}"


def _moment(at: str, zone: ZoneInfo) -> str:
    if not at:
        return NOTHING
    return f"{datetime.fromisoformat(at).astimezone(zone):%-d %b %Y, %H:%M} ({zone.key})"


def _span(begun: str, ended: str, zone: ZoneInfo) -> str:
    from_, to = (datetime.fromisoformat(each).astimezone(zone) for each in (begun, ended))
    return f"{from_:%-d %b %Y, %H:%M:%S} to {to:%H:%M:%S} ({zone.key})"
