"""Who sees the records of which company: the one question that every page, file and key asks.

Each model of ours says once how it belongs to a company. `in_sight` narrows rows by that, `sees` asks
of one record, and a model that says nothing raises: it is shown to nobody by oversight.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q

from apps.billing.models import Company, CompanyMember
from apps.staff.models import User

Asking: TypeAlias = "User | AnonymousUser"
Companies: TypeAlias = frozenset[int]
Rows = TypeVar("Rows", bound="models.QuerySet[Any]")

KEPT: Final = "_companies_in_sight"


@dataclass(frozen=True, slots=True)
class Everybodys:
    """Rows of no company. `reason` says why whoever holds the right may see each of them."""

    reason: str


@dataclass(frozen=True, slots=True)
class OrEverybodys:
    """Rows that have a company at `path`, or none and are then everybody's."""

    path: str
    reason: str


# What no path says: the condition for this person, who sees these companies only.
Rule: TypeAlias = Callable[[User, Companies], Q]
# A path to the company, such as `invoice__company`; `pk` is the company itself.
Belonging: TypeAlias = str | Everybodys | OrEverybodys | Rule

BELONGINGS: Final[dict[str, Belonging]] = {}


class Unsaid(LookupError):
    """A model of which nobody said how it belongs to a company."""


def belongs(table: Mapping[str, Belonging]) -> None:
    """Say how models (by label, `billing.Invoice`) belong to a company; each app says it of its own."""
    BELONGINGS.update(table)


def belonging_of(model: type[models.Model]) -> Belonging:
    """Raises `Unsaid`. A row of history belongs as its record does."""
    of: type[models.Model] = getattr(model, "instance_type", model)
    whose = (of._meta.concrete_model or of)._meta.label
    try:
        return BELONGINGS[whose]
    except KeyError:
        raise Unsaid(f"Nobody said how {whose} belongs to a company.") from None


def companies_of(user: Any) -> Companies | None:
    """The keys of the companies that this person sees; None: every one.

    Asked of the database once for each time the person is loaded, so at each request.
    """
    if not user.is_authenticated:
        return frozenset()
    if user.every_company:
        return None
    kept: Companies | None = getattr(user, KEPT, None)
    if kept is None:
        kept = frozenset(
            CompanyMember.objects.filter(user=user.pk).values_list("company_id", flat=True)
        )
        setattr(user, KEPT, kept)
    return kept


def in_sight(user: Any, rows: Rows) -> Rows:
    """Those of the rows that are of a company which this person sees."""
    seen = companies_of(user)
    if seen is None:
        return rows
    condition = _condition(rows.model, user, seen)
    return rows if condition is None else rows.filter(condition)


def sees(user: Any, record: models.Model) -> bool:
    """Whether a record is of a company that this person sees."""
    seen = companies_of(user)
    if seen is None:
        return True
    said = belonging_of(type(record))
    if isinstance(said, Everybodys):
        return True
    if said == "company":
        return record.company_id in seen  # type: ignore[attr-defined] # said of its model
    if isinstance(record, Company):
        return record.pk in seen
    return in_sight(user, models.QuerySet(type(record)).filter(pk=record.pk)).exists()


def only_of(company: Company, user: User, model: type[models.Model]) -> Q:
    """The condition on rows of a model: what this person would see who saw this company alone."""
    return _condition(model, user, frozenset({company.pk})) or Q()


def who_see(company: Company) -> Q:
    """The condition on people: those who see this company."""
    members = CompanyMember.objects.filter(company=company).values("user")
    return Q(every_company=True) | Q(pk__in=members)


def companies_in_sight(user: Any) -> "models.QuerySet[Company]":
    return in_sight(user, Company.objects.all())


def _condition(model: type[models.Model], user: User, seen: Companies) -> Q | None:
    said = belonging_of(model)
    if isinstance(said, Everybodys):
        return None
    if isinstance(said, OrEverybodys):
        return Q(**{f"{said.path}__in": seen}) | Q(**{f"{said.path}__isnull": True})
    if isinstance(said, str):
        # In history `pk` is the key of the version, and the record's own stands in `id`.
        path = "id" if said == "pk" else said
        return Q(**{f"{path}__in": seen})
    return said(user, seen)
