"""Compares payments, adjustments, refunds and bank deposits, one by one and field by field."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from apps.billing.models import Adjustment, Deposit, Payment, Refund
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import (
    AdjustmentSnapshot,
    AllocationSnapshot,
    DepositSnapshot,
    Kind,
    PaymentSnapshot,
    RefundSnapshot,
)
from apps.core.money import rounded
from apps.mappings.look_up import Mappings
from apps.reconciliation.applied import ids_of
from apps.reconciliation.deposits import Bank, Fingerprint, banked, of_ours, of_theirs_lines
from apps.reconciliation.figures import ZERO, Comparison
from apps.reconciliation.findings import About, Finding
from apps.reconciliation.ledger import Ledger
from apps.reconciliation.models import Why
from apps.reconciliation.ours import Ours, stands
from apps.reconciliation.sentences import (
    amounts,
    another_customer,
    differs,
    made_of,
    not_compared,
    note_absent,
    note_set_off,
    of_theirs,
    one_side_stands,
    texts,
)
from apps.reconciliation.shelf_of_ours import MONEY_KINDS, Key
from apps.reconciliation.theirs import Shelf, Theirs
from apps.reconciliation.whereabouts import Whereabouts


def compare_payments(ours: Ours, theirs: Theirs, ledger: Ledger, into: Comparison) -> Whereabouts:
    """Each is read once: laid beside theirs, and posted to the ledger. Where they lie comes back."""
    found = Whereabouts(ours, theirs, ledger)
    for keys, payment in ours.payments.together(MONEY_KINDS):
        objects = [(key, theirs.payments.get(key)) for key in keys]
        found.add(payment, objects, into)
        as_one = [objects] if Kind.PAYMENT in ours.several else [[each] for each in objects]
        for several in as_one:
            _compare_payment(ours, theirs, payment, several, into)
    # A payment of nil only ties a credit to an invoice: it moves no money of its own.
    _list_only_there(theirs.payments, ours, into, nil=False)
    return found


def compare_entries(ours: Ours, theirs: Theirs, into: Comparison) -> None:
    """Adjustments and refunds."""
    for keys, entry in ours.as_they_stand(ours.entries):
        if theirs.reads_part_of(keys):
            continue
        name = About(entry, keys)
        # One typed over there and linked stands among the others.
        objects = theirs.objects_at(keys, theirs.entries, theirs.others)
        remote = theirs.as_one(objects)
        if remote is None:
            days = entry.date, theirs.dated_later(keys)
            note_absent(name, entry.amount, entry.currency, stands(entry), into, days)
            continue
        if isinstance(entry, Refund):
            into.refunds += 1
        else:
            into.adjustments += 1
        name = name.called(made_of(objects, keys, into))
        into.differences += _entry_differences(ours, name, entry, remote, into)
    _list_only_there(theirs.entries, ours, into)


def compare_deposits(ours: Ours, theirs: Theirs, into: Comparison) -> None:
    bank = Bank(
        mappings=Mappings.of(ours.connection),
        payments=ids_of(ours.connection, Kind.PAYMENT) if ours.deposits else {},
        names_payments=ours.connection.capabilities.deposits_name_payments,
    )
    for key, deposit in ours.deposits.items():
        name = About(deposit, (key,))
        remote = theirs.deposits.get(key)
        if remote is None:
            days = deposit.date, theirs.dated_later((key,))
            note_absent(name, deposit.total, deposit.currency, stands(deposit), into, days)
            continue
        into.deposits += 1
        into.differences += _deposit_differences(bank, name, deposit, remote, into)
    _list_only_there(theirs.deposits, ours, into)


def _list_only_there(shelf: Shelf, ours: Ours, into: Comparison, *, nil: bool = True) -> None:
    into.only_there += [
        of_theirs(remote, into)
        for _, remote in shelf.besides(ours.known)
        if not remote.void and (nil or remote.amount)
    ]


# --- Payments -----------------------------------------------------------------------------------


def _compare_payment(
    ours: Ours,
    theirs: Theirs,
    payment: Payment,
    several: Sequence[tuple[Key, RemoteObject | None]],
    into: Comparison,
) -> None:
    """With the objects that are it together, None for one that is not there."""
    keys = tuple(key for key, _ in several)
    if theirs.reads_part_of(keys):
        return
    name = About(payment, keys)
    objects = [each for _, each in several if each is not None]
    remote = theirs.as_one(objects)
    if remote is None:
        days = payment.date, theirs.dated_later(keys)
        note_absent(name, payment.amount, payment.currency, stands(payment), into, days)
        return
    into.payments += 1
    name = name.called(made_of(objects, keys, into))
    into.differences += _payment_differences(
        ours, theirs, name, payment, remote, [each.remote_id for each in objects], into
    )


def _set_against(
    ours: Ours, here: Mapping[str, Decimal], parts: Iterable[AllocationSnapshot]
) -> dict[str, tuple[Decimal, Decimal]]:
    """Target of a payment → how much of it is set against that, here and there."""
    there: dict[str, Decimal] = {}
    for part in parts:
        target = ours.targets.get((part.target_kind, part.target_id), part.target_id)
        there[target] = there.get(target, ZERO) + part.amount
    return {
        target: (here.get(target, ZERO), there.get(target, ZERO))
        for target in sorted({*here, *there})
    }


def _payment_differences(
    ours: Ours,
    theirs: Theirs,
    name: About,
    payment: Payment,
    remote: RemoteObject,
    ids: Sequence[str],
    into: Comparison,
) -> Iterator[Finding]:
    held = remote.snapshot
    if not isinstance(held, PaymentSnapshot):
        yield not_compared(name, remote, into)
        return
    taken_back = remote.void or held.cancelled
    if not stands(payment) or taken_back:
        yield from _only_one_stands(name, payment, held.amount, taken_back, into)
        return
    yield from texts(name, into, ("date", payment.date.isoformat(), held.paid_on.isoformat()))
    if held.customer_id not in ours.customers.get(payment.customer_id, frozenset()):
        yield another_customer(name, str(payment.customer), into)
    unapplied = remote.balance if remote.balance is not None else ZERO
    since = ours.since_of(payment).whole
    on_account = payment.amount - payment.applied + since + ours.kept_of(payment).whole
    figures = [("amount", payment.amount, held.amount), ("on account", on_account, unapplied)]
    now = []
    if ours.until is not None:
        here = payment.amount - payment.applied + ours.kept_now_of(payment).whole
        there = unapplied - theirs.set_off_since(Kind.PAYMENT, ids)
        now = [("on account", here, there)]
    yield from amounts(name, "payments", payment.currency, figures, into, now)
    yield from _at_home(
        name, "payments", payment, held.currency, held.amount * held.exchange_rate, into
    )
    parts = theirs.parts_of(held, ids)
    set_against = _set_against(ours, ours.allocations.get(payment.pk, {}), parts)
    apart = {target: both for target, both in set_against.items() if both[0] != both[1]}
    if not apart:
        return
    equal_now: Container[str] = ()
    if ours.until is not None:
        parts += theirs.parts_since(ids)
        all_parts = _set_against(ours, ours.allocations_now.get(payment.pk, {}), parts)
        differing = {target for target, both in all_parts.items() if both[0] != both[1]}
        equal_now = apart.keys() - differing
    for target, (here, there) in apart.items():
        part = f"part set against {target}"
        if target in equal_now:
            note_set_off(name, part, here, there, into, payment.currency)
        else:
            yield differs(name, part, here, there, into, payment.currency, Why.ALLOCATION)


def _at_home(
    name: About,
    word: str,
    subject: Payment | Adjustment | Refund,
    currency: str,
    there: Decimal,
    into: Comparison,
) -> Iterator[Finding]:
    """In home currency, where the two are not the same anyway."""
    if subject.currency == into.currency and currency in ("", into.currency):
        return
    mine = rounded(subject.amount * subject.exchange_rate, into.currency)
    yours = rounded(there, into.currency)
    yield from amounts(name, word, into.currency, [("home amount", mine, yours)], into)


# --- Adjustments and refunds --------------------------------------------------------------------


def _entry_differences(
    ours: Ours, name: About, entry: Adjustment | Refund, remote: RemoteObject, into: Comparison
) -> Iterator[Finding]:
    theirs = remote.snapshot
    if not isinstance(theirs, AdjustmentSnapshot | RefundSnapshot):
        yield not_compared(name, remote, into)
        return
    taken_back = remote.void or theirs.cancelled
    if not stands(entry) or taken_back:
        yield from _only_one_stands(name, entry, theirs.amount, taken_back, into)
        return
    dated = theirs.dated if isinstance(theirs, AdjustmentSnapshot) else theirs.paid_on
    yield from texts(name, into, ("date", entry.date.isoformat(), dated.isoformat()))
    if theirs.customer_id not in ours.customers.get(entry.customer_id, frozenset()):
        yield another_customer(name, str(entry.customer), into)
    figures = [("amount", entry.amount, theirs.amount)]
    word = "adjustments"
    if isinstance(entry, Refund) and isinstance(theirs, RefundSnapshot):
        word = "refunds"
        if ours.has_accounts:  # a fee stands on one
            figures.append(("fee", entry.fee_net, theirs.fee))
            figures.append(("tax in the fee", entry.fee_tax, theirs.fee_tax))
    debits = isinstance(entry, Adjustment) and entry.side == Adjustment.Side.DEBIT
    if isinstance(theirs, AdjustmentSnapshot) and theirs.debits != debits:
        said = f"{name} stands on the other side of the receivable in {into.system}."
        yield name.differs(Why.ACCOUNT, said, figure="side")
    yield from amounts(name, word, entry.currency, figures, into)
    yield from _at_home(
        name, word, entry, theirs.currency, theirs.amount * theirs.exchange_rate, into
    )


# --- Bank deposits ------------------------------------------------------------------------------


def _deposit_differences(
    bank: Bank, name: About, deposit: Deposit, remote: RemoteObject, into: Comparison
) -> Iterator[Finding]:
    theirs = remote.snapshot
    if not isinstance(theirs, DepositSnapshot):
        yield not_compared(name, remote, into)
        return
    taken_back = remote.void or theirs.cancelled
    if not stands(deposit) or taken_back:
        yield from _only_one_stands(name, deposit, theirs.total, taken_back, into)
        return
    account = bank.account_of(deposit.bank_account_id)
    yield from texts(name, into, ("date", deposit.date.isoformat(), theirs.dated.isoformat()))
    if account and theirs.account_id != account:
        said = f"{name} went to another account in {into.system}."
        yield name.differs(Why.ACCOUNT, said, figure="account")
    lines, ours = banked(deposit)
    mine, yours = of_ours(bank, lines, ours.amounts), of_theirs_lines(theirs)
    yield from _members(name, mine, yours, ours.currency, into)
    own = ours.currency == deposit.currency
    figures = [("bank line" if own else "total", ours.total, theirs.total)]
    yield from amounts(name, "bank deposits", ours.currency, figures, into)
    if not own:
        came = rounded(theirs.total * theirs.exchange_rate, deposit.currency)
        figures = [("bank line", deposit.total, came)]
        yield from amounts(name, "bank deposits", deposit.currency, figures, into)


def _members(
    name: About, mine: Fingerprint, yours: Fingerprint, currency: str, into: Comparison
) -> Iterator[Finding]:
    """Each payment in it, and what stands beside them by account."""
    for payment in sorted({*mine.payments, *yours.payments}):
        here, there = mine.payments.get(payment, ZERO), yours.payments.get(payment, ZERO)
        if here != there:
            inside = f"payment {payment} in it"
            yield differs(name, inside, here, there, into, currency, Why.DEPOSITED)
    for account in sorted({*mine.amounts, *yours.amounts}):
        here, there = mine.amounts.get(account, ZERO), yours.amounts.get(account, ZERO)
        if here != there:
            beside = f"amount on account {account}"
            yield differs(name, beside, here, there, into, currency, Why.DEPOSITED)


def _only_one_stands(
    name: About,
    subject: Payment | Adjustment | Refund | Deposit,
    there: Decimal,
    taken_back: bool,
    into: Comparison,
) -> Iterator[Finding]:
    """Where it was taken back on one side alone."""
    ended, currency = _ended(subject), subject.currency
    here = subject.total if isinstance(subject, Deposit) else subject.amount
    if not stands(subject) and not taken_back and there:
        yield one_side_stands(name, ended, there, currency, into, here=False)
    if stands(subject) and taken_back:
        yield one_side_stands(name, ended, here, currency, into, here=True)


def _ended(subject: Payment | Adjustment | Refund | Deposit) -> str:
    return "undone" if isinstance(subject, Deposit) else "cancelled"
