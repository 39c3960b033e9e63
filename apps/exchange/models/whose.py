"""How files, imports, prints and scheduled exports belong to a company."""

from typing import Final

from django.db.models import Q

from apps.billing.sight import Belonging, Companies, OrEverybodys
from apps.staff.models import User


def _print_job(user: User, seen: Companies) -> Q:
    """Its invoices may be of several companies, and stand in it by their keys: whoever does not see
    every company sees what they asked for themselves (`printing.many.all_in_sight` asks the rest)."""
    return Q(requested_by=user)


def _print_download(user: User, seen: Companies) -> Q:
    return Q(job__requested_by=user)


WHOSE: Final[dict[str, Belonging]] = {
    "exchange.CompanyArchive": "company",
    "exchange.PrivateFile": "company",
    "exchange.FileDownload": "file__company",
    "exchange.FileImport": "company",
    "exchange.RefusedRow": "file_import__company",
    "exchange.BroughtMaster": "batch__company",
    "exchange.BroughtMoney": "company",
    "exchange.IssuedPrint": "company",
    "exchange.MailedPrint": "company",
    "exchange.PrintJob": _print_job,
    "exchange.PrintDownload": _print_download,
    "exchange.ImportProfile": OrEverybodys(
        "company", "A layout without a company is offered to each, and says how a file reads."
    ),
    "exchange.ScheduledExport": "company",
    "exchange.ScheduledExport_people": "scheduledexport__company",
    "exchange.ScheduleHistory": "schedule__company",
    "exchange.ScheduleRun": "schedule__company",
    "exchange.RunMail": "run__schedule__company",
}
