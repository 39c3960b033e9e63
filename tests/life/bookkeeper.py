"""A bookkeeper who keeps the same invoice on paper: what each act posts, or why it may not be.

Written from the rules of the books and from nothing of `billing`: whole pounds, lists, no rows.
The invoice is 100 and 20 tax. "Last" is the last one made, cancelled or not.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.life.table import Amounts

NET, TAX, TOTAL = 100, 20, 120


class NothingThere(Exception):
    """The act is about something that was never made: nobody could press the button."""


@dataclass
class Refused(Exception):
    """What the sentence must say."""

    words: tuple[str, ...]


def refuse(*words: str) -> None:
    raise Refused(words)


@dataclass
class Paper:
    """Payments, notes, write-offs, refunds and deposits as they were made; what is applied."""

    invoice: str = "draft"
    payments: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    write_offs: list[dict[str, Any]] = field(default_factory=list)
    refunds: list[dict[str, Any]] = field(default_factory=list)
    deposits: list[dict[str, Any]] = field(default_factory=list)
    applied: list[dict[str, Any]] = field(default_factory=list)

    def copy(self) -> "Paper":
        return deepcopy(self)

    # --- What is left of things ---
    def taken(self, **of: int) -> int:
        """What stands against one thing: `payment=0`, `note=1`, or the invoice."""
        return sum(
            each["amount"]
            for each in self.applied
            if each["stands"] and all(each.get(name) == at for name, at in of.items())
        )

    def due(self) -> int:
        return TOTAL - self.taken(to_invoice=1)

    def left_of(self, what: str, at: int) -> int:
        whole: int = getattr(self, f"{what}s")[at]["amount"]
        return whole - self.taken(**{what: at})

    def last(self, what: str) -> int:
        things = getattr(self, what)
        if not things:
            raise NothingThere
        return len(things) - 1

    # --- Acts ---
    def do(self, act: str) -> Amounts:
        """Debits above nil, credits below. Raises Refused, or NothingThere."""
        words = act.split()
        amount = int(words.pop()) if words[-1].isdigit() else 0
        if words == ["credit", "all"]:
            return self.credit(NET)
        done = getattr(self, "_".join(words).replace("-", "_"))
        posted: Amounts = done(amount) if amount else done()
        return posted

    def issue(self) -> Amounts:
        if self.invoice != "draft":
            refuse("issued already")
        self.invoice = "issued"
        return posts(receivable=TOTAL, income=-NET, tax=-TAX)

    def void(self) -> Amounts:
        if self.invoice != "issued":
            refuse("not issued")
        if self.taken(to_invoice=1):
            refuse("applied")
        if any(note["stands"] for note in self.notes):
            refuse("credited already")
        self.invoice = "void"
        return posts(receivable=-TOTAL, income=NET, tax=TAX)

    def receive(self, amount: int) -> Amounts:
        self.payments.append({"amount": amount, "stands": True, "deposited": False})
        return posts(clearing=amount, receivable=-amount)

    def pay(self, amount: int) -> Amounts:
        if self.invoice != "issued":
            refuse(self.invoice, "nothing can be applied")
        if not self.due():
            refuse("Only 0.00 GBP", "is due")
        self.apply(min(amount, self.due()), payment=len(self.payments))
        return self.receive(amount)

    def apply_money(self, amount: int) -> Amounts:
        at = self.last("payments")
        if not self.payments[at]["stands"]:
            refuse("cancelled")
        return self.set_off("payment", at, amount)

    def credit(self, net: int) -> Amounts:
        gross = net * TOTAL // NET
        if self.invoice != "issued":
            refuse("not issued", "nothing to credit")
        if gross > TOTAL - sum(note["amount"] for note in self.notes if note["stands"]):
            refuse("left to be credited")
        credited = sum(note["amount"] for note in self.notes if note["stands"])
        beyond = max(0, gross - (TOTAL - credited - self.given_up()))
        beyond = min(beyond, self.given_up())
        self.notes.append({"amount": gross, "stands": True})
        self.take_back(beyond)
        return posts(receivable=beyond - gross, income=net, tax=gross - net, bad_debt=-beyond)

    def given_up(self) -> int:
        """Written off and not taken back."""
        return sum(
            -each["amount"] if "reverses" in each else each["amount"]
            for each in self.write_offs
            if each["stands"]
        )

    def take_back(self, beyond: int) -> None:
        """So much of the last note takes losses back, the newest first."""
        for at in reversed(range(len(self.write_offs))):
            made = self.write_offs[at]
            if not made["stands"] or "reverses" in made:
                continue
            left = made["amount"] - self.reversed(at)
            part = min(left, beyond)
            if part:
                self.applied.append(
                    {
                        "amount": part,
                        "stands": True,
                        "note": len(self.notes) - 1,
                        "takes_back": len(self.write_offs),
                    }
                )
                self.write_offs.append({"amount": part, "stands": True, "reverses": at})
                beyond -= part

    def reversed(self, at: int) -> int:
        return sum(
            each["amount"]
            for each in self.write_offs
            if each["stands"] and each.get("reverses") == at
        )

    def received(self) -> int:
        """Money on the invoice, less what its notes paid out."""
        cash = sum(
            each["amount"]
            for each in self.applied
            if each["stands"] and "payment" in each and "to_invoice" in each
        )
        return cash - sum(
            each["amount"]
            for each in self.applied
            if each["stands"] and "note" in each and "refund" in each
        )

    def apply_credit(self, amount: int) -> Amounts:
        at = self.last("notes")
        if not self.notes[at]["stands"]:
            refuse("void")
        return self.set_off("note", at, amount)

    def void_credit(self) -> Amounts:
        at = self.last("notes")
        note = self.notes[at]
        if not note["stands"]:
            refuse("not issued")
        ending = [
            each
            for each in self.applied
            if each["stands"] and each.get("note") == at and "takes_back" in each
        ]
        back = sum(each["amount"] for each in ending)
        if self.taken(note=at) > back:
            refuse("applied")
        for each in ending:
            each["stands"] = False
            self.write_offs[each["takes_back"]]["stands"] = False
        note["stands"] = False
        net = note["amount"] * NET // TOTAL
        return posts(
            receivable=note["amount"] - back,
            income=-net,
            tax=net - note["amount"],
            bad_debt=back,
        )

    def set_off(self, what: str, at: int, amount: int) -> Amounts:
        if amount > self.left_of(what, at):
            refuse("is left")
        if self.invoice != "issued":
            refuse(self.invoice, "nothing can be applied")
        if amount > self.due():
            refuse("is due")
        self.apply(amount, **{what: at})
        return {}

    def apply(self, amount: int, **source: int) -> None:
        self.applied.append({"amount": amount, "stands": True, "to_invoice": 1, **source})

    def un_apply(self) -> Amounts:
        standing = [each for each in self.applied if each["stands"]]
        if not standing:
            raise NothingThere
        last = standing[-1]
        if "refund" in last or "write_off" in last or "takes_back" in last:
            refuse("Cancel that instead")
        self.let_go_unless_refunded(lambda each: each is last)
        return {}

    def let_go_unless_refunded(self, which: Callable[[dict[str, Any]], bool]) -> None:
        short = self.received()
        for each in self.applied:
            if which(each):
                each["stands"] = False
        if self.received() < min(short, 0):
            refuse("was refunded by a credit note")

    def write_off(self, amount: int) -> Amounts:
        if self.invoice != "issued":
            refuse(self.invoice, "nothing can be taken off")
        free = sum(self.left_of("note", at) for at, note in enumerate(self.notes) if note["stands"])
        if free and amount > self.due() - free:
            refuse("credited and not applied yet")
        if amount > self.due():
            refuse("is due")
        self.apply(amount, write_off=len(self.write_offs))
        self.write_offs.append({"amount": amount, "stands": True})
        return posts(bad_debt=amount, receivable=-amount)

    def cancel_adjustment(self) -> Amounts:
        at = self.last("write_offs")
        made = self.write_offs[at]
        if not made["stands"]:
            refuse("cancelled already")
        if "reverses" in made:
            refuse("It takes back")
        if self.reversed(at):
            refuse("was taken back already")
        made["stands"] = False
        self.let_go(write_off=at)
        return posts(bad_debt=-made["amount"], receivable=made["amount"])

    def refund_credit(self, amount: int) -> Amounts:
        at = self.last("notes")
        if amount > self.left_of("note", at):
            refuse("is left")
        if not self.notes[at]["stands"]:
            refuse("void")
        if amount > max(self.received(), 0):
            refuse("can be paid out")
        return self.pay_out(amount, note=at)

    def refund_money(self, amount: int) -> Amounts:
        at = self.last("payments")
        if amount > self.left_of("payment", at):
            refuse("is left")
        if not self.payments[at]["stands"]:
            refuse("cancelled")
        if amount > self.left_of("payment", at) + min(self.received(), 0):
            refuse("can be paid out")
        return self.pay_out(amount, payment=at)

    def pay_out(self, amount: int, **source: int) -> Amounts:
        self.applied.append(
            {"amount": amount, "stands": True, "refund": len(self.refunds), **source}
        )
        self.refunds.append({"amount": amount, "stands": True, "deposited": False})
        return posts(receivable=amount, clearing=-amount)

    def return_payment(self) -> Amounts:
        at = self.last("payments")
        if not self.payments[at]["stands"]:
            refuse("cancelled")
        self.let_go(payment=at, to_invoice=1)
        left = self.left_of("payment", at)
        if not left:
            refuse("refunded already")
        return self.pay_out(left, payment=at)

    def cancel_refund(self) -> Amounts:
        at = self.last("refunds")
        refund = self.refunds[at]
        if not refund["stands"]:
            refuse("cancelled already")
        if refund["deposited"]:
            refuse("bank deposit")
        refund["stands"] = False
        self.let_go(refund=at)
        return posts(receivable=-refund["amount"], clearing=refund["amount"])

    def cancel_payment(self) -> Amounts:
        at = self.last("payments")
        payment = self.payments[at]
        if not payment["stands"]:
            refuse("cancelled already")
        if payment["deposited"]:
            refuse("bank deposit")
        if any(each["stands"] and "refund" in each for each in self.of_payment(at)):
            refuse("Cancel that first")
        self.let_go_unless_refunded(lambda each: each.get("payment") == at)
        payment["stands"] = False
        return posts(clearing=-payment["amount"], receivable=payment["amount"])

    def of_payment(self, at: int) -> list[dict[str, Any]]:
        return [each for each in self.applied if each.get("payment") == at]

    def let_go(self, **of: int) -> None:
        for each in self.applied:
            if all(each.get(name) == at for name, at in of.items()):
                each["stands"] = False

    def bank_everything(self) -> Amounts:
        members = [
            each
            for each in (*self.payments, *self.refunds)
            if each["stands"] and not each["deposited"]
        ]
        if not members:
            raise NothingThere
        total = sum(
            each["amount"] if any(each is one for one in self.payments) else -each["amount"]
            for each in members
        )
        for each in members:
            each["deposited"] = True
        self.deposits.append({"total": total, "members": members, "stands": True})
        return posts(bank=total, clearing=-total)

    def undo_deposit(self) -> Amounts:
        deposit = self.deposits[self.last("deposits")]
        if not deposit["stands"]:
            refuse("undone already")
        deposit["stands"] = False
        for each in deposit["members"]:
            each["deposited"] = False
        return posts(bank=-deposit["total"], clearing=deposit["total"])


def posts(**amounts: int) -> Amounts:
    return {name.replace("_", " "): Decimal(amount) for name, amount in amounts.items() if amount}
