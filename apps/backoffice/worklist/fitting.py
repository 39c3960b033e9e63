"""What fits a difference: the page on which it is settled, by what the engine knows of its records."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse

from apps.backoffice.ledgers.status import KIND_WORDS
from apps.backoffice.worklist.sync_log import subject_name
from apps.connectors.snapshots import Kind
from apps.reconciliation.models import Difference, KeptComparison, Why
from apps.sync.models import RemoteRecord, State, SyncRecord, rows_of

ASKS = (RemoteRecord.Arrival.NEEDS_PERSON, RemoteRecord.Arrival.WAITS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """A button of the page, and the sentence before it; the first one fits best."""

    sentence: str
    words: str
    url: str


def our_records(difference: Difference) -> list[SyncRecord]:
    """Its records of ours in those books."""
    found: list[SyncRecord] = []
    for kind, pk in difference.ours:
        rows = SyncRecord.objects.filter(connection=difference.connection_id, **{f"{kind}_id": pk})
        found += rows.select_related("connection", kind)[:1]
    return found


def their_records(difference: Difference) -> list[RemoteRecord]:
    found: list[RemoteRecord] = []
    for kind, remote_id in difference.theirs:
        rows = RemoteRecord.objects.filter(
            connection=difference.connection_id, kind=kind, remote_id=remote_id, part=""
        )
        found += rows.select_related("connection")[:1]
    return found


def ways(difference: Difference) -> list[Way]:
    """Where one does something about it, what fits best first; none where the next reading settles it."""
    found = [way for record in our_records(difference) for way in _of_ours(record)]
    found += [way for remote in their_records(difference) for way in _of_theirs(remote)]
    if difference.why in (Why.BALANCE, Why.UNEXPLAINED):
        found += _of_a_total(difference)
    if difference.why == Why.TWICE:
        found.append(
            Way(
                sentence=(
                    "Open both over there and see which one is right. Void the other one there; "
                    "what was paid by it has to be taken off it first."
                ),
                words="What stands there",
                url=_theirs_listed(difference),
            )
        )
    return found


def _of_ours(record: SyncRecord) -> Iterator[Way]:
    for conflict in record.conflicts.filter(decision="")[:1]:
        yield Way(
            sentence=f"{subject_name(record)} was changed on both sides. Choose which side is right.",
            words="Choose ours or theirs",
            url=reverse("admin:sync_conflict_change", args=[conflict.pk]),
        )
    for candidate in record.candidates.filter(decision="")[:1]:
        yield Way(
            sentence=f"{subject_name(record)} may be one that stands there already.",
            words="Say whether they are the same",
            url=reverse("admin:sync_candidate_change", args=[candidate.pk]),
        )
    if record.state not in (State.IN_THE_BOOKS, State.WAITING, State.ON_ITS_WAY):
        yield Way(
            sentence=" ".join(each for each in (record.sentence, record.remedy) if each)
            or f"{subject_name(record)}: {State(record.state).label}.",
            words="Open it in the sync log",
            url=reverse("admin:sync_syncrecord_change", args=[record.pk]),
        )


def _of_theirs(remote: RemoteRecord) -> Iterator[Way]:
    if remote.arrival in ASKS:
        yield Way(
            sentence=remote.sentence or "What stands there was read and not dealt with yet.",
            words="Open what was read",
            url=reverse("admin:sync_remoterecord_change", args=[remote.pk]),
        )


def _of_a_total(difference: Difference) -> Iterator[Way]:
    rows = KeptComparison.objects.filter(
        connection=difference.connection_id, state=KeptComparison.State.DONE
    )
    if (newest := rows.defer("found").order_by("-ended_at").first()) is not None:
        yield Way(
            sentence=(
                "A total has no record of its own. The comparison lists all that moves it: what "
                "differs, what is theirs alone, and what was given another account."
            ),
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
            found.append((address, f"{KIND_WORDS[kind]} {subject}"))
    return found
