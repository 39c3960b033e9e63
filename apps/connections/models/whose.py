"""How grants, connections and what was brought belong to a company."""

from typing import Final

from django.db.models import Q

from apps.billing.sight import Belonging, Companies, Everybodys
from apps.staff.models import User


def _consent(user: User, seen: Companies) -> Q:
    """Of one set of books of theirs, or of several: of those who see any that it opens."""
    return Q(connections__company__in=seen)


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
