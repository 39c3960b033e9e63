"""Up to thirty independent operations in one call."""

from collections.abc import Mapping
from typing import Any

from . import cdc, faults, fields, query_run, wire
from .book import Book
from .kinds import Kind, Options, kind_known
from .operations import identity_of, kind_at_path, perform, tombstone

MOST_ITEMS = 30
LONGEST_KEY = 36
LONGEST_ITEM_ID_WITH_KEY = 10
NOT_PAYLOAD = ("bId", "operation", "optionsData", "Query", "CDCQuery")

Item = Mapping[str, Any]


def items_of(body: Any) -> list[Item]:
    """The request's items; 2020 without any, 1040 for more than thirty."""
    sent = body.get("BatchItemRequest") if isinstance(body, dict) else None
    if not sent:
        raise faults.missing("BatchItemRequest")
    items: list[Item] = [*fields.rows(sent, "BatchItemRequest")]
    if len(items) > MOST_ITEMS:
        raise faults.Refused(
            "1040", f"The maximum number of batch items is {MOST_ITEMS}; {len(items)} were sent."
        )
    return items


def writes(items: list[Item]) -> bool:
    return any("Query" not in item and "CDCQuery" not in item for item in items)


def run(book: Book, items: list[Item], item_faults: Mapping[int, str]) -> list[str]:
    """Each item's answer as JSON text, in order.

    One item's failure stops no other, and none sees another's result: questions are answered from
    the books as they stood before, and references to what this batch made are unknown.
    `item_faults` are armed by tests: position -> code answered in place of execution.
    """
    preload(book, items)
    answers: dict[int, str] = {}
    asked_first = sorted(range(len(items)), key=lambda at: "Query" not in items[at])
    for position in asked_first:
        item = items[position]
        try:
            if position in item_faults:
                raise faults.Refused(item_faults[position], "Armed by the simulation's control.")
            answer = _answer(book, item)
        except faults.Refused as refused:
            answer = f'{{"Fault":{wire.encode(refused.fault())}'
        answers[position] = f'{answer},"bId":{wire.encode(item.get("bId", ""))}}}'
    return [answers[position] for position in range(len(items))]


def _answer(book: Book, item: Item) -> str:
    """The item's answer as an object not yet closed: its bId follows."""
    if "Query" in item:
        return f'{{"QueryResponse":{query_run.run(book, str(item["Query"]))}'
    if "CDCQuery" in item:
        asked = item["CDCQuery"]
        answer = cdc.run(book, str(asked.get("Entities", "")), str(asked.get("ChangedSince", "")))
        return f'{{"CDCResponse":{answer}'
    kind, sent = payload(item)
    operation = operation_of(item)
    include = frozenset(str(item.get("optionsData", "")).lower().split(","))
    made = identity_of(sent) is None
    stored = perform(book, kind, operation, sent, Options(include=include))
    if made:
        book.made_in_batch.add((kind.name, stored.object_id))
    if operation == "delete":
        return f'{{"{kind.name}":{wire.encode(tombstone(stored))}'
    if kind.enrich:
        kind.enrich(book, [stored])
        return f'{{"{kind.name}":{wire.encode(stored.content)}'
    return f'{{"{kind.name}":{stored.body}'


def operation_of(item: Item) -> str:
    operation = str(item.get("operation", "")).lower()
    if operation not in ("create", "update", "delete", "void"):
        raise faults.Refused("2170", f"{operation or 'nothing'} is not an operation", "operation")
    if operation == "update" and "void" in str(item.get("optionsData", "")).lower():
        return "void"
    return operation


def payload(item: Item) -> tuple[Kind, dict[str, Any]]:
    """The kind named by the item's key, and what was sent under it."""
    for name, sent in item.items():
        if name not in NOT_PAYLOAD and isinstance(sent, dict):
            return kind_at_path(name.lower()), sent
    raise faults.Refused("2010", "A batch item names no entity.")


def preload(book: Book, items: list[Item]) -> None:
    """Read in a few questions what the items would ask for one at a time."""
    wanted: dict[str, set[int]] = {}

    def want(kind: str, value: Any) -> None:
        if value is not None and str(value).isdigit():
            wanted.setdefault(kind, set()).add(int(value))

    for item in items:
        for name, sent in item.items():
            if name in NOT_PAYLOAD or not isinstance(sent, dict):
                continue
            want(name, sent.get("Id"))
            for field, kind in (
                ("CustomerRef", "Customer"),
                ("SalesTermRef", "Term"),
                ("PaymentMethodRef", "PaymentMethod"),
            ):
                want(kind, _value(sent.get(field)))
            for line in sent.get("Line") or ():
                detail = line.get("SalesItemLineDetail") or {}
                want("Item", _value(detail.get("ItemRef")))
                want("Class", _value(detail.get("ClassRef")))
                for link in line.get("LinkedTxn") or ():
                    want(str(link.get("TxnType")), link.get("TxnId"))
    for kind, identities in wanted.items():
        if kind_known(kind):
            book.preload(kind, identities)


def _value(reference: Any) -> Any:
    return reference.get("value") if isinstance(reference, dict) else reference
