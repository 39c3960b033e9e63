"""Screens of control: limits per role and act, and what a second person is asked to approve."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from apps.backoffice.control.limit_acts import LIMIT_ACTS, higher_limit
from apps.backoffice.frame.acts import ButtonAct
from apps.backoffice.frame.formatting import (
    BAD,
    BUSY,
    GOOD,
    PLAIN,
    ago,
    amount_text,
    link,
    money,
    tag,
)
from apps.backoffice.frame.one_company import FixedCompany
from apps.backoffice.frame.reasons import ReasonForm
from apps.backoffice.frame.screens import (
    ChoicesFilter,
    FewRelatedFilter,
    OwnFilter,
    ReadOnlyAdmin,
    RecordWithHistoryAdmin,
)
from apps.billing import actions
from apps.billing.acts.approving import to_decide
from apps.billing.acts.limiting import in_words, note_first, set_limit, who_may_agree
from apps.billing.models import (
    AccountRole,
    ActLimit,
    Approval,
    CreditNote,
    LimitRequest,
    PaymentMethod,
    TaxRate,
)
from apps.staff.acts import ACTS, LIMITED, ActName, act_words
from apps.staff.models import User

COLOURS = {
    Approval.State.WAITING: BUSY,
    Approval.State.APPROVED: GOOD,
    Approval.State.REFUSED: BAD,
    Approval.State.WITHDRAWN: PLAIN,
}


HIGHER_WAITS = (
    "A higher limit, or none, waits for a second administrator, who agrees on this page. Until then the"
    " limit is what it was."
)


def person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # the admin lets nobody else in
    return request.user


class HigherFilter(OwnFilter):
    title = "higher limits that wait"
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Wait for a second administrator")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ActLimit]) -> QuerySet[ActLimit]:
        if self.value() != "yes":
            return queryset
        return queryset.filter(requests__state=LimitRequest.State.WAITING)


@admin.register(ActLimit)
class ActLimitAdmin(FixedCompany, RecordWithHistoryAdmin):
    list_display = ["act_in_words", "role", "company", "money_amount"]
    list_filter = [("company", FewRelatedFilter), ("role", ChoicesFilter), HigherFilter]
    quick = (("All", "?"), ("Higher limits that wait", "?waits=yes"))
    list_select_related = ["company"]
    autocomplete_fields = ["company"]
    fields = ["company", "act", "role", "amount"]
    acts = LIMIT_ACTS
    empty_sentence = "No limits: each role does alone what it may do at all."

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        if "role" in form.base_fields:
            # Only those who may do one of these acts at all have a limit for it.
            allowed = sorted({role.value for act in LIMITED for role in ACTS[act].roles})
            form.base_fields["role"] = forms.ChoiceField(choices=[(name, name) for name in allowed])
        return form

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fixed = list(super().get_readonly_fields(request, obj))
        return [*fixed, "act", "role"] if obj else fixed

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Raised or emptied, it waits for a second administrator."""
        if not change:
            super().save_model(request, obj, form, change)
            note_first(obj, by=person(request), request=request)
        elif "amount" in form.changed_data:
            asked = set_limit(obj, obj.amount, by=person(request), request=request)
            if asked is not None:
                messages.warning(request, HIGHER_WAITS)

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        asked = higher_limit(record)
        if asked is None:
            return []
        context = {
            "asked": asked,
            "wanted": in_words(record, asked.amount),
            "before": in_words(record, asked.before),
            "second": bool(who_may_agree(asked)),
        }
        return [render_to_string("backoffice/control/higher_limit.html", context, request)]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # An empty amount takes a limit away, and its history stays.
        return False

    @admin.display(description="Act", ordering="act")
    def act_in_words(self, limit: ActLimit) -> str:
        return act_words(limit.act).capitalize()

    @admin.display(description="Alone up to", ordering="amount")
    def money_amount(self, limit: ActLimit) -> SafeString | str:
        if limit.amount is None:
            return "no limit"
        return money(limit.amount, limit.company.home_currency)


def _typed(answers: dict[str, str], subject: Any) -> Iterator[str]:
    """The answers of a request in words, as billing kept them."""
    currency = getattr(subject, "currency", "")
    if role := answers.get("role"):
        yield str(AccountRole(role).label)
    if amount := answers.get("amount"):
        yield f"{amount_text(Decimal(amount), currency)} {currency}"
    if method := answers.get("method"):
        found = PaymentMethod.objects.filter(pk=method).first()
        yield f"by {found}" if found else "by a method that is gone"
    if Decimal(answers.get("fee") or 0):
        yield f"fee {amount_text(Decimal(answers['fee']), currency)} {currency}"
    if answers.get("chargeback"):
        yield "a chargeback"
    if answers.get("relief"):
        yield "its tax taken back"
    if answers.get("lawful"):
        yield "the asker says that the law relieves it on that day"
    for name, model, what in (
        ("tax_rate", TaxRate, "tax within it"),
        ("fee_tax_rate", TaxRate, "tax within the fee"),
        ("note", CreditNote, "of"),
    ):
        if key := answers.get(name):
            named = model._base_manager.filter(pk=key).first()
            yield f"{what} {named}" if named else f"{what} one that is gone"


# --- the buttons on a request --------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class AnothersAct(ButtonAct):
    """Not offered to whoever asked (billing refuses it too)."""

    def offered(self, request: HttpRequest, record: Any) -> bool:
        return super().offered(request, record) and record.requested_by_id != request.user.pk


@dataclass(frozen=True, kw_only=True)
class OwnAct(ButtonAct):
    """Offered to whoever asked alone."""

    def offered(self, request: HttpRequest, record: Any) -> bool:
        return super().offered(request, record) and record.requested_by_id == request.user.pk


def waits(approval: Approval) -> bool:
    return approval.is_waiting


def _approve(request: HttpRequest, approval: Approval, answers: dict[str, Any]) -> str:
    actions.approve(approval, person(request))
    return f"Approved and done: {act_words(approval.act)}."


def _refuse(request: HttpRequest, approval: Approval, answers: dict[str, Any]) -> str:
    actions.refuse(approval, person(request), reason=answers["reason"])
    return "Refused. Nothing was posted."


def _withdraw(request: HttpRequest, approval: Approval, answers: dict[str, Any]) -> str:
    actions.withdraw(approval, person(request))
    return "Withdrawn. Nothing was posted."


APPROVE = AnothersAct(
    name="approve",
    words="Approve",
    permission=ActName.APPROVE,
    when=waits,
    do=_approve,
    main=True,
    means=lambda approval: (
        f"{approval.requested_by} asked to {act_words(approval.act)}: {approval.subject}, "
        f"{amount_text(approval.amount, approval.company.home_currency)} "
        f"{approval.company.home_currency}. It is done as soon as you approve."
    ),
)
REFUSE = AnothersAct(
    name="refuse",
    words="Refuse",
    permission=ActName.APPROVE,
    when=waits,
    do=_refuse,
    asks=ReasonForm,
    danger=True,
)
WITHDRAW = OwnAct(
    name="withdraw",
    words="Withdraw",
    permission=ActName.APPROVE,
    when=waits,
    do=_withdraw,
    means="Nothing is posted, and nobody is asked any more.",
)


class ForWhomFilter(OwnFilter):
    title = "for whom"
    parameter_name = "for"

    def lookups(self, request: HttpRequest, screen: Any) -> list[tuple[str, str]]:
        return [("me", "For me to decide")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return to_decide(queryset, request.user) if self.value() == "me" else queryset


@admin.register(Approval)
class ApprovalAdmin(ReadOnlyAdmin):
    list_words = "Approvals"
    list_display = ["what", "who_asked", "asked", "money_amount", "money_limit", "state_label"]
    list_filter = [ForWhomFilter, ("state", ChoicesFilter), ("company", FewRelatedFilter)]
    list_select_related = ["company", "requested_by", "decided_by", "invoice", "credit_note",
                           "payment", "allocation__invoice", "adjustment", "refund"]  # fmt: skip
    acts = (APPROVE, REFUSE, WITHDRAW)
    quick = (
        ("For me to decide", "?for=me"),
        ("Waiting", "?state__exact=waiting"),
        ("All", "?"),
    )
    fields = ["state_label", "what", "record", "company", "money_amount", "money_limit",
              "details", "reason", "on", "who_asked", "asked", "who_decided", "decision_reason"]  # fmt: skip
    readonly_fields = fields
    empty_sentence = "What is above somebody's limit waits here for a second person."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Approval]:
        rows: QuerySet[Approval] = super().get_queryset(request)
        return rows.select_related(*self.list_select_related)

    @admin.display(description="Asked for")
    def what(self, approval: Approval) -> str:
        return str(approval)

    @admin.display(description="Record")
    def record(self, approval: Approval) -> SafeString:
        meta = approval.subject._meta
        address = reverse(
            f"admin:{meta.app_label}_{meta.model_name}_change", args=[approval.subject.pk]
        )
        return link(address, approval.subject)

    @admin.display(description="Amount", ordering="amount")
    def money_amount(self, approval: Approval) -> SafeString:
        return money(approval.amount, approval.company.home_currency)

    @admin.display(description="Limit then")
    def money_limit(self, approval: Approval) -> SafeString:
        return money(approval.limit, approval.company.home_currency)

    @admin.display(description="Status", ordering="state")
    def state_label(self, approval: Approval) -> SafeString:
        return tag(approval.get_state_display(), COLOURS[Approval.State(approval.state)])

    @admin.display(description="What exactly")
    def details(self, approval: Approval) -> str:
        """“Bank charges and fees, 2.00, fee 1.20”: what was typed beside date and reason."""
        return ", ".join(_typed(approval.answers, approval.subject)) or "–"

    @admin.display(description="Reason")
    def reason(self, approval: Approval) -> str:
        return str(approval.answers.get("reason", "–"))

    @admin.display(description="Date of the act")
    def on(self, approval: Approval) -> str:
        on = approval.answers.get("on")
        return f"{date.fromisoformat(on):%d %B %Y}" if on else "–"

    @admin.display(description="Asked by", ordering="requested_by")
    def who_asked(self, approval: Approval) -> str:
        return str(approval.requested_by)

    @admin.display(description="Asked", ordering="requested_at")
    def asked(self, approval: Approval) -> str:
        return ago(approval.requested_at)

    @admin.display(description="Decided by")
    def who_decided(self, approval: Approval) -> str:
        if approval.decided_by is None:
            return "–"
        return f"{approval.decided_by}, {ago(approval.decided_at)}"
