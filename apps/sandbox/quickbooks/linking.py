"""What links money, credits and charges: balances, LinkedTxn and versions on both sides."""

from decimal import Decimal

from ..models import StoredObject
from . import faults
from .book import Book, amount_of
from .filing import Content
from .kinds import kind_of
from .links import Target, applications, is_charge
from .wire import cents, from_cents


def after_payment(book: Book, before: StoredObject | None, after: StoredObject | None) -> None:
    """Carry a change of a payment's lines to all it was or is applied to."""
    payment = after or before
    assert payment is not None
    old, new = (
        applications(before.content if before else None),
        applications(after.content if after else None),
    )
    for target in old.keys() | new.keys():
        change = new.get(target, 0) - old.get(target, 0)
        if change:
            apply_to(book, target, payment, change, still_linked=target in new)


def apply_to(
    book: Book, target: Target, payment: StoredObject, change: int, *, still_linked: bool
) -> None:
    """Move what is open on the target by `change` cents and keep its list of links."""
    found = book.find(*target)
    if found is None or found.deleted:
        if change > 0:
            raise faults.not_found(f"{target[0]} {target[1]} was not found")
        return
    if change > 0 and found.customer != payment.customer and not _family(book, found, payment):
        raise faults.Refused(
            "620", "A payment can be applied to its own customer's transactions only."
        )
    if change > 0 and currency_code(found) != currency_code(payment):
        raise faults.Refused(
            "620", "A payment can be applied to transactions of its own currency only."
        )
    changed = book.edit(found)
    content = {**changed.content}
    charge = is_charge(found)
    if found.kind == "Invoice":
        content["Balance"] = left = amount_of(content, "Balance") - from_cents(change)
    elif found.kind == "CreditMemo":
        content["RemainingCredit"] = left = amount_of(content, "RemainingCredit") - from_cents(
            change
        )
        content["Balance"] = left
    else:
        changed.open_amount -= change if charge else -change
        left = from_cents(changed.open_amount if charge else -changed.open_amount)
    if left < 0 and change > 0:
        raise faults.business(
            "The amount applied is more than the open balance of the transaction.", "Line.Amount"
        )
    others = [one for one in content.get("LinkedTxn", []) if one["TxnId"] != str(payment.object_id)]
    if still_linked:
        others.append({"TxnId": str(payment.object_id), "TxnType": "Payment"})
    content["LinkedTxn"] = others
    changed.content = content


def currency_code(stored: StoredObject) -> str:
    return str(stored.content.get("CurrencyRef", {}).get("value", ""))


def _family(book: Book, target: StoredObject, payment: StoredObject) -> bool:
    """A payment of a parent may pay its sub-customers' documents."""
    if target.customer is None:
        return False
    customer = book.find("Customer", target.customer)
    seen = 0
    while customer is not None and "ParentRef" in customer.content and seen < 5:
        parent = int(customer.content["ParentRef"]["value"])
        if parent == payment.customer:
            return True
        customer = book.find("Customer", parent)
        seen += 1
    return False


def after_charge_or_credit(
    book: Book, before: StoredObject | None, after: StoredObject | None
) -> None:
    """When a document shrinks below what is applied to it, or goes, its payments let go of the rest."""
    if before is None:
        return
    links = [link for link in before.content.get("LinkedTxn", []) if link["TxnType"] == "Payment"]
    target = (before.kind, before.object_id)
    for link in reversed(links):
        payment = book.require("Payment", link["TxnId"])
        applied = applications(payment.content).get(target, 0)
        excess = applied if after is None else min(applied, -_left(book.find(*target)))
        if excess > 0:
            let_go(book, payment, target, excess)


def _left(target: StoredObject | None) -> int:
    if target is None:
        return 0
    name = "RemainingCredit" if target.kind == "CreditMemo" else "Balance"
    return cents(target.content[name])


def let_go(book: Book, payment: StoredObject, target: Target, excess: int) -> None:
    """Lower what a payment applies to a target; what it then cannot apply stays on account.

    A credit in the same payment that no longer pays for anything is let go as well: nothing may
    stay on account that was never received.
    """
    lines = lowered(payment.content["Line"], {target}, excess)
    total = amount_of(payment.content, "TotalAmt")
    unapplied = total - applied_net(book, lines)
    if unapplied > total:
        lines = lowered(lines, _targets(book, lines, charges=False), cents(unapplied - total))
        unapplied = total
    elif unapplied < 0:
        lines = lowered(lines, _targets(book, lines, charges=True), cents(-unapplied))
        unapplied = Decimal(0)
    content = {**payment.content, "Line": lines, "UnappliedAmt": unapplied}
    changed = book.rewrite(payment, kind_of("Payment"), content)
    after_payment(book, payment, changed)


def applied_net(book: Book, lines: list[Content]) -> Decimal:
    """Charges paid less credits used."""
    net = 0
    for target, amount in applications({"Line": lines}).items():
        found = book.find(*target)
        if found is None:
            raise faults.not_found(f"{target[0]} {target[1]} was not found")
        net += amount if is_charge(found) else -amount
    return from_cents(net)


def _targets(book: Book, lines: list[Content], *, charges: bool) -> set[Target]:
    found = {target: book.find(*target) for target in applications({"Line": lines})}
    return {target for target, one in found.items() if one and is_charge(one) == charges}


def lowered(lines: list[Content], targets: set[Target], excess: int) -> list[Content]:
    """The lines with `excess` cents less on the given targets, last line first; empty ones go."""
    out: list[Content] = []
    for line in reversed(lines):
        on_target = bool(applications({"Line": [line]}).keys() & targets)
        cut = min(excess, cents(line["Amount"])) if on_target else 0
        excess -= cut
        rest = cents(line["Amount"]) - cut
        if rest or not cut:
            out.append({**line, "Amount": from_cents(rest)} if cut else line)
    return out[::-1]
