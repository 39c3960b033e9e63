"""Attachables: notes and files that hang on other objects and never change them."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from django.db.models import Q

from ...models import StoredObject
from .. import faults, fields
from ..book import Book
from ..files import say_where
from ..filing import Content
from ..kinds import Kind, Options, kind_at, register
from ..query import Condition
from .common import merged

# AttachableCategoryEnum of Finance.xsd.
CATEGORIES = ("Image", "Signature", "Contact Photo", "Receipt", "Document", "Sound", "Other")
LONGEST_NOTE, LONGEST_NAME = 2000, 1000
REFERENCE = "AttachableRef"
KIND, IDENTITY = "attachableref.entityref.type", "attachableref.entityref.value"
# Only these two compare members of a list; a pattern or an order of them is documented nowhere.
COMPARED = ("=", "IN")

ATTACHABLE: fields.Spec = {
    "Note": fields.text(LONGEST_NOTE),
    "FileName": fields.text(LONGEST_NAME),
    "ContentType": fields.text(100),
    "Category": fields.choice(*CATEGORIES),
    "Lat": fields.text(100),
    "Long": fields.text(100),
    "PlaceName": fields.text(2000),
    "Tag": fields.text(2000),
    REFERENCE: fields.rows,
}
LINK: fields.Spec = {
    "EntityRef": fields.record({"type": fields.text(100), "value": fields.text(20)}),
    "LineInfo": fields.text(20),
    "IncludeOnSend": fields.flag,
}


def attachable(
    book: Book, sent: Mapping[str, Any], current: StoredObject | None, options: Options
) -> Content:
    """A note, a file (`options.size` bytes came with it), or both; it needs no open period."""
    content = merged(ATTACHABLE, sent, current)
    before = current.content if current else {}
    links = [link(book, one, linked(before)) for one in content.pop(REFERENCE, ())]
    if size := options.size if options.size is not None else before.get("Size"):
        content["Size"] = size
        # An update that says nothing of the file leaves it what it is called.
        for name in ("FileName", "ContentType"):
            if name in before:
                content.setdefault(name, before[name])
        if "FileName" not in content:
            raise faults.missing("FileName")
    if not (content.get("Note") or content.get("FileName")):
        raise faults.business("An attachable needs a note or a file.", "Note")
    return content | ({REFERENCE: [one for one in links if one]} if any(links) else {})


def link(book: Book, sent: Mapping[str, Any], known: Sequence[tuple[str, int]]) -> Content:
    """One member of AttachableRef, its object checked unless it hung there before; {} for none."""
    told = fields.read(LINK, sent)
    entity = told.pop("EntityRef", {})
    if not entity:
        return {}
    for name in ("type", "value"):
        if name not in entity:
            raise faults.missing(f"AttachableRef.EntityRef.{name}")
    kind, identity = kind_at(entity["type"].lower()), entity["value"]
    if kind is None or not identity.isdigit():
        raise nothing_there(entity["type"], identity)
    found = book.find(kind.name, int(identity))
    made_here = (kind.name, int(identity)) in book.made_in_batch
    if (kind.name, int(identity)) not in known and (found is None or found.deleted or made_here):
        raise nothing_there(kind.name, identity)
    return {
        "EntityRef": {"value": identity, "type": kind.name},
        "IncludeOnSend": told.pop("IncludeOnSend", False),
        **told,
    }


def nothing_there(kind: str, identity: str) -> faults.Refused:
    return faults.Refused("2500", f"{kind} element id {identity} not found", "AttachableRef")


def linked(content: Mapping[str, Any]) -> list[tuple[str, int]]:
    """The objects that it hangs on."""
    entities = [one["EntityRef"] for one in content.get(REFERENCE, ())]
    return [(one["type"], int(one["value"])) for one in entities]


def filed_under(content: Content) -> str:
    marks = [f"{kind.lower()}:{identity}" for kind, identity in linked(content)]
    return f"|{'|'.join(marks)}|" if marks else ""


def hanging(conditions: Sequence[Condition]) -> Q:
    """Those with a link that meets all conditions: kind and id are asked of the same one."""
    kinds: list[str | None] = [None]
    identities: list[str | None] = [None]
    for one in conditions:
        if one.operator not in COMPARED:
            raise faults.Refused("4001", f"QueryValidationError: {one.name} {one.operator}")
        asked = kinds if one.name.lower() == KIND else identities
        asked[:] = [str(value).lower() for value in one.values]
    any_of = Q()
    for kind, identity in product(kinds, identities):
        begins = ":" if kind is None else f"|{kind}:"
        any_of |= Q(name_key__contains=begins + ("" if identity is None else f"{identity}|"))
    return any_of


def raise_versions(book: Book, before: StoredObject | None, after: StoredObject | None) -> None:
    """The stricter reading: whatever it hangs on has a newer version, closed books or not."""
    if not book.settings["attachable_raises_token"]:
        return
    for kind, identity in {
        key for one in (before, after) if one is not None for key in linked(one.content)
    }:
        found = book.find(kind, identity)
        if found is not None and not found.deleted:
            book.edit(found)


register(
    Kind(
        "Attachable",
        attachable,
        list_name="Attachables",
        naming=filed_under,
        columns=("FileName", "Note", "Category", "ContentType"),
        members=(KIND, IDENTITY),
        narrow=hanging,
        asked_as="attachable",
        relink=raise_versions,
        deletable=True,
        # Where the file lies is worked out whenever somebody asks.
        enrich=say_where,
    )
)
