"""What came of one step: what stands now, and what remains. Pure."""

from collections.abc import Sequence

from apps.connectors.errors import ConnectorError
from apps.connectors.port import Outcome, Push, RemoteObject
from tests.worked.connector.plan import Key, key_of, stands_of, todo_of, with_known
from tests.worked.connector.several import together


def after(
    push: Push,
    found: Sequence[RemoteObject],
    *,
    retires: tuple[Key, ...] = (),
) -> Outcome:
    """`found` stands since the step was done; its first is the record's own."""
    new = found[0]
    others = [each for each in stands_of(push) if key_of(each) != key_of(new)]
    stands = [each for each in (*others, new) if key_of(each) not in retires]
    known = together(stands) if stands else None
    try:
        todo = todo_of(with_known(push, stands, known), written=frozenset({key_of(new)}))
    except ConnectorError as refusal:
        return Outcome(ref=push.ref, remote=tuple(found), error=refusal, retired=retires)
    return Outcome(
        ref=push.ref,
        remote=tuple(found),
        retired=retires,
        next_step=todo.step if todo is not None else "",
    )


def ours_among(push: Push) -> tuple[RemoteObject, ...]:
    """What stands of it that bears our mark: told beside every error, so that it is never made
    again."""
    marker = push.snapshot.marker
    return tuple(each for each in stands_of(push) if marker and each.marker == marker)
