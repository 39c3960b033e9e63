"""Step two: from when, who records money, and what in closed months; with what follows of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from apps.backoffice.frame import permissions
from apps.backoffice.frame.acts import ActForm, Screen
from apps.backoffice.frame.days import DayField, spelled
from apps.backoffice.frame.permissions import may
from apps.backoffice.frame.versions import State, words
from apps.backoffice.ledgers.steps import MAP, OPEN_ITEMS, WHOSE, is_settled, steps_of
from apps.billing.changes import made_by
from apps.billing.models import Payment, PaymentMethod
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.staff.models import User
from apps.sync.decide.cut_off import settle_sides
from apps.sync.opening.preview import preview_of, proposed_cut_off

MOST_METHODS = 60  # asked on this page; more are answered on their own
SHOW = "show"  # the button that shows what falls on each side
RecordedBy = PaymentMethod.RecordedBy
BY_PERSON, BY_ITSELF = "person", "itself"


@dataclass(frozen=True, kw_only=True, slots=True)
class MethodLine:
    """How one way to be paid is answered: what is recommended, and why."""

    method: PaymentMethod
    recommended: str
    why: str
    feed: str  # what a live bank feed over there must not do with the same money
    records: Any  # bound fields
    deposits: Any


class CutOffForm(ActForm):
    starts_on = DayField(label="Send what is dated on or after")

    def __init__(
        self,
        *args: Any,
        proposed: date,
        methods: list[PaymentMethod],
        recommended: Mapping[int, str],
        **given: Any,
    ):
        super().__init__(*args, **given)
        self.fields["starts_on"].initial = self.record.starts_on or proposed
        name, kinds = self.record.system_name, self.record.capabilities.kinds
        for method in methods:
            label = f"Who records {method.name} ({method.currency})"
            self.fields[records(method)] = forms.ChoiceField(
                label=label,
                choices=[(RecordedBy.TIEOUT, "Tieout"), (RecordedBy.LEDGER, name)],
                initial=recommended.get(method.pk, method.recorded_by),
            )
            if Kind.DEPOSIT in kinds and method.posts_to == PaymentMethod.PostsTo.CLEARING:
                self.fields[deposits(method)] = forms.ChoiceField(
                    label=f"Bank deposits of {method.name} ({method.currency})",
                    choices=[
                        (BY_PERSON, "Proposed under Bank deposits, a person makes them"),
                        (BY_ITSELF, "Made by themselves: daily takings, payouts"),
                    ],
                    initial=BY_ITSELF if method.deposits_itself else BY_PERSON,
                )


def records(method: PaymentMethod) -> str:
    return f"records_{method.pk}"


def deposits(method: PaymentMethod) -> str:
    return f"deposits_{method.pk}"


def whose_page(screen: Screen, request: HttpRequest, connection: Connection) -> HttpResponse:
    """GET proposes; POST shows what falls on each side of the day that is typed, or saves."""
    methods = _methods(connection)
    proposed = proposed_cut_off(connection)
    posted = request.POST if request.method == "POST" else None
    used = _used(methods)
    # What is recommended stands chosen until somebody has answered, where they may say so.
    asks = connection.sides_settled_at is None and may(request, permissions.CHANGE_PAYMENT_METHODS)
    form = CutOffForm(
        posted,
        record=connection,
        proposed=proposed.day,
        methods=methods,
        recommended={each.pk: recommended_for(each, used.get(each.pk, 0)) for each in methods}
        if asks
        else {},
    )
    day = connection.starts_on or proposed.day
    if request.method == "POST" and form.is_valid():
        day = form.cleaned_data["starts_on"]
        if SHOW not in request.POST:
            try:
                return _saved(screen, request, connection, form, methods)
            except ValidationError as refusal:
                form.add_error(None, refusal.messages)
    locked, closed = connection.remote_closing_date, connection.company.closing_date
    context = {
        **screen.admin_site.each_context(request),
        "title": f"What is whose: {connection}",
        "trail": screen.trail("What is whose", record=connection),
        "opts": screen.opts,
        "original": connection,
        "connection": connection,
        "back": screen.page("change", connection.pk),
        "steps": steps_of(connection, WHOSE),
        "form": form,
        "media": form.media,
        "proposed": proposed,
        "proposed_words": spelled(proposed.day),
        "lines": [_line(each, form, connection, used.get(each.pk, 0)) for each in methods],
        "may_change_methods": may(request, permissions.CHANGE_PAYMENT_METHODS),
        "has_deposits": Kind.DEPOSIT in connection.capabilities.kinds,
        "preview": preview_of(connection, day),
        "day_words": spelled(day),
        "is_early": day < proposed.day,
        "locked": max((each for each in (locked, closed) if each), default=None),
        "settled": is_settled(connection),
        "sides_url": screen.page("which-side-wins", connection.pk),
        "open_url": screen.page(OPEN_ITEMS, connection.pk) if connection.starts_on else "",
        "next_url": screen.page(MAP, connection.pk),
    }
    return TemplateResponse(request, "backoffice/ledgers/whose.html", context)


def answers_now(connection: Connection) -> State:
    """What stands under the names of the page's fields: two people do not undo each other."""
    found = {"starts_on": words("Cut-off", connection.starts_on)}
    for each in _methods(connection):
        found[records(each)] = (
            f"Who records {each.name}",
            each.get_recorded_by_display(),
            each.recorded_by,
        )
        itself = BY_ITSELF if each.deposits_itself else BY_PERSON
        found[deposits(each)] = (f"Bank deposits of {each.name}", itself, itself)
    return found


def _methods(connection: Connection) -> list[PaymentMethod]:
    rows = PaymentMethod.objects.filter(company=connection.company_id, active=True)
    return list(rows.order_by("name", "pk")[:MOST_METHODS])


def _used(methods: list[PaymentMethod]) -> dict[int, int]:
    """How many payments were entered here by each method."""
    rows = Payment.objects.filter(method__in=methods, made_in="").order_by()
    return dict(rows.values_list("method").annotate(Count("pk")))


def recommended_for(method: PaymentMethod, used: int) -> str:
    """The side with the bank feed; Tieout where money by it was entered here already."""
    if used or method.posts_to == PaymentMethod.PostsTo.CLEARING:
        return RecordedBy.TIEOUT
    return RecordedBy.LEDGER


def _line(method: PaymentMethod, form: CutOffForm, connection: Connection, used: int) -> MethodLine:
    """The side with the bank feed records it; what is entered here already goes on so."""
    name = connection.system_name
    side = name if recommended_for(method, used) == RecordedBy.LEDGER else "Tieout"
    if used:
        why = f"{used:,} payments by it were entered in Tieout: it goes on so, and none is there twice."
    elif method.posts_to == PaymentMethod.PostsTo.BANK:
        why = f"It arrives in a bank account, whose feed {name} has: what it records comes here."
    else:
        why = "It lies in clearing until it is banked: a bank feed shows only the payout."
    return MethodLine(
        method=method,
        recommended=side,
        why=why,
        feed=beside_a_feed(method, connection),
        records=form[records(method)],
        deposits=form[deposits(method)] if deposits(method) in form.fields else None,
    )


def beside_a_feed(method: PaymentMethod, connection: Connection) -> str:
    """A bank feed brings the bank's line of money that is recorded already: matched it is one, added
    it stands there twice."""
    name = connection.system_name
    if method.posts_to == PaymentMethod.PostsTo.BANK:
        return (
            f"If Tieout records it and {name} has a bank feed: match the feed's line with the payment "
            "that Tieout sent. Added there as well, the same money stands in the bank twice."
        )
    if Kind.DEPOSIT in connection.capabilities.kinds:
        return (
            f"If {name} has a bank feed: match the bank's line with the bank deposit that Tieout "
            f"sends. Whoever adds that line in {name}, as income or as a deposit of its own, books the "
            "same money twice, and the payments stay in clearing as never banked."
        )
    return (
        f"If {name} has a bank feed: enter the bank's line there as a transfer out of the clearing "
        "account. Added as income, the same money stands there twice: once in the bank, and once in "
        "clearing."
    )


def _saved(
    screen: Screen,
    request: HttpRequest,
    connection: Connection,
    form: CutOffForm,
    methods: list[PaymentMethod],
) -> HttpResponse:
    user = request.user
    assert isinstance(user, User)  # acts are refused before this to anybody else
    changed = [each for each in methods if _take(each, form)]
    if changed and not may(request, permissions.CHANGE_PAYMENT_METHODS):
        raise ValidationError(
            "You may not change payment methods: leave who records money as it is, and ask an "
            "accountant to change it."
        )
    with transaction.atomic(), made_by(user.pk):
        for method in changed:
            method.full_clean()
            method.save()
        settle_sides(connection, form.cleaned_data["starts_on"], user)
    messages.success(
        request,
        f"From {spelled(form.cleaned_data['starts_on'])}. Nothing was sent. Go on: map.",
    )
    return HttpResponseRedirect(screen.page(WHOSE, connection.pk))


def _take(method: PaymentMethod, form: CutOffForm) -> bool:
    """What was answered of a method, put into it; whether that is another answer."""
    side = form.cleaned_data[records(method)]
    itself = method.deposits_itself
    if deposits(method) in form.cleaned_data:
        itself = form.cleaned_data[deposits(method)] == BY_ITSELF
    other = (side, itself) != (method.recorded_by, method.deposits_itself)
    method.recorded_by, method.deposits_itself = side, itself
    return other
