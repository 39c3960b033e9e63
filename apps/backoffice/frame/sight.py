"""One door for the screens: rows, fields and records of the companies that whoever asks sees."""

from typing import Any

from django.db import models
from django.http import HttpRequest

from apps.billing.models import Company
from apps.billing.sight import companies_of, in_sight, sees
from apps.core.numbers import whole

__all__ = ["InSight", "companies_for", "company_in_sight", "in_sight", "narrowed", "seen", "sees"]


def companies_for(request: HttpRequest) -> "models.QuerySet[Company]":
    """The companies of whoever asks."""
    return in_sight(request.user, Company.objects.all())


def seen(request: HttpRequest, model: type[models.Model]) -> "models.QuerySet[Any]":
    """The rows of a model that whoever asks sees."""
    rows: models.QuerySet[Any] = in_sight(request.user, model._default_manager.all())
    return rows


def company_in_sight(request: HttpRequest, key: str) -> Company | None:
    """The company of this key; None where there is none, or none that this person sees."""
    number = whole(key)
    return None if number is None else companies_for(request).filter(pk=number).first()


def narrowed(request: HttpRequest) -> bool:
    """Whether whoever asks sees some companies only."""
    return companies_of(request.user) is not None


class InSight:
    """Of a screen and its inlines: a field offers, and takes, what is in sight and nothing else."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc] # a mixin of admin classes
        return _narrow(field, request)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc] # a mixin of admin classes
        return _narrow(field, request)


def _narrow(field: Any, request: HttpRequest) -> Any:
    if field is not None and narrowed(request):
        field.queryset = in_sight(request.user, field.queryset)
    return field
