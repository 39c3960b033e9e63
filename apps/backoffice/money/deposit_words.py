"""Where money lies: in a bank deposit, at the bank, or not banked yet."""

from django.urls import reverse
from django.utils.safestring import SafeString

from apps.backoffice.frame.formatting import link
from apps.billing.models import OutsideDeposit, Payment, Refund, is_at_the_bank


def lies_in(record: Payment | Refund) -> SafeString | str:
    """The bank deposit it lies in, or why there is none."""
    line = record.deposit_lines.filter(standing=True).select_related("deposit").first()
    if line is not None:
        address = reverse("admin:billing_deposit_change", args=[line.deposit_id])
        return link(address, line.deposit)
    outside = OutsideDeposit.objects.filter(payment=record.pk).first()
    if outside is not None and isinstance(record, Payment):
        return f"In the {outside}"
    if is_at_the_bank(record.method, record.date):
        return "None needed: by this method it is at the bank already"
    return "Not in a bank deposit yet"
