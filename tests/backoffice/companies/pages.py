"""Every address of the admin's map, with the records of a company in it and without any."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.urls import reverse

from apps.billing.sight import Everybodys, belonging_of
from tests.backoffice.frame.test_access import ASKED, NAMED, OWN, admin_patterns
from tests.backoffice.world import WholeWorld

# A key that no row has.
NOBODYS = 987654321


def patterns_of_models() -> Iterator[tuple[Any, Any, str]]:
    """(screen, pattern, what: changelist, change, an act …) of every page of a model."""
    for model, screen in admin.site._registry.items():
        prefix = f"{model._meta.app_label}_{model._meta.model_name}_"
        for pattern in admin_patterns():
            if pattern.name.startswith(prefix):
                yield screen, pattern, pattern.name.removeprefix(prefix)


def _arguments(pattern: Any, *keys: Any) -> list[Any]:
    """What stands in the address: the record's key, and of its history's version after it."""
    named = list(pattern.pattern.regex.groupindex)
    if named:
        return [NAMED.get(each, keys[0]) for each in named]
    return list(keys[: pattern.pattern.regex.groups])


def of_an_object(pattern: Any) -> bool:
    """`connect/` of no connection yet, and a report by name, are of none."""
    named = [each for each in pattern.pattern.regex.groupindex if each not in NAMED]
    return bool(named) or (
        pattern.pattern.regex.groups > 0 and not pattern.pattern.regex.groupindex
    )


def pages_of(world: WholeWorld) -> Iterator[tuple[Any, str, tuple[str, str]]]:
    """(screen, what, (address of the record, the same address of no record)) of every page of a record."""
    for screen, pattern, what in patterns_of_models():
        if not of_an_object(pattern) or isinstance(belonging_of(screen.model), Everybodys):
            continue
        row = world.records[screen.model]
        keys = [row.pk, row.history.first().history_id] if what == "simple_history" else [row.pk]
        asked = ASKED.get(what, "")
        addresses = _address(pattern, keys), _address(pattern, [NOBODYS, NOBODYS])
        yield screen, what, (addresses[0] + asked, addresses[1] + asked)


def pages_without() -> Iterator[tuple[Any, str, str]]:
    """(screen, what, address) of every page that names no record."""
    for name in sorted(OWN - {"login", "logout", "view_on_site", "app_list", "autocomplete"}):
        yield None, name, reverse(f"admin:{name}")
    for screen, pattern, what in patterns_of_models():
        if not of_an_object(pattern):
            yield screen, what, _address(pattern, [""]) + ASKED.get(what, "")


def _address(pattern: Any, keys: list[Any]) -> str:
    """Where two pages share a name, that of this pattern."""
    given = _arguments(pattern, *keys)
    return reverse(f"admin:{pattern.name}", args=given)
