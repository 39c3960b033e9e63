"""A file as the answer to a request: shown in the browser or saved, and never kept by a cache."""

from typing import IO, Any

from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header


def pdf_response(pdf: bytes, name: str) -> HttpResponse:
    """Opened in the browser, under this name where it is saved."""
    return _private(HttpResponse(pdf, content_type="application/pdf"), name, save=False)


def zip_response(packed: IO[bytes], name: str) -> HttpResponse:
    """Saved; read from the file as it is sent."""
    return _private(FileResponse(packed, content_type="application/zip"), name, save=True)


def _private(response: HttpResponseBase, name: str, *, save: bool) -> Any:
    response["Content-Disposition"] = content_disposition_header(save, name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
