"""Who is told what happens here, and an event that it did not take."""

from django.utils import timezone

from apps.billing.models import Invoice
from apps.triggers.delivery import endpoints
from apps.triggers.events.catalogue import envelope
from apps.triggers.models import Delivery, DeliveryAttempt, Endpoint, Event, EventType
from apps.triggers.shapes import invoice_shape
from apps.triggers.shapes.loading import rows_of


def not_taken(invoice: Invoice) -> tuple[Endpoint, Delivery]:
    """Of an address that no test sends to."""
    endpoint = endpoints.add(
        invoice.company, name="Paid → #sales", address="https://93.184.216.34/hooks/of-the-world"
    )
    at, type = timezone.now(), EventType.INVOICE_PAID
    shape = invoice_shape(rows_of("invoice").get(pk=invoice.pk))
    event = Event.objects.create(
        company=invoice.company,
        type=type,
        subject="invoice",
        subject_id=invoice.pk,
        key=f"{type} of the world",
        happened_at=at,
        body=envelope(type, shape, id="evt_world", company=invoice.company, happened_at=at),
    )
    delivery = Delivery.objects.create(
        endpoint=endpoint, event=event, state="failed", due_at=None, tries=10, ended_at=at,
        sentence="It answered 500: an error on its side.",
    )  # fmt: skip
    DeliveryAttempt.objects.create(delivery=delivery, seconds=0.31, status=500, answer="Sorry")
    return endpoint, delivery
