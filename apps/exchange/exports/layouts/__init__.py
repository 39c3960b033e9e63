"""Every layout that there is: our own, those of systems, those of products without a connector."""

from functools import cache

from apps.connectors import layouts_sage
from apps.connectors.layouts import Layout
from apps.connectors.registry import beside
from apps.exchange.exports.layouts import native, wave, zoho


@cache
def layouts() -> dict[str, Layout]:
    """By code, our own first, then by product."""
    others = [*beside("layouts", "LAYOUTS"), *layouts_sage.LAYOUTS, *wave.LAYOUTS, *zoho.LAYOUTS]
    ordered = [*native.LAYOUTS, *sorted(others, key=lambda each: each.product)]
    return {each.code: each for each in ordered}
