"""What QuickBooks' fault codes mean for us: a closed table; an unknown code stays an unknown.

Codes and their meaning: Intuit's error code list. Texts are localised, so only codes are read; the
one exception is the id that a duplicate number's text ends with.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

from apps.connectors.errors import (
    ConnectionLost,
    ConnectorError,
    NamesInactive,
    NameTaken,
    NumberTaken,
    OutcomeUnknown,
    PeriodClosed,
    RecordRefused,
    RemoteIsNewer,
    TryLater,
)

RECONNECT = "Connect QuickBooks again, signed in as a user who administers that company."
REPORT = (
    "Show this sentence to whoever looks after Tieout: it sent something QuickBooks cannot read."
)
CORRECT = "Correct what the sentence names, then send it again."
INACTIVE = (
    "Something that it names is inactive or missing in QuickBooks, which need not say what: its "
    "customer, an item, an account, a tax code, or what it is set against. Make that active there "
    "and Tieout sends it again; or name another one here."
)
PAUSE = 60.0  # seconds to hold when they throttle without saying for how long


@dataclass(frozen=True, slots=True)
class Meaning:
    error: type[ConnectorError]
    remedy: str
    extra: Mapping[str, Any] = field(default_factory=dict)


MEANINGS: dict[str, Meaning] = {
    "120": Meaning(ConnectionLost, RECONNECT),
    "500": Meaning(RecordRefused, REPORT),
    "600": Meaning(OutcomeUnknown, "Tieout looks up whether the first send of it arrived."),
    # Of what is written itself as well as of what it names: `inactive.py` tells the two apart.
    "610": Meaning(NamesInactive, INACTIVE),
    "620": Meaning(RecordRefused, "Look in QuickBooks at what is already set against it."),
    "1040": Meaning(RecordRefused, REPORT),
    "2010": Meaning(RecordRefused, REPORT),
    "2020": Meaning(RecordRefused, "Fill in what the sentence names, then send it again."),
    "2030": Meaning(RecordRefused, "Read the QuickBooks lists again and check the mappings."),
    "2050": Meaning(RecordRefused, "Shorten what the sentence names, then send it again."),
    "2080": Meaning(RecordRefused, CORRECT),
    "2090": Meaning(RecordRefused, CORRECT),
    "2110": Meaning(RecordRefused, REPORT),
    "2170": Meaning(RecordRefused, REPORT),
    "2190": Meaning(RecordRefused, REPORT),
    "2210": Meaning(RecordRefused, CORRECT),
    "2300": Meaning(RecordRefused, REPORT),
    "2500": Meaning(NamesInactive, INACTIVE),
    "3001": Meaning(
        TryLater,
        "QuickBooks limits how often it may be called. Tieout goes on by itself.",
        {"whole_connection": True},
    ),
    "3100": Meaning(ConnectionLost, RECONNECT),
    "3200": Meaning(ConnectionLost, RECONNECT),
    "4000": Meaning(RecordRefused, REPORT),
    "4001": Meaning(RecordRefused, REPORT),
    "5010": Meaning(RemoteIsNewer, "Tieout reads it again and compares before it sends."),
    "5020": Meaning(RecordRefused, "The QuickBooks plan of this company does not include it."),
    "5030": Meaning(RecordRefused, "The QuickBooks plan of this company does not include it."),
    "6000": Meaning(RecordRefused, CORRECT),
    "6010": Meaning(RecordRefused, "Map it to an account of the type that the sentence names."),
    "6070": Meaning(RecordRefused, REPORT),
    "6080": Meaning(RecordRefused, "Give it a name, then send it again."),
    "6100": Meaning(RecordRefused, "Check the mapping of the tax code."),
    "6140": Meaning(
        NumberTaken, "Compare it with the document of that number in QuickBooks, then decide."
    ),
    "6150": Meaning(RecordRefused, REPORT),
    "6170": Meaning(RecordRefused, REPORT),
    "6180": Meaning(RecordRefused, "Move it up there: QuickBooks nests customers five deep."),
    "6190": Meaning(
        ConnectionLost, "The QuickBooks subscription of this company has ended. Renew it there."
    ),
    "6200": Meaning(PeriodClosed, "Decide whether the books are to be reopened in QuickBooks."),
    "6210": Meaning(PeriodClosed, "Decide whether the books are to be reopened in QuickBooks."),
    "6220": Meaning(
        RecordRefused, "Settle in QuickBooks what is open on it before it is made inactive."
    ),
    "6240": Meaning(
        NameTaken,
        "A customer, supplier or employee in QuickBooks has this name. Link it, or rename one.",
    ),
    "6250": Meaning(NamesInactive, INACTIVE),
    "6430": Meaning(RecordRefused, "Map the item to an income account."),
    "6540": Meaning(
        RecordRefused,
        "It lies in a bank deposit, and QuickBooks locks what does. Undo the bank deposit, in "
        "Tieout or in QuickBooks, then send it again.",
    ),
    "10000": Meaning(OutcomeUnknown, "Tieout looks up whether it arrived before it sends again."),
}

_OWNER = re.compile(r"TxnId=(\d+)")
_OWNER_KIND = re.compile(r"TxnType=(\w+)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One error of a fault, in any of the three spellings."""

    code: str  # without leading noughts
    words: str
    element: str = ""


def faults_of(answer: Any) -> list[Fault]:
    """The errors of a fault, `Fault` of the books or `fault` of the gateway; none: no fault."""
    if not isinstance(answer, Mapping):
        return []
    fault = answer.get("Fault") or answer.get("fault")
    if not isinstance(fault, Mapping):
        return []
    errors = fault.get("Error") or fault.get("error") or []
    found = [_read(each) for each in errors if isinstance(each, Mapping)]
    return found or [Fault(code="", words="QuickBooks answered with a fault and gave no reason.")]


def faults_in_xml(body: bytes) -> list[Fault]:
    """The gateway answers in XML at times, whatever was asked for."""
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError:
        return []
    found = []
    for each in root.iter():
        if _local(each.tag) == "Error":
            parts = {_local(part.tag): (part.text or "") for part in each}
            found.append(_read({"code": each.get("code"), "element": each.get("element"), **parts}))
    return found


def read_body(body: bytes) -> tuple[Any, list[Fault]]:
    """What a body of JSON holds, None where it is none; and the errors in one of JSON or XML."""
    if body.lstrip()[:1] == b"<":
        return None, faults_in_xml(body)
    try:
        content = json.loads(body)
    except ValueError:
        return None, []
    return content, faults_of(content)


def faults_in_body(body: bytes) -> list[Fault]:
    """The errors of a body that is JSON or XML; none where it is neither or holds none."""
    return read_body(body)[1]


def error_of(
    faults: list[Fault],
    *,
    writes: bool,
    trace_id: str = "",
    retry_after: float | None = None,
    of_one_record: bool = False,
) -> ConnectorError:
    """The error that a fault means. `of_one_record`: it stands in one answer of a batch, so that
    a limit met there holds back that record alone."""
    known = next((each for each in faults if each.code in MEANINGS), None)
    sentence = "; ".join(dict.fromkeys(each.words for each in faults))
    if known is None:
        code = next((each.code for each in faults if each.code), "")
        return _unknown(sentence, code, writes=writes, trace_id=trace_id)
    meaning = MEANINGS[known.code]
    more = dict(meaning.extra)
    if meaning.error is OutcomeUnknown and not writes:
        return TryLater(sentence, code=known.code, trace_id=trace_id, retry_after=retry_after)
    if meaning.error is TryLater:
        more["retry_after"] = retry_after if retry_after is not None else PAUSE
        if of_one_record:
            more["whole_connection"] = False
    if meaning.error is NumberTaken:
        more.update(_owner(sentence))
    return meaning.error(
        sentence, remedy=meaning.remedy, code=known.code, trace_id=trace_id, **more
    )


def _unknown(sentence: str, code: str, *, writes: bool, trace_id: str) -> ConnectorError:
    if writes:
        return OutcomeUnknown(
            sentence,
            remedy="Tieout looks up whether it arrived before it sends again.",
            code=code,
            trace_id=trace_id,
        )
    return TryLater(sentence, code=code, trace_id=trace_id)


def _owner(sentence: str) -> dict[str, str]:
    """Who has the number: "… is assigned to TxnType=Invoice with TxnId=201". The type's name is
    localised, so it is believed only where it is one of theirs; the id needs no language."""
    found = _OWNER.search(sentence)
    kind = _OWNER_KIND.search(sentence)
    named = kind.group(1) if kind else ""
    return {
        "owner_id": found.group(1) if found else "",
        "owner_kind": named if named in ("Invoice", "CreditMemo") else "",
    }


def _read(error: Mapping[str, Any]) -> Fault:
    def said(name: str) -> str:
        return str(error.get(name) or error.get(name.lower()) or "").strip()

    code = said("code").lstrip("0")
    message, detail = said("Message"), said("Detail")
    words = detail if message in detail else ": ".join(filter(None, (message, detail)))
    element = said("element")
    if not words:
        words = f"QuickBooks gave no words for its code {code or '(none)'}."
    if element and element not in words:
        words = f"{words} ({element})"
    return Fault(code=code, words=words, element=element)


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
