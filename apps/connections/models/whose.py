"""How grants, connections and what was brought belong to a company."""

from typing import Final

from django.db.models import Exists, OuterRef, Q

from apps.billing.sight import Belonging, Companies, Everybodys
from apps.connections.models import Connection
from apps.staff.models import User


def _consent(user: User, seen: Companies) -> Q:
    """It may open several sets of books: of those who see each that lives on it, and of whoever gave it
    while none does."""
    living = Connection.objects.filter(grant=OuterRef("pk"))
    beyond = living.exclude(company__in=seen)
    return ~Q(Exists(beyond)) & (Q(Exists(living)) | Q(granted_by=user))


WHOSE: Final[dict[str, Belonging]] = {
    "connections.Grant": _consent,
    "connections.ConsentState": "company",
    "connections.Connection": "company",
    "connections.Bucket": Everybodys(
        "What was spent of a provider's limits, by our app as a whole."
    ),
    "connections.Invitation": "company",
    "connections.BatchFile": "connection__company",
    "connections.BatchDownload": "file__connection__company",
    "connections.BroughtFile": "connection__company",
    "connections.FolderLook": "connection__company",
    "connections.BroughtRow": "brought__connection__company",
    "connections.Said": "connection__company",
}
