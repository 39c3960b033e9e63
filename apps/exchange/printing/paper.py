"""Typesetting: a template and data in, a PDF out.

The PDF is archival and accessible (PDF/A-2a, PDF/UA-1: tagged, its language and title said, fonts
embedded, no glyph missing), and the same data gives the same bytes: its date is given, not read from
a clock. What people typed is data of the template, as JSON; no part of it is ever source.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import typst

from apps.billing.models import Company, Customer
from apps.exchange.printing.figures import Writer
from apps.exchange.printing.script import FAMILIES, FONTS, Said, said
from apps.exchange.printing.words import LETTER_PAPER, captions, number_word

TEMPLATES = Path(__file__).parent / "templates"
TEMPLATE_VERSION = 2  # raised whenever a template or its data change what is printed


class CannotPrint(Exception):
    """It cannot be put on paper; the sentence is for staff."""


def typeset(template: str, data: Mapping[str, Any], *, dated: datetime) -> bytes:
    """The PDF of `templates/<template>.typ` with this data. Raises `CannotPrint`."""
    inputs = {"data": json.dumps(data, ensure_ascii=False)}
    with _ONE_AT_A_TIME:
        try:
            made = _compiler(template).compile(
                format="pdf",
                sys_inputs=inputs,
                timestamp=int(dated.timestamp()),
                pdf_standards=["a-2a", "ua-1"],
            )
        except typst.TypstError as error:
            raise CannotPrint(
                f"It could not be typeset: {error}. Send this sentence to whoever runs Tieout."
            ) from error
    if not isinstance(made, bytes):
        raise CannotPrint("It could not be typeset: no page came of it.")
    return made


# A compiler keeps what it read (fonts, templates), and is not made for two threads at once.
_ONE_AT_A_TIME = Lock()


@cache
def _compiler(template: str) -> typst.Compiler:
    """It reads below the templates alone, and no font or package of the machine it runs on."""
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)]
    )
    nothing = str(TEMPLATES / "no-packages")
    return typst.Compiler(
        input=str(TEMPLATES / f"{template}.typ"),
        root=str(TEMPLATES),
        font_paths=fonts,
        package_path=nothing,
        package_cache_path=nothing,
    )


def paper(company: Company, language: str, *, title: str) -> dict[str, Any]:
    """What every template takes: language, captions, fonts, letterhead."""
    return paper_of(_letterhead(company, language), company.country, language, title=title)


def paper_of(
    letterhead: dict[str, Any], country: str, language: str, *, title: str
) -> dict[str, Any]:
    """The same under a letterhead that was kept."""
    return {
        "fonts": FAMILIES,
        "language": language,
        "paper": "us-letter" if country in LETTER_PAPER else "a4",
        "title": title,
        "captions": captions(language),
        "company": letterhead,
        "mark": None,
        "copy": "",
    }


def party(customer: Customer, label: str, language: str) -> dict[str, Any]:
    """Who a receipt or a statement is for, as the customer's record says now."""
    write = writer_for(customer.company, language)
    return addressed(
        label,
        customer.name,
        with_country(customer.billing_address(), write),
        taxed_under(customer.tax_number, customer.country, language),
    )


def addressed(
    label: str, name: str, address: str, tax_number: dict[str, Any] | None
) -> dict[str, Any]:
    return {"label": label, "name": said(name), "address": said(address), "tax_number": tax_number}


def with_country(address: str, write: Writer) -> str:
    """An address whose last line, where it is a country's two letters, is its name."""
    lines = address.splitlines()
    if lines and lines[-1] in write.locale.territories:
        lines[-1] = write.locale.territories[lines[-1]]
    return "\n".join(lines)


def writer_for(company: Company, language: str) -> Writer:
    return Writer.of(language, company.country)


def _letterhead(company: Company, language: str) -> dict[str, Any]:
    reached = [said(each) for each in (company.email, company.phone) if each]
    return {
        "name": said(company.legal_name),
        "address": said(company.address),
        "reached": reached,
        "tax_number": taxed_under(company.tax_number, company.country, language),
    }


def taxed_under(number: str, country: str, language: str) -> dict[str, Any] | None:
    """A tax number with what it is called; None where there is none."""
    if not number.strip():
        return None
    words = captions(language)[number_word(number, country)]
    return {"words": words, "number": said(number)}


def fact(label: str, value: str | Said) -> dict[str, Any]:
    """A labelled value of the head; a person's text as `Said`."""
    return {"label": label, "value": value if isinstance(value, dict) else plain(value)}


def plain(text: str) -> Said:
    """A text of ours as the templates take it."""
    return Said(lines=[text], rtl=False, lang="")
