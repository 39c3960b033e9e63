"""What the next call for a record is, from what stands there. Pure.

A step is planned from what stands, never from its name: what was done is seen, and what was edited
here meanwhile is carried along.
"""

import dataclasses
from collections.abc import Sequence

from apps.connectors.errors import RecordRefused
from apps.connectors.port import Push, RemoteObject
from apps.connectors.snapshots import (
    AdjustmentSnapshot,
    AllocationSnapshot,
    CreditNoteSnapshot,
    CustomerSnapshot,
    InvoiceSnapshot,
    ItemSnapshot,
    PaymentSnapshot,
    RefundSnapshot,
    Snapshot,
)
from apps.connectors.xero import bodies
from apps.connectors.xero.capabilities import CAPABILITIES, NAME
from apps.connectors.xero.documents import CREDIT_NOTE, INVOICE, NUMBER
from apps.connectors.xero.entries import Entries
from apps.connectors.xero.faults import RESTORE
from apps.connectors.xero.objects import CONTACT, ITEM
from apps.connectors.xero.receipts import Receipts
from apps.connectors.xero.todo import (
    NOTHING_WRITTEN,
    Ground,
    Key,
    Todo,
    cannot_be_unvoided,
    create,
    in_words,
    key_of,
    never_there,
    only,
    update,
    void,
)
from apps.connectors.xero.wire import Json, members, text


class Planner(Ground):
    """Plans for every kind; masters and documents are its own."""

    def todo_of(self, push: Push, written: frozenset[Key] = NOTHING_WRITTEN) -> Todo | None:
        """None: their books say so already. What was just `written` is not written again for a
        difference that it left: that is shown.

        Raises RecordRefused where nothing can be written, RemoteGone where what stood is gone.
        """
        match push.snapshot:
            case CustomerSnapshot():
                return self._customer(push, push.snapshot, written)
            case ItemSnapshot():
                return self._item(push, push.snapshot, written)
            case InvoiceSnapshot() | CreditNoteSnapshot():
                return self._document(push, push.snapshot, written)
            case PaymentSnapshot():
                return Receipts(self.home, self.regime).payment(push, push.snapshot, written)
            case AdjustmentSnapshot():
                return Entries(self.home, self.regime).adjustment(push, push.snapshot)
            case RefundSnapshot():
                return Entries(self.home, self.regime).refund(push, push.snapshot, written)
            case AllocationSnapshot():
                return Entries(self.home, self.regime).allocation(push, push.snapshot)
        raise RecordRefused(CAPABILITIES.cannot.get(push.kind, f"{NAME} has no {push.kind}."))

    def _customer(
        self, push: Push, customer: CustomerSnapshot, written: frozenset[Key]
    ) -> Todo | None:
        known = only(push)
        if known is None:
            body = bodies.contact_body(customer)
            if not customer.active:
                body["ContactStatus"] = "ARCHIVED"
            return create(CONTACT, body, exact=False)
        there = known.snapshot
        assert there is None or isinstance(there, CustomerSnapshot), "a contact is a customer"
        if there is not None and not there.active:
            if not self.unlike(customer, known):
                return None
            raise RecordRefused(f"Its contact is archived in {NAME}.", RESTORE)
        # What was changed beside it goes with it: once it is archived nothing of it can.
        body = {"ContactID": known.remote_id, **self._contact_changes(customer, known)}
        if not customer.active:
            body["ContactStatus"] = "ARCHIVED"
        if len(body) == 1 or key_of(known) in written:
            return None
        return update(CONTACT, known, body, exact=False)

    def _contact_changes(self, customer: CustomerSnapshot, known: RemoteObject) -> Json:
        fields = bodies.contact_fields(customer, known.raw)
        by = {"email": "EmailAddress", "phone": "Phones", "address": "Addresses"}
        changed: Json = {}
        for each in self.unlike(customer, known):
            name = each.partition(".")[0]
            if name == "name":
                changed["Name"] = customer.name
            elif name in by:
                changed[by[name]] = fields[by[name]]
        return changed

    def _item(self, push: Push, item: ItemSnapshot, written: frozenset[Key]) -> Todo | None:
        known = only(push)
        if known is None:
            return create(ITEM, bodies.item_body(item))
        if not self.unlike(item, known) or key_of(known) in written:
            return None
        body = {**bodies.item_body(item), "ItemID": text(known.raw, "ItemID")}
        todo = update(ITEM, known, body)
        renamed = item.code != known.remote_id
        return dataclasses.replace(todo, retires=(key_of(known),)) if renamed else todo

    def _document(
        self,
        push: Push,
        document: InvoiceSnapshot | CreditNoteSnapshot,
        written: frozenset[Key],
    ) -> Todo | None:
        kind = INVOICE if isinstance(document, InvoiceSnapshot) else CREDIT_NOTE
        known = only(push)
        if known is None:
            if document.void:
                raise never_there()
            return create(kind, bodies.document_body(document, self.home, self.regime))
        if document.void:
            return None if known.void else void(kind, known)
        if known.void:
            raise cannot_be_unvoided()
        paths = self.unlike(document, known)
        if not paths or key_of(known) in written:
            return None
        return update(kind, known, self._document_changes(push, document, known, kind, paths))

    def _document_changes(
        self,
        push: Push,
        document: InvoiceSnapshot | CreditNoteSnapshot,
        known: RemoteObject,
        kind: str,
        paths: Sequence[str],
    ) -> Json:
        """Only what is to change, and the rate with it. Amounts of what something is applied to are
        dropped there without a word, so they are not sent."""
        whole = bodies.document_body(document, self.home, self.regime)
        changed = {each.partition(".")[0] for each in paths}
        held = {"due_date": "DueDate", "purchase_order_number": "Reference"}
        body: Json = {f"{kind}ID": known.remote_id}
        for name in changed & held.keys():
            body[held[name]] = whole.get(held[name], "")
        asked = changed - held.keys()
        if asked:
            _refuse_amending(document, known, kind, asked)
            keeps = whole.keys() - {"Type", "Status", NUMBER[kind], "Reference", "CurrencyCode"}
            body |= {name: whole[name] for name in keeps if name != "LineItems"}
            if kind == CREDIT_NOTE:
                return body
            if push.agreed is not None and _number_of_lines(push.agreed) != len(
                members(known.raw, "LineItems")
            ):
                raise RecordRefused(
                    f"In {NAME} somebody added or took away a line of it.",
                    f"Look at it in {NAME}, and decide what it is to say.",
                )
            body["LineItems"] = bodies.lines_json(
                document.lines, kind, self.regime, members(known.raw, "LineItems")
            )
        return body | bodies.rate_json(document.exchange_rate, document.currency, self.home)


def _refuse_amending(
    document: InvoiceSnapshot | CreditNoteSnapshot,
    known: RemoteObject,
    kind: str,
    asked: set[str],
) -> None:
    named = in_words(sorted(asked))
    if known.balance is not None and known.balance != known.amount:
        raise RecordRefused(
            f"Something is set against it in {NAME}, which drops another {named} without a word.",
            "Un-apply what is set against it first; or credit it here and issue another.",
        )
    if kind == CREDIT_NOTE and asked - {"issue_date", "exchange_rate", "home_total"}:
        raise RecordRefused(
            f"{NAME} changes no {named} of a credit note that is approved.",
            "Void it here and issue another.",
        )
    if "number" in asked or "currency" in asked:
        raise RecordRefused(
            f"It stands in {NAME} with another {named}.", "Void it here and issue another."
        )


def _number_of_lines(agreed: Snapshot) -> int:
    return len(getattr(agreed, "lines", ()))
