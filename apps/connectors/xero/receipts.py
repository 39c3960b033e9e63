"""The form of a receipt over there, and the next call that brings it about. Pure."""

import dataclasses
from collections.abc import Sequence
from decimal import Decimal

from apps.connectors.errors import RecordRefused
from apps.connectors.port import Push, RemoteObject
from apps.connectors.snapshots import (
    AllocationSnapshot,
    PaymentSnapshot,
)
from apps.connectors.xero import bodies, capabilities, money, rules
from apps.connectors.xero.capabilities import NAME
from apps.connectors.xero.money import (
    BANK_TRANSACTION,
    BATCH,
    OVERPAYMENT,
    PAYMENT,
)
from apps.connectors.xero.objects import PLURAL
from apps.connectors.xero.several import together
from apps.connectors.xero.todo import (
    ON_ACCOUNT,
    Ground,
    Key,
    Todo,
    create,
    in_words,
    key_of,
    live,
    never_there,
    refuse_deleted,
    refuse_gone,
    take_back,
    wholes,
)
from apps.connectors.xero.wire import NIL, Raw, text


class Receipts(Ground):
    """Plans for receipts: payments, a batch, or the whole on account."""

    def payment(self, push: Push, payment: PaymentSnapshot, written: frozenset[Key]) -> Todo | None:
        objects = live(push)
        if payment.cancelled:
            return self._cancel(push, objects)
        refuse_gone(push)
        if not objects:
            refuse_deleted(push)
        if any(each.kind in ON_ACCOUNT for each in objects):
            return self._on_account(payment, objects[0], written)
        if objects and self._is_as_wanted(payment, together(objects)):
            return None  # in whatever form: nothing of it is made again
        refuse_deleted(push)
        if wrong := self._wrong_among(payment, objects):
            if any(key_of(each) in written for each in wrong):
                return None
            return take_back(wrong[0])
        return self._receipt(push, payment, objects)

    def _is_as_wanted(self, payment: PaymentSnapshot, known: RemoteObject) -> bool:
        """Whose a payment is they tell by its invoice: another customer is told, and is no reason to
        delete money."""
        if known.unreadable or known.snapshot is None:
            return False
        return not {each for each in self.unlike(payment, known) if each != "customer_id"}

    def _cancel(self, push: Push, objects: Sequence[RemoteObject]) -> Todo | None:
        if not wholes(push):
            raise never_there()
        if not objects:
            return None
        first = objects[0]
        if first.kind not in ON_ACCOUNT:
            return dataclasses.replace(take_back(first), retires=())
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
            as_is = self._is_as_wanted(plain, held)
            if not as_is or any(wanted.get(one) != own[one] for one in own):
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
            made = create(BANK_TRANSACTION, body, step=step)
            return dataclasses.replace(made, kind=OVERPAYMENT)
        if form == BATCH and not objects:
            return create(BATCH, bodies.batch_body(payment), step=step, exact=False)
        for each in payment.allocations:
            if _target(each) not in there:
                body = bodies.payment_body(payment, each, words, self.home)
                return create(PAYMENT, body, step=step, exact=False)
        return None

    def _on_account(
        self, payment: PaymentSnapshot, known: RemoteObject, written: frozenset[Key]
    ) -> Todo | None:
        """What is set against what is taken off first, and set after; nothing else of it changes."""
        plain = dataclasses.replace(payment, allocations=())
        held = dataclasses.replace(_payment_of(known), allocations=())
        if paths := self.unlike(plain, dataclasses.replace(known, snapshot=held)):
            if key_of(known) in written:
                return None
            raise RecordRefused(
                f"It lies on account in {NAME} with another {in_words(paths)}, and {NAME} lets "
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


# --- Forms ------------------------------------------------------------------------------------


def form_of(payment: PaymentSnapshot, home: str) -> str:
    """Decisions 0001.3 and 0025: a payment; a batch, in home currency; several payments, in another;
    or the whole receipt on account, where anything is left of it or was applied on a later day."""
    applied = sum((each.amount for each in payment.allocations), NIL)
    if not payment.allocations or applied != payment.amount or rules.applied_later(payment):
        return OVERPAYMENT
    if len(payment.allocations) > 1 and payment.currency in ("", home):
        return BATCH
    return PAYMENT


def _target(allocation: AllocationSnapshot) -> str:
    """What it settles, by its id alone: as what an invoice of theirs counts here hangs on its
    number, which somebody may change."""
    return allocation.target_id


def targets(payment: PaymentSnapshot) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
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


# --- What it is set against -------------------------------------------------------------------


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


def _taken_off_of(known: RemoteObject, target: str) -> Todo:
    """The last of what is set against this document."""
    for each in reversed(money.allocations_in(known.raw)):
        if money.target_of(money.invoice_of(each))[1] == target:
            return _take_off(known, each)
    raise RecordRefused(
        f"In {NAME} it was paid back in part, for as long as that stands.",
        "Cancel the refund first.",
    )
