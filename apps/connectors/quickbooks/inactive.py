"""QuickBooks refuses with code 610 both what is gone and what names something inactive, and says
neither which nor what: of a change, the object itself is read, and only what is absent is gone."""

import dataclasses
from collections.abc import Mapping, Sequence

from apps.connectors.errors import ConnectionLost, NamesInactive, RemoteGone, TryLater
from apps.connectors.port import Courier, Outcome, Push, RemoteObject
from apps.connectors.quickbooks.feed import Reader
from apps.connectors.quickbooks.writes import is_deleted_as_wished

OF_ITSELF_OR_ANOTHER = "610"


def may_be_itself(push: Push, outcome: Outcome) -> bool:
    """Whether the refusal may be about the very object that was to be changed."""
    error = outcome.error
    return (
        push.known is not None
        and isinstance(error, NamesInactive)
        and error.code == OF_ITSELF_OR_ANOTHER
    )


def told_apart(
    refused: Sequence[Outcome], pushes: Mapping[int, Push], reader: Reader, courier: Courier
) -> list[Outcome]:
    """The refusals as they are to be understood, by one reading of what was to be changed."""
    known = [pushes[each.ref].known for each in refused]
    wanted = [(each.kind, each.remote_id) for each in known if each is not None]
    found = reader.read(wanted, courier) if wanted else ()
    gone = {(each.kind, each.remote_id): each for each in found if each.gone}
    return [_understood(each, pushes[each.ref], gone) for each in refused]


def asked_later(refused: Outcome, why: TryLater | ConnectionLost) -> Outcome:
    """It was surely refused; what that means is asked when they can be asked again."""
    told = refused.error.sentence if refused.error else ""
    later = TryLater(
        f"{told} Whether it still stands there could not be asked: {why.sentence}",
        code=OF_ITSELF_OR_ANOTHER,
    )
    return Outcome(ref=refused.ref, error=later)


def _understood(
    refused: Outcome, push: Push, gone: Mapping[tuple[str, str], RemoteObject]
) -> Outcome:
    absent = gone.get((push.known.kind, push.known.remote_id)) if push.known else None
    if absent is None:
        return refused
    if is_deleted_as_wished(dataclasses.replace(push, known=absent)):
        return Outcome(ref=refused.ref, remote=(absent,))
    return Outcome(
        ref=refused.ref,
        error=RemoteGone(
            "It was deleted in QuickBooks.",
            "Decide whether it is to be created anew.",
            refused.error.code if refused.error else "",
            refused.error.trace_id if refused.error else "",
        ),
    )
