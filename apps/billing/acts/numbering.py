"""Document numbers: given at issue from a locked series, without a gap."""

from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.db import models, transaction

from apps.billing.changes import made_by, maker
from apps.billing.models import Company, CreditNote, Document, Invoice, NumberGap, NumberSeries
from apps.billing.rules.documents import require_reason

PREFIXES = {Invoice.kind: "INV", CreditNote.kind: "CN"}
LONGEST = 40


def next_numbers(model: type[Document], company: Company, year: int, count: int) -> list[str]:
    """Take the next numbers of the company's series for this kind and year.

    The caller's transaction holds the company's lock and writes the documents: when it is rolled
    back, the series is too. A number that an import has given already is passed over.
    """
    series = _series(model, company, year)
    numbers: list[str] = []
    while len(numbers) < count:
        ahead = range(series.last_number + 1, series.last_number + 1 + count - len(numbers))
        candidates = {counter: series.number(counter) for counter in ahead}
        taken = taken_numbers(model, company, list(candidates.values()))
        numbers += [number for number in candidates.values() if number not in taken]
        series.last_number = ahead[-1]
    for number in (numbers[0], numbers[-1]) if numbers else ():
        refuse_too_long(number, company)
    _count_on(series)
    return numbers


def skip_numbers(series: NumberSeries, *, through: int, reason: str) -> NumberGap:
    """Leave out the numbers up to and including the counter `through`, for good, with a reason.

    For numbers that were used elsewhere (a printed pad, an earlier program). Raises
    ValidationError when the series is past it already.
    """
    reason = require_reason(reason)
    with transaction.atomic(), made_by(reason=reason):
        company = Company.locked(series.company_id)
        held = company.series.select_for_update().get(pk=series.pk)
        if through <= held.last_number:
            raise ValidationError(
                f"{held.number(through)} is not ahead: {held.number(held.last_number)} was the last."
            )
        refuse_too_long(held.number(through), company)
        gap = NumberGap.objects.create(
            series=held,
            first=held.last_number + 1,
            last=through,
            reason=reason,
            made_by_id=maker().user_id,
        )
        held.last_number = series.last_number = through
        _count_on(held)
    return gap


def _count_on(series: NumberSeries) -> None:
    # A number's history is its document's (or its gap's), so the counter leaves none of its own;
    # hence the plain query set.
    models.QuerySet(NumberSeries).filter(pk=series.pk).update(last_number=series.last_number)


def check_given(number: str, company: Company) -> str:
    """A number that came with its document, without blanks around it; refused when unfit."""
    number = number.strip()
    if not number:
        raise ValidationError("The number that came with the document is empty.")
    if len(number) > LONGEST:
        raise ValidationError(f"{number} is longer than {LONGEST} characters.")
    refuse_too_long(number, company)
    return number


def refuse_taken(
    model: type[Document], company: Company, numbers: list[str], *, but: Collection[int] = ()
) -> None:
    """`but` are the drafts that bear these numbers."""
    if taken := sorted(taken_numbers(model, company, numbers, but=but)):
        name = model._meta.verbose_name
        raise ValidationError(f"There is {_article(str(name))} of this number already: {taken[0]}.")


def refuse_too_long(number: str, company: Company) -> None:
    if company.number_length is not None and len(number) > company.number_length:
        raise ValidationError(
            f"{number} has {len(number)} characters; the connected ledger holds "
            f"{company.number_length}. Give it a shorter one."
        )


def _series(model: type[Document], company: Company, year: int) -> NumberSeries:
    found = company.series.select_for_update().filter(kind=model.kind, year=year).first()
    if found is not None:
        return found
    series = NumberSeries(
        company=company, kind=model.kind, year=year, prefix=f"{PREFIXES[model.kind]}-{year}-"
    )
    series.full_clean()
    series.save()
    return series


def taken_numbers(
    model: type[Document], company: Company, numbers: list[str], *, but: Collection[int] = ()
) -> set[str]:
    """Those of the numbers that documents of the company, `but` these, have already."""
    taken: set[str] = set()
    for start in range(0, len(numbers), 500):  # SQLite takes few parameters at once
        part = model._base_manager.filter(company=company, number__in=numbers[start : start + 500])
        if but:
            part = part.exclude(pk__in=but)
        taken.update(part.values_list("number", flat=True))  # type: ignore[arg-type] # asked by number
    return taken


def _article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
