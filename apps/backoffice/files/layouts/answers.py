"""What was sent from the page of a layout, as a draft; a name or value that nobody offers is none."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from apps.connectors.profiles import AnyProfile, DocumentKind, Prices, Subject
from apps.exchange.imports.own.building import (
    CREDITS,
    FLAGS,
    REFUSED,
    Beginning,
    Column,
    Draft,
    Rules,
    asked_values,
)
from apps.exchange.imports.shapes import SHAPES
from apps.exchange.imports.styles import DAY_ORDER, DECIMAL_MARK, MARKS, ORDERS
from apps.exchange.tables.headings import heading_key

Posted = Mapping[str, str]
MOST: Final = 200  # rows of one kind that a form may have
LONGEST: Final = 400  # characters of one answer


def drafted(
    posted: Posted, headings: Sequence[str], subject: Subject, start: AnyProfile | None
) -> Draft:
    """For a file of these headings; what was said of another heading at that place is dropped."""
    known = {str(each) for each in SHAPES[subject].fields}
    draft = Draft(
        subject=subject,
        start=start,
        columns=[_column(posted, n, heading, known) for n, heading in enumerate(headings)],
        constants=[
            (wanted, value)
            for wanted, value in _pairs(posted, "constant", "constant-value")
            if wanted in known and value
        ],
        values={each: values_said(posted, each) for each in asked_values(subject)},
        usual={
            DECIMAL_MARK: _one_of(posted, DECIMAL_MARK, MARKS),
            DAY_ORDER: _one_of(posted, DAY_ORDER, ORDERS),
        },
    )
    if subject is Subject.DOCUMENTS:
        draft.statuses = dict(_pairs(posted, "status", "status-why"))
        draft.beginnings = [*_beginnings(posted)]
        draft.rules = _rules(posted)
    return draft


def values_said(posted: Posted, wanted: str) -> dict[str, str]:
    """What is meant by what is written, for one field; "": as it is written."""
    return dict(_pairs(posted, f"said-{wanted}", f"means-{wanted}"))


def _column(posted: Posted, place: int, heading: str, known: Collection[str]) -> Column:
    same = heading_key(_text(posted, f"heading-{place}")) == heading_key(heading)
    if not same or not heading_key(heading):
        return Column(heading=heading)
    return Column(
        heading=heading,
        tells=_one_of(posted, f"tells-{place}", known),
        beginning=_text(posted, f"begins-{place}"),
        ending=_text(posted, f"ends-{place}"),
        blank_tells=f"blank-{place}" in posted,
    )


def _beginnings(posted: Posted) -> Iterator[Beginning]:
    kinds = (*DocumentKind, REFUSED)
    for number, (begins, _) in enumerate(_pairs(posted, "beginning", "beginning-means")):
        means = _one_of(posted, f"beginning-means-{number}", kinds) or DocumentKind.INVOICE.value
        why = _text(posted, f"beginning-why-{number}")
        yield Beginning(begins=begins, means=means, why=why if means == REFUSED else "")


def _rules(posted: Posted) -> Rules:
    return Rules(
        kind=_one_of(posted, "kind", [*DocumentKind]) or DocumentKind.INVOICE.value,
        prices=_one_of(posted, "prices", [*Prices]),
        credits=_one_of(posted, "credits", CREDITS) or "negative",
        **{name: name in posted for name in FLAGS},
    )


def _pairs(posted: Posted, first: str, second: str) -> Iterator[tuple[str, str]]:
    """Rows of two answers, by their numbers; a row without the first is passed over."""
    for number in range(MOST):
        if f"{first}-{number}" not in posted:
            return
        if told := _text(posted, f"{first}-{number}"):
            yield told, _text(posted, f"{second}-{number}")


def _text(posted: Posted, name: str) -> str:
    return posted.get(name, "")[:LONGEST].replace("\0", "").strip()


def _one_of(posted: Posted, name: str, allowed: Collection[str]) -> str:
    """One of those that are offered, as a plain text; "" for any other."""
    said = _text(posted, name)
    return said if said in {str(each) for each in allowed} else ""
