"""What a document will book over there, as debits and credits by account. No call is made."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError

from apps.billing.acts.issuing import to_be
from apps.billing.models import CreditNote, Document
from apps.billing.rules.objections import ToBe
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.sync.assemble.documents import assembled
from apps.sync.assemble.foretelling import (
    DocumentSnapshot,
    Foretelling,
    Foretold,
    as_it_stands,
    books_of,
    instead,
)
from apps.sync.wording import capital, day, money


def foretold(document: Document) -> list[Foretold]:
    """Of a saved invoice or credit note, in every set of books that its company is connected to."""
    held = books_of(document.company_id)
    return foretold_in(document, held) if held else []


def foretold_in(document: Document, connections: Iterable[Connection]) -> list[Foretold]:
    """The same in these books alone."""
    try:
        written = (
            to_be(document) if document.is_draft else ToBe(document, list(document.lines.all()))
        )
    except ValidationError as refusal:
        said = " ".join(refusal.messages)
        return [instead(each, document.currency, said) for each in connections]
    return [_foretold(each, written) for each in connections]


def _foretold(connection: Connection, written: ToBe) -> Foretold:
    document = written.document
    lookups = Foretelling(connection)
    if why_not := _why_not(lookups, document):
        return _said(connection, document, why_not)
    kind = _kind(document)
    made = assembled(lookups, kind, document, written.lines, lookups.read([written]))
    assert isinstance(made.snapshot, DocumentSnapshot)  # `checked` below always gives it
    if made.left_out:
        return _said(connection, document, made.left_out)
    if not lookups.connector.capabilities.accounts:
        held_or_made = _without_accounts(lookups, document, made.snapshot)
        return _said(connection, document, held_or_made)
    lacking = list(dict.fromkeys(capital(each.sentence) + "." for each in made.obstacles))
    return as_it_stands(lookups.told([made.snapshot], document.currency, lacking), [document])


def _said(connection: Connection, document: Document, sentence: str) -> Foretold:
    return as_it_stands(instead(connection, document.currency, sentence), [document])


def _why_not(lookups: Foretelling, document: Document) -> str:
    """Why these books will hold no debits and credits of it that could be shown; "" if they will."""
    can, kind, connection = lookups.connector.capabilities, _kind(document), lookups.connection
    if kind not in can.kinds:
        return can.cannot.get(kind, f"{can.name} has nothing of this kind: it stays here.")
    if connection.starts_on and document.issue_date < connection.starts_on:
        return f"It is dated before the cut-off, {day(connection.starts_on)}: it is never sent."
    if _lacks_a_rate(document):
        return (
            f"There is no exchange rate of {document.currency} on or before its date: what it is "
            "worth at home is not known yet."
        )
    if document.status == Document.Status.VOID:
        return "It is void, and books nothing."
    return ""


def _lacks_a_rate(document: Document) -> bool:
    foreign = document.currency != document.company.home_currency
    return foreign and document.exchange_rate == 1 and document.exchange_rate_date is None


def _without_accounts(lookups: Foretelling, document: Document, snapshot: DocumentSnapshot) -> str:
    """What will be there, or why it will not: no account of theirs says it."""
    can = lookups.connector.capabilities
    none = can.cannot.get("accounts", f"{can.name} has no chart of accounts.")
    there = lookups.notes or [
        _made_there(can.name, document),
        lookups.cents_left_open(snapshot),
    ]
    return " ".join(filter(None, [none, *there]))


def _made_there(name: str, document: Document) -> str:
    """What will be there, where no account says it."""
    what = "An invoice" if _kind(document) == Kind.INVOICE else "A credit note"
    tax = f", {money(document.tax, document.currency)} of it tax," if document.tax else ""
    total = money(document.total, document.currency)
    return f"{what} of {total}{tax} for {document.customer} is made in {name}."


def _kind(document: Document) -> Kind:
    return Kind.CREDIT_NOTE if isinstance(document, CreditNote) else Kind.INVOICE
