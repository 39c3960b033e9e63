"""What fits a difference: sentences, each with the acts that settle it there and the page that tells more."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.urls import reverse

from apps.backoffice.frame.acts import ButtonAct
from apps.backoffice.ledgers.status import may_be_retried, name_of, sentence_of, why_absent
from apps.backoffice.ledgers.steps import is_authorised, page_of
from apps.backoffice.worklist.difference_acts import (
    ARRIVALS,
    CANDIDATES,
    COMPARE_AGAIN,
    CONFLICTS,
    MATCHES,
    MERGES,
    READ_NOW,
    RECORDS,
    SEND,
    UNDER_WAY,
    at_stake,
    open_candidates,
    open_conflicts,
    open_matches,
    open_merges,
    ours_without_record,
    their_records,
)
from apps.backoffice.worklist.sync_log import subject_name
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.reconciliation.models import Difference, KeptComparison, Why
from apps.sync.decide.acts import is_decided_elsewhere
from apps.sync.models import RemoteRecord, State, SyncRecord, rows_of

ASKS = (RemoteRecord.Arrival.NEEDS_PERSON, RemoteRecord.Arrival.WAITS)
NOTHING_WAITS = (
    "Nothing about it waits here: it was changed over there since their changes were read, or is on its "
    "way. Read their changes now; what the rules let in is taken, and what they do not is put before you. "
    "Then compare both sides again."
)
READ_AND_LEFT = "What stands there was read and not dealt with yet."
OF_A_TOTAL = (
    "A total has no record of its own. The comparison lists all that moves it: what differs, what is "
    "theirs alone, and what was given another account. Put those right, and compare again."
)
STANDS_TWICE = (
    "Open both over there and see which one is right. Void the other one there; what was paid by it has "
    "to be taken off it first."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """A sentence, the acts that fit, and a page that tells more; the first way fits best."""

    sentence: str
    acts: Sequence[ButtonAct] = ()
    words: str = ""
    url: str = ""


def ways(difference: Difference) -> list[Way]:
    """What one does about it, what fits best first."""
    books = difference.connection
    page = reverse("admin:connections_connection_change", args=[books.pk])
    found = list(_found(difference))
    if said := first_of_all(books):
        return [Way(sentence=said, words=str(books), url=page), *found]
    return found or [
        Way(sentence=NOTHING_WAITS, acts=(READ_NOW, COMPARE_AGAIN), words=str(books), url=page)
    ]


def first_of_all(books: Connection) -> str:
    """What comes before anything else in these books, in a sentence; "" where nothing does."""
    if not books.is_live:
        return (
            f"{books} is {books.get_stage_display().lower()}: nothing goes over and nothing is read "
            "until it is live."
        )
    if not is_authorised(books):
        return f"Tieout may not look into {books} any more. Give consent again first."
    return ""


def _found(difference: Difference) -> Iterator[Way]:
    for conflict in open_conflicts(difference):
        yield Way(
            sentence=f"{subject_name(conflict.sync_record)} was changed on both sides. Choose which side "
            "is right.",
            acts=CONFLICTS,
            words="See both sides",
            url=reverse("admin:sync_conflict_change", args=[conflict.pk]),
        )
    for candidate in open_candidates(difference):
        yield Way(
            sentence=f"{subject_name(candidate.sync_record)} may be one that stands there already.",
            acts=CANDIDATES,
            words="See what speaks for it",
            url=reverse("admin:sync_candidate_change", args=[candidate.pk]),
        )
    for alike in open_matches(difference):
        yield Way(
            sentence=f"{subject_name(alike.record)} may be “{alike.theirs.name}”, which stands there "
            "already.",
            acts=MATCHES,
            words="See what speaks for it",
            url=page_of(difference.connection, "match"),
        )
    for merge in open_merges(difference):
        yield Way(
            sentence=f"{subject_name(merge.sync_record)} was merged into another one over there.",
            acts=MERGES,
            words="See what waits for it",
            url=reverse("admin:sync_customermerge_change", args=[merge.pk]),
        )
    for record in at_stake(difference):
        yield from _of_ours(record)
    for subject in ours_without_record(difference):
        yield Way(
            sentence=f"{name_of(subject.kind, subject)} is not there. "
            f"{why_absent(subject, difference.connection)}",
            acts=(SEND,),
        )
    for remote in their_records(difference):
        yield from _of_theirs(remote)
    if difference.why in (Why.BALANCE, Why.UNEXPLAINED):
        yield from _of_a_total(difference)
    if difference.why == Why.TWICE:
        yield Way(
            sentence=STANDS_TWICE,
            words="What stands there",
            url=_theirs_listed(difference),
        )


def _of_ours(record: SyncRecord) -> Iterator[Way]:
    name, page = subject_name(record), reverse("admin:sync_syncrecord_change", args=[record.pk])
    if record.state == State.IN_THE_BOOKS:
        return
    if record.state in UNDER_WAY and not record.remedy:
        said = f"{name} is {State(record.state).label.lower()}. {sentence_of(record)}".strip()
        after = " Compare both sides again once it is there."
        yield Way(
            sentence=said + after,
            acts=(*RECORDS, COMPARE_AGAIN),
            words="Open it in the sync log",
            url=page,
        )
        return
    told = " ".join(each for each in (sentence_of(record), record.remedy) if each)
    said = told or f"{name}: {State(record.state).label}."
    if is_decided_elsewhere(record) and not may_be_retried(record):
        said += " It goes on once that is decided."
    yield Way(sentence=said, acts=RECORDS, words="Open it in the sync log", url=page)


def _of_theirs(remote: RemoteRecord) -> Iterator[Way]:
    if remote.arrival in ASKS:
        told = " ".join(each for each in (remote.sentence, remote.remedy) if each)
        yield Way(
            sentence=told or READ_AND_LEFT,
            acts=ARRIVALS,
            words="Open what was read",
            url=reverse("admin:sync_remoterecord_change", args=[remote.pk]),
        )


def _of_a_total(difference: Difference) -> Iterator[Way]:
    rows = KeptComparison.objects.filter(
        connection=difference.connection_id, state=KeptComparison.State.DONE, of_now=True
    )
    newest = rows.defer("found", "journal").order_by("-ended_at").first()
    if newest is not None:
        yield Way(
            sentence=OF_A_TOTAL,
            acts=(COMPARE_AGAIN,),
            words="Open the comparison",
            url=reverse("admin:reconciliation_keptcomparison_change", args=[newest.pk]),
        )


def _theirs_listed(difference: Difference) -> str:
    like = next((each.of_kind for each in their_records(difference)), "") or "other"
    address = reverse("admin:sync_remoterecord_changelist")
    return f"{address}?connection__id__exact={difference.connection_id}&like={like}"


def our_pages(difference: Difference) -> list[tuple[str, str]]:
    """Address and name of each record of ours, whether or not it ever went over."""
    found = []
    for kind, pk in difference.ours:
        for subject in rows_of(Kind(kind)).filter(pk=pk):
            model = subject._meta
            address = reverse(f"admin:{model.app_label}_{model.model_name}_change", args=[pk])
            found.append((address, name_of(kind, subject)))
    return found
