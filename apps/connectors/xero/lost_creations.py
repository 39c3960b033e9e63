"""What a creation whose answer was lost has made over there: found by number, code, reference or mark."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from apps.connectors.errors import CannotTell, ConnectorError, NameTaken, NumberTaken, RecordRefused
from apps.connectors.port import Courier, Purpose
from apps.connectors.xero import money
from apps.connectors.xero.capabilities import NAME
from apps.connectors.xero.claims import asked_since, claimed_id
from apps.connectors.xero.documents import CREDIT_NOTE, INVOICE, NUMBER
from apps.connectors.xero.elements import Ready
from apps.connectors.xero.money import BANK_TRANSACTION, BATCH, OVERPAYMENT, PAYMENT
from apps.connectors.xero.objects import CONTACT, ITEM, id_of
from apps.connectors.xero.reader import Reader
from apps.connectors.xero.wire import (
    Raw,
    Unread,
    day_or_none,
    figure,
    guid,
    mark_in,
    members,
    quoted,
    text,
    within,
)

# Of money a list leaves out what a single one tells.
WHOLE_IN_LISTS = (CONTACT, ITEM, INVOICE, CREDIT_NOTE)
There = Mapping[tuple[str, str], Raw]  # (kind, id) → its JSON


class LostCreations:
    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def read_together(
        self,
        asked: Sequence[Ready],
        told: Mapping[int, ConnectorError | Raw | None],
        courier: Courier,
    ) -> There:
        """(kind, id) → what stands of all that a replay says that it made, in as few calls as that
        takes. What is not met here is looked for by itself."""
        made = [
            (each, raw)
            for each in asked
            if each.todo.key is None
            and each.todo.kind in WHOLE_IN_LISTS
            and isinstance(raw := told[each.push.ref], Mapping)
        ]
        if len(made) < 2:
            return {}
        kind = made[0][0].todo.kind  # one list of theirs a call
        try:
            ids = [one for each, raw in made if (one := claimed_id(each, raw))]
            since = asked_since([raw for _, raw in made])
            stands = self.reader.made(kind, ids, since, courier, Purpose.READS)
        except (RecordRefused, Unread):
            return {}  # of the question: each is asked about alone
        return {(kind, one): raw for one, raw in stands.items()}

    def made_by(self, each: Ready, there: There, courier: Courier) -> Raw | None:
        """What stands of it; None where nothing does so far. `there` was read with others."""
        kind, body = each.todo.kind, each.todo.body or {}
        match kind:
            case "Contact":
                return self.reader.by_natural_key(CONTACT, str(body["ContactNumber"]), courier)
            case "Item":
                return self._coded(body, there, courier)
            case "Invoice" | "CreditNote":
                return self._numbered(kind, body, courier)
            case "Payment":
                return self._paid(body, courier)
            case "BatchPayment":
                return self._batched(body, courier)
            case "Overpayment":
                return self._on_account(body, courier)
        return self._on_the_bank(body, courier)

    def _coded(self, body: Raw, there: There, courier: Courier) -> Raw | None:
        """An item has no mark: one of this code and another name is somebody's."""
        raw = there.get((ITEM, str(body["Code"])))
        if raw is None:
            raw = self.reader.by_natural_key(ITEM, str(body["Code"]), courier)
        if raw is not None and text(raw, "Name") != text(body, "Name"):
            raise NameTaken(
                f"An item in {NAME} has the code {body['Code']} and another name.",
                "Link it, or change one.",
            )
        return raw

    def _numbered(self, kind: str, body: Raw, courier: Courier) -> Raw | None:
        """A number is given once for ever: who has it is this, or ours never arrived."""
        number = text(body, NUMBER[kind])
        customer_id = text(within(body, "Contact"), "ContactID")
        if kind == INVOICE:
            found = self.reader.numbered([number], courier)
        else:
            condition = (
                f"Contact.ContactID=={guid(customer_id)} AND CreditNoteNumber=={quoted(number)}"
            )
            found = self.reader.where(CREDIT_NOTE, condition, courier)
        found = [raw for raw in found if text(raw, NUMBER[kind]) == number]
        if not found:
            return None
        raw = found[0]
        same = (
            text(within(raw, "Contact"), "ContactID") == customer_id
            and day_or_none(raw, "Date") == day_or_none(body, "Date")
            and text(raw, "CurrencyCode") in ("", text(body, "CurrencyCode"))
            and text(raw, "Type") in ("", text(body, "Type"))
        )
        if same:
            return raw
        raise NumberTaken(
            f"The number {number} is that of another document in {NAME}.",
            f"Compare it with the one in {NAME}, then decide.",
            owner_kind=kind,
            owner_id=id_of(kind, raw),
        )

    def _paid(self, body: Raw, courier: Courier) -> Raw | None:
        invoice_id = text(within(body, "Invoice"), "InvoiceID")
        condition = f"Reference=={quoted(text(body, 'Reference'))}"
        found = [
            raw
            for raw in self.reader.where(PAYMENT, condition, courier)
            if text(raw, "Reference") == text(body, "Reference")
            and text(money.invoice_of(raw), "InvoiceID") == invoice_id
            and figure(raw, "Amount") == _number(body["Amount"])
            and day_or_none(raw, "Date") == day_or_none(body, "Date")
        ]
        return _that_stands(found)

    def _batched(self, body: Raw, courier: Courier) -> Raw | None:
        """By the payments of its first invoice on that day, which name their batch. Whatever it came
        to: what bears our mark is ours, and its figures are compared."""
        inside = members(body, "Payments")
        day = text(body, "Date").split("-")
        condition = (
            f"Invoice.InvoiceID=={guid(text(within(inside[0], 'Invoice'), 'InvoiceID'))} AND "
            f"Date==DateTime({int(day[0])},{int(day[1])},{int(day[2])})"
        )
        named = dict.fromkeys(
            text(raw, "BatchPaymentID") for raw in self.reader.where(PAYMENT, condition, courier)
        )
        wanted = [(BATCH, one) for one in named if one]
        read = self.reader.raws(wanted, courier) if wanted else {}
        found = [
            raw
            for raw in read.values()
            if raw is not None and text(body, "Details") in money.batch_marks(raw)
        ]
        return _that_stands(found)

    def _on_account(self, body: Raw, courier: Courier) -> Raw | None:
        """By the whole mark, which is proof whatever somebody made of the receipt since. That their
        books give its text back is not told by them: one that looks like it and bears no mark at
        all may be it."""
        line = members(body, "LineItems")[0]
        mark = mark_in(text(line, "Description"))[0]
        condition = f"Contact.ContactID=={guid(text(within(body, 'Contact'), 'ContactID'))}"
        listed = self.reader.where(OVERPAYMENT, condition, courier)
        raw = _that_stands([each for each in listed if mark in _marks(each)])
        if raw is not None:
            return {**raw, "BankAccount": body["BankAccount"]}
        for each in listed:
            alike = (
                not money.is_off(each)
                and day_or_none(each, "Date") == day_or_none(body, "Date")
                and figure(each, "Total") == _number(line["LineAmount"])
            )
            if alike and not any(_marks(each)):
                raise CannotTell(
                    f"A receipt of the same customer, day and amount stands in {NAME} without a mark.",
                    f"Look in {NAME} whether it is this one.",
                )
        return None

    def _on_the_bank(self, body: Raw, courier: Courier) -> Raw | None:
        condition = f"Reference=={quoted(text(body, 'Reference'))}"
        found = [
            raw
            for raw in self.reader.where(BANK_TRANSACTION, condition, courier)
            if text(raw, "Reference") == text(body, "Reference")
            and text(raw, "Type") == text(body, "Type")
        ]
        return _that_stands(found)


def _number(value: Any) -> Decimal:
    return Decimal(str(value))


def _marks(raw: Raw) -> list[str]:
    return [mark_in(text(one, "Description"))[0] for one in members(raw, "LineItems")]


def _that_stands(found: Sequence[Raw]) -> Raw | None:
    """The one that stands; of those that were deleted nothing tells whether Tieout itself did it
    before, when the receipt had another form."""
    standing = [raw for raw in found if not money.is_off(raw)]
    if standing:
        return standing[0]
    if found:
        raise CannotTell(
            f"What bears its mark in {NAME} is deleted there: it may have arrived and been deleted, "
            "or be one of before.",
            f"Look in {NAME} whether it is to stand.",
        )
    return None
