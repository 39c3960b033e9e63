"""What a proof keeps: what was compared, and what people said of it, read once when it is signed.

It names records, people and books as they are called at the signing and bears no key of a row, so
that nothing has to be looked up to read it. Amounts and days are texts; moments are in UTC.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from django.db.models import Q

from apps.billing.models import Company
from apps.reconciliation.keeping import LISTS, in_words
from apps.reconciliation.models import ClosedMonth, Difference, KeptComparison, Question
from apps.reconciliation.month_end.checks import Topic, Verdict
from apps.reconciliation.month_end.words import TOPICS, VERDICTS
from apps.staff import declaring
from apps.staff.models import User

FORM: Final = 1  # raised when what it holds is told in another way
# Lists of a comparison of which each entry differs, and has a row of its own.
DIFFERS: Final = ("differences", "doubles", "only_here")
COUNTED: Final = ("documents", "payments", "refunds", "adjustments", "deposits")

# It was not closed before somebody had looked.
_SIGNED: Final = {**VERDICTS, Verdict.LOOK: "Looked at"}


def as_text(content: Mapping[str, Any]) -> str:
    """One text for one content, whatever the order in which it was put together."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1) + "\n"


def content_of(
    comparisons: Iterable[KeptComparison],
    *,
    company: Company,
    by: User,
    at: datetime,
    remark: str = "",
    month: ClosedMonth | None = None,
) -> dict[str, Any]:
    """All that a proof signed by somebody at a moment (aware) says."""
    return {
        "form": FORM,
        "company": {
            "name": company.legal_name,
            "address": company.address,
            "tax_number": company.tax_number,
            "country": company.country,
            "home_currency": company.home_currency,
            "time_zone": company.time_zone,
        },
        "signed": {"by": str(by), "email": by.email, "at": _moment(at), "remark": remark}
        | _alone(),
        "month": None if month is None else _month(month),
        "comparisons": [_comparison(each) for each in comparisons],
    }


def _alone() -> dict[str, Any]:
    """Who gives access and works on the books alone, where a company declared to be of one person."""
    found = declaring.standing()
    if found is None:
        return {}
    declared = {"person": str(found.person), "reason": found.reason, "at": _moment(found.made_at)}
    return {"one_person": declared}


def _month(closed: ClosedMonth) -> dict[str, Any]:
    return {
        "last": closed.last.isoformat(),
        "reason": closed.reason,
        "checks": [
            {
                "topic": TOPICS[Topic(each["topic"])],
                "verdict": _SIGNED[Verdict(each["verdict"])],
                "sentence": each["sentence"],
            }
            for each in closed.found
        ],
        "receivable": closed.figures,
    }


def _comparison(kept: KeptComparison) -> dict[str, Any]:
    books, found = kept.connection, kept.found
    return {
        "books": books.name,
        "system": books.system_name,
        "environment": books.environment,
        "their_company": books.remote_company_id,
        "on": kept.on.isoformat(),
        "of_now": kept.of_now,
        "asked_by": str(kept.asked_by or ""),
        "asked_at": _moment(kept.asked_at),
        "begun_at": _moment(kept.begun_at),
        "ended_at": _moment(kept.ended_at),
        "agrees": kept.agrees,
        "sentence": kept.sentence,
        "not_held_against": found.get("not_held_against", ""),
        "counted": {name: found[name] for name in COUNTED if found.get(name)},
        "sums": found.get("sums", {}),
        "accounts": [_without(each, "account_id") for each in found.get("accounts", ())],
        "totals": [_total(each) for each in found.get("totals", ())],
        "differences": _differences(kept),
        "set_off_elsewhen": [_known(kept, each) for each in found.get("set_off_elsewhen", ())],
        "questions": _questions(kept),
        "listed": {name: found[name] for name in LISTS if name not in DIFFERS and found.get(name)},
        "postings_sha256": _digest(kept.journal),
    }


def _total(line: Mapping[str, Any]) -> dict[str, Any]:
    told = [_without(each, "ours", "theirs") for each in line["explanations"]]
    return {**line, "explanations": told}


def _differences(kept: KeptComparison) -> list[dict[str, str]]:
    """Each sentence with what its row knows. A row that says the same knows the same figures, though
    later comparisons found it too. As of a day there is no row: it was told with what it knows."""
    if not kept.of_now:
        return [
            _listed(name, sentence) | _known(kept, sentence)
            for name in DIFFERS
            for sentence in kept.found.get(name, ())
        ]
    rows = Difference.objects.filter(
        Q(ended_at=None) | Q(ended_at__gt=kept.asked_at),
        connection=kept.connection_id,
        found_at__lte=_until(kept),
    )
    known = {row.sentence: row for row in rows.order_by("found_at", "pk")}
    return [
        _difference(name, sentence, known.get(sentence))
        for name in DIFFERS
        for sentence in kept.found.get(name, ())
    ]


def _listed(name: str, sentence: str) -> dict[str, str]:
    return {"listed": "Differs" if name == "differences" else LISTS[name], "sentence": sentence}


def _known(kept: KeptComparison, sentence: str) -> dict[str, str]:
    """What a finding of an earlier day knows; of several in the same words the first."""
    named = (each for each in kept.found.get("findings", ()) if each["sentence"] == sentence)
    return _without(next(named, {"sentence": sentence}), "ours", "theirs")


def _difference(name: str, sentence: str, row: Difference | None) -> dict[str, str]:
    told = _listed(name, sentence)
    if row is None:
        return told
    return told | {
        "why": row.get_why_display(),
        "kind": str(row.ours[0][0]) if row.ours else "",
        "figure": row.figure,
        "here": row.here,
        "there": row.there,
        "amount": _amount(row.amount),
        "currency": row.currency,
        "since": _moment(row.found_at),
    }


def _questions(kept: KeptComparison) -> list[dict[str, str]]:
    """What it asked and what it found answered, with the answers that stand at the signing."""
    rows = list(
        Question.objects.filter(connection=kept.connection_id, found_at__lte=_until(kept))
        .select_related("answered_by")
        .order_by("pk")
    )
    # A comparison keeps a question as its words, and an answer behind them.
    known = {str(row): row for row in rows}
    known |= {in_words(row): row for row in rows if row.answer}
    found = kept.found
    return [
        _question(sentence, known.get(sentence), blocked=name == "questions")
        for name in ("questions", "answered")
        for sentence in found.get(name, ())
    ]


def _question(sentence: str, row: Question | None, *, blocked: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"sentence": sentence, "blocked": blocked}
    if row is None:
        return told
    return told | {
        "sentence": str(row),
        "amount": _amount(row.amount),
        "currency": row.currency,
        "answer": row.get_answer_display() if row.answer else "",
        "reason": row.reason,
        "by": str(row.answered_by or ""),
        "at": _moment(row.answered_at),
    }


def _until(kept: KeptComparison) -> datetime:
    """What was found afterwards is of another comparison."""
    assert kept.ended_at is not None, "only one that is done is signed"
    return kept.ended_at


def _without(told: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in told.items() if name not in names}


def _amount(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount:f}"


def _moment(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(UTC).isoformat(timespec="seconds")


def _digest(journal: bytes | memoryview | None) -> str:
    return "" if journal is None else hashlib.sha256(bytes(journal)).hexdigest()
