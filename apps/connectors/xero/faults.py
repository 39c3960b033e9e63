"""What Xero's errors mean for us.

Xero gives no codes for what its books refuse, only words in English: these are read loosely, by
parts of them (public issues and Xero's own pages tell them). What no part fits is still their
books' own word about that record: refused, in their words. What is no word of their books (a
gateway's page, half a body) says nothing about a write.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apps.connectors.errors import (
    ConnectorError,
    NamesInactive,
    NameTaken,
    NumberTaken,
    PeriodClosed,
    RecordRefused,
)
from apps.connectors.xero.wire import NOBODY

RECONNECT = "Connect Xero again, signed in as somebody who may see this organisation and its sales."
REPORT = "Show this sentence to whoever looks after Tieout: it sent something Xero cannot read."
CORRECT = "Correct what the sentence names, then send it again."
LOOK = "Look in Xero at what is already set against it."
MAPPINGS = "Read the Xero lists again and check the mappings."
RECONCILED = (
    "It is reconciled with a bank statement in Xero, which keeps it as it is. Undo the "
    "reconciliation in Xero, then press Retry; or enter a refund or another receipt here."
)
RESTORE = "Restore it in Xero, then press Retry: Xero lets nobody do that from outside."


# Whatever else is asked for by a word of three capitals is a currency.
UNKNOWN_CURRENCY = re.compile(r"[Rr]equested value '([A-Z]{3})' was not found")


@dataclass(frozen=True, slots=True)
class Meaning:
    """`parts` that a message must all have, in lower case."""

    parts: tuple[str, ...]
    error: type[RecordRefused]
    remedy: str


# The first that fits counts: what is more particular stands before.
MEANINGS: tuple[Meaning, ...] = (
    Meaning(("lock date",), PeriodClosed, "Decide whether the books are to be reopened in Xero."),
    Meaning(("locked",), PeriodClosed, "Decide whether the books are to be reopened in Xero."),
    Meaning(
        ("invoice # must be unique",),
        NumberTaken,
        "Compare it with the invoice of that number in Xero, then decide.",
    ),
    Meaning(
        ("note", "must be unique"),
        NumberTaken,
        "Compare it with the credit note of that number in Xero, then decide.",
    ),
    Meaning(
        ("already assigned to another contact",),
        NameTaken,
        "A contact in Xero has this name. Link it, or rename one.",
    ),
    Meaning(
        ("unique across all active contacts",),
        NameTaken,
        "A contact in Xero has this name. Link it, or rename one.",
    ),
    Meaning(
        ("item with code", "already exists"),
        NameTaken,
        "An item in Xero has this code. Link it, or change one.",
    ),
    Meaning(("reconciled",), RecordRefused, RECONCILED),
    Meaning(("archived contacts cannot",), RecordRefused, RESTORE),
    Meaning(
        ("archived", "contact"),
        NamesInactive,
        "Restore its contact in Xero, and Tieout sends it again; or name another customer here.",
    ),
    Meaning(
        ("has a payment or credit note allocated",),
        RecordRefused,
        "Un-apply what is set against it first.",
    ),
    Meaning(
        ("not of valid status",),
        RecordRefused,
        "It is void or settled in Xero. Void it here too, or issue it again under a new number.",
    ),
    Meaning(("exceeds the amount outstanding",), RecordRefused, LOOK),
    Meaning(("greater than", "outstanding"), RecordRefused, LOOK),
    Meaning(("already been paid",), RecordRefused, LOOK),
    Meaning(("remaining credit",), RecordRefused, LOOK),
    Meaning(
        ("bank account must be valid",),
        RecordRefused,
        "Xero keeps money on account in a bank alone: give its payment method a bank account of "
        "Xero, or set all of it against invoices.",
    ),
    Meaning(("account code", "not a valid"), NamesInactive, MAPPINGS),
    Meaning(("recognised account",), NamesInactive, MAPPINGS),
    Meaning(("account must be valid",), NamesInactive, MAPPINGS),
    Meaning(("account", "archived"), NamesInactive, MAPPINGS),
    Meaning(("taxtype",), NamesInactive, "Check the mapping of the tax rate."),
    Meaning(("tax rate must be valid",), NamesInactive, "Check the mapping of the tax rate."),
    Meaning(
        ("item code", "not valid"),
        NamesInactive,
        "The item is missing in Xero or not sold there. Make it so there, or name another here.",
    ),
    Meaning(
        ("supplied id was not found",), NamesInactive, "See what became in Xero of what it names."
    ),
    Meaning(("email address",), RecordRefused, "Correct the e-mail address, then send it again."),
    Meaning(("requested value", "was not found"), RecordRefused, REPORT),
    Meaning(("currency",), RecordRefused, "Switch the currency on in Xero, then press Retry."),
    Meaning(("sum of the lines",), RecordRefused, REPORT),
    Meaning(("must contain at least 1 of",), RecordRefused, REPORT),
)


def field(source: Mapping[str, Any], name: str) -> Any:
    """A field by its name in whatever case: a gateway writes lower ones."""
    if name in source:
        return source[name]
    wanted = name.lower()
    return next((value for key, value in source.items() if key.lower() == wanted), None)


def messages_in(said: Any) -> list[str]:
    """Every message of a validation, however deep: an invoice's may stand on its contact, a line
    or an allocation. Each once, in their order."""
    return list(dict.fromkeys(_messages(said)))


def _messages(said: Any) -> Iterator[str]:
    if isinstance(said, list):
        for each in said:
            yield from _messages(each)
    if not isinstance(said, Mapping):
        return
    for name, value in said.items():
        if name.lower() == "validationerrors" and isinstance(value, list):
            for each in value:
                words = field(each, "Message") if isinstance(each, Mapping) else each
                if words:
                    yield str(words).strip()
        elif name.lower() != "warnings":
            yield from _messages(value)


def is_refused(element: Mapping[str, Any]) -> bool:
    """Whether an element of an answer only repeats what was asked. Its status does not tell: a
    refused deletion says DELETED."""
    return (
        str(field(element, "StatusAttributeString") or "").upper() == "ERROR"
        or field(element, "HasErrors") is True
        or field(element, "HasValidationErrors") is True
        or bool(messages_in(element))
    )


def has_id(element: Mapping[str, Any], name: str) -> bool:
    value = field(element, name)
    return isinstance(value, str) and bool(value) and value != NOBODY


def refusal_of(said: Any, trace_id: str = "") -> ConnectorError:
    """The error that an element, or the elements, of an answer mean."""
    found = messages_in(said)
    sentence = "; ".join(found) or "Xero refused it and gave no reason."
    if unknown := UNKNOWN_CURRENCY.search(sentence):
        return RecordRefused(
            f"{unknown[1]} is not among the currencies of this organisation in Xero.",
            "Add it to them in Xero, then press Retry.",
            "validation",
            trace_id,
        )
    words = sentence.lower()
    for each in MEANINGS:
        if all(part in words for part in each.parts):
            return each.error(sentence, each.remedy, "validation", trace_id)
    return RecordRefused(sentence, CORRECT, "validation", trace_id)
