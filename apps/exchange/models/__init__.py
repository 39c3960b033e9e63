"""The rows of `exchange`: prints that were kept, imports and what became of their rows."""

from apps.exchange.models.imports import FileImport, RefusedRow
from apps.exchange.models.prints import IssuedPrint, MailedPrint, PrintDownload, PrintJob

__all__ = ["FileImport", "IssuedPrint", "MailedPrint", "PrintDownload", "PrintJob", "RefusedRow"]
