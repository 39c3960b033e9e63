"""A proof of the books on paper, made of what it keeps alone: the same bytes whenever it is made."""

from typing import Any

from apps.exchange.printing.paper import fact, paper_of, plain, typeset
from apps.exchange.printing.script import Said, said
from apps.reconciliation.models import BooksProof
from apps.reconciliation.proof.sections import Part, Section, lay

LANGUAGE = "en"
# Rows of one table on paper: 20,000 take a gigabyte of memory. The kept content has all.
ON_PAPER = 5000


def print_proof(proof: BooksProof) -> bytes:
    """The PDF. Raises `CannotPrint`."""
    laid = lay(proof.told, proof.sha256)
    head = _letterhead(laid.company)
    # Over each page, so that one that was taken out of another proof is seen.
    title = f"{laid.title} · {proof.sha256[:12]}"
    data = paper_of(head, laid.company["country"], LANGUAGE, title=title) | {
        "kind": laid.title,
        "facts": [fact(label, said(value)) for label, value in laid.facts],
        "parts": [_part(each) for each in laid.parts],
    }
    return typeset("proof", data, dated=proof.signed_at)


def _letterhead(company: Any) -> dict[str, Any]:
    """As it was when it was signed. The tax number stands among the facts."""
    return {
        "name": said(company["name"]),
        "address": said(company["address"]),
        "reached": [],
        "tax_number": None,
    }


def _part(part: Part) -> dict[str, Any]:
    return {
        "title": said(part.title),
        "mark": {"words": part.verdict, "tone": part.tone},
        "sentence": said(part.sentence),
        "facts": [fact(label, said(value)) for label, value in part.facts],
        "sections": [_section(each) for each in part.sections],
    }


def _section(section: Section) -> dict[str, Any]:
    texts, count = len(section.headings) - section.figures, len(section.rows)
    cut = f"The first {ON_PAPER:,} of {count:,}; the kept content, of the checksum above, has all."
    return {
        "title": section.title,
        "note": f"{section.note} {cut}".strip() if count > ON_PAPER else section.note,
        "headings": section.headings,
        "texts": texts,
        "widths": section.widths,
        "rows": [
            {
                "cells": [_cell(each, place < texts) for place, each in enumerate(row.cells)],
                "differs": row.differs,
            }
            for row in section.rows[:ON_PAPER]
        ],
    }


def _cell(cell: str, is_text: bool) -> Said:
    return said(cell) if is_text else plain(cell)
