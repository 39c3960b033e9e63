"""What a draft comes to while it is typed: read by its own form, worked out by what works it out when it
is saved, and nothing of it is written."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypedDict

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.backoffice.documents.due_days import due_words
from apps.backoffice.documents.following import follow_customer
from apps.backoffice.documents.sums_box import Told, sums_caption, sums_rows
from apps.backoffice.frame.asking import only_shown
from apps.backoffice.frame.formatting import amount_text
from apps.backoffice.frame.sight import seen
from apps.billing.models import Document, DocumentLine, Item, TaxRate
from apps.billing.sums.tax_rates import loaded
from apps.billing.sums.totals import lines_of, sum_up
from apps.core.money import ZERO
from apps.core.numbers import whole

MASTERS: tuple[tuple[str, type[Any]], ...] = (("item", Item), ("tax_rate", TaxRate))


class RunningSums(TypedDict):
    """`rows`, `caption` and `due` as the page shows them, empty where nothing can be said yet; `lines` is
    the net of each line by the prefix of its fields; `left_out` says in sentences what is not counted."""

    rows: list[Told]
    caption: str
    due: str
    lines: dict[str, str]
    left_out: list[str]


@dataclass(slots=True)
class Typed:
    """A draft as it is typed, in memory alone; lines by the prefix of their fields, in their order."""

    document: Document
    form: Any
    lines: dict[str, DocumentLine]
    left_out: list[str]


def running_sums(screen: Any, request: HttpRequest, draft: Document | None) -> RunningSums:
    """What the form of `draft`, or of a new document, comes to as it was sent.

    The caller has asked whether this person may change it. The number of questions to the database
    does not hang on how many lines are typed.
    """
    typed = _typed(screen, request, draft)
    document = typed.document
    if document.company_id is None:
        return RunningSums(rows=[], caption="", due="", lines={}, left_out=[])
    _follow(typed, new=draft is None)
    every = _every_line(typed, draft, screen, request)
    try:
        sum_up(document, every)
    except ValidationError as refusal:
        return RunningSums(
            rows=[],
            caption="",
            due=due_words(document),
            lines={},
            left_out=[*typed.left_out, *refusal.messages],
        )
    document.lines_off = sum((each.discount_net for each in every), ZERO)  # type: ignore[attr-defined] # read by the box
    document.lines_discounted = any(  # type: ignore[attr-defined] # as above
        each.discount_percent or each.discount_amount for each in every
    )
    return RunningSums(
        rows=[each.told() for each in sums_rows(document)],
        caption=sums_caption(document),
        due=due_words(document),
        lines={
            name: f"{amount_text(each.net, document.currency)} {document.currency}"
            for name, each in typed.lines.items()
        },
        left_out=typed.left_out,
    )


def _typed(screen: Any, request: HttpRequest, draft: Document | None) -> Typed:
    """Read the form of the screen, as saving does; what cannot be read yet is left as it was."""
    document = draft if draft is not None else screen.model()
    stored = document.company_id
    form = screen.get_form(request, draft, change=draft is not None)(
        request.POST, instance=document
    )
    with only_shown():  # nobody is asked what is meant, and no lock is taken
        form.full_clean()
    typed = Typed(document=document, form=form, lines={}, left_out=[])
    if document.company_id is None or (stored is not None and stored != document.company_id):
        document.company_id = stored
        return typed
    customer = document.customer if document.customer_id else None
    if customer is not None and customer.company_id != document.company_id:
        typed.left_out.append("This customer belongs to another company.")
        document.customer = None  # it is not saved
    if document.issue_date is None:
        document.issue_date = document.company.today()
    return typed


def _follow(typed: Typed, *, new: bool) -> None:
    """Currency, terms and exchange rate; of a document without a customer yet, the company's own."""
    document = typed.document
    if not document.customer_id:
        document.currency = document.company.home_currency
        typed.left_out.append("Choose the customer: tax and terms may be theirs.")
        return
    if not follow_customer(document, typed.form, new=new):
        typed.left_out.append(
            f"There is no exchange rate of {document.currency} for this date yet."
        )


def _every_line(
    typed: Typed, draft: Document | None, screen: Any, request: HttpRequest
) -> list[DocumentLine]:
    """The lines that the document would have: stored ones that lie on another page too, in their order,
    then the new ones. Those of the form are read into `typed`."""
    off: set[int] = set()
    for inline in screen.get_inline_instances(request, draft):
        formset = _formset(inline, screen, request, typed.document)
        _give_masters(formset.forms, request, typed.document)
        for place, form in enumerate(formset.forms, start=1):
            line = _line(form, formset, typed, place)
            if line is not None:
                typed.lines[form.prefix] = line
            elif form.instance.pk is not None:
                off.add(form.instance.pk)
    _give_components(typed.lines.values())
    if draft is None:
        return list(typed.lines.values())
    read = {each.pk: each for each in typed.lines.values() if each.pk is not None}
    stored = [read.get(each.pk, each) for each in lines_of(draft) if each.pk not in off]
    return [*stored, *(each for each in typed.lines.values() if each.pk is None)]


def _formset(inline: Any, screen: Any, request: HttpRequest, document: Document) -> Any:
    kind = inline.get_formset(request, document if document.pk else None)
    prefix = kind.get_default_prefix()
    return kind(**screen.get_formset_kwargs(request, document, inline, prefix))


def _line(form: Any, formset: Any, typed: Typed, place: int) -> DocumentLine | None:
    """The line as it is typed; None of an empty one, of one taken off, and of one that says too little."""
    form.masters_are_known = True
    if not form.is_valid():
        said = next(iter(form.errors.values()))[0]
        typed.left_out.append(f"Line {formset.page.first + place - 1} is not counted yet: {said}")
        return None
    if formset.can_delete and formset._should_delete_form(form):
        return None
    if form.instance.pk is None and not form.has_changed():
        return None
    line: DocumentLine = form.instance
    line.document = typed.document
    return line


def _give_masters(forms: list[Any], request: HttpRequest, document: Document) -> None:
    """Items and rates of all lines at once; what is of another company, or not in sight, is none."""
    for name, model in MASTERS:
        keys = [whole(form.data.get(form.add_prefix(name))) for form in forms]
        wanted = {each for each in keys if each is not None}
        rows: QuerySet[Any] = seen(request, model).filter(company=document.company_id)
        if model is Item:
            rows = rows.select_related("tax_rate")
        found = {each.pk: each for each in rows.filter(pk__in=wanted)} if wanted else {}
        for form, key in zip(forms, keys, strict=True):
            field = form.fields[name]
            field.widget.loaded = found.get(key)
            field.queryset = field.queryset.none()


def _give_components(lines: "Iterator[DocumentLine] | Any") -> None:
    """The rates of all lines with what they are made of, also those that they take by default."""
    typed = list(lines)
    rates = loaded(each.tax_rate_id for each in typed if each.tax_rate_id is not None)
    for line in typed:
        line.tax_rate = rates.get(line.tax_rate_id)
