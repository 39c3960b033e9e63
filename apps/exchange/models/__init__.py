"""The rows of `exchange`: kept prints, imports, their layouts and the money they bring, exports by themselves, files, archives."""

from apps.exchange.models.archives import CompanyArchive
from apps.exchange.models.files import FileDownload, PrivateFile
from apps.exchange.models.imports import BroughtMaster, FileImport, RefusedRow
from apps.exchange.models.money import BroughtMoney
from apps.exchange.models.prints import IssuedPrint, MailedPrint, PrintDownload, PrintJob
from apps.exchange.models.profiles import ImportProfile
from apps.exchange.models.schedules import RunMail, ScheduledExport, ScheduleHistory, ScheduleRun

__all__ = [
    "BroughtMaster",
    "BroughtMoney",
    "CompanyArchive",
    "FileDownload",
    "FileImport",
    "ImportProfile",
    "IssuedPrint",
    "MailedPrint",
    "PrintDownload",
    "PrintJob",
    "PrivateFile",
    "RefusedRow",
    "RunMail",
    "ScheduleHistory",
    "ScheduleRun",
    "ScheduledExport",
]
