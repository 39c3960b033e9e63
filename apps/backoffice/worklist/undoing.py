"""A run is undone: a plan that names what stays, a reason, and what has become of each record."""

from collections import Counter
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from apps.backoffice.frame.acts import ButtonAct
from apps.backoffice.frame.formatting import amount_text
from apps.backoffice.frame.reasons import ReasonForm
from apps.connectors.snapshots import Kind
from apps.staff.acts import ActName
from apps.sync.models import Reason, Run, State, SyncRecord, Undo
from apps.sync.undo import Fate, Plan, fates_of, leave_there, plan_of, undo_run
from apps.sync.wording import called, capital

SHOWN = 50  # records named on one page; the others are counted
UNDOS_SHOWN = 3
TOLD = (Fate.HELD, Fate.STAYS)  # the others need no word of their own
KIND_WORDS = {
    Kind.ALLOCATION: "Amounts set against something",
    Kind.DEPOSIT: "Bank deposits",
    Kind.PAYMENT: "Payments",
    Kind.REFUND: "Refunds",
    Kind.ADJUSTMENT: "Deductions and other adjustments",
    Kind.CREDIT_NOTE: "Credit notes",
    Kind.INVOICE: "Invoices",
}


def may_be_undone(run: Run) -> bool:
    return run.duty == "sync" and run.outcome != Run.Outcome.RUNNING and run.pushed > 0


def planned(request: HttpRequest, run: Run) -> SafeString:
    """The plan as it stands now. Nothing is done yet, here or there."""
    plan = plan_of(run)
    return _drawn("backoffice/worklist/undo_plan.html", _of_plan(plan), request)


def _of_plan(plan: Plan) -> dict[str, Any]:
    connection = plan.run.connection
    staying = plan.staying
    return {
        "name": connection.system_name,
        "why_none": plan.why_none,
        "counts": [(KIND_WORDS[kind], going, stays) for kind, going, stays in plan.counts()],
        "owed": [
            (currency, amount_text(before, currency), amount_text(after, currency))
            for currency, before, after in plan.owed()
        ],
        "masters": plan.masters,
        "already": plan.already,
        "going": len(plan.going),
        "staying": [each.refusal for each in staying[:SHOWN]],
        "stay": len(staying),
        "shown": SHOWN,
    }


def _undo(request: HttpRequest, run: Run, answers: dict[str, Any]) -> str:
    undo = undo_run(run, user_id=request.user.pk or 0, reason=answers["reason"])
    going = undo.parts.filter(sentence="").count()
    some = "1 record" if going == 1 else f"{going:,} records"
    return (
        f"{some} will be taken back in {run.connection.system_name} with the next run, which starts "
        "at once. This page shows how far it has come."
    )


def _leave(request: HttpRequest, run: Run, answers: dict[str, Any]) -> str:
    left = sum(leave_there(each, user_id=request.user.pk or 0) for each in run.undos.all())
    return f"{left} of them stay in {run.connection.system_name}, as they stand there and here."


def _has_held(run: Run) -> bool:
    held = SyncRecord.objects.filter(undo__run=run, state=State.NEEDS_PERSON)
    return held.exclude(reason=Reason.ANSWER_LOST).exists()


def undo_boxes(request: HttpRequest, run: Run) -> list[str]:
    """What has become of each undo of this run, the latest first."""
    undos = run.undos.select_related("asked_by")[:UNDOS_SHOWN]
    return [_drawn("backoffice/worklist/undo.html", _of_undo(each, run), request) for each in undos]


def _of_undo(undo: Undo, run: Run) -> dict[str, Any]:
    taken = fates_of(undo)
    fates = Counter(each.fate for each in taken)
    told = [each for each in taken if each.fate in TOLD]
    told.sort(key=lambda each: TOLD.index(each.fate))
    return {
        "undo": undo,
        "name": run.connection.system_name,
        "fates": [(each.value, fates[each]) for each in Fate if fates[each]],
        "under_way": fates[Fate.UNDER_WAY],
        "told": [
            (capital(called(each.part.sync_record.subject)), each.fate.value, each)
            for each in told[:SHOWN]
        ],
        "many": len(told),
        "shown": SHOWN,
    }


def _drawn(template: str, context: dict[str, Any], request: HttpRequest) -> SafeString:
    return SafeString(render_to_string(template, context, request))


UNDO_ACTS = (
    ButtonAct(
        name="undo",
        words="Undo this run",
        permission=ActName.UNDO_RUN,
        when=may_be_undone,
        danger=True,
        asks=ReasonForm,
        means="What this run made over there is voided or deleted there. Here every record stays as "
        "it is, and is left out of those books until a person sends it again.",
        foretells=planned,
        do=_undo,
    ),
    ButtonAct(
        name="leave-there",
        words="Leave there what could not be taken back",
        permission=ActName.UNDO_RUN,
        when=_has_held,
        means="What could not be taken back stays over there. Tieout goes on keeping it as it was "
        "before the undo.",
        do=_leave,
    ),
)
