"""Records of one company: which one a form begins with, and that it is chosen once."""

from typing import Any

from django.http import HttpRequest

from apps.backoffice.frame.sight import companies_for


class OfOneCompany:
    """A form starts with the only company there is."""

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial: dict[str, Any] = super().get_changeform_initial_data(request)  # type: ignore[misc] # a mixin of admin classes
        companies = list(companies_for(request).values_list("pk", "home_currency")[:2])
        if len(companies) == 1:
            key, currency = companies[0]
            initial.setdefault("company", key)
            initial.setdefault("currency", currency)
        return initial


class FixedCompany(OfOneCompany):
    """The company is chosen once: what is posted belongs to it."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fixed: list[str] = list(super().get_readonly_fields(request, obj))  # type: ignore[misc] # a mixin of admin classes
        return [*fixed, "company"] if obj else fixed
