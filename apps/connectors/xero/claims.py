"""What answers say that was made, as it stands: an id of theirs is a claim, and what has it is read."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from apps.connectors.errors import ConnectionLost, ConnectorError, TryLater
from apps.connectors.port import Courier
from apps.connectors.snapshots import Kind
from apps.connectors.xero import money
from apps.connectors.xero.documents import CREDIT_NOTE, INVOICE
from apps.connectors.xero.elements import Ready, lacks_payments, listed_in, reading_for
from apps.connectors.xero.faults import field
from apps.connectors.xero.money import BATCH, PAYMENT
from apps.connectors.xero.objects import CONTACT, ID, ITEM
from apps.connectors.xero.reader import Reader
from apps.connectors.xero.rows import of_rows
from apps.connectors.xero.wire import NIL, Json, Raw, Unread, figure, moment, text

BEFORE_IT = timedelta(seconds=2)
AMOUNTS = ("Amount", "Total", "TotalAmount", "RemainingCredit")


def read_claims(
    reader: Reader, claimed: Sequence[tuple[Ready, Raw]], courier: Courier
) -> Iterator[tuple[Ready, Raw | ConnectorError | None]]:
    """Of each claim what stands, None where nothing does, or why it cannot be asked for now. The
    list of payments, where it is read at all, also tells what became of batches of them."""
    kinds: dict[str, list[tuple[Ready, Raw]]] = {}
    for each, row in claimed:
        kinds.setdefault(each.todo.kind, []).append((each, row))
    batches = [row for _, row in kinds.get(BATCH, ())]
    paid: dict[str, Raw] = {}
    for kind, some in sorted(kinds.items(), key=lambda one: one[0] == BATCH):
        ids = [claimed_id(each, row) for each, row in some]
        beside = batches if kind == PAYMENT else []
        told = batches_as_paid(batches, paid) if kind == BATCH else {}
        try:
            stands = told | reader.made(
                kind,
                [one for one in ids if one and one not in told],
                asked_since([*(row for _, row in some), *beside]),
                courier,
                reading_for([each for each, _ in some]),
                also=[one for row in beside for one in payments_inside(row)],
            )
        except (TryLater, ConnectionLost) as trouble:
            yield from ((each, trouble) for each, _ in some)
            continue
        paid |= stands if kind == PAYMENT else {}
        for (each, row), own in zip(some, ids, strict=True):
            yield each, as_it_stands(each, row, stands[own]) if own in stands else None


def claimed_id(each: Ready, row: Raw) -> str:
    """By what it is read: an item by its code. "" where an answer names none that could be read."""
    name = ID[each.todo.kind]
    return text({name: field(row, name)}, name)


def payments_inside(batch: Raw) -> list[str]:
    """Ids of the payments that an answer says it is made of; none where one has no id."""
    if lacks_payments(batch):
        return []
    return [str(field(each, "PaymentID")) for each in listed_in(batch, "Payments")]


def batches_as_paid(batches: Sequence[Raw], payments: Mapping[str, Raw]) -> dict[str, Json]:
    """Of batches, by their ids, what `payments` tell; nothing of those that they do not tell."""
    told = {str(field(each, "BatchPaymentID")): _batch_as_paid(each, payments) for each in batches}
    return {one: each for one, each in told.items() if each is not None}


def _batch_as_paid(batch: Raw, payments: Mapping[str, Raw]) -> Json | None:
    """Whether a batch counts, and with how much, as told by each of its payments, which name it and
    were read in their own list (by id). None where one was not met there, or cannot be read."""
    ids = payments_inside(batch)
    try:
        own = text(batch, "BatchPaymentID")
        mine = [one for each in ids if (one := of_rows(payments, each)) is not None]
        theirs = {text(one, "BatchPaymentID") for one in mine}
        if not own or len(mine) < len(ids) or theirs != {own}:
            return None
        counted = [one for one in mine if not money.is_off(one)]
        booked = sum((figure(one, "Amount") for one in counted), NIL)
        status = text((counted or mine)[0], "Status")
    except Unread:
        return None
    return {"Status": status, "TotalAmount": float(booked)}


def asked_since(rows: Sequence[Raw]) -> datetime | None:
    """From when on what was made is looked for: a little before the first of it, their lists being
    to the second. None where an answer tells no time."""
    times = [moment(row, "UpdatedDateUTC") for row in rows]
    told = [each for each in times if each is not None]
    return min(told) - BEFORE_IT if len(told) == len(times) else None


def as_it_stands(each: Ready, claim: Raw, there: Raw) -> Raw:
    """A document, a contact, an item or a bank deposit as it was read. Of money an answer tells what a
    list leaves out; but whether it counts, and with how much, the read tells."""
    if each.todo.kind in (CONTACT, ITEM, INVOICE, CREDIT_NOTE) or each.push.kind is Kind.DEPOSIT:
        return there
    said = {name: there[name] for name in ("Status", *AMOUNTS) if name in there}
    return {**claim, **said}
