"""Step two: what our items, taxes, payment methods and bank accounts are called over there."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from apps.backoffice.frame.acts import Screen
from apps.backoffice.frame.once import done
from apps.backoffice.frame.versions import State
from apps.backoffice.ledgers.mapping_choices import Choice, Group, Page
from apps.backoffice.ledgers.steps import MAP, TEST_INVOICE, steps_of
from apps.billing.changes import made_by
from apps.connections.models import Connection
from apps.connectors.port import LineTax
from apps.connectors.registry import system
from apps.connectors.snapshots import Kind
from apps.mappings.choices import RELIED_ON, set_mapping
from apps.mappings.models import THINGS, Mapping, RemoteCode


def mapping_page(screen: Screen, request: HttpRequest, connection: Connection) -> HttpResponse:
    page = Page(connection, request.GET.get("q", "").strip())
    groups = page.groups()
    saved = 0
    errors: dict[str, str] = {}
    reason = request.POST.get("reason", "").strip()[:200]
    if request.method == "POST":
        saved, errors = _save(connection, groups, request, reason)
        if not errors:
            messages.success(request, f"{saved} saved." if saved else "Nothing was different.")
            return HttpResponseRedirect(request.get_full_path())
    context = {
        **screen.admin_site.each_context(request),
        "title": f"Map: {connection}",
        "trail": screen.trail("Map", record=connection),
        "opts": screen.opts,
        "original": connection,
        "connection": connection,
        "steps": steps_of(connection, MAP),
        "back": screen.page("change", connection.pk),
        "next_url": screen.page(TEST_INVOICE, connection.pk),
        "read_codes_url": screen.page("read-codes", connection.pk),
        "groups": [
            (group, [(each, errors.get(each.field, "")) for each in group.choices])
            for group in groups
        ],
        "no_accounts": no_accounts(connection),
        "no_tax_codes": no_tax_codes(connection),
        "lacking": kinds_lacking(connection),
        "all_missing": list(page.missing.values()),
        "search": page.search,
        "relied_on": connection.stage in RELIED_ON,
        "reason": reason,
    }
    shown = TemplateResponse(request, "backoffice/ledgers/mapping.html", context)
    return done(shown) if saved else shown


def no_accounts(connection: Connection) -> str:
    """Why no account is asked for, in the words of its connector; "" where there is a chart."""
    capabilities = system(connection.system).capabilities
    if capabilities.accounts:
        return ""
    return capabilities.cannot.get("accounts", f"{capabilities.name} has no chart of accounts.")


def no_tax_codes(connection: Connection) -> str:
    """What tells the tax of a line instead of a code, in the words of its connector; "" where there
    are codes."""
    capabilities = system(connection.system).capabilities
    if capabilities.line_tax is LineTax.CODE:
        return ""
    told = {
        LineTax.PERCENT: "a line bears its percentage",
        LineTax.AMOUNT: "a line bears its tax as an amount",
        LineTax.UNTAXED: "no document bears tax",
    }[capabilities.line_tax]
    return capabilities.cannot.get(
        "line_tax", f"{capabilities.name} has no tax codes: {told}, and no code is asked for."
    )


def kinds_lacking(connection: Connection) -> list[str]:
    """Of the kinds of records that these books have not: why, in the words of their connector."""
    capabilities = system(connection.system).capabilities
    lacking = [kind for kind in Kind if kind not in capabilities.kinds]
    return [capabilities.cannot[kind] for kind in lacking if kind in capabilities.cannot]


def _save(
    connection: Connection, groups: list[Group], request: HttpRequest, reason: str
) -> tuple[int, dict[str, str]]:
    """Save what was chosen, line by line; a refused line says why and the others stand."""
    saved, errors = 0, {}
    for choice in (each for group in groups for each in group.choices):
        picked = request.POST.get(choice.field, "")
        code = next((each for each in choice.codes if str(each.pk) == picked), None)
        if code is None or code == choice.chosen:
            continue
        try:
            with made_by(reason=reason):
                set_mapping(connection, choice.subject, code=code, **_subject(choice))
            saved += 1
        except ValidationError as refusal:
            errors[choice.field] = " ".join(refusal.messages)
    return saved, errors


def _subject(choice: Choice) -> dict[str, Any]:
    """The argument of `set_mapping` that takes the thing of this choice; {} for a role."""
    name = next((key for key, subjects in THINGS.items() if choice.subject in subjects), "")
    return {name: choice.thing} if name else {}


def chosen(connection: Connection) -> State:
    """What is mapped now, under the names of the page's fields."""
    rows = Mapping.objects.filter(connection=connection).select_related("code", *THINGS)
    state = {}
    for row in rows.order_by("subject", "pk"):
        thing = row.thing
        name = f"{row.subject}-{thing.pk if thing else 'default'}"
        state[name] = (row.of_what(), str(row.code), str(row.code_id))
    return state


def code_called(key: str) -> str:
    code = RemoteCode.objects.filter(pk=key).first() if key.isdecimal() else None
    return str(code or "")
