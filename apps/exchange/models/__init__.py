"""The rows of `exchange`: prints that were kept, imports, exports that come by themselves, files."""

from apps.exchange.models.files import FileDownload, PrivateFile
from apps.exchange.models.imports import FileImport, RefusedRow
from apps.exchange.models.prints import IssuedPrint, MailedPrint, PrintDownload, PrintJob
from apps.exchange.models.schedules import RunMail, ScheduledExport, ScheduleRun

__all__ = [
    "FileDownload",
    "FileImport",
    "IssuedPrint",
    "MailedPrint",
    "PrintDownload",
    "PrintJob",
    "PrivateFile",
    "RefusedRow",
    "RunMail",
    "ScheduleRun",
    "ScheduledExport",
]
