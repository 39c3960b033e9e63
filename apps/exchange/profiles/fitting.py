"""Which profile a file's headings fit."""

from collections.abc import Iterable, Sequence

from apps.connectors.profiles import AnyProfile
from apps.exchange.tables.headings import heading_key


def fitting(headings: Sequence[str], profiles: Iterable[AnyProfile]) -> AnyProfile | None:
    """The one that they fit: it has all that it requires and is known by, and knows more of them than any other such
    one. None where none has, or two know as many."""
    keys = {heading_key(each) for each in headings} - {""}
    found = [
        (len(keys & _known(each)), each)
        for each in profiles
        if each.proposed and _has_all(each, keys)
    ]
    most = max((known for known, _ in found), default=0)
    best = [each for known, each in found if known == most]
    return best[0] if len(best) == 1 else None


def _known(profile: AnyProfile) -> set[str]:
    return {heading_key(each) for each in profile.headings}


def _has_all(profile: AnyProfile, keys: set[str]) -> bool:
    nested = profile.nested.columns if profile.nested else {}
    told: set[str] = {*profile.constants, *nested}
    columns = {str(each): headings for each, headings in profile.columns.items()}
    return all(
        each in told or any(heading_key(heading) in keys for heading in columns.get(each, ()))
        for each in (*profile.required, *profile.known_by)
    )
