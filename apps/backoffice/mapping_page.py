"""Step two: what our items, payment methods and terms are called over there."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from apps.backoffice.setup_steps import steps_of
from apps.billing.models import Item, PaymentMethod, PaymentTerm
from apps.connections.models import Connection
from apps.connectors.port import CodeKind, Role
from apps.mappings.choices import NEVER_SALES, Missing, missing, set_mapping
from apps.mappings.fit import Thing
from apps.mappings.models import Mapping, RemoteCode
from apps.mappings.proposals import Proposal, propose

if TYPE_CHECKING:
    from apps.backoffice.admin_base import RecordAdmin

Subject = Mapping.Subject
ITEMS_SHOWN = 40
ARGUMENTS = {
    Subject.ITEM_ACCOUNT: "item",
    Subject.METHOD_ACCOUNT: "payment_method",
    Subject.METHOD: "payment_method",
    Subject.TERM: "payment_term",
}


@dataclass(kw_only=True)
class Choice:
    """One line of the page: something of ours, and the codes of theirs that fit."""

    subject: str
    thing: Thing | None
    words: str
    field: str
    codes: list[RemoteCode]
    chosen: RemoteCode | None
    proposal: Proposal | None
    missing: Missing | None
    needed: bool

    @property
    def offered(self) -> RemoteCode | None:
        return self.chosen or (self.proposal.code if self.proposal else None)


class Page:
    """Everything the page shows, read in a handful of queries."""

    def __init__(self, connection: Connection, search: str) -> None:
        self.connection = connection
        self.search = search
        rows = RemoteCode.objects.filter(connection=connection, active=True)
        self.codes = list(rows.order_by("kind", "number", "name"))
        mapped = Mapping.objects.filter(connection=connection).select_related("code")
        self.mapped = {(each.subject, _thing_id(each)): each.code for each in mapped}
        self.proposals = {(each.subject, _pk(each.thing)): each for each in propose(connection)}
        self.missing = {(each.subject, _pk(each.thing)): each for each in missing(connection)}

    def groups(self) -> list[tuple[str, str, list[Choice]]]:
        """(title, note, lines) in the order in which a person decides."""
        company = self.connection.company_id
        methods = list(PaymentMethod.objects.filter(company=company, active=True))
        terms = PaymentTerm.objects.filter(company=company, active=True)
        name = self.connection.system_name
        return [
            (
                "Sales",
                "Every item is booked to this account unless it has one of its own below.",
                [self._choice(Subject.INCOME, None, "Sales account by default", needed=True)],
            ),
            (
                "Items with an account of their own",
                f"Up to {ITEMS_SHOWN} are shown: search for others.",
                [self._choice(Subject.ITEM_ACCOUNT, item, str(item)) for item in self.items()],
            ),
            (
                "Payments",
                f"Where money lies in {name}, and what the method is called there.",
                [
                    choice
                    for method in methods
                    for choice in (
                        self._choice(
                            Subject.METHOD_ACCOUNT, method, f"{method}: account", needed=True
                        ),
                        self._choice(Subject.METHOD, method, f"{method}: payment method"),
                    )
                ],
            ),
            (
                "Payment terms",
                "Optional: the due date is sent in any case.",
                [self._choice(Subject.TERM, term, str(term)) for term in terms],
            ),
        ]

    def items(self) -> list[Item]:
        """What was searched for; else what has an account of its own, or lacks one."""
        rows = Item.objects.filter(company=self.connection.company_id, active=True)
        if self.search:
            wanted = Q(code__icontains=self.search) | Q(name__icontains=self.search)
            return list(rows.filter(wanted)[:ITEMS_SHOWN])
        keys = [key for subject, key in [*self.missing, *self.mapped, *self.proposals]
                if subject == Subject.ITEM_ACCOUNT and key]  # fmt: skip
        return list(rows.filter(pk__in=keys[:ITEMS_SHOWN]))

    def _choice(
        self, subject: Subject, thing: Thing | None, words: str, needed: bool = False
    ) -> Choice:
        key = (subject, _pk(thing))
        return Choice(
            subject=subject,
            thing=thing,
            words=words,
            field=f"{subject}-{_pk(thing) or 'default'}",
            codes=[code for code in self.codes if _fits(code, subject, thing)],
            chosen=self.mapped.get(key),
            proposal=self.proposals.get(key),
            missing=self.missing.get(key),
            needed=needed,
        )


def _pk(thing: Thing | None) -> int | None:
    return thing.pk if thing is not None else None


def _thing_id(mapping: Mapping) -> int | None:
    return mapping.item_id or mapping.payment_method_id or mapping.payment_term_id


def _fits(code: RemoteCode, subject: Subject, thing: Thing | None) -> bool:
    """Which codes are offered; `set_mapping` is the judge of what is chosen."""
    roles = set(code.roles)
    if subject == Subject.METHOD:
        return code.kind == CodeKind.PAYMENT_METHOD
    if subject == Subject.TERM:
        return code.kind == CodeKind.TERM
    if code.kind != CodeKind.ACCOUNT:
        return False
    if isinstance(thing, PaymentMethod):
        wanted = Role.BANK if thing.posts_to == PaymentMethod.PostsTo.BANK else Role.CLEARING
        return wanted in roles and code.currency in ("", thing.currency)
    sales = {Role.INCOME} if subject == Subject.INCOME else {Role.INCOME, Role.LIABILITY}
    return bool(roles & sales) and not roles & NEVER_SALES


def mapping_page(
    screen: "RecordAdmin", request: HttpRequest, connection: Connection
) -> HttpResponse:
    page = Page(connection, request.GET.get("q", "").strip())
    groups = page.groups()
    errors: dict[str, str] = {}
    if request.method == "POST":
        choices = [choice for _, _, lines in groups for choice in lines]
        saved, errors = _save(connection, choices, request)
        if not errors:
            messages.success(request, f"{saved} saved." if saved else "Nothing was different.")
            return HttpResponseRedirect(request.get_full_path())
    context = {
        **screen.admin_site.each_context(request),
        "title": f"Map: {connection.name}",
        "trail": screen.trail("Map", record=connection),
        "opts": screen.opts,
        "original": connection,
        "connection": connection,
        "steps": steps_of(connection, "map"),
        "back": screen.page("change", connection.pk),
        "next_url": screen.page("test-invoice", connection.pk),
        "read_codes_url": screen.page("read-codes", connection.pk),
        "groups": [
            (title, note, [(each, errors.get(each.field, "")) for each in lines])
            for title, note, lines in groups
        ],
        "all_missing": list(page.missing.values()),
        "search": page.search,
    }
    return TemplateResponse(request, "backoffice/mapping.html", context)


def _save(
    connection: Connection, choices: list[Choice], request: HttpRequest
) -> tuple[int, dict[str, str]]:
    """Save what was chosen, line by line; a refused line says why and the others stand."""
    saved, errors = 0, {}
    for choice in choices:
        picked = request.POST.get(choice.field, "")
        code = next((each for each in choice.codes if str(each.pk) == picked), None)
        if code is None or code == choice.chosen:
            continue
        argument = ARGUMENTS.get(Subject(choice.subject))
        subject: dict[str, Any] = {argument: choice.thing} if argument else {}
        try:
            set_mapping(connection, choice.subject, code=code, **subject)
            saved += 1
        except ValidationError as refusal:
            errors[choice.field] = " ".join(refusal.messages)
    return saved, errors
