"""Where the files of attachables lie, and what hangs on an object."""

import re
from contextvars import ContextVar
from datetime import timedelta
from mimetypes import guess_type
from urllib.parse import urlencode

from django.core.signing import Signer
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.http import content_disposition_header

from ..clock import clock
from ..models import FileRow, StoredObject
from . import faults
from .book import Book

# How long an address serves a file: a quarter of an hour.
LIFE = timedelta(minutes=15)
TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(; ?[\w.+-]+=[\w.+-]+)*")
# Where callers reach this server, as the call being answered reached it.
origin: ContextVar[str] = ContextVar("origin", default="")
_signer = Signer(salt="files of the simulated QuickBooks")


def say_where(book: Book, found: list[StoredObject]) -> None:
    """What is answered of a file beside what is kept: an address to ask, and one that serves it."""
    for one in found:
        if "Size" in one.content:
            one.content = {
                **one.content,
                "FileAccessUri": f"/v3/company/{book.company.realm}/download/{one.object_id}",
                "TempDownloadUri": address(one),
            }


def address(stored: StoredObject) -> str:
    """Where a caller of the API gets the file."""
    return f"{origin.get()}{path_of(stored)}"


def path_of(stored: StoredObject) -> str:
    """Serves the file to whoever has it, for a quarter of an hour by the server's clock."""
    # The name is there for people: a line break in it has no place in an address.
    name = " ".join(stored.content["FileName"].split()) or "file"
    until = int((clock.now() + LIFE).timestamp())
    path = reverse("quickbooks-file", args=[stored.realm, stored.object_id, name])
    signature = _signature(stored.realm, stored.object_id, str(until))
    return f"{path}?{urlencode({'Expires': until, 'Signature': signature})}"


def _signature(realm: str, identity: int, until: str) -> str:
    return _signer.signature(f"{realm}/{identity}/{until}")


def download(book: Book, identity: str) -> str:
    """The address of an attachable's file; 610 where it has none."""
    stored = book.require("Attachable", identity)
    if "Size" not in stored.content:
        raise faults.not_found(f"Attachable {identity} has no file")
    return address(stored)


def serve(request: HttpRequest, realm: str, identity: int, name: str) -> HttpResponse:
    """The bytes, to a signed address that has not expired."""
    until, signature = request.GET.get("Expires", ""), request.GET.get("Signature", "")
    if not constant_time_compare(signature, _signature(realm, identity, until)):
        return _denied("SignatureDoesNotMatch", "The signature does not match.")
    if clock.now().timestamp() > int(until):
        return _denied("AccessDenied", "Request has expired")
    stored = StoredObject.objects.filter(
        realm=realm, kind="Attachable", object_id=identity, deleted=False
    ).first()
    file = FileRow.objects.filter(realm=realm, object_id=identity).first()
    if stored is None or file is None:
        return _denied("NoSuchKey", "The specified key does not exist.", 404)
    called, kind = stored.content["FileName"], stored.content.get("ContentType", "")
    if not TYPE.fullmatch(kind):
        kind = guess_type(called)[0] or "application/octet-stream"
    response = HttpResponse(bytes(file.content), content_type=kind)
    response["Content-Disposition"] = content_disposition_header(True, called)
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _denied(code: str, message: str, status: int = 403) -> HttpResponse:
    """As the store of files says no, which is not QuickBooks itself."""
    text = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return HttpResponse(text, status=status, content_type="application/xml")


def hanging_on(book: Book, stored: StoredObject) -> list[StoredObject]:
    """The attachables of an object, oldest first."""
    mark = f"|{stored.kind.lower()}:{stored.object_id}|"
    found = book.objects("Attachable").filter(deleted=False, name_key__contains=mark)
    return list(found.order_by("object_id"))
