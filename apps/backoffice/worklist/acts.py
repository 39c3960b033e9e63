"""The buttons on sync records and on what a person decides: each calls one act of the engine."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from apps.backoffice.frame import permissions
from apps.backoffice.frame.acts import ActForm, ButtonAct
from apps.backoffice.frame.permissions import person
from apps.backoffice.frame.refusals import MOST_SENTENCES
from apps.backoffice.ledgers.status import RETRY, SEND_NOW, may_be_retried, waits
from apps.billing.models import Customer, Item
from apps.connectors.snapshots import Kind
from apps.staff.acts import ActName
from apps.sync.calls.handed_over import is_undecided
from apps.sync.decide import acts
from apps.sync.decide.adopt import adopt_customer, adopt_item, look_again
from apps.sync.decide.choices import why_not_both, why_not_link
from apps.sync.models import Candidate, Conflict, Reason, RemoteRecord, State, SyncRecord
from apps.sync.models.waits import On


class KeepBothForm(ActForm):
    reason = forms.CharField(max_length=200, help_text="Why these are two things.")


class TakeBackForm(ActForm):
    reason = forms.CharField(max_length=200, help_text="How you know that it is a double.")


class SendAnewForm(ActForm):
    reason = forms.CharField(max_length=200, help_text="Where you looked, and found nothing.")


class SeenThereForm(ActForm):
    reason = forms.CharField(
        max_length=200,
        help_text="How you know: a page of theirs, who told you. Kept with your name.",
    )


class RecreateForm(ActForm):
    reason = forms.CharField(max_length=200, help_text="Why it should stand there again.")


def may_retry(request: HttpRequest) -> bool:
    return permissions.may(request, ActName.RETRY)


def is_gone(record: SyncRecord) -> bool:
    return acts.may_recreate(record)


def cannot_be_told(record: SyncRecord) -> bool:
    return record.state == State.NEEDS_PERSON and record.reason == Reason.ANSWER_LOST


def may_be_seen_there(record: SyncRecord) -> bool:
    """Handed over to books that nobody but a person can look into."""
    reads_back = record.connection.capabilities.reads_back
    return not reads_back and is_undecided(record)


def is_open(decision: Conflict | Candidate) -> bool:
    return not decision.decision


def may_be_linked(candidate: Candidate) -> bool:
    return is_open(candidate) and not why_not_link(candidate)


def may_be_two(candidate: Candidate) -> bool:
    return is_open(candidate) and not why_not_both(candidate)


def is_open_double(candidate: Candidate) -> bool:
    return is_open(candidate) and candidate.double


def can_adopt(remote: RemoteRecord) -> bool:
    """A customer or an item of theirs that stands for nothing of ours."""
    ours = remote.sync_record_id is not None and not remote.retired
    masters = (Kind.CUSTOMER, Kind.ITEM)
    return remote.of_kind in masters and not (ours or remote.gone or remote.part)


def can_look_again(remote: RemoteRecord) -> bool:
    asks = (RemoteRecord.Arrival.NEEDS_PERSON, RemoteRecord.Arrival.WAITS)
    return remote.arrival in asks and remote.awaits.on != On.DECISION


def retry_many(request: HttpRequest, records: QuerySet[SyncRecord]) -> None:
    """Retry each; what must be decided first, or is on its way, is named."""
    _go(request, records, "{} will be tried again now.")


def send_many(request: HttpRequest, records: QuerySet[SyncRecord]) -> None:
    """Send each now, whatever is switched off; the others are named likewise."""
    _go(request, records, "{} go with the next run, which starts now.")


def _go(request: HttpRequest, records: QuerySet[SyncRecord], words: str) -> None:
    done, refused = acts.retry(records)
    if done:
        messages.success(request, words.format(done))
    for sentence in refused[:MOST_SENTENCES]:
        messages.warning(request, sentence)
    if len(refused) > MOST_SENTENCES:
        messages.warning(request, f"And {len(refused) - MOST_SENTENCES} more stay as they are.")


def back_or(request: HttpRequest, sentence: str) -> str | HttpResponse:
    """The page that the button stood on, if it names one of ours."""
    there = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(there, {request.get_host()}, request.is_secure()):
        messages.success(request, sentence)
        return HttpResponseRedirect(there)
    return sentence


def _retry(request: HttpRequest, record: SyncRecord, answers: dict[str, Any]) -> str | HttpResponse:
    done, refused = acts.retry([record])
    if not done:
        raise ValidationError(refused)
    return back_or(request, "It will be tried again now.")


def _send_now(
    request: HttpRequest, record: SyncRecord, answers: dict[str, Any]
) -> str | HttpResponse:
    acts.send_now(record.connection, Kind(record.kind), record.subject_id)
    return back_or(request, "It goes with the next run, which starts now.")


def _send_anew(request: HttpRequest, record: SyncRecord, answers: dict[str, Any]) -> str:
    acts.send_anew(record, user_id=person(request), reason=answers["reason"])
    return "It is sent again with the next run, which starts now."


def _stands_there(request: HttpRequest, record: SyncRecord, answers: dict[str, Any]) -> str:
    acts.stands_there(record, user_id=person(request), reason=answers["reason"])
    return "It is in the books, on your word."


def _take_back(request: HttpRequest, candidate: Candidate, answers: dict[str, Any]) -> str:
    acts.decide_candidate(
        candidate,
        Candidate.Decision.TAKE_BACK,
        user_id=person(request),
        reason=answers["reason"],
    )
    return "Decided: it is taken back over there with the next run, which starts now."


def _recreate(request: HttpRequest, record: SyncRecord, answers: dict[str, Any]) -> str:
    acts.recreate(record, user_id=person(request), reason=answers["reason"])
    return "It will be made over there again."


def _link(request: HttpRequest, candidate: Candidate, answers: dict[str, Any]) -> str:
    acts.decide_candidate(candidate, Candidate.Decision.LINK, user_id=person(request))
    return "Decided: they are the same, and are linked."


def _keep_both(request: HttpRequest, candidate: Candidate, answers: dict[str, Any]) -> str:
    acts.decide_candidate(
        candidate,
        Candidate.Decision.KEEP_BOTH,
        user_id=person(request),
        reason=answers["reason"],
    )
    return "Decided: both stay."


def _adopt(request: HttpRequest, remote: RemoteRecord, answers: dict[str, Any]) -> HttpResponse:
    adopt = adopt_customer if remote.of_kind == Kind.CUSTOMER else adopt_item
    taken: Customer | Item = adopt(remote, user_id=person(request))
    acts.sync_now(remote.connection)
    messages.success(request, f"{taken} is in Tieout now, linked to the one over there.")
    page = f"admin:billing_{taken._meta.model_name}_change"
    return HttpResponseRedirect(reverse(page, args=[taken.pk]))


def _look_again(request: HttpRequest, remote: RemoteRecord, answers: dict[str, Any]) -> str:
    look_again(remote)
    acts.sync_now(remote.connection)
    return "It is looked at again with the next run, which starts now."


REMOTE_ACTS = (
    ButtonAct(
        name="adopt",
        words="Take over into Tieout",
        permission=ActName.DECIDE,
        when=can_adopt,
        do=_adopt,
        means=(
            "A new record is made in Tieout from it, and both are one from then on: what you "
            "change here goes there. If it is one that you have already under another name, "
            "give both the same name first."
        ),
        main=True,
    ),
    ButtonAct(
        name="look-again",
        words="Look at it again",
        permission=ActName.RETRY,
        when=can_look_again,
        do=_look_again,
    ),
)
RECORD_ACTS = (
    ButtonAct(name=RETRY, words="Retry", permission=ActName.RETRY, when=may_be_retried, do=_retry,
        main=True),
    ButtonAct(name=SEND_NOW, words="Send now", permission=ActName.RETRY, when=waits, do=_send_now),
    ButtonAct(
        name="stands-there",
        words="It is in their books",
        permission=ActName.DECIDE,
        when=may_be_seen_there,
        do=_stands_there,
        asks=SeenThereForm,
        means=(
            "It was handed over and never confirmed, and their books cannot be read. On your word "
            "it is in the books from now on, as it left: what waits for it goes too, and what they "
            "say of it later is not asked about."
        ),
    ),
    ButtonAct(
        name="send-anew",
        words="Send it again",
        permission=ActName.RECREATE,
        when=cannot_be_told,
        do=_send_anew,
        asks=SendAnewForm,
        means=(
            "Tieout cannot find out whether it arrived. If it did, it stands there twice after "
            "this: look there first."
        ),
        danger=True,
    ),
    ButtonAct(
        name="recreate",
        words="Make it again over there",
        permission=ActName.RECREATE,
        when=is_gone,
        do=_recreate,
        asks=RecreateForm,
        means=(
            "It was deleted over there. A new one is made there, which stands for the same record "
            "of ours."
        ),
        danger=True,
    ),
)  # fmt: skip
CANDIDATE_ACTS = (
    ButtonAct(
        name="link",
        words="The same: link them",
        permission=ActName.DECIDE,
        when=may_be_linked,
        do=_link,
        means="Both are one thing from now on. Nothing is created.",
        main=True,
    ),
    ButtonAct(
        name="keep-both",
        words="Two things: keep both",
        permission=ActName.DECIDE,
        when=may_be_two,
        do=_keep_both,
        asks=KeepBothForm,
        means="They are two things: ours stands over there for itself, and theirs stays.",
    ),
    ButtonAct(
        name="take-back",
        words="A double: take it back there",
        permission=ActName.DECIDE,
        when=is_open_double,
        do=_take_back,
        asks=TakeBackForm,
        means=(
            "This one is voided, set to nil or deleted over there, as its kind allows. The one "
            "that stands for our record stays."
        ),
        danger=True,
    ),
)
