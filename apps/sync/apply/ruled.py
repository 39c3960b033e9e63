"""Differences in which staff chose who wins: settled by the rule, and what gave way is written down."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError

from apps.billing.actions import change_open_fields
from apps.billing.changes import made_by
from apps.billing.models import CreditNote, Customer, Invoice, Item, Synced
from apps.connections.clock import now
from apps.connectors.snapshots import Difference, Kind, to_json
from apps.sync.apply.books import Books
from apps.sync.apply.fields import follow_fields
from apps.sync.apply.verdicts import Verdict, needs_person
from apps.sync.models import Conflict, Reason, Side, SyncRecord
from apps.sync.rules.choosing import Rules, rules_of
from apps.sync.rules.fields import CHOICES, FOLLOWED
from apps.sync.rules.resolve import Stands, resolve
from apps.sync.there import ties
from apps.sync.there.compare import Clash, Compared
from apps.sync.wording import called, capital, label

# What a rule has put back so often within a day, and what was changed there again each time, is set
# by something that will not stop: a person is asked then.
PUT_BACK_AT_MOST = 3
A_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ruled:
    """What the rules leave of a comparison, and what they settled."""

    left: Compared
    rules: Rules = field(default_factory=dict)
    ours_win: tuple[Clash, ...] = ()
    theirs_win: tuple[Clash, ...] = ()
    insisted: tuple[Clash, ...] = ()  # among the clashes that are left: put back in vain


def by_rule(books: Books, record: SyncRecord, found: Compared) -> Ruled:
    """Sort out of a comparison what the rules of these books settle. Writes nothing."""
    kind = Kind(record.kind)
    held = [each for each in found.taken if each.path in CHOICES.get(kind, ())]
    both = [each for each in found.clashes if each.path in CHOICES.get(kind, ())]
    rules = rules_of(books.connection, kind) if held or both else {}
    if not rules:
        return Ruled(left=found)
    ours_win: list[Clash] = []
    theirs_win: list[Clash] = []
    insisted: list[Clash] = []
    # What theirs alone changed is agreed to be ours as it was.
    alone = [
        Clash(path=each.path, base=each.ours, ours=each.ours, theirs=each.theirs) for each in held
    ]
    for each in (*alone, *both):
        rule = rules.get(each.path)
        if rule is None:
            continue
        found_out = resolve(
            each.base, each.ours, each.theirs, Side(rule.side), followed=kind in FOLLOWED
        )
        if found_out.stands == Stands.THEIRS:
            theirs_win.append(each)
        elif found_out.stands == Stands.OURS:
            in_vain = _put_back_in_vain(record, each)
            (insisted if in_vain else ours_win).append(each)
    gone = {each.path for each in (*ours_win, *theirs_win, *insisted)}
    left = replace(
        found,
        taken=tuple(each for each in found.taken if each.path not in gone),
        clashes=(*(each for each in found.clashes if each.path not in gone), *insisted),
    )
    return Ruled(
        left=left,
        rules=rules,
        ours_win=tuple(ours_win),
        theirs_win=tuple(theirs_win),
        insisted=tuple(insisted),
    )


def _put_back_in_vain(record: SyncRecord, clash: Clash) -> bool:
    """Whether the very same values were put back often enough within a day."""
    rows = Conflict.objects.filter(
        sync_record=record,
        path=clash.path,
        decision=Conflict.Decision.OURS,
        rule__isnull=False,
        decided_at__gt=now() - A_DAY,
    )
    same = [each for each in rows if each.theirs == to_json(clash.theirs)]
    return len(same) >= PUT_BACK_AT_MOST


def insisted_sentence(books: Books, clashes: Sequence[Clash]) -> str:
    """Of what something over there sets again and again, whatever is put back; "" of nothing."""
    if not clashes:
        return ""
    what = ", ".join(label(each.path) for each in clashes)
    return (
        f"Tieout put its {what} back {PUT_BACK_AT_MOST} times within a day, as the rule says, and it "
        f"was changed in {books.name} again each time."
    )


def note_ruled(record: SyncRecord, ruled: Ruled) -> None:
    """A row for each value that gave way, by which rule and when."""
    for clashes, decision in (
        (ruled.ours_win, Conflict.Decision.OURS),
        (ruled.theirs_win, Conflict.Decision.THEIRS),
    ):
        for each in clashes:
            note_by_rule(record, each, ruled.rules, decision)


def note_by_rule(
    record: SyncRecord, clash: Clash, rules: Rules, decision: Conflict.Decision
) -> None:
    """Keep base, ours and theirs. What a person was asked already is decided with it."""
    Conflict.objects.update_or_create(
        sync_record=record,
        path=clash.path,
        decision=Conflict.Decision.OPEN,
        defaults={
            "base": to_json(clash.base),
            "ours": to_json(clash.ours),
            "theirs": to_json(clash.theirs),
            "decision": decision,
            "rule": rules[clash.path],
            "decided_at": now(),
        },
    )


def put_back_words(books: Books, ruled: Ruled) -> str:
    """What the rules did, as it stands beside what arrived."""
    said = []
    if ruled.ours_win:
        what = ", ".join(label(each.path) for each in ruled.ours_win)
        said.append(f"Changed in {books.name} and put back, since Tieout wins: {what}.")
    if ruled.theirs_win:
        what = ", ".join(label(each.path) for each in ruled.theirs_win)
        said.append(f"As in {books.name} now, since {books.name} wins: {what}.")
    return " ".join(said)


def differences_of(clashes: Iterable[Clash]) -> tuple[Difference, ...]:
    return tuple(
        Difference(path=each.path, ours=each.ours, theirs=each.theirs, whose="held")
        for each in clashes
    )


# --- Ours follows --------------------------------------------------------------------------------


def follow(books: Books, subject: Synced, taken: Sequence[Difference], *, reason: str) -> None:
    """Write values of theirs into ours, as made by their side.

    Raises ValidationError, in billing's words, where ours may not have such a value; then nothing
    is written.
    """
    with made_by(origin=books.origin, reason=reason):
        write(books, subject, taken, reason=reason)


def not_taken_over(books: Books, record: SyncRecord, refused: ValidationError) -> Verdict:
    """Theirs is no value that ours may have: a person makes both fit."""
    before = type(record.subject)._base_manager.get(pk=record.subject_id)
    sentence = (
        f"{capital(called(before))} was changed in {books.name}, and Tieout cannot take it "
        f"over: {' '.join(refused.messages)}"
    )
    remedy = f"Change it here or in {books.name} so that both fit."
    ties.hold(record, Reason.CANNOT_HOLD, sentence, remedy)
    return needs_person(sentence, remedy)


def write(books: Books, subject: Synced, values: Sequence[Difference], *, reason: str) -> None:
    """Write the `theirs` of these differences into a customer, an item, or what may still change on
    an issued document."""
    if isinstance(subject, Invoice | CreditNote):
        fields: dict[str, Any] = {each.path: each.theirs for each in values}
        change_open_fields(subject, **fields, reason=reason)
        return
    assert isinstance(subject, Customer | Item), "rules are of these kinds alone"
    follow_fields(books, subject, values)


def wins_words(books: Books) -> str:
    """The reason that stands in the history of what followed by a rule."""
    return f"{books.name} wins"
