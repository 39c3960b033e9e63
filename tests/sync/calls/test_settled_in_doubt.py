"""What they set against a record of ours whose send is not settled: it waits to be found out."""

import pytest
from django.utils.timezone import now

from apps.billing.models import Payment
from apps.connectors.snapshots import Kind
from apps.sync.models import On, RemoteRecord, State, SyncRecord, packed
from apps.sync.there import ties
from tests.factories import make_invoice
from tests.sync.stage import Stage

pytestmark = pytest.mark.django_db
Arrival = RemoteRecord.Arrival


@pytest.mark.parametrize("payments", [1, 4], ids=["one", "a set"])
def test_money_for_an_invoice_that_is_being_found_out_pays_it_here(payments: int) -> None:
    """An invoice over 100.00 is on its way, and what arrived of it waits. Meanwhile their bookkeeper
    receives the money. Once it is found out, it is paid: nothing is set against a stranger."""
    stage = Stage()
    invoice = make_invoice(customer=stage.customer)
    record = ties.sync_record_of(stage.connection, invoice)
    on_its_way = SyncRecord.objects.filter(pk=record.pk)
    on_its_way.update(state=State.WAITING, due_at=now(), step="send")
    there = RemoteRecord.objects.create(
        connection=stage.connection,
        kind="Invoice",
        of_kind=Kind.INVOICE,
        remote_id="700",
        packed_raw=packed({}),
        read_at=now(),
        arrival=Arrival.WAITS,
        waits_for=On.SYNC_RECORD.of(record.pk),
    )
    amount = str(100 // payments)
    money = [stage.put(stage.pays(amount, (Kind.INVOICE, "700", amount))) for _ in range(payments)]

    stage.apply()
    assert {RemoteRecord.objects.get(pk=each.pk).arrival for each in money} == {Arrival.WAITS}
    assert not Payment.objects.exists()

    ties.tie(there, record)
    RemoteRecord.objects.filter(pk=there.pk).update(arrival=Arrival.ECHO, waits_for="")
    on_its_way.update(state=State.IN_THE_BOOKS, due_at=None, step="")
    stage.apply()

    invoice.refresh_from_db()
    assert (invoice.paid, invoice.balance_due) == (100, 0)
    assert Payment.objects.count() == payments
    assert not any(each.outside_id for each in invoice.allocations.all())
