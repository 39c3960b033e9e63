"""Money that an import holds back, and what it asks, as its page shows them."""

from collections.abc import Sequence
from typing import Any

from django.db.models import F
from django.http import HttpRequest

from apps.backoffice.frame import permissions
from apps.backoffice.frame.permissions import may
from apps.exchange.imports.answering import open_questions
from apps.exchange.imports.money.holding import waiting
from apps.exchange.models import BroughtMoney, FileImport
from apps.staff.models import User

SHOWN = 100


def asked(request: HttpRequest, file_import: FileImport, answer_url: str) -> dict[str, Any]:
    """The first of its questions, the open ones before the others, with who answered."""
    rows = file_import.refused_rows.filter(asked=True)
    questions = list(rows.order_by(F("taken").asc(nulls_first=True), "row", "pk")[:SHOWN])
    names = User.objects.in_bulk({each.answered_by_id for each in questions} - {None})
    for each in questions:
        each.by = names.get(each.answered_by_id or 0)  # type: ignore[attr-defined] # for the page
    return {
        "questions": questions,
        "questions_count": rows.count(),
        "questions_open": open_questions(file_import).count(),
        "answer_url": answer_url,
        "may_answer": may(request, permissions.IMPORT_FILES),
    }


def held_rows(file_import: FileImport) -> Sequence[BroughtMoney]:
    """The first that wait, those that were refused before the others."""
    if file_import.batch is None:
        return ()
    refused = waiting(file_import.batch).exclude(sentence="").order_by("row", "pk")[:SHOWN]
    return list(refused) or list(waiting(file_import.batch).order_by("row", "pk")[:SHOWN])
