"""First of its kind: of credit notes, payments, refunds and bank deposits one goes over alone, is read
back and compared, and then the others follow by themselves."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from apps.backoffice.frame.acts import PageAct, Screen
from apps.backoffice.frame.formatting import amount_text
from apps.backoffice.frame.once import done
from apps.backoffice.frame.permissions import may, person
from apps.backoffice.ledgers.dry_run import dry_box
from apps.backoffice.ledgers.effect import came_back
from apps.backoffice.ledgers.steps import FIRSTS, GO_LIVE, page_of, steps_of
from apps.backoffice.ledgers.trial import page_of_record, shown_of, stands_there, way_of
from apps.billing.models import CreditNote
from apps.connections.lifecycle import open_connector
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.staff.acts import ActName
from apps.sync.dry.running import dry_run, words
from apps.sync.models import RemoteRecord, rows_of
from apps.sync.trial.alone import Busy, Ended, TrialResult, Way
from apps.sync.trial.before_it import needed_before
from apps.sync.trial.first_proposed import (
    KindStands,
    choices_of,
    kinds_of,
    proposed_first,
)
from apps.sync.trial.firsts import confirm_first, run_first
from apps.sync.wording import called, capital, day

TITLE = "First of its kind"
CHOICES_SHOWN = 50
KIND = "kind"  # of the query and of the form


class RecordField(forms.ModelChoiceField):
    def label_from_instance(self, record: Any) -> str:
        if isinstance(record, CreditNote):
            total = amount_text(record.total, record.currency)
            return (
                f"{record}: {record.customer}, {total} {record.currency}, {day(record.issue_date)}"
            )
        return f"{capital(called(record))}, {day(record.date)}"


class FirstForm(forms.Form):
    record = RecordField(
        rows_of(Kind.PAYMENT).none(),
        label="Which one",
        help_text="It is a real record and stays in their books.",
    )

    def __init__(
        self, *args: Any, connection: Connection, kind: Kind, tried: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["record"]
        waiting = choices_of(connection, kind)
        also = [tried] if tried is not None else []
        # The choices are a slice; validation looks in all of them.
        field.queryset = waiting | rows_of(kind).filter(pk__in=[each.pk for each in also])
        recent = [*also, *(each for each in waiting[:CHOICES_SHOWN] if each not in also)]
        best = (self.initial or {}).get("record")
        recent += [best] if best is not None and best not in recent else []
        field.choices = [(each.pk, field.label_from_instance(each)) for each in recent]


class SeenForm(forms.Form):
    """A person has seen it there."""

    known_by = forms.CharField(
        label="How you know that it stands there as it is here",
        max_length=300,
        help_text="It is kept with your name and the time.",
    )


def firsts_page(screen: Screen, request: HttpRequest, connection: Connection) -> HttpResponse:
    """GET proposes one of a kind and shows what of it will be sent; POST sends what was shown, and
    shows the comparison. What was not shown before is shown first."""
    kinds = kinds_of(connection)
    kind = _asked(request, kinds)
    context = {
        **screen.admin_site.each_context(request),
        "title": f"{TITLE}: {connection}",
        "trail": screen.trail(TITLE, record=connection),
        "opts": screen.opts,
        "original": connection,
        "connection": connection,
        "name": connection.system_name,
        "steps": steps_of(connection, GO_LIVE),
        "reads_back": connection.capabilities.reads_back,
        "by_file": connection.capabilities.hands_over,
        "back": screen.page("change", connection.pk),
    }
    result = None
    if kind is not None:
        told, result = _of_kind(request, connection, kind)
        context |= told
    # Sent, a kind may be open by now.
    context["kinds"] = [(each, _url(connection, each)) for each in kinds_of(connection)]
    shown = TemplateResponse(request, "backoffice/ledgers/firsts.html", context)
    return shown if result is None else done(shown)


def _asked(request: HttpRequest, kinds: Sequence[KindStands]) -> KindStands | None:
    """The kind that was chosen, else the first that has something to try."""
    word = request.POST.get(KIND) or request.GET.get(KIND)
    chosen = next((each for each in kinds if each.kind.value == word and not each.is_open), None)
    return chosen or next((each for each in kinds if each.asks), None)


def _url(connection: Connection, stands: KindStands) -> str:
    return first_url(connection, stands.kind) if stands.asks else ""


def first_url(connection: Connection, kind: Kind | str) -> str:
    """The page at one kind."""
    return f"{page_of(connection, FIRSTS)}?{KIND}={Kind(kind).value}"


# --- One kind -------------------------------------------------------------------------------------


def _of_kind(
    request: HttpRequest, connection: Connection, stands: KindStands
) -> tuple[dict[str, Any], TrialResult | None]:
    kind, tried = stands.kind, stands.tried
    best = proposed_first(connection, kind)
    subject: Any = tried.subject if tried is not None else None
    first = subject if subject is not None else best.record if best is not None else None
    posted = request.method == "POST" and request.POST.get(KIND) == kind.value
    form = FirstForm(
        request.POST if posted else None,
        initial={"record": first},
        connection=connection,
        kind=kind,
        tried=subject,
    )
    seen = SeenForm(request.POST) if posted and "known_by" in request.POST else None
    chosen, result = first, None
    if posted and form.is_valid():
        chosen = form.cleaned_data["record"]
        shown = request.POST.get("shown") == str(chosen.pk) or way_of(request) is Way.COMPARE
        if "show" not in request.POST and shown:
            result = _tried(request, connection, form, seen)
    if result is not None and result.asks_word:
        seen = SeenForm()
    context = {
        "stands": stands,
        "one": words(kind, 1),
        "many": words(kind, 2),
        "form": form,
        "seen": seen if result is None or result.asks_word else None,
        "chosen": chosen,
        "chosen_url": page_of_record(chosen) if chosen is not None else "",
        "why": best.why if best is not None and chosen == best.record and result is None else "",
        "again": result is not None or (tried is not None and chosen == subject),
        "stands_there": chosen is not None and stands_there(connection, chosen),
        "result": result,
        "told": _foretold(request, connection, chosen) if result is None else SafeString(""),
        "came_back": came_back(request, connection, result),
    }
    if result is not None:
        context |= shown_of(request, connection, result)
    return context, result


def _tried(
    request: HttpRequest, connection: Connection, form: FirstForm, seen: SeenForm | None
) -> TrialResult | None:
    """The result; None where it could not start, with the reason on the form."""
    first = form.cleaned_data["record"]
    try:
        if seen is None:
            return run_first(connection, first, user_id=person(request), way=way_of(request))
        if seen.is_valid():
            known_by = seen.cleaned_data["known_by"]
            confirm_first(connection, first, user_id=person(request), words=known_by)
            said = f"{capital(called(first))} stands there as it is here, as you have seen."
            return TrialResult(Ended.MATCHED, (), said)
    except ValidationError as refusal:
        (seen or form).add_error(None, refusal.messages)
    except Busy as busy:
        form.add_error(None, str(busy))
    return None


def _foretold(request: HttpRequest, connection: Connection, chosen: Any) -> SafeString:
    """What of it will be sent and what it books, with what must go before it."""
    if chosen is None:
        return SafeString("")
    connector = open_connector(connection)
    before = [
        each
        for kind, keys in needed_before(connector, chosen).items()
        for each in rows_of(kind).filter(pk__in=keys - _there(connection, kind)).order_by("pk")
    ]
    return dry_box(request, dry_run(connection, [*before, chosen], first=chosen))


def _there(connection: Connection, kind: Kind) -> set[int]:
    """Keys of ours of this kind that stand in their books."""
    rows = RemoteRecord.objects.filter(
        connection=connection,
        part="",
        retired=False,
        gone=False,
        sync_record__kind=kind,
    )
    return set(rows.values_list(f"sync_record__{kind.value}_id", flat=True))


# --- Where else it is told ------------------------------------------------------------------------


def asking(request: HttpRequest, connection: Connection) -> list[tuple[KindStands, str]]:
    """The kinds of which this person has one to try, each with its page."""
    if not (connection.is_live and may(request, ActName.SEND_FIRST)):
        return []
    return [(each, first_url(connection, each.kind)) for each in kinds_of(connection) if each.asks]


FIRSTS_ACT = PageAct(
    name=FIRSTS,
    words=TITLE,
    permission=ActName.SEND_FIRST,
    when=lambda connection: connection.is_live,
    page=firsts_page,
    calls_out=True,
)
