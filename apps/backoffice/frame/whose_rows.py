"""Whose a row of a list is, for whoever sees the records of several companies."""

from typing import Any

from django.http import HttpRequest

from apps.backoffice.frame.filters import all_in_sight
from apps.billing.models import Company


class SaysWhoseRows:
    """Of a list of one company's records: it has the company as its last column where whoever looks sees
    several; who sees one reads it nowhere. Its filter asks for the companies anyway."""

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        shown: list[Any] = list(super().get_list_display(request))  # type: ignore[misc] # a mixin of admin classes
        several = len(all_in_sight(request, Company)) > 1
        return [*shown, "company"] if several and "company" not in shown else shown
