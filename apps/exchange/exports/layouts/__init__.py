"""Every layout that there is: our own, those of systems, those of products without a connector."""

from functools import cache
from importlib import import_module
from importlib.util import find_spec

from apps.connectors.layouts import Layout
from apps.connectors.registry import systems
from apps.exchange.exports.layouts import native, sage, wave, zoho


@cache
def layouts() -> dict[str, Layout]:
    """By code, our own first, then by product."""
    others = [*_of_systems(), *sage.LAYOUTS, *wave.LAYOUTS, *zoho.LAYOUTS]
    ordered = [*native.LAYOUTS, *sorted(others, key=lambda each: each.product)]
    return {each.code: each for each in ordered}


def _of_systems() -> list[Layout]:
    """`LAYOUTS` of the module `layouts` beside each connector that has one."""
    found: list[Layout] = []
    for system in systems().values():
        beside = f"{system.package}.layouts"
        if system.package and find_spec(beside) is not None:
            found += import_module(beside).LAYOUTS
    return found
