"""Bring a file: kept sealed, judged row by row, and what is taken told on, in one transaction."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.connections.clock import now
from apps.connections.mailbox import sealed
from apps.connections.models import BatchFile, BroughtFile, BroughtRow, Connection, Said
from apps.exchange.coming_back import codes, confirmations, payments
from apps.exchange.coming_back.fates import Fate, State
from apps.exchange.coming_back.table import Columns, Read, read_table
from apps.staff.models import User
from apps.sync.decide.acts import stands_there
from apps.sync.want.wake import wake

Sort = BroughtFile.Sort
COLUMNS: Mapping[str, Columns] = {
    Sort.CONFIRMATION: confirmations.COLUMNS,
    Sort.PAYMENTS: payments.COLUMNS,
    Sort.CODES: codes.COLUMNS,
}
# Rows that may come to something else when the same file is brought again.
OPEN = (State.REFUSED, State.ASKED)


def bring(
    connection: Connection,
    sort: Sort,
    name: str,
    content: bytes,
    user: User | None,
    *,
    order: str = "",
    decimal_mark: str = "",
) -> BroughtFile:
    """The file with what became of its rows. Brought again, what was not taken is judged anew.
    `user`: who brought it; None where it was found in the folder. Raises `FileRefused`; then nothing
    is kept."""
    rows = read_table(content, COLUMNS[sort], order=order, decimal_mark=decimal_mark)
    with transaction.atomic():
        Connection.objects.select_for_update().get(pk=connection.pk)
        brought, _ = BroughtFile.objects.get_or_create(
            connection=connection,
            sort=sort,
            sha256=hashlib.sha256(content).hexdigest(),
            defaults={
                "name": name[:200],
                "size": len(content),
                "sealed": sealed(connection, content),
                "brought_by": user,
            },
        )
        held = {each.row: each for each in brought.rows.all()}
        settled = {number for number, each in held.items() if each.state not in OPEN}
        is_news = False
        for number, fate in _judged(brought, rows, settled):
            _keep(brought, held.get(number), number, fate)
            is_news |= fate.state is State.TAKEN
    if is_news:
        wake(connection.pk)
    return brought


def take(row: BroughtRow, user: User) -> None:
    """A person says that a row which asks is to be taken. Raises ValidationError."""
    _decide(row, user, State.TAKEN)


def leave_out(row: BroughtRow, user: User) -> None:
    """A person says that a row which asks is none of it. Raises ValidationError."""
    _decide(row, user, State.LEFT)


@transaction.atomic
def all_taken_in(file: BatchFile, user: User, reason: str) -> int:
    """A person has seen that a whole file stands there: of how many records that is said."""
    found = confirmations.undecided_in(file)
    for each in found:
        assert each.sync_record is not None, "what is undecided is a record of ours"
        stands_there(each.sync_record, user_id=user.pk, reason=reason)
    return len(found)


def refused_there(file: BatchFile, user: User, reason: str) -> int:
    """A person knows that a whole file was turned away there: of how many records that is said."""
    if not reason.strip():
        raise ValidationError("Say why it was refused, in their words.")
    with transaction.atomic():
        Connection.objects.select_for_update().get(pk=file.connection_id)
        found = confirmations.undecided_in(file)
        for each in found:
            key = confirmations.key_of(each)
            _say(file.connection, Sort.CONFIRMATION, key, each.version,
                 confirmations.word_of(each, reason.strip()), said_by=user)  # fmt: skip
    wake(file.connection_id)
    return len(found)


def _judged(
    brought: BroughtFile, rows: Sequence[Read], settled: Collection[int]
) -> Iterable[tuple[int, Fate]]:
    """Of the rows that are not settled."""
    if brought.sort == Sort.PAYMENTS:
        return payments.judged(brought, rows, settled)
    left = [each for each in rows if each.number not in settled]
    if brought.sort == Sort.CONFIRMATION:
        return confirmations.judged(brought.connection, left)
    return codes.judged(left)


def _keep(brought: BroughtFile, held: BroughtRow | None, number: int, fate: Fate) -> None:
    row = held or BroughtRow(brought=brought, row=number)
    row.called, row.state = fate.called[:200], fate.state
    row.sentence, row.remedy = fate.sentence, fate.remedy
    row.said = fate.kept if brought.sort != Sort.CODES else dict(fate.said)
    row.save()
    if fate.state is not State.TAKEN or brought.sort == Sort.CODES:
        return
    connection, sort = brought.connection, Sort(brought.sort)
    _say(connection, sort, fate.key, fate.version, fate.said, row=row)
    for key, version, said in fate.more:
        _say(connection, sort, key, version, said)


@transaction.atomic
def _decide(row: BroughtRow, user: User, state: State) -> None:
    connection = row.brought.connection
    Connection.objects.select_for_update().get(pk=connection.pk)
    row = BroughtRow.objects.select_for_update().get(pk=row.pk)
    if row.state != State.ASKED:
        raise ValidationError("This row asks nothing any more.")
    row.state, row.decided_by, row.decided_at = state, user, now()
    row.save()
    if state == State.TAKEN:
        held = row.said
        sort = Sort(row.brought.sort)
        _say(connection, sort, held["key"], held["version"], held["said"], row=row, said_by=user)
        transaction.on_commit(lambda: wake(connection.pk))


def _say(
    connection: Connection,
    sort: Sort,
    key: str,
    version: str,
    said: Mapping[str, Any],
    *,
    row: BroughtRow | None = None,
    said_by: User | None = None,
) -> None:
    """Once: the same, said again, changes nothing."""
    Said.objects.get_or_create(
        connection=connection,
        sort=sort,
        key=key[:200],
        defaults={"version": version, "said": dict(said), "row": row, "said_by": said_by},
    )
