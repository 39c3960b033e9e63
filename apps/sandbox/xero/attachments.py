"""Files that hang on an object: ten at most, and one of the same name takes the other's place."""

import base64
from mimetypes import guess_type
from urllib.parse import quote

from . import wire
from .refusals import Refused, Stopped, gateway
from .store import Content, Organisation

ATTACHMENTS = "Attachments"
ADDRESS = "https://api.xero.com/api.xro/2.0"
MOST = 10
MIB = 2**20
# By kind where Xero's pages name another size.
LARGEST = 10 * MIB
LARGER = {"CreditNotes": 25 * MIB, "BankTransactions": 25 * MIB}
# What may be seen with the document that a customer opens online.
ONLINE = ("Invoices", "CreditNotes")
TAKING = ("Accounts", "BankTransactions", "BankTransfers", "Contacts", "ManualJournals", *ONLINE)
ANY_TYPE = "application/octet-stream"


def of(org: Organisation, owner: Content) -> list[Content]:
    """In the order in which they first came."""
    return org.by(ATTACHMENTS, "owner", owner["id"])


def has(org: Organisation, owner: Content) -> bool:
    return bool(of(org, owner))


def named(org: Organisation, owner: Content, name: str) -> Content | None:
    """By file name, or by id."""
    return next((one for one in of(org, owner) if name in (one["name"], one["id"])), None)


def attach(
    org: Organisation, kind: str, owner: Content, name: str, data: bytes, mime: str, *, online: bool
) -> Content:
    """The file, in the place of one of the same name; closed periods take it as open ones do."""
    if not data:
        raise Refused("The attachment has no content.")
    told: Content = {
        "name": name,
        "mime": type_of(name, mime),
        "size": len(data),
        "online": online and kind in ONLINE,
        "content": base64.b64encode(data).decode(),
    }
    known = next((one for one in of(org, owner) if one["name"] == name), None)
    if known is not None:
        made = org.edit(ATTACHMENTS, known["id"])
        made |= told
    elif len(of(org, owner)) >= MOST:
        raise Refused(f"A document can have {MOST} attachments at most.")
    else:
        made = org.add(ATTACHMENTS, {"kind": kind, "owner": owner["id"], **told})
    return made


def check_size(kind: str, data: bytes) -> None:
    """413 from the gateway, which looks into nothing."""
    if len(data) > LARGER.get(kind, LARGEST):
        stopped = gateway(413, "RequestEntityTooLarge", "PayloadTooLarge")
        stopped.reply.content.pop("Type")
        raise Stopped(stopped.reply)


def type_of(name: str, mime: str) -> str:
    """By the file's name, whatever it was sent as; else as it was sent."""
    return guess_type(name)[0] or mime.partition(";")[0].strip() or ANY_TYPE


def content_of(one: Content) -> bytes:
    return base64.b64decode(one["content"])


def answer(one: Content, *, written: bool) -> Content:
    out: Content = {
        "AttachmentID": one["id"],
        "FileName": one["name"],
        "Url": f"{ADDRESS}/{one['kind']}/{one['owner']}/Attachments/{quote(one['name'], safe='')}",
        "MimeType": one["mime"],
        "ContentLength": one["size"],
    }
    # The answer of the write lacks it.
    return out if written or one["kind"] not in ONLINE else {**out, "IncludeOnline": one["online"]}


def refused(name: str, data: bytes, mime: str, wrong: Refused) -> Content:
    return {
        "ValidationErrors": [{"Message": one} for one in wrong.messages],
        "AttachmentID": wire.NO_GUID,
        "FileName": name,
        "MimeType": type_of(name, mime),
        "ContentLength": len(data),
    }
