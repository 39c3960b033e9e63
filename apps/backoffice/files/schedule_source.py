"""What an export is of, as the address of the page that shows it: a list as it is filtered, or a file
for another system as it was chosen."""

from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from django.contrib import admin
from django.http import QueryDict
from django.urls import Resolver404, resolve, reverse

from apps.backoffice.files.list_maker import choice_of
from apps.core.numbers import DIGITS, whole
from apps.exchange.models import ScheduledExport

TYPED: Final = ("dates", "formulas", "account")
TICKED: Final = ("open_only", "with_void")
OF_A_LIST: Final = ("changelist", "export")


def source_of(address: str) -> str:
    """Of a list “app.model?query”, of another page its query. Raises LookupError for an address that is
    none of ours; what begins with no slash and names no host is taken as it is."""
    parts = urlsplit(address)
    if not parts.scheme and not address.startswith("/"):
        return address
    try:
        page = resolve(parts.path).url_name or ""
    except Resolver404 as unknown:
        raise LookupError(address) from unknown
    for model in admin.site._registry:
        if page in [
            f"{model._meta.app_label}_{model._meta.model_name}_{each}" for each in OF_A_LIST
        ]:
            return f"{model._meta.label_lower}?{parts.query}"
    return parts.query


def address_of(schedule: ScheduledExport) -> str:
    """Where it can be looked at and chosen anew; "" of what is not chosen on a page."""
    choice = schedule.choice
    if schedule.what == "list":
        page = reverse(f"admin:{choice['list'].replace('.', '_')}_export")
        columns = urlencode([("_columns", each) for each in choice["columns"]])
        asked = "&".join(filter(None, [choice["query"], columns]))
        return f"{page}?{asked}" if asked else page
    if schedule.what == "layout":
        page = reverse("admin:billing_company_export-for-another", args=[schedule.company_id])
        return f"{page}?{urlencode({'file': choice['layout'], **_asked(choice)})}"
    return ""


def chosen(what: str, code: str, source: str, period: str) -> dict[str, Any]:
    """The `choice` of a schedule. Raises LookupError, ValueError where there is no such list."""
    if what == "list":
        return choice_of(source)
    if what != "layout":
        return {}
    asked = QueryDict(source)
    choice: dict[str, Any] = {"layout": code, "period": period or "all"}
    choice |= {name: asked[name] for name in TYPED if asked.get(name)}
    choice |= {name: True for name in TICKED if asked.get(name)}
    if (connection := whole(asked.get("connection"))) is not None:
        choice["connection"] = connection
    codes = {each.removeprefix("tax_"): asked[each] for each in asked if each.startswith("tax_")}
    if codes:
        choice["tax_codes"] = {
            "" if key == "none" else str(_number(key)): value for key, value in codes.items()
        }
    return choice


def _number(key: str) -> int:
    """Raises ValueError for what is none."""
    found = whole(key)
    if found is None:
        raise ValueError(key[:DIGITS])
    return found


def _asked(choice: dict[str, Any]) -> dict[str, Any]:
    asked: dict[str, Any] = {
        name: choice[name] for name in (*TYPED, "connection") if name in choice
    }
    asked |= {name: "on" for name in TICKED if choice.get(name)}
    codes = choice.get("tax_codes", {})
    return asked | {f"tax_{key or 'none'}": value for key, value in codes.items()}
