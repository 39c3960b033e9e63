"""What the next call for a record is, from what stands there. Pure.

A step is planned from what stands, never from its name: what was done is seen, and what was edited
here meanwhile is carried along.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from apps.connectors.errors import RecordRefused, RemoteGone
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
    differences,
)
from apps.connectors.xero import bodies, capabilities, money, rules
from apps.connectors.xero.capabilities import CAPABILITIES, NAME
from apps.connectors.xero.client import EACH_TOLD, EXACT
from apps.connectors.xero.documents import CREDIT_NOTE, INVOICE, NUMBER, VOIDED
from apps.connectors.xero.faults import RECONCILED, RESTORE
from apps.connectors.xero.money import (
    BANK_TRANSACTION,
    BATCH,
    OVERPAYMENT,
    PAYMENT,
    PREPAYMENT,
)
from apps.connectors.xero.objects import CONTACT, ITEM, PLURAL
from apps.connectors.xero.several import together
from apps.connectors.xero.wire import NIL, Json, Raw, members, text

Key = tuple[str, str, str]  # their kind, id, part
NOTHING_WRITTEN: frozenset[Key] = frozenset()
ON_ACCOUNT = (OVERPAYMENT, PREPAYMENT)


@dataclass(frozen=True, kw_only=True, slots=True)
class Todo:
    """One call to be, or one element of one.

    `plural` names the list of a call in which many records go together; without it the body goes
    as it is. `kind` is what it makes or changes; `key` what it is written to, which is read before
    and after: None, where it makes something. `retires` stands for the record no more once it is
    done. `needs` has to be read before the rest can be said.
    """

    kind: str
    method: str = "PUT"
    path: str = ""
    body: Json | None = None
    plural: str = ""
    query: tuple[tuple[str, str], ...] = (EACH_TOLD,)
    step: str = ""
    key: Key | None = None
    retires: tuple[Key, ...] = ()
    needs: Callable[["Accounts"], "Todo"] | None = None

    @property
    def said(self) -> tuple[Any, ...]:
        return self.method, self.path, self.body


@dataclass(frozen=True, kw_only=True, slots=True)
class Accounts:
    """What must be known of their chart before a refund can be said: our id → type and currency,
    and the account of roundings, on which a charge and its line of the bank meet."""

    banks: Mapping[str, str]  # bank accounts → currency
    rounding: str


def key_of(each: RemoteObject) -> Key:
    return each.kind, each.remote_id, each.part


def stands_of(push: Push) -> tuple[RemoteObject, ...]:
    if push.stands:
        return push.stands
    return (push.known,) if push.known is not None else ()


def wholes(push: Push) -> list[RemoteObject]:
    return [each for each in stands_of(push) if not each.part]


def live(push: Push) -> list[RemoteObject]:
    """What stands and counts."""
    return [each for each in wholes(push) if not (each.gone or each.void)]


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans for one organisation: its home currency and whether it keeps tax."""

    home: str
    regime: str

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
                return self._payment(push, push.snapshot, written)
            case AdjustmentSnapshot():
                return self._adjustment(push, push.snapshot)
            case RefundSnapshot():
                return self._refund(push, push.snapshot, written)
            case AllocationSnapshot():
                return self._allocation(push, push.snapshot)
        raise RecordRefused(CAPABILITIES.cannot.get(push.kind, f"{NAME} has no {push.kind}."))

    # --- Masters ---

    def _customer(
        self, push: Push, customer: CustomerSnapshot, written: frozenset[Key]
    ) -> Todo | None:
        known = _only(push)
        if known is None:
            body = bodies.contact_body(customer)
            if not customer.active:
                body["ContactStatus"] = "ARCHIVED"
            return _create(CONTACT, body, exact=False)
        there = known.snapshot
        assert there is None or isinstance(there, CustomerSnapshot), "a contact is a customer"
        if there is not None and not there.active:
            if not customer.active:
                return None
            raise RecordRefused(f"Its contact is archived in {NAME}.", RESTORE)
        body = {"ContactID": known.remote_id}
        if not customer.active:
            # Alone: what was changed beside it cannot be sent any more once it is archived.
            body["ContactStatus"] = "ARCHIVED"
        else:
            body |= self._contact_changes(customer, known)
        if len(body) == 1 or key_of(known) in written:
            return None
        return _update(CONTACT, known, body, exact=False)

    def _contact_changes(self, customer: CustomerSnapshot, known: RemoteObject) -> Json:
        fields = bodies.contact_fields(customer, known.raw)
        by = {"email": "EmailAddress", "phone": "Phones", "address": "Addresses"}
        changed: Json = {}
        for each in self._unlike(customer, known):
            name = each.partition(".")[0]
            if name == "name":
                changed["Name"] = customer.name
            elif name in by:
                changed[by[name]] = fields[by[name]]
        return changed

    def _item(self, push: Push, item: ItemSnapshot, written: frozenset[Key]) -> Todo | None:
        known = _only(push)
        if known is None:
            return _create(ITEM, bodies.item_body(item))
        if not self._unlike(item, known) or key_of(known) in written:
            return None
        body = {**bodies.item_body(item), "ItemID": text(known.raw, "ItemID")}
        todo = _update(ITEM, known, body)
        renamed = item.code != known.remote_id
        return dataclasses.replace(todo, retires=(key_of(known),)) if renamed else todo

    def _unlike(self, ours: Snapshot, known: RemoteObject) -> list[str]:
        """The paths in which theirs is another; what is theirs to decide aside."""
        if known.snapshot is None:
            raise RecordRefused(
                f"It cannot be read as it stands in {NAME}.", f"Look at it in {NAME}, then Retry."
            )
        theirs = rules.project(known.snapshot, self.home, self.regime)
        return [each.path for each in differences(ours, theirs) if each.whose != "kept"]

    # --- Documents ---

    def _document(
        self,
        push: Push,
        document: InvoiceSnapshot | CreditNoteSnapshot,
        written: frozenset[Key],
    ) -> Todo | None:
        kind = INVOICE if isinstance(document, InvoiceSnapshot) else CREDIT_NOTE
        known = _only(push)
        if known is None:
            if document.void:
                raise never_there()
            return _create(kind, bodies.document_body(document, self.home, self.regime))
        if document.void:
            return None if known.void else _void(kind, known)
        if known.void:
            raise _cannot_be_unvoided()
        paths = self._unlike(document, known)
        if not paths or key_of(known) in written:
            return None
        return _update(kind, known, self._document_changes(push, document, known, kind, paths))

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

    # --- Adjustments ---

    def _adjustment(self, push: Push, adjustment: AdjustmentSnapshot) -> Todo | None:
        kind = INVOICE if adjustment.debits else CREDIT_NOTE
        known = _only(push)
        if known is None:
            if adjustment.cancelled:
                raise never_there()
            return _create(kind, bodies.adjustment_body(adjustment, self.home))
        if adjustment.cancelled:
            return None if known.void else _void(kind, known)
        if known.void:
            raise _cannot_be_unvoided()
        if paths := self._unlike(adjustment, known):
            raise RecordRefused(
                f"It stands in {NAME} with another {_in_words(paths)}.",
                "Cancel it here and enter it again.",
            )
        return None

    # --- Refunds ---

    def _refund(self, push: Push, refund: RefundSnapshot, written: frozenset[Key]) -> Todo | None:
        """The charge first, then the line of the bank; taken back in the other order."""
        objects = live(push)
        charge = next((each for each in objects if each.kind == INVOICE), None)
        line = next((each for each in objects if each.kind == BANK_TRANSACTION), None)
        if refund.cancelled:
            if not wholes(push):
                raise never_there()
            return _take_back_refund(
                charge, line, [each for each in objects if each.kind == PAYMENT]
            )
        _refuse_gone(push)
        if not objects and wholes(push):
            raise _cannot_be_unvoided()
        if any(each.kind == PAYMENT for each in objects):
            if self._unlike(refund, objects[0]):
                raise RecordRefused(
                    f"It is a payment that was made in {NAME}, which changes no payment.",
                    f"Put it right in {NAME}.",
                )
            return None
        if charge is None:
            return Todo(kind=INVOICE, needs=lambda known: self._charge(refund, known))
        if line is None and not _bears_the_account(charge):
            return Todo(
                kind=BANK_TRANSACTION,
                step=capabilities.BANK_LINE,
                needs=lambda known: self._bank_line(refund, known),
            )
        if redated := self._redated(refund, charge, line, written):
            return redated
        paths = self._unlike(refund, together([charge, line] if line else [charge]))
        if not paths or written:
            return None
        raise RecordRefused(
            f"It stands in {NAME} with another {_in_words(paths)}.",
            "Cancel it here and enter it again.",
        )

    def _charge(self, refund: RefundSnapshot, known: Accounts) -> Todo:
        transit = ""
        if refund.account_id in known.banks:
            transit = _transit(known)
            _refuse_foreign(refund, known, self.home)
        body = bodies.charge_body(refund, transit, self.home)
        return _create(INVOICE, body, step=capabilities.CHARGE)

    def _bank_line(self, refund: RefundSnapshot, known: Accounts) -> Todo:
        _refuse_foreign(refund, known, self.home)
        body = bodies.bank_line_body(refund, _transit(known))
        return _create(BANK_TRANSACTION, body, step=capabilities.BANK_LINE)

    def _redated(
        self,
        refund: RefundSnapshot,
        charge: RemoteObject,
        line: RemoteObject | None,
        written: frozenset[Key],
    ) -> Todo | None:
        """Another day goes into both, one after the other; any other change is another refund."""
        day = refund.paid_on.isoformat()
        if charge.dated != refund.paid_on and key_of(charge) not in written:
            body = {"InvoiceID": charge.remote_id, "Date": day, "DueDate": day}
            body |= bodies.rate_json(refund.exchange_rate, refund.currency, self.home)
            return dataclasses.replace(_update(INVOICE, charge, body), step=capabilities.CHARGE)
        if line is not None and line.dated != refund.paid_on and key_of(line) not in written:
            _refuse_reconciled(line)
            body = {**_as_it_stands(line.raw), "Date": day}
            todo = _update(BANK_TRANSACTION, line, body)
            return dataclasses.replace(todo, step=capabilities.BANK_LINE)
        return None

    # --- Receipts ---

    def _payment(
        self, push: Push, payment: PaymentSnapshot, written: frozenset[Key]
    ) -> Todo | None:
        objects = live(push)
        if payment.cancelled:
            return self._cancel(push, objects)
        _refuse_gone(push)
        if not objects and wholes(push):
            raise RecordRefused(
                f"It was deleted in {NAME}, and a payment cannot be brought back there.",
                "Cancel it here too, and enter it again if it is right.",
            )
        if any(each.kind in ON_ACCOUNT for each in objects):
            return self._on_account(payment, objects[0], written)
        if wrong := self._wrong_among(payment, objects):
            if any(key_of(each) in written for each in wrong):
                return None
            return _take_back(wrong[0])
        return self._receipt(push, payment, objects)

    def _cancel(self, push: Push, objects: Sequence[RemoteObject]) -> Todo | None:
        if not wholes(push):
            raise never_there()
        if not objects:
            return None
        first = objects[0]
        if first.kind not in ON_ACCOUNT:
            return dataclasses.replace(_take_back(first), retires=())
        for each in money.allocations_in(first.raw):
            return _take_off(first, each)
        raise RecordRefused(
            f"It lies on account in {NAME}, which lets nobody delete it from outside.",
            f"Delete it in {NAME}: Tieout then takes it for cancelled.",
        )

    def _wrong_among(
        self, payment: PaymentSnapshot, objects: Sequence[RemoteObject]
    ) -> list[RemoteObject]:
        """What stands in a form, or with figures, that the receipt does not have any more."""
        if not objects:
            return []
        wanted = targets(payment)
        if len(objects) == 1 or all(each.kind == PAYMENT for each in objects):
            whole = together(objects)
            if not whole.unreadable and not self._unlike(payment, whole):
                return []
        fits = form_of(payment, self.home)
        if fits == OVERPAYMENT or (fits == BATCH and objects[0].kind != BATCH):
            return list(objects)
        if objects[0].kind == BATCH:
            return list(objects)
        plain = dataclasses.replace(payment, allocations=(), amount=NIL)
        wrong = []
        for each in objects:
            assert isinstance(each.snapshot, PaymentSnapshot), "a payment there is one here"
            alone = dataclasses.replace(each.snapshot, allocations=(), amount=NIL)
            held = dataclasses.replace(each, snapshot=alone)
            own = targets(each.snapshot)
            if self._unlike(plain, held) or any(wanted.get(one) != own[one] for one in own):
                wrong.append(each)
        return wrong

    def _receipt(
        self, push: Push, payment: PaymentSnapshot, objects: Sequence[RemoteObject]
    ) -> Todo | None:
        words = payment.memo
        if not payment.account_id and isinstance(push.agreed, PaymentSnapshot):
            payment = dataclasses.replace(payment, account_id=push.agreed.account_id)
        there = {one for each in objects for one in targets(_payment_of(each))}
        step = capabilities.RECEIPT
        form = form_of(payment, self.home)
        if form == OVERPAYMENT:
            body = bodies.overpayment_body(payment, words, self.home)
            made = _create(BANK_TRANSACTION, body, step=step)
            return dataclasses.replace(made, kind=OVERPAYMENT)
        if form == BATCH and not objects:
            return _create(BATCH, bodies.batch_body(payment), step=step, exact=False)
        for each in payment.allocations:
            if _target(each) not in there:
                body = bodies.payment_body(payment, each, words, self.home)
                return _create(PAYMENT, body, step=step, exact=False)
        return None

    def _on_account(
        self, payment: PaymentSnapshot, known: RemoteObject, written: frozenset[Key]
    ) -> Todo | None:
        """What is set against what is taken off first, and set after; nothing else of it changes."""
        plain = dataclasses.replace(payment, allocations=())
        held = dataclasses.replace(_payment_of(known), allocations=())
        if paths := self._unlike(plain, dataclasses.replace(known, snapshot=held)):
            if key_of(known) in written:
                return None
            raise RecordRefused(
                f"It lies on account in {NAME} with another {_in_words(paths)}, and {NAME} lets "
                "nobody change or delete that from outside.",
                f"Delete it in {NAME} and cancel it here, then enter it again.",
            )
        wanted, there = targets(payment), targets(_payment_of(known))
        for target, amount in there.items():
            if amount > wanted.get(target, NIL):
                return _taken_off_of(known, target)
        missing = [
            bodies.allocation_json(
                each.target_id,
                each.amount - there.get(_target(each), NIL),
                each.applied_on.isoformat(),
            )
            for each in payment.allocations
            if each.amount > there.get(_target(each), NIL)
        ]
        if not missing:
            return None
        return Todo(
            kind=known.kind,
            path=f"{PLURAL[known.kind]}/{known.remote_id}/Allocations",
            body={"Allocations": missing},
            step=capabilities.APPLY,
            key=key_of(known),
        )

    # --- Allocations of credits ---

    def _allocation(self, push: Push, allocation: AllocationSnapshot) -> Todo | None:
        own = [each for each in stands_of(push) if each.part and not (each.void or each.gone)]
        if not allocation.cancelled:
            if own:
                return None
            body = bodies.allocation_json(
                allocation.target_id, allocation.amount, allocation.applied_on.isoformat()
            )
            return Todo(
                kind=CREDIT_NOTE,
                path=f"{PLURAL[CREDIT_NOTE]}/{allocation.source_id}/Allocations",
                body={"Allocations": [body]},
                key=(CREDIT_NOTE, allocation.source_id, ""),
            )
        if not own:
            return None
        return Todo(
            kind=CREDIT_NOTE,
            method="DELETE",
            path=f"{PLURAL[CREDIT_NOTE]}/{own[0].remote_id}/Allocations/{own[0].part}",
            query=(),
            key=(CREDIT_NOTE, own[0].remote_id, ""),
        )


# --- Forms of a receipt -----------------------------------------------------------------------


def form_of(payment: PaymentSnapshot, home: str) -> str:
    """Decisions 0001.3 and 0025: a payment; a batch, in home currency; several payments, in another;
    or the whole receipt on account, where anything is left of it or was applied on a later day."""
    applied = sum((each.amount for each in payment.allocations), NIL)
    if not payment.allocations or applied != payment.amount or rules.applied_later(payment):
        return OVERPAYMENT
    if len(payment.allocations) > 1 and payment.currency in ("", home):
        return BATCH
    return PAYMENT


def _target(allocation: AllocationSnapshot) -> tuple[str, str]:
    return str(allocation.target_kind), allocation.target_id


def targets(payment: PaymentSnapshot) -> dict[tuple[str, str], Decimal]:
    found: dict[tuple[str, str], Decimal] = {}
    for each in payment.allocations:
        if not each.cancelled:
            found[_target(each)] = found.get(_target(each), NIL) + each.amount
    return found


def _payment_of(each: RemoteObject) -> PaymentSnapshot:
    if not isinstance(each.snapshot, PaymentSnapshot):
        raise RecordRefused(
            f"It cannot be read as it stands in {NAME}.", f"Look at it in {NAME}, then Retry."
        )
    return each.snapshot


# --- Writes -----------------------------------------------------------------------------------


def _create(kind: str, body: Json, *, step: str = "", exact: bool = True) -> Todo:
    """PUT creates, and never overwrites what has the number already."""
    query = (EACH_TOLD, EXACT) if exact else (EACH_TOLD,)
    plural = PLURAL[kind]
    return Todo(kind=kind, path=plural, body=body, plural=plural, query=query, step=step)


def _update(kind: str, known: RemoteObject, body: Json, *, exact: bool = True) -> Todo:
    """POST with their id, which is all that says which object it is."""
    query = (EACH_TOLD, EXACT) if exact else (EACH_TOLD,)
    plural = PLURAL[kind]
    return Todo(
        kind=kind,
        method="POST",
        path=plural,
        body=body,
        plural=plural,
        query=query,
        key=key_of(known),
    )


def _void(kind: str, known: RemoteObject) -> Todo:
    if known.balance is not None and known.balance != known.amount:
        raise RecordRefused(
            f"Something is set against it in {NAME}, which voids nothing that is settled in part.",
            "Un-apply what is set against it first.",
        )
    return _update(kind, known, {f"{kind}ID": known.remote_id, "Status": VOIDED})


def _take_back(known: RemoteObject) -> Todo:
    """The deletion of a payment or a batch. It is deleted with what it was set against."""
    _refuse_reconciled(known)
    return Todo(
        kind=known.kind,
        method="POST",
        path=f"{PLURAL[known.kind]}/{known.remote_id}",
        body={"Status": "DELETED"},
        query=(),
        step=capabilities.TAKE_BACK,
        key=key_of(known),
        retires=(key_of(known),),
    )


def _take_off(known: RemoteObject, allocation: Raw) -> Todo:
    part = text(allocation, "AllocationID")
    if not part:
        raise RecordRefused(
            f"{NAME} does not say by which id its application can be taken off.",
            f"Take it off in {NAME}: Tieout follows.",
        )
    return Todo(
        kind=known.kind,
        method="DELETE",
        path=f"{PLURAL[known.kind]}/{known.remote_id}/Allocations/{part}",
        query=(),
        step=capabilities.TAKE_OFF,
        key=key_of(known),
    )


def _taken_off_of(known: RemoteObject, target: tuple[str, str]) -> Todo:
    """The last of what is set against this document."""
    for each in reversed(money.allocations_in(known.raw)):
        if money.target_of(money.invoice_of(each)) == target:
            return _take_off(known, each)
    raise RecordRefused(
        f"In {NAME} it was paid back in part, for as long as that stands.",
        "Cancel the refund first.",
    )


def _take_back_refund(
    charge: RemoteObject | None, line: RemoteObject | None, paid: Sequence[RemoteObject]
) -> Todo | None:
    if paid:
        return dataclasses.replace(_take_back(paid[0]), retires=())
    if line is not None:
        _refuse_reconciled(line)
        body = {**_as_it_stands(line.raw), "Status": "DELETED"}
        todo = _update(BANK_TRANSACTION, line, body)
        return dataclasses.replace(todo, step=capabilities.BANK_LINE)
    if charge is not None:
        return dataclasses.replace(_void(INVOICE, charge), step=capabilities.CHARGE)
    return None


def _as_it_stands(raw: Raw) -> Json:
    """A line of the bank as it has to be sent again, whatever of it changes."""
    bank = raw.get("BankAccount")
    bank = bank if isinstance(bank, Mapping) else {}
    return {
        "BankTransactionID": text(raw, "BankTransactionID"),
        "Type": text(raw, "Type"),
        "Contact": {"ContactID": text(raw.get("Contact") or {}, "ContactID")},
        "BankAccount": {name: bank[name] for name in ("AccountID", "Code") if name in bank},
        "LineAmountTypes": text(raw, "LineAmountTypes"),
        "LineItems": [
            {name: each[name] for name in _OF_A_LINE if name in each}
            for each in members(raw, "LineItems")
        ],
    }


_OF_A_LINE = (
    "LineItemID", "Description", "Quantity", "UnitAmount", "AccountCode", "TaxType", "TaxAmount",
    "LineAmount",
)  # fmt: skip


# --- Refusals ---------------------------------------------------------------------------------


def _only(push: Push) -> RemoteObject | None:
    """The one object of a record that is one there. Raises RemoteGone where it is gone."""
    stands = wholes(push)
    if not stands:
        return None
    found = next((each for each in stands if not each.gone), None)
    if found is None:
        raise is_gone()
    return found


def is_gone() -> RemoteGone:
    return RemoteGone(f"It was deleted in {NAME}.", "Decide whether it is to be created anew.")


def never_there() -> RecordRefused:
    return RecordRefused(
        f"It was cancelled before it reached {NAME}.", "Nothing needs to be done there."
    )


def _cannot_be_unvoided() -> RecordRefused:
    return RecordRefused(
        f"It was voided in {NAME}, and a void cannot be taken back there.",
        "Void it here too, or issue it again under a new number.",
    )


def _refuse_gone(push: Push) -> None:
    if any(each.gone for each in wholes(push)):
        raise is_gone()


def _refuse_reconciled(known: RemoteObject) -> None:
    if money.is_reconciled(known.raw):
        raise RecordRefused(f"Its line of the bank is reconciled in {NAME}.", RECONCILED)


def _refuse_amending(
    document: InvoiceSnapshot | CreditNoteSnapshot,
    known: RemoteObject,
    kind: str,
    asked: set[str],
) -> None:
    named = _in_words(sorted(asked))
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


def _refuse_foreign(refund: RefundSnapshot, known: Accounts, home: str) -> None:
    currency = known.banks.get(refund.account_id) or home
    if refund.currency != currency:
        raise RecordRefused(
            f"A line of the bank in {NAME} is in the currency of its account, which is {currency}, "
            f"and this is in {refund.currency}.",
            f"Enter the refund in {NAME} by hand, or pay it from an account in {refund.currency}.",
        )


def _transit(known: Accounts) -> str:
    if not known.rounding:
        raise RecordRefused(
            f"{NAME} has no account for roundings in this organisation, on which a refund meets its "
            "line of the bank.",
            f"Enter the refund in {NAME} by hand.",
        )
    return known.rounding


def _bears_the_account(charge: RemoteObject) -> bool:
    return isinstance(charge.snapshot, RefundSnapshot) and bool(charge.snapshot.account_id)


def _number_of_lines(agreed: Snapshot) -> int:
    return len(getattr(agreed, "lines", ()))


def _in_words(paths: Sequence[str]) -> str:
    names = dict.fromkeys(each.partition(".")[0].replace("_", " ") for each in paths)
    return ", ".join(list(names)[:4])
