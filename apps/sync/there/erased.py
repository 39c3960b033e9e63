"""What is read of a customer that was erased here: its key, and on its documents nothing to reach it by."""

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from apps.connections.models import Connection
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import Kind
from apps.sync.models import RemoteRecord

READ_NO_MORE: Final = "It is erased here: what stands there is not read."
_EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_WHO: Final = ("customer", "contact", "client")
_REACHED_BY: Final = ("email", "phone", "mobile")


def erased_there(connection: Connection, objects: Sequence[RemoteObject]) -> frozenset[str]:
    """Their ids of the customers among these, and of those whom documents among these name, that were
    erased here. One question."""
    ids = {_customer_of(each) for each in objects} - {""}
    if not ids:
        return frozenset()
    rows = RemoteRecord.objects.filter(
        connection=connection,
        of_kind=Kind.CUSTOMER.value,
        remote_id__in=ids,
        sync_record__customer__erased_at__isnull=False,
    )
    return frozenset(rows.values_list("remote_id", flat=True))


def without_the_erased(
    objects: Sequence[RemoteObject], erased: frozenset[str]
) -> list[RemoteObject]:
    """The same, before they are held against what was read before: so what did not change is no news."""
    return [_without(each) if _customer_of(each) in erased else each for each in objects]


def _customer_of(read: RemoteObject) -> str:
    """Of a customer itself, not the one that it is under."""
    return read.remote_id if read.of_kind == Kind.CUSTOMER else read.customer_id


def _without(read: RemoteObject) -> RemoteObject:
    if read.of_kind == Kind.CUSTOMER:
        return dataclasses.replace(
            read, raw={}, name="", number="", marker="", tax_number="", unreadable=None
        )
    return dataclasses.replace(read, raw=_emptied(read.raw, ""), name="")


def _emptied(value: Any, under: str) -> Any:
    if isinstance(value, str):
        return _EMAIL.sub("", value)
    if isinstance(value, list):
        return [_emptied(each, under) for each in value]
    if not isinstance(value, Mapping):
        return value
    return {
        key: "" if isinstance(each, str) and _tells(key, under) else _emptied(each, key)
        for key, each in value.items()
    }


def _tells(key: str, under: str) -> bool:
    """Whether what is called so says who somebody is, or how to reach them."""
    folded = key.casefold()
    names = "name" in folded and any(each in f"{under} {folded}".casefold() for each in _WHO)
    return names or any(each in folded for each in _REACHED_BY)
