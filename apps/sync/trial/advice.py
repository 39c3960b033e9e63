"""What to change so that the next test invoice matches: causes, and the very mapping of each."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import Model

from apps.billing.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine
from apps.connections.models import Connection
from apps.connectors.port import CodeKind
from apps.connectors.snapshots import DocumentSnapshot
from apps.mappings.models import Mapping, RemoteCode
from apps.sync.trial.causes import Came, Cause, Where, causes
from apps.sync.trial.compared import Names, TrialRow

Subject = Mapping.Subject
Document = Invoice | CreditNote


@dataclass(frozen=True, kw_only=True, slots=True)
class Advice:
    """A likely cause in a sentence, and what is changed to put it right, in words.

    Where it is a mapping, `subject` and `pk` (of what of ours it is about; None: of all) say which;
    where it is a record of ours, `record` is it. Neither: it is put right over there.
    """

    sentence: str
    change: str
    subject: str = ""
    pk: int | None = None
    record: Model | None = None


def advised(
    connection: Connection,
    document: Document,
    sides: tuple[DocumentSnapshot, DocumentSnapshot],
    rows: Iterable[TrialRow],
    names: Names,
) -> tuple[Advice, ...]:
    """Likely causes of what differs between ours and theirs, each with what to change. What no rule
    explains is named at the end."""
    ours, theirs = sides
    wrong = {row.field for row in rows if not row.agrees}
    if not wrong:
        return ()
    name = connection.system_name
    came = Came(
        ours=ours,
        theirs=theirs,
        name=name,
        accounts=connection.capabilities.accounts,
        called=names.called,
    )
    found = [each for each in causes(came) if each.fields & wrong]
    told = list(_each(connection, document, found))
    left = wrong - {field for each in found for field in each.fields}
    if left:
        told.append(
            Advice(
                sentence=f"Tieout knows no cause for: {', '.join(sorted(left))}.",
                change=f"Look at it in {name}: a rule or another app there may have changed it",
            )
        )
    return tuple(told)


def _each(connection: Connection, document: Document, found: Iterable[Cause]) -> Iterator[Advice]:
    """Each thing to change once, though several lines show it."""
    lines = list(document.lines.select_related("item", "tax_rate").order_by("position", "id"))
    seen = set()
    for cause in found:
        place = cause.line
        line = lines[place] if place is not None and place < len(lines) else None
        advice = _advice(connection, document, line, cause)
        if (key := (cause.where, advice.change, advice.sentence)) not in seen:
            seen.add(key)
            yield advice


def _advice(
    connection: Connection,
    document: Document,
    line: InvoiceLine | CreditNoteLine | None,
    cause: Cause,
) -> Advice:
    said, company = cause.sentence, document.company
    terms = document.terms if isinstance(document, Invoice) else None
    match cause.where:
        case Where.ACCOUNT:
            return _account(connection, line, said)
        case Where.TAX_CODE if line is not None and line.tax_rate is not None:
            rate = line.tax_rate
            change = f"the tax code chosen for tax rate {rate.code}"
            return Advice(sentence=said, change=change, subject=Subject.TAX, pk=rate.pk)
        case Where.TAX_CODE:
            return Advice(
                sentence=said, change="the tax code of lines without tax", subject=Subject.NO_TAX
            )
        case Where.TERM if not _keeps_terms(connection):
            change = f"the dates of it in {connection.system_name}, which keeps no terms of yours"
            return Advice(sentence=said, change=change)
        case Where.TERM if terms is not None:
            change = f"the terms chosen for “{terms}”"
            return Advice(sentence=said, change=change, subject=Subject.TERM, pk=terms.pk)
        case Where.ROUNDING:
            rule = company.get_tax_rounding_display()
            return Advice(
                sentence=said, change=f"the tax rounding of {company} (now {rule})", record=company
            )
        case Where.DISCOUNT:
            change = f"how discounts of {company} are booked"
            return Advice(sentence=said, change=change, record=company)
        case Where.CUSTOMER:
            change = f"which of their customers {document.customer} is"
            return Advice(sentence=said, change=change, record=document.customer)
        case Where.ITEM if line is not None and line.item is not None:
            change = f"which of their items {line.item.code} is"
            return Advice(sentence=said, change=change, record=line.item)
        case Where.EXCHANGE:
            return Advice(sentence=said, change=f"the exchange rate of {document}", record=document)
    return Advice(sentence=said, change=f"the settings of your company in {connection.system_name}")


def _keeps_terms(connection: Connection) -> bool:
    """Whether there is a list of terms there, from which one is chosen for each of ours."""
    terms = RemoteCode.objects.filter(connection=connection, kind=CodeKind.TERM, active=True)
    return terms.exists()


def _account(
    connection: Connection, line: InvoiceLine | CreditNoteLine | None, said: str
) -> Advice:
    """The item's own mapping where it has one; else the default that it is booked by. A discount
    that is booked apart has no line of ours: it goes by its item, or the default."""
    item = line.item if line is not None else None
    own = item is not None and Mapping.objects.filter(
        connection=connection, subject=Subject.ITEM_ACCOUNT, item=item
    )
    if item is not None and own and own.exists():
        change = f"the sales account chosen for item {item.code}"
        return Advice(sentence=said, change=change, subject=Subject.ITEM_ACCOUNT, pk=item.pk)
    return Advice(sentence=said, change="the sales account by default", subject=Subject.INCOME)
