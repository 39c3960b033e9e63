"""Adjustments, refunds and applications of credits: the next call for each. Pure."""

import dataclasses
from collections.abc import Mapping, Sequence

from apps.connectors.errors import RecordRefused
from apps.connectors.port import Push, RemoteObject
from apps.connectors.snapshots import (
    AdjustmentSnapshot,
    AllocationSnapshot,
    RefundSnapshot,
)
from apps.connectors.xero import bodies, capabilities
from apps.connectors.xero.capabilities import NAME
from apps.connectors.xero.documents import CREDIT_NOTE, INVOICE
from apps.connectors.xero.money import (
    BANK_TRANSACTION,
    PAYMENT,
)
from apps.connectors.xero.objects import PLURAL
from apps.connectors.xero.several import together
from apps.connectors.xero.todo import (
    Accounts,
    Ground,
    Key,
    Todo,
    cannot_be_unvoided,
    create,
    in_words,
    key_of,
    live,
    never_there,
    only,
    refuse_deleted,
    refuse_gone,
    refuse_reconciled,
    stands_of,
    take_back,
    update,
    void,
    wholes,
)
from apps.connectors.xero.wire import Json, Raw, members, text


class Entries(Ground):
    """Plans for what has no object of its own over there, and for what credits are set against."""

    def adjustment(self, push: Push, adjustment: AdjustmentSnapshot) -> Todo | None:
        kind = INVOICE if adjustment.debits else CREDIT_NOTE
        known = only(push)
        if known is None:
            if adjustment.cancelled:
                raise never_there()
            return create(kind, bodies.adjustment_body(adjustment, self.home))
        if adjustment.cancelled:
            return None if known.void else void(kind, known)
        if known.void:
            raise cannot_be_unvoided()
        if paths := self.unlike(adjustment, known):
            raise RecordRefused(
                f"It stands in {NAME} with another {in_words(paths)}.",
                "Cancel it here and enter it again.",
            )
        return None

    def refund(self, push: Push, refund: RefundSnapshot, written: frozenset[Key]) -> Todo | None:
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
        refuse_gone(push)
        if not objects and wholes(push):
            raise cannot_be_unvoided()
        if any(each.kind == PAYMENT for each in objects):
            if self.unlike(refund, objects[0]):
                raise RecordRefused(
                    f"It is a payment that was made in {NAME}, which changes no payment.",
                    f"Put it right in {NAME}.",
                )
            return None
        refuse_deleted(push)
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
        paths = self.unlike(refund, together([charge, line] if line else [charge]))
        if not paths or written:
            return None
        raise RecordRefused(
            f"It stands in {NAME} with another {in_words(paths)}.",
            "Cancel it here and enter it again.",
        )

    def _charge(self, refund: RefundSnapshot, known: Accounts) -> Todo:
        transit = ""
        if refund.account_id in known.banks:
            transit = _transit(known)
            _refuse_foreign(refund, known, self.home)
        body = bodies.charge_body(refund, transit, self.home)
        return create(INVOICE, body, step=capabilities.CHARGE)

    def _bank_line(self, refund: RefundSnapshot, known: Accounts) -> Todo:
        _refuse_foreign(refund, known, self.home)
        body = bodies.bank_line_body(refund, _transit(known), self.home)
        return create(BANK_TRANSACTION, body, step=capabilities.BANK_LINE)

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
            return dataclasses.replace(update(INVOICE, charge, body), step=capabilities.CHARGE)
        if line is not None and line.dated != refund.paid_on and key_of(line) not in written:
            refuse_reconciled(line)
            body = {**_as_it_stands(line.raw), "Date": day}
            todo = update(BANK_TRANSACTION, line, body)
            return dataclasses.replace(todo, step=capabilities.BANK_LINE)
        return None

    def allocation(self, push: Push, allocation: AllocationSnapshot) -> Todo | None:
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


def _take_back_refund(
    charge: RemoteObject | None, line: RemoteObject | None, paid: Sequence[RemoteObject]
) -> Todo | None:
    if paid:
        return dataclasses.replace(take_back(paid[0]), retires=())
    if line is not None:
        refuse_reconciled(line)
        body = {**_as_it_stands(line.raw), "Status": "DELETED"}
        todo = update(BANK_TRANSACTION, line, body)
        return dataclasses.replace(todo, step=capabilities.BANK_LINE)
    if charge is not None:
        return dataclasses.replace(void(INVOICE, charge), step=capabilities.CHARGE)
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
        # Lines that are sent without it reset it.
        **({"CurrencyRate": raw["CurrencyRate"]} if "CurrencyRate" in raw else {}),
    }


_OF_A_LINE = (
    "LineItemID", "Description", "Quantity", "UnitAmount", "AccountCode", "TaxType", "TaxAmount",
    "LineAmount",
)  # fmt: skip


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
