"""What the process of the simulated ledgers answers, each ledger under its own prefix.

A ledger is a package beside this file whose `urls` has `urlpatterns`, and `beside` for what it
answers outside its prefix.
"""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from django.urls import URLPattern, URLResolver, include, path


def _ledgers() -> Iterator[URLPattern | URLResolver]:
    for each in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if each.ispkg and each.name not in ("management", "migrations"):
            urls = import_module(f"{__package__}.{each.name}.urls")
            yield path(f"{each.name}/", include(urls))
            yield from urls.beside


urlpatterns: list[URLPattern | URLResolver] = list(_ledgers())
