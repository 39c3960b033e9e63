"""Which profile is meant: one that came with the product, or a layout that was built here.

Everybody who has a code, a name or a file's headings asks here.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db.models import Q, QuerySet

from apps.billing.models import Company
from apps.connectors.profiles import AnyProfile
from apps.core.numbers import whole
from apps.exchange.imports.own.as_json import CannotBeRead, from_json
from apps.exchange.imports.shapes import SHAPES
from apps.exchange.models import FileImport, ImportProfile
from apps.exchange.models.profiles import OWN
from apps.exchange.profiles import ALL_PROFILES
from apps.exchange.profiles.fitting import fitting
from apps.exchange.tables.headings import heading_key


def own_row(code: str) -> ImportProfile | None:
    """The layout with a code such as own-12, retired ones too."""
    number = whole(code.removeprefix(OWN))
    if not code.startswith(OWN) or number is None:
        return None
    return ImportProfile.objects.filter(pk=number).first()


def own_rows(company: Company | None) -> list[ImportProfile]:
    """Those in use that this company's files may be read by, its own before the shared."""
    if company is None:
        return []
    rows = ImportProfile.objects.filter(Q(company=company) | Q(company=None), retired_at=None)
    return sorted(rows, key=lambda each: (each.company_id is None, each.name.casefold(), each.pk))


def as_profile(row: ImportProfile) -> AnyProfile:
    """Raises `CannotBeRead`."""
    return from_json(row.content, code=row.code, name=row.name)


def with_code(code: str) -> AnyProfile | None:
    """Shipped or own, in use or retired."""
    if shipped := ALL_PROFILES.get(code):
        return shipped
    row = own_row(code)
    return None if row is None else as_profile(row)


def named(said: str, company: Company) -> AnyProfile | None:
    """By code or, without case, by name: a layout of the company's own before one that came with us."""
    rows = own_rows(company)
    own = [each for each in rows if said == each.code]
    own = own or [each for each in rows if said.casefold() == each.name.casefold()]
    if own:
        return as_profile(own[0])
    shipped = [each for each in ALL_PROFILES.values() if said.casefold() == each.name.casefold()]
    return ALL_PROFILES.get(said) or next(iter(shipped), None)


def offered(
    company: Company | None = None, *, of: "QuerySet[ImportProfile] | None" = None
) -> list[tuple[str, str]]:
    """Code and name of every layout to choose from, the company's own (or those of `of`) first."""
    rows: Iterable[ImportProfile] = own_rows(company)
    if of is not None:
        rows = of.filter(retired_at=None)
    shipped = [(code, each.name) for code, each in ALL_PROFILES.items() if each.of in SHAPES]
    return [*((each.code, each.name) for each in rows), *shipped]


def known_headings(company: Company | None) -> frozenset[str]:
    """Those of all layouts, by which the row of a file's headings is found."""
    profiles = [*(each for _, each in _readable(company)), *ALL_PROFILES.values()]
    return frozenset(each for profile in profiles for each in profile.headings)


def fitted(headings: Sequence[str], company: Company | None) -> AnyProfile | None:
    """The profile that they fit. A layout that was built on exactly these headings is meant, the
    company's own before a shared one; else an own one where it knows as many as any other."""
    rows = _readable(company)
    wanted = _keys(headings)
    for row, profile in rows:
        if wanted and _keys(row.headings) == wanted and fitting(headings, [profile]):
            return profile
    shipped = fitting(headings, ALL_PROFILES.values())
    own = fitting(headings, [profile for _, profile in rows])
    if own is None or shipped is None:
        return own or shipped
    return own if _hits(own, wanted) >= _hits(shipped, wanted) else shipped


def _readable(company: Company | None) -> list[tuple[ImportProfile, AnyProfile]]:
    """Without what an earlier release wrote and this one cannot read: its own page says so, and no file
    is kept from being read by another."""
    found = []
    for row in own_rows(company):
        try:
            found.append((row, as_profile(row)))
        except CannotBeRead:
            continue
    return found


def _keys(headings: Collection[str]) -> set[str]:
    return {heading_key(each) for each in headings} - {""}


def _hits(profile: AnyProfile, wanted: set[str]) -> int:
    return len(_keys(profile.headings) & wanted)


# --- Of an import ---


def as_it_stands(row: ImportProfile | None) -> dict[str, Any]:
    """What an import keeps of a layout of our own, so that it is read by one alone from its check to its
    last row; {} of those that come with the product."""
    return {"name": row.name, "content": row.content} if row is not None else {}


def was_changed(file_import: FileImport) -> bool:
    """Whether its layout was changed since its check began."""
    if not file_import.read_by:
        return False
    row = own_row(file_import.profile)
    return row is not None and row.content != file_import.read_by["content"]


def name_of(file_import: FileImport) -> str:
    """Of its layout, as staff call it."""
    if file_import.read_by:
        return str(file_import.read_by["name"])
    if shipped := ALL_PROFILES.get(file_import.profile):
        return shipped.name
    row = own_row(file_import.profile)
    return row.name if row is not None else file_import.profile or "not said yet"
