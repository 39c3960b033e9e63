"""How codes and mappings belong to a company."""

from typing import Final

from apps.billing.sight import Belonging

WHOSE: Final[dict[str, Belonging]] = {
    "mappings.RemoteCode": "connection__company",
    "mappings.Mapping": "connection__company",
}
