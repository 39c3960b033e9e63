"""The invoices that credit notes of a file take back."""

from collections.abc import Iterable
from decimal import Decimal

from django.core.exceptions import ValidationError

from apps.billing.models import Batch, Company, Invoice, InvoiceLine
from apps.connectors.profiles import Field
from apps.exchange.documents import DocumentKind, ReadDocument, ReadLine
from apps.exchange.imports.assembling import Gathered


class Origins:
    """Those that stand here, asked for once with their lines. Without a `batch` nothing is written yet,
    and the file may be still to bring them."""

    def __init__(
        self, documents: Iterable[ReadDocument], company: Company, batch: Batch | None
    ) -> None:
        self._batch = batch
        numbers = {
            each.text(Field.ORIGIN)
            for each in documents
            if each.kind is DocumentKind.CREDIT_NOTE and each.told
        } - {""}
        self._invoices: dict[str, Invoice] = {}
        self._lines: dict[tuple[int, int], InvoiceLine] = {}
        if not numbers:
            return
        rows = Invoice.objects.filter(company=company, number__in=numbers)
        self._invoices = {each.number or "": each for each in rows.select_related("batch")}
        lines = InvoiceLine.objects.filter(document__in=self._invoices.values())
        self._lines = {(each.document_id, each.position): each for each in lines}

    def of(self, gathered: Gathered) -> Invoice | None:
        """None where it takes none back, or one that the file is still to bring. Raises
        ValidationError where there is none that can be."""
        number = gathered.origin
        invoice = self._invoices.get(number)
        if not number or (invoice is None and gathered.with_origin and self._batch is None):
            return None
        if invoice is None:
            raise ValidationError(
                f"it credits the invoice {number}, which is not here"
                + (
                    ", since it was refused. Mend that first"
                    if gathered.with_origin
                    else " nor further up in the file. Bring that first"
                )
            )
        if invoice.is_draft and (self._batch is None or invoice.batch_id != self._batch.pk):
            raise ValidationError(
                f"it credits the invoice {number}, which waits in “{invoice.batch}”. Release that "
                "first"
            )
        return invoice

    def line(self, line: ReadLine, invoice: Invoice | None) -> InvoiceLine | None:
        """The line of the invoice that it takes back, where the file tells one."""
        place = line.told.get(Field.ORIGIN_LINE)
        if invoice is None or not isinstance(place, Decimal):
            return None
        found = self._lines.get((invoice.pk, int(place)))
        if found is None:
            raise ValidationError(
                f"row {line.row}: the invoice {invoice.number} has no line {place:f}"
            )
        return found
