"""What a person decides about customers and items of both sides: the same, two, created there, or
brought in. Each decision is a transaction of its own and frees at once what waited for it."""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Literal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django_q.tasks import async_task

from apps.billing.changes import quietly
from apps.connections.clock import now
from apps.connections.lifecycle import open_connector
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.core.kept import EngineQuerySet
from apps.sync.apply.verdicts import needs_person, note
from apps.sync.decide.acts import decide_candidate
from apps.sync.decide.adopt import adopt_customer, adopt_item, link
from apps.sync.decide.documents_on_both import take_all
from apps.sync.decide.done import Done
from apps.sync.match.pairs import alike_of, evidence_of, matches
from apps.sync.models import (
    Agreed,
    Candidate,
    MatchDecision,
    On,
    RemoteRecord,
    State,
    SyncRecord,
    rows_of,
)
from apps.sync.there import ties
from apps.sync.waiting.release import hanging_on
from apps.sync.want.wake import wake
from apps.sync.want.wishes import DOCUMENTS
from apps.sync.wording import called, capital

TASK = "apps.sync.tasks.match_many"
AT_ONCE = 25  # done while a person waits; more go on in the background
WRITTEN = 500  # decisions of one transaction
FOR_INSTANCE = "For instance: another branch, another person of that name, another size."
TOLD_APART = "Told apart on the page “Match”"
BY_HAND = "Chosen by hand: nothing that Tieout compares speaks for it."
FREED = ["state", "reason", "sentence", "remedy", "waits_for", "due_at", "tries", "steps"]
Decision = MatchDecision.Decision
Many = Literal["accept", "bring_in"]
# Their remote record → ours that it is accepted for; None: it is brought in. In ascending order.
Work = Mapping[int, int | None]


# --- One pair -------------------------------------------------------------------------------------


@transaction.atomic
def accept(connection: Connection, kind: Kind, ours: int, theirs: int, *, user_id: int) -> None:
    """They are one: linked, what is empty here filled from theirs, the rest by the rules of these
    books. Raises ValidationError, in words for staff, where one of both stands for another."""
    subject, row = _both(connection, kind, ours, theirs)
    evidence = evidence_of(connection, open_connector(connection), kind, ours, theirs)
    record = ties.sync_record_of(connection, subject)
    asked = Candidate.objects.filter(remote_record=row, sync_record=record, decision="").first()
    if asked is not None:
        decide_candidate(asked, Candidate.Decision.LINK, user_id=user_id)
    else:
        link(row, record, user_id=user_id)
    _note(connection, kind, ours, Decision.SAME, user_id, row=row, evidence=evidence or BY_HAND)
    free(connection, kind, theirs=[theirs])
    wake(connection.pk)


@transaction.atomic
def reject(
    connection: Connection, kind: Kind, ours: int, theirs: int, *, user_id: int, reason: str = ""
) -> None:
    """They are two: never proposed again, and ours may be created there. Where anything says that
    they are one, it needs a reason: raises ValidationError without."""
    subject, row = _both(connection, kind, ours, theirs)
    evidence = evidence_of(connection, open_connector(connection), kind, ours, theirs)
    if evidence and not reason.strip():
        raise ValidationError(f"Say why {subject} and “{row.name}” are two. {FOR_INSTANCE}")
    _note(connection, kind, ours, Decision.NOT_THE_SAME, user_id, row, evidence, reason)
    asked = Candidate.objects.filter(
        remote_record=row, decision="", **{f"sync_record__{kind.value}": subject}
    ).first()
    if asked is not None:
        decide_candidate(
            asked, Candidate.Decision.KEEP_BOTH, user_id=user_id, reason=reason or TOLD_APART
        )
    free(connection, kind, ours=[ours])
    wake(connection.pk)


# --- Ours alone -----------------------------------------------------------------------------------


def create_there(
    connection: Connection,
    kind: Kind,
    keys: Collection[int],
    *,
    user_id: int,
    reason: str = "",
    alike: Collection[int] | None = None,
) -> int:
    """Let these of ours be created there once something needs them, whatever of theirs is like
    them by now; how many. What is like one of theirs needs a reason: raises ValidationError without.

    `alike`: which of them are, where that was just found out.
    """
    if not reason.strip():
        if alike is None:
            alike = alike_of(connection, open_connector(connection), kind, keys)
        if alike:
            first = rows_of(kind).get(pk=min(alike))
            raise ValidationError(
                f"Say why {first} is created beside what is like it there. {FOR_INSTANCE}"
            )
    ours, wanted, count = rows_of(kind).filter(company_id=connection.company_id), sorted(keys), 0
    for start in range(0, len(wanted), WRITTEN):
        some = ours.filter(pk__in=wanted[start : start + WRITTEN]).values_list("pk", flat=True)
        with transaction.atomic():
            found = list(some)
            _create_some(connection, kind, found, user_id, reason)
        count += len(found)
    if count:
        wake(connection.pk)
    return count


def _create_some(
    connection: Connection, kind: Kind, keys: Sequence[int], user_id: int, reason: str
) -> None:
    standing = MatchDecision.objects.filter(
        connection=connection, remote_record=None, **{f"{kind.value}__in": keys}
    )
    withdraw(standing, user_id=user_id)
    MatchDecision.objects.bulk_create(
        MatchDecision(
            connection=connection,
            decision=Decision.CREATE_THERE,
            reason=reason.strip()[:200],
            decided_by_id=user_id,
            decided_at=now(),
            **{f"{kind.value}_id": key},
        )
        for key in keys
    )
    asked = Candidate.objects.filter(
        sync_record__connection=connection,
        double=False,
        decision="",
        **{f"sync_record__{kind.value}__in": keys},
    )
    for each in asked:
        decide_candidate(
            each, Candidate.Decision.KEEP_BOTH, user_id=user_id, reason=reason or TOLD_APART
        )
    free(connection, kind, ours=keys)


# --- Taken back -----------------------------------------------------------------------------------


@transaction.atomic
def take_back(decision: MatchDecision, *, user_id: int) -> None:
    """It decides nothing any more: the two are asked about again. A link comes apart only as long
    as nothing was sent of it: raises ValidationError otherwise."""
    decision = MatchDecision.objects.select_for_update(of=("self",)).get(pk=decision.pk)
    if decision.withdrawn_at is not None:
        raise ValidationError("This was taken back already.")
    if decision.decision == Decision.SAME:
        _untie(decision)
    decision.withdrawn_at, decision.withdrawn_by_id = now(), user_id
    decision.save()
    wake(decision.connection_id)


def _untie(decision: MatchDecision) -> None:
    assert decision.remote_record_id is not None, "a link names theirs"
    row = RemoteRecord.objects.select_for_update(of=("self",)).get(pk=decision.remote_record_id)
    record = row.sync_record
    ours = decision.customer_id or decision.item_id
    if record is None or record.subject_id != ours:
        raise ValidationError("They are not linked any more.")
    if record.attempts.exists() or record.in_doubt or _is_named(record):
        raise ValidationError(
            f"{capital(called(record.subject))} was sent to {decision.connection.system_name} since, "
            "or something of it was: the two stay one."
        )
    RemoteRecord.objects.filter(pk=row.pk).update(
        sync_record=None, arrival=RemoteRecord.Arrival.NEW, sentence="", remedy="", waits_for=""
    )
    Agreed.objects.filter(record=record).delete()
    record.wanted, record.sent = record.subject.revision, 0
    record.plan_anew()
    record.save()


def _is_named(record: SyncRecord) -> bool:
    """Whether a document or money of ours over there is of it: unlinked, it would be of another."""
    there = SyncRecord.objects.filter(connection=record.connection, sent__gt=0)
    if record.item_id:
        of_lines = Q(invoice__lines__item=record.item_id) | Q(
            credit_note__lines__item=record.item_id
        )
        return there.filter(of_lines).exists()
    whose = Q()
    for kind in (Kind.INVOICE, Kind.CREDIT_NOTE, Kind.PAYMENT, Kind.ADJUSTMENT, Kind.REFUND):
        whose |= Q(**{f"{kind.value}__customer": record.customer_id})
    return there.filter(whose).exists()


# --- Many -----------------------------------------------------------------------------------------


def accept_exact(connection: Connection, kind: Kind, *, user_id: int) -> Done:
    """Every pair that is exact now; a few at once, many in the background."""
    return _many(connection, kind, "accept", user_id)


def take_documents(connection: Connection, kind: Kind, *, user_id: int) -> Done:
    """Every invoice, or credit note, that stands on both sides; a few at once, many in the
    background."""
    done = take_all(connection, kind, user_id=user_id, at_most=AT_ONCE)
    if done.later:
        async_task(TASK, connection.pk, kind.value, "accept", user_id, done.after)
    return done


def bring_in(
    connection: Connection, kind: Kind, keys: Collection[int] | None = None, *, user_id: int
) -> Done:
    """Make theirs ours, each linked from the start, and send nothing back: these, or all that stand
    there alone and are like none of ours, but the archived ones. Raises ValidationError where one of
    these is like one of ours by now: it would stand here twice."""
    if keys is None:
        return _many(connection, kind, "bring_in", user_id)
    found = matches(connection, open_connector(connection), kind)
    for each in found.pairs:
        if each.theirs in keys:
            raise ValidationError(
                f"“{found.there[each.theirs].name}” may be the same as {found.here[each.ours].name} "
                "here. Decide that under “Likely” or “Exact” first: told apart, it can be brought in."
            )
    return _slice(connection, kind, dict.fromkeys(sorted(keys)), user_id)


def go_on(
    connection: Connection, kind: Kind, what: Many, *, user_id: int, after: int, stop_at: float
) -> Done:
    """A slice of what goes on in the background, behind a key of theirs, until time.monotonic() is
    `stop_at`."""
    if kind in DOCUMENTS:
        return take_all(connection, kind, user_id=user_id, after=after, stop_at=stop_at)
    ahead = {key: ours for key, ours in _work(connection, kind, what).items() if key > after}
    return _slice(connection, kind, ahead, user_id, stop_at=stop_at)


def _many(connection: Connection, kind: Kind, what: Many, user_id: int) -> Done:
    work = _work(connection, kind, what)
    now_, later = list(work)[:AT_ONCE], list(work)[AT_ONCE:]
    done = _slice(connection, kind, {key: work[key] for key in now_}, user_id)
    if later:
        done.later = len(later)
        async_task(TASK, connection.pk, kind.value, what, user_id, now_[-1])
    return done


def _work(connection: Connection, kind: Kind, what: Many) -> Work:
    found = matches(connection, open_connector(connection), kind)
    if what == "accept":
        pairs = {each.theirs: each.ours for each in found.exact}
        return {key: pairs[key] for key in sorted(pairs)}
    return dict.fromkeys(sorted(set(found.only_there) - found.archived))


def _slice(
    connection: Connection, kind: Kind, work: Work, user_id: int, stop_at: float | None = None
) -> Done:
    """One by one, in transactions of their own; what is refused stops no other."""
    done = Done()
    for row in _rows(connection, kind, work):
        if stop_at is not None and time.monotonic() >= stop_at:
            return done
        done.after, ours = row.pk, work[row.pk]
        try:
            if ours is None:
                bring_one_in(row, user_id=user_id)
            else:
                accept(connection, kind, ours, row.pk, user_id=user_id)
            done.count += 1
        except ValidationError as refused:
            done.refused.append(_refused(row, refused))
    done.after = None
    return done


@quietly()
def bring_one_in(row: RemoteRecord, *, user_id: int) -> None:
    """Raises ValidationError in words for staff."""
    kind = Kind(row.of_kind)
    with transaction.atomic():
        (adopt_customer if kind == Kind.CUSTOMER else adopt_item)(row, user_id=user_id)
        free(row.connection, kind, theirs=[row.pk])


def _refused(row: RemoteRecord, refused: ValidationError) -> str:
    """Kept on the row, so that it is found when the page is opened again."""
    name = row.connection.system_name
    sentence = f"{row.name}: {' '.join(refused.messages)}"
    fresh = RemoteRecord.objects.get(pk=row.pk)
    if fresh.sync_record_id is None:
        remedy = (
            f"Change it here or in {name} so that both fit, or link the two on the page “Match”."
        )
        note(fresh, needs_person(f"Tieout cannot take it over: {sentence}", remedy))
    return sentence


def _rows(connection: Connection, kind: Kind, keys: Collection[int]) -> Iterator[RemoteRecord]:
    wanted = sorted(keys)
    for start in range(0, len(wanted), WRITTEN):
        some = wanted[start : start + WRITTEN]
        yield from RemoteRecord.objects.filter(
            connection=connection, of_kind=kind, part="", pk__in=some
        ).select_related("connection__company").order_by("pk")  # fmt: skip


# --- What follows ---------------------------------------------------------------------------------


def free(
    connection: Connection,
    kind: Kind,
    *,
    ours: Collection[int] = (),
    theirs: Collection[int] = (),
) -> int:
    """Plan again what was held for a likeness of these, and what hangs on that: the next plan says
    what is left; how many. Inside a transaction."""
    about = Q(waits_for__in=[On.MATCH.of(pk) for pk in theirs])
    about |= On.MATCH.rows & Q(**{f"{kind.value}__in": ours})
    held = SyncRecord.objects.select_for_update().filter(
        about, connection=connection, kind=kind, state=State.NEEDS_PERSON
    )
    alike = list(held.order_by("pk"))
    freed = [*alike, *hanging_on(connection, alike)]
    for record in freed:
        record.plan_again()
    SyncRecord.objects.bulk_update(freed, FREED)
    return len(freed)


def _both(connection: Connection, kind: Kind, ours: int, theirs: int) -> tuple[Any, RemoteRecord]:
    subject = rows_of(kind).filter(company_id=connection.company_id, pk=ours).first()
    row = RemoteRecord.objects.filter(
        connection=connection, of_kind=kind, part="", pk=theirs
    ).first()
    if subject is None or row is None:
        raise ValidationError(f"Choose one of ours and one of {connection.system_name}.")
    return subject, row


def _note(
    connection: Connection,
    kind: Kind,
    ours: int,
    decision: MatchDecision.Decision,
    user_id: int,
    row: RemoteRecord | None = None,
    evidence: str = "",
    reason: str = "",
) -> None:
    pair: dict[str, Any] = {f"{kind.value}_id": ours, "remote_record": row}
    withdraw(MatchDecision.objects.filter(connection=connection, **pair), user_id=user_id)
    MatchDecision.objects.create(
        connection=connection,
        decision=decision,
        evidence=evidence,
        reason=reason.strip()[:200],
        decided_by_id=user_id,
        decided_at=now(),
        **pair,
    )


def withdraw(rows: EngineQuerySet, *, user_id: int) -> None:
    """Those of these that stand decide nothing any more; what they said is kept."""
    rows.filter(withdrawn_at=None).rewrite(withdrawn_at=now(), withdrawn_by_id=user_id)
