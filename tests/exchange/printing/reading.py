"""A PDF read back by a library that did not write it."""

import io
import re
from typing import Any

from pypdf import PdfReader


def read(pdf: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(pdf))


def text_of(pdf: bytes) -> str:
    """All that it says, blanks as one blank and typographic signs as they stand."""
    return " ".join(page_texts(pdf))


def page_texts(pdf: bytes) -> list[str]:
    pages = read(pdf).pages
    return [re.sub(r"\s+", " ", page.extract_text()).strip() for page in pages]


def fonts_of(pdf: bytes) -> dict[str, bool]:
    """Font name → whether its file lies in the PDF."""
    found: dict[str, bool] = {}
    for page in read(pdf).pages:
        fonts: Any = page["/Resources"].get_object().get("/Font", {})  # type: ignore[union-attr]
        for font in fonts.get_object().values():
            inner = font.get_object()["/DescendantFonts"][0].get_object()
            descriptor = inner["/FontDescriptor"].get_object()
            embedded = {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor)
            found[str(inner["/BaseFont"])] = bool(embedded)
    return found
