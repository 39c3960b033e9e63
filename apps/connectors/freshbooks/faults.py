"""What FreshBooks' error numbers mean for us: a closed table. One that is not in it is an unknown.

An error has one of five bodies, and may come under HTTP 200: the body decides, not the status.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apps.connectors.errors import (
    ConnectionLost,
    ConnectorError,
    NamesInactive,
    NameTaken,
    NumberTaken,
    RecordRefused,
    RemoteGone,
)
from apps.connectors.freshbooks.capabilities import NAME
from apps.core.numbers import whole

REPORT = "Show this sentence to whoever looks after Tieout: it sent what FreshBooks cannot read."
CORRECT = "Correct what the sentence names, then send it again."
RECONNECT = (
    f"Connect {NAME} again, signed in as the owner or an administrator of this business, and allow "
    "everything that is asked for."
)
NAMED = f"See what became in {NAME} of what it names."
NO_ITEMS = 12001  # of an account without the feature, under HTTP 200
CONFLICT, DENIED, DELETED, UNKNOWN, READ_ONLY = 409, 1003, 1011, 1012, 1038
OF_OURS = (1004, 1005, 1006, 1007, 1015, 1016, 1018, 1019, 1027, 1028, 1030, 1031, 1033, 1035)
OF_FILTERS = (1013, 1014, 1023, 1024, 1032, 1034, 1037)
NUMBERS = ("invoice_number", "credit_number", "number")


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One error as their body tells it. `errno` is None where it has none."""

    errno: int | None
    message: str
    field: str = ""
    object: str = ""

    @property
    def words(self) -> str:
        said = self.message or f"{NAME} gave no reason."
        return f"{said} ({self.field})" if self.field and self.field not in said else said


def faults_in(said: Any) -> list[Fault]:
    """Every error of a body, whichever family it is of; none where it tells none."""
    return list(_faults(said)) if isinstance(said, Mapping) else []


def _faults(said: Mapping[str, Any]) -> Iterator[Fault]:
    response = said.get("response")
    if isinstance(response, Mapping):
        errors = response.get("errors")
        for each in errors if isinstance(errors, list) else [errors] if errors else []:
            source = each if isinstance(each, Mapping) else {"message": each}
            yield Fault(
                errno=_number(source.get("errno")),
                message=_words(source.get("message")),
                field=_words(source.get("field")),
                object=_words(source.get("object")),
            )
        return
    whole = said.get("errors") if isinstance(said.get("errors"), Mapping) else said
    assert isinstance(whole, Mapping)
    details = whole.get("details")
    told = False
    for each in details if isinstance(details, list) else []:
        if isinstance(each, Mapping):
            metadata = each.get("metadata")
            source = metadata if isinstance(metadata, Mapping) else {}
            told = True
            yield Fault(
                errno=_number(each.get("reason")),
                message=_words(source.get("message")) or _words(whole.get("message")),
                field=_words(source.get("field")),
                object=_words(source.get("object")),
            )
    if told:
        return
    if "error" in said:  # of the sign-in: its word is no number
        words = _words(said.get("error_description")) or _words(said.get("error"))
        yield Fault(errno=None, message=words)
    elif "message" in whole and ("code" in whole or "errno" in whole or "status" in whole):
        yield Fault(errno=_number(whole.get("errno")), message=_words(whole.get("message")))


def _number(value: Any) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return whole(value)


def _words(value: Any) -> str:
    return str(value) if isinstance(value, str | int) else ""


def meaning(fault: Fault, *, creates: bool, status: int = 0) -> ConnectorError | None:
    """What an error of their books means; None where no word of the table fits.

    `creates`: what is not known or deleted is then something that it names.
    """
    errno, code = fault.errno, str(fault.errno or status)
    if errno in (DELETED, UNKNOWN):
        own = fault.object in ("", "invoice", "payment", "credit_note", "credit", "client", "item")
        if creates or not own:
            return NamesInactive(fault.words, NAMED, code)
        return RemoteGone(
            f"It does not stand in {NAME} any more.",
            "Decide whether it is to be created anew.",
            code,
        )
    if errno == READ_ONLY:
        return RecordRefused(fault.words, REPORT, code)
    if errno in (DENIED, 1042) or (errno is None and status in (401, 403)):
        return ConnectionLost(f"{NAME} does not let Tieout do this: {fault.words}", RECONNECT, code)
    if errno == 1029:
        if fault.field in NUMBERS:
            return NumberTaken(
                fault.words, f"Compare it with the one in {NAME}, then decide.", code
            )
        return NameTaken(fault.words, f"Link it to the one in {NAME}, or rename one.", code)
    if errno == 1026:
        return NameTaken(fault.words, f"{NAME} has this tax: map the rate to it.", code)
    if errno in (1001, 1017, 1025, 1036, 1039, 1040):
        return RecordRefused(fault.words, CORRECT, code)
    if errno in OF_OURS or errno in OF_FILTERS:
        return RecordRefused(fault.words, REPORT, code)
    if errno == NO_ITEMS:
        return RecordRefused(
            fault.words, f"The plan of this business in {NAME} has no items: widen it there.", code
        )
    return None
