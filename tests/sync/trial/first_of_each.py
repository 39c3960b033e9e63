"""Two of each kind that a ledger has, and nothing tried yet: what every ledger's test walks through."""

from datetime import date
from typing import Any

from apps.billing.actions import make_deposit
from apps.connectors.snapshots import Kind
from apps.sync.models import TRIED_FIRST, FirstOfKind, Reason, State
from apps.sync.trial.first_proposed import kinds_of, proposed_first
from apps.sync.trial.firsts import run_first
from tests.factories import make_customer

MONEY = ("clearing", "bank")


def shut(connection: Any) -> None:
    """As they are when books have just gone live."""
    FirstOfKind.objects.filter(connection=connection)._raw_delete("default")


def two_of_each(shop: Any) -> dict[Kind, list[Any]]:
    """Invoices with two payments, two credit notes, two refunds and two bank deposits."""
    has = shop.connection.capabilities.kinds
    customer = make_customer(shop.company)
    invoices = [shop.sale(customer=customer) for _ in range(4)]
    found: dict[Kind, list[Any]] = {
        Kind.PAYMENT: [shop.paid(each, "120") for each in invoices[:2]],
        Kind.CREDIT_NOTE: [shop.credit(each) for each in invoices[2:]],
    }
    if Kind.REFUND in has:
        given = [shop.money(customer, amount) for amount in ("50", "60")]
        found[Kind.REFUND] = [shop.refund(each, "50") for each in given]
    if Kind.DEPOSIT in has:
        found[Kind.DEPOSIT] = [
            make_deposit(shop.account, date=date(2026, 3, 20), payments=[each])
            for each in found[Kind.PAYMENT]
        ]
    return found


def tried_kind_by_kind(shop: Any) -> list[Kind]:
    """Nothing of a kind goes before its first, the first goes alone, and one run takes the rest; the
    kinds that were tried."""
    shut(shop.connection)
    made = two_of_each(shop)
    shop.settle()
    moved = shop.change()
    assert not [word for word in MONEY if word in moved], moved
    for some in made.values():
        for each in some:
            record = shop.record(each)
            assert (record.state, record.reason) == (State.NEEDS_PERSON, Reason.FIRST_OF_ITS_KIND)
            assert not record.remote_records.exists()
    order = [each.kind for each in kinds_of(shop.connection)]
    assert order == [each for each in TRIED_FIRST if each in made]
    for kind in order:
        # The bank deposit of the money that has not gone yet: its kind is open, and no run was since.
        of_kind = made[kind][::-1] if kind == Kind.DEPOSIT else made[kind]
        _goes_alone(shop, kind, of_kind)
    assert all(each.is_open for each in kinds_of(shop.connection))
    shop.run()
    for other in (each for some in made.values() for each in some):
        assert shop.record(other).state == State.IN_THE_BOOKS, shop.record(other).sentence
    return order


def _goes_alone(shop: Any, kind: Kind, made: list[Any]) -> None:
    best = proposed_first(shop.connection, kind)
    assert best is not None
    assert best.record in [*made, *shop.company.payments.all()]
    first, other = made
    result = run_first(shop.connection, first, user_id=shop.fay.pk)
    assert result.matched, (kind, result.sentence, [row for row in result.rows if not row.agrees])
    assert len(result.rows) > 4
    assert shop.record(first).state == State.IN_THE_BOOKS
    assert not shop.record(other).remote_records.exists(), f"a second {kind} went with the first"
    opened = FirstOfKind.objects.get(connection=shop.connection, kind=kind)
    assert (opened.record, opened.opened_by) == (shop.record(first), shop.fay)
