"""How the look at one arrival ended."""

from dataclasses import dataclass

from apps.billing.models import Synced
from apps.connectors.snapshots import Snapshot
from apps.sync.models import NO_WAIT, On, Reason, RemoteRecord, State, SyncRecord, Wait
from apps.sync.there import ties
from apps.sync.wording import called, capital

Arrival = RemoteRecord.Arrival
IS_APPLIED = On.ARRIVAL.of()


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What becomes of a remote record. `waits_for` is what would let it be looked at again."""

    arrival: RemoteRecord.Arrival
    sentence: str = ""
    remedy: str = ""
    waits_for: Wait = NO_WAIT


def note(row: RemoteRecord, verdict: Verdict) -> None:
    """Write how the look at it ended, where that is news."""
    ended = {
        "arrival": verdict.arrival,
        "sentence": verdict.sentence,
        "remedy": verdict.remedy[:300],
        "waits_for": verdict.waits_for,
    }
    news = {name: value for name, value in ended.items() if getattr(row, name) != value}
    if news:
        RemoteRecord.objects.filter(pk=row.pk).update(**news)


def not_followed(
    record: SyncRecord, verdict: Verdict, reason: Reason, waits_for: Wait = IS_APPLIED
) -> Verdict:
    """What became of it over there cannot be followed here now: its books do not hold what ours do,
    so it is no longer "in the books", and a person reads why. It ends when the arrival is dealt
    with, which `On.UNDONE` puts off until a bank deposit of ours is undone.
    """
    ties.hold(record, reason, verdict.sentence, verdict.remedy, waits_for)
    return verdict


APPLIED = Verdict(arrival=Arrival.APPLIED)
ECHO = Verdict(arrival=Arrival.ECHO)


def applied(sentence: str = "") -> Verdict:
    return Verdict(arrival=Arrival.APPLIED, sentence=sentence)


def only_theirs(sentence: str, remedy: str = "") -> Verdict:
    return Verdict(arrival=Arrival.ONLY_THEIRS, sentence=sentence, remedy=remedy)


def waits(waits_for: Wait, sentence: str, remedy: str = "") -> Verdict:
    return Verdict(arrival=Arrival.WAITS, sentence=sentence, remedy=remedy, waits_for=waits_for)


def is_own_send(record: SyncRecord, agreed: Snapshot | None) -> bool:
    """Whether it stands there and nothing of it was ever agreed: our own send of it is not through,
    or was answered with other figures. The record says so, and goes on or waits by itself."""
    return agreed is None and record.state != State.IN_THE_BOOKS


def unreadable(name: str, subject: Synced) -> Verdict:
    return needs_person(
        f"{capital(called(subject))} has a shape in {name} that Tieout cannot read.",
        f"Look at it in {name}.",
    )


def needs_person(sentence: str, remedy: str) -> Verdict:
    return Verdict(arrival=Arrival.NEEDS_PERSON, sentence=sentence, remedy=remedy)
