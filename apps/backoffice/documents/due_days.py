"""When an invoice is due, said before it is issued."""

from apps.backoffice.frame.days import spelled
from apps.billing.acts.issuing import due_date
from apps.billing.models import Document, Invoice


def due_words(document: Document) -> str:
    """“Thursday 31 December 2026, by the terms “30 days””; empty of what has no due date of its own to
    come: a credit note, or an invoice whose due date was typed."""
    if not isinstance(document, Invoice) or document.due_date or document.issue_date is None:
        return ""
    if document.terms is None:
        return f"{spelled(due_date(document))}, on its date: no terms are chosen"
    return f"{spelled(due_date(document))}, by the terms “{document.terms}”"
