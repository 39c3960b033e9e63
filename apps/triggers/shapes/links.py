"""The page of Tieout that shows a record, for the message that somebody clicks on."""

from django.conf import settings
from django.db.models import Model
from django.urls import reverse

from apps.billing.models import Allocation


def page_of(record: Model) -> str:
    """Of an allocation, which has none of its own, the page of the invoice, or of what was set against something else."""
    if isinstance(record, Allocation):
        record = record.source if record.invoice is None else record.invoice
    options = record._meta
    path = reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[record.pk])
    return settings.SITE_URL.rstrip("/") + path
