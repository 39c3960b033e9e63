"""What our items, taxes, payment methods and bank accounts are called over there."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from apps.backoffice.frame.acts import Screen
from apps.backoffice.frame.once import done
from apps.backoffice.frame.versions import State
from apps.backoffice.ledgers.mapping_choices import ACCEPTED_TOGETHER, Choice, Group, Page
from apps.backoffice.ledgers.mapping_files import MAP_FILE
from apps.backoffice.ledgers.mapping_impact import SEEN, Picked, impact_page, in_force
from apps.backoffice.ledgers.mapping_past import choosings, held, records_that_wait
from apps.backoffice.ledgers.steps import MAP, TEST_INVOICE, steps_of
from apps.billing.changes import made_by
from apps.connections.models import Connection
from apps.connectors.port import CodeKind, LineTax, Role
from apps.connectors.snapshots import Kind
from apps.core.numbers import whole
from apps.mappings.choices import RELIED_ON, set_mapping
from apps.mappings.models import THINGS, Mapping, RemoteCode
from apps.mappings.names import field_of
from apps.mappings.taxes import NO_TAXES

TAKE = "take"  # a button that takes one proposal, named by its field, or ALL
ALL = "all"
NAMED = 6  # of the proposals that are taken together
SHOW = "show"  # in the address: the choice that a link leads to


def mapping_page(screen: Screen, request: HttpRequest, connection: Connection) -> HttpResponse:
    page = Page(connection, request.GET.get("q", "").strip(), request.GET.get(SHOW, ""))
    groups = page.groups()
    saved = 0
    errors: dict[str, str] = {}
    reason = request.POST.get("reason", "").strip()[:200]
    if request.method == "POST":
        picked = _picked(groups, request, connection)
        changed = in_force(picked, connection)
        if changed and SEEN not in request.POST:
            return impact_page(screen, request, connection, picked, changed)
        saved, errors = _save(connection, picked, reason)
        if not errors:
            messages.success(request, _told(saved, picked))
            return HttpResponseRedirect(request.get_full_path())
    address = screen.page(MAP, connection.pk)
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
        "here": address,
        "file_url": screen.page(MAP_FILE, connection.pk),
        "groups": [
            (group, [(each, errors.get(each.field, "")) for each in group.choices])
            for group in groups
        ],
        "no_accounts": no_accounts(connection),
        "no_tax_codes": no_tax_codes(connection),
        "lacking": kinds_lacking(connection),
        "fixed": chosen_there(connection),
        "complete": page.complete,
        "doubts": [(each, field_of(*each.key)) for each in page.doubts.values()],
        "accepted": len(_all_accepted(groups)),
        "together": [choice for choice, _ in _all_accepted(groups)[:NAMED]],
        "held": held(connection, page.shown) if page.shown else None,
        "waiting": records_that_wait(connection, page.shown) if page.shown else None,
        "shown": next((e for g in groups for e in g.choices if _is(e, page)), None),
        "choosings": choosings(connection) if connection.capabilities.accounts else [],
        "search": page.search,
        "relied_on": connection.stage in RELIED_ON,
        "reason": reason,
    }
    shown = TemplateResponse(request, "backoffice/ledgers/mapping.html", context)
    return done(shown) if saved else shown


def _is(choice: Choice, page: Page) -> bool:
    return page.shown is not None and choice.field == field_of(*page.shown)


def no_accounts(connection: Connection) -> str:
    """Why no account is asked for, in the words of its connector; "" where there is a chart."""
    capabilities = connection.capabilities
    if capabilities.accounts:
        return ""
    return capabilities.cannot.get("accounts", f"{capabilities.name} has no chart of accounts.")


def no_tax_codes(connection: Connection) -> str:
    """What tells the tax of a line instead of a code, in the words of its connector; "" where there
    are codes."""
    capabilities = connection.capabilities
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
    capabilities = connection.capabilities
    lacking = [kind for kind in Kind if kind not in capabilities.kinds]
    return [capabilities.cannot[kind] for kind in lacking if kind in capabilities.cannot]


def chosen_there(connection: Connection) -> list[tuple[str, str]]:
    """What nobody chooses here, since the ledger takes it by itself or holds no such thing: (what,
    why). Its own accounts are named as they were read."""
    capabilities, name = connection.capabilities, connection.system_name
    if not capabilities.accounts:
        return []
    accounts = RemoteCode.objects.filter(
        connection=connection, kind=CodeKind.ACCOUNT, active=True
    ).order_by("remote_id")
    receivables = [str(each) for each in accounts if Role.RECEIVABLE in each.roles]
    exchange = [str(each) for each in accounts if Role.EXCHANGE in each.roles]
    named = " and ".join(receivables[:3]) or "an account that it makes with the first invoice"
    how = "one for each currency" if capabilities.receivable_per_currency else "one for all"
    tax = (
        f"Prices with tax in them are sent with the tax taken out: {name} gets each line's net and "
        "the tax beside it, so a company there that adds tax on top holds the same total."
    )
    found = [
        ("Receivable account", f"{name} books every invoice to {named} ({how})."),
        (
            "Rounding",
            (
                f"{name} takes none from us: totals are sent as they are and must agree. What is "
                "left when a customer pays a cent less goes to the account for small differences."
            ),
        ),
        (
            "Exchange gain and loss",
            f"{name} books it by itself to {exchange[0] if exchange else 'an account of its own'}.",
        ),
        (
            "Classes, locations and tracking",
            "Tieout keeps none. What staff set there on a document stays there with every change.",
        ),
    ]
    return (
        found if connection.tax_regime in NO_TAXES else [*found, ("Prices with tax in them", tax)]
    )


def _picked(
    groups: list[Group], request: HttpRequest, connection: Connection
) -> list[tuple[Choice, RemoteCode]]:
    """What was picked that differs from what is chosen; of proposals those that were taken."""
    if request.POST.get(TAKE) == ALL:
        return _all_accepted(groups)
    found = []
    for choice in (each for group in groups for each in group.choices):
        picked = request.POST.get(choice.field, "")
        code = next((each for each in choice.codes if str(each.pk) == picked), None)
        if choice.proposed is not None and request.POST.get(TAKE) == choice.field:
            code = choice.proposed
        if code is not None and code != choice.chosen:
            found.append((choice, code))
    return found


def _all_accepted(groups: list[Group]) -> list[tuple[Choice, RemoteCode]]:
    """The proposals that are taken together."""
    return [
        (each, each.proposed)
        for group in groups
        for each in group.choices
        if each.subject in ACCEPTED_TOGETHER and each.proposed is not None
    ]


def _save(connection: Connection, picked: Picked, reason: str) -> tuple[int, dict[str, str]]:
    """Save what was picked, line by line; a refused line says why and the others stand."""
    saved, errors = 0, {}
    for choice, code in picked:
        try:
            with made_by(reason=reason):
                set_mapping(connection, choice.subject, code=code, **_subject(choice))
            saved += 1
        except ValidationError as refusal:
            errors[choice.field] = " ".join(refusal.messages)
    return saved, errors


def _told(saved: int, picked: Picked) -> str:
    """With what waited for it, since that goes now."""
    if not saved:
        return "Nothing was different."
    choices = "1 choice" if saved == 1 else f"{saved} choices"
    freed = [each.lacking for each, _ in picked if each.lacking and each.lacking.count]
    if not freed:
        return f"{choices} saved."
    waited = "; ".join(each.blocks_in_words for each in freed)
    return f"{choices} saved. No longer waiting for it: {waited}."


def _subject(choice: Choice) -> dict[str, Any]:
    """The argument of `set_mapping` that takes the thing of this choice; {} for a role."""
    name = Mapping.argument_of(choice.subject)
    return {name: choice.thing} if name else {}


def chosen(connection: Connection) -> State:
    """What is mapped now, under the names of the page's fields."""
    rows = Mapping.objects.filter(connection=connection).select_related("code", *THINGS)
    state = {}
    for row in rows.order_by("subject", "pk"):
        thing = row.thing
        name = field_of(row.subject, thing.pk if thing else None)
        state[name] = (row.of_what(), str(row.code), str(row.code_id))
    return state


def code_called(connection: Connection, key: str) -> str:
    rows = RemoteCode.objects.filter(connection=connection)
    code = rows.filter(pk=whole(key) or 0).first()
    return str(code or "")
