"""Shows an invoice of the sample company on paper."""

from pathlib import Path

from apps.billing.models import Company, Invoice
from apps.exchange.printing.kept import kept_print
from apps.exchange.printing.mailing import file_name


def print_one(company: Company, folder: Path) -> str:
    """Save the first print of its latest invoice in `folder`; says what was saved, and where."""
    issued = Invoice.objects.filter(company=company, recovers=None).exclude(status="draft")
    invoice = issued.select_related("company", "customer").latest("issue_date", "pk")
    made = kept_print(invoice)
    path = folder / file_name(invoice)
    path.write_bytes(bytes(made.pdf))
    return f"{invoice} of {invoice.customer_name}, {made.size // 1000} kB: {path}"
