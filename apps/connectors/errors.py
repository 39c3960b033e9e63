"""What can go wrong with a ledger, named by what happens next.

Once an outcome is unknown, only these end it: done, `NeverArrived`, and a refusal of that very call
(`RecordRefused` and its kin, `RemoteIsNewer`). Anything else says nothing about the call.
"""

from dataclasses import dataclass


@dataclass(eq=False)
class ConnectorError(Exception):
    """Something their side said or did.

    `sentence` is what happened (their words where they gave any), `remedy` what a person does next
    in plain words, `code` the provider's code, `trace_id` what their support asks for.
    """

    sentence: str
    remedy: str = ""
    code: str = ""
    trace_id: str = ""

    def __str__(self) -> str:
        return f"{self.code}: {self.sentence}" if self.code else self.sentence


@dataclass(eq=False)
class TryLater(ConnectorError):
    """Nothing is wrong with the record: send it again after a while (seconds, if they said)."""

    retry_after: float | None = None
    whole_connection: bool = False  # a limit or an outage: nothing else will pass either


@dataclass(eq=False)
class RecordRefused(ConnectorError):
    """The books say no: a person must change the record, a mapping or a setting over there.

    `owner_kind` and `owner_id` name their object that stands in the way (a duplicate number's).
    """

    owner_kind: str = ""
    owner_id: str = ""


@dataclass(eq=False)
class CallRefused(RecordRefused):
    """They refused a call as a whole, and executed nothing of it: one of its records may spoil it.

    The others are not to blame: they are sent again in smaller calls until one stands alone.
    """


@dataclass(eq=False)
class NameTaken(RecordRefused):
    """Their name list has it already: ask which object carries it before deciding."""


@dataclass(eq=False)
class NumberTaken(RecordRefused):
    """Their books have a document of this number: ours of an earlier send, or another."""


@dataclass(eq=False)
class PeriodClosed(RecordRefused):
    """Their books are closed at this date: held until a person decides or the lock moves."""


@dataclass(eq=False)
class NamesInactive(RecordRefused):
    """Something that it names (a customer, an item, an account) is inactive or missing over there,
    whichever that is; the record itself is not gone. It is sent again once their lists say better.
    """


@dataclass(eq=False)
class RemoteGone(RecordRefused):
    """The object itself does not stand there any more: never re-created without a person. Said of a
    change only, and only of what was looked for and not found."""


@dataclass(eq=False)
class ConnectionLost(ConnectorError):
    """The authorisation is gone: a person must connect again."""


@dataclass(eq=False)
class RemoteIsNewer(ConnectorError):
    """Someone changed it there: read it and compare before sending."""


@dataclass(eq=False)
class OutcomeUnknown(ConnectorError):
    """The answer was lost or cannot be understood: look for our marker before sending again."""


@dataclass(eq=False)
class NeverArrived(ConnectorError):
    """Looked for after their own time-out, and surely not there: it may leave under a new key.

    Said while settling alone, and never after a replay that just left without an answer.
    """


@dataclass(eq=False)
class CannotTell(ConnectorError):
    """Neither a key nor a look-up can tell what became of it: a person looks, and decides."""
